/* The decoder of the Wan models' codecs on a device: the chain of ../model/wan_vae.c, a latent
 * frame at a time, with what each convolution needs of the two frames before it kept on the device.
 *
 *     struct wan_device_codec *c = wan_device_codec_new(device, vae, rows, columns, &o, &err);
 *     struct wan_device_film film = {.first = {latent, frames * plane, 1}, .stride = plane, ...};
 *     wan_device_codec_run(c, &film, &err);    // the first latent frame gives one, each next four
 *     wan_device_codec_free(c);                // before the device and the vae close
 *
 * Where a frame has no room it is decoded in slices, rows of it from top to bottom, each through
 * all of the clip before the next one: wan_device_codec_run does that, and keeps frames on the host
 * until their last slice is there. A slice is computed with as many rows above and below as
 * convolutions still to come look at, so that it is the whole's to the last bit but for what a
 * library sums in another order; what is before the last attention within a frame is made whole for
 * every slice.
 *
 * All memory is taken by wan_device_codec_new, weights included, but the host's frames. One thread
 * at a time. */
#ifndef WHELK_WAN_DEVICE_CODEC_H
#define WHELK_WAN_DEVICE_CODEC_H

#include "../model/wan_vae.h"
#include "wan_device.h"

/* Bytes on the device with its own, for latents of rows x columns in so many slices; -1 = it cannot
 * decode this codec. */
long long wan_device_codec_bytes(const struct device *device, const struct wan_vae *v, int rows,
                                 int columns, enum device_type type, int slices);
/* The fewest slices that so many bytes are enough for; 0 = no number of them. */
int wan_device_codec_slices(const struct device *device, const struct wan_vae *v, int rows,
                            int columns, enum device_type type, long long granted);
/* Of the host, for frames that wait for their last slice; 0 for one slice. */
long long wan_device_codec_film_bytes(const struct wan_vae *v, int rows, int columns, int frames,
                                      int slices);

struct wan_device_codec;
struct wan_device_codec *wan_device_codec_new(struct device *device, const struct wan_vae *v,
                                              int rows, int columns,
                                              const struct wan_device_options *o, whelk_error *err);
int wan_device_codec_in_slices(const struct wan_device_codec *c); /* how many; 1 = whole */
void wan_device_codec_free(struct wan_device_codec *c);           /* NULL is fine */

/* `frames` latent frames, `stride` numbers one after another. asked: before each latent frame of
 * each slice, with the share of the work that is done; false ends it with WHELK_EINTERRUPTED; may
 * be NULL. */
struct wan_device_film {
    struct wan_picture first;
    long stride;
    int frames;
    wan_emit_fn *emit;
    bool (*asked)(void *ctx, double done);
    void *ctx;
};
bool wan_device_codec_run(struct wan_device_codec *c, const struct wan_device_film *film,
                          whelk_error *err);

/* One latent frame after another, for a decoder of one slice. */
bool wan_device_codec_push(struct wan_device_codec *c, const struct wan_picture *picture,
                           wan_emit_fn *emit, void *ctx, whelk_error *err);
/* For parity checks, as wan_codec_trace. */
void wan_device_codec_trace(struct wan_device_codec *c, wan_vae_trace_fn *trace, void *ctx);

#endif
