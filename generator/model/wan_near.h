/* Attention to what is near in time. Late steps, in which little noise is left, mend what is there;
 * for that a token looks at the first frame, which holds what was given, and at those up to an
 * eighth of the latent before and after its own. Parts of keys are whole frames or a little more: a
 * kernel takes them by the step. */
#ifndef WHELK_WAN_NEAR_H
#define WHELK_WAN_NEAR_H

#include "../cpu/attention.h"

/* Frames before and after its own that a token of `frames` looks at. */
int wan_near_reach(int frames);

/* The share of all pairs of tokens that this looks at; 0 where it would be all of them. */
double wan_near_share(int frames);

/* The tokens of a pass, frame after frame; with pairs joined (wan_pairs.h) a `sequence` of them. */
struct wan_near {
    int frames, per_frame, tokens;
    const int *sequence; /* NULL = all */
    int step;            /* bounds of parts but the last are multiples of it; 0 = ATTENTION_STEP */
};

/* The keys for tokens [first, first + rows); returns how many parts there are. */
int wan_near_parts(const struct wan_near *n, int first, int rows, struct attention_part part[2]);

#endif
