/* A language model that takes pictures looks at a take: a few frames of it against what the shot
 * was to show. What it answers is a verdict by fields, checked as plans are. */
#include <stdlib.h>
#include <string.h>

#include "plan_llm.h"

static const char form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"seen\",\"subject\","
    "\"action\",\"place\",\"fault\"],\"properties\":{"
    "\"seen\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":600},"
    "\"subject\":{\"type\":\"boolean\"},\"action\":{\"type\":\"boolean\"},"
    "\"place\":{\"type\":\"boolean\"},"
    "\"fault\":{\"type\":[\"string\",\"null\"],\"maxLength\":300}}}";

static const char part[] =
    "You look at takes of a short film, for its director. You are shown frames of one take in "
    "their "
    "order in time, and told what the shot was to show. A small video model made them: plain "
    "drawing and soft edges are its manner and no fault. A fault is what a viewer would stumble "
    "over: somebody or something that should be there and is not, or is another; another action or "
    "place than was asked for; a body in pieces.";

static void judge(struct planning *p, const void *ctx, const cJSON *tree, struct complaints *hard,
                  struct complaints *soft)
{
    (void)p, (void)ctx, (void)soft;
    bool all = cJSON_IsTrue(json_get(tree, "subject")) && cJSON_IsTrue(json_get(tree, "action")) &&
               cJSON_IsTrue(json_get(tree, "place"));
    if (!all && !*plan_text(tree, "fault"))
        complain(hard, "something is not to be seen as asked for, but fault does not say what");
}

static bool begin(struct planning *p, const whelk_see_request *r)
{
    p->event = r->why;
    p->schema = cJSON_Parse(form);
    p->messages = cJSON_CreateArray();
    char *text = story_format(
        "The shot, %.3g seconds: %s\n%s%s\nHere are %d frames of the take, evenly spaced. Answer "
        "with "
        "one JSON object of this schema and nothing around it; \"seen\" is what they show, in a "
        "sentence; \"subject\", \"action\" and \"place\": is each to be recognised as asked for "
        "(an "
        "action by what changes between the frames); \"fault\" is what is wrong, in a few words, "
        "or "
        "null:\n%s",
        r->shot->seconds, r->shot->prompt, r->shot->why ? "It is there because: " : "",
        r->shot->why ? r->shot->why : "", r->jpeg_count, form);
    bool said = p->schema && p->messages && text && chat_say(p->messages, "system", part) &&
                chat_show(p->messages, text, r->jpegs, r->jpeg_count);
    free(text);
    return said || plan_no_memory(p);
}

static bool take_verdict(const struct planning *p, const cJSON *tree, whelk_seen *out)
{
    const char *fault = plan_text(tree, "fault");
    *out = (whelk_seen){.subject = cJSON_IsTrue(json_get(tree, "subject")),
                        .action = cJSON_IsTrue(json_get(tree, "action")),
                        .place = cJSON_IsTrue(json_get(tree, "place")),
                        .event = p->event};
    return (whelk_set_text(&out->seen, plan_text(tree, "seen")) &&
            whelk_set_text(&out->fault, *fault ? fault : NULL)) ||
           plan_no_memory(p);
}

bool whelk_see_llm(const whelk_see_request *r, const whelk_listener *listen, whelk_seen *out,
                   whelk_error *err)
{
    whelk_error own = {0};
    const whelk_plan_request how = {
        .chat = r->chat, .mends = r->mends, .replies_dir = r->replies_dir};
    struct planning p = {.r = &how, .listen = listen, .err = &own};
    struct question q = {.name = "verdict", .purpose = "a look at a take", .judge = judge};
    cJSON *tree = NULL;
    chat_listen(r->chat, listen);
    for (int i = 0; i < r->jpeg_count; i++)
        q.picture_bytes += strlen(r->jpegs[i]);
    q.pictures = r->jpeg_count;
    if (begin(&p, r)) {
        q.schema = p.schema;
        tree = plan_ask(&p, &q);
    }
    bool done = tree && take_verdict(&p, tree, out);
    cJSON_Delete(tree);
    cJSON_Delete(p.schema);
    cJSON_Delete(p.messages);
    if (!done && err)
        *err = own;
    return done;
}
