/* Where things are in each frame of the film: the camera's window, the sprites' crops and the
 * shadow, worked out from poses at twelve a second. Pure functions; the drawing is compose.c's. */
#ifndef WHELK_COMPOSE_PATH_H
#define WHELK_COMPOSE_PATH_H

#include "compose.h"

/* Catmull-Rom through v[0..n) at position p; beyond the ends it goes on as it was going. */
double path_at(const float *v, int n, double p);

/* Smooths what the model's noise shook: v[i] becomes a weighted mean of its neighbours, ends kept
 * in place. */
void path_steady(float *v, int n);

/* The window at pose position p, cut to the film's ratio and pushed inside the plate. path:
 * [4][poses] of cx, cy, ln h and the x to follow: a film narrower than 16:9 keeps that x at the
 * share of the window's width that it had there. */
struct compose_window path_window(const struct compose_layers *l, const float *path, double ratio,
                                  double p);

/* The part of a sprite's picture that holds anything: columns x0..x1, rows y0..y1 (x0 >= x1:
 * nothing). */
struct path_matte {
    int x0, x1, y0, y1; /* alpha above 0.04, for drawing */
    /* where alpha is above 0.5, in shares of the edge */
    double left, right;           /* near the feet */
    double top, feet;             /* the highest and the lowest row */
    double wide_left, wide_right; /* of all of it */
    bool any;                     /* there is alpha above 0.5 */
};
struct path_matte path_measure(const float *alpha, int edge);

/* Moves the camera's path as a whole, by no more than it takes to have the cast in view at every
 * pose at which there is one: model and held places can disagree about where the action is. path as
 * for path_window.
 *
 *     struct path_reach r;
 *     path_reach_all(&r);
 *     path_reach_of(&r, poses, actor_path, matte, path);    // of each of the cast
 *     path_move(&r, poses, path); */
struct path_span {
    double low, high;
};
struct path_reach { /* how far the window may be moved; y: whoever leaves any window by its height
                     */
    struct path_span x, y, whole;
};
void path_reach_all(struct path_reach *r);
void path_reach_of(struct path_reach *r, int n, const float *actor, const struct path_matte *matte,
                   const float *path);
void path_move(const struct path_reach *r, int n, float *path);

/* The shadow of a pose. */
struct compose_shadow path_shadow(const struct path_matte *m, double x, double y, double side,
                                  double ground);

#endif
