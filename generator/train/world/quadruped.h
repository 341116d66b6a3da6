/* The four-legged body that cat, dog and horse share: it places trunk and legs for gait, leap,
 * dive and swimming. */
#ifndef WORLD_QUADRUPED_H
#define WORLD_QUADRUPED_H

#include "brush.h"

struct quadruped {
    float shoulder_x, hip_x, joint_y;      /* where legs leave the body */
    float leg;                             /* length of one of a leg's two parts */
    float thigh, ankle;                    /* widths */
    float paw;                             /* radius; 0: hooves */
    float walk_stride, run_stride;
    float crouch;                          /* how far the body sinks */
    struct rgba near, far, foot_near, foot_far;
    bool trot;                             /* legs in diagonal pairs at the walk */
};

/* Draws one side's pair of legs; near first = false draws the far pair. */
void quadruped_legs(struct figure *f, const struct quadruped *q, bool near);
/* Enters the trunk's frame (bob, crouch, pitch); leave with canvas_restore. */
void quadruped_trunk(struct figure *f, const struct quadruped *q);
/* 0 at rest .. 1 at full gallop, for tails and ears that stream. */
float quadruped_rush(const struct figure *f);

#endif
