/* The rim of a matte takes its colour from a mean of the 5 x 5 pixels around it, weighted by the
 * fourth power of their alpha; the fainter a pixel, the less its own colour counts. */
#include "compose_matte.h"

#include <string.h>

enum { REACH = 2 };
static const float there =
    0.3f; /* alpha that belongs to a piece: fainter is not seen once sharpened */
static const float solid = 0.92f;
static const float faint = 0.02f; /* pixels outside faint..solid keep their colour */

static float clamp01(float v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* Mean colour (not premultiplied) around (x, y); returns the weight it rests on. */
static float mean_around(const float *in, int edge, int x, int y, float mean[3])
{
    int area = edge * edge;
    float total = 0, sum[3] = {0};
    for (int j = y - REACH; j <= y + REACH; j++)
        for (int i = x - REACH; i <= x + REACH; i++) {
            if (i < 0 || j < 0 || i >= edge || j >= edge)
                continue;
            const float *p = in + j * edge + i;
            float a = p[3 * area], w = a * a * a; /* times the colour, which holds the fourth a */
            total += w * a;
            for (int k = 0; k < 3; k++)
                sum[k] += w * p[k * area];
        }
    for (int k = 0; k < 3; k++)
        mean[k] = total > 0 ? sum[k] / total : 0;
    return total;
}

void matte_clean(const float *in, int edge, float *out)
{
    int area = edge * edge;
    memcpy(out, in, 4 * (unsigned)area * sizeof *out);
    for (int y = 0; y < edge; y++)
        for (int x = 0; x < edge; x++) {
            float a = in[3 * area + y * edge + x], mean[3];
            if (a < faint || a > solid || mean_around(in, edge, x, y, mean) < 0.05f)
                continue;
            float keep = clamp01((a - 0.3f) / 0.6f);
            for (int k = 0; k < 3; k++)
                out[k * area + y * edge + x] =
                    keep * in[k * area + y * edge + x] + (1 - keep) * a * mean[k];
        }
}

/* Marks the piece around `start` with `mark` in label[]; returns its size. stack: edge * edge. */
static int mark_piece(const float *alpha, int edge, int *label, int *stack, int start, int mark)
{
    int size = 0, top = 0;
    stack[top++] = start;
    label[start] = mark;
    while (top > 0) {
        int at = stack[--top], x = at % edge, y = at / edge;
        size++;
        for (int k = 0; k < 4; k++) {
            int nx = x + (k == 0) - (k == 1), ny = y + (k == 2) - (k == 3), next = ny * edge + nx;
            if (nx < 0 || ny < 0 || nx >= edge || ny >= edge || label[next] || alpha[next] <= there)
                continue;
            label[next] = mark;
            stack[top++] = next;
        }
    }
    return size;
}

void matte_despeckle(float *rgba, int edge, int *scratch)
{
    enum { PIECES = 64 }; /* further ones are left alone */
    const float *alpha = rgba + 3 * edge * edge;
    int *label = scratch, *stack = scratch + edge * edge, size[PIECES + 1] = {0}, pieces = 0,
        largest = 0;
    memset(label, 0, (unsigned)(edge * edge) * sizeof *label);
    for (int i = 0; i < edge * edge && pieces < PIECES; i++)
        if (!label[i] && alpha[i] > there) {
            pieces++;
            size[pieces] = mark_piece(alpha, edge, label, stack, i, pieces);
            largest = size[pieces] > largest ? size[pieces] : largest;
        }
    for (int i = 0; i < edge * edge; i++)
        if (label[i] && size[label[i]] * 30 < largest)
            for (int k = 0; k < 4; k++)
                rgba[k * edge * edge + i] = 0;
}
