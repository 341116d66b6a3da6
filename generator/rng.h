/* Counter-based random numbers (Philox 4x32, ten rounds): number i of stream s under a seed is a
 * pure function of the three, so every device and every number of threads draws the same noise.
 *
 *     float x[100];
 *     rng_normal(seed, layer, x, 100);        // standard normal
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011. */
#ifndef WHELK_RNG_H
#define WHELK_RNG_H

#include <stdint.h>

void rng_block(uint64_t seed, uint32_t stream, uint64_t block, uint32_t out[4]);
void rng_normal(uint64_t seed, uint32_t stream, float *out, long count);

#endif
