/* y = act(x . w^T + bias) in float, through oneDNN with weights packed once. Every call is single-threaded; gemm_run
 * cuts the rows into tiles whose bounds depend on the number of rows alone and hands them to the threads, so the bytes of the result
 * do not depend on how many there are.
 *
 *     struct gemm *g = gemm_new(w, bias, n, k, GEMM_RELU, &err);       // w [n][k] as in PyTorch's Linear; bias [n] or NULL
 *     gemm_prepare(g, rows, &err);                                     // before the loop: makes the primitives
 *     gemm_run(g, x, y, rows, threads);                                // x [rows][k], y [rows][n], both contiguous
 *     gemm_free(g);
 *
 * gemm_prepare changes the object; gemm_tile and gemm_run do not, allocate nothing, and may be called by several threads. */
#ifndef WHELK_GEMM_H
#define WHELK_GEMM_H

#include <stdbool.h>
#include "../../pipeline/base/error.h"

enum gemm_act { GEMM_PLAIN, GEMM_RELU, GEMM_RELU2 };    /* RELU2: relu(u)^2 */

struct gemm;

struct gemm *gemm_new(const float *w, const float *bias, int n, int k, enum gemm_act act, whelk_error *err);
void gemm_free(struct gemm *g);
long long gemm_bytes(const struct gemm *g);             /* of the packed weights */

/* Tiles of `rows` rows: their number, and the first row of tile i (i = count: rows). Two neighbouring sizes at most. */
int gemm_tiles(int rows);
int gemm_tile_row(int rows, int i);

bool gemm_prepare(struct gemm *g, int rows, whelk_error *err);

/* Rows of one tile of a matrix of `rows` rows, on the calling thread: x and y point at the tile's first row. */
void gemm_tile(const struct gemm *g, const float *x, float *y, int rows_of_tile);
void gemm_run(const struct gemm *g, const float *x, float *y, int rows, int threads);

#endif
