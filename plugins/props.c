/* Properties as tables; see props.h. */
#include "props.h"

#define VALUE(type, values, prop) (*(type *)((char *)(values) + (prop)->at))

static guint64 whole(double v)
{
    return v < 0 ? G_MAXUINT64 : (guint64)v;
}

static GParamSpec *spec_of(const struct prop *p)
{
    switch (p->kind) {
    case PROP_TEXT:
        return g_param_spec_string(p->name, p->nick, p->blurb, NULL, p->flags);
    case PROP_INT:
        return g_param_spec_int(p->name, p->nick, p->blurb, (int)p->low, (int)p->high,
                                (int)p->initial, p->flags);
    case PROP_UINT64:
        return g_param_spec_uint64(p->name, p->nick, p->blurb, 0, G_MAXUINT64, whole(p->initial),
                                   p->flags);
    case PROP_DOUBLE:
        return g_param_spec_double(p->name, p->nick, p->blurb, p->low, p->high, p->initial,
                                   p->flags);
    case PROP_BOOL:
        return g_param_spec_boolean(p->name, p->nick, p->blurb, p->initial != 0, p->flags);
    default:
        return g_param_spec_enum(p->name, p->nick, p->blurb, p->type(), (int)p->initial, p->flags);
    }
}

void props_install(GObjectClass *klass, guint first_id, const struct prop *props, guint count)
{
    for (guint i = 0; i < count; i++)
        g_object_class_install_property(klass, first_id + i, spec_of(&props[i]));
}

void props_init(gpointer values, const struct prop *props, guint count)
{
    for (const struct prop *p = props; p < props + count; p++)
        if (p->kind == PROP_TEXT)
            VALUE(char *, values, p) = NULL;
        else if (p->kind == PROP_UINT64)
            VALUE(guint64, values, p) = whole(p->initial);
        else if (p->kind == PROP_DOUBLE)
            VALUE(double, values, p) = p->initial;
        else
            VALUE(int, values, p) = (int)p->initial;
}

void props_clear(gpointer values, const struct prop *props, guint count)
{
    for (const struct prop *p = props; p < props + count; p++)
        if (p->kind == PROP_TEXT)
            g_clear_pointer(&VALUE(char *, values, p), g_free);
}

void props_copy(gpointer to, gconstpointer from, const struct prop *props, guint count)
{
    for (const struct prop *p = props; p < props + count; p++)
        if (p->kind == PROP_TEXT)
            VALUE(char *, to, p) = g_strdup(VALUE(char *const, from, p));
        else if (p->kind == PROP_UINT64)
            VALUE(guint64, to, p) = VALUE(const guint64, from, p);
        else if (p->kind == PROP_DOUBLE)
            VALUE(double, to, p) = VALUE(const double, from, p);
        else
            VALUE(int, to, p) = VALUE(const int, from, p);
}

void props_set(GObject *object, gpointer values, const struct prop *p, const GValue *value)
{
    GST_OBJECT_LOCK(object);
    if (p->kind == PROP_TEXT) {
        g_free(VALUE(char *, values, p));
        VALUE(char *, values, p) = g_value_dup_string(value);
    } else if (p->kind == PROP_INT) {
        VALUE(int, values, p) = g_value_get_int(value);
    } else if (p->kind == PROP_UINT64) {
        VALUE(guint64, values, p) = g_value_get_uint64(value);
    } else if (p->kind == PROP_DOUBLE) {
        VALUE(double, values, p) = g_value_get_double(value);
    } else if (p->kind == PROP_BOOL) {
        VALUE(gboolean, values, p) = g_value_get_boolean(value);
    } else {
        VALUE(int, values, p) = g_value_get_enum(value);
    }
    GST_OBJECT_UNLOCK(object);
}

void props_get(GObject *object, gpointer values, const struct prop *p, GValue *value)
{
    GST_OBJECT_LOCK(object);
    if (p->kind == PROP_TEXT)
        g_value_set_string(value, VALUE(char *, values, p));
    else if (p->kind == PROP_INT)
        g_value_set_int(value, VALUE(int, values, p));
    else if (p->kind == PROP_UINT64)
        g_value_set_uint64(value, VALUE(guint64, values, p));
    else if (p->kind == PROP_DOUBLE)
        g_value_set_double(value, VALUE(double, values, p));
    else if (p->kind == PROP_BOOL)
        g_value_set_boolean(value, VALUE(gboolean, values, p));
    else
        g_value_set_enum(value, VALUE(int, values, p));
    GST_OBJECT_UNLOCK(object);
}
