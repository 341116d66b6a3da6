/* The self-check: is every second covered, does everything named exist, can the video model show
 * it, and do neighbouring shots agree. The complaints go back to the language model, so each names
 * its field and what would do. */
#include "plan_llm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- What makes a plan useless ---------------------------------------------------------------- */

static bool has_id(const cJSON *list, const char *id, const cJSON *before)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (item == before)
            return false;
        if (strcmp(plan_text(item, "id"), id) == 0)
            return true;
    }
    return false;
}

static void check_ids(const cJSON *list, const char *name, struct complaints *hard)
{
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (has_id(list, plan_text(item, "id"), item))
            complain(hard, "%s[%d].id is \"%s\", which an earlier one has already", name, i,
                     plan_text(item, "id"));
        i++;
    }
}

static void ids_of(const cJSON *list, char *out, size_t size)
{
    size_t n = 0;
    const cJSON *item;
    snprintf(out, size, "none");
    cJSON_ArrayForEach(item, list) if (n + 60 < size) n +=
        (size_t)snprintf(out + n, size - n, "%s%.40s", n ? ", " : "", plan_text(item, "id"));
}

static void check_names(const cJSON *plan, const cJSON *shot, int i, struct complaints *hard)
{
    const cJSON *characters = json_get(plan, "characters"), *places = json_get(plan, "places"),
                *one;
    char ids[400];
    int k = 0;
    cJSON_ArrayForEach(one, json_get(shot, "characters"))
    {
        ids_of(characters, ids, sizeof ids);
        if (!has_id(characters, one->valuestring, NULL))
            complain(hard, "shots[%d].characters[%d] is \"%s\", which is no id of characters: %s",
                     i, k, one->valuestring, ids);
        k++;
    }
    ids_of(places, ids, sizeof ids);
    if (!has_id(places, plan_text(shot, "place"), NULL))
        complain(hard, "shots[%d].place is \"%s\", which is no id of places: %s", i,
                 plan_text(shot, "place"), ids);
}

static double overlap_of(const cJSON *shot)
{
    const cJSON *transition = json_get(shot, "transition");
    return shot->next && story_overlaps(plan_text(transition, "kind"))
               ? json_number(transition, "seconds")
               : 0;
}

/* Every second asked for is to be covered, and none that was not. */
static void check_length(const cJSON *shots, const struct wish *w, struct complaints *hard)
{
    double total = 0;
    const cJSON *shot;
    cJSON_ArrayForEach(shot, shots) total += json_number(shot, "seconds") - overlap_of(shot);
    double most = whelk_limits.film_max_s;
    if (total > most)
        complain(hard, "the shots are %.4g s in all; a film may be %.4g s long", total, most);
    if (w->seconds > 0 && fabs(total / w->seconds - 1) > whelk_limits.plan_off + 1e-9)
        complain(hard, "the shots are %.4g s in all; %.4g s are asked for, so %s of about %.3g s",
                 total, w->seconds, total < w->seconds ? "there is need" : "there is too much",
                 fabs(total - w->seconds));
}

static void check_count(const cJSON *shots, const struct wish *w, struct complaints *hard)
{
    int count = cJSON_GetArraySize(shots);
    if (w->shots > 0 && count != w->shots)
        complain(hard, "there are %d shots; %d are asked for", count, w->shots);
}

/* Beyond a clip only what goes on can be shown. */
static void check_going_on(const cJSON *shot, const struct abilities *a, const int *v, int i,
                           struct complaints *hard)
{
    double seconds = json_number(shot, "seconds");
    double most = v[CARD_ACTION] < 0 ? a->clip_s : card_longest(&a->card, v[CARD_ACTION]);
    char why[160];
    story_why_over(a->card.tree, card_name(&a->card, CARD_ACTION, v[CARD_ACTION]), why, sizeof why);
    if (seconds > most + 1e-6)
        complain(hard, "shots[%d].seconds is %g, but %s", i, seconds, why);
}

static void check_transition(const cJSON *shot, int i, struct complaints *hard)
{
    double overlap = overlap_of(shot), here = json_number(shot, "seconds");
    double next = shot->next ? json_number(shot->next, "seconds") : here;
    if (overlap > fmin(here, next) / 2)
        complain(hard,
                 "shots[%d].transition.seconds is %g, more than half of a shot of %g s beside it",
                 i, overlap, fmin(here, next));
}

/* --- What would be changed, or cut badly ------------------------------------------------------ */

/* "a fish can swim (underwater), jump (pool)": what there is instead. */
static void can_do(const struct card *card, int subject, char *out, size_t size)
{
    size_t n = 0;
    for (int x = 0; x < card->slot[CARD_ACTION].count; x++) {
        if (!card_possible(card, subject, x, -1) || n + 120 > size)
            continue;
        n += (size_t)snprintf(out + n, size - n, "%s%s in", n ? "; " : "",
                              card_name(card, CARD_ACTION, x));
        for (int p = 0; p < card->slot[CARD_PLACE].count && n + 40 < size; p++)
            if (card_possible(card, subject, x, p))
                n += (size_t)snprintf(out + n, size - n, " %s", card_name(card, CARD_PLACE, p));
    }
}

static void check_possible(const struct card *card, const int *v, int i, struct complaints *soft)
{
    int subject = v[CARD_SUBJECT], action = v[CARD_ACTION], place = v[CARD_PLACE];
    if (subject < 0 || card_possible(card, subject, action, place))
        return;
    char instead[460] = "";
    can_do(card, subject, instead, sizeof instead);
    complain(soft, "shots[%d]: the model shows no %s that can %s in the place %s; a %s can: %s", i,
             card_name(card, CARD_SUBJECT, subject),
             action >= 0 ? card_name(card, CARD_ACTION, action) : "be",
             place >= 0 ? card_name(card, CARD_PLACE, place) : "named",
             card_name(card, CARD_SUBJECT, subject), instead);
}

static bool same_word(const cJSON *a, const cJSON *b, const char *name)
{
    return strcmp(plan_text(a, name), plan_text(b, name)) == 0;
}

static void check_neighbours(const cJSON *shot, const int *before, const int *now, int i,
                             struct complaints *soft)
{
    const cJSON *last = shot->prev;
    bool one_place = same_word(last, shot, "place"), one_camera = same_word(last, shot, "camera");
    bool one_size = now[CARD_SIZE] >= 0 && now[CARD_SIZE] == before[CARD_SIZE];
    bool one_action = now[CARD_ACTION] == before[CARD_ACTION];
    if (one_place && one_size && one_camera && one_action)
        complain(
            soft,
            "shots[%d] is seen as the one before is (same place, size, camera and action): the "
            "cut will look like a slip; change size or camera",
            i);
    bool turned = now[CARD_DIRECTION] >= 0 && before[CARD_DIRECTION] >= 0 &&
                  now[CARD_DIRECTION] != before[CARD_DIRECTION];
    if (one_place && turned && now[CARD_SUBJECT] == before[CARD_SUBJECT])
        complain(soft,
                 "shots[%d].slots.direction is the other than in the shot before: the cut "
                 "turns it round",
                 i);
}

static void check_reasons(const cJSON *shot, int i, struct complaints *soft)
{
    for (const cJSON *other = shot->next; other; other = other->next)
        if (same_word(shot, other, "why")) {
            complain(soft, "shots[%d].why is said of a later shot too; say what this one is for",
                     i);
            return;
        }
}

void plan_check(const cJSON *plan, const struct abilities *a, const struct wish *w,
                struct complaints *hard, struct complaints *soft)
{
    const cJSON *shots = json_get(plan, "shots"), *shot;
    int before[CARD_SLOTS] = {0}, now[CARD_SLOTS], i = 0;
    check_ids(json_get(plan, "characters"), "characters", hard);
    check_ids(json_get(plan, "places"), "places", hard);
    check_ids(shots, "shots", hard);
    check_length(shots, w, hard);
    check_count(shots, w, hard);
    cJSON_ArrayForEach(shot, shots)
    {
        check_names(plan, shot, i, hard);
        check_transition(shot, i, hard);
        check_reasons(shot, i, soft);
        if (a->slotted && plan_read_shot(&a->card, shot, now, NULL)) {
            check_possible(&a->card, now, i, soft);
            check_going_on(shot, a, now, i, hard);
            if (i > 0)
                check_neighbours(shot, before, now, i, soft);
            memcpy(before, now, sizeof before);
        }
        i++;
    }
}
