/* What the transformer does between matrix products, row by row. Widths are multiples of 8; rows
 * need no alignment. Each function has a plain twin in ref.h, and tests/unit/test_ops.c holds one
 * against the other. */
#ifndef WHELK_OPS_H
#define WHELK_OPS_H

/* y = layernorm(x) * scale + shift over rows of d numbers; eps 1e-5, no weights. y may be x. */
void ops_norm(const float *x, const float *scale, const float *shift, int rows, int d, float *y);

/* x += gate * y, gate [d]. */
void ops_gate(float *x, const float *y, const float *gate, int rows, int d);

/* x *= factor / |x| over each of count runs of d numbers; a run of zeros stays. */
void ops_normalise(float *x, int count, int d, float factor);

/* x = relu(x)^2. */
void ops_relu2(float *x, int count);

/* One source of a token's depthwise convolution: coeff * weights[kind] * row. */
struct ops_tap {
    int row;
    int kind; /* 0..8 the taps of the kernel, 9..17 of the kernel folded to quads: layout.h */
    float coeff;
};

/* out [tokens][c] = relu(conv)^2; token i sums the taps start[i] up to start[i + 1] over rows of u
 * [..][c]; weights [18][c]. */
void ops_conv_relu2(const float *u, const struct ops_tap *taps, const int *start, int tokens,
                    const float *weights, int c, float *out);

/* For single vectors. y = w . x + bias, w [n][k], any sizes, bias may be NULL; x = x * sigmoid(x).
 */
void ops_linear(const float *w, const float *bias, const float *x, int n, int k, float *y);
void ops_silu(float *x, int n);

#endif
