/* While a language model is asked: who waits is told for what, and how long it has been. On a
 * terminal that is one line below all others; a thought that has come to a stand gives way to it.
 */
#include <string.h>

#include "show.h"

#define STAND_S 2 /* without a piece, and a thought has come to a stand */

static const char *words_of(bool answers)
{
    return answers ? "the language model is answering" : "waiting for the language model";
}

static void paint(struct show *s, bool answers)
{
    bool narrow = s->width < 60;
    char text[96];
    if (narrow)
        snprintf(text, sizeof text, "  %s, %d s", answers ? "answering" : "waiting", s->waited_s);
    else
        snprintf(text, sizeof text, "%22s%s, %d s", "", words_of(answers), s->waited_s);
    fprintf(stderr, "\r%s%.*s%s\033[K", s->colour ? "\033[2m" : "", s->width - 1, text,
            s->colour ? "\033[0m" : "");
    fflush(stderr);
}

void show_wait(struct show *s, const char *stage, const char *what, double seconds)
{
    double now = show_now_s();
    bool answers = strcmp(what, "answer") == 0;
    if (s->mode == SHOW_PLAIN && now - s->told_at_s >= PLAIN_EVERY_S) {
        s->told_at_s = now;
        fprintf(stderr, "%-6s progress       %s, %.0f s\n", stage, words_of(answers), seconds);
    }
    if (s->mode != SHOW_LIVE || seconds < 1 || (int)seconds == s->waited_s ||
        (s->column && now - s->heard_at_s < STAND_S))
        return;
    show_thought_end(s);
    s->waited_s = (int)seconds;
    paint(s, answers);
}

void show_wait_end(struct show *s)
{
    if (s->waited_s)
        fputs("\r\033[K", stderr);
    s->waited_s = 0;
}
