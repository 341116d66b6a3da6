/* Where everything lies, and how many blocks stay on the device: pure arithmetic of sizes. */
#include "lay.h"
#include "wan_device_parts.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>

/* out: what the product gives, and so its bias. */
static struct dense lay_dense(struct laying *l, long n, long in, enum device_type type,
                              enum device_type out)
{
    struct dense d = {lay(l, (size_t)(n * in) * device_size(type)), NULL};
    d.bias = lay(l, (size_t)n * device_size(out));
    return d;
}

size_t wan_device_place_block(const struct wan_dit_info *i, enum device_type type, char *base,
                              struct block_at *out)
{
    struct laying l = {base, 0};
    long w = i->width;
    out->qkv = lay_dense(&l, 3 * w, w, type, type);
    out->o = lay_dense(&l, w, w, type, type);
    out->q = lay_dense(&l, w, w, type, type);
    out->kv = lay_dense(&l, 2 * w, w, type, type);
    out->cross_o = lay_dense(&l, w, w, type, type);
    out->ffn0 = lay_dense(&l, i->ffn, w, type, type);
    out->ffn2 = lay_dense(&l, w, i->ffn, type, type);
    out->norm_q = lay_floats(&l, w);
    out->norm_k = lay_floats(&l, w);
    out->cross_q = lay_floats(&l, w);
    out->cross_k = lay_floats(&l, w);
    out->norm3 = lay_floats(&l, w);
    out->norm3_bias = lay_floats(&l, w);
    out->modulation = lay_floats(&l, 6 * w);
    if (i->image_dim) {
        out->kv_image = lay_dense(&l, 2 * w, w, type, type);
        out->k_image = lay_floats(&l, w);
    }
    return l.size;
}

static void place_ends(struct laying *l, const struct wan_device *w, struct ends_at *e)
{
    const struct wan_dit_info *i = &w->info;
    long dim = i->width;
    e->patch = lay_dense(l, dim, 4L * i->in, w->type, DEVICE_F32);
    e->text0 = lay_dense(l, dim, i->text_dim, w->type, w->type);
    e->text2 = lay_dense(l, dim, dim, w->type, w->type);
    e->time0 = lay_dense(l, dim, WAN_FREQ, DEVICE_F32, DEVICE_F32);
    e->time2 = lay_dense(l, dim, dim, DEVICE_F32, DEVICE_F32);
    e->time6 = lay_dense(l, 6 * dim, dim, DEVICE_F32, DEVICE_F32);
    e->head = lay_dense(l, 4L * i->out, dim, w->type, DEVICE_F32);
    e->head_modulation = lay_floats(l, 2 * dim);
    if (i->image_dim) {
        e->image1 = lay_dense(l, i->image_dim, i->image_dim, w->type, DEVICE_F32);
        e->image3 = lay_dense(l, dim, i->image_dim, w->type, DEVICE_F32);
        e->image0 = lay_floats(l, i->image_dim);
        e->image0_bias = lay_floats(l, i->image_dim);
        e->image4 = lay_floats(l, dim);
        e->image4_bias = lay_floats(l, dim);
    }
    e->angles = lay_floats(l, wan_device_angles(w, NULL));
}

void wan_device_resize(struct wan_device *w, int frames, int rows, int columns)
{
    w->frames = frames, w->rows = rows, w->columns = columns;
    w->per_frame = rows / 2 * (columns / 2);
    w->tokens = frames * w->per_frame;
    w->ffn_rows = w->tokens < w->ffn_most ? w->tokens : w->ffn_most;
}

void wan_device_size(struct wan_device *w, const struct wan_dit *d, int frames, int rows,
                     int columns, const struct wan_device_options *o)
{
    w->ffn_most = o->rows ? o->rows : WAN_DEVICE_FFN_ROWS;
    w->type = o->type;
    w->info = d->info;
    w->pairs = o->pairs, w->near = o->near;
    wan_device_resize(w, frames, rows, columns);
    w->threads = o->threads > 0 ? o->threads : omp_get_max_threads();
    w->eps = d->eps;
    w->head_dim = d->head_dim;
}

size_t wan_device_place_work(struct wan_device *w, char *base)
{
    struct laying l = {base, 0};
    const struct wan_dit_info *i = &w->info;
    struct work_at *a = &w->work;
    long n = w->tokens, dim = i->width, text = i->text_rows, images = wan_device_images(i),
         keys = text > images ? text : images;
    size_t size = device_size(w->type);
    place_ends(&l, w, &w->ends); /* first: their places are the same for every shape */
    a->latent = lay_floats(&l, (long)i->in * w->frames * w->rows * w->columns);
    a->x = lay_floats(&l, n * dim);
    a->h = lay(&l, (size_t)(n * dim) * size);
    a->qkv = lay(&l, (size_t)(3 * n * dim) * size);
    a->hidden = lay(&l, (size_t)w->ffn_rows * (size_t)i->ffn * size);
    a->patches = lay(&l, (size_t)(4 * n * i->in) * size);
    a->leave = lay_floats(&l, 4 * n * i->out);
    a->text_in = lay(&l, (size_t)(text * i->text_dim) * size);
    a->text_mid = lay(&l, (size_t)(text * dim) * size);
    a->context = lay(&l, (size_t)(text * dim) * size);
    a->text_kv = lay(&l, (size_t)(2 * keys * dim) * size);
    if (images) {
        a->image_rows = lay_floats(&l, images * (dim > i->image_dim ? dim : i->image_dim));
        a->image_in = lay(&l, (size_t)(images * i->image_dim) * size);
        a->image = lay(&l, (size_t)(images * dim) * size);
    }
    a->waves = lay_floats(&l, WAN_TIMES * WAN_FREQ);
    a->middle = lay_floats(&l, WAN_TIMES * dim);
    a->embedded = lay_floats(&l, WAN_TIMES * dim);
    a->swished = lay_floats(&l, WAN_TIMES * dim);
    a->six = lay_floats(&l, WAN_TIMES * 6 * dim);
    a->mod = lay_floats(&l, WAN_TIMES * 6 * dim);
    a->places = w->pairs ? lay(&l, (size_t)n * sizeof(int)) : NULL;
    a->aside =
        w->pairs ? lay_floats(&l, (long)w->frames * (w->rows / 2) * (w->columns / 4) * dim) : NULL;
    a->first =
        w->near ? lay(&l, (size_t)((w->per_frame + w->per_frame / 8 + 1) * 3 * dim) * size) : NULL;
    return l.size;
}

/* Angle of pair i at position p: p * 10000^(-i / pairs), each axis by its own width; the last one
 * has its positions in halves. */
long wan_device_angles(const struct wan_device *w, float *out)
{
    int half = w->head_dim / 2, third = half / 3, pairs[3] = {half - 2 * third, third, third},
        positions[3] = {w->frames, w->rows / 2, w->columns};
    long count = 0;
    for (int a = 0; a < 3; a++)
        for (int p = 0; p < positions[a]; p++)
            for (int i = 0; i < pairs[a]; i++, count += 2) {
                double at = a == 2 ? 0.5 * p : p, angle = at * pow(10000, -(double)i / pairs[a]);
                if (out)
                    out[count] = (float)cos(angle), out[count + 1] = (float)sin(angle);
            }
    return count;
}

/* --- How the memory is used --- */

/* Blocks that pass through slots lie evenly between those that stay, so that each has the time of
 * several blocks to come. */
bool wan_device_streams(const struct wan_device_plan *p, int blocks, int block)
{
    long streams = blocks - p->resident;
    return (block + 1) * streams / blocks > block * streams / blocks;
}

static bool check_kind(const struct wan_dit *d, int frames, int rows, int columns, whelk_error *err)
{
    const char *path = weights_path(d->weights);
    if (d->head_dim > DEVICE_HEAD_MAX || d->info.width % 8 || d->info.ffn % 8 ||
        d->info.text_dim % 8 || d->info.image_dim % 8)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: rows of %d, %d, %d and %d numbers are not whole pieces of 8: it "
                          "runs on the processor only",
                          path, d->info.width, d->info.ffn, d->info.text_dim, d->info.image_dim);
    if (frames < 1 || rows < 2 || columns < 2 || rows % 2 || columns % 2)
        return whelk_fail(err, WHELK_EUSAGE, "a latent of %d x %d x %d cannot be cut into patches",
                          frames, rows, columns);
    return true;
}

bool wan_device_plan(const struct wan_dit *d, int frames, int rows, int columns,
                     const struct wan_device_options *o, long long own, long long granted,
                     struct wan_device_plan *out, whelk_error *err)
{
    struct wan_device w = {0};
    struct block_at unused;
    if (!check_kind(d, frames, rows, columns, err))
        return false;
    wan_device_size(&w, d, frames, rows, columns, o);
    struct wan_device_plan p = {
        .work = own + (long long)wan_device_place_work(&w, NULL),
        .block = (long long)wan_device_place_block(&d->info, o->type, NULL, &unused)};
    int blocks = d->info.blocks;
    p.resident = blocks;
    if (p.work + blocks * p.block > granted) {
        long long rest = granted - p.work - WAN_DEVICE_SLOTS * p.block;
        p.slots = WAN_DEVICE_SLOTS;
        p.resident = rest < 0 ? 0 : (int)(rest / p.block);
    }
    /* a network of few blocks needs no slots for what they would take themselves */
    p.least = p.work + (blocks < WAN_DEVICE_SLOTS ? blocks : WAN_DEVICE_SLOTS) * p.block;
    p.total = p.work + (p.resident + p.slots) * p.block;
    if (granted < p.least)
        return whelk_fail(
            err, WHELK_EFAIL,
            "too little memory on the device: %d x %d x %d of the latent need %lld MB "
            "at the least and %lld MB are granted; grant more (--vram), or ask for a "
            "smaller or shorter shot",
            frames, rows, columns, (p.least >> 20) + 1, granted >> 20);
    *out = p;
    return true;
}

long long wan_device_host_bytes(const struct wan_dit *d, enum device_type type)
{
    struct block_at unused;
    return WAN_DEVICE_SLOTS * (long long)wan_device_place_block(&d->info, type, NULL, &unused);
}
