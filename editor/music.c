/* Reads the sound of any file that GStreamer can decode: the user's own music, a clip's own sound,
 * and the finished film's when it is measured. */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <math.h>
#include <string.h>

#include "sound.h"

#define STRIDE_S 0.03 /* that scaletempo repeats or leaves out */
#define WAIT_S 30     /* for the next samples of a file that lies on a disk */

/* scaletempo takes the speed from the segment and keeps the pitch. */
static GstPadProbeReturn set_speed(GstPad *pad, GstPadProbeInfo *info, gpointer speed)
{
    (void)pad;
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) != GST_EVENT_SEGMENT)
        return GST_PAD_PROBE_OK;
    GstSegment segment;
    gst_event_copy_segment(event, &segment);
    segment.rate = *(const double *)speed;
    gst_event_unref(event);
    GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_segment(&segment);
    return GST_PAD_PROBE_OK;
}

static void play_at(GstElement *pipe, const double *speed)
{
    GstElement *tempo = gst_bin_get_by_name(GST_BIN(pipe), "tempo");
    GstPad *in = gst_element_get_static_pad(tempo, "sink");
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, set_speed, (gpointer)speed, NULL);
    gst_object_unref(in);
    gst_object_unref(tempo);
}

/* `speed` is borrowed for the life of the pipeline. */
static GstElement *pipe_new(const char *path, const double *speed, GstAppSink **sink,
                            GError **error)
{
    GstElement *pipe =
        gst_parse_launch("filesrc name=src ! decodebin name=dec ! audioconvert ! audioresample ! "
                         "audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved ! "
                         "scaletempo name=tempo ! appsink name=out sync=false max-buffers=64",
                         error);
    if (!pipe)
        return NULL;
    GstElement *src = gst_bin_get_by_name(GST_BIN(pipe), "src");
    GstElement *dec = gst_bin_get_by_name(GST_BIN(pipe), "dec");
    g_object_set(src, "location", path, NULL);
    GstCaps *audio = gst_caps_from_string("audio/x-raw");
    g_object_set(dec, "caps", audio, "expose-all-streams", FALSE, NULL);
    play_at(pipe, speed);
    *sink = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(pipe), "out"));
    gst_caps_unref(audio);
    gst_object_unref(src);
    gst_object_unref(dec);
    return pipe;
}

/* Keeps what lies between `skip` and `until` of the frames that come by; true while there is more
 * to keep. */
struct taking {
    struct sound *to;
    long at, skip, until;
};

static bool take(struct taking *t, GstSample *sample)
{
    GstMapInfo map;
    GstBuffer *b = gst_sample_get_buffer(sample);
    if (!b || !gst_buffer_map(b, &map, GST_MAP_READ))
        return true;
    long n = (long)(map.size / (2 * sizeof(float)));
    long from = CLAMP(t->skip - t->at, 0, n), to = CLAMP(t->until - t->at, 0, n);
    if (to > from)
        sound_put(t->to, (const float *)map.data + 2 * from, to - from);
    gst_buffer_unmap(b, &map);
    t->at += n;
    return t->at < t->until;
}

/* A film without sound or a picture misses nothing; a coding that is not known here may. */
static void tell_fault(GstMessage *m, const char *path, whelk_error *err)
{
    GError *error = NULL;
    gst_message_parse_error(m, &error, NULL);
    if (g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
        g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND))
        whelk_fail(err, WHELK_EFAIL,
                   "%s: there is no sound in it that can be decoded here (gstreamer1.0-libav knows "
                   "most codings)",
                   path);
    else
        whelk_fail(err, WHELK_EFAIL, "%s: its sound cannot be read: %s", path, error->message);
    g_error_free(error);
}

/* The next samples; NULL at the end, and after a fault or a stop (told in err). */
static GstSample *next(GstElement *pipe, GstAppSink *sink, const char *path,
                       const whelk_listener *listen, whelk_error *err)
{
    GstBus *bus = gst_element_get_bus(pipe);
    GstSample *sample = NULL;
    for (int i = 0; i < 10 * WAIT_S && !sample && !gst_app_sink_is_eos(sink); i++) {
        if (!edit_goes_on(listen, err))
            break;
        sample = gst_app_sink_try_pull_sample(sink, GST_SECOND / 10);
        GstMessage *m = sample ? NULL : gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        if (m) {
            tell_fault(m, path, err);
            gst_message_unref(m);
            break;
        }
    }
    gst_object_unref(bus);
    if (!sample && !err->code && !gst_app_sink_is_eos(sink))
        whelk_fail(err, WHELK_EFAIL, "%s: nothing more can be read from it, %d s have passed", path,
                   WAIT_S);
    return sample;
}

static unsigned long little(const unsigned char *p)
{
    return p[0] | (unsigned long)p[1] << 8 | (unsigned long)p[2] << 16 | (unsigned long)p[3] << 24;
}

/* GStreamer plays what is there of a WAV file that was not written to its end; its header knows
 * better. */
static bool check_wav(const char *path, whelk_error *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return true; /* the pipeline tells why */
    unsigned char head[12], chunk[8];
    bool whole = true;
    fseek(f, 0, SEEK_END);
    long size = ftell(f), at = 12;
    rewind(f);
    if (fread(head, 1, 12, f) == 12 && !memcmp(head, "RIFF", 4) && !memcmp(head + 8, "WAVE", 4)) {
        while (whole && fseek(f, at, SEEK_SET) == 0 && fread(chunk, 1, 8, f) == 8) {
            unsigned long told = little(chunk + 4), there = (unsigned long)(size - at - 8);
            bool streamed = told == 0 || told >= 0x7FFFF000ul; /* the writer could not know */
            if (!memcmp(chunk, "data", 4) && !streamed && told > there)
                whole = whelk_fail(err, WHELK_EFAIL,
                                   "%s: is cut off: %lu bytes of sound are there, its header tells "
                                   "of %lu",
                                   path, there, told);
            if (told > there)
                break;
            at += 8 + (long)told + (long)(told & 1);
        }
    }
    fclose(f);
    return whole;
}

bool sound_read(const char *path, struct sound_range range, struct sound *out,
                const struct sound_room *room, whelk_error *err)
{
    double speed = range.speed != 0 ? range.speed : 1;
    struct sound s;
    if (!check_wav(path, err) || !sound_new(&s, room->near, err))
        return false;
    GError *error = NULL;
    GstAppSink *sink = NULL;
    GstElement *pipe = pipe_new(path, &speed, &sink, &error);
    if (!pipe) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be read: %s", path, error->message);
        g_error_free(error);
        sound_release(&s);
        return false;
    }
    gst_element_set_state(pipe, GST_STATE_PLAYING);
    /* each stride is played as it was, from its beginning on: without this the sound would lead or
     * lag by what that makes, 30 ms at half speed */
    double late_s = STRIDE_S * (1 / speed - 1);
    struct taking t = {
        .to = &s, .skip = lround((range.from_s / speed - late_s) * SOUND_RATE), .until = G_MAXLONG};
    long lead = MAX(-t.skip, 0);
    for (long i = 0; i < lead; i++)
        sound_put(&s, (const float[]){0, 0}, 1);
    if (range.seconds > 0)
        t.until = t.skip + lround(range.seconds * SOUND_RATE);
    bool more = true;
    whelk_error fault = {0};
    while (more) {
        GstSample *sample = next(pipe, sink, path, room->listen, &fault);
        more = sample && take(&t, sample);
        if (sample)
            gst_sample_unref(sample);
    }
    gst_element_set_state(pipe, GST_STATE_NULL);
    gst_object_unref(sink);
    gst_object_unref(pipe);
    if (s.frames > lead && !fault.code && sound_end(&s, err)) {
        *out = s;
        return true;
    }
    if (fault.code)
        whelk_fail(err, fault.code, "%s", fault.text);
    else if (s.frames == lead && s.file)
        whelk_fail(err, WHELK_EFAIL, "%s: there is no sound in it", path);
    sound_release(&s);
    return false;
}
