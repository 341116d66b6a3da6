/* Between GStreamer's video formats and the generator's. */
#ifndef WHELK_PLUGIN_VIDEO_H
#define WHELK_PLUGIN_VIDEO_H

#include <gst/video/video.h>

#include "../generator/generator.h"

/* Chroma of half the size needs even sides. */
#define VIDEO_CAPS                                                                                 \
    "video/x-raw, format=(string){ I420, NV12 }, width=(int)[ 16, 4096, 2 ], "                     \
    "height=(int)[ 16, 4096, 2 ], framerate=(fraction)[ 1/1, 240/1 ]; "                            \
    "video/x-raw, format=(string){ RGBA, AYUV, RGB }, width=(int)[ 16, 4096 ], "                   \
    "height=(int)[ 16, 4096 ], framerate=(fraction)[ 1/1, 240/1 ]"

/* Size, rate, format and colours of `info`; the layer and the rest are the caller's. */
whelk_gen_look video_look(const GstVideoInfo *info);
whelk_gen_picture video_picture(GstVideoFrame *frame);

/* Size, rate and shape of pixel of caps that leave them open: the model's own, or as near to them
 * as they let. Then, once the format is fixed, the colours. */
void video_fixate(GstStructure *caps);
void video_set_colours(GstStructure *caps);

/* Answers an allocation query: downstream's pool, or one of ours, of buffers that hold a frame. */
void video_offer_pool(GstQuery *query, const GstVideoInfo *info);

/* The frame of a clip at `time`, which may lie between two; and the time of a frame. */
gint64 video_frame_at(const GstVideoInfo *info, GstClockTime time);
GstClockTime video_time_of(const GstVideoInfo *info, gint64 frame);

#endif
