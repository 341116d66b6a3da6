/* Server-sent events out of bytes as they come: lines ended by LF, CR or CRLF wherever the pieces
 * are cut, several data lines joined, comments and other fields passed over.
 *
 *     struct sse sse;
 *     sse_init(&sse, 4 << 20);
 *     while (...) sse_feed(&sse, piece, size, take, ctx);     // take is called per event
 *     sse_end(&sse, take, ctx);                               // the last may lack its blank line
 *     sse_release(&sse);
 */
#ifndef WHELK_SSE_H
#define WHELK_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "../pipeline/base/bytes.h"

struct sse {
    struct bytes line, data;
    bool any_data;      /* the event under way has a data line */
    bool after_cr;      /* a LF now belongs to the CR before */
    bool begun;         /* the first line is past: no byte order mark any more */
    bool lost;          /* an event went over the ceiling or memory ran out */
    size_t other_bytes; /* in lines that are no part of such a stream: prose, HTML, JSON */
};

/* The text of one event's data, NUL-terminated, borrowed for the call. False = enough. */
typedef bool sse_fn(void *ctx, const char *data, size_t size);

void sse_init(struct sse *sse, size_t ceiling); /* of one line, and of one event's data */
void sse_release(struct sse *sse);
/* Both return false when `take` had enough or sse->lost. */
bool sse_feed(struct sse *sse, const char *data, size_t size, sse_fn *take, void *ctx);
bool sse_end(struct sse *sse, sse_fn *take, void *ctx);

#endif
