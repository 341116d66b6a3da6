/* The sound of whelkfilmsrc: composed to the plan's cuts, and therefore there before the pictures
 * are. */
#include "filmsrc.h"

struct WhelkFilmSound {
    WhelkSoundSrc parent;
    struct film *film;
};

typedef struct {
    WhelkSoundSrcClass parent;
} WhelkFilmSoundClass;

G_DEFINE_TYPE(WhelkFilmSound, film_sound, sound_src_get_type())
#define FILM_SOUND(o) ((WhelkFilmSound *)(o))

void film_sound_set_film(WhelkFilmSound *self, struct film *film)
{
    g_clear_pointer(&self->film, film_unref);
    self->film = film ? film_ref(film) : NULL;
}

static struct work *begin(WhelkSoundSrc *base)
{
    return film_open_sound(FILM_SOUND(base)->film, GST_ELEMENT(base));
}

static gboolean is_wanted(WhelkSoundSrc *base)
{
    return film_pad_is_wanted(GST_ELEMENT(base), "audio");
}

static gboolean src_event(GstBaseSrc *base, GstEvent *event)
{
    return !film_refuses(GST_ELEMENT(base), event) &&
           GST_BASE_SRC_CLASS(film_sound_parent_class)->event(base, event);
}

static void film_sound_init(WhelkFilmSound *self)
{
    (void)self;
}

static void finalize(GObject *object)
{
    film_unref(FILM_SOUND(object)->film);
    G_OBJECT_CLASS(film_sound_parent_class)->finalize(object);
}

static void film_sound_class_init(WhelkFilmSoundClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = finalize;
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Whelk film sound",
                                          "Source/Audio", "The sound inside whelkfilmsrc",
                                          "The Whelk developers");
    GST_BASE_SRC_CLASS(klass)->event = src_event;
    ((WhelkSoundSrcClass *)klass)->begin = begin;
    ((WhelkSoundSrcClass *)klass)->is_wanted = is_wanted;
}
