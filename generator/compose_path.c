/* Geometry of the compositor: paths in time, the window's place in the plate, the measure of a
 * matte and the shadow it throws. Plate units throughout: the plate's height is 1. */
#include "compose_path.h"

#include <math.h>
#include <string.h>

static const double native_ratio =
    16.0 / 9.0; /* of the window that the model's camera was taught with */
static const double no_ground =
    3.0; /* 9 says "no shadow"; what lies between is the model's doubt */

static double sample(const float *v, int n, int i)
{
    if (n == 1)
        return v[0];
    if (i < 0)
        return v[0] + i * ((double)v[1] - v[0]);
    if (i >= n)
        return v[n - 1] + (i - n + 1) * ((double)v[n - 1] - v[n - 2]);
    return v[i];
}

double path_at(const float *v, int n, double p)
{
    int i = (int)floor(p);
    double f = p - i;
    double a = sample(v, n, i - 1), b = sample(v, n, i), c = sample(v, n, i + 1),
           d = sample(v, n, i + 2);
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
}

void path_steady(float *v, int n)
{
    static const double w[] = {0.28, 0.22, 0.11,
                               0.03}; /* of the sample itself, the next, ... each side */
    float old[256];
    if (n < 3 || n > 256)
        return;
    memcpy(old, v, (size_t)n * sizeof *old);
    for (int i = 0; i < n; i++) {
        double sum = w[0] * old[i];
        for (int k = 1; k < 4; k++)
            sum += w[k] * (sample(old, n, i - k) + sample(old, n, i + k));
        v[i] = (float)sum;
    }
}

/* What is no number becomes `low`. */
static double clamp(double v, double low, double high)
{
    return !(v > low) ? low : v > high ? high : v;
}

struct compose_window path_window(const struct compose_layers *l, const float *path, double ratio,
                                  double p)
{
    int n = l->poses;
    double cx = path_at(path, n, p), cy = path_at(path + n, n, p);
    double h = exp(clamp(path_at(path + 2 * n, n, p), -3, 1));
    double native = h * native_ratio / 2;
    if (ratio < native_ratio && l->actor.pictures) {
        double off = path_at(path + 3 * n, n, p) - cx;
        cx += clamp(off, -native, native) * (1 - pow(ratio / native_ratio, 2));
        h *= pow(native_ratio / ratio, 0.2); /* and sees a little more above and below */
    }
    h = clamp(h, 0, fmin(1, l->plate_width / ratio));
    double w = h * ratio;
    return (struct compose_window){clamp(cx - w / 2, 0, l->plate_width - w),
                                   clamp(cy - h / 2, 0, 1 - h), w, h};
}

static void widen(int *from, int *to, int at)
{
    if (at < *from)
        *from = at;
    if (at >= *to)
        *to = at + 1;
}

struct path_matte path_measure(const float *alpha, int edge)
{
    struct path_matte m = {.x0 = edge, .y0 = edge};
    int left = edge, right = 0, top = edge, feet = 0;
    for (int y = 0; y < edge; y++)
        for (int x = 0; x < edge; x++) {
            float a = alpha[y * edge + x];
            if (a > 0.04f) {
                widen(&m.x0, &m.x1, x);
                widen(&m.y0, &m.y1, y);
            }
            if (a > 0.5f) {
                widen(&left, &right, x);
                widen(&top, &feet, y);
            }
        }
    if (left >= right)
        return m;
    m.any = true;
    m.wide_left = (double)left / edge;
    m.wide_right = (double)right / edge;
    m.top = (double)top / edge;
    m.feet = (double)feet / edge;
    int near = feet - (feet - top + 7) / 8, l = edge, r = 0; /* the lowest eighth */
    for (int y = near < 0 ? 0 : near; y < feet; y++)
        for (int x = 0; x < edge; x++)
            if (alpha[y * edge + x] > 0.5f)
                widen(&l, &r, x);
    m.left = (double)l / edge;
    m.right = (double)r / edge;
    return m;
}

/* d in low..high keeps what stands at `at` between the shares `from` and `to` of a window of this
 * size around `centre`. */
static void narrow(struct path_span *r, double at, double centre, double size, double from,
                   double to)
{
    r->low = fmax(r->low, at - centre - to * size);
    r->high = fmin(r->high, at - centre - from * size);
}

static double least_move(const struct path_span *r)
{
    return r->low > r->high ? (r->low + r->high) / 2 : clamp(0, r->low, r->high);
}

void path_reach_all(struct path_reach *r)
{
    r->x = r->y = r->whole = (struct path_span){-10, 10};
}

void path_reach_of(struct path_reach *r, int n, const float *actor, const struct path_matte *matte,
                   const float *path)
{
    for (int i = 0; i < n; i++) {
        double h = exp(clamp(path[2 * n + i], -3, 0));
        if (!matte[i].any)
            continue;
        double side = actor[2 * n + i], at = actor[i];
        narrow(&r->x, at + (matte[i].wide_left - 0.5) * side, path[i], h * native_ratio, -0.48, 10);
        narrow(&r->x, at + (matte[i].wide_right - 0.5) * side, path[i], h * native_ratio, -10,
               0.48);
        double centre = actor[n + i];
        narrow(&r->whole, centre + (matte[i].top - 0.5) * side, path[n + i], h, -0.48, 10);
        narrow(&r->whole, centre + (matte[i].feet - 0.5) * side, path[n + i], h, -10, 0.46);
        /* one that climbs or falls out of any window, a rocket, a diver, only keeps its centre near
         */
        narrow(&r->y, centre, path[n + i], h, -0.57, 0.49);
    }
}

void path_move(const struct path_reach *r, int n, float *path)
{
    double dx = least_move(&r->x),
           dy = least_move(r->whole.low <= r->whole.high ? &r->whole : &r->y);
    for (int i = 0; i < n; i++) {
        path[i] += (float)dx;
        path[n + i] += (float)dy;
    }
}

struct compose_shadow path_shadow(const struct path_matte *m, double x, double y, double side,
                                  double ground)
{
    if (!m->any || ground >= no_ground || side <= 0)
        return (struct compose_shadow){.x = x, .y = y, .rx = side / 4, .ry = side / 16};
    double feet = y + (m->feet - 0.5) * side;
    double height = fmax(0, ground - feet);
    double away = fmin(1, height / (0.8 * side)); /* 0 standing .. 1 far above */
    double body = (m->wide_left + m->wide_right) / 2, stand = (m->left + m->right) / 2;
    double half = fmax(0.5 * (m->right - m->left), 0.32 * (m->wide_right - m->wide_left)) * side;
    struct compose_shadow s;
    s.x = x + (stand + (body - stand) * (0.5 + 0.5 * away) - 0.5) * side;
    s.y = fmax(ground, fmin(feet, ground + 0.08 * side));
    s.rx = half * (1.25 + 0.35 * away);
    s.ry = fmax(0.17 * s.rx, 0.012) * (1 + 0.3 * away);
    s.darkness = 0.36 * (1 - away) * (1 - away);
    return s;
}
