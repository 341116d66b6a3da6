/* Reading options from argv, the environment and the settings file by one table, and printing that
 * table. Every value goes through set_value, so that all three refuse alike. */
#define _DEFAULT_SOURCE
#include "opt.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "text.h"

#define MAX_ROWS 64 /* bits of opts.given */

static void *field(const struct opts *o, const struct opt_row *row)
{
    return (char *)o->values + row->offset;
}

static bool set_number(const struct opt_row *row, const char *where, const char *text, double *out,
                       whelk_error *err)
{
    char *end;
    double x = strtod(text, &end);
    bool whole = row->kind == OPT_REAL || x == floor(x);
    if (end == text || *end || !isfinite(x) || !whole)
        return whelk_fail(err, WHELK_EUSAGE, "%s: \"%s\" is not a %snumber", where, text,
                          row->kind == OPT_REAL ? "" : "whole ");
    if (x < row->min || x > row->max)
        return whelk_fail(err, WHELK_EUSAGE, "%s is %s; %g to %g is allowed", where, text, row->min,
                          row->max);
    *out = x;
    return true;
}

static bool set_size(const struct opt_row *row, const char *where, const char *text,
                     struct opt_size *out, whelk_error *err)
{
    int w, h, used = 0;
    if (sscanf(text, "%d%*1[xX]%d%n", &w, &h, &used) != 2 || text[used])
        return whelk_fail(err, WHELK_EUSAGE, "%s: \"%s\" is not a size such as 1280x720", where,
                          text);
    if (w < row->min || h < row->min || w > row->max || h > row->max || w % 2 || h % 2)
        return whelk_fail(err, WHELK_EUSAGE, "%s is %s; both must be even and %g to %g", where,
                          text, row->min, row->max);
    *out = (struct opt_size){w, h};
    return true;
}

static bool set_seed(const char *where, const char *text, uint64_t *out, whelk_error *err)
{
    char *end;
    errno = 0;
    unsigned long long x = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno)
        return whelk_fail(err, WHELK_EUSAGE, "%s: \"%s\" is not a whole number from 0 to 2^64-1",
                          where, text);
    *out = x;
    return true;
}

static bool set_word(const struct opt_row *row, const char *where, const char *text,
                     const char **out, whelk_error *err)
{
    char all[256] = "";
    size_t used = 0;
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(text, row->choices[i]) == 0) {
            *out = row->choices[i];
            return true;
        }
        const char *joint = !i ? "" : row->choices[i + 1] ? ", " : " and ";
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", joint, row->choices[i]);
        if (used >= sizeof all)
            used = sizeof all - 1;
    }
    const char *near = text_nearest(text, row->choices);
    return whelk_fail(err, WHELK_EUSAGE, "%s: there is no \"%s\"; %s%s%sthere are %s", where, text,
                      near ? "did you mean " : "", near ? near : "", near ? "? " : "", all);
}

/* `where` is how the user named it: "--seconds", "WHELK_SECONDS", "config:3: seconds". */
static bool set_value(struct opts *o, int index, const char *where, const char *text,
                      whelk_error *err)
{
    const struct opt_row *row = &o->rows[index];
    void *at = field(o, row);
    double x = 0;
    bool done = true;
    switch (row->kind) {
    case OPT_FLAG:
        done = strcmp(text, "yes") == 0 || strcmp(text, "no") == 0 || strcmp(text, "1") == 0 ||
               strcmp(text, "0") == 0;
        if (!done)
            return whelk_fail(err, WHELK_EUSAGE, "%s: \"%s\" is neither yes nor no", where, text);
        *(bool *)at = text[0] == 'y' || text[0] == '1';
        break;
    case OPT_TEXT:
        if (!*text)
            return whelk_fail(err, WHELK_EUSAGE, "%s is empty", where);
        *(const char **)at = text;
        break;
    case OPT_WORD:
        done = set_word(row, where, text, at, err);
        break;
    case OPT_INT:
        done = set_number(row, where, text, &x, err);
        if (done)
            *(int *)at = (int)x;
        break;
    case OPT_REAL:
        done = set_number(row, where, text, &x, err);
        if (done)
            *(double *)at = x;
        break;
    case OPT_SEED:
        done = set_seed(where, text, at, err);
        break;
    case OPT_SIZE:
        done = set_size(row, where, text, at, err);
        break;
    }
    if (done)
        o->given |= UINT64_C(1) << index;
    return done;
}

static int row_named(const struct opt_row *rows, const char *name, size_t size)
{
    for (int i = 0; rows[i].name; i++)
        if (strlen(rows[i].name) == size && memcmp(rows[i].name, name, size) == 0)
            return i;
    return -1;
}

static int row_lettered(const struct opt_row *rows, char letter)
{
    for (int i = 0; rows[i].name; i++)
        if (rows[i].letter == letter)
            return i;
    return -1;
}

static const char *nearest_name(const struct opt_row *rows, const char *name)
{
    const char *names[MAX_ROWS + 2];
    int count = 0;
    for (; rows[count].name && count < MAX_ROWS; count++)
        names[count] = rows[count].name;
    names[count++] = "help";
    names[count] = NULL;
    return text_nearest(name, names);
}

static bool unknown(const struct opts *o, const char *word, whelk_error *err)
{
    char name[64];
    const char *bare = word + strspn(word, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(bare, "="), bare);
    const char *near = nearest_name(o->rows, name);
    if (near)
        return whelk_fail(err, WHELK_EUSAGE, "there is no option %s; did you mean --%s?", word,
                          near);
    return whelk_fail(err, WHELK_EUSAGE, "there is no option %s; -h lists those there are", word);
}

const struct opt_row *opts_row(const struct opt_row *rows, const char *word, const char **own_value)
{
    const char *value = NULL;
    int index = -1;
    if (word[0] == '-' && word[1] == '-') {
        size_t size = strcspn(word + 2, "=");
        index = row_named(rows, word + 2, size);
        if (word[2 + size] == '=')
            value = word + 3 + size;
    } else if (word[0] == '-' && word[1]) {
        index = row_lettered(rows, word[1]);
        if (word[2])
            value = word + 2;
    }
    if (own_value)
        *own_value = value;
    return index < 0 ? NULL : &rows[index];
}

/* Takes one option at argv[*at] and its value, and leaves *at at the last word used. */
static bool take_option(struct opts *o, int argc, char **argv, int *at, whelk_error *err)
{
    const char *word = argv[*at], *value;
    const struct opt_row *row = opts_row(o->rows, word, &value);
    if (!row)
        return unknown(o, word, err);
    int index = (int)(row - o->rows);
    char where[64];
    snprintf(where, sizeof where, "--%s", row->name);
    if (row->kind == OPT_FLAG) {
        if (value)
            return whelk_fail(err, WHELK_EUSAGE, "%s takes no value", where);
        return set_value(o, index, where, "yes", err);
    }
    if (!value && *at + 1 >= argc)
        return whelk_fail(err, WHELK_EUSAGE, "%s needs a value: %s", where, row->arg);
    if (!value)
        value = argv[++*at];
    return set_value(o, index, where, value, err);
}

bool opts_parse(struct opts *o, int argc, char **argv, whelk_error *err)
{
    o->words = calloc((size_t)argc + 1, sizeof *o->words);
    if (!o->words)
        return whelk_fail(err, WHELK_EFAIL, "no memory for the options");
    bool options = true;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (!options || word[0] != '-' || !word[1]) {
            o->words[o->word_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            options = false;
        } else if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
            o->help = true;
            return true;
        } else if (!take_option(o, argc, argv, &i, err)) {
            return false;
        }
    }
    return true;
}

bool opts_environment(struct opts *o, whelk_error *err)
{
    for (int i = 0; o->rows[i].name; i++) {
        const char *text = o->rows[i].env ? getenv(o->rows[i].env) : NULL;
        if (!text || !*text || o->given >> i & 1)
            continue;
        if (!set_value(o, i, o->rows[i].env, text, err))
            return false;
    }
    return true;
}

/* Cuts white space off both ends, in place. */
static char *trim(char *s)
{
    s += strspn(s, " \t\r");
    size_t size = strlen(s);
    while (size > 0 && strchr(" \t\r", s[size - 1]))
        s[--size] = '\0';
    return s;
}

static bool take_line(struct opts *o, char *line, const char *place, const struct opt_row *all,
                      bool existing_reel, whelk_error *err)
{
    char *text = trim(line);
    if (!*text || *text == '#')
        return true;
    char *equals = strchr(text, '=');
    if (!equals)
        return whelk_fail(err, WHELK_EUSAGE, "%s: \"%s\" is not of the form key = value", place,
                          text);
    *equals = '\0';
    char *key = trim(text), *value = trim(equals + 1);
    int known = row_named(all, key, strlen(key));
    if (known < 0 || !all[known].setting) {
        const char *near = nearest_name(all, key);
        return whelk_fail(err, WHELK_EUSAGE, "%s: there is no setting \"%s\"%s%s%s", place, key,
                          near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    int index = row_named(o->rows, key, strlen(key));
    if (index < 0 || o->given >> index & 1 || (existing_reel && o->rows[index].kept))
        return true;
    return set_value(o, index, place, value, err);
}

bool opts_file(struct opts *o, const char *path, const struct opt_row *all, bool existing_reel,
               whelk_error *err)
{
    if (!file_exists(path))
        return true;
    free(o->file_text);
    o->file_text = NULL;
    if (!file_read(path, 1 << 20, &o->file_text, NULL, err))
        return false;
    int number = 1;
    for (char *line = o->file_text; line; number++) {
        char *next = strchr(line, '\n'), place[512];
        if (next)
            *next++ = '\0';
        snprintf(place, sizeof place, "%s:%d", path, number);
        if (!take_line(o, line, place, all, existing_reel, err))
            return false;
        line = next;
    }
    return true;
}

void opts_release(struct opts *o)
{
    free(o->words);
    free(o->file_text);
    o->words = NULL;
    o->file_text = NULL;
    o->word_count = 0;
}

void opts_print(FILE *out, const struct opt_row *rows, int width)
{
    for (; rows->name; rows++) {
        char left[64];
        int used = snprintf(left, sizeof left, rows->letter ? "  -%c, " : "      ", rows->letter);
        snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", rows->name,
                 rows->arg ? " " : "", rows->arg ? rows->arg : "");
        fprintf(out, "%-26s ", left);
        if (strlen(left) > 26)
            fprintf(out, "\n%27s", "");
        char right[512];
        snprintf(right, sizeof right, "%s%s%s%s", rows->help, rows->env ? " [" : "",
                 rows->env ? rows->env : "", rows->env ? "]" : "");
        text_wrap(out, right, 27, width);
    }
}
