/* whelk status: how a reel stands, in ten lines. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"
#include "cli.h"
#include "reading.h"

static const struct opt_row rows[] = {
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of another model, or the name of a pulled one"},
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "as one JSON object"},
    {0},
};

struct status {
    whelk_film *film;        /* NULL = none that can be read: film_fault says why */
    enum shot_state *states; /* NULL = cannot be told: state_fault says why */
    int count[SHOT_STATES];
    long holder;          /* pid of a writer at work; 0 = none */
    long long film_bytes; /* < 0 = no film */
    bool outdated;        /* it was cut from another storyboard */
    whelk_error film_fault, state_fault;
};

static long find_holder(const whelk_reel *reel)
{
    char *path = reel_file(reel, "lock"), text[32] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    free(path);
    if (fd < 0)
        return 0;
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    return held && got > 0 ? strtol(text, NULL, 10) : 0;
}

/* Reels of before this was noted are believed. */
static bool is_outdated(whelk_reel *reel)
{
    const char *cut = json_text(reel_state(reel, "cut"), "story");
    char now[DIGEST_TEXT];
    return cut && cut_story_digest(reel, now) && strcmp(cut, now) != 0;
}

static void look(struct status *s, whelk_reel *reel, const whelk_run_options *options)
{
    struct stat st;
    s->holder = find_holder(reel);
    s->film_bytes = stat(reel->film_path, &st) == 0 ? (long long)st.st_size : -1;
    s->film = reel_load_film(reel, &s->film_fault);
    if (!s->film)
        return;
    struct run run;
    run_init(&run, reel, options, NULL);
    run.only_looks = true;
    s->states = calloc((size_t)s->film->shot_count + 1, sizeof *s->states);
    if (s->states && !shot_states(&run, s->film, s->states, &s->state_fault)) {
        free(s->states);
        s->states = NULL;
    }
    for (int i = 0; s->states && i < s->film->shot_count; i++)
        s->count[shot_is_kept(&s->film->shots[i], s->states[i]) ? SHOT_CLEAN : s->states[i]]++;
    s->outdated = s->film_bytes >= 0 && is_outdated(reel);
    run_release(&run);
}

static const char *state_word(const struct status *s, int index, const char *clean)
{
    const char *const words[] = {clean, "stale", "missing", "failed"};
    return shot_is_kept(&s->film->shots[index], s->states[index]) ? "locked"
                                                                  : words[s->states[index]];
}

static const char *next_step(const struct status *s)
{
    if (s->holder)
        return "a run is at work";
    if (!s->film)
        return s->film_fault.code == WHELK_EUSAGE ? "whelk run makes the plan and the film"
                                                  : "mend the storyboard";
    if (s->states && (s->count[SHOT_STALE] || s->count[SHOT_MISSING]))
        return "whelk run makes what is stale or missing and cuts the film";
    if (s->states && s->count[SHOT_FAILED])
        return "whelk shoot REEL SHOT makes another take of what failed; locking a shot accepts it";
    return s->film_bytes < 0 ? "whelk cut makes the film"
           : s->outdated     ? "whelk cut puts into the film what was changed since"
                             : "nothing is left to do";
}

/* Somebody's own words: one line of them. */
static void print_words(const char *name, const char *words)
{
    printf("%-11s", name);
    print_cell(words, show_width(stdout) - 11, false);
    putchar('\n');
}

static void print_takes(const struct status *s)
{
    if (!s->states) {
        print_row(11, "takes", "cannot be told: %s", s->state_fault.text);
        return;
    }
    char shots[160] = "";
    for (int i = 0; i < s->film->shot_count && i < 6; i++)
        snprintf(shots + strlen(shots), sizeof shots - strlen(shots), "%s%.10s %s", i ? ", " : "",
                 s->film->shots[i].id, state_word(s, i, "stands"));
    print_row(11, "takes", "%d of %d stand, %d stale, %d missing, %d failed", s->count[SHOT_CLEAN],
              s->film->shot_count, s->count[SHOT_STALE], s->count[SHOT_MISSING],
              s->count[SHOT_FAILED]);
    print_row(11, "shots", "%s%s", shots, s->film->shot_count > 6 ? ", ..." : "");
}

static void print_status(const struct status *s, const whelk_reel *reel)
{
    const whelk_film *f = s->film;
    print_row(11, "reel", "%s", reel->path);
    print_words("prompt", reel->prompt ? reel->prompt : "none");
    if (!f) {
        print_row(11, "plan", "%s", s->film_fault.text);
    } else {
        print_words("title", f->title ? f->title : "none");
        print_row(11, "plan", "%d shots, %.1f seconds, by %s", f->shot_count,
                  whelk_film_cut_seconds(f), f->planner ? f->planner : "hand");
        print_row(11, "frame", "%dx%d at %g a second", f->width, f->height, f->fps);
        print_takes(s);
    }
    if (s->film_bytes < 0)
        print_row(11, "film", "not yet");
    else
        print_row(11, "film", "%s, %.1f MB%s", reel->film_path, (double)s->film_bytes / 1e6,
                  s->outdated ? ", of an earlier storyboard" : "");
    if (s->holder)
        print_row(11, "in use", "by process %ld", s->holder);
    print_row(11, "next", "%s", next_step(s));
}

static void print_json(const struct status *s, whelk_reel *reel)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "reel", reel->path);
    cJSON_AddStringToObject(o, "prompt", reel->prompt ? reel->prompt : "");
    if (!s->film)
        cJSON_AddStringToObject(o, "plan_fault", s->film_fault.text);
    if (s->film && !s->states)
        cJSON_AddStringToObject(o, "takes_fault", s->state_fault.text);
    cJSON *shots = cJSON_AddArrayToObject(o, "shots");
    for (int i = 0; s->film && i < s->film->shot_count; i++) {
        cJSON *shot = cJSON_CreateObject();
        cJSON_AddStringToObject(shot, "id", s->film->shots[i].id);
        if (s->film->shots[i].take)
            cJSON_AddStringToObject(shot, "take", s->film->shots[i].take);
        if (s->states)
            cJSON_AddStringToObject(shot, "state", state_word(s, i, "clean"));
        const char *fault = shot_failure(reel, &s->film->shots[i]);
        if (fault)
            cJSON_AddStringToObject(shot, "fault", fault);
        cJSON_AddItemToArray(shots, shot);
    }
    if (s->film_bytes >= 0)
        cJSON_AddStringToObject(o, "film", reel->film_path);
    if (s->outdated)
        cJSON_AddBoolToObject(o, "outdated", true);
    if (s->holder)
        cJSON_AddNumberToObject(o, "holder", (double)s->holder);
    cJSON_AddStringToObject(o, "next", next_step(s));
    char *line = cJSON_PrintUnformatted(o);
    if (line)
        puts(line);
    cJSON_free(line);
    cJSON_Delete(o);
}

static int run(struct call *call)
{
    whelk_error err = {0};
    bool json = call->v.json;
    call->show.mode = SHOW_PLAIN;
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, &err);
    if (!reel)
        return cli_fail(call, &err);
    struct status status = {0};
    whelk_run_options options = cli_run_options(call);
    look(&status, reel, &options);
    if (json)
        print_json(&status, reel);
    else
        print_status(&status, reel);
    free(status.states);
    whelk_film_free(status.film);
    whelk_reel_close(reel);
    return WHELK_OK;
}

const struct command cmd_status = {
    .name = "status",
    .summary = "how a reel stands: plan, takes, film, next step",
    .words = "REEL",
    .examples = "  whelk status cat.reel\n",
    .rows = rows,
    .run = run,
};
