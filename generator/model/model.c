/* A model's weights, by what its model.json says: the file's digest is checked before its contents,
 * and every tensor of prior, conditions and transformer against the shape that the sizes ask for.
 */
#include "model_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../pipeline/base/file.h"
#include "../../pipeline/base/room.h"
#include "goes_on.h"
#include "safetensors.h"

/* --- Weights --- */

/* Large pages where there are some: the first touch of 40 MB in small ones takes longer than
 * reading it. */
static void *whole_pages(size_t size)
{
    size_t page = 2 << 20, room = (size / page + 1) * page;
    void *p = aligned_alloc(page, room);
    if (p)
        madvise(p, room, MADV_HUGEPAGE);
    return p;
}

/* Rows of 8-bit numbers have a factor a row in a tensor beside them; all else is floats of some
 * kind. */
static bool load_tensor(const struct safetensors *st, const struct st_tensor *t, float *out,
                        whelk_error *err)
{
    if (st_floats(t, out))
        return true;
    if (t->dtype != ST_I8)
        return whelk_fail(err, WHELK_EFAIL, "tensor %s is neither F32 nor F16 nor BF16 nor I8",
                          t->name);
    char name[160];
    snprintf(name, sizeof name, "%s.scale", t->name);
    const struct st_tensor *s = safetensors_find(st, name);
    long long rows = t->dim[0];
    if (!t->rank || !s || s->dtype != ST_F32 || s->count != rows)
        return whelk_fail(err, WHELK_EFAIL,
                          "tensor %s is I8: %s must be F32 with one factor for each of its rows",
                          t->name, name);
    const int8_t *q = t->data;
    long long width = rows ? t->count / rows : 0;
    for (long long r = 0; r < rows; r++) {
        float scale;
        memcpy(&scale, (const char *)s->data + r * (long long)sizeof scale, sizeof scale);
        for (long long i = 0; i < width; i++)
            out[r * width + i] = scale * (float)q[r * width + i];
    }
    return true;
}

static bool load_floats(struct model *m, whelk_error *err)
{
    struct model_store *s = m->store;
    int count = safetensors_count(s->st);
    size_t total = 0;
    for (int i = 0; i < count; i++)
        total += ((size_t)safetensors_at(s->st, i)->count + 15) / 16 * 16;
    s->floats = whole_pages(total * sizeof(float));
    s->data = calloc((size_t)count + 1, sizeof *s->data);
    if (!s->floats || !s->data)
        return whelk_fail(err, WHELK_EFAIL, "no memory for %zu bytes of weights",
                          total * sizeof(float));
    float *at = s->floats;
    for (int i = 0; i < count; i++) {
        const struct st_tensor *t = safetensors_at(s->st, i);
        if (!load_tensor(s->st, t, at, err))
            return false;
        s->data[i] = at;
        m->parameters += t->count - (t->dtype == ST_I8 ? t->dim[0] : 0); /* factors are none */
        at += ((size_t)t->count + 15) / 16 * 16;
    }
    return true;
}

static bool check_digest(struct model *m, const char *path, whelk_error *err)
{
    const char *want;
    if (!model_json_text(m->store->json, "sha256", &want, err) ||
        !digest_file(path, m->digest, err))
        return false;
    return strcmp(want, m->digest) == 0 ||
           whelk_fail(
               err, WHELK_EFAIL,
               "%s: these are not the weights that model.json was written for (digest %.12s..., "
               "expected %.12s...): fetch both again",
               path, m->digest, want);
}

/* Weights are held as floats and packed once more by those who multiply with them. What oneDNN
 * makes for it is not told beforehand, and its 2.6 falls where memory ends (seen: SIGSEGV); hence
 * what was measured, with something to spare. */
static bool check_room(const struct safetensors *st, const char *path, whelk_error *err)
{
    long long there = room_memory(), needed = 96 << 20;
    for (int i = 0; i < safetensors_count(st); i++)
        needed += 8 * safetensors_at(st, i)->count;
    return there < 0 || there >= needed ||
           whelk_fail(err, WHELK_EFAIL,
                      "%s: too little memory: opening the model needs %lld bytes and %lld are "
                      "free; close other programs, or raise the limit (ulimit -v)",
                      path, needed, there);
}

static bool read_weights(struct model *m, whelk_error *err)
{
    const char *name;
    if (!model_json_text(m->store->json, "weights", &name, err))
        return false;
    if (strchr(name, '/'))
        return whelk_fail(err, WHELK_EFAIL,
                          "%s/model.json: \"weights\" must be the name of a file beside it",
                          m->dir);
    char *path = file_join(m->dir, name);
    if (!path)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    bool fine = check_digest(m, path, err) &&
                (m->store->st = safetensors_open(path, err)) != NULL &&
                check_room(m->store->st, path, err);
    if (fine && !load_floats(m, err)) {
        fine = false;
        whelk_error_prefix(err, "%s", path);
    }
    free(path);
    return fine;
}

static void shape_text(char *out, size_t room, int rank, const long long *dim)
{
    size_t at = 0;
    out[0] = 0;
    for (int i = 0; i < rank && at < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s%lld", i ? " x " : "", dim[i]);
}

const float *model_tensor(const struct model *m, const struct shape *shape, whelk_error *err,
                          const char *fmt, ...)
{
    char name[128], want[96], have[96];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    const struct st_tensor *t = safetensors_find(m->store->st, name);
    if (!t) {
        whelk_fail(err, WHELK_EFAIL, "model %s: its weights lack tensor %s", m->name, name);
        return NULL;
    }
    bool same = t->rank == shape->rank;
    for (int i = 0; same && i < t->rank; i++)
        same = t->dim[i] == shape->dim[i];
    if (same)
        return m->store->data[t - safetensors_at(m->store->st, 0)];
    shape_text(want, sizeof want, shape->rank, shape->dim);
    shape_text(have, sizeof have, t->rank, t->dim);
    whelk_fail(err, WHELK_EFAIL, "model %s: tensor %s is %s, but model.json asks for %s", m->name,
               name, have, want);
    return NULL;
}

/* --- Every tensor that the network half reads --- */

#define NEED1(a, ...)                                                                              \
    if (!model_tensor(m, &(struct shape){1, {a}}, err, __VA_ARGS__))                               \
    return false
#define NEED2(a, b, ...)                                                                           \
    if (!model_tensor(m, &(struct shape){2, {a, b}}, err, __VA_ARGS__))                            \
    return false

static bool check_layer(const struct model *m, const struct model_layer *l, whelk_error *err)
{
    int d = m->width, size = l->cells * l->dim;
    NEED1(size, "prior.%s.bias", l->name);
    for (int f = 0; f < l->feature_count; f++)
        NEED2(l->features[f].stored, size, "prior.%s.f%d", l->name, f);
    NEED2(l->dim, l->dim, "norm.%s.q", l->name);
    NEED1(l->dim, "norm.%s.scale", l->name);
    NEED1(d, "dit.held.%s", l->name);
    if (m->goes_on.slot >= 0 && !l->grid) {
        NEED2(d, model_start_numbers(m, l), "dit.start.%s.weight", l->name);
        NEED1(d, "dit.start.%s.bias", l->name);
    }
    for (int level = l->quads ? 0 : 1; level < 2; level++) {
        int width = level ? l->dim : l->dim * l->quad_cells;
        NEED2(d, width, "dit.in.%s.L%d.weight", l->name, level);
        NEED1(d, "dit.in.%s.L%d.bias", l->name, level);
        NEED2(width, d, "dit.out.%s.L%d.weight", l->name, level);
        NEED1(width, "dit.out.%s.L%d.bias", l->name, level);
        NEED2(level ? l->cells : l->quads, d, "dit.pos.%s.L%d", l->name, level);
    }
    return true;
}

static bool check_block(const struct model *m, int i, whelk_error *err)
{
    int d = m->width;
    NEED2(3 * d, d, "dit.block.%d.qkv.weight", i);
    NEED2(d, d, "dit.block.%d.o.weight", i);
    NEED2(4 * d, d, "dit.block.%d.fc1.weight", i);
    NEED1(4 * d, "dit.block.%d.fc1.bias", i);
    NEED2(d, 4 * d, "dit.block.%d.fc2.weight", i);
    NEED1(d, "dit.block.%d.fc2.bias", i);
    NEED2(6, d, "dit.block.%d.mod_bias", i);
    NEED1(1, "dit.block.%d.qk_scale", i);
    for (int l = 0; l < m->layer_count; l++)
        if (m->layers[l].grid && !model_tensor(m, &(struct shape){4, {4 * d, 1, 3, 3}}, err,
                                               "dit.block.%d.conv.%s", i, m->layers[l].name))
            return false;
    return true;
}

static bool check_conditions(const struct model *m, whelk_error *err)
{
    int d = m->width, c = m->caption_dim;
    for (int s = 0; s < m->slot_count; s++) {
        NEED2(m->slots[s].count + 1, d, "cond.slot.%s.token", m->slots[s].name);
        NEED2(m->slots[s].count + 1, d, "cond.slot.%s.pool", m->slots[s].name);
    }
    NEED2(m->vocabulary_count, c, "cond.caption.words");
    NEED2(d, c, "cond.caption.pool");
    NEED2(d, c, "cond.caption.0.weight");
    NEED1(d, "cond.caption.0.bias");
    NEED2(d, d, "cond.caption.1.weight");
    NEED1(d, "cond.caption.1.bias");
    NEED2(d, m->layer_count + 26, "dit.pos.proj.weight");
    NEED1(d, "dit.pos.proj.bias");
    NEED2(d, 128, "dit.t.0.weight");
    NEED1(d, "dit.t.0.bias");
    NEED2(d, d, "dit.t.1.weight");
    NEED1(d, "dit.t.1.bias");
    NEED2(6 * d, d, "dit.mod.weight");
    NEED1(6 * d, "dit.mod.bias");
    NEED2(2 * d, d, "dit.final.weight");
    NEED1(2 * d, "dit.final.bias");
    return true;
}

static bool check_tensors(const struct model *m, whelk_error *err)
{
    for (int l = 0; l < m->layer_count; l++)
        if (!check_layer(m, &m->layers[l], err))
            return false;
    for (int i = 0; i < m->blocks; i++)
        if (!check_block(m, i, err))
            return false;
    return check_conditions(m, err);
}

/* --- Opening --- */

static bool believe_digest(struct model *m, whelk_error *err)
{
    const char *digest;
    if (!model_json_text(m->store->json, "sha256", &digest, err))
        return false;
    snprintf(m->digest, sizeof m->digest, "%s", digest);
    return true;
}

static struct model *open_model(const char *dir, bool weights, whelk_error *err)
{
    struct model *m = calloc(1, sizeof *m);
    char *path = file_join(dir, "model.json");
    if (m)
        m->store = calloc(1, sizeof *m->store);
    bool fine = m && m->store && path && (m->store->dir = strdup(dir)) != NULL;
    if (!fine)
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", dir);
    else
        m->dir = m->store->dir;
    fine = fine && model_read_json(m, path, err) &&
           (weights ? read_weights(m, err) && check_tensors(m, err) : believe_digest(m, err));
    free(path);
    if (fine)
        return m;
    model_close(m);
    return NULL;
}

struct model *model_open(const char *dir, whelk_error *err)
{
    return open_model(dir, true, err);
}

struct model *model_look(const char *dir, whelk_error *err)
{
    return open_model(dir, false, err);
}

void model_close(struct model *m)
{
    if (!m)
        return;
    for (int l = 0; l < m->layer_count; l++) {
        for (int f = 0; f < m->layers[l].feature_count; f++)
            free(m->layers[l].features[f].row);
    }
    struct model_store *s = m->store;
    if (s) {
        safetensors_close(s->st);
        cJSON_free(s->card);
        cJSON_Delete(s->json);
        free(s->values);
        free(s->vocabulary);
        free(s->words);
        free(s->floats);
        free(s->data);
        free(s->dir);
        free(s);
    }
    free(m);
}
