/* Between GStreamer's video formats and the generator's. */
#include "video.h"

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
