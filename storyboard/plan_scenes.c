/* Long films and scripts, planned scene by scene: a script is read in pieces first, then everything
 * but the shots is settled, then each scene's shots are asked for by themselves. */
#define _DEFAULT_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_llm.h"
#include "script.h"

/* The question about one piece of a long script; the caller's. */
cJSON *scenes_piece_question(const char *at, size_t size, int n)
{
    cJSON *messages = cJSON_CreateArray();
    char *text = story_format("Piece %d of a script that is to become a short film:\n\n%.*s\n\n"
                              "Note in a few lines, scene by scene: what happens, who is in it and "
                              "how they look, where and when, and what must not be lost.",
                              n, (int)size, at);
    bool said = messages && text && chat_say(messages, "user", text);
    free(text);
    if (said)
        return messages;
    cJSON_Delete(messages);
    return NULL;
}

/* Each piece is read by itself; what was noted of it goes into the brief. */
bool scenes_read_script(struct planning *p, struct bytes *notes)
{
    size_t size;
    int n = 1;
    for (const char *at = p->r->script; (size = script_piece(at, SCRIPT_PIECE_BYTES)) > 0;
         at += size) {
        cJSON *messages = scenes_piece_question(at, size, n++);
        struct chat_ask ask = {
            .messages = messages, .purpose = "reading the script", .prose = true, .why = p->event};
        struct chat_reply reply = {0};
        bool done = messages ? chat_ask(p->r->chat, &ask, &reply, p->err) : plan_no_memory(p);
        if (done) {
            p->event = reply.event ? reply.event : p->event;
            long event = plan_note(p, "thought", reply.content, "{\"about\":\"script\"}");
            p->event = event ? event : p->event;
            bytes_format(notes, "%s\n\n", reply.content);
        }
        chat_reply_release(&reply);
        cJSON_Delete(messages);
        if (!done)
            return false;
    }
    return !notes->failed || plan_no_memory(p);
}

static void judge_bible(struct planning *p, const void *ctx, const cJSON *tree,
                        struct complaints *hard, struct complaints *soft)
{
    double total = 0, most = whelk_limits.plan_shots * p->a.clip_s * 0.8;
    const cJSON *scene;
    (void)ctx, (void)soft;
    cJSON_ArrayForEach(scene, json_get(tree, "scenes")) total +=
        json_get(scene, "seconds")->valuedouble;
    if (p->wish.seconds > 0 && fabs(total / p->wish.seconds - 1) > whelk_limits.plan_off)
        complain(hard, "the scenes are %.4g s in all; %.4g s are asked for", total,
                 p->wish.seconds);
    else if (p->wish.seconds == 0 && total > most)
        complain(hard, "the scenes are %.4g s in all; at most %.4g s can be told in %d shots",
                 total, most, whelk_limits.plan_shots);
}

struct scene {
    const cJSON *bible;
    double seconds;
};

static cJSON *whole_plan(const cJSON *bible, const cJSON *shots)
{
    cJSON *plan = cJSON_Duplicate(bible, true);
    cJSON_DeleteItemFromObjectCaseSensitive(plan, "scenes");
    cJSON_AddItemToObject(plan, "shots", cJSON_Duplicate(shots, true));
    return plan;
}

/* The shots of a scene are judged as a film of their own. */
static void judge_scene(struct planning *p, const void *ctx, const cJSON *tree,
                        struct complaints *hard, struct complaints *soft)
{
    const struct scene *scene = ctx;
    struct wish wish = p->wish;
    wish.seconds = scene->seconds;
    wish.shots = 0; /* of the whole film */
    cJSON *plan = whole_plan(scene->bible, json_get(tree, "shots"));
    plan_check(plan, &p->a, &wish, hard, soft);
    cJSON_Delete(plan);
}

/* What was decided goes on in the conversation, short and as it was accepted. */
static bool agree(struct planning *p, const cJSON *decided)
{
    return plan_say(p, "assistant", cJSON_PrintUnformatted(decided));
}

static cJSON *plan_bible(struct planning *p)
{
    cJSON *schema = brief_schema_bible(p->schema), *bible = NULL;
    char *form = brief_schema_text(schema);
    struct question q = {
        .schema = schema, .name = "film_scenes", .purpose = "the scenes", .judge = judge_bible};
    if (plan_say(p, "user",
                 !form
                     ? NULL
                     : story_format("Good. Now everything but the shots: style, score, characters, "
                                    "places, and the scenes "
                                    "with their share of the seconds, as one JSON object of this "
                                    "schema and nothing around "
                                    "it:\n%s",
                                    form)))
        bible = plan_ask(p, &q);
    if (bible && !agree(p, bible)) {
        cJSON_Delete(bible);
        bible = NULL;
    }
    free(form);
    cJSON_Delete(schema);
    return bible;
}

/* Plans one scene and adds its shots; ids go on from scene to scene, whatever the model calls
 * them. */
static bool plan_scene(struct planning *p, const cJSON *bible, const cJSON *scene, int n,
                       const char *form, const cJSON *schema, cJSON *shots)
{
    char purpose[60];
    struct scene one = {bible, json_get(scene, "seconds")->valuedouble};
    snprintf(purpose, sizeof purpose, "the shots of scene %d", n);
    struct question q = {.schema = schema,
                         .name = "scene_shots",
                         .purpose = purpose,
                         .judge = judge_scene,
                         .ctx = &one};
    bool first = n == 1;
    if (!plan_say(p, "user",
                  story_format("Scene %d: %s\nIts shots, %.4g s in all, as one JSON object%s%s "
                               "and nothing around it.",
                               n, json_get(scene, "summary")->valuestring, one.seconds,
                               first ? " of this schema:\n" : " of the same schema",
                               first ? form : "")))
        return false;
    cJSON *tree = plan_ask(p, &q);
    bool fine = tree && agree(p, tree);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "shots");
    while (fine && list->child) {
        cJSON *shot = cJSON_DetachItemViaPointer(list, list->child);
        char id[16];
        snprintf(id, sizeof id, "%04d", (cJSON_GetArraySize(shots) + 1) * 10 % 10000);
        cJSON_ReplaceItemInObjectCaseSensitive(shot, "id", cJSON_CreateString(id));
        cJSON_AddItemToArray(shots, shot);
    }
    cJSON_Delete(tree);
    return fine;
}

cJSON *scenes_plan(struct planning *p)
{
    cJSON *bible = plan_bible(p), *shots = cJSON_CreateArray(), *plan = NULL;
    cJSON *schema = brief_schema_shots(p->schema);
    char *form = brief_schema_text(schema);
    const cJSON *scene;
    int n = 0;
    bool fine = bible && shots && form;
    cJSON_ArrayForEach(scene, json_get(bible, "scenes")) fine =
        fine && plan_scene(p, bible, scene, ++n, form, schema, shots);
    if (fine && cJSON_GetArraySize(shots) > whelk_limits.shots)
        fine = whelk_fail(p->err, WHELK_EFAIL,
                          "the scenes have %d shots in all; at most %d can be "
                          "in a film",
                          cJSON_GetArraySize(shots), whelk_limits.shots);
    if (fine && p->wish.shots > 0 && cJSON_GetArraySize(shots) != p->wish.shots)
        plan_notef(p, "warn",
                   "%d shots were asked for; planned scene by scene, the film has %d of them.",
                   p->wish.shots, cJSON_GetArraySize(shots));
    if (fine)
        plan = whole_plan(bible, shots);
    free(form);
    cJSON_Delete(schema);
    cJSON_Delete(shots);
    cJSON_Delete(bible);
    return plan;
}
