/* Watches a render: what each take gave, what the encoder was given, and afterwards what the
 * finished film shows, each picture as 16 times 9 cells of luma. GES and FFmpeg end without an
 * error when a source yields nothing or a decoder conceals, so a film is only called one when it is
 * black or still nowhere that its takes are not, and shows what was put into it. */
#include "watch.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#define ACROSS 16
#define DOWN 9
#define CELLS (ACROSS * DOWN)
#define BLACK 24 /* no cell of a black picture is lighter (16 is black) */
#define LIGHT 48 /* some cell of a take that is not black is at least so */
#define STILL 1  /* no cell of a picture that stands still changes by more */
#define MOVING 6 /* some cell of a take that moves changes at least so much from frame to frame */
#define UNLIKE 10.0 /* mean difference of the cells of two pictures that are not the same one */
#define MOST_FRAMES 1000000
#define RUN_S 0.25 /* shorter stretches are let pass: a blink in the picture, a held frame */
#define WAIT_S 20  /* for the next picture of the film */

struct look {
    bool there;
    guint8 cells[CELLS];
};

struct edit_watch {
    GMutex lock; /* pads push from their own threads */
    const struct edit_plan *plan;
    GHashTable *takes; /* URI: GArray of looks, one a frame of the file */
    GArray *put;       /* looks at what the encoder was given */
};

static void free_looks(gpointer looks)
{
    g_array_unref(looks);
}

struct edit_watch *edit_watch_new(const struct edit_plan *plan)
{
    struct edit_watch *w = g_new0(struct edit_watch, 1);
    g_mutex_init(&w->lock);
    w->plan = plan;
    w->takes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_looks);
    w->put = g_array_new(FALSE, FALSE, sizeof(struct look));
    return w;
}

void edit_watch_free(struct edit_watch *w)
{
    if (!w)
        return;
    g_hash_table_unref(w->takes);
    g_array_unref(w->put);
    g_mutex_clear(&w->lock);
    g_free(w);
}

/* ---- looking ---- */

/* Means over every few pixels of each cell; false where luma is no plane of bytes. */
static bool look_at(GstBuffer *b, GstCaps *caps, struct look *out)
{
    GstVideoInfo info;
    GstVideoFrame f;
    if (!caps || !gst_video_info_from_caps(&info, caps) || !GST_VIDEO_INFO_IS_YUV(&info) ||
        GST_VIDEO_INFO_COMP_DEPTH(&info, 0) != 8 || GST_VIDEO_INFO_COMP_PSTRIDE(&info, 0) != 1 ||
        !gst_video_frame_map(&f, &info, b, GST_MAP_READ))
        return false;
    int w = GST_VIDEO_FRAME_WIDTH(&f), h = GST_VIDEO_FRAME_HEIGHT(&f),
        stride = GST_VIDEO_FRAME_COMP_STRIDE(&f, 0);
    const guint8 *luma = GST_VIDEO_FRAME_COMP_DATA(&f, 0);
    int step_x = MAX(w / (ACROSS * 8), 1), step_y = MAX(h / (DOWN * 8), 1);
    guint sum[CELLS] = {0}, count[CELLS] = {0};
    for (int y = step_y / 2; y < h; y += step_y) {
        for (int x = step_x / 2; x < w; x += step_x) {
            int cell = y * DOWN / h * ACROSS + x * ACROSS / w;
            sum[cell] += luma[(gsize)y * (gsize)stride + (gsize)x];
            count[cell]++;
        }
    }
    for (int i = 0; i < CELLS; i++)
        out->cells[i] = (guint8)(count[i] ? sum[i] / count[i] : 0);
    out->there = true;
    gst_video_frame_unmap(&f);
    return true;
}

static int highest(const struct look *a)
{
    int high = 0;
    for (int i = 0; i < CELLS; i++)
        high = MAX(high, a->cells[i]);
    return high;
}

static int change(const struct look *a, const struct look *b)
{
    int most = 0;
    for (int i = 0; i < CELLS; i++)
        most = MAX(most, ABS(a->cells[i] - b->cells[i]));
    return most;
}

static double unlike(const struct look *a, const struct look *b)
{
    int sum = 0;
    for (int i = 0; i < CELLS; i++)
        sum += ABS(a->cells[i] - b->cells[i]);
    return (double)sum / CELLS;
}

/* ---- in the render ---- */

struct tap {
    struct edit_watch *watch;
    char *uri; /* of a take; NULL = the encoder's input */
};

static void free_tap(gpointer data)
{
    struct tap *t = data;
    g_free(t->uri);
    g_free(t);
}

/* A take's frames may be decoded in any order, and more than once. */
static void keep_take(struct edit_watch *w, const char *uri, GstClockTime at,
                      const struct look *look)
{
    GstClockTime frame = edit_plan_time(w->plan, 1);
    GArray *looks = g_hash_table_lookup(w->takes, uri);
    if (!looks) {
        looks = g_array_new(FALSE, TRUE, sizeof *look);
        g_hash_table_insert(w->takes, g_strdup(uri), looks);
    }
    guint n = (guint)((at + frame / 2) / frame);
    if (n < MOST_FRAMES && n >= looks->len)
        g_array_set_size(looks, n + 1);
    if (n < looks->len)
        g_array_index(looks, struct look, n) = *look;
}

static GstPadProbeReturn take_look(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct tap *t = data;
    struct look look = {0};
    GstBuffer *b = GST_PAD_PROBE_INFO_BUFFER(info);
    if (GST_BUFFER_FLAG_IS_SET(b, GST_BUFFER_FLAG_DROPPABLE))
        return GST_PAD_PROBE_OK; /* stands for a picture: preroll.c */
    GstCaps *caps = gst_pad_get_current_caps(pad);
    if (look_at(b, caps, &look)) {
        g_mutex_lock(&t->watch->lock);
        if (!t->uri)
            g_array_append_val(t->watch->put, look);
        else if (GST_BUFFER_PTS_IS_VALID(b))
            keep_take(t->watch, t->uri, GST_BUFFER_PTS(b), &look);
        g_mutex_unlock(&t->watch->lock);
    }
    gst_clear_caps(&caps);
    return GST_PAD_PROBE_OK;
}

/* Of the decoder inside a uridecodebin; NULL elsewhere. */
static char *uri_of(GstElement *e)
{
    char *uri = NULL;
    GstObject *o = gst_object_get_parent(GST_OBJECT(e));
    while (o && !uri) {
        if (g_object_class_find_property(G_OBJECT_GET_CLASS(o), "uri"))
            g_object_get(o, "uri", &uri, NULL);
        GstObject *up = gst_object_get_parent(o);
        gst_object_unref(o);
        o = up;
    }
    gst_clear_object(&o);
    return uri;
}

void edit_watch_tap(struct edit_watch *w, GstElement *e)
{
    GstElementFactory *f = gst_element_get_factory(e);
    GstElementFactoryListType video = GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO;
    bool decodes =
             f && gst_element_factory_list_is_type(f, GST_ELEMENT_FACTORY_TYPE_DECODER | video),
         encodes =
             f && gst_element_factory_list_is_type(f, GST_ELEMENT_FACTORY_TYPE_ENCODER | video);
    if (!w || (!decodes && !encodes))
        return;
    GstPad *pad = gst_element_get_static_pad(e, decodes ? "src" : "sink");
    if (!pad)
        return;
    struct tap *t = g_new0(struct tap, 1);
    t->watch = w;
    t->uri = decodes ? uri_of(e) : NULL;
    if (decodes && !t->uri)
        free_tap(t);
    else
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, take_look, t, free_tap);
    gst_object_unref(pad);
}

/* ---- what came of it ---- */

/* The take's picture that stands in frame `n` of the film; NULL = it was not seen. */
static const struct look *take_at(const struct edit_watch *w, const struct edit_slot *s, long n)
{
    char *uri = g_filename_to_uri(s->played, NULL, NULL);
    const GArray *looks = g_hash_table_lookup(w->takes, uri);
    g_free(uri);
    long at = lround(s->played_in_s * w->plan->fps_n / w->plan->fps_d) + n - s->start;
    if (!looks || at < 0 || at >= (long)looks->len)
        return NULL;
    const struct look *found = &g_array_index(looks, struct look, at);
    return found->there ? found : NULL;
}

/* The one slot that is seen in frame n; NULL in an overlap and on black. */
static const struct edit_slot *slot_at(const struct edit_plan *p, long n)
{
    const struct edit_slot *found = NULL;
    for (int i = 0; i < p->slot_count; i++) {
        const struct edit_slot *s = &p->slots[i];
        if (n < s->start || n >= s->start + s->frames)
            continue;
        if (found)
            return NULL;
        found = s;
    }
    return found;
}

struct stretch {
    long from, length;
    const struct edit_slot *slot;
};

/* True when the stretch, gone on with or ended by `here`, is too long. */
static bool grow(struct stretch *r, bool here, const struct edit_slot *s, long n, long most)
{
    if (!here || s != r->slot)
        *r = (struct stretch){n, 0, s};
    r->length += here;
    return r->length > most;
}

static bool refuse(const struct edit_plan *p, const struct stretch *r, const char *what,
                   whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL,
                      "the film just made %s from %.2f s on, unlike %s; cut again", what,
                      edit_plan_seconds(p, r->from), r->slot->name);
}

bool edit_watch_judge(const struct edit_watch *w, whelk_error *err)
{
    const struct edit_plan *p = w->plan;
    long most = MAX((long)(RUN_S * p->fps_n / p->fps_d), 1);
    struct stretch black = {0}, still = {0};
    const struct look *was = NULL;
    bool grey = p->edit->grade.contrast < -0.5 || p->edit->grade.exposure < -1;
    for (long n = 0; !grey && n < (long)w->put->len; n++) {
        const struct look *now = &g_array_index(w->put, struct look, n);
        const struct edit_slot *s = slot_at(p, n);
        const struct look *take = s ? take_at(w, s, n) : NULL;
        if (grow(&black, s && highest(now) < BLACK && (!take || highest(take) >= LIGHT), s, n,
                 most))
            return refuse(p, &black, "is black", err);
        bool held =
            n > 0 && was && take && change(now, now - 1) <= STILL && change(take, was) >= MOVING;
        if (grow(&still, held, s, n, most))
            return refuse(p, &still, "stands still", err);
        was = take;
    }
    return true;
}

static bool unlike_put(const struct edit_watch *w, const struct look *seen, long n, long *run,
                       whelk_error *err)
{
    const struct look *put = n < (long)w->put->len ? &g_array_index(w->put, struct look, n) : NULL;
    *run = put && unlike(seen, put) > UNLIKE ? *run + 1 : 0;
    return *run > 1 &&
           !whelk_fail(err, WHELK_EFAIL,
                       "the film just made does not show what was cut from %.2f s on; cut again",
                       edit_plan_seconds(w->plan, n - 1));
}

static GstElement *player_new(const char *path, GstElement **sink)
{
    GstElement *pipe = gst_parse_launch(
        "filesrc name=src ! decodebin ! video/x-raw ! appsink name=out sync=false max-buffers=4",
        NULL);
    if (!pipe)
        return NULL;
    GstElement *src = gst_bin_get_by_name(GST_BIN(pipe), "src");
    g_object_set(src, "location", path, NULL);
    gst_object_unref(src);
    *sink = gst_bin_get_by_name(GST_BIN(pipe), "out");
    return pipe;
}

/* The next picture; NULL at the end, after WAIT_S of nothing, or when the caller wants no more. */
static GstSample *next(GstElement *sink, const whelk_listener *listen, bool *stopped)
{
    for (int i = 0; i < 10 * WAIT_S && !(*stopped = !edit_goes_on(listen, NULL)); i++) {
        GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), GST_SECOND / 10);
        if (sample || gst_app_sink_is_eos(GST_APP_SINK(sink)))
            return sample;
    }
    return NULL;
}

bool edit_watch_film(const struct edit_watch *w, const char *path, const whelk_listener *listen,
                     whelk_error *err)
{
    GstElement *sink = NULL, *pipe = player_new(path, &sink);
    if (!pipe)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot be looked at", path);
    gst_element_set_state(pipe, GST_STATE_PLAYING);
    bool bad = false, stopped = false;
    long n = 0, run = 0;
    for (GstSample *s; !bad && (s = next(sink, listen, &stopped)); n++) {
        struct look seen;
        if (look_at(gst_sample_get_buffer(s), gst_sample_get_caps(s), &seen))
            bad = unlike_put(w, &seen, n, &run, err);
        gst_sample_unref(s);
    }
    gst_element_set_state(pipe, GST_STATE_NULL);
    gst_object_unref(sink);
    gst_object_unref(pipe);
    if (stopped)
        return whelk_fail(err, WHELK_EINTERRUPTED,
                          "the cut was stopped while the film was looked at");
    if (!bad && n != w->plan->frames)
        bad = !whelk_fail(err, WHELK_EFAIL,
                          "of the film just made %ld frames of %ld can be decoded; cut again", n,
                          w->plan->frames);
    return !bad;
}
