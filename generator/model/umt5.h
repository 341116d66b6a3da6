/* The UMT5 text encoder of the Wan models: token ids to one row of numbers a token.
 *
 *     struct umt5 *t = umt5_open("models_t5_umt5-xxl-enc-bf16.safetensors", false, &err);
 *     float *rows = umt5_encode(t, ids, count, threads, &err);     // [count][umt5_width(t)],
 * caller's umt5_close(t);
 *
 * Only real tokens are given; the reference pads and masks, which leaves their rows the same. Read
 * only once open. Source: Wan-Video/Wan2.1, wan/modules/t5.py (Apache-2.0). */
#ifndef WHELK_UMT5_H
#define WHELK_UMT5_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/error.h"

enum { UMT5_TOKENS_MAX = 4096 };

struct umt5;
struct weights;

/* path: a safetensors file or a folder with shards, original or Hugging Face names. */
struct umt5 *umt5_open(const char *path, bool bf16, whelk_error *err);
void umt5_close(struct umt5 *t); /* NULL is fine */
int umt5_width(const struct umt5 *t);
bool umt5_in_bf16(const struct umt5 *t); /* its products */
int umt5_vocabulary(const struct umt5 *t);
const struct weights *umt5_weights(const struct umt5 *t);
long long umt5_scratch_bytes(const struct umt5 *t, int tokens, int threads);
/* The tokenizer that some files carry in a tensor named spiece_model; NULL = this one has none. */
const void *umt5_tokenizer(const struct umt5 *t, size_t *size);

/* For parity checks: a stage under the reference's name, as it is computed. */
typedef void umt5_trace_fn(void *ctx, const char *name, const float *data, long rows, long width);

float *umt5_encode(const struct umt5 *t, const int *ids, int count, int threads, whelk_error *err);
float *umt5_encode_traced(const struct umt5 *t, const int *ids, int count, int threads,
                          umt5_trace_fn *trace, void *ctx, whelk_error *err);

#endif
