/* CLIP's image encoder told in a device's operations, as ../model/clip.c has it. The picture is
 * made patches on the host; the first of the rows stands for the whole. */
#include "encoders.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/clip_parts.h"
#include "fill.h"
#include "lay.h"
#include "stream.h"

struct block_at {
    struct dense qkv, proj, fc1, fc2;
    float *norm1, *norm1_bias, *norm2, *norm2_bias;
};

struct work_at {
    float *x, *made;          /* [tokens][width] twice */
    float *hidden;            /* [tokens][mlp]; at first the patches */
    float *pre, *pre_bias;    /* [width] */
    char *h, *qkv, *hh, *add; /* operands [tokens] [width], [3 width], [mlp or a patch], [width] */
    struct dense embed;
};

struct run {
    const struct clip *c;
    const struct encode_options *o;
    struct queue q;
    struct work_at at;
};

static int patch_row(const struct clip *c)
{
    return 3 * c->patch * c->patch;
}

/* Products take rows of whole pieces of 8. */
static int patch_room(const struct clip *c)
{
    return (patch_row(c) + 7) / 8 * 8;
}

/* --- Places ----------------------------------------------------------------------------------- */

static struct dense lay_dense(struct laying *l, long n, long in, enum device_type type,
                              enum device_type out)
{
    struct dense d = {lay(l, (size_t)(n * in) * device_size(type)), NULL};
    d.bias = lay(l, (size_t)n * device_size(out));
    return d;
}

static size_t place_block(const struct clip *c, enum device_type type, char *base,
                          struct block_at *b)
{
    struct laying l = {base, 0};
    long w = c->width;
    b->qkv = lay_dense(&l, 3 * w, w, type, type);
    b->proj = lay_dense(&l, w, w, type, type);
    b->fc1 = lay_dense(&l, c->mlp, w, type, DEVICE_F32);
    b->fc2 = lay_dense(&l, w, c->mlp, type, type);
    b->norm1 = lay_floats(&l, w);
    b->norm1_bias = lay_floats(&l, w);
    b->norm2 = lay_floats(&l, w);
    b->norm2_bias = lay_floats(&l, w);
    return l.size;
}

static size_t place_work(const struct clip *c, enum device_type type, char *base, struct work_at *a)
{
    struct laying l = {base, 0};
    int wide = patch_room(c) > c->mlp ? patch_room(c) : c->mlp;
    size_t size = device_size(type), row = (size_t)c->tokens * (size_t)c->width;
    a->x = lay_floats(&l, (long)row);
    a->made = lay_floats(&l, (long)row);
    a->hidden = lay_floats(&l, (long)c->tokens * wide);
    a->pre = lay_floats(&l, c->width);
    a->pre_bias = lay_floats(&l, c->width);
    a->h = lay(&l, row * size);
    a->qkv = lay(&l, 3 * row * size);
    a->hh = lay(&l, (size_t)c->tokens * (size_t)wide * size);
    a->add = lay(&l, row * size);
    a->embed = (struct dense){lay(&l, (size_t)c->width * (size_t)patch_room(c) * size), NULL};
    return l.size;
}

/* What goes up at the beginning: patches, rows that places begin as, the patches' product. */
static size_t begin_bytes(const struct clip *c)
{
    return ((size_t)c->tokens * (size_t)(patch_room(c) + c->width) +
            (size_t)c->width * (size_t)patch_room(c)) *
           sizeof(float);
}

long long clip_device_bytes(const struct device *v, const struct clip *c, enum device_type type)
{
    struct block_at b;
    struct work_at a;
    if (c->width % 8 || c->mlp % 8 || c->width / c->heads % 2 ||
        c->width / c->heads > DEVICE_HEAD_MAX)
        return -1;
    return v->own_bytes + STREAM_SLOTS * (long long)place_block(c, type, NULL, &b) +
           (long long)place_work(c, type, NULL, &a);
}

long long clip_device_host_bytes(const struct clip *c, enum device_type type)
{
    struct block_at b;
    return STREAM_SLOTS * (long long)place_block(c, type, NULL, &b) + (long long)begin_bytes(c) +
           (long long)c->tokens * c->width * (long long)sizeof(float);
}

static void fill_block(void *ctx, int i, char *base)
{
    const struct run *r = ctx;
    const struct clip *c = r->c;
    const struct clip_block *b = &c->block[i];
    struct block_at at;
    enum device_type e = r->o->type;
    place_block(c, e, base, &at);
    for (int p = 0; p < c->parts; p++)
        fill_dense(&(struct filling){&b->qkv[p], at.qkv, (long)p * c->width, e, e}, r->o->threads);
    fill_dense(&(struct filling){&b->proj, at.proj, 0, e, e}, r->o->threads);
    fill_dense(&(struct filling){&b->fc1, at.fc1, 0, e, DEVICE_F32}, r->o->threads);
    fill_dense(&(struct filling){&b->fc2, at.fc2, 0, e, e}, r->o->threads);
    size_t row = (size_t)c->width * sizeof(float);
    memcpy(at.norm1, b->norm1, row), memcpy(at.norm1_bias, b->norm1_bias, row);
    memcpy(at.norm2, b->norm2, row), memcpy(at.norm2_bias, b->norm2_bias, row);
    clip_release_pages(b);
}

/* --- Operations ------------------------------------------------------------------------------- */

static void norm(struct run *r, const float *weight, const float *bias, void *y,
                 enum device_type type)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_NORM,
                                        .norm = {.x = r->at.x,
                                                 .y = y,
                                                 .scale = weight,
                                                 .shift = bias,
                                                 .rows = r->c->tokens,
                                                 .width = r->c->width,
                                                 .eps = 1e-5f,
                                                 .type = type}});
}

static void project(struct run *r, const void *x, int in, struct dense by, int n, void *y)
{
    enum device_type e = r->o->type;
    queue_product(&r->q, (struct product){x, by, y, r->c->tokens, in, n, e, e, false});
}

static void add(struct run *r)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_NORM,
                                        .norm = {.x = r->at.x,
                                                 .add = r->at.add,
                                                 .rows = r->c->tokens,
                                                 .width = r->c->width,
                                                 .type = r->o->type}});
}

static void narrow_rows(struct run *r, const float *x, int rows, int width)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_PUT,
                                        .put = {.x = x,
                                                .y = r->at.hh,
                                                .stride = width,
                                                .rows = rows,
                                                .columns = 1,
                                                .channels = width,
                                                .times = 1,
                                                .type = r->o->type}});
}

static void attend(struct run *r, const struct block_at *b)
{
    const struct clip *c = r->c;
    size_t part = (size_t)c->width * device_size(r->o->type);
    long stride = 3L * c->width;
    int dim = c->width / c->heads;
    norm(r, b->norm1, b->norm1_bias, r->at.h, r->o->type);
    project(r, r->at.h, c->width, b->qkv, 3 * c->width, r->at.qkv);
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_ATTEND,
                                        .attend = {.q = r->at.qkv,
                                                   .k = r->at.qkv + part,
                                                   .v = r->at.qkv + 2 * part,
                                                   .o = r->at.h,
                                                   .queries = c->tokens,
                                                   .keys = c->tokens,
                                                   .q_stride = stride,
                                                   .kv_stride = stride,
                                                   .heads = c->heads,
                                                   .dim = dim,
                                                   .scale = 1 / sqrtf((float)dim),
                                                   .type = r->o->type}});
    project(r, r->at.h, c->width, b->proj, c->width, r->at.add);
    add(r);
}

static void feed_forward(struct run *r, const struct block_at *b)
{
    const struct clip *c = r->c;
    norm(r, b->norm2, b->norm2_bias, r->at.h, r->o->type);
    queue_product_out(&r->q, (struct product){r->at.h, b->fc1, r->at.hidden, c->tokens, c->width,
                                              c->mlp, r->o->type, DEVICE_F32, false});
    queue_op(&r->q,
             &(struct device_op){.kind = DEVICE_GELU_EXACT,
                                 .curve = {r->at.hidden, r->at.hidden, (long)c->tokens * c->mlp}});
    narrow_rows(r, r->at.hidden, c->tokens, c->mlp);
    project(r, r->at.hh, c->mlp, b->fc2, c->width, r->at.add);
    add(r);
}

static void tell(struct run *r, const char *name, int block)
{
    char full[32];
    size_t bytes = (size_t)r->c->tokens * (size_t)r->c->width * sizeof(float);
    float *rows = r->o->trace && r->q.good ? malloc(bytes) : NULL;
    if (!rows)
        return;
    snprintf(full, sizeof full, block < 0 ? "%s" : "%s.%d", name, block);
    queue_copy(&r->q, rows, r->at.x, bytes);
    if (queue_finish(&r->q))
        r->o->trace(r->o->ctx, full, rows, r->c->tokens, r->c->width);
    free(rows);
}

/* --- The picture ------------------------------------------------------------------------------ */

/* What goes up at the beginning, in the host's memory: patches and the operands of their product,
 * in rows of whole pieces with zeros at the end; and what the rows begin as, their places, to which
 * the first one's own numbers are added. */
struct begin {
    float *patches, *x;
    char *embed;
};

static void place_begin(const struct clip *c, float *memory, struct begin *b)
{
    b->patches = memory;
    b->x = memory + (long)c->tokens * patch_room(c);
    b->embed = (char *)(b->x + (long)c->tokens * c->width);
}

static void put_weights(const struct clip *c, enum device_type type, char *to)
{
    int row = patch_row(c), room = patch_room(c);
    float piece[3 * 64 * 64]; /* of a patch of clip.c's greatest */
    for (int n = 0; n < c->width; n++, to += (size_t)room * device_size(type)) {
        weight_row(&c->embed.w, n, 0, row, piece);
        if (type == DEVICE_F32)
            memcpy(to, piece, (size_t)row * sizeof *piece);
        else
            for (int i = 0; i < row; i++)
                ((uint16_t *)(void *)to)[i] = (uint16_t)matmul_narrow(piece[i]);
    }
}

static void put_begin(const struct clip *c, const float *rgb, int height, int width,
                      enum device_type type, float *memory)
{
    struct begin b;
    place_begin(c, memory, &b);
    memset(memory, 0, begin_bytes(c));
    for (int i = 0; i < c->tokens - 1; i++)
        clip_patch(c, rgb, height, width, i, b.patches + (long)i * patch_room(c));
    memcpy(b.x, c->places, (size_t)c->tokens * (size_t)c->width * sizeof *b.x);
    for (int k = 0; k < c->width; k++)
        b.x[k] += c->whole[k];
    put_weights(c, type, b.embed);
}

static void embed(struct run *r, const struct begin *b)
{
    const struct clip *c = r->c;
    const struct work_at *a = &r->at;
    int room = patch_room(c), patches = c->tokens - 1;
    size_t row = (size_t)c->width * sizeof(float);
    queue_copy(&r->q, a->hidden, b->patches, (size_t)patches * (size_t)room * sizeof(float));
    narrow_rows(r, a->hidden, patches, room);
    queue_copy(&r->q, a->x, b->x, (size_t)c->tokens * row);
    queue_copy(&r->q, a->embed.w, b->embed,
               (size_t)c->width * (size_t)room * device_size(r->o->type));
    queue_product(&r->q, (struct product){a->hh, a->embed, a->made, patches, room, c->width,
                                          r->o->type, DEVICE_F32, false});
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_SUM,
                                        .sum = {a->x + c->width, a->made, a->x + c->width,
                                                patches * c->width, 1, 0, 0}});
    queue_copy(&r->q, a->pre, c->pre, row);
    queue_copy(&r->q, a->pre_bias, c->pre_bias, row);
    norm(r, a->pre, a->pre_bias, a->made, DEVICE_F32);
    queue_copy(&r->q, a->x, a->made, (size_t)c->tokens * row);
    tell(r, "pre_norm", -1);
}

static bool run_block(void *ctx, int i, char *base)
{
    struct run *r = ctx;
    struct block_at b;
    place_block(r->c, r->o->type, base, &b);
    attend(r, &b);
    feed_forward(r, &b);
    tell(r, "transformer", i);
    return r->q.good;
}

float *clip_device_encode(struct device *v, const struct clip *c, const float *rgb, int height,
                          int width, const struct encode_options *o, whelk_error *err)
{
    struct run r = {.c = c, .o = o, .q = {v, err, true}};
    struct block_at unused;
    struct stream s = {v, place_block(c, o->type, NULL, &unused), c->blocks, fill_block, run_block,
                       &r};
    struct begin b;
    long numbers = (long)c->tokens * c->width;
    float *rows = malloc((size_t)numbers * sizeof *rows), *begin = malloc(begin_bytes(c));
    char *memory = rows && begin ? v->take(v, place_work(c, o->type, NULL, &r.at), err) : NULL;
    r.q.good = ((rows && begin) || whelk_fail(err, WHELK_EFAIL, "out of memory")) && memory;
    if (r.q.good) {
        place_work(c, o->type, memory, &r.at);
        put_begin(c, rgb, height, width, o->type, begin);
        place_begin(c, begin, &b);
        embed(&r, &b);
        r.q.good = r.q.good && stream_run(&s, err);
        queue_copy(&r.q, rows, r.at.x, (size_t)numbers * sizeof *rows);
        r.q.good =
            queue_finish(&r.q) && queue_numbers(&r.q, rows, numbers, weights_path(c->weights));
    }
    v->release(v, memory);
    free(begin);
    if (r.q.good)
        return rows;
    free(rows);
    return NULL;
}
