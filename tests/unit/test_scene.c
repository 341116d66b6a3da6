/* The training world's scenes: slots, captions and card agree; falls obey gravity; windows stay
 * inside the plate, move smoothly and keep the actor in view; the crop holds every pixel of the
 * actor. */
#include "../tap.h"
#include "../../generator/train/world/motion.h"

#include <ctype.h>
#include <stdlib.h>

#define SCENES 500
#define CROP 48
#define SCENES_HASH 0xaa41c635c766f17eu /* test_seeds_are_kept */

static uint64_t seed_of(int i)
{
    return (uint64_t)i * 0x9e3779b97f4a7c15u + 12345;
}

static char vocabulary[1024][16];
static size_t vocabulary_count;

static bool known_word(const char *word, size_t length)
{
    for (size_t i = 0; i < vocabulary_count; i++)
        if (strlen(vocabulary[i]) == length && !memcmp(vocabulary[i], word, length))
            return true;
    return false;
}

static int unknown_words(const char *text)
{
    int unknown = 0;
    while (*text) {
        size_t length = 0;
        while (islower((unsigned char)text[length]) || isdigit((unsigned char)text[length]))
            length++;
        unknown += length && !known_word(text, length);
        text += length ? length : 1;
    }
    return unknown;
}

static void test_slots_and_captions(void)
{
    int bad_slots = 0, impossible = 0, empty = 0, unknown = 0, seen[SLOT_COUNT][32] = {{0}};
    vocabulary_count = scene_vocabulary(vocabulary, 1024);
    ok(vocabulary_count > 250 && vocabulary_count <= 500, "%zu words in the vocabulary",
       vocabulary_count);
    for (int i = 0; i < 4000; i++) {
        struct scene s;
        char text[256];
        scene_sample(&s, seed_of(i));
        for (int k = 0; k < SLOT_COUNT; k++) {
            bool fits = s.slot[k] >= 0 && s.slot[k] < slot_count((enum slot)k);
            bool unset = k >= SLOT_SUBJECT2 && s.slot[SLOT_COMPANY] == ALONE &&
                         s.slot[k] == slot_count((enum slot)k);
            bad_slots += !fits && !unset;
            if (fits)
                seen[k][s.slot[k]]++;
        }
        impossible += !scene_possible(s.slot);
        scene_caption(&s, text, sizeof text);
        empty += strlen(text) < 8;
        unknown += unknown_words(text);
    }
    is_int(bad_slots, 0, "every sampled slot is in range");
    is_int(impossible, 0, "every sampled scene is possible");
    is_int(empty, 0, "every caption says something");
    is_int(unknown, 0, "every word of a caption is in the vocabulary");
    int rare = 0;
    for (int k = 0; k < SLOT_COUNT; k++)
        for (int v = 0; v < slot_count((enum slot)k); v++)
            rare += k < SLOT_SUBJECT2 ? seen[k][v] < 40 : k > SLOT_SUBJECT2 && seen[k][v] < 20;
    is_int(rare, 0, "every value comes up in at least one scene of a hundred");
    int flying_cat[SLOT_COUNT] = {CAT, FLY, MEADOW}, diving_cat[SLOT_COUNT] = {CAT, DIVE, POOL};
    ok(!scene_possible(flying_cat) && scene_possible(diving_cat), "cats dive and do not fly");
}

/* Pairs kept out of training, so that one can test how a model puts together what it knows. */
static void test_held_out(void)
{
    int leaked = 0, missed = 0, impossible = 0, met[64] = {0}, pairs = 0, never = 0;
    enum slot slots[2];
    int values[2];
    for (int i = 0; i < 4000; i++) {
        struct scene s;
        scene_sample(&s, seed_of(i));
        leaked += scene_held_out(s.slot);
        scene_sample_held(&s, seed_of(i));
        missed += !scene_held_out(s.slot);
        impossible += !scene_possible(s.slot);
        for (pairs = 0; scene_held_pair((size_t)pairs, slots, values); pairs++)
            met[pairs] += s.slot[slots[0]] == values[0] && s.slot[slots[1]] == values[1];
    }
    for (int i = 0; i < pairs; i++)
        never += !met[i];
    is_int(leaked, 0, "no sampled scene has a held-out pair");
    is_int(missed, 0, "every held-out scene has one");
    is_int(impossible, 0, "and is possible");
    ok(pairs >= 10 && never == 0, "each of the %d pairs comes up", pairs);
}

/* Whoever changes what a seed stands for makes latents and held-out clips of before void: not by
 * accident. */
static void test_seeds_are_kept(void)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (int i = 0; i < 500; i++) {
        struct scene s;
        char text[256];
        scene_sample(&s, seed_of(i));
        scene_caption(&s, text, sizeof text);
        for (int k = 0; k < SLOT_COUNT; k++)
            h = (h ^ (uint64_t)s.slot[k]) * 0x100000001b3u;
        for (const char *p = text; *p; p++)
            h = (h ^ (uint8_t)*p) * 0x100000001b3u;
    }
    ok(h == SCENES_HASH, "a seed stands for the scene and caption it always had (%016llx)",
       (unsigned long long)h);
}

/* The second actor does what it can, in front of the one who follows, and two of a kind differ. */
static void test_pairs(void)
{
    int pairs = 0, impossible = 0, alike = 0, wrong_side = 0, met = 0, passes = 0,
        partners[SUBJECT_COUNT] = {0}, kinds = 0;
    for (int i = 0; i < 4000; i++) {
        struct scene s, second;
        struct stage st;
        struct plan a, b;
        struct pose pa, pb;
        scene_sample(&s, seed_of(i));
        place_stage(&s, &st);
        plan_clip(&s, &st, &a);
        if (!plan_companion(&s, &st, &a, &second, &b))
            continue;
        pairs++;
        partners[second.slot[SLOT_SUBJECT]]++;
        impossible += !scene_possible(second.slot);
        alike += second.slot[SLOT_SUBJECT] == s.slot[SLOT_SUBJECT] &&
                 second.slot[SLOT_COLOUR] == s.slot[SLOT_COLOUR];
        float sides[2];
        for (int k = 0; k < 2; k++) {
            float t = k ? CLIP_SECONDS : 0;
            plan_pose(&s, &a, &st, t, &pa);
            plan_pose(&second, &b, &st, t, &pb);
            sides[k] = (pb.x - pa.x) * a.dir;
        }
        if (s.slot[SLOT_COMPANY] == PASSES) {
            passes++;
            met += sides[0] > 0 && sides[1] < 0;
        } else {
            wrong_side += sides[0] <= 0 || sides[1] <= 0;
        }
    }
    for (int i = 0; i < SUBJECT_COUNT; i++)
        kinds += partners[i] > 0;
    ok(pairs > 400 && kinds > 11, "two meet in %d scenes of 4000, %d kinds of second", pairs,
       kinds);
    is_int(impossible, 0, "the second can do there what it does");
    is_int(alike, 0, "two of a kind have different colours");
    is_int(wrong_side, 0, "whoever is followed or sat with is ahead");
    is_int(met, passes, "each of %d who pass has the other before it, then behind", passes);
}

static void test_short_caption_buffer(void)
{
    struct scene s;
    char text[12] = "XXXXXXXXXXX";
    scene_sample(&s, 7);
    scene_caption(&s, text, 8);
    ok(strlen(text) <= 7 && text[8] == 'X', "a short buffer cuts the caption and is not overrun");
}

/* Largest deviation of the second difference of y from GRAVITY, over moments wholly in the air. */
static double gravity_error(int subject, int action, int place, int *moments)
{
    double worst = 0;
    const double dt = .02;
    for (int i = 0; i < 60; i++) {
        struct scene s = {
            .seed = seed_of(i),
            .slot = {subject, action, place, DAY, RED, i % 2, i % 3, i % CAMERA_COUNT}};
        struct stage st;
        struct pose a, b, c;
        place_stage(&s, &st);
        for (double t = dt; t < 2.6; t += dt) {
            actor_pose(&s, &st, (float)(t - dt), &a);
            actor_pose(&s, &st, (float)t, &b);
            actor_pose(&s, &st, (float)(t + dt), &c);
            if (actor_stance(&s, &st, (float)(t - dt - .001)) != IN_AIR ||
                actor_stance(&s, &st, (float)(t + dt)) != IN_AIR ||
                (action == DIVE && c.effect >= 0))
                continue;
            double g = ((double)a.y - 2 * (double)b.y + (double)c.y) / (dt * dt);
            worst = fmax(worst, fabs(g - (double)GRAVITY));
            ++*moments;
        }
    }
    return worst;
}

static void test_ballistics(void)
{
    int moments = 0;
    /* 1 % of GRAVITY, and 0.004 for the rounding of float y's over dt * dt */
    double limit = .01 * (double)GRAVITY + .004;
    double error = gravity_error(CAT, JUMP, MEADOW, &moments);
    ok(error < limit && moments > 500, "a jump falls under gravity (%d moments)", moments);
    moments = 0;
    error = gravity_error(CAT, DIVE, POOL, &moments);
    ok(error < limit && moments > 500, "a dive falls under gravity (%d moments)", moments);
    moments = 0;
    error = gravity_error(CHILD, DIVE, POOL, &moments);
    ok(error < limit && moments > 500, "so does a child's (%d moments)", moments);
}

static void test_no_sliding(void)
{
    struct scene s = {.seed = 5, .slot = {CAT, WALK, MEADOW, DAY, RED, TO_LEFT, WIDE, STATIC}};
    struct stage st;
    struct pose a, b;
    place_stage(&s, &st);
    actor_pose(&s, &st, .5f, &a);
    actor_pose(&s, &st, 1.5f, &b);
    double strides = (double)(b.phase - a.phase) / 6.2831853;
    is_near(fabs((double)(b.x - a.x)) / strides, .74 * (double)actor_size(&s), 1e-3,
            "one stride of the legs is one stride of the way");
    ok(b.x < a.x, "and to the left is to the left");
}

struct tally {
    int outside_plate, jerks, crop_jerks, seen, poses, cut;
};

static bool inside_window(const struct scene *s, const struct pose *p, const float w[3],
                          float facing)
{
    struct extent e = actor_extent(s);
    float length = actor_size(s), half = .5f * w[2] * 16 / 9;
    float back = (facing > 0 ? e.back : e.front) * length,
          front = (facing > 0 ? e.front : e.back) * length;
    return p->x - back >= w[0] - half && p->x + front <= w[0] + half &&
           p->y - e.up * length >= w[1] - .5f * w[2] &&
           (s->slot[SLOT_ACTION] == DIVE || p->y + e.down * length <= w[1] + .5f * w[2]);
}

/* Any paint in the outermost row or column of the crop? */
static bool crop_cuts(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    float crop[3];
    actor_crop(s, st, t, crop);
    canvas_view(c, crop[0] - .5f * crop[2], crop[1] - .5f * crop[2], CROP / crop[2]);
    canvas_clear(c, (struct rgba){0, 0, 0, 0});
    actor_draw(s, st, t, c);
    const uint8_t *p = canvas_pixels(c);
    for (int i = 0; i < CROP; i++)
        if (p[4 * i + 3] | p[4 * (i + CROP * (CROP - 1)) + 3] | p[4 * i * CROP + 3] |
            p[4 * (i * CROP + CROP - 1) + 3])
            return true;
    return false;
}

static void tally_scene(const struct scene *s, struct canvas *c, struct tally *n)
{
    struct stage st;
    float w[POSES][3], crop[POSES][3];
    struct pose pose;
    place_stage(s, &st);
    for (int i = 0; i < POSES; i++) {
        float t = pose_time(s, i);
        camera_window(s, &st, t, w[i]);
        actor_crop(s, &st, t, crop[i]);
        actor_pose(s, &st, t, &pose);
        float half = .5f * w[i][2] * 16 / 9;
        n->outside_plate += w[i][0] < half - 1e-4f || w[i][0] > PLATE_WIDTH - half + 1e-4f ||
                            w[i][1] < .5f * w[i][2] - 1e-4f || w[i][1] > 1 - .5f * w[i][2] + 1e-4f;
        bool in = inside_window(s, &pose, w[i], actor_facing(s, &st) * pose.face);
        n->seen += in;
        n->poses++;
        if (i % 4 == 0 && crop_cuts(s, &st, t, c)) {
            if (n->cut++ < 8)
                printf("# cut: %s %s pose %d seed %llu\n", slot_value(SLOT_SUBJECT, s->slot[0]),
                       slot_value(SLOT_ACTION, s->slot[1]), i, (unsigned long long)s->seed);
        }
    }
    /* a camera that follows one who turns round must turn, too */
    float smooth = s->slot[SLOT_PART] == NEXT ? .017f : .012f;
    for (int i = 1; i + 1 < POSES; i++)
        for (int k = 0; k < 3; k++) {
            n->jerks += fabsf(w[i - 1][k] - 2 * w[i][k] + w[i + 1][k]) > smooth;
            n->crop_jerks += fabsf(crop[i - 1][k] - 2 * crop[i][k] + crop[i + 1][k]) > .09f;
        }
}

/* Whoever crosses the picture has turned round by the end of what comes next, and the camera rests.
 */
static void test_turning_back(void)
{
    int turns = 0, wrong_way = 0, unrest = 0, backwards = 0;
    for (int i = 0; i < SCENES; i++) {
        struct scene s;
        struct stage st;
        struct pose a, b;
        float w[2][3], late = GOING_ON + CLIP_SECONDS;
        scene_sample(&s, seed_of(i));
        if (s.slot[SLOT_PART] != NEXT)
            continue;
        place_stage(&s, &st);
        camera_window(&s, &st, late - .1f, w[0]);
        camera_window(&s, &st, late, w[1]);
        for (int k = 0; k < 3; k++)
            unrest += s.slot[SLOT_CAMERA] != FOLLOW && s.slot[SLOT_SIZE] != CLOSE &&
                      fabsf(w[0][k] - w[1][k]) > .002f;
        actor_pose(&s, &st, late - .5f, &a);
        actor_pose(&s, &st, late, &b);
        if (scene_sequel(s.slot) != TURNS_BACK || s.slot[SLOT_SUBJECT] == BUTTERFLY)
            continue;
        turns++;
        wrong_way += (b.x - a.x) * actor_facing(&s, &st) >= 0;
        backwards += s.slot[SLOT_ACTION] != BOUNCE && s.slot[SLOT_ACTION] != FLOAT && b.face != -1;
    }
    ok(turns > SCENES / 10, "%d scenes go on with a way back", turns);
    is_int(wrong_way, 0, "each of them ends on the way back");
    is_int(backwards, 0, "and nobody goes backwards");
    is_int(unrest, 0, "a camera that does not follow has come to rest");
}

static void test_pace(void)
{
    struct scene s = {.seed = 5, .slot = {CAT, WALK, MEADOW, DAY, RED, TO_LEFT, WIDE, STATIC}};
    struct stage st;
    float way[PACE_COUNT];
    place_stage(&s, &st);
    for (int pace = 0; pace < PACE_COUNT; pace++) {
        struct pose a, b;
        s.slot[SLOT_PACE] = pace;
        actor_pose(&s, &st, .5f, &a);
        actor_pose(&s, &st, 1.5f, &b);
        way[pace] = a.x - b.x;
    }
    ok(way[SLOW] < .7f * way[STEADY] && way[FAST] > 1.3f * way[STEADY],
       "slow is slower than steady, and fast faster (%.2f, %.2f, %.2f a second)", (double)way[SLOW],
       (double)way[STEADY], (double)way[FAST]);
}

static void test_framing(void)
{
    struct tally n = {0};
    struct canvas *c = canvas_new(CROP, CROP);
    for (int i = 0; i < SCENES; i++) {
        struct scene s;
        int before = n.seen, poses = n.poses;
        scene_sample(&s, seed_of(i));
        tally_scene(&s, c, &n);
        if (n.seen - before < (n.poses - poses) * 6 / 10)
            printf("# little seen: %d of %d, %s %s %s %s %s, scene %d\n", n.seen - before,
                   n.poses - poses, slot_value(SLOT_SUBJECT, s.slot[0]),
                   slot_value(SLOT_ACTION, s.slot[1]), slot_value(SLOT_PLACE, s.slot[2]),
                   slot_value(SLOT_SIZE, s.slot[6]), slot_value(SLOT_CAMERA, s.slot[7]), i);
    }
    canvas_free(c);
    is_int(n.outside_plate, 0, "every window lies inside the plate");
    is_int(n.jerks, 0, "the window never jerks");
    is_int(n.crop_jerks, 0, "nor does the crop");
    is_int(n.cut, 0, "no crop cuts its actor");
    double share = (double)n.seen / n.poses;
    ok(share >= .85, "the whole actor is in view in %.1f %% of the poses", 100 * share);
}

int main(void)
{
    test_slots_and_captions();
    test_held_out();
    test_seeds_are_kept();
    test_pairs();
    test_short_caption_buffer();
    test_ballistics();
    test_no_sliding();
    test_turning_back();
    test_pace();
    test_framing();
    return done_testing();
}
