/* The evaluation: figures of known shapes, and the judge on pictures of the world. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "generator/eval/facts.h"
#include "generator/eval/frechet.h"
#include "generator/eval/judge.h"
#include "generator/eval/longer.h"
#include "generator/eval/scene.h"
#include "generator/rng.h"
#include "tests/tap.h"

enum { POSES = 32, EDGE = 32, ROWS = 48, COLUMNS = 112, CELLS = 7 };

static float plate[3 * ROWS * COLUMNS], actor[POSES * 4 * EDGE * EDGE], camera[3 * POSES],
    path[4 * POSES];

static struct compose_layers layers_of_tests(void)
{
    return (struct compose_layers){.plate = plate,
                                   .plate_columns = COLUMNS,
                                   .plate_rows = ROWS,
                                   .plate_width = 14.0 / 6,
                                   .camera = camera,
                                   .actor = {actor, path, EDGE},
                                   .poses = POSES,
                                   .poses_per_second = 12};
}

static void test_fall(void)
{
    struct compose_layers l = layers_of_tests();
    struct fall f;
    for (int i = 0; i < POSES; i++) { /* up and down again from pose 6, then into the water */
        double t = (i - 6) / 12.0;
        path[POSES + i] = (float)(t < 0     ? 0.5
                                  : t < 1.2 ? 0.5 - 0.6 * t + 0.5 * 1.25 * t * t
                                            : 0.68 + 0.01 * t);
    }
    facts_fall(&l, &f);
    ok(f.found && fabs(f.acceleration - 1.25) < 1e-3 && f.residual < 1e-4 && f.r2 > 0.9999,
       "a diver's gravity is found: %g, off by %g", f.acceleration, f.residual);
    for (int i = 0; i < POSES; i++)
        path[POSES + i] = 0.5f + 0.01f * (float)i;
    facts_fall(&l, &f);
    ok(!f.found, "one who only goes down is no diver");
}

static void test_facts(void)
{
    struct compose_layers l = layers_of_tests();
    struct facts f;
    for (int i = 0; i < 3 * ROWS * COLUMNS; i++)
        plate[i] = (float)(i % COLUMNS) / COLUMNS + (float)(i / COLUMNS % ROWS) / ROWS;
    for (int i = 0; i < POSES * 4 * EDGE * EDGE; i++)
        actor[i] = (float[]){0.5f, 0.25f, 0, 0.5f}[i / (EDGE * EDGE) % 4];
    facts_measure(&l, CELLS, &f);
    ok(fabs(f.seam - 1) < 0.01, "a smooth plate has no seam: %g", f.seam);
    ok(fabs(f.red - 1) < 1e-6 && fabs(f.green - 0.5) < 1e-6 && f.blue == 0 &&
           fabs(f.cover - 0.5) < 1e-6,
       "the actor's colour, not premultiplied");
    ok(f.change == 0 && f.camera_shake == 0, "what stands still does not change");
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < ROWS; y++)
            for (int x = 0; x < COLUMNS; x++)
                plate[(c * ROWS + y) * COLUMNS + x] += 0.1f * (float)((x / 16 + y / 16) % 2);
    memset(actor, 0, 4 * EDGE * EDGE * sizeof *actor);
    for (int i = 0; i < POSES; i++)
        camera[i] = 0.01f * (float)(i % 2);
    facts_measure(&l, CELLS, &f);
    ok(f.seam > 2, "cells of two brightnesses show: %g", f.seam);
    ok(f.change > 0.01, "an actor that appears has changed: %g", f.change);
    ok(fabs(f.camera_shake - 20) < 1e-3, "a camera that trembles: %g", f.camera_shake);
}

/* A blue sky with yellow discs in it, and a white cloud. */
static void test_discs(void)
{
    enum { TALL = 192, LONG = 448 };
    static const struct {
        double x, y;
        float colour[3];
    } disc[] = {{100, 40, {1, 0.9f, 0.3f}}, {300, 60, {1, 0.9f, 0.3f}}, {200, 40, {1, 1, 1}}};
    static float sky[3 * TALL * LONG];
    struct compose_layers l = {.plate = sky, .plate_rows = TALL, .plate_columns = LONG};
    for (int suns = 0; suns <= 2; suns++) {
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < TALL; y++)
                for (int x = 0; x < LONG; x++) {
                    float *p = &sky[(c * TALL + y) * LONG + x];
                    *p = (float[]){-0.2f, 0.3f, 0.9f}[c];
                    for (int k = 0; k < 3; k++)
                        if ((k < suns || k == 2) && hypot(x - disc[k].x, y - disc[k].y) < 14)
                            *p = disc[k].colour[c];
                }
        is_int(facts_discs(&l), suns, "%d suns and a cloud in the sky", suns);
    }
}

static void test_short(void)
{
    whelk_error err = {0};
    struct compose_layers l = layers_of_tests();
    struct glimpse *g = malloc(sizeof *g);
    l.poses = 16;
    ok(!glimpse_take(&l, g, &err) && err.code == WHELK_EUSAGE, "a shot of few poses is refused: %s",
       err.text);
    free(g);
}

static void test_frechet(void)
{
    enum { N = 20000, DIM = 4 };
    float *a = malloc(N * DIM * sizeof *a), *b = malloc(N * DIM * sizeof *b);
    rng_normal(1, 0, a, N * DIM);
    rng_normal(2, 0, b, N * DIM);
    ok(frechet_distance(a, N, a, N, DIM) < 1e-6, "a crowd is like itself");
    double same = frechet_distance(a, N, b, N, DIM);
    ok(same < 0.01, "and like another of its kind: %g", same);
    for (int i = 0; i < N * DIM; i++)
        b[i] = 3 * b[i] + (i % DIM == 0 ? 5 : 0);
    /* means 5 apart in one number; deviations 1 and 3: (3 - 1)^2 in each of four */
    double d = frechet_distance(a, N, b, N, DIM);
    ok(fabs(d - (25 + 4 * 4)) < 0.6, "means and deviations both count: %g", d);
    free(a);
    free(b);
}

/* Named right among `count` scenes of the world, by attribute. */
static bool look_at_world(const struct judge *j, struct scenes *scenes, int *right, int *asked,
                          whelk_error *err)
{
    struct scene s = {0};
    struct glimpse *g = malloc(sizeof *g);
    struct verdict v;
    while (scenes_next(scenes, &s, err)) {
        if (!glimpse_take(&s.layers, g, err) || !judge_look(j, g, &v, err))
            break;
        for (int i = 0; i < judge_attributes(j); i++) {
            const struct judge_attribute *a = judge_attribute(j, i);
            bool counts = s.slot[a->slot] < a->count - a->none;
            asked[i] += counts;
            right[i] += counts && v.value[i] == s.slot[a->slot];
        }
    }
    scene_release(&s);
    free(g);
    return err->code == 0;
}

static void test_judge(void)
{
    static const struct {
        const char *name;
        int at_least; /* percent: below what it reaches, far above chance */
    } expected[] = {
        {"subject", 75}, {"place", 85}, {"time", 85}, {"action_crop", 60}, {"camera", 60}};
    whelk_error err = {0};
    int right[JUDGE_ATTRIBUTES] = {0}, asked[JUDGE_ATTRIBUTES] = {0};
    struct judge *j = judge_open("generator/eval/judge.safetensors", &err);
    struct scenes_options o = {.worldgen = "build/worldgen", .seed = 424242, .count = 40};
    struct scenes *scenes = j ? scenes_open(&o, &err) : NULL;
    ok(scenes && look_at_world(j, scenes, right, asked, &err), "the judge looks at 40 scenes %s",
       err.text);
    for (size_t k = 0; scenes && k < sizeof expected / sizeof *expected; k++)
        for (int i = 0; i < judge_attributes(j); i++)
            if (!strcmp(judge_attribute(j, i)->name, expected[k].name))
                ok(100 * right[i] >= expected[k].at_least * asked[i], "and names the %s: %d of %d",
                   expected[k].name, right[i], asked[i]);
    scenes_close(scenes);
    judge_close(j);
    ok(!judge_open("generator/weights/whelk-mini.safetensors", &err) && err.code == WHELK_EFAIL,
       "other weights are no judge: %s", err.text);
}

/* The actor of a scene after it was spoiled: opaque or not, and how much of its own place it keeps.
 */
static void test_spoil(void)
{
    static const char *const names[] = {"left alone", "erased", "smeared", "shuffled"};
    whelk_error err = {0};
    for (int how = SPOIL_NOT; how < SPOIL_KINDS; how++) {
        struct scenes_options o = {
            .worldgen = "build/worldgen", .seed = 5, .count = 1, .only = "--slot subject=cat"};
        struct scenes *scenes = scenes_open(&o, &err);
        struct scene s = {0};
        struct facts before, after;
        if (!scenes || !scenes_next(scenes, &s, &err)) {
            ok(false, "a scene comes: %s", err.text);
            break;
        }
        long n = (long)s.layers.poses * 4 * s.layers.actor.edge * s.layers.actor.edge;
        float *copy = malloc((size_t)n * sizeof *copy);
        memcpy(copy, s.actor, (size_t)n * sizeof *copy);
        facts_measure(&s.layers, 14, &before);
        scene_spoil(&s, (enum spoil)how, 3);
        facts_measure(&s.layers, 14, &after);
        double moved = 0;
        for (long i = 0; i < n; i++)
            moved += fabsf(copy[i] - s.actor[i]);
        bool good = how == SPOIL_NOT     ? moved == 0
                    : how == SPOIL_ERASE ? after.cover == 0
                    : how == SPOIL_SMEAR ? moved > 0 && after.cover > 0.5 * before.cover
                                         : moved > 0 && fabs(after.cover - before.cover) < 1e-6;
        ok(good, "an actor %s", names[how]);
        free(copy);
        scene_release(&s);
        scenes_close(scenes);
    }
}

/* There and back again: pose i of a shot of two parts is one of a clip's. */
static int there_and_back(int i)
{
    return i < 32 ? i : 62 - i;
}

static float *turned_path(const float *from, int coords)
{
    float *out = malloc(60 * (size_t)coords * sizeof *out);
    for (int c = 0; c < coords; c++)
        for (int i = 0; i < 60; i++)
            out[c * 60 + i] = from[c * 32 + there_and_back(i)];
    return out;
}

static float *turned_pictures(const struct compose_sprite *s)
{
    long size = 4L * s->edge * s->edge;
    float *out = malloc(60 * (size_t)size * sizeof *out);
    for (int i = 0; i < 60; i++)
        memcpy(out + i * size, s->pictures + there_and_back(i) * size, (size_t)size * sizeof *out);
    return out;
}

static void test_longer(void)
{
    whelk_error err = {0};
    struct judge *j = judge_open("generator/eval/judge.safetensors", &err);
    struct scenes_options o = {.worldgen = "build/worldgen",
                               .seed = 8,
                               .count = 1,
                               .only =
                                   "--slot action=walk --slot company=alone --slot camera=static"};
    struct scenes *scenes = j ? scenes_open(&o, &err) : NULL;
    struct scene s = {0};
    if (!scenes || !scenes_next(scenes, &s, &err)) {
        ok(false, "a scene comes: %s", err.text);
        judge_close(j);
        return;
    }
    struct compose_layers l = s.layers;
    float *window = turned_path(l.camera, 3), *way = turned_path(l.actor.path, 4),
          *drawn = turned_pictures(&l.actor);
    l.poses = 60;
    l.camera = window;
    l.actor.path = way;
    l.actor.pictures = drawn;
    l.effect.pictures = NULL;
    struct longer smooth = {0}, jolted = {0};
    ok(longer_add(&smooth, j, s.slot, &l, 32, 4, 14, &err), "a shot of two parts is looked at %s",
       err.text);
    is_int(smooth.part[0].count + smooth.part[1].count, 2, "each part by itself");
    is_int(smooth.made_join.count, 1, "it has one join");
    double usual = smooth.made_else.picture / smooth.made_else.count;
    ok(smooth.made_join.picture < 3 * usual, "which does not show in the actor's picture");
    for (int i = 32; i < 60; i++)
        way[i] += .3f;
    memset(drawn + 32L * 4 * l.actor.edge * l.actor.edge, 0,
           28L * 4 * (size_t)l.actor.edge * (size_t)l.actor.edge * sizeof *drawn);
    longer_add(&jolted, j, s.slot, &l, 32, 4, 14, &err);
    ok(jolted.made_join.way > smooth.made_join.way + .2, "an actor put elsewhere is felt");
    ok(jolted.made_join.picture > 5 * usual, "and one that is gone is missed");
    longer_free(&smooth);
    longer_free(&jolted);
    free(window);
    free(way);
    free(drawn);
    scene_release(&s);
    scenes_close(scenes);
    judge_close(j);
}

int main(void)
{
    test_fall();
    test_facts();
    test_discs();
    test_short();
    test_frechet();
    test_judge();
    test_spoil();
    test_longer();
    return done_testing();
}
