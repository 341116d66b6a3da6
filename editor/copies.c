/* Spares a render copies of whole pictures. Two elements of GStreamer 1.22 copy every picture that
 * passes them although they change nothing: videoflip, which GES puts behind every source, until
 * the way up of its pictures has once changed; and compositor, which takes pictures that do not
 * say where their chroma lies, as those of FFV1, for others than its own, which do. */
#include "edit.h"

#include <gst/video/video.h>
#include <string.h>

/* Turned over and back, before there are pictures, the element knows that it has nothing to do; a
 * tag that later says otherwise is still followed. */
static void turn_and_back(GstElement *flip)
{
    int direction;
    g_object_get(flip, "video-direction", &direction, NULL);
    g_object_set(flip, "video-direction", GST_VIDEO_ORIENTATION_180, NULL);
    g_object_set(flip, "video-direction", direction, NULL);
}

/* Says what GStreamer takes for granted where nothing is said. */
static GstPadProbeReturn say_site(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad, (void)data;
    GstCaps *caps;
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(GST_PAD_PROBE_INFO_EVENT(info), &caps);
    const GstStructure *s = gst_caps_get_structure(caps, 0);
    if (g_strcmp0(gst_structure_get_string(s, "format"), "I420") == 0 &&
        !gst_structure_has_field(s, "chroma-site"))
        edit_chroma_on_left(info);
    return GST_PAD_PROBE_OK;
}

void edit_copies_spare(GstElement *e)
{
    GstElementFactory *f = gst_element_get_factory(e);
    if (f && strcmp(GST_OBJECT_NAME(f), "videoflip") == 0)
        turn_and_back(e);
    if (!f || strcmp(GST_OBJECT_NAME(f), "avdec_ffv1") != 0)
        return;
    GstPad *out = gst_element_get_static_pad(e, "src");
    gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, say_site, NULL, NULL);
    gst_object_unref(out);
}
