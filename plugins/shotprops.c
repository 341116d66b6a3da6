/* The properties that say what shot to make; see shotprops.h. */
#include "shotprops.h"

#include "elements.h"

static void install_text(GObjectClass *klass, guint id, const char *name, const char *nick,
                         const char *blurb)
{
    g_object_class_install_property(klass, id,
                                    g_param_spec_string(name, nick, blurb, NULL, ELEMENTS_READY));
}

void shot_props_install(GObjectClass *klass)
{
    install_text(klass, SHOT_PROP_PROMPT, "prompt", "Prompt", "What to show, in a line of text");
    install_text(klass, SHOT_PROP_NEGATIVE, "negative-prompt", "Negative prompt",
                 "What not to show; has an effect with a guidance other than 1");
    g_object_class_install_property(
        klass, SHOT_PROP_SEED,
        g_param_spec_uint64("seed", "Seed", "Another seed, another take (0 = from the prompt)", 0,
                            G_MAXUINT64, 0, ELEMENTS_READY));
    g_object_class_install_property(klass, SHOT_PROP_STEPS,
                                    g_param_spec_int("steps", "Steps",
                                                     "Denoising passes (0 = the model's own)", 0,
                                                     200, 0, ELEMENTS_READY));
    g_object_class_install_property(
        klass, SHOT_PROP_GUIDANCE,
        g_param_spec_double("guidance", "Guidance",
                            "How closely to keep to the prompt (0 = the model's own, 1 = none)", 0,
                            20, 0, ELEMENTS_READY));
    g_object_class_install_property(
        klass, SHOT_PROP_BUDGET,
        g_param_spec_double("budget", "Budget",
                            "Share of full compute to spend, redistributed to where noise lets "
                            "detail show (0 or 1 = all of it)",
                            0, 1, 0, ELEMENTS_READY));
    install_text(klass, SHOT_PROP_MODEL, "model", "Model",
                 "Folder of the model (unset = WHELK_MODEL, else the one that comes with Whelk)");
    install_text(klass, SHOT_PROP_BACKEND, "backend", "Backend",
                 "Device to compute on: auto, cpu or cuda (unset = WHELK_BACKEND, else auto)");
    install_text(klass, SHOT_PROP_CACHE_DIR, "cache-dir", "Cache folder",
                 "Folder that keeps what was made, so that the same shot is not made again");
}

void shot_props_set_text(GObject *object, char **where, const GValue *value)
{
    GST_OBJECT_LOCK(object);
    g_free(*where);
    *where = g_value_dup_string(value);
    GST_OBJECT_UNLOCK(object);
}

void shot_props_get_text(GObject *object, char *const *where, GValue *value)
{
    GST_OBJECT_LOCK(object);
    g_value_set_string(value, *where);
    GST_OBJECT_UNLOCK(object);
}

static char **text_of(struct shot_job *job, guint id)
{
    switch (id) {
    case SHOT_PROP_PROMPT:
        return &job->prompt;
    case SHOT_PROP_NEGATIVE:
        return &job->negative;
    case SHOT_PROP_MODEL:
        return &job->model;
    case SHOT_PROP_BACKEND:
        return &job->backend;
    case SHOT_PROP_CACHE_DIR:
        return &job->cache_dir;
    default:
        return NULL;
    }
}

gboolean shot_props_set(GObject *object, struct shot_job *job, guint id, const GValue *value)
{
    char **text = text_of(job, id);
    if (text) {
        shot_props_set_text(object, text, value);
        return TRUE;
    }
    gboolean known = TRUE;
    GST_OBJECT_LOCK(object);
    switch (id) {
    case SHOT_PROP_SEED:
        job->seed = g_value_get_uint64(value);
        break;
    case SHOT_PROP_STEPS:
        job->steps = g_value_get_int(value);
        break;
    case SHOT_PROP_GUIDANCE:
        job->guidance = g_value_get_double(value);
        break;
    case SHOT_PROP_BUDGET:
        job->budget = g_value_get_double(value);
        break;
    default:
        known = FALSE;
    }
    GST_OBJECT_UNLOCK(object);
    return known;
}

gboolean shot_props_get(GObject *object, struct shot_job *job, guint id, GValue *value)
{
    char **text = text_of(job, id);
    if (text) {
        shot_props_get_text(object, text, value);
        return TRUE;
    }
    gboolean known = TRUE;
    GST_OBJECT_LOCK(object);
    switch (id) {
    case SHOT_PROP_SEED:
        g_value_set_uint64(value, job->seed);
        break;
    case SHOT_PROP_STEPS:
        g_value_set_int(value, job->steps);
        break;
    case SHOT_PROP_GUIDANCE:
        g_value_set_double(value, job->guidance);
        break;
    case SHOT_PROP_BUDGET:
        g_value_set_double(value, job->budget);
        break;
    default:
        known = FALSE;
    }
    GST_OBJECT_UNLOCK(object);
    return known;
}
