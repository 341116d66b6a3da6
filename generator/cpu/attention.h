/* Fused softmax attention on one processor core: out = softmax(q k^T) v for some rows of one head,
 * the scores never leaving the nearest cache. Keys lie in panels of 16 so that scores come out as
 * vectors, values row by row.
 *
 *     struct attention a = {.tokens = n, .heads = 4, .head_dim = 48};
 *     a.wide = attention_has_avx512();
 *     attention_layout(&a);                        // padded sizes
 *     float *k = ..., *v = ...;                    // attention_keys(&a) floats each
 *     float *scores = ...;                         // attention_scores(&a) floats, one a thread
 *     for (int i = 0; i < n; i++)
 *         attention_put(&a, i, k_row, v_row, k, v);        // rows of heads * head_dim
 *     attention_rows(&a, q, k, v, first, rows, head, scores, out);
 *
 * q carries the scale and log2(e): the softmax is taken with powers of two (ATTENTION_LOG2E).
 * Results depend on the row, not on how rows are divided. Keys beyond `tokens` up to the padded
 * number take no part, whatever is in their place. */
#ifndef WHELK_ATTENTION_H
#define WHELK_ATTENTION_H

#include <stdbool.h>

#define ATTENTION_LOG2E 1.4426950408889634f

enum { ATTENTION_PANEL = 16, ATTENTION_ROWS = 16, ATTENTION_STEP = 32 };

/* Keys [from, to). */
struct attention_part {
    int from, to;
};

struct attention {
    int tokens, heads, head_dim;
    bool wide;              /* vectors of sixteen: attention_has_avx512() */
    int padded, padded_dim; /* tokens to a multiple of 32, head_dim to one of 16 */
    /* The keys that rows look at, in order, none twice; every bound but the last is a multiple of
     * ATTENTION_STEP. parts 0 = all of them. */
    struct attention_part part[2];
    int parts;
};

void attention_layout(struct attention *a);
long attention_keys(const struct attention *a); /* floats of k, and of v */
long attention_scores(const struct attention *a);

void attention_put(const struct attention *a, int token, const float *k_row, const float *v_row,
                   float *k, float *v);

/* q and out: [tokens][heads * head_dim], 64-byte aligned is faster. Rows [first, first + rows) of
 * one head. */
void attention_rows(const struct attention *a, const float *q, const float *k, const float *v,
                    int first, int rows, int head, float *scores, float *out);

/* Whether the processor, and oneDNN's ONEDNN_MAX_CPU_ISA, allow the AVX-512 kernel: what `wide`
 * should be. */
bool attention_has_avx512(void);

/* Internal: where attention_rows goes when a->wide. */
void attention_rows_avx512(const struct attention *a, const float *q, const float *k,
                           const float *v, int first, int rows, int head, float *scores,
                           float *out);

#endif
