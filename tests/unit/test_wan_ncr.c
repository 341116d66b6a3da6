/* What a budget leaves out of a Wan model's steps: the plan, half the size and reuse by themselves
 * (test_wan_pairs has pairs and near frames), and whole runs against exact mode with the same
 * noise. Weights are random, so this shows that what is left out is what was planned and that the
 * rest is computed right, not what a picture loses. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/cuda/host.h"
#include "generator/model/wan_near.h"
#include "generator/model/wan_pool.h"
#include "generator/model/wan_reuse.h"
#include "generator/model/wan_sample.h"
#include "generator/rng.h"
#include "tests/unit/apart.h"
#include "tests/unit/gpu.h"

#define GOLDEN "tests/golden/wan/"

static const struct {
    unsigned of;
    const char *name;
} SWITCHES[] = {{NCR_REUSE, "reuse"},   {NCR_GATE, "gate"}, {NCR_PAIR, "pair"},
                {NCR_COARSE, "coarse"}, {NCR_NEAR, "near"}, {NCR_ALL, "all"}};
enum { KINDS = 6 };

/* --- The plan --------------------------------------------------------------------------------- */

enum { STEPS = 50 };

/* Wan 2.1 1.3B at 832x480x81. */
static struct ncr_wan_model shape(void)
{
    return (struct ncr_wan_model){.switches = NCR_ALL,
                                  .tokens = 32760,
                                  .pairs = 21 * 30 * 26,
                                  .near = wan_near_share(21),
                                  .halves = true,
                                  .blocks = 30,
                                  .from = 3,
                                  .to = 27,
                                  .per_pair = 4 * 1536.0,
                                  .per_token = 86507520,
                                  .fixed = 4.8e9,
                                  .ends = 393216,
                                  .expert = STEPS,
                                  .passes = {2, 2}};
}

static void pin(double budget, int gated, int reused, int near, int paired, int coarse)
{
    struct ncr_wan_model m = shape();
    struct ncr_wan_step plan[STEPS];
    struct ncr_wan_total t;
    ncr_wan_plan(&m, STEPS, budget, plan, &t);
    bool same = t.gated == gated && t.reused == reused && t.near == near && t.paired == paired &&
                t.coarse == coarse;
    ok(same, "budget %g: %d gated, %d reused, %d near, %d paired, %d coarse", budget, gated, reused,
       near, paired, coarse);
    if (!same)
        printf("#   got %d %d %d %d %d, %.3f\n", t.gated, t.reused, t.near, t.paired, t.coarse,
               t.flops / t.flops_exact);
}

static void whole_steps_stay(const struct ncr_wan_model *m, const struct ncr_wan_step *plan,
                             int *touched)
{
    for (int i = 0, reusable = 0; i < STEPS; i++) {
        reusable = plan[i].stretch ? plan[i].stretch : reusable;
        bool whole = i < STEPS / 5 || i == STEPS - 1 || i == m->expert;
        *touched += whole && (reusable > 0 || plan[i].pairs > 0 || plan[i].near);
        *touched += i == m->expert && plan[i].passes != 2;
        reusable -= reusable > 0;
    }
}

static void plans(void)
{
    struct ncr_wan_model m = shape();
    struct ncr_wan_step plan[STEPS], all[STEPS];
    struct ncr_wan_total t, before = {0};
    int over = 0, falls = 0, touched = 0, met = 0;
    for (int k = 0; k < 4; k++) {
        static const double exact[] = {1, 0, 2, -1};
        ok(ncr_wan_plan(&m, STEPS, exact[k], plan, &t) && t.flops == t.flops_exact &&
               t.gated + t.reused + t.near + t.paired + t.coarse == 0,
           "budget %g is exact", exact[k]);
    }
    is_near(t.flops_exact / 2 / STEPS, 2.83e14, 4e12, "whose passes are of 283 TFLOP");
    pin(0.9, 0, 5, 0, 0, 0);
    pin(0.75, 0, 13, 0, 0, 0);
    pin(0.6, 2, 19, 0, 0, 0);
    pin(0.4, 25, 19, 31, 0, 0);
    pin(0.25, 25, 19, 39, 39, 3);
    for (int e = 0; e < 2; e++) {
        m.expert = e ? 23 : STEPS;
        for (int percent = 1; percent <= 100; percent++) {
            bool kept = ncr_wan_plan(&m, STEPS, percent / 100.0, plan, &t);
            over += kept && t.flops > percent / 100.0 * t.flops_exact * (1 + 1e-9);
            met += kept;
            falls += percent > 1 && t.flops < before.flops;
            whole_steps_stay(&m, plan, &touched);
            before = t;
        }
    }
    is_int(over, 0, "no budget that can be kept is overstepped");
    is_int(falls, 0, "more budget never means less work");
    is_int(touched, 0, "the first fifth, the last step and an expert's first are made whole");
    ok(met > 140 && met < 190, "budgets from a fifth or so up can be kept (%d of 200)", met);
    for (int k = 0; k < KINDS; k++) {
        m = shape(), m.switches = SWITCHES[k].of;
        ncr_wan_plan(&m, STEPS, 0.01, all, &t);
        ok((t.gated > 0) == ((m.switches & NCR_GATE) != 0) &&
               (t.reused > 0) == ((m.switches & NCR_REUSE) != 0) &&
               (t.near > 0) == ((m.switches & NCR_NEAR) != 0) &&
               (t.paired > 0) == ((m.switches & NCR_PAIR) != 0) &&
               (t.coarse > 0) == ((m.switches & NCR_COARSE) != 0),
           "%s alone: at least %.2f of exact mode's work", SWITCHES[k].name,
           t.flops / t.flops_exact);
    }
    m = shape(), m.passes[0] = m.passes[1] = 1;
    ncr_wan_plan(&m, STEPS, 0.8, plan, &t);
    is_int(t.gated, 0, "without guidance there is nothing to gate");
    for (int n = 1; n < 8; n++)
        ok(ncr_wan_plan(&m, n, 1, plan, &t) && (ncr_wan_plan(&m, n, 0.05, plan, &t), true) &&
               t.reused < n && t.coarse < n,
           "%d steps can be planned", n);
}

/* --- Halves ----------------------------------------------------------------------------------- */

enum { PLANES = 6, HIGH = 8, WIDE = 12, ALL = PLANES * HIGH * WIDE };

static void halves(void)
{
    static float clean[ALL], noise[ALL], x[ALL], low[ALL / 4], low_clean[ALL / 4], back[ALL / 4];
    rng_normal(1, 0, noise, ALL);
    rng_normal(2, 0, clean, ALL);
    double worst = 0, mean = 0, s = 0.8, low_s = wan_pool_sigma(s);
    is_near(low_s, 0.8 / (2 * 0.2 + 0.8), 1e-12, "a pooled latent has less noise");
    ok(wan_pool_sigma(1) == 1 && wan_pool_sigma(0) == 0, "all and none stay what they are");
    for (int i = 0; i < ALL; i++)
        x[i] = (float)((1 - s) * clean[i] + s * noise[i]);
    wan_pool_down(x, PLANES, HIGH, WIDE, (float)(1 / (1 - s / 2)), low);
    wan_pool_down(clean, PLANES, HIGH, WIDE, 1, low_clean);
    wan_pool_down(noise, PLANES, HIGH, WIDE, 2, back);
    for (int i = 0; i < ALL / 4; i++)
        worst = fmax(worst, fabs(low[i] - ((1 - low_s) * low_clean[i] + low_s * back[i])));
    ok(worst < 1e-6, "it is a state of the pooled clean latent and of pooled noise: %.1e", worst);
    for (int i = 0; i < ALL / 4; i++)
        mean += (double)back[i] * back[i] / (ALL / 4.0);
    is_near(mean, 1, 0.25, "whose variance is that of noise");
    memcpy(x, noise, sizeof x);
    wan_pool_up(low, low_clean, PLANES, HIGH, WIDE, s, x);
    wan_pool_down(x, PLANES, HIGH, WIDE, (float)(1 / (1 - s / 2)), back);
    worst = 0;
    for (int i = 0; i < ALL / 4; i++)
        worst = fmax(worst, fabs(back[i] - low[i]));
    ok(worst < 2e-6, "going up and down again gives it back: %.1e", worst);
    /* where the clean latent is even, what comes up is the very state that went down */
    for (int i = 0; i < ALL; i++)
        x[i] = (float)((1 - s) * 0.7 + s * noise[i]);
    memcpy(clean, x, sizeof clean);
    wan_pool_down(x, PLANES, HIGH, WIDE, (float)(1 / (1 - s / 2)), low);
    for (int i = 0; i < ALL / 4; i++)
        low_clean[i] = 0.7f;
    memcpy(x, noise, sizeof x);
    wan_pool_up(low, low_clean, PLANES, HIGH, WIDE, s, x);
    worst = 0;
    for (int i = 0; i < ALL; i++)
        worst = fmax(worst, fabs(x[i] - clean[i]));
    ok(worst < 2e-6, "an even picture loses nothing on the way, noise included: %.1e", worst);
}

/* --- Reuse ------------------------------------------------------------------------------------ */

/* Steps of equal change; the answers are x + c, so that reused ones are right to rounding. */
static void reuse(void)
{
    enum { N = 64, MOST = 40 };
    whelk_error err = {0};
    float x[N], v[N];
    for (int quota = 0; quota <= MOST; quota += 5) {
        struct wan_reuse r;
        int reused = 0, run = 0, longest = 0;
        double worst = 0;
        if (!ok(wan_reuse_init(&r, N, &err), "room %s", err.text))
            return;
        wan_reuse_forget(&r, N);
        for (int step = 0; step < MOST + 2; step++) {
            if (step == 2)
                wan_reuse_begin(&r, MOST, quota < MOST ? quota : MOST - 1);
            for (int i = 0; i < N; i++)
                x[i] = (float)(sin(i) + 0.01 * (step % 2));
            if (wan_reuse_answers(&r, x, v)) {
                reused++, run++;
                for (int i = 0; i < N; i++)
                    worst = fmax(worst, fabs(v[i] - (x[i] + cos(i))));
            } else {
                run = 0;
                for (int i = 0; i < N; i++)
                    v[i] = (float)(x[i] + cos(i));
                wan_reuse_keep(&r, x, v);
            }
            longest = run > longest ? run : longest;
        }
        int due = quota < MOST ? quota : MOST - 1;
        is_int(reused, due, "%d of %d steps are reused", due, MOST);
        ok(worst < 1e-6 && longest <= due / (MOST - due) + 2, "in turns (at most %d on end)",
           longest);
        wan_reuse_release(&r);
    }
}

/* --- Runs ------------------------------------------------------------------------------------- */

struct model {
    const char *name;
    const struct wan_dit *dit, *low;
    int channels, rows, columns;
    bool held;
    enum flow_solver solver;
    bool each; /* switch by itself, too */
};

static float *inputs(long n, uint32_t which)
{
    float *x = malloc((size_t)n * sizeof *x);
    if (x)
        rng_normal(17, which, x, n);
    return x;
}

static struct wan_sample sample_of(const struct model *m, const float *const given[3])
{
    return (struct wan_sample){.dit = m->dit,
                               .low = m->low,
                               .boundary = 600,
                               .frames = 3,
                               .rows = m->rows,
                               .columns = m->columns,
                               .solver = m->solver,
                               .steps = 10,
                               .shift = 3,
                               .guidance = 3,
                               .guidance_low = 2,
                               .text = given[0],
                               .negative = given[1],
                               .text_rows = 7,
                               .negative_rows = 5,
                               .first = m->held ? given[2] : NULL,
                               .seed = 5,
                               .threads = 2};
}

static float *made(struct wan_sample *s, long n, struct wan_sample_figures *f, whelk_error *err)
{
    float *x = inputs(n, 0);
    if (x && wan_sample_run(s, x, f, err))
        return x;
    free(x);
    return NULL;
}

struct stop {
    double at, last;
};

static bool stop_at(void *ctx, double done)
{
    struct stop *s = ctx;
    s->last = done;
    return done < s->at;
}

static void one_switch(const struct model *m, struct wan_sample *s, const float *exact, long n,
                       int kind)
{
    whelk_error err = {0};
    struct wan_step steps[10];
    struct wan_sample_figures f = {.step = steps};
    struct ncr_wan_step plan[10];
    struct ncr_wan_total t;
    s->budget = kind == KINDS - 1 ? 0.4 : 0.01, s->switches = SWITCHES[kind].of;
    bool good = wan_sample_plan(s, plan, &t, &err);
    float *two = made(s, n, &f, &err);
    const char *name = SWITCHES[kind].name;
    if (!ok(good && two && isfinite(two[0]), "%s, %s: a run %s", m->name, name, err.text))
        return;
    double far = apart(two, exact, n);
    ok(far > 1e-5 && far < 1.2, "%s, %s: ends %.3f from exact mode's, by %.2f of its work", m->name,
       name, far, f.flops / t.flops_exact);
    ok(fabs(f.flops / t.flops - 1) < 1e-9 && fabs(f.tokens / t.tokens - 1) < 1e-9 &&
           fabs(f.looks / t.looks - 1) < 1e-9 && f.passes == t.passes && f.reused == t.reused &&
           f.flops < t.flops_exact,
       "%s, %s: spent is what was planned", m->name, name);
    double flops = 0;
    int marks = 0;
    for (int i = 0; i < s->steps; i++) {
        flops += steps[i].flops;
        marks += (steps[i].passes == 0) + steps[i].gated + steps[i].near + (steps[i].pairs > 0) +
                 steps[i].coarse;
    }
    ok(fabs(flops / f.flops - 1) < 1e-9 && marks > 0 &&
           marks == f.reused + f.gated + f.near + f.paired + f.coarse,
       "%s, %s: and told step by step, with %d things left out", m->name, name, marks);
    bool held = true;
    for (long c = 0, plane = (long)s->rows * s->columns; s->first && c < m->channels; c++)
        held = held &&
               memcmp(two + c * 3 * plane, s->first + c * plane, (size_t)plane * sizeof *two) == 0;
    ok(held, "%s, %s: what is held is held", m->name, name);
    for (int threads = 1; threads <= 3; threads += 2) {
        s->threads = threads;
        float *other = made(s, n, NULL, &err);
        ok(other && memcmp(two, other, (size_t)n * sizeof *two) == 0,
           "%s, %s: %d threads give the same bytes", m->name, name, threads);
        free(other);
    }
    s->threads = 2;
    for (double at = 0.3; at < 10; at += 4.4) {
        struct stop stop = {.at = at};
        s->progress = stop_at, s->ctx = &stop;
        whelk_error told = {0};
        float *none = made(s, n, NULL, &told);
        ok(!none && told.code == WHELK_EINTERRUPTED && stop.last >= at && stop.last < at + 7,
           "%s, %s: it is cancelled at %.1f", m->name, name, stop.last);
        free(none);
    }
    s->progress = NULL;
    free(two);
}

static void runs(const struct model *m)
{
    whelk_error err = {0};
    long n = (long)m->channels * 3 * m->rows * m->columns;
    struct wan_dit_info info;
    wan_dit_get_info(m->dit, &info);
    float *given[3] = {inputs(7L * info.text_dim, 1), inputs(5L * info.text_dim, 2),
                       inputs((long)m->channels * m->rows * m->columns, 3)};
    struct wan_sample s = sample_of(m, (const float *const *)given);
    struct wan_sample_figures f = {0};
    float *exact = made(&s, n, &f, &err);
    if (!ok(exact != NULL, "%s: exact mode %s", m->name, err.text))
        return;
    long long least = wan_sample_bytes(&s);
    s.budget = 1, s.switches = NCR_ALL;
    float *one = made(&s, n, NULL, &err);
    ok(one && memcmp(one, exact, (size_t)n * sizeof *one) == 0 && f.reused == 0 &&
           wan_sample_bytes(&s) == least,
       "%s: budget 1 is exact, bit for bit and byte for byte", m->name);
    s.budget = 0.5;
    ok(wan_sample_bytes(&s) > least, "%s: a budget's memory is told", m->name);
    free(one);
    for (int k = m->each ? 0 : KINDS - 1; k < KINDS; k++)
        one_switch(m, &s, exact, n, k);
    free(exact);
    for (int i = 0; i < 3; i++)
        free(given[i]);
}

/* All that is left out is left out on a device, too; the processor's result is the yardstick.
 * Frames are of 64 tokens and all pairs are joined, so that near frames begin for both with a whole
 * step. */
static void on_a_device(struct device *v, const struct wan_dit *dit, bool held, double budget)
{
    enum { F = 5, H = 16, W = 16 };
    whelk_error err = {0};
    struct wan_dit_info info;
    wan_dit_get_info(dit, &info);
    long n = (long)info.out * F * H * W;
    const struct model m = {"", dit, NULL, info.out, H, W, held, FLOW_UNIPC, true};
    float *given[3] = {inputs(7L * info.text_dim, 1), inputs(5L * info.text_dim, 2),
                       inputs((long)info.out * H * W, 3)};
    struct wan_sample s = sample_of(&m, (const float *const *)given);
    s.frames = F, s.budget = budget;
    struct wan_sample_figures here_f = {0}, f = {0};
    float *here = made(&s, n, &here_f, &err);
    s.device = v, s.on_device.type = DEVICE_F32;
    float *there = made(&s, n, &f, &err);
    double far = here && there ? apart(there, here, n) : 1;
    ok(far < 1e-4 && f.reused > 0 && f.near > 0 && f.paired > 0,
       "%s, budget %g%s: %d steps reused, %d gated, %d near, %d paired, %d coarse; the "
       "processor's result, %.1e %s",
       v ? v->name : "no device", budget, held ? ", a held frame" : "", f.reused, f.gated, f.near,
       f.paired, f.coarse, far, err.text);
    ok(f.flops == here_f.flops && f.looks == here_f.looks && f.coarse == here_f.coarse,
       "for the same work");
    free(here);
    free(there);
    for (int i = 0; i < 3; i++)
        free(given[i]);
}

static void on_devices(const struct wan_dit *t2v, const struct wan_dit *ti2v)
{
    whelk_error err = {0};
    const char *backend = getenv("BACKEND");
    for (int order = 0; order < HOST_ORDERS; order++) {
        struct device *v = host_device_new((enum host_order)order, 0, &err);
        on_a_device(v, t2v, false, 0.01);
        v->close(v);
    }
    struct device *v = host_device_new(HOST_ALL_LATE, 0, &err);
    on_a_device(v, ti2v, true, 0.01);
    v->close(v);
    if (backend && strcmp(backend, "cuda") == 0 && (v = open_gpu(&err))) {
        on_a_device(v, t2v, false, 0.01);
        on_a_device(v, ti2v, true, 0.01);
        printf("# %s: %s\n", v->name, v->note(v));
        v->close(v);
    }
}

int main(void)
{
    whelk_error err = {0};
    plans();
    halves();
    reuse();
    struct wan_dit *t2v = wan_dit_open(GOLDEN "wan21-t2v-tiny", false, &err),
                   *ti2v = wan_dit_open(GOLDEN "wan22-ti2v-tiny", false, &err);
    if (!ok(t2v && ti2v, "models are there %s", err.text))
        return done_testing();
    const struct model models[] = {
        {"t2v, unipc", t2v, NULL, 16, 8, 12, false, FLOW_UNIPC, true},
        {"t2v, dpmpp", t2v, NULL, 16, 8, 12, false, FLOW_DPMPP, false},
        {"two experts, euler", t2v, t2v, 16, 8, 12, false, FLOW_EULER, false},
        {"few steps, renoise", t2v, NULL, 16, 8, 12, false, FLOW_RENOISE, false},
        {"ti2v, a held frame", ti2v, NULL, 48, 8, 12, true, FLOW_UNIPC, true}};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        runs(&models[i]);
    on_devices(t2v, ti2v);
    wan_dit_close(t2v);
    wan_dit_close(ti2v);
    return done_testing();
}
