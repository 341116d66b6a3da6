/* The journal of a reel: log.jsonl, one JSON object a line, every line naming the one that led to
 * it.
 *
 *     struct journal *j = journal_open("cat.reel/log.jsonl", &err);
 *     long prompt = journal_write(j, &(whelk_note){.stage = "plan", .kind = "prompt", .text = "a
 * cat"}); journal_write(j, &(whelk_note){.stage = "plan", .kind = "choice", .why = prompt, .text =
 * "..."}); journal_close(j);
 *
 * Each line is one write to the end of the file, so a crash tears at most the last; that one is cut
 * off at the next opening. Numbers go on across runs. All lines are also held in memory, for
 * questions about what led to what. Not thread safe; the reel's lock keeps other processes out. */
#ifndef WHELK_JOURNAL_H
#define WHELK_JOURNAL_H

#include <stdbool.h>

#include "error.h"
#include "note.h"

struct cJSON;
struct journal;

struct journal_entry {
    long n, why;              /* why: 0 for the first cause */
    double t;                 /* seconds since its run began */
    const char *stage, *kind; /* "" when absent; borrowed until the journal is closed */
    const char *shot, *file;  /* NULL when absent */
    const char *text;
    const struct cJSON *object; /* the whole line */
};

struct journal *journal_open(const char *path, whelk_error *err); /* to write; made if absent */
struct journal *journal_read(const char *path, whelk_error *err); /* leaves the file alone */
void journal_close(struct journal *j);                            /* NULL is fine */

/* Adds a line and returns its number. `note->data_json`'s fields are put beside the others and
 * cannot replace them. 0 = it could not be written; journal_check then says why, at any later time.
 */
long journal_write(struct journal *j, const whelk_note *note);
bool journal_check(const struct journal *j, whelk_error *err);

/* The last line as written, without its newline; borrowed until the next write. NULL = none yet. */
const char *journal_line(const struct journal *j);
double journal_clock(const struct journal *j); /* seconds since opening */

int journal_count(const struct journal *j);
const struct journal_entry *journal_at(const struct journal *j, int index); /* in file order */
const struct journal_entry *journal_find(const struct journal *j, long n);  /* NULL = none */

/* The last entry that has all of what is not NULL, or NULL. */
const struct journal_entry *journal_last(const struct journal *j, const char *stage,
                                         const char *kind, const char *shot, const char *file);

/* The chain from entry n back to its first cause, n first; returns how many were put into out. A
 * why that points forward or nowhere ends it. */
int journal_chain(const struct journal *j, long n, const struct journal_entry **out, int room);

#endif
