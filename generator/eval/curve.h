/* Compute against quality: the same scenes and noise under budgets of noise-aware redistribution
 * and with fewer exact steps, each judged like any other shots. */
#ifndef WHELK_CURVE_H
#define WHELK_CURVE_H

#include "sight.h"

enum { CURVE_POINTS = 9 };

struct curve_point {
    double budget;
    int steps;                     /* 0 = the model's own number */
    double tokens, flops, seconds; /* sums over the shots; seconds of denoising */
    struct sights made;
    double distance; /* Frechet, of these to the world's; set by curve_measure */
};

struct curve {
    struct curve_point of[CURVE_POINTS]; /* the first is exact mode */
    struct sights real;
};

void curve_init(struct curve *c);
void curve_free(struct curve *c);

/* Once all shots are there. */
void curve_measure(struct curve *c, const struct judge *j);

/* Rows of a Markdown table; `real` are the world's pictures of the same scenes. */
void curve_write(const struct curve *c, const struct judge *j, FILE *out);
/* The Frechet distance over the share of exact mode's operations, as SVG. */
bool curve_draw(const struct curve *c, const char *path, whelk_error *err);

#endif
