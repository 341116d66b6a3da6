/* Brushes shared by the subject drawings: the colours of an actor, soft closed curves, tapered
 * tubes, eyes, and the geometry of a stepping leg. */
#include "brush.h"

#include <math.h>

#define TAU 6.2831853f

struct rgba rgb(unsigned hex)
{
    return (struct rgba){(float)(hex >> 16 & 255) / 255, (float)(hex >> 8 & 255) / 255,
                         (float)(hex & 255) / 255, 1};
}

struct rgba blend(struct rgba a, struct rgba b, float t)
{
    return (struct rgba){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t,
                         a.a + (b.a - a.a) * t};
}

struct rgba sheer(struct rgba c, float alpha)
{
    c.a *= alpha;
    return c;
}

void ink_for(enum colour colour, struct ink *ink)
{
    static const unsigned mains[COLOUR_COUNT] = {0xf0913a, 0xdb4a3f, 0xf7c93f, 0x63b05c,
                                                 0x4a86dc, 0xf5f1e8, 0x383a46, 0x9a63c4};
    static const unsigned deeps[COLOUR_COUNT] = {0xb8591f, 0x96272c, 0xd08f1f, 0x2f7442,
                                                 0x2b529c, 0xb9b4b8, 0x23242e, 0x5f3488};
    struct rgba main = rgb(mains[colour]), deep = rgb(deeps[colour]), cream = rgb(0xfff4dd);
    *ink = (struct ink){.main = main,
                        .deep = deep,
                        .shade = blend(main, deep, .55f),
                        .light = blend(main, cream, .68f),
                        .mark = blend(main, deep, .8f),
                        .rim = sheer(cream, 0)};
    if (colour == WHITE) {
        ink->light = rgb(0xffffff);
        ink->mark = rgb(0xcfc6bf);
        ink->rim = rgb(0xc9c4c4);
    } else if (colour == BLACK) {
        ink->light = rgb(0x8a8c9c);
        ink->mark = rgb(0x5c5f70);
        ink->shade = rgb(0x2a2b36);
        ink->deep = rgb(0x5c5f70);
        ink->rim = rgb(0x787b8e);
    }
}

void draw_ellipse(struct canvas *c, float x, float y, float rx, float ry, float angle,
                  struct rgba colour)
{
    path_ellipse(c, x, y, rx, ry, angle);
    paint_fill(c, colour);
}

void draw_line(struct canvas *c, float x0, float y0, float x1, float y1, float width,
               struct rgba colour)
{
    path_move(c, x0, y0);
    path_line(c, x1, y1);
    paint_stroke(c, width, colour);
}

void draw_arc(struct canvas *c, float x0, float y0, float x1, float y1, float x2, float y2,
              float width, struct rgba colour)
{
    path_move(c, x0, y0);
    path_curve(c, x0 + (x1 - x0) * .67f, y0 + (y1 - y0) * .67f, x2 + (x1 - x2) * .67f,
               y2 + (y1 - y2) * .67f, x2, y2);
    paint_stroke(c, width, colour);
}

void path_blob(struct canvas *c, const float (*p)[2], int n)
{
    path_move(c, p[0][0], p[0][1]);
    for (int i = 0; i < n; i++) {
        const float *a = p[(i + n - 1) % n], *b = p[i], *d = p[(i + 1) % n], *e = p[(i + 2) % n];
        path_curve(c, b[0] + (d[0] - a[0]) / 6, b[1] + (d[1] - a[1]) / 6, d[0] - (e[0] - b[0]) / 6,
                   d[1] - (e[1] - b[1]) / 6, d[0], d[1]);
    }
    path_close(c);
}

void draw_blob(struct canvas *c, const float (*points)[2], int n, struct rgba colour)
{
    path_blob(c, points, n);
    paint_fill(c, colour);
}

void draw_rimmed(struct figure *f, const float (*points)[2], int n, struct rgba colour)
{
    if (f->ink.rim.a > 0) {
        path_blob(f->c, points, n);
        paint_stroke(f->c, .034f, f->ink.rim);
    }
    draw_blob(f->c, points, n, colour);
}

/* A point of the open curve through n points (ends doubled), u in 0..1. */
static void curve_point(const float (*p)[2], int n, float u, float out[2])
{
    float s = u * (float)(n - 1);
    int i = (int)s;
    if (i > n - 2)
        i = n - 2;
    float f = s - (float)i;
    const float *a = p[i > 0 ? i - 1 : 0], *b = p[i], *d = p[i + 1],
                *e = p[i + 2 < n ? i + 2 : n - 1];
    for (int k = 0; k < 2; k++)
        out[k] = b[k] + .5f * f *
                            (d[k] - a[k] +
                             f * (2 * a[k] - 5 * b[k] + 4 * d[k] - e[k] +
                                  f * (3 * (b[k] - d[k]) + e[k] - a[k])));
}

void tube_through(struct tube *t, const float (*points)[2], int n, float width_from, float width_to)
{
    for (int i = 0; i < TUBE_POINTS; i++) {
        float u = (float)i / (TUBE_POINTS - 1), at[2];
        curve_point(points, n, u, at);
        t->x[i] = at[0];
        t->y[i] = at[1];
        t->w[i] = width_from + (width_to - width_from) * u;
    }
}

static void tube_side(struct canvas *c, const struct tube *t, int i, float side, bool first)
{
    int a = i > 0 ? i - 1 : 0, b = i < TUBE_POINTS - 1 ? i + 1 : i;
    float dx = t->x[b] - t->x[a], dy = t->y[b] - t->y[a], norm = sqrtf(dx * dx + dy * dy) + 1e-6f;
    float half = .5f * side * t->w[i];
    float x = t->x[i] - dy / norm * half, y = t->y[i] + dx / norm * half;
    if (first)
        path_move(c, x, y);
    else
        path_line(c, x, y);
}

void tube_fill(struct canvas *c, const struct tube *t, float from, float to, struct rgba colour)
{
    int i0 = (int)(from * (TUBE_POINTS - 1) + .5f), i1 = (int)(to * (TUBE_POINTS - 1) + .5f);
    for (int i = i0; i <= i1; i++)
        tube_side(c, t, i, 1, i == i0);
    for (int i = i1; i >= i0; i--)
        tube_side(c, t, i, -1, false);
    path_close(c);
    paint_fill(c, colour);
    if (i0 == 0)
        draw_ellipse(c, t->x[0], t->y[0], .5f * t->w[0], .5f * t->w[0], 0, colour);
    if (i1 == TUBE_POINTS - 1)
        draw_ellipse(c, t->x[i1], t->y[i1], .5f * t->w[i1], .5f * t->w[i1], 0, colour);
}

void draw_limb(struct canvas *c, float x0, float y0, float x1, float y1, float x2, float y2,
               float w0, float w2, struct rgba colour)
{
    /* the joint is met closely, its corner rounded */
    const float points[5][2] = {{x0, y0},
                                {x0 + .7f * (x1 - x0), y0 + .7f * (y1 - y0)},
                                {x1, y1},
                                {x2 + .7f * (x1 - x2), y2 + .7f * (y1 - y2)},
                                {x2, y2}};
    struct tube tube;
    tube_through(&tube, points, 5, w0, w2);
    tube_fill(c, &tube, 0, 1, colour);
}

void bend_joint(float x0, float y0, float *x1, float *y1, float part, float bend, float *jx,
                float *jy)
{
    float dx = *x1 - x0, dy = *y1 - y0, d = sqrtf(dx * dx + dy * dy) + 1e-6f;
    float reach = 1.96f * part;
    if (d > reach) {
        dx *= reach / d;
        dy *= reach / d;
        *x1 = x0 + dx;
        *y1 = y0 + dy;
        d = reach;
    }
    float out = sqrtf(fmaxf(part * part - .25f * d * d, 0)) * bend;
    *jx = x0 + .5f * dx + dy / d * out;
    *jy = y0 + .5f * dy - dx / d * out;
}

void gait_foot(float phase, float duty, float reach, float lift, float *dx, float *dy)
{
    float u = phase / TAU;
    u -= floorf(u);
    if (u < duty) {
        *dx = reach * (.5f - u / duty);
        *dy = 0;
        return;
    }
    float v = (u - duty) / (1 - duty);
    *dx = reach * (smooth01(v) - .5f);
    *dy = -lift * sinf(.5f * TAU * v);
}

void draw_eye(struct canvas *c, float x, float y, float r, float open, struct rgba iris)
{
    struct rgba dark = rgb(0x1d1a22);
    if (open < .3f) {
        draw_arc(c, x - r, y, x, y + .9f * r, x + r, y, .45f * r, dark);
        return;
    }
    draw_ellipse(c, x, y, r, 1.15f * r * open, 0, iris);
    draw_ellipse(c, x + .1f * r, y, .66f * r, .9f * r * open, 0, dark);
    draw_ellipse(c, x + .36f * r, y - .38f * r * open, .32f * r, .32f * r, 0, rgb(0xffffff));
}

float eye_open(const struct figure *f)
{
    float period = rng_range(f->s->seed, 300, 0, 1.7f, 2.4f);
    float u = fmodf(f->t + period * rng_unit(f->s->seed, 301, 0) + period, period);
    return u < .2f ? 1 - sinf(.5f * TAU * u / .2f) : 1;
}

float glance(const struct figure *f)
{
    float start = TAU * rng_unit(f->s->seed, 302, 0);
    return smooth01(.5f + 1.1f * sinf(1.7f * f->t + start)) * 2 - 1;
}
