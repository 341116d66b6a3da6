/* Finding the files of a network, taking their tensors into one list under the original names, and
 * handing them out with their shapes checked. */
#define _GNU_SOURCE /* madvise */
#include "weights.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../../pipeline/base/file.h"
#include "gguf.h"
#include "safetensors.h"
#include "weights_name.h"

enum { FILES_MAX = 256, INDEX_MAX = 64 << 20, SAMPLE = 256 };

struct held {
    struct held *next;
    float data[];
};

struct weights {
    char *path;
    enum names names;
    struct safetensors *files[FILES_MAX];
    int file_count;
    struct gguf *gguf;
    struct weights_tensor *tensors;
    int count;
    long long parameters;
    size_t bytes;
    struct held *held; /* floats handed out */
};

const char *weights_path(const struct weights *w)
{
    return w->path;
}

int weights_count(const struct weights *w)
{
    return w->count;
}

const struct weights_tensor *weights_at(const struct weights *w, int i)
{
    return i >= 0 && i < w->count ? &w->tensors[i] : NULL;
}

long long weights_parameters(const struct weights *w)
{
    return w->parameters;
}

size_t weights_bytes(const struct weights *w)
{
    return w->bytes;
}

/* --- Taking tensors into the list --- */

static bool add_tensor(struct weights *w, const struct weights_tensor *t, const char *name,
                       whelk_error *err)
{
    char renamed[WEIGHTS_NAME_ROOM];
    if (!weights_name(w->names, name, renamed))
        return whelk_fail(err, WHELK_EFAIL, "%s: the name of tensor %.60s... is too long", w->path,
                          name);
    struct weights_tensor *to = &w->tensors[w->count];
    *to = *t;
    if (!(to->name = strdup(renamed)))
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory for its list of tensors", w->path);
    w->count++;
    w->parameters += t->count;
    w->bytes += t->size;
    return true;
}

static bool make_room(struct weights *w, int more, whelk_error *err)
{
    void *wider = realloc(w->tensors, ((size_t)w->count + (size_t)more + 1) * sizeof *w->tensors);
    if (!wider)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory for its list of tensors", w->path);
    w->tensors = wider;
    return true;
}

static int type_of(enum st_dtype d)
{
    switch (d) {
    case ST_F32:
        return WEIGHT_F32;
    case ST_F16:
        return WEIGHT_F16;
    case ST_BF16:
        return WEIGHT_BF16;
    case ST_F8_E4M3:
        return WEIGHT_F8_E4M3;
    case ST_F8_E5M2:
        return WEIGHT_F8_E5M2;
    case ST_I8:
        return WEIGHT_I8;
    default:
        return -1;
    }
}

static bool add_file(struct weights *w, const char *path, whelk_error *err)
{
    if (w->file_count == FILES_MAX)
        return whelk_fail(err, WHELK_EFAIL, "%s: more than %d files", w->path, FILES_MAX);
    struct safetensors *st = safetensors_open(path, err);
    if (!st)
        return false;
    w->files[w->file_count++] = st;
    if (!make_room(w, safetensors_count(st), err))
        return false;
    for (int i = 0; i < safetensors_count(st); i++) {
        const struct st_tensor *t = safetensors_at(st, i);
        struct weights_tensor to = {.type = type_of(t->dtype),
                                    .rank = t->rank,
                                    .count = t->count,
                                    .data = t->data,
                                    .size = t->size};
        memcpy(to.dim, t->dim, sizeof to.dim);
        if (!add_tensor(w, &to, t->name, err))
            return false;
    }
    return true;
}

static bool add_gguf(struct weights *w, const char *path, whelk_error *err)
{
    w->gguf = gguf_open(path, err);
    if (!w->gguf || !make_room(w, gguf_count(w->gguf), err))
        return false;
    for (int i = 0; i < gguf_count(w->gguf); i++) {
        const struct gguf_tensor *t = gguf_at(w->gguf, i);
        struct weights_tensor to = {
            .type = t->type, .rank = t->rank, .count = t->count, .data = t->data, .size = t->size};
        memcpy(to.dim, t->dim, sizeof to.dim);
        if (!add_tensor(w, &to, t->name, err))
            return false;
    }
    return true;
}

/* --- Finding files --- */

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + 1 : 0;
    char *out = malloc(n + strlen(name) + 1);
    if (out) {
        memcpy(out, path, n);
        strcpy(out + n, name);
    }
    return out;
}

/* A shard's name in an index must be a plain file name: nothing outside the folder is opened. */
static bool plain_name(const char *name)
{
    return name && name[0] && name[0] != '.' && !strchr(name, '/') &&
           ends_with(name, ".safetensors");
}

static bool seen_before(const cJSON *map, const cJSON *item)
{
    for (const cJSON *i = map->child; i != item; i = i->next)
        if (strcmp(i->valuestring, item->valuestring) == 0)
            return true;
    return false;
}

/* Shards by their index; a tensor that the index names and no shard holds is found missing when it
 * is asked for. */
static bool add_index(struct weights *w, const char *path, whelk_error *err)
{
    char *text = NULL;
    size_t size;
    if (!file_read(path, INDEX_MAX, &text, &size, err))
        return false;
    cJSON *root = cJSON_ParseWithLength(text, size);
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(root, "weight_map"), *item;
    bool good = cJSON_IsObject(map) && map->child;
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "%s: is no index of shards (it has no weight_map)", path);
    cJSON_ArrayForEach(item, map)
    {
        const char *name = cJSON_GetStringValue(item);
        if (good && !plain_name(name))
            good = whelk_fail(err, WHELK_EFAIL,
                              "%s: names a shard for %s that is no plain file "
                              "name",
                              path, item->string);
        if (!good || seen_before(map, item))
            continue;
        char *shard = beside(path, name);
        good = shard ? add_file(w, shard, err) : whelk_fail(err, WHELK_EFAIL, "out of memory");
        free(shard);
    }
    cJSON_Delete(root);
    free(text);
    return good;
}

/* The sole safetensors file of a folder, caller's; NULL where there are none or several. */
static char *sole_file(const char *path, whelk_error *err)
{
    char *found = NULL;
    int files = 0;
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (ends_with(entry->d_name, ".safetensors") && !files++)
            found = file_join(path, entry->d_name);
    if (dir)
        closedir(dir);
    if (files == 1 && found)
        return found;
    free(found);
    whelk_fail(err, WHELK_EFAIL,
               files ? "%s: holds %d safetensors files, none under the usual name; name one of them"
                     : "%s: holds no safetensors file (%d)",
               path, files);
    return NULL;
}

/* In a folder: the usual names, first of them an index of shards, else the one file there is. */
static bool add_folder(struct weights *w, const char *path, whelk_error *err)
{
    static const char *const usual[] = {"diffusion_pytorch_model.safetensors.index.json",
                                        "model.safetensors.index.json",
                                        "diffusion_pytorch_model.safetensors", "model.safetensors"};
    char *full = NULL;
    for (size_t i = 0; !full && i < sizeof usual / sizeof *usual; i++) {
        full = file_join(path, usual[i]);
        if (full && !file_exists(full)) {
            free(full);
            full = NULL;
        }
    }
    if (!full && !(full = sole_file(path, err)))
        return false;
    bool good = ends_with(full, ".json") ? add_index(w, full, err) : add_file(w, full, err);
    free(full);
    return good;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct weights_tensor *)a)->name,
                  ((const struct weights_tensor *)b)->name);
}

/* Two tensors of one name are two claims to one place; the same data under two of its names (T5's
 * embedding) is not. */
static bool check_names(struct weights *w, whelk_error *err)
{
    qsort(w->tensors, (size_t)w->count, sizeof *w->tensors, by_name);
    for (int i = 1; i < w->count; i++) {
        const struct weights_tensor *a = &w->tensors[i - 1], *b = &w->tensors[i];
        if (strcmp(a->name, b->name) == 0 && w->names != NAMES_UMT5)
            return whelk_fail(err, WHELK_EFAIL, "%s: there are two tensors %s", w->path, a->name);
    }
    return true;
}

struct weights *weights_open(const char *path, enum names names, whelk_error *err)
{
    struct weights *w = calloc(1, sizeof *w);
    if (!w || !(w->path = strdup(path))) {
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", path);
        free(w);
        return NULL;
    }
    w->names = names;
    bool good = is_folder(path)            ? add_folder(w, path, err)
                : ends_with(path, ".json") ? add_index(w, path, err)
                : ends_with(path, ".gguf") ? add_gguf(w, path, err)
                                           : add_file(w, path, err);
    if (!good || !check_names(w, err)) {
        weights_close(w);
        return NULL;
    }
    return w;
}

void weights_close(struct weights *w)
{
    if (!w)
        return;
    for (int i = 0; i < w->count; i++)
        free((char *)w->tensors[i].name);
    for (int i = 0; i < w->file_count; i++)
        safetensors_close(w->files[i]);
    gguf_close(w->gguf);
    for (struct held *h = w->held, *next; h; h = next) {
        next = h->next;
        free(h);
    }
    free(w->tensors);
    free(w->path);
    free(w);
}

void weights_digest(const struct weights *w, struct digest *d)
{
    for (int i = 0; i < w->count; i++) {
        const struct weights_tensor *t = &w->tensors[i];
        size_t some = t->size < SAMPLE ? t->size : SAMPLE;
        const char *data = t->data;
        char shape[32 * WEIGHTS_RANK_MAX] = "";
        for (int k = 0, n = 0; k < t->rank; k++)
            n += snprintf(shape + n, sizeof shape - (size_t)n, "%lld ", t->dim[k]);
        digest_field(d, t->name, shape);
        digest_add(d, data, some);
        digest_add(d, data + (t->size - some) / 2, some);
        digest_add(d, data + t->size - some, some);
    }
}

/* As one long row, whose length does not matter. */
static bool verify_tensor(const struct weights *w, const struct weights_tensor *t, whelk_error *err)
{
    enum { PIECE = 1 << 14 };
    float *piece = malloc(PIECE * sizeof *piece);
    bool good = piece || whelk_fail(err, WHELK_EFAIL, "out of memory");
    struct weight all = {t->data, (enum weight_type)t->type, 1, 0, 1, 1, NULL};
    for (long long at = 0; good && at < t->count; at += PIECE) {
        int some = (int)(t->count - at < PIECE ? t->count - at : PIECE);
        weight_row(&all, 0, at, some, piece);
        for (int i = 0; good && i < some; i++)
            good =
                isfinite(piece[i]) ||
                whelk_fail(err, WHELK_EFAIL, "%s: tensor %s holds what is not a number (at %lld)",
                           w->path, t->name, at + i);
    }
    free(piece);
    return good;
}

bool weights_verify(const struct weights *w, whelk_error *err)
{
    for (int i = 0; i < w->count; i++)
        if (w->tensors[i].type >= 0 && !verify_tensor(w, &w->tensors[i], err))
            return false;
    return true;
}

/* --- Handing out --- */

static const struct weights_tensor *find(const struct weights *w, const char *name)
{
    struct weights_tensor key = {.name = name};
    return bsearch(&key, w->tensors, (size_t)w->count, sizeof key, by_name);
}

const struct weights_tensor *weights_find(const struct weights *w, const char *fmt, ...)
{
    char name[WEIGHTS_NAME_ROOM];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    return find(w, name);
}

static const struct weights_tensor *demand(const struct weights *w, const char *name,
                                           whelk_error *err)
{
    const struct weights_tensor *t = find(w, name);
    if (!t)
        whelk_fail(err, WHELK_EFAIL, "%s: has no tensor %s; it is of another model, or incomplete",
                   w->path, name);
    else if (t->type < 0)
        whelk_fail(
            err, WHELK_EFAIL,
            "%s: tensor %s is of a type that is not read (F32, F16, BF16, F8, I8, Q8_0, Q4_K are)",
            w->path, name);
    return t && t->type >= 0 ? t : NULL;
}

/* GGUF's block types hold runs of 32 or 256. */
static bool whole_blocks(const struct weights_tensor *t, long long row)
{
    return t->type == WEIGHT_Q8_0 ? row % 32 == 0 : t->type == WEIGHT_Q4_K ? row % 256 == 0 : true;
}

static const float *floats(struct weights *w, const char *name, long long count, whelk_error *err)
{
    const struct weights_tensor *t = demand(w, name, err);
    if (!t)
        return NULL;
    if (t->count != count || count > 1 << 30 || !whole_blocks(t, count)) {
        whelk_fail(err, WHELK_EFAIL, "%s: tensor %s has %lld numbers and should have %lld", w->path,
                   name, t->count, count);
        return NULL;
    }
    struct held *h = malloc(sizeof *h + ((size_t)count + 8) * sizeof(float));
    if (!h) {
        whelk_fail(err, WHELK_EFAIL, "%s: no memory for tensor %s", w->path, name);
        return NULL;
    }
    h->next = w->held;
    w->held = h;
    struct weight whole = {t->data, (enum weight_type)t->type, 1, (int)count, 1, 1, NULL};
    weight_row(&whole, 0, 0, (int)count, h->data);
    for (long long i = 0; i < count; i++)
        if (!isfinite(h->data[i])) {
            whelk_fail(err, WHELK_EFAIL, "%s: tensor %s holds what is not a number (at %lld)",
                       w->path, name, i);
            return NULL;
        }
    return h->data;
}

const float *weights_floats(struct weights *w, long long count, whelk_error *err, const char *fmt,
                            ...)
{
    char name[WEIGHTS_NAME_ROOM];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    return floats(w, name, count, err);
}

static bool has_shape(const struct weights_tensor *t, int n, int in, int taps)
{
    long long rest = 1;
    for (int i = 2; i < t->rank; i++)
        rest *= t->dim[i];
    bool flat = t->rank == 2 && t->dim[1] == (long long)in * taps;
    return t->rank >= 2 && t->dim[0] == n && (flat || (t->dim[1] == in && rest == taps)) &&
           t->count == (long long)n * in * taps;
}

/* ComfyUI's scaled fp8 keeps one number beside a matrix. */
static bool find_scale(struct weights *w, const char *layer, float *scale, whelk_error *err)
{
    char name[WEIGHTS_NAME_ROOM + 16];
    snprintf(name, sizeof name, "%s.scale_weight", layer);
    const float *s = find(w, name) ? floats(w, name, 1, err) : NULL;
    *scale = s ? *s : 1;
    return s || !find(w, name);
}

bool weights_matmul(struct weights *w, struct matmul *out, int n, int in, int taps, bool bias,
                    whelk_error *err, const char *fmt, ...)
{
    char layer[WEIGHTS_NAME_ROOM], name[WEIGHTS_NAME_ROOM + 16];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(layer, sizeof layer, fmt, ap);
    va_end(ap);
    *out = (struct matmul){0};
    snprintf(name, sizeof name, "%s.weight", layer);
    const struct weights_tensor *t = demand(w, name, err);
    if (!t)
        return false;
    if (!has_shape(t, n, in, taps) || !whole_blocks(t, taps == 1 ? in : 1))
        return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s has not the shape %d x %d x %d", w->path,
                          name, n, in, taps);
    out->w = (struct weight){t->data, (enum weight_type)t->type, n, in, taps, 1, NULL};
    if (!find_scale(w, layer, &out->w.scale, err))
        return false;
    snprintf(name, sizeof name, "%s.bias", layer);
    return !bias || (out->bias = floats(w, name, n, err));
}

void weights_release_pages(const struct matmul *m)
{
    size_t bytes = weight_bytes(m->w.type, (long long)m->w.n * m->w.in * m->w.taps);
    unsigned long from = ((unsigned long)m->w.data + 4095) / 4096 * 4096,
                  to = ((unsigned long)m->w.data + bytes) / 4096 * 4096;
    if (to > from)
        madvise((void *)from, to - from, MADV_DONTNEED);
}
