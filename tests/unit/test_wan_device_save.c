/* What a budget leaves out of a transformer's pass on a device: tokens joined in pairs, attention
 * to near frames, and passes on half the size. The processor's own pass is the yardstick, where
 * both look at the very same keys; elsewhere what a change reaches tells who looked at it. The
 * device is the processor's, and with BACKEND=cuda the GPU too. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/cuda/host.h"
#include "generator/cuda/wan_device.h"
#include "generator/model/wan_pairs.h"
#include "generator/rng.h"
#include "tests/unit/apart.h"
#include "tests/unit/gpu.h"

#define GOLDEN "tests/golden/wan/"

/* Frames of 64 tokens: for the processor, which goes by 32, near frames begin with a whole step. */
enum { FRAMES = 9, ROWS = 16, COLUMNS = 16, PLANE = ROWS * COLUMNS, TEXT = 7, ONE = PLANE / 4 };
enum { PAIRS = ONE / 2, WIDTH = 128, MOST = 48 * FRAMES * PLANE };

static whelk_error err;
static float latent[MOST], text[TEXT * 64], first_answer[MOST], answer[MOST];

static long count_of(const struct wan_dit *d)
{
    struct wan_dit_info i;
    wan_dit_get_info(d, &i);
    return (long)i.out * FRAMES * PLANE;
}

static struct wan_pass pass_of(struct wan_pairs *pairs, bool near, float *out)
{
    return (struct wan_pass){.x = latent,
                             .text = text,
                             .text_rows = TEXT,
                             .time = 400,
                             .held = 1,
                             .pairs = pairs,
                             .near = near,
                             .out = out};
}

static struct wan_device *open_on(struct device *v, const struct wan_dit *d, enum device_type type,
                                  bool pairs, bool near)
{
    struct wan_device_options o = {.type = type, .pairs = pairs, .near = near};
    return wan_device_new(v, d, FRAMES, ROWS, COLUMNS, &o, &err);
}

/* Pairs by the density of something: the `count` emptiest. */
static bool pairs_of(struct wan_pairs *p, const struct wan_dit *d, int count)
{
    struct wan_dit_info i;
    wan_dit_get_info(d, &i);
    if (!wan_pairs_init(p, d, FRAMES, ROWS, COLUMNS, true, &err))
        return false;
    wan_pairs_look(p, i.out, latent, latent, 0.5);
    wan_pairs_choose(p, count, 1);
    return true;
}

/* --- As on the processor ---------------------------------------------------------------------- */

static void agrees(struct device *v, const struct wan_dit *d, enum device_type type, int joined,
                   bool near)
{
    struct wan_pairs p = {0};
    long n = count_of(d);
    bool good = pairs_of(&p, d, joined);
    struct wan_work *w = wan_work_new(d, FRAMES, ROWS, COLUMNS, 2, &err);
    struct wan_device *on = open_on(v, d, type, joined > 0, near);
    struct wan_pass whole = pass_of(NULL, false, first_answer);
    good = good && w && on && wan_dit_pass(d, w, &whole, &err);
    struct wan_pass one = pass_of(joined ? &p : NULL, near, answer);
    float *want = malloc((size_t)n * sizeof *want);
    good = good && want && wan_device_pass(on, d, &one, &err);
    double left = apart(answer, first_answer, n);
    one.out = want;
    good = good && wan_dit_pass(d, w, &one, &err);
    double far = good ? apart(answer, want, n) : 1;
    ok(good && far < (type == DEVICE_BF16 ? 1.5e-2 : 5e-6) && (left > 1e-4 || type == DEVICE_BF16),
       "%s in %s, %d pairs joined%s: as on the processor, %.1e apart, %.1e from the whole %s",
       v->name, type == DEVICE_BF16 ? "bf16" : "f32", joined, near ? ", near frames" : "", far,
       left, good ? "" : err.text);
    one = pass_of(NULL, false, answer);
    good = good && wan_device_pass(on, d, &one, &err);
    far = good ? apart(answer, first_answer, n) : 1;
    ok(good && far < (type == DEVICE_BF16 ? 1.5e-2 : 5e-6), "and the next pass is whole: %.1e",
       far);
    wan_device_free(on);
    wan_work_free(w);
    wan_pairs_release(&p);
    free(want);
}

static void agree_all(struct device *v, const struct wan_dit *d)
{
    for (int type = DEVICE_F32; type <= DEVICE_BF16; type++) {
        enum device_type t = (enum device_type)type;
        agrees(v, d, t, 0, true);
        agrees(v, d, t, 1, false);
        agrees(v, d, t, 101, false);
        agrees(v, d, t, (FRAMES - 1) * PAIRS, false);
        agrees(v, d, t, (FRAMES - 1) * PAIRS, true);
    }
}

/* --- Near frames ------------------------------------------------------------------------------ */

/* Rows after the last of two blocks. */
static void see(void *ctx, const char *name, const float *data, long rows, long width)
{
    if (strcmp(name, "blocks.1") == 0)
        memcpy(ctx, data, (size_t)(rows * width) * sizeof(float));
}

/* What changes in a frame reaches, in two blocks, those that look at it, and those that look at
 * them: frames two away in each block. */
static void reaches(struct device *v, const struct wan_dit *d, int joined, int changed,
                    const char *what)
{
    static float seen[2][FRAMES * ONE * WIDTH], kept[MOST];
    struct wan_pairs p = {0};
    struct wan_device *on = open_on(v, d, DEVICE_F32, joined > 0, true);
    bool good = on && pairs_of(&p, d, joined);
    memcpy(kept, latent, sizeof kept);
    for (int k = 0; k < 2; k++) {
        struct wan_pass one = pass_of(joined ? &p : NULL, true, answer);
        one.trace = see, one.ctx = seen[k];
        good = good && wan_device_pass(on, d, &one, &err);
        for (int c = 0; c < 16; c++)
            for (int i = 0; i < PLANE; i++)
                latent[(c * FRAMES + changed) * PLANE + i] += 1;
    }
    memcpy(latent, kept, sizeof kept);
    int wrong = 0, moved = 0;
    for (int f = 0; f < FRAMES; f++) {
        long at = (long)f * ONE * WIDTH;
        bool is = memcmp(seen[0] + at, seen[1] + at, ONE * WIDTH * sizeof(float)) != 0;
        int away = f > changed ? f - changed : changed - f;
        moved += is;
        /* two frames a block; pairs make tiles and steps of parts of frames, one frame more each */
        bool all = changed <= 2; /* the first frame sees it, and all see that */
        wrong += is ? !all && away > 4 + 2 * (joined > 0) : all || away <= 4;
    }
    ok(good && wrong == 0, "%s, %s: frame %d is seen by those near it, %d in all %s", v->name, what,
       changed, moved, good ? "" : err.text);
    wan_device_free(on);
    wan_pairs_release(&p);
}

/* --- Memory and sizes ------------------------------------------------------------------------- */

/* Whatever order queues come to their work in: the same bytes, in the memory that was told. */
static void in_every_order(const struct wan_dit *d)
{
    long n = count_of(d);
    for (int order = 0; order < HOST_ORDERS; order++) {
        struct wan_device_options o = {.type = DEVICE_BF16, .pairs = true, .near = true};
        struct wan_device_plan plan;
        struct wan_pairs p = {0};
        bool good = wan_device_plan(d, FRAMES, ROWS, COLUMNS, &o, 0, 1LL << 40, &plan, &err);
        struct device *v = host_device_new((enum host_order)order, plan.total, &err);
        struct wan_device *on = open_on(v, d, DEVICE_BF16, true, true);
        struct wan_pass one = pass_of(&p, true, order ? answer : first_answer);
        good = good && on && pairs_of(&p, d, 75) && wan_device_pass(on, d, &one, &err);
        ok(good && host_device_most(v) <= plan.total &&
               memcmp(order ? answer : first_answer, first_answer, (size_t)n * sizeof(float)) == 0,
           "order %d: the same bytes, in %lld of the %lld that were told %s", order,
           host_device_most(v), plan.total, good ? "" : err.text);
        wan_device_free(on);
        wan_pairs_release(&p);
        v->close(v);
    }
}

static void asked_for_first(const struct wan_dit *d)
{
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    struct wan_device *on = open_on(v, d, DEVICE_F32, false, false);
    struct wan_pass one = pass_of(NULL, true, answer);
    ok(on && !wan_device_pass(on, d, &one, &err) && err.code == WHELK_EUSAGE,
       "near frames that nothing was made ready for: %s", err.text);
    struct wan_device_options o = {.type = DEVICE_BF16};
    struct wan_device_plan plain, more;
    bool good = wan_device_plan(d, FRAMES, ROWS, COLUMNS, &o, 0, 1LL << 40, &plain, &err);
    o.pairs = o.near = true;
    good = good && wan_device_plan(d, FRAMES, ROWS, COLUMNS, &o, 0, 1LL << 40, &more, &err);
    ok(good && more.work > plain.work && more.block == plain.block,
       "what they need is in the plan: %lld bytes more", more.work - plain.work);
    wan_device_free(on);
    v->close(v);
}

/* Coarse steps first, then fine ones: as on a device made ready for each. */
static void half_the_size(struct device *v, const struct wan_dit *d)
{
    static float want[2][MOST], got[2][MOST];
    long n = count_of(d);
    struct wan_device_options o = {.type = DEVICE_BF16};
    struct wan_device *both = wan_device_new(v, d, FRAMES, ROWS, COLUMNS, &o, &err);
    bool good = both != NULL;
    for (int half = 1; half >= 0; half--) {
        int rows = ROWS >> half, columns = COLUMNS >> half;
        struct wan_device *on = wan_device_new(v, d, FRAMES, rows, columns, &o, &err);
        struct wan_pass one = pass_of(NULL, false, want[half]);
        good = good && on && wan_device_pass(on, d, &one, &err);
        one.out = got[half];
        good = good && wan_device_shape(both, FRAMES, rows, columns, &err) &&
               wan_device_pass(both, d, &one, &err);
        ok(good && memcmp(got[half], want[half], (size_t)(n >> 2 * half) * sizeof(float)) == 0,
           "%s at %d x %d: the same bytes %s", v->name, rows, columns, good ? "" : err.text);
        wan_device_free(on);
    }
    wan_device_free(both);
}

static void on_device(struct device *v, const struct wan_dit *t2v, const struct wan_dit *ti2v)
{
    agree_all(v, t2v);
    agrees(v, ti2v, DEVICE_F32, 200, false);
    agrees(v, ti2v, DEVICE_F32, (FRAMES - 1) * PAIRS, true);
    static const int changed[] = {0, 6, 8, 1};
    for (int i = 0; i < 4; i++) {
        reaches(v, t2v, 0, changed[i], "whole");
        reaches(v, t2v, 77, changed[i], "77 pairs joined");
    }
    half_the_size(v, t2v);
}

int main(void)
{
    const char *backend = getenv("BACKEND");
    rng_normal(1, 1, latent, MOST);
    rng_normal(1, 2, text, TEXT * 64);
    struct wan_dit *t2v = wan_dit_open(GOLDEN "wan21-t2v-tiny", false, &err),
                   *ti2v = wan_dit_open(GOLDEN "wan22-ti2v-tiny", false, &err);
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    if (ok(t2v && ti2v && v, "models are there %s", err.text)) {
        on_device(v, t2v, ti2v);
        in_every_order(t2v);
        asked_for_first(t2v);
        v->close(v);
        if (backend && strcmp(backend, "cuda") == 0 && (v = open_gpu(&err))) {
            on_device(v, t2v, ti2v);
            printf("# %s: %s\n", v->name, v->note(v));
            v->close(v);
        }
    }
    wan_dit_close(t2v);
    wan_dit_close(ti2v);
    return done_testing();
}
