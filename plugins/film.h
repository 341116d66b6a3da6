/* A film while it is made: one thread plans and shoots it into a reel, others wait for the plan,
 * for a shot's take, or compose its sound. Shared by the parts of whelkfilmsrc and counted. */
#ifndef WHELK_PLUGIN_FILM_H
#define WHELK_PLUGIN_FILM_H

#include "engine.h"
#include "props.h"
#include "sound.h"
#include "work.h"

/* What to make: the properties of whelkfilmsrc; texts its own, NULL = none. */
struct film_job {
    char *prompt, *storyboard, *reel, *ratio, *model, *backend;
    guint64 seed;
    double seconds, budget, guidance;
    int steps, shots;
    int planner; /* auto, offline, llm */
    char *llm_url, *llm_model;
    double llm_timeout;
    gboolean llm_fallback;
};
enum { FILM_PROPS = 17 };
extern const struct prop film_props[FILM_PROPS];
void film_props_mark(void); /* their types, in class_init */

/* The language model that plans, to be freed; NULL = none does, or *err is set: none is known. */
struct whelk_llm *film_llm(const struct film_job *job, const struct engine *e, whelk_error *err);

struct film;

/* Nothing is made before film_begin. `owner` posts what there is to tell. */
struct film *film_new(GstElement *owner, const struct film_job *job);
struct film *film_ref(struct film *film);
void film_unref(gpointer film); /* NULL is fine */
void film_stop(
    struct film *film); /* cancels; waits break off, and the owner is not told any more */

/* Starts the making, once, at this size and rate; 0 = as the storyboard or the ratio says. */
void film_begin(struct film *film, int width, int height, double fps);

/* The plan, waited for; NULL = failed or given up (then err->code tells which: WHELK_EINTERRUPTED).
 * `give_up` is asked every now and then. The film's own. */
const whelk_outline *film_outline(struct film *film, gboolean (*give_up)(gpointer), gpointer data,
                                  whelk_error *err);

/* The pictures of shot `index`: a work whose result is a struct film_piece, there when the shot's
 * take is and its timeline stands. */
struct film_piece {
    const struct engine *engine;
    whelk_edit_piece *piece;
    char shot[16], take[16];
    guint64 seed;
    int index;
};
struct work *film_open_piece(struct film *film, int index);

/* A work whose result is the film's struct sound. */
struct work *film_open_sound(struct film *film, GstElement *element);

/* A picture is being waited for, or no longer: told as buffering messages. */
void film_set_waiting(struct film *film, gboolean waiting);

#endif
