#include "facts.h"

#include <math.h>
#include <string.h>

enum { TAKE_OFF = 6 /* pose of half a second */ };

/* --- The plate ----------------------------------------------------------------------------- */

/* Mean slope along one direction on borders of cells / inside. */
static double border_slope(const struct compose_layers *l, int cell, bool down)
{
    int w = l->plate_columns, h = l->plate_rows;
    double sum[2] = {0, 0};
    long count[2] = {0, 0};
    for (int c = 0; c < 3; c++) {
        const float *p = l->plate + (size_t)c * w * h;
        for (int y = down; y < h; y++)
            for (int x = !down; x < w; x++) {
                bool border = (down ? y : x) % cell == 0;
                sum[border] +=
                    fabs((double)p[y * w + x] - p[down ? (y - 1) * w + x : y * w + x - 1]);
                count[border]++;
            }
    }
    return sum[0] > 0 && count[1] ? sum[1] / (double)count[1] / (sum[0] / (double)count[0]) : 1;
}

/* Plates of any size are looked at on the grid of the model's cells. */
static double seam(const struct compose_layers *l, int across)
{
    int cell = l->plate_columns / across;
    return (border_slope(l, cell, false) + border_slope(l, cell, true)) / 2;
}

/* --- Motion -------------------------------------------------------------------------------- */

static double shake(const float *x, const float *y, int n)
{
    double sum = 0;
    for (int i = 1; i + 1 < n; i++)
        sum += pow(x[i - 1] - 2.0 * x[i] + x[i + 1], 2) + pow(y[i - 1] - 2.0 * y[i] + y[i + 1], 2);
    return 1000 * sqrt(sum / (n - 2));
}

static double length_of(const float *x, const float *y, int n)
{
    double sum = 0;
    for (int i = 1; i < n; i++)
        sum += hypot(x[i] - x[i - 1], y[i] - y[i - 1]);
    return sum;
}

/* Of two poses: what differs / what is there. */
static double change(const struct compose_sprite *s, int poses)
{
    long plane = (long)s->edge * s->edge, size = 4 * plane;
    double differs = 0, there = 0;
    for (int p = 1; p < poses; p++) {
        const float *a = s->pictures + (p - 1) * size, *b = s->pictures + p * size;
        for (long i = 0; i < plane; i++) {
            for (int c = 0; c < 3; c++)
                differs += fabs((double)a[c * plane + i] - b[c * plane + i]) / 3;
            there += b[3 * plane + i];
        }
    }
    return there > 0 ? differs / there : 0;
}

static void colour(const struct compose_sprite *s, int poses, struct facts *f)
{
    long plane = (long)s->edge * s->edge;
    double sum[4] = {0};
    for (int p = 0; p < poses; p++)
        for (int c = 0; c < 4; c++)
            for (long i = 0; i < plane; i++)
                sum[c] += s->pictures[((long)p * 4 + c) * plane + i];
    double alpha = sum[3] > 0 ? sum[3] : 1;
    f->red = sum[0] / alpha;
    f->green = sum[1] / alpha;
    f->blue = sum[2] / alpha;
    f->cover = sum[3] / ((double)plane * poses);
}

void facts_measure(const struct compose_layers *l, int cells_across, struct facts *out)
{
    int n = l->poses;
    *out = (struct facts){.seam = seam(l, cells_across),
                          .camera_shake = shake(l->camera, l->camera + n, n),
                          .path_shake = shake(l->actor.path, l->actor.path + n, n),
                          .change = change(&l->actor, n),
                          .travel = length_of(l->actor.path, l->actor.path + n, n)};
    out->discs = facts_discs(l);
    colour(&l->actor, n, out);
}

/* --- Falling ------------------------------------------------------------------------------- */

/* y = a + b t + c t^2 by least squares about the middle; returns c, and what is left over. */
static double parabola(const float *y, int n, double step, double *squares, double *spread)
{
    double s2 = 0, s4 = 0, sy = 0, s1y = 0, s2y = 0, mid = (n - 1) / 2.0;
    for (int i = 0; i < n; i++) {
        double t = (i - mid) * step;
        s2 += t * t;
        s4 += t * t * t * t;
        sy += y[i];
        s1y += t * y[i];
        s2y += t * t * y[i];
    }
    double c = (n * s2y - s2 * sy) / (n * s4 - s2 * s2), b = s1y / s2, a = (sy - c * s2) / n;
    *squares = *spread = 0;
    for (int i = 0; i < n; i++) {
        double t = (i - mid) * step;
        *squares += pow(y[i] - a - b * t - c * t * t, 2);
        *spread += pow(y[i] - sy / n, 2);
    }
    return c;
}

void facts_fall(const struct compose_layers *l, struct fall *out)
{
    const float *y = l->actor.path + l->poses;
    int fastest = TAKE_OFF + 1;
    for (int i = TAKE_OFF + 1; i + 1 < l->poses; i++)
        if (y[i] - y[i - 1] > y[fastest] - y[fastest - 1])
            fastest = i;
    int n = fastest - TAKE_OFF, highest = 0, lowest = 0;
    const float *from = y + TAKE_OFF;
    *out = (struct fall){0};
    if (n < 5)
        return;
    for (int i = 1; i < n; i++) {
        highest = from[i] < from[highest] ? i : highest;
        lowest = from[i] > from[lowest] ? i : lowest;
    }
    double squares, spread, c = parabola(from, n, 1 / l->poses_per_second, &squares, &spread);
    double height = from[lowest] - from[highest];
    out->found = highest > 0 && highest < n - 1 && height > 0.01;
    out->acceleration = 2 * c;
    out->residual = height > 0 ? sqrt(squares / n) / height : 0;
    out->r2 = spread > 0 ? 1 - squares / spread : 0;
}
