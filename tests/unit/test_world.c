/* The training world's pictures: the rasteriser covers what geometry says, the stage lies where it
 * is painted, every possible scene shows its actor, hours, weathers and styles differ, an actor
 * keeps its looks, and a stream's records have the promised size and are the same every time.
 * WORLD_HASH=1 in the environment prints a hash of a few clips, to compare two builds. */
#include "../tap.h"
#include "../../generator/train/world/clip.h"

#include <stdlib.h>

#define PI 3.14159265f

static const struct rgba white = {1, 1, 1, 1}, black = {0, 0, 0, 1}, clear = {0, 0, 0, 0};

/* --- raster ---------------------------------------------------------------------------------- */

static double covered(struct canvas *c, int width, int height)
{
    const uint8_t *p = canvas_pixels(c);
    double sum = 0;
    for (int i = 0; i < width * height; i++)
        sum += p[i * 4 + 3] / 255.0;
    return sum;
}

static double fill_and_measure(struct canvas *c)
{
    paint_fill(c, white);
    double area = covered(c, 64, 64);
    canvas_clear(c, clear);
    return area;
}

static void test_areas(void)
{
    struct canvas *c = canvas_new(64, 64);
    canvas_view(c, 0, 0, 64);
    path_rect(c, 10.25f / 64, 7.5f / 64, 20.5f / 64, 30.25f / 64);
    is_near(fill_and_measure(c), 20.5 * 30.25, 0.5, "a rectangle off the pixel grid has its area");
    path_ellipse(c, 0.5f, 0.5f, 0.3f, 0.2f, 0.7f);
    is_near(fill_and_measure(c), PI * 0.3 * 0.2 * 64 * 64, 8, "a turned ellipse has its area");
    path_ellipse(c, 0.4f, 0.5f, 0.2f, 0.2f, 0);
    path_move(c, 0.4f, 0.3f);
    path_line(c, 0.4f, 0.7f);
    path_line(c, 0.8f, 0.7f);
    path_line(c, 0.8f, 0.3f);
    path_close(c);
    is_near(fill_and_measure(c), (PI * 0.02 + 0.16) * 4096, 8,
            "parts that turn opposite ways are united");
    path_ellipse(c, 0.5f, 0.5f, 0.25f, 0.25f, 0);
    canvas_clip_below(c, 0.5f);
    is_near(fill_and_measure(c), PI * 0.0625 / 2 * 4096, 4, "a clip leaves the upper half");
    canvas_no_clip(c);
    path_rect(c, -3, 0.5f, 9, 9);
    is_near(fill_and_measure(c), 2048, 0.5, "what lies beyond the canvas is cut off");
    canvas_free(c);
}

static void test_strokes(void)
{
    struct canvas *c = canvas_new(64, 64);
    canvas_view(c, 0, 0, 64);
    path_move(c, 0.25f, 0.5f);
    path_line(c, 0.75f, 0.5f);
    paint_stroke(c, 0.1f, white);
    is_near(covered(c, 64, 64), (0.5 * 0.1 + PI * 0.0025) * 4096, 4, "a stroke has round caps");
    canvas_clear(c, clear);
    path_move(c, 0.2f, 0.5f);
    path_curve(c, 0.2f, 0.1f, 0.8f, 0.1f, 0.8f, 0.5f);
    paint_stroke(c, 0.12f, (struct rgba){1, 1, 1, 0.5f});
    const uint8_t *p = canvas_pixels(c);
    int most = 0;
    for (int i = 0; i < 64 * 64; i++)
        most = p[i * 4 + 3] > most ? p[i * 4 + 3] : most;
    ok(most == 127 || most == 128, "a translucent stroke does not pile up at its joints (%d)",
       most);
    canvas_free(c);
}

static void test_colours(void)
{
    struct canvas *c = canvas_new(64, 64);
    const uint8_t *p = canvas_pixels(c);
    canvas_view(c, 0, 0, 64);
    path_rect(c, 0, 0, 1, 1);
    paint_gradient(c, 0, 0, black, 1, 0, white);
    is_near(p[(32 * 64 + 32) * 4], 129, 2, "a gradient is half way in the middle");
    is_near(p[(5 * 64 + 63) * 4], 253, 2, "and done at its end");
    const float half[3] = {0.5f, 0.5f, 0.5f}, add[3] = {0.1f, 0, 0};
    canvas_tint(c, half, add);
    path_rect(c, 0, 0, 1, 1);
    paint_fill(c, (struct rgba){1, 1, 1, 0.5f});
    is_near(p[(32 * 64 + 32) * 4], 0.5 * 129 + 0.5 * 0.6 * 255, 2,
            "a tinted, translucent colour is laid over");
    is_int(p[(32 * 64 + 32) * 4 + 3], 255, "over what is opaque it stays opaque");
    canvas_free(c);
}

static void test_matrix(void)
{
    struct canvas *c = canvas_new(64, 64);
    canvas_view(c, 0, 0, 64);
    canvas_save(c);
    canvas_translate(c, 0.5f, 0.5f);
    canvas_rotate(c, PI / 2);
    path_rect(c, 0, -0.05f, 0.4f, 0.1f); /* to the right, so after a clockwise turn: down */
    paint_fill(c, white);
    canvas_restore(c);
    const uint8_t *p = canvas_pixels(c);
    ok(p[(50 * 64 + 32) * 4 + 3] == 255 && p[(14 * 64 + 32) * 4 + 3] == 0,
       "a turn by a right angle goes clockwise");
    canvas_free(c);
}

/* --- places ---------------------------------------------------------------------------------- */

static const uint8_t *plate_at(const struct clip *clip, float x, float y)
{
    int px = (int)(x * PLATE_H), py = (int)(y * PLATE_H);
    return clip->plate + ((size_t)py * PLATE_W + (size_t)px) * 3;
}

static void test_water(struct clip *clip)
{
    static const int wet[3] = {POOL, BEACH, MOUNTAINS};
    for (int i = 0; i < 3; i++) {
        int blue = 0, all = 0;
        for (uint64_t seed = 0; seed < 6; seed++) {
            struct scene s = {.seed = seed,
                              .slot = {[SLOT_PLACE] = wet[i], [SLOT_DIRECTION] = (int)(seed & 1)}};
            s.slot[SLOT_ACTION] = SIT;
            clip_render_scene(clip, &s);
            float x0 = fmaxf(clip->stage.water_x0, 0) + 0.06f,
                  x1 = fminf(clip->stage.water_x1, PLATE_WIDTH) - 0.06f;
            for (int j = 0; j < 20; j++, all++) {
                const uint8_t *p =
                    plate_at(clip, x0 + (x1 - x0) * (float)j / 20, clip->stage.water_y + 0.02f);
                blue += p[2] > p[0] + 20;
            }
        }
        ok(blue > 0.8 * all, "%s: water is blue where the stage has it (%d of %d)",
           slot_value(SLOT_PLACE, wet[i]), blue, all);
    }
}

static void test_board(void)
{
    for (int dir = 0; dir < 2; dir++) {
        struct scene s = {.seed = 5, .slot = {[SLOT_PLACE] = POOL, [SLOT_DIRECTION] = dir}};
        struct stage st;
        place_stage(&s, &st);
        is_int(st.board_dir, dir == TO_RIGHT ? 1 : -1, "the board points where the diver goes");
        ok(st.water_x0 < st.board_x && st.board_x < st.water_x1, "its tip is over water");
        ok(st.board_y > 0.40f && st.board_y < 0.52f && st.water_y - st.board_y > 0.25f,
           "and high above it");
        struct canvas *c = canvas_new(896, 384);
        canvas_view(c, 0, 0, 384);
        place_draw(&s, c);
        int x = (int)((st.board_x - 0.03f * (float)st.board_dir) * 384),
            y = (int)((st.board_y + 0.019f) * 384);
        const uint8_t *p = canvas_pixels(c) + (size_t)(y * 896 + x) * 4;
        ok(p[2] > p[0] + 50, "the board is painted where the stage says (%d %d %d)", p[0], p[1],
           p[2]);
        canvas_free(c);
    }
}

static double mean_difference(const uint8_t *a, const uint8_t *b, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += abs(a[i] - b[i]);
    return sum / (double)size;
}

static void test_scales(struct clip *small)
{
    struct clip large;
    static uint8_t boxed[PLATE_W * PLATE_H * 3];
    clip_init(&large, 4, 2);
    clip_render(&large, clip_seed(3, 1));
    clip_render(small, clip_seed(3, 1));
    for (int y = 0; y < PLATE_H; y++)
        for (int x = 0; x < PLATE_W * 3; x++) {
            int sum = 0;
            for (int k = 0; k < 16; k++)
                sum += large.plate[(size_t)(y * 4 + k / 4) * PLATE_W * 12 +
                                   (size_t)(x / 3 * 4 + k % 4) * 3 + (size_t)(x % 3)];
            boxed[y * PLATE_W * 3 + x] = (uint8_t)((sum + 8) / 16);
        }
    double d = mean_difference(boxed, small->plate, sizeof boxed);
    ok(d < 0.6, "the small plate is the box average of the large one (%.3f levels apart)", d);
    clip_release(&large);
}

/* --- clips ----------------------------------------------------------------------------------- */

struct crop_facts {
    int shown, rim, wrong;
}; /* poses with something in them; stray rim; colour > alpha */

static struct crop_facts look_at_crops(const uint8_t *rgba, int n)
{
    struct crop_facts f = {0, 0, 0};
    for (int i = 0; i < POSES; i++) {
        long sum = 0;
        for (int j = 0; j < n * n; j++) {
            const uint8_t *p = rgba + ((size_t)i * n * n + (size_t)j) * 4;
            int x = j % n, y = j / n;
            sum += p[3];
            f.wrong += p[0] > p[3] + 1 || p[1] > p[3] + 1 || p[2] > p[3] + 1;
            f.rim += (x == 0 || y == 0 || x == n - 1 || y == n - 1) && p[3] > 40;
        }
        f.shown += sum > 255L * n * n / 60;
    }
    return f;
}

static void test_every_scene(struct clip *clip)
{
    int scenes = 0, hidden = 0, rim = 0, wrong = 0, splashes = 0, dives = 0;
    for (int n = 0; n < SUBJECT_COUNT * ACTION_COUNT * PLACE_COUNT; n++) {
        struct scene s = {.seed = (uint64_t)n * 77 + 1, .slot = {n / (ACTION_COUNT * PLACE_COUNT)}};
        s.slot[SLOT_ACTION] = n / PLACE_COUNT % ACTION_COUNT;
        s.slot[SLOT_PLACE] = n % PLACE_COUNT;
        s.slot[SLOT_TIME] = n % TIME_COUNT;
        s.slot[SLOT_COLOUR] = n % COLOUR_COUNT;
        s.slot[SLOT_STYLE] = n / 3 % STYLE_COUNT;
        s.slot[SLOT_MARK] = n / 5 % MARK_COUNT;
        s.slot[SLOT_WEATHER] = n / 7 % WEATHER_COUNT;
        s.slot[SLOT_DIRECTION] = n & 1;
        s.slot[SLOT_SIZE] = n / 2 % SIZE_COUNT;
        if (!scene_possible(s.slot))
            continue;
        clip_render_scene(clip, &s);
        struct crop_facts actor = look_at_crops(clip->actor, ACTOR_N),
                          effect = look_at_crops(clip->effect, EFFECT_N);
        scenes++;
        hidden += actor.shown < (s.slot[SLOT_ACTION] == DIVE ? 20 : POSES);
        rim += actor.rim > 0;
        wrong += actor.wrong + effect.wrong;
        dives += s.slot[SLOT_ACTION] == DIVE;
        splashes += s.slot[SLOT_ACTION] == DIVE && effect.shown > 4 && effect.shown < 28;
    }
    ok(scenes > 150, "%d subjects in action in their places", scenes);
    is_int(hidden, 0, "each shows its actor");
    is_int(rim, 0, "no actor is cut by its crop");
    is_int(wrong, 0, "colours are premultiplied");
    is_int(splashes, dives, "each of %d dives splashes, and not before it enters", dives);
}

/* --- weather, style, identity ----------------------------------------------------------------- */

/* What comes next begins with the very pictures that the first part ends with. */
static void test_goes_on(struct clip *clip)
{
    size_t size = ACTOR_N * ACTOR_N * 4, group = GROUP * size,
           other = GROUP * EFFECT_N * EFFECT_N * 4;
    uint8_t *last = malloc(group + other);
    int scenes = 0, actors = 0, effects = 0, paths = 0;
    for (uint64_t i = 0; i < 60; i++) {
        struct scene s;
        float path[3][4 * POSES];
        scene_sample(&s, clip_seed(9, i));
        if (s.slot[SLOT_PART] != NEXT)
            continue;
        s.slot[SLOT_PART] = FIRST;
        clip_render_scene(clip, &s);
        memcpy(last, clip->actor + (POSES - GROUP) * size, group);
        memcpy(last + group, clip->effect + (POSES - GROUP) * (other / GROUP), other);
        memcpy(path[0], clip->camera, sizeof clip->camera);
        memcpy(path[1], clip->actor_path, sizeof path[1]);
        memcpy(path[2], clip->effect_path, sizeof path[2]);
        s.slot[SLOT_PART] = NEXT;
        clip_render_scene(clip, &s);
        scenes++;
        actors += mean_difference(last, clip->actor, group) > .1;
        effects += mean_difference(last + group, clip->effect, other) > .1;
        for (int k = 0; k < 3 + 4 + 4; k++)
            for (int j = 0; j < GROUP; j++) {
                int layer = k < 3   ? 0
                            : k < 7 ? 1
                                    : 2,
                    at = (k < 3   ? k
                          : k < 7 ? k - 3
                                  : k - 7) *
                         POSES;
                const float *now = layer == 0   ? clip->camera
                                   : layer == 1 ? clip->actor_path
                                                : clip->effect_path;
                paths += fabsf(path[layer][at + POSES - GROUP + j] - now[at + j]) > 1e-5f;
            }
    }
    ok(scenes > 8, "%d scenes go on", scenes);
    is_int(actors, 0, "the actor as it was");
    is_int(effects, 0, "and its effect");
    is_int(paths, 0, "all where they were");
    free(last);
}

static void test_falling(struct clip *clip)
{
    for (int weather = RAIN; weather <= SNOWFALL; weather++) {
        struct scene s = {.seed = 3, .slot = {DOG, SIT, MEADOW, [SLOT_WEATHER] = weather}};
        size_t size = EFFECT_N * EFFECT_N * 4, loop = weather == RAIN ? 4 : 14;
        clip_render_scene(clip, &s);
        ok(memcmp(clip->effect, clip->effect + loop * size, size) == 0,
           "%s falls in a loop of %zu poses", slot_value(SLOT_WEATHER, weather), loop);
        double moved = mean_difference(clip->effect, clip->effect + loop / 2 * size, size);
        ok(moved > 4, "and moves within it (%.1f levels)", moved);
        s.slot[SLOT_PLACE] = ROOM;
        clip_render_scene(clip, &s);
        is_int(look_at_crops(clip->effect, EFFECT_N).shown, 0, "but not in a room");
    }
}

static void test_plates_differ(struct clip *clip, enum slot slot)
{
    static uint8_t first[8][PLATE_W * PLATE_H * 3];
    double least = 255;
    for (int v = 0; v < slot_count(slot); v++) {
        struct scene s = {.seed = 8, .slot = {CAT, SIT, MEADOW}};
        s.slot[slot] = v;
        clip_render_scene(clip, &s);
        memcpy(first[v], clip->plate, sizeof first[v]);
        for (int w = 0; w < v; w++)
            least = fmin(least, mean_difference(first[v], first[w], sizeof first[v]));
    }
    ok(least > 5, "no %s's place looks like another's (%.1f levels apart at least)",
       slot_name(slot), least);
}

static void mean_colour(const struct clip *clip, double rgb[3])
{
    double alpha = 0;
    memset(rgb, 0, 3 * sizeof *rgb);
    for (size_t i = 0; i < POSES * ACTOR_N * ACTOR_N; i++) {
        for (int k = 0; k < 3; k++)
            rgb[k] += clip->actor[i * 4 + (size_t)k];
        alpha += clip->actor[i * 4 + 3];
    }
    for (int k = 0; k < 3; k++)
        rgb[k] *= 255 / alpha;
}

/* Over the seeds an actor of one colour and mark keeps its looks; another mark changes them. */
static void test_identity(struct clip *clip)
{
    static const int who[][2] = {
        {CAT, WALK}, {CHILD, WALK}, {HORSE, WALK}, {ELEPHANT, WALK}, {RABBIT, RUN}};
    for (size_t i = 0; i < sizeof who / sizeof who[0]; i++) {
        double of[MARK_COUNT][3], within = 0, between = 255;
        for (int mark = 0; mark < MARK_COUNT; mark++)
            for (uint64_t seed = 0; seed < 5; seed++) {
                struct scene s = {.seed = seed * 11,
                                  .slot = {who[i][0], who[i][1], MEADOW, DAY, BLUE}};
                double rgb[3], apart = 0;
                s.slot[SLOT_MARK] = mark;
                clip_render_scene(clip, &s);
                mean_colour(clip, seed ? rgb : of[mark]);
                for (int k = 0; k < 3; k++)
                    apart = fmax(apart, seed ? fabs(rgb[k] - of[mark][k]) : 0);
                within = fmax(within, apart);
            }
        for (int a = 0; a < MARK_COUNT; a++)
            for (int b = 0; b < a; b++) {
                double apart = 0;
                for (int k = 0; k < 3; k++)
                    apart = fmax(apart, fabs(of[a][k] - of[b][k]));
                between = fmin(between, apart);
            }
        ok(within < 4, "one %s looks the same under every seed (mean colour within %.1f levels)",
           slot_value(SLOT_SUBJECT, who[i][0]), within);
        ok(between > 0.3, "and not like one of another mark (%.1f levels)", between);
    }
}

static size_t record(struct clip *clip, uint64_t seed, uint8_t *out, size_t room)
{
    FILE *f = tmpfile();
    clip_render(clip, seed);
    bool good = f && clip_write(clip, f);
    rewind(f);
    size_t n = good ? fread(out, 1, room, f) : 0;
    fclose(f);
    return n;
}

static uint64_t hash(const uint8_t *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static void test_record(struct clip *clip)
{
    size_t room = 2u << 20, fixed = PLATE_W * PLATE_H * 3 +
                                    POSES * (ACTOR_N * ACTOR_N + EFFECT_N * EFFECT_N) * 4 +
                                    11 * POSES * sizeof(float);
    uint8_t *a = malloc(room), *b = malloc(room);
    uint32_t head[2];
    size_t n = record(clip, clip_seed(9, 4), a, room);
    memcpy(head, a, sizeof head);
    ok(n > 8 && head[0] == CLIP_MAGIC, "a record begins with its magic number");
    is_int(n, 8 + head[1] + fixed, "and is as long as its parts");
    ok(a[8] == '{' && a[8 + head[1] - 1] == '}', "its JSON is an object");
    record(clip, clip_seed(9, 5), b, room);
    ok(hash(a, n) != hash(b, n), "the next clip differs");
    size_t again = record(clip, clip_seed(9, 4), b, room);
    ok(again == n && memcmp(a, b, n) == 0, "the same seed gives the same bytes");
    for (uint64_t i = 0; getenv("WORLD_HASH") && i < 4; i++) {
        n = record(clip, clip_seed(1, i), a, room);
        printf("# clip %d: %016llx\n", (int)i, (unsigned long long)hash(a, n));
    }
    free(a);
    free(b);
}

int main(void)
{
    struct clip clip;
    clip_init(&clip, 1, 1);
    test_areas();
    test_strokes();
    test_colours();
    test_matrix();
    test_water(&clip);
    test_board();
    test_scales(&clip);
    test_every_scene(&clip);
    test_goes_on(&clip);
    test_falling(&clip);
    test_plates_differ(&clip, SLOT_STYLE);
    test_plates_differ(&clip, SLOT_WEATHER);
    test_plates_differ(&clip, SLOT_TIME);
    test_identity(&clip);
    test_record(&clip);
    clip_release(&clip);
    return done_testing();
}
