/* The trace of (C1 C2)^(1/2) is that of the symmetric (S C2 S)^(1/2) with S = C1^(1/2), so two
 * decompositions by Jacobi's rotations are all it takes. */
#include "frechet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean [n] and covariance [n][n] of count rows. */
static void moments(const float *x, int count, int n, double *mean, double *cov)
{
    memset(mean, 0, (size_t)n * sizeof *mean);
    memset(cov, 0, (size_t)n * n * sizeof *cov);
    for (int k = 0; k < count; k++)
        for (int i = 0; i < n; i++)
            mean[i] += x[(size_t)k * n + i] / count;
    for (int k = 0; k < count; k++) {
        const float *row = x + (size_t)k * n;
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
                cov[i * n + j] += (row[i] - mean[i]) * (row[j] - mean[j]) / count;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            cov[j * n + i] = cov[i * n + j];
}

/* One rotation that makes a[p][q] zero, in a and in the vectors. */
static void rotate(double *a, double *v, int n, int p, int q)
{
    double apq = a[p * n + q];
    if (fabs(apq) < 1e-300)
        return;
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)),
           c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (int k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        x = v[p * n + k], y = v[q * n + k];
        v[p * n + k] = c * x - s * y;
        v[q * n + k] = s * x + c * y;
    }
}

/* a becomes diagonal; row k of v is the vector of a[k][k]. */
static void jacobi(double *a, double *v, int n)
{
    memset(v, 0, (size_t)n * n * sizeof *v);
    for (int i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (int sweep = 0; sweep < 30; sweep++) {
        double off = 0, all = 0;
        for (int i = 0; i < n * n; i++) {
            all += a[i] * a[i];
            off += i / n == i % n ? 0 : a[i] * a[i];
        }
        if (off <= 1e-18 * all)
            return;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++)
                rotate(a, v, n, p, q);
    }
}

static double root(double x)
{
    return x > 0 ? sqrt(x) : 0;
}

/* out = the symmetric root of a, which is lost. */
static void square_root(double *a, double *v, int n, double *out)
{
    jacobi(a, v, n);
    memset(out, 0, (size_t)n * n * sizeof *out);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                out[i * n + j] += root(a[k * n + k]) * v[k * n + i] * v[k * n + j];
}

static void multiply(const double *a, const double *b, int n, double *out)
{
    memset(out, 0, (size_t)n * n * sizeof *out);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            for (int j = 0; j < n; j++)
                out[i * n + j] += a[i * n + k] * b[k * n + j];
}

double frechet_distance(const float *a, int count_a, const float *b, int count_b, int n)
{
    size_t square = (size_t)n * n;
    double *room = malloc((5 * square + 2 * (size_t)n) * sizeof *room), sum = 0;
    if (!room)
        return -1;
    double *ca = room, *cb = ca + square, *v = cb + square, *s = v + square, *x = s + square;
    double *ma = x + square, *mb = ma + n;
    moments(a, count_a, n, ma, ca);
    moments(b, count_b, n, mb, cb);
    for (int i = 0; i < n; i++)
        sum += pow(ma[i] - mb[i], 2) + ca[i * n + i] + cb[i * n + i];
    square_root(ca, v, n, s);
    multiply(s, cb, n, x);
    multiply(x, s, n, ca);
    jacobi(ca, v, n);
    for (int i = 0; i < n; i++)
        sum -= 2 * root(ca[i * n + i]);
    free(room);
    return sum > 0 ? sum : 0;
}
