/* whelkfilmsrc: every frame of the film in order and on time, the pictures those of its takes,
 * sound of the same length; events, seeks, states, the whelk: address, and what cannot be filmed.
 */
#include "plugin_test.h"

#define FILM "whelkfilmsrc name=f steps=2 seconds=4 prompt=\"a cat runs on the beach\""
#define SMALL "video/x-raw,width=128,height=72,framerate=12/1"

struct seen { /* what came through one pad */
    int count, shots;
    char last_shot[16];
    bool steady; /* every buffer begins where the one before ended */
    GstClockTime next, end;
    GPtrArray *sums;
};

static GstPadProbeReturn look(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct seen *s = data;
    GstBuffer *b = GST_PAD_PROBE_INFO_BUFFER(info);
    GstCustomMeta *m = gst_buffer_get_custom_meta(b, "GstWhelkShotMeta");
    const char *shot =
        m ? gst_structure_get_string(gst_custom_meta_get_structure(m), "shot") : NULL;
    (void)pad;
    if (s->count == 0)
        s->steady = true;
    else if (GST_BUFFER_PTS(b) != s->next)
        s->steady = false;
    s->next = s->end = GST_BUFFER_PTS(b) + GST_BUFFER_DURATION(b);
    if (shot && strcmp(shot, s->last_shot) != 0) {
        s->shots++;
        g_strlcpy(s->last_shot, shot, sizeof s->last_shot);
    }
    if (s->sums)
        g_ptr_array_add(s->sums, checksum(b));
    s->count++;
    return GST_PAD_PROBE_OK;
}

static void watch(GstElement *p, const char *name, struct seen *s)
{
    GstElement *e = gst_bin_get_by_name(GST_BIN(p), name);
    GstPad *pad = gst_element_get_static_pad(e, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, look, s, NULL);
    gst_object_unref(pad);
    gst_object_unref(e);
}

/* Frames of a clip of the reel, as sums. */
static GPtrArray *clip_sums(const char *reel, const char *name)
{
    struct seen s = {.sums = g_ptr_array_new_with_free_func(g_free)};
    GstElement *p = pipeline(
        "filesrc location=%s/clips/%s ! matroskademux ! avdec_ffv1 ! fakesink name=k", reel, name);
    watch(p, "k", &s);
    char *fault = play(p);
    if (fault)
        printf("# %s\n", fault);
    g_free(fault);
    end_pipeline(p);
    return s.sums;
}

static void the_whole_film(void)
{
    char *reel = in_dir("whole.reel");
    struct seen video = {.sums = g_ptr_array_new_with_free_func(g_free)}, audio = {0};
    GstElement *p =
        pipeline(FILM " reel=%s f.video ! " SMALL " ! fakesink name=v sync=false f.audio ! "
                      "fakesink name=a sync=false",
                 reel);
    watch(p, "v", &video);
    watch(p, "a", &audio);
    gst_element_set_state(p, GST_STATE_PLAYING);
    int events = 0, shoots = 0;
    char *fault = NULL;
    for (bool on = true; on;) {
        GstMessage *m = next_message(p, GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        on = m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ELEMENT;
        if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
            GError *error = NULL;
            gst_message_parse_error(m, &error, NULL);
            fault = g_strdup(error->message);
            g_error_free(error);
        }
        const GstStructure *s = on ? gst_message_get_structure(m) : NULL;
        if (s && gst_structure_has_name(s, "whelk-event")) {
            events++;
            shoots += g_strcmp0(gst_structure_get_string(s, "stage"), "shoot") == 0;
        }
        if (m)
            gst_message_unref(m);
    }
    gint64 length = 0;
    gst_element_query_duration(p, GST_FORMAT_TIME, &length);
    ok(!fault, "a line is filmed (%s)", fault ? fault : "");
    ok(video.count >= 36 && video.steady, "%d frames come one after another", video.count);
    ok(video.end == (GstClockTime)length, "to the end of the film (%" G_GUINT64_FORMAT " ms)",
       video.end / GST_MSECOND);
    ok(video.shots >= 2 && strcmp(video.last_shot, "0020") >= 0, "in %d shots", video.shots);
    ok(audio.steady && ABS((gint64)audio.end - length) < GST_MSECOND, "the sound is as long");
    ok(events > 10 && shoots > 2, "the journal's events are told (%d)", events);
    GPtrArray *clip = clip_sums(reel, "0020-t01.mkv");
    int same = 0;
    for (guint i = 0; i < clip->len; i++)
        for (guint k = 0; k < video.sums->len; k++)
            if (g_str_equal(clip->pdata[i], video.sums->pdata[k])) {
                same++;
                break;
            }
    ok(same > 10, "%d pictures are the takes' own, byte for byte", same);
    g_ptr_array_unref(clip), g_ptr_array_unref(video.sums);
    g_free(fault);
    end_pipeline(p);

    char *log = g_build_filename(reel, "log.jsonl", NULL);
    ok(g_file_test(log, G_FILE_TEST_EXISTS), "the reel that was named is kept");
    struct seen again = {0};
    p = pipeline(FILM " reel=%s f.video ! " SMALL " ! fakesink name=v sync=false", reel);
    watch(p, "v", &again);
    fault = play(p);
    ok(!fault && again.count == video.count, "it plays again, and without its sound too (%s)",
       fault ? fault : "");
    g_free(fault), g_free(log);
    end_pipeline(p);

    struct seen late = {0};
    p = pipeline(FILM " reel=%s f.video ! " SMALL " ! fakesink name=v sync=false", reel);
    preroll(p);
    watch(p, "v", &late);
    ok(gst_element_seek_simple(p, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                               3 * GST_SECOND),
       "a seek into the second shot");
    fault = play(p);
    is_int(late.count, video.count - 36, "brings what is left");
    g_free(fault);
    end_pipeline(p);
    g_free(reel);
}

static void states(void)
{
    GstElement *p = pipeline(FILM " f.video ! " SMALL " ! fakesink f.audio ! fakesink");
    for (int i = 0; i < 50; i++) {
        gst_element_set_state(p, GST_STATE_PLAYING);
        gst_element_set_state(p, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
    }
    ok(preroll(p), "after fifty times from NULL to PLAYING and back it still prerolls");
    end_pipeline(p);
}

static void addresses(void)
{
    GError *error = NULL;
    GstElement *f = gst_element_make_from_uri(
        GST_URI_SRC, "whelk:a cat%20dives into a pool?seconds=5&ratio=1:1", NULL, &error);
    char *prompt = NULL, *ratio = NULL;
    double seconds = 0;
    if (f)
        g_object_get(f, "prompt", &prompt, "seconds", &seconds, "ratio", &ratio, NULL);
    is_str(prompt, "a cat dives into a pool", "whelk: is an address of films");
    ok(seconds == 5 && g_strcmp0(ratio, "1:1") == 0, "which may set more than the line");
    char *uri = f ? gst_uri_handler_get_uri(GST_URI_HANDLER(f)) : NULL;
    ok(uri && g_str_has_prefix(uri, "whelk:a cat dives"), "and is given back (%s)",
       uri ? uri : "none");
    ok(f && !gst_uri_handler_set_uri(GST_URI_HANDLER(f), "whelk:", &error),
       "one that says nothing is refused");
    has_text(error ? error->message : NULL, "says nothing", "in words");
    g_clear_error(&error);
    g_free(prompt), g_free(ratio), g_free(uri);
    if (f)
        gst_object_unref(gst_object_ref_sink(f));
}

static void refusals(void)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"whelkfilmsrc ! fakesink", "nothing to film"},
        {"whelkfilmsrc prompt=\" \" ! fakesink", "prompt is empty"},
        {"whelkfilmsrc storyboard=/no/such.json ! fakesink", "/no/such.json"},
        {"whelkfilmsrc prompt=cat model=/no/such ! fakesink", "/no/such"},
        {"whelkfilmsrc prompt=cat reel=/proc/none ! fakesink", "/proc/none"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        GstElement *p = pipeline("%s", bad[i].text);
        char *fault = play(p);
        has_text(fault, bad[i].says, "%s: %.200s", bad[i].text, fault ? fault : "was not refused");
        g_free(fault);
        end_pipeline(p);
    }
}

int main(int argc, char **argv)
{
    /* the editing services and what the editor names in check.c */
    plugin_begin(&argc, &argv,
                 (const char *const[]){"coreelements",
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
                                       NULL});
    the_whole_film();
    states();
    addresses();
    refusals();
    return plugin_end();
}
