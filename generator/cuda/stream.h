/* Pieces of weights that are computed with one after another and do not stay: each is filled on the
 * host and sent while the piece before it is computed with, through two slots.
 *
 *     struct stream s = {device, bytes_of_a_piece, count, fill, work, ctx};
 *     bool good = stream_run(&s, &err);        // the last piece's work is done, too
 */
#ifndef WHELK_CUDA_STREAM_H
#define WHELK_CUDA_STREAM_H

#include "device.h"

enum { STREAM_SLOTS = 2 }; /* of the device, and as many of the host, each of a piece's size */

struct stream {
    struct device *device;
    size_t bytes;
    int count;
    void (*fill)(void *ctx, int piece, char *room); /* in the host's memory */
    bool (*work)(void *ctx, int piece, char *at);   /* queues what computes with it */
    void *ctx;
};

/* False where memory, a copy or `work` failed; the one who failed has told why. */
bool stream_run(const struct stream *s, whelk_error *err);

#endif
