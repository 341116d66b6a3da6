/* When each word is said. espeak-ng as a program tells no times, but it reads a text a second time
 * with a pause between the words if asked to, and changes nothing else: where the pauses are shows
 * where the words end, and taking the pauses out again gives their times in the first reading. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/text.h"
#include "speech.h"

#define HOP 240         /* frames that are judged quiet or not: 5 ms */
#define QUIET 0.0016f   /* -56 dB */
#define BREATH_S 0.15   /* quiet for longer: nobody speaks */
#define MOST_WORDS 1000 /* that are matched with pauses; longer texts are estimated */
#define MOST_JOINED 4   /* words said in one breath, or breaths for one word */

struct span {
    double from_s, to_s;
};

/* --- Words ----------------------------------------------------------------------------------- */

static bool is_letter(unsigned code)
{
    return code >= 0x80
               ? !(code >= 0x2000 && code <= 0x206F) && !(code >= 0x3000 && code <= 0x303F) &&
                     !(code >= 0xFF00 && code <= 0xFF0F) && code != 0xAB && code != 0xBB
               : g_ascii_isalnum((gchar)code);
}

/* Written without spaces, each character is a word of its own. */
static bool stands_alone(unsigned code)
{
    return (code >= 0x3040 && code <= 0x30FF) || (code >= 0x4E00 && code <= 0x9FFF);
}

void speech_words_init(struct speech_words *w, const char *text)
{
    *w = (struct speech_words){0};
    bool open = false; /* the last word may grow */
    unsigned code;
    size_t n;
    for (size_t at = 0; text[at]; at += n) {
        n = (size_t)text_next(text + at, &code);
        n = n > 0 ? n : 1;
        bool space = code <= 0x20 || code == 0xA0 || code == 0x3000;
        if (space || (!is_letter(code) && w->count == 0)) {
            open = false;
            continue;
        }
        if (is_letter(code) && (!open || stands_alone(code))) {
            w->words = g_renew(struct speech_word, w->words, w->count + 1);
            w->words[w->count++] = (struct speech_word){.from = at};
        }
        struct speech_word *last = &w->words[w->count - 1];
        last->size = at + n - last->from; /* punctuation belongs to the word before it */
        open = !stands_alone(code) && (is_letter(code) || open);
    }
}

void speech_words_release(struct speech_words *w)
{
    g_free(w->words);
    *w = (struct speech_words){0};
}

/* How long a word takes, in letters. */
static double weight(const char *text, const struct speech_word *word)
{
    double sum = 1;
    unsigned code;
    for (size_t at = 0, n; at < word->size; at += n) {
        n = (size_t)text_next(text + word->from + at, &code);
        n = n > 0 ? n : 1;
        if (is_letter(code))
            sum += g_ascii_isdigit((gchar)(code < 0x80 ? code : 0)) ? 4
                   : stands_alone(code)                             ? 4
                                                                    : 1;
    }
    return sum;
}

/* --- Sound ----------------------------------------------------------------------------------- */

/* The stretches of sound between silences of at least `pause_s`; g_free. */
static struct span *spans_of(const struct sound *s, double pause_s, int *count)
{
    struct span *spans = NULL;
    *count = 0;
    for (long at = 0; at < s->frames; at += HOP) {
        if (!sound_is_loud(s, at, HOP, QUIET))
            continue;
        double from = (double)at / SOUND_RATE, to = (double)(at + HOP) / SOUND_RATE;
        if (*count == 0 || from - spans[*count - 1].to_s >= pause_s) {
            spans = g_renew(struct span, spans, *count + 1);
            spans[(*count)++] = (struct span){from, to};
        }
        spans[*count - 1].to_s = to;
    }
    return spans;
}

bool speech_bounds(const struct sound *s, long *from, long *to)
{
    int count = 0;
    struct span *all = spans_of(s, HUGE_VAL, &count);
    if (count > 0) {
        *from = lround(all->from_s * SOUND_RATE);
        *to = lround(all->to_s * SOUND_RATE);
    }
    g_free(all);
    return count > 0;
}

/* --- Estimating ------------------------------------------------------------------------------ */

/* The moment at which a share of all that is loud has been heard. */
static double moment(const struct span *spans, int count, double share_s)
{
    for (int i = 0; i < count; i++) {
        double length = spans[i].to_s - spans[i].from_s;
        if (share_s <= length || i == count - 1)
            return spans[i].from_s + fmin(share_s, length);
        share_s -= length;
    }
    return 0;
}

/* Spreads words [first, last) over spans by their weight. */
static void spread(struct speech_words *w, const char *text, int first, int last,
                   const struct span *spans, int count)
{
    double all = 0, loud = 0, done = 0;
    for (int i = first; i < last; i++)
        all += weight(text, &w->words[i]);
    for (int i = 0; i < count; i++)
        loud += spans[i].to_s - spans[i].from_s;
    for (int i = first; i < last; i++) {
        double share = weight(text, &w->words[i]) / all * loud;
        /* a word begins behind the pause and ends before it */
        w->words[i].at_s = moment(spans, count, done + 1e-4);
        done += share;
        w->words[i].seconds = fmax(moment(spans, count, done - 1e-4) - w->words[i].at_s, 0.01);
    }
}

void speech_words_estimate(struct speech_words *w, const char *text, const struct sound *s,
                           double seconds)
{
    int count = 0;
    struct span *spans = s ? spans_of(s, BREATH_S, &count) : NULL;
    struct span whole = {0, seconds};
    spread(w, text, 0, w->count, count ? spans : &whole, count ? count : 1);
    g_free(spans);
}

/* --- Measuring ------------------------------------------------------------------------------- */

struct match {
    float cost;
    unsigned char words, spans; /* the last of the way here */
};

static double misfit(double seconds, double weight_s)
{
    double off = log((seconds + 0.05) / (weight_s + 0.05));
    return off * off;
}

/* Which words are said in which spans: mostly one each, but "of the" may be said in one, and a
 * number in many. Cheapest way through both lists; m->at(i, j) has i words in j spans. */
static struct match *match(const struct speech_words *w, const char *text, const struct span *spans,
                           int count)
{
    int rows = w->count + 1, cols = count + 1;
    struct match *m = g_new(struct match, (size_t)rows * (size_t)cols);
    double loud = 0, all = 0;
    for (int j = 0; j < count; j++)
        loud += spans[j].to_s - spans[j].from_s;
    for (int i = 0; i < w->count; i++)
        all += weight(text, &w->words[i]);
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < cols; j++) {
            struct match *here = &m[i * cols + j];
            *here = (struct match){.cost = i == 0 && j == 0 ? 0 : INFINITY};
            for (int a = 1; a <= MOST_JOINED && a <= i; a++) {
                for (int b = 1; b <= MOST_JOINED && b <= j; b += a == 1 ? 1 : MOST_JOINED) {
                    double weight_s = 0, seconds = 0;
                    for (int k = i - a; k < i; k++)
                        weight_s += weight(text, &w->words[k]) / all * loud;
                    for (int k = j - b; k < j; k++)
                        seconds += spans[k].to_s - spans[k].from_s;
                    double cost = m[(i - a) * cols + j - b].cost + misfit(seconds, weight_s) +
                                  0.5 * (a + b - 2);
                    if (cost < here->cost)
                        *here = (struct match){(float)cost, (unsigned char)a, (unsigned char)b};
                }
            }
        }
    }
    return m;
}

bool speech_words_measure(struct speech_words *w, const char *text, const struct sound *plain,
                          const struct sound *apart, double pause_s)
{
    int count = 0, one = 0;
    struct span *spans = spans_of(apart, pause_s, &count), *all = spans_of(plain, HUGE_VAL, &one);
    bool good =
        count > 0 && one == 1 && w->count > 0 && w->count <= MOST_WORDS && count <= 2 * MOST_WORDS;
    if (good && count > 1) { /* without the pauses the spans are where they were */
        double longer = (spans[count - 1].to_s - spans[0].from_s) - (all->to_s - all->from_s);
        double each = longer / (count - 1), lead = spans[0].from_s - all->from_s;
        good = each > 0.5 * pause_s && each < 3 * pause_s;
        for (int j = 0; j < count; j++) {
            spans[j].from_s -= lead + each * j;
            spans[j].to_s -= lead + each * j;
        }
    }
    struct match *m = good ? match(w, text, spans, count) : NULL;
    int i = w->count, j = count;
    good = good && isfinite(m[i * (count + 1) + j].cost);
    while (good && i > 0) {
        struct match step = m[i * (count + 1) + j];
        spread(w, text, i - step.words, i, spans + j - step.spans, step.spans);
        i -= step.words;
        j -= step.spans;
    }
    w->measured = good;
    g_free(m);
    g_free(spans);
    g_free(all);
    return good;
}
