/* What the plugin's tests share: a registry of their own, holding the plugin as built and only
 * those of the system's plugins that a test names; and a pipeline watched through its bus. */
#ifndef WHELK_PLUGIN_TEST_H
#define WHELK_PLUGIN_TEST_H

#include "../tap.h"

#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdlib.h>
#include <unistd.h>

#define TINY "tests/golden/whelk-tiny" /* for damage; it has no card to plan by */
#define LONG_TIME (120 * GST_SECOND)   /* nothing here takes a second; machines are busy */

/* What a film needs: the editing services and what the editor names in check.c. */
static const char *const film_plugins[] G_GNUC_UNUSED = {"coreelements",
                                                         "app",
                                                         "nle",
                                                         "ges",
                                                         "playback",
                                                         "typefindfunctions",
                                                         "videoconvertscale",
                                                         "videorate",
                                                         "compositor",
                                                         "videotestsrc",
                                                         "audiotestsrc",
                                                         "audioconvert",
                                                         "audioresample",
                                                         "audiorate",
                                                         "audiomixer",
                                                         "volume",
                                                         "audiofx",
                                                         "alpha",
                                                         "videocrop",
                                                         "videofilter",
                                                         "deinterlace",
                                                         "libav",
                                                         "matroska",
                                                         "isomp4",
                                                         "x264",
                                                         "videoparsersbad",
                                                         "gdkpixbuf",
                                                         "imagefreeze",
                                                         "png",
                                                         "wavparse",
                                                         "encoding",
                                                         "debugutilsbad",
                                                         "gio",
                                                         "autoconvert",
                                                         NULL};

static char plugin_dir[] = "/tmp/whelk-plugin-XXXXXX";

static char *in_dir(const char *name)
{
    return g_build_filename(plugin_dir, name, NULL);
}

/* plugins: names of system plugins such as "coreelements", NULL-terminated. */
static void plugin_begin(int *argc, char ***argv, const char *const *plugins)
{
    if (!mkdtemp(plugin_dir))
        exit(1);
    for (; *plugins; plugins++) {
        char *from = g_strdup_printf("%s/libgst%s.so", GST_SYSTEM_PLUGINS, *plugins);
        char *name = g_strdup_printf("libgst%s.so", *plugins), *to = in_dir(name);
        if (access(from, R_OK) != 0 || symlink(from, to) != 0)
            printf("# %s is not there\n", from);
        g_free(from), g_free(name), g_free(to);
    }
    char *registry = in_dir("registry.bin"),
         *path = g_strdup_printf("%s:build/plugins", plugin_dir);
    g_setenv("GST_REGISTRY", registry, TRUE);
    g_setenv("GST_PLUGIN_PATH_1_0", path, TRUE);
    g_setenv("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
    g_setenv("GST_REGISTRY_FORK", "no", TRUE);
    g_free(registry), g_free(path);
    gst_init(argc, argv);
    /* what GLib would print of a misuse, an element's or its neighbour's, ends the test */
    g_log_set_always_fatal((GLogLevelFlags)(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
}

static int plugin_end(void)
{
    char command[100];
    gst_deinit();
    snprintf(command, sizeof command, "rm -rf '%s'", plugin_dir);
    return system(command) ? 1 : done_testing();
}

/* --- A pipeline ------------------------------------------------------------------------------- */

static G_GNUC_UNUSED GstElement *pipeline(const char *fmt, ...)
{
    va_list ap;
    GError *error = NULL;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    GstElement *p = gst_parse_launch(text, &error);
    if (error)
        printf("# %s: %s\n", text, error->message);
    g_clear_error(&error);
    g_free(text);
    return p;
}

/* The next message of one of these types; NULL = none came. */
static GstMessage *next_message(GstElement *p, GstMessageType types)
{
    GstBus *bus = gst_element_get_bus(p);
    GstMessage *m = gst_bus_timed_pop_filtered(bus, LONG_TIME, types);
    gst_object_unref(bus);
    return m;
}

/* Waits for the end: NULL, or the error's sentence; g_free. */
static G_GNUC_UNUSED char *wait_for_end(GstElement *p)
{
    GstMessage *m = next_message(p, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    char *fault = m ? NULL : g_strdup("nothing came for two minutes");
    if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
        GError *error = NULL;
        char *debug = NULL;
        gst_message_parse_error(m, &error, &debug);
        fault = g_strdup(error->message);
        g_error_free(error);
        g_free(debug);
    }
    if (m)
        gst_message_unref(m);
    return fault;
}

static G_GNUC_UNUSED bool preroll(GstElement *p)
{
    gst_element_set_state(p, GST_STATE_PAUSED);
    return gst_element_get_state(p, NULL, NULL, LONG_TIME) != GST_STATE_CHANGE_FAILURE;
}

static G_GNUC_UNUSED void end_pipeline(GstElement *p)
{
    gst_element_set_state(p, GST_STATE_NULL);
    gst_object_unref(p);
}

/* Plays to the end; the error's sentence or NULL. */
static G_GNUC_UNUSED char *play(GstElement *p)
{
    gst_element_set_state(p, GST_STATE_PLAYING);
    return wait_for_end(p);
}

/* A seek past the end: a warning that names both times, the end of the stream, and a seek back that
 * brings everything. */
static G_GNUC_UNUSED void seek_past_the_end(GstElement *p, const char *name)
{
    gint64 end = -1;
    int wanted = 0, got = 0;
    char at[40];
    GstElement *sink = gst_bin_get_by_name(GST_BIN(p), "k");
    preroll(p);
    gst_element_query_duration(p, GST_FORMAT_TIME, &end);
    snprintf(at, sizeof at, "which is at %.3f s", (double)end / GST_SECOND);
    GstPad *pad = gst_element_get_static_pad(sink, "sink");
    GstPadProbeReturn count(GstPad * in, GstPadProbeInfo * info, gpointer data)
    {
        (void)in, (void)info;
        ++*(int *)data;
        return GST_PAD_PROBE_OK;
    }
    gulong probe = gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, &got, NULL);
    ok(end > 0 && gst_element_seek_simple(p, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                          end + (gint64)GST_SECOND),
       "%s: a seek past the end is taken", name);
    gst_element_set_state(p, GST_STATE_PLAYING);
    GstMessage *m = next_message(p, GST_MESSAGE_WARNING | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    GError *error = NULL;
    if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_WARNING)
        gst_message_parse_warning(m, &error, NULL);
    has_text(error ? error->message : NULL, at, "%s: with a warning that says where the end is",
             name);
    char *fault = wait_for_end(p);
    ok(!fault && got == 0, "%s: it is the end of the stream (%s)", name, fault ? fault : "");
    g_free(fault);
    for (int round = 0; round < 2; round++) {
        got = 0;
        gst_element_seek_simple(p, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0);
        fault = wait_for_end(p);
        ok(!fault && got > 1 && (round == 0 || got == wanted),
           "%s: back to the start it plays (%d)", name, got);
        wanted = got;
        g_free(fault);
    }
    gst_pad_remove_probe(pad, probe);
    g_clear_error(&error);
    if (m)
        gst_message_unref(m);
    gst_object_unref(pad), gst_object_unref(sink);
    end_pipeline(p);
}

/* --- Buffers ---------------------------------------------------------------------------------- */

static G_GNUC_UNUSED char *checksum(GstBuffer *b)
{
    GstMapInfo map;
    if (!b || !gst_buffer_map(b, &map, GST_MAP_READ))
        return g_strdup("none");
    char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, map.data, map.size);
    gst_buffer_unmap(b, &map);
    return sum;
}

#endif
