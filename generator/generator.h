/* whelk-generator: one take of a shot, from slots and a caption to a lossless clip, on the CPU.
 *
 *     #include <whelk/generator.h>
 *
 *     whelk_error err = {0};
 *     whelk_generator *g = whelk_gen_open(&(whelk_gen_options){0}, &err);
 *     whelk_gen_slot slots[] = {{"subject", "cat"}, {"action", "dive"}, {"place", "pool"}};
 *     whelk_gen_request r = {.slots = slots, .slot_count = 3, .seed = 7,
 *                            .caption = "an orange cat dives into a pool at dusk"};
 *     whelk_gen_figures f;
 *     if (!g || !whelk_gen_take(g, &r, "clips/0010-t01", NULL, &f, &err))
 *         fprintf(stderr, "%s\n", err.text);
 *     whelk_gen_close(g);
 *
 * A take is three files: BASE.mkv (FFV1 in Matroska, yuv420p, bt709 limited),
 * BASE.latent.safetensors (the clean layers it was decoded from, written before decoding) and
 * BASE.json (request, digests, figures; written last, so its presence means the take is whole).
 * The same request on the same instruction set gives the same bytes, whatever the number of
 * threads.
 *
 * Threads: a generator is used by one thread at a time; several generators may be used at once.
 * It spawns and joins its own workers. Strings given are borrowed for the call; results are set
 * only on success. */
#ifndef WHELK_GENERATOR_H
#define WHELK_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../pipeline/base/error.h"
#include "../pipeline/base/note.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct whelk_generator whelk_generator;

typedef struct whelk_gen_options {
    const char *model_dir; /* NULL = $WHELK_MODEL, else the shipped whelk-mini (build
                            * tree, then the installed one) */
    const char *backend;   /* "auto" (NULL), "cpu", "cuda"; one asked for by name works or
                            * fails saying why. "auto" is the processor: the CUDA device has
                            * not been proven on a GPU yet */
    const char *vram;      /* most of a GPU's memory that is used: "6G", "6500M"; NULL =
                            * $WHELK_VRAM, else what is free */
    int threads;           /* 1..64; 0 = the cores this process may use */
    bool no_takes;         /* opened for its card and for digests only, in a few ms: weights
                            * that a take would need are not read (model.json is believed
                            * about their digest), and takes are refused */
} whelk_gen_options;

/* Loads and checks a model: every offset, shape and digest; foreign or altered weights are
 * refused by name. About 0.1 s. NULL and *err on failure. */
whelk_generator *whelk_gen_open(const whelk_gen_options *options, whelk_error *err);
void whelk_gen_close(whelk_generator *g); /* NULL is fine */

typedef struct whelk_gen_info {
    const char *name;      /* "whelk-mini"; all strings live as long as the generator */
    const char *digest;    /* SHA-256 of the weights file, hex */
    const char *backend;   /* the one really in use */
    const char *device;    /* the GPU's name; NULL = the processor */
    const char *card_json; /* capability card: what the model has learned
                            * (generator/model/FORMAT.md, 9) */
    double seconds;        /* length of one clip at full length: what a plan aims at */
    double longest_s;      /* the longest shot, for actions that go on (the card's "goes_on"); where
                            * shots do not go on it is `seconds` */
    bool layered;          /* draws a place and an actor, which other takes can hold (plate_from,
                            * actor_from); false: whole frames */
    long long parameters;
    int default_steps;
    int threads;
} whelk_gen_info;
void whelk_gen_get_info(const whelk_generator *g, whelk_gen_info *out);

/* Whether the cuda backend can be used here: its GPU's name, or false and why not. Opens and closes
 * the device; any thread. */
bool whelk_gen_has_cuda(char name[256], whelk_error *err);

/* Two or three meet where the slot "company" is other than "alone" and "subject2", "subject3" say
 * who the others are: each is made alone, which takes its own work, and they are put into one
 * picture. */
typedef struct whelk_gen_slot {
    const char *name, *value; /* as on the card: "place", "beach"; unknown ones are refused
                               * with the nearest right word */
} whelk_gen_slot;

typedef struct whelk_gen_request {
    const whelk_gen_slot *slots; /* those not named are left to the model */
    int slot_count;
    const char *caption;  /* free text, UTF-8; NULL = none; words the model does not know
                           * are skipped */
    const char *negative; /* what the picture should not be, as a caption; has an effect with
                           * a guidance other than 1; NULL = none */
    uint64_t seed;
    int width, height;         /* pixels, even, 16..4096; 0 = 1280x720 */
    double fps;                /* 1..120; 0 = 24 */
    double seconds;            /* > 0, at most info.longest_s; 0 = info.seconds. Up to
                                * info.seconds the beginning of one clip: no slowing, no freezing;
                                * more is refused where the action does not go on */
    int steps;                 /* denoising passes, 1..200; 0 = the model's own */
    double guidance;           /* 0 = the model's own; 1 = none */
    double budget;             /* noise-aware redistribution, 0 < budget <= 1; 0 = 1 = exact:
                                * all tokens fine at all steps, nothing left out */
    const char *plate_from;    /* a latent file of an earlier take whose plate is held (same
                                * place; all parts of a take have one), or NULL */
    const char *actor_from;    /* the same for the actor, its looks and its poses; of a take in
                                * parts those of the first, and they are held in the first of this
                                * one: further parts go on from there; NULL = none */
    const char *plate_picture; /* a PNG or JPEG used as the plate (scaled to cover it); a model of
                                * whole frames begins with it; NULL = none */
    int plate_frame;           /* of a video, the frame that is meant; 0 = its first */
    const char *last_picture;  /* one that the clip ends on, or NULL; models that cannot refuse it:
                                * only Wan's FLF2V and I2V-A14B can */
} whelk_gen_request;

/* The digest that names a request on this model: two requests with one digest make the same take.
 * out: 65 chars. */
bool whelk_gen_digest(const whelk_generator *g, const whelk_gen_request *r, char out[65],
                      whelk_error *err);

/* True when BASE.json is there, carries `digest`, and the clip it names is there and has the
 * digest noted. */
bool whelk_gen_have(const char *base_path, const char *digest);

/* One denoising step, known before it is made: noise level from 1 down, tokens of a pass. */
typedef struct whelk_gen_step {
    double sigma;
    int tokens;
} whelk_gen_step;
/* Fills out[0..room) and returns how many steps there will be, of all the parts of a shot longer
 * than a clip; 0 and *err for a bad request. */
int whelk_gen_plan(const whelk_generator *g, const whelk_gen_request *r, whelk_gen_step *out,
                   int room, whelk_error *err);

/* How an actor of a take is there: means over its drawings, 0..1. All 0 = it is not seen. */
typedef struct whelk_gen_actor {
    double seen;             /* share of it that is within the frame */
    double size;             /* share of the frame that it fills */
    double whole;            /* share of it in its largest piece: 1 = all of one piece */
    double crisp;            /* share of it that is fully opaque: low = a smear */
    double steady;           /* share of it that one drawing has in common with the next */
    double red, green, blue; /* its mean colour, sRGB */
} whelk_gen_actor;

/* Of a shot that goes on in parts, or of two, all sums are over what was made in this run: parts
 * kept from a run that was broken off count as no steps and no work. `frames` are of the whole
 * clip. */
typedef struct whelk_gen_figures {
    int frames, steps;
    long long tokens, tokens_exact; /* summed over steps: spent, and what exact mode would
                                     * have spent */
    double flops, flops_exact;      /* counted from shapes */
    /* Of models trained elsewhere; all 0 of the layered ones. Steps by what a budget left out of
     * them: `reused` are answered from another and none of the others. Passes, and pairs of a token
     * and one that it looks at, are summed over steps as tokens are. */
    int reused, gated, near, paired, coarse;
    int passes, passes_exact;
    double looks, looks_exact;
    double denoise_s, decode_s, compose_s, write_s, wall_s;
    long long scratch_bytes; /* allocated before the first step; nothing after */
    whelk_gen_actor actor;
    whelk_gen_actor guests[2]; /* who are with it, in the order of the request's slots */
    int guest_count;
    char clip_sha256[65];
} whelk_gen_figures;

/* Makes one take at BASE (see above); the folder must exist. `listen` may be NULL; progress stage
 * is "shoot", what is "step" then "frame". A listener's `picture` gets a sketch of the latent about
 * ten times over the steps of a Wan model, and no other. `figures` may be NULL. Fails with
 * WHELK_EUSAGE for a bad request, WHELK_EINTERRUPTED when cancelled (nothing but finished latents
 * is left, from which the same request goes on), WHELK_EFAIL otherwise; a full disk or too little
 * memory is told before work begins, with the bytes needed and there. */
bool whelk_gen_take(whelk_generator *g, const whelk_gen_request *r, const char *base_path,
                    const whelk_listener *listen, whelk_gen_figures *figures, whelk_error *err);

/* --- A shot in memory ---------------------------------------------------------------------- */

/*     whelk_gen_shot *shot = whelk_gen_shoot(g, &r, NULL, NULL, NULL, &err);
 *     whelk_gen_look look = {.width = 1920, .height = 1080, .fps = 30, .format = WHELK_GEN_RGBA,
 *                            .layer = WHELK_GEN_ACTOR};
 *     whelk_gen_view *view = shot ? whelk_gen_view_new(shot, &look, &err) : NULL;
 *     for (int i = 0; view && i < whelk_gen_view_frames(view); i++)
 *         whelk_gen_view_draw(view, i, &picture);
 *
 * A shot stands alone once it is made: its generator may go on to the next one or be closed. One
 * shot may be looked at through any number of views, from any number of threads; a view is used by
 * one thread at a time and needs its shot no longer. */
typedef struct whelk_gen_shot whelk_gen_shot;

/* Makes a shot of the request without writing a clip. Of the request's size and rate only the
 * length counts. latent_path: a file that keeps the latents, so that the same request need not be
 * denoised again (read when it is of this very request, else written); NULL = none. `listen` and
 * `figures` as for whelk_gen_take. NULL and *err on failure. */
whelk_gen_shot *whelk_gen_shoot(whelk_generator *g, const whelk_gen_request *r,
                                const char *latent_path, const whelk_listener *listen,
                                whelk_gen_figures *figures, whelk_error *err);
void whelk_gen_shot_free(whelk_gen_shot *shot); /* NULL is fine */
double whelk_gen_shot_seconds(const whelk_gen_shot *shot);

enum whelk_gen_layer {
    WHELK_GEN_FILM,  /* all of it */
    WHELK_GEN_ACTOR, /* shadow, actor and effect with alpha, on nothing: the film less
                      * its plate */
    WHELK_GEN_PLATE  /* the place alone, through the same camera */
};
enum whelk_gen_format {
    WHELK_GEN_I420, /* three planes, chroma halved both ways and sited left */
    WHELK_GEN_NV12, /* the same with both chromas in the second plane */
    WHELK_GEN_RGB,  /* 3 bytes a pixel */
    WHELK_GEN_RGBA, /* 4 bytes, alpha last and straight (not premultiplied) */
    WHELK_GEN_AYUV  /* 4 bytes, alpha first and straight */
};
enum whelk_gen_matrix { WHELK_GEN_BT709, WHELK_GEN_BT601, WHELK_GEN_BT2020 };

typedef struct whelk_gen_look {
    int width, height;          /* pixels, 16..4096, even for I420 and NV12; 0 = 1280x720 */
    double fps;                 /* 1..240; 0 = 24 */
    enum whelk_gen_layer layer; /* actor alone needs RGBA or AYUV; nothing to draw_over */
    enum whelk_gen_format format;
    enum whelk_gen_matrix matrix;
    bool full_range; /* Y, Cb, Cr use 0..255 */
    bool no_shadow;  /* leaves the contact shadow out */
    bool tripod;     /* the camera stands still before the middle of the actor's way:
                      * for laying the actor over another camera's picture */
} whelk_gen_look;

typedef struct whelk_gen_picture {
    uint8_t *data[3]; /* planes, or pixels in data[0] */
    int stride[3];    /* bytes from row to row */
} whelk_gen_picture;

/* Where draw_over puts the actor: moved by shares of the frame's width and height (0, 0 = where it
 * is in the shot) and sized about its feet (1 = as in the shot; 0.01..100). */
typedef struct whelk_gen_place {
    double x, y, scale;
} whelk_gen_place;

typedef struct whelk_gen_view whelk_gen_view;

/* Prepares to draw; about 10 ms. WHELK_EUSAGE for a look that makes no sense. */
whelk_gen_view *whelk_gen_view_new(const whelk_gen_shot *shot, const whelk_gen_look *look,
                                   whelk_error *err);
void whelk_gen_view_free(whelk_gen_view *view); /* NULL is fine */
int whelk_gen_view_frames(const whelk_gen_view *view);

/* Draws frame 0..frames-1, whole. An I420 film at a take's size and rate is the take's clip, pixel
 * for pixel. */
void whelk_gen_view_draw(whelk_gen_view *view, int frame, const whelk_gen_picture *picture);
/* Lays shadow, actor and effect over what is in the picture, in any of the formats; not one byte
 * outside them changes. place NULL = where they are. */
void whelk_gen_view_draw_over(whelk_gen_view *view, int frame, const whelk_gen_place *place,
                              const whelk_gen_picture *picture);

/* --- Weights --------------------------------------------------------------------------------- */

/* Reads every weight of an open model: false, and which tensor, where one is no number. What
 * opening checks (shapes; whelk-mini's digest) is not done again. Seconds a gigabyte. */
bool whelk_gen_verify(const whelk_generator *g, whelk_error *err);

/* Rewrites a checkpoint of PyTorch (.pth: a zip of a pickle and raw data) as a safetensors file
 * with the same tensors. Nothing of the pickle is executed: what is more than a dictionary of
 * tensors is refused by name. `to` is written beside and renamed. */
bool whelk_weights_convert(const char *from, const char *to, whelk_error *err);

/* --- Reading clips and pictures ------------------------------------------------------------ */

typedef struct whelk_clip whelk_clip;
typedef struct whelk_clip_info {
    int width, height, frames; /* frames counted from the file, not from its header */
    double fps;
} whelk_clip_info;

/* any video libavformat reads, or a picture */
whelk_clip *whelk_clip_open(const char *path, whelk_clip_info *info, whelk_error *err);
/* The next frame as RGB, rows of width*3 bytes, into the caller's buffer of width*height*3; false
 * with err->code 0 at the end. */
bool whelk_clip_read(whelk_clip *c, uint8_t *rgb, whelk_error *err);
void whelk_clip_close(whelk_clip *c);
/* Frames read from now on come at this size (and so into a buffer of width*height*3). */
bool whelk_clip_scale(whelk_clip *c, int width, int height, whelk_error *err);
/* The next read gives this frame, 0 = the first. Found at once in clips of ours, where every frame
 * stands alone; elsewhere what lies between is decoded and passed over. */
bool whelk_clip_seek(whelk_clip *c, int frame, whelk_error *err);
/* From now on only every n-th frame is read, beginning with the next; n >= 1. In a clip whose
 * frames all stand alone, as ours do, those between are not even decoded. */
void whelk_clip_every(whelk_clip *c, int n);
/* Decodes all of a clip of ours and checks every slice's CRC: FFmpeg alone hides damage. *err says
 * what is wrong with the file and no more: the caller knows what it is of, and the cure. */
bool whelk_clip_verify(const char *path, whelk_clip_info *info, whelk_error *err);
/* Writes one RGB picture as PNG, beside and renamed. */
bool whelk_picture_write(const char *path, const uint8_t *rgb, int width, int height,
                         whelk_error *err);
/* The same as JPEG in memory, for pages; quality 1..100. *data is the caller's to free. */
bool whelk_picture_jpeg(const uint8_t *rgb, int width, int height, int quality, uint8_t **data,
                        size_t *size, whelk_error *err);

#ifdef __cplusplus
}
#endif
#endif
