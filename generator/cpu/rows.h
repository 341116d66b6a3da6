/* What transformers trained elsewhere do to one row between products. Any length; no alignment. All
 * sums are kept in as many partial sums as a vector has places, so a row's result depends on the
 * row alone. */
#ifndef WHELK_ROWS_H
#define WHELK_ROWS_H

/* x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))): GELU with tanh; x / (1 + exp(-x)); in place.
 */
void rows_gelu(float *x, int n);
void rows_silu(float *x, int n);

/* 0.5 x (1 + erf(x / sqrt 2)): GELU proper. */
void rows_gelu_exact(float *x, int n);

/* y = (x - mean) / sqrt(variance + eps) * (one + scale) + shift; scale and shift [n] may be NULL.
 * one: 1 for a modulation, 0 for a learned weight. y may be x. */
void rows_norm(const float *x, int n, float eps, float one, const float *scale, const float *shift,
               float *y);

/* y = x / sqrt(mean of squares + eps) * weight; y may be x. */
void rows_rms(const float *x, int n, float eps, const float *weight, float *y);

/* Turns neighbours (x[2i], x[2i + 1]) of each head by an angle: cosines and sines [dim / 2]. */
void rows_turn(float *x, int heads, int dim, const float *cosine, const float *sine);

/* y += gate * x, gate [n] or NULL for 1. */
void rows_add(float *y, const float *x, const float *gate, int n);

/* Powers of e into x, from which `most` is taken first; returns their sum. */
float rows_exp(float *x, int n, float most);

#endif
