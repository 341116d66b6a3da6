/* The compositor's row kernels: pixels of one row of one plane. Each has its plain C form and an
 * AVX2 form that computes the same up to rounding; compose.c chooses. */
#ifndef WHELK_COMPOSE_ROWS_H
#define WHELK_COMPOSE_ROWS_H

#include <stdint.h>

/* out[x] = v[x] rounded, within low..high. v may be read up to a multiple of 8. */
void row_store(const float *v, uint8_t *out, int n, int low, int high);
void row_store_plain(const float *v, uint8_t *out, int n, int low, int high);

/* Turns a row of premultiplied r, g, b, a into premultiplied Y, Cb, Cr with a sharpened a, in
 * place: rgba[0] becomes Y (16..235 times alpha), rgba[1] Cb, rgba[2] Cr, rgba[3] alpha = clamp((a
 * - 0.5) * sharpness + 0.5). */
void row_shade(float *const rgba[4], int n, float sharpness);
void row_shade_plain(float *const rgba[4], int n, float sharpness);

/* out = out * (1 - alpha) + v */
void row_over(const float *v, const float *alpha, uint8_t *out, int n);
void row_over_plain(const float *v, const float *alpha, uint8_t *out, int n);

/* Two rows of luma's width become one of chroma's, sited left: (1 2 1) / 4 across, the mean down. n
 * = samples made; s holds the sum of the two rows, and s[-1] must be readable. */
void row_fold(const float *s, float *out, int n);
void row_fold_plain(const float *s, float *out, int n);

/* Darkens by an ellipse's soft profile: d2 is the squared share of the vertical radius, cx and rx
 * in samples of this row. */
void row_darken(uint8_t *out, int n, double cx, double rx, double d2, double darkness, int black);

#endif
