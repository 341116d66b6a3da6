/* The mender reads as a lenient JSON parser and writes strict JSON as it goes. At the end of the
 * text every open bracket is closed; a member whose value never came is taken back. */
#include "mend.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

#define DEPTH_MAX 30
#define STARTS_MAX 64 /* places where an object is looked for */
#define OUT_MAX ((size_t)64 << 20)

enum mended {
    MENDED_AROUND,
    MENDED_COMMA,
    MENDED_NO_COMMA,
    MENDED_COMMENT,
    MENDED_WORD,
    MENDED_NUMBER,
    MENDED_TEXT,
    MENDED_TAIL,
    MENDED_KINDS
};

static const char *const names[MENDED_KINDS] = {
    "prose around it",  "a trailing comma", "a missing comma",   "a comment",
    "a word like None", "a number",         "a text's escaping", "a cut-off end",
};

struct mender {
    const char *at;
    struct bytes out;
    bool mended[MENDED_KINDS];
};

static void skip_space(struct mender *m)
{
    for (;;) {
        m->at += strspn(m->at, " \t\r\n");
        if (strncmp(m->at, "//", 2) == 0)
            m->at += strcspn(m->at, "\n");
        else if (strncmp(m->at, "/*", 2) == 0) {
            const char *end = strstr(m->at + 2, "*/");
            m->at = end ? end + 2 : m->at + strlen(m->at);
        } else
            return;
        m->mended[MENDED_COMMENT] = true;
    }
}

/* Back to where the text written so far had `size` bytes. */
static void take_back(struct mender *m, size_t size)
{
    m->out.size = size;
    if (m->out.data)
        m->out.data[size] = '\0';
}

/* --- Texts ------------------------------------------------------------------------------------ */

static int hex_at(const char *s)
{
    unsigned code;
    return strspn(s, "0123456789abcdefABCDEF") >= 4 && sscanf(s, "%4x", &code) == 1 ? (int)code
                                                                                    : -1;
}

static void put_unicode(struct mender *m, const char *hex)
{
    int code = hex_at(hex);
    bool high = code >= 0xD800 && code < 0xDC00, low = code >= 0xDC00 && code < 0xE000;
    int second = high && hex[4] == '\\' && hex[5] == 'u' ? hex_at(hex + 6) : -1;
    bool pair = second >= 0xDC00 && second < 0xE000;
    m->at = hex + 4 + (pair ? 6 : 0);
    if (pair)
        bytes_append(&m->out, hex - 2, 12);
    else if (code > 0 && !high && !low)
        bytes_append(&m->out, hex - 2, 6);
    else {
        bytes_text(&m->out, "\xEF\xBF\xBD");
        m->mended[MENDED_TEXT] = true;
    }
}

/* At a backslash. */
static void put_escape(struct mender *m)
{
    char c = m->at[1];
    if (c == 'u' && hex_at(m->at + 2) >= 0) {
        put_unicode(m, m->at + 2);
        return;
    }
    bool known = c && strchr("\"\\/bfnrt", c);
    if (known)
        bytes_append(&m->out, m->at, 2);
    else if (c == '\'')
        bytes_text(&m->out, "'");
    else if (c)
        bytes_text(&m->out, "\\\\");
    m->mended[MENDED_TEXT] = m->mended[MENDED_TEXT] || !known;
    m->at += known || c == '\'' ? 2 : 1;
}

/* At the opening quotation mark; at the end of the text it is closed. */
static void put_text(struct mender *m)
{
    bytes_text(&m->out, "\"");
    for (m->at++; *m->at && *m->at != '"';) {
        unsigned char c = (unsigned char)*m->at;
        if (c == '\\') {
            put_escape(m);
        } else if (c < 0x20 || c == 0x7F) {
            const char *as = c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "" : " ";
            bytes_text(&m->out, as);
            m->mended[MENDED_TEXT] = true;
            m->at++;
        } else {
            size_t n = strcspn(m->at, "\"\\\x7F\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0B\x0C\r\x0E"
                                      "\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C"
                                      "\x1D\x1E\x1F");
            bytes_append(&m->out, m->at, n);
            m->at += n;
        }
    }
    m->mended[MENDED_TAIL] = m->mended[MENDED_TAIL] || !*m->at;
    m->at += *m->at == '"';
    bytes_text(&m->out, "\"");
}

/* --- Values ----------------------------------------------------------------------------------- */

/* Is this span a number as JSON writes them? */
static bool is_number(const char *s, size_t size)
{
    const char *p = s, *end = s + size;
    p += p < end && *p == '-';
    size_t whole = strspn(p, "0123456789");
    if (whole == 0 || (*p == '0' && whole > 1))
        return false;
    p += whole;
    if (p < end && *p == '.') {
        size_t n = strspn(++p, "0123456789");
        if (n == 0)
            return false;
        p += n;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        size_t n = strspn(p, "0123456789");
        if (n == 0)
            return false;
        p += n;
    }
    return p == end;
}

static bool put_number(struct mender *m)
{
    size_t size = strspn(m->at, "+-.0123456789eE");
    char *end;
    double value = strtod(m->at, &end);
    bool cut = !m->at[size];
    if (end == m->at || end > m->at + size || !isfinite(value) || size > 60)
        return false;
    if (is_number(m->at, size) && !cut) {
        bytes_append(&m->out, m->at, size);
    } else { /* "+3", "007", ".5", "2." */
        bytes_format(&m->out, "%.17g", value);
        m->mended[cut ? MENDED_TAIL : MENDED_NUMBER] = true;
    }
    m->at += size;
    return true;
}

static bool put_word(struct mender *m)
{
    static const struct {
        const char *word, *json;
    } words[] = {
        {"true", "true"},   {"false", "false"}, {"null", "null"},      {"True", "true"},
        {"False", "false"}, {"None", "null"},   {"undefined", "null"}, {"NaN", "null"},
    };
    size_t size = 0;
    while (isalnum((unsigned char)m->at[size]) || m->at[size] == '_')
        size++;
    for (int i = 0; i < COUNT(words); i++)
        if (strlen(words[i].word) == size && strncmp(words[i].word, m->at, size) == 0) {
            bytes_text(&m->out, words[i].json);
            m->mended[MENDED_WORD] = m->mended[MENDED_WORD] || i > 2;
            m->at += size;
            return true;
        }
    return false;
}

static bool put_value(struct mender *m, int depth);

/* After a value: true when another may follow. *first is cleared. */
static bool go_on(struct mender *m, char close, bool *comma)
{
    skip_space(m);
    *comma = *m->at == ',';
    while (*m->at == ',') {
        m->at++;
        skip_space(m);
    }
    if (*m->at != close && *m->at)
        return true;
    m->mended[MENDED_COMMA] = m->mended[MENDED_COMMA] || (*comma && *m->at);
    return false;
}

/* Puts a comma before the next item of a list of which one is there already. */
static void part(struct mender *m, bool first, bool comma)
{
    if (first)
        return;
    bytes_text(&m->out, ",");
    m->mended[MENDED_NO_COMMA] = m->mended[MENDED_NO_COMMA] || !comma;
}

static bool close_with(struct mender *m, char close)
{
    char text[2] = {close, '\0'};
    bytes_text(&m->out, text);
    m->mended[MENDED_TAIL] = m->mended[MENDED_TAIL] || !*m->at;
    m->at += *m->at == close;
    return !m->out.failed;
}

static bool put_array(struct mender *m, int depth)
{
    bool first = true, comma = true;
    bytes_text(&m->out, "[");
    m->at++;
    skip_space(m);
    while (*m->at && *m->at != ']') {
        size_t before = m->out.size;
        part(m, first, comma);
        if (!put_value(m, depth + 1)) {
            if (*m->at)
                return false;
            take_back(m, before);
            break;
        }
        first = false;
        if (!go_on(m, ']', &comma))
            break;
    }
    return close_with(m, ']');
}

/* "name": value. At the end of the text: false with *m->at == 0, to be taken back. */
static bool put_member(struct mender *m, int depth)
{
    if (*m->at != '"')
        return false;
    put_text(m);
    skip_space(m);
    if (*m->at != ':')
        return false;
    m->at++;
    bytes_text(&m->out, ":");
    skip_space(m);
    return *m->at && put_value(m, depth + 1);
}

static bool put_object(struct mender *m, int depth)
{
    bool first = true, comma = true;
    bytes_text(&m->out, "{");
    m->at++;
    skip_space(m);
    while (*m->at && *m->at != '}') {
        size_t before = m->out.size;
        part(m, first, comma);
        if (!put_member(m, depth)) {
            if (*m->at)
                return false;
            take_back(m, before);
            break;
        }
        first = false;
        if (!go_on(m, '}', &comma))
            break;
    }
    return close_with(m, '}');
}

/* False: there is no value here; with *m->at == 0 because the text ends. */
static bool put_value(struct mender *m, int depth)
{
    if (depth > DEPTH_MAX || m->out.failed)
        return false;
    skip_space(m);
    switch (*m->at) {
    case '{':
        return put_object(m, depth);
    case '[':
        return put_array(m, depth);
    case '"':
        put_text(m);
        return true;
    default:
        break;
    }
    if (*m->at && strchr("+-.0123456789", *m->at))
        return put_number(m) ||
               (m->at[strspn(m->at, "+-.0123456789eE")] == '\0' && (m->at += strlen(m->at), false));
    if (put_word(m))
        return true;
    if (m->at[strspn(m->at, "abcdefghijklmnopqrstuvwxyzTFNaU")] == '\0')
        m->at += strlen(m->at); /* half a word at the end */
    return false;
}

/* --- Finding it ------------------------------------------------------------------------------- */

static void tell(const struct mender *m, struct mending *mending)
{
    *mending = (struct mending){.cut = m->mended[MENDED_TAIL]};
    for (int i = 0; i < MENDED_KINDS; i++) {
        if (!m->mended[i])
            continue;
        size_t n = strlen(mending->told);
        snprintf(mending->told + n, sizeof mending->told - n, "%s%s", mending->count ? ", " : "",
                 names[i]);
        mending->count++;
    }
}

/* The largest object of the text is taken for the one that was asked for. */
char *mend_json(const char *text, struct mending *mending)
{
    struct mending none;
    mending = mending ? mending : &none;
    *mending = (struct mending){0};
    char *clean = text_clean(text, false), *best = NULL;
    size_t best_size = 0;
    const char *p = clean ? strchr(clean, '{') : NULL;
    for (int i = 0; p && i < STARTS_MAX; i++) {
        struct mender m = {.at = p};
        bytes_init(&m.out, OUT_MAX);
        bool whole = put_object(&m, 0);
        m.mended[MENDED_AROUND] = clean[strspn(clean, " \t\r\n")] != '{' ||
                                  p != clean + strspn(clean, " \t\r\n") ||
                                  m.at[strspn(m.at, " \t\r\n")] != '\0';
        if (whole && m.out.size > best_size) {
            free(best);
            best_size = m.out.size;
            best = bytes_take(&m.out);
            tell(&m, mending);
        }
        bytes_release(&m.out);
        p = strchr(whole ? m.at : p + 1, '{');
    }
    free(clean);
    return best;
}
