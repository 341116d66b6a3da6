/* A job is handed out under the mutex; tasks are then taken by counting. A worker that comes late
 * finds no task left, and the caller returns only when none is at work. */
#include "crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t come, gone;
    crew_fn *fn;
    void *ctx;
    int tasks, jobs, active; /* jobs: how many there were */
    bool quit;
    atomic_int next;
    int count; /* of threads */
    struct member {
        struct crew *crew;
        pthread_t thread;
        int number;
    } member[];
};

static void take_tasks(struct crew *c, crew_fn *fn, void *ctx, int tasks, int worker)
{
    for (int i; (i = atomic_fetch_add(&c->next, 1)) < tasks;)
        fn(ctx, i, worker);
}

static void *work(void *of)
{
    struct member *me = of;
    struct crew *c = me->crew;
    int done = 0;
    pthread_mutex_lock(&c->mutex);
    for (;;) {
        while (c->jobs == done && !c->quit)
            pthread_cond_wait(&c->come, &c->mutex);
        if (c->quit)
            break;
        done = c->jobs;
        if (c->tasks == 0)
            continue; /* the job is over: its context may be gone */
        c->active++;
        crew_fn *fn = c->fn;
        void *ctx = c->ctx;
        int tasks = c->tasks;
        pthread_mutex_unlock(&c->mutex);
        take_tasks(c, fn, ctx, tasks, me->number);
        pthread_mutex_lock(&c->mutex);
        if (--c->active == 0)
            pthread_cond_signal(&c->gone);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

struct crew *crew_new(int threads, whelk_error *err)
{
    struct crew *c = calloc(1, sizeof *c + (size_t)threads * sizeof *c->member);
    if (!c) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->come, NULL);
    pthread_cond_init(&c->gone, NULL);
    for (int i = 0; i < threads - 1; i++) { /* fewer threads than asked for only take longer */
        c->member[i] = (struct member){.crew = c, .number = i + 1};
        if (pthread_create(&c->member[i].thread, NULL, work, &c->member[i]) != 0)
            break;
        c->count++;
    }
    return c;
}

void crew_free(struct crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->mutex);
    c->quit = true;
    pthread_cond_broadcast(&c->come);
    pthread_mutex_unlock(&c->mutex);
    for (int i = 0; i < c->count; i++)
        pthread_join(c->member[i].thread, NULL);
    pthread_cond_destroy(&c->come);
    pthread_cond_destroy(&c->gone);
    pthread_mutex_destroy(&c->mutex);
    free(c);
}

void crew_run(struct crew *c, int tasks, crew_fn *fn, void *ctx)
{
    pthread_mutex_lock(&c->mutex);
    c->fn = fn, c->ctx = ctx, c->tasks = tasks;
    atomic_store(&c->next, 0);
    c->jobs++;
    if (tasks > 1)
        pthread_cond_broadcast(&c->come);
    pthread_mutex_unlock(&c->mutex);
    take_tasks(c, fn, ctx, tasks, 0);
    pthread_mutex_lock(&c->mutex);
    while (c->active > 0)
        pthread_cond_wait(&c->gone, &c->mutex);
    c->tasks = 0; /* whoever has not come yet is not to begin */
    pthread_mutex_unlock(&c->mutex);
}
