/* The ends of the network on a device: time, text and latent on the way in; the head and the answer
 * on the way out. */
#include <string.h>

#include "../model/wan_pairs.h"
#include "wan_device_run.h"

static void bring_out(struct run *r, const void *x, int in, struct dense by, int n, float *y)
{
    queue_product_out(
        &r->q, (struct product){x, by, y, r->w->tokens, in, n, r->w->type, DEVICE_F32, false});
}

/* --- In --------------------------------------------------------------------------------------- */

static long latent_count(const struct wan_device *w)
{
    return (long)w->frames * w->rows * w->columns;
}

size_t wan_device_input_bytes(const struct wan_device *w)
{
    return (size_t)(w->info.in * latent_count(w) + WAN_TIMES * WAN_FREQ) * sizeof(float) +
           (size_t)w->info.text_rows * (size_t)w->info.text_dim * device_size(w->type) +
           (size_t)wan_device_images(&w->info) * (size_t)w->info.image_dim * sizeof(float) +
           (w->pairs ? (size_t)w->tokens * sizeof(int) : 0);
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

/* Features of one or two pictures, which the places of FLF2V's are added to. */
static size_t put_image(const struct wan_device *w, const struct wan_pass *p, float *to)
{
    const float *place = w->loaded->img_place;
    long count = (long)wan_device_images(&w->info) * w->info.image_dim;
    for (long i = 0; i < count; i++)
        to[i] = p->image[i] + (place ? place[i] : 0);
    return (size_t)count * sizeof *to;
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
    size_t image = put_image(w, p, (float *)(void *)at);
    if (image)
        queue_copy(&r->q, w->work.image_rows, at, image);
    at += image;
    put_text(w, p, at);
    queue_copy(&r->q, w->work.text_in, at, text);
    at += text;
    if (p->pairs) {
        size_t places = (size_t)p->pairs->tokens * sizeof(int);
        memcpy(at, p->pairs->sequence, places);
        queue_copy(&r->q, w->work.places, at, places);
    }
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
    wan_device_trace(r, "time_embedding", a->embedded, times, r->dim, r->dim, f);
    wan_device_trace(r, "time_projection", a->six, times, 6L * r->dim, 6L * r->dim, f);
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
    wan_device_trace(r, "text_embedding", a->context, rows, r->dim, r->dim, t);
}

/* Rows of floats as operands. */
static void narrow_rows(struct run *r, const float *x, void *y, int rows, int width)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_PUT,
                                        .put = {.x = x,
                                                .y = y,
                                                .stride = width,
                                                .rows = rows,
                                                .columns = 1,
                                                .channels = width,
                                                .times = 1,
                                                .type = r->w->type}});
}

static void norm_image(struct run *r, void *y, int width, const float *weight, const float *bias)
{
    norm(r, (struct device_norm){.x = r->w->work.image_rows,
                                 .y = y,
                                 .scale = weight,
                                 .shift = bias,
                                 .rows = wan_device_images(&r->w->info),
                                 .width = width,
                                 .eps = 1e-5f,
                                 .type = r->w->type});
}

static void embed_image(struct run *r)
{
    const struct work_at *a = &r->w->work;
    const struct ends_at *e = &r->w->ends;
    enum device_type t = r->w->type, f = DEVICE_F32;
    int rows = wan_device_images(&r->w->info), dim = r->w->info.image_dim;
    if (!rows)
        return;
    norm_image(r, a->image_in, dim, e->image0, e->image0_bias);
    queue_product_out(&r->q, (struct product){a->image_in, e->image1, a->image_rows, rows, dim, dim,
                                              t, f, false});
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_GELU_EXACT,
                                        .curve = {a->image_rows, a->image_rows, (long)rows * dim}});
    narrow_rows(r, a->image_rows, a->image_in, rows, dim);
    queue_product_out(&r->q, (struct product){a->image_in, e->image3, a->image_rows, rows, dim,
                                              r->dim, t, f, false});
    norm_image(r, a->image, r->dim, e->image4, e->image4_bias);
    wan_device_trace(r, "img_emb", a->image, rows, r->dim, r->dim, t);
}

static void cut_patches(struct run *r)
{
    const struct wan_device *w = r->w;
    const struct work_at *a = &w->work;
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_PATCH,
                                        .patch = {a->latent, a->patches, w->info.in, w->frames,
                                                  w->rows, w->columns, w->type}});
    bring_out(r, a->patches, 4 * w->info.in, w->ends.patch, r->dim, a->x);
    wan_device_trace(r, "patch_embedding", a->x, w->tokens, r->dim, r->dim, DEVICE_F32);
}

void wan_device_enter(struct run *r)
{
    send_inputs(r);
    embed_time(r);
    embed_text(r);
    embed_image(r);
    cut_patches(r);
}

/* --- Out -------------------------------------------------------------------------------------- */

/* The head's shift and scale are made where a block's first two lie. */
static void bring_back(struct run *r)
{
    const struct wan_device *w = r->w;
    const struct work_at *a = &w->work;
    for (int i = 0; i < 2; i++)
        queue_op(&r->q, &(struct device_op){
                            .kind = DEVICE_SUM,
                            .sum = {a->embedded, w->ends.head_modulation + (long)i * r->dim,
                                    modulation(r, i), r->dim, WAN_TIMES, r->dim, 6L * r->dim}});
    norm(r, wan_device_norm(r, SHIFT1));
    bring_out(r, a->h, r->dim, w->ends.head, 4 * w->info.out, a->leave);
    wan_device_trace(r, "head", a->leave, w->tokens, 4L * w->info.out, 4L * w->info.out,
                     DEVICE_F32);
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

void wan_device_leave(struct run *r)
{
    bring_back(r);
    take_answer(r);
}
