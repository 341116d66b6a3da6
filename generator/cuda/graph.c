/* Descriptors of cuDNN's backend. Each one made is kept by the graph until it is freed, since the
 * later ones refer to it. */
#include "graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 96, ENGINES = 16, REASON = 320 };

typedef cudnnBackendDescriptor_t descriptor;

struct graph {
    descriptor kept[KEPT];
    int keeps;
    struct graph_tensor tensors[GRAPH_TENSORS];
    descriptor of[GRAPH_TENSORS]; /* the tensors' descriptors */
    int count;
    descriptor operations[GRAPH_OPERATIONS];
    int steps;
    char wrong[REASON]; /* the first mistake; "" = none */
};

struct graph_plan {
    descriptor plan, config, pack;
    int64_t uids[GRAPH_TENSORS];
    int real[GRAPH_TENSORS], reals; /* tensors that have an address */
    int engine;
};

/* --- Descriptors --- */

static void told(char out[REASON], const char *what, cudnnStatus_t status)
{
    char last[2048] = "";
    cudnnGetLastErrorString(last, sizeof last);
    last[strcspn(last, "\n")] = '\0';
    snprintf(out, REASON, "%s: %s%s%.200s", what, cudnnGetErrorString(status), *last ? ", " : "",
             last);
}

static void wrong(struct graph *g, const char *what, cudnnStatus_t status)
{
    if (!g->wrong[0])
        told(g->wrong, what, status);
}

static descriptor keep(struct graph *g, cudnnBackendDescriptorType_t type)
{
    descriptor d = NULL;
    cudnnStatus_t s =
        g->keeps < KEPT ? cudnnBackendCreateDescriptor(type, &d) : CUDNN_STATUS_ALLOC_FAILED;
    if (s)
        wrong(g, "a descriptor", s);
    else
        g->kept[g->keeps++] = d;
    return d;
}

static void set(struct graph *g, descriptor d, cudnnBackendAttributeName_t name,
                cudnnBackendAttributeType_t type, int64_t count, const void *values)
{
    cudnnStatus_t s =
        g->wrong[0] ? CUDNN_STATUS_SUCCESS : cudnnBackendSetAttribute(d, name, type, count, values);
    if (s) {
        char what[40];
        snprintf(what, sizeof what, "attribute %d", (int)name);
        wrong(g, what, s);
    }
}

static void set_one(struct graph *g, descriptor d, cudnnBackendAttributeName_t name,
                    descriptor value)
{
    set(g, d, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

static void close_descriptor(struct graph *g, descriptor d, const char *what)
{
    cudnnStatus_t s = g->wrong[0] ? CUDNN_STATUS_SUCCESS : cudnnBackendFinalize(d);
    if (s)
        wrong(g, what, s);
}

struct graph *graph_new(void)
{
    return calloc(1, sizeof(struct graph));
}

void graph_free(struct graph *g)
{
    while (g && g->keeps)
        cudnnBackendDestroyDescriptor(g->kept[--g->keeps]);
    free(g);
}

/* --- Tensors and operations --- */

static void pack(struct graph_tensor *t)
{
    long stride = 1;
    for (int i = 0; i < t->dims; i++)
        if (t->stride[i])
            return;
    for (int i = t->dims - 1; i >= 0; i--) {
        t->stride[i] = stride;
        stride *= t->dim[i];
    }
}

int graph_tensor(struct graph *g, struct graph_tensor t)
{
    int64_t dim[GRAPH_DIMS], stride[GRAPH_DIMS], alignment = 16;
    if (!g || g->count == GRAPH_TENSORS)
        return -1;
    int64_t uid = g->count + 1;
    bool yes = true;
    pack(&t);
    for (int i = 0; i < t.dims; i++)
        dim[i] = t.dim[i], stride[i] = t.stride[i];
    descriptor d = keep(g, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    set(g, d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &t.type);
    set(g, d, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, t.dims, dim);
    set(g, d, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, t.dims, stride);
    set(g, d, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &uid);
    set(g, d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment);
    if (t.within)
        set(g, d, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &yes);
    if (t.by_value)
        set(g, d, CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, 1, &yes);
    close_descriptor(g, d, "a tensor");
    g->tensors[g->count] = t;
    g->of[g->count] = d;
    return g->count++;
}

static descriptor tensor_at(struct graph *g, int i)
{
    if (i >= 0 && i < g->count)
        return g->of[i];
    wrong(g, "an operation on no tensor", CUDNN_STATUS_BAD_PARAM);
    return NULL;
}

static void add_operation(struct graph *g, descriptor d, const char *what)
{
    close_descriptor(g, d, what);
    if (g->steps == GRAPH_OPERATIONS)
        wrong(g, "too many operations", CUDNN_STATUS_BAD_PARAM);
    else
        g->operations[g->steps++] = d;
}

static const cudnnDataType_t in_f32 = CUDNN_DATA_FLOAT;

void graph_matmul(struct graph *g, int a, int b, int c)
{
    if (!g)
        return;
    descriptor how = keep(g, CUDNN_BACKEND_MATMUL_DESCRIPTOR);
    set(g, how, CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &in_f32);
    close_descriptor(g, how, "a product");
    descriptor d = keep(g, CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
    set_one(g, d, CUDNN_ATTR_OPERATION_MATMUL_ADESC, tensor_at(g, a));
    set_one(g, d, CUDNN_ATTR_OPERATION_MATMUL_BDESC, tensor_at(g, b));
    set_one(g, d, CUDNN_ATTR_OPERATION_MATMUL_CDESC, tensor_at(g, c));
    set_one(g, d, CUDNN_ATTR_OPERATION_MATMUL_DESC, how);
    add_operation(g, d, "a product's operation");
}

void graph_pointwise(struct graph *g, cudnnPointwiseMode_t mode, int x, int b, int y)
{
    if (!g)
        return;
    descriptor how = keep(g, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    set(g, how, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
    set(g, how, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &in_f32);
    close_descriptor(g, how, "a pointwise function");
    descriptor d = keep(g, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    set_one(g, d, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how);
    set_one(g, d, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor_at(g, x));
    if (b >= 0)
        set_one(g, d, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensor_at(g, b));
    set_one(g, d, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensor_at(g, y));
    add_operation(g, d, "a pointwise operation");
}

void graph_reduce(struct graph *g, cudnnReduceTensorOp_t how, int x, int y)
{
    if (!g)
        return;
    descriptor r = keep(g, CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    set(g, r, CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &in_f32);
    set(g, r, CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, 1, &how);
    close_descriptor(g, r, "a reduction");
    descriptor d = keep(g, CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
    set_one(g, d, CUDNN_ATTR_OPERATION_REDUCTION_XDESC, tensor_at(g, x));
    set_one(g, d, CUDNN_ATTR_OPERATION_REDUCTION_YDESC, tensor_at(g, y));
    set_one(g, d, CUDNN_ATTR_OPERATION_REDUCTION_DESC, r);
    add_operation(g, d, "a reduction's operation");
}

void graph_convolve(struct graph *g, int x, int w, int y, int pad)
{
    int64_t axes = 3, pads[] = {0, pad, pad}, ones[] = {1, 1, 1};
    cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    float one = 1, none = 0;
    if (!g)
        return;
    descriptor c = keep(g, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    set(g, c, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &in_f32);
    set(g, c, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
    set(g, c, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &axes);
    set(g, c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 3, pads);
    set(g, c, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 3, pads);
    set(g, c, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 3, ones);
    set(g, c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 3, ones);
    close_descriptor(g, c, "a convolution");
    descriptor d = keep(g, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    set_one(g, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, c);
    set_one(g, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, tensor_at(g, x));
    set_one(g, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, tensor_at(g, w));
    set_one(g, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, tensor_at(g, y));
    set(g, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &one);
    set(g, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &none);
    add_operation(g, d, "a convolution's operation");
}

/* --- Engines --- */

struct search {
    struct graph *g;
    cudnnHandle_t handle;
    descriptor device; /* instead of a handle; NULL = none */
    long long workspace;
    descriptor configs[ENGINES];
    int64_t count;
    char why[REASON]; /* why the last engine was refused */
};

static descriptor whole(struct graph *g, cudnnHandle_t handle)
{
    descriptor d = keep(g, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    if (handle)
        set(g, d, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
    set(g, d, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, g->steps,
        g->operations);
    close_descriptor(g, d, "the graph");
    return d;
}

/* The engines that a way of choosing names, best first; 0 where it names none. */
static void ask(struct search *s, descriptor graph, cudnnBackendHeurMode_t mode)
{
    struct graph *g = s->g;
    descriptor h = keep(g, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    set_one(g, h, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    set(g, h, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
    if (s->device)
        set_one(g, h, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, s->device);
    s->count = 0;
    cudnnStatus_t status = g->wrong[0] ? CUDNN_STATUS_BAD_PARAM : cudnnBackendFinalize(h);
    for (int i = 0; !status && i < ENGINES; i++)
        status = cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &s->configs[i]);
    if (!status)
        status =
            cudnnBackendGetAttribute(h, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, ENGINES, &s->count, s->configs);
    if (status)
        told(s->why, "choosing an engine", status), s->count = 0;
}

static void forget(struct search *s)
{
    for (int i = 0; i < ENGINES; i++) {
        if (s->configs[i])
            cudnnBackendDestroyDescriptor(s->configs[i]);
        s->configs[i] = NULL;
    }
}

/* Whether the engine gives the same bits in every run, and sums in f32: notes of cuDNN's say what
 * it does otherwise. */
static bool is_exact(descriptor engine)
{
    enum { NOTES = 16 };
    cudnnBackendNumericalNote_t notes[NOTES];
    int64_t count = 0;
    if (cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                 CUDNN_TYPE_NUMERICAL_NOTE, NOTES, &count, notes))
        return false;
    for (int64_t i = 0; i < count && i < NOTES; i++)
        if (notes[i] != CUDNN_NUMERICAL_NOTE_TENSOR_CORE)
            return false;
    return true;
}

/* The engine's number, and whether it is_exact. */
static int engine_of(descriptor config, bool *exact)
{
    descriptor engine = NULL;
    int64_t count, number = -1;
    cudnnStatus_t s = cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine);
    if (!s)
        s = cudnnBackendGetAttribute(config, CUDNN_ATTR_ENGINECFG_ENGINE,
                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &engine);
    if (!s)
        s = cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1,
                                     &count, &number);
    *exact = !s && is_exact(engine);
    if (engine)
        cudnnBackendDestroyDescriptor(engine);
    return s ? -1 : (int)number;
}

/* A plan by one engine; its status is what finalising it gave. */
static cudnnStatus_t plan_by(struct search *s, descriptor config, descriptor *out)
{
    cudnnStatus_t status =
        cudnnBackendCreateDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, out);
    if (!status && s->handle)
        status = cudnnBackendSetAttribute(*out, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE,
                                          1, &s->handle);
    if (!status && s->device)
        status = cudnnBackendSetAttribute(*out, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP,
                                          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &s->device);
    if (!status)
        status = cudnnBackendSetAttribute(*out, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG,
                                          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &config);
    if (!status)
        status = cudnnBackendFinalize(*out);
    if (status)
        told(s->why, "an engine", status);
    return status;
}

/* Whether a plan may be used: within the workspace, by an engine that is exact. */
static bool suits(struct search *s, descriptor plan, descriptor config, int *number)
{
    bool exact;
    int64_t count, need = 0;
    cudnnStatus_t status = cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                                    CUDNN_TYPE_INT64, 1, &count, &need);
    *number = engine_of(config, &exact);
    if (!exact) {
        snprintf(s->why, REASON, "engine %d is not exact", *number);
        return false;
    }
    if (status || need > s->workspace)
        snprintf(s->why, REASON, "an engine wants a workspace of %lld bytes", (long long)need);
    return !status && need <= s->workspace;
}

static struct graph_plan *new_plan(const struct graph *g, descriptor plan, descriptor config,
                                   int engine)
{
    struct graph_plan *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->plan = plan, p->config = config;
    p->engine = engine;
    for (int i = 0; i < g->count; i++)
        if (!g->tensors[i].within) {
            p->uids[p->reals] = i + 1;
            p->real[p->reals++] = i;
        }
    return p;
}

static const cudnnBackendHeurMode_t ways[] = {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK};
enum { WAYS = sizeof ways / sizeof *ways };

static struct graph_plan *best(struct search *s, descriptor graph)
{
    struct graph_plan *p = NULL;
    for (int w = 0; !p && w < WAYS; w++) {
        ask(s, graph, ways[w]);
        for (int i = 0; !p && i < s->count; i++) {
            descriptor plan = NULL;
            int number;
            if (!plan_by(s, s->configs[i], &plan) && suits(s, plan, s->configs[i], &number))
                p = new_plan(s->g, plan, s->configs[i], number);
            if (p)
                s->configs[i] = NULL;
            else if (plan)
                cudnnBackendDestroyDescriptor(plan);
        }
        forget(s);
    }
    return p;
}

struct graph_plan *graph_plan(struct graph *g, cudnnHandle_t handle, long long workspace,
                              whelk_error *err)
{
    struct search s = {.g = g, .handle = handle, .workspace = workspace};
    descriptor graph = g ? whole(g, handle) : NULL;
    struct graph_plan *p = graph && !g->wrong[0] ? best(&s, graph) : NULL;
    if (!p)
        whelk_fail(err, WHELK_EFAIL, "cuDNN: no engine: %s",
                   !g            ? "out of memory"
                   : g->wrong[0] ? g->wrong
                   : s.why[0]    ? s.why
                                 : "none is named for this device");
    return p;
}

void graph_plan_free(struct graph_plan *p)
{
    if (!p)
        return;
    if (p->pack)
        cudnnBackendDestroyDescriptor(p->pack);
    cudnnBackendDestroyDescriptor(p->plan);
    cudnnBackendDestroyDescriptor(p->config);
    free(p);
}

int graph_plan_engine(const struct graph_plan *p)
{
    return p->engine;
}

/* A finalised pack takes no other addresses: it is made anew for each run. */
bool graph_plan_run(struct graph_plan *p, cudnnHandle_t handle, void *const *at, void *workspace,
                    whelk_error *err)
{
    void *addresses[GRAPH_TENSORS];
    char why[REASON];
    if (p->pack)
        cudnnBackendDestroyDescriptor(p->pack);
    p->pack = NULL;
    for (int i = 0; i < p->reals; i++)
        addresses[i] = at[p->real[i]];
    cudnnStatus_t s = cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &p->pack);
    if (!s)
        s = cudnnBackendSetAttribute(p->pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64,
                                     p->reals, p->uids);
    if (!s)
        s = cudnnBackendSetAttribute(p->pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS,
                                     CUDNN_TYPE_VOID_PTR, p->reals, addresses);
    if (!s)
        s = cudnnBackendSetAttribute(p->pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE,
                                     CUDNN_TYPE_VOID_PTR, 1, &workspace);
    if (!s)
        s = cudnnBackendFinalize(p->pack);
    if (!s)
        s = cudnnBackendExecute(handle, p->plan, p->pack);
    if (s)
        told(why, "running", s);
    return !s || whelk_fail(err, WHELK_EFAIL, "cuDNN: engine %d: %s", p->engine, why);
}

/* --- Without a device --- */

static descriptor described(struct graph *g, const char *device)
{
    descriptor d = keep(g, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    set(g, d, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
        (int64_t)strlen(device) + 1, device);
    close_descriptor(g, d, "the device in words");
    return d;
}

static enum graph_reach reach_of(cudnnStatus_t s)
{
    return s == CUDNN_STATUS_SUCCESS                                      ? GRAPH_READY
           : s == CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER               ? GRAPH_COMPILED
           : s == CUDNN_STATUS_NOT_SUPPORTED_RUNTIME_PREREQUISITE_MISSING ? GRAPH_KNOWN
                                                                          : GRAPH_REFUSED;
}

/* The engines that are chosen where there is a device. */
static enum graph_reach try_chosen(struct search *s, descriptor graph)
{
    enum graph_reach most = GRAPH_REFUSED;
    for (int w = 0; w < WAYS && most < GRAPH_COMPILED; w++) {
        ask(s, graph, ways[w]);
        for (int i = 0; i < s->count && most < GRAPH_COMPILED; i++) {
            descriptor plan = NULL;
            bool exact;
            engine_of(s->configs[i], &exact);
            enum graph_reach reach =
                exact ? reach_of(plan_by(s, s->configs[i], &plan)) : GRAPH_REFUSED;
            most = reach > most ? reach : most;
            if (plan)
                cudnnBackendDestroyDescriptor(plan);
        }
        forget(s);
    }
    return most;
}

/* An engine by its number: without a driver none is chosen, which says nothing of the graph. */
static enum graph_reach try_engine(struct search *s, descriptor graph, int64_t number)
{
    struct graph *g = s->g;
    int before = g->keeps;
    descriptor engine = keep(g, CUDNN_BACKEND_ENGINE_DESCRIPTOR),
               config = keep(g, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR), plan = NULL;
    set_one(g, engine, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph);
    set(g, engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &number);
    set_one(g, engine, CUDNN_ATTR_ENGINE_DEVICEPROP, s->device);
    cudnnStatus_t status = g->wrong[0] ? CUDNN_STATUS_BAD_PARAM : cudnnBackendFinalize(engine);
    if (!status && !is_exact(engine))
        status = CUDNN_STATUS_NOT_SUPPORTED;
    if (!status)
        status = cudnnBackendSetAttribute(config, CUDNN_ATTR_ENGINECFG_ENGINE,
                                          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &engine);
    if (!status)
        status = cudnnBackendFinalize(config);
    if (!status)
        status = plan_by(s, config, &plan);
    else
        told(s->why, "an engine", status);
    if (plan)
        cudnnBackendDestroyDescriptor(plan);
    while (g->keeps > before)
        cudnnBackendDestroyDescriptor(g->kept[--g->keeps]);
    return reach_of(status);
}

enum graph_reach graph_try(struct graph *g, const char *device, whelk_error *err)
{
    struct search s = {.g = g};
    int64_t engines = 0, count;
    enum graph_reach most = GRAPH_REFUSED;
    descriptor graph = g ? whole(g, NULL) : NULL;
    s.device = graph ? described(g, device) : NULL;
    if (s.device && !g->wrong[0])
        cudnnBackendGetAttribute(graph, CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT,
                                 CUDNN_TYPE_INT64, 1, &count, &engines);
    if (s.device && !g->wrong[0])
        most = try_chosen(&s, graph);
    for (int64_t i = 0; i < engines && most < GRAPH_KNOWN && !g->wrong[0]; i++) {
        enum graph_reach reach = try_engine(&s, graph, i);
        most = reach > most ? reach : most;
    }
    if (!g || g->wrong[0]) {
        whelk_fail(err, WHELK_EFAIL, "cuDNN: %s", g ? g->wrong : "out of memory");
        return GRAPH_WRONG;
    }
    if (most == GRAPH_REFUSED)
        whelk_fail(err, WHELK_EFAIL, "cuDNN: no engine: %s", s.why);
    return most;
}
