/* The loop. One work is shared by both experts, whose sizes are checked to be the same, and by
 * coarse and fine steps, the coarse ones needing less. What a budget leaves out is planned before;
 * at budget 1 nothing of it is made and every step is the exact one. */
#include "wan_sample.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../rng.h"
#include "wan_near.h"
#include "wan_pairs.h"
#include "wan_pool.h"
#include "wan_reuse.h"

/* What one size of the latent goes through. */
struct grid {
    int rows, columns;
    long count, plane; /* floats of the latent, of one frame of one channel */
    struct flow flow;
    const float *first, *y;
};

struct run {
    const struct wan_sample *s;
    struct wan_work *work;     /* of the processor, */
    struct wan_device *device; /* or of the device */
    struct wan_dit_info info;
    struct grid fine, coarse, *now;
    struct ncr_wan_step *plan;
    struct ncr_wan_total total;
    struct wan_reuse reuse;
    struct wan_pairs pairs;
    float *v, *w, *noise;
    float *prompt;      /* what the prompt changed when last both passes were made */
    float *low, *clean; /* of coarse steps: the latent, and its estimate */
    float *low_first, *low_y;
    struct wan_sample_figures figures;
    int step, pass, passes;
};

static int channels_of(const struct wan_sample *s)
{
    struct wan_dit_info info;
    wan_dit_get_info(s->dit, &info);
    return info.out;
}

static long count_of(const struct wan_sample *s)
{
    return (long)channels_of(s) * s->frames * s->rows * s->columns;
}

static bool exact(const struct wan_sample *s)
{
    return !(s->budget > 0) || s->budget >= 1;
}

/* --- The plan --------------------------------------------------------------------------------- */

static bool late(const struct wan_sample *s, const struct flow *fine, int step)
{
    return s->low && fine->time[step] < s->boundary;
}

static void plan_steps(const struct wan_sample *s, const struct flow *fine,
                       struct ncr_wan_step *plan, struct ncr_wan_total *total)
{
    struct wan_dit_info info;
    struct wan_dit_costs c = wan_dit_costs(s->dit);
    wan_dit_get_info(s->dit, &info);
    struct ncr_wan_model m = {.switches = s->switches ? s->switches : NCR_ALL,
                              .tokens = s->frames * (s->rows / 2) * (s->columns / 2),
                              .near = wan_near_share(s->frames),
                              .halves = s->rows % 4 == 0 && s->columns % 4 == 0,
                              .blocks = info.blocks,
                              .per_pair = c.per_pair,
                              .per_token = c.per_token,
                              .fixed = c.fixed,
                              .ends = c.ends,
                              .passes = {s->guidance == 1 ? 1 : 2, s->guidance_low == 1 ? 1 : 2}};
    m.pairs = wan_pairs_count(s->frames, s->rows, s->columns, s->first || s->holds ? 1 : 0);
    wan_pairs_blocks(s->dit, &m.from, &m.to);
    while (m.expert < s->steps && !late(s, fine, m.expert))
        m.expert++;
    ncr_wan_plan(&m, s->steps, s->budget, plan, total);
}

bool wan_sample_plan(const struct wan_sample *s, struct ncr_wan_step *plan,
                     struct ncr_wan_total *total, whelk_error *err)
{
    struct flow fine;
    if (!flow_init(&fine, s->solver, s->steps, s->shift, 1, err))
        return false;
    plan_steps(s, &fine, plan, total);
    flow_release(&fine);
    return true;
}

/* --- Memory ----------------------------------------------------------------------------------- */

/* Of what is made only under a budget: three latents to reuse, what the prompt changes, the coarse
 * latent, its estimate and its solver's five, all of a quarter, pairs, and what is given beside. */
static long long bytes_of_savings(const struct wan_sample *s)
{
    struct wan_dit_info info;
    wan_dit_get_info(s->dit, &info);
    long quarter = count_of(s) / 4, beside = quarter / info.out * info.in;
    return wan_reuse_bytes(count_of(s)) +
           (long long)sizeof(float) * (count_of(s) + 7LL * quarter + beside) +
           wan_pairs_bytes(s->dit, s->frames, s->rows, s->columns, !s->device);
}

long long wan_sample_bytes(const struct wan_sample *s)
{
    /* flow keeps four of the latent's size, the loop three, a device's inputs one */
    long long passes = s->device
                           ? wan_device_host_bytes(s->dit, s->on_device.type)
                           : wan_work_bytes(s->dit, s->frames, s->rows, s->columns, s->threads);
    return passes + 8LL * count_of(s) * (long long)sizeof(float) +
           (exact(s) ? 0 : bytes_of_savings(s));
}

static float *take(long count, bool *good)
{
    float *p = malloc((size_t)count * sizeof *p);
    *good = *good && p;
    return p;
}

/* The coarse grid: its solver, and what is given of the picture on half its size. */
static bool make_coarse(struct run *r, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    struct grid *g = &r->coarse;
    *g = (struct grid){.rows = s->rows / 2, .columns = s->columns / 2};
    g->plane = (long)g->rows * g->columns;
    g->count = (long)r->info.out * s->frames * g->plane;
    long planes = (long)(r->info.in - r->info.out) * s->frames;
    bool good = true;
    r->low = take(g->count, &good), r->clean = take(g->count, &good);
    if (s->first) {
        g->first = r->low_first = take(r->info.out * g->plane, &good);
        if (good)
            wan_pool_down(s->first, r->info.out, s->rows, s->columns, 1, r->low_first);
    }
    if (s->y) {
        g->y = r->low_y = take(planes * g->plane, &good);
        if (good)
            wan_pool_down(s->y, planes, s->rows, s->columns, 1, r->low_y);
    }
    return good ? flow_init_pooled(&g->flow, &r->fine.flow, g->count, err)
                : whelk_fail(err, WHELK_EFAIL, "no memory for a coarse latent");
}

static bool make_savings(struct run *r, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    bool good = true;
    if (r->total.gated)
        r->prompt = take(r->fine.count, &good);
    if (!good)
        return whelk_fail(err, WHELK_EFAIL, "no memory for what the prompt changes");
    return (!r->total.reused || wan_reuse_init(&r->reuse, r->fine.count, err)) &&
           (!r->total.paired ||
            wan_pairs_init(&r->pairs, s->dit, s->frames, s->rows, s->columns, !s->device, err)) &&
           (!r->total.coarse || make_coarse(r, err));
}

static bool make_ready(struct run *r, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    bool good = true;
    r->plan = malloc((size_t)s->steps * sizeof *r->plan);
    r->v = take(r->fine.count, &good), r->w = take(r->fine.count, &good);
    r->noise = s->solver == FLOW_RENOISE ? take(r->fine.count, &good) : NULL;
    if (!good || !r->plan)
        return whelk_fail(err, WHELK_EFAIL, "no memory for %zu bytes of latents",
                          3 * (size_t)r->fine.count * sizeof(float));
    plan_steps(s, &r->fine.flow, r->plan, &r->total);
    if (!make_savings(r, err))
        return false;
    struct wan_device_options o = s->on_device;
    o.pairs = r->total.paired > 0, o.near = r->total.near > 0;
    if (s->device)
        r->device = wan_device_new(s->device, s->dit, s->frames, s->rows, s->columns, &o, err);
    else
        r->work = wan_work_new(s->dit, s->frames, s->rows, s->columns, s->threads, err);
    return r->device || r->work;
}

static void release(struct run *r)
{
    wan_work_free(r->work);
    wan_device_free(r->device);
    flow_release(&r->fine.flow);
    flow_release(&r->coarse.flow);
    wan_reuse_release(&r->reuse);
    wan_pairs_release(&r->pairs);
    float *all[] = {r->v, r->w, r->noise, r->prompt, r->low, r->clean, r->low_first, r->low_y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(r->plan);
}

/* --- One answer ------------------------------------------------------------------------------- */

static bool between_blocks(void *ctx, int block)
{
    struct run *r = ctx;
    double within = ((double)block / r->info.blocks + r->pass) / r->passes;
    return !r->s->progress || r->s->progress(r->s->ctx, r->step + within);
}

/* One answer of the transformer that is for this time. */
static bool ask(struct run *r, const float *x, const float *text, int rows, float *out,
                whelk_error *err)
{
    const struct wan_sample *s = r->s;
    const struct ncr_wan_step *plan = &r->plan[r->step];
    const struct wan_dit *dit = late(s, &r->fine.flow, r->step) ? s->low : s->dit;
    struct wan_pass p = {.x = x,
                         .y = r->now->y,
                         .text = text,
                         .text_rows = rows,
                         .image = s->image,
                         .time = r->now->flow.time[r->step],
                         .held = s->first ? 1 : 0,
                         .pairs = plan->pairs ? &r->pairs : NULL,
                         .near = plan->near,
                         .out = out,
                         .go_on = between_blocks,
                         .ctx = r};
    return r->device ? wan_device_pass(r->device, dit, &p, err)
                     : wan_dit_pass(dit, r->work, &p, err);
}

static void hold_first(const struct run *r, float *x)
{
    const struct grid *g = r->now;
    for (int c = 0; g->first && c < r->info.out; c++)
        memcpy(x + (long)c * r->s->frames * g->plane, g->first + c * g->plane,
               (size_t)g->plane * sizeof *x);
}

static void tell(const struct run *r, const char *name, int step, const float *data)
{
    if (r->s->trace)
        r->s->trace(r->s->ctx, name, step, data, r->now->count);
}

static bool guided(struct run *r, const float *x, double guidance, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    float g = (float)guidance;
    r->pass = 1;
    if (!ask(r, x, s->negative, s->negative_rows, r->w, err))
        return false;
    tell(r, "uncond", r->step, r->w);
    for (long i = 0; r->prompt && i < r->now->count; i++)
        r->prompt[i] = r->v[i] - r->w[i];
    for (long i = 0; i < r->now->count; i++)
        r->v[i] = r->w[i] + g * (r->v[i] - r->w[i]);
    return true;
}

/* w + g (v - w) = v + (g - 1) (v - w), where the last is the one kept. */
static void add_prompt(struct run *r, double guidance)
{
    float more = (float)(guidance - 1);
    for (long i = 0; i < r->now->count; i++)
        r->v[i] += more * r->prompt[i];
}

static bool compute(struct run *r, const float *x, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    const struct ncr_wan_step *plan = &r->plan[r->step];
    double g = late(s, &r->fine.flow, r->step) ? s->guidance_low : s->guidance;
    r->passes = plan->passes;
    r->pass = 0;
    if (plan->pairs)
        wan_pairs_choose(&r->pairs, plan->pairs, s->first ? 1 : 0);
    if (!ask(r, x, s->text, s->text_rows, r->v, err))
        return false;
    tell(r, "cond", r->step, r->v);
    if (plan->gated)
        add_prompt(r, g);
    return plan->passes == 1 || guided(r, x, g, err);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What the step under way was, told once it is done. */
static void count_step(struct run *r, bool reused, double seconds)
{
    const struct ncr_wan_step *plan = &r->plan[r->step];
    struct wan_sample_figures *f = &r->figures;
    struct wan_step was = {.sigma = r->now->flow.sigma[r->step], .seconds = seconds};
    f->reused += reused;
    if (!reused) {
        was.passes = plan->passes, was.gated = plan->gated, was.near = plan->near;
        was.coarse = plan->coarse, was.pairs = plan->pairs;
        was.tokens = plan->tokens, was.looks = plan->looks, was.flops = plan->flops;
    }
    f->gated += was.gated, f->near += was.near, f->paired += was.pairs > 0;
    f->coarse += was.coarse, f->passes += was.passes;
    f->tokens += was.tokens * was.passes;
    f->looks += was.looks * was.passes;
    f->flops += was.flops;
    if (f->step)
        f->step[r->step] = was;
}

static bool velocity(struct run *r, const float *x, whelk_error *err)
{
    const struct ncr_wan_step *plan = &r->plan[r->step];
    bool reuses = r->total.reused > 0;
    double start = now();
    if (reuses && plan->stretch)
        wan_reuse_begin(&r->reuse, plan->stretch, plan->reuses);
    if (reuses && wan_reuse_answers(&r->reuse, x, r->v)) {
        count_step(r, true, now() - start);
        return true;
    }
    if (!compute(r, x, err))
        return false;
    if (reuses)
        wan_reuse_keep(&r->reuse, x, r->v);
    count_step(r, false, now() - start);
    return true;
}

/* --- Steps ------------------------------------------------------------------------------------ */

static bool shape(struct run *r, int rows, int columns, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    if (r->device)
        return wan_device_shape(r->device, s->frames, rows, columns, err);
    wan_work_shape(r->work, s->dit, s->frames, rows, columns);
    return true;
}

/* The first steps' latent, of the noise in x; NULL where the device failed. */
static float *go_coarse(struct run *r, float *x, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    long planes = (long)r->info.out * s->frames;
    r->now = &r->coarse;
    wan_pool_down(x, planes, s->rows, s->columns, 2, r->low);
    return shape(r, r->coarse.rows, r->coarse.columns, err) ? r->low : NULL;
}

static float *go_fine(struct run *r, float *x, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    r->now = &r->fine;
    wan_pool_up(r->low, r->clean, (long)r->info.out * s->frames, s->rows, s->columns,
                r->fine.flow.sigma[r->step], x);
    hold_first(r, x);
    return shape(r, s->rows, s->columns, err) ? x : NULL;
}

static void estimate(const struct run *r, const float *x, double sigma, float *clean)
{
    for (long i = 0; i < r->now->count; i++)
        clean[i] = x[i] - (float)sigma * r->v[i];
}

/* What later steps, and whoever looks, want to know of this one, whose answer is in v. */
static void look_ahead(struct run *r, const float *x)
{
    int next = r->step + 1;
    double sigma = r->now->flow.sigma[r->step];
    if (next < r->s->steps && r->plan[next].pairs)
        wan_pairs_look(&r->pairs, r->info.out, x, r->v, sigma);
    if (next == r->total.coarse)
        estimate(r, x, sigma, r->clean);
    if (r->s->look_every > 0 && next % r->s->look_every == 0 && next < r->s->steps) {
        estimate(r, x, sigma, r->w);
        r->s->look(r->s->ctx, r->w, r->now->rows, r->now->columns);
    }
}

/* Another size or another expert: what was kept of earlier steps is of no use. */
static bool changes(const struct run *r)
{
    const struct flow *f = &r->fine.flow;
    return r->step == 0 || r->step == r->total.coarse ||
           late(r->s, f, r->step) != late(r->s, f, r->step - 1);
}

static bool steps(struct run *r, float *noise, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    float *x = r->total.coarse ? go_coarse(r, noise, err) : noise;
    if (!x)
        return false;
    hold_first(r, x);
    for (r->step = 0; r->step < s->steps; r->step++) {
        if (r->step && r->step == r->total.coarse)
            x = go_fine(r, noise, err);
        if (!x)
            return false;
        if (changes(r))
            wan_reuse_forget(&r->reuse, r->now->count);
        tell(r, "x", r->step, x);
        if (!velocity(r, x, err))
            return false;
        look_ahead(r, x);
        if (s->solver == FLOW_RENOISE)
            rng_normal(s->seed, (uint32_t)(1 + r->step), r->noise, r->now->count);
        flow_step(&r->now->flow, r->step, r->v, x, r->noise);
        hold_first(r, x);
    }
    tell(r, "x", s->steps, x);
    return !s->progress || s->progress(s->ctx, s->steps) ||
           whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
}

static bool same_sizes(const struct wan_sample *s, whelk_error *err)
{
    struct wan_dit_info a, b;
    wan_dit_get_info(s->dit, &a);
    if (!s->low)
        return true;
    wan_dit_get_info(s->low, &b);
    return (a.width == b.width && a.ffn == b.ffn && a.heads == b.heads && a.in == b.in &&
            a.out == b.out && a.text_rows == b.text_rows && a.text_dim == b.text_dim) ||
           whelk_fail(err, WHELK_EFAIL,
                      "the experts for much and for little noise are not of one model");
}

bool wan_sample_run(const struct wan_sample *s, float *x, struct wan_sample_figures *f,
                    whelk_error *err)
{
    struct run r = {.s = s, .now = &r.fine, .figures.step = f ? f->step : NULL};
    r.fine = (struct grid){.rows = s->rows,
                           .columns = s->columns,
                           .count = count_of(s),
                           .plane = (long)s->rows * s->columns,
                           .first = s->first,
                           .y = s->y};
    wan_dit_get_info(s->dit, &r.info);
    bool good = same_sizes(s, err) &&
                flow_init(&r.fine.flow, s->solver, s->steps, s->shift, r.fine.count, err) &&
                make_ready(&r, err);
    if (good) {
        r.fine.flow.first = r.total.coarse;
        good = steps(&r, x, err);
    }
    release(&r);
    if (good && f)
        *f = r.figures;
    return good;
}
