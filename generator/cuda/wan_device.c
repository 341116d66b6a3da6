/* One pass, told in operations. The host runs at most two blocks ahead of the device, so that it
 * can be stopped between blocks and tells of what is done. */
#include "wan_device_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHIFT1, SCALE1, GATE1, SHIFT2, SCALE2, GATE2 };
enum { AHEAD = 2 };

struct run {
    struct wan_device *w;
    const struct wan_pass *p;
    struct queue q;
    int dim, held; /* held: tokens with the second time, which is 0 */
    size_t size;   /* of an operand */
};

/* --- Operations ------------------------------------------------------------------------------- */

/* Operands to operands. */
static void project(struct run *r, const void *x, long rows, int in, struct dense by, int n,
                    void *y)
{
    queue_product(&r->q, (struct product){x, by, y, rows, in, n, r->w->type, r->w->type, false});
}

static void bring_out(struct run *r, const void *x, int in, struct dense by, int n, float *y)
{
    queue_product_out(
        &r->q, (struct product){x, by, y, r->w->tokens, in, n, r->w->type, DEVICE_F32, false});
}

static float *modulation(const struct run *r, int which)
{
    return r->w->work.mod + (long)which * r->dim;
}

/* x += gate * add for rows from `first` on, then, where y is wanted, the norm of x. gate, shift:
 * of the modulation, -1 = none. */
static struct device_norm norm_of(const struct run *r, int shift)
{
    const struct work_at *a = &r->w->work;
    return (struct device_norm){.x = a->x,
                                .y = shift >= 0 ? a->h : NULL,
                                .scale = shift >= 0 ? modulation(r, shift + 1) : NULL,
                                .shift = shift >= 0 ? modulation(r, shift) : NULL,
                                .rows = r->w->tokens,
                                .held = r->held,
                                .set = 6L * r->dim,
                                .gate_set = 6L * r->dim,
                                .width = r->dim,
                                .eps = r->w->eps,
                                .one = 1,
                                .type = r->w->type};
}

static void norm(struct run *r, struct device_norm n)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_NORM, .norm = n});
}

static void turn(struct run *r, void *x, long rows, long stride, const float *weight, bool turned)
{
    const struct wan_device *w = r->w;
    int half = w->head_dim / 2, third = half / 3;
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_TURN,
                                        .turn = {.x = x,
                                                 .weight = weight,
                                                 .angles = turned ? w->ends.angles : NULL,
                                                 .rows = rows,
                                                 .stride = stride,
                                                 .heads = w->info.heads,
                                                 .dim = w->head_dim,
                                                 .grid = {w->frames, w->rows / 2, w->columns / 2},
                                                 .pairs = {half - 2 * third, third, third},
                                                 .eps = w->eps,
                                                 .type = w->type}});
}

/* k and v lie side by side in rows of kv_stride. */
static void attend(struct run *r, const char *q, long q_stride, const char *k, long keys,
                   long kv_stride)
{
    const struct wan_device *w = r->w;
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_ATTEND,
                                        .attend = {.q = q,
                                                   .k = k,
                                                   .v = k + (size_t)r->dim * r->size,
                                                   .o = w->work.h,
                                                   .queries = w->tokens,
                                                   .keys = keys,
                                                   .q_stride = q_stride,
                                                   .kv_stride = kv_stride,
                                                   .heads = w->info.heads,
                                                   .dim = w->head_dim,
                                                   .scale = 1 / sqrtf((float)w->head_dim),
                                                   .type = w->type}});
}

/* --- For parity checks ------------------------------------------------------------------------ */

static float number_at(const char *bytes, long i, enum device_type type)
{
    float f;
    uint32_t upper = 0;
    if (type == DEVICE_F32)
        memcpy(&f, bytes + 4 * i, 4);
    else {
        memcpy((char *)&upper + 2, bytes + 2 * i, 2);
        memcpy(&f, &upper, 4);
    }
    return f;
}

/* Rows of `width` numbers, `stride` apart, brought back and told. */
static void trace(struct run *r, const char *name, const void *at, long rows, long width,
                  long stride, enum device_type type)
{
    size_t bytes = (size_t)((rows - 1) * stride + width) * device_size(type);
    if (!r->p->trace || !r->q.good)
        return;
    char *raw = malloc(bytes);
    float *out = malloc((size_t)(rows * width) * sizeof *out);
    r->q.good = (raw && out) || whelk_fail(r->q.err, WHELK_EFAIL, "out of memory");
    r->q.good = r->q.good &&
                r->q.device->copy(r->q.device, DEVICE_COMPUTE, raw, at, bytes, r->q.err) &&
                r->q.device->finish(r->q.device, r->q.err);
    for (long i = 0; r->q.good && i < rows * width; i++)
        out[i] = number_at(raw, i / width * stride + i % width, type);
    if (r->q.good)
        r->p->trace(r->p->ctx, name, out, rows, width);
    free(raw);
    free(out);
}

static void trace_block(struct run *r, int block, const char *name, const void *at, long rows,
                        long stride, enum device_type type)
{
    char full[64];
    snprintf(full, sizeof full, "blocks.%d%s", block, name);
    trace(r, full, at, rows, r->dim, stride, type);
}

/* --- Before the blocks ------------------------------------------------------------------------ */

static long latent_count(const struct wan_device *w)
{
    return (long)w->frames * w->rows * w->columns;
}

static void put_text(const struct wan_device *w, const struct wan_pass *p, char *to)
{
    size_t size = device_size(w->type);
    long given = (long)p->text_rows * w->info.text_dim,
         all = (long)w->info.text_rows * w->info.text_dim;
    for (long i = 0; i < given; i++) {
        uint16_t narrow = matmul_narrow(p->text[i]);
        memcpy(to + i * (long)size, w->type == DEVICE_F32 ? (const void *)&p->text[i] : &narrow,
               size);
    }
    /* rows that the text does not fill are zeros, and take part like the others */
    memset(to + given * (long)size, 0, (size_t)(all - given) * size);
}

/* What the caller gives, through the host's memory that copies run from. */
static void send_inputs(struct run *r)
{
    struct wan_device *w = r->w;
    const struct wan_pass *p = r->p;
    long channel = latent_count(w);
    size_t x = (size_t)(w->info.out * channel) * sizeof(float),
           y = (size_t)((w->info.in - w->info.out) * channel) * sizeof(float),
           waves = WAN_TIMES * WAN_FREQ * sizeof(float),
           text = (size_t)(w->info.text_rows * (long)w->info.text_dim) * r->size;
    char *at = w->inputs;
    memcpy(at, p->x, x);
    if (y)
        memcpy(at + x, p->y, y);
    queue_copy(&r->q, w->work.latent, at, x + y);
    at += x + y;
    wan_dit_waves(p->time, (float *)(void *)at);
    wan_dit_waves(0, (float *)(void *)at + WAN_FREQ);
    queue_copy(&r->q, w->work.waves, at, waves);
    at += waves;
    put_text(w, p, at);
    queue_copy(&r->q, w->work.text_in, at, text);
}

static void embed_time(struct run *r)
{
    const struct work_at *a = &r->w->work;
    const struct ends_at *e = &r->w->ends;
    enum device_type f = DEVICE_F32;
    long width = (long)WAN_TIMES * r->dim;
    queue_product(&r->q, (struct product){a->waves, e->time0, a->middle, WAN_TIMES, WAN_FREQ,
                                          r->dim, f, f, false});
    queue_op(&r->q,
             &(struct device_op){.kind = DEVICE_SILU, .curve = {a->middle, a->middle, width}});
    queue_product(&r->q, (struct product){a->middle, e->time2, a->embedded, WAN_TIMES, r->dim,
                                          r->dim, f, f, false});
    queue_op(&r->q,
             &(struct device_op){.kind = DEVICE_SILU, .curve = {a->embedded, a->swished, width}});
    queue_product(&r->q, (struct product){a->swished, e->time6, a->six, WAN_TIMES, r->dim,
                                          6 * r->dim, f, f, false});
    int times = r->held ? 2 : 1;
    trace(r, "time_embedding", a->embedded, times, r->dim, r->dim, f);
    trace(r, "time_projection", a->six, times, 6L * r->dim, 6L * r->dim, f);
}

static void embed_text(struct run *r)
{
    const struct work_at *a = &r->w->work;
    const struct ends_at *e = &r->w->ends;
    enum device_type t = r->w->type;
    int rows = r->w->info.text_rows;
    queue_product(&r->q, (struct product){a->text_in, e->text0, a->text_mid, rows,
                                          r->w->info.text_dim, r->dim, t, t, true});
    project(r, a->text_mid, rows, r->dim, e->text2, r->dim, a->context);
    trace(r, "text_embedding", a->context, rows, r->dim, r->dim, t);
}

static void enter(struct run *r)
{
    const struct wan_device *w = r->w;
    const struct work_at *a = &w->work;
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_PATCH,
                                        .patch = {a->latent, a->patches, w->info.in, w->frames,
                                                  w->rows, w->columns, w->type}});
    bring_out(r, a->patches, 4 * w->info.in, w->ends.patch, r->dim, a->x);
    trace(r, "patch_embedding", a->x, w->tokens, r->dim, r->dim, DEVICE_F32);
}

/* --- A block ---------------------------------------------------------------------------------- */

/* Leaves what it adds to x, before the gate, where queries were. */
static void attend_self(struct run *r, const struct block_at *b, int block)
{
    const struct wan_device *w = r->w;
    char *q = w->work.qkv, *k = q + (size_t)r->dim * r->size;
    long stride = 3L * r->dim;
    norm(r, norm_of(r, SHIFT1));
    project(r, w->work.h, w->tokens, r->dim, b->qkv, 3 * r->dim, q);
    trace_block(r, block, ".self_attn.q", q, w->tokens, stride, w->type);
    trace_block(r, block, ".self_attn.v", k + (size_t)r->dim * r->size, w->tokens, stride, w->type);
    turn(r, q, w->tokens, stride, b->norm_q, true);
    turn(r, k, w->tokens, stride, b->norm_k, true);
    attend(r, q, stride, k, w->tokens, stride);
    project(r, w->work.h, w->tokens, r->dim, b->o, r->dim, w->work.qkv);
}

/* Adds what self-attention left and goes on from there; leaves its own likewise. */
static void attend_text(struct run *r, const struct block_at *b, int block)
{
    const struct wan_device *w = r->w;
    char *q = w->work.qkv, *kv = w->work.text_kv;
    int rows = w->info.text_rows;
    struct device_norm n = norm_of(r, -1);
    n.add = w->work.qkv, n.gate = modulation(r, GATE1);
    n.y = w->work.h, n.scale = b->norm3, n.shift = b->norm3_bias, n.one = 0;
    n.set = 0; /* one norm3 for all tokens */
    norm(r, n);
    trace_block(r, block, ".norm3", w->work.h, w->tokens, r->dim, w->type);
    project(r, w->work.h, w->tokens, r->dim, b->q, r->dim, q);
    turn(r, q, w->tokens, r->dim, b->cross_q, false);
    project(r, w->work.context, rows, r->dim, b->kv, 2 * r->dim, kv);
    trace_block(r, block, ".cross_attn.v", kv + (size_t)r->dim * r->size, rows, 2L * r->dim,
                w->type);
    turn(r, kv, rows, 2L * r->dim, b->cross_k, false);
    attend(r, q, r->dim, kv, rows, 2L * r->dim);
    project(r, w->work.h, w->tokens, r->dim, b->cross_o, r->dim, w->work.qkv);
}

static void feed_forward(struct run *r, const struct block_at *b)
{
    const struct wan_device *w = r->w;
    struct device_norm n = norm_of(r, SHIFT2);
    n.add = w->work.qkv;
    norm(r, n);
    for (int i = 0; i < w->tokens; i += w->ffn_rows) {
        int rows = w->tokens - i < w->ffn_rows ? w->tokens - i : w->ffn_rows;
        size_t at = (size_t)i * (size_t)r->dim * r->size;
        queue_product(&r->q, (struct product){w->work.h + at, b->ffn0, w->work.hidden, rows, r->dim,
                                              w->info.ffn, w->type, w->type, true});
        project(r, w->work.hidden, rows, w->info.ffn, b->ffn2, r->dim, w->work.qkv + at);
    }
    n = norm_of(r, -1);
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
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_SUM,
                                        .sum = {w->work.six, b.modulation, w->work.mod, 6 * r->dim,
                                                WAN_TIMES, 6L * r->dim, 6L * r->dim}});
    attend_self(r, &b, i);
    attend_text(r, &b, i);
    feed_forward(r, &b);
    r->q.good = r->q.good &&
                r->q.device->mark(r->q.device, DEVICE_COMPUTE, MARK_BLOCK + i % AHEAD, r->q.err) &&
                wan_device_end_block(w, i, r->q.err);
    trace_block(r, i, "", w->work.x, w->tokens, r->dim, DEVICE_F32);
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

/* The head's shift and scale are made where a block's first two lie. */
static void leave(struct run *r)
{
    const struct wan_device *w = r->w;
    const struct work_at *a = &w->work;
    for (int i = 0; i < 2; i++)
        queue_op(&r->q, &(struct device_op){
                            .kind = DEVICE_SUM,
                            .sum = {a->embedded, w->ends.head_modulation + (long)i * r->dim,
                                    modulation(r, i), r->dim, WAN_TIMES, r->dim, 6L * r->dim}});
    norm(r, norm_of(r, SHIFT1));
    bring_out(r, a->h, r->dim, w->ends.head, 4 * w->info.out, a->leave);
    trace(r, "head", a->leave, w->tokens, 4L * w->info.out, 4L * w->info.out, DEVICE_F32);
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_UNPATCH,
                                        .patch = {a->latent, a->leave, w->info.out, w->frames,
                                                  w->rows, w->columns, DEVICE_F32}});
}

static void take_answer(struct run *r)
{
    const struct wan_device *w = r->w;
    long count = w->info.out * latent_count(w);
    size_t bytes = (size_t)count * sizeof(float);
    queue_copy(&r->q, w->inputs, w->work.latent, bytes);
    if (queue_finish(&r->q) && queue_numbers(&r->q, (const float *)(void *)w->inputs, count,
                                             weights_path(w->loaded->weights)))
        memcpy(r->p->out, w->inputs, bytes);
}

static bool same_sizes(const struct wan_dit_info *a, const struct wan_dit_info *b)
{
    return a->width == b->width && a->ffn == b->ffn && a->heads == b->heads &&
           a->blocks == b->blocks && a->in == b->in && a->out == b->out &&
           a->text_rows == b->text_rows && a->text_dim == b->text_dim;
}

bool wan_device_pass(struct wan_device *w, const struct wan_dit *d, const struct wan_pass *p,
                     whelk_error *err)
{
    struct run r = {.w = w,
                    .p = p,
                    .q = {w->device, err, true},
                    .dim = w->info.width,
                    .held = p->held * w->per_frame,
                    .size = device_size(w->type)};
    if (!wan_dit_check(d, w->frames, p, err))
        return false;
    if (!same_sizes(&w->info, &d->info))
        return whelk_fail(err, WHELK_EUSAGE,
                          "%s: has other sizes than the device was made ready for",
                          weights_path(d->weights));
    r.q.good = wan_device_load(w, d, p, err);
    if (r.q.good) {
        send_inputs(&r);
        embed_time(&r);
        embed_text(&r);
        enter(&r);
    }
    for (int i = 0; r.q.good && i < w->info.blocks; i++) {
        keep_on(&r, i);
        run_block(&r, i);
    }
    keep_on(&r, w->info.blocks);
    leave(&r);
    take_answer(&r);
    if (!r.q.good) { /* slots may hold what the next pass does not expect */
        w->device->finish(w->device, NULL);
        w->loaded = NULL;
    }
    return r.q.good;
}

/* --- Making ready ----------------------------------------------------------------------------- */

static size_t input_bytes(const struct wan_device *w)
{
    return (size_t)(w->info.in * latent_count(w) + WAN_TIMES * WAN_FREQ) * sizeof(float) +
           (size_t)w->info.text_rows * (size_t)w->info.text_dim * device_size(w->type);
}

/* Room for a take of `bytes`; none at all is fine. */
static bool take(struct device *v, char **out, long long bytes, whelk_error *err)
{
    return !bytes || (*out = v->take(v, (size_t)bytes, err));
}

static bool take_all(struct wan_device *w, whelk_error *err)
{
    struct device *v = w->device;
    const struct wan_device_plan *p = &w->plan;
    bool good = take(v, &w->memory, p->work - v->own_bytes, err) &&
                take(v, &w->blocks, p->resident * p->block, err) &&
                take(v, &w->slots, p->slots * p->block, err) &&
                (w->inputs = v->pin(v, input_bytes(w), err));
    for (int i = 0; good && i < WAN_DEVICE_SLOTS; i++)
        good = (w->staging[i] = v->pin(v, (size_t)p->block, err));
    if (good)
        wan_device_place_work(w, w->memory);
    return good;
}

struct wan_device *wan_device_new(struct device *device, const struct wan_dit *d, int frames,
                                  int rows, int columns, const struct wan_device_options *o,
                                  whelk_error *err)
{
    struct wan_device *w = calloc(1, sizeof *w);
    if (!w) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    w->device = device;
    wan_device_size(w, d, frames, rows, columns, o);
    if (!wan_device_plan(d, frames, rows, columns, o, device->own_bytes,
                         device_granted(device, o->bytes), &w->plan, err) ||
        !take_all(w, err)) {
        wan_device_free(w);
        return NULL;
    }
    return w;
}

void wan_device_free(struct wan_device *w)
{
    if (!w)
        return;
    struct device *v = w->device;
    v->release(v, w->memory);
    v->release(v, w->blocks);
    v->release(v, w->slots);
    for (int i = 0; i < WAN_DEVICE_SLOTS; i++)
        v->unpin(v, w->staging[i]);
    v->unpin(v, w->inputs);
    free(w);
}

const struct wan_device_plan *wan_device_planned(const struct wan_device *w)
{
    return &w->plan;
}
