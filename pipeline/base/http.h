/* One HTTP request and its answer: the one user of libcurl.
 *
 *     struct http_reply reply = {0};
 *     struct http_request ask = {.url = "http://127.0.0.1:8080/v1/models", .deadline_s = 10};
 *     if (!http_send(&ask, &reply, &err)) ...            // the network failed
 *     if (reply.status != 200) ...                       // the server answered no
 *     http_reply_release(&reply);
 *
 * TLS is always verified (a file named by SSL_CERT_FILE replaces the system's authorities). A key
 * goes to the host it was given for and nowhere else: a redirect to another host is refused while
 * there is one, or followed without it where the request `roams`, and no key ever stands in an
 * error. A host on this machine is never asked through a proxy. Threads: independent requests may
 * run at once. */
#ifndef WHELK_HTTP_H
#define WHELK_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct http_request {
    const char *url;            /* http or https; with a name, password or key in it: refused */
    const char *const *headers; /* whole lines "Name: value", NULL-terminated; may be NULL */
    const char *key;            /* sent as "Authorization: Bearer KEY"; NULL or "" = none */
    const void *body;           /* sent by POST; NULL = GET */
    size_t body_size;
    bool roams; /* a redirect to another host is followed, without the key; never from https to http
                 */
    bool head;  /* HEAD: only the headers; a redirect to another host is the answer */
    double connect_s;  /* until the connection stands; 0 = 20 */
    double silence_s;  /* without a single byte; 0 = no limit but the deadline */
    double deadline_s; /* for everything, redirects included; 0 = 600 */
    size_t ceiling;    /* bytes of the answer's body; 0 = 16 MiB */
    /* The body as it comes; false ends the transfer, which then counts as done (`stopped`). NULL =
     * it is gathered in reply->body. Bodies of refusals (status 300 and up) are always gathered. */
    bool (*take)(void *ctx, const char *data, size_t size);
    /* A header as it comes, of redirects too; the name in small letters. May be NULL. */
    void (*header)(void *ctx, const char *name, const char *value);
    bool (*goes_on)(void *ctx); /* asked ten times a second; false = WHELK_EINTERRUPTED */
    void *ctx;
};

struct http_reply {
    int status;           /* of the last answer; set before `take` is called */
    char type[96];        /* of its content, in small letters, without parameters */
    char trace[96];       /* the server's own name for the request, or "" */
    double retry_after_s; /* < 0 = the server did not say */
    char *body;           /* ended by a NUL that is not counted; NULL = nothing gathered */
    size_t size;
    size_t received; /* bytes of body in all */
    bool stopped;    /* `take` had enough */
    bool hopeless;   /* failed for a reason that another try will meet again */
};

/* True when an answer came, whatever its status. False: WHELK_ENETWORK (no connection, cut off, a
 * certificate that does not hold, a redirect to elsewhere), WHELK_ETIMEOUT, WHELK_EINTERRUPTED,
 * WHELK_EUSAGE (an address that is none), WHELK_EFAIL (over the ceiling, no memory). What came
 * before a failure is in *reply, which is released in any case by http_reply_release. */
bool http_send(const struct http_request *request, struct http_reply *reply, whelk_error *err);
void http_reply_release(struct http_reply *reply);

/* "host" or "host:port" of an address, for logs; "" when it is none. */
void http_host(const char *url, char *out, size_t size);
bool http_is_local(const char *url); /* is that host this machine? */

#endif
