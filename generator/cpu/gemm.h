/* y = act(x . w^T + bias) in float, through oneDNN with weights packed once. Every call is
 * single-threaded; gemm_run cuts the rows into tiles whose bounds depend on the number of rows
 * alone and hands them to the threads, so the bytes of the result do not depend on how many there
 * are.
 *
 *     // w [n][k] as in PyTorch's Linear; bias [n] or NULL
 *     struct gemm *g = gemm_new(w, bias, n, k, GEMM_RELU, threads, &err);
 *     gemm_prepare(g, rows, &err);         // before the loop: makes the primitives
 *     gemm_run(g, x, y, rows);             // x [rows][k], y [rows][n], both contiguous
 *     gemm_free(g);
 *
 * gemm_prepare changes the object; gemm_tile and gemm_run do not. One caller at a time; inside its
 * parallel region each thread (number `lane`) may run other tiles. The only memory taken by a call
 * is oneDNN's list of arguments. */
#ifndef WHELK_GEMM_H
#define WHELK_GEMM_H

#include <stdbool.h>
#include "../../pipeline/base/error.h"

enum gemm_act { GEMM_PLAIN, GEMM_RELU, GEMM_RELU2 }; /* RELU2: relu(u)^2 */

struct gemm;

struct gemm *gemm_new(const float *w, const float *bias, int n, int k, enum gemm_act act,
                      int threads, whelk_error *err);
void gemm_free(struct gemm *g);
long long gemm_bytes(const struct gemm *g); /* of the packed weights */

/* Tiles of `rows` rows: their number, and the first row of tile i (i = count: rows). Two
 * neighbouring sizes at most. */
int gemm_tiles(int rows);
int gemm_tile_row(int rows, int i);

bool gemm_prepare(struct gemm *g, int rows, whelk_error *err);

/* One tile on the calling thread, which is number `lane` < threads and inside gemm_alone: x and y
 * point at the tile's first row. */
void gemm_tile(const struct gemm *g, const float *x, float *y, int tile_rows, int lane);
void gemm_run(const struct gemm *g, const float *x, float *y, int rows);

/* To be called by each thread of a parallel region before gemm_tile: keeps oneDNN from starting
 * threads of its own. */
void gemm_alone(void);

#endif
