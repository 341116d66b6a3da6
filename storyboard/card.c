/* Reading the capability card. A card is part of a model, so it is read with the same care as a
 * foreign file: every type is checked, every count limited, and names that point nowhere are
 * refused. */
#include "card.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const slot_names[CARD_SLOTS] = {
    "subject", "action", "place", "time", "colour",  "direction", "size",    "camera",
    "weather", "style",  "mark",  "pace", "company", "subject2",  "colour2", "mark2",
    "subject3", "colour3", "mark3",
};

const char *card_slot_name(enum card_slot slot)
{
    return slot_names[slot];
}

static bool refuse(whelk_error *err, const char *what, const char *name)
{
    return whelk_fail(err, WHELK_EFAIL, "the model's capability card %s%s%s%s", what,
                      name ? " \"" : "", name ? name : "", name ? "\"" : "");
}

int card_value(const struct card *card, enum card_slot slot, const char *name)
{
    for (int i = 0; name && i < card->slot[slot].count; i++)
        if (strcmp(card->slot[slot].values[i], name) == 0)
            return i;
    return -1;
}

const char *card_name(const struct card *card, enum card_slot slot, int value)
{
    return value >= 0 && value < card->slot[slot].count ? card->slot[slot].values[value] : "";
}

static bool read_slot(struct card *card, enum card_slot slot, const cJSON *item, whelk_error *err)
{
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(item, "values");
    if (!cJSON_IsArray(values) || !values->child)
        return refuse(err, "lists no values for the slot", slot_names[slot]);
    for (const cJSON *v = values->child; v; v = v->next) {
        if (!cJSON_IsString(v) || !story_is_name(v->valuestring))
            return refuse(err, "has a value that is not a name in the slot", slot_names[slot]);
        if (card->slot[slot].count == CARD_VALUES)
            return refuse(err, "has too many values in the slot", slot_names[slot]);
        card->slot[slot].values[card->slot[slot].count++] = v->valuestring;
    }
    card->slot[slot].synonyms = cJSON_GetObjectItemCaseSensitive(item, "synonyms");
    card->slot[slot].nearest = cJSON_GetObjectItemCaseSensitive(item, "nearest");
    return true;
}

static bool read_slots(struct card *card, whelk_error *err)
{
    const cJSON *slots = cJSON_GetObjectItemCaseSensitive(card->tree, "slots");
    if (!cJSON_IsArray(slots))
        return refuse(err, "has no list of slots", NULL);
    for (const cJSON *item = slots->child; item; item = item->next) {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name");
        for (int s = 0; s < CARD_SLOTS && cJSON_IsString(name); s++)
            if (strcmp(name->valuestring, slot_names[s]) == 0 && !card->slot[s].count &&
                !read_slot(card, (enum card_slot)s, item, err))
                return false;
    }
    for (int s = CARD_SUBJECT; s <= CARD_PLACE; s++)
        if (!card->slot[s].count)
            return refuse(err, "lacks the slot", slot_names[s]);
    return true;
}

static uint64_t *places_of(const struct card *card, int subject, int action)
{
    return &card->possible[subject * card->slot[CARD_ACTION].count + action];
}

static bool read_deeds(struct card *card, int subject, const cJSON *actions, whelk_error *err)
{
    for (const cJSON *a = actions ? actions->child : NULL; a; a = a->next) {
        int action = card_value(card, CARD_ACTION, a->string);
        if (action < 0 || !cJSON_IsArray(a))
            return refuse(err, "lets a subject do something it has no action for:", a->string);
        for (const cJSON *p = a->child; p; p = p->next) {
            int place = cJSON_IsString(p) ? card_value(card, CARD_PLACE, p->valuestring) : -1;
            if (place < 0)
                return refuse(err, "names an unknown place under the action", a->string);
            *places_of(card, subject, action) |= (uint64_t)1 << place;
        }
    }
    return true;
}

static bool read_possible(struct card *card, whelk_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(card->tree, "possible");
    card->possible =
        calloc((size_t)(card->slot[CARD_SUBJECT].count * card->slot[CARD_ACTION].count),
               sizeof *card->possible);
    if (!card->possible)
        return whelk_fail(err, WHELK_EFAIL, "out of memory while reading the capability card");
    if (!cJSON_IsArray(list) || !list->child)
        return refuse(err, "does not say what is possible", NULL);
    for (const cJSON *item = list->child; item; item = item->next) {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "subject");
        int subject = card_value(card, CARD_SUBJECT, cJSON_GetStringValue(name));
        if (subject < 0)
            return refuse(err, "names an unknown subject under \"possible\"", NULL);
        if (!read_deeds(card, subject, cJSON_GetObjectItemCaseSensitive(item, "actions"), err))
            return false;
    }
    for (int s = 0; s < card->slot[CARD_SUBJECT].count; s++)
        if (!card_possible(card, s, -1, -1))
            return refuse(
                err, "does not say what this subject can do:", card->slot[CARD_SUBJECT].values[s]);
    return true;
}

static bool read_seconds(struct card *card, whelk_error *err)
{
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(card->tree, "seconds");
    const cJSON *clip = cJSON_GetObjectItemCaseSensitive(seconds, "clip");
    if (!cJSON_IsNumber(clip) || !(clip->valuedouble >= whelk_limits.shot_min_s) ||
        clip->valuedouble > 3600)
        return refuse(err, "does not say how long a clip is (seconds.clip)", NULL);
    const cJSON *longest = cJSON_GetObjectItemCaseSensitive(seconds, "longest");
    card->clip_seconds = clip->valuedouble;
    bool good = !longest || (cJSON_IsNumber(longest) && longest->valuedouble <= 3600 &&
                             longest->valuedouble >= clip->valuedouble);
    return good || refuse(err, "has a longest shot (seconds.longest) that is none", NULL);
}

bool card_init(struct card *card, const char *json, whelk_error *err)
{
    memset(card, 0, sizeof *card);
    if (!json)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the planner was given no capability card of the model");
    card->tree = story_json_parse(json, "capability card", err);
    if (!card->tree)
        return false;
    bool fine = cJSON_IsObject(card->tree) || refuse(err, "is not an object", NULL);
    fine = fine && read_slots(card, err) && read_possible(card, err) && read_seconds(card, err);
    card->vocabulary = cJSON_GetObjectItemCaseSensitive(card->tree, "vocabulary");
    card->cannot = cJSON_GetObjectItemCaseSensitive(card->tree, "cannot");
    if (!fine)
        card_release(card);
    return fine;
}

void card_release(struct card *card)
{
    cJSON_Delete(card->tree);
    free(card->possible);
    memset(card, 0, sizeof *card);
}

bool card_possible(const struct card *card, int subject, int action, int place)
{
    for (int s = 0; s < card->slot[CARD_SUBJECT].count; s++) {
        for (int a = 0; a < card->slot[CARD_ACTION].count; a++) {
            uint64_t places = *places_of(card, s, a);
            bool agrees = (subject < 0 || subject == s) && (action < 0 || action == a);
            if (agrees && (place < 0 ? places != 0 : (places >> place & 1) != 0))
                return true;
        }
    }
    return false;
}

bool card_knows_word(const struct card *card, const char *word)
{
    for (const cJSON *w = card->vocabulary ? card->vocabulary->child : NULL; w; w = w->next)
        if (cJSON_IsString(w) && strcmp(w->valuestring, word) == 0)
            return true;
    return false;
}

double card_longest(const struct card *card, int action)
{
    return story_longest_of(card->tree, card_name(card, CARD_ACTION, action));
}

const char *card_goes_on(const struct card *card, int action)
{
    return story_goes_on(card->tree, card_name(card, CARD_ACTION, action));
}

int card_most_actors(const struct card *card)
{
    bool two = card_value(card, CARD_COMPANY, "together") >= 0;
    return !two ? 1 : card->slot[CARD_SUBJECT3].count ? 3 : 2;
}
