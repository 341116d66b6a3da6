/* The plan as a GES timeline. Two picture layers are used like the A and B rolls of a film cutter:
 * neighbours that overlap lie on different layers, and only the upper one's alpha moves, so a
 * crossfade of white into white stays white (the automatic crossfade of GES 1.22 falls to 204 of
 * 255). Any editor that reads .xges can open the result. */
#include "edit.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/controller/controller.h>
#include <math.h>
#include <string.h>

#define LOAD_S 40        /* for looking at one file: a busy machine may take long */
#define LOOK_S 30        /* of these, for GStreamer to give up by itself */
#define TINT_MOST 0.083  /* of white, what luma has room for above it: 1 - 219 / 239 */
#define TITLE_FADE_S 0.5 /* a title's rise and fall, at most a quarter of its time each */

/* Top first: a lower index lies above in GES. */
enum {
    LAYER_BAR_ONE,
    LAYER_BAR_TWO,
    LAYER_TITLES,
    LAYER_TINT,
    LAYER_UPPER,
    LAYER_LOWER,
    LAYER_BACK,
    LAYERS
};

struct build {
    const struct edit_plan *plan;
    GESTimeline *timeline;
    GESLayer *layers[LAYERS];
    GESClip **clips; /* one a slot; the timeline's own */
    whelk_error *err;
};

static bool add_tracks(struct build *b)
{
    const struct edit_plan *p = b->plan;
    char *text = g_strdup_printf(
        "video/x-raw,format=I420,width=%d,height=%d,framerate=%d/%d,pixel-aspect-ratio=1/1,"
        "interlace-mode=progressive,colorimetry=bt709",
        p->width, p->height, p->fps_n, p->fps_d);
    GstCaps *video = gst_caps_from_string(text);
    GstCaps *audio =
        gst_caps_from_string("audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved");
    GESTrack *pictures = GES_TRACK(ges_video_track_new());
    ges_track_set_restriction_caps(pictures, video);
    bool good = ges_timeline_add_track(b->timeline, pictures);
    if (!p->piece) {
        GESTrack *music = GES_TRACK(ges_audio_track_new());
        ges_track_set_restriction_caps(music, audio);
        good = good && ges_timeline_add_track(b->timeline, music);
    }
    gst_caps_unref(video);
    gst_caps_unref(audio);
    g_free(text);
    return good || whelk_fail(b->err, WHELK_EFAIL, "the timeline takes no tracks");
}

void edit_timeline_place(const struct edit_plan *plan, GESClip *clip, long start, long frames)
{
    GstClockTime from = edit_plan_time(plan, start);
    ges_timeline_element_set_start(GES_TIMELINE_ELEMENT(clip), from);
    ges_timeline_element_set_duration(GES_TIMELINE_ELEMENT(clip),
                                      edit_plan_time(plan, start + frames) - from);
}

/* A file being looked at by GES; it may outlive our patience, so both sides hold it. */
struct request {
    gatomicrefcount holders;
    GMutex lock;
    bool done;
    GESAsset *asset;
    GError *error;
};

static void request_drop(struct request *r)
{
    if (!g_atomic_ref_count_dec(&r->holders))
        return;
    g_clear_object(&r->asset);
    g_clear_error(&r->error);
    g_mutex_clear(&r->lock);
    g_free(r);
}

static void request_done(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    struct request *r = data;
    g_mutex_lock(&r->lock);
    r->asset = ges_asset_request_finish(result, &r->error);
    r->done = true;
    g_mutex_unlock(&r->lock);
    request_drop(r);
}

/* GES 1.22 looks at files on the main context it was started with (check.c: the global one) and
 * answers on the thread's own; both are served here, unless another thread is already serving the
 * global one. */
static bool request_wait(struct request *r, const whelk_listener *listen, const char *name,
                         whelk_error *err)
{
    GMainContext *own = g_main_context_get_thread_default();
    gint64 now = g_get_monotonic_time(), until = now + LOAD_S * G_USEC_PER_SEC, ask = now;
    for (;; now = g_get_monotonic_time()) {
        g_mutex_lock(&r->lock);
        bool done = r->done;
        g_mutex_unlock(&r->lock);
        if (done)
            return true;
        if (now > until)
            return whelk_fail(err, WHELK_EFAIL,
                              "%s: cannot be read: GStreamer does not come to an end with it",
                              name);
        if (now >= ask && !edit_goes_on(listen, err))
            return false;
        if (now >= ask)
            ask = now + G_USEC_PER_SEC / 10;
        bool moved = g_main_context_iteration(NULL, FALSE);
        if (own && own != g_main_context_default())
            moved = g_main_context_iteration(own, FALSE) || moved;
        if (!moved)
            g_usleep(500);
    }
}

/* The synchronous request of GES 1.22 hangs in a thread that has a main context of its own; hence
 * this one. */
GESClip *edit_timeline_load(const struct edit_plan *plan, const char *uri, const char *name,
                            whelk_error *err)
{
    /* GES keeps what it once learned of a file; a new take under an old name has to be looked at
     * again */
    ges_asset_needs_reload(GES_TYPE_URI_CLIP, uri);
    struct request *r = g_new0(struct request, 1);
    g_atomic_ref_count_init(&r->holders);
    g_atomic_ref_count_inc(&r->holders);
    g_mutex_init(&r->lock);
    gulong hook = edit_preroll_look(uri);
    ges_asset_request_async(GES_TYPE_URI_CLIP, uri, NULL, request_done, r);
    GESClip *clip = NULL;
    bool done = request_wait(r, plan->listen, name, err);
    edit_preroll_looked(hook);
    if (done && !r->asset)
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be read: %s", name,
                   r->error ? r->error->message : "no reason given");
    else if (done)
        clip = GES_CLIP(ges_asset_extract(r->asset, NULL));
    request_drop(r);
    return clip;
}

static GESClip *load(const struct build *b, const char *path, const char *name, bool still)
{
    bool take = edit_plan_inside(b->plan, path) && g_str_has_suffix(path, ".mkv");
    if (b->plan->piece)
        return edit_clip_new(path, still  ? EDIT_CLIP_STILL
                                   : take ? EDIT_CLIP_TAKE
                                          : EDIT_CLIP_ANY);
    char *uri = g_filename_to_uri(path, NULL, NULL);
    GESClip *clip = edit_timeline_load(b->plan, uri, name, b->err);
    g_free(uri);
    return clip;
}

static GESVideoSource *picture_of(GESClip *clip)
{
    GESTrackElement *e = ges_clip_find_track_element(clip, NULL, GES_TYPE_VIDEO_SOURCE);
    if (e)
        g_object_unref(e); /* the clip keeps it */
    return e ? GES_VIDEO_SOURCE(e) : NULL;
}

/* The alpha of a clip's picture or of an effect over the clip's frames. Keys lie in the own time of
 * what they move: a picture's begins where the clip is trimmed, an effect's at 0. */
struct fade {
    const struct build *build;
    GESTrackElement *of;
    GstTimedValueControlSource *keys;
};

static void key(struct fade *f, long frame, double alpha)
{
    GstClockTime in = ges_timeline_element_get_inpoint(GES_TIMELINE_ELEMENT(f->of));
    gst_timed_value_control_source_set(f->keys, in + edit_plan_time(f->build->plan, frame), alpha);
}

static struct fade fade_new(const struct build *b, GESTrackElement *of)
{
    GstControlSource *keys = gst_interpolation_control_source_new();
    g_object_set(keys, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
    return (struct fade){
        .build = b, .of = of, .keys = GST_TIMED_VALUE_CONTROL_SOURCE(keys)};
}

/* Binds the keys, if there are any, and gives them away. */
static bool fade_end(struct build *b, struct fade *f)
{
    bool good = true;
    if (gst_timed_value_control_source_get_count(f->keys) > 0) {
        /* GES would draw the last slope on to the end of the clip and beyond 1 */
        ges_track_element_set_auto_clamp_control_sources(f->of, FALSE);
        good = ges_track_element_set_control_source(f->of, GST_CONTROL_SOURCE(f->keys), "alpha",
                                                    "direct-absolute");
    }
    gst_object_unref(f->keys);
    return good || whelk_fail(b->err, WHELK_EFAIL, "the timeline takes no fade");
}

/* Keys over the frames [from, from + n): the first and last frame of a fade are neither 0 nor 1, so
 * that n frames change. */
static void fade_in(struct fade *f, long from, long n)
{
    key(f, from, 1.0 / (double)(n + 1));
    key(f, from + n - 1, (double)n / (double)(n + 1));
    key(f, from + n, 1);
}

static void fade_out(struct fade *f, long from, long n)
{
    key(f, MAX(from - 1, 0), 1);
    key(f, from, (double)n / (double)(n + 1));
    key(f, from + n - 1, 1.0 / (double)(n + 1));
}

static void join_in(struct fade *f, const struct edit_slot *before, const struct edit_slot *s)
{
    long n = before->overlap;
    if (before->join == JOIN_CROSSFADE && s->roll == 1)
        fade_in(f, 0, n);
    if (before->join == JOIN_DIP_BLACK || before->join == JOIN_DIP_WHITE) {
        long dark = n / 2; /* one frame has nothing of either clip */
        key(f, 0, 0);
        key(f, dark, 0);
        if (n - dark > 1)
            fade_in(f, dark + 1, n - dark - 1);
        else
            key(f, dark + 1, 1);
    }
}

static void join_out(struct fade *f, const struct edit_slot *s)
{
    long n = s->overlap, from = s->frames - n;
    if (s->join == JOIN_CROSSFADE && s->roll == 1)
        fade_out(f, from, n);
    if (s->join == JOIN_DIP_BLACK || s->join == JOIN_DIP_WHITE) {
        if (n > 1)
            fade_out(f, from, n / 2);
        key(f, from + n / 2, 0);
        key(f, s->frames, 0);
    }
}

static bool add_fades(struct build *b, GESClip *clip, int index)
{
    const struct edit_slot *s = &b->plan->slots[index];
    struct fade f = fade_new(b, GES_TRACK_ELEMENT(picture_of(clip)));
    if (index > 0)
        join_in(&f, s - 1, s);
    join_out(&f, s);
    return fade_end(b, &f);
}

/* The effect, the clip's own; NULL on failure. */
static GESTrackElement *add_effect(struct build *b, GESClip *clip, const char *description)
{
    GESEffect *effect = ges_effect_new(description);
    if (effect && ges_container_add(GES_CONTAINER(clip), GES_TIMELINE_ELEMENT(effect)))
        return GES_TRACK_ELEMENT(effect);
    whelk_fail(b->err, WHELK_EFAIL, "GStreamer cannot make the effect \"%s\"", description);
    return NULL;
}

/* How much of a warm or cold film is the plane of colour that lies over it, 0 to TINT_MOST. */
static double tint_of(const struct edit_plan *p)
{
    double warmth = CLAMP(p->edit->grade.warmth, -1, 1);
    return fabs(warmth) < 0.01 ? 0 : TINT_MOST * fabs(warmth);
}

/* Exposure in stops, contrast and saturation as shares added, about the middle grey; what
 * videobalance can carry. What the tint's plane of black luma takes away is made up for. */
static bool add_grade(struct build *b, GESClip *clip)
{
    const whelk_edit *e = b->plan->edit;
    double kept = 1 - tint_of(b->plan);
    if (e->grade.exposure == 0 && e->grade.contrast == 0 && e->grade.saturation == 0 && kept == 1)
        return true;
    double gain = exp2(CLAMP(e->grade.exposure, -2, 2) / 2.2) / kept;
    double contrast = CLAMP(1 + e->grade.contrast, 0, 2);
    char c[3][G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(c[0], sizeof c[0], "%.4f", CLAMP(gain * contrast, 0, 2));
    g_ascii_formatd(c[1], sizeof c[1], "%.4f", CLAMP(0.5 * (1 - contrast) / kept, -1, 1));
    g_ascii_formatd(c[2], sizeof c[2], "%.4f", CLAMP(gain * (1 + e->grade.saturation), 0, 2));
    char *text =
        g_strdup_printf("videobalance contrast=%s brightness=%s saturation=%s", c[0], c[1], c[2]);
    bool good = add_effect(b, clip, text) != NULL;
    g_free(text);
    return good;
}

/* A file's length, as its container tells it, is rounded to milliseconds, and GES cuts a clip to
 * it: a clip whose last frame is there may be longer by the rest of that frame. */
static void allow_length(GESTimelineElement *e, GstClockTime end)
{
    if (ges_timeline_element_get_max_duration(e) < end)
        ges_timeline_element_set_max_duration(e, end);
}

/* Matroska rounds its times to milliseconds, and a stretch from a frame rounded up would begin with
 * the one before: so a clip begins half a millisecond past its frame's start, where its file is
 * long enough (whoever loads a clip that is longer than its file cuts it off). Elsewhere, and for
 * stretches that end with the clip's, see preroll.c. */
static GstClockTime begin_in(GESTimelineElement *e, GstClockTime in, GstClockTime length)
{
    GstClockTime there = ges_timeline_element_get_max_duration(e), past = 500 * GST_USECOND;
    bool room = !GST_CLOCK_TIME_IS_VALID(there) || in + past + length <= there;
    return room ? in + past : in;
}

static bool add_clip(struct build *b, int index)
{
    const struct edit_slot *s = &b->plan->slots[index];
    GESClip *clip = load(b, s->played, s->name, false);
    if (!clip)
        return false;
    ges_clip_set_supported_formats(clip, GES_TRACK_TYPE_VIDEO);
    GESTimelineElement *e = GES_TIMELINE_ELEMENT(clip);
    GstClockTime length =
        edit_plan_time(b->plan, s->start + s->frames) - edit_plan_time(b->plan, s->start);
    GstClockTime in = begin_in(e, (GstClockTime)(s->played_in_s * GST_SECOND), length);
    allow_length(e, in + length);
    edit_timeline_place(b->plan, clip, s->start, s->frames);
    ges_timeline_element_set_inpoint(e, in);
    if (!ges_layer_add_clip(b->layers[s->roll ? LAYER_UPPER : LAYER_LOWER], clip))
        return whelk_fail(b->err, WHELK_EFAIL, "%s: the timeline does not take it", s->name);
    for (GList *l = GES_CONTAINER_CHILDREN(clip); l; l = l->next)
        allow_length(l->data, in + length);
    edit_timeline_place(b->plan, clip, s->start, s->frames);
    b->clips[index] = clip;
    return add_grade(b, clip) && add_fades(b, clip, index);
}

static bool add_wipe(struct build *b, const struct edit_slot *s)
{
    GESTransitionClip *wipe =
        ges_transition_clip_new((GESVideoStandardTransitionType)abs(s->wipe));
    ges_clip_set_supported_formats(GES_CLIP(wipe), GES_TRACK_TYPE_VIDEO);
    edit_timeline_place(b->plan, GES_CLIP(wipe), s->start + s->frames - s->overlap, s->overlap);
    if (!ges_layer_add_clip(b->layers[s->roll ? LAYER_UPPER : LAYER_LOWER], GES_CLIP(wipe)))
        return whelk_fail(b->err, WHELK_EFAIL, "%s: the timeline does not take its wipe", s->name);
    /* the element inside has an "invert" of its own, the other way round */
    if (s->wipe < 0)
        ges_timeline_element_set_child_properties(GES_TIMELINE_ELEMENT(wipe),
                                                  "GESVideoTransition::invert", TRUE, NULL);
    return true;
}

/* A plane of one colour: white behind a dip, the tint of a warm or cold grade over everything, the
 * bars of a letterbox. NULL on failure. */
static GESClip *add_plane(struct build *b, int layer, long start, long frames, guint argb,
                          double alpha)
{
    GESTestClip *plane = ges_test_clip_new();
    ges_clip_set_supported_formats(GES_CLIP(plane), GES_TRACK_TYPE_VIDEO);
    ges_test_clip_set_vpattern(plane, GES_VIDEO_TEST_PATTERN_SOLID);
    edit_timeline_place(b->plan, GES_CLIP(plane), start, frames);
    if (!ges_layer_add_clip(b->layers[layer], GES_CLIP(plane))) {
        whelk_fail(b->err, WHELK_EFAIL, "the timeline takes no plane of colour");
        return NULL;
    }
    GESVideoSource *source = picture_of(GES_CLIP(plane));
    ges_timeline_element_set_child_properties(GES_TIMELINE_ELEMENT(source), "foreground-color",
                                              argb, "alpha", alpha, NULL);
    /* left alone it would come with an alpha plane of its own, and have everything mixed in AYUV
     * (see add_card) */
    bool good = add_effect(b, GES_CLIP(plane),
                           "videoconvert ! capsfilter caps=video/x-raw,format=I420") != NULL;
    return good ? GES_CLIP(plane) : NULL;
}

static bool add_bar(struct build *b, int layer, int x, int y, int width, int height)
{
    if (width == 0 || height == 0)
        return true;
    GESClip *bar = add_plane(b, layer, 0, b->plan->frames, 0xFF000000u, 1);
    if (bar)
        ges_timeline_element_set_child_properties(GES_TIMELINE_ELEMENT(picture_of(bar)), "posx", x,
                                                  "posy", y, "width", width, "height", height,
                                                  NULL);
    return bar != NULL;
}

/* Over everything else, so that they stay black in a dip to white and under a tint. */
static bool add_letterbox(struct build *b)
{
    const struct edit_plan *p = b->plan;
    int right = p->view.x + p->view.width, below = p->view.y + p->view.height;
    bool high = p->view.height < p->height;
    return add_bar(b, LAYER_BAR_ONE, 0, 0, high ? p->width : p->view.x,
                   high ? p->view.y : p->height) &&
           add_bar(b, LAYER_BAR_TWO, high ? 0 : right, high ? below : 0,
                   high ? p->width : p->width - right, high ? p->height - below : p->height);
}

static bool add_joins(struct build *b)
{
    for (int i = 0; i + 1 < b->plan->slot_count; i++) {
        const struct edit_slot *s = &b->plan->slots[i];
        if (s->join == JOIN_WIPE && !add_wipe(b, s))
            return false;
        if (s->join == JOIN_DIP_WHITE &&
            !add_plane(b, LAYER_BACK, s->start + s->frames - s->overlap, s->overlap, 0xFFFFFFFFu,
                       1))
            return false;
    }
    return true;
}

/* The tint goes with the pictures: what a dip dips to stays black, or white. */
static void tint_keys(struct fade *f, double alpha)
{
    const struct edit_plan *p = f->build->plan;
    for (int i = 0; i + 1 < p->slot_count; i++) {
        const struct edit_slot *s = &p->slots[i];
        long n = s->overlap, from = s->start + s->frames - n;
        if (s->join != JOIN_DIP_BLACK && s->join != JOIN_DIP_WHITE)
            continue;
        key(f, 0, alpha);
        key(f, MAX(from - 1, 0), alpha);
        key(f, from + MAX(n / 2 - 1, 0), 0);
        key(f, from + n / 2, 0);
        key(f, from + n, alpha);
    }
}

/* A plane whose luma is black and whose colour is as strong as it can be: it moves the colour of
 * everything and lifts no black. */
static bool add_tint(struct build *b)
{
    double alpha = tint_of(b->plan);
    if (alpha == 0)
        return true;
    GESClip *tint = add_plane(b, LAYER_TINT, 0, b->plan->frames,
                              b->plan->edit->grade.warmth > 0 ? 0xFFFF8A2Cu : 0xFF3C7CFFu, alpha);
    if (!tint || !add_effect(b, tint, "videobalance contrast=0 saturation=2"))
        return false;
    struct fade f = fade_new(b, GES_TRACK_ELEMENT(picture_of(tint)));
    tint_keys(&f, alpha);
    return fade_end(b, &f);
}

/* ---- titles ---- */

static long card_fade(const struct build *b, const struct edit_card *c)
{
    const char *kind = c->title->kind; /* these are to be read for all of their time */
    if (kind && (strcmp(kind, "caption") == 0 || strcmp(kind, "label") == 0))
        return 0;
    return MIN((long)(TITLE_FADE_S * b->plan->fps_n / b->plan->fps_d), c->frames / 4);
}

/* The rise and fall of a title as seen by a clip that begins `offset` frames after the title does.
 */
static void card_keys(struct fade *f, long offset, long frames, long fade)
{
    key(f, 0, offset < 0 ? 0 : offset < fade ? (double)(offset + 1) / (double)(fade + 1) : 1);
    const struct {
        long at;
        double alpha;
    } corners[] = {
        {-1, 0},
        {0, 1.0 / (double)(fade + 1)},
        {fade, 1},
        {frames - fade - 1, 1},
        {frames - 1, 1.0 / (double)(fade + 1)},
        {frames, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(corners); i++) {
        if (corners[i].at > offset)
            key(f, corners[i].at - offset, corners[i].alpha);
    }
}

/* Lays a title over one clip as an effect of the clip. What it shows is told to it afterwards: GES
 * makes every effect that is described anew some times more than it uses it, and a gdkpixbufoverlay
 * that never plays does not let its picture go. */
static bool overlay_card(struct build *b, const struct edit_card *c, int index)
{
    const struct edit_slot *s = &b->plan->slots[index];
    GESTrackElement *effect = add_effect(b, b->clips[index], "gdkpixbufoverlay");
    if (!effect)
        return false;
    /* over the graded picture, not graded with it */
    ges_clip_set_top_effect_index(GES_CLIP(b->clips[index]), GES_BASE_EFFECT(effect), 0);
    ges_timeline_element_set_child_properties(GES_TIMELINE_ELEMENT(effect), "location", c->path,
                                              "offset-x", c->x, "offset-y", c->y, NULL);
    struct fade f = fade_new(b, effect);
    card_keys(&f, s->start - c->start, c->frames, card_fade(b, c));
    return fade_end(b, &f);
}

/* A title on black after the last clip: a picture that fills the frame. */
static bool still_card(struct build *b, const struct edit_card *c)
{
    GESClip *clip = load(b, c->path, c->path, true);
    if (!clip)
        return false;
    ges_clip_set_supported_formats(clip, GES_TRACK_TYPE_VIDEO);
    edit_timeline_place(b->plan, clip, c->start, c->frames);
    if (!ges_layer_add_clip(b->layers[LAYER_TITLES], clip))
        return whelk_fail(b->err, WHELK_EFAIL, "the title \"%.40s\" overlaps another one",
                          c->title->text);
    struct fade f = fade_new(b, GES_TRACK_ELEMENT(picture_of(clip)));
    card_keys(&f, 0, c->frames, card_fade(b, c));
    return fade_end(b, &f) &&
           add_effect(b, clip, "videoconvert ! capsfilter caps=video/x-raw,format=I420") != NULL;
}

/* A picture with alpha on a layer would make the compositor mix in AYUV, which in GStreamer 1.22
 * costs time and loses 3 to 4 levels of luma over the whole frame; laid over each clip it touches
 * only its own area. */
static bool add_card(struct build *b, const struct edit_card *c)
{
    const struct edit_plan *p = b->plan;
    if (c->on_black)
        return still_card(b, c);
    for (int i = 0; i < p->slot_count; i++) {
        const struct edit_slot *s = &p->slots[i];
        bool apart = s->start >= c->start + c->frames || s->start + s->frames <= c->start;
        if (!apart && !overlay_card(b, c, i))
            return false;
    }
    return true;
}

static bool build_all(struct build *b)
{
    if (!add_tracks(b))
        return false;
    for (int i = 0; i < LAYERS; i++)
        b->layers[i] = ges_timeline_append_layer(b->timeline);
    for (int i = 0; i < b->plan->slot_count; i++) {
        if (!edit_goes_on(b->plan->listen, b->err) || !add_clip(b, i))
            return false;
    }
    if (!add_joins(b) || !add_tint(b) || !add_letterbox(b))
        return false;
    for (int i = 0; i < b->plan->card_count; i++) {
        if (!add_card(b, &b->plan->cards[i]))
            return false;
    }
    return b->plan->piece || edit_timeline_sounds(b->timeline, b->plan, b->err);
}

GESTimeline *edit_timeline_new(const struct edit_plan *plan, whelk_error *err)
{
    gpointer klass = g_type_class_ref(GES_TYPE_URI_CLIP_ASSET);
    ges_uri_clip_asset_class_set_timeout(klass, LOOK_S * GST_SECOND);
    g_type_class_unref(klass);
    struct build b = {
        .plan = plan, .timeline = gst_object_ref_sink(ges_timeline_new()), .err = err};
    b.clips = g_new0(GESClip *, plan->slot_count);
    bool good = build_all(&b);
    g_free(b.clips);
    if (good) {
        ges_timeline_commit(b.timeline);
        return b.timeline;
    }
    gst_object_unref(b.timeline);
    return NULL;
}

bool edit_timeline_save(GESTimeline *timeline, const char *path, whelk_error *err)
{
    char *part = g_strconcat(path, ".part", NULL);
    char *uri = g_filename_to_uri(part, NULL, NULL);
    GError *error = NULL;
    bool good = ges_timeline_save_to_uri(timeline, uri, NULL, TRUE, &error);
    if (good && g_rename(part, path) != 0)
        good = false;
    if (!good) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot write: %s", path,
                   error ? error->message : g_strerror(errno));
        g_unlink(part);
    }
    g_clear_error(&error);
    g_free(uri);
    g_free(part);
    return good;
}
