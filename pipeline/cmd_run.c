/* whelk run: from the line to the film, or on with a reel that is there. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct opt_row rows[] = {
    {'o', "output", OPT_TEXT, "REEL", CLI_AT(output),
     .help = "the film's folder; with a FILE.mp4 the film is copied there and its folder stands "
             "beside it; else named after the prompt, here"},
    CLI_ROWS_PROMPT,
    {0, "batch", OPT_TEXT, "FILE", CLI_AT(batch),
     .help = "one film a line of this file, into the folder -o: a prompt in quotes, or an object "
             "with \"prompt\", \"output\" and options by their long names"},
    CLI_ROWS_FILM,
    CLI_ROWS_ENGINE,
    CLI_ROW_TAKES,
    CLI_ROWS_LLM,
    CLI_ROW_YES,
    {0, "pause-at", OPT_WORD, "STAGE", CLI_AT(pause_at), .choices = cli_pauses,
     .help = "stop after the plan or the takes for a person to look: plan or takes"},
    CLI_ROW_DRY(
        "print the request that would be sent first or, where none would, the takes that would "
        "be made and how long that takes; do nothing"),
    CLI_ROWS_CUT,
    CLI_ROWS_SHOW,
    {0},
};

/* On a terminal the question is asked, while the reel is nobody's; elsewhere running it again is
 * the answer. */
static bool approved(struct call *call)
{
    bool plan = strcmp(call->v.pause_at, "plan") == 0, yes = false;
    char text[700];
    snprintf(
        text, sizeof text,
        "paused at the %s of %.300s. Meanwhile whelk %s shows them, and whelk %s changes them. "
        "Go on?",
        plan ? "shots" : "takes", call->reel_path, plan ? "shots" : "view",
        plan ? "edit" : "shoot");
    if (cli_somebody(call))
        yes = cli_yes(call, text, 0);
    if (yes)
        return true;
    fputs("whelk: go on with: whelk run ", stderr);
    cli_print_quoted(stderr, call->reel_path);
    fputs("\n", stderr);
    return false;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    if (call->v.batch)
        return cli_batch(call);
    if (!cli_film_output(call, &err) || !cli_script(call, &err) ||
        !cli_prompt_or_reel(call, &err) || !cli_llm(call, &err))
        return cli_fail(call, &err);
    if (call->v.dry_run)
        return cli_dry_run(call, whelk_run_dry_run, &err);
    if (!call->v.pause_at)
        return cli_conduct(call, whelk_run, cli_film_name(call), &err);
    bool plan = strcmp(call->v.pause_at, "plan") == 0;
    int code = cli_conduct(call, whelk_run, plan ? "storyboard.json" : "clips", &err);
    if (code != WHELK_OK || !approved(call))
        return code;
    call->v.pause_at = NULL;
    return cli_conduct(call, whelk_run, cli_film_name(call), &err);
}

const struct command cmd_run = {
    .name = "run",
    .summary = "make the whole film, or go on where it stopped",
    .words = "PROMPT | REEL",
    .examples =
        "  whelk run \"a cat dives into a pool at dusk\" -o cat.reel\n"
        "  whelk run \"a cat dives into a pool\" -o cat.mp4\n"
        "  whelk run cat.reel                    go on after Ctrl-C, a crash, or a change by hand\n"
        "  whelk run - <prompt.txt --seconds 12 --ratio 9:16\n"
        "  whelk run \"a cat walks\" --shots 1 --seconds 6   one long shot, where the model can\n"
        "  whelk run --batch films.jsonl -o films  many films; goes on past those that fail\n"
        "  whelk run \"a cat dives\" --llm-url http://127.0.0.1:8080    a language model plans and "
        "directs\n",
    .rows = rows,
    .run = run,
};
