/* An answer out of its pieces. Servers agree on little more than `choices[0].delta`: reasoning
 * comes under five names or between tags inside the content, pieces add up or repeat everything so
 * far, calls of tools come whole or in crumbs. All of it ends in one chat_reply. */
#include "chat_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/json.h"

/* --- Joining ---------------------------------------------------------------------------------- */

#define SURE_BYTES 16 /* a repetition this long is no coincidence */
#define SURE_TIMES 3
#define LIKELY_BYTES 8 /* at the end, where no more pieces can tell */

void joiner_init(struct joiner *j, size_t ceiling)
{
    *j = (struct joiner){0};
    bytes_init(&j->pieces, ceiling);
    bytes_init(&j->whole, ceiling);
}

void joiner_release(struct joiner *j)
{
    bytes_release(&j->pieces);
    bytes_release(&j->whole);
}

static bool begins(const char *text, const struct bytes *with)
{
    return with->size == 0 || strncmp(text, with->data, with->size) == 0;
}

static void replace(struct bytes *b, const char *text)
{
    b->size = 0;
    bytes_text(b, text);
}

static void add_unsure(struct joiner *j, const char *piece)
{
    size_t before = j->whole.size, size = strlen(piece);
    bytes_append(&j->pieces, piece, size);
    if (before == 0) {
        bytes_append(&j->whole, piece, size);
        return;
    }
    bool repeats = begins(piece, &j->whole) && (size > before || before >= SURE_BYTES);
    if (!repeats) {
        j->how = JOIN_PIECES;
        bytes_release(&j->whole);
        return;
    }
    replace(&j->whole, piece);
    if (before >= SURE_BYTES || ++j->agreed >= SURE_TIMES) {
        j->how = JOIN_WHOLE;
        bytes_release(&j->pieces);
    }
}

void joiner_add(struct joiner *j, const char *piece)
{
    if (!*piece)
        return;
    if (j->how == JOIN_UNSURE)
        add_unsure(j, piece);
    else if (j->how == JOIN_PIECES)
        bytes_text(&j->pieces, piece);
    else if (begins(piece, &j->whole))
        bytes_text(&j->whole, piece + j->whole.size);
    else if (strncmp(j->whole.data, piece, strlen(piece)) != 0)
        bytes_text(&j->whole, piece);
}

static const struct bytes *joined(const struct joiner *j)
{
    bool whole = j->how == JOIN_WHOLE ||
                 (j->how == JOIN_UNSURE && j->agreed > 0 && j->whole.size >= LIKELY_BYTES);
    return whole ? &j->whole : &j->pieces;
}

const char *joiner_text(const struct joiner *j)
{
    const char *text = joined(j)->data;
    return text ? text : "";
}

/* The whole text comes once more, at the end: whatever is not there yet is added. */
static void joiner_end_with(struct joiner *j, const char *whole)
{
    struct bytes so_far;
    bytes_init(&so_far, j->whole.ceiling);
    bytes_text(&so_far, joiner_text(j));
    if (begins(whole, &so_far)) {
        j->how = JOIN_WHOLE;
        replace(&j->whole, whole);
    }
    j->whole.failed = j->whole.failed || so_far.failed;
    bytes_release(&so_far);
}

const char *joiner_news(struct joiner *j, bool end, size_t *size)
{
    const struct bytes *b = joined(j);
    bool sure = end || j->how != JOIN_UNSURE;
    *size = sure && b->size > j->told ? b->size - j->told : 0;
    const char *news = *size ? b->data + j->told : "";
    j->told += *size;
    return news;
}

/* --- Tags ------------------------------------------------------------------------------------- */

static const char tag_open[] = "<think>", tag_close[] = "</think>";

static void tell_live(const struct chat_parts *p, const char *text, size_t size)
{
    if (p->live && size)
        p->live(p->ctx, text, size);
}

static void drop(struct bytes *b, size_t size)
{
    memmove(b->data, b->data + size, b->size - size + 1);
    b->size -= size;
}

/* Bytes at the end of the text that may be the beginning of a closing tag. */
static size_t may_be_tag(const struct bytes *b)
{
    size_t most = sizeof tag_close - 2;
    for (size_t n = b->size < most ? b->size : most; n > 0; n--)
        if (memcmp(b->data + b->size - n, tag_close, n) == 0)
            return n;
    return 0;
}

/* Before the answer, or between two blocks of reasoning. False = more is needed. */
static bool split_start(struct splitter *s)
{
    drop(&s->held, strspn(s->held.data, " \t\r\n"));
    size_t tag = sizeof tag_open - 1;
    if (s->held.size == 0)
        return false;
    if (s->held.size >= tag && memcmp(s->held.data, tag_open, tag) == 0) {
        drop(&s->held, tag);
        s->where = SPLIT_THINK;
        return true;
    }
    if (s->held.size < tag && memcmp(s->held.data, tag_open, s->held.size) == 0)
        return false;
    s->where = SPLIT_REST;
    return true;
}

static bool split_think(struct chat_parts *p, struct splitter *s)
{
    const char *close = strstr(s->held.data, tag_close);
    size_t take = close ? (size_t)(close - s->held.data) : s->held.size - may_be_tag(&s->held);
    bytes_append(&s->think, s->held.data, take);
    tell_live(p, s->held.data, take);
    drop(&s->held, take + (close ? sizeof tag_close - 1 : 0));
    if (close)
        s->where = SPLIT_START;
    return close != NULL;
}

static void split_text(struct chat_parts *p, const char *text, size_t size)
{
    struct splitter *s = &p->split;
    if (!bytes_append(&s->held, text, size) || s->held.size == 0)
        return;
    for (bool more = true; more && s->held.size > 0;) {
        if (s->where == SPLIT_START) {
            more = split_start(s);
        } else if (s->where == SPLIT_THINK) {
            more = split_think(p, s);
        } else {
            bool thought = s->think.size + p->reasoning.told > 0;
            if (p->prose && s->rest.size == 0 && thought)
                tell_live(p, "\n", 1);
            bytes_append(&s->rest, s->held.data, s->held.size);
            if (p->prose)
                tell_live(p, s->held.data, s->held.size);
            drop(&s->held, s->held.size);
        }
    }
}

/* Some models' templates open the reasoning themselves: then only its end is in the answer. */
static void split_end(struct splitter *s)
{
    bytes_append(s->where == SPLIT_THINK ? &s->think : &s->rest, s->held.data ? s->held.data : "",
                 s->held.size);
    char *close = s->rest.data && s->think.size == 0 ? strstr(s->rest.data, tag_close) : NULL;
    if (!close)
        return;
    bytes_append(&s->think, s->rest.data, (size_t)(close - s->rest.data));
    drop(&s->rest, (size_t)(close - s->rest.data) + sizeof tag_close - 1);
    drop(&s->rest, strspn(s->rest.data, " \t\r\n"));
}

/* --- Taking pieces ---------------------------------------------------------------------------- */

void chat_parts_init(struct chat_parts *p, size_t ceiling)
{
    memset(p, 0, sizeof *p);
    p->ceiling = ceiling;
    p->tokens_in = p->tokens_out = -1;
    joiner_init(&p->content, ceiling);
    joiner_init(&p->reasoning, ceiling);
    bytes_init(&p->split.held, ceiling);
    bytes_init(&p->split.think, ceiling);
    bytes_init(&p->split.rest, ceiling);
}

void chat_parts_release(struct chat_parts *p)
{
    joiner_release(&p->content);
    joiner_release(&p->reasoning);
    bytes_release(&p->split.held);
    bytes_release(&p->split.think);
    bytes_release(&p->split.rest);
    cJSON_Delete(p->detail);
    for (int i = 0; i < p->call_count; i++) {
        free(p->calls[i].id);
        free(p->calls[i].name);
        joiner_release(&p->calls[i].arguments);
    }
}

static void join(struct joiner *j, const char *text, bool whole)
{
    if (whole && j->pieces.size + j->whole.size > 0)
        joiner_end_with(j, text);
    else
        joiner_add(j, text);
}

static void take_reasoning(struct chat_parts *p, const char *source, const char *text, bool whole)
{
    size_t size;
    if (!text || !*text || (p->source && strcmp(p->source, source) != 0))
        return; /* some say it twice under two names */
    p->source = source;
    join(&p->reasoning, text, whole);
    const char *news = joiner_news(&p->reasoning, false, &size);
    tell_live(p, news, size);
}

/* A list of parts: {"type": ..., "text": ...}, reasoning among them as "thinking". */
static char *text_of_list(const cJSON *list, const char *field)
{
    struct bytes b;
    bytes_init(&b, 64 << 20);
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *inner = cJSON_GetObjectItemCaseSensitive(item, field);
        char *deeper = cJSON_IsArray(inner) ? text_of_list(inner, "text") : NULL;
        const char *text = deeper ? deeper : cJSON_GetStringValue(inner);
        bytes_text(&b, text ? text : "");
        free(deeper);
    }
    return bytes_take(&b);
}

static void take_all_reasoning(struct chat_parts *p, const cJSON *delta, bool whole)
{
    static const char *const names[] = {"reasoning_content", "reasoning", "thinking"};
    const cJSON *details = cJSON_GetObjectItemCaseSensitive(delta, "reasoning_details");
    if (!p->detail && cJSON_IsObject(cJSON_GetArrayItem(details, 0)))
        p->detail = cJSON_Duplicate(cJSON_GetArrayItem(details, 0), true);
    for (int i = 0; i < COUNT(names); i++)
        take_reasoning(p, names[i], json_text(delta, names[i]), whole);
    char *text = cJSON_IsArray(details) ? text_of_list(details, "text") : NULL;
    take_reasoning(p, "reasoning_details", text, whole);
    free(text);
}

static void take_content(struct chat_parts *p, const cJSON *delta, bool whole)
{
    const cJSON *content = cJSON_GetObjectItemCaseSensitive(delta, "content");
    char *text = NULL, *thinking = NULL;
    size_t size;
    if (cJSON_IsArray(content)) {
        text = text_of_list(content, "text");
        thinking = text_of_list(content, "thinking");
        take_reasoning(p, "thinking", thinking, whole);
    }
    const char *piece = text ? text : cJSON_GetStringValue(content);
    if (piece)
        join(&p->content, piece, whole);
    free(text);
    free(thinking);
    const char *news = joiner_news(&p->content, false, &size);
    split_text(p, news, size);
}

static struct part_call *call_at(struct chat_parts *p, const cJSON *item, int position)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(item, "index");
    const cJSON *function = cJSON_GetObjectItemCaseSensitive(item, "function");
    const char *id = json_text(item, "id"), *name = json_text(function, "name");
    int index = cJSON_IsNumber(number) ? number->valueint : -1;
    bool named = id && *id;
    for (int i = p->call_count - 1; i >= 0; i--) {
        struct part_call *c = &p->calls[i];
        bool other = named && c->id && strcmp(c->id, id) != 0;
        bool same = index >= 0 ? c->index == index : named ? c->id && !other : i == position;
        if (same && !(other && name)) /* one index for two calls: their ids differ */
            return c;
        if (same)
            break;
    }
    if (p->call_count == CALLS_MAX)
        return NULL;
    struct part_call *c = &p->calls[p->call_count++];
    *c = (struct part_call){.index = index};
    joiner_init(&c->arguments, p->ceiling);
    return c;
}

static void take_call(struct chat_parts *p, const cJSON *item, int position, bool whole)
{
    struct part_call *c = call_at(p, item, position);
    const cJSON *function = cJSON_GetObjectItemCaseSensitive(item, "function");
    const cJSON *arguments = cJSON_GetObjectItemCaseSensitive(function, "arguments");
    const char *id = json_text(item, "id"), *name = json_text(function, "name");
    if (!c)
        return;
    if (!c->id && id && *id)
        p->failed = !whelk_set_text(&c->id, id) || p->failed;
    if (!c->name && name && *name)
        p->failed = !whelk_set_text(&c->name, name) || p->failed;
    char *printed = cJSON_IsObject(arguments) ? cJSON_PrintUnformatted(arguments) : NULL;
    const char *text = printed ? printed : cJSON_GetStringValue(arguments);
    if (text)
        join(&c->arguments, text, whole);
    p->failed = p->failed || c->arguments.pieces.failed || c->arguments.whole.failed;
    free(printed);
}

static void take_usage(struct chat_parts *p, const cJSON *holder)
{
    const cJSON *usage = cJSON_GetObjectItemCaseSensitive(holder, "usage");
    const cJSON *in = cJSON_GetObjectItemCaseSensitive(usage, "prompt_tokens");
    const cJSON *out = cJSON_GetObjectItemCaseSensitive(usage, "completion_tokens");
    if (cJSON_IsNumber(in) && in->valuedouble >= 0 && in->valuedouble < 1e12)
        p->tokens_in = (long)in->valuedouble;
    if (cJSON_IsNumber(out) && out->valuedouble >= 0 && out->valuedouble < 1e12)
        p->tokens_out = (long)out->valuedouble;
}

static void refuse(struct chat_parts *p, const char *text)
{
    p->fault = (struct chat_fault){.code = WHELK_EREFUSED};
    snprintf(p->fault.text, sizeof p->fault.text, "%.400s", text);
}

static void take_choice(struct chat_parts *p, const cJSON *choice)
{
    const cJSON *delta = cJSON_GetObjectItemCaseSensitive(choice, "delta");
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(choice, "message");
    const char *finish = json_text(choice, "finish_reason");
    bool whole = !cJSON_IsObject(delta) && cJSON_IsObject(message);
    const cJSON *from = whole ? message : delta;
    take_all_reasoning(p, from, whole);
    take_content(p, from, whole);
    const cJSON *call;
    int position = 0;
    cJSON_ArrayForEach(call, cJSON_GetObjectItemCaseSensitive(from, "tool_calls"))
        take_call(p, call, position++, whole);
    take_usage(p, choice);
    if (finish && *finish)
        snprintf(p->finish, sizeof p->finish, "%s", finish);
    const char *refusal = json_text(from, "refusal");
    if (refusal && *refusal)
        refuse(p, refusal);
    else if (strcmp(p->finish, "content_filter") == 0 || strcmp(p->finish, "sensitive") == 0)
        refuse(p, "the answer was held back by the service's content filter");
}

bool chat_parts_take(struct chat_parts *p, const char *data, size_t size)
{
    if (size == 6 && memcmp(data, "[DONE]", 6) == 0) {
        p->done = true;
        return false;
    }
    cJSON *event = cJSON_ParseWithLength(data, size);
    if (!cJSON_IsObject(event)) { /* cut off, or no part of an answer: what is missing will show */
        cJSON_Delete(event);
        p->broken++;
        return true;
    }
    p->events++;
    const char *model = json_text(event, "model");
    if (model && *model)
        snprintf(p->model, sizeof p->model, "%s", model);
    if (!chat_fault_in(event, 200, &p->fault)) {
        const cJSON *choice =
            cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(event, "choices"), 0);
        if (cJSON_IsObject(choice))
            take_choice(p, choice);
        take_usage(p, event);
    }
    cJSON_Delete(event);
    p->failed = p->failed || p->content.pieces.failed || p->content.whole.failed ||
                p->reasoning.pieces.failed || p->reasoning.whole.failed || p->split.held.failed ||
                p->split.think.failed || p->split.rest.failed;
    return !p->failed && !p->fault.code;
}

/* --- The answer ------------------------------------------------------------------------------- */

/* What the service wants to see again of its reasoning, under the name it came with: while tools
 * are being called, MiniMax and DeepSeek ask for it. */
static bool put_reasoning(const struct chat_parts *p, cJSON *message)
{
    if (!p->source || p->call_count == 0)
        return true;
    const char *text = joiner_text(&p->reasoning);
    if (strcmp(p->source, "reasoning_details") != 0)
        return cJSON_AddStringToObject(message, p->source, text) != NULL;
    cJSON *list = cJSON_AddArrayToObject(message, p->source);
    cJSON *detail = p->detail ? cJSON_Duplicate(p->detail, true) : cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(detail, "text");
    return detail && cJSON_AddStringToObject(detail, "text", text) &&
           cJSON_AddItemToArray(list, detail);
}

static bool put_calls(const struct chat_reply *reply, cJSON *message)
{
    cJSON *list = reply->call_count ? cJSON_AddArrayToObject(message, "tool_calls") : NULL;
    for (int i = 0; i < reply->call_count; i++) {
        const struct chat_call *c = &reply->calls[i];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item))
            return false;
        cJSON_AddStringToObject(item, "id", c->id);
        cJSON_AddStringToObject(item, "type", "function");
        cJSON *function = cJSON_AddObjectToObject(item, "function");
        cJSON_AddStringToObject(function, "name", c->name);
        cJSON_AddStringToObject(function, "arguments", c->arguments);
    }
    return true;
}

static bool put_message(const struct chat_parts *p, struct chat_reply *reply)
{
    char *content = text_clean(joiner_text(&p->content), false);
    reply->message = cJSON_CreateObject();
    bool fine = content && reply->message &&
                cJSON_AddStringToObject(reply->message, "role", "assistant") &&
                cJSON_AddStringToObject(reply->message, "content", content) &&
                put_reasoning(p, reply->message) && put_calls(reply, reply->message);
    free(content);
    return fine;
}

static bool copy_calls(const struct chat_parts *p, struct chat_reply *reply)
{
    reply->calls = calloc((size_t)p->call_count + 1, sizeof *reply->calls);
    for (int i = 0; reply->calls && i < p->call_count; i++) {
        const struct part_call *c = &p->calls[i];
        char id[24];
        snprintf(id, sizeof id, "call_%d", i + 1);
        const char *arguments = joiner_text(&c->arguments);
        reply->call_count++;
        if (!whelk_set_text(&reply->calls[i].id, c->id ? c->id : id) ||
            !whelk_set_text(&reply->calls[i].name, c->name ? c->name : "") ||
            !(reply->calls[i].arguments = text_clean(*arguments ? arguments : "{}", false)))
            return false;
    }
    return reply->calls != NULL;
}

bool chat_parts_reply(struct chat_parts *p, struct chat_reply *reply)
{
    size_t size;
    const char *news = joiner_news(&p->reasoning, true, &size);
    tell_live(p, news, size);
    news = joiner_news(&p->content, true, &size);
    split_text(p, news, size);
    split_end(&p->split);
    struct bytes thought;
    bytes_init(&thought, 2 * p->ceiling);
    bytes_text(&thought, joiner_text(&p->reasoning));
    if (thought.size && p->split.think.size)
        bytes_text(&thought, "\n");
    bytes_text(&thought, p->split.think.data ? p->split.think.data : "");
    *reply = (struct chat_reply){0};
    reply->end = strcmp(p->finish, "length") == 0  ? CHAT_LENGTH
                 : p->done || p->finish[0] != '\0' ? CHAT_DONE
                                                   : CHAT_CUT;
    reply->reasoning = text_clean(thought.data ? thought.data : "", false);
    reply->content = text_clean(p->split.rest.data ? p->split.rest.data : "", false);
    bool fine = !thought.failed && !p->failed && reply->reasoning && reply->content &&
                copy_calls(p, reply) && put_message(p, reply);
    bytes_release(&thought);
    return fine;
}

void chat_reply_release(struct chat_reply *reply)
{
    free(reply->content);
    free(reply->reasoning);
    for (int i = 0; i < reply->call_count; i++) {
        free(reply->calls[i].id);
        free(reply->calls[i].name);
        free(reply->calls[i].arguments);
    }
    free(reply->calls);
    cJSON_Delete(reply->message);
    *reply = (struct chat_reply){0};
}
