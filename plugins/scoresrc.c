/* SECTION:element-whelkscoresrc
 *
 * A composed score as sound:
 *
 *     gst-launch-1.0 whelkscoresrc mood=playful length=12 ! audioconvert ! autoaudiosink
 *
 * The whole score is composed and played into memory on a thread of its own, then handed out. */
#include <glib/gstdio.h>

#include "props.h"
#include "sound.h"

struct score_job {
    char *mood, *instruments;
    double tempo, length;
    guint64 seed;
};

typedef struct WhelkScoreSrc {
    WhelkSoundSrc parent;
    struct score_job job; /* the properties, under the object lock */
} WhelkScoreSrc;

typedef struct {
    WhelkSoundSrcClass parent;
} WhelkScoreSrcClass;

G_DEFINE_TYPE(WhelkScoreSrc, score_src, sound_src_get_type())
#define SCORE_SRC(o) ((WhelkScoreSrc *)(o))

#define AT(field) .at = offsetof(struct score_job, field), .flags = ELEMENTS_READY

static const struct prop props[] = {
    {"mood", "Mood", "One of playful, calm, epic, tender, mysterious and joyful (unset = calm)",
     PROP_TEXT, AT(mood)},
    {"tempo", "Tempo", "Beats a minute, 30 to 240 (0 = the mood's own)", PROP_DOUBLE, AT(tempo), 0,
     240},
    {"instruments", "Instruments",
     "Names of General MIDI, parted by commas (unset = the mood's own)", PROP_TEXT,
     AT(instruments)},
    {"seed", "Seed", "Another seed, another piece of the same mood", PROP_UINT64, AT(seed)},
    {"length", "Length", "Seconds to the last sample", PROP_DOUBLE, AT(length), 1, 3600, 10},
};

static void job_free(gpointer job)
{
    props_clear(job, props, G_N_ELEMENTS(props));
    g_free(job);
}

static struct sound *compose(const struct engine *e, const struct score_job *job, const char *path,
                             whelk_error *err)
{
    whelk_score score = {.mood = job->mood,
                         .tempo_bpm = job->tempo,
                         .instruments = job->instruments,
                         .seconds = job->length,
                         .seed = job->seed};
    if (!e->whelk_score_write(&score, NULL, path, NULL, err))
        return NULL;
    struct sound *s = sound_read(path, err);
    if (s)
        s->title = g_strdup_printf("A %s score", job->mood ? job->mood : "calm");
    return s;
}

static gpointer make(struct work *w, gpointer job, whelk_error *err)
{
    (void)w;
    GError *error = NULL;
    char *path = NULL;
    const struct engine *e = engine_open(err);
    int file = e ? g_file_open_tmp("whelk-score-XXXXXX.wav", &path, &error) : -1;
    struct sound *s = NULL;
    if (error)
        whelk_fail(err, WHELK_EFAIL, "no temporary file for the score: %s; set TMPDIR",
                   error->message);
    if (file >= 0) {
        g_close(file, NULL);
        s = compose(e, job, path, err);
        g_unlink(path);
    }
    g_clear_error(&error);
    g_free(path);
    return s;
}

static struct work *begin(WhelkSoundSrc *base)
{
    WhelkScoreSrc *self = SCORE_SRC(base);
    struct score_job *job = g_new(struct score_job, 1);
    GST_OBJECT_LOCK(self);
    props_copy(job, &self->job, props, G_N_ELEMENTS(props));
    GST_OBJECT_UNLOCK(self);
    return work_start(GST_ELEMENT(self), "whelk-score", make, job, job_free, sound_free);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    (void)spec;
    props_set(object, &SCORE_SRC(object)->job, &props[id - 1], value);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    (void)spec;
    props_get(object, &SCORE_SRC(object)->job, &props[id - 1], value);
}

static void score_src_init(WhelkScoreSrc *self)
{
    work_open();
    props_init(&self->job, props, G_N_ELEMENTS(props));
}

static void finalize(GObject *object)
{
    props_clear(&SCORE_SRC(object)->job, props, G_N_ELEMENTS(props));
    work_close();
    G_OBJECT_CLASS(score_src_parent_class)->finalize(object);
}

static void score_src_class_init(WhelkScoreSrcClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    props_install(object, 1, props, G_N_ELEMENTS(props));
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Whelk score source",
                                          "Source/Audio", "Composes a score of a mood and a length",
                                          ELEMENTS_AUTHOR);
    ((WhelkSoundSrcClass *)klass)->begin = begin;
}
