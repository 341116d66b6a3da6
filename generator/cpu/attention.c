/* Layout and choice of kernel. The AVX2 kernel is compiled here, the AVX-512 one in
 * attention_avx512.c; which serves is oneDNN's judgement of the processor, so that
 * ONEDNN_MAX_CPU_ISA=AVX2 makes the whole engine an AVX2 one. */
#include "attention.h"

#include <dnnl.h>
#include <immintrin.h>
#include <string.h>

#define LANES 8
#define GROUP 6
#define VALUE_MOST 2
#define VECTOR_MAX _mm256_max_ps
#define TILE_ROWS attention_rows_avx2
static void attention_rows_avx2(const struct attention *a, const float *q, const float *k,
                                const float *v, int first, int rows, int head, float *scores,
                                float *out);
#include "attention_tile.h"

void attention_layout(struct attention *a)
{
    a->padded = (a->tokens + 31) / 32 * 32;
    a->padded_dim = (a->head_dim + 15) / 16 * 16;
}

long attention_keys(const struct attention *a)
{
    return (long)a->heads * a->padded * a->padded_dim;
}

long attention_scores(const struct attention *a)
{
    return (long)ATTENTION_ROWS * a->padded;
}

void attention_put(const struct attention *a, int token, const float *k_row, const float *v_row,
                   float *k, float *v)
{
    int d = a->head_dim;
    float *panel =
        k + (long)(token / ATTENTION_PANEL) * d * ATTENTION_PANEL + token % ATTENTION_PANEL;
    for (int h = 0; h < a->heads; h++, k_row += d, v_row += d, panel += (long)a->padded * d) {
        for (int i = 0; i < d; i++)
            panel[i * ATTENTION_PANEL] = k_row[i];
        memcpy(v + ((long)h * a->padded + token) * a->padded_dim, v_row, (size_t)d * sizeof(float));
    }
}

bool attention_has_avx512(void)
{
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core &&
           __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

void attention_rows(const struct attention *a, const float *q, const float *k, const float *v,
                    int first, int rows, int head, float *scores, float *out)
{
    if (a->wide)
        attention_rows_avx512(a, q, k, v, first, rows, head, scores, out);
    else
        attention_rows_avx2(a, q, k, v, first, rows, head, scores, out);
}
