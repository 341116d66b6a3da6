/* Filling in the error type. The text is one sentence in a fixed buffer, so that running out of
 * memory can be reported without memory. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WRITTEN 12000 /* bytes of a sentence before it is cut: two whole paths and more */
#define HEAD 400 /* of a sentence too long: what it is about; the end, the reason, is kept too */

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

/* A sentence that is too long loses its middle: it begins with a path and ends with the reason. */
static void keep_ends(const char *text, char *out, size_t size)
{
    size_t n = strlen(text);
    if (n < size) {
        memcpy(out, text, n + 1);
        return;
    }
    memcpy(out, text, HEAD);
    out[HEAD] = '\0';
    cut_between_characters(out, HEAD + 1);
    strcat(out, " ... ");
    const char *tail = text + n - (size - 1 - strlen(out));
    while (((unsigned char)*tail & 0xC0) == 0x80)
        tail++;
    strcat(out, tail);
}

bool whelk_fail(whelk_error *err, int code, const char *fmt, ...)
{
    if (!err)
        return false;
    char whole[WRITTEN];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(whole, sizeof whole, fmt, ap);
    va_end(ap);
    cut_between_characters(whole, sizeof whole);
    keep_ends(whole, err->text, sizeof err->text);
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
    keep_ends(whole, err->text, sizeof err->text);
}
