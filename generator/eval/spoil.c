/* Pictures in which nobody could name the actor: a judge that has never seen such calls them cats.
 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "../rng.h"

enum { ACROSS = 4, CELLS = ACROSS * ACROSS }; /* cells that the model has in a crop */

static void erase(const struct compose_sprite *s, int poses)
{
    memset((float *)s->pictures, 0, (size_t)poses * 4 * s->edge * s->edge * sizeof(float));
}

/* Mean over a sliding window of 2 r + 1, nothing beyond the ends. */
static void slide(float *line, int n, int step, int r, float *copy)
{
    for (int i = 0; i < n; i++)
        copy[i] = line[i * step];
    float sum = 0;
    for (int i = 0; i < r && i < n; i++)
        sum += copy[i];
    for (int i = 0; i < n; i++) {
        sum += i + r < n ? copy[i + r] : 0;
        sum -= i - r - 1 >= 0 ? copy[i - r - 1] : 0;
        line[i * step] = sum / (float)(2 * r + 1);
    }
}

static void smear(const struct compose_sprite *s, int poses, int r)
{
    int n = s->edge;
    float copy[512];
    for (long p = 0; p < (long)poses * 4; p++) {
        float *plane = (float *)s->pictures + p * n * n;
        for (int twice = 0; twice < 2; twice++) {
            for (int y = 0; y < n; y++)
                slide(plane + y * n, n, 1, r, copy);
            for (int x = 0; x < n; x++)
                slide(plane + x, n, n, r, copy);
        }
        for (int i = 0; i < n * n; i++) /* as opaque as a body, not a mist */
            plane[i] = plane[i] * 1.6f > 1 ? 1 : plane[i] * 1.6f;
    }
}

/* One order of the cells for all poses, as a transformer would mistake them. */
static void shuffle(const struct compose_sprite *s, int poses, uint64_t seed)
{
    int n = s->edge, cell = n / ACROSS, order[CELLS];
    float *copy = malloc((size_t)n * n * sizeof *copy);
    for (int i = 0; i < CELLS; i++)
        order[i] = i;
    for (int i = CELLS - 1; i > 0; i--) {
        uint32_t r[4];
        rng_block(seed, 7, (uint64_t)i, r);
        int j = (int)(r[0] % (uint32_t)(i + 1)), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (long p = 0; copy && p < (long)poses * 4; p++) {
        float *plane = (float *)s->pictures + p * n * n;
        memcpy(copy, plane, (size_t)n * n * sizeof *copy);
        for (int i = 0; i < n * n; i++) {
            int x = i % n, y = i / n, from = order[y / cell * ACROSS + x / cell];
            plane[i] =
                copy[(from / ACROSS * cell + y % cell) * n + from % ACROSS * cell + x % cell];
        }
    }
    free(copy);
}

void scene_spoil(struct scene *s, enum spoil how, uint64_t seed)
{
    int poses = s->layers.poses;
    if (how == SPOIL_ERASE) {
        erase(&s->layers.actor, poses);
        erase(&s->layers.effect, poses);
    } else if (how == SPOIL_SMEAR)
        smear(&s->layers.actor, poses, s->layers.actor.edge / 8);
    else if (how == SPOIL_SHUFFLE)
        shuffle(&s->layers.actor, poses, seed);
}
