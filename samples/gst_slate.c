/* A review copy as single pictures: whelkslate behind whelkshotsrc; and the meta that every buffer
 * carries, read by a probe. Usage: gst_slate "a cat runs" FOLDER */
#include <gst/gst.h>
#include <stdio.h>

static GstPadProbeReturn tell(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    GstCustomMeta *m =
        gst_buffer_get_custom_meta(GST_PAD_PROBE_INFO_BUFFER(info), "GstWhelkShotMeta");
    guint64 seed = 0;
    (void)pad, (void)data;
    if (!m)
        return GST_PAD_PROBE_OK;
    const GstStructure *s = gst_custom_meta_get_structure(m);
    gst_structure_get_uint64(s, "seed", &seed);
    printf("shot %s, take %s, seed %" G_GUINT64_FORMAT "\n", gst_structure_get_string(s, "shot"),
           gst_structure_get_string(s, "take"), seed);
    return GST_PAD_PROBE_REMOVE;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 3) {
        fprintf(stderr, "usage: gst_slate PROMPT FOLDER\n");
        return 2;
    }
    GstElement *p = gst_parse_launch(
        "whelkshotsrc name=shot ! video/x-raw,width=640,height=360,framerate=4/1 ! "
        "whelkslate size=0.08 ! videoconvert ! pngenc name=png ! multifilesink name=files",
        NULL);
    if (!p)
        return 1;
    GstElement *shot = gst_bin_get_by_name(GST_BIN(p), "shot"),
               *files = gst_bin_get_by_name(GST_BIN(p), "files");
    char *pattern = g_build_filename(argv[2], "%02d.png", NULL);
    g_object_set(shot, "prompt", argv[1], NULL);
    g_object_set(files, "location", pattern, NULL);
    GstPad *pad = gst_element_get_static_pad(shot, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, tell, NULL, NULL);
    GstBus *bus = gst_element_get_bus(p);
    gst_element_set_state(p, GST_STATE_PLAYING);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    int failed = GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR;
    gst_message_unref(m);
    gst_element_set_state(p, GST_STATE_NULL);
    gst_object_unref(pad);
    gst_object_unref(bus);
    gst_object_unref(shot);
    gst_object_unref(files);
    gst_object_unref(p);
    g_free(pattern);
    return failed;
}
