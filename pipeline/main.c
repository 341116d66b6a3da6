/* whelk: Ctrl-C, the first word of the command line, and the one place that leaves the program. */
#define _DEFAULT_SOURCE
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "cli.h"

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

void cli_forget_interrupt(void)
{
    interrupts = 0;
    watch_signals();
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    watch_signals();
    const char *first = argc > 1 ? argv[1] : NULL;
    if (!first) {
        help_overview(stderr);
        return WHELK_EUSAGE;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        puts("whelk " WHELK_VERSION);
        return WHELK_OK;
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        argv[1] = "help";
    return cli_dispatch(argc - 1, argv + 1);
}
