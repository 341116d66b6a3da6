/* Between the public calls of generator.h and the parts that do the work: what an open generator
 * holds, a request made definite, and the three files of a take. */
#ifndef WHELK_TAKE_H
#define WHELK_TAKE_H

#include "codec.h"
#include "compose.h"
#include "generator.h"
#include "model/goes_on.h"
#include "model/model.h"
#include "model/sampler.h"

struct device;
struct wan;
struct parts; /* parts.h */

/* Digests of held layers by the latent file, for a generator that only looks: many shots hold one
 * layer. The oldest entry gives way. */
#define SEEN_MAX 64
struct seen_layers {
    struct {
        char *path;
        int layer;
        char digest[DIGEST_TEXT];
    } of[SEEN_MAX];
    int next;
};

struct whelk_generator {
    struct wan *wan; /* a model of family wan (wan.h); all that follows is of family whelk */
    struct model *model;
    struct sampler *sampler;
    struct device *device; /* that the sampler uses; NULL = the processor */
    struct codec *codec;
    struct seen_layers *seen; /* NULL unless opened with no_takes; then sampler and codec are */
    int threads;
    /* indices of layers; effect and effect_path may be -1 */
    int plate, actor, effect, camera, actor_path, effect_path;
};

/* A request with every default filled in and every file it names read. */
struct take_request {
    int slots[MODEL_SLOTS_MAX];
    const char *caption, *negative; /* borrowed; NULL = none */
    uint64_t seed;
    int width, height, frames, steps;
    double fps, seconds, guidance, budget;
    int parts;                     /* 1 = the shot is one clip */
    enum model_turn turn;          /* what its action does in further parts */
    int guests;                    /* who meet the actor (company.h) */
    float *held[MODEL_LAYERS_MAX]; /* z, or NULL */
    float *plate;                  /* the user's picture at the plate's full size, -1..1, or NULL */
    const char *plate_from, *actor_from, *plate_picture; /* borrowed */
    int plate_frame;                                     /* of plate_picture */
    char held_digest[MODEL_LAYERS_MAX][DIGEST_TEXT], picture_digest[DIGEST_TEXT]; /* "" = none */
};

/* How often the sampler runs for it: once a part of each who is in it. */
static inline int take_runs(const struct take_request *t)
{
    return t->parts * (1 + t->guests);
}

bool take_may_be_made(const whelk_generator *g, whelk_error *err);
/* Checks and completes a request. With no_takes only digests of held layers and pictures are there.
 * WHELK_EUSAGE where it makes no sense. */
bool take_request_init(struct take_request *t, const whelk_generator *g, const whelk_gen_request *r,
                       whelk_error *err);
void take_request_release(struct take_request *t);
/* The digest that names it on this model. */
bool take_request_digest(const struct take_request *t, const whelk_generator *g,
                         char out[DIGEST_TEXT], whelk_error *err);

/* --- take_file.c: names and files ------------------------------------------------------------- */

struct take_paths {
    char *clip, *latent, *record; /* BASE.mkv, BASE.latent.safetensors, BASE.json */
};
bool take_paths_init(struct take_paths *p, const char *base, whelk_error *err);
void take_paths_release(struct take_paths *p);
/* Can files be made there? Asked before work begins, not after it. */
bool take_check_folder(const struct take_paths *p, whelk_error *err);

/* Writes those parts that are made: of the first a tensor a layer, of part k those that are not the
 * first one's, as "part<k>.<layer>", of a guest as "guest<n>.<layer>" and
 * "guest<n>.part<k>.<layer>". */
bool take_latent_write(const char *path, const whelk_generator *g, const struct parts *z,
                       const char *digest, whelk_error *err);
/* One layer of the first part in a latent file of this model; caller's. NULL and *err otherwise. */
float *take_latent_read(const char *path, const whelk_generator *g, int layer, whelk_error *err);
/* True when the file is there and was made for this request. */
bool take_latent_is(const char *path, const char *digest);
/* Reads the parts that are there, of the first on, and sets z->made. */
void take_latent_read_parts(const char *path, const whelk_generator *g, struct parts *z);

/* A record begun, given its files, and written whole; `end` frees it whether it was `good` or not.
 */
struct take_shape {
    int width, height, frames;
    double fps;
};
struct cJSON *take_record_new(const char *digest, const char *model, const char *model_digest);
/* device: the GPU's name, NULL = the processor. */
void take_record_made_on(struct cJSON *root, const char *device, int threads);
bool take_record_files(struct cJSON *root, const struct take_paths *p,
                       const struct take_shape *shape, const char *clip_sha256, whelk_error *err);
bool take_record_end(struct cJSON *root, const struct take_paths *p, bool good, whelk_error *err);

bool take_record_write(const struct take_paths *p, const whelk_generator *g,
                       const struct take_request *t, const char *digest, const whelk_gen_figures *f,
                       const struct sample_figures *steps, whelk_error *err); /* [take_runs] */

#endif
