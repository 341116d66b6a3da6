/* How fast this machine runs a transformer: its widest product on some rows, for a fraction of a
 * second. */
#include "wan_dit_parts.h"

#include <omp.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 256 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double wan_dit_speed(const struct wan_dit *d, int threads)
{
    const struct matmul *m = &d->block[0].ffn0;
    size_t row = matmul_row_bytes(m->bf16, m->w.in), panel = (matmul_scratch(m) + 63) / 64 * 64;
    char *x = calloc(ROWS, row), *panels = aligned_alloc(64, panel * (size_t)threads);
    float *y = malloc((size_t)ROWS * (size_t)m->w.n * sizeof *y);
    struct matmul_job job = {
        .x = {x}, .x_stride = (long)row, .rows = ROWS, .y = y, .y_stride = m->w.n};
    double start = now(), done = 0, flops = 2.0 * ROWS * m->w.n * m->w.in;
    while (x && panels && y && (done == 0 || now() - start < 0.3)) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (int i = 0; i < matmul_tasks(m, ROWS); i++)
            matmul_task(m, &job, i, panels + panel * (size_t)omp_get_thread_num());
        done += flops;
    }
    double seconds = now() - start;
    free(x);
    free(panels);
    free(y);
    return done > 0 ? done / seconds : 1;
}
