/* A Wan model as a generator: what is behind the public calls when a model's family is wan.
 *
 * A prompt becomes rows of the text encoder, noise becomes a latent under them, and the latent a
 * clip. The model runs at its own rate and at a size of the film's shape, no larger than its own
 * and than the film's; frames are then drawn at the film's size, each the one nearest in time. */
#ifndef WHELK_WAN_H
#define WHELK_WAN_H

#include "../pipeline/base/digest.h"
#include "cuda/device.h"
#include "generator.h"
#include "model/clip.h"
#include "model/umt5.h"
#include "model/unigram.h"
#include "model/wan_dit.h"
#include "model/wan_vae.h"
#include "wan_spec.h"

struct wan {
    struct wan_spec spec; /* with every number filled in */
    struct wan_dit *dit, *low;
    struct umt5 *text;
    struct unigram *tokenizer;
    struct wan_vae *vae;
    struct clip *image; /* NULL = the transformer takes no image features */
    struct wan_dit_info info;
    struct device *device; /* the transformer runs on it; NULL = on the processor */
    long long vram;        /* most of its memory that is used; 0 = what is there */
    int threads, unit;     /* unit: width and height of the model's frames are multiples of it */
    char digest[DIGEST_TEXT];
    char card[64]; /* any prompt goes; how long a clip is */
};

struct wan *wan_open(const char *dir, int threads, whelk_error *err);
/* The transformer's passes go to the GPU from here on; not there: why. */
bool wan_use_cuda(struct wan *w, long long vram, whelk_error *err);
void wan_close(struct wan *w);                          /* NULL is fine */
bool wan_verify(const struct wan *w, whelk_error *err); /* reads every weight */
void wan_get_info(const struct wan *w, whelk_gen_info *out);

/* A request with every default filled in. */
struct wan_request {
    char *prompt, *negative;
    const char *picture, *last; /* borrowed; the first frame and the last, or NULL */
    int picture_frame;          /* of `picture`, where that is a video */
    char picture_digest[DIGEST_TEXT], last_digest[DIGEST_TEXT];
    uint64_t seed;
    int width, height, frames; /* of the clip */
    double fps, seconds;
    int steps;
    double guidance, guidance_low, budget;
    int columns, rows, latents; /* of the latent */
    int made;                   /* frames that the model makes */
};

bool wan_request_init(struct wan_request *q, const struct wan *w, const whelk_gen_request *r,
                      whelk_error *err);
void wan_request_release(struct wan_request *q);
bool wan_request_digest(const struct wan_request *q, const struct wan *w, char out[DIGEST_TEXT],
                        whelk_error *err);

/* Of the frames that the model makes, in pixels. */
int wan_made_width(const struct wan *w, const struct wan_request *q);
int wan_made_height(const struct wan *w, const struct wan_request *q);

bool wan_take(struct wan *w, const whelk_gen_request *r, const char *base_path,
              const whelk_listener *listen, whelk_gen_figures *figures, whelk_error *err);
/* wan_text.c: the text's rows for the transformer, from the cache or the encoder; caller's. */
float *wan_text_rows(const struct wan *w, const char *text, int *count, whelk_error *err);
long long wan_text_bytes(const struct wan *w); /* of scratch that it may take */
/* Why the processor reads texts, and sees pictures, though there is a device; NULL = it does not. */
const char *wan_text_here(const struct wan *w);
const char *wan_image_here(const struct wan *w);

/* wan_picture.c: what a transformer is given of the pictures a take begins with and ends on. */
struct wan_pictures {
    float *first; /* [channels][rows][columns], a latent to be held clean; NULL = not this way */
    float *y;     /* [4 + channels][latents][rows][columns], to go beside the latent, or NULL */
    float *image; /* [info.images][WAN_IMAGE_ROWS][info.image_dim] of CLIP, or NULL */
};
/* All NULL for a request without a picture. Memory: wan_codec_bytes, clip_bytes. */
bool wan_pictures_read(const struct wan *w, const struct wan_request *q, struct wan_pictures *out,
                       whelk_error *err);
void wan_pictures_release(struct wan_pictures *p);

struct take_paths;
struct wan_step;
bool wan_record_write(const struct take_paths *p, const struct wan *w, const struct wan_request *q,
                      const char *digest, const whelk_gen_figures *f, const struct wan_step *steps,
                      whelk_error *err); /* steps: [f->steps] */
int wan_plan(const struct wan *w, const whelk_gen_request *r, whelk_gen_step *out, int room,
             whelk_error *err);

#endif
