/* A codec as it is loaded (codec_open.c) and run (codec.c). Inside, pictures are channels last:
 * then pixel shuffles are copies of whole runs, once the output channels of the convolution before
 * are put in (dy, dx, channel) order as the weights are loaded. */
#ifndef WHELK_CODEC_IN_H
#define WHELK_CODEC_IN_H

#include "codec.h"
#include "cpu/conv.h"

enum { CELL = 16, CHANNELS_MAX = 64 };

struct residual {
    struct conv *a, *b;
};

struct grid_codec {
    const struct model_layer *layer;
    struct codec_size size;
    const float *basis, *mean, *sd; /* [dim][channels * 256], [channels * 256], [dim] */
    struct conv *enc[4], *enc_out;
    struct residual enc_res;
    struct conv *dec_in, *up[3], *dec_out;
    struct residual dec_res[4];
    struct conv *head[5];
    size_t buffer; /* floats of the largest picture inside */
};

struct vector_codec {
    const struct model_layer *layer;
    const float *basis, *mean; /* [dim][raw], [raw] */
};

struct codec {
    const struct model *model;
    struct grid_codec grid[MODEL_LAYERS_MAX];
    struct vector_codec vector[MODEL_LAYERS_MAX];
    size_t buffer, conv_scratch; /* the largest of all layers: floats, bytes */
};

#endif
