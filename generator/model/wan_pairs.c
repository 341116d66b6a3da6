/* Which pairs are joined, and the two stages that join and part them. The rows of a joined sequence
 * are written to where queries lie between blocks, and both pointers change places. */
#include "wan_pairs.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wan_dit_run.h"

int wan_pairs_count(int frames, int rows, int columns, int held)
{
    return (frames - held) * (rows / 2) * (columns / 4);
}

void wan_pairs_blocks(const struct wan_dit *d, int *from, int *to)
{
    int tenth = d->info.blocks / 10;
    *from = tenth > 1 ? tenth : 1;
    *to = d->info.blocks - tenth;
}

long long wan_pairs_bytes(const struct wan_dit *d, int frames, int rows, int columns, bool here)
{
    long long n = wan_pairs_count(frames, rows, columns, 0);
    size_t aside = here ? sizeof(float) * (size_t)d->info.width : 0;
    return n * (long long)(sizeof(float) + sizeof(bool) + aside) +
           (long long)frames * rows * columns / 4 * (long long)sizeof(int);
}

bool wan_pairs_init(struct wan_pairs *p, const struct wan_dit *d, int frames, int rows, int columns,
                    bool here, whelk_error *err)
{
    *p = (struct wan_pairs){.frames = frames, .rows = rows, .columns = columns};
    p->count = wan_pairs_count(frames, rows, columns, 0);
    wan_pairs_blocks(d, &p->from, &p->to);
    size_t n = (size_t)p->count + 1, tokens = (size_t)frames * (size_t)(rows / 2 * (columns / 2));
    p->density = malloc(n * sizeof *p->density);
    p->joined = calloc(n, sizeof *p->joined);
    p->sequence = malloc(tokens * sizeof *p->sequence);
    p->aside = here ? malloc(n * (size_t)d->info.width * sizeof *p->aside) : NULL;
    if (p->density && p->joined && p->sequence && (p->aside || !here))
        return true;
    wan_pairs_release(p);
    return whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes of pairs of tokens",
                      wan_pairs_bytes(d, frames, rows, columns, here));
}

void wan_pairs_release(struct wan_pairs *p)
{
    free(p->density);
    free(p->joined);
    free(p->sequence);
    free(p->aside);
    *p = (struct wan_pairs){0};
}

/* --- Which ------------------------------------------------------------------------------------ */

/* Adds to the pair's eight places what channel x0 = x - sigma v holds there; `back`: floats to the
 * frame before, 0 = none. */
static void add_channel(const float *x, const float *v, float sigma, int columns, long back,
                        float place[8])
{
    float clean[8], mean = 0;
    for (int i = 0; i < 8; i++) {
        long at = i / 4 * columns + i % 4;
        clean[i] = x[at] - sigma * v[at];
        mean += clean[i] / 8;
    }
    for (int i = 0; i < 8; i++) {
        long at = i / 4 * columns + i % 4 - back;
        float off = clean[i] - mean, moved = clean[i] - (x[at] - sigma * v[at]);
        place[i] += off * off + moved * moved;
    }
}

void wan_pairs_look(struct wan_pairs *p, int channels, const float *x, const float *v, double sigma)
{
    int wide = p->columns / 4, high = p->rows / 2;
    long plane = (long)p->rows * p->columns, channel = p->frames * plane;
    for (int i = 0; i < p->count; i++) {
        int frame = i / (wide * high), row = i / wide % high;
        long at = frame * plane + 2L * row * p->columns + 4L * (i % wide);
        float place[8] = {0}, most = 0;
        for (int c = 0; c < channels; c++)
            add_channel(x + c * channel + at, v + c * channel + at, (float)sigma, p->columns,
                        frame ? plane : 0, place);
        for (int k = 0; k < 8; k++)
            most = place[k] > most ? place[k] : most;
        p->density[i] = most;
    }
}

static uint32_t bits_of(float density)
{
    uint32_t bits;
    memcpy(&bits, &density, sizeof bits);
    return bits;
}

static int below(const struct wan_pairs *p, int first, uint32_t limit)
{
    int n = 0;
    for (int i = first; i < p->count; i++)
        n += bits_of(p->density[i]) < limit;
    return n;
}

/* Densities are not negative, so that their bits stand in their order: the limit under which at
 * most `count` lie is found bit by bit. */
void wan_pairs_choose(struct wan_pairs *p, int count, int held)
{
    int wide = p->columns / 4, tokens = p->columns / 2, first = held * (p->rows / 2) * wide;
    uint32_t limit = 0;
    for (uint32_t bit = 1u << 31; bit; bit >>= 1)
        if (below(p, first, limit | bit) <= count)
            limit |= bit;
    int equals = count - below(p, first, limit);
    for (int i = 0; i < p->count; i++) {
        uint32_t bits = bits_of(p->density[i]);
        p->joined[i] = i >= first && (bits < limit || (bits == limit && equals-- > 0));
    }
    p->tokens = 0;
    for (int row = 0; row < p->frames * (p->rows / 2); row++)
        for (int k = 0; k < tokens; k++) {
            bool joined = k / 2 < wide && p->joined[row * wide + k / 2];
            p->sequence[p->tokens++] = 2 * (row * tokens + k) + joined;
            k += joined;
        }
}

/* --- Joining and parting ---------------------------------------------------------------------- */

/* The pair that begins with this token. */
static float *aside_of(const struct run *r, int token)
{
    const struct wan_pairs *p = r->p->pairs;
    int tokens = p->columns / 2;
    return p->aside + (long)(token / tokens * (p->columns / 4) + token % tokens / 2) * r->dim;
}

static void join_row(struct run *r, int row, float *own)
{
    int token = r->p->pairs->sequence[row] / 2;
    const float *one = r->w->x + (long)token * r->dim, *two = one + r->dim;
    float *to = r->w->q + (long)row * r->dim;
    if (r->p->pairs->sequence[row] % 2 == 0) {
        memcpy(to, one, (size_t)r->dim * sizeof *to);
    } else {
        float *aside = aside_of(r, token);
        for (int i = 0; i < r->dim; i++) {
            to[i] = 0.5f * (one[i] + two[i]);
            aside[i] = 0.5f * (one[i] - two[i]);
        }
    }
    (void)own;
}

static void part_row(struct run *r, int row, float *own)
{
    int token = r->p->pairs->sequence[row] / 2;
    const float *from = r->w->x + (long)row * r->dim;
    float *one = r->w->q + (long)token * r->dim, *two = one + r->dim;
    if (r->p->pairs->sequence[row] % 2 == 0) {
        memcpy(one, from, (size_t)r->dim * sizeof *one);
    } else {
        const float *aside = aside_of(r, token);
        for (int i = 0; i < r->dim; i++) {
            one[i] = from[i] + aside[i];
            two[i] = from[i] - aside[i];
        }
    }
    (void)own;
}

/* Lane 0 makes the rows just written those of the blocks to come; keys are laid out for as many. */
static void go_over(struct run *r, struct lane *l, int tokens, const int *sequence)
{
    if (l->number == 0) {
        float *x = r->w->x;
        r->w->x = r->w->q, r->w->q = x;
        r->tokens = tokens, r->sequence = sequence;
        r->self.tokens = r->self.a.tokens = r->self.b.tokens = tokens;
        attention_layout(&r->self.a);
    }
    lane_meet(l);
}

void wan_pairs_join(struct run *r, struct lane *l)
{
    each_row(r, l, r->p->pairs->tokens, join_row);
    go_over(r, l, r->p->pairs->tokens, r->p->pairs->sequence);
}

void wan_pairs_part(struct run *r, struct lane *l)
{
    each_row(r, l, r->p->pairs->tokens, part_row);
    go_over(r, l, r->w->tokens, NULL);
}
