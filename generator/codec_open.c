/* The codecs' weights put into oneDNN's convolutions. */
#include "codec_in.h"

#include <stdlib.h>
#include <string.h>

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
