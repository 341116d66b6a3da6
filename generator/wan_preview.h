/* What a latent is becoming, as a small picture: each place's numbers times a matrix give its
 * colour. The matrix is fitted to the model's own codec, by least squares over a picture made for
 * it, encoded once: colours that run into one another and some with edges. A fraction of a second
 * on a processor, and right for whatever codec there is.
 *
 *     float fit[WAN_PREVIEW_FIT];
 *     if (wan_preview_fit(vae, threads, fit, &err)) ...
 *     wan_preview_draw(fit, channels, latent + t * plane, frames * plane, plane, rgb); */
#ifndef WHELK_WAN_PREVIEW_H
#define WHELK_WAN_PREVIEW_H

#include <stdbool.h>
#include <stdint.h>
#include "model/wan_vae.h"

enum { WAN_PREVIEW_CHANNELS = 64, WAN_PREVIEW_FIT = 3 * (WAN_PREVIEW_CHANNELS + 1) };

long long wan_preview_bytes(const struct wan_vae *v, int threads); /* of scratch of the fit */
bool wan_preview_fit(const struct wan_vae *v, int threads, float fit[WAN_PREVIEW_FIT],
                     whelk_error *err);

/* `count` places: number c of place i is x[c * stride + i]; rgb: 3 bytes each. */
void wan_preview_draw(const float *fit, int channels, const float *x, long stride, long count,
                      uint8_t *rgb);

#endif
