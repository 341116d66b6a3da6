/* What parity checks see of a pass. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wan_device_run.h"

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

void wan_device_trace(struct run *r, const char *name, const void *at, long rows, long width,
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

void wan_device_trace_block(struct run *r, int block, const char *name, const void *at, long rows,
                            long stride, enum device_type type)
{
    char full[64];
    snprintf(full, sizeof full, "blocks.%d%s", block, name);
    wan_device_trace(r, full, at, rows, r->dim, stride, type);
}
