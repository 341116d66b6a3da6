/* A device that holds tensors and computes on them: what the CUDA module offers (libwhelk-cuda.so)
 * and what the forward passes in this folder are written over. It knows no model: memory, copies,
 * two queues, and a handful of operations.
 *
 *     struct device *d = device_open_cuda(&err);               // open.c; NULL says why
 *     float *x = d->take(d, bytes, &err);                      // memory of the device
 *     d->copy(d, DEVICE_COMPUTE, x, rows, bytes, &err);
 *     struct device_op op = {.kind = DEVICE_NORM, .norm = {.x = x, ...}};
 *     d->run(d, &op, &err);                                    // queued, in order
 *     d->finish(d, &err);                                      // now it is done
 *     d->close(d);
 *
 * Queues run beside one another, each in order; a mark is a place in a queue that the other queue,
 * or the caller, waits for. A failed `take` or `pin` changes nothing, and work can go on; any other
 * failed call leaves the device fit for `release`, `unpin` and `close` only. One thread at a time.
 */
#ifndef WHELK_CUDA_DEVICE_H
#define WHELK_CUDA_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/error.h"

/* The kinds of numbers that products take: the operands. Sums and statistics are always f32. */
enum device_type { DEVICE_F32, DEVICE_BF16 };

static inline size_t device_size(enum device_type type)
{
    return type == DEVICE_BF16 ? 2 : 4;
}

/* y = gelu?(x . w^T + bias). Rows follow one another without gaps. */
struct device_matmul {
    const void *x, *w; /* [rows][in], [n][in] of `type` */
    const void *bias;  /* [n] of y_type, or NULL */
    void *y;           /* [rows][n] of y_type */
    long rows;
    int in, n;
    enum device_type type, y_type;
    bool gelu; /* the one with tanh */
};

/* x += gate * add, where there is something to add; then, where y is wanted,
 * y = (x - mean) / sqrt(variance + eps) * (one + scale) + shift. Rows before `held` take
 * scale and shift `set` floats further on, and the gate `gate_set`. */
struct device_norm {
    float *x;          /* [rows][width] */
    const void *add;   /* [rows][width] of `type`, or NULL */
    const float *gate; /* [width]; NULL = 1 */
    void *y;           /* [rows][width] of `type`, or NULL */
    const float *scale, *shift;
    long rows, held, set, gate_set;
    int width;
    float eps, one;
    enum device_type type;
};

/* In place: a row over its root mean square, times a weight; then, where there are angles, the
 * neighbours (2i, 2i + 1) of each head turned by those of the row's place in a grid of frames, rows
 * and columns. With `runs` a row is that many runs side by side, each over its own root mean square
 * and without angles. The last axis has angles for every half of a column: with `places` a row may
 * be midway between two (places below). */
struct device_turn {
    void *x;             /* row i begins at i * stride numbers */
    const float *weight; /* [heads * dim], of every run */
    /* cosine, sine: [grid 0][pairs 0], [grid 1][pairs 1], [2 grid 2][pairs 2]; or NULL */
    const float *angles;
    const int *places; /* [rows]; NULL = row i is at place i */
    long rows, stride;
    int runs; /* 0 = 1 */
    int heads, dim, grid[3], pairs[3];
    float eps;
    enum device_type type;
};

/* y = y + x, or y * x, of operands. */
struct device_mix {
    const void *x;
    void *y;    /* [count] of `type` */
    long count; /* even */
    bool times;
    enum device_type type;
};

/* o = softmax(scale * q k^T + bias) v for each head, which lie side by side in a row. */
struct device_attend {
    const void *q, *k, *v; /* [queries], [keys], [keys] rows of q_stride, kv_stride numbers */
    void *o;               /* [queries][heads * dim] */
    long queries, keys, q_stride, kv_stride;
    /* [2 keys - 1][heads]: of how far the key is after the query, keys - 1 for none; or NULL */
    const float *bias;
    int heads, dim;
    float scale;
    enum device_type type;
};

/* A latent [channels][frames][rows][columns] to one row of operands a patch of 2 x 2, channel by
 * channel; and rows of patches, patch column and row before channel, to a latent. */
struct device_patch {
    float *latent;
    void *patches; /* [frames * rows/2 * columns/2][4 channels]; f32 on the way back */
    int channels, frames, rows, columns;
    enum device_type type;
};

/* y[s][i] = a[s][i] + b[i], for sets that lie a_set and y_set floats apart; y may be a. */
struct device_sum {
    const float *a, *b;
    float *y;
    int count;
    long sets;
    long a_set, y_set;
};

/* y = x / (1 + exp(-x)), or the GELU with tanh, or the one with erf; y may be x. */
struct device_curve {
    const float *x;
    float *y;
    long count;
};

/* y = x convolved with w, plus bias, plus what is to be added: the one picture that frames give
 * without padding in time. Edges are padded with zeros, so that y is as wide and high as x. */
struct device_convolve {
    const void *x;           /* [frames][rows][columns][in] of `type` */
    const void *w;           /* [out][frames][side][side][in] of `type` */
    const float *bias, *add; /* [out]; [rows][columns][out], not y itself, or NULL */
    float *y;                /* [rows][columns][out] */
    int frames, rows, columns, in, out, side; /* side: 1 or 3 */
    enum device_type type;
};

/* A picture made operands, each pixel `times` x `times` times; where there is a gamma, over its
 * root mean square (eps 0 = 1e-24) and times gamma first, and then through SiLU where that is
 * wanted. */
struct device_put {
    const float *x;     /* [rows][columns], pixels `stride` floats apart */
    void *y;            /* [rows * times][columns * times][channels] of `type` */
    const float *gamma; /* [channels] or NULL */
    long stride;
    int rows, columns, channels, times;
    float eps;
    bool silu;
    enum device_type type;
};

/* y = softmax(scale * x), row by row. */
struct device_softmax {
    const float *x; /* [rows][width] */
    void *y;        /* the same of `type` */
    long rows;
    int width;
    float scale;
    enum device_type type;
};

/* y[row][column][o] += x[row / across][column / across][g / repeats], where
 * g = ((o * times + time) * across + row % across) * across + column % across and
 * repeats = out * times * across^2 / in: a picture's channels, laid out over a wider one. */
struct device_repeat {
    const float *x; /* [rows / across][columns / across][in] */
    float *y;       /* [rows][columns][out] */
    int rows, columns, in, out, across, times, time;
};

/* To every row those rows of a table are added that are named for it, one after another. */
struct device_place {
    float *x;           /* [rows][width] */
    const float *table; /* [..][width] */
    const int *of;      /* [rows][each]: rows of the table, -1 = none */
    long rows;
    int each, width;
};

/* Neighbours in a line of a grid made one row, and parted again. `places` tells of each row twice
 * the number of its place in the grid, and 1 more where it is the first of two that are joined: the
 * row is their mean then, and half of the first less the second is put aside. Lines are `across`
 * places long; pair k of a line is its places 2k and 2k + 1. */
struct device_join {
    const float *x;    /* [places of the grid][width] to join, [rows][width] to part; y the other */
    float *y, *aside;  /* aside: [lines][across / 2][width] */
    const int *places; /* [rows] */
    long rows;
    int across, width;
};

/* One source of a row: coeff * w[kind] * x[row]. */
struct device_tap {
    int row, kind;
    float coeff;
};

/* y = relu(the sum of a row's taps)^2: a convolution, channel by channel, of rows in any order. */
struct device_taps {
    const void *x;                 /* [..][width] of `type` */
    void *y;                       /* [rows][width] of `type` */
    const float *w;                /* [kinds][width] */
    const struct device_tap *taps; /* those of row i from first[i] up to first[i + 1] */
    const int *first;              /* [rows + 1] */
    long rows;
    int width;
    enum device_type type;
};

/* Nothing but zeros. */
struct device_zero {
    float *at;
    long count;
};

enum device_kind {
    DEVICE_MATMUL,
    DEVICE_NORM,
    DEVICE_TURN,
    DEVICE_ATTEND,
    DEVICE_PATCH,
    DEVICE_UNPATCH,
    DEVICE_SUM,
    DEVICE_SILU,
    DEVICE_GELU,
    DEVICE_GELU_EXACT,
    DEVICE_MIX,
    DEVICE_CONVOLVE,
    DEVICE_PUT,
    DEVICE_SOFTMAX,
    DEVICE_REPEAT,
    DEVICE_PLACE,
    DEVICE_TAPS,
    DEVICE_ZERO,
    DEVICE_JOIN,
    DEVICE_PART
};

struct device_op {
    enum device_kind kind;
    union {
        struct device_matmul matmul;
        struct device_norm norm;
        struct device_turn turn;
        struct device_attend attend;
        struct device_patch patch; /* also of DEVICE_UNPATCH */
        struct device_sum sum;
        struct device_curve curve; /* of DEVICE_SILU, DEVICE_GELU and DEVICE_GELU_EXACT */
        struct device_mix mix;
        struct device_convolve convolve;
        struct device_put put;
        struct device_softmax softmax;
        struct device_repeat repeat;
        struct device_place place;
        struct device_taps taps;
        struct device_zero zero;
        struct device_join join; /* also of DEVICE_PART */
    };
};

enum { DEVICE_PIECE = 256 };

/* Rows that an own kernel is run over: those of attention are the queries of one head after
 * another, those of turning the runs of one row after another, those of sums, curves and zeros
 * pieces of DEVICE_PIECE numbers, those of pictures the pixels that come out. */
static inline long device_rows(const struct device_op *op)
{
    switch (op->kind) {
    case DEVICE_NORM:
        return op->norm.rows;
    case DEVICE_TURN:
        return op->turn.rows * (op->turn.runs ? op->turn.runs : 1);
    case DEVICE_ATTEND:
        return op->attend.queries * op->attend.heads;
    case DEVICE_PATCH:
    case DEVICE_UNPATCH:
        return (long)op->patch.frames * (op->patch.rows / 2) * (op->patch.columns / 2);
    case DEVICE_SUM:
        return op->sum.sets * ((op->sum.count + DEVICE_PIECE - 1L) / DEVICE_PIECE);
    case DEVICE_SILU:
    case DEVICE_GELU:
    case DEVICE_GELU_EXACT:
        return (op->curve.count + DEVICE_PIECE - 1) / DEVICE_PIECE;
    case DEVICE_MIX:
        return (op->mix.count + DEVICE_PIECE - 1) / DEVICE_PIECE;
    case DEVICE_CONVOLVE:
        return (long)op->convolve.rows * op->convolve.columns;
    case DEVICE_PUT:
        return (long)op->put.rows * op->put.columns * op->put.times * op->put.times;
    case DEVICE_SOFTMAX:
        return op->softmax.rows;
    case DEVICE_REPEAT:
        return (long)op->repeat.rows * op->repeat.columns;
    case DEVICE_PLACE:
        return op->place.rows;
    case DEVICE_TAPS:
        return op->taps.rows;
    case DEVICE_ZERO:
        return (op->zero.count + DEVICE_PIECE - 1) / DEVICE_PIECE;
    case DEVICE_JOIN:
    case DEVICE_PART:
        return op->join.rows;
    case DEVICE_MATMUL:
        break;
    }
    return 0;
}

enum device_queue { DEVICE_COMPUTE, DEVICE_COPIES };
enum { DEVICE_MARKS = 16, DEVICE_ALIGN = 256, DEVICE_HEAD_MAX = 1024 };

struct device {
    char name[256];         /* "NVIDIA H200" */
    long long memory_bytes; /* in all */
    long long own_bytes;    /* taken by itself: workspaces of its libraries */

    /* Memory of the device, aligned to DEVICE_ALIGN; NULL and a sentence with numbers. */
    void *(*take)(struct device *d, size_t bytes, whelk_error *err);
    void (*release)(struct device *d, void *at); /* NULL is fine; waits for both queues */
    long long (*there)(struct device *d);        /* bytes that could be taken now */
    /* Memory of the host that copies run from while the host goes on. */
    void *(*pin)(struct device *d, size_t bytes, whelk_error *err);
    void (*unpin)(struct device *d, void *at);

    bool (*run)(struct device *d, const struct device_op *op, whelk_error *err);
    /* Either direction. The host's side must stay as it is until the copy is done. */
    bool (*copy)(struct device *d, enum device_queue q, void *to, const void *from, size_t bytes,
                 whelk_error *err);
    bool (*mark)(struct device *d, enum device_queue q, int mark, whelk_error *err);
    /* Waits for where the mark was set last; at once where it never was. */
    bool (*wait)(struct device *d, enum device_queue q, int mark, whelk_error *err);
    bool (*meet)(struct device *d, int mark, whelk_error *err); /* the caller waits */
    bool (*finish)(struct device *d, whelk_error *err);         /* for all that is queued */
    /* What a user should know of how it computes ("attention ... by cuDNN's engine 1"); "" =
     * nothing. Lives as long as the device. */
    const char *(*note)(struct device *d);
    void (*close)(struct device *d);
};

/* What may be used: all that is there, or `bytes` of it; the device's own among it. */
static inline long long device_granted(struct device *d, long long bytes)
{
    long long there = d->there(d) + d->own_bytes;
    return bytes && bytes < there ? bytes : there;
}

/* What the module exports under DEVICE_ENTRY; a module of another version is refused. */
enum { DEVICE_VERSION = 6 };
#define DEVICE_ENTRY "whelk_cuda_open"
typedef struct device *device_entry(int version, whelk_error *err);

/* Opens the module and the first device of this machine: NULL and one sentence where the module was
 * not built, a library of NVIDIA's or the driver is not there, or there is no device. */
struct device *device_open_cuda(whelk_error *err);

#endif
