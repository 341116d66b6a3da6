/* A line of text as a film in somebody's own player, and why each shot is there: whelkfilmsrc
 * through playbin and a whelk: address. Usage: gst_film "a cat dives into a pool" [VIDEOSINK
 * AUDIOSINK] */
#include <gst/gst.h>
#include <stdio.h>

static void show_event(const GstStructure *s)
{
    if (!gst_structure_has_name(s, "whelk-event"))
        return;
    const char *kind = gst_structure_get_string(s, "kind"),
               *shot = gst_structure_get_string(s, "shot");
    if (g_str_equal(kind, "choice") && shot)
        printf("%s: %s\n", shot, gst_structure_get_string(s, "text"));
}

static gboolean handle(GstMessage *m, GstElement *player, int *failed)
{
    int percent = 0;
    GError *error = NULL;
    switch (GST_MESSAGE_TYPE(m)) {
    case GST_MESSAGE_ELEMENT:
        show_event(gst_message_get_structure(m));
        return TRUE;
    case GST_MESSAGE_BUFFERING: /* the next shot is not there yet */
        gst_message_parse_buffering(m, &percent);
        gst_element_set_state(player, percent < 100 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
        return TRUE;
    case GST_MESSAGE_ERROR:
        gst_message_parse_error(m, &error, NULL);
        fprintf(stderr, "gst_film: %s\n", error->message);
        g_error_free(error);
        *failed = 1;
        return FALSE;
    default:
        return GST_MESSAGE_TYPE(m) != GST_MESSAGE_EOS;
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GstElement *player = argc > 1 ? gst_element_factory_make("playbin", NULL) : NULL;
    if (!player) {
        fprintf(stderr, "usage: gst_film PROMPT [VIDEOSINK AUDIOSINK]\n");
        return 2;
    }
    char *uri = g_strconcat("whelk:", argv[1], NULL);
    g_object_set(player, "uri", uri, NULL);
    if (argc > 3)
        g_object_set(player, "video-sink", gst_element_factory_make(argv[2], NULL), "audio-sink",
                     gst_element_factory_make(argv[3], NULL), NULL);
    GstBus *bus = gst_element_get_bus(player);
    gst_element_set_state(player, GST_STATE_PLAYING);
    int failed = 0;
    for (gboolean on = TRUE; on;) {
        GstMessage *m = gst_bus_timed_pop(bus, GST_CLOCK_TIME_NONE);
        on = handle(m, player, &failed);
        gst_message_unref(m);
    }
    gst_element_set_state(player, GST_STATE_NULL);
    gst_object_unref(bus);
    gst_object_unref(player);
    g_free(uri);
    return failed;
}
