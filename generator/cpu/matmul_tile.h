/* The f32 kernel of matmul.c for one vector width; included once for each by matmul.c and
 * matmul_avx512.c, which define LANES (floats in a vector), GROUP (rows at a time), ACROSS (vectors
 * of columns at a time) and TILE (the function's name). GROUP times ACROSS sums is what the
 * registers hold. No include guard on purpose. */

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef float vfu __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

void TILE(const void *const *x, int taps, int in, long stride, int rows, const void *panel,
          float *tile)
{
    for (int c = 0; c < MATMUL_STRIP; c += ACROSS * LANES) {
        vf sum[GROUP][ACROSS] = {0};
        const float *w = (const float *)panel + c;
        for (int t = 0; t < taps; t++) {
            const float *row[GROUP];
            for (int r = 0; r < GROUP; r++)
                row[r] = (const float *)((const char *)x[t] + (r < rows ? r : rows - 1) * stride);
            for (int i = 0; i < in; i++, w += MATMUL_STRIP) {
                vf b[ACROSS];
#pragma GCC unroll 4
                for (int j = 0; j < ACROSS; j++)
                    b[j] = *(const vfu *)(w + j * LANES);
#pragma GCC unroll 16
                for (int r = 0; r < GROUP; r++) {
                    vf a = row[r][i] - (vf){0};
#pragma GCC unroll 4
                    for (int j = 0; j < ACROSS; j++)
                        sum[r][j] += a * b[j];
                }
            }
        }
#pragma GCC unroll 16
        for (int r = 0; r < GROUP; r++)
#pragma GCC unroll 4
            for (int j = 0; j < ACROSS; j++)
                if (r < rows)
                    *(vfu *)(tile + r * MATMUL_STRIP + c + j * LANES) = sum[r][j];
    }
}
