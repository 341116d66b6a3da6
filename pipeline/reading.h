/* A reel as the reading commands look at it: no lock taken, nothing written, so that they work
 * beside a run and on a disk that cannot be written. */
#ifndef WHELK_READING_H
#define WHELK_READING_H

#include <dirent.h>

#include "cli.h"
#include "stage.h"

struct reading {
    whelk_reel *reel;
    whelk_film *film;
    struct run run;
    enum shot_state *states; /* of the film's shots; NULL = cannot be told: state_fault says why */
    whelk_error state_fault;
    struct dirent **records; /* of all takes, once they are asked for */
    int record_count;
    bool listed;
};

/* Needs call->reel_path. On failure nothing is left open. */
bool reading_open(struct reading *r, struct call *call, whelk_error *err);
void reading_close(struct reading *r);

/* NULL: there is none, told in *err. */
const whelk_shot *reading_shot(const struct reading *r, const char *id, whelk_error *err);
/* The word for a shot's state: "clean", "stale", "missing", "failed"; "locked" for one whose take
 * is kept whatever its words say; "unknown" without states. */
const char *reading_state(const struct reading *r, int index);

/* Takes of a shot, oldest first: *count numbers, the caller's to free. NULL = none, or no memory.
 */
int *reading_takes(struct reading *r, const char *shot, int *count);

/* The id that a shot added after `after` (NULL = last, "start" = first) will get. */
bool reading_new_id(struct call *call, const char *after, char id[8], whelk_error *err);

/* Columns that a line of standard output may have; where nobody looks at a terminal, any number. */
int print_width(void);
/* A line of a name and what is said of it, from column `indent` on, wrapped at print_width(). */
void print_row(int indent, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Prints text in `columns` columns: cut off with dots, or filled up with spaces where `fill`. */
void print_cell(const char *text, int columns, bool fill);

#endif
