/* Weights from where they lie in their files, made operands on the host in the layout that a device
 * is to have them in; stream.h, or one copy, takes them there. */
#ifndef WHELK_CUDA_FILL_H
#define WHELK_CUDA_FILL_H

#include "../cpu/matmul.h"
#include "queue.h"

/* Rows of a product's weights and its bias, at a row of the place for them. */
struct filling {
    const struct matmul *m;
    struct dense to; /* of the host; without a place for a bias there is none */
    long row;
    enum device_type type, out;
};

void fill_dense(const struct filling *f, int threads);

#endif
