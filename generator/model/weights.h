/* The weights of one network trained elsewhere, from whatever files hold them: one safetensors
 * file, a folder with one or with shards and their index, or one GGUF file. Names are turned into
 * the original checkpoint's. Files are mapped, never read as a whole: a matrix is used from where
 * it lies.
 *
 *     struct weights *w = weights_open("model/diffusion_pytorch_model.safetensors", NAMES_DIT,
 * &err); struct matmul q; const float *norm; if (!weights_matmul(w, &q, dim, dim, 1, true, &err,
 * "blocks.%d.self_attn.q", i) ||
 *         !(norm = weights_floats(w, dim, &err, "blocks.%d.norm3.weight", i))) ...
 *     weights_close(w);
 *
 * Everything returned lives as long as the weights. Opening and asking: one thread; what was
 * returned is read only. */
#ifndef WHELK_WEIGHTS_H
#define WHELK_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/digest.h"
#include "../../pipeline/base/error.h"
#include "../cpu/matmul.h"

enum names { NAMES_DIT, NAMES_UMT5, NAMES_VAE, NAMES_CLIP };

enum { WEIGHTS_RANK_MAX = 8 };

struct weights_tensor {
    const char *name; /* as in the original checkpoint */
    int type;         /* enum weight_type, or -1 for another kind of data */
    int rank;
    long long dim[WEIGHTS_RANK_MAX], count;
    const void *data; /* in the mapping, not aligned */
    size_t size;
};

struct weights;

/* path: a file, or a folder that holds one network. NULL and one sentence otherwise. */
struct weights *weights_open(const char *path, enum names names, whelk_error *err);
void weights_close(struct weights *w); /* NULL is fine */

const char *weights_path(const struct weights *w);
int weights_count(const struct weights *w);
const struct weights_tensor *weights_at(const struct weights *w, int i); /* in order of names */
const struct weights_tensor *weights_find(const struct weights *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
long long weights_parameters(const struct weights *w);
size_t weights_bytes(const struct weights *w); /* of all files */

/* Adds what names these weights: of every tensor its name, shape and some of its bytes (its
 * beginning, middle and end). Altered weights are told apart but for changes between those. */
void weights_digest(const struct weights *w, struct digest *d);

/* Reads every number of every tensor: false and the tensor's name where one is none (NaN,
 * infinity). */
bool weights_verify(const struct weights *w, whelk_error *err);

/* A tensor of exactly `count` numbers as floats; refused where it is absent, of another size, or
 * holds what is not a number. */
const float *weights_floats(struct weights *w, long long count, whelk_error *err, const char *fmt,
                            ...) __attribute__((format(printf, 4, 5)));

/* NAME.weight [n][in][taps...] and, where `bias`, NAME.bias [n], ready to multiply; act is plain
 * and products are f32 until the caller says otherwise. */
bool weights_matmul(struct weights *w, struct matmul *out, int n, int in, int taps, bool bias,
                    whelk_error *err, const char *fmt, ...) __attribute__((format(printf, 8, 9)));

/* Lets the system take back the mapped pages of a tensor; they are read anew when next used. */
void weights_release_pages(const struct matmul *m);

#endif
