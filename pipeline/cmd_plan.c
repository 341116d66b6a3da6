/* whelk plan: the storyboard only. */
#include "cli.h"
#include "reel.h"

static const struct opt_row rows[] = {
    {'o', "output", OPT_TEXT, "REEL", CLI_AT(output),
     .help = "the film's folder; else named after the prompt, here"},
    CLI_ROWS_PROMPT,
    CLI_ROWS_FILM,
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of the model to plan for"},
    CLI_ROWS_LLM,
    CLI_ROW_YES,
    {0, "dry-run", OPT_FLAG, NULL, CLI_AT(dry_run),
     .help = "print the request that would open the planning, and send nothing"},
    CLI_ROWS_SHOW,
    {0},
};

/* The requests that follow hold the model's own answers, so none of them can be told. */
static int dry_run(struct call *call, whelk_error *err)
{
    whelk_run_options options = cli_run_options(call);
    bool there = !call->prompt || reel_is_one(call->reel_path);
    whelk_reel *reel = there ? whelk_reel_open(call->reel_path, WHELK_REEL_READ, err) : NULL;
    char *text = there && !reel ? NULL : whelk_plan_dry_run(reel, &options, err);
    whelk_reel_close(reel);
    if (!text)
        return cli_fail(call, err);
    return cli_print_request(call, text);
}

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_script(call, &err) || !cli_prompt_or_reel(call, &err) || !cli_llm(call, &err))
        return cli_fail(call, &err);
    if (call->v.dry_run)
        return dry_run(call, &err);
    return cli_conduct(call, whelk_plan, "storyboard.json", &err);
}

const struct command cmd_plan = {
    .name = "plan",
    .summary = "write the storyboard only",
    .words = "PROMPT | REEL",
    .examples = "  whelk plan \"a dog runs along the beach\" -o dog.reel\n"
                "  whelk plan dog.reel --seconds 15      plan it anew, longer; the old plan stays "
                "in history/\n"
                "  whelk plan \"a dog runs\" --llm-url http://127.0.0.1:11434 --llm-model qwen3\n"
                "  whelk plan \"a dog runs\" --llm-url http://127.0.0.1:8080 --dry-run --json\n",
    .rows = rows,
    .run = run,
};
