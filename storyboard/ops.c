/* Changes to a film, one at a time and each with a name: what `whelk shot` and its fellows, a
 * change in plain words and a planning agent all come down to. An operation is done on a copy of
 * the film that is checked as a whole, so it is done or refused, never half done. */
#include "story.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

/* --- The fields that "set" knows -------------------------------------------------------------- */

enum field_type { TEXT, NUMBER, WHOLE, SEED, YES_NO };

struct field {
    const char *name;
    enum field_type type;
    size_t at;
    const char *help;
};

#define AT(field) offsetof(whelk_shot, field)
static const struct field shot_fields[] = {
    {"prompt", TEXT, AT(prompt), "what the shot shows, in words"},
    {"seconds", NUMBER, AT(seconds), "how much is made, before trims and speed"},
    {"seed", SEED, AT(seed), "another number, another take"},
    {"camera", TEXT, AT(camera), "static, push-in, pan-left, ..."},
    {"place", TEXT, AT(place), "id of one of the film's places"},
    {"take", TEXT, AT(take), "t01, t02, ...: the take in use"},
    {"locked", YES_NO, AT(locked), "keep the take whatever changes"},
    {"first_frame", TEXT, AT(first_frame), "a picture, or previous"},
    {"last_frame", TEXT, AT(last_frame), "a picture; where the model can end on one"},
    {"trim.in_s", NUMBER, AT(trim_in_s), "cut off at the start"},
    {"trim.out_s", NUMBER, AT(trim_out_s), "cut off at the end"},
    {"speed", NUMBER, AT(speed), "2 = twice as fast"},
    {"transition.kind", TEXT, AT(transition), "to the next shot: cut, crossfade, ..."},
    {"transition.seconds", NUMBER, AT(transition_s), "how long it takes"},
    {"voice.text", TEXT, AT(voice_text), "what is said over the shot"},
    {"voice.kind", TEXT, AT(voice_kind), "narration or dialogue"},
    {"voice.voice", TEXT, AT(voice_name), "the speaker"},
    {"effect_sound", TEXT, AT(effect_sound), "a sound file"},
    {"continuity.in", TEXT, AT(continuity_in), "how it begins"},
    {"continuity.out", TEXT, AT(continuity_out), "how it ends"},
    {"why", TEXT, AT(why), "the reason the shot is there"},
};
#undef AT

#define AT(field) offsetof(whelk_film, field)
static const struct field film_fields[] = {
    {"title", TEXT, AT(title), "the film's name"},
    {"logline", TEXT, AT(logline), "the film in a sentence"},
    {"treatment", TEXT, AT(treatment), "the film in a paragraph"},
    {"ratio", TEXT, AT(ratio), "16:9, 9:16, 1:1, 2.39:1; goes with width and height"},
    {"width", WHOLE, AT(width), "pixels"},
    {"height", WHOLE, AT(height), "pixels"},
    {"fps", NUMBER, AT(fps), "frames a second"},
    {"captions", YES_NO, AT(captions), "subtitles of what is said"},
    {"burn_captions", YES_NO, AT(burn_captions), "the subtitles in the picture"},
    {"loudness_lufs", NUMBER, AT(loudness_lufs), "of the film's sound; 0 = -14"},
    {"voice.voice", TEXT, AT(voice.name), "who speaks where a shot names nobody"},
    {"voice.speed", NUMBER, AT(voice.speed), "of speaking, 0.5 to 2"},
    {"voice.off", YES_NO, AT(voice.off), "nothing is spoken"},
    {"style.palette", TEXT, AT(style.palette), "its colours"},
    {"style.lens", TEXT, AT(style.lens), "how it is seen"},
    {"style.mood", TEXT, AT(style.mood), "how it feels"},
    {"grade.exposure", NUMBER, AT(grade.exposure), "stops, -4 to 4"},
    {"grade.contrast", NUMBER, AT(grade.contrast), "-1 to 1"},
    {"grade.saturation", NUMBER, AT(grade.saturation), "-1 to 1"},
    {"grade.warmth", NUMBER, AT(grade.warmth), "-1 to 1"},
    {"score.mood", TEXT, AT(score.mood), "playful, calm, epic, ..."},
    {"score.tempo_bpm", NUMBER, AT(score.tempo_bpm), "beats a minute; 0 = the mood's own"},
    {"score.instruments", TEXT, AT(score.instruments), "by their General MIDI names"},
    {"score.file", TEXT, AT(score.file), "a music file instead of a composed score"},
    {"score.off", YES_NO, AT(score.off), "no score"},
};
#undef AT

#define NAMES_MAX 32

static const struct field *field_named(const struct field *fields, int count, const char *name,
                                       const char *of, whelk_error *err)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    for (int i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
        names[i] = fields[i].name;
    }
    const char *near = text_nearest(name, names);
    char *all = story_text_choices(names);
    if (near)
        whelk_fail(err, WHELK_EUSAGE, "%s has no field \"%.40s\"; did you mean \"%s\"?", of, name,
                   near);
    else
        whelk_fail(err, WHELK_EUSAGE, "%s has no field \"%.40s\"; there are %s", of, name,
                   all ? all : "others");
    free(all);
    return NULL;
}

const char *whelk_op_field(bool of_shot, int index, const char **help)
{
    const struct field *fields = of_shot ? shot_fields : film_fields;
    if (index < 0 || index >= (of_shot ? COUNT(shot_fields) : COUNT(film_fields)))
        return NULL;
    if (help)
        *help = fields[index].help;
    return fields[index].name;
}

/* --- Values ----------------------------------------------------------------------------------- */

static bool refuse_value(const struct field *f, const char *value, const char *needed,
                         whelk_error *err)
{
    return whelk_fail(err, WHELK_EUSAGE, "%s cannot be \"%.60s\"; %s is needed", f->name, value,
                      needed);
}

static bool set_number(const struct field *f, void *to, const char *value, whelk_error *err)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !isfinite(number))
        return refuse_value(f, value, "a number", err);
    if (f->type == NUMBER) {
        *(double *)to = number;
        return true;
    }
    if (number != floor(number) || fabs(number) > 1e9)
        return refuse_value(f, value, "a whole number", err);
    *(int *)to = (int)number;
    return true;
}

static bool set_seed(const struct field *f, uint64_t *to, const char *value, whelk_error *err)
{
    errno = 0;
    uint64_t seed = strtoull(value, NULL, 10);
    if (!*value || value[strspn(value, "0123456789")] || errno == ERANGE)
        return refuse_value(f, value, "a whole number from 0 to 18446744073709551615", err);
    *to = seed;
    return true;
}

static bool set_yes_no(const struct field *f, bool *to, const char *value, whelk_error *err)
{
    static const char *const yes[] = {"true", "yes", "on", "1", NULL}, *const no[] = {"false", "no",
                                                                                      "off", "0",
                                                                                      NULL};
    if (!story_text_in(value, yes) && !story_text_in(value, no))
        return refuse_value(f, value, "true or false", err);
    *to = story_text_in(value, yes);
    return true;
}

/* No value puts the field back to where an absent one stands. */
static bool set_field(const struct field *f, void *base, const char *value, whelk_error *err)
{
    void *to = (char *)base + f->at;
    const char *given = value ? value : "0";
    switch (f->type) {
    case NUMBER:
    case WHOLE:
        return set_number(f, to, !value && strcmp(f->name, "speed") == 0 ? "1" : given, err);
    case SEED:
        return set_seed(f, to, given, err);
    case YES_NO:
        return set_yes_no(f, to, given, err);
    case TEXT:
        break;
    }
    return whelk_set_text(to, value) || whelk_fail(err, WHELK_EFAIL, "out of memory");
}

/* --- The kinds -------------------------------------------------------------------------------- */

static whelk_shot *shot_of(const struct change *c, const char *id)
{
    whelk_shot *shot = id ? whelk_film_shot(c->film, id) : NULL;
    if (shot)
        return shot;
    char ids[400] = "";
    for (int i = 0; i < c->film->shot_count && strlen(ids) + 8 < sizeof ids; i++)
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%s", i ? ", " : "",
                 c->film->shots[i].id);
    whelk_fail(c->err, WHELK_EUSAGE, "there is no shot %s; there are %s", id ? id : "without an id",
               ids);
    return NULL;
}

static int index_of(const struct change *c, const whelk_shot *shot)
{
    return (int)(shot - c->film->shots);
}

static bool set_slot(const struct change *c, whelk_shot *shot, const char *name)
{
    if (!story_is_name(name))
        return whelk_fail(c->err, WHELK_EUSAGE,
                          "a slot is named with a-z, 0-9 and hyphens, not \"%.40s\"", name);
    return (whelk_shot_set_slot(shot, name, c->op->value) || change_no_memory(c)) &&
           change_follow(c, shot, "slots");
}

static bool op_set(const struct change *c)
{
    const whelk_op *op = c->op;
    if (!op->field)
        return whelk_fail(c->err, WHELK_EUSAGE, "nothing is said of which field to set");
    if (!op->shot) {
        const struct field *f =
            field_named(film_fields, COUNT(film_fields), op->field, "a film", c->err);
        return f && set_field(f, c->film, op->value, c->err);
    }
    whelk_shot *shot = shot_of(c, op->shot);
    if (!shot)
        return false;
    if (strncmp(op->field, "slots.", 6) == 0)
        return set_slot(c, shot, op->field + 6);
    const struct field *f =
        field_named(shot_fields, COUNT(shot_fields), op->field, "a shot", c->err);
    bool last = index_of(c, shot) == c->film->shot_count - 1;
    if (last && strcmp(op->field, "transition.kind") == 0 && op->value &&
        strcmp(op->value, "cut") != 0)
        change_tell(c, "warn", shot->id,
                    "Shot %s is the last: its transition is seen once a shot follows it.",
                    shot->id);
    return f && set_field(f, shot, op->value, c->err) && change_follow(c, shot, f->name);
}

/* The position after the shot op->after; without one the end, with "start" the beginning. */
static bool position(const struct change *c, int *at)
{
    const char *after = c->op->after;
    *at = c->film->shot_count;
    if (!after)
        return true;
    if (strcmp(after, "start") == 0) {
        *at = 0;
        return true;
    }
    const whelk_shot *shot = shot_of(c, after);
    if (shot)
        *at = index_of(c, shot) + 1;
    return shot != NULL;
}

/* A new shot is like its neighbour in all that keeps a film together: place, cast, slots. */
static bool op_add(const struct change *c)
{
    int at;
    if (!c->op->value)
        return whelk_fail(c->err, WHELK_EUSAGE, "a new shot needs a prompt");
    if (!position(c, &at))
        return false;
    whelk_shot *shot = whelk_film_add_shot(c->film, at, c->err);
    if (!shot)
        return false;
    const whelk_shot *near = at > 0 ? shot - 1 : shot + 1;
    bool fine =
        whelk_set_text(&shot->prompt, c->op->value) && whelk_set_text(&shot->place, near->place) &&
        whelk_set_text(&shot->camera, near->camera) && whelk_set_text(&shot->why, "Added by hand.");
    for (int i = 0; fine && i < near->slot_count; i++)
        fine = whelk_shot_set_slot(shot, near->slots[i].name, near->slots[i].value);
    for (int i = 0; fine && i < near->character_count; i++) {
        char **id = story_grow(&shot->characters, &shot->character_count, sizeof *id);
        fine = id && whelk_set_text(id, near->characters[i]);
    }
    shot->seconds = c->op->seconds > 0 ? c->op->seconds : near->seconds;
    shot->seed = story_mix(near->seed + story_hash(shot->id, 4, 0));
    return (fine || change_no_memory(c)) && change_follow(c, shot, "prompt");
}

static bool op_remove(const struct change *c)
{
    return shot_of(c, c->op->shot) && whelk_film_remove_shot(c->film, c->op->shot, c->err);
}

static bool op_move(const struct change *c)
{
    whelk_shot *shots = c->film->shots, *shot = shot_of(c, c->op->shot);
    int to;
    if (!shot || !position(c, &to))
        return false;
    whelk_shot moved = *shot;
    int from = index_of(c, shot);
    if (to > from) {
        to--;
        memmove(&shots[from], &shots[from + 1], (size_t)(to - from) * sizeof *shots);
    } else {
        memmove(&shots[to + 1], &shots[to], (size_t)(from - to) * sizeof *shots);
    }
    shots[to] = moved;
    story_mend_ends(c->film);
    return true;
}

/* Both halves are windows on the same take: the second asks for the same pictures by the same seed
 * and begins where the first one ends. What is heard stays with the first. */
static bool op_split(const struct change *c)
{
    whelk_shot *first = shot_of(c, c->op->shot);
    if (!first)
        return false;
    double length = story_shot_length(first), at = c->op->at_s, least = whelk_limits.shot_min_s;
    if (!(at >= least && at <= length - least))
        return whelk_fail(
            c->err, WHELK_EUSAGE,
            "shot %s is %.3g s long; it can be split from %.3g to %.3g s, not at %.3g", first->id,
            length, least, length - least, at);
    int index = index_of(c, first);
    whelk_shot *second = whelk_film_add_shot(c->film, index + 1, c->err);
    if (!second)
        return false;
    first = &c->film->shots[index];
    if (!story_shot_fill(second, first) || !whelk_set_text(&second->voice_text, NULL) ||
        !whelk_set_text(&second->effect_sound, NULL))
        return change_no_memory(c);
    double made = at * first->speed;
    second->trim_in_s += made;
    first->trim_out_s = first->seconds - first->trim_in_s - made;
    first->transition_s = 0;
    return whelk_set_text(&first->transition, "cut") || change_no_memory(c);
}

static bool op_share(const struct change *c)
{
    whelk_shot *first = shot_of(c, c->op->shot);
    return first && change_share(c, first);
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Two windows on one take become one again; of two different shots the first one's words are told
 * on with the second's. */
static bool op_merge(const struct change *c)
{
    whelk_shot *first = shot_of(c, c->op->shot);
    if (!first)
        return false;
    int index = index_of(c, first);
    if (index + 1 == c->film->shot_count)
        return whelk_fail(c->err, WHELK_EUSAGE, "shot %s is the last; there is none to merge with",
                          first->id);
    whelk_shot *second = first + 1;
    bool one = first->seed == second->seed && first->seconds == second->seconds &&
               same_text(first->prompt, second->prompt) &&
               same_text(first->last_frame, second->last_frame) &&
               fabs(first->seconds - first->trim_out_s - second->trim_in_s) < 1e-6;
    if (one) {
        first->trim_out_s = second->trim_out_s;
    } else {
        char *both = story_format("%s Then: %s", first->prompt, second->prompt);
        first->seconds = story_shot_length(first) + story_shot_length(second);
        first->trim_in_s = first->trim_out_s = 0;
        first->speed = 1;
        bool fine = both && whelk_set_text(&first->prompt, both) &&
                    whelk_set_text(&first->last_frame, second->last_frame);
        free(both);
        if (!fine)
            return change_no_memory(c);
    }
    first->transition_s = second->transition_s;
    return (whelk_set_text(&first->transition, second->transition) || change_no_memory(c)) &&
           whelk_film_remove_shot(c->film, second->id, c->err);
}

static bool op_title(const struct change *c)
{
    whelk_title *title = story_grow(&c->film->titles, &c->film->title_count, sizeof *title);
    if (!title)
        return change_no_memory(c);
    title->at_s = c->op->at_s;
    title->seconds = c->op->seconds > 0 ? c->op->seconds : 2.5;
    return (whelk_set_text(&title->text, c->op->value) &&
            whelk_set_text(&title->kind, c->op->field ? c->op->field : "lower-third")) ||
           change_no_memory(c);
}

static bool op_untitle(const struct change *c)
{
    int kept = 0;
    for (int i = 0; i < c->film->title_count; i++) {
        whelk_title *title = &c->film->titles[i];
        if (!c->op->value || (title->text && strcmp(title->text, c->op->value) == 0)) {
            free(title->text);
            free(title->kind);
        } else {
            c->film->titles[kept++] = *title;
        }
    }
    bool found = kept < c->film->title_count;
    c->film->title_count = kept;
    return found || whelk_fail(c->err, WHELK_EUSAGE, "the film has no such title");
}

static const struct kind {
    const char *name;
    bool (*apply)(const struct change *c);
    const char *help;
} kinds[] = {
    {"set", op_set, "a field of a shot, or of the film where no shot is named"},
    {"add", op_add, "a shot showing `value`, after the shot `after` (\"start\": first)"},
    {"remove", op_remove, "a shot"},
    {"move", op_move, "a shot to the place after the shot `after` (\"start\": first)"},
    {"split", op_split, "a shot in two, `at_s` seconds into it"},
    {"share", op_share,
     "a shot's seconds with a new one that goes on from it, `at_s` seconds into it"},
    {"merge", op_merge, "a shot with the one after it"},
    {"title", op_title, "a title `value` of kind `field`, at `at_s` for `seconds`"},
    {"untitle", op_untitle, "the titles that read `value`, or all of them"},
};

const char *whelk_op_kind(int index, const char **help)
{
    if (index < 0 || index >= COUNT(kinds))
        return NULL;
    if (help)
        *help = kinds[index].help;
    return kinds[index].name;
}

static const struct kind *kind_named(const char *name, whelk_error *err)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    for (int i = 0; i < COUNT(kinds); i++) {
        if (name && strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
        names[i] = kinds[i].name;
    }
    char *all = story_text_choices(names);
    whelk_fail(err, WHELK_EUSAGE, "there is no operation \"%.40s\"; there are %s", name ? name : "",
               all ? all : "others");
    free(all);
    return NULL;
}

/* A check tells where in storyboard.json a fault stands; who changes a shot knows it by its id. */
static void name_the_shot(const whelk_film *film, whelk_error *err)
{
    char rest[sizeof err->text];
    int index, used = 0;
    if (sscanf(err->text, "shots[%d].%n", &index, &used) != 1 || !used || index < 0 ||
        index >= film->shot_count)
        return;
    snprintf(rest, sizeof rest, "%s", err->text + used);
    snprintf(err->text, sizeof err->text, "shot %s: %.900s", film->shots[index].id, rest);
}

bool whelk_film_apply(whelk_film *film, const whelk_op *op, const char *card_json,
                      const whelk_listener *listen, whelk_error *err)
{
    const struct kind *kind = kind_named(op->kind, err);
    if (!kind)
        return false;
    struct change c = {whelk_film_copy(film), film, op, card_json, listen, err};
    if (!c.film)
        return whelk_fail(err, WHELK_EFAIL, "out of memory while changing the film");
    bool fine = kind->apply(&c) && change_times(&c);
    if (fine && !whelk_film_check(c.film, err)) {
        fine = false;
        if (err) {
            err->code = WHELK_EUSAGE;
            name_the_shot(c.film, err);
        }
    }
    if (fine) {
        c.film->seconds = whelk_film_cut_seconds(c.film);
        whelk_film old = *film;
        *film = *c.film;
        *c.film = old;
    }
    whelk_film_free(c.film);
    return fine;
}
