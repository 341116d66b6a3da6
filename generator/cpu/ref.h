/* The plain C meaning of each fast operation: one loop a formula, no vectors, no order of sums
 * promised. For tests and benches; nothing else calls it. */
#ifndef WHELK_REF_H
#define WHELK_REF_H

#include <stdbool.h>

void ref_gemm(const float *x, const float *w, const float *bias, int rows, int n, int k, int act,
              float *y);
void ref_norm(const float *x, const float *scale, const float *shift, int rows, int d, float *y);
void ref_gate(float *x, const float *y, const float *gate, int rows, int d);
void ref_normalise(float *x, int count, int d, float factor);
void ref_relu2(float *x, int count);

/* softmax(q k^T) v of one head; q [rows][d], k and v [keys][d], out [rows][d]. */
void ref_attention(const float *q, const float *k, const float *v, int rows, int keys, int d,
                   float *out);

/* FORMAT.md 6 word by word: every cell takes its token's row of u [..][c], the 3x3 kernel [c][9]
 * runs in the plane of each t with zeros outside, and each token takes the mean over its cells.
 * row_of_cell [t * y * x]; out has u's rows; others are left. */
void ref_conv(const float *u, const int *row_of_cell, int t, int y, int x, const float *kernel,
              int c, float *out, int rows);

#endif
