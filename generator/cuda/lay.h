/* Tensors laid one after another in one block of a device's memory. Without a base nothing has an
 * address and only the size is counted.
 *
 *     struct laying l = {base, 0};
 *     float *x = lay_floats(&l, count);            // ... l.size bytes in all */
#ifndef WHELK_CUDA_LAY_H
#define WHELK_CUDA_LAY_H

#include "device.h"

struct laying {
    char *base;
    size_t size;
};

static inline void *lay(struct laying *l, size_t bytes)
{
    void *at = l->base ? l->base + l->size : NULL;
    l->size += (bytes + DEVICE_ALIGN - 1) / DEVICE_ALIGN * DEVICE_ALIGN;
    return at;
}

static inline float *lay_floats(struct laying *l, long count)
{
    return lay(l, (size_t)count * sizeof(float));
}

#endif
