/* From polygons to pixels. Painting cuts them into four sub-scanlines a pixel, finds the spans
 * inside by winding number and sums exact horizontal coverage, so shapes that overlap within one
 * path never show a seam. Coverage is an integer of 0..1024. */
#include "raster_in.h"

#include <math.h>
#include <string.h>

struct paint { /* premultiplied, 0..65535; gradient: from a to b over t */
    bool gradient;
    float a[4], b[4];
    int bands;
    float t0, tx, ty; /* t = t0 + tx x + ty y in device pixels */
};

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
        c->crossing = raster_grow(c->crossing, sizeof *c->crossing * (size_t)c->crossing_room);
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
    raster_premultiply(c, colour, paint.a);
    paint_polygons(c, &c->path, &paint);
    path_done(c);
}

void paint_stroke(struct canvas *c, float width, struct rgba colour)
{
    struct paint paint = {0};
    raster_premultiply(c, colour, paint.a);
    raster_outline(c, width);
    paint_polygons(c, &c->outline, &paint);
    path_done(c);
}

void paint_gradient(struct canvas *c, float x0, float y0, struct rgba c0, float x1, float y1,
                    struct rgba c1)
{
    struct point p = raster_transform(c, x0, y0), q = raster_transform(c, x1, y1);
    float dx = q.x - p.x, dy = q.y - p.y, square = fmaxf(dx * dx + dy * dy, 1e-12f);
    struct paint paint = {
        .gradient = true, .bands = c->technique.bands, .tx = dx / square, .ty = dy / square};
    paint.t0 = -(p.x * paint.tx + p.y * paint.ty);
    raster_premultiply(c, c0, paint.a);
    raster_premultiply(c, c1, paint.b);
    cast_shadow(c, fminf(c0.a, c1.a));
    paint_polygons(c, &c->path, &paint);
    path_done(c);
}
