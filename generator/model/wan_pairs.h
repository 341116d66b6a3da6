/* Neighbouring tokens that go through the middle blocks of a transformer as one: where the picture
 * has neither detail nor motion, both need the same work. A pair is the two tokens 2k and 2k + 1 of
 * a row; joined it is their mean, at the place between them, and what the middle blocks add to it
 * is added to both, so that their difference goes round those blocks.
 *
 *     struct wan_pairs p;
 *     if (!wan_pairs_init(&p, dit, frames, rows, columns, true, &err)) ...
 *     wan_pairs_look(&p, channels, x, v, sigma);   // after a step: where is there anything
 *     wan_pairs_choose(&p, count, held);           // the `count` emptiest are joined
 *     struct wan_pass pass = {..., .pairs = &p};
 *     wan_pairs_release(&p);
 *
 * All memory is taken by wan_pairs_init. One thread at a time. */
#ifndef WHELK_WAN_PAIRS_H
#define WHELK_WAN_PAIRS_H

#include <stdbool.h>
#include "wan_dit.h"

struct wan_pairs {
    int frames, rows, columns; /* of the latent */
    int count;                 /* pairs that there are: columns / 4 in a row of tokens */
    int from, to;              /* the blocks that join them: [from, to) */
    float *density;            /* [count] */
    bool *joined;              /* [count] */
    int *sequence; /* [tokens]: twice the number of a token, and 1 where it is the first of a
                      joined pair */
    int tokens;    /* of the sequence */
    float *aside;  /* [count][width]: half of the first less the second; NULL = on a device */
};

/* How many pairs there are beyond the first `held` frames, and which blocks join them: none in the
 * first and the last tenth, nor in the first block. */
int wan_pairs_count(int frames, int rows, int columns, int held);
void wan_pairs_blocks(const struct wan_dit *d, int *from, int *to);

/* here: they are joined by the processor, which keeps what is aside; else by a device. */
long long wan_pairs_bytes(const struct wan_dit *d, int frames, int rows, int columns, bool here);
bool wan_pairs_init(struct wan_pairs *p, const struct wan_dit *d, int frames, int rows, int columns,
                    bool here, whelk_error *err);
void wan_pairs_release(struct wan_pairs *p); /* all zeros is fine */

/* The density of every pair, from the clean latent x - sigma v: over its eight places the greatest
 * of the squared distances from the pair's mean and from the same place a frame before, summed over
 * channels (of eight numbers the greatest is the 90th percentile). */
void wan_pairs_look(struct wan_pairs *p, int channels, const float *x, const float *v,
                    double sigma);

/* Joins the `count` pairs of least density, of equal ones the first; none of the first `held`
 * frames. */
void wan_pairs_choose(struct wan_pairs *p, int count, int held);

/* Stages of a pass (wan_dit.c): every lane calls them. */
struct run;
struct lane;
void wan_pairs_join(struct run *r, struct lane *l);
void wan_pairs_part(struct run *r, struct lane *l);

#endif
