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

static double seconds_in(struct reading_of *r)
{
    for (int i = 0; i < r->word_count; i++) {
        char *end = r->words[i].text;
        bool number = r->words[i].text[0] >= '0' && r->words[i].text[0] <= '9';
        double joined = number ? strtod(r->words[i].text, &end) : 0; /* "20s" is one word */
        if (number && unit_of(end) > 0) {
            r->words[i].used = true;
            return joined * unit_of(end);
        }
        if (i + 1 < r->word_count && number_at(r, i) > 0 && unit_of(r->words[i + 1].text) > 0) {
            r->words[i].used = r->words[i + 1].used = true;
            return number_at(r, i) * unit_of(r->words[i + 1].text);
        }
    }
    return 0;
}

/* "in one shot", "a single long take", "in three shots", "a 6-second shot"; not "one wide shot of
 * it and another", where the number belongs to one of several. */
static int shots_in(struct reading_of *r)
{
    static const char one[] = "shot take", many[] = "shots takes",
                      between[] = "single long continuous unbroken uncut sole whole";
    for (int i = 0; i < r->word_count; i++) {
        bool single = words_is(&r->words[i], "single unbroken continuous uncut");
        double number = single ? 1 : number_at(r, i);
        int k = i + 1;
        while (k < r->word_count && words_is(&r->words[k], between))
            k++;
        bool counted =
            k < r->word_count && number > 0 && words_is(&r->words[k], number == 1 ? one : many);
        bool timed = k < r->word_count && i > 0 && unit_of(r->words[i].text) > 0 &&
                     words_is(&r->words[k], one);
        bool in = single || timed || (i > 0 && words_is(&r->words[i - 1], "in as of"));
        if ((counted || timed) && in) {
            for (int j = i; j <= k; j++)
                r->words[j].used = true;
            return timed ? 1 : (int)number;
        }
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
    int shape = shape_in(r);
    *out = (struct wishes){.seconds = seconds_in(r), .shots = shots_in(r), .silent = silent_in(r)};
    if (shape >= 0) {
        out->width = shapes[shape].width;
        out->height = shapes[shape].height;
    }
}
