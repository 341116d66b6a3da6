/* The workers of one parallel region, meeting between stages. In a stage every lane takes tasks by
 * number until there are none; which lane does which task changes no result. Include inside files
 * compiled with OpenMP only.
 *
 *     struct team team;
 *     team_init(&team);
 *     #pragma omp parallel num_threads(threads)
 *     {
 *         struct lane lane = lane_of(&team);
 *         for (int i; (i = lane_next(&lane)) < tasks;)
 *             work(i, lane.number);
 *         lane_meet(&lane);                           // all tasks are done; the next stage begins
 *     } */
#ifndef WHELK_TEAM_H
#define WHELK_TEAM_H

#include <immintrin.h>
#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "gemm.h"

/* A lane that waits turns for some 25 us and then sleeps: on a busy machine turning would
 * take the processor from the very lane that is waited for. (OpenMP's own barrier turns for
 * milliseconds; on two loaded cores two lanes took 2.4 s with it for what one did in 0.6 s.) */
enum { TEAM_TURNS = 2000 };

struct team {
    atomic_int next[2];   /* the next task of even and odd stages */
    atomic_uint stop_at;  /* lanes leave on reaching this stage */
    atomic_int here;      /* lanes that have come to the meeting */
    atomic_uint meetings; /* that are over */
    pthread_mutex_t mutex;
    pthread_cond_t over;
};

struct lane {
    struct team *team;
    int number, lanes; /* lanes: as many as OpenMP gave, which may be fewer than were asked for */
    unsigned stage;
};

static inline void team_init(struct team *t)
{
    atomic_init(&t->next[0], 0);
    atomic_init(&t->next[1], 0);
    atomic_init(&t->stop_at, UINT_MAX);
    atomic_init(&t->here, 0);
    atomic_init(&t->meetings, 0);
    t->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    t->over = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}

static inline struct lane lane_of(struct team *t)
{
    gemm_alone();
    return (struct lane){t, omp_get_thread_num(), omp_get_num_threads(), 0};
}

static inline int lane_next(struct lane *l)
{
    return atomic_fetch_add_explicit(&l->team->next[l->stage & 1], 1, memory_order_relaxed);
}

static inline void team_wait(struct team *t, unsigned meeting)
{
    for (int i = 0; i < TEAM_TURNS; i++) {
        if (atomic_load_explicit(&t->meetings, memory_order_acquire) != meeting)
            return;
        _mm_pause();
    }
    pthread_mutex_lock(&t->mutex);
    while (atomic_load(&t->meetings) == meeting)
        pthread_cond_wait(&t->over, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
}

/* Lane 0 clears the next stage's counter here: everybody left it one meeting ago. */
static inline void lane_meet(struct lane *l)
{
    if (l->number == 0)
        atomic_store_explicit(&l->team->next[(l->stage + 1) & 1], 0, memory_order_relaxed);
    struct team *t = l->team;
    if (atomic_fetch_add(&t->here, 1) + 1 == l->lanes) {
        atomic_store(&t->here, 0);
        pthread_mutex_lock(&t->mutex);
        atomic_store(&t->meetings, l->stage + 1);
        pthread_cond_broadcast(&t->over);
        pthread_mutex_unlock(&t->mutex);
    } else {
        team_wait(t, l->stage);
    }
    l->stage++;
}

/* Lane 0 asks all to stop at the next meeting; a number, not a flag, so that a slow lane cannot see
 * it a meeting early. */
static inline void team_stop(struct lane *l)
{
    atomic_store(&l->team->stop_at, l->stage + 1);
}

static inline bool lane_stopped(const struct lane *l)
{
    return atomic_load(&l->team->stop_at) <= l->stage;
}

#endif
