/* whelk studio: a prompt at which the commands work without the reel's name, the verbs of shots,
 * takes and history without their command's, and what is no command is a change in plain words.
 * Every line is carried out as its command line would be, and gives the reel free when it is done.
 */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli.h"
#include "reel.h"
#include "studio.h"

#define MAX_WORDS 256

static const struct opt_row rows[] = {{0}};

/* --- Words ------------------------------------------------------------------------------------ */

/* One word from *line, which moves behind it; "~/" at its start is the user's folder. Caller's. */
static char *next_word(const char **line, char *open_quote)
{
    const char *s = *line, *home = strncmp(s, "~/", 2) == 0 ? getenv("HOME") : NULL;
    size_t ahead = home ? strlen(home) : 0;
    char *word = malloc(ahead + strlen(s) + 1), *w = word, quote = 0;
    if (word && home) {
        w = stpcpy(w, home);
        s++;
    }
    for (; word && *s && (quote || !isspace((unsigned char)*s)); s++) {
        if (quote ? *s == quote : *s == '\'' || *s == '"')
            quote = quote ? 0 : *s;
        else if (*s == '\\' && quote != '\'' && s[1])
            *w++ = *++s;
        else
            *w++ = *s;
    }
    if (word)
        *w = '\0';
    *open_quote = quote;
    *line = s;
    return word;
}

char **studio_split(const char *line, int *count, char *open_quote)
{
    char **words = calloc(MAX_WORDS + 1, sizeof *words);
    *count = 0;
    *open_quote = 0;
    while (words && *count < MAX_WORDS) {
        line += strspn(line, " \t\r\n");
        if (!*line)
            break;
        words[*count] = next_word(&line, open_quote);
        if (!words[(*count)++]) {
            studio_free_words(words);
            return NULL;
        }
    }
    return words;
}

void studio_free_words(char **words)
{
    for (int i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

static bool takes_reel(const struct command *c)
{
    return strstr(c->verbs ? c->verbs[0]->words : c->words, "REEL") != NULL;
}

/* The command whose verb this is: the first in the table, so that show is that of shots. */
static const struct command *owner_of(const char *verb)
{
    for (const struct command_row *row = cli_commands; row->command; row++)
        if (row->command->verbs && takes_reel(row->command) &&
            cli_find_verb(row->command, verb, NULL))
            return row->command;
    return NULL;
}

bool studio_command(const char *reel, int count, char **words, char **out, int room, int *out_count)
{
    const struct command *c = count ? cli_find_command(words[0], NULL) : NULL;
    const struct command *owner = c || !count ? NULL : owner_of(words[0]);
    int n = 0;
    if ((!c && !owner) || count + 3 > room)
        return false;
    out[n++] = (char *)(c ? c : owner)->name;
    if (takes_reel(c ? c : owner))
        out[n++] = (char *)reel;
    for (int i = c ? 1 : 0; i < count; i++)
        out[n++] = words[i];
    out[n] = NULL;
    *out_count = n;
    return true;
}

/* --- Lines ------------------------------------------------------------------------------------ */

/* A single word near a command's name is a slip of the finger, not a change in plain words. */
static bool is_slip(int count, char **words)
{
    whelk_error err = {0};
    if (count != 1 || cli_find_command(words[0], &err) || !strstr(err.text, "did you mean"))
        return false;
    fprintf(stderr, "whelk: %s\n", err.text);
    return true;
}

static int change_in_words(const char *reel, const char *line)
{
    char *words = strdup(line);
    char *argv[] = {"edit", (char *)reel, "--", words, NULL};
    int code = words ? cli_dispatch(4, argv) : WHELK_EFAIL;
    free(words);
    return code;
}

/* Carries a line out; false = it asks to leave. */
static bool carry_out(const char *reel, const char *line, int *code)
{
    int count, argc;
    char open_quote;
    char *argv[MAX_WORDS + 4], **words = studio_split(line, &count, &open_quote);
    bool leave =
        words && count == 1 && (strcmp(words[0], "quit") == 0 || strcmp(words[0], "exit") == 0);
    *code = 0;
    if (!words)
        *code = WHELK_EFAIL;
    else if (leave || !count || words[0][0] == '#')
        ;
    else if (studio_command(reel, count, words, argv, MAX_WORDS + 4, &argc))
        *code = cli_dispatch(argc, argv);
    else if (is_slip(count, words))
        *code = WHELK_EUSAGE;
    else
        *code = change_in_words(reel, line);
    studio_free_words(words);
    return !leave;
}

static void greet(const char *reel)
{
    char *argv[] = {"status", (char *)reel, NULL};
    cli_dispatch(2, argv);
    fputc('\n', stderr);
    show_text(stderr,
              "Commands work without the reel's name; help lists them, Tab completes. What is no "
              "command is a change in plain words. quit or Ctrl-D leaves.",
              0, show_width(stderr));
}

static int run(struct call *call)
{
    whelk_error err = {0};
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    if (!reel_is_one(call->reel_path)) {
        whelk_fail(&err, WHELK_EUSAGE, "%s: there is no such reel", call->reel_path);
        return cli_fail(call, &err);
    }
    struct studio_line *lines = studio_line_open(call->reel_path);
    if (!lines) {
        whelk_fail(&err, WHELK_EFAIL, "no memory for the prompt");
        return cli_fail(call, &err);
    }
    bool person = isatty(STDIN_FILENO), on = true;
    int last = 0;
    if (person)
        greet(call->reel_path);
    for (const char *line; on && (line = studio_line_read(lines));) {
        int code;
        on = carry_out(call->reel_path, line, &code);
        last = code ? code : last;
        cli_forget_interrupt();
        fflush(stdout);
    }
    studio_line_close(lines);
    return person ? WHELK_OK : last;
}

const struct command cmd_studio = {
    .name = "studio",
    .summary = "a prompt to work on a reel: every command without the reel's name, changes in "
               "plain words",
    .words = "REEL",
    .examples = "  whelk studio cat.reel\n"
                "  printf 'set 0020 --seconds 2\\nshoot\\ncut\\n' | whelk studio cat.reel\n",
    .rows = rows,
    .run = run,
};
