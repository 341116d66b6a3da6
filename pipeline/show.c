/* A run as it is seen while it works. On a terminal: reasoning as it comes, and one line at the
 * bottom with bar, step and time left for the shot and the film. Elsewhere: one plain line an
 * event. With --json: the journal's own lines, and progress. */
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

#define INDENT 22 /* columns before the text of an event */
#define PAINT_EVERY_S 0.1

static double now_s(void)
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
    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
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
    if (s->painted)
        fputs("\r\033[K", stderr);
    s->painted = false;
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

/* stage (6), kind (9), shot (6), then the text. On a terminal the stage is told once. */
static void print_event(struct show *s, const whelk_note *note)
{
    bool again = s->mode == SHOW_LIVE && strcmp(s->stage, note->stage ? note->stage : "") == 0;
    snprintf(s->stage, sizeof s->stage, "%s", note->stage ? note->stage : "");
    fprintf(stderr, "%s%-6s %s%-8s%s %-5s ", s->colour ? "\033[1m" : "", again ? "" : s->stage,
            s->colour ? "\033[0m" : "", note->kind, "", note->shot ? note->shot : "");
    if (s->mode == SHOW_LIVE) {
        fputs(s->colour ? colour_of(note->kind) : "", stderr);
        show_text(stderr, note->text ? note->text : "", INDENT, s->width);
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

static long take_note(void *ctx, const whelk_note *note)
{
    struct show *s = ctx;
    bool end = strcmp(note->kind, "end") == 0;
    if (end)
        snprintf(s->outcome, sizeof s->outcome, "%s", note->text ? note->text : "");
    s->takes += strcmp(note->kind, "artifact") == 0 && note->shot;
    if (s->mode == SHOW_JSON && !end && s->reel) {
        puts(journal_line(s->reel->journal));
        fflush(stdout);
    }
    if (s->mode == SHOW_JSON || s->mode == SHOW_QUIET || end || strcmp(note->kind, "error") == 0)
        return 0; /* the end and the error are told when the command ends */
    show_clear(s);
    print_event(s, note);
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

static void duration(double s, char *out, size_t size)
{
    if (s < 0)
        out[0] = '\0';
    else if (s < 90)
        snprintf(out, size, "%.0f s left", ceil(s));
    else
        snprintf(out, size, "%.0f min left", ceil(s / 60));
}

static void paint(struct show *s, const char *stage, const char *shot, const char *what,
                  double done, double total, double left_s)
{
    char left[32], line[320], bar[21];
    double share = total > 0 ? fmin(1, fmax(0, done / total)) : 0;
    for (int i = 0; i < 20; i++)
        bar[i] = i < (int)(share * 20 + 0.5) ? '#' : '-';
    bar[20] = '\0';
    duration(left_s, left, sizeof left);
    int used = snprintf(line, sizeof line, "%s%s [%s] %s %.0f/%.0f %s", shot ? "shot " : "",
                        shot ? shot : stage, bar, what, done, total, left);
    if (s->film[0] && used > 0 && used < (int)sizeof line)
        snprintf(line + used, sizeof line - (size_t)used, "%*s%s", used < 52 ? 52 - used : 2, "",
                 s->film);
    if ((int)strlen(line) >= s->width)
        line[s->width - 1] = '\0';
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    s->painted = true;
}

/* The film's own progress comes right after each one of a shot, and waits for the next line
 * painted. */
static void note_film(struct show *s, double done, double total, double left_s)
{
    char left[32];
    duration(left_s, left, sizeof left);
    if (total > 0 && left_s >= 0)
        snprintf(s->film, sizeof s->film, "film %.0f %%, about %s", 100 * fmin(1, done / total),
                 left);
}

static bool take_progress(void *ctx, const char *stage, const char *shot, const char *what,
                          double done, double total, double left_s)
{
    struct show *s = ctx;
    bool film = strcmp(what, "film") == 0, question = strcmp(what, "stage") == 0;
    if (film)
        note_film(s, done, total, left_s);
    if (question || (s->mode != SHOW_LIVE && s->mode != SHOW_JSON))
        return !cli_interrupted();
    double now = now_s();
    if (!film) /* the film's follows at once, and is as due */
        s->due = now - s->painted_at_s >= PAINT_EVERY_S || done >= total;
    if (s->mode == SHOW_JSON && s->due)
        print_progress_event(s, stage, shot, what, done, total, left_s);
    else if (s->due && !film)
        paint(s, stage, shot, what, done, total, left_s);
    if (s->due)
        s->painted_at_s = now;
    return !cli_interrupted();
}

void show_init(struct show *s, bool json, bool quiet)
{
    *s = (struct show){.listener = {.note = take_note, .progress = take_progress}};
    s->listener.ctx = s;
    s->mode = json ? SHOW_JSON : quiet ? SHOW_QUIET : is_terminal(stderr) ? SHOW_LIVE : SHOW_PLAIN;
    s->colour = s->mode == SHOW_LIVE && show_colour(stderr);
    s->width = show_width(stderr);
}
