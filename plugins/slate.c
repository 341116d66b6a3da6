/* SECTION:element-whelkslate
 *
 * Burns shot, take, seed and timecode into the picture, for review copies:
 *
 *     gst-launch-1.0 whelkshotsrc prompt="a cat runs" ! whelkslate ! videoconvert ! autovideosink
 *
 * Shot, take and seed come with each buffer (GstWhelkShotMeta), or from the properties where it has
 * none; the timecode is the buffer's own (GstVideoTimeCodeMeta), else counted from stream time. */
#include <gst/video/gstvideofilter.h>
#include <stdlib.h>
#include <string.h>

#include "elements.h"
#include "engine.h"
#include "props.h"
#include "shot.h"
#include "tell.h"

GST_DEBUG_CATEGORY_STATIC(slate_debug);
#define GST_CAT_DEFAULT slate_debug

enum position { AT_BOTTOM, AT_TOP };

typedef struct WhelkSlate {
    GstVideoFilter parent;
    /* properties, under the object lock */
    char *shot, *take;
    int position; /* enum position */
    double size;
    /* streaming thread only: the strip drawn last and its text */
    char *text;
    GstVideoOverlayComposition *strip;
} WhelkSlate;

typedef struct {
    GstVideoFilterClass parent;
} WhelkSlateClass;

G_DEFINE_TYPE(WhelkSlate, slate, GST_TYPE_VIDEO_FILTER)
#define SLATE(o) ((WhelkSlate *)(o))

/* What can be blended over, where a letter can be. */
#define CAPS                                                                                       \
    "video/x-raw, format=(string)" GST_VIDEO_OVERLAY_COMPOSITION_BLEND_FORMATS                     \
    ", width=(int)[ 16, 16384 ], height=(int)[ 16, 16384 ], framerate=" GST_VIDEO_FPS_RANGE

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS));

static GType position_get_type(void)
{
    static gsize type = 0;
    static const GEnumValue values[] = {
        {AT_BOTTOM, "At the bottom", "bottom"}, {AT_TOP, "At the top", "top"}, {0, NULL, NULL}};
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("WhelkSlatePosition", values));
    return type;
}

/* --- The text --------------------------------------------------------------------------------- */

static void add_timecode(GString *text, const GstVideoFilter *filter, GstBuffer *buffer)
{
    const GstVideoTimeCodeMeta *meta = gst_buffer_get_video_time_code_meta(buffer);
    const GstVideoInfo *info = &filter->in_info;
    GstClockTime at = gst_segment_to_stream_time(&GST_BASE_TRANSFORM(filter)->segment,
                                                 GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (meta) {
        char *code = gst_video_time_code_to_string(&meta->tc);
        g_string_append(text, code);
        g_free(code);
    } else if (GST_CLOCK_TIME_IS_VALID(at)) {
        guint64 second = at / GST_SECOND, fps_n = (guint64)MAX(info->fps_n, 0);
        guint64 frame = gst_util_uint64_scale(at % GST_SECOND + GST_MSECOND / 2, fps_n,
                                              (guint64)info->fps_d * GST_SECOND);
        g_string_append_printf(text, "%02u:%02u:%02u:%02u", (guint)(second / 3600),
                               (guint)(second / 60 % 60), (guint)(second % 60), (guint)frame);
    }
}

static char *make_text(WhelkSlate *self, GstBuffer *buffer)
{
    GString *text = g_string_new(NULL);
    const char *shot = NULL, *take = NULL;
    guint64 seed = 0;
    gboolean told = tell_get_meta(buffer, &shot, &take, &seed);
    GST_OBJECT_LOCK(self);
    if (!told) {
        shot = self->shot;
        take = self->take;
    }
    if (shot)
        g_string_append_printf(text, "shot %s  ", shot);
    if (take)
        g_string_append_printf(text, "take %s  ", take);
    GST_OBJECT_UNLOCK(self);
    if (told)
        g_string_append_printf(text, "seed %" G_GUINT64_FORMAT "  ", seed);
    add_timecode(text, GST_VIDEO_FILTER(self), buffer);
    return g_string_free(text, FALSE);
}

/* --- The strip -------------------------------------------------------------------------------- */

static void drop_strip(WhelkSlate *self)
{
    g_clear_pointer(&self->text, g_free);
    g_clear_pointer(&self->strip, gst_video_overlay_composition_unref);
}

static gboolean draw_strip(WhelkSlate *self, const char *text, const GstVideoInfo *info)
{
    whelk_error err = {0};
    const struct engine *e = engine_open(&err);
    uint8_t *pixels = NULL;
    int width = 0;
    GST_OBJECT_LOCK(self);
    int height = CLAMP((int)(self->size * info->height), 8, 1024);
    int position = self->position;
    GST_OBJECT_UNLOCK(self);
    if (!e || !e->whelk_text_picture(text, height, &pixels, &width, &err)) {
        shot_post_error(GST_ELEMENT(self), &err);
        return FALSE;
    }
    gsize size = (gsize)width * (gsize)height * 4;
    GstBuffer *b =
        gst_buffer_new_wrapped_full((GstMemoryFlags)0, pixels, size, 0, size, pixels, free);
    gst_buffer_add_video_meta(b, GST_VIDEO_FRAME_FLAG_NONE,
                              GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, (guint)width,
                              (guint)height);
    int shown = MIN(width, info->width);
    GstVideoOverlayRectangle *r = gst_video_overlay_rectangle_new_raw(
        b, (info->width - shown) / 2,
        position == AT_TOP ? 0 : info->height - MIN(height, info->height), (guint)shown,
        (guint)MAX(height * shown / width, 1), GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    gst_buffer_unref(b);
    self->strip = gst_video_overlay_composition_new(r);
    gst_video_overlay_rectangle_unref(r);
    return TRUE;
}

static GstFlowReturn transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame)
{
    WhelkSlate *self = SLATE(filter);
    char *text = make_text(self, frame->buffer);
    if (g_strcmp0(text, self->text) != 0) {
        drop_strip(self);
        self->text = text;
        if (*text && !draw_strip(self, text, &frame->info))
            return GST_FLOW_ERROR;
    } else {
        g_free(text);
    }
    if (self->strip && !gst_video_overlay_composition_blend(self->strip, frame)) {
        GST_ELEMENT_ERROR(self, STREAM, FORMAT, ("the strip cannot be laid over this format"),
                          (NULL));
        return GST_FLOW_ERROR;
    }
    return GST_FLOW_OK;
}

static gboolean set_info(GstVideoFilter *filter, GstCaps *in, GstVideoInfo *in_info, GstCaps *out,
                         GstVideoInfo *out_info)
{
    (void)in, (void)in_info, (void)out, (void)out_info;
    drop_strip(SLATE(filter));
    return TRUE;
}

static gboolean stop(GstBaseTransform *base)
{
    drop_strip(SLATE(base));
    return TRUE;
}

/* --- The class -------------------------------------------------------------------------------- */

#define AT(field) .at = offsetof(WhelkSlate, field)

static const struct prop props[] = {
    {"shot", "Shot", "Shot to name where the buffers name none", PROP_TEXT, AT(shot),
     ELEMENTS_PLAYING},
    {"take", "Take", "Take to name where the buffers name none", PROP_TEXT, AT(take),
     ELEMENTS_PLAYING},
    {"position", "Position", "Where the strip lies", PROP_ENUM, AT(position), ELEMENTS_READY,
     .initial = AT_BOTTOM, .type = position_get_type},
    {"size", "Size", "Height of the strip as a share of the frame's", PROP_DOUBLE, AT(size),
     ELEMENTS_READY, 0.02, 0.3, 0.06},
};

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    (void)spec;
    props_set(object, object, &props[id - 1], value);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    (void)spec;
    props_get(object, object, &props[id - 1], value);
}

static void slate_init(WhelkSlate *self)
{
    props_init(self, props, G_N_ELEMENTS(props));
}

static void finalize(GObject *object)
{
    props_clear(object, props, G_N_ELEMENTS(props));
    G_OBJECT_CLASS(slate_parent_class)->finalize(object);
}

static void slate_class_init(WhelkSlateClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(slate_debug, "whelkslate", 0,
                            "Whelk: shot, take and timecode burnt in");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    props_install(object, 1, props, G_N_ELEMENTS(props));
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(element, "Whelk slate", "Filter/Effect/Video",
                                          "Burns shot, take, seed and timecode into the picture",
                                          ELEMENTS_AUTHOR);
    gst_type_mark_as_plugin_api(position_get_type(), (GstPluginAPIFlags)0);
    GST_BASE_TRANSFORM_CLASS(klass)->stop = stop;
    GST_VIDEO_FILTER_CLASS(klass)->set_info = set_info;
    GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = transform_frame_ip;
}
