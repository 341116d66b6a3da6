/* Filling in the error type. The text is one sentence in a fixed buffer, so that running out of memory can be
 * reported without memory. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts a UTF-8 text that lost its end, so that it does not stop in the middle of a character. */
static void cut_between_characters(char *text, size_t size)
{
    size_t n = strlen(text);
    if (n + 1 < size)
        return;
    while (n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
        n--;
    if (n > 0 && ((unsigned char)text[n - 1] & 0x80))
        n--;
    text[n] = '\0';
}

bool whelk_fail(whelk_error *err, int code, const char *fmt, ...)
{
    if (!err)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    cut_between_characters(err->text, sizeof err->text);
    err->code = code;
    return false;
}

void whelk_error_prefix(whelk_error *err, const char *fmt, ...)
{
    if (!err || !err->code)
        return;
    char whole[2 * sizeof err->text + 4];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(whole, sizeof err->text, fmt, ap);
    va_end(ap);
    size_t n = strlen(whole);
    memcpy(whole + n, ": ", 2);
    memcpy(whole + n + 2, err->text, strlen(err->text) + 1);
    memcpy(err->text, whole, sizeof err->text - 1);
    err->text[sizeof err->text - 1] = '\0';
    cut_between_characters(err->text, sizeof err->text);
}
