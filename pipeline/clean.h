/* What a reel holds that nothing needs: takes that neither the storyboard nor a kept version of it
 * names, previews, and versions of the history given up. Found first, removed on request. */
#ifndef WHELK_CLEAN_H
#define WHELK_CLEAN_H

#include "history.h"

struct waste_file {
    char *name; /* in the reel */
    long long bytes;
};

struct waste {
    struct waste_file *files;
    int count, takes; /* takes: how many of them the files make up */
    long long bytes;
};

/* keep_versions: how many of the newest versions of the history stay, besides the one in use; 0 =
 * all. Fails where a storyboard cannot be read, for its takes would not be known. */
bool waste_find(struct waste *w, const whelk_reel *reel, int keep_versions, whelk_error *err);
/* The files of one take; refused while the storyboard uses it. */
bool waste_take(struct waste *w, const whelk_reel *reel, const char *shot, const char *take,
                whelk_error *err);
void waste_release(struct waste *w);

/* On a full disk, where no word could be written about it, the largest of the files goes first. */
void waste_make_room(const struct waste *w, const whelk_reel *reel);
/* Deletes the files and writes down what and why. */
bool reel_clean(whelk_reel *reel, const struct waste *w, const char *reason,
                const whelk_listener *listen, whelk_error *err);

#endif
