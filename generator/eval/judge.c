/* The judge's weights and its forward pass in plain C: some 50 million products a shot, which is
 * nothing beside making the shot. Pictures are [row][column][channel], kernels [3][3][in][out], so
 * that the innermost loop runs over neighbouring outputs. */
#include "judge.h"
#include "scene.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/json.h"
#include "../../pipeline/base/text.h"
#include "../model/safetensors.h"

enum { TRUNKS = 4, CONVS = 4 };

struct dense {
    int in, out;
    float *weight, *bias; /* [in][out], [out]; for a convolution [9 in][out] */
};

struct trunk {
    const char *name;
    bool crop, stack; /* which pictures; all of them at once */
    int step;         /* poses from one single picture to the next */
    struct dense conv[CONVS], end;
};

struct judge {
    struct trunk trunk[TRUNKS];
    int count, features;
    struct judge_attribute attribute[JUDGE_ATTRIBUTES];
    struct dense head[JUDGE_ATTRIBUTES];
};

static const struct trunk TRUNK[TRUNKS] = {
    {.name = "frame_look", .step = 2},
    {.name = "frame_move", .stack = true, .step = GLIMPSE_POSES},
    {.name = "crop_look", .crop = true, .step = 1},
    {.name = "crop_move", .crop = true, .stack = true, .step = GLIMPSE_POSES}};

/* --- Opening ------------------------------------------------------------------------------- */

static float *read_floats(const struct safetensors *st, const char *name, const char *what,
                          long long *count, int *last, whelk_error *err)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", name, what);
    const struct st_tensor *t = safetensors_find(st, full);
    float *out = t && t->rank > 0 ? malloc((size_t)t->count * sizeof *out) : NULL;
    if (!out || !st_floats(t, out)) {
        free(out);
        whelk_fail(err, WHELK_EFAIL, "the judge has no tensor %s; train it: train.py judge", full);
        return NULL;
    }
    *count = t->count;
    *last = (int)t->dim[t->rank - 1];
    return out;
}

static bool read_dense(const struct safetensors *st, const char *name, int in, struct dense *d,
                       whelk_error *err)
{
    long long count, biases;
    int last;
    if (!(d->weight = read_floats(st, name, "weight", &count, &d->out, err)) ||
        !(d->bias = read_floats(st, name, "bias", &biases, &last, err)))
        return false;
    d->in = in;
    return (count == (long long)in * d->out && biases == d->out) ||
           whelk_fail(err, WHELK_EFAIL,
                      "the judge's %s has %lld weights where %d inputs were expected", name, count,
                      in);
}

static bool read_trunk(const struct safetensors *st, struct trunk *t, whelk_error *err)
{
    int in = t->stack ? 3 * GLIMPSE_POSES : 3;
    int h = t->crop ? GLIMPSE_CROP : GLIMPSE_HEIGHT, w = t->crop ? GLIMPSE_CROP : GLIMPSE_WIDTH;
    char name[64];
    for (int i = 0; i < CONVS; i++, h = (h + 1) / 2, w = (w + 1) / 2) {
        snprintf(name, sizeof name, "%s.conv.%d", t->name, i);
        if (!read_dense(st, name, 9 * in, &t->conv[i], err))
            return false;
        in = t->conv[i].out;
    }
    snprintf(name, sizeof name, "%s.end", t->name);
    return read_dense(st, name, h * w * in, &t->end, err);
}

static bool read_attribute(struct judge *j, const cJSON *json, whelk_error *err)
{
    const cJSON *values = cJSON_GetObjectItem(json, "values"), *value;
    struct judge_attribute *a = &j->attribute[j->count];
    if (j->count == JUDGE_ATTRIBUTES || cJSON_GetArraySize(values) > JUDGE_VALUES ||
        !json_text(json, "name"))
        return whelk_fail(err, WHELK_EFAIL, "the judge's list of attributes cannot be read");
    snprintf(a->name, sizeof a->name, "%s", json_text(json, "name"));
    a->slot = (int)json_number(json, "slot");
    if (a->slot < 0 || a->slot >= SCENE_SLOTS)
        return whelk_fail(err, WHELK_EFAIL, "the judge's %s is told from a slot that there is not",
                          a->name);
    a->crop_only = cJSON_IsTrue(cJSON_GetObjectItem(json, "crop_only"));
    cJSON_ArrayForEach(value, values) snprintf(a->values[a->count++], sizeof *a->values, "%s",
                                               cJSON_IsString(value) ? value->valuestring : "");
    a->none = a->count && !strcmp(a->values[a->count - 1], "none");
    j->count++;
    return true;
}

static bool read_heads(const struct safetensors *st, struct judge *j, whelk_error *err)
{
    const char *text = safetensors_meta(st, "attributes");
    cJSON *list = text ? cJSON_Parse(text) : NULL;
    const cJSON *item;
    bool good = list || whelk_fail(err, WHELK_EFAIL, "this file is no judge: it has no attributes");
    cJSON_ArrayForEach(item, list) good = good && read_attribute(j, item, err);
    cJSON_Delete(list);
    int crops = j->trunk[2].end.out + j->trunk[3].end.out;
    for (int i = 0; good && i < j->count; i++) {
        char name[64];
        snprintf(name, sizeof name, "head.%s", j->attribute[i].name);
        good =
            read_dense(st, name, j->attribute[i].crop_only ? crops : j->features, &j->head[i], err);
        if (good && j->head[i].out != j->attribute[i].count)
            good = whelk_fail(err, WHELK_EFAIL, "the judge's %s has %d outputs for %d values", name,
                              j->head[i].out, j->attribute[i].count);
    }
    return good;
}

struct judge *judge_open(const char *path, whelk_error *err)
{
    struct safetensors *st = safetensors_open(path, err);
    struct judge *j = st ? calloc(1, sizeof *j) : NULL;
    bool good = j != NULL;
    for (int k = 0; good && k < TRUNKS; k++) {
        j->trunk[k] = TRUNK[k];
        good = read_trunk(st, &j->trunk[k], err);
        j->features += j->trunk[k].end.out;
    }
    if (good && j->features > JUDGE_FEATURES)
        good = whelk_fail(err, WHELK_EFAIL, "the judge has too many features");
    if (good)
        good = read_heads(st, j, err);
    safetensors_close(st);
    if (good)
        return j;
    judge_close(j);
    return NULL;
}

static void dense_free(struct dense *d)
{
    free(d->weight);
    free(d->bias);
}

void judge_close(struct judge *j)
{
    if (!j)
        return;
    for (int k = 0; k < TRUNKS; k++) {
        for (int i = 0; i < CONVS; i++)
            dense_free(&j->trunk[k].conv[i]);
        dense_free(&j->trunk[k].end);
    }
    for (int i = 0; i < JUDGE_ATTRIBUTES; i++)
        dense_free(&j->head[i]);
    free(j);
}

int judge_attributes(const struct judge *j)
{
    return j->count;
}

const struct judge_attribute *judge_attribute(const struct judge *j, int i)
{
    return &j->attribute[i];
}

int judge_features(const struct judge *j)
{
    return j->features;
}

int judge_crops(const struct judge *j)
{
    return j->trunk[0].end.out + j->trunk[1].end.out;
}

/* --- Looking ------------------------------------------------------------------------------- */

static void add_scaled(float *restrict out, const float *restrict w, float x, int n)
{
    for (int i = 0; i < n; i++)
        out[i] += x * w[i];
}

static void dense_run(const struct dense *d, const float *in, float *out)
{
    memcpy(out, d->bias, (size_t)d->out * sizeof *out);
    for (int i = 0; i < d->in; i++)
        if (in[i] != 0)
            add_scaled(out, d->weight + (size_t)i * d->out, in[i], d->out);
}

static void relu(float *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = x[i] > 0 ? x[i] : 0;
}

/* 3x3, stride 2, one row and column of zeros around; then what is negative becomes 0. */
static void conv(const struct dense *d, const float *in, int h, int w, float *out)
{
    int channels = d->in / 9, oh = (h + 1) / 2, ow = (w + 1) / 2;
    for (int y = 0; y < oh; y++)
        for (int x = 0; x < ow; x++, out += d->out) {
            memcpy(out, d->bias, (size_t)d->out * sizeof *out);
            for (int k = 0; k < 9; k++) {
                int sy = 2 * y + k / 3 - 1, sx = 2 * x + k % 3 - 1;
                if (sy < 0 || sy >= h || sx < 0 || sx >= w)
                    continue;
                const float *p = in + ((size_t)sy * w + sx) * channels;
                for (int c = 0; c < channels; c++)
                    add_scaled(out, d->weight + ((size_t)k * channels + c) * d->out, p[c], d->out);
            }
            relu(out, d->out);
        }
}

/* Pictures pose..pose+count-1 as the channels of one, -1..1. */
static void load(const struct trunk *t, const struct glimpse *g, int pose, float *out)
{
    int count = t->stack ? GLIMPSE_POSES : 1;
    size_t pixels = t->crop ? GLIMPSE_CROP * GLIMPSE_CROP : GLIMPSE_HEIGHT * GLIMPSE_WIDTH;
    const uint8_t *from = t->crop ? &g->crop[pose][0][0][0] : &g->frame[pose][0][0][0];
    for (size_t i = 0; i < pixels; i++)
        for (int p = 0; p < count; p++)
            for (int c = 0; c < 3; c++)
                *out++ = (float)from[(p * pixels + i) * 3 + c] / 127.5f - 1;
}

/* Mean over the pictures of what the convolutions see, then the trunk's features. */
static void trunk_run(const struct trunk *t, const struct glimpse *g, float *const room[3],
                      float *out)
{
    int pictures = 0;
    float *mean = room[2];
    memset(mean, 0, (size_t)t->end.in * sizeof *mean);
    for (int pose = 0; pose < GLIMPSE_POSES; pose += t->step, pictures++) {
        int h = t->crop ? GLIMPSE_CROP : GLIMPSE_HEIGHT, w = t->crop ? GLIMPSE_CROP : GLIMPSE_WIDTH;
        load(t, g, pose, room[0]);
        for (int i = 0; i < CONVS; i++, h = (h + 1) / 2, w = (w + 1) / 2)
            conv(&t->conv[i], room[i % 2], h, w, room[1 - i % 2]);
        add_scaled(mean, room[CONVS % 2], 1, t->end.in);
    }
    for (int i = 0; i < t->end.in; i++)
        mean[i] /= (float)pictures;
    dense_run(&t->end, mean, out);
    relu(out, t->end.out);
}

static int decide(const struct dense *head, const float *feature)
{
    float score[JUDGE_VALUES];
    int best = 0;
    dense_run(head, feature, score);
    for (int i = 1; i < head->out; i++)
        best = score[i] > score[best] ? i : best;
    return best;
}

static int room_needed(const struct judge *j)
{
    int most = GLIMPSE_HEIGHT * GLIMPSE_WIDTH * 3 * GLIMPSE_POSES;
    for (int k = 0; k < TRUNKS; k++) {
        int pixels = GLIMPSE_HEIGHT * GLIMPSE_WIDTH;
        for (int i = 0; i < CONVS; i++) {
            pixels /= 3; /* a quarter, and a little more where an edge is odd */
            int floats = pixels * j->trunk[k].conv[i].out;
            most = floats > most ? floats : most;
        }
        most = j->trunk[k].end.in > most ? j->trunk[k].end.in : most;
    }
    return most;
}

bool judge_look(const struct judge *j, const struct glimpse *g, struct verdict *out,
                whelk_error *err)
{
    size_t room = (size_t)room_needed(j);
    float *all = malloc(3 * room * sizeof *all), *const part[3] = {all, all + room, all + 2 * room};
    if (!all)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    float *at = out->feature;
    for (int k = 0; k < TRUNKS; at += j->trunk[k].end.out, k++)
        trunk_run(&j->trunk[k], g, part, at);
    const float *crops = out->feature + judge_crops(j);
    for (int i = 0; i < j->count; i++)
        out->value[i] = decide(&j->head[i], j->attribute[i].crop_only ? crops : out->feature);
    free(all);
    return true;
}
