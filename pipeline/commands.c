/* The table of subcommands, and the way from a command line to the one it means: its verb, if it
 * has verbs, its options, its run. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "base/text.h"
#include "cli.h"

#define MAX_NAMES 64

const struct command_row cli_commands[] = {
    {&cmd_run, "Make a film"},
    {&cmd_plan, NULL},
    {&cmd_edit, NULL},
    {&cmd_shoot, NULL},
    {&cmd_cut, NULL},
    {&cmd_shots, "Work on it"},
    {&cmd_shot, NULL},
    {&cmd_take, NULL},
    {&cmd_transition, NULL},
    {&cmd_title, NULL},
    {&cmd_score, NULL},
    {&cmd_grade, NULL},
    {&cmd_voice, NULL},
    {&cmd_undo, NULL},
    {&cmd_redo, NULL},
    {&cmd_history, NULL},
    {&cmd_clean, NULL},
    {&cmd_status, "Look at it"},
    {&cmd_view, NULL},
    {&cmd_log, NULL},
    {&cmd_studio, "At a prompt"},
    {&cmd_model, "This machine"},
    {&cmd_doctor, NULL},
    {&cmd_help, NULL},
    {NULL, NULL},
};

const struct command *cli_find_command(const char *name, whelk_error *err)
{
    const char *names[MAX_NAMES + 1];
    int count = 0;
    for (const struct command_row *row = cli_commands; row->command; row++) {
        if (strcmp(row->command->name, name) == 0)
            return row->command;
        if (count < MAX_NAMES)
            names[count++] = row->command->name;
    }
    names[count] = NULL;
    const char *near = text_nearest(name, names);
    if (near)
        whelk_fail(err, WHELK_EUSAGE, "there is no command %s; did you mean %s?", name, near);
    else if (strpbrk(name, " \n"))
        whelk_fail(err, WHELK_EUSAGE, "to make a film of that line: whelk run \"...\"");
    else
        whelk_fail(err, WHELK_EUSAGE, "there is no command %s; whelk help lists them", name);
    return NULL;
}

const struct command *cli_find_verb(const struct command *command, const char *name,
                                    whelk_error *err)
{
    const char *names[MAX_NAMES + 1];
    char all[256] = "";
    int count = 0;
    for (; command->verbs && command->verbs[count] && count < MAX_NAMES; count++) {
        names[count] = command->verbs[count]->name;
        if (strcmp(names[count], name) == 0)
            return command->verbs[count];
        const char *joint = !count ? "" : command->verbs[count + 1] ? ", " : " and ";
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", joint, names[count]);
    }
    names[count] = NULL;
    const char *near = text_nearest(name, names);
    if (near)
        whelk_fail(err, WHELK_EUSAGE, "whelk %s has no \"%s\"; did you mean %s?", command->name,
                   name, near);
    else if (count)
        whelk_fail(err, WHELK_EUSAGE, "whelk %s has no \"%s\"; there are %s", command->name, name,
                   all);
    else
        whelk_fail(err, WHELK_EUSAGE, "whelk %s has no parts, so no \"%s\"", command->name, name);
    return NULL;
}

int cli_verb_index(const struct command *command, int argc, char **argv)
{
    bool options = true;
    int words = 0;
    for (int i = 1; i < argc; i++) {
        if (!options || argv[i][0] != '-' || !argv[i][1]) {
            if (words++ == command->verb_at)
                return i;
            continue;
        }
        options = strcmp(argv[i], "--") != 0;
        const struct opt_row *row = NULL;
        const char *value = NULL;
        for (int v = 0; command->verbs[v] && !row; v++)
            row = opts_row(command->verbs[v]->rows, argv[i], &value);
        i += row && row->kind != OPT_FLAG && !value;
    }
    return argc;
}

/* Finds the verb and takes its word out of argv. */
static const struct command *take_verb(const struct command *command, int *argc, char **argv,
                                       whelk_error *err)
{
    int at = cli_verb_index(command, *argc, argv);
    if (at == *argc)
        return command->verbs[0];
    const struct command *verb = cli_find_verb(command, argv[at], err);
    if (verb) {
        (*argc)--;
        memmove(argv + at, argv + at + 1, (size_t)(*argc - at + 1) * sizeof *argv);
    }
    return verb;
}

static int run_call(struct call *call, const struct command *command, int argc, char **argv)
{
    whelk_error err = {0};
    int before = argc;
    call->command = command->verbs ? take_verb(command, &argc, argv, &err) : command;
    if (!call->command || !cli_parse(call, argc, argv, &err))
        return cli_fail(call, &err);
    if (call->opts.help) {
        help_command(stdout, command, before != argc ? call->command : NULL);
        return WHELK_OK;
    }
    call->argc = argc - 1;
    call->argv = argv + 1;
    show_init(&call->show, call->v.json, call->v.quiet);
    return call->command->run(call);
}

int cli_dispatch_for(int argc, char **argv, struct call_outcome *outcome)
{
    whelk_error err = {0};
    struct call call = {.name = argv[0], .outcome = outcome};
    bool json = false; /* known before the options are: their faults are told in it too */
    for (int i = 1; i < argc; i++)
        json = json || strcmp(argv[i], "--json") == 0;
    show_init(&call.show, json, false);
    const struct command *command = cli_find_command(argv[0], &err);
    int code = command ? run_call(&call, command, argc, argv) : cli_fail(&call, &err);
    if (outcome)
        outcome->code = code;
    cli_release(&call);
    return code;
}

int cli_dispatch(int argc, char **argv)
{
    return cli_dispatch_for(argc, argv, NULL);
}

bool cli_check(int argc, char **argv, whelk_error *err)
{
    struct call call = {.name = argv[0], .command = cli_find_command(argv[0], err)};
    bool good = call.command && cli_parse(&call, argc, argv, err);
    cli_release(&call);
    return good;
}
