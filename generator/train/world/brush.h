/* The brushes that the subject drawings share: colours, soft shapes, tubes for limbs and tails,
 * eyes. */
#ifndef WORLD_BRUSH_H
#define WORLD_BRUSH_H

#include "motion.h"

/* The colours of one actor, all derived from the slot's colour. */
struct ink {
    struct rgba main, shade, deep, light, mark;
    struct rgba rim; /* outline that keeps a black actor visible; alpha 0 for the
                      * others */
};

/* What a drawing function gets: canvas in body lengths, origin at the pose's (x, y), facing +x,
 * not yet rotated. */
struct figure {
    struct canvas *c;
    const struct scene *s;
    struct ink ink;
    struct pose pose;
    struct extent extent;
    enum stance stance;
    float t;
};

#define TUBE_POINTS 25

/* A limb or tail: a smooth centre line with a width at each point. */
struct tube {
    float x[TUBE_POINTS], y[TUBE_POINTS], w[TUBE_POINTS];
};

struct rgba rgb(unsigned hex);
struct rgba blend(struct rgba a, struct rgba b, float t);
struct rgba sheer(struct rgba c, float alpha);
void ink_for(enum colour colour, struct ink *ink);

void draw_ellipse(struct canvas *c, float x, float y, float rx, float ry, float angle,
                  struct rgba colour);
void draw_line(struct canvas *c, float x0, float y0, float x1, float y1, float width,
               struct rgba colour);
void draw_arc(struct canvas *c, float x0, float y0, float x1, float y1, float x2, float y2,
              float width, struct rgba colour);
/* A closed soft curve through n points; path only, or filled with the ink's rim when it has one. */
void path_blob(struct canvas *c, const float (*points)[2], int n);
void draw_blob(struct canvas *c, const float (*points)[2], int n, struct rgba colour);
void draw_rimmed(struct figure *f, const float (*points)[2], int n, struct rgba colour);

void tube_through(struct tube *t, const float (*points)[2], int n, float width_from,
                  float width_to);
void tube_fill(struct canvas *c, const struct tube *t, float from, float to, struct rgba colour);
void draw_limb(struct canvas *c, float x0, float y0, float x1, float y1, float x2, float y2,
               float w0, float w2, struct rgba colour);

/* The joint of a two-part leg from (x0, y0) to *x1, *y1, each part long; bend +1 or -1. Pulls in
 * a foot too far off. */
void bend_joint(float x0, float y0, float *x1, float *y1, float part, float bend, float *jx,
                float *jy);
/* Where a walking foot is: back over the ground while it carries, forward in the air. stride =
 * reach / duty. */
void gait_foot(float phase, float duty, float reach, float lift, float *dx, float *dy);

/* An eye with a highlight; open 0..1. */
void draw_eye(struct canvas *c, float x, float y, float r, float open, struct rgba iris);
/* 1 open, 0 shut: a blink every two seconds or so. */
float eye_open(const struct figure *f);
/* A slow glance to and fro, -1..1. */
float glance(const struct figure *f);

/* --- mark.c: on a flank of half axes rx, ry about (x, y); about a neck */
bool marked(const struct figure *f, enum mark mark);
void draw_mark(struct figure *f, float x, float y, float rx, float ry);
void draw_scarf(struct figure *f, float x0, float y0, float x1, float y1, float width);
struct rgba scarf_colour(const struct figure *f);

void draw_cat(struct figure *f);
void draw_dog(struct figure *f);
void draw_horse(struct figure *f);
void draw_child(struct figure *f);
void draw_bird(struct figure *f);
void draw_fish(struct figure *f);
void draw_butterfly(struct figure *f);
void draw_ball(struct figure *f);
void draw_car(struct figure *f);
void draw_boat(struct figure *f);
void draw_rocket(struct figure *f);
void draw_balloon(struct figure *f);
void draw_rabbit(struct figure *f);
void draw_duck(struct figure *f);
void draw_turtle(struct figure *f);
void draw_elephant(struct figure *f);
void draw_plane(struct figure *f);

#endif
