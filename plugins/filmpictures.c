/* The pictures of whelkfilmsrc: the editor's pieces one after another, each opened while the one
 * before it plays. */
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>
#include <math.h>

#include "filmsrc.h"
#include "shot.h"
#include "tell.h"
#include "video.h"

struct WhelkFilmPictures {
    GstPushSrc parent;
    struct film *film;
    struct work_place now, next;
    int now_index, next_index; /* -1 = none */
    /* streaming thread only */
    const whelk_outline *outline; /* the film's own */
    GstVideoInfo info;
    gint64 frame;    /* of the film, the next to be shown */
    gint64 in_piece; /* frames of the piece that have been read */
    gboolean told, shown;
};

typedef struct {
    GstPushSrcClass parent;
} WhelkFilmPicturesClass;

G_DEFINE_TYPE(WhelkFilmPictures, film_pictures, GST_TYPE_PUSH_SRC)
#define FILM_PICTURES(o) ((WhelkFilmPictures *)(o))

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(FILM_PICTURES_CAPS));

void film_pictures_set_film(WhelkFilmPictures *self, struct film *film)
{
    g_clear_pointer(&self->film, film_unref);
    self->film = film ? film_ref(film) : NULL;
}

/* --- Works ------------------------------------------------------------------------------------ */

/* The piece of shot `index` as the one that is shown: the prepared one, if it is that. */
static void turn_to_piece(WhelkFilmPictures *self, int index)
{
    struct work *work = NULL;
    if (self->next_index == index) {
        work = work_place_take(GST_ELEMENT(self), &self->next);
        self->next_index = -1;
    }
    work_place_put(GST_ELEMENT(self), &self->now, work ? work : film_open_piece(self->film, index));
    self->now_index = index;
    self->in_piece = 0;
}

static void prepare_next(WhelkFilmPictures *self)
{
    int index = self->now_index + 1;
    if (index >= self->outline->shot_count || self->next_index == index)
        return;
    work_place_put(GST_ELEMENT(self), &self->next, film_open_piece(self->film, index));
    self->next_index = index;
}

static void set_flushing(WhelkFilmPictures *self, gboolean flushing)
{
    work_place_flush(GST_ELEMENT(self), &self->now, flushing);
    work_place_flush(GST_ELEMENT(self), &self->next, flushing);
}

static gboolean unlock(GstBaseSrc *base)
{
    set_flushing(FILM_PICTURES(base), TRUE);
    return TRUE;
}

static gboolean unlock_stop(GstBaseSrc *base)
{
    set_flushing(FILM_PICTURES(base), FALSE);
    return TRUE;
}

static gboolean is_flushing(gpointer data)
{
    WhelkFilmPictures *self = data;
    return work_place_is_flushing(GST_ELEMENT(self), &self->now);
}

static gboolean stop(GstBaseSrc *base)
{
    WhelkFilmPictures *self = FILM_PICTURES(base);
    work_place_put(GST_ELEMENT(self), &self->now, NULL);
    work_place_put(GST_ELEMENT(self), &self->next, NULL);
    self->now_index = self->next_index = -1;
    set_flushing(self, FALSE);
    GST_OBJECT_LOCK(self);
    self->outline = NULL;
    GST_OBJECT_UNLOCK(self);
    self->frame = self->in_piece = 0;
    self->told = self->shown = FALSE;
    return TRUE;
}

/* --- Caps ------------------------------------------------------------------------------------- */

/* The size and rate that downstream asks for, as far as it does. */
static void asked_of(GstBaseSrc *base, int *width, int *height, double *fps)
{
    GstCaps *caps = gst_pad_get_allowed_caps(GST_BASE_SRC_PAD(base));
    int n, d;
    *width = *height = 0;
    *fps = 0;
    if (caps && !gst_caps_is_empty(caps) && !gst_caps_is_any(caps)) {
        const GstStructure *s = gst_caps_get_structure(caps, 0);
        gboolean wide = gst_structure_get_int(s, "width", width),
                 high = gst_structure_get_int(s, "height", height);
        if (wide && !high)
            *height = (int)lround(*width * 9.0 / 16 / 2) * 2;
        if (high && !wide)
            *width = (int)lround(*height * 16.0 / 9 / 2) * 2;
        if (gst_structure_get_fraction(s, "framerate", &n, &d) && n > 0)
            *fps = (double)n / d;
    }
    if (caps)
        gst_caps_unref(caps);
}

static void post_error(WhelkFilmPictures *self, const whelk_error *err)
{
    if (err->code != WHELK_EINTERRUPTED)
        shot_post_error(GST_ELEMENT(self), err);
}

/* Caps are known once the film is planned. */
static gboolean negotiate(GstBaseSrc *base)
{
    WhelkFilmPictures *self = FILM_PICTURES(base);
    whelk_error err = {0};
    int width, height;
    double fps;
    asked_of(base, &width, &height, &fps);
    film_begin(self->film, width, height, fps);
    const whelk_outline *o = film_outline(self->film, is_flushing, self, &err);
    if (!o) {
        post_error(self, &err);
        return FALSE;
    }
    GstCaps *caps = gst_caps_new_simple(
        "video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, o->width, "height",
        G_TYPE_INT, o->height, "framerate", GST_TYPE_FRACTION, o->fps_n, o->fps_d,
        "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, "colorimetry", G_TYPE_STRING, "bt709",
        "chroma-site", G_TYPE_STRING, "mpeg2", "interlace-mode", G_TYPE_STRING, "progressive",
        NULL);
    GST_OBJECT_LOCK(self);
    self->outline = o;
    gst_video_info_from_caps(&self->info, caps);
    GST_OBJECT_UNLOCK(self);
    GstCaps *wanted = gst_pad_peer_query_caps(GST_BASE_SRC_PAD(base), NULL);
    gboolean taken = gst_caps_can_intersect(caps, wanted) && gst_base_src_set_caps(base, caps);
    gst_caps_unref(wanted);
    gst_caps_unref(caps);
    if (!taken && !is_flushing(self))
        tell_not_taken(GST_ELEMENT(self), GST_BASE_SRC_PAD(base), "film",
                       "I420 of one size and rate to its end",
                       "videoscale, videorate and videoconvert");
    return taken;
}

/* --- Frames ----------------------------------------------------------------------------------- */

static int shot_at(const whelk_outline *o, gint64 frame)
{
    int i = o->shot_count - 1;
    while (i > 0 && frame < o->shots[i].start)
        i--;
    return i;
}

/* The piece that holds the next frame, waited for. */
static GstFlowReturn wait_for_piece(WhelkFilmPictures *self)
{
    int index = shot_at(self->outline, self->frame);
    gint64 inside = self->frame - self->outline->shots[index].start;
    if (self->now_index != index || self->in_piece > inside)
        turn_to_piece(self, index);
    gboolean late = self->shown && work_look(self->now.work) == WORK_UNDER_WAY;
    if (late)
        film_set_waiting(self->film, TRUE);
    enum work_state state = work_wait(self->now.work);
    if (late)
        film_set_waiting(self->film, FALSE);
    if (state == WORK_DONE) {
        prepare_next(self);
        return GST_FLOW_OK;
    }
    if (state == WORK_FLUSHED)
        return GST_FLOW_FLUSHING;
    post_error(self, work_error(self->now.work));
    return GST_FLOW_ERROR;
}

static GstFlowReturn read_frame(WhelkFilmPictures *self, GstSample **out)
{
    const struct film_piece *p = work_result(self->now.work);
    gint64 inside = self->frame - self->outline->shots[p->index].start;
    whelk_error err = {0};
    for (;;) {
        GstSample *s = p->engine->whelk_edit_piece_next(p->piece, &err);
        if (!s) {
            if (!err.code)
                whelk_fail(&err, WHELK_EFAIL, "shot %s has fewer frames than planned", p->shot);
            post_error(self, &err);
            return GST_FLOW_ERROR;
        }
        if (self->in_piece++ == inside) {
            *out = s;
            return GST_FLOW_OK;
        }
        gst_sample_unref(s);
        if (is_flushing(self))
            return GST_FLOW_FLUSHING;
    }
}

static void send_tags(WhelkFilmPictures *self, const struct film_piece *p)
{
    char *id = g_strdup_printf("film-%" G_GUINT64_FORMAT, p->seed);
    gst_pad_push_event(GST_BASE_SRC_PAD(self),
                       gst_event_new_tag(tell_tags(self->outline->title, self->outline->prompt,
                                                   "Whelk " WHELK_VERSION, id)));
    g_free(id);
    self->told = TRUE;
}

/* The picture itself is not copied. */
static GstBuffer *stamped(WhelkFilmPictures *self, GstSample *sample)
{
    const struct film_piece *p = work_result(self->now.work);
    GstBuffer *b = gst_buffer_copy(gst_sample_get_buffer(sample));
    GstClockTime from = video_time_of(&self->info, self->frame);
    GST_BUFFER_PTS(b) = from;
    GST_BUFFER_DTS(b) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(b) = video_time_of(&self->info, self->frame + 1) - from;
    GST_BUFFER_OFFSET(b) = (guint64)self->frame;
    GST_BUFFER_OFFSET_END(b) = (guint64)self->frame + 1;
    GST_BUFFER_FLAG_UNSET(b, GST_BUFFER_FLAG_DISCONT);
    tell_add_meta(b, p->shot, p->take, p->seed);
    return b;
}

static GstFlowReturn create(GstPushSrc *push, GstBuffer **out)
{
    WhelkFilmPictures *self = FILM_PICTURES(push);
    GstSample *sample;
    gboolean wanted = film_pad_is_wanted(GST_ELEMENT(self), "video");
    if (!wanted && !film_pad_is_wanted(GST_ELEMENT(self), "audio")) {
        GST_ELEMENT_ERROR(self, STREAM, FAILED,
                          ("nobody takes the film: link the pad \"video\" or the pad \"audio\""),
                          (NULL));
        return GST_FLOW_ERROR;
    }
    if (!wanted || self->frame >= self->outline->frames)
        return GST_FLOW_EOS;
    GstFlowReturn flow = wait_for_piece(self);
    if (flow == GST_FLOW_OK)
        flow = read_frame(self, &sample);
    if (flow != GST_FLOW_OK)
        return flow;
    if (!self->told)
        send_tags(self, work_result(self->now.work));
    *out = stamped(self, sample);
    gst_sample_unref(sample);
    self->frame++;
    self->shown = TRUE;
    return GST_FLOW_OK;
}

/* --- Seeking and queries ---------------------------------------------------------------------- */

static gboolean is_seekable(GstBaseSrc *base)
{
    (void)base;
    return TRUE;
}

static gboolean src_event(GstBaseSrc *base, GstEvent *event)
{
    return !film_refuses(GST_ELEMENT(base), event) &&
           GST_BASE_SRC_CLASS(film_pictures_parent_class)->event(base, event);
}

static gboolean do_seek(GstBaseSrc *base, GstSegment *segment)
{
    WhelkFilmPictures *self = FILM_PICTURES(base);
    segment->time = segment->start;
    self->frame = self->outline ? video_frame_at(&self->info, segment->position) : 0;
    if (self->outline)
        tell_past_end(GST_ELEMENT(self), segment,
                      video_time_of(&self->info, self->outline->frames));
    return self->outline || segment->position == 0;
}

static gboolean src_query(GstBaseSrc *base, GstQuery *query)
{
    WhelkFilmPictures *self = FILM_PICTURES(base);
    GstFormat format;
    if (GST_QUERY_TYPE(query) != GST_QUERY_DURATION)
        return GST_BASE_SRC_CLASS(film_pictures_parent_class)->query(base, query);
    gst_query_parse_duration(query, &format, NULL);
    GST_OBJECT_LOCK(self);
    gint64 length = self->outline && format == GST_FORMAT_TIME
                        ? (gint64)video_time_of(&self->info, self->outline->frames)
                        : -1;
    GST_OBJECT_UNLOCK(self);
    if (length >= 0)
        gst_query_set_duration(query, format, length);
    return length >= 0;
}

static void film_pictures_init(WhelkFilmPictures *self)
{
    self->now_index = self->next_index = -1;
    gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}

static void finalize(GObject *object)
{
    film_unref(FILM_PICTURES(object)->film);
    G_OBJECT_CLASS(film_pictures_parent_class)->finalize(object);
}

static void film_pictures_class_init(WhelkFilmPicturesClass *klass)
{
    GstBaseSrcClass *base = GST_BASE_SRC_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    G_OBJECT_CLASS(klass)->finalize = finalize;
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(element, "Whelk film pictures", "Source/Video",
                                          "The pictures inside whelkfilmsrc",
                                          "The Whelk developers");
    base->stop = stop;
    base->unlock = unlock;
    base->unlock_stop = unlock_stop;
    base->negotiate = negotiate;
    base->is_seekable = is_seekable;
    base->do_seek = do_seek;
    base->event = src_event;
    base->query = src_query;
    GST_PUSH_SRC_CLASS(klass)->create = create;
}
