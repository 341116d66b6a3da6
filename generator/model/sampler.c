/* Euler steps from noise to latents. Everything is planned, allocated and prepared first; then one
 * parallel region runs all steps, lane 0 doing the little work between passes while the others
 * wait. */
#include "sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../cuda/dit_device.h"
#include "../ncr.h"
#include "../rng.h"
#include "density.h"
#include "dit.h"
#include "goes_on.h"
#include "layout.h"
#include "prior.h"

#define LAST_T 0.995     /* the greatest t the network is asked about */
#define GUIDED_ABOVE 0.2 /* guidance below this t changes nothing one can see */

struct sampler {
    const struct model *model;
    struct dit *dit;
    struct dit_device *on; /* NULL = passes are made on the processor */
    int threads;
    struct geometry geometry;
};

/* Everything one run needs, made before its first step. */
struct run {
    const struct sampler *s;
    const struct sample_request *request;
    const whelk_listener *listen;
    int steps;
    double guidance, t[SAMPLE_STEPS_MAX + 1];
    struct ncr_model costs;
    struct ncr_step plan[SAMPLE_STEPS_MAX];
    struct cond cond, unset;
    struct layout layout;
    struct dit_work *work; /* NULL on a device */
    float *x[MODEL_LAYERS_MAX], *v[MODEL_LAYERS_MAX], *null[MODEL_LAYERS_MAX],
        *clean[MODEL_LAYERS_MAX];
    struct density density;
    bool *chosen[MODEL_LAYERS_MAX];
    float *empty[MODEL_LAYERS_MAX]; /* numbers of cells that hold nothing; NULL: no matte */
    bool *filled[MODEL_LAYERS_MAX]; /* cells that have a token; NULL: all */
    float *densities;               /* of one layer's quads, or how full its cells are */
    int *order;
    int held[MODEL_LAYERS_MAX];     /* a layer's first cells that stay at their clean numbers */
    float *start[MODEL_LAYERS_MAX]; /* what a path's token is given of its beginning, or NULL */
    struct team team;
    whelk_error failed; /* of a pass on a device */
    struct sample_figures *figures;
    int step; /* under way, for progress */
    int pass, passes;
    double started;
    bool seen; /* `clean` holds an estimate */
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- Samplers and latents --- */

struct sampler *sampler_new(const struct model *m, int threads, whelk_error *err)
{
    struct sampler *s = calloc(1, sizeof *s);
    if (!s) {
        whelk_fail(err, WHELK_EFAIL, "no memory");
        return NULL;
    }
    s->model = m;
    s->threads = threads < 1 ? 1 : threads > 64 ? 64 : threads;
    if (geometry_init(&s->geometry, m, err) && (s->dit = dit_new(m, s->threads, err)))
        return s;
    sampler_free(s);
    return NULL;
}

void sampler_free(struct sampler *s)
{
    if (!s)
        return;
    geometry_release(&s->geometry);
    dit_device_free(s->on);
    dit_free(s->dit);
    free(s);
}

bool sampler_use_device(struct sampler *s, struct device *device, enum device_type type,
                        long long bytes, whelk_error *err)
{
    struct dit_device *on = dit_device_new(device, s->dit, type, bytes, err);
    if (!on)
        return false;
    dit_device_free(s->on);
    s->on = on;
    return true;
}

static size_t numbers(const struct model *m, int layer)
{
    return (size_t)m->layers[layer].cells * (size_t)m->layers[layer].dim;
}

bool latents_init(struct latents *l, const struct model *m, whelk_error *err)
{
    memset(l, 0, sizeof *l);
    for (int i = 0; i < m->layer_count; i++)
        if (!(l->z[i] = calloc(numbers(m, i), sizeof(float)))) {
            latents_release(l);
            return whelk_fail(err, WHELK_EFAIL, "no memory for the latents");
        }
    return true;
}

void latents_release(struct latents *l)
{
    for (int i = 0; i < MODEL_LAYERS_MAX; i++)
        free(l->z[i]);
    memset(l, 0, sizeof *l);
}

void sample_unset(const struct model *m, int *slots)
{
    for (int i = 0; i < m->slot_count; i++)
        slots[i] = m->slots[i].count;
}

/* --- Before the first step --- */

static bool is_guided(const struct run *r, int step)
{
    return r->guidance != 1 && r->t[step] > GUIDED_ABOVE;
}

static bool check(struct run *r, whelk_error *err)
{
    const struct model *m = r->s->model;
    const struct sample_request *q = r->request;
    if (q->steps < 0 || q->steps > SAMPLE_STEPS_MAX)
        return whelk_fail(err, WHELK_EUSAGE, "steps must be 1 to %d, not %d", SAMPLE_STEPS_MAX,
                          q->steps);
    if (!(q->guidance >= 0) || q->guidance > 100)
        return whelk_fail(err, WHELK_EUSAGE, "guidance must be from 0 to 100, not %g", q->guidance);
    if (!(q->budget >= 0) || q->budget > 1)
        return whelk_fail(err, WHELK_EUSAGE, "budget must be above 0 and at most 1, not %g",
                          q->budget);
    for (int i = 0; i < m->layer_count; i++)
        if (q->start[i] && (m->goes_on.slot < 0 || !model_start_numbers(m, &m->layers[i])))
            return whelk_fail(err, WHELK_EUSAGE, "layer %s cannot begin with what was before",
                              m->layers[i].name);
    for (int i = 0; q->slots && i < m->slot_count; i++)
        if (q->slots[i] < 0 || q->slots[i] > m->slots[i].count)
            return whelk_fail(err, WHELK_EUSAGE, "slot %s has no value number %d", m->slots[i].name,
                              q->slots[i]);
    r->steps = q->steps ? q->steps : m->steps;
    r->guidance = q->guidance > 0 ? q->guidance : m->guidance > 0 ? m->guidance : 1;
    return true;
}

/* FORMAT.md 7: u falls from 1 to 0 in equal steps. */
static void set_times(struct run *r)
{
    double shift = r->s->model->shift;
    for (int i = 0; i <= r->steps; i++) {
        double u = 1 - (double)i / r->steps;
        r->t[i] = shift * u / (1 + (shift - 1) * u);
    }
}

static long long run_bytes(const struct sampler *s)
{
    const struct model *m = s->model;
    long long n = layout_bytes(m), width = m->width;
    n += s->on ? dit_device_host_bytes(s->on) : dit_work_bytes(s->dit);
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        n += 4 * 4 * (long long)numbers(m, i) + l->quads +
             (l->quads && l->channels == 4 ? 4 * (l->cells + l->dim) : 0) +
             (model_layer_has_matte(l) ? 4 * (long long)numbers(m, i) + l->cells : 0) +
             (m->goes_on.slot >= 0 && !l->grid ? 4 * width : 0);
    }
    return n + 8 * (m->slot_count + 3) * width + (long long)sizeof(struct run);
}

long long sampler_bytes(const struct sampler *s, const struct sample_request *r)
{
    (void)r;
    return run_bytes(s);
}

static bool allocate(struct run *r, whelk_error *err)
{
    const struct model *m = r->s->model;
    int most = 1; /* quads or cells of a layer */
    for (int i = 0; i < m->layer_count; i++) {
        size_t n = numbers(m, i);
        r->x[i] = calloc(n, sizeof(float));
        r->v[i] = calloc(n, sizeof(float));
        r->null[i] = calloc(n, sizeof(float));
        r->clean[i] = calloc(n, sizeof(float));
        r->chosen[i] = calloc((size_t)m->layers[i].quads + 1, sizeof(bool));
        bool fine = r->x[i] && r->v[i] && r->null[i] && r->clean[i] && r->chosen[i];
        if (fine && model_layer_has_matte(&m->layers[i]))
            fine = (r->empty[i] = calloc(n, sizeof(float))) &&
                   (r->filled[i] = calloc((size_t)m->layers[i].cells, sizeof(bool)));
        if (fine && r->request->start[i] && !m->layers[i].grid)
            fine = (r->start[i] = calloc((size_t)m->width, sizeof(float)));
        if (!fine)
            return whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes of scratch",
                              run_bytes(r->s));
        most = m->layers[i].cells > most ? m->layers[i].cells : most;
    }
    r->densities = calloc((size_t)most, sizeof(float));
    r->order = calloc((size_t)most, sizeof(int));
    if (!r->densities || !r->order)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    return cond_init(&r->cond, m, err) && cond_init(&r->unset, m, err) &&
           density_init(&r->density, m, &r->s->geometry, r->request->slots, err) &&
           layout_init(&r->layout, m, err) &&
           (r->s->on || (r->work = dit_work_new(r->s->dit, err)));
}

static void release(struct run *r)
{
    for (int i = 0; i < MODEL_LAYERS_MAX; i++) {
        free(r->x[i]);
        free(r->v[i]);
        free(r->null[i]);
        free(r->clean[i]);
        free(r->chosen[i]);
        free(r->empty[i]);
        free(r->filled[i]);
        free(r->start[i]);
    }
    free(r->densities);
    density_release(&r->density);
    free(r->order);
    cond_release(&r->cond);
    cond_release(&r->unset);
    layout_release(&r->layout);
    dit_work_free(r->work);
}

/* Clean numbers of a layer's first `cells` cells: they stand there from the first step. */
static bool hold_cells(struct run *r, int layer, const float *z, int cells, whelk_error *err)
{
    const struct model *m = r->s->model;
    size_t size = (size_t)cells * (size_t)m->layers[layer].dim * sizeof(float);
    float *clean = r->clean[layer]; /* what stands in the other cells is not used */
    memcpy(clean, z, size);
    if (!prior_to_x(m, layer, r->request->slots, clean, clean, err))
        return false;
    memcpy(r->x[layer], clean, size);
    r->held[layer] = cells;
    return true;
}

/* What a further part begins with: the first group of a grid is held, a path is told of its poses.
 */
static bool begin_layer(struct run *r, int i, whelk_error *err)
{
    const struct model_layer *l = &r->s->model->layers[i];
    const float *start = r->request->start[i];
    if (l->grid)
        return hold_cells(r, i, start, l->y * l->x, err);
    dit_start(r->s->dit, i, start, r->start[i]);
    return true;
}

/* Noise, or what is held. */
static bool start_numbers(struct run *r, whelk_error *err)
{
    const struct model *m = r->s->model;
    const struct sample_request *q = r->request;
    for (int i = 0; i < m->layer_count; i++) {
        if (q->noise[i])
            memcpy(r->x[i], q->noise[i], numbers(m, i) * sizeof(float));
        else if (!q->held[i])
            rng_normal(q->seed, (uint32_t)i, r->x[i], (long)numbers(m, i));
        if (q->held[i] ? !hold_cells(r, i, q->held[i], m->layers[i].cells, err)
                       : q->start[i] && !begin_layer(r, i, err))
            return false;
    }
    return true;
}

static bool same_cut(const struct ncr_step *a, const struct ncr_step *b)
{
    return !memcmp(a->fine, b->fine, sizeof a->fine) &&
           !memcmp(a->cells, b->cells, sizeof a->cells);
}

/* Cells of nothing as the network sees them, where the plan leaves any out. */
static bool make_empty(struct run *r, whelk_error *err)
{
    const struct model *m = r->s->model;
    struct ncr_step exact;
    bool used = false;
    ncr_exact(&r->costs, &exact);
    for (int i = 0; i < r->steps; i++)
        used = used || !same_cut(&r->plan[i], &exact);
    for (int i = 0; used && i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        if (!r->empty[i])
            continue;
        long plane = (long)l->y * l->x * l->dim;
        const float *one = model_tensor(m, &(struct shape){2, {l->y * l->x, l->dim}}, err,
                                        "codec.%s.empty", l->name);
        if (!one)
            return false;
        for (int t = 0; t < l->t; t++)
            memcpy(r->empty[i] + t * plane, one, (size_t)plane * sizeof(float));
        if (!prior_to_x(m, i, r->request->slots, r->empty[i], r->empty[i], err))
            return false;
    }
    return true;
}

static void plan_steps(struct run *r)
{
    set_times(r);
    dit_costs(r->s->model, &r->costs);
    ncr_plan(&r->costs, r->steps, r->t, r->request->budget > 0 ? r->request->budget : 1, r->plan);
}

static bool prepare(struct run *r, whelk_error *err)
{
    plan_steps(r);
    for (int i = 0; !r->s->on && i < r->steps; i++)
        if ((i == 0 || !same_cut(&r->plan[i], &r->plan[i - 1])) &&
            !dit_prepare(r->s->dit, &r->plan[i], err))
            return false;
    if (!allocate(r, err) || !start_numbers(r, err) || !make_empty(r, err))
        return false;
    cond_fill(&r->cond, r->request->slots, r->request->caption);
    cond_fill(&r->unset, NULL, r->request->negative);
    team_init(&r->team);
    return true;
}

/* --- The steps: lane 0's part --- */

/* The cells that are furthest from nothing have a token. */
static void choose_filled(struct run *r, int step, int layer)
{
    const struct model_layer *l = &r->s->model->layers[layer];
    int keep = r->plan[step].cells[layer];
    for (int c = 0; c < l->cells; c++) {
        const float *x = r->clean[layer] + (long)c * l->dim,
                    *empty = r->empty[layer] + (long)c * l->dim;
        float far = 0;
        for (int i = 0; r->seen && i < l->dim; i++)
            far += (x[i] - empty[i]) * (x[i] - empty[i]);
        r->densities[c] = far;
        r->filled[layer][c] = true;
    }
    if (keep < l->cells && r->plan[step].fine[layer] == l->quads)
        ncr_choose(r->densities, l->cells, keep, r->order, r->filled[layer]);
}

/* The densest quads of the last estimate of the clean numbers become fine; before the first
 * estimate all quads are alike. */
static void cut(struct run *r, int step)
{
    const struct model *m = r->s->model;
    for (int i = 0; i < m->layer_count; i++) {
        if (r->filled[i])
            choose_filled(r, step, i);
        if (m->layers[i].quads) {
            if (r->seen)
                density_measure(&r->density, i, r->clean[i], r->densities);
            else
                memset(r->densities, 0, (size_t)m->layers[i].quads * sizeof(float));
            ncr_choose(r->densities, m->layers[i].quads, r->plan[step].fine[i], r->order,
                       r->chosen[i]);
        }
    }
    layout_build(&r->layout, &r->s->geometry, r->chosen, r->filled);
}

/* Of a cell without a token one knows the clean numbers: those of nothing. */
static void fill_empty(struct run *r, int step)
{
    const struct model *m = r->s->model;
    float per_t = 1 / (float)r->t[step];
    for (int i = 0; i < m->layer_count; i++)
        for (int c = 0; r->filled[i] && c < m->layers[i].cells; c++)
            for (long dim = m->layers[i].dim, k = c * dim; !r->filled[i][c] && k < (c + 1) * dim;
                 k++)
                r->v[i][k] = (r->x[i][k] - r->empty[i][k]) * per_t;
}

static void combine(struct run *r)
{
    const struct model *m = r->s->model;
    for (int i = 0; i < m->layer_count; i++)
        for (size_t k = 0; k < numbers(m, i); k++)
            r->v[i][k] = r->null[i][k] + (float)r->guidance * (r->v[i][k] - r->null[i][k]);
}

static void advance(struct run *r, int step)
{
    const struct model *m = r->s->model;
    float t = (float)r->t[step], change = (float)(r->t[step + 1] - r->t[step]);
    for (int i = 0; i < m->layer_count; i++)
        for (size_t k = (size_t)r->held[i] * (size_t)m->layers[i].dim; k < numbers(m, i); k++) {
            r->clean[i][k] = r->x[i][k] - t * r->v[i][k];
            r->x[i][k] += change * r->v[i][k];
        }
    r->seen = true;
}

static void note_step(struct run *r, int step, double began)
{
    struct sample_figures *f = r->figures;
    int passes = is_guided(r, step) ? 2 : 1;
    struct sample_step *s = &f->step[step];
    *s = (struct sample_step){.t = r->t[step],
                              .tokens = r->layout.tokens,
                              .passes = passes,
                              .flops_predicted = passes * r->plan[step].flops,
                              .flops = passes * dit_flops(r->s->model, &r->layout),
                              .seconds = seconds() - began};
    struct ncr_step exact;
    ncr_exact(&r->costs, &exact);
    f->tokens += (long long)passes * s->tokens;
    f->tokens_exact += (long long)passes * exact.tokens;
    f->flops += s->flops;
    f->flops_exact += passes * exact.flops;
}

/* Time left by passes done, since a guided step takes two. */
static bool tell(struct run *r, double part)
{
    if (!r->listen || !r->listen->progress)
        return true;
    double done = (r->pass + part) / r->passes, spent = seconds() - r->started;
    double left = done > 0.02 ? spent * (1 - done) / done : -1;
    return r->listen->progress(r->listen->ctx, "shoot", NULL, "step", r->step, r->steps, left);
}

static bool go_on(void *ctx, double part)
{
    return tell(ctx, part);
}

/* --- The steps: all lanes --- */

/* Lane 0 alone queues what a device does. */
static void pass_on_device(struct run *r, const struct dit_pass *p, struct lane *lane)
{
    if (lane->number == 0 && !dit_device_pass(r->s->on, p, &r->failed))
        team_stop(lane);
    lane_meet(lane);
}

static void pass(struct run *r, int step, const struct cond *cond, float *const *v,
                 struct lane *lane)
{
    struct dit_pass p = {.layout = &r->layout,
                         .cond = cond,
                         .t = fmin(r->t[step], LAST_T),
                         .go_on = go_on,
                         .ctx = r};
    for (int i = 0; i < r->s->model->layer_count; i++) {
        p.x[i] = r->x[i];
        p.v[i] = v[i];
        p.held[i] = r->held[i];
        p.start[i] = r->start[i];
    }
    if (r->s->on)
        pass_on_device(r, &p, lane);
    else
        dit_pass(r->s->dit, r->work, &p, lane);
    if (lane->number == 0)
        r->pass++;
}

static void run_steps(struct run *r, struct lane *lane)
{
    for (int step = 0; step < r->steps && !lane_stopped(lane); step++) {
        double began = seconds();
        if (lane->number == 0) {
            r->step = step;
            cut(r, step);
        }
        lane_meet(lane);
        pass(r, step, &r->cond, r->v, lane);
        if (is_guided(r, step) && !lane_stopped(lane))
            pass(r, step, &r->unset, r->null, lane);
        if (lane->number == 0 && !lane_stopped(lane)) {
            if (is_guided(r, step))
                combine(r);
            fill_empty(r, step);
            advance(r, step);
            note_step(r, step, began);
        }
    }
}

static bool finish(struct run *r, struct latents *out, whelk_error *err)
{
    const struct model *m = r->s->model;
    r->step = r->steps;
    if (!tell(r, 0))
        return whelk_fail(err, WHELK_EINTERRUPTED, "cancelled");
    for (int i = 0; i < m->layer_count; i++) {
        const struct sample_request *q = r->request;
        size_t kept = (size_t)r->held[i] * (size_t)m->layers[i].dim;
        if (kept < numbers(m, i) && !prior_to_z(m, i, q->slots, r->x[i], out->z[i], err))
            return false;
        if (kept)
            memcpy(out->z[i], q->held[i] ? q->held[i] : q->start[i], kept * sizeof(float));
    }
    return true;
}

static bool run_all(struct run *r, struct latents *out, whelk_error *err)
{
    if (!prepare(r, err))
        return false;
    r->figures->steps = r->steps;
    r->figures->scratch_bytes = run_bytes(r->s);
    for (int i = 0; i < r->steps; i++)
        r->passes += is_guided(r, i) ? 2 : 1;
    r->started = seconds();
    bool stopped = false;
#pragma omp parallel num_threads(r->s->on ? 1 : r->s->threads)
    {
        struct lane lane = lane_of(&r->team);
        run_steps(r, &lane);
        if (lane.number == 0)
            stopped = lane_stopped(&lane);
    }
    r->figures->seconds = seconds() - r->started;
    if (r->failed.code && r->failed.code != WHELK_EINTERRUPTED) {
        if (err)
            *err = r->failed;
        return false;
    }
    if (stopped)
        return whelk_fail(err, WHELK_EINTERRUPTED, "cancelled at step %d of %d", r->step + 1,
                          r->steps);
    return finish(r, out, err);
}

int sampler_plan(const struct sampler *s, const struct sample_request *request,
                 struct sample_step *out, int room, whelk_error *err)
{
    struct run *r = calloc(1, sizeof *r);
    int steps = 0;
    if (!r) {
        whelk_fail(err, WHELK_EFAIL, "no memory");
        return 0;
    }
    r->s = s;
    r->request = request;
    if (check(r, err)) {
        plan_steps(r);
        steps = r->steps;
    }
    for (int i = 0; i < steps && i < room; i++) {
        int passes = is_guided(r, i) ? 2 : 1;
        out[i] = (struct sample_step){.t = r->t[i],
                                      .tokens = r->plan[i].tokens,
                                      .passes = passes,
                                      .flops_predicted = passes * r->plan[i].flops};
    }
    free(r);
    return steps;
}

bool sampler_run(struct sampler *s, const struct sample_request *request, struct latents *out,
                 const whelk_listener *listen, struct sample_figures *figures, whelk_error *err)
{
    struct run *r = calloc(1, sizeof *r);
    struct sample_figures *own = calloc(1, sizeof *own);
    bool fine = r && own;
    if (!fine)
        whelk_fail(err, WHELK_EFAIL, "no memory");
    if (fine) {
        r->s = s;
        r->request = request;
        r->listen = listen;
        r->figures = own;
        fine = check(r, err) && run_all(r, out, err);
        release(r);
    }
    if (fine && figures)
        *figures = *own;
    free(own);
    free(r);
    return fine;
}
