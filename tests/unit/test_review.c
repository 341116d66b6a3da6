/* The review of takes: real takes of the shipped model have nothing wrong with them; the same takes
 * damaged on purpose are each found out by name, and score below the undamaged one. */
#define _DEFAULT_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../generator/clip.h"
#include "../../pipeline/review.h"
#include "../tap.h"

enum { WIDTH = 320, HEIGHT = 180, FPS = 24, FRAMES = 60, SIZE = WIDTH * HEIGHT * 3 };

static char dir[] = "/tmp/whelk-review-XXXXXX";
static whelk_error err;

struct real {
    whelk_shot shot;
    whelk_gen_actor actor, guests[2];
    int guest_count;
    uint8_t *frames; /* FRAMES pictures */
    struct look look;
    struct review review;
};

static char *in_dir(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void judge(const struct real *r, const struct look *look, const struct look *reference,
                  struct review *out)
{
    struct review_asked asked = {.frames = FRAMES,
                                 .model = "whelk-mini",
                                 .shot = &r->shot,
                                 .actor = &r->actor,
                                 .guests = r->guests,
                                 .guest_count = r->guest_count,
                                 .reference = reference};
    review_take(look, &asked, out);
}

static void forget(whelk_shot *shot)
{
    for (int i = 0; i < shot->slot_count; i++) {
        free(shot->slots[i].name);
        free(shot->slots[i].value);
    }
    free(shot->slots);
}

static bool shoot(whelk_generator *g, struct real *r, const char *const *slots, const char *name)
{
    whelk_gen_slot asked[8];
    int n = 0;
    for (; slots[2 * n]; n++) {
        asked[n] = (whelk_gen_slot){slots[2 * n], slots[2 * n + 1]};
        whelk_shot_set_slot(&r->shot, slots[2 * n], slots[2 * n + 1]);
    }
    whelk_gen_request request = {.slots = asked,
                                 .slot_count = n,
                                 .seed = 7,
                                 .width = WIDTH,
                                 .height = HEIGHT,
                                 .fps = FPS,
                                 .seconds = (double)FRAMES / FPS,
                                 .steps = 16};
    whelk_gen_figures f;
    char path[160];
    if (!whelk_gen_take(g, &request, in_dir(name), NULL, &f, &err))
        return false;
    r->actor = f.actor;
    snprintf(path, sizeof path, "%s.mkv", in_dir(name));
    whelk_clip *clip = whelk_clip_open(path, NULL, &err);
    r->frames = malloc((size_t)FRAMES * SIZE);
    for (int i = 0; clip && i < FRAMES; i++)
        whelk_clip_read(clip, r->frames + (size_t)i * SIZE, &err);
    whelk_clip_close(clip);
    if (!look_at_clip(path, 0, NULL, &r->look, &err))
        return false;
    judge(r, &r->look, NULL, &r->review);
    return true;
}

/* RGB into the canvas, bt709 limited; chroma is the mean of four. */
static void paint(struct clip_planes p, const uint8_t *rgb)
{
    static float cb[WIDTH * HEIGHT], cr[WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        float r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
        float y = 0.2126f * r + 0.7152f * g + 0.0722f * b;
        p.data[0][i / WIDTH * p.stride[0] + i % WIDTH] = (uint8_t)(16.5f + y * 219 / 255);
        cb[i] = (b - y) / 1.8556f;
        cr[i] = (r - y) / 1.5748f;
    }
    for (int k = 1; k < 3; k++)
        for (int y = 0; y < HEIGHT / 2; y++)
            for (int x = 0; x < WIDTH / 2; x++) {
                const float *c = (k == 1 ? cb : cr) + 2 * y * WIDTH + 2 * x;
                float mean = (c[0] + c[1] + c[WIDTH] + c[WIDTH + 1]) / 4;
                p.data[k][y * p.stride[k] + x] = (uint8_t)(128.5f + mean * 224 / 255);
            }
}

/* Writes `count` frames and looks at them. */
static void look_at_frames(const uint8_t *frames, int count, struct look *out)
{
    struct clip_format f = {WIDTH, HEIGHT, FPS};
    struct clip_encoder *e = clip_encoder_open(&f, &err);
    struct clip_writer *w = clip_writer_open(in_dir("damaged.mkv"), &f, &err);
    bool good = e && w;
    for (int i = 0; good && i < count; i++) {
        paint(clip_encoder_canvas(e), frames + (size_t)i * SIZE);
        good = clip_encoder_code(e, &err) && clip_writer_add(w, e, &err);
    }
    clip_encoder_close(e);
    good = clip_writer_finish(w, &err) && good &&
           look_at_clip(in_dir("damaged.mkv"), 0, NULL, out, &err);
    if (!good)
        printf("# %s\n", err.text);
}

/* --- Damage ----------------------------------------------------------------------------------- */

static void fill(uint8_t *frames, int from, int to, int value)
{
    memset(frames + (size_t)from * SIZE, value, (size_t)(to - from) * SIZE);
}

static void blur(uint8_t *frame, int radius)
{
    static uint8_t old[SIZE];
    for (int pass = 0; pass < 2; pass++) {
        memcpy(old, frame, SIZE);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                for (int k = 0; k < 3; k++) {
                    int sum = 0, n = 0;
                    for (int d = -radius; d <= radius; d++) {
                        int u = pass ? x : x + d, v = pass ? y + d : y;
                        if (u < 0 || v < 0 || u >= WIDTH || v >= HEIGHT)
                            continue;
                        sum += old[3 * (v * WIDTH + u) + k];
                        n++;
                    }
                    frame[3 * (y * WIDTH + x) + k] = (uint8_t)(sum / n);
                }
    }
}

static void black_all(uint8_t *f, const uint8_t *other)
{
    (void)other;
    fill(f, 0, FRAMES, 3);
}

static void black_end(uint8_t *f, const uint8_t *other)
{
    (void)other;
    fill(f, 48, FRAMES, 0);
}

static void flat(uint8_t *f, const uint8_t *other)
{
    (void)other;
    fill(f, 0, FRAMES, 140);
}

static void frozen(uint8_t *f, const uint8_t *other)
{
    (void)other;
    for (int i = 31; i < FRAMES; i++)
        memcpy(f + (size_t)i * SIZE, f + (size_t)30 * SIZE, SIZE);
}

static void cut(uint8_t *f, const uint8_t *other)
{
    memcpy(f + (size_t)36 * SIZE, other + (size_t)36 * SIZE, (size_t)(FRAMES - 36) * SIZE);
}

static void flash(uint8_t *f, const uint8_t *other)
{
    (void)other;
    for (size_t i = 20 * (size_t)SIZE; i < 22 * (size_t)SIZE; i++)
        f[i] = (uint8_t)(f[i] + (255 - f[i]) / 3);
}

static void pump(uint8_t *f, const uint8_t *other)
{
    (void)other;
    for (int i = 0; i < FRAMES; i++)
        for (size_t k = 0; k < SIZE; k++) {
            uint8_t *v = &f[(size_t)i * SIZE + k];
            *v = (uint8_t)(i / 2 % 2 ? *v * 7 / 8 : *v);
        }
}

static void blurred(uint8_t *f, const uint8_t *other)
{
    (void)other;
    for (int i = 0; i < FRAMES; i++)
        for (int k = 0; k < 3; k++)
            blur(f + (size_t)i * SIZE, 5);
}

static const struct damage {
    const char *name, *fault;
    void (*to)(uint8_t *frames, const uint8_t *other);
    double good_until_s; /* -1 = the whole length */
} damages[] = {
    {"all black", "its pictures are black", black_all, 0},
    {"a black end", "a part of it is black", black_end, 2},
    {"one grey", "its pictures are of one flat colour", flat, 0},
    {"frozen in the middle", "its picture stands still", frozen, -1},
    {"another take from the middle on", "there is a cut inside the shot", cut, 1.5},
    {"a flash", "it flickers", flash, 20.0 / FPS},
    {"brightness that pumps", "it flickers", pump, -2},
    {"blurred", "it is blurred", blurred, -1},
};

static bool has_fault(const struct review *r, const char *fault)
{
    for (int i = 0; i < r->fault_count; i++)
        if (strcmp(r->faults[i], fault) == 0)
            return true;
    return false;
}

static void print_review(const struct look *l, const struct review *r)
{
    printf("# score %.3f sharp %.2f cut %.1f flicker %.1f still %.2f motion %.2f good until %.2f:",
           r->score, r->share.sharp, l->cut, l->flicker, l->still_s, l->motion, r->good_until_s);
    for (int i = 0; i < r->fault_count; i++)
        printf(" %s;", r->faults[i]);
    printf("\n");
}

static void finds(const struct real *r, const struct real *other, const char *name)
{
    uint8_t *frames = malloc((size_t)FRAMES * SIZE);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        const struct damage *d = &damages[i];
        struct look look;
        struct review v;
        memcpy(frames, r->frames, (size_t)FRAMES * SIZE);
        d->to(frames, other->frames);
        look_at_frames(frames, FRAMES, &look);
        judge(r, &look, NULL, &v);
        bool found = ok(has_fault(&v, d->fault), "%s, %s: %s", name, d->name, d->fault);
        found =
            ok(v.score < 0.75 * r->review.score, "and it scores below the undamaged one") && found;
        double until = d->good_until_s == -1 ? (double)FRAMES / FPS : d->good_until_s;
        if (until >= 0)
            is_near(v.good_until_s, until, 1.01 / 12, "good until it happens");
        if (!found)
            print_review(&look, &v);
    }
    struct look look;
    struct review v;
    look_at_frames(r->frames, FRAMES - 6, &look);
    judge(r, &look, NULL, &v);
    ok(has_fault(&v, "pictures are missing"), "%s: frames that are missing are missed", name);
    look_at_frames(r->frames, FRAMES, &look);
    judge(r, &look, &r->look, &v);
    is_int(v.fault_count, 0, "%s: written anew without damage nothing is found", name);
    ok(fabs(v.score - r->review.score) < 0.02, "and the score is the same");
    judge(r, &look, &other->look, &v);
    ok(has_fault(&v, "its first picture is not like the place it was to hold"),
       "held against another place it is found unlike (%.2f)", v.likeness);
    free(frames);
}

/* What the layers tell is judged by the same rules. */
static void judges_actors(const struct real *r)
{
    const struct {
        whelk_gen_actor actor;
        const char *fault;
    } rows[] = {
        {{0}, "the actor is missing"},
        {{.seen = 0.3, .size = 0.02, .whole = 1, .crisp = 0.63, .steady = 0.8},
         "the actor is out of the frame"},
        {{.seen = 1, .size = 0.02, .whole = 0.5, .crisp = 0.63, .steady = 0.8},
         "the actor falls to pieces"},
        {{.seen = 1, .size = 0.02, .whole = 1, .crisp = 0.2, .steady = 0.8},
         "the actor is a smear"},
        {{.seen = 1, .size = 0.02, .whole = 1, .crisp = 0.63, .steady = 0.3},
         "the actor changes shape from drawing to drawing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct real other = *r;
        struct review v;
        other.actor = rows[i].actor;
        judge(&other, &r->look, NULL, &v);
        ok(v.fault_count == 1 && has_fault(&v, rows[i].fault), "%s", rows[i].fault);
        ok(v.score < r->review.score, "and it scores below the take as it is");
    }
    struct real pair = *r;
    struct review v;
    pair.shot = (whelk_shot){0};
    for (int i = 0; i < r->shot.slot_count; i++)
        whelk_shot_set_slot(&pair.shot, r->shot.slots[i].name, r->shot.slots[i].value);
    whelk_shot_set_slot(&pair.shot, "company", "chase");
    whelk_shot_set_slot(&pair.shot, "subject2", "dog");
    pair.guests[0] = pair.actor;
    pair.guest_count = 1;
    judge(&pair, &r->look, NULL, &v);
    is_int(v.fault_count, 0, "two who are both there are right");
    ok(fabs(v.score - r->review.score) < 0.1, "and no worse for it (%.2f, %.2f)", v.score,
       r->review.score);
    pair.guests[0] = (whelk_gen_actor){0};
    judge(&pair, &r->look, NULL, &v);
    ok(v.fault_count == 1 && has_fault(&v, "one of the actors is missing"), "a guest is missed");
    pair.guests[0] = pair.actor;
    pair.guests[0].seen = 0.3;
    judge(&pair, &r->look, NULL, &v);
    ok(v.fault_count == 1 && has_fault(&v, "one of the actors is out of the frame"),
       "and looked for in the frame");
    pair.guests[0].seen = pair.actor.seen;
    pair.actor.whole = 0.5;
    judge(&pair, &r->look, NULL, &v);
    ok(v.fault_count == 1 && has_fault(&v, "one of the actors falls to pieces"),
       "each is whole by itself");
    forget(&pair.shot);
    struct review best = r->review, other = r->review;
    other.share.crisp -= 0.2;
    other.share.sharp -= 0.1;
    is_str(review_difference(&best, &other), "the actor stands out more clearly",
           "the reason for a choice is the most telling difference");
    other.fault_count = 1;
    is_str(review_difference(&best, &other), "less is wrong with it", "faults before all");
}

/* Each colour is told from the others where the model gives it as it normally does. */
static void tells_colours(const struct real *r)
{
    const struct {
        const char *asked;
        whelk_gen_actor actor;
        double least, most;
    } rows[] = {
        {"black", {.red = 0.31, .green = 0.30, .blue = 0.39}, 0.9, 1},
        {"black", {.red = 0.47, .green = 0.58, .blue = 0.40}, 0, 0.1},
        {"green", {.red = 0.47, .green = 0.58, .blue = 0.40}, 0.9, 1},
        {"orange", {.red = 0.77, .green = 0.50, .blue = 0.36}, 0.6, 1},
        {"blue", {.red = 0.77, .green = 0.50, .blue = 0.36}, 0, 0.1},
        {"white", {.red = 0.82, .green = 0.68, .blue = 0.63}, 0.9, 1},
        {"purple", {.red = 0.60, .green = 0.45, .blue = 0.63}, 0.9, 1},
    };
    whelk_shot shot = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        whelk_shot_set_slot(&shot, "colour", rows[i].asked);
        double is = normal_colour(&shot, &rows[i].actor, 0);
        ok(is >= rows[i].least && is <= rows[i].most, "%s: %.2f, %.2f, %.2f is so by %.2f",
           rows[i].asked, rows[i].actor.red, rows[i].actor.green, rows[i].actor.blue, is);
    }
    whelk_shot_set_slot(&shot, "subject", "child");
    ok(normal_colour(&shot, &rows[1].actor, 0) == 1, "of a child it is not told");
    forget(&shot);
    ok(r->actor.red > r->actor.green && r->actor.green > r->actor.blue,
       "a real orange cat is of a warm colour (%.2f, %.2f, %.2f)", r->actor.red, r->actor.green,
       r->actor.blue);
}

/* A model that was never measured is judged only by what is wrong in any. */
static void knows_its_limits(const struct real *r)
{
    struct review_asked asked = {
        .frames = FRAMES, .model = "another", .shot = &r->shot, .actor = &(whelk_gen_actor){0}};
    struct review v;
    review_take(&r->look, &asked, &v);
    is_int(v.fault_count, 0, "an unmeasured model's actor is not judged");
    ok(v.score > 0.5, "and one that it tells nothing of costs nothing");
    struct look black = r->look;
    black.black_s = 2;
    review_take(&black, &asked, &v);
    ok(has_fault(&v, "its pictures are black"), "but black is black");
}

int main(void)
{
    static const char *const dive[] = {"subject",   "cat",   "action", "dive",   "place",
                                       "pool",      "time",  "day",    "colour", "orange",
                                       "direction", "right", "size",   "wide",   NULL};
    static const char *const drive[] = {"subject",   "car",   "action", "drive",  "place",
                                        "city",      "time",  "night",  "colour", "red",
                                        "direction", "right", "size",   "medium", NULL};
    struct real cat = {0}, car = {0};
    whelk_generator *g =
        whelk_gen_open(&(whelk_gen_options){.model_dir = "generator/weights"}, &err);
    if (!mkdtemp(dir) || !g || !shoot(g, &cat, dive, "cat") || !shoot(g, &car, drive, "car")) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    whelk_gen_close(g);
    is_int(cat.review.fault_count, 0, "a dive by day: nothing is wrong");
    is_int(car.review.fault_count, 0, "a drive by night: nothing is wrong");
    print_review(&cat.look, &cat.review);
    print_review(&car.look, &car.review);
    ok(cat.actor.seen > 0.9 && cat.actor.size > 0.005 && cat.actor.size < 0.1,
       "the diver is in the frame, and small in it");
    ok(car.actor.steady > cat.actor.steady, "a car keeps its shape better than a diving cat");
    finds(&cat, &car, "dive");
    finds(&car, &cat, "drive");
    judges_actors(&cat);
    tells_colours(&cat);
    knows_its_limits(&cat);
    struct real *all[] = {&cat, &car};
    for (int i = 0; i < 2; i++) {
        forget(&all[i]->shot);
        free(all[i]->frames);
    }
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? done_testing() : 1;
}
