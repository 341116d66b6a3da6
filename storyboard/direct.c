/* The director: a language model that has its storyboard rendered, looks at what came back, has
 * shot anew what failed, and says when the film is good. It works through the tools it is given;
 * nothing here knows what they do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_llm.h"
#include "tools.h"

static void put_shot(cJSON *list, const whelk_shot *shot)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "id", shot->id);
    cJSON_AddNumberToObject(o, "seconds", shot->seconds);
    cJSON_AddStringToObject(o, "prompt", shot->prompt);
    if (shot->why)
        cJSON_AddStringToObject(o, "why", shot->why);
    if (shot->place)
        cJSON_AddStringToObject(o, "place", shot->place);
    cJSON_AddStringToObject(o, "transition", shot->transition ? shot->transition : "cut");
    if (shot->take)
        cJSON_AddStringToObject(o, "take", shot->take);
    cJSON_AddItemToArray(list, o);
}

static char *storyboard_of(const whelk_film *film)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "title", film->title ? film->title : "");
    cJSON_AddStringToObject(o, "logline", film->logline ? film->logline : "");
    cJSON_AddStringToObject(o, "prompt", film->prompt ? film->prompt : "");
    cJSON_AddStringToObject(o, "score", film->score.mood ? film->score.mood : "");
    cJSON *shots = cJSON_AddArrayToObject(o, "shots");
    for (int i = 0; i < film->shot_count; i++)
        put_shot(shots, &film->shots[i]);
    char *text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

static bool open_talk(cJSON *messages, const whelk_direct_request *r, const struct abilities *a)
{
    char *storyboard = storyboard_of(r->film), *director = brief_director(a);
    char *first = !storyboard
                      ? NULL
                      : story_format("The storyboard stands:\n%s\n\n"
                                     "Now make the film of it with your tools. Have every shot "
                                     "rendered that has no take, look at "
                                     "what the review of each take says, and have those shot anew "
                                     "that failed or miss what they "
                                     "are for, at most twice each: first from another seed, then "
                                     "with other words. Change a "
                                     "transition or the score where what came back asks for it. "
                                     "When the film is good, or no "
                                     "better to be had, call finish and say why in a sentence.",
                                     storyboard);
    bool said = director && first && chat_say(messages, "system", director) &&
                chat_say(messages, "user", first);
    free(storyboard);
    free(director);
    free(first);
    return said;
}

static void tell_end(const whelk_listener *l, const struct tool_talk *talk, const char *words)
{
    const char *text =
        words[strspn(words, " \t\r\n")] ? words : "The director has nothing more to do.";
    if (l && l->note && (!talk->ended || *words))
        l->note(l->ctx, &(whelk_note){.kind = "thought", .why = talk->why, .text = text});
}

bool whelk_direct(const whelk_direct_request *r, const whelk_listener *listen, whelk_error *err)
{
    struct abilities a;
    struct chat_reply reply = {0};
    cJSON *messages = cJSON_CreateArray();
    struct tool_talk talk = {.chat = r->chat,
                             .messages = messages,
                             .tools = r->tools,
                             .tool_count = r->tool_count,
                             .listen = listen,
                             .purpose = "directing",
                             .why = r->why};
    if (!abilities_init(&a, r->card_json, err)) {
        abilities_release(&a);
        cJSON_Delete(messages);
        return false;
    }
    chat_listen(r->chat, listen);
    bool done =
        (messages && open_talk(messages, r, &a)) || whelk_fail(err, WHELK_EFAIL, "no memory");
    done = done && tools_talk(&talk, &reply, err);
    if (done && !chat_takes_tools(r->chat))
        done = whelk_fail(err, WHELK_EUSAGE, "%s takes no tools, so the model cannot direct",
                          chat_host(r->chat));
    if (done)
        tell_end(listen, &talk, reply.content);
    chat_reply_release(&reply);
    abilities_release(&a);
    cJSON_Delete(messages);
    return done;
}

char *whelk_direct_llm_request(const whelk_direct_request *r, whelk_error *err)
{
    struct abilities a;
    cJSON *messages = cJSON_CreateArray(), *offered = brief_tools(r->tools, r->tool_count);
    char *text = NULL;
    if (abilities_init(&a, r->card_json, err)) {
        const struct chat_ask ask = {.messages = messages, .tools = offered};
        if (messages && offered && open_talk(messages, r, &a))
            text = plan_request_text(r->chat, &ask);
        if (!text)
            whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    abilities_release(&a);
    cJSON_Delete(offered);
    cJSON_Delete(messages);
    return text;
}
