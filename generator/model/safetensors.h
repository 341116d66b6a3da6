/* Reading and writing safetensors files. The file is mapped, and nothing in it is believed: header
 * length, JSON, types, shapes and offsets are checked with overflow tests before the first tensor
 * can be seen.
 *
 *     struct safetensors *st = safetensors_open("take.latent.safetensors", &err);
 *     const struct st_tensor *t = safetensors_find(st, "plate");
 *     if (t && t->count == cells * dim)
 *         st_floats(t, out);                       // F16, BF16 and F32 alike become float
 *     safetensors_close(st);
 *
 * An open file is read only and may be used by several threads. */
#ifndef WHELK_SAFETENSORS_H
#define WHELK_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../pipeline/base/error.h"

enum { ST_RANK_MAX = 8 };
enum st_dtype {
    ST_F32,
    ST_F16,
    ST_BF16,
    ST_F8_E4M3, /* without infinities: 448 is the greatest */
    ST_F8_E5M2,
    ST_I64,
    ST_I8,
    ST_U8,
    ST_OTHER /* a known type whose values we do not read */
};

struct st_tensor {
    const char *name;
    enum st_dtype dtype;
    int rank;
    long long dim[ST_RANK_MAX];
    long long count;  /* product of dim; 1 for a scalar */
    const void *data; /* in the mapping, not aligned */
    size_t size;      /* bytes */
};

struct safetensors;

/* Maps and checks the file. NULL and one sentence on failure: path, what is wrong, where. */
struct safetensors *safetensors_open(const char *path, whelk_error *err);
void safetensors_close(struct safetensors *st); /* NULL is fine */

int safetensors_count(const struct safetensors *st);
const struct st_tensor *safetensors_at(const struct safetensors *st, int i); /* in order of names */
const struct st_tensor *safetensors_find(const struct safetensors *st,
                                         const char *name); /* NULL = none */
/* A text of the file's __metadata__, or NULL; lives as long as st. */
const char *safetensors_meta(const struct safetensors *st, const char *key);

/* Writes all t->count values to out as float; false but for F32, F16 and BF16. */
bool st_floats(const struct st_tensor *t, float *out);

/* One tensor to be written, as F32. */
struct st_out {
    const char *name;
    int rank;
    long long dim[ST_RANK_MAX];
    const float *data;
};

/* Writes a whole file beside and renames it. `meta`: pairs of key and value, ended by NULL; may be
 * NULL. The bytes depend on the arguments alone. */
bool safetensors_write(const char *path, const struct st_out *tensors, int count,
                       const char *const *meta, whelk_error *err);

#endif
