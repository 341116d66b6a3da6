/* The rule of wan_reuse.h. Sums are taken by one thread in double: the same for any number of
 * threads. */
#include "wan_reuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

long long wan_reuse_bytes(long count)
{
    return 3LL * count * (long long)sizeof(float);
}

bool wan_reuse_init(struct wan_reuse *r, long count, whelk_error *err)
{
    size_t size = (size_t)count * sizeof(float);
    *r = (struct wan_reuse){.count = count};
    r->x = malloc(size), r->v = malloc(size), r->before = malloc(size);
    if (r->x && r->v && r->before)
        return true;
    wan_reuse_release(r);
    return whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes of steps to reuse",
                      wan_reuse_bytes(count));
}

void wan_reuse_release(struct wan_reuse *r)
{
    free(r->x);
    free(r->v);
    free(r->before);
    *r = (struct wan_reuse){0};
}

void wan_reuse_begin(struct wan_reuse *r, int steps, int reuses)
{
    r->steps = steps, r->reuses = reuses;
    r->due = steps > reuses ? (double)steps / (steps - reuses) : 1;
    r->sum = r->all = 0;
    r->seen = 0;
}

void wan_reuse_forget(struct wan_reuse *r, long count)
{
    r->count = count;
    r->kept = 0;
    r->rate = 0;
    wan_reuse_begin(r, 0, 0);
}

/* |a - b|_1 */
static double apart(const float *a, const float *b, long n)
{
    double sum = 0;
    for (long i = 0; i < n; i++)
        sum += fabs((double)a[i] - b[i]);
    return sum;
}

/* Whether this step of the stretch is to be reused; the stretch goes on by it. */
static bool decide(struct wan_reuse *r, const float *x)
{
    double change = r->size > 0 ? r->rate * apart(x, r->before, r->count) / r->size : 0;
    r->sum += change, r->all += change;
    r->seen++;
    double limit = r->due * r->all / r->seen;
    bool reuse = r->kept > 0 && r->reuses > 0 && (r->sum < limit || r->reuses == r->steps);
    if (!reuse)
        r->sum = r->sum > limit ? r->sum - limit : 0;
    r->steps--;
    r->reuses -= reuse;
    return reuse;
}

bool wan_reuse_answers(struct wan_reuse *r, const float *x, float *v)
{
    bool reuse = r->steps > 0 && decide(r, x);
    for (long i = 0; reuse && i < r->count; i++)
        v[i] = x[i] + (r->v[i] - r->x[i]);
    if (reuse)
        memcpy(r->before, x, (size_t)r->count * sizeof *x);
    return reuse;
}

void wan_reuse_keep(struct wan_reuse *r, const float *x, const float *v)
{
    size_t size = (size_t)r->count * sizeof *x;
    double way = r->kept ? apart(x, r->x, r->count) : 0;
    if (way > 0)
        r->rate = apart(v, r->v, r->count) / way;
    r->size = 0;
    for (long i = 0; i < r->count; i++)
        r->size += fabs((double)v[i]);
    memcpy(r->x, x, size);
    memcpy(r->v, v, size);
    memcpy(r->before, x, size);
    r->kept++;
}
