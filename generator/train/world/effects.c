/* What an action does to its surroundings: the splash of a dive, dust and snow under running feet
 * and wheels, a rocket's flame and smoke, a boat's wake, a fish's bubbles. Everything is a closed
 * form of time: each drop and puff is born at a fixed moment at the place where the actor then was.
 * Purposes 1600..1699. */
#include "scene.h"

#include <math.h>

#define PI 3.14159265f

enum effect { NO_EFFECT, SPLASH, DUST, ROCKET_FIRE, WAKE, BUBBLES, DROPS, FLAKES };

static enum effect effect_of(const struct scene *s)
{
    int action = s->slot[SLOT_ACTION], place = s->slot[SLOT_PLACE];
    bool soft = place == DESERT || place == BEACH || place == SNOW || place == MEADOW ||
                place == MOUNTAINS || place == FARM;
    switch (action) {
    case DIVE:
        return SPLASH;
    case LAUNCH:
        return ROCKET_FIRE;
    case SAIL:
        return WAKE;
    case SWIM:
        return place == UNDERWATER ? BUBBLES : WAKE;
    default:
        break;
    }
    if (place != ROOM && s->slot[SLOT_WEATHER] == RAIN)
        return DROPS;
    if (place != ROOM && s->slot[SLOT_WEATHER] == SNOWFALL)
        return FLAKES;
    switch (action) {
    case RUN:
    case JUMP:
        return soft ? DUST : NO_EFFECT;
    case DRIVE:
        return DUST;
    case WALK:
        return place == SNOW ? DUST : NO_EFFECT;
    default:
        return NO_EFFECT;
    }
}

static struct rgba grey(float light, float alpha)
{
    return (struct rgba){light, light, light, alpha};
}

static float facing(const struct scene *s, const struct stage *st)
{
    if (s->slot[SLOT_ACTION] == DIVE && st->board_dir)
        return (float)st->board_dir;
    return s->slot[SLOT_DIRECTION] == TO_LEFT ? -1.0f : 1.0f;
}

/* The way it faces at a pose, through 0 where it turns round. */
static float heading(const struct scene *s, const struct stage *st, const struct pose *p)
{
    return facing(s, st) * p->face;
}

/* --- splash --- */

/* Where the diver meets the water. */
static float splash_x(const struct scene *s, const struct stage *st, float t)
{
    struct pose now, entry;
    actor_pose(s, st, t, &now);
    actor_pose(s, st, t - now.effect, &entry);
    return entry.x + facing(s, st) * 0.16f * actor_size(s);
}

static void splash_rings(struct canvas *c, float x, float y, float v)
{
    for (int i = 0; i < 3; i++) {
        float u = v - 0.16f * (float)i, r = 0.045f + 0.13f * u * (1.25f - 0.22f * u);
        float alpha = u < 0 ? 0 : 0.8f * (1 - u / 1.7f);
        if (alpha <= 0.02f)
            continue;
        path_ellipse(c, x, y, r, r * 0.24f, 0);
        paint_stroke(c, 0.011f, (struct rgba){0.93f, 0.99f, 1, alpha});
    }
}

static void splash_crown(struct canvas *c, float x, float y, float v, float size)
{
    float life = v / 0.55f;
    if (life >= 1)
        return;
    float tall = 0.20f * size * sinf(PI * powf(life, 0.6f)), r = (0.050f + 0.060f * life) * size;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 7; i++) {
            float u = ((float)i - 3) / 3, foot = x + u * r,
                  lean = u * (0.05f + 0.09f * life) * size, w = r * 0.34f;
            float h = tall * (1 - 0.35f * fabsf(u)) * (i % 2 ? 0.72f : 1) * (pass ? 0.7f : 1);
            path_move(c, foot - w, y);
            path_curve(c, foot - w * 0.3f, y - h * 0.3f, foot + lean * 0.6f, y - h * 0.7f,
                       foot + lean, y - h);
            path_curve(c, foot + lean * 0.7f, y - h * 0.6f, foot + w * 0.6f, y - h * 0.3f, foot + w,
                       y);
            path_close(c);
        }
        float alpha = 0.85f * (1 - life * life);
        paint_fill(c, pass ? (struct rgba){1, 1, 1, alpha}
                           : (struct rgba){0.72f, 0.92f, 0.97f, alpha});
    }
}

static void splash_drops(const struct scene *s, struct canvas *c, float x, float y, float v,
                         float size)
{
    for (int part = 0; part < 2; part++) {
        for (uint32_t i = (uint32_t)part; i < 16; i += 2) {
            float side = ((float)i + 0.5f) / 8 - 1, born = rng_range(s->seed, 1600, i, 0, 0.10f),
                  u = v - born;
            float vy = rng_range(s->seed, 1601, i, 0.36f, 0.66f) * (1.15f - 0.5f * fabsf(side)) *
                       sqrtf(size);
            float vx = side * rng_range(s->seed, 1602, i, 0.10f, 0.22f) * size;
            float drop_y = -vy * u + 0.5f * GRAVITY * u * u,
                  r = rng_range(s->seed, 1603, i, 0.009f, 0.016f);
            if (u > 0 && drop_y < 0.005f)
                path_ellipse(c, x + side * 0.03f + vx * u, y + drop_y, r, r * 1.12f, 0);
        }
        paint_fill(c, part ? grey(1, 0.95f) : (struct rgba){0.78f, 0.94f, 0.98f, 0.95f});
    }
}

static void splash_jet(struct canvas *c, float x, float y, float v, float size)
{
    float u = (v - 0.30f) / 0.55f;
    if (u <= 0 || u >= 1)
        return;
    float h = 0.15f * size * 4 * u * (1 - u), w = 0.022f * size;
    path_move(c, x - w * 1.5f, y);
    path_curve(c, x - w * 0.5f, y - h * 0.3f, x - w * 0.5f, y - h * 0.7f, x - w * 0.35f, y - h);
    path_arc(c, x, y - h, w * 0.45f, PI, 2 * PI);
    path_curve(c, x + w * 0.5f, y - h * 0.7f, x + w * 0.5f, y - h * 0.3f, x + w * 1.5f, y);
    path_close(c);
    path_ellipse(c, x, y - h - w * (0.6f + 1.6f * u), w * 0.62f, w * 0.7f, 0);
    paint_fill(c, (struct rgba){0.90f, 0.98f, 1, 0.9f});
}

/* Rings about one who floats. */
static void floating_rings(struct canvas *c, float x, float y, float length, float t, float alpha)
{
    for (int i = 0; i < 2; i++) {
        float u = t * 0.9f + 0.5f * (float)i;
        u -= floorf(u);
        float r = length * (0.38f + 0.34f * u);
        path_ellipse(c, x, y, r, r * 0.20f, 0);
        paint_stroke(c, 0.010f, (struct rgba){0.92f, 0.99f, 1, alpha * 0.8f * (1 - u)});
    }
}

static void draw_splash(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    struct pose p;
    actor_pose(s, st, t, &p);
    float v = p.effect, size = 0.75f + 1.0f * actor_size(s);
    if (v < 0)
        return;
    float x = splash_x(s, st, t), y = st->water_y;
    splash_rings(c, x, y, v);
    float foam = v < 0.8f ? 1 - v / 0.8f : 0;
    path_ellipse(c, x, y, (0.06f + 0.06f * v) * size, (0.020f + 0.014f * v) * size, 0);
    paint_fill(c, grey(1, 0.9f * foam));
    splash_crown(c, x, y, v, size);
    splash_jet(c, x, y, v, size);
    splash_drops(s, c, x, y, v, size);
    if (v > 0.55f)
        floating_rings(c, p.x, y, actor_size(s), t, fminf((v - 0.55f) / 0.4f, 1));
}

/* --- dust and snow --- */

static struct rgba dust_colour(const struct scene *s)
{
    switch (s->slot[SLOT_PLACE]) {
    case DESERT:
        return (struct rgba){1.00f, 0.91f, 0.74f, 0.80f};
    case BEACH:
        return (struct rgba){1.00f, 0.95f, 0.82f, 0.80f};
    case SNOW:
        return (struct rgba){0.98f, 0.99f, 1.00f, 0.85f};
    case CITY:
        return (struct rgba){0.82f, 0.83f, 0.86f, 0.50f};
    default:
        return (struct rgba){0.90f, 0.86f, 0.70f, 0.62f};
    }
}

static bool on_ground(const struct scene *s, const struct stage *st, float t)
{
    struct pose p;
    actor_pose(s, st, t, &p);
    return p.y > st->ground_y - 0.012f;
}

static void draw_puff(struct canvas *c, float x, float y, float r, struct rgba colour)
{
    path_ellipse(c, x, y - r * 0.5f, r, r * 0.85f, 0);
    path_ellipse(c, x - r * 0.8f, y - r * 0.25f, r * 0.6f, r * 0.5f, 0);
    path_ellipse(c, x + r * 0.75f, y - r * 0.3f, r * 0.65f, r * 0.55f, 0);
    paint_fill(c, colour);
}

static void draw_dust(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    const float every = 0.13f, life = 0.70f;
    bool drive = s->slot[SLOT_ACTION] == DRIVE, walk = s->slot[SLOT_ACTION] == WALK;
    float length = actor_size(s), behind = length * (drive ? 0.44f : 0.30f);
    float floor_y = drive ? st->road_y : st->ground_y, strong = walk ? 0.65f : drive ? 1.0f : 0.9f;
    struct rgba colour = dust_colour(s);
    int last = (int)floorf(t / every);
    for (int i = last - (int)(life / every); i <= last; i++) {
        float born = (float)i * every, u = (t - born) / life;
        uint32_t n = (uint32_t)(i + 64);
        if (u < 0 || u >= 1 || (!drive && !on_ground(s, st, born)))
            continue;
        struct pose p;
        actor_pose(s, st, born, &p);
        float r = length * strong * (0.055f + 0.095f * sqrtf(u)) *
                  rng_range(s->seed, 1610, n, 0.8f, 1.2f);
        float rise = length * 0.22f * u * rng_range(s->seed, 1611, n, 0.5f, 1.1f);
        struct rgba faded = colour;
        faded.a *= (1 - u) * fminf(u * 8, 1);
        draw_puff(c, p.x - heading(s, st, &p) * behind * (1 + 0.5f * u), floor_y + 0.006f - rise, r,
                  faded);
    }
}

/* --- rocket --- */

static void draw_flame(struct canvas *c, float x, float y, float w, float h)
{
    static const struct rgba layer[3] = {
        {1, 0.50f, 0.16f, 0.92f}, {1, 0.78f, 0.25f, 0.95f}, {1, 0.97f, 0.80f, 1}};
    for (int i = 0; i < 3; i++) {
        float k = 1 - 0.28f * (float)i, fw = w * k, fh = h * (1 - 0.30f * (float)i);
        path_move(c, x - fw * 0.55f, y);
        path_curve(c, x - fw * 1.05f, y + fh * 0.35f, x - fw * 0.35f, y + fh * 0.7f, x, y + fh);
        path_curve(c, x + fw * 0.35f, y + fh * 0.7f, x + fw * 1.05f, y + fh * 0.35f, x + fw * 0.55f,
                   y);
        path_close(c);
        paint_fill(c, layer[i]);
    }
}

/* Smoke that rolls out along the ground, then the trail that the climbing rocket leaves. */
static void draw_smoke(const struct scene *s, const struct stage *st, float t, float since,
                       struct canvas *c)
{
    float length = actor_size(s);
    for (int i = 0; (float)i * 0.11f < since; i++) {
        float born = t - since + (float)i * 0.11f, u = (t - born) / 1.9f,
              side = i % 2 ? 1.0f : -1.0f;
        uint32_t n = (uint32_t)i;
        if (u >= 1)
            continue;
        struct pose p;
        actor_pose(s, st, born, &p);
        float above = fmaxf(st->ground_y - p.y, 0), low = expf(-6 * above);
        float out = side * length * (0.10f + 0.52f * (1 - expf(-2.2f * u)) * low) *
                    rng_range(s->seed, 1620, n, 0.6f, 1.05f);
        float r = length * (0.085f + 0.12f * sqrtf(u)) * rng_range(s->seed, 1621, n, 0.8f, 1.15f) *
                  (0.6f + 0.4f * low);
        float y = fminf(p.y + length * 0.16f, st->ground_y + 0.01f) - length * 0.06f * u;
        draw_puff(c, p.x + out, y, r, grey(0.93f - 0.10f * u, 0.80f * (1 - u * u)));
    }
}

static void draw_rocket_fire(const struct scene *s, const struct stage *st, float t,
                             struct canvas *c)
{
    struct pose p;
    actor_pose(s, st, t, &p);
    float v = p.effect, length = actor_size(s);
    if (v < 0)
        return;
    draw_smoke(s, st, t, v, c);
    float flicker = 1 + 0.12f * sinf(31 * t) + 0.08f * sinf(47 * t + 1),
          grown = fminf(v / 0.25f, 1);
    float room = st->ground_y + 0.02f - p.y, h = length * 0.46f * grown * flicker;
    float zero[3] = {0, 0, 0}, one[3] = {1, 1, 1};
    canvas_tint(c, one, zero); /* fire gives its own light */
    draw_flame(c, p.x, p.y - length * 0.03f, length * 0.13f * (0.7f + 0.3f * grown),
               fminf(h, fmaxf(room, 0.05f) + 0.03f));
}

/* --- wake and bubbles --- */

static void draw_wake(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    struct pose p;
    actor_pose(s, st, t, &p);
    float length = actor_size(s), dir = heading(s, st, &p), y = st->water_y + 0.012f;
    for (int i = 0; i < 6; i++) {
        float every = 0.34f, u = (t / every - floorf(t / every) + (float)i) * every,
              fadeout = 1 - u / 2.04f;
        struct pose old;
        actor_pose(s, st, t - u, &old);
        float w = length * (0.16f + 0.16f * u), x = old.x - heading(s, st, &old) * length * 0.36f,
              down = 0.010f + 0.016f * u;
        path_move(c, x - w, y + down);
        path_curve(c, x - w * 0.4f, y + down + 0.012f, x + w * 0.4f, y + down + 0.012f, x + w,
                   y + down - 0.002f);
        paint_stroke(c, 0.010f, grey(1, 0.75f * fmaxf(fadeout, 0)));
    }
    float bob = 0.006f * sinf(9 * t), bow = p.x + dir * length * 0.40f;
    path_ellipse(c, bow, y, length * 0.10f, 0.012f + bob, 0);
    path_ellipse(c, bow - dir * length * 0.12f, y + 0.006f, length * 0.13f, 0.010f, 0);
    path_ellipse(c, p.x - dir * length * 0.22f, y + 0.008f, length * 0.22f, 0.009f, 0);
    paint_fill(c, grey(1, 0.85f));
}

static void draw_bubbles(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    const float every = 0.36f, life = 1.5f;
    float length = actor_size(s);
    int last = (int)floorf(t / every);
    for (int i = last - 5; i <= last; i++) {
        uint32_t n = (uint32_t)(i + 64);
        float born = ((float)i + rng_range(s->seed, 1630, n, 0, 0.6f)) * every,
              u = (t - born) / life;
        if (u < 0 || u >= 1)
            continue;
        struct pose p;
        actor_pose(s, st, born, &p);
        float r = rng_range(s->seed, 1631, n, 0.010f, 0.019f) * (0.6f + 0.4f * fminf(u * 6, 1));
        float x = p.x + heading(s, st, &p) * length * 0.50f + 0.016f * sinf(7 * u + (float)i),
              y = p.y - length * 0.05f - 0.30f * u * life * 0.55f;
        float alpha = fminf(u * 10, 1) * fminf((1 - u) * 4, 1);
        path_ellipse(c, x, y, r, r, 0);
        paint_fill(c, (struct rgba){0.80f, 0.95f, 1, 0.45f * alpha});
        path_ellipse(c, x, y, r * 0.88f, r * 0.88f, 0);
        paint_stroke(c, r * 0.26f, (struct rgba){0.95f, 1, 1, 0.85f * alpha});
        path_ellipse(c, x - r * 0.32f, y - r * 0.34f, r * 0.24f, r * 0.24f, 0);
        paint_fill(c, grey(1, 0.95f * alpha));
    }
}

/* --- rain and falling snow --- */

/* What falls, falls in a loop of a few poses and always in the same pattern: a crop of so few
 * numbers shows that crisply, where drops at random would be smeared. A part that goes on finds the
 * loop where the last one left it. The crop is the camera's window. */
static void fall_frame(const struct scene *s, const struct stage *st, float t, float out[3])
{
    camera_window(s, st, t, out);
    out[2] *= 1.06f * 16 / 9;
}

#define FALL_STEP 0.5f /* of the crop's side, after which the pattern repeats downwards */

static void draw_drops(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    static const float at[13][2] = {{.01f, .10f}, {.09f, .62f}, {.17f, .30f}, {.25f, .86f},
                                    {.33f, .05f}, {.41f, .52f}, {.49f, .22f}, {.57f, .72f},
                                    {.65f, .40f}, {.73f, .93f}, {.81f, .16f}, {.89f, .58f},
                                    {.96f, .34f}};
    const float slant = -.16f, phase = t * 3 - floorf(t * 3 + 1e-4f);
    float frame[3];
    fall_frame(s, st, t, frame);
    for (int i = 0; i < 13; i++)
        for (int j = -1; j < 3; j++) {
            float down = (at[i][1] + (float)j + phase) * FALL_STEP;
            float x = frame[0] + frame[2] * (at[i][0] + .10f + slant * down - .5f),
                  y = frame[1] + frame[2] * (down - .5f);
            float l = .085f * frame[2], w = .0085f * frame[2];
            path_move(c, x, y);
            path_curve(c, x + .6f * w, y - .35f * l, x - slant * .5f * l, y - .6f * l,
                       x - slant * l, y - l);
            path_curve(c, x - slant * .6f * l, y - .6f * l, x - 2.4f * w, y - .2f * l, x - 1.6f * w,
                       y);
            path_arc(c, x - .8f * w, y, .8f * w, PI, 0);
            path_close(c);
        }
    paint_fill(c, (struct rgba){0.86f, 0.93f, 0.98f, 0.95f});
}

static void draw_flakes(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    static const float at[10][3] = {{.04f, .12f, 1.0f}, {.13f, .66f, .7f}, {.23f, .36f, 1.2f},
                                    {.33f, .88f, .8f},  {.43f, .20f, .7f}, {.53f, .58f, 1.1f},
                                    {.63f, .02f, .8f},  {.74f, .44f, .9f}, {.84f, .78f, 1.2f},
                                    {.95f, .28f, .75f}};
    const float rate = POSES_PER_SECOND / 14, phase = t * rate - floorf(t * rate + 1e-4f);
    float frame[3];
    fall_frame(s, st, t, frame);
    for (int i = 0; i < 10; i++)
        for (int j = -1; j < 3; j++) {
            float down = (at[i][1] + (float)j + phase) * FALL_STEP,
                  r = .0135f * at[i][2] * frame[2];
            float x = at[i][0] + .018f * sinf(2 * PI * (phase + (float)i * .37f));
            path_ellipse(c, frame[0] + frame[2] * (x - .5f), frame[1] + frame[2] * (down - .5f), r,
                         r, 0);
        }
    paint_fill(c, grey(1, 0.95f));
}

/* --- what others call --- */

void effect_draw(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    static void (*const painter[])(const struct scene *, const struct stage *, float,
                                   struct canvas *) = {
        [SPLASH] = draw_splash, [DUST] = draw_dust,       [ROCKET_FIRE] = draw_rocket_fire,
        [WAKE] = draw_wake,     [BUBBLES] = draw_bubbles, [DROPS] = draw_drops,
        [FLAKES] = draw_flakes,
    };
    enum effect e = effect_of(s);
    float mul[3], add[3], zero[3] = {0, 0, 0}, one[3] = {1, 1, 1};
    if (e == NO_EFFECT)
        return;
    scene_light(s, mul, add);
    canvas_tint(c, mul, add);
    scene_technique(s, c);
    painter[e](s, st, t, c);
    canvas_tint(c, one, zero);
}

/* From a little above the rocket's tail down to below the ground smoke, never smaller than the
 * smoke is wide. */
static void fire_crop(const struct scene *s, const struct stage *st, const struct pose *p,
                      float out[3])
{
    float length = actor_size(s), bottom = st->ground_y + 0.07f,
          top = fminf(p->y - 0.06f, bottom - 1.80f * length);
    out[0] = p->x;
    out[1] = 0.5f * (top + bottom);
    out[2] = bottom - top;
}

void effect_crop(const struct scene *s, const struct stage *st, float t, float out[3])
{
    struct pose p;
    float length = actor_size(s), dir;
    actor_pose(s, st, t, &p);
    dir = heading(s, st, &p);
    out[0] = p.x;
    switch (effect_of(s)) {
    case SPLASH:
        out[0] = splash_x(s, st, t) + facing(s, st) * 0.03f;
        out[1] = st->water_y - 0.115f;
        out[2] = 0.50f;
        break;
    case DUST:
        out[0] = p.x - dir * length * 0.62f;
        out[1] = (s->slot[SLOT_ACTION] == DRIVE ? st->road_y : st->ground_y) - length * 0.22f;
        out[2] = length * 1.30f;
        break;
    case ROCKET_FIRE:
        fire_crop(s, st, &p, out);
        break;
    case WAKE:
        out[0] = p.x - dir * length * 0.30f;
        out[1] = st->water_y + 0.01f;
        out[2] = length * 1.75f;
        break;
    case DROPS:
    case FLAKES:
        fall_frame(s, st, t, out);
        break;
    case BUBBLES:
        out[0] = p.x + dir * length * 0.32f;
        out[1] = p.y - length * 0.05f - 0.13f;
        out[2] = 0.40f;
        break;
    default:
        actor_crop(s, st, t, out);
        out[2] = 0.3f;
        break;
    }
}
