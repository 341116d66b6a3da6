/* Things that grow: trees, pines, bushes, grass, flowers, palms, cacti, seaweed, corals, and the
 * rocks among them. Each is two or three clean tones of one hue, lit from the upper left, so that
 * it still reads at 96 lines. */
#include "look.h"

#include <math.h>

#define PI 3.14159265f

static struct rgba darker(struct rgba c, float t)
{
    return mix(c, (struct rgba){c.r * 0.45f, c.g * 0.5f, c.b * 0.62f, c.a}, t);
}

static struct rgba lighter(struct rgba c, float t)
{
    return mix(c, (struct rgba){1, 0.98f, 0.78f, c.a}, t);
}

static void trunk(const struct look *k, float x, float y, float h, float w, struct rgba bark)
{
    path_move(k->c, x - w * 0.75f, y);
    path_curve(k->c, x - w * 0.45f, y - h * 0.2f, x - w * 0.4f, y - h * 0.7f, x - w * 0.3f, y - h);
    path_line(k->c, x + w * 0.3f, y - h);
    path_curve(k->c, x + w * 0.4f, y - h * 0.7f, x + w * 0.45f, y - h * 0.2f, x + w * 0.75f, y);
    path_close(k->c);
    paint_gradient(k->c, x - w * 0.5f, y, lighter(bark, 0.12f), x + w * 0.6f, y,
                   darker(bark, 0.4f));
}

static void crown(const struct look *k, float x, float y, float r, uint32_t n, float dx, float dy,
                  float grow)
{
    static const float at[6][3] = {{0, 0, 0.74f},          {-0.55f, 0.18f, 0.5f},
                                   {0.55f, 0.20f, 0.5f},   {-0.30f, -0.38f, 0.5f},
                                   {0.34f, -0.34f, 0.52f}, {0.02f, 0.36f, 0.5f}};
    for (uint32_t i = 0; i < 6; i++) {
        float wobble = rnd(k, 1100, n * 8 + i, 0.88f, 1.14f), q = r * at[i][2] * wobble * grow;
        path_ellipse(k->c, x + r * (at[i][0] + dx), y + r * (at[i][1] + dy), q, q * 0.94f, 0);
    }
}

void draw_round_tree(const struct look *k, float x, float y, float h, uint32_t n, struct rgba leaf,
                     struct rgba bark)
{
    float r = h * rnd(k, 1101, n, 0.30f, 0.37f), cy = y - h + r * 0.95f;
    trunk(k, x, y, h * 0.62f, h * 0.085f, bark);
    crown(k, x, cy, r, n, 0, 0, 1);
    paint_fill(k->c, darker(leaf, 0.35f));
    crown(k, x, cy, r, n, -0.06f, -0.10f, 0.86f);
    paint_fill(k->c, leaf);
    path_ellipse(k->c, x - r * 0.34f, cy - r * 0.44f, r * 0.36f, r * 0.30f, -0.5f);
    path_ellipse(k->c, x + r * 0.28f, cy - r * 0.40f, r * 0.22f, r * 0.18f, 0.3f);
    path_ellipse(k->c, x - r * 0.58f, cy + r * 0.02f, r * 0.22f, r * 0.17f, -0.3f);
    paint_fill(k->c, lighter(leaf, 0.20f));
}

/* One bough tier: a triangle with a curved hem. */
static void tier(const struct look *k, float x, float top, float bottom, float w, float from,
                 float to)
{
    float sag = (bottom - top) * 0.10f;
    path_move(k->c, x + w * from * 0.06f, top);
    path_curve(k->c, x + w * from * 0.35f, top + (bottom - top) * 0.5f, x + w * from * 0.7f,
               bottom - sag * 2, x + w * from, bottom);
    path_curve(k->c, x + w * from * 0.5f, bottom + sag, x + w * to * 0.5f, bottom + sag, x + w * to,
               bottom);
    path_curve(k->c, x + w * to * 0.7f, bottom - sag * 2, x + w * to * 0.35f,
               top + (bottom - top) * 0.5f, x + w * to * 0.06f, top);
    path_close(k->c);
}

void draw_pine(const struct look *k, float x, float y, float h, struct rgba leaf, struct rgba bark,
               float snow)
{
    struct rgba white = tone(k, 0xf6faff, 0.08f);
    trunk(k, x, y, h * 0.3f, h * 0.06f, bark);
    for (int i = 0; i < 3; i++) {
        float top = y - h * (0.56f + 0.22f * (float)i), bottom = y - h * (0.14f + 0.24f * (float)i);
        float w = h * (0.27f - 0.065f * (float)i);
        if (i == 2)
            top = y - h;
        tier(k, x, top, bottom, w, -1, 1);
        paint_gradient(k->c, x - w, 0, lighter(leaf, 0.13f), x + w, 0, darker(leaf, 0.55f));
        if (snow > 0) {
            tier(k, x - w * 0.05f, top - h * 0.01f, top + (bottom - top) * 0.50f * snow,
                 w * 0.48f * snow, -1, 0.8f);
            paint_fill(k->c, white);
        }
    }
}

void draw_bush(const struct look *k, float x, float y, float w, uint32_t n, struct rgba leaf)
{
    canvas_clip_below(k->c, y);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < 4; i++) {
            float u = ((float)i - 1.5f) / 4,
                  r = w * rnd(k, 1102, n * 4 + i, 0.2f, 0.27f) * (pass ? 0.8f : 1);
            path_ellipse(k->c, x + u * w - 0.012f * (float)pass,
                         y - r * 0.55f - 0.012f * (float)pass, r, r, 0);
        }
        paint_fill(k->c, pass ? lighter(leaf, 0.06f) : darker(leaf, 0.35f));
    }
    canvas_no_clip(k->c);
}

void draw_tuft(const struct look *k, float x, float y, float h, uint32_t n, struct rgba blade)
{
    for (uint32_t i = 0; i < 4; i++) {
        float side = ((float)i - 1.5f) * 0.32f,
              lean = side * h * rnd(k, 1103, n * 4 + i, 0.8f, 1.6f);
        float foot = x + side * h * 0.4f,
              tall = h * (1 - 0.3f * fabsf(side)) * rnd(k, 1104, n * 4 + i, 0.8f, 1.1f);
        path_move(k->c, foot - h * 0.09f, y);
        path_curve(k->c, foot - h * 0.05f, y - tall * 0.5f, foot + lean * 0.3f, y - tall * 0.8f,
                   foot + lean, y - tall);
        path_curve(k->c, foot + lean * 0.5f, y - tall * 0.5f, foot + h * 0.08f, y - tall * 0.3f,
                   foot + h * 0.09f, y);
        path_close(k->c);
    }
    paint_fill(k->c, blade);
}

void draw_flower(const struct look *k, float x, float y, float h, struct rgba petal,
                 struct rgba stem)
{
    float r = 0.0125f + h * 0.07f;
    path_move(k->c, x, y);
    path_line(k->c, x, y - h);
    paint_stroke(k->c, 0.007f, stem);
    for (int i = 0; i < 5; i++)
        path_ellipse(k->c, x + r * 0.75f * cosf(2 * PI * (float)i / 5),
                     y - h + r * 0.7f * sinf(2 * PI * (float)i / 5), r * 0.62f, r * 0.62f, 0);
    paint_fill(k->c, petal);
    path_ellipse(k->c, x, y - h, r * 0.45f, r * 0.45f, 0);
    paint_fill(k->c, tone(k, 0xffd24d, 0));
}

/* --- warm and dry --- */

static void palm_leaf(const struct look *k, float x, float y, float angle, float length,
                      struct rgba c)
{
    float dx = cosf(angle), dy = sinf(angle), droop = length * 0.42f;
    float tx = x + dx * length, ty = y + dy * length + droop;
    path_move(k->c, x, y);
    path_curve(k->c, x + dx * length * 0.4f, y + dy * length * 0.75f - 0.035f,
               x + dx * length * 0.85f, y + dy * length * 0.9f + droop * 0.1f, tx, ty);
    path_curve(k->c, x + dx * length * 0.72f, y + dy * length * 0.8f + droop * 0.5f,
               x + dx * length * 0.4f, y + dy * length * 0.4f + 0.035f, x, y);
    path_close(k->c);
    paint_fill(k->c, c);
}

void draw_palm(const struct look *k, float x, float y, float h, float lean, uint32_t n)
{
    static const float fan[6] = {3.22f, 6.18f, 3.58f, 5.86f, 3.96f, 5.48f};
    float tx = x + lean * h, ty = y - h, w = h * 0.035f;
    struct rgba bark = tone(k, 0xa9744a, 0), leaf = vary(k, tone(k, 0x3f9a55, 0), 1105, n, 0.10f);
    path_move(k->c, x - w * 1.3f, y);
    path_curve(k->c, x - w + lean * h * 0.1f, y - h * 0.4f, tx - w - lean * h * 0.35f,
               ty + h * 0.25f, tx - w * 0.6f, ty);
    path_line(k->c, tx + w * 0.6f, ty);
    path_curve(k->c, tx + w - lean * h * 0.3f, ty + h * 0.25f, x + w + lean * h * 0.1f,
               y - h * 0.4f, x + w * 1.5f, y);
    path_close(k->c);
    paint_gradient(k->c, x - w, y, lighter(bark, 0.2f), x + w * 2, y, darker(bark, 0.45f));
    for (uint32_t i = 0; i < 6; i++) {
        float a = fan[i] + rnd(k, 1106, n * 8 + i, -0.08f, 0.08f);
        struct rgba c = i < 2   ? darker(leaf, 0.45f)
                        : i < 4 ? darker(leaf, 0.15f)
                                : lighter(leaf, 0.08f);
        palm_leaf(k, tx, ty, a, h * rnd(k, 1107, n * 8 + i, 0.46f, 0.56f), c);
    }
    path_ellipse(k->c, tx - 0.014f, ty + 0.020f, 0.018f, 0.018f, 0);
    path_ellipse(k->c, tx + 0.018f, ty + 0.024f, 0.018f, 0.018f, 0);
    paint_fill(k->c, tone(k, 0x6e4529, 0));
}

static void cactus_arm(const struct look *k, float x, float y, float side, float h, float w,
                       struct rgba c)
{
    path_move(k->c, x, y);
    path_curve(k->c, x + side * w * 1.6f, y, x + side * w * 2.1f, y - w * 0.3f, x + side * w * 2.1f,
               y - h);
    paint_stroke(k->c, w * 0.78f, c);
}

void draw_cactus(const struct look *k, float x, float y, float h, uint32_t n, float haze)
{
    float w = h * 0.17f, side = rnd_int(k, 1108, n, 2) ? 1.0f : -1.0f;
    struct rgba c = vary(k, tone(k, 0x4f9a5a, haze), 1109, n, 0.08f);
    cactus_arm(k, x, y - h * rnd(k, 1110, n, 0.32f, 0.45f), side, h * 0.33f, w, darker(c, 0.25f));
    if (rnd_int(k, 1111, n, 3) > 0)
        cactus_arm(k, x, y - h * rnd(k, 1112, n, 0.45f, 0.56f), -side, h * 0.24f, w,
                   darker(c, 0.10f));
    path_move(k->c, x - w / 2, y);
    path_line(k->c, x - w / 2, y - h + w / 2);
    path_arc(k->c, x, y - h + w / 2, w / 2, PI, 2 * PI);
    path_line(k->c, x + w / 2, y);
    path_close(k->c);
    paint_gradient(k->c, x - w / 2, 0, lighter(c, 0.16f), x + w / 2, 0, darker(c, 0.45f));
    path_move(k->c, x - w * 0.12f, y - h * 0.88f);
    path_line(k->c, x - w * 0.12f, y - h * 0.1f);
    paint_stroke(k->c, w * 0.09f, fade(lighter(c, 0.4f), 0.6f));
    if (rnd_int(k, 1113, n, 2)) {
        path_ellipse(k->c, x, y - h - w * 0.05f, w * 0.26f, w * 0.2f, 0);
        paint_fill(k->c, tone(k, 0xf0607a, haze));
    }
}

/* --- under water, and rocks --- */

void draw_seaweed(const struct look *k, float x, float y, float h, uint32_t n, struct rgba c)
{
    int blades = 3 + rnd_int(k, 1114, n, 2);
    for (int i = 0; i < blades; i++) {
        uint32_t m = n * 8 + (uint32_t)i;
        float foot = x + ((float)i - 0.5f * (float)(blades - 1)) * 0.028f,
              tall = h * rnd(k, 1115, m, 0.6f, 1.0f);
        float sway = rnd(k, 1116, m, 0.02f, 0.045f) * (i % 2 ? -1.0f : 1.0f), w = 0.014f;
        path_move(k->c, foot - w, y);
        path_curve(k->c, foot - w - sway * 2, y - tall * 0.35f, foot - w + sway * 2.2f,
                   y - tall * 0.6f, foot + sway, y - tall);
        path_curve(k->c, foot + w + sway * 2.6f, y - tall * 0.6f, foot + w - sway * 1.4f,
                   y - tall * 0.35f, foot + w, y);
        path_close(k->c);
        paint_gradient(k->c, 0, y - tall, i % 2 ? lighter(c, 0.18f) : c, 0, y, darker(c, 0.5f));
    }
}

static void branch(const struct look *k, float x, float y, float angle, float length, float w,
                   int depth)
{
    float tx = x + cosf(angle) * length, ty = y + sinf(angle) * length;
    path_move(k->c, x, y);
    path_line(k->c, tx, ty);
    if (depth > 0) {
        branch(k, tx, ty, angle - 0.55f, length * 0.72f, w, depth - 1);
        branch(k, tx, ty, angle + 0.50f, length * 0.68f, w, depth - 1);
    }
}

void draw_coral(const struct look *k, float x, float y, float h, uint32_t n, struct rgba c)
{
    int kind = rnd_int(k, 1117, n, 3);
    if (kind == 0) { /* branching */
        branch(k, x, y, -PI / 2 + rnd(k, 1118, n, -0.2f, 0.2f), h * 0.42f, h, 2);
        paint_stroke(k->c, h * 0.14f, c);
        branch(k, x - h * 0.025f, y - h * 0.02f, -PI / 2 + rnd(k, 1118, n, -0.2f, 0.2f), h * 0.42f,
               h, 2);
        paint_stroke(k->c, h * 0.045f, lighter(c, 0.35f));
    } else if (kind == 1) { /* a fan */
        path_move(k->c, x, y);
        path_curve(k->c, x - h * 0.9f, y - h * 0.4f, x - h * 0.6f, y - h * 1.1f, x, y - h);
        path_curve(k->c, x + h * 0.6f, y - h * 1.1f, x + h * 0.9f, y - h * 0.4f, x, y);
        path_close(k->c);
        paint_gradient(k->c, 0, y - h, lighter(c, 0.15f), 0, y, darker(c, 0.4f));
        for (int i = -2; i <= 2; i++) {
            path_move(k->c, x, y);
            path_line(k->c, x + (float)i * h * 0.2f, y - h * (0.88f - 0.07f * fabsf((float)i)));
        }
        paint_stroke(k->c, h * 0.035f, lighter(c, 0.4f));
    } else { /* tubes */
        for (int i = 0; i < 3; i++) {
            float tx = x + ((float)i - 1) * h * 0.3f,
                  tall = h * (i == 1 ? 0.95f
                              : i    ? 0.6f
                                     : 0.72f),
                  w = h * 0.15f;
            path_round_rect(k->c, tx - w, y - tall, 2 * w, tall + w, w);
            paint_gradient(k->c, tx - w, 0, lighter(c, 0.2f), tx + w, 0, darker(c, 0.35f));
            path_ellipse(k->c, tx, y - tall + w * 0.55f, w * 0.6f, w * 0.32f, 0);
            paint_fill(k->c, darker(c, 0.75f));
        }
    }
}

void draw_rock(const struct look *k, float x, float y, float w, uint32_t n, struct rgba c)
{
    float h = w * rnd(k, 1119, n, 0.42f, 0.62f), skew = rnd(k, 1120, n, -0.12f, 0.12f) * w;
    path_move(k->c, x - w * 0.5f, y);
    path_curve(k->c, x - w * 0.52f, y - h * 0.6f, x - w * 0.28f + skew, y - h, x + skew, y - h);
    path_curve(k->c, x + w * 0.30f + skew, y - h, x + w * 0.5f, y - h * 0.45f, x + w * 0.5f, y);
    path_close(k->c);
    paint_gradient(k->c, x - w * 0.25f, y - h, lighter(c, 0.16f), x + w * 0.3f, y,
                   darker(c, 0.55f));
    path_move(k->c, x - w * 0.38f, y - h * 0.42f);
    path_curve(k->c, x - w * 0.30f, y - h * 0.8f, x - w * 0.12f + skew, y - h * 0.92f,
               x + w * 0.05f + skew, y - h * 0.88f);
    path_curve(k->c, x - w * 0.08f + skew, y - h * 0.72f, x - w * 0.22f, y - h * 0.66f,
               x - w * 0.38f, y - h * 0.42f);
    path_close(k->c);
    paint_fill(k->c, fade(lighter(c, 0.35f), 0.7f));
}
