/* Canvases and paths of raster.h. Paths are flattened to device pixels as they are built; strokes
 * become polygons too. Painting them is raster_paint.c's. */
#include "raster_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265f
#define FLATNESS 0.08f /* pixels a chord may lie off its curve */

void *raster_grow(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p) {
        fprintf(stderr, "worldgen: out of memory\n");
        exit(1);
    }
    return p;
}

/* --- canvas and state --- */

struct canvas *canvas_new(int width, int height)
{
    struct canvas *c = raster_grow(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    c->width = width;
    c->height = height;
    c->pixel = raster_grow(NULL, (size_t)width * height * 4);
    c->cover = raster_grow(NULL, sizeof *c->cover * ((size_t)width + 2));
    c->row_start = raster_grow(NULL, sizeof *c->row_start * ((size_t)height * SUB + 1));
    memset(c->pixel, 0, (size_t)width * height * 4);
    memset(c->cover, 0, sizeof *c->cover * ((size_t)width + 2));
    c->mul[0] = c->mul[1] = c->mul[2] = 1;
    canvas_view(c, 0, 0, 1);
    return c;
}

static void polygons_release(struct polygons *p)
{
    free(p->point);
    free(p->part);
}

void canvas_free(struct canvas *c)
{
    if (!c)
        return;
    polygons_release(&c->path);
    polygons_release(&c->outline);
    polygons_release(&c->cut);
    free(c->pixel);
    free(c->cover);
    free(c->crossing);
    free(c->row_start);
    free(c);
}

uint8_t *canvas_pixels(struct canvas *c)
{
    return c->pixel;
}

void raster_premultiply(const struct canvas *c, struct rgba in, float out[4])
{
    static const float dark[3] = {0.09f, 0.11f, 0.25f}, pale[3] = {1.02f, 0.94f, 0.80f};
    const struct technique *t = &c->technique;
    float rgb[3] = {in.r * c->mul[0] + c->add[0], in.g * c->mul[1] + c->add[1],
                    in.b * c->mul[2] + c->add[2]};
    float light = 0.30f * rgb[0] + 0.55f * rgb[1] + 0.15f * rgb[2], a = clamp01(in.a) * 65535.0f;
    for (int k = 0; k < 3; k++) {
        float v = light + (rgb[k] - light) * (1 + t->saturate);
        v += (dark[k] + (pale[k] - dark[k]) * light - v) * t->inks;
        v = 0.5f + (v - 0.5f) * (1 + t->contrast);
        out[k] = (clamp01(v) * (1 - t->wash) + t->wash) * a;
    }
    out[3] = a;
}

void canvas_technique(struct canvas *c, const struct technique *t)
{
    c->technique = *t;
}

void canvas_clear(struct canvas *c, struct rgba colour)
{
    float p[4];
    uint8_t byte[4];
    raster_premultiply(c, colour, p);
    for (int k = 0; k < 4; k++)
        byte[k] = (uint8_t)(p[k] / 257.0f + 0.5f);
    for (size_t i = 0, n = (size_t)c->width * c->height; i < n; i++)
        memcpy(c->pixel + i * 4, byte, 4);
}

void canvas_view(struct canvas *c, float x0, float y0, float pixels_per_unit)
{
    float s = pixels_per_unit;
    c->depth = 0;
    c->matrix[0] = (struct matrix){s, 0, 0, s, -x0 * s, -y0 * s};
}

void canvas_save(struct canvas *c)
{
    if (c->depth + 1 >= STACK) {
        fprintf(stderr, "worldgen: matrix stack is full\n");
        exit(1);
    }
    c->matrix[c->depth + 1] = c->matrix[c->depth];
    c->depth++;
}

void canvas_restore(struct canvas *c)
{
    if (c->depth > 0)
        c->depth--;
}

struct point raster_transform(const struct canvas *c, float x, float y)
{
    const struct matrix *m = &c->matrix[c->depth];
    return (struct point){m->xx * x + m->xy * y + m->x0, m->yx * x + m->yy * y + m->y0};
}

void canvas_translate(struct canvas *c, float x, float y)
{
    struct point p = raster_transform(c, x, y);
    c->matrix[c->depth].x0 = p.x;
    c->matrix[c->depth].y0 = p.y;
}

void canvas_scale(struct canvas *c, float x, float y)
{
    struct matrix *m = &c->matrix[c->depth];
    m->xx *= x;
    m->yx *= x;
    m->xy *= y;
    m->yy *= y;
}

void canvas_rotate(struct canvas *c, float radians)
{
    struct matrix *m = &c->matrix[c->depth], old = *m;
    float s = sinf(radians), k = cosf(radians);
    m->xx = old.xx * k + old.xy * s;
    m->yx = old.yx * k + old.yy * s;
    m->xy = old.xy * k - old.xx * s;
    m->yy = old.yy * k - old.yx * s;
}

void canvas_tint(struct canvas *c, const float mul[3], const float add[3])
{
    memcpy(c->mul, mul, sizeof c->mul);
    memcpy(c->add, add, sizeof c->add);
}

void canvas_clip_below(struct canvas *c, float limit_y)
{
    struct point a = raster_transform(c, 0, limit_y), b = raster_transform(c, 1, limit_y),
                 in = raster_transform(c, 0, limit_y - 1);
    float nx = b.y - a.y, ny = a.x - b.x, d = nx * a.x + ny * a.y;
    float sign = nx * in.x + ny * in.y <= d ? 1.0f : -1.0f;
    c->clip_nx = nx * sign;
    c->clip_ny = ny * sign;
    c->clip_d = d * sign;
    c->clipped = true;
}

void canvas_no_clip(struct canvas *c)
{
    c->clipped = false;
}

/* --- paths --- */

void polygons_begin(struct polygons *p)
{
    if (p->parts == p->part_room) {
        p->part_room = p->part_room ? p->part_room * 2 : 16;
        p->part = raster_grow(p->part, sizeof *p->part * (size_t)p->part_room);
    }
    p->part[p->parts++] = (struct part){p->points, 0, false};
}

void polygons_add(struct polygons *p, struct point at)
{
    if (p->points == p->point_room) {
        p->point_room = p->point_room ? p->point_room * 2 : 256;
        p->point = raster_grow(p->point, sizeof *p->point * (size_t)p->point_room);
    }
    p->point[p->points++] = at;
    p->part[p->parts - 1].count++;
}

void polygons_clear(struct polygons *p)
{
    p->points = p->parts = 0;
}

static void add_point(struct canvas *c, struct point at)
{
    if (!c->open) {
        struct point start = at;
        if (c->path.parts > 0) /* after path_close: go on from where that part began */
            start = c->path.point[c->path.part[c->path.parts - 1].first];
        polygons_begin(&c->path);
        polygons_add(&c->path, start);
        c->open = true;
    }
    polygons_add(&c->path, at);
}

void path_move(struct canvas *c, float x, float y)
{
    polygons_begin(&c->path);
    polygons_add(&c->path, raster_transform(c, x, y));
    c->open = true;
}

void path_line(struct canvas *c, float x, float y)
{
    add_point(c, raster_transform(c, x, y));
}

static float bend(struct point a, struct point b, struct point d)
{
    return hypotf(a.x - 2 * b.x + d.x, a.y - 2 * b.y + d.y);
}

void path_curve(struct canvas *c, float x1, float y1, float x2, float y2, float x3, float y3)
{
    if (!c->open)
        path_move(c, x1, y1);
    struct point p0 = c->path.point[c->path.points - 1];
    struct point p1 = raster_transform(c, x1, y1), p2 = raster_transform(c, x2, y2),
                 p3 = raster_transform(c, x3, y3);
    float most = fmaxf(bend(p0, p1, p2), bend(p1, p2, p3));
    int n = (int)ceilf(sqrtf(0.75f * most / FLATNESS));
    n = n < 1 ? 1 : n > 64 ? 64 : n;
    for (int i = 1; i <= n; i++) {
        float t = (float)i / n, s = 1 - t;
        float k0 = s * s * s, k1 = 3 * s * s * t, k2 = 3 * s * t * t, k3 = t * t * t;
        add_point(c, (struct point){k0 * p0.x + k1 * p1.x + k2 * p2.x + k3 * p3.x,
                                    k0 * p0.y + k1 * p1.y + k2 * p2.y + k3 * p3.y});
    }
}

void path_close(struct canvas *c)
{
    if (c->open)
        c->path.part[c->path.parts - 1].closed = true;
    c->open = false;
}

void path_rect(struct canvas *c, float x, float y, float w, float h)
{
    path_move(c, x, y);
    path_line(c, x + w, y);
    path_line(c, x + w, y + h);
    path_line(c, x, y + h);
    path_close(c);
}

/* Chords for a whole turn at this radius in pixels. */
static int chords(float radius_px)
{
    float r = fmaxf(radius_px, 0.5f);
    int n = (int)ceilf(PI / sqrtf(2 * FLATNESS / r));
    return n < 8 ? 8 : n > 160 ? 160 : n;
}

static float pixels_per_unit(const struct canvas *c)
{
    const struct matrix *m = &c->matrix[c->depth];
    return sqrtf(fabsf(m->xx * m->yy - m->xy * m->yx));
}

void path_ellipse(struct canvas *c, float cx, float cy, float rx, float ry, float angle)
{
    int n = chords(fmaxf(fabsf(rx), fabsf(ry)) * pixels_per_unit(c));
    float s = sinf(angle), k = cosf(angle);
    for (int i = 0; i < n; i++) {
        float ex = rx * cosf(2 * PI * i / n), ey = ry * sinf(2 * PI * i / n);
        float x = cx + ex * k - ey * s, y = cy + ex * s + ey * k;
        if (i == 0)
            path_move(c, x, y);
        else
            path_line(c, x, y);
    }
    path_close(c);
}

void path_arc(struct canvas *c, float cx, float cy, float r, float from, float to)
{
    int n = (int)ceilf(chords(fabsf(r) * pixels_per_unit(c)) * fabsf(to - from) / (2 * PI));
    n = n < 2 ? 2 : n;
    for (int i = 0; i <= n; i++) {
        float a = from + (to - from) * i / n, x = cx + r * cosf(a), y = cy + r * sinf(a);
        if (i == 0 && !c->open)
            path_move(c, x, y);
        else
            path_line(c, x, y);
    }
}

void path_round_rect(struct canvas *c, float x, float y, float w, float h, float radius)
{
    float r = fminf(radius, 0.5f * fminf(w, h));
    path_move(c, x + r, y);
    path_arc(c, x + w - r, y + r, r, -PI / 2, 0);
    path_arc(c, x + w - r, y + h - r, r, 0, PI / 2);
    path_arc(c, x + r, y + h - r, r, PI / 2, PI);
    path_arc(c, x + r, y + r, r, PI, 1.5f * PI);
    path_close(c);
}

/* --- strokes become polygons --- */

static void outline_circle(struct polygons *o, struct point at, float r)
{
    int n = chords(r);
    polygons_begin(o);
    for (int i = 0; i < n; i++)
        polygons_add(
            o, (struct point){at.x + r * cosf(2 * PI * i / n), at.y + r * sinf(2 * PI * i / n)});
}

/* The band about one segment; consecutive bands are joined by circles unless the turn is slight. */
static void outline_segment(struct polygons *o, struct point a, struct point b, struct point n)
{
    polygons_begin(o);
    polygons_add(o, (struct point){a.x + n.x, a.y + n.y});
    polygons_add(o, (struct point){b.x + n.x, b.y + n.y});
    polygons_add(o, (struct point){b.x - n.x, b.y - n.y});
    polygons_add(o, (struct point){a.x - n.x, a.y - n.y});
}

static void outline_join(struct polygons *o, struct point at, struct point n1, struct point n2,
                         float r)
{
    if (n1.x * n2.x + n1.y * n2.y < 0.94f * r * r) {
        outline_circle(o, at, r);
        return;
    }
    polygons_begin(o);
    polygons_add(o, (struct point){at.x + n1.x, at.y + n1.y});
    polygons_add(o, (struct point){at.x + n2.x, at.y + n2.y});
    polygons_add(o, (struct point){at.x - n1.x, at.y - n1.y});
    polygons_add(o, (struct point){at.x - n2.x, at.y - n2.y});
}

static void outline_part(struct canvas *c, const struct part *part, float r)
{
    const struct point *p = c->path.point + part->first;
    int segments = part->closed ? part->count : part->count - 1;
    struct point previous = {0, 0}, first = {0, 0};
    bool any = false;
    for (int i = 0; i < segments; i++) {
        struct point a = p[i], b = p[(i + 1) % part->count];
        float length = hypotf(b.x - a.x, b.y - a.y);
        if (length < 1e-4f)
            continue;
        struct point n = {(a.y - b.y) * r / length, (b.x - a.x) * r / length};
        outline_segment(&c->outline, a, b, n);
        if (any)
            outline_join(&c->outline, a, previous, n, r);
        else
            first = n;
        previous = n;
        any = true;
    }
    if (any && part->closed) {
        outline_join(&c->outline, p[0], previous, first, r);
    } else {
        outline_circle(&c->outline, p[0], r);
        if (any)
            outline_circle(&c->outline, p[part->count - 1], r);
    }
}

void raster_outline(struct canvas *c, float width)
{
    polygons_clear(&c->outline);
    for (int i = 0; i < c->path.parts; i++)
        outline_part(c, &c->path.part[i], 0.5f * fabsf(width) * pixels_per_unit(c));
}
