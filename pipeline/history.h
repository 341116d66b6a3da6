/* The storyboards a reel has had, as a tree that undo and redo walk. */
#ifndef WHELK_HISTORY_H
#define WHELK_HISTORY_H

#include "reel.h"

struct version {
    int n, from;       /* from: the version it was made from; 0 = none */
    char *what, *date; /* what was changed, in a line; NULL = not known */
    bool there;        /* false: given up by whelk clean */
};

struct history {
    struct version *versions; /* versions[n - 1] */
    int count, at;            /* at: the one in use; 0 = none kept yet */
};

void history_name(int n, char out[32]); /* of its file in the reel */
bool history_load(const whelk_reel *reel, struct history *h, whelk_error *err);
void history_release(struct history *h);
int history_undo(const struct history *h); /* the version before the one in use; 0 = none */
int history_redo(const struct history *h); /* the newest made from the one in use; 0 = none */

/* Before storyboard.json is replaced: what shooting noted in it since (takes, seeds) is noted in
 * its version too, and what was changed by hand becomes a version. */
bool history_settle(whelk_reel *reel, whelk_error *err);
/* A version's storyboard; the caller's. */
whelk_film *history_film(const whelk_reel *reel, int n, whelk_error *err);
/* Notes that version n is the one in use. */
bool history_go(whelk_reel *reel, int n, whelk_error *err);

#endif
