/* What there is to draw, before any frame is: the layers in the frames' colours and 16-bit numbers,
 * and for every frame where window, actor, effect and shadow are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compose_in.h"
#include "compose_matte.h"

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

/* Where the feet of one of the cast are. */
static double foot_of(const struct compose *c, const struct compose_frame *f, int k)
{
    const struct path_matte *m = c->cast[k].actor.matte ? &c->cast[k].actor.matte[f->pose] : NULL;
    const struct compose_placed *at = &f->figure[k].actor;
    return at->y + ((m && m->any ? m->feet : 0.5) - 0.5) * at->side;
}

/* How low the feet of one of the cast come in the take: where it stands, be it in the air. */
static double ground_of(const struct compose *c, int k)
{
    double ground = -1e9;
    for (int i = 0; i < c->options.frames; i++)
        ground = fmax(ground, foot_of(c, &c->frames[i], k));
    return ground;
}

static void order_cast(struct compose *c)
{
    for (int i = 0; i < c->cast_count; i++) {
        int at = i;
        for (; at > 0 && ground_of(c, c->order[at - 1]) > ground_of(c, i); at--)
            c->order[at] = c->order[at - 1];
        c->order[at] = i;
    }
}

/* The actor is the first of the cast. */
static struct compose_guest figure_of(const struct compose_layers *l, int k)
{
    return k ? l->guests[k - 1] : (struct compose_guest){l->actor, l->effect};
}

static double between(double a, double b, double f)
{
    return a + (b - a) * f;
}

/* The shadow between two poses: its place relative to the crop is blended, so that it goes with the
 * actor's path. */
static struct compose_shadow shadow_at(const struct path_matte *matte, const float *path, int n,
                                       double p, int pose)
{
    int next = pose + 1 < n ? pose + 1 : pose;
    struct compose_shadow s[2];
    for (int k = 0; k < 2; k++) {
        int q = k ? next : pose;
        s[k] = path_shadow(&matte[q], path[q], path[n + q], path[2 * n + q], path[3 * n + q]);
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
    for (int k = 0; k < c->cast_count; k++) {
        struct compose_guest who = figure_of(l, k);
        f->figure[k].actor = place(&who.actor, l->poses, p);
        f->figure[k].effect = place(&who.effect, l->poses, p);
        if (who.actor.pictures)
            f->figure[k].shadow =
                shadow_at(c->cast[k].actor.matte, who.actor.path, l->poses, p, f->pose);
    }
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

static void keep_in_view(const struct compose *c, const struct compose_layers *l, float *path)
{
    struct path_reach reach;
    path_reach_all(&reach);
    for (int k = 0; k < c->cast_count; k++)
        path_reach_of(&reach, l->poses, figure_of(l, k).actor.path, c->cast[k].actor.matte, path);
    path_move(&reach, l->poses, path);
}

/* The window's path: the camera's, steadied, and what it follows where it is narrow, steadied more.
 */
static void steady(const struct compose *c, const struct compose_layers *l, float *path)
{
    size_t n = (size_t)l->poses;
    memcpy(path, l->camera, 3 * n * sizeof *path);
    for (size_t i = 0; l->actor.pictures && i < n; i++) {
        float sum = l->actor.path[i];
        for (int k = 0; k < l->guest_count; k++)
            sum += l->guests[k].actor.path[i];
        path[3 * n + i] = sum / (float)(1 + l->guest_count);
    }
    for (int k = 0; k < 6; k++)
        path_steady(path + (k < 4 ? k : 3) * l->poses, l->poses);
    if (l->actor.pictures)
        keep_in_view(c, l, path);
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
    double low = 1e9, high = -1e9;
    c->foot_y = 0;
    for (int i = 0; i < c->options.frames; i++) {
        const struct compose_frame *f = &c->frames[i];
        for (int k = 0; k < c->cast_count; k++) {
            low = fmin(low, f->figure[k].actor.x);
            high = fmax(high, f->figure[k].actor.x);
        }
    }
    for (int k = 0; k < c->cast_count; k++)
        c->foot_y = fmax(c->foot_y, ground_of(c, k));
    c->foot_x = (low + high) / 2;
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
        order_cast(c);
        if (l->actor.pictures)
            find_feet(c);
        if (c->options.tripod && l->actor.pictures)
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
    return c->frames[i].figure[0].shadow;
}

bool compose_is_still(const struct compose *c)
{
    return c->still;
}

bool compose_prepare(struct compose *c, const struct compose_layers *l)
{
    bool good = take_plate(c, l);
    c->cast_count = 1 + l->guest_count;
    for (int k = 0; good && k < c->cast_count; k++) {
        struct compose_guest who = figure_of(l, k);
        good = take_sprite(&c->cast[k].actor, &who.actor, l->poses, true) &&
               take_sprite(&c->cast[k].effect, &who.effect, l->poses, false);
    }
    return good && plan_frames(c, l);
}
