/* Making ready: memory taken, sizes told, places laid out. */
#include <stdlib.h>

#include "wan_device_run.h"

/* Angles are copied from there, too. */
static size_t room_of_inputs(const struct wan_device *w)
{
    size_t inputs = wan_device_input_bytes(w),
           angles = (size_t)wan_device_angles(w, NULL) * sizeof(float);
    return inputs > angles ? inputs : angles;
}

bool wan_device_shape(struct wan_device *w, int frames, int rows, int columns, whelk_error *err)
{
    struct device *v = w->device;
    float *table = (float *)(void *)w->inputs;
    if (!v->finish(v, err))
        return false;
    wan_device_resize(w, frames, rows, columns);
    wan_device_place_work(w, w->memory);
    size_t bytes = (size_t)wan_device_angles(w, table) * sizeof *table;
    return v->copy(v, DEVICE_COMPUTE, w->ends.angles, table, bytes, err) && v->finish(v, err);
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
                (w->inputs = v->pin(v, room_of_inputs(w), err));
    for (int i = 0; good && i < WAN_DEVICE_SLOTS; i++)
        good = (w->staging[i] = v->pin(v, (size_t)p->block, err));
    return good && wan_device_shape(w, w->frames, w->rows, w->columns, err);
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
