/* whelk edit: a change in plain words. The operations it comes to are shown, and done after a yes:
 * all or none, each an event with the words as its reason, together one step of the history. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli.h"
#include "stage.h"

static const struct opt_row rows[] = {
    {'y', "yes", OPT_FLAG, NULL, CLI_AT(yes), .help = "do it without asking"},
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of another model"},
    CLI_ROWS_SHOW,
    {0},
};

struct edit {
    struct call *call;
    const char *words;
    whelk_reel *reel;
    struct run run;
    whelk_film *film;
    whelk_op *ops;
    int count;
};

static bool open_edit(struct edit *e, enum whelk_reel_mode mode, const whelk_run_options *options,
                      const whelk_listener *listen, whelk_error *err)
{
    e->reel = whelk_reel_open(e->call->reel_path, mode, err);
    if (!e->reel)
        return false;
    run_init(&e->run, e->reel, options, listen);
    e->film = reel_load_film(e->reel, err);
    return e->film && run_open_generator(&e->run, err);
}

static void close_edit(struct edit *e)
{
    whelk_film_free(e->film);
    if (e->reel)
        run_release(&e->run);
    whelk_reel_close(e->reel);
    e->film = NULL;
    e->reel = NULL;
}

static char *op_words(const struct edit *e, int i)
{
    return e->call->show.mode == SHOW_JSON ? whelk_op_json(&e->ops[i]) : whelk_op_text(&e->ops[i]);
}

static void print_ops(const struct edit *e)
{
    bool json = e->call->show.mode == SHOW_JSON;
    for (int i = 0; i < e->count && e->call->show.mode != SHOW_QUIET; i++) {
        char *text = op_words(e, i);
        printf(json ? "{\"kind\":\"op\",\"op\":%s}\n" : "  %s\n", text ? text : "{}");
        free(text);
    }
    fflush(stdout);
}

/* A yes on the terminal. Where nobody can be asked there is none. */
static bool agreed(const struct call *call)
{
    char line[16] = "";
    if (call->v.yes)
        return true;
    if (call->show.mode == SHOW_JSON || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return false;
    fputs("Do it? [y/N] ", stderr);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

static void tell_op(struct edit *e, const whelk_op *op)
{
    char *text = whelk_op_text(op), *json = whelk_op_json(op);
    cJSON *data = cJSON_CreateObject();
    cJSON_AddItemToObject(data, "change", cJSON_Parse(json ? json : "{}"));
    cJSON_AddStringToObject(data, "reason", e->words);
    run_tell(&e->run, (struct tell){.kind = "choice", .shot = op->shot, .data = data},
             "%s (%s)", text ? text : "A change", e->words);
    free(text);
    free(json);
}

/* The ids of the shots that need another take now, and how it goes on. */
static bool tell_stale(struct edit *e, whelk_error *err)
{
    enum shot_state *states = calloc((size_t)e->film->shot_count + 1, sizeof *states);
    bool done = states ? shot_states(&e->run, e->film, states, err)
                       : whelk_fail(err, WHELK_EFAIL, "no memory");
    struct bytes b;
    int stale = 0;
    bytes_init(&b, 4000);
    for (int i = 0; done && i < e->film->shot_count; i++)
        if (states[i] == SHOT_STALE || states[i] == SHOT_MISSING)
            bytes_format(&b, "%s%s", stale++ ? ", " : "", e->film->shots[i].id);
    char *ids = bytes_take(&b);
    if (done && stale)
        snprintf(e->run.outcome, sizeof e->run.outcome,
                 "The storyboard is changed; to be made: %.200s. whelk run makes the film anew.",
                 ids ? ids : "");
    else if (done)
        snprintf(e->run.outcome, sizeof e->run.outcome,
                 "The storyboard is changed; no take became stale. whelk cut makes the film anew.");
    free(ids);
    free(states);
    return done;
}

/* Under the reel's lock, on the film as it then is. */
static bool do_ops(struct edit *e, whelk_error *err)
{
    struct run *run = &e->run;
    run->stage = "plan";
    run->cause = run_storyboard_event(run);
    for (int i = 0; i < e->count; i++)
        if (!whelk_film_apply(e->film, &e->ops[i], run->info.card_json, &run->inner, err))
            return false;
    for (int i = 0; i < e->count; i++)
        tell_op(e, &e->ops[i]);
    const char *kept = e->words; /* a version of the history, by these words */
    if (!run_save_film(run, e->film, kept, err) || !tell_stale(e, err))
        return false;
    run_artifact(run, (struct tell){0}, "storyboard.json", "The storyboard, changed.");
    run_tell(run, (struct tell){.kind = "end"}, "%s", run->outcome);
    return journal_check(e->reel->journal, err);
}

static void print_end(const struct edit *e, const char *text)
{
    if (e->call->show.mode == SHOW_QUIET)
        return;
    if (e->call->show.mode != SHOW_JSON) {
        puts(text);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "kind", "end");
    cJSON_AddNumberToObject(o, "code", 0);
    cJSON_AddStringToObject(o, "text", text);
    cJSON_AddStringToObject(o, "reel", e->call->reel_path);
    cli_print_json(o);
}

static bool edit_reel(struct edit *e, const whelk_run_options *options, whelk_error *err)
{
    bool done = open_edit(e, WHELK_REEL_READ, options, NULL, err) &&
                whelk_plain_ops(e->film, e->words, e->run.info.card_json, &e->ops, &e->count, err);
    close_edit(e);
    if (!done)
        return false;
    print_ops(e);
    if (!agreed(e->call)) {
        print_end(e, "Nothing was changed; --yes does it.");
        return true;
    }
    done = open_edit(e, WHELK_REEL_WRITE, options, NULL, err) && do_ops(e, err);
    if (done)
        print_end(e, e->run.outcome);
    close_edit(e);
    return done;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    struct edit e = {.call = call};
    whelk_run_options options = cli_run_options(call);
    bool done = cli_one_reel(call, 2, &err);
    if (!done && call->opts.word_count > 2)
        whelk_fail(&err, WHELK_EUSAGE,
                   "the change is to be one word of the command line: put it in quotes");
    else if (done && call->opts.word_count < 2)
        done = whelk_fail(&err, WHELK_EUSAGE, "edit needs a change: whelk edit %s",
                          call->command->words);
    e.words = done ? call->opts.words[1] : NULL;
    done = done && edit_reel(&e, &options, &err);
    whelk_ops_free(e.ops, e.count);
    if (!done)
        return cli_fail(call, &err);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}

const struct command cmd_edit = {
    .name = "edit",
    .summary = "change it in plain words, shown as operations and done after a yes",
    .words = "REEL CHANGE",
    .examples =
        "  whelk edit cat.reel \"make the second shot slower, at night, and end on the dog\"\n"
        "  whelk edit cat.reel \"no music, call it \\\"Splash\\\"\" --yes\n",
    .rows = rows,
    .run = run,
};
