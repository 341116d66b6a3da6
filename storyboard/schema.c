/* The part of JSON Schema that our own schemas use. A word of it that is not known here is told,
 * never passed over: what it asks for would not be checked. */
#include "schema.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 40

/* --- Complaints ------------------------------------------------------------------------------- */

void complaints_init(struct complaints *c)
{
    c->count = 0;
    bytes_init(&c->text, 64 << 10);
}

void complaints_release(struct complaints *c)
{
    bytes_release(&c->text);
    c->count = 0;
}

void complain(struct complaints *c, const char *fmt, ...)
{
    char text[700];
    va_list ap;
    if (c->count++ >= COMPLAINTS_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    char *clean = text_clean(text, true); /* what the value holds may be cut in a character */
    bytes_format(&c->text, "- %s\n", clean ? clean : "");
    free(clean);
}

const char *complaints_text(struct complaints *c)
{
    if (c->count > COMPLAINTS_MAX)
        bytes_format(&c->text, "- and %d more\n", c->count - COMPLAINTS_MAX);
    if (c->count > COMPLAINTS_MAX)
        c->count = COMPLAINTS_MAX; /* told once */
    return c->text.data ? c->text.data : "";
}

/* --- The words of a schema -------------------------------------------------------------------- */

/* How a word's value is walked on. */
enum word_kind { LEAF, SCHEMA, SCHEMAS, NAMED_SCHEMAS };

static const struct word {
    const char *name;
    enum word_kind kind;
} words[] = {
    {"$schema", LEAF},
    {"$id", LEAF},
    {"$comment", LEAF},
    {"title", LEAF},
    {"description", LEAF},
    {"default", LEAF},
    {"examples", LEAF},
    {"$ref", LEAF},
    {"type", LEAF},
    {"enum", LEAF},
    {"const", LEAF},
    {"required", LEAF},
    {"maxProperties", LEAF},
    {"minItems", LEAF},
    {"maxItems", LEAF},
    {"minLength", LEAF},
    {"maxLength", LEAF},
    {"minimum", LEAF},
    {"maximum", LEAF},
    {"multipleOf", LEAF},
    {"pattern", LEAF},
    {"items", SCHEMA},
    {"additionalProperties", SCHEMA},
    {"anyOf", SCHEMAS},
    {"properties", NAMED_SCHEMAS},
    {"$defs", NAMED_SCHEMAS},
};

static const struct word *word_named(const char *name)
{
    for (int i = 0; i < COUNT(words); i++)
        if (name && strcmp(words[i].name, name) == 0)
            return &words[i];
    return NULL;
}

static const char *unknown_word(const cJSON *schema, int depth)
{
    const cJSON *one, *part;
    const char *found = NULL;
    if (depth > DEPTH_MAX || !cJSON_IsObject(schema))
        return NULL;
    cJSON_ArrayForEach(one, schema)
    {
        const struct word *w = word_named(one->string);
        if (!w)
            return one->string;
        if (w->kind == SCHEMA)
            found = unknown_word(one, depth + 1);
        else if (w->kind != LEAF)
            cJSON_ArrayForEach(part, one) found = found ? found : unknown_word(part, depth + 1);
        if (found)
            return found;
    }
    return NULL;
}

const char *schema_unknown_word(const cJSON *schema)
{
    return unknown_word(schema, 0);
}

/* --- The check -------------------------------------------------------------------------------- */

struct check {
    const cJSON *root; /* where $ref points into */
    struct complaints *c;
    char path[300]; /* "", "shots[2].seconds" */
    int depth;
};

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const cJSON *follow(const struct check *k, const cJSON *schema)
{
    const char *ref = cJSON_GetStringValue(get(schema, "$ref"));
    if (!ref || strncmp(ref, "#/$defs/", 8) != 0)
        return schema;
    return get(get(k->root, "$defs"), ref + 8);
}

static const char *type_of(const cJSON *v)
{
    return cJSON_IsString(v)   ? "string"
           : cJSON_IsNumber(v) ? "number"
           : cJSON_IsBool(v)   ? "boolean"
           : cJSON_IsArray(v)  ? "array"
           : cJSON_IsObject(v) ? "object"
                               : "null";
}

static bool type_fits(const char *wanted, const cJSON *v)
{
    if (strcmp(wanted, "integer") == 0)
        return cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble);
    return strcmp(wanted, type_of(v)) == 0;
}

/* Is this type among those of "type": "x" or ["x", "y"]? No "type" takes anything. */
static bool may_be(const cJSON *schema, const cJSON *v)
{
    const cJSON *type = get(schema, "type"), *one;
    if (cJSON_IsString(type))
        return type_fits(type->valuestring, v);
    bool fits = !cJSON_IsArray(type);
    cJSON_ArrayForEach(one, type) fits = fits || type_fits(one->valuestring, v);
    return fits;
}

static bool may_be_null(const struct check *k, const cJSON *schema)
{
    const cJSON null = {.type = cJSON_NULL};
    schema = follow(k, schema);
    return schema && get(schema, "type") && may_be(schema, &null);
}

/* "string or null" */
static void types_of(const cJSON *schema, char *out, size_t size)
{
    const cJSON *type = get(schema, "type"), *one;
    size_t n = 0;
    if (cJSON_IsString(type))
        snprintf(out, size, "%s", type->valuestring);
    cJSON_ArrayForEach(one, type) if (n < size) n +=
        (size_t)snprintf(out + n, size - n, "%s%s", n ? " or " : "", one->valuestring);
}

static const char *path_of(const struct check *k)
{
    return k->path[0] ? k->path : "the answer";
}

/* Goes into a field or an item, and back to where `end` was. */
static size_t enter(struct check *k, const char *name, int index)
{
    size_t n = strlen(k->path);
    if (name)
        snprintf(k->path + n, sizeof k->path - n, "%s%.60s", n ? "." : "", name);
    else
        snprintf(k->path + n, sizeof k->path - n, "[%d]", index);
    return n;
}

static void check_value(struct check *k, const cJSON *schema, const cJSON *v);

static void check_number(struct check *k, const cJSON *schema, const cJSON *v)
{
    const cJSON *least = get(schema, "minimum"), *most = get(schema, "maximum");
    if (least && v->valuedouble < least->valuedouble)
        complain(k->c, "%s is %g; at least %g is needed", path_of(k), v->valuedouble,
                 least->valuedouble);
    if (most && v->valuedouble > most->valuedouble)
        complain(k->c, "%s is %g; at most %g is allowed", path_of(k), v->valuedouble,
                 most->valuedouble);
    const cJSON *step = get(schema, "multipleOf");
    double times = step && step->valuedouble > 0 ? v->valuedouble / step->valuedouble : 0;
    if (fabs(times - round(times)) > 1e-9 * fmax(1, fabs(times)))
        complain(k->c, "%s is %g; a multiple of %g is needed", path_of(k), v->valuedouble,
                 step->valuedouble);
}

static int characters(const char *s)
{
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static bool matches(const char *pattern, const char *text)
{
    regex_t r;
    if (regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool fits = regexec(&r, text, 0, NULL, 0) == 0;
    regfree(&r);
    return fits;
}

static void check_string(struct check *k, const cJSON *schema, const cJSON *v)
{
    const cJSON *least = get(schema, "minLength"), *most = get(schema, "maxLength");
    const char *pattern = cJSON_GetStringValue(get(schema, "pattern"));
    int length = characters(v->valuestring);
    if (least && length < least->valueint)
        complain(k->c, "%s %s", path_of(k), length ? "is too short" : "is empty; write it");
    else if (most && length > most->valueint)
        complain(k->c, "%s has %d characters; at most %d are allowed", path_of(k), length,
                 most->valueint);
    else if (pattern && !matches(pattern, v->valuestring))
        complain(k->c, "%s is \"%.60s\"; it must be of the form %s", path_of(k), v->valuestring,
                 pattern);
}

/* "a", "b" or "c", as far as there is room. */
static void choices_of(const cJSON *list, char *out, size_t size)
{
    size_t n = 0;
    const cJSON *one;
    out[0] = '\0';
    cJSON_ArrayForEach(one, list) if (cJSON_IsString(one) && n + 60 < size) n += (size_t)snprintf(
        out + n, size - n, "%s\"%.40s\"", n ? one->next ? ", " : " or " : "", one->valuestring);
}

static void check_enum(struct check *k, const cJSON *list, const cJSON *v)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list) if (cJSON_Compare(one, v, true)) return;
    char all[420];
    choices_of(list, all, sizeof all);
    if (cJSON_IsString(v))
        complain(k->c, "%s is \"%.60s\"; it must be %s", path_of(k), v->valuestring, all);
    else
        complain(k->c, "%s is a %s; it must be %s", path_of(k), type_of(v), all);
}

static void check_const(struct check *k, const cJSON *wanted, const cJSON *v)
{
    if (cJSON_Compare(wanted, v, true))
        return;
    char *is = cJSON_PrintUnformatted(wanted);
    complain(k->c, "%s must be %.60s", path_of(k), is ? is : "another");
    cJSON_free(is);
}

/* One of the forms has to fit; else the complaint of the one that fits best is told. */
static void check_any(struct check *k, const cJSON *forms, const cJSON *v)
{
    struct complaints *outer = k->c, best = {.count = -1};
    const cJSON *form;
    bool fits = false;
    cJSON_ArrayForEach(form, forms)
    {
        struct complaints own;
        complaints_init(&own);
        k->c = &own;
        if (!fits)
            check_value(k, form, v);
        fits = fits || own.count == 0;
        struct complaints worse = own;
        if (best.count < 0 || own.count < best.count) {
            worse = best;
            best = own;
        }
        if (worse.count >= 0)
            complaints_release(&worse);
    }
    k->c = outer;
    if (!fits) {
        const char *text = best.count > 0 ? complaints_text(&best) : "";
        complain(outer, "%s has none of the forms allowed; of the nearest: %.*s", path_of(k),
                 (int)strcspn(*text ? text + 2 : "", "\n"), *text ? text + 2 : "");
    }
    if (best.count >= 0)
        complaints_release(&best);
}

static void check_array(struct check *k, const cJSON *schema, const cJSON *v)
{
    const cJSON *least = get(schema, "minItems"), *most = get(schema, "maxItems");
    const cJSON *items = get(schema, "items"), *item;
    int count = cJSON_GetArraySize(v), i = 0;
    if (least && count < least->valueint)
        complain(k->c, "%s has %d entries; at least %d are needed", path_of(k), count,
                 least->valueint);
    if (most && count > most->valueint)
        complain(k->c, "%s has %d entries; at most %d are allowed", path_of(k), count,
                 most->valueint);
    cJSON_ArrayForEach(item, v)
    {
        if (!items || k->c->count > COMPLAINTS_MAX)
            return;
        size_t end = enter(k, NULL, i++);
        check_value(k, items, item);
        k->path[end] = '\0';
    }
}

static void check_unknown(struct check *k, const cJSON *schema, const cJSON *field)
{
    const cJSON *rest = get(schema, "additionalProperties"), *known = get(schema, "properties"),
                *one;
    if (cJSON_IsObject(rest)) {
        check_value(k, rest, field);
        return;
    }
    if (!cJSON_IsFalse(rest))
        return;
    char all[420] = "";
    size_t n = 0;
    cJSON_ArrayForEach(one, known) if (n + 60 < sizeof all) n +=
        (size_t)snprintf(all + n, sizeof all - n, "%s%.40s", n ? ", " : "", one->string);
    complain(k->c, "%s is no field; there are %s", path_of(k), n ? all : "none");
}

static void check_object(struct check *k, const cJSON *schema, const cJSON *v)
{
    const cJSON *known = get(schema, "properties"), *most = get(schema, "maxProperties"), *one;
    if (most && cJSON_GetArraySize(v) > most->valueint)
        complain(k->c, "%s has too many fields; at most %d are allowed", path_of(k),
                 most->valueint);
    cJSON_ArrayForEach(one, get(schema, "required"))
    {
        if (get(v, one->valuestring) || may_be_null(k, get(known, one->valuestring)))
            continue;
        size_t end = enter(k, one->valuestring, 0);
        complain(k->c, "%s is missing; write it", path_of(k));
        k->path[end] = '\0';
    }
    cJSON_ArrayForEach(one, v)
    {
        const cJSON *field = get(known, one->string);
        size_t end = enter(k, one->string, 0);
        if (field)
            check_value(k, field, one);
        else
            check_unknown(k, schema, one);
        k->path[end] = '\0';
    }
}

static void check_value(struct check *k, const cJSON *schema, const cJSON *v)
{
    schema = follow(k, schema);
    if (!schema || ++k->depth > DEPTH_MAX) {
        complain(k->c, "%s is nested too deep", path_of(k));
    } else if (!may_be(schema, v)) {
        char types[80];
        types_of(schema, types, sizeof types);
        complain(k->c, "%s is of type %s; %s is needed", path_of(k), type_of(v), types);
    } else {
        if (get(schema, "enum"))
            check_enum(k, get(schema, "enum"), v);
        if (get(schema, "const"))
            check_const(k, get(schema, "const"), v);
        if (get(schema, "anyOf"))
            check_any(k, get(schema, "anyOf"), v);
        if (cJSON_IsNumber(v))
            check_number(k, schema, v);
        else if (cJSON_IsString(v))
            check_string(k, schema, v);
        else if (cJSON_IsArray(v))
            check_array(k, schema, v);
        else if (cJSON_IsObject(v))
            check_object(k, schema, v);
    }
    k->depth--;
}

bool schema_check(const cJSON *schema, const cJSON *value, struct complaints *c)
{
    struct check k = {.root = schema, .c = c};
    int before = c->count;
    const char *unknown = schema_unknown_word(schema);
    if (unknown)
        complain(c, "the schema itself says \"%.40s\", which is not checked here", unknown);
    check_value(&k, schema, value);
    return c->count == before;
}
