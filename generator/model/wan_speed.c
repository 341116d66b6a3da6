/* How fast this machine runs a transformer: its widest product on some rows, for a fraction of a
 * second. */
#include "wan_dit_parts.h"

#include <stdlib.h>
#include <time.h>

#include "../cpu/crew.h"

enum { ROWS = 256 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct run {
    const struct matmul *m;
    struct matmul_job job;
    char *panels;
    size_t panel;
};

static void multiply(void *ctx, int task, int worker)
{
    const struct run *r = ctx;
    matmul_task(r->m, &r->job, task, r->panels + r->panel * (size_t)worker);
}

double wan_dit_speed(const struct wan_dit *d, int threads)
{
    const struct matmul *m = &d->block[0].ffn0;
    size_t row = matmul_row_bytes(m->bf16, m->w.in), panel = (matmul_scratch(m) + 63) / 64 * 64;
    char *x = calloc(ROWS, row), *panels = aligned_alloc(64, panel * (size_t)threads);
    float *y = malloc((size_t)ROWS * (size_t)m->w.n * sizeof *y);
    struct run r = {m,
                    {.x = {x}, .x_stride = (long)row, .rows = ROWS, .y = y, .y_stride = m->w.n},
                    panels,
                    panel};
    struct crew *crew = crew_new(threads, NULL);
    double start = now(), done = 0, flops = 2.0 * ROWS * m->w.n * m->w.in;
    while (x && panels && y && crew && (done == 0 || now() - start < 0.3)) {
        crew_run(crew, matmul_tasks(m, ROWS), multiply, &r);
        done += flops;
    }
    double seconds = now() - start;
    crew_free(crew);
    free(x);
    free(panels);
    free(y);
    return done > 0 ? done / seconds : 0;
}
