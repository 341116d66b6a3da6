/* Row kernels of the compositor. Colours of a limited range are Y = 16 + 219 y, C = 128 + 224 c.
 * Because a premultiplied colour goes through an affine map, its constant is multiplied by alpha
 * too. */
#include "compose_rows.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

void row_colour_set(struct row_colour *c, enum row_space space, bool full_range)
{
    static const float weights[][2] = {{0.2126f, 0.0722f}, {0.299f, 0.114f}, {0.2627f, 0.0593f}};
    *c = (struct row_colour){.rgb = space == ROW_RGB, .high = {255, 255}};
    if (c->rgb) {
        for (int k = 0; k < 3; k++)
            c->shade[k][k] = 255;
        return;
    }
    float red = weights[space][0], blue = weights[space][1], green = 1 - red - blue;
    float luma = full_range ? 255 : 219, chroma = full_range ? 255 : 224;
    float low = full_range ? 0 : 16, cb = 2 * (1 - blue), cr = 2 * (1 - red);
    c->red = red;
    c->blue = blue;
    c->luma_scale = luma;
    c->luma_low = low;
    c->chroma_scale = chroma;
    const float shade[3][4] = {
        {luma * red, luma * green, luma * blue, low},
        {chroma * -red / cb, chroma * -green / cb, chroma * 0.5f, 128},
        {chroma * 0.5f, chroma * -green / cr, chroma * -blue / cr, 128},
    };
    memcpy(c->shade, shade, sizeof shade);
    if (!full_range) {
        c->low[0] = c->low[1] = 16;
        c->high[0] = 235;
        c->high[1] = 240;
    }
    c->black[0] = (int)low;
    c->black[1] = c->black[2] = 128;
}

void row_colour_of(const struct row_colour *c, const float rgb[3], float coded[3])
{
    if (c->rgb) {
        for (int k = 0; k < 3; k++)
            coded[k] = 255 * rgb[k];
        return;
    }
    float luma = c->red * rgb[0] + (1 - c->red - c->blue) * rgb[1] + c->blue * rgb[2];
    coded[0] = c->luma_low + c->luma_scale * luma;
    coded[1] = 128 + c->chroma_scale * (rgb[2] - luma) / (2 * (1 - c->blue));
    coded[2] = 128 + c->chroma_scale * (rgb[0] - luma) / (2 * (1 - c->red));
}

static const float faint = 0.1f; /* an alpha below this says nothing about its colour */

static float clampf(float v, float low, float high)
{
    return v < low ? low : v > high ? high : v;
}

static uint8_t to_byte(float v, int low, int high)
{
    return (uint8_t)_mm_cvtss_si32(_mm_set_ss(clampf(v, (float)low, (float)high)));
}

void row_store_plain(const float *v, uint8_t *out, int n, int low, int high)
{
    for (int x = 0; x < n; x++)
        out[x] = to_byte(v[x], low, high);
}

/* 8 rounded floats as the 8 low bytes. */
static __m128i pack_bytes(__m256 v)
{
    __m256i w = _mm256_cvtps_epi32(v);
    __m128i h = _mm_packs_epi32(_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1));
    return _mm_packus_epi16(h, h);
}

void row_store(const float *v, uint8_t *out, int n, int low, int high)
{
    __m256 l = _mm256_set1_ps((float)low), h = _mm256_set1_ps((float)high);
    int x = 0;
    for (; x + 32 <= n; x += 32) {
        __m256i w[4];
        for (int k = 0; k < 4; k++)
            w[k] = _mm256_cvtps_epi32(
                _mm256_min_ps(_mm256_max_ps(_mm256_loadu_ps(v + x + 8 * k), l), h));
        __m256i p =
            _mm256_packus_epi16(_mm256_packs_epi32(w[0], w[1]), _mm256_packs_epi32(w[2], w[3]));
        p = _mm256_permutevar8x32_epi32(p, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        _mm256_storeu_si256((__m256i *)(out + x), p);
    }
    for (; x + 8 <= n; x += 8)
        _mm_storel_epi64((__m128i *)(out + x),
                         pack_bytes(_mm256_min_ps(_mm256_max_ps(_mm256_loadu_ps(v + x), l), h)));
    row_store_plain(v + x, out + x, n - x, low, high);
}

static const float share = 1.0f / 16384; /* of a sprite's numbers */

void row_shade_plain(const struct row_colour *c, int16_t *const rgba[4], float *const out[4], int n,
                     float sharpness)
{
    for (int x = 0; x < n; x++) {
        float a = rgba[3][x] > 0 ? rgba[3][x] * share : 0;
        float sharp = clampf((a - 0.5f) * sharpness + 0.5f, 0, 1);
        float gain = sharp / (a > faint ? a : faint);
        float r = clampf(rgba[0][x] * share, 0, a) * gain,
              g = clampf(rgba[1][x] * share, 0, a) * gain,
              b = clampf(rgba[2][x] * share, 0, a) * gain;
        for (int k = 0; k < 3; k++)
            out[k][x] = c->shade[k][0] * r + c->shade[k][1] * g + c->shade[k][2] * b +
                        c->shade[k][3] * sharp;
        out[3][x] = sharp;
    }
}

static __m256 mix(const float *m, __m256 r, __m256 g, __m256 b, __m256 a)
{
    __m256 v = _mm256_mul_ps(_mm256_set1_ps(m[3]), a);
    v = _mm256_fmadd_ps(_mm256_set1_ps(m[2]), b, v);
    v = _mm256_fmadd_ps(_mm256_set1_ps(m[1]), g, v);
    return _mm256_fmadd_ps(_mm256_set1_ps(m[0]), r, v);
}

static __m256 shares(const int16_t *v)
{
    __m256i w = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)v));
    return _mm256_mul_ps(_mm256_cvtepi32_ps(w), _mm256_set1_ps(share));
}

void row_shade(const struct row_colour *colour, int16_t *const rgba[4], float *const out[4], int n,
               float sharpness)
{
    const __m256 zero = _mm256_setzero_ps(), one = _mm256_set1_ps(1), half = _mm256_set1_ps(0.5f);
    const __m256 k = _mm256_set1_ps(sharpness), low = _mm256_set1_ps(faint);
    int x = 0;
    for (; x + 8 <= n; x += 8) {
        __m256 a = _mm256_max_ps(shares(rgba[3] + x), zero);
        __m256 sharp = _mm256_fmadd_ps(_mm256_sub_ps(a, half), k, half);
        sharp = _mm256_min_ps(_mm256_max_ps(sharp, zero), one);
        __m256 gain = _mm256_div_ps(sharp, _mm256_max_ps(a, low));
        __m256 c[3];
        for (int i = 0; i < 3; i++) {
            __m256 v = _mm256_min_ps(_mm256_max_ps(shares(rgba[i] + x), zero), a);
            c[i] = _mm256_mul_ps(v, gain);
        }
        for (int i = 0; i < 3; i++)
            _mm256_storeu_ps(out[i] + x, mix(colour->shade[i], c[0], c[1], c[2], sharp));
        _mm256_storeu_ps(out[3] + x, sharp);
    }
    int16_t *const rest[4] = {rgba[0] + x, rgba[1] + x, rgba[2] + x, rgba[3] + x};
    float *const to[4] = {out[0] + x, out[1] + x, out[2] + x, out[3] + x};
    row_shade_plain(colour, rest, to, n - x, sharpness);
}

void row_over_plain(const float *v, const float *alpha, uint8_t *out, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = to_byte(out[x] * (1 - alpha[x]) + v[x], 0, 255);
}

void row_over(const float *v, const float *alpha, uint8_t *out, int n)
{
    int x = 0;
    for (; x + 8 <= n; x += 8) {
        __m256 o =
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(out + x))));
        o = _mm256_add_ps(_mm256_fnmadd_ps(_mm256_loadu_ps(alpha + x), o, o),
                          _mm256_loadu_ps(v + x));
        _mm_storel_epi64((__m128i *)(out + x), pack_bytes(o));
    }
    row_over_plain(v + x, alpha + x, out + x, n - x);
}

void row_fold_plain(const float *s, float *out, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = 0.125f * (s[2 * i - 1] + 2 * s[2 * i] + s[2 * i + 1]);
}

/* Elements 0, 2, .. 14 of 16 floats. */
static __m256 evens(__m256 a, __m256 b)
{
    __m256 v = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0));
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), _MM_SHUFFLE(3, 1, 2, 0)));
}

static __m256 odds(__m256 a, __m256 b)
{
    __m256 v = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1));
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), _MM_SHUFFLE(3, 1, 2, 0)));
}

void row_fold(const float *s, float *out, int n)
{
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 a = _mm256_loadu_ps(s + 2 * i), b = _mm256_loadu_ps(s + 2 * i + 8);
        __m256 before = evens(_mm256_loadu_ps(s + 2 * i - 1), _mm256_loadu_ps(s + 2 * i + 7));
        __m256 v = _mm256_add_ps(_mm256_add_ps(before, odds(a, b)),
                                 _mm256_mul_ps(_mm256_set1_ps(2), evens(a, b)));
        _mm256_storeu_ps(out + i, _mm256_mul_ps(v, _mm256_set1_ps(0.125f)));
    }
    row_fold_plain(s + 2 * i, out + i, n - i);
}

bool row_shadow(float *alpha, int n, double cx, double rx, double d2, double darkness, int *from,
                int *to)
{
    double reach = rx * sqrt(fmax(0, 1 - d2));
    *from = (int)fmax(0, fmin(n, floor(cx - reach)));
    *to = (int)fmin(n, fmax(0, ceil(cx + reach)));
    for (int x = *from; x < *to; x++) {
        float dx = (float)((x + 0.5 - cx) / rx), left = 1 - (float)d2 - dx * dx;
        alpha[x] = left > 0 ? (float)darkness * left * left : 0;
    }
    return *from < *to;
}

void row_darken(uint8_t *out, int n, double cx, double rx, double d2, double darkness, int black)
{
    double reach = rx * sqrt(fmax(0, 1 - d2));
    int from = (int)fmax(0, floor(cx - reach)), to = (int)fmin(n, ceil(cx + reach));
    for (int x = from; x < to; x++) {
        float dx = (float)((x + 0.5 - cx) / rx), left = 1 - (float)d2 - dx * dx;
        float s = left > 0 ? (float)darkness * left * left : 0;
        out[x] = to_byte((float)out[x] + ((float)black - (float)out[x]) * s, 0, 255);
    }
}
