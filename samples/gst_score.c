/* Music to a length: whelkscoresrc into a WAV file. Usage: gst_score playful 12 score.wav */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 4) {
        fprintf(stderr, "usage: gst_score MOOD SECONDS FILE.wav\n");
        return 2;
    }
    GstElement *p =
        gst_parse_launch("whelkscoresrc name=score ! audioconvert ! audio/x-raw,format=S16LE ! "
                         "wavenc ! filesink name=file",
                         NULL);
    if (!p)
        return 1;
    GstElement *score = gst_bin_get_by_name(GST_BIN(p), "score"),
               *file = gst_bin_get_by_name(GST_BIN(p), "file");
    g_object_set(score, "mood", argv[1], "length", atof(argv[2]), NULL);
    g_object_set(file, "location", argv[3], NULL);
    GstBus *bus = gst_element_get_bus(p);
    gst_element_set_state(p, GST_STATE_PLAYING);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    int failed = GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR;
    if (failed) {
        GError *error = NULL;
        gst_message_parse_error(m, &error, NULL);
        fprintf(stderr, "gst_score: %s\n", error->message);
        g_error_free(error);
    }
    gst_message_unref(m);
    gst_element_set_state(p, GST_STATE_NULL);
    gst_object_unref(bus);
    gst_object_unref(score);
    gst_object_unref(file);
    gst_object_unref(p);
    return failed;
}
