/* A small anti-aliased rasteriser: paths of lines and cubic curves, filled (non-zero) or stroked,
 * with plain colours or linear gradients, onto an RGBA float-free 8-bit premultiplied canvas.
 * Needs libc and libm only.
 *
 *     struct canvas *c = canvas_new(896, 384);
 *     canvas_view(c, 0, 0, 384);                      // plate units: 1 unit = 384 pixels
 *     canvas_clear(c, (struct rgba){0});
 *     path_ellipse(c, 1.0f, 0.5f, 0.2f, 0.1f, 0);
 *     paint_fill(c, (struct rgba){1, .5f, 0, 1});
 *     canvas_free(c);
 *
 * Not thread safe per canvas; canvases are independent. Running out of memory ends the program
 * (worldgen is a tool). */
#ifndef WORLD_RASTER_H
#define WORLD_RASTER_H

#include <stdbool.h>
#include <stdint.h>

struct rgba {
    float r, g, b, a;
}; /* straight alpha, sRGB-coded, 0..1 */

struct canvas;
struct canvas *canvas_new(int width, int height);
void canvas_free(struct canvas *c);
/* RGBA premultiplied, rows of width*4 bytes */
uint8_t *canvas_pixels(struct canvas *c);
void canvas_clear(struct canvas *c, struct rgba colour);
/* resets the matrix */
void canvas_view(struct canvas *c, float x0, float y0, float pixels_per_unit);

/* Matrix stack, 16 deep: later transforms apply first, as in cairo. */
void canvas_save(struct canvas *c);
void canvas_restore(struct canvas *c);
void canvas_translate(struct canvas *c, float x, float y);
void canvas_scale(struct canvas *c, float x, float y);
void canvas_rotate(struct canvas *c, float radians); /* clockwise on screen: y is down */

/* Every colour painted is first mapped by tint: rgb = rgb * mul + add (times of day); alpha
 * untouched. */
void canvas_tint(struct canvas *c, const float mul[3], const float add[3]);

/* How colours and gradients are laid down; zero is plain. */
struct technique {
    float wash;               /* share of white paper that shines through */
    float saturate, contrast; /* beyond 1 */
    float inks;   /* how far colours go to a scale from night blue to cream of the same lightness */
    int bands;    /* steps of a gradient; 1: its middle colour; 0: smooth */
    float shadow; /* how far a shape's shadow lies below it, units of canvas_view; 0: none */
};
void canvas_technique(struct canvas *c, const struct technique *t);

/* A clip half-plane y <= limit, in the units current at the call; canvas_no_clip removes it. */
void canvas_clip_below(struct canvas *c, float limit_y);
void canvas_no_clip(struct canvas *c);

/* The current path; painting consumes it. The parts of one path are united, whichever way they
 * turn: one coverage, no seams, no holes (non-zero rule within a part). */
void path_move(struct canvas *c, float x, float y);
void path_line(struct canvas *c, float x, float y);
void path_curve(struct canvas *c, float x1, float y1, float x2, float y2, float x3, float y3);
void path_close(struct canvas *c);
void path_rect(struct canvas *c, float x, float y, float w, float h);
void path_round_rect(struct canvas *c, float x, float y, float w, float h, float radius);
void path_ellipse(struct canvas *c, float cx, float cy, float rx, float ry, float angle);
/* continues the path */
void path_arc(struct canvas *c, float cx, float cy, float r, float from, float to);

void paint_fill(struct canvas *c, struct rgba colour);
/* round caps and joins */
void paint_stroke(struct canvas *c, float width, struct rgba colour);
void paint_gradient(struct canvas *c, float x0, float y0, struct rgba c0, float x1, float y1,
                    struct rgba c1);

#endif
