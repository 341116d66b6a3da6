/* The plan of ncr.h: counting, the stages of spending, and the choice of the densest quads. */
#include "ncr.h"

#include <math.h>
#include <stdlib.h>

void ncr_count(const struct ncr_model *m, struct ncr_step *step)
{
    double n = m->extra, flops = m->fixed;
    for (int l = 0; l < m->layers; l++) {
        int coarse = m->quads[l] ? m->quads[l] - step->fine[l] : 0;
        n += step->cells[l] + coarse;
        flops += m->per_fine[l] * step->cells[l] + m->per_coarse[l] * coarse;
    }
    step->tokens = (int)n;
    step->flops = flops + m->per_token * n + m->per_pair * n * n;
}

/* `share` of NCR_SHARES of each layer's quads, rounded down; a weight moves a layer ahead of the
 * others. */
static void set_share(const struct ncr_model *m, int share, struct ncr_step *step)
{
    *step = (struct ncr_step){0}; /* steps are compared whole, layers that are not there too */
    for (int l = 0; l < m->layers; l++) {
        double weight = m->weight[l] > 0 ? m->weight[l] : 1;
        double part = weight * share / NCR_SHARES;
        step->fine[l] = share == NCR_SHARES || part >= 1 ? m->quads[l] : (int)(part * m->quads[l]);
        step->cells[l] = m->quads[l] ? step->fine[l] * m->quad_cells[l] : m->cells[l];
    }
    ncr_count(m, step);
}

void ncr_exact(const struct ncr_model *m, struct ncr_step *step)
{
    set_share(m, NCR_SHARES, step);
}

/* All fine, but of layers with a matte only a part of the cells, rounded up. */
static void set_filled(const struct ncr_model *m, double part, struct ncr_step *step)
{
    set_share(m, NCR_SHARES, step);
    for (int l = 0; l < m->layers; l++)
        if (m->matte[l] && part > 0 && part < 1)
            step->cells[l] = (int)ceil(part * m->cells[l]);
    ncr_count(m, step);
}

/* Makes a step what `want` is if that fits; false when it does not. */
static bool raise_to(const struct ncr_step *want, struct ncr_step *step, double *left)
{
    if (want->flops - step->flops > *left)
        return false;
    *left -= want->flops - step->flops;
    *step = *want;
    return true;
}

/* Stages 1 and 2; false when the budget ended in them. */
static bool raise_filled(const struct ncr_model *m, int steps, const double *t,
                         struct ncr_step *plan, double *left)
{
    struct ncr_step now, next;
    int low = 0, share = 0;
    double least = m->least_filled > 0 && m->least_filled < 1 ? m->least_filled : 1;
    set_filled(m, least, &now);
    for (int i = steps - 1; i >= 0 && t[i] <= m->mixed_above; i--, low++)
        if (!raise_to(&now, &plan[i], left))
            return false;
    for (; low && share < NCR_SHARES; share++) {
        set_filled(m, least + (1 - least) * (share + 1) / NCR_SHARES, &next);
        if ((next.flops - now.flops) * low > *left)
            break;
        *left -= (next.flops - now.flops) * low;
        now = next;
    }
    for (int i = steps - low; i < steps; i++)
        plan[i] = now;
    return !low || share == NCR_SHARES;
}

static bool raise_share(const struct ncr_model *m, int steps, const double *t,
                        struct ncr_step *plan, double *left)
{
    struct ncr_step floor, next;
    int mixed = 0, share = 0;
    set_share(m, 0, &floor);
    for (int i = 0; i < steps; i++)
        mixed += t[i] <= m->coarse_above && t[i] > m->mixed_above;
    for (; mixed && share < NCR_SHARES; share++) {
        set_share(m, share + 1, &next);
        if ((next.flops - floor.flops) * mixed > *left)
            break;
    }
    set_share(m, share, &next);
    *left -= (next.flops - floor.flops) * mixed;
    for (int i = 0; i < steps; i++)
        if (t[i] <= m->coarse_above && t[i] > m->mixed_above)
            plan[i] = next;
    return !mixed || share == NCR_SHARES;
}

bool ncr_plan(const struct ncr_model *m, int steps, const double *t, double budget,
              struct ncr_step *plan)
{
    struct ncr_step exact;
    ncr_exact(m, &exact);
    bool all = !(budget > 0) || budget >= 1;
    double left = budget * steps * exact.flops;
    for (int i = 0; i < steps; i++) {
        set_share(m, all ? NCR_SHARES : 0, &plan[i]);
        left -= plan[i].flops;
    }
    if (all || left < 0)
        return all;
    bool going = raise_filled(m, steps, t, plan, &left) && raise_share(m, steps, t, plan, &left);
    for (int i = steps - 1; going && i >= 0; i--)
        if (t[i] > m->coarse_above)
            going = raise_to(&exact, &plan[i], &left);
    return true;
}

float ncr_density(const float *x, const int *cell_offset, int cells, int dim, const float *weight)
{
    float each[64];
    cells = cells < 64 ? cells : 64;
    for (int c = 0; c < cells; c++)
        each[c] = weight ? weight[c] : 0;
    for (int i = 0; i < dim; i++) {
        float mean = 0;
        for (int c = 0; c < cells; c++)
            mean += x[(long)cell_offset[c] * dim + i];
        mean /= (float)cells;
        for (int c = 0; c < cells; c++) {
            float off = x[(long)cell_offset[c] * dim + i] - mean;
            each[c] += off * off;
        }
    }
    for (int c = 1; c < cells; c++) /* few numbers: sorted by insertion, rising */
        for (int k = c; k > 0 && each[k - 1] > each[k]; k--) {
            float swap = each[k];
            each[k] = each[k - 1];
            each[k - 1] = swap;
        }
    return each[(9 * (cells - 1) + 9) / 10];
}

void ncr_choose(const float *density, int quads, int fine, int *order, bool *chosen)
{
    for (int i = 0; i < quads; i++) { /* insertion keeps equals in order */
        int k = i;
        for (; k > 0 && density[order[k - 1]] < density[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
        chosen[i] = false;
    }
    for (int i = 0; i < fine && i < quads; i++)
        chosen[order[i]] = true;
}
