/* How fast a device runs a transformer: its widest product on some rows, for a fraction of a
 * second. */
#include "wan_device_parts.h"

#include <time.h>

enum { ROWS = 4096, AT_ONCE = 8 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool burst(struct device *v, const struct device_op *op, whelk_error *err)
{
    bool good = true;
    for (int i = 0; good && i < AT_ONCE; i++)
        good = v->run(v, op, err);
    return good && v->finish(v, err);
}

double wan_device_speed(struct device *v, const struct wan_dit *d, whelk_error *err)
{
    size_t in = (size_t)d->info.width, n = (size_t)d->info.ffn;
    char *x = v->take(v, ROWS * in * 2, err), *w = x ? v->take(v, n * in * 2, err) : NULL,
         *y = w ? v->take(v, ROWS * n * 2, err) : NULL;
    struct device_op op = {.kind = DEVICE_MATMUL,
                           .matmul = {.x = x,
                                      .w = w,
                                      .y = y,
                                      .rows = ROWS,
                                      .in = d->info.width,
                                      .n = d->info.ffn,
                                      .type = DEVICE_BF16,
                                      .y_type = DEVICE_BF16,
                                      .gelu = true}};
    double flops = 2.0 * ROWS * (double)in * (double)n * AT_ONCE, done = 0;
    bool good = y && burst(v, &op, err); /* the first is slow: a way is looked for */
    double start = now();
    while (good && (done == 0 || now() - start < 0.2)) {
        good = burst(v, &op, err);
        done += flops;
    }
    double seconds = now() - start;
    v->release(v, x);
    v->release(v, w);
    v->release(v, y);
    return good ? done / seconds : 0;
}
