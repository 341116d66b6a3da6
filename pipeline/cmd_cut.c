/* whelk cut: the takes in use, cut, titled and scored into the film. */
#include "cli.h"

static const struct opt_row rows[] = {CLI_ROWS_SHOW, {0}};

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    return cli_conduct(call, whelk_cut, "film.mp4", &err);
}

const struct command cmd_cut = {
    .name = "cut",
    .summary = "cut the takes into the film",
    .words = "REEL",
    .examples =
        "  whelk cut cat.reel                    after storyboard.json was edited by hand, say\n",
    .rows = rows,
    .run = run,
};
