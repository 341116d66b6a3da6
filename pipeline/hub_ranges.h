/* The bytes of a large file over several connections at once: pieces are asked for by ranges, a few
 * ahead of what was handed on, and handed on in order, so that what is kept is a beginning of the
 * file at any moment.
 *
 *     struct hub_ranges r = {.url = url, .key = key, .watch = watch, .from = have, .to = size,
 *                            .put = put, .ctx = file};
 *     if (!hub_ranges(&r, &err)) ...      // some may have been put; err.code says whether to go on
 *
 * Memory: HUB_RANGES_BYTES while it runs. The watch's goes_on is asked from several threads. */
#ifndef WHELK_HUB_RANGES_H
#define WHELK_HUB_RANGES_H

#include <stddef.h>

#include "hub.h"

enum { HUB_RANGES_PIECE = 4 << 20, HUB_RANGES_SLOTS = 8, HUB_RANGES_LANES = 4 };
enum { HUB_RANGES_BYTES = HUB_RANGES_SLOTS * HUB_RANGES_PIECE };

struct hub_ranges {
    const char *url, *key;
    const struct hub_watch *watch;
    long long from, to;                                      /* bytes [from, to) */
    bool (*put)(void *ctx, const char *data, size_t size);   /* in order, on the caller's thread */
    void *ctx;
};

/* True when all came. False with WHELK_EINTERRUPTED, with WHELK_EFAIL where `put` refused, or with
 * what the network said: the server gives no ranges, or a piece did not come in several tries. */
bool hub_ranges(const struct hub_ranges *r, whelk_error *err);

#endif
