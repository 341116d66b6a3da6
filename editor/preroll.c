/* Spares the work of sources that start for nothing. GES 1.22 starts every source at the beginning
 * of its file, waits for its first pictures, and only then seeks to where the clip begins; each
 * stretch of the film does so anew. Until that seek nothing is decoded: a few black pictures, which
 * nobody sees, stand for the first ones, and then the decoder waits. This rests on GES always
 * seeking: should the seek be slow or never come, the decoder goes on, but those few pictures stay
 * black. */
#include "edit.h"

#include <gst/video/video.h>
#include <string.h>

#define BLANKS 3 /* compositor wants one picture ahead, videorate another before it gives the first */
#define PATIENCE_US (200 * 1000) /* for the seek; cancelling may have to wait as long */

struct preroll {
    GstPad *out; /* borrowed: the decoder's, which owns this too */
    int blanks;  /* given so far; these two are the streaming thread's alone */
    GstVideoInfo info;
    GMutex lock; /* the seek comes from another thread */
    GCond moved;
    bool sought;
};

static void preroll_free(gpointer data)
{
    struct preroll *p = data;
    g_mutex_clear(&p->lock);
    g_cond_clear(&p->moved);
    g_free(p);
}

static GstPadProbeReturn see_seek(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad, (void)info;
    struct preroll *p = data;
    g_mutex_lock(&p->lock);
    p->sought = true;
    g_cond_broadcast(&p->moved);
    g_mutex_unlock(&p->lock);
    return GST_PAD_PROBE_REMOVE;
}

/* True when the seek has come, or does so while it is waited for. */
static bool seek_comes(struct preroll *p, gint64 patience_us)
{
    gint64 until = g_get_monotonic_time() + patience_us;
    g_mutex_lock(&p->lock);
    while (!p->sought && g_cond_wait_until(&p->moved, &p->lock, until))
        ;
    bool come = p->sought;
    g_mutex_unlock(&p->lock);
    return come;
}

/* What the decoder would say of its pictures, as far as the coded ones tell; the rest it says itself
 * when it begins. */
static bool tell_blanks(struct preroll *p, GstPad *in, GstVideoInfo *info)
{
    GstCaps *coded = gst_pad_get_current_caps(in);
    GstEvent *segment = gst_pad_get_sticky_event(in, GST_EVENT_SEGMENT, 0);
    const GstStructure *s = coded ? gst_caps_get_structure(coded, 0) : NULL;
    int width, height, fps_n, fps_d;
    bool good = segment && s && gst_structure_get_int(s, "width", &width) &&
                gst_structure_get_int(s, "height", &height) &&
                gst_structure_get_fraction(s, "framerate", &fps_n, &fps_d) &&
                gst_video_info_set_format(info, GST_VIDEO_FORMAT_I420, (guint)width, (guint)height);
    if (good) {
        info->fps_n = fps_n;
        info->fps_d = fps_d;
        gst_video_colorimetry_from_string(&info->colorimetry, GST_VIDEO_COLORIMETRY_BT709);
        GstCaps *caps = gst_video_info_to_caps(info);
        good = gst_pad_push_event(p->out, gst_event_new_caps(caps)) &&
               gst_pad_push_event(p->out, gst_event_ref(segment));
        gst_caps_unref(caps);
    }
    g_clear_pointer(&segment, gst_event_unref);
    gst_clear_caps(&coded);
    return good;
}

static GstFlowReturn push_blank(struct preroll *p, const GstVideoInfo *info, const GstBuffer *coded)
{
    GstVideoFrame f;
    GstBuffer *b = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(info), NULL);
    if (!gst_video_frame_map(&f, info, b, GST_MAP_WRITE)) {
        gst_buffer_unref(b);
        return GST_FLOW_ERROR;
    }
    memset(f.map[0].data, 16, f.map[0].size);
    memset(GST_VIDEO_FRAME_COMP_DATA(&f, 1), 128,
           f.map[0].size - GST_VIDEO_INFO_COMP_OFFSET(info, 1));
    gst_video_frame_unmap(&f);
    GST_BUFFER_PTS(b) = GST_BUFFER_PTS(coded);
    GST_BUFFER_DURATION(b) = GST_BUFFER_DURATION(coded);
    GST_BUFFER_FLAG_SET(b, GST_BUFFER_FLAG_DROPPABLE); /* for watch.c: none of the take's own */
    return gst_pad_push(p->out, b);
}

static GstPadProbeReturn stand_for(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct preroll *p = data;
    bool enough = p->blanks == BLANKS;
    if (seek_comes(p, 0) || (enough && !seek_comes(p, PATIENCE_US)))
        return GST_PAD_PROBE_REMOVE;
    GstFlowReturn flow = GST_FLOW_FLUSHING; /* the seek came: this one is wanted no more */
    if (p->blanks == 0 && !tell_blanks(p, pad, &p->info))
        return GST_PAD_PROBE_REMOVE;
    GstBuffer *coded = GST_PAD_PROBE_INFO_BUFFER(info);
    if (!enough) {
        p->blanks++;
        flow = push_blank(p, &p->info, coded);
    }
    gst_buffer_unref(coded);
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = flow;
    return GST_PAD_PROBE_HANDLED;
}

void edit_preroll_spare(GstElement *e)
{
    GstElementFactory *f = gst_element_get_factory(e);
    if (!f || strcmp(GST_OBJECT_NAME(f), "avdec_ffv1") != 0)
        return;
    /* several frames at a time would be several in memory, and several started for nothing */
    gst_util_set_object_arg(G_OBJECT(e), "thread-type", "slice");
    GstPad *in = gst_element_get_static_pad(e, "sink"), *out = gst_element_get_static_pad(e, "src");
    struct preroll *p = g_new0(struct preroll, 1);
    p->out = out;
    g_mutex_init(&p->lock);
    g_cond_init(&p->moved);
    g_object_set_data_full(G_OBJECT(e), "whelk-preroll", p, preroll_free);
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_EVENT_FLUSH, see_seek, p, NULL);
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, stand_for, p, NULL);
    gst_object_unref(in);
    gst_object_unref(out);
}
