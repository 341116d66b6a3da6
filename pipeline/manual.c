/* The man page whelk(1) in mdoc, printed from the tables of commands and options, so that it cannot
 * say another thing than the program. */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli.h"

#ifndef WHELK_DATE
#define WHELK_DATE "January 1, 1970"
#endif

/* Text that begins a line or stands in it: roff's own characters lose their meaning. */
static void put_text(FILE *out, const char *s, size_t size)
{
    if (size && (*s == '.' || *s == '\''))
        fputs("\\&", out);
    for (; size > 0; s++, size--) {
        if (*s == '\\')
            fputs("\\e", out);
        else if (*s == '-')
            fputs("\\-", out);
        else
            fputc(*s, out);
    }
}

/* Lines as they are, without their margin. */
static void put_lines(FILE *out, const char *s)
{
    while (*s) {
        size_t size = strcspn(s, "\n"), margin = strspn(s, " ");
        if (margin < size)
            put_text(out, s + margin, size - margin);
        fputc('\n', out);
        s += size + (s[size] == '\n');
    }
}

/* Help and summaries are sentences without their capital and full stop. */
static void put_sentence(FILE *out, const char *s)
{
    char *wrapped = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&wrapped, &size);
    if (!f)
        return;
    text_wrap(f, s, 0, 70);
    fclose(f);
    wrapped[0] = (char)toupper((unsigned char)wrapped[0]);
    wrapped[size - 1] = '.';
    put_lines(out, wrapped);
    free(wrapped);
}

/* --- Options ---------------------------------------------------------------------------------- */

#define MAX_ROWS 128

/* Rows of all commands: each name and help once, with how many have it. */
struct row_list {
    struct {
        const struct opt_row *row;
        int users;
    } at[MAX_ROWS];
    int count;
};

static int find_row(const struct row_list *all, const struct opt_row *row)
{
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->at[i].row->name, row->name) == 0 &&
            strcmp(all->at[i].row->help, row->help) == 0)
            return i;
    return -1;
}

static void collect(struct row_list *all, const struct opt_row *rows)
{
    for (; rows && rows->name; rows++) {
        int i = find_row(all, rows);
        if (i >= 0)
            all->at[i].users++;
        else if (all->count < MAX_ROWS) {
            all->at[all->count].row = rows;
            all->at[all->count++].users = 1;
        }
    }
}

static void collect_all(struct row_list *all)
{
    for (const struct command_row *row = cli_commands; row->command; row++) {
        collect(all, row->command->rows);
        for (int i = 0; row->command->verbs && row->command->verbs[i]; i++)
            collect(all, row->command->verbs[i]->rows);
    }
}

static void put_row(FILE *out, const struct opt_row *row)
{
    fputs(".It ", out);
    if (row->letter)
        fprintf(out, "Fl %c , ", row->letter);
    fprintf(out, "Fl \\-%s", row->name);
    if (row->arg)
        fprintf(out, " Ar %s", row->arg);
    fputc('\n', out);
    put_sentence(out, row->help);
    if (row->env)
        fprintf(out, "Variable:\n.Ev %s .\n", row->env);
}

static void put_shared_rows(FILE *out, const struct row_list *all)
{
    fputs(".Sh OPTIONS OF SEVERAL COMMANDS\n.Bl -tag -width Ds\n", out);
    for (int i = 0; i < all->count; i++)
        if (all->at[i].users > 1)
            put_row(out, all->at[i].row);
    fputs(".El\n", out);
}

static void put_rows(FILE *out, const struct row_list *all, const struct opt_row *rows)
{
    int own = 0, shared = 0;
    for (const struct opt_row *row = rows; row->name; row++) {
        if (all->at[find_row(all, row)].users > 1)
            continue;
        if (!own++)
            fputs(".Bl -tag -width Ds\n", out);
        put_row(out, row);
    }
    if (own)
        fputs(".El\n", out);
    for (const struct opt_row *row = rows; row->name; row++) {
        if (all->at[find_row(all, row)].users < 2)
            continue;
        fprintf(out, "%s.Fl \\-%s", shared++ ? " ,\n" : own ? ".Pp\nAlso\n" : "Takes\n", row->name);
    }
    if (shared)
        fputs(" .\n", out);
}

/* --- Commands --------------------------------------------------------------------------------- */

static void put_command(FILE *out, const struct row_list *all, const char *name,
                        const struct command *c)
{
    fprintf(out, ".It Nm whelk Cm %s", name);
    if (*c->words)
        fprintf(out, " Ar \"%s\"", c->words);
    fputc('\n', out);
    put_sentence(out, c->summary);
    put_rows(out, all, c->rows);
}

static void put_commands(FILE *out, const struct row_list *all)
{
    bool open = false;
    fputs(".Sh COMMANDS\nEvery command takes\n.Fl h\nor\n.Fl \\-help .\n", out);
    for (const struct command_row *row = cli_commands; row->command; row++) {
        const struct command *c = row->command;
        if (row->group) {
            fprintf(out, "%s.Ss \"%s\"\n.Bl -tag -width Ds\n", open ? ".El\n" : "", row->group);
            open = true;
        }
        if (!c->verbs)
            put_command(out, all, c->name, c);
        for (int i = 0; c->verbs && c->verbs[i]; i++)
            put_command(out, all, c->name, c->verbs[i]);
    }
    fputs(open ? ".El\n" : "", out);
}

static void put_examples(FILE *out)
{
    fputs(".Sh EXAMPLES\n.Bd -literal\n", out);
    for (const struct command_row *row = cli_commands; row->command; row++)
        put_lines(out, row->command->examples);
    fputs(".Ed\n", out);
}

static int by_variable(const void *a, const void *b)
{
    const struct opt_row *x = *(const struct opt_row *const *)a;
    const struct opt_row *y = *(const struct opt_row *const *)b;
    return strcmp(x->env, y->env);
}

static void put_environment(FILE *out, const struct row_list *all)
{
    const struct opt_row *rows[MAX_ROWS];
    int count = 0;
    for (int i = 0; i < all->count; i++)
        if (all->at[i].row->env)
            rows[count++] = all->at[i].row;
    qsort(rows, (size_t)count, sizeof rows[0], by_variable);
    fputs(".Sh ENVIRONMENT\n"
          "An option goes before its variable, a variable before the reel,\n"
          "the reel before the settings file.\n"
          ".Bl -tag -width Ds\n"
          ".It Ev NO_COLOR\nNo colours.\n"
          ".It Ev HF_HUB_CACHE , HF_HOME , HF_ENDPOINT , HF_TOKEN , HF_HUB_OFFLINE\n"
          "Of pulled models: their folder (else hub in HF_HOME, else\n"
          ".Pa ~/.cache/huggingface/hub ) ,\n"
          "the hub, a key that goes to its host only, and 1 to load nothing.\n"
          ".It Ev WHELK_CATALOGUE\nAnother catalogue of published models.\n",
          out);
    for (int i = 0; i < count; i++)
        if (i == 0 || strcmp(rows[i - 1]->env, rows[i]->env) != 0)
            fprintf(out, ".It Ev %s\nAs\n.Fl \\-%s .\n", rows[i]->env, rows[i]->name);
    fputs(".El\n", out);
}

/* --- The page --------------------------------------------------------------------------------- */

static const char beginning[] =
    ".Dd " WHELK_DATE "\n"
    ".Dt WHELK 1\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm whelk\n"
    ".Nd a line of text in, a finished film out\n"
    ".Sh SYNOPSIS\n"
    ".Nm\n"
    ".Ar command\n"
    ".Op Ar word ...\n"
    ".Op Ar options\n"
    ".Nm\n"
    ".Fl \\-version\n"
    ".Sh DESCRIPTION\n"
    ".Nm\n"
    "turns one line of text into a film: it plans a storyboard,\n"
    "makes every shot with a video\\-diffusion model, cuts, titles and scores\n"
    "the film, and logs the reason for every shot.\n"
    "A film lives in one folder, the reel; a stage whose inputs have not\n"
    "changed is skipped, so a run that was stopped goes on where it was.\n"
    ".Pp\n"
    "Results go to standard output, its last line the result's path;\n"
    "everything else goes to standard error.\n"
    "With\n"
    ".Fl \\-json\n"
    "standard output holds one event a line, the last of kind\n"
    ".Dq end .\n";

static const char ending[] = ".Sh FILES\n"
                             ".Bl -tag -width Ds\n"
                             ".It Pa $XDG_CONFIG_HOME/whelk/config\n"
                             "Settings for new reels, one\n"
                             ".Dq key = value\n"
                             "a line; the keys are the long options.\n"
                             "Without the variable:\n"
                             ".Pa ~/.config/whelk/config .\n"
                             ".It Pa NAME.reel/\n"
                             "A reel:\n"
                             ".Pa prompt.txt ,\n"
                             ".Pa storyboard.json ,\n"
                             ".Pa clips/ ,\n"
                             ".Pa timeline.xges ,\n"
                             ".Pa film.mp4\n"
                             "and\n"
                             ".Pa log.jsonl .\n"
                             ".El\n"
                             ".Sh EXIT STATUS\n"
                             ".Bl -tag -width Ds -compact\n"
                             ".It 0\nDone.\n"
                             ".It 1\nFailed.\n"
                             ".It 2\nThe command line is wrong.\n"
                             ".It 3\nCredentials are missing or refused.\n"
                             ".It 4\nA quota is used up.\n"
                             ".It 5\nA time limit passed.\n"
                             ".It 6\nThe network failed.\n"
                             ".It 10\nThe content was refused.\n"
                             ".It 130\nStopped by Ctrl\\-C or SIGTERM; the same command goes on.\n"
                             ".El\n";

void manual_print(FILE *out)
{
    struct row_list all = {0};
    collect_all(&all);
    fputs(beginning, out);
    put_commands(out, &all);
    put_shared_rows(out, &all);
    put_environment(out, &all);
    fputs(ending, out);
    put_examples(out);
}
