/* SECTION:element-whelkfilmsrc
 *
 * A line of text as a finished film, streaming: the first shot plays while the next is made.
 *
 *     gst-play-1.0 'whelk:a cat dives into a pool'
 *     gst-launch-1.0 whelkfilmsrc name=f prompt="a cat dives into a pool"
 *         f.video ! queue ! videoconvert ! autovideosink  f.audio ! queue ! audioconvert !
 * autoaudiosink
 *
 * Pictures and sound are the editor's own: titles, transitions, grade and score as in the film that
 * `whelk run` makes of the same line. The journal's events are posted as element messages
 * "whelk-event"; where making does not keep up with watching, buffering messages tell. */
#include "filmsrc.h"

#include <string.h>

#include "elements.h"
#include "shot.h"

GST_DEBUG_CATEGORY_STATIC(film_src_debug);
#define GST_CAT_DEFAULT film_src_debug

typedef struct WhelkFilmSrc {
    GstBin parent;
    struct film_job job; /* the properties, under the object lock */
    struct film *film;   /* from READY to PAUSED and back */
    gint unlinked;       /* pads that nobody listens to behind a ghost pad; atomic */
    WhelkFilmPictures *pictures;
    WhelkFilmSound *sound;
} WhelkFilmSrc;

typedef struct {
    GstBinClass parent;
} WhelkFilmSrcClass;

static void uri_handler_init(gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE(WhelkFilmSrc, film_src, GST_TYPE_BIN,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER, uri_handler_init))
#define FILM_SRC(o) ((WhelkFilmSrc *)(o))

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE(
    "video", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(FILM_PICTURES_CAPS));
static GstStaticPadTemplate audio_template =
    GST_STATIC_PAD_TEMPLATE("audio", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(SOUND_CAPS));

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    (void)spec;
    props_set(object, &FILM_SRC(object)->job, &film_props[id - 1], value);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    (void)spec;
    props_get(object, &FILM_SRC(object)->job, &film_props[id - 1], value);
}

/* --- whelk:a cat dives into a pool ------------------------------------------------------------ */

static GstURIType uri_type(GType type)
{
    (void)type;
    return GST_URI_SRC;
}

static const gchar *const *uri_protocols(GType type)
{
    static const gchar *protocols[] = {"whelk", NULL};
    (void)type;
    return protocols;
}

static gchar *get_uri(GstURIHandler *handler)
{
    WhelkFilmSrc *self = FILM_SRC(handler);
    GST_OBJECT_LOCK(self);
    char *line = self->job.prompt ? g_uri_escape_string(self->job.prompt, " ,;'", TRUE) : NULL;
    GST_OBJECT_UNLOCK(self);
    char *uri = line ? g_strconcat("whelk:", line, NULL) : NULL;
    g_free(line);
    return uri;
}

/* A value that cannot be is refused here: GObject would pass over it, or print a warning. */
static gboolean set_setting(WhelkFilmSrc *self, const char *name, const char *text, GError **error)
{
    GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(self), name);
    GValue value = G_VALUE_INIT;
    if (!spec || !text) {
        g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
                    "a film has no setting \"%.40s\"; gst-inspect-1.0 whelkfilmsrc lists them",
                    name);
        return FALSE;
    }
    g_value_init(&value, spec->value_type);
    gboolean good = gst_value_deserialize_with_pspec(&value, text, spec) &&
                    !g_param_value_validate(spec, &value);
    if (good)
        g_object_set_property(G_OBJECT(self), name, &value);
    else
        g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
                    "a film's %s cannot be \"%.40s\"; gst-inspect-1.0 whelkfilmsrc tells what it "
                    "can be",
                    name, text);
    g_value_unset(&value);
    return good;
}

/* "seconds=5&ratio=9:16": properties by their names. */
static gboolean set_settings(WhelkFilmSrc *self, const char *text, GError **error)
{
    gboolean good = TRUE;
    char **settings = g_strsplit(text, "&", -1);
    for (char **s = settings; good && *s; s++) {
        char *equals = strchr(*s, '='),
             *value = equals ? g_uri_unescape_string(equals + 1, NULL) : NULL;
        if (equals)
            *equals = '\0';
        good = set_setting(self, *s, value, error);
        g_free(value);
    }
    g_strfreev(settings);
    return good;
}

/* What a pad will bring, as its caps already, until the film begins: uridecodebin, and so every
 * player, takes the pads of a source as they are only where they have caps, and otherwise decodes
 * one of them and forgets the rest. */
static void announce(WhelkFilmSrc *self, const char *name, const char *kind)
{
    GstPad *pad = gst_element_get_static_pad(GST_ELEMENT(self), name);
    char *id = gst_pad_create_stream_id(pad, GST_ELEMENT(self), name);
    GstCaps *caps = gst_caps_from_string(kind);
    GstEvent *events[] = {gst_event_new_stream_start(id), gst_event_new_caps(caps)};
    gst_pad_set_active(pad, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
        gst_pad_store_sticky_event(pad, events[i]);
        gst_event_unref(events[i]);
    }
    gst_caps_unref(caps);
    g_free(id);
    gst_object_unref(pad);
}

static void announce_no_more(WhelkFilmSrc *self)
{
    for (GList *l = GST_ELEMENT_PADS(self); l; l = l->next)
        gst_pad_set_active(l->data, FALSE);
}

/* Spaces and the like may stand as they are; %20 and + are read as spaces too. A question mark
 * without a setting behind it belongs to the line. */
static gboolean set_uri(GstURIHandler *handler, const gchar *uri, GError **error)
{
    WhelkFilmSrc *self = FILM_SRC(handler);
    const char *line = g_str_has_prefix(uri, "whelk:") ? uri + strlen("whelk:") : "";
    while (*line == '/')
        line++;
    const char *mark = strrchr(line, '?');
    if (mark && !strchr(mark, '='))
        mark = NULL;
    char *words = g_strndup(line, mark ? (gsize)(mark - line) : strlen(line));
    char *prompt = g_uri_unescape_string(g_strdelimit(words, "+", ' '), NULL);
    gboolean good = prompt && *prompt;
    g_free(words);
    if (!good)
        g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
                    "\"%.80s\" says nothing to film; write whelk:a cat dives into a pool", uri);
    good = good && (!mark || set_settings(self, mark + 1, error));
    if (good)
        g_object_set(self, "prompt", prompt, NULL);
    if (good && GST_STATE(self) < GST_STATE_PAUSED) {
        announce(self, "video", "video/x-raw, format=(string)I420");
        announce(self, "audio", SOUND_CAPS);
    }
    g_free(prompt);
    return good;
}

static void uri_handler_init(gpointer iface, gpointer data)
{
    GstURIHandlerInterface *i = iface;
    (void)data;
    i->get_type = uri_type;
    i->get_protocols = uri_protocols;
    i->get_uri = get_uri;
    i->set_uri = set_uri;
}

/* --- States ----------------------------------------------------------------------------------- */

static void begin(WhelkFilmSrc *self)
{
    GST_OBJECT_LOCK(self);
    struct film *film = film_new(GST_ELEMENT(self), &self->job);
    GST_OBJECT_UNLOCK(self);
    self->film = film;
    g_atomic_int_set(&self->unlinked, 0);
    film_pictures_set_film(self->pictures, film);
    film_sound_set_film(self->sound, film);
}

static void end(WhelkFilmSrc *self)
{
    if (!self->film)
        return;
    film_stop(self->film);
    film_pictures_set_film(self->pictures, NULL);
    film_sound_set_film(self->sound, NULL);
    g_clear_pointer(&self->film, film_unref);
}

static GstStateChangeReturn change_state(GstElement *element, GstStateChange change)
{
    WhelkFilmSrc *self = FILM_SRC(element);
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED) {
        announce_no_more(self);
        begin(self);
    }
    GstStateChangeReturn result =
        GST_ELEMENT_CLASS(film_src_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY ||
        (change == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
        end(self);
    return result;
}

/* That one of two streams is not wanted is no fault: only both are. */
static void handle_message(GstBin *bin, GstMessage *message)
{
    WhelkFilmSrc *self = FILM_SRC(bin);
    const GstStructure *details = NULL;
    int flow = GST_FLOW_OK;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        gst_message_parse_error_details(message, &details);
    if (details && gst_structure_get_int(details, "flow-return", &flow) &&
        flow == GST_FLOW_NOT_LINKED && g_atomic_int_add(&self->unlinked, 1) == 0)
        gst_message_unref(message);
    else
        GST_BIN_CLASS(film_src_parent_class)->handle_message(bin, message);
}

/* A pad that nobody took does not end the film for the other one. */
gboolean film_pad_is_wanted(GstElement *child, const char *name)
{
    GstObject *bin = gst_object_get_parent(GST_OBJECT(child));
    GstPad *pad = bin ? gst_element_get_static_pad(GST_ELEMENT(bin), name) : NULL;
    gboolean wanted = pad && gst_pad_is_linked(pad);
    gst_clear_object(&pad);
    gst_clear_object(&bin);
    return wanted;
}

/* Pieces are read as they play. */
gboolean film_refuses(GstElement *child, GstEvent *event)
{
    double rate = 1;
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK)
        gst_event_parse_seek(event, &rate, NULL, NULL, NULL, NULL, NULL, NULL);
    if (rate < 0)
        GST_ELEMENT_WARNING(child, STREAM, FAILED,
                            ("a film that is being made plays forwards only; set reel, let it end, "
                             "and play the film that `whelk cut` makes of it backwards"),
                            (NULL));
    return rate < 0;
}

/* --- The class -------------------------------------------------------------------------------- */

static void add_pad(WhelkFilmSrc *self, GstElement *child, GstStaticPadTemplate *from)
{
    GstPad *pad = gst_element_get_static_pad(child, "src");
    GstPadTemplate *template = gst_static_pad_template_get(from);
    gst_element_add_pad(GST_ELEMENT(self),
                        gst_ghost_pad_new_from_template(from->name_template, pad, template));
    gst_object_unref(template);
    gst_object_unref(pad);
}

static void film_src_init(WhelkFilmSrc *self)
{
    work_open();
    props_init(&self->job, film_props, FILM_PROPS);
    self->pictures = g_object_new(film_pictures_get_type(), "name", "pictures", NULL);
    self->sound = g_object_new(film_sound_get_type(), "name", "sound", NULL);
    gst_bin_add_many(GST_BIN(self), GST_ELEMENT(self->pictures), GST_ELEMENT(self->sound), NULL);
    add_pad(self, GST_ELEMENT(self->pictures), &video_template);
    add_pad(self, GST_ELEMENT(self->sound), &audio_template);
}

static void finalize(GObject *object)
{
    props_clear(&FILM_SRC(object)->job, film_props, FILM_PROPS);
    work_close();
    G_OBJECT_CLASS(film_src_parent_class)->finalize(object);
}

static void film_src_class_init(WhelkFilmSrcClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(film_src_debug, "whelkfilmsrc", 0, "Whelk: a line of text as a film");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    props_install(object, 1, film_props, FILM_PROPS);
    film_props_mark();
    gst_element_class_add_static_pad_template(element, &video_template);
    gst_element_class_add_static_pad_template(element, &audio_template);
    gst_element_class_set_static_metadata(
        element, "Whelk film source", "Source/Video/Audio",
        "Makes a whole film from a line of text and plays it while it is made", ELEMENTS_AUTHOR);
    element->change_state = change_state;
    GST_BIN_CLASS(klass)->handle_message = handle_message;
}
