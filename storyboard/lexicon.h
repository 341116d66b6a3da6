/* What the offline planner knows of language beside the model's card: forms of words, words without
 * content, moods, a few hundred stand-ins, and the commonest nouns and verbs of some other
 * languages. Tables only; all matching is in words.c. */
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

struct lexicon_foreign {
    const char *word, *english, *language;
};
/* The longest row that `text` begins with (languages without spaces), or NULL. */
const struct lexicon_foreign *lexicon_foreign_start(const char *text);
const struct lexicon_foreign *lexicon_foreign_word(const char *word);

/* The score's mood a word asks for, or NULL. */
const char *lexicon_mood(const char *word);
int lexicon_tempo(const char *word); /* +1 faster, -1 slower, 0 neither */

#endif
