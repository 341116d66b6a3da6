/* storyboard.json to a film. Every type is checked, and then all that whelk_film_check does; fields
 * we do not know are kept, for story_write.c to write again where they stood. */
#include "story.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"

/* One object of the file being read: where it stands, what it is, what is left of it that we do not
 * know. */
struct reading {
    char path[128];   /* "", "shots[2].", "shots[2].trim." */
    const char *name; /* of the file */
    const cJSON *object;
    cJSON *unknown; /* gets the fields we do not know; an object */
    whelk_error *err;
};

static bool wrong(const struct reading *r, const char *field, const char *what)
{
    return whelk_fail(r->err, WHELK_EFAIL, "%s: %s%s %s", r->name, r->path, field, what);
}

static bool no_memory(const struct reading *r)
{
    return whelk_fail(r->err, WHELK_EFAIL, "%s: out of memory while reading", r->name);
}

static const char *kind_of(const cJSON *item)
{
    return cJSON_IsString(item)   ? "a text"
           : cJSON_IsNumber(item) ? "a number"
           : cJSON_IsBool(item)   ? "true or false"
           : cJSON_IsArray(item)  ? "a list [...]"
           : cJSON_IsObject(item) ? "an object {...}"
                                  : "null";
}

static bool wrong_kind(const struct reading *r, const char *field, const cJSON *item,
                       const char *needed)
{
    char what[160];
    if (cJSON_IsString(item))
        snprintf(what, sizeof what, "is a text (\"%.40s\"), %s is needed", item->valuestring,
                 needed);
    else
        snprintf(what, sizeof what, "is %s, %s is needed", kind_of(item), needed);
    return wrong(r, field, what);
}

/* The field, or NULL where it is absent or null. */
static const cJSON *field_of(const struct reading *r, const char *field)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->object, field);
    return cJSON_IsNull(item) ? NULL : item;
}

static bool read_text(const struct reading *r, const char *field, char **out)
{
    const cJSON *item = field_of(r, field);
    if (item && !cJSON_IsString(item))
        return wrong_kind(r, field, item, "a text in quotation marks");
    return whelk_set_text(out, item ? item->valuestring : NULL) || no_memory(r);
}

static bool read_number(const struct reading *r, const char *field, double *out)
{
    const cJSON *item = field_of(r, field);
    if (item && !cJSON_IsNumber(item))
        return wrong_kind(r, field, item, "a number");
    if (item)
        *out = item->valuedouble;
    return true;
}

static bool read_int(const struct reading *r, const char *field, int *out)
{
    double value = *out;
    if (!read_number(r, field, &value))
        return false;
    if (value != floor(value) || fabs(value) > 1e9) {
        char what[80];
        snprintf(what, sizeof what, "is %g, a whole number is needed", value);
        return wrong(r, field, what);
    }
    *out = (int)value;
    return true;
}

static bool read_bool(const struct reading *r, const char *field, bool *out)
{
    const cJSON *item = field_of(r, field);
    if (item && !cJSON_IsBool(item))
        return wrong_kind(r, field, item, "true or false");
    if (item)
        *out = cJSON_IsTrue(item);
    return true;
}

static bool read_seed(const struct reading *r, const char *field, uint64_t *out)
{
    const cJSON *item = field_of(r, field);
    if (!item)
        return true;
    if (!cJSON_IsNumber(item))
        return wrong_kind(r, field, item, "a whole number");
    const char *digits = item->valuestring;
    errno = 0;
    *out = strtoull(digits, NULL, 10);
    if (digits[strspn(digits, "0123456789")] != '\0' || errno == ERANGE)
        return wrong(r, field, "must be a whole number from 0 to 18446744073709551615");
    return true;
}

/* Copies the fields that are not in the list to `unknown`. */
static bool keep_unknown(const struct reading *r, const char *const *known)
{
    for (const cJSON *item = r->object->child; item; item = item->next) {
        if (story_text_in(item->string, known))
            continue;
        cJSON *copy = story_json_keep(item);
        if (!copy || !cJSON_AddItemToObject(r->unknown, item->string, copy)) {
            cJSON_Delete(copy);
            return no_memory(r);
        }
    }
    return true;
}

typedef bool read_fn(struct reading *r, void *out);

/* Reads the object `field` by `read`; where it is absent, nothing is done. What is left of it is
 * kept under its name. */
static bool read_object(const struct reading *r, const char *field, read_fn *read, void *out)
{
    const cJSON *item = field_of(r, field);
    if (!item)
        return true;
    if (!cJSON_IsObject(item))
        return wrong_kind(r, field, item, "an object {...}");
    struct reading in = {
        .name = r->name, .object = item, .unknown = cJSON_CreateObject(), .err = r->err};
    snprintf(in.path, sizeof in.path, "%.60s%.40s.", r->path, field);
    bool fine = in.unknown ? read(&in, out) : no_memory(r);
    if (fine && in.unknown->child)
        cJSON_AddItemToObject(r->unknown, field, in.unknown);
    else
        cJSON_Delete(in.unknown);
    return fine;
}

/* Reads each entry of the list `field` into an array that grows. What is left of an entry is kept
 * in a list of the same name, with `key` to find its owner again; entries of a list without key
 * keep it themselves. */
static bool read_list(const struct reading *r, const char *field, read_fn *read,
                      void *array_address, int *count, size_t item_size, const char *key)
{
    const cJSON *list = field_of(r, field);
    if (!list)
        return true;
    if (!cJSON_IsArray(list))
        return wrong_kind(r, field, list, "a list [...]");
    cJSON *left = cJSON_CreateArray();
    bool fine = left != NULL;
    for (const cJSON *item = list->child; fine && item; item = item->next) {
        struct reading in = {
            .name = r->name, .object = item, .unknown = cJSON_CreateObject(), .err = r->err};
        snprintf(in.path, sizeof in.path, "%.60s%.40s[%d].", r->path, field, *count);
        char entry[40];
        snprintf(entry, sizeof entry, "%s[%d]", field, *count);
        void *out = story_grow(array_address, count, item_size);
        fine = !out || !in.unknown     ? no_memory(r)
               : !cJSON_IsObject(item) ? wrong_kind(r, entry, item, "an object {...}")
                                       : read(&in, out);
        const cJSON *owner = key && fine ? cJSON_GetObjectItemCaseSensitive(item, key) : NULL;
        if (owner && in.unknown->child) {
            cJSON_AddItemToObject(in.unknown, key, cJSON_Duplicate(owner, true));
            cJSON_AddItemToArray(left, in.unknown);
        } else {
            cJSON_Delete(in.unknown);
        }
    }
    if (fine && left->child)
        cJSON_AddItemToObject(r->unknown, field, left);
    else
        cJSON_Delete(left);
    return fine;
}

static bool read_style(struct reading *r, void *out)
{
    static const char *const known[] = {"palette", "lens", "mood", NULL};
    whelk_film *film = out;
    return read_text(r, "palette", &film->style.palette) &&
           read_text(r, "lens", &film->style.lens) && read_text(r, "mood", &film->style.mood) &&
           keep_unknown(r, known);
}

static bool read_grade(struct reading *r, void *out)
{
    static const char *const known[] = {"exposure", "contrast", "saturation", "warmth", NULL};
    whelk_film *film = out;
    return read_number(r, "exposure", &film->grade.exposure) &&
           read_number(r, "contrast", &film->grade.contrast) &&
           read_number(r, "saturation", &film->grade.saturation) &&
           read_number(r, "warmth", &film->grade.warmth) && keep_unknown(r, known);
}

static bool read_score(struct reading *r, void *out)
{
    static const char *const known[] = {"mood", "tempo_bpm", "instruments", "file", "off", NULL};
    whelk_film *film = out;
    return read_text(r, "mood", &film->score.mood) &&
           read_number(r, "tempo_bpm", &film->score.tempo_bpm) &&
           read_text(r, "instruments", &film->score.instruments) &&
           read_text(r, "file", &film->score.file) && read_bool(r, "off", &film->score.off) &&
           keep_unknown(r, known);
}

static bool read_title(struct reading *r, void *out)
{
    static const char *const known[] = {"text", "kind", "at_s", "seconds", NULL};
    whelk_title *title = out;
    return read_text(r, "text", &title->text) && read_text(r, "kind", &title->kind) &&
           read_number(r, "at_s", &title->at_s) && read_number(r, "seconds", &title->seconds) &&
           keep_unknown(r, known);
}

static bool read_named(struct reading *r, void *out)
{
    static const char *const known[] = {"id", "description", NULL};
    whelk_named *named = out;
    return read_text(r, "id", &named->id) && read_text(r, "description", &named->description) &&
           keep_unknown(r, known);
}

static bool read_slots(struct reading *r, void *out)
{
    whelk_shot *shot = out;
    for (const cJSON *item = r->object->child; item; item = item->next) {
        if (cJSON_IsNull(item))
            continue;
        if (!cJSON_IsString(item))
            return wrong_kind(r, item->string, item, "a text in quotation marks");
        if (shot->slot_count >= whelk_limits.slots)
            return wrong(r, item->string, "is one slot too many");
        if (!whelk_shot_set_slot(shot, item->string, item->valuestring))
            return no_memory(r);
    }
    return true;
}

static bool read_continuity(struct reading *r, void *out)
{
    static const char *const known[] = {"in", "out", NULL};
    whelk_shot *shot = out;
    return read_text(r, "in", &shot->continuity_in) && read_text(r, "out", &shot->continuity_out) &&
           keep_unknown(r, known);
}

static bool read_trim(struct reading *r, void *out)
{
    static const char *const known[] = {"in_s", "out_s", NULL};
    whelk_shot *shot = out;
    return read_number(r, "in_s", &shot->trim_in_s) && read_number(r, "out_s", &shot->trim_out_s) &&
           keep_unknown(r, known);
}

static bool read_transition(struct reading *r, void *out)
{
    static const char *const known[] = {"kind", "seconds", NULL};
    whelk_shot *shot = out;
    return read_text(r, "kind", &shot->transition) &&
           read_number(r, "seconds", &shot->transition_s) && keep_unknown(r, known);
}

static bool read_voice(struct reading *r, void *out)
{
    static const char *const known[] = {"text", "kind", "voice", NULL};
    whelk_shot *shot = out;
    return read_text(r, "text", &shot->voice_text) && read_text(r, "kind", &shot->voice_kind) &&
           read_text(r, "voice", &shot->voice_name) && keep_unknown(r, known);
}

static bool read_film_voice(struct reading *r, void *out)
{
    static const char *const known[] = {"voice", "speed", "off", NULL};
    whelk_film *film = out;
    return read_text(r, "voice", &film->voice.name) &&
           read_number(r, "speed", &film->voice.speed) && read_bool(r, "off", &film->voice.off) &&
           keep_unknown(r, known);
}

static bool read_cast(const struct reading *r, whelk_shot *shot)
{
    const cJSON *list = field_of(r, "characters");
    if (list && !cJSON_IsArray(list))
        return wrong_kind(r, "characters", list, "a list [...] of ids");
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next) {
        if (!cJSON_IsString(item))
            return wrong_kind(r, "characters", item, "each entry as a text (an id)");
        char **id = story_grow(&shot->characters, &shot->character_count, sizeof *id);
        if (!id || !whelk_set_text(id, item->valuestring))
            return no_memory(r);
    }
    return true;
}

static const char *const shot_fields[] = {
    "id",         "seconds",    "prompt", "slots",        "camera",      "characters", "place",
    "continuity", "seed",       "take",   "locked",       "first_frame", "last_frame", "trim",
    "speed",      "transition", "voice",  "effect_sound", "why",         NULL,
};

/* The unknown fields as text, or NULL where there are none. */
static bool print_unknown(const struct reading *r, char **out)
{
    if (!r->unknown->child)
        return true;
    *out = cJSON_PrintUnformatted(r->unknown);
    return *out || no_memory(r);
}

static bool read_shot(struct reading *r, void *out)
{
    whelk_shot *shot = out;
    shot->speed = 1;
    if (!field_of(r, "seconds"))
        return wrong(r, "seconds", "is missing; write how long the shot is");
    return read_text(r, "id", &shot->id) && read_number(r, "seconds", &shot->seconds) &&
           read_text(r, "prompt", &shot->prompt) && read_object(r, "slots", read_slots, shot) &&
           read_text(r, "camera", &shot->camera) && read_cast(r, shot) &&
           read_text(r, "place", &shot->place) &&
           read_object(r, "continuity", read_continuity, shot) &&
           read_seed(r, "seed", &shot->seed) && read_text(r, "take", &shot->take) &&
           read_bool(r, "locked", &shot->locked) &&
           read_text(r, "first_frame", &shot->first_frame) &&
           read_text(r, "last_frame", &shot->last_frame) &&
           read_object(r, "trim", read_trim, shot) && read_number(r, "speed", &shot->speed) &&
           read_object(r, "transition", read_transition, shot) &&
           read_object(r, "voice", read_voice, shot) &&
           read_text(r, "effect_sound", &shot->effect_sound) && read_text(r, "why", &shot->why) &&
           keep_unknown(r, shot_fields) && print_unknown(r, &shot->unknown_json) &&
           (shot->transition || whelk_set_text(&shot->transition, "cut") || no_memory(r));
}

static const char *const film_fields[] = {
    "version", "title",      "logline",  "treatment",     "prompt",        "language",
    "ratio",   "width",      "height",   "fps",           "seconds",       "style",
    "grade",   "score",      "captions", "loudness_lufs", "burn_captions", "voice",
    "titles",  "characters", "places",   "planner",       "shots",         NULL,
};

static bool read_version(const struct reading *r)
{
    double version = 0;
    if (!field_of(r, "version"))
        return wrong(r, "version", "is missing; this Whelk reads and writes version 1");
    if (!read_number(r, "version", &version))
        return false;
    if (version == WHELK_STORYBOARD_VERSION)
        return true;
    char what[100];
    snprintf(what, sizeof what, "is %g; this Whelk reads version %d%s", version,
             WHELK_STORYBOARD_VERSION,
             version > WHELK_STORYBOARD_VERSION ? ", a newer one is needed" : "");
    return wrong(r, "version", what);
}

static bool read_film(struct reading *r, void *out)
{
    whelk_film *film = out;
    film->width = 1280;
    film->height = 720;
    film->fps = 24;
    return read_version(r) && read_text(r, "title", &film->title) &&
           read_text(r, "logline", &film->logline) && read_text(r, "treatment", &film->treatment) &&
           read_text(r, "prompt", &film->prompt) && read_text(r, "language", &film->language) &&
           read_text(r, "ratio", &film->ratio) && read_int(r, "width", &film->width) &&
           read_int(r, "height", &film->height) && read_number(r, "fps", &film->fps) &&
           read_number(r, "seconds", &film->seconds) && read_object(r, "style", read_style, film) &&
           read_object(r, "grade", read_grade, film) && read_object(r, "score", read_score, film) &&
           read_number(r, "loudness_lufs", &film->loudness_lufs) &&
           read_bool(r, "captions", &film->captions) &&
           read_bool(r, "burn_captions", &film->burn_captions) &&
           read_object(r, "voice", read_film_voice, film) &&
           read_list(r, "titles", read_title, &film->titles, &film->title_count,
                     sizeof *film->titles, "text") &&
           read_list(r, "characters", read_named, &film->characters, &film->character_count,
                     sizeof *film->characters, "id") &&
           read_list(r, "places", read_named, &film->places, &film->place_count,
                     sizeof *film->places, "id") &&
           read_text(r, "planner", &film->planner) &&
           read_list(r, "shots", read_shot, &film->shots, &film->shot_count, sizeof *film->shots,
                     NULL) &&
           keep_unknown(r, film_fields) && print_unknown(r, &film->unknown_json);
}

/* "NAME: shots[2].seconds is 99" becomes "NAME:41:18: shots[2].seconds is 99": where the value
 * stands or, if it is missing, what it is missing from. */
static void add_place(const char *json, const char *name, whelk_error *err)
{
    size_t size = strlen(name);
    if (!err || strncmp(err->text, name, size) != 0 || strncmp(err->text + size, ": ", 2) != 0)
        return;
    char rest[sizeof err->text];
    snprintf(rest, sizeof rest, "%s", err->text + size + 2);
    const char *at = story_json_find(json, rest, strcspn(rest, " "));
    int line, column;
    if (!at)
        return;
    story_json_place(json, at, &line, &column);
    whelk_fail(err, err->code, "%s:%d:%d: %s", name, line, column, rest);
}

whelk_film *whelk_film_parse(const char *json, const char *name_for_errors, whelk_error *err)
{
    const char *name = name_for_errors ? name_for_errors : "storyboard";
    whelk_film *film = NULL;
    struct reading r = {.name = name, .err = err, .unknown = cJSON_CreateObject()};
    bool fine = false;
    if (strnlen(json, whelk_limits.file_bytes + 1) > whelk_limits.file_bytes) {
        whelk_fail(err, WHELK_EFAIL, "%s: is larger than %zu bytes, too large for a storyboard",
                   name, whelk_limits.file_bytes);
        goto out;
    }
    cJSON *tree = story_json_parse(json, name, err);
    r.object = tree;
    if (!tree)
        goto out;
    film = whelk_film_new();
    if (!cJSON_IsObject(tree))
        whelk_fail(err, WHELK_EFAIL, "%s: holds %s, a storyboard is an object {...}", name,
                   kind_of(tree));
    else if (!film || !r.unknown)
        no_memory(&r);
    else if (read_film(&r, film)) {
        fine = whelk_film_check(film, err);
        if (!fine)
            whelk_error_prefix(err, "%s", name);
    }
    if (!fine)
        add_place(json, name, err);
    cJSON_Delete(tree);
out:
    cJSON_Delete(r.unknown);
    if (fine)
        return film;
    whelk_film_free(film);
    return NULL;
}

whelk_film *whelk_film_load(const char *path, whelk_error *err)
{
    char *text = NULL;
    size_t size = 0;
    if (!file_read(path, whelk_limits.file_bytes, &text, &size, err))
        return NULL;
    whelk_film *film = NULL;
    if (strlen(text) != size)
        whelk_fail(err, WHELK_EFAIL, "%s: holds a NUL byte at byte %zu; it is not a text file",
                   path, strlen(text) + 1);
    else
        film = whelk_film_parse(text, path, err);
    free(text);
    return film;
}
