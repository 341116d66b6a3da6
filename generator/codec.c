/* The codec through oneDNN. Inside, pictures are channels last: then pixel shuffles are copies of
 * whole runs, once the output channels of the convolution before are put in (dy, dx, channel) order
 * as the weights are loaded. One picture is one unit of work for one thread. */
#include "codec.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/conv.h"

enum { CELL = 16, CHANNELS_MAX = 64 };

struct residual {
    struct conv *a, *b;
};

struct grid_codec {
    const struct model_layer *layer;
    struct codec_size size;
    const float *basis, *mean, *sd; /* [dim][channels * 256], [channels * 256], [dim] */
    struct conv *enc[4], *enc_out;
    struct residual enc_res;
    struct conv *dec_in, *up[3], *dec_out;
    struct residual dec_res[4];
    struct conv *head[5];
    size_t buffer; /* floats of the largest picture inside */
};

struct vector_codec {
    const struct model_layer *layer;
    const float *basis, *mean; /* [dim][raw], [raw] */
};

struct codec {
    const struct model *model;
    struct grid_codec grid[MODEL_LAYERS_MAX];
    struct vector_codec vector[MODEL_LAYERS_MAX];
    size_t buffer, conv_scratch; /* the largest of all layers: floats, bytes */
};

struct codec_size codec_size_of(const struct model_layer *l)
{
    return (struct codec_size){l->channels * l->frames, l->y * CELL, l->x * CELL,
                               l->y * CELL * l->upscale, l->x * CELL * l->upscale};
}

size_t codec_base_floats(const struct model_layer *l)
{
    struct codec_size s = codec_size_of(l);
    return (size_t)l->t * (size_t)s.channels * (size_t)s.rows * (size_t)s.columns;
}

size_t codec_full_floats(const struct model_layer *l)
{
    return codec_base_floats(l) * (size_t)l->upscale * (size_t)l->upscale;
}

/* --- Loading ---------------------------------------------------------------------------------- */

/* What codec.<layer>.<name> is: channels, kernel, and by how much its output is shuffled (1: not).
 */
struct part {
    const char *name;
    int in, out, kernel, stride, shuffle, flags;
};

static struct conv *load_conv(struct codec *c, struct grid_codec *g, const struct part *p, int rows,
                              int columns, whelk_error *err)
{
    const char *layer = g->layer->name;
    int area = p->in * p->kernel * p->kernel, r2 = p->shuffle * p->shuffle, group = p->out / r2;
    const float *w =
        model_tensor(c->model, &(struct shape){4, {p->out, p->in, p->kernel, p->kernel}}, err,
                     "codec.%s.%s.weight", layer, p->name);
    const float *b = model_tensor(c->model, &(struct shape){1, {p->out}}, err, "codec.%s.%s.bias",
                                  layer, p->name);
    if (!w || !b)
        return NULL;
    float *weight = malloc((size_t)p->out * (size_t)area * sizeof *weight),
          *bias = malloc((size_t)p->out * sizeof *bias);
    struct conv *made = NULL;
    if (weight && bias) {
        for (int o = 0; o < p->out; o++) {
            int to = o % r2 * group + o / r2;
            memcpy(weight + (size_t)to * (size_t)area, w + (size_t)o * (size_t)area,
                   (size_t)area * sizeof *weight);
            bias[to] = b[o];
        }
        int pad = p->kernel == 4 ? 1 : p->kernel / 2;
        struct conv_shape shape = {p->in, p->out, p->kernel, p->stride, pad, rows, columns};
        made = conv_new(&shape, weight, bias, p->flags, err);
    } else {
        whelk_fail(err, WHELK_EFAIL, "out of memory for the weights of %s", layer);
    }
    free(weight);
    free(bias);
    size_t in = (size_t)rows * (size_t)columns * (size_t)p->in;
    size_t out = (size_t)rows * (size_t)columns * (size_t)p->out / (size_t)(p->stride * p->stride);
    g->buffer = in > g->buffer ? in : g->buffer;
    g->buffer = out > g->buffer ? out : g->buffer;
    if (made && conv_scratch(made) > c->conv_scratch)
        c->conv_scratch = conv_scratch(made);
    return made;
}

static bool load_residual(struct codec *c, struct grid_codec *g, struct residual *r, const char *a,
                          const char *b, int channels, int rows, int columns, whelk_error *err)
{
    r->a = load_conv(c, g, &(struct part){a, channels, channels, 3, 1, 1, CONV_RELU}, rows, columns,
                     err);
    r->b = r->a ? load_conv(c, g, &(struct part){b, channels, channels, 3, 1, 1, CONV_ADD}, rows,
                            columns, err)
                : NULL;
    return r->b;
}

static bool load_encoder(struct codec *c, struct grid_codec *g, whelk_error *err)
{
    const int *w = g->layer->widths;
    int y = g->size.rows / 2, x = g->size.columns / 2, ch = g->size.channels;
    const struct part parts[4] = {{"enc.0", 4 * ch, w[0], 3, 1, 1, CONV_RELU},
                                  {"enc.1", w[0], w[1], 4, 2, 1, CONV_RELU},
                                  {"enc.2", w[1], w[2], 4, 2, 1, CONV_RELU},
                                  {"enc.3", w[2], w[2], 4, 2, 1, CONV_RELU}};
    for (int i = 0; i < 4; i++) {
        if (!(g->enc[i] = load_conv(c, g, &parts[i], y, x, err)))
            return false;
        y /= parts[i].stride;
        x /= parts[i].stride;
    }
    if (!load_residual(c, g, &g->enc_res, "enc.res.a", "enc.res.b", w[2], y, x, err))
        return false;
    g->enc_out =
        load_conv(c, g, &(struct part){"enc.out", w[2], g->layer->dim, 1, 1, 1, 0}, y, x, err);
    return g->enc_out;
}

static bool load_decoder(struct codec *c, struct grid_codec *g, whelk_error *err)
{
    static const char *const res[4][2] = {{"dec.res0.a", "dec.res0.b"},
                                          {"dec.res1.a", "dec.res1.b"},
                                          {"dec.res2.a", "dec.res2.b"},
                                          {"dec.res3.a", "dec.res3.b"}};
    static const char *const up[3] = {"dec.up0", "dec.up1", "dec.up2"};
    const int *w = g->layer->widths;
    int width[4] = {w[2], w[2], w[1], w[0]}, y = g->layer->y, x = g->layer->x;
    if (!(g->dec_in = load_conv(c, g, &(struct part){"dec.in", g->layer->dim, w[2], 3, 1, 1, 0}, y,
                                x, err)))
        return false;
    for (int i = 0; i < 4; i++) {
        if (!load_residual(c, g, &g->dec_res[i], res[i][0], res[i][1], width[i], y, x, err))
            return false;
        if (i == 3)
            break;
        struct part p = {up[i], width[i], 4 * width[i + 1], 1, 1, 2, 0};
        if (!(g->up[i] = load_conv(c, g, &p, y, x, err)))
            return false;
        y *= 2;
        x *= 2;
    }
    g->dec_out = load_conv(c, g, &(struct part){"dec.out", w[0], 4 * g->size.channels, 3, 1, 2, 0},
                           y, x, err);
    return g->dec_out;
}

static bool load_head(struct codec *c, struct grid_codec *g, whelk_error *err)
{
    int y = g->size.rows, x = g->size.columns, k = g->layer->upscale, a = g->layer->widths[0],
        w = g->layer->head;
    const struct part parts[5] = {{"head.0", a, w, 3, 1, 1, CONV_RELU},
                                  {"head.1", w, w, 3, 1, 1, CONV_RELU},
                                  {"head.2", w, 128, 1, 1, 2, CONV_RELU},
                                  {"head.3", 32, 32, 3, 1, 1, CONV_RELU},
                                  {"head.4", 32, g->size.channels * k * k, 3, 1, k, 0}};
    for (int i = 0; i < 5; i++)
        if (!(g->head[i] = load_conv(c, g, &parts[i], i < 3 ? y / 2 : y, i < 3 ? x / 2 : x, err)))
            return false;
    return true;
}

static bool load_grid(struct codec *c, int i, whelk_error *err)
{
    struct grid_codec *g = &c->grid[i];
    g->layer = &c->model->layers[i];
    g->size = codec_size_of(g->layer);
    int dim = g->layer->dim, raw = g->size.channels * CELL * CELL;
    const char *name = g->layer->name;
    if (g->size.channels > CHANNELS_MAX || g->layer->upscale < 1)
        return whelk_fail(err, WHELK_EFAIL,
                          "the model's layer \"%s\" has %d channels; this version reads at most %d",
                          name, g->size.channels, CHANNELS_MAX);
    g->basis = model_tensor(c->model, &(struct shape){2, {dim, raw}}, err, "codec.%s.basis", name);
    g->mean = model_tensor(c->model, &(struct shape){1, {raw}}, err, "codec.%s.mean", name);
    g->sd = model_tensor(c->model, &(struct shape){1, {dim}}, err, "codec.%s.sd", name);
    if (!g->basis || !g->mean || !g->sd || !load_encoder(c, g, err) || !load_decoder(c, g, err) ||
        !load_head(c, g, err))
        return false;
    size_t base = (size_t)g->size.rows * (size_t)g->size.columns * (size_t)g->size.channels;
    g->buffer = base > g->buffer ? base : g->buffer;
    c->buffer = g->buffer > c->buffer ? g->buffer : c->buffer;
    return true;
}

static bool load_vector(struct codec *c, int i, whelk_error *err)
{
    struct vector_codec *v = &c->vector[i];
    v->layer = &c->model->layers[i];
    v->basis = model_tensor(c->model, &(struct shape){2, {v->layer->dim, v->layer->raw}}, err,
                            "codec.%s.basis", v->layer->name);
    v->mean = model_tensor(c->model, &(struct shape){1, {v->layer->raw}}, err, "codec.%s.mean",
                           v->layer->name);
    return v->basis && v->mean;
}

struct codec *codec_open(const struct model *m, whelk_error *err)
{
    struct codec *c = calloc(1, sizeof *c);
    if (!c) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    c->model = m;
    for (int i = 0; i < m->layer_count; i++)
        if (!(m->layers[i].grid ? load_grid(c, i, err) : load_vector(c, i, err))) {
            codec_close(c);
            return NULL;
        }
    return c;
}

static void free_grid(struct grid_codec *g)
{
    for (int i = 0; i < 5; i++)
        conv_free(g->head[i]);
    for (int i = 0; i < 4; i++) {
        conv_free(g->enc[i]);
        conv_free(g->dec_res[i].a);
        conv_free(g->dec_res[i].b);
    }
    for (int i = 0; i < 3; i++)
        conv_free(g->up[i]);
    conv_free(g->enc_res.a);
    conv_free(g->enc_res.b);
    conv_free(g->enc_out);
    conv_free(g->dec_in);
    conv_free(g->dec_out);
}

void codec_close(struct codec *c)
{
    if (!c)
        return;
    for (int i = 0; i < MODEL_LAYERS_MAX; i++)
        free_grid(&c->grid[i]);
    free(c);
}

/* --- Scratch ---------------------------------------------------------------------------------- */

enum { BUFFERS = 4 };

struct scratch {
    float *buffer[BUFFERS];
    void *conv;
    char *memory;
};

static size_t rounded(size_t bytes)
{
    return (bytes + 4095) / 4096 * 4096;
}

static size_t scratch_size(const struct codec *c)
{
    return BUFFERS * rounded(c->buffer * sizeof(float)) + rounded(c->conv_scratch) + 4096;
}

long long codec_scratch_bytes(const struct codec *c, int threads)
{
    return (long long)scratch_size(c) * threads;
}

static bool scratch_init(struct scratch *s, const struct codec *c)
{
    s->memory = aligned_alloc(4096, scratch_size(c));
    if (!s->memory)
        return false;
    for (int i = 0; i < BUFFERS; i++)
        s->buffer[i] =
            (float *)(void *)(s->memory + (size_t)i * rounded(c->buffer * sizeof(float)));
    s->conv = s->memory + BUFFERS * rounded(c->buffer * sizeof(float));
    return true;
}

/* --- Small steps, channels last --------------------------------------------------------------- */

static void relu(const float *in, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] > 0 ? in[i] : 0;
}

static void add(float *out, const float *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] += in[i];
}

/* x + b(relu(a(relu(x)))) in place. */
static bool run_residual(const struct residual *r, float *x, float *t, float *u, size_t n,
                         void *scratch)
{
    relu(x, t, n);
    return conv_run(r->a, t, u, scratch) && conv_run(r->b, u, x, scratch);
}

/* [rows][columns][2 x 2 x channels] to [2 rows][2 columns][channels]. */
static void shuffle2(const float *in, float *out, int rows, int columns, int channels)
{
    size_t n = (size_t)channels;
    for (int y = 0; y < rows * 2; y++)
        for (int x = 0; x < columns; x++)
            memcpy(out + ((size_t)y * 2 * (size_t)columns + 2 * (size_t)x) * n,
                   in +
                       (((size_t)(y / 2) * (size_t)columns + (size_t)x) * 4 + 2 * (size_t)(y % 2)) *
                           n,
                   2 * n * sizeof *out);
}

/* base = the linear part: for each cell, mean + basis^T . z, spread over its 16 x 16 pixels. cell:
 * [channels * 256]. */
static void linear_decode(const struct grid_codec *g, const float *z, float *base, float *cell)
{
    int ch = g->size.channels, raw = ch * CELL * CELL, dim = g->layer->dim;
    for (int n = 0; n < g->layer->y * g->layer->x; n++, z += dim) {
        memcpy(cell, g->mean, (size_t)raw * sizeof *cell);
        for (int d = 0; d < dim; d++)
            for (int i = 0; i < raw; i++)
                cell[i] += z[d] * g->basis[(size_t)d * (size_t)raw + (size_t)i];
        int y0 = n / g->layer->x * CELL, x0 = n % g->layer->x * CELL;
        for (int y = 0; y < CELL; y++)
            for (int x = 0; x < CELL; x++)
                for (int c = 0; c < ch; c++)
                    base[((size_t)(y0 + y) * (size_t)g->size.columns + (size_t)(x0 + x)) *
                             (size_t)ch +
                         (size_t)c] = cell[(c * CELL + y) * CELL + x];
    }
}

/* base[2y + dy][2x + dx][c] += in[y][x][dy][dx][c] */
static void add_shuffled(float *base, const float *in, int rows, int columns, int channels)
{
    size_t run = 2 * (size_t)channels;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns / 2; x++)
            add(base + ((size_t)y * (size_t)columns / 2 + (size_t)x) * run,
                in + ((size_t)(y / 2) * (size_t)columns * 2 + (size_t)x * 4 + 2 * (size_t)(y % 2)) *
                         (size_t)channels,
                run);
}

/* Of one pixel: RGBA pictures hold alpha in 0..1 and colours in 0..alpha, the plate -1..1. */
static void clamp_pixel(float *p, int channels, bool rgba)
{
    if (!rgba) {
        for (int c = 0; c < channels; c++)
            p[c] = fminf(fmaxf(p[c], -1), 1);
        return;
    }
    for (int c = 0; c < channels; c += 4) {
        float a = fminf(fmaxf(p[c + 3], 0), 1);
        for (int k = 0; k < 3; k++)
            p[c + k] = fminf(fmaxf(p[c + k], 0), a);
        p[c + 3] = a;
    }
}

static void write_base(const struct grid_codec *g, const float *base, float *out)
{
    size_t area = (size_t)g->size.rows * (size_t)g->size.columns, ch = (size_t)g->size.channels;
    float pixel[CHANNELS_MAX];
    for (size_t i = 0; i < area; i++) {
        memcpy(pixel, base + i * ch, ch * sizeof *pixel);
        clamp_pixel(pixel, (int)ch, g->layer->channels == 4);
        for (size_t c = 0; c < ch; c++)
            out[c * area + i] = pixel[c];
    }
}

/* Where sample i of an enlarged axis lies between two of the n samples of the base, half-pixel
 * centres. */
struct between {
    int a, b;
    float f;
};

static struct between between_at(int i, int k, int n)
{
    float s = fmaxf(0, ((float)i + 0.5f) / (float)k - 0.5f);
    int a = (int)s;
    return (struct between){a, a + 1 < n ? a + 1 : n - 1, s - (float)a};
}

/* out = clamp(bilinear(base) + shuffled detail), planar; detail: [rows][columns][k][k][channels].
 */
static void write_full(const struct grid_codec *g, const float *base, const float *detail,
                       float *out)
{
    int k = g->layer->upscale, columns = g->size.columns;
    size_t ch = (size_t)g->size.channels,
           area = (size_t)g->size.full_rows * (size_t)g->size.full_columns;
    float pixel[CHANNELS_MAX];
    for (int y = 0; y < g->size.full_rows; y++) {
        struct between v = between_at(y, k, g->size.rows);
        const float *top = base + (size_t)v.a * (size_t)columns * ch,
                    *low = base + (size_t)v.b * (size_t)columns * ch;
        for (int x = 0; x < g->size.full_columns; x++) {
            struct between h = between_at(x, k, columns);
            const float *d =
                detail + (((size_t)(y / k) * (size_t)columns + (size_t)(x / k)) * (size_t)(k * k) +
                          (size_t)(y % k * k + x % k)) *
                             ch;
            size_t a = (size_t)h.a * ch, b = (size_t)h.b * ch;
            for (size_t c = 0; c < ch; c++) {
                float t = top[a + c] + h.f * (top[b + c] - top[a + c]),
                      l = low[a + c] + h.f * (low[b + c] - low[a + c]);
                pixel[c] = t + v.f * (l - t) + d[c];
            }
            clamp_pixel(pixel, (int)ch, g->layer->channels == 4);
            for (size_t c = 0; c < ch; c++)
                out[c * area + (size_t)y * (size_t)g->size.full_columns + (size_t)x] = pixel[c];
        }
    }
}

/* --- Decoding --------------------------------------------------------------------------------- */

/* Whitened cells to features at half the base size, in s->buffer[0]. */
static bool run_trunk(const struct grid_codec *g, const float *z, struct scratch *s)
{
    const int *w = g->layer->widths;
    int width[4] = {w[2], w[2], w[1], w[0]}, y = g->layer->y, x = g->layer->x, dim = g->layer->dim;
    float **b = s->buffer;
    for (int i = 0; i < y * x * dim; i++)
        b[1][i] = z[i] / g->sd[i % dim];
    if (!conv_run(g->dec_in, b[1], b[0], s->conv))
        return false;
    for (int i = 0; i < 4; i++) {
        if (!run_residual(&g->dec_res[i], b[0], b[1], b[2],
                          (size_t)y * (size_t)x * (size_t)width[i], s->conv))
            return false;
        if (i == 3)
            break;
        if (!conv_run(g->up[i], b[0], b[1], s->conv))
            return false;
        shuffle2(b[1], b[0], y, x, width[i + 1]);
        y *= 2;
        x *= 2;
    }
    return true;
}

/* relu(features) in b[0] to the detail of the full picture, in b[2]; leaves b[3]. */
static bool run_head(const struct grid_codec *g, struct scratch *s)
{
    int y = g->size.rows / 2, x = g->size.columns / 2;
    float **b = s->buffer;
    if (!conv_run(g->head[0], b[0], b[1], s->conv) || !conv_run(g->head[1], b[1], b[2], s->conv))
        return false;
    add(b[1], b[2], (size_t)y * (size_t)x * (size_t)g->layer->head);
    if (!conv_run(g->head[2], b[1], b[2], s->conv))
        return false;
    shuffle2(b[2], b[0], y, x, 32);
    return conv_run(g->head[3], b[0], b[1], s->conv) && conv_run(g->head[4], b[1], b[2], s->conv);
}

static bool decode_picture(const struct grid_codec *g, const float *z, float *base, float *full,
                           struct scratch *s)
{
    float **b = s->buffer;
    int rows = g->size.rows, columns = g->size.columns, ch = g->size.channels;
    if (!run_trunk(g, z, s))
        return false;
    relu(b[0], b[0], (size_t)(rows / 2) * (size_t)(columns / 2) * (size_t)g->layer->widths[0]);
    if (!conv_run(g->dec_out, b[0], b[1], s->conv))
        return false;
    linear_decode(g, z, b[3], b[2]);
    add_shuffled(b[3], b[1], rows, columns, ch);
    if (base)
        write_base(g, b[3], base);
    if (!full)
        return true;
    if (!run_head(g, s))
        return false;
    write_full(g, b[3], b[2], full);
    return true;
}

/* Picture n of all jobs, counted through. */
static bool decode_unit(const struct codec *c, const struct codec_job *jobs, int n,
                        struct scratch *s)
{
    while (n >= c->model->layers[jobs->layer].t)
        n -= c->model->layers[jobs++->layer].t;
    const struct grid_codec *g = &c->grid[jobs->layer];
    size_t t = (size_t)n, groups = (size_t)g->layer->t, cells = (size_t)g->layer->cells / groups;
    return decode_picture(
        g, jobs->z + t * cells * (size_t)g->layer->dim,
        jobs->base ? jobs->base + t * (codec_base_floats(g->layer) / groups) : NULL,
        jobs->full ? jobs->full + t * (codec_full_floats(g->layer) / groups) : NULL, s);
}

bool codec_decode(const struct codec *c, const struct codec_job *jobs, int count, int threads,
                  whelk_error *err)
{
    int units = 0;
    atomic_bool failed = false;
    for (int i = 0; i < count; i++)
        units += c->model->layers[jobs[i].layer].t;
#pragma omp parallel num_threads(threads)
    {
        struct scratch s = {0};
        if (!scratch_init(&s, c))
            failed = true;
#pragma omp for schedule(dynamic, 1)
        for (int i = 0; i < units; i++)
            if (!failed && !decode_unit(c, jobs, i, &s))
                failed = true;
        free(s.memory);
    }
    return !failed ||
           whelk_fail(err, WHELK_EFAIL, "out of memory while decoding (%lld bytes needed)",
                      codec_scratch_bytes(c, threads));
}

/* --- Encoding --------------------------------------------------------------------------------- */

/* Planar picture to [rows / 2][columns / 2][channels x 2 x 2]. */
static void unshuffle2(const struct grid_codec *g, const float *picture, float *out)
{
    int rows = g->size.rows, columns = g->size.columns;
    for (int y = 0; y < rows / 2; y++)
        for (int x = 0; x < columns / 2; x++)
            for (int c = 0; c < g->size.channels; c++)
                for (int d = 0; d < 4; d++)
                    *out++ = picture[((size_t)c * (size_t)rows + (size_t)(2 * y + d / 2)) *
                                         (size_t)columns +
                                     (size_t)(2 * x + d % 2)];
}

/* basis . (cell - mean) / sd for every cell; cell: [channels * 256]. */
static void linear_encode(const struct grid_codec *g, const float *picture, float *w, float *cell)
{
    int ch = g->size.channels, raw = ch * CELL * CELL, dim = g->layer->dim;
    for (int n = 0; n < g->layer->y * g->layer->x; n++) {
        int y0 = n / g->layer->x * CELL, x0 = n % g->layer->x * CELL;
        for (int i = 0; i < raw; i++) {
            int c = i / (CELL * CELL), y = y0 + i / CELL % CELL, x = x0 + i % CELL;
            cell[i] =
                picture[((size_t)c * (size_t)g->size.rows + (size_t)y) * (size_t)g->size.columns +
                        (size_t)x] -
                g->mean[i];
        }
        for (int d = 0; d < dim; d++) {
            double sum = 0;
            for (int i = 0; i < raw; i++)
                sum += (double)cell[i] * g->basis[(size_t)d * (size_t)raw + (size_t)i];
            *w++ = (float)(sum / g->sd[d]);
        }
    }
}

static bool run_encoder(const struct grid_codec *g, const float *picture, float *z,
                        struct scratch *s)
{
    float **b = s->buffer;
    int dim = g->layer->dim, cells = g->layer->y * g->layer->x;
    unshuffle2(g, picture, b[0]);
    for (int i = 0; i < 4; i++)
        if (!conv_run(g->enc[i], b[i % 2], b[(i + 1) % 2], s->conv))
            return false;
    if (!run_residual(&g->enc_res, b[0], b[1], b[2], (size_t)cells * (size_t)g->layer->widths[2],
                      s->conv) ||
        !conv_run(g->enc_out, b[0], b[1], s->conv))
        return false;
    linear_encode(g, picture, z, b[2]);
    for (int i = 0; i < cells * dim; i++)
        z[i] = (z[i] + b[1][i]) * g->sd[i % dim];
    return true;
}

bool codec_encode(const struct codec *c, int layer, const float *picture, float *z,
                  whelk_error *err)
{
    struct scratch s = {0};
    bool good = scratch_init(&s, c) && run_encoder(&c->grid[layer], picture, z, &s);
    free(s.memory);
    return good || whelk_fail(err, WHELK_EFAIL, "out of memory while encoding a picture");
}

void codec_decode_vector(const struct codec *c, int layer, const float *z, float *raw)
{
    const struct vector_codec *v = &c->vector[layer];
    int n = v->layer->raw;
    memcpy(raw, v->mean, (size_t)n * sizeof *raw);
    for (int d = 0; d < v->layer->dim; d++)
        for (int i = 0; i < n; i++)
            raw[i] += z[d] * v->basis[(size_t)d * (size_t)n + (size_t)i];
}

void codec_encode_vector(const struct codec *c, int layer, const float *raw, float *z)
{
    const struct vector_codec *v = &c->vector[layer];
    int n = v->layer->raw;
    for (int d = 0; d < v->layer->dim; d++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += (double)(raw[i] - v->mean[i]) * v->basis[(size_t)d * (size_t)n + (size_t)i];
        z[d] = (float)sum;
    }
}

void codec_shrink(const float *full, float *base, int channels, int rows, int columns, int k)
{
    size_t wide = (size_t)columns * (size_t)k;
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++) {
                const float *p = full + ((size_t)c * (size_t)rows + (size_t)y) * (size_t)k * wide +
                                 (size_t)x * (size_t)k;
                float sum = 0;
                for (int i = 0; i < k * k; i++)
                    sum += p[(size_t)(i / k) * wide + (size_t)(i % k)];
                *base++ = sum / (float)(k * k);
            }
}
