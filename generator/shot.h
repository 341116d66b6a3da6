/* A shot in memory, as take.c, view.c and the public call share it: the decoded layers, from which
 * frames of any size, rate and form are drawn. It stands alone once it is made. */
#ifndef WHELK_SHOT_H
#define WHELK_SHOT_H

#include "parts.h"

struct whelk_gen_shot {
    float *plate, *camera;                            /* as struct compose_layers wants them */
    float *actor, *actor_path, *effect, *effect_path; /* effect: NULL where the model has none */
    struct {
        float *actor, *actor_path, *effect, *effect_path;
    } guest[COMPOSE_GUESTS_MAX];
    struct compose_layers layers; /* their sizes, and the pointers above */
    double seconds;
};

/* The sizes of the layers alone, without pictures: for counting bytes. */
struct compose_layers shot_sizes(const whelk_generator *g, const struct take_request *t);

/* Is there room for denoising and decoding, and for `frames_bytes` more once layers are there? */
bool shot_check_memory(const whelk_generator *g, const struct take_request *t,
                       long long frames_bytes, whelk_error *err);

/* Where latents are kept: a file, NULL = nowhere; and the record of a take that was there before,
 * which no longer stands for a whole one then, or NULL. */
struct shot_keep {
    const char *latent, *record;
    const char *digest; /* of the request */
};

/* Noise to latents, part by part; fills the sampler's part of f, and figures [take_runs]. Parts
 * that the file holds of this very request are read, and each that is made is kept there at once.
 */
bool shot_denoise(const whelk_generator *g, const struct take_request *t,
                  const struct shot_keep *keep, struct parts *z, const whelk_listener *listen,
                  whelk_gen_figures *f, struct sample_figures *figures, whelk_error *err);

/* Latents to a shot; fills f->decode_s. NULL and *err on failure. */
whelk_gen_shot *shot_new(const whelk_generator *g, const struct take_request *t,
                         const struct parts *z, whelk_gen_figures *f, whelk_error *err);

double shot_clock(void); /* seconds, monotonic */

#endif
