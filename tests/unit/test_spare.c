/* What a render is spared, and that it changes nothing: pictures that are decoded for nobody before
 * a source seeks (preroll.c), copies by elements that have nothing to do (copies.c). */
#include "../tap.h"

#include "editor_fixture.h"

#include <gst/app/gstappsink.h>
#include <gst/base/gstbasetransform.h>

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

int main(void)
{
    whelk_error err = {0};
    char *folder = scratch_new();
    if (ok(edit_start(&err), "GStreamer starts %s", err.text)) {
        test_preroll(folder);
        test_flip();
    }
    scratch_remove(folder);
    g_free(folder);
    return done_testing();
}
