/* Queueing the operations of a pass, with one place for what went wrong: after the first failure
 * nothing more is queued, and whoever makes the pass looks at the end.
 *
 *     struct queue q = {device, err, true};
 *     queue_product(&q, (struct product){.x = rows, .by = weights, ...});
 *     queue_op(&q, &op);
 *     if (!queue_finish(&q)) ... */
#ifndef WHELK_CUDA_QUEUE_H
#define WHELK_CUDA_QUEUE_H

#include "device.h"

struct queue {
    struct device *device;
    whelk_error *err;
    bool good; /* all so far */
};

struct dense {
    char *w, *bias; /* [n][in] of operands; [n] of what comes out, or NULL */
};

/* y = x . w^T + bias, as struct device_matmul has it. */
struct product {
    const void *x;
    struct dense by;
    void *y;
    long rows;
    int in, n;
    enum device_type type, out;
    bool gelu;
};

void queue_op(struct queue *q, const struct device_op *op);
/* In the queue that computes. */
void queue_copy(struct queue *q, void *to, const void *from, size_t bytes);
void queue_product(struct queue *q, struct product p);
/* To floats: the bias, floats too, follows by itself, since not every product library adds one to
 * sums of another kind than its operands. */
void queue_product_out(struct queue *q, struct product p);
/* All that is queued is done, well or not. */
bool queue_finish(struct queue *q);

/* A number that is none spreads through its row at the first norm, and so comes out: refused, with
 * the weights' path. */
bool queue_numbers(struct queue *q, const float *out, long count, const char *path);

#endif
