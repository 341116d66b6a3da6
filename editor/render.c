/* Renders a timeline into a file of the plan's profile. It is written under the name it is given;
 * the caller renames it once it has been verified. */
#include "watch.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>

#define TICK (100 * GST_MSECOND) /* how often progress is told and cancelling looked at */
#define STALL_S 60               /* no new frame for so long: the render is given up */
#define QUEUE_BYTES (3 << 20)    /* waiting between two elements, where GStreamer lets 10 MB wait */
#define MAPPED_BYTES (2 << 20)   /* smaller pieces of memory are never mapped apart */
#define KEPT_BYTES (128 << 10)   /* free at an arena's end, as the C library has it at first */

struct render {
    const struct edit_plan *plan;
    const char *path;
    GESPipeline *pipe;
    const whelk_listener *listen;
    struct edit_watch *watch;
    gint64 began_us;
};

/* encodebin makes the elements itself; this is where they can be told how. */
static void set_element(GstBin *bin, GstBin *inner, GstElement *e, gpointer data)
{
    (void)bin;
    (void)inner;
    const struct render *r = data;
    edit_profile_set(r->plan, e);
    edit_preroll_spare(e);
    edit_copies_spare(e);
    edit_watch_tap(r->watch, e);
    GstElementFactory *f = gst_element_get_factory(e);
    if (f && strcmp(GST_OBJECT_NAME(f), "queue") == 0)
        g_object_set(e, "max-size-bytes", QUEUE_BYTES, NULL);
}

/* GES takes a stretch's elements out when it is over, and keeps them. */
static void spare_element(GstBin *bin, GstBin *inner, GstElement *e, gpointer data)
{
    (void)bin, (void)inner, (void)data;
    edit_mask_drop(e);
}

static bool tell(const struct render *r, long frame)
{
    if (!r->listen || !r->listen->progress)
        return true;
    double spent = (double)(g_get_monotonic_time() - r->began_us) / 1e6;
    double left = frame >= r->plan->fps_n / r->plan->fps_d
                      ? spent * (double)(r->plan->frames - frame) / (double)frame
                      : -1;
    return r->listen->progress(r->listen->ctx, "cut", NULL, "frame", (double)frame,
                               (double)r->plan->frames, left);
}

bool edit_fail_with(GstMessage *m, const char *name, const char *what, whelk_error *err)
{
    GError *error = NULL;
    gst_message_parse_error(m, &error, NULL);
    bool room =
        error->domain == GST_RESOURCE_ERROR && error->code == GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    if (room)
        whelk_fail(err, WHELK_EFAIL, "%s: the disk is full; make room and run the cut again (%s)",
                   name, error->message);
    else
        whelk_fail(err, WHELK_EFAIL, "%s: %s: %s", name, what, error->message);
    g_error_free(error);
    return false;
}

static bool wait_for_end(const struct render *r, whelk_error *err)
{
    GstBus *bus = gst_element_get_bus(GST_ELEMENT(r->pipe));
    bool good = false;
    gint64 moved_us = g_get_monotonic_time();
    long frame = 0, trimmed = 0;
    for (;;) {
        /* frames come and go on many threads, and the C library keeps what each has freed: a third
         * of 500 MB in a film of 60 clips; it is given back once a second of film */
        if ((frame - trimmed) * r->plan->fps_d > r->plan->fps_n) {
            malloc_trim(0);
            trimmed = frame;
        }
        if (!tell(r, frame)) {
            whelk_fail(err, WHELK_EINTERRUPTED, "the cut was stopped at frame %ld of %ld", frame,
                       r->plan->frames);
            break;
        }
        GstMessage *m = gst_bus_timed_pop_filtered(bus, TICK, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        if (m) {
            good = GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS ||
                   edit_fail_with(m, r->path, "the render failed", err);
            gst_message_unref(m);
            break;
        }
        gint64 ns = 0;
        if (gst_element_query_position(GST_ELEMENT(r->pipe), GST_FORMAT_TIME, &ns)) {
            long now = (long)gst_util_uint64_scale((guint64)MAX(ns, 0), (guint64)r->plan->fps_n,
                                                   (guint64)r->plan->fps_d * GST_SECOND);
            if (now != frame)
                moved_us = g_get_monotonic_time();
            frame = MIN(now, r->plan->frames);
        }
        if (g_get_monotonic_time() - moved_us > (gint64)STALL_S * G_USEC_PER_SEC) {
            whelk_fail(err, WHELK_EFAIL, "%s: the render stands still at frame %ld", r->path,
                       frame);
            break;
        }
    }
    gst_object_unref(bus);
    return good;
}

static bool start(struct render *r, GESTimeline *timeline, whelk_error *err)
{
    char *uri = g_filename_to_uri(r->path, NULL, NULL);
    GstEncodingProfile *profile = edit_profile_encoding(r->plan);
    bool good = ges_pipeline_set_timeline(r->pipe, timeline) &&
                ges_pipeline_set_render_settings(r->pipe, uri, profile) &&
                ges_pipeline_set_mode(r->pipe, GES_PIPELINE_MODE_RENDER);
    g_object_unref(profile);
    g_free(uri);
    if (!good || gst_element_set_state(GST_ELEMENT(r->pipe), GST_STATE_PLAYING) ==
                     GST_STATE_CHANGE_FAILURE) {
        GstBus *bus = gst_element_get_bus(GST_ELEMENT(r->pipe));
        GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        if (m) {
            edit_fail_with(m, r->path, "the render failed", err);
            gst_message_unref(m);
        } else {
            whelk_fail(err, WHELK_EFAIL, "%s: the render does not start", r->path);
        }
        gst_object_unref(bus);
        return false;
    }
    return true;
}

/* Has pictures with alpha, which wipes are made of, given back when they are freed: else each of the
 * C library's arenas would keep some to itself. What was freed before may have moved its bound for
 * the ends of arenas to many megabytes. */
static void give_back_at_once(const struct edit_plan *plan)
{
    mallopt(M_MMAP_THRESHOLD, MAX(MAPPED_BYTES, 2 * plan->width * plan->height));
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

bool edit_render(GESTimeline *timeline, const struct edit_plan *plan, const char *path,
                 struct edit_watch *watch, const whelk_listener *listen, whelk_error *err)
{
    struct render r = {.plan = plan,
                       .path = path,
                       .listen = listen,
                       .watch = watch,
                       .began_us = g_get_monotonic_time()};
    give_back_at_once(plan);
    r.pipe = gst_object_ref_sink(ges_pipeline_new());
    g_signal_connect(r.pipe, "deep-element-added", G_CALLBACK(set_element), &r);
    g_signal_connect(r.pipe, "deep-element-removed", G_CALLBACK(spare_element), NULL);
    bool good = start(&r, timeline, err) && wait_for_end(&r, err);
    gst_element_set_state(GST_ELEMENT(r.pipe), GST_STATE_NULL);
    gst_object_unref(r.pipe);
    malloc_trim(0);
    if (good)
        tell(&r, plan->frames);
    else
        g_unlink(path);
    return good;
}
