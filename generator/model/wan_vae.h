/* The causal video codecs of Wan 2.1 and 2.2: latents to frames and frames to latents, one frame at
 * a time, with what each convolution needs of the two frames before kept between calls.
 *
 *     struct wan_vae *v = wan_vae_open("Wan2.1_VAE.safetensors", false, &err);
 *     struct wan_codec *c = wan_codec_new(v, WAN_DECODE, rows, columns, threads, &err);
 *     for (int t = 0; t < frames; t++)         // the first gives one frame, each next one four
 *         wan_codec_push(c, &(struct wan_picture){latent + t * plane, frames * plane, 1}, emit,
 * ctx, &err); wan_codec_free(c);
 *
 * Encoding takes frames of -1..1 and gives a latent frame for the first and for each four after it.
 * Frames leave before the final clamp. The structure is read from the tensors' names. A vae is read
 * only once open; a codec is used by one thread at a time and starts its own workers.
 *
 * Source: Wan-Video/Wan2.1 wan/modules/vae.py and Wan2.2 wan/modules/vae2_2.py (Apache-2.0). */
#ifndef WHELK_WAN_VAE_H
#define WHELK_WAN_VAE_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/error.h"

enum wan_way { WAN_DECODE, WAN_ENCODE };

struct wan_vae;
struct weights;

struct wan_vae *wan_vae_open(const char *path, bool bf16, whelk_error *err);
void wan_vae_close(struct wan_vae *v);         /* NULL is fine */
int wan_vae_channels(const struct wan_vae *v); /* of a latent: 16 or 48 */
int wan_vae_scale(const struct wan_vae *v);    /* pixels a latent cell is wide: 8 or 16 */
const struct weights *wan_vae_weights(const struct wan_vae *v);

struct wan_codec;

/* rows, columns: of the latent when decoding, of the picture when encoding (then multiples of the
 * scale). All memory is taken here. */
struct wan_codec *wan_codec_new(const struct wan_vae *v, enum wan_way way, int rows, int columns,
                                int threads, whelk_error *err);
void wan_codec_free(struct wan_codec *c); /* NULL is fine */
long long wan_codec_bytes(const struct wan_vae *v, enum wan_way way, int rows, int columns,
                          int threads); /* -1 = these sizes do not go */

/* Channel c of pixel i is data[c * channel_stride + i * pixel_stride]. */
struct wan_picture {
    const float *data;
    long channel_stride, pixel_stride;
};

/* A frame that is done: [rows][columns][channels]; false ends the work with WHELK_EINTERRUPTED. */
typedef bool wan_emit_fn(void *ctx, const float *data, int rows, int columns, int channels);

bool wan_codec_push(struct wan_codec *c, const struct wan_picture *picture, wan_emit_fn *emit,
                    void *ctx, whelk_error *err);

/* For parity checks: each module's frames under the reference's name, [rows][columns][channels]. */
typedef void wan_vae_trace_fn(void *ctx, const char *name, const float *data, int rows, int columns,
                              int channels);
void wan_codec_trace(struct wan_codec *c, wan_vae_trace_fn *trace, void *ctx);

#endif
