/* Safetensors files: 8 bytes of length, that much JSON, then the bytes of all tensors without
 * holes. Reading trusts nothing: a file that passes safetensors_open can be read without any
 * further check. */
#include "safetensors.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../pipeline/base/bytes.h"
#include "../../pipeline/base/file.h"
#include "../../pipeline/base/json.h"

#define HEADER_MAX (100u << 20)
#define POPULATE_MAX (64u << 20)     /* greater files are read as they are used */
#define EXACT_MAX 9007199254740992.0 /* 2^53: above it a double no longer counts by ones */

struct safetensors {
    char *path;
    void *map;
    size_t map_size;
    cJSON *header; /* owns names and metadata */
    struct st_tensor *tensors;
    int count;
};

static const struct {
    const char *name;
    enum st_dtype dtype;
    size_t size;
} DTYPES[] = {
    {"F32", ST_F32, 4},    {"F16", ST_F16, 2},         {"BF16", ST_BF16, 2},
    {"F64", ST_OTHER, 8},  {"I64", ST_I64, 8},         {"U64", ST_OTHER, 8},
    {"I32", ST_OTHER, 4},  {"U32", ST_OTHER, 4},       {"I16", ST_OTHER, 2},
    {"U16", ST_OTHER, 2},  {"I8", ST_I8, 1},           {"U8", ST_U8, 1},
    {"BOOL", ST_OTHER, 1}, {"F8_E4M3", ST_F8_E4M3, 1}, {"F8_E5M2", ST_F8_E5M2, 1},
};

/* --- Reading --- */

static bool map_file(struct safetensors *st, whelk_error *err)
{
    int fd = open(st->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot open: %s", st->path, strerror(errno));
    struct stat info;
    bool fine = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    if (!fine)
        whelk_fail(err, WHELK_EFAIL, "%s: not a regular file", st->path);
    else if (info.st_size < 10)
        fine = whelk_fail(err, WHELK_EFAIL, "%s: %lld bytes are too few for a safetensors file",
                          st->path, (long long)info.st_size);
    if (fine) {
        st->map_size = (size_t)info.st_size;
        st->map = mmap(NULL, st->map_size, PROT_READ,
                       MAP_PRIVATE | (st->map_size < POPULATE_MAX ? MAP_POPULATE : 0), fd, 0);
        if (st->map == MAP_FAILED) {
            st->map = NULL;
            fine = whelk_fail(err, WHELK_EFAIL, "%s: cannot map: %s", st->path, strerror(errno));
        }
    }
    close(fd);
    return fine;
}

/* Well-formed UTF-8 without NUL, overlong forms or surrogates. */
static bool is_utf8(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned c = s[i], more = c < 0x80   ? 0
                                  : c < 0xC2 ? 9
                                  : c < 0xE0 ? 1
                                  : c < 0xF0 ? 2
                                  : c < 0xF5 ? 3
                                             : 9;
        if (c == 0 || more == 9 || n - i <= more)
            return false;
        unsigned low = c == 0xE0   ? 0xA0
                       : c == 0xF0 ? 0x90
                                   : 0x80,
                 high = c == 0xED   ? 0x9F
                        : c == 0xF4 ? 0x8F
                                    : 0xBF;
        for (unsigned k = 1; k <= more; k++, low = 0x80, high = 0xBF)
            if (s[i + k] < low || s[i + k] > high)
                return false;
        i += more + 1;
    }
    return true;
}

static bool parse_header(struct safetensors *st, size_t *data_at, whelk_error *err)
{
    const unsigned char *p = st->map;
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | p[i];
    if (length > st->map_size - 8 || length > HEADER_MAX)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: its header claims %llu bytes, the file has %zu: truncated or not a "
                          "safetensors file",
                          st->path, (unsigned long long)length, st->map_size);
    const char *text = (const char *)p + 8, *end = NULL;
    if (length < 2 || text[0] != '{' || !is_utf8(p + 8, length))
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: its header is not UTF-8 JSON: not a safetensors file", st->path);
    st->header = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    while (end && end < text + length && *end == ' ')
        end++;
    if (!st->header || !cJSON_IsObject(st->header) || end != text + length)
        return whelk_fail(err, WHELK_EFAIL, "%s: its header is not one JSON object", st->path);
    *data_at = 8 + (size_t)length;
    return true;
}

/* A JSON number that is a whole count from 0 to 2^53. */
static bool whole(const cJSON *item, long long *out)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > EXACT_MAX)
        return false;
    *out = (long long)item->valuedouble;
    return (double)*out == item->valuedouble;
}

static bool parse_shape(const cJSON *shape, struct st_tensor *t)
{
    if (!cJSON_IsArray(shape))
        return false;
    t->count = 1;
    const cJSON *item;
    cJSON_ArrayForEach(item, shape)
    {
        long long d;
        if (t->rank == ST_RANK_MAX || !whole(item, &d) ||
            __builtin_mul_overflow(t->count, d, &t->count))
            return false;
        t->dim[t->rank++] = d;
    }
    return true;
}

static bool parse_tensor(const struct safetensors *st, size_t data_at, const cJSON *item,
                         struct st_tensor *t, whelk_error *err)
{
    t->name = item->string;
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    size_t each = 0;
    for (size_t i = 0; cJSON_IsString(dtype) && i < sizeof DTYPES / sizeof *DTYPES; i++)
        if (strcmp(dtype->valuestring, DTYPES[i].name) == 0) {
            t->dtype = DTYPES[i].dtype;
            each = DTYPES[i].size;
        }
    if (!each)
        return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s has no type we know", st->path, t->name);
    if (!parse_shape(cJSON_GetObjectItemCaseSensitive(item, "shape"), t))
        return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s has an impossible shape", st->path,
                          t->name);
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    long long begin, end, size;
    if (cJSON_GetArraySize(offsets) != 2 || !whole(cJSON_GetArrayItem(offsets, 0), &begin) ||
        !whole(cJSON_GetArrayItem(offsets, 1), &end) || begin > end ||
        (unsigned long long)end > st->map_size - data_at)
        return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s lies outside the file", st->path,
                          t->name);
    if (__builtin_mul_overflow(t->count, (long long)each, &size) || size != end - begin)
        return whelk_fail(
            err, WHELK_EFAIL,
            "%s: tensor %s has %lld bytes, but its type and shape need another number", st->path,
            t->name, end - begin);
    t->data = (const char *)st->map + data_at + begin;
    t->size = (size_t)size;
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct st_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct st_tensor *)a)->name, ((const struct st_tensor *)b)->name);
}

/* Every byte of the data must belong to exactly one tensor, and every name be used once. */
static bool check_places(struct safetensors *st, size_t data_at, whelk_error *err)
{
    qsort(st->tensors, (size_t)st->count, sizeof *st->tensors, by_place);
    const char *at = (const char *)st->map + data_at;
    for (int i = 0; i < st->count; i++) {
        if (st->tensors[i].data != at)
            return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s overlaps another or leaves a hole",
                              st->path, st->tensors[i].name);
        at += st->tensors[i].size;
    }
    if (at != (const char *)st->map + st->map_size)
        return whelk_fail(err, WHELK_EFAIL, "%s: %zu bytes at its end belong to no tensor",
                          st->path, (size_t)((const char *)st->map + st->map_size - at));
    qsort(st->tensors, (size_t)st->count, sizeof *st->tensors, by_name);
    for (int i = 1; i < st->count; i++)
        if (strcmp(st->tensors[i - 1].name, st->tensors[i].name) == 0)
            return whelk_fail(err, WHELK_EFAIL, "%s: there are two tensors %s", st->path,
                              st->tensors[i].name);
    return true;
}

static bool parse_tensors(struct safetensors *st, size_t data_at, whelk_error *err)
{
    int room = cJSON_GetArraySize(st->header);
    st->tensors = calloc((size_t)room + 1, sizeof *st->tensors);
    if (!st->tensors)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory for %d tensors", st->path, room);
    const cJSON *item;
    cJSON_ArrayForEach(item, st->header)
    {
        if (strcmp(item->string, "__metadata__") == 0)
            continue;
        if (!parse_tensor(st, data_at, item, &st->tensors[st->count], err))
            return false;
        st->count++;
    }
    return check_places(st, data_at, err);
}

struct safetensors *safetensors_open(const char *path, whelk_error *err)
{
    struct safetensors *st = calloc(1, sizeof *st);
    size_t data_at = 0;
    if (!st || !(st->path = strdup(path))) {
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", path);
        free(st);
        return NULL;
    }
    if (!map_file(st, err) || !parse_header(st, &data_at, err) ||
        !parse_tensors(st, data_at, err)) {
        safetensors_close(st);
        return NULL;
    }
    return st;
}

void safetensors_close(struct safetensors *st)
{
    if (!st)
        return;
    if (st->map)
        munmap(st->map, st->map_size);
    cJSON_Delete(st->header);
    free(st->tensors);
    free(st->path);
    free(st);
}

int safetensors_count(const struct safetensors *st)
{
    return st->count;
}

const struct st_tensor *safetensors_at(const struct safetensors *st, int i)
{
    return i >= 0 && i < st->count ? &st->tensors[i] : NULL;
}

const struct st_tensor *safetensors_find(const struct safetensors *st, const char *name)
{
    struct st_tensor key = {.name = name};
    return bsearch(&key, st->tensors, (size_t)st->count, sizeof key, by_name);
}

const char *safetensors_meta(const struct safetensors *st, const char *key)
{
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(st->header, "__metadata__");
    return json_text(meta, key);
}

static void widen_f16(const unsigned char *in, long long n, float *out)
{
    long long i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + 2 * i))));
    for (; i < n; i++)
        out[i] = _cvtsh_ss((unsigned short)(in[2 * i] | in[2 * i + 1] << 8));
}

bool st_floats(const struct st_tensor *t, float *out)
{
    const unsigned char *in = t->data;
    if (t->dtype == ST_F32 && t->size)
        memcpy(out, in, t->size);
    else if (t->dtype == ST_F16)
        widen_f16(in, t->count, out);
    else if (t->dtype == ST_BF16)
        for (long long i = 0; i < t->count; i++) {
            uint32_t bits = (uint32_t)in[2 * i] << 16 | (uint32_t)in[2 * i + 1] << 24;
            memcpy(out + i, &bits, 4);
        }
    return t->dtype == ST_F32 || t->dtype == ST_F16 || t->dtype == ST_BF16;
}

/* --- Writing --- */

static bool add_meta(cJSON *root, const char *const *meta)
{
    if (!meta)
        return true;
    cJSON *object = cJSON_AddObjectToObject(root, "__metadata__");
    for (; object && *meta; meta += 2)
        if (!cJSON_AddStringToObject(object, meta[0], meta[1]))
            return false;
    return object != NULL;
}

static bool add_entry(cJSON *root, const struct st_out *t, long long *at)
{
    cJSON *entry = cJSON_AddObjectToObject(root, t->name);
    if (!entry || !cJSON_AddStringToObject(entry, "dtype", "F32"))
        return false;
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape"),
          *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    long long size = 4;
    for (int i = 0; i < t->rank; i++) {
        size *= t->dim[i];
        if (!cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)t->dim[i])))
            return false;
    }
    bool fine = cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)*at)) &&
                cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)(*at + size)));
    *at += size;
    return fine;
}

static char *header_text(const struct st_out *tensors, int count, const char *const *meta,
                         long long *size)
{
    cJSON *root = cJSON_CreateObject();
    bool fine = root && add_meta(root, meta);
    *size = 0;
    for (int i = 0; fine && i < count; i++)
        fine = add_entry(root, &tensors[i], size);
    char *text = fine ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    return text;
}

bool safetensors_write(const char *path, const struct st_out *tensors, int count,
                       const char *const *meta, whelk_error *err)
{
    long long size;
    char *text = header_text(tensors, count, meta, &size);
    size_t length = text ? (strlen(text) + 7) / 8 * 8 : 0;
    struct bytes b;
    bytes_init(&b, 8 + length + (size_t)size);
    unsigned char prefix[8];
    for (int i = 0; i < 8; i++)
        prefix[i] = (unsigned char)((uint64_t)length >> (8 * i));
    bytes_append(&b, prefix, 8);
    bytes_text(&b, text ? text : "");
    while (text && !b.failed && b.size < 8 + length)
        bytes_text(&b, " ");
    for (int i = 0; i < count; i++) {
        size_t bytes = 4;
        for (int k = 0; k < tensors[i].rank; k++)
            bytes *= (size_t)tensors[i].dim[k];
        bytes_append(&b, tensors[i].data, bytes);
    }
    bool fine = text && !b.failed
                    ? file_write(path, b.data, b.size, err)
                    : whelk_fail(err, WHELK_EFAIL, "%s: no memory for %lld bytes", path, size);
    bytes_release(&b);
    free(text);
    return fine;
}
