/* Building the transformer from a model's tensors, its scratch, its primitives, and what it costs.
 */
#include "dit_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goes_on.h"

/* --- Making --- */

static bool linear(const struct dit *d, struct linear *out, int n, int k, bool bias,
                   whelk_error *err, const char *fmt, int i, const char *layer, int level)
{
    char name[96], full[112];
    if (layer)
        snprintf(name, sizeof name, fmt, layer, level);
    else
        snprintf(name, sizeof name, fmt, i);
    *out = (struct linear){.n = n, .k = k};
    snprintf(full, sizeof full, "%s.weight", name);
    if (!(out->w = model_tensor(d->model, &(struct shape){2, {n, k}}, err, "%s", full)))
        return false;
    snprintf(full, sizeof full, "%s.bias", name);
    if (bias && !(out->bias = model_tensor(d->model, &(struct shape){1, {n}}, err, "%s", full)))
        return false;
    return (out->gemm = gemm_new(out->w, out->bias, n, k, GEMM_PLAIN, d->threads, err));
}

/* The sines of one token's centre, in cells, with the one-hots of layer and level: FORMAT.md 6. */
static void position_features(const struct model *m, int layer, int level, const double centre[3],
                              float *out)
{
    static const double W[4] = {0.4, 0.8, 1.6, 3.1};
    int n = 0;
    for (int w = 0; w < 4; w++)
        for (int p = 0; p < 2; p++)
            for (int c = 0; c < 3; c++)
                out[n++] = (float)sin(centre[c] * W[w] + p * 1.5707963267948966);
    for (int i = 0; i < m->layer_count; i++)
        out[n++] = i == layer;
    out[n++] = level == COARSE;
    out[n] = level == FINE;
}

static void centre_of(const struct dit *d, int layer, int level, int i, double centre[3])
{
    const struct model_layer *l = &d->model->layers[layer];
    int cell = level == FINE ? i : d->geometry.cells_of_quad[layer][i * l->quad_cells];
    double half[3] = {0, 0, 0};
    if (level == COARSE)
        half[0] = (l->quad_t - 1) / 2.0, half[1] = (l->quad_y - 1) / 2.0,
        half[2] = (l->quad_x - 1) / 2.0;
    centre[0] = cell / (l->x * l->y) + half[0];
    centre[1] = cell / l->x % l->y + half[1];
    centre[2] = cell % l->x + half[2];
}

static bool make_positions(struct dit *d, int layer, int level, whelk_error *err)
{
    const struct model *m = d->model;
    const struct model_layer *l = &m->layers[layer];
    int w = m->width, count = level == FINE ? l->cells : l->quads, features = m->layer_count + 26;
    const float *learned =
        model_tensor(m, &(struct shape){2, {count, w}}, err, "dit.pos.%s.L%d", l->name, level);
    const float *proj =
        model_tensor(m, &(struct shape){2, {w, features}}, err, "dit.pos.proj.weight");
    const float *bias = model_tensor(m, &(struct shape){1, {w}}, err, "dit.pos.proj.bias");
    if (!learned || !proj || !bias)
        return false;
    float *pos = d->pos[layer][level] = malloc((size_t)count * (size_t)w * sizeof(float));
    if (!pos)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    for (int i = 0; i < count; i++) {
        float f[MODEL_LAYERS_MAX + 26];
        double centre[3];
        centre_of(d, layer, level, i, centre);
        position_features(m, layer, level, centre, f);
        ops_linear(proj, bias, f, w, features, pos + (long)i * w);
        for (int j = 0; j < w; j++)
            pos[(long)i * w + j] += learned[(long)i * w + j];
    }
    return true;
}

static bool make_start(struct dit *d, int i, whelk_error *err)
{
    const struct model *m = d->model;
    const struct model_layer *l = &m->layers[i];
    struct shape weight = {2, {m->width, model_start_numbers(m, l)}}, bias = {1, {m->width}};
    if (m->goes_on.slot < 0 || l->grid)
        return true;
    d->start[i] = model_tensor(m, &weight, err, "dit.start.%s.weight", l->name);
    d->start_bias[i] = model_tensor(m, &bias, err, "dit.start.%s.bias", l->name);
    return d->start[i] && d->start_bias[i];
}

static bool make_layer(struct dit *d, int i, whelk_error *err)
{
    const struct model_layer *l = &d->model->layers[i];
    int w = d->model->width;
    d->held[i] = model_tensor(d->model, &(struct shape){1, {w}}, err, "dit.held.%s", l->name);
    d->var[i] = d->held[i] ? model_tensor(d->model, &(struct shape){1, {l->dim}}, err, "dit.var.%s",
                                          l->name)
                           : NULL;
    if (!d->var[i] || !make_start(d, i, err))
        return false;
    for (int level = l->quads ? COARSE : FINE; level <= FINE; level++) {
        int n = level == FINE ? l->dim : l->dim * l->quad_cells;
        d->widest = n > d->widest ? n : d->widest;
        if (!linear(d, &d->in[i][level], w, n, true, err, "dit.in.%s.L%d", 0, l->name, level) ||
            !linear(d, &d->out[i][level], n, w, true, err, "dit.out.%s.L%d", 0, l->name, level) ||
            !make_positions(d, i, level, err))
            return false;
    }
    return true;
}

static bool make_taps(struct dit *d, struct block *b, int i, whelk_error *err)
{
    int c = 4 * d->model->width;
    for (int l = 0; l < d->model->layer_count; l++) {
        const struct model_layer *layer = &d->model->layers[l];
        if (!layer->grid)
            continue;
        const float *kernel = model_tensor(d->model, &(struct shape){4, {c, 1, 3, 3}}, err,
                                           "dit.block.%d.conv.%s", i, layer->name);
        if (!kernel)
            return false;
        if (!(b->taps[l] = malloc(18 * (size_t)c * sizeof(float))))
            return whelk_fail(err, WHELK_EFAIL, "no memory");
        layout_fold(layer, kernel, c, b->taps[l]);
    }
    return true;
}

static bool make_block(struct dit *d, int i, whelk_error *err)
{
    struct block *b = &d->block[i];
    int w = d->model->width;
    if (!linear(d, &b->qkv, 3 * w, w, false, err, "dit.block.%d.qkv", i, NULL, 0) ||
        !linear(d, &b->o, w, w, false, err, "dit.block.%d.o", i, NULL, 0) ||
        !linear(d, &b->fc1, 4 * w, w, true, err, "dit.block.%d.fc1", i, NULL, 0) ||
        !linear(d, &b->fc2, w, 4 * w, true, err, "dit.block.%d.fc2", i, NULL, 0))
        return false;
    const float *scale =
        model_tensor(d->model, &(struct shape){1, {1}}, err, "dit.block.%d.qk_scale", i);
    b->mod_bias =
        model_tensor(d->model, &(struct shape){2, {6, w}}, err, "dit.block.%d.mod_bias", i);
    if (!scale || !b->mod_bias)
        return false;
    b->qk_scale = *scale;
    return make_taps(d, b, i, err);
}

static bool make_time(struct dit *d, whelk_error *err)
{
    const struct model *m = d->model;
    int w = m->width;
    d->t0 = model_tensor(m, &(struct shape){2, {w, TEMB}}, err, "dit.t.0.weight");
    d->t0_bias = model_tensor(m, &(struct shape){1, {w}}, err, "dit.t.0.bias");
    d->t1 = model_tensor(m, &(struct shape){2, {w, w}}, err, "dit.t.1.weight");
    d->t1_bias = model_tensor(m, &(struct shape){1, {w}}, err, "dit.t.1.bias");
    d->mod = model_tensor(m, &(struct shape){2, {6 * w, w}}, err, "dit.mod.weight");
    d->mod_bias = model_tensor(m, &(struct shape){1, {6 * w}}, err, "dit.mod.bias");
    d->final = model_tensor(m, &(struct shape){2, {2 * w, w}}, err, "dit.final.weight");
    d->final_bias = model_tensor(m, &(struct shape){1, {2 * w}}, err, "dit.final.bias");
    return d->t0 && d->t0_bias && d->t1 && d->t1_bias && d->mod && d->mod_bias && d->final &&
           d->final_bias;
}

static int most_tokens(const struct model *m)
{
    int n = m->slot_count + 1;
    for (int i = 0; i < m->layer_count; i++)
        n += m->layers[i].cells;
    return n;
}

static bool make(struct dit *d, whelk_error *err)
{
    const struct model *m = d->model;
    d->attention = (struct attention){.tokens = most_tokens(m),
                                      .heads = m->heads,
                                      .head_dim = m->width / m->heads,
                                      .wide = attention_has_avx512()};
    attention_layout(&d->attention);
    if (!geometry_init(&d->geometry, m, err) || !make_time(d, err))
        return false;
    for (int i = 0; i < m->layer_count; i++)
        if (!make_layer(d, i, err))
            return false;
    for (int i = 0; i < m->blocks; i++)
        if (!make_block(d, i, err))
            return false;
    return true;
}

struct dit *dit_new(const struct model *m, int threads, whelk_error *err)
{
    struct dit *d = calloc(1, sizeof *d);
    if (d)
        d->block = calloc((size_t)m->blocks, sizeof *d->block);
    if (!d || !d->block) {
        whelk_fail(err, WHELK_EFAIL, "no memory");
        free(d);
        return NULL;
    }
    d->model = m;
    d->threads = threads;
    if (make(d, err))
        return d;
    dit_free(d);
    return NULL;
}

void dit_free(struct dit *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->model->layer_count; i++)
        for (int level = 0; level < 2; level++) {
            gemm_free(d->in[i][level].gemm);
            gemm_free(d->out[i][level].gemm);
            free(d->pos[i][level]);
        }
    for (int i = 0; i < d->model->blocks; i++) {
        struct block *b = &d->block[i];
        gemm_free(b->qkv.gemm);
        gemm_free(b->o.gemm);
        gemm_free(b->fc1.gemm);
        gemm_free(b->fc2.gemm);
        for (int l = 0; l < MODEL_LAYERS_MAX; l++)
            free(b->taps[l]);
    }
    geometry_release(&d->geometry);
    free(d->block);
    free(d);
}

long long dit_bytes(const struct dit *d)
{
    long long n = 0;
    for (int i = 0; i < d->model->blocks; i++)
        n += gemm_bytes(d->block[i].qkv.gemm) + gemm_bytes(d->block[i].o.gemm) +
             gemm_bytes(d->block[i].fc1.gemm) + gemm_bytes(d->block[i].fc2.gemm);
    return n;
}

/* --- Scratch --- */

static long tile_floats(const struct dit *d)
{
    long w = d->model->width, wide = d->widest > 4 * w ? d->widest : 4 * w;
    return TILE_MOST * (w + 2 * wide); /* see split_tile */
}

static void *floats(long count)
{
    return aligned_alloc(64, ((size_t)count * sizeof(float) + 63) / 64 * 64);
}

long long dit_work_bytes(const struct dit *d)
{
    long long n = d->attention.tokens, w = d->model->width;
    long long rows = n * w * (1 + 1 + 1 + 4) + 2 * attention_keys(&d->attention);
    long long lanes = d->threads * (tile_floats(d) + attention_scores(&d->attention));
    return 4 * (rows + lanes + dit_moment_floats(d));
}

struct dit_work *dit_work_new(const struct dit *d, whelk_error *err)
{
    struct dit_work *w = calloc(1, sizeof *w);
    long n = d->attention.tokens, width = d->model->width;
    bool fine = w && (w->h = floats(n * width)) && (w->q = floats(n * width)) &&
                (w->att = floats(n * width)) && (w->u = floats(n * 4 * width)) &&
                (w->k = floats(attention_keys(&d->attention))) &&
                (w->v = floats(attention_keys(&d->attention))) && dit_moment_init(&w->moment, d) &&
                (w->tile = calloc((size_t)d->threads + 1, sizeof *w->tile)) &&
                (w->scores = calloc((size_t)d->threads + 1, sizeof *w->scores));
    for (int i = 0; fine && i < d->threads; i++)
        fine = (w->tile[i] = floats(tile_floats(d))) &&
               (w->scores[i] = floats(attention_scores(&d->attention)));
    if (!fine) {
        whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes of scratch", dit_work_bytes(d));
        dit_work_free(w);
        return NULL;
    }
    memset(w->k, 0, (size_t)attention_keys(&d->attention) * sizeof(float));
    memset(w->v, 0, (size_t)attention_keys(&d->attention) * sizeof(float));
    return w;
}

void dit_work_free(struct dit_work *w)
{
    if (!w)
        return;
    for (int i = 0; w->tile && w->tile[i]; i++)
        free(w->tile[i]);
    for (int i = 0; w->scores && w->scores[i]; i++)
        free(w->scores[i]);
    float *all[] = {w->h, w->q, w->att, w->k, w->v, w->u};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    dit_moment_release(&w->moment);
    free(w->tile);
    free(w->scores);
    free(w);
}

bool dit_prepare(struct dit *d, const struct ncr_step *step, whelk_error *err)
{
    const struct model *m = d->model;
    int tokens = m->slot_count + 1;
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        int cells = step->cells[i], coarse = l->quads ? l->quads - step->fine[i] : 0;
        tokens += cells + coarse;
        if (!gemm_prepare(d->in[i][FINE].gemm, cells, err) ||
            !gemm_prepare(d->out[i][FINE].gemm, cells, err))
            return false;
        if (coarse && (!gemm_prepare(d->in[i][COARSE].gemm, coarse, err) ||
                       !gemm_prepare(d->out[i][COARSE].gemm, coarse, err)))
            return false;
    }
    for (int i = 0; i < m->blocks; i++) {
        struct block *b = &d->block[i];
        if (!gemm_prepare(b->qkv.gemm, tokens, err) || !gemm_prepare(b->o.gemm, tokens, err) ||
            !gemm_prepare(b->fc1.gemm, tokens, err) || !gemm_prepare(b->fc2.gemm, tokens, err))
            return false;
    }
    return true;
}

/* --- Costs --- */

/* The mean number of a 3x3 kernel's taps inside a grid, over its places. */
static double taps_each(int y, int x)
{
    return (3.0 * y - 2) * (3.0 * x - 2) / ((double)y * x);
}

void dit_costs(const struct model *m, struct ncr_model *out)
{
    double w = m->width;
    *out = (struct ncr_model){.layers = m->layer_count,
                              .extra = m->slot_count + 1,
                              .per_token = m->blocks * 2 * (3 + 1 + 4 + 4) * w * w,
                              .per_pair = m->blocks * 4 * w,
                              .fixed = 2 * (TEMB + w + 8 * w) * w,
                              .coarse_above = m->ncr.coarse_above,
                              .mixed_above = m->ncr.mixed_above,
                              .least_filled = m->ncr.least_filled};
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        double tap = l->grid ? m->blocks * 2 * 4 * w : 0;
        out->cells[i] = l->cells;
        out->quads[i] = l->quads;
        out->quad_cells[i] = l->quad_cells;
        out->weight[i] = m->ncr.weight[i];
        out->matte[i] = model_layer_has_matte(l);
        out->per_fine[i] = 4 * w * l->dim + tap * taps_each(l->y, l->x);
        out->per_coarse[i] = 4 * w * l->dim * l->quad_cells +
                             (l->quads ? tap * taps_each(l->y / l->quad_y, l->x / l->quad_x) : 0);
    }
}

double dit_flops(const struct model *m, const struct layout *l)
{
    double n = l->tokens, w = m->width, flops = 2 * (TEMB + w + 8 * w) * w;
    flops += m->blocks *
             (2 * (3 + 1 + 4 + 4) * w * w * n + 4 * w * n * n + 2 * 4 * w * (double)l->tap_count);
    for (int i = 0; i < m->layer_count; i++)
        flops += 4 * w * m->layers[i].dim *
                 (l->layer[i].fine + (double)l->layer[i].coarse * m->layers[i].quad_cells);
    return flops;
}
