/* How long the reading commands take on a film of 500 shots: whatever looks at a reel is to answer
 * in under 100 ms. The takes are one real take under 500 names, as the halves of a split shot share
 * theirs. The best of five runs counts; on a busy machine the processor's time tells more than
 * the clock's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/stage.h"

#define SHOTS 500
#define RUNS 5
#define BOUND_MS 100

static double clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Runs whelk with up to four words and the reel's name in place of "REEL". */
static bool run_whelk(const char *reel, const char *const *words, double *wall_ms, double *cpu_ms)
{
    const char *argv[8] = {"whelk"};
    int count = 1;
    for (; *words; words++)
        argv[count++] = strcmp(*words, "REEL") == 0 ? reel : *words;
    double began = clock_ms();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        execv("build/whelk", (char **)(uintptr_t)argv);
        _exit(127);
    }
    int status = 0;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) < 0 || status != 0)
        return false;
    *wall_ms = clock_ms() - began;
    *cpu_ms = 1e3 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
              1e-3 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    return true;
}

/* One shot of the film becomes SHOTS that share its take. */
static bool multiply(whelk_reel *reel, whelk_error *err)
{
    whelk_film *film = reel_load_film(reel, err);
    bool done = film != NULL;
    while (done && film->shot_count > 1)
        done = whelk_film_remove_shot(film, film->shots[1].id, err);
    char *first = done ? strdup(film->shots[0].id) : NULL;
    whelk_set_text(&film->shots[0].take, "t01");
    film->shots[0].seconds = 1.5;
    while (done && film->shot_count < SHOTS) {
        whelk_op split = {.kind = "split", .shot = first, .at_s = 0.75};
        done = whelk_film_apply(film, &split, NULL, NULL, err);
        whelk_shot *a = done ? &film->shots[0] : NULL, *b = a ? a + 1 : NULL;
        if (b) { /* windows on one take: all of it, for every shot */
            a->trim_out_s = b->trim_in_s = 0;
            whelk_set_text(&b->take, "t01");
        }
    }
    if (done)
        film->seconds = whelk_film_cut_seconds(film);
    done = done && reel_save_film(reel, film, "five hundred shots", err);
    struct run run;
    run_init(&run, reel, NULL, NULL);
    done = done && run_open_generator(&run, err);
    struct shot_request r;
    if (done && shot_request_init(&r, &run, film, 0, -1, err)) {
        char *base = take_base(reel, first, "t01");
        done = whelk_gen_take(run.generator, &r.gen, base, NULL, NULL, err);
        free(base);
        shot_request_release(&r);
    }
    run_release(&run);
    for (int i = 1; done && i < film->shot_count; i++)
        done = take_share(reel, first, "t01", film->shots[i].id, "t01", err);
    free(first);
    whelk_film_free(film);
    return done;
}

static bool make_reel(const char *path, whelk_error *err)
{
    whelk_reel *reel = whelk_reel_open(path, WHELK_REEL_CREATE, err);
    whelk_run_options o = {
        .prompt = "A cat dives into a pool", .width = 64, .height = 36, .steps = 2};
    bool done = reel && whelk_plan(reel, &o, NULL, err) && whelk_shoot(reel, &o, NULL, err) &&
                multiply(reel, err);
    whelk_reel_close(reel);
    return done;
}

int main(void)
{
    static const char *const commands[][5] = {
        {"shots", "REEL"},  {"shots", "REEL", "--json"}, {"shot", "REEL", "show", "0010"},
        {"status", "REEL"}, {"history", "REEL"},         {"take", "REEL", "list"},
        {"title", "REEL"},  {"score", "REEL"},           {"log", "REEL"},
        {"clean", "REEL"},  {"transition", "REEL"},      {"voice", "REEL"},
    };
    whelk_error err = {0};
    char root[] = "/tmp/whelk-bench.XXXXXX", path[64], command[80];
    if (!mkdtemp(root))
        return 1;
    snprintf(path, sizeof path, "%s/long.reel", root);
    bool good = make_reel(path, &err);
    if (!good)
        fprintf(stderr, "bench_reading: %s\n", err.text);
    for (size_t i = 0; good && i < sizeof commands / sizeof commands[0]; i++) {
        double wall = 1e9, cpu = 1e9;
        for (int k = 0; k < RUNS && good; k++) {
            double w, c;
            good = run_whelk(path, commands[i], &w, &c);
            wall = good && w < wall ? w : wall;
            cpu = good && c < cpu ? c : cpu;
        }
        printf("whelk %-8s %-6s on %d shots: %6.1f ms, %6.1f ms of processor%s\n", commands[i][0],
               commands[i][2] ? commands[i][2] : "", SHOTS, wall, cpu,
               cpu > BOUND_MS ? "  (over the bound of 100 ms)" : "");
    }
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 && good ? 0 : 1;
}
