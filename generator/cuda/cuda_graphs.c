/* What cuDNN computes: attention and convolutions. A plan is made for each size once, and
 * remembered also where there is none. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"

/* The graphs' tensors that have memory, in the order in which they are made. */
enum { Q, K, V, O, SCALE };
enum { X, W, BIAS, Y, ADD };

struct known {
    struct known *next;
    struct device_op of;     /* its sizes and kinds; addresses mean nothing */
    struct graph_plan *plan; /* NULL = no engine */
};

struct cuda_graphs {
    cudnnHandle_t handle;
    void *workspace;
    size_t bytes;
    struct known *known;
    char note[1024];
};

static bool same_attend(const struct device_attend *a, const struct device_attend *b)
{
    return a->queries == b->queries && a->keys == b->keys && a->q_stride == b->q_stride &&
           a->kv_stride == b->kv_stride && a->heads == b->heads && a->dim == b->dim &&
           a->type == b->type;
}

static bool same_convolve(const struct device_convolve *a, const struct device_convolve *b)
{
    return a->frames == b->frames && a->rows == b->rows && a->columns == b->columns &&
           a->in == b->in && a->out == b->out && a->side == b->side && a->type == b->type &&
           !a->add == !b->add;
}

static bool same(const struct device_op *a, const struct device_op *b)
{
    return a->kind == b->kind &&
           (a->kind == DEVICE_ATTEND ? same_attend(&a->attend, &b->attend)
                                     : same_convolve(&a->convolve, &b->convolve));
}

static struct graph *graph_of(const struct device_op *op)
{
    return op->kind == DEVICE_ATTEND ? cuda_attend_graph(&op->attend)
                                     : cuda_convolve_graph(&op->convolve);
}

/* Attention by this engine was told of some other size. */
static bool told(const struct cuda_graphs *c, const struct graph_plan *plan)
{
    for (const struct known *k = c->known; k; k = k->next)
        if (k->of.kind == DEVICE_ATTEND && k->plan &&
            graph_plan_engine(k->plan) == graph_plan_engine(plan))
            return true;
    return false;
}

/* Attention is told once for every engine that takes some; of the many convolutions those that no
 * engine takes. */
static void tell(struct cuda_graphs *c, const struct known *k, const char *why)
{
    size_t used = strlen(c->note);
    char what[120], by[400];
    const struct device_attend *a = &k->of.attend;
    const struct device_convolve *v = &k->of.convolve;
    if (k->plan && (k->of.kind == DEVICE_CONVOLVE || told(c, k->plan)))
        return;
    if (k->of.kind == DEVICE_ATTEND)
        snprintf(what, sizeof what, "attention of %ld queries to %ld keys", a->queries, a->keys);
    else
        snprintf(what, sizeof what, "convolutions of %d to %d channels at %d x %d", v->in, v->out,
                 v->columns, v->rows);
    if (k->plan)
        snprintf(by, sizeof by, "cuDNN's engine %d", graph_plan_engine(k->plan));
    else
        snprintf(by, sizeof by, "an own kernel, which is slow (%.300s)", why);
    snprintf(c->note + used, sizeof c->note - used, "%s%s by %s", used ? "; " : "", what, by);
}

static struct known *known_as(struct cuda_graphs *c, const struct device_op *op)
{
    whelk_error why = {0};
    enum device_type type = op->kind == DEVICE_ATTEND ? op->attend.type : op->convolve.type;
    for (struct known *k = c->known; k; k = k->next)
        if (same(&k->of, op))
            return k;
    struct known *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->of = *op;
    if (type == DEVICE_BF16) {
        struct graph *g = graph_of(op);
        k->plan = graph_plan(g, c->handle, (long long)c->bytes, &why);
        graph_free(g);
    } else
        whelk_fail(&why, WHELK_EFAIL, "operands are f32");
    tell(c, k, why.text);
    k->next = c->known;
    return c->known = k;
}

static void addresses(const struct device_op *op, const float *scale, void *at[GRAPH_TENSORS])
{
    if (op->kind == DEVICE_ATTEND) {
        at[Q] = (void *)op->attend.q, at[K] = (void *)op->attend.k, at[V] = (void *)op->attend.v;
        at[O] = op->attend.o, at[SCALE] = (void *)scale;
    } else {
        at[X] = (void *)op->convolve.x, at[W] = (void *)op->convolve.w;
        at[BIAS] = (void *)op->convolve.bias, at[Y] = op->convolve.y;
        at[ADD] = (void *)op->convolve.add;
    }
}

/* Graphs are told that every tensor begins at a multiple of 16 bytes. */
static bool aligned(void *const at[GRAPH_TENSORS])
{
    for (int i = 0; i < GRAPH_TENSORS; i++)
        if ((uintptr_t)at[i] % 16)
            return false;
    return true;
}

enum cuda_done cuda_graphs_run(struct cuda_graphs *c, const struct device_op *op, whelk_error *err)
{
    struct known *k = known_as(c, op);
    _Alignas(16) float scale = op->kind == DEVICE_ATTEND ? op->attend.scale : 0;
    void *at[GRAPH_TENSORS] = {0};
    if (!k)
        return whelk_fail(err, WHELK_EFAIL, "out of memory"), CUDA_FAILED;
    addresses(op, &scale, at);
    if (!k->plan || !aligned(at))
        return CUDA_NO_ENGINE;
    return graph_plan_run(k->plan, c->handle, at, c->workspace, err) ? CUDA_DONE : CUDA_FAILED;
}

struct cuda_graphs *cuda_graphs_open(void *workspace, size_t bytes, cudaStream_t stream,
                                     whelk_error *err)
{
    struct cuda_graphs *c = calloc(1, sizeof *c);
    cudnnStatus_t s = c ? cudnnCreate(&c->handle) : CUDNN_STATUS_ALLOC_FAILED;
    if (!s)
        s = cudnnSetStream(c->handle, stream);
    if (s) {
        whelk_fail(err, WHELK_EFAIL, "cuDNN cannot be opened: %s", cudnnGetErrorString(s));
        cuda_graphs_close(c);
        return NULL;
    }
    c->workspace = workspace;
    c->bytes = bytes;
    return c;
}

void cuda_graphs_close(struct cuda_graphs *c)
{
    if (!c)
        return;
    while (c->known) {
        struct known *k = c->known;
        c->known = k->next;
        graph_plan_free(k->plan);
        free(k);
    }
    if (c->handle)
        cudnnDestroy(c->handle);
    free(c);
}

const char *cuda_graphs_note(const struct cuda_graphs *c)
{
    return c->note;
}

enum graph_reach cuda_graphs_try(const struct device_op *op, const char *device, whelk_error *err)
{
    struct graph *g = graph_of(op);
    enum graph_reach reach = graph_try(g, device, err);
    graph_free(g);
    return reach;
}
