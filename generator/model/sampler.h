/* From a request to clean latents: noise, Euler steps over the transformer, held layers, guidance,
 * and the plan of fine and coarse tokens (ncr.h).
 *
 *     struct sampler *s = sampler_new(model, threads, &err);          // packs the weights once
 *     struct latents z;
 *     latents_init(&z, model, &err);
 *     int slots[MODEL_SLOTS_MAX];
 *     sample_unset(model, slots);                                     // all left to the model
 *     slots[model_find_slot(model, "place")] = 3;
 *     struct sample_request r = {.slots = slots, .caption = "a cat", .seed = 7};
 *     if (sampler_run(s, &r, &z, NULL, NULL, &err)) ...
 *     latents_release(&z);
 *     sampler_free(s);
 *
 * Same request, model and instruction set (or device): the same bytes, whatever the number of
 * threads. All
 * memory is taken before the first step. A sampler is used by one thread at a time and starts its
 * own workers. */
#ifndef WHELK_SAMPLER_H
#define WHELK_SAMPLER_H

#include <stdint.h>
#include "../../pipeline/base/note.h"
#include "../cuda/device.h"
#include "model.h"

struct latents {
    float *z[MODEL_LAYERS_MAX]; /* z of FORMAT.md 3 and 4, [cells * dim] of each layer, in the
                                   model's order */
};

bool latents_init(struct latents *l, const struct model *m, whelk_error *err); /* zeros */
void latents_release(struct latents *l);

struct sample_request {
    const int *slots; /* model->slot_count indices; count of the slot = unset; NULL = all unset */
    const char *caption;  /* NULL = none */
    const char *negative; /* what guidance leads away from, instead of nothing said; NULL = none */
    uint64_t seed;
    int steps;       /* 0 = the model's own */
    double guidance; /* 0 = the model's own; 1 = one pass */
    double budget;   /* 0 = 1 = exact */
    const float *
        held[MODEL_LAYERS_MAX]; /* z of a layer to be kept as it is, or NULL; comes out unchanged */
    const float *start[MODEL_LAYERS_MAX]; /* what a layer of a further part begins with (goes_on.h,
                                             model_start_numbers of it), or NULL; a grid's comes out
                                             unchanged */
    const float *noise[MODEL_LAYERS_MAX]; /* x at t = 1 instead of the seed's, or NULL: for tests */
};

enum { SAMPLE_STEPS_MAX = 200 };

struct sample_step {
    double t;
    int tokens, passes; /* tokens of one pass; 2 passes where guidance needs the second */
    double flops_predicted, flops; /* by the plan; by the shapes really run, all passes */
    double seconds;
};

struct sample_figures {
    int steps;
    long long tokens, tokens_exact; /* summed over steps and passes */
    double flops, flops_exact;
    double seconds;
    long long scratch_bytes;
    struct sample_step step[SAMPLE_STEPS_MAX];
};

struct sampler;

struct sampler *sampler_new(const struct model *m, int threads,
                            whelk_error *err); /* threads 1..64 */
void sampler_free(struct sampler *s);

/* From here on passes are made on a device, which must outlive the sampler; all else stays on the
 * processor. type: of operands; bytes: most that is taken of the device, 0 = what is there. False
 * and a sentence where it does not go, and the processor makes them still. */
bool sampler_use_device(struct sampler *s, struct device *device, enum device_type type,
                        long long bytes, whelk_error *err);

/* Bytes of the host that sampler_run will take for this request, counted before anything is
 * allocated. */
long long sampler_bytes(const struct sampler *s, const struct sample_request *r);

/* What each step will be, before any is made: fills out[0..room) and returns how many there are; 0
 * and *err for a bad request. */
int sampler_plan(const struct sampler *s, const struct sample_request *r, struct sample_step *out,
                 int room, whelk_error *err);

/* `listen` may be NULL: progress is told with stage "shoot", what "step", and asked between blocks
 * whether to go on; WHELK_EINTERRUPTED when not. `figures` may be NULL. */
bool sampler_run(struct sampler *s, const struct sample_request *r, struct latents *out,
                 const whelk_listener *listen, struct sample_figures *figures, whelk_error *err);

void sample_unset(const struct model *m, int *slots);

#endif
