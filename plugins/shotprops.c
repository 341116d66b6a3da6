/* The properties that say what shot to make; see shotprops.h. */
#include "shotprops.h"

#define AT(field) .at = offsetof(struct shot_job, field), .flags = ELEMENTS_READY

const struct prop shot_props[SHOT_PROPS - 1] = {
    {"prompt", "Prompt", "What to show, in a line of text", PROP_TEXT, AT(prompt)},
    {"negative-prompt", "Negative prompt",
     "What not to show; has an effect with a guidance other than 1", PROP_TEXT, AT(negative)},
    {"seed", "Seed", "Another seed, another take (0 = from the prompt)", PROP_UINT64, AT(seed)},
    PROPS_STEPS(AT),
    {"budget", "Budget",
     "Share of full compute to spend, redistributed to where noise lets detail show (0 or 1 = all "
     "of it)",
     PROP_DOUBLE, AT(budget), 0, 1},
    PROPS_MODEL(AT),
    {"cache-dir", "Cache folder",
     "Folder that keeps what was made, so that the same shot is not made again", PROP_TEXT,
     AT(cache_dir)},
};

void shot_props_set(GObject *object, struct shot_job *job, gpointer values, const struct prop *own,
                    guint id, const GValue *value)
{
    if (id < SHOT_PROPS)
        props_set(object, job, &shot_props[id - 1], value);
    else
        props_set(object, values, &own[id - SHOT_PROPS], value);
}

void shot_props_get(GObject *object, struct shot_job *job, gpointer values, const struct prop *own,
                    guint id, GValue *value)
{
    if (id < SHOT_PROPS)
        props_get(object, job, &shot_props[id - 1], value);
    else
        props_get(object, values, &own[id - SHOT_PROPS], value);
}
