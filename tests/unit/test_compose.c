/* The compositor: pixels where they belong to fractions of a pixel, fast kernels against plain
 * ones, bands without seams, every ratio inside the plate. */
#include "../tap.h"

#include <stdlib.h>

#include "../../generator/compose_in.h"
#include "../../generator/resample.h"

enum { PW = 224, PH = 96, POSES = 8, EDGE = 32, SMALL = 16 };

static float plate[3 * PW * PH], camera[3 * POSES], actor[POSES * 4 * EDGE * EDGE],
    effect[POSES * 4 * SMALL * SMALL];
static float actor_path[4 * POSES], effect_path[4 * POSES];
static uint32_t seed = 1;

static float noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / 16777216.0f;
}

static struct compose_layers layers(void)
{
    return (struct compose_layers){.plate = plate,
                                   .plate_columns = PW,
                                   .plate_rows = PH,
                                   .plate_width = 14.0 / 6.0,
                                   .camera = camera,
                                   .actor = {actor, actor_path, EDGE},
                                   .effect = {effect, effect_path, SMALL},
                                   .poses = POSES,
                                   .poses_per_second = 12};
}

/* A window at rest, nothing but the plate. */
static void set_scene(float cx, float cy, float h)
{
    memset(actor, 0, sizeof actor);
    memset(effect, 0, sizeof effect);
    for (int i = 0; i < POSES; i++) {
        camera[i] = cx;
        camera[POSES + i] = cy;
        camera[2 * POSES + i] = logf(h);
        for (int k = 0; k < 4; k++) {
            actor_path[k * POSES + i] = k == 0 ? cx : k == 1 ? 0.5f : k == 2 ? 0.4f : 9;
            effect_path[k * POSES + i] = k == 0 ? cx : k == 1 ? 0.5f : k == 2 ? 0.3f : 0;
        }
    }
}

static void random_scene(void)
{
    set_scene(1.1f, 0.52f, 0.7f);
    for (int i = 0; i < 3 * PW * PH; i++)
        plate[i] = noise() * 2 - 1;
    for (int i = 0; i < POSES; i++) {
        camera[i] += 0.03f * (float)i;
        camera[2 * POSES + i] -= 0.02f * (float)i;
        actor_path[i] += 0.04f * (float)i;
        actor_path[3 * POSES + i] = 0.8f;
        for (int k = 0; k < 4 * EDGE * EDGE; k++) {
            int x = k % EDGE, y = k / EDGE % EDGE, in = x > 5 && x < 26 && y > 5 && y < 26;
            actor[i * 4 * EDGE * EDGE + k] =
                in ? (k / EDGE / EDGE == 3 ? 1 : noise()) * (0.5f + 0.5f * noise()) : 0;
        }
        for (int k = 0; k < 4 * SMALL * SMALL; k++)
            effect[i * 4 * SMALL * SMALL + k] = 0.3f * noise();
    }
}

struct picture {
    int width, height;
    struct clip_planes planes;
};

static struct picture picture_new(int width, int height)
{
    struct picture p = {width, height, {{0}, {width, width / 2, width / 2}}};
    for (int k = 0; k < 3; k++)
        p.planes.data[k] = calloc((size_t)width * (size_t)height, 1);
    return p;
}

static void picture_free(struct picture *p)
{
    for (int k = 0; k < 3; k++)
        free(p->planes.data[k]);
}

static int largest_difference(const struct picture *a, const struct picture *b)
{
    int worst = 0;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < (a->width >> (k > 0)) * (a->height >> (k > 0)); i++) {
            int d = abs(a->planes.data[k][i] - b->planes.data[k][i]);
            worst = d > worst ? d : worst;
        }
    return worst;
}

/* Draws frame i in bands of `band` rows, the last one first. */
static struct picture draw(const struct compose_options *o, int i, int band)
{
    struct compose_layers l = layers();
    struct picture p = picture_new(o->width, o->height);
    struct compose *c = compose_new(&l, o, NULL);
    struct compose_scratch *s = c ? compose_scratch_new(c, NULL) : NULL;
    for (int y = (o->height - 1) / band * band; s && y >= 0; y -= band)
        compose_draw(c, s, i, y, y + band < o->height ? y + band : o->height, p.planes);
    compose_scratch_free(s);
    compose_free(c);
    return p;
}

static void kernels_agree_and_bands_join(void)
{
    static const int sizes[][2] = {{320, 180}, {180, 320}, {200, 200}, {478, 200},
                                   {16, 16},   {64, 48},   {642, 362}, {1280, 720}};
    random_scene();
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        struct compose_options o = {.width = sizes[n][0],
                                    .height = sizes[n][1],
                                    .frames = 12,
                                    .fps = 24},
                               plain = o;
        plain.plain = true;
        struct picture a = draw(&o, 5, o.height), b = draw(&plain, 5, o.height),
                       c = draw(&o, 5, 14);
        ok(largest_difference(&a, &b) <= 1, "%dx%d: fast and plain kernels agree (%d)", o.width,
           o.height, largest_difference(&a, &b));
        is_int(largest_difference(&a, &c), 0, "%dx%d: bands of 14 rows join without a seam",
               o.width, o.height);
        picture_free(&a);
        picture_free(&b);
        picture_free(&c);
    }
}

/* 157 wide, so that no vector ends where a row does. */
enum { PACKED_W = 157, PACKED_H = 90 };

struct packed {
    struct compose *c;
    struct compose_scratch *s;
};

static struct packed packed_new(struct compose_options o, enum compose_packing packing)
{
    struct compose_layers l = layers();
    o.width = PACKED_W;
    o.height = PACKED_H;
    o.frames = 12;
    o.fps = 24;
    o.packing = packing;
    o.space = packing == COMPOSE_AYUV ? ROW_BT709 : ROW_RGB;
    struct packed p = {.c = compose_new(&l, &o, NULL)};
    p.s = p.c ? compose_scratch_new(p.c, NULL) : NULL;
    return p;
}

static void packed_draw(struct packed *p, int i, enum compose_packing packing,
                        enum compose_base base, uint8_t *out)
{
    if (p->s)
        compose_draw_packed(p->c, p->s, i, NULL, base, out,
                            PACKED_W * (packing == COMPOSE_RGB ? 3 : 4));
}

static void packed_free(struct packed *p)
{
    compose_scratch_free(p->s);
    compose_free(p->c);
}

static void draw_packed(enum compose_packing packing, enum compose_base base, bool plain,
                        uint8_t *out)
{
    struct packed p = packed_new((struct compose_options){.plain = plain}, packing);
    packed_draw(&p, 5, packing, base, out);
    packed_free(&p);
}

/* The plate of a window that never moves is drawn once, and is the same in every frame. */
static void packed_plates_are_kept(void)
{
    static uint8_t kept[PACKED_W * PACKED_H * 4], fresh[PACKED_W * PACKED_H * 4];
    bool still = true, same = true, moved = false;
    random_scene();
    for (int i = 0; i < 3 * POSES; i++)
        camera[i] = camera[i / POSES * POSES];
    for (int packing = COMPOSE_RGB; packing <= COMPOSE_AYUV; packing++) {
        enum compose_packing as = (enum compose_packing)packing;
        struct compose_options any = {0};
        struct packed a = packed_new(any, as), b = packed_new(any, as);
        still = still && compose_is_still(a.c);
        packed_draw(&a, 3, as, COMPOSE_ON_PLATE, kept);
        memcpy(fresh, kept, sizeof kept);
        packed_draw(&a, 9, as, COMPOSE_ON_PLATE, kept);
        moved = moved || memcmp(fresh, kept, sizeof kept) != 0;
        packed_draw(&b, 9, as, COMPOSE_ON_PLATE, fresh);
        same = same && memcmp(fresh, kept, sizeof kept) == 0;
        packed_free(&a);
        packed_free(&b);
    }
    ok(still && moved, "before a camera at rest the actor moves, packed");
    ok(same, "on a kept plate a frame is what it is alone, packed");
}

static void packed_kernels_agree(void)
{
    static uint8_t fast[PACKED_W * PACKED_H * 4], plain[PACKED_W * PACKED_H * 4];
    int worst = 0, drawn = 0;
    random_scene();
    for (int packing = COMPOSE_RGB; packing <= COMPOSE_AYUV; packing++)
        for (int base = COMPOSE_ON_PLATE; base <= COMPOSE_ON_PICTURE; base++) {
            for (size_t i = 0; i < sizeof fast; i++)
                fast[i] = plain[i] = (uint8_t)(i * 37 >> 3);
            draw_packed((enum compose_packing)packing, (enum compose_base)base, false, fast);
            draw_packed((enum compose_packing)packing, (enum compose_base)base, true, plain);
            for (size_t i = 0; i < sizeof fast; i++) {
                worst = worst > abs(fast[i] - plain[i]) ? worst : abs(fast[i] - plain[i]);
                drawn += fast[i] != (uint8_t)(i * 37 >> 3);
            }
        }
    ok(drawn > 6 * PACKED_W * PACKED_H, "packed pixels are drawn on every base");
    ok(worst <= 1, "packed pixels: fast and plain kernels agree on every base (%d)", worst);
}

enum kernels { PLAIN, NARROW, AS_WIDE_AS_CAN_BE };

/* The plate in rows of `stride` bytes. */
static void draw_plate(enum compose_packing packing, int width, int height, enum kernels kernels,
                       uint8_t *out, int stride)
{
    struct compose_layers l = layers();
    struct compose_options o = {.width = width,
                                .height = height,
                                .frames = 12,
                                .fps = 24,
                                .plain = kernels == PLAIN,
                                .packing = packing,
                                .space = packing == COMPOSE_AYUV ? ROW_BT709 : ROW_RGB,
                                .plate_only = true};
    struct compose *c = compose_new(&l, &o, NULL);
    struct compose_scratch *s = c ? compose_scratch_new(c, NULL) : NULL;
    if (s && kernels == NARROW)
        s->across.wide = s->down.wide = false;
    if (s)
        compose_draw_packed(c, s, 5, NULL, COMPOSE_ON_PLATE, out, stride);
    compose_scratch_free(s);
    compose_free(c);
}

/* In sizes that end within a register, and that are made of more than four rows. */
static void packed_plates_agree(void)
{
    enum { MOST = 700 * 400 * 4 };
    static const int sizes[][2] = {{157, 90}, {640, 362}, {50, 31}, {33, 180}, {96, 20}};
    static uint8_t made[3][MOST];
    random_scene();
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++)
        for (int p = COMPOSE_RGB; p <= COMPOSE_AYUV; p++) {
            int width = sizes[n][0], height = sizes[n][1], row = width * (p == COMPOSE_RGB ? 3 : 4);
            int stride = row + 7, beyond = 0;
            memset(made, 0xa5, sizeof made);
            for (int k = PLAIN; k <= AS_WIDE_AS_CAN_BE; k++)
                draw_plate((enum compose_packing)p, width, height, (enum kernels)k, made[k],
                           stride);
            for (int i = 0; i < MOST; i++)
                beyond += (i >= stride * height || i % stride >= row) && made[2][i] != 0xa5;
            ok(memcmp(made[PLAIN], made[NARROW], MOST) == 0 &&
                   memcmp(made[PLAIN], made[AS_WIDE_AS_CAN_BE], MOST) == 0 && beyond == 0,
               "the plate, %dx%d, packing %d: all kernels give the same bytes, and none beyond a "
               "row's end (%d)",
               width, height, p, beyond);
        }
}

static void windows_fit(void)
{
    static const int sizes[][2] = {{1280, 720}, {720, 1280}, {720, 720}, {1720, 720}, {4096, 256}};
    random_scene();
    for (int i = 0; i < POSES; i++) {
        camera[i] = 0.2f + 0.3f * (float)i;
        camera[2 * POSES + i] = logf(1.1f - 0.1f * (float)i);
    }
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        struct compose_layers l = layers();
        struct compose_options o = {
            .width = sizes[n][0], .height = sizes[n][1], .frames = 16, .fps = 24};
        struct compose *c = compose_new(&l, &o, NULL);
        bool inside = c != NULL, ratio = inside;
        for (int i = 0; inside && i < o.frames; i++) {
            struct compose_window w = compose_window_at(c, i);
            inside = w.x >= -1e-9 && w.y >= -1e-9 && w.x + w.width <= 14.0 / 6 + 1e-9 &&
                     w.y + w.height <= 1 + 1e-9;
            ratio = ratio && fabs(w.width / w.height - (double)o.width / o.height) < 1e-6;
        }
        ok(inside, "%dx%d: the window stays inside the plate", o.width, o.height);
        ok(ratio, "%dx%d: the window has the film's ratio", o.width, o.height);
        compose_free(c);
    }
}

/* A film higher than wide keeps the actor in its window. */
static void narrow_window_follows(void)
{
    set_scene(1.1f, 0.5f, 0.8f);
    for (int i = 0; i < POSES; i++)
        actor_path[i] = 0.6f + 0.14f * (float)i;
    struct compose_layers l = layers();
    struct compose_options o = {.width = 180, .height = 320, .frames = 16, .fps = 24};
    struct compose *c = compose_new(&l, &o, NULL);
    bool in = true;
    for (int i = 0; i < 14; i++) {
        struct compose_window w = compose_window_at(c, i);
        double x = 0.6 + 0.14 * i / 2;
        in = in && x > w.x && x < w.x + w.width;
    }
    ok(in, "9:16: the actor stays inside the window");
    ok(!compose_is_still(c), "9:16: the window moves with it");
    compose_free(c);
}

/* A ramp resampled by a cubic is a ramp: every pixel's brightness tells where in the plate it was
 * taken. */
static void sub_pixels(void)
{
    set_scene(1.1f, 0.5f, 0.5f);
    for (int k = 0; k < 3; k++)
        for (int y = 0; y < PH; y++)
            for (int x = 0; x < PW; x++)
                plate[(k * PH + y) * PW + x] = 2 * ((float)x + 0.5f) / PW - 1;
    for (int i = 0; i < POSES; i++)
        camera[i] = 0.8f + 0.0737f * (float)i;
    struct compose_layers l = layers();
    struct compose_options o = {.width = 640, .height = 360, .frames = 14, .fps = 24};
    struct compose *c = compose_new(&l, &o, NULL);
    struct picture p = draw(&o, 7, 360);
    struct compose_window w = compose_window_at(c, 7);
    is_near(w.x + w.width / 2, 0.8 + 0.0737 * 3.5, 2e-4,
            "the window is where the path is between two poses");
    double worst = 0, chroma = 0;
    for (int y = 0; y < 360; y += 7)
        for (int x = 0; x < 640; x++) {
            double at = (w.x + (x + 0.5) / 640 * w.width) / (14.0 / 6);
            worst = fmax(worst, fabs(16 + 219 * at - p.planes.data[0][y * 640 + x]));
            chroma = fmax(chroma, abs(p.planes.data[1][y / 2 * 320 + x / 2] - 128));
        }
    /* half a level for rounding to bytes, a twentieth for that to 16 bits */
    ok(worst <= 0.55, "every pixel is taken where it belongs (worst %.3f levels)", worst);
    ok(chroma == 0, "grey stays grey");
    picture_free(&p);
    compose_free(c);
}

/* A red disc, placed at fractions of a pixel on a black plate: its centre of brightness is
 * measured. */
static void disc(float red)
{
    set_scene(1.1f, 0.5f, 0.5f);
    for (int i = 0; i < 3 * PW * PH; i++)
        plate[i] = -1;
    for (int i = 0; i < POSES; i++)
        for (int y = 0; y < EDGE; y++)
            for (int x = 0; x < EDGE; x++) {
                double d = hypot(x - 15.5, y - 15.5);
                float a = (float)fmin(1, fmax(0, 9.5 - d));
                actor[((i * 4 + 0) * EDGE + y) * EDGE + x] = a * red;
                actor[((i * 4 + 3) * EDGE + y) * EDGE + x] = a;
            }
}

static void sprite_in_sub_pixels(void)
{
    double worst = 0;
    for (int n = 0; n < 7; n++) {
        disc(1);
        for (int i = 0; i < POSES; i++) {
            actor_path[i] = 1.1f + 0.0002f * (float)n;
            actor_path[POSES + i] = 0.5f - 0.0003f * (float)n;
        }
        struct compose_options o = {.width = 640, .height = 360, .frames = 2, .fps = 24};
        struct picture p = draw(&o, 0, 360);
        double sum = 0, x_sum = 0, y_sum = 0;
        for (int y = 0; y < 360; y++)
            for (int x = 0; x < 640; x++) {
                double v = p.planes.data[0][y * 640 + x] - 16;
                sum += v;
                x_sum += v * (x + 0.5);
                y_sum += v * (y + 0.5);
            }
        worst = fmax(worst, fabs(x_sum / sum - (320 + 0.0002 * n * 720)));
        worst = fmax(worst, fabs(y_sum / sum - (180 - 0.0003 * n * 720)));
        picture_free(&p);
    }
    ok(worst < 0.03, "the actor stands where its path says, to fractions of a pixel (worst %.4f)",
       worst);
    disc(1);
    struct compose_options o = {.width = 640, .height = 360, .frames = 2, .fps = 24};
    struct picture p = draw(&o, 0, 360);
    int at = 180 * 640 + 320, half = 90 * 320 + 160;
    ok(abs(p.planes.data[0][at] - 63) <= 1 && abs(p.planes.data[1][half] - 102) <= 1 &&
           abs(p.planes.data[2][half] - 240) <= 1,
       "its red is bt709's red: %d %d %d", p.planes.data[0][at], p.planes.data[1][half],
       p.planes.data[2][half]);
    is_int(p.planes.data[0][5 * 640 + 5], 16, "black beside it is black");
    picture_free(&p);
}

static void poses_are_held(void)
{
    disc(1);
    for (int k = 0; k < EDGE * EDGE; k++) /* pose 1 is blue */
        actor[(4 + 2) * EDGE * EDGE + k] = actor[4 * EDGE * EDGE + k],
                                      actor[4 * EDGE * EDGE + k] = 0;
    struct compose_options o = {.width = 64, .height = 36, .frames = 6, .fps = 24};
    int blue[5];
    for (int i = 0; i < 5; i++) {
        struct picture p = draw(&o, i, 36);
        blue[i] = p.planes.data[1][9 * 32 + 16] > 200;
        picture_free(&p);
    }
    ok(!blue[0] && !blue[1] && blue[2] && blue[3] && !blue[4],
       "at 24 a second each drawing stands for two frames");
}

static void specks_are_dropped(void)
{
    struct compose_options o = {.width = 640, .height = 360, .frames = 2, .fps = 24};
    disc(1);
    struct picture clean = draw(&o, 0, 360);
    for (int i = 0; i < POSES; i++)
        for (int k = 0; k < 4; k += 3)
            actor[((i * 4 + k) * EDGE + 2) * EDGE + 3] = 1;
    struct picture speck = draw(&o, 0, 360);
    is_int(largest_difference(&clean, &speck), 0, "a speck beside the actor is not drawn");
    for (int i = 0; i < POSES; i++)
        for (int k = 0; k < 4; k += 3)
            for (int y = 1; y < 5; y++)
                for (int x = 1; x < 6; x++)
                    actor[((i * 4 + k) * EDGE + y) * EDGE + x] = 1;
    struct picture part = draw(&o, 0, 360);
    ok(largest_difference(&clean, &part) > 30, "a larger piece is");
    picture_free(&clean);
    picture_free(&speck);
    picture_free(&part);
}

static void actor_is_kept_in_view(void)
{
    struct compose_layers l = layers();
    struct compose_options o = {.width = 640, .height = 360, .frames = 16, .fps = 24};
    disc(1);
    struct compose *c = compose_new(&l, &o, NULL);
    double before = compose_window_at(c, 0).x;
    compose_free(c);
    for (int i = 0; i < POSES; i++)
        actor_path[i] += 0.1f;
    c = compose_new(&l, &o, NULL);
    is_near(compose_window_at(c, 0).x, before, 1e-6,
            "a window that has the actor in view is left where it is");
    compose_free(c);
    for (int i = 0; i < POSES; i++)
        actor_path[i] += 0.6f;
    c = compose_new(&l, &o, NULL);
    struct compose_window w = compose_window_at(c, 0);
    ok(1.8 > w.x + 0.05 && 1.8 < w.x + w.width - 0.05,
       "one that has lost it is moved until it has it");
    compose_free(c);
}

static void shadows(void)
{
    struct compose_layers l = layers();
    disc(1);
    for (int i = 0; i < 3 * PW * PH; i++)
        plate[i] = 0.5f;
    struct compose_options o = {.width = 640, .height = 360, .frames = 2, .fps = 24};
    struct picture none = draw(&o, 0, 360);
    for (int i = 0; i < POSES; i++)
        actor_path[3 * POSES + i] = 0.5f + 0.4f * (25.0f / EDGE - 0.5f); /* at its feet */
    struct compose *c = compose_new(&l, &o, NULL);
    struct compose_shadow on = compose_shadow_at(c, 0);
    struct picture some = draw(&o, 0, 360);
    ok(on.darkness > 0.3 && fabs(on.x - 1.1) < 0.02,
       "an actor that stands throws a shadow under itself");
    int x = 320, y = (int)((on.y - 0.25) * 720);
    int edge = (int)((on.x - 1.1 + on.rx * 0.7) * 720) + x;
    ok(some.planes.data[0][y * 640 + edge] < none.planes.data[0][y * 640 + edge] - 4,
       "the ground is darker there");
    ok(some.planes.data[0][100 * 640 + 50] == none.planes.data[0][100 * 640 + 50],
       "and nowhere else");
    compose_free(c);
    for (int i = 0; i < POSES; i++)
        actor_path[3 * POSES + i] += 0.2f;
    c = compose_new(&l, &o, NULL);
    ok(compose_shadow_at(c, 0).darkness < on.darkness / 2, "high above the ground it is faint");
    compose_free(c);
    picture_free(&none);
    picture_free(&some);
}

/* A dark disc, the actor, and a bright one, the guest, whose feet are `lower`: luma where both are,
 * and where each is alone. packed: of the frame as RGB. */
static void two_discs(float lower, bool packed, int out[3])
{
    static float guest[POSES * 4 * EDGE * EDGE], guest_path[4 * POSES];
    enum { W = 320, H = 180 };
    static uint8_t rgb[W * H * 3];
    disc(1);
    memcpy(guest, actor, sizeof guest);
    for (int i = 0; i < POSES * 4 * EDGE * EDGE; i++)
        if (i / (EDGE * EDGE) % 4 < 3)
            actor[i] *= 0.2f;
    memcpy(guest_path, actor_path, sizeof guest_path);
    for (int i = 0; i < POSES; i++) {
        actor_path[i] = 1.05f;
        guest_path[i] = 1.15f;
        guest_path[POSES + i] += lower;
    }
    struct compose_layers l = layers();
    struct compose_options o = {.width = W, .height = H, .frames = 2, .fps = 24};
    o.packing = packed ? COMPOSE_RGB : COMPOSE_PLANES;
    o.space = packed ? ROW_RGB : ROW_BT709;
    l.guests[0].actor = (struct compose_sprite){guest, guest_path, EDGE};
    l.guest_count = 1;
    struct compose *c = compose_new(&l, &o, NULL);
    struct compose_scratch *s = compose_scratch_new(c, NULL);
    struct picture p = picture_new(W, H);
    if (packed)
        compose_draw_packed(c, s, 0, NULL, COMPOSE_ON_PLATE, rgb, W * 3);
    else
        compose_draw(c, s, 0, 0, H, p.planes);
    struct compose_window w = compose_window_at(c, 0);
    const double at[3] = {1.1, 0.97, 1.23};
    for (int k = 0; k < 3; k++) {
        int x = (int)((at[k] - w.x) / w.width * W), y = (int)((0.5 - w.y) / w.height * H);
        out[k] = packed ? rgb[(y * W + x) * 3] : p.planes.data[0][y * W + x];
    }
    compose_scratch_free(s);
    compose_free(c);
    picture_free(&p);
}

static void whoever_is_nearer(void)
{
    for (int packed = 0; packed < 2; packed++) {
        int behind[3], before[3];
        two_discs(-0.01f, packed, behind);
        two_discs(0.01f, packed, before);
        const char *how = packed ? "packed" : "planes";
        ok(behind[1] + 30 < behind[2], "%s: both are drawn (%d, %d)", how, behind[1], behind[2]);
        ok(abs(behind[0] - behind[1]) < 4, "%s: a guest whose feet are higher is behind (%d)", how,
           behind[0]);
        ok(abs(before[0] - before[2]) < 4, "%s: one whose feet are lower is before (%d)", how,
           before[0]);
    }
}

static void absent_layers(void)
{
    random_scene();
    memset(actor, 0, sizeof actor);
    memset(effect, 0, sizeof effect);
    struct compose_options o = {.width = 320, .height = 180, .frames = 4, .fps = 24};
    struct compose_layers l = layers();
    l.actor.pictures = l.effect.pictures = NULL;
    struct compose *c = compose_new(&l, &o, NULL);
    struct compose_scratch *s = compose_scratch_new(c, NULL);
    struct picture with = draw(&o, 3, 180), without = picture_new(320, 180);
    compose_draw(c, s, 3, 0, 180, without.planes);
    is_int(largest_difference(&with, &without), 0,
           "a transparent actor and none at all are the same pixels");
    compose_scratch_free(s);
    compose_free(c);
    picture_free(&with);
    picture_free(&without);
}

static void resampling(void)
{
    static float in[400], fast[512], slow[512];
    double worst = 0, sums = 0;
    for (int i = 0; i < 400; i++)
        in[i] = noise();
    for (int n = 0; n < 60; n++) {
        struct resample_axis a = {0};
        int from = 40 + (int)(noise() * 300), to = 1 + (int)(noise() * 480);
        double step = 0.05 + 4 * pow(noise(), 3), origin = (noise() - 0.2) * from;
        if (!resample_axis_room(&a, to, 400))
            return;
        resample_axis_set(&a, from, origin, step, to, n % 2 / 3.0);
        resample_row(&a, in, fast);
        resample_row_plain(&a, in, slow);
        for (int i = 0; i < to; i++) {
            double sum = 0;
            for (int k = 0; k < a.taps; k++)
                sum += resample_weight(&a, i, k);
            worst = fmax(worst, fabs(fast[i] - slow[i]));
            sums = fmax(sums, fabs(sum - 1));
        }
        resample_axis_release(&a);
    }
    ok(worst < 1e-5, "rows: fast and plain agree over random tables (%g)", worst);
    ok(sums < 1e-5, "weights of a sample add up to 1 (%g)", sums);
}

/* Numbers of the size that the compositor has, through both kinds of resampling and kernels. */
static void resampling_in_16_bits(void)
{
    static int16_t in[400 + RESAMPLE16_PAD], rows[64][512], fast[1024], slow[512];
    static float exact_in[400 + RESAMPLE_PAD], exact[512];
    static uint8_t fast_bytes[512], slow_bytes[512];
    const int16_t *taps[64];
    int differ = 0, sums = 0;
    double worst = 0;
    for (int i = 0; i < 400; i++)
        exact_in[i] = in[i] = (int16_t)(noise() * 255 * 64);
    for (int i = 0; i < 64 * 512; i++)
        rows[i / 512][i % 512] = (int16_t)(noise() * 255 * 64);
    for (int n = 0; n < 200; n++) {
        struct resample16 a = {0};
        struct resample_axis f = {0};
        int from = 3 + (int)(noise() * 397), to = 1 + (int)(noise() * 480);
        double step = 0.05 + 4 * pow(noise(), 3), origin = (noise() - 0.2) * from;
        if (n % 4 == 0) /* whole samples, so that some weights are 1 */
            step = 0.5, origin = 0.25;
        if (!resample16_room(&a, to, 400) || !resample_axis_room(&f, to, 400))
            return;
        resample16_set(&a, from, origin, step, to, n % 2 / 3.0);
        resample_axis_set(&f, from, origin, step, to, n % 2 / 3.0);
        const int16_t *const planes[2] = {in, in};
        resample16_rows_plain(&a, planes, 1, slow, 0);
        const bool near16 = a.near16;
        for (int wide = 0; wide < 2; wide++) {
            a.near16 = near16 && wide;
            resample16_rows(&a, planes, 2, fast, 512);
            for (int i = 0; i < to; i++)
                differ += fast[i] != slow[i] || fast[512 + i] != slow[i];
        }
        resample_row(&f, exact_in, exact);
        for (int i = 0; i < to; i++) {
            int sum = 0;
            bool fits = true; /* beyond an edge a weight may be above 1 */
            for (int k = 0; k < a.taps; k++)
                sum += a.weight[resample16_at(&a, i, k)];
            for (int k = 0; k < f.taps; k++)
                fits = fits && resample_weight(&f, i, k) <= 1;
            sums += sum != 32768;
            if (fits)
                worst = fmax(worst, fabs(fast[i] - exact[i]) / 64);
        }
        for (int k = 0; k < a.taps; k++)
            taps[k] = rows[k];
        resample16_column(&a, to / 2, taps, fast, to);
        resample16_column_plain(&a, to / 2, taps, slow, to);
        resample16_bytes(&a, to / 2, taps, fast_bytes, to, 16, 235);
        resample16_bytes_plain(&a, to / 2, taps, slow_bytes, to, 16, 235);
        for (int i = 0; i < to; i++)
            differ += fast[i] != slow[i] || fast_bytes[i] != slow_bytes[i];
        resample16_release(&a);
        resample_axis_release(&f);
    }
    is_int(differ, 0, "in 16 bits fast and plain kernels give the same numbers");
    is_int(sums, 0, "weights in 16 bits add up to 1 exactly");
    ok(worst < 0.05, "a row in 16 bits is within a twentieth of a level of one in floats (%g)",
       worst);
}

int main(void)
{
    resampling();
    resampling_in_16_bits();
    kernels_agree_and_bands_join();
    packed_kernels_agree();
    packed_plates_agree();
    packed_plates_are_kept();
    windows_fit();
    narrow_window_follows();
    sub_pixels();
    sprite_in_sub_pixels();
    poses_are_held();
    specks_are_dropped();
    actor_is_kept_in_view();
    shadows();
    whoever_is_nearer();
    absent_layers();
    return done_testing();
}
