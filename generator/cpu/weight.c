/* Weights as files keep them, widened to float a piece of a row at a time. */
#include "matmul.h"

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { Q8_BLOCK = 32, Q8_BYTES = 34, Q4_BLOCK = 256, Q4_BYTES = 144 };

size_t weight_bytes(enum weight_type type, long long count)
{
    switch (type) {
    case WEIGHT_F32:
        return (size_t)count * 4;
    case WEIGHT_F16:
    case WEIGHT_BF16:
        return (size_t)count * 2;
    case WEIGHT_F8_E4M3:
    case WEIGHT_F8_E5M2:
    case WEIGHT_I8:
        return (size_t)count;
    case WEIGHT_Q8_0:
        return (size_t)(count / Q8_BLOCK) * Q8_BYTES;
    case WEIGHT_Q4_K:
        return (size_t)(count / Q4_BLOCK) * Q4_BYTES;
    }
    return 0;
}

static float half(const unsigned char *p)
{
    return _cvtsh_ss((unsigned short)(p[0] | p[1] << 8));
}

static void widen_f16(const unsigned char *in, int n, float *out)
{
    int i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + 2 * i))));
    for (; i < n; i++)
        out[i] = half(in + 2 * i);
}

static void widen_bf16(const unsigned char *in, int n, float *out)
{
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(in + 2 * i)));
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_slli_epi32(wide, 16));
    }
    for (; i < n; i++) {
        uint32_t bits = (uint32_t)in[2 * i] << 16 | (uint32_t)in[2 * i + 1] << 24;
        memcpy(out + i, &bits, 4);
    }
}

/* Both 8-bit types become f16 by moving bits: e5m2 is f16's upper byte; e4m3 shifted into place is
 * too small by 2^8, its exponent's bias being 7 and f16's 15. e4m3's two NaNs become 480. */
static void widen_f8(const unsigned char *in, int n, bool e4m3, float *out)
{
    for (int i = 0; i < n; i++) {
        unsigned b = in[i], bits = e4m3 ? (b & 0x80) << 8 | (b & 0x7f) << 7 : b << 8;
        out[i] = _cvtsh_ss((unsigned short)bits) * (e4m3 ? 256.0f : 1.0f);
    }
}

static void widen_q8(const unsigned char *block, int n, float *out)
{
    for (int i = 0; i < n; i += Q8_BLOCK, block += Q8_BYTES, out += Q8_BLOCK) {
        float d = half(block);
        for (int k = 0; k < Q8_BLOCK; k++)
            out[k] = d * (float)(signed char)block[2 + k];
    }
}

/* Group g's scale and minimum, 6 bits each, of the twelve bytes that hold all eight. */
static void q4_scale(const unsigned char *p, int g, int *scale, int *least)
{
    if (g < 4) {
        *scale = p[g] & 63;
        *least = p[g + 4] & 63;
    } else {
        *scale = (p[g + 4] & 15) | p[g - 4] >> 6 << 4;
        *least = p[g + 4] >> 4 | p[g] >> 6 << 4;
    }
}

/* A block: d, dmin (f16), 12 bytes of scales, then 128 bytes: in each 32 of them the low halves are
 * one group and the high halves the next. `from`: a multiple of 32. */
static void widen_q4(const unsigned char *row, long from, int n, float *out)
{
    for (int i = 0; i < n; i += 32, from += 32, out += 32) {
        const unsigned char *block = row + from / Q4_BLOCK * Q4_BYTES;
        int group = (int)(from % Q4_BLOCK / 32), scale, least;
        const unsigned char *q = block + 16 + group / 2 * 32;
        q4_scale(block + 4, group, &scale, &least);
        float d = half(block) * (float)scale, m = half(block + 2) * (float)least;
        for (int k = 0; k < 32; k++)
            out[k] = d * (float)(group & 1 ? q[k] >> 4 : q[k] & 15) - m;
    }
}

void weight_row(const struct weight *w, int n, long from, int count, float *out)
{
    long width = (long)w->in * w->taps;
    const unsigned char *row = w->data + weight_bytes(w->type, width) * (size_t)n;
    switch (w->type) {
    case WEIGHT_F32:
        memcpy(out, row + 4 * from, (size_t)count * 4);
        break;
    case WEIGHT_F16:
        widen_f16(row + 2 * from, count, out);
        break;
    case WEIGHT_BF16:
        widen_bf16(row + 2 * from, count, out);
        break;
    case WEIGHT_F8_E4M3:
    case WEIGHT_F8_E5M2:
        widen_f8(row + from, count, w->type == WEIGHT_F8_E4M3, out);
        break;
    case WEIGHT_I8:
        for (int i = 0; i < count; i++)
            out[i] = (float)(signed char)row[from + i];
        break;
    case WEIGHT_Q8_0:
        widen_q8(row + from / Q8_BLOCK * Q8_BYTES, count, out);
        break;
    case WEIGHT_Q4_K:
        widen_q4(row, from, count, out);
        break;
    }
    float scale = w->scale * (w->row_scale ? w->row_scale[n] : 1);
    for (int i = 0; scale != 1 && i < count; i++)
        out[i] *= scale;
}
