/* Queues are lists of what is still to be done. Marks name a place in a list, as in CUDA: waiting
 * for one means the place where it lay when the wait was queued. */
#include "host.h"

#include <stdlib.h>

#define BODY static inline
#define LANES_MOST 1
BODY float lanes_sum(float x)
{
    return x;
}
BODY float lanes_max(float x)
{
    return x;
}
#include "kernels.h"

struct place {
    enum device_queue queue;
    long item; /* the queue has come so far when `done` of it is greater */
};

enum item_kind { RUN, COPY, WAIT, MARK };

struct item {
    enum item_kind kind;
    struct device_op op;
    void *to;
    const void *from;
    size_t bytes;
    struct place until;
};

struct queue {
    struct item *items;
    long count, room, done;
};

struct block {
    struct block *next;
    size_t bytes;
    void *at;
};

struct host {
    struct device device; /* first: it is what the caller holds */
    enum host_order order;
    struct queue queue[2];
    struct place marks[DEVICE_MARKS];
    struct block *blocks;
    long long bytes, used, most;
    long runs, fail_at;
};

static struct host *host_of(const struct device *d)
{
    return (struct host *)d;
}

/* --- What the operations do --- */

static float dot(const float *a, const float *b, int n)
{
    float part[16] = {0}, sum = 0;
    int i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++)
            part[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (int k = 0; k < 16; k++)
        sum += part[k];
    return sum;
}

static float number(const void *at, long i, enum device_type type)
{
    return type == DEVICE_F32 ? ((const float *)at)[i]
                              : widen((uint32_t)((const uint16_t *)at)[i] << 16);
}

static void set_number(void *at, long i, enum device_type type, float value)
{
    if (type == DEVICE_F32)
        ((float *)at)[i] = value;
    else
        ((uint16_t *)at)[i] = (uint16_t)narrow(value);
}

static float *widened(const void *at, long count, enum device_type type)
{
    float *out = malloc((size_t)count * sizeof *out + 1);
    for (long i = 0; out && i < count; i++)
        out[i] = number(at, i, type);
    return out;
}

static void matmul(const struct device_matmul *m)
{
    float *x = widened(m->x, m->rows * m->in, m->type),
          *w = widened(m->w, (long)m->n * m->in, m->type);
    if (!x || !w)
        abort(); /* in a test program */
#pragma omp parallel for if (m->rows * m->n * m->in > 1 << 22)
    for (int n = 0; n < m->n; n++)
        for (long r = 0; r < m->rows; r++) {
            float y = dot(x + r * m->in, w + (long)n * m->in, m->in);
            y += m->bias ? number(m->bias, n, m->y_type) : 0;
            set_number(m->y, r * m->n + n, m->y_type, m->gelu ? gelu_of(y) : y);
        }
    free(x);
    free(w);
}

static void work(const struct device_op *op)
{
    if (op->kind == DEVICE_MATMUL) {
        matmul(&op->matmul);
        return;
    }
    long rows = device_rows(op);
#pragma omp parallel for if (rows > 1 << 10)
    for (long i = 0; i < rows; i++)
        kernel_row(op, i, 0, 1);
}

/* --- Queues --- */

static void come_to(struct host *h, struct place until)
{
    struct queue *q = &h->queue[until.queue];
    while (q->done <= until.item) {
        const struct item item = q->items[q->done];
        if (item.kind == RUN)
            work(&item.op);
        else if (item.kind == COPY)
            memcpy(item.to, item.from, item.bytes);
        else if (item.kind == WAIT)
            come_to(h, item.until);
        q->done++;
    }
}

static bool reached(const struct host *h, struct place p)
{
    return h->queue[p.queue].done > p.item;
}

/* Goes as far as no unmet wait stands in the way. */
static void hurry(struct host *h, enum device_queue which)
{
    struct queue *q = &h->queue[which];
    while (q->done < q->count) {
        if (q->items[q->done].kind == WAIT && !reached(h, q->items[q->done].until))
            return;
        come_to(h, (struct place){which, q->done});
    }
}

static void all_done(struct host *h)
{
    for (int q = 0; q < 2; q++)
        come_to(h, (struct place){(enum device_queue)q, h->queue[q].count - 1});
    for (int q = 0; q < 2; q++)
        h->queue[q].count = h->queue[q].done = 0;
    for (int m = 0; m < DEVICE_MARKS; m++)
        h->marks[m].item = -1;
}

static bool put(struct host *h, enum device_queue which, const struct item *item, whelk_error *err)
{
    struct queue *q = &h->queue[which];
    if (q->count == q->room) {
        long room = q->room ? 2 * q->room : 64;
        struct item *more = realloc(q->items, (size_t)room * sizeof *more);
        if (!more)
            return whelk_fail(err, WHELK_EFAIL, "out of memory");
        q->items = more, q->room = room;
    }
    q->items[q->count++] = *item;
    bool copies = h->order == HOST_LATE_COMPUTE, computes = h->order == HOST_LATE_COPIES;
    if (h->order == HOST_AT_ONCE || computes)
        hurry(h, DEVICE_COMPUTE);
    if (h->order == HOST_AT_ONCE || copies)
        hurry(h, DEVICE_COPIES);
    if (h->order == HOST_AT_ONCE)
        hurry(h, DEVICE_COMPUTE);
    return true;
}

/* --- The device --- */

static void *take(struct device *d, size_t bytes, whelk_error *err)
{
    struct host *h = host_of(d);
    struct block *b = malloc(sizeof *b);
    bool room = !h->bytes || h->used + (long long)bytes <= h->bytes;
    size_t whole = (bytes + DEVICE_ALIGN - 1) / DEVICE_ALIGN * DEVICE_ALIGN;
    void *at = b && room ? aligned_alloc(DEVICE_ALIGN, whole ? whole : DEVICE_ALIGN) : NULL;
    if (!at) {
        free(b);
        whelk_fail(err, WHELK_EFAIL, "%s: no %zu bytes are left of %lld", d->name, bytes, h->bytes);
        return NULL;
    }
    memset(at, 0xff, whole); /* a number that is none, in either type */
    *b = (struct block){h->blocks, bytes, at};
    h->blocks = b;
    h->used += (long long)bytes;
    h->most = h->used > h->most ? h->used : h->most;
    return at;
}

static void release(struct device *d, void *at)
{
    struct host *h = host_of(d);
    if (!at)
        return;
    all_done(h);
    for (struct block **p = &h->blocks; *p; p = &(*p)->next)
        if ((*p)->at == at) {
            struct block *b = *p;
            *p = b->next;
            h->used -= (long long)b->bytes;
            free(at);
            free(b);
            return;
        }
    abort(); /* not ours, or given back twice */
}

static long long there(struct device *d)
{
    const struct host *h = host_of(d);
    return h->bytes ? h->bytes - h->used : 1LL << 40;
}

static void *pin(struct device *d, size_t bytes, whelk_error *err)
{
    void *at = malloc(bytes + 1);
    if (!at)
        whelk_fail(err, WHELK_EFAIL, "%s: no memory for %zu bytes", d->name, bytes);
    return at;
}

static void unpin(struct device *d, void *at)
{
    (void)d;
    free(at);
}

static bool run(struct device *d, const struct device_op *op, whelk_error *err)
{
    struct host *h = host_of(d);
    if (++h->runs == h->fail_at)
        return whelk_fail(err, WHELK_EFAIL, "%s: this operation was to fail", d->name);
    return put(h, DEVICE_COMPUTE, &(struct item){.kind = RUN, .op = *op}, err);
}

static bool copy(struct device *d, enum device_queue q, void *to, const void *from, size_t bytes,
                 whelk_error *err)
{
    return put(host_of(d), q, &(struct item){.kind = COPY, .to = to, .from = from, .bytes = bytes},
               err);
}

static bool mark(struct device *d, enum device_queue q, int m, whelk_error *err)
{
    struct host *h = host_of(d);
    h->marks[m] = (struct place){q, h->queue[q].count};
    return put(h, q, &(struct item){.kind = MARK}, err);
}

static bool wait(struct device *d, enum device_queue q, int m, whelk_error *err)
{
    struct host *h = host_of(d);
    return h->marks[m].item < 0 ||
           put(h, q, &(struct item){.kind = WAIT, .until = h->marks[m]}, err);
}

static bool meet(struct device *d, int m, whelk_error *err)
{
    struct host *h = host_of(d);
    if (h->marks[m].item >= 0)
        come_to(h, h->marks[m]);
    (void)err;
    return true;
}

static bool finish(struct device *d, whelk_error *err)
{
    all_done(host_of(d));
    (void)err;
    return true;
}

static const char *note(struct device *d)
{
    (void)d;
    return "";
}

static void close_host(struct device *d)
{
    struct host *h = host_of(d);
    while (h->blocks)
        release(d, h->blocks->at);
    free(h->queue[0].items);
    free(h->queue[1].items);
    free(h);
}

struct device *host_device_new(enum host_order order, long long bytes, whelk_error *err)
{
    struct host *h = calloc(1, sizeof *h);
    if (!h) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    h->device = (struct device){.name = "host",
                                .memory_bytes = bytes,
                                .take = take,
                                .release = release,
                                .there = there,
                                .pin = pin,
                                .unpin = unpin,
                                .run = run,
                                .copy = copy,
                                .mark = mark,
                                .wait = wait,
                                .meet = meet,
                                .finish = finish,
                                .note = note,
                                .close = close_host};
    h->order = order;
    h->bytes = bytes;
    all_done(h);
    return &h->device;
}

long long host_device_most(const struct device *d)
{
    return host_of(d)->most;
}

long host_device_runs(const struct device *d)
{
    return host_of(d)->runs;
}

void host_device_fail_at(struct device *d, long n)
{
    host_of(d)->fail_at = n;
}
