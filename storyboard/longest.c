/* How long one shot may be, by the model's card: a clip; or, where its actor is alone and does what
 * can go on, the longest shot there is (generator/model/FORMAT.md, 10). */
#include <math.h>
#include <string.h>

#include "story.h"

static double seconds_of(const cJSON *card, const char *name)
{
    const cJSON *item =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(card, "seconds"), name);
    return cJSON_IsNumber(item) && item->valuedouble > 0 ? item->valuedouble : 0;
}

double story_clip_seconds(const cJSON *card)
{
    return seconds_of(card, "clip");
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

double story_longest_of(const cJSON *card, const char *action, bool alone)
{
    double clip = seconds_of(card, "clip");
    if (clip == 0)
        return INFINITY;
    return alone && action && story_goes_on(card, action) ? story_longest_seconds(card) : clip;
}

double story_longest(const cJSON *card, const whelk_shot *shot)
{
    const char *company = whelk_shot_slot(shot, "company");
    return story_longest_of(card, whelk_shot_slot(shot, "action"),
                            !company || strcmp(company, "alone") == 0);
}
