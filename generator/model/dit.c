/* One pass in 2 * blocks + 3 stages; in a stage the lanes take tiles of tokens. A tile's rows go through all that needs no other row
 * while they are in the nearest cache:
 *
 *     embed      tokens from numbers; the step's modulation beside it
 *     open       normalise, q k v of block 0
 *     look  (i)  attention, its projection, residue, normalise, fc1           needs all keys and values
 *     think (i)  convolution, relu^2, fc2, residue, then q k v of block i + 1  needs the neighbours' fc1
 *     leave      normalise, velocities from tokens */
#include "dit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cpu/attention.h"

enum { FINE = 1, COARSE = 0, TEMB = 128, TILE_MOST = 64 };

struct block {
    struct gemm *qkv, *o, *fc1, *fc2;
    const float *mod_bias;
    float qk_scale;
    float *taps[MODEL_LAYERS_MAX];              /* [18][4 width], NULL for vectors */
};

struct dit {
    const struct model *model;
    struct geometry geometry;
    int threads;
    struct gemm *in[MODEL_LAYERS_MAX][2], *out[MODEL_LAYERS_MAX][2];    /* [layer][level] */
    float *pos[MODEL_LAYERS_MAX][2];            /* projection of the sines plus the learned row */
    const float *held[MODEL_LAYERS_MAX];
    const float *t0, *t0_bias, *t1, *t1_bias, *mod, *mod_bias, *final, *final_bias;
    struct block *block;
    struct attention attention;                 /* for the most tokens: sizes of k and v */
    int widest;                                 /* numbers of the widest token's input */
};

struct dit_work {
    float *h, *q, *att, *k, *v, *u;             /* rows of all tokens */
    float *mod;                                 /* [blocks][6][width] then [2][width]: scales carry the 1 */
    float *time;                                /* temb, hidden, c, 6 width of mod, 2 width of final */
    float **tile;                               /* [threads][..] */
    float **scores;                             /* [threads][..] */
};

/* --- Making ---------------------------------------------------------------------------------------------------- */

static struct gemm *linear(const struct dit *d, int n, int k, bool bias, whelk_error *err, const char *fmt, int i,
                           const char *layer, int level)
{
    char name[96], full[112];
    if (layer)
        snprintf(name, sizeof name, fmt, layer, level);
    else
        snprintf(name, sizeof name, fmt, i);
    snprintf(full, sizeof full, "%s.weight", name);
    const float *w = model_tensor(d->model, &(struct shape){2, {n, k}}, err, "%s", full), *b = NULL;
    snprintf(full, sizeof full, "%s.bias", name);
    if (w && bias && !(b = model_tensor(d->model, &(struct shape){1, {n}}, err, "%s", full)))
        return NULL;
    return w ? gemm_new(w, b, n, k, GEMM_PLAIN, d->threads, err) : NULL;
}

/* The sines of one token's centre, in cells, with the one-hots of layer and level: FORMAT.md 6. */
static void position_features(const struct model *m, int layer, int level, const double centre[3], float *out)
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
        half[0] = (l->quad_t - 1) / 2.0, half[1] = (l->quad_y - 1) / 2.0, half[2] = (l->quad_x - 1) / 2.0;
    centre[0] = cell / (l->x * l->y) + half[0];
    centre[1] = cell / l->x % l->y + half[1];
    centre[2] = cell % l->x + half[2];
}

static bool make_positions(struct dit *d, int layer, int level, whelk_error *err)
{
    const struct model *m = d->model;
    const struct model_layer *l = &m->layers[layer];
    int w = m->width, count = level == FINE ? l->cells : l->quads, features = m->layer_count + 26;
    const float *learned = model_tensor(m, &(struct shape){2, {count, w}}, err, "dit.pos.%s.L%d", l->name, level);
    const float *proj = model_tensor(m, &(struct shape){2, {w, features}}, err, "dit.pos.proj.weight");
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

static bool make_layer(struct dit *d, int i, whelk_error *err)
{
    const struct model_layer *l = &d->model->layers[i];
    int w = d->model->width;
    if (!(d->held[i] = model_tensor(d->model, &(struct shape){1, {w}}, err, "dit.held.%s", l->name)))
        return false;
    for (int level = l->quads ? COARSE : FINE; level <= FINE; level++) {
        int n = level == FINE ? l->dim : l->dim * l->quad_cells;
        d->widest = n > d->widest ? n : d->widest;
        d->in[i][level] = linear(d, w, n, true, err, "dit.in.%s.L%d", 0, l->name, level);
        d->out[i][level] = d->in[i][level] ? linear(d, n, w, true, err, "dit.out.%s.L%d", 0, l->name, level) : NULL;
        if (!d->out[i][level] || !make_positions(d, i, level, err))
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
        const float *kernel = model_tensor(d->model, &(struct shape){4, {c, 1, 3, 3}}, err, "dit.block.%d.conv.%s", i,
                                           layer->name);
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
    b->qkv = linear(d, 3 * w, w, false, err, "dit.block.%d.qkv", i, NULL, 0);
    b->o = b->qkv ? linear(d, w, w, false, err, "dit.block.%d.o", i, NULL, 0) : NULL;
    b->fc1 = b->o ? linear(d, 4 * w, w, true, err, "dit.block.%d.fc1", i, NULL, 0) : NULL;
    b->fc2 = b->fc1 ? linear(d, w, 4 * w, true, err, "dit.block.%d.fc2", i, NULL, 0) : NULL;
    if (!b->fc2)
        return false;
    const float *scale = model_tensor(d->model, &(struct shape){1, {1}}, err, "dit.block.%d.qk_scale", i);
    b->mod_bias = model_tensor(d->model, &(struct shape){2, {6, w}}, err, "dit.block.%d.mod_bias", i);
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
    return d->t0 && d->t0_bias && d->t1 && d->t1_bias && d->mod && d->mod_bias && d->final && d->final_bias;
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
    d->attention = (struct attention){.tokens = most_tokens(m), .heads = m->heads, .head_dim = m->width / m->heads,
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
            gemm_free(d->in[i][level]);
            gemm_free(d->out[i][level]);
            free(d->pos[i][level]);
        }
    for (int i = 0; i < d->model->blocks; i++) {
        struct block *b = &d->block[i];
        gemm_free(b->qkv);
        gemm_free(b->o);
        gemm_free(b->fc1);
        gemm_free(b->fc2);
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
        n += gemm_bytes(d->block[i].qkv) + gemm_bytes(d->block[i].o) + gemm_bytes(d->block[i].fc1) +
             gemm_bytes(d->block[i].fc2);
    return n;
}

/* --- Scratch --------------------------------------------------------------------------------------------------- */

static long tile_floats(const struct dit *d)
{
    long w = d->model->width, wide = d->widest > 4 * w ? d->widest : 4 * w;
    return TILE_MOST * (w + 2 * wide);          /* see split_tile */
}

static long time_floats(int w)
{
    return TEMB + w + w + 6 * w + 2 * w;
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
    return 4 * (rows + lanes + w * (6 * d->model->blocks + 2) + time_floats((int)w));
}

struct dit_work *dit_work_new(const struct dit *d, whelk_error *err)
{
    struct dit_work *w = calloc(1, sizeof *w);
    long n = d->attention.tokens, width = d->model->width;
    bool fine = w && (w->h = floats(n * width)) && (w->q = floats(n * width)) && (w->att = floats(n * width)) &&
                (w->u = floats(n * 4 * width)) && (w->k = floats(attention_keys(&d->attention))) &&
                (w->v = floats(attention_keys(&d->attention))) && (w->mod = floats(width * (6 * d->model->blocks + 2))) &&
                (w->time = floats(time_floats((int)width))) &&
                (w->tile = calloc((size_t)d->threads + 1, sizeof *w->tile)) &&
                (w->scores = calloc((size_t)d->threads + 1, sizeof *w->scores));
    for (int i = 0; fine && i < d->threads; i++)
        fine = (w->tile[i] = floats(tile_floats(d))) && (w->scores[i] = floats(attention_scores(&d->attention)));
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
    float *all[] = {w->h, w->q, w->att, w->k, w->v, w->u, w->mod, w->time};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(w->tile);
    free(w->scores);
    free(w);
}

bool dit_prepare(struct dit *d, const int *fine, whelk_error *err)
{
    const struct model *m = d->model;
    int tokens = m->slot_count + 1;
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        int cells = l->quads ? fine[i] * l->quad_cells : l->cells, coarse = l->quads ? l->quads - fine[i] : 0;
        tokens += cells + coarse;
        if (!gemm_prepare(d->in[i][FINE], cells, err) || !gemm_prepare(d->out[i][FINE], cells, err))
            return false;
        if (coarse && (!gemm_prepare(d->in[i][COARSE], coarse, err) || !gemm_prepare(d->out[i][COARSE], coarse, err)))
            return false;
    }
    for (int i = 0; i < m->blocks; i++) {
        struct block *b = &d->block[i];
        if (!gemm_prepare(b->qkv, tokens, err) || !gemm_prepare(b->o, tokens, err) ||
            !gemm_prepare(b->fc1, tokens, err) || !gemm_prepare(b->fc2, tokens, err))
            return false;
    }
    return true;
}

/* --- A pass ---------------------------------------------------------------------------------------------------- */

/* All that a stage needs to know, the same for every lane. */
struct run {
    const struct dit *d;
    struct dit_work *w;
    const struct dit_pass *p;
    struct attention attention;                 /* for this pass's number of tokens */
    int width, tokens;
};

/* A lane's tile buffer in three parts: a [TILE_MOST][width], b and c [TILE_MOST][widest of input and 4 width]. */
static void split_tile(const struct run *r, int lane, float **a, float **b, float **c)
{
    long wide = r->d->widest > 4 * r->width ? r->d->widest : 4 * r->width;
    *a = r->w->tile[lane];
    *b = *a + TILE_MOST * (long)r->width;
    *c = *b + TILE_MOST * wide;
}

static const float *modulation(const struct run *r, int block, int which)
{
    return r->w->mod + (6L * block + which) * r->width;
}

/* c of FORMAT.md 6, then every block's six vectors, with the 1 of (1 + scale) in them. */
static void modulate(const struct run *r)
{
    const struct dit *d = r->d;
    int w = r->width, blocks = d->model->blocks;
    float *temb = r->w->time, *hidden = temb + TEMB, *c = hidden + w, *mod = c + w, *last = mod + 6 * w;
    for (int k = 0; k < 64; k++) {
        double angle = 100 * r->p->t * exp(-log(1000.0) * k / 64);
        temb[k] = (float)cos(angle);
        temb[64 + k] = (float)sin(angle);
    }
    ops_linear(d->t0, d->t0_bias, temb, w, TEMB, hidden);
    ops_silu(hidden, w);
    ops_linear(d->t1, d->t1_bias, hidden, w, w, c);
    for (int i = 0; i < w; i++)
        c[i] += r->p->cond->pool[i];
    ops_silu(c, w);
    ops_linear(d->mod, d->mod_bias, c, 6 * w, w, mod);
    ops_linear(d->final, d->final_bias, c, 2 * w, w, last);
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < 6 * w; i++)
            r->w->mod[6L * b * w + i] = mod[i] + d->block[b].mod_bias[i] + (i / w % 3 == 0 ? 1 : 0);
    for (int i = 0; i < 2 * w; i++)
        r->w->mod[6L * blocks * w + i] = last[i] + (i < w ? 1 : 0);
}

/* A piece of embedding or leaving: some tokens of one layer at one level. */
struct piece {
    int layer, level, first, rows;              /* within the layer's tokens of that level */
};

static bool find_piece(const struct layout *l, int number, struct piece *out)
{
    for (int i = 0; i < l->model->layer_count; i++)
        for (int level = COARSE; level <= FINE; level++) {
            int rows = level == FINE ? l->layer[i].fine : l->layer[i].coarse, tiles = rows ? gemm_tiles(rows) : 0;
            if (number < tiles) {
                int a = gemm_tile_row(rows, number);
                *out = (struct piece){i, level, a, gemm_tile_row(rows, number + 1) - a};
                return true;
            }
            number -= tiles;
        }
    return false;
}

static int first_token(const struct layout *l, const struct piece *p)
{
    return l->layer[p->layer].start + (p->level == FINE ? 0 : l->layer[p->layer].fine) + p->first;
}

/* Cells of token i of a piece: one, or a quad's. */
static const int *cells_of(const struct dit *d, const struct layout *l, const struct piece *p, int i, int *count)
{
    const struct layout_layer *layer = &l->layer[p->layer];
    *count = p->level == FINE ? 1 : d->model->layers[p->layer].quad_cells;
    if (p->level == FINE)
        return &layer->cells[p->first + i];
    return d->geometry.cells_of_quad[p->layer] + (long)layer->quads[p->first + i] * *count;
}

static void embed_piece(const struct run *r, const struct piece *p, int lane)
{
    const struct layout *l = r->p->layout;
    int dim = r->d->model->layers[p->layer].dim, token = first_token(l, p), w = r->width, count;
    const int *place = p->level == FINE ? l->layer[p->layer].cells : l->layer[p->layer].quads;
    float *a, *x, *c, *to = r->w->h + (long)token * w, *at;
    split_tile(r, lane, &a, &x, &c);
    at = x;
    for (int i = 0; i < p->rows; i++) {
        const int *cells = cells_of(r->d, l, p, i, &count);
        for (int k = 0; k < count; k++, at += dim)
            memcpy(at, r->p->x[p->layer] + (long)cells[k] * dim, (size_t)dim * sizeof(float));
    }
    gemm_tile(r->d->in[p->layer][p->level], x, to, p->rows, lane);
    for (int i = 0; i < p->rows; i++, to += w) {
        const float *pos = r->d->pos[p->layer][p->level] + (long)place[p->first + i] * w;
        for (int j = 0; j < w; j++)
            to[j] += pos[j] + (r->p->held[p->layer] ? r->d->held[p->layer][j] : 0);
    }
}

/* Keys and values beyond the tokens must be numbers, not what an earlier pass with more tokens left: values are read up to the
 * tokens only, keys up to the padded number and then ignored. */
static void stage_embed(const struct run *r, struct lane *lane)
{
    const struct layout *l = r->p->layout;
    struct piece piece;
    for (int i; (i = lane_next(lane)), true;) {
        if (i == 0)
            modulate(r);
        else if (i == 1)
            memcpy(r->w->h + (long)l->image_tokens * r->width, r->p->cond->tokens,
                   (size_t)(l->tokens - l->image_tokens) * (size_t)r->width * sizeof(float));
        else if (find_piece(l, i - 2, &piece))
            embed_piece(r, &piece, lane->number);
        else
            break;
    }
    lane_meet(lane);
}

/* Rows [a, a + rows) of h to q, and to keys and values where attention looks for them. */
static void open_rows(const struct run *r, int block, int first, int rows, int lane)
{
    const struct block *b = &r->d->block[block];
    int w = r->width, heads = r->d->model->heads, dim = w / heads;
    float *y, *qkv, *c;
    split_tile(r, lane, &y, &qkv, &c);
    ops_norm(r->w->h + (long)first * w, modulation(r, block, 0), modulation(r, block, 1), rows, w, y);
    gemm_tile(b->qkv, y, qkv, rows, lane);
    for (int i = 0; i < rows; i++) {
        float *row = qkv + 3L * w * i;
        ops_normalise(row, heads, dim, b->qk_scale * ATTENTION_LOG2E);
        ops_normalise(row + w, heads, dim, b->qk_scale);
        memcpy(r->w->q + (long)(first + i) * w, row, (size_t)w * sizeof(float));
        attention_put(&r->attention, first + i, row + w, row + 2 * w, r->w->k, r->w->v);
    }
}

static void look_rows(const struct run *r, int block, int first, int rows, int lane)
{
    const struct block *b = &r->d->block[block];
    int w = r->width;
    float *y, *o, *c, *h = r->w->h + (long)first * w;
    split_tile(r, lane, &y, &o, &c);
    for (int head = 0; head < r->attention.heads; head++)
        attention_rows(&r->attention, r->w->q, r->w->k, r->w->v, first, rows, head, r->w->scores[lane], r->w->att);
    gemm_tile(b->o, r->w->att + (long)first * w, o, rows, lane);
    ops_gate(h, o, modulation(r, block, 2), rows, w);
    ops_norm(h, modulation(r, block, 3), modulation(r, block, 4), rows, w, y);
    gemm_tile(b->fc1, y, r->w->u + 4L * first * w, rows, lane);
}

/* relu(conv(u))^2 of rows [first, last): grids by their taps, other tokens alone. */
static void convolve_rows(const struct run *r, const struct block *b, int first, int last, float *out)
{
    const struct layout *l = r->p->layout;
    int c = 4 * r->width;
    for (int i = 0; i < r->d->model->layer_count; i++) {
        int from = l->layer[i].start, to = from + l->layer[i].fine + l->layer[i].coarse;
        from = from > first ? from : first;
        to = to < last ? to : last;
        if (b->taps[i] && from < to)
            ops_conv_relu2(r->w->u, l->taps, l->tap_start + from, to - from, b->taps[i], c, out + (long)(from - first) * c);
        else if (from < to) {
            memcpy(out + (long)(from - first) * c, r->w->u + (long)from * c, (size_t)(to - from) * (size_t)c * sizeof(float));
            ops_relu2(out + (long)(from - first) * c, (to - from) * c);
        }
    }
    int from = l->image_tokens > first ? l->image_tokens : first;
    if (from < last) {
        memcpy(out + (long)(from - first) * c, r->w->u + (long)from * c, (size_t)(last - from) * (size_t)c * sizeof(float));
        ops_relu2(out + (long)(from - first) * c, (last - from) * c);
    }
}

static void think_rows(const struct run *r, int block, int first, int rows, int lane)
{
    const struct block *b = &r->d->block[block];
    float *y, *conv, *c;
    split_tile(r, lane, &y, &conv, &c);
    convolve_rows(r, b, first, first + rows, conv);
    gemm_tile(b->fc2, conv, y, rows, lane);
    ops_gate(r->w->h + (long)first * r->width, y, modulation(r, block, 5), rows, r->width);
    if (block + 1 < r->d->model->blocks)
        open_rows(r, block + 1, first, rows, lane);
}

static void stage_rows(const struct run *r, int block, struct lane *lane,
                       void (*rows)(const struct run *, int, int, int, int))
{
    int tiles = gemm_tiles(r->tokens);
    for (int i; (i = lane_next(lane)) < tiles;) {
        int a = gemm_tile_row(r->tokens, i);
        rows(r, block, a, gemm_tile_row(r->tokens, i + 1) - a, lane->number);
    }
    lane_meet(lane);
}

static void leave_piece(const struct run *r, const struct piece *p, int lane)
{
    const struct layout *l = r->p->layout;
    int dim = r->d->model->layers[p->layer].dim, blocks = r->d->model->blocks, count;
    float *y, *out, *c;
    split_tile(r, lane, &y, &out, &c);
    ops_norm(r->w->h + (long)first_token(l, p) * r->width, modulation(r, blocks, 0), modulation(r, blocks, 1), p->rows,
             r->width, y);
    gemm_tile(r->d->out[p->layer][p->level], y, out, p->rows, lane);
    for (int i = 0; i < p->rows; i++) {
        const int *cells = cells_of(r->d, l, p, i, &count);
        for (int k = 0; k < count; k++, out += dim)
            memcpy(r->p->v[p->layer] + (long)cells[k] * dim, out, (size_t)dim * sizeof(float));
    }
}

static void stage_leave(const struct run *r, struct lane *lane)
{
    struct piece piece;
    while (find_piece(r->p->layout, lane_next(lane), &piece))
        leave_piece(r, &piece, lane->number);
    lane_meet(lane);
}

void dit_pass(const struct dit *d, struct dit_work *w, const struct dit_pass *p, struct lane *lane)
{
    struct run r = {.d = d, .w = w, .p = p, .attention = d->attention, .width = d->model->width,
                    .tokens = p->layout->tokens};
    r.attention.tokens = r.tokens;
    attention_layout(&r.attention);
    stage_embed(&r, lane);
    stage_rows(&r, 0, lane, open_rows);
    for (int i = 0; i < d->model->blocks; i++) {
        if (lane->number == 0 && p->go_on && !p->go_on(p->ctx, (double)i / d->model->blocks))
            team_stop(lane);
        stage_rows(&r, i, lane, look_rows);
        if (lane_stopped(lane))
            return;
        stage_rows(&r, i, lane, think_rows);
    }
    stage_leave(&r, lane);
}

/* --- Costs ----------------------------------------------------------------------------------------------------- */

/* The mean number of a 3x3 kernel's taps inside a grid, over its places. */
static double taps_each(int y, int x)
{
    return (3.0 * y - 2) * (3.0 * x - 2) / ((double)y * x);
}

void dit_costs(const struct model *m, struct ncr_model *out)
{
    double w = m->width;
    *out = (struct ncr_model){.layers = m->layer_count, .extra = m->slot_count + 1,
                              .per_token = m->blocks * 2 * (3 + 1 + 4 + 4) * w * w, .per_pair = m->blocks * 4 * w,
                              .fixed = 2 * (TEMB + w + 8 * w) * w, .coarse_above = m->ncr.coarse_above,
                              .mixed_above = m->ncr.mixed_above};
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        double tap = l->grid ? m->blocks * 2 * 4 * w : 0;
        out->cells[i] = l->cells;
        out->quads[i] = l->quads;
        out->quad_cells[i] = l->quad_cells;
        out->weight[i] = m->ncr.weight[i];
        out->per_fine[i] = 4 * w * l->dim + tap * taps_each(l->y, l->x);
        out->per_coarse[i] = 4 * w * l->dim * l->quad_cells +
                             (l->quads ? tap * taps_each(l->y / l->quad_y, l->x / l->quad_x) : 0);
    }
}

double dit_flops(const struct model *m, const struct layout *l)
{
    double n = l->tokens, w = m->width, flops = 2 * (TEMB + w + 8 * w) * w;
    flops += m->blocks * (2 * (3 + 1 + 4 + 4) * w * w * n + 4 * w * n * n + 2 * 4 * w * (double)l->tap_count);
    for (int i = 0; i < m->layer_count; i++)
        flops += 4 * w * m->layers[i].dim * (l->layer[i].fine + (double)l->layer[i].coarse * m->layers[i].quad_cells);
    return flops;
}
