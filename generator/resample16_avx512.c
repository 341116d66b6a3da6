/* Rows of resample16.c in registers of 32 samples, for processors with AVX-512: the same numbers.
 * What 16 neighbours draw from lies within 32 samples unless a picture is made less than half as
 * large, so that one load serves all their pairs of taps. */
#include "resample16.h"

#include <immintrin.h>

/* Where each of 16 first pairs lies among the 32 samples from the first one's on. */
static inline __m512i places_of(const int *first)
{
    __m512i at = _mm512_sub_epi32(_mm512_loadu_si512(first), _mm512_set1_epi32(*first));
    at = _mm512_or_si512(at, _mm512_slli_epi32(at, 16));
    return _mm512_add_epi32(at, _mm512_set1_epi32(0x10000));
}

/* 16 samples, as 32-bit sums. */
static inline __m512i four16(const int16_t *in, __m512i at, __m512i w0, __m512i w1)
{
    __m512i s = _mm512_loadu_si512(in), next = _mm512_add_epi16(at, _mm512_set1_epi16(2));
    __m512i a = _mm512_madd_epi16(_mm512_permutexvar_epi16(at, s), w0),
            b = _mm512_madd_epi16(_mm512_permutexvar_epi16(next, s), w1);
    a = _mm512_add_epi32(a, _mm512_set1_epi32(RESAMPLE16_ONE / 2));
    return _mm512_srai_epi32(_mm512_add_epi32(a, b), 15);
}

void resample16_rows_avx512(const struct resample16 *a, const int16_t *const *in, int planes,
                            int16_t *out, int apart)
{
    for (int i = 0; i < a->out; i += 16) {
        const int16_t *weight = a->weight + resample16_at(a, i, 0);
        __m512i at = places_of(a->first + i), w0 = _mm512_loadu_si512(weight),
                w1 = _mm512_loadu_si512(weight + 32);
        for (int p = 0; p < planes; p++) {
            __m512i v = four16(in[p] + a->first[i], at, w0, w1);
            _mm256_storeu_si256((__m256i *)(out + (long)p * apart + i), _mm512_cvtsepi32_epi16(v));
        }
    }
}
