/* Work on a thread of its own, so that no state change and no live frame waits for it.
 *
 *     // in start()
 *     struct work *w = work_start(GST_ELEMENT(self), "name", make, job, g_free, result_free);
 *     // in create(); work_flush(w, TRUE) breaks it off. What was made is the work's own.
 *     struct thing *made = work_wait(w) == WORK_DONE ? work_result(w) : NULL;
 *     // in stop(): cancels, and returns within 30 ms
 *     work_drop(w);
 *
 * The thread never touches the element but through work_post, and not at all once it is dropped. */
#ifndef WHELK_PLUGIN_WORK_H
#define WHELK_PLUGIN_WORK_H

#include <gst/gst.h>

#include "../pipeline/base/error.h"

struct work;

/* Runs on the work's thread: the result, or NULL and *err. */
typedef gpointer work_fn(struct work *w, gpointer job, whelk_error *err);

enum work_state { WORK_UNDER_WAY, WORK_DONE, WORK_FAILED, WORK_FLUSHED };

/* In an element's init and finalize. With the last element goes the last thread: its work is
 * dropped by then and ends at its next look, at the latest when a model has been opened. */
void work_open(void);
void work_close(void);

struct work *work_start(GstElement *element, const char *name, work_fn *fn, gpointer job,
                        GDestroyNotify free_job, GDestroyNotify free_result);
void work_drop(struct work *w); /* NULL is fine */

/* An ending that may take long, on a thread of its own. */
void work_end_aside(GDestroyNotify end, gpointer data);

enum work_state work_look(struct work *w);          /* without waiting */
enum work_state work_wait(struct work *w);          /* until it is done, failed or flushed */
void work_flush(struct work *w, gboolean flushing); /* breaks waits off, or lets them be again */

/* Where an element keeps a work, under its object lock: flushes reach for it from other threads.
 *
 *     work_place_put(element, &self->place, w);       // start()
 *     work_place_flush(element, &self->place, TRUE);  // unlock()
 *     work_place_flush(element, &self->place, FALSE); // unlock_stop()
 *     work_place_put(element, &self->place, NULL);    // stop()
 */
struct work_place {
    struct work *work; /* NULL = none */
    gboolean flushing; /* and so is whatever is put here */
};
/* What was there is dropped; NULL only drops. */
void work_place_put(GstElement *element, struct work_place *place, struct work *work);
void work_place_flush(GstElement *element, struct work_place *place, gboolean flushing);
gboolean work_place_is_flushing(GstElement *element, struct work_place *place);
/* What is there becomes the caller's. */
struct work *work_place_take(GstElement *element, struct work_place *place);

gpointer work_result(struct work *w);          /* of a work that is done */
const whelk_error *work_error(struct work *w); /* of one that failed */

/* On the work's thread. */
gboolean work_cancelled(struct work *w);
void work_post(struct work *w, GstMessage *(*make)(GstElement *element, gpointer data),
               gpointer data);

#endif
