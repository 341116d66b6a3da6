/* Cutting a script where it pauses. Headings are those of screenplays and books: "INT. POOL - DAY",
 * "SCENE 4", "Chapter Two", "# Title". */
#include "script.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_heading(const char *line)
{
    static const char *const leads[] = {"INT.",    "EXT.",    "INT/EXT", "I/E.", "SCENE ", "Scene ",
                                        "CHAPTER", "Chapter", "ACT ",    "# ",   "## "};
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (strncmp(line, leads[i], strlen(leads[i])) == 0)
            return true;
    return strncmp(line, "\xE7\xAC\xAC", 3) == 0; /* Chinese: the n-th scene, chapter, part */
}

/* The last place within `most` bytes for which `fits` holds, or 0. */
static size_t last_break(const char *text, size_t most, bool (*fits)(const char *, size_t))
{
    for (size_t at = most; at > most / 3; at--)
        if (fits(text, at))
            return at;
    return 0;
}

static bool before_heading(const char *text, size_t at)
{
    return text[at - 1] == '\n' && is_heading(text + at);
}

static bool after_blank(const char *text, size_t at)
{
    return at > 1 && text[at - 1] == '\n' && text[at - 2] == '\n';
}

static bool after_line(const char *text, size_t at)
{
    return text[at - 1] == '\n';
}

static bool after_sentence(const char *text, size_t at)
{
    return at > 2 && ((text[at - 1] == ' ' && strchr(".!?", text[at - 2])) ||
                      memcmp(text + at - 3, "\xE3\x80\x82", 3) == 0);
}

static bool after_word(const char *text, size_t at)
{
    return text[at - 1] == ' ';
}

static bool between_characters(const char *text, size_t at)
{
    return ((unsigned char)text[at] & 0xC0) != 0x80;
}

size_t script_piece(const char *text, size_t most)
{
    size_t size = strnlen(text, most + 1);
    if (size <= most)
        return size;
    static bool (*const breaks[])(const char *, size_t) = {
        before_heading, after_blank, after_line, after_sentence, after_word, between_characters};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        size_t at = last_break(text, most, breaks[i]);
        if (at)
            return at;
    }
    return most;
}
