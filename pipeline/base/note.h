/* How the parts tell their reasoning without knowing the journal: a callback that takes one event
 * and answers with its number, so that later events can name it as their cause. */
#ifndef WHELK_NOTE_H
#define WHELK_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct whelk_note {
    const char *stage;     /* "plan", "shoot", "cut"; NULL = the stage under way */
    const char *kind;      /* "thought", "choice", "work", "artifact", "review", "warn"
                            * (DESIGN: the journal) */
    const char *shot;      /* shot id such as "0020"; NULL = the whole film */
    long why;              /* number of the event that led to this one; 0 = the last one
                            * of the stage above */
    const char *text;      /* one or a few sentences, UTF-8; borrowed for the call */
    const char *data_json; /* a JSON object of further fields, or NULL; borrowed for the
                            * call */
} whelk_note;

/* Returns the event's number, or 0 where nothing is kept. Called on the thread of the call it was
 * given to. */
typedef long (*whelk_note_fn)(void *ctx, const whelk_note *note);

typedef struct whelk_listener {
    whelk_note_fn note; /* may be NULL */
    /* Work under way: `done` and `total` in units of `what` ("step", "frame"), `left_s` an honest
     * estimate or < 0 while unknown. "wait" and "answer" are seconds since a language model was
     * asked, of those it may take: before its first word, and since. "stage" only asks whether to
     * go on. Returns false to cancel: the call then ends with WHELK_EINTERRUPTED. May be NULL. */
    bool (*progress)(void *ctx, const char *stage, const char *shot, const char *what, double done,
                     double total, double left_s);
    /* A thought while it is being thought, piece by piece; the whole of it follows as a note.
     * Pieces may end in the middle of a word. May be NULL. */
    void (*live)(void *ctx, const char *stage, const char *text, size_t size);
    /* What a shot is becoming, every few steps, from models that can tell it cheaply: frames side by side, from its
     * beginning to its end, rows of width * 3 bytes RGB, small, borrowed for the call. No part of the take. May be NULL. */
    void (*picture)(void *ctx, const char *shot, const uint8_t *rgb, int width, int height);
    void *ctx;
} whelk_listener;

#ifdef __cplusplus
}
#endif
#endif
