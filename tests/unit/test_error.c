/* The error type: one sentence in a fixed buffer, prefixed and cut without tearing a character. */
#include <stdlib.h>

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include "tests/tap.h"

int main(void)
{
    whelk_error err = {0};
    ok(!whelk_fail(&err, WHELK_EUSAGE, "%s: no such shot", "0020"), "failing answers false");
    is_int(err.code, 2, "the code is the exit code");
    is_str(err.text, "0020: no such shot", "the text is the sentence");
    ok(!whelk_fail(NULL, WHELK_EFAIL, "nobody listens"), "no error asked for is fine");

    whelk_error_prefix(&err, "%s", "cat.reel");
    is_str(err.text, "cat.reel: 0020: no such shot", "words are put in front");

    whelk_error none = {0};
    whelk_error_prefix(&none, "cat.reel");
    is_str(none.text, "", "nothing is put in front of no error");

    char longest[3000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i + 3 < sizeof longest; i += 3)
        memcpy(longest + i, "\xE7\x8C\xAB", 3);
    longest[sizeof longest - 3] = '\0';
    whelk_fail(&err, WHELK_EFAIL, "%s.reel: no space left", longest);
    ok(strlen(err.text) > 1000 && text_is_utf8(err.text, strlen(err.text)),
       "a sentence too long is cut between characters");
    has_text(err.text, " ... ", "in its middle");
    has_text(err.text, ".reel: no space left", "so that the reason stays");
    whelk_error_prefix(&err, "%s", longest);
    ok(strlen(err.text) < sizeof err.text && text_is_utf8(err.text, strlen(err.text)),
       "a long prefix stays inside the buffer");
    return done_testing();
}
