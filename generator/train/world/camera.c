/* The camera's window over the plate and the square crop that travels with the actor. Both are
 * averages of their targets over a short, smooth stretch of time, so they never jerk; and as the
 * set of windows that lie inside the plate is convex, the average of windows inside it is inside it
 * too. */
#include "motion.h"

#include <math.h>

#define TAPS 13

static float clampf(float x, float lo, float hi)
{
    if (lo > hi)
        return 0.5f * (lo + hi);
    return x < lo ? lo : x > hi ? hi : x;
}

/* The i-th of TAPS moments about t and its weight in a bell of the given width. */
static float tap(float t, float width, int i, float *weight)
{
    static const float bell[TAPS] = {.0179f, .0353f, .0610f, .0913f, .1200f, .1370f, .0750f * 2,
                                     .1370f, .1200f, .0913f, .0610f, .0353f, .0179f};
    *weight = bell[i];
    return t + width * (float)(i - TAPS / 2) / (TAPS / 2);
}

struct box {
    float x0, x1, y0, y1;
};

static struct box body_box(const struct scene *s, const struct plan *p, const struct stage *st,
                           float t)
{
    struct pose pose;
    struct extent e = actor_extent(s);
    plan_pose(s, p, st, t, &pose);
    float turn = .5f * (1 - p->dir * pose.face); /* 0 = to the right, 1 = to the left */
    float back = e.back * p->length, front = e.front * p->length;
    return (struct box){pose.x - back - turn * (front - back),
                        pose.x + front - turn * (front - back), pose.y - e.up * p->length,
                        pose.y + e.down * p->length};
}

/* Centre of the body, or of both bodies of a pair, and the larger side of what holds them. */
static void body_centre(const struct scene *s, const struct stage *st, const struct plan *p,
                        float t, float out[3])
{
    struct box a = body_box(s, p, st, t), b;
    struct scene second;
    struct plan beside;
    if (s->slot[SLOT_ACTION] == DIVE) { /* turns about its middle */
        struct pose pose;
        plan_pose(s, p, st, t, &pose);
        out[0] = pose.x;
        out[1] = pose.y + actor_extent(s).centre_y * p->length;
        return;
    }
    if (plan_companion(s, st, p, &second, &beside)) {
        b = body_box(&second, &beside, st, t);
        a = (struct box){fminf(a.x0, b.x0), fmaxf(a.x1, b.x1), fminf(a.y0, b.y0),
                         fmaxf(a.y1, b.y1)};
    }
    out[0] = .5f * (a.x0 + a.x1);
    out[1] = .5f * (a.y0 + a.y1);
    out[2] = fmaxf(a.x1 - a.x0, a.y1 - a.y0);
}

/* --- the window ------------------------------------------------------------------------------- */

#define BREADTH .50f                     /* seconds to either side that its average sees */
#define SETTLES (CLIP_SECONDS + BREADTH) /* so what comes next begins to show from here on */
#define SETTLING 1.4f                    /* seconds */

/* A camera that has panned or tilted comes to rest in the middle of its way: at the moment of that.
 */
static float moved_until(const struct scene *s, float t)
{
    float q = fminf((t - SETTLES) / SETTLING, 1);
    if (s->slot[SLOT_PART] != NEXT || q < 0)
        return t;
    float from = (2 * q - 3) * q * q + 1, on = ((q - 2) * q + 1) * q, to = (3 - 2 * q) * q * q;
    return from * SETTLES + on * SETTLING + to * .5f * CLIP_SECONDS; /* Hermite's cubic */
}

/* Whom the camera follows: one who turns round takes it along a little later. */
static void followed(const struct scene *s, const struct stage *st, const struct plan *p, float t,
                     float out[3])
{
    struct plan straight = *p;
    float on[3], late = smooth01((t - SETTLES) / SETTLING);
    struct pose pose;
    straight.turn_at = NEVER;
    plan_pose(s, p, st, t, &pose);
    body_centre(s, st, p, t, out);
    body_centre(s, st, &straight, t, on);
    for (int k = 0; k < 2; k++)
        out[k] = on[k] + late * (out[k] - on[k]);
    out[2] = p->dir * (1 + late * (pose.face - 1)); /* the way it faces */
}

static void window_target(const struct scene *s, const struct stage *st, const struct plan *p,
                          float t, float out[3])
{
    float centre[3] = {0, 0, 0}, q = moved_until(s, t) / CLIP_SECONDS;
    if (p->follow_x || p->follow_y)
        followed(s, st, p, t, centre);
    float h = p->h0 + (p->h1 - p->h0) * smooth01(t / CLIP_SECONDS);
    float w = h * (16.0f / 9.0f);
    float cx = p->follow_x ? centre[0] + .07f * w * centre[2] : p->cx0 + (p->cx1 - p->cx0) * q;
    float cy = p->follow_y ? centre[1] : p->cy0 + (p->cy1 - p->cy0) * q;
    out[0] = clampf(cx, .5f * w, PLATE_WIDTH - .5f * w);
    out[1] = clampf(cy, .5f * h, 1 - .5f * h);
    out[2] = h;
}

void camera_window(const struct scene *s, const struct stage *st, float t, float out[3])
{
    struct plan p;
    plan_clip(s, st, &p);
    float sum[3] = {0, 0, 0}, total = 0;
    for (int i = 0; i < TAPS; i++) {
        float weight, target[3], at = tap(t, BREADTH, i, &weight);
        window_target(s, st, &p, at, target);
        for (int k = 0; k < 3; k++)
            sum[k] += weight * target[k];
        total += weight;
    }
    for (int k = 0; k < 3; k++)
        out[k] = sum[k] / total;
}

/* Crop side in body lengths: the body's larger extent and the air that its motion needs. */
static float crop_side(const struct scene *s)
{
    struct extent e = actor_extent(s);
    float side = fmaxf(e.back + e.front, e.up + e.down);
    switch (s->slot[SLOT_ACTION]) {
    case DIVE:
        return s->slot[SLOT_SUBJECT] == CHILD      ? 1.40f
               : s->slot[SLOT_SUBJECT] == ELEPHANT ? 2.0f
                                                   : 1.68f;
    case JUMP:
        return side + .36f;
    case BOUNCE:
        return 1.64f;
    case SAIL:
        return side + .26f;
    case SIT:
        return side + .16f;
    case DRIVE:
        return side + .18f;
    default:
        return side + .22f;
    }
}

void actor_crop(const struct scene *s, const struct stage *st, float t, float out[3])
{
    float sum[3] = {0, 0, 0}, total = 0;
    struct plan p;
    struct scene second;
    plan_clip(s, st, &p);
    for (int i = 0; i < TAPS; i++) {
        float weight, centre[3] = {0, 0, 0}, at = tap(t, .14f, i, &weight);
        body_centre(s, st, &p, at, centre);
        for (int k = 0; k < 3; k++)
            sum[k] += weight * centre[k];
        total += weight;
    }
    out[0] = sum[0] / total;
    out[1] = sum[1] / total;
    out[2] =
        scene_companion(s, &second) ? sum[2] / total + .30f * p.length : crop_side(s) * p.length;
}
