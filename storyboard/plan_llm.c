/* The planner that asks a language model: brief, treatment, shot table, self-check, storyboard. A
 * script is read in pieces first, then planned scene by scene. What comes back is mended, checked
 * and, where it will not do, sent back with the complaints. */
#define _DEFAULT_SOURCE
#include "plan_llm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"
#include "tools.h"

#define SHOTS_AT_ONCE 24  /* more are planned scene by scene */
#define TREATMENT_TURNS 8 /* calls of tools before the treatment has to be written */
#define TEXT_MAX ((size_t)4 << 20)

/* --- The treatment ---------------------------------------------------------------------------- */

static char *check_by_tool(void *ctx, const char *arguments, long why, whelk_error *err)
{
    struct planning *p = ctx;
    (void)why, (void)err;
    struct complaints hard;
    complaints_init(&hard);
    cJSON *all = cJSON_Parse(arguments);
    const cJSON *plan = cJSON_GetObjectItemCaseSensitive(all, "plan");
    if (schema_check(p->schema, plan, &hard))
        plan_check(plan, &p->a, &p->wish, &hard, &hard);
    const char *text = complaints_text(&hard);
    char *answer = story_text_copy(*text ? text : "nothing to complain of",
                                   strlen(*text ? text : "nothing to complain of"));
    complaints_release(&hard);
    cJSON_Delete(all);
    return answer;
}

static char *tell_abilities(void *ctx, const char *arguments, long why, whelk_error *err)
{
    const struct planning *p = ctx;
    (void)arguments, (void)why, (void)err;
    return brief_abilities(&p->a);
}

/* Our own tools while planning, and then the caller's. */
static whelk_tool *planning_tools(struct planning *p, int *count)
{
    const whelk_tool own[] = {
        {.name = "list_capabilities",
         .about = "What the video model can show.",
         .parameters_json = "{\"type\":\"object\",\"properties\":{}}",
         .planning = true,
         .call = tell_abilities,
         .ctx = p},
        {.name = "check_storyboard",
         .about = "The self-check of a plan: what would be refused, changed or cut badly.",
         .parameters_json = "{\"type\":\"object\",\"required\":[\"plan\"],\"properties\":{\"plan\":"
                            "{\"type\":\"object\",\"description\":\"the whole plan\"}}}",
         .planning = true,
         .call = check_by_tool,
         .ctx = p},
    };
    whelk_tool *all = calloc((size_t)p->r->tool_count + COUNT(own), sizeof *all);
    *count = 0;
    for (int i = 0; all && i < COUNT(own); i++)
        all[(*count)++] = own[i];
    for (int i = 0; all && i < p->r->tool_count; i++)
        if (p->r->tools[i].planning)
            all[(*count)++] = p->r->tools[i];
    return all;
}

static bool write_treatment(struct planning *p)
{
    int count, before = cJSON_GetArraySize(p->messages);
    whelk_tool *tools = planning_tools(p, &count);
    struct tool_talk talk = {.chat = p->r->chat,
                             .messages = p->messages,
                             .tools = tools,
                             .tool_count = count,
                             .listen = p->listen,
                             .turns = TREATMENT_TURNS,
                             .purpose = "the treatment",
                             .prose = true,
                             .why = p->event};
    struct chat_reply reply = {0};
    bool done = tools ? tools_talk(&talk, &reply, p->err) : plan_no_memory(p);
    free(tools);
    if (done) {
        p->event = talk.why;
        long n = plan_note(p, "thought", reply.content, "{\"about\":\"treatment\"}");
        p->event = n ? n : p->event;
        /* no tools are offered from now on, and some servers want no calls in the talk then */
        while (cJSON_GetArraySize(p->messages) > before)
            cJSON_DeleteItemFromArray(p->messages, before);
        done = chat_say(p->messages, "assistant", reply.content) || plan_no_memory(p);
    }
    chat_reply_release(&reply);
    return done;
}

/* --- The shot table --------------------------------------------------------------------------- */

static void judge_plan(struct planning *p, const void *ctx, const cJSON *plan,
                       struct complaints *hard, struct complaints *soft)
{
    (void)ctx;
    plan_check(plan, &p->a, &p->wish, hard, soft);
}

static cJSON *plan_at_once(struct planning *p)
{
    char *form = brief_schema_text(p->schema);
    bool said =
        plan_say(p, "user",
                 !form ? NULL
                       : story_format("Good. Now the whole plan with its shot table, as one "
                                      "JSON object of this schema and nothing "
                                      "around it:\n%s",
                                      form));
    free(form);
    struct question q = {.schema = p->schema,
                         .name = "film_plan",
                         .purpose = "the shot table",
                         .judge = judge_plan};
    return said ? plan_ask(p, &q) : NULL;
}

/* --- All of it -------------------------------------------------------------------------------- */

static bool begin(struct planning *p)
{
    if (!plan_check_prompt(p->r->prompt, p->err) || !plan_check_wish(p->r, &p->wish, p->err) ||
        !abilities_init(&p->a, p->r->card_json, p->err))
        return false;
    p->schema = brief_schema(&p->a);
    char what[80];
    size_t size = p->r->script ? strlen(p->r->script) : 0;
    if (size > whelk_limits.script_bytes)
        return whelk_fail(p->err, WHELK_EUSAGE, "the script has %zu bytes, at most %zu are allowed",
                          size, whelk_limits.script_bytes);
    if (size && story_text_fault(p->r->script, size, true, what, sizeof what))
        return whelk_fail(p->err, WHELK_EUSAGE, "the script %s; save it as plain UTF-8 text", what);
    return p->schema || plan_no_memory(p);
}

static void end(struct planning *p)
{
    abilities_release(&p->a);
    cJSON_Delete(p->schema);
    cJSON_Delete(p->messages);
}

/* The first question: the brief, and the script or what was read of it. */
static bool open_talk(struct planning *p, const char *script)
{
    p->messages = cJSON_CreateArray();
    char *wish = brief_wish(p->r, &p->wish, &p->a);
    char *first = !wish ? NULL
                        : story_format("%s%s%s%s\nWrite the treatment first: in a few sentences of "
                                       "prose what happens, what it is "
                                       "about, its look and its mood, and what cannot be shown as "
                                       "it is asked for. No shots yet, "
                                       "and no JSON.",
                                       wish, *script ? "\nThe script it is made of:\n" : "", script,
                                       *script ? "\n" : "");
    free(wish);
    if (!p->messages || !plan_say(p, "system", brief_director(&p->a))) {
        free(first);
        return plan_no_memory(p);
    }
    return plan_say(p, "user", first);
}

static bool open_conversation(struct planning *p)
{
    const char *script = p->r->script ? p->r->script : "";
    if (strlen(script) <= SCRIPT_PIECE_BYTES)
        return open_talk(p, script);
    struct bytes notes;
    bytes_init(&notes, TEXT_MAX);
    bool done = scenes_read_script(p, &notes) && open_talk(p, notes.data ? notes.data : "");
    bytes_release(&notes);
    return done;
}

static void tell_planner(struct planning *p)
{
    const char *model = chat_model(p->r->chat);
    bool known = strcmp(model, "default") != 0;
    p->event =
        plan_notef(p, "thought",
                   "The film is planned by the language model%s%s at %s, which is told what the "
                   "video model can show.",
                   known ? " " : "", known ? model : "", chat_host(p->r->chat));
    if (chat_key_in_clear(p->r->chat))
        plan_notef(p, "warn",
                   "The key goes to %s without encryption, for anyone on the way to read; https:// "
                   "would hide it.",
                   chat_host(p->r->chat));
}

whelk_film *whelk_plan_llm(const whelk_plan_request *request, const whelk_listener *listen,
                           whelk_error *err)
{
    whelk_error own = {0};
    struct planning p = {.r = request, .stage = "plan", .listen = listen, .err = &own};
    whelk_film *film = NULL;
    cJSON *plan = NULL;
    chat_listen(request->chat, listen);
    if (begin(&p)) {
        tell_planner(&p);
        bool scenes =
            (request->script && *request->script) || brief_shots(&p.wish, &p.a) > SHOTS_AT_ONCE;
        if (open_conversation(&p) && write_treatment(&p))
            plan = scenes ? scenes_plan(&p) : plan_at_once(&p);
        if (plan)
            film = plan_film(plan, &p.a, request, &p.wish, listen, p.event,
                             chat_model(request->chat), &own);
    }
    cJSON_Delete(plan);
    end(&p);
    if (!film && err)
        *err = own;
    return film;
}

char *whelk_plan_llm_request(const whelk_plan_request *request, whelk_error *err)
{
    whelk_error own = {0};
    struct planning p = {.r = request, .err = &own};
    char *text = NULL;
    int count = 0;
    const char *script = request->script ? request->script : "";
    bool in_pieces = strlen(script) > SCRIPT_PIECE_BYTES;
    if (begin(&p) && (in_pieces || open_talk(&p, script))) {
        if (in_pieces)
            p.messages = scenes_piece_question(script, script_piece(script, SCRIPT_PIECE_BYTES), 1);
        whelk_tool *tools = planning_tools(&p, &count);
        cJSON *offered = tools ? brief_tools(tools, count) : NULL;
        struct chat_ask ask = {.messages = p.messages, .tools = in_pieces ? NULL : offered};
        text = p.messages && offered ? plan_request_text(p.r->chat, &ask) : NULL;
        if (!text)
            plan_no_memory(&p);
        cJSON_Delete(offered);
        free(tools);
    }
    end(&p);
    if (!text && err)
        *err = own;
    return text;
}
