/* The transformer of FORMAT.md 6: one pass from noisy numbers to velocities, at any cut into
 * tokens, by all lanes of a team.
 *
 *     struct dit *d = dit_new(model, threads, &err);          // packs the weights
 *     struct dit_work *w = dit_work_new(d, &err);             // scratch for any cut
 *     dit_prepare(d, &step, &err);                            // primitives for such a cut
 *     // inside a parallel region, every lane:
 *     dit_pass(d, w, &pass, &lane);
 *
 * dit_pass allocates nothing but oneDNN's lists of arguments and gives the same bytes for any
 * number of lanes. Between blocks lane 0 asks `go_on`; when it says no, all lanes leave and the
 * velocities are not complete. */
#ifndef WHELK_DIT_H
#define WHELK_DIT_H

#include "../cpu/team.h"
#include "../ncr.h"
#include "cond.h"
#include "layout.h"

struct dit;
struct dit_work;

struct dit *dit_new(const struct model *m, int threads, whelk_error *err);
void dit_free(struct dit *d);
long long dit_bytes(const struct dit *d); /* of packed weights */

struct dit_work *dit_work_new(const struct dit *d, whelk_error *err);
void dit_work_free(struct dit_work *w);
long long dit_work_bytes(const struct dit *d);

/* For passes of as many fine and coarse tokens as the step has. */
bool dit_prepare(struct dit *d, const struct ncr_step *step, whelk_error *err);

struct dit_pass {
    const struct layout *layout;
    const struct cond *cond;
    double t;
    const float *x[MODEL_LAYERS_MAX]; /* [cells * dim] */
    float *v[MODEL_LAYERS_MAX];       /* untouched in cells that have no token */
    int held[MODEL_LAYERS_MAX]; /* a layer's first cells that are clean: 0, of its first group, or
                                   all of them; their velocities mean nothing */
    const float
        *start[MODEL_LAYERS_MAX]; /* [width], by dit_start; NULL: begins with nothing given */
    bool (*go_on)(void *ctx, double part); /* part: of this pass, 0..1; may be NULL */
    void *ctx;
};

void dit_pass(const struct dit *d, struct dit_work *w, const struct dit_pass *p, struct lane *lane);

/* What a path's token is given of the poses that it begins with (goes_on.h, [raw / poses][group]),
 * out: [width]. Only of models whose shots go on. */
void dit_start(const struct dit *d, int layer, const float *poses, float *out);

/* Costs for the plan, and those of one pass counted from what it really does. */
void dit_costs(const struct model *m, struct ncr_model *out);
double dit_flops(const struct model *m, const struct layout *l);

#endif
