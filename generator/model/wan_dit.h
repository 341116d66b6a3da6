/* The transformer of the Wan models: velocities of a latent from its noisy state, a time and a
 * text. Wan 2.1 T2V (1.3B, 14B), I2V and FLF2V (with image features), Wan 2.2 TI2V (a time for
 * every token: frames held clean have time 0) and the experts of Wan 2.2 A14B are the same pass
 * with other sizes.
 *
 *     struct wan_dit *d = wan_dit_open("model", false, &err);        // f32 products
 *     struct wan_work *w = wan_work_new(d, frames, rows, columns, threads, &err);     // all memory
 *     struct wan_pass p = {.x = latent, .text = rows, .text_rows = 17, .time = 999, .out =
 * velocity}; wan_dit_pass(d, w, &p, &err); wan_work_free(w); wan_dit_close(d);
 *
 * A dit is read only once open; a work is used by one pass at a time. Results depend on sizes and
 * values alone, not on the number of threads.
 *
 * Source: Wan-Video/Wan2.1 and Wan2.2, wan/modules/model.py (Apache-2.0). */
#ifndef WHELK_WAN_DIT_H
#define WHELK_WAN_DIT_H

#include <stdbool.h>
#include "../../pipeline/base/error.h"

struct wan_dit;
struct weights;

struct wan_dit_info {
    int width, ffn, heads, blocks;
    int in, out;             /* channels of the latent it takes and gives */
    int text_rows, text_dim; /* rows are padded with zeros to text_rows */
    int image_dim;           /* of one image feature; 0 = takes none */
    int images;              /* 1; 2 for first and last frame */
    long long parameters;
    unsigned long long weight_bytes;
};

/* path: a safetensors file, or a folder with one or with shards, and config.json where there is
 * one. */
struct wan_dit *wan_dit_open(const char *path, bool bf16, whelk_error *err);
void wan_dit_close(struct wan_dit *d); /* NULL is fine */
void wan_dit_get_info(const struct wan_dit *d, struct wan_dit_info *out);

const struct weights *wan_dit_weights(const struct wan_dit *d);
/* Floating-point operations a second on this machine, measured on its widest product for a third of
 * a second; 0 = there was no memory to. */
double wan_dit_speed(const struct wan_dit *d, int threads);

/* Scratch for latents of frames x rows x columns (rows and columns even). */
struct wan_work;
long long wan_work_bytes(const struct wan_dit *d, int frames, int rows, int columns, int threads);
struct wan_work *wan_work_new(const struct wan_dit *d, int frames, int rows, int columns,
                              int threads, whelk_error *err);
void wan_work_free(struct wan_work *w); /* NULL is fine */

/* Gives a work other, no larger sizes: it is laid out anew in the memory that it has. */
void wan_work_shape(struct wan_work *w, const struct wan_dit *d, int frames, int rows, int columns);

/* Floating-point operations, counted from shapes: of one block over n tokens
 * per_pair n^2 + per_token n + fixed, and of the ends, ends n; and of one pass over these sizes. */
struct wan_dit_costs {
    double per_pair, per_token, fixed, ends;
};
struct wan_dit_costs wan_dit_costs(const struct wan_dit *d);
double wan_dit_flops(const struct wan_dit *d, int frames, int rows, int columns);

enum { WAN_IMAGE_ROWS = 257 }; /* of features of one image */

struct wan_pairs;
struct wan_pass {
    const float *x; /* [out channels][frames][rows][columns] */
    const float
        *y; /* [in - out channels][...] what is known of the picture, or NULL where in = out */
    const float *text; /* [text_rows][text_dim] of the text encoder */
    int text_rows;
    const float *image; /* [images * 257][image_dim] of the image encoder, or NULL */
    double time;        /* 0..1000 */
    int held;           /* frames at the start whose tokens have time 0 */
    struct wan_pairs *pairs; /* tokens that are one in the middle blocks (wan_pairs.h), or NULL */
    bool near;               /* tokens look at near frames only (wan_near.h) */
    float *out;         /* [out channels][frames][rows][columns] */
    /* For parity checks: what a module of the reference gives, under its name, as it is computed.
     * May be NULL. */
    void (*trace)(void *ctx, const char *name, const float *data, long rows, long width);
    /* Asked before every block; false ends the pass with WHELK_EINTERRUPTED. May be NULL. */
    bool (*go_on)(void *ctx, int block);
    void *ctx;
};

/* WHELK_EUSAGE where y or image is missing, WHELK_EFAIL where numbers ceased to be numbers. */
bool wan_dit_pass(const struct wan_dit *d, struct wan_work *w, const struct wan_pass *p,
                  whelk_error *err);

#endif
