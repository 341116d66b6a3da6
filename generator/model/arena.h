/* One block of memory cut into pieces whose sizes are told by the code that places them: run once
 * with base NULL to count, once to place.
 *
 *     struct arena a = {0};
 *     place(&a, work);                                     // counts
 *     a = (struct arena){.base = aligned_alloc(64, a.size)};
 *     place(&a, work);                                     // places the same pieces */
#ifndef WHELK_ARENA_H
#define WHELK_ARENA_H

#include <stddef.h>

struct arena {
    char *base;
    size_t size;
};

/* A piece begins on a line, and a line follows it: rows may be read a little past their end. */
static inline void *arena_take(struct arena *a, size_t bytes)
{
    void *at = a->base ? a->base + a->size : NULL;
    a->size += (bytes + 127) / 64 * 64;
    return at;
}

static inline float *arena_floats(struct arena *a, long count)
{
    return arena_take(a, (size_t)count * sizeof(float));
}

#endif
