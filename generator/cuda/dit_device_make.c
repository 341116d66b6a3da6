/* Making the layered model ready on a device: sizes, places, and the weights sent up. */
#include "dit_device_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../cpu/matmul.h"
#include "lay.h"

/* --- Sizes ------------------------------------------------------------------------------------ */

bool dit_device_walk(const struct dit_device *on, const struct layout *l, struct dit_walk *w)
{
    const long align = DEVICE_ALIGN / (long)sizeof(float);
    for (; w->number < 2 * on->d->model->layer_count; w->number++) {
        int layer = w->number / 2, level = w->number % 2, rows = dit_piece_tokens(l, layer, level);
        if (!rows)
            continue;
        w->piece = (struct dit_piece){layer, level, 0, rows};
        w->at = w->next;
        long count = (long)rows * dit_piece_dim(on->d, &w->piece);
        w->next += (count + align - 1) / align * align;
        w->number++;
        return true;
    }
    return false;
}

static int level_rows(const struct model_layer *l, int level)
{
    return level == FINE ? l->cells : l->quads;
}

/* Kinds of taps and rows of the table, layer by layer. */
static void number_rows(struct dit_device *on)
{
    const struct model *m = on->d->model;
    int rows = 0;
    on->tokens = on->d->attention.tokens;
    for (int i = 0; i < m->layer_count; i++) {
        on->kind_of[i] = m->layers[i].grid ? on->kinds : -1;
        on->kinds += m->layers[i].grid ? 18 : 0;
        for (int level = COARSE; level <= FINE; level++) {
            on->pos_row[i][level] = rows;
            rows += level_rows(&m->layers[i], level);
        }
    }
    on->kinds++;
    on->held_row = rows;
    on->start_row = rows + m->layer_count;
}

/* --- Places ----------------------------------------------------------------------------------- */

static struct dense lay_linear(struct laying *l, const struct linear *m, enum device_type type)
{
    struct dense d = {lay(l, (size_t)m->n * (size_t)m->k * device_size(type)), NULL};
    if (m->bias)
        d.bias = lay(l, (size_t)m->n * sizeof(float));
    return d;
}

static void place_weights(struct laying *l, struct dit_device *on)
{
    const struct dit *d = on->d;
    long w = d->model->width;
    struct dit_weights_at *a = &on->weights;
    for (int i = 0; i < d->model->layer_count; i++)
        for (int level = COARSE; level <= FINE; level++) {
            a->in[i][level] = lay_linear(l, &d->in[i][level], DEVICE_F32);
            a->out[i][level] = lay_linear(l, &d->out[i][level], on->type);
        }
    a->one = lay_floats(l, w / d->model->heads);
    a->table = lay_floats(l, (on->start_row + d->model->layer_count) * w);
    for (int i = 0; i < d->model->blocks; i++) {
        const struct block *b = &d->block[i];
        a->block[i].qkv = lay_linear(l, &b->qkv, on->type);
        a->block[i].o = lay_linear(l, &b->o, on->type);
        a->block[i].fc1 = lay_linear(l, &b->fc1, on->type);
        a->block[i].fc2 = lay_linear(l, &b->fc2, on->type);
        a->block[i].taps = lay_floats(l, on->kinds * 4 * w);
    }
}

/* The most of everything that any cut needs. */
static size_t place_inputs(const struct dit_device *on, char *base, struct dit_inputs_at *a,
                           size_t *number_bytes)
{
    struct laying l = {base, 0};
    const struct model *m = on->d->model;
    long n = on->tokens;
    size_t numbers = 0;
    for (int i = 0; i < m->layer_count; i++)
        numbers += (size_t)m->layers[i].cells * (size_t)m->layers[i].dim * sizeof(float) +
                   (size_t)2 * DEVICE_ALIGN;
    *number_bytes = numbers;
    a->numbers = lay(&l, numbers);
    a->mod = lay_floats(&l, (long)m->width * (6L * m->blocks + 2));
    a->of = lay(&l, (size_t)n * DIT_PLACES * sizeof(int));
    a->first = lay(&l, (size_t)(n + 1) * sizeof(int));
    a->taps = lay(&l, (size_t)(9 * n) * sizeof *a->taps); /* layout.c: nine a cell at the most */
    return l.size;
}

static void place_work(struct laying *l, struct dit_device *on)
{
    size_t size = device_size(on->type), row = (size_t)on->d->model->width * size,
           n = (size_t)on->tokens;
    struct dit_work_at *a = &on->work;
    a->h = lay_floats(l, on->tokens * (long)on->d->model->width);
    a->y = lay(l, n * row);
    a->qkv = lay(l, 3 * n * row);
    a->add = lay(l, n * row);
    a->hidden = lay(l, 4 * n * row);
    a->convolved = lay(l, 4 * n * row);
}

/* Everything on the device, its inputs first; with base NULL sizes alone, which are returned. */
static size_t place(struct dit_device *on, char *base)
{
    struct laying l = {base, 0};
    on->input_bytes = place_inputs(on, base, &on->inputs, &on->number_bytes);
    lay(&l, on->input_bytes);
    place_weights(&l, on);
    place_work(&l, on);
    return l.size;
}

/* --- Weights ---------------------------------------------------------------------------------- */

/* Sent through `staging`, one tensor after another. */
struct sending {
    struct queue q;
    float *staging;
};

static void send(struct sending *s, void *to, const float *from, long count, enum device_type type)
{
    uint16_t *narrow = (uint16_t *)(void *)s->staging;
    const void *bytes = from;
    for (long i = 0; type == DEVICE_BF16 && i < count; i++)
        narrow[i] = matmul_narrow(from[i]);
    if (type == DEVICE_BF16)
        bytes = narrow;
    if (!count)
        return;
    queue_copy(&s->q, to, bytes, (size_t)count * device_size(type));
    queue_finish(&s->q); /* before staging is used again */
}

/* out: of what the product gives, and so of its bias. */
static void send_linear(struct sending *s, struct dense to, const struct linear *m,
                        enum device_type type, enum device_type out)
{
    send(s, to.w, m->w, (long)m->n * m->k, type);
    if (m->bias)
        send(s, to.bias, m->bias, m->n, out);
}

static void send_table(struct sending *s, const struct dit_device *on)
{
    const struct model *m = on->d->model;
    long w = m->width;
    for (int i = 0; i < m->layer_count; i++) {
        for (int level = COARSE; level <= FINE; level++)
            send(s, on->weights.table + on->pos_row[i][level] * w, on->d->pos[i][level],
                 level_rows(&m->layers[i], level) * w, DEVICE_F32);
        send(s, on->weights.table + (on->held_row + i) * w, on->d->held[i], w, DEVICE_F32);
    }
}

static void send_block(struct sending *s, const struct dit_device *on, int i)
{
    const struct block *b = &on->d->block[i];
    const struct dit_block_at *to = &on->weights.block[i];
    long c = 4L * on->d->model->width;
    enum device_type t = on->type;
    send_linear(s, to->qkv, &b->qkv, t, t);
    send_linear(s, to->o, &b->o, t, t);
    send_linear(s, to->fc1, &b->fc1, t, t);
    send_linear(s, to->fc2, &b->fc2, t, t);
    for (int l = 0; l < on->d->model->layer_count; l++)
        if (b->taps[l])
            send(s, to->taps + on->kind_of[l] * c, b->taps[l], 18 * c, DEVICE_F32);
    for (long k = 0; k < c; k++)
        s->staging[k] = 1;
    send(s, to->taps + (on->kinds - 1) * c, s->staging, c, DEVICE_F32);
}

static bool send_all(struct dit_device *on, whelk_error *err)
{
    const struct dit *d = on->d;
    long dim = d->model->width / d->model->heads, most = 4L * d->model->width * d->model->width;
    for (int i = 0; i < d->model->layer_count; i++)
        for (int level = COARSE; level <= FINE; level++) {
            long n = (long)d->out[i][level].n * d->out[i][level].k;
            most = n > most ? n : most;
        }
    struct sending s = {{on->device, err, true}, malloc((size_t)most * sizeof(float))};
    if (!s.staging)
        return whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes of weights",
                          (long long)most * (long long)sizeof(float));
    for (int i = 0; i < d->model->layer_count; i++)
        for (int level = COARSE; level <= FINE; level++) {
            send_linear(&s, on->weights.in[i][level], &d->in[i][level], DEVICE_F32, DEVICE_F32);
            send_linear(&s, on->weights.out[i][level], &d->out[i][level], on->type, DEVICE_F32);
        }
    send_table(&s, on);
    for (long i = 0; i < dim; i++)
        s.staging[i] = 1 / sqrtf((float)dim);
    send(&s, on->weights.one, s.staging, dim, DEVICE_F32);
    for (int i = 0; i < d->model->blocks; i++)
        send_block(&s, on, i);
    free(s.staging);
    return s.q.good;
}

/* --- Making ready ----------------------------------------------------------------------------- */

static bool take(struct dit_device *on, long long bytes, whelk_error *err)
{
    struct device *v = on->device;
    const struct model *m = on->d->model;
    size_t size = place(on, NULL);
    long long needed = (long long)size + v->own_bytes, granted = device_granted(v, bytes);
    if (granted < needed)
        return whelk_fail(err, WHELK_EFAIL,
                          "too little memory on the device: the model %s needs %lld MB and %lld MB "
                          "are granted; grant more (--vram)",
                          m->name, (needed >> 20) + 1, granted >> 20);
    if (!(on->memory = v->take(v, size, err)) || !(on->pinned = v->pin(v, on->input_bytes, err)))
        return false;
    place(on, on->memory);
    place_inputs(on, on->pinned, &on->host, &on->number_bytes);
    return true;
}

struct dit_device *dit_device_new(struct device *device, const struct dit *d, enum device_type type,
                                  long long bytes, whelk_error *err)
{
    struct dit_device *on = calloc(1, sizeof *on);
    if (on)
        *on = (struct dit_device){.device = device, .d = d, .type = type};
    if (!on || !dit_moment_init(&on->moment, d) ||
        !(on->weights.block = calloc((size_t)d->model->blocks, sizeof *on->weights.block))) {
        dit_device_free(on);
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    number_rows(on);
    if (take(on, bytes, err) && send_all(on, err))
        return on;
    dit_device_free(on);
    return NULL;
}

void dit_device_free(struct dit_device *on)
{
    if (!on)
        return;
    on->device->release(on->device, on->memory);
    on->device->unpin(on->device, on->pinned);
    dit_moment_release(&on->moment);
    free(on->weights.block);
    free(on);
}

long long dit_device_host_bytes(const struct dit_device *on)
{
    return (long long)on->input_bytes + (long long)sizeof(float) * dit_moment_floats(on->d);
}
