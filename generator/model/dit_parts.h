/* Inside of the transformer, shared by dit_make.c, which builds it, dit.c, which runs it on the
 * processor, dit_ends.c, and the pass on a device (../cuda/dit_device.c). */
#ifndef WHELK_DIT_PARTS_H
#define WHELK_DIT_PARTS_H

#include "../cpu/attention.h"
#include "dit.h"

enum { FINE = 1, COARSE = 0, TEMB = 128, TILE_MOST = 64 };
#define DIT_EPS 1e-5f /* of the norms, as ops.h has it */

/* y = x . w^T + bias: as the model has it, and packed. */
struct linear {
    struct gemm *gemm;
    const float *w, *bias; /* [n][k]; [n] or NULL */
    int n, k;
};

struct block {
    struct linear qkv, o, fc1, fc2;
    const float *mod_bias;
    float qk_scale;
    float *taps[MODEL_LAYERS_MAX]; /* [18][4 width], NULL for vectors */
};

struct dit {
    const struct model *model;
    struct geometry geometry;
    int threads;
    struct linear in[MODEL_LAYERS_MAX][2], out[MODEL_LAYERS_MAX][2]; /* [layer][level] */
    float *pos[MODEL_LAYERS_MAX][2]; /* projection of the sines plus the learned row */
    const float *held[MODEL_LAYERS_MAX], *var[MODEL_LAYERS_MAX]; /* var: of x_0, by axis */
    const float *start[MODEL_LAYERS_MAX],
        *start_bias[MODEL_LAYERS_MAX]; /* paths of shots that go on */
    const float *t0, *t0_bias, *t1, *t1_bias, *mod, *mod_bias, *final, *final_bias;
    struct block *block;
    struct attention attention; /* for the most tokens: sizes of k and v */
    int widest;                 /* numbers of the widest token's input */
};

/* What of a pass depends on its t and conditions alone. */
struct dit_moment {
    float *mod;                      /* [blocks][6][width] then [2][width]: scales carry the 1 */
    float *time;                     /* temb, hidden, c, 6 width of mod, 2 width of final */
    float *linear[MODEL_LAYERS_MAX]; /* [dim]: c(t) of FORMAT.md 6 */
};

struct dit_work {
    float *h, *q, *att, *k, *v, *u; /* rows of all tokens */
    struct dit_moment moment;
    float **tile;   /* [threads][..] */
    float **scores; /* [threads][..] */
};

/* --- dit_ends.c --- */

bool dit_moment_init(struct dit_moment *m, const struct dit *d); /* false: no memory */
void dit_moment_release(struct dit_moment *m);
long dit_moment_floats(const struct dit *d);
void dit_moment_at(struct dit_moment *m, const struct dit *d, const struct dit_pass *p);

/* A piece of embedding or leaving: some tokens of one layer at one level. */
struct dit_piece {
    int layer, level, first, rows; /* within the layer's tokens of that level */
};
int dit_piece_tokens(const struct layout *l, int layer, int level);     /* of that kind in all */
int dit_piece_start(const struct layout *l, const struct dit_piece *p); /* its first token */
int dit_piece_dim(const struct dit *d, const struct dit_piece *p);      /* numbers of one token */
/* The row of `pos` that is of token i. */
int dit_piece_place(const struct layout *l, const struct dit_piece *p, int i);
bool dit_piece_held(const struct dit *d, const struct dit_pass *pass, const struct dit_piece *p,
                    int i);
/* x of its tokens, to rows of dit_piece_dim; and from rows of what the transformer adds to v. */
void dit_piece_gather(const struct dit *d, const struct dit_pass *pass, const struct dit_piece *p,
                      float *rows);
void dit_piece_scatter(const struct dit *d, const struct dit_moment *m, const struct dit_pass *pass,
                       const struct dit_piece *p, const float *rows);

#endif
