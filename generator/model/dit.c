/* One pass in 2 * blocks + 3 stages; in a stage the lanes take tiles of tokens. A tile's rows go
 * through all that needs no other row while they are in the nearest cache:
 *
 *     embed     tokens from numbers; the step's modulation beside it
 *     open      normalise, q k v of block 0
 *     look      attention, its projection, residue, normalise, fc1: needs all keys and values
 *     think     convolution, relu^2, fc2, residue, then q k v of the next block: needs the
 *               neighbours' fc1
 *     leave     normalise, velocities from tokens */
#include "dit_parts.h"

#include <string.h>

/* All that a stage needs to know, the same for every lane. */
struct run {
    const struct dit *d;
    struct dit_work *w;
    const struct dit_pass *p;
    struct attention attention; /* for this pass's number of tokens */
    int width, tokens;
};

/* A lane's tile buffer in three parts: a [TILE_MOST][width], b and c [TILE_MOST][widest of input
 * and 4 width]. */
static void split_tile(const struct run *r, int lane, float **a, float **b, float **c)
{
    long wide = r->d->widest > 4 * r->width ? r->d->widest : 4 * r->width;
    *a = r->w->tile[lane];
    *b = *a + TILE_MOST * (long)r->width;
    *c = *b + TILE_MOST * wide;
}

static const float *modulation(const struct run *r, int block, int which)
{
    return r->w->moment.mod + (6L * block + which) * r->width;
}

static bool find_piece(const struct layout *l, int number, struct dit_piece *out)
{
    for (int i = 0; i < l->model->layer_count; i++)
        for (int level = COARSE; level <= FINE; level++) {
            int rows = dit_piece_tokens(l, i, level), tiles = rows ? gemm_tiles(rows) : 0;
            if (number < tiles) {
                int a = gemm_tile_row(rows, number);
                *out = (struct dit_piece){i, level, a, gemm_tile_row(rows, number + 1) - a};
                return true;
            }
            number -= tiles;
        }
    return false;
}

static void embed_piece(const struct run *r, const struct dit_piece *p, int lane)
{
    int w = r->width;
    const struct layout *l = r->p->layout;
    const float *start = r->p->start[p->layer];
    float *a, *x, *c, *to = r->w->h + (long)dit_piece_start(l, p) * w;
    split_tile(r, lane, &a, &x, &c);
    dit_piece_gather(r->d, r->p, p, x);
    gemm_tile(r->d->in[p->layer][p->level].gemm, x, to, p->rows, lane);
    for (int i = 0; i < p->rows; i++, to += w) {
        const float *pos = r->d->pos[p->layer][p->level] + (long)dit_piece_place(l, p, i) * w;
        bool held = dit_piece_held(r->d, r->p, p, i);
        for (int j = 0; j < w; j++)
            to[j] += pos[j] + (held ? r->d->held[p->layer][j] : 0);
        for (int j = 0; start && j < w; j++)
            to[j] += start[j];
    }
}

/* Task 0 is the modulation, task 1 the tokens of slots and caption, then piece after piece. */
static void stage_embed(const struct run *r, struct lane *lane)
{
    const struct layout *l = r->p->layout;
    struct dit_piece piece;
    for (int i; (i = lane_next(lane)), true;) {
        if (i == 0)
            dit_moment_at(&r->w->moment, r->d, r->p);
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
    ops_norm(r->w->h + (long)first * w, modulation(r, block, 0), modulation(r, block, 1), rows, w,
             y);
    gemm_tile(b->qkv.gemm, y, qkv, rows, lane);
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
        attention_rows(&r->attention, r->w->q, r->w->k, r->w->v, first, rows, head,
                       r->w->scores[lane], r->w->att);
    gemm_tile(b->o.gemm, r->w->att + (long)first * w, o, rows, lane);
    ops_gate(h, o, modulation(r, block, 2), rows, w);
    ops_norm(h, modulation(r, block, 3), modulation(r, block, 4), rows, w, y);
    gemm_tile(b->fc1.gemm, y, r->w->u + 4L * first * w, rows, lane);
}

/* relu(conv(u))^2 of rows [first, last): grids by their taps, other tokens alone. */
static void convolve_rows(const struct run *r, const struct block *b, int first, int last,
                          float *out)
{
    const struct layout *l = r->p->layout;
    int c = 4 * r->width;
    for (int i = 0; i < r->d->model->layer_count; i++) {
        int from = l->layer[i].start, to = from + l->layer[i].fine + l->layer[i].coarse;
        from = from > first ? from : first;
        to = to < last ? to : last;
        if (b->taps[i] && from < to)
            ops_conv_relu2(r->w->u, l->taps, l->tap_start + from, to - from, b->taps[i], c,
                           out + (long)(from - first) * c);
        else if (from < to) {
            memcpy(out + (long)(from - first) * c, r->w->u + (long)from * c,
                   (size_t)(to - from) * (size_t)c * sizeof(float));
            ops_relu2(out + (long)(from - first) * c, (to - from) * c);
        }
    }
    int from = l->image_tokens > first ? l->image_tokens : first;
    if (from < last) {
        memcpy(out + (long)(from - first) * c, r->w->u + (long)from * c,
               (size_t)(last - from) * (size_t)c * sizeof(float));
        ops_relu2(out + (long)(from - first) * c, (last - from) * c);
    }
}

static void think_rows(const struct run *r, int block, int first, int rows, int lane)
{
    const struct block *b = &r->d->block[block];
    float *y, *conv, *c;
    split_tile(r, lane, &y, &conv, &c);
    convolve_rows(r, b, first, first + rows, conv);
    gemm_tile(b->fc2.gemm, conv, y, rows, lane);
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

static void leave_piece(const struct run *r, const struct dit_piece *p, int lane)
{
    int blocks = r->d->model->blocks;
    float *y, *out, *c;
    split_tile(r, lane, &y, &out, &c);
    ops_norm(r->w->h + (long)dit_piece_start(r->p->layout, p) * r->width, modulation(r, blocks, 0),
             modulation(r, blocks, 1), p->rows, r->width, y);
    gemm_tile(r->d->out[p->layer][p->level].gemm, y, out, p->rows, lane);
    dit_piece_scatter(r->d, &r->w->moment, r->p, p, out);
}

static void stage_leave(const struct run *r, struct lane *lane)
{
    struct dit_piece piece;
    while (find_piece(r->p->layout, lane_next(lane), &piece))
        leave_piece(r, &piece, lane->number);
    lane_meet(lane);
}

void dit_pass(const struct dit *d, struct dit_work *w, const struct dit_pass *p, struct lane *lane)
{
    struct run r = {.d = d,
                    .w = w,
                    .p = p,
                    .attention = d->attention,
                    .width = d->model->width,
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
