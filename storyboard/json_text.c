/* A strict reader of JSON text in front of cJSON: it finds faults by line and column and says them
 * in words, refuses what cJSON lets pass (duplicate names, NUL characters, numbers like 007 or
 * 1e999), and notes the text of every number. cJSON then builds the tree. */
#include "story.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32
#define FIELDS_MAX 1000 /* names in one object; keeps the search for duplicates short */
#define NUMBERS_MAX 200000

struct span {
    const char *at;
    size_t size;
};

struct scan {
    const char *name, *text, *at;
    whelk_error *err;
    struct span *numbers;
    int number_count, number_room;
};

static bool fault_at(const struct scan *s, const char *where, const char *what)
{
    int line, column;
    story_json_place(s->text, where, &line, &column);
    return whelk_fail(s->err, WHELK_EFAIL, "%s:%d:%d: %s", s->name, line, column, what);
}

static bool fault(const struct scan *s, const char *what)
{
    return fault_at(s, s->at,
                    *s->at ? what : "the file ends in the middle; its last part is missing");
}

static void skip_space(struct scan *s)
{
    s->at += strspn(s->at, " \t\r\n");
}

static bool scan_value(struct scan *s, int depth);

static bool scan_escape(struct scan *s)
{
    const char *start = s->at - 1;
    if (*s->at && strchr("\"\\/bfnrt", *s->at)) {
        s->at++;
        return true;
    }
    if (*s->at != 'u')
        return fault_at(s, start, "unknown escape after \\ in a text; write \\\\ for a backslash");
    size_t hex = strspn(s->at + 1, "0123456789abcdefABCDEF");
    if (hex < 4)
        return fault_at(s, start, "\\u needs four hexadecimal digits");
    if (strncmp(s->at + 1, "0000", 4) == 0)
        return fault_at(s, start, "a text may not hold the NUL character (\\u0000)");
    s->at += 5;
    return true;
}

static bool scan_string(struct scan *s)
{
    const char *start = s->at++;
    while (*s->at != '"') {
        if (!*s->at)
            return fault_at(s, start, "this text has no closing quotation mark");
        if ((unsigned char)*s->at < 0x20)
            return fault(s, "a line break or control character inside a text; write \\n, or close "
                            "the text with \"");
        if (*s->at++ == '\\' && !scan_escape(s))
            return false;
    }
    s->at++;
    return true;
}

static bool note_number(struct scan *s, const char *start)
{
    if (s->number_count == s->number_room) {
        int room = s->number_room ? 2 * s->number_room : 256;
        if (room > NUMBERS_MAX)
            return fault_at(s, start, "too many numbers in one file");
        struct span *larger = realloc(s->numbers, (size_t)room * sizeof *larger);
        if (!larger)
            return fault_at(s, start, "out of memory at this number");
        s->numbers = larger;
        s->number_room = room;
    }
    s->numbers[s->number_count++] = (struct span){start, (size_t)(s->at - start)};
    return true;
}

static bool scan_digits(struct scan *s)
{
    size_t n = strspn(s->at, "0123456789");
    s->at += n;
    return n > 0;
}

static bool scan_number(struct scan *s)
{
    const char *start = s->at;
    s->at += *s->at == '-';
    bool zero = *s->at == '0';
    bool fine = scan_digits(s) && !(zero && s->at > start + 1 + (*start == '-'));
    if (fine && *s->at == '.') {
        s->at++;
        fine = scan_digits(s);
    }
    if (fine && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        s->at += *s->at == '+' || *s->at == '-';
        fine = scan_digits(s);
    }
    if (!fine || s->at - start > 60)
        return fault_at(s, start,
                        "this is not a number as JSON writes them, such as 3, -0.5 or 1e-3");
    if (!isfinite(strtod(start, NULL)))
        return fault_at(s, start, "this number is too large");
    return note_number(s, start);
}

static bool scan_word(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < COUNT(words); i++) {
        size_t n = strlen(words[i]);
        if (strncmp(s->at, words[i], n) == 0) {
            s->at += n;
            return true;
        }
    }
    size_t n = strspn(s->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (n == 3 && strncasecmp(s->at, "nan", 3) == 0)
        return fault(s, "NaN is not a number JSON knows; write a number");
    if (*s->at == '}' || *s->at == ']')
        return fault(s, "a comma too many, or a value missing, before this bracket");
    if (*s->at == '/')
        return fault(s, "JSON has no comments");
    if (*s->at == '\'')
        return fault(s, "a text needs double quotation marks");
    return fault(
        s,
        "a value is needed here: a text in quotation marks, a number, true, false, null, { or [");
}

static bool scan_array(struct scan *s, int depth)
{
    s->at++;
    skip_space(s);
    if (*s->at == ']') {
        s->at++;
        return true;
    }
    for (;;) {
        if (!scan_value(s, depth + 1))
            return false;
        skip_space(s);
        if (*s->at == ']')
            break;
        if (*s->at != ',')
            return fault(s, "a comma or ] is missing before this");
        s->at++;
    }
    s->at++;
    return true;
}

static bool scan_member(struct scan *s, int depth)
{
    skip_space(s);
    if (*s->at != '"')
        return fault(s, *s->at == '}' ? "a comma too many before this }"
                                      : "the name of a field in quotation marks is needed here");
    if (!scan_string(s))
        return false;
    skip_space(s);
    if (*s->at != ':')
        return fault(s, "a colon is missing after the field's name");
    s->at++;
    return scan_value(s, depth + 1);
}

static bool scan_object(struct scan *s, int depth)
{
    s->at++;
    skip_space(s);
    if (*s->at == '}') {
        s->at++;
        return true;
    }
    for (int fields = 0;; fields++) {
        if (fields == FIELDS_MAX)
            return fault(s, "too many fields in one object");
        if (!scan_member(s, depth))
            return false;
        skip_space(s);
        if (*s->at == '}')
            break;
        if (*s->at != ',')
            return fault(s, "a comma or } is missing before this");
        s->at++;
    }
    s->at++;
    return true;
}

static bool scan_value(struct scan *s, int depth)
{
    if (depth > DEPTH_MAX)
        return fault(s, "brackets are nested too deep");
    skip_space(s);
    switch (*s->at) {
    case '{':
        return scan_object(s, depth);
    case '[':
        return scan_array(s, depth);
    case '"':
        return scan_string(s);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return scan_number(s);
    default:
        return scan_word(s);
    }
}

/* Both the scan and cJSON meet numbers in the order of the text. */
static bool hang_numbers(cJSON *item, const struct scan *s, int *next)
{
    for (; item; item = item->next) {
        if (cJSON_IsNumber(item)) {
            if (*next >= s->number_count)
                return false;
            const struct span *span = &s->numbers[(*next)++];
            item->valuestring = story_text_copy(span->at, span->size);
            if (!item->valuestring)
                return false;
        }
        if (item->child && !hang_numbers(item->child, s, next))
            return false;
    }
    return true;
}

static const char *duplicate_name(const cJSON *item)
{
    for (; item; item = item->next) {
        const cJSON *child = item->child;
        for (const cJSON *a = cJSON_IsObject(item) ? child : NULL; a; a = a->next)
            for (const cJSON *b = a->next; b; b = b->next)
                if (strcmp(a->string, b->string) == 0)
                    return a->string;
        const char *below = child ? duplicate_name(child) : NULL;
        if (below)
            return below;
    }
    return NULL;
}

cJSON *story_json_parse(const char *text, const char *name, whelk_error *err)
{
    struct scan s = {.name = name, .text = text, .at = text, .err = err};
    cJSON *tree = NULL;
    char what[80];
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        s.text = s.at = text += 3;
    if (story_text_fault(text, strlen(text), true, what, sizeof what)) {
        whelk_fail(err, WHELK_EFAIL, "%s: the file %s", name, what);
        return NULL;
    }
    bool fine = scan_value(&s, 0);
    skip_space(&s);
    if (fine && *s.at)
        fine = fault(&s, "something follows after the end of the JSON value");
    if (fine && !(tree = cJSON_Parse(text)))
        fine = whelk_fail(err, WHELK_EFAIL,
                          "%s: cannot be read as JSON (out of memory, or a bad \\u pair)", name);
    int next = 0;
    if (fine && !hang_numbers(tree, &s, &next))
        fine = whelk_fail(err, WHELK_EFAIL, "%s: out of memory", name);
    const char *twice = fine ? duplicate_name(tree) : NULL;
    if (twice)
        fine = whelk_fail(err, WHELK_EFAIL,
                          "%s: the field \"%s\" stands twice in one object; take one out", name,
                          twice);
    free(s.numbers);
    if (!fine) {
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}

static void numbers_to_raw(cJSON *item)
{
    for (; item; item = item->next) {
        if (cJSON_IsNumber(item) && item->valuestring)
            item->type = (item->type & ~0xFF) | cJSON_Raw;
        numbers_to_raw(item->child);
    }
}

cJSON *story_json_keep(const cJSON *item)
{
    cJSON *copy = cJSON_Duplicate(item, true);
    if (copy)
        numbers_to_raw(copy);
    return copy;
}

/* --- Printing --------------------------------------------------------------------------------- */

#define LINE_MAX_BYTES 150
#define PRINT_MAX (64 << 20)

static bool is_container(const cJSON *item)
{
    return (cJSON_IsObject(item) || cJSON_IsArray(item)) && item->child;
}

static void print_name(struct bytes *b, const char *name)
{
    cJSON *text = cJSON_CreateString(name);
    char *quoted = text ? cJSON_PrintUnformatted(text) : NULL;
    bytes_format(b, "%s: ", quoted ? quoted : "");
    b->failed = b->failed || !quoted;
    free(quoted);
    cJSON_Delete(text);
}

static void print_item(struct bytes *b, const cJSON *item, int depth, bool one_line)
{
    if (!is_container(item)) {
        char *text = cJSON_PrintUnformatted(item);
        bytes_text(b, text ? text : "");
        b->failed = b->failed || !text;
        free(text);
        return;
    }
    bool object = cJSON_IsObject(item);
    bytes_text(b, object ? "{" : "[");
    for (const cJSON *child = item->child; child; child = child->next) {
        if (one_line)
            bytes_text(b, child == item->child ? "" : " ");
        else
            bytes_format(b, "\n%*s", 2 * (depth + 1), "");
        if (object)
            print_name(b, child->string);
        bool fits = one_line;
        if (!one_line && is_container(child)) {
            struct bytes line;
            bytes_init(&line, PRINT_MAX);
            print_item(&line, child, 0, true);
            fits = !line.failed && line.size <= LINE_MAX_BYTES - 2 * (size_t)(depth + 1);
            bytes_release(&line);
        }
        print_item(b, child, depth + 1, fits);
        bytes_text(b, child->next ? "," : "");
    }
    if (!one_line)
        bytes_format(b, "\n%*s", 2 * depth, "");
    bytes_text(b, object ? "}" : "]");
}

char *story_json_print(const cJSON *item)
{
    struct bytes b;
    bytes_init(&b, PRINT_MAX);
    print_item(&b, item, 0, false);
    bytes_text(&b, "\n");
    return bytes_take(&b);
}
