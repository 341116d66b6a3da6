/* How the actor of a take is there, measured on its decoded layers before any frame is drawn: what
 * pixels alone cannot tell, a smear from a cat. Pure functions. */
#ifndef WHELK_PRESENCE_H
#define WHELK_PRESENCE_H

#include "compose.h"
#include "generator.h"

/* Of the k-th in the picture, 0 = the actor, over the poses that the clip shows; `c` knows the
 * windows. All zero where the model has no actor
 * or no pose of it holds a solid pixel. */
whelk_gen_actor presence_of(const struct compose_layers *layers, const struct compose *c,
                            const struct compose_options *options, int k);

/* Of one pose's alpha, edge x edge: the share of the solid pixels that hang together in the largest
 * piece; 0 = none is solid. `stack` has room for edge * edge numbers, `seen` for as many bytes. */
double presence_whole(const float *alpha, int edge, int *stack, unsigned char *seen);

#endif
