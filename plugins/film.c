/* A film while it is made; see film.h. */
#include "film.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_US (50 * 1000) /* how often a waiting thread asks whether to go on */

struct film {
    gatomicrefcount holders;
    struct film_job job;
    char *reel; /* where it is made */
    gboolean temporary;
    GMutex lock;
    GCond moved;
    GstElement *owner; /* NULL once stopped; guarded by lock, as all below */
    struct work *work;
    gboolean begun, stopped, ended, waiting;
    int width, height;
    int percent, told; /* of the shot that is being made; what was said last of it */
    double fps;
    whelk_outline *outline;
    gboolean *made; /* a shot's take stands */
    int under_way;  /* index of the shot that is being made; -1 = none yet */
    whelk_error err;
    const struct engine *engine;
};

struct film *film_new(GstElement *owner, const struct film_job *job)
{
    struct film *f = g_new0(struct film, 1);
    g_atomic_ref_count_init(&f->holders);
    g_mutex_init(&f->lock);
    g_cond_init(&f->moved);
    f->owner = owner;
    props_copy(&f->job, job, film_props, FILM_PROPS);
    f->under_way = -1;
    return f;
}

struct film *film_ref(struct film *f)
{
    g_atomic_ref_count_inc(&f->holders);
    return f;
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        char *inside = g_build_filename(path, name, NULL);
        if (g_file_test(inside, G_FILE_TEST_IS_DIR) && !g_file_test(inside, G_FILE_TEST_IS_SYMLINK))
            remove_tree(inside);
        else
            g_unlink(inside);
        g_free(inside);
    }
    if (dir)
        g_dir_close(dir);
    g_rmdir(path);
}

void film_unref(gpointer data)
{
    struct film *f = data;
    if (!f || !g_atomic_ref_count_dec(&f->holders))
        return;
    if (f->temporary)
        remove_tree(f->reel);
    if (f->outline)
        f->engine->whelk_outline_free(f->outline);
    g_free(f->made);
    g_free(f->reel);
    props_clear(&f->job, film_props, FILM_PROPS);
    g_mutex_clear(&f->lock);
    g_cond_clear(&f->moved);
    g_free(f);
}

void film_stop(struct film *f)
{
    g_mutex_lock(&f->lock);
    struct work *work = f->work;
    f->work = NULL;
    f->owner = NULL;
    f->stopped = TRUE;
    g_cond_broadcast(&f->moved);
    g_mutex_unlock(&f->lock);
    work_drop(work);
}

/* --- Telling ---------------------------------------------------------------------------------- */

static void post(struct film *f, GstMessage *(*make)(GstElement *, gpointer), gpointer data)
{
    g_mutex_lock(&f->lock);
    GstElement *owner = f->owner ? gst_object_ref(f->owner) : NULL;
    g_mutex_unlock(&f->lock);
    if (!owner)
        return;
    gst_element_post_message(owner, make(owner, data));
    gst_object_unref(owner);
}

static GstMessage *event_message(GstElement *owner, gpointer data)
{
    const whelk_note *n = data;
    GstStructure *s = gst_structure_new("whelk-event", "stage", G_TYPE_STRING, n->stage, "kind",
                                        G_TYPE_STRING, n->kind, "why", G_TYPE_LONG, n->why, "text",
                                        G_TYPE_STRING, n->text, NULL);
    if (n->shot)
        gst_structure_set(s, "shot", G_TYPE_STRING, n->shot, NULL);
    if (n->data_json)
        gst_structure_set(s, "data", G_TYPE_STRING, n->data_json, NULL);
    return gst_message_new_element(GST_OBJECT(owner), s);
}

static GstMessage *buffering_message(GstElement *owner, gpointer data)
{
    return gst_message_new_buffering(GST_OBJECT(owner), *(int *)data);
}

static long note(void *ctx, const whelk_note *n)
{
    post(ctx, event_message, (gpointer)n);
    return 0;
}

void film_set_waiting(struct film *f, gboolean waiting)
{
    g_mutex_lock(&f->lock);
    gboolean changed = f->waiting != waiting;
    int percent = waiting ? MIN(f->percent, 99) : 100;
    f->waiting = waiting;
    f->told = percent;
    g_mutex_unlock(&f->lock);
    if (changed)
        post(f, buffering_message, &percent);
}

/* While somebody waits: rising, though the shot after the awaited one may be under way already. The
 * wait may be over by the time it is posted; then 100 is said once more, for a player that is told
 * less at last pauses for ever. */
static void tell_waiting(struct film *f, int percent)
{
    g_mutex_lock(&f->lock);
    gboolean tell = f->waiting && percent > f->told;
    f->told = tell ? percent : f->told;
    g_mutex_unlock(&f->lock);
    if (!tell)
        return;
    post(f, buffering_message, &percent);
    g_mutex_lock(&f->lock);
    gboolean over = !f->waiting;
    g_mutex_unlock(&f->lock);
    if (over)
        post(f, buffering_message, &(int){100});
}

/* --- Making ----------------------------------------------------------------------------------- */

static int index_of(const struct film *f, const char *shot)
{
    for (int i = 0; shot && f->outline && i < f->outline->shot_count; i++)
        if (strcmp(f->outline->shots[i].id, shot) == 0)
            return i;
    return -1;
}

/* The stage tells when it turns to a shot: the one before then stands for good. */
static void turn_to(struct film *f, int index)
{
    if (f->under_way >= 0 && f->under_way != index)
        f->made[f->under_way] = TRUE;
    f->under_way = index;
    f->percent = 0;
    g_cond_broadcast(&f->moved);
}

static bool progress(void *ctx, const char *stage, const char *shot, const char *what, double done,
                     double total, double left_s)
{
    struct film *f = ctx;
    (void)left_s;
    g_mutex_lock(&f->lock);
    int index = index_of(f, shot);
    if (strcmp(stage, "shoot") == 0 && strcmp(what, "stage") == 0 && index >= 0)
        turn_to(f, index);
    int percent = total > 0 && strcmp(what, "step") == 0 ? (int)(90 * done / total) : -1;
    f->percent = MAX(f->percent, percent);
    bool on = !f->stopped;
    g_mutex_unlock(&f->lock);
    tell_waiting(f, percent);
    return on;
}

/* What is said of the copy in a reel that nobody knows is said of the file that was given. */
static void name_storyboard(const struct film *f, whelk_error *err)
{
    char *path = g_build_filename(f->reel, "storyboard.json", NULL);
    if (f->temporary && f->job.storyboard && g_str_has_prefix(err->text, path)) {
        char *text = g_strconcat(f->job.storyboard, err->text + strlen(path), NULL);
        g_strlcpy(err->text, text, sizeof err->text);
        g_free(text);
    }
    g_free(path);
}

/* The folder, and in it the storyboard that was given. */
static bool make_reel(struct film *f, whelk_error *err)
{
    GError *error = NULL;
    f->reel = f->job.reel ? g_strdup(f->job.reel) : g_dir_make_tmp("whelk-XXXXXX.reel", &error);
    f->temporary = f->reel && !f->job.reel;
    if (!f->reel) {
        whelk_fail(err, WHELK_EFAIL, "no temporary folder for the reel: %s; set TMPDIR or reel",
                   error->message);
        g_error_free(error);
        return false;
    }
    if (!f->job.storyboard)
        return true;
    char *text = NULL, *path = g_build_filename(f->reel, "storyboard.json", NULL);
    gsize size;
    bool good = g_mkdir_with_parents(f->reel, 0777) == 0 &&
                g_file_get_contents(f->job.storyboard, &text, &size, &error) &&
                g_file_set_contents(path, text, (gssize)size, &error);
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "%s: the storyboard cannot be taken into %s: %s",
                   f->job.storyboard, f->reel,
                   error ? error->message : "no folder can be made there");
    g_clear_error(&error);
    g_free(text);
    g_free(path);
    return good;
}

static bool set_size(const struct film *f, whelk_run_options *o, whelk_error *err)
{
    static const struct {
        const char *ratio;
        int width, height;
    } sizes[] = {{"16:9", 1280, 720}, {"9:16", 720, 1280},   {"1:1", 720, 720},
                 {"4:3", 960, 720},   {"2.39:1", 1280, 536}, {"1.85:1", 1280, 692}};
    o->width = f->width;
    o->height = f->height;
    o->fps = f->fps;
    if (!f->job.ratio)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (strcmp(f->job.ratio, sizes[i].ratio) == 0) {
            o->width = o->width ? o->width : sizes[i].width;
            o->height = o->height ? o->height : sizes[i].height;
            return true;
        }
    return whelk_fail(err, WHELK_EUSAGE,
                      "there is no ratio \"%.40s\"; there are 16:9, 9:16, 1:1, 4:3, 1.85:1 and "
                      "2.39:1",
                      f->job.ratio);
}

static bool read_outline(struct film *f, whelk_reel *reel, whelk_error *err)
{
    whelk_outline *outline = f->engine->whelk_reel_outline(reel, err);
    if (!outline)
        return false;
    g_mutex_lock(&f->lock);
    f->outline = outline;
    f->made = g_new0(gboolean, outline->shot_count);
    g_cond_broadcast(&f->moved);
    g_mutex_unlock(&f->lock);
    return true;
}

static bool plan_and_shoot(struct film *f, struct whelk_llm *llm, whelk_error *err)
{
    const struct engine *e = f->engine;
    whelk_run_options o = {.prompt = f->job.storyboard ? NULL : f->job.prompt,
                           .seconds = f->job.seconds,
                           .shot_count = f->job.shots,
                           .seed = f->job.seed,
                           .steps = f->job.steps,
                           .guidance = f->job.guidance,
                           .budget = f->job.budget,
                           .model_dir = f->job.model,
                           .backend = f->job.backend,
                           .llm = llm,
                           .fallback_offline = f->job.llm_fallback};
    whelk_listener listen = {.note = note, .progress = progress, .ctx = f};
    if (!o.prompt && !f->job.storyboard && !f->job.reel)
        return whelk_fail(err, WHELK_EUSAGE,
                          "there is nothing to film: set prompt, storyboard or reel");
    if (!set_size(f, &o, err) || !make_reel(f, err))
        return false;
    whelk_reel *reel = e->whelk_reel_open(f->reel, WHELK_REEL_CREATE, err);
    bool good = reel && e->whelk_plan(reel, &o, &listen, err) && read_outline(f, reel, err) &&
                e->whelk_shoot(reel, &o, &listen, err);
    if (!good)
        name_storyboard(f, err);
    if (reel)
        e->whelk_reel_close(reel);
    return good;
}

static gpointer make(struct work *w, gpointer data, whelk_error *err)
{
    struct film *f = data;
    (void)w;
    f->engine = engine_open(err);
    struct whelk_llm *llm = f->engine ? film_llm(&f->job, f->engine, err) : NULL;
    bool good = f->engine && !err->code && plan_and_shoot(f, llm, err);
    free(llm);
    g_mutex_lock(&f->lock);
    f->ended = TRUE;
    if (good)
        for (int i = 0; i < f->outline->shot_count; i++)
            f->made[i] = TRUE;
    else
        f->err = *err;
    g_cond_broadcast(&f->moved);
    g_mutex_unlock(&f->lock);
    return good ? film_ref(f) : NULL;
}

void film_begin(struct film *f, int width, int height, double fps)
{
    g_mutex_lock(&f->lock);
    if (!f->begun && !f->stopped) {
        f->begun = TRUE;
        f->width = width;
        f->height = height;
        f->fps = fps;
        f->work = work_start(f->owner, "whelk-film", make, film_ref(f), film_unref, film_unref);
    }
    g_mutex_unlock(&f->lock);
}

/* --- Waiting ---------------------------------------------------------------------------------- */

/* Locked: waits a while for anything to change. */
static void wait_a_while(struct film *f)
{
    g_cond_wait_until(&f->moved, &f->lock, g_get_monotonic_time() + LOOK_US);
}

static bool given_up(whelk_error *err)
{
    return whelk_fail(err, WHELK_EINTERRUPTED, "given up");
}

const whelk_outline *film_outline(struct film *f, gboolean (*give_up)(gpointer), gpointer data,
                                  whelk_error *err)
{
    const whelk_outline *outline = NULL;
    g_mutex_lock(&f->lock);
    for (;;) {
        gboolean end = f->stopped || give_up(data);
        if (f->outline || f->ended || end) {
            outline = f->outline;
            if (!outline && end)
                given_up(err);
            else if (!outline)
                *err = f->err;
            break;
        }
        wait_a_while(f);
    }
    g_mutex_unlock(&f->lock);
    return outline;
}

/* --- Pieces ----------------------------------------------------------------------------------- */

struct piece_job {
    struct film *film;
    int index;
};

static void piece_job_free(gpointer data)
{
    struct piece_job *job = data;
    film_unref(job->film);
    g_free(job);
}

static void piece_close(gpointer data)
{
    struct film_piece *p = data;
    p->engine->whelk_edit_piece_close(p->piece);
    g_free(p);
}

/* Taking a timeline down takes its time. */
static void piece_free(gpointer data)
{
    work_end_aside(piece_close, data);
}

static bool wait_for_take(struct film *f, int index, struct work *w, whelk_error *err)
{
    g_mutex_lock(&f->lock);
    while (!f->made[index] && !f->ended && !f->stopped && !work_cancelled(w))
        wait_a_while(f);
    bool good = f->made[index] && !f->stopped && !work_cancelled(w);
    if (!good && f->ended)
        *err = f->err;
    else if (!good)
        given_up(err);
    g_mutex_unlock(&f->lock);
    return good;
}

static gpointer open_piece(struct work *w, gpointer data, whelk_error *err)
{
    const struct piece_job *job = data;
    struct film *f = job->film;
    const struct engine *e = f->engine;
    if (!wait_for_take(f, job->index, w, err))
        return NULL;
    whelk_reel *reel = e->whelk_reel_open(f->reel, WHELK_REEL_READ, err);
    whelk_outline *now = reel ? e->whelk_reel_outline(reel, err) : NULL;
    whelk_edit_piece *piece = now ? e->whelk_reel_piece(reel, job->index, err) : NULL;
    struct film_piece *p = piece ? g_new0(struct film_piece, 1) : NULL;
    if (p) {
        const whelk_outline_shot *s = &now->shots[job->index];
        p->engine = e;
        p->piece = piece;
        p->index = job->index;
        p->seed = s->seed;
        g_strlcpy(p->shot, s->id, sizeof p->shot);
        g_strlcpy(p->take, s->take, sizeof p->take);
    }
    if (now)
        e->whelk_outline_free(now);
    if (reel)
        e->whelk_reel_close(reel);
    return p;
}

struct work *film_open_piece(struct film *f, int index)
{
    struct piece_job *job = g_new(struct piece_job, 1);
    job->film = film_ref(f);
    job->index = index;
    return work_start(NULL, "whelk-piece", open_piece, job, piece_job_free, piece_free);
}

/* --- Sound ------------------------------------------------------------------------------------ */

static gboolean work_gives_up(gpointer work)
{
    return work_cancelled(work);
}

static struct sound *compose(struct film *f, const char *path, whelk_error *err)
{
    const struct engine *e = f->engine;
    whelk_listener listen = {.note = note, .ctx = f};
    whelk_reel *reel = e->whelk_reel_open(f->reel, WHELK_REEL_READ, err);
    struct sound *s = NULL;
    if (reel && e->whelk_reel_sound(reel, path, &listen, err))
        s = sound_read(path, err);
    if (s)
        s->title = g_strdup(f->outline->title);
    if (reel)
        e->whelk_reel_close(reel);
    return s;
}

static gpointer open_sound(struct work *w, gpointer data, whelk_error *err)
{
    struct film *f = data;
    if (!film_outline(f, work_gives_up, w, err))
        return NULL;
    char *path = g_build_filename(f->reel, "score", "stream.wav", NULL);
    struct sound *s = compose(f, path, err);
    g_unlink(path);
    g_free(path);
    return s;
}

struct work *film_open_sound(struct film *f, GstElement *element)
{
    return work_start(element, "whelk-sound", open_sound, film_ref(f), film_unref, sound_free);
}
