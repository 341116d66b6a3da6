/* SECTION:element-whelkscoresrc
 *
 * A composed score as sound:
 *
 *     gst-launch-1.0 whelkscoresrc mood=playful length=12 ! audioconvert ! autoaudiosink
 *
 * The whole score is composed and played into memory on a thread of its own, then handed out. */
#include <glib/gstdio.h>

#include "elements.h"
#include "sound.h"

enum { PROP_MOOD = 1, PROP_TEMPO, PROP_INSTRUMENTS, PROP_SEED, PROP_LENGTH };

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

static void job_free(gpointer data)
{
    struct score_job *job = data;
    g_free(job->mood);
    g_free(job->instruments);
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
    *job = self->job;
    job->mood = g_strdup(job->mood);
    job->instruments = g_strdup(job->instruments);
    GST_OBJECT_UNLOCK(self);
    return work_start(GST_ELEMENT(self), "whelk-score", make, job, job_free, sound_free);
}

static void set_text(char **where, const GValue *value)
{
    g_free(*where);
    *where = g_value_dup_string(value);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    WhelkScoreSrc *self = SCORE_SRC(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROP_MOOD:
        set_text(&self->job.mood, value);
        break;
    case PROP_TEMPO:
        self->job.tempo = g_value_get_double(value);
        break;
    case PROP_INSTRUMENTS:
        set_text(&self->job.instruments, value);
        break;
    case PROP_SEED:
        self->job.seed = g_value_get_uint64(value);
        break;
    case PROP_LENGTH:
        self->job.length = g_value_get_double(value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    WhelkScoreSrc *self = SCORE_SRC(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROP_MOOD:
        g_value_set_string(value, self->job.mood);
        break;
    case PROP_TEMPO:
        g_value_set_double(value, self->job.tempo);
        break;
    case PROP_INSTRUMENTS:
        g_value_set_string(value, self->job.instruments);
        break;
    case PROP_SEED:
        g_value_set_uint64(value, self->job.seed);
        break;
    case PROP_LENGTH:
        g_value_set_double(value, self->job.length);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    GST_OBJECT_UNLOCK(self);
}

static void score_src_init(WhelkScoreSrc *self)
{
    work_open();
    self->job.length = 10;
}

static void finalize(GObject *object)
{
    g_free(SCORE_SRC(object)->job.mood);
    g_free(SCORE_SRC(object)->job.instruments);
    work_close();
    G_OBJECT_CLASS(score_src_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *object)
{
    g_object_class_install_property(
        object, PROP_MOOD,
        g_param_spec_string(
            "mood", "Mood",
            "One of playful, calm, epic, tender, mysterious and joyful (unset = calm)", NULL,
            ELEMENTS_READY));
    g_object_class_install_property(object, PROP_TEMPO,
                                    g_param_spec_double("tempo", "Tempo",
                                                        "Beats a minute (0 = the mood's own)", 0,
                                                        300, 0, ELEMENTS_READY));
    g_object_class_install_property(
        object, PROP_INSTRUMENTS,
        g_param_spec_string("instruments", "Instruments",
                            "Names, parted by commas (unset = the mood's own)", NULL,
                            ELEMENTS_READY));
    g_object_class_install_property(
        object, PROP_SEED,
        g_param_spec_uint64("seed", "Seed", "Another seed, another piece of the same mood", 0,
                            G_MAXUINT64, 0, ELEMENTS_READY));
    g_object_class_install_property(object, PROP_LENGTH,
                                    g_param_spec_double("length", "Length",
                                                        "Seconds to the last sample", 1, 3600, 10,
                                                        ELEMENTS_READY));
}

static void score_src_class_init(WhelkScoreSrcClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    install_properties(object);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Whelk score source",
                                          "Source/Audio", "Composes a score of a mood and a length",
                                          ELEMENTS_AUTHOR);
    ((WhelkSoundSrcClass *)klass)->begin = begin;
}
