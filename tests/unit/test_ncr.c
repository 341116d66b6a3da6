/* The plan of fine and coarse tokens: pinned for the shipped model's shape, exact at budget 1,
 * within every budget it can meet, never falling at any step as the budget grows. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/ncr.h"

enum { STEPS = 24 };

/* Plate 84 cells in quads of 4, actor 128 in quads of 8, an effect and three vectors without quads;
 * eight slots and a caption. */
static struct ncr_model mini(void)
{
    double w = 192, per_block = 6;
    struct ncr_model m = {.layers = 6,
                          .cells = {84, 128, 32, 1, 1, 1},
                          .quads = {21, 16},
                          .quad_cells = {4, 8},
                          .weight = {1, 1, 1, 1, 1, 1},
                          .extra = 9,
                          .per_token = per_block * 24 * w * w,
                          .per_pair = per_block * 4 * w,
                          .fixed = 18 * w * w,
                          .coarse_above = 0.6,
                          .mixed_above = 0};
    int dim[6] = {48, 64, 48, 48, 48, 48};
    for (int i = 0; i < 6; i++) {
        m.per_fine[i] = 4 * w * dim[i];
        m.per_coarse[i] = 4 * w * dim[i] * (m.quads[i] ? m.quad_cells[i] : 1);
    }
    return m;
}

static void times(double *t)
{
    for (int i = 0; i < STEPS; i++) {
        double u = 1 - (double)i / STEPS;
        t[i] = 1.8 * u / (1 + 0.8 * u);
    }
}

static double sum_of(const struct ncr_step *plan)
{
    double s = 0;
    for (int i = 0; i < STEPS; i++)
        s += plan[i].flops;
    return s;
}

static void counts_tokens(void)
{
    struct ncr_model m = mini();
    struct ncr_step s = {.fine = {21, 16}, .cells = {84, 128, 32, 1, 1, 1}};
    ncr_count(&m, &s);
    is_int(s.tokens, 84 + 128 + 32 + 3 + 9, "all fine: every cell is a token");
    s = (struct ncr_step){.fine = {0, 0}, .cells = {0, 0, 32, 1, 1, 1}};
    ncr_count(&m, &s);
    is_int(s.tokens, 21 + 16 + 32 + 3 + 9,
           "all coarse: every quad is one, and what has no quads stays");
    s = (struct ncr_step){.fine = {5, 3}, .cells = {20, 24, 32, 1, 1, 1}};
    ncr_count(&m, &s);
    is_int(s.tokens, 5 * 4 + 16 + 3 * 8 + 13 + 32 + 3 + 9, "mixed: split quads and whole ones");
    is_near(s.flops,
            117 * m.per_token + 117.0 * 117 * m.per_pair + m.fixed +
                4 * 192.0 * (84 * 48 + 128 * 64 + 35 * 48),
            1, "flops are counted from the tokens");
}

static void is_exact_at_one(void)
{
    struct ncr_model m = mini();
    struct ncr_step plan[STEPS];
    double t[STEPS], budgets[] = {1, 0, 2, -1};
    times(t);
    for (int b = 0; b < 4; b++) {
        int fine = 0;
        ok(ncr_plan(&m, STEPS, t, budgets[b], plan), "budget %g can be met", budgets[b]);
        for (int i = 0; i < STEPS; i++)
            fine += plan[i].fine[0] == 21 && plan[i].fine[1] == 16 && plan[i].tokens == 256;
        is_int(fine, STEPS, "budget %g: all fine at all steps", budgets[b]);
    }
}

/* Steps with all coarse, with a share, all fine; and that share. */
static void pin(double budget, int coarse, int mixed, int fine, int plate, int actor)
{
    struct ncr_model m = mini();
    struct ncr_step plan[STEPS];
    double t[STEPS];
    int n[3] = {0};
    bool alike = true;
    times(t);
    ncr_plan(&m, STEPS, t, budget, plan);
    for (int i = 0; i < STEPS; i++) {
        bool whole = plan[i].fine[0] == 21 && plan[i].fine[1] == 16,
             none = plan[i].fine[0] + plan[i].fine[1] == 0;
        n[none ? 0 : whole ? 2 : 1]++;
        if (!none && !whole)
            alike = alike && plan[i].fine[0] == plate && plan[i].fine[1] == actor;
    }
    ok(n[0] == coarse && n[1] == mixed && n[2] == fine && alike,
       "budget %g: %d coarse, %d with %d + %d fine quads, %d fine", budget, coarse, mixed, plate,
       actor, fine);
    if (n[0] != coarse || n[1] != mixed || n[2] != fine || !alike)
        printf("#   got %d coarse, %d mixed (%d + %d at the last), %d fine\n", n[0], n[1],
               plan[STEPS - 1].fine[0], plan[STEPS - 1].fine[1], n[2]);
}

static void keeps_every_budget(void)
{
    struct ncr_model m = mini();
    struct ncr_step plan[STEPS], before[STEPS] = {0}, exact[STEPS];
    double t[STEPS];
    int over = 0, falls = 0, met = 0;
    times(t);
    ncr_plan(&m, STEPS, t, 1, exact);
    for (int percent = 1; percent <= 100; percent++) {
        bool can = ncr_plan(&m, STEPS, t, percent / 100.0, plan);
        met += can;
        over += can && sum_of(plan) > percent / 100.0 * sum_of(exact) * (1 + 1e-9);
        for (int i = 0; i < STEPS; i++)
            falls += plan[i].tokens < before[i].tokens;
        memcpy(before, plan, sizeof plan);
    }
    is_int(over, 0, "no budget that can be met is overstepped");
    is_int(falls, 0, "more budget never means fewer tokens at any step");
    ok(met > 60 && met < 80, "budgets from the floor up can be met (%d of 100)", met);
    ok(!ncr_plan(&m, STEPS, t, 0.1, plan) && plan[0].tokens == 81,
       "below the floor the floor is given, and said to be");
}

static void orders_its_spending(void)
{
    struct ncr_model m = mini();
    struct ncr_step plan[STEPS];
    double t[STEPS];
    times(t);
    m.mixed_above = 0.3;
    for (int percent = 30; percent <= 100; percent++) {
        ncr_plan(&m, STEPS, t, percent / 100.0, plan);
        int rising = 0;
        for (int i = 1; i < STEPS; i++)
            rising += plan[i].tokens >= plan[i - 1].tokens;
        if (rising != STEPS - 1)
            ok(false, "budget %d %%: tokens rise as the noise falls", percent);
    }
    ok(plan[STEPS - 1].tokens == 256,
       "with a fine range below 0.3 tokens rise as the noise falls, at every budget");
}

/* Where there is a matte, low noise first costs the filled cells alone. */
static void leaves_out_the_empty(void)
{
    struct ncr_model m = mini();
    struct ncr_step plan[STEPS], before[STEPS] = {0};
    double t[STEPS];
    int falls = 0, floors = 0, between = 0;
    times(t);
    m.matte[1] = m.matte[2] = true;
    m.coarse_above = m.mixed_above = 0.7;
    m.least_filled = 0.35;
    for (int percent = 28; percent <= 100; percent++) {
        ncr_plan(&m, STEPS, t, percent / 100.0, plan);
        const struct ncr_step *last = &plan[STEPS - 1];
        floors += last->fine[1] == 16 && last->cells[1] == 45 && last->cells[2] == 12;
        between += last->cells[1] > 45 && last->cells[1] < 128 && plan[0].fine[0] == 0;
        for (int i = 0; i < STEPS; i++)
            falls += plan[i].tokens < before[i].tokens;
        memcpy(before, plan, sizeof plan);
    }
    ok(floors > 5, "first 35 %% of the cells of what has a matte, rounded up (%d budgets)", floors);
    ok(between > 5, "then more of them, before coarse steps become fine (%d budgets)", between);
    is_int(falls, 0, "and more budget never means fewer tokens");
    ok(plan[0].tokens == 256 && plan[STEPS - 1].tokens == 256, "budget 1 is exact all the same");
}

static void density_is_no_mean(void)
{
    int cells[4] = {0, 1, 2, 3};
    float flat[4] = {1, 1, 1, 1}, spike[4] = {0, 0, 0, 4}, waves[4] = {1, -1, 1, -1},
          alpha[4] = {0, 0, 0, 5};
    is_near(ncr_density(flat, cells, 4, 1, NULL), 0, 0, "a flat quad has no density");
    is_near(ncr_density(spike, cells, 4, 1, NULL), 9, 1e-6, "one odd cell counts in full");
    is_near(ncr_density(waves, cells, 4, 1, NULL), 1, 1e-6, "so do four small ones, for less");
    is_near(ncr_density(flat, cells, 4, 1, alpha), 5, 1e-6,
            "what can be seen counts where it is smooth");
}

static void chooses_the_densest(void)
{
    float density[6] = {1, 5, 3, 5, 0, 3};
    int order[6];
    bool chosen[6];
    ncr_choose(density, 6, 3, order, chosen);
    ok(chosen[1] && chosen[3] && chosen[2] && !chosen[0] && !chosen[4] && !chosen[5],
       "the densest, ties to the lower index");
    ncr_choose(density, 6, 0, order, chosen);
    ok(!chosen[0] && !chosen[1] && !chosen[3], "none of none");
    ncr_choose(density, 6, 9, order, chosen);
    ok(chosen[0] && chosen[4] && chosen[5], "no more than there are");
}

int main(void)
{
    counts_tokens();
    is_exact_at_one();
    pin(0.25, 24, 0, 0, 0, 0);
    pin(0.3, 14, 10, 0, 1, 1);
    pin(0.35, 14, 10, 0, 5, 4);
    pin(0.4, 14, 10, 0, 8, 6);
    pin(0.5, 14, 10, 0, 15, 12);
    pin(0.6, 14, 0, 10, 21, 16);
    pin(0.8, 7, 0, 17, 21, 16);
    keeps_every_budget();
    orders_its_spending();
    leaves_out_the_empty();
    density_is_no_mean();
    chooses_the_densest();
    return done_testing();
}
