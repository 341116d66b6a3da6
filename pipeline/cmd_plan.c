/* whelk plan: the storyboard only. */
#include "cli.h"

static const struct opt_row rows[] = {
    {'o', "output", OPT_TEXT, "REEL", CLI_AT(output),
     .help = "the film's folder; else named after the prompt, here"},
    CLI_ROWS_PROMPT,
    CLI_ROWS_FILM,
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder or name of the model to plan for"},
    CLI_ROWS_LLM,
    CLI_ROW_YES,
    CLI_ROW_DRY("print the request that would open the planning, and send nothing"),
    CLI_ROWS_SHOW,
    {0},
};

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_script(call, &err) || !cli_prompt_or_reel(call, &err) || !cli_llm(call, &err))
        return cli_fail(call, &err);
    if (call->v.dry_run)
        return cli_dry_run(call, whelk_plan_dry_run, &err); /* later ones hold its answers */
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
