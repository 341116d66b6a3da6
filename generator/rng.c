/* Philox 4x32-10 and the Box-Muller transform, the latter in double so that rounding to float hides
 * differences between mathematical libraries. */
#include "rng.h"

#include <math.h>

void rng_block(uint64_t seed, uint32_t stream, uint64_t block, uint32_t out[4])
{
    uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), stream, 0};
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)c[0] * 0xD2511F53u, b = (uint64_t)c[2] * 0xCD9E8D57u;
        uint32_t n0 = (uint32_t)(b >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(a >> 32) ^ c[3] ^ k1;
        c[0] = n0, c[1] = (uint32_t)b, c[2] = n2, c[3] = (uint32_t)a;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

void rng_normal(uint64_t seed, uint32_t stream, float *out, long count)
{
    for (long i = 0; i < count; i += 4) {
        uint32_t bits[4];
        double pair[4];
        rng_block(seed, stream, (uint64_t)(i / 4), bits);
        for (int k = 0; k < 4; k += 2) {
            double radius = sqrt(-2 * log((bits[k] + 1.0) / 4294967296.0));
            double angle = 6.283185307179586 * (bits[k + 1] / 4294967296.0);
            pair[k] = radius * cos(angle);
            pair[k + 1] = radius * sin(angle);
        }
        for (int k = 0; k < 4 && i + k < count; k++)
            out[i + k] = (float)pair[k];
    }
}
