/* Latents to pictures and back: the grid layers' decoder, enlarging head and encoder, and the
 * vector layers' bases, exactly as model/FORMAT.md 3 says.
 *
 *     struct codec *c = codec_open(model, &err);                       // packs the weights once
 *     float *pictures = malloc(codec_full_floats(c, layer) * sizeof *pictures);
 *     codec_decode(c, layers, count, threads, &err);                   // several layers at once
 *     codec_close(c);
 *
 * Pictures are planar float: of a layer [t][channels * frames][rows][columns], so that an actor is
 * [poses][4][edge][edge]. A codec is read only once opened. Work is cut into single pictures, each
 * made by one thread: the bytes do not depend on how many threads there are. */
#ifndef WHELK_CODEC_H
#define WHELK_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "../pipeline/base/error.h"
#include "model/model.h"

struct codec;

struct codec *codec_open(const struct model *m, whelk_error *err);
void codec_close(struct codec *c); /* NULL is fine */

/* Sides of one picture of a grid layer before and after the head. */
struct codec_size {
    int channels;      /* of one picture: channels * frames of the layer */
    int rows, columns; /* base */
    int full_rows, full_columns;
};
struct codec_size codec_size_of(const struct model_layer *layer);
size_t codec_base_floats(const struct model_layer *layer); /* of all t */
size_t codec_full_floats(const struct model_layer *layer);

struct codec_job {
    int layer;          /* index into the model's layers; grids only */
    const float *z;     /* [cells * dim] */
    float *base, *full; /* either may be NULL */
    int groups;         /* z and the pictures are of so many; 0 = as many as the layer has */
};

/* Bytes that codec_decode takes beside the pictures. */
long long codec_scratch_bytes(const struct codec *c, int threads);

/* Decodes all pictures of all jobs; clamped as the format says. */
bool codec_decode(const struct codec *c, const struct codec_job *jobs, int count, int threads,
                  whelk_error *err);

/* One base picture [channels][rows][columns] to the latents of its group, z: [y * x * dim] of the
 * layer. */
bool codec_encode(const struct codec *c, int layer, const float *picture, float *z,
                  whelk_error *err);

void codec_decode_vector(const struct codec *c, int layer, const float *z, float *raw);
void codec_encode_vector(const struct codec *c, int layer, const float *raw, float *z);

/* Means of K x K pixels: [channels][rows * k][columns * k] to [channels][rows][columns]. */
void codec_shrink(const float *full, float *base, int channels, int rows, int columns, int k);

/* The plain forms of the same, for tests (codec_ref.c). */
bool codec_ref_decode(const struct model *m, int layer, int t, const float *z, float *base,
                      float *full);
bool codec_ref_encode(const struct model *m, int layer, const float *picture, float *z);

#endif
