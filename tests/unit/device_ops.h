/* What the tests of a device's operations share: the kernels' bodies with 32 lanes in step, as a
 * warp runs them, beside the device at hand; and numbers in two places, as doubles and as the
 * device has them. Include it after tests/tap.h. */
#ifndef WHELK_TESTS_DEVICE_OPS_H
#define WHELK_TESTS_DEVICE_OPS_H

#include <pthread.h>
#include <stdlib.h>

#include "generator/cuda/host.h"
#include "generator/rng.h"
#include "tests/unit/gpu.h"

/* --- Lanes in step ---------------------------------------------------------------------------- */

enum { LANES = 32 };
static pthread_barrier_t step;
static float lane_value[LANES];
static _Thread_local int this_lane;

/* As a warp's: every lane gets the sum, added up pair by pair. */
static float lanes_sum(float x)
{
    float next;
    for (int by = LANES / 2; by; by /= 2) {
        lane_value[this_lane] = x;
        pthread_barrier_wait(&step);
        next = x + lane_value[this_lane ^ by];
        pthread_barrier_wait(&step);
        x = next;
    }
    return x;
}
static float lanes_max(float x)
{
    float most = x;
    lane_value[this_lane] = x;
    pthread_barrier_wait(&step);
    for (int i = 0; i < LANES; i++)
        most = lane_value[i] > most ? lane_value[i] : most;
    pthread_barrier_wait(&step);
    return most;
}
#define BODY static inline
#define LANES_MOST LANES
#include "generator/cuda/kernels.h"

struct lane {
    const struct device_op *op;
    int number;
};

static void *walk(void *arg)
{
    const struct lane *l = arg;
    this_lane = l->number;
    for (long row = 0; row < device_rows(l->op); row++)
        kernel_row(l->op, row, l->number, LANES);
    return NULL;
}

static void run_in_step(const struct device_op *op)
{
    pthread_t thread[LANES];
    struct lane lane[LANES];
    pthread_barrier_init(&step, NULL, LANES);
    for (int i = 0; i < LANES; i++) {
        lane[i] = (struct lane){op, i};
        if (pthread_create(&thread[i], NULL, walk, &lane[i]))
            abort();
    }
    for (int i = 0; i < LANES; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&step);
}

/* --- Numbers ---------------------------------------------------------------------------------- */

static struct device *device; /* NULL = lanes in step */
static whelk_error err;
static uint64_t draws = 1;

static int pick(int low, int high)
{
    uint32_t r[4];
    rng_block(7, 1, draws++, r);
    return low + (int)(r[0] % (uint32_t)(high - low + 1));
}

/* Numbers in two places: as doubles, and as the device has them. */
struct field {
    long count;
    enum device_type type;
    double *want;
    void *bytes, *at; /* the host's copy; the device's */
};

static size_t size_of(const struct field *f)
{
    return (size_t)f->count * device_size(f->type);
}

static double value_of(const struct field *f, long i)
{
    return f->type == DEVICE_F32 ? ((float *)f->bytes)[i]
                                 : widen((uint32_t)((uint16_t *)f->bytes)[i] << 16);
}

static struct field field(long count, enum device_type type)
{
    struct field f = {count, type, calloc((size_t)count, sizeof(double)), calloc((size_t)count, 4),
                      NULL};
    float *x = malloc((size_t)count * sizeof *x + 64);
    if (!f.want || !f.bytes || !x)
        abort();
    rng_normal(draws++, 3, x, count);
    for (long i = 0; i < count; i++) {
        if (type == DEVICE_F32)
            ((float *)f.bytes)[i] = x[i];
        else
            ((uint16_t *)f.bytes)[i] = (uint16_t)narrow(x[i]);
        f.want[i] = value_of(&f, i);
    }
    free(x);
    f.at = device ? device->take(device, size_of(&f), &err) : f.bytes;
    if (!f.at ||
        (device && !device->copy(device, DEVICE_COMPUTE, f.at, f.bytes, size_of(&f), &err)))
        printf("# %s\n", err.text);
    return f;
}

/* The device's copy after the host's was changed. */
static void send_again(struct field *f)
{
    if (device && !device->copy(device, DEVICE_COMPUTE, f->at, f->bytes, size_of(f), &err))
        printf("# %s\n", err.text);
}

/* Other numbers for a field of floats. */
static inline void refill(struct field *f, const void *bytes)
{
    memcpy(f->bytes, bytes, size_of(f));
    for (long i = 0; i < f->count; i++)
        f->want[i] = value_of(f, i);
    send_again(f);
}

/* The first `count` numbers made nothing. */
static inline void zero(struct field *f, long count)
{
    memset(f->bytes, 0, (size_t)count * device_size(f->type));
    memset(f->want, 0, (size_t)count * sizeof *f->want);
    send_again(f);
}

static void drop(struct field *f)
{
    if (device)
        device->release(device, f->at);
    free(f->want);
    free(f->bytes);
}

static void run(const struct device_op *op)
{
    if (!device)
        run_in_step(op);
    else if (!device->run(device, op, &err))
        printf("# %s\n", err.text);
}

/* The greatest error, over the greatest number wanted. */
static double wrong(struct field *f)
{
    double most = 0, greatest = 1e-6;
    if (device && (!device->copy(device, DEVICE_COMPUTE, f->bytes, f->at, size_of(f), &err) ||
                   !device->finish(device, &err)))
        printf("# %s\n", err.text);
    for (long i = 0; i < f->count; i++) {
        double e = fabs(value_of(f, i) - f->want[i]);
        most = e > most || e != e ? e : most;
        greatest = fmax(greatest, fabs(f->want[i]));
    }
    return most / greatest;
}

static void agree(struct field *f, double f32, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* In bf16 the last rounding alone is 2^-9 of a number; some operations round on the way, too. */
static void agree(struct field *f, double f32, const char *fmt, ...)
{
    char what[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    double e = wrong(f), most = f->type == DEVICE_F32 ? f32 : 1.0 / 128;
    ok(e <= most, "%s %s: %s, %.1e of %.1e", device ? device->name : "32 lanes",
       f->type == DEVICE_F32 ? "f32" : "bf16", what, e, most);
}

/* On lanes in step, on the host device, and with BACKEND=cuda (make gpu-check) on the GPU. */
static int on_each_device(void (*check)(int times))
{
    const char *backend = getenv("BACKEND");
    check(2);
    device = host_device_new(HOST_AT_ONCE, 0, &err);
    check(8);
    device->close(device);
    device = NULL;
    if (backend && strcmp(backend, "cuda") == 0 && (device = open_gpu(&err))) {
        check(8);
        printf("# %s: %s\n", device->name, device->note(device));
        device->close(device);
    }
    return done_testing();
}

#endif
