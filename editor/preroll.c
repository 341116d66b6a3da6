/* Spares the work of sources that start for nothing. GES 1.22 starts every source at the beginning
 * of its file, waits for its first pictures, and only then seeks to where the clip begins; each
 * stretch of the film does so anew. Until that seek only the first picture is decoded: copies of
 * it, which nobody sees, stand for the next few, and then the decoder waits. This rests on GES
 * always seeking: should the seek be slow or never come, the decoder goes on, but those few
 * pictures stay copies of the first. */
#include "edit.h"

#include <string.h>

#define COPIES 2                 /* videorate wants a second picture before it gives the first */
#define PATIENCE_US (200 * 1000) /* for the seek; cancelling may have to wait as long */

struct preroll {
    GstPad *out;      /* borrowed: the decoder's, which owns this too */
    GstBuffer *first; /* this and the copies are the streaming thread's alone */
    int copies;
    GMutex lock; /* the seek comes from another thread */
    GCond moved;
    bool sought;
};

static void preroll_free(gpointer data)
{
    struct preroll *p = data;
    gst_clear_buffer(&p->first);
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

static GstPadProbeReturn keep_first(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    struct preroll *p = data;
    p->first = gst_buffer_ref(GST_PAD_PROBE_INFO_BUFFER(info));
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

static GstPadProbeReturn stand_for(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    struct preroll *p = data;
    if (!p->first && !seek_comes(p, 0))
        return GST_PAD_PROBE_OK;
    bool enough = p->copies == COPIES;
    if (seek_comes(p, 0) || (enough && !seek_comes(p, PATIENCE_US))) {
        gst_clear_buffer(&p->first);
        return GST_PAD_PROBE_REMOVE;
    }
    GstBuffer *coded = GST_PAD_PROBE_INFO_BUFFER(info);
    GstFlowReturn flow = GST_FLOW_FLUSHING; /* the seek came: this one is wanted no more */
    if (!enough) {
        GstBuffer *copy = gst_buffer_copy(p->first);
        GST_BUFFER_PTS(copy) = GST_BUFFER_PTS(coded);
        GST_BUFFER_DURATION(copy) = GST_BUFFER_DURATION(coded);
        p->copies++;
        flow = gst_pad_push(p->out, copy);
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
    gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_BUFFER, keep_first, p, NULL);
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_EVENT_FLUSH, see_seek, p, NULL);
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, stand_for, p, NULL);
    gst_object_unref(in);
    gst_object_unref(out);
}
