/* From words with their times to captions: where to break, how long each stands, and the two files
 * that players read. */
#include "captions.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "../pipeline/base/bytes.h"
#include "../pipeline/base/file.h"
#include "../pipeline/base/text.h"
#include "speech.h"

#define LINE 42 /* columns */
#define LEAST_S (5.0 / 6)
#define MOST_S 7.0
#define READ_S 17.0    /* columns a second */
#define APART_FRAMES 2 /* between two captions, so that the eye sees a change */
#define FILE_BYTES (16u << 20)

/* --- Text ------------------------------------------------------------------------------------- */

/* Words [a, b) as one line, white space as one space; g_free. */
static char *line_of(const struct edit_speech *sp, int a, int b)
{
    const struct speech_word *first = &sp->words.words[a], *last = &sp->words.words[b - 1];
    const char *p = sp->text + first->from, *end = sp->text + last->from + last->size;
    GString *line = g_string_new(NULL);
    for (bool space = false; p < end; p++) {
        bool blank = g_ascii_isspace(*p);
        if (!blank && space && line->len)
            g_string_append_c(line, ' ');
        if (!blank)
            g_string_append_c(line, *p);
        space = blank;
    }
    return g_string_free(line, FALSE);
}

static int columns(const struct edit_speech *sp, int a, int b)
{
    char *line = line_of(sp, a, b);
    int width = text_width(line);
    g_free(line);
    return width;
}

enum stop { STOP_NONE, STOP_CLAUSE, STOP_SENTENCE };

/* What a word ends with. */
static enum stop stop_of(const struct edit_speech *sp, int i)
{
    static const char *const ends[] = {".", "!", "?", "…", "。", "！", "？"};
    static const char *const pauses[] = {",", ";", ":", "—", "–", "，", "；", "：", "、"};
    static const char *const quotes[] = {"\"", "'", ")", "”", "’", "」", "』", "»"};
    const struct speech_word *w = &sp->words.words[i];
    char *word = g_strndup(sp->text + w->from, w->size);
    g_strchomp(word);
    for (size_t k = 0; k < G_N_ELEMENTS(quotes); k++) {
        if (g_str_has_suffix(word, quotes[k]))
            word[strlen(word) - strlen(quotes[k])] = '\0';
    }
    enum stop stop = STOP_NONE;
    for (size_t k = 0; k < G_N_ELEMENTS(pauses); k++)
        stop = g_str_has_suffix(word, pauses[k]) ? STOP_CLAUSE : stop;
    for (size_t k = 0; k < G_N_ELEMENTS(ends); k++)
        stop = g_str_has_suffix(word, ends[k]) ? STOP_SENTENCE : stop;
    g_free(word);
    return stop;
}

/* Where words [a, b) turn into a second line: b = they fit in one, -1 = not even in two. A line
 * ends best behind a comma, and the upper one is best the shorter. */
static int turn_of(const struct edit_speech *sp, int a, int b)
{
    if (columns(sp, a, b) <= LINE)
        return b;
    int best = -1;
    double cost = HUGE_VAL;
    for (int i = a + 1; i < b; i++) {
        int upper = columns(sp, a, i), lower = columns(sp, i, b);
        if (upper > LINE || lower > LINE)
            continue;
        double now = abs(upper - lower) + (upper > lower ? 4 : 0) -
                     (stop_of(sp, i - 1) != STOP_NONE ? 12 : 0);
        if (now < cost) {
            cost = now;
            best = i;
        }
    }
    return best;
}

/* A word wider than a line is taken apart, its time with it. */
static void split_long_words(struct edit_speech *sp)
{
    struct speech_words out = {.measured = sp->words.measured};
    for (int i = 0; i < sp->words.count; i++) {
        struct speech_word w = sp->words.words[i];
        while (w.size > 0) {
            size_t size = 0;
            unsigned code;
            for (int width = 0, n = 0; size < w.size; size += (size_t)n) {
                n = MAX(text_next(sp->text + w.from + size, &code), 1);
                width += text_columns(code);
                if (width > LINE)
                    break;
            }
            double share = w.seconds * (double)size / (double)w.size;
            out.words = g_renew(struct speech_word, out.words, out.count + 1);
            out.words[out.count++] = (struct speech_word){w.from, size, w.at_s, share};
            w = (struct speech_word){w.from + size, w.size - size, w.at_s + share,
                                     w.seconds - share};
        }
    }
    speech_words_release(&sp->words);
    sp->words = out;
}

/* --- Breaking --------------------------------------------------------------------------------- */

static double end_of(const struct edit_speech *sp, int i)
{
    return sp->words.words[i].at_s + sp->words.words[i].seconds;
}

/* Where words [a, b) end best when one more caption takes the sentence's rest: in its middle, so
 * that no word or two are left over. */
static int middle_of(const struct edit_speech *sp, int a, int b)
{
    int end = b;
    while (end < sp->words.count && stop_of(sp, end - 1) != STOP_SENTENCE)
        end++;
    int best = b, least = INT_MAX;
    for (int i = a + 1; i <= b && turn_of(sp, b, end) >= 0; i++) {
        int apart = abs(columns(sp, a, i) - columns(sp, i, end));
        if (turn_of(sp, i, end) >= 0 && apart < least) {
            least = apart;
            best = i;
        }
    }
    return best;
}

/* The caption that begins with word a ends before this one: at a sentence's end, else at as much
 * as can stand, drawn back to a comma where that leaves enough. */
static int caption_end(const struct edit_speech *sp, int a)
{
    int comma = 0, b = a + 1;
    for (;; b++) {
        if (stop_of(sp, b - 1) == STOP_SENTENCE || b == sp->words.count)
            return b;
        if (stop_of(sp, b - 1) == STOP_CLAUSE)
            comma = b;
        if (turn_of(sp, a, b + 1) < 0 || end_of(sp, b) - sp->words.words[a].at_s > MOST_S)
            break;
    }
    return comma > 0 && columns(sp, a, comma) * 3 > columns(sp, a, b) ? comma : middle_of(sp, a, b);
}

static void add_caption(struct edit_plan *p, const struct edit_speech *sp, int a, int b)
{
    int turn = turn_of(sp, a, b);
    char *text = line_of(sp, a, turn > 0 ? turn : b);
    if (turn > 0 && turn < b) {
        char *upper = text, *lower = line_of(sp, turn, b);
        text = g_strconcat(upper, "\n", lower, NULL);
        g_free(upper);
        g_free(lower);
    }
    double start = edit_plan_seconds(p, sp->start);
    p->captions = g_renew(struct edit_caption, p->captions, p->caption_count + 1);
    p->captions[p->caption_count++] = (struct edit_caption){
        .from_s = start + sp->words.words[a].at_s, .to_s = start + end_of(sp, b - 1), .text = text};
}

/* --- Times ------------------------------------------------------------------------------------ */

static double to_frame(const struct edit_plan *p, double seconds)
{
    return edit_plan_seconds(p, lround(seconds * p->fps_n / p->fps_d));
}

/* Each stands as long as reading takes, if the next one and the film's end leave it the time. */
static void set_times(struct edit_plan *p, const whelk_listener *listen)
{
    double film = edit_plan_seconds(p, p->frames), apart = edit_plan_seconds(p, APART_FRAMES);
    int fast = 0, first = -1;
    for (int i = 0; i < p->caption_count; i++) {
        struct edit_caption *c = &p->captions[i];
        bool last = i + 1 == p->caption_count;
        double room = last ? film : p->captions[i + 1].from_s - apart;
        double earliest = i > 0 ? c[-1].to_s + apart : 0;
        double want = CLAMP(text_width(c->text) / READ_S, LEAST_S, MOST_S);
        c->to_s = fmin(fmax(c->to_s, c->from_s + want), fmin(fmax(room, c->to_s), film));
        if (c->to_s - c->from_s < want) /* no time behind it: a little before the voice */
            c->from_s = fmax(fmin(c->from_s, c->to_s - want), fmax(earliest, c->from_s - 0.5));
        c->from_s = to_frame(p, fmax(c->from_s, 0));
        c->to_s = to_frame(p, fmin(c->to_s, c->from_s + MOST_S));
        if (c->to_s - c->from_s < want - 0.1 && fast++ == 0)
            first = i;
    }
    if (fast > 0)
        edit_tell(listen, "warn", NULL,
                  "%d of %d captions stand for less time than reading them takes (17 characters a "
                  "second, at least 5/6 s), first the one at %.1f s; a slower voice or fewer words "
                  "would help.",
                  fast, p->caption_count, p->captions[first].from_s);
}

void captions_make(struct edit_plan *plan, const whelk_listener *listen)
{
    for (int i = 0; i < plan->speech_count; i++) {
        struct edit_speech *sp = &plan->speeches[i];
        split_long_words(sp);
        for (int a = 0, b; a < sp->words.count; a = b) {
            b = caption_end(sp, a);
            add_caption(plan, sp, a, b);
        }
    }
    set_times(plan, listen);
    if (plan->caption_count == 0)
        edit_tell(listen, "warn", NULL,
                  "Captions are asked for, and no shot has a text that is spoken (\"voice\" in "
                  "storyboard.json).");
}

void captions_release(struct edit_plan *plan)
{
    for (int i = 0; i < plan->caption_count; i++)
        g_free(plan->captions[i].text);
    g_free(plan->captions);
    g_free(plan->caption_titles);
}

/* --- Files ------------------------------------------------------------------------------------ */

static void add_time(struct bytes *b, double seconds, char point)
{
    long ms = lround(seconds * 1000);
    bytes_format(b, "%02ld:%02ld:%02ld%c%03ld", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60,
                 point, ms % 1000);
}

/* "-->" would end the text in either format; WebVTT reads tags and entities too. */
void captions_add_text(struct bytes *b, const char *text, bool vtt)
{
    for (const char *p = text; *p; p++) {
        if (vtt && *p == '&')
            bytes_text(b, "&amp;");
        else if (vtt && *p == '<')
            bytes_text(b, "&lt;");
        else if (strncmp(p, "-->", 3) == 0)
            bytes_text(b, "→"), p += 2;
        else
            bytes_append(b, p, 1);
    }
}

static bool save(const struct edit_plan *p, const char *name, bool vtt, whelk_error *err)
{
    struct bytes b;
    bytes_init(&b, FILE_BYTES);
    if (vtt)
        bytes_text(&b, "WEBVTT\n\n");
    for (int i = 0; i < p->caption_count; i++) {
        const struct edit_caption *c = &p->captions[i];
        bytes_format(&b, "%d\n", i + 1);
        add_time(&b, c->from_s, vtt ? '.' : ',');
        bytes_text(&b, " --> ");
        add_time(&b, c->to_s, vtt ? '.' : ',');
        bytes_text(&b, "\n");
        captions_add_text(&b, c->text, vtt);
        bytes_text(&b, "\n\n");
    }
    char *path = edit_plan_file(p, name);
    bool good = !b.failed ? file_write(path, b.data ? b.data : "", b.size, err)
                          : whelk_fail(err, WHELK_EFAIL, "%s: out of memory", path);
    g_free(path);
    bytes_release(&b);
    return good;
}

bool captions_save(const struct edit_plan *plan, whelk_error *err)
{
    return save(plan, "film.srt", false, err) && save(plan, "film.vtt", true, err);
}

/* --- Burnt in --------------------------------------------------------------------------------- */

void captions_burn(struct edit_plan *plan)
{
    int count = plan->caption_count;
    plan->caption_titles = g_new0(whelk_edit_title, count);
    plan->cards = g_renew(struct edit_card, plan->cards, plan->card_count + count);
    for (int i = 0; i < count; i++) {
        const struct edit_caption *c = &plan->captions[i];
        whelk_edit_title *t = &plan->caption_titles[i];
        *t = (whelk_edit_title){c->text, "caption", c->from_s, c->to_s - c->from_s};
        long from = lround(c->from_s * plan->fps_n / plan->fps_d),
             to = lround(c->to_s * plan->fps_n / plan->fps_d);
        plan->cards[plan->card_count++] =
            (struct edit_card){.title = t, .start = from, .frames = MAX(to - from, 1)};
    }
}
