/* Tables and kernels of resampling in 16-bit numbers. Along a row two taps of 8 samples are
 * multiplied and added at once (vpmaddwd); what they draw from is shuffled out of few loads, or
 * gathered where the picture is made much smaller (resample16_avx512.c does more at once). Down a
 * column every tap is one multiplication that keeps the upper half (vpmulhrsw). */
#include "resample16.h"

#include <immintrin.h>
#include <math.h>
#include <stdlib.h>

#include "cpu/attention.h"
#include "resample.h"

enum { ONE = RESAMPLE16_ONE };

static int groups_of(int n)
{
    return (n + 15) / 16;
}

bool resample16_room(struct resample16 *a, int out, int in)
{
    size_t samples = (size_t)groups_of(out) * 16;
    a->wide = attention_has_avx512();
    a->out_room = out;
    /* taps <= 4 * max(1, step) + 2 and step is about in / out where it counts */
    a->weight_room = (long)samples * 6 + 16L * in * 6 + 64;
    a->first = calloc(samples, sizeof *a->first);
    a->pick = calloc(samples, sizeof *a->pick);
    a->weight = aligned_alloc(64, ((size_t)a->weight_room * sizeof *a->weight + 63) / 64 * 64);
    if (a->first && a->pick && a->weight)
        return true;
    resample16_release(a);
    return false;
}

void resample16_release(struct resample16 *a)
{
    free(a->first);
    free(a->pick);
    free(a->weight);
    *a = (struct resample16){0};
}

/* --- Tables ----------------------------------------------------------------------------------- */

static int clamp_int(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* Weights w (shares of 1) of sample i as shares of 32768 that add up to it; the largest, which can
 * best bear it, takes what rounding left, and its neighbour what does not fit in 16 bits: at an
 * edge it may be 1.07, and then the sample at the edge is kept as it is. */
static void put_weights(struct resample16 *a, int i, const float *w, int taps)
{
    int left = ONE, largest = 0, v[taps + 1];
    for (int k = 0; k < taps; k++) {
        v[k] = (int)lrintf(w[k] * ONE);
        left -= v[k];
        largest = w[k] > w[largest] ? k : largest;
    }
    v[largest] += left;
    if (v[largest] >= ONE) {
        int other = largest + 1 < taps ? largest + 1 : largest - 1;
        if (other >= 0)
            v[other] += v[largest] - (ONE - 1);
        v[largest] = ONE - 1;
    }
    for (int k = 0; k < a->taps; k++)
        a->weight[resample16_at(a, i, k)] = (int16_t)(k < taps ? v[k] : 0);
}

/* Weights of sample i at `centre`; taps beyond an edge are added to the sample at the edge. */
static void set_sample(struct resample16 *a, int i, double centre, double stretch, double blur)
{
    int half = (int)ceil(2 * stretch), taps = a->taps < a->in ? a->taps : a->in;
    int from = (int)floor(centre - 0.5) - half + 1;
    int first = clamp_int(from, 0, a->in - taps);
    float w[taps], sum = 0;
    for (int k = 0; k < taps; k++)
        w[k] = 0;
    for (int s = from; s < from + 2 * half; s++) {
        int at = clamp_int(clamp_int(s, 0, a->in - 1) - first, 0, taps - 1);
        float v = (float)resample_cubic((s + 0.5 - centre) / stretch, blur);
        w[at] += v;
        sum += v;
    }
    for (int k = 0; k < taps; k++)
        w[k] /= sum;
    put_weights(a, i, w, taps);
    a->first[i] = first;
}

/* Four samples that are not near an edge, of an axis with 4 taps: the four cubics around `centre`
 * as polynomials. */
static void set_four(struct resample16 *a, int i, double centre, double step, double blur)
{
    int16_t *w = a->weight + resample16_at(a, i, 0);
    for (int j = 0; j < 4; j++) {
        double at = centre + j * step - 0.5, whole = floor(at), t = at - whole;
        int w0 = (int)lrint(ONE * resample_cubic_far(1 + t, blur)),
            w2 = (int)lrint(ONE * resample_cubic_near(1 - t, blur)),
            w3 = (int)lrint(ONE * resample_cubic_far(2 - t, blur)), w1 = ONE - w0 - w2 - w3;
        int *most = w1 > w2 ? &w1 : &w2, *least = w1 > w2 ? &w2 : &w1;
        if (*most >= ONE) { /* does not fit in 16 bits */
            *least += *most - (ONE - 1);
            *most = ONE - 1;
        }
        a->first[i + j] = (int)whole - 1;
        w[2 * j] = (int16_t)w0;
        w[2 * j + 1] = (int16_t)w1;
        w[2 * j + 32] = (int16_t)w2;
        w[2 * j + 33] = (int16_t)w3;
    }
}

static bool is_inside(const struct resample16 *a, double from, double to)
{
    return floor(from - 0.5) - 1 >= 0 && floor(to - 0.5) + 3 <= a->in;
}

void resample16_set(struct resample16 *a, int in, double origin, double step, int out, double blur)
{
    double stretch = step > 1 ? step : 1;
    int all = groups_of(out) * 16;
    a->in = in;
    a->out = out;
    a->taps = 2 * (int)ceil(2 * stretch);
    a->taps = a->taps < in ? a->taps : in + in % 2;
    while ((long)all * a->taps > a->weight_room)
        a->taps -= 2;
    a->near = true;
    a->near16 = a->wide && a->taps == 4;
    for (int i = 0; i < all; i += 4) {
        double centre = origin + (i + 0.5) * step;
        if (stretch == 1 && a->taps == 4 && i + 4 <= out && is_inside(a, centre, centre + 3 * step))
            set_four(a, i, centre, step, blur);
        else
            for (int j = i; j < i + 4; j++)
                set_sample(a, j, origin + ((j < out ? j : out - 1) + 0.5) * step, stretch, blur);
        for (int j = i; j < i + 4; j++)
            a->pick[j] = 0x03020100u + 0x02020202u * (uint32_t)(a->first[j] - a->first[i]);
        a->near = a->near && a->first[i + 3] - a->first[i] <= (a->taps == 4 ? 4 : 6);
    }
    for (int i = 0; i < all; i += 16)
        a->near16 = a->near16 && a->first[i + 15] - a->first[i] <= 28;
}

/* --- Rows ------------------------------------------------------------------------------------- */

static void row_plain(const struct resample16 *a, const int16_t *in, int16_t *out)
{
    for (int i = 0; i < a->out; i++) {
        int v = ONE / 2;
        for (int k = 0; k < a->taps; k++)
            v += a->weight[resample16_at(a, i, k)] * in[a->first[i] + k];
        out[i] = (int16_t)clamp_int(v >> 15, INT16_MIN, INT16_MAX);
    }
}

/* 8 samples at low, and 8 at high in the upper half. */
static inline __m256i halves(const int16_t *low, const int16_t *high)
{
    __m256i s = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low));
    return _mm256_inserti128_si256(s, _mm_loadu_si128((const __m128i *)high), 1);
}

/* Samples i .. i + 7, as 32-bit sums. */
static inline __m256i near8(const struct resample16 *a, const int16_t *in, int i, int pairs)
{
    const int16_t *low = in + a->first[i], *high = in + a->first[i + 4];
    const __m256i *w = (const __m256i *)(a->weight + resample16_at(a, i, 0));
    __m256i pick = _mm256_loadu_si256((const __m256i *)(a->pick + i)),
            v = _mm256_set1_epi32(ONE / 2);
    for (int p = 0; p < pairs; p++) {
        __m256i s = _mm256_shuffle_epi8(halves(low + 2 * p, high + 2 * p), pick);
        v = _mm256_add_epi32(v, _mm256_madd_epi16(s, w[2 * p]));
    }
    return _mm256_srai_epi32(v, 15);
}

/* The same of 4 taps: both pairs are drawn from one load. */
static inline __m256i near8_four(const struct resample16 *a, const int16_t *in, int i)
{
    const __m256i *w = (const __m256i *)(a->weight + resample16_at(a, i, 0));
    __m256i pick = _mm256_loadu_si256((const __m256i *)(a->pick + i)),
            next = _mm256_add_epi8(pick, _mm256_set1_epi8(4)),
            s = halves(in + a->first[i], in + a->first[i + 4]);
    __m256i v = _mm256_add_epi32(_mm256_madd_epi16(_mm256_shuffle_epi8(s, pick), w[0]),
                                 _mm256_madd_epi16(_mm256_shuffle_epi8(s, next), w[2]));
    return _mm256_srai_epi32(_mm256_add_epi32(v, _mm256_set1_epi32(ONE / 2)), 15);
}

static inline __m256i far8(const struct resample16 *a, const int16_t *in, int i, int pairs)
{
    const __m256i *w = (const __m256i *)(a->weight + resample16_at(a, i, 0));
    __m256i at = _mm256_loadu_si256((const __m256i *)(a->first + i)),
            v = _mm256_set1_epi32(ONE / 2);
    for (int p = 0; p < pairs; p++) {
        __m256i s = _mm256_i32gather_epi32((const int *)(const void *)(in + 2 * p), at, 2);
        v = _mm256_add_epi32(v, _mm256_madd_epi16(s, w[2 * p]));
    }
    return _mm256_srai_epi32(v, 15);
}

static inline void store16(int16_t *out, __m256i a, __m256i b)
{
    __m256i v = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), _MM_SHUFFLE(3, 1, 2, 0));
    _mm256_storeu_si256((__m256i *)out, v);
}

static void row(const struct resample16 *a, const int16_t *in, int16_t *out)
{
    int n = groups_of(a->out) * 16, pairs = a->taps / 2;
    if (a->near && pairs == 2) /* wherever a picture is made larger */
        for (int i = 0; i < n; i += 16)
            store16(out + i, near8_four(a, in, i), near8_four(a, in, i + 8));
    else if (a->near)
        for (int i = 0; i < n; i += 16)
            store16(out + i, near8(a, in, i, pairs), near8(a, in, i + 8, pairs));
    else
        for (int i = 0; i < n; i += 16)
            store16(out + i, far8(a, in, i, pairs), far8(a, in, i + 8, pairs));
}

void resample16_rows_plain(const struct resample16 *a, const int16_t *const *in, int planes,
                           int16_t *out, int apart)
{
    for (int p = 0; p < planes; p++)
        row_plain(a, in[p], out + (long)p * apart);
}

void resample16_rows(const struct resample16 *a, const int16_t *const *in, int planes, int16_t *out,
                     int apart)
{
    if (a->near16)
        resample16_rows_avx512(a, in, planes, out, apart);
    else
        for (int p = 0; p < planes; p++)
            row(a, in[p], out + (long)p * apart);
}

/* --- Columns ---------------------------------------------------------------------------------- */

static inline int column_plain(const struct resample16 *a, int i, const int16_t *const *rows, int x)
{
    int v = 0;
    for (int k = 0; k < a->taps; k++)
        v += (a->weight[resample16_at(a, i, k)] * rows[k][x] + ONE / 2) >> 15;
    return v;
}

void resample16_column_plain(const struct resample16 *a, int i, const int16_t *const *rows,
                             int16_t *out, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (int16_t)column_plain(a, i, rows, x);
}

void resample16_bytes_plain(const struct resample16 *a, int i, const int16_t *const *rows,
                            uint8_t *out, int n, int low, int high)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)clamp_int((column_plain(a, i, rows, x) + 32) >> 6, low, high);
}

static inline __m256i tap(const int16_t *row, int x, __m256i w)
{
    return _mm256_mulhrs_epi16(_mm256_loadu_si256((const __m256i *)(row + x)), w);
}

static inline __m256i weight_of(const struct resample16 *a, int i, int k)
{
    return _mm256_set1_epi16(a->weight[resample16_at(a, i, k)]);
}

/* Columns x .. x + 15 through any number of taps. */
static __m256i column16(const struct resample16 *a, int i, const int16_t *const *rows, int x)
{
    __m256i v = _mm256_setzero_si256();
    for (int k = 0; k < a->taps; k++)
        v = _mm256_add_epi16(v, tap(rows[k], x, weight_of(a, i, k)));
    return v;
}

/* Through 4, whose weights stay in registers. */
struct four {
    const int16_t *row[4];
    __m256i weight[4];
};

static struct four four_of(const struct resample16 *a, int i, const int16_t *const *rows)
{
    struct four f;
    for (int k = 0; k < 4; k++) {
        f.row[k] = rows[k];
        f.weight[k] = weight_of(a, i, k);
    }
    return f;
}

static inline __m256i four16(const struct four *f, int x)
{
    __m256i a = _mm256_add_epi16(tap(f->row[0], x, f->weight[0]), tap(f->row[1], x, f->weight[1])),
            b = _mm256_add_epi16(tap(f->row[2], x, f->weight[2]), tap(f->row[3], x, f->weight[3]));
    return _mm256_add_epi16(a, b);
}

void resample16_column(const struct resample16 *a, int i, const int16_t *const *rows, int16_t *out,
                       int n)
{
    if (a->taps == 4) {
        struct four f = four_of(a, i, rows);
        for (int x = 0; x < n; x += 16)
            _mm256_storeu_si256((__m256i *)(out + x), four16(&f, x));
        return;
    }
    for (int x = 0; x < n; x += 16)
        _mm256_storeu_si256((__m256i *)(out + x), column16(a, i, rows, x));
}

/* 32 numbers at the scale of 64 as bytes. */
static inline __m256i bytes_of(__m256i a, __m256i b, __m256i low, __m256i high)
{
    const __m256i half = _mm256_set1_epi16(32);
    a = _mm256_srai_epi16(_mm256_add_epi16(a, half), 6);
    b = _mm256_srai_epi16(_mm256_add_epi16(b, half), 6);
    __m256i v = _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), _MM_SHUFFLE(3, 1, 2, 0));
    return _mm256_min_epu8(_mm256_max_epu8(v, low), high);
}

void resample16_bytes(const struct resample16 *a, int i, const int16_t *const *rows, uint8_t *out,
                      int n, int low, int high)
{
    __m256i l = _mm256_set1_epi8((char)low), h = _mm256_set1_epi8((char)high);
    int x = 0;
    if (a->taps == 4) {
        struct four f = four_of(a, i, rows);
        for (; x + 32 <= n; x += 32)
            _mm256_storeu_si256((__m256i *)(out + x),
                                bytes_of(four16(&f, x), four16(&f, x + 16), l, h));
    } else {
        for (; x + 32 <= n; x += 32)
            _mm256_storeu_si256((__m256i *)(out + x), bytes_of(column16(a, i, rows, x),
                                                               column16(a, i, rows, x + 16), l, h));
    }
    for (; x < n; x++)
        out[x] = (uint8_t)clamp_int((column_plain(a, i, rows, x) + 32) >> 6, low, high);
}

bool resample16_find(const int16_t *v, int n, int low, int *from, int *to)
{
    const __m256i bound = _mm256_set1_epi16((int16_t)low);
    *from = *to = -1;
    for (int x = 0; x < n; x += 16) {
        __m256i above = _mm256_cmpgt_epi16(_mm256_loadu_si256((const __m256i *)(v + x)), bound);
        if (!_mm256_testz_si256(above, above)) {
            *from = *from < 0 ? x : *from;
            *to = x + 16 < n ? x + 16 : n;
        }
    }
    return *from >= 0;
}
