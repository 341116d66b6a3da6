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

/* cuda_attend.c: attention by cuDNN. */
struct cuda_attend;
struct cuda_attend *cuda_attend_open(void *workspace, size_t bytes, cudaStream_t stream,
                                     whelk_error *err);
void cuda_attend_close(struct cuda_attend *c); /* NULL is fine */
enum cuda_attended { CUDA_ATTENDED, CUDA_NO_ENGINE, CUDA_ATTEND_FAILED };
/* CUDA_NO_ENGINE: cuDNN has none for these sizes, and nothing was queued. */
enum cuda_attended cuda_attend_run(struct cuda_attend *c, const struct device_attend *a,
                                   whelk_error *err);
/* How the sizes seen so far are computed, one clause each; "" = none seen. */
const char *cuda_attend_note(const struct cuda_attend *c);
/* Without a device: how far cuDNN comes with it for one described in words (graph.h). */
enum graph_reach cuda_attend_try(const struct device_attend *a, const char *device,
                                 whelk_error *err);

#ifdef __cplusplus
}
#endif
#endif
