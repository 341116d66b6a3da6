/* The plan of a clip: how large the window and the actor are, where the window stands or glides,
 * and how far the actor may travel so that it stays inside. The poses (motion.c) and the camera
 * (camera.c) both follow it. */
#include "motion.h"

#include <math.h>

enum purpose {
    FOR_HEIGHT = 200,
    FOR_LENGTH,
    FOR_CENTRE,
    FOR_OFFSET,
    FOR_SPEED,
    FOR_LEVEL,
    FOR_FRAMING,
    FOR_LEAP,
    FOR_SWAY,
    FOR_LIFT,
};

#define MARGIN 0.03f

float smooth01(float x)
{
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return x * x * (3 - 2 * x);
}

static float clampf(float x, float lo, float hi)
{
    if (lo > hi)
        return 0.5f * (lo + hi);
    return x < lo ? lo : x > hi ? hi : x;
}

struct extent actor_extent(const struct scene *s)
{
    static const struct extent extents[SUBJECT_COUNT] = {
        [CAT] = {.69f, .68f, .99f, 0, -.45f},        [DOG] = {.66f, .66f, .98f, 0, -.48f},
        [HORSE] = {.70f, .72f, 1.16f, 0, -.62f},     [CHILD] = {.34f, .34f, 1.02f, 0, -.50f},
        [BIRD] = {.62f, .58f, .62f, .56f, 0},        [FISH] = {.62f, .54f, .36f, .34f, 0},
        [BUTTERFLY] = {.48f, .66f, .62f, .50f, 0},   [BALL] = {.50f, .50f, .50f, .50f, 0},
        [CAR] = {.54f, .54f, .52f, .02f, -.24f},     [BOAT] = {.46f, .52f, 1.02f, .10f, -.40f},
        [ROCKET] = {.26f, .26f, 1.02f, .02f, -.50f}, [BALLOON] = {.36f, .36f, .54f, .54f, 0},
        [RABBIT] = {.56f, .64f, 1.16f, 0, -.40f},    [DUCK] = {.60f, .66f, .94f, 0, -.36f},
        [TURTLE] = {.58f, .70f, .60f, .02f, -.24f},  [ELEPHANT] = {.62f, .92f, 1.00f, 0, -.56f},
        [PLANE] = {.68f, .64f, .36f, .36f, 0},
    };
    struct extent e = extents[s->slot[SLOT_SUBJECT]];
    int subject = s->slot[SLOT_SUBJECT];
    if (s->slot[SLOT_ACTION] == SIT)
        e = subject == BIRD ? (struct extent){.56f, .46f, .78f, .02f, -.36f}
            : subject == DUCK
                ? (struct extent){.60f, .66f, .84f, .03f, -.30f}
                : (struct extent){.57f, .50f, subject == RABBIT ? 1.22f : 1.07f, .02f, -.48f};
    if (s->slot[SLOT_ACTION] == SWIM && subject == DUCK)
        e = (struct extent){.60f, .66f, .74f, .10f, -.20f};
    if (s->slot[SLOT_ACTION] == SWIM && subject == TURTLE)
        e = (struct extent){.56f, .72f, .44f, .50f, 0};
    return e;
}

static float base_length(const struct scene *s)
{
    static const float lengths[SUBJECT_COUNT] = {
        [CAT] = .24f,      [DOG] = .26f,       [HORSE] = .34f,  [CHILD] = .32f, [BIRD] = .24f,
        [FISH] = .27f,     [BUTTERFLY] = .24f, [BALL] = .17f,   [CAR] = .37f,   [BOAT] = .38f,
        [ROCKET] = .35f,   [BALLOON] = .38f,   [RABBIT] = .22f, [DUCK] = .23f,  [TURTLE] = .26f,
        [ELEPHANT] = .36f, [PLANE] = .36f,
    };
    float diver = s->slot[SLOT_ACTION] == DIVE && s->slot[SLOT_SUBJECT] == CHILD ? .84f : 1;
    return diver * lengths[s->slot[SLOT_SUBJECT]] * rng_range(s->seed, FOR_LENGTH, 0, .87f, 1.15f);
}

/* Plate units a second that look natural where the window leaves room for it. */
static float natural_speed(const struct scene *s)
{
    static const float speeds[ACTION_COUNT] = {
        [WALK] = .21f,   [RUN] = .52f,   [JUMP] = .36f, [FLY] = .42f,   [SWIM] = .32f,
        [BOUNCE] = .36f, [DRIVE] = .52f, [SAIL] = .20f, [FLOAT] = .13f,
    };
    static const float subject_factor[SUBJECT_COUNT] = {
        [CAT] = 1,         [DOG] = 1.05f,      [HORSE] = 1.25f, [CHILD] = .9f, [BIRD] = 1,
        [FISH] = 1,        [BUTTERFLY] = .55f, [BALL] = 1,      [CAR] = 1,     [BOAT] = 1,
        [ROCKET] = 1,      [BALLOON] = 1,      [RABBIT] = .95f, [DUCK] = .60f, [TURTLE] = .50f,
        [ELEPHANT] = .95f, [PLANE] = 1.3f,
    };
    static const float paces[PACE_COUNT + 1] = {1, .55f, 1.5f, 1};
    return speeds[s->slot[SLOT_ACTION]] * paces[s->slot[SLOT_PACE]] *
           subject_factor[s->slot[SLOT_SUBJECT]] * rng_range(s->seed, FOR_SPEED, 0, .9f, 1.12f);
}

bool actor_afloat(const struct scene *s)
{
    int action = s->slot[SLOT_ACTION];
    return action == SAIL || (action == SWIM && s->slot[SLOT_PLACE] != UNDERWATER);
}

/* --- two who share a crop --- */

#define PAIR_GAP .26f /* between the two, in the first one's lengths */
#define PASS_WAY .95f /* how far from where they meet each is at the ends, likewise */

/* The second one's length in the first one's. */
static float pair_ratio(const struct scene *s, const struct scene *second)
{
    return base_length(second) / base_length(s);
}

/* How high above the ground one flies that the first, who does not fly, runs after. */
static float chased_height(const struct scene *s, const struct scene *second)
{
    int action = second->slot[SLOT_ACTION];
    return action == s->slot[SLOT_ACTION] ? 0 : action == FLY ? .80f : .62f;
}

/* Of the first and whoever is with it, in the first one's lengths. */
static struct extent pair_extent(const struct scene *s)
{
    struct extent e = actor_extent(s), k;
    struct scene second;
    if (!scene_companion(s, &second))
        return e;
    float r = pair_ratio(s, &second);
    k = actor_extent(&second);
    if (s->slot[SLOT_COMPANY] == PASSES)
        e.front = e.back = PASS_WAY + fmaxf(fmaxf(e.back, e.front), r * fmaxf(k.back, k.front));
    else
        e.front += PAIR_GAP + r * (k.back + k.front);
    e.up = fmaxf(e.up, r * k.up + chased_height(s, &second));
    e.down = fmaxf(e.down, r * k.down);
    return e;
}

bool plan_companion(const struct scene *s, const struct stage *st, const struct plan *p,
                    struct scene *second, struct plan *out)
{
    if (!scene_companion(s, second))
        return false;
    struct extent e = actor_extent(s), k = actor_extent(second);
    float unit = p->length, lift = chased_height(s, second) * unit;
    int action = second->slot[SLOT_ACTION];
    *out = *p;
    out->length = unit * pair_ratio(s, second);
    out->dir = actor_facing(second, st);
    if (s->slot[SLOT_COMPANY] == PASSES) {
        out->speed = -p->speed;
        out->y -= action == FLY || action == SWIM ? .35f * unit : .014f; /* a little further back */
    } else {
        float towards = out->dir == p->dir ? k.back : k.front;
        out->x += p->dir * ((e.front + PAIR_GAP) * unit + towards * out->length);
    }
    if (action == BOUNCE) {
        out->y = st->ground_y - .5f * out->length;
        out->leap = lift;
    } else if (action == FLY && lift > 0) {
        out->y = st->ground_y - lift;
        out->sway = .03f;
    }
    return true;
}

float actor_facing(const struct scene *s, const struct stage *st)
{
    if (s->slot[SLOT_ACTION] == DIVE && st->board_dir)
        return (float)st->board_dir;
    return s->slot[SLOT_DIRECTION] == TO_LEFT ? -1.0f : 1.0f;
}

static bool tilts(const struct scene *s)
{
    return s->slot[SLOT_CAMERA] == TILT_UP || s->slot[SLOT_CAMERA] == TILT_DOWN;
}

static void plan_heights(const struct scene *s, struct plan *p)
{
    static const float low[SIZE_COUNT] = {.84f, .58f, .41f};
    static const float high[SIZE_COUNT] = {.95f, .66f, .46f};
    int size = s->slot[SLOT_SIZE];
    float h = rng_range(s->seed, FOR_HEIGHT, 0, low[size], high[size]);
    p->h0 = p->h1 = h;
    int camera = s->slot[SLOT_CAMERA];
    if (tilts(s))
        p->h0 = p->h1 = fminf(h, .80f); /* what is to tilt needs room above or below */
    if (camera == PUSH_IN || camera == PULL_OUT) {
        float large = fminf(.98f, h * 1.1f), small = large * .8f;
        p->h0 = camera == PUSH_IN ? large : small;
        p->h1 = camera == PUSH_IN ? small : large;
    }
}

/* Height above the feet line that the action needs, besides the body. */
static void plan_leap(const struct scene *s, float room, struct plan *p)
{
    int action = s->slot[SLOT_ACTION];
    if (action == JUMP)
        p->leap = fminf(rng_range(s->seed, FOR_LEAP, 0, .12f, .17f), fmaxf(.08f, room));
    else if (action == BOUNCE)
        p->leap = fminf(rng_range(s->seed, FOR_LEAP, 0, .26f, .36f), fmaxf(.12f, room));
    else if (action == DIVE)
        p->leap = rng_range(s->seed, FOR_LEAP, 0, .06f, .085f);
    else if ((action == FLY || action == SWIM || action == FLOAT) && !actor_afloat(s))
        p->sway = rng_range(s->seed, FOR_SWAY, 0, .025f, .045f);
}

static void plan_level(const struct scene *s, const struct stage *st, const struct extent *e,
                       struct plan *p)
{
    int action = s->slot[SLOT_ACTION];
    p->y = st->ground_y;
    if (action == DRIVE)
        p->y = st->road_y;
    else if (actor_afloat(s))
        p->y = st->water_y;
    else if (action == BOUNCE)
        p->y = st->ground_y - .5f * p->length;
    if ((action == SWIM || action == FLOAT || action == FLY) && !actor_afloat(s)) {
        float lo = e->up * p->length + p->sway + .05f;
        float hi =
            (action == SWIM ? st->ground_y : st->sky_y) - e->down * p->length - p->sway - .02f;
        if (action == FLY && s->slot[SLOT_SUBJECT] == BUTTERFLY)
            hi = st->ground_y - e->down * p->length - p->sway - .06f;
        p->y = clampf(lo + (hi - lo) * rng_range(s->seed, FOR_LEVEL, 0, .15f, .95f), lo,
                      fmaxf(lo, hi));
    }
}

/* Highest and lowest points of the body over the clip. */
static void vertical_reach(const struct scene *s, const struct stage *st, const struct extent *e,
                           const struct plan *p, float *top, float *bottom)
{
    *top = p->y - e->up * p->length - p->leap - p->sway;
    *bottom = p->y + e->down * p->length + p->sway;
    if (s->slot[SLOT_ACTION] == DIVE) {
        *top = st->board_y - e->up * p->length - p->leap;
        *bottom = st->water_y + .08f;
    }
}

static void plan_height_framing(const struct scene *s, const struct stage *st,
                                const struct extent *e, struct plan *p)
{
    float top, bottom, h = fminf(p->h0, p->h1);
    vertical_reach(s, st, e, p, &top, &bottom);
    float lo = bottom + MARGIN - .5f * h, hi = top - MARGIN + .5f * h;
    p->follow_y = lo > hi;
    float u = rng_range(s->seed, FOR_FRAMING, 0, .3f, .75f);
    float cy = clampf(clampf(lo + u * (hi - lo), lo, hi), .5f * h, 1 - .5f * h);
    p->cy0 = p->cy1 = cy;
    if (s->slot[SLOT_ACTION] == LAUNCH) {
        p->follow_y = s->slot[SLOT_CAMERA] == FOLLOW;
        p->cy0 = p->cy1 = cy = clampf(bottom + .04f - .5f * h, .5f * h, 1 - .5f * h);
        float room = fmaxf(top - (cy - .5f * h), 0) + .55f * p->length;
        if (p->follow_y)
            room = fmaxf(room, top + .3f * p->length);
        float burn = CLIP_SECONDS - .8f;
        p->lift = clampf(2 * room / (burn * burn), .16f, .55f) *
                  rng_range(s->seed, FOR_LIFT, 0, .9f, 1.05f);
    }
    if (tilts(s)) {
        float way = clampf(hi - lo + .08f, .12f, .26f),
              mid = clampf(.5f * (lo + hi), .5f * (h + way), 1 - .5f * (h + way));
        p->cy0 = mid + (s->slot[SLOT_CAMERA] == TILT_UP ? .5f : -.5f) * way;
        p->cy1 = 2 * mid - p->cy0;
        p->follow_y = false;
    }
}

/* The track of one who crosses the frame: as far as its speed carries it, less where the frame is
 * narrow. */
static void plan_crossing(const struct scene *s, const struct stage *st, const struct extent *e,
                          struct plan *p)
{
    float w = fminf(p->h0, p->h1) * (16.0f / 9.0f);
    /* of a pair the middle travels, of one who is alone its anchor */
    bool pair = s->slot[SLOT_COMPANY] > ALONE && s->slot[SLOT_COMPANY] < COMPANY_COUNT;
    float back = (pair ? .5f * (e->back + e->front) : fmaxf(e->back, e->front)) * p->length;
    float slack = w - 2 * back - 2 * MARGIN;
    int camera = s->slot[SLOT_CAMERA];
    float pan = camera == PAN_LEFT ? -1.0f : camera == PAN_RIGHT ? 1.0f : 0;
    pan *= fminf(fminf(.25f, PLATE_WIDTH - w), pan * p->dir < 0 ? .4f * slack : .25f);
    float far = p->follow_x ? PLATE_WIDTH - 2 * back - .08f : slack + p->dir * pan;
    float left = back + .04f, right = PLATE_WIDTH - left;
    if (actor_afloat(s) && st->water_x0 < st->water_x1) {
        left = fmaxf(left, st->water_x0 + back);
        right = fminf(right, st->water_x1 - back);
    }
    float distance = fminf(fminf(natural_speed(s) * CLIP_SECONDS, far), fmaxf(right - left, .1f));
    if (s->slot[SLOT_COMPANY] == PASSES)
        distance = 0; /* they meet in the middle of the picture */
    float half_view = .5f * w + .5f * fabsf(pan);
    float cx = half_view + (PLATE_WIDTH - 2 * half_view) * rng_unit(s->seed, FOR_CENTRE, 0);
    float spare = .5f * (slack - fabsf(distance - p->dir * pan));
    float offset = fmaxf(spare, 0) * rng_range(s->seed, FOR_OFFSET, 0, -.8f, .8f);
    p->speed = p->dir * distance / CLIP_SECONDS;
    p->x = clampf(cx + offset, left + .5f * distance, right - .5f * distance);
    cx = clampf(p->x - offset, half_view, PLATE_WIDTH - half_view);
    p->cx0 = cx - .5f * pan;
    p->cx1 = cx + .5f * pan;
    if (pair)
        p->x -= .5f * p->dir * (e->front - e->back) * p->length;
    if (s->slot[SLOT_COMPANY] == PASSES)
        p->speed = p->dir * 2 * PASS_WAY * p->length / CLIP_SECONDS;
}

/* A dive's window holds the board's tip, the arc and the spot where the diver comes up. */
static void plan_dive(const struct scene *s, const struct stage *st, const struct extent *e,
                      struct plan *p)
{
    float w = fminf(p->h0, p->h1) * (16.0f / 9.0f);
    float lo = st->board_x - p->dir * (.5f + e->back) * p->length;
    float hi = st->board_x + p->dir * (.56f + e->front * p->length);
    float spare = fmaxf(w - fabsf(hi - lo), 0);
    float pan = s->slot[SLOT_CAMERA] == PAN_LEFT    ? -1.0f
                : s->slot[SLOT_CAMERA] == PAN_RIGHT ? 1.0f
                                                    : 0;
    pan *= p->dir * pan > 0 ? fminf(.25f, .12f + .5f * spare) : fminf(.25f, .5f * spare);
    p->x = st->board_x;
    p->follow_x = p->follow_x || fabsf(hi - lo) > w + .05f;
    float cx = .5f * (lo + hi) + .4f * (spare - fabsf(pan)) *
                                     rng_range(s->seed, FOR_OFFSET, 0, -1, 1) *
                                     (spare > fabsf(pan));
    cx = clampf(cx, .5f * w, PLATE_WIDTH - .5f * w);
    p->cx0 = clampf(cx - .5f * pan, .5f * w, PLATE_WIDTH - .5f * w);
    p->cx1 = clampf(cx + .5f * pan, .5f * w, PLATE_WIDTH - .5f * w);
}

void plan_clip(const struct scene *s, const struct stage *st, struct plan *p)
{
    bool back = s->slot[SLOT_PART] == NEXT && scene_sequel(s->slot) == TURNS_BACK;
    *p = (struct plan){.dir = actor_facing(s, st), .turn_at = back ? REST_AT : NEVER};
    struct extent e = pair_extent(s);
    plan_heights(s, p);
    float h = fminf(p->h0, p->h1), w = h * (16.0f / 9.0f);
    p->length =
        fminf(base_length(s), fminf(.76f * h / (e.up + e.down), .62f * w / (e.back + e.front)));
    plan_leap(s, h - (e.up + e.down) * p->length - 2 * MARGIN, p);
    plan_level(s, st, &e, p);
    plan_height_framing(s, st, &e, p);
    p->follow_x = s->slot[SLOT_CAMERA] == FOLLOW;
    if (s->slot[SLOT_ACTION] == DIVE)
        plan_dive(s, st, &e, p);
    else
        plan_crossing(s, st, &e, p);
}

float actor_size(const struct scene *s)
{
    /* The window caps the length, and the window's height does not depend on the stage. */
    struct plan p = {0};
    struct extent e = pair_extent(s);
    plan_heights(s, &p);
    float h = fminf(p.h0, p.h1), w = h * (16.0f / 9.0f);
    return fminf(base_length(s), fminf(.76f * h / (e.up + e.down), .62f * w / (e.back + e.front)));
}
