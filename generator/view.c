/* Frames of a shot at the caller's size, rate and format. The compositor draws planes of half the
 * chroma and packed pixels itself; NV12's chroma is drawn apart and woven together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shot.h"

struct whelk_gen_view {
    whelk_gen_look look;
    int frames;
    struct compose *compose;
    struct compose_scratch *scratch;
    uint8_t *chroma[2]; /* of NV12, not woven: rows of width / 2 */
};

static bool check_look(whelk_gen_look *l, whelk_error *err)
{
    bool planes = l->format == WHELK_GEN_I420 || l->format == WHELK_GEN_NV12;
    l->width = l->width ? l->width : 1280;
    l->height = l->height ? l->height : 720;
    l->fps = l->fps != 0 ? l->fps : 24;
    if (l->width < 16 || l->width > 4096 || l->height < 16 || l->height > 4096)
        return whelk_fail(err, WHELK_EUSAGE,
                          "frames of %dx%d cannot be drawn; 16x16 to 4096x4096 can", l->width,
                          l->height);
    if (!(l->fps >= 1 && l->fps <= 240))
        return whelk_fail(err, WHELK_EUSAGE, "%g frames a second cannot be drawn; 1 to 240 can",
                          l->fps);
    if (l->layer == WHELK_GEN_ACTOR && l->format != WHELK_GEN_RGBA && l->format != WHELK_GEN_AYUV)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the actor alone needs a format with alpha; take RGBA or AYUV");
    if (planes && (l->width % 2 || l->height % 2))
        return whelk_fail(err, WHELK_EUSAGE,
                          "in this format width and height must be even, and %dx%d is not; take "
                          "%dx%d",
                          l->width, l->height, l->width & ~1, l->height & ~1);
    return true;
}

static enum compose_packing packing_of(enum whelk_gen_format format)
{
    return format == WHELK_GEN_AYUV   ? COMPOSE_AYUV
           : format == WHELK_GEN_RGBA ? COMPOSE_RGBA
           : format == WHELK_GEN_RGB  ? COMPOSE_RGB
                                      : COMPOSE_PLANES;
}

static bool is_packed(const whelk_gen_view *v)
{
    return packing_of(v->look.format) != COMPOSE_PLANES;
}

static struct compose_options options_of(const whelk_gen_view *v)
{
    const whelk_gen_look *l = &v->look;
    static const enum row_space spaces[] = {ROW_BT709, ROW_BT601, ROW_BT2020};
    bool rgb = l->format == WHELK_GEN_RGB || l->format == WHELK_GEN_RGBA;
    return (struct compose_options){.width = l->width,
                                    .height = l->height,
                                    .frames = v->frames,
                                    .fps = l->fps,
                                    .space = rgb ? ROW_RGB : spaces[l->matrix],
                                    .packing = packing_of(l->format),
                                    .full_range = l->full_range,
                                    .plate_only = l->layer == WHELK_GEN_PLATE,
                                    .no_shadow = l->no_shadow,
                                    .tripod = l->tripod};
}

static bool make_chroma(whelk_gen_view *v, whelk_error *err)
{
    size_t size = (size_t)(v->look.width / 2) * (size_t)(v->look.height / 2);
    for (int k = 0; k < 2; k++)
        if (!(v->chroma[k] = malloc(size)))
            return whelk_fail(err, WHELK_EFAIL, "out of memory for frames of %dx%d", v->look.width,
                              v->look.height);
    return true;
}

whelk_gen_view *whelk_gen_view_new(const whelk_gen_shot *shot, const whelk_gen_look *look,
                                   whelk_error *err)
{
    whelk_gen_view *v = calloc(1, sizeof *v);
    if (!v) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    v->look = *look;
    if (!check_look(&v->look, err))
        goto out;
    v->frames = (int)fmax(1, lround(shot->seconds * v->look.fps));
    struct compose_options options = options_of(v);
    v->compose = compose_new(&shot->layers, &options, err);
    v->scratch = v->compose ? compose_scratch_new(v->compose, err) : NULL;
    if (v->scratch && (v->look.format != WHELK_GEN_NV12 || make_chroma(v, err)))
        return v;
out:
    whelk_gen_view_free(v);
    return NULL;
}

void whelk_gen_view_free(whelk_gen_view *v)
{
    if (!v)
        return;
    compose_scratch_free(v->scratch);
    compose_free(v->compose);
    free(v->chroma[0]);
    free(v->chroma[1]);
    free(v);
}

int whelk_gen_view_frames(const whelk_gen_view *v)
{
    return v->frames;
}

/* --- NV12 ------------------------------------------------------------------------------------- */

static void weave(const whelk_gen_view *v, const whelk_gen_picture *p)
{
    int columns = v->look.width / 2;
    for (int y = 0; y < v->look.height / 2; y++) {
        uint8_t *out = p->data[1] + (long)y * p->stride[1];
        const uint8_t *cb = v->chroma[0] + (long)y * columns,
                      *cr = v->chroma[1] + (long)y * columns;
        for (int x = 0; x < columns; x++) {
            out[2 * x] = cb[x];
            out[2 * x + 1] = cr[x];
        }
    }
}

static void unweave(const whelk_gen_view *v, const whelk_gen_picture *p)
{
    int columns = v->look.width / 2;
    for (int y = 0; y < v->look.height / 2; y++) {
        const uint8_t *in = p->data[1] + (long)y * p->stride[1];
        uint8_t *cb = v->chroma[0] + (long)y * columns, *cr = v->chroma[1] + (long)y * columns;
        for (int x = 0; x < columns; x++) {
            cb[x] = in[2 * x];
            cr[x] = in[2 * x + 1];
        }
    }
}

static struct clip_planes planes_of(const whelk_gen_view *v, const whelk_gen_picture *p)
{
    struct clip_planes out;
    for (int k = 0; k < 3; k++) {
        bool apart = k > 0 && v->look.format == WHELK_GEN_NV12;
        out.data[k] = apart ? v->chroma[k - 1] : p->data[k];
        out.stride[k] = apart ? v->look.width / 2 : p->stride[k];
    }
    return out;
}

/* --- Drawing ---------------------------------------------------------------------------------- */

void whelk_gen_view_draw(whelk_gen_view *v, int frame, const whelk_gen_picture *p)
{
    if (is_packed(v)) {
        enum compose_base base =
            v->look.layer == WHELK_GEN_ACTOR ? COMPOSE_ON_NOTHING : COMPOSE_ON_PLATE;
        compose_draw_packed(v->compose, v->scratch, frame, NULL, base, p->data[0], p->stride[0]);
        return;
    }
    compose_draw(v->compose, v->scratch, frame, 0, v->look.height, planes_of(v, p));
    if (v->look.format == WHELK_GEN_NV12)
        weave(v, p);
}

void whelk_gen_view_draw_over(whelk_gen_view *v, int frame, const whelk_gen_place *place,
                              const whelk_gen_picture *p)
{
    struct compose_place at = {0, 0, 1};
    if (place)
        at = (struct compose_place){place->x, place->y, fmin(fmax(place->scale, 0.01), 100)};
    if (is_packed(v)) {
        compose_draw_packed(v->compose, v->scratch, frame, &at, COMPOSE_ON_PICTURE, p->data[0],
                            p->stride[0]);
        return;
    }
    if (v->look.format == WHELK_GEN_NV12)
        unweave(v, p);
    compose_draw_over(v->compose, v->scratch, frame, &at, planes_of(v, p));
    if (v->look.format == WHELK_GEN_NV12)
        weave(v, p);
}
