/* Conditions: slots and caption to one token each and one pooled vector (FORMAT.md 5).
 *
 *     struct cond c;
 *     cond_init(&c, model, &err);
 *     cond_fill(&c, slots, "a cat dives");        // allocates nothing
 *     cond_release(&c); */
#ifndef WHELK_COND_H
#define WHELK_COND_H

#include "model.h"

struct cond {
    const struct model *model;
    float *tokens;  /* [slot_count + 1][width] */
    float *pool;    /* [width] */
    float *scratch; /* caption_dim + width */
    const float *token_table[MODEL_SLOTS_MAX], *pool_table[MODEL_SLOTS_MAX];
    const float *words, *word_pool, *first, *first_bias, *second, *second_bias;
};

bool cond_init(struct cond *c, const struct model *m, whelk_error *err);
void cond_release(struct cond *c);

/* slots NULL: all unset; caption NULL: none. */
void cond_fill(struct cond *c, const int *slots, const char *caption);

#endif
