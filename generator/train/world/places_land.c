/* Meadow, forest, desert, snow and mountains: silhouettes from far and pale to near and rich, then
 * what grows on the ground line. Purposes 1300..1399. */
#include "look.h"

#include <math.h>

#define PI 3.14159265f

static const uint32_t petals[5] = {0xffffff, 0xf6d743, 0xf07fa0, 0xe8584f, 0xb491e0};

static void flowers(const struct look *k, int count, float y0, float y1, uint32_t purpose)
{
    int kind = rnd_int(k, purpose, 900, 5);
    for (int i = 0; i < count; i++) {
        uint32_t n = (uint32_t)i;
        float x = ((float)i + rnd(k, purpose, n * 4, 0.1f, 0.9f)) * PLATE_WIDTH / (float)count;
        float u = rnd(k, purpose, n * 4 + 1, 0, 1), y = y0 + (y1 - y0) * u;
        uint32_t colour = petals[(kind + rnd_int(k, purpose, n * 4 + 2, 2)) % 5];
        draw_flower(k, x, y, 0.03f + 0.035f * u, tone(k, colour, 0), tone(k, 0x4c8a3c, 0));
    }
}

static void tufts(const struct look *k, int count, float y0, float y1, uint32_t purpose,
                  uint32_t colour)
{
    for (int i = 0; i < count; i++) {
        uint32_t n = (uint32_t)i;
        float x = ((float)i + rnd(k, purpose, n * 4, 0.1f, 0.9f)) * PLATE_WIDTH / (float)count;
        float u = rnd(k, purpose, n * 4 + 1, 0, 1);
        draw_tuft(k, x, y0 + (y1 - y0) * u, 0.045f + 0.05f * u, n,
                  vary(k, tone(k, colour, 0), purpose, 500 + n, 0.06f));
    }
}

/* A row of something along a hill, front ones last. */
static void tree_row(const struct look *k, const struct hill *h, int count, float size,
                     struct rgba leaf, struct rgba bark, uint32_t purpose, int pines)
{
    for (int i = 0; i < count; i++) {
        uint32_t n = purpose * 64 + (uint32_t)i;
        float x = ((float)i + rnd(k, purpose, n * 4, 0.0f, 1.0f)) * PLATE_WIDTH / (float)count;
        float tall = size * rnd(k, purpose, n * 4 + 1, 0.75f, 1.2f),
              y = hill_at(h, x) + size * 0.10f;
        struct rgba c = vary(k, leaf, purpose, 700 + n, 0.08f);
        if (rnd_int(k, purpose, n * 4 + 2, 10) < pines)
            draw_pine(k, x, y, tall * 1.15f, c, bark, 0);
        else
            draw_round_tree(k, x, y, tall, n, c, bark);
    }
}

/* --- meadow --- */

void draw_cottage(const struct look *k, float x, float y, float w)
{
    static const uint32_t roofs[3] = {0xc8553d, 0x9c5a3c, 0x5d6d8a};
    float h = w * 0.52f;
    struct rgba roof = tone(k, roofs[rnd_int(k, 1301, 0, 3)], 0.12f);
    struct rgba pane = k->time == DAY ? tone(k, 0x7fa8c9, 0) : raw(0xffd67a);
    path_rect(k->c, x + w * 0.18f, y - h * 2.1f, w * 0.12f, h * 0.7f);
    paint_fill(k->c, tone(k, 0xb0674c, 0.12f));
    path_rect(k->c, x - w / 2, y - h, w, h);
    paint_gradient(k->c, x - w / 2, 0, tone(k, 0xfbf1de, 0.08f), x + w / 2, 0,
                   tone(k, 0xdcc9aa, 0.12f));
    path_move(k->c, x - w * 0.62f, y - h * 0.96f);
    path_line(k->c, x - w * 0.36f, y - h * 1.75f);
    path_line(k->c, x + w * 0.36f, y - h * 1.75f);
    path_line(k->c, x + w * 0.62f, y - h * 0.96f);
    path_close(k->c);
    paint_fill(k->c, roof);
    path_rect(k->c, x - w * 0.08f, y - h * 0.66f, w * 0.18f, h * 0.66f);
    paint_fill(k->c, tone(k, 0x7a4a32, 0.05f));
    path_rect(k->c, x - w * 0.38f, y - h * 0.70f, w * 0.17f, h * 0.34f);
    path_rect(k->c, x + w * 0.22f, y - h * 0.70f, w * 0.17f, h * 0.34f);
    paint_fill(k->c, pane);
}

void draw_fence(const struct look *k, float x0, float x1, float y)
{
    struct rgba wood = tone(k, 0xe9dcc3, 0.05f);
    int posts = (int)((x1 - x0) / 0.13f);
    for (int i = 0; i <= posts; i++)
        path_round_rect(k->c, x0 + (float)i * 0.13f - 0.010f, y - 0.085f, 0.020f, 0.095f, 0.008f);
    path_rect(k->c, x0 - 0.03f, y - 0.068f, x1 - x0 + 0.05f, 0.014f);
    path_rect(k->c, x0 - 0.03f, y - 0.036f, x1 - x0 + 0.05f, 0.014f);
    paint_fill(k->c, wood);
}

void draw_meadow(const struct look *k, const struct stage *st)
{
    float g = st->ground_y;
    draw_sky(k, 0.56f);
    draw_clouds(k, 4 + rnd_int(k, 1302, 0, 3), 0.13f, 0.36f);
    struct hill far = make_hill(k, 0, 0.60f, 0.14f, 3.4f),
                mid = make_hill(k, 1, 0.66f, 0.12f, 2.6f);
    struct hill near = make_hill(k, 2, 0.735f, 0.075f, 2.2f);
    draw_hill(k, &far, tone(k, 0x7fb7a0, 0.55f), tone(k, 0x9ccfa0, 0.45f), 0.18f);
    draw_hill(k, &mid, tone(k, 0x7cbf6a, 0.26f), tone(k, 0xa5d27a, 0.22f), 0.20f);
    tree_row(k, &mid, 7, 0.12f, tone(k, 0x5fa65a, 0.26f), tone(k, 0x7a5a44, 0.25f), 1303, 3);
    draw_distance(k, 0.60f);
    if (rnd_int(k, 1302, 1, 3) > 0) {
        float x = rnd(k, 1302, 2, 0.3f, 2.0f);
        draw_cottage(k, x, hill_at(&mid, x) + 0.05f, 0.17f);
    }
    draw_hill(k, &near, tone(k, 0x77bd4f, 0.08f), tone(k, 0x9bd35c, 0.05f), 0.16f);
    tree_row(k, &near, 3, 0.34f, tone(k, 0x4f9d45, 0.03f), tone(k, 0x7b5638, 0), 1304, 2);
    if (rnd_int(k, 1302, 3, 2)) {
        float x = rnd(k, 1302, 4, 0.1f, 1.3f);
        draw_fence(k, x, x + rnd(k, 1302, 5, 0.6f, 1.0f), g - 0.035f);
    }
    struct hill front = make_hill(k, 5, g - 0.035f, 0.030f, 1.5f);
    draw_hill(k, &front, tone(k, 0x8ed058, 0), tone(k, 0x58a63c, 0), 0.22f);
    tufts(k, 9, g - 0.02f, g + 0.02f, 1305, 0x6fb944);
    flowers(k, 8, g + 0.01f, g + 0.06f, 1306);
    tufts(k, 9, 0.93f, 1.0f, 1307, 0x4a9436);
    flowers(k, 7, 0.94f, 1.0f, 1308);
}

/* --- forest --- */

static void stem(const struct look *k, float x, float y, float w, struct rgba bark)
{
    path_move(k->c, x - w * 1.1f, y);
    path_curve(k->c, x - w * 0.55f, y - 0.10f, x - w * 0.5f, y - 0.3f, x - w * 0.42f,
               -PLATE_MARGIN);
    path_line(k->c, x + w * 0.42f, -PLATE_MARGIN);
    path_curve(k->c, x + w * 0.5f, y - 0.3f, x + w * 0.55f, y - 0.10f, x + w * 1.1f, y);
    path_close(k->c);
    struct rgba dark =
        mix(bark, (struct rgba){bark.r * 0.5f, bark.g * 0.5f, bark.b * 0.62f, 1}, 0.8f);
    paint_gradient(k->c, x - w * 0.5f, 0, bark, x + w * 0.6f, 0, dark);
}

static void stems(const struct look *k, int count, float y, float w, struct rgba bark,
                  uint32_t purpose)
{
    for (int i = 0; i < count; i++) {
        uint32_t n = (uint32_t)i;
        float x = ((float)i + rnd(k, purpose, n * 2, 0.15f, 0.85f)) * PLATE_WIDTH / (float)count;
        stem(k, x, y + rnd(k, purpose, 100 + n, -0.01f, 0.01f),
             w * rnd(k, purpose, n * 2 + 1, 0.75f, 1.25f), bark);
    }
}

/* A scalloped canopy hanging from the upper edge. */
static void canopy(const struct look *k, int count, float y, float r, struct rgba leaf,
                   uint32_t purpose)
{
    path_rect(k->c, -PLATE_MARGIN, -PLATE_MARGIN, PLATE_WIDTH + 2 * PLATE_MARGIN, y + PLATE_MARGIN);
    for (int i = 0; i <= count; i++) {
        uint32_t n = (uint32_t)i;
        float q = r * rnd(k, purpose, n * 2, 0.75f, 1.3f);
        path_ellipse(k->c, (float)i * PLATE_WIDTH / (float)count,
                     y + rnd(k, purpose, n * 2 + 1, -0.02f, 0.035f), q, q * 0.75f, 0);
    }
    paint_fill(k->c, leaf);
}

static void light_shafts(const struct look *k, float y)
{
    struct rgba c = k->time == DUSK    ? raw(0xffc873)
                    : k->time == NIGHT ? raw(0x9fb8ff)
                                       : raw(0xfff7c8);
    for (uint32_t i = 0; i < 4; i++) {
        float x = k->sun_x + ((float)i - 1.5f) * 0.28f + rnd(k, 1310, i, -0.06f, 0.06f),
              w = rnd(k, 1310, 10 + i, 0.05f, 0.10f);
        path_move(k->c, x, -PLATE_MARGIN);
        path_line(k->c, x + w, -PLATE_MARGIN);
        path_line(k->c, x + w * 1.8f - 0.30f, y);
        path_line(k->c, x - 0.36f, y);
        path_close(k->c);
        paint_gradient(k->c, 0, 0, fade(c, k->time == NIGHT ? 0.12f : 0.24f), 0, y, fade(c, 0.02f));
    }
}

static void bushes(const struct look *k, int count, float y, float w, struct rgba leaf,
                   uint32_t purpose)
{
    for (int i = 0; i < count; i++) {
        uint32_t n = (uint32_t)i;
        float x = ((float)i + rnd(k, purpose, n * 2, 0.1f, 0.9f)) * PLATE_WIDTH / (float)count;
        draw_bush(k, x, y, w * rnd(k, purpose, n * 2 + 1, 0.7f, 1.25f), purpose + n,
                  vary(k, leaf, purpose, 300 + n, 0.07f));
    }
}

static void mushrooms(const struct look *k, float y)
{
    int count = 2 + rnd_int(k, 1318, 0, 3);
    for (int i = 0; i < count; i++) {
        float x = rnd(k, 1318, 1 + (uint32_t)i, 0.15f, PLATE_WIDTH - 0.15f), r = 0.022f;
        path_round_rect(k->c, x - r * 0.35f, y - r * 1.6f, r * 0.7f, r * 1.7f, r * 0.3f);
        paint_fill(k->c, tone(k, 0xf4ead6, 0));
        path_move(k->c, x - r, y - r * 1.3f);
        path_curve(k->c, x - r, y - r * 2.9f, x + r, y - r * 2.9f, x + r, y - r * 1.3f);
        path_close(k->c);
        paint_fill(k->c, tone(k, 0xd2493a, 0));
    }
}

void draw_forest(const struct look *k, const struct stage *st)
{
    float g = st->ground_y;
    bool autumn = rnd_int(k, 1311, 0, 4) == 0;
    uint32_t leaf = autumn ? 0xd08a3a : 0x4f9a4c, deep = autumn ? 0xa8622f : 0x2f7042;
    draw_sky(k, 0.70f);
    canopy(k, 9, 0.10f, 0.15f, tone(k, leaf, 0.52f), 1312);
    stems(k, 13, 0.70f, 0.030f, tone(k, 0x7d7263, 0.60f), 1313);
    bushes(k, 9, 0.715f, 0.30f, tone(k, leaf, 0.50f), 1314);
    draw_distance(k, 0.62f);
    draw_band(k, 0.70f, 1.06f, tone(k, 0x8fb56a, 0.35f), tone(k, 0x6f9f4e, 0.1f));
    stems(k, 7, 0.755f, 0.052f, tone(k, 0x80634a, 0.24f), 1315);
    canopy(k, 10, 0.045f, 0.12f, tone(k, leaf, 0.18f), 1316);
    bushes(k, 6, 0.775f, 0.26f, tone(k, leaf, 0.15f), 1317);
    if (k->weather == CLEAR)
        light_shafts(k, 0.80f);
    struct hill front = make_hill(k, 5, g - 0.040f, 0.030f, 1.5f);
    draw_hill(k, &front, tone(k, autumn ? 0xbba05a : 0x86b65a, 0.03f),
              tone(k, autumn ? 0x8a6a3c : 0x4c8040, 0), 0.22f);
    stems(k, 4, g - 0.025f, 0.085f, tone(k, 0x7a543a, 0.02f), 1319);
    canopy(k, 8, -0.01f, 0.13f, tone(k, deep, 0.02f), 1320);
    for (uint32_t i = 0; i < 3; i++)
        draw_rock(k, rnd(k, 1321, i, 0.1f, 2.2f), g - 0.01f, rnd(k, 1321, 10 + i, 0.08f, 0.14f), i,
                  tone(k, 0x9aa08f, 0.05f));
    mushrooms(k, g + 0.01f);
    tufts(k, 8, g, g + 0.03f, 1322, autumn ? 0xa9a04a : 0x5f9b45);
    tufts(k, 8, 0.94f, 1.0f, 1323, autumn ? 0x7f6b34 : 0x3c7438);
    for (uint32_t i = 0; k->time == NIGHT && i < 7; i++)
        draw_glow(k, rnd(k, 1324, i, 0.1f, 2.2f), rnd(k, 1325, i, 0.35f, 0.85f), 0.024f,
                  raw(0xfff2a0), 1.6f);
}

/* --- desert --- */

static void mesa(const struct look *k, float x, float y, float w, float h, float haze)
{
    struct rgba top = tone(k, 0xd9805a, haze), bottom = tone(k, 0xb4613f, haze);
    path_move(k->c, x - w * 0.66f, y);
    path_curve(k->c, x - w * 0.50f, y - h * 0.3f, x - w * 0.47f, y - h * 0.4f, x - w * 0.43f,
               y - h);
    path_line(k->c, x + w * 0.40f, y - h);
    path_curve(k->c, x + w * 0.45f, y - h * 0.4f, x + w * 0.50f, y - h * 0.3f, x + w * 0.68f, y);
    path_close(k->c);
    paint_gradient(k->c, 0, y - h, top, 0, y, bottom);
    for (int i = 0; i < 2; i++) {
        float at = y - h * (0.80f - 0.26f * (float)i), half = w * (0.42f + 0.02f * (float)i);
        path_rect(k->c, x - half, at, half * 1.97f, h * 0.075f);
        paint_fill(k->c, fade(tone(k, 0xf2b184, haze), 0.8f));
    }
}

void draw_desert(const struct look *k, const struct stage *st)
{
    float g = st->ground_y;
    draw_sky(k, 0.58f);
    draw_clouds(k, 2 + rnd_int(k, 1330, 0, 2), 0.12f, 0.28f);
    int mesas = 2 + rnd_int(k, 1330, 1, 2);
    for (int i = 0; i < mesas; i++) {
        uint32_t n = (uint32_t)i;
        float x = ((float)i + rnd(k, 1331, n * 3, 0.2f, 0.8f)) * PLATE_WIDTH / (float)mesas;
        mesa(k, x, 0.62f, rnd(k, 1331, n * 3 + 1, 0.22f, 0.5f),
             rnd(k, 1331, n * 3 + 2, 0.14f, 0.27f), 0.34f);
    }
    struct hill far = make_hill(k, 0, 0.65f, 0.09f, 3.0f),
                mid = make_hill(k, 1, 0.71f, 0.09f, 2.2f);
    struct hill near = make_hill(k, 2, 0.775f, 0.06f, 1.7f);
    draw_hill(k, &far, tone(k, 0xf3c98a, 0.30f), tone(k, 0xdba767, 0.22f), 0.14f);
    draw_distance(k, 0.60f);
    draw_hill(k, &mid, tone(k, 0xf7cf8c, 0.14f), tone(k, 0xd99a5b, 0.10f), 0.15f);
    for (uint32_t i = 0; i < 3; i++) {
        float x = rnd(k, 1332, i, 0.1f, 2.2f);
        draw_cactus(k, x, hill_at(&mid, x) + 0.02f, rnd(k, 1333, i, 0.09f, 0.13f), 20 + i, 0.2f);
    }
    draw_hill(k, &near, tone(k, 0xf9d694, 0.04f), tone(k, 0xe5ab68, 0), 0.14f);
    for (uint32_t i = 0; i < 3; i++)
        draw_cactus(k, ((float)i + rnd(k, 1334, i, 0.1f, 0.9f)) * PLATE_WIDTH / 3, g - 0.045f,
                    rnd(k, 1335, i, 0.20f, 0.32f), i, 0.02f);
    struct hill front = make_hill(k, 5, g - 0.035f, 0.030f, 1.5f);
    draw_hill(k, &front, tone(k, 0xfadc9e, 0), tone(k, 0xe0a561, 0), 0.22f);
    for (uint32_t i = 0; i < 7; i++)
        draw_ripple(k, rnd(k, 1336, i, 0, PLATE_WIDTH), g + 0.03f + 0.022f * (float)i,
                    rnd(k, 1337, i, 0.25f, 0.6f), 0.011f,
                    fade(tone(k, i % 2 ? 0xfdeabb : 0xcb8f52, 0), 0.7f));
    for (uint32_t i = 0; i < 4; i++)
        draw_rock(k, rnd(k, 1338, i, 0.1f, 2.2f), i < 2 ? g - 0.02f : 0.97f,
                  rnd(k, 1339, i, 0.07f, 0.13f), i, tone(k, 0xc07a55, 0));
    tufts(k, 5, g - 0.01f, g + 0.02f, 1340, 0x9a9a52);
}

/* --- snow --- */

static void snowman(const struct look *k, float x, float y)
{
    static const float ball[3][2] = {{0.045f, 0.052f}, {0.125f, 0.040f}, {0.185f, 0.029f}};
    for (int i = 0; i < 3; i++) {
        path_ellipse(k->c, x, y - ball[i][0], ball[i][1], ball[i][1], 0);
        paint_gradient(k->c, x - 0.04f, 0, tone(k, 0xffffff, 0), x + 0.05f, 0,
                       tone(k, 0xb9cde6, 0));
    }
    path_round_rect(k->c, x - 0.036f, y - 0.160f, 0.072f, 0.018f, 0.008f);
    path_round_rect(k->c, x + 0.012f, y - 0.155f, 0.018f, 0.055f, 0.006f);
    paint_fill(k->c, tone(k, 0xd8483c, 0));
    path_rect(k->c, x - 0.022f, y - 0.250f, 0.044f, 0.042f);
    path_round_rect(k->c, x - 0.036f, y - 0.214f, 0.072f, 0.012f, 0.004f);
    paint_fill(k->c, tone(k, 0x3a3f52, 0));
    path_move(k->c, x, y - 0.19f);
    path_line(k->c, x + 0.035f, y - 0.182f);
    path_line(k->c, x, y - 0.176f);
    paint_fill(k->c, tone(k, 0xf08a3a, 0));
}

static void pines_on(const struct look *k, const struct hill *h, int count, float size, float haze,
                     uint32_t purpose)
{
    for (int i = 0; i < count; i++) {
        uint32_t n = (uint32_t)i;
        float x = ((float)i + rnd(k, purpose, n * 3, 0.05f, 0.95f)) * PLATE_WIDTH / (float)count;
        draw_pine(
            k, x, hill_at(h, x) + size * 0.12f, size * rnd(k, purpose, n * 3 + 1, 0.75f, 1.25f),
            vary(k, tone(k, 0x3f7a68, haze), purpose, 50 + n, 0.07f), tone(k, 0x6d5140, haze), 1);
    }
}

void draw_snow(const struct look *k, const struct stage *st)
{
    float g = st->ground_y;
    draw_sky(k, 0.56f);
    draw_clouds(k, 3 + rnd_int(k, 1350, 0, 3), 0.14f, 0.34f);
    struct hill far = make_hill(k, 0, 0.60f, 0.20f, 3.2f),
                mid = make_hill(k, 1, 0.67f, 0.14f, 2.4f);
    struct hill near = make_hill(k, 2, 0.75f, 0.08f, 2.0f);
    draw_hill(k, &far, tone(k, 0xd5e4f4, 0.35f), tone(k, 0xa9c4e2, 0.35f), 0.24f);
    pines_on(k, &far, 11, 0.075f, 0.50f, 1351);
    draw_hill(k, &mid, tone(k, 0xeaf3fb, 0.10f), tone(k, 0xb4cde8, 0.16f), 0.22f);
    pines_on(k, &mid, 7, 0.16f, 0.22f, 1352);
    draw_distance(k, 0.60f);
    if (rnd_int(k, 1350, 1, 2)) {
        float x = rnd(k, 1350, 2, 0.3f, 2.0f);
        draw_cottage(k, x, hill_at(&mid, x) + 0.045f, 0.17f);
    }
    draw_hill(k, &near, tone(k, 0xf6fafe, 0.03f), tone(k, 0xc3d9ee, 0.04f), 0.15f);
    pines_on(k, &near, 3, 0.38f, 0.02f, 1353);
    struct hill front = make_hill(k, 5, g - 0.035f, 0.030f, 1.5f);
    draw_hill(k, &front, tone(k, 0xfafdff, 0), tone(k, 0xc0d6ec, 0), 0.22f);
    if (rnd_int(k, 1350, 3, 2))
        snowman(k, rnd(k, 1350, 4, 0.15f, 2.15f), g - 0.025f);
    for (uint32_t i = 0; i < 7; i++)
        draw_ripple(k, rnd(k, 1354, i, 0, PLATE_WIDTH), g + 0.025f + 0.022f * (float)i,
                    rnd(k, 1355, i, 0.25f, 0.55f), 0.012f,
                    fade(tone(k, i % 2 ? 0xffffff : 0x9fbfe0, 0), 0.75f));
}

/* --- mountains --- */

static void peak(const struct look *k, float x, float y, float w, float h, uint32_t n, float haze)
{
    float skew = rnd(k, 1360, n, -0.1f, 0.1f) * w, cap = rnd(k, 1361, n, 0.32f, 0.42f),
          tx = x + skew;
    struct rgba lit = tone(k, 0x8fa3b5, haze), dark = tone(k, 0x5f7590, haze);
    path_move(k->c, x - w / 2, y);
    path_line(k->c, tx, y - h);
    path_line(k->c, x + w / 2, y);
    path_close(k->c);
    paint_gradient(k->c, 0, y - h, lit, 0, y, tone(k, 0x8fae9a, haze + 0.12f));
    path_move(k->c, tx, y - h); /* the side in shadow */
    path_line(k->c, tx + w * 0.06f, y - h * 0.62f);
    path_line(k->c, tx - w * 0.02f, y - h * 0.42f);
    path_line(k->c, tx + w * 0.10f, y);
    path_line(k->c, x + w / 2, y);
    path_close(k->c);
    paint_gradient(k->c, 0, y - h, fade(dark, 0.9f), 0, y, fade(dark, 0.25f));
    float lx = tx - (tx - (x - w / 2)) * cap, rx = tx + (x + w / 2 - tx) * cap,
          hem = y - h * (1 - cap);
    path_move(k->c, tx, y - h);
    path_line(k->c, rx, hem);
    path_line(k->c, tx + (rx - tx) * 0.55f, hem - h * 0.09f);
    path_line(k->c, tx + (rx - tx) * 0.25f, hem + h * 0.04f);
    path_line(k->c, tx - (tx - lx) * 0.18f, hem - h * 0.08f);
    path_line(k->c, tx - (tx - lx) * 0.55f, hem + h * 0.02f);
    path_line(k->c, lx, hem);
    path_close(k->c);
    paint_gradient(k->c, lx, 0, tone(k, 0xffffff, haze * 0.4f), rx, 0,
                   tone(k, 0xb9cde6, haze * 0.6f));
}

static void lake(const struct look *k, float y0, float y1)
{
    draw_band(k, y0, y1, water_tone(k, 0x9fd0e6, 0.55f), water_tone(k, 0x3f93bd, 0.15f));
    draw_glitter(k, y0 + 0.01f, y1 - 0.03f);
    for (uint32_t i = 0; i < 10; i++)
        draw_ripple(k, rnd(k, 1362, i, 0, PLATE_WIDTH), y0 + (y1 - y0) * ((float)i + 0.6f) / 10,
                    rnd(k, 1363, i, 0.12f, 0.3f), 0.006f,
                    fade(tone(k, i % 3 ? 0xd8f0f6 : 0x2f7fae, 0.05f), 0.6f));
}

void draw_mountains(const struct look *k, const struct stage *st)
{
    float g = st->ground_y;
    draw_sky(k, 0.60f);
    draw_clouds(k, 3 + rnd_int(k, 1364, 0, 2), 0.12f, 0.30f);
    for (uint32_t i = 0; i < 5; i++)
        peak(k, ((float)i + rnd(k, 1365, i, 0.2f, 0.8f)) * PLATE_WIDTH / 5, 0.62f,
             rnd(k, 1366, i, 0.6f, 0.9f), rnd(k, 1367, i, 0.26f, 0.38f), i, 0.52f);
    for (uint32_t i = 0; i < 3; i++)
        peak(k, ((float)i + rnd(k, 1368, i, 0.15f, 0.85f)) * PLATE_WIDTH / 3, 0.62f,
             rnd(k, 1369, i, 0.75f, 1.0f), rnd(k, 1370, i, 0.34f, 0.46f), 10 + i, 0.20f);
    struct hill shore = make_hill(k, 0, 0.60f, 0.06f, 3.0f);
    draw_hill(k, &shore, tone(k, 0x6fae77, 0.26f), tone(k, 0x5f9a74, 0.2f), 0.10f);
    tree_row(k, &shore, 14, 0.085f, tone(k, 0x3f7d62, 0.20f), tone(k, 0x6a503c, 0.2f), 1371, 10);
    draw_distance(k, 0.52f);
    lake(k, 0.595f, 0.78f);
    struct hill bank = make_hill(k, 1, 0.800f, 0.045f, 2.6f);
    draw_hill(k, &bank, tone(k, 0x86c05c, 0.03f), tone(k, 0x5ea04a, 0), 0.20f);
    for (uint32_t i = 0; i < 3; i++)
        draw_pine(k, ((float)i + rnd(k, 1372, i, 0.1f, 0.9f)) * PLATE_WIDTH / 3, g - 0.03f,
                  rnd(k, 1373, i, 0.28f, 0.40f), vary(k, tone(k, 0x357a58, 0.02f), 1374, i, 0.08f),
                  tone(k, 0x6e4d36, 0), 0);
    struct hill front = make_hill(k, 5, g - 0.020f, 0.030f, 1.5f);
    draw_hill(k, &front, tone(k, 0x8aca58, 0), tone(k, 0x559c42, 0), 0.22f);
    for (uint32_t i = 0; i < 4; i++)
        draw_rock(k, rnd(k, 1375, i, 0.1f, 2.2f), i < 2 ? g - 0.012f : 0.985f,
                  rnd(k, 1376, i, 0.08f, 0.16f), i, tone(k, 0xa3aab0, 0));
    tufts(k, 8, g, g + 0.03f, 1377, 0x68ab44);
    flowers(k, 9, g + 0.02f, 0.99f, 1378);
}
