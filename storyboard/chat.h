/* A chat with a language model on any OpenAI-compatible server: one question, one answer, whatever
 * dialect the server speaks. Internal to storyboard/.
 *
 *     whelk_chat *chat = chat_new(&llm, listen, &err);
 *     struct chat_reply reply;
 *     struct chat_ask ask = {.messages = messages, .purpose = "the treatment"};
 *     if (chat_ask(chat, &ask, &reply, &err))
 *         puts(reply.content);
 *     chat_reply_release(&reply);
 *     chat_free(chat);
 *
 * What is learned of the server (which address, which form of structured output, whether it takes
 * tools) is kept in the chat, so that a refusal is met once. Every answer is told as an event
 * `call`, and its reasoning as a `thought` that names it. */
#ifndef WHELK_CHAT_H
#define WHELK_CHAT_H

#include "story.h"

struct chat_ask {
    const cJSON *messages;   /* an array; borrowed, like all below */
    const cJSON *tools;      /* an array of functions, or NULL */
    const cJSON *schema;     /* the answer is to be JSON of this schema; NULL = free text */
    const char *schema_name; /* letters, digits, _ and -, 64 at most */
    const char *purpose;     /* for the log: "the treatment" */
    bool prose;              /* the answer itself is for people: it is shown as it comes */
    int pictures;            /* that the messages hold, and the bytes they take there */
    size_t picture_bytes;
    long why;                /* the event that led to asking */
};

struct chat_call {               /* of a tool, by the model */
    char *id, *name, *arguments; /* arguments: JSON as the model wrote it, not checked */
};

enum chat_end { CHAT_DONE, CHAT_LENGTH, CHAT_CUT };

struct chat_reply {
    char *content, *reasoning; /* "" where there is none; without tags */
    struct chat_call *calls;
    int call_count;
    enum chat_end end; /* LENGTH: the server's limit; CUT: the connection, on every try */
    cJSON *message;    /* the answer as it is to be sent back in later questions */
    long event;        /* the thought, or where there was none the call */
};

/* Copies what it needs of `llm`. NULL: WHELK_EUSAGE (no address, or none), no memory. */
whelk_chat *chat_new(const whelk_llm *llm, const whelk_listener *listen, whelk_error *err);
void chat_free(whelk_chat *chat);
void chat_listen(whelk_chat *chat, const whelk_listener *listen); /* from now on */

/* False: WHELK_ECREDENTIALS, _EQUOTA (the server's, or one of our bounds), _EREFUSED, _ETIMEOUT,
 * _ENETWORK, _EINTERRUPTED, _EUSAGE (the server has no such model or address), _EFAIL. `reply` may
 * be released in any case. */
bool chat_ask(whelk_chat *chat, const struct chat_ask *ask, struct chat_reply *reply,
              whelk_error *err);
void chat_reply_release(struct chat_reply *reply);

/* The next request as it would be sent: where to, and the bytes of its body. Caller's to free. */
char *chat_address(const whelk_chat *chat);
char *chat_body(const whelk_chat *chat, const struct chat_ask *ask);

bool chat_takes_tools(const whelk_chat *chat);  /* false once the server refused them */
const char *chat_model(const whelk_chat *chat); /* borrowed; as the server calls it */
bool chat_has_key(const whelk_chat *chat);
bool chat_key_in_clear(const whelk_chat *chat); /* over http:// to another machine */
const char *chat_host(const whelk_chat *chat);
/* Is there room left under the bounds for another question? */
bool chat_may_ask(const whelk_chat *chat, whelk_error *err);

/* Adds {"role": role, "content": text} to an array. False = no memory. */
bool chat_say(cJSON *messages, const char *role, const char *text);
bool chat_answer_call(cJSON *messages, const struct chat_call *call, const char *result);
/* A message of the user with pictures behind its text: JPEGs as base64. */
bool chat_show(cJSON *messages, const char *text, const char *const *jpegs, int count);

#endif
