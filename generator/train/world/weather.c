/* What weather adds to a place: mist before the far land, veils of rain, puddles. Falling drops and
 * flakes are the effect layer's (effects.c). Purposes 1640..1659. */
#include "look.h"

#include <math.h>

/* A band that is thickest in its middle. */
static void mist(const struct look *k, float y, float half, float strength)
{
    struct rgba c = mix(k->horizon, (struct rgba){1, 1, 1, 1}, k->time == NIGHT ? 0.05f : 0.25f);
    draw_band(k, y - half, y, fade(c, 0), fade(c, strength));
    draw_band(k, y, y + half, fade(c, strength), fade(c, 0));
}

/* Slanted curtains that hang from the clouds in the distance. */
static void rain_veils(const struct look *k)
{
    struct rgba c = mix(k->sky_top, k->horizon, 0.3f);
    for (uint32_t i = 0; i < 6; i++) {
        float x = ((float)i + rnd(k, 1640, i, 0.1f, 0.9f)) * PLATE_WIDTH / 6,
              w = rnd(k, 1641, i, 0.10f, 0.24f);
        path_move(k->c, x, 0.10f);
        path_line(k->c, x + w, 0.10f);
        path_line(k->c, x + w - 0.17f, 0.62f);
        path_line(k->c, x - 0.20f, 0.62f);
        path_close(k->c);
        paint_gradient(k->c, 0, 0.10f, fade(c, 0.40f), 0, 0.60f, fade(c, 0));
    }
}

static void puddles(const struct look *k, float ground_y)
{
    struct rgba water = mix(k->sky_mid, k->horizon, 0.5f),
                light = mix(water, (struct rgba){1, 1, 1, 1}, 0.45f);
    for (uint32_t i = 0; i < 5; i++) {
        float x = ((float)i + rnd(k, 1642, i, 0.2f, 0.8f)) * PLATE_WIDTH / 5,
              w = rnd(k, 1643, i, 0.08f, 0.15f);
        float y = ground_y + rnd(k, 1644, i, 0.045f, 0.105f);
        path_ellipse(k->c, x, y, w, w * 0.15f, 0);
        paint_fill(k->c, fade(water, 0.78f));
        for (int ring = 1; ring < 3; ring++) {
            path_ellipse(k->c, x + 0.25f * w, y, w * 0.16f * (float)ring, w * 0.026f * (float)ring,
                         0);
            paint_stroke(k->c, 0.005f, fade(light, 0.8f));
        }
    }
}

void draw_distance(const struct look *k, float y)
{
    static const float mist_of[WEATHER_COUNT] = {0, 0.66f, 0.34f, 0.46f};
    float strength = fmaxf(mist_of[k->weather], k->time == DAWN ? 0.45f : 0);
    if (k->weather == RAIN)
        rain_veils(k);
    if (strength > 0)
        mist(k, y, 0.14f, strength);
}

void draw_puddles(const struct look *k, const struct stage *st)
{
    if (k->weather == RAIN && k->s->slot[SLOT_PLACE] != POOL)
        puddles(k, st->ground_y);
}
