/* Growable bytes: growth, the ceiling, the sticky failure, and taking the text. */
#include <stdlib.h>

#include "../../pipeline/base/bytes.h"
#include "../tap.h"

static void grows(void)
{
    struct bytes b;
    bytes_init(&b, 1 << 20);
    for (int i = 0; i < 1000; i++)
        bytes_format(&b, "%d,", i);
    is_int(b.size, 3890, "a thousand numbers are all there");
    is_int(b.data[b.size], 0, "a NUL follows the last byte");
    ok(strncmp(b.data, "0,1,2,", 6) == 0, "text is in order");
    char *text = bytes_take(&b);
    is_int(strlen(text), 3890, "taken text is whole");
    ok(b.data == NULL && b.size == 0 && !b.failed, "bytes are empty after the taking");
    free(text);
}

static void ceiling_holds(void)
{
    struct bytes b;
    bytes_init(&b, 10);
    ok(bytes_text(&b, "0123456789"), "the ceiling itself is allowed");
    ok(!bytes_text(&b, "x"), "one byte more is refused");
    is_str(b.data, "0123456789", "what was there is unharmed");
    ok(b.failed && !bytes_append(&b, "", 0), "failure is sticky");
    ok(bytes_take(&b) == NULL, "a failed text is not handed out");
    ok(bytes_text(&b, "again"), "taking clears the failure");
    bytes_release(&b);
}

static void odd_content(void)
{
    struct bytes b;
    bytes_init(&b, 100);
    char *empty = bytes_take(&b);
    is_str(empty, "", "nothing appended is an allocated empty string");
    free(empty);
    bytes_append(&b, "a\0b", 3);
    is_int(b.size, 3, "a NUL inside counts as a byte");
    bytes_format(&b, "%s", "");
    is_int(b.size, 3, "an empty format adds nothing");
    ok(!bytes_format(&b, "%200d", 1), "a format over the ceiling is refused");
    bytes_release(&b);
    bytes_init(&b, (size_t)-1);
    ok(bytes_text(&b, "x"), "the largest ceiling does not overflow");
    bytes_release(&b);
}

int main(void)
{
    grows();
    ceiling_holds();
    odd_content();
    return done_testing();
}
