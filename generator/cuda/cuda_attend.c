/* Attention by cuDNN: products, softmax and products again as one graph, which its engines for
 * attention know by its pattern. They know it only with the logarithm of the sum taken, which
 * nobody reads here; one-piece attention (OPERATION_SDPA_FWD) is taken by no engine of 9.19 for a
 * Hopper GPU. Each size's plan is made once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"

enum { Q, K, V, O, SCALE, TENSORS };

struct sizes {
    struct sizes *next;
    struct device_attend of;
    struct graph_plan *plan; /* NULL = no engine */
};

struct cuda_attend {
    cudnnHandle_t handle;
    void *workspace;
    size_t bytes;
    struct sizes *sizes;
    char note[1024];
};

/* --- The graph --- */

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

static struct graph *graph_of(const struct device_attend *a)
{
    struct graph *g = graph_new();
    cudnnDataType_t half = CUDNN_DATA_BFLOAT16, f = CUDNN_DATA_FLOAT;
    long dim = a->dim, width = (long)a->heads * dim;
    /* in the order of Q, K, V, O, SCALE; keys are read turned */
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

enum graph_reach cuda_attend_try(const struct device_attend *a, const char *device,
                                 whelk_error *err)
{
    struct graph *g = graph_of(a);
    enum graph_reach reach = graph_try(g, device, err);
    graph_free(g);
    return reach;
}

/* --- Running it --- */

static bool same(const struct device_attend *a, const struct device_attend *b)
{
    return a->queries == b->queries && a->keys == b->keys && a->q_stride == b->q_stride &&
           a->kv_stride == b->kv_stride && a->heads == b->heads && a->dim == b->dim &&
           a->type == b->type;
}

static void tell(struct cuda_attend *c, const struct sizes *s, const char *why)
{
    size_t used = strlen(c->note);
    char by[400];
    if (s->plan)
        snprintf(by, sizeof by, "cuDNN's engine %d", graph_plan_engine(s->plan));
    else
        snprintf(by, sizeof by, "an own kernel, which is slow (%.300s)", why);
    snprintf(c->note + used, sizeof c->note - used, "%sattention of %ld queries to %ld keys by %s",
             used ? "; " : "", s->of.queries, s->of.keys, by);
}

static struct sizes *sizes_for(struct cuda_attend *c, const struct device_attend *a)
{
    whelk_error why = {0};
    for (struct sizes *s = c->sizes; s; s = s->next)
        if (same(&s->of, a))
            return s;
    struct sizes *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->of = *a;
    if (a->type == DEVICE_BF16) {
        struct graph *g = graph_of(a);
        s->plan = graph_plan(g, c->handle, (long long)c->bytes, &why);
        graph_free(g);
    } else
        whelk_fail(&why, WHELK_EFAIL, "operands are f32");
    tell(c, s, why.text);
    s->next = c->sizes;
    return c->sizes = s;
}

enum cuda_attended cuda_attend_run(struct cuda_attend *c, const struct device_attend *a,
                                   whelk_error *err)
{
    struct sizes *s = sizes_for(c, a);
    float scale = a->scale;
    void *at[GRAPH_TENSORS] = {0};
    if (!s)
        return whelk_fail(err, WHELK_EFAIL, "out of memory"), CUDA_ATTEND_FAILED;
    if (!s->plan)
        return CUDA_NO_ENGINE;
    at[Q] = (void *)a->q, at[K] = (void *)a->k, at[V] = (void *)a->v, at[O] = a->o;
    at[SCALE] = &scale;
    return graph_plan_run(s->plan, c->handle, at, c->workspace, err) ? CUDA_ATTENDED
                                                                     : CUDA_ATTEND_FAILED;
}

struct cuda_attend *cuda_attend_open(void *workspace, size_t bytes, cudaStream_t stream,
                                     whelk_error *err)
{
    struct cuda_attend *c = calloc(1, sizeof *c);
    cudnnStatus_t s = c ? cudnnCreate(&c->handle) : CUDNN_STATUS_ALLOC_FAILED;
    if (!s)
        s = cudnnSetStream(c->handle, stream);
    if (s) {
        whelk_fail(err, WHELK_EFAIL, "cuDNN cannot be opened: %s", cudnnGetErrorString(s));
        cuda_attend_close(c);
        return NULL;
    }
    c->workspace = workspace;
    c->bytes = bytes;
    return c;
}

void cuda_attend_close(struct cuda_attend *c)
{
    if (!c)
        return;
    while (c->sizes) {
        struct sizes *s = c->sizes;
        c->sizes = s->next;
        graph_plan_free(s->plan);
        free(s);
    }
    if (c->handle)
        cudnnDestroy(c->handle);
    free(c);
}

const char *cuda_attend_note(const struct cuda_attend *c)
{
    return c->note;
}
