/* The device itself: memory, streams, events, and each operation to whom it belongs. Only the CUDA
 * runtime is linked, and that statically: where there is no driver, opening says so. */
#include <stdio.h>
#include <stdlib.h>

#include "module.h"

/* CONTEXT: what a process with these libraries holds of a GPU beside what it asks for; an
 * allowance, not measured. */
enum { WORKSPACE = 64 << 20, CONTEXT = 768 << 20, CUDNN_LEAST = 90000 };

struct cuda {
    struct device device; /* first: it is what the caller holds */
    cudaStream_t stream[2];
    cudaEvent_t marks[DEVICE_MARKS];
    void *workspace; /* of products and attention, which follow one another in one stream */
    struct cuda_matmul *matmul;
    struct cuda_graphs *graphs;
};

static struct cuda *cuda_of(const struct device *d)
{
    return (struct cuda *)d;
}

static bool good(const struct device *d, cudaError_t e, const char *what, whelk_error *err)
{
    return e == cudaSuccess ||
           whelk_fail(err, WHELK_EFAIL, "%s: %s: %s", d->name, what, cudaGetErrorString(e));
}

/* --- Memory --- */

static long long there(struct device *d)
{
    size_t now = 0, all = 0;
    (void)d;
    return cudaMemGetInfo(&now, &all) ? 0 : (long long)now;
}

static void *take(struct device *d, size_t bytes, whelk_error *err)
{
    void *at = NULL;
    cudaError_t e = cudaMalloc(&at, bytes);
    if (e == cudaErrorMemoryAllocation)
        whelk_fail(err, WHELK_EFAIL,
                   "%s: no %zu MB of its memory are left (%lld MB of %lld MB are free)", d->name,
                   bytes >> 20, there(d) >> 20, d->memory_bytes >> 20);
    else
        good(d, e, "taking memory", err);
    cudaGetLastError(); /* a failed taking is not the next call's fault */
    return e ? NULL : at;
}

static void release(struct device *d, void *at)
{
    (void)d;
    cudaFree(at); /* waits for all streams */
}

static void *pin(struct device *d, size_t bytes, whelk_error *err)
{
    void *at = NULL;
    cudaError_t e = cudaMallocHost(&at, bytes);
    if (e)
        whelk_fail(err, WHELK_EFAIL,
                   "%s: no %zu MB of the host's memory can be held for copies: %s", d->name,
                   bytes >> 20, cudaGetErrorString(e));
    cudaGetLastError();
    return e ? NULL : at;
}

static void unpin(struct device *d, void *at)
{
    (void)d;
    cudaFreeHost(at);
}

/* --- Queues --- */

static bool copy(struct device *d, enum device_queue q, void *to, const void *from, size_t bytes,
                 whelk_error *err)
{
    return good(d, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, cuda_of(d)->stream[q]),
                "copying", err);
}

static bool mark(struct device *d, enum device_queue q, int m, whelk_error *err)
{
    struct cuda *c = cuda_of(d);
    return good(d, cudaEventRecord(c->marks[m], c->stream[q]), "marking a place", err);
}

static bool wait(struct device *d, enum device_queue q, int m, whelk_error *err)
{
    struct cuda *c = cuda_of(d);
    return good(d, cudaStreamWaitEvent(c->stream[q], c->marks[m], 0), "waiting", err);
}

static bool meet(struct device *d, int m, whelk_error *err)
{
    return good(d, cudaEventSynchronize(cuda_of(d)->marks[m]), "computing", err);
}

static bool finish(struct device *d, whelk_error *err)
{
    struct cuda *c = cuda_of(d);
    bool first = good(d, cudaStreamSynchronize(c->stream[DEVICE_COPIES]), "copying", err);
    return good(d, cudaStreamSynchronize(c->stream[DEVICE_COMPUTE]), "computing",
                first ? err : NULL) &&
           first;
}

/* --- Operations --- */

/* In f32, which is for proofs, GELU is the own kernel's: how exactly cuBLASLt's comes to its
 * numbers is not told. */
static bool multiply(struct cuda *c, const struct device_matmul *m, whelk_error *err)
{
    cudaStream_t stream = c->stream[DEVICE_COMPUTE];
    struct device_matmul plain = *m;
    struct device_op gelu = {.kind = DEVICE_GELU, .curve = {m->y, m->y, m->rows * m->n}};
    if (!m->gelu || m->y_type == DEVICE_BF16)
        return cuda_matmul_run(c->matmul, m, stream, err);
    plain.gelu = false;
    return cuda_matmul_run(c->matmul, &plain, stream, err) &&
           good(&c->device, cuda_kernel(&gelu, device_rows(&gelu), stream), "starting a kernel",
                err);
}

static bool run(struct device *d, const struct device_op *op, whelk_error *err)
{
    struct cuda *c = cuda_of(d);
    cudaStream_t stream = c->stream[DEVICE_COMPUTE];
    if (op->kind == DEVICE_MATMUL)
        return multiply(c, &op->matmul, err);
    if ((op->kind == DEVICE_ATTEND && !op->attend.bias) || op->kind == DEVICE_CONVOLVE) {
        enum cuda_done done = cuda_graphs_run(c->graphs, op, err);
        if (done != CUDA_NO_ENGINE)
            return done == CUDA_DONE;
    }
    return good(d, cuda_kernel(op, device_rows(op), stream), "starting a kernel", err);
}

static const char *note(struct device *d)
{
    return cuda_graphs_note(cuda_of(d)->graphs);
}

/* --- Opening --- */

static void close_cuda(struct device *d)
{
    struct cuda *c = cuda_of(d);
    cuda_matmul_close(c->matmul);
    cuda_graphs_close(c->graphs);
    for (int i = 0; i < DEVICE_MARKS; i++)
        if (c->marks[i])
            cudaEventDestroy(c->marks[i]);
    for (int i = 0; i < 2; i++)
        if (c->stream[i])
            cudaStreamDestroy(c->stream[i]);
    cudaFree(c->workspace);
    free(c);
}

static bool find_device(struct cuda *c, whelk_error *err)
{
    int count = 0, driver = 0;
    struct cudaDeviceProp p;
    cudaError_t e = cudaGetDeviceCount(&count);
    cudaDriverGetVersion(&driver);
    if (e == cudaErrorInsufficientDriver && !driver)
        return whelk_fail(err, WHELK_EFAIL,
                          "no NVIDIA driver is installed on this machine (libcuda.so.1)");
    if (e == cudaErrorInsufficientDriver)
        return whelk_fail(
            err, WHELK_EFAIL,
            "the NVIDIA driver is for CUDA %d.%d and %d.%d is needed: install a newer "
            "driver",
            driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
    if (e || !count)
        return whelk_fail(err, WHELK_EFAIL, "no NVIDIA GPU can be used: %s",
                          cudaGetErrorString(e ? e : cudaErrorNoDevice));
    if ((e = cudaSetDevice(0)) || (e = cudaGetDeviceProperties(&p, 0)))
        return whelk_fail(err, WHELK_EFAIL, "the first NVIDIA GPU cannot be used: %s",
                          cudaGetErrorString(e));
    if (p.major < 8)
        return whelk_fail(err, WHELK_EFAIL, "%s is too old: it does not multiply bf16", p.name);
    snprintf(c->device.name, sizeof c->device.name, "%.200s", p.name);
    c->device.memory_bytes = (long long)p.totalGlobalMem;
    return true;
}

static bool open_parts(struct cuda *c, whelk_error *err)
{
    struct device *d = &c->device;
    size_t version = cudnnGetVersion();
    if (version < CUDNN_LEAST)
        return whelk_fail(err, WHELK_EFAIL, "cuDNN %zu is too old: 9 is needed", version);
    for (int i = 0; i < 2; i++)
        if (!good(d, cudaStreamCreateWithFlags(&c->stream[i], cudaStreamNonBlocking), "opening",
                  err))
            return false;
    for (int i = 0; i < DEVICE_MARKS; i++)
        if (!good(d, cudaEventCreateWithFlags(&c->marks[i], cudaEventDisableTiming), "opening",
                  err))
            return false;
    return (c->workspace = take(d, WORKSPACE, err)) &&
           (c->matmul = cuda_matmul_open(c->workspace, WORKSPACE, err)) &&
           (c->graphs = cuda_graphs_open(c->workspace, WORKSPACE, c->stream[DEVICE_COMPUTE], err));
}

__attribute__((visibility("default"))) device_entry whelk_cuda_open;

struct device *whelk_cuda_open(int version, whelk_error *err)
{
    struct cuda *c = version == DEVICE_VERSION ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        whelk_fail(err, WHELK_EFAIL,
                   version == DEVICE_VERSION
                       ? "out of memory"
                       : "the CUDA module is of another version of Whelk: install "
                         "both anew");
        return NULL;
    }
    c->device = (struct device){.own_bytes = WORKSPACE + CONTEXT,
                                .take = take,
                                .release = release,
                                .there = there,
                                .pin = pin,
                                .unpin = unpin,
                                .run = run,
                                .copy = copy,
                                .mark = mark,
                                .wait = wait,
                                .meet = meet,
                                .finish = finish,
                                .note = note,
                                .close = close_cuda};
    if (!find_device(c, err) || !open_parts(c, err)) {
        close_cuda(&c->device);
        return NULL;
    }
    return &c->device;
}
