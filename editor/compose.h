/* What the files that write notes share: the piece under the pen. */
#ifndef WHELK_COMPOSE_H
#define WHELK_COMPOSE_H

#include "harmony.h"
#include "score.h"

#define EIGHTH (SCORE_PPQ / 2)
#define MOTIF_NOTES 8

struct motif {
    const signed char *rhythm; /* eighths, negative = rest, 0 = end */
    const signed char *shape;  /* steps above the bar's anchor */
};

struct writer {
    struct score_piece *piece;
    struct dice dice;
    struct chord *chords;   /* one a bar */
    struct motif motifs[2]; /* the statement and its answer */
    int lead_key;           /* last one sounded */
};

/* compose.c: adds a note, a little late and not quite as strong as asked, as hands are; notes past
 * the end are cut off. */
void compose_put(struct writer *w, int role, long tick, long ticks, int key, int velocity);
/* The piece swells from its first bar to the last but one. */
int compose_shade(const struct writer *w, int bar, int velocity);
/* How long bowed and blown notes of the last bar sound: they let go so that the room rings to the
 * last frame. */
long compose_held_ticks(const struct score_bar *last);

/* melody.c */
void melody_pick_motifs(struct writer *w);
void melody_write(struct writer *w);

#endif
