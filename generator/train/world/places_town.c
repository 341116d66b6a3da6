/* The city street and the swimming pool: what people built. Purposes 1400..1499. */
#include "look.h"

#include <math.h>

#define PI 3.14159265f

/* --- city --- */

struct house {
    float x, w, top, base;
    uint32_t n;
    struct rgba wall;
};

static const uint32_t walls[8] = {0xd98d6a, 0xefd9b0, 0xc9706a, 0x9fb8ae,
                                  0xe6b877, 0xa7b3cc, 0xe4c9c1, 0xb98f7a};
static const uint32_t roofs[4] = {0x7d4f45, 0x5d6478, 0x8f5a3c, 0x54606a};

/* The far town: a stepped silhouette in the haze. */
static void skyline(const struct look *k, float base, float low, float high, struct rgba c,
                    uint32_t purpose)
{
    float x = -PLATE_MARGIN;
    for (uint32_t i = 0; x < PLATE_WIDTH + PLATE_MARGIN; i++) {
        float w = rnd(k, purpose, i * 3, 0.09f, 0.2f),
              top = base - rnd(k, purpose, i * 3 + 1, low, high);
        path_rect(k->c, x, top, w + 0.004f, base - top);
        if (rnd_int(k, purpose, i * 3 + 2, 3) == 0) {
            path_move(k->c, x, top);
            path_line(k->c, x + w / 2, top - w * 0.5f);
            path_line(k->c, x + w, top);
            path_close(k->c);
        }
        x += w;
    }
    paint_gradient(k->c, 0, base - high, c, 0, base, mix(c, k->horizon, 0.35f));
}

static void window(const struct look *k, float x, float y, float w, float h, bool lit)
{
    struct rgba glass = lit ? mix(raw(0xffd873), tone(k, 0xffd873, 0), 0.2f) : tone(k, 0x7d9db8, 0);
    path_rect(k->c, x - w * 0.62f, y - h * 0.58f, w * 1.24f, h * 1.20f);
    paint_fill(k->c, tone(k, 0xf8f1e2, 0.04f));
    path_rect(k->c, x - w * 0.48f, y - h * 0.48f, w * 0.96f, h * 0.96f);
    paint_gradient(k->c, x, y - h * 0.5f, mix(glass, (struct rgba){1, 1, 1, 1}, 0.18f), x,
                   y + h * 0.5f, glass);
    path_rect(k->c, x - w * 0.05f, y - h * 0.5f, w * 0.1f, h);
    path_rect(k->c, x - w * 0.5f, y - h * 0.12f, w, h * 0.08f);
    paint_fill(k->c, tone(k, 0xf8f1e2, 0.04f));
}

static void windows(const struct look *k, const struct house *b)
{
    static const float often[TIME_COUNT] = {
        [DAY] = 0.0f, [DUSK] = 0.55f, [NIGHT] = 0.72f, [DAWN] = 0.30f};
    int columns = b->w > 0.27f ? 3 : 2, rows = (int)((b->base - b->top - 0.15f) / 0.115f);
    for (int j = 0; j < rows; j++) {
        for (int i = 0; i < columns; i++) {
            uint32_t n = b->n * 32 + (uint32_t)(j * 4 + i);
            float x = b->x + b->w * ((float)i + 0.5f) / (float)columns * 0.9f + b->w * 0.05f;
            window(k, x, b->top + 0.075f + 0.115f * (float)j, 0.046f, 0.064f,
                   rng_unit(k->s->seed, 1401, n) < often[k->time]);
        }
    }
}

static void shop(const struct look *k, const struct house *b)
{
    static const uint32_t cloth[4] = {0xd8574a, 0x3f8f86, 0xe0a03c, 0x5876b8};
    struct rgba c = tone(k, cloth[rnd_int(k, 1402, b->n, 4)], 0.02f),
                pale = tone(k, 0xfdf6e6, 0.02f);
    bool lit = k->time != DAY;
    float x0 = b->x + b->w * 0.10f, w = b->w * 0.80f, y = b->base - 0.125f;
    path_rect(k->c, x0 + w * 0.02f, y + 0.02f, w * 0.60f, 0.085f);
    paint_fill(k->c, lit ? mix(raw(0xffdc86), tone(k, 0xffdc86, 0), 0.2f) : tone(k, 0x8fb0c4, 0));
    path_rect(k->c, x0 + w * 0.70f, y + 0.02f, w * 0.26f, 0.105f);
    paint_fill(k->c, tone(k, 0x6d4a3a, 0));
    for (int i = 0; i < 6; i++) {
        path_move(k->c, x0 + w * (float)i / 6, y);
        path_line(k->c, x0 + w * (float)(i + 1) / 6 + 0.001f, y);
        path_line(k->c, x0 + w * (float)(i + 1) / 6 + 0.001f, y + 0.032f);
        path_arc(k->c, x0 + w * ((float)i + 0.5f) / 6, y + 0.032f, w / 12, 0, PI);
        path_close(k->c);
        paint_fill(k->c, i % 2 ? pale : c);
    }
}

static void front_door(const struct look *k, const struct house *b)
{
    static const uint32_t doors[4] = {0x3f6f66, 0x8a3f38, 0x3d5a86, 0x6b4a34};
    float x = b->x + b->w * (rnd_int(k, 1403, b->n, 2) ? 0.30f : 0.70f),
          far = b->x + b->w - (x - b->x);
    path_round_rect(k->c, x - 0.040f, b->base - 0.132f, 0.080f, 0.132f, 0.030f);
    paint_fill(k->c, tone(k, 0xf8f1e2, 0.04f));
    path_round_rect(k->c, x - 0.030f, b->base - 0.122f, 0.060f, 0.122f, 0.024f);
    paint_fill(k->c, tone(k, doors[rnd_int(k, 1404, b->n, 4)], 0));
    window(k, far, b->base - 0.078f, 0.060f, 0.070f, k->time == NIGHT && rnd_int(k, 1405, b->n, 2));
}

static void roof(const struct look *k, const struct house *b)
{
    struct rgba c = tone(k, roofs[rnd_int(k, 1406, b->n, 4)], 0.06f),
                trim = tone(k, 0xf3e6cf, 0.06f);
    float x0 = b->x, x1 = b->x + b->w, y = b->top;
    int kind = rnd_int(k, 1407, b->n, 3);
    if (kind > 0) {
        path_rect(k->c, x0 + b->w * 0.70f, y - 0.115f, 0.035f, 0.09f);
        paint_fill(k->c, tone(k, 0x9a5f50, 0.06f));
        float peak = kind == 1 ? 0.5f : 0.16f, rise = kind == 1 ? 0.12f : 0.075f;
        path_move(k->c, x0 - 0.006f, y + 0.005f);
        path_line(k->c, x0 + b->w * peak, y - rise);
        path_line(k->c, x1 - b->w * peak, y - rise);
        path_line(k->c, x1 + 0.006f, y + 0.005f);
        path_close(k->c);
        paint_gradient(k->c, x0, y - rise, mix(c, trim, 0.12f), x1, y, c);
    }
    path_rect(k->c, x0 - 0.006f, y - 0.004f, b->w + 0.012f, 0.020f);
    paint_fill(k->c, trim);
}

static void row_house(const struct look *k, const struct house *b)
{
    struct rgba dark = mix(b->wall, tone(k, 0x3a3550, 0), 0.20f);
    path_rect(k->c, b->x, b->top, b->w + 0.003f, b->base - b->top);
    paint_gradient(k->c, b->x, b->top, b->wall, b->x + b->w, b->base, dark);
    roof(k, b);
    windows(k, b);
    path_rect(k->c, b->x, b->base - 0.148f, b->w, 0.010f);
    paint_fill(k->c, mix(b->wall, tone(k, 0xffffff, 0), 0.45f));
    if (rnd_int(k, 1408, b->n, 2))
        shop(k, b);
    else
        front_door(k, b);
}

static void lamp_post(const struct look *k, float x, float y)
{
    struct rgba iron = tone(k, 0x3b4450, 0);
    float h = 0.36f;
    if (k->time != DAY)
        draw_glow(k, x, y - h, 0.13f, raw(0xffd98a), k->time == NIGHT ? 0.5f : 0.3f);
    path_rect(k->c, x - 0.008f, y - h + 0.02f, 0.016f, h - 0.02f);
    path_round_rect(k->c, x - 0.020f, y - 0.035f, 0.040f, 0.037f, 0.008f);
    path_rect(k->c, x - 0.026f, y - h + 0.022f, 0.052f, 0.010f);
    paint_fill(k->c, iron);
    path_move(k->c, x - 0.020f, y - h + 0.023f);
    path_line(k->c, x - 0.027f, y - h - 0.030f);
    path_line(k->c, x + 0.027f, y - h - 0.030f);
    path_line(k->c, x + 0.020f, y - h + 0.023f);
    path_close(k->c);
    paint_fill(k->c, k->time == DAY ? tone(k, 0xf2f4e6, 0) : raw(0xfff0b8));
    path_move(k->c, x - 0.036f, y - h - 0.028f);
    path_line(k->c, x, y - h - 0.062f);
    path_line(k->c, x + 0.036f, y - h - 0.028f);
    path_close(k->c);
    paint_fill(k->c, iron);
}

static void street(const struct look *k, float walk_y)
{
    draw_band(k, walk_y, 0.84f, tone(k, 0xd9d2c6, 0.04f), tone(k, 0xc4bcb0, 0));
    for (int i = 0; i < 11; i++) {
        float x = PLATE_WIDTH * ((float)i + 0.5f) / 11, out = (x - PLATE_WIDTH / 2) * 0.12f;
        path_move(k->c, x, walk_y);
        path_line(k->c, x + out, 0.84f);
    }
    path_move(k->c, -PLATE_MARGIN, 0.788f);
    path_line(k->c, PLATE_WIDTH + PLATE_MARGIN, 0.788f);
    paint_stroke(k->c, 0.005f, fade(tone(k, 0xa79f94, 0), 0.8f));
    draw_band(k, 0.832f, 0.856f, tone(k, 0xeae4da, 0), tone(k, 0x9d978f, 0));
    draw_band(k, 0.852f, 1.06f, tone(k, 0x6c7280, 0), tone(k, 0x535866, 0));
    float start = rnd(k, 1409, 0, -0.2f, 0.0f);
    for (int i = 0; i < 9; i++) {
        float x = start + 0.30f * (float)i;
        path_move(k->c, x, 0.942f);
        path_line(k->c, x + 0.15f, 0.942f);
        path_line(k->c, x + 0.145f, 0.962f);
        path_line(k->c, x - 0.010f, 0.962f);
        path_close(k->c);
    }
    paint_fill(k->c, tone(k, 0xf4efdf, 0.05f));
}

static void street_tree(const struct look *k, float x, float y, uint32_t n)
{
    draw_round_tree(k, x, y - 0.03f, 0.27f, n, vary(k, tone(k, 0x5c9f4e, 0.02f), 1410, n, 0.1f),
                    tone(k, 0x77543c, 0));
    path_move(k->c, x - 0.042f, y - 0.052f);
    path_line(k->c, x + 0.042f, y - 0.052f);
    path_line(k->c, x + 0.033f, y);
    path_line(k->c, x - 0.033f, y);
    path_close(k->c);
    paint_fill(k->c, tone(k, 0xb86b4b, 0));
}

void draw_city(const struct look *k, const struct stage *st)
{
    float base = st->ground_y - 0.050f, x = -rnd(k, 1411, 0, 0.05f, 0.2f);
    draw_sky(k, 0.62f);
    draw_clouds(k, 3 + rnd_int(k, 1411, 1, 2), 0.12f, 0.26f);
    skyline(k, base, 0.34f, 0.56f, mix(tone(k, 0x8ea0ba, 0.10f), k->sky_mid, 0.45f), 1412);
    draw_distance(k, 0.50f);
    int last = -1;
    for (uint32_t i = 0; x < PLATE_WIDTH + PLATE_MARGIN; i++) {
        struct house b = {x,
                          rnd(k, 1413, i * 3, 0.20f, 0.32f),
                          base - rnd(k, 1413, i * 3 + 1, 0.30f, 0.47f),
                          base,
                          i,
                          {0, 0, 0, 1}};
        int pick = rnd_int(k, 1413, i * 3 + 2, 8);
        pick = pick == last ? (pick + 3) % 8 : pick;
        last = pick;
        b.wall = vary(k, tone(k, walls[pick], 0.05f), 1414, i, 0.05f);
        row_house(k, &b);
        x += b.w;
    }
    street(k, base - 0.001f);
    float first = rnd(k, 1415, 0, 0.12f, 0.40f);
    for (int i = 0; i < 4; i++) {
        lamp_post(k, first + 0.62f * (float)i, base + 0.018f);
        if (rnd_int(k, 1416, (uint32_t)i, 3) > 0)
            street_tree(k, first + 0.31f + 0.62f * (float)i, base + 0.022f, (uint32_t)i);
    }
}

/* --- pool --- */

#define POOL_BACK 0.60f
#define POOL_FRONT 0.83f

static float pool_edge(const struct stage *st, float y) /* the side where the board stands */
{
    float edge = st->board_dir > 0 ? st->water_x0 : PLATE_WIDTH - st->water_x1;
    return edge + (st->water_y - y) * 0.50f;
}

static void garden(const struct look *k)
{
    float y = 0.535f;
    struct hill far = make_hill(k, 0, 0.50f, 0.10f, 3.0f);
    draw_hill(k, &far, tone(k, 0x86bf9a, 0.5f), tone(k, 0x9ccf9c, 0.4f), 0.15f);
    for (uint32_t i = 0; i < 5; i++) {
        float x = ((float)i + rnd(k, 1420, i * 3, 0.1f, 0.9f)) * PLATE_WIDTH / 5,
              h = rnd(k, 1420, i * 3 + 1, 0.20f, 0.32f);
        struct rgba leaf = vary(k, tone(k, 0x62a85c, 0.16f), 1421, i, 0.08f);
        if (rnd_int(k, 1420, i * 3 + 2, 3) == 0)
            draw_pine(k, x, y, h * 1.1f, leaf, tone(k, 0x7b5a42, 0.15f), 0);
        else
            draw_round_tree(k, x, y, h, i, leaf, tone(k, 0x7b5a42, 0.15f));
    }
    if (rnd_int(k, 1422, 0, 2)) {
        for (uint32_t i = 0; i < 13; i++)
            draw_bush(k, (float)i * 0.195f, y + 0.02f, 0.30f, i, tone(k, 0x4f9a52, 0.08f));
        return;
    }
    for (int i = 0; i < 27; i++)
        path_round_rect(k->c, (float)i * 0.09f - 0.028f, 0.445f, 0.056f, 0.12f, 0.014f);
    path_rect(k->c, -PLATE_MARGIN, 0.47f, PLATE_WIDTH + 0.1f, 0.016f);
    path_rect(k->c, -PLATE_MARGIN, 0.525f, PLATE_WIDTH + 0.1f, 0.016f);
    paint_gradient(k->c, 0, 0.44f, tone(k, 0xfdfaf2, 0.08f), 0, 0.56f, tone(k, 0xd9d3c6, 0.1f));
}

static void deck(const struct look *k)
{
    float vx = PLATE_WIDTH / 2, vy = 0.25f;
    draw_band(k, 0.545f, 1.06f, tone(k, 0xf1dfc3, 0.08f), tone(k, 0xe3c8a2, 0));
    static const float rows[6] = {0.572f, 0.615f, 0.675f, 0.755f, 0.835f, 0.935f};
    for (int i = 0; i < 6; i++) {
        path_move(k->c, -PLATE_MARGIN, rows[i]);
        path_line(k->c, PLATE_WIDTH + PLATE_MARGIN, rows[i]);
    }
    for (int i = -12; i <= 12; i++) {
        float slope = (float)i * 0.26f;
        path_move(k->c, vx + slope * (0.545f - vy), 0.545f);
        path_line(k->c, vx + slope * (1.05f - vy), 1.05f);
    }
    paint_stroke(k->c, 0.006f, fade(tone(k, 0xc9a981, 0), 0.75f));
}

static void basin_path(const struct look *k, const struct stage *st, float grow)
{
    path_move(k->c, pool_edge(st, POOL_BACK) - grow, POOL_BACK - grow * 0.7f);
    path_line(k->c, PLATE_WIDTH + 0.2f, POOL_BACK - grow * 0.7f);
    path_line(k->c, PLATE_WIDTH + 0.2f, POOL_FRONT + grow);
    path_line(k->c, pool_edge(st, POOL_FRONT) - grow, POOL_FRONT + grow);
    path_close(k->c);
}

static void basin(const struct look *k, const struct stage *st)
{
    struct rgba far = water_tone(k, 0x7fdbe6, 0.40f), near = water_tone(k, 0x22a3d0, 0.10f);
    if (k->time == NIGHT) { /* lamps under water */
        far = mix(far, raw(0x4fd0de), 0.45f);
        near = mix(near, raw(0x1f86b8), 0.40f);
    }
    basin_path(k, st, 0.024f);
    paint_fill(k->c, tone(k, 0xfdf8ec, 0));
    basin_path(k, st, 0);
    paint_gradient(k->c, 0, POOL_BACK, far, 0, POOL_FRONT, near);
    path_move(k->c, pool_edge(st, POOL_BACK), POOL_BACK);
    path_line(k->c, PLATE_WIDTH + 0.2f, POOL_BACK);
    path_line(k->c, PLATE_WIDTH + 0.2f, POOL_BACK + 0.020f);
    path_line(k->c, pool_edge(st, POOL_BACK + 0.020f), POOL_BACK + 0.020f);
    path_close(k->c);
    paint_fill(k->c, mix(near, tone(k, 0x1a6fa6, 0), 0.5f));
    for (uint32_t i = 0; i < 18; i++) {
        float u = ((float)i + 0.5f) / 18,
              y = POOL_BACK + 0.035f + (POOL_FRONT - POOL_BACK - 0.05f) * u;
        float w = (0.10f + 0.14f * u) * rnd(k, 1423, i, 0.8f, 1.3f),
              left = pool_edge(st, y) + w * 0.6f;
        draw_ripple(k, left + rnd(k, 1424, i, 0, 1) * (PLATE_WIDTH - left), y, w,
                    0.007f + 0.005f * u,
                    i % 3 ? fade(raw(0xffffff), k->time == DAY ? 0.5f : 0.28f)
                          : fade(tone(k, 0x1582b8, 0), 0.5f));
    }
}

static void lane_rope(const struct look *k, const struct stage *st, float y)
{
    float x0 = pool_edge(st, y);
    for (int part = 0; part < 2; part++) {
        for (int i = part; x0 + 0.045f * (float)i < PLATE_WIDTH + 0.05f; i += 2)
            path_round_rect(k->c, x0 + 0.045f * (float)i, y - 0.007f, 0.046f, 0.014f, 0.006f);
        paint_fill(k->c, part ? tone(k, 0xfbf6ea, 0) : tone(k, 0xe25b4b, 0));
    }
}

static void springboard(const struct look *k, float tip, float top)
{
    struct rgba steel = tone(k, 0xb9c6d0, 0), dark = tone(k, 0x7f92a3, 0);
    float foot = 0.742f, stand = tip - 0.30f, back = tip - 0.52f;
    path_ellipse(k->c, (stand + back) / 2 + 0.01f, foot + 0.004f, 0.19f, 0.016f, 0);
    paint_fill(k->c, fade(tone(k, 0x6f5a48, 0), 0.35f));
    path_move(k->c, back + 0.02f, top + 0.02f); /* the ladder */
    path_line(k->c, back - 0.045f, foot);
    path_move(k->c, back + 0.075f, top + 0.02f);
    path_line(k->c, back + 0.025f, foot);
    paint_stroke(k->c, 0.014f, dark);
    for (int i = 1; i < 6; i++) {
        float u = (float)i / 6, y = top + 0.02f + (foot - top - 0.02f) * u;
        path_move(k->c, back + 0.02f - 0.065f * u, y);
        path_line(k->c, back + 0.075f - 0.050f * u, y);
    }
    paint_stroke(k->c, 0.010f, dark);
    path_move(k->c, stand - 0.024f, top + 0.035f); /* the stand */
    path_line(k->c, stand + 0.024f, top + 0.035f);
    path_line(k->c, stand + 0.045f, foot);
    path_line(k->c, stand - 0.045f, foot);
    path_close(k->c);
    paint_gradient(k->c, stand - 0.04f, 0, tone(k, 0xe6edf2, 0), stand + 0.045f, 0, dark);
    path_round_rect(k->c, stand - 0.040f, top + 0.018f, 0.080f, 0.026f, 0.010f);
    paint_fill(k->c, steel);
    path_move(k->c, back + 0.005f, top + 0.01f); /* the rail */
    path_line(k->c, back + 0.005f, top - 0.10f);
    path_line(k->c, stand - 0.02f, top - 0.10f);
    path_line(k->c, stand - 0.02f, top + 0.01f);
    paint_stroke(k->c, 0.010f, steel);
    /* Whatever the hour and the weather, the board stands out: it is what a dive begins on. */
    path_round_rect(k->c, back - 0.015f, top, tip - back + 0.015f, 0.029f, 0.009f);
    paint_gradient(k->c, 0, top, mix(tone(k, 0x4f8fd0, 0), raw(0x4f8fd0), 0.40f), 0, top + 0.029f,
                   mix(tone(k, 0x2d5f9c, 0), raw(0x2d5f9c), 0.40f));
    struct rgba pale = mix(tone(k, 0xf6f1e4, 0), raw(0xf6f1e4), 0.35f);
    path_round_rect(k->c, back - 0.010f, top, tip - back + 0.006f, 0.008f, 0.004f);
    path_rect(k->c, tip - 0.075f, top, 0.068f, 0.014f);
    paint_fill(k->c, pale);
}

static void parasol(const struct look *k, float x, float y, float h, uint32_t n)
{
    static const uint32_t cloth[3] = {0xe4574c, 0xf0a63c, 0x4d86c6};
    struct rgba c = tone(k, cloth[rnd_int(k, 1425, n, 3)], 0), pale = tone(k, 0xfdf6e6, 0);
    float r = h * 0.52f, top = y - h;
    path_rect(k->c, x - 0.007f, top, 0.014f, h);
    paint_fill(k->c, tone(k, 0xd9cdb8, 0));
    for (int i = 0; i < 5; i++) {
        float a = x - r + 2 * r * (float)i / 5, b = a + 2 * r / 5, hem = top + h * 0.36f;
        path_move(k->c, x, top - h * 0.03f);
        path_curve(k->c, x + (a - x) * 0.6f, top, a, hem - h * 0.18f, a, hem);
        path_curve(k->c, a + r * 0.1f, hem - h * 0.05f, b - r * 0.1f, hem - h * 0.05f, b, hem);
        path_curve(k->c, b, hem - h * 0.18f, x + (b - x) * 0.6f, top, x, top - h * 0.03f);
        path_close(k->c);
        paint_fill(k->c, i % 2 ? pale : c);
    }
}

void draw_pool(const struct look *k, const struct stage *st)
{
    draw_sky(k, 0.52f);
    draw_clouds(k, 4 + rnd_int(k, 1426, 0, 2), 0.13f, 0.30f);
    draw_distance(k, 0.48f);
    canvas_save(k->c);
    if (st->board_dir < 0) {
        canvas_translate(k->c, PLATE_WIDTH, 0);
        canvas_scale(k->c, -1, 1);
    }
    garden(k);
    deck(k);
    parasol(k, rnd(k, 1427, 0, 0.09f, 0.17f), 0.66f, 0.26f, 0);
    if (rnd_int(k, 1427, 1, 2))
        parasol(k, rnd(k, 1427, 2, 1.5f, 2.1f), 0.572f, 0.20f, 1);
    basin(k, st);
    if (rnd_int(k, 1427, 3, 2))
        lane_rope(k, st, 0.672f);
    springboard(k, st->board_dir > 0 ? st->board_x : PLATE_WIDTH - st->board_x, st->board_y);
    canvas_restore(k->c);
}
