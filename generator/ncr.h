/* Noise-aware compute redistribution: how many tokens are fine at each denoising step, and which.
 * Pure functions of their arguments; README.md says why.
 *
 * A layer with quads can be given to the transformer as quads (L0, one token for quad_cells cells)
 * or as cells (L1); at mixed sizes `fine` of its quads are split into their cells. Of a layer that
 * can be empty in places (one with a matte) the emptiest cells can be left without a token. The
 * cost of one pass over n tokens is counted, not guessed:
 *
 *     flops = per_token * n + per_pair * n^2 + fixed
 *             + sum over layers of (per_fine * fine cells + per_coarse * coarse quads)
 *
 * A plan starts with every layer coarse at every step (the floor: no smaller budget can be met),
 * and then spends, in this order and as far as  budget * steps * flops(all fine)  reaches:
 *     1. steps with t <= mixed_above become fine but for their emptiest cells, the last step first;
 *     2. the share of their cells that have a token rises from least_filled to 1, in 64ths;
 *     3. all other steps with t <= coarse_above get the same share of fine quads, raised in 64ths;
 *     4. steps with t > coarse_above become all fine, the lowest t first.
 * Each stage begins only when the one before is complete, so that more budget never means fewer
 * tokens at any step. Budget 1 is exact: all fine, always. The density of quads decides only which
 * are fine, and what a cell holds only which are left out; never how many. */
#ifndef WHELK_NCR_H
#define WHELK_NCR_H

#include <stdbool.h>

enum { NCR_LAYERS_MAX = 8, NCR_SHARES = 64 };

struct ncr_model {
    int layers;
    int cells[NCR_LAYERS_MAX];
    int quads[NCR_LAYERS_MAX], quad_cells[NCR_LAYERS_MAX]; /* 0 = the layer has L1 only */
    double weight[NCR_LAYERS_MAX]; /* a layer's share is min(1, weight * share); 1 */
    bool matte[NCR_LAYERS_MAX];    /* may be empty in places */
    int extra;                     /* tokens of slots and caption */
    double per_token, per_pair, fixed;
    double per_fine[NCR_LAYERS_MAX], per_coarse[NCR_LAYERS_MAX];
    double coarse_above, mixed_above;
    double least_filled; /* 0..1; 0 = 1: no cell is left out */
};

struct ncr_step {
    int fine[NCR_LAYERS_MAX];  /* quads that are split; = quads: the layer is all fine */
    int cells[NCR_LAYERS_MAX]; /* cells that have a token of their own */
    int tokens;                /* of the sequence, extra ones included */
    double flops;              /* of one pass */
};

/* Fills tokens and flops from fine and cells. */
void ncr_count(const struct ncr_model *m, struct ncr_step *step);

/* All fine: what budget 1 gives every step. */
void ncr_exact(const struct ncr_model *m, struct ncr_step *step);

/* Plans `steps` steps whose noise levels are t[0..steps), falling; budget as said above, 0 or more
 * than 1 = 1. Returns true when the plan's flops are within the budget, false when only the floor
 * could be given. */
bool ncr_plan(const struct ncr_model *m, int steps, const double *t, double budget,
              struct ncr_step *plan);

/* Density of a quad from its cells' vectors, cell c at x + c * dim with weight[c] >= 0 added (a
 * matte's energy; may be NULL): each cell's squared distance from the quad's mean, then the 90th
 * percentile over the cells, never the mean. cell_offset: cells of the quad as offsets in cells. */
float ncr_density(const float *x, const int *cell_offset, int cells, int dim, const float *weight);

/* Marks the `fine` densest of `quads` in chosen[] (or the fullest of cells); ties go to the lower
 * index. order: scratch of `quads` ints. */
void ncr_choose(const float *density, int quads, int fine, int *order, bool *chosen);

#endif
