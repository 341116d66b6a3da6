/* A shot in memory: its frames are the written take's, byte for byte; every format shows the same
 * picture; the actor laid over the plate is the film; and what lies outside the actor is left
 * alone. */
#include "../tap.h"

#include <stdlib.h>
#include <unistd.h>

#include "../../generator/clip.h"
#include "../../generator/generator.h"
#include "../../pipeline/base/digest.h"
#include "../../pipeline/base/file.h"

enum { W = 192, H = 108 };

static char dir[] = "/tmp/whelk-view-XXXXXX";
static char name_buf[4][512];

static const char *in_dir(int slot, const char *name)
{
    snprintf(name_buf[slot], sizeof name_buf[slot], "%s/%s", dir, name);
    return name_buf[slot];
}

static const whelk_gen_slot slots[] = {
    {"subject", "cat"}, {"action", "run"}, {"place", "beach"}, {"time", "day"}};

static whelk_gen_request request(void)
{
    return (whelk_gen_request){.slots = slots,
                               .slot_count = 4,
                               .caption = "a cat runs",
                               .seed = 7,
                               .width = W,
                               .height = H,
                               .seconds = 0.5,
                               .steps = 12};
}

/* A picture of any format in one block. */
struct frame {
    whelk_gen_picture picture;
    uint8_t *bytes;
    size_t size;
};

static struct frame frame_new(enum whelk_gen_format format, int w, int h)
{
    static const int pixel[] = {1, 1, 3, 4, 4};
    size_t area = (size_t)w * (size_t)h;
    struct frame f = {.size =
                          format <= WHELK_GEN_NV12 ? area * 3 / 2 : area * (size_t)pixel[format]};
    f.bytes = calloc(f.size + 64, 1);
    f.picture.data[0] = f.bytes;
    f.picture.stride[0] = w * pixel[format];
    f.picture.data[1] = f.bytes + area;
    f.picture.stride[1] = format == WHELK_GEN_NV12 ? w : w / 2;
    f.picture.data[2] = f.bytes + area * 5 / 4;
    f.picture.stride[2] = w / 2;
    return f;
}

static struct frame drawn(const whelk_gen_shot *shot, whelk_gen_look look, int i)
{
    whelk_error err = {0};
    struct frame f = frame_new(look.format, look.width, look.height);
    whelk_gen_view *v = whelk_gen_view_new(shot, &look, &err);
    if (!v)
        printf("# %s\n", err.text);
    if (v)
        whelk_gen_view_draw(v, i, &f.picture);
    whelk_gen_view_free(v);
    return f;
}

static whelk_gen_look look_of(enum whelk_gen_format format, enum whelk_gen_layer layer)
{
    return (whelk_gen_look){.width = W, .height = H, .format = format, .layer = layer};
}

static void same_pixels_as_the_take(whelk_generator *g, const whelk_gen_shot *shot)
{
    whelk_error err = {0};
    whelk_gen_request r = request();
    struct clip_format format = {W, H, 24};
    char digest[2][DIGEST_TEXT] = {"a", "b"};
    ok(whelk_gen_take(g, &r, in_dir(0, "take"), NULL, NULL, &err), "a take is written (%s)",
       err.text);
    whelk_gen_look look = look_of(WHELK_GEN_I420, WHELK_GEN_FILM);
    whelk_gen_view *v = whelk_gen_view_new(shot, &look, &err);
    struct clip_writer *w = clip_writer_open(in_dir(1, "mine.mkv"), &format, &err);
    struct clip_encoder *e = clip_encoder_open(&format, &err);
    is_int(whelk_gen_view_frames(v), 12, "half a second at 24 is 12 frames");
    for (int i = 0; i < whelk_gen_view_frames(v); i++) {
        struct clip_planes p = clip_encoder_canvas(e);
        whelk_gen_picture out = {{p.data[0], p.data[1], p.data[2]},
                                 {p.stride[0], p.stride[1], p.stride[2]}};
        whelk_gen_view_draw(v, i, &out);
        if (!clip_encoder_code(e, &err) || !clip_writer_add(w, e, &err))
            printf("# %s\n", err.text);
    }
    clip_encoder_close(e);
    clip_writer_finish(w, &err);
    whelk_gen_view_free(v);
    digest_file(in_dir(2, "take.mkv"), digest[0], NULL);
    digest_file(in_dir(1, "mine.mkv"), digest[1], NULL);
    is_str(digest[1], digest[0],
           "the frames of the shot, coded, are the take's clip byte for byte");
}

static void latents_are_kept(whelk_generator *g, const whelk_gen_shot *shot)
{
    whelk_error err = {0};
    whelk_gen_figures f = {0};
    whelk_gen_request r = request();
    whelk_gen_shot *a = whelk_gen_shoot(g, &r, in_dir(0, "kept"), NULL, &f, &err);
    ok(a && f.steps == 12, "a shot is made and its latents kept (%s)", err.text);
    whelk_gen_shot *b = whelk_gen_shoot(g, &r, in_dir(0, "kept"), NULL, &f, &err);
    ok(b && f.steps == 0, "the next one is read, not denoised");
    r.seed++;
    whelk_gen_shot *c = whelk_gen_shoot(g, &r, in_dir(0, "kept"), NULL, &f, &err);
    ok(c && f.steps == 12, "another request is not taken for it");
    struct frame x = drawn(shot, look_of(WHELK_GEN_I420, WHELK_GEN_FILM), 5),
                 y = drawn(b, look_of(WHELK_GEN_I420, WHELK_GEN_FILM), 5),
                 z = drawn(c, look_of(WHELK_GEN_I420, WHELK_GEN_FILM), 5);
    ok(memcmp(x.bytes, y.bytes, x.size) == 0, "the kept one shows the same");
    ok(memcmp(x.bytes, z.bytes, x.size) != 0, "the other something else");
    free(x.bytes), free(y.bytes), free(z.bytes);
    whelk_gen_shot_free(a), whelk_gen_shot_free(b), whelk_gen_shot_free(c);
}

/* Colours beyond white or black are cut off in each coding in its own way. */
static bool in_gamut(const uint8_t c[3])
{
    for (int k = 0; k < 3; k++)
        if (c[k] == 0 || c[k] == 255)
            return false;
    return true;
}

static void formats_agree(const whelk_gen_shot *shot)
{
    struct frame i420 = drawn(shot, look_of(WHELK_GEN_I420, WHELK_GEN_FILM), 6),
                 nv12 = drawn(shot, look_of(WHELK_GEN_NV12, WHELK_GEN_FILM), 6),
                 rgb = drawn(shot, look_of(WHELK_GEN_RGB, WHELK_GEN_FILM), 6),
                 rgba = drawn(shot, look_of(WHELK_GEN_RGBA, WHELK_GEN_FILM), 6),
                 ayuv = drawn(shot, look_of(WHELK_GEN_AYUV, WHELK_GEN_FILM), 6);
    bool same = memcmp(i420.bytes, nv12.bytes, W * H) == 0;
    for (int k = 0; k < W * H / 4; k++)
        same = same && nv12.picture.data[1][2 * k] == i420.picture.data[1][k] &&
               nv12.picture.data[1][2 * k + 1] == i420.picture.data[2][k];
    ok(same, "NV12 is I420 with its chroma woven");
    int luma = 0, worst = 0;
    bool equal = true, solid = true;
    for (int k = 0; k < W * H; k++) {
        const uint8_t *c = rgba.bytes + 4 * k, *y = ayuv.bytes + 4 * k;
        int d = abs(y[1] - i420.bytes[k]);
        luma = d > luma ? d : luma;
        equal = equal && memcmp(c, rgb.bytes + 3 * k, 3) == 0;
        solid = solid && c[3] == 255 && y[0] == 255;
        double v = 16 + 219.0 / 255 * (0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]);
        d = in_gamut(c) ? (int)fabs(v - y[1]) : 0;
        worst = d > worst ? d : worst;
    }
    ok(luma <= 2, "AYUV has I420's luma (worst %d)", luma);
    ok(equal && solid, "RGB is RGBA without alpha; a film has no holes");
    ok(worst <= 2, "RGB, coded by bt709, is AYUV (worst %d)", worst);
    whelk_gen_look wide = look_of(WHELK_GEN_AYUV, WHELK_GEN_PLATE);
    wide.full_range = true;
    wide.matrix = WHELK_GEN_BT601;
    struct frame full = drawn(shot, wide, 6),
                 plate = drawn(shot, look_of(WHELK_GEN_RGB, WHELK_GEN_PLATE), 6);
    worst = 0;
    for (int k = 0; k < W * H; k++) {
        const uint8_t *c = plate.bytes + 3 * k;
        double v = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
        int d = in_gamut(c) ? (int)fabs(v - full.bytes[4 * k + 1]) : 0;
        worst = d > worst ? d : worst;
    }
    ok(worst <= 1, "bt601 in full range is coded so (worst %d)", worst);
    free(i420.bytes), free(nv12.bytes), free(rgb.bytes), free(rgba.bytes), free(ayuv.bytes);
    free(full.bytes), free(plate.bytes);
}

static void layers_add_up(const whelk_gen_shot *shot)
{
    struct frame film = drawn(shot, look_of(WHELK_GEN_RGB, WHELK_GEN_FILM), 6),
                 plate = drawn(shot, look_of(WHELK_GEN_RGB, WHELK_GEN_PLATE), 6),
                 actor = drawn(shot, look_of(WHELK_GEN_RGBA, WHELK_GEN_ACTOR), 6);
    int worst = 0, clear = 0, solid = 0;
    for (int k = 0; k < W * H; k++) {
        const uint8_t *a = actor.bytes + 4 * k;
        clear += a[3] == 0;
        solid += a[3] == 255;
        for (int c = 0; c < 3; c++) {
            double v = (a[c] * a[3] + plate.bytes[3 * k + c] * (255.0 - a[3])) / 255;
            int d = (int)fabs(v - film.bytes[3 * k + c]);
            worst = d > worst ? d : worst;
        }
    }
    ok(clear > W * H / 20, "the actor's frame is clear where nothing is (%d of %d pixels)", clear,
       W * H);
    ok(solid + clear < W * H, "its rim is neither clear nor solid");
    ok(worst <= 2, "the actor laid over the plate is the film (worst %d)", worst);
    whelk_error err = {0};
    whelk_gen_look look = look_of(WHELK_GEN_RGB, WHELK_GEN_FILM);
    whelk_gen_view *v = whelk_gen_view_new(shot, &look, &err);
    whelk_gen_view_draw_over(v, 6, NULL, &plate.picture);
    worst = 0;
    for (size_t k = 0; k < film.size; k++)
        worst = abs(film.bytes[k] - plate.bytes[k]) > worst ? abs(film.bytes[k] - plate.bytes[k])
                                                            : worst;
    ok(worst <= 1, "and so it is when drawn over it (worst %d)", worst);
    whelk_gen_view_free(v);
    free(film.bytes), free(plate.bytes), free(actor.bytes);
}

/* What lies outside is a pattern that no rounding would leave alone. */
static void outside_is_left_alone(const whelk_gen_shot *shot, enum whelk_gen_format format,
                                  const char *name)
{
    whelk_error err = {0};
    whelk_gen_look alone = look_of(WHELK_GEN_RGBA, WHELK_GEN_ACTOR),
                   look = look_of(format, WHELK_GEN_FILM);
    alone.tripod = look.tripod = true;
    struct frame matte = drawn(shot, alone, 6), f = frame_new(format, W, H),
                 was = frame_new(format, W, H);
    for (size_t k = 0; k < f.size; k++)
        f.bytes[k] = was.bytes[k] = (uint8_t)(k * 7 + k / 97);
    whelk_gen_view *v = whelk_gen_view_new(shot, &look, &err);
    whelk_gen_view_draw_over(v, 6, &(whelk_gen_place){0, 0, 1}, &f.picture);
    int step = (int)(f.picture.stride[0] / W), changed = 0, wrong = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            long at = (long)y * f.picture.stride[0] + x * step;
            bool other = memcmp(f.bytes + at, was.bytes + at, (size_t)step) != 0;
            changed += other;
            wrong += other && matte.bytes[4 * (y * W + x) + 3] == 0;
        }
    ok(changed > 100 && wrong == 0, "%s: %d pixels are drawn over, %d of them outside the matte",
       name, changed, wrong);
    memcpy(f.bytes, was.bytes, f.size);
    whelk_gen_view_draw_over(v, 6, &(whelk_gen_place){5, 0, 1}, &f.picture);
    ok(memcmp(f.bytes, was.bytes, f.size) == 0, "%s: moved out of the frame it leaves every byte",
       name);
    whelk_gen_view_free(v);
    free(matte.bytes), free(f.bytes), free(was.bytes);
}

static double middle(const struct frame *f, double *area)
{
    double sum = 0, at = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            double a = f->bytes[4 * (y * W + x) + 3];
            sum += a;
            at += a * x;
        }
    *area = sum / 255;
    return sum > 0 ? at / sum : -1;
}

static void placing(const whelk_gen_shot *shot)
{
    whelk_error err = {0};
    whelk_gen_look look = look_of(WHELK_GEN_RGBA, WHELK_GEN_ACTOR);
    struct frame a = frame_new(WHELK_GEN_RGBA, W, H), b = frame_new(WHELK_GEN_RGBA, W, H);
    look.tripod = true;
    double area[2], at[2];
    whelk_gen_view *v = whelk_gen_view_new(shot, &look, &err);
    whelk_gen_view_draw_over(v, 6, &(whelk_gen_place){0, 0, 0.25}, &a.picture);
    whelk_gen_view_draw_over(v, 6, &(whelk_gen_place){0.25, 0, 0.25}, &b.picture);
    at[0] = middle(&a, &area[0]);
    at[1] = middle(&b, &area[1]);
    ok(fabs(at[1] - at[0] - 0.25 * W) < 0.5, "a quarter of the width moves it by as much (%.2f)",
       at[1] - at[0]);
    memset(b.bytes, 0, b.size);
    whelk_gen_view_draw_over(v, 6, &(whelk_gen_place){0, 0, 0.125}, &b.picture);
    middle(&b, &area[1]);
    ok(fabs(area[0] / area[1] - 4) < 0.6, "half the size is a quarter of the area (%.2f)",
       area[0] / area[1]);
    whelk_gen_view_free(v);
    free(a.bytes), free(b.bytes);
}

static void refusals(const whelk_gen_shot *shot)
{
    static const struct {
        whelk_gen_look look;
        const char *says;
    } bad[] = {
        {{.width = 1, .height = 1}, "16x16"},
        {{.width = 16384, .height = 16384}, "4096x4096"},
        {{.width = 65, .height = 64}, "even"},
        {{.width = 64, .height = 64, .fps = 0.5}, "frames a second"},
        {{.width = 64, .height = 64, .layer = WHELK_GEN_ACTOR}, "alpha"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        whelk_error err = {0};
        ok(!whelk_gen_view_new(shot, &bad[i].look, &err) && err.code == WHELK_EUSAGE, "refused: %s",
           err.text);
        has_text(err.text, bad[i].says, "with the cause");
    }
    whelk_gen_look odd = {.width = 65, .height = 33, .format = WHELK_GEN_RGBA};
    struct frame f = drawn(shot, odd, 0);
    ok(f.bytes[4 * 65 * 33 - 1] == 255 && f.bytes[4 * 65 * 33] == 0,
       "packed frames may be odd, and nothing is written past their end");
    free(f.bytes);
}

static bool never(void *ctx, const char *stage, const char *shot, const char *what, double done,
                  double total, double left)
{
    (void)ctx, (void)stage, (void)shot, (void)what, (void)done, (void)total, (void)left;
    return false;
}

int main(void)
{
    whelk_error err = {0};
    if (!mkdtemp(dir))
        return 1;
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.threads = 2},
                                        &err); /* the shipped model: an actor is to be seen */
    whelk_gen_request r = request();
    ok(g && !whelk_gen_shoot(g, &r, NULL, &(whelk_listener){.progress = never}, NULL, &err) &&
           err.code == WHELK_EINTERRUPTED,
       "a shot can be broken off");
    whelk_gen_shot *shot = g ? whelk_gen_shoot(g, &r, NULL, NULL, NULL, &err) : NULL;
    ok(shot && whelk_gen_shot_seconds(shot) == 0.5, "a shot is made in memory");
    if (shot) {
        same_pixels_as_the_take(g, shot);
        latents_are_kept(g, shot);
    }
    whelk_gen_close(g); /* what follows does without the generator */
    if (shot) {
        formats_agree(shot);
        layers_add_up(shot);
        outside_is_left_alone(shot, WHELK_GEN_I420, "I420");
        outside_is_left_alone(shot, WHELK_GEN_NV12, "NV12");
        outside_is_left_alone(shot, WHELK_GEN_RGB, "RGB");
        outside_is_left_alone(shot, WHELK_GEN_RGBA, "RGBA");
        outside_is_left_alone(shot, WHELK_GEN_AYUV, "AYUV");
        placing(shot);
        refusals(shot);
    }
    whelk_gen_shot_free(shot);
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) ? 1 : done_testing();
}
