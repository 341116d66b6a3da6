/* A model of family whelk: model.json and its weights, read, checked against one another, and held
 * as float. The format is FORMAT.md; every size the engine uses comes from here.
 *
 *     struct model *m = model_open("generator/weights/whelk-mini", &err);
 *     struct shape shape = {2, {m->layers[0].dim, 3 * 256}};
 *     const float *w = model_tensor(m, &shape, &err, "codec.%s.basis", m->layers[0].name);
 *     model_close(m);
 *
 * Read only after opening: any number of threads may use it. All pointers live as long as the
 * model. */
#ifndef WHELK_MODEL_H
#define WHELK_MODEL_H

#include <stdbool.h>
#include "../../pipeline/base/digest.h"
#include "../../pipeline/base/error.h"

enum {
    MODEL_LAYERS_MAX = 8,
    MODEL_FEATURES_MAX = 12,
    MODEL_FEATURE_SLOTS_MAX = 6,
    MODEL_SLOTS_MAX = 32,
    MODEL_CAPTION_WORDS = 32
};

struct model_feature {
    int slots[MODEL_FEATURE_SLOTS_MAX]; /* indices into model.slots; row = mixed radix, last fastest
                                         */
    int slot_count;
    int rows;   /* the product of the slots' counts */
    int stored; /* rows in the table; those not stored are zero */
    int *row;   /* [stored], rising: which row each one is; NULL = all are stored */
};

struct model_layer {
    char name[32];        /* "plate", "actor", "effect", "camera", "actor_path", "effect_path" */
    bool grid;            /* else a vector: one cell */
    int t, y, x;          /* the grid; 1, 1, 1 for a vector */
    int cells, dim;       /* a latent is float [cells * dim], cells in t, y, x order, x fastest */
    int channels, frames; /* grid: of one picture, e.g. 3, 1 or 4 (RGBA), 4 */
    int upscale;          /* grid: of the head, K */
    int widths[3], head;  /* grid: a, b, c and w of FORMAT.md 3 */
    int raw;              /* vector: length before the codec */
    int quad_t, quad_y, quad_x; /* cells of one L0 token; 0, 0, 0 = the layer has L1 only */
    int quads, quad_cells;      /* L0 tokens, and cells in one; 0 without */
    struct model_feature features[MODEL_FEATURES_MAX];
    int feature_count;
};

/* A layer of RGBA pictures: it may be empty in places. */
static inline bool model_layer_has_matte(const struct model_layer *l)
{
    return l->grid && l->channels == 4;
}

struct model_slot {
    const char *name;
    const char *const *values;
    int count;     /* index `count` = unset */
    int otherwise; /* the value where a request names none; `count` = it stays unset */
};

/* How a shot becomes longer than a clip: in parts, of which each further one has this value in this
 * slot and begins with the last group of the part before (goes_on.h). */
struct model_goes_on {
    int slot, value; /* slot -1 = a shot is one clip */
};

struct model_ncr {
    double coarse_above, mixed_above, least_filled;
    double weight[MODEL_LAYERS_MAX]; /* share of fine quads relative to the others; 1 */
};

struct model {
    const char *name, *family, *licence, *dir;
    char digest[DIGEST_TEXT]; /* SHA-256 of the weights file, as checked */
    const char *card_json;    /* "{}" when the model has none */
    int poses, group;         /* 32 poses, groups of 4 */
    double poses_per_second;
    double plate_width, plate_height; /* plate units */
    struct model_layer layers[MODEL_LAYERS_MAX];
    int layer_count;
    int width, blocks, heads; /* of the transformer; width / heads = numbers a head */
    struct model_slot slots[MODEL_SLOTS_MAX];
    int slot_count;  /* that the transformer hears of */
    int asked_count; /* that a request may name: those, then of guests after the first (FORMAT.md
                        11) */
    const char *const *vocabulary; /* as in model.json */
    int vocabulary_count, caption_dim;
    int steps; /* sampler defaults */
    double shift, guidance;
    struct model_ncr ncr;
    struct model_goes_on goes_on;
    long long parameters;
    struct model_store *store; /* internal: tensors and texts */
};

struct shape {
    int rank;
    long long dim[4];
};

/* Reads and checks a model. NULL and one sentence on failure: foreign family or version, altered
 * weights, a tensor that is missing or has another shape. */
struct model *model_open(const char *dir, whelk_error *err);
/* The same without its weights: what model.json says, their digest included, is believed. It has no
 * tensors. */
struct model *model_look(const char *dir, whelk_error *err);
void model_close(struct model *m); /* NULL is fine */

/* A tensor of exactly this shape, float, row-major, 64-byte aligned; NULL and *err otherwise. */
const float *model_tensor(const struct model *m, const struct shape *shape, whelk_error *err,
                          const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* -1 = none of that name. */
int model_find_layer(const struct model *m, const char *name);
int model_find_slot(const struct model *m, const char *name);
int model_find_value(const struct model_slot *slot, const char *value);
/* The value that slots [asked_count] have in the slot of that name; NULL = the model has no such
 * slot, or it is left open. */
const char *model_word(const struct model *m, const int *slots, const char *name);

/* Whether the card says that the subject can do this at the place (NULL = anywhere); a card that
 * tells nothing of it allows all. */
bool model_can(const struct model *m, const char *subject, const char *action, const char *place);

/* Ids of the caption's known words, at most MODEL_CAPTION_WORDS; returns their number. NULL caption
 * = 0 words. */
int model_caption_words(const struct model *m, const char *caption, int ids[MODEL_CAPTION_WORDS]);

#endif
