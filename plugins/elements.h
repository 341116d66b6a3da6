/* The elements' types, one a file; and what their tables of properties share. */
#ifndef WHELK_PLUGIN_ELEMENTS_H
#define WHELK_PLUGIN_ELEMENTS_H

#include <gst/gst.h>

#define ELEMENTS_AUTHOR "The Whelk developers"

/* Properties are read when the element starts, or at any time by those marked playing. */
#define ELEMENTS_READY                                                                             \
    ((GParamFlags)(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY))
#define ELEMENTS_PLAYING                                                                           \
    ((GParamFlags)(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING))
#define ELEMENTS_CONTROLLABLE ((GParamFlags)(ELEMENTS_PLAYING | GST_PARAM_CONTROLLABLE))

GType shot_src_get_type(void);
GType actor_get_type(void);
GType film_src_get_type(void);
GType score_src_get_type(void);
GType slate_get_type(void);

#endif
