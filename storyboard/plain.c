/* A change in plain words as operations, by rules: "make the second shot slower, at night, and end
 * on the dog". Clauses are parted by commas and "and"; one that names no shot is about those of the
 * clause before. What is not understood refuses the whole line, so that nothing is half done. */
#include "plain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexicon.h"

static const char understood[] =
    "slower, faster, twice as fast; longer, shorter, 2 seconds; at night, at dusk, by day; another "
    "subject, action, place or colour that the model knows; wide, medium, close, closer; camera "
    "moves; add a shot of, remove, move, swap, split, merge, lock, unlock, another take; begin "
    "with, end on; "
    "crossfade, fade to black, straight cuts; music calmer, happier, faster, off; brighter, "
    "darker, "
    "warmer, colder, black and white; call it \"...\". Shots are named as shot 2, the second shot, "
    "0020, the last shot, shots 2 and 3, every shot";

/* --- Words ------------------------------------------------------------------------------------ */

bool plain_has(const struct plain *p, int from, int to, const char *list)
{
    for (int i = from; i < to; i++)
        if (words_is(&p->reading.words[i], list))
            return true;
    return false;
}

int plain_word(struct plain *p, int from, int to, const char *list)
{
    for (int i = from; i < to; i++)
        if (!p->got[i] && words_is(&p->reading.words[i], list)) {
            p->got[i] = true;
            return i;
        }
    return -1;
}

double plain_number(struct plain *p, int from, int to)
{
    static const char *const names[] = {"one", "two", "three", "four", "five", "six"};
    for (int i = from; i < to; i++) {
        const char *text = p->reading.words[i].text;
        double value = 0;
        if (p->got[i])
            continue;
        for (int n = 0; n < COUNT(names); n++)
            value = strcmp(text, names[n]) == 0 ? n + 1 : value;
        if (isdigit((unsigned char)text[0]) && text[strspn(text, "0123456789")] == '\0')
            value = atof(text);
        if (words_is(&p->reading.words[i], "half"))
            value = 0.5;
        const struct word *next = i + 1 < to ? &p->reading.words[i + 1] : NULL;
        bool point = isdigit((unsigned char)text[0]) && next && next->before == BREAK_SENTENCE &&
                     next->text[0] && next->text[strspn(next->text, "0123456789")] == '\0';
        if (value <= 0 && !point)
            continue;
        p->got[i] = true;
        if (point) { /* "2.5": cut at its point */
            char both[40];
            snprintf(both, sizeof both, "%.15s.%.15s", text, next->text);
            p->got[i + 1] = true;
            value = atof(both);
        }
        return value;
    }
    return 0;
}

const struct mention *plain_mention(struct plain *p, const struct clause *c, enum card_slot slot)
{
    for (int i = 0; i < p->reading.mention_count; i++) {
        const struct mention *m = &p->reading.mentions[i];
        if (m->first < c->from || m->first >= c->to || m->slot != slot || p->got[m->first])
            continue;
        for (int k = 0; k < m->count; k++)
            p->got[m->first + k] = true;
        if (m->how == NEAREST)
            snprintf(p->stand_in, sizeof p->stand_in,
                     "\"%.60s\" is nothing the model has; \"%.60s\" is the nearest", m->said,
                     plain_value(p, slot, m->value));
        return m;
    }
    return NULL;
}

/* --- Which shots ------------------------------------------------------------------------------ */

/* The number of the shot that a word stands for, from 1; 0 = none. -1 = the last. */
static int ordinal(const struct plain *p, int i)
{
    static const char *const names[] = {"first", "second",  "third",  "fourth", "fifth",
                                        "sixth", "seventh", "eighth", "ninth",  "tenth"};
    const char *text = p->reading.words[i].text;
    for (int n = 0; n < COUNT(names); n++)
        if (strcmp(text, names[n]) == 0)
            return n + 1;
    char *end;
    long n = isdigit((unsigned char)text[0]) ? strtol(text, &end, 10) : 0;
    if (n > 0 && (strcmp(end, "st") == 0 || strcmp(end, "nd") == 0 || strcmp(end, "rd") == 0 ||
                  strcmp(end, "th") == 0))
        return (int)n;
    return strcmp(text, "last") == 0 || strcmp(text, "final") == 0 ? -1 : 0;
}

/* After "shot": an id, or a place in the film. */
static int cardinal(const struct plain *p, int i)
{
    static const char *const names[] = {"one", "two", "three", "four", "five", "six"};
    const char *text = p->reading.words[i].text;
    for (int n = 0; n < COUNT(names); n++)
        if (strcmp(text, names[n]) == 0)
            return n + 1;
    if (!text[0] || text[strspn(text, "0123456789")] != '\0')
        return 0;
    for (int k = 0; k < p->film->shot_count; k++)
        if (strcmp(p->film->shots[k].id, text) == 0)
            return k + 1;
    return strlen(text) < 4 ? atoi(text) : 0;
}

static bool is_shot(const struct plain *p, int i, int to)
{
    return i < to && words_is(&p->reading.words[i], "shot shots scene scenes take takes");
}

static bool joins(const struct plain *p, int i)
{
    return words_is(&p->reading.words[i], "and to or");
}

/* "1.5 seconds", "2 seconds": a number of seconds, not of a shot. */
static bool counts_seconds(const struct plain *p, int i, int to)
{
    static const char units[] = "second seconds sec secs s";
    const struct word *next = &p->reading.words[i + 1];
    return (i + 1 < to && words_is(next, units)) ||
           (i + 2 < to && words_is(&next[1], units) && next->before == BREAK_SENTENCE);
}

static void name_shot(struct plain *p, int n, bool *named)
{
    int count = p->film->shot_count, i = n < 0 ? count - 1 : n - 1;
    if (i < count)
        named[i] = true;
    else
        plain_refuse(p, "there is no shot %d; the film has %d", n, count);
}

/* "shots 2, 3 and 4", "shots 2 to 4", from the word after "shots"; returns where it ends. */
static int list_of_shots(struct plain *p, int i, int to, bool *named)
{
    int last = 0;
    bool range = false;
    for (; i < to; i++) {
        int n = counts_seconds(p, i, to) ? 0 : cardinal(p, i);
        if (n) {
            for (int k = range && last ? last + 1 : n; k <= n; k++)
                name_shot(p, k, named);
            last = n;
            range = false;
        } else if (last && joins(p, i) && i + 1 < to &&
                   (cardinal(p, i + 1) || is_shot(p, i + 1, to))) {
            range = words_is(&p->reading.words[i], "to");
        } else if (!(last && is_shot(p, i, to))) {
            break;
        }
        p->got[i] = true;
    }
    return i;
}

/* "the first two shots", "the last three": how many words that are; 0 = it is none. */
static int shots_at_an_end(struct plain *p, int i, int to, bool *named)
{
    int n = ordinal(p, i), many = i + 1 < to ? cardinal(p, i + 1) : 0;
    if ((n != 1 && n != -1) || !many || !is_shot(p, i + 2, to))
        return 0;
    int count = p->film->shot_count;
    if (many > count)
        name_shot(p, many, named); /* refused */
    for (int k = 0; k < many && k < count; k++)
        name_shot(p, n == 1 ? k + 1 : count - k, named);
    p->got[i] = p->got[i + 1] = p->got[i + 2] = true;
    return 3;
}

/* Another ordinal after "and": "and last", "and the last". Returns where it stands; 0 = there is
 * none. */
static int next_ordinal(const struct plain *p, int i, int to)
{
    int at = i + 1 + (i + 1 < to && words_is(&p->reading.words[i + 1], "the"));
    return joins(p, i) && at < to && ordinal(p, at) ? at : 0;
}

/* "the second and third shots", "the last one": ordinals, then what they count. */
static int ordered_shots(struct plain *p, int i, int to, bool *named)
{
    int end = i, words = shots_at_an_end(p, i, to, named);
    if (words)
        return i + words;
    while (end < to && (ordinal(p, end) || next_ordinal(p, end, to)))
        end = ordinal(p, end) ? end + 1 : next_ordinal(p, end, to);
    if (!is_shot(p, end, to) && !(end < to && words_is(&p->reading.words[end], "one ones")))
        return end; /* "half a second" */
    for (int k = i; k < end; k++) {
        if (ordinal(p, k))
            name_shot(p, ordinal(p, k), named);
        p->got[k] = true;
    }
    p->got[end] = true;
    return end + 1;
}

int plain_shots(struct plain *p, int from, int to, char ids[][8], bool *all)
{
    bool named[PLAIN_SHOTS] = {false};
    int count = 0;
    bool everything = plain_word(p, from, to,
                                 "all every each whole everything everywhere "
                                 "throughout") >= 0;
    for (int i = from; i < to; i++) {
        int n = counts_seconds(p, i, to) ? 0 : cardinal(p, i);
        if (n && strcmp(p->film->shots[n - 1 < p->film->shot_count ? n - 1 : 0].id,
                        p->reading.words[i].text) == 0)
            i = list_of_shots(p, i, to, named) - 1; /* a bare id */
        else if (is_shot(p, i, to)) {
            p->got[i] = true;
            i = list_of_shots(p, i + 1, to, named) - 1;
        } else if (ordinal(p, i)) {
            i = ordered_shots(p, i, to, named) - 1;
        }
    }
    for (int i = 0; i < p->film->shot_count && i < PLAIN_SHOTS; i++)
        if (named[i] || everything)
            snprintf(ids[count++], 8, "%.7s", p->film->shots[i].id);
    *all = everything;
    return count;
}

/* --- Operations ------------------------------------------------------------------------------- */

bool plain_refuse(struct plain *p, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!p->failed)
        whelk_fail(p->err, WHELK_EUSAGE, "%s", text);
    p->failed = true;
    return false;
}

bool plain_do(struct plain *p, whelk_op op)
{
    if (p->failed)
        return false;
    whelk_op *kept = story_grow(&p->ops, &p->op_count, sizeof *kept);
    bool shows = op.field ? strcmp(op.field, "prompt") == 0 : strcmp(op.kind, "add") == 0;
    const char *why = shows && p->stand_in[0] ? p->stand_in : op.why;
    bool fine = kept && whelk_set_text(&kept->kind, op.kind) && whelk_set_text(&kept->why, why) &&
                whelk_set_text(&kept->shot, op.shot) && whelk_set_text(&kept->after, op.after) &&
                whelk_set_text(&kept->field, op.field) && whelk_set_text(&kept->value, op.value);
    if (!fine) {
        whelk_fail(p->err, WHELK_EFAIL, "out of memory");
        p->failed = true;
        return false;
    }
    kept->at_s = op.at_s;
    kept->seconds = op.seconds;
    p->failed = !whelk_film_apply(p->film, kept, p->card_json, NULL, p->err);
    return !p->failed;
}

bool plain_set(struct plain *p, const char *shot, const char *field, const char *fmt, ...)
{
    char value[4000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    return plain_do(p, (whelk_op){.kind = (char *)"set",
                                  .shot = (char *)(uintptr_t)shot,
                                  .field = (char *)(uintptr_t)field,
                                  .value = value});
}

/* --- Clauses ---------------------------------------------------------------------------------- */

/* "shots 2 and 3", "black and white", "the cat and the dog ...": no new clause begins there. */
static bool and_parts(const struct plain *p, int i)
{
    if (i == 0 || i + 1 >= p->reading.word_count)
        return true;
    int next = i + 1 + words_is(&p->reading.words[i + 1], "the");
    bool number = next < p->reading.word_count && (cardinal(p, next) || ordinal(p, next) ||
                                                   is_shot(p, next, p->reading.word_count));
    bool after_number = cardinal(p, i - 1) || ordinal(p, i - 1);
    bool grey =
        words_is(&p->reading.words[i - 1], "black") && words_is(&p->reading.words[i + 1], "white");
    return !grey && !(number && after_number);
}

static int clause_end(struct plain *p, int from)
{
    for (int i = from; i < p->reading.word_count; i++) {
        const struct word *w = &p->reading.words[i];
        bool fraction = w->text[0] && w->text[strspn(w->text, "0123456789")] == '\0' && i > from &&
                        isdigit((unsigned char)w[-1].text[0]);
        if (i > from && w->before != BREAK_NONE && !fraction)
            return i;
        if (words_is(w, "and then but also plus") && and_parts(p, i)) {
            p->got[i] = true;
            if (i > from)
                return i;
        }
    }
    return p->reading.word_count;
}

/* What is left over and has content. */
static bool check_left(struct plain *p, const struct clause *c)
{
    char left[300] = "";
    for (int i = c->from; i < c->to; i++) {
        const struct word *w = &p->reading.words[i];
        if (p->got[i] || lexicon_is_empty(w->text) || !*w->said ||
            words_is(w, "bit little please set change put give shot shots scene film should "
                        "would cut use into become instead happen happens where"))
            continue;
        snprintf(left + strlen(left), sizeof left - strlen(left), "%s\"%.40s\"", *left ? ", " : "",
                 w->said);
    }
    return !*left || plain_refuse(p, "%s is not understood. This is: %s", left, understood);
}

static bool do_clause(struct plain *p, struct clause *c)
{
    static plain_phrase *const phrases[] = {
        plain_title,      plain_music, plain_add,  plain_ends,   plain_order, plain_takes,
        plain_transition, plain_grade, plain_pace, plain_length, plain_slots};
    bool any = false;
    for (int i = 0; i < COUNT(phrases) && !p->failed; i++)
        any = phrases[i](p, c) || any;
    if (p->failed || !check_left(p, c))
        return false;
    if (any || c->named) /* "shot 2: ...": what follows is about it */
        return true;
    char said[200] = "";
    for (int i = c->from; i < c->to; i++)
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s%.40s", i > c->from ? " " : "",
                 p->reading.words[i].said);
    return plain_refuse(p, "\"%s\" is not understood. This is: %s", said, understood);
}

/* "the rest": all but those of the clause before. */
static int others(const struct plain *p, const struct clause *c, char ids[][8])
{
    int count = 0;
    for (int i = 0; i < p->film->shot_count; i++) {
        bool meant = false;
        for (int k = 0; k < c->count && !meant; k++)
            meant = strcmp(c->ids[k], p->film->shots[i].id) == 0;
        if (!meant)
            snprintf(ids[count++], 8, "%.7s", p->film->shots[i].id);
    }
    return count;
}

/* Of the shots of the clause before, those that are still there. */
static void drop_gone(const struct plain *p, struct clause *c)
{
    int kept = 0;
    for (int i = 0; i < c->count; i++)
        if (whelk_film_shot(p->film, c->ids[i]))
            memmove(c->ids[kept++], c->ids[i], sizeof c->ids[i]);
    c->count = kept;
}

static bool do_all(struct plain *p)
{
    struct clause *c = calloc(1, sizeof *c);
    if (!c)
        return plain_refuse(p, "out of memory");
    for (int from = 0; from < p->reading.word_count && !p->failed; from = c->to) {
        c->from = from;
        c->to = clause_end(p, from);
        bool only_and = c->to == from + 1 && p->got[from];
        char ids[PLAIN_SHOTS][8];
        bool all = false;
        int count = only_and ? 0 : plain_shots(p, c->from, c->to, ids, &all);
        if (!only_and && plain_word(p, c->from, c->to, "rest others") >= 0)
            count = others(p, c, ids);
        c->named = count > 0;
        p->stand_in[0] = '\0';
        drop_gone(p, c);
        if (count) {
            memcpy(c->ids, ids, sizeof ids);
            c->count = count;
            c->all = all;
        }
        if (!only_and && !p->failed)
            do_clause(p, c);
    }
    free(c);
    if (p->failed || p->op_count > 0)
        return !p->failed;
    return p->reading.word_count
               ? plain_refuse(p, "nothing would change: the film is like that already")
               : plain_refuse(p, "nothing is asked for. This is understood: %s", understood);
}

bool whelk_plain_ops(const whelk_film *film, const char *words, const char *card_json,
                     whelk_op **out, int *count, whelk_error *err)
{
    struct card card;
    char fault[80];
    struct plain p = {.card = &card, .card_json = card_json, .err = err};
    if (!words || strlen(words) > 4000 ||
        story_text_fault(words, strlen(words), true, fault, sizeof fault))
        return whelk_fail(err, WHELK_EUSAGE,
                          "a change is said in up to 4000 bytes of plain UTF-8 text");
    if (film->shot_count > PLAIN_SHOTS)
        return whelk_fail(err, WHELK_EUSAGE, "the film has more than %d shots", PLAIN_SHOTS);
    if (!card_init(&card, card_json, err))
        return false;
    bool done = words_read(&p.reading, words, &card, err);
    p.film = done ? whelk_film_copy(film) : NULL;
    p.got = done ? calloc((size_t)p.reading.word_count + 1, sizeof *p.got) : NULL;
    if (done && (!p.film || !p.got))
        done = whelk_fail(err, WHELK_EFAIL, "out of memory");
    done = done && do_all(&p);
    free(p.got);
    words_release(&p.reading);
    whelk_film_free(p.film);
    card_release(&card);
    if (done) {
        *out = p.ops;
        *count = p.op_count;
    } else {
        whelk_ops_free(p.ops, p.op_count);
    }
    return done;
}
