/* Rows, eight floats at a time, then what is left over, one by one through the same formulas. */
#include "rows.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

typedef float vf __attribute__((vector_size(32)));
typedef float vfu __attribute__((vector_size(32), aligned(4), may_alias));
typedef int vi __attribute__((vector_size(32)));

static inline vf all(float a)
{
    return a - (vf){0};
}

static inline vf clamp(vf x, float low, float high)
{
    return _mm256_min_ps(_mm256_max_ps(x, all(low)), all(high));
}

/* e^x, relative error 3e-7, for x from -87 to 88; beyond it stays at the ends. */
static inline vf exponential(vf x)
{
    x = clamp(x, -87.0f, 88.0f);
    vf magic = all(12582912.0f), whole = (x * 1.44269504f + magic) - magic;
    vf f = x - whole * 0.693359375f + whole * 2.12194440e-4f; /* ln 2 in two parts */
    vf p = all(1.3981999507e-3f);
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * f * f + f + 1.0f;
    vi exponent = __builtin_convertvector(whole, vi);
    return p * (vf)((exponent + 127) << 23);
}

static inline vf silu(vf x)
{
    return x / (1.0f + exponential(-x));
}

static inline vf gelu(vf x)
{
    vf u = x * (1.5957691216f + 0.0713548162726f * x * x);
    return x / (1.0f + exponential(-u));
}

/* The last places of a row, made a whole vector. */
static inline vf tail(const float *x, int n)
{
    vf v = {0};
    memcpy(&v, x, (size_t)n * sizeof *x);
    return v;
}

void rows_gelu(float *x, int n)
{
    int i = 0;
    for (; i + 8 <= n; i += 8)
        *(vfu *)(x + i) = gelu(*(vfu *)(x + i));
    if (i < n) {
        vf v = gelu(tail(x + i, n - i));
        memcpy(x + i, &v, (size_t)(n - i) * sizeof *x);
    }
}

void rows_silu(float *x, int n)
{
    int i = 0;
    for (; i + 8 <= n; i += 8)
        *(vfu *)(x + i) = silu(*(vfu *)(x + i));
    if (i < n) {
        vf v = silu(tail(x + i, n - i));
        memcpy(x + i, &v, (size_t)(n - i) * sizeof *x);
    }
}

void rows_gelu_exact(float *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
}

static float total(vf v)
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

static float sum_of(const float *x, int n)
{
    vf s = {0};
    int i = 0;
    for (; i + 8 <= n; i += 8)
        s += *(const vfu *)(x + i);
    return total(i < n ? s + tail(x + i, n - i) : s);
}

/* The sum of (x - mean)^2. */
static float squares_of(const float *x, int n, float mean)
{
    vf s = {0};
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        vf d = *(const vfu *)(x + i) - mean;
        s += d * d;
    }
    float rest = 0;
    for (; i < n; i++)
        rest += (x[i] - mean) * (x[i] - mean);
    return total(s) + rest;
}

void rows_norm(const float *x, int n, float eps, float one, const float *scale, const float *shift,
               float *y)
{
    float mean = sum_of(x, n) / (float)n;
    float factor = 1 / sqrtf(squares_of(x, n, mean) / (float)n + eps);
    for (int i = 0; i < n; i++) {
        float v = (x[i] - mean) * factor;
        y[i] = (scale ? v * (one + scale[i]) : v) + (shift ? shift[i] : 0);
    }
}

void rows_rms(const float *x, int n, float eps, const float *weight, float *y)
{
    float factor = 1 / sqrtf(squares_of(x, n, 0) / (float)n + eps);
    for (int i = 0; i < n; i++)
        y[i] = x[i] * factor * weight[i];
}

void rows_turn(float *x, int heads, int dim, const float *cosine, const float *sine)
{
    for (int h = 0; h < heads; h++, x += dim)
        for (int i = 0; i < dim / 2; i++) {
            float a = x[2 * i], b = x[2 * i + 1];
            x[2 * i] = a * cosine[i] - b * sine[i];
            x[2 * i + 1] = a * sine[i] + b * cosine[i];
        }
}

void rows_add(float *y, const float *x, const float *gate, int n)
{
    for (int i = 0; i < n; i++)
        y[i] += gate ? gate[i] * x[i] : x[i];
}

float rows_exp(float *x, int n, float most)
{
    float sum = 0;
    vf s = {0};
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        vf p = exponential(*(vfu *)(x + i) - most);
        s += p;
        *(vfu *)(x + i) = p;
    }
    if (i < n) {
        vf p = exponential(tail(x + i, n - i) - most);
        memcpy(x + i, &p, (size_t)(n - i) * sizeof *x);
        for (int k = 0; k < n - i; k++)
            sum += p[k];
    }
    return total(s) + sum;
}
