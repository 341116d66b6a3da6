/* cuDNN's graphs, in few words: tensors, operations on them, an engine that can run the whole.
 *
 *     struct graph *g = graph_new();
 *     int a = graph_tensor(g, (struct graph_tensor){.dims = 3, .dim = {1, m, k}, ...});
 *     graph_matmul(g, a, b, c);
 *     struct graph_plan *p = graph_plan(g, handle, most_workspace, &err);
 *     graph_plan_run(p, handle, addresses, workspace, &err);       // one address a real tensor
 *     graph_plan_free(p);
 *     graph_free(g);                                               // a plan outlives its graph
 *
 * A graph can be built, and engines asked whether they take it, where there is no device: a device
 * is then described in words. Mistakes are kept and told by graph_plan and graph_try. */
#ifndef WHELK_CUDA_GRAPH_H
#define WHELK_CUDA_GRAPH_H

#include <cudnn.h>
#include "../../pipeline/base/error.h"

enum { GRAPH_DIMS = 5, GRAPH_TENSORS = 32, GRAPH_OPERATIONS = 16 };

struct graph_tensor {
    int dims;
    long dim[GRAPH_DIMS], stride[GRAPH_DIMS]; /* strides in numbers; all 0 = packed */
    cudnnDataType_t type;
    bool within;   /* of the graph: has no memory */
    bool by_value; /* one number of the host */
};

struct graph;
struct graph *graph_new(void); /* NULL without memory; a graph's calls take NULL for broken */
void graph_free(struct graph *g);

/* The tensor's number, which counts from 0. */
int graph_tensor(struct graph *g, struct graph_tensor t);
void graph_matmul(struct graph *g, int a, int b, int c);
void graph_pointwise(struct graph *g, cudnnPointwiseMode_t mode, int x, int b, int y); /* b: -1 */
void graph_reduce(struct graph *g, cudnnReduceTensorOp_t how, int x, int y);

/* y = x convolved with w over the last three of five dimensions (frames, rows, columns), edges of
 * rows and columns padded by `pad` zeros. */
void graph_convolve(struct graph *g, int x, int w, int y, int pad);

struct graph_plan;
/* The first engine, best first, that takes the graph within the workspace and is exact: the same
 * bits in every run, sums in f32. NULL: none, and why. */
struct graph_plan *graph_plan(struct graph *g, cudnnHandle_t handle, long long workspace,
                              whelk_error *err);
void graph_plan_free(struct graph_plan *p); /* NULL is fine */
int graph_plan_engine(const struct graph_plan *p); /* its number */
/* at[i]: of tensor i; those within the graph are not looked at. */
bool graph_plan_run(struct graph_plan *p, cudnnHandle_t handle, void *const *at, void *workspace,
                    whelk_error *err);

/* How far an engine for the graph comes on a device that is only described in words, with
 * room for any workspace. Where there is no driver that is GRAPH_KNOWN; with the driver's stub from
 * CUDA's toolkit in its place kernels are compiled, and GRAPH_COMPILED is as far as can be without
 * a device. */
enum graph_reach { GRAPH_WRONG, GRAPH_REFUSED, GRAPH_KNOWN, GRAPH_COMPILED, GRAPH_READY };
enum graph_reach graph_try(struct graph *g, const char *device, whelk_error *err);

#endif
