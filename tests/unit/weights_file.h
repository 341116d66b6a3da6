/* The tensors of a safetensors file, to be changed and written again: what the tests of weights in
 * other forms share. */
#ifndef WHELK_TESTS_WEIGHTS_FILE_H
#define WHELK_TESTS_WEIGHTS_FILE_H

#include <stdlib.h>
#include <string.h>

#include "generator/model/safetensors.h"
#include "pipeline/base/bytes.h"
#include "pipeline/base/file.h"

enum { TENSORS_MAX = 512 };

/* A tensor on its way into a file. */
struct out {
    char name[160];
    const char *type; /* as safetensors calls it */
    int ggml;         /* as GGUF numbers it */
    int rank;
    long long dim[8], count;
    char *data;
    size_t size;
};

static struct out tensors[TENSORS_MAX];
static int count;

/* Tensors are kept in tensors[0..count). */
static inline void forget(void)
{
    while (count)
        free(tensors[--count].data);
}

/* Replaces them by those of a file, as F32. */
static inline bool load_file(const char *path)
{
    struct safetensors *st = safetensors_open(path, NULL);
    forget();
    for (; st && count < safetensors_count(st) && count < TENSORS_MAX - 1; count++) {
        const struct st_tensor *t = safetensors_at(st, count);
        struct out *o = &tensors[count];
        *o = (struct out){
            .type = "F32", .rank = t->rank, .count = t->count, .size = (size_t)t->count * 4};
        snprintf(o->name, sizeof o->name, "%s", t->name);
        memcpy(o->dim, t->dim, sizeof t->dim);
        o->data = malloc(o->size);
        if (!o->data || !st_floats(t, (float *)(void *)o->data))
            return false;
    }
    safetensors_close(st);
    return count > 0;
}

static inline struct out *named(const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(tensors[i].name, name) == 0)
            return &tensors[i];
    return NULL;
}

/* Writes tensors from..to - 1. */
static inline void write_safetensors(const char *path, int from, int to)
{
    struct bytes b, h;
    size_t at = 0;
    unsigned char length[8];
    bytes_init(&b, 1 << 26);
    bytes_init(&h, 1 << 20);
    for (int i = from; i < to; i++) {
        bytes_format(&h, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", i > from ? "," : "{",
                     tensors[i].name, tensors[i].type);
        for (int k = 0; k < tensors[i].rank; k++)
            bytes_format(&h, "%s%lld", k ? "," : "", tensors[i].dim[k]);
        bytes_format(&h, "],\"data_offsets\":[%zu,%zu]}", at, at + tensors[i].size);
        at += tensors[i].size;
    }
    bytes_text(&h, "}");
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(h.size >> (8 * i));
    bytes_append(&b, length, 8);
    bytes_append(&b, h.data, h.size);
    for (int i = from; i < to; i++)
        bytes_append(&b, tensors[i].data, tensors[i].size);
    file_write(path, b.data, b.size, NULL);
    bytes_release(&b);
    bytes_release(&h);
}

#endif
