/* Poses: where the actor is at each moment, in closed form. Legs, wheels and wings turn with the
 * distance covered, so feet do not slide; jumps, dives and balls fly under GRAVITY; everything else
 * eases. */
#include "motion.h"

#include <math.h>

#define TAU 6.2831853f
#define NO_SHADOW 9.0f

enum purpose { FOR_PHASE = 240, FOR_CYCLE, FOR_REACH, FOR_START };

/* One stride in body lengths: a foot on the ground goes back as fast as the body goes on
 * (quadruped.c). */
static float stride_length(const struct scene *s)
{
    bool runs = s->slot[SLOT_ACTION] == RUN || s->slot[SLOT_ACTION] == JUMP;
    switch (s->slot[SLOT_SUBJECT]) {
    case HORSE:
        return runs ? 1.55f : .95f;
    case CHILD:
        return runs ? 1.05f : .62f;
    case RABBIT:
        return runs ? 1.10f : .60f;
    case ELEPHANT:
        return runs ? .85f : .60f;
    case DUCK:
        return .42f;
    case TURTLE:
        return .36f;
    default:
        return runs ? 1.30f : .74f;
    }
}

/* --- turning round: the speed goes smoothly from one way to the other ------------------------- */

#define TURN .50f /* seconds that it takes */
#define THIN .14f /* of its length, what is seen of one who turns past us */

float pose_time(const struct scene *s, int i)
{
    return (float)i / POSES_PER_SECOND + (s->slot[SLOT_PART] == NEXT ? GOING_ON : 0);
}

/* How far a turn has carried on after q of its time, in turns at full speed. */
static float carried(float q)
{
    return q - 2 * q * q * q + q * q * q * q;
}

/* The moment at which one who never turns would be where this one is. */
static float moment_there(const struct plan *p, float t)
{
    float u = t - p->turn_at;
    return u <= 0 ? t : u < TURN ? p->turn_at + TURN * carried(u / TURN) : p->turn_at - (u - TURN);
}

static float wander(const struct plan *p, float t)
{
    return p->x + p->speed * (moment_there(p, t) - .5f * CLIP_SECONDS);
}

/* Distance covered since mid clip, there and back. */
static float covered(const struct plan *p, float t)
{
    float there = moment_there(p, t), far = p->turn_at + TURN * carried(.5f);
    return fabsf(p->speed) *
           ((t > p->turn_at + .5f * TURN ? 2 * far - there : there) - .5f * CLIP_SECONDS);
}

/* Balls and balloons have no front. */
static float face_at(const struct scene *s, const struct plan *p, float t)
{
    float f = 1 - 2 * smooth01((t - p->turn_at) / TURN);
    int action = s->slot[SLOT_ACTION];
    if (t <= p->turn_at || action == BOUNCE || action == FLOAT)
        return 1;
    return f < 0 ? fminf(f, -THIN) : fmaxf(f, THIN);
}

static void pose_gait(const struct scene *s, const struct plan *p, float t, struct pose *o)
{
    o->x = wander(p, t);
    o->phase += TAU * covered(p, t) / (stride_length(s) * p->length);
}

/* --- jumping: a few quick steps with a crouch, then a leap; over and over --------------------- */

#define HOP_GROUND 0.46f

static float hop_moment(const struct scene *s, const struct plan *p, float t, float *air)
{
    *air = sqrtf(8 * p->leap / GRAVITY);
    float cycle = *air + HOP_GROUND;
    float u = t + cycle * rng_range(s->seed, FOR_CYCLE, 0, 0, .35f) + 4 * cycle;
    return u - cycle * floorf(u / cycle);
}

static void pose_jump(const struct scene *s, const struct plan *p, float t, struct pose *o)
{
    pose_gait(s, p, t, o);
    float air, u = hop_moment(s, p, t, &air);
    if (u < HOP_GROUND) {
        float q = u / HOP_GROUND;
        o->angle = .26f * cosf(.5f * TAU * q);
        o->tuck = sinf(.5f * TAU * q) * sinf(.5f * TAU * q);
    } else {
        float v = u - HOP_GROUND, q = v / air;
        o->y -= .5f * GRAVITY * v * (air - v);
        o->angle = -.26f * cosf(.5f * TAU * q);
        o->tuck = .8f * sinf(.5f * TAU * q) * sinf(.5f * TAU * q);
    }
}

/* --- diving ----------------------------------------------------------------------------------- */

#define DIVE_OFF 0.50f /* seconds at which the feet leave the board */
#define SINK 0.34f     /* seconds over which the water takes the speed away */

struct dive {
    float vx, vy, entry, entry_x, entry_y, depth;
    float head;      /* from the body's centre to the nose */
    float float_at;  /* height of the body that the water covers when afloat */
    float lean_back; /* how far the nose goes up after the feet leave the board */
    float nose_down; /* angle at entry: an upright child turns further than those on four legs */
};

static void dive_numbers(const struct scene *s, const struct stage *st, const struct plan *p,
                         struct dive *d)
{
    struct extent e = actor_extent(s);
    d->vx = p->dir * rng_range(s->seed, FOR_REACH, 0, .26f, .34f);
    d->vy = -sqrtf(2 * GRAVITY * p->leap);
    d->head = .52f * p->length;
    d->float_at = s->slot[SLOT_SUBJECT] == CHILD ? .64f : .50f;
    d->lean_back = s->slot[SLOT_SUBJECT] == CHILD ? .10f : .26f;
    d->nose_down = s->slot[SLOT_SUBJECT] == CHILD ? 2.5f : 1.30f;
    /* the centre's fall from the board until the nose touches */
    float fall = st->water_y - d->head - (st->board_y + e.centre_y * p->length);
    float air = (-d->vy + sqrtf(d->vy * d->vy + 2 * GRAVITY * fmaxf(fall, .02f))) / GRAVITY;
    d->entry = DIVE_OFF + air;
    d->entry_x = p->x + d->vx * air;
    d->entry_y = st->board_y + d->vy * air + .5f * GRAVITY * air * air;
    d->depth = d->vy + GRAVITY * air;
}

static void pose_on_board(const struct plan *p, const struct stage *st, float t, struct pose *o)
{
    float walk = .34f * p->length, q = smooth01((t + .1f) / .44f);
    o->x = p->x - p->dir * walk * (1 - q);
    o->y = st->board_y;
    o->phase = TAU * q * walk / (.74f * p->length) * 2;
    float crouch = sinf(.5f * TAU * smooth01((t - .18f) / (DIVE_OFF - .16f)));
    o->tuck = crouch * crouch;
    o->angle = -.14f * smooth01((t - .32f) / .18f);
}

static void pose_in_water(const struct stage *st, const struct plan *p, const struct dive *d,
                          float v, struct pose *o)
{
    float k = tanhf(v / SINK), on = fmaxf(REST_AT - d->entry, 0);
    float way = v < on ? v : on + .5f * tanhf(2 * (v - on)); /* then it stays where it swims */
    float x = d->entry_x + d->vx * .55f * SINK * k + d->vx * .45f * way;
    float deep = d->entry_y + d->depth * SINK * k;
    float float_y = st->water_y + d->float_at * p->length + .008f * sinf(5.5f * v);
    float up = smooth01((v - .30f) / .36f);
    o->x = x;
    o->y = deep + (float_y - deep) * up;
    o->angle = d->nose_down + (-.16f - d->nose_down) * smooth01((v - .24f) / .34f);
    o->tuck = 0;
    o->phase = TAU * 1.8f * v;
    o->effect = v;
}

static void pose_dive(const struct scene *s, const struct stage *st, const struct plan *p, float t,
                      struct pose *o)
{
    struct dive d;
    dive_numbers(s, st, p, &d);
    o->shadow_y = NO_SHADOW;
    o->effect = t - d.entry;
    if (t < DIVE_OFF) {
        pose_on_board(p, st, t, o);
    } else if (t < d.entry) {
        float u = t - DIVE_OFF, q = u / (d.entry - DIVE_OFF);
        o->x = p->x + d.vx * u;
        o->y = st->board_y + d.vy * u + .5f * GRAVITY * u * u;
        o->angle = -.14f - d.lean_back * sinf(.5f * TAU * fminf(q * 2, 1)) +
                   (d.nose_down + .14f) * smooth01((q - .10f) / .90f);
        o->tuck = sinf(.5f * TAU * q) * sinf(.5f * TAU * q);
        o->phase = 0;
    } else {
        pose_in_water(st, p, &d, t - d.entry, o);
    }
}

/* --- balls, rockets, and those in air or water ------------------------------------------------ */

#define RESTITUTION 0.86f

/* Height above the ground contact at t, starting at the top of a fall; *impact: seconds to the
 * nearest contact. */
static float bounce_height(float first, float t, float *impact)
{
    float fall = sqrtf(2 * first / GRAVITY), v = GRAVITY * fall;
    *impact = fabsf(t - fall);
    if (t < fall)
        return first - .5f * GRAVITY * t * t;
    t -= fall;
    for (int i = 0; i < 12; i++) {
        v *= RESTITUTION;
        float flight = 2 * v / GRAVITY;
        if (t < flight) {
            *impact = fminf(t, flight - t);
            return v * t - .5f * GRAVITY * t * t;
        }
        t -= flight;
    }
    *impact = 0;
    return 0;
}

static void pose_bounce(const struct scene *s, const struct plan *p, float t, struct pose *o)
{
    float impact;
    float late = t + rng_range(s->seed, FOR_START, 0, .1f, .45f);
    o->x = wander(p, t);
    o->y = p->y - bounce_height(p->leap, fmaxf(late, 0), &impact);
    o->phase += p->dir * (o->x - p->x) / (.5f * p->length);
    o->tuck = .85f * expf(-impact * impact / (2 * .03f * .03f)) -
              .3f * smooth01((impact - .06f) / .12f) * (1 - smooth01((impact - .16f) / .25f));
}

static void pose_launch(const struct plan *p, float t, struct pose *o)
{
    float u = fmaxf(t - .78f, 0);
    o->x = p->x;
    o->y = p->y - .5f * p->lift * u * u;
    o->phase = t;
    o->effect = t - .5f;
}

static void pose_flight(const struct scene *s, const struct plan *p, float t, struct pose *o)
{
    bool flutters = s->slot[SLOT_SUBJECT] == BUTTERFLY, plane = s->slot[SLOT_SUBJECT] == PLANE;
    float rate = plane      ? 1.6f
                 : flutters ? 3.4f
                            : 2.5f,
          phase = TAU * rng_unit(s->seed, FOR_PHASE, 1);
    o->x = wander(p, t);
    o->y = p->y + p->sway * sinf(rate * t + phase);
    float climb = p->sway * rate * cosf(rate * t + phase);
    o->angle = fmaxf(-.3f, fminf(.3f, .8f * climb / (fabsf(p->speed) + .15f)));
    o->phase += TAU * (plane ? 5.3f : flutters ? 2.6f : 2.1f) * t;
    o->shadow_y = NO_SHADOW;
    if (flutters) {
        o->x += .025f * sinf(4.1f * t + phase);
        o->y += .35f * p->sway * sinf(6.5f * t);
    }
}

static void pose_swim(const struct scene *s, const struct plan *p, float t, struct pose *o)
{
    float phase = TAU * rng_unit(s->seed, FOR_PHASE, 1);
    o->x = wander(p, t);
    o->y = p->y + p->sway * sinf(2.0f * t + phase);
    o->angle = .7f * p->sway * 2.0f * cosf(2.0f * t + phase) / (fabsf(p->speed) + .1f);
    o->phase += TAU * 1.7f * t;
    o->shadow_y = NO_SHADOW;
}

static void pose_sail(const struct scene *s, const struct plan *p, float t, struct pose *o)
{
    float phase = TAU * rng_unit(s->seed, FOR_PHASE, 1);
    o->x = wander(p, t);
    o->y = p->y + .006f * sinf(2.4f * t + phase);
    o->angle = .05f + .055f * sinf(1.7f * t + phase);
    o->phase += 2.4f * t;
    o->shadow_y = NO_SHADOW;
}

static void pose_float(const struct scene *s, const struct plan *p, float t, struct pose *o)
{
    float phase = TAU * rng_unit(s->seed, FOR_PHASE, 1);
    o->x = wander(p, t);
    o->y = p->y + p->sway * sinf(1.1f * t + phase);
    o->angle = .055f * sinf(1.9f * t + phase);
    o->phase += 1.9f * t;
    o->shadow_y = NO_SHADOW;
}

void plan_pose(const struct scene *s, const struct plan *plan, const struct stage *st, float t,
               struct pose *o)
{
    struct plan p = *plan;
    *o = (struct pose){.x = p.x, .y = p.y, .effect = -9, .shadow_y = st->ground_y};
    o->phase = TAU * rng_unit(s->seed, FOR_PHASE, 0);
    o->face = face_at(s, &p, t);
    switch (s->slot[SLOT_ACTION]) {
    case WALK:
    case RUN:
        pose_gait(s, &p, t, o);
        break;
    case JUMP:
        pose_jump(s, &p, t, o);
        break;
    case DIVE:
        pose_dive(s, st, &p, t, o);
        break;
    case SIT:
        o->phase += t;
        break;
    case FLY:
        pose_flight(s, &p, t, o);
        break;
    case SWIM:
        if (actor_afloat(s))
            pose_sail(s, &p, t, o);
        else
            pose_swim(s, &p, t, o);
        break;
    case BOUNCE:
        pose_bounce(s, &p, t, o);
        break;
    case DRIVE:
        o->x = wander(&p, t);
        o->phase += covered(&p, t) / (.115f * p.length);
        o->shadow_y = st->road_y;
        break;
    case SAIL:
        pose_sail(s, &p, t, o);
        break;
    case LAUNCH:
        pose_launch(&p, t, o);
        break;
    case FLOAT:
        pose_float(s, &p, t, o);
        break;
    default:
        break;
    }
}

void actor_pose(const struct scene *s, const struct stage *st, float t, struct pose *o)
{
    struct plan p;
    plan_clip(s, st, &p);
    plan_pose(s, &p, st, t, o);
}

enum stance actor_stance(const struct scene *s, const struct stage *st, float t)
{
    struct plan p;
    plan_clip(s, st, &p);
    if (s->slot[SLOT_ACTION] == JUMP) {
        float air;
        return hop_moment(s, &p, t, &air) < HOP_GROUND ? ON_GROUND : IN_AIR;
    }
    if (s->slot[SLOT_ACTION] == DIVE) {
        struct dive d;
        dive_numbers(s, st, &p, &d);
        return t < DIVE_OFF ? ON_GROUND : t < d.entry + .2f ? IN_AIR : IN_WATER;
    }
    return s->slot[SLOT_ACTION] == FLY || s->slot[SLOT_ACTION] == FLOAT   ? IN_AIR
           : s->slot[SLOT_ACTION] == SWIM || s->slot[SLOT_ACTION] == SAIL ? IN_WATER
                                                                          : ON_GROUND;
}
