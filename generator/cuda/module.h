/* What the module's files share: the open device, and sentences for what NVIDIA's libraries refuse.
 */
#ifndef WHELK_CUDA_MODULE_H
#define WHELK_CUDA_MODULE_H

#include <cuda_runtime.h>
#include "device.h"
#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* kernels.cu: queues an own kernel over its rows (device_rows). */
cudaError_t cuda_kernel(const struct device_op *op, long rows, cudaStream_t stream);

/* cuda_matmul.c: products by cuBLASLt. */
struct cuda_matmul;
struct cuda_matmul *cuda_matmul_open(void *workspace, size_t bytes, whelk_error *err);
void cuda_matmul_close(struct cuda_matmul *c); /* NULL is fine */
bool cuda_matmul_run(struct cuda_matmul *c, const struct device_matmul *m, cudaStream_t stream,
                     whelk_error *err);

/* Describes a product and lets it go: what of it can be tested without a device. */
bool cuda_matmul_describe(const struct device_matmul *m, whelk_error *err);

/* cuda_graphs.c: attention and convolutions by cuDNN. */
struct cuda_graphs;
struct cuda_graphs *cuda_graphs_open(void *workspace, size_t bytes, cudaStream_t stream,
                                     whelk_error *err);
void cuda_graphs_close(struct cuda_graphs *c); /* NULL is fine */
enum cuda_done { CUDA_DONE, CUDA_NO_ENGINE, CUDA_FAILED };
/* CUDA_NO_ENGINE: cuDNN has none for these sizes, and nothing was queued. */
enum cuda_done cuda_graphs_run(struct cuda_graphs *c, const struct device_op *op, whelk_error *err);
/* How the sizes seen so far are computed, one clause each; "" = nothing to tell. */
const char *cuda_graphs_note(const struct cuda_graphs *c);
/* Without a device: how far cuDNN comes with it for one described in words (graph.h). */
enum graph_reach cuda_graphs_try(const struct device_op *op, const char *device, whelk_error *err);

/* cuda_attend.c, cuda_convolve.c: the graphs, in bf16. */
struct graph *cuda_attend_graph(const struct device_attend *a);
struct graph *cuda_convolve_graph(const struct device_convolve *c);

#ifdef __cplusplus
}
#endif
#endif
