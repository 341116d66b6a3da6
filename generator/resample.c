/* Tables and kernels of separable resampling. Making a picture larger, 8 neighbouring samples draw
 * from fewer than 8 source samples a tap, so one load and one permute replace a gather; up to twice
 * smaller two of each do. */
#include "resample.h"

#include <immintrin.h>
#include <math.h>
#include <stdlib.h>

static int groups_of(int n)
{
    return (n + 7) / 8;
}

bool resample_axis_room(struct resample_axis *a, int out, int in)
{
    size_t groups = (size_t)groups_of(out);
    a->out_room = out;
    /* taps <= 4 * max(1, step) + 2 and step is about in / out where it counts */
    a->weight_room = (long)groups * 8 * 6 + 8L * in * 6 + 64;
    a->first = calloc(groups * 8, sizeof *a->first);
    a->offset = calloc(groups * 8, sizeof *a->offset);
    a->base = calloc(groups, sizeof *a->base);
    a->reach = calloc(groups, sizeof *a->reach);
    a->weight = aligned_alloc(64, ((size_t)a->weight_room * sizeof *a->weight + 63) / 64 * 64);
    if (a->first && a->offset && a->base && a->reach && a->weight)
        return true;
    resample_axis_release(a);
    return false;
}

void resample_axis_release(struct resample_axis *a)
{
    free(a->first);
    free(a->offset);
    free(a->base);
    free(a->reach);
    free(a->weight);
    *a = (struct resample_axis){0};
}

static int clamp_int(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* Weights of sample i at `centre`; taps beyond an edge are added to the sample at the edge. */
static void set_sample(struct resample_axis *a, int i, double centre, double stretch, double blur)
{
    int half = (int)ceil(2 * stretch);
    int from = (int)floor(centre - 0.5) - half + 1;
    int first = clamp_int(from, 0, a->in - a->taps);
    float *w = a->weight + ((long)(i / 8) * a->taps) * 8 + i % 8;
    double sum = 0;
    for (int k = 0; k < a->taps; k++)
        w[k * 8] = 0;
    for (int s = from; s < from + 2 * half; s++)
        sum += resample_cubic((s + 0.5 - centre) / stretch, blur);
    for (int s = from; s < from + 2 * half; s++) {
        int at = clamp_int(clamp_int(s, 0, a->in - 1) - first, 0, a->taps - 1);
        w[at * 8] += (float)(resample_cubic((s + 0.5 - centre) / stretch, blur) / sum);
    }
    a->first[i] = first;
}

void resample_axis_set(struct resample_axis *a, int in, double origin, double step, int out,
                       double blur)
{
    double stretch = step > 1 ? step : 1;
    int taps = 2 * (int)ceil(2 * stretch);
    a->in = in;
    a->out = out;
    a->taps = taps < in ? taps : in;
    while ((long)groups_of(out) * 8 * a->taps > a->weight_room)
        a->taps--;
    for (int i = 0; i < groups_of(out) * 8; i++)
        set_sample(a, i, origin + ((i < out ? i : out - 1) + 0.5) * step, stretch, blur);
    for (int g = 0; g < groups_of(out); g++) {
        a->base[g] = a->first[g * 8];
        a->reach[g] = a->first[g * 8 + 7] - a->base[g];
        for (int i = 0; i < 8; i++)
            a->offset[g * 8 + i] = a->first[g * 8 + i] - a->base[g];
    }
}

void resample_row_plain(const struct resample_axis *a, const float *in, float *out)
{
    for (int i = 0; i < a->out; i++) {
        float v = 0;
        for (int k = 0; k < a->taps; k++)
            v += resample_weight(a, i, k) * in[a->first[i] + k];
        out[i] = v;
    }
}

/* Sources of all 8 samples lie within 8 of one another. */
static __m256 row_near(const float *in, const float *w, __m256i at, int taps)
{
    __m256 v = _mm256_setzero_ps();
    for (int k = 0; k < taps; k++)
        v = _mm256_fmadd_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(in + k), at),
                            _mm256_load_ps(w + k * 8), v);
    return v;
}

/* The same for 4 taps, the number wherever a picture is made larger. */
static __m256 row_near4(const float *in, const float *w, __m256i at)
{
    __m256 a = _mm256_mul_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(in), at), _mm256_load_ps(w));
    __m256 b =
        _mm256_mul_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(in + 1), at), _mm256_load_ps(w + 8));
    a = _mm256_fmadd_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(in + 2), at),
                        _mm256_load_ps(w + 16), a);
    b = _mm256_fmadd_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(in + 3), at),
                        _mm256_load_ps(w + 24), b);
    return _mm256_add_ps(a, b);
}

/* Within 16. */
static __m256 row_far(const float *in, const float *w, __m256i at, int taps)
{
    __m256 v = _mm256_setzero_ps();
    __m256 high = _mm256_castsi256_ps(_mm256_cmpgt_epi32(at, _mm256_set1_epi32(7)));
    for (int k = 0; k < taps; k++) {
        __m256 s =
            _mm256_blendv_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(in + k), at),
                             _mm256_permutevar8x32_ps(_mm256_loadu_ps(in + k + 8), at), high);
        v = _mm256_fmadd_ps(s, _mm256_load_ps(w + k * 8), v);
    }
    return v;
}

static __m256 row_gather(const float *in, const float *w, __m256i at, int taps)
{
    __m256 v = _mm256_setzero_ps();
    for (int k = 0; k < taps; k++)
        v = _mm256_fmadd_ps(_mm256_i32gather_ps(in + k, at, 4), _mm256_load_ps(w + k * 8), v);
    return v;
}

void resample_row(const struct resample_axis *a, const float *in, float *out)
{
    for (int g = 0; g < groups_of(a->out); g++) {
        const float *from = in + a->base[g], *w = a->weight + (long)g * a->taps * 8;
        __m256i at = _mm256_loadu_si256((const __m256i *)(a->offset + g * 8));
        __m256 v = a->reach[g] < 8 && a->taps == 4 ? row_near4(from, w, at)
                   : a->reach[g] < 8               ? row_near(from, w, at, a->taps)
                   : a->reach[g] < 16              ? row_far(from, w, at, a->taps)
                                                   : row_gather(from, w, at, a->taps);
        _mm256_storeu_ps(out + g * 8, v);
    }
}

void resample_column_plain(const struct resample_axis *a, int i, const float *const *rows,
                           float *out, int n)
{
    for (int x = 0; x < n; x++) {
        float v = 0;
        for (int k = 0; k < a->taps; k++)
            v += resample_weight(a, i, k) * rows[k][x];
        out[x] = v;
    }
}

static void column4(const struct resample_axis *a, int i, const float *const *rows, float *out,
                    int n)
{
    const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    __m256 w0 = _mm256_set1_ps(resample_weight(a, i, 0)),
           w1 = _mm256_set1_ps(resample_weight(a, i, 1));
    __m256 w2 = _mm256_set1_ps(resample_weight(a, i, 2)),
           w3 = _mm256_set1_ps(resample_weight(a, i, 3));
    for (int x = 0; x < n; x += 8) {
        __m256 v = _mm256_mul_ps(_mm256_loadu_ps(r0 + x), w0),
               u = _mm256_mul_ps(_mm256_loadu_ps(r1 + x), w1);
        v = _mm256_fmadd_ps(_mm256_loadu_ps(r2 + x), w2, v);
        u = _mm256_fmadd_ps(_mm256_loadu_ps(r3 + x), w3, u);
        _mm256_storeu_ps(out + x, _mm256_add_ps(u, v));
    }
}

void resample_column(const struct resample_axis *a, int i, const float *const *rows, float *out,
                     int n)
{
    if (a->taps == 4) {
        column4(a, i, rows, out, n);
        return;
    }
    for (int x = 0; x < n; x += 8) {
        __m256 v = _mm256_setzero_ps();
        for (int k = 0; k < a->taps; k++)
            v = _mm256_fmadd_ps(_mm256_loadu_ps(rows[k] + x),
                                _mm256_set1_ps(resample_weight(a, i, k)), v);
        _mm256_storeu_ps(out + x, v);
    }
}
