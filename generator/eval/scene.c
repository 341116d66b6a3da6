/* The stream of the world's renderer, and its bytes as the layers that the compositor takes. */
#include "scene.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/json.h"
#include "../../pipeline/base/text.h"
#include "../model/goes_on.h"

enum {
    MAGIC = 0x314b4c57,
    SCALE = 2,
    POSES = 32,
    PLATE_ROWS = 96 * SCALE,
    PLATE_COLUMNS = 224 * SCALE,
    ACTOR = 64 * SCALE,
    EFFECT = 32 * SCALE,
    VECTORS = 96 + 128 + 128,
    GROUND = 96 + 96 /* where the actor's ground line begins */
};

struct scenes {
    FILE *pipe;
    uint8_t *bytes; /* the largest layer */
};

static const size_t LARGEST = (size_t)POSES * ACTOR * ACTOR * 4;

/* --- The card ------------------------------------------------------------------------------ */

static char *read_pipe(const char *command)
{
    FILE *pipe = popen(command, "re");
    size_t size = 0, room = 1 << 20;
    char *text = malloc(room + 1);
    if (pipe && text)
        size = fread(text, 1, room, pipe);
    bool good = pipe && pclose(pipe) == 0 && text && size > 0;
    if (good)
        text[size] = 0;
    else
        free(text);
    return good ? text : NULL;
}

static void read_slot(const cJSON *json, struct world_slot *out)
{
    const cJSON *value;
    snprintf(out->name, sizeof out->name, "%s",
             json_text(json, "name") ? json_text(json, "name") : "");
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(json, "values")) if (out->count < SCENE_VALUES &&
                                                                       cJSON_IsString(value))
        snprintf(out->value[out->count++], sizeof *out->value, "%s", value->valuestring);
}

bool world_card_read(const char *worldgen, struct world_card *out, whelk_error *err)
{
    char *command = text_format("exec '%s' --card", worldgen),
         *text = command ? read_pipe(command) : NULL;
    cJSON *card = text ? cJSON_Parse(text) : NULL;
    const cJSON *slot;
    *out = (struct world_card){0};
    cJSON_ArrayForEach(slot, cJSON_GetObjectItem(card, "slots")) if (out->count < SCENE_SLOTS)
        read_slot(slot, &out->slot[out->count++]);
    cJSON_Delete(card);
    free(text);
    free(command);
    return out->count > 0 ||
           whelk_fail(err, WHELK_EFAIL, "%s gives no card; build it: make build/worldgen",
                      worldgen);
}

/* --- The stream ---------------------------------------------------------------------------- */

struct scenes *scenes_open(const struct scenes_options *o, whelk_error *err)
{
    char *command = text_format(
        "exec '%s' --seed %llu --count %d --plate-scale %d --crop-scale %d %s %s --out -",
        o->worldgen, (unsigned long long)o->seed, o->count, SCALE, SCALE,
        o->held_out ? "--held-out" : "", o->only ? o->only : "");
    struct scenes *s = calloc(1, sizeof *s);
    if (s && command && (s->bytes = malloc(LARGEST)))
        s->pipe = popen(command, "re");
    free(command);
    if (s && s->pipe)
        return s;
    whelk_fail(err, WHELK_EFAIL, "%s cannot be run; build it: make build/worldgen", o->worldgen);
    scenes_close(s);
    return NULL;
}

void scenes_close(struct scenes *s)
{
    if (!s)
        return;
    if (s->pipe)
        pclose(s->pipe);
    free(s->bytes);
    free(s);
}

static bool read_all(struct scenes *s, void *to, size_t size, whelk_error *err)
{
    return fread(to, 1, size, s->pipe) == size ||
           whelk_fail(err, WHELK_EFAIL, "the stream of worldgen ended within a scene");
}

static bool make_room(struct scene *s, whelk_error *err)
{
    if (s->plate)
        return true;
    s->plate = malloc(3 * PLATE_ROWS * PLATE_COLUMNS * sizeof(float));
    s->actor = malloc((size_t)POSES * 4 * ACTOR * ACTOR * sizeof(float));
    s->effect = malloc((size_t)POSES * 4 * EFFECT * EFFECT * sizeof(float));
    s->vectors = malloc(VECTORS * sizeof(float));
    s->layers = (struct compose_layers){.plate = s->plate,
                                        .plate_columns = PLATE_COLUMNS,
                                        .plate_rows = PLATE_ROWS,
                                        .plate_width = 14.0 / 6.0,
                                        .camera = s->vectors,
                                        .poses = POSES,
                                        .poses_per_second = 12};
    s->layers.actor = (struct compose_sprite){s->actor, s->vectors ? s->vectors + 96 : NULL, ACTOR};
    s->layers.effect =
        (struct compose_sprite){s->effect, s->vectors ? s->vectors + 224 : NULL, EFFECT};
    if (s->plate && s->actor && s->effect && s->vectors)
        return true;
    scene_release(s);
    return whelk_fail(err, WHELK_EFAIL, "out of memory");
}

void scene_release(struct scene *s)
{
    free(s->plate);
    free(s->actor);
    free(s->effect);
    free(s->vectors);
    *s = (struct scene){0};
}

static bool read_head(struct scenes *s, struct scene *out, whelk_error *err)
{
    uint32_t head[2];
    char text[4096];
    if (fread(head, 1, sizeof head, s->pipe) != sizeof head)
        return false;
    if (head[0] != MAGIC || head[1] >= sizeof text)
        return whelk_fail(err, WHELK_EFAIL, "this is no stream of worldgen");
    if (!read_all(s, text, head[1], err))
        return false;
    cJSON *json = cJSON_ParseWithLength(text, head[1]);
    const char *caption = json_text(json, "caption");
    const cJSON *slots = cJSON_GetObjectItem(json, "slots");
    snprintf(out->caption, sizeof out->caption, "%s", caption ? caption : "");
    for (int i = 0; i < SCENE_SLOTS; i++) {
        const cJSON *value = cJSON_GetArrayItem(slots, i);
        out->slot[i] = value ? value->valueint : INT_MAX; /* as good as unset */
    }
    cJSON_Delete(json);
    return true;
}

/* [pictures][n][n][4] bytes -> [pictures][4][n][n] in 0..1 */
static void split_sprite(const uint8_t *from, int n, float *to)
{
    for (int p = 0; p < POSES; p++)
        for (int c = 0; c < 4; c++)
            for (int i = 0; i < n * n; i++)
                *to++ = (float)from[((size_t)p * n * n + i) * 4 + c] / 255;
}

static void split_plate(const uint8_t *from, float *to)
{
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < PLATE_ROWS * PLATE_COLUMNS; i++)
            *to++ = (float)from[i * 3 + c] / 127.5f - 1;
}

bool scenes_next(struct scenes *s, struct scene *out, whelk_error *err)
{
    if (!make_room(out, err) || !read_head(s, out, err))
        return false;
    if (!read_all(s, s->bytes, 3 * PLATE_ROWS * PLATE_COLUMNS, err))
        return false;
    split_plate(s->bytes, out->plate);
    if (!read_all(s, s->bytes, LARGEST, err))
        return false;
    split_sprite(s->bytes, ACTOR, out->actor);
    if (!read_all(s, s->bytes, (size_t)POSES * EFFECT * EFFECT * 4, err))
        return false;
    split_sprite(s->bytes, EFFECT, out->effect);
    if (!read_all(s, out->vectors, VECTORS * sizeof(float), err))
        return false;
    for (int i = 0; i < POSES; i++)
        out->vectors[GROUND + i] = fminf(out->vectors[GROUND + i], MODEL_NO_GROUND);
    return true;
}
