/* Means and their inverse of wan_pool.h. */
#include "wan_pool.h"

double wan_pool_sigma(double sigma)
{
    return sigma / (2 * (1 - sigma) + sigma);
}

void wan_pool_down(const float *from, long planes, int rows, int columns, float scale, float *to)
{
    for (long row = 0; row < planes * (rows / 2); row++) {
        const float *above = from + 2 * row * columns, *below = above + columns;
        for (int c = 0; c < columns; c += 2)
            *to++ = scale * 0.25f * (above[c] + above[c + 1] + below[c] + below[c + 1]);
    }
}

static int within(int i, int n)
{
    return i < 0 ? 0 : i < n ? i : n - 1;
}

/* What lies a quarter of a place from (row, column) towards (row + down, column + right). */
static float between(const float *plane, int rows, int columns, int row, int column, int down,
                     int right)
{
    const float *here = plane + (long)row * columns,
                *there = plane + (long)within(row + down, rows) * columns;
    int beside = within(column + right, columns);
    return 0.75f * (0.75f * here[column] + 0.25f * here[beside]) +
           0.25f * (0.75f * there[column] + 0.25f * there[beside]);
}

void wan_pool_up(const float *coarse, const float *clean, long planes, int rows, int columns,
                 double sigma, float *x)
{
    int high = rows / 2, wide = columns / 2;
    float signal = (float)(1 - sigma), noise = (float)sigma, whole = (float)(1 - sigma / 2);
    for (long i = 0; i < planes * high * wide; i++) {
        const float *plane = clean + i / (high * wide) * (high * wide);
        int row = (int)(i / wide % high), column = (int)(i % wide);
        float *to[4], value[4], mean = 0;
        for (int k = 0; k < 4; k++) {
            to[k] = x + (2 * (i / wide) + k / 2) * columns + 2 * column + k % 2;
            value[k] = noise * *to[k] + signal * between(plane, high, wide, row, column,
                                                         k / 2 ? 1 : -1, k % 2 ? 1 : -1);
            mean += 0.25f * value[k];
        }
        for (int k = 0; k < 4; k++)
            *to[k] = value[k] - mean + whole * coarse[i];
    }
}
