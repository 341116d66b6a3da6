/* Resampling along one axis by cubics, widened where the picture is made smaller. An axis is a
 * table: for each sample made, the first source sample and its weights; rows and columns use the
 * same tables.
 *
 *     struct resample_axis ax = {0};
 *     resample_axis_room(&ax, 1280, 896);                  // once: memory for any table of at most
 * these sizes resample_axis_set(&ax, 896, 101.5, 0.53, 1280, 0);   // sample i is taken at 101.5 +
 * (i + 0.5) * 0.53 resample_row(&ax, source_row, made_row); resample_axis_release(&ax);
 *
 * Source rows must be readable RESAMPLE_PAD floats past their end; made rows are written in whole
 * groups of 8. */
#ifndef WHELK_RESAMPLE_H
#define WHELK_RESAMPLE_H

#include <math.h>
#include <stdbool.h>

enum { RESAMPLE_PAD = 16 };

struct resample_axis {
    int in, out, taps; /* taps <= in */
    int *first;        /* [out] first source sample; never falls; first + taps <= in */
    float *weight;     /* of sample i, tap k: at ((i / 8) * taps + k) * 8 + i % 8 */
    int *base, *reach; /* a group of 8: its lowest first, and how far its highest lies above it */
    int *offset;       /* [out] first - base, for the permutes */
    int out_room;
    long weight_room;
};

bool resample_axis_room(struct resample_axis *a, int out, int in); /* false = no memory */
void resample_axis_release(struct resample_axis *a);

/* Fills the table. Positions are in source samples from the outer edge of the first (its centre is
 * 0.5); beyond the edges the outermost samples repeat. out and in must lie within the room. blur: 0
 * = Catmull and Rom's cubic, which goes through the source samples, for pictures; 1/3 = Mitchell
 * and Netravali's, which rounds stairs off, for mattes. */
void resample_axis_set(struct resample_axis *a, int in, double origin, double step, int out,
                       double blur);

/* The cubics of Mitchell and Netravali with C = (1 - B) / 2: B = 0 is Catmull and Rom's, B = 1/3
 * their own; for x in 0..1, for 1..2, and for any. */
static inline double resample_cubic_near(double x, double b)
{
    double c = (1 - b) / 2;
    return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + 6 - 2 * b) / 6;
}

static inline double resample_cubic_far(double x, double b)
{
    double c = (1 - b) / 2;
    return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x + 8 * b +
            24 * c) /
           6;
}

static inline double resample_cubic(double x, double b)
{
    x = fabs(x);
    return x < 1 ? resample_cubic_near(x, b) : x < 2 ? resample_cubic_far(x, b) : 0;
}

static inline float resample_weight(const struct resample_axis *a, int i, int k)
{
    return a->weight[((long)(i / 8) * a->taps + k) * 8 + i % 8];
}

void resample_row(const struct resample_axis *a, const float *in, float *out);
void resample_row_plain(const struct resample_axis *a, const float *in, float *out);

/* out[x] = sum over k of weight(i, k) * rows[k][x], x in [0, n); n is rounded up to 8. */
void resample_column(const struct resample_axis *a, int i, const float *const *rows, float *out,
                     int n);
void resample_column_plain(const struct resample_axis *a, int i, const float *const *rows,
                           float *out, int n);

#endif
