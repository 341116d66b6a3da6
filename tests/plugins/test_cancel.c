/* Work that is broken off: by the processor time that passes from the state change to the end of
 * the element and its threads, which a busy machine does not stretch. A shot of 200 steps takes
 * some ten seconds of it when nothing stops it. */
#include "plugin_test.h"

#include <sys/resource.h>

#define LITTLE 2.0 /* seconds */

static double processor_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Until an element message says that the making is under way. */
static bool wait_for_making(GstElement *p)
{
    for (;;) {
        GstMessage *m = next_message(p, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
        const GstStructure *s = m ? gst_message_get_structure(m) : NULL;
        bool making = s && (gst_structure_has_name(s, "whelk-progress") ||
                            g_strcmp0(gst_structure_get_string(s, "stage"), "shoot") == 0);
        bool over = !m || GST_MESSAGE_TYPE(m) != GST_MESSAGE_ELEMENT;
        if (m)
            gst_message_unref(m);
        if (making || over)
            return making;
    }
}

static void broken_off(const char *text, GstState to)
{
    GstElement *p = pipeline("%s", text);
    gst_element_set_state(p, GST_STATE_PLAYING);
    bool making = wait_for_making(p);
    double before = processor_s();
    gst_element_set_state(p, to);
    end_pipeline(p); /* with the last element goes the last thread */
    double used = processor_s() - before;
    ok(making && used < LITTLE, "%.*s stops in the midst of making (%.2f s of processor time)",
       (int)strcspn(text, " "), text, used);
}

/* A flush lets the streaming thread go while the shot is made on. */
static void flushed(void)
{
    GstHarness *h = gst_harness_new_parse("whelkshotsrc steps=200 prompt=cat");
    gst_harness_play(h);
    GstPad *src = gst_pad_get_peer(h->sinkpad);
    double before = processor_s();
    gst_pad_send_event(src, gst_event_new_flush_start());
    GST_PAD_STREAM_LOCK(src); /* free once the thread is out of the element */
    GST_PAD_STREAM_UNLOCK(src);
    double used = processor_s() - before;
    ok(used < LITTLE, "a flush does not wait for the shot (%.2f s of processor time)", used);
    gst_object_unref(src);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    plugin_begin(&argc, &argv, film_plugins);
    broken_off("whelkshotsrc steps=200 prompt=cat ! fakesink", GST_STATE_READY);
    broken_off("whelkshotsrc steps=200 prompt=cat ! fakesink", GST_STATE_NULL);
    broken_off("whelkactor steps=200 prompt=cat name=a ! fakesink videotestsrc ! a.",
               GST_STATE_READY);
    broken_off("whelkfilmsrc steps=200 prompt=cat name=f f.video ! fakesink f.audio ! fakesink",
               GST_STATE_READY);
    flushed();
    return plugin_end();
}
