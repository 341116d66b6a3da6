/* What the files of one pass on a device share: the run, and the operations that several of them
 * queue. wan_device.c leads; the others make the ends of the network, what a budget leaves out of
 * its blocks, and what parity checks are told. */
#ifndef WHELK_WAN_DEVICE_RUN_H
#define WHELK_WAN_DEVICE_RUN_H

#include "wan_device_parts.h"

enum { SHIFT1, SCALE1, GATE1, SHIFT2, SCALE2, GATE2 };

struct run {
    struct wan_device *w;
    const struct wan_pass *p;
    struct queue q;
    int dim, held;     /* held: tokens with the second time, which is 0 */
    size_t size;       /* of an operand */
    int tokens;        /* of the blocks under way; fewer where pairs are joined, */
    const int *places; /* which this tells then (struct device_join), else NULL */
};

/* Operands to operands. */
static inline void project(struct run *r, const void *x, long rows, int in, struct dense by, int n,
                           void *y)
{
    queue_product(&r->q, (struct product){x, by, y, rows, in, n, r->w->type, r->w->type, false});
}

static inline float *modulation(const struct run *r, int which)
{
    return r->w->work.mod + (long)which * r->dim;
}

static inline void norm(struct run *r, struct device_norm n)
{
    queue_op(&r->q, &(struct device_op){.kind = DEVICE_NORM, .norm = n});
}

/* wan_device.c: the norm of x to h, by this shift of the modulation and the scale after it; -1 =
 * neither, and no h. */
struct device_norm wan_device_norm(const struct run *r, int shift);

/* Queries, keys and values side by side in rows of so many numbers. */
struct wan_look {
    const char *q, *k;
    char *o;
    long queries, keys, q_stride, kv_stride;
};
void wan_device_attend(struct run *r, struct wan_look look);

/* wan_device_ends.c: from what the caller gives to the first block, and from the last one to the
 * caller. */
void wan_device_enter(struct run *r);
void wan_device_leave(struct run *r);
size_t wan_device_input_bytes(const struct wan_device *w); /* of the host, that copies run from */

/* wan_device_save.c: what a budget leaves out. */
void wan_device_join(struct run *r);
void wan_device_part(struct run *r);
/* The tokens' attention to near frames: q, k and v in rows of work.qkv, which end up used. */
void wan_device_attend_near(struct run *r);

/* wan_device_trace.c: rows of `width` numbers, `stride` apart, brought back and told. */
void wan_device_trace(struct run *r, const char *name, const void *at, long rows, long width,
                      long stride, enum device_type type);
void wan_device_trace_block(struct run *r, int block, const char *name, const void *at, long rows,
                            long stride, enum device_type type);

#endif
