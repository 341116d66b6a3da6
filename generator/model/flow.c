/* The solvers. Coefficients are computed in double; at sigma 0 and 1 the logarithms are infinite
 * and the formulas below keep their limits, so no case is singled out. */
#include "flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wan_pool.h"

static const char *const NAMES[] = {"unipc", "dpmpp", "euler", "renoise"};

bool flow_solver_named(const char *name, enum flow_solver *out)
{
    for (int i = 0; name && i < 4; i++)
        if (strcmp(name, NAMES[i]) == 0) {
            *out = (enum flow_solver)i;
            return true;
        }
    return false;
}

static double time_of(const struct flow *f, double sigma)
{
    return f->solver == FLOW_EULER ? 1000 * sigma : floor(1000 * sigma);
}

/* The order of operations is numpy.linspace's, and products are rounded before they are added, as
 * there: times that should come out whole are cut by it to 750 or 749. */
__attribute__((optimize("fp-contract=off"))) static void fill_tables(struct flow *f, double shift)
{
    double first = f->solver == FLOW_UNIPC ? 0.999 : 1, step = -first / f->steps;
    for (int i = 0; i < f->steps; i++) {
        double s = i * step + first;
        s = shift * s / (1 + (shift - 1) * s);
        f->sigma[i] = s;
        f->time[i] = time_of(f, s);
    }
    f->sigma[f->steps] = 0;
}

bool flow_init(struct flow *f, enum flow_solver solver, int steps, double shift, long count,
               whelk_error *err)
{
    *f = (struct flow){.solver = solver, .steps = steps, .count = count};
    if (steps < 1 || steps > FLOW_STEPS_MAX)
        return whelk_fail(err, WHELK_EUSAGE, "%d steps are out of range (1 to %d)", steps,
                          FLOW_STEPS_MAX);
    if (!(shift >= 0.01 && shift <= 100))
        return whelk_fail(err, WHELK_EUSAGE, "shift %g is out of range (0.01 to 100)", shift);
    size_t n = (size_t)steps, size = (size_t)count * sizeof(float);
    f->sigma = malloc((n + 1) * sizeof *f->sigma);
    f->time = malloc(n * sizeof *f->time);
    f->before = malloc(size);
    for (int i = 0; i < 3; i++)
        f->estimate[i] = malloc(size);
    if (!f->sigma || !f->time || !f->before || !f->estimate[0] || !f->estimate[1] ||
        !f->estimate[2]) {
        flow_release(f);
        return whelk_fail(err, WHELK_EFAIL, "no memory for a solver of %ld numbers", count);
    }
    fill_tables(f, shift);
    return true;
}

bool flow_init_pooled(struct flow *f, const struct flow *of, long count, whelk_error *err)
{
    if (!flow_init(f, of->solver, of->steps, 1, count, err))
        return false;
    for (int i = 0; i < f->steps; i++) {
        f->sigma[i] = wan_pool_sigma(of->sigma[i]);
        f->time[i] = time_of(f, f->sigma[i]);
    }
    return true;
}

void flow_release(struct flow *f)
{
    free(f->sigma);
    free(f->time);
    for (int i = 0; i < 3; i++)
        free(f->estimate[i]);
    free(f->before);
    *f = (struct flow){0};
}

/* The logarithm of signal over noise. */
static double lambda(const struct flow *f, int i)
{
    return log(1 - f->sigma[i]) - log(f->sigma[i]);
}

/* x = a from + b p + c q; q may be NULL. */
static void mix(float *x, double a, const float *from, double b, const float *p, double c,
                const float *q, long n)
{
    for (long i = 0; i < n; i++)
        x[i] = (float)(a * from[i] + b * p[i] + (q ? c * q[i] : 0));
}

/* The newest estimate, x0 = x - sigma v, in estimate[0]; the oldest is forgotten. */
static void estimate(struct flow *f, int i, const float *v, const float *x)
{
    float *fresh = f->estimate[2];
    f->estimate[2] = f->estimate[1];
    f->estimate[1] = f->estimate[0];
    f->estimate[0] = fresh;
    mix(fresh, 1, x, -f->sigma[i], v, 0, NULL, f->count);
}

/* --- UniPC ---
 * With h the step in lambda, phi1 = e^-h - 1, phi2 = -phi1 / h - 1: prediction and correction are
 *     sigma_t / sigma_s x - alpha_t phi1 (m0 + rho1 (m1 - m0) / r + rho2 (mt - m0)),
 * m0, m1 the estimates at s and before it, mt the one at t, r the last step's part of this one. */

static double ratio(const struct flow *f, int from, double h)
{
    return (lambda(f, from - 1) - lambda(f, from)) / h;
}

static void unipc_predict(struct flow *f, int i, float *x)
{
    double h = lambda(f, i + 1) - lambda(f, i), keep = f->sigma[i + 1] / f->sigma[i];
    double whole = -(1 - f->sigma[i + 1]) * expm1(-h);
    double part = f->order == 2 ? whole * 0.5 / ratio(f, i, h) : 0;
    mix(x, keep, f->before, whole - part, f->estimate[0], part,
        f->order == 2 ? f->estimate[1] : NULL, f->count);
}

/* The sample before step i once more, now that the model's answer there is known. */
static void unipc_correct(const struct flow *f, int i, float *x)
{
    double h = lambda(f, i) - lambda(f, i - 1), keep = f->sigma[i] / f->sigma[i - 1];
    double phi1 = expm1(-h), phi2 = -phi1 / h - 1, whole = -(1 - f->sigma[i]) * phi1;
    double rho1 = 0, rho2 = 0.5, r = 1;
    if (f->order == 2) { /* rho1 + rho2 = b1, r rho1 + rho2 = b2 */
        double b1 = phi2 / phi1, b2 = 2 * (-phi2 / h - 0.5) / phi1;
        r = ratio(f, i - 1, h);
        rho1 = (b1 - b2) / (1 - r);
        rho2 = b1 - rho1;
    }
    double on_t = whole * rho2, on_1 = whole * rho1 / r, on_0 = whole - on_t - on_1;
    const float *mt = f->estimate[0], *m0 = f->estimate[1], *m1 = f->estimate[2];
    mix(x, keep, f->before, on_0, m0, on_t, mt, f->count);
    for (long k = 0; f->order == 2 && k < f->count; k++)
        x[k] = (float)(x[k] + on_1 * m1[k]);
}

static void unipc_step(struct flow *f, int i, const float *v, float *x)
{
    estimate(f, i, v, x);
    if (i > f->first)
        unipc_correct(f, i, x);
    memcpy(f->before, x, (size_t)f->count * sizeof *x);
    f->order = i == f->first || i == f->steps - 1 ? 1 : 2;
    unipc_predict(f, i, x);
}

/* --- The others --- */

static void dpmpp_step(struct flow *f, int i, const float *v, float *x)
{
    bool second = i > f->first && i < f->steps - 1;
    double h = lambda(f, i + 1) - lambda(f, i), keep = f->sigma[i + 1] / f->sigma[i];
    double whole = -(1 - f->sigma[i + 1]) * expm1(-h);
    /* half of whole times the slope (m0 - m1) h / (lambda_i - lambda_i-1) */
    double part = second ? 0.5 * whole * h / (lambda(f, i) - lambda(f, i - 1)) : 0;
    estimate(f, i, v, x);
    mix(x, keep, x, whole + part, f->estimate[0], -part, second ? f->estimate[1] : NULL, f->count);
}

static void renoise_step(struct flow *f, int i, const float *v, float *x, const float *noise)
{
    double next = f->sigma[i + 1];
    estimate(f, i, v, x);
    if (next > 0)
        mix(x, 1 - next, f->estimate[0], next, noise, 0, NULL, f->count);
    else
        memcpy(x, f->estimate[0], (size_t)f->count * sizeof *x);
}

void flow_step(struct flow *f, int i, const float *v, float *x, const float *noise)
{
    switch (f->solver) {
    case FLOW_UNIPC:
        unipc_step(f, i, v, x);
        break;
    case FLOW_DPMPP:
        dpmpp_step(f, i, v, x);
        break;
    case FLOW_EULER:
        mix(x, 1, x, f->sigma[i + 1] - f->sigma[i], v, 0, NULL, f->count);
        break;
    case FLOW_RENOISE:
        renoise_step(f, i, v, x, noise);
        break;
    }
}
