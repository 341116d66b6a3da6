/* Talking with a language model that may call tools: asks, has the calls done, tells the results,
 * and asks again until an answer calls nothing more. */
#ifndef WHELK_TOOLS_H
#define WHELK_TOOLS_H

#include "chat.h"

struct tool_talk {
    whelk_chat *chat;
    cJSON *messages; /* grows by the answers and results, the last answer left out */
    const whelk_tool *tools;
    int tool_count;
    const whelk_listener *listen;
    int turns; /* rounds of calls; after them none are offered. 0 = no limit of its own */
    const char *purpose;
    bool prose;
    long why;   /* the event that led here; moved on to the last one */
    bool ended; /* a tool that `ends` was called and succeeded */
};

/* `reply` is the last answer. */
bool tools_talk(struct tool_talk *talk, struct chat_reply *reply, whelk_error *err);

#endif
