/* What a line says of the film rather than of what happens in it: how long, which shape, whether
 * there is music. An option of the command line goes before it. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *words;
    int width, height;
} shapes[] = {
    {"vertical portrait tiktok reels hochformat hochkant", 720, 1280},
    {"square quadratisch", 960, 960},
    {"widescreen cinemascope", 1280, 536},
};

/* "10 seconds", "a 10-second film", "20s", "one minute". 0 = no number stands there. */
static double number_at(const struct reading_of *r, int i)
{
    static const char *const names[] = {"one", "two",   "three", "four", "five",
                                        "six", "seven", "eight", "nine", "ten"};
    const char *text = r->words[i].text;
    for (int n = 0; n < COUNT(names); n++)
        if (strcmp(text, names[n]) == 0)
            return n + 1;
    return strspn(text, "0123456789") == strlen(text) && strlen(text) < 5 ? atof(text) : 0;
}

static double unit_of(const char *word)
{
    static const char *const seconds[] = {"s",       "sec",      "secs",     "second",   "seconds",
                                          "sekunde", "sekunden", "secondes", "segundos", NULL},
                             *const minutes[] = {"min",     "mins",    "minute", "minutes",
                                                 "minuten", "minutos", NULL};
    return story_text_in(word, seconds) ? 1 : story_text_in(word, minutes) ? 60 : 0;
}

/* Seconds of a length whose last word is i, "10 seconds", "20s"; *before: its words before that. 0
 * = there is none. */
static double length_at(const struct reading_of *r, int i, int *before)
{
    char *end;
    const char *text = r->words[i].text;
    double joined = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : 0;
    *before = 0;
    if (joined > 0)
        return joined * unit_of(end); /* "20s" is one word */
    *before = 1;
    return i > 0 ? number_at(r, i - 1) * unit_of(text) : 0;
}

/* "in one shot", "a single long take", "in three shots", "a 6-second shot": the words of a shot
 * with its number or its length. */
struct said_shots {
    int first, noun; /* the words */
    int count;       /* 0 = another kind of shot */
    double seconds;  /* 0 = no length is said */
    bool single;     /* "single" or the like, and no number */
};

static bool said_shots_at(const struct reading_of *r, int noun, struct said_shots *out)
{
    static const char single[] = "single unbroken continuous uncut",
                      between[] = "single unbroken continuous uncut long sole whole";
    bool one = words_is(&r->words[noun], "shot take");
    int j = noun - 1;
    *out = (struct said_shots){.noun = noun};
    for (; j >= 0 && words_is(&r->words[j], between); j--)
        out->single = out->single || words_is(&r->words[j], single);
    out->first = j + 1;
    if (!one && !words_is(&r->words[noun], "shots takes"))
        return false;
    int before = 0;
    double seconds = j >= 0 ? length_at(r, j, &before) : 0;
    double number = j >= 0 ? number_at(r, j) : 0;
    if (seconds > 0 && one) {
        *out = (struct said_shots){j - before, noun, 1, seconds, false};
    } else if (number > 0 && one == (number == 1)) {
        *out = (struct said_shots){j, noun, (int)number, 0, false};
    } else if (out->single && one) {
        out->count = 1;
    }
    return out->count > 0;
}

/* Does a single shot mean the film, and not one that "rings out"? */
static bool is_the_film(const struct reading_of *r, const struct said_shots *s)
{
    int at = s->first, next = s->noun + 1;
    at -= at > 0 && words_is(&r->words[at - 1], "a an the");
    if (next == r->word_count || r->words[next].before == BREAK_SENTENCE)
        return true;
    return (at == 0 && r->words[next].before == BREAK_COMMA) ||
           words_is(&r->words[next], "of film movie clip") ||
           (at > 0 && words_is(&r->words[at - 1], "in as"));
}

/* Not "one wide shot of it and another", where the number belongs to one of several; nor where the
 * line counts or times more shots than one. */
static struct said_shots shots_in(const struct reading_of *r, int *mentions)
{
    struct said_shots one, found = {0};
    *mentions = 0;
    for (int i = 0; i < r->word_count; i++) {
        if (!said_shots_at(r, i, &one))
            continue;
        bool in = one.first > 0 && words_is(&r->words[one.first - 1], "in as of");
        ++*mentions;
        if (one.single ? is_the_film(r, &one) : one.seconds > 0 || in)
            found = one;
    }
    return *mentions == 1 ? found : (struct said_shots){0};
}

static bool is_of_a_shot(const struct reading_of *r, int i)
{
    struct said_shots s;
    for (int noun = i + 1; noun < r->word_count; noun++)
        if (said_shots_at(r, noun, &s))
            return s.seconds > 0 && s.first <= i;
    return false;
}

/* The film's length: not that of one shot among `several` of the line. */
static double seconds_in(struct reading_of *r, bool several)
{
    int before;
    for (int i = 0; i < r->word_count; i++)
        if (length_at(r, i, &before) > 0 && !(several && is_of_a_shot(r, i))) {
            r->words[i].used = r->words[i - before].used = true;
            return length_at(r, i, &before);
        }
    return 0;
}

static int shape_in(struct reading_of *r)
{
    for (int i = 0; i < r->word_count; i++)
        for (int k = 0; k < COUNT(shapes); k++)
            if (words_is(&r->words[i], shapes[k].words)) {
                r->words[i].used = true;
                return k;
            }
    return -1;
}

static bool silent_in(struct reading_of *r)
{
    for (int i = 0; i < r->word_count; i++)
        if (words_is(&r->words[i], "music musical score soundtrack song sound musik") &&
            r->words[i].negated)
            return true;
    return false;
}

void story_wishes(struct reading_of *r, struct wishes *out)
{
    int shape = shape_in(r), mentions;
    struct said_shots shots = shots_in(r, &mentions);
    *out = (struct wishes){
        .seconds = seconds_in(r, mentions > 1), .shots = shots.count, .silent = silent_in(r)};
    for (int i = shots.first; shots.count > 0 && i <= shots.noun; i++)
        r->words[i].used = true;
    if (shape >= 0) {
        out->width = shapes[shape].width;
        out->height = shapes[shape].height;
    }
}
