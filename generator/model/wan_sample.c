/* The loop. One work is shared by both experts, whose sizes are checked to be the same. */
#include "wan_sample.h"

#include <stdlib.h>
#include <string.h>

#include "../rng.h"

struct run {
    const struct wan_sample *s;
    struct wan_work *work;     /* of the processor, */
    struct wan_device *device; /* or of the device */
    struct flow flow;
    long count, plane; /* floats of the latent, of one frame of one channel */
    float *v, *w, *noise;
    int step, pass, passes, blocks;
};

static long channels_of(const struct wan_sample *s)
{
    struct wan_dit_info info;
    wan_dit_get_info(s->dit, &info);
    return info.out;
}

static long count_of(const struct wan_sample *s)
{
    return channels_of(s) * s->frames * s->rows * s->columns;
}

long long wan_sample_bytes(const struct wan_sample *s)
{
    /* flow keeps four of the latent's size, the loop three, a device's inputs one */
    long long passes = s->device
                           ? wan_device_host_bytes(s->dit, s->on_device.type)
                           : wan_work_bytes(s->dit, s->frames, s->rows, s->columns, s->threads);
    return passes + 8LL * count_of(s) * (long long)sizeof(float);
}

static bool between_blocks(void *ctx, int block)
{
    struct run *r = ctx;
    double within = ((double)block / r->blocks + r->pass) / r->passes;
    return !r->s->progress || r->s->progress(r->s->ctx, r->step + within);
}

/* One answer of the transformer that is for this time. */
static bool ask(struct run *r, const float *x, const float *text, int rows, float *out,
                whelk_error *err)
{
    const struct wan_sample *s = r->s;
    double time = r->flow.time[r->step];
    const struct wan_dit *dit = s->low && time < s->boundary ? s->low : s->dit;
    struct wan_pass p = {.x = x,
                         .y = s->y,
                         .text = text,
                         .text_rows = rows,
                         .time = time,
                         .held = s->first ? 1 : 0,
                         .out = out,
                         .go_on = between_blocks,
                         .ctx = r};
    return r->device ? wan_device_pass(r->device, dit, &p, err)
                     : wan_dit_pass(dit, r->work, &p, err);
}

static void hold_first(const struct run *r, float *x)
{
    const struct wan_sample *s = r->s;
    for (long c = 0; s->first && c < channels_of(s); c++)
        memcpy(x + c * s->frames * r->plane, s->first + c * r->plane, (size_t)r->plane * sizeof *x);
}

static void tell(const struct run *r, const char *name, int step, const float *data)
{
    if (r->s->trace)
        r->s->trace(r->s->ctx, name, step, data, r->count);
}

static bool velocity(struct run *r, const float *x, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    bool late = s->low && r->flow.time[r->step] < s->boundary;
    double g = late ? s->guidance_low : s->guidance;
    r->passes = g == 1 ? 1 : 2;
    r->pass = 0;
    if (!ask(r, x, s->text, s->text_rows, r->v, err))
        return false;
    tell(r, "cond", r->step, r->v);
    if (g == 1)
        return true;
    r->pass = 1;
    if (!ask(r, x, s->negative, s->negative_rows, r->w, err))
        return false;
    tell(r, "uncond", r->step, r->w);
    for (long i = 0; i < r->count; i++)
        r->v[i] = r->w[i] + (float)g * (r->v[i] - r->w[i]);
    return true;
}

static bool steps(struct run *r, float *x, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    hold_first(r, x);
    for (r->step = 0; r->step < s->steps; r->step++) {
        tell(r, "x", r->step, x);
        if (!velocity(r, x, err))
            return false;
        if (s->solver == FLOW_RENOISE)
            rng_normal(s->seed, (uint32_t)(1 + r->step), r->noise, r->count);
        flow_step(&r->flow, r->step, r->v, x, r->noise);
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

static bool make_ready(struct run *r, whelk_error *err)
{
    const struct wan_sample *s = r->s;
    if (s->device)
        r->device =
            wan_device_new(s->device, s->dit, s->frames, s->rows, s->columns, &s->on_device, err);
    else
        r->work = wan_work_new(s->dit, s->frames, s->rows, s->columns, s->threads, err);
    return r->device || r->work;
}

bool wan_sample_run(const struct wan_sample *s, float *x, whelk_error *err)
{
    struct run r = {.s = s, .count = count_of(s), .plane = (long)s->rows * s->columns};
    struct wan_dit_info info;
    wan_dit_get_info(s->dit, &info);
    r.blocks = info.blocks;
    size_t size = (size_t)r.count * sizeof(float);
    if (!same_sizes(s, err) || !flow_init(&r.flow, s->solver, s->steps, s->shift, r.count, err))
        return false;
    r.v = malloc(size), r.w = malloc(size);
    r.noise = s->solver == FLOW_RENOISE ? malloc(size) : NULL;
    bool good = r.v && r.w && (r.noise || s->solver != FLOW_RENOISE);
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "no memory for %zu bytes of latents", 3 * size);
    good = good && make_ready(&r, err) && steps(&r, x, err);
    wan_work_free(r.work);
    wan_device_free(r.device);
    flow_release(&r.flow);
    free(r.v);
    free(r.w);
    free(r.noise);
    return good;
}
