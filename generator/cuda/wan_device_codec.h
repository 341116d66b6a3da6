/* The decoder of the Wan models' codecs on a device: the chain of ../model/wan_vae.c, a latent
 * frame at a time, with what each convolution needs of the two frames before it kept on the device.
 *
 *     struct wan_device_codec *c = wan_device_codec_new(device, vae, rows, columns, &o, &err);
 *     for (int t = 0; t < frames; t++)         // the first gives one frame, each next one four
 *         wan_device_codec_push(c, &picture, emit, ctx, &err);
 *     wan_device_codec_free(c);                // before the device and the vae close
 *
 * All memory is taken by wan_device_codec_new, weights included. One thread at a time. */
#ifndef WHELK_WAN_DEVICE_CODEC_H
#define WHELK_WAN_DEVICE_CODEC_H

#include "../model/wan_vae.h"
#include "wan_device.h"

/* Bytes on the device with its own, for latents of rows x columns; -1 = it cannot
 * decode this codec. */
long long wan_device_codec_bytes(const struct device *device, const struct wan_vae *v, int rows,
                                 int columns, enum device_type type);

struct wan_device_codec;
struct wan_device_codec *wan_device_codec_new(struct device *device, const struct wan_vae *v,
                                              int rows, int columns,
                                              const struct wan_device_options *o, whelk_error *err);
void wan_device_codec_free(struct wan_device_codec *c); /* NULL is fine */

bool wan_device_codec_push(struct wan_device_codec *c, const struct wan_picture *picture,
                           wan_emit_fn *emit, void *ctx, whelk_error *err);
/* For parity checks, as wan_codec_trace. */
void wan_device_codec_trace(struct wan_device_codec *c, wan_vae_trace_fn *trace, void *ctx);

#endif
