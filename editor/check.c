/* What a clip's file really holds. The container is read to its end without decoding, because a
 * cut-off file may declare its full length, render without any error and freeze or go black where
 * its data ends. */
#include "edit.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define TICK (100 * GST_MSECOND) /* how often it is asked whether to go on */
#define STALL_TICKS 50           /* nothing read for so long: the file has no index to begin from */

struct count {
    GMutex lock;   /* pads push from their own threads */
    GstPad *video; /* the first picture stream, the one that is counted */
    struct edit_media media;
    GstClockTime begin, end; /* of the pictures; an index may begin them later than at 0 */
    long buffers;            /* of all streams, to see that reading goes on */
};

/* Elements the editor cannot do without, and the Debian package each comes in. */
static const struct {
    const char *element, *package;
} needed[] = {
    {"parsebin", "gstreamer1.0-plugins-base"},         {"compositor", "gstreamer1.0-plugins-base"},
    {"matroskademux", "gstreamer1.0-plugins-good"},    {"imagefreeze", "gstreamer1.0-plugins-good"},
    {"gdkpixbufoverlay", "gstreamer1.0-plugins-good"}, {"avdec_ffv1", "gstreamer1.0-libav"},
    {"h264parse", "gstreamer1.0-plugins-bad"},         {"scaletempo", "gstreamer1.0-plugins-good"},
};

/* GES 1.22 makes a reader of files together with a class and keeps it to the end of the process;
 * ges-uri-asset.h calls it unused. */
static void drop_idle_reader(void)
{
    GESUriClipAssetClass *klass = g_type_class_ref(GES_TYPE_URI_CLIP_ASSET);
    g_clear_object(&klass->discoverer);
    g_type_class_unref(klass);
}

/* GES keeps to the main context that is current when it starts: the global one, whatever the
 * caller's thread has. */
static bool start_ges(void)
{
    bool ours = !ges_is_initialized();
    bool apart = g_main_context_get_thread_default() && g_main_context_acquire(NULL);
    if (apart)
        g_main_context_push_thread_default(NULL);
    bool good = ges_init();
    if (good && ours)
        drop_idle_reader();
    if (apart) {
        g_main_context_pop_thread_default(NULL);
        g_main_context_release(NULL);
    }
    return good;
}

bool edit_start(whelk_error *err)
{
    GError *error = NULL;
    if (!gst_init_check(NULL, NULL, &error)) {
        whelk_fail(err, WHELK_EFAIL, "GStreamer does not start: %s",
                   error ? error->message : "no reason given");
        g_clear_error(&error);
        return false;
    }
    if (!start_ges())
        return whelk_fail(
            err, WHELK_EFAIL,
            "GStreamer Editing Services do not start; install libges-1.0-0 and its plugins");
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
        GstElementFactory *f = gst_element_factory_find(needed[i].element);
        if (!f)
            return whelk_fail(err, WHELK_EFAIL,
                              "GStreamer has no element %s; install the package %s",
                              needed[i].element, needed[i].package);
        gst_object_unref(f);
    }
    return true;
}

static void take_size(struct count *c, const GstStructure *s)
{
    int n = 0, d = 1;
    gst_structure_get_int(s, "width", &c->media.width);
    gst_structure_get_int(s, "height", &c->media.height);
    if (gst_structure_get_fraction(s, "framerate", &n, &d) && n > 0 && d > 0)
        c->media.fps = (double)n / d;
}

/* Some parsers know the size only once they have seen a picture. */
static void take_late_size(struct count *c, GstPad *pad)
{
    GstCaps *caps = gst_pad_get_current_caps(pad);
    if (caps)
        take_size(c, gst_caps_get_structure(caps, 0));
    gst_clear_caps(&caps);
}

static void take_caps(struct count *c, GstPad *pad, GstCaps *caps)
{
    const GstStructure *s = gst_caps_get_structure(caps, 0);
    c->media.sound = c->media.sound || g_str_has_prefix(gst_structure_get_name(s), "audio/");
    if (!g_str_has_prefix(gst_structure_get_name(s), "video/") || c->video)
        return;
    c->video = pad;
    take_size(c, s);
}

static GstPadProbeReturn count_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct count *c = data;
    GstBuffer *b = GST_PAD_PROBE_INFO_BUFFER(info);
    g_mutex_lock(&c->lock);
    c->buffers++;
    if (pad == c->video) {
        if (c->media.width == 0)
            take_late_size(c, pad);
        c->media.frames++;
        if (GST_BUFFER_PTS_IS_VALID(b)) {
            GstClockTime end = GST_BUFFER_PTS(b);
            if (GST_BUFFER_DURATION_IS_VALID(b))
                end += GST_BUFFER_DURATION(b);
            else if (c->media.fps > 0)
                end += (GstClockTime)(GST_SECOND / c->media.fps);
            c->begin = MIN(c->begin, GST_BUFFER_PTS(b));
            c->end = MAX(c->end, end);
        }
    }
    g_mutex_unlock(&c->lock);
    return GST_PAD_PROBE_OK;
}

static void add_pad(GstElement *parse, GstPad *pad, gpointer data)
{
    struct count *c = data;
    GstElement *bin = GST_ELEMENT(gst_element_get_parent(parse));
    GstElement *sink = gst_element_factory_make("fakesink", NULL);
    g_object_set(sink, "sync", FALSE, "async", FALSE, NULL);
    gst_bin_add(GST_BIN(bin), sink);
    GstPad *in = gst_element_get_static_pad(sink, "sink");
    GstCaps *caps = gst_pad_get_current_caps(pad);
    if (!caps)
        caps = gst_pad_query_caps(pad, NULL);
    g_mutex_lock(&c->lock);
    take_caps(c, in, caps);
    g_mutex_unlock(&c->lock);
    gst_caps_unref(caps);
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, c, NULL);
    gst_pad_link(pad, in);
    gst_element_sync_state_with_parent(sink);
    gst_object_unref(in);
    gst_object_unref(bin);
}

/* Runs the pipeline until it ends, fails, stands still, or nobody wants it any more (*stopped).
 * Returns the fault in words, or NULL; g_free. */
static char *read_to_end(GstElement *pipe, struct count *c, const whelk_listener *listen,
                         bool *stopped)
{
    GstBus *bus = gst_element_get_bus(pipe);
    char *fault = NULL;
    long seen = -1;
    int still = 0;
    while (!(*stopped = !edit_goes_on(listen, NULL))) {
        GstMessage *m = gst_bus_timed_pop_filtered(bus, TICK, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        if (!m) {
            g_mutex_lock(&c->lock);
            long now = c->buffers;
            g_mutex_unlock(&c->lock);
            still = now == seen ? still + 1 : 0;
            seen = now;
            if (still < STALL_TICKS)
                continue;
            fault = g_strdup("nothing can be read from it; it may lack its index");
            break;
        }
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
            GError *error = NULL;
            gst_message_parse_error(m, &error, NULL);
            fault = g_strdup(error->message);
            g_error_free(error);
        }
        gst_message_unref(m);
        break;
    }
    gst_object_unref(bus);
    return fault;
}

static double told_seconds(GstElement *pipe)
{
    gint64 ns = 0;
    if (!gst_element_query_duration(pipe, GST_FORMAT_TIME, &ns) || ns <= 0)
        return 0;
    return (double)ns / GST_SECOND;
}

bool edit_check_media(const char *path, struct edit_media *media, const whelk_listener *listen,
                      whelk_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return whelk_fail(err, WHELK_EFAIL, "cannot open: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return whelk_fail(err, WHELK_EFAIL, "is not a file");
    struct count c = {.begin = GST_CLOCK_TIME_NONE};
    g_mutex_init(&c.lock);
    GstElement *pipe = gst_pipeline_new(NULL);
    GstElement *src = gst_element_factory_make("filesrc", NULL);
    GstElement *parse = gst_element_factory_make("parsebin", NULL);
    g_object_set(src, "location", path, NULL);
    gst_bin_add_many(GST_BIN(pipe), src, parse, NULL);
    gst_element_link(src, parse);
    g_signal_connect(parse, "pad-added", G_CALLBACK(add_pad), &c);
    gst_element_set_state(pipe, GST_STATE_PLAYING);
    bool stopped = false;
    char *fault = read_to_end(pipe, &c, listen, &stopped);
    c.media.told_s = told_seconds(pipe);
    gst_element_set_state(pipe, GST_STATE_NULL);
    gst_object_unref(pipe);
    g_mutex_clear(&c.lock);
    c.media.seconds = c.end > 0 ? (double)(c.end - c.begin) / GST_SECOND : 0;
    bool good = false;
    if (stopped)
        whelk_fail(err, WHELK_EINTERRUPTED, "the cut was stopped while it was read");
    else if (c.media.frames == 0)
        whelk_fail(err, WHELK_EFAIL, "holds no pictures%s%s", fault ? ": " : "",
                   fault ? fault : "");
    else if (fault)
        whelk_fail(err, WHELK_EFAIL, "is cut off or damaged after %.2f s: %s", c.media.seconds,
                   fault);
    else if (c.media.told_s - c.media.seconds > 1.5 / (c.media.fps > 0 ? c.media.fps : 24))
        whelk_fail(err, WHELK_EFAIL,
                   "is cut off: it should last %.2f s, its pictures end at %.2f s", c.media.told_s,
                   c.media.seconds);
    else
        good = true;
    g_free(fault);
    if (good)
        *media = c.media;
    return good;
}
