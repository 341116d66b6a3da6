/* Drawing of packed pixels: each has its own colour, so nothing is folded. The plate is filtered
 * and stored row by row; shadow, actor and effect are then laid over one another in numbers, on
 * what lies below them, and only pixels that they touch are stored. */
#include <math.h>
#include <string.h>

#include "compose_in.h"

struct sprites { /* what of a frame lies over its base */
    struct box box[2], all;
    struct source source[2];
    float sharpness[2];
    bool there[2];
};

static int bytes_of(enum compose_packing p)
{
    return p == COMPOSE_RGB ? 3 : 4;
}

/* Rounded; v must lie within low..high already. */
static uint32_t whole(float v)
{
    return (uint32_t)(int)(v + 0.5f); /* by way of int, which AVX2 can convert to */
}

static float within(float v, float low, float high)
{
    return v < low ? low : v > high ? high : v;
}

/* --- Rows to bytes and back ---------------------------------------------------------------------
 */

static void store_solid(const struct row_colour *c, float *const v[4], enum compose_packing p,
                        uint8_t *out, int n)
{
    float l0 = (float)c->low[0], h0 = (float)c->high[0], l1 = (float)c->low[1],
          h1 = (float)c->high[1];
    const float *a = v[0], *b = v[1], *d = v[2];
    if (p == COMPOSE_RGB) {
        for (int x = 0; x < n; x++) {
            out[3 * x] = (uint8_t)whole(within(a[x], l0, h0));
            out[3 * x + 1] = (uint8_t)whole(within(b[x], l1, h1));
            out[3 * x + 2] = (uint8_t)whole(within(d[x], l1, h1));
        }
        return;
    }
    int alpha = p == COMPOSE_AYUV ? 0 : 24, first = p == COMPOSE_AYUV ? 8 : 0;
    for (int x = 0; x < n; x++) {
        uint32_t w = 255u << alpha | whole(within(a[x], l0, h0)) << first |
                     whole(within(b[x], l1, h1)) << (first + 8) |
                     whole(within(d[x], l1, h1)) << (first + 16);
        memcpy(out + 4 * x, &w, 4);
    }
}

static void load(enum compose_packing p, const uint8_t *in, int n, float *const v[4])
{
    int colour = p == COMPOSE_AYUV, step = bytes_of(p);
    for (int x = 0; x < n; x++, in += step) {
        float a = p == COMPOSE_RGB ? 1 : (float)in[p == COMPOSE_AYUV ? 0 : 3] / 255;
        for (int k = 0; k < 3; k++)
            v[k][x] = a * (float)in[colour + k];
        v[3][x] = a;
    }
}

/* Stores what has been laid over: touched[x] is how much of it there is. */
static void store_touched(enum compose_packing p, float *const v[4], const float *touched,
                          uint8_t *out, int n)
{
    int colour = p == COMPOSE_AYUV, step = bytes_of(p);
    for (int x = 0; x < n; x++, out += step) {
        if (touched[x] < 0.5f / 255) /* less than half a level */
            continue;
        float a = within(v[3][x], 1e-6f, 1), gain = 1 / a;
        for (int k = 0; k < 3; k++)
            out[colour + k] = (uint8_t)whole(within(v[k][x] * gain, 0, 255));
        if (p != COMPOSE_RGB)
            out[p == COMPOSE_AYUV ? 0 : 3] = (uint8_t)whole(a * 255);
    }
}

static void lay(float *const v[4], float *const over[4], float *touched, int n)
{
    for (int x = 0; x < n; x++) {
        float left = 1 - over[3][x];
        for (int k = 0; k < 4; k++)
            v[k][x] = v[k][x] * left + over[k][x];
        touched[x] += over[3][x];
    }
}

/* --- The base -----------------------------------------------------------------------------------
 */

static void draw_plate(const struct compose *c, struct compose_scratch *s, int i,
                       enum compose_packing p, uint8_t *out, int stride)
{
    struct source src = {
        {c->plate[0], c->plate[1], c->plate[2]}, 3, c->plate_stride, c->options.plain};
    compose_aim_plate(c, s, c->frames[i].window, 0);
    for (int y = 0; y < c->options.height; y++) {
        compose_resample(s, &src, y, s->row);
        store_solid(&c->colour, s->row, p, out + (long)y * stride, c->options.width);
    }
}

static void clear(const struct compose *c, enum compose_packing p, uint8_t *out, int stride)
{
    size_t row = (size_t)c->options.width * (size_t)bytes_of(p);
    for (int y = 0; y < c->options.height; y++)
        memset(out + (long)y * stride, 0, row);
}

/* --- Shadow, actor, effect ----------------------------------------------------------------------
 */

struct ellipse { /* the shadow in pixels */
    double cx, cy, rx, ry, darkness;
};

static struct ellipse ellipse_of(const struct compose *c, const struct compose_frame *f)
{
    double pixels = c->options.width / f->window.width;
    const struct compose_shadow *s = &f->shadow;
    return (struct ellipse){(s->x - f->window.x) * pixels, (s->y - f->window.y) * pixels,
                            s->rx * pixels, s->ry * pixels, c->options.no_shadow ? 0 : s->darkness};
}

static int clip_to(double v, int high)
{
    return (int)fmin(fmax(v, 0), high);
}

static void widen(struct box *all, const struct box *b)
{
    all->x0 = b->x0 < all->x0 ? b->x0 : all->x0;
    all->y0 = b->y0 < all->y0 ? b->y0 : all->y0;
    all->x1 = b->x1 > all->x1 ? b->x1 : all->x1;
    all->y1 = b->y1 > all->y1 ? b->y1 : all->y1;
}

static void aim(const struct compose *c, struct compose_scratch *const s[3],
                const struct compose_frame *f, const struct ellipse *e, struct sprites *out)
{
    const struct sprite *sprite[] = {&c->actor, &c->effect};
    const struct compose_placed *at[] = {&f->actor, &f->effect};
    int w = c->options.width, h = c->options.height;
    out->all = (struct box){w, 0, h, 0};
    for (int k = 0; k < 2; k++) {
        out->there[k] = compose_aim_sprite(c, s[1 + k], sprite[k], f, at[k], &out->box[k],
                                           &out->source[k], &out->sharpness[k]);
        if (out->there[k])
            widen(&out->all, &out->box[k]);
    }
    if (e->darkness > 0) {
        struct box b = {clip_to(floor(e->cx - e->rx), w), clip_to(ceil(e->cx + e->rx), w),
                        clip_to(floor(e->cy - e->ry), h), clip_to(ceil(e->cy + e->ry), h)};
        widen(&out->all, &b);
    }
    out->all.x1 = out->all.x1 < w ? out->all.x1 : w; /* boxes are even, frames need not be */
    out->all.y1 = out->all.y1 < h ? out->all.y1 : h;
}

static void lay_shadow(const struct compose *c, const struct ellipse *e, int y, float *const v[4],
                       float *touched, float *alpha)
{
    double dy = (y + 0.5 - e->cy) / e->ry;
    int from, to;
    if (!(e->darkness > 0 && dy > -1 && dy < 1) ||
        !row_shadow(alpha, c->options.width, e->cx, e->rx, dy * dy, e->darkness, &from, &to))
        return;
    for (int x = from; x < to; x++) {
        for (int k = 0; k < 3; k++)
            v[k][x] += ((float)c->colour.black[k] - v[k][x]) * alpha[x];
        v[3][x] += (1 - v[3][x]) * alpha[x];
        touched[x] += alpha[x];
    }
}

static void lay_sprite(const struct compose *c, struct compose_scratch *s,
                       const struct sprites *sprites, int which, int y, float *const v[4],
                       float *touched)
{
    const struct box *b = &sprites->box[which];
    if (!sprites->there[which] || y < b->y0 || y >= b->y1)
        return;
    int n = b->x1 - b->x0;
    compose_resample(s, &sprites->source[which], y - b->y0, s->row);
    (c->options.plain ? row_shade_plain : row_shade)(&c->colour, s->row, n,
                                                     sprites->sharpness[which]);
    float *const to[4] = {v[0] + b->x0, v[1] + b->x0, v[2] + b->x0, v[3] + b->x0};
    lay(to, s->row, touched + b->x0, n);
}

/* The rows of v, touched and the shadow's alpha lie in the first scratch, which the plate is done
 * with by now. */
static void draw_sprites(const struct compose *c, struct compose_scratch *const s[3],
                         const struct compose_frame *f, enum compose_packing p, uint8_t *out,
                         int stride)
{
    struct ellipse e = ellipse_of(c, f);
    struct sprites sprites;
    float *const *v = s[0]->row, *touched = s[0]->sum[0], *alpha = s[0]->sum[1];
    aim(c, s, f, &e, &sprites);
    int x0 = sprites.all.x0, n = sprites.all.x1 - x0;
    for (int y = sprites.all.y0; y < sprites.all.y1; y++) {
        uint8_t *row = out + (long)y * stride + (long)x0 * bytes_of(p);
        float *const part[4] = {v[0] + x0, v[1] + x0, v[2] + x0, v[3] + x0};
        load(p, row, n, part);
        memset(touched + x0, 0, (size_t)n * sizeof *touched);
        lay_shadow(c, &e, y, v, touched, alpha);
        lay_sprite(c, s[1], &sprites, 0, y, v, touched);
        lay_sprite(c, s[2], &sprites, 1, y, v, touched);
        store_touched(p, part, touched + x0, row, n);
    }
}

void compose_draw_packed(const struct compose *c, struct compose_scratch *const s[3], int i,
                         const struct compose_place *place, enum compose_base base,
                         enum compose_packing packing, uint8_t *out, int stride)
{
    if (base == COMPOSE_ON_PLATE)
        draw_plate(c, s[0], i, packing, out, stride);
    else if (base == COMPOSE_ON_NOTHING)
        clear(c, packing, out, stride);
    if (c->options.plate_only)
        return;
    struct compose_frame f = compose_placed_frame(c, i, place);
    draw_sprites(c, s, &f, packing, out, stride);
}
