/* Row operations in vectors of eight floats (AVX2). Sums run in a fixed order, so a result depends
 * on its row alone. */
#include "ops.h"

#include <immintrin.h>
#include <math.h>

typedef float v8 __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4), may_alias));

static inline v8 load(const float *p)
{
    return *(const v8u *)p;
}

static inline void store(float *p, v8 v)
{
    *(v8u *)p = v;
}

static inline v8 all(float a)
{
    return (v8){a, a, a, a, a, a, a, a};
}

static inline float sum(v8 v)
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

static inline v8 relu2(v8 v)
{
    v = _mm256_max_ps(v, _mm256_setzero_ps());
    return v * v;
}

/* Two running sums hide the latency of addition. */
static float sum_of(const float *x, int d)
{
    v8 a = {0}, b = {0};
    int i = 0;
    for (; i + 16 <= d; i += 16) {
        a += load(x + i);
        b += load(x + i + 8);
    }
    if (i < d)
        a += load(x + i);
    return sum(a + b);
}

static float squares_about(const float *x, float mean, int d)
{
    v8 a = {0}, b = {0}, m = all(mean);
    int i = 0;
    for (; i + 16 <= d; i += 16) {
        v8 p = load(x + i) - m, q = load(x + i + 8) - m;
        a += p * p;
        b += q * q;
    }
    if (i < d) {
        v8 p = load(x + i) - m;
        a += p * p;
    }
    return sum(a + b);
}

void ops_norm(const float *x, const float *scale, const float *shift, int rows, int d, float *y)
{
    for (int r = 0; r < rows; r++, x += d, y += d) {
        float mean = sum_of(x, d) / (float)d;
        float variance = squares_about(x, mean, d) / (float)d;
        v8 m = all(mean), f = all(1 / sqrtf(variance + 1e-5f));
        for (int i = 0; i < d; i += 8)
            store(y + i, (load(x + i) - m) * f * load(scale + i) + load(shift + i));
    }
}

void ops_gate(float *x, const float *y, const float *gate, int rows, int d)
{
    for (int r = 0; r < rows; r++, x += d, y += d)
        for (int i = 0; i < d; i += 8)
            store(x + i, load(x + i) + load(gate + i) * load(y + i));
}

void ops_normalise(float *x, int count, int d, float factor)
{
    for (int r = 0; r < count; r++, x += d) {
        float length = sqrtf(squares_about(x, 0, d));
        v8 f = all(factor / (length > 1e-12f ? length : 1e-12f));
        for (int i = 0; i < d; i += 8)
            store(x + i, load(x + i) * f);
    }
}

void ops_relu2(float *x, int count)
{
    for (int i = 0; i < count; i += 8)
        store(x + i, relu2(load(x + i)));
}

/* Channels in blocks of 32: four sums stay in registers over all taps of a token, and the block of
 * the neighbouring rows stays in the first cache from token to token. */
void ops_conv_relu2(const float *u, const struct ops_tap *taps, const int *start, int tokens,
                    const float *weights, int c, float *out)
{
    for (int b = 0; b + 32 <= c; b += 32)
        for (int i = 0; i < tokens; i++) {
            v8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            for (const struct ops_tap *t = taps + start[i]; t < taps + start[i + 1]; t++) {
                const float *w = weights + (long)t->kind * c + b, *x = u + (long)t->row * c + b;
                v8 f = all(t->coeff);
                s0 += f * load(w) * load(x);
                s1 += f * load(w + 8) * load(x + 8);
                s2 += f * load(w + 16) * load(x + 16);
                s3 += f * load(w + 24) * load(x + 24);
            }
            float *o = out + (long)i * c + b;
            store(o, relu2(s0));
            store(o + 8, relu2(s1));
            store(o + 16, relu2(s2));
            store(o + 24, relu2(s3));
        }
    for (int b = c / 32 * 32; b < c; b += 8)
        for (int i = 0; i < tokens; i++) {
            v8 s = {0};
            for (const struct ops_tap *t = taps + start[i]; t < taps + start[i + 1]; t++)
                s += all(t->coeff) * load(weights + (long)t->kind * c + b) *
                     load(u + (long)t->row * c + b);
            store(out + (long)i * c + b, relu2(s));
        }
}

void ops_linear(const float *w, const float *bias, const float *x, int n, int k, float *y)
{
    for (int r = 0; r < n; r++, w += k) {
        v8 a = {0}, b = {0};
        int i = 0;
        for (; i + 16 <= k; i += 16) {
            a += load(w + i) * load(x + i);
            b += load(w + i + 8) * load(x + i + 8);
        }
        float s = sum(a + b);
        for (; i < k; i++)
            s += w[i] * x[i];
        y[r] = s + (bias ? bias[r] : 0);
    }
}

void ops_silu(float *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = x[i] / (1 + expf(-x[i]));
}
