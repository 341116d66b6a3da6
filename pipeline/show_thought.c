/* A thought on the terminal while it comes: its words wrapped under the other events' texts, each
 * shown once it is whole. The events that repeat it are then not printed again. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "show.h"

static void new_line(struct show *s)
{
    s->column = show_indent(s);
    fprintf(stderr, "\n%*s", s->column, "");
}

static void put_word(struct show *s)
{
    if (!s->word[0])
        return;
    char *clean = text_clean(s->word, true);
    int width = text_width(clean ? clean : "");
    int indent = show_indent(s);
    if (s->column > indent && s->column + 1 + width > s->width)
        new_line(s);
    fprintf(stderr, "%s%s", s->column > indent ? " " : "", clean ? clean : "");
    s->column += width + (s->column > indent);
    s->word[0] = '\0';
    free(clean);
}

static void begin(struct show *s, const char *stage)
{
    show_wait_end(s);
    if (s->live)
        live_wipe(s->live);
    bool again = strcmp(s->stage, stage) == 0;
    snprintf(s->stage, sizeof s->stage, "%s", stage);
    fprintf(stderr, "%s%-6s %s%-8s %-5s %s", s->colour ? "\033[1m" : "", again ? "" : stage,
            s->colour ? "\033[0m" : "", "thinking", "", s->colour ? "\033[36m" : "");
    s->column = show_indent(s);
    if (s->column < SHOW_HEAD)
        fprintf(stderr, "\n%*s", s->column, "");
    s->streamed = true;
}

void show_thought(void *ctx, const char *stage, const char *text, size_t size)
{
    struct show *s = ctx;
    if (s->mode != SHOW_LIVE)
        return;
    s->heard_at_s = show_now_s();
    if (!s->column)
        begin(s, stage ? stage : "");
    for (size_t i = 0; i < size; i++) {
        size_t n = strlen(s->word);
        bool full = n + 2 >= sizeof s->word && ((unsigned char)text[i] & 0xC0) != 0x80;
        if (full || text[i] == ' ' || text[i] == '\n')
            put_word(s);
        if (text[i] == '\n')
            new_line(s);
        n = strlen(s->word);
        if (text[i] != ' ' && text[i] != '\n' && n + 1 < sizeof s->word) {
            s->word[n] = text[i];
            s->word[n + 1] = '\0';
        }
    }
    fflush(stderr);
}

void show_thought_end(struct show *s)
{
    if (!s->column)
        return;
    put_word(s);
    fputs(s->colour ? "\033[0m\n" : "\n", stderr);
    s->column = 0;
}

bool show_thought_repeats(struct show *s, const whelk_note *note)
{
    bool thought = strcmp(note->kind, "thought") == 0;
    show_thought_end(s);
    s->streamed = s->streamed && (thought || strcmp(note->kind, "call") == 0);
    return thought && s->streamed;
}
