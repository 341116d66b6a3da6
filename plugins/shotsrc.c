/* SECTION:element-whelkshotsrc
 *
 * A prompt as raw video:
 *
 *     gst-launch-1.0 whelkshotsrc prompt="a cat jumps on the beach" ! videoconvert ! autovideosink
 *
 * The shot is made on a thread of its own from the moment the element starts; frames are drawn by
 * the compositor straight into the buffers, at the size, rate and format of the caps. Not live
 * unless asked: timestamps begin at 0. */
#include <gst/base/gstpushsrc.h>
#include <math.h>

#include "elements.h"
#include "shotprops.h"
#include "tell.h"
#include "video.h"

GST_DEBUG_CATEGORY_STATIC(shot_src_debug);
#define GST_CAT_DEFAULT shot_src_debug

typedef struct WhelkShotSrc {
    GstPushSrc parent;

    /* properties, under the object lock */
    struct shot_job job;
    int num_frames;   /* -1 = by duration, or all the shot has */
    guint64 duration; /* GST_CLOCK_TIME_NONE = all */
    int layer;        /* enum whelk_gen_layer */
    gboolean loop;

    /* of the stream */
    struct work_place now, next; /* the shot that is shown, and the one of the next round */
    whelk_gen_view *view;        /* streaming thread only, as all below */
    const struct engine *engine;
    GstVideoInfo info;
    gint64 frame;    /* of the round, the next to be drawn; runs backwards when reversed */
    gint64 frames;   /* of the round; -1 while not known. Under the object lock, as seconds */
    gdouble seconds; /* of num-frames, where they are more than a clip has; 0 = not known */
    gint64 before;   /* frames of the rounds before */
    guint round;
    gboolean told;          /* the stream's tags have been sent */
    GstClockTime live_base; /* running time at which a live shot began */
} WhelkShotSrc;

typedef struct {
    GstPushSrcClass parent;
} WhelkShotSrcClass;

G_DEFINE_TYPE(WhelkShotSrc, shot_src, GST_TYPE_PUSH_SRC)
#define SHOT_SRC(o) ((WhelkShotSrc *)(o))

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));

static GType shot_layer_get_type(void)
{
    static gsize type = 0;
    static const GEnumValue values[] = {
        {WHELK_GEN_FILM, "The whole picture", "film"},
        {WHELK_GEN_ACTOR, "The actor alone with alpha (RGBA or AYUV)", "actor"},
        {WHELK_GEN_PLATE, "The place alone", "plate"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("WhelkShotLayer", values));
    return type;
}

/* --- Properties ------------------------------------------------------------------------------- */

#define AT(field) .at = offsetof(WhelkShotSrc, field), .flags = ELEMENTS_READY

static const struct prop props[] = {
    {"first-frame", "First frame",
     "A picture (PNG, JPEG or video file) to play before, as the place", PROP_TEXT,
     AT(job.first_frame)},
    {"num-frames", "Number of frames", "Frames of the shot (-1 = by duration, or all it has)",
     PROP_INT, AT(num_frames), -1, G_MAXINT, -1},
    {"duration", "Duration",
     "Length of the shot in nanoseconds, where num-frames is unset (the greatest value = all it "
     "has); more than a clip where what is done in it goes on",
     PROP_UINT64, AT(duration), .initial = -1},
    {"layer", "Layer", "What of the shot to show", PROP_ENUM, AT(layer), .initial = WHELK_GEN_FILM,
     .type = shot_layer_get_type},
    {"loop", "Loop", "Go on with another take from a new seed whenever one is over", PROP_BOOL,
     AT(loop)},
};
enum { PROP_IS_LIVE = SHOT_PROPS + G_N_ELEMENTS(props) }; /* the base class keeps it */

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    WhelkShotSrc *self = SHOT_SRC(object);
    (void)spec;
    if (id == PROP_IS_LIVE)
        gst_base_src_set_live(GST_BASE_SRC(self), g_value_get_boolean(value));
    else
        shot_props_set(object, &self->job, self, props, id, value);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    WhelkShotSrc *self = SHOT_SRC(object);
    (void)spec;
    if (id == PROP_IS_LIVE)
        g_value_set_boolean(value, gst_base_src_is_live(GST_BASE_SRC(self)));
    else
        shot_props_get(object, &self->job, self, props, id, value);
}

/* --- Making shots ----------------------------------------------------------------------------- */

/* The work of round n: each from a new seed, the first from the one that was asked for. How long so
 * many frames last is not known before the caps tell their rate; until then a clip is made. */
static struct work *start_round(WhelkShotSrc *self, guint n, guint64 first_seed)
{
    GST_OBJECT_LOCK(self);
    struct shot_job *job = shot_job_copy(&self->job);
    job->seconds = self->seconds;
    if (self->num_frames < 0 && GST_CLOCK_TIME_IS_VALID(self->duration))
        job->seconds = self->duration / 1e9;
    job->less_too = self->loop;
    GST_OBJECT_UNLOCK(self);
    if (n > 0)
        job->seed = first_seed + n;
    return shot_start(GST_ELEMENT(self), job);
}

static void set_flushing(WhelkShotSrc *self, gboolean flushing)
{
    work_place_flush(GST_ELEMENT(self), &self->now, flushing);
    work_place_flush(GST_ELEMENT(self), &self->next, flushing);
}

static gboolean start(GstBaseSrc *base)
{
    WhelkShotSrc *self = SHOT_SRC(base);
    set_flushing(self, FALSE);
    work_place_put(GST_ELEMENT(self), &self->now, start_round(self, 0, 0));
    gst_video_info_init(&self->info);
    return TRUE;
}

static void drop_view(WhelkShotSrc *self)
{
    if (self->view)
        self->engine->whelk_gen_view_free(self->view);
    self->view = NULL;
}

static gboolean stop(GstBaseSrc *base)
{
    WhelkShotSrc *self = SHOT_SRC(base);
    drop_view(self);
    GST_OBJECT_LOCK(self);
    self->frames = -1;
    self->seconds = 0;
    GST_OBJECT_UNLOCK(self);
    work_place_put(GST_ELEMENT(self), &self->next, NULL);
    work_place_put(GST_ELEMENT(self), &self->now, NULL);
    self->frame = self->before = 0;
    self->round = 0;
    self->told = FALSE;
    self->live_base = GST_CLOCK_TIME_NONE;
    return TRUE;
}

static gboolean unlock(GstBaseSrc *base)
{
    set_flushing(SHOT_SRC(base), TRUE);
    return TRUE;
}

static gboolean unlock_stop(GstBaseSrc *base)
{
    set_flushing(SHOT_SRC(base), FALSE);
    return TRUE;
}

/* The shot of this round, waited for. */
static GstFlowReturn wait_for_shot(WhelkShotSrc *self)
{
    switch (work_wait(self->now.work)) {
    case WORK_DONE:
        return GST_FLOW_OK;
    case WORK_FLUSHED:
        return GST_FLOW_FLUSHING;
    default:
        shot_post_error(GST_ELEMENT(self), work_error(self->now.work));
        return GST_FLOW_ERROR;
    }
}

/* As many frames last longer than a clip: the shot is made anew, longer, if the model can. */
static gboolean make_longer(WhelkShotSrc *self, const struct shot_made *made, gint64 wanted)
{
    double seconds = (double)wanted * self->info.fps_d / self->info.fps_n;
    if (self->num_frames < 0 || self->seconds > 0 || seconds > made->longest_s + 1e-3)
        return FALSE;
    GST_OBJECT_LOCK(self);
    self->seconds = seconds;
    GST_OBJECT_UNLOCK(self);
    drop_view(self);
    work_place_put(GST_ELEMENT(self), &self->now,
                   start_round(self, self->round, made->seed - self->round));
    return TRUE;
}

static void set_frames(WhelkShotSrc *self, gint64 frames)
{
    GST_OBJECT_LOCK(self);
    self->frames = frames;
    GST_OBJECT_UNLOCK(self);
}

/* How many frames of the view a round has; the view is gone where the shot is made anew. */
static gboolean count_frames(WhelkShotSrc *self, const struct shot_made *made)
{
    gint64 there = self->engine->whelk_gen_view_frames(self->view), wanted = there;
    if (self->num_frames >= 0)
        wanted = self->num_frames;
    else if (GST_CLOCK_TIME_IS_VALID(self->duration))
        wanted = MAX(video_frame_at(&self->info, self->duration), 1);
    if (wanted > there && make_longer(self, made, wanted))
        return TRUE;
    if (wanted <= there || self->loop) {
        set_frames(self, MIN(wanted, there));
        return TRUE;
    }
    GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS,
                      ("%" G_GINT64_FORMAT " frames are asked for, and a shot of this model has at "
                       "most %.0f at this rate (%.2f s); lower num-frames or duration, or "
                       "set loop for one shot after another",
                       wanted, floor(made->longest_s * self->info.fps_n / self->info.fps_d + 1e-6),
                       made->longest_s),
                      (NULL));
    return FALSE;
}

static GstFlowReturn open_view(WhelkShotSrc *self)
{
    const struct shot_made *made = work_result(self->now.work);
    whelk_gen_look look = video_look(&self->info);
    whelk_error err = {0};
    self->engine = made->engine;
    GST_OBJECT_LOCK(self);
    look.layer = (enum whelk_gen_layer)self->layer;
    GST_OBJECT_UNLOCK(self);
    self->view = self->engine->whelk_gen_view_new(made->shot, &look, &err);
    if (!self->view) {
        shot_post_error(GST_ELEMENT(self), &err);
        return GST_FLOW_ERROR;
    }
    return count_frames(self, made) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* The round is over: the next shot has been under way since the first frame of this one. */
static GstFlowReturn next_round(WhelkShotSrc *self)
{
    drop_view(self);
    self->before += self->frames;
    self->frame = 0;
    self->round++;
    self->told = FALSE;
    work_place_put(GST_ELEMENT(self), &self->now, work_place_take(GST_ELEMENT(self), &self->next));
    return GST_FLOW_OK;
}

static void look_ahead(WhelkShotSrc *self)
{
    const struct shot_made *made = work_result(self->now.work);
    if (!self->next.work && self->loop)
        work_place_put(GST_ELEMENT(self), &self->next,
                       start_round(self, self->round + 1, made->seed - self->round));
}

/* --- Frames ----------------------------------------------------------------------------------- */

static void send_tags(WhelkShotSrc *self)
{
    const struct shot_made *made = work_result(self->now.work);
    char *id = g_strdup_printf("shot-%" G_GUINT64_FORMAT, made->seed);
    GST_OBJECT_LOCK(self);
    GstTagList *tags = tell_tags(made->title, self->job.prompt, made->model, id);
    GST_OBJECT_UNLOCK(self);
    g_free(id);
    gst_pad_push_event(GST_BASE_SRC_PAD(self), gst_event_new_tag(tags));
    self->told = TRUE;
}

/* All that must be there before a frame can be drawn. */
static GstFlowReturn prepare(WhelkShotSrc *self)
{
    GstFlowReturn flow = wait_for_shot(self);
    if (flow == GST_FLOW_OK && !self->view)
        flow = open_view(self);
    if (flow != GST_FLOW_OK)
        return flow;
    if (!self->view) /* it is made anew */
        return prepare(self);
    if (self->loop && self->frame >= self->frames) {
        look_ahead(self);
        flow = next_round(self);
        return flow == GST_FLOW_OK ? prepare(self) : flow;
    }
    return self->frame < 0 || self->frame >= self->frames ? GST_FLOW_EOS : GST_FLOW_OK;
}

static GstClockTime running_time(GstElement *element)
{
    GstClock *clock = gst_element_get_clock(element);
    if (!clock)
        return 0;
    GstClockTime now = gst_clock_get_time(clock), base = gst_element_get_base_time(element);
    gst_object_unref(clock);
    return now > base ? now - base : 0;
}

static void stamp(WhelkShotSrc *self, GstBuffer *buffer)
{
    const struct shot_made *made = work_result(self->now.work);
    gint64 n = self->before + self->frame;
    GstClockTime from = video_time_of(&self->info, n), to = video_time_of(&self->info, n + 1);
    if (gst_base_src_is_live(GST_BASE_SRC(self))) {
        if (!GST_CLOCK_TIME_IS_VALID(self->live_base)) /* now that there is something to show */
            self->live_base = running_time(GST_ELEMENT(self));
        from += self->live_base;
        to += self->live_base;
    }
    GST_BUFFER_PTS(buffer) = from;
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(buffer) = to - from;
    GST_BUFFER_OFFSET(buffer) = (guint64)n;
    GST_BUFFER_OFFSET_END(buffer) = (guint64)n + 1;
    char take[16];
    g_snprintf(take, sizeof take, "t%02u", self->round + 1);
    tell_add_meta(buffer, "0010", take, made->seed);
}

static GstFlowReturn fill(GstPushSrc *push, GstBuffer *buffer)
{
    WhelkShotSrc *self = SHOT_SRC(push);
    GstFlowReturn flow = prepare(self);
    GstVideoFrame frame;
    if (flow != GST_FLOW_OK)
        return flow;
    if (!self->told)
        send_tags(self);
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_WRITE)) {
        GST_ELEMENT_ERROR(self, RESOURCE, NO_SPACE_LEFT, ("a buffer cannot be written to"), (NULL));
        return GST_FLOW_ERROR;
    }
    whelk_gen_picture picture = video_picture(&frame);
    self->engine->whelk_gen_view_draw(self->view, (int)self->frame, &picture);
    gst_video_frame_unmap(&frame);
    stamp(self, buffer);
    self->frame += GST_BASE_SRC(self)->segment.rate < 0 ? -1 : 1;
    look_ahead(self);
    return GST_FLOW_OK;
}

/* A live source is synchronised to its timestamps. */
static void get_times(GstBaseSrc *base, GstBuffer *buffer, GstClockTime *start_time,
                      GstClockTime *end_time)
{
    *start_time = *end_time = GST_CLOCK_TIME_NONE;
    if (!gst_base_src_is_live(base))
        return;
    *start_time = GST_BUFFER_PTS(buffer);
    *end_time = GST_BUFFER_PTS(buffer) + GST_BUFFER_DURATION(buffer);
}

/* --- Caps ------------------------------------------------------------------------------------- */

/* The model's own size and rate, or as near to them as downstream lets. */
static GstCaps *fixate(GstBaseSrc *base, GstCaps *caps)
{
    caps = gst_caps_truncate(gst_caps_make_writable(caps));
    video_fixate(gst_caps_get_structure(caps, 0));
    caps = GST_BASE_SRC_CLASS(shot_src_parent_class)->fixate(base, caps);
    video_set_colours(gst_caps_get_structure(caps, 0));
    return caps;
}

/* The actor alone exists with alpha only. */
static GstCaps *get_caps(GstBaseSrc *base, GstCaps *filter)
{
    WhelkShotSrc *self = SHOT_SRC(base);
    GstCaps *caps = gst_pad_get_pad_template_caps(GST_BASE_SRC_PAD(base));
    if (self->layer == WHELK_GEN_ACTOR) {
        GstCaps *alpha = gst_caps_from_string("video/x-raw, format=(string){ RGBA, AYUV }");
        GstCaps *both = gst_caps_intersect(caps, alpha);
        gst_caps_unref(caps);
        gst_caps_unref(alpha);
        caps = both;
    }
    if (filter) {
        GstCaps *both = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
        gst_caps_unref(caps);
        caps = both;
    }
    return caps;
}

#define FORMS "16x16 to 4096x4096 pixels, 1 to 240 frames a second, in I420 or NV12 (even sides)"

static gboolean negotiate(GstBaseSrc *base)
{
    WhelkShotSrc *self = SHOT_SRC(base);
    if (GST_BASE_SRC_CLASS(shot_src_parent_class)->negotiate(base))
        return TRUE;
    if (work_place_is_flushing(GST_ELEMENT(self), &self->now))
        return FALSE;
    tell_not_taken(GST_ELEMENT(self), GST_BASE_SRC_PAD(base), "shot",
                   self->layer == WHELK_GEN_ACTOR ? FORMS ", the actor alone in RGBA or AYUV,"
                                                  : FORMS ", RGB, RGBA or AYUV,",
                   "videoscale, videorate and videoconvert");
    return FALSE;
}

static gboolean set_caps(GstBaseSrc *base, GstCaps *caps)
{
    WhelkShotSrc *self = SHOT_SRC(base);
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, caps))
        return FALSE;
    GST_DEBUG_OBJECT(self, "caps %" GST_PTR_FORMAT, caps);
    if (self->view && self->info.fps_n > 0) { /* the same time, counted at another rate */
        self->frame = video_frame_at(&info, video_time_of(&self->info, self->frame));
        self->before = video_frame_at(&info, video_time_of(&self->info, self->before));
    }
    drop_view(self);
    GST_OBJECT_LOCK(self);
    self->info = info;
    self->frames = -1; /* until they are counted at this rate */
    GST_OBJECT_UNLOCK(self);
    gst_base_src_set_blocksize(base, (guint)info.size);
    return TRUE;
}

static gboolean decide_allocation(GstBaseSrc *base, GstQuery *query)
{
    video_offer_pool(query, &SHOT_SRC(base)->info);
    return GST_BASE_SRC_CLASS(shot_src_parent_class)->decide_allocation(base, query);
}

/* --- Seeking and queries ---------------------------------------------------------------------- */

static gboolean is_seekable(GstBaseSrc *base)
{
    return !SHOT_SRC(base)->loop && !gst_base_src_is_live(base);
}

static gboolean do_seek(GstBaseSrc *base, GstSegment *segment)
{
    WhelkShotSrc *self = SHOT_SRC(base);
    segment->time = segment->start;
    if (self->info.fps_n <= 0) {
        self->frame = 0;
        return segment->position == 0;
    }
    if (segment->rate >= 0) {
        self->frame = video_frame_at(&self->info, segment->position);
        if (self->frames >= 0)
            tell_past_end(GST_ELEMENT(self), segment, video_time_of(&self->info, self->frames));
    } else { /* the last frame that begins before the position */
        if (self->frames < 0)
            return FALSE; /* where its end is, is not known before the shot is there */
        GstClockTime end = video_time_of(&self->info, self->frames);
        if (!GST_CLOCK_TIME_IS_VALID(segment->stop) || segment->stop > end)
            segment->stop = segment->position = end;
        self->frame =
            (gint64)gst_util_uint64_scale_ceil(segment->position, (guint64)self->info.fps_n,
                                               (guint64)self->info.fps_d * GST_SECOND) -
            1;
    }
    return TRUE;
}

static gboolean query_duration(WhelkShotSrc *self, GstQuery *query)
{
    GstFormat format;
    gint64 out = -1;
    gst_query_parse_duration(query, &format, NULL);
    GST_OBJECT_LOCK(self);
    GstVideoInfo info = self->info;
    gint64 frames = self->loop ? -1 : self->frames;
    GST_OBJECT_UNLOCK(self);
    if (frames < 0 || info.fps_n <= 0)
        return FALSE;
    if (format == GST_FORMAT_TIME)
        out = (gint64)video_time_of(&info, frames);
    else if (!gst_video_info_convert(&info, GST_FORMAT_DEFAULT, frames, format, &out))
        return FALSE;
    gst_query_set_duration(query, format, out);
    return TRUE;
}

static gboolean query_convert(WhelkShotSrc *self, GstQuery *query)
{
    GstFormat from, to;
    gint64 value, out;
    gst_query_parse_convert(query, &from, &value, &to, NULL);
    GST_OBJECT_LOCK(self);
    GstVideoInfo info = self->info;
    GST_OBJECT_UNLOCK(self);
    if (!gst_video_info_convert(&info, from, value, to, &out))
        return FALSE;
    gst_query_set_convert(query, from, value, to, out);
    return TRUE;
}

static gboolean query_latency(WhelkShotSrc *self, GstQuery *query)
{
    gboolean live = gst_base_src_is_live(GST_BASE_SRC(self));
    GST_OBJECT_LOCK(self);
    GstVideoInfo info = self->info;
    GST_OBJECT_UNLOCK(self);
    if (info.fps_n <= 0)
        return FALSE;
    GstClockTime latency = live ? video_time_of(&info, 1) : 0;
    gst_query_set_latency(query, live, latency, GST_CLOCK_TIME_NONE);
    return TRUE;
}

static gboolean src_query(GstBaseSrc *base, GstQuery *query)
{
    WhelkShotSrc *self = SHOT_SRC(base);
    switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_DURATION:
        return query_duration(self, query);
    case GST_QUERY_CONVERT:
        return query_convert(self, query);
    case GST_QUERY_LATENCY:
        return query_latency(self, query);
    default:
        return GST_BASE_SRC_CLASS(shot_src_parent_class)->query(base, query);
    }
}

/* --- The class -------------------------------------------------------------------------------- */

static void shot_src_init(WhelkShotSrc *self)
{
    work_open();
    props_init(&self->job, shot_props, SHOT_PROPS - 1);
    props_init(self, props, G_N_ELEMENTS(props));
    self->frames = -1;
    self->live_base = GST_CLOCK_TIME_NONE;
    gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
    gst_base_src_set_live(GST_BASE_SRC(self), FALSE);
}

static void finalize(GObject *object)
{
    shot_job_clear(&SHOT_SRC(object)->job);
    work_close();
    G_OBJECT_CLASS(shot_src_parent_class)->finalize(object);
}

static void shot_src_class_init(WhelkShotSrcClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseSrcClass *base = GST_BASE_SRC_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(shot_src_debug, "whelkshotsrc", 0, "Whelk: a prompt as video");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    props_install(object, 1, shot_props, SHOT_PROPS - 1);
    props_install(object, SHOT_PROPS, props, G_N_ELEMENTS(props));
    g_object_class_install_property(object, PROP_IS_LIVE,
                                    g_param_spec_boolean("is-live", "Is live",
                                                         "Act as a live source, like a camera",
                                                         FALSE, ELEMENTS_READY));
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(
        element, "Whelk shot source", "Source/Video",
        "Makes a shot from a line of text by a video-diffusion model", ELEMENTS_AUTHOR);
    gst_type_mark_as_plugin_api(shot_layer_get_type(), (GstPluginAPIFlags)0);
    base->start = start;
    base->stop = stop;
    base->unlock = unlock;
    base->unlock_stop = unlock_stop;
    base->fixate = fixate;
    base->get_caps = get_caps;
    base->negotiate = negotiate;
    base->set_caps = set_caps;
    base->decide_allocation = decide_allocation;
    base->get_times = get_times;
    base->is_seekable = is_seekable;
    base->do_seek = do_seek;
    base->query = src_query;
    GST_PUSH_SRC_CLASS(klass)->fill = fill;
}
