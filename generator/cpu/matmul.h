/* Products with weights as they lie in a file: y = act(x . w^T + bias), the weights in any of the
 * types below, never copied as a whole. A strip of 32 columns at a time is widened into a panel
 * that stays in the nearest caches while many rows go past it. A convolution is the same with
 * several taps: each tap has its own rows of x, and their products are summed.
 *
 *     struct matmul m = {.w = {data, WEIGHT_BF16, n, k, 1, 1}, .bias = b, .act = MATMUL_GELU};
 *     m.bf16 = matmul_has_bf16();                  // products in bf16, sums in f32; else all f32
 *     void *x = ...;                               // rows of matmul_row_bytes(m.bf16, k) bytes
 *     matmul_put(m.bf16, floats, k, x_row);        // a row of floats made an operand
 *     void *scratch = aligned_alloc(64, matmul_scratch(&m));           // one a thread
 *     struct matmul_job job = {.x = {x}, .x_stride = ..., .rows = rows, .y = y, .y_stride = n};
 *     for (int i = 0; i < matmul_tasks(&m, rows); i++)                 // any thread, any order
 *         matmul_task(&m, &job, i, scratch);
 *
 * A task's bounds and every sum's order depend on the sizes alone. Nothing here allocates or keeps
 * state; a matmul is read only while it runs. */
#ifndef WHELK_MATMUL_H
#define WHELK_MATMUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MATMUL_STRIP = 32, MATMUL_TAPS_MAX = 27, MATMUL_ROWS = 1024 };

enum weight_type {
    WEIGHT_F32,
    WEIGHT_F16,
    WEIGHT_BF16,
    WEIGHT_F8_E4M3,
    WEIGHT_F8_E5M2,
    WEIGHT_I8,   /* with one scale a row */
    WEIGHT_Q8_0, /* GGUF: blocks of 32 with an f16 scale */
    WEIGHT_Q4_K  /* GGUF: blocks of 256 in eight groups with 6-bit scales and minima */
};

/* Weights [n][in][taps], row by row as PyTorch keeps Linear and Conv; not aligned. Block types have
 * one tap and rows of whole blocks. */
struct weight {
    const unsigned char *data;
    enum weight_type type;
    int n, in, taps;
    float scale;            /* multiplies all; 1 */
    const float *row_scale; /* [n] multiplies a row, or NULL */
};

/* Bytes of `count` weights of a type that begin at a block's start. */
size_t weight_bytes(enum weight_type type, long long count);
/* Widens weights [from, from + count) of row n, in the file's order; block types: from is a
 * multiple of 32. */
void weight_row(const struct weight *w, int n, long from, int count, float *out);

enum matmul_act { MATMUL_PLAIN, MATMUL_GELU, MATMUL_SILU }; /* GELU: the one with tanh */

struct matmul {
    struct weight w;
    const float *bias; /* [n] or NULL */
    enum matmul_act act;
    bool bf16;
    void *packed; /* all panels, made by matmul_pack, or NULL: each task widens its own */
};

/* Whether this processor multiplies bf16 in tiles (AMX) and the system lets this process. */
bool matmul_has_bf16(void);

/* The nearest bf16, ties to even. */
static inline uint16_t matmul_narrow(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

size_t matmul_row_bytes(bool bf16, int in); /* of one operand row */
void matmul_put(bool bf16, const float *row, int in, void *out);

int matmul_strips(const struct matmul *m);
size_t matmul_scratch(const struct matmul *m); /* bytes a thread, 64-byte aligned */
/* Widens all panels once, for weights used many times on few rows: matmul_packed_bytes into
 * `memory`, 64-byte aligned, which stays the caller's. */
size_t matmul_packed_bytes(const struct matmul *m);
void matmul_pack(struct matmul *m, void *memory);

struct matmul_job {
    const void *x[MATMUL_TAPS_MAX]; /* row 0 of each tap */
    long x_stride;                  /* bytes from row to row */
    int rows;
    float *y; /* written, or added to; or NULL */
    long y_stride;
    const float *gate; /* [n] multiplies what comes out, or NULL */
    bool add;          /* y += instead of y = */
    void *operand;     /* instead of y: rows made operands for the next product */
    long operand_stride;
};

int matmul_tasks(const struct matmul *m, int rows);
void matmul_task(const struct matmul *m, const struct matmul_job *job, int task, void *scratch);

/* The two halves of a task, for jobs that share a panel: widen a strip, send rows past it. */
const void *matmul_panel(const struct matmul *m, int strip, void *scratch);
void matmul_apply(const struct matmul *m, const struct matmul_job *job, int strip,
                  const void *panel);

/* Internal, one a kind of processor: `rows` rows times a panel into tile[rows][32]. x: the taps'
 * first rows. Rows at a time: 6, 12, 32. */
typedef void matmul_tile_fn(const void *const *x, int taps, int in, long stride, int rows,
                            const void *panel, float *tile);
matmul_tile_fn matmul_tile_avx512, matmul_tile_amx;

#endif
