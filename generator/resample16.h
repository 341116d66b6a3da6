/* Resampling along one axis in 16-bit numbers, for the compositor, which draws every frame of a
 * film through it: twice as many samples a register as in floats (resample.h), with the same
 * cubics.
 *
 *     struct resample16 ax = {0};
 *     resample16_room(&ax, 1280, 896);                   // once: memory for tables of these sizes
 *     resample16_set(&ax, 896, 101.5, 0.53, 1280, 0);    // sample i: at 101.5 + (i + 0.5) * 0.53
 *     resample16_rows(&ax, &source_row, 1, made_row, 0);
 *     resample16_release(&ax);
 *
 * Weights are shares of 32768 and add up to it. Source samples must lie within -20480..20480, so
 * that two passes cannot overflow; a scale of 64 a level of colour leaves an error below a tenth of
 * a level. Source rows must be readable RESAMPLE16_PAD samples past their end; made rows are
 * written in whole groups of 16. The plain kernels and the fast ones give the same numbers. */
#ifndef WHELK_RESAMPLE16_H
#define WHELK_RESAMPLE16_H

#include <stdbool.h>
#include <stdint.h>

enum { RESAMPLE16_PAD = 32, RESAMPLE16_LIMIT = 20480, RESAMPLE16_ONE = 32768 };

struct resample16 {
    int in, out;
    int taps;        /* even; the last weights may be 0 and their samples lie in the padding */
    bool wide;       /* the processor has AVX-512 */
    bool near;       /* the pairs of 4 neighbours, or 4 taps of each, lie within 8 samples */
    bool near16;     /* there are 4 taps, and those of 16 neighbours lie within 32 samples */
    int *first;      /* [out] first source sample; never falls */
    int16_t *weight; /* of sample i, tap k: at resample16_at() */
    uint32_t *pick;  /* [out] bytes of its pair of taps, counted from the pair of sample i & ~3 */
    int out_room;
    long weight_room;
};

bool resample16_room(struct resample16 *a, int out, int in); /* false = no memory */
void resample16_release(struct resample16 *a);

/* As resample_axis_set. */
void resample16_set(struct resample16 *a, int in, double origin, double step, int out, double blur);

static inline long resample16_at(const struct resample16 *a, int i, int k)
{
    return (((long)(i / 16) * (a->taps / 2) + k / 2) * 16 + i % 16) * 2 + k % 2;
}

/* A row of each of 1..4 planes; the made rows lie `apart` samples from one another. */
void resample16_rows(const struct resample16 *a, const int16_t *const *in, int planes, int16_t *out,
                     int apart);
void resample16_rows_plain(const struct resample16 *a, const int16_t *const *in, int planes,
                           int16_t *out, int apart);
void resample16_rows_avx512(const struct resample16 *a, const int16_t *const *in, int planes,
                            int16_t *out, int apart); /* where near16 */

/* out[x] = sum over k of weight(i, k) * rows[k][x], x in [0, n); n is rounded up to 16. */
void resample16_column(const struct resample16 *a, int i, const int16_t *const *rows, int16_t *out,
                       int n);
void resample16_column_plain(const struct resample16 *a, int i, const int16_t *const *rows,
                             int16_t *out, int n);

/* The same, shifted down by 6 bits, rounded and kept within low..high: 64 becomes 1. Writes n bytes
 * and no more. */
void resample16_bytes(const struct resample16 *a, int i, const int16_t *const *rows, uint8_t *out,
                      int n, int low, int high);
void resample16_bytes_plain(const struct resample16 *a, int i, const int16_t *const *rows,
                            uint8_t *out, int n, int low, int high);

/* Groups of 16 of v[0..n) in which a number is above low: the first one's beginning and the last
 * one's end; false = there are none. n is rounded up to 16. */
bool resample16_find(const int16_t *v, int n, int low, int *from, int *to);

#endif
