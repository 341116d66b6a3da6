/* What sampling promises beyond the right numbers: the same bytes for any number of threads, no
 * memory taken while it runs, cancelling between blocks, one pass where there is no guidance, and
 * no more work than the budget grants. */
#include "tests/tap.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "generator/model/sampler.h"

#define FOLDER "tests/golden/whelk-tiny"

static struct model *model;

/* --- Counting memory: every allocation of the process passes here, with the address it was asked
 * from ---------- */

#if !defined(__SANITIZE_ADDRESS__)
#define COUNTING 1
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);
extern char __executable_start, etext;
static atomic_long ours, alive;

static void count(void *block, const void *caller)
{
    if (block)
        alive++;
    if ((const char *)caller >= &__executable_start && (const char *)caller < &etext)
        ours++;
}

void *malloc(size_t size)
{
    void *p = __libc_malloc(size);
    count(p, __builtin_return_address(0));
    return p;
}

void *calloc(size_t n, size_t size)
{
    void *p = __libc_calloc(n, size);
    count(p, __builtin_return_address(0));
    return p;
}

void *realloc(void *old, size_t size)
{
    void *p = __libc_realloc(old, size);
    count(old ? NULL : p, __builtin_return_address(0));
    return p;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    void *p = __libc_memalign(alignment, size);
    count(p, __builtin_return_address(0));
    return p;
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = __libc_memalign(alignment, size);
    count(*out, __builtin_return_address(0));
    return *out ? 0 : 12;
}

void free(void *p)
{
    if (p)
        alive--;
    __libc_free(p);
}
#else
#define COUNTING 0
static atomic_long ours, alive;
#endif

/* --- Helpers --- */

static long numbers(int layer)
{
    return (long)model->layers[layer].cells * model->layers[layer].dim;
}

static bool same(const struct latents *a, const struct latents *b)
{
    for (int i = 0; i < model->layer_count; i++)
        if (memcmp(a->z[i], b->z[i], (size_t)numbers(i) * sizeof(float)))
            return false;
    return true;
}

static bool finite_all(const struct latents *z)
{
    for (int i = 0; i < model->layer_count; i++)
        for (long k = 0; k < numbers(i); k++)
            if (!isfinite(z->z[i][k]))
                return false;
    return true;
}

static bool run(int threads, const struct sample_request *r, struct latents *out,
                const whelk_listener *listen, struct sample_figures *f, whelk_error *err)
{
    struct sampler *s = sampler_new(model, threads, err);
    bool fine = s && sampler_run(s, r, out, listen, f, err);
    sampler_free(s);
    return fine;
}

/* --- Tests --- */

static void same_for_any_threads(double budget, double guidance)
{
    struct sample_request r = {
        .caption = "a cat", .seed = 7, .budget = budget, .guidance = guidance, .steps = 6};
    struct latents one, other;
    whelk_error err = {0};
    if (!latents_init(&one, model, &err) || !latents_init(&other, model, &err))
        return;
    ok(run(1, &r, &one, NULL, NULL, &err) && finite_all(&one),
       "budget %g: one thread ends with numbers %s", budget, err.text);
    for (int threads = 2; threads <= 3; threads++)
        ok(run(threads, &r, &other, NULL, NULL, &err) && same(&one, &other),
           "budget %g, guidance %g: %d threads give the same "
           "bytes",
           budget, guidance, threads);
    r.seed = 8;
    ok(run(2, &r, &other, NULL, NULL, &err) && !same(&one, &other),
       "budget %g: another seed gives another result", budget);
    latents_release(&one);
    latents_release(&other);
}

struct watch {
    long ours_first, alive_first, ours_more, alive_more;
    int calls, stop_at_step;
    double most;
};

static bool progress(void *ctx, const char *stage, const char *shot, const char *what, double done,
                     double total, double left_s)
{
    struct watch *w = ctx;
    (void)shot;
    if (strcmp(stage, "shoot") || strcmp(what, "step") || done > total || done < w->most ||
        left_s < -1)
        w->calls = -1000000;
    if (w->calls++ == 0) {
        w->ours_first = ours;
        w->alive_first = alive;
    } else if (done < total) {
        w->ours_more = ours - w->ours_first;
        w->alive_more = alive - w->alive_first;
    }
    w->most = done;
    return w->stop_at_step < 0 || done < w->stop_at_step;
}

/* What a further part begins with: the first group of `from`, and poses. */
static void begin_with(struct sample_request *r, const struct latents *from)
{
    static const float poses[64] = {0.5f, 0.6f, 0.7f, 0.8f, 9, 9, 9, 9, -0.1f, 0.1f};
    for (int i = 0; i < model->layer_count; i++)
        r->start[i] = !model->layers[i].grid ? poses : model->layers[i].t > 1 ? from->z[i] : NULL;
}

static void begins_with_what_was_before(double budget)
{
    struct sample_request r = {.caption = "a cat", .seed = 7, .budget = budget, .steps = 6};
    struct latents before, one, other;
    whelk_error err = {0};
    if (!latents_init(&before, model, &err) || !latents_init(&one, model, &err) ||
        !latents_init(&other, model, &err))
        return;
    ok(run(2, &r, &before, NULL, NULL, &err), "a part is made %s", err.text);
    r.seed = 8;
    r.held[0] = before.z[0];
    begin_with(&r, &before);
    ok(run(1, &r, &one, NULL, NULL, &err) && finite_all(&one),
       "budget %g: one that begins with its first group %s", budget, err.text);
    for (int threads = 2; threads <= 3; threads++)
        ok(run(threads, &r, &other, NULL, NULL, &err) && same(&one, &other),
           "budget %g: %d threads give the same bytes", budget, threads);
    for (int i = 1; i <= 2; i++) {
        long group = numbers(i) / model->layers[i].t;
        ok(!memcmp(before.z[i], one.z[i], (size_t)group * sizeof(float)) &&
               memcmp(before.z[i] + group, one.z[i] + group, (size_t)group * sizeof(float)),
           "%s begins with it to the bit and goes on by itself", model->layers[i].name);
    }
    static const float elsewhere[64] = {0.1f};
    r.start[4] = elsewhere;
    ok(run(1, &r, &other, NULL, NULL, &err) && !same(&one, &other),
       "where a path comes from makes a difference");
    r.start[0] = before.z[0];
    ok(!run(1, &r, &other, NULL, NULL, &err) && err.code == WHELK_EUSAGE, "refused: %s", err.text);
    latents_release(&before);
    latents_release(&one);
    latents_release(&other);
}

static void takes_no_memory(double budget, bool further)
{
    struct watch w = {.stop_at_step = -1};
    whelk_listener listen = {.progress = progress, .ctx = &w};
    struct sample_request r = {.seed = 3, .steps = 8, .budget = budget, .guidance = 1.5};
    struct latents z, before;
    whelk_error err = {0};
    if (!latents_init(&z, model, &err) || !latents_init(&before, model, &err))
        return;
    if (further)
        begin_with(&r, &before);
    ok(run(2, &r, &z, &listen, NULL, &err), "a run with a listener ends well %s", err.text);
    ok(w.calls > 2 * r.steps, "progress is told in order, more often than once a step (%d times)",
       w.calls);
    is_near(w.most, r.steps, 0, "and ends at the last step");
    if (COUNTING) {
        is_int(w.ours_more, 0,
               "budget %g: between first and last block our code asks for no memory", budget);
        ok(w.alive_more <= 64 && w.alive_more >= -64,
           "and what the libraries take they give back (%ld blocks of slack)", w.alive_more);
    } else {
        printf("# memory is not counted under the address sanitizer, which counts it itself\n");
    }
    latents_release(&z);
    latents_release(&before);
}

static void can_be_cancelled(void)
{
    struct watch w = {.stop_at_step = 2}, all = {.stop_at_step = -1};
    whelk_listener listen = {.progress = progress, .ctx = &w},
                   quiet = {.progress = progress, .ctx = &all};
    struct sample_request r = {.seed = 3, .steps = 5};
    struct latents z, again;
    whelk_error err = {0};
    struct sampler *s = sampler_new(model, 2, &err);
    if (!s || !latents_init(&z, model, &err) || !latents_init(&again, model, &err))
        return;
    ok(!sampler_run(s, &r, &z, &listen, NULL, &err), "a run is cancelled half-way");
    is_int(err.code, WHELK_EINTERRUPTED, "with the code for it");
    is_near(w.most, 2, 0, "at the step where the listener said no");
    ok(sampler_run(s, &r, &z, &quiet, NULL, &err) && run(1, &r, &again, NULL, NULL, &err) &&
           same(&z, &again),
       "the same sampler then runs as if nothing had been");
    latents_release(&z);
    latents_release(&again);
    sampler_free(s);
}

static void one_pass_without_guidance(void)
{
    struct sample_request r = {.seed = 1, .steps = 12, .guidance = 1};
    struct sample_figures f, g;
    struct latents z;
    whelk_error err = {0};
    if (!latents_init(&z, model, &err))
        return;
    ok(run(1, &r, &z, NULL, &f, &err), "guidance 1 runs %s", err.text);
    r.guidance = 2;
    ok(run(1, &r, &z, NULL, &g, &err), "guidance 2 runs %s", err.text);
    int single = 0, twice = 0, right = 0;
    for (int i = 0; i < 12; i++) {
        single += f.step[i].passes == 1;
        twice += g.step[i].passes == 2;
        right += g.step[i].passes == (g.step[i].t > 0.2 ? 2 : 1);
    }
    is_int(single, 12, "guidance 1 takes one pass a step");
    is_int(right, 12, "guidance 2 takes two where t is above 0.2");
    ok(twice < 12 && twice > 0, "and one below (%d of 12 take two)", twice);
    is_int(f.tokens, f.tokens_exact, "exact mode spends what exact mode would have spent");
    latents_release(&z);
}

static void budget_is_kept(void)
{
    struct latents z;
    whelk_error err = {0};
    if (!latents_init(&z, model, &err))
        return;
    double before = 0;
    for (int tenths = 5; tenths <= 10; tenths++) {
        double budget = tenths / 10.0;
        struct sample_request r = {.seed = 1, .steps = 12, .budget = budget};
        struct sample_figures f = {0};
        bool fine = run(1, &r, &z, NULL, &f, &err);
        double predicted = 0;
        for (int i = 0; i < f.steps; i++)
            predicted += f.step[i].flops_predicted;
        ok(fine && predicted <= r.budget * f.flops_exact * 1.0001,
           "budget %.1f: the plan keeps it (%.3f)", budget, predicted / f.flops_exact);
        ok(fabs(f.flops / predicted - 1) < 0.03, "budget %.1f: spent as predicted (%.4f of it)",
           budget, f.flops / predicted);
        ok(f.flops >= before && finite_all(&z), "budget %.1f: not less than for less", budget);
        before = f.flops;
    }
    latents_release(&z);
}

static void held_layers_come_out_unchanged(void)
{
    struct sample_request r = {.seed = 5};
    struct latents first, second;
    whelk_error err = {0};
    if (!latents_init(&first, model, &err) || !latents_init(&second, model, &err))
        return;
    ok(run(2, &r, &first, NULL, NULL, &err), "a first shot is made %s", err.text);
    r.seed = 6;
    r.held[0] = first.z[0];
    ok(run(2, &r, &second, NULL, NULL, &err), "a second one with its plate held %s", err.text);
    ok(memcmp(first.z[0], second.z[0], (size_t)numbers(0) * sizeof(float)) == 0,
       "has that plate to the bit");
    ok(memcmp(first.z[1], second.z[1], (size_t)numbers(1) * sizeof(float)) != 0,
       "and an actor of its own");
    latents_release(&first);
    latents_release(&second);
}

/* OpenMP gives one thread where a parallel region is under way already: the run must do with it. */
static void needs_no_more_threads_than_it_gets(void)
{
    struct sample_request r = {.seed = 5};
    struct latents alone, inside;
    whelk_error err = {0}, inner = {0};
    bool fine = false;
    if (!latents_init(&alone, model, &err) || !latents_init(&inside, model, &err))
        return;
    ok(run(3, &r, &alone, NULL, NULL, &err), "three threads alone %s", err.text);
#pragma omp parallel num_threads(2)
#pragma omp single
    fine = run(3, &r, &inside, NULL, NULL, &inner);
    ok(fine && same(&alone, &inside), "and three that are only one, inside other work %s",
       inner.text);
    latents_release(&alone);
    latents_release(&inside);
}

static void refuses_nonsense(void)
{
    struct latents z;
    whelk_error err = {0};
    int slots[MODEL_SLOTS_MAX];
    if (!latents_init(&z, model, &err))
        return;
    sample_unset(model, slots);
    slots[0] = model->slots[0].count + 1;
    struct sample_request bad[] = {{.steps = 201},  {.steps = -1},    {.budget = 1.5},
                                   {.budget = NAN}, {.guidance = -1}, {.slots = slots}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (whelk_error){0};
        ok(!run(1, &bad[i], &z, NULL, NULL, &err) && err.code == WHELK_EUSAGE && *err.text,
           "refused: %s", err.text);
    }
    latents_release(&z);
}

int main(void)
{
    whelk_error err = {0};
    model = model_open(FOLDER, &err);
    if (!ok(model != NULL, "the tiny model opens %s", err.text))
        return done_testing();
    same_for_any_threads(1, 1);
    same_for_any_threads(0.7, 1.5);
    begins_with_what_was_before(1);
    begins_with_what_was_before(0.7);
    takes_no_memory(1, false);
    takes_no_memory(0.7, false);
    takes_no_memory(0.7, true);
    can_be_cancelled();
    one_pass_without_guidance();
    budget_is_kept();
    held_layers_come_out_unchanged();
    needs_no_more_threads_than_it_gets();
    refuses_nonsense();
    model_close(model);
    return done_testing();
}
