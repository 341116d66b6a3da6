/* Messages of a conversation, as the OpenAI-compatible servers take them. */
#include <stdlib.h>

#include "chat.h"

bool chat_say(cJSON *messages, const char *role, const char *text)
{
    cJSON *message = text ? cJSON_CreateObject() : NULL;
    if (message && cJSON_AddStringToObject(message, "role", role) &&
        cJSON_AddStringToObject(message, "content", text))
        return cJSON_AddItemToArray(messages, message);
    cJSON_Delete(message);
    return false;
}

bool chat_answer_call(cJSON *messages, const struct chat_call *call, const char *result)
{
    if (!chat_say(messages, "tool", result))
        return false;
    cJSON *message = cJSON_GetArrayItem(messages, cJSON_GetArraySize(messages) - 1);
    return cJSON_AddStringToObject(message, "tool_call_id", call->id) != NULL;
}

/* {"type": TYPE, NAME: text}, or with `url` {"type": TYPE, NAME: {"url": text}} */
static bool add_piece(cJSON *list, const char *type, const char *name, const char *text, bool url)
{
    cJSON *piece = cJSON_CreateObject(),
          *holder = url ? cJSON_AddObjectToObject(piece, name) : piece;
    return piece && cJSON_AddItemToArray(list, piece) &&
           cJSON_AddStringToObject(piece, "type", type) &&
           cJSON_AddStringToObject(holder, url ? "url" : name, text);
}

bool chat_show(cJSON *messages, const char *text, const char *const *jpegs, int count)
{
    static const char lead[] = "data:image/jpeg;base64,";
    cJSON *message = cJSON_CreateObject(), *list = cJSON_CreateArray();
    bool fine = message && cJSON_AddStringToObject(message, "role", "user") && list &&
                add_piece(list, "text", "text", text, false);
    for (int i = 0; fine && i < count; i++) {
        char *url = story_format("%s%s", lead, jpegs[i]);
        fine = url && add_piece(list, "image_url", "image_url", url, true);
        free(url);
    }
    if (fine && cJSON_AddItemToObject(message, "content", list))
        return cJSON_AddItemToArray(messages, message);
    cJSON_Delete(list);
    cJSON_Delete(message);
    return false;
}
