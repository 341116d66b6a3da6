/* Noise-aware compute redistribution for transformers trained elsewhere, which know one token size
 * only: what is left out of each denoising step, planned before the first one. Five switches:
 *
 *     reuse   a step is answered from the last computed one (wan_reuse.h decides which steps of a
 *             stretch, the plan how many of them)
 *     gate    the pass without the prompt is left out of late steps; what it would change is kept
 *             from the last step that had both passes
 *     near    in steps of little noise a token attends to the first frame and to those near its own
 *             (wan_near.h)
 *     pair    neighbouring tokens are one in the middle blocks (wan_pairs.h decides which, the plan
 *             how many)
 *     coarse  the first steps are made on a latent of half the height and width (wan_pool.h)
 *
 * Exact mode is the beginning: every step, both passes, every token. A budget below 1 takes away in
 * the order above, one small thing after another, until  budget * flops(exact)  is reached:
 *     1. up to half of the steps that may be reused are, in 64ths;
 *     2. the gate moves from the last step back to the middle one;
 *     3. attention is near in those same steps, from the last of them back to the first;
 *     4. up to all pairs are joined in them, in 64ths;
 *     5. up to two fifths of the steps become coarse.
 * Never taken from: the first fifth of the steps and the last step (but coarse, and the gate), the
 * first step of an expert and the first step after coarse ones, which are made whole. Why this
 * order and these limits: README.md. Steps of equal cost that follow one another are a stretch, so
 * which of them are reused changes nothing of what is spent. */
#ifndef WHELK_NCR_WAN_H
#define WHELK_NCR_WAN_H

#include <stdbool.h>

enum { NCR_REUSE = 1, NCR_GATE = 2, NCR_PAIR = 4, NCR_COARSE = 8, NCR_NEAR = 16, NCR_ALL = 31 };

struct ncr_wan_model {
    unsigned switches;    /* those that may be used */
    int tokens;           /* of a pass */
    int pairs;            /* that can be joined; 0 = none */
    double near;          /* share of the pairs of tokens that near attention looks at; 0 = none */
    bool halves;          /* the latent can be made on half its height and width */
    int blocks, from, to; /* pairs are joined in [from, to) */
    double per_pair, per_token, fixed, ends; /* see wan_dit_costs */
    int expert;    /* the first step of the expert for little noise; steps = none */
    int passes[2]; /* of a step with guidance 2, else 1; before `expert` and from it on */
};

struct ncr_wan_step {
    bool coarse;
    int passes;
    bool gated; /* one pass in place of two */
    bool near;
    int pairs;     /* joined in the middle blocks */
    int stretch;   /* steps of the stretch that begins here; 0 = none does */
    int reuses;    /* of these, how many are reused */
    double tokens; /* of a pass, mean of its blocks */
    double looks;  /* of a pass: pairs of a token and one that it looks at, mean of its blocks */
    double flops;  /* of the step when it is computed */
};

struct ncr_wan_total {
    int coarse, gated, reused, near, paired; /* steps */
    int passes, passes_exact;
    double flops, flops_exact, tokens, tokens_exact, looks, looks_exact;
};

/* Plans `steps` steps; budget 0 or more than 1 = 1. False when only the least could be given, which
 * is more than the budget. */
bool ncr_wan_plan(const struct ncr_wan_model *m, int steps, double budget,
                  struct ncr_wan_step *plan, struct ncr_wan_total *total);

#endif
