/* The codec run through oneDNN: one picture is one unit of work for one thread. */
#include "codec_in.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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

static int groups_of(const struct codec *c, const struct codec_job *job)
{
    return job->groups ? job->groups : c->model->layers[job->layer].t;
}

/* Picture n of all jobs, counted through. */
static bool decode_unit(const struct codec *c, const struct codec_job *jobs, int n,
                        struct scratch *s)
{
    while (n >= groups_of(c, jobs))
        n -= groups_of(c, jobs++);
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
        units += groups_of(c, &jobs[i]);
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
