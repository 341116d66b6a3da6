/* What follows from a shot's words: its slots are read anew against the card, made possible as the
 * planner makes a story possible, and its place and characters go with them. Each consequence is
 * told. */
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

bool change_no_memory(const struct change *c)
{
    return whelk_fail(c->err, WHELK_EFAIL, "out of memory while changing the film");
}

void change_tell(const struct change *c, const char *kind, const char *shot, const char *fmt, ...)
{
    char text[400];
    if (!c->listen || !c->listen->note)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    whelk_note note = {.stage = "plan", .kind = kind, .shot = shot, .text = text};
    c->listen->note(c->listen->ctx, &note);
}

bool change_slot(const struct change *c, whelk_shot *shot, const char *name, const char *value,
                 const char *because)
{
    const char *now = whelk_shot_slot(shot, name);
    if (now && strcmp(now, value) == 0)
        return true;
    change_tell(c, "choice", shot->id, "The model is told %s %s%s%s, since the words say \"%s\".",
                name, value, now ? " instead of " : "", now ? now : "", because);
    return whelk_shot_set_slot(shot, name, value) || change_no_memory(c);
}

/* Whose colours and marks are whose is read with the cast, where there are several. */
static bool is_of_cast(const struct card *card, int slot)
{
    return card_most_actors(card) > 1 && (slot == CARD_COLOUR || slot == CARD_MARK);
}

static int reading_subjects(const struct reading_of *r)
{
    int count = 0;
    for (int i = 0; i < r->mention_count; i++)
        count += r->mentions[i].slot == CARD_SUBJECT;
    return count;
}

/* A new prompt is read as the planner reads a line: what it says of the card's things replaces the
 * slots, what it does not mention stays. Of several the first acts, and the last of the rest
 * counts: where "runs, then jumps" ends. */
static bool read_prompt(const struct change *c, whelk_shot *shot, const struct card *card,
                        struct company_change *company)
{
    struct reading_of reading = {0};
    const struct mention *said[CARD_SLOTS] = {NULL};
    bool fine = words_read(&reading, shot->prompt, card, c->err);
    for (int i = 0; fine && i < reading.mention_count; i++)
        if (reading.mentions[i].slot != CARD_SUBJECT || !said[CARD_SUBJECT])
            said[reading.mentions[i].slot] = &reading.mentions[i];
    const struct mention *verb = said[CARD_ACTION];
    if (verb && card_most_actors(card) > 1 && reading_subjects(&reading) > 1 &&
        story_goes_so(card, change_value(card, shot, CARD_ACTION), verb->said))
        said[CARD_ACTION] = NULL; /* it tells how they go, and they may go as they did */
    for (int k = 0; fine && k < CARD_SLOTS; k++)
        if (said[k] && !(said[CARD_SUBJECT] && is_of_cast(card, k)))
            fine = change_slot(c, shot, card_slot_name((enum card_slot)k),
                               card_name(card, (enum card_slot)k, said[k]->value), said[k]->said);
    if (fine && said[CARD_CAMERA])
        fine = whelk_set_text(&shot->camera, whelk_shot_slot(shot, card_slot_name(CARD_CAMERA))) ||
               change_no_memory(c);
    if (fine && said[CARD_SUBJECT] && card_most_actors(card) > 1) {
        fine = change_read_cast(c, shot, card, &reading);
        company->guests = true;
    }
    if (verb)
        snprintf(company->verb, sizeof company->verb, "%.40s", verb->said);
    if (fine && reading.mention_count == 0)
        change_tell(c, "warn", shot->id,
                    "The model knows none of these words; it is told the same as before.");
    words_release(&reading);
    return fine;
}

static void exchange(char *text, char from, char to)
{
    for (; *text; text++)
        *text = *text == from ? to : *text;
}

/* What the card calls a camera: by its own name, by that name with _ for -, or by a word for it. */
static int camera_value(const struct card *card, const char *camera, whelk_error *err)
{
    char name[64];
    snprintf(name, sizeof name, "%s", camera);
    exchange(name, '-', '_');
    int value = card_value(card, CARD_CAMERA, camera);
    if (value < 0)
        value = card_value(card, CARD_CAMERA, name);
    struct reading_of reading = {0};
    bool read = value < 0 && words_read(&reading, camera, card, err);
    for (int i = 0; read && value < 0 && i < reading.mention_count; i++)
        if (reading.mentions[i].slot == CARD_CAMERA)
            value = reading.mentions[i].value;
    words_release(&reading);
    return value;
}

static bool read_camera(const struct change *c, whelk_shot *shot, const struct card *card)
{
    if (!card->slot[CARD_CAMERA].count)
        return true;
    int value = camera_value(card, shot->camera, c->err);
    if (value >= 0) {
        const char *name = card_name(card, CARD_CAMERA, value);
        if (!change_slot(c, shot, card_slot_name(CARD_CAMERA), name, shot->camera))
            return false;
        if (!whelk_set_text(&shot->camera, name))
            return change_no_memory(c);
        exchange(shot->camera, '_', '-');
        return true;
    }
    char *all = story_text_choices(card->slot[CARD_CAMERA].values);
    whelk_fail(c->err, WHELK_EUSAGE, "the model knows no camera \"%.40s\"; it knows %s",
               shot->camera, all ? all : "others");
    free(all);
    return false;
}

/* --- Possible together ------------------------------------------------------------------------ */

static bool write_slot(const struct change *c, whelk_shot *shot, const struct card *card,
                       enum card_slot slot, int value)
{
    return value < 0 ||
           whelk_shot_set_slot(shot, card_slot_name(slot), card_name(card, slot, value)) ||
           change_no_memory(c);
}

/* What the model cannot show together gives way as it does in planning. */
static bool make_possible(const struct change *c, whelk_shot *shot, const struct card *card)
{
    int subject = change_value(card, shot, CARD_SUBJECT),
        action = change_value(card, shot, CARD_ACTION),
        place = change_value(card, shot, CARD_PLACE);
    if (subject < 0 || action < 0 || place < 0 || card_possible(card, subject, action, place))
        return true;
    struct story story = {.card = card, .actor_count = 1, .beat_count = 1, .seed = shot->seed};
    struct teller teller = {.listen = c->listen};
    story.actors[0] =
        (struct actor){.subject = subject, .colour = change_value(card, shot, CARD_COLOUR)};
    if (story.actors[0].colour < 0)
        story.actors[0].colour = 0; /* it is not this one's to choose */
    story.beats[0] = (struct beat){.companion = -1,
                                   .third = -1,
                                   .action = action,
                                   .place = place,
                                   .time = change_value(card, shot, CARD_TIME),
                                   .size = -1,
                                   .camera = -1,
                                   .pace = -1,
                                   .companion_action = -1,
                                   .action_exact = true,
                                   .place_exact = true};
    story_resolve(&story, &teller);
    return write_slot(c, shot, card, CARD_ACTION, story.beats[0].action) &&
           write_slot(c, shot, card, CARD_PLACE, story.beats[0].place);
}

/* --- Place and characters --------------------------------------------------------------------- */

static bool same_slot(const whelk_shot *a, const whelk_shot *b, enum card_slot slot)
{
    const char *x = whelk_shot_slot(a, card_slot_name(slot)),
               *y = whelk_shot_slot(b, card_slot_name(slot));
    return (!x && !y) || (x && y && strcmp(x, y) == 0);
}

/* Another shot that has all these slots as this one, or NULL. */
static const whelk_shot *alike(const struct change *c, const whelk_shot *shot,
                               const enum card_slot *slots, int count)
{
    for (int i = 0; i < c->film->shot_count; i++) {
        const whelk_shot *other = &c->film->shots[i];
        int same = 0;
        while (same < count && same_slot(other, shot, slots[same]))
            same++;
        if (other != shot && same == count)
            return other;
    }
    return NULL;
}

static bool has_name(const whelk_named *list, int count, const char *id)
{
    for (int i = 0; i < count; i++)
        if (list[i].id && strcmp(list[i].id, id) == 0)
            return true;
    return false;
}

/* A new entry called `name`, `name-more` or `name-2`; its id is put into *out. */
bool change_add_named(const struct change *c, whelk_named **list, int *count, const char *name,
                      const char *more, char *description, char **out)
{
    char id[48];
    snprintf(id, sizeof id, "%.20s", name);
    if (has_name(*list, *count, id))
        snprintf(id, sizeof id, "%.20s-%.16s", name, more ? more : "2");
    for (int n = 2; has_name(*list, *count, id); n++)
        snprintf(id, sizeof id, "%.20s-%d", name, n);
    whelk_named *named = description ? story_grow(list, count, sizeof *named) : NULL;
    if (!named) {
        free(description);
        return change_no_memory(c);
    }
    named->description = description;
    return (whelk_set_text(&named->id, id) && whelk_set_text(out, id)) || change_no_memory(c);
}

static bool follow_place(const struct change *c, whelk_shot *shot, const struct card *card)
{
    int place = change_value(card, shot, CARD_PLACE), time = change_value(card, shot, CARD_TIME);
    static const enum card_slot looks[] = {CARD_PLACE, CARD_TIME};
    const whelk_shot *other = alike(c, shot, looks, COUNT(looks));
    if (place < 0)
        return true;
    if (other && other->place)
        return whelk_set_text(&shot->place, other->place) || change_no_memory(c);
    struct story story = {.card = card};
    return change_add_named(c, &c->film->places, &c->film->place_count,
                            card_name(card, CARD_PLACE, place),
                            time < 0 ? NULL : card_name(card, CARD_TIME, time),
                            say_place(&story, place, time), &shot->place);
}

/* --- All of it -------------------------------------------------------------------------------- */

struct slots_before {
    char value[CARD_SLOTS][64];
};

static bool changed(const struct slots_before *b, const whelk_shot *shot, enum card_slot slot)
{
    const char *now = whelk_shot_slot(shot, card_slot_name(slot));
    return strcmp(b->value[slot], now ? now : "") != 0;
}

static bool changed_cast(const struct slots_before *b, const whelk_shot *shot)
{
    static const enum card_slot of[] = {CARD_SUBJECT,  CARD_COLOUR,  CARD_MARK,  CARD_COMPANY,
                                        CARD_SUBJECT2, CARD_COLOUR2, CARD_MARK2, CARD_SUBJECT3,
                                        CARD_COLOUR3,  CARD_MARK3};
    for (int i = 0; i < COUNT(of); i++)
        if (changed(b, shot, of[i]))
            return true;
    return false;
}

static bool follow(const struct change *c, whelk_shot *shot, const char *field,
                   const struct card *card)
{
    struct slots_before before;
    struct company_change company = {0};
    const whelk_shot *was = whelk_film_shot((whelk_film *)(uintptr_t)c->was, shot->id);
    for (int s = 0; s < CARD_SLOTS; s++) {
        const char *value = was ? whelk_shot_slot(was, card_slot_name((enum card_slot)s)) : NULL;
        snprintf(before.value[s], sizeof before.value[s], "%s", value ? value : "");
    }
    if (strcmp(field, "camera") == 0)
        return read_camera(c, shot, card);
    if (strcmp(field, "prompt") == 0 && !read_prompt(c, shot, card, &company))
        return false;
    if (strcmp(field, "slots") == 0) {
        company.guests =
            changed(&before, shot, CARD_SUBJECT2) || changed(&before, shot, CARD_SUBJECT3);
        company.alone =
            changed(&before, shot, CARD_COMPANY) &&
            change_value(card, shot, CARD_COMPANY) == card_value(card, CARD_COMPANY, "alone");
    }
    if (!make_possible(c, shot, card) || !change_settle_company(c, shot, card, &company))
        return false;
    if ((changed(&before, shot, CARD_PLACE) || changed(&before, shot, CARD_TIME)) &&
        !follow_place(c, shot, card))
        return false;
    return !changed_cast(&before, shot) || change_follow_cast(c, shot, card);
}

bool change_follow(const struct change *c, whelk_shot *shot, const char *field)
{
    bool words = strcmp(field, "prompt") == 0 && shot->prompt;
    bool camera = strcmp(field, "camera") == 0 && shot->camera;
    struct card card;
    if (!c->card_json || (!words && !camera && strcmp(field, "slots") != 0) ||
        plan_is_free(c->card_json)) /* that model goes by the words alone */
        return true;
    if (!card_init(&card, c->card_json, c->err))
        return false;
    bool fine = follow(c, shot, field, &card);
    card_release(&card);
    return fine;
}
