/* whelk view: view.html, the whole reel as one page to read. */
#define _DEFAULT_SOURCE
#include <stdlib.h>

#include "base/file.h"
#include "cli.h"
#include "view.h"

static const struct opt_row rows[] = {
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of another model, or the name of a pulled one"},
    CLI_ROWS_SHOW,
    {0},
};

static bool write_page(const struct view *v, const char *path, whelk_error *err)
{
    char *page = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&page, &size);
    if (f)
        view_write(v, f);
    bool whole = f && !ferror(f) && fclose(f) == 0;
    bool done = whole ? file_write(path, page, size, err)
                      : whelk_fail(err, WHELK_EFAIL, "no memory for the page");
    free(page);
    return done;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, &err);
    if (!reel)
        return cli_fail(call, &err);
    struct view view;
    whelk_run_options options = cli_run_options(call);
    char *path = reel_file(reel, "view.html");
    bool done = view_gather(&view, reel, &options, &call->show.listener, &err) &&
                write_page(&view, path, &err);
    view_release(&view);
    whelk_reel_close(reel);
    int code = done ? cli_done(call, path) : cli_fail(call, &err);
    free(path);
    return code;
}

const struct command cmd_view = {
    .name = "view",
    .summary = "write view.html: the film, its shots and takes, and why they are so, on one page",
    .words = "REEL",
    .examples = "  whelk view cat.reel && xdg-open cat.reel/view.html\n",
    .rows = rows,
    .run = run,
};
