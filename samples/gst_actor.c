/* An actor through somebody's film: whelkactor, moved and sized by controllers while it walks.
 * Usage: gst_actor IN OUT.mp4 "a dog runs" */
#include <gst/controller/controller.h>
#include <gst/gst.h>
#include <stdio.h>

/* `property` goes in a straight line from one value to the other within `seconds`. */
static void glide(GstElement *e, const char *property, double from, double to, double seconds)
{
    GstControlSource *keys = gst_interpolation_control_source_new();
    GstTimedValueControlSource *timed = GST_TIMED_VALUE_CONTROL_SOURCE(keys);
    g_object_set(keys, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
    gst_timed_value_control_source_set(timed, 0, from);
    gst_timed_value_control_source_set(timed, (GstClockTime)(seconds * GST_SECOND), to);
    gst_object_add_control_binding(
        GST_OBJECT(e), gst_direct_control_binding_new_absolute(GST_OBJECT(e), property, keys));
    gst_object_unref(keys);
}

static int run(GstElement *p)
{
    GstBus *bus = gst_element_get_bus(p);
    gst_element_set_state(p, GST_STATE_PLAYING);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    int failed = GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR;
    if (failed) {
        GError *error = NULL;
        gst_message_parse_error(m, &error, NULL);
        fprintf(stderr, "gst_actor: %s\n", error->message);
        g_error_free(error);
    }
    gst_message_unref(m);
    gst_object_unref(bus);
    gst_element_set_state(p, GST_STATE_NULL);
    return failed;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 4) {
        fprintf(stderr, "usage: gst_actor IN OUT.mp4 PROMPT\n");
        return 2;
    }
    GstElement *p =
        gst_parse_launch("filesrc name=in ! decodebin ! videoconvert ! whelkactor name=actor ! "
                         "videoconvert ! x264enc ! mp4mux ! filesink name=out",
                         NULL);
    if (!p)
        return 1;
    GstElement *in = gst_bin_get_by_name(GST_BIN(p), "in"),
               *out = gst_bin_get_by_name(GST_BIN(p), "out"),
               *actor = gst_bin_get_by_name(GST_BIN(p), "actor");
    g_object_set(in, "location", argv[1], NULL);
    g_object_set(out, "location", argv[2], NULL);
    g_object_set(actor, "prompt", argv[3], "repeat", -1, NULL);
    glide(actor, "scale", 0.6, 1.2, 2.6); /* it comes nearer */
    int failed = run(p);
    gst_object_unref(in);
    gst_object_unref(out);
    gst_object_unref(actor);
    gst_object_unref(p);
    return failed;
}
