/* Attention as a graph of cuDNN's: products, softmax and products again, which its engines for
 * attention know by their pattern. They know it only with the logarithm of the sum taken, which
 * nobody reads here; one-piece attention (OPERATION_SDPA_FWD) is taken by no engine of 9.19 for a
 * Hopper GPU. */
#include "module.h"

/* A tensor [1][heads][rows][columns]; strides of heads, rows and columns. */
static int tensor(struct graph *g, long heads, long rows, long columns, long head, long row,
                  long column, cudnnDataType_t type, bool within)
{
    return graph_tensor(g,
                        (struct graph_tensor){.dims = 4,
                                              .dim = {1, heads, rows, columns},
                                              .stride = {heads * rows * columns, head, row, column},
                                              .type = type,
                                              .within = within});
}

static int scores(struct graph *g, const struct device_attend *a, cudnnDataType_t type)
{
    return tensor(g, a->heads, a->queries, a->keys, a->queries * a->keys, a->keys, 1, type, true);
}

static int statistic(struct graph *g, const struct device_attend *a)
{
    return tensor(g, a->heads, a->queries, 1, a->queries, 1, 1, CUDNN_DATA_FLOAT, true);
}

struct graph *cuda_attend_graph(const struct device_attend *a)
{
    struct graph *g = graph_new();
    cudnnDataType_t half = CUDNN_DATA_BFLOAT16, f = CUDNN_DATA_FLOAT;
    long dim = a->dim, width = (long)a->heads * dim;
    /* in the order of cuda_graphs.c; keys are read turned */
    int q = tensor(g, a->heads, a->queries, dim, dim, a->q_stride, 1, half, false),
        k = tensor(g, a->heads, dim, a->keys, dim, 1, a->kv_stride, half, false),
        v = tensor(g, a->heads, a->keys, dim, dim, a->kv_stride, 1, half, false),
        o = tensor(g, a->heads, a->queries, dim, dim, width, 1, half, false),
        scale = graph_tensor(
            g, (struct graph_tensor){.dims = 4, .dim = {1, 1, 1, 1}, .type = f, .by_value = true});
    int raw = scores(g, a, f), scaled = scores(g, a, f), most = statistic(g, a),
        less = scores(g, a, f), powers = scores(g, a, f), sum = statistic(g, a),
        logarithm = statistic(g, a), statistics = statistic(g, a), shares = scores(g, a, half);
    graph_matmul(g, q, k, raw);
    graph_pointwise(g, CUDNN_POINTWISE_MUL, raw, scale, scaled);
    graph_reduce(g, CUDNN_REDUCE_TENSOR_MAX, scaled, most);
    graph_pointwise(g, CUDNN_POINTWISE_SUB, scaled, most, less);
    graph_pointwise(g, CUDNN_POINTWISE_EXP, less, -1, powers);
    graph_reduce(g, CUDNN_REDUCE_TENSOR_ADD, powers, sum);
    graph_pointwise(g, CUDNN_POINTWISE_LOG, sum, -1, logarithm);
    graph_pointwise(g, CUDNN_POINTWISE_ADD, most, logarithm, statistics);
    graph_pointwise(g, CUDNN_POINTWISE_DIV, powers, sum, shares);
    graph_matmul(g, shares, v, o);
    return g;
}
