/* The editor against an ffmpeg filter graph making the same film with the same encoder settings, by
 * turns in one run: four takes of 1280x720 (or 60 of them with `bench_editor long`), a crossfade at
 * each of the first three cuts, a title, music. Told: processor seconds, wall seconds and peak
 * memory of each, and their ratio. Both read the same FFV1 takes, whose pictures are moved and
 * grained by ffmpeg's own sources; the rival neither checks its inputs nor its film, ours does. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "editor/editor.h"
#include "pipeline/base/bytes.h"

#define TAKES 4
#define TAKE_S 2.6667 /* 64 frames of 24 a second */
#define FADE_S 0.5
#define ROUNDS 3
#define LONG_TAKES 60
#define LONG_TAKE_S 10.0

struct cost {
    double cpu_s, wall_s, peak_mb;
};

static char folder[64];

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Waits for a child and says what it took; false unless it ended well. */
static bool cost_of(pid_t child, double began, struct cost *out)
{
    struct rusage u;
    int status = 0;
    if (child < 0 || wait4(child, &status, 0, &u) < 0)
        return false;
    out->wall_s = clock_s() - began;
    out->cpu_s = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    out->peak_mb = (double)u.ru_maxrss / 1024;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool run_shell(const char *command, struct cost *out)
{
    double began = clock_s();
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return cost_of(child, began, out);
}

/* The takes as the generator writes them, and music; names 1.mkv to 4.mkv, music.wav. */
static bool make_inputs(int takes, double take_s)
{
    static const char *const sources[TAKES] = {"testsrc2",
                                               "mandelbrot=start_scale=0.5:end_scale=0.3",
                                               "rgbtestsrc", "gradients=speed=0.02"};
    struct cost c;
    char command[800];
    for (int i = 0; i < TAKES; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%ssize=1280x720:rate=24", sources[i],
                 strchr(sources[i], '=') ? ":" : "=");
        snprintf(command, sizeof command,
                 "exec ffmpeg -v error -y -f lavfi -i '%s' -t %g -vf "
                 "noise=alls=2:allf=t,scale=out_color_matrix=bt709 "
                 "-pix_fmt yuv420p -colorspace bt709 -color_primaries bt709 -color_trc bt709 "
                 "-color_range tv "
                 "-c:v ffv1 -level 3 -slices 4 -slicecrc 1 -coder 0 -context 0 -g 1 %s/%d.mkv",
                 name, take_s, folder, i + 1);
        if (!run_shell(command, &c))
            return false;
    }
    snprintf(command, sizeof command,
             "exec ffmpeg -v error -y -f lavfi -i 'sine=330:r=48000' -f lavfi -i "
             "'sine=440:r=48000' -filter_complex amerge "
             "-t %g -c:a pcm_s24le %s/music.wav",
             take_s * takes, folder);
    return run_shell(command, &c);
}

static int edit(int takes, double take_s)
{
    whelk_edit_clip clips[LONG_TAKES] = {0};
    static char paths[LONG_TAKES][16];
    for (int i = 0; i < takes; i++) {
        snprintf(paths[i], sizeof paths[i], "%d.mkv", i % TAKES + 1);
        clips[i] = (whelk_edit_clip){.path = paths[i], .seconds = take_s};
        if (i < TAKES - 1) {
            clips[i].transition = "crossfade";
            clips[i].transition_s = FADE_S;
        }
    }
    whelk_edit_title title = {
        .text = "The Same Film", .kind = "opening", .at_s = 0.5, .seconds = 2};
    whelk_edit film = {.clips = clips,
                       .clip_count = takes,
                       .titles = &title,
                       .title_count = 1,
                       .title = "Bench",
                       .score_file = "music.wav"};
    whelk_error err = {0};
    if (whelk_edit_film(&film, folder, NULL, NULL, &err))
        return 0;
    fprintf(stderr, "bench_editor: %s\n", err.text);
    return 1;
}

static bool run_edit(int takes, double take_s, struct cost *out)
{
    double began = clock_s();
    pid_t child = fork();
    if (child == 0)
        _exit(edit(takes, take_s));
    return cost_of(child, began, out);
}

/* The same cut as a filter graph: xfade at the first three cuts, the other takes joined end to end.
 * The title's picture is the one our own run has drawn. */
static char *rival_command(int takes, double take_s)
{
    struct bytes b;
    bytes_init(&b, 1 << 20);
    bytes_text(&b, "exec ffmpeg -v error -nostdin -y");
    for (int i = 0; i < takes; i++)
        bytes_format(&b, " -i %s/%d.mkv", folder, i % TAKES + 1);
    double length = take_s * takes - FADE_S * (TAKES - 1);
    bytes_format(
        &b, " -loop 1 -framerate 24 -t 2 -i %s/titles/01.png -i %s/music.wav -filter_complex '",
        folder, folder);
    bytes_format(
        &b, "[0][1]xfade=fade:%g:%g[a];[a][2]xfade=fade:%g:%g[b];[b][3]xfade=fade:%g:%g[c];",
        FADE_S, take_s - FADE_S, FADE_S, 2 * (take_s - FADE_S), FADE_S, 3 * (take_s - FADE_S));
    const char *joined = "c";
    if (takes > TAKES) {
        bytes_text(&b, "[c]");
        for (int i = TAKES; i < takes; i++)
            bytes_format(&b, "[%d]", i);
        bytes_format(&b, "concat=n=%d[d];", takes - TAKES + 1);
        joined = "d";
    }
    bytes_format(&b,
                 "[%d]format=yuva420p,fade=in:st=0:d=0.5:alpha=1,fade=out:st=1.5:d=0.5:alpha=1,"
                 "setpts=PTS+0.5/TB[t];"
                 "[%s][t]overlay=x=(W-w)/2:y=(H-h)/"
                 "2:eof_action=pass[v];[%d]atrim=0:%g,afade=out:st=%g:d=1[m]' "
                 "-map '[v]' -map '[m]' -c:v libx264 -preset veryfast -crf 20 -profile:v high "
                 "-pix_fmt yuv420p -g 48 "
                 "-c:a aac -b:a 192k -ar 48000 -movflags faststart -t %g %s/rival.mp4",
                 takes, joined, takes + 1, length, length - 1, length, folder);
    return bytes_take(&b);
}

static int by_cpu(const void *a, const void *b)
{
    const struct cost *x = a, *y = b;
    return (x->cpu_s > y->cpu_s) - (x->cpu_s < y->cpu_s);
}

static bool compare(int takes, double take_s, int rounds)
{
    struct cost ours[ROUNDS], rival[ROUNDS];
    char *command = rival_command(takes, take_s);
    bool good = command != NULL;
    for (int i = 0; good && i < rounds; i++) {
        good = run_edit(takes, take_s, &ours[i]) && run_shell(command, &rival[i]);
        if (good)
            printf("round %d: ours %.2f s processor, %.2f s wall, %.0f MB; ffmpeg %.2f, %.2f, %.0f "
                   "MB\n",
                   i + 1, ours[i].cpu_s, ours[i].wall_s, ours[i].peak_mb, rival[i].cpu_s,
                   rival[i].wall_s, rival[i].peak_mb);
        fflush(stdout);
    }
    free(command);
    if (!good)
        return false;
    qsort(ours, (size_t)rounds, sizeof *ours, by_cpu);
    qsort(rival, (size_t)rounds, sizeof *rival, by_cpu);
    const struct cost *a = &ours[rounds / 2], *b = &rival[rounds / 2];
    printf("median: processor time %.2f times ffmpeg's, wall %.2f times, memory %.0f MB against "
           "%.0f MB\n",
           a->cpu_s / b->cpu_s, a->wall_s / b->wall_s, a->peak_mb, b->peak_mb);
    return true;
}

int main(int argc, char **argv)
{
    bool lasting = argc > 1 && strcmp(argv[1], "long") == 0;
    if (system("ffmpeg -version >/dev/null 2>&1") != 0) {
        printf("bench_editor: there is no ffmpeg to compare with; the package is called so\n");
        return 0;
    }
    snprintf(folder, sizeof folder, "/tmp/whelk-bench-editor-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    int takes = lasting ? LONG_TAKES : TAKES;
    double take_s = lasting ? LONG_TAKE_S : TAKE_S;
    bool good = make_inputs(takes, take_s) && compare(takes, take_s, lasting ? 1 : ROUNDS);
    char command[100];
    struct cost c;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (!getenv("WHELK_BENCH_KEEP"))
        run_shell(command, &c);
    return !good;
}
