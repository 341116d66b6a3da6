/* Which denoising steps are answered from the last computed one: EasyCache's rule (H-EmbodVis,
 * 2025), with a number of steps to reuse in place of a threshold.
 *
 * Between two computed steps the answer changes by k |x - x'| where k is what the last two computed
 * answers showed: k = |v - v'|_1 / |x - x'|_1. As a share of the answer, k |x_i - x_i-1|_1 / |v|_1
 * is the change that step i brings. Changes are summed, and a step is computed when the sum reaches
 * what is due on average, which is then taken from it; else the answer is x + (v - x) of the last
 * computed step. All over the latent as guided, so one decision serves both passes.
 *
 *     struct wan_reuse r;
 *     if (!wan_reuse_init(&r, count, &err)) ...
 *     wan_reuse_begin(&r, 10, 5);               // of the next 10 steps 5 are reused
 *     if (wan_reuse_answers(&r, x, v)) ...      // v is made; else compute it and
 *     wan_reuse_keep(&r, x, v);
 *     wan_reuse_release(&r);
 *
 * Every step calls wan_reuse_answers, then wan_reuse_keep where it was false. All memory is taken
 * by wan_reuse_init. */
#ifndef WHELK_WAN_REUSE_H
#define WHELK_WAN_REUSE_H

#include <stdbool.h>
#include "../../pipeline/base/error.h"

struct wan_reuse {
    long count;
    float *x, *v, *before; /* of the last computed step; x of the last step */
    double size, rate;     /* |v|_1; k, 0 = not known yet */
    int kept;              /* computed steps since the beginning or wan_reuse_forget */
    double sum, all;       /* of changes since the last computed step; in the stretch so far */
    int seen;              /* steps of the stretch so far */
    int steps, reuses;     /* of the stretch; what is left of both */
    double due;            /* steps of the stretch for each computed one */
};

long long wan_reuse_bytes(long count);
bool wan_reuse_init(struct wan_reuse *r, long count, whelk_error *err);
void wan_reuse_release(struct wan_reuse *r); /* all zeros is fine */

void wan_reuse_begin(struct wan_reuse *r, int steps, int reuses);
/* The latent is another one from here on (another size, another expert). */
void wan_reuse_forget(struct wan_reuse *r, long count);

bool wan_reuse_answers(struct wan_reuse *r, const float *x, float *v);
void wan_reuse_keep(struct wan_reuse *r, const float *x, const float *v);

#endif
