/* Inside of the transformer, shared by dit_make.c, which builds it, and dit.c, which runs it. */
#ifndef WHELK_DIT_PARTS_H
#define WHELK_DIT_PARTS_H

#include "../cpu/attention.h"
#include "dit.h"

enum { FINE = 1, COARSE = 0, TEMB = 128, TILE_MOST = 64 };

struct block {
    struct gemm *qkv, *o, *fc1, *fc2;
    const float *mod_bias;
    float qk_scale;
    float *taps[MODEL_LAYERS_MAX]; /* [18][4 width], NULL for vectors */
};

struct dit {
    const struct model *model;
    struct geometry geometry;
    int threads;
    struct gemm *in[MODEL_LAYERS_MAX][2], *out[MODEL_LAYERS_MAX][2]; /* [layer][level] */
    float *pos[MODEL_LAYERS_MAX][2]; /* projection of the sines plus the learned row */
    const float *held[MODEL_LAYERS_MAX], *var[MODEL_LAYERS_MAX]; /* var: of x_0, by axis */
    const float *start[MODEL_LAYERS_MAX],
        *start_bias[MODEL_LAYERS_MAX]; /* paths of shots that go on */
    const float *t0, *t0_bias, *t1, *t1_bias, *mod, *mod_bias, *final, *final_bias;
    struct block *block;
    struct attention attention; /* for the most tokens: sizes of k and v */
    int widest;                 /* numbers of the widest token's input */
};

struct dit_work {
    float *h, *q, *att, *k, *v, *u;  /* rows of all tokens */
    float *mod;                      /* [blocks][6][width] then [2][width]: scales carry the 1 */
    float *time;                     /* temb, hidden, c, 6 width of mod, 2 width of final */
    float *linear[MODEL_LAYERS_MAX]; /* [dim]: c(t) of FORMAT.md 6 */
    float **tile;                    /* [threads][..] */
    float **scores;                  /* [threads][..] */
};

#endif
