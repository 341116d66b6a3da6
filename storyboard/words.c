/* Takes a prompt apart into words and finds what the card knows among them: the longest phrase
 * first, exact words before stand-ins, and where a word could be two things (a dove, the dark) the
 * words beside it decide. */
#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexicon.h"
#include "quotes.h"

#define WORDS_MAX 4000
#define PHRASE_WORDS 5

bool words_is(const struct word *word, const char *list)
{
    size_t n = strlen(word->text);
    for (const char *p = list; n && (p = strstr(p, word->text)) != NULL; p++)
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* --- Taking apart ----------------------------------------------------------------------------- */

static enum word_break break_of(unsigned code)
{
    switch (code) {
    case '.':
    case '!':
    case '?':
    case ';':
    case ':':
    case '\n':
    case 0x3002:
    case 0xFF01:
    case 0xFF1F:
    case 0xFF1B:
        return BREAK_SENTENCE;
    case ',':
    case '(':
    case ')':
    case 0x2013:
    case 0x2014:
    case 0x3001:
    case 0xFF0C:
        return BREAK_COMMA;
    default:
        return BREAK_NONE;
    }
}

static bool is_letter(unsigned code)
{
    if (code < 0x80)
        return isalnum((int)code) != 0;
    bool punctuation = (code >= 0x2000 && code < 0x2070) || (code >= 0x3000 && code < 0x3003) ||
                       code == 0xD7 || (code >= 0xFF00 && code < 0xFF10) ||
                       (code >= 0xA0 && code < 0xC0);
    return !punctuation;
}

/* Languages written without spaces. */
static bool is_dense(unsigned code)
{
    return (code >= 0x3040 && code < 0xA000) || (code >= 0xF900 && code < 0xFB00) ||
           (code >= 0x20000 && code < 0x40000);
}

/* Lower case of ASCII, Latin-1, Greek and Cyrillic, which is what the word lists hold. */
static unsigned lower(unsigned code)
{
    if (code < 0x80)
        return (unsigned)tolower((int)code);
    if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x391 && code <= 0x3A9) ||
        (code >= 0x410 && code <= 0x42F))
        return code + 0x20;
    return code >= 0x400 && code <= 0x40F ? code + 0x50 : code;
}

static void put_character(char *text, unsigned code, const char *bytes, int size)
{
    size_t n = strlen(text);
    unsigned small = lower(code);
    if (n + 4 >= WORD_MAX)
        return;
    if (small == code || size != 2) {
        memcpy(text + n, bytes, (size_t)size);
        if (size == 1)
            text[n] = (char)small;
    } else {
        text[n] = (char)(0xC0 | small >> 6);
        text[n + 1] = (char)(0x80 | (small & 0x3F));
    }
    text[n + (size_t)size] = '\0';
}

struct cutter {
    const struct quotes *quotes;
    const char *at;
    enum word_break before;
    struct reading_of *out;
};

static struct word *new_word(struct cutter *c)
{
    struct word *word = story_grow(&c->out->words, &c->out->word_count, sizeof *word);
    if (word)
        word->before = c->out->word_count == 1 ? BREAK_SENTENCE : c->before;
    c->before = BREAK_NONE;
    return word;
}

/* In a language without spaces: the longest word of the lists, or one character that is in none.
 * What is a phrase in English becomes as many words. */
static bool cut_dense(struct cutter *c, int size)
{
    struct lexicon_foreign known = {.english = ""};
    bool found = lexicon_foreign_start(c->at, &known);
    const char *said = c->at, *p = known.english;
    size_t said_size = found ? known.size : (size_t)size;
    do {
        struct word *word = new_word(c);
        if (!word)
            return false;
        size_t n = strcspn(p, " ");
        snprintf(word->text, sizeof word->text, "%.*s", (int)n, p);
        snprintf(word->said, sizeof word->said, "%.*s", (int)said_size, said);
        word->language = found ? known.language : NULL;
        word->used = !found;
        said_size = 0;
        p += n;
        p += strspn(p, " ");
    } while (*p);
    c->at += found ? known.size : (size_t)size;
    return true;
}

static bool is_apostrophe(const char *s)
{
    return *s == '\'' || strncmp(s, "\xE2\x80\x99", 3) == 0;
}

static bool cut_word(struct cutter *c)
{
    struct word *word = new_word(c);
    unsigned code = 0;
    if (!word)
        return false;
    for (int size;
         *c->at && (size = text_next(c->at, &code)) > 0 && is_letter(code) && !is_dense(code);
         c->at += size)
        put_character(word->text, code, c->at, size);
    if (is_apostrophe(c->at)) { /* "the cat's tail": what follows is not a word of its own */
        c->at += *c->at == '\'' ? 1 : 3;
        if (*c->at == 't' && strlen(word->text) + 1 < sizeof word->text)
            strcat(word->text, "t"); /* "doesn't" is one */
        c->at += strspn(c->at, "abcdefghijklmnopqrstuvwxyz");
    }
    snprintf(word->said, sizeof word->said, "%s", word->text);
    return true;
}

/* What is quoted has no part in what happens; it parts the words around it as a comma does. */
static bool pass_quotation(struct cutter *c)
{
    const char *at = c->at;
    while (*c->at && quotes_hold(c->quotes, c->at))
        c->at++;
    if (c->at > at && c->before < BREAK_COMMA)
        c->before = BREAK_COMMA;
    return c->at > at;
}

static bool cut_words(struct reading_of *out, const char *prompt, const struct quotes *quotes)
{
    struct cutter c = {.quotes = quotes, .at = prompt, .before = BREAK_SENTENCE, .out = out};
    while (*c.at && out->word_count < WORDS_MAX) {
        unsigned code = 0;
        int size = text_next(c.at, &code);
        if (pass_quotation(&c))
            continue;
        if (is_dense(code)) {
            if (!cut_dense(&c, size))
                return false;
        } else if (is_letter(code)) {
            if (!cut_word(&c))
                return false;
        } else {
            enum word_break b = break_of(code);
            c.before = b > c.before ? b : c.before;
            c.at += size > 0 ? size : 1;
        }
    }
    return true;
}

/* Words of other languages that share our letters are taken for such only where they outnumber the
 * small words of English. */
static void translate(struct reading_of *out)
{
    int english = 0, foreign = 0, count = out->word_count;
    struct lexicon_foreign known;
    for (int i = 0; i < count; i++) {
        english += !out->words[i].language &&
                   words_is(&out->words[i],
                            "the an and is into on over of with through from at then to by near");
        foreign += !out->words[i].language && !words_is(&out->words[i], "chat chats mer") &&
                   lexicon_foreign_word(out->words[i].text, &known); /* English has these too */
    }
    if (foreign <= english || (foreign < 2 && count > 2))
        return;
    for (int i = 0; i < count; i++) {
        if (out->words[i].language || !lexicon_foreign_word(out->words[i].text, &known))
            continue;
        snprintf(out->words[i].text, WORD_MAX, "%s", known.english);
        out->words[i].language = known.language;
    }
}

/* From a negation on, over articles and adjectives, as far as the thing or the deed it is about:
 * "without any black cars", "no dog or cat", "does not dive". */
static void mark_negated(struct reading_of *out)
{
    for (int i = 0; i < out->word_count; i++) {
        if (!lexicon_negates(out->words[i].text))
            continue;
        out->words[i].used = true;
        int k = i + 1;
        for (; k < out->word_count && out->words[k].before == BREAK_NONE; k++) {
            struct word *w = &out->words[k];
            bool or = words_is(w, "or nor");
            if (words_is(w, "longer only just even so always")) {
                break; /* "not only", "no longer" say something else */
            }
            if (lexicon_is_article(w->text) || lexicon_is_adjective(w->text) || or)
                continue;
            w->negated = true;
            bool more = k + 1 < out->word_count && words_is(&out->words[k + 1], "or nor");
            if (!more && !words_is(w, "orange red yellow green blue white black"))
                break;
        }
    }
}

/* The language most words were found in; kana settle between Chinese and Japanese. */
static const char *language_of(const struct reading_of *out, const char *prompt)
{
    const char *best = NULL;
    int most = 0;
    for (const char *p = prompt; *p; p++)
        if (strncmp(p, "\xE3\x81", 2) == 0 || strncmp(p, "\xE3\x82", 2) == 0 ||
            strncmp(p, "\xE3\x83", 2) == 0)
            return "ja";
    for (int i = 0; i < out->word_count; i++) {
        int count = 0;
        for (int j = 0; out->words[i].language && j < out->word_count; j++)
            count += out->words[j].language &&
                     strcmp(out->words[j].language, out->words[i].language) == 0;
        if (count > most) {
            most = count;
            best = out->words[i].language;
        }
    }
    return best ? best : "en";
}

/* --- The dictionary --------------------------------------------------------------------------- */

struct entry {
    enum card_slot slot;
    int value;
    enum certainty how;
    int count; /* words of the phrase */
    char word[PHRASE_WORDS][WORD_MAX / 2];
};

struct dictionary {
    struct entry *entries;
    int count;
    bool failed;
};

static void add_phrase(struct dictionary *d, enum card_slot slot, int value, enum certainty how,
                       const char *phrase)
{
    struct entry e = {.slot = slot, .value = value, .how = how};
    for (const char *p = phrase; *p && e.count < PHRASE_WORDS;) {
        size_t n = strcspn(p, " _-");
        if (n > 0 && n < sizeof e.word[0])
            snprintf(e.word[e.count++], sizeof e.word[0], "%.*s", (int)n, p);
        p += n;
        p += strspn(p, " _-");
    }
    if (e.count == 0 || value < 0)
        return;
    struct entry *room = story_grow(&d->entries, &d->count, sizeof e);
    if (room)
        *room = e;
    else
        d->failed = true;
}

static void add_slot(struct dictionary *d, const struct card *card, enum card_slot slot)
{
    for (int i = 0; i < card->slot[slot].count; i++) {
        const char *value = card->slot[slot].values[i];
        add_phrase(d, slot, i, AS_SAID, value);
        for (const cJSON *s = cJSON_GetArrayItem(
                 cJSON_GetObjectItemCaseSensitive(card->slot[slot].synonyms, value), 0);
             s; s = s->next)
            if (cJSON_IsString(s))
                add_phrase(d, slot, i, AS_SAID, s->valuestring);
    }
    const cJSON *nearest = card->slot[slot].nearest;
    for (const cJSON *n = nearest ? nearest->child : NULL; n; n = n->next)
        if (cJSON_IsString(n))
            add_phrase(d, slot, card_value(card, slot, n->valuestring), NEAREST, n->string);
}

static void add_lexicon(struct dictionary *d, const struct card *card)
{
    for (int i = 0; i < lexicon_nearest_count; i++) {
        const struct lexicon_row *row = &lexicon_nearest[i];
        int value = card_value(card, row->slot, row->value);
        for (const char *p = row->words; *p; p += strspn(p, " ")) {
            char phrase[2 * WORD_MAX];
            size_t n = strcspn(p, " ");
            snprintf(phrase, sizeof phrase, "%.*s", (int)n, p);
            add_phrase(d, row->slot, value, NEAREST, phrase);
            p += n;
        }
    }
}

/* --- Finding ---------------------------------------------------------------------------------- */

struct finder {
    struct reading_of *out;
    const struct dictionary *dictionary;
    char (*stems)[STEMS][WORD_MAX];
    int *stem_counts;
};

static bool same_word(const struct finder *f, int i, const char *word)
{
    if (strcmp(f->out->words[i].text, word) == 0)
        return true;
    for (int s = 0; s < f->stem_counts[i]; s++)
        if (strcmp(f->stems[i][s], word) == 0)
            return true;
    return false;
}

static bool phrase_at(const struct finder *f, int i, const struct entry *e)
{
    if (i + e->count > f->out->word_count)
        return false;
    for (int k = 0; k < e->count; k++)
        if (!same_word(f, i + k, e->word[k]) ||
            (k > 0 && f->out->words[i + k].before == BREAK_SENTENCE))
            return false;
    return true;
}

bool words_colour_follows(const struct word *word)
{
    return word->language &&
           (strcmp(word->language, "fr") == 0 || strcmp(word->language, "es") == 0);
}

/* True where a noun is to be expected: after an article, or after an adjective or colour. */
static bool noun_place(const struct reading_of *r, int i)
{
    if (i == 0 || r->words[i].before != BREAK_NONE)
        return false;
    const struct word *before = &r->words[i - 1];
    const struct mention *last = r->mention_count ? &r->mentions[r->mention_count - 1] : NULL;
    bool colour = last && last->slot == CARD_COLOUR && last->first + last->count == i;
    return (colour && !words_colour_follows(before)) || lexicon_is_article(before->text) ||
           lexicon_is_adjective(before->text);
}

static bool near_word(const struct reading_of *r, int i, int count, const char *list)
{
    for (int k = i - 3; k < i + count + 3; k++)
        if (k >= 0 && k < r->word_count && (k < i || k >= i + count) &&
            words_is(&r->words[k], list))
            return true;
    return false;
}

/* "until night falls": the verb belongs to the hour. */
static bool tells_hour(const struct reading_of *r, int i)
{
    const struct mention *last = r->mention_count ? &r->mentions[r->mention_count - 1] : NULL;
    return last && last->slot == CARD_TIME && last->first + last->count == i &&
           words_is(&r->words[i], "falls fell falling comes came rises rose breaks arrives");
}

/* "snow falls on the city": neither the place nor what somebody does. */
static bool tells_weather(const struct reading_of *r, int i)
{
    static const char falls[] = "fall falls fell falling";
    bool comes = words_is(&r->words[i], falls) && i > 0 && words_is(&r->words[i - 1], "snow rain"),
         is = words_is(&r->words[i], "snow") && i + 1 < r->word_count &&
              words_is(&r->words[i + 1], falls);
    return comes || is;
}

/* ", watercolour" */
static bool stands_alone(const struct reading_of *r, int i)
{
    return i > 0 && r->words[i].before != BREAK_NONE &&
           (i + 1 == r->word_count || r->words[i + 1].before != BREAK_NONE);
}

/* "slow music", "the camera slowly pans", "fast cuts". */
static bool of_the_film(const struct reading_of *r, int i, int count)
{
    static const char film[] =
        "music song score soundtrack melody tune camera pan pans panning push "
        "pushes pull pulls zoom zooms tilt tilts dolly film movie video cut "
        "cuts cutting editing pacing tempo rhythm";
    return (i + count < r->word_count && r->words[i + count].before == BREAK_NONE &&
            words_is(&r->words[i + count], film)) ||
           (i > 0 && r->words[i].before == BREAK_NONE &&
            words_is(&r->words[i - 1], "camera pans pushes pulls zooms tilts music"));
}

/* How well an entry fits at word i; the largest wins, below 0 is no match. Length counts first,
 * then exactness, then the words around. */
static int score(const struct finder *f, int i, const struct entry *e)
{
    const struct reading_of *r = f->out;
    const struct word *before = i > 0 && r->words[i].before == BREAK_NONE ? &r->words[i - 1] : NULL;
    bool noun = noun_place(r, i), verbal = strcmp(r->words[i].text, e->word[0]) != 0;
    int points = 100 * e->count + (e->how == AS_SAID ? 20 : 0);
    switch (e->slot) {
    case CARD_SUBJECT:
        return points + (noun ? 30 : verbal ? -10 : 0);
    case CARD_ACTION:
        if (tells_hour(r, i) || tells_weather(r, i))
            return -1;
        return points - (noun ? 15 : 0);
    case CARD_PLACE:
        if (tells_weather(r, i))
            return -1;
        return points + (noun ? 25 : 5);
    case CARD_TIME:
        return points + (before && words_is(before, "at in by the under of this during") ? 30 : 10);
    case CARD_COLOUR:
        return points +
               (before && words_is(before, "the in at") && i + 1 == r->word_count ? -20 : 15);
    case CARD_DIRECTION:
        if (e->count == 1 &&
            !near_word(r, i, 1,
                       "facing heading moves moving goes going turns turning to towards") &&
            !(before && words_is(before, "the")))
            return -1;
        if (i + 1 < r->word_count && words_is(&r->words[i + 1], "to")) /* "left to right" */
            return -1;
        return before && words_is(before, "has have") ? -1 : points;
    case CARD_STYLE: /* "in the style of a poster", "a poster of a cat", no poster on the wall */
        if (e->count == 1 && !stands_alone(r, i) && !(before && words_is(before, "in as")) &&
            !(i <= 1 && i + 1 < r->word_count && words_is(&r->words[i + 1], "of")) &&
            !near_word(r, i, 1,
                       "style look drawn painted made film movie video illustration painting"))
            return -1;
        return points;
    case CARD_PACE: /* of somebody, not of the music or the camera */
        return of_the_film(r, i, e->count) ? -1 : points;
    case CARD_WEATHER: /* "it snows" is no place */
        return points + (verbal ? 0 : 30);
    case CARD_SIZE:
    case CARD_CAMERA:
        if (e->count == 1 && !near_word(r, i, 1, "camera shot view frame angle framing lens"))
            return -1;
        return points;
    default:
        return points;
    }
}

static const struct entry *best_at(const struct finder *f, int i)
{
    const struct entry *best = NULL;
    int best_score = -1;
    for (int k = 0; k < f->dictionary->count; k++) {
        const struct entry *e = &f->dictionary->entries[k];
        if (!phrase_at(f, i, e))
            continue;
        int points = score(f, i, e);
        if (points > best_score) {
            best_score = points;
            best = e;
        }
    }
    return best;
}

/* A single-word entry that a word of at least four letters is a slip of the pen away from. */
static const struct entry *misspelt(const struct finder *f, int i)
{
    const char *word = f->out->words[i].text;
    int letters = (int)strlen(word), limit = letters >= 9 ? 2 : 1;
    const struct entry *best = NULL;
    int best_distance = limit + 1;
    if (letters < 4 || lexicon_is_empty(word) || lexicon_is_adjective(word) || lexicon_mood(word) ||
        lexicon_is_english(word) || tells_weather(f->out, i))
        return NULL;
    for (int k = 0; k < f->dictionary->count; k++) {
        const struct entry *e = &f->dictionary->entries[k];
        if (e->count != 1 || e->slot >= CARD_DIRECTION || e->how != AS_SAID ||
            e->word[0][0] != word[0])
            continue;
        int distance = story_distance(word, e->word[0], limit);
        if (distance < best_distance) {
            best_distance = distance;
            best = e;
        }
    }
    return best;
}

static bool add_mention(struct reading_of *out, const struct entry *e, int first,
                        enum certainty how)
{
    struct mention *m = story_grow(&out->mentions, &out->mention_count, sizeof *m);
    if (!m)
        return false;
    *m = (struct mention){
        .slot = e->slot, .value = e->value, .first = first, .count = e->count, .how = how};
    for (int k = 0; k < e->count; k++) {
        struct word *w = &out->words[first + k];
        size_t n = strlen(m->said);
        snprintf(m->said + n, sizeof m->said - n, "%s%s", k && *w->said ? " " : "", w->said);
        m->negated = m->negated || w->negated;
        w->used = true;
    }
    return true;
}

static bool find_mentions(struct finder *f)
{
    struct reading_of *out = f->out;
    int slips_left = 200;
    for (int i = 0; i < out->word_count;) {
        const struct entry *e = best_at(f, i);
        enum certainty how = e ? e->how : MISSPELT;
        if (!e && !out->words[i].used && slips_left-- > 0)
            e = misspelt(f, i);
        if (e && !add_mention(out, e, i, how))
            return false;
        if (!e && (tells_hour(out, i) || lexicon_is_empty(out->words[i].text)))
            out->words[i].used = true;
        i += e ? e->count : 1;
    }
    return true;
}

/* "together", "each other": told by who is in the picture, where the model draws two. */
static void mark_company(struct reading_of *r)
{
    for (int i = 0; i < r->word_count; i++)
        if (words_is(&r->words[i], "together each other"))
            r->words[i].used = true;
}

bool words_read(struct reading_of *reading, const char *prompt, const struct card *card,
                whelk_error *err)
{
    struct dictionary d = {0};
    struct finder f = {.out = reading, .dictionary = &d};
    memset(reading, 0, sizeof *reading);
    struct quotes quotes;
    quotes_find(&quotes, prompt);
    if (quotes.title)
        snprintf(reading->title, sizeof reading->title, "%.*s", (int)quotes.title_size,
                 quotes.title);
    for (int i = 0; i < quotes.count; i++)
        reading->spoken = reading->spoken || quotes.at[i].spoken;
    bool fine = cut_words(reading, prompt, &quotes);
    translate(reading);
    mark_negated(reading);
    reading->language = language_of(reading, prompt);
    for (int s = 0; s < CARD_COMPANY; s++)
        add_slot(&d, card, (enum card_slot)s);
    add_lexicon(&d, card);
    f.stems = calloc((size_t)reading->word_count + 1, sizeof *f.stems);
    f.stem_counts = calloc((size_t)reading->word_count + 1, sizeof *f.stem_counts);
    fine = fine && !d.failed && f.stems && f.stem_counts;
    for (int i = 0; fine && i < reading->word_count; i++)
        f.stem_counts[i] = lexicon_stems(reading->words[i].text, f.stems[i]);
    fine = fine && find_mentions(&f);
    if (card_most_actors(card) > 1)
        mark_company(reading);
    free(f.stems);
    free(f.stem_counts);
    free(d.entries);
    if (fine)
        return true;
    words_release(reading);
    return whelk_fail(err, WHELK_EFAIL, "out of memory while reading the prompt");
}

void words_release(struct reading_of *reading)
{
    free(reading->words);
    free(reading->mentions);
    memset(reading, 0, sizeof *reading);
}
