/* The codec in plain C: planar pictures, one loop a formula of model/FORMAT.md 3, nothing packed
 * and nothing shared with codec.c but the sizes. Slow; for tests. */
#include "codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct plane { /* [channels][rows][columns] */
    float *data;
    int channels, rows, columns;
};

struct ref {
    const struct model *model;
    const struct model_layer *layer;
    bool failed;
};

static struct plane plane_new(struct ref *r, int channels, int rows, int columns)
{
    struct plane p = {calloc((size_t)channels * (size_t)rows * (size_t)columns, sizeof(float)),
                      channels, rows, columns};
    r->failed |= !p.data;
    return p;
}

static size_t at(const struct plane *p, int c, int y, int x)
{
    return ((size_t)c * (size_t)p->rows + (size_t)y) * (size_t)p->columns + (size_t)x;
}

static size_t count(const struct plane *p)
{
    return (size_t)p->channels * (size_t)p->rows * (size_t)p->columns;
}

/* Takes `in` and frees it. */
static struct plane conv(struct ref *r, struct plane in, const char *name, int out, int kernel,
                         int stride)
{
    int pad = kernel == 4 ? 1 : kernel / 2;
    const float *w = model_tensor(r->model, &(struct shape){4, {out, in.channels, kernel, kernel}},
                                  NULL, "codec.%s.%s.weight", r->layer->name, name);
    const float *b = model_tensor(r->model, &(struct shape){1, {out}}, NULL, "codec.%s.%s.bias",
                                  r->layer->name, name);
    struct plane p = plane_new(r, out, in.rows / stride, in.columns / stride);
    r->failed |= !w || !b;
    for (int o = 0; !r->failed && o < out; o++)
        for (int y = 0; y < p.rows; y++)
            for (int x = 0; x < p.columns; x++) {
                double sum = b[o];
                for (int c = 0; c < in.channels; c++)
                    for (int k = 0; k < kernel * kernel; k++) {
                        int sy = y * stride + k / kernel - pad, sx = x * stride + k % kernel - pad;
                        if (sy >= 0 && sy < in.rows && sx >= 0 && sx < in.columns)
                            sum += (double)w[(o * in.channels + c) * kernel * kernel + k] *
                                   in.data[at(&in, c, sy, sx)];
                    }
                p.data[at(&p, o, y, x)] = (float)sum;
            }
    free(in.data);
    return p;
}

static struct plane relu(struct plane p)
{
    for (size_t i = 0; i < count(&p); i++)
        p.data[i] = fmaxf(p.data[i], 0);
    return p;
}

static struct plane copy(struct ref *r, const struct plane *p)
{
    struct plane q = plane_new(r, p->channels, p->rows, p->columns);
    if (!r->failed)
        memcpy(q.data, p->data, count(p) * sizeof *q.data);
    return q;
}

/* p + q, q freed. */
static struct plane plus(struct plane p, struct plane q)
{
    for (size_t i = 0; i < count(&p); i++)
        p.data[i] += q.data[i];
    free(q.data);
    return p;
}

static struct plane residual(struct ref *r, struct plane x, const char *a, const char *b)
{
    struct plane y = conv(r, relu(copy(r, &x)), a, x.channels, 3, 1);
    return plus(x, conv(r, relu(y), b, x.channels, 3, 1));
}

static struct plane shuffle(struct ref *r, struct plane in, int k)
{
    struct plane p = plane_new(r, in.channels / (k * k), in.rows * k, in.columns * k);
    for (int c = 0; !r->failed && c < p.channels; c++)
        for (int y = 0; y < p.rows; y++)
            for (int x = 0; x < p.columns; x++)
                p.data[at(&p, c, y, x)] =
                    in.data[at(&in, c * k * k + y % k * k + x % k, y / k, x / k)];
    free(in.data);
    return p;
}

static struct plane unshuffle(struct ref *r, const struct plane *in, int k)
{
    struct plane p = plane_new(r, in->channels * k * k, in->rows / k, in->columns / k);
    for (int c = 0; !r->failed && c < in->channels; c++)
        for (int y = 0; y < in->rows; y++)
            for (int x = 0; x < in->columns; x++)
                p.data[at(&p, c * k * k + y % k * k + x % k, y / k, x / k)] =
                    in->data[at(in, c, y, x)];
    return p;
}

static float mix(float a, float b, float f)
{
    return (1 - f) * a + f * b;
}

static struct plane bilinear(struct ref *r, const struct plane *in, int k)
{
    struct plane p = plane_new(r, in->channels, in->rows * k, in->columns * k);
    for (int c = 0; !r->failed && c < p.channels; c++)
        for (int y = 0; y < p.rows; y++)
            for (int x = 0; x < p.columns; x++) {
                float sy = fmaxf(0, ((float)y + 0.5f) / (float)k - 0.5f),
                      sx = fmaxf(0, ((float)x + 0.5f) / (float)k - 0.5f);
                int y0 = (int)sy, x0 = (int)sx;
                int y1 = y0 + 1 < in->rows ? y0 + 1 : y0, x1 = x0 + 1 < in->columns ? x0 + 1 : x0;
                float top =
                    mix(in->data[at(in, c, y0, x0)], in->data[at(in, c, y0, x1)], sx - (float)x0);
                float low =
                    mix(in->data[at(in, c, y1, x0)], in->data[at(in, c, y1, x1)], sx - (float)x0);
                p.data[at(&p, c, y, x)] = mix(top, low, sy - (float)y0);
            }
    return p;
}

static void clamp(struct plane *p, bool rgba)
{
    for (int c = 0; c < p->channels; c++)
        for (int i = 0; i < p->rows * p->columns; i++) {
            float *v = &p->data[(size_t)c * (size_t)(p->rows * p->columns) + (size_t)i];
            float alpha =
                rgba ? p->data[(size_t)(c / 4 * 4 + 3) * (size_t)(p->rows * p->columns) + (size_t)i]
                     : 1;
            float high = rgba && c % 4 < 3 ? fminf(fmaxf(alpha, 0), 1) : 1;
            *v = fminf(fmaxf(*v, rgba ? 0 : -1), high);
        }
}

/* basis^T . z + mean, spread over the cells' pixels. */
static struct plane linear(struct ref *r, const float *z)
{
    const struct model_layer *l = r->layer;
    int channels = l->channels * l->frames, raw = channels * 256;
    const float *basis =
        model_tensor(r->model, &(struct shape){2, {l->dim, raw}}, NULL, "codec.%s.basis", l->name);
    const float *mean =
        model_tensor(r->model, &(struct shape){1, {raw}}, NULL, "codec.%s.mean", l->name);
    struct plane cells = plane_new(r, raw, l->y, l->x);
    r->failed |= !basis || !mean;
    for (int i = 0; !r->failed && i < raw; i++)
        for (int n = 0; n < l->y * l->x; n++) {
            double sum = mean[i];
            for (int d = 0; d < l->dim; d++)
                sum += (double)basis[d * raw + i] * z[n * l->dim + d];
            cells.data[i * l->y * l->x + n] = (float)sum;
        }
    return shuffle(r, cells, 16);
}

static struct plane trunk(struct ref *r, const float *z)
{
    const struct model_layer *l = r->layer;
    const int *w = l->widths;
    const float *sd =
        model_tensor(r->model, &(struct shape){1, {l->dim}}, NULL, "codec.%s.sd", l->name);
    struct plane f = plane_new(r, l->dim, l->y, l->x);
    r->failed |= !sd;
    for (int i = 0; !r->failed && i < l->y * l->x * l->dim; i++)
        f.data[(i % l->dim) * l->y * l->x + i / l->dim] = z[i] / sd[i % l->dim];
    f = residual(r, conv(r, f, "dec.in", w[2], 3, 1), "dec.res0.a", "dec.res0.b");
    f = residual(r, shuffle(r, conv(r, f, "dec.up0", 4 * w[2], 1, 1), 2), "dec.res1.a",
                 "dec.res1.b");
    f = residual(r, shuffle(r, conv(r, f, "dec.up1", 4 * w[1], 1, 1), 2), "dec.res2.a",
                 "dec.res2.b");
    return residual(r, shuffle(r, conv(r, f, "dec.up2", 4 * w[0], 1, 1), 2), "dec.res3.a",
                    "dec.res3.b");
}

static struct plane head(struct ref *r, struct plane f, const struct plane *base)
{
    int k = r->layer->upscale, w = r->layer->head;
    struct plane h = relu(conv(r, relu(f), "head.0", w, 3, 1));
    h = plus(h, relu(conv(r, copy(r, &h), "head.1", w, 3, 1)));
    h = relu(shuffle(r, conv(r, h, "head.2", 128, 1, 1), 2));
    h = relu(conv(r, h, "head.3", 32, 3, 1));
    return plus(bilinear(r, base, k),
                shuffle(r, conv(r, h, "head.4", base->channels * k * k, 3, 1), k));
}

bool codec_ref_decode(const struct model *m, int layer, int t, const float *z, float *base,
                      float *full)
{
    struct ref r = {m, &m->layers[layer], false};
    int channels = r.layer->channels * r.layer->frames;
    z += (size_t)t * (size_t)(r.layer->cells / r.layer->t * r.layer->dim);
    struct plane f = trunk(&r, z);
    struct plane b = shuffle(&r, conv(&r, relu(copy(&r, &f)), "dec.out", 4 * channels, 3, 1), 2);
    b = plus(b, linear(&r, z));
    struct plane big = head(&r, f, &b);
    clamp(&b, r.layer->channels == 4);
    clamp(&big, r.layer->channels == 4);
    if (!r.failed) {
        memcpy(base, b.data, count(&b) * sizeof *base);
        memcpy(full, big.data, count(&big) * sizeof *full);
    }
    free(b.data);
    free(big.data);
    return !r.failed;
}

bool codec_ref_encode(const struct model *m, int layer, const float *picture, float *z)
{
    struct ref r = {m, &m->layers[layer], false};
    const struct model_layer *l = r.layer;
    int channels = l->channels * l->frames, raw = channels * 256, cells = l->y * l->x;
    struct plane x = {(float *)(size_t)picture, channels, l->y * 16, l->x * 16};
    struct plane deep = unshuffle(&r, &x, 16), y = unshuffle(&r, &x, 2);
    const float *basis =
        model_tensor(m, &(struct shape){2, {l->dim, raw}}, NULL, "codec.%s.basis", l->name);
    const float *mean = model_tensor(m, &(struct shape){1, {raw}}, NULL, "codec.%s.mean", l->name);
    const float *sd = model_tensor(m, &(struct shape){1, {l->dim}}, NULL, "codec.%s.sd", l->name);
    r.failed |= !basis || !mean || !sd;
    y = relu(conv(&r, y, "enc.0", l->widths[0], 3, 1));
    y = relu(conv(&r, y, "enc.1", l->widths[1], 4, 2));
    y = relu(conv(&r, y, "enc.2", l->widths[2], 4, 2));
    y = relu(conv(&r, y, "enc.3", l->widths[2], 4, 2));
    y = conv(&r, residual(&r, y, "enc.res.a", "enc.res.b"), "enc.out", l->dim, 1, 1);
    for (int n = 0; !r.failed && n < cells; n++)
        for (int d = 0; d < l->dim; d++) {
            double sum = 0;
            for (int i = 0; i < raw; i++)
                sum += (double)basis[d * raw + i] * (deep.data[i * cells + n] - mean[i]);
            z[n * l->dim + d] = (float)((sum / sd[d] + y.data[d * cells + n]) * sd[d]);
        }
    free(deep.data);
    free(y.data);
    return !r.failed;
}
