/* whelkactor: nothing but the actor changes, and only while it is there; at any format and rate it
 * moves as it should, and flushes, gaps and caps changes pass through. */
#include "plugin_test.h"

#include <gst/controller/controller.h>

#define ACTOR "whelkactor name=a steps=2 seed=7 prompt=\"a cat runs on the beach\""

enum { W = 96, H = 54 };

/* A frame that no rounding would leave alone. */
static GstBuffer *pattern(gsize size, GstClockTime pts, GstClockTime duration)
{
    GstBuffer *b = gst_buffer_new_allocate(NULL, size, NULL);
    GstMapInfo map;
    gst_buffer_map(b, &map, GST_MAP_WRITE);
    for (gsize k = 0; k < size; k++)
        map.data[k] = (guint8)(k * 7 + k / 97);
    gst_buffer_unmap(b, &map);
    GST_BUFFER_PTS(b) = pts;
    GST_BUFFER_DURATION(b) = duration;
    return b;
}

/* How many bytes of frame n differ from the pattern. */
static int changed(GstBuffer *b)
{
    GstMapInfo map;
    int count = 0;
    if (!gst_buffer_map(b, &map, GST_MAP_READ))
        return -1;
    for (gsize k = 0; k < map.size; k++)
        count += map.data[k] != (guint8)(k * 7 + k / 97);
    gst_buffer_unmap(b, &map);
    return count;
}

/* A harness says that it is live, and then no frame would wait. */
static GstPadProbeReturn no_latency(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad, (void)data;
    return GST_QUERY_TYPE(GST_PAD_PROBE_INFO_QUERY(info)) == GST_QUERY_LATENCY ? GST_PAD_PROBE_DROP
                                                                               : GST_PAD_PROBE_OK;
}

static GstHarness *harness_of(const char *text)
{
    GstHarness *h = gst_harness_new_parse(text);
    gst_pad_add_probe(h->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, no_latency, NULL, NULL);
    return h;
}

static GstHarness *harness(const char *more, const char *format)
{
    char *text = g_strdup_printf(ACTOR " %s", more);
    char *caps =
        g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=10/1", format, W, H);
    GstHarness *h = harness_of(text);
    gst_harness_set_src_caps_str(h, caps);
    g_free(text), g_free(caps);
    return h;
}

/* Bytes changed of the frame at `n` tenths of a second. */
static int through(GstHarness *h, int n, gsize size)
{
    GstBuffer *b = gst_harness_push_and_pull(
        h, pattern(size, (GstClockTime)n * 100 * GST_MSECOND, 100 * GST_MSECOND));
    int count = b ? changed(b) : -1;
    if (b)
        gst_buffer_unref(b);
    return count;
}

static void only_while_it_is_there(void)
{
    static const struct {
        const char *format;
        gsize size;
    } formats[] = {{"I420", W * H * 3 / 2},
                   {"NV12", W * H * 3 / 2},
                   {"RGB", W * H * 3},
                   {"RGBA", W * H * 4},
                   {"AYUV", W * H * 4}};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        gsize size = formats[i].size;
        GstHarness *h = harness("start-time=1000000000", formats[i].format);
        int before = 0, there = 0, most = 0, after = 0;
        for (int n = 0; n < 10; n++)
            before += through(h, n, size);
        for (int n = 10; n < 36; n++) {
            int count = through(h, n, size);
            there += count > 0;
            most = count > most ? count : most;
        }
        for (int n = 37; n < 45; n++) /* its 2.67 s are over */
            after += through(h, n, size);
        ok(before == 0 && after == 0, "%s: before and after it not a byte changes",
           formats[i].format);
        ok(there > 15 && most < (int)size / 2,
           "%s: it is there in %d of 26 frames, on at most %d of %d bytes", formats[i].format,
           there, most, (int)size);
        gst_harness_teardown(h);
    }
}

static void repeats(void)
{
    GstHarness *h = harness("repeat=2 shadow=false", "I420");
    int first = through(h, 13, W * H * 3 / 2), same = through(h, 13 + 27, W * H * 3 / 2);
    ok(first > 0 && same > 0, "it comes again (%d and %d bytes)", first, same);
    is_int(through(h, 13 + 54, W * H * 3 / 2), 0, "but twice only");
    gst_harness_teardown(h);
    GstHarness *with = harness("", "I420"), *without = harness("shadow=false", "I420");
    ok(through(with, 13, W * H * 3 / 2) > through(without, 13, W * H * 3 / 2),
       "a shadow lies under it, unless it is not wanted");
    gst_harness_teardown(with), gst_harness_teardown(without);
}

static void moved_by_a_controller(void)
{
    GstHarness *h = harness("", "I420");
    GstElement *a = gst_harness_find_element(h, "whelkactor");
    GstControlSource *keys = gst_interpolation_control_source_new();
    g_object_set(keys, "mode", GST_INTERPOLATION_MODE_NONE, NULL);
    gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(keys), 0, 0);
    gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(keys), GST_SECOND, 5);
    ok(gst_object_add_control_binding(
           GST_OBJECT(a), gst_direct_control_binding_new_absolute(GST_OBJECT(a), "x", keys)),
       "x can be controlled");
    int here = through(h, 9, W * H * 3 / 2), away = through(h, 12, W * H * 3 / 2);
    ok(here > 0 && away == 0, "and is: out of the frame it is gone (%d, %d)", here, away);
    gst_object_unref(keys), gst_object_unref(a);
    gst_harness_teardown(h);
}

static void streams(void)
{
    GstHarness *h = harness("", "I420");
    ok(through(h, 13, W * H * 3 / 2) > 0, "I420");
    gst_harness_set_src_caps_str(h, "video/x-raw,format=RGBA,width=64,height=36,framerate=25/1");
    GstBuffer *b =
        gst_harness_push_and_pull(h, pattern(64 * 36 * 4, 1300 * GST_MSECOND, 40 * GST_MSECOND));
    ok(b && changed(b) > 0, "caps can change on the way");
    gst_clear_buffer(&b);
    ok(gst_harness_push_event(h, gst_event_new_gap(2 * GST_SECOND, GST_SECOND)), "a gap passes");
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = segment.time = 0;
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    b = gst_harness_push_and_pull(h, pattern(64 * 36 * 4, 1300 * GST_MSECOND, 40 * GST_MSECOND));
    ok(b && changed(b) > 0, "after a flush it is where it was at that time");
    gst_clear_buffer(&b);
    ok(gst_harness_push_event(h, gst_event_new_eos()), "and the end passes");
    gst_harness_teardown(h);
    h = harness_of("whelkactor prompt=\"\"");
    gst_harness_set_src_caps_str(h, "video/x-raw,format=I420,width=64,height=36,framerate=10/1");
    GstBus *bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    ok(gst_harness_push(h, pattern(64 * 36 * 3 / 2, 0, GST_SECOND)) == GST_FLOW_ERROR,
       "without a prompt it fails");
    GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    GError *error = NULL;
    if (m)
        gst_message_parse_error(m, &error, NULL);
    has_text(error ? error->message : NULL, "prompt is empty", "and says so");
    g_clear_error(&error);
    if (m)
        gst_message_unref(m);
    gst_element_set_bus(h->element, NULL);
    gst_bus_set_flushing(bus, TRUE);
    gst_object_unref(bus);
    gst_harness_teardown(h);
}

static void live(void)
{
    GstElement *p = pipeline("videotestsrc is-live=true num-buffers=3 ! "
                             "video/x-raw,format=I420,width=64,height=36 ! " ACTOR " ! fakesink");
    char *fault = play(p);
    ok(!fault, "in a live stream no frame waits (%s)", fault ? fault : "");
    g_free(fault);
    end_pipeline(p);
}

int main(int argc, char **argv)
{
    plugin_begin(&argc, &argv, (const char *const[]){"coreelements", "videotestsrc", NULL});
    only_while_it_is_there();
    repeats();
    moved_by_a_controller();
    streams();
    live();
    return plugin_end();
}
