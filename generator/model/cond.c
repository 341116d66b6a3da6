/* Conditions, straight from FORMAT.md 5. */
#include "cond.h"

#include <stdlib.h>
#include <string.h>

#include "../cpu/ops.h"

bool cond_init(struct cond *c, const struct model *m, whelk_error *err)
{
    int d = m->width, words = m->caption_dim;
    memset(c, 0, sizeof *c);
    c->model = m;
    for (int s = 0; s < m->slot_count; s++) {
        struct shape table = {2, {m->slots[s].count + 1, d}};
        c->token_table[s] = model_tensor(m, &table, err, "cond.slot.%s.token", m->slots[s].name);
        c->pool_table[s] = model_tensor(m, &table, err, "cond.slot.%s.pool", m->slots[s].name);
        if (!c->token_table[s] || !c->pool_table[s])
            return false;
    }
    struct shape row = {1, {d}}, first = {2, {d, words}}, second = {2, {d, d}},
                 all = {2, {m->vocabulary_count, words}};
    c->words = model_tensor(m, &all, err, "cond.caption.words");
    c->word_pool = model_tensor(m, &first, err, "cond.caption.pool");
    c->first = model_tensor(m, &first, err, "cond.caption.0.weight");
    c->first_bias = model_tensor(m, &row, err, "cond.caption.0.bias");
    c->second = model_tensor(m, &second, err, "cond.caption.1.weight");
    c->second_bias = model_tensor(m, &row, err, "cond.caption.1.bias");
    if (!c->words || !c->word_pool || !c->first || !c->first_bias || !c->second || !c->second_bias)
        return false;
    c->tokens = calloc((size_t)(m->slot_count + 1) * (size_t)d, sizeof(float));
    c->pool = calloc((size_t)d, sizeof(float));
    c->scratch = calloc((size_t)(words + d), sizeof(float));
    if (c->tokens && c->pool && c->scratch)
        return true;
    cond_release(c);
    return whelk_fail(err, WHELK_EFAIL, "no memory");
}

void cond_release(struct cond *c)
{
    free(c->tokens);
    free(c->pool);
    free(c->scratch);
    memset(c, 0, sizeof *c);
}

static void mean_word(const struct cond *c, const char *caption, float *u)
{
    int ids[MODEL_CAPTION_WORDS], n = c->model->caption_dim,
                                  count = model_caption_words(c->model, caption, ids);
    memset(u, 0, (size_t)n * sizeof(float));
    for (int w = 0; w < count; w++)
        for (int i = 0; i < n; i++)
            u[i] += c->words[(long)ids[w] * n + i];
    for (int i = 0; i < n && count; i++)
        u[i] /= (float)count;
}

void cond_fill(struct cond *c, const int *slots, const char *caption)
{
    const struct model *m = c->model;
    int d = m->width;
    float *u = c->scratch, *hidden = u + m->caption_dim;
    mean_word(c, caption, u);
    ops_linear(c->word_pool, NULL, u, d, m->caption_dim, c->pool);
    for (int s = 0; s < m->slot_count; s++) {
        long row = slots ? slots[s] : m->slots[s].count;
        memcpy(c->tokens + (long)s * d, c->token_table[s] + row * d, (size_t)d * sizeof(float));
        for (int i = 0; i < d; i++)
            c->pool[i] += c->pool_table[s][row * d + i];
    }
    ops_linear(c->first, c->first_bias, u, d, m->caption_dim, hidden);
    ops_silu(hidden, d);
    ops_linear(c->second, c->second_bias, hidden, d, d, c->tokens + (long)m->slot_count * d);
}
