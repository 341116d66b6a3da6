/* The farm and the room: where people live with their animals. Purposes 1660..1729. */
#include "look.h"

#include <math.h>

#define PI 3.14159265f

/* --- farm --- */

/* Rows of a crop that run towards the viewer's left and right from a vanishing point. */
static void field(const struct look *k, float y0, float y1, uint32_t soil, uint32_t crop,
                  float haze)
{
    float vx = PLATE_WIDTH * 0.5f + rnd(k, 1660, 0, -0.4f, 0.4f), vy = y0 - 0.20f;
    draw_band(k, y0, y1, tone(k, soil, haze), tone(k, soil, haze * 0.5f));
    for (int i = -16; i <= 16; i++) {
        float slope = (float)i * 0.62f, a = slope * (y0 - vy), b = slope * (y1 - vy);
        path_move(k->c, vx + a - 0.020f, y0);
        path_line(k->c, vx + a + 0.020f, y0);
        path_line(k->c, vx + b + 0.050f, y1);
        path_line(k->c, vx + b - 0.050f, y1);
        path_close(k->c);
    }
    paint_gradient(k->c, 0, y0, tone(k, crop, haze), 0, y1, tone(k, crop, haze * 0.4f));
}

static void silo(const struct look *k, float x, float y, float h)
{
    float w = h * 0.30f;
    path_rect(k->c, x - w / 2, y - h, w, h);
    path_ellipse(k->c, x, y, w / 2, w * 0.10f, 0);
    paint_gradient(k->c, x - w / 2, 0, tone(k, 0xe9eef2, 0.05f), x + w / 2, 0,
                   tone(k, 0x93a3b3, 0.08f));
    path_move(k->c, x - w / 2, y - h);
    path_curve(k->c, x - w / 2, y - h - w * 0.55f, x + w / 2, y - h - w * 0.55f, x + w / 2, y - h);
    path_close(k->c);
    paint_gradient(k->c, x - w / 2, 0, tone(k, 0xc9584a, 0.05f), x + w / 2, 0,
                   tone(k, 0x873a38, 0.08f));
    for (int i = 1; i < 4; i++) {
        path_move(k->c, x - w / 2, y - h * (float)i / 4);
        path_line(k->c, x + w / 2, y - h * (float)i / 4);
    }
    paint_stroke(k->c, 0.006f, fade(tone(k, 0x7b8b9b, 0.05f), 0.7f));
}

/* The broad gambrel roof and white-framed doors that say "barn" at any size. */
static void barn(const struct look *k, float x, float y, float w)
{
    float h = w * 0.50f, rise = w * 0.36f;
    struct rgba red = tone(k, 0xc04a3c, 0.04f), dark = tone(k, 0x96362f, 0.04f),
                trim = tone(k, 0xfbf3e4, 0.02f);
    path_move(k->c, x - w * 0.50f, y);
    path_line(k->c, x - w * 0.50f, y - h);
    path_line(k->c, x - w * 0.34f, y - h - rise * 0.66f);
    path_line(k->c, x, y - h - rise);
    path_line(k->c, x + w * 0.34f, y - h - rise * 0.66f);
    path_line(k->c, x + w * 0.50f, y - h);
    path_line(k->c, x + w * 0.50f, y);
    path_close(k->c);
    paint_gradient(k->c, x - w / 2, 0, red, x + w / 2, 0, dark);
    path_move(k->c, x - w * 0.55f, y - h + 0.012f);
    path_line(k->c, x - w * 0.35f, y - h - rise * 0.68f);
    path_line(k->c, x, y - h - rise * 1.03f);
    path_line(k->c, x + w * 0.35f, y - h - rise * 0.68f);
    path_line(k->c, x + w * 0.55f, y - h + 0.012f);
    paint_stroke(k->c, w * 0.055f, k->snow > 0 ? trim : tone(k, 0x6d7482, 0.04f));
    path_rect(k->c, x - w * 0.20f, y - h * 0.80f, w * 0.40f, h * 0.80f);
    paint_fill(k->c, trim);
    path_rect(k->c, x - w * 0.175f, y - h * 0.75f, w * 0.165f, h * 0.75f);
    path_rect(k->c, x + w * 0.010f, y - h * 0.75f, w * 0.165f, h * 0.75f);
    paint_fill(k->c, dark);
    for (int side = -1; side <= 1; side += 2) {
        float d = x + (float)side * w * 0.0925f;
        path_move(k->c, d - w * 0.082f, y - h * 0.75f);
        path_line(k->c, d + w * 0.082f, y);
        path_move(k->c, d + w * 0.082f, y - h * 0.75f);
        path_line(k->c, d - w * 0.082f, y);
    }
    paint_stroke(k->c, w * 0.026f, trim);
    path_rect(k->c, x - w * 0.085f, y - h - rise * 0.52f, w * 0.17f, w * 0.15f);
    paint_fill(k->c, trim);
    path_rect(k->c, x - w * 0.060f, y - h - rise * 0.52f + w * 0.02f, w * 0.12f, w * 0.11f);
    paint_fill(k->c, k->time == DAY ? tone(k, 0x4a3636, 0) : raw(0xffd67a));
}

static void hay_bale(const struct look *k, float x, float y, float r)
{
    struct rgba straw = tone(k, 0xe8bd5c, 0), dark = tone(k, 0xb98a38, 0);
    path_ellipse(k->c, x + r * 0.1f, y + r * 0.02f, r * 1.25f, r * 0.16f, 0);
    paint_fill(k->c, fade(tone(k, 0x4a5a30, 0), 0.45f));
    path_ellipse(k->c, x, y - r, r, r, 0);
    paint_gradient(k->c, x - r, y - 2 * r, straw, x + r, y, dark);
    for (int i = 1; i < 4; i++) {
        path_ellipse(k->c, x - 0.06f * r, y - r, r * 0.26f * (float)i, r * 0.26f * (float)i, 0);
        paint_stroke(k->c, r * 0.06f, fade(dark, 0.75f));
    }
}

void draw_farm(const struct look *k, const struct stage *st)
{
    float g = st->ground_y, side = rnd_int(k, 1661, 0, 2) ? 1.0f : -1.0f;
    float x = PLATE_WIDTH / 2 + side * rnd(k, 1661, 1, 0.30f, 0.62f);
    struct hill far = make_hill(k, 0, 0.60f, 0.12f, 2.8f),
                mid = make_hill(k, 1, 0.655f, 0.07f, 2.1f);
    draw_sky(k, 0.56f);
    draw_clouds(k, 4 + rnd_int(k, 1661, 2, 2), 0.13f, 0.34f);
    draw_hill(k, &far, tone(k, 0x86b9a0, 0.50f), tone(k, 0xa5cf95, 0.40f), 0.16f);
    draw_hill(k, &mid, tone(k, 0xc9cf6a, 0.20f), tone(k, 0xe2c765, 0.16f), 0.12f);
    for (uint32_t i = 0; i < 6; i++) {
        float at = ((float)i + rnd(k, 1662, i, 0.1f, 0.9f)) * PLATE_WIDTH / 6;
        draw_round_tree(k, at, hill_at(&mid, at) + 0.02f, rnd(k, 1663, i, 0.10f, 0.15f), i,
                        vary(k, tone(k, 0x5b9d58, 0.22f), 1664, i, 0.08f), tone(k, 0x7a5a44, 0.2f));
    }
    draw_distance(k, 0.60f);
    field(k, 0.665f, g - 0.02f, 0xb98f58, rnd_int(k, 1661, 3, 2) ? 0x86b84c : 0xdcbf55, 0.12f);
    if (k->snow > 0)
        draw_band(k, 0.665f, g, fade(tone(k, 0xf4f8fc, 0), 0.55f),
                  fade(tone(k, 0xe6eef7, 0), 0.45f));
    silo(k, x + side * 0.33f, 0.742f, 0.36f);
    barn(k, x, 0.755f, 0.50f);
    draw_cottage(k, PLATE_WIDTH / 2 - side * rnd(k, 1661, 4, 0.45f, 0.85f), 0.70f, 0.17f);
    float fence = side > 0 ? 0.04f : 1.30f;
    draw_fence(k, fence, fence + 0.95f, g - 0.030f);
    struct hill front = make_hill(k, 5, g - 0.030f, 0.026f, 1.5f);
    draw_hill(k, &front, tone(k, 0x9bd05a, 0), tone(k, 0x5fa43e, 0), 0.22f);
    for (uint32_t i = 0; i < 3; i++)
        hay_bale(
            k, PLATE_WIDTH / 2 - side * (0.25f + 0.33f * (float)i + rnd(k, 1665, i, -0.08f, 0.08f)),
            g - 0.022f, rnd(k, 1666, i, 0.042f, 0.060f));
    for (uint32_t i = 0; i < 9; i++)
        draw_tuft(k, ((float)i + rnd(k, 1667, i, 0.1f, 0.9f)) * PLATE_WIDTH / 9,
                  i % 2 ? 0.985f : g + 0.015f, 0.07f, i,
                  vary(k, tone(k, 0x5fae44, 0), 1668, i, 0.06f));
    for (uint32_t i = 0; i < 7 && k->snow <= 0; i++)
        draw_flower(k, ((float)i + rnd(k, 1669, i, 0.1f, 0.9f)) * PLATE_WIDTH / 7,
                    i % 2 ? 0.975f : g + 0.045f, 0.05f, tone(k, i % 3 ? 0xfff6f0 : 0xf0c93f, 0),
                    tone(k, 0x4c8a3c, 0));
}

/* --- room --- */

static const uint32_t papers[5][2] = {{0xf1d9b4, 0xeac99c},
                                      {0xbcd6c6, 0xacc9b6},
                                      {0xd9c4dc, 0xcdb3d1},
                                      {0xf0c4b4, 0xe8b3a2},
                                      {0xb9cfe2, 0xa8c1d8}};
static const uint32_t cloths[5] = {0x4f8f88, 0xc25a4c, 0xd99a3c, 0x5872a8, 0x8a5f96};

/* The view: sky, one hill, the weather, within the pane. */
static void pane(const struct look *k, float x, float y, float w, float h)
{
    static const uint32_t green[TIME_COUNT] = {0x8cc06a, 0x8a6a78, 0x20304e, 0xa3b998};
    struct scene outside = *k->s;
    struct look view;
    outside.slot[SLOT_PLACE] = MEADOW;
    look_init(&view, &outside, k->c);
    path_rect(k->c, x, y, w, h);
    paint_gradient(k->c, 0, y, view.sky_top, 0, y + h * 0.8f, view.horizon);
    if (k->weather == CLEAR) {
        path_ellipse(k->c, x + w * 0.70f, y + h * 0.28f, 0.034f, 0.034f, 0);
        paint_fill(k->c, raw(k->time == NIGHT ? 0xf7f0d2 : k->time == DUSK ? 0xffb25e : 0xfff3b0));
    } else {
        path_round_rect(k->c, x + w * 0.06f, y + h * 0.10f, w * 0.62f, h * 0.16f, h * 0.08f);
        path_round_rect(k->c, x + w * 0.40f, y + h * 0.24f, w * 0.52f, h * 0.14f, h * 0.07f);
        paint_fill(k->c, mix(view.sky_mid, raw(0xffffff), k->weather == RAIN ? 0.10f : 0.45f));
    }
    struct rgba hill = mix(raw(green[k->time]), view.horizon, 0.25f);
    if (k->weather == SNOWFALL)
        hill = mix(hill, raw(0xf2f6fa), 0.6f);
    path_move(k->c, x, y + h);
    path_line(k->c, x, y + h * 0.72f);
    path_curve(k->c, x + w * 0.3f, y + h * 0.52f, x + w * 0.7f, y + h * 0.86f, x + w,
               y + h * 0.66f);
    path_line(k->c, x + w, y + h);
    path_close(k->c);
    paint_fill(k->c, hill);
    for (uint32_t i = 0; i < 12 && (k->weather == RAIN || k->weather == SNOWFALL); i++) {
        float dx = x + w * ((float)i + 0.5f) / 12, dy = y + h * rnd(k, 1670, i, 0.1f, 0.8f);
        if (k->weather == RAIN)
            path_ellipse(k->c, dx, dy, 0.0035f, 0.022f, 0.2f);
        else
            path_ellipse(k->c, dx, dy, 0.0075f, 0.0075f, 0);
    }
    paint_fill(k->c, fade(raw(0xf4f9ff), 0.85f));
}

static void window_of_room(const struct look *k, float x, float y, float w, float h)
{
    struct rgba frame = tone(k, 0xfdf7ea, 0), cloth = tone(k, cloths[rnd_int(k, 1671, 0, 5)], 0);
    path_rect(k->c, x - 0.022f, y - 0.022f, w + 0.044f, h + 0.044f);
    paint_fill(k->c, frame);
    pane(k, x, y, w, h);
    path_rect(k->c, x + w / 2 - 0.008f, y, 0.016f, h);
    path_rect(k->c, x, y + h * 0.46f, w, 0.014f);
    paint_fill(k->c, frame);
    path_rect(k->c, x - 0.045f, y + h + 0.012f, w + 0.09f, 0.026f);
    paint_gradient(k->c, 0, y + h, frame, 0, y + h + 0.05f, tone(k, 0xcfc2ac, 0));
    for (int side = -1; side <= 1; side += 2) { /* curtains, gathered */
        float s = (float)side, edge = x + w / 2 + s * (w / 2 + 0.055f);
        path_move(k->c, edge, y - 0.055f);
        path_line(k->c, edge - s * 0.15f, y - 0.055f);
        path_curve(k->c, edge - s * 0.15f, y + h * 0.35f, edge - s * 0.10f, y + h * 0.55f,
                   edge - s * 0.035f, y + h * 0.66f);
        path_curve(k->c, edge - s * 0.055f, y + h * 0.85f, edge - s * 0.07f, y + h * 1.1f,
                   edge - s * 0.075f, y + h + 0.09f);
        path_line(k->c, edge + s * 0.012f, y + h + 0.09f);
        path_close(k->c);
        paint_gradient(k->c, edge, 0, mix(cloth, tone(k, 0x2a2036, 0), 0.18f), edge - s * 0.13f, 0,
                       cloth);
    }
    path_round_rect(k->c, x - 0.085f, y - 0.070f, w + 0.17f, 0.022f, 0.010f);
    paint_fill(k->c, tone(k, 0x8a5f3c, 0));
}

static void sofa(const struct look *k, float x, float y, struct rgba cloth)
{
    struct rgba dark = mix(cloth, tone(k, 0x2a2036, 0), 0.25f),
                light = mix(cloth, tone(k, 0xfff4dc, 0), 0.16f);
    for (int i = -1; i <= 1; i += 2)
        path_rect(k->c, x + (float)i * 0.27f - 0.012f, y - 0.035f, 0.024f, 0.035f);
    paint_fill(k->c, tone(k, 0x6d4a30, 0));
    path_round_rect(k->c, x - 0.31f, y - 0.285f, 0.62f, 0.20f, 0.055f);
    paint_gradient(k->c, 0, y - 0.28f, cloth, 0, y - 0.10f, dark);
    for (int i = 0; i < 2; i++)
        path_round_rect(k->c, x - 0.265f + 0.27f * (float)i, y - 0.165f, 0.26f, 0.075f, 0.026f);
    paint_fill(k->c, light);
    path_round_rect(k->c, x - 0.30f, y - 0.115f, 0.60f, 0.085f, 0.022f);
    paint_fill(k->c, cloth);
    for (int i = -1; i <= 1; i += 2)
        path_round_rect(k->c, x + (float)i * 0.315f - 0.045f, y - 0.205f, 0.09f, 0.175f, 0.040f);
    paint_gradient(k->c, 0, y - 0.21f, light, 0, y - 0.02f, dark);
}

static void floor_lamp(const struct look *k, float x, float y)
{
    bool lit = k->time != DAY;
    if (lit)
        draw_glow(k, x, y - 0.42f, 0.26f, raw(0xffe2a0), 0.42f);
    path_rect(k->c, x - 0.006f, y - 0.40f, 0.012f, 0.40f);
    path_ellipse(k->c, x, y, 0.055f, 0.012f, 0);
    paint_fill(k->c, tone(k, 0x6b5443, 0));
    path_move(k->c, x - 0.040f, y - 0.47f);
    path_line(k->c, x + 0.040f, y - 0.47f);
    path_line(k->c, x + 0.075f, y - 0.365f);
    path_line(k->c, x - 0.075f, y - 0.365f);
    path_close(k->c);
    paint_gradient(k->c, 0, y - 0.47f, lit ? raw(0xffeec2) : tone(k, 0xf6e6c4, 0), 0, y - 0.36f,
                   lit ? raw(0xffcf7a) : tone(k, 0xe2c795, 0));
}

static void pot_plant(const struct look *k, float x, float y)
{
    struct rgba leaf = tone(k, 0x4f9a5c, 0), dark = tone(k, 0x35764a, 0);
    for (int i = 0; i < 7; i++) {
        float a = -PI / 2 + 0.42f * ((float)i - 3), l = 0.17f - 0.012f * fabsf((float)i - 3);
        path_move(k->c, x, y - 0.09f);
        path_curve(k->c, x + cosf(a - 0.3f) * l * 0.6f, y - 0.09f + sinf(a - 0.3f) * l * 0.6f,
                   x + cosf(a) * l, y - 0.09f + sinf(a) * l, x + cosf(a) * l,
                   y - 0.09f + sinf(a) * l);
        path_curve(k->c, x + cosf(a + 0.3f) * l * 0.6f, y - 0.09f + sinf(a + 0.3f) * l * 0.6f, x,
                   y - 0.09f, x, y - 0.09f);
        path_close(k->c);
        paint_fill(k->c, i % 2 ? dark : leaf);
    }
    path_move(k->c, x - 0.055f, y - 0.10f);
    path_line(k->c, x + 0.055f, y - 0.10f);
    path_line(k->c, x + 0.040f, y);
    path_line(k->c, x - 0.040f, y);
    path_close(k->c);
    paint_gradient(k->c, x - 0.05f, 0, tone(k, 0xd98a5c, 0), x + 0.05f, 0, tone(k, 0xa85f3e, 0));
}

static void pictures(const struct look *k, float x, float y)
{
    for (uint32_t i = 0; i < 2; i++) {
        float at = x + 0.22f * (float)i, w = i ? 0.12f : 0.16f, h = i ? 0.15f : 0.12f,
              top = y + (i ? -0.02f : 0);
        path_rect(k->c, at, top, w, h);
        paint_fill(k->c, tone(k, 0x8a5f3c, 0));
        path_rect(k->c, at + 0.012f, top + 0.012f, w - 0.024f, h - 0.024f);
        paint_fill(k->c, tone(k, 0xfdf4e0, 0));
        path_ellipse(k->c, at + w / 2, top + h * 0.52f, w * 0.24f, h * 0.26f, 0);
        paint_fill(k->c, tone(k, cloths[rnd_int(k, 1672, i, 5)], 0));
    }
}

static void rug(const struct look *k, float x, float y, struct rgba cloth)
{
    static const float ring[3] = {1, 0.86f, 0.58f};
    struct rgba pale = tone(k, 0xfbeed6, 0);
    for (int i = 0; i < 3; i++) {
        path_ellipse(k->c, x, y, 0.62f * ring[i], 0.052f * ring[i], 0);
        paint_fill(k->c, i == 1 ? pale : cloth);
    }
}

void draw_room(const struct look *k, const struct stage *st)
{
    int paper = rnd_int(k, 1673, 0, 5), cloth = rnd_int(k, 1673, 1, 5);
    struct rgba wall = tone(k, papers[paper][0], 0), stripe = tone(k, papers[paper][1], 0);
    float foot = 0.715f, left = rnd_int(k, 1673, 2, 2) ? 0.0f : 1.0f;
    draw_band(k, -PLATE_MARGIN, foot, wall, mix(wall, tone(k, 0x9a7f66, 0), 0.12f));
    for (int i = 0; i < 24; i++)
        path_rect(k->c, -0.05f + 0.104f * (float)i, -PLATE_MARGIN, 0.046f, foot + PLATE_MARGIN);
    paint_fill(k->c, fade(stripe, 0.75f));
    draw_band(k, 0.575f, foot, tone(k, 0xfaf1de, 0), tone(k, 0xe6d9bf, 0)); /* panelling */
    draw_band(k, 0.568f, 0.582f, tone(k, 0xfffaf0, 0), tone(k, 0xd9c9aa, 0));
    draw_band(k, foot - 0.020f, 1.06f, tone(k, 0xc08a56, 0), tone(k, 0x9a6238, 0));
    for (int i = 0; i < 6; i++) {
        static const float rows[6] = {0.728f, 0.762f, 0.806f, 0.858f, 0.918f, 0.985f};
        path_move(k->c, -PLATE_MARGIN, rows[i]);
        path_line(k->c, PLATE_WIDTH + PLATE_MARGIN, rows[i]);
    }
    paint_stroke(k->c, 0.005f, fade(tone(k, 0x7d4b28, 0), 0.6f));
    draw_band(k, foot - 0.038f, foot - 0.008f, tone(k, 0xfdf6e8, 0), tone(k, 0xd6c8ae, 0));
    float window = left > 0 ? rnd(k, 1674, 0, 0.28f, 0.45f) : rnd(k, 1674, 0, 1.45f, 1.62f);
    float seat = left > 0 ? rnd(k, 1674, 1, 1.45f, 1.65f) : rnd(k, 1674, 1, 0.65f, 0.85f);
    window_of_room(k, window, 0.13f, 0.44f, 0.40f);
    pictures(k, seat - 0.20f, 0.22f);
    pot_plant(k, window + (left > 0 ? -0.12f : 0.56f), 0.745f);
    sofa(k, seat, 0.765f, tone(k, cloths[(cloth + 2) % 5], 0));
    floor_lamp(k, seat + (left > 0 ? 0.45f : -0.45f), 0.755f);
    rug(k, PLATE_WIDTH / 2 + rnd(k, 1674, 2, -0.3f, 0.3f), st->ground_y + 0.010f,
        tone(k, cloths[cloth], 0));
}
