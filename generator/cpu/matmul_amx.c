/* The bf16 kernel of matmul.c: tiles of AMX, 32 rows times 32 columns at a time. Only matmul.c
 * calls it, and only after matmul_has_bf16 said yes. */
#pragma GCC target("avx512f,avx512bw,avx512vl,amx-tile,amx-bf16")

#include "matmul.h"

#include <immintrin.h>
#include <string.h>

/* A panel is, for each tap and each 32 inputs, two tiles of [16 pairs of inputs][16 columns][2]. */
enum { TILE_BYTES = 1024, SIDE = 16, DEEP = 32 };

struct __attribute__((packed)) tile_config {
    unsigned char palette, start_row, reserved[14];
    unsigned short row_bytes[16];
    unsigned char rows[16];
};

/* 0..3 the sums, 4 and 5 rows, 6 and 7 columns. */
static void configure(int low_rows, int high_rows)
{
    struct tile_config c = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        c.row_bytes[i] = 64;
        c.rows[i] = (unsigned char)(i == 4 || i < 2   ? low_rows
                                    : i == 5 || i < 4 ? high_rows
                                                      : SIDE);
    }
    _tile_loadconfig(&c);
}

static void both_halves(const char *const *x, int taps, int in, long stride, const char *w)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int t = 0; t < taps; t++) {
        const char *low = x[t], *high = low + SIDE * stride;
        for (int i = 0; i < in; i += DEEP, low += 2 * DEEP, high += 2 * DEEP, w += 2 * TILE_BYTES) {
            _tile_loadd(4, low, stride);
            _tile_loadd(6, w, 64);
            _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(7, w + TILE_BYTES, 64);
            _tile_dpbf16ps(1, 4, 7);
            _tile_loadd(5, high, stride);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
}

static void low_half(const char *const *x, int taps, int in, long stride, const char *w)
{
    _tile_zero(0);
    _tile_zero(1);
    for (int t = 0; t < taps; t++) {
        const char *low = x[t];
        for (int i = 0; i < in; i += DEEP, low += 2 * DEEP, w += 2 * TILE_BYTES) {
            _tile_loadd(4, low, stride);
            _tile_loadd(6, w, 64);
            _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(7, w + TILE_BYTES, 64);
            _tile_dpbf16ps(1, 4, 7);
        }
    }
}

void matmul_tile_amx(const void *const *x, int taps, int in, long stride, int rows,
                     const void *panel, float *tile)
{
    int low = rows < SIDE ? rows : SIDE, high = rows - low;
    long across = MATMUL_STRIP * (long)sizeof(float);
    configure(low, high ? high : SIDE);
    if (high)
        both_halves((const char *const *)x, taps, in, stride, panel);
    else
        low_half((const char *const *)x, taps, in, stride, panel);
    _tile_stored(0, tile, across);
    _tile_stored(1, tile + SIDE, across);
    if (high) {
        _tile_stored(2, tile + SIDE * MATMUL_STRIP, across);
        _tile_stored(3, tile + SIDE * MATMUL_STRIP + SIDE, across);
    }
    _tile_release();
}
