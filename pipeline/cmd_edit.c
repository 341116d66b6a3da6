/* whelk edit: a change in plain words. The operations it comes to are shown, and done after a yes:
 * all or none, together one step of the history. The reel is not held while a person thinks. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <unistd.h>

#include "change.h"
#include "cli.h"

static const struct opt_row rows[] = {
    {'y', "yes", OPT_FLAG, NULL, CLI_AT(yes),
     .help = "do it without asking; agrees to what the language model costs too"},
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of another model, or the name of a pulled one"},
    CLI_ROWS_SERVER,
    CLI_ROWS_TALK,
    {0, "dry-run", OPT_FLAG, NULL, CLI_AT(dry_run),
     .help = "print the request that would open the talk, and send nothing"},
    CLI_ROWS_SHOW,
    {0},
};

static void print_op(const struct call *call, const whelk_op *op)
{
    bool json = call->show.mode == SHOW_JSON;
    char *text = json ? whelk_op_json(op) : whelk_op_text(op);
    if (json)
        printf("{\"kind\":\"op\",\"op\":%s}\n", text ? text : "{}");
    else
        printf("  %s%s%s%s\n", text ? text : "?", op->why ? " (" : "", op->why ? op->why : "",
               op->why ? ")" : "");
    free(text);
}

/* Where nobody can be asked there is no yes. */
static bool agreed(struct call *call)
{
    return call->v.yes || (cli_somebody(call) && cli_yes(call, "Do it?", 0));
}

static int leave(const struct call *call)
{
    static const char text[] = "Nothing was changed; --yes does it.";
    if (call->show.mode == SHOW_JSON)
        cli_end(call, 0, text, NULL);
    else if (call->show.mode != SHOW_QUIET)
        puts(text);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}

/* What a language model thinks is shown as it comes and goes into the journal. */
static bool ask(struct call *call, struct asked *asked, whelk_error *err)
{
    whelk_run_options options = cli_run_options(call);
    bool model = call->llm != NULL;
    call->show.reel = whelk_reel_open(call->reel_path, WHELK_REEL_WRITE, err);
    bool done = call->show.reel && reel_ask_change(call->show.reel, &options, asked,
                                                   model ? &call->show.listener : NULL, err);
    show_clear(&call->show);
    whelk_reel_close(call->show.reel);
    call->show.reel = NULL;
    return done;
}

static int edit(struct call *call, const char *words, whelk_error *err)
{
    struct asked asked = {.words = words};
    if (!ask(call, &asked, err)) {
        whelk_ops_free(asked.ops, asked.count);
        return cli_fail(call, err);
    }
    for (int i = 0; i < asked.count && call->show.mode != SHOW_QUIET; i++)
        print_op(call, &asked.ops[i]);
    fflush(stdout);
    if (!agreed(call)) {
        whelk_ops_free(asked.ops, asked.count);
        return leave(call);
    }
    struct changes changes = {.ops = asked.ops, .count = asked.count, .cause = asked.event};
    call->v.edit.why = words;
    return cli_change(call, &changes, 0, err);
}

static int dry_run(struct call *call, const char *words, whelk_error *err)
{
    whelk_run_options options = cli_run_options(call);
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, err);
    char *text = reel ? reel_ask_change_dry_run(reel, &options, words, err) : NULL;
    whelk_reel_close(reel);
    return text ? cli_print_dry_run(call, text) : cli_fail(call, err);
}

static int run(struct call *call)
{
    whelk_error err = {0};
    bool done = cli_one_reel(call, 2, &err);
    if (!done && call->opts.word_count > 2)
        whelk_fail(&err, WHELK_EUSAGE,
                   "the change is to be one word of the command line: put it in quotes");
    else if (done && call->opts.word_count < 2)
        done = whelk_fail(&err, WHELK_EUSAGE, "edit needs a change: whelk edit %s",
                          call->command->words);
    if (!done || !cli_llm(call, &err))
        return cli_fail(call, &err);
    const char *words = call->opts.words[1];
    return call->v.dry_run ? dry_run(call, words, &err) : edit(call, words, &err);
}

const struct command cmd_edit = {
    .name = "edit",
    .summary = "change it in plain words, shown as operations and done after a yes",
    .words = "REEL CHANGE",
    .examples =
        "  whelk edit cat.reel \"make the second shot slower, at night, and end on the dog\"\n"
        "  whelk edit cat.reel \"no music, call it \\\"Splash\\\"\" --yes\n"
        "  whelk edit cat.reel \"more tension before the jump\" --llm-url "
        "http://127.0.0.1:8080    any words\n",
    .rows = rows,
    .run = run,
};
