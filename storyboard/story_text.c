/* Small text helpers of the storyboard: UTF-8 checked, names, spelling distance, and the hash that
 * seeds come from. Nothing here knows what a film is. */
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool story_text_fault(const char *text, size_t size, bool lines, char *out, size_t out_size)
{
    for (size_t i = 0; i < size;) {
        unsigned code = 0;
        int n = text_next(text + i, &code);
        if (!n) {
            snprintf(out, out_size, "holds bytes that are not UTF-8 (byte %zu)", i + 1);
            return true;
        }
        bool layout = lines && (code == '\n' || code == '\t' || code == '\r');
        if ((code < 0x20 && !layout) || (code >= 0x7F && code < 0xA0)) {
            snprintf(out, out_size, "holds a control character (U+%04X, byte %zu)", code, i + 1);
            return true;
        }
        i += (size_t)n;
    }
    return false;
}

char *story_format(const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    return text;
}

char *story_text_copy(const char *text, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

bool story_is_name(const char *text)
{
    size_t n = strlen(text);
    if (n < 1 || n > 40 || text[0] == '-' || text[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool fine =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && text[i + 1] != '-');
        if (!fine)
            return false;
    }
    return true;
}

/* Optimal string alignment over bytes; words longer than 40 bytes are never near. */
int story_distance(const char *a, const char *b, int limit)
{
    int n = (int)strnlen(a, 41), m = (int)strnlen(b, 41);
    if (n > 40 || m > 40 || abs(n - m) > limit)
        return limit + 1;
    int d[42][42];
    for (int i = 0; i <= n; i++)
        d[i][0] = i;
    for (int j = 0; j <= m; j++)
        d[0][j] = j;
    for (int i = 1; i <= n; i++) {
        for (int j = 1; j <= m; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            bool swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            d[i][j] = swap && d[i - 2][j - 2] + 1 < best ? d[i - 2][j - 2] + 1 : best;
        }
    }
    return d[n][m] <= limit ? d[n][m] : limit + 1;
}

bool story_text_in(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

char *story_text_choices(const char *const *words)
{
    struct bytes b;
    bytes_init(&b, 8192);
    for (int i = 0; words[i]; i++)
        bytes_format(&b, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
    return bytes_take(&b);
}

uint64_t story_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t story_hash(const void *data, size_t size, uint64_t seed)
{
    const unsigned char *s = data;
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (size_t i = 0; i < size; i++)
        h = (h ^ s[i]) * 0x100000001b3u;
    return story_mix(h);
}
