/* The film piece by piece, while its takes are still being made. A piece is the stretch of one
 * clip: it begins with the transition from the clip before and ends where the one to the next
 * begins, so only two files need be there. It is cut by the same timeline as the film, read frame
 * by frame instead of rendered. GES wants a timeline to stay with its thread, so each piece has
 * one. */
#include <gst/app/gstappsink.h>
#include <math.h>
#include <string.h>

#include "edit.h"

#define AHEAD 8                    /* frames that are made before they are asked for */
#define PATIENCE (20 * GST_SECOND) /* for one frame */

struct whelk_edit_piece {
    /* given to the thread */
    whelk_edit edit;
    whelk_edit_clip clips[2];
    whelk_edit_title *titles;
    long *title_start, *title_frames;
    char *reel, *path; /* of the clip that fails, should one */
    long skip, frames; /* of the timeline: left out, then handed out */
    /* the thread and what it says */
    GThread *thread;
    GMutex lock;
    GCond moved;
    bool opened, failed, closing;
    whelk_error err;
    GstElement *pipe, *sink; /* the thread's; NULL when failed */
    GstStream *stream;       /* of the timeline's pictures */
};

/* --- The whole film without its files --------------------------------------------------------- */

bool whelk_edit_layout(const whelk_edit *edit, const char *reel, long *starts, int *fps_n,
                       int *fps_d, whelk_error *err)
{
    struct edit_plan plan;
    if (!edit_plan_lay(&plan, edit, reel, err))
        return false;
    for (int i = 0; i < plan.slot_count; i++)
        starts[i] = plan.slots[i].start;
    starts[plan.slot_count] = plan.frames;
    *fps_n = plan.fps_n;
    *fps_d = plan.fps_d;
    edit_plan_release(&plan);
    return true;
}

/* --- The thread ------------------------------------------------------------------------------- */

/* Titles keep their own time, so that one that runs over the piece's edge does not rise anew. */
static void place_titles(const struct whelk_edit_piece *p, struct edit_plan *plan)
{
    for (int i = 0; i < plan->card_count; i++) {
        plan->cards[i].start = p->title_start[i];
        plan->cards[i].frames = p->title_frames[i];
    }
    plan->frames = MAX(plan->frames, p->skip + p->frames);
}

static bool link_pictures(struct whelk_edit_piece *p, GESTimeline *timeline)
{
    GstPad *in = gst_element_get_static_pad(p->sink, "sink");
    GList *tracks = ges_timeline_get_tracks(timeline); /* one, of pictures */
    GstPad *out = ges_timeline_get_pad_for_track(timeline, tracks->data);
    bool linked = out && gst_pad_link(out, in) == GST_PAD_LINK_OK;
    gst_clear_object(&out);
    g_list_free_full(tracks, gst_object_unref);
    gst_object_unref(in);
    return linked;
}

/* A timeline tells of its stream when it starts. */
static GstStream *stream_of(GstElement *pipe)
{
    GstBus *bus = gst_element_get_bus(pipe);
    GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_STREAM_COLLECTION | GST_MESSAGE_ERROR);
    GstStreamCollection *all = NULL;
    GstStream *stream = NULL;
    if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR)
        gst_bus_post(bus, gst_message_ref(m)); /* for tell_fault */
    else if (m)
        gst_message_parse_stream_collection(m, &all);
    if (all && gst_stream_collection_get_size(all) == 1)
        stream = gst_object_ref(gst_stream_collection_get_stream(all, 0));
    gst_clear_object(&all);
    if (m)
        gst_message_unref(m);
    gst_object_unref(bus);
    return stream;
}

/* GES before 1.26.6 loses two references to the stream of each track: update_stream_object does not
 * give its own away, ges_timeline_remove_track forgets the track's. Once the timeline is gone,
 * they are nobody's. */
static void let_stream_go(GstStream *stream)
{
    int ours = GST_OBJECT_REFCOUNT_VALUE(stream) == 3 ? 3 : 1;
    while (ours-- > 0)
        gst_object_unref(stream);
}

static bool start(struct whelk_edit_piece *p, GESTimeline *timeline, whelk_error *err)
{
    p->pipe = gst_object_ref_sink(gst_pipeline_new(NULL));
    p->sink = gst_element_factory_make("appsink", NULL);
    if (!p->sink)
        return whelk_fail(err, WHELK_EFAIL,
                          "GStreamer has no element appsink; install gstreamer1.0-plugins-base");
    g_object_set(p->sink, "sync", FALSE, "max-buffers", AHEAD, NULL);
    gst_bin_add_many(GST_BIN(p->pipe), GST_ELEMENT(timeline), p->sink, NULL);
    if (!link_pictures(p, timeline))
        return whelk_fail(err, WHELK_EFAIL, "the timeline's pictures cannot be read");
    ges_timeline_commit(timeline);
    if (gst_element_set_state(p->pipe, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return whelk_fail(err, WHELK_EFAIL, "the piece does not start");
    p->stream = stream_of(p->pipe);
    return true;
}

static GESTimeline *build(struct whelk_edit_piece *p, whelk_error *err)
{
    struct edit_plan plan;
    if (!edit_start(err) || !edit_plan_init(&plan, &p->edit, p->reel, NULL, err))
        return NULL;
    plan.piece = true;
    place_titles(p, &plan);
    GESTimeline *timeline = edit_conform(&plan, NULL, err) && edit_title_draw(&plan, NULL, err)
                                ? edit_timeline_new(&plan, err)
                                : NULL;
    edit_plan_release(&plan);
    return timeline;
}

static gpointer run(gpointer data)
{
    static GMutex one_at_a_time;
    struct whelk_edit_piece *p = data;
    whelk_error err = {0};
    g_mutex_lock(&one_at_a_time);
    GESTimeline *timeline = build(p, &err);
    bool good = timeline && start(p, timeline, &err);
    g_mutex_unlock(&one_at_a_time);
    g_mutex_lock(&p->lock);
    p->opened = true;
    p->failed = !good;
    p->err = err;
    g_cond_broadcast(&p->moved);
    while (!p->closing)
        g_cond_wait(&p->moved, &p->lock);
    g_mutex_unlock(&p->lock);
    if (p->pipe) {
        gst_element_set_state(p->pipe, GST_STATE_NULL);
        gst_object_unref(p->pipe);
    }
    if (timeline)
        gst_object_unref(timeline);
    if (p->stream)
        let_stream_go(p->stream);
    return NULL;
}

/* --- Opening ---------------------------------------------------------------------------------- */

/* The clip and the end of the one before, with one frame to spare: no clip is wholly covered. */
static void take_clips(struct whelk_edit_piece *p, const struct edit_plan *film, int index)
{
    const struct edit_slot *s = &film->slots[index];
    p->edit = *film->edit;
    p->edit.clips = p->clips;
    p->edit.clip_count = 0;
    p->edit.score_off = true;
    p->edit.label = NULL; /* one of the film's cards: take_titles */
    p->skip = 0;
    if (index > 0 && s[-1].overlap > 0) {
        const struct edit_slot *before = s - 1;
        whelk_edit_clip c = *before->clip;
        p->skip = 1;
        c.in_s += edit_plan_seconds(film, before->frames - before->overlap - 1) * before->speed;
        c.seconds = edit_plan_seconds(film, before->overlap + 1);
        p->clips[p->edit.clip_count++] = c;
    }
    whelk_edit_clip c = *s->clip;
    c.seconds = edit_plan_seconds(film, s->frames);
    p->clips[p->edit.clip_count++] = c;
    for (int i = 0; i < p->edit.clip_count; i++)
        p->clips[i].effect_sound = NULL;
}

static void take_titles(struct whelk_edit_piece *p, const struct edit_plan *film, long from,
                        long to)
{
    p->titles = g_new0(whelk_edit_title, film->card_count + 1);
    p->title_start = g_new0(long, film->card_count + 1);
    p->title_frames = g_new0(long, film->card_count + 1);
    p->edit.titles = p->titles;
    p->edit.title_count = 0;
    for (int i = 0; i < film->card_count; i++) {
        const struct edit_card *c = &film->cards[i];
        if (c->start >= to || c->start + c->frames <= from)
            continue;
        int k = p->edit.title_count++;
        p->titles[k] = *c->title;
        p->title_start[k] = c->start - from + p->skip;
        p->title_frames[k] = c->frames;
        p->titles[k].at_s = edit_plan_seconds(film, MAX(p->title_start[k], 0));
    }
}

static void piece_free(struct whelk_edit_piece *p)
{
    g_mutex_clear(&p->lock);
    g_cond_clear(&p->moved);
    g_free(p->titles);
    g_free(p->title_start);
    g_free(p->title_frames);
    g_free(p->reel);
    g_free(p->path);
    g_free(p);
}

whelk_edit_piece *whelk_edit_piece_open(const whelk_edit *edit, int index, const char *reel,
                                        whelk_error *err)
{
    struct edit_plan film;
    if (!edit_plan_lay(&film, edit, reel, err))
        return NULL;
    struct whelk_edit_piece *p = g_new0(struct whelk_edit_piece, 1);
    long from = film.slots[index].start;
    long to = index + 1 < film.slot_count ? film.slots[index + 1].start : film.frames;
    g_mutex_init(&p->lock);
    g_cond_init(&p->moved);
    p->reel = g_strdup(film.reel);
    p->path = g_strdup(film.slots[index].clip->path);
    p->frames = to - from;
    take_clips(p, &film, index);
    take_titles(p, &film, from, to);
    edit_plan_release(&film);
    GError *error = NULL;
    p->thread = g_thread_try_new("whelk-piece", run, p, &error);
    if (!p->thread) {
        whelk_fail(err, WHELK_EFAIL,
                   "%s: no thread can be started to cut it: %s; end other programs, or allow more "
                   "threads or memory",
                   p->path, error->message);
        g_error_free(error);
        piece_free(p);
        return NULL;
    }
    g_mutex_lock(&p->lock);
    while (!p->opened)
        g_cond_wait(&p->moved, &p->lock);
    g_mutex_unlock(&p->lock);
    if (!p->failed)
        return p;
    if (err)
        *err = p->err;
    whelk_edit_piece_close(p);
    return NULL;
}

void whelk_edit_piece_close(whelk_edit_piece *p)
{
    if (!p)
        return;
    g_mutex_lock(&p->lock);
    p->closing = true;
    g_cond_broadcast(&p->moved);
    g_mutex_unlock(&p->lock);
    g_thread_join(p->thread);
    piece_free(p);
}

/* --- Reading ---------------------------------------------------------------------------------- */

static bool tell_fault(struct whelk_edit_piece *p, whelk_error *err)
{
    GstBus *bus = gst_element_get_bus(p->pipe);
    GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    GError *error = NULL;
    if (m)
        gst_message_parse_error(m, &error, NULL);
    whelk_fail(err, WHELK_EFAIL, "%s: the piece ends before its last frame: %s",
               p->path,
               error ? error->message : "GStreamer gives no more pictures");
    g_clear_error(&error);
    if (m)
        gst_message_unref(m);
    gst_object_unref(bus);
    return false;
}

struct _GstSample *whelk_edit_piece_next(whelk_edit_piece *p, whelk_error *err)
{
    while (p->frames > 0) {
        GstSample *s = gst_app_sink_try_pull_sample(GST_APP_SINK(p->sink), PATIENCE);
        if (!s) {
            tell_fault(p, err);
            return NULL;
        }
        if (p->skip == 0) {
            p->frames--;
            return s;
        }
        p->skip--;
        gst_sample_unref(s);
    }
    return NULL;
}
