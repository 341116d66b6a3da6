/* Threads that take the tasks of one job after another, for work whose course is decided by one
 * thread. Between jobs they sleep: OpenMP's threads turn at the end of each parallel loop, and
 * where other programs want the processor a chain of small loops took eighty times as long so.
 *
 *     struct crew *c = crew_new(threads, &err);            // threads - 1 beside the caller's own
 *     crew_run(c, rows, paint_row, picture);               // paint_row(picture, 0..rows-1, worker)
 *     crew_free(c);
 *
 * One job at a time, from one thread. Which worker takes which task changes no result. */
#ifndef WHELK_CREW_H
#define WHELK_CREW_H

#include "../../pipeline/base/error.h"

struct crew;

/* worker: 0 (the caller) up to threads - 1 */
typedef void crew_fn(void *ctx, int task, int worker);

struct crew *crew_new(int threads, whelk_error *err);
void crew_free(struct crew *c); /* NULL is fine */
void crew_run(struct crew *c, int tasks, crew_fn *fn, void *ctx);

#endif
