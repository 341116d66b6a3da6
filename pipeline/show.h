/* A run as it is seen while it works: events as they come and, on a terminal, a block of bars below
 * them. Everything goes to standard error, but for --json, whose lines are the result. */
#ifndef WHELK_SHOW_H
#define WHELK_SHOW_H

#include <stdio.h>

#include "director.h"

#define SHOW_HEAD 22     /* columns before the text of an event: stage, kind, shot */
#define PLAIN_EVERY_S 30 /* between lines of progress, where there is no terminal */

enum show_mode { SHOW_LIVE, SHOW_PLAIN, SHOW_JSON, SHOW_QUIET };

struct live; /* show_live.c */

struct show {
    enum show_mode mode;
    bool colour;
    int width;
    whelk_reel *reel;        /* set before the run begins, with the two below */
    const char *const *only; /* ids of the shots it is about; NULL = all */
    bool whole;              /* the cut follows */
    whelk_listener listener;
    char stage[16];    /* last printed */
    struct live *live; /* of SHOW_LIVE, once there is something to show */
    double told_at_s;  /* when progress was last shown */
    bool due;          /* the progress just told was shown */
    char outcome[256]; /* text of the end event */
    int takes;         /* finished in this run */
    bool streamed;     /* the thoughts that follow were shown while they came */
    int column;        /* of the thought under way; 0 = none */
    char word[96];     /* its last word, not yet shown */
    double heard_at_s; /* when its last piece came */
    int waited_s;      /* told on the line of show_wait; 0 = there is none */
};

void show_init(struct show *s, bool json, bool quiet);
/* Ends the block of bars, which stays on the terminal as the run left it. */
void show_clear(struct show *s);
/* Takes away what is painted over itself, for a question; what comes next paints it below. */
void show_pause(struct show *s);
bool show_colour(FILE *out); /* a terminal, and neither NO_COLOR nor TERM=dumb */
int show_width(FILE *out);   /* columns; 80 where there is no terminal */
/* Where the text of an event begins on a terminal: behind its head or, on a narrow one, below. */
int show_indent(const struct show *s);
/* One event as lines of text; `indent` columns are already used. */
void show_text(FILE *out, const char *text, int indent, int width);

/* --- show_live.c: the block of bars ---------------------------------------------------------- */

/* One row a shot, the cut and the whole film below them. Made when the first progress or note of
 * shooting or cutting comes; NULL = no memory. */
struct live *live_new(const struct show *s);
void live_free(struct live *l);
/* Keeps a note that a row tells better; false = it is to be printed above the block. */
bool live_note(struct live *l, const whelk_note *note);
void live_progress(struct live *l, const char *stage, const char *shot, const char *what,
                   double done, double total, double left_s);
/* What a shot is becoming, above the rows until its frames come; where the terminal has room. */
void live_picture(struct live *l, const char *shot, const uint8_t *rgb, int width, int height);
void live_paint(struct live *l);
void live_wipe(struct live *l);                       /* takes the block away, to print above it */
void show_duration(double s, char *out, size_t size); /* "36 s", "4 min", "1 h 20 min" */

/* --- show_wait.c: a language model is asked --------------------------------------------------- */

double show_now_s(void);
/* `what` is "wait" or "answer". On a terminal a line below all others, painted over itself. */
void show_wait(struct show *s, const char *stage, const char *what, double seconds);
void show_wait_end(struct show *s); /* takes the line away */

/* --- show_thought.c: a thought while it comes, its words wrapped ------------------------------ */

void show_thought(void *ctx, const char *stage, const char *text, size_t size);
void show_thought_end(struct show *s); /* ends its line */
/* Ends it, and says whether this note repeats what was read as it came. */
bool show_thought_repeats(struct show *s, const whelk_note *note);

#endif
