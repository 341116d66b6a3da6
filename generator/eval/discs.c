/* Suns and moons of a plate: discs brighter than what is round about them. A model that paints two
 * is wrong however well each is painted. */
#include <math.h>
#include <stdlib.h>

#include "facts.h"

enum { ROWS = 96, POINTS = 16, FOUND_MAX = 16 };
static const double RADII[] = {5, 6, 7.5, 8.5};     /* rows; the world's are 5 to 8 */
static const float BRIGHTER = 0.25f, BRIGHT = 1.1f; /* red + green - blue, each -1..1 */

struct small { /* the plate's brightness at ROWS rows */
    int columns;
    float *y;
};

/* Yellow counts more than white: clouds are round too. */
static bool shrink(const struct compose_layers *l, struct small *s)
{
    int k = l->plate_rows / ROWS;
    long plane = (long)l->plate_rows * l->plate_columns;
    s->columns = l->plate_columns / k;
    s->y = calloc((size_t)ROWS * s->columns, sizeof *s->y);
    for (int y = 0; s->y && y < ROWS * k; y++)
        for (int x = 0; x < s->columns * k; x++) {
            const float *p = l->plate + (long)y * l->plate_columns + x;
            s->y[y / k * s->columns + x / k] += (p[0] + p[plane] - p[2 * plane]) / (float)(k * k);
        }
    return s->y != NULL;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* The second darkest (or brightest) of the points on a circle. */
static float on_circle(const struct small *s, double cx, double cy, double r, bool brightest)
{
    float v[POINTS];
    for (int i = 0; i < POINTS; i++) {
        int x = (int)lround(cx + r * cos(2 * M_PI * i / POINTS)),
            y = (int)lround(cy + r * sin(2 * M_PI * i / POINTS));
        x = x < 0 ? 0 : x >= s->columns ? s->columns - 1 : x;
        y = y < 0 ? 0 : y >= ROWS ? ROWS - 1 : y;
        v[i] = s->y[y * s->columns + x];
    }
    qsort(v, POINTS, sizeof *v, by_size);
    return v[brightest ? POINTS - 2 : 1];
}

/* How much a disc there stands out; <= 0: it does not. */
static float stands_out(const struct small *s, double x, double y, double r)
{
    float inside = fminf(on_circle(s, x, y, 0.7 * r, false), on_circle(s, x, y, 0.35 * r, false));
    return inside < BRIGHT ? 0 : inside - on_circle(s, x, y, 1.45 * r, true) - BRIGHTER;
}

int facts_discs(const struct compose_layers *l)
{
    struct small s;
    struct {
        double x, y, r;
        float by;
    } found[FOUND_MAX];
    int count = 0;
    if (l->plate_rows < ROWS)
        return 0;
    if (!shrink(l, &s))
        return -1;
    for (size_t k = 0; k < sizeof RADII / sizeof *RADII; k++)
        for (int y = 4; y < ROWS / 2 + 4; y++)
            for (int x = 4; x < s.columns - 4; x++) {
                float by = stands_out(&s, x, y, RADII[k]);
                if (by <= 0)
                    continue;
                int near = 0;
                while (near < count &&
                       hypot(found[near].x - x, found[near].y - y) > found[near].r + RADII[k])
                    near++;
                if (near == FOUND_MAX || (near < count && found[near].by >= by))
                    continue;
                found[near].x = x;
                found[near].y = y;
                found[near].r = RADII[k];
                found[near].by = by;
                count += near == count;
            }
    free(s.y);
    return count;
}
