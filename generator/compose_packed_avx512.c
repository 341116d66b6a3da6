/* The plate as packed pixels in registers of 64 bytes. Only compose_packed.c calls it, and only
 * where the processor has AVX-512. */
#include <immintrin.h>
#include <string.h>

#include "compose_in.h"

#define VECTOR __m512i
#define V(op) _mm512_##op
#define LOAD _mm512_loadu_si512
#define BROADCAST _mm512_broadcast_i32x4
#define LANES 32
#define DRAW_PIXELS compose_pixels_avx512

/* 16 pixels; of 3 bytes each, 12 a lane are left. */
static inline void put_words(enum compose_packing p, uint8_t *out, __m512i words)
{
    const __m128i three = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    const __m512i left = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
    if (p != COMPOSE_RGB) {
        _mm512_storeu_si512(out, words);
        return;
    }
    words = _mm512_shuffle_epi8(words, BROADCAST(three));
    _mm512_mask_storeu_epi32(out, 0xfff, _mm512_permutexvar_epi32(left, words));
}

static inline void put_lanes(enum compose_packing p, uint8_t *out, __m512i a, __m512i b)
{
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
                  high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    put_words(p, out, _mm512_permutex2var_epi64(a, low, b));
    put_words(p, out + 16 * (p == COMPOSE_RGB ? 3 : 4), _mm512_permutex2var_epi64(a, high, b));
}

#include "compose_pixels.h"
