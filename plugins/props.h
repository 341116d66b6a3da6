/* Properties as tables: each row is a property and the place of its value in a struct of the
 * element's, which the element's object lock guards.
 *
 *     static const struct prop props[] = {
 *         {"loop", "Loop", "Go on with another take", PROP_BOOL, offsetof(struct thing, loop),
 *          ELEMENTS_READY},
 *     };
 *     props_install(klass, 1, props, G_N_ELEMENTS(props));       // in class_init: ids from 1 on
 *     props_init(self, props, G_N_ELEMENTS(props));              // in init
 *     props_set(object, self, &props[id - 1], value);            // in set_property
 *     props_clear(self, props, G_N_ELEMENTS(props));             // in finalize: texts are freed
 */
#ifndef WHELK_PLUGIN_PROPS_H
#define WHELK_PLUGIN_PROPS_H

#include <stddef.h>

#include "elements.h"

/* char *, int, guint64 (of any value), double, gboolean, an enum */
enum prop_kind { PROP_TEXT, PROP_INT, PROP_UINT64, PROP_DOUBLE, PROP_BOOL, PROP_ENUM };

struct prop {
    const char *name, *nick, *blurb;
    enum prop_kind kind;
    size_t at; /* offset of the value */
    GParamFlags flags;
    double low, high,
        initial;         /* of int and double; initial of the others; guint64: -1 = the most */
    GType (*type)(void); /* of an enum */
};

/* Rows that shots and films have alike; AT(field) tells place and flags of a value. */
#define PROPS_STEPS(AT)                                                                            \
    {"steps", "Steps", "Denoising passes (0 = the model's own)", PROP_INT, AT(steps), 0, 200},     \
    {                                                                                              \
        "guidance", "Guidance",                                                                    \
            "How closely to keep to the prompt (0 = the model's own, 1 = none)", PROP_DOUBLE,      \
            AT(guidance), 0, 20                                                                    \
    }
#define PROPS_MODEL(AT)                                                                            \
    {"model", "Model",                                                                             \
     "Folder of the model (unset = WHELK_MODEL, else the one that comes with Whelk)", PROP_TEXT,   \
     AT(model)},                                                                                   \
    {                                                                                              \
        "backend", "Backend",                                                                      \
            "Device to compute on: auto, cpu or cuda (unset = WHELK_BACKEND, else auto)",          \
            PROP_TEXT, AT(backend)                                                                 \
    }

void props_install(GObjectClass *klass, guint first_id, const struct prop *props, guint count);
void props_init(gpointer values, const struct prop *props, guint count);
void props_clear(gpointer values, const struct prop *props, guint count);
void props_copy(gpointer to, gconstpointer from, const struct prop *props, guint count);

void props_set(GObject *object, gpointer values, const struct prop *prop, const GValue *value);
void props_get(GObject *object, gpointer values, const struct prop *prop, GValue *value);

#endif
