/* Making a decoder on a device for one size of latent: everything is placed in one block of its
 * memory by code that first only counts, and weights are sent. */
#include "wan_device_codec_parts.h"
#include "lay.h"

#include <stdlib.h>
#include <string.h>

/* The greatest sizes that frames of the chain come to. */
struct greatest {
    long numbers, operands, tokens, dim;
};

static long most(long a, long b)
{
    return a > b ? a : b;
}

static struct codec_conv lay_conv(struct laying *l, const struct matmul *m, enum device_type type)
{
    struct codec_conv c = {NULL, NULL};
    if (m->w.n) {
        c.w = lay(l, (size_t)m->w.n * (size_t)m->w.in * (size_t)m->w.taps * device_size(type));
        c.bias = lay_floats(l, m->w.n);
    }
    return c;
}

static void lay_look(struct laying *l, struct codec_node *s, const struct wan_node *n,
                     enum device_type type)
{
    size_t size = device_size(type), dim = (size_t)n->in;
    s->first.w = lay(l, 2 * dim * dim * size);
    s->value.w = lay(l, dim * dim * size);
    s->bias_q = lay(l, dim * size);
    s->bias_k = lay(l, dim * size);
    s->bias_v = lay(l, dim * size);
    s->second = lay_conv(l, &n->second, type);
}

static void lay_weights(struct laying *l, struct wan_device_codec *c, int i)
{
    const struct wan_node *n = &c->v->half[WAN_DECODE].node[i];
    struct codec_node *s = &c->node[i];
    if (n->kind == WAN_LOOK) {
        lay_look(l, s, n, c->type);
    } else {
        s->first = lay_conv(l, &n->first, c->type);
        s->second = lay_conv(l, &n->second, c->type);
        s->around = lay_conv(l, &n->around, c->type);
    }
    s->gamma = n->gamma ? lay_floats(l, n->in) : NULL;
    s->gamma2 = n->gamma2 ? lay_floats(l, n->out) : NULL;
}

/* What node i keeps between frames, and the sizes it comes to. */
static void lay_state(struct laying *l, struct wan_device_codec *c, int i, struct greatest *g)
{
    const struct wan_node *n = &c->v->half[WAN_DECODE].node[i];
    struct codec_node *s = &c->node[i];
    long pixels = (long)s->rows * s->columns;
    size_t size = device_size(c->type), in = (size_t)(pixels * n->in) * size,
           out = (size_t)(pixels * n->out) * size;
    g->operands = most(g->operands, pixels * n->in);
    g->numbers = most(g->numbers, pixels * n->in);
    if (n->kind == WAN_LOOK)
        g->tokens = most(g->tokens, pixels), g->dim = most(g->dim, n->in);
    if (n->kind == WAN_CONV || n->kind == WAN_HEAD || n->kind == WAN_RES ||
        (n->kind == WAN_UP && n->time))
        s->ring = lay(l, 3 * in);
    if (n->kind == WAN_RES)
        s->ring2 = lay(l, 3 * out);
    if (n->kind == WAN_UP && n->time)
        s->more = lay_floats(l, 2 * pixels * n->in);
    if (n->kind == WAN_OPEN)
        s->kept = lay_floats(l, pixels * n->in);
    if (n->kind == WAN_UP) {
        pixels *= 4;
        g->operands = most(g->operands, pixels * n->in);
    }
    g->numbers = most(g->numbers, pixels * n->out);
}

/* Weights come first: they lie at the same places for every slice. */
long long wan_device_codec_place(struct wan_device_codec *c, char *base)
{
    const struct wan_half *h = &c->v->half[WAN_DECODE];
    struct laying l = {base, 0};
    struct greatest g = {0};
    size_t size = device_size(c->type);
    if (c->rows < 1 || c->columns < 1 || c->rows * (long)c->columns % 2)
        return -1;
    for (int i = 0; i < h->count; i++)
        if (h->node[i].in % 2 || h->node[i].kind == WAN_DOWN)
            return -1;
    wan_device_codec_cut(c);
    for (int i = 0; i < h->count; i++)
        lay_weights(&l, c, i);
    for (int i = 0; i < h->count; i++)
        lay_state(&l, c, i, &g);
    for (int i = 0; i < 2; i++)
        c->frame[i] = lay_floats(&l, g.numbers);
    c->between = lay_floats(&l, g.numbers);
    c->operands = lay(&l, (size_t)g.operands * size);
    c->q = lay(&l, (size_t)(g.tokens * g.dim) * size);
    c->k = lay(&l, (size_t)(g.tokens * g.dim) * size);
    c->value = lay(&l, (size_t)(g.tokens * g.dim) * size);
    c->seen = lay(&l, (size_t)(g.tokens * g.dim) * size);
    c->shares = lay(&l, (size_t)(WAN_LOOK_ROWS * g.tokens) * size);
    c->scores = lay_floats(&l, WAN_LOOK_ROWS * g.tokens);
    long leaves = (long)(c->to - c->from) * c->across * h->node[h->count - 1].out,
         comes = (long)c->rows * c->columns * c->v->channels;
    c->host_count = most(c->host_count, most(leaves, comes));
    return (long long)l.size;
}

/* The most that any of its slices needs. */
static long long place_most(struct wan_device_codec *c)
{
    long long bytes = 0;
    for (c->slice = 0; c->slice < c->slices && bytes >= 0; c->slice++) {
        long long one = wan_device_codec_place(c, NULL);
        bytes = one < 0 || one > bytes ? one : bytes;
    }
    c->slice = 0;
    return bytes;
}

long long wan_device_codec_bytes(const struct device *device, const struct wan_vae *v, int rows,
                                 int columns, enum device_type type, int slices)
{
    struct wan_device_codec *c = calloc(1, sizeof *c);
    if (!c)
        return -1;
    c->v = v, c->type = type, c->rows = rows, c->columns = columns, c->slices = slices;
    long long bytes = place_most(c);
    free(c);
    return bytes < 0 ? -1 : bytes + device->own_bytes;
}

int wan_device_codec_slices(const struct device *device, const struct wan_vae *v, int rows,
                            int columns, enum device_type type, long long granted)
{
    for (int n = 1; n <= rows; n++) {
        long long bytes = wan_device_codec_bytes(device, v, rows, columns, type, n);
        if (bytes < 0)
            return 0;
        if (bytes <= granted)
            return n;
    }
    return 0;
}

/* --- Weights --- */

struct sending {
    struct wan_device_codec *c;
    whelk_error *err;
};

static bool send(const struct sending *s, void *to, const void *from, size_t bytes)
{
    struct device *d = s->c->device;
    return d->copy(d, DEVICE_COMPUTE, to, from, bytes, s->err) && d->finish(d, s->err);
}

static void put_number(enum device_type type, char *to, long i, float value)
{
    if (type == DEVICE_F32)
        ((float *)(void *)to)[i] = value;
    else
        ((uint16_t *)(void *)to)[i] = matmul_narrow(value);
}

/* Rows [first, first + rows) of [n][in][taps], as [n][taps][in]. */
static bool send_rows(const struct sending *s, const struct matmul *m, int first, int rows,
                      void *to)
{
    long row = (long)m->w.in * m->w.taps;
    size_t size = device_size(s->c->type);
    char *out = malloc((size_t)(rows * row) * size);
    float *one = malloc((size_t)row * sizeof *one);
    bool good = out && one;
    for (int n = 0; good && n < rows; n++) {
        weight_row(&m->w, first + n, 0, (int)row, one);
        for (long i = 0; i < row; i++)
            put_number(s->c->type, out, n * row + i % m->w.taps * m->w.in + i / m->w.taps, one[i]);
    }
    good = good ? send(s, to, out, (size_t)(rows * row) * size)
                : whelk_fail(s->err, WHELK_EFAIL, "no memory for weights of the codec");
    free(out);
    free(one);
    return good;
}

static bool send_floats(const struct sending *s, float *to, const float *from, int count)
{
    return !to || send(s, to, from, (size_t)count * sizeof *from);
}

/* A bias of none is zeros. */
static bool send_conv(const struct sending *s, const struct matmul *m, struct codec_conv to)
{
    if (!to.w)
        return true;
    float *none = m->bias ? NULL : calloc((size_t)m->w.n, sizeof *none);
    bool good = (m->bias || none) && send_rows(s, m, 0, m->w.n, to.w) &&
                send_floats(s, to.bias, m->bias ? m->bias : none, m->w.n);
    free(none);
    return good;
}

static bool send_operands(const struct sending *s, char *to, const float *from, int count)
{
    char *out = calloc((size_t)count, sizeof *from);
    for (int i = 0; out && from && i < count; i++)
        put_number(s->c->type, out, i, from[i]);
    bool good = out && send(s, to, out, (size_t)count * device_size(s->c->type));
    free(out);
    return good;
}

static bool send_look(const struct sending *s, const struct wan_node *n,
                      const struct codec_node *to)
{
    int dim = n->in;
    const float *bias = n->first.bias;
    return send_rows(s, &n->first, 0, 2 * dim, to->first.w) &&
           send_rows(s, &n->first, 2 * dim, dim, to->value.w) &&
           send_operands(s, to->bias_q, bias, dim) &&
           send_operands(s, to->bias_k, bias ? bias + dim : NULL, dim) &&
           send_operands(s, to->bias_v, bias ? bias + 2 * dim : NULL, dim) &&
           send_conv(s, &n->second, to->second);
}

static bool send_all(struct wan_device_codec *c, whelk_error *err)
{
    const struct wan_half *h = &c->v->half[WAN_DECODE];
    struct sending s = {c, err};
    bool good = true;
    for (int i = 0; good && i < h->count; i++) {
        const struct wan_node *n = &h->node[i];
        const struct codec_node *to = &c->node[i];
        good = (n->kind == WAN_LOOK ? send_look(&s, n, to)
                                    : send_conv(&s, &n->first, to->first) &&
                                          send_conv(&s, &n->second, to->second) &&
                                          send_conv(&s, &n->around, to->around)) &&
               send_floats(&s, to->gamma, n->gamma, n->in) &&
               send_floats(&s, to->gamma2, n->gamma2, n->out);
    }
    return good;
}

/* --- Making --- */

static bool take_memory(struct wan_device_codec *c, const struct wan_device_options *o,
                        whelk_error *err)
{
    struct device *d = c->device;
    long long granted = device_granted(d, o->bytes);
    c->slices = wan_device_codec_slices(d, c->v, c->rows, c->columns, c->type, granted);
    bool none = c->slices == 0;
    c->slices = none ? c->rows : c->slices; /* the most there can be */
    long long bytes = place_most(c);
    if (bytes < 0)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a latent of %d x %d of this codec is decoded on the processor only",
                          c->rows, c->columns);
    if (none)
        return whelk_fail(
            err, WHELK_EFAIL,
            "too little memory on the device to decode: even in %d slices %lld MB are needed and "
            "%lld MB are granted",
            c->slices, ((bytes + d->own_bytes) >> 20) + 1, granted >> 20);
    if (!(c->memory = d->take(d, (size_t)bytes, err)))
        return false;
    wan_device_codec_place(c, c->memory);
    c->unfolded = malloc((size_t)c->host_count * sizeof(float));
    if (!c->unfolded)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    return (c->host = d->pin(d, (size_t)c->host_count * sizeof(float), err));
}

struct wan_device_codec *wan_device_codec_new(struct device *device, const struct wan_vae *v,
                                              int rows, int columns,
                                              const struct wan_device_options *o, whelk_error *err)
{
    struct wan_device_codec *c = calloc(1, sizeof *c);
    if (!c) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    c->device = device, c->v = v, c->type = o->type;
    c->rows = rows, c->columns = columns;
    if (!take_memory(c, o, err) || !send_all(c, err) || !wan_device_codec_clear(c, err)) {
        wan_device_codec_free(c);
        return NULL;
    }
    return c;
}

int wan_device_codec_in_slices(const struct wan_device_codec *c)
{
    return c->slices;
}

void wan_device_codec_free(struct wan_device_codec *c)
{
    if (!c)
        return;
    c->device->release(c->device, c->memory);
    c->device->unpin(c->device, c->host);
    free(c->unfolded);
    free(c->film);
    free(c);
}

void wan_device_codec_trace(struct wan_device_codec *c, wan_vae_trace_fn *trace, void *ctx)
{
    c->trace = trace;
    c->trace_ctx = ctx;
}
