/* An answer put together from the pieces a server streams, and what its refusals mean. Between
 * sse.c and chat.c; knows no network. */
#ifndef WHELK_CHAT_PARTS_H
#define WHELK_CHAT_PARTS_H

#include "chat.h"

/* --- chat_fault.c: refusals ------------------------------------------------------------------- */

struct chat_fault {
    int code;       /* enum whelk_code; 0 = none */
    bool again;     /* may pass by itself: worth another try */
    bool form;      /* the request's form is refused: a simpler one may do */
    char text[500]; /* what the server said, or what we make of it; one line */
};

/* Is there a refusal in this JSON, whatever the status? base_resp (MiniMax), error{} (OpenAI), or
 * a "detail" or "message" beside a bad status. */
bool chat_fault_in(const cJSON *body, int status, struct chat_fault *fault);
/* What a status alone means, with a body that is no JSON (a page, plain text, nothing). */
void chat_fault_of(int status, const char *type, const char *body, struct chat_fault *fault);

/* --- chat_parts.c: pieces --------------------------------------------------------------------- */

/* A text that comes in pieces, each either the next part or the whole so far: servers do both, and
 * which it is shows after a few. */
struct joiner {
    struct bytes pieces, whole; /* the text by either reading; `whole` until that is refuted */
    size_t told;                /* bytes of the text already passed on */
    int agreed;                 /* pieces that repeated the whole before */
    enum { JOIN_UNSURE, JOIN_PIECES, JOIN_WHOLE } how;
};

void joiner_init(struct joiner *j, size_t ceiling);
void joiner_release(struct joiner *j);
void joiner_add(struct joiner *j, const char *piece);
const char *joiner_text(const struct joiner *j); /* as far as known; "" at first */
/* What was added since the last call and is sure; *size 0 = nothing. Borrowed until the next add.
 * `end`: nothing more comes, all is sure. */
const char *joiner_news(struct joiner *j, bool end, size_t *size);

/* Parts a text in which reasoning stands between <think> and </think>, the tags cut anywhere. */
struct splitter {
    enum { SPLIT_START, SPLIT_THINK, SPLIT_REST } where;
    struct bytes held; /* what may be the beginning of a tag */
    struct bytes think, rest;
};

#define CALLS_MAX 32

struct chat_parts {
    struct joiner content, reasoning;
    struct splitter split;
    const char *source; /* the field reasoning comes in; NULL = none yet */
    cJSON *detail;      /* the first entry of reasoning_details, to send back */
    struct part_call {
        char *id, *name;
        int index;
        struct joiner arguments;
    } calls[CALLS_MAX];
    int call_count;
    char model[120], finish[24];
    long tokens_in, tokens_out; /* -1 = not told */
    bool done;                  /* the server said that this was all */
    bool failed;                /* no memory, or over the ceiling */
    int events, broken;         /* those that were JSON, and those that were not */
    struct chat_fault fault;
    size_t ceiling;
    /* Reasoning, and with `prose` the answer too, as it comes. May be NULL. */
    void (*live)(void *ctx, const char *text, size_t size);
    void *ctx;
    bool prose;
};

void chat_parts_init(struct chat_parts *p, size_t ceiling);
void chat_parts_release(struct chat_parts *p);
/* One event's data, or a whole answer that was not streamed. False = nothing more is wanted. */
bool chat_parts_take(struct chat_parts *p, const char *data, size_t size);
/* The answer, once no more comes. False = no memory. */
bool chat_parts_reply(struct chat_parts *p, struct chat_reply *reply);

#endif
