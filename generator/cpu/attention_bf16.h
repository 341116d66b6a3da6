/* Softmax attention with products in bf16 by AMX: what attention.h does, for processors where
 * matmul_has_bf16() is true. Keys and values are kept as the panels of matmul.h; scores of 32 rows
 * are made for some hundred keys at a time and the softmax goes on over them, so scratch does not
 * grow with the number of tokens. Sums are in f32.
 *
 *     struct attention_bf16 a = {.tokens = n, .heads = 12, .head_dim = 128};  // a multiple of 32
 *     char *memory = ...;                         // attention_bf16_bytes(&a), zeroed once
 *     for (int i = 0; i < n; i++)
 *         attention_bf16_put(&a, i, k_row, v_row, memory);
 *     attention_bf16_rows(&a, q, memory, first, rows, head, scratch, out);
 *
 * As there: q carries the scale and log2(e), q and out are [tokens][heads * head_dim], results
 * depend on the row alone as long as `first` is a multiple of ATTENTION_BF16_ROWS. Tokens of one
 * even pair must be put by one thread. */
#ifndef WHELK_ATTENTION_BF16_H
#define WHELK_ATTENTION_BF16_H

#include <stddef.h>

#include "attention.h"

enum { ATTENTION_BF16_ROWS = 32, ATTENTION_BF16_KEYS = 512 };

struct attention_bf16 {
    int tokens, heads, head_dim;
    struct attention_part part[2]; /* as there */
    int parts;
};

size_t attention_bf16_bytes(const struct attention_bf16 *a);   /* of keys and values */
size_t attention_bf16_scratch(const struct attention_bf16 *a); /* bytes a thread, 64-byte aligned */

void attention_bf16_put(const struct attention_bf16 *a, int token, const float *k_row,
                        const float *v_row, void *memory);

/* At most ATTENTION_BF16_ROWS rows of one head. */
void attention_bf16_rows(const struct attention_bf16 *a, const float *q, const void *memory,
                         int first, int rows, int head, void *scratch, float *out);

#endif
