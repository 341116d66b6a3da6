/* How far computed numbers are from those that are wanted. */
#ifndef WHELK_TESTS_APART_H
#define WHELK_TESTS_APART_H

#include <math.h>

/* The error's root mean square in that of what is wanted. */
static inline double apart(const float *got, const float *want, long n)
{
    double error = 0, square = 0;
    for (long i = 0; i < n; i++) {
        error += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        square += (double)want[i] * want[i];
    }
    return sqrt(error / square);
}

#endif
