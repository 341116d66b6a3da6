/* The properties that say what shot to make, shared by the elements that make one. Their values lie
 * in a struct shot_job of the element, guarded by its object lock. */
#ifndef WHELK_PLUGIN_SHOTPROPS_H
#define WHELK_PLUGIN_SHOTPROPS_H

#include "shot.h"

/* Numbers 1 to SHOT_PROPS - 1 are these; an element's own begin at SHOT_PROPS. */
enum {
    SHOT_PROP_PROMPT = 1,
    SHOT_PROP_NEGATIVE,
    SHOT_PROP_SEED,
    SHOT_PROP_STEPS,
    SHOT_PROP_GUIDANCE,
    SHOT_PROP_BUDGET,
    SHOT_PROP_MODEL,
    SHOT_PROP_BACKEND,
    SHOT_PROP_CACHE_DIR,
    SHOT_PROPS
};

void shot_props_install(GObjectClass *klass);
gboolean shot_props_set(GObject *object, struct shot_job *job, guint id, const GValue *value);
gboolean shot_props_get(GObject *object, struct shot_job *job, guint id, GValue *value);

/* A text property's value replaced, under the object's lock. */
void shot_props_set_text(GObject *object, char **where, const GValue *value);
void shot_props_get_text(GObject *object, char *const *where, GValue *value);

#endif
