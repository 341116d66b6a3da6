/* A prompt made into a shot; see shot.h. */
#include "shot.h"

#include <string.h>

#include "tell.h"

#define STEPS_MAX 1000 /* of all the parts of a shot */

struct shot_job *shot_job_copy(const struct shot_job *job)
{
    struct shot_job *copy = g_new(struct shot_job, 1);
    *copy = *job;
    copy->prompt = g_strdup(job->prompt);
    copy->negative = g_strdup(job->negative);
    copy->model = g_strdup(job->model);
    copy->backend = g_strdup(job->backend);
    copy->first_frame = g_strdup(job->first_frame);
    copy->cache_dir = g_strdup(job->cache_dir);
    return copy;
}

void shot_job_clear(struct shot_job *job)
{
    g_free(job->prompt);
    g_free(job->negative);
    g_free(job->model);
    g_free(job->backend);
    g_free(job->first_frame);
    g_free(job->cache_dir);
}

void shot_job_free(gpointer job)
{
    shot_job_clear(job);
    g_free(job);
}

static void made_free(gpointer data)
{
    struct shot_made *m = data;
    m->engine->whelk_gen_shot_free(m->shot);
    g_free(m->caption);
    g_free(m->title);
    g_free(m->model);
    g_free(m);
}

/* --- Progress --------------------------------------------------------------------------------- */

struct making {
    struct work *work;
    const struct engine *engine;
    whelk_gen_step plan[STEPS_MAX];
    int steps, told; /* told: the last step that was posted, -1 = none */
    double left_s;
};

static GstMessage *progress_message(GstElement *element, gpointer data)
{
    const struct making *m = data;
    GstProgressType type = m->told == 0          ? GST_PROGRESS_TYPE_START
                           : m->told >= m->steps ? GST_PROGRESS_TYPE_COMPLETE
                                                 : GST_PROGRESS_TYPE_CONTINUE;
    char *text = g_strdup_printf("Making the shot: step %d of %d", m->told, m->steps);
    GstMessage *msg = gst_message_new_progress(GST_OBJECT(element), type, "shot", text);
    g_free(text);
    return msg;
}

static GstMessage *step_message(GstElement *element, gpointer data)
{
    const struct making *m = data;
    const whelk_gen_step *s = &m->plan[MIN(m->told, m->steps - 1)];
    return gst_message_new_element(
        GST_OBJECT(element),
        gst_structure_new("whelk-progress", "step", G_TYPE_INT, m->told, "steps", G_TYPE_INT,
                          m->steps, "sigma", G_TYPE_DOUBLE, m->told < m->steps ? s->sigma : 0.0,
                          "tokens", G_TYPE_INT, s->tokens, "time-left", G_TYPE_DOUBLE, m->left_s,
                          NULL));
}

static GstMessage *broken_off_message(GstElement *element, gpointer data)
{
    GstProgressType *type = data;
    return gst_message_new_progress(GST_OBJECT(element), *type, "shot",
                                    *type == GST_PROGRESS_TYPE_CANCELED ? "The shot was broken off"
                                                                        : "The shot failed");
}

static bool go_on(void *ctx, const char *stage, const char *shot, const char *what, double done,
                  double total, double left_s)
{
    struct making *m = ctx;
    (void)stage, (void)shot, (void)total;
    int step = (int)done;
    if (strcmp(what, "step") == 0 && step > m->told && m->steps > 0) {
        m->told = step;
        m->left_s = left_s;
        work_post(m->work, progress_message, m);
        work_post(m->work, step_message, m);
    }
    return !work_cancelled(m->work);
}

/* --- Making ----------------------------------------------------------------------------------- */

/* CACHE_DIR/DIGEST.latent.safetensors; *path stays NULL without a cache. */
static bool cache_path(const struct engine *e, whelk_generator *g, const whelk_gen_request *r,
                       const char *dir, char **path, whelk_error *err)
{
    char digest[65];
    if (!dir)
        return true;
    if (g_mkdir_with_parents(dir, 0777) != 0)
        return whelk_fail(
            err, WHELK_EFAIL,
            "%s: no folder can be made there; set cache-dir to one that can be written", dir);
    if (!e->whelk_gen_digest(g, r, digest, err))
        return false;
    char *name = g_strdup_printf("%s.latent.safetensors", digest);
    *path = g_build_filename(dir, name, NULL);
    g_free(name);
    return true;
}

/* Seconds of the request; 0 = a clip. What is longer than the model makes stays a clip: it is told
 * when its frames are counted. So does what may be less and is refused. */
static double length_of(const struct engine *e, whelk_generator *g, const struct shot_job *job,
                        const whelk_gen_info *info, const whelk_gen_request *r)
{
    whelk_gen_request longer = *r;
    longer.seconds = job->seconds;
    if (job->seconds <= info->seconds + 1e-3 || job->seconds > info->longest_s + 1e-3)
        return 0;
    return job->less_too && e->whelk_gen_plan(g, &longer, NULL, 0, NULL) == 0 ? 0 : job->seconds;
}

static struct shot_made *shoot(struct making *m, whelk_generator *g, const struct shot_job *job,
                               const whelk_gen_info *info, const whelk_one_shot *said,
                               whelk_error *err)
{
    const struct engine *e = m->engine;
    whelk_gen_slot slots[WHELK_ONE_SHOT_SLOTS];
    for (int i = 0; i < said->slot_count; i++)
        slots[i] = (whelk_gen_slot){said->slots[i].name, said->slots[i].value};
    whelk_gen_request r = {.slots = slots,
                           .slot_count = said->slot_count,
                           .caption = said->caption,
                           .negative = job->negative,
                           .seed = said->seed,
                           .steps = job->steps,
                           .guidance = job->guidance,
                           .budget = job->budget,
                           .plate_picture = job->first_frame};
    char *path = NULL;
    whelk_gen_shot *shot = NULL;
    r.seconds = length_of(e, g, job, info, &r);
    m->steps = e->whelk_gen_plan(g, &r, m->plan, STEPS_MAX, err);
    if (m->steps > 0 && cache_path(e, g, &r, job->cache_dir, &path, err))
        shot = e->whelk_gen_shoot(g, &r, path, &(whelk_listener){.progress = go_on, .ctx = m}, NULL,
                                  err);
    g_free(path);
    if (!shot)
        return NULL;
    struct shot_made *made = g_new0(struct shot_made, 1);
    made->engine = e;
    made->shot = shot;
    made->seconds = e->whelk_gen_shot_seconds(shot);
    made->longest_s = info->longest_s;
    made->caption = g_strdup(said->caption);
    made->title = g_strdup(said->title);
    made->seed = said->seed;
    return made;
}

static struct shot_made *open_and_shoot(struct making *m, const struct shot_job *job,
                                        whelk_error *err)
{
    const struct engine *e = m->engine;
    struct shot_made *made = NULL;
    whelk_gen_info info;
    whelk_generator *g = e->whelk_gen_open(
        &(whelk_gen_options){.model_dir = job->model, .backend = job->backend}, err);
    if (!g)
        return NULL;
    e->whelk_gen_get_info(g, &info);
    if (!info.layered) {
        whelk_fail(err, WHELK_EUSAGE,
                   "the model %s draws whole frames, and this element shows a place and an actor "
                   "laid together: leave `model` out, or let whelkfilmsrc or whelk shoot make a "
                   "film of it",
                   info.name);
        e->whelk_gen_close(g);
        return NULL;
    }
    whelk_one_shot *said = work_cancelled(m->work)
                               ? NULL
                               : e->whelk_one_shot_ask(job->prompt ? job->prompt : "",
                                                       info.card_json, job->seed, NULL, err);
    if (said)
        made = shoot(m, g, job, &info, said, err);
    if (made)
        made->model = g_strdup_printf("%s %.12s (Whelk %s)", info.name, info.digest, WHELK_VERSION);
    if (said)
        e->whelk_one_shot_free(said);
    e->whelk_gen_close(g);
    return made;
}

static gpointer make(struct work *w, gpointer data, whelk_error *err)
{
    struct making *m = g_new0(struct making, 1);
    m->work = w;
    m->told = -1;
    m->engine = engine_open(err);
    struct shot_made *made = m->engine ? open_and_shoot(m, data, err) : NULL;
    if (!made && m->told >= 0) {
        GstProgressType how =
            work_cancelled(w) ? GST_PROGRESS_TYPE_CANCELED : GST_PROGRESS_TYPE_ERROR;
        work_post(w, broken_off_message, &how);
    }
    g_free(m);
    return made;
}

struct work *shot_start(GstElement *element, struct shot_job *job)
{
    return work_start(element, "whelk-shot", make, job, shot_job_free, made_free);
}

void shot_post_error(GstElement *element, const whelk_error *err)
{
    if (err->code == WHELK_EUSAGE)
        GST_ELEMENT_ERROR(element, RESOURCE, SETTINGS, ("%s", err->text), (NULL));
    else
        GST_ELEMENT_ERROR(element, RESOURCE, FAILED, ("%s", err->text), (NULL));
}
