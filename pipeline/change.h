/* Changes to a reel's storyboard: operations (storyboard.h), or a step in its history. Each is
 * written into the journal with its reason and with what became stale by it, and kept in history/.
 *
 *     whelk_op op = {.kind = "set", .shot = "0020", .field = "camera", .value = "push-in"};
 *     struct change change = {.ops = &op, .op_count = 1, .reason = "nearer"};
 *     if (!reel_change(reel, NULL, &change, listen, &err)) ...
 *
 * All operations are done or none. A picture or piece of music named by a whole path is copied into
 * the reel; a take that is put into use brings its seed along; the halves of a split shot share
 * their take. */
#ifndef WHELK_CHANGE_H
#define WHELK_CHANGE_H

#include "reel.h"

struct waste;

struct change {
    const whelk_op *ops;
    int op_count;
    int version;               /* of the history, to go to instead; 0 = none */
    const struct waste *waste; /* of reel_clean; else NULL */
    const char *reason;        /* why, in the words of whoever asked; NULL = not told. An operation
                                * may have a reason of its own */
    long why;                  /* the event that led to it; 0 = what was last said of the shot */
    struct asked *asked;       /* of reel_ask_change; else NULL */
};

/* A change in plain words as operations on the reel's storyboard: by the language model that
 * options->llm names, else by rules; by rules too where it fails and options->fallback_offline.
 * Nothing is changed by it; what a language model thought is in the journal. */
struct asked {
    const char *words;
    whelk_op *ops; /* for whelk_ops_free */
    int count;
    long event; /* for struct change's why; 0 = none */
};
bool reel_ask_change(whelk_reel *reel, const whelk_run_options *options, struct asked *asked,
                     const whelk_listener *listen, whelk_error *err);
/* The request that a language model would be sent for it first, as JSON; asks nobody. Caller's. */
char *reel_ask_change_dry_run(whelk_reel *reel, const whelk_run_options *options, const char *words,
                              whelk_error *err);

bool reel_change(whelk_reel *reel, const whelk_run_options *options, const struct change *change,
                 const whelk_listener *listen, whelk_error *err);

#endif
