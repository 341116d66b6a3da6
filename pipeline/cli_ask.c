/* Questions that come up while a command works: asked on a terminal, and answered by what was given
 * on the command line elsewhere. A line typed before the question stood there is no answer to it.
 */
#define _DEFAULT_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "cli.h"

#define PATIENCE_S 60 /* for a shot that failed: a run that nobody watches goes on */

/* The question under the events, wrapped; the answer is typed behind it. */
static void print_question(const struct call *call, const char *text)
{
    char line[900];
    snprintf(line, sizeof line, "whelk: %s [y/N]", text);
    char *clean = text_clean(line, true), *wrapped = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&wrapped, &size);
    if (f) {
        text_wrap(f, clean ? clean : line, 0, call->show.width);
        fclose(f);
    }
    if (wrapped && size)
        wrapped[size - 1] = '\0';
    fprintf(stderr, "%s ", wrapped ? wrapped : line);
    fflush(stderr);
    free(wrapped);
    free(clean);
}

/* 'y', 'n', or 0 = nothing came: for too long, or no more can. */
static int read_answer(int patience_s)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[64] = "", end = 0;
    if (poll(&in, 1, patience_s > 0 ? patience_s * 1000 : -1) != 1) {
        fputs("\n", stderr);
        return 0;
    }
    ssize_t size = read(STDIN_FILENO, line, sizeof line - 1);
    end = size > 0 ? line[size - 1] : 0;
    if (end != '\n')
        fputs("\n", stderr);
    const char *word = line + strspn(line, " \t");
    return size <= 0 ? 0 : *word == 'y' || *word == 'Y' ? 'y' : 'n';
}

bool cli_yes(struct call *call, const char *text, int patience_s)
{
    show_pause(&call->show);
    tcflush(STDIN_FILENO, TCIFLUSH); /* before it is printed: who reads fast may answer at once */
    print_question(call, text);
    int answer = read_answer(patience_s);
    if (!answer && !cli_interrupted())
        fputs("whelk: no answer, which is a no\n", stderr);
    return answer == 'y';
}

bool cli_somebody(const struct call *call)
{
    return call->show.mode != SHOW_JSON && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool cli_ask(void *ctx, enum whelk_question what, const char *text)
{
    struct call *call = ctx;
    bool somebody = cli_somebody(call) && call->show.mode == SHOW_LIVE;
    char question[800];
    if (what == WHELK_ASK_FAILED) {
        snprintf(question, sizeof question, "%s (In %d s without an answer it is no.)", text,
                 PATIENCE_S);
        return somebody && cli_yes(call, question, PATIENCE_S);
    }
    if (call->v.yes || call->v.max_cost > 0)
        return true;
    snprintf(question, sizeof question, "%s. Go on?", text);
    return somebody && cli_yes(call, question, 0);
}
