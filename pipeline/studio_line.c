/* Lines for whelk studio: on a terminal by libedit, with a history that is kept and Tab for the
 * words that `whelk help --complete` would offer; elsewhere as they come. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli.h"
#include "studio.h"

#define KEPT_LINES 1000
#define MAX_WORDS 256
#define MOST_LISTED 50

struct studio_line {
    EditLine *edit; /* NULL = no terminal */
    History *history;
    char *history_path;
    const char *reel;
    char prompt[80];
    char *text; /* the line given out */
    size_t room;
};

/* --- Completion ------------------------------------------------------------------------------- */

/* What could stand in the last word's place, as complete_words prints it; caller's. */
static char *ask(const struct studio_line *s, int count, char **words)
{
    char *argv[MAX_WORDS + 4], *text = NULL;
    int argc = 0;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    if (count > 1) {
        if (studio_command(s->reel, count, words, argv, MAX_WORDS + 4, &argc))
            complete_words(f, argc, argv);
    } else {
        complete_words(f, count, words);
        for (const struct command_row *row = cli_commands; row->command; row++)
            for (int i = 0; row->command->verbs && row->command->verb_at && row->command->verbs[i];
                 i++)
                if (strncmp(row->command->verbs[i]->name, words[0], strlen(words[0])) == 0)
                    fprintf(f, "%s\t%s\n", row->command->verbs[i]->name,
                            row->command->verbs[i]->summary);
    }
    fclose(f);
    return text;
}

/* Bytes that all answers have in common; counts them. */
static size_t common(const char *answers, int *count)
{
    size_t same = 0;
    *count = 0;
    for (const char *p = answers; *p; p += strcspn(p, "\n") + 1) {
        size_t size = strcspn(p, "\t\n");
        if (!(*count)++)
            same = size;
        while (same > size || memcmp(p, answers, same) != 0)
            same--;
    }
    return same;
}

static void list(const char *answers)
{
    int width = show_width(stdout), told = 0, more = 0;
    putchar('\n');
    for (const char *p = answers; *p; p += strcspn(p, "\n") + 1) {
        size_t size = strcspn(p, "\t\n");
        if (told++ >= MOST_LISTED) {
            more++;
            continue;
        }
        char *about = strndup(p + size + 1, strcspn(p + size + 1, "\n"));
        if (about && *about) {
            printf("  %-14.*s ", (int)size, p);
            show_text(stdout, about, 17, width);
        } else {
            printf("  %.*s\n", (int)size, p);
        }
        free(about);
    }
    if (more)
        printf("  and %d more\n", more);
}

/* Adds what is sure of the answers to the line, or lists them. `begun` is there already, behind
 * `open_quote`. A folder is not the end of a word. */
static unsigned char offer(EditLine *edit, const char *answers, const char *begun, char open_quote)
{
    int count;
    size_t same = common(answers, &count), have = strlen(begun);
    if (!count || same < have)
        return CC_REFRESH_BEEP;
    if (same == have && count > 1) {
        list(answers);
        return CC_REDISPLAY;
    }
    bool ends = count == 1 && answers[same - 1] != '/';
    char *rest = strndup(answers + have, same - have);
    char *typed = rest ? studio_quote(rest, open_quote) : NULL;
    char quote[] = {open_quote, '\0'};
    bool put = typed && (!*typed || el_insertstr(edit, typed) == 0);
    if (put && ends && open_quote)
        el_insertstr(edit, quote);
    if (put && ends)
        el_insertstr(edit, " ");
    free(typed);
    free(rest);
    return put ? CC_REFRESH : CC_REFRESH_BEEP;
}

/* Behind a space a new word begins, and it is empty. */
static bool begins_word(const char *head, char open_quote)
{
    size_t size = strlen(head);
    return !open_quote &&
           (!size || (head[size - 1] == ' ' && !(size > 1 && head[size - 2] == '\\')));
}

static unsigned char complete(EditLine *edit, int key)
{
    (void)key;
    struct studio_line *s = NULL;
    el_get(edit, EL_CLIENTDATA, &s);
    const LineInfo *line = el_line(edit);
    char *head = strndup(line->buffer, (size_t)(line->cursor - line->buffer)), open_quote = 0;
    int count = 0;
    char **words = head ? studio_split(head, &count, &open_quote) : NULL;
    unsigned char done = CC_REFRESH_BEEP;
    if (words && count < MAX_WORDS && begins_word(head, open_quote))
        words[count++] = strdup("");
    const char *begun = words && count ? words[count - 1] : NULL;
    char *answers = begun ? ask(s, count, words) : NULL;
    if (answers && answers[0] == ':') { /* of --option=FILE only what stands behind the sign */
        const char *sign = begun[0] == '-' ? strchr(begun, '=') : NULL;
        begun = sign ? sign + 1 : begun;
        bool folders = strcmp(answers, ":folders\n") == 0;
        free(answers);
        answers = studio_paths(begun, folders);
    }
    if (answers)
        done = offer(edit, answers, begun, open_quote);
    free(answers);
    studio_free_words(words);
    free(head);
    return done;
}

/* --- Lines ------------------------------------------------------------------------------------ */

static char *prompt_of(EditLine *edit)
{
    struct studio_line *s = NULL;
    el_get(edit, EL_CLIENTDATA, &s);
    return s->prompt;
}

/* $XDG_STATE_HOME/whelk/history, else below ~/.local/state. */
static char *history_file(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *base = state && state[0] == '/' ? strdup(state)
                 : home && *home          ? file_join(home, ".local/state")
                                          : NULL;
    char *dir = base ? file_join(base, "whelk") : NULL;
    char *path = dir && file_make_dirs(dir, NULL) ? file_join(dir, "history") : NULL;
    free(base);
    free(dir);
    return path;
}

static bool open_editor(struct studio_line *s)
{
    HistEvent event;
    s->edit = el_init("whelk", stdin, stdout, stderr);
    s->history = history_init();
    if (!s->edit || !s->history)
        return false;
    history(s->history, &event, H_SETSIZE, KEPT_LINES);
    history(s->history, &event, H_SETUNIQUE, 1);
    s->history_path = history_file();
    if (s->history_path)
        history(s->history, &event, H_LOAD, s->history_path);
    el_set(s->edit, EL_CLIENTDATA, s);
    el_set(s->edit, EL_PROMPT, prompt_of);
    el_set(s->edit, EL_EDITOR, "emacs");
    el_set(s->edit, EL_HIST, history, s->history);
    el_set(s->edit, EL_ADDFN, "complete", "Completes the word", complete);
    el_set(s->edit, EL_BIND, "^I", "complete", NULL);
    el_set(s->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(s->edit, NULL); /* ~/.editrc */
    return true;
}

struct studio_line *studio_line_open(const char *reel)
{
    struct studio_line *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    const char *slash = strrchr(reel, '/');
    char *name = text_clean(slash && slash[1] ? slash + 1 : reel, true);
    snprintf(s->prompt, sizeof s->prompt, "%.*s> ", name ? text_fit(name, 60) : 5,
             name ? name : "whelk");
    free(name);
    s->reel = reel;
    if (isatty(STDIN_FILENO) && !open_editor(s)) {
        studio_line_close(s);
        return NULL;
    }
    return s;
}

static const char *read_edited(struct studio_line *s)
{
    HistEvent event;
    for (;;) {
        int count = 0;
        const char *line = el_gets(s->edit, &count);
        if (cli_interrupted()) { /* Ctrl-C: a new line */
            cli_forget_interrupt();
            putchar('\n');
            el_reset(s->edit);
            continue;
        }
        if (!line || count <= 0) {
            putchar('\n');
            return NULL;
        }
        if (line[strspn(line, " \t\n")])
            history(s->history, &event, H_ENTER, line);
        free(s->text);
        s->text = strndup(line, strcspn(line, "\n"));
        return s->text;
    }
}

const char *studio_line_read(struct studio_line *s)
{
    if (s->edit)
        return read_edited(s);
    ssize_t size = getline(&s->text, &s->room, stdin);
    if (size < 0)
        return NULL;
    if (size > 0 && s->text[size - 1] == '\n')
        s->text[size - 1] = '\0';
    return s->text;
}

void studio_line_close(struct studio_line *s)
{
    HistEvent event;
    if (s->history && s->history_path)
        history(s->history, &event, H_SAVE, s->history_path);
    if (s->history)
        history_end(s->history);
    if (s->edit)
        el_end(s->edit);
    free(s->history_path);
    free(s->text);
    free(s);
}
