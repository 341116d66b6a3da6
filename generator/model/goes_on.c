/* What model.json says of shots that go on, each size checked, and the lengths that follow. */
#include "goes_on.h"

#include <math.h>
#include <string.h>

#include "model_json.h"

static const cJSON *member(const cJSON *o, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(o, name);
}

/* A part begins with one group of each layer that has a course: pictures in groups, poses in paths.
 */
static bool check_layers(const struct model *m, whelk_error *err)
{
    if (m->group >= m->poses || m->poses % m->group)
        return whelk_fail(err, WHELK_EFAIL,
                          "\"goes_on\": %d poses are not several whole groups of %d", m->poses,
                          m->group);
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        bool whole = l->grid ? l->t == 1 || (l->frames == m->group && l->t * m->group == m->poses)
                             : l->raw % m->poses == 0;
        if (!whole)
            return whelk_fail(err, WHELK_EFAIL,
                              "\"goes_on\": layer %s does not hold %d poses in groups of %d",
                              l->name, m->poses, m->group);
    }
    return true;
}

/* The planner is given the card alone. */
static bool tell_card(const struct model *m, cJSON *json, whelk_error *err)
{
    cJSON *seconds =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "card"), "seconds");
    return !cJSON_IsObject(seconds) || member(seconds, "longest") ||
           cJSON_AddNumberToObject(seconds, "longest", model_longest(m)) ||
           whelk_fail(err, WHELK_EFAIL, "no memory");
}

bool model_read_goes_on(struct model *m, cJSON *json, whelk_error *err)
{
    const cJSON *on = member(json, "goes_on");
    const char *slot, *value;
    m->goes_on = (struct model_goes_on){-1, 0};
    if (!on)
        return true;
    if (!model_json_text(on, "slot", &slot, err) || !model_json_text(on, "value", &value, err))
        return false;
    int s = model_find_slot(m, slot), v = s < 0 ? -1 : model_find_value(&m->slots[s], value);
    if (v < 0 || m->slots[s].otherwise == m->slots[s].count || m->slots[s].otherwise == v)
        return whelk_fail(
            err, WHELK_EFAIL,
            "\"goes_on\" must name a slot that has a default, and another value of it");
    m->goes_on = (struct model_goes_on){s, v};
    return check_layers(m, err) && tell_card(m, json, err);
}

int model_poses(const struct model *m, int parts)
{
    return m->poses + (parts - 1) * (m->poses - m->group);
}

int model_parts(const struct model *m, double seconds)
{
    double more = (seconds - MODEL_ROUNDED_S) * m->poses_per_second - m->poses,
           further = ceil(more / (m->poses - m->group));
    int most = m->goes_on.slot < 0 ? 1 : MODEL_PARTS_MAX;
    return !(more > 0) ? 1 : further < most ? 1 + (int)further : most;
}

double model_longest(const struct model *m)
{
    if (m->goes_on.slot < 0)
        return m->poses / m->poses_per_second;
    return fmin(model_poses(m, MODEL_PARTS_MAX) / m->poses_per_second, MODEL_LONGEST_S);
}

enum model_turn model_turn_of(const struct model *m, const char *action)
{
    const char *turn =
        cJSON_GetStringValue(member(member(member(m->store->json, "card"), "goes_on"), action));
    if (m->goes_on.slot < 0 || !turn)
        return MODEL_ENDS;
    return strcmp(turn, "back") == 0    ? MODEL_BACK
           : strcmp(turn, "stays") == 0 ? MODEL_STAYS
                                        : MODEL_ENDS;
}

int model_start_numbers(const struct model *m, const struct model_layer *l)
{
    if (!l->grid)
        return l->raw / m->poses * m->group;
    return l->t > 1 ? l->y * l->x * l->dim : 0;
}
