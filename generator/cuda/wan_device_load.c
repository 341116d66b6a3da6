/* Weights from where they lie in their files to the device: widened or narrowed to operands on the
 * host, in a block's layout, and sent in one piece. */
#include "fill.h"
#include "wan_device_parts.h"

#include <stdlib.h>
#include <string.h>

static void fill_block(const struct wan_device *w, const struct wan_block *b, char *staging)
{
    struct block_at at;
    long dim = w->info.width;
    enum device_type t = w->type;
    wan_device_place_block(&w->info, t, staging, &at);
    const struct filling all[] = {
        {&b->self.q, at.qkv, 0, t, t},       {&b->self.k, at.qkv, dim, t, t},
        {&b->self.v, at.qkv, 2 * dim, t, t}, {&b->self.o, at.o, 0, t, t},
        {&b->cross.q, at.q, 0, t, t},        {&b->cross.k, at.kv, 0, t, t},
        {&b->cross.v, at.kv, dim, t, t},     {&b->cross.o, at.cross_o, 0, t, t},
        {&b->ffn0, at.ffn0, 0, t, t},        {&b->ffn2, at.ffn2, 0, t, t}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        fill_dense(&all[i], w->threads);
    const struct {
        float *to;
        const float *from;
        long rows;
    } floats[] = {{at.norm_q, b->self.norm_q, 1},   {at.norm_k, b->self.norm_k, 1},
                  {at.cross_q, b->cross.norm_q, 1}, {at.cross_k, b->cross.norm_k, 1},
                  {at.norm3, b->norm3, 1},          {at.norm3_bias, b->norm3_bias, 1},
                  {at.modulation, b->modulation, 6}};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        memcpy(floats[i].to, floats[i].from, (size_t)(floats[i].rows * dim) * sizeof(float));
    if (w->info.image_dim) {
        const struct filling k = {&b->k_img, at.kv_image, 0, t, t},
                             v = {&b->v_img, at.kv_image, dim, t, t};
        fill_dense(&k, w->threads);
        fill_dense(&v, w->threads);
        memcpy(at.k_image, b->norm_k_img, (size_t)dim * sizeof(float));
    }
}

/* Once: the host's copy of one product of the ends, and up. */
static bool send(struct wan_device *w, const struct matmul *m, struct dense to,
                 enum device_type type, enum device_type out, whelk_error *err)
{
    size_t size = (size_t)m->w.n * (size_t)m->w.in * device_size(type),
           bias = (size_t)m->w.n * device_size(out);
    char *host = malloc(size + bias);
    if (!host)
        return whelk_fail(err, WHELK_EFAIL, "no memory for %zu bytes of weights", size + bias);
    struct filling f = {m, {host, host + size}, 0, type, out};
    fill_dense(&f, w->threads);
    bool good = w->device->copy(w->device, DEVICE_COMPUTE, to.w, host, size, err) &&
                w->device->copy(w->device, DEVICE_COMPUTE, to.bias, host + size, bias, err);
    good = w->device->finish(w->device, good ? err : NULL) && good;
    free(host);
    return good;
}

static bool send_floats(struct wan_device *w, float *to, const float *from, int count,
                        whelk_error *err)
{
    return w->device->copy(w->device, DEVICE_COMPUTE, to, from, (size_t)count * sizeof *to, err);
}

static bool send_image_ends(struct wan_device *w, const struct wan_dit *d, whelk_error *err)
{
    const struct ends_at *e = &w->ends;
    enum device_type t = w->type, f = DEVICE_F32;
    int dim = w->info.image_dim, width = w->info.width;
    return !dim ||
           (send(w, &d->img1, e->image1, t, f, err) && send(w, &d->img3, e->image3, t, f, err) &&
            send_floats(w, e->image0, d->img0, dim, err) &&
            send_floats(w, e->image0_bias, d->img0_bias, dim, err) &&
            send_floats(w, e->image4, d->img4, width, err) &&
            send_floats(w, e->image4_bias, d->img4_bias, width, err));
}

static bool send_ends(struct wan_device *w, const struct wan_dit *d, whelk_error *err)
{
    const struct ends_at *e = &w->ends;
    enum device_type t = w->type, f = DEVICE_F32;
    bool good =
        send(w, &d->patch, e->patch, t, f, err) && send(w, &d->text0, e->text0, t, t, err) &&
        send(w, &d->text2, e->text2, t, t, err) && send(w, &d->time0, e->time0, f, f, err) &&
        send(w, &d->time2, e->time2, f, f, err) && send(w, &d->time6, e->time6, f, f, err) &&
        send(w, &d->head, e->head, t, f, err) &&
        send_floats(w, e->head_modulation, d->head_modulation, 2 * w->info.width, err) &&
        send_image_ends(w, d, err);
    return w->device->finish(w->device, good ? err : NULL) && good;
}

/* --- Blocks --- */

/* Through one of the host's slots into `to`, once that slot's last copy is done. */
static bool send_block(struct wan_device *w, int block, int slot, char *to, whelk_error *err)
{
    struct device *v = w->device;
    if (!v->meet(v, MARK_FILLED + slot, err))
        return false;
    fill_block(w, &w->loaded->block[block], w->staging[slot]);
    return v->copy(v, DEVICE_COPIES, to, w->staging[slot], (size_t)w->plan.block, err) &&
           v->mark(v, DEVICE_COPIES, MARK_FILLED + slot, err);
}

static char *slot_at(const struct wan_device *w, int slot)
{
    return w->slots + slot * w->plan.block;
}

/* Keeps as many blocks under way as there are slots; after a pass's last block the next pass's
 * first ones follow. */
static bool send_ahead(struct wan_device *w, whelk_error *err)
{
    struct device *v = w->device;
    for (; w->streams && w->ahead < w->used + w->plan.slots; w->ahead++) {
        int slot = (int)(w->ahead % w->plan.slots);
        if (!v->wait(v, DEVICE_COPIES, MARK_USED + slot, err) ||
            !send_block(w, w->streamed[w->ahead % w->streams], slot, slot_at(w, slot), err))
            return false;
    }
    return true;
}

static void release_pages(const struct wan_block *b)
{
    const struct matmul *all[] = {&b->self.q,  &b->self.k,  &b->self.v,  &b->self.o,
                                  &b->cross.q, &b->cross.k, &b->cross.v, &b->cross.o,
                                  &b->ffn0,    &b->ffn2,    &b->k_img,   &b->v_img};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->w.data)
            weights_release_pages(all[i]);
}

/* Many gigabytes may be sent: asked as before a pass's first block whether to go on. */
static bool still_wanted(const struct wan_pass *p, whelk_error *err)
{
    return !p->go_on || p->go_on(p->ctx, 0) || whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
}

bool wan_device_load(struct wan_device *w, const struct wan_dit *d, const struct wan_pass *p,
                     whelk_error *err)
{
    int sent = 0;
    if (w->loaded == d)
        return true;
    w->loaded = NULL;
    if (!w->device->finish(w->device, err) || !send_ends(w, d, err))
        return false;
    w->loaded = d;
    w->streams = 0, w->ahead = w->used = 0;
    bool good = true;
    for (int i = 0; good && i < w->info.blocks; i++)
        if (wan_device_streams(&w->plan, w->info.blocks, i)) {
            w->streamed[w->streams++] = i;
        } else {
            good = still_wanted(p, err) &&
                   send_block(w, i, sent % WAN_DEVICE_SLOTS, w->blocks + sent * w->plan.block, err);
            release_pages(&d->block[i]);
            sent++;
        }
    good = w->device->finish(w->device, good ? err : NULL) && good;
    if (!good)
        w->loaded = NULL;
    return good;
}

bool wan_device_begin_block(struct wan_device *w, int block, struct block_at *at, whelk_error *err)
{
    struct device *v = w->device;
    if (wan_device_streams(&w->plan, w->info.blocks, block)) {
        int slot = (int)(w->used % w->plan.slots);
        wan_device_place_block(&w->info, w->type, slot_at(w, slot), at);
        return send_ahead(w, err) && v->wait(v, DEVICE_COMPUTE, MARK_FILLED + slot, err);
    }
    int before = 0;
    for (int i = 0; i < block; i++)
        before += !wan_device_streams(&w->plan, w->info.blocks, i);
    wan_device_place_block(&w->info, w->type, w->blocks + before * w->plan.block, at);
    return true;
}

bool wan_device_end_block(struct wan_device *w, int block, whelk_error *err)
{
    struct device *v = w->device;
    if (wan_device_streams(&w->plan, w->info.blocks, block)) {
        if (!v->mark(v, DEVICE_COMPUTE, MARK_USED + (int)(w->used % w->plan.slots), err))
            return false;
        w->used++;
    }
    return send_ahead(w, err);
}
