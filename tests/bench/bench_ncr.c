/* What a budget costs and saves, on a real model: shots with random slots and the same noise,
 * sampled exactly and under budgets. Printed are shares of exact mode's tokens, FLOPs and processor
 * time, and how far each layer's numbers x end from exact mode's, as a share of how far two exact
 * samples with other noise are apart: 0 is the same shot, 1 another take of it. The floor is the
 * uniform coarse level. Arguments: model folder, number of shots. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <math.h>

#include "generator/model/prior.h"
#include "generator/model/sampler.h"
#include "generator/rng.h"

enum { BUDGETS = 8 };

static const double BUDGET[BUDGETS] = {1, 0.8, 0.6, 0.5, 0.45, 0.4, 0.35, 0.28};

struct totals {
    double tokens, flops, seconds, apart[MODEL_LAYERS_MAX];
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void random_slots(const struct model *m, uint64_t seed, int *slots)
{
    for (int i = 0; i < m->slot_count; i++) {
        uint32_t r[4];
        rng_block(seed, 100, (uint64_t)i, r);
        slots[i] = (int)(r[0] % (uint32_t)m->slots[i].count);
    }
}

/* Distances are taken in x, where every number has the weight it has in training. */
static void to_numbers(const struct model *m, const int *slots, struct latents *z)
{
    whelk_error err = {0};
    for (int i = 0; i < m->layer_count; i++)
        if (!prior_to_x(m, i, slots, z->z[i], z->z[i], &err))
            exit(1);
}

static void add_distance(const struct model *m, const struct latents *a, const struct latents *b,
                         double *sums)
{
    for (int i = 0; i < m->layer_count; i++) {
        long n = (long)m->layers[i].cells * m->layers[i].dim;
        for (long k = 0; k < n; k++)
            sums[i] += pow((double)a->z[i][k] - b->z[i][k], 2);
    }
}

static void one(struct sampler *s, const struct model *m, struct sample_request *r,
                struct latents *z, struct totals *t)
{
    struct sample_figures f = {0};
    whelk_error err = {0};
    double began = cpu_seconds();
    if (!sampler_run(s, r, z, NULL, &f, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    t->seconds += cpu_seconds() - began;
    t->tokens += (double)f.tokens;
    t->flops += f.flops;
    to_numbers(m, r->slots, z);
}

static void shot(struct sampler *s, const struct model *m, uint64_t seed, struct latents z[3],
                 struct totals *totals)
{
    int slots[MODEL_SLOTS_MAX];
    struct sample_request r = {.slots = slots, .seed = seed, .budget = 1};
    random_slots(m, seed, slots);
    one(s, m, &r, &z[0], &totals[0]);
    for (int b = 1; b < BUDGETS; b++) {
        r.budget = BUDGET[b];
        one(s, m, &r, &z[1], &totals[b]);
        add_distance(m, &z[0], &z[1], totals[b].apart);
    }
    r.budget = 1;
    r.seed = seed + 1000000;
    one(s, m, &r, &z[2], &totals[BUDGETS]);
    add_distance(m, &z[0], &z[2], totals[BUDGETS].apart);
}

static void print(const struct model *m, const struct totals *t)
{
    printf("budget  tokens  flops    cpu ");
    for (int i = 0; i < m->layer_count; i++)
        printf(" %11s", m->layers[i].name);
    printf("\n");
    for (int b = 0; b < BUDGETS; b++) {
        printf("%6.2f  %6.3f %6.3f %6.3f ", BUDGET[b], t[b].tokens / t[0].tokens,
               t[b].flops / t[0].flops, t[b].seconds / t[0].seconds);
        for (int i = 0; i < m->layer_count; i++)
            printf(" %11.3f", sqrt(t[b].apart[i] / t[BUDGETS].apart[i]));
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    whelk_error err = {0};
    const char *dir = argc > 1 ? argv[1] : "generator/weights";
    int shots = argc > 2 ? atoi(argv[2]) : 8;
    struct model *m = model_open(dir, &err);
    struct sampler *s = m ? sampler_new(m, 1, &err) : NULL;
    struct latents z[3] = {{{0}}};
    struct totals totals[BUDGETS + 1] = {{0}};
    for (int i = 0; s && i < 3; i++)
        if (!latents_init(&z[i], m, &err))
            return 1;
    if (!s) {
        printf("no model was measured: %s\n", err.text);
        model_close(m);
        return 0;
    }
    for (int i = 0; i < shots; i++)
        shot(s, m, (uint64_t)i + 1, z, totals);
    printf(
        "%s, %d shots, %d steps; exact: %.0f tokens, %.1f GFLOP, %.3f s of processor time a shot\n",
        m->name, shots, m->steps, totals[0].tokens / shots, totals[0].flops / shots * 1e-9,
        totals[0].seconds / shots);
    print(m, totals);
    for (int i = 0; i < 3; i++)
        latents_release(&z[i]);
    sampler_free(s);
    model_close(m);
    return 0;
}
