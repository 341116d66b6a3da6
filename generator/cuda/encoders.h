/* The encoders of the Wan models on a device: UMT5, which reads the prompt, and CLIP's image
 * encoder, which sees the first and the last picture. Both read each weight once a text or picture,
 * so no weights stay: blocks pass through two slots (stream.h).
 *
 *     struct encode_options o = {.type = DEVICE_BF16, .threads = 8};
 *     if (umt5_device_bytes(device, t, 512, o.type) <= device_granted(device, vram))
 *         rows = umt5_device_encode(device, t, ids, count, &o, &err);          // caller's
 *
 * All memory of the device is taken before the first block and given back at the end. Results are
 * those of umt5_encode and clip_encode up to the rounding of operands. */
#ifndef WHELK_CUDA_ENCODERS_H
#define WHELK_CUDA_ENCODERS_H

#include "../model/clip.h"
#include "../model/umt5.h"
#include "device.h"

struct encode_options {
    enum device_type type; /* of operands; sums and norms are f32 either way */
    int threads;           /* of the host, that make weights operands */
    /* For parity checks: stages under the reference's names. May be NULL. */
    void (*trace)(void *ctx, const char *name, const float *data, long rows, long width);
    void *ctx;
};

/* Of the device, its own among it; -1 where its sizes are none that products take. */
long long umt5_device_bytes(const struct device *v, const struct umt5 *t, int tokens,
                            enum device_type type);
long long clip_device_bytes(const struct device *v, const struct clip *c, enum device_type type);
/* Of the host, for copies. */
long long umt5_device_host_bytes(const struct umt5 *t, int tokens, enum device_type type);
long long clip_device_host_bytes(const struct clip *c, enum device_type type);

float *umt5_device_encode(struct device *v, const struct umt5 *t, const int *ids, int count,
                          const struct encode_options *o, whelk_error *err);
float *clip_device_encode(struct device *v, const struct clip *c, const float *rgb, int height,
                          int width, const struct encode_options *o, whelk_error *err);

#endif
