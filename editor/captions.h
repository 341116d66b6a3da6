/* Captions: what is said, as it is read. At most two lines of 42 columns, 5/6 s to 7 s, and where
 * there is room no faster than 17 columns a second (Netflix, "Timed Text Style Guide"; a Chinese
 * character counts two). */
#ifndef WHELK_CAPTIONS_H
#define WHELK_CAPTIONS_H

#include "../pipeline/base/bytes.h"
#include "edit.h"

struct edit_caption {
    double from_s, to_s;        /* on the film, whole frames */
    char *text;                 /* its lines, with a newline between them */
};

/* Makes plan->captions from plan->speeches and tells what cannot be read in its time. */
void captions_make(struct edit_plan *plan, const whelk_listener *listen);
void captions_release(struct edit_plan *plan);
/* A caption's text as SubRip or WebVTT has it. */
void captions_add_text(struct bytes *b, const char *text, bool vtt);
/* REEL/film.srt and film.vtt. */
bool captions_save(const struct edit_plan *plan, whelk_error *err);
/* Turns every caption into a card over the picture. */
void captions_burn(struct edit_plan *plan);

#endif
