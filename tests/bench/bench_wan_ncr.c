/* What a budget leaves out of a Wan model's steps, against exact mode with the same noise: share of
 * its FLOPs as counted, share of its processor time, and how far the latent ends from exact mode's
 * (relative rms). The model is the golden one with its two blocks five times over, so its weights
 * are random: FLOPs and time are what they would be of a trained model of this size, distances only
 * order the plans and say nothing of pictures. For scale: another noise, and exact mode with fewer
 * steps, which is the plainest way to spend less. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "generator/model/wan_sample.h"
#include "generator/rng.h"
#include "tests/tool/wan_deep.h"

#define FOLDER "build/bench/wan-deep"

enum { BLOCKS = 10, FRAMES = 9, ROWS = 16, COLUMNS = 20, COUNT = 16 * FRAMES * ROWS * COLUMNS };
enum { STEPS = 20, TEXT = 64 * 64 };

static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double exact_flops, exact_seconds;
static float exact[COUNT], x[COUNT], text[TEXT], negative[TEXT];

static void one(struct wan_sample *s, const char *name, uint64_t seed)
{
    whelk_error err = {0};
    struct wan_sample_figures f;
    double start = processor(), error = 0, square = 0;
    rng_normal(seed, 0, x, COUNT);
    if (!wan_sample_run(s, x, &f, &err)) {
        printf("%s: %s\n", name, err.text);
        return;
    }
    double seconds = processor() - start;
    if (exact_flops == 0) {
        exact_flops = f.flops, exact_seconds = seconds;
        for (int i = 0; i < COUNT; i++)
            exact[i] = x[i];
        printf("exact: %d steps, %.0f GFLOP, %.2f s of processor time\n", STEPS, f.flops / 1e9,
               seconds);
        printf("%-28s %6s %6s %6s %13s\n", "", "FLOPs", "time", "reused", "from exact");
    }
    for (int i = 0; i < COUNT; i++) {
        error += ((double)x[i] - exact[i]) * ((double)x[i] - exact[i]);
        square += (double)exact[i] * exact[i];
    }
    printf("%-28s %6.3f %6.3f %6d %13.4f\n", name, f.flops / exact_flops, seconds / exact_seconds,
           f.reused, sqrt(error / square));
}

static void budgets(struct wan_sample *s)
{
    static const char *const names[] = {"reuse alone", "gate alone", "pair alone", "coarse alone",
                                        "near alone"};
    static const double of[] = {0.75, 0.5, 0.33, 0.25};
    char name[64];
    one(s, "exact", 1);
    for (int i = 0; i < 5; i++) {
        s->switches = 1u << i, s->budget = 0.001;
        one(s, names[i], 1);
    }
    s->switches = NCR_ALL;
    for (int i = 0; i < 4; i++) {
        s->budget = of[i];
        snprintf(name, sizeof name, "budget %g", of[i]);
        one(s, name, 1);
    }
    s->budget = 1;
    for (int i = 0; i < 4; i++) {
        s->steps = (int)(STEPS * of[i] + 0.5);
        snprintf(name, sizeof name, "exact, %d steps", s->steps);
        one(s, name, 1);
    }
    s->steps = STEPS;
    one(s, "exact, another noise", 2);
}

int main(void)
{
    whelk_error err = {0};
    setvbuf(stdout, NULL, _IOLBF, 0);
    rng_normal(3, 0, text, TEXT);
    rng_normal(3, 1, negative, TEXT);
    struct wan_dit *d = wan_deep_write("tests/golden/wan/wan21-t2v-tiny", FOLDER,
                                       &(struct wan_deep){.blocks = BLOCKS}, &err)
                            ? wan_dit_open(FOLDER, false, &err)
                            : NULL;
    struct wan_sample s = {.dit = d,
                           .frames = FRAMES,
                           .rows = ROWS,
                           .columns = COLUMNS,
                           .steps = STEPS,
                           .shift = 5,
                           .guidance = 5,
                           .text = text,
                           .negative = negative,
                           .text_rows = 24,
                           .negative_rows = 24,
                           .threads = 2};
    if (d)
        budgets(&s);
    else
        fprintf(stderr, "bench_wan_ncr: %s\n", err.text);
    wan_dit_close(d);
    remove(FOLDER "/model.safetensors");
    return d ? 0 : 1;
}
