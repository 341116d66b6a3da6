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
    const char *reason;        /* why, in the words of whoever asked; NULL = not told */
};

bool reel_change(whelk_reel *reel, const whelk_run_options *options, const struct change *change,
                 const whelk_listener *listen, whelk_error *err);

#endif
