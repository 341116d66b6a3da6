/* Reads the sound of any file that GStreamer can decode: the user's own music, and the finished
 * film's sound when it is measured. */
#include "score.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_S 10 /* for the next samples of a file that lies on a disk */

static GstElement *pipe_new(const char *path, GstAppSink **sink, GError **error)
{
    GstElement *pipe =
        gst_parse_launch("filesrc name=src ! decodebin name=dec ! audioconvert ! audioresample ! "
                         "audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved ! "
                         "appsink name=out sync=false max-buffers=64",
                         error);
    if (!pipe)
        return NULL;
    GstElement *src = gst_bin_get_by_name(GST_BIN(pipe), "src");
    GstElement *dec = gst_bin_get_by_name(GST_BIN(pipe), "dec");
    g_object_set(src, "location", path, NULL);
    GstCaps *audio = gst_caps_from_string("audio/x-raw");
    g_object_set(dec, "caps", audio, "expose-all-streams", FALSE, NULL);
    *sink = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(pipe), "out"));
    gst_caps_unref(audio);
    gst_object_unref(src);
    gst_object_unref(dec);
    return pipe;
}

/* Copies what fits; true while there is room for more. */
static bool take(struct sound *s, long *at, GstSample *sample)
{
    GstMapInfo map;
    GstBuffer *b = gst_sample_get_buffer(sample);
    if (!b || !gst_buffer_map(b, &map, GST_MAP_READ))
        return true;
    long n = (long)(map.size / (2 * sizeof(float)));
    if (n > s->frames - *at)
        n = s->frames - *at;
    memcpy(s->samples + 2 * *at, map.data, (size_t)n * 2 * sizeof(float));
    gst_buffer_unmap(b, &map);
    *at += n;
    return *at < s->frames;
}

/* The next samples; NULL at the end, after a fault (told in err), or when nothing comes. */
static GstSample *next(GstElement *pipe, GstAppSink *sink, const char *path, whelk_error *err)
{
    GstBus *bus = gst_element_get_bus(pipe);
    GstSample *sample = NULL;
    for (int i = 0; i < 10 * WAIT_S && !sample && !gst_app_sink_is_eos(sink); i++) {
        sample = gst_app_sink_try_pull_sample(sink, GST_SECOND / 10);
        GstMessage *m = sample ? NULL : gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        if (m) {
            GError *error = NULL;
            gst_message_parse_error(m, &error, NULL);
            whelk_fail(err, WHELK_EFAIL, "%s: its sound cannot be read: %s", path, error->message);
            g_error_free(error);
            gst_message_unref(m);
            break;
        }
    }
    gst_object_unref(bus);
    return sample;
}

bool sound_read(const char *path, double seconds, struct sound *out, whelk_error *err)
{
    struct sound s = {.frames = lround(seconds * SCORE_RATE)};
    s.samples = calloc((size_t)s.frames * 2 + 2, sizeof *s.samples);
    if (!s.samples)
        return whelk_fail(err, WHELK_EFAIL, "out of memory for %.0f s of sound", seconds);
    GError *error = NULL;
    GstAppSink *sink = NULL;
    GstElement *pipe = pipe_new(path, &sink, &error);
    if (!pipe) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be read: %s", path, error->message);
        g_error_free(error);
        sound_release(&s);
        return false;
    }
    gst_element_set_state(pipe, GST_STATE_PLAYING);
    long at = 0;
    bool more = true;
    whelk_error fault = {0};
    while (more) {
        GstSample *sample = next(pipe, sink, path, &fault);
        more = sample && take(&s, &at, sample);
        if (sample)
            gst_sample_unref(sample);
    }
    gst_element_set_state(pipe, GST_STATE_NULL);
    gst_object_unref(sink);
    gst_object_unref(pipe);
    if (at > 0 && !fault.code) {
        *out = s;
        return true;
    }
    sound_release(&s);
    return fault.code ? whelk_fail(err, fault.code, "%s", fault.text)
                      : whelk_fail(err, WHELK_EFAIL, "%s: there is no sound in it", path);
}
