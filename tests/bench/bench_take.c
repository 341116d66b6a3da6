/* Where the time of a take goes, as shares of the clip's own length, and the compositor against
 * memcpy of the same bytes in the same run. The model is the one whelk_gen_open finds; without one
 * only the compositor is measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../generator/compose.h"
#include "../../generator/generator.h"

enum { WIDTH = 1280, HEIGHT = 720, FRAMES = 64, POSES = 32, EDGE = 128, SMALL = 64 };

/* Time of this thread's own work: what others do meanwhile does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Best of several, in seconds a frame: other programs only ever add time. */
static double compose_time(bool moving, bool plain, struct clip_planes out)
{
    static float plate[3 * 896 * 384], camera[3 * POSES], actor[POSES * 4 * EDGE * EDGE],
        effect[POSES * 4 * SMALL * SMALL];
    static float actor_path[4 * POSES], effect_path[4 * POSES];
    for (int i = 0; i < 3 * 896 * 384; i++)
        plate[i] = (float)(i * 7 % 200) / 100 - 1;
    for (int i = 0; i < POSES; i++) {
        camera[i] = 1.1f + (moving ? 0.01f * (float)i : 0);
        camera[POSES + i] = 0.5f;
        camera[2 * POSES + i] = -0.3f;
        actor_path[i] = effect_path[i] = 1.0f + 0.01f * (float)i;
        actor_path[POSES + i] = effect_path[POSES + i] = 0.6f;
        actor_path[2 * POSES + i] = 0.45f;
        effect_path[2 * POSES + i] = 0.3f;
        actor_path[3 * POSES + i] = 0.75f;
        for (int k = 0; k < 4 * EDGE * EDGE; k++)
            actor[i * 4 * EDGE * EDGE + k] =
                k % EDGE > 25 && k % EDGE < 100 && k / EDGE % EDGE > 40 && k / EDGE % EDGE < 100;
        for (int k = 0; k < 4 * SMALL * SMALL; k++)
            effect[i * 4 * SMALL * SMALL + k] =
                i % 3 == 0 && k % SMALL > 15 && k % SMALL < 50 ? 0.5f : 0;
    }
    struct compose_layers l = {
        plate, 896, 384, 14.0 / 6, camera, {actor, actor_path, EDGE}, {effect, effect_path, SMALL},
        POSES, 12};
    struct compose *c = compose_new(
        &l,
        &(struct compose_options){
            .width = WIDTH, .height = HEIGHT, .frames = FRAMES, .fps = 24, .plain = plain},
        NULL);
    struct compose_scratch *s = compose_scratch_new(c, NULL);
    double best = 1e9;
    for (int run = 0; run < (plain ? 1 : 4); run++) {
        double start = now();
        for (int i = 0; i < FRAMES; i++)
            compose_draw(c, s, i, 0, HEIGHT, out);
        double took = (now() - start) / FRAMES;
        best = took < best ? took : best;
    }
    compose_scratch_free(s);
    compose_free(c);
    return best;
}

static void bench_compose(void)
{
    size_t size = WIDTH * HEIGHT * 3 / 2;
    uint8_t *a = malloc(size * 32), *b = malloc(size * 32);
    struct clip_planes out = {{a, a + WIDTH * HEIGHT, a + WIDTH * HEIGHT * 5 / 4},
                              {WIDTH, WIDTH / 2, WIDTH / 2}};
    memset(a, 1, size * 32);
    memset(b, 2, size * 32);
    double copy = 1e9;
    for (int run = 0; run < 5; run++) {
        double start = now();
        memcpy(b, a, size * 32);
        double took = (now() - start) / 32;
        copy = took < copy ? took : copy;
    }
    double still = compose_time(false, false, out), moving = compose_time(true, false, out),
           plain = compose_time(true, true, out);
    printf("compose %dx%d, one thread, actor and effect in the frame (memcpy of a frame = 1, %.3f "
           "ms)\n",
           WIDTH, HEIGHT, copy * 1e3);
    printf("  window at rest  %6.1f    %.2f ms a frame\n", still / copy, still * 1e3);
    printf("  window moving   %6.1f    %.2f ms a frame\n", moving / copy, moving * 1e3);
    printf("  plain C, moving %6.1f    %.2f ms a frame\n", plain / copy, plain * 1e3);
    free(a);
    free(b);
}

static void remove_take(const char *base)
{
    static const char *const ends[] = {".mkv", ".json", ".latent.safetensors"};
    char path[128];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", base, ends[i]);
        unlink(path);
    }
}

static int bench_take(whelk_generator *g, double budget)
{
    static const whelk_gen_slot slots[] = {
        {"subject", "cat"}, {"action", "dive"}, {"place", "pool"}, {"time", "dusk"}};
    char dir[] = "/tmp/whelk-bench-XXXXXX", base[64];
    whelk_error err = {0};
    whelk_gen_figures f = {0};
    if (!mkdtemp(dir))
        return 1;
    snprintf(base, sizeof base, "%s/take", dir);
    whelk_gen_request r = {.slots = slots,
                           .slot_count = 4,
                           .caption = "a cat dives into a pool at dusk",
                           .seed = 7,
                           .budget = budget};
    bool good = whelk_gen_take(g, &r, base, NULL, &f, &err);
    remove_take(base);
    rmdir(dir);
    if (!good) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    double length = f.frames / 24.0;
    printf("  %6.2f %6d %9.3f %8.3f %8.3f %8.3f %8.3f   %.0f %% of the tokens\n", budget, f.frames,
           f.denoise_s / length, f.decode_s / length, f.compose_s / length, f.write_s / length,
           f.wall_s / length,
           f.tokens_exact ? 100.0 * (double)f.tokens / (double)f.tokens_exact : 0.0);
    return 0;
}

int main(void)
{
    whelk_error err = {0};
    bench_compose();
    whelk_generator *g = whelk_gen_open(NULL, &err);
    if (!g) {
        printf("no take is measured: %s\n", err.text);
        return 0;
    }
    whelk_gen_info info;
    whelk_gen_get_info(g, &info);
    printf("a take of %s, 1280x720 at 24, %d threads, as shares of its own length (1 = made as "
           "fast as watched)\n",
           info.name, info.threads);
    printf("  budget frames   denoise   decode  compose    write      all\n");
    int failed = bench_take(g, 1) | bench_take(g, 0.5) | bench_take(g, 0.25);
    whelk_gen_close(g);
    return failed;
}
