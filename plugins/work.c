/* Work on a thread of its own; see work.h. Element and thread share a counted object; whoever is
 * last frees it, so that a thread in the middle of something long can be left behind by a state
 * change. It must not outlive the program's last element, though: at exit the engine's libraries
 * take down what it still uses. */
#include "work.h"

#define PATIENCE_US (30 * 1000) /* that a state change may wait for one of an element's four */

/* Elements that may have work done, and threads that have not ended. */
static struct {
    GMutex lock;
    GCond ended;
    int elements, running;
} threads;

/* 1 on such a thread: it may itself let the last element go, having posted a message for it. */
static _Thread_local int here;

struct work {
    gatomicrefcount holders;
    GMutex lock;
    GCond moved;
    GstElement *element; /* NULL once dropped; guarded by lock */
    enum work_state state;
    gboolean flushing, cancelled;
    work_fn *fn;
    gpointer job, result;
    GDestroyNotify free_job, free_result;
    whelk_error err;
};

static void let_go(struct work *w)
{
    if (!g_atomic_ref_count_dec(&w->holders))
        return;
    if (w->free_job)
        w->free_job(w->job);
    if (w->result && w->free_result)
        w->free_result(w->result);
    g_mutex_clear(&w->lock);
    g_cond_clear(&w->moved);
    g_free(w);
}

static void count_threads(int more)
{
    g_mutex_lock(&threads.lock);
    threads.running += more;
    g_cond_broadcast(&threads.ended);
    g_mutex_unlock(&threads.lock);
}

static gpointer run(gpointer data)
{
    struct work *w = data;
    whelk_error err = {0};
    here = 1;
    gpointer result = w->fn(w, w->job, &err);
    g_mutex_lock(&w->lock);
    w->result = result;
    w->err = err;
    w->state = result ? WORK_DONE : WORK_FAILED;
    g_cond_broadcast(&w->moved);
    g_mutex_unlock(&w->lock);
    let_go(w);
    count_threads(-1);
    return NULL;
}

struct work *work_start(GstElement *element, const char *name, work_fn *fn, gpointer job,
                        GDestroyNotify free_job, GDestroyNotify free_result)
{
    struct work *w = g_new0(struct work, 1);
    g_atomic_ref_count_init(&w->holders);
    g_atomic_ref_count_inc(&w->holders);
    g_mutex_init(&w->lock);
    g_cond_init(&w->moved);
    w->element = element;
    w->fn = fn;
    w->job = job;
    w->free_job = free_job;
    w->free_result = free_result;
    GError *error = NULL;
    count_threads(1);
    GThread *thread = g_thread_try_new(name, run, w, &error);
    if (thread) {
        g_thread_unref(thread);
    } else {
        whelk_fail(&w->err, WHELK_EFAIL, "no thread can be started: %s", error->message);
        w->state = WORK_FAILED;
        g_error_free(error);
        let_go(w);
        count_threads(-1);
    }
    return w;
}

void work_drop(struct work *w)
{
    if (!w)
        return;
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    g_mutex_lock(&w->lock);
    w->element = NULL;
    w->cancelled = TRUE;
    w->flushing = TRUE;
    g_cond_broadcast(&w->moved);
    while (w->state == WORK_UNDER_WAY && g_cond_wait_until(&w->moved, &w->lock, until))
        ;
    g_mutex_unlock(&w->lock);
    let_go(w);
}

struct ending {
    GDestroyNotify end;
    gpointer data;
};

static gpointer run_ending(gpointer data)
{
    struct ending *e = data;
    e->end(e->data);
    g_free(e);
    count_threads(-1);
    return NULL;
}

void work_end_aside(GDestroyNotify end, gpointer data)
{
    struct ending *e = g_new(struct ending, 1);
    *e = (struct ending){end, data};
    count_threads(1);
    GThread *thread = g_thread_try_new("whelk-end", run_ending, e, NULL);
    if (thread)
        g_thread_unref(thread);
    else /* then it takes the time it takes */
        run_ending(e);
}

void work_open(void)
{
    g_mutex_lock(&threads.lock);
    threads.elements++;
    g_mutex_unlock(&threads.lock);
}

void work_close(void)
{
    g_mutex_lock(&threads.lock);
    threads.elements--;
    while (threads.elements == 0 && threads.running > here)
        g_cond_wait(&threads.ended, &threads.lock);
    g_mutex_unlock(&threads.lock);
}

enum work_state work_look(struct work *w)
{
    g_mutex_lock(&w->lock);
    enum work_state state = w->state;
    g_mutex_unlock(&w->lock);
    return state;
}

enum work_state work_wait(struct work *w)
{
    g_mutex_lock(&w->lock);
    while (w->state == WORK_UNDER_WAY && !w->flushing)
        g_cond_wait(&w->moved, &w->lock);
    enum work_state state = w->state == WORK_UNDER_WAY ? WORK_FLUSHED : w->state;
    g_mutex_unlock(&w->lock);
    return state;
}

void work_flush(struct work *w, gboolean flushing)
{
    g_mutex_lock(&w->lock);
    w->flushing = flushing;
    g_cond_broadcast(&w->moved);
    g_mutex_unlock(&w->lock);
}

void work_place_put(GstElement *element, struct work_place *place, struct work *work)
{
    GST_OBJECT_LOCK(element);
    struct work *old = place->work;
    place->work = work;
    if (work)
        work_flush(work, place->flushing);
    GST_OBJECT_UNLOCK(element);
    work_drop(old);
}

void work_place_flush(GstElement *element, struct work_place *place, gboolean flushing)
{
    GST_OBJECT_LOCK(element);
    place->flushing = flushing;
    if (place->work)
        work_flush(place->work, flushing);
    GST_OBJECT_UNLOCK(element);
}

gboolean work_place_is_flushing(GstElement *element, struct work_place *place)
{
    GST_OBJECT_LOCK(element);
    gboolean flushing = place->flushing;
    GST_OBJECT_UNLOCK(element);
    return flushing;
}

struct work *work_place_take(GstElement *element, struct work_place *place)
{
    GST_OBJECT_LOCK(element);
    struct work *work = place->work;
    place->work = NULL;
    GST_OBJECT_UNLOCK(element);
    return work;
}

gpointer work_result(struct work *w)
{
    return w->result;
}

const whelk_error *work_error(struct work *w)
{
    return &w->err;
}

gboolean work_cancelled(struct work *w)
{
    g_mutex_lock(&w->lock);
    gboolean cancelled = w->cancelled;
    g_mutex_unlock(&w->lock);
    return cancelled;
}

/* Posted without the lock: an application may answer a message by a state change at once. */
void work_post(struct work *w, GstMessage *(*make)(GstElement *element, gpointer data),
               gpointer data)
{
    g_mutex_lock(&w->lock);
    GstElement *element = w->element ? gst_object_ref(w->element) : NULL;
    g_mutex_unlock(&w->lock);
    if (!element)
        return;
    gst_element_post_message(element, make(element, data));
    gst_object_unref(element);
}
