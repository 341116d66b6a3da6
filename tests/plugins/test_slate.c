/* whelkslate burns in what the buffers tell and nothing elsewhere; whelkscoresrc gives the editor's
 * score, sample for sample. */
#include "plugin_test.h"

#include "../../editor/editor.h"

enum { W = 640, H = 360 };

/* Rows of the luma that differ from grey, as first and last; -1 = none. */
static void touched_rows(GstBuffer *b, int *first, int *last)
{
    GstMapInfo map;
    *first = *last = -1;
    gst_buffer_map(b, &map, GST_MAP_READ);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            if (map.data[y * W + x] != 128) {
                *last = y;
                *first = *first < 0 ? y : *first;
            }
    gst_buffer_unmap(b, &map);
}

static GstBuffer *grey(int n, bool with_meta)
{
    GstBuffer *b = gst_buffer_new_allocate(NULL, W * H * 3 / 2, NULL);
    gst_buffer_memset(b, 0, 128, W * H * 3 / 2);
    GST_BUFFER_PTS(b) = gst_util_uint64_scale((guint64)n, GST_SECOND, 24);
    GST_BUFFER_DURATION(b) = GST_SECOND / 24;
    if (with_meta)
        gst_structure_set(
            gst_custom_meta_get_structure(gst_buffer_add_custom_meta(b, "GstWhelkShotMeta")),
            "shot", G_TYPE_STRING, "0020", "take", G_TYPE_STRING, "t01", "seed", G_TYPE_UINT64,
            (guint64)7, NULL);
    return b;
}

static char *slated(const char *more, int n, bool with_meta, int *first, int *last)
{
    char *text = g_strdup_printf("whelkslate %s", more);
    GstHarness *h = gst_harness_new_parse(text);
    gst_harness_set_src_caps_str(h, "video/x-raw,format=I420,width=640,height=360,framerate=24/1");
    GstBuffer *b = gst_harness_push_and_pull(h, grey(n, with_meta));
    touched_rows(b, first, last);
    char *sum = checksum(b);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
    g_free(text);
    return sum;
}

/* A frame far smaller than its words. */
static void small_frames(void)
{
    GstHarness *h = gst_harness_new("whelkslate");
    gst_harness_set_src_caps_str(h, "video/x-raw,format=GRAY8,width=16,height=16,framerate=24/1");
    GstBuffer *b = grey(0, true);
    gst_buffer_set_size(b, 16 * 16);
    b = gst_harness_push_and_pull(h, b);
    GstMapInfo map;
    int touched = 0;
    gst_buffer_map(b, &map, GST_MAP_READ);
    for (gsize i = 0; i < map.size; i++)
        touched += map.data[i] != 128;
    gst_buffer_unmap(b, &map);
    ok(touched > 0 && touched <= 32, "a frame of 16x16 gets a strip of a line (%d)", touched);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
    h = gst_harness_new("whelkslate");
    gst_harness_set_src_caps_str(h, "video/x-raw,format=GRAY8,width=1,height=1,framerate=24/1");
    is_int(gst_harness_push(h, gst_buffer_new_allocate(NULL, 4, NULL)), GST_FLOW_NOT_NEGOTIATED,
           "one of 1x1 is refused");
    gst_harness_teardown(h);
}

/* On the way, with the same text. */
static void caps_change(void)
{
    GstHarness *h = gst_harness_new_parse("whelkslate shot=0020 size=0.1");
    int first, last, touched = 0, outside = 0;
    gst_harness_set_src_caps_str(h, "video/x-raw,format=I420,width=640,height=360,framerate=24/1");
    GstBuffer *b = gst_harness_push_and_pull(h, grey(30, false));
    touched_rows(b, &first, &last);
    gst_buffer_unref(b);
    gst_harness_set_src_caps_str(h, "video/x-raw,format=RGBA,width=160,height=90,framerate=24/1");
    b = grey(30, false);
    gst_buffer_set_size(b, 160 * 90 * 4);
    b = gst_harness_push_and_pull(h, b);
    GstMapInfo map;
    gst_buffer_map(b, &map, GST_MAP_READ);
    for (int k = 0; k < 160 * 90 * 4; k++)
        if (map.data[k] != 128) {
            touched++;
            outside += k / 640 < 81;
        }
    gst_buffer_unmap(b, &map);
    ok(first >= H - 37 && touched > 0 && outside == 0,
       "caps can change on the way, and the strip with them (%d bytes, %d outside)", touched,
       outside);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

static void slates(void)
{
    int first, last;
    char *a = slated("", 30, true, &first, &last), *b = slated("", 30, true, &first, &last);
    ok(first >= H - 30 && last == H - 1, "the strip lies at the bottom (rows %d to %d)", first,
       last);
    is_str(a, b, "the same frame gets the same strip");
    g_free(b);
    b = slated("", 31, true, &first, &last);
    ok(g_strcmp0(a, b) != 0, "the next frame another timecode");
    g_free(b);
    b = slated("", 30, false, &first, &last);
    ok(g_strcmp0(a, b) != 0, "without shot and take there is the timecode alone");
    g_free(a);
    a = slated("shot=0020 take=t01", 30, false, &first, &last);
    ok(g_strcmp0(a, b) != 0, "unless they are given");
    g_free(a), g_free(b);
    g_free(slated("position=top size=0.1", 30, true, &first, &last));
    ok(first == 0 && last >= 30 && last < 40, "or at the top, as high as asked (rows %d to %d)",
       first, last);
    GstElement *p = pipeline(
        "whelkshotsrc steps=2 prompt=cat num-frames=3 ! video/x-raw,width=320,height=180 ! "
        "videoconvert ! video/x-raw,format=BGRx ! whelkslate ! fakesink");
    char *fault = play(p);
    ok(!fault, "behind a conversion it still plays (%s)", fault ? fault : "");
    g_free(fault);
    end_pipeline(p);
}

static void meta_is_kept(void)
{
    GstElement *p = pipeline("whelkshotsrc steps=2 seed=9 prompt=cat num-frames=2 ! "
                             "video/x-raw,format=I420,width=64,height=36 ! videoconvert ! "
                             "video/x-raw,format=RGBA ! fakesink name=k enable-last-sample=true");
    char *fault = play(p);
    GstElement *k = gst_bin_get_by_name(GST_BIN(p), "k");
    GstSample *s = NULL;
    g_object_get(k, "last-sample", &s, NULL);
    GstCustomMeta *m =
        s ? gst_buffer_get_custom_meta(gst_sample_get_buffer(s), "GstWhelkShotMeta") : NULL;
    guint64 seed = 0;
    ok(!fault && m && gst_structure_get_uint64(gst_custom_meta_get_structure(m), "seed", &seed) &&
           seed == 9,
       "shot, take and seed come through a conversion");
    if (s)
        gst_sample_unref(s);
    gst_object_unref(k);
    g_free(fault);
    end_pipeline(p);
}

/* The editor's own file of the same score. */
static char *score_file(gsize *size)
{
    whelk_error err = {0};
    whelk_score score = {.mood = "playful", .seconds = 4, .seed = 3};
    char *path = in_dir("score.wav"), *data = NULL;
    if (!whelk_score_write(&score, NULL, path, NULL, &err) ||
        !g_file_get_contents(path, &data, size, NULL))
        printf("# %s\n", err.text);
    g_free(path);
    return data;
}

static void scores(void)
{
    gsize size = 0, at = 44;
    char *wav = score_file(&size);
    GstHarness *h = gst_harness_new_parse("whelkscoresrc mood=playful length=4 seed=3");
    gst_harness_play(h);
    bool same = wav != NULL, times = true;
    GstBuffer *b;
    while (same && at < size && (b = gst_harness_pull(h))) {
        GstMapInfo map;
        gst_buffer_map(b, &map, GST_MAP_READ);
        same = at + map.size <= size && memcmp(map.data, wav + at, map.size) == 0;
        times =
            times && GST_BUFFER_PTS(b) == gst_util_uint64_scale((at - 44) / 6, GST_SECOND, 48000);
        at += map.size;
        gst_buffer_unmap(b, &map);
        gst_buffer_unref(b);
    }
    ok(same && at == size, "the score is the editor's, sample for sample (%d bytes)", (int)size);
    ok(times, "on time");
    GstCaps *caps = gst_pad_get_current_caps(h->sinkpad);
    ok(caps && gst_caps_is_fixed(caps), "with caps");
    gst_clear_caps(&caps);
    gst_harness_teardown(h);
    g_free(wav);
    GstElement *p = pipeline("whelkscoresrc length=3 ! fakesink");
    gint64 length = 0;
    preroll(p);
    ok(gst_element_query_duration(p, GST_FORMAT_TIME, &length) && length == 3 * GST_SECOND,
       "it tells its length");
    ok(gst_element_seek_simple(p, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 2 * GST_SECOND),
       "and seeks");
    char *fault = play(p);
    ok(!fault, "to the end (%s)", fault ? fault : "");
    g_free(fault);
    end_pipeline(p);
    seek_past_the_end(pipeline("whelkscoresrc length=2 ! fakesink name=k"), "score");
    p = pipeline("whelkscoresrc mood=grumpy ! fakesink");
    fault = play(p);
    has_text(fault, "grumpy", "a mood that is not there is refused by name");
    g_free(fault);
    end_pipeline(p);
    p = pipeline("whelkscoresrc instruments=\"piano, vuvuzela\" ! fakesink");
    fault = play(p);
    has_text(fault, "\"vuvuzela\"", "and so is an instrument");
    g_free(fault);
    end_pipeline(p);
}

int main(int argc, char **argv)
{
    plugin_begin(&argc, &argv, (const char *const[]){"coreelements", "videoconvertscale", NULL});
    slates();
    small_frames();
    caps_change();
    meta_is_kept();
    scores();
    return plugin_end();
}
