/* Inside stage two: one take and what was seen on it; the notes about it; the ladder that a shot
 * goes up until it is good. */
#ifndef WHELK_SHOOT_H
#define WHELK_SHOOT_H

#include "review.h"
#include "stage.h"

struct attempt {
    char take[8];
    uint64_t seed;
    bool anchored; /* its prompt repeats who and where */
    whelk_gen_actor actor, guests[2];
    int guest_count;
    struct look look;
    struct review review;
    char seen[320]; /* what a language model found wrong; "" = nothing, or none was asked */
};

/* ladder.c: makes takes of a shot until one is good, puts the best into use, and marks the shot as
 * failed where none is. False only where no take could be made at all. */
bool ladder_shoot(struct run *run, whelk_film *film, int index, int plate_from, whelk_error *err);
/* The seed for another take of the same shot; never 0. */
uint64_t ladder_next_seed(uint64_t seed);
/* May the shot be cut to the good beginning of a take, and to how many seconds? */
bool ladder_shorten(const whelk_shot *shot, const struct look *look, double *good_s);
/* Puts a take into use and saves the storyboard. */
bool ladder_use(struct run *run, whelk_film *film, whelk_shot *shot, const char *take,
                whelk_error *err);

/* eyes.c: a language model that takes pictures looks at the take, which is told; what it finds
 * wrong joins the review's faults. What fails here is told and costs no take: false only where the
 * run is to stop. */
bool eyes_look(struct run *run, const whelk_shot *shot, struct attempt *a, whelk_error *err);

/* preview.c: small and quick takes under names of their own. */
bool preview_shoot(struct run *run, const whelk_film *film, const struct plates *plates,
                   whelk_error *err);

/* shoot_tell.c: each returns the number of its note, to be named as the cause of the next. */
void tell_model(struct run *run);
long tell_plate(struct run *run, const struct shot_request *r, const whelk_shot *shot, long why);
long tell_work(struct run *run, const whelk_gen_figures *f, long why);
long tell_take(struct run *run, const whelk_shot *shot, const char *take, const char *digest,
               long why);
void tell_review(struct run *run, const struct attempt *a, long why);
void tell_passed_over(struct run *run, const struct shot_request *r, const whelk_shot *shot);
void review_faults(const struct review *r, char *out, size_t size); /* in a sentence; "" = none */

#endif
