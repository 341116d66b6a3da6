/* A clip that leaves nothing behind. GES 1.22 looks at a file before it plays it: with a pipeline
 * for every thread that asks, served by the application's main loop as well as by that thread
 * (which crashes programs that run one), and what it learned stays in a table until the process
 * ends. A film that is read while it is made knows its takes already, so its clips say themselves
 * how their pictures are come by. Such a timeline can be played, not saved. */
#include "edit.h"

typedef struct {
    GESSourceClip parent;
    char *path;
    enum edit_clip_kind kind;
} EditClip;

typedef struct {
    GESSourceClipClass parent;
} EditClipClass;

typedef struct {
    GESVideoSource parent;
    char *path;
    enum edit_clip_kind kind;
} EditClipSource;

typedef struct {
    GESVideoSourceClass parent;
} EditClipSourceClass;

static GType edit_clip_get_type(void);
static GType edit_clip_source_get_type(void);

G_DEFINE_TYPE(EditClip, edit_clip, GES_TYPE_SOURCE_CLIP)
G_DEFINE_TYPE(EditClipSource, edit_clip_source, GES_TYPE_VIDEO_SOURCE)

/* --- The clip's pictures ------------------------------------------------------------------------ */

/* A reader's stream comes anew each time the timeline turns to the clip. */
static void link_stream(GstElement *demux, GstPad *pad, gpointer decoder)
{
    GstPad *in = gst_element_get_static_pad(decoder, "sink");
    if (gst_pad_link(pad, in) != GST_PAD_LINK_OK)
        GST_ERROR_OBJECT(demux, "holds no pictures in FFV1");
    gst_object_unref(in);
}

static GstElement *take_reader(const char *path)
{
    GstElement *bin = gst_bin_new(NULL), *file = gst_element_factory_make("filesrc", NULL),
               *demux = gst_element_factory_make("matroskademux", NULL),
               *decoder = gst_element_factory_make("avdec_ffv1", NULL);
    g_object_set(file, "location", path, NULL);
    gst_bin_add_many(GST_BIN(bin), file, demux, decoder, NULL);
    gst_element_link(file, demux);
    g_signal_connect(demux, "pad-added", G_CALLBACK(link_stream), decoder);
    GstPad *out = gst_element_get_static_pad(decoder, "src");
    gst_element_add_pad(bin, gst_ghost_pad_new("src", out));
    gst_object_unref(out);
    return bin;
}

static GstElement *still_reader(const char *path)
{
    GstElement *bin =
        gst_parse_bin_from_description("filesrc name=file ! pngdec ! imagefreeze", TRUE, NULL);
    GstElement *file = bin ? gst_bin_get_by_name(GST_BIN(bin), "file") : NULL;
    if (file)
        g_object_set(file, "location", path, NULL);
    g_clear_object(&file);
    return bin;
}

static GstElement *any_reader(const char *path)
{
    GstElement *e = gst_element_factory_make("uridecodebin", NULL);
    GstCaps *caps = gst_caps_from_string("video/x-raw(ANY)");
    char *uri = g_filename_to_uri(path, NULL, NULL);
    g_object_set(e, "uri", uri, "caps", caps, "expose-all-streams", FALSE, NULL);
    gst_caps_unref(caps);
    g_free(uri);
    return e;
}

static GstElement *create_source(GESSource *source)
{
    const EditClipSource *self = (EditClipSource *)source;
    switch (self->kind) {
    case EDIT_CLIP_TAKE:
        return take_reader(self->path);
    case EDIT_CLIP_STILL:
        return still_reader(self->path);
    default:
        return any_reader(self->path);
    }
}

static void source_finalize(GObject *object)
{
    g_free(((EditClipSource *)object)->path);
    G_OBJECT_CLASS(edit_clip_source_parent_class)->finalize(object);
}

static void edit_clip_source_init(EditClipSource *self)
{
    (void)self;
}

static void edit_clip_source_class_init(EditClipSourceClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = source_finalize;
    GES_SOURCE_CLASS(klass)->create_source = create_source;
}

/* --- The clip ----------------------------------------------------------------------------------- */

static GESTrackElement *create_track_element(GESClip *clip, GESTrackType type)
{
    if (type != GES_TRACK_TYPE_VIDEO)
        return NULL;
    EditClipSource *source = g_object_new(edit_clip_source_get_type(), "track-type", type, NULL);
    source->path = g_strdup(((EditClip *)clip)->path);
    source->kind = ((EditClip *)clip)->kind;
    GESAsset *asset = ges_asset_request(edit_clip_source_get_type(), NULL, NULL);
    ges_extractable_set_asset(GES_EXTRACTABLE(source), asset); /* which calls create_source */
    g_object_unref(asset);
    return GES_TRACK_ELEMENT(source);
}

static void clip_finalize(GObject *object)
{
    g_free(((EditClip *)object)->path);
    G_OBJECT_CLASS(edit_clip_parent_class)->finalize(object);
}

static void edit_clip_init(EditClip *self)
{
    (void)self;
}

static void edit_clip_class_init(EditClipClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = clip_finalize;
    GES_CLIP_CLASS(klass)->create_track_element = create_track_element;
}

GESClip *edit_clip_new(const char *path, enum edit_clip_kind kind)
{
    EditClip *clip = g_object_new(edit_clip_get_type(), NULL);
    clip->path = g_strdup(path);
    clip->kind = kind;
    return GES_CLIP(clip);
}
