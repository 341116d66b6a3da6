/* Requests over libcurl's multi interface, driven here step by step, so that deadline, silence and
 * cancelling are looked at ten times a second whatever the transfer does. Redirects are followed by
 * hand: which ones may carry a key is our rule, not the library's. */
#define _DEFAULT_SOURCE
#include "http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"

#define REDIRECTS_MAX 5
#define REFUSAL_MAX ((size_t)64 << 10) /* of a refusal's body, this much is kept */

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* --- Addresses ------------------------------------------------------------------------------- */

static bool get_part(CURLU *u, CURLUPart part, unsigned flags, char *out, size_t size)
{
    char *text = NULL;
    bool found = curl_url_get(u, part, &text, flags) == CURLUE_OK;
    snprintf(out, size, "%s", found ? text : "");
    curl_free(text);
    return found;
}

struct origin {
    char scheme[8], host[256], port[8];
};

static bool origin_of(const char *url, struct origin *o)
{
    CURLU *u = curl_url();
    bool fine = u && url && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                get_part(u, CURLUPART_SCHEME, 0, o->scheme, sizeof o->scheme) &&
                get_part(u, CURLUPART_HOST, 0, o->host, sizeof o->host) &&
                get_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, o->port, sizeof o->port);
    curl_url_cleanup(u);
    for (char *p = o->host; fine && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return fine && (strcmp(o->scheme, "http") == 0 || strcmp(o->scheme, "https") == 0);
}

void http_host(const char *url, char *out, size_t size)
{
    struct origin o = {0};
    bool fine = origin_of(url, &o);
    bool usual = strcmp(o.port, strcmp(o.scheme, "https") == 0 ? "443" : "80") == 0;
    snprintf(out, size, "%s%s%s", fine ? o.host : "", fine && !usual ? ":" : "",
             fine && !usual ? o.port : "");
}

bool http_is_local(const char *url)
{
    struct origin o = {0};
    if (!origin_of(url, &o))
        return false;
    bool loopback = strncmp(o.host, "127.", 4) == 0 && !o.host[strspn(o.host, "0123456789.")];
    return loopback || strcmp(o.host, "localhost") == 0 || strcmp(o.host, "[::1]") == 0;
}

/* What is in an address is told in logs and errors; a secret has no place there. */
static bool check_url(const char *url, whelk_error *err)
{
    struct origin o = {0};
    char secret[8];
    CURLU *u = curl_url();
    bool parsed = u && url && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK;
    bool secrets = parsed && (get_part(u, CURLUPART_USER, 0, secret, sizeof secret) ||
                              get_part(u, CURLUPART_PASSWORD, 0, secret, sizeof secret));
    curl_url_cleanup(u);
    if (secrets)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the server's address holds a name or password; keys are taken from the "
                          "environment only");
    return (parsed && origin_of(url, &o)) ||
           whelk_fail(err, WHELK_EUSAGE,
                      "\"%.200s\" is no address of a server; one looks like "
                      "http://127.0.0.1:8080/v1",
                      url ? url : "");
}

/* The same host, or its encrypted self: there a key may go. */
static bool same_home(const char *from, const char *to)
{
    struct origin a = {0}, b = {0};
    if (!origin_of(from, &a) || !origin_of(to, &b) || strcmp(a.host, b.host) != 0)
        return false;
    bool upgrade = strcmp(a.scheme, "http") == 0 && strcmp(b.scheme, "https") == 0;
    return (strcmp(a.scheme, b.scheme) == 0 && strcmp(a.port, b.port) == 0) || upgrade;
}

/* --- One transfer ---------------------------------------------------------------------------- */

struct transfer {
    const struct http_request *ask;
    struct http_reply *reply;
    CURL *easy;
    struct bytes body;
    size_t ceiling;
    double deadline, heard; /* clock: the end; the last byte */
    bool over, failed_take; /* the ceiling was reached; take said stop */
    bool keyless;           /* another host was pointed to: the key stays behind */
};

static size_t take_body(char *data, size_t one, size_t size, void *ctx)
{
    struct transfer *t = ctx;
    (void)one;
    int status = t->reply->status;
    t->heard = now_s();
    t->reply->received += size;
    if (t->reply->received > t->ceiling) {
        t->over = true;
        return 0;
    }
    if (status < 300 && t->ask->take) {
        t->failed_take = !t->ask->take(t->ask->ctx, data, size);
        return t->failed_take ? 0 : size;
    }
    size_t room = status < 300 ? size : REFUSAL_MAX - t->body.size;
    return bytes_append(&t->body, data, size < room ? size : room) ? size : 0;
}

/* "name: value" with that name? Its value's start, or NULL. */
static const char *value_of(const char *line, size_t size, const char *name)
{
    size_t n = strlen(name);
    if (size <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    line += n + 1;
    return line + strspn(line, " \t");
}

static void copy_word(char *out, size_t size, const char *value, const char *end)
{
    size_t n = 0;
    while (value + n < end && n + 1 < size && !strchr("\r\n;", value[n])) {
        out[n] = (char)tolower((unsigned char)value[n]);
        n++;
    }
    out[n] = '\0';
}

/* Seconds, or a date. */
static double pause_of(const char *value)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end > value)
        return seconds >= 0 ? seconds : 0;
    char date[64];
    snprintf(date, sizeof date, "%.*s", (int)strcspn(value, "\r\n"), value);
    time_t at = curl_getdate(date, NULL);
    return at < 0 ? -1 : at > time(NULL) ? (double)(at - time(NULL)) : 0;
}

/* "Name: value" with the line's end, as name in small letters and value. */
static void pass_header(const struct transfer *t, char *line)
{
    char *colon = strchr(line, ':');
    if (!t->ask->header || !colon)
        return;
    *colon = '\0';
    for (char *p = line; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    char *value = colon + 1 + strspn(colon + 1, " \t");
    value[strcspn(value, "\r\n")] = '\0';
    t->ask->header(t->ask->ctx, line, value);
}

static size_t take_header(char *data, size_t one, size_t size, void *ctx)
{
    struct transfer *t = ctx;
    const char *value, *end = data + one * size;
    char line[1024]; /* headers of interest are short */
    (void)one;
    snprintf(line, sizeof line, "%.*s", (int)(size < 1000 ? size : 1000), data);
    t->heard = now_s();
    if (strncmp(line, "HTTP/", 5) == 0) {
        t->reply->type[0] = t->reply->trace[0] = '\0';
        t->reply->retry_after_s = -1;
        t->reply->status = atoi(line + strcspn(line, " "));
    }
    end = line + strlen(line);
    if ((value = value_of(line, strlen(line), "content-type")))
        copy_word(t->reply->type, sizeof t->reply->type, value, end);
    if ((value = value_of(line, strlen(line), "retry-after")))
        t->reply->retry_after_s = pause_of(value);
    if ((value = value_of(line, strlen(line), "trace-id")) ||
        (value = value_of(line, strlen(line), "x-request-id")))
        copy_word(t->reply->trace, sizeof t->reply->trace, value, end);
    pass_header(t, line);
    return size;
}

static bool no_memory(whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL, "no memory for a request");
}

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    *list = longer ? longer : *list;
    return longer != NULL;
}

static bool add_headers(const struct transfer *t, struct curl_slist **list)
{
    const struct http_request *ask = t->ask;
    bool fine = add_line(list, "Expect:"); /* no waiting for a "100 Continue" */
    for (const char *const *h = ask->headers; fine && h && *h; h++)
        fine = add_line(list, *h);
    if (!fine || t->keyless || !ask->key || !*ask->key)
        return fine;
    size_t size = strlen(ask->key) + sizeof "Authorization: Bearer ";
    char *line = malloc(size);
    if (!line)
        return false;
    snprintf(line, size, "Authorization: Bearer %s", ask->key);
    fine = add_line(list, line);
    explicit_bzero(line, size);
    free(line);
    return fine;
}

static void set_up(struct transfer *t, const char *url, struct curl_slist *headers)
{
    CURL *e = t->easy;
    const struct http_request *ask = t->ask;
    double connect_s = ask->connect_s > 0 ? ask->connect_s : 20;
    const char *authorities = getenv("SSL_CERT_FILE");
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "whelk");
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect_s * 1000));
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    if (authorities && *authorities)
        curl_easy_setopt(e, CURLOPT_CAINFO, authorities);
    if (http_is_local(url))
        curl_easy_setopt(e, CURLOPT_PROXY, "");
    if (ask->take)
        curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 1L << 18);
    if (ask->head)
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    if (ask->body) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, ask->body);
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body_size);
    }
}

/* --- Driving it ------------------------------------------------------------------------------ */

static bool check_clock(const struct transfer *t, const char *host, whelk_error *err)
{
    double now = now_s();
    if (t->ask->goes_on && !t->ask->goes_on(t->ask->ctx))
        return whelk_fail(err, WHELK_EINTERRUPTED, "stopped on request");
    if (now >= t->deadline)
        return whelk_fail(err, WHELK_ETIMEOUT, "%s: the answer was not complete after %g s", host,
                          t->ask->deadline_s > 0 ? t->ask->deadline_s : 600);
    if (t->ask->silence_s > 0 && now - t->heard >= t->ask->silence_s)
        return whelk_fail(err, WHELK_ETIMEOUT, "%s: nothing was heard for %g s", host,
                          t->ask->silence_s);
    return true;
}

static bool tell_failure(const struct transfer *t, CURLcode why, const char *host, whelk_error *err)
{
    switch (why) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return whelk_fail(err, WHELK_ENETWORK,
                          "%s: no such host is known; is the address right, "
                          "and is there a network?",
                          host);
    case CURLE_COULDNT_CONNECT:
        return whelk_fail(err, WHELK_ENETWORK, "%s: no server answers there; is it running?", host);
    case CURLE_OPERATION_TIMEDOUT:
        return whelk_fail(err, WHELK_ETIMEOUT, "%s: could not be reached within %g s", host,
                          t->ask->connect_s > 0 ? t->ask->connect_s : 20);
    case CURLE_PEER_FAILED_VERIFICATION:
        return whelk_fail(err, WHELK_ENETWORK,
                          "%s: its certificate does not hold, so nothing was "
                          "sent; SSL_CERT_FILE can name another authority",
                          host);
    case CURLE_SSL_CONNECT_ERROR:
        return whelk_fail(err, WHELK_ENETWORK, "%s: does not speak TLS; is it http:// there?",
                          host);
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
        return whelk_fail(err, WHELK_ENETWORK, "%s: the connection broke off after %zu bytes", host,
                          t->reply->received);
    case CURLE_OUT_OF_MEMORY:
        return no_memory(err);
    default:
        return whelk_fail(err, WHELK_ENETWORK, "%s: %s", host, curl_easy_strerror(why));
    }
}

static bool tell_end(struct transfer *t, CURLcode why, const char *host, whelk_error *err)
{
    t->reply->stopped = t->failed_take;
    t->reply->hopeless =
        t->over || why == CURLE_PEER_FAILED_VERIFICATION || why == CURLE_SSL_CONNECT_ERROR;
    if (t->over)
        return whelk_fail(err, WHELK_EFAIL, "%s: the answer is larger than the %zu bytes allowed",
                          host, t->ceiling);
    if (t->body.failed)
        return no_memory(err);
    return why == CURLE_OK || t->failed_take || tell_failure(t, why, host, err);
}

static bool drive(struct transfer *t, CURLM *multi, const char *host, whelk_error *err)
{
    for (int running = 1, left;;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return no_memory(err);
        CURLMsg *message = curl_multi_info_read(multi, &left);
        if (message && message->msg == CURLMSG_DONE)
            return tell_end(t, message->data.result, host, err);
        if (!check_clock(t, host, err))
            return false;
        curl_multi_poll(multi, NULL, 0, 100, NULL);
    }
}

/* One request and answer; *next is where it points on to, caller's, or NULL. */
static bool exchange(struct transfer *t, const char *url, char **next, whelk_error *err)
{
    char host[300];
    http_host(url, host, sizeof host);
    struct curl_slist *headers = NULL;
    CURLM *multi = curl_multi_init();
    t->easy = curl_easy_init();
    bool done = multi && t->easy && add_headers(t, &headers);
    t->heard = now_s();
    if (done) {
        set_up(t, url, headers);
        done = curl_multi_add_handle(multi, t->easy) == CURLM_OK;
    }
    done = done ? drive(t, multi, host, err) : no_memory(err);
    char *to = NULL;
    long status = 0;
    if (t->easy) {
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
        curl_multi_remove_handle(multi, t->easy);
    }
    t->reply->status = (int)status;
    *next = done && to ? strdup(to) : NULL;
    curl_easy_cleanup(t->easy);
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    return done;
}

static bool is_downgrade(const char *from, const char *to)
{
    struct origin a = {0}, b = {0};
    return origin_of(from, &a) && origin_of(to, &b) && strcmp(a.scheme, "https") == 0 &&
           strcmp(b.scheme, "http") == 0;
}

/* May the request be sent on to where the answer points? */
static bool may_follow(const struct http_request *ask, const char *from, const char *to, int count,
                       whelk_error *err)
{
    char host[300], other[300];
    http_host(from, host, sizeof host);
    http_host(to, other, sizeof other);
    bool secret = ((ask->key && *ask->key) || ask->body) && !ask->roams;
    if (ask->roams && is_downgrade(from, to))
        return whelk_fail(err, WHELK_ENETWORK, "%s: points on to %s without encryption, refused",
                          host, other);
    if (!*other)
        return whelk_fail(err, WHELK_ENETWORK, "%s: points on to an address that is none", host);
    if (secret && !same_home(from, to))
        return whelk_fail(
            err, WHELK_ENETWORK,
            "%s: points on to %s, where nothing is sent that was meant for the first; "
            "if that is right, give its address",
            host, other);
    return count < REDIRECTS_MAX ||
           whelk_fail(err, WHELK_ENETWORK, "%s: points on and on, %d times", host, count);
}

static void start_library(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool http_send(const struct http_request *ask, struct http_reply *reply, whelk_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    *reply = (struct http_reply){.retry_after_s = -1};
    if (!check_url(ask->url, err))
        return false;
    struct transfer t = {.ask = ask, .reply = reply};
    t.deadline = now_s() + (ask->deadline_s > 0 ? ask->deadline_s : 600);
    t.ceiling = ask->ceiling ? ask->ceiling : (size_t)16 << 20;
    bytes_init(&t.body, t.ceiling + REFUSAL_MAX);
    char *at = strdup(ask->url);
    bool done = at != NULL || no_memory(err);
    for (int count = 0; done; count++) {
        char *next = NULL;
        bytes_release(&t.body);
        done = exchange(&t, at, &next, err);
        if (next && ask->head && !same_home(at, next)) {
            free(next);
            next = NULL;
        }
        if (!next)
            break;
        done = may_follow(ask, at, next, count, err);
        t.keyless = t.keyless || !same_home(at, next);
        reply->hopeless = !done;
        free(at);
        at = next;
    }
    free(at);
    reply->size = t.body.size;
    reply->body = t.body.size ? bytes_take(&t.body) : NULL;
    bytes_release(&t.body);
    return done;
}

void http_reply_release(struct http_reply *reply)
{
    free(reply->body);
    reply->body = NULL;
    reply->size = 0;
}
