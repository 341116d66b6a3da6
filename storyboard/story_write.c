/* A film to storyboard.json. What story_json.c did not know when it read the file is written again
 * where it stood, numbers as they were written. */
#include "story.h"

#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"

/* cJSON's adders return NULL when out of memory; `failed` is sticky, so that the code below reads
 * as a list. */
struct writing {
    bool failed;
};

static void add(struct writing *w, cJSON *object, const char *name, cJSON *item)
{
    if (item && object && cJSON_AddItemToObject(object, name, item))
        return;
    cJSON_Delete(item);
    w->failed = true;
}

static void add_text(struct writing *w, cJSON *object, const char *name, const char *text)
{
    if (text)
        add(w, object, name, cJSON_CreateString(text));
}

static void add_number(struct writing *w, cJSON *object, const char *name, double value)
{
    add(w, object, name, cJSON_CreateNumber(value));
}

static void add_bool(struct writing *w, cJSON *object, const char *name, bool value)
{
    add(w, object, name, cJSON_CreateBool(value));
}

static void add_seed(struct writing *w, cJSON *object, const char *name, uint64_t seed)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)seed);
    add(w, object, name, cJSON_CreateRaw(digits));
}

static cJSON *add_object(struct writing *w, cJSON *object, const char *name)
{
    cJSON *item = cJSON_CreateObject();
    add(w, object, name, item);
    return w->failed ? NULL : item;
}

static cJSON *add_entry(struct writing *w, cJSON *list)
{
    cJSON *item = cJSON_CreateObject();
    if (item && list && cJSON_AddItemToArray(list, item))
        return item;
    cJSON_Delete(item);
    w->failed = true;
    return NULL;
}

static cJSON *add_list(struct writing *w, cJSON *object, const char *name)
{
    cJSON *item = cJSON_CreateArray();
    add(w, object, name, item);
    return w->failed ? NULL : item;
}

/* Puts the fields of `from` into `into`, leaving those that are there already. */
static void merge(struct writing *w, cJSON *into, const cJSON *from)
{
    for (const cJSON *item = from->child; item; item = item->next)
        if (!cJSON_GetObjectItemCaseSensitive(into, item->string))
            add(w, into, item->string, story_json_keep(item));
}

static cJSON *entry_by(cJSON *list, const char *key, const cJSON *value)
{
    for (cJSON *entry = list->child; entry && cJSON_IsString(value); entry = entry->next) {
        const cJSON *is = cJSON_GetObjectItemCaseSensitive(entry, key);
        if (cJSON_IsString(is) && strcmp(is->valuestring, value->valuestring) == 0)
            return entry;
    }
    return NULL;
}

static void merge_list(struct writing *w, cJSON *into, const cJSON *from)
{
    static const char *const keys[] = {"id", "text"};
    for (const cJSON *left = from->child; left; left = left->next) {
        for (int k = 0; k < COUNT(keys); k++) {
            cJSON *entry = entry_by(into, keys[k], cJSON_GetObjectItemCaseSensitive(left, keys[k]));
            if (entry)
                merge(w, entry, left);
        }
    }
}

/* Puts the fields kept from the file back where they stood. */
static bool add_unknown(struct writing *w, cJSON *object, const char *unknown_json,
                        whelk_error *err)
{
    if (!unknown_json)
        return true;
    cJSON *unknown = story_json_parse(unknown_json, "unknown fields", err);
    if (!unknown)
        return false;
    for (const cJSON *item = unknown->child; item; item = item->next) {
        cJSON *there = cJSON_GetObjectItemCaseSensitive(object, item->string);
        if (!there)
            add(w, object, item->string, story_json_keep(item));
        else if (cJSON_IsObject(there) && cJSON_IsObject(item))
            merge(w, there, item);
        else if (cJSON_IsArray(there) && cJSON_IsArray(item))
            merge_list(w, there, item);
    }
    cJSON_Delete(unknown);
    return true;
}

static void write_looks(struct writing *w, cJSON *root, const whelk_film *film)
{
    cJSON *style = add_object(w, root, "style");
    add_text(w, style, "palette", film->style.palette);
    add_text(w, style, "lens", film->style.lens);
    add_text(w, style, "mood", film->style.mood);
    cJSON *grade = add_object(w, root, "grade");
    add_number(w, grade, "exposure", film->grade.exposure);
    add_number(w, grade, "contrast", film->grade.contrast);
    add_number(w, grade, "saturation", film->grade.saturation);
    add_number(w, grade, "warmth", film->grade.warmth);
    cJSON *score = add_object(w, root, "score");
    add_text(w, score, "mood", film->score.mood);
    add_number(w, score, "tempo_bpm", film->score.tempo_bpm);
    add_text(w, score, "instruments", film->score.instruments);
    add_text(w, score, "file", film->score.file);
    add_bool(w, score, "off", film->score.off);
    if (film->loudness_lufs != 0)
        add_number(w, root, "loudness_lufs", film->loudness_lufs);
    add_bool(w, root, "captions", film->captions);
    if (film->burn_captions)
        add_bool(w, root, "burn_captions", true);
    if (film->voice.name || film->voice.speed != 0 || film->voice.off) {
        cJSON *voice = add_object(w, root, "voice");
        add_text(w, voice, "voice", film->voice.name);
        add_number(w, voice, "speed", film->voice.speed);
        add_bool(w, voice, "off", film->voice.off);
    }
}

static void write_named(struct writing *w, cJSON *root, const char *name, const whelk_named *list,
                        int count)
{
    cJSON *items = add_list(w, root, name);
    for (int i = 0; i < count; i++) {
        cJSON *item = add_entry(w, items);
        add_text(w, item, "id", list[i].id);
        add_text(w, item, "description", list[i].description);
    }
}

static void write_titles(struct writing *w, cJSON *root, const whelk_film *film)
{
    cJSON *items = add_list(w, root, "titles");
    for (int i = 0; i < film->title_count; i++) {
        const whelk_title *title = &film->titles[i];
        cJSON *item = add_entry(w, items);
        add_text(w, item, "text", title->text);
        add_text(w, item, "kind", title->kind);
        add_number(w, item, "at_s", title->at_s);
        add_number(w, item, "seconds", title->seconds);
    }
}

static void write_shot_cast(struct writing *w, cJSON *item, const whelk_shot *shot)
{
    cJSON *cast = add_list(w, item, "characters");
    for (int i = 0; i < shot->character_count; i++) {
        cJSON *id = cJSON_CreateString(shot->characters[i]);
        if (!id || !cast || !cJSON_AddItemToArray(cast, id)) {
            cJSON_Delete(id);
            w->failed = true;
        }
    }
    add_text(w, item, "place", shot->place);
    cJSON *continuity = add_object(w, item, "continuity");
    add_text(w, continuity, "in", shot->continuity_in);
    add_text(w, continuity, "out", shot->continuity_out);
}

static void write_shot_cut(struct writing *w, cJSON *item, const whelk_shot *shot)
{
    cJSON *trim = add_object(w, item, "trim");
    add_number(w, trim, "in_s", shot->trim_in_s);
    add_number(w, trim, "out_s", shot->trim_out_s);
    add_number(w, item, "speed", shot->speed);
    cJSON *transition = add_object(w, item, "transition");
    add_text(w, transition, "kind", shot->transition);
    add_number(w, transition, "seconds", shot->transition_s);
    if (shot->voice_text || shot->voice_kind || shot->voice_name) {
        cJSON *voice = add_object(w, item, "voice");
        add_text(w, voice, "text", shot->voice_text);
        add_text(w, voice, "kind", shot->voice_kind);
        add_text(w, voice, "voice", shot->voice_name);
    }
    add_text(w, item, "effect_sound", shot->effect_sound);
}

static bool write_shot(struct writing *w, cJSON *list, const whelk_shot *shot, whelk_error *err)
{
    cJSON *item = add_entry(w, list);
    add_text(w, item, "id", shot->id);
    add_text(w, item, "why", shot->why);
    add_number(w, item, "seconds", shot->seconds);
    add_text(w, item, "prompt", shot->prompt);
    cJSON *slots = add_object(w, item, "slots");
    for (int i = 0; i < shot->slot_count; i++)
        add_text(w, slots, shot->slots[i].name, shot->slots[i].value);
    add_text(w, item, "camera", shot->camera);
    write_shot_cast(w, item, shot);
    add_seed(w, item, "seed", shot->seed);
    add_text(w, item, "take", shot->take);
    add_bool(w, item, "locked", shot->locked);
    add_text(w, item, "first_frame", shot->first_frame);
    add_text(w, item, "last_frame", shot->last_frame);
    write_shot_cut(w, item, shot);
    return !w->failed && add_unknown(w, item, shot->unknown_json, err);
}

static bool write_film(struct writing *w, cJSON *root, const whelk_film *film, whelk_error *err)
{
    add_number(w, root, "version", WHELK_STORYBOARD_VERSION);
    add_text(w, root, "title", film->title);
    add_text(w, root, "logline", film->logline);
    add_text(w, root, "treatment", film->treatment);
    add_text(w, root, "prompt", film->prompt);
    add_text(w, root, "language", film->language);
    add_text(w, root, "planner", film->planner);
    add_text(w, root, "ratio", film->ratio);
    add_number(w, root, "width", film->width);
    add_number(w, root, "height", film->height);
    add_number(w, root, "fps", film->fps);
    add_number(w, root, "seconds", film->seconds);
    write_looks(w, root, film);
    write_titles(w, root, film);
    write_named(w, root, "characters", film->characters, film->character_count);
    write_named(w, root, "places", film->places, film->place_count);
    cJSON *shots = add_list(w, root, "shots");
    for (int i = 0; i < film->shot_count && !w->failed; i++)
        if (!write_shot(w, shots, &film->shots[i], err))
            return false;
    return !w->failed && add_unknown(w, root, film->unknown_json, err);
}

char *whelk_film_json(const whelk_film *film, whelk_error *err)
{
    struct writing w = {0};
    whelk_error inner = {0};
    cJSON *root = cJSON_CreateObject();
    char *text =
        root && write_film(&w, root, film, &inner) && !w.failed ? story_json_print(root) : NULL;
    cJSON_Delete(root);
    if (!text && inner.code)
        whelk_fail(err, inner.code, "%s", inner.text);
    else if (!text)
        whelk_fail(err, WHELK_EFAIL, "out of memory while writing the storyboard");
    return text;
}

bool whelk_film_save(const whelk_film *film, const char *path, whelk_error *err)
{
    if (!whelk_film_check(film, err))
        return false;
    char *text = whelk_film_json(film, err);
    bool fine = text && file_write(path, text, strlen(text), err);
    free(text);
    return fine;
}
