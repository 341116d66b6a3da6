/* A head's keys are panels of 32 keys, its values panels of 32 columns; both are laid out as
 * matmul_amx.c wants them: for 32 inputs two tiles of [16 pairs][16 columns][2]. For keys the
 * inputs are the numbers of a head, for values they are tokens. */
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq")

#include "attention_bf16.h"

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "matmul.h"

enum { ROWS = ATTENTION_BF16_ROWS, KEYS = ATTENTION_BF16_KEYS, PANEL = MATMUL_STRIP, TILE = 1024 };

static long padded(const struct attention_bf16 *a)
{
    return (a->tokens + PANEL - 1L) / PANEL * PANEL;
}

/* Of one head's keys, and of its values. */
static size_t side_bytes(const struct attention_bf16 *a)
{
    return (size_t)padded(a) * (size_t)a->head_dim * 2;
}

size_t attention_bf16_bytes(const struct attention_bf16 *a)
{
    return 2 * side_bytes(a) * (size_t)a->heads;
}

/* Query rows and powers in bf16, scores, sums. */
struct room {
    uint16_t *query, *power;
    float *score, *sum, *tile;
};

static size_t lay_out(const struct attention_bf16 *a, char *at, struct room *r)
{
    size_t query = ROWS * (size_t)a->head_dim * 2, power = ROWS * KEYS * 2, score = ROWS * KEYS * 4,
           sum = ROWS * (size_t)a->head_dim * 4, tile = ROWS * PANEL * 4;
    if (at)
        *r = (struct room){(uint16_t *)(void *)at, (uint16_t *)(void *)(at + query),
                           (float *)(void *)(at + query + power),
                           (float *)(void *)(at + query + power + score),
                           (float *)(void *)(at + query + power + score + sum)};
    return query + power + score + sum + tile;
}

size_t attention_bf16_scratch(const struct attention_bf16 *a)
{
    return lay_out(a, NULL, NULL);
}

/* Input i of column c in a panel. */
static long place(int i, int c)
{
    return (long)(i / 32) * 2 * (TILE / 2) + c / 16 * (TILE / 2) + i % 32 / 2 * 32 + c % 16 * 2 +
           i % 2;
}

void attention_bf16_put(const struct attention_bf16 *a, int token, const float *k_row,
                        const float *v_row, void *memory)
{
    int d = a->head_dim;
    size_t side = side_bytes(a) / 2; /* in numbers */
    uint16_t *k = memory, *v = k + side * (size_t)a->heads;
    for (int h = 0; h < a->heads; h++, k += side, v += side, k_row += d, v_row += d) {
        uint16_t *panel = k + (long)(token / PANEL) * PANEL * d;
        for (int i = 0; i < d; i++)
            panel[place(i, token % PANEL)] = matmul_narrow(k_row[i]);
        for (int c = 0; c < d; c++)
            v[(long)(c / PANEL) * PANEL * padded(a) + place(token, c % PANEL)] =
                matmul_narrow(v_row[c]);
    }
}

/* 2^x for x <= 0, relative error 2e-7 (attention_tile.h has the same); below -126 nothing. */
static inline __m512 power_of_two(__m512 x)
{
    x = _mm512_max_ps(x, _mm512_set1_ps(-126.0f));
    __m512 whole = _mm512_roundscale_ps(x, 0), f = _mm512_sub_ps(x, whole);
    __m512 p = _mm512_set1_ps(1.53533419e-4f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.33988744e-3f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.61843611e-3f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.55033232e-2f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.40226477e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.93147182e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, whole);
}

static inline __m256i narrow16(__m512 v)
{
    __m512i bits = _mm512_castps_si512(v),
            odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    bits = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16));
}

/* A row of `count` scores, a multiple of 32, into powers; the greatest so far and the sum go on.
 * Returns what the sums so far are to be multiplied by. */
static float soften(const float *score, int count, uint16_t *power, float *most, float *sum)
{
    __m512 top = _mm512_set1_ps(*most), total = _mm512_setzero_ps();
    for (int i = 0; i < count; i += 16)
        top = _mm512_max_ps(top, _mm512_loadu_ps(score + i));
    float next = _mm512_reduce_max_ps(top), keep = exp2f(*most - next);
    top = _mm512_set1_ps(next);
    for (int i = 0; i < count; i += 16) {
        __m512 p = power_of_two(_mm512_sub_ps(_mm512_loadu_ps(score + i), top));
        total = _mm512_add_ps(total, p);
        _mm256_storeu_si256((__m256i *)(power + i), narrow16(p));
    }
    *sum = *sum * keep + _mm512_reduce_add_ps(total);
    *most = next;
    return keep;
}

/* Scores of the rows against keys [from, from + count); those from `to` on are nothing. */
static void make_scores(const struct attention_bf16 *a, const struct room *r, const uint16_t *k,
                        int from, int to, int count, int rows)
{
    const void *x[1] = {r->query};
    for (int p = 0; p < count; p += PANEL) {
        matmul_tile_amx(x, 1, a->head_dim, 2L * a->head_dim, rows,
                        k + (long)(from + p) * a->head_dim, r->tile);
        for (int row = 0; row < rows; row++) {
            float *score = r->score + row * KEYS + p;
            memcpy(score, r->tile + row * PANEL, PANEL * sizeof *score);
            for (int i = to - from - p; i < PANEL; i++)
                if (i >= 0)
                    score[i] = -1e30f;
        }
    }
}

static void add_values(const struct attention_bf16 *a, const struct room *r, const uint16_t *v,
                       int from, int count, int rows, const float *keep)
{
    const void *x[1] = {r->power};
    for (int c = 0; c < a->head_dim; c += PANEL) {
        matmul_tile_amx(x, 1, count, 2L * KEYS, rows, v + (long)c * padded(a) + (long)from * PANEL,
                        r->tile);
        for (int row = 0; row < rows; row++)
            for (int i = 0; i < PANEL; i++) {
                float *s = r->sum + row * a->head_dim + c + i;
                *s = *s * keep[row] + r->tile[row * PANEL + i];
            }
    }
}

struct sums {
    float most[ROWS], total[ROWS];
};

/* The softmax goes on over a part of the keys. */
static void add_part(const struct attention_bf16 *a, const struct room *r, const uint16_t *k,
                     const uint16_t *v, struct attention_part part, int rows, struct sums *s)
{
    float keep[ROWS];
    int end = (part.to + PANEL - 1) / PANEL * PANEL;
    for (int from = part.from; from < end; from += KEYS) {
        int count = end - from < KEYS ? end - from : KEYS;
        make_scores(a, r, k, from, part.to, count, rows);
        for (int row = 0; row < rows; row++)
            keep[row] = soften(r->score + row * KEYS, count, r->power + row * KEYS, &s->most[row],
                               &s->total[row]);
        add_values(a, r, v, from, count, rows, keep);
    }
}

void attention_bf16_rows(const struct attention_bf16 *a, const float *q, const void *memory,
                         int first, int rows, int head, void *scratch, float *out)
{
    int d = a->head_dim, width = a->heads * d;
    size_t side = side_bytes(a) / 2;
    const uint16_t *k = (const uint16_t *)memory + side * (size_t)head,
                   *v = k + side * (size_t)a->heads;
    struct attention_part whole = {0, a->tokens};
    struct sums s;
    struct room r = {0};
    lay_out(a, scratch, &r);
    memset(r.sum, 0, (size_t)(rows * d) * sizeof *r.sum);
    for (int row = 0; row < rows; row++) {
        matmul_put(true, q + (long)(first + row) * width + head * d, d, r.query + row * d);
        s.most[row] = -1e30f, s.total[row] = 0;
    }
    for (int p = 0; p < (a->parts ? a->parts : 1); p++)
        add_part(a, &r, k, v, a->parts ? a->part[p] : whole, rows, &s);
    for (int row = 0; row < rows; row++)
        for (int i = 0; i < d; i++)
            out[(long)(first + row) * width + head * d + i] = r.sum[row * d + i] / s.total[row];
}
