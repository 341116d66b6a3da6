/* A noisy latent x = (1 - sigma) x0 + sigma noise on half its height and width, and back, with the
 * noise accounted for exactly. The mean of four places keeps x0's mean and half the noise; divided
 * by (1 - sigma) + sigma / 2 it is again a state of the same kind, at the lower noise level
 *
 *     sigma' = sigma / (2 (1 - sigma) + sigma).
 *
 * So going down draws no noise. Going up puts back, in each 2x2 places, what of the beginning's
 * noise their mean does not hold; the mean of the result is the coarse state's, to the last bit of
 * rounding. Latents are [planes][rows][columns], rows and columns even. */
#ifndef WHELK_WAN_POOL_H
#define WHELK_WAN_POOL_H

double wan_pool_sigma(double sigma);

/* to = scale * the mean of 2x2: 1 for what is clean, 2 for pure noise, which it leaves of unit
 * variance. */
void wan_pool_down(const float *from, long planes, int rows, int columns, float scale, float *to);

/* coarse: the state at wan_pool_sigma(sigma); clean: the estimate of its x0, which is drawn between
 * its places, [planes][rows / 2][columns / 2]. x: the beginning's noise, which becomes the state at
 * sigma; rows and columns are its own. */
void wan_pool_up(const float *coarse, const float *clean, long planes, int rows, int columns,
                 double sigma, float *x);

#endif
