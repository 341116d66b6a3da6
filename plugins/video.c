/* Between GStreamer's video formats and the generator's. */
#include "video.h"

#include <math.h>

static enum whelk_gen_format format_of(const GstVideoInfo *info)
{
    switch (GST_VIDEO_INFO_FORMAT(info)) {
    case GST_VIDEO_FORMAT_NV12:
        return WHELK_GEN_NV12;
    case GST_VIDEO_FORMAT_RGB:
        return WHELK_GEN_RGB;
    case GST_VIDEO_FORMAT_RGBA:
        return WHELK_GEN_RGBA;
    case GST_VIDEO_FORMAT_AYUV:
        return WHELK_GEN_AYUV;
    default:
        return WHELK_GEN_I420;
    }
}

static enum whelk_gen_matrix matrix_of(const GstVideoInfo *info)
{
    switch (info->colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT601:
        return WHELK_GEN_BT601;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
        return WHELK_GEN_BT2020;
    default:
        return WHELK_GEN_BT709;
    }
}

whelk_gen_look video_look(const GstVideoInfo *info)
{
    return (whelk_gen_look){
        .width = GST_VIDEO_INFO_WIDTH(info),
        .height = GST_VIDEO_INFO_HEIGHT(info),
        .fps = (double)GST_VIDEO_INFO_FPS_N(info) / MAX(GST_VIDEO_INFO_FPS_D(info), 1),
        .format = format_of(info),
        .matrix = matrix_of(info),
        .full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255,
    };
}

whelk_gen_picture video_picture(GstVideoFrame *frame)
{
    whelk_gen_picture p = {0};
    for (guint k = 0; k < GST_VIDEO_FRAME_N_PLANES(frame); k++) {
        p.data[k] = GST_VIDEO_FRAME_PLANE_DATA(frame, k);
        p.stride[k] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, k);
    }
    return p;
}

void video_offer_pool(GstQuery *query, const GstVideoInfo *info)
{
    GstBufferPool *pool = NULL;
    guint size = (guint)info->size, min = 0, max = 0;
    gboolean known = gst_query_get_n_allocation_pools(query) > 0;
    GstCaps *caps;
    if (known) {
        gst_query_parse_nth_allocation_pool(query, 0, &pool, &size, &min, &max);
        size = MAX(size, (guint)info->size);
    }
    if (!pool)
        pool = gst_video_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(pool);
    gst_query_parse_allocation(query, &caps, NULL);
    gst_buffer_pool_config_set_params(config, caps, size, min, max);
    if (gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL))
        gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
    gst_buffer_pool_set_config(pool, config);
    if (known)
        gst_query_set_nth_allocation_pool(query, 0, pool, size, min, max);
    else
        gst_query_add_allocation_pool(query, pool, size, min, max);
    gst_object_unref(pool);
}

gint64 video_frame_at(const GstVideoInfo *info, GstClockTime time)
{
    return (gint64)gst_util_uint64_scale_round(time, (guint64)info->fps_n,
                                               (guint64)info->fps_d * GST_SECOND);
}

GstClockTime video_time_of(const GstVideoInfo *info, gint64 frame)
{
    return gst_util_uint64_scale((guint64)frame, (guint64)info->fps_d * GST_SECOND,
                                 (guint64)info->fps_n);
}

/* A side that is open follows the other as 16 to 9; with both open, as much of 1280x720 as both
 * let. */
static void fixate_size(GstStructure *s)
{
    int width = 1280, height = 720;
    gboolean has_width = gst_structure_get_int(s, "width", &width);
    gboolean has_height = gst_structure_get_int(s, "height", &height);
    if (!has_width && !has_height) {
        GstStructure *most = gst_structure_copy(s);
        gst_structure_fixate_field_nearest_int(most, "width", width);
        gst_structure_fixate_field_nearest_int(most, "height", height);
        gst_structure_get(most, "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL);
        gst_structure_free(most);
        has_width = width * 9 <= height * 16;
        has_height = !has_width;
    }
    if (!has_height)
        height = (int)lround(width * 9.0 / 16 / 2) * 2;
    else if (!has_width)
        width = (int)lround(height * 16.0 / 9 / 2) * 2;
    gst_structure_fixate_field_nearest_int(s, "width", width);
    gst_structure_fixate_field_nearest_int(s, "height", height);
}

void video_fixate(GstStructure *s)
{
    fixate_size(s);
    gst_structure_fixate_field_nearest_fraction(s, "framerate", 24, 1);
    if (gst_structure_has_field(s, "pixel-aspect-ratio"))
        gst_structure_fixate_field_nearest_fraction(s, "pixel-aspect-ratio", 1, 1);
    else
        gst_structure_set(s, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
}

void video_set_colours(GstStructure *s)
{
    const char *format = gst_structure_get_string(s, "format");
    gboolean rgb = g_strcmp0(format, "RGB") == 0 || g_strcmp0(format, "RGBA") == 0;
    if (!gst_structure_has_field(s, "colorimetry"))
        gst_structure_set(s, "colorimetry", G_TYPE_STRING, rgb ? "sRGB" : "bt709", NULL);
    if (!rgb && g_strcmp0(format, "AYUV") != 0 && !gst_structure_has_field(s, "chroma-site"))
        gst_structure_set(s, "chroma-site", G_TYPE_STRING, "mpeg2", NULL);
    if (!gst_structure_has_field(s, "interlace-mode"))
        gst_structure_set(s, "interlace-mode", G_TYPE_STRING, "progressive", NULL);
}
