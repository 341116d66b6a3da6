/* The plugin: elements that give a shot or a whole film to other people's pipelines. Registering
 * them touches neither model nor editor (engine.h). */
#include <gst/gst.h>

#include "elements.h"
#include "tell.h"

#ifndef WHELK_VERSION
#define WHELK_VERSION "0"
#endif
#define PACKAGE "whelk"

static gboolean init(GstPlugin *plugin)
{
    tell_register();
    return gst_element_register(plugin, "whelkshotsrc", GST_RANK_NONE, shot_src_get_type()) &&
           gst_element_register(plugin, "whelkactor", GST_RANK_NONE, actor_get_type()) &&
           gst_element_register(plugin, "whelkfilmsrc", GST_RANK_PRIMARY, film_src_get_type()) &&
           gst_element_register(plugin, "whelkscoresrc", GST_RANK_NONE, score_src_get_type()) &&
           gst_element_register(plugin, "whelkslate", GST_RANK_NONE, slate_get_type());
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, whelk,
                  "Films from a line of text: shots, actors, scores, whole films", init,
                  WHELK_VERSION, "MIT/X11", "Whelk", "https://github.com/whelk/whelk")
