/* Gait, leap and dive of four-legged actors. The trunk pitches and bobs; feet that stand stay where
 * they stand. */
#include "quadruped.h"

#include <math.h>

#define TAU 6.2831853f

static bool running(const struct figure *f)
{
    int action = f->s->slot[SLOT_ACTION];
    return action == RUN || action == JUMP;
}

float quadruped_rush(const struct figure *f)
{
    int action = f->s->slot[SLOT_ACTION];
    return action == RUN ? 1 : action == JUMP ? .8f : action == DIVE && f->stance == IN_AIR ? 1 : 0;
}

struct trunk {
    float lift, angle; /* downward shift of the trunk, pitch */
};

static struct trunk trunk_of(const struct figure *f, const struct quadruped *q)
{
    struct trunk k = {0, f->pose.angle};
    if (f->stance != ON_GROUND)
        return k;
    k.lift = q->crouch * f->pose.tuck;
    if (running(f)) {
        k.lift += .028f * sinf(f->pose.phase);
        k.angle += .075f * sinf(f->pose.phase + 1.2f);
    } else {
        k.lift += .010f * sinf(2 * f->pose.phase);
        k.angle += .012f * sinf(2 * f->pose.phase + 1);
    }
    return k;
}

static void turn(const struct figure *f, float angle, float shift, float *x, float *y)
{
    float cy = f->extent.centre_y, c = cosf(angle), s = sinf(angle);
    float dx = *x, dy = *y - cy;
    *x = c * dx - s * dy;
    *y = cy + s * dx + c * dy + shift;
}

void quadruped_trunk(struct figure *f, const struct quadruped *q)
{
    struct trunk k = trunk_of(f, q);
    canvas_save(f->c);
    canvas_translate(f->c, 0, f->extent.centre_y + k.lift);
    canvas_rotate(f->c, k.angle);
    canvas_translate(f->c, 0, -f->extent.centre_y);
}

/* Foot of a leg in the air or in the water, in the trunk's frame. */
static void free_foot(const struct figure *f, const struct quadruped *q, bool front, bool near,
                      float *x, float *y)
{
    float leg = 2 * q->leg, tuck = f->pose.tuck, side = near ? 1 : .82f;
    float jx = front ? q->shoulder_x : q->hip_x;
    if (f->stance == IN_WATER) {
        float paddle = f->pose.phase * 1.4f + (near ? 0 : .5f * TAU) + (front ? 0 : 1);
        *x = jx + leg * (.30f * cosf(paddle) + .1f);
        *y = q->joint_y + leg * (.70f + .16f * sinf(paddle));
        return;
    }
    bool dive = f->s->slot[SLOT_ACTION] == DIVE;
    float out_x = front ? (dive ? .92f : .66f) : (dive ? -.92f : -.70f);
    float out_y = dive ? .12f : .62f;
    float in_x = front ? .30f : .12f, in_y = .46f;
    *x = jx + leg * side * (out_x + (in_x - out_x) * tuck);
    *y = q->joint_y + leg * (out_y + (in_y - out_y) * tuck);
}

static void step(const struct figure *f, const struct quadruped *q, bool front, bool near, float *x,
                 float *y)
{
    /* share of the cycle by which each foot is late: hind near, hind far, fore near, fore far */
    static const float walk[4] = {0, .5f, .25f, .75f}, trot[4] = {0, .5f, .5f, 0},
                       run[4] = {0, .13f, .5f, .63f};
    bool fast = running(f);
    const float *late = fast ? run : q->trot ? trot : walk;
    float duty = fast ? .42f : .6f, stride = fast ? q->run_stride : q->walk_stride;
    float phase = f->pose.phase - TAU * late[(front ? 2 : 0) + (near ? 0 : 1)];
    float dx, dy;
    gait_foot(phase, duty, stride * duty, fast ? .16f : .075f, &dx, &dy);
    *x = (front ? q->shoulder_x : q->hip_x) + (near ? 0 : .045f) + dx;
    *y = dy - (near ? 0 : .016f);
}

static void draw_foot(struct figure *f, const struct quadruped *q, float x, float y, float angle,
                      bool near)
{
    struct rgba colour = near ? q->foot_near : q->foot_far;
    if (q->paw > 0) {
        draw_ellipse(f->c, x + .35f * q->paw * cosf(angle), y - .62f * q->paw, q->paw * 1.12f,
                     q->paw * .68f, angle, colour);
        return;
    }
    float h = .5f * q->ankle;
    const float hoof[4][2] = {{x - 1.15f * h, y},
                              {x - .95f * h, y - 2.2f * h},
                              {x + .95f * h, y - 2.2f * h},
                              {x + 1.7f * h, y}};
    path_move(f->c, hoof[0][0], hoof[0][1]);
    for (int i = 1; i < 4; i++)
        path_line(f->c, hoof[i][0], hoof[i][1]);
    path_close(f->c);
    paint_fill(f->c, colour);
}

static void draw_leg(struct figure *f, const struct quadruped *q, bool front, bool near)
{
    struct trunk k = trunk_of(f, q);
    float hx = (front ? q->shoulder_x : q->hip_x) + (near ? 0 : .045f), hy = q->joint_y, x, y, jx,
          jy;
    turn(f, k.angle, k.lift, &hx, &hy);
    if (f->stance == ON_GROUND) {
        step(f, q, front, near, &x, &y);
    } else {
        free_foot(f, q, front, near, &x, &y);
        turn(f, k.angle, k.lift, &x, &y);
    }
    float ankle_y = y - .5f * q->ankle;
    bend_joint(hx, hy, &x, &ankle_y, q->leg, front ? -1 : 1, &jx, &jy);
    draw_limb(f->c, hx, hy, jx, jy, x, ankle_y, q->thigh, q->ankle, near ? q->near : q->far);
    draw_foot(f, q, x, ankle_y + .5f * q->ankle, f->stance == ON_GROUND ? 0 : k.angle, near);
}

void quadruped_legs(struct figure *f, const struct quadruped *q, bool near)
{
    draw_leg(f, q, false, near);
    draw_leg(f, q, true, near);
}
