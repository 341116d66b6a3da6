/* Answers out of any events, one a line: texts that are UTF-8, calls that are whole. */
#include "../../storyboard/chat_parts.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chat_parts parts;
    struct chat_reply reply;
    chat_parts_init(&parts, 1 << 16);
    const char *at = (const char *)data, *end = at + size;
    for (bool on = true; on && at < end;) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t n = line ? (size_t)(line - at) : (size_t)(end - at);
        on = chat_parts_take(&parts, at, n);
        at += n + 1;
    }
    if (chat_parts_reply(&parts, &reply)) {
        must(text_is_utf8(reply.content, strlen(reply.content)));
        must(text_is_utf8(reply.reasoning, strlen(reply.reasoning)));
        for (int i = 0; i < reply.call_count; i++)
            must(reply.calls[i].id && reply.calls[i].name && reply.calls[i].arguments);
        must(reply.message);
    }
    chat_reply_release(&reply);
    chat_parts_release(&parts);
    return 0;
}
