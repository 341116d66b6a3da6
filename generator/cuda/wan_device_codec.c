/* Running the decoder's chain on a device: as in ../model/wan_codec.c a frame is pushed into the
 * first node, and each node pushes what it makes into the next. A frame on the chain is float
 * [rows][columns][channels] in one of two places that nodes use by turns; before a convolution it
 * becomes operands, and of a causal convolution's three frames the last two are kept. */
#include "wan_device_codec_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct wan_device_codec *c;
    const struct wan_half *h;
    whelk_error *err;
};

static bool queue(const struct run *r, const struct device_op *op)
{
    return r->c->device->run(r->c->device, op, r->err);
}

static bool copy(const struct run *r, void *to, const void *from, size_t bytes)
{
    return r->c->device->copy(r->c->device, DEVICE_COMPUTE, to, from, bytes, r->err);
}

/* --- Convolutions --- */

static struct device_put plain(const struct codec_node *s, const float *x, int channels)
{
    return (struct device_put){.x = x,
                               .stride = channels,
                               .rows = s->rows,
                               .columns = s->columns,
                               .channels = channels,
                               .times = 1};
}

static bool put(const struct run *r, struct device_put p, void *to)
{
    p.y = to;
    p.type = r->c->type;
    return queue(r, &(struct device_op){.kind = DEVICE_PUT, .put = p});
}

/* Of operands in place. side: of the kernel; frames: 1 or 3. */
static bool convolve(const struct run *r, const struct matmul *m, struct codec_conv by,
                     const void *x, int frames, int rows, int columns, const float *add, float *y)
{
    return queue(r, &(struct device_op){.kind = DEVICE_CONVOLVE,
                                        .convolve = {.x = x,
                                                     .w = by.w,
                                                     .bias = by.bias,
                                                     .add = add,
                                                     .y = y,
                                                     .frames = frames,
                                                     .rows = rows,
                                                     .columns = columns,
                                                     .in = m->w.in,
                                                     .out = m->w.n,
                                                     .side = m->w.taps / frames == 9 ? 3 : 1,
                                                     .type = r->c->type}});
}

/* A causal convolution of the frame `p` after the two before it. */
static bool causal(const struct run *r, const struct codec_node *s, const struct matmul *m,
                   struct codec_conv by, char *ring, struct device_put p, const float *add,
                   float *y)
{
    size_t frame =
        (size_t)s->rows * (size_t)s->columns * (size_t)p.channels * device_size(r->c->type);
    return copy(r, ring, ring + frame, frame) && copy(r, ring + frame, ring + 2 * frame, frame) &&
           put(r, p, ring + 2 * frame) && convolve(r, m, by, ring, 3, s->rows, s->columns, add, y);
}

static bool point(const struct run *r, const struct codec_node *s, const struct matmul *m,
                  struct codec_conv by, struct device_put p, const float *add, float *y)
{
    return put(r, p, r->c->operands) &&
           convolve(r, m, by, r->c->operands, 1, s->rows, s->columns, add, y);
}

/* --- Nodes --- */

static bool push(const struct run *r, int i, float *x);

/* The place that x is not in. */
static float *other(const struct run *r, const float *x)
{
    return r->c->frame[x < r->c->frame[1]];
}

static bool told(const struct run *r, int i, const float *x, int rows, int columns)
{
    const struct wan_device_codec *c = r->c;
    const struct wan_node *n = &r->h->node[i];
    long count = (long)rows * columns * n->out;
    if (!c->trace || c->slices > 1)
        return true;
    float *all = malloc((size_t)count * sizeof *all);
    bool good =
        all ? copy(r, all, x, (size_t)count * sizeof *all) && c->device->finish(c->device, r->err)
            : whelk_fail(r->err, WHELK_EFAIL, "out of memory");
    if (good)
        c->trace(c->trace_ctx, n->name, all, rows, columns, n->out);
    free(all);
    return good;
}

/* Of a slice the next node needs no more rows than these, and perhaps fewer. */
static bool hand_on(const struct run *r, int i, float *x, int rows, int columns, int channels)
{
    const struct wan_device_codec *c = r->c;
    int top = c->node[i].top * (rows / c->node[i].rows),
        next = i + 1 < r->h->count ? c->node[i + 1].top : c->from;
    return push(r, i + 1, x + (long)(next - top) * columns * channels);
}

static bool pass_on(const struct run *r, int i, float *x, int rows, int columns)
{
    return told(r, i, x, rows, columns) && hand_on(r, i, x, rows, columns, r->h->node[i].out);
}

static bool residual(const struct run *r, const struct wan_node *n, const struct codec_node *s,
                     const float *x, float *y)
{
    struct device_put in = plain(s, x, n->in), between = plain(s, r->c->between, n->out);
    in.gamma = s->gamma, in.silu = true;
    between.gamma = s->gamma2, between.silu = true;
    /* the way round goes to y first, and from there, where x is needed no more, to x's place */
    float *round = s->around.w ? other(r, y) : NULL;
    if (!causal(r, s, &n->first, s->first, s->ring, in, NULL, r->c->between))
        return false;
    if (round &&
        (!point(r, s, &n->around, s->around, plain(s, x, n->in), NULL, y) ||
         !copy(r, round, y, (size_t)s->rows * (size_t)s->columns * (size_t)n->out * sizeof *y)))
        return false;
    return causal(r, s, &n->second, s->second, s->ring2, between, round ? round : x, y);
}

static bool multiply(const struct run *r, const void *x, const void *w, const void *bias, void *y,
                     long rows, long in, long n, enum device_type out)
{
    return queue(r, &(struct device_op){.kind = DEVICE_MATMUL,
                                        .matmul = {.x = x,
                                                   .w = w,
                                                   .bias = bias,
                                                   .y = y,
                                                   .rows = rows,
                                                   .in = (int)in,
                                                   .n = (int)n,
                                                   .type = r->c->type,
                                                   .y_type = out}});
}

/* Scores of some queries, their shares, and what those say of the values. Values are made
 * [dim][tokens], as a product's second factor; their bias comes last, for shares sum to 1. */
static bool look_rows(const struct run *r, const struct codec_node *s, long first, long rows,
                      long dim)
{
    struct wan_device_codec *c = r->c;
    long tokens = (long)s->rows * s->columns;
    size_t from = (size_t)(first * dim) * device_size(c->type);
    return multiply(r, c->q + from, c->k, NULL, c->scores, rows, dim, tokens, DEVICE_F32) &&
           queue(r, &(struct device_op){.kind = DEVICE_SOFTMAX,
                                        .softmax = {c->scores, c->shares, rows, (int)tokens,
                                                    1 / sqrtf((float)dim), c->type}}) &&
           multiply(r, c->shares, c->value, s->bias_v, c->seen + from, rows, tokens, dim, c->type);
}

static bool look(const struct run *r, const struct wan_node *n, const struct codec_node *s,
                 const float *x, float *y)
{
    struct wan_device_codec *c = r->c;
    long tokens = (long)s->rows * s->columns, dim = n->in;
    struct device_put in = plain(s, x, n->in);
    in.gamma = s->gamma;
    bool good = put(r, in, c->operands) &&
                multiply(r, c->operands, s->first.w, s->bias_q, c->q, tokens, dim, dim, c->type) &&
                multiply(r, c->operands, s->first.w + (size_t)(dim * dim) * device_size(c->type),
                         s->bias_k, c->k, tokens, dim, dim, c->type) &&
                multiply(r, s->value.w, c->operands, NULL, c->value, dim, dim, tokens, c->type);
    for (long i = 0; good && i < tokens; i += WAN_LOOK_ROWS)
        good = look_rows(r, s, i, tokens - i < WAN_LOOK_ROWS ? tokens - i : WAN_LOOK_ROWS, dim);
    return good && convolve(r, &n->second, s->second, c->seen, 1, s->rows, s->columns, x, y);
}

/* One frame twice as wide and high. */
static bool widen(const struct run *r, int i, const float *x, long stride, float *y)
{
    const struct wan_node *n = &r->h->node[i];
    const struct codec_node *s = &r->c->node[i];
    struct device_put p = plain(s, x, n->in);
    p.stride = stride, p.times = 2;
    return put(r, p, r->c->operands) &&
           convolve(r, &n->first, s->first, r->c->operands, 1, 2 * s->rows, 2 * s->columns, NULL,
                    y) &&
           pass_on(r, i, y, 2 * s->rows, 2 * s->columns);
}

/* The first frame stays one; from then on two come of each, made of it and of what followed the
 * first. */
static bool go_up(const struct run *r, int i, const float *x)
{
    const struct wan_node *n = &r->h->node[i];
    struct codec_node *s = &r->c->node[i];
    float *y = other(r, x);
    if (!n->time || s->seen == 1)
        return widen(r, i, x, n->in, y);
    return causal(r, s, &n->second, s->second, s->ring, plain(s, x, n->in), NULL, s->more) &&
           widen(r, i, s->more, 2L * n->in, y) && widen(r, i, s->more + n->in, 2L * n->in, y);
}

static bool keep(const struct run *r, const struct wan_node *n, struct codec_node *s,
                 const float *x)
{
    s->given = n->time && s->seen == 1;
    return copy(r, s->kept, x, (size_t)s->rows * (size_t)s->columns * (size_t)n->in * sizeof *x);
}

/* Each channel of what the group was given is repeated, and laid out over (frame, row, column). */
static bool close_group(const struct run *r, const struct wan_node *n, const struct codec_node *s,
                        float *x)
{
    const struct wan_node *open = &r->h->node[n->open];
    struct codec_node *from = &r->c->node[n->open];
    long first = s->top / open->across - from->top; /* of the rows that were kept */
    return queue(r,
                 &(struct device_op){.kind = DEVICE_REPEAT,
                                     .repeat = {.x = from->kept + first * from->columns * open->in,
                                                .y = x,
                                                .rows = s->rows,
                                                .columns = s->columns,
                                                .in = open->in,
                                                .out = n->out,
                                                .across = open->across,
                                                .times = open->time ? 2 : 1,
                                                .time = from->given++}});
}

/* --- The chain --- */

/* Rows [from, from + rows) of a frame that waits for others; with the last ones it goes out. */
static bool take_slice(struct wan_device_codec *c, const float *y, int from, int rows, int columns,
                       int high)
{
    size_t row = 3 * (size_t)columns;
    float *frame = c->film + (size_t)c->film_frames++ * (size_t)high * row;
    memcpy(frame + (size_t)from * row, y, (size_t)rows * row * sizeof *y);
    return c->slice + 1 < c->slices || !c->emit || c->emit(c->ctx, frame, high, columns, 3);
}

static bool leave(const struct run *r, const float *x)
{
    struct wan_device_codec *c = r->c;
    const struct codec_node *s = &c->node[r->h->count - 1];
    int rows = c->to - c->from, columns = c->across, channels = r->h->node[r->h->count - 1].out,
        times = c->v->folded ? 2 : 1;
    long count = (long)rows * columns * channels;
    const float *y = c->host;
    if (!copy(r, c->host, x, (size_t)count * sizeof *x) || !c->device->finish(c->device, r->err))
        return false;
    if (c->v->folded) {
        wan_vae_unfold(c->host, rows, columns, c->unfolded);
        rows *= 2, columns *= 2, channels = 3, y = c->unfolded;
    }
    for (long i = 0; !c->broke && i < count; i++)
        c->broke = !isfinite(y[i]);
    c->stopped = c->broke;
    if (!c->stopped && c->slices > 1)
        c->stopped = !take_slice(c, y, c->from * times, rows, columns, s->high * times);
    else if (!c->stopped)
        c->stopped = c->emit && !c->emit(c->ctx, y, rows, columns, channels);
    return !c->stopped;
}

static bool push(const struct run *r, int i, float *x)
{
    if (i == r->h->count)
        return leave(r, x);
    const struct wan_node *n = &r->h->node[i];
    struct codec_node *s = &r->c->node[i];
    struct device_put p = plain(s, x, n->in);
    float *y = other(r, x);
    s->seen++;
    switch (n->kind) {
    case WAN_POINT:
        return point(r, s, &n->first, s->first, p, NULL, y) &&
               pass_on(r, i, y, s->rows, s->columns);
    case WAN_HEAD:
        p.gamma = s->gamma, p.silu = true;
        /* fall through */
    case WAN_CONV:
        return causal(r, s, &n->first, s->first, s->ring, p, NULL, y) &&
               pass_on(r, i, y, s->rows, s->columns);
    case WAN_RES:
        return residual(r, n, s, x, y) && pass_on(r, i, y, s->rows, s->columns);
    case WAN_LOOK:
        return look(r, n, s, x, y) && pass_on(r, i, y, s->rows, s->columns);
    case WAN_UP:
        return go_up(r, i, x);
    case WAN_OPEN:
        return keep(r, n, s, x) && hand_on(r, i, x, s->rows, s->columns, n->in);
    case WAN_CLOSE:
        return close_group(r, n, s, x) && pass_on(r, i, x, s->rows, s->columns);
    case WAN_DOWN:
        break;
    }
    return whelk_fail(r->err, WHELK_EFAIL, "%s: is no decoder", weights_path(r->c->v->weights));
}

bool wan_device_codec_push(struct wan_device_codec *c, const struct wan_picture *p,
                           wan_emit_fn *emit, void *ctx, whelk_error *err)
{
    const struct wan_vae *v = c->v;
    struct run r = {c, &v->half[WAN_DECODE], err};
    long pixels = (long)c->rows * c->columns;
    if (c->slices > 1 && !c->film)
        return whelk_fail(err, WHELK_EUSAGE, "this decoder goes by slices of whole clips");
    c->emit = emit, c->ctx = ctx;
    for (long i = 0; i < pixels; i++)
        for (int k = 0; k < v->channels; k++)
            c->host[i * v->channels + k] =
                p->data[k * p->channel_stride + i * p->pixel_stride] * v->deviation[k] + v->mean[k];
    bool good = copy(&r, c->frame[0], c->host, (size_t)(pixels * v->channels) * sizeof *c->host) &&
                push(&r, 0, c->frame[0]);
    if (c->broke)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: numbers ceased to be numbers: its weights or the latent are damaged",
                          weights_path(v->weights));
    if (c->stopped)
        return whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
    return good;
}
