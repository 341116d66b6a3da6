/* The layered model's transformer on a device, beside what the golden vectors prove: the shipped
 * model is sampled as on the processor, at every budget; the queues' order changes no bit; no more
 * memory is taken than was granted; failures and cancels in the middle leave it fit for the next
 * pass. The device is the processor's, and with BACKEND=cuda the GPU too. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/cuda/dit_device.h"
#include "generator/cuda/host.h"
#include "generator/model/sampler.h"
#include "tests/unit/gpu.h"

static whelk_error err;

/* --- Sampling --------------------------------------------------------------------------------- */

static double apart(const struct model *m, const struct latents *got, const struct latents *want)
{
    double errors = 0, squares = 0;
    for (int i = 0; i < m->layer_count; i++)
        for (long k = 0; k < (long)m->layers[i].cells * m->layers[i].dim; k++) {
            double e = (double)got->z[i][k] - want->z[i][k];
            errors += e * e;
            squares += (double)want->z[i][k] * want->z[i][k];
        }
    return sqrt(errors / squares);
}

static bool same(const struct model *m, const struct latents *a, const struct latents *b)
{
    for (int i = 0; i < m->layer_count; i++)
        if (memcmp(a->z[i], b->z[i],
                   (size_t)m->layers[i].cells * (size_t)m->layers[i].dim * sizeof(float)) != 0)
            return false;
    return true;
}

/* The same tokens by the same plan: what the network says of a quad's density decides which are
 * fine, and so little an error turns no decision here. */
static void as_on_the_processor(const struct model *m, struct device *v, double budget, int steps)
{
    struct sampler *s = sampler_new(m, 2, &err);
    struct sample_request r = {
        .caption = "a cat dives into a pool", .seed = 3, .steps = steps, .budget = budget};
    static struct sample_figures figures[2];
    struct latents z[2] = {{{0}}, {{0}}};
    bool good = s && latents_init(&z[0], m, &err) && latents_init(&z[1], m, &err) &&
                sampler_run(s, &r, &z[0], NULL, &figures[0], &err) &&
                sampler_use_device(s, v, DEVICE_F32, 0, &err) &&
                sampler_run(s, &r, &z[1], NULL, &figures[1], &err);
    double e = good ? apart(m, &z[1], &z[0]) : NAN;
    ok(e < 1e-4, "%s, budget %g: %s is sampled as on the processor, %.1e apart %s", v->name, budget,
       m->name, e, good ? "" : err.text);
    ok(good && figures[0].tokens == figures[1].tokens && figures[0].flops == figures[1].flops &&
           (budget == 1) == (figures[0].tokens == figures[0].tokens_exact),
       "of %lld tokens both compute %lld", figures[0].tokens_exact, figures[1].tokens);
    if (good && strcmp(v->name, "host") != 0) /* what that takes tells nothing */
        printf("# %s: %d steps in %.1f ms, on two cores of the processor in %.1f ms\n", v->name,
               figures[1].steps, 1e3 * figures[1].seconds, 1e3 * figures[0].seconds);
    latents_release(&z[0]);
    latents_release(&z[1]);
    sampler_free(s);
}

static void in_every_order(const struct model *m)
{
    struct latents z[HOST_ORDERS] = {{{0}}};
    struct sample_request r = {.seed = 5, .budget = 0.4};
    int right = 0;
    for (int order = 0; order < HOST_ORDERS; order++) {
        struct device *v = host_device_new((enum host_order)order, 0, &err);
        struct sampler *s = sampler_new(m, 1, &err);
        bool good = s && latents_init(&z[order], m, &err) &&
                    sampler_use_device(s, v, DEVICE_F32, 0, &err) &&
                    sampler_run(s, &r, &z[order], NULL, NULL, &err);
        right += good && same(m, &z[order], &z[0]);
        sampler_free(s);
        v->close(v);
    }
    is_int(right, HOST_ORDERS, "whatever the order of the queues, the same latents");
    for (int order = 0; order < HOST_ORDERS; order++)
        latents_release(&z[order]);
}

/* --- What goes wrong -------------------------------------------------------------------------- */

static void too_little(const struct model *m)
{
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    struct sampler *s = sampler_new(m, 1, &err);
    ok(!sampler_use_device(s, v, DEVICE_F32, 100 << 10, &err) && host_device_most(v) == 0,
       "too little granted is refused before anything is taken: %s", err.text);
    has_text(err.text, "--vram", "with the cure");
    ok(sampler_use_device(s, v, DEVICE_F32, 0, &err), "with room it goes");
    long long most = host_device_most(v);
    sampler_free(s);
    v->close(v);
    v = host_device_new(HOST_AT_ONCE, most, &err);
    s = sampler_new(m, 1, &err);
    ok(sampler_use_device(s, v, DEVICE_F32, 0, &err) && host_device_most(v) == most,
       "%lld bytes are enough", most);
    sampler_free(s);
    v->close(v);
    v = host_device_new(HOST_AT_ONCE, most - 1, &err);
    s = sampler_new(m, 1, &err);
    ok(!sampler_use_device(s, v, DEVICE_F32, 0, &err), "one less is not");
    sampler_free(s);
    v->close(v);
}

static void fails_and_goes_on(const struct model *m)
{
    struct device *v = host_device_new(HOST_ALL_LATE, 0, &err);
    struct sampler *s = sampler_new(m, 1, &err);
    struct latents want = {{0}}, got = {{0}};
    struct sample_request r = {.seed = 5};
    int found = 0, right = 0, tries = 0;
    bool good = s && latents_init(&want, m, &err) && latents_init(&got, m, &err) &&
                sampler_use_device(s, v, DEVICE_F32, 0, &err) &&
                sampler_run(s, &r, &want, NULL, NULL, &err);
    long runs = host_device_runs(v);
    for (long at = 1; good && at <= runs; at += runs / 9, tries++) {
        err = (whelk_error){0};
        host_device_fail_at(v, host_device_runs(v) + at);
        found += !sampler_run(s, &r, &got, NULL, NULL, &err) && strstr(err.text, "was to fail");
        host_device_fail_at(v, 0);
        right += sampler_run(s, &r, &got, NULL, NULL, &err) && same(m, &got, &want);
    }
    ok(tries > 5, "%d of %ld operations were made to fail, one after another", tries, runs);
    is_int(found, tries, "each ends its run with what it said");
    is_int(right, tries, "and the run after it is right");
    latents_release(&want);
    latents_release(&got);
    sampler_free(s);
    v->close(v);
}

static bool thrice(void *ctx, const char *stage, const char *shot, const char *what, double done,
                   double total, double left)
{
    (void)stage, (void)shot, (void)what, (void)done, (void)total, (void)left;
    return ++*(int *)ctx < 4;
}

static void is_cancelled(const struct model *m)
{
    struct device *v = host_device_new(HOST_LATE_COMPUTE, 0, &err);
    struct sampler *s = sampler_new(m, 2, &err);
    struct latents z = {{0}};
    struct sample_request r = {.seed = 5};
    int asked = 0;
    whelk_listener listen = {.progress = thrice, .ctx = &asked};
    ok(s && latents_init(&z, m, &err) && sampler_use_device(s, v, DEVICE_F32, 0, &err) &&
           !sampler_run(s, &r, &z, &listen, NULL, &err) && err.code == WHELK_EINTERRUPTED &&
           asked == 4,
       "asked before each block, and stopped when told: %s", err.text);
    ok(sampler_run(s, &r, &z, NULL, NULL, &err), "the next run goes");
    latents_release(&z);
    sampler_free(s);
    v->close(v);
}

int main(void)
{
    const char *backend = getenv("BACKEND");
    struct model *tiny = model_open("tests/golden/whelk-tiny", &err),
                 *mini = model_open("generator/weights", &err);
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    if (!ok(tiny && mini && v, "the models are there %s", err.text))
        return done_testing();
    as_on_the_processor(mini, v, 1, 2);
    as_on_the_processor(mini, v, 0.5, 4);
    as_on_the_processor(tiny, v, 0.4, 0);
    v->close(v);
    in_every_order(tiny);
    too_little(tiny);
    fails_and_goes_on(tiny);
    is_cancelled(tiny);
    if (backend && strcmp(backend, "cuda") == 0 && (v = open_gpu(&err))) {
        for (double budget = 1; budget > 0.2; budget -= 0.25)
            as_on_the_processor(mini, v, budget, 0);
        v->close(v);
    }
    model_close(mini);
    model_close(tiny);
    return done_testing();
}
