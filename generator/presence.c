/* Solid is what hides the plate: alpha above one half, as the compositor has it. Positions are
 * plate units, the measure of an actor a share of the window it is seen through. */
#include "presence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SOLID 0.5f
#define VISIBLE 0.1f
#define FULL 0.9f

struct pose {
    const float *alpha;
    double x, y, side; /* of the crop: centre and edge */
    struct compose_window window;
};

struct count {
    int solid, visible, full, inside;
    double rgb[3]; /* sums over the solid pixels */
};

static struct count count_pixels(const struct pose *p, int edge)
{
    struct count n = {0};
    for (int v = 0; v < edge; v++)
        for (int u = 0; u < edge; u++) {
            float a = p->alpha[v * edge + u];
            for (int k = 0; k < 3 && a > SOLID; k++) /* r, g, b lie before alpha, premultiplied */
                n.rgb[k] += p->alpha[(k - 3) * edge * edge + v * edge + u] / a;
            double x = p->x + ((u + 0.5) / edge - 0.5) * p->side - p->window.x;
            double y = p->y + ((v + 0.5) / edge - 0.5) * p->side - p->window.y;
            n.visible += a > VISIBLE;
            n.full += a > FULL;
            n.solid += a > SOLID;
            n.inside +=
                a > SOLID && x >= 0 && y >= 0 && x < p->window.width && y < p->window.height;
        }
    return n;
}

/* Marks the piece that holds pixel `from` and returns its size. */
static int fill(const float *alpha, int edge, int from, int *stack, unsigned char *seen)
{
    int size = 0, top = 0;
    stack[top++] = from;
    seen[from] = 1;
    while (top > 0) {
        int at = stack[--top], x = at % edge, y = at / edge;
        const int near[4] = {x > 0 ? at - 1 : at, x + 1 < edge ? at + 1 : at,
                             y > 0 ? at - edge : at, y + 1 < edge ? at + edge : at};
        size++;
        for (int k = 0; k < 4; k++)
            if (!seen[near[k]] && alpha[near[k]] > SOLID) {
                seen[near[k]] = 1;
                stack[top++] = near[k];
            }
    }
    return size;
}

double presence_whole(const float *alpha, int edge, int *stack, unsigned char *seen)
{
    int solid = 0, largest = 0;
    memset(seen, 0, (size_t)edge * (size_t)edge);
    for (int i = 0; i < edge * edge; i++)
        if (!seen[i] && alpha[i] > SOLID) {
            int size = fill(alpha, edge, i, stack, seen);
            solid += size;
            largest = size > largest ? size : largest;
        }
    return solid ? (double)largest / solid : 0;
}

/* How much of two drawings of the actor is solid in both, as a share of what is in either. */
static double overlap(const float *a, const float *b, int count)
{
    int both = 0, either = 0;
    for (int i = 0; i < count; i++) {
        both += a[i] > SOLID && b[i] > SOLID;
        either += a[i] > SOLID || b[i] > SOLID;
    }
    return either ? (double)both / either : 0;
}

static struct pose pose_at(const struct compose_layers *l, const struct compose_sprite *who,
                           const struct compose *c, const struct compose_options *o, int n)
{
    const float *path = who->path;
    int edge = who->edge, frame = (int)ceil(n / l->poses_per_second * o->fps - 1e-6);
    frame = frame < o->frames ? frame : o->frames - 1;
    return (struct pose){who->pictures + ((size_t)n * 4 + 3) * (size_t)edge * (size_t)edge, path[n],
                         path[l->poses + n], path[2 * l->poses + n], compose_window_at(c, frame)};
}

static int poses_shown(const struct compose_layers *l, const struct compose_options *o)
{
    int n = (int)ceil(o->frames / o->fps * l->poses_per_second - 1e-6);
    return n < 1 ? 1 : n < l->poses ? n : l->poses;
}

whelk_gen_actor presence_of(const struct compose_layers *l, const struct compose *c,
                            const struct compose_options *o, int k)
{
    const struct compose_sprite *who = k ? &l->guests[k - 1].actor : &l->actor;
    whelk_gen_actor a = {0};
    int edge = who->edge, area = edge * edge;
    if (!who->pictures)
        return a;
    int poses = poses_shown(l, o), there = 0, pairs = 0;
    int *stack = malloc((size_t)area * sizeof *stack);
    unsigned char *seen = malloc((size_t)area);
    const float *before = NULL;
    for (int n = 0; stack && seen && n < poses; n++) {
        struct pose p = pose_at(l, who, c, o, n);
        struct count is = count_pixels(&p, edge);
        if (before) {
            a.steady += overlap(before, p.alpha, area);
            pairs++;
        }
        before = p.alpha;
        if (!is.solid)
            continue;
        there++;
        a.seen += (double)is.inside / is.solid;
        a.size += (double)is.inside / area * p.side * p.side / (p.window.width * p.window.height);
        a.crisp += (double)is.full / is.visible;
        a.whole += presence_whole(p.alpha, edge, stack, seen);
        a.red += is.rgb[0] / is.solid;
        a.green += is.rgb[1] / is.solid;
        a.blue += is.rgb[2] / is.solid;
    }
    free(stack);
    free(seen);
    if (!there)
        return (whelk_gen_actor){0};
    a.seen /= poses;
    a.size /= poses;
    a.crisp /= there;
    a.whole /= there;
    a.red /= there;
    a.green /= there;
    a.blue /= there;
    a.steady = pairs ? a.steady / pairs : 1;
    return a;
}
