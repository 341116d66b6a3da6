/* Drawing of frames. The plate is kept as Y, Cb and Cr (resampling is linear, so the order does not
 * matter, and half the chroma need not be made); its window is filtered across once a source row,
 * then down for each row made. Sprites are filtered alike, sharpened and laid over. A window that
 * never moves is drawn once and copied. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compose_in.h"
#include "compose_matte.h"

static const double matte_blur = 1.0 / 3;

static int round_up(int n)
{
    return (n + 31) / 32 * 32;
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

/* --- Preparing -------------------------------------------------------------------------------- */

static int16_t coded(float v, float scale)
{
    return (int16_t)lrintf(fminf(fmaxf(v * scale, -RESAMPLE16_LIMIT), RESAMPLE16_LIMIT));
}

/* The plate in the colours of the frames: v in -1..1 becomes three planes. */
static bool take_plate(struct compose *c, const struct compose_layers *l)
{
    size_t rows = (size_t)l->plate_rows, columns = (size_t)l->plate_columns;
    c->plate_columns = l->plate_columns;
    c->plate_rows = l->plate_rows;
    c->plate_stride = l->plate_columns + RESAMPLE16_PAD;
    c->plate_width = l->plate_width;
    for (int k = 0; k < 3; k++)
        if (!(c->plate[k] = calloc(rows * (size_t)c->plate_stride, sizeof(int16_t))))
            return false;
    for (size_t y = 0; y < rows; y++) {
        int16_t *out[3];
        for (int k = 0; k < 3; k++)
            out[k] = c->plate[k] + y * (size_t)c->plate_stride;
        for (size_t x = 0; x < columns; x++) {
            const float *in = l->plate + y * columns + x;
            float rgb[3] = {(in[0] + 1) / 2, (in[rows * columns] + 1) / 2,
                            (in[2 * rows * columns] + 1) / 2};
            float colour[3];
            row_colour_of(&c->colour, rgb, colour);
            for (int k = 0; k < 3; k++)
                out[k][x] = coded(colour[k], PLATE_ONE);
        }
    }
    return true;
}

/* whole: one body, so that specks beside it are mistakes; an effect may be drops. */
static bool take_sprite(struct sprite *s, const struct compose_sprite *in, int poses, bool whole)
{
    s->hardness = whole ? 0.9 : 0.35;
    if (!in->pictures)
        return true;
    size_t edge = (size_t)in->edge;
    s->edge = in->edge;
    s->stride = in->edge + RESAMPLE16_PAD;
    s->pictures = calloc((size_t)poses * 4 * edge * (size_t)s->stride, sizeof *s->pictures);
    s->matte = calloc((size_t)poses, sizeof *s->matte);
    float *clean = malloc(4 * edge * edge * sizeof *clean);
    int *scratch = malloc(2 * edge * edge * sizeof *scratch);
    bool good = s->pictures && s->matte && clean && scratch;
    for (size_t p = 0; good && p < (size_t)poses; p++) {
        matte_clean(in->pictures + p * 4 * edge * edge, s->edge, clean);
        if (whole)
            matte_despeckle(clean, s->edge, scratch);
        s->matte[p] = path_measure(clean + 3 * edge * edge, s->edge);
        for (size_t row = 0; row < 4 * edge; row++)
            for (size_t x = 0; x < edge; x++)
                s->pictures[(p * 4 * edge + row) * (size_t)s->stride + x] =
                    coded(clean[row * edge + x], SPRITE_ONE);
    }
    free(clean);
    free(scratch);
    return good;
}

static struct compose_placed place(const struct compose_sprite *s, int poses, double p)
{
    if (!s->pictures)
        return (struct compose_placed){0};
    return (struct compose_placed){path_at(s->path, poses, p), path_at(s->path + poses, poses, p),
                                   path_at(s->path + 2 * poses, poses, p)};
}

static double between(double a, double b, double f)
{
    return a + (b - a) * f;
}

/* The shadow between two poses: its place relative to the crop is blended, so that it goes with the
 * actor's path. */
static struct compose_shadow shadow_at(const struct compose *c, const struct compose_layers *l,
                                       double p, int pose)
{
    int n = l->poses, next = pose + 1 < n ? pose + 1 : pose;
    const float *path = l->actor.path;
    struct compose_shadow s[2];
    for (int k = 0; k < 2; k++) {
        int q = k ? next : pose;
        s[k] =
            path_shadow(&c->actor.matte[q], path[q], path[n + q], path[2 * n + q], path[3 * n + q]);
        s[k].x -= path[q];
    }
    double f = fmin(1, p - pose);
    for (int k = 0; k < 2; k++) /* one that is not there fades in at the other's place */
        if (s[k].darkness <= 0) {
            s[k] = s[!k];
            s[k].darkness = 0;
        }
    return (struct compose_shadow){path_at(path, n, p) + between(s[0].x, s[1].x, f),
                                   between(s[0].y, s[1].y, f), between(s[0].rx, s[1].rx, f),
                                   between(s[0].ry, s[1].ry, f),
                                   between(s[0].darkness, s[1].darkness, f)};
}

static void plan_frame(struct compose *c, const struct compose_layers *l, const float *path, int i)
{
    struct compose_frame *f = &c->frames[i];
    double p = i / c->options.fps * l->poses_per_second;
    f->pose = (int)floor(p + 1e-6);
    f->pose = f->pose < l->poses ? f->pose : l->poses - 1;
    f->window = path_window(l, path, (double)c->options.width / c->options.height, p);
    f->actor = place(&l->actor, l->poses, p);
    f->effect = place(&l->effect, l->poses, p);
    if (c->actor.pictures)
        f->shadow = shadow_at(c, l, p, f->pose);
}

/* How far the window wanders over the whole take, as a share of its height. */
static double wandering(const struct compose *c)
{
    double low[3] = {1e9, 1e9, 1e9}, high[3] = {-1e9, -1e9, -1e9};
    for (int i = 0; i < c->options.frames; i++) {
        const struct compose_window *w = &c->frames[i].window;
        double v[3] = {w->x + w->width / 2, w->y + w->height / 2, w->height};
        for (int k = 0; k < 3; k++) {
            low[k] = fmin(low[k], v[k]);
            high[k] = fmax(high[k], v[k]);
        }
    }
    return fmax(high[0] - low[0], fmax(high[1] - low[1], high[2] - low[2])) / low[2];
}

/* A camera that stands still trembles a little in the model's numbers; held at its middle it
 * stands. */
static void settle_window(struct compose *c)
{
    static const double tremble = 0.02;
    c->still = wandering(c) < tremble;
    if (c->still) {
        struct compose_window middle = c->frames[c->options.frames / 2].window;
        for (int i = 0; i < c->options.frames; i++)
            c->frames[i].window = middle;
    }
}

/* The window's path: the camera's, steadied, and what it follows where it is narrow, steadied more.
 */
static void steady(const struct compose *c, const struct compose_layers *l, float *path)
{
    size_t n = (size_t)l->poses;
    memcpy(path, l->camera, 3 * n * sizeof *path);
    if (l->actor.pictures)
        memcpy(path + 3 * n, l->actor.path, n * sizeof *path);
    for (int k = 0; k < 6; k++)
        path_steady(path + (k < 4 ? k : 3) * l->poses, l->poses);
    if (l->actor.pictures)
        path_keep_in_view(l, c->actor.matte, path);
}

/* Over pictures of others the camera stands: where it was in the middle of the take, but with the
 * middle of the actor's way before it, be that beyond the plate's edge. */
static void stand_still(struct compose *c)
{
    struct compose_window w = c->frames[c->options.frames / 2].window;
    w.x = c->foot_x - w.width / 2;
    for (int i = 0; i < c->options.frames; i++)
        c->frames[i].window = w;
}

static void find_feet(struct compose *c)
{
    double low = 1e9, high = -1e9, ground = 0;
    for (int i = 0; i < c->options.frames; i++) {
        const struct compose_frame *f = &c->frames[i];
        const struct path_matte *m = &c->actor.matte[f->pose];
        low = fmin(low, f->actor.x);
        high = fmax(high, f->actor.x);
        ground = fmax(ground, f->actor.y + ((m->any ? m->feet : 0.5) - 0.5) * f->actor.side);
    }
    c->foot_x = (low + high) / 2;
    c->foot_y = ground;
}

static bool plan_frames(struct compose *c, const struct compose_layers *l)
{
    float *path = calloc((size_t)l->poses * 4, sizeof *path);
    c->frames = calloc((size_t)c->options.frames, sizeof *c->frames);
    bool good = path && c->frames;
    if (good) {
        steady(c, l, path);
        for (int i = 0; i < c->options.frames; i++)
            plan_frame(c, l, path, i);
        if (c->actor.pictures)
            find_feet(c);
        if (c->options.tripod && c->actor.pictures)
            stand_still(c);
        else
            settle_window(c);
    }
    free(path);
    return good;
}

struct compose_window compose_window_at(const struct compose *c, int i)
{
    return c->frames[i].window;
}

struct compose_shadow compose_shadow_at(const struct compose *c, int i)
{
    return c->frames[i].shadow;
}

bool compose_is_still(const struct compose *c)
{
    return c->still;
}

/* --- Rows filtered across, kept while they are needed ----------------------------------------- */

static void ring_reset(struct compose_scratch *s)
{
    assert(s->down.taps <= s->tag_room);
    for (int k = 0; k < s->down.taps; k++)
        s->tag[k] = -1;
}

/* Sees to the rows that row y is made of: s->rows. */
static void gather_rows(struct compose_scratch *s, const struct source *src, int y)
{
    int taps = s->down.taps, made = round_up(s->across.out);
    assert((long)taps * src->planes * made <= s->ring_room);
    for (int k = 0; k < taps; k++) {
        int from = s->down.first[y] + k, slot = from % taps;
        int16_t *at = s->ring + (long)slot * src->planes * made;
        from = from < s->down.in ? from : s->down.in - 1; /* an odd one out weighs nothing */
        for (int p = 0; p < src->planes; p++) {
            if (s->tag[slot] != from)
                (src->plain ? resample16_row_plain : resample16_row)(
                    &s->across, src->plane[p] + (long)from * src->stride, at + (long)p * made);
            s->rows[p * taps + k] = at + (long)p * made;
        }
        s->tag[slot] = from;
    }
}

void compose_resample(struct compose_scratch *s, const struct source *src, int y)
{
    gather_rows(s, src, y);
    for (int p = 0; p < src->planes; p++)
        (src->plain ? resample16_column_plain : resample16_column)(
            &s->down, y, s->rows + p * s->down.taps, s->made[p], s->across.out);
}

/* --- The plate -------------------------------------------------------------------------------- */

void compose_aim_plate(const struct compose *c, struct compose_scratch *s, struct compose_window w,
                       int chroma)
{
    int width = c->options.width >> chroma, height = c->options.height >> chroma;
    double step_x = w.width / c->plate_width * c->plate_columns / width,
           step_y = w.height * c->plate_rows / height;
    double left = w.x / c->plate_width * c->plate_columns - (chroma ? step_x / 4 : 0);
    resample16_set(&s->across, c->plate_columns, left, step_x, width, 0);
    resample16_set(&s->down, c->plate_rows, w.y * c->plate_rows, step_y, height, 0);
    ring_reset(s);
}

/* Rows y0..y1 of one kind of plane: luma (1 plane) or both chromas. Chroma samples sit on the even
 * columns and between the rows. */
static void draw_plate_planes(const struct compose *c, struct compose_scratch *s,
                              struct compose_window w, int chroma, int y0, int y1,
                              const struct clip_planes *out)
{
    struct source src = {
        {c->plate[chroma], c->plate[2]}, 1 + chroma, c->plate_stride, c->options.plain};
    compose_aim_plate(c, s, w, chroma);
    for (int y = y0; y < y1; y++) {
        gather_rows(s, &src, y);
        for (int p = 0; p < src.planes; p++)
            (src.plain ? resample16_bytes_plain : resample16_bytes)(
                &s->down, y, s->rows + p * s->down.taps,
                out->data[chroma + p] + (long)y * out->stride[chroma + p],
                c->options.width >> chroma, c->colour.low[chroma], c->colour.high[chroma]);
    }
}

static void copy_still(const struct compose *c, int y0, int y1, const struct clip_planes *out)
{
    for (int k = 0; k < 3; k++) {
        int shift = k > 0, width = c->options.width >> shift;
        for (int y = y0 >> shift; y < y1 >> shift; y++)
            memcpy(out->data[k] + (long)y * out->stride[k], c->still_planes[k] + (long)y * width,
                   (size_t)width);
    }
}

static void draw_plate(const struct compose *c, struct compose_scratch *s, int i, int y0, int y1,
                       const struct clip_planes *out)
{
    if (c->still && c->still_planes[0]) {
        copy_still(c, y0, y1, out);
        return;
    }
    draw_plate_planes(c, s, c->frames[i].window, 0, y0, y1, out);
    draw_plate_planes(c, s, c->frames[i].window, 1, y0 / 2, y1 / 2, out);
}

/* --- The shadow ------------------------------------------------------------------------------- */

static void draw_shadow_plane(const struct compose *c, const struct compose_frame *f, int k, int y0,
                              int y1, const struct clip_planes *out)
{
    double scale = (c->options.width >> (k > 0)) / f->window.width;
    const struct compose_shadow *s = &f->shadow;
    double cx = (s->x - f->window.x) * scale + (k > 0 ? 0.25 : 0),
           cy = (s->y - f->window.y) * scale;
    double rx = s->rx * scale, ry = s->ry * scale;
    for (int y = y0; y < y1; y++) {
        double dy = (y + 0.5 - cy) / ry;
        if (dy > -1 && dy < 1)
            row_darken(out->data[k] + (long)y * out->stride[k], c->options.width >> (k > 0), cx, rx,
                       dy * dy, s->darkness, c->colour.black[k]);
    }
}

static void draw_shadow(const struct compose *c, const struct compose_frame *f, int y0, int y1,
                        const struct clip_planes *out)
{
    if (f->shadow.darkness <= 0)
        return;
    for (int k = 0; k < 3; k++)
        draw_shadow_plane(c, f, k, y0 >> (k > 0), y1 >> (k > 0), out);
}

/* --- Sprites ---------------------------------------------------------------------------------- */

/* Where the matte of a pose falls in the frame: left, top of the whole crop and pixels a source
 * sample. */
static struct box box_of(const struct compose *c, const struct path_matte *m, double left,
                         double top, double scale)
{
    int w = c->options.width, h = c->options.height;
    double x0 = left + (m->x0 - 1) * scale - 1, x1 = left + (m->x1 + 1) * scale + 1;
    double y0 = top + (m->y0 - 1) * scale - 1, y1 = top + (m->y1 + 1) * scale + 1;
    struct box b;
    b.x0 = (int)floor(fmin(fmax(x0, 0), w)) & ~1;
    b.y0 = (int)floor(fmin(fmax(y0, 0), h)) & ~1;
    b.x1 = ((int)ceil(fmin(fmax(x1, 0), w)) + 1) & ~1;
    b.y1 = ((int)ceil(fmin(fmax(y1, 0), h)) + 1) & ~1;
    return b;
}

/* One pair of rows: luma at once, chroma from the sum of both. */
static void draw_sprite_pair(struct compose_scratch *s, const struct source *src,
                             const struct row_colour *colour, const struct box *b, int y,
                             float sharpness, const struct clip_planes *out)
{
    int n = b->x1 - b->x0;
    for (int odd = 0; odd < 2; odd++) {
        compose_resample(s, src, y + odd - b->y0);
        (src->plain ? row_shade_plain : row_shade)(colour, s->made, s->row, n, sharpness);
        (src->plain ? row_over_plain : row_over)(
            s->row[0], s->row[3], out->data[0] + (long)(y + odd) * out->stride[0] + b->x0, n);
        for (int k = 1; k < 4; k++)
            for (int x = 0; x < n; x++)
                s->sum[k][x] = odd ? s->sum[k][x] + s->row[k][x] : s->row[k][x];
    }
    for (int k = 1; k < 4; k++) {
        s->sum[k][-1] = s->sum[k][0];
        (src->plain ? row_fold_plain : row_fold)(s->sum[k], s->half[k], n / 2);
    }
    for (int k = 1; k < 3; k++)
        (src->plain ? row_over_plain
                    : row_over)(s->half[k], s->half[3],
                                out->data[k] + (long)(y / 2) * out->stride[k] + b->x0 / 2, n / 2);
}

/* An edge enlarged `scale` times is a ramp about that many pixels wide; made steeper it is crisp
 * again, but never so steep that it shows stairs. Below 1.25 the faintest tenth would be drawn, and
 * its colours are noise. */
static float sharpness_of(double scale, double share)
{
    return (float)fmax(1.25, scale * share);
}

bool compose_aim_sprite(const struct compose *c, struct compose_scratch *s,
                        const struct sprite *sprite, const struct compose_frame *f,
                        const struct compose_placed *at, struct box *box, struct source *source,
                        float *sharpness)
{
    if (!sprite->pictures || sprite->matte[f->pose].x0 >= sprite->matte[f->pose].x1)
        return false;
    double pixels = c->options.width / f->window.width, scale = at->side * pixels / sprite->edge;
    if (!(scale * sprite->edge >= 2))
        return false;
    double left = (at->x - at->side / 2 - f->window.x) * pixels,
           top = (at->y - at->side / 2 - f->window.y) * pixels;
    struct box b = box_of(c, &sprite->matte[f->pose], left, top, scale);
    if (b.x0 >= b.x1 || b.y0 >= b.y1)
        return false;
    *source = (struct source){.planes = 4, .stride = sprite->stride, .plain = c->options.plain};
    for (int k = 0; k < 4; k++)
        source->plane[k] =
            sprite->pictures + ((long)f->pose * 4 + k) * sprite->edge * sprite->stride;
    resample16_set(&s->across, sprite->edge, (b.x0 - left) / scale, 1 / scale, b.x1 - b.x0,
                   matte_blur);
    resample16_set(&s->down, sprite->edge, (b.y0 - top) / scale, 1 / scale, b.y1 - b.y0,
                   matte_blur);
    ring_reset(s);
    *sharpness = sharpness_of(scale, sprite->hardness);
    *box = b;
    return true;
}

static void draw_sprite(const struct compose *c, struct compose_scratch *s,
                        const struct sprite *sprite, const struct compose_frame *f,
                        const struct compose_placed *at, int y0, int y1,
                        const struct clip_planes *out)
{
    struct box b;
    struct source src;
    float sharpness;
    if (!compose_aim_sprite(c, s, sprite, f, at, &b, &src, &sharpness))
        return;
    for (int y = max_int(y0, b.y0); y < b.y1 && y < y1; y += 2)
        draw_sprite_pair(s, &src, &c->colour, &b, y, sharpness, out);
}

struct compose_frame compose_placed_frame(const struct compose *c, int i,
                                          const struct compose_place *place)
{
    struct compose_frame f = c->frames[i];
    if (!place)
        return f;
    struct compose_window *w = &f.window;
    double x = (c->foot_x - w->x) / w->width + place->x,
           y = (c->foot_y - w->y) / w->height + place->y;
    w->width /= place->scale;
    w->height /= place->scale;
    w->x = c->foot_x - x * w->width;
    w->y = c->foot_y - y * w->height;
    return f;
}

void compose_draw_over(const struct compose *c, struct compose_scratch *s, int i,
                       const struct compose_place *place, struct clip_planes out)
{
    struct compose_frame f = compose_placed_frame(c, i, place);
    int height = c->options.height;
    if (!c->options.no_shadow)
        draw_shadow(c, &f, 0, height, &out);
    draw_sprite(c, s, &c->actor, &f, &f.actor, 0, height, &out);
    draw_sprite(c, s, &c->effect, &f, &f.effect, 0, height, &out);
}

void compose_draw(const struct compose *c, struct compose_scratch *s, int i, int y0, int y1,
                  struct clip_planes out)
{
    const struct compose_frame *f = &c->frames[i];
    draw_plate(c, s, i, y0, y1, &out);
    if (c->options.plate_only)
        return;
    if (!c->options.no_shadow)
        draw_shadow(c, f, y0, y1, &out);
    draw_sprite(c, s, &c->actor, f, &f->actor, y0, y1, &out);
    draw_sprite(c, s, &c->effect, f, &f->effect, y0, y1, &out);
}

/* --- Making and freeing ----------------------------------------------------------------------- */

static long long ring_floats(const struct compose *c)
{
    int in =
        max_int(max_int(c->plate_columns, c->plate_rows), max_int(c->actor.edge, c->effect.edge));
    return 4LL * (8LL * round_up(c->options.width) + 32LL * in + 4096);
}

struct compose_scratch *compose_scratch_new(const struct compose *c, whelk_error *err)
{
    struct compose_scratch *s = calloc(1, sizeof *s);
    int width = round_up(c->options.width) + 32,
        sides = max_int(c->options.width, c->options.height) + 16;
    int in =
        max_int(max_int(c->plate_columns, c->plate_rows), max_int(c->actor.edge, c->effect.edge));
    if (!s)
        goto out;
    s->ring_room = ring_floats(c);
    s->tag_room = in + 1;
    s->ring = calloc((size_t)s->ring_room, sizeof *s->ring);
    s->tag = calloc((size_t)in + 1, sizeof *s->tag);
    s->rows = calloc(4 * ((size_t)in + 1), sizeof *s->rows);
    s->memory = calloc((size_t)width * 14, sizeof *s->memory);
    if (!s->ring || !s->tag || !s->rows || !s->memory || !resample16_room(&s->across, sides, in) ||
        !resample16_room(&s->down, sides, in))
        goto out;
    for (int k = 0; k < 4; k++) {
        s->row[k] = s->memory + (size_t)width * (size_t)k + 8;
        s->sum[k] = s->memory + (size_t)width * (size_t)(4 + k) + 8;
        s->half[k] = s->memory + (size_t)width * (size_t)(8 + k) + 8;
        s->made[k] = (int16_t *)(s->memory + (size_t)width * 12) + (size_t)width * (size_t)k;
    }
    return s;
out:
    whelk_fail(err, WHELK_EFAIL, "out of memory for composing frames of %dx%d", c->options.width,
               c->options.height);
    compose_scratch_free(s);
    return NULL;
}

void compose_scratch_free(struct compose_scratch *s)
{
    if (!s)
        return;
    resample16_release(&s->across);
    resample16_release(&s->down);
    free(s->ring);
    free(s->tag);
    free(s->rows);
    free(s->memory);
    free(s);
}

/* Draws the plate once for all frames. */
static bool draw_still(struct compose *c, whelk_error *err)
{
    struct compose_scratch *s = compose_scratch_new(c, err);
    if (!s)
        return false;
    int w = c->options.width, h = c->options.height;
    struct clip_planes planes = {{malloc((size_t)w * (size_t)h), malloc((size_t)w * (size_t)h / 4),
                                  malloc((size_t)w * (size_t)h / 4)},
                                 {w, w / 2, w / 2}};
    bool good = planes.data[0] && planes.data[1] && planes.data[2];
    if (good)
        draw_plate(c, s, 0, 0, h, &planes);
    else
        whelk_fail(err, WHELK_EFAIL, "out of memory for composing frames of %dx%d", w, h);
    for (int k = 0; k < 3; k++)
        c->still_planes[k] = planes.data[k];
    compose_scratch_free(s);
    return good;
}

struct compose *compose_new(const struct compose_layers *layers,
                            const struct compose_options *options, whelk_error *err)
{
    struct compose *c = calloc(1, sizeof *c);
    if (!c) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    c->options = *options;
    row_colour_set(&c->colour, options->space, options->full_range);
    if (!take_plate(c, layers) || !take_sprite(&c->actor, &layers->actor, layers->poses, true) ||
        !take_sprite(&c->effect, &layers->effect, layers->poses, false) ||
        !plan_frames(c, layers)) {
        whelk_fail(err, WHELK_EFAIL, "out of memory for composing frames of %dx%d", options->width,
                   options->height);
        goto out;
    }
    if (c->still && !options->packed && !draw_still(c, err))
        goto out;
    return c;
out:
    compose_free(c);
    return NULL;
}

void compose_free(struct compose *c)
{
    if (!c)
        return;
    for (int k = 0; k < 3; k++) {
        free(c->plate[k]);
        free(c->still_planes[k]);
    }
    free(c->actor.pictures);
    free(c->actor.matte);
    free(c->effect.pictures);
    free(c->effect.matte);
    free(c->frames);
    free(c);
}

long long compose_bytes(const struct compose_layers *l, const struct compose_options *o,
                        int workers)
{
    long long plate = 6LL * l->plate_rows * (l->plate_columns + RESAMPLE16_PAD);
    long long sprites = 8LL * l->poses *
                        (l->actor.edge * (long long)(l->actor.edge + RESAMPLE16_PAD) +
                         l->effect.edge * (long long)(l->effect.edge + RESAMPLE16_PAD));
    long long scratch = 4LL * (32LL * round_up(o->width) + 128LL * l->plate_columns + 16384 +
                               12LL * o->width + 100LL * max_int(o->width, o->height));
    return plate + sprites + 3LL * o->width * o->height / 2 + workers * scratch;
}
