/* The beach with its sea, the sea from below, and the river. Purposes 1500..1599 and 1680..1699. */
#include "look.h"

#include <math.h>

#define PI 3.14159265f

/* --- beach --- */

#define SEA_TOP 0.47f
#define SEA_FOOT 0.715f

static float shore_at(const struct look *k, float x)
{
    return SEA_FOOT + 0.012f * sinf(x * 3.1f + rnd(k, 1500, 0, 0, 6.28f)) +
           0.006f * sinf(x * 7.3f + rnd(k, 1500, 1, 0, 6.28f));
}

/* All that lies below the shore line, moved by dy. */
static void shore_path(const struct look *k, float dy)
{
    path_move(k->c, -PLATE_MARGIN, 1.06f);
    for (int i = 0; i <= 50; i++) {
        float x = -PLATE_MARGIN + (PLATE_WIDTH + 2 * PLATE_MARGIN) * (float)i / 50;
        path_line(k->c, x, shore_at(k, x) + dy);
    }
    path_line(k->c, PLATE_WIDTH + PLATE_MARGIN, 1.06f);
    path_close(k->c);
}

static void island(const struct look *k, float x, float w, float h)
{
    path_move(k->c, x - w / 2, SEA_TOP + 0.004f);
    path_curve(k->c, x - w * 0.36f, SEA_TOP - h * 0.5f, x - w * 0.2f, SEA_TOP - h, x - w * 0.04f,
               SEA_TOP - h * 0.9f);
    path_curve(k->c, x + w * 0.10f, SEA_TOP - h * 0.75f, x + w * 0.3f, SEA_TOP - h * 0.6f,
               x + w / 2, SEA_TOP + 0.004f);
    path_close(k->c);
    paint_gradient(k->c, 0, SEA_TOP - h, tone(k, 0x6f9fa8, 0.38f), 0, SEA_TOP,
                   tone(k, 0x86b3a8, 0.5f));
}

static void sea(const struct look *k)
{
    draw_band(k, SEA_TOP, SEA_FOOT + 0.05f, water_tone(k, 0x3d8fcb, 0.55f),
              water_tone(k, 0x5fd0d2, 0.12f));
    draw_glitter(k, SEA_TOP + 0.01f, SEA_FOOT - 0.05f);
    for (uint32_t i = 0; i < 20; i++) {
        float u = ((float)i + 0.5f) / 20, y = SEA_TOP + 0.012f + (SEA_FOOT - SEA_TOP - 0.04f) * u;
        draw_ripple(k, rnd(k, 1501, i, 0, PLATE_WIDTH), y,
                    (0.10f + 0.22f * u) * rnd(k, 1502, i, 0.8f, 1.3f), 0.005f + 0.007f * u,
                    fade(tone(k, i % 3 ? 0xc9f0f2 : 0x2f7fb8, 0.04f), i % 3 ? 0.55f : 0.45f));
    }
}

static void starfish(const struct look *k, float x, float y, float r)
{
    for (int i = 0; i < 10; i++) {
        float a = -PI / 2 + PI * (float)i / 5 + 0.2f, q = i % 2 ? r * 0.45f : r;
        if (i == 0)
            path_move(k->c, x + q * cosf(a), y + q * sinf(a) * 0.7f);
        else
            path_line(k->c, x + q * cosf(a), y + q * sinf(a) * 0.7f);
    }
    path_close(k->c);
    paint_fill(k->c, tone(k, 0xee7f4f, 0));
}

static void parasol_and_towel(const struct look *k, float x, float y)
{
    static const uint32_t cloth[3] = {0xe4574c, 0xf2b13c, 0x3f9fb8};
    struct rgba c = tone(k, cloth[rnd_int(k, 1503, 0, 3)], 0), pale = tone(k, 0xfffaf0, 0);
    path_ellipse(k->c, x + 0.03f, y + 0.004f, 0.17f, 0.020f, 0);
    paint_fill(k->c, fade(tone(k, 0xa87f4f, 0), 0.45f));
    for (int i = 0; i < 4; i++) {
        path_move(k->c, x + 0.05f + 0.055f * (float)i, y - 0.012f);
        path_line(k->c, x + 0.105f + 0.055f * (float)i, y - 0.012f);
        path_line(k->c, x + 0.085f + 0.055f * (float)i, y + 0.022f);
        path_line(k->c, x + 0.030f + 0.055f * (float)i, y + 0.022f);
        path_close(k->c);
        paint_fill(k->c, i % 2 ? pale : c);
    }
    canvas_save(k->c);
    canvas_translate(k->c, x, y);
    canvas_rotate(k->c, rnd(k, 1503, 1, -0.14f, 0.04f));
    path_rect(k->c, -0.007f, -0.31f, 0.014f, 0.31f);
    paint_fill(k->c, tone(k, 0xf1e7d3, 0));
    for (int i = 0; i < 6; i++) {
        float r = 0.18f, a = -r + 2 * r * (float)i / 6, b = a + 2 * r / 6;
        path_move(k->c, 0, -0.335f);
        path_curve(k->c, a * 0.6f, -0.325f, a, -0.27f, a, -0.20f);
        path_curve(k->c, a + 0.02f, -0.218f, b - 0.02f, -0.218f, b, -0.20f);
        path_curve(k->c, b, -0.27f, b * 0.6f, -0.325f, 0, -0.335f);
        path_close(k->c);
        paint_fill(k->c, i % 2 ? pale : c);
    }
    canvas_restore(k->c);
}

void draw_beach(const struct look *k, const struct stage *st)
{
    bool palm_left = st->water_x0 > PLATE_WIDTH - st->water_x1;
    draw_sky(k, SEA_TOP);
    draw_clouds(k, 4 + rnd_int(k, 1504, 1, 2), 0.13f, 0.34f);
    if (rnd_int(k, 1504, 2, 3) > 0)
        island(k, rnd(k, 1504, 3, 0.3f, 2.0f), rnd(k, 1504, 4, 0.35f, 0.7f),
               rnd(k, 1504, 5, 0.04f, 0.09f));
    draw_distance(k, 0.45f);
    sea(k);
    shore_path(k, -0.030f);
    paint_fill(k->c, fade(tone(k, 0xd8f6f2, 0), 0.55f));
    shore_path(k, -0.014f);
    paint_fill(k->c, tone(k, 0xfdfefc, 0));
    shore_path(k, 0.004f);
    paint_gradient(k->c, 0, SEA_FOOT, tone(k, 0xcfa873, 0), 0, SEA_FOOT + 0.05f,
                   tone(k, 0xe6c48c, 0));
    shore_path(k, 0.050f);
    paint_gradient(k->c, 0, SEA_FOOT + 0.04f, tone(k, 0xf5dca6, 0), 0, 1, tone(k, 0xe8bf80, 0));
    for (uint32_t i = 0; i < 7; i++)
        draw_ripple(k, rnd(k, 1505, i, 0, PLATE_WIDTH), st->ground_y + 0.025f + 0.02f * (float)i,
                    rnd(k, 1506, i, 0.2f, 0.45f), 0.010f,
                    fade(tone(k, i % 2 ? 0xfdeec6 : 0xcf9f62, 0), 0.6f));
    float near = rnd(k, 1507, 0, 0.08f, 0.24f), other = rnd(k, 1507, 1, 0.18f, 0.40f);
    draw_palm(k, palm_left ? near : PLATE_WIDTH - near, 0.825f, rnd(k, 1507, 2, 0.48f, 0.60f),
              palm_left ? 0.22f : -0.22f, 0);
    if (rnd_int(k, 1507, 3, 2))
        draw_palm(k, palm_left ? near + 0.17f : PLATE_WIDTH - near - 0.17f, 0.80f, 0.40f,
                  palm_left ? 0.10f : -0.10f, 1);
    parasol_and_towel(k, palm_left ? PLATE_WIDTH - other : other, 0.808f);
    starfish(k, rnd(k, 1508, 0, 0.5f, 1.8f), 0.955f, 0.030f);
    draw_rock(k, rnd(k, 1508, 1, 0.1f, 2.2f), 0.97f, 0.08f, 1, tone(k, 0xb5a491, 0));
}

/* --- under water --- */

static void shafts(const struct look *k, struct rgba c, float strength)
{
    for (uint32_t i = 0; i < 5; i++) {
        float x = ((float)i + rnd(k, 1520, i, 0.1f, 0.9f)) * PLATE_WIDTH / 5,
              w = rnd(k, 1521, i, 0.06f, 0.13f);
        float lean = rnd(k, 1522, 0, -0.25f, 0.25f);
        path_move(k->c, x, -PLATE_MARGIN);
        path_line(k->c, x + w, -PLATE_MARGIN);
        path_line(k->c, x + w * 2.2f + lean, 0.86f);
        path_line(k->c, x - w * 0.6f + lean, 0.86f);
        path_close(k->c);
        paint_gradient(k->c, 0, 0, fade(c, strength), 0, 0.84f, fade(c, 0));
    }
}

/* The underside of the surface: bright scallops along the upper edge. */
static void surface_light(const struct look *k, struct rgba c)
{
    for (int pass = 0; pass < 2; pass++) {
        path_move(k->c, -PLATE_MARGIN, -PLATE_MARGIN);
        for (int i = 0; i <= 60; i++) {
            float x = -PLATE_MARGIN + (PLATE_WIDTH + 2 * PLATE_MARGIN) * (float)i / 60;
            float wave = fabsf(sinf(x * 5.2f + rnd(k, 1523, (uint32_t)pass, 0, 3))) * 0.022f +
                         0.012f * sinf(x * 2.1f);
            path_line(k->c, x, 0.062f - 0.030f * (float)pass - wave);
        }
        path_line(k->c, PLATE_WIDTH + PLATE_MARGIN, -PLATE_MARGIN);
        path_close(k->c);
        paint_fill(k->c, fade(c, 0.35f));
    }
}

static void reef(const struct look *k, float y, uint32_t purpose)
{
    static const uint32_t hues[6] = {0xf2766b, 0xf7a04f, 0xc875c4, 0xf4c95a, 0xe85f93, 0x6fc7a8};
    static const uint32_t weeds[3] = {0x3fa36b, 0x6fb84a, 0x2f8f86};
    for (uint32_t i = 0; i < 11; i++) {
        float x = ((float)i + rnd(k, purpose, i * 4, 0.1f, 0.9f)) * PLATE_WIDTH / 11,
              lift = rnd(k, purpose, i * 4 + 1, -0.015f, 0.02f);
        int kind = rnd_int(k, purpose, i * 4 + 2, 5);
        uint32_t n = purpose + i;
        if (kind < 2)
            draw_seaweed(k, x, y + lift, rnd(k, purpose, i * 4 + 3, 0.20f, 0.40f), n,
                         tone(k, weeds[rnd_int(k, 1524, n, 3)], 0.08f));
        else if (kind < 4)
            draw_coral(k, x, y + lift, rnd(k, purpose, i * 4 + 3, 0.12f, 0.19f), n,
                       tone(k, hues[rnd_int(k, 1525, n, 6)], 0.06f));
        else
            draw_rock(k, x, y + lift + 0.01f, rnd(k, purpose, i * 4 + 3, 0.14f, 0.26f), n,
                      tone(k, 0x7f8ea3, 0.12f));
    }
}

void draw_underwater(const struct look *k, const struct stage *st)
{
    static const uint32_t water[TIME_COUNT][3] = {
        {0x9fe8ec, 0x41b6d8, 0x1f78b4},
        {0xf0b79a, 0x8a7dbb, 0x44528f},
        {0x3566a6, 0x1c3f7c, 0x101f4e},
        {0xf6dcd8, 0x8fbfd6, 0x5f8fbf},
    };
    struct look deep = *k;
    const struct look *d = &deep;
    float g = st->ground_y, warm = rnd(k, 1526, 0, 0, 1);
    struct rgba top = raw(water[k->time][0]),
                light = k->time == NIGHT ? raw(0x9fc4f2) : raw(0xfdfbe2);
    struct rgba low = mix(raw(water[k->time][2]),
                          raw(k->time == DAY ? 0x1f8f9f : water[k->time][2]), warm * 0.6f);
    deep.horizon = mix(raw(water[k->time][1]), low, 0.25f);
    draw_band(k, 0.40f, 1.06f, deep.horizon, low);
    path_rect(k->c, -PLATE_MARGIN, -PLATE_MARGIN, PLATE_WIDTH + 0.1f, 0.46f + PLATE_MARGIN);
    paint_gradient(k->c, 0, 0, top, 0, 0.46f, mix(deep.horizon, low, 0.09f));
    surface_light(k, light);
    struct hill far = make_hill(k, 0, 0.80f, 0.34f, 2.6f),
                mid = make_hill(k, 1, 0.86f, 0.26f, 3.3f);
    draw_hill(d, &far, tone(k, 0x3f7fae, 0.0f), low, 0.30f);
    draw_band(k, 0.40f, 1.06f, fade(deep.horizon, 0), fade(deep.horizon, 0.75f));
    draw_hill(d, &mid, tone(d, 0x41719b, 0.45f), tone(d, 0x35618f, 0.4f), 0.26f);
    reef(&(struct look){.s = k->s,
                        .c = k->c,
                        .time = k->time,
                        .mul = {k->mul[0] * 0.8f, k->mul[1] * 0.9f, k->mul[2]},
                        .add = {k->add[0], k->add[1] + 0.06f, k->add[2] + 0.12f},
                        .horizon = deep.horizon},
         0.79f, 1530);
    shafts(k, light, k->time == NIGHT ? 0.16f : 0.28f);
    struct hill sand = make_hill(k, 2, g - 0.02f, 0.05f, 2.4f);
    draw_hill(d, &sand, tone(d, 0xf1dcaa, 0.16f), tone(d, 0xc9a872, 0.22f), 0.22f);
    reef(d, g - 0.025f, 1560);
    for (uint32_t i = 0; i < 7; i++)
        draw_ripple(k, rnd(k, 1527, i, 0, PLATE_WIDTH), g + 0.025f + 0.018f * (float)i,
                    rnd(k, 1528, i, 0.18f, 0.4f), 0.010f,
                    fade(tone(d, i % 2 ? 0xfdf3cf : 0xb08d58, 0.1f), 0.6f));
    starfish(d, rnd(k, 1529, 0, 0.3f, 2.0f), 0.94f, 0.028f);
}

/* --- river --- */

static void arch_bridge(const struct look *k, float x, float y, float w)
{
    struct rgba stone = tone(k, 0xc9b79a, 0.14f), dark = tone(k, 0x8d7d6a, 0.16f);
    path_move(k->c, x - w * 0.62f, y + 0.03f);
    path_line(k->c, x - w * 0.62f, y - w * 0.13f);
    path_curve(k->c, x - w * 0.2f, y - w * 0.34f, x + w * 0.2f, y - w * 0.34f, x + w * 0.62f,
               y - w * 0.13f);
    path_line(k->c, x + w * 0.62f, y + 0.03f);
    path_close(k->c);
    paint_gradient(k->c, 0, y - w * 0.3f, stone, 0, y + 0.03f, dark);
    for (int i = -1; i <= 1; i++) { /* what is seen through the arches */
        float r = i ? w * 0.105f : w * 0.15f, ax = x + (float)i * w * 0.33f;
        path_move(k->c, ax - r, y + 0.034f);
        path_line(k->c, ax - r, y - r * 0.25f);
        path_arc(k->c, ax, y - r * 0.25f, r, PI, 2 * PI);
        path_line(k->c, ax + r, y + 0.034f);
        path_close(k->c);
        paint_gradient(k->c, 0, y - r, tone(k, 0x5f7f86, 0.2f), 0, y + 0.03f,
                       water_tone(k, 0x4f93ad, 0.3f));
    }
    path_move(k->c, x - w * 0.63f, y - w * 0.135f);
    path_curve(k->c, x - w * 0.2f, y - w * 0.355f, x + w * 0.2f, y - w * 0.355f, x + w * 0.63f,
               y - w * 0.135f);
    paint_stroke(k->c, w * 0.040f, k->snow > 0 ? tone(k, 0xf4f8fc, 0) : tone(k, 0xe0d0b4, 0.1f));
}

static void reeds(const struct look *k, float x, float y, uint32_t n)
{
    for (uint32_t i = 0; i < 6; i++) {
        float at = x + ((float)i - 2.5f) * 0.022f, h = rnd(k, 1680, n * 8 + i, 0.12f, 0.19f),
              lean = rnd(k, 1681, n * 8 + i, -0.03f, 0.03f);
        path_move(k->c, at, y);
        path_curve(k->c, at, y - h * 0.5f, at + lean, y - h * 0.8f, at + lean, y - h);
        paint_stroke(k->c, 0.007f, tone(k, i % 2 ? 0x4f8f42 : 0x6fae4c, 0));
        if (i % 2) {
            path_ellipse(k->c, at + lean, y - h - 0.012f, 0.010f, 0.028f, 0);
            paint_fill(k->c, tone(k, 0x7d4f2e, 0));
        }
    }
}

static void lily(const struct look *k, float x, float y, bool flower)
{
    path_move(k->c, x, y);
    path_line(k->c, x + 0.044f, y - 0.006f);
    for (int i = 1; i <= 14; i++) {
        float a = -0.2f + 5.9f * (float)i / 14;
        path_line(k->c, x + 0.045f * cosf(a), y + 0.014f * sinf(a));
    }
    path_close(k->c);
    paint_fill(k->c, tone(k, 0x5fae62, 0));
    for (int i = -1; flower && i <= 1; i++)
        path_ellipse(k->c, x + 0.010f * (float)i, y - 0.012f - (i ? 0 : 0.006f), 0.008f, 0.014f,
                     0.5f * (float)i);
    paint_fill(k->c, tone(k, 0xfbd0dc, 0));
}

void draw_river(const struct look *k, const struct stage *st)
{
    float g = st->ground_y, top = 0.605f;
    struct hill far = make_hill(k, 0, 0.60f, 0.13f, 2.9f),
                mid = make_hill(k, 1, 0.628f, 0.075f, 2.0f);
    draw_sky(k, 0.56f);
    draw_clouds(k, 4 + rnd_int(k, 1682, 0, 2), 0.13f, 0.34f);
    draw_hill(k, &far, tone(k, 0x7fb0a8, 0.52f), tone(k, 0x9cc9a4, 0.42f), 0.16f);
    draw_hill(k, &mid, tone(k, 0x7cbb68, 0.22f), tone(k, 0x96cc74, 0.18f), 0.12f);
    for (uint32_t i = 0; i < 8; i++) {
        float x = ((float)i + rnd(k, 1683, i, 0.1f, 0.9f)) * PLATE_WIDTH / 8;
        draw_round_tree(k, x, hill_at(&mid, x) + 0.03f, rnd(k, 1684, i, 0.15f, 0.24f), i,
                        vary(k, tone(k, i % 3 ? 0x549a55 : 0x86b84f, 0.16f), 1685, i, 0.09f),
                        tone(k, 0x7a5a44, 0.15f));
    }
    draw_distance(k, 0.57f);
    draw_band(k, top, g, water_tone(k, 0x8fd0dc, 0.5f), water_tone(k, 0x3a94b4, 0.12f));
    arch_bridge(k, rnd(k, 1682, 1, 0.5f, 1.85f), top - 0.005f, rnd(k, 1682, 2, 0.50f, 0.64f));
    draw_glitter(k, top + 0.03f, g - 0.05f);
    for (uint32_t i = 0; i < 16; i++) {
        float u = ((float)i + 0.6f) / 16;
        draw_ripple(k, rnd(k, 1686, i, 0, PLATE_WIDTH), top + 0.03f + (g - top - 0.06f) * u,
                    (0.10f + 0.16f * u) * rnd(k, 1687, i, 0.8f, 1.3f), 0.005f + 0.006f * u,
                    fade(tone(k, i % 3 ? 0xd4f2f4 : 0x2b7fa4, 0.04f), 0.5f));
    }
    for (uint32_t i = 0; i < 5; i++)
        lily(k, ((float)i + rnd(k, 1688, i, 0.1f, 0.9f)) * PLATE_WIDTH / 5,
             rnd(k, 1689, i, 0.775f, 0.825f), i % 2);
    struct hill front = make_hill(k, 5, g - 0.022f, 0.024f, 1.6f);
    draw_hill(k, &front, tone(k, 0x95cf5c, 0), tone(k, 0x58a040, 0), 0.18f);
    for (uint32_t i = 0; i < 3; i++)
        reeds(k, ((float)i + rnd(k, 1690, i, 0.1f, 0.9f)) * PLATE_WIDTH / 3, g - 0.012f, i);
    for (uint32_t i = 0; i < 4; i++)
        draw_rock(k, rnd(k, 1691, i, 0.1f, 2.2f), i < 2 ? g - 0.008f : 0.985f,
                  rnd(k, 1692, i, 0.08f, 0.13f), i, tone(k, 0xa9aeac, 0));
    for (uint32_t i = 0; i < 8; i++)
        draw_tuft(k, ((float)i + rnd(k, 1693, i, 0.1f, 0.9f)) * PLATE_WIDTH / 8,
                  i % 2 ? 1.0f : g + 0.02f, 0.07f, i,
                  vary(k, tone(k, 0x5fa844, 0), 1694, i, 0.06f));
}
