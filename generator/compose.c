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

/* --- Rows filtered across, kept while they are needed ----------------------------------------- */

static void ring_reset(struct compose_scratch *s)
{
    assert(s->down.taps <= s->tag_room);
    for (int k = 0; k < s->down.taps; k++)
        s->tag[k] = -1;
}

void compose_gather(struct compose_scratch *s, const struct source *src, int y)
{
    int taps = s->down.taps, made = round_up(s->across.out), slot = s->down.first[y] % taps;
    assert((long)taps * src->planes * made <= s->ring_room);
    for (int k = 0; k < taps; k++) {
        int from = s->down.first[y] + k;
        int16_t *at = s->ring + (long)slot * src->planes * made;
        from = from < s->down.in ? from : s->down.in - 1; /* an odd one out weighs nothing */
        if (s->tag[slot] != from) {
            const int16_t *in[4];
            for (int p = 0; p < src->planes; p++)
                in[p] = src->plane[p] + (long)from * src->stride;
            (src->plain ? resample16_rows_plain : resample16_rows)(&s->across, in, src->planes, at,
                                                                   made);
            s->tag[slot] = from;
        }
        for (int p = 0; p < src->planes; p++)
            s->rows[p * taps + k] = at + (long)p * made;
        slot = slot + 1 < taps ? slot + 1 : 0;
    }
}

void compose_resample(struct compose_scratch *s, const struct source *src, int y)
{
    compose_gather(s, src, y);
    for (int p = 0; p < src->planes; p++)
        (src->plain ? resample16_column_plain : resample16_column)(
            &s->down, y, s->rows + p * s->down.taps, s->made[p], s->across.out);
}

static void column(struct compose_scratch *s, const struct source *src, int y, int plane, int from,
                   int to)
{
    const int16_t **rows = s->rows + plane * s->down.taps;
    for (int k = 0; k < s->down.taps; k++)
        rows[k] += from;
    (src->plain ? resample16_column_plain : resample16_column)(&s->down, y, rows,
                                                               s->made[plane] + from, to - from);
}

bool compose_resample_matte(struct compose_scratch *s, const struct source *src, int y,
                            float sharpness, int *from, int *to)
{
    int n = s->across.out, low = (int)floorf((0.5f - 0.5f / sharpness) * SPRITE_ONE);
    const int16_t *matte = s->made[3];
    compose_gather(s, src, y);
    column(s, src, y, 3, 0, n);
    if (!resample16_find(matte, n, low, from, to))
        return false;
    for (int k = 0; k < 3; k++)
        column(s, src, y, k, *from, *to);
    return true;
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

void compose_plate_row(const struct compose *c, struct compose_scratch *s, const struct source *src,
                       int chroma, int y, uint8_t *const out[3])
{
    compose_gather(s, src, y);
    for (int p = 0; p < src->planes; p++)
        (src->plain ? resample16_bytes_plain : resample16_bytes)(
            &s->down, y, s->rows + p * s->down.taps, out[p], s->across.out,
            c->colour.low[chroma + p > 0], c->colour.high[chroma + p > 0]);
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
        uint8_t *row[3];
        for (int p = 0; p < src.planes; p++)
            row[p] = out->data[chroma + p] + (long)y * out->stride[chroma + p];
        compose_plate_row(c, s, &src, chroma, y, row);
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

static void filter_plate(const struct compose *c, struct compose_scratch *s, int i, int y0, int y1,
                         const struct clip_planes *out)
{
    draw_plate_planes(c, s, c->frames[i].window, 0, y0, y1, out);
    draw_plate_planes(c, s, c->frames[i].window, 1, y0 / 2, y1 / 2, out);
}

static void draw_plate(const struct compose *c, struct compose_scratch *s, int i, int y0, int y1,
                       const struct clip_planes *out)
{
    if (c->still_planes[0])
        copy_still(c, y0, y1, out);
    else
        filter_plate(c, s, i, y0, y1, out);
}

/* --- The shadow ------------------------------------------------------------------------------- */

static void draw_shadow_plane(const struct compose *c, const struct compose_window *w,
                              const struct compose_shadow *s, int k, int y0, int y1,
                              const struct clip_planes *out)
{
    double scale = (c->options.width >> (k > 0)) / w->width;
    double cx = (s->x - w->x) * scale + (k > 0 ? 0.25 : 0), cy = (s->y - w->y) * scale;
    double rx = s->rx * scale, ry = s->ry * scale;
    for (int y = y0; y < y1; y++) {
        double dy = (y + 0.5 - cy) / ry;
        if (dy > -1 && dy < 1)
            row_darken(out->data[k] + (long)y * out->stride[k], c->options.width >> (k > 0), cx, rx,
                       dy * dy, s->darkness, c->colour.black[k]);
    }
}

static void draw_shadows(const struct compose *c, const struct compose_frame *f, int y0, int y1,
                         const struct clip_planes *out)
{
    for (int i = 0; i < c->cast_count && !c->options.no_shadow; i++)
        for (int k = 0; k < 3 && f->figure[i].shadow.darkness > 0; k++)
            draw_shadow_plane(c, &f->window, &f->figure[i].shadow, k, y0 >> (k > 0), y1 >> (k > 0),
                              out);
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

static void draw_cast(const struct compose *c, struct compose_scratch *s,
                      const struct compose_frame *f, int y0, int y1, const struct clip_planes *out)
{
    draw_shadows(c, f, y0, y1, out);
    for (int i = 0; i < c->cast_count; i++) {
        const struct compose_cast *who = &c->cast[c->order[i]];
        const struct compose_figure *where = &f->figure[c->order[i]];
        draw_sprite(c, s, &who->actor, f, &where->actor, y0, y1, out);
        draw_sprite(c, s, &who->effect, f, &where->effect, y0, y1, out);
    }
}

void compose_draw_over(const struct compose *c, struct compose_scratch *s, int i,
                       const struct compose_place *place, struct clip_planes out)
{
    struct compose_frame f = compose_placed_frame(c, i, place);
    draw_cast(c, s, &f, 0, c->options.height, &out);
}

void compose_draw(const struct compose *c, struct compose_scratch *s, int i, int y0, int y1,
                  struct clip_planes out)
{
    draw_plate(c, s, i, y0, y1, &out);
    if (!c->options.plate_only)
        draw_cast(c, s, &c->frames[i], y0, y1, &out);
}

/* --- Making and freeing ----------------------------------------------------------------------- */

/* Of all that is resampled; guests are made like the actor. */
static int longest_side(const struct compose *c)
{
    return max_int(max_int(c->plate_columns, c->plate_rows),
                   max_int(c->cast[0].actor.edge, c->cast[0].effect.edge));
}

static long long ring_floats(const struct compose *c)
{
    int in = longest_side(c);
    return 4LL * (8LL * round_up(c->options.width) + 32LL * in + 4096);
}

struct compose_scratch *compose_scratch_new(const struct compose *c, whelk_error *err)
{
    struct compose_scratch *s = calloc(1, sizeof *s);
    int width = round_up(c->options.width) + 32,
        sides = max_int(c->options.width, c->options.height) + 16;
    int in = longest_side(c);
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
    bool packed = c->options.packing != COMPOSE_PLANES, good = true;
    size_t area = (size_t)w * (size_t)h,
           size[3] = {packed ? compose_packed_row(c) * (size_t)h : area, area / 4, area / 4};
    for (int k = 0; k < (packed ? 1 : 3); k++)
        good = (c->still_planes[k] = malloc(size[k])) && good;
    struct clip_planes planes = {{c->still_planes[0], c->still_planes[1], c->still_planes[2]},
                                 {w, w / 2, w / 2}};
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "out of memory for composing frames of %dx%d", w, h);
    else if (packed)
        compose_packed_plate(c, s, 0, planes.data[0], (int)compose_packed_row(c));
    else
        filter_plate(c, s, 0, 0, h, &planes);
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
    if (!compose_prepare(c, layers)) {
        whelk_fail(err, WHELK_EFAIL, "out of memory for composing frames of %dx%d", options->width,
                   options->height);
        goto out;
    }
    if (c->still && !draw_still(c, err))
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
    for (int k = 0; k < COMPOSE_CAST_MAX; k++) {
        free(c->cast[k].actor.pictures);
        free(c->cast[k].actor.matte);
        free(c->cast[k].effect.pictures);
        free(c->cast[k].effect.matte);
    }
    free(c->frames);
    free(c);
}

long long compose_bytes(const struct compose_layers *l, const struct compose_options *o,
                        int workers)
{
    long long plate = 6LL * l->plate_rows * (l->plate_columns + RESAMPLE16_PAD);
    long long sprites = 8LL * l->poses * (1 + l->guest_count) *
                        (l->actor.edge * (long long)(l->actor.edge + RESAMPLE16_PAD) +
                         l->effect.edge * (long long)(l->effect.edge + RESAMPLE16_PAD));
    long long scratch = 4LL * (32LL * round_up(o->width) + 128LL * l->plate_columns + 16384 +
                               12LL * o->width + 100LL * max_int(o->width, o->height));
    long long still = (o->packing ? 4LL : 2LL) * o->width * o->height;
    return plate + sprites + still + workers * scratch;
}
