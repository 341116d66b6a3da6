/* From the line of text to the film: runs the built `whelk` once in a folder of its own and tells
 * how long it took against the film's own length, where the time went (from the film's own journal)
 * and the peak memory of the process. */
#define _GNU_SOURCE
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/base/file.h"

struct times {
    double film_s, denoise_s, decode_s, compose_s, write_s, score_s, render_s;
    int takes;
};

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double number(const cJSON *event, const char *name)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(event, name);
    return cJSON_IsNumber(n) ? n->valuedouble : 0;
}

static void add_event(struct times *t, const cJSON *event)
{
    if (cJSON_GetObjectItemCaseSensitive(event, "denoise_s"))
        t->takes++;
    t->denoise_s += number(event, "denoise_s");
    t->decode_s += number(event, "decode_s");
    t->compose_s += number(event, "compose_s");
    t->write_s += number(event, "write_s");
    t->score_s += number(event, "score_s");
    t->render_s += number(event, "render_s");
    if (cJSON_GetObjectItemCaseSensitive(event, "loudness_lufs"))
        t->film_s = number(event, "seconds");
}

static bool read_journal(const char *reel, struct times *t)
{
    whelk_error err = {0};
    char *path = file_join(reel, "log.jsonl"), *text = NULL;
    if (!path || !file_read(path, 64 << 20, &text, NULL, &err)) {
        fprintf(stderr, "bench_film: %s\n", err.text);
        free(path);
        return false;
    }
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *event = cJSON_Parse(line);
        add_event(t, event);
        cJSON_Delete(event);
    }
    free(text);
    free(path);
    return t->film_s > 0;
}

static int run_whelk(const char *reel, struct rusage *used)
{
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        execl("build/whelk", "whelk", "run", "A cat dives from a springboard into a pool", "-o",
              reel, "--quiet", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || wait4(child, &status, 0, used) < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
    char folder[] = "/tmp/whelk-bench.XXXXXX", reel[64], clean[96];
    if (!mkdtemp(folder))
        return 1;
    snprintf(reel, sizeof reel, "%s/dive.reel", folder);
    snprintf(clean, sizeof clean, "rm -rf %s", folder);

    struct rusage used = {0};
    struct times t = {0};
    double began = clock_s();
    int code = run_whelk(reel, &used);
    double wall = clock_s() - began;
    bool whole = code == 0 && read_journal(reel, &t);
    if (system(clean) != 0)
        fprintf(stderr, "bench_film: %s stays\n", folder);
    if (!whole) {
        fprintf(stderr, "bench_film: the film was not made (exit code %d)\n", code);
        return 1;
    }
    double known = t.denoise_s + t.decode_s + t.compose_s + t.write_s + t.score_s + t.render_s;
    printf("film of %d shots, %.1f s at 1280x720, 24 fps, on %ld cores\n", t.takes, t.film_s,
           sysconf(_SC_NPROCESSORS_ONLN));
    printf("  line to film    %6.2f s   %.2f times the film's length (at most 2, aim 1)\n", wall,
           wall / t.film_s);
    printf("  denoise         %6.2f s   %4.1f %%\n", t.denoise_s, 100 * t.denoise_s / wall);
    printf("  decode          %6.2f s   %4.1f %%\n", t.decode_s, 100 * t.decode_s / wall);
    printf("  compose         %6.2f s   %4.1f %%\n", t.compose_s, 100 * t.compose_s / wall);
    printf("  write           %6.2f s   %4.1f %%\n", t.write_s, 100 * t.write_s / wall);
    printf("  score           %6.2f s   %4.1f %%\n", t.score_s, 100 * t.score_s / wall);
    printf("  cut             %6.2f s   %4.1f %%\n", t.render_s, 100 * t.render_s / wall);
    printf("  plan, checks    %6.2f s   %4.1f %%\n", wall - known, 100 * (wall - known) / wall);
    printf("  processor time  %6.2f s   user and system, all threads\n",
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec));
    printf("  peak memory     %6.0f MB  %.2f of the 1000 MB allowed\n",
           (double)used.ru_maxrss / 1024 * 1.048576,
           (double)used.ru_maxrss / 1024 * 1.048576 / 1000);
    return 0;
}
