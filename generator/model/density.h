/* Where a layer needs fine tokens: the density of each quad in an estimate of its clean numbers
 * (ncr.h), with what a matte shows added, so that an actor counts where it is smooth too.
 *
 *     struct density d;
 *     density_init(&d, model, geometry, slots, &err);
 *     density_measure(&d, layer, x, out);          // out [quads]; allocates nothing
 *     density_release(&d); */
#ifndef WHELK_DENSITY_H
#define WHELK_DENSITY_H

#include "layout.h"
#include "model.h"

struct density {
    const struct model *model;
    const struct geometry *geometry;
    float *alpha[MODEL_LAYERS_MAX]; /* [dim] then [cells]; NULL for layers that hide nothing */
};

bool density_init(struct density *d, const struct model *m, const struct geometry *g,
                  const int *slots, whelk_error *err);
void density_release(struct density *d);
void density_measure(const struct density *d, int layer, const float *x, float *out);

#endif
