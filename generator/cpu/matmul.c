/* Panels, operands and what happens to a tile of sums; the kernels are in matmul_tile.h and
 * matmul_amx.c. Which kernel serves is decided by the processor and by oneDNN's ONEDNN_MAX_CPU_ISA,
 * as for attention. */
#define _GNU_SOURCE /* syscall */
#include "matmul.h"

#include <dnnl.h>
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attention.h"
#include "rows.h"

#define LANES 8
#define GROUP 6
#define ACROSS 2
#define TILE matmul_tile_avx2
static matmul_tile_fn matmul_tile_avx2;
#include "matmul_tile.h"

enum { TILE_ROWS_MOST = 32, PIECE = 64, AMX_DEEP = 32, PERMIT = 0x1023, TILE_DATA = 18 };

bool matmul_has_bf16(void)
{
    return dnnl_get_effective_cpu_isa() == dnnl_cpu_isa_avx512_core_amx &&
           syscall(SYS_arch_prctl, PERMIT, TILE_DATA) == 0;
}

/* --- Operands --- */

static int deep(bool bf16, int in)
{
    return bf16 ? (in + AMX_DEEP - 1) / AMX_DEEP * AMX_DEEP : in;
}

size_t matmul_row_bytes(bool bf16, int in)
{
    return (size_t)deep(bf16, in) * (bf16 ? 2 : 4);
}

void matmul_put(bool bf16, const float *row, int in, void *out)
{
    uint16_t *o = out;
    if (!bf16) {
        memcpy(out, row, (size_t)in * sizeof *row);
        return;
    }
    for (int i = 0; i < in; i++)
        o[i] = matmul_narrow(row[i]);
    memset(o + in, 0, (size_t)(deep(true, in) - in) * 2);
}

/* --- Panels --- */

int matmul_strips(const struct matmul *m)
{
    return (m->w.n + MATMUL_STRIP - 1) / MATMUL_STRIP;
}

static size_t panel_bytes(const struct matmul *m)
{
    return (size_t)m->w.taps * matmul_row_bytes(m->bf16, m->w.in) * MATMUL_STRIP;
}

size_t matmul_scratch(const struct matmul *m)
{
    return panel_bytes(m);
}

/* out[column][row] = in[row][column], eight by eight words of 32 bits; strides in words. */
static void transpose8(const void *in, long in_stride, void *out, long out_stride)
{
    __m256 r[8], t[8];
    for (int i = 0; i < 8; i++)
        r[i] = _mm256_loadu_ps((const float *)in + i * in_stride);
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            r[i + 2 * k] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0x44);
            r[i + 2 * k + 1] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps((float *)out + i * out_stride,
                         _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
        _mm256_storeu_ps((float *)out + (i + 4) * out_stride,
                         _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
    }
}

/* Columns of a strip, `count` inputs, each tap apart, as float; those beyond the matrix are 0. */
static void widen_piece(const struct weight *w, int strip, int from, int count,
                        float piece[][MATMUL_STRIP][PIECE])
{
    for (int c = 0; c < MATMUL_STRIP; c++) {
        int n = strip * MATMUL_STRIP + c;
        float whole[MATMUL_TAPS_MAX * PIECE];
        for (int t = 0; t < w->taps; t++)
            memset(piece[t][c] + (n < w->n ? count : 0), 0,
                   (size_t)(n < w->n ? PIECE - count : PIECE) * sizeof(float));
        if (n >= w->n)
            continue;
        weight_row(w, n, (long)from * w->taps, count * w->taps, w->taps == 1 ? piece[0][c] : whole);
        for (int t = 0; w->taps > 1 && t < w->taps; t++)
            for (int i = 0; i < count; i++)
                piece[t][c][i] = whole[i * w->taps + t];
    }
}

static void put_f32(float piece[MATMUL_STRIP][PIECE], int count, float *out)
{
    for (int i = 0; i + 8 <= count; i += 8)
        for (int c = 0; c < MATMUL_STRIP; c += 8)
            transpose8(&piece[c][i], PIECE, out + i * MATMUL_STRIP + c, MATMUL_STRIP);
    for (int i = count / 8 * 8; i < count; i++)
        for (int c = 0; c < MATMUL_STRIP; c++)
            out[i * MATMUL_STRIP + c] = piece[c][i];
}

/* pairs: [columns][pairs of inputs]; count in inputs, a multiple of 32. */
static void put_pairs(const uint32_t *pairs, long stride, int count, uint32_t *out)
{
    for (int i = 0; i < count / 2; i += 16, out += 512)
        for (int half = 0; half < 2; half++)
            for (int k = 0; k < 16; k += 8)
                for (int c = 0; c < 16; c += 8)
                    transpose8(pairs + (16 * half + c) * stride + i + k, stride,
                               out + half * 256 + k * 16 + c, 16);
}

static void put_bf16(float piece[MATMUL_STRIP][PIECE], int count, uint32_t *out)
{
    uint16_t narrowed[MATMUL_STRIP][PIECE];
    for (int c = 0; c < MATMUL_STRIP; c++)
        for (int i = 0; i < PIECE; i++)
            narrowed[c][i] = matmul_narrow(piece[c][i]);
    put_pairs((const uint32_t *)narrowed, PIECE / 2, deep(true, count), out);
}

/* bf16 weights of one tap need no widening for bf16 products. */
static bool as_it_lies(const struct matmul *m, int strip)
{
    return m->bf16 && m->w.type == WEIGHT_BF16 && m->w.taps == 1 && m->w.in % AMX_DEEP == 0 &&
           m->w.scale == 1 && !m->w.row_scale && (strip + 1) * MATMUL_STRIP <= m->w.n;
}

static void make_panel(const struct matmul *m, int strip, char *out)
{
    const struct weight *w = &m->w;
    if (as_it_lies(m, strip)) {
        put_pairs((const uint32_t *)(const void *)(w->data + 2L * strip * MATMUL_STRIP * w->in),
                  w->in / 2, w->in, (uint32_t *)(void *)out);
        return;
    }
    size_t per_tap = matmul_row_bytes(m->bf16, w->in) * MATMUL_STRIP;
    for (int i = 0; i < w->in; i += PIECE) {
        float piece[MATMUL_TAPS_MAX][MATMUL_STRIP][PIECE];
        int count = w->in - i < PIECE ? w->in - i : PIECE;
        widen_piece(w, strip, i, count, piece);
        for (int t = 0; t < w->taps; t++) {
            void *to = out + t * per_tap + (size_t)i * MATMUL_STRIP * (m->bf16 ? 2 : 4);
            if (m->bf16)
                put_bf16(piece[t], count, to);
            else
                put_f32(piece[t], count, to);
        }
    }
}

size_t matmul_packed_bytes(const struct matmul *m)
{
    return (size_t)matmul_strips(m) * panel_bytes(m);
}

void matmul_pack(struct matmul *m, void *memory)
{
    for (int i = 0; i < matmul_strips(m); i++)
        make_panel(m, i, (char *)memory + (size_t)i * panel_bytes(m));
    m->packed = memory;
}

const void *matmul_panel(const struct matmul *m, int strip, void *scratch)
{
    if (m->packed)
        return (const char *)m->packed + (size_t)strip * panel_bytes(m);
    make_panel(m, strip, scratch);
    return scratch;
}

/* --- Rows --- */

/* A tile of sums on its way out: bias, act, gate, and then where it goes. */
static void deliver(const struct matmul *m, const struct matmul_job *job, int first, int column,
                    int rows, float *tile)
{
    int wide = m->w.n - column < MATMUL_STRIP ? m->w.n - column : MATMUL_STRIP;
    for (int r = 0; r < rows; r++, tile += MATMUL_STRIP) {
        for (int c = 0; m->bias && c < wide; c++)
            tile[c] += m->bias[column + c];
        if (m->act == MATMUL_GELU)
            rows_gelu(tile, wide);
        else if (m->act == MATMUL_SILU)
            rows_silu(tile, wide);
        for (int c = 0; job->gate && c < wide; c++)
            tile[c] *= job->gate[column + c];
        if (job->operand) {
            /* beyond the last column the sums are 0, as an operand's padding must be */
            char *out = (char *)job->operand + (first + r) * job->operand_stride;
            int padded = deep(m->bf16, m->w.n) - column;
            for (int c = wide; c < MATMUL_STRIP; c++)
                tile[c] = 0;
            matmul_put(m->bf16, tile, padded < MATMUL_STRIP ? padded : MATMUL_STRIP,
                       out + (size_t)column * (m->bf16 ? 2 : 4));
            continue;
        }
        float *y = job->y + (first + r) * job->y_stride + column;
        for (int c = 0; c < wide; c++)
            y[c] = job->add ? y[c] + tile[c] : tile[c];
    }
}

void matmul_apply(const struct matmul *m, const struct matmul_job *job, int strip,
                  const void *panel)
{
    matmul_tile_fn *kernel = m->bf16                  ? matmul_tile_amx
                             : attention_has_avx512() ? matmul_tile_avx512
                                                      : matmul_tile_avx2;
    int group = m->bf16 ? 32 : kernel == matmul_tile_avx512 ? 12 : GROUP;
    float tile[TILE_ROWS_MOST * MATMUL_STRIP] __attribute__((aligned(64)));
    const void *x[MATMUL_TAPS_MAX];
    for (int r = 0; r < job->rows; r += group) {
        int rows = job->rows - r < group ? job->rows - r : group;
        for (int t = 0; t < m->w.taps; t++)
            x[t] = (const char *)job->x[t] + r * job->x_stride;
        kernel(x, m->w.taps, m->w.in, job->x_stride, rows, panel, tile);
        deliver(m, job, r, strip * MATMUL_STRIP, rows, tile);
    }
}

int matmul_tasks(const struct matmul *m, int rows)
{
    return matmul_strips(m) * ((rows + MATMUL_ROWS - 1) / MATMUL_ROWS);
}

void matmul_task(const struct matmul *m, const struct matmul_job *job, int task, void *scratch)
{
    int strips = matmul_strips(m), strip = task % strips, first = task / strips * MATMUL_ROWS;
    struct matmul_job part = *job;
    for (int t = 0; t < m->w.taps; t++)
        part.x[t] = (const char *)job->x[t] + first * job->x_stride;
    part.rows = job->rows - first < MATMUL_ROWS ? job->rows - first : MATMUL_ROWS;
    part.y = job->y ? job->y + first * job->y_stride : NULL;
    part.operand = job->operand ? (char *)job->operand + first * job->operand_stride : NULL;
    matmul_apply(m, &part, strip, matmul_panel(m, strip, scratch));
}
