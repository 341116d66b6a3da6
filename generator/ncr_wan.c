/* The plan of ncr_wan.h: what may be taken away, laid out and counted, and the mildest that keeps
 * the budget. */
#include "ncr_wan.h"

#include <stddef.h>

enum { SHARES = 64 };

/* How much of each switch: 64ths of a stretch, steps, steps, 64ths of the pairs, steps. */
struct settings {
    int reuse, gate, near, pair, coarse;
};

static double pass_flops(const struct ncr_wan_model *m, double n, double joined, double looks)
{
    double inner = n - joined, per_pair = looks * m->per_pair;
    int middle = m->to > m->from ? m->to - m->from : 0;
    return m->blocks * m->fixed + m->ends * n +
           (m->blocks - middle) * (per_pair * n * n + m->per_token * n) +
           middle * (per_pair * inner * inner + m->per_token * inner);
}

/* The first fifth, rounded up. */
static int whole_steps(int steps)
{
    return (steps + 4) / 5;
}

static bool may_save(const struct ncr_wan_model *m, int steps, const struct settings *s, int i)
{
    return i >= whole_steps(steps) && i < steps - 1 && i != m->expert && i != s->coarse;
}

static void set_step(const struct ncr_wan_model *m, int steps, const struct settings *s, int i,
                     struct ncr_wan_step *step)
{
    bool first = i == 0 || i == m->expert || i == s->coarse;
    int passes = m->passes[i >= m->expert];
    *step = (struct ncr_wan_step){.coarse = i < s->coarse, .passes = passes};
    step->gated = passes == 2 && i >= steps - s->gate && !first;
    step->passes -= step->gated;
    if (may_save(m, steps, s, i) && !step->coarse) {
        step->near = i >= steps - 1 - s->near;
        step->pairs = (int)((long)m->pairs * s->pair / SHARES);
    }
    double n = step->coarse ? m->tokens / 4.0 : m->tokens;
    step->tokens = n - (double)step->pairs * (m->to - m->from) / m->blocks;
    double looks = step->near ? m->near : 1, inner = n - step->pairs, middle = m->to - m->from;
    step->looks = looks * (n * n + (inner * inner - n * n) * middle / m->blocks);
    step->flops = step->passes * pass_flops(m, n, step->pairs, looks);
}

/* Marks the stretches. */
static void set_reuses(const struct ncr_wan_model *m, int steps, const struct settings *s,
                       struct ncr_wan_step *plan)
{
    for (int i = 0, n; i < steps; i += n) {
        n = 1;
        if (!may_save(m, steps, s, i))
            continue;
        while (may_save(m, steps, s, i + n) && plan[i + n].flops == plan[i].flops &&
               plan[i + n].coarse == plan[i].coarse)
            n++;
        plan[i].stretch = n;
        plan[i].reuses = n * s->reuse / SHARES;
    }
}

static void sum(const struct ncr_wan_model *m, int steps, const struct ncr_wan_step *plan,
                struct ncr_wan_total *t)
{
    *t = (struct ncr_wan_total){0};
    for (int i = 0; i < steps; i++) {
        const struct ncr_wan_step *p = &plan[i];
        int passes = m->passes[i >= m->expert];
        t->coarse += p->coarse, t->gated += p->gated, t->paired += p->pairs > 0;
        t->reused += p->reuses, t->near += p->near;
        t->flops += p->flops * (1 - p->reuses);
        t->tokens += p->tokens * p->passes * (1 - p->reuses);
        t->looks += p->looks * p->passes * (1 - p->reuses);
        t->passes += p->passes * (1 - p->reuses);
        t->passes_exact += passes;
        t->looks_exact += (double)passes * m->tokens * m->tokens;
        t->flops_exact += passes * pass_flops(m, m->tokens, 0, 1);
        t->tokens_exact += (double)passes * m->tokens;
    }
}

static void lay_out(const struct ncr_wan_model *m, int steps, const struct settings *s,
                    struct ncr_wan_step *plan, struct ncr_wan_total *t)
{
    for (int i = 0; i < steps; i++)
        set_step(m, steps, s, i, &plan[i]);
    set_reuses(m, steps, s, plan);
    sum(m, steps, plan, t);
}

/* Takes one more thing away; false when nothing is left that may be. */
static bool take_away(const struct settings *most, struct settings *s)
{
    int *now[] = {&s->reuse, &s->gate, &s->near, &s->pair, &s->coarse};
    const int limit[] = {most->reuse, most->gate, most->near, most->pair, most->coarse};
    for (size_t i = 0; i < sizeof limit / sizeof *limit; i++)
        if (*now[i] < limit[i]) {
            ++*now[i];
            return true;
        }
    return false;
}

bool ncr_wan_plan(const struct ncr_wan_model *m, int steps, double budget,
                  struct ncr_wan_step *plan, struct ncr_wan_total *total)
{
    struct settings s = {0}, most = {0};
    if (m->switches & NCR_REUSE)
        most.reuse = SHARES / 2;
    if (m->switches & NCR_GATE)
        most.gate = steps / 2;
    if (m->switches & NCR_NEAR && m->near > 0 && steps > 1 + whole_steps(steps))
        most.near = steps - 1 - whole_steps(steps);
    if (m->switches & NCR_PAIR && m->pairs && m->to > m->from)
        most.pair = SHARES;
    if (m->switches & NCR_COARSE && m->halves)
        most.coarse = 2 * steps / 5;
    bool exact = !(budget > 0) || budget >= 1;
    lay_out(m, steps, &s, plan, total);
    while (!exact && total->flops > budget * total->flops_exact && take_away(&most, &s))
        lay_out(m, steps, &s, plan, total);
    return exact || total->flops <= budget * total->flops_exact * (1 + 1e-12);
}
