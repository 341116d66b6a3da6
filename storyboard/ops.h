/* Between the operations (ops.c) and what follows from them: slots from words (ops_words.c), a shot
 * shared by two (ops_share.c), and transitions, titles and lengths (ops_times.c). */
#ifndef WHELK_OPS_H
#define WHELK_OPS_H

#include "story.h"

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

/* "share": the seconds of a shot for two that are made apart (ops_share.c). */
bool change_share(const struct change *c, whelk_shot *first);

/* After any operation: transitions fit, titles stay with their shot or the end, and no shot that
 * was changed asks for more than the model makes. */
bool change_times(const struct change *c);

/* Operations out of JSON that was parsed by story_json_parse: a list of them, or one alone, added
 * to those that are there; false leaves some, the caller's in any case. */
bool ops_read(const cJSON *tree, const char *file, whelk_op **out, int *count, whelk_error *err);

#endif
