/* Inside the reading of changes in plain words: plain.c takes a line apart into clauses and finds
 * the shots they are about; plain_shots.c, plain_view.c and plain_film.c are what is understood of
 * shots, of what they show and of the film as a whole. Every phrase marks the words it has used; a
 * word of content that is left over makes the whole line refused. */
#ifndef WHELK_PLAIN_H
#define WHELK_PLAIN_H

#include "plan.h"

#define PLAIN_SHOTS 256

struct plain {
    whelk_film *film; /* as it is after the operations so far */
    const struct card *card;
    const char *card_json;
    struct reading_of reading;
    bool *got; /* words that have been understood */
    whelk_op *ops;
    int op_count;
    whelk_error *err;
    char stand_in[200]; /* of the clause: what is shown instead of a word the model lacks */
    bool failed;        /* an operation was refused, or there was no memory: err says why */
};

struct clause {
    int from, to;             /* words */
    char ids[PLAIN_SHOTS][8]; /* the shots it is about, in the order of the film */
    int count;
    bool named; /* they are named in it, not taken over from the clause before */
    bool all;   /* the whole film */
};

/* One of the space-separated words in from..to, marked as used: its index, or -1. */
int plain_word(struct plain *p, int from, int to, const char *list);
bool plain_has(const struct plain *p, int from, int to, const char *list); /* without marking */
/* A number in from..to, marked; 0 = none. */
double plain_number(struct plain *p, int from, int to);
/* The shots that the words from..to name; returns how many, their words marked. */
int plain_shots(struct plain *p, int from, int to, char ids[][8], bool *all);
/* The next mention of this slot in the clause whose words are not marked yet, marked now; NULL =
 * none. */
const struct mention *plain_mention(struct plain *p, const struct clause *c, enum card_slot slot);

/* Does an operation on p->film and keeps it; texts are copied. False: p->failed. */
bool plain_do(struct plain *p, whelk_op op);
bool plain_set(struct plain *p, const char *shot, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool plain_refuse(struct plain *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The shot at an index, -1 = the last; borrowed until the next operation. The index of an id, or
 * -1. */
whelk_shot *plain_shot_at(const struct plain *p, int i);
int plain_index(const struct plain *p, const char *id);
/* A phrase that needs shots and has none is about all of them. */
void plain_all_if_none(const struct plain *p, struct clause *c);
/* A value of the card by its name. */
const char *plain_value(const struct plain *p, enum card_slot slot, int value);
/* Puts one word or phrase in the place of another; false where it does not stand there. */
bool plain_replace(char **text, const char *from, const char *to);

/* Each: true where the clause was (partly) what it knows, and done. */
typedef bool plain_phrase(struct plain *p, struct clause *c);
plain_phrase plain_add, plain_order, plain_takes, plain_ends, plain_transition, plain_pace,
    plain_length;                                   /* plain_shots.c */
plain_phrase plain_slots;                           /* plain_view.c */
plain_phrase plain_music, plain_title, plain_grade; /* plain_film.c */

#endif
