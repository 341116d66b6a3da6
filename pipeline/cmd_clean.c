/* whelk clean: what no storyboard needs any more, listed, and removed on --yes. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "clean.h"
#include "cli.h"

static const struct opt_row rows[] = {
    {0, "yes", OPT_FLAG, NULL, CLI_AT(edit.yes), .help = "remove what is listed"},
    {0, "keep", OPT_INT, "N", CLI_AT(edit.keep), .min = 1, .max = 100000,
     .help = "of the history only the last N versions, and the takes these name; else all"},
    CLI_ROW_WHY,
    CLI_ROWS_SHOW,
    {0},
};

static void print_list(const struct waste *w)
{
    for (int i = 0; i < w->count; i++)
        printf("%10.1f kB  %s\n", (double)w->files[i].bytes / 1e3, w->files[i].name);
}

static void print_json(const struct waste *w, const char *reel)
{
    for (int i = 0; i < w->count; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "reel", reel);
        cJSON_AddStringToObject(o, "kind", "waste");
        cJSON_AddStringToObject(o, "file", w->files[i].name);
        cJSON_AddNumberToObject(o, "bytes", (double)w->files[i].bytes);
        cli_print_json(o);
    }
}

static int finish(struct call *call, const struct waste *w)
{
    char text[160];
    bool yes = call->v.edit.yes;
    snprintf(text, sizeof text, w->count ? "%s %d files, %.1f MB" : "Nothing to remove",
             yes ? "Removed" : "To be removed:", w->count, (double)w->bytes / 1e6);
    if (call->show.mode == SHOW_JSON)
        cli_end(call, 0, text, NULL);
    else if (call->show.mode != SHOW_QUIET && (yes || !w->count))
        printf("%s.\n", text);
    else if (call->show.mode != SHOW_QUIET)
        printf("%s; whelk clean %s --yes does it.\n", text, call->reel_path);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    struct waste w = {0};
    bool yes = call->v.edit.yes;
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    whelk_reel *reel =
        whelk_reel_open(call->reel_path, yes ? WHELK_REEL_WRITE : WHELK_REEL_READ, &err);
    bool done = reel && waste_find(&w, reel, call->v.edit.keep, &err);
    if (done && call->show.mode == SHOW_JSON)
        print_json(&w, call->reel_path);
    else if (done && call->show.mode != SHOW_QUIET)
        print_list(&w);
    if (done && yes && w.count)
        done = reel_clean(reel, &w, call->v.edit.why, NULL, &err);
    whelk_reel_close(reel);
    int code = done ? finish(call, &w) : cli_fail(call, &err);
    waste_release(&w);
    return code;
}

const struct command cmd_clean = {
    .name = "clean",
    .summary = "list, and with --yes remove, takes that no storyboard names any more",
    .words = "REEL",
    .examples = "  whelk clean cat.reel                  what would go\n"
                "  whelk clean cat.reel --keep 5 --yes   the last five storyboards and their takes "
                "stay\n",
    .rows = rows,
    .run = run,
};
