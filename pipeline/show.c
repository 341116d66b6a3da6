/* A run as it is seen while it works. On a terminal: reasoning as it comes, and the block of bars
 * below it (show_live.c). Elsewhere: one plain line an event, and now and then one about progress.
 * With --json: the journal's own lines, and progress. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cli.h"
#include "reel.h"

#define PAINT_EVERY_S 0.1

double show_now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static bool is_terminal(FILE *out)
{
    const char *term = getenv("TERM");
    return isatty(fileno(out)) && !(term && strcmp(term, "dumb") == 0);
}

bool show_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR");
    return is_terminal(out) && !(no && *no);
}

int show_width(FILE *out)
{
    struct winsize size;
    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col < 140 ? size.ws_col : 140;
    return 80;
}

void show_text(FILE *out, const char *text, int indent, int width)
{
    char *clean = text_clean(text, true);
    text_wrap(out, clean ? clean : "", indent, width);
    free(clean);
}

void show_clear(struct show *s)
{
    show_thought_end(s);
    show_wait_end(s);
    if (s->live)
        live_paint(s->live);
    live_free(s->live);
    s->live = NULL;
}

void show_pause(struct show *s)
{
    show_thought_end(s);
    show_wait_end(s);
    if (s->live)
        live_wipe(s->live);
}

/* --- Events ---------------------------------------------------------------------------------- */

static const char *colour_of(const char *kind)
{
    static const struct {
        const char *kind, *code;
    } colours[] = {
        {"thought", "\033[36m"}, {"choice", "\033[32m"},  {"warn", "\033[33m"},
        {"error", "\033[31m"},   {"artifact", "\033[1m"},
    };
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        if (strcmp(kind, colours[i].kind) == 0)
            return colours[i].code;
    return "\033[2m";
}

int show_indent(const struct show *s)
{
    return s->width < 2 * SHOW_HEAD ? 2 : SHOW_HEAD;
}

/* stage (6), kind (9), shot (6), then the text. On a terminal the stage is told once. */
static void print_event(struct show *s, const whelk_note *note)
{
    bool again = s->mode == SHOW_LIVE && strcmp(s->stage, note->stage ? note->stage : "") == 0;
    snprintf(s->stage, sizeof s->stage, "%s", note->stage ? note->stage : "");
    fprintf(stderr, "%s%-6s %s%-8s%s %-5s ", s->colour ? "\033[1m" : "", again ? "" : s->stage,
            s->colour ? "\033[0m" : "", note->kind, "", note->shot ? note->shot : "");
    if (s->mode == SHOW_LIVE) {
        int indent = show_indent(s);
        fputs(s->colour ? colour_of(note->kind) : "", stderr);
        if (indent < SHOW_HEAD)
            fprintf(stderr, "\n%*s", indent, "");
        show_text(stderr, note->text ? note->text : "", indent, s->width);
        fputs(s->colour ? "\033[0m" : "", stderr);
        return;
    }
    char *clean = text_clean(note->text ? note->text : "", true);
    for (char *p = clean; p && *p; p++)
        if (*p == '\n')
            *p = ' ';
    fprintf(stderr, "%s\n", clean ? clean : "");
    free(clean);
}

/* The block of bars, made when it is first asked for. */
static struct live *live_of(struct show *s)
{
    if (!s->live)
        s->live = live_new(s);
    return s->live;
}

/* Planning has no bars: its reasoning is what there is to see. */
static bool has_bars(const char *stage)
{
    return stage && strcmp(stage, "plan") != 0;
}

static void show_note(struct show *s, const whelk_note *note)
{
    show_wait_end(s);
    bool seen = show_thought_repeats(s, note);
    struct live *l = s->mode == SHOW_LIVE && has_bars(note->stage) ? live_of(s) : s->live;
    if (l && (seen || live_note(l, note))) {
        live_paint(l);
        return;
    }
    if (seen)
        return;
    if (l)
        live_wipe(l);
    print_event(s, note);
    if (l)
        live_paint(l);
}

static long take_note(void *ctx, const whelk_note *note)
{
    struct show *s = ctx;
    bool end = strcmp(note->kind, "end") == 0;
    if (end)
        snprintf(s->outcome, sizeof s->outcome, "%s", note->text ? note->text : "");
    if (end && s->live)
        live_note(s->live, note);
    s->takes += strcmp(note->kind, "artifact") == 0 && note->shot;
    if (s->mode == SHOW_JSON && !end && s->reel) {
        puts(journal_line(s->reel->journal));
        fflush(stdout);
    }
    /* the end and the error are told when the command ends */
    if (s->mode != SHOW_JSON && s->mode != SHOW_QUIET && !end && strcmp(note->kind, "error") != 0)
        show_note(s, note);
    return 0;
}

/* --- Progress -------------------------------------------------------------------------------- */

static void print_progress_event(const struct show *s, const char *stage, const char *shot,
                                 const char *what, double done, double total, double left_s)
{
    cJSON *o = cJSON_CreateObject();
    if (s->reel)
        cJSON_AddNumberToObject(o, "t", round(journal_clock(s->reel->journal) * 1000) / 1000);
    cJSON_AddStringToObject(o, "stage", stage ? stage : "");
    cJSON_AddStringToObject(o, "kind", "progress");
    if (shot)
        cJSON_AddStringToObject(o, "shot", shot);
    cJSON_AddStringToObject(o, "what", what);
    cJSON_AddNumberToObject(o, "done", round(done * 1000) / 1000);
    cJSON_AddNumberToObject(o, "total", round(total * 1000) / 1000);
    if (left_s >= 0)
        cJSON_AddNumberToObject(o, "left_s", round(left_s * 10) / 10);
    char *line = cJSON_PrintUnformatted(o);
    if (line)
        puts(line);
    fflush(stdout);
    cJSON_free(line);
    cJSON_Delete(o);
}

static void print_progress_line(const char *stage, const char *shot, const char *what, double done,
                                double total, double left_s)
{
    char left[32] = "";
    if (left_s >= 0)
        show_duration(left_s, left, sizeof left);
    if (strcmp(what, "film") == 0)
        fprintf(stderr, "%-6s progress       the film: about %s left\n", stage, left);
    else
        fprintf(stderr, "%-6s progress %-5s %s %.0f of %.0f\n", stage, shot ? shot : "", what, done,
                total);
}

/* The film's progress comes right after each one of a shot, and is as due as that. */
static bool take_progress(void *ctx, const char *stage, const char *shot, const char *what,
                          double done, double total, double left_s)
{
    struct show *s = ctx;
    bool film = strcmp(what, "film") == 0, question = strcmp(what, "stage") == 0;
    bool wait = strcmp(what, "wait") == 0 || strcmp(what, "answer") == 0;
    if (question || s->mode == SHOW_QUIET)
        return !cli_interrupted();
    stage = stage ? stage : "";
    if (wait && s->mode != SHOW_JSON) {
        show_wait(s, stage, what, done);
        return !cli_interrupted();
    }
    show_wait_end(s);
    if (s->mode == SHOW_LIVE && live_of(s))
        live_progress(s->live, stage, shot, what, done, total, left_s);
    double now = show_now_s(),
           every = wait ? 1 : s->mode == SHOW_PLAIN ? PLAIN_EVERY_S : PAINT_EVERY_S;
    if (!film)
        s->due = now - s->told_at_s >= every || (done >= total && s->mode != SHOW_PLAIN);
    if (s->due) {
        s->told_at_s = now;
        if (s->mode == SHOW_JSON)
            print_progress_event(s, stage, shot, what, done, total, left_s);
        else if (s->mode == SHOW_PLAIN && (!film || left_s >= 0))
            print_progress_line(stage, shot, what, done, total, left_s);
        else if (s->live)
            live_paint(s->live);
    }
    return !cli_interrupted();
}

static void take_picture(void *ctx, const char *shot, const uint8_t *rgb, int width, int height)
{
    struct show *s = ctx;
    if (live_of(s))
        live_picture(s->live, shot, rgb, width, height);
}

void show_init(struct show *s, bool json, bool quiet)
{
    *s = (struct show){
        .listener = {.note = take_note, .progress = take_progress, .live = show_thought}};
    s->listener.ctx = s;
    s->told_at_s = show_now_s();
    s->mode = json ? SHOW_JSON : quiet ? SHOW_QUIET : is_terminal(stderr) ? SHOW_LIVE : SHOW_PLAIN;
    s->colour = s->mode == SHOW_LIVE && show_colour(stderr);
    s->width = show_width(stderr);
    if (s->colour)
        s->listener.picture = take_picture;
}
