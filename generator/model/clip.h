/* The image encoder of CLIP as the Wan 2.1 models with a picture use it: a vision transformer
 * (ViT-H/14 in the published ones) whose last block but one tells what is in the picture, one row
 * for the whole and one for each patch of 14 x 14 pixels.
 *
 *     struct clip *c = clip_open("clip_vision_h.safetensors", bf16, &err);
 *     float *rows = clip_encode(c, rgb, height, width, threads, &err);  // [tokens][width],
 * caller's clip_close(c);
 *
 * A clip is read only once open. Results depend on the picture alone, not on threads.
 *
 * Source: Wan-Video/Wan2.1, wan/modules/clip.py (Apache-2.0), after open_clip. */
#ifndef WHELK_CLIP_VISION_H
#define WHELK_CLIP_VISION_H

#include <stdbool.h>
#include "../../pipeline/base/error.h"

struct clip;
struct weights;

/* path: a file, or a folder that holds one; the original names (with or without "visual."), or
 * those of transformers. */
struct clip *clip_open(const char *path, bool bf16, whelk_error *err);
void clip_close(struct clip *c);       /* NULL is fine */
int clip_width(const struct clip *c);  /* of a row: 1280 */
int clip_tokens(const struct clip *c); /* rows: 257 */
const struct weights *clip_weights(const struct clip *c);

long long clip_bytes(const struct clip *c, int threads); /* of scratch and rows */

/* rgb: [3][height][width] of -1..1, resampled to the encoder's own size (224 x 224), whatever its
 * shape. NULL: no memory, or damaged weights. */
float *clip_encode(const struct clip *c, const float *rgb, int height, int width, int threads,
                   whelk_error *err);

/* For parity checks: the rows after "pre_norm" and after "transformer.N". */
typedef void clip_trace_fn(void *ctx, const char *name, const float *data, long rows, long width);
float *clip_encode_traced(const struct clip *c, const float *rgb, int height, int width,
                          int threads, clip_trace_fn *trace, void *ctx, whelk_error *err);

#endif
