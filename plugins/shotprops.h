/* The properties that say what shot to make, shared by the elements that make one. Their values lie
 * in a struct shot_job of the element. */
#ifndef WHELK_PLUGIN_SHOTPROPS_H
#define WHELK_PLUGIN_SHOTPROPS_H

#include "props.h"
#include "shot.h"

/* Their ids are 1 to SHOT_PROPS - 1; an element's own begin at SHOT_PROPS. */
enum { SHOT_PROPS = 10 };
extern const struct prop shot_props[SHOT_PROPS - 1];

/* shot_props first, then the element's own table, whose values lie at `values`. */
void shot_props_set(GObject *object, struct shot_job *job, gpointer values, const struct prop *own,
                    guint id, const GValue *value);
void shot_props_get(GObject *object, struct shot_job *job, gpointer values, const struct prop *own,
                    guint id, GValue *value);

#endif
