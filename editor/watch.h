/* Eyes on a render (watch.c): taps its decoders and its encoder, then judges what came of it. */
#ifndef WHELK_WATCH_H
#define WHELK_WATCH_H

#include "edit.h"

struct edit_watch *edit_watch_new(const struct edit_plan *plan);    /* borrows the plan */
void edit_watch_free(struct edit_watch *w);

/* Looks at what leaves this element, if it decodes a take, or enters it, if it encodes the film. w may be NULL. */
void edit_watch_tap(struct edit_watch *w, GstElement *e);

/* After the render: is the film black or still where the take that is seen alone is not? */
bool edit_watch_judge(const struct edit_watch *w, whelk_error *err);
/* Decodes the finished file: does it show what was put into it, frame by frame, to the last? */
bool edit_watch_film(const struct edit_watch *w, const char *path, const whelk_listener *listen, whelk_error *err);

#endif
