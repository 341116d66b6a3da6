/* Small questions about text: is it UTF-8, how wide is it on a terminal, which known word was
 * meant. */
#ifndef WHELK_TEXT_H
#define WHELK_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Reads one character; returns its bytes, or 0 where the bytes at `s` are not UTF-8. *s must end
 * with a NUL, which reads as one byte of code point 0. */
int text_next(const char *s, unsigned *code);

bool text_is_utf8(const char *s, size_t size);

/* The text with bytes that are not UTF-8 replaced by U+FFFD and, if `controls`, control characters
 * but the newline by a space (a prompt must not drive a terminal). Caller's to free; NULL = no
 * memory. */
char *text_clean(const char *s, bool controls);

/* The most bytes of a UTF-8 text, up to `most`, that end between two characters: for "%.*s". */
int text_fit(const char *s, int most);

/* A text as printf makes it. Caller's to free; NULL = no memory. */
char *text_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *text_formatv(const char *fmt, va_list ap);

/* Now, in UTC as ISO 8601 has it: 2026-11-25T08:00:00Z. */
void text_now(char out[32]);

/* Columns on a terminal: 2 for wide East Asian characters and emoji, 0 for combining marks. */
int text_columns(unsigned code);
int text_width(const char *s);

/* The word of `words` (NULL-terminated) nearest to `word`, or NULL when none is near enough to be
 * meant: it begins so, or at most a third of its letters differ. Of two as near, the one that
 * agrees longer from the start. */
const char *text_nearest(const char *word, const char *const *words);

/* Prints bytes as base64 (RFC 4648), padded. */
void text_base64(FILE *out, const void *data, size_t size);

/* Prints words wrapped at `width` columns, every line after the first indented by `indent` spaces;
 * the first line is taken to begin at column `indent` already. Ends with a newline. */
void text_wrap(FILE *out, const char *s, int indent, int width);

#endif
