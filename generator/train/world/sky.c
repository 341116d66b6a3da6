/* The light of a scene and what is far away: colours under each hour and weather, the sky with its
 * one sun or moon, clouds, hill silhouettes, and the marks that make a band of colour read as
 * water. */
#include "look.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265f

/* --- light and colour --- */

float rnd(const struct look *k, uint32_t purpose, uint32_t n, float from, float to)
{
    return rng_range(k->s->seed, purpose, n, from, to);
}

int rnd_int(const struct look *k, uint32_t purpose, uint32_t n, int count)
{
    int v = (int)(rng_unit(k->s->seed, purpose, n) * (float)count);
    return v < count ? v : count - 1;
}

struct rgba mix(struct rgba a, struct rgba b, float t)
{
    return (struct rgba){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t,
                         a.a + (b.a - a.a) * t};
}

struct rgba fade(struct rgba c, float alpha)
{
    c.a *= alpha;
    return c;
}

struct rgba raw(uint32_t v)
{
    return (struct rgba){(float)(v >> 16 & 255) / 255.0f, (float)(v >> 8 & 255) / 255.0f,
                         (float)(v & 255) / 255.0f, 1};
}

static struct rgba greyed(struct rgba c, float share)
{
    float light = 0.30f * c.r + 0.55f * c.g + 0.15f * c.b;
    return mix(c, (struct rgba){light, light, light, c.a}, share);
}

struct rgba tone(const struct look *k, uint32_t rrggbb, float haze)
{
    struct rgba c = raw(rrggbb);
    c.r = c.r * k->mul[0] + k->add[0];
    c.g = c.g * k->mul[1] + k->add[1];
    c.b = c.b * k->mul[2] + k->add[2];
    return mix(greyed(c, k->grey), k->horizon, haze);
}

struct rgba water_tone(const struct look *k, uint32_t rrggbb, float mirrored)
{
    struct rgba c = tone(k, rrggbb, 0);
    if (k->time != DUSK || k->weather != CLEAR)
        return mix(c, k->horizon,
                   (k->weather == CLEAR && k->time != DAWN ? 0.25f : 0.5f) * mirrored);
    return mix(mix(c, raw(0x5a6cb4), 0.60f), mix(raw(0xd9839a), k->horizon, 0.20f), mirrored);
}

struct rgba vary(const struct look *k, struct rgba c, uint32_t purpose, uint32_t n, float amount)
{
    float light = 1 + rnd(k, purpose, n * 3, -amount, amount),
          warm = rnd(k, purpose, n * 3 + 1, -amount, amount);
    c.r *= light * (1 + 0.6f * warm);
    c.g *= light;
    c.b *= light * (1 - 0.6f * warm);
    return c;
}

/* An overcast sky is a grey of the hour's own lightness. */
static void overcast(struct look *k)
{
    static const float share[WEATHER_COUNT] = {0, 0.80f, 0.88f, 0.72f},
                       grey[WEATHER_COUNT] = {0, 0.22f, 0.30f, 0.24f};
    static const uint32_t cast[WEATHER_COUNT] = {0, 0xc9ced6, 0x8798aa, 0xe9edf4};
    struct rgba *sky[3] = {&k->sky_top, &k->sky_mid, &k->horizon};
    for (int i = 0; i < 3; i++) {
        struct rgba g = greyed(*sky[i], 1), c = raw(cast[k->weather]);
        float light = 0.35f + 0.75f * g.g;
        bool night = k->time == NIGHT; /* stays blue */
        c = (struct rgba){c.r * light * (night ? 0.52f : 1), c.g * light * (night ? 0.62f : 1),
                          c.b * light * (night ? 0.92f : 1), 1};
        *sky[i] = mix(*sky[i], c, share[k->weather]);
    }
    k->grey = grey[k->weather];
    k->snow = k->weather == SNOWFALL ? 0.62f : 0;
}

void look_init(struct look *k, const struct scene *s, struct canvas *c)
{
    static const uint32_t sky[TIME_COUNT][2][3] = {
        [DAY] = {{0x4a9fe8, 0x86c5f4, 0xdcf0fa}, {0x3f93e2, 0x92cdf2, 0xf3f3e4}},
        [DUSK] = {{0x4b3f7d, 0xd9737f, 0xfdbf6f}, {0x5a4a92, 0xe98a6c, 0xffd48a}},
        [NIGHT] = {{0x0c1236, 0x1a2a60, 0x3a568f}, {0x10143c, 0x242c68, 0x4d5a98}},
        [DAWN] = {{0x7fa6d8, 0xd9c3dc, 0xffe0c8}, {0x8fb2dc, 0xe6c6d0, 0xffe9bd}},
    };
    static const float sun_y[TIME_COUNT][2] = {[DAY] = {0.13f, 0.22f},
                                               [DUSK] = {0.30f, 0.40f},
                                               [NIGHT] = {0.13f, 0.24f},
                                               [DAWN] = {0.36f, 0.44f}};
    static const float sun_r[TIME_COUNT] = {
        [DAY] = 0.065f, [DUSK] = 0.085f, [NIGHT] = 0.060f, [DAWN] = 0.055f};
    int place = s->slot[SLOT_PLACE];
    *k =
        (struct look){.s = s,
                      .c = c,
                      .time = (enum time_of_day)s->slot[SLOT_TIME],
                      .weather = place == UNDERWATER ? CLEAR : (enum weather)s->slot[SLOT_WEATHER]};
    scene_light(s, k->mul, k->add);
    if (k->time == NIGHT &&
        place != ROOM) { /* places lie deeper in the night than those who act in them */
        static const float mul[3] = {0.38f, 0.50f, 0.68f}, add[3] = {0.020f, 0.045f, 0.115f};
        memcpy(k->mul, mul, sizeof mul);
        memcpy(k->add, add, sizeof add);
    }
    float t = rnd(k, 1000, 0, 0, 1);
    struct rgba *out[3] = {&k->sky_top, &k->sky_mid, &k->horizon};
    for (int i = 0; i < 3; i++)
        *out[i] = mix(raw(sky[k->time][0][i]), raw(sky[k->time][1][i]), t);
    k->sun_x = rnd(k, 1000, 1, 0.25f, PLATE_WIDTH - 0.25f);
    k->sun_y = rnd(k, 1000, 2, sun_y[k->time][0], sun_y[k->time][1]);
    k->sun_r = sun_r[k->time];
    if (place == MOUNTAINS || place == CITY)
        k->sun_y = rnd(k, 1000, 2, 0.10f, 0.15f); /* above peaks and roofs */
    if (place == FOREST)
        k->sun_y = rnd(k, 1000, 2, 0.31f, 0.40f); /* between canopy and bushes */
    if (k->weather != CLEAR && place != ROOM)
        overcast(k);
}

/* --- sky --- */

void draw_glow(const struct look *k, float x, float y, float r, struct rgba c, float strength)
{
    for (int i = 0; i < 9; i++) {
        float part = 1 - 0.10f * (float)i;
        path_ellipse(k->c, x, y, r * part, r * part, 0);
        paint_fill(k->c, fade(c, strength * (0.07f + 0.016f * (float)i)));
    }
}

static void draw_moon(const struct look *k)
{
    float x = k->sun_x, y = k->sun_y, r = k->sun_r;
    draw_glow(k, x, y, r * 2.6f, raw(0xbfd0ff), 0.22f);
    if (rnd_int(k, 1001, 0, 2)) {
        float tilt = rnd(k, 1001, 1, -0.5f, 0.5f);
        canvas_save(k->c);
        canvas_translate(k->c, x, y);
        canvas_rotate(k->c, tilt);
        path_move(k->c, 0, -r);
        path_arc(k->c, 0, 0, r, -PI / 2, PI / 2);
        path_curve(k->c, r * 0.72f, r * 0.66f, r * 0.72f, -r * 0.66f, 0, -r);
        path_close(k->c);
        paint_fill(k->c, raw(0xfbf3cf));
        canvas_restore(k->c);
        return;
    }
    path_ellipse(k->c, x, y, r, r, 0);
    paint_fill(k->c, raw(0xf7f0d2));
    path_ellipse(k->c, x - r * 0.30f, y - r * 0.20f, r * 0.22f, r * 0.20f, 0);
    path_ellipse(k->c, x + r * 0.28f, y + r * 0.22f, r * 0.28f, r * 0.25f, 0);
    path_ellipse(k->c, x - r * 0.22f, y + r * 0.48f, r * 0.14f, r * 0.12f, 0);
    paint_fill(k->c, raw(0xe0d9bd));
}

static void draw_sun(const struct look *k)
{
    bool dusk = k->time == DUSK, dawn = k->time == DAWN;
    float x = k->sun_x, y = k->sun_y, r = k->sun_r;
    draw_glow(k, x, y, r * (dusk || dawn ? 3.4f : 2.6f), dusk ? raw(0xffd27a) : raw(0xfff6cf),
              dusk ? 0.5f : 0.55f);
    path_ellipse(k->c, x, y, r, r, 0);
    paint_gradient(k->c, x, y - r, dusk ? raw(0xffe59a) : raw(0xfffbe0), x, y + r,
                   dusk   ? raw(0xff9a4d)
                   : dawn ? raw(0xffc9a8)
                          : raw(0xffe27a));
}

static void draw_stars(const struct look *k, float horizon_y)
{
    for (uint32_t i = 0; i < 34; i++) {
        float u = rnd(k, 1002, i * 4, 0, 1),
              y = 0.02f + (horizon_y - 0.12f) * u * (0.4f + 0.6f * u);
        float r = rnd(k, 1002, i * 4 + 1, 0.0035f, 0.0085f);
        float x = ((float)i + rnd(k, 1002, i * 4 + 2, 0.1f, 0.9f)) * PLATE_WIDTH / 34;
        if (hypotf(x - k->sun_x, y - k->sun_y) < k->sun_r * 1.8f)
            continue;
        path_ellipse(k->c, x, y, r, r, 0);
        paint_fill(k->c, (struct rgba){1, 0.98f, 0.88f, 0.55f + 50 * r});
    }
}

void draw_sky(const struct look *k, float horizon_y)
{
    float middle = horizon_y * 0.52f;
    path_rect(k->c, -PLATE_MARGIN, -PLATE_MARGIN, PLATE_WIDTH + 2 * PLATE_MARGIN,
              1 + 2 * PLATE_MARGIN);
    paint_gradient(k->c, 0, middle, k->sky_mid, 0, horizon_y, k->horizon);
    path_rect(k->c, -PLATE_MARGIN, -PLATE_MARGIN, PLATE_WIDTH + 2 * PLATE_MARGIN,
              middle + PLATE_MARGIN);
    paint_gradient(k->c, 0, -0.02f, k->sky_top, 0, middle, k->sky_mid);
    if (k->weather != CLEAR)
        return;
    if (k->time == NIGHT) {
        draw_stars(k, horizon_y);
        draw_moon(k);
    } else {
        draw_sun(k);
    }
}

/* Round heads on a long flat base. */
static void cloud_puffs(const struct look *k, uint32_t n, float x, float y, float w)
{
    static const float head[5][2] = {
        {-0.33f, 0.120f}, {-0.14f, 0.185f}, {0.08f, 0.225f}, {0.27f, 0.150f}, {0.41f, 0.095f}};
    float side = rnd_int(k, 1007, n, 2) ? 1.0f : -1.0f;
    path_round_rect(k->c, x - w * 0.53f, y - w * 0.15f, w * 1.06f, w * 0.15f, w * 0.075f);
    for (uint32_t i = 0; i < 5; i++) {
        float r = w * head[i][1] * rnd(k, 1004, n * 8 + i, 0.85f, 1.15f);
        path_ellipse(k->c, x + side * head[i][0] * w, y - fmaxf(r, w * 0.12f), r, r, 0);
    }
}

static void draw_cloud(const struct look *k, uint32_t n, float x, float y, float w)
{
    static const uint32_t lights[TIME_COUNT] = {0xffffff, 0xffceae, 0x566aa4, 0xfff3ee};
    static const uint32_t shades[TIME_COUNT] = {0xd3e6f6, 0xd68796, 0x3c4c86, 0xe6bccb};
    struct rgba light = raw(lights[k->time]), shade = raw(shades[k->time]);
    if (k->weather != CLEAR) { /* near the sky's own grey, darker where it rains */
        float deep = k->weather == RAIN ? 0.80f : 0.92f;
        light = mix(k->sky_mid, (struct rgba){1, 1, 1, 1}, k->weather == RAIN ? 0.12f : 0.35f);
        shade = (struct rgba){k->sky_mid.r * deep, k->sky_mid.g * deep, k->sky_mid.b * deep, 1};
    }
    cloud_puffs(k, n, x, y, w);
    paint_fill(k->c, fade(shade, 0.96f));
    canvas_clip_below(k->c, y - w * 0.045f);
    cloud_puffs(k, n, x - w * 0.012f, y - w * 0.012f, w * 0.97f);
    paint_fill(k->c, fade(light, 0.96f));
    canvas_no_clip(k->c);
}

/* Beside the sun or moon, never in front of it. */
static float clear_of_sun(const struct look *k, float x, float y, float w)
{
    if (k->weather != CLEAR)
        return x;
    float room = 0.56f * w + 1.15f * k->sun_r, off = x - k->sun_x;
    if (k->sun_y < y - 0.45f * w - k->sun_r || k->sun_y > y + 1.1f * k->sun_r || fabsf(off) > room)
        return x;
    return k->sun_x + (off < 0 ? -room : room);
}

/* A closed ceiling of cloud along the upper edge. */
static void cloud_bank(const struct look *k)
{
    float deep = k->weather == RAIN ? 0.74f : k->weather == CLOUDY ? 0.88f : 0.94f;
    for (int row = 0; row < 2; row++) {
        float y = row ? 0.045f : 0.115f, dark = row ? deep : 0.5f + 0.5f * deep;
        struct rgba c = {k->sky_mid.r * dark, k->sky_mid.g * dark, k->sky_mid.b * dark, 1};
        path_rect(k->c, -PLATE_MARGIN, -PLATE_MARGIN, PLATE_WIDTH + 2 * PLATE_MARGIN,
                  PLATE_MARGIN + y);
        for (uint32_t i = 0; i <= 9; i++) {
            float r = rnd(k, 1008, 20 * (uint32_t)row + i, 0.11f, 0.19f);
            path_ellipse(k->c, PLATE_WIDTH * ((float)i + 0.5f * (float)row) / 9, y - 0.02f, r,
                         r * 0.42f, 0);
        }
        paint_fill(k->c, c);
    }
}

void draw_clouds(const struct look *k, int count, float y0, float y1)
{
    if (k->weather != CLEAR) {
        cloud_bank(k);
        count++;
    }
    for (int i = 0; i < count; i++) {
        uint32_t n = (uint32_t)i;
        float x = ((float)i + rnd(k, 1003, n * 3, 0.15f, 0.85f)) * PLATE_WIDTH / (float)count;
        float depth = rnd(k, 1003, n * 3 + 1, 0, 1), y = y0 + (y1 - y0) * depth;
        float w = 0.40f - 0.19f * depth + rnd(k, 1003, n * 3 + 2, -0.05f, 0.07f);
        draw_cloud(k, n, clear_of_sun(k, x, y, w), y, w);
    }
}

/* --- hills and bands --- */

struct hill make_hill(const struct look *k, uint32_t n, float y, float rise, float wave)
{
    return (struct hill){y, rise, wave * rnd(k, 1005, n * 3, 0.85f, 1.2f),
                         rnd(k, 1005, n * 3 + 1, 0, 2 * PI), rnd(k, 1005, n * 3 + 2, 0, 2 * PI)};
}

float hill_at(const struct hill *h, float x)
{
    return h->y - h->rise * (0.5f + 0.32f * sinf(x * h->wave + h->phase1) +
                             0.18f * sinf(x * h->wave * 2.1f + h->phase2));
}

void draw_hill(const struct look *k, const struct hill *h, struct rgba top, struct rgba bottom,
               float depth)
{
    path_move(k->c, -PLATE_MARGIN, 1 + PLATE_MARGIN);
    for (int i = 0; i <= 60; i++) {
        float x = -PLATE_MARGIN + (PLATE_WIDTH + 2 * PLATE_MARGIN) * (float)i / 60;
        path_line(k->c, x, hill_at(h, x));
    }
    path_line(k->c, PLATE_WIDTH + PLATE_MARGIN, 1 + PLATE_MARGIN);
    path_close(k->c);
    if (k->snow > 0 && k->s->slot[SLOT_PLACE] != POOL) {
        top = mix(top, tone(k, 0xf6f9fd, 0), k->snow);
        bottom = mix(bottom, tone(k, 0xcfdceb, 0), k->snow);
    }
    paint_gradient(k->c, 0, h->y - h->rise, top, 0, h->y - h->rise + depth, bottom);
}

void draw_band(const struct look *k, float y0, float y1, struct rgba top, struct rgba bottom)
{
    path_rect(k->c, -PLATE_MARGIN, y0, PLATE_WIDTH + 2 * PLATE_MARGIN, y1 - y0);
    paint_gradient(k->c, 0, y0, top, 0, y1, bottom);
}

/* A lens-shaped stroke of light on water. */
void draw_ripple(const struct look *k, float x, float y, float w, float thick, struct rgba c)
{
    path_move(k->c, x - w / 2, y);
    path_curve(k->c, x - w * 0.2f, y - thick, x + w * 0.2f, y - thick, x + w / 2, y);
    path_curve(k->c, x + w * 0.2f, y + thick * 0.5f, x - w * 0.2f, y + thick * 0.5f, x - w / 2, y);
    path_close(k->c);
    paint_fill(k->c, c);
}

void draw_glitter(const struct look *k, float y0, float y1)
{
    struct rgba c = k->time == NIGHT  ? raw(0xf7f0d2)
                    : k->time == DUSK ? raw(0xffd98c)
                                      : raw(0xffffff);
    if (k->weather != CLEAR)
        return;
    float strength = k->time == DAY ? 0.45f : 0.7f;
    for (int i = 0; i < 8; i++) {
        float u = ((float)i + 0.4f) / 8, y = y0 + (y1 - y0) * u;
        float x = k->sun_x + rnd(k, 1006, (uint32_t)i, -0.02f, 0.02f) * (1 + 2 * u);
        draw_ripple(k, x, y, (0.10f + 0.16f * u) * rnd(k, 1006, 20 + (uint32_t)i, 0.7f, 1.2f),
                    0.007f + 0.006f * u, fade(c, strength * (1 - 0.4f * u)));
    }
}
