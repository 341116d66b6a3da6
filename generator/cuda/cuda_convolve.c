/* A convolution as a graph of cuDNN's: bias, and what is added, in one operation with it. Channels
 * lie together at each pixel; the one picture that comes out has its frames' axis, of length 1. */
#include "module.h"

/* A tensor [1][channels][frames][rows][columns]. */
static int picture(struct graph *g, long channels, long frames, long rows, long columns,
                   cudnnDataType_t type, bool within)
{
    return graph_tensor(g, (struct graph_tensor){.dims = 5,
                                                 .dim = {1, channels, frames, rows, columns},
                                                 .stride = {channels * frames * rows * columns, 1,
                                                            rows * columns * channels,
                                                            columns * channels, channels},
                                                 .type = type,
                                                 .within = within});
}

static int weights(struct graph *g, const struct device_convolve *c, cudnnDataType_t type)
{
    long in = c->in, side = c->side, frames = c->frames;
    return graph_tensor(g, (struct graph_tensor){.dims = 5,
                                                 .dim = {c->out, in, frames, side, side},
                                                 .stride = {in * frames * side * side, 1,
                                                            side * side * in, side * in, in},
                                                 .type = type});
}

struct graph *cuda_convolve_graph(const struct device_convolve *c)
{
    struct graph *g = graph_new();
    cudnnDataType_t half = CUDNN_DATA_BFLOAT16, f = CUDNN_DATA_FLOAT;
    /* in the order of cuda_graphs.c */
    int x = picture(g, c->in, c->frames, c->rows, c->columns, half, false), w = weights(g, c, half),
        bias = picture(g, c->out, 1, 1, 1, f, false),
        y = picture(g, c->out, 1, c->rows, c->columns, f, false),
        add = c->add ? picture(g, c->out, 1, c->rows, c->columns, f, false) : -1;
    int plain = picture(g, c->out, 1, c->rows, c->columns, f, true),
        biased = c->add ? picture(g, c->out, 1, c->rows, c->columns, f, true) : y;
    graph_convolve(g, x, w, plain, c->side / 2);
    graph_pointwise(g, CUDNN_POINTWISE_ADD, plain, bias, biased);
    if (c->add)
        graph_pointwise(g, CUDNN_POINTWISE_ADD, biased, add, y);
    return g;
}
