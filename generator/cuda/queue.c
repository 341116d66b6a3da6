/* The operations that every family's pass queues. */
#include "queue.h"

#include <math.h>

void queue_op(struct queue *q, const struct device_op *op)
{
    q->good = q->good && q->device->run(q->device, op, q->err);
}

void queue_copy(struct queue *q, void *to, const void *from, size_t bytes)
{
    q->good = q->good && q->device->copy(q->device, DEVICE_COMPUTE, to, from, bytes, q->err);
}

void queue_product(struct queue *q, struct product p)
{
    queue_op(q, &(struct device_op){.kind = DEVICE_MATMUL,
                                    .matmul = {.x = p.x,
                                               .w = p.by.w,
                                               .bias = p.by.bias,
                                               .y = p.y,
                                               .rows = p.rows,
                                               .in = p.in,
                                               .n = p.n,
                                               .type = p.type,
                                               .y_type = p.out,
                                               .gelu = p.gelu}});
}

void queue_product_out(struct queue *q, struct product p)
{
    const float *bias = (const float *)(void *)p.by.bias;
    float *y = p.y;
    p.by.bias = NULL;
    p.out = DEVICE_F32;
    queue_product(q, p);
    queue_op(q,
             &(struct device_op){.kind = DEVICE_SUM, .sum = {y, bias, y, p.n, p.rows, p.n, p.n}});
}

bool queue_finish(struct queue *q)
{
    bool done = q->device->finish(q->device, q->good ? q->err : NULL);
    q->good = q->good && done;
    return q->good;
}

bool queue_numbers(struct queue *q, const float *out, long count, const char *path)
{
    for (long i = 0; q->good && i < count; i++)
        if (!isfinite(out[i]))
            q->good = whelk_fail(q->err, WHELK_EFAIL,
                                 "%s: numbers ceased to be numbers on %s: its weights are damaged, "
                                 "or the device is",
                                 path, q->device->name);
    return q->good;
}
