/* Gives the memory of wipes back. GStreamer keeps the two masks of a wipe, of four bytes a pixel
 * each, as long as its elements, and GES keeps these to the end of the film: 7 MB a wipe at
 * 1280x720. */
#include "edit.h"

#include <gst/base/gstbasetransform.h>
#include <string.h>

/* Told of a tiny picture the element makes a tiny mask in place of the large one; it is told of
 * true ones anew before it plays again. */
void edit_mask_drop(GstElement *e)
{
    GstElementFactory *f = gst_element_get_factory(e);
    if (!f || strcmp(GST_OBJECT_NAME(f), "smptealpha") != 0 || GST_STATE(e) > GST_STATE_READY)
        return;
    GstCaps *tiny = gst_caps_from_string("video/x-raw,format=AYUV,width=16,height=16");
    GST_BASE_TRANSFORM_GET_CLASS(e)->set_caps(GST_BASE_TRANSFORM(e), tiny, tiny);
    gst_caps_unref(tiny);
}
