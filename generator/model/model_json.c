/* model.json: slots, words, layers and sizes, each checked where it is read; and what is looked up
 * in them. */
#include "model_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/file.h"
#include "goes_on.h"

/* --- JSON with refusals --- */

static const cJSON *member(const cJSON *o, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(o, name);
}

static bool get_number(const cJSON *o, const char *name, double min, double max, double *out,
                       whelk_error *err)
{
    const cJSON *item = member(o, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= min) || !(item->valuedouble <= max))
        return whelk_fail(err, WHELK_EFAIL, "\"%s\" must be a number from %g to %g", name, min,
                          max);
    *out = item->valuedouble;
    return true;
}

static bool get_int(const cJSON *o, const char *name, int min, int max, int *out, whelk_error *err)
{
    double v = 0;
    if (!get_number(o, name, min, max, &v, err))
        return false;
    *out = (int)v;
    return *out == v || whelk_fail(err, WHELK_EFAIL, "\"%s\" must be a whole number", name);
}

static bool get_ints(const cJSON *o, const char *name, int count, int min, int max, int *out,
                     whelk_error *err)
{
    const cJSON *list = member(o, name);
    if (cJSON_IsArray(list) && cJSON_GetArraySize(list) == count) {
        int i = 0;
        const cJSON *item;
        cJSON_ArrayForEach(item, list)
        {
            double v = cJSON_IsNumber(item) ? item->valuedouble : min - 1.0;
            if (!(v >= min && v <= max) || v != (int)v)
                break;
            out[i++] = (int)v;
        }
        if (i == count)
            return true;
    }
    return whelk_fail(err, WHELK_EFAIL, "\"%s\" must be %d whole numbers from %d to %d", name,
                      count, min, max);
}

bool model_json_text(const cJSON *o, const char *name, const char **out, whelk_error *err)
{
    *out = cJSON_GetStringValue(member(o, name));
    return (*out && **out) || whelk_fail(err, WHELK_EFAIL, "\"%s\" must be a text", name);
}

/* --- Slots, words, layers --- */

static bool read_slots(struct model *m, const cJSON *json, whelk_error *err)
{
    const cJSON *list = member(json, "slots"), *slot, *value;
    int total = 0, at = 0;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > MODEL_SLOTS_MAX)
        return whelk_fail(err, WHELK_EFAIL, "\"slots\" must be a list of at most %d",
                          MODEL_SLOTS_MAX);
    cJSON_ArrayForEach(slot, list) total += cJSON_GetArraySize(member(slot, "values"));
    if (!(m->store->values = calloc((size_t)total + 1, sizeof *m->store->values)))
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    cJSON_ArrayForEach(slot, list)
    {
        struct model_slot *s = &m->slots[m->slot_count++];
        s->values = m->store->values + at;
        s->count = cJSON_GetArraySize(member(slot, "values"));
        if (!model_json_text(slot, "name", &s->name, err))
            return false;
        if (s->count < 1 || s->count > 4096)
            return whelk_fail(err, WHELK_EFAIL, "slot %s must have 1 to 4096 values", s->name);
        cJSON_ArrayForEach(value, member(slot, "values")) if (
            !(m->store->values[at++] = cJSON_GetStringValue(
                  value))) return whelk_fail(err, WHELK_EFAIL,
                                             "slot %s has a value that is no text", s->name);
        const cJSON *otherwise = member(slot, "default");
        s->otherwise = otherwise && cJSON_IsString(otherwise)
                           ? model_find_value(s, otherwise->valuestring)
                           : s->count;
        if ((otherwise && !cJSON_IsString(otherwise)) || s->otherwise < 0)
            return whelk_fail(err, WHELK_EFAIL,
                              "the \"default\" of slot %s must be one of its values", s->name);
    }
    m->asked_count = m->slot_count;
    return true;
}

static int by_word(const void *a, const void *b)
{
    return strcmp(((const struct word *)a)->text, ((const struct word *)b)->text);
}

static bool read_vocabulary(struct model *m, const cJSON *json, whelk_error *err)
{
    const cJSON *list = member(json, "vocabulary"), *word;
    int count = cJSON_GetArraySize(list), i = 0;
    if (!cJSON_IsArray(list) || count < 1 || count > 65536)
        return whelk_fail(err, WHELK_EFAIL, "\"vocabulary\" must be a list of 1 to 65536 words");
    m->store->vocabulary = calloc((size_t)count, sizeof *m->store->vocabulary);
    m->store->words = calloc((size_t)count, sizeof *m->store->words);
    if (!m->store->vocabulary || !m->store->words)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    cJSON_ArrayForEach(word, list)
    {
        if (!cJSON_IsString(word))
            return whelk_fail(err, WHELK_EFAIL, "\"vocabulary\" must hold texts only");
        m->store->words[i] = (struct word){word->valuestring, i};
        m->store->vocabulary[i++] = word->valuestring;
    }
    m->vocabulary = m->store->vocabulary;
    m->vocabulary_count = count;
    qsort(m->store->words, (size_t)count, sizeof *m->store->words, by_word);
    return true;
}

static bool read_feature(const struct model *m, const cJSON *list, struct model_feature *f,
                         whelk_error *err)
{
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) < 1 ||
        cJSON_GetArraySize(list) > MODEL_FEATURE_SLOTS_MAX)
        return whelk_fail(err, WHELK_EFAIL, "a feature must name 1 to %d slots",
                          MODEL_FEATURE_SLOTS_MAX);
    f->rows = 1;
    const cJSON *name;
    cJSON_ArrayForEach(name, list)
    {
        int slot = model_find_slot(m, cJSON_IsString(name) ? name->valuestring : "");
        if (slot < 0)
            return whelk_fail(err, WHELK_EFAIL, "a feature names a slot that is not there");
        f->slots[f->slot_count++] = slot;
        if (__builtin_mul_overflow(f->rows, m->slots[slot].count, &f->rows) || f->rows > 1 << 20)
            return whelk_fail(err, WHELK_EFAIL, "a feature has more than 2^20 rows");
    }
    return true;
}

/* "feature_rows": for each feature the rows its table has, or null where it has all. */
static bool read_rows(const cJSON *list, struct model_feature *f, whelk_error *err)
{
    f->stored = f->rows;
    if (!list || cJSON_IsNull(list))
        return true;
    int count = cJSON_GetArraySize(list), last = -1;
    if (!cJSON_IsArray(list) || count < 1 || count > f->rows)
        return whelk_fail(err, WHELK_EFAIL, "\"feature_rows\" must hold lists of 1 to %d rows",
                          f->rows);
    f->row = calloc((size_t)count, sizeof *f->row);
    if (!f->row)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    f->stored = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        int row = cJSON_IsNumber(item) ? item->valueint : -1;
        if (row <= last || row >= f->rows)
            return whelk_fail(err, WHELK_EFAIL, "\"feature_rows\" must rise and stay below %d",
                              f->rows);
        f->row[f->stored++] = last = row;
    }
    return true;
}

static bool read_features(const struct model *m, const cJSON *json, struct model_layer *l,
                          whelk_error *err)
{
    const cJSON *list = member(json, "features"), *rows = member(json, "feature_rows"), *item;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > MODEL_FEATURES_MAX)
        return whelk_fail(err, WHELK_EFAIL, "\"features\" must be a list of at most %d",
                          MODEL_FEATURES_MAX);
    cJSON_ArrayForEach(item, list)
    {
        struct model_feature *f = &l->features[l->feature_count];
        if (!read_feature(m, item, f, err) ||
            !read_rows(cJSON_GetArrayItem(rows, l->feature_count++), f, err))
            return false;
    }
    return true;
}

static bool read_quad(const cJSON *json, struct model_layer *l, whelk_error *err)
{
    int q[3];
    if (!member(json, "quad") || cJSON_IsNull(member(json, "quad")))
        return true;
    if (!get_ints(json, "quad", 3, 1, 8, q, err))
        return false;
    if (l->t % q[0] || l->y % q[1] || l->x % q[2] || q[0] * q[1] * q[2] > 64)
        return whelk_fail(err, WHELK_EFAIL,
                          "\"quad\" must divide \"grid\" and have at most 64 cells");
    l->quad_t = q[0], l->quad_y = q[1], l->quad_x = q[2];
    l->quad_cells = q[0] * q[1] * q[2];
    l->quads = l->cells / l->quad_cells;
    return true;
}

static bool read_grid(const cJSON *json, struct model_layer *l, whelk_error *err)
{
    int g[3];
    if (!get_ints(json, "grid", 3, 1, 1024, g, err) ||
        !get_int(json, "channels", 3, 4, &l->channels, err) ||
        !get_int(json, "frames", 1, 16, &l->frames, err) ||
        !get_int(json, "upscale", 1, 8, &l->upscale, err) ||
        !get_ints(json, "widths", 3, 1, 4096, l->widths, err) ||
        !get_int(json, "head", 1, 4096, &l->head, err))
        return false;
    l->t = g[0], l->y = g[1], l->x = g[2];
    if ((long long)g[0] * g[1] * g[2] > 65536)
        return whelk_fail(err, WHELK_EFAIL, "\"grid\" has more than 65536 cells");
    l->cells = g[0] * g[1] * g[2];
    return read_quad(json, l, err);
}

static bool read_layer(struct model *m, const cJSON *json, struct model_layer *l, whelk_error *err)
{
    const char *name, *kind;
    if (!model_json_text(json, "name", &name, err))
        return false;
    snprintf(l->name, sizeof l->name, "%s", name);
    l->t = l->y = l->x = l->cells = 1;
    if (strlen(name) >= sizeof l->name || model_find_layer(m, name) != (int)(l - m->layers))
        return whelk_fail(err, WHELK_EFAIL, "layer %s: its name is too long or used twice", name);
    bool fine = model_json_text(json, "kind", &kind, err) &&
                get_int(json, "dim", 1, 4096, &l->dim, err) && read_features(m, json, l, err);
    if (fine && strcmp(kind, "grid") == 0) {
        l->grid = true;
        fine = read_grid(json, l, err);
    } else if (fine && strcmp(kind, "vector") == 0) {
        fine = get_int(json, "raw", 1, 65536, &l->raw, err);
    } else if (fine) {
        fine = whelk_fail(err, WHELK_EFAIL, "\"kind\" must be \"grid\" or \"vector\"");
    }
    if (!fine)
        whelk_error_prefix(err, "layer %s", l->name);
    return fine;
}

static bool read_layers(struct model *m, const cJSON *json, whelk_error *err)
{
    const cJSON *list = member(json, "layers"), *item;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) < 1 ||
        cJSON_GetArraySize(list) > MODEL_LAYERS_MAX)
        return whelk_fail(err, WHELK_EFAIL, "\"layers\" must be a list of 1 to %d",
                          MODEL_LAYERS_MAX);
    cJSON_ArrayForEach(
        item, list) if (!read_layer(m, item, &m->layers[m->layer_count++], err)) return false;
    return true;
}

static bool read_transformer(struct model *m, const cJSON *json, whelk_error *err)
{
    const cJSON *t = member(json, "transformer"), *s = member(json, "sampler"),
                *n = member(json, "ncr");
    if (!get_int(t, "width", 8, 8192, &m->width, err) ||
        !get_int(t, "blocks", 1, 256, &m->blocks, err) ||
        !get_int(t, "heads", 1, 256, &m->heads, err) ||
        !get_int(json, "caption_dim", 1, 4096, &m->caption_dim, err) ||
        !get_int(s, "steps", 1, 200, &m->steps, err) ||
        !get_number(s, "shift", 0.01, 100, &m->shift, err) ||
        !get_number(s, "guidance", 0, 100, &m->guidance, err) ||
        !get_number(n, "coarse_above", 0, 1, &m->ncr.coarse_above, err) ||
        !get_number(n, "mixed_above", 0, 1, &m->ncr.mixed_above, err) ||
        !get_number(n, "least_filled", 0, 1, &m->ncr.least_filled, err))
        return false;
    for (int i = 0; i < m->layer_count; i++) {
        const cJSON *weight = member(member(n, "weight"), m->layers[i].name);
        m->ncr.weight[i] =
            cJSON_IsNumber(weight) && weight->valuedouble > 0 ? weight->valuedouble : 1;
    }
    return m->width % (8 * m->heads) == 0 ||
           whelk_fail(err, WHELK_EFAIL, "\"width\" %d must be a multiple of 8 for each of %d heads",
                      m->width, m->heads);
}

static bool read_top(struct model *m, const cJSON *json, whelk_error *err)
{
    int version;
    const cJSON *plate = member(json, "plate");
    if (!get_int(json, "version", 0, 1 << 30, &version, err) ||
        !model_json_text(json, "family", &m->family, err))
        return false;
    if (version != 2 || strcmp(m->family, "whelk") != 0)
        return whelk_fail(
            err, WHELK_EFAIL,
            "this is family %s, version %d; this program reads family whelk, version 2", m->family,
            version);
    m->licence = cJSON_GetStringValue(member(json, "licence"));
    if (!m->licence)
        m->licence = "";
    return model_json_text(json, "name", &m->name, err) &&
           get_int(json, "poses", 1, 4096, &m->poses, err) &&
           get_int(json, "group", 1, 64, &m->group, err) &&
           get_number(json, "poses_per_second", 1, 240, &m->poses_per_second, err) &&
           get_number(plate, "width", 0.1, 100, &m->plate_width, err) &&
           get_number(plate, "height", 0.1, 100, &m->plate_height, err);
}

static bool read_card(struct model *m, const cJSON *json, whelk_error *err)
{
    const cJSON *card = member(json, "card");
    m->store->card = cJSON_IsObject(card) ? cJSON_PrintUnformatted(card) : strdup("{}");
    m->card_json = m->store->card;
    return m->card_json || whelk_fail(err, WHELK_EFAIL, "no memory");
}

/* --- Guests --- */

/* Guests after the first have the first one's slots under a number of their own. The transformer
 * hears of none. */
static bool read_guests(struct model *m, const cJSON *json, whelk_error *err)
{
    static const char *const of[][3] = {{"subject2", "colour2", "mark2"},
                                        {"subject3", "colour3", "mark3"}};
    int guests = 1;
    if (member(json, "guests") && !get_int(json, "guests", 1, 2, &guests, err))
        return false;
    for (int i = 0; i < 3 && guests > 1; i++) {
        int like = model_find_slot(m, of[0][i]);
        if (like < 0 || m->asked_count == MODEL_SLOTS_MAX)
            return whelk_fail(err, WHELK_EFAIL, "\"guests\" needs a slot %s, and room for %s",
                              of[0][i], of[1][i]);
        m->slots[m->asked_count] = m->slots[like];
        m->slots[m->asked_count++].name = of[1][i];
    }
    return true;
}

bool model_read_json(struct model *m, const char *path, whelk_error *err)
{
    char *text = NULL;
    if (!file_read(path, 16 << 20, &text, NULL, err))
        return false;
    cJSON *json = m->store->json = cJSON_Parse(text);
    free(text);
    bool fine = cJSON_IsObject(json) || whelk_fail(err, WHELK_EFAIL, "not a JSON object");
    fine = fine && read_top(m, json, err) && read_slots(m, json, err) &&
           read_vocabulary(m, json, err) && read_layers(m, json, err) &&
           read_transformer(m, json, err) && model_read_goes_on(m, json, err) &&
           read_guests(m, json, err) && read_card(m, json, err);
    if (!fine)
        whelk_error_prefix(err, "%s", path);
    return fine;
}

/* --- Looking things up --- */

int model_find_layer(const struct model *m, const char *name)
{
    for (int i = 0; i < m->layer_count; i++)
        if (strcmp(m->layers[i].name, name) == 0)
            return i;
    return -1;
}

int model_find_slot(const struct model *m, const char *name)
{
    for (int i = 0; i < m->asked_count; i++)
        if (strcmp(m->slots[i].name, name) == 0)
            return i;
    return -1;
}

int model_find_value(const struct model_slot *slot, const char *value)
{
    for (int i = 0; i < slot->count; i++)
        if (strcmp(slot->values[i], value) == 0)
            return i;
    return -1;
}

const char *model_word(const struct model *m, const int *slots, const char *name)
{
    int slot = model_find_slot(m, name);
    return slot >= 0 && slots[slot] < m->slots[slot].count ? m->slots[slot].values[slots[slot]]
                                                           : NULL;
}

bool model_can(const struct model *m, const char *subject, const char *action, const char *place)
{
    const cJSON *possible = member(member(m->store->json, "card"), "possible"), *one, *where;
    if (!cJSON_IsArray(possible))
        return true;
    cJSON_ArrayForEach(one, possible)
    {
        const char *name = cJSON_GetStringValue(member(one, "subject"));
        if (!name || !subject || strcmp(name, subject) != 0)
            continue;
        const cJSON *places = member(member(one, "actions"), action);
        if (!place && places)
            return true;
        cJSON_ArrayForEach(where, places)
        {
            const char *there = cJSON_GetStringValue(where);
            if (there && strcmp(there, place) == 0)
                return true;
        }
    }
    return false;
}

static int find_word(const struct model *m, const char *text)
{
    struct word key = {text, 0};
    const struct word *w =
        bsearch(&key, m->store->words, (size_t)m->vocabulary_count, sizeof key, by_word);
    return w ? w->id : -1;
}

int model_caption_words(const struct model *m, const char *caption, int ids[MODEL_CAPTION_WORDS])
{
    int count = 0;
    char word[64];
    for (const char *p = caption ? caption : ""; *p && count < MODEL_CAPTION_WORDS;) {
        size_t n = 0;
        for (; (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
             p++, n++)
            if (n < sizeof word)
                word[n] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
        if (n == 0)
            p++;
        if (n == 0 || n >= sizeof word)
            continue;
        word[n] = 0;
        int id = find_word(m, word);
        if (id >= 0)
            ids[count++] = id;
    }
    return count;
}
