/* The smallest parts of the page: text made harmless, times in words, pictures as addresses. */
#include <string.h>

#include "base/text.h"
#include "view.h"

#include <stdlib.h>

static void put_escaped(FILE *out, const char *s, size_t size)
{
    for (; size > 0; s++, size--)
        switch (*s) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*s, out);
        }
}

void html_text(FILE *out, const char *text)
{
    char *clean = text ? text_clean(text, true) : NULL;
    if (clean)
        put_escaped(out, clean, strlen(clean));
    free(clean);
}

void html_paragraphs(FILE *out, const char *text)
{
    char *clean = text ? text_clean(text, true) : NULL;
    for (const char *p = clean; p && *p;) {
        const char *end = strstr(p, "\n\n");
        size_t size = end ? (size_t)(end - p) : strlen(p);
        fputs("<p>", out);
        put_escaped(out, p, size);
        fputs("</p>\n", out);
        p += size + strspn(p + size, "\n");
    }
    free(clean);
}

void html_seconds(FILE *out, double seconds)
{
    if (seconds < 90)
        fprintf(out, "%.1f&#8239;s", seconds);
    else
        fprintf(out, "%d&#8239;min&nbsp;%02d&#8239;s", (int)seconds / 60, (int)seconds % 60);
}

void html_jpeg(FILE *out, const char *base64)
{
    fprintf(out, "data:image/jpeg;base64,%s", base64);
}
