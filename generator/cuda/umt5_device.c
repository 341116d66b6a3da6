/* UMT5 told in a device's operations, as ../model/umt5.c has it. */
#include "encoders.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/umt5_parts.h"
#include "fill.h"
#include "lay.h"
#include "stream.h"

/* One block's weights, in one piece. q, k and v lie one after another, and are one product. */
struct block_at {
    struct dense qkv, o, gate, fc1, fc2;
    float *norm1, *norm2;
    float *bias; /* [2 count - 1][heads] */
};

struct work_at {
    float *x, *norm;           /* [count][width]; [width] */
    char *h, *qkv;             /* operands [count][width], [count][3 width] */
    char *hidden, *wide, *add; /* operands [count][ffn] twice, [count][width] */
};

struct run {
    const struct umt5 *t;
    const struct encode_options *o;
    struct queue q;
    struct work_at at;
    int count;
};

/* --- Places ----------------------------------------------------------------------------------- */

static struct dense lay_weights(struct laying *l, long n, long in, enum device_type type)
{
    return (struct dense){lay(l, (size_t)(n * in) * device_size(type)), NULL};
}

static size_t place_block(const struct umt5 *t, int count, enum device_type type, char *base,
                          struct block_at *b)
{
    struct laying l = {base, 0};
    long w = t->width, f = t->ffn;
    b->qkv = lay_weights(&l, 3 * w, w, type);
    b->o = lay_weights(&l, w, w, type);
    b->gate = lay_weights(&l, f, w, type);
    b->fc1 = lay_weights(&l, f, w, type);
    b->fc2 = lay_weights(&l, w, f, type);
    b->norm1 = lay_floats(&l, w);
    b->norm2 = lay_floats(&l, w);
    b->bias = lay_floats(&l, (2L * count - 1) * t->heads);
    return l.size;
}

static size_t place_work(const struct umt5 *t, int count, enum device_type type, char *base,
                         struct work_at *a)
{
    struct laying l = {base, 0};
    size_t row = (size_t)count * (size_t)t->width, wide = (size_t)count * (size_t)t->ffn;
    a->x = lay_floats(&l, (long)row);
    a->norm = lay_floats(&l, t->width);
    a->h = lay(&l, row * device_size(type));
    a->qkv = lay(&l, 3 * row * device_size(type));
    a->hidden = lay(&l, wide * device_size(type));
    a->wide = lay(&l, wide * device_size(type));
    a->add = lay(&l, row * device_size(type));
    return l.size;
}

long long umt5_device_bytes(const struct device *v, const struct umt5 *t, int tokens,
                            enum device_type type)
{
    struct block_at b;
    struct work_at a;
    if (t->width % 8 || t->ffn % 8 || t->width / t->heads % 2 ||
        t->width / t->heads > DEVICE_HEAD_MAX)
        return -1;
    return v->own_bytes + STREAM_SLOTS * (long long)place_block(t, tokens, type, NULL, &b) +
           (long long)place_work(t, tokens, type, NULL, &a);
}

long long umt5_device_host_bytes(const struct umt5 *t, int tokens, enum device_type type)
{
    struct block_at b;
    return STREAM_SLOTS * (long long)place_block(t, tokens, type, NULL, &b) +
           (long long)tokens * t->width * (long long)sizeof(float);
}

static void fill_block(void *ctx, int i, char *base)
{
    const struct run *r = ctx;
    const struct umt5 *t = r->t;
    const struct umt5_block *b = &t->block[i];
    struct block_at at;
    enum device_type e = r->o->type;
    long w = t->width;
    place_block(t, r->count, e, base, &at);
    const struct filling all[] = {{&b->q, at.qkv, 0, e, e},     {&b->k, at.qkv, w, e, e},
                                  {&b->v, at.qkv, 2 * w, e, e}, {&b->o, at.o, 0, e, e},
                                  {&b->gate, at.gate, 0, e, e}, {&b->fc1, at.fc1, 0, e, e},
                                  {&b->fc2, at.fc2, 0, e, e}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        fill_dense(&all[k], r->o->threads);
    memcpy(at.norm1, b->norm1, (size_t)w * sizeof(float));
    memcpy(at.norm2, b->norm2, (size_t)w * sizeof(float));
    for (int d = 1 - r->count; d < r->count; d++)
        memcpy(at.bias + (long)(d + r->count - 1) * t->heads,
               b->places + (long)umt5_bucket(d) * t->heads, (size_t)t->heads * sizeof(float));
    umt5_release_pages(b);
}

/* --- Blocks ----------------------------------------------------------------------------------- */

static void norm(struct run *r, const float *weight, void *y, enum device_type type)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_PUT,
                                        .put = {.x = r->at.x,
                                                .y = y,
                                                .gamma = weight,
                                                .stride = r->t->width,
                                                .rows = r->count,
                                                .columns = 1,
                                                .channels = r->t->width,
                                                .times = 1,
                                                .eps = 1e-6f,
                                                .type = type}});
}

static void project(struct run *r, const void *x, int in, struct dense by, int n, void *y,
                    bool gelu)
{
    enum device_type e = r->o->type;
    queue_product(&r->q, (struct product){x, by, y, r->count, in, n, e, e, gelu});
}

static void add(struct run *r)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_NORM,
                                        .norm = {.x = r->at.x,
                                                 .add = r->at.add,
                                                 .rows = r->count,
                                                 .width = r->t->width,
                                                 .type = r->o->type}});
}

static void attend(struct run *r, const struct block_at *b)
{
    const struct umt5 *t = r->t;
    size_t part = (size_t)t->width * device_size(r->o->type);
    long stride = 3L * t->width;
    norm(r, b->norm1, r->at.h, r->o->type);
    project(r, r->at.h, t->width, b->qkv, 3 * t->width, r->at.qkv, false);
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_ATTEND,
                                        .attend = {.q = r->at.qkv,
                                                   .k = r->at.qkv + part,
                                                   .v = r->at.qkv + 2 * part,
                                                   .o = r->at.h,
                                                   .queries = r->count,
                                                   .keys = r->count,
                                                   .q_stride = stride,
                                                   .kv_stride = stride,
                                                   .bias = b->bias,
                                                   .heads = t->heads,
                                                   .dim = t->width / t->heads,
                                                   .scale = 1,
                                                   .type = r->o->type}});
    project(r, r->at.h, t->width, b->o, t->width, r->at.add, false);
    add(r);
}

static void feed_forward(struct run *r, const struct block_at *b)
{
    const struct umt5 *t = r->t;
    norm(r, b->norm2, r->at.h, r->o->type);
    project(r, r->at.h, t->width, b->gate, t->ffn, r->at.hidden, true);
    project(r, r->at.h, t->width, b->fc1, t->ffn, r->at.wide, false);
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_MIX,
                                        .mix = {r->at.wide, r->at.hidden, (long)r->count * t->ffn,
                                                true, r->o->type}});
    project(r, r->at.hidden, t->ffn, b->fc2, t->width, r->at.add, false);
    add(r);
}

static void tell(struct run *r, int block)
{
    char name[32];
    size_t bytes = (size_t)r->count * (size_t)r->t->width * sizeof(float);
    float *rows = r->o->trace && r->q.good ? malloc(bytes) : NULL;
    if (!rows)
        return;
    snprintf(name, sizeof name, "blocks.%d", block);
    queue_copy(&r->q, rows, r->at.x, bytes);
    if (queue_finish(&r->q))
        r->o->trace(r->o->ctx, name, rows, r->count, r->t->width);
    free(rows);
}

static bool run_block(void *ctx, int i, char *base)
{
    struct run *r = ctx;
    struct block_at b;
    place_block(r->t, r->count, r->o->type, base, &b);
    attend(r, &b);
    feed_forward(r, &b);
    tell(r, i);
    return r->q.good;
}

float *umt5_device_encode(struct device *v, const struct umt5 *t, const int *ids, int count,
                          const struct encode_options *o, whelk_error *err)
{
    struct run r = {.t = t, .o = o, .q = {v, err, true}, .count = count};
    struct block_at unused;
    struct stream s = {
        v, place_block(t, count, o->type, NULL, &unused), t->blocks, fill_block, run_block, &r};
    long numbers = (long)count * t->width;
    if (!umt5_embed(t, ids, count, NULL, err))
        return NULL;
    float *rows = malloc((size_t)numbers * sizeof *rows);
    char *memory = rows ? v->take(v, place_work(t, count, o->type, NULL, &r.at), err) : NULL;
    r.q.good = (rows || whelk_fail(err, WHELK_EFAIL, "out of memory")) && memory &&
               umt5_embed(t, ids, count, rows, err);
    if (r.q.good) {
        place_work(t, count, o->type, memory, &r.at);
        queue_copy(&r.q, r.at.x, rows, (size_t)numbers * sizeof *rows);
        queue_copy(&r.q, r.at.norm, t->norm, (size_t)t->width * sizeof(float));
        r.q.good = r.q.good && stream_run(&s, err);
        norm(&r, r.at.norm, r.at.qkv, DEVICE_F32);
        queue_copy(&r.q, rows, r.at.qkv, (size_t)numbers * sizeof *rows);
        r.q.good =
            queue_finish(&r.q) && queue_numbers(&r.q, rows, numbers, weights_path(t->weights));
    }
    v->release(v, memory);
    if (r.q.good)
        return rows;
    free(rows);
    return NULL;
}
