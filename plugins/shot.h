/* A prompt made into a shot, as work on a thread: the line is put into the model's words, the model
 * opened, the shot made, and its progress posted on the bus. */
#ifndef WHELK_PLUGIN_SHOT_H
#define WHELK_PLUGIN_SHOT_H

#include "engine.h"
#include "work.h"

/* What to make; all strings the job's own, NULL = none. */
struct shot_job {
    char *prompt, *negative, *model, *backend, *first_frame, *cache_dir;
    guint64 seed; /* 0 = from the prompt */
    int steps;
    double guidance, budget;
    double seconds;    /* it is to last so long, where that is more than a clip and the model can */
    gboolean less_too; /* a clip will do where what is done in it does not go on */
};
struct shot_job *shot_job_copy(const struct shot_job *job); /* for the next round */
void shot_job_clear(struct shot_job *job);                  /* frees what it owns */
void shot_job_free(gpointer job);

/* What came of it. */
struct shot_made {
    const struct engine *engine;
    whelk_gen_shot *shot;
    char *caption, *title; /* in the planner's words */
    char *model;           /* name and version of what made it */
    guint64 seed;
    double seconds, longest_s; /* longest_s: the most that this model makes */
};

/* Takes the job over. The work's result is a struct shot_made. */
struct work *shot_start(GstElement *element, struct shot_job *job);

/* Posts the failed work's error, with the cause and the cure. */
void shot_post_error(GstElement *element, const whelk_error *err);

#endif
