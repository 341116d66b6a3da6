/* A quotation is told from words in marks by what stands around it: "called", a colon, a speaker, a
 * capital letter. A prompt that is quoted as a whole is no quotation. */
#include "quotes.h"

#include <ctype.h>
#include <string.h>

#define LONGEST 120 /* bytes; what is longer is text that happens to be between two marks */

static const char *const marks[][2] = {
    {"\"", "\""},
    {"\xE2\x80\x9C", "\xE2\x80\x9D"}, /* curly */
    {"\xE2\x80\x9E", "\xE2\x80\x9C"}, /* German */
    {"\xC2\xAB", "\xC2\xBB"},         /* guillemets */
    {"\xE3\x80\x8A", "\xE3\x80\x8B"}, /* Chinese: of titles */
    {"\xE3\x80\x8C", "\xE3\x80\x8D"}, /* corner brackets */
};

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool has_letters(const char *from, const char *to)
{
    for (; from < to; from++)
        if (is_letter(*from))
            return true;
    return false;
}

/* Is one of the words among the last three before `at`, or the first two after it? */
static bool word_near(const char *start, const char *at, const char *const *words, bool before)
{
    char word[24];
    for (int n = 0; n < (before ? 3 : 2); n++) {
        size_t size = 0;
        if (before) {
            while (at > start && !is_letter(at[-1]))
                at--;
            const char *end = at;
            while (at > start && is_letter(at[-1]))
                at--;
            size = (size_t)(end - at);
        } else {
            while (*at && !is_letter(*at))
                at++;
            while (is_letter(at[size]))
                size++;
        }
        if (size > 0 && size < sizeof word) {
            for (size_t i = 0; i < size; i++)
                word[i] = (char)tolower((unsigned char)at[i]);
            word[size] = '\0';
            for (int k = 0; words[k]; k++)
                if (strcmp(words[k], word) == 0)
                    return true;
        }
        at += before ? 0 : size;
    }
    return false;
}

static bool is_spoken(const char *prompt, const char *from, const char *to)
{
    static const char *const speakers[] = {
        "says",  "say",   "said",   "saying", "shouts",  "shouting", "sings", "singing", "asks",
        "cries", "yells", "reads",  "sign",   "written", "words",    "sagt",  "ruft",    "singt",
        "fragt", "dit",   "chante", "dice",   "canta",   "whispers", "text",  NULL};
    return word_near(prompt, from, speakers, true) || word_near(prompt, to, speakers, false);
}

static bool is_title(const char *prompt, const char *from, const char *to, const char *after)
{
    static const char *const names[] = {"called", "titled",          "entitled", "named", "title",
                                        "film",   "movie",           "short",    "video", "titel",
                                        "namens", "intitul\xC3\xA9", "titulada", NULL};
    static const char *const likes[] = {"style", "like", "stil", "reminiscent", NULL};
    if (word_near(prompt, from, names, true) || *after == ':')
        return true;
    bool dense = (unsigned char)*from >= 0xE3;
    return !word_near(prompt, from, likes, true) && to > from + 3 &&
           (isupper((unsigned char)*from) || dense);
}

/* The quotation that begins at `p`, or false. *after: behind its closing mark. */
static bool quotation_at(const char *p, const char **from, const char **to, const char **after)
{
    for (size_t k = 0; k < sizeof marks / sizeof marks[0]; k++) {
        size_t n = strlen(marks[k][0]);
        if (strncmp(p, marks[k][0], n) != 0)
            continue;
        *from = p + n;
        *to = strstr(*from, marks[k][1]);
        if (!*to || *to - *from > LONGEST || memchr(*from, '\n', (size_t)(*to - *from)) ||
            !has_letters(*from, *to))
            return false;
        *after = *to + strlen(marks[k][1]);
        return true;
    }
    return false;
}

void quotes_find(struct quotes *q, const char *prompt)
{
    const char *from, *to, *after;
    *q = (struct quotes){0};
    bool outside = false;
    for (const char *p = prompt; *p; p++) {
        if (!quotation_at(p, &from, &to, &after)) {
            outside = outside || is_letter(*p);
            continue;
        }
        bool spoken = is_spoken(prompt, p, after),
             title = !spoken && is_title(prompt, from, to, after);
        if ((spoken || title) && q->count < QUOTES_MAX) {
            q->at[q->count].from = from;
            q->at[q->count].to = to;
            q->at[q->count++].spoken = spoken;
        } else {
            outside = true;
        }
        if (title && !q->title) {
            q->title = from;
            q->title_size = (size_t)(to - from);
        }
        p = after - 1;
    }
    if (!outside) /* the whole prompt in marks */
        *q = (struct quotes){0};
}

bool quotes_hold(const struct quotes *q, const char *at)
{
    for (int i = 0; i < q->count; i++)
        if (at >= q->at[i].from && at < q->at[i].to)
            return true;
    return false;
}
