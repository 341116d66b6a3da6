/* A finished sound in memory, and the source that plays one; see sound.h. */
#include "sound.h"

#include <gst/audio/audio.h>
#include <string.h>

#include "elements.h"
#include "shot.h"
#include "tell.h"

#define BLOCK 1024 /* frames a buffer */

GST_DEBUG_CATEGORY_STATIC(sound_src_debug);
#define GST_CAT_DEFAULT sound_src_debug

G_DEFINE_ABSTRACT_TYPE(WhelkSoundSrc, sound_src, GST_TYPE_PUSH_SRC)

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(SOUND_CAPS));

/* --- Reading ---------------------------------------------------------------------------------- */

static guint32 little(const guint8 *p, int bytes)
{
    guint32 v = 0;
    for (int i = 0; i < bytes; i++)
        v |= (guint32)p[i] << (8 * i);
    return v;
}

/* Where the samples lie, when they are of the form the editor writes. */
static gboolean find_samples(const guint8 *data, gsize size, gsize *from, gsize *length)
{
    gboolean right = FALSE;
    if (size < 12 || memcmp(data, "RIFF", 4) != 0 || memcmp(data + 8, "WAVE", 4) != 0)
        return FALSE;
    for (gsize at = 12; at + 8 <= size;) {
        gsize chunk = little(data + at + 4, 4);
        const guint8 *body = data + at + 8;
        if (chunk > size - at - 8)
            return FALSE;
        if (memcmp(data + at, "fmt ", 4) == 0 && chunk >= 16)
            right = little(body + 2, 2) == 2 && little(body + 4, 4) == SOUND_RATE &&
                    little(body + 14, 2) == 24;
        if (memcmp(data + at, "data", 4) == 0) {
            *from = at + 8;
            *length = chunk / SOUND_FRAME * SOUND_FRAME;
            return right;
        }
        at += 8 + chunk + chunk % 2;
    }
    return FALSE;
}

struct sound *sound_read(const char *path, whelk_error *err)
{
    GError *error = NULL;
    gsize from, length;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &error);
    if (!file) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be read: %s", path, error->message);
        g_error_free(error);
        return NULL;
    }
    GBytes *all = g_mapped_file_get_bytes(file);
    struct sound *s = NULL;
    if (find_samples(g_bytes_get_data(all, NULL), g_bytes_get_size(all), &from, &length)) {
        s = g_new0(struct sound, 1);
        s->pcm = g_bytes_new_from_bytes(all, from, length);
    } else {
        whelk_fail(err, WHELK_EFAIL, "%s: is no 48 kHz 24 bit stereo WAV file", path);
    }
    g_bytes_unref(all);
    g_mapped_file_unref(file);
    return s;
}

void sound_free(gpointer data)
{
    struct sound *s = data;
    g_bytes_unref(s->pcm);
    g_free(s->title);
    g_free(s);
}

/* --- Playing ---------------------------------------------------------------------------------- */

static gboolean start(GstBaseSrc *base)
{
    WhelkSoundSrc *self = SOUND_SRC(base);
    struct work *work = ((WhelkSoundSrcClass *)G_OBJECT_GET_CLASS(self))->begin(self);
    work_place_flush(GST_ELEMENT(self), &self->place, FALSE);
    work_place_put(GST_ELEMENT(self), &self->place, work);
    self->at = 0;
    self->told = FALSE;
    return TRUE;
}

static gboolean stop(GstBaseSrc *base)
{
    WhelkSoundSrc *self = SOUND_SRC(base);
    GST_OBJECT_LOCK(self);
    self->frames = -1;
    GST_OBJECT_UNLOCK(self);
    work_place_put(GST_ELEMENT(self), &self->place, NULL);
    return TRUE;
}

static gboolean unlock(GstBaseSrc *base)
{
    work_place_flush(GST_ELEMENT(base), &SOUND_SRC(base)->place, TRUE);
    return TRUE;
}

static gboolean unlock_stop(GstBaseSrc *base)
{
    work_place_flush(GST_ELEMENT(base), &SOUND_SRC(base)->place, FALSE);
    return TRUE;
}

static GstFlowReturn wait_for_sound(WhelkSoundSrc *self)
{
    switch (work_wait(self->place.work)) {
    case WORK_DONE: {
        const struct sound *s = work_result(self->place.work);
        GST_OBJECT_LOCK(self);
        self->frames = (gint64)(g_bytes_get_size(s->pcm) / SOUND_FRAME);
        GST_OBJECT_UNLOCK(self);
        return GST_FLOW_OK;
    }
    case WORK_FLUSHED:
        return GST_FLOW_FLUSHING;
    default:
        shot_post_error(GST_ELEMENT(self), work_error(self->place.work));
        return GST_FLOW_ERROR;
    }
}

static GstClockTime time_of(gint64 frame)
{
    return gst_util_uint64_scale((guint64)frame, GST_SECOND, SOUND_RATE);
}

static gboolean negotiate(GstBaseSrc *base)
{
    WhelkSoundSrc *self = SOUND_SRC(base);
    if (GST_BASE_SRC_CLASS(sound_src_parent_class)->negotiate(base))
        return TRUE;
    if (!work_place_is_flushing(GST_ELEMENT(self), &self->place))
        tell_not_taken(GST_ELEMENT(self), GST_BASE_SRC_PAD(base), "sound",
                       "48 kHz in stereo, S24LE,", "audioconvert and audioresample");
    return FALSE;
}

/* Buffers are windows on the sound, not copies. Backwards they come last first, each forwards in
 * itself, as GStreamer has it. */
static GstFlowReturn create(GstPushSrc *push, GstBuffer **out)
{
    WhelkSoundSrc *self = SOUND_SRC(push);
    WhelkSoundSrcClass *klass = (WhelkSoundSrcClass *)G_OBJECT_GET_CLASS(self);
    if (klass->is_wanted && !klass->is_wanted(self))
        return GST_FLOW_EOS;
    GstFlowReturn flow = wait_for_sound(self);
    if (flow != GST_FLOW_OK)
        return flow;
    const struct sound *s = work_result(self->place.work);
    gboolean back = GST_BASE_SRC(self)->segment.rate < 0;
    gint64 from = back ? MAX(self->at - BLOCK, 0) : self->at;
    gint64 to = back ? MIN(self->at, self->frames) : MIN(self->at + BLOCK, self->frames);
    if (from >= to)
        return GST_FLOW_EOS;
    if (!self->told) {
        gst_pad_push_event(GST_BASE_SRC_PAD(self),
                           gst_event_new_tag(tell_tags(s->title, NULL, "Whelk " WHELK_VERSION,
                                                       GST_OBJECT_NAME(self))));
        self->told = TRUE;
    }
    GBytes *window =
        g_bytes_new_from_bytes(s->pcm, (gsize)from * SOUND_FRAME, (gsize)(to - from) * SOUND_FRAME);
    GstBuffer *b = gst_buffer_new_wrapped_bytes(window);
    g_bytes_unref(window);
    GST_BUFFER_PTS(b) = time_of(from);
    GST_BUFFER_DURATION(b) = time_of(to) - time_of(from);
    GST_BUFFER_OFFSET(b) = (guint64)from;
    GST_BUFFER_OFFSET_END(b) = (guint64)to;
    self->at = back ? from : to;
    *out = b;
    return GST_FLOW_OK;
}

static gboolean is_seekable(GstBaseSrc *base)
{
    (void)base;
    return TRUE;
}

static gboolean do_seek(GstBaseSrc *base, GstSegment *segment)
{
    WhelkSoundSrc *self = SOUND_SRC(base);
    segment->time = segment->start;
    if (segment->rate < 0) {
        if (self->frames < 0)
            return FALSE;
        GstClockTime end = time_of(self->frames);
        if (!GST_CLOCK_TIME_IS_VALID(segment->stop) || segment->stop > end)
            segment->stop = segment->position = end;
        self->at = (gint64)gst_util_uint64_scale_ceil(segment->position, SOUND_RATE, GST_SECOND);
        return TRUE;
    }
    self->at = (gint64)gst_util_uint64_scale(segment->position, SOUND_RATE, GST_SECOND);
    if (self->frames >= 0)
        tell_past_end(GST_ELEMENT(self), segment, time_of(self->frames));
    return TRUE;
}

static gboolean src_query(GstBaseSrc *base, GstQuery *query)
{
    WhelkSoundSrc *self = SOUND_SRC(base);
    GstFormat format;
    if (GST_QUERY_TYPE(query) != GST_QUERY_DURATION)
        return GST_BASE_SRC_CLASS(sound_src_parent_class)->query(base, query);
    gst_query_parse_duration(query, &format, NULL);
    GST_OBJECT_LOCK(self);
    gint64 frames = self->frames;
    GST_OBJECT_UNLOCK(self);
    if (format != GST_FORMAT_TIME || frames < 0)
        return FALSE;
    gst_query_set_duration(query, format, (gint64)time_of(frames));
    return TRUE;
}

static void sound_src_init(WhelkSoundSrc *self)
{
    self->frames = -1;
    gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}

static void sound_src_class_init(WhelkSoundSrcClass *klass)
{
    GstBaseSrcClass *base = GST_BASE_SRC_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(sound_src_debug, "whelksound", 0, "Whelk: a finished sound");
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &src_template);
    gst_type_mark_as_plugin_api(sound_src_get_type(), (GstPluginAPIFlags)0);
    base->start = start;
    base->stop = stop;
    base->unlock = unlock;
    base->unlock_stop = unlock_stop;
    base->negotiate = negotiate;
    base->is_seekable = is_seekable;
    base->do_seek = do_seek;
    base->query = src_query;
    GST_PUSH_SRC_CLASS(klass)->create = create;
}
