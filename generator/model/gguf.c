/* Reading GGUF: a header, keys with values (passed over, but for the alignment), the list of
 * tensors, their data. */
#include "gguf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../cpu/matmul.h"
#include "mapped.h"

enum { TENSORS_MAX = 1 << 16, KEYS_MAX = 1 << 16, NAME_MAX_BYTES = 256, DEPTH_MAX = 4 };

struct gguf {
    struct mapped map;
    struct gguf_tensor *tensors;
    int count;
};

/* What is left to be read; `bad` once anything reached beyond it. */
struct cursor {
    const unsigned char *at, *end;
    bool bad;
};

static const unsigned char *take(struct cursor *c, uint64_t size)
{
    if (c->bad || size > (uint64_t)(c->end - c->at)) {
        c->bad = true;
        return NULL;
    }
    const unsigned char *at = c->at;
    c->at += size;
    return at;
}

static uint64_t number(struct cursor *c, int bytes)
{
    const unsigned char *p = take(c, (uint64_t)bytes);
    uint64_t v = 0;
    for (int i = bytes; p && i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* Values by their number in the format: bytes of a plain one; 8 is a string, 9 an array. */
static int value_bytes(uint64_t type)
{
    static const int bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return type < sizeof bytes / sizeof *bytes ? bytes[type] : -1;
}

static void pass_value(struct cursor *c, uint64_t type, int depth)
{
    int bytes = value_bytes(type);
    if (type == 8) {
        take(c, number(c, 8));
    } else if (type == 9 && depth < DEPTH_MAX) {
        uint64_t of = number(c, 4), count = number(c, 8);
        int each = value_bytes(of);
        if (each > 0)
            c->bad = c->bad || count > (uint64_t)(c->end - c->at) / (uint64_t)each ||
                     !take(c, count * (uint64_t)each);
        for (uint64_t i = 0; each <= 0 && i < count && !c->bad; i++)
            pass_value(c, of, depth + 1);
    } else if (bytes > 0) {
        take(c, (uint64_t)bytes);
    } else {
        c->bad = true;
    }
}

static void pass_keys(struct cursor *c, uint64_t count, uint64_t *alignment)
{
    static const char name[] = "general.alignment";
    for (uint64_t i = 0; i < count && !c->bad; i++) {
        uint64_t size = number(c, 8);
        const unsigned char *key = take(c, size);
        uint64_t type = number(c, 4);
        if (key && size == sizeof name - 1 && memcmp(key, name, size) == 0 && type == 4)
            *alignment = number(c, 4);
        else
            pass_value(c, type, 0);
    }
}

static int type_of(uint64_t ggml)
{
    switch (ggml) {
    case 0:
        return WEIGHT_F32;
    case 1:
        return WEIGHT_F16;
    case 8:
        return WEIGHT_Q8_0;
    case 12:
        return WEIGHT_Q4_K;
    case 24:
        return WEIGHT_I8;
    case 30:
        return WEIGHT_BF16;
    default:
        return -1;
    }
}

static bool read_shape(struct cursor *c, struct gguf_tensor *t)
{
    uint64_t rank = number(c, 4);
    if (c->bad || rank > GGUF_RANK_MAX)
        return false;
    t->rank = (int)rank;
    t->count = 1;
    for (int i = t->rank; i-- > 0;) {
        uint64_t d = number(c, 8);
        if (c->bad || d > INT64_MAX || __builtin_mul_overflow(t->count, (long long)d, &t->count))
            return false;
        t->dim[i] = (long long)d;
    }
    return true;
}

/* Rows must be whole blocks. */
static bool whole_blocks(const struct gguf_tensor *t)
{
    int block = t->type == WEIGHT_Q8_0 ? 32 : t->type == WEIGHT_Q4_K ? 256 : 1;
    return block == 1 || (t->rank && t->dim[t->rank - 1] % block == 0);
}

static bool read_tensor(struct cursor *c, struct gguf_tensor *t, uint64_t *offset, const char *path,
                        whelk_error *err)
{
    uint64_t size = number(c, 8);
    const unsigned char *name = size <= NAME_MAX_BYTES ? take(c, size) : NULL;
    if (!name || !(t->name = strndup((const char *)name, size)))
        return whelk_fail(err, WHELK_EFAIL, "%s: a tensor has no readable name", path);
    bool good = read_shape(c, t);
    t->type = type_of(number(c, 4));
    *offset = number(c, 8);
    if (!good || c->bad || !whole_blocks(t))
        return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s has an impossible shape", path, t->name);
    /* no type packs more than two numbers into a byte, so a count beyond that cannot be in the file
     */
    if (t->count / 2 > c->end - c->at)
        return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s lies outside the file", path, t->name);
    t->size = t->type >= 0 ? weight_bytes((enum weight_type)t->type, t->count) : 0;
    return true;
}

static bool read_tensors(struct gguf *g, struct cursor *c, uint64_t count, uint64_t alignment,
                         const char *path, whelk_error *err)
{
    uint64_t *offset = calloc(count + 1, sizeof *offset);
    g->tensors = calloc(count + 1, sizeof *g->tensors);
    bool good = (offset && g->tensors) || whelk_fail(err, WHELK_EFAIL, "%s: no memory", path);
    for (; good && (uint64_t)g->count < count; g->count++)
        good = read_tensor(c, &g->tensors[g->count], &offset[g->count], path, err);
    uint64_t start = (uint64_t)(c->at - g->map.data);
    start = (start + alignment - 1) / alignment * alignment;
    for (int i = 0; good && i < g->count; i++) {
        struct gguf_tensor *t = &g->tensors[i];
        uint64_t room = start < g->map.size ? g->map.size - start : 0;
        if (offset[i] > room || t->size > room - offset[i] || offset[i] % alignment)
            good =
                whelk_fail(err, WHELK_EFAIL, "%s: tensor %s lies outside the file", path, t->name);
        else
            t->data = g->map.data + start + offset[i];
    }
    free(offset);
    return good;
}

static bool read_file(struct gguf *g, const char *path, whelk_error *err)
{
    struct cursor c = {g->map.data, g->map.data + g->map.size, false};
    const unsigned char *magic = take(&c, 4);
    uint64_t version = number(&c, 4), tensors = number(&c, 8), keys = number(&c, 8), alignment = 32;
    if (!magic || memcmp(magic, "GGUF", 4) != 0 || c.bad)
        return whelk_fail(err, WHELK_EFAIL, "%s: is no GGUF file", path);
    if (version != 2 && version != 3)
        return whelk_fail(err, WHELK_EFAIL, "%s: is GGUF of version %llu; 2 and 3 are read", path,
                          (unsigned long long)version);
    if (tensors > TENSORS_MAX || keys > KEYS_MAX)
        return whelk_fail(err, WHELK_EFAIL, "%s: claims %llu tensors and %llu keys", path,
                          (unsigned long long)tensors, (unsigned long long)keys);
    pass_keys(&c, keys, &alignment);
    if (c.bad || alignment < 1 || alignment > 1 << 16)
        return whelk_fail(err, WHELK_EFAIL, "%s: its keys are damaged or cut off", path);
    return read_tensors(g, &c, tensors, alignment, path, err);
}

struct gguf *gguf_read(const void *data, size_t size, const char *name, whelk_error *err)
{
    struct gguf *g = calloc(1, sizeof *g);
    if (!g) {
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", name);
        return NULL;
    }
    g->map = (struct mapped){data, size, false};
    bool good = read_file(g, name, err);
    if (!good) {
        gguf_close(g);
        return NULL;
    }
    return g;
}

struct gguf *gguf_open(const char *path, whelk_error *err)
{
    struct mapped map;
    if (!mapped_open(&map, path, 24, "a GGUF file", err))
        return NULL;
    struct gguf *g = gguf_read(map.data, map.size, path, err);
    if (g)
        g->map.own = true;
    else
        mapped_close(&map);
    return g;
}

void gguf_close(struct gguf *g)
{
    if (!g)
        return;
    for (int i = 0; g->tensors && g->tensors[i].name; i++)
        free(g->tensors[i].name);
    free(g->tensors);
    mapped_close(&g->map);
    free(g);
}

int gguf_count(const struct gguf *g)
{
    return g->count;
}

const struct gguf_tensor *gguf_at(const struct gguf *g, int i)
{
    return i >= 0 && i < g->count ? &g->tensors[i] : NULL;
}
