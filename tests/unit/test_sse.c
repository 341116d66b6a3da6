/* The event stream parser: every way to end a line, every way to cut the stream, and what is no
 * event. */
#include <stdlib.h>

#include "../../storyboard/sse.h"
#include "../tap.h"

static char seen[4096];
static int count;
static int most = -1;

static bool take(void *ctx, const char *data, size_t size)
{
    (void)ctx;
    size_t n = strlen(seen);
    snprintf(seen + n, sizeof seen - n, "[%.*s]", (int)size, data);
    return ++count != most;
}

/* Feeds the text in pieces of `step` bytes. */
static struct sse feed(const char *text, size_t size, size_t step, size_t ceiling)
{
    struct sse sse;
    sse_init(&sse, ceiling);
    seen[0] = '\0';
    count = 0;
    bool on = true;
    for (size_t at = 0; on && at < size; at += step)
        on = sse_feed(&sse, text + at, step < size - at ? step : size - at, take, NULL);
    if (on)
        sse_end(&sse, take, NULL);
    return sse;
}

static void lines(void)
{
    static const struct {
        const char *text, *events, *name;
    } cases[] = {
        {"data: a\n\ndata: b\n\n", "[a][b]", "two events"},
        {"data: a\r\n\r\ndata: b\r\n\r\n", "[a][b]", "ended by CR LF"},
        {"data: a\r\rdata: b\r\r", "[a][b]", "ended by CR"},
        {"data:a\ndata:  b\ndata\n\n", "[a\n b\n]", "lines joined, one space taken"},
        {": hello\nevent: x\nid: 3\nretry: 9\ndata: a\n\n", "[a]",
         "comments and fields passed over"},
        {"\xEF\xBB\xBF"
         "data: a\n\n",
         "[a]", "a byte order mark"},
        {"data: a\n\n\n\n\ndata: b", "[a][b]", "blank lines make no events, the end needs none"},
        {"", "", "nothing"},
        {"\n\n\r\n", "", "only blank lines"},
        {"database: a\n\ndat: b\n\n", "", "names that only begin alike"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].text);
        bool same = true;
        for (size_t step = 1; step <= size + 1; step++) {
            struct sse sse = feed(cases[i].text, size, step, 4096);
            same = same && strcmp(seen, cases[i].events) == 0 && !sse.lost;
            sse_release(&sse);
        }
        ok(same, "%s, wherever the pieces are cut", cases[i].name);
        if (!same)
            printf("#   got \"%s\"\n", seen);
    }
}

static void limits(void)
{
    char *text = malloc(10001);
    memset(text, 'x', 10000);
    memcpy(text, "data: ", 6);
    struct sse sse = feed(text, 10000, 100, 1000);
    ok(sse.lost && count == 0, "a line over the ceiling is lost");
    sse_release(&sse);
    sse = feed("data: 123456\ndata: 123456\ndata: 123456\n\n", 41, 1, 15);
    ok(sse.lost && count == 0, "an event over the ceiling is lost");
    sse_release(&sse);
    sse = feed("<html>\n<body>hello: you</body>\n", 31, 3, 1000);
    ok(count == 0 && sse.other_bytes >= 29, "what is no stream is counted");
    sse_release(&sse);
    most = 1;
    sse = feed("data: a\n\ndata: b\n\n", 18, 18, 1000);
    most = -1;
    is_str(seen, "[a]", "when the taker has enough, nothing more is told");
    sse_release(&sse);
    sse = feed("data: a\0b\n\n", 11, 2, 1000);
    is_int(count, 1, "a NUL is a byte like others");
    sse_release(&sse);
    free(text);
}

int main(void)
{
    lines();
    limits();
    return done_testing();
}
