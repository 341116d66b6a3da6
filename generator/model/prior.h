/* Between a layer's latents z and the numbers x the transformer works on (FORMAT.md 4): what the
 * slots already tell is taken off, the rest turned and scaled. */
#ifndef WHELK_PRIOR_H
#define WHELK_PRIOR_H

#include "model.h"

/* m [cells * dim]: what the slots alone say of the layer. slots NULL = all unset. */
bool prior_mean(const struct model *m, int layer, const int *slots, float *mean, whelk_error *err);

/* [cells * dim] each; in and out may be the same array. */
bool prior_to_x(const struct model *m, int layer, const int *slots, const float *z, float *x,
                whelk_error *err);
bool prior_to_z(const struct model *m, int layer, const int *slots, const float *x, float *z,
                whelk_error *err);

#endif
