/* Questions whose answer is JSON: mended where that is mechanical, held against its schema and
 * against sense, sent back with the complaints, kept where it is of no use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"
#include "mend.h"
#include "plan_llm.h"

bool plan_no_memory(const struct planning *p)
{
    return whelk_fail(p->err, WHELK_EFAIL, "out of memory while planning");
}

long plan_note(const struct planning *p, const char *kind, const char *text, const char *data)
{
    const whelk_listener *l = p->listen;
    whelk_note n = {
        .stage = p->stage, .kind = kind, .why = p->event, .text = text, .data_json = data};
    return l && l->note ? l->note(l->ctx, &n) : 0;
}

long plan_notef(const struct planning *p, const char *kind, const char *fmt, ...)
{
    char text[4000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return plan_note(p, kind, text, NULL);
}

/* Adds a message whose text was just made; takes it over. */
bool plan_say(struct planning *p, const char *role, char *text)
{
    bool said = text && chat_say(p->messages, role, text);
    free(text);
    return said || plan_no_memory(p);
}

/* Keeps an answer that could not be used; `name` gets its place for people, or "". */
static void keep_reply(const struct planning *p, const char *text, char *name, size_t size)
{
    name[0] = '\0';
    if (!p->r->replies_dir || !file_make_dirs(p->r->replies_dir, NULL))
        return;
    for (int n = 1; n < 1000; n++) {
        char file[32];
        snprintf(file, sizeof file, "plan-%03d.txt", n);
        char *path = file_join(p->r->replies_dir, file);
        bool is_free = path && !file_exists(path);
        bool kept = is_free && file_write(path, text, strlen(text), NULL);
        free(path);
        if (is_free) {
            snprintf(name, size, "%s", kept ? file : "");
            return;
        }
    }
}

/* {"plan": {...}}: some wrap what was asked for. */
static cJSON *unwrap(cJSON *tree, const cJSON *schema)
{
    const cJSON *known = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    cJSON *only = tree && tree->child && !tree->child->next ? tree->child : NULL;
    if (!cJSON_IsObject(only) || cJSON_GetObjectItemCaseSensitive(known, only->string))
        return tree;
    only = cJSON_DetachItemViaPointer(tree, only);
    cJSON_Delete(tree);
    return only;
}

/* The answer as JSON that keeps to the schema, or NULL with complaints. */
static cJSON *read_answer(const struct planning *p, const struct chat_reply *reply,
                          const cJSON *schema, struct complaints *c)
{
    struct mending m;
    whelk_error why = {0};
    char *json = mend_json(reply->content, &m);
    cJSON *tree = json ? story_json_parse(json, "line", &why) : NULL;
    if (json && m.count)
        plan_notef(p, "choice", "What is mechanical was mended in the answer: %s.", m.told);
    if (!json)
        complain(c, "the answer holds no JSON object; write it, and nothing else");
    else if (!tree)
        complain(c, "%s", why.text);
    free(json);
    tree = unwrap(tree, schema);
    if (tree && m.cut)
        complain(c, "the answer breaks off before its end; write it whole, and shorter");
    if (tree)
        schema_check(schema, tree, c);
    return tree;
}

/* Says what is wrong and asks for another answer; the one before is in the conversation. */
static bool send_back(struct planning *p, const struct chat_reply *reply, struct complaints *c,
                      bool useless)
{
    char kept[32] = "", where[80] = "";
    if (useless)
        keep_reply(p, reply->content, kept, sizeof kept);
    if (*kept)
        snprintf(where, sizeof where, " It is kept as replies/%s.", kept);
    const char *text = complaints_text(c);
    p->event = reply->event;
    long n = plan_notef(p, useless ? "warn" : "choice", "The answer %s:%s\n%.3000s",
                        useless ? "cannot be used yet and goes back"
                                : "could be better and goes back once",
                        where, text);
    p->event = n ? n : p->event;
    cJSON *message = cJSON_Duplicate(reply->message, true);
    if (!message || !cJSON_AddItemToArray(p->messages, message))
        return plan_no_memory(p);
    return plan_say(p, "user",
                    story_format("This has to be put right:\n%s\nWrite the whole JSON object "
                                 "again, with nothing around it.",
                                 text));
}

/* What became of one answer. */
enum verdict { TAKEN, SENT_BACK, GIVEN_UP };

static bool give_up(const struct planning *p, const struct chat_reply *reply, struct complaints *c,
                    int tries)
{
    char kept[32];
    const char *first = complaints_text(c) + 2; /* after "- " */
    keep_reply(p, reply->content, kept, sizeof kept);
    return whelk_fail(p->err, WHELK_EFAIL,
                      "the language model's answer could not be used after %d tries (%.*s)%s%s",
                      tries, (int)strcspn(first, "\n"), first,
                      *kept ? "; it is kept as replies/" : "", kept);
}

/* What is merely improvable goes back once; *revised: it has. */
static enum verdict weigh(struct planning *p, const struct question *q,
                          const struct chat_reply *reply, int tries, bool *revised, cJSON **good)
{
    int most = p->r->mends > 0 ? p->r->mends : 3;
    struct complaints hard, soft;
    enum verdict verdict = TAKEN;
    complaints_init(&hard);
    complaints_init(&soft);
    cJSON *tree = read_answer(p, reply, q->schema, &hard);
    if (!hard.count)
        q->judge(p, q->ctx, tree, &hard, &soft);
    if (hard.count && tries > most) {
        give_up(p, reply, &hard, tries);
        verdict = GIVEN_UP;
    } else if (hard.count || (soft.count && !*revised && tries <= most)) {
        *revised = *revised || !hard.count;
        verdict =
            send_back(p, reply, hard.count ? &hard : &soft, hard.count > 0) ? SENT_BACK : GIVEN_UP;
    } else {
        *good = tree;
        tree = NULL;
    }
    cJSON_Delete(tree);
    complaints_release(&hard);
    complaints_release(&soft);
    return verdict;
}

cJSON *plan_ask(struct planning *p, const struct question *q)
{
    int before = cJSON_GetArraySize(p->messages);
    bool revised = false;
    cJSON *good = NULL, *sent = brief_schema_sent(q->schema);
    enum verdict verdict = SENT_BACK;
    for (int tries = 1; verdict == SENT_BACK; tries++) {
        struct chat_reply reply;
        struct chat_ask ask = {.messages = p->messages,
                               .schema = sent,
                               .schema_name = q->name,
                               .purpose = q->purpose,
                               .pictures = q->pictures,
                               .picture_bytes = q->picture_bytes,
                               .why = p->event};
        verdict = GIVEN_UP;
        if (chat_ask(p->r->chat, &ask, &reply, p->err)) {
            p->event = reply.event ? reply.event : p->event;
            verdict = weigh(p, q, &reply, tries, &revised, &good);
        }
        chat_reply_release(&reply);
    }
    cJSON_Delete(sent);
    while (cJSON_GetArraySize(p->messages) > before)
        cJSON_DeleteItemFromArray(p->messages, before);
    return good;
}

char *plan_request_text(const whelk_chat *chat, const struct chat_ask *ask)
{
    char *url = chat_address(chat), *body = chat_body(chat, ask);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "method", "POST");
    cJSON_AddStringToObject(o, "url", url ? url : "");
    cJSON *headers = cJSON_AddObjectToObject(o, "headers");
    cJSON_AddStringToObject(headers, "User-Agent", "whelk");
    cJSON_AddStringToObject(headers, "Content-Type", "application/json");
    cJSON_AddStringToObject(headers, "Accept", "text/event-stream");
    if (chat_has_key(chat))
        cJSON_AddStringToObject(headers, "Authorization", "Bearer (the key, not shown)");
    cJSON_AddRawToObject(o, "body", body ? body : "null");
    char *text = url && body ? cJSON_PrintUnformatted(o) : NULL;
    cJSON_Delete(o);
    free(url);
    free(body);
    return text;
}
