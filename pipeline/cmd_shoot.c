/* whelk shoot: takes for the shots that are stale or missing, other takes of those named, or quick
 * previews. */
#include "cli.h"

static const struct opt_row rows[] = {
    CLI_ROW_TAKES,
    {0, "seed", OPT_SEED, "N", CLI_AT(seed), .help = "of the next take of the shots named"},
    {0, "preview", OPT_FLAG, NULL, CLI_AT(preview),
     .help = "small and quick, as clips/SHOT-preview.mkv; no take is made or changed"},
    CLI_ROWS_ENGINE,
    CLI_ROWS_SERVER,
    CLI_ROW_SEES,
    CLI_ROWS_TALK,
    CLI_ROW_YES,
    CLI_ROW_DRY("print which takes would be made and how long that takes; make none"),
    CLI_ROWS_SHOW,
    {0},
};

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_one_reel(call, 1000, &err))
        return cli_fail(call, &err);
    bool named = call->opts.word_count > 1;
    if (call->v.seed && !named)
        whelk_fail(&err, WHELK_EUSAGE, "--seed needs the shots it is for: whelk shoot %s 0010 ...",
                   call->reel_path);
    else if (call->v.preview && (call->v.seed || call->v.takes > 1))
        whelk_fail(&err, WHELK_EUSAGE,
                   "a preview shows the take that would be made; --%s goes with takes only",
                   call->v.seed ? "seed" : "takes");
    else if (call->v.preview && call->v.dry_run)
        whelk_fail(&err, WHELK_EUSAGE,
                   "--dry-run tells which takes would be made; a preview is none");
    if (!err.code && call->v.dry_run && cli_llm(call, &err))
        return cli_dry_run(call, whelk_shoot_dry_run, &err);
    return err.code || !cli_llm(call, &err) ? cli_fail(call, &err)
                                            : cli_conduct(call, whelk_shoot, "clips", &err);
}

const struct command cmd_shoot = {
    .name = "shoot",
    .summary = "make the takes that are stale or missing, or new ones of the shots named",
    .words = "REEL [SHOT...]",
    .examples = "  whelk shoot cat.reel                  what is not yet there\n"
                "  whelk shoot cat.reel 0020 --takes 4   four more takes of it; the best is used\n"
                "  whelk shoot cat.reel 0020 --seed 7    one from this seed\n"
                "  whelk shoot cat.reel --preview        see it all, small, before it is made\n",
    .rows = rows,
    .run = run,
};
