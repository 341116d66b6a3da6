/* What motion.c tells the drawing files beyond struct pose: which stance the actor is in, and the
 * box that holds it. */
#ifndef WORLD_MOTION_H
#define WORLD_MOTION_H

#include "scene.h"

#define CLIP_SECONDS ((POSES - 1) / POSES_PER_SECOND)

#define NEVER 1e9f
#define REST_AT (CLIP_SECONDS + .15f) /* what the first part's averages do not yet see */

enum stance { ON_GROUND, IN_AIR, IN_WATER };

/* Extents from (x, y) of a pose in body lengths, facing right: behind, before, above, below; and
 * the body's centre. */
struct extent {
    float back, front, up, down;
    float centre_y; /* rotation centre above (negative) the anchor */
};

/* Where a clip's window and actor go, worked out once from the slots: the window first, the track
 * inside it. */
struct plan {
    float dir;                /* +1 or -1: the way the actor faces and goes */
    float length;             /* body length */
    float h0, h1;             /* window height at the start and at the end */
    float cx0, cx1, cy0, cy1; /* window centre at the start and at the end, where it does not
                               * follow */
    bool follow_x, follow_y;
    float x, speed; /* x at mid clip, signed plate units a second */
    float y;        /* feet, wheels, keel, or the mean height of flyers */
    float sway;     /* how far y swings about it, flyers and swimmers */
    float leap;     /* height of a hop, of a ball's first fall, or of a dive above
                     * the board */
    float lift;     /* a rocket's acceleration */
    float turn_at;  /* when it begins to turn round, seconds; NEVER: not in this clip */
};

/* The second actor and its plan beside the first's; false: there is none. */
bool plan_companion(const struct scene *s, const struct stage *st, const struct plan *p,
                    struct scene *second, struct plan *out);
/* Where one who follows this plan is at t; actor_pose() is that of the first actor. */
void plan_pose(const struct scene *s, const struct plan *p, const struct stage *st, float t,
               struct pose *out);
void plan_clip(const struct scene *s, const struct stage *st, struct plan *p);
/* on the surface, where the keel or the belly touches it */
bool actor_afloat(const struct scene *s);
struct extent actor_extent(const struct scene *s);
enum stance actor_stance(const struct scene *s, const struct stage *st, float t);
float actor_facing(const struct scene *s, const struct stage *st); /* +1 right, -1 left */
/* 0 below 0, 1 above 1, C1 between */
float smooth01(float x);

#endif
