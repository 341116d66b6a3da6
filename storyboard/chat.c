/* Questions to a language model: the request as it is sent, tries and pauses, what is learned of
 * the server on the way, and the books of turns, tokens and money. */
#define _GNU_SOURCE /* strcasestr */
#include "chat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../pipeline/base/http.h"
#include "chat_parts.h"
#include "sse.h"

#define PAUSE_MAX_S 60
#define EVENT_MAX ((size_t)4 << 20)  /* bytes of one streamed event */
#define NOISE_MAX ((size_t)64 << 10) /* bytes that are no stream, before we stop listening */
#define SIMPLER_MAX 4
#define PICTURE_TOKENS 600

enum form { FORM_SCHEMA, FORM_OBJECT, FORM_TEXT }; /* how structured output is asked for */

struct whelk_chat {
    whelk_llm llm; /* texts owned; numbers with their defaults filled in */
    const whelk_listener *listen;
    char host[300];
    char served[120]; /* the model's name as the server gave it */
    /* learned of the server */
    bool other_path; /* there is no /v1 in front of /chat/completions */
    bool no_tools, no_usage, no_pictures;
    enum form form;
    /* spent */
    int turns;
    long tokens;
    double cost;
};

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* --- The chat --------------------------------------------------------------------------------- */

whelk_chat *chat_new(const whelk_llm *llm, const whelk_listener *listen, whelk_error *err)
{
    if (!llm->url || !*llm->url) {
        whelk_fail(err, WHELK_EUSAGE,
                   "the language model has no address; set --llm-url or WHELK_LLM_URL");
        return NULL;
    }
    whelk_chat *chat = calloc(1, sizeof *chat);
    if (!chat) {
        whelk_fail(err, WHELK_EFAIL, "no memory");
        return NULL;
    }
    whelk_llm *l = &chat->llm;
    *l = *llm;
    l->url = strdup(llm->url);
    l->model = strdup(llm->model && *llm->model ? llm->model : "default");
    l->key = llm->key && *llm->key ? strdup(llm->key) : NULL;
    l->tries = llm->tries > 0 ? llm->tries : 4;
    l->pause_s = llm->pause_s > 0 ? llm->pause_s : 1;
    l->timeout_s = llm->timeout_s > 0 ? llm->timeout_s : 600;
    l->silence_s = llm->silence_s > 0 ? llm->silence_s : 180;
    l->reply_bytes = llm->reply_bytes ? llm->reply_bytes : (size_t)16 << 20;
    l->max_turns = llm->max_turns > 0 ? llm->max_turns : 100;
    l->max_tokens = llm->max_tokens > 0 ? llm->max_tokens : 1000000;
    chat->listen = listen;
    if (l->url)
        http_host(l->url, chat->host, sizeof chat->host);
    bool whole = l->url && l->model && (!llm->key || !*llm->key || l->key);
    if (whole && chat->host[0])
        return chat;
    chat_free(chat);
    if (whole)
        whelk_fail(err, WHELK_EUSAGE,
                   "\"%.200s\" is no address of a server; one looks like http://127.0.0.1:8080/v1",
                   llm->url);
    else
        whelk_fail(err, WHELK_EFAIL, "no memory");
    return NULL;
}

void chat_free(whelk_chat *chat)
{
    if (!chat)
        return;
    if (chat->llm.key)
        explicit_bzero((char *)chat->llm.key, strlen(chat->llm.key));
    free((char *)chat->llm.key);
    free((char *)chat->llm.url);
    free((char *)chat->llm.model);
    free(chat);
}

whelk_chat *whelk_chat_open(const whelk_llm *llm, whelk_error *err)
{
    return chat_new(llm, NULL, err);
}

void whelk_chat_close(whelk_chat *chat)
{
    chat_free(chat);
}

void chat_listen(whelk_chat *chat, const whelk_listener *listen)
{
    chat->listen = listen;
}

bool chat_takes_tools(const whelk_chat *chat)
{
    return !chat->no_tools;
}

bool whelk_chat_sees(const whelk_chat *chat)
{
    return chat->llm.sees && !chat->no_pictures;
}

bool chat_has_key(const whelk_chat *chat)
{
    return chat->llm.key != NULL;
}

bool chat_key_in_clear(const whelk_chat *chat)
{
    const char *url = chat->llm.url;
    return chat->llm.key && strncasecmp(url, "http://", 7) == 0 && !http_is_local(url);
}

const char *chat_host(const whelk_chat *chat)
{
    return chat->host;
}

const char *chat_model(const whelk_chat *chat)
{
    return chat->served[0] ? chat->served : chat->llm.model;
}

bool chat_may_ask(const whelk_chat *chat, whelk_error *err)
{
    const whelk_llm *l = &chat->llm;
    if (chat->turns >= l->max_turns)
        return whelk_fail(err, WHELK_EQUOTA, "the bound of %d requests is reached (--max-turns)",
                          l->max_turns);
    if (chat->tokens >= l->max_tokens)
        return whelk_fail(err, WHELK_EQUOTA,
                          "the bound of %ld tokens is reached, %ld are used (--max-tokens)",
                          l->max_tokens, chat->tokens);
    return l->max_cost <= 0 || chat->cost < l->max_cost ||
           whelk_fail(err, WHELK_EQUOTA, "the bound of $%g is reached, $%.4f is spent (--max-cost)",
                      l->max_cost, chat->cost);
}

/* --- The request ------------------------------------------------------------------------------ */

/* "v1", "v1beta", "v4" */
static bool is_version(const char *segment, size_t size)
{
    return size >= 2 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9';
}

/* Does the path of the address end in a version, or go through one ("/v1beta/openai")? */
static bool has_version(const char *url, size_t size)
{
    const char *p = strstr(url, "://");
    for (p = p ? strchr(p + 3, '/') : NULL; p && p < url + size; p = strchr(p + 1, '/')) {
        size_t n = strcspn(p + 1, "/");
        if (is_version(p + 1, n))
            return true;
    }
    return false;
}

char *chat_address(const whelk_chat *chat)
{
    static const char end[] = "/chat/completions";
    const char *url = chat->llm.url;
    size_t size = strlen(url), tail = sizeof end - 1;
    while (size > 0 && url[size - 1] == '/')
        size--;
    if (size > tail && memcmp(url + size - tail, end, tail) == 0)
        return story_format("%.*s", (int)size, url);
    bool whole = chat->other_path || has_version(url, size);
    return story_format("%.*s%s%s", (int)size, url, whole ? "" : "/v1", end);
}

/* {"type":"json_schema",...}, {"type":"json_object"}, or nothing: whatever this server takes. */
static bool add_form(const whelk_chat *chat, const struct chat_ask *ask, cJSON *body)
{
    if (!ask->schema || chat->form == FORM_TEXT)
        return true;
    cJSON *form = cJSON_AddObjectToObject(body, "response_format");
    bool schema = chat->form == FORM_SCHEMA;
    if (!cJSON_AddStringToObject(form, "type", schema ? "json_schema" : "json_object"))
        return false;
    cJSON *inner = schema ? cJSON_AddObjectToObject(form, "json_schema") : NULL;
    return !schema || (cJSON_AddStringToObject(inner, "name", ask->schema_name) &&
                       cJSON_AddBoolToObject(inner, "strict", true) &&
                       cJSON_AddItemReferenceToObject(inner, "schema", (cJSON *)ask->schema));
}

char *chat_body(const whelk_chat *chat, const struct chat_ask *ask)
{
    cJSON *body = cJSON_CreateObject();
    bool fine = body && cJSON_AddStringToObject(body, "model", chat->llm.model) &&
                cJSON_AddItemReferenceToObject(body, "messages", (cJSON *)ask->messages) &&
                cJSON_AddBoolToObject(body, "stream", true);
    if (fine && !chat->no_usage)
        fine = cJSON_AddBoolToObject(cJSON_AddObjectToObject(body, "stream_options"),
                                     "include_usage", true) != NULL;
    if (fine && ask->tools && !chat->no_tools)
        fine = cJSON_AddItemReferenceToObject(body, "tools", (cJSON *)ask->tools);
    fine = fine && add_form(chat, ask, body);
    char *text = fine ? cJSON_PrintUnformatted(body) : NULL;
    cJSON_Delete(body);
    return text;
}

/* --- One try ---------------------------------------------------------------------------------- */

struct attempt {
    whelk_chat *chat;
    const struct chat_ask *ask;
    struct chat_parts parts;
    struct sse sse;
    struct http_reply http;
    struct bytes plain; /* the beginning of what came, should it turn out to be no stream */
    double asked_s;     /* when the request under way was sent; 0 = none is */
};

static bool take_event(void *ctx, const char *data, size_t size)
{
    return chat_parts_take(ctx, data, size);
}

static bool take_bytes(void *ctx, const char *data, size_t size)
{
    struct attempt *a = ctx;
    if (a->parts.events == 0 && !a->plain.failed)
        bytes_append(&a->plain, data, size);
    if (!sse_feed(&a->sse, data, size, take_event, &a->parts))
        return false;
    /* one event, or an answer that was not streamed, may be as long as any */
    const char *begun = a->plain.data ? a->plain.data + strspn(a->plain.data, " \t\r\n") : "";
    bool one = *begun == '{' || strncmp(begun, "data:", 5) == 0;
    return a->parts.events > 0 || one || a->sse.other_bytes + a->sse.line.size <= NOISE_MAX;
}

static bool goes_on(void *ctx)
{
    const struct attempt *a = ctx;
    const whelk_listener *l = a->chat->listen;
    if (!l || !l->progress)
        return true;
    if (a->asked_s <= 0)
        return l->progress(l->ctx, NULL, NULL, "stage", 0, 0, -1);
    return l->progress(l->ctx, NULL, NULL, a->parts.events ? "answer" : "wait",
                       now_s() - a->asked_s, a->chat->llm.timeout_s, -1);
}

static void pass_live(void *ctx, const char *text, size_t size)
{
    const struct attempt *a = ctx;
    const whelk_listener *l = a->chat->listen;
    if (l && l->live)
        l->live(l->ctx, NULL, text, size);
}

/* No secret may come back to us in a server's words. */
static void hide_key(const whelk_chat *chat, char *text)
{
    const char *key = chat->llm.key;
    for (char *p = text; key && (p = strstr(p, key)); p++)
        memset(p, '*', strlen(key));
}

/* What a finished transfer holds: an answer, a refusal, or neither. */
static void judge(struct attempt *a, struct chat_fault *fault)
{
    struct chat_parts *p = &a->parts;
    const struct http_reply *h = &a->http;
    if (p->events == 0) { /* not streamed: all in one object? */
        const char *text = h->status < 300 ? a->plain.data : h->body;
        cJSON *body = text ? cJSON_Parse(text) : NULL;
        if (cJSON_IsObject(body) && !chat_fault_in(body, h->status, fault) && h->status < 300) {
            chat_parts_take(p, text, strlen(text));
            p->done = p->done || p->finish[0] != '\0';
        }
        bool neither = !cJSON_IsObject(body) || (!fault->code && !p->events);
        if (neither && !p->broken)
            chat_fault_of(h->status, h->type, text, fault);
        cJSON_Delete(body);
    }
    if (p->fault.code)
        *fault = p->fault;
    bool empty =
        !fault->code && !p->content.pieces.size && !p->content.whole.size && p->call_count == 0;
    if (empty && !p->fault.code) {
        *fault = (struct chat_fault){.code = WHELK_ENETWORK, .again = true};
        fault->form = a->ask->schema && a->chat->form != FORM_TEXT && p->done;
        snprintf(fault->text, sizeof fault->text,
                 p->done || p->finish[0] ? "the answer is empty"
                                         : "the stream broke off before the answer");
    }
}

/* True: an answer, perhaps cut short, is in a->parts. */
static bool try_once(struct attempt *a, double left_s, struct chat_fault *fault, whelk_error *err)
{
    static const char *const headers[] = {"Content-Type: application/json",
                                          "Accept: text/event-stream", NULL};
    const whelk_llm *l = &a->chat->llm;
    char *url = chat_address(a->chat), *body = chat_body(a->chat, a->ask);
    whelk_error own = {0};
    struct http_request ask = {.url = url,
                               .headers = headers,
                               .key = l->key,
                               .body = body,
                               .body_size = body ? strlen(body) : 0,
                               .silence_s = l->silence_s,
                               .deadline_s = left_s,
                               .ceiling = l->reply_bytes,
                               .take = take_bytes,
                               .goes_on = goes_on,
                               .ctx = a};
    a->asked_s = now_s();
    bool sent = url && body ? http_send(&ask, &a->http, &own)
                            : whelk_fail(&own, WHELK_EFAIL, "no memory for a request");
    a->asked_s = 0;
    free(url);
    free(body);
    sse_end(&a->sse, take_event, &a->parts);
    *fault = (struct chat_fault){0};
    bool something = a->parts.content.pieces.size + a->parts.content.whole.size > 0;
    if (!sent && !(own.code == WHELK_ENETWORK && something)) {
        fault->code = own.code;
        fault->again = own.code == WHELK_ENETWORK && !a->http.hopeless;
        snprintf(fault->text, sizeof fault->text, "%.490s", own.text);
    } else if (a->sse.lost || a->parts.failed || (sent && a->plain.failed && !a->parts.events)) {
        fault->code = WHELK_EFAIL;
        snprintf(fault->text, sizeof fault->text,
                 "one event of the answer is larger than the %zu "
                 "bytes allowed",
                 EVENT_MAX);
    } else {
        judge(a, fault);
    }
    if (!fault->code)
        return true;
    hide_key(a->chat, fault->text);
    bool named = strncmp(fault->text, a->chat->host, strlen(a->chat->host)) == 0;
    bool keyless = fault->code == WHELK_ECREDENTIALS && !l->key;
    bool nameless = fault->code == WHELK_EUSAGE && strcmp(l->model, "default") == 0;
    return whelk_fail(err, fault->code, "%s%s%s%s", named ? "" : a->chat->host, named ? "" : ": ",
                      fault->text,
                      keyless    ? "; no key was sent, WHELK_LLM_KEY holds it"
                      : nameless ? "; --llm-model names a model"
                                 : "");
}

/* --- Tries ------------------------------------------------------------------------------------ */

static long tell(whelk_chat *chat, const char *kind, long why, const char *text, cJSON *data)
{
    const whelk_listener *l = chat->listen;
    char *json = data ? cJSON_PrintUnformatted(data) : NULL;
    whelk_note note = {.kind = kind, .why = why, .text = text, .data_json = json};
    long n = l && l->note ? l->note(l->ctx, &note) : 0;
    cJSON_free(json);
    cJSON_Delete(data);
    return n;
}

static void tell_learned(whelk_chat *chat, long why, const char *what)
{
    char text[300];
    snprintf(text, sizeof text,
             "The server %.60s %.100s; it is asked in a simpler form from now on.", chat->host,
             what);
    tell(chat, "choice", why, text, NULL);
}

/* Is it the pictures that are refused? Some servers blame themselves for it, with a status of 500.
 */
static bool refuses_pictures(const struct attempt *a, const struct chat_fault *fault)
{
    static const char *const words[] = {"image", "vision", "multimodal", "mmproj", "content"};
    bool named = false;
    for (int i = 0; i < COUNT(words); i++)
        named = named || strcasestr(fault->text, words[i]);
    return a->ask->pictures && named && (fault->form || a->http.status >= 500);
}

/* A refusal of the request's form, or of its address: is there a simpler one to try? It is
 * remembered. */
static bool learn(struct attempt *a, const struct chat_fault *fault)
{
    whelk_chat *chat = a->chat;
    long why = a->ask->why;
    int status = a->http.status;
    bool guessed = !chat->other_path && !has_version(chat->llm.url, strlen(chat->llm.url));
    if ((status == 404 || status == 405) && guessed && !strcasestr(fault->text, "model")) {
        chat->other_path = true;
        return true;
    }
    if (refuses_pictures(a, fault)) {
        chat->no_pictures = true; /* there is no simpler form of this question */
        return false;
    }
    if (!fault->form)
        return false;
    if (!chat->no_usage && strcasestr(fault->text, "stream_options")) {
        chat->no_usage = true;
        tell_learned(chat, why, "takes no stream_options");
    } else if (!chat->no_tools && a->ask->tools && strcasestr(fault->text, "tool")) {
        chat->no_tools = true;
        tell_learned(chat, why, "takes no tools");
    } else if (a->ask->schema && chat->form != FORM_TEXT) {
        tell_learned(chat, why,
                     chat->form == FORM_SCHEMA ? "takes no json_schema"
                                               : "takes no response_format");
        chat->form++;
    } else {
        return false;
    }
    return true;
}

static bool rest(struct attempt *a, double seconds, whelk_error *err)
{
    for (double end = now_s() + seconds, now; (now = now_s()) < end;) {
        if (!goes_on(a))
            return whelk_fail(err, WHELK_EINTERRUPTED, "stopped on request");
        double nap = end - now < 0.1 ? end - now : 0.1;
        nanosleep(&(struct timespec){0, (long)(nap * 1e9)}, NULL);
    }
    return true;
}

/* Waits before the next try, as long as the server asks for. */
static bool pause_before(struct attempt *a, int tried, double end, const whelk_error *why,
                         whelk_error *err)
{
    const whelk_llm *l = &a->chat->llm;
    double pause = fmin(PAUSE_MAX_S, l->pause_s * pow(2, tried - 1));
    if (a->http.retry_after_s >= 0)
        pause = a->http.retry_after_s;
    if (now_s() + pause >= end)
        return whelk_fail(err, why->code,
                          "%.700s; it asks for %.0f s of patience, more than is left of the %g s "
                          "allowed (--llm-timeout)",
                          why->text, pause, l->timeout_s);
    char text[1200];
    size_t n = strlen(why->text);
    bool ended = n > 0 && strchr(".!?", why->text[n - 1]);
    snprintf(text, sizeof text, "%s%s Asked again after %.3g s (try %d of %d).", why->text,
             ended ? "" : ".", pause, tried + 1, l->tries);
    tell(a->chat, "warn", a->ask->why, text, NULL);
    return rest(a, pause, err);
}

static void begin_attempt(struct attempt *a)
{
    chat_parts_init(&a->parts, a->chat->llm.reply_bytes);
    sse_init(&a->sse, EVENT_MAX);
    bytes_init(&a->plain, EVENT_MAX);
    a->parts.live = pass_live;
    a->parts.ctx = a;
    a->parts.prose = a->ask->prose;
}

static void end_attempt(struct attempt *a)
{
    chat_parts_release(&a->parts);
    sse_release(&a->sse);
    bytes_release(&a->plain);
    http_reply_release(&a->http);
}

static bool is_cut(const struct chat_parts *p)
{
    return !p->done && p->finish[0] == '\0';
}

/* Asks until there is an answer, or no sense in asking; leaves the last attempt open. */
static bool insist(struct attempt *a, int *tries, whelk_error *err)
{
    double end = now_s() + a->chat->llm.timeout_s;
    int simpler = 0;
    for (*tries = 1;; (*tries)++) {
        struct chat_fault fault;
        whelk_error why = {0};
        begin_attempt(a);
        double left = end - now_s();
        bool answer = try_once(a, left > 0.001 ? left : 0.001, &fault, &why);
        bool last = *tries >= a->chat->llm.tries;
        if (answer && (!is_cut(&a->parts) || last))
            return true;
        if (answer)
            whelk_fail(&why, WHELK_ENETWORK, "%s: the stream broke off in the middle of the answer",
                       a->chat->host);
        if (!answer && simpler < SIMPLER_MAX && learn(a, &fault)) {
            simpler++;
            (*tries)--;
        } else if ((!answer && (!fault.again || (a->ask->pictures && a->chat->no_pictures))) ||
                   last) {
            if (err)
                *err = why;
            return false;
        } else if (!pause_before(a, *tries, end, &why, err)) {
            return false;
        }
        end_attempt(a);
    }
}

/* --- The books -------------------------------------------------------------------------------- */

/* Where the server does not tell, four bytes make a token, about, and a picture some hundreds. */
static void count(struct attempt *a, const struct chat_reply *reply)
{
    struct chat_parts *p = &a->parts;
    if (p->tokens_in < 0) {
        char *body = chat_body(a->chat, a->ask);
        long bytes = body ? (long)strlen(body) - (long)a->ask->picture_bytes : 0;
        p->tokens_in = bytes / 4 + a->ask->pictures * PICTURE_TOKENS;
        free(body);
    }
    if (p->tokens_out < 0)
        p->tokens_out = (long)((strlen(reply->content) + strlen(reply->reasoning)) / 4);
    a->chat->tokens += p->tokens_in + p->tokens_out;
    a->chat->cost += ((double)p->tokens_in * a->chat->llm.price_in +
                      (double)p->tokens_out * a->chat->llm.price_out) /
                     1e6;
}

static cJSON *figures(const struct attempt *a, double seconds, int tries)
{
    const struct chat_parts *p = &a->parts;
    const whelk_llm *l = &a->chat->llm;
    cJSON *data = cJSON_CreateObject();
    char *url = chat_address(a->chat);
    cJSON_AddStringToObject(data, "url", url ? url : "");
    free(url);
    cJSON_AddStringToObject(data, "host", a->chat->host);
    cJSON_AddStringToObject(data, "model", chat_model(a->chat));
    cJSON_AddNumberToObject(data, "tokens_in", (double)p->tokens_in);
    cJSON_AddNumberToObject(data, "tokens_out", (double)p->tokens_out);
    cJSON_AddNumberToObject(data, "seconds", round(seconds * 1000) / 1000);
    cJSON_AddNumberToObject(data, "tries", tries);
    if (l->price_in > 0 || l->price_out > 0)
        cJSON_AddNumberToObject(
            data, "cost",
            ((double)p->tokens_in * l->price_in + (double)p->tokens_out * l->price_out) / 1e6);
    if (p->finish[0])
        cJSON_AddStringToObject(data, "finish", p->finish);
    if (a->http.trace[0])
        cJSON_AddStringToObject(data, "trace", a->http.trace);
    return data;
}

static long tell_call(struct attempt *a, double seconds, int tries, const char *what)
{
    const struct chat_parts *p = &a->parts;
    char text[600], more[40] = "";
    if (tries > 1)
        snprintf(more, sizeof more, ", %d tries", tries);
    snprintf(text, sizeof text, "%s at %s for %s: %ld tokens read, %ld written, %.1f s%s.%s",
             chat_model(a->chat), a->chat->host, a->ask->purpose, p->tokens_in, p->tokens_out,
             seconds, more, what);
    return tell(a->chat, "call", a->ask->why, text, figures(a, seconds, tries));
}

bool chat_ask(whelk_chat *chat, const struct chat_ask *ask, struct chat_reply *reply,
              whelk_error *err)
{
    struct attempt a = {.chat = chat, .ask = ask};
    double began = now_s();
    int tries;
    *reply = (struct chat_reply){0};
    if (!chat_may_ask(chat, err))
        return false;
    chat->turns++;
    bool done = insist(&a, &tries, err);
    if (done && !chat_parts_reply(&a.parts, reply))
        done = whelk_fail(err, WHELK_EFAIL, "no memory for an answer of the language model");
    if (done) {
        snprintf(chat->served, sizeof chat->served, "%s", a.parts.model);
        count(&a, reply);
        reply->event =
            tell_call(&a, now_s() - began, tries,
                      reply->end == CHAT_CUT      ? " The stream broke off."
                      : reply->end == CHAT_LENGTH ? " It is cut off at the server's limit."
                                                  : "");
        if (reply->reasoning[strspn(reply->reasoning, " \t\r\n")]) {
            long n = tell(chat, "thought", reply->event, reply->reasoning, NULL);
            reply->event = n ? n : reply->event;
        }
    }
    end_attempt(&a);
    return done;
}
