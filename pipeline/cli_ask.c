/* Questions that come up while a run works: asked on a terminal, and answered by what was given on
 * the command line elsewhere. */
#define _DEFAULT_SOURCE
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"

#define PATIENCE_S 60 /* for a shot that failed: a run that nobody watches goes on */

static bool somebody(const struct call *call)
{
    return call->show.mode == SHOW_LIVE && isatty(STDIN_FILENO);
}

static bool answered(int patience_s)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    return patience_s <= 0 || poll(&in, 1, patience_s * 1000) == 1;
}

static bool ask_yes(struct call *call, const char *text, const char *question, int patience_s)
{
    char line[16] = "";
    show_clear(&call->show);
    fprintf(stderr, "whelk: %s%s [y/N] ", text, question);
    if (!answered(patience_s)) {
        fputs("no answer: no\n", stderr);
        return false;
    }
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

bool cli_ask(void *ctx, enum whelk_question what, const char *text)
{
    struct call *call = ctx;
    if (what == WHELK_ASK_FAILED)
        return somebody(call) && ask_yes(call, text, "", PATIENCE_S);
    if (call->v.yes || call->v.max_cost > 0)
        return true;
    return somebody(call) && ask_yes(call, text, ". Go on?", 0);
}
