/* Shots in which two meet: what each of the two is asked for, where they are put and how far the
 * camera steps back, on bodies drawn here; then the shipped model, whose two must be seen beside
 * one another, and what is refused, kept and gone on with. */
#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../generator/company.h"
#include "../../generator/model/safetensors.h"
#include "../../generator/parts.h"
#include "../../pipeline/base/file.h"

enum { POSES = 32, EDGE = 64 };

static char dir[] = "/tmp/whelk-company-XXXXXX";
static whelk_generator *g;

/* --- What is asked for ------------------------------------------------------------------------ */

static whelk_gen_slot slots[] = {
    {"subject", "cat"},    {"action", "run"},    {"place", "beach"},  {"time", "day"},
    {"colour", "orange"},  {"mark", "stripes"},  {"size", "medium"},  {"direction", "left"},
    {"camera", "static"},  {"company", "chase"}, {"subject2", "dog"}, {"colour2", "black"},
    {"weather", "cloudy"},
};
enum { SLOTS = sizeof slots / sizeof *slots };

static void set(const char *name, const char *value)
{
    for (int i = 0; i < SLOTS; i++)
        if (strcmp(slots[i].name, name) == 0)
            slots[i].value = value;
}

static whelk_gen_request request(void)
{
    return (whelk_gen_request){.slots = slots,
                               .slot_count = SLOTS,
                               .caption = "an orange cat chases a black dog",
                               .seed = 7,
                               .width = 320,
                               .height = 180,
                               .steps = 4};
}

static const char *word(int k, const char *slot)
{
    static int of_one[MODEL_SLOTS_MAX];
    struct take_request t;
    whelk_gen_request r = request();
    if (!take_request_init(&t, g, &r, NULL))
        return "(refused)";
    company_slots(g->model, t.slots, k, of_one);
    take_request_release(&t);
    const char *is = model_word(g->model, of_one, slot);
    return is ? is : "(open)";
}

static void two_requests(void)
{
    is_str(word(0, "subject"), "cat", "the actor is the cat");
    is_str(word(0, "company"), "alone", "which is made alone");
    is_str(word(0, "subject2"), "(open)", "with nobody beside it");
    is_str(word(1, "subject"), "dog", "the guest is the dog");
    is_str(word(1, "company"), "alone", "alone as well");
    is_str(word(1, "colour"), "black", "in its own colour");
    is_str(word(1, "mark"), "(open)", "its mark is the model's to choose, not the cat's");
    is_str(word(1, "action"), "run", "it does the same");
    is_str(word(1, "direction"), "left", "the same way");
    is_str(word(1, "weather"), "cloudy", "in the same weather");
    set("company", "pass");
    is_str(word(1, "direction"), "right", "who passes comes from the other side");
    set("company", "together");
    set("action", "sit");
    is_str(word(1, "direction"), "right", "those who sit together face one another");
    set("action", "run");
    set("company", "chase");
    set("subject2", "butterfly");
    is_str(word(1, "action"), "fly", "a butterfly that is chased flies");
    set("subject2", "ball");
    is_str(word(1, "action"), "bounce", "a ball bounces");
    set("subject2", "dog");
}

/* The third has slots that the transformer does not hear of. */
static void three(void)
{
    whelk_gen_slot all[SLOTS + 2];
    struct take_request t;
    whelk_error err = {0};
    whelk_gen_request r = request();
    memcpy(all, slots, sizeof slots);
    all[SLOTS] = (whelk_gen_slot){"subject3", "rabbit"};
    all[SLOTS + 1] = (whelk_gen_slot){"colour3", "white"};
    r.slots = all;
    r.slot_count = SLOTS + 2;
    if (!ok(take_request_init(&t, g, &r, &err), "three are a request (%s)", err.text))
        return;
    int of_third[MODEL_SLOTS_MAX];
    is_int(t.guests, 2, "with two guests");
    company_slots(g->model, t.slots, 2, of_third);
    is_str(model_word(g->model, of_third, "subject"), "rabbit", "the last of them a rabbit");
    is_str(model_word(g->model, of_third, "colour"), "white", "in white");
    ok(!model_word(g->model, of_third, "subject3"), "which is alone");
    take_request_release(&t);
    char two[DIGEST_TEXT] = "", other[DIGEST_TEXT] = "";
    whelk_gen_digest(g, &r, two, &err);
    all[SLOTS + 1].value = "red";
    whelk_gen_digest(g, &r, other, &err);
    ok(*two && strcmp(two, other) != 0, "its colour is part of the digest");
    all[SLOTS].value = "boat";
    ok(!take_request_init(&t, g, &r, &err), "a third that cannot do it is refused");
    has_text(err.text, "a boat cannot run", "by name");
}

static const char *refusal(void)
{
    static char text[sizeof((whelk_error *)0)->text];
    struct take_request t;
    whelk_gen_request r = request();
    whelk_error err = {0};
    if (take_request_init(&t, g, &r, &err)) {
        take_request_release(&t);
        return "";
    }
    snprintf(text, sizeof text, "%s", err.text);
    return err.code == WHELK_EUSAGE ? text : "not a usage error";
}

static void refused(void)
{
    set("subject2", "boat");
    has_text(refusal(), "a boat cannot run at the place beach", "a boat does not run");
    set("company", "follow");
    set("subject2", "ball");
    has_text(refusal(), "a ball cannot run", "nor does a ball follow by bouncing");
    set("company", "chase");
    set("subject2", "dog");
    is_str(refusal(), "", "a dog does");
    whelk_gen_request r = request();
    struct take_request t;
    whelk_error err = {0};
    r.seconds = 5;
    ok(take_request_init(&t, g, &r, &err), "two go on beyond a clip (%s)", err.text);
    is_int(take_runs(&t), 4, "in two parts each");
    take_request_release(&t);
    r = request();
    r.slot_count = 10; /* up to the company */
    ok(!take_request_init(&t, g, &r, &err), "company of nobody is refused");
    has_text(err.text, "no subject2 is named", "by name");
}

/* --- Where they are --------------------------------------------------------------------------- */

/* A block of the crop is solid: columns and rows from..to, in sixteenths. */
static float *block(int x0, int x1, int y0, int y1)
{
    float *p = calloc((size_t)POSES * 4 * EDGE * EDGE, sizeof *p);
    for (int i = 0; p && i < POSES; i++)
        for (int y = y0 * EDGE / 16; y < y1 * EDGE / 16; y++)
            for (int x = x0 * EDGE / 16; x < x1 * EDGE / 16; x++)
                p[((i * 4 + 3) * EDGE + y) * EDGE + x] = 1;
    return p;
}

/* From x by `way` over the take, feet on y. */
static void walk(float *path, float x, float way, float y, float side, float ground)
{
    for (int i = 0; i < POSES; i++) {
        path[i] = x + way * (float)i / (POSES - 1);
        path[POSES + i] = y;
        path[2 * POSES + i] = side;
        path[3 * POSES + i] = ground;
    }
}

struct stage {
    float path[2][4 * POSES], effect[2][4 * POSES], camera[3 * POSES];
    struct company_body body[2];
};

static void set_stage(struct stage *s, float way, float height)
{
    walk(s->path[0], 1 - way / 2, way, 0.6f, 0.4f, 0.8f);
    walk(s->path[1], 1.3f - way / 2, way, 0.5f, 0.4f, 0.78f);
    walk(s->effect[0], 1 - way / 2, way, 0.7f, 0.2f, 9);
    walk(s->effect[1], 1.3f - way / 2, way, 0.7f, 0.2f, 9);
    for (int i = 0; i < POSES; i++) {
        s->camera[i] = 1;
        s->camera[POSES + i] = 0.6f;
        s->camera[2 * POSES + i] = logf(height);
    }
    for (int k = 0; k < 2; k++)
        s->body[k] = (struct company_body){block(4, 12, 4, 12), EDGE, s->path[k], s->effect[k]};
}

static void meet(struct stage *s, const char *company, const char *weather)
{
    struct take_request t;
    whelk_gen_request r = request();
    whelk_error err = {0};
    set("company", company);
    set("weather", weather);
    if (!ok(take_request_init(&t, g, &r, &err), "%s is a request (%s)", company, err.text))
        return;
    company_meet(g->model, &t, s->body, 2, s->camera);
    take_request_release(&t);
    set("company", "chase");
    set("weather", "cloudy");
}

static void clear(struct stage *s)
{
    for (int k = 0; k < 2; k++)
        free((float *)s->body[k].pictures);
}

/* Both are half a crop wide: 0.2. */
static void side_by_side(void)
{
    struct stage s;
    int mid = POSES / 2;
    set_stage(&s, 0.3f, 0.6f);
    meet(&s, "chase", "clear");
    float apart = s.path[1][mid] - s.path[0][mid];
    is_near(apart, 0.2 + 0.24 * 0.2, 0.02, "to the right: the one that is chased is ahead");
    is_near((s.path[0][mid] + s.path[1][mid]) / 2, 1, 0.02, "their middle is where the actor was");
    is_near(s.path[0][0] - s.effect[0][0], 0, 1e-5, "the effect goes with the actor");
    is_near(s.path[1][POSES + mid], 0.5, 1e-5, "and nobody is lifted");
    clear(&s);
    set_stage(&s, -0.3f, 0.6f);
    meet(&s, "chase", "clear");
    is_near(s.path[0][mid] - s.path[1][mid], apart, 0.01, "to the left all is the other way round");
    clear(&s);
    set_stage(&s, 0.3f, 0.6f);
    for (int i = 0; i < POSES; i++)
        s.path[1][i] = 1 + 0.9f * (float)(i - mid) / POSES; /* three times as fast */
    meet(&s, "chase", "clear");
    for (int i = 0; i < POSES; i++)
        apart = fminf(apart, s.path[1][i] - s.path[0][i] - 0.2f);
    ok(apart > 0, "one that was made faster does not run through the other (%.3f)", apart);
    clear(&s);
}

static void three_in_a_row(void)
{
    struct stage s;
    float third[4 * POSES];
    set_stage(&s, 0.3f, 0.9f);
    walk(third, 0.4f, 0.3f, 0.5f, 0.4f, 0.8f);
    struct company_body body[3] = {s.body[0], s.body[1], {block(4, 12, 4, 12), EDGE, third, NULL}};
    struct take_request t;
    whelk_gen_request r = request();
    if (ok(take_request_init(&t, g, &r, NULL), "a request")) {
        company_meet(g->model, &t, body, 3, s.camera);
        take_request_release(&t);
    }
    float apart = s.path[1][9] - s.path[0][9];
    is_near(third[9] - s.path[1][9], apart, 0.01, "the third is as far ahead of the second");
    is_near(s.path[1][POSES / 2], 1, 0.02, "the one in the middle where the actor was");
    free((float *)body[2].pictures);
    clear(&s);
}

static void passing(void)
{
    struct stage s;
    int mid = POSES / 2;
    set_stage(&s, 0.5f, 0.9f);
    walk(s.path[1], 2, -0.5f, 0.5f, 0.4f, 0.78f);
    meet(&s, "pass", "clear");
    is_near(s.path[0][mid] - s.path[1][mid], 0, 0.02, "who pass meet in the middle of the take");
    ok(s.path[1][0] > s.path[0][0] + 0.4f && s.path[1][31] < s.path[0][31] - 0.4f,
       "coming from either side");
    is_near(s.path[0][3 * POSES] - s.path[1][3 * POSES], 0.014, 1e-4, "the guest further back");
    clear(&s);
}

static void camera(void)
{
    struct stage s;
    set_stage(&s, 0.3f, 0.9f);
    meet(&s, "chase", "clear");
    is_near(expf(s.camera[2 * POSES]), 0.9, 1e-4, "where there is room the camera stays");
    clear(&s);
    set_stage(&s, 0.3f, 0.3f);
    meet(&s, "chase", "clear");
    float need = (0.3f + 0.448f) / 0.92f / (16 / 9.0f);
    is_near(expf(s.camera[2 * POSES]), need, 0.02, "else it steps back until both are in it");
    clear(&s);
    set_stage(&s, 1.8f, 0.5f);
    meet(&s, "chase", "clear");
    is_near(expf(s.camera[2 * POSES]), 1, 1e-4, "but no further than the plate is high");
    float half = s.path[0][2 * POSES] / 4, first = s.path[0][0] - half, last = s.path[1][31] + half;
    ok(s.path[0][2 * POSES] < 0.36f && s.path[0][2 * POSES] > 0.2f,
       "then all become smaller (%.3f of 0.4)", s.path[0][2 * POSES]);
    ok(last - first < 0.95 * 16 / 9, "until they fit (%.3f)", last - first);
    is_near(s.path[0][POSES] + s.path[0][2 * POSES] / 4, 0.6 + 0.1, 0.05,
            "their feet stay on the ground");
    clear(&s);
}

/* Who stands on nothing says so by a ground line of about 2. */
static void in_the_air(void)
{
    struct stage s;
    set_stage(&s, 1.8f, 0.5f);
    for (int k = 0; k < 2; k++)
        walk(s.path[k], 1 + 0.3f * (float)k - 0.9f, 1.8f, 0.5f, 0.4f, 1.999f);
    meet(&s, "chase", "clear");
    ok(s.path[0][2 * POSES] < 0.36f, "two who fly are made smaller (%.3f of 0.4)",
       s.path[0][2 * POSES]);
    is_near(s.path[0][POSES], 0.5, 1e-4, "where they are in the sky");
    clear(&s);
}

/* Whose shadow lies where its feet are. */
static void shadows(void)
{
    struct stage s;
    set_stage(&s, 1.8f, 0.5f);
    walk(s.path[1], 0.4f, 1.8f, 0.4f, 0.4f, 0.5f);
    meet(&s, "chase", "clear");
    for (int k = 0; k < 2; k++) {
        float by = s.path[k][2 * POSES] / 0.4f;
        is_near(s.path[k][3 * POSES] - s.path[k][POSES], by * (k ? 0.1 : 0.2), 1e-4,
                "the ground is under the feet of one made smaller");
    }
    clear(&s);
}

static void long_way(void)
{
    struct stage s;
    float left = 1e9f, right = -1e9f,
          width = (float)(g->model->plate_width / g->model->plate_height);
    set_stage(&s, 2.2f, 0.9f);
    meet(&s, "chase", "clear");
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < POSES; i++) {
            left = fminf(left, s.path[k][i] - s.path[k][2 * POSES + i] / 4);
            right = fmaxf(right, s.path[k][i] + s.path[k][2 * POSES + i] / 4);
        }
    ok(left > -0.01f && right < width + 0.01f,
       "whose way is longer than the plate stay on it "
       "(%.3f to %.3f of %.3f)",
       left, right, width);
    clear(&s);
}

static void specks_and_rain(void)
{
    struct stage s, clean;
    set_stage(&clean, 0.3f, 0.6f);
    meet(&clean, "chase", "clear");
    set_stage(&s, 0.3f, 0.6f);
    for (int i = 0; i < POSES; i++) /* two pixels at the crop's edge */
        ((float *)s.body[0].pictures)[((i * 4 + 3) * EDGE + 30) * EDGE + 63] =
            ((float *)s.body[0].pictures)[((i * 4 + 3) * EDGE + 31) * EDGE + 63] = 1;
    meet(&s, "chase", "clear");
    is_near(s.path[1][9] - s.path[0][9], clean.path[1][9] - clean.path[0][9], 1e-5,
            "a speck makes nobody wide");
    clear(&s);
    set_stage(&s, 0.3f, 0.6f);
    float before = s.effect[0][4];
    meet(&s, "chase", "rain");
    is_near(s.effect[0][4], before, 1e-6, "rain falls where it fell");
    clear(&s);
    set_stage(&s, 1.8f, 0.5f);
    before = s.effect[0][2 * POSES];
    meet(&s, "chase", "rain");
    is_near(s.effect[0][2 * POSES], before, 1e-6, "and as wide, however small they are made");
    clear(&s);
    clear(&clean);
}

/* --- The shipped model ------------------------------------------------------------------------ */

/* How many runs of columns the cast leaves something in, and the first column of each. */
static int columns(const uint8_t *rgba, int width, int height, int *first)
{
    int runs = 0, empty = 1;
    for (int x = 0; x < width; x++) {
        int filled = 0;
        for (int y = 0; y < height; y++)
            filled += rgba[(y * width + x) * 4 + 3] > 200;
        if (filled > 1 && empty && runs < 8)
            first[runs++] = x;
        empty = filled <= 1;
    }
    return runs;
}

static void seen(void)
{
    enum { W = 320, H = 180 };
    whelk_gen_request r = request();
    whelk_error err = {0};
    whelk_gen_figures f;
    static uint8_t rgba[W * H * 4];
    whelk_gen_picture picture = {.data = {rgba}, .stride = {W * 4}};
    whelk_gen_look look = {.width = W,
                           .height = H,
                           .layer = WHELK_GEN_ACTOR,
                           .format = WHELK_GEN_RGBA,
                           .no_shadow = true};
    whelk_gen_shot *shot = whelk_gen_shoot(g, &r, NULL, NULL, &f, &err);
    whelk_gen_view *view = shot ? whelk_gen_view_new(shot, &look, &err) : NULL;
    if (!ok(view != NULL, "a cat chases a dog (%s)", err.text))
        return;
    is_int(f.steps, 8, "each of them takes four steps");
    int apart = 0, inside = 0, frames = whelk_gen_view_frames(view), first[8];
    for (int i = 0; i < frames; i++) {
        whelk_gen_view_draw(view, i, &picture);
        int runs = columns(rgba, W, H, first);
        apart += runs >= 2;
        inside += runs > 0 && first[0] > 0;
    }
    ok(apart > frames * 3 / 4, "there are two to be seen (%d of %d frames)", apart, frames);
    ok(inside > frames * 9 / 10, "neither is cut by the edge (%d of %d)", inside, frames);
    whelk_gen_view_free(view);
    whelk_gen_shot_free(shot);
}

struct stopper {
    int steps;
};

static bool stop_in_second(void *ctx, const char *stage, const char *shot, const char *what,
                           double done, double total, double left)
{
    (void)stage, (void)shot, (void)total, (void)left;
    struct stopper *s = ctx;
    s->steps = strcmp(what, "step") == 0 ? (int)done : s->steps;
    return s->steps < 5;
}

static void gone_on_with(void)
{
    char base[600], latent[640], clip[2][640];
    whelk_gen_request r = request();
    whelk_error err = {0};
    struct stopper stop = {0};
    whelk_listener listen = {.progress = stop_in_second, .ctx = &stop};
    whelk_gen_figures whole, rest;
    snprintf(base, sizeof base, "%s/a", dir);
    snprintf(latent, sizeof latent, "%s/a.latent.safetensors", dir);
    snprintf(clip[0], sizeof clip[0], "%s/a.mkv", dir);
    snprintf(clip[1], sizeof clip[1], "%s/b.mkv", dir);
    ok(!whelk_gen_take(g, &r, base, &listen, NULL, &err) && err.code == WHELK_EINTERRUPTED,
       "a take is broken off while the second is made");
    struct safetensors *st = safetensors_open(latent, &err);
    ok(st && safetensors_find(st, "actor") && !safetensors_find(st, "guest1.actor"),
       "the first is kept");
    safetensors_close(st);
    if (!ok(whelk_gen_take(g, &r, base, NULL, &rest, &err), "it goes on (%s)", err.text))
        return;
    is_int(rest.steps, 4, "with the second alone");
    st = safetensors_open(latent, &err);
    ok(st && safetensors_find(st, "guest1.actor") && !safetensors_find(st, "guest1.plate"),
       "the file has both, and the place once");
    safetensors_close(st);
    snprintf(base, sizeof base, "%s/b", dir);
    ok(whelk_gen_take(g, &r, base, NULL, &whole, &err), "made in one go (%s)", err.text);
    is_str(rest.clip_sha256, whole.clip_sha256, "it is the same take");
    char *record;
    size_t size;
    snprintf(base, sizeof base, "%s/b.json", dir);
    if (file_read(base, 1 << 20, &record, &size, &err)) {
        has_text(record, "\"guests\":\t1", "the record counts the guest");
        has_text(record, "\"subject2\":\t\"dog\"", "and names it");
        free(record);
    }
}

/* Each of two goes on by itself, before the actor's camera. */
static void two_go_on(void)
{
    char base[600], latent[640];
    whelk_gen_request r = request();
    whelk_error err = {0};
    whelk_gen_figures f;
    snprintf(base, sizeof base, "%s/long", dir);
    snprintf(latent, sizeof latent, "%s/long.latent.safetensors", dir);
    r.seconds = 4;
    r.steps = 2;
    if (!ok(whelk_gen_take(g, &r, base, NULL, &f, &err), "two run for 4 s (%s)", err.text))
        return;
    is_int(f.frames, 96, "all of it");
    is_int(f.steps, 8, "each in two parts");
    struct safetensors *st = safetensors_open(latent, &err);
    static const char *const there[] = {"actor",        "camera",       "part1.actor",
                                        "part1.camera", "guest1.actor", "guest1.part1.actor"},
                             *const not_there[] = {"part1.plate", "guest1.plate", "guest1.camera",
                                                   "guest1.part1.camera"};
    for (int i = 0; i < 6; i++)
        ok(st && safetensors_find(st, there[i]), "%s is kept", there[i]);
    for (int i = 0; i < 4; i++)
        ok(st && !safetensors_find(st, not_there[i]), "%s is another's", not_there[i]);
    safetensors_close(st);
    struct take_request t;
    struct parts z = {0};
    if (take_request_init(&t, g, &r, &err) && parts_init(&z, g->model, &t, &err)) {
        take_latent_read_parts(latent, g, &z);
        is_int(z.made, 4, "and read again");
        long n = (long)g->model->layers[g->camera].cells * g->model->layers[g->camera].dim;
        ok(memcmp(z.z[3].z[g->camera], z.z[1].z[g->camera], (size_t)n * sizeof(float)) == 0,
           "the guest's second part has the camera of the actor's second");
        parts_release(&z);
    }
    take_request_release(&t);
}

int main(void)
{
    whelk_error err = {0};
    g = whelk_gen_open(&(whelk_gen_options){.model_dir = "generator/weights"}, &err);
    if (!ok(g && mkdtemp(dir), "the shipped model opens (%s)", err.text))
        return done_testing();
    two_requests();
    three();
    refused();
    side_by_side();
    three_in_a_row();
    passing();
    camera();
    in_the_air();
    shadows();
    long_way();
    specks_and_rain();
    seen();
    gone_on_with();
    two_go_on();
    whelk_gen_close(g);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    if (system(command) != 0)
        fprintf(stderr, "%s is left behind\n", dir);
    return done_testing();
}
