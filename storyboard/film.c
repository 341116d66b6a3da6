/* The film as plain C data: making, copying and freeing it, its shots and their ids, and its length
 * as cut. Everything below a film is from malloc and owned by it. */
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_STEP 10
#define ID_MAX 9999

whelk_film *whelk_film_new(void)
{
    return calloc(1, sizeof(whelk_film));
}

static void free_named(whelk_named *list, int count)
{
    for (int i = 0; i < count; i++) {
        free(list[i].id);
        free(list[i].description);
    }
    free(list);
}

/* The text fields of a shot in one place, so that freeing and copying cannot disagree. */
static const size_t shot_texts[] = {
#define AT(field) offsetof(whelk_shot, field)
    AT(id),           AT(prompt),        AT(camera),
    AT(place),        AT(continuity_in), AT(continuity_out),
    AT(take),         AT(first_frame),   AT(last_frame),
    AT(transition),   AT(voice_text),    AT(voice_kind),
    AT(voice_name),   AT(effect_sound),  AT(why),
    AT(unknown_json),
#undef AT
};

static const size_t film_texts[] = {
#define AT(field) offsetof(whelk_film, field)
    AT(title),      AT(logline),      AT(treatment),         AT(prompt),
    AT(language),   AT(ratio),        AT(style.palette),     AT(style.lens),
    AT(style.mood), AT(score.mood),   AT(score.instruments), AT(score.file),
    AT(planner),    AT(unknown_json), AT(voice.name),
#undef AT
};

static char **text_at(const void *base, size_t offset)
{
    return (char **)((char *)(uintptr_t)base + offset);
}

static void release_texts(void *base, const size_t *offsets, int count)
{
    for (int i = 0; i < count; i++)
        free(*text_at(base, offsets[i]));
}

static void shot_release(whelk_shot *shot)
{
    release_texts(shot, shot_texts, COUNT(shot_texts));
    for (int i = 0; i < shot->slot_count; i++) {
        free(shot->slots[i].name);
        free(shot->slots[i].value);
    }
    free(shot->slots);
    for (int i = 0; i < shot->character_count; i++)
        free(shot->characters[i]);
    free(shot->characters);
}

void whelk_film_free(whelk_film *film)
{
    if (!film)
        return;
    release_texts(film, film_texts, COUNT(film_texts));
    for (int i = 0; i < film->title_count; i++) {
        free(film->titles[i].text);
        free(film->titles[i].kind);
    }
    free(film->titles);
    free_named(film->characters, film->character_count);
    free_named(film->places, film->place_count);
    for (int i = 0; i < film->shot_count; i++)
        shot_release(&film->shots[i]);
    free(film->shots);
    free(film);
}

bool whelk_set_text(char **where, const char *text)
{
    char *copy = NULL;
    if (text && !(copy = strdup(text)))
        return false;
    free(*where);
    *where = copy;
    return true;
}

void *story_grow(void *array_address, int *count, size_t item_size)
{
    char **array = array_address;
    char *larger = realloc(*array, ((size_t)*count + 1) * item_size);
    if (!larger)
        return NULL;
    *array = larger;
    char *item = larger + (size_t)(*count)++ * item_size;
    return memset(item, 0, item_size);
}

/* --- Copying ---------------------------------------------------------------------------------- */

/* Called on a struct that was copied bit by bit: each text is made its own. On failure those not
 * reached are NULL, so that the copy can be freed. */
static bool own_texts(void *base, const size_t *offsets, int count)
{
    bool fine = true;
    for (int i = 0; i < count; i++) {
        char **text = text_at(base, offsets[i]);
        const char *source = *text;
        *text = NULL;
        fine = fine && whelk_set_text(text, source);
    }
    return fine;
}

static bool copy_named(whelk_named **to, int *to_count, const whelk_named *from, int count)
{
    for (int i = 0; i < count; i++) {
        whelk_named *named = story_grow(to, to_count, sizeof *named);
        if (!named || !whelk_set_text(&named->id, from[i].id) ||
            !whelk_set_text(&named->description, from[i].description))
            return false;
    }
    return true;
}

static bool shot_copy(whelk_shot *to, const whelk_shot *from)
{
    *to = *from;
    to->slots = NULL;
    to->characters = NULL;
    to->slot_count = to->character_count = 0;
    bool fine = own_texts(to, shot_texts, COUNT(shot_texts));
    for (int i = 0; fine && i < from->slot_count; i++)
        fine = whelk_shot_set_slot(to, from->slots[i].name, from->slots[i].value);
    for (int i = 0; fine && i < from->character_count; i++) {
        char **id = story_grow(&to->characters, &to->character_count, sizeof *id);
        fine = id && whelk_set_text(id, from->characters[i]);
    }
    return fine;
}

bool story_shot_fill(whelk_shot *to, const whelk_shot *from)
{
    whelk_shot copy;
    if (!shot_copy(&copy, from)) {
        shot_release(&copy);
        return false;
    }
    char *id = to->id;
    to->id = NULL;
    shot_release(to);
    free(copy.id);
    free(copy.take);
    copy.id = id;
    copy.take = NULL;
    copy.locked = false;
    *to = copy;
    return true;
}

static bool copy_arrays(whelk_film *to, const whelk_film *from)
{
    if (!copy_named(&to->characters, &to->character_count, from->characters,
                    from->character_count) ||
        !copy_named(&to->places, &to->place_count, from->places, from->place_count))
        return false;
    for (int i = 0; i < from->title_count; i++) {
        whelk_title *title = story_grow(&to->titles, &to->title_count, sizeof *title);
        if (!title || !whelk_set_text(&title->text, from->titles[i].text) ||
            !whelk_set_text(&title->kind, from->titles[i].kind))
            return false;
        title->at_s = from->titles[i].at_s;
        title->seconds = from->titles[i].seconds;
    }
    for (int i = 0; i < from->shot_count; i++) {
        whelk_shot *shot = story_grow(&to->shots, &to->shot_count, sizeof *shot);
        if (!shot || !shot_copy(shot, &from->shots[i]))
            return false;
    }
    return true;
}

whelk_film *whelk_film_copy(const whelk_film *film)
{
    whelk_film *copy = whelk_film_new();
    if (!copy)
        return NULL;
    *copy = *film;
    copy->titles = NULL;
    copy->characters = copy->places = NULL;
    copy->shots = NULL;
    copy->title_count = copy->character_count = copy->place_count = copy->shot_count = 0;
    if (own_texts(copy, film_texts, COUNT(film_texts)) && copy_arrays(copy, film))
        return copy;
    whelk_film_free(copy);
    return NULL;
}

/* --- Shots ------------------------------------------------------------------------------------ */

whelk_shot *whelk_film_shot(whelk_film *film, const char *id)
{
    for (int i = 0; i < film->shot_count; i++)
        if (film->shots[i].id && strcmp(film->shots[i].id, id) == 0)
            return &film->shots[i];
    return NULL;
}

static int id_number(const whelk_shot *shot)
{
    return shot->id ? atoi(shot->id) : 0;
}

static bool id_taken(const whelk_film *film, int number)
{
    for (int i = 0; i < film->shot_count; i++)
        if (id_number(&film->shots[i]) == number)
            return true;
    return false;
}

/* A number for a shot put at `index`: halfway between its neighbours where they leave room, else
 * after the largest. */
static int new_id(const whelk_film *film, int index)
{
    int largest = 0;
    for (int i = 0; i < film->shot_count; i++)
        largest = id_number(&film->shots[i]) > largest ? id_number(&film->shots[i]) : largest;
    if (index < film->shot_count) {
        int before = index > 0 ? id_number(&film->shots[index - 1]) : 0;
        int middle = (before + id_number(&film->shots[index])) / 2;
        if (middle > before && !id_taken(film, middle))
            return middle;
    }
    int next = (largest / ID_STEP + 1) * ID_STEP;
    for (int n = next; n <= ID_MAX; n++)
        if (!id_taken(film, n))
            return n;
    for (int n = 1; n <= ID_MAX; n++)
        if (!id_taken(film, n))
            return n;
    return 0;
}

whelk_shot *whelk_film_add_shot(whelk_film *film, int index, whelk_error *err)
{
    if (index < 0 || index > film->shot_count) {
        whelk_fail(err, WHELK_EUSAGE, "a shot cannot be put at position %d of a film of %d shots",
                   index + 1, film->shot_count);
        return NULL;
    }
    if (film->shot_count >= whelk_limits.shots) {
        whelk_fail(err, WHELK_EUSAGE,
                   "the film has %d shots already, the most there may be; remove one first",
                   whelk_limits.shots);
        return NULL;
    }
    whelk_shot shot = {.speed = 1, .id = story_format("%04d", new_id(film, index))};
    if (!shot.id || !whelk_set_text(&shot.transition, "cut") ||
        !story_grow(&film->shots, &film->shot_count, sizeof shot)) {
        shot_release(&shot);
        whelk_fail(err, WHELK_EFAIL, "out of memory while adding a shot");
        return NULL;
    }
    whelk_shot *at = &film->shots[index];
    memmove(at + 1, at, (size_t)(film->shot_count - 1 - index) * sizeof *at);
    *at = shot;
    return at;
}

void story_mend_ends(whelk_film *film)
{
    whelk_shot *first = &film->shots[0], *last = &film->shots[film->shot_count - 1];
    if (first->first_frame && strcmp(first->first_frame, "previous") == 0)
        whelk_set_text(&first->first_frame, NULL);
    if (story_overlaps(last->transition) && whelk_set_text(&last->transition, "cut"))
        last->transition_s = 0;
}

bool whelk_film_remove_shot(whelk_film *film, const char *id, whelk_error *err)
{
    whelk_shot *shot = whelk_film_shot(film, id);
    if (!shot)
        return whelk_fail(err, WHELK_EUSAGE, "there is no shot %s in the film", id);
    if (film->shot_count == 1)
        return whelk_fail(err, WHELK_EUSAGE,
                          "shot %s is the only one, and a film needs at least one", id);
    shot_release(shot);
    memmove(shot, shot + 1, (size_t)(&film->shots[--film->shot_count] - shot) * sizeof *shot);
    story_mend_ends(film);
    return true;
}

static int slot_index(const whelk_shot *shot, const char *name)
{
    for (int i = 0; i < shot->slot_count; i++)
        if (strcmp(shot->slots[i].name, name) == 0)
            return i;
    return -1;
}

const char *whelk_shot_slot(const whelk_shot *shot, const char *name)
{
    int i = slot_index(shot, name);
    return i < 0 ? NULL : shot->slots[i].value;
}

static void remove_slot(whelk_shot *shot, int i)
{
    free(shot->slots[i].name);
    free(shot->slots[i].value);
    memmove(&shot->slots[i], &shot->slots[i + 1],
            (size_t)(--shot->slot_count - i) * sizeof *shot->slots);
}

bool whelk_shot_set_slot(whelk_shot *shot, const char *name, const char *value)
{
    int i = slot_index(shot, name);
    if (!value) {
        if (i >= 0)
            remove_slot(shot, i);
        return true;
    }
    if (i >= 0)
        return whelk_set_text(&shot->slots[i].value, value);
    whelk_slot_text slot = {strdup(name), strdup(value)};
    whelk_slot_text *room =
        slot.name && slot.value ? story_grow(&shot->slots, &shot->slot_count, sizeof slot) : NULL;
    if (!room) {
        free(slot.name);
        free(slot.value);
        return false;
    }
    *room = slot;
    return true;
}

/* --- Length ----------------------------------------------------------------------------------- */

bool story_overlaps(const char *transition)
{
    return transition && strcmp(transition, "cut") != 0;
}

double story_shot_length(const whelk_shot *shot)
{
    double made = shot->seconds - shot->trim_in_s - shot->trim_out_s;
    return made / (shot->speed > 0 ? shot->speed : 1);
}

double whelk_film_shot_start(const whelk_film *film, int index)
{
    double at = 0;
    for (int i = 0; i < index && i < film->shot_count; i++) {
        const whelk_shot *shot = &film->shots[i];
        at += story_shot_length(shot);
        if (i + 1 < film->shot_count && story_overlaps(shot->transition))
            at -= shot->transition_s;
    }
    return at;
}

/* A title that begins after the last shot stands on black and makes the film longer. */
double whelk_film_cut_seconds(const whelk_film *film)
{
    double total = whelk_film_shot_start(film, film->shot_count);
    double end = total > 0 ? total : 0;
    for (int i = 0; i < film->title_count; i++) {
        const whelk_title *title = &film->titles[i];
        if (title->at_s > total - 1e-6 && title->at_s + title->seconds > end)
            end = title->at_s + title->seconds;
    }
    return end;
}
