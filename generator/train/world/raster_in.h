/* What the rasteriser's two halves share: raster.c builds paths into polygons, raster_paint.c turns
 * polygons into pixels. */
#ifndef WORLD_RASTER_IN_H
#define WORLD_RASTER_IN_H

#include <stddef.h>

#include "raster.h"

#define SUB 4            /* sub-scanlines a pixel */
#define FULL (SUB * 256) /* coverage of a whole pixel */
#define STACK 16

struct point {
    float x, y;
};
struct matrix {
    float xx, yx, xy, yy, x0, y0;
}; /* x' = xx x + xy y + x0, y' = yx x + yy y + y0 */
struct part {
    int first, count;
    bool closed;
}; /* one sub-path: a slice of the points */
struct crossing {
    int32_t x;
    int32_t winding;
}; /* x in 1/256 pixel */

struct polygons { /* flattened parts, in device pixels */
    struct point *point;
    int points, point_room;
    struct part *part;
    int parts, part_room;
};

struct canvas {
    int width, height;
    uint8_t *pixel;
    struct matrix matrix[STACK];
    int depth;
    float mul[3], add[3];
    struct technique technique;
    bool clipped;
    float clip_nx, clip_ny, clip_d; /* keeps nx x + ny y <= d, device pixels */
    struct polygons path, outline, cut;
    bool open;      /* the last part of path may be continued */
    int32_t *cover; /* width + 2 coverage differences of one row */
    struct crossing *crossing;
    int crossing_room;
    int *row_start; /* height * SUB + 1 */
};

static inline float clamp01(float v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* realloc; where there is no memory the program says so and ends. */
void *raster_grow(void *old, size_t size);
/* The colour tinted, bent to the technique and premultiplied, 0..65535. */
void raster_premultiply(const struct canvas *c, struct rgba in, float out[4]);
struct point raster_transform(const struct canvas *c, float x, float y);

void polygons_begin(struct polygons *p); /* a new part */
void polygons_add(struct polygons *p, struct point at);
void polygons_clear(struct polygons *p);

/* The path's stroke of that width (in units) as polygons, into c->outline. */
void raster_outline(struct canvas *c, float width);

#endif
