/* From noise to a clean latent with a Wan transformer: solver steps, guidance, a first frame that
 * is held, and the two experts of Wan 2.2 A14B, one for much noise and one for little.
 *
 *     struct wan_sample s = {.dit = d, .frames = 21, .rows = 60, .columns = 104, .steps = 50,
 *                            .shift = 5, .guidance = 5, .text = rows, .text_rows = 17,
 *                            .threads = 2};
 *     float *x = ...;                          // noise, [channels][frames][rows][columns]
 *     if (wan_sample_run(&s, x, NULL, &err)) ...
 *
 * All memory is taken before the first step. Results depend on the request alone, not on threads.
 */
#ifndef WHELK_WAN_SAMPLE_H
#define WHELK_WAN_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include "../../pipeline/base/error.h"
#include "../cuda/wan_device.h"
#include "../ncr_wan.h"
#include "flow.h"
#include "wan_dit.h"

struct wan_sample {
    const struct wan_dit *dit, *low; /* low: for times below `boundary`; NULL = one for all */
    double boundary;                 /* 0..1000 */
    int frames, rows, columns;       /* of the latent */
    enum flow_solver solver;
    int steps;
    double shift, guidance, guidance_low; /* guidance 1 = none, one pass a step */
    const float *text, *negative;         /* rows of the text encoder */
    int text_rows, negative_rows;
    const float *first; /* [channels][rows][columns] held clean, or NULL */
    bool holds;         /* for plans made before `first` is there: it will be */
    const float *y;     /* what the transformer takes beside the latent, or NULL */
    const float *image; /* rows of the image encoder, or NULL */
    uint64_t seed;      /* of the fresh noise of FLOW_RENOISE */
    int threads;
    double budget;         /* share of exact mode's FLOPs to spend (ncr_wan.h); 0 = 1 = exact */
    unsigned switches;     /* what may be left out under a budget; 0 = NCR_ALL */
    struct device *device; /* the passes run on it; NULL = on the processor */
    struct wan_device_options on_device;
    /* Told before and after each pass and asked between blocks; done counts whole steps. False ends
     * the work. May be NULL. */
    bool (*progress)(void *ctx, double done);
    /* After every `look_every` steps but the last: the estimate of the clean latent, borrowed; rows
     * and columns are half of the above while steps are coarse. 0 = never. */
    void (*look)(void *ctx, const float *clean, int rows, int columns);
    int look_every;
    /* For parity checks: "cond", "uncond" and "x" of each step. May be NULL. */
    void (*trace)(void *ctx, const char *name, int step, const float *data, long count);
    void *ctx;
};

/* What a step really was. */
struct wan_step {
    double sigma;
    int passes;           /* 0 where it is answered from another step */
    bool gated;           /* without the pass for the negative prompt */
    bool near;            /* tokens looked at near frames only */
    bool coarse;          /* on half the height and width */
    int pairs;            /* of tokens that were joined in the middle blocks */
    double tokens, looks; /* of a pass, means of its blocks: see ncr_wan.h */
    double flops, seconds;
};

struct wan_sample_figures {
    int reused, gated, near, paired, coarse; /* steps; those reused are none of the others */
    int passes;
    double tokens, looks, flops; /* summed over passes */
    struct wan_step *step;       /* [steps] of the caller's, filled; NULL = not wanted */
};

/* What each of the steps will leave out, and all of them; plan: [steps]. */
bool wan_sample_plan(const struct wan_sample *s, struct ncr_wan_step *plan,
                     struct ncr_wan_total *total, whelk_error *err);
long long wan_sample_bytes(const struct wan_sample *s); /* of scratch */
bool wan_sample_run(const struct wan_sample *s, float *x, struct wan_sample_figures *f,
                    whelk_error *err); /* f may be NULL */

#endif
