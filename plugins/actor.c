/* SECTION:element-whelkactor
 *
 * Lays an actor that the model makes over whatever video passes:
 *
 *     gst-launch-1.0 filesrc location=holiday.mp4 ! decodebin ! videoconvert !
 *         whelkactor prompt="a dog runs" start-time=1000000000 ! videoconvert ! autovideosink
 *
 * The actor moves along its own way, with alpha and a contact shadow; the camera stands. It is made
 * ahead on a thread of its own, from the moment the element starts. In a live stream no frame waits
 * for it; in any other the first frame that shows it does, so that a film comes out the same
 * however fast it is read. */
#include <gst/video/gstvideofilter.h>

#include "elements.h"
#include "shotprops.h"
#include "video.h"

GST_DEBUG_CATEGORY_STATIC(actor_debug);
#define GST_CAT_DEFAULT actor_debug

typedef struct WhelkActor {
    GstVideoFilter parent;

    /* properties, under the object lock */
    struct shot_job job;
    whelk_gen_place place;
    guint64 start_time;
    int repeat;
    gboolean shadow;

    struct work_place made;
    /* streaming thread only */
    const struct engine *engine;
    whelk_gen_view *view;
    gboolean asked, live; /* whether the stream is live has been asked, and the answer */
} WhelkActor;

typedef struct {
    GstVideoFilterClass parent;
} WhelkActorClass;

G_DEFINE_TYPE(WhelkActor, actor, GST_TYPE_VIDEO_FILTER)
#define ACTOR(o) ((WhelkActor *)(o))

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));

/* --- Properties ------------------------------------------------------------------------------- */

#define AT(field) .at = offsetof(WhelkActor, field)

static const struct prop props[] = {
    {"x", "X", "Moved to the right by this share of the frame's width", PROP_DOUBLE, AT(place.x),
     ELEMENTS_CONTROLLABLE, -10, 10, 0},
    {"y", "Y", "Moved down by this share of the frame's height", PROP_DOUBLE, AT(place.y),
     ELEMENTS_CONTROLLABLE, -10, 10, 0},
    {"scale", "Scale", "Size about its feet (1 = as in its own shot)", PROP_DOUBLE, AT(place.scale),
     ELEMENTS_CONTROLLABLE, 0.01, 100, 1},
    {"start-time", "Start time", "Stream time at which the actor comes, in nanoseconds",
     PROP_UINT64, AT(start_time), ELEMENTS_PLAYING},
    {"repeat", "Repeat", "How many times it comes (-1 = again and again)", PROP_INT, AT(repeat),
     ELEMENTS_PLAYING, -1, G_MAXINT, 1},
    {"shadow", "Shadow", "Lay a contact shadow under it", PROP_BOOL, AT(shadow), ELEMENTS_READY,
     .initial = TRUE},
};

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    (void)spec;
    shot_props_set(object, &ACTOR(object)->job, object, props, id, value);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    (void)spec;
    shot_props_get(object, &ACTOR(object)->job, object, props, id, value);
}

/* --- States and flushes ----------------------------------------------------------------------- */

static void drop_view(WhelkActor *self)
{
    if (self->view)
        self->engine->whelk_gen_view_free(self->view);
    self->view = NULL;
}

static gboolean start(GstBaseTransform *base)
{
    WhelkActor *self = ACTOR(base);
    GST_OBJECT_LOCK(self);
    struct shot_job *job = shot_job_copy(&self->job);
    GST_OBJECT_UNLOCK(self);
    work_place_flush(GST_ELEMENT(self), &self->made, FALSE);
    work_place_put(GST_ELEMENT(self), &self->made, shot_start(GST_ELEMENT(self), job));
    self->asked = FALSE;
    return TRUE;
}

static gboolean stop(GstBaseTransform *base)
{
    WhelkActor *self = ACTOR(base);
    drop_view(self);
    work_place_put(GST_ELEMENT(self), &self->made, NULL);
    return TRUE;
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START)
        work_place_flush(GST_ELEMENT(base), &ACTOR(base)->made, TRUE);
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
        work_place_flush(GST_ELEMENT(base), &ACTOR(base)->made, FALSE);
    return GST_BASE_TRANSFORM_CLASS(actor_parent_class)->sink_event(base, event);
}

static GstStateChangeReturn change_state(GstElement *element, GstStateChange change)
{
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY)
        /* lets the streaming thread go */
        work_place_flush(GST_ELEMENT(element), &ACTOR(element)->made, TRUE);
    return GST_ELEMENT_CLASS(actor_parent_class)->change_state(element, change);
}

static gboolean set_info(GstVideoFilter *filter, GstCaps *in, GstVideoInfo *in_info, GstCaps *out,
                         GstVideoInfo *out_info)
{
    (void)in, (void)in_info, (void)out, (void)out_info;
    drop_view(ACTOR(filter));
    return TRUE;
}

/* --- Frames ----------------------------------------------------------------------------------- */

static void before_transform(GstBaseTransform *base, GstBuffer *buffer)
{
    GstClockTime at =
        gst_segment_to_stream_time(&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (GST_CLOCK_TIME_IS_VALID(at))
        gst_object_sync_values(GST_OBJECT(base), at);
}

static gboolean is_live(WhelkActor *self)
{
    if (!self->asked) {
        GstQuery *q = gst_query_new_latency();
        self->live = FALSE;
        if (gst_pad_peer_query(GST_BASE_TRANSFORM_SINK_PAD(self), q))
            gst_query_parse_latency(q, &self->live, NULL, NULL);
        gst_query_unref(q);
        self->asked = TRUE;
    }
    return self->live;
}

/* The shot: OK, or OK with no view yet in a live stream, or why not. */
static GstFlowReturn prepare(WhelkActor *self, const GstVideoInfo *info)
{
    if (self->view || (is_live(self) && work_look(self->made.work) == WORK_UNDER_WAY))
        return GST_FLOW_OK;
    switch (work_wait(self->made.work)) {
    case WORK_DONE:
        break;
    case WORK_FLUSHED:
        return GST_FLOW_FLUSHING;
    default:
        shot_post_error(GST_ELEMENT(self), work_error(self->made.work));
        return GST_FLOW_ERROR;
    }
    const struct shot_made *made = work_result(self->made.work);
    whelk_gen_look look = video_look(info);
    whelk_error err = {0};
    look.tripod = true;
    GST_OBJECT_LOCK(self);
    look.no_shadow = !self->shadow;
    GST_OBJECT_UNLOCK(self);
    self->engine = made->engine;
    self->view = self->engine->whelk_gen_view_new(made->shot, &look, &err);
    if (self->view)
        return GST_FLOW_OK;
    shot_post_error(GST_ELEMENT(self), &err);
    return GST_FLOW_ERROR;
}

static GstFlowReturn transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame)
{
    WhelkActor *self = ACTOR(filter);
    GstClockTime at = gst_segment_to_stream_time(&GST_BASE_TRANSFORM(self)->segment,
                                                 GST_FORMAT_TIME, GST_BUFFER_PTS(frame->buffer));
    GST_OBJECT_LOCK(self);
    whelk_gen_place place = self->place;
    GstClockTime from = self->start_time;
    int repeat = self->repeat;
    GST_OBJECT_UNLOCK(self);
    if (!GST_CLOCK_TIME_IS_VALID(at) || at < from || repeat == 0)
        return GST_FLOW_OK;
    GstFlowReturn flow = prepare(self, &frame->info);
    if (flow != GST_FLOW_OK || !self->view)
        return flow;
    gint64 n = video_frame_at(&frame->info, at - from);
    int frames = self->engine->whelk_gen_view_frames(self->view);
    if (repeat > 0 && n / frames >= repeat)
        return GST_FLOW_OK;
    whelk_gen_picture picture = video_picture(frame);
    self->engine->whelk_gen_view_draw_over(self->view, (int)(n % frames), &place, &picture);
    return GST_FLOW_OK;
}

/* --- The class -------------------------------------------------------------------------------- */

static void actor_init(WhelkActor *self)
{
    work_open();
    props_init(&self->job, shot_props, SHOT_PROPS - 1);
    props_init(self, props, G_N_ELEMENTS(props));
}

static void finalize(GObject *object)
{
    shot_job_clear(&ACTOR(object)->job);
    work_close();
    G_OBJECT_CLASS(actor_parent_class)->finalize(object);
}

static void actor_class_init(WhelkActorClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(actor_debug, "whelkactor", 0, "Whelk: an actor over any video");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    props_install(object, 1, shot_props, SHOT_PROPS - 1);
    props_install(object, SHOT_PROPS, props, G_N_ELEMENTS(props));
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(
        element, "Whelk actor", "Filter/Effect/Video",
        "Lays an actor made from a line of text over the video, with alpha and a contact shadow",
        ELEMENTS_AUTHOR);
    element->change_state = change_state;
    base->start = start;
    base->stop = stop;
    base->sink_event = sink_event;
    base->before_transform = before_transform;
    GST_VIDEO_FILTER_CLASS(klass)->set_info = set_info;
    GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = transform_frame_ip;
}
