/* One pass of the layered model, told in operations. What is little and depends on the pass alone
 * is made by the host, with the processor's own code: which numbers make a token, what is added to
 * it, the modulation, and the taps of the convolution. */
#include "dit_device_parts.h"

#include <string.h>

enum { SCALE1, SHIFT1, GATE1, SCALE2, SHIFT2, GATE2 };

struct run {
    struct dit_device *on;
    const struct dit_pass *p;
    const struct layout *l;
    struct queue q;
    int width;
};

/* --- Before the blocks ------------------------------------------------------------------------ */

/* Numbers of a piece, and what is added to each of its tokens. */
static void fill_piece(const struct run *r, const struct dit_walk *w)
{
    const struct dit_device *on = r->on;
    const struct dit_piece *p = &w->piece;
    int *of = on->host.of + (long)dit_piece_start(r->l, p) * DIT_PLACES;
    dit_piece_gather(on->d, r->p, p, on->host.numbers + w->at);
    for (int i = 0; i < p->rows; i++, of += DIT_PLACES) {
        of[0] = on->pos_row[p->layer][p->level] + dit_piece_place(r->l, p, i);
        of[1] = dit_piece_held(on->d, r->p, p, i) ? on->held_row + p->layer : -1;
        of[2] = r->p->start[p->layer] ? on->start_row + p->layer : -1;
    }
}

/* The taps of tokens [first, last), all of one kind or each of itself alone. */
static int fill_taps(const struct run *r, int first, int last, int kind, int count)
{
    const struct dit_device *on = r->on;
    for (int i = first; i < last; i++) {
        on->host.first[i] = count;
        if (kind < 0)
            on->host.taps[count++] = (struct device_tap){i, on->kinds - 1, 1};
        for (int k = r->l->tap_start[i]; kind >= 0 && k < r->l->tap_start[i + 1]; k++) {
            const struct ops_tap *t = &r->l->taps[k];
            on->host.taps[count++] = (struct device_tap){t->row, kind + t->kind, t->coeff};
        }
    }
    on->host.first[last] = count;
    return count;
}

static void fill_inputs(const struct run *r)
{
    struct dit_device *on = r->on;
    const struct model *m = on->d->model;
    int taps = 0;
    for (struct dit_walk w = {{0}, 0, 0, 0}; dit_device_walk(on, r->l, &w);)
        fill_piece(r, &w);
    dit_moment_at(&on->moment, on->d, r->p);
    memcpy(on->host.mod, on->moment.mod,
           (size_t)r->width * (6 * (size_t)m->blocks + 2) * sizeof(float));
    for (int i = 0; i < m->layer_count; i++) {
        int from = r->l->layer[i].start;
        taps = fill_taps(r, from, from + r->l->layer[i].fine + r->l->layer[i].coarse,
                         on->kind_of[i], taps);
    }
    fill_taps(r, r->l->image_tokens, r->l->tokens, -1, taps);
}

static void enter(struct run *r)
{
    struct dit_device *on = r->on;
    const struct model *m = on->d->model;
    size_t row = (size_t)r->width * sizeof(float);
    fill_inputs(r);
    queue_copy(&r->q, on->inputs.numbers, on->host.numbers, on->input_bytes);
    for (int i = 0; i < m->layer_count; i++)
        if (r->p->start[i])
            queue_copy(&r->q, on->weights.table + (on->start_row + i) * (long)r->width,
                       r->p->start[i], row);
    for (struct dit_walk w = {{0}, 0, 0, 0}; dit_device_walk(on, r->l, &w);)
        queue_product(
            &r->q, (struct product){
                       on->inputs.numbers + w.at, on->weights.in[w.piece.layer][w.piece.level],
                       on->work.h + (long)dit_piece_start(r->l, &w.piece) * r->width, w.piece.rows,
                       dit_piece_dim(on->d, &w.piece), r->width, DEVICE_F32, DEVICE_F32, false});
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_PLACE,
                                        .place = {on->work.h, on->weights.table, on->inputs.of,
                                                  r->l->image_tokens, DIT_PLACES, r->width}});
    queue_copy(&r->q, on->work.h + (long)r->l->image_tokens * r->width, r->p->cond->tokens,
               (size_t)(r->l->tokens - r->l->image_tokens) * row);
}

/* --- A block ---------------------------------------------------------------------------------- */

static const float *modulation(const struct run *r, int block, int which)
{
    return r->on->inputs.mod + (6L * block + which) * r->width;
}

/* h += gate * add, where there is a gate; then the norm of h, modulated. */
static void norm(struct run *r, const float *gate, const float *scale, const float *shift)
{
    const struct dit_work_at *a = &r->on->work;
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_NORM,
                                        .norm = {.x = a->h,
                                                 .add = gate ? a->add : NULL,
                                                 .gate = gate,
                                                 .y = a->y,
                                                 .scale = scale,
                                                 .shift = shift,
                                                 .rows = r->l->tokens,
                                                 .width = r->width,
                                                 .eps = DIT_EPS,
                                                 .type = r->on->type}});
}

static void project(struct run *r, const void *x, int in, struct dense by, int n, void *y)
{
    enum device_type t = r->on->type;
    queue_product(&r->q, (struct product){x, by, y, r->l->tokens, in, n, t, t, false});
}

/* Leaves what is to be added to h. Queries and keys, side by side, are each head's of length one.
 */
static void look(struct run *r, int block)
{
    const struct dit_device *on = r->on;
    const struct dit_block_at *b = &on->weights.block[block];
    int w = r->width, heads = on->d->model->heads, dim = w / heads;
    size_t size = device_size(on->type), part = (size_t)w * size;
    float scale = on->d->block[block].qk_scale;
    project(r, on->work.y, w, b->qkv, 3 * w, on->work.qkv);
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_TURN,
                                        .turn = {.x = on->work.qkv,
                                                 .weight = on->weights.one,
                                                 .rows = r->l->tokens,
                                                 .stride = 3L * w,
                                                 .runs = 2 * heads,
                                                 .heads = 1,
                                                 .dim = dim,
                                                 .eps = 1e-24f / (float)dim,
                                                 .type = on->type}});
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_ATTEND,
                                        .attend = {.q = on->work.qkv,
                                                   .k = on->work.qkv + part,
                                                   .v = on->work.qkv + 2 * part,
                                                   .o = on->work.y,
                                                   .queries = r->l->tokens,
                                                   .keys = r->l->tokens,
                                                   .q_stride = 3L * w,
                                                   .kv_stride = 3L * w,
                                                   .heads = heads,
                                                   .dim = dim,
                                                   .scale = scale * scale,
                                                   .type = on->type}});
    project(r, on->work.y, w, b->o, w, on->work.add);
}

static void think(struct run *r, int block)
{
    const struct dit_device *on = r->on;
    const struct dit_block_at *b = &on->weights.block[block];
    int w = r->width;
    project(r, on->work.y, w, b->fc1, 4 * w, on->work.hidden);
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_TAPS,
                                        .taps = {.x = on->work.hidden,
                                                 .y = on->work.convolved,
                                                 .w = b->taps,
                                                 .taps = on->inputs.taps,
                                                 .first = on->inputs.first,
                                                 .rows = r->l->tokens,
                                                 .width = 4 * w,
                                                 .type = on->type}});
    project(r, on->work.convolved, 4 * w, b->fc2, w, on->work.add);
}

static void run_block(struct run *r, int i)
{
    norm(r, i ? modulation(r, i - 1, GATE2) : NULL, modulation(r, i, SCALE1),
         modulation(r, i, SHIFT1));
    look(r, i);
    norm(r, modulation(r, i, GATE1), modulation(r, i, SCALE2), modulation(r, i, SHIFT2));
    think(r, i);
}

/* --- The pass --------------------------------------------------------------------------------- */

static void leave(struct run *r)
{
    const struct dit_device *on = r->on;
    int blocks = on->d->model->blocks;
    size_t row = (size_t)r->width * device_size(on->type);
    norm(r, modulation(r, blocks - 1, GATE2), modulation(r, blocks, SCALE1),
         modulation(r, blocks, SHIFT1));
    for (struct dit_walk w = {{0}, 0, 0, 0}; dit_device_walk(on, r->l, &w);)
        queue_product_out(
            &r->q, (struct product){on->work.y + (size_t)dit_piece_start(r->l, &w.piece) * row,
                                    on->weights.out[w.piece.layer][w.piece.level],
                                    on->inputs.numbers + w.at, w.piece.rows, r->width,
                                    dit_piece_dim(on->d, &w.piece), on->type, DEVICE_F32, false});
    queue_copy(&r->q, on->host.numbers, on->inputs.numbers, on->number_bytes);
}

static bool all_numbers(struct run *r)
{
    for (struct dit_walk w = {{0}, 0, 0, 0}; dit_device_walk(r->on, r->l, &w);)
        if (!queue_numbers(&r->q, r->on->host.numbers + w.at,
                           (long)w.piece.rows * dit_piece_dim(r->on->d, &w.piece),
                           r->on->d->model->dir))
            return false;
    return true;
}

bool dit_device_pass(struct dit_device *on, const struct dit_pass *p, whelk_error *err)
{
    struct run r = {on, p, p->layout, {on->device, err, true}, on->d->model->width};
    int blocks = on->d->model->blocks;
    enter(&r);
    for (int i = 0; r.q.good && i < blocks; i++) {
        if (p->go_on && !p->go_on(p->ctx, (double)i / blocks))
            r.q.good = whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
        run_block(&r, i);
    }
    leave(&r);
    /* whatever happened, what was queued is done before the host's numbers are used again */
    if (!queue_finish(&r.q) || !all_numbers(&r))
        return false;
    for (struct dit_walk w = {{0}, 0, 0, 0}; dit_device_walk(on, r.l, &w);)
        dit_piece_scatter(on->d, &on->moment, p, &w.piece, on->host.numbers + w.at);
    return true;
}
