/* The compositor: lays the decoded layers of a shot over one another, at any size, ratio and rate.
 *
 *     struct compose *c = compose_new(&layers, &options, &err);
 *     struct compose_scratch *s = compose_scratch_new(c, &err);       // one a worker thread
 *     for (int i = 0; i < options.frames; i++)
 *         compose_draw(c, s, i, 0, options.height, planes);
 *
 * A frame is a window cut from the plate; a soft contact shadow under each actor, the one thing
 * added; the actors, each with its effect, whoever stands further back first. Positions follow the
 * film's rate in sub-pixels, the drawings are held for the length of a pose. Every sample is a
 * function of the layers and the options alone: rows may be drawn in any order by any number of
 * threads. */
#ifndef WHELK_COMPOSE_H
#define WHELK_COMPOSE_H

#include <stdbool.h>
#include "../pipeline/base/error.h"
#include "clip.h"
#include "compose_rows.h"

/* A layer that travels: for each pose four planes r, g, b, a (premultiplied, 0..1) of edge
 * x edge. */
struct compose_sprite {
    const float *pictures; /* [poses][4][edge][edge]; NULL: the layer is absent */
    const float *path;     /* [4][poses]: x, y, side, ground; plate units */
    int edge;
};

/* One who is in the picture beside the actor. */
struct compose_guest {
    struct compose_sprite actor, effect;
};
enum { COMPOSE_GUESTS_MAX = 2, COMPOSE_CAST_MAX = 1 + COMPOSE_GUESTS_MAX };

/* Borrowed by compose_new for its duration only. */
struct compose_layers {
    const float *plate; /* [3][plate_rows][plate_columns], -1..1 */
    int plate_columns, plate_rows;
    double plate_width;  /* plate units; the height is 1 */
    const float *camera; /* [3][poses]: cx, cy, ln h */
    struct compose_sprite actor, effect;
    int poses;
    double poses_per_second;
    struct compose_guest guests[COMPOSE_GUESTS_MAX];
    int guest_count;
};

/* Planes of half the chroma, or bytes of a pixel in memory; alpha is straight. YUV needs a YUV
 * space, RGB and RGBA ROW_RGB. */
enum compose_packing { COMPOSE_PLANES, COMPOSE_RGB, COMPOSE_RGBA, COMPOSE_AYUV };

struct compose_options {
    int width, height, frames;
    double fps;
    bool plain;                   /* the plain C kernels, for tests */
    enum row_space space;         /* 0 = bt709 */
    enum compose_packing packing; /* 0 = planes; others are drawn by compose_draw_packed alone */
    bool full_range;              /* of Y, Cb and Cr: 0..255 instead of 16..235 and 16..240 */
    bool plate_only;              /* neither actor nor effect nor shadow */
    bool no_shadow;
    bool tripod; /* the camera stands still before the middle of the actor's way */
};

/* Where the sprites are put over pictures of others: moved by shares of the frame's width and
 * height, and sized about the place where the actor stands. */
struct compose_place {
    double x, y, scale;
};

struct compose_window {
    double x, y, width, height; /* upper left corner and size, plate units */
};

struct compose_shadow {
    double x, y, rx, ry; /* centre and radii where it ends, plate units */
    double darkness;     /* at the centre; 0: none */
};

struct compose;
struct compose_scratch;

struct compose *compose_new(const struct compose_layers *layers,
                            const struct compose_options *options, whelk_error *err);
void compose_free(struct compose *c); /* NULL is fine */
struct compose_scratch *compose_scratch_new(const struct compose *c, whelk_error *err);
void compose_scratch_free(struct compose_scratch *s);

/* Draws rows y0..y1 of frame i (both even, or y1 the height). */
void compose_draw(const struct compose *c, struct compose_scratch *s, int i, int y0, int y1,
                  struct clip_planes out);

/* Draws only shadow, actor and effect of frame i over what is there; place NULL = where they are.
 */
void compose_draw_over(const struct compose *c, struct compose_scratch *s, int i,
                       const struct compose_place *place, struct clip_planes out);

/* --- Packed pixels, every one with its own colour (compose_packed.c) -------------------------- */

/* What the layers are laid upon: their own plate, nothing at all (alpha 0), or what is in `out`. */
enum compose_base { COMPOSE_ON_PLATE, COMPOSE_ON_NOTHING, COMPOSE_ON_PICTURE };

/* Draws frame i. place NULL = where the sprites are; on the plate it must be NULL. */
void compose_draw_packed(const struct compose *c, struct compose_scratch *s, int i,
                         const struct compose_place *place, enum compose_base base, uint8_t *out,
                         int stride);

/* What was worked out for frame i; for tests and figures. */
struct compose_window compose_window_at(const struct compose *c, int i);
struct compose_shadow compose_shadow_at(const struct compose *c, int i);
bool compose_is_still(const struct compose *c); /* the window never moves */

/* Bytes that a compositor of this size with `workers` scratches takes. */
long long compose_bytes(const struct compose_layers *layers, const struct compose_options *options,
                        int workers);

#endif
