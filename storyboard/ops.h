/* Between the operations (ops.c) and what follows from them: slots from words (ops_words.c), a shot
 * shared by two (ops_share.c), and transitions, titles and lengths (ops_times.c). */
#ifndef WHELK_OPS_H
#define WHELK_OPS_H

#include "story.h"

struct card;
struct story;
struct planned;
struct reading_of;

struct change {
    whelk_film *film; /* being changed */
    const whelk_film *was;
    const whelk_op *op;
    const char *card_json; /* NULL = slots are left alone */
    const whelk_listener *listen;
    whelk_error *err;
};

bool change_no_memory(const struct change *c); /* false */
void change_tell(const struct change *c, const char *kind, const char *shot, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* After a field of a shot was set ("prompt", "camera", "slots"): the slots say what the words say,
 * the model can show them together, and place and characters are those of the slots. */
bool change_follow(const struct change *c, whelk_shot *shot, const char *field);

/* The value that a shot's slot has on the card; -1 = none that is there. */
int change_value(const struct card *card, const whelk_shot *shot, int slot);
/* Sets a slot and tells why. */
bool change_slot(const struct change *c, whelk_shot *shot, const char *name, const char *value,
                 const char *because);
/* A new entry called `name`, `name-more` or `name-2`; its id is put into *out. Takes the
 * description over. */
bool change_add_named(const struct change *c, whelk_named **list, int *count, const char *name,
                      const char *more, char *description, char **out);
/* A shot's slots as one step of a story, to be put into words again. */
void change_read_step(const struct card *card, const whelk_shot *shot, struct story *story,
                      struct planned *step);

/* Who is in a shot, for models that draw several (ops_cast.c): the guests that its words name; then
 * those of them who can be there, and how they meet; then its characters. */
struct company_change {
    char verb[64];      /* of the words, "" = they hold none: how they meet may change with it */
    bool guests, alone; /* who is there was changed; nobody else is wanted */
};
bool change_read_cast(const struct change *c, whelk_shot *shot, const struct card *card,
                      struct reading_of *reading);
bool change_settle_company(const struct change *c, whelk_shot *shot, const struct card *card,
                           const struct company_change *what);
bool change_follow_cast(const struct change *c, whelk_shot *shot, const struct card *card);

/* "share": the seconds of a shot for two that are made apart (ops_share.c). */
bool change_share(const struct change *c, whelk_shot *first);

/* After any operation: transitions fit, titles stay with their shot or the end, and no shot that
 * was changed asks for more than the model makes. */
bool change_times(const struct change *c);

/* Operations out of JSON that was parsed by story_json_parse: a list of them, or one alone, added
 * to those that are there; false leaves some, the caller's in any case. */
bool ops_read(const cJSON *tree, const char *file, whelk_op **out, int *count, whelk_error *err);

#endif
