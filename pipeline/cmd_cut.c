/* whelk cut: the takes in use, cut, titled and scored into the film. */
#include "cli.h"

static const struct opt_row rows[] = {
    {0, "preview", OPT_FLAG, NULL, CLI_AT(preview),
     .help = "cut the previews that whelk shoot --preview made, into preview/film.mp4"},
    {0, "only", OPT_TEXT, "FROM-TO", CLI_AT(only),
     .help = "these shots alone, into part/; the film stays as it is"},
    CLI_ROWS_CUT,
    CLI_ROWS_SHOW,
    {0},
};

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    char part[40];
    snprintf(part, sizeof part, "part/%s", cli_film_name(call));
    const char *result = call->v.preview ? "preview/film.mp4"
                         : call->v.only  ? part
                                         : cli_film_name(call);
    return cli_conduct(call, whelk_cut, result, &err);
}

const struct command cmd_cut = {
    .name = "cut",
    .summary = "cut the takes into the film",
    .words = "REEL",
    .examples =
        "  whelk cut cat.reel                    after storyboard.json was edited by hand, say\n"
        "  whelk cut cat.reel --only 0020-0040   a part of it, to look at\n"
        "  whelk cut cat.reel --preview          what the previews would make together\n"
        "  whelk cut cat.reel --captions --voice en-gb --voice-speed 0.9\n"
        "  whelk cut cat.reel --music waltz.ogg\n"
        "  whelk cut cat.reel --profile mkv      a lossless master beside it, film.mkv\n"
        "  whelk cut cat.reel --letterbox 2.39:1 --label\n",
    .rows = rows,
    .run = run,
};
