/* What a render is spared, and that it changes nothing: pictures that are decoded for nobody before
 * a source seeks (preroll.c), copies by elements that have nothing to do (copies.c), masks of wipes that are
 * over (masks.c). */
#include "../tap.h"

#include "editor_fixture.h"

#include <gst/app/gstappsink.h>
#include <gst/base/gstbasetransform.h>
#include <gst/pbutils/pbutils.h>
#include <malloc.h>

#include "../../editor/edit.h"

#define WAIT (60 * GST_SECOND)
#define FRAMES 24

struct player {
    GstElement *pipe, *sink;
};

/* A pipeline whose elements are spared as a render's are; it ends in an appsink named "out". */
static struct player player_new(const char *text)
{
    struct player p = {.pipe = gst_parse_launch(text, NULL)};
    GstIterator *all = gst_bin_iterate_elements(GST_BIN(p.pipe));
    GValue item = G_VALUE_INIT;
    while (gst_iterator_next(all, &item) == GST_ITERATOR_OK) {
        edit_preroll_spare(g_value_get_object(&item));
        edit_copies_spare(g_value_get_object(&item));
        g_value_reset(&item);
    }
    g_value_unset(&item);
    gst_iterator_free(all);
    p.sink = gst_bin_get_by_name(GST_BIN(p.pipe), "out");
    return p;
}

static void player_end(struct player *p)
{
    gst_element_set_state(p->pipe, GST_STATE_NULL);
    gst_object_unref(p->sink);
    gst_object_unref(p->pipe);
}

static int luma_of(GstSample *sample)
{
    unsigned char first = 0;
    if (sample)
        gst_buffer_extract(gst_sample_get_buffer(sample), 0, &first, 1);
    return first;
}

/* A paused source of a white take gives black at first; once it has sought, the take's own. */
static void test_preroll(const char *folder)
{
    char *take = clip_new(folder, "white.mkv", "white", FRAMES);
    char *text = g_strdup_printf("filesrc location=%s ! matroskademux ! avdec_ffv1 ! appsink "
                                 "name=out sync=false",
                                 take);
    struct player p = player_new(text);
    gst_element_set_state(p.pipe, GST_STATE_PAUSED);
    GstSample *s = gst_app_sink_try_pull_preroll(GST_APP_SINK(p.sink), WAIT);
    ok(luma_of(s) == 16, "before its source seeks a take is not decoded (luma %d)", luma_of(s));
    if (s)
        gst_sample_unref(s);
    gst_element_seek_simple(p.pipe, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                            GST_SECOND / 2);
    gst_element_set_state(p.pipe, GST_STATE_PLAYING);
    int count = 0, own = 0;
    const char *site = NULL;
    while ((s = gst_app_sink_try_pull_sample(GST_APP_SINK(p.sink), WAIT))) {
        const GstStructure *caps = gst_caps_get_structure(gst_sample_get_caps(s), 0);
        site = g_intern_string(gst_structure_get_string(caps, "chroma-site"));
        own += luma_of(s) > 230;
        count++;
        gst_sample_unref(s);
    }
    is_int(count, FRAMES / 2, "after it there are the rest of its pictures");
    is_int(own, count, "and all are its own");
    is_str(site, "mpeg2", "they say where their chroma lies");
    player_end(&p);
    g_free(text);
    g_free(take);
}

/* A stretch of frames as the timeline asks for it, from their very start or half a millisecond past
 * it. The time of the first is rounded up in the file, that of the one behind the last down. */
static void test_stretch(const char *folder, GstClockTime past)
{
    enum { FROM = 4, COUNT = 7 };
    char *take = clip_new(folder, "stretch.mkv", "white", FRAMES);
    char *text = g_strdup_printf("filesrc location=%s ! matroskademux ! avdec_ffv1 name=decoder ! "
                                 "appsink name=out sync=false",
                                 take);
    struct player p = player_new(text);
    gst_element_set_state(p.pipe, GST_STATE_PAUSED);
    gst_element_get_state(p.pipe, NULL, NULL, WAIT);
    gst_element_seek(p.pipe, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                     GST_SEEK_TYPE_SET, FROM * GST_SECOND / CLIP_FPS + past,
                     GST_SEEK_TYPE_SET, (FROM + COUNT) * GST_SECOND / CLIP_FPS + past);
    gst_element_set_state(p.pipe, GST_STATE_PLAYING);
    int count = 0;
    double first_s = -1;
    for (GstSample *s; (s = gst_app_sink_try_pull_sample(GST_APP_SINK(p.sink), WAIT)); count++) {
        if (count == 0)
            first_s = (double)GST_BUFFER_PTS(gst_sample_get_buffer(s)) / GST_SECOND;
        gst_sample_unref(s);
    }
    is_near(first_s, (double)FROM / CLIP_FPS, 1e-3, "a stretch begins with its first picture");
    is_int(count, COUNT, "and has its pictures, and none that is seen for no time");
    player_end(&p);
    g_free(text);
    g_free(take);
}

static GstPadProbeReturn count_own(GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
    (void)pad;
    if (!GST_BUFFER_FLAG_IS_SET(GST_PAD_PROBE_INFO_BUFFER(info), GST_BUFFER_FLAG_DROPPABLE))
        g_atomic_int_inc((int *)count);
    return GST_PAD_PROBE_OK;
}

static void tap_decoder(GstBin *bin, GstBin *inner, GstElement *e, gpointer count)
{
    (void)bin, (void)inner;
    GstElementFactory *f = gst_element_get_factory(e);
    if (!f || strcmp(GST_OBJECT_NAME(f), "avdec_ffv1") != 0)
        return;
    GstPad *out = gst_element_get_static_pad(e, "src");
    gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_BUFFER, count_own, count, NULL);
    gst_object_unref(out);
}

static void tap_source(GstDiscoverer *d, GstElement *source, gpointer count)
{
    (void)d;
    GstObject *decoder = gst_object_get_parent(GST_OBJECT(source));
    g_signal_handlers_disconnect_by_func(decoder, tap_decoder, count);
    g_signal_connect(decoder, "deep-element-added", G_CALLBACK(tap_decoder), count);
    gst_object_unref(decoder);
}

/* Looks at files as GES does, which keeps one for all of them. */
struct looker {
    GstDiscoverer *discoverer;
    int own; /* pictures of the last file that were decoded for that */
    int width;
};

static void looker_init(struct looker *l)
{
    l->discoverer = gst_discoverer_new(WAIT, NULL);
    g_signal_connect(l->discoverer, "source-setup", G_CALLBACK(tap_source), &l->own);
}

/* How many pictures were decoded for it, -1 = not read. */
static int look(struct looker *l, const char *uri)
{
    l->own = l->width = 0;
    GstDiscovererInfo *info = gst_discoverer_discover_uri(l->discoverer, uri, NULL);
    GList *streams = info ? gst_discoverer_info_get_video_streams(info) : NULL;
    if (streams)
        l->width = (int)gst_discoverer_video_info_get_width(streams->data);
    bool good = streams && gst_discoverer_info_get_duration(info) == GST_SECOND;
    gst_discoverer_stream_info_list_free(streams);
    g_clear_object(&info);
    return good ? l->own : -1;
}

static void test_look(const char *folder)
{
    char *take = clip_new(folder, "look.mkv", "white", FRAMES),
         *other = clip_new(folder, "other.mkv", "white", FRAMES),
         *uri = g_filename_to_uri(take, NULL, NULL),
         *other_uri = g_filename_to_uri(other, NULL, NULL);
    struct looker l;
    looker_init(&l);
    int before = look(&l, uri);
    ok(before > 0, "who looks at a take decodes it (%d pictures)", before);
    for (int round = 0; round < 2; round++) {
        gulong hook = edit_preroll_look(uri);
        int first = look(&l, uri), width = l.width, meanwhile = look(&l, other_uri),
            again = look(&l, uri);
        edit_preroll_looked(hook);
        int after = look(&l, other_uri), itself = look(&l, uri);
        is_int(first, 0, "but not while the editor has it looked at");
        is_int(width, CLIP_WIDTH, "which tells its size all the same");
        ok(meanwhile > 0, "another take is decoded meanwhile (%d)", meanwhile);
        is_int(again, 0, "and this one still is not");
        ok(after > 0, "once it has been looked at, another is decoded (%d)", after);
        ok(itself > 0, "and so is itself (%d)", itself);
    }
    g_object_unref(l.discoverer);
    g_free(other_uri), g_free(uri);
    g_free(other), g_free(take);
}

/* Plays to the end; the size of the last picture. */
static void play(struct player *p, int *width, int *height)
{
    *width = *height = 0;
    gst_element_set_state(p->pipe, GST_STATE_PLAYING);
    for (GstSample *s; (s = gst_app_sink_try_pull_sample(GST_APP_SINK(p->sink), WAIT));) {
        const GstStructure *caps = gst_caps_get_structure(gst_sample_get_caps(s), 0);
        gst_structure_get_int(caps, "width", width);
        gst_structure_get_int(caps, "height", height);
        gst_sample_unref(s);
    }
}

#define FLIP "videoflip name=flip video-direction=auto ! appsink name=out sync=false"

static void test_flip(void)
{
    int width, height;
    struct player p = player_new("videotestsrc num-buffers=4 ! "
                                 "video/x-raw,format=I420,width=64,height=48 ! " FLIP);
    play(&p, &width, &height);
    GstElement *flip = gst_bin_get_by_name(GST_BIN(p.pipe), "flip");
    ok(gst_base_transform_is_passthrough(GST_BASE_TRANSFORM(flip)) && width == 64,
       "pictures that are upright are passed on, not copied");
    gst_object_unref(flip);
    player_end(&p);
    p = player_new("videotestsrc num-buffers=4 ! video/x-raw,format=I420,width=64,height=48 ! "
                   "taginject tags=image-orientation=rotate-90 ! " FLIP);
    play(&p, &width, &height);
    ok(width == 48 && height == 64, "those of a camera held upright are turned (%dx%d)", width,
       height);
    player_end(&p);
}

#define HALF_WIPED                                                                                 \
    "videotestsrc pattern=white num-buffers=2 ! video/x-raw,format=I420,width=1280,height=720 ! "  \
    "videoconvert ! smptealpha name=wipe type=1 position=0.5 ! video/x-raw,format=AYUV ! "         \
    "appsink name=out sync=false"

/* The alpha of a pixel in the first and in the last quarter of the middle line; false = not read. */
static bool wiped(struct player *p, int alpha[2])
{
    gst_element_set_state(p->pipe, GST_STATE_PLAYING);
    GstSample *s = gst_app_sink_try_pull_sample(GST_APP_SINK(p->sink), WAIT);
    unsigned char at[2] = {0};
    bool good = s != NULL;
    for (gsize i = 0; good && i < 2; i++) {
        gsize pixel = 360 * 1280 + 320 + 640 * i;
        good = gst_buffer_extract(gst_sample_get_buffer(s), 4 * pixel, &at[i], 1) == 1;
        alpha[i] = at[i];
    }
    if (s)
        gst_sample_unref(s);
    gst_element_set_state(p->pipe, GST_STATE_READY);
    return good;
}

static void test_mask(void)
{
    int first[2] = {0}, again[2] = {0};
    struct player p = player_new(HALF_WIPED);
    GstElement *wipe = gst_bin_get_by_name(GST_BIN(p.pipe), "wipe");
    bool good = wiped(&p, first);
    ok(good && first[0] != first[1], "a wipe half way shows one side (%d, %d)", first[0],
       first[1]);
    struct mallinfo2 before = mallinfo2();
    edit_mask_drop(wipe);
    struct mallinfo2 after = mallinfo2();
    double freed = (double)(before.uordblks + before.hblkhd) -
                   (double)(after.uordblks + after.hblkhd);
#if defined(__SANITIZE_ADDRESS__)
    (void)freed; /* whose own allocator tells nothing */
#else
    ok(freed > 1280 * 720 * 4 * 0.9, "over, it forgets its mask of %.1f MB", freed / 1e6);
#endif
    good = wiped(&p, again);
    ok(good && again[0] == first[0] && again[1] == first[1],
       "and played again it shows the same (%d, %d)", again[0], again[1]);
    gst_object_unref(wipe);
    player_end(&p);
}

int main(void)
{
    whelk_error err = {0};
    char *folder = scratch_new();
    if (ok(edit_start(&err), "GStreamer starts %s", err.text)) {
        test_preroll(folder);
        test_stretch(folder, 0);
        test_stretch(folder, 500 * GST_USECOND);
        test_look(folder);
        test_flip();
        test_mask();
    }
    scratch_remove(folder);
    g_free(folder);
    return done_testing();
}
