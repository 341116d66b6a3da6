/* What the offline planner knows of language beside the model's card: forms of words, words without
 * content, moods, a few hundred stand-ins, English words that are no slips of the pen, and the
 * commonest words of some other languages. Tables only; all matching is in words.c. */
#ifndef WHELK_LEXICON_H
#define WHELK_LEXICON_H

#include "words.h"

#define STEMS 8

/* Dictionary forms a word may stem from: "diving" -> "div", "dive"; "ran" -> "run". Returns how
 * many. */
int lexicon_stems(const char *word, char out[STEMS][WORD_MAX]);

bool lexicon_is_empty(const char *word); /* articles, prepositions, pronouns, particles ... */
bool lexicon_is_article(
    const char *word); /* what stands before a noun: articles, possessives, small numbers */
bool lexicon_is_adjective(const char *word);

/* A word the card may lack, and what stands in for it if the card has that. */
struct lexicon_row {
    enum card_slot slot;
    const char *value, *words; /* space-separated; '_' is a space inside one */
};
extern const struct lexicon_row lexicon_nearest[];
extern const int lexicon_nearest_count;

/* --- lexicon_foreign.c */

struct lexicon_foreign {
    const char *english, *language; /* english: a word, or a phrase of several */
    size_t size;                    /* bytes of the foreign word */
};
/* The longest that `text` begins with, in languages without spaces; false = none. */
bool lexicon_foreign_start(const char *text, struct lexicon_foreign *out);
/* A word, in whatever form of its language; false = none. */
bool lexicon_foreign_word(const char *word, struct lexicon_foreign *out);

/* The score's mood a word asks for, or NULL. */
const char *lexicon_mood(const char *word);
int lexicon_tempo(const char *word); /* +1 faster, -1 slower, 0 neither */
/* An English word one letter away from something the model knows: "match" is no misspelt "march".
 */
bool lexicon_is_english(const char *word);
bool lexicon_negates(const char *word); /* "without", "no", "never": what follows is not shown */
bool lexicon_is_preposition(const char *word); /* what makes a noun the place or aim of a verb */

#endif
