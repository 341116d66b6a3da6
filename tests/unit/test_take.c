/* Whole takes with the tiny model: what is written, what is refused, that the same request makes
 * the same bytes, that a held plate stays the same to the pixel, and that a take broken off leaves
 * nothing half made. */
#include "../tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../generator/generator.h"
#include "../../generator/model/safetensors.h"
#include "../../pipeline/base/digest.h"
#include "../../pipeline/base/file.h"

static const char *const folder = "tests/golden/whelk-tiny";
static char dir[] = "/tmp/whelk-take-XXXXXX";
static char name_buf[8][512];

static const char *in_dir(int slot, const char *name, const char *end)
{
    snprintf(name_buf[slot], sizeof name_buf[slot], "%s/%s%s", dir, name, end);
    return name_buf[slot];
}

static whelk_generator *open_tiny(int threads)
{
    whelk_error err = {0};
    whelk_generator *g =
        whelk_gen_open(&(whelk_gen_options){.model_dir = folder, .threads = threads}, &err);
    ok(g != NULL, "the tiny model opens with %d threads (%s)", threads, err.text);
    return g;
}

static const whelk_gen_slot slots[] = {
    {"subject", "cat"}, {"action", "dive"}, {"place", "pool"}, {"time", "day"}};

static whelk_gen_request request(void)
{
    return (whelk_gen_request){.slots = slots,
                               .slot_count = 4,
                               .caption = "a cat dives",
                               .seed = 7,
                               .width = 192,
                               .height = 108,
                               .fps = 24,
                               .seconds = 0.5,
                               .steps = 3};
}

static void digest_of(const char *path, char out[DIGEST_TEXT])
{
    if (!digest_file(path, out, NULL))
        snprintf(out, DIGEST_TEXT, "none");
}

static int calls, cancel_at;
static bool listen_progress(void *ctx, const char *stage, const char *shot, const char *what,
                            double done, double total, double left)
{
    (void)ctx, (void)shot, (void)left;
    calls += strcmp(stage, "shoot") == 0 && done <= total;
    return !(cancel_at && strcmp(what, "frame") == 0 && done >= cancel_at);
}

static void a_take_is_made(whelk_generator *g)
{
    whelk_error err = {0};
    whelk_gen_figures f = {0};
    whelk_gen_request r = request();
    char digest[65], other[65], *json = NULL;
    size_t size;
    ok(whelk_gen_digest(g, &r, digest, &err), "a request has a digest (%s)", err.text);
    ok(!whelk_gen_have(in_dir(0, "a", ""), digest), "nothing is there yet");
    calls = 0;
    whelk_listener listen = {.progress = listen_progress};
    ok(whelk_gen_take(g, &r, in_dir(0, "a", ""), &listen, &f, &err), "a take is made (%s)",
       err.text);
    is_int(f.frames, 12, "half a second at 24 is 12 frames");
    is_int(f.steps, 3, "of three steps");
    ok(f.tokens > 0 && f.tokens == f.tokens_exact && f.wall_s > 0, "figures are told");
    ok(calls >= 15, "progress is told for steps and frames (%d)", calls);
    ok(whelk_gen_have(in_dir(0, "a", ""), digest), "now it is there");
    whelk_clip_info info = {0};
    ok(whelk_clip_verify(in_dir(1, "a", ".mkv"), &info, &err), "its clip is sound (%s)", err.text);
    ok(info.width == 192 && info.height == 108 && info.frames == 12, "and has the size asked for");
    struct safetensors *st = safetensors_open(in_dir(1, "a", ".latent.safetensors"), &err);
    ok(st && safetensors_find(st, "plate") && safetensors_find(st, "actor_path"),
       "its latent file holds the layers");
    safetensors_close(st);
    ok(file_read(in_dir(1, "a", ".json"), 1 << 20, &json, &size, &err), "its record is there");
    has_text(json, digest, "with the digest");
    has_text(json, "\"a.mkv\"", "naming the clip without a folder");
    free(json);
    r.seed = 8;
    ok(whelk_gen_digest(g, &r, other, &err) && strcmp(digest, other) != 0,
       "another seed is another digest");
    ok(!whelk_gen_have(in_dir(0, "a", ""), other), "which is not there");
    r = request();
    r.guidance = 1;
    r.budget = 1;
    whelk_gen_digest(g, &r, other, &err);
    is_str(other, digest, "saying a default aloud changes no digest");
}

static void same_bytes(whelk_generator *one, whelk_generator *two)
{
    whelk_error err = {0};
    whelk_gen_request r = request();
    char d[4][DIGEST_TEXT];
    ok(whelk_gen_take(one, &r, in_dir(0, "b1", ""), NULL, NULL, &err), "again with one thread (%s)",
       err.text);
    ok(whelk_gen_take(two, &r, in_dir(0, "b2", ""), NULL, NULL, &err), "and with two (%s)",
       err.text);
    digest_of(in_dir(0, "b1", ".mkv"), d[0]);
    digest_of(in_dir(0, "b2", ".mkv"), d[1]);
    digest_of(in_dir(0, "a", ".mkv"), d[2]);
    is_str(d[0], d[1], "one thread and two make the same clip, byte for byte");
    is_str(d[0], d[2], "and so does another run");
    digest_of(in_dir(0, "b1", ".latent.safetensors"), d[0]);
    digest_of(in_dir(0, "b2", ".latent.safetensors"), d[1]);
    is_str(d[0], d[1], "and the same latents");
}

static void damage_unmakes_it(const whelk_generator *g)
{
    whelk_error err = {0};
    whelk_gen_request r = request();
    char digest[65], *data = NULL;
    size_t size;
    whelk_gen_digest(g, &r, digest, &err);
    if (!file_read(in_dir(0, "b1", ".mkv"), 1 << 26, &data, &size, &err))
        return;
    data[size / 2] ^= 1;
    file_write(in_dir(0, "b1", ".mkv"), data, size, &err);
    ok(!whelk_gen_have(in_dir(0, "b1", ""), digest), "a clip with one bit flipped is not had");
    ok(!whelk_clip_verify(in_dir(0, "b1", ".mkv"), NULL, &err), "and does not verify");
    free(data);
}

/* Every byte of the frames where no actor or effect was: with opaque layers of random weights
 * nearly all is covered, so two takes of one held plate are compared through their latents, and
 * their plates through the pixels of frame 0. */
static void plate_is_held(whelk_generator *g)
{
    whelk_error err = {0};
    whelk_gen_request r = request();
    char digest[65], plain[65];
    r.seed = 99;
    whelk_gen_digest(g, &r, plain, &err);
    r.plate_from = in_dir(2, "a", ".latent.safetensors");
    ok(whelk_gen_digest(g, &r, digest, &err) && strcmp(digest, plain) != 0,
       "holding a plate changes the digest (%s)", err.text);
    ok(whelk_gen_take(g, &r, in_dir(0, "held", ""), NULL, NULL, &err),
       "a take with a held plate is made (%s)", err.text);
    struct safetensors *a = safetensors_open(in_dir(2, "a", ".latent.safetensors"), &err);
    struct safetensors *b = safetensors_open(in_dir(3, "held", ".latent.safetensors"), &err);
    const struct st_tensor *pa = a ? safetensors_find(a, "plate") : NULL,
                           *pb = b ? safetensors_find(b, "plate") : NULL;
    ok(pa && pb && pa->size == pb->size && memcmp(pa->data, pb->data, pa->size) == 0,
       "its plate is the other's, bit for bit");
    pa = a ? safetensors_find(a, "actor") : NULL, pb = b ? safetensors_find(b, "actor") : NULL;
    ok(pa && pb && memcmp(pa->data, pb->data, pa->size) != 0, "its actor is its own");
    safetensors_close(a);
    safetensors_close(b);
}

static void picture_as_plate(whelk_generator *g)
{
    whelk_error err = {0};
    char digest[65];
    whelk_gen_request r = request();
    static uint8_t rgb[300 * 200 * 3];
    for (int i = 0; i < 300 * 200; i++) {
        rgb[3 * i] = 200;
        rgb[3 * i + 1] = (uint8_t)(i % 300 / 2);
        rgb[3 * i + 2] = 30;
    }
    whelk_picture_write(in_dir(2, "mine", ".png"), rgb, 300, 200, &err);
    r.plate_picture = in_dir(2, "mine", ".png");
    ok(whelk_gen_take(g, &r, in_dir(0, "picture", ""), NULL, NULL, &err),
       "a picture serves as the plate (%s)", err.text);
    r.plate_from = in_dir(3, "a", ".latent.safetensors");
    ok(!whelk_gen_take(g, &r, in_dir(0, "both", ""), NULL, NULL, &err) && err.code == WHELK_EUSAGE,
       "two plates are refused");
    r.plate_from = NULL;
    r.plate_picture = in_dir(2, "none", ".png");
    ok(!whelk_gen_take(g, &r, in_dir(0, "none", ""), NULL, NULL, &err),
       "a picture that is not there is refused");
    has_text(err.text, "none.png", "by name");
    r.plate_picture = NULL, r.last_picture = in_dir(2, "mine", ".png");
    ok(!whelk_gen_digest(g, &r, digest, &err) && err.code == WHELK_EUSAGE &&
           strstr(err.text, "cannot end on a picture"),
       "nor can it end on one: %s", err.text);
}

static void broken_off(whelk_generator *g)
{
    whelk_error err = {0};
    whelk_gen_request r = request();
    whelk_listener listen = {.progress = listen_progress};
    r.seed = 5;
    cancel_at = 5;
    ok(!whelk_gen_take(g, &r, in_dir(0, "c", ""), &listen, NULL, &err), "a take can be broken off");
    is_int(err.code, WHELK_EINTERRUPTED, "which is told by its code");
    ok(file_exists(in_dir(1, "c", ".latent.safetensors")), "the finished latent is left");
    ok(!file_exists(in_dir(1, "c", ".mkv")) && !file_exists(in_dir(2, "c", ".mkv.part")) &&
           !file_exists(in_dir(3, "c", ".json")),
       "and nothing else");
    cancel_at = 0;
    whelk_gen_figures f = {0};
    ok(whelk_gen_take(g, &r, in_dir(0, "c", ""), &listen, &f, &err) && f.steps == 0,
       "the next try goes on from the latent");
    char d[2][DIGEST_TEXT];
    ok(whelk_gen_take(g, &r, in_dir(0, "d", ""), NULL, NULL, &err), "(made whole elsewhere)");
    digest_of(in_dir(0, "c", ".mkv"), d[0]);
    digest_of(in_dir(0, "d", ".mkv"), d[1]);
    is_str(d[0], d[1], "and makes the same clip as an unbroken one");
}

static void refusals(whelk_generator *g)
{
    static const struct {
        whelk_gen_slot slot;
        int width, height, steps;
        double fps, seconds, budget;
        const char *says;
    } bad[] = {
        {{"subject", "catt"}, 0, 0, 0, 0, 0, 0, "\"cat\""},
        {{"sbject", "cat"}, 0, 0, 0, 0, 0, 0, "\"subject\""},
        {{"subject", NULL}, 0, 0, 0, 0, 0, 0, "no value"},
        {{"subject", "cat"}, 193, 108, 0, 0, 0, 0, "even"},
        {{"subject", "cat"}, 8, 108, 0, 0, 0, 0, "width"},
        {{"subject", "cat"}, 64, 5000, 0, 0, 0, 0, "height"},
        {{"subject", "cat"}, 64, 64, 300, 0, 0, 0, "steps"},
        {{"subject", "cat"}, 64, 64, 0, 500, 0, 0, "frame rate"},
        {{"subject", "cat"}, 64, 64, 0, 0, 60, 0, "split the shot"},
        {{"subject", "cat"}, 64, 64, 0, 0, 0, 1.5, "budget"},
        {{"subject", "cat"}, 64, 64, 0, NAN, 0, 0, "frame rate"},
        {{"subject", "cat"}, 64, 64, 0, 0, -1, 0, "length"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        whelk_error err = {0};
        whelk_gen_request r = {.slots = &bad[i].slot,
                               .slot_count = 1,
                               .width = bad[i].width,
                               .height = bad[i].height,
                               .steps = bad[i].steps,
                               .fps = bad[i].fps,
                               .seconds = bad[i].seconds,
                               .budget = bad[i].budget};
        ok(!whelk_gen_take(g, &r, in_dir(0, "bad", ""), NULL, NULL, &err) &&
               err.code == WHELK_EUSAGE,
           "refused: %s", err.text);
        has_text(err.text, bad[i].says, "with the cause");
    }
    whelk_error err = {0};
    whelk_gen_request r = request();
    ok(!whelk_gen_take(g, &r, in_dir(0, "absent/x", ""), NULL, NULL, &err),
       "a folder that is not there: %s", err.text);
    ok(strstr(err.text, "absent"), "is named before any work");
}

/* A copy of the model with one byte of its weights, or a word of its description, altered. */
static void altered_models(void)
{
    whelk_error err = {0};
    char *data = NULL, *json = NULL;
    size_t size, json_size;
    mkdir(in_dir(0, "model", ""), 0777);
    if (!file_read("tests/golden/whelk-tiny/whelk-tiny.safetensors", 1 << 26, &data, &size, &err) ||
        !file_read("tests/golden/whelk-tiny/model.json", 1 << 20, &json, &json_size, &err))
        return;
    file_write(in_dir(1, "model/model", ".json"), json, json_size, &err);
    ok(!whelk_gen_open(&(whelk_gen_options){.model_dir = in_dir(0, "model", "")}, &err),
       "a model without weights: %s", err.text);
    data[size - 100] ^= 4;
    file_write(in_dir(1, "model/whelk-tiny", ".safetensors"), data, size, &err);
    ok(!whelk_gen_open(&(whelk_gen_options){.model_dir = in_dir(0, "model", "")}, &err),
       "altered weights: %s", err.text);
    has_text(err.text, "whelk-tiny.safetensors", "are named");
    file_write(in_dir(1, "model/whelk-tiny", ".safetensors"), data, size / 2, &err);
    ok(!whelk_gen_open(&(whelk_gen_options){.model_dir = in_dir(0, "model", "")}, &err),
       "cut-off weights: %s", err.text);
    ok(!whelk_gen_open(&(whelk_gen_options){.model_dir = in_dir(0, "nowhere", "")}, &err),
       "no model: %s", err.text);
    const whelk_gen_options no_room = {.model_dir = folder, .backend = "cuda", .vram = "1M"};
    ok(!whelk_gen_open(&no_room, &err) && err.code == WHELK_EFAIL, "no GPU, or no room on it: %s",
       err.text);
    has_text(err.text, "--backend cpu", "with the cure");
    static const char *const sizes[] = {"much", "6",    "-6G",          "0G",
                                        "6GB",  "6.5G", "99999999999G", ""};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        ok(!whelk_gen_open(&(whelk_gen_options){.model_dir = folder, .vram = sizes[i]}, &err) &&
               err.code == WHELK_EUSAGE && strstr(err.text, "6500M"),
           "a GPU's memory of \"%s\": %s", sizes[i], err.text);
    whelk_generator *bounded =
        whelk_gen_open(&(whelk_gen_options){.model_dir = folder, .vram = "6500M"}, &err);
    ok(bounded != NULL, "an amount is taken without a GPU, too");
    whelk_gen_close(bounded);
    ok(!whelk_gen_open(&(whelk_gen_options){.model_dir = folder, .backend = "abacus"}, &err) &&
           err.code == WHELK_EUSAGE,
       "no such backend: %s", err.text);
    free(data);
    free(json);
}

/* A latent file of another model is refused by name. */
static void foreign_latent(whelk_generator *g)
{
    whelk_error err = {0};
    float zero[24 * 4] = {0};
    struct st_out plate = {"plate", 2, {24, 4}, zero};
    const char *const meta[] = {"model", "other", "model_digest", "0123", NULL};
    safetensors_write(in_dir(1, "foreign", ".latent.safetensors"), &plate, 1, meta, &err);
    whelk_gen_request r = request();
    r.plate_from = in_dir(1, "foreign", ".latent.safetensors");
    ok(!whelk_gen_take(g, &r, in_dir(0, "f", ""), NULL, NULL, &err),
       "a latent of another model: %s", err.text);
    has_text(err.text, "other", "is refused by name");
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    whelk_generator *one = open_tiny(1), *two = open_tiny(2);
    if (one && two) {
        whelk_gen_info info;
        whelk_gen_get_info(one, &info);
        ok(strcmp(info.name, "whelk-tiny") == 0 && strcmp(info.backend, "cpu") == 0 &&
               info.parameters > 1000,
           "it tells what it is");
        is_near(info.seconds, 16 / 12.0, 1e-6, "and how long a clip is");
        a_take_is_made(one);
        same_bytes(one, two);
        damage_unmakes_it(one);
        plate_is_held(two);
        picture_as_plate(two);
        broken_off(two);
        refusals(one);
        foreign_latent(one);
    }
    whelk_gen_close(one);
    whelk_gen_close(two);
    altered_models();
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) ? 1 : done_testing();
}
