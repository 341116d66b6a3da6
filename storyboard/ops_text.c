/* Operations as JSON, as planners and programs write them, and as a phrase for people. */
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct name {
    const char *name;
    size_t at;
    bool number;
} names[] = {
#define AT(field) offsetof(whelk_op, field)
    {"op", AT(kind), false},        {"shot", AT(shot), false},   {"after", AT(after), false},
    {"field", AT(field), false},    {"value", AT(value), false}, {"at_s", AT(at_s), true},
    {"seconds", AT(seconds), true}, {"why", AT(why), false},
#undef AT
};

static char **text_of(const whelk_op *op, const struct name *n)
{
    return (char **)((char *)(uintptr_t)op + n->at);
}

static double *number_of(const whelk_op *op, const struct name *n)
{
    return (double *)((char *)(uintptr_t)op + n->at);
}

void whelk_op_release(whelk_op *op)
{
    for (int i = 0; i < COUNT(names); i++)
        if (!names[i].number)
            free(*text_of(op, &names[i]));
    *op = (whelk_op){0};
}

void whelk_ops_free(whelk_op *ops, int count)
{
    for (int i = 0; i < count; i++)
        whelk_op_release(&ops[i]);
    free(ops);
}

/* --- From JSON -------------------------------------------------------------------------------- */

static const struct name *name_of(const char *name)
{
    for (int i = 0; i < COUNT(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    return NULL;
}

/* A number's text is as it was written: seeds lose no digit (story_json_parse). */
static const char *text_value(const cJSON *item)
{
    if (cJSON_IsString(item) || cJSON_IsNumber(item))
        return item->valuestring;
    return cJSON_IsTrue(item) ? "true" : cJSON_IsFalse(item) ? "false" : NULL;
}

static bool read_item(whelk_op *op, const cJSON *item, const char *file, whelk_error *err)
{
    const struct name *n = name_of(item->string);
    if (!n)
        return whelk_fail(
            err, WHELK_EUSAGE,
            "%s: an operation has no \"%.40s\"; it has op, shot, after, field, value, "
            "at_s, seconds and why",
            file, item->string);
    if (cJSON_IsNull(item))
        return true;
    if (n->number) {
        if (!cJSON_IsNumber(item))
            return whelk_fail(err, WHELK_EUSAGE, "%s: \"%s\" must be a number", file, n->name);
        *number_of(op, n) = item->valuedouble;
        return true;
    }
    const char *text = text_value(item);
    if (!text)
        return whelk_fail(err, WHELK_EUSAGE, "%s: \"%s\" must be a text, a number, true or false",
                          file, n->name);
    return whelk_set_text(text_of(op, n), text) || whelk_fail(err, WHELK_EFAIL, "out of memory");
}

static bool read_op(whelk_op *op, const cJSON *object, const char *file, whelk_error *err)
{
    if (!cJSON_IsObject(object))
        return whelk_fail(err, WHELK_EUSAGE,
                          "%s: an operation is an object such as {\"op\": \"remove\", \"shot\": "
                          "\"0020\"}",
                          file);
    const cJSON *item;
    cJSON_ArrayForEach(item, object) if (!read_item(op, item, file, err)) return false;
    return op->kind != NULL ||
           whelk_fail(err, WHELK_EUSAGE, "%s: an operation does not say its \"op\"", file);
}

bool ops_read(const cJSON *tree, const char *file, whelk_op **out, int *count, whelk_error *err)
{
    bool list = cJSON_IsArray(tree);
    const cJSON *item = list ? tree->child : tree;
    for (; item; item = list ? item->next : NULL) {
        whelk_op *op = story_grow(out, count, sizeof *op);
        if (!op)
            return whelk_fail(err, WHELK_EFAIL, "out of memory");
        if (!read_op(op, item, file, err))
            return false;
    }
    return true;
}

bool whelk_ops_parse(const char *json, const char *name_for_errors, whelk_op **out, int *count,
                     whelk_error *err)
{
    whelk_op *ops = NULL;
    int n = 0;
    cJSON *tree = story_json_parse(json, name_for_errors, err);
    bool fine = tree && ops_read(tree, name_for_errors, &ops, &n, err);
    cJSON_Delete(tree);
    if (!fine) {
        whelk_ops_free(ops, n);
        return false;
    }
    *out = ops;
    *count = n;
    return true;
}

/* --- To JSON and to words --------------------------------------------------------------------- */

char *whelk_op_json(const whelk_op *op)
{
    cJSON *object = cJSON_CreateObject();
    bool fine = object != NULL;
    for (int i = 0; fine && i < COUNT(names); i++) {
        const struct name *n = &names[i];
        if (n->number && *number_of(op, n) != 0)
            fine = cJSON_AddNumberToObject(object, n->name, *number_of(op, n));
        else if (!n->number && *text_of(op, n))
            fine = cJSON_AddStringToObject(object, n->name, *text_of(op, n));
    }
    char *text = fine ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}

static char *place_text(const char *verb, const whelk_op *op)
{
    if (!op->after)
        return story_format("%s, last", verb);
    if (strcmp(op->after, "start") == 0)
        return story_format("%s, first", verb);
    return story_format("%s, after shot %s", verb, op->after);
}

static char *set_text(const whelk_op *op)
{
    const char *field = op->field ? op->field : "?";
    char *who = op->shot ? story_format("shot %s", op->shot) : story_format("the film");
    char *text = !who        ? NULL
                 : op->value ? story_format("%s: %s = %s", who, field, op->value)
                             : story_format("%s: %s back to its default", who, field);
    free(who);
    return text;
}

char *whelk_op_text(const whelk_op *op)
{
    const char *kind = op->kind ? op->kind : "?", *shot = op->shot ? op->shot : "?",
               *value = op->value ? op->value : "";
    char *verb = NULL, *text;
    if (strcmp(kind, "set") == 0)
        return set_text(op);
    if (strcmp(kind, "add") == 0 || strcmp(kind, "move") == 0) {
        verb = *kind == 'a' ? story_format("add a shot \"%s\"", value)
                            : story_format("move shot %s", shot);
        text = verb ? place_text(verb, op) : NULL;
        free(verb);
        return text;
    }
    if (strcmp(kind, "split") == 0)
        return story_format("split shot %s at %.3g s", shot, op->at_s);
    if (strcmp(kind, "share") == 0)
        return story_format("let a new shot go on from shot %s at %.3g s", shot, op->at_s);
    if (strcmp(kind, "merge") == 0)
        return story_format("merge shot %s with the next", shot);
    if (strcmp(kind, "title") == 0)
        return story_format("title \"%s\" at %.3g s", value, op->at_s);
    if (strcmp(kind, "untitle") == 0)
        return op->value ? story_format("take the title \"%s\" away", value)
                         : story_format("take all titles away");
    return story_format("%s shot %s", kind, shot);
}
