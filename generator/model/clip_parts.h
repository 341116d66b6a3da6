/* What clip.c opens, and it and a device run. */
#ifndef WHELK_CLIP_VISION_PARTS_H
#define WHELK_CLIP_VISION_PARTS_H

#include "../cpu/matmul.h"
#include "clip.h"
#include "weights.h"

enum { CLIP_BLOCKS_MAX = 64 };

struct clip_block {
    const float *norm1, *norm1_bias, *norm2, *norm2_bias;
    struct matmul qkv[3]; /* one of them all, or three */
    struct matmul proj, fc1, fc2;
};

struct clip {
    struct weights *weights;
    bool bf16;
    int width, mlp, heads, blocks; /* blocks: those that are run */
    int patch, across, tokens;     /* pixels of a patch, patches in a row */
    int parts;                     /* matrices that make q, k and v */
    struct matmul embed;
    const float *whole, *places, *pre, *pre_bias;
    struct clip_block block[CLIP_BLOCKS_MAX];
};

/* Patch `i` of a picture (clip_encode) at the encoder's own size: [3][patch][patch], of CLIP's mean
 * and deviation. */
void clip_patch(const struct clip *c, const float *rgb, int height, int width, int i, float *to);
void clip_release_pages(const struct clip_block *b);

#endif
