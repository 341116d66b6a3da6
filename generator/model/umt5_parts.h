/* What umt5.c opens, and it and a device run. */
#ifndef WHELK_UMT5_PARTS_H
#define WHELK_UMT5_PARTS_H

#include "umt5.h"
#include "weights.h"

enum { UMT5_BLOCKS_MAX = 64, UMT5_BUCKETS = 32 };

struct umt5_block {
    const float *norm1, *norm2, *places; /* places [UMT5_BUCKETS][heads] */
    struct matmul q, k, v, o, gate, fc1, fc2;
};

struct umt5 {
    struct weights *weights;
    bool bf16;
    int width, ffn, heads, blocks, vocabulary;
    const struct weights_tensor *table; /* [vocabulary][width] */
    const float *norm;
    struct umt5_block block[UMT5_BLOCKS_MAX];
};

/* Whether these are tokens of its own; and, with x, their rows [count][width]. */
bool umt5_embed(const struct umt5 *t, const int *ids, int count, float *x, whelk_error *err);
int umt5_bucket(int distance); /* of a key after its query */
void umt5_release_pages(const struct umt5_block *b);

#endif
