/* Spares the work of sources that start for nothing. GES 1.22 starts every source at the beginning
 * of its file, waits for its first pictures, and only then seeks to where the clip begins; each
 * stretch of the film does so anew. Until that seek nothing is decoded: a few black pictures, which
 * nobody sees, stand for the first ones, and then the decoder waits. This rests on GES always
 * seeking: should the seek be slow or never come, the decoder goes on, but those few pictures stay
 * black.
 *
 * Since a file's times are rounded, a stretch may begin in the last moment of the picture before
 * its first one, and end in the first moment of the one after its last. Neither is given, and where
 * every picture of the file stands for itself, as in takes, neither is decoded.
 *
 * Who only looks at what a file holds is shown one black picture. */
#include "edit.h"

#include <gst/video/video.h>
#include <string.h>

#define BLANKS 3 /* compositor wants one ahead, videorate another before it gives the first */
#define PATIENCE_US (200 * 1000)    /* for the seek */
#define SLIVER (1100 * GST_USECOND) /* twice what Matroska rounds its times by, and a little */
#define GLANCE_US (5 * 1000)        /* how often it is seen whether the render has been stopped */

struct preroll {
    GstPad *out; /* borrowed: the decoder's, which owns this too */
    bool tapped; /* its probes are there: an element may be told of more than once */
    int blanks;  /* given so far; this and the next are the streaming thread's alone */
    int coded;   /* pictures seen before the seek */
    bool leans;  /* one of them on another */
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

/* True when the seek has come, or does so while it is waited for. A pad that is closed does not
 * wake who waits, and whoever closes it waits for him. */
static bool seek_comes(struct preroll *p, GstPad *pad, gint64 patience_us)
{
    gint64 until = g_get_monotonic_time() + patience_us;
    g_mutex_lock(&p->lock);
    for (gint64 now = until - patience_us;
         !p->sought && now < until && !GST_PAD_IS_FLUSHING(pad); now = g_get_monotonic_time())
        g_cond_wait_until(&p->moved, &p->lock, MIN(until, now + GLANCE_US));
    bool come = p->sought;
    g_mutex_unlock(&p->lock);
    return come;
}

/* What the decoder would say of its pictures, as far as the coded ones tell; the rest it says
 * itself when it begins. */
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
    if (seek_comes(p, pad, 0) || (enough && !seek_comes(p, pad, PATIENCE_US)))
        return GST_PAD_PROBE_REMOVE;
    GstFlowReturn flow = GST_FLOW_FLUSHING; /* the seek came: this one is wanted no more */
    if (p->blanks == 0 && !tell_blanks(p, pad, &p->info))
        return GST_PAD_PROBE_REMOVE;
    GstBuffer *coded = GST_PAD_PROBE_INFO_BUFFER(info);
    p->coded++;
    p->leans = p->leans || GST_BUFFER_FLAG_IS_SET(coded, GST_BUFFER_FLAG_DELTA_UNIT);
    if (!enough) {
        p->blanks++;
        flow = push_blank(p, &p->info, coded);
    }
    gst_buffer_unref(coded);
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = flow;
    return GST_PAD_PROBE_HANDLED;
}

/* Is a picture over when the stretch begins, or does it come when the stretch is over? */
static void look_outside(GstPad *pad, const GstBuffer *b, bool *early, bool *late)
{
    GstClockTime at = GST_BUFFER_PTS(b), length = GST_BUFFER_DURATION(b);
    const GstSegment *s = NULL;
    GstEvent *told = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    if (told)
        gst_event_parse_segment(told, &s);
    bool timed = s && s->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(at);
    *early = timed && GST_CLOCK_TIME_IS_VALID(length) && at + length <= s->start + SLIVER;
    *late = timed && GST_CLOCK_TIME_IS_VALID(s->stop) && at + SLIVER >= s->stop;
    g_clear_pointer(&told, gst_event_unref);
}

static GstPadProbeReturn skip_coded(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    const struct preroll *p = data;
    bool early, late, apart = p->coded > 1 && !p->leans;
    look_outside(pad, GST_PAD_PROBE_INFO_BUFFER(info), &early, &late);
    return late || (early && apart) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static GstPadProbeReturn skip_decoded(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)data;
    bool early, late;
    look_outside(pad, GST_PAD_PROBE_INFO_BUFFER(info), &early, &late);
    return early ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* The decoder's own, where it is one of takes; *in: its sink, the caller's to unref. */
static struct preroll *preroll_of(GstElement *e, GstPad **in)
{
    GstElementFactory *f = gst_element_get_factory(e);
    if (!f || strcmp(GST_OBJECT_NAME(f), "avdec_ffv1") != 0)
        return NULL;
    *in = gst_element_get_static_pad(e, "sink");
    struct preroll *p = g_object_get_data(G_OBJECT(e), "whelk-preroll");
    if (p)
        return p;
    /* several frames at a time would be several in memory, and several started for nothing */
    gst_util_set_object_arg(G_OBJECT(e), "thread-type", "slice");
    p = g_new0(struct preroll, 1);
    p->out = gst_element_get_static_pad(e, "src");
    gst_object_unref(p->out); /* the decoder keeps it */
    g_mutex_init(&p->lock);
    g_cond_init(&p->moved);
    g_object_set_data_full(G_OBJECT(e), "whelk-preroll", p, preroll_free);
    return p;
}

void edit_preroll_spare(GstElement *e)
{
    GstPad *in;
    struct preroll *p = preroll_of(e, &in);
    if (!p)
        return;
    if (!p->tapped) {
        gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_EVENT_FLUSH, see_seek, p, NULL);
        gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, stand_for, p, NULL);
        gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, skip_coded, p, NULL);
        gst_pad_add_probe(p->out, GST_PAD_PROBE_TYPE_BUFFER, skip_decoded, NULL, NULL);
    }
    p->tapped = true;
    gst_object_unref(in);
}

/* ---- looking at a file ---- */

static GstPadProbeReturn show_one(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct preroll *p = data;
    GstFlowReturn flow = GST_FLOW_EOS;
    GstBuffer *coded = GST_PAD_PROBE_INFO_BUFFER(info);
    if (p->blanks == 0) {
        if (!tell_blanks(p, pad, &p->info))
            return GST_PAD_PROBE_REMOVE;
        p->blanks++;
        flow = push_blank(p, &p->info, coded);
    }
    gst_buffer_unref(coded);
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = flow;
    return GST_PAD_PROBE_HANDLED;
}

static void spare_look(GstBin *bin, GstBin *inner, GstElement *e, gpointer data)
{
    (void)bin, (void)inner, (void)data;
    GstPad *in;
    struct preroll *p = preroll_of(e, &in);
    if (!p)
        return;
    if (!p->tapped)
        gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, show_one, p, NULL);
    p->tapped = true;
    gst_object_unref(in);
}

/* A file that is looked at, and by which decoders: GES keeps a GstDiscoverer for every thread, and
 * it keeps its decoder for all files to come. */
struct look {
    char *uri;
    GMutex lock; /* threads may look at the same file */
    GSList *decoders;
};

static void look_free(gpointer data)
{
    struct look *l = data;
    for (GSList *d = l->decoders; d; d = d->next)
        g_signal_handlers_disconnect_by_func(d->data, spare_look, l);
    g_slist_free_full(l->decoders, g_object_unref);
    g_mutex_clear(&l->lock);
    g_free(l->uri);
    g_free(l);
}

/* GES gives its GstDiscoverer to nobody; but each of them tells of the source it has made, before
 * there is a decoder. */
static gboolean see_source(GSignalInvocationHint *hint, guint count, const GValue *values,
                           gpointer data)
{
    (void)hint, (void)count;
    struct look *l = data;
    GstElement *source = g_value_get_object(&values[1]);
    char *at = GST_IS_URI_HANDLER(source) ? gst_uri_handler_get_uri(GST_URI_HANDLER(source)) : NULL;
    GstObject *decoder = gst_object_get_parent(GST_OBJECT(source));
    if (decoder)
        g_signal_handlers_disconnect_by_func(decoder, spare_look, l); /* from its last file */
    if (decoder && g_strcmp0(at, l->uri) == 0) {
        g_signal_connect(decoder, "deep-element-added", G_CALLBACK(spare_look), l);
        g_mutex_lock(&l->lock);
        l->decoders = g_slist_prepend(l->decoders, gst_object_ref(decoder));
        g_mutex_unlock(&l->lock);
    }
    gst_clear_object(&decoder);
    g_free(at);
    return TRUE;
}

static guint source_signal(void)
{
    return g_signal_lookup("source-setup", GST_TYPE_DISCOVERER);
}

gulong edit_preroll_look(const char *uri)
{
    g_type_class_unref(g_type_class_ref(GST_TYPE_DISCOVERER)); /* makes the signal known */
    struct look *l = g_new0(struct look, 1);
    l->uri = g_strdup(uri);
    g_mutex_init(&l->lock);
    return g_signal_add_emission_hook(source_signal(), 0, see_source, l, look_free);
}

void edit_preroll_looked(gulong hook)
{
    g_signal_remove_emission_hook(source_signal(), hook);
}
