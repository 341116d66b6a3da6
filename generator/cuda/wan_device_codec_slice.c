/* Decoding in slices: which rows each node's frames have in a slice, from the last node back, and
 * the clip's way through one slice after another. */
#include <stdlib.h>
#include <string.h>

#include "wan_device_codec_parts.h"

/* --- Rows ------------------------------------------------------------------------------------- */

/* Rows [from, to) of a frame. */
struct span {
    int from, to;
};

static struct span widened(struct span s, int by, int high)
{
    s.from = s.from > by ? s.from - by : 0;
    s.to = s.to + by < high ? s.to + by : high;
    return s;
}

/* The rows that must come in for these to go out right: a convolution looks at a row above and one
 * below; beyond the picture's edge is nothing, as in the whole. */
static struct span needed(const struct wan_half *h, const struct wan_node *n, int high,
                          struct span out)
{
    int across = n->kind == WAN_CLOSE ? h->node[n->open].across : 1;
    switch (n->kind) {
    case WAN_CONV:
    case WAN_HEAD:
        return widened(out, 1, high);
    case WAN_RES:
        return widened(out, 2, high);
    case WAN_LOOK:
        return (struct span){0, high};
    case WAN_UP:
        out = widened(out, 1, 2 * high);
        return (struct span){out.from / 2, (out.to + 1) / 2};
    case WAN_CLOSE: /* a row of the group's input is laid over as many of these */
        out.from = out.from / across * across;
        out.to = (out.to + across - 1) / across * across;
        return out;
    case WAN_POINT:
    case WAN_OPEN:
    case WAN_DOWN:
        break;
    }
    return out;
}

void wan_device_codec_cut(struct wan_device_codec *c)
{
    const struct wan_half *h = &c->v->half[WAN_DECODE];
    int high = c->rows, columns = c->columns;
    for (int i = 0; i < h->count; i++) {
        c->node[i].high = high, c->node[i].columns = columns;
        if (h->node[i].kind == WAN_UP)
            high *= 2, columns *= 2;
    }
    c->from = (int)((long)high * c->slice / c->slices);
    c->to = (int)((long)high * (c->slice + 1) / c->slices);
    c->across = columns;
    struct span s = {c->from, c->to};
    for (int i = h->count - 1; i >= 0; i--) {
        s = needed(h, &h->node[i], c->node[i].high, s);
        c->node[i].top = s.from, c->node[i].rows = s.to - s.from;
    }
}

/* --- The clip --------------------------------------------------------------------------------- */

static bool clear(struct wan_device_codec *c, char *ring, long numbers, whelk_error *err)
{
    struct device_op op = {
        .kind = DEVICE_ZERO,
        .zero = {(float *)(void *)ring, 3 * numbers * (long)device_size(c->type) / 4}};
    return !ring || c->device->run(c->device, &op, err);
}

bool wan_device_codec_clear(struct wan_device_codec *c, whelk_error *err)
{
    const struct wan_half *h = &c->v->half[WAN_DECODE];
    bool good = true;
    for (int i = 0; good && i < h->count; i++) {
        struct codec_node *s = &c->node[i];
        s->seen = s->given = 0;
        long pixels = (long)s->rows * s->columns;
        good = clear(c, s->ring, pixels * h->node[i].in, err) &&
               clear(c, s->ring2, pixels * h->node[i].out, err);
    }
    return good;
}

long wan_device_codec_frames(const struct wan_vae *v, int latents)
{
    const struct wan_half *h = &v->half[WAN_DECODE];
    long frames = latents - 1;
    for (int i = 0; i < h->count; i++)
        frames *= h->node[i].kind == WAN_UP && h->node[i].time ? 2 : 1;
    return frames + 1;
}

/* Numbers of a frame that is done. */
static long frame_numbers(const struct wan_vae *v, int rows, int columns)
{
    long scale = wan_vae_scale(v);
    return 3 * scale * rows * scale * columns;
}

long long wan_device_codec_film_bytes(const struct wan_vae *v, int rows, int columns, int frames,
                                      int slices)
{
    return slices > 1 ? wan_device_codec_frames(v, frames) * frame_numbers(v, rows, columns) *
                            (long long)sizeof(float)
                      : 0;
}

static bool run_slice(struct wan_device_codec *c, const struct wan_device_film *f, whelk_error *err)
{
    wan_device_codec_place(c, c->memory);
    c->film_frames = 0;
    if (!wan_device_codec_clear(c, err))
        return false;
    for (int t = 0; t < f->frames; t++) {
        struct wan_picture p = f->first;
        double done = ((double)c->slice + (double)t / f->frames) / c->slices;
        p.data += t * f->stride;
        if (f->asked && !f->asked(f->ctx, done))
            return whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
        if (!wan_device_codec_push(c, &p, f->emit, f->ctx, err))
            return false;
    }
    return true;
}

bool wan_device_codec_run(struct wan_device_codec *c, const struct wan_device_film *f,
                          whelk_error *err)
{
    long long film = wan_device_codec_film_bytes(c->v, c->rows, c->columns, f->frames, c->slices);
    free(c->film);
    c->film = film ? malloc((size_t)film) : NULL;
    if (film && !c->film)
        return whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes of frames in slices", film);
    for (c->slice = 0; c->slice < c->slices; c->slice++)
        if (!run_slice(c, f, err))
            return false;
    c->slice = 0;
    return true;
}
