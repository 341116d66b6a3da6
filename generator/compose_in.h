/* Inside the compositor: what compose_plan.c prepares and both ways of drawing use, planes of half
 * the chroma (compose.c) and packed pixels with all of it (compose_packed.c). */
#ifndef WHELK_COMPOSE_IN_H
#define WHELK_COMPOSE_IN_H

#include "compose.h"
#include "compose_path.h"
#include "compose_rows.h"
#include "resample16.h"

struct compose_placed { /* a sprite in a frame */
    double x, y, side;  /* crop centre and side, plate units */
};

/* One of those in the picture, in a frame. */
struct compose_figure {
    struct compose_placed actor, effect;
    struct compose_shadow shadow;
};

struct compose_frame {
    struct compose_window window;
    struct compose_figure figure[COMPOSE_CAST_MAX];
    int pose;
};

/* Samples are 16-bit numbers: the plate's by a scale of 64 a level, a sprite's by SPRITE_ONE. */
enum { PLATE_ONE = 64, SPRITE_ONE = 16384 };

struct sprite {
    int16_t *pictures;        /* [poses][4][edge][stride]; NULL: absent */
    struct path_matte *matte; /* [poses] */
    int edge, stride;
    double hardness; /* share of its enlargement that its edges are sharpened by */
};

struct compose_cast { /* the actor or a guest, and its effect */
    struct sprite actor, effect;
};

struct compose {
    struct compose_options options;
    struct row_colour colour;
    int16_t *plate[3]; /* the three planes of the colour: [rows][stride] */
    int plate_columns, plate_rows, plate_stride;
    double plate_width;
    struct compose_cast cast[COMPOSE_CAST_MAX];
    int cast_count;
    int order[COMPOSE_CAST_MAX]; /* whoever stands further back first */
    double foot_x, foot_y; /* the middle of where the cast stands over the take, plate units */
    struct compose_frame *frames;
    bool still;
    uint8_t *still_planes[3]; /* the plate's part of all frames, if the window is still: its planes,
                               * or the packed pixels alone */
};

struct compose_scratch {
    struct resample16 across, down;
    int16_t *ring;        /* source rows filtered across, the newest few */
    int *tag;             /* which source row lies in each slot */
    const int16_t **rows; /* [4][tag_room] where the sources of a made row lie in the ring */
    long ring_room;
    int tag_room;
    int16_t *made[4]; /* a made row of each plane */
    float *row[4];    /* the same of a sprite in its colours, 8 floats readable before it */
    float *sum[4];    /* of two such rows, for chroma */
    float *half[4];
    float *memory;
};

struct source { /* planes to be resampled together */
    const int16_t *plane[4];
    int planes, stride;
    bool plain;
};

struct box { /* of pixels, even bounds */
    int x0, x1, y0, y1;
};

/* Layers and frames of c, whose options and colour are set; false = no memory. */
bool compose_prepare(struct compose *c, const struct compose_layers *l);

/* Sets the tables for the plate's window; chroma 1: for planes of half the size, sited left. */
void compose_aim_plate(const struct compose *c, struct compose_scratch *s, struct compose_window w,
                       int chroma);

/* Sees to the filtered rows that row y is made of: s->rows. */
void compose_gather(struct compose_scratch *s, const struct source *src, int y);

/* Row y of the planes of the plate as bytes; chroma as above, 0 also for all three planes. */
void compose_plate_row(const struct compose *c, struct compose_scratch *s, const struct source *src,
                       int chroma, int y, uint8_t *const out[3]);

/* Where a sprite falls in the frame and the tables for it; false = nowhere. *sharpness is what its
 * matte is to be sharpened by. */
bool compose_aim_sprite(const struct compose *c, struct compose_scratch *s,
                        const struct sprite *sprite, const struct compose_frame *f,
                        const struct compose_placed *at, struct box *box, struct source *source,
                        float *sharpness);

/* Row y of every plane of the source into s->made; rows must be asked for in falling or rising
 * order of y to be cheap. */
void compose_resample(struct compose_scratch *s, const struct source *src, int y);

/* The same of a sprite, pixels *from..*to alone: outside, its matte, sharpened, holds nothing.
 * false = nor does it anywhere. */
bool compose_resample_matte(struct compose_scratch *s, const struct source *src, int y,
                            float sharpness, int *from, int *to);

/* Row y of the plate, whose rows are gathered, as packed pixels; what lies at `next` will be
 * written to next. */
void compose_pixels_avx2(const struct compose *c, const struct compose_scratch *s, int y,
                         uint8_t *out, const uint8_t *next);
void compose_pixels_avx512(const struct compose *c, const struct compose_scratch *s, int y,
                           uint8_t *out, const uint8_t *next);

/* The plate in frame i as packed pixels, and the bytes of a row of them. */
void compose_packed_plate(const struct compose *c, struct compose_scratch *s, int i, uint8_t *out,
                          int stride);
size_t compose_packed_row(const struct compose *c);

/* Frame i, its sprites moved and sized as asked; place NULL = as they are. */
struct compose_frame compose_placed_frame(const struct compose *c, int i,
                                          const struct compose_place *place);

#endif
