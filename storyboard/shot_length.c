/* How long one shot may be, by the model's card: a clip; or, where what is done in it can go on,
 * the longest shot there is (generator/model/FORMAT.md, 10). */
#include <math.h>
#include <stdio.h>

#include "story.h"

static double seconds_of(const cJSON *card, const char *name)
{
    const cJSON *item =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(card, "seconds"), name);
    return cJSON_IsNumber(item) && item->valuedouble > 0 ? item->valuedouble : 0;
}

double story_longest_seconds(const cJSON *card)
{
    double longest = seconds_of(card, "longest");
    return longest > seconds_of(card, "clip") ? longest : 0;
}

const char *story_goes_on(const cJSON *card, const char *action)
{
    const cJSON *how =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(card, "goes_on"), action);
    return story_longest_seconds(card) > 0 ? cJSON_GetStringValue(how) : NULL;
}

double story_longest_of(const cJSON *card, const char *action)
{
    double clip = seconds_of(card, "clip");
    if (clip == 0)
        return INFINITY;
    return action && story_goes_on(card, action) ? story_longest_seconds(card) : clip;
}

double story_longest(const cJSON *card, const whelk_shot *shot)
{
    return story_longest_of(card, whelk_shot_slot(shot, "action"));
}

void story_why_over(const cJSON *card, const char *action, char *out, size_t size)
{
    double most = story_longest_of(card, action);
    bool said = action && *action;
    if (said && !story_goes_on(card, action) && story_longest_seconds(card) > 0)
        snprintf(out, size, "the action %.40s is over after %.4g s and does not go on", action,
                 most);
    else
        snprintf(out, size, "the model makes %.4g s at most", most);
}
