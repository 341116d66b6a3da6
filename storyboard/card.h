/* The model's capability card, parsed: which values each slot has, how people call them, and which
 * subject can do what where. Internal to the planners. The format is generator/model/FORMAT.md, 9,
 * and what `worldgen --card` prints. */
#ifndef WHELK_CARD_H
#define WHELK_CARD_H

#include "story.h"

enum card_slot {
    CARD_SUBJECT,
    CARD_ACTION,
    CARD_PLACE,
    CARD_TIME,
    CARD_COLOUR,
    CARD_DIRECTION,
    CARD_SIZE,
    CARD_CAMERA,
    CARD_WEATHER,
    CARD_STYLE,
    CARD_MARK,    /* with the colour, all that an actor is known by */
    CARD_PACE,    /* of whoever crosses the picture */
    CARD_COMPANY, /* from here on not read from words but made of the story: several actors in a
                     shot */
    CARD_SUBJECT2,
    CARD_COLOUR2,
    CARD_MARK2,
    CARD_SUBJECT3,
    CARD_COLOUR3,
    CARD_MARK3,
    CARD_SLOTS
};

#define CARD_VALUES 64 /* of one slot, at most */

struct card {
    cJSON *tree; /* owns every string below */
    struct {
        const char *values[CARD_VALUES];
        int count;             /* 0 = the model has no such slot */
        const cJSON *synonyms; /* {"cat": ["kitten", ...]} or NULL */
        const cJSON *nearest;  /* {"lion": "cat", ...} or NULL */
    } slot[CARD_SLOTS];
    uint64_t *possible;  /* [subject][action], a bit a place */
    double clip_seconds; /* of one clip */
    const cJSON *vocabulary, *cannot;
};

bool card_init(struct card *card, const char *json, whelk_error *err);
void card_release(struct card *card);

const char *card_slot_name(enum card_slot slot);
int card_value(const struct card *card, enum card_slot slot, const char *name); /* index or -1 */
const char *card_name(const struct card *card, enum card_slot slot, int value); /* "" for -1 */
/* Any of the three may be -1, which agrees with anything. */
bool card_possible(const struct card *card, int subject, int action, int place);
/* The most seconds of a shot in which this is done; and how it goes on after a clip:
 * "back", "stays", NULL = it does not. */
double card_longest(const struct card *card, int action);
const char *card_goes_on(const struct card *card, int action);
/* How many actors the model draws in one shot at most: 1, 2 or 3. */
int card_most_actors(const struct card *card);
bool card_knows_word(const struct card *card, const char *word); /* in the vocabulary of captions */

#endif
