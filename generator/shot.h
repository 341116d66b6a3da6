/* A shot in memory, as take.c, view.c and the public call share it: the decoded layers, from which
 * frames of any size, rate and form are drawn. It stands alone once it is made. */
#ifndef WHELK_SHOT_H
#define WHELK_SHOT_H

#include "take.h"

struct whelk_gen_shot {
    float *plate, *camera;                            /* as struct compose_layers wants them */
    float *actor, *actor_path, *effect, *effect_path; /* effect: NULL where the model has none */
    struct compose_layers layers;                     /* their sizes, and the pointers above */
    double seconds;
};

/* The sizes of the layers alone, without pictures: for counting bytes. */
struct compose_layers shot_sizes(const whelk_generator *g);

/* Is there room for denoising and decoding, and for `frames_bytes` more once layers are there? */
bool shot_check_memory(const whelk_generator *g, const struct take_request *t,
                       long long frames_bytes, whelk_error *err);

/* Noise to latents; fills the sampler's part of f. */
bool shot_denoise(const whelk_generator *g, const struct take_request *t, struct latents *z,
                  const whelk_listener *listen, whelk_gen_figures *f,
                  struct sample_figures *figures, whelk_error *err);

/* Latents to a shot; fills f->decode_s. NULL and *err on failure. */
whelk_gen_shot *shot_new(const whelk_generator *g, const struct take_request *t,
                         const struct latents *z, whelk_gen_figures *f, whelk_error *err);

double shot_clock(void); /* seconds, monotonic */

#endif
