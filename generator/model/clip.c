/* The encoder: patches, a row for the whole, places added, and all blocks but the last, each
 * attention and a feed forward between norms. Rows are few, so products take them all at once. */
#include "clip.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cpu/attention.h"
#include "../cpu/rows.h"
#include "../cpu/team.h"
#include "clip_parts.h"

enum { TILE = ATTENTION_ROWS };

/* --- Opening ---------------------------------------------------------------------------------- */

static bool find_sizes(struct clip *c, whelk_error *err)
{
    const struct weights_tensor *patch = weights_find(c->weights, "patch_embedding.weight"),
                                *places = weights_find(c->weights, "pos_embedding"),
                                *mlp = weights_find(c->weights, "transformer.0.mlp.0.weight");
    int blocks = 0;
    while (weights_find(c->weights, "transformer.%d.norm1.weight", blocks))
        blocks++;
    bool good = patch && places && mlp && patch->rank == 4 && patch->dim[1] == 3 &&
                patch->dim[2] == patch->dim[3] && patch->dim[2] >= 1 && patch->dim[2] <= 64 &&
                patch->dim[0] >= 16 && patch->dim[0] <= 1 << 14 && mlp->rank == 2 &&
                mlp->dim[0] >= 1 && mlp->dim[0] <= 1 << 16 && blocks >= 2 &&
                blocks <= CLIP_BLOCKS_MAX && places->count % patch->dim[0] == 0 &&
                places->count / patch->dim[0] <= 4097;
    if (good) {
        c->width = (int)patch->dim[0];
        c->patch = (int)patch->dim[2];
        c->mlp = (int)mlp->dim[0];
        c->blocks = blocks - 1;
        c->tokens = (int)(places->count / c->width);
        c->across = (int)lround(sqrt(c->tokens - 1));
        good = c->across >= 1 && c->across * c->across == c->tokens - 1;
    }
    return good || whelk_fail(err, WHELK_EFAIL, "%s: is no image encoder of CLIP",
                              weights_path(c->weights));
}

/* Heads are of 80 numbers in ViT-H; other encoders carry their number in a tensor's shape nowhere,
 * and so are told by a tensor of ours, "heads". */
static bool find_heads(struct clip *c, whelk_error *err)
{
    const struct weights_tensor *heads = weights_find(c->weights, "heads");
    c->heads = heads ? (int)heads->count : c->width % 80 == 0 ? c->width / 80 : 0;
    return (c->heads >= 1 && c->width % c->heads == 0) ||
           whelk_fail(err, WHELK_EFAIL,
                      "%s: rows of %d numbers are not those of ViT-H/14, the image encoder of Wan",
                      weights_path(c->weights), c->width);
}

static bool open_block(struct clip *c, int i, whelk_error *err)
{
    static const char *const names[] = {"q", "k", "v"};
    struct weights *w = c->weights;
    struct clip_block *b = &c->block[i];
    int d = c->width;
    bool good = (b->norm1 = weights_floats(w, d, err, "transformer.%d.norm1.weight", i)) &&
                (b->norm1_bias = weights_floats(w, d, err, "transformer.%d.norm1.bias", i)) &&
                (b->norm2 = weights_floats(w, d, err, "transformer.%d.norm2.weight", i)) &&
                (b->norm2_bias = weights_floats(w, d, err, "transformer.%d.norm2.bias", i)) &&
                weights_matmul(w, &b->proj, d, d, 1, true, err, "transformer.%d.attn.proj", i) &&
                weights_matmul(w, &b->fc1, c->mlp, d, 1, true, err, "transformer.%d.mlp.0", i) &&
                weights_matmul(w, &b->fc2, d, c->mlp, 1, true, err, "transformer.%d.mlp.2", i);
    if (good && c->parts == 1)
        good =
            weights_matmul(w, &b->qkv[0], 3 * d, d, 1, true, err, "transformer.%d.attn.to_qkv", i);
    for (int p = 0; good && c->parts == 3 && p < 3; p++)
        good = weights_matmul(w, &b->qkv[p], d, d, 1, true, err, "transformer.%d.attn.%s", i,
                              names[p]);
    struct matmul *all[] = {&b->qkv[0], &b->qkv[1], &b->qkv[2], &b->proj, &b->fc1, &b->fc2};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        all[k]->bf16 = c->bf16;
    return good;
}

static bool open_ends(struct clip *c, whelk_error *err)
{
    struct weights *w = c->weights;
    int d = c->width, taps = c->patch * c->patch;
    c->parts = weights_find(w, "transformer.0.attn.to_qkv.weight") ? 1 : 3;
    bool good = weights_matmul(w, &c->embed, d, 3, taps, false, err, "patch_embedding") &&
                (c->whole = weights_floats(w, d, err, "cls_embedding")) &&
                (c->places = weights_floats(w, (long long)c->tokens * d, err, "pos_embedding")) &&
                (c->pre = weights_floats(w, d, err, "pre_norm.weight")) &&
                (c->pre_bias = weights_floats(w, d, err, "pre_norm.bias"));
    /* a patch is one row of its three planes, which is how its weights lie */
    c->embed.w.in *= taps;
    c->embed.w.taps = 1;
    return good;
}

struct clip *clip_open(const char *path, bool bf16, whelk_error *err)
{
    struct clip *c = calloc(1, sizeof *c);
    if (!c) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    c->bf16 = bf16;
    bool good = (c->weights = weights_open(path, NAMES_CLIP, err)) && find_sizes(c, err) &&
                find_heads(c, err) && open_ends(c, err);
    for (int i = 0; good && i < c->blocks; i++)
        good = open_block(c, i, err);
    if (!good) {
        clip_close(c);
        return NULL;
    }
    return c;
}

void clip_close(struct clip *c)
{
    if (!c)
        return;
    weights_close(c->weights);
    free(c);
}

int clip_width(const struct clip *c)
{
    return c->width;
}

int clip_tokens(const struct clip *c)
{
    return c->tokens;
}

const struct weights *clip_weights(const struct clip *c)
{
    return c->weights;
}

/* --- The picture ------------------------------------------------------------------------------ */

static double cubic(double x)
{
    const double a = -0.75;
    x = fabs(x);
    return x <= 1  ? ((a + 2) * x - (a + 3)) * x * x + 1
           : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
                   : 0;
}

static int within(int i, int n)
{
    return i < 0 ? 0 : i < n ? i : n - 1;
}

/* Pixel (y, x) of the plane on side x side, by the cubic of four by four neighbours that PyTorch
 * interpolates with (a = -0.75, edges repeated, nothing averaged where it gets smaller). */
static float sample(const float *plane, int height, int width, int side, int y, int x)
{
    double down = (y + 0.5) * height / side - 0.5, across = (x + 0.5) * width / side - 0.5, sum = 0;
    int top = (int)floor(down), left = (int)floor(across);
    for (int r = -1; r <= 2; r++) {
        const float *row = plane + (long)within(top + r, height) * width;
        double line = 0;
        for (int c = -1; c <= 2; c++)
            line += cubic(across - (left + c)) * row[within(left + c, width)];
        sum += cubic(down - (top + r)) * line;
    }
    return (float)sum;
}

/* --- Encoding --------------------------------------------------------------------------------- */

struct run {
    const struct clip *c;
    const float *rgb;
    int height, picture_width, threads;
    clip_trace_fn *trace;
    void *ctx;
    float *x, *qkv, *made; /* [tokens][width], [tokens][3 width], [tokens][width] */
    float *hidden;         /* [tokens][mlp]; at first patches, [tokens - 1][3 patch^2] */
    char *h, *hh;          /* operands [tokens][width], [tokens][mlp] or patches */
    char *panels;
    float *scores, *k, *v;
    struct attention a;
    size_t panel_bytes;
};

static int widest(const struct clip *c)
{
    int patch = 3 * c->patch * c->patch;
    int most = patch > c->mlp ? patch : c->mlp;
    return most > c->width ? most : c->width;
}

static size_t panel_bytes(const struct clip *c)
{
    const struct matmul *all[] = {&c->embed, &c->block[0].qkv[0], &c->block[0].fc1,
                                  &c->block[0].fc2};
    size_t most = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t need = matmul_scratch(all[i]);
        most = need > most ? need : most;
    }
    return (most + 63) / 64 * 64;
}

static struct attention attention_of(const struct clip *c)
{
    struct attention a = {.tokens = c->tokens, .heads = c->heads, .head_dim = c->width / c->heads};
    a.wide = attention_has_avx512();
    attention_layout(&a);
    return a;
}

/* Rows of operands are wide enough for either kind. */
static size_t operand_bytes(int in)
{
    size_t narrow = matmul_row_bytes(true, in), wide = matmul_row_bytes(false, in);
    return wide > narrow ? wide : narrow;
}

/* Floats that the run's arrays take, each with a line to spare, rounded to lines. */
static size_t room_of(const struct clip *c, int threads, size_t part[9])
{
    struct attention a = attention_of(c);
    size_t n = (size_t)c->tokens, w = (size_t)c->width, sum = 0;
    size_t scores = (size_t)attention_scores(&a) + 2 * (size_t)a.padded_dim + 16;
    const size_t bytes[9] = {n * 3 * w * sizeof(float),
                             n * w * sizeof(float),
                             n * (size_t)widest(c) * sizeof(float),
                             n * operand_bytes(c->width),
                             n * operand_bytes(widest(c)),
                             panel_bytes(c) * (size_t)threads,
                             ((scores + 15) / 16 * 16) * sizeof(float) * (size_t)threads,
                             (size_t)attention_keys(&a) * sizeof(float),
                             (size_t)attention_keys(&a) * sizeof(float)};
    for (int i = 0; i < 9; i++) {
        part[i] = sum;
        sum += (bytes[i] + 127) / 64 * 64;
    }
    return sum;
}

long long clip_bytes(const struct clip *c, int threads)
{
    size_t part[9];
    return (long long)room_of(c, threads, part) +
           (long long)c->tokens * c->width * (long long)sizeof(float);
}

static void place(struct run *r, char *memory, const size_t part[9])
{
    r->qkv = (float *)(void *)(memory + part[0]);
    r->made = (float *)(void *)(memory + part[1]);
    r->hidden = (float *)(void *)(memory + part[2]);
    r->h = memory + part[3];
    r->hh = memory + part[4];
    r->panels = memory + part[5];
    r->scores = (float *)(void *)(memory + part[6]);
    r->k = (float *)(void *)(memory + part[7]);
    r->v = (float *)(void *)(memory + part[8]);
    r->a = attention_of(r->c);
    r->panel_bytes = panel_bytes(r->c);
}

static void tell(struct run *r, struct lane *l, const char *name, int block)
{
    char full[32];
    if (!r->trace)
        return;
    snprintf(full, sizeof full, block < 0 ? "%s" : "%s.%d", name, block);
    if (l->number == 0)
        r->trace(r->ctx, full, r->x, r->c->tokens, r->c->width);
    lane_meet(l);
}

static void product(struct run *r, struct lane *l, const struct matmul *m, const char *x, int rows,
                    float *y, long y_stride, bool add)
{
    struct matmul_job job = {.x = {x},
                             .x_stride = (long)matmul_row_bytes(m->bf16, m->w.in),
                             .rows = rows,
                             .y = y,
                             .y_stride = y_stride,
                             .add = add};
    for (int i; (i = lane_next(l)) < matmul_tasks(m, rows);)
        matmul_task(m, &job, i, r->panels + (size_t)l->number * r->panel_bytes);
    lane_meet(l);
}

void clip_patch(const struct clip *c, const float *rgb, int height, int width, int i, float *to)
{
    static const float mean[] = {0.48145466f, 0.4578275f, 0.40821073f},
                       deviation[] = {0.26862954f, 0.26130258f, 0.27577711f};
    int n = c->patch, side = n * c->across;
    for (int k = 0; k < 3 * n * n; k++) {
        int colour = k / (n * n), y = i / c->across * n + k / n % n, x = i % c->across * n + k % n;
        float v = sample(rgb + (long)colour * height * width, height, width, side, y, x);
        to[k] = (0.5f * v + 0.5f - mean[colour]) / deviation[colour];
    }
}

static void put_patches(struct run *r, struct lane *l)
{
    const struct clip *c = r->c;
    int row = 3 * c->patch * c->patch;
    for (int i; (i = lane_next(l)) < c->tokens - 1;) {
        float *to = r->hidden + (long)i * row;
        clip_patch(c, r->rgb, r->height, r->picture_width, i, to);
        matmul_put(c->embed.bf16, to, row, r->hh + i * (long)matmul_row_bytes(c->embed.bf16, row));
    }
    lane_meet(l);
}

static void embed(struct run *r, struct lane *l)
{
    const struct clip *c = r->c;
    int d = c->width;
    put_patches(r, l);
    product(r, l, &c->embed, r->hh, c->tokens - 1, r->x + d, d, false);
    for (int i; (i = lane_next(l)) < c->tokens;) {
        float *row = r->x + (long)i * d;
        if (i == 0)
            memcpy(row, c->whole, (size_t)d * sizeof *row);
        rows_add(row, c->places + (long)i * d, NULL, d);
        rows_norm(row, d, 1e-5f, 0, c->pre, c->pre_bias, row);
    }
    lane_meet(l);
    tell(r, l, "pre_norm", -1);
}

static void put_normed(struct run *r, struct lane *l, const float *weight, const float *bias)
{
    const struct clip *c = r->c;
    for (int i; (i = lane_next(l)) < c->tokens;) {
        float *own = r->made + (long)i * c->width;
        rows_norm(r->x + (long)i * c->width, c->width, 1e-5f, 0, weight, bias, own);
        matmul_put(c->bf16, own, c->width, r->h + i * (long)matmul_row_bytes(c->bf16, c->width));
    }
    lane_meet(l);
}

/* Queries are taken out of qkv, scaled, and laid where norms were. */
static void put_keys(struct run *r, struct lane *l)
{
    const struct clip *c = r->c;
    int d = c->width;
    float scale = ATTENTION_LOG2E / sqrtf((float)(d / c->heads));
    for (int i; (i = lane_next(l)) < c->tokens;) {
        const float *row = r->qkv + 3L * i * d;
        float *q = r->made + (long)i * d;
        for (int k = 0; k < d; k++)
            q[k] = scale * row[k];
        attention_put(&r->a, i, row + d, row + 2 * d, r->k, r->v);
    }
    lane_meet(l);
}

static void attend(struct run *r, struct lane *l, const struct clip_block *b)
{
    const struct clip *c = r->c;
    int d = c->width, tiles = (c->tokens + TILE - 1) / TILE;
    long scores = (attention_scores(&r->a) + 2L * r->a.padded_dim + 16 + 15) / 16 * 16;
    put_normed(r, l, b->norm1, b->norm1_bias);
    for (int p = 0; p < c->parts; p++)
        product(r, l, &b->qkv[p], r->h, c->tokens, r->qkv + (long)p * d, 3L * d, false);
    put_keys(r, l);
    for (int t; (t = lane_next(l)) < tiles * c->heads;) {
        int first = t % tiles * TILE, rows = c->tokens - first < TILE ? c->tokens - first : TILE;
        attention_rows(&r->a, r->made, r->k, r->v, first, rows, t / tiles,
                       r->scores + l->number * scores, r->hidden);
    }
    lane_meet(l);
    for (int i; (i = lane_next(l)) < c->tokens;)
        matmul_put(c->bf16, r->hidden + (long)i * d, d,
                   r->h + i * (long)matmul_row_bytes(c->bf16, d));
    lane_meet(l);
    product(r, l, &b->proj, r->h, c->tokens, r->x, d, true);
}

static void feed_forward(struct run *r, struct lane *l, const struct clip_block *b)
{
    const struct clip *c = r->c;
    put_normed(r, l, b->norm2, b->norm2_bias);
    product(r, l, &b->fc1, r->h, c->tokens, r->hidden, c->mlp, false);
    for (int i; (i = lane_next(l)) < c->tokens;) {
        float *row = r->hidden + (long)i * c->mlp;
        rows_gelu_exact(row, c->mlp);
        matmul_put(c->bf16, row, c->mlp, r->hh + i * (long)matmul_row_bytes(c->bf16, c->mlp));
    }
    lane_meet(l);
    product(r, l, &b->fc2, r->hh, c->tokens, r->x, c->width, true);
}

void clip_release_pages(const struct clip_block *b)
{
    const struct matmul *all[] = {&b->qkv[0], &b->qkv[1], &b->qkv[2], &b->proj, &b->fc1, &b->fc2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->w.data)
            weights_release_pages(all[i]);
}

static void encode(struct run *r)
{
    struct team team;
    team_init(&team);
#pragma omp parallel num_threads(r->threads)
    {
        struct lane l = lane_of(&team);
        embed(r, &l);
        for (int i = 0; i < r->c->blocks; i++) {
            attend(r, &l, &r->c->block[i]);
            feed_forward(r, &l, &r->c->block[i]);
            if (l.number == 0)
                clip_release_pages(&r->c->block[i]);
            tell(r, &l, "transformer", i);
        }
    }
}

float *clip_encode_traced(const struct clip *c, const float *rgb, int height, int width,
                          int threads, clip_trace_fn *trace, void *ctx, whelk_error *err)
{
    struct run r = {.c = c,
                    .rgb = rgb,
                    .height = height,
                    .picture_width = width,
                    .threads = threads,
                    .trace = trace,
                    .ctx = ctx};
    size_t part[9], bytes = room_of(c, threads, part), rows = (size_t)c->tokens * (size_t)c->width;
    char *memory = aligned_alloc(64, bytes);
    bool good = memory && (r.x = malloc(rows * sizeof *r.x));
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes to encode a picture",
                   clip_bytes(c, threads));
    if (good) {
        place(&r, memory, part);
        encode(&r);
        for (size_t i = 0; good && i < rows; i++)
            good = isfinite(r.x[i]) ||
                   whelk_fail(err, WHELK_EFAIL,
                              "%s: numbers ceased to be numbers: its weights are damaged",
                              weights_path(c->weights));
    }
    free(memory);
    if (!good) {
        free(r.x);
        return NULL;
    }
    return r.x;
}

float *clip_encode(const struct clip *c, const float *rgb, int height, int width, int threads,
                   whelk_error *err)
{
    return clip_encode_traced(c, rgb, height, width, threads, NULL, NULL, err);
}
