#include "asked.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/json.h"

struct asked {
    const struct world_card *card;
    bool slot[SCENE_SLOTS];                /* the model has it */
    bool value[SCENE_SLOTS][SCENE_VALUES]; /* and this value of it */
    bool held_out;
    char only[512];
};

static const cJSON *by_name(const cJSON *slots, const char *name)
{
    const cJSON *slot;
    cJSON_ArrayForEach(slot, slots) if (json_text(slot, "name") &&
                                        !strcmp(json_text(slot, "name"), name)) return slot;
    return NULL;
}

static bool has_value(const cJSON *slot, const char *text)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(slot, "values")) if (cJSON_IsString(value) &&
                                                                       !strcmp(value->valuestring,
                                                                               text)) return true;
    return false;
}

/* A slot of one who is there only in company: left unset by those who are alone. */
static bool of_second(const char *name)
{
    return name[0] && name[strlen(name) - 1] == '2';
}

struct asked *asked_new(const struct world_card *card, const char *card_json, whelk_error *err)
{
    struct asked *a = calloc(1, sizeof *a);
    cJSON *json = cJSON_Parse(card_json);
    if (!a || !json) {
        whelk_fail(err, WHELK_EFAIL, "the model's card cannot be read");
        cJSON_Delete(json);
        free(a);
        return NULL;
    }
    a->card = card;
    a->held_out = cJSON_GetArraySize(cJSON_GetObjectItem(json, "held_out")) > 0;
    for (int i = 0; i < card->count; i++) {
        const struct world_slot *w = &card->slot[i];
        const cJSON *slot = by_name(cJSON_GetObjectItem(json, "slots"), w->name);
        a->slot[i] = slot != NULL;
        for (int k = 0; k < w->count; k++)
            a->value[i][k] = slot ? has_value(slot, w->value[k]) : k == 0;
        if (!slot && !of_second(w->name)) {
            size_t used = strlen(a->only);
            snprintf(a->only + used, sizeof a->only - used, " --slot %s=%s", w->name, w->value[0]);
        }
    }
    cJSON_Delete(json);
    for (int i = 0; i < card->count; i++)
        if (a->slot[i])
            return a;
    whelk_fail(
        err, WHELK_EUSAGE,
        "the model's card has no slot of this world's, so it cannot be asked for its scenes");
    free(a);
    return NULL;
}

void asked_free(struct asked *a)
{
    free(a);
}

const char *asked_only(const struct asked *a)
{
    return a->only;
}

bool asked_has_held_out(const struct asked *a)
{
    return a->held_out;
}

bool asked_value(const struct asked *a, int slot, int value)
{
    return a->value[slot][value];
}

bool asked_can(const struct asked *a, const struct scene *s)
{
    for (int i = 0; i < a->card->count; i++)
        if (s->slot[i] < a->card->slot[i].count && !a->value[i][s->slot[i]])
            return false;
    return true;
}

void asked_request(const struct asked *a, const struct scene *s, uint64_t seed,
                   whelk_gen_slot *slots, whelk_gen_request *out)
{
    int count = 0;
    for (int i = 0; i < a->card->count; i++)
        if (a->slot[i] && s->slot[i] < a->card->slot[i].count)
            slots[count++] =
                (whelk_gen_slot){a->card->slot[i].name, a->card->slot[i].value[s->slot[i]]};
    *out = (whelk_gen_request){
        .slots = slots, .slot_count = count, .caption = s->caption, .seed = seed};
}
