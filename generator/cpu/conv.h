/* Convolutions of one picture through oneDNN, float, channels last, weights packed once for one
 * size of picture. Every call is single-threaded: whoever wants several threads gives each its own
 * picture, so bytes do not depend on their number.
 *
 *     struct conv *c = conv_new(&(struct conv_shape){48, 64, 3, 1, 1, 48, 112}, w, b, CONV_RELU,
 * &err);  // w: O, I, y, x conv_run(c, in, out, scratch);           // in [height][width][48], out
 * [height][width][64] conv_free(c);
 *
 * A conv is read only once made and may be run by several threads, each with its own scratch of
 * conv_scratch(c) bytes. */
#ifndef WHELK_CONV_H
#define WHELK_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/error.h"

struct conv_shape {
    int in, out; /* channels */
    int kernel, stride, pad;
    int height, width; /* of the picture that comes in */
};

/* CONV_RELU: what comes out is cut off at 0. CONV_ADD: it is added to what `out` holds. Not both.
 */
enum { CONV_PLAIN = 0, CONV_RELU = 1, CONV_ADD = 2 };

struct conv;

struct conv *conv_new(const struct conv_shape *shape, const float *weight, const float *bias,
                      int flags, whelk_error *err);
void conv_free(struct conv *c);            /* NULL is fine */
size_t conv_scratch(const struct conv *c); /* bytes, 64-byte aligned */
bool conv_run(const struct conv *c, const float *in, float *out,
              void *scratch); /* false = oneDNN had no memory */

#endif
