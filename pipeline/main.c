/* whelk: the table of subcommands, the help, Ctrl-C, and the one place that leaves the program. */
#define _DEFAULT_SOURCE
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli.h"

static const struct command *const commands[] = {
    &cmd_run, &cmd_plan, &cmd_shoot, &cmd_cut, &cmd_log, &cmd_status, &cmd_doctor, &cmd_model, NULL,
};

/* The first Ctrl-C asks the run to stop between two pieces of work; the second ends the program. */
static volatile sig_atomic_t interrupts;

static void take_signal(int number)
{
    (void)number;
    interrupts = 1;
}

bool cli_interrupted(void)
{
    return interrupts != 0;
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = take_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void print_overview(FILE *out)
{
    fputs("A line of text in, a finished film out.\n\n"
          "  whelk run \"a cat dives into a pool\"      the film's path is the last line\n"
          "  whelk log a-cat-dives-into-a-pool.reel   why every shot is there\n\n"
          "Commands:\n",
          out);
    for (int i = 0; commands[i]; i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nwhelk help COMMAND or whelk COMMAND -h tells its options; whelk --version the "
          "version.\n",
          out);
}

static void print_command(FILE *out, const struct command *c)
{
    fprintf(out, "%s\nwhelk %s %s\n  %s.\n\nOptions [and the variable that gives them too]:\n",
            c->examples, c->name, c->words, c->summary);
    opts_print(out, c->rows, show_width(out));
    fputs("  -h, --help               this text\n", out);
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[sizeof commands / sizeof commands[0] + 2];
    int count = 0;
    for (; commands[count]; count++)
        names[count] = commands[count]->name;
    names[count++] = "help";
    names[count] = NULL;
    const char *near = text_nearest(name, names);
    if (near)
        fprintf(stderr, "whelk: there is no command %s; did you mean %s?\n", name, near);
    else if (strpbrk(name, " \n"))
        fprintf(stderr, "whelk: to make a film of that line: whelk run \"...\"\n");
    else
        fprintf(stderr, "whelk: there is no command %s; whelk help lists them\n", name);
    return WHELK_EUSAGE;
}

static int help(const char *name)
{
    if (!name) {
        print_overview(stdout);
        return WHELK_OK;
    }
    const struct command *command = find_command(name);
    if (!command)
        return unknown_command(name);
    print_command(stdout, command);
    return WHELK_OK;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct call call = {.command = command};
    whelk_error err = {0};
    int code;
    bool json = false;
    for (int i = 1; i < argc;
         i++) /* known before the options are: their faults are told in it too */
        json = json || strcmp(argv[i], "--json") == 0;
    show_init(&call.show, json, false);
    if (!cli_parse(&call, argc, argv, &err)) {
        code = cli_fail(&call, &err);
    } else if (call.opts.help) {
        print_command(stdout, command);
        code = WHELK_OK;
    } else {
        show_init(&call.show, call.v.json, call.v.quiet);
        code = command->run(&call);
    }
    cli_release(&call);
    return code;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    watch_signals();
    const char *first = argc > 1 ? argv[1] : NULL;
    if (!first) {
        print_overview(stderr);
        return WHELK_EUSAGE;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        puts("whelk " WHELK_VERSION);
        return WHELK_OK;
    }
    if (strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    const struct command *command = find_command(first);
    return command ? run_command(command, argc - 1, argv + 1) : unknown_command(first);
}
