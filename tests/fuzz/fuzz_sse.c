/* Event streams out of any bytes: the events must be the same however the stream is cut. The first
 * byte says how. */

#include "../../storyboard/sse.h"
#include "fuzz.h"

static bool take(void *ctx, const char *data, size_t size)
{
    struct bytes *all = ctx;
    bytes_append(all, data, size);
    bytes_append(all, "\n--\n", 4);
    return true;
}

static struct bytes events(const uint8_t *data, size_t size, size_t step, bool *lost)
{
    struct bytes all;
    struct sse sse;
    bytes_init(&all, 8 << 20);
    sse_init(&sse, 1 << 12);
    bool on = true;
    for (size_t at = 0; on && at < size; at += step)
        on = sse_feed(&sse, (const char *)data + at, step < size - at ? step : size - at, take,
                      &all);
    if (on)
        sse_end(&sse, take, &all);
    *lost = sse.lost;
    sse_release(&sse);
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    bool lost, lost_too;
    struct bytes whole = events(data + 1, size - 1, size, &lost);
    struct bytes cut = events(data + 1, size - 1, 1 + data[0] % 16, &lost_too);
    must(lost == lost_too);
    must(whole.size == cut.size);
    must(whole.size == 0 || memcmp(whole.data, cut.data, whole.size) == 0);
    bytes_release(&whole);
    bytes_release(&cut);
    return 0;
}
