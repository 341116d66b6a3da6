/* whelk shoot: takes for the shots that are stale or missing, or another take of those named. */
#include "cli.h"

static const struct opt_row rows[] = {CLI_ROWS_ENGINE, CLI_ROWS_SHOW, {0}};

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_one_reel(call, 1000, &err))
        return cli_fail(call, &err);
    return cli_conduct(call, whelk_shoot, "clips", &err);
}

const struct command cmd_shoot = {
    .name = "shoot",
    .summary = "make the takes that are stale or missing, or new ones of the shots named",
    .words = "REEL [SHOT...]",
    .examples = "  whelk shoot cat.reel                  what is not yet there\n"
                "  whelk shoot cat.reel 0020 0030        another take of these\n",
    .rows = rows,
    .run = run,
};
