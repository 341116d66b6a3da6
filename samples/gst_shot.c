/* A line of text as an mp4, through GStreamer: whelkshotsrc, with its steps as they come.
 * Usage: gst_shot "a cat jumps on the beach" cat.mp4 */
#include <gst/gst.h>
#include <stdio.h>

static void show_step(const GstStructure *s)
{
    int step = 0, steps = 0;
    double sigma = 0, left = 0;
    if (gst_structure_has_name(s, "whelk-progress") &&
        gst_structure_get(s, "step", G_TYPE_INT, &step, "steps", G_TYPE_INT, &steps, "sigma",
                          G_TYPE_DOUBLE, &sigma, "time-left", G_TYPE_DOUBLE, &left, NULL))
        fprintf(stderr, "step %d of %d, noise %.2f, %.1f s left\n", step, steps, sigma, left);
}

/* Until the end; false and the reason when it fails. */
static gboolean run(GstElement *pipeline)
{
    GstBus *bus = gst_element_get_bus(pipeline);
    gboolean on = TRUE, good = TRUE;
    while (on) {
        GstMessage *m = gst_bus_timed_pop_filtered(
            bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        on = GST_MESSAGE_TYPE(m) == GST_MESSAGE_ELEMENT;
        if (on)
            show_step(gst_message_get_structure(m));
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
            GError *error = NULL;
            gst_message_parse_error(m, &error, NULL);
            fprintf(stderr, "gst_shot: %s\n", error->message);
            g_error_free(error);
            good = FALSE;
        }
        gst_message_unref(m);
    }
    gst_object_unref(bus);
    return good;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 3) {
        fprintf(stderr, "usage: gst_shot PROMPT FILE.mp4\n");
        return 2;
    }
    GstElement *p = gst_parse_launch("whelkshotsrc name=shot ! video/x-raw,width=640,height=360 ! "
                                     "x264enc ! mp4mux ! filesink name=file",
                                     NULL);
    if (!p)
        return 1;
    GstElement *shot = gst_bin_get_by_name(GST_BIN(p), "shot");
    GstElement *file = gst_bin_get_by_name(GST_BIN(p), "file");
    g_object_set(shot, "prompt", argv[1], NULL);
    g_object_set(file, "location", argv[2], NULL);
    gst_element_set_state(p, GST_STATE_PLAYING);
    gboolean good = run(p);
    gst_element_set_state(p, GST_STATE_NULL);
    gst_object_unref(shot);
    gst_object_unref(file);
    gst_object_unref(p);
    return good ? 0 : 1;
}
