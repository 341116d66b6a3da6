/* What a film can be written as: one row a profile, its container, and the encoders that may make
 * its streams in the order they are tried, hardware first. The first that is there and starts is
 * taken, and the choice is told with what was passed over. Settings are properties of the element;
 * one that an encoder of another version lacks is left at its default. */
#include "edit.h"

#include <string.h>

struct edit_coder {
    const char *element, *package;
    const char *settings; /* "name=value name=value" */
    const char
        *key_frames; /* property that takes the most frames between two key frames, or NULL */
};

struct edit_profile {
    const char *name, *file;
    const char *container, *video, *audio;   /* caps */
    const char *format;                      /* libavformat's name of the container */
    int width_most;                          /* larger films are made smaller; 0 = never */
    bool chapters;                           /* one a shot */
    struct edit_coder pictures[5], sound[3]; /* up to the first without an element */
};

#define X264 "gstreamer1.0-plugins-ugly"
#define BAD "gstreamer1.0-plugins-bad"
#define GOOD "gstreamer1.0-plugins-good"
#define BASE "gstreamer1.0-plugins-base"
#define LIBAV "gstreamer1.0-libav"

/* clang-format off */

/* FFmpeg calls the fast coder of AAC the better one at high rates. The other one, started by GStreamer, puts a loud first
 * note 3.7 dB over its peak. */
#define MP4 .container = "video/quicktime,variant=iso", .video = "video/x-h264,profile=high", \
    .audio = "audio/mpeg,mpegversion=4", .format = "mp4", \
    .sound = {{"avenc_aac", LIBAV, "bitrate=192000 aac-coder=fast", NULL}, \
              {"voaacenc", BAD, "bitrate=192000", NULL}}

/* Quality 20 of x264's veryfast is clean on drawn and filmed pictures alike and keeps two cores
 * above real time at 1280x720; the others are set to look like it. */
static const struct edit_profile profiles[] = {
    {"mp4", "film.mp4", MP4, .pictures = {
        {"nvh264enc", BAD, "rc-mode=constqp qp-const=20 preset=hq", "gop-size"},
        {"vah264enc", BAD, "rate-control=cqp qpi=20 qpp=22 qpb=24", "key-int-max"},
        /* With a buffer to keep to, x264 on several threads does not write the same film every time, nor with another
         * number of them on another machine; each holds some frames in memory. */
        {"x264enc", X264, "pass=qual quantizer=20 speed-preset=veryfast bitrate=50000 "
         "vbv-buf-capacity=0 threads=4 sync-lookahead=0", "key-int-max"},
        {"openh264enc", BAD, "bitrate=8000000 qp-min=18 qp-max=26 complexity=medium", "gop-size"}}},
    /* Looking ahead, libvpx keeps back frames that fill its buffer, and vp9enc asks for them only once. */
    {"webm", "film.webm", "video/webm", "video/x-vp9,profile=(string)0", "audio/x-opus", "webm",
     .pictures = {
        {"vavp9enc", BAD, "rate-control=cqp", "key-int-max"},
        {"vp9enc", GOOD, "end-usage=cq cq-level=26 target-bitrate=8000000 deadline=1 cpu-used=6 "
         "row-mt=true threads=4 tile-columns=2 lag-in-frames=0 auto-alt-ref=false", "keyframe-max-dist"}},
     .sound = {{"opusenc", BASE, "bitrate=160000", NULL}}},
    {"mkv", "film.mkv", "video/x-matroska", "video/x-ffv,ffvversion=1", "audio/x-flac", "matroska",
     .chapters = true,
     .pictures = {{"avenc_ffv1", LIBAV, "coder=ac context=1 slices=4 slicecrc=1 gop-size=1", NULL}},
     .sound = {{"flacenc", GOOD, "", NULL}}},
    {"prores", "film.mov", "video/quicktime,variant=apple", "video/x-prores",
     "audio/x-raw,format=S24LE", "mov",
     .pictures = {{"avenc_prores_ks", LIBAV, "profile=hq vendor=apl0", NULL},
                  {"avenc_prores", LIBAV, "profile=hq", NULL}}}, /* the sound is not coded */
    /* x264's faster presets are larger at quality 26 than veryfast at 20, up to 2.5 times; at this size decoding the takes
     * costs more than either. */
    {"preview", "preview.mp4", MP4, .width_most = 640, .pictures = {
        {"x264enc", X264, "pass=qual quantizer=28 speed-preset=veryfast bitrate=8000 "
         "vbv-buf-capacity=0 threads=4 sync-lookahead=0", "key-int-max"},
        {"openh264enc", BAD, "complexity=low", "gop-size"}}},
};
/* clang-format on */

static const char *const names[G_N_ELEMENTS(profiles) + 1] = {"mp4",    "webm",    "mkv",
                                                              "prores", "preview", NULL};

const char *const *whelk_edit_profiles(void)
{
    return names;
}

const struct edit_profile *edit_profile_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++)
        if (strcmp(profiles[i].name, name ? name : "mp4") == 0)
            return &profiles[i];
    return NULL;
}

const char *whelk_edit_film_name(const char *profile)
{
    const struct edit_profile *p = edit_profile_find(profile);
    return p ? p->file : NULL;
}

bool edit_profile_has_chapters(const struct edit_profile *p)
{
    return p->chapters;
}

const char *edit_profile_format(const struct edit_profile *p)
{
    return p->format;
}

void edit_profile_size(const struct edit_plan *plan, int *width, int *height)
{
    int most = plan->profile->width_most;
    *width = plan->width;
    *height = plan->height;
    if (most && plan->width > most) {
        *width = most;
        *height = MAX((plan->height * most / plan->width + 1) / 2 * 2, 2);
    }
}

/* ---- which encoder ---- */

/* An encoder may be registered and still not start: no driver, no session left. encodebin passes
 * over those of rank none, and looks at ranks when it is made. */
static bool starts(const char *element)
{
    GstElement *e = gst_element_factory_make(element, NULL);
    if (e)
        gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(gst_element_get_factory(e)),
                                    GST_RANK_PRIMARY);
    bool good = e && gst_element_set_state(e, GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS;
    if (e) {
        gst_element_set_state(e, GST_STATE_NULL);
        gst_object_unref(e);
    }
    return good;
}

static const struct edit_coder *choose(const struct edit_coder *list, size_t room, const char *what,
                                       const struct edit_profile *p, const whelk_listener *listen,
                                       whelk_error *err)
{
    GString *absent = g_string_new(NULL), *packages = g_string_new(NULL);
    const struct edit_coder *found = NULL;
    for (size_t i = 0; i < room && list[i].element && !found; i++) {
        if (starts(list[i].element)) {
            found = &list[i];
            continue;
        }
        const char *comma = absent->len ? ", " : "";
        g_string_append_printf(absent, "%s%s", comma, list[i].element);
        g_string_append_printf(packages, "%s%s of %s", comma, list[i].element, list[i].package);
    }
    if (found)
        edit_tell(listen, "choice", NULL, "%s codes the %s of the %s%s%s", found->element, what,
                  p->file, absent->len ? "; not to be had here: " : "", absent->str);
    else
        whelk_fail(err, WHELK_EFAIL, "%s needs one of these GStreamer elements: %s", p->file,
                   packages->str);
    g_string_free(absent, TRUE);
    g_string_free(packages, TRUE);
    return found;
}

bool edit_profile_choose(struct edit_plan *plan, const whelk_listener *listen, whelk_error *err)
{
    const struct edit_profile *p = plan->profile;
    struct edit_coders *out = &plan->coders;
    out->pictures = choose(p->pictures, G_N_ELEMENTS(p->pictures), "pictures", p, listen, err);
    if (!out->pictures)
        return false;
    if (p->sound[0].element) /* else the sound is not coded at all */
        out->sound = choose(p->sound, G_N_ELEMENTS(p->sound), "sound", p, listen, err);
    return out->sound || !p->sound[0].element;
}

/* ---- for encodebin ---- */

GstEncodingProfile *edit_profile_encoding(const struct edit_plan *plan)
{
    const struct edit_profile *p = plan->profile;
    GstCaps *container = gst_caps_from_string(p->container),
            *video = gst_caps_from_string(p->video), *audio = gst_caps_from_string(p->audio),
            *size = NULL;
    int width, height;
    edit_profile_size(plan, &width, &height);
    if (width != plan->width)
        size = gst_caps_new_simple("video/x-raw", "width", G_TYPE_INT, width, "height", G_TYPE_INT,
                                   height, NULL);
    GstEncodingContainerProfile *file =
        gst_encoding_container_profile_new("film", NULL, container, NULL);
    GstEncodingProfile *pictures =
        GST_ENCODING_PROFILE(gst_encoding_video_profile_new(video, NULL, size, 0));
    GstEncodingProfile *sound =
        GST_ENCODING_PROFILE(gst_encoding_audio_profile_new(audio, NULL, NULL, 0));
    /* the timeline's frames are evenly spaced as they are; encodebin's videorate would add one at
     * the end */
    gst_encoding_video_profile_set_variableframerate(GST_ENCODING_VIDEO_PROFILE(pictures), TRUE);
    gst_encoding_profile_set_preset_name(pictures, plan->coders.pictures->element);
    if (plan->coders.sound)
        gst_encoding_profile_set_preset_name(sound, plan->coders.sound->element);
    gst_encoding_container_profile_add_profile(file, pictures);
    gst_encoding_container_profile_add_profile(file, sound);
    gst_caps_unref(container);
    gst_caps_unref(video);
    gst_caps_unref(audio);
    if (size)
        gst_caps_unref(size);
    return GST_ENCODING_PROFILE(file);
}

/* The encoder of libavcodec leaves the colours of its frame headers
                             untold; three bytes say bt709 (SMPTE RDD 36, 5.1.1). */
static GstPadProbeReturn tag_prores(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    (void)data;
    static const guint8 bt709[3] = {1, 1, 1};
    guint8 head[4];
    GstBuffer *b = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    if (gst_buffer_extract(b, 4, head, 4) == 4 && memcmp(head, "icpf", 4) == 0)
        gst_buffer_fill(b, 22, bt709, sizeof bt709);
    GST_PAD_PROBE_INFO_DATA(info) = b;
    return GST_PAD_PROBE_OK;
}

static void watch_colours(GstElement *encoder)
{
    GstPad *src = gst_element_get_static_pad(encoder, "src");
    gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, tag_prores, NULL, NULL);
    gst_object_unref(src);
}

void edit_chroma_on_left(GstPadProbeInfo *info)
{
    GstEvent *told = GST_PAD_PROBE_INFO_EVENT(info);
    GstCaps *caps;
    gst_event_parse_caps(told, &caps);
    caps = gst_caps_copy(caps);
    gst_caps_set_simple(caps, "chroma-site", G_TYPE_STRING, "mpeg2", NULL);
    GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(caps);
    gst_caps_unref(caps);
    gst_event_unref(told);
}

/* Some sources tell where their chroma samples lie, others do not, and caps that change within the
 * film start an encoder of libavcodec anew, whose times are wrong from then on. Here they always
 * lie on the left. */
static GstPadProbeReturn set_chroma_site(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    (void)data;
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS)
        edit_chroma_on_left(info);
    return GST_PAD_PROBE_OK;
}

static void keep_caps(GstElement *encoder)
{
    GstPad *in = gst_element_get_static_pad(encoder, "sink");
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, set_chroma_site, NULL, NULL);
    gst_object_unref(in);
}

/* "name=value name=value" */
static void set_all(GstElement *e, const char *settings)
{
    char **list = g_strsplit(settings, " ", -1);
    for (char **s = list; *s; s++) {
        char *equals = strchr(*s, '=');
        if (!equals)
            continue;
        *equals = '\0';
        if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), *s))
            gst_util_set_object_arg(G_OBJECT(e), *s, equals + 1);
    }
    g_strfreev(list);
}

void edit_profile_set(const struct edit_plan *plan, GstElement *e)
{
    const struct edit_coders *c = &plan->coders;
    GstElementFactory *f = gst_element_get_factory(e);
    const char *name = f ? GST_OBJECT_NAME(f) : "";
    if (strcmp(name, c->pictures->element) == 0) {
        set_all(e, c->pictures->settings);
        keep_caps(e);
        if (g_str_has_prefix(name, "avenc_prores"))
            watch_colours(e);
        /* two seconds between key frames let players seek */
        const char *key = c->pictures->key_frames;
        if (key && g_object_class_find_property(G_OBJECT_GET_CLASS(e), key))
            g_object_set(e, key, MAX(2 * plan->fps_n / plan->fps_d, 2), NULL);
    } else if (c->sound && strcmp(name, c->sound->element) == 0) {
        set_all(e, c->sound->settings);
    }
}
