/* See ref.h. Sums are taken in double so that a reference is nearer the truth than what it judges.
 */
#include "ref.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ref_gemm(const float *x, const float *w, const float *bias, int rows, int n, int k, int act,
              float *y)
{
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < n; j++) {
            double s = bias ? bias[j] : 0;
            for (int i = 0; i < k; i++)
                s += (double)x[(long)r * k + i] * w[(long)j * k + i];
            if (act && s < 0)
                s = 0;
            y[(long)r * n + j] = (float)(act == 2 ? s * s : s);
        }
}

void ref_norm(const float *x, const float *scale, const float *shift, int rows, int d, float *y)
{
    for (int r = 0; r < rows; r++, x += d, y += d) {
        double mean = 0, variance = 0;
        for (int i = 0; i < d; i++)
            mean += x[i] / (double)d;
        for (int i = 0; i < d; i++)
            variance += (x[i] - mean) * (x[i] - mean) / d;
        for (int i = 0; i < d; i++)
            y[i] = (float)((x[i] - mean) / sqrt(variance + 1e-5) * scale[i] + shift[i]);
    }
}

void ref_gate(float *x, const float *y, const float *gate, int rows, int d)
{
    for (int i = 0; i < rows * d; i++)
        x[i] += gate[i % d] * y[i];
}

void ref_normalise(float *x, int count, int d, float factor)
{
    for (int r = 0; r < count; r++, x += d) {
        double s = 0;
        for (int i = 0; i < d; i++)
            s += (double)x[i] * x[i];
        for (int i = 0; i < d; i++)
            x[i] = (float)(x[i] * factor / fmax(sqrt(s), 1e-12));
    }
}

void ref_relu2(float *x, int count)
{
    for (int i = 0; i < count; i++)
        x[i] = x[i] > 0 ? x[i] * x[i] : 0;
}

static double dot(const float *a, const float *b, int d)
{
    double s = 0;
    for (int i = 0; i < d; i++)
        s += (double)a[i] * b[i];
    return s;
}

void ref_attention(const float *q, const float *k, const float *v, int rows, int keys, int d,
                   float *out)
{
    for (int r = 0; r < rows; r++) {
        double most = -INFINITY, total = 0;
        for (int j = 0; j < keys; j++)
            most = fmax(most, dot(q + (long)r * d, k + (long)j * d, d));
        for (int j = 0; j < keys; j++)
            total += exp(dot(q + (long)r * d, k + (long)j * d, d) - most);
        for (int i = 0; i < d; i++) {
            double s = 0;
            for (int j = 0; j < keys; j++)
                s += exp(dot(q + (long)r * d, k + (long)j * d, d) - most) / total *
                     v[(long)j * d + i];
            out[(long)r * d + i] = (float)s;
        }
    }
}

static double conv_cell(const float *u, const int *row, int y, int x, int cy, int cx,
                        const float *kernel, int c, int ch)
{
    double s = 0;
    for (int ky = 0; ky < 3; ky++)
        for (int kx = 0; kx < 3; kx++) {
            int ny = cy + ky - 1, nx = cx + kx - 1;
            if (ny >= 0 && ny < y && nx >= 0 && nx < x)
                s += (double)kernel[ch * 9 + ky * 3 + kx] * u[(long)row[ny * x + nx] * c + ch];
        }
    return s;
}

void ref_conv(const float *u, const int *row_of_cell, int t, int y, int x, const float *kernel,
              int c, float *out, int rows)
{
    double *sums = calloc((size_t)rows * (size_t)c, sizeof *sums);
    int *cells = calloc((size_t)rows, sizeof *cells);
    for (int i = 0; sums && cells && i < t * y * x; i++) {
        const int *plane = row_of_cell + i / (y * x) * (y * x);
        cells[row_of_cell[i]]++;
        for (int ch = 0; ch < c; ch++)
            sums[(long)row_of_cell[i] * c + ch] +=
                conv_cell(u, plane, y, x, i / x % y, i % x, kernel, c, ch);
    }
    for (int r = 0; sums && cells && r < rows; r++)
        for (int ch = 0; cells[r] && ch < c; ch++)
            out[(long)r * c + ch] = (float)(sums[(long)r * c + ch] / cells[r]);
    free(sums);
    free(cells);
}
