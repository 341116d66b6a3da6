/* The workers of one parallel region, meeting between stages. In a stage every lane takes tasks by number until there
 * are none; which lane does which task changes no result. Include inside files compiled with OpenMP only.
 *
 *     struct team team;
 *     team_init(&team, threads);
 *     #pragma omp parallel num_threads(threads)
 *     {
 *         struct lane lane = lane_of(&team);
 *         for (int i; (i = lane_next(&lane)) < tasks;)
 *             work(i, lane.number);
 *         lane_meet(&lane);                           // all tasks are done; the next stage begins
 *     } */
#ifndef WHELK_TEAM_H
#define WHELK_TEAM_H

#include <limits.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "gemm.h"

struct team {
    int lanes;
    atomic_int next[2];         /* the next task of even and odd stages */
    atomic_uint stop_at;        /* lanes leave on reaching this stage */
};

struct lane {
    struct team *team;
    int number;
    unsigned stage;
};

static inline void team_init(struct team *t, int lanes)
{
    t->lanes = lanes;
    atomic_init(&t->next[0], 0);
    atomic_init(&t->next[1], 0);
    atomic_init(&t->stop_at, UINT_MAX);
}

static inline struct lane lane_of(struct team *t)
{
    gemm_alone();
    return (struct lane){t, omp_get_thread_num(), 0};
}

static inline int lane_next(struct lane *l)
{
    return atomic_fetch_add_explicit(&l->team->next[l->stage & 1], 1, memory_order_relaxed);
}

/* Lane 0 clears the next stage's counter here: everybody left it one meeting ago. */
static inline void lane_meet(struct lane *l)
{
    if (l->number == 0)
        atomic_store_explicit(&l->team->next[(l->stage + 1) & 1], 0, memory_order_relaxed);
#pragma omp barrier
    l->stage++;
}

/* Lane 0 asks all to stop at the next meeting; a number, not a flag, so that a slow lane cannot see it a meeting early. */
static inline void team_stop(struct lane *l)
{
    atomic_store(&l->team->stop_at, l->stage + 1);
}

static inline bool lane_stopped(const struct lane *l)
{
    return atomic_load(&l->team->stop_at) <= l->stage;
}

#endif
