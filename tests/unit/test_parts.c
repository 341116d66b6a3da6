/* Shots longer than a clip, with the tiny model and a card that says which of its actions go on:
 * what each part is asked for and begins with, how their paths become one, what is kept between
 * them, and what is refused. */
#include "../tap.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "../../generator/model/safetensors.h"
#include "../../generator/parts.h"
#include "../../pipeline/base/digest.h"
#include "../../pipeline/base/file.h"

#define TINY "tests/golden/whelk-tiny"

static char dir[] = "/tmp/whelk-parts-XXXXXX";
static char name_buf[8][512];
static whelk_generator *g;

static const char *in_dir(int slot, const char *name, const char *end)
{
    snprintf(name_buf[slot], sizeof name_buf[slot], "%s/%s%s", dir, name, end);
    return name_buf[slot];
}

/* The tiny model in a folder of its own; its weights are the same, its card tells of actions. */
static bool write_model(void)
{
    static const char was[] = "\"card\": {}",
                      is[] = "\"card\": {\"goes_on\": {\"walk\": \"back\", \"sit\": \"stays\"}, "
                             "\"seconds\": {\"clip\": 1.333}}";
    char *json = NULL, *weights = NULL;
    size_t size, room;
    whelk_error err = {0};
    bool good = mkdir(in_dir(0, "model", ""), 0777) == 0 &&
                file_read(TINY "/whelk-tiny.safetensors", 1 << 26, &weights, &size, &err) &&
                file_write(in_dir(0, "model/whelk-tiny.safetensors", ""), weights, size, &err) &&
                file_read(TINY "/model.json", 1 << 20, &json, &room, &err);
    char *at = good ? strstr(json, was) : NULL, *out = malloc(room + sizeof is);
    if (at && out) {
        sprintf(out, "%.*s%s%s", (int)(at - json), json, is, at + strlen(was));
        good = file_write(in_dir(0, "model/model.json", ""), out, strlen(out), &err);
    }
    free(out);
    free(json);
    free(weights);
    return good && at;
}

static whelk_generator *open_model(int threads)
{
    whelk_error err = {0};
    whelk_generator *opened = whelk_gen_open(
        &(whelk_gen_options){.model_dir = in_dir(0, "model", ""), .threads = threads}, &err);
    ok(opened != NULL, "the model opens with %d threads (%s)", threads, err.text);
    return opened;
}

static whelk_gen_slot slots[] = {{"subject", "cat"}, {"action", "walk"},
                                 {"place", "beach"}, {"direction", "right"},
                                 {"time", "day"},    {"camera", "pan_left"}};

static whelk_gen_request request(double seconds)
{
    return (whelk_gen_request){.slots = slots,
                               .slot_count = 6,
                               .caption = "a cat runs",
                               .seed = 7,
                               .width = 64,
                               .height = 36,
                               .fps = 24,
                               .seconds = seconds,
                               .steps = 3};
}

/* --- What is asked for ------------------------------------------------------------------------ */

static int slot_in(const int *values, const char *name)
{
    return values[model_find_slot(g->model, name)];
}

static int value_of(const char *slot, const char *value)
{
    return model_find_value(&g->model->slots[model_find_slot(g->model, slot)], value);
}

static void lengths(void)
{
    whelk_gen_info info;
    whelk_gen_get_info(g, &info);
    is_near(info.seconds, 16 / 12.0, 1e-6, "a clip is as long as ever");
    is_near(info.longest_s, 64 / 12.0, 1e-6, "a shot may have five parts");
    has_text(info.card_json, "\"longest\":5.33333333", "which the card tells, too");
    is_int(model_parts(g->model, 16 / 12.0), 1, "a clip is one part");
    is_int(model_parts(g->model, 16 / 12.0 + 0.01), 2, "anything longer is more");
    is_int(model_parts(g->model, 28 / 12.0), 2, "28 poses are two");
    is_int(model_parts(g->model, 3), 3, "36 are three");
    is_int(model_poses(g->model, 3), 40, "which have 40");
    is_int(model_turn_of(g->model, "walk"), MODEL_BACK, "who walks comes back");
    is_int(model_turn_of(g->model, "sit"), MODEL_STAYS, "who sits stays");
    is_int(model_turn_of(g->model, "launch"), MODEL_ENDS, "a liftoff is over");
}

static void fill(float *v, long n, uint32_t x)
{
    for (long i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        v[i] = (float)(x >> 8) / (float)(1 << 24) * 2 - 1;
    }
}

static long numbers(int layer)
{
    return (long)g->model->layers[layer].cells * g->model->layers[layer].dim;
}

static bool made_up(struct parts *z, int count)
{
    whelk_error err = {0};
    if (!ok(parts_init(z, g->model, &(struct take_request){.parts = count, .turn = MODEL_BACK},
                       &err),
            "room for %d parts (%s)", count, err.text))
        return false;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < g->model->layer_count; i++)
            fill(z->z[k].z[i], numbers(i), (uint32_t)(100 * k + i));
    z->made = count;
    return true;
}

static void each_part(void)
{
    whelk_error err = {0};
    whelk_gen_request r = request(5);
    struct take_request t;
    struct part_start start = {0};
    struct sample_request q;
    struct parts z;
    const struct model *m = g->model;
    if (!ok(take_request_init(&t, g, &r, &err) && part_start_init(&start, m, &err) &&
                made_up(&z, 5),
            "a request of five parts (%s)", err.text))
        return;
    is_int(t.parts, 5, "5 s are five parts");
    uint64_t seeds[5] = {0};
    for (int k = 0; k < 5; k++) {
        static const char *const way[] = {"right", "right", "left", "right", "left"};
        part_request(&start, g, &t, &z, k, &q);
        seeds[k] = q.seed;
        is_int(q.slots[m->goes_on.slot], k ? m->goes_on.value : 0, "part %d is a %s one", k,
               k ? "further" : "first");
        is_int(slot_in(q.slots, "direction"), value_of("direction", way[k]), "its way is to the %s",
               way[k]);
        is_int(slot_in(q.slots, "camera"), value_of("camera", k < 2 ? "pan_left" : "static"),
               "the camera %s", k < 2 ? "moves" : "rests");
        bool held = q.held[g->plate] == (k ? z.z[0].z[g->plate] : NULL);
        ok(held && !q.start[g->plate], "its plate is %s", k ? "the first one's" : "its own");
        ok(k == 0 ? !q.start[g->actor]
                  : q.start[g->actor] == z.z[k - 1].z[g->actor] + numbers(g->actor) * 3 / 4,
           "its actor begins %s", k ? "with the last group before" : "anew");
        ok(!q.start[g->camera] == (k == 0), "and its camera, too");
    }
    ok(seeds[0] == 7 && seeds[1] != seeds[2] && seeds[2] != seeds[3] && seeds[1] != 7,
       "the first part has the shot's seed, the others each their own");
    t.turn = MODEL_STAYS;
    part_request(&start, g, &t, &z, 2, &q);
    is_int(slot_in(q.slots, "direction"), value_of("direction", "right"),
           "where nobody turns round the way stays");
    t.slots[model_find_slot(m, "camera")] = value_of("camera", "follow");
    part_request(&start, g, &t, &z, 4, &q);
    is_int(slot_in(q.slots, "camera"), value_of("camera", "follow"),
           "a camera that follows does so");
    part_start_release(&start);
    parts_release(&z);
    take_request_release(&t);
}

/* What a shot leaves open is not made up for its further parts, but that the camera rests. */
static void words_left_open(void)
{
    whelk_error err = {0};
    whelk_gen_slot walk = {"action", "walk"};
    whelk_gen_request r = request(4);
    struct take_request t;
    struct part_start start = {0};
    struct sample_request q;
    struct parts z;
    r.slots = &walk;
    r.slot_count = 1;
    if (!ok(take_request_init(&t, g, &r, &err) && part_start_init(&start, g->model, &err) &&
                made_up(&z, 4),
            "a request without direction and camera (%s)", err.text))
        return;
    for (int k = 0; k < 4; k++) {
        part_request(&start, g, &t, &z, k, &q);
        is_int(slot_in(q.slots, "direction"), slot_in(t.slots, "direction"), "none in part %d", k);
        is_int(slot_in(q.slots, "camera"),
               k < 2 ? slot_in(t.slots, "camera") : value_of("camera", "static"), "whose camera %s",
               k < 2 ? "is left open" : "rests");
    }
    int direction = model_find_slot(g->model, "direction");
    is_int(t.slots[direction], g->model->slots[direction].count, "(it was left open)");
    part_start_release(&start);
    parts_release(&z);
    take_request_release(&t);
}

/* --- Paths ------------------------------------------------------------------------------------ */

/* Where the camera of a window's height looks, as far as the plate goes. */
static float seen(const float *camera, int pose, int poses)
{
    float half = expf(camera[2 * poses + pose]) * 8 / 9, wide = 14 / 6.0f;
    half = half > wide / 2 ? wide / 2 : half;
    return fminf(fmaxf(camera[pose], half), wide - half);
}

static float let_go(int pose) /* of a difference at the join, at a pose of the part */
{
    float x = (float)(pose - 3) / 12;
    return 1 - x * x * (3 - 2 * x);
}

/* What one coordinate is slower or faster over the group that both have, as far as it is still felt
 * at a pose of the part. */
static float slower(const float *before, const float *after, int pose)
{
    float x = (float)(pose - 3) / 12, by = ((before[15] - before[12]) - (after[3] - after[0])) / 3;
    return by * 12 * x * (1 - x) * (1 - x);
}

static void paths_are_joined(enum model_turn turn)
{
    struct parts z;
    float whole[4 * 40], camera[3 * 40], made[64], first[64], second[64], looks[48], looked[48];
    if (!made_up(&z, 3))
        return;
    z.turn = turn;
    codec_decode_vector(g->codec, g->actor_path, z.z[0].z[g->actor_path], first);
    codec_decode_vector(g->codec, g->actor_path, z.z[1].z[g->actor_path], second);
    codec_decode_vector(g->codec, g->camera, z.z[0].z[g->camera], looked);
    codec_decode_vector(g->codec, g->camera, z.z[1].z[g->camera], looks);
    parts_path(g, &z, 3, g->actor_path, whole, made);
    parts_path(g, &z, 3, g->camera, camera, made);
    float moved = seen(looked, 15, 16) - seen(looks, 3, 16);
    int same = 0, steady = 0, right = 0;
    for (int c = 0; c < 4; c++) {
        const float *v = whole + c * 40, *a = first + c * 16, *b = second + c * 16;
        bool none = c == 3 && (a[15] >= 2 || b[3] >= 2);
        float e = none ? 0 : a[15] - b[3], kept = turn == MODEL_STAYS ? e : c == 0 ? moved : 0;
        for (int j = 0; j < 16; j++)
            same += v[j] == a[j];
        for (int j = 4; j < 16; j++)
            right += fabsf(v[12 + j] - (b[j] + kept + (e - kept) * let_go(j) +
                                        (none ? 0 : slower(a, b, j)))) < 1e-5f;
    }
    for (int j = 4; j < 16; j++) /* what it moves is what it was made to move */
        steady += turn == MODEL_STAYS ||
                  fabsf(camera[80 + 27] - camera[80 + 12 + j] - (looks[47] - looks[32 + j]) +
                        slower(looked + 32, looks + 32, j)) < 1e-5f;
    is_int(same, 64, "the first part's path is as it was");
    is_int(right, 48,
           turn == MODEL_STAYS
               ? "who stays goes on from the very place"
               : "the second goes on from where the first ends, moved as the picture is");
    is_int(steady, 12, "the camera does not drift");
    for (int n = 0; n < 40 && first[63] < 2; n++) {
        for (int d = 0; d < g->model->layers[g->actor_path].dim; d++)
            z.z[0].z[g->actor_path][d] *= n ? 1.5f : -1.5f;
        codec_decode_vector(g->codec, g->actor_path, z.z[0].z[g->actor_path], first);
    }
    parts_path(g, &z, 2, g->actor_path, whole, made);
    ok(first[63] >= 2 && whole[3 * 28 + 16] == second[48 + 4],
       "no ground line before (%.1f): the next part's is its own", first[63]);
    parts_release(&z);
}

static void groups_are_joined(void)
{
    struct parts z;
    const struct model_layer *l = &g->model->layers[g->actor];
    if (!made_up(&z, 2))
        return;
    long group = numbers(g->actor) / l->t;
    float *all = calloc((size_t)group * 7, sizeof *all);
    is_int(parts_groups(l, 2), 7, "two parts of four groups are seven");
    is_int(parts_groups(&g->model->layers[g->plate], 2), 1, "a plate is one all along");
    parts_join(g->model, &z, g->actor, all);
    ok(!memcmp(all, z.z[0].z[g->actor], (size_t)(4 * group) * sizeof *all) &&
           !memcmp(all + 4 * group, z.z[1].z[g->actor] + group, (size_t)(3 * group) * sizeof *all),
       "the second part's first group is not shown again");
    free(all);
    parts_release(&z);
}

/* --- Takes ------------------------------------------------------------------------------------ */

static double most, total_steps, begun_with; /* steps that were there already */
static int back, stop_at = -1;
static bool watch(void *ctx, const char *stage, const char *shot, const char *what, double done,
                  double total, double left)
{
    (void)ctx, (void)stage, (void)shot;
    if (strcmp(what, "step") != 0)
        return true;
    back += done < most || done > total || (left < 0 && done > begun_with + 0.5);
    most = done;
    total_steps = total;
    return stop_at < 0 || done < stop_at;
}
static const whelk_listener listen = {.progress = watch};

static void digest_of(const char *path, char out[DIGEST_TEXT])
{
    if (!digest_file(path, out, NULL))
        snprintf(out, DIGEST_TEXT, "none %p", (void *)out);
}

static bool same_tensor(const char *a, const char *in_a, const char *b, const char *in_b,
                        long skip_a, long count)
{
    whelk_error err = {0};
    struct safetensors *fa = safetensors_open(a, &err), *fb = safetensors_open(b, &err);
    const struct st_tensor *ta = fa ? safetensors_find(fa, in_a) : NULL,
                           *tb = fb ? safetensors_find(fb, in_b) : NULL;
    bool same =
        ta && tb &&
        memcmp((const float *)ta->data + skip_a, tb->data, (size_t)count * sizeof(float)) == 0;
    safetensors_close(fa);
    safetensors_close(fb);
    return same;
}

static void a_long_take(void)
{
    whelk_error err = {0};
    whelk_gen_figures f = {0};
    whelk_gen_step plan[16];
    whelk_gen_request r = request(3), brief = request(1);
    char *json = NULL;
    size_t size;
    long group = numbers(g->actor) / 4;
    is_int(whelk_gen_plan(g, &r, plan, 16, &err), 9, "three parts of three steps are planned");
    most = 0, back = 0;
    ok(whelk_gen_take(g, &r, in_dir(0, "long", ""), &listen, &f, &err), "a take of 3 s (%s)",
       err.text);
    is_int(f.frames, 72, "has 72 frames");
    is_int(f.steps, 9, "of nine steps");
    ok(most == 9 && total_steps == 9 && back == 0, "progress is told of all of them, in order");
    const char *latent = in_dir(1, "long", ".latent.safetensors");
    ok(same_tensor(latent, "actor", latent, "part1.actor", 3 * group, group) &&
           same_tensor(latent, "part1.effect", latent, "part2.effect", numbers(g->effect) * 3 / 4,
                       numbers(g->effect) / 4),
       "each part begins with the last group of the one before, bit for bit");
    struct safetensors *st = safetensors_open(latent, &err);
    ok(st && safetensors_find(st, "part2.camera") && !safetensors_find(st, "part1.plate") &&
           !safetensors_find(st, "part3.camera"),
       "the latent file has three parts and one plate");
    safetensors_close(st);
    ok(whelk_gen_take(g, &brief, in_dir(0, "brief", ""), NULL, NULL, &err), "a short one (%s)",
       err.text);
    ok(same_tensor(latent, "actor", in_dir(2, "brief", ".latent.safetensors"), "actor", 0,
                   4 * group),
       "its only part is the long one's first");
    ok(file_read(in_dir(3, "long", ".json"), 1 << 20, &json, &size, &err) &&
           strstr(json, "\"parts\":\t3"),
       "the record tells of the parts");
    free(json);
    whelk_gen_request held = request(1);
    held.plate_from = latent;
    ok(whelk_gen_take(g, &held, in_dir(4, "held", ""), NULL, NULL, &err) &&
           same_tensor(latent, "plate", in_dir(5, "held", ".latent.safetensors"), "plate", 0,
                       numbers(g->plate)),
       "another take can have its plate (%s)", err.text);
}

static void same_bytes(whelk_generator *other)
{
    whelk_error err = {0};
    whelk_gen_request r = request(3);
    char d[2][DIGEST_TEXT];
    ok(whelk_gen_take(other, &r, in_dir(0, "again", ""), NULL, NULL, &err),
       "the same with another number of threads (%s)", err.text);
    digest_of(in_dir(0, "long", ".mkv"), d[0]);
    digest_of(in_dir(0, "again", ".mkv"), d[1]);
    is_str(d[0], d[1], "is the same clip, byte for byte");
}

static void broken_off(void)
{
    whelk_error err = {0};
    whelk_gen_figures f = {0};
    whelk_gen_request r = request(3);
    char d[2][DIGEST_TEXT];
    most = 0, stop_at = 7;
    ok(!whelk_gen_take(g, &r, in_dir(0, "broken", ""), &listen, &f, &err) &&
           err.code == WHELK_EINTERRUPTED,
       "a take is broken off in its third part: %s", err.text);
    struct safetensors *st = safetensors_open(in_dir(1, "broken", ".latent.safetensors"), &err);
    ok(st && safetensors_find(st, "part1.actor") && !safetensors_find(st, "part2.actor"),
       "two are kept");
    safetensors_close(st);
    ok(!file_exists(in_dir(1, "broken", ".json")) && !file_exists(in_dir(2, "broken", ".mkv")),
       "and nothing that looks like a take");
    most = 0, back = 0, stop_at = -1, begun_with = 6;
    ok(whelk_gen_take(g, &r, in_dir(0, "broken", ""), &listen, &f, &err) && f.steps == 3,
       "the next try makes the one that is missing (%d steps)", f.steps);
    ok(most == 9 && back == 0, "and tells progress of the whole");
    digest_of(in_dir(0, "long", ".mkv"), d[0]);
    digest_of(in_dir(0, "broken", ".mkv"), d[1]);
    is_str(d[0], d[1], "it is the clip that an unbroken one makes");
    char *data = NULL;
    size_t size;
    const char *latent = in_dir(3, "broken", ".latent.safetensors");
    if (ok(file_read(latent, 1 << 24, &data, &size, &err), "(its latents)"))
        file_write(latent, data, size - 8, &err);
    free(data);
    ok(whelk_gen_take(g, &r, in_dir(0, "broken", ""), NULL, &f, &err) && f.steps == 9,
       "latents that are cut off are made anew (%s)", err.text);
}

/* --- Latents that are not its own --------------------------------------------------------------
 */

/* The tensor of a layer in a latent file gets its shape the other way round; without a name the
 * file's last number becomes NaN. */
static void spoil(const char *path, const char *name, int layer)
{
    char *data = NULL, was[32], is[32];
    const struct model_layer *l = &g->model->layers[layer];
    size_t size;
    whelk_error err = {0};
    float none = NAN;
    if (!ok(file_read(path, 1 << 24, &data, &size, &err) && size > 8, "(latents to spoil)"))
        return;
    snprintf(was, sizeof was, "[%d,%d]", l->cells, l->dim);
    snprintf(is, sizeof is, "[%d,%d]", l->dim, l->cells);
    char *at = name ? strstr(data + 8, name) : NULL, *shape = at ? strstr(at, was) : NULL;
    if (name && ok(shape != NULL, "(its %s is %s)", name, was))
        memcpy(shape, is, strlen(is));
    if (!name)
        memcpy(data + size - sizeof none, &none, sizeof none);
    file_write(path, data, size, &err);
    free(data);
}

/* A further part whose tensor is not this model's, or holds what no pass makes, is made anew. */
static void spoilt_parts(void)
{
    static const struct {
        const char *name;
        int steps;
    } bad[] = {{"part2.actor", 3}, {"part1.actor", 6}, {NULL, 3}};
    whelk_gen_request r = request(3);
    char d[2][DIGEST_TEXT];
    digest_of(in_dir(0, "long", ".mkv"), d[0]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        whelk_error err = {0};
        whelk_gen_figures f = {0};
        spoil(in_dir(1, "broken", ".latent.safetensors"), bad[i].name, g->actor);
        ok(whelk_gen_take(g, &r, in_dir(2, "broken", ""), NULL, &f, &err), "a take with %s (%s)",
           bad[i].name ? "a tensor of another shape" : "a number that is none", err.text);
        is_int(f.steps, bad[i].steps, "is made anew from that part on");
        digest_of(in_dir(0, "broken", ".mkv"), d[1]);
        is_str(d[0], d[1], "and is the same clip");
    }
}

static void digests(void)
{
    whelk_error err = {0};
    whelk_gen_request clip = request(4 / 3.0), more = request(4 / 3.0 + 0.005);
    char a[65], b[65];
    ok(whelk_gen_digest(g, &clip, a, &err) && whelk_gen_digest(g, &more, b, &err) &&
           strcmp(a, b) != 0,
       "as many frames of another number of parts are another take");
}

static void refusals(void)
{
    static const struct {
        const char *action;
        double seconds;
        const char *says;
    } bad[] = {
        {"launch", 2, "the action launch is over after 1.333 s"},
        {"dive", 1.5, "does not go on"},
        {NULL, 2, "needs an action"},
        {"walk", 5.5, "split the shot"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        whelk_error err = {0};
        whelk_gen_slot one = {"action", bad[i].action};
        whelk_gen_request r = {
            .slots = &one, .slot_count = bad[i].action ? 1 : 0, .seconds = bad[i].seconds};
        ok(!whelk_gen_take(g, &r, in_dir(0, "bad", ""), NULL, NULL, &err) &&
               err.code == WHELK_EUSAGE && strstr(err.text, bad[i].says),
           "refused: %s", err.text);
    }
    whelk_error err = {0};
    whelk_gen_slot part = {"part", "next"};
    whelk_gen_request r = {.slots = &part, .slot_count = 1};
    ok(!whelk_gen_take(g, &r, in_dir(0, "bad", ""), NULL, NULL, &err) &&
           strstr(err.text, "no slot \"part\"") && !strstr(err.text, "nearest is \"part\""),
       "parts are not the user's to name: %s", err.text);
    ok(!file_exists(in_dir(0, "bad", ".latent.safetensors")), "nothing is made of any of them");
}

/* A thousandth more than the longest shot is that shot, and than a clip a clip. */
static void rounded_lengths(void)
{
    whelk_error err = {0};
    whelk_gen_figures f = {0};
    static const double more[] = {0.0002, 0.0009, 0.001};
    struct take_request t;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        whelk_gen_request r = request(64 / 12.0 + more[i]);
        ok(take_request_init(&t, g, &r, &err), "the longest shot and %g s (%s)", more[i], err.text);
        is_int(t.parts, MODEL_PARTS_MAX, "are as many parts as there can be");
        take_request_release(&t);
    }
    is_int(model_parts(g->model, 1e9), MODEL_PARTS_MAX, "no length has more parts than that");
    whelk_gen_request r = request(64 / 12.0 + 0.0009);
    r.steps = 1;
    ok(whelk_gen_take(g, &r, in_dir(0, "longest", ""), NULL, &f, &err), "a take of it (%s)",
       err.text);
    is_int(f.frames, 128, "has its frames");

    struct model clips_only = *g->model;
    whelk_generator plain = *g;
    clips_only.goes_on.slot = -1;
    plain.model = &clips_only;
    r = request(16 / 12.0 + 0.0009);
    ok(take_request_init(&t, &plain, &r, &err) && t.parts == 1,
       "where shots do not go on, a clip and 0.0009 s are a clip (%s)", err.text);
    take_request_release(&t);
    r = request(16 / 12.0 + 0.002);
    ok(!take_request_init(&t, &plain, &r, &err) && strstr(err.text, "split the shot"),
       "and more is told to be too long: %s", err.text);
}

static void bad_models(void)
{
    static const struct {
        const char *was, *is, *says;
    } bad[] = {
        {"\"slot\": \"part\"", "\"slot\": \"parts\"", "\"goes_on\""},
        {"\"value\": \"next\"", "\"value\": \"first\"", "another value"},
        {"\"value\": \"next\"", "\"value\": 3", "\"value\""},
        {"\"group\": 4", "\"group\": 16", "whole groups"},
        {"\"group\": 4", "\"group\": 2", "groups of 2"},
        {"\"goes_on\": {\n", "\"goes_on\": 7, \"else\": {\n", "\"slot\""},
    };
    char *json = NULL;
    size_t size;
    whelk_error err = {0};
    if (!file_read(in_dir(0, "model/model.json", ""), 1 << 20, &json, &size, &err))
        return;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *from = json, *at = NULL, *out = malloc(size + 64);
        while ((from = strstr(from, bad[i].was)))
            at = from++; /* the last: the card has some of these, too */
        sprintf(out, "%.*s%s%s", (int)(at - json), json, bad[i].is, at + strlen(bad[i].was));
        file_write(in_dir(0, "model/model.json", ""), out, strlen(out), &err);
        free(out);
        err = (whelk_error){0};
        ok(!whelk_gen_open(&(whelk_gen_options){.model_dir = in_dir(0, "model", "")}, &err) &&
               strstr(err.text, bad[i].says),
           "refused: %s", err.text);
    }
    file_write(in_dir(0, "model/model.json", ""), json, size, &err);
    free(json);
}

int main(void)
{
    if (!mkdtemp(dir) || !ok(write_model(), "a model whose actions go on"))
        return done_testing();
    whelk_generator *other = open_model(2);
    g = open_model(1);
    if (g && other) {
        lengths();
        each_part();
        words_left_open();
        paths_are_joined(MODEL_BACK);
        paths_are_joined(MODEL_STAYS);
        groups_are_joined();
        a_long_take();
        same_bytes(other);
        broken_off();
        spoilt_parts();
        digests();
        refusals();
        rounded_lengths();
        bad_models();
    }
    whelk_gen_close(other);
    whelk_gen_close(g);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? done_testing() : 1;
}
