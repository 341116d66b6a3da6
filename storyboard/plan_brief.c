/* Everything a language model is told before it plans: its part, the video model's abilities, the
 * wish, and the form its plan must have. Texts only; nothing is decided here. */
#include "plan_llm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 20)

/* --- The card --------------------------------------------------------------------------------- */

bool abilities_init(struct abilities *a, const char *card_json, whelk_error *err)
{
    *a = (struct abilities){0};
    cJSON *tree = card_json ? story_json_parse(card_json, "capability card", err) : NULL;
    if (!tree)
        return card_json ? false
                         : whelk_fail(err, WHELK_EUSAGE,
                                      "the planner was given no capability card of the model");
    const cJSON *clip = json_get(json_get(tree, "seconds"), "clip");
    a->slotted = cJSON_IsArray(json_get(tree, "slots")) && !plan_is_free(card_json);
    a->clip_s = cJSON_IsNumber(clip) ? clip->valuedouble : whelk_limits.shot_max_s;
    a->clip_s = fmin(a->clip_s, whelk_limits.shot_max_s);
    a->longest_s = fmin(fmax(story_longest_seconds(tree), a->clip_s), whelk_limits.shot_max_s);
    if (!a->slotted) {
        a->tree = tree;
        return true;
    }
    cJSON_Delete(tree);
    bool fine = card_init(&a->card, card_json, err);
    a->tree = a->card.tree;
    return fine;
}

void abilities_release(struct abilities *a)
{
    if (a->slotted)
        card_release(&a->card);
    else
        cJSON_Delete(a->tree);
    *a = (struct abilities){0};
}

static void say_values(struct bytes *b, const struct card *card)
{
    for (int s = 0; s < CARD_SLOTS; s++) {
        if (!card->slot[s].count)
            continue;
        bytes_format(b, "%s:", card_slot_name((enum card_slot)s));
        for (int i = 0; i < card->slot[s].count; i++)
            bytes_format(b, "%s %s", i ? "," : "", card->slot[s].values[i]);
        bytes_text(b, "\n");
    }
}

/* " walk (meadow, city)" */
static bool say_places(struct bytes *b, const struct card *card, int subject, int action,
                       bool first)
{
    int places = 0;
    for (int p = 0; p < card->slot[CARD_PLACE].count; p++) {
        if (!card_possible(card, subject, action, p))
            continue;
        if (places++ == 0)
            bytes_format(b, "%s %s (", first ? "" : ",", card_name(card, CARD_ACTION, action));
        else
            bytes_text(b, ", ");
        bytes_text(b, card_name(card, CARD_PLACE, p));
    }
    bytes_text(b, places ? ")" : "");
    return places > 0;
}

static void say_possible(struct bytes *b, const struct card *card)
{
    for (int s = 0; s < card->slot[CARD_SUBJECT].count; s++) {
        bool first = true;
        bytes_format(b, "- %s:", card->slot[CARD_SUBJECT].values[s]);
        for (int x = 0; x < card->slot[CARD_ACTION].count; x++)
            first = !say_places(b, card, s, x, first) && first;
        bytes_text(b, "\n");
    }
}

static void say_list(struct bytes *b, const char *lead, const cJSON *list)
{
    const cJSON *item;
    int count = 0;
    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item))
        bytes_format(b, "%s%s", count++ ? ", " : lead, item->valuestring);
    bytes_text(b, count ? ".\n" : "");
}

/* Which actions go on beyond one clip, and how. */
static void say_going_on(struct bytes *b, const struct abilities *a)
{
    static const char *const ways[][2] = {
        {"back", "whoever crosses the picture turns round, comes back, and so back and forth"},
        {"stays", "it simply goes on"},
    };
    bytes_format(
        b,
        "A shot of one actor alone may go on to %.4g seconds without a cut, where the film "
        "wants to stay with it; only these actions can:\n",
        a->longest_s);
    for (int w = 0; w < COUNT(ways); w++) {
        int count = 0;
        for (int x = 0; x < a->card.slot[CARD_ACTION].count; x++) {
            const char *how = card_goes_on(&a->card, x);
            if (how && strcmp(how, ways[w][0]) == 0)
                bytes_format(b, "%s%s", count++ ? ", " : "- ", card_name(&a->card, CARD_ACTION, x));
        }
        if (count)
            bytes_format(b, ": %s\n", ways[w][1]);
    }
}

char *brief_abilities(const struct abilities *a)
{
    struct bytes b;
    bytes_init(&b, TEXT_MAX);
    bytes_format(&b, "One shot of the video model is at most %.4g seconds.\n", a->clip_s);
    if (a->slotted && a->longest_s > a->clip_s)
        say_going_on(&b, a);
    if (a->slotted) {
        bytes_text(&b, "It knows these values and no others:\n");
        say_values(&b, &a->card);
        bytes_text(&b, "Who can do what, and where:\n");
        say_possible(&b, &a->card);
    } else {
        bytes_text(&b, "It reads free text: one subject, one action and one place a shot serve it "
                       "best.\n");
    }
    say_list(&b, "It cannot show: ", json_get(a->tree, "cannot"));
    return bytes_take(&b);
}

/* --- Words ------------------------------------------------------------------------------------ */

char *brief_director(const struct abilities *a)
{
    char *can = brief_abilities(a);
    char *text =
        can ? story_format("You are the director of a short film. You are given a line, and you "
                           "plan the film shot by "
                           "shot. A video model renders each shot; then the shots are cut together "
                           "with transitions, a "
                           "title and a composed score. You think as a filmmaker: what is this "
                           "about, what should be "
                           "felt, what has to be seen and in which order.\n\n"
                           "%s\n"
                           "How to plan:\n"
                           "- Open where the place can be understood, come nearer, show the event "
                           "itself in the longest "
                           "shot, then what is left of it. Every shot has a reason; if you cannot "
                           "say it, leave the "
                           "shot out.\n"
                           "- Neighbouring shots differ in size or in camera. Whoever moves keeps "
                           "the same direction "
                           "on screen. Stay in one place and hour unless the line moves; a change "
                           "of place or hour is "
                           "a crossfade, all else a cut.\n"
                           "- Characters and places have an id and one fixed description. We "
                           "repeat it word for word "
                           "in every shot that uses it, so that they look the same throughout: do "
                           "not describe them "
                           "again in a shot's prompt. At most %d characters in a shot.\n"
                           "- A shot shows one subject doing one thing in one place.%s\n"
                           "- The camera is one of: static, push-in, pull-out, pan-left, "
                           "pan-right, truck-left, "
                           "truck-right, pedestal-up, pedestal-down, tilt-up, tilt-down, zoom-in, "
                           "zoom-out, tracking, "
                           "shake. A move the model lacks is replaced by the nearest it has.\n"
                           "- What the line asks for and the model cannot show is replaced by the "
                           "nearest it can; say "
                           "so in the shot's reason.\n"
                           "- Speech and captions only where the line asks for them.\n"
                           "- Write titles, treatment and reasons in the language of the line; "
                           "prompts in English.\n",
                           can, whelk_limits.plan_cast,
                           a->slotted ? " Its slots hold values from the lists above, of a subject "
                                        "that can do this "
                                        "action in this place."
                                      : "")
            : NULL;
    free(can);
    return text;
}

int brief_shots(const struct wish *w, const struct abilities *a)
{
    if (w->shots > 0)
        return w->shots;
    int count = (int)ceil(w->seconds / (0.85 * a->clip_s));
    return count > whelk_limits.plan_shots ? whelk_limits.plan_shots : count;
}

char *brief_wish(const whelk_plan_request *r, const struct wish *w, const struct abilities *a)
{
    char ratio[24];
    struct bytes b;
    bytes_init(&b, TEXT_MAX);
    story_ratio(w->width, w->height, ratio, sizeof ratio);
    bytes_format(&b, "The line:\n%s\n\n", r->prompt);
    if (w->seconds > 0)
        bytes_format(&b,
                     "Length: %.4g seconds, 10 %% more or less; that is %s %d shot%s. Seconds "
                     "of shots add up, less those of crossfades, which overlap.\n",
                     w->seconds, w->shots > 0 ? "to be in" : "about", brief_shots(w, a),
                     brief_shots(w, a) == 1 ? "" : "s");
    else if (w->shots > 0)
        bytes_format(&b, "Length: as the line needs it, in %d shot%s.\n", w->shots,
                     w->shots == 1 ? "" : "s");
    else
        bytes_text(&b, "Length: as the line needs it; three to six shots suit most lines.\n");
    bytes_format(&b, "Picture: %s (%dx%d), %g frames a second.\n", ratio, w->width, w->height,
                 w->fps);
    return bytes_take(&b);
}

/* --- Schemas ---------------------------------------------------------------------------------- */

/* {"subject": {"type": "string", "enum": [...]}, ...}: strict servers then write no other words. */
static cJSON *schema_of_slots(const struct card *card)
{
    cJSON *slots = cJSON_CreateObject();
    cJSON_AddStringToObject(slots, "type", "object");
    cJSON_AddBoolToObject(slots, "additionalProperties", false);
    cJSON *required = cJSON_AddArrayToObject(slots, "required");
    cJSON *properties = cJSON_AddObjectToObject(slots, "properties");
    for (int s = 0; s < CARD_SLOTS; s++) {
        const char *name = card_slot_name((enum card_slot)s);
        if (!card->slot[s].count || s == CARD_CAMERA) /* the camera has a field of its own */
            continue;
        cJSON_AddItemToArray(required, cJSON_CreateString(name));
        cJSON *slot = cJSON_AddObjectToObject(properties, name);
        bool needed = s <= CARD_PLACE;
        const char *const types[] = {"string", "null"};
        if (needed)
            cJSON_AddStringToObject(slot, "type", "string");
        else
            cJSON_AddItemToObject(slot, "type", cJSON_CreateStringArray(types, 2));
        cJSON *values = cJSON_AddArrayToObject(slot, "enum");
        for (int i = 0; i < card->slot[s].count; i++)
            cJSON_AddItemToArray(values, cJSON_CreateString(card->slot[s].values[i]));
        if (!needed)
            cJSON_AddItemToArray(values, cJSON_CreateNull());
    }
    return slots;
}

static void forget_slots(cJSON *shot)
{
    cJSON *required = cJSON_GetObjectItemCaseSensitive(shot, "required");
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(shot, "properties"),
                                            "slots");
    for (int i = 0; i < cJSON_GetArraySize(required); i++)
        if (strcmp(cJSON_GetArrayItem(required, i)->valuestring, "slots") == 0)
            cJSON_DeleteItemFromArray(required, i--);
}

cJSON *brief_schema(const struct abilities *a)
{
    cJSON *schema = cJSON_Parse(plan_schema_json);
    cJSON *defs = cJSON_GetObjectItemCaseSensitive(schema, "$defs");
    cJSON *shot = cJSON_GetObjectItemCaseSensitive(defs, "shot");
    cJSON *seconds = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(shot, "properties"), "seconds");
    static const char *const for_files[] = {"$schema", "$id", "title", "description"};
    for (int i = 0; i < COUNT(for_files); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(schema, for_files[i]);
    cJSON_ReplaceItemInObjectCaseSensitive(seconds, "maximum", cJSON_CreateNumber(a->longest_s));
    if (a->clip_s < whelk_limits.plan_shot_min_s)
        cJSON_ReplaceItemInObjectCaseSensitive(seconds, "minimum",
                                               cJSON_CreateNumber(whelk_limits.shot_min_s));
    if (a->slotted) {
        cJSON_ReplaceItemInObjectCaseSensitive(defs, "slots", schema_of_slots(&a->card));
    } else {
        cJSON_DeleteItemFromObjectCaseSensitive(defs, "slots");
        forget_slots(shot);
    }
    return schema;
}

cJSON *brief_schema_bible(const cJSON *schema)
{
    cJSON *bible = cJSON_Duplicate(schema, true);
    cJSON *scenes = cJSON_Parse(
        "{\"type\":\"array\",\"minItems\":1,\"maxItems\":24,\"items\":{\"type\":\"object\","
        "\"additionalProperties\":false,\"required\":[\"summary\",\"seconds\"],\"properties\":{"
        "\"summary\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1500,\"description\":"
        "\"what happens, with whom, where\"},\"seconds\":{\"type\":\"number\",\"minimum\":1,"
        "\"maximum\":900}}}}");
    cJSON *properties = cJSON_GetObjectItemCaseSensitive(bible, "properties");
    cJSON *required = cJSON_GetObjectItemCaseSensitive(bible, "required");
    cJSON_DeleteItemFromObjectCaseSensitive(properties, "shots");
    cJSON_AddItemToObject(properties, "scenes", scenes);
    for (int i = 0; i < cJSON_GetArraySize(required); i++)
        if (strcmp(cJSON_GetArrayItem(required, i)->valuestring, "shots") == 0)
            cJSON_ReplaceItemInArray(required, i, cJSON_CreateString("scenes"));
    return bible;
}

cJSON *brief_schema_shots(const cJSON *schema)
{
    cJSON *only = cJSON_Parse("{\"type\":\"object\",\"additionalProperties\":false,"
                              "\"required\":[\"shots\"],\"properties\":{}}");
    cJSON *properties = cJSON_GetObjectItemCaseSensitive(only, "properties");
    cJSON_AddItemToObject(properties, "shots",
                          cJSON_Duplicate(json_get(json_get(schema, "properties"), "shots"), true));
    cJSON_AddItemToObject(only, "$defs", cJSON_Duplicate(json_get(schema, "$defs"), true));
    return only;
}

static void strip(cJSON *item)
{
    static const char *const refused[] = {"minLength", "maxLength", "maxProperties", "$comment"};
    for (int i = 0; i < COUNT(refused); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(item, refused[i]);
    for (cJSON *child = item ? item->child : NULL; child; child = child->next)
        strip(child);
}

cJSON *brief_schema_sent(const cJSON *schema)
{
    cJSON *sent = cJSON_Duplicate(schema, true);
    strip(sent);
    return sent;
}

char *brief_schema_text(const cJSON *schema)
{
    cJSON *sent = brief_schema_sent(schema);
    char *text = sent ? cJSON_PrintUnformatted(sent) : NULL;
    cJSON_Delete(sent);
    return text;
}

/* --- Tools ------------------------------------------------------------------------------------ */

cJSON *brief_tools(const whelk_tool *tools, int count)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < count; i++) {
        cJSON *tool = cJSON_CreateObject();
        cJSON_AddStringToObject(tool, "type", "function");
        cJSON *function = cJSON_AddObjectToObject(tool, "function");
        cJSON_AddStringToObject(function, "name", tools[i].name);
        cJSON_AddStringToObject(function, "description", tools[i].about);
        cJSON_AddItemToObject(function, "parameters", cJSON_Parse(tools[i].parameters_json));
        cJSON_AddItemToArray(list, tool);
    }
    return list;
}
