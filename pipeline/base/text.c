/* UTF-8, terminal columns, wrapping and the nearest word. Everything works on NUL-terminated UTF-8;
 * bytes that are not UTF-8 count as one column and are never read past. */
#define _GNU_SOURCE /* vasprintf */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"

int text_next(const char *s, unsigned *code)
{
    const unsigned char *u = (const unsigned char *)s;
    static const unsigned least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (u[0] < 0x80) {
        *code = u[0];
        return 1;
    }
    int size = u[0] >= 0xF0 && u[0] < 0xF5   ? 4
               : u[0] >= 0xE0 && u[0] < 0xF0 ? 3
               : u[0] >= 0xC2 && u[0] < 0xE0 ? 2
                                             : 0;
    if (!size)
        return 0;
    unsigned c = u[0] & (0x7Fu >> size);
    for (int i = 1; i < size; i++) {
        if ((u[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (u[i] & 0x3F);
    }
    if (c < least[size] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0;
    *code = c;
    return size;
}

bool text_is_utf8(const char *s, size_t size)
{
    unsigned code;
    for (size_t i = 0; i < size;) {
        int got = text_next(s + i, &code);
        if (got == 0 || code == 0 || (size_t)got > size - i)
            return false;
        i += (size_t)got;
    }
    return true;
}

char *text_clean(const char *s, bool controls)
{
    struct bytes b;
    bytes_init(&b, SIZE_MAX);
    while (*s) {
        unsigned code = 0;
        int size = text_next(s, &code);
        bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
        if (size == 0)
            bytes_text(&b, "\xEF\xBF\xBD");
        else if (controls && control && code != '\n')
            bytes_text(&b, " ");
        else
            bytes_append(&b, s, (size_t)size);
        s += size ? size : 1;
    }
    return bytes_take(&b);
}

/* Wide and zero-width blocks, after Unicode's East Asian Width (W and F) in whole blocks. */
char *text_format(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = text_formatv(fmt, ap);
    va_end(ap);
    return text;
}

char *text_formatv(const char *fmt, va_list ap)
{
    char *text = NULL;
    return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

void text_now(char out[32])
{
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int text_columns(unsigned code)
{
    static const struct {
        unsigned from, to;
        int columns;
    } blocks[] = {
        {0x0300, 0x036F, 0},   {0x200B, 0x200F, 0},   {0xFE00, 0xFE0F, 0}, {0x20D0, 0x20FF, 0},
        {0x1100, 0x115F, 2},   {0x2E80, 0x303E, 2},   {0x3041, 0xA4CF, 2}, {0xAC00, 0xD7A3, 2},
        {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2}, {0xFFE0, 0xFFE6, 2},
        {0x1F300, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        if (code >= blocks[i].from && code <= blocks[i].to)
            return blocks[i].columns;
    return 1;
}

int text_width(const char *s)
{
    int width = 0;
    while (*s) {
        unsigned code = 0;
        int size = text_next(s, &code);
        width += size ? text_columns(code) : 1;
        s += size ? size : 1;
    }
    return width;
}

#define FAR 1000000

/* Levenshtein's distance, two neighbouring letters in the wrong order counting once; words of at
 * most 63 bytes, longer ones are far from everything. */
static int distance(const char *a, const char *b)
{
    int rows[3][64];
    int na = (int)strlen(a), nb = (int)strlen(b);
    if (na > 63 || nb > 63)
        return FAR;
    for (int j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (int i = 1; i <= na; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[na % 3][nb];
}

int text_fit(const char *s, int most)
{
    int size = (int)strnlen(s, (size_t)most);
    while (size == most && size > 0 && ((unsigned char)s[size] & 0xC0) == 0x80)
        most = --size;
    return size;
}

static int agree(const char *a, const char *b)
{
    int n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

const char *text_nearest(const char *word, const char *const *words)
{
    const char *nearest = NULL;
    int best = ((int)strlen(word) + 2) / 3 + 1;
    for (; *words; words++) {
        bool begun = strlen(word) >= 3 && strncmp(word, *words, strlen(word)) == 0;
        int d = begun ? 0 : distance(word, *words);
        bool nearer = nearest && d == best && d > 0 && agree(word, *words) > agree(word, nearest);
        if (d < best || nearer) {
            best = d;
            nearest = *words;
        }
    }
    return nearest;
}

/* Bytes of the word at s: up to the next space or newline, or, in a script without spaces, one
 * character. */
static int word_bytes(const char *s)
{
    int size = 0;
    while (s[size] && s[size] != ' ' && s[size] != '\n') {
        unsigned code = 0;
        int got = text_next(s + size, &code);
        bool wide = got > 0 && text_columns(code) == 2;
        if (wide && size > 0)
            break;
        size += got ? got : 1;
        if (wide)
            break;
    }
    return size;
}

static int width_of(const char *s, int size)
{
    int width = 0;
    for (int i = 0; i < size;) {
        unsigned code = 0;
        int got = text_next(s + i, &code);
        width += got ? text_columns(code) : 1;
        i += got ? got : 1;
    }
    return width;
}

void text_wrap(FILE *out, const char *s, int indent, int width)
{
    int column = indent;
    bool space = false;
    while (*s) {
        if (*s == '\n') {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            space = false;
            s++;
            continue;
        }
        if (*s == ' ') {
            space = column > indent;
            s++;
            continue;
        }
        int size = word_bytes(s), wide = width_of(s, size);
        if (column > indent && column + space + wide > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            space = false;
        }
        fprintf(out, "%s%.*s", space ? " " : "", size, s);
        column += wide + space;
        space = false;
        s += size;
    }
    fputc('\n', out);
}

void text_base64(FILE *out, const void *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        unsigned n = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
                     (left > 2 ? p[i + 2] : 0);
        fputc(digits[n >> 18], out);
        fputc(digits[n >> 12 & 63], out);
        fputc(left > 1 ? digits[n >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[n & 63] : '=', out);
    }
}
