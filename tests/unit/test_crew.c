/* A crew does each task of each job exactly once, whatever the number of threads and tasks, and is
 * at rest when crew_run returns. */
#include "tests/tap.h"

#include <stdatomic.h>

#include "generator/cpu/crew.h"

enum { TASKS_MAX = 37, JOBS = 20000, THREADS = 5 };

struct work {
    atomic_int done[TASKS_MAX];
    atomic_int strangers; /* calls by a worker that cannot be */
};

static void one(void *ctx, int task, int worker)
{
    struct work *w = ctx;
    if (worker < 0 || worker >= THREADS || task < 0 || task >= TASKS_MAX)
        atomic_fetch_add(&w->strangers, 1);
    else
        atomic_fetch_add(&w->done[task], 1);
}

static void many_jobs(int threads)
{
    whelk_error err = {0};
    struct crew *c = crew_new(threads, &err);
    int wrong = 0;
    for (int i = 0; c && i < JOBS; i++) {
        struct work w = {0}; /* gone after each job: whoever came late would write into the next */
        int tasks = i % (TASKS_MAX + 1);
        crew_run(c, tasks, one, &w);
        for (int k = 0; k < TASKS_MAX; k++)
            wrong += w.done[k] != (k < tasks);
        wrong += w.strangers;
    }
    ok(c != NULL, "a crew of %d is made %s", threads, err.text);
    is_int(wrong, 0, "each task of %d jobs is done once by %d", JOBS, threads);
    crew_free(c);
}

int main(void)
{
    many_jobs(1);
    many_jobs(2);
    many_jobs(THREADS);
    crew_free(NULL);
    return done_testing();
}
