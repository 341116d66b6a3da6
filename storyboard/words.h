/* A prompt as words, and what of it the model knows: the reading half of the offline planner. */
#ifndef WHELK_WORDS_H
#define WHELK_WORDS_H

#include "card.h"

#define WORD_MAX 48 /* bytes of one word, NUL included; longer ones are cut */

enum word_break { BREAK_NONE, BREAK_COMMA, BREAK_SENTENCE };

struct word {
    char text[WORD_MAX];    /* lower case; foreign words are in English already */
    char said[WORD_MAX];    /* as it stood in the prompt, lower case */
    enum word_break before; /* what parts it from the word before */
    const char *language;   /* of the table it was found in; NULL = English or unknown */
    bool used;              /* part of a mention, or a word without content */
    bool negated;           /* "without a dog": said not to be there */
};

enum certainty {
    AS_SAID, /* a value of the card, or a synonym of it */
    NEAREST, /* something else, for which the value stands in */
    MISSPELT /* near in spelling to a word we know */
};

/* One thing the model knows, as met in the prompt. */
struct mention {
    enum card_slot slot;
    int value;
    int first, count; /* words */
    enum certainty how;
    char said[2 * WORD_MAX];
    bool left_out; /* known, but no shot shows it */
    bool negated;  /* said not to be there */
};

struct reading_of { /* everything read from a prompt */
    struct word *words;
    int word_count;
    struct mention *mentions; /* in the order of the words */
    int mention_count;
    const char *language; /* "en", "de", "zh", ... as far as the words tell */
    char title[128];      /* given in quotation marks; "" = none */
    bool spoken;          /* something in quotation marks is said or written */
};

bool words_read(struct reading_of *reading, const char *prompt, const struct card *card,
                whelk_error *err);
void words_release(struct reading_of *reading);

bool words_is(const struct word *word, const char *list); /* one of the space-separated words */
bool words_colour_follows(
    const struct word *word); /* its language puts the colour after the noun */

#endif
