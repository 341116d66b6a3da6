/* The loop of an agent: calls are checked against their tool's schema, told in the log with the
 * thought that led to them, and done one after the other. What goes wrong is told to the model,
 * which may do better; only a request to stop ends the talk. */
#include "tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/json.h"
#include "mend.h"
#include "plan_llm.h"
#include "schema.h"

#define RESULT_TOLD 200 /* bytes of a result that goes into the log */

static long note(const struct tool_talk *t, const char *kind, const char *shot, const char *text)
{
    const whelk_listener *l = t->listen;
    whelk_note n = {.kind = kind, .shot = shot, .why = t->why, .text = text};
    return l && l->note ? l->note(l->ctx, &n) : 0;
}

static const whelk_tool *tool_named(const struct tool_talk *t, const char *name)
{
    for (int i = 0; i < t->tool_count; i++)
        if (strcmp(t->tools[i].name, name) == 0)
            return &t->tools[i];
    return NULL;
}

static char *no_such_tool(const struct tool_talk *t, const char *name)
{
    struct bytes b;
    bytes_init(&b, 4000);
    bytes_format(&b, "There is no tool \"%.60s\"; there are", name);
    for (int i = 0; i < t->tool_count; i++)
        bytes_format(&b, "%s %s", i ? "," : "", t->tools[i].name);
    return bytes_take(&b);
}

/* The arguments as an object that keeps to the tool's schema; NULL with *answer for the model. */
static cJSON *read_arguments(const whelk_tool *tool, const char *text, char **answer)
{
    struct complaints c;
    whelk_error why = {0};
    complaints_init(&c);
    char *json = mend_json(*text ? text : "{}", NULL);
    cJSON *tree = json ? story_json_parse(json, "arguments", &why) : NULL;
    cJSON *schema = cJSON_Parse(tool->parameters_json);
    if (!tree)
        complain(&c, "%s", json ? why.text : "they are no JSON object");
    else
        schema_check(schema, tree, &c);
    if (c.count) {
        *answer = story_format("These arguments will not do:\n%s", complaints_text(&c));
        cJSON_Delete(tree);
        tree = NULL;
    }
    free(json);
    cJSON_Delete(schema);
    complaints_release(&c);
    return tree;
}

static const char *shot_in(const cJSON *arguments)
{
    const char *shot = json_text(arguments, "shot");
    return shot && strlen(shot) == 4 && strspn(shot, "0123456789") == 4 ? shot : NULL;
}

/* One call done; the answer for the model, NULL only where the whole is to end. */
static char *do_call(struct tool_talk *t, const struct chat_call *call, whelk_error *err)
{
    const whelk_tool *tool = tool_named(t, call->name);
    char *answer = NULL, told[600];
    if (!tool)
        return no_such_tool(t, call->name);
    cJSON *arguments = read_arguments(tool, call->arguments, &answer);
    if (!arguments)
        return answer;
    char *json = cJSON_PrintUnformatted(arguments);
    bool plain = !json || strcmp(json, "{}") == 0;
    snprintf(told, sizeof told, "The director calls %s%s%.400s.", tool->name, plain ? "" : " ",
             plain ? "" : json);
    long n = note(t, "choice", shot_in(arguments), told);
    whelk_error own = {0};
    answer = json ? tool->call(tool->ctx, json, n ? n : t->why, &own) : NULL;
    told[0] = '\0';
    if (answer) {
        t->ended = t->ended || tool->ends;
        if (strlen(answer) <= RESULT_TOLD) /* longer ones are of tools that tell by themselves */
            snprintf(told, sizeof told, "%s: %s", tool->name, answer);
    } else if (own.code == WHELK_EINTERRUPTED) {
        whelk_fail(err, own.code, "%s", own.text);
    } else {
        answer = story_format("That failed: %s", own.text);
        snprintf(told, sizeof told, "%s failed: %.400s", tool->name, own.text);
    }
    if (told[0]) {
        long why = t->why;
        t->why = n ? n : why;
        note(t, "work", shot_in(arguments), told);
        t->why = why;
    }
    free(json);
    cJSON_Delete(arguments);
    return answer;
}

static bool do_calls(struct tool_talk *t, const struct chat_reply *reply, whelk_error *err)
{
    cJSON *message = cJSON_Duplicate(reply->message, true);
    if (!message || !cJSON_AddItemToArray(t->messages, message))
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    for (int i = 0; i < reply->call_count; i++) {
        char *answer = do_call(t, &reply->calls[i], err);
        bool told = answer && chat_answer_call(t->messages, &reply->calls[i], answer);
        free(answer);
        if (!told)
            return err && err->code ? false : whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    return true;
}

/* A tool whose arguments could not all be checked is our own fault or the caller's, not the
 * model's. */
static bool check_tools(const struct tool_talk *t, whelk_error *err)
{
    for (int i = 0; i < t->tool_count; i++) {
        const char *text = t->tools[i].parameters_json;
        cJSON *schema = cJSON_Parse(text ? text : "");
        const char *unknown = schema ? schema_unknown_word(schema) : NULL;
        bool fine = schema && !unknown;
        if (unknown)
            whelk_fail(err, WHELK_EUSAGE,
                       "the tool %s: its schema says \"%.40s\", which is not checked here",
                       t->tools[i].name, unknown);
        else if (!schema)
            whelk_fail(err, WHELK_EUSAGE, "the tool %s: its schema is no JSON", t->tools[i].name);
        cJSON_Delete(schema);
        if (!fine)
            return false;
    }
    return true;
}

bool tools_talk(struct tool_talk *t, struct chat_reply *reply, whelk_error *err)
{
    cJSON *offered = brief_tools(t->tools, t->tool_count);
    whelk_error own = {0};
    bool done =
        check_tools(t, &own) && (offered != NULL || whelk_fail(&own, WHELK_EFAIL, "no memory"));
    for (int round = 1; done; round++) {
        bool last = t->turns > 0 && round > t->turns;
        struct chat_ask ask = {.messages = t->messages,
                               .tools = last || !t->tool_count ? NULL : offered,
                               .purpose = t->purpose,
                               .prose = t->prose,
                               .why = t->why};
        done = chat_ask(t->chat, &ask, reply, &own);
        t->why = reply->event ? reply->event : t->why;
        if (!done || reply->call_count == 0)
            break;
        done = do_calls(t, reply, &own);
        if (!done || t->ended || last)
            break;
        chat_reply_release(reply);
    }
    cJSON_Delete(offered);
    if (!done && err)
        *err = own;
    return done;
}
