/* What `whelk help` and -h print: examples first, then the words, then the options. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "cli.h"

void help_overview(FILE *out)
{
    fputs("A line of text in, a finished film out.\n\n"
          "  whelk run \"a cat dives into a pool\"      the film's path is the last line\n"
          "  whelk run \"a cat dives into a pool\" -o cat.mp4\n"
          "  whelk status cat.reel                    how it stands, and what to do next\n"
          "  whelk log cat.reel --shot 0020           why that shot is there\n",
          out);
    for (const struct command_row *row = cli_commands; row->command; row++) {
        if (row->group)
            fprintf(out, "\n%s\n", row->group);
        fprintf(out, "  %-10s ", row->command->name);
        show_text(out, row->command->summary, 13, show_width(out));
    }
    fputs("\nwhelk help COMMAND or whelk COMMAND -h tells its options; whelk --version the "
          "version.\n",
          out);
}

static bool has_row(const struct opt_row *rows, const char *name)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return true;
    return false;
}

/* The verbs in one line each; what each takes is told by `whelk COMMAND VERB -h`, but for options
 * that all of them have. */
static void print_verbs(FILE *out, const struct command *command)
{
    for (int i = 0; command->verbs[i]; i++) {
        const struct command *verb = command->verbs[i];
        fprintf(out, "  whelk %s %s\n      ", command->name, verb->words);
        show_text(out, verb->summary, 6, show_width(out));
    }
    struct opt_row common[64];
    int count = 0;
    for (const struct opt_row *row = command->verbs[0]->rows; row->name && count < 63; row++) {
        bool in_all = true;
        for (int i = 1; command->verbs[i]; i++)
            in_all = in_all && has_row(command->verbs[i]->rows, row->name);
        if (in_all)
            common[count++] = *row;
    }
    common[count] = (struct opt_row){0};
    fputs("\nOptions of all of them:\n", out);
    opts_print(out, common, show_width(out));
    fprintf(out, "  -h, --help               this text; after a verb, that verb's options\n");
}

void help_command(FILE *out, const struct command *command, const struct command *verb)
{
    const struct command *c = verb ? verb : command;
    if (c->examples)
        fprintf(out, "%s\n", c->examples);
    if (c->verbs) {
        print_verbs(out, c);
        return;
    }
    fprintf(out, "whelk %s %s\n  ", command->name, c->words);
    show_text(out, c->summary, 2, show_width(out));
    fputs("\nOptions [and the variable that gives them too]:\n", out);
    opts_print(out, c->rows, show_width(out));
    fputs("  -h, --help               this text\n", out);
}
