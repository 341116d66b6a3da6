/* whelkfilmsrc: every frame of the film in order and on time, the pictures those of its takes,
 * sound of the same length; events, seeks, the whelk: address, and what cannot be filmed.
 */
#include "plugin_test.h"
#include "../unit/fake_server.h"

#include <glib/gstdio.h>

#define FILM "whelkfilmsrc name=f steps=2 seconds=4 prompt=\"a cat runs on the beach\""
#define SMALL "video/x-raw,width=128,height=72,framerate=12/1"

struct seen { /* what came through one pad */
    int count, shots;
    char last_shot[16];
    bool steady; /* every buffer begins where the one before ended */
    GstClockTime next, end;
    GPtrArray *sums;
    double loudest; /* sample of 24 bits */
};

static double loudest_of(GstBuffer *b)
{
    GstMapInfo map;
    double most = 0;
    if (!gst_buffer_map(b, &map, GST_MAP_READ))
        return 0;
    for (gsize i = 0; i + 3 <= map.size; i += 3) {
        int v = (int)((guint32)map.data[i] << 8 | (guint32)map.data[i + 1] << 16 |
                      (guint32)map.data[i + 2] << 24);
        most = MAX(most, ABS(v / 2147483648.0));
    }
    gst_buffer_unmap(b, &map);
    return most;
}

static GstPadProbeReturn look(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct seen *s = data;
    GstBuffer *b = GST_PAD_PROBE_INFO_BUFFER(info);
    GstCustomMeta *m = gst_buffer_get_custom_meta(b, "GstWhelkShotMeta");
    const char *shot =
        m ? gst_structure_get_string(gst_custom_meta_get_structure(m), "shot") : NULL;
    if (GST_PAD_PARENT(pad) && strcmp(GST_OBJECT_NAME(GST_PAD_PARENT(pad)), "a") == 0)
        s->loudest = MAX(s->loudest, loudest_of(b));
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
    seek_past_the_end(
        pipeline(FILM " reel=%s f.video ! " SMALL " ! fakesink name=k f.audio ! fakesink", reel),
        "film");
    g_free(reel);
}

/* Nobody makes a second of film as fast as a sink without a clock takes it. An application holds
 * the film below 100 % and lets it go on at 100, as players do. */
static void making_does_not_keep_up(void)
{
    GstElement *p = pipeline("whelkfilmsrc name=f steps=12 seconds=6 prompt=\"a dog runs\" "
                             "f.video ! " SMALL " ! fakesink name=v sync=false");
    struct seen video = {0};
    int held = 0, released = 0, percent = 100, last = 100;
    bool rising = true, ended = false;
    watch(p, "v", &video);
    gst_element_set_state(p, GST_STATE_PLAYING);
    for (bool on = true; on;) {
        GstMessage *m =
            next_message(p, GST_MESSAGE_BUFFERING | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        on = m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_BUFFERING;
        ended = m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS;
        if (on) {
            gst_message_parse_buffering(m, &percent);
            held += percent < 100;
            released += percent == 100;
            rising = rising && (last == 100 || percent >= last);
            last = percent;
            gst_element_set_state(p, percent < 100 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
        }
        if (m)
            gst_message_unref(m);
    }
    ok(held > 3 && released > 0, "where making does not keep up, buffering is told (%d times)",
       held);
    ok(rising && last == 100, "rising, to 100 at last");
    ok(ended && video.count == 72 && video.steady, "and the film comes to its end (%d frames)",
       video.count);
    end_pipeline(p);
}

/* What goes wrong before anything plays, again and again: an end of each, and of the pipeline. */
static void early_errors(void)
{
    int refused = 0;
    for (int i = 0; i < 100; i++) {
        GstElement *p = pipeline("whelkfilmsrc name=f prompt=\" \" f.video ! fakesink "
                                 "f.audio ! %s fakesink",
                                 i % 2 ? "queue !" : "");
        char *fault = play(p);
        refused += fault && strstr(fault, "prompt is empty") != NULL;
        g_free(fault);
        end_pipeline(p);
    }
    is_int(refused, 100, "a hundred early errors in a row are all told, and no pipeline hangs");
}

/* The key is in the environment alone; the server is the tests' own. */
static void a_language_model_plans(void)
{
    const char *key = "sk-0123456789abcdef";
    char *asked = in_dir("asked"), *reel = in_dir("llm.reel"), *text = NULL;
    g_mkdir(asked, 0700);
    struct fake fake = fake_start("plan-good", NULL, asked);
    g_setenv("WHELK_LLM_KEY", key, TRUE);
    GstElement *p =
        pipeline("whelkfilmsrc name=f steps=2 prompt=\"a cat dives into a pool at dusk\" "
                 "reel=%s llm-url=%s f.video ! " SMALL " ! fakesink sync=false",
                 reel, fake.url);
    char *fault = play(p), *path = g_build_filename(reel, "storyboard.json", NULL),
         *head = g_build_filename(asked, "1.head", NULL);
    ok(!fault, "a language model plans the film (%s)", fault ? fault : "");
    g_file_get_contents(path, &text, NULL, NULL);
    has_text(text, "\"planner\": \"fake-1\"", "the storyboard is its own");
    g_clear_pointer(&text, g_free);
    g_file_get_contents(head, &text, NULL, NULL);
    has_text(text, key, "it was given the key of the environment");
    end_pipeline(p);
    g_unsetenv("WHELK_LLM_KEY");
    fake_stop(&fake);
    g_free(fault), g_free(path), g_free(head), g_free(text), g_free(asked), g_free(reel);
}

/* The sound of a film of one shot, which has no score, as the loudest sample. */
static double loudest(const char *storyboard)
{
    char *path = in_dir("voice.json");
    struct seen audio = {0};
    g_file_set_contents(path, storyboard, -1, NULL);
    GstElement *p = pipeline("whelkfilmsrc name=f steps=2 storyboard=%s f.video ! " SMALL
                             " ! fakesink sync=false f.audio ! fakesink name=a sync=false",
                             path);
    watch(p, "a", &audio);
    char *fault = play(p);
    if (fault)
        printf("# %s\n", fault);
    g_free(fault), g_free(path);
    end_pipeline(p);
    return audio.loudest;
}

static void a_voice_speaks(void)
{
    char *path = in_dir("whole.reel/storyboard.json"), *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    GString *story = g_string_new(text);
    g_string_replace(story, "\"off\": false", "\"off\": true", 1);
    double mute = loudest(story->str);
    g_string_replace(story, "\"id\": \"0010\",",
                     "\"id\": \"0010\", \"voice\": {\"text\": \"Here comes the cat.\"},", 1);
    double spoken = loudest(story->str);
    ok(mute < 0.001, "without score and words a film is silent (%.4f)", mute);
    ok(spoken > 0.05, "what a shot says is heard (%.4f)", spoken);
    g_string_free(story, TRUE);
    g_free(text), g_free(path);
}

static void forwards_only(void)
{
    char *reel = in_dir("whole.reel");
    struct seen all = {0};
    GstElement *p =
        pipeline(FILM " reel=%s f.video ! " SMALL " ! fakesink name=v sync=false", reel);
    preroll(p);
    watch(p, "v", &all);
    ok(!gst_element_seek(p, -1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                         GST_SEEK_TYPE_SET, 3 * GST_SECOND),
       "backwards is refused");
    GstMessage *m = next_message(p, GST_MESSAGE_WARNING);
    GError *error = NULL;
    if (m)
        gst_message_parse_warning(m, &error, NULL);
    has_text(error ? error->message : NULL, "forwards only", "in words");
    char *fault = play(p);
    ok(!fault && all.count > 36, "and the film goes on (%d frames)", all.count);
    g_clear_error(&error), g_free(fault), g_free(reel);
    if (m)
        gst_message_unref(m);
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
    static const char *const wrong[][2] = {{"whelk:a cat?seconds=abc", "seconds cannot be \"abc\""},
                                           {"whelk:a cat?seconds=1000", "seconds cannot be"},
                                           {"whelk:a cat?steps=-1", "steps cannot be"},
                                           {"whelk:a cat?planner=magic", "planner cannot be"},
                                           {"whelk:a cat?speed=2", "no setting \"speed\""},
                                           {"whelk:a cat?a=1&parent=x", "no setting \"a\""}};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        gboolean taken = f && gst_uri_handler_set_uri(GST_URI_HANDLER(f), wrong[i][0], &error);
        has_text(taken || !error ? NULL : error->message, wrong[i][1], wrong[i][0]);
        g_clear_error(&error);
    }
    g_free(prompt), g_free(ratio), g_free(uri);
    if (f)
        gst_object_unref(gst_object_ref_sink(f));
}

/* As a player takes it: uridecodebin and playbin find both streams, and both come to their end. */
static void players(void)
{
    struct seen video = {0}, audio = {0};
    GstElement *p = pipeline("uridecodebin name=u uri=\"whelk:a cat runs?seconds=2&steps=1\" "
                             "u. ! queue ! " SMALL " ! fakesink name=v "
                             "u. ! queue ! audio/x-raw ! fakesink name=a");
    watch(p, "v", &video);
    watch(p, "a", &audio);
    char *fault = play(p);
    ok(!fault && video.count == 24 && video.steady, "uridecodebin gives the pictures (%d, %s)",
       video.count, fault ? fault : "");
    ok(audio.steady && audio.end == video.end && audio.loudest > 0.01, "and the score (%.3f)",
       audio.loudest);
    g_free(fault);
    end_pipeline(p);
    p = pipeline("playbin uri=\"whelk:a cat runs?seconds=1&steps=1\" video-sink=fakesink "
                 "audio-sink=fakesink");
    int pictures = 0, sounds = 0;
    bool ready = preroll(p);
    g_object_get(p, "n-video", &pictures, "n-audio", &sounds, NULL);
    ok(ready && pictures == 1 && sounds == 1, "playbin finds both (%d, %d)", pictures, sounds);
    end_pipeline(p);
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
        {"whelkfilmsrc prompt=cat ratio=7:3 ! fakesink", "no ratio \"7:3\""},
        {"whelkfilmsrc storyboard=/etc/hostname ! fakesink", "/etc/hostname:1:1"},
        {"fakesink whelkfilmsrc prompt=cat", "nobody takes the film"},
        {"whelkfilmsrc prompt=cat planner=llm ! fakesink", "set llm-url"},
        {"whelkfilmsrc prompt=cat llm-url=http://127.0.0.1:9 ! fakesink", "no server answers"},
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
    plugin_begin(&argc, &argv, film_plugins);
    the_whole_film();
    a_voice_speaks();
    a_language_model_plans();
    forwards_only();
    making_does_not_keep_up();
    early_errors();
    addresses();
    players();
    refusals();
    return plugin_end();
}
