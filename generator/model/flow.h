/* Solvers of the flow models' equation dx/dsigma = v(x, sigma) from noise (sigma near 1) to a clean
 * latent (sigma 0), where x = (1 - sigma) x0 + sigma noise and so x0 = x - sigma v.
 *
 *     struct flow f;
 *     if (!flow_init(&f, FLOW_UNIPC, 50, 5.0, count, &err)) ...
 *     for (int i = 0; i < f.steps; i++) {
 *         model(x, f.time[i], v);                  // x, v: count floats
 *         flow_step(&f, i, v, x, NULL);            // x becomes the sample before step i + 1
 *     }
 *     flow_release(&f);
 *
 * All memory is taken by flow_init. Steps are made in order, from 0. One thread at a time.
 *
 * Sources: UniPC (Zhao et al., 2023) of order 2, B(h) = exp(h) - 1, predicting x0, first order in
 * the last step; DPM-Solver++ 2M (Lu et al., 2022), first order in the last step; both with the
 * noise tables of the Wan models. */
#ifndef WHELK_FLOW_H
#define WHELK_FLOW_H

#include <stdbool.h>
#include "../../pipeline/base/error.h"

enum { FLOW_STEPS_MAX = 1000 };

enum flow_solver {
    FLOW_UNIPC,  /* sigma from 0.999 */
    FLOW_DPMPP,  /* sigma from 1 */
    FLOW_EULER,  /* sigma from 1; times are not rounded */
    FLOW_RENOISE /* for few-step distilled weights: x0, then fresh noise; sigma from 1 */
};

struct flow {
    enum flow_solver solver;
    int steps;
    long count;         /* floats of a sample */
    double *sigma;      /* [steps + 1], falling, the last one 0 */
    double *time;       /* [steps] what the model is given: 1000 sigma, for unipc, dpmpp and renoise
                           without its fraction */
    float *estimate[3]; /* x0 of this step and of the two before it */
    float *before;      /* unipc: the sample that the last prediction began from */
    int order;          /* unipc: of the last prediction */
    int first;          /* the step that is the first: nothing is known of those before it */
};

/* shift: how far steps are moved towards noise, 1 = none. WHELK_EUSAGE for steps outside 1..1000 or
 * a shift outside 0.01..100; WHELK_EFAIL without memory. */
bool flow_init(struct flow *f, enum flow_solver solver, int steps, double shift, long count,
               whelk_error *err);
/* The same steps over the pooled latents of wan_pool.h, whose noise levels are lower. */
bool flow_init_pooled(struct flow *f, const struct flow *of, long count, whelk_error *err);
void flow_release(struct flow *f);

/* "unipc", "dpmpp", "euler", "renoise"; false for other words. */
bool flow_solver_named(const char *name, enum flow_solver *out);

/* Advances x by step i; v is the model's answer to it and is left as it was. noise: fresh normal
 * numbers for FLOW_RENOISE (not in the last step), NULL otherwise. */
void flow_step(struct flow *f, int i, const float *v, float *x, const float *noise);

#endif
