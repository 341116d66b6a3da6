/* whelk help: the overview, one command, and what is printed from the same tables for others to
 * read: the man page and the shells' completions. */
#include "cli.h"

static const struct opt_row rows[] = {
    {0, "man", OPT_FLAG, NULL, CLI_AT(man), .help = "the man page, for mandoc or man -l"},
    {0, "completion", OPT_WORD, "SHELL", CLI_AT(completion), .choices = cli_shells,
     .help = "the script that teaches bash, zsh or fish to complete whelk's words"},
    {0, "complete", OPT_FLAG, NULL, CLI_AT(complete),
     .help = "what that script calls: the words that could stand in the last one's place"},
    {0},
};

static int run(struct call *call)
{
    whelk_error err = {0};
    const struct opts *o = &call->opts;
    if (call->v.man) {
        manual_print(stdout);
        return WHELK_OK;
    }
    if (call->v.completion) {
        complete_script(stdout, call->v.completion);
        return WHELK_OK;
    }
    if (call->v.complete) {
        complete_words(stdout, o->word_count, o->words);
        return WHELK_OK;
    }
    if (o->word_count == 0) {
        help_overview(stdout);
        return WHELK_OK;
    }
    const struct command *verb = NULL, *command = cli_find_command(o->words[0], &err);
    if (command && o->word_count > 1)
        verb = cli_find_verb(command, o->words[1], &err);
    if (!command || (o->word_count > 1 && !verb))
        return cli_fail(call, &err);
    help_command(stdout, command, verb);
    return WHELK_OK;
}

const struct command cmd_help = {
    .name = "help",
    .summary = "tell how a command is used; print the man page or a shell's completions",
    .words = "[COMMAND [VERB]]",
    .examples = "  whelk help run\n"
                "  whelk help --man | man -l -\n"
                "  source <(whelk help --completion bash)\n",
    .rows = rows,
    .run = run,
};
