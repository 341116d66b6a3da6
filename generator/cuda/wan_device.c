/* One pass, told in operations. The host runs at most two blocks ahead of the device, so that it
 * can be stopped between blocks and tells of what is done. */
#include "wan_device_run.h"

#include <math.h>

#include "../model/wan_pairs.h"

enum { AHEAD = 2 };

/* --- Operations ------------------------------------------------------------------------------- */

struct device_norm wan_device_norm(const struct run *r, int shift)
{
    const struct work_at *a = &r->w->work;
    return (struct device_norm){.x = a->x,
                                .y = shift >= 0 ? a->h : NULL,
                                .scale = shift >= 0 ? modulation(r, shift + 1) : NULL,
                                .shift = shift >= 0 ? modulation(r, shift) : NULL,
                                .rows = r->tokens,
                                .held = r->held,
                                .set = 6L * r->dim,
                                .gate_set = 6L * r->dim,
                                .width = r->dim,
                                .eps = r->w->eps,
                                .one = 1,
                                .type = r->w->type};
}

static void turn(struct run *r, void *x, long rows, long stride, const float *weight, bool turned)
{
    const struct wan_device *w = r->w;
    int half = w->head_dim / 2, third = half / 3;
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_TURN,
                                        .turn = {.x = x,
                                                 .weight = weight,
                                                 .angles = turned ? w->ends.angles : NULL,
                                                 .places = turned ? r->places : NULL,
                                                 .rows = rows,
                                                 .stride = stride,
                                                 .heads = w->info.heads,
                                                 .dim = w->head_dim,
                                                 .grid = {w->frames, w->rows / 2, w->columns / 2},
                                                 .pairs = {half - 2 * third, third, third},
                                                 .eps = w->eps,
                                                 .type = w->type}});
}

/* Values lie behind their keys in a row. */
void wan_device_attend(struct run *r, struct wan_look l)
{
    const struct wan_device *w = r->w;
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_ATTEND,
                                        .attend = {.q = l.q,
                                                   .k = l.k,
                                                   .v = l.k + (size_t)r->dim * r->size,
                                                   .o = l.o,
                                                   .queries = l.queries,
                                                   .keys = l.keys,
                                                   .q_stride = l.q_stride,
                                                   .kv_stride = l.kv_stride,
                                                   .heads = w->info.heads,
                                                   .dim = w->head_dim,
                                                   .scale = 1 / sqrtf((float)w->head_dim),
                                                   .type = w->type}});
}

/* --- A block ---------------------------------------------------------------------------------- */

/* Leaves what it adds to x, before the gate, where queries were. */
static void attend_self(struct run *r, const struct block_at *b, int block)
{
    const struct wan_device *w = r->w;
    char *q = w->work.qkv, *k = q + (size_t)r->dim * r->size;
    long stride = 3L * r->dim;
    norm(r, wan_device_norm(r, SHIFT1));
    project(r, w->work.h, r->tokens, r->dim, b->qkv, 3 * r->dim, q);
    wan_device_trace_block(r, block, ".self_attn.q", q, r->tokens, stride, w->type);
    wan_device_trace_block(r, block, ".self_attn.v", k + (size_t)r->dim * r->size, r->tokens,
                           stride, w->type);
    turn(r, q, r->tokens, stride, b->norm_q, true);
    turn(r, k, r->tokens, stride, b->norm_k, true);
    if (r->p->near)
        wan_device_attend_near(r);
    else
        wan_device_attend(r,
                          (struct wan_look){q, k, w->work.h, r->tokens, r->tokens, stride, stride});
    project(r, w->work.h, r->tokens, r->dim, b->o, r->dim, w->work.qkv);
}

/* Rows that all tokens look at: of the text, or of image features. */
struct given {
    const char *rows;
    struct dense kv;
    const float *norm_k;
    int count;
};

static void look_at(struct run *r, struct given g, const char *q, char *o)
{
    char *kv = r->w->work.text_kv;
    long stride = 2L * r->dim;
    project(r, g.rows, g.count, r->dim, g.kv, 2 * r->dim, kv);
    turn(r, kv, g.count, stride, g.norm_k, false);
    wan_device_attend(r, (struct wan_look){q, kv, o, r->tokens, g.count, r->dim, stride});
}

/* Adds what self-attention left and goes on from there; leaves its own likewise. */
static void attend_text(struct run *r, const struct block_at *b, int block)
{
    const struct wan_device *w = r->w;
    char *q = w->work.qkv, *kv = w->work.text_kv;
    int rows = w->info.text_rows, images = wan_device_images(&w->info);
    struct device_norm n = wan_device_norm(r, -1);
    n.add = w->work.qkv, n.gate = modulation(r, GATE1);
    n.y = w->work.h, n.scale = b->norm3, n.shift = b->norm3_bias, n.one = 0;
    n.set = 0; /* one norm3 for all tokens */
    norm(r, n);
    wan_device_trace_block(r, block, ".norm3", w->work.h, r->tokens, r->dim, w->type);
    project(r, w->work.h, r->tokens, r->dim, b->q, r->dim, q);
    turn(r, q, r->tokens, r->dim, b->cross_q, false);
    look_at(r, (struct given){w->work.context, b->kv, b->cross_k, rows}, q, w->work.h);
    wan_device_trace_block(r, block, ".cross_attn.v", kv + (size_t)r->dim * r->size, rows,
                           2L * r->dim, w->type);
    if (images) {
        char *seen = q + (size_t)r->tokens * (size_t)r->dim * r->size;
        look_at(r, (struct given){w->work.image, b->kv_image, b->k_image, images}, q, seen);
        wan_device_trace_block(r, block, ".cross_attn.v_img", kv + (size_t)r->dim * r->size, images,
                               2L * r->dim, w->type);
        queue_op(&r->q, &(struct device_op){
                            .kind = DEVICE_MIX,
                            .mix = {seen, w->work.h, (long)r->tokens * r->dim, false, w->type}});
    }
    project(r, w->work.h, r->tokens, r->dim, b->cross_o, r->dim, w->work.qkv);
}

static void feed_forward(struct run *r, const struct block_at *b)
{
    const struct wan_device *w = r->w;
    struct device_norm n = wan_device_norm(r, SHIFT2);
    n.add = w->work.qkv;
    norm(r, n);
    for (int i = 0; i < r->tokens; i += w->ffn_rows) {
        int rows = r->tokens - i < w->ffn_rows ? r->tokens - i : w->ffn_rows;
        size_t at = (size_t)i * (size_t)r->dim * r->size;
        queue_product(&r->q, (struct product){w->work.h + at, b->ffn0, w->work.hidden, rows, r->dim,
                                              w->info.ffn, w->type, w->type, true});
        project(r, w->work.hidden, rows, w->info.ffn, b->ffn2, r->dim, w->work.qkv + at);
    }
    n = wan_device_norm(r, -1);
    n.add = w->work.qkv, n.gate = modulation(r, GATE2);
    norm(r, n);
}

static void run_block(struct run *r, int i)
{
    struct wan_device *w = r->w;
    struct block_at b;
    r->q.good = r->q.good && wan_device_begin_block(w, i, &b, r->q.err);
    if (!r->q.good)
        return;
    if (r->p->pairs && i == r->p->pairs->from)
        wan_device_join(r);
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_SUM,
                                        .sum = {w->work.six, b.modulation, w->work.mod, 6 * r->dim,
                                                WAN_TIMES, 6L * r->dim, 6L * r->dim}});
    attend_self(r, &b, i);
    attend_text(r, &b, i);
    feed_forward(r, &b);
    if (r->p->pairs && i == r->p->pairs->to - 1)
        wan_device_part(r);
    r->q.good = r->q.good &&
                r->q.device->mark(r->q.device, DEVICE_COMPUTE, MARK_BLOCK + i % AHEAD, r->q.err) &&
                wan_device_end_block(w, i, r->q.err);
    wan_device_trace_block(r, i, "", w->work.x, r->tokens, r->dim, DEVICE_F32);
}

/* --- The pass --------------------------------------------------------------------------------- */

static void keep_on(struct run *r, int block)
{
    if (block >= AHEAD)
        r->q.good =
            r->q.good && r->q.device->meet(r->q.device, MARK_BLOCK + block % AHEAD, r->q.err);
    if (r->q.good && r->p->go_on && !r->p->go_on(r->p->ctx, block))
        r->q.good = whelk_fail(r->q.err, WHELK_EINTERRUPTED, "interrupted");
}

static bool same_sizes(const struct wan_dit_info *a, const struct wan_dit_info *b)
{
    return a->width == b->width && a->ffn == b->ffn && a->heads == b->heads &&
           a->blocks == b->blocks && a->in == b->in && a->out == b->out &&
           a->text_rows == b->text_rows && a->text_dim == b->text_dim &&
           a->image_dim == b->image_dim && a->images == b->images;
}

bool wan_device_pass(struct wan_device *w, const struct wan_dit *d, const struct wan_pass *p,
                     whelk_error *err)
{
    struct run r = {.w = w,
                    .p = p,
                    .q = {w->device, err, true},
                    .dim = w->info.width,
                    .held = p->held * w->per_frame,
                    .size = device_size(w->type),
                    .tokens = w->tokens};
    if (!wan_dit_check(d, w->frames, p, err))
        return false;
    if (!same_sizes(&w->info, &d->info))
        return whelk_fail(err, WHELK_EUSAGE,
                          "%s: has other sizes than the device was made ready for",
                          weights_path(d->weights));
    if ((p->pairs && !w->pairs) || (p->near && !w->near))
        return whelk_fail(err, WHELK_EUSAGE,
                          "the device was not made ready for pairs of tokens or near frames");
    r.q.good = wan_device_load(w, d, p, err);
    if (r.q.good) {
        wan_device_enter(&r);
    }
    for (int i = 0; r.q.good && i < w->info.blocks; i++) {
        keep_on(&r, i);
        run_block(&r, i);
    }
    keep_on(&r, w->info.blocks);
    wan_device_leave(&r);
    if (!r.q.good) { /* slots may hold what the next pass does not expect */
        w->device->finish(w->device, NULL);
        w->loaded = NULL;
    }
    return r.q.good;
}
