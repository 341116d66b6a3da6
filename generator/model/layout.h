/* Which token stands where: how one step cuts every layer into fine tokens (cells) and coarse ones
 * (quads), and what follows for the depthwise convolution. Tokens of a layer lie together, fine
 * ones first, each kind in raster order; then the slots' and the caption's.
 *
 *     struct geometry g;  geometry_init(&g, model, &err);
 *     struct layout l;    layout_init(&l, model, &err);           // room for any cut
 *     layout_build(&l, &g, chosen, NULL);  // chosen[layer][quad]: split into cells; allocates
 * nothing */
#ifndef WHELK_LAYOUT_H
#define WHELK_LAYOUT_H

#include "../cpu/ops.h"
#include "model.h"

struct geometry {
    const struct model *model;
    /* [quads * quad_cells], in t, y, x order; NULL where there is L1 only */
    int *cells_of_quad[MODEL_LAYERS_MAX];
    int *quad_of_cell[MODEL_LAYERS_MAX];
};

bool geometry_init(struct geometry *g, const struct model *m, whelk_error *err);
void geometry_release(struct geometry *g);

struct layout_layer {
    int start, fine, coarse; /* first token; tokens of each kind */
    int *cells, *quads;      /* [fine], [coarse]: what they stand for */
    int *row_of_cell;        /* the token of each cell; -1 = it has none */
};

struct layout {
    const struct model *model;
    struct layout_layer layer[MODEL_LAYERS_MAX];
    int image_tokens, tokens; /* without and with slots and caption */
    struct ops_tap *taps;     /* of tokens of grids; kinds: ops.h */
    int *tap_start;           /* [image tokens + 1] */
    long tap_count;
};

bool layout_init(struct layout *l, const struct model *m, whelk_error *err);
void layout_release(struct layout *l);
long long layout_bytes(const struct model *m);
/* filled[layer][cell]: false = a cell of a chosen quad that has no token; a layer's NULL, or filled
 * itself: all have. */
void layout_build(struct layout *l, const struct geometry *g, bool *const chosen[MODEL_LAYERS_MAX],
                  bool *const filled[MODEL_LAYERS_MAX]);

/* The kernel [c][9] as taps [18][c]: rows 0..8 as they are; rows 9..17 for quads beside quads,
 * where neighbouring cells see the same token: the mean over a quad's cells of the kernel's taps
 * that land in the quad at that offset. */
void layout_fold(const struct model_layer *l, const float *kernel, int c, float *taps);

#endif
