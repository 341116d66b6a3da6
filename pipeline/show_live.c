/* The block of bars on a terminal: a row for every shot, one for the cut, one for the whole film
 * with the time left. It stands below the events and is painted over itself; of a film of many
 * shots it shows those at work and counts the others. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "picture.h"
#include "reel.h"
#include "show.h"

#define BAR 24 /* columns */
#define MOST_ROWS 12
#define LEAST_LINES 18 /* of a terminal that has room for a sketch */
#define LEAST_COLUMNS 40
/* Shares of a take's time, measured: denoising, then frames; what is left is the look at it. */
#define STEPS_SHARE 0.3
#define FRAMES_SHARE 0.62

enum row_state { ROW_WAITS, ROW_WORKS, ROW_DONE, ROW_STANDS, ROW_FAILED };

struct row {
    char name[12];
    enum row_state state;
    double share; /* of its bar, 0..1 */
    char words[80];
};

struct live {
    struct row *shots, cut, film;
    int shot_count;
    bool shooting; /* takes are made: their rows are shown */
    bool whole;    /* the cut follows: its row is shown from the start */
    bool colour, utf8;
    int painted;     /* lines of the block that stand on the terminal */
    uint8_t *sketch; /* of the shot under way, as it is drawn; NULL = none */
    int sketch_width, sketch_height;
    int sketch_lines; /* of it that stand on the terminal, above the block */
};

void show_duration(double s, char *out, size_t size)
{
    if (s < 90)
        snprintf(out, size, "%.0f s", ceil(s));
    else if (s < 5400)
        snprintf(out, size, "%.0f min", ceil(s / 60));
    else
        snprintf(out, size, "%d h %d min", (int)(s / 3600), (int)fmod(s / 60, 60));
}

static bool is_among(const char *id, const char *const *only)
{
    for (const char *const *o = only; o && *o; o++)
        if (strcmp(*o, id) == 0)
            return true;
    return !only;
}

static void read_shots(struct live *l, const struct show *s)
{
    whelk_film *film = s->reel ? reel_load_film(s->reel, NULL) : NULL;
    l->shots = film ? calloc((size_t)film->shot_count + 1, sizeof *l->shots) : NULL;
    for (int i = 0; l->shots && i < film->shot_count; i++)
        if (is_among(film->shots[i].id, s->only))
            snprintf(l->shots[l->shot_count++].name, sizeof l->shots->name, "%s",
                     film->shots[i].id);
    whelk_film_free(film);
}

struct live *live_new(const struct show *s)
{
    struct live *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->colour = s->colour;
    l->whole = s->whole;
    l->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    snprintf(l->cut.name, sizeof l->cut.name, "cut");
    snprintf(l->film.name, sizeof l->film.name, "film");
    read_shots(l, s);
    return l;
}

void live_free(struct live *l)
{
    if (l) {
        free(l->shots);
        free(l->sketch);
    }
    free(l);
}

/* --- What happens ----------------------------------------------------------------------------- */

static struct row *row_of(struct live *l, const char *shot)
{
    for (int i = 0; shot && i < l->shot_count; i++)
        if (strcmp(l->shots[i].name, shot) == 0)
            return &l->shots[i];
    return NULL;
}

/* A shot that came up while others were made: its row stands where its number belongs. */
static struct row *add_row(struct live *l, const char *shot)
{
    struct row *more = realloc(l->shots, ((size_t)l->shot_count + 1) * sizeof *more);
    int at = l->shot_count;
    if (!more)
        return NULL;
    l->shots = more;
    for (; at > 0 && strcmp(more[at - 1].name, shot) > 0; at--)
        more[at] = more[at - 1];
    l->shot_count++;
    more[at] = (struct row){.state = ROW_WAITS};
    snprintf(more[at].name, sizeof more[at].name, "%s", shot);
    return &more[at];
}

static void put_words(struct row *r, const char *words)
{
    snprintf(r->words, sizeof r->words, "%s", words);
}

/* Shots that the run passed by need no take: theirs stand. */
static void begin_cut(struct live *l)
{
    for (int i = 0; i < l->shot_count; i++)
        if (l->shots[i].state == ROW_WAITS) {
            l->shots[i].state = ROW_STANDS;
            put_words(&l->shots[i], "stands");
        }
    l->cut.state = ROW_WORKS;
}

static void note_work(struct row *r, const cJSON *data)
{
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(data, "seconds");
    const cJSON *frames = cJSON_GetObjectItemCaseSensitive(data, "frames");
    r->state = ROW_WORKS;
    r->share = STEPS_SHARE + FRAMES_SHARE;
    if (cJSON_IsNumber(seconds) && cJSON_IsNumber(frames))
        snprintf(r->words, sizeof r->words, "%.0f frames in %.1f s", frames->valuedouble,
                 seconds->valuedouble);
}

/* How it ended, for what stays on the terminal. */
static void note_end(struct live *l, const cJSON *data)
{
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(data, "seconds");
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(data, "code");
    bool done = cJSON_IsNumber(code) && code->valueint == 0;
    if (l->cut.state == ROW_WORKS && done) {
        l->cut.state = ROW_DONE;
        l->cut.share = 1;
    }
    if (l->film.state == ROW_WAITS)
        return;
    bool paused = done && l->whole && l->cut.state == ROW_WAITS;
    if (done && !paused) {
        l->film.state = ROW_DONE;
        l->film.share = 1;
    }
    if (cJSON_IsNumber(seconds))
        snprintf(l->film.words, sizeof l->film.words, "%s after %.1f s",
                 paused ? "paused"
                 : done ? "done"
                        : "stopped",
                 seconds->valuedouble);
}

bool live_note(struct live *l, const whelk_note *note)
{
    bool cutting = note->stage && strcmp(note->stage, "cut") == 0;
    bool shooting = note->stage && strcmp(note->stage, "shoot") == 0;
    struct row *r = row_of(l, note->shot);
    if (shooting && note->shot && !r && l->shooting)
        r = add_row(l, note->shot);
    cJSON *data = note->data_json ? cJSON_Parse(note->data_json) : NULL;
    bool bad = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(data, "good")), told = false;
    l->shooting = l->shooting || (shooting && r);
    if (cutting && l->cut.state == ROW_WAITS)
        begin_cut(l);
    if (strcmp(note->kind, "work") == 0 && (cutting || (shooting && r))) {
        if (r)
            note_work(r, data);
        told = true;
    } else if (strcmp(note->kind, "artifact") == 0 && (cutting || (shooting && r))) {
        told = true;
    } else if (strcmp(note->kind, "review") == 0 && !bad && (cutting || r)) {
        if (r) {
            r->state = ROW_DONE;
            r->share = 1;
        }
        told = true;
    }
    const char *failed = json_text(data, "failed");
    if (r && failed) {
        r->state = ROW_FAILED;
        snprintf(r->words, sizeof r->words, "failed: %s", failed);
    }
    if (strcmp(note->kind, "end") == 0)
        note_end(l, data);
    cJSON_Delete(data);
    return told;
}

static void work_on(struct row *r, double share, const char *what, double done, double total,
                    double left_s)
{
    char left[32] = "";
    r->state = ROW_WORKS;
    r->share = share;
    if (left_s >= 0)
        show_duration(left_s, left, sizeof left);
    snprintf(r->words, sizeof r->words, "%s %.0f of %.0f%s%s", what, done, total,
             left[0] ? ", " : "", left);
}

static void drop_sketch(struct live *l)
{
    free(l->sketch);
    l->sketch = NULL;
}

void live_progress(struct live *l, const char *stage, const char *shot, const char *what,
                   double done, double total, double left_s)
{
    double share = total > 0 ? fmin(1, fmax(0, done / total)) : 0;
    struct row *r = row_of(l, shot);
    if (strcmp(what, "film") == 0) {
        char left[32];
        if (left_s < 0)
            return;
        show_duration(left_s, left, sizeof left);
        l->film.state = ROW_WORKS;
        l->film.share = fmax(l->film.share, share); /* an estimate that grew takes nothing back */
        snprintf(l->film.words, sizeof l->film.words, "%.0f %%, about %s left", 100 * l->film.share,
                 left);
    } else if (strcmp(stage, "shoot") == 0 && r) {
        l->shooting = true;
        if (strcmp(what, "step") != 0)
            drop_sketch(l); /* the frames themselves come */
        double before = STEPS_SHARE + FRAMES_SHARE;
        if (strcmp(what, "look") == 0) { /* its words stay: what making it took */
            r->share = before + (1 - before) * share;
            return;
        }
        bool steps = strcmp(what, "step") == 0;
        work_on(r, steps ? STEPS_SHARE * share : STEPS_SHARE + FRAMES_SHARE * share, what, done,
                total, left_s);
    } else {
        if (strcmp(stage, "cut") != 0)
            snprintf(l->cut.name, sizeof l->cut.name, "%.11s", stage);
        else if (l->cut.state == ROW_WAITS)
            begin_cut(l);
        work_on(&l->cut, share, what, done, total, left_s);
    }
}

/* --- The sketch ------------------------------------------------------------------------------- */

/* The mean of what lies under one of to_width x to_height pixels. */
static void mean_pixel(const uint8_t *rgb, int width, int height, const struct live *l, int x,
                       int y, uint8_t *out)
{
    int left = x * width / l->sketch_width, right = (x + 1) * width / l->sketch_width,
        top = y * height / l->sketch_height, bottom = (y + 1) * height / l->sketch_height;
    long sum[3] = {0}, count = (long)(right - left) * (bottom - top);
    for (int row = top; row < bottom; row++)
        for (int at = left; at < right; at++)
            for (int c = 0; c < 3; c++)
                sum[c] += rgb[3 * ((long)row * width + at) + c];
    for (int c = 0; c < 3; c++)
        out[c] = (uint8_t)(sum[c] / count);
}

/* At most a third of the terminal's lines, two rows of pixels a line; never enlarged. */
void live_picture(struct live *l, const char *shot, const uint8_t *rgb, int width, int height)
{
    struct winsize size = {0};
    const struct row *r = row_of(l, shot);
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    int most = size.ws_row / 3 * 2, columns = size.ws_col - 1;
    bool shows =
        l->utf8 && l->colour && r && size.ws_row >= LEAST_LINES && columns >= LEAST_COLUMNS;
    if (!shows && !l->sketch)
        return;
    drop_sketch(l);
    live_wipe(l);
    if (!shows) {
        live_paint(l);
        return;
    }
    double scale = fmin(1, fmin((double)columns / width, (double)most / height));
    l->sketch_width = (int)fmax(1, width * scale);
    l->sketch_height = (int)fmax(1, height * scale);
    l->sketch = malloc(3 * (size_t)l->sketch_width * (size_t)l->sketch_height);
    for (int y = 0; l->sketch && y < l->sketch_height; y++)
        for (int x = 0; x < l->sketch_width; x++)
            mean_pixel(rgb, width, height, l, x, y, l->sketch + 3 * (y * l->sketch_width + x));
    live_paint(l);
}

/* It is drawn when it is new and left alone while the rows below are painted over themselves. */
static void paint_sketch(struct live *l, int width)
{
    if (!l->sketch || l->sketch_width >= width)
        drop_sketch(l);
    if (!l->sketch)
        return;
    picture_draw(stderr, PICTURE_BLOCKS, l->sketch, l->sketch_width, l->sketch_height);
    l->sketch_lines = (l->sketch_height + 1) / 2;
}

/* --- Painting --------------------------------------------------------------------------------- */

static void paint_bar(const struct live *l, const struct row *r)
{
    const char *colour = r->state == ROW_FAILED                           ? "\033[31m"
                         : r->state == ROW_DONE || r->state == ROW_STANDS ? "\033[32m"
                                                                          : "\033[36m";
    int halves = (int)(r->share * BAR * 2 + 0.5), full = l->utf8 ? halves / 2 : (halves + 1) / 2;
    fputs(l->colour ? colour : "", stderr);
    for (int i = 0; i < full; i++)
        fputs(l->utf8 ? "━" : "#", stderr);
    if (l->utf8 && halves % 2) {
        fputs("╸", stderr);
        full++;
    }
    fputs(l->colour ? "\033[0;2m" : "", stderr);
    for (int i = full; i < BAR; i++)
        fputs(l->utf8 ? "─" : "-", stderr);
    fputs(l->colour ? "\033[0m" : "", stderr);
}

/* "  0020  ━━━━━━━━╸━━━━━  frame 14 of 48, 4 s", cut to the terminal's width. */
static void paint_row(struct live *l, const struct row *r, int width)
{
    bool quiet = r->state == ROW_WAITS || r->state == ROW_STANDS;
    const char *words = r->state == ROW_WAITS ? "waits" : r->words;
    bool bar = width >= 60;
    int room = width - (bar ? BAR : 0) - 12; /* what stands before, and the last column */
    fprintf(stderr, "  %s%-6s%s ", l->colour && !quiet ? "\033[1m" : "", r->name,
            l->colour && !quiet ? "\033[0m" : "");
    if (bar && r->state == ROW_STANDS)
        fprintf(stderr, "%*s", BAR, "");
    else if (bar)
        paint_bar(l, r);
    fprintf(stderr, "  %s%.*s%s\033[K\n", l->colour && quiet ? "\033[2m" : "", room > 0 ? room : 0,
            words, l->colour && quiet ? "\033[0m" : "");
    l->painted++;
}

static void paint_count(struct live *l, int count, const char *words)
{
    if (!count)
        return;
    fprintf(stderr, "  %s%d %s%s\033[K\n", l->colour ? "\033[2m" : "", count, words,
            l->colour ? "\033[0m" : "");
    l->painted++;
}

/* As many shots as have room: those at work are always among them. */
static void paint_shots(struct live *l, int rows, int width)
{
    int first = 0, ready = 0;
    for (int i = 0; i < l->shot_count; i++)
        ready += l->shots[i].state == ROW_DONE || l->shots[i].state == ROW_STANDS;
    if (l->shot_count <= rows) {
        rows = l->shot_count;
    } else {
        rows -= 2; /* for the counts */
        for (int i = 0; i < l->shot_count; i++)
            if (l->shots[i].state == ROW_WORKS)
                first = i - 1;
        first = first < 0 ? 0 : first > l->shot_count - rows ? l->shot_count - rows : first;
        int above = 0;
        for (int i = 0; i < first; i++)
            above += l->shots[i].state != ROW_WAITS;
        paint_count(l, above, "shots above are there");
        ready = above;
    }
    for (int i = first; i < first + rows; i++)
        paint_row(l, &l->shots[i], width);
    if (rows < l->shot_count)
        paint_count(l, l->shot_count - rows - ready, "more shots wait");
}

void live_wipe(struct live *l)
{
    if (l->painted + l->sketch_lines)
        fprintf(stderr, "\033[%dA\r\033[J", l->painted + l->sketch_lines);
    l->painted = l->sketch_lines = 0;
}

void live_paint(struct live *l)
{
    struct winsize size = {0};
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    int width = size.ws_col >= 20 ? size.ws_col : 80, height = size.ws_row >= 6 ? size.ws_row : 24;
    int rows = height / 2 - 2 < MOST_ROWS ? height / 2 - 2 : MOST_ROWS;
    if (!l->sketch != !l->sketch_lines) {
        live_wipe(l);
        paint_sketch(l, width);
    } else if (l->painted) {
        fprintf(stderr, "\033[%dA\r", l->painted);
    }
    l->painted = 0;
    if (l->shooting)
        paint_shots(l, rows < 3 ? 3 : rows, width);
    if (l->whole || l->cut.state != ROW_WAITS)
        paint_row(l, &l->cut, width);
    if (l->film.state != ROW_WAITS)
        paint_row(l, &l->film, width);
    fputs("\033[J", stderr);
    fflush(stderr);
}
