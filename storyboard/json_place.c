/* Where in a JSON text the value stands that a path such as "shots[2].transition.kind" names: a
 * fault found in the tree is told by line and column like one found in the text. The text has been
 * read before, so it is known to be well formed. */
#include "story.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

static const char *skip_string(const char *p)
{
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1])
            p++;
    return *p ? p + 1 : p;
}

/* Behind the value at p: a text, a bracket with all in it, or a word. */
static const char *skip_value(const char *p)
{
    int depth = 0;
    do {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
        bool bracket = *p && strchr("{}[]", *p);
        p += depth > 0 || bracket ? 1 : strcspn(p, ",}] \t\r\n");
    } while (*p && depth > 0);
    return p;
}

/* The value of the member called so, or the item of that index where `name` is NULL. */
static const char *inside(const char *p, const char *name, size_t size, long index)
{
    if (*p != (name ? '{' : '['))
        return NULL;
    for (p = skip_space(p + 1); *p && *p != '}' && *p != ']'; index--) {
        const char *key = p;
        if (name) {
            p = skip_space(skip_string(p));
            p = skip_space(p + (*p == ':'));
        }
        bool here = name ? strncmp(key + 1, name, size) == 0 && key[1 + size] == '"' : index == 0;
        if (here)
            return p;
        p = skip_space(skip_value(p));
        p = skip_space(p + (*p == ','));
    }
    return NULL;
}

const char *story_json_find(const char *json, const char *path, size_t size)
{
    const char *end = path + size, *at = skip_space(json), *found = NULL;
    while (path < end && at) {
        char *behind = NULL;
        if (*path == '[') {
            at = inside(at, NULL, 0, strtol(path + 1, &behind, 10));
            path = behind + (*behind == ']');
        } else {
            size_t name = strcspn(path, ".[ ");
            at = inside(at, path, name, 0);
            path += name;
        }
        path += *path == '.';
        found = at ? at : found;
    }
    return found;
}

void story_json_place(const char *json, const char *at, int *line, int *column)
{
    *line = *column = 1;
    for (const char *p = json; p < at; p++) {
        if (*p == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            ++*column;
        }
    }
}
