/* The encoder: blocks of attention with a bias by distance, each block its own, and a gated feed
 * forward; norms without means. Rows of a text are few, so attention is loops over floats. */
#include "umt5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cpu/rows.h"
#include "../cpu/team.h"
#include "umt5_parts.h"

/* --- Opening --- */

static bool find_sizes(struct umt5 *t, whelk_error *err)
{
    const struct weights_tensor *ffn = weights_find(t->weights, "blocks.0.ffn.fc1.weight"),
                                *places = weights_find(t->weights,
                                                       "blocks.0.pos_embedding.embedding.weight");
    t->table = weights_find(t->weights, "token_embedding.weight");
    while (weights_find(t->weights, "blocks.%d.norm1.weight", t->blocks))
        t->blocks++;
    bool good = t->table && ffn && places && t->table->rank == 2 && ffn->rank == 2 &&
                places->rank == 2 && t->table->type >= 0 && t->table->dim[0] < 1 << 24 &&
                t->table->dim[1] < 1 << 16 && ffn->dim[0] < 1 << 20 &&
                places->dim[0] == UMT5_BUCKETS && places->dim[1] >= 1 &&
                t->table->dim[1] % places->dim[1] == 0 && t->blocks <= UMT5_BLOCKS_MAX;
    if (!good)
        return whelk_fail(err, WHELK_EFAIL, "%s: is no UMT5 encoder", weights_path(t->weights));
    t->vocabulary = (int)t->table->dim[0];
    t->width = (int)t->table->dim[1];
    t->ffn = (int)ffn->dim[0];
    t->heads = (int)places->dim[1];
    return true;
}

static bool open_block(struct umt5 *t, int i, whelk_error *err)
{
    struct weights *w = t->weights;
    struct umt5_block *b = &t->block[i];
    int d = t->width, f = t->ffn;
    bool good = (b->norm1 = weights_floats(w, d, err, "blocks.%d.norm1.weight", i)) &&
                (b->norm2 = weights_floats(w, d, err, "blocks.%d.norm2.weight", i)) &&
                (b->places = weights_floats(w, (long long)UMT5_BUCKETS * t->heads, err,
                                            "blocks.%d.pos_embedding.embedding.weight", i)) &&
                weights_matmul(w, &b->q, d, d, 1, false, err, "blocks.%d.attn.q", i) &&
                weights_matmul(w, &b->k, d, d, 1, false, err, "blocks.%d.attn.k", i) &&
                weights_matmul(w, &b->v, d, d, 1, false, err, "blocks.%d.attn.v", i) &&
                weights_matmul(w, &b->o, d, d, 1, false, err, "blocks.%d.attn.o", i) &&
                weights_matmul(w, &b->gate, f, d, 1, false, err, "blocks.%d.ffn.gate.0", i) &&
                weights_matmul(w, &b->fc1, f, d, 1, false, err, "blocks.%d.ffn.fc1", i) &&
                weights_matmul(w, &b->fc2, d, f, 1, false, err, "blocks.%d.ffn.fc2", i);
    b->gate.act = MATMUL_GELU;
    struct matmul *all[] = {&b->q, &b->k, &b->v, &b->o, &b->gate, &b->fc1, &b->fc2};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        all[k]->bf16 = t->bf16;
    return good;
}

struct umt5 *umt5_open(const char *path, bool bf16, whelk_error *err)
{
    struct umt5 *t = calloc(1, sizeof *t);
    if (!t) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    t->bf16 = bf16;
    bool good = (t->weights = weights_open(path, NAMES_UMT5, err)) && find_sizes(t, err) &&
                (t->norm = weights_floats(t->weights, t->width, err, "norm.weight"));
    for (int i = 0; good && i < t->blocks; i++)
        good = open_block(t, i, err);
    if (!good) {
        umt5_close(t);
        return NULL;
    }
    return t;
}

void umt5_close(struct umt5 *t)
{
    if (!t)
        return;
    weights_close(t->weights);
    free(t);
}

int umt5_width(const struct umt5 *t)
{
    return t->width;
}

bool umt5_in_bf16(const struct umt5 *t)
{
    return t->bf16;
}

int umt5_vocabulary(const struct umt5 *t)
{
    return t->vocabulary;
}

const struct weights *umt5_weights(const struct umt5 *t)
{
    return t->weights;
}

const void *umt5_tokenizer(const struct umt5 *t, size_t *size)
{
    const struct weights_tensor *s = weights_find(t->weights, "spiece_model");
    *size = s ? s->size : 0;
    return s ? s->data : NULL;
}

/* --- Encoding --- */

struct run {
    const struct umt5 *t;
    int count, threads;
    umt5_trace_fn *trace;
    void *ctx;
    float *x, *q, *k, *v; /* [count][width] */
    float *hidden, *wide; /* [count][ffn] */
    char *h, *hh;         /* operands [count][width], [count][ffn] */
    char *panels;         /* one a thread */
    float *scores;        /* [threads][count] */
    size_t panel_bytes;
};

static size_t panel_bytes(const struct umt5 *t)
{
    size_t a = matmul_scratch(&t->block[0].q), b = matmul_scratch(&t->block[0].fc2);
    return ((a > b ? a : b) + 63) / 64 * 64;
}

long long umt5_scratch_bytes(const struct umt5 *t, int tokens, int threads)
{
    long long row = 4LL * 4 * t->width + 2LL * 4 * t->ffn +
                    (long long)matmul_row_bytes(t->bf16, t->width) +
                    (long long)matmul_row_bytes(t->bf16, t->ffn);
    return row * tokens + (long long)threads * ((long long)panel_bytes(t) + 4LL * tokens);
}

static bool take_room(struct run *r, whelk_error *err)
{
    const struct umt5 *t = r->t;
    size_t n = (size_t)r->count, row = n * (size_t)t->width * sizeof(float),
           wide = n * (size_t)t->ffn * sizeof(float);
    r->panel_bytes = panel_bytes(t);
    r->x = malloc(row), r->q = malloc(row), r->k = malloc(row), r->v = malloc(row);
    r->hidden = malloc(wide), r->wide = malloc(wide);
    r->h = malloc(n * matmul_row_bytes(t->bf16, t->width));
    r->hh = malloc(n * matmul_row_bytes(t->bf16, t->ffn));
    r->panels = aligned_alloc(64, r->panel_bytes * (size_t)r->threads);
    r->scores = malloc(n * (size_t)r->threads * sizeof(float));
    return (r->x && r->q && r->k && r->v && r->hidden && r->wide && r->h && r->hh && r->panels &&
            r->scores) ||
           whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes to encode %d tokens",
                      umt5_scratch_bytes(t, r->count, r->threads), r->count);
}

static void give_room(struct run *r)
{
    void *all[] = {r->q, r->k, r->v, r->hidden, r->wide, r->h, r->hh, r->panels, r->scores};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void tell(struct run *r, struct lane *l, int block, const char *name, const float *data)
{
    char full[64];
    if (!r->trace)
        return;
    if (block >= 0)
        snprintf(full, sizeof full, "blocks.%d%s", block, name);
    if (l->number == 0)
        r->trace(r->ctx, block >= 0 ? full : name, data, r->count, r->t->width);
    lane_meet(l);
}

/* Up to three products of the same rows. */
static void products(struct run *r, struct lane *l, const struct matmul *const *m, int count,
                     const void *x, float *const *y, bool add)
{
    int each = matmul_tasks(m[0], r->count);
    for (int i; (i = lane_next(l)) < each * count;) {
        const struct matmul *one = m[i / each];
        struct matmul_job job = {.x = {x},
                                 .x_stride = (long)matmul_row_bytes(one->bf16, one->w.in),
                                 .rows = r->count,
                                 .y = y[i / each],
                                 .y_stride = one->w.n,
                                 .add = add};
        matmul_task(one, &job, i % each, r->panels + (size_t)l->number * r->panel_bytes);
    }
    lane_meet(l);
}

static void norm_rows(struct run *r, struct lane *l, const float *weight, float *out)
{
    const struct umt5 *t = r->t;
    for (int i; (i = lane_next(l)) < r->count;) {
        float *row = out + (long)i * t->width;
        rows_rms(r->x + (long)i * t->width, t->width, 1e-6f, weight, row);
        matmul_put(t->bf16, row, t->width, r->h + i * (long)matmul_row_bytes(t->bf16, t->width));
    }
    lane_meet(l);
}

/* T5's buckets of distance: half of them for keys after the query; near ones exact, far ones by the
 * logarithm up to FAR. */
int umt5_bucket(int distance)
{
    enum { FAR = 128 };
    enum { SIDE = UMT5_BUCKETS / 2, EXACT = SIDE / 2 };
    int far = distance > 0 ? SIDE : 0, n = abs(distance);
    if (n < EXACT)
        return far + n;
    int large = EXACT + (int)(logf((float)n / EXACT) / logf((float)FAR / EXACT) * (SIDE - EXACT));
    return far + (large < SIDE - 1 ? large : SIDE - 1);
}

/* One query of one head: softmax(q k^T + bias) v, without a scale. */
static void attend_one(const struct run *r, const struct umt5_block *b, int query, int head,
                       float *scores)
{
    const struct umt5 *t = r->t;
    int d = t->width / t->heads;
    long at = (long)head * d;
    const float *q = r->q + (long)query * t->width + at;
    float most = -INFINITY, *out = r->hidden + (long)query * t->width + at;
    for (int key = 0; key < r->count; key++) {
        const float *k = r->k + (long)key * t->width + at;
        float s = b->places[umt5_bucket(key - query) * t->heads + head];
        for (int i = 0; i < d; i++)
            s += q[i] * k[i];
        scores[key] = s;
        most = s > most ? s : most;
    }
    float inverse = 1 / rows_exp(scores, r->count, most);
    memset(out, 0, (size_t)d * sizeof *out);
    for (int key = 0; key < r->count; key++) {
        const float *v = r->v + (long)key * t->width + at;
        for (int i = 0; i < d; i++)
            out[i] += scores[key] * v[i];
    }
    for (int i = 0; i < d; i++)
        out[i] *= inverse;
}

static void attend(struct run *r, struct lane *l, int block)
{
    const struct umt5 *t = r->t;
    const struct umt5_block *b = &t->block[block];
    norm_rows(r, l, b->norm1, r->hidden);
    tell(r, l, block, ".norm1", r->hidden);
    products(r, l, (const struct matmul *const[]){&b->q, &b->k, &b->v}, 3, r->h,
             (float *const[]){r->q, r->k, r->v}, false);
    for (int i; (i = lane_next(l)) < r->count * t->heads;)
        attend_one(r, b, i / t->heads, i % t->heads, r->scores + (long)l->number * r->count);
    lane_meet(l);
    for (int i; (i = lane_next(l)) < r->count;)
        matmul_put(t->bf16, r->hidden + (long)i * t->width, t->width,
                   r->h + i * (long)matmul_row_bytes(t->bf16, t->width));
    lane_meet(l);
    products(r, l, (const struct matmul *const[]){&b->o}, 1, r->h, (float *const[]){r->x}, true);
}

static void feed_forward(struct run *r, struct lane *l, int block)
{
    const struct umt5 *t = r->t;
    const struct umt5_block *b = &t->block[block];
    norm_rows(r, l, b->norm2, r->q);
    tell(r, l, block, ".norm2", r->q);
    products(r, l, (const struct matmul *const[]){&b->gate, &b->fc1}, 2, r->h,
             (float *const[]){r->hidden, r->wide}, false);
    for (int i; (i = lane_next(l)) < r->count;) {
        float *a = r->hidden + (long)i * t->ffn, *c = r->wide + (long)i * t->ffn;
        for (int k = 0; k < t->ffn; k++)
            a[k] *= c[k];
        matmul_put(t->bf16, a, t->ffn, r->hh + i * (long)matmul_row_bytes(t->bf16, t->ffn));
    }
    lane_meet(l);
    products(r, l, (const struct matmul *const[]){&b->fc2}, 1, r->hh, (float *const[]){r->x}, true);
    tell(r, l, block, "", r->x);
}

void umt5_release_pages(const struct umt5_block *b)
{
    const struct matmul *all[] = {&b->q, &b->k, &b->v, &b->o, &b->gate, &b->fc1, &b->fc2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        weights_release_pages(all[i]);
}

bool umt5_embed(const struct umt5 *t, const int *ids, int count, float *x, whelk_error *err)
{
    struct weight table = {
        t->table->data, (enum weight_type)t->table->type, t->vocabulary, t->width, 1, 1, NULL};
    bool good = count >= 1 && count <= UMT5_TOKENS_MAX;
    for (int i = 0; good && i < count; i++)
        good = ids[i] >= 0 && ids[i] < t->vocabulary;
    for (int i = 0; good && x && i < count; i++)
        weight_row(&table, ids[i], 0, t->width, x + (long)i * t->width);
    return good || whelk_fail(err, WHELK_EFAIL,
                              "%d tokens cannot be encoded by %s, whose vocabulary is %d; does "
                              "the tokenizer belong to it?",
                              count, weights_path(t->weights), t->vocabulary);
}

static void encode(struct run *r)
{
    const struct umt5 *t = r->t;
    struct team team;
    team_init(&team);
#pragma omp parallel num_threads(r->threads)
    {
        struct lane l = lane_of(&team);
        tell(r, &l, -1, "token_embedding", r->x);
        for (int i = 0; i < t->blocks; i++) {
            attend(r, &l, i);
            feed_forward(r, &l, i);
            if (l.number == 0)
                umt5_release_pages(&t->block[i]);
        }
    }
    for (int i = 0; i < r->count; i++)
        rows_rms(r->x + (long)i * t->width, t->width, 1e-6f, t->norm, r->x + (long)i * t->width);
}

float *umt5_encode_traced(const struct umt5 *t, const int *ids, int count, int threads,
                          umt5_trace_fn *trace, void *ctx, whelk_error *err)
{
    struct run r = {.t = t, .count = count, .threads = threads, .trace = trace, .ctx = ctx};
    bool good = umt5_embed(t, ids, count, NULL, err) && take_room(&r, err) &&
                umt5_embed(t, ids, count, r.x, err);
    if (good) {
        encode(&r);
        for (long i = 0; good && i < (long)count * t->width; i++)
            good = isfinite(r.x[i]) || whelk_fail(err, WHELK_EFAIL,
                                                  "%s: numbers ceased to be numbers: "
                                                  "its weights are damaged",
                                                  weights_path(t->weights));
    }
    give_room(&r);
    if (!good) {
        free(r.x);
        return NULL;
    }
    return r.x;
}

float *umt5_encode(const struct umt5 *t, const int *ids, int count, int threads, whelk_error *err)
{
    return umt5_encode_traced(t, ids, count, threads, NULL, NULL, err);
}
