/* The event stream parser of the HTML standard (server-sent events, 9.2.6), as far as chat servers
 * use it: only `data` matters, everything else is passed over. */
#include "sse.h"

#include <string.h>

void sse_init(struct sse *sse, size_t ceiling)
{
    *sse = (struct sse){0};
    bytes_init(&sse->line, ceiling);
    bytes_init(&sse->data, ceiling);
}

void sse_release(struct sse *sse)
{
    bytes_release(&sse->line);
    bytes_release(&sse->data);
}

/* Empties it but keeps its room. */
static void clear(struct bytes *b)
{
    b->size = 0;
    if (b->data)
        b->data[0] = '\0';
}

static bool dispatch(struct sse *sse, sse_fn *take, void *ctx)
{
    bool any = sse->any_data;
    sse->any_data = false;
    bool on = !any || take(ctx, sse->data.data ? sse->data.data : "", sse->data.size);
    clear(&sse->data);
    return on;
}

static bool is_field(const char *line, size_t name)
{
    return (name == 5 && memcmp(line, "event", 5) == 0) ||
           (name == 2 && memcmp(line, "id", 2) == 0) ||
           (name == 5 && memcmp(line, "retry", 5) == 0);
}

static bool take_line(struct sse *sse, sse_fn *take, void *ctx)
{
    const char *line = sse->line.data ? sse->line.data : "";
    size_t size = sse->line.size;
    if (!sse->begun && size >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
        line += 3;
        size -= 3;
    }
    sse->begun = true;
    bool on = true;
    const char *colon = memchr(line, ':', size);
    size_t name = colon ? (size_t)(colon - line) : size;
    if (size == 0) {
        on = dispatch(sse, take, ctx);
    } else if (name == 4 && memcmp(line, "data", 4) == 0) {
        size_t skip = colon ? name + 1 + (size > name + 1 && line[name + 1] == ' ') : size;
        if (sse->any_data)
            bytes_append(&sse->data, "\n", 1);
        bytes_append(&sse->data, line + skip, size - skip);
        sse->any_data = true;
    } else if (name > 0 && !is_field(line, name)) {
        sse->other_bytes += size;
    }
    clear(&sse->line);
    return on;
}

bool sse_feed(struct sse *sse, const char *data, size_t size, sse_fn *take, void *ctx)
{
    const char *end = data + size;
    while (data < end) {
        if (sse->after_cr && *data == '\n')
            data++;
        sse->after_cr = false;
        size_t left = (size_t)(end - data), n = 0;
        while (n < left && data[n] != '\n' && data[n] != '\r')
            n++;
        bytes_append(&sse->line, data, n);
        data += n;
        if (data == end)
            break;
        sse->after_cr = *data++ == '\r';
        if (!take_line(sse, take, ctx))
            return false;
        sse->lost = sse->line.failed || sse->data.failed;
        if (sse->lost)
            return false;
    }
    sse->lost = sse->line.failed || sse->data.failed;
    return !sse->lost;
}

bool sse_end(struct sse *sse, sse_fn *take, void *ctx)
{
    if (sse->line.size > 0 && !take_line(sse, take, ctx))
        return false;
    sse->lost = sse->line.failed || sse->data.failed;
    return !sse->lost && dispatch(sse, take, ctx);
}
