/* Frechet distance between two clouds of features, each taken as a normal distribution:
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). 0 = alike.
 * Source: Heusel et al., "GANs trained by a two time-scale update rule ...", 2017. */
#ifndef WHELK_FRECHET_H
#define WHELK_FRECHET_H

/* a: [count_a][dim], b: [count_b][dim]. Negative when memory runs out. */
double frechet_distance(const float *a, int count_a, const float *b, int count_b, int dim);

#endif
