/* The f32 kernel of matmul.c in vectors of sixteen floats. Only matmul.c calls it, and only where
 * the processor has AVX-512. */
#include "matmul.h"

#define LANES 16
#define GROUP 12
#define ACROSS 2
#define TILE matmul_tile_avx512
#include "matmul_tile.h"
