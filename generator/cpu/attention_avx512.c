/* The attention kernel in vectors of sixteen floats. Only attention.c calls it, and only where the
 * processor has AVX-512. */
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512")

#include "attention.h"

#include <immintrin.h>
#include <string.h>

#define LANES 16
#define GROUP 8
#define VALUE_MOST 3
#define VECTOR_MAX _mm512_max_ps
#define TILE_ROWS attention_rows_avx512
#include "attention_tile.h"
