/* The rasteriser of raster.h. Paths are flattened to device pixels as they are built; painting cuts
 * them into four sub-scanlines a pixel, finds the spans inside by winding number and sums exact
 * horizontal coverage, so shapes that overlap within one path never show a seam. Coverage is an
 * integer of 0..1024. */
#include "raster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUB 4            /* sub-scanlines a pixel */
#define FULL (SUB * 256) /* coverage of a whole pixel */
#define STACK 16
#define PI 3.14159265f
#define FLATNESS 0.08f /* pixels a chord may lie off its curve */

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

struct paint { /* premultiplied, 0..65535; gradient: from a to b over t */
    bool gradient;
    float a[4], b[4];
    int bands;
    float t0, tx, ty; /* t = t0 + tx x + ty y in device pixels */
};

static void *grow(void *old, size_t size)
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
    struct canvas *c = grow(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    c->width = width;
    c->height = height;
    c->pixel = grow(NULL, (size_t)width * height * 4);
    c->cover = grow(NULL, sizeof *c->cover * ((size_t)width + 2));
    c->row_start = grow(NULL, sizeof *c->row_start * ((size_t)height * SUB + 1));
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

static float clamp01(float v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

static void premultiply(const struct canvas *c, struct rgba in, float out[4])
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
    premultiply(c, colour, p);
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

static struct point transform(const struct canvas *c, float x, float y)
{
    const struct matrix *m = &c->matrix[c->depth];
    return (struct point){m->xx * x + m->xy * y + m->x0, m->yx * x + m->yy * y + m->y0};
}

void canvas_translate(struct canvas *c, float x, float y)
{
    struct point p = transform(c, x, y);
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
    struct point a = transform(c, 0, limit_y), b = transform(c, 1, limit_y),
                 in = transform(c, 0, limit_y - 1);
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

static void polygons_begin(struct polygons *p)
{
    if (p->parts == p->part_room) {
        p->part_room = p->part_room ? p->part_room * 2 : 16;
        p->part = grow(p->part, sizeof *p->part * (size_t)p->part_room);
    }
    p->part[p->parts++] = (struct part){p->points, 0, false};
}

static void polygons_add(struct polygons *p, struct point at)
{
    if (p->points == p->point_room) {
        p->point_room = p->point_room ? p->point_room * 2 : 256;
        p->point = grow(p->point, sizeof *p->point * (size_t)p->point_room);
    }
    p->point[p->points++] = at;
    p->part[p->parts - 1].count++;
}

static void polygons_clear(struct polygons *p)
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
    polygons_add(&c->path, transform(c, x, y));
    c->open = true;
}

void path_line(struct canvas *c, float x, float y)
{
    add_point(c, transform(c, x, y));
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
    struct point p1 = transform(c, x1, y1), p2 = transform(c, x2, y2), p3 = transform(c, x3, y3);
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

/* --- from polygons to coverage --- */

/* Sutherland-Hodgman against the clip half-plane, into c->cut. */
static void cut_polygons(struct canvas *c, const struct polygons *in)
{
    polygons_clear(&c->cut);
    for (int i = 0; i < in->parts; i++) {
        const struct part *part = &in->part[i];
        const struct point *p = in->point + part->first;
        polygons_begin(&c->cut);
        for (int j = 0; j < part->count; j++) {
            struct point a = p[j], b = p[(j + 1) % part->count];
            float da = c->clip_nx * a.x + c->clip_ny * a.y - c->clip_d;
            float db = c->clip_nx * b.x + c->clip_ny * b.y - c->clip_d;
            if (da <= 0)
                polygons_add(&c->cut, a);
            if ((da <= 0) != (db <= 0)) {
                float t = da / (da - db);
                polygons_add(&c->cut, (struct point){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
            }
        }
    }
}

/* +1 or -1 so that every part turns the same way: parts are united, never subtracted. */
static int part_turn(const struct point *p, int count)
{
    double area = 0;
    for (int i = 0; i < count; i++) {
        const struct point *a = p + i, *b = p + (i + 1 == count ? 0 : i + 1);
        area += (double)(a->x - p->x) * (b->y - p->y) - (double)(b->x - p->x) * (a->y - p->y);
    }
    return area < 0 ? -1 : 1;
}

struct edge_walk {
    int first, last;
    double x, slope;
    int winding;
};

/* The sub-scanlines whose middles an edge crosses, and x (1/256 pixel) there. */
static bool edge_walk(const struct canvas *c, struct point a, struct point b, int turn,
                      struct edge_walk *w)
{
    w->winding = turn;
    if (a.y > b.y) {
        struct point swap = a;
        a = b;
        b = swap;
        w->winding = -turn;
    }
    int rows = c->height * SUB;
    double y0 = (double)a.y * SUB - 0.5, y1 = (double)b.y * SUB - 0.5;
    if (!(y1 > 0) || !(y0 <= rows - 1))
        return false;
    w->first = y0 <= 0 ? 0 : (int)ceil(y0);
    w->last = y1 > rows - 1 ? rows - 1 : (int)ceil(y1) - 1;
    if (w->last < w->first)
        return false;
    w->slope = 256.0 * ((double)b.x - a.x) / (y1 - y0);
    w->x = 256.0 * a.x + (w->first - y0) * w->slope;
    return true;
}

/* The sub-scanlines that the polygons may touch, whole rows of pixels; first > last: none. */
static void reach(const struct canvas *c, const struct polygons *in, int *first, int *last)
{
    float low = (float)c->height, high = 0;
    for (int i = 0; i < in->points; i++) {
        low = fminf(low, in->point[i].y);
        high = fmaxf(high, in->point[i].y);
    }
    *first = (int)floorf(fmaxf(low, 0)) * SUB;
    *last = (int)fminf(floorf(high) + 1, (float)c->height) * SUB - 1;
}

static void count_crossings(struct canvas *c, const struct polygons *in, int first, int last)
{
    struct edge_walk w;
    int total = 0;
    memset(c->row_start + first, 0, sizeof *c->row_start * (size_t)(last - first + 1));
    for (int i = 0; i < in->parts; i++) {
        const struct point *p = in->point + in->part[i].first;
        int n = in->part[i].count;
        for (int j = 0; j < n; j++)
            if (edge_walk(c, p[j], p[j + 1 == n ? 0 : j + 1], 1, &w))
                for (int row = w.first; row <= w.last; row++)
                    c->row_start[row]++;
    }
    for (int row = first; row <= last; row++) {
        int n = c->row_start[row];
        c->row_start[row] = total;
        total += n;
    }
    if (total > c->crossing_room) {
        c->crossing_room = total * 2;
        c->crossing = grow(c->crossing, sizeof *c->crossing * (size_t)c->crossing_room);
    }
}

/* Fills each row's slice of crossings; row_start[row] ends up at the slice's end. */
static void place_crossings(struct canvas *c, const struct polygons *in)
{
    struct edge_walk w;
    double right = 256.0 * c->width;
    for (int i = 0; i < in->parts; i++) {
        const struct point *p = in->point + in->part[i].first;
        int n = in->part[i].count, turn = part_turn(p, n);
        for (int j = 0; j < n; j++) {
            if (!edge_walk(c, p[j], p[j + 1 == n ? 0 : j + 1], turn, &w))
                continue;
            for (int row = w.first; row <= w.last; row++, w.x += w.slope) {
                double x = w.x < 0 ? 0 : w.x > right ? right : w.x;
                c->crossing[c->row_start[row]++] = (struct crossing){(int32_t)(x + 0.5), w.winding};
            }
        }
    }
}

static void sort_crossings(struct crossing *x, int n)
{
    for (int i = 1; i < n; i++) {
        struct crossing v = x[i];
        int j = i;
        for (; j > 0 && x[j - 1].x > v.x; j--)
            x[j] = x[j - 1];
        x[j] = v;
    }
}

/* Adds one sub-scanline's spans to the row's coverage differences; widens [*low, *high]. */
static void cover_row(struct canvas *c, struct crossing *x, int n, int *low, int *high)
{
    int winding = 0, start = 0;
    sort_crossings(x, n);
    for (int i = 0; i < n; i++) {
        int before = winding;
        winding += x[i].winding;
        if (before == 0) {
            start = x[i].x;
        } else if (winding == 0 && x[i].x > start) {
            int a = start >> 8, b = x[i].x >> 8, fa = start & 255, fb = x[i].x & 255;
            c->cover[a] += 256 - fa;
            c->cover[a + 1] += fa;
            c->cover[b] -= 256 - fb;
            c->cover[b + 1] -= fb;
            *low = a < *low ? a : *low;
            *high = b + 1 > *high ? b + 1 : *high;
        }
    }
}

/* --- from coverage to pixels --- */

static uint8_t over(uint32_t source, uint32_t rest, uint8_t below)
{
    uint32_t v = source * 255 + below * rest + 32768;
    return (uint8_t)((v + (v >> 16)) >> 16);
}

static void blend_run(uint8_t *pixel, int count, const float colour[4], int coverage)
{
    uint32_t s[4];
    for (int k = 0; k < 4; k++)
        s[k] = (uint32_t)(colour[k] * coverage * (1.0f / FULL) + 0.5f);
    uint32_t rest = 65535 - s[3];
    if (rest == 0) {
        uint8_t solid[4] = {over(s[0], 0, 0), over(s[1], 0, 0), over(s[2], 0, 0), 255};
        for (int i = 0; i < count; i++)
            memcpy(pixel + i * 4, solid, 4);
        return;
    }
    for (int i = 0; i < count * 4; i += 4)
        for (int k = 0; k < 4; k++)
            pixel[i + k] = over(s[k], rest, pixel[i + k]);
}

static void gradient_at(const struct paint *paint, float x, float y, float out[4])
{
    float t = clamp01(paint->t0 + paint->tx * x + paint->ty * y);
    if (paint->bands)
        t = paint->bands == 1 ? 0.5f
                              : floorf(fminf(t * (float)paint->bands, (float)paint->bands - 1)) /
                                    (float)(paint->bands - 1);
    for (int k = 0; k < 4; k++)
        out[k] = paint->a[k] + (paint->b[k] - paint->a[k]) * t;
}

static void paint_run(struct canvas *c, const struct paint *paint, int x, int y, int count,
                      int coverage)
{
    uint8_t *pixel = c->pixel + ((size_t)y * c->width + x) * 4;
    float colour[4];
    if (!paint->gradient) {
        blend_run(pixel, count, paint->a, coverage);
        return;
    }
    int step = fabsf(paint->tx) < 1e-7f ? count : 1;
    for (int i = 0; i < count; i += step) {
        gradient_at(paint, x + i + 0.5f, y + 0.5f, colour);
        blend_run(pixel + i * 4, step, colour, coverage);
    }
}

/* Paints one row from its coverage differences, run by run, and zeroes them. */
static void paint_row(struct canvas *c, const struct paint *paint, int y, int low, int high)
{
    int coverage = 0;
    for (int x = low; x <= high && x < c->width;) {
        coverage += c->cover[x];
        int end = x + 1;
        while (end <= high && end < c->width && c->cover[end] == 0)
            end++;
        if (coverage > 0)
            paint_run(c, paint, x, y, end - x, coverage);
        x = end;
    }
    memset(c->cover + low, 0, sizeof *c->cover * ((size_t)(high - low) + 1));
}

static void paint_polygons(struct canvas *c, const struct polygons *in, const struct paint *paint)
{
    if (c->clipped) {
        cut_polygons(c, in);
        in = &c->cut;
    }
    int begin = 0, first, last;
    reach(c, in, &first, &last);
    if (first > last)
        return;
    count_crossings(c, in, first, last);
    place_crossings(c, in);
    for (int y = first / SUB; y <= last / SUB; y++) {
        int low = c->width + 1, high = -1;
        for (int row = y * SUB; row < (y + 1) * SUB; row++) {
            cover_row(c, c->crossing + begin, c->row_start[row] - begin, &low, &high);
            begin = c->row_start[row];
        }
        if (high >= 0)
            paint_row(c, paint, y, low, high);
    }
}

static void path_done(struct canvas *c)
{
    polygons_clear(&c->path);
    c->open = false;
}

static void move_points(struct polygons *p, float dx, float dy)
{
    for (int i = 0; i < p->points; i++) {
        p->point[i].x += dx;
        p->point[i].y += dy;
    }
}

/* Where paper lies over paper: the path's shadow, before the path itself. */
static void cast_shadow(struct canvas *c, float alpha)
{
    float off = c->technique.shadow * c->matrix[0].xx;
    if (off <= 0 || alpha < 0.8f)
        return;
    struct paint paint = {
        .a = {0.06f * 0.25f * 65535, 0.05f * 0.25f * 65535, 0.14f * 0.25f * 65535, 0.25f * 65535}};
    move_points(&c->path, 0.6f * off, off);
    paint_polygons(c, &c->path, &paint);
    move_points(&c->path, -0.6f * off, -off);
}

void paint_fill(struct canvas *c, struct rgba colour)
{
    struct paint paint = {0};
    cast_shadow(c, colour.a);
    premultiply(c, colour, paint.a);
    paint_polygons(c, &c->path, &paint);
    path_done(c);
}

void paint_stroke(struct canvas *c, float width, struct rgba colour)
{
    struct paint paint = {0};
    premultiply(c, colour, paint.a);
    polygons_clear(&c->outline);
    for (int i = 0; i < c->path.parts; i++)
        outline_part(c, &c->path.part[i], 0.5f * fabsf(width) * pixels_per_unit(c));
    paint_polygons(c, &c->outline, &paint);
    path_done(c);
}

void paint_gradient(struct canvas *c, float x0, float y0, struct rgba c0, float x1, float y1,
                    struct rgba c1)
{
    struct point p = transform(c, x0, y0), q = transform(c, x1, y1);
    float dx = q.x - p.x, dy = q.y - p.y, square = fmaxf(dx * dx + dy * dy, 1e-12f);
    struct paint paint = {
        .gradient = true, .bands = c->technique.bands, .tx = dx / square, .ty = dy / square};
    paint.t0 = -(p.x * paint.tx + p.y * paint.ty);
    premultiply(c, c0, paint.a);
    premultiply(c, c1, paint.b);
    cast_shadow(c, fminf(c0.a, c1.a));
    paint_polygons(c, &c->path, &paint);
    path_done(c);
}
