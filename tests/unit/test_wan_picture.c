/* Takes that begin with a picture, or go from one to another: held clean by TI2V, as a latent
 * beside the noise and through CLIP by the others. */
#include "wan_model.h"

#include "generator/cuda/host.h"
#include "generator/take.h"
#include "generator/wan.h"
#include "tests/tool/wan_deep.h"

/* --- A first picture -------------------------------------------------------------------------- */

static char stripes[256], slope[256]; /* two pictures */

static void draw_pictures(void)
{
    whelk_error err = {0};
    uint8_t rgb[64 * 64 * 3];
    snprintf(stripes, sizeof stripes, "%s", in_work("stripes.png"));
    snprintf(slope, sizeof slope, "%s", in_work("slope.png"));
    for (int i = 0; i < 64 * 64 * 3; i++)
        rgb[i] = (uint8_t)(i * 11 % 256);
    bool good = whelk_picture_write(stripes, rgb, 64, 64, &err);
    for (int i = 0; i < 64 * 64 * 3; i++)
        rgb[i] = (uint8_t)(i / 64);
    ok(good && whelk_picture_write(slope, rgb, 64, 64, &err), "two pictures are drawn %s",
       err.text);
}

static void first_picture(void)
{
    whelk_error err = {0};
    whelk_generator *g = open_model(
        make_model("ti2v", "wan22-ti2v-tiny", "wan22-vae-tiny/Wan2.2_VAE.safetensors"), 2);
    whelk_gen_request r = request;
    r.plate_picture = stripes, r.width = 64, r.height = 64;
    bool good = g && whelk_gen_take(g, &r, in_work("p"), NULL, NULL, &err);
    r.seed = 9;
    good = good && whelk_gen_take(g, &r, in_work("q"), NULL, NULL, &err);
    ok(good, "TI2V begins with a picture %s", err.text);
    long n = 0, m = 0, frames = 0;
    float *p = latent_of(in_work("p.latent.safetensors"), &n, &frames),
          *q = latent_of(in_work("q.latent.safetensors"), &m, &frames);
    bool same = p && q && n == m && frames > 1, differ = false;
    long channel = same ? n / 48 : 0, plane = frames ? channel / frames : 0;
    for (long i = 0; same && i < n; i++) {
        if (i % channel < plane)
            same = p[i] == q[i];
        else
            differ = differ || p[i] != q[i];
    }
    ok(same && differ, "its latent is held, the frames after it are made");
    free(p);
    free(q);
    r = request, r.width = 64, r.height = 64;
    ok(g && whelk_gen_take(g, &r, in_work("r"), NULL, NULL, &err), "and goes without one %s",
       err.text);
    r.plate_picture = stripes, r.last_picture = slope;
    refuses(g, r, WHELK_EUSAGE, "cannot end on a picture");
    whelk_gen_close(g);
}

/* A model folder of Wan 2.1 I2V, FLF2V or, `blind`, of one expert of Wan 2.2's I2V: its transformer
 * reads the rows of this text encoder. */
static void make_beside(char folder[256], const char *golden, bool blind, const char *json)
{
    whelk_error err = {0};
    char dit[300], from[128];
    snprintf(folder, 256, "%s",
             make_model(blind ? "blind" : golden, golden, "wan21-vae-tiny/Wan2.1_VAE.safetensors"));
    snprintf(dit, sizeof dit, "%s/wide", folder);
    snprintf(from, sizeof from, GOLDEN "%s", golden);
    ok(wan_deep_write(from, dit, &(struct wan_deep){.blocks = 2, .text = 64, .blind = blind}, &err),
       "a transformer that takes pictures %s", err.text);
    link_to(folder, "clip.safetensors", "clip-tiny/models_clip_tiny.safetensors");
    write_json(folder, json);
}

#define BESIDE(more)                                                                               \
    "{\"version\": 1, \"family\": \"wan\", \"name\": \"moves\", \"dit\": \"wide\", " PARTS more    \
    ", \"frames\": 9, \"fps\": 16, \"width\": 64, \"height\": 32, \"sampler\": {\"steps\": 3}}"
#define SEEING ", \"image_encoder\": \"clip.safetensors\""

/* Wan 2.1 I2V sees its picture twice: as a latent beside the noise, and through CLIP. */
static void image_to_video(void)
{
    whelk_error err = {0};
    whelk_gen_figures one = {0}, again = {0}, other = {0}, less = {0};
    char folder[256];
    make_beside(folder, "wan21-i2v-tiny", false, BESIDE(SEEING));
    whelk_generator *g = open_model(folder, 2);
    whelk_gen_request r = request;
    r.plate_picture = stripes;
    ok(g && whelk_gen_verify(g, &err), "every weight of it is read %s", err.text);
    ok(g && whelk_gen_take(g, &r, in_work("i"), NULL, &one, &err), "a picture moves %s", err.text);
    read_clip(in_work("i.mkv"), &r, 12);
    r.plate_picture = slope;
    ok(g && whelk_gen_take(g, &r, in_work("i"), NULL, &other, &err) &&
           strcmp(one.clip_sha256, other.clip_sha256) != 0,
       "another picture moves otherwise %s", err.text);
    r.plate_picture = stripes, r.steps = 10, r.budget = 0.6;
    ok(g && whelk_gen_take(g, &r, in_work("i"), NULL, &less, &err) && less.flops > 0 &&
           less.flops <= 0.6 * less.flops_exact,
       "and under a budget %s", err.text);
    r = request;
    refuses(g, r, WHELK_EUSAGE, "name the first frame");
    r.plate_picture = stripes, r.last_picture = slope;
    refuses(g, r, WHELK_EUSAGE, "cannot end on a picture");
    whelk_gen_close(g);
    g = open_model(folder, 1);
    r.last_picture = NULL;
    ok(g && whelk_gen_take(g, &r, in_work("i"), NULL, &again, &err), "one thread %s", err.text);
    is_str(again.clip_sha256, one.clip_sha256, "moves it to the same bytes");
    whelk_gen_close(g);
    unopenable(folder, BESIDE(""), "needs the image encoder of CLIP");
    unopenable(folder, BESIDE(", \"image_encoder\": \"vae.safetensors\""),
               "no image encoder of CLIP");
}

/* --- From one picture to another -------------------------------------------------------------- */

/* What the transformer is given. The codec is causal: up to the last latent frame nothing can be
 * known of the last picture. */
static void given(const char *folder)
{
    whelk_error err = {0};
    struct wan *w = wan_open(folder, 2, &err);
    struct wan_request q = {0}, lone = {0};
    struct wan_pictures p = {0}, first = {0};
    whelk_gen_request r = request;
    r.plate_picture = stripes, r.last_picture = slope;
    bool good = w && wan_request_init(&q, w, &r, &err) && wan_pictures_read(w, &q, &p, &err);
    lone = q;
    lone.last = NULL;
    struct wan_request turned = q;
    turned.picture = q.last, turned.last = q.picture;
    struct wan_pictures back = {0};
    w->info.images = 1;
    good = good && wan_pictures_read(w, &lone, &first, &err);
    w->info.images = 2;
    good = good && wan_pictures_read(w, &turned, &back, &err);
    if (ok(good && p.y && p.image && !p.first, "both pictures go in %s", err.text)) {
        long plane = (long)q.rows * q.columns, all = q.latents * plane, wrong = 0, early = 0,
             late = 0, one = (long)WAN_IMAGE_ROWS * w->info.image_dim;
        for (long i = 0; i < 4 * all; i++) {
            long t = i % all / plane, k = i / all;
            wrong += p.y[i] != (t == 0 || (t == q.latents - 1 && k == 3));
        }
        is_int((int)wrong, 0, "the first frame is marked in all four channels, the last in one");
        for (long i = 4 * all; i < (4 + w->info.out) * all; i++)
            *(i % all / plane < q.latents - 1 ? &early : &late) += p.y[i] != first.y[i];
        is_int((int)early, 0, "the latent begins as without the last picture");
        ok(late > all / q.latents, "and ends with it: %ld numbers differ", late);
        ok(memcmp(p.image, first.image, (size_t)one * sizeof(float)) == 0 &&
               memcmp(p.image, back.image + one, (size_t)one * sizeof(float)) == 0 &&
               memcmp(p.image + one, back.image, (size_t)one * sizeof(float)) == 0 &&
               memcmp(p.image, p.image + one, (size_t)one * sizeof(float)) != 0,
           "CLIP's rows of the first come first, then those of the last");
    }
    wan_pictures_release(&p);
    wan_pictures_release(&first);
    wan_pictures_release(&back);
    wan_request_release(&q);
    wan_close(w);
}

static uint8_t *last_frame(const char *path, size_t size)
{
    whelk_clip_info info;
    whelk_clip *clip = whelk_clip_open(path, &info, NULL);
    uint8_t *rgb = clip ? malloc(size) : NULL;
    if (rgb &&
        !(whelk_clip_seek(clip, info.frames - 1, NULL) && whelk_clip_read(clip, rgb, NULL))) {
        free(rgb);
        rgb = NULL;
    }
    whelk_clip_close(clip);
    return rgb;
}

/* Eight frames of nine: by the clock they would end one short. */
static void ends_on_it(whelk_generator *g, const char *what)
{
    whelk_error err = {0};
    whelk_gen_request r = request;
    size_t size = (size_t)r.width * (size_t)r.height * 3;
    r.plate_picture = stripes, r.last_picture = slope, r.fps = 16, r.seconds = 8.0 / 16;
    bool good = whelk_gen_take(g, &r, in_work("eight"), NULL, NULL, &err);
    r.seconds = 9.0 / 16;
    good = good && whelk_gen_take(g, &r, in_work("nine"), NULL, NULL, &err);
    uint8_t *eight = last_frame(in_work("eight.mkv"), size),
            *nine = last_frame(in_work("nine.mkv"), size);
    ok(good && eight && nine && memcmp(eight, nine, size) == 0,
       "%s: a shorter clip ends on the same frame, too %s", what, err.text);
    free(eight);
    free(nine);
}

static void from_one_to_another(const char *golden, bool blind)
{
    whelk_error err = {0};
    whelk_gen_figures one = {0}, other = {0};
    char folder[256], digest[65] = "", turned[65] = "";
    make_beside(folder, golden, blind, blind ? BESIDE("") : BESIDE(SEEING));
    whelk_generator *g = open_model(folder, 2);
    if (!g)
        return;
    whelk_gen_request r = request;
    r.plate_picture = stripes, r.last_picture = slope;
    ok(whelk_gen_digest(g, &r, digest, &err) &&
           whelk_gen_take(g, &r, in_work("f"), NULL, &one, &err),
       "a take goes from one picture to another %s", err.text);
    read_clip(in_work("f.mkv"), &r, 12);
    r.plate_picture = slope, r.last_picture = stripes;
    ok(whelk_gen_digest(g, &r, turned, &err) && strcmp(digest, turned) != 0 &&
           whelk_gen_take(g, &r, in_work("f"), NULL, &other, &err) &&
           strcmp(one.clip_sha256, other.clip_sha256) != 0,
       "and back is another take %s", err.text);
    ends_on_it(g, golden);
    r.fps = 16, r.seconds = 1.0 / 16;
    refuses(g, r, WHELK_EUSAGE, "make it longer");
    r = request, r.last_picture = slope;
    refuses(g, r, WHELK_EUSAGE, "name the first frame");
    r.last_picture = NULL, r.plate_picture = stripes;
    if (blind)
        ok(whelk_gen_take(g, &r, in_work("f"), NULL, &other, &err), "one picture is enough %s",
           err.text);
    else
        refuses(g, r, WHELK_EUSAGE, "name the first frame and the last");
    whelk_gen_close(g);
    if (!blind)
        given(folder);
}

/* Text, pictures and steps on a device, which is the processor's own; then with room for the steps
 * alone. */
static void on_a_device(const char *golden)
{
    whelk_error err = {0};
    char folder[256];
    long n = 0, m = 0, frames = 0;
    make_beside(folder, golden, false, BESIDE(SEEING));
    whelk_generator *g = open_model(folder, 2);
    whelk_gen_request r = request;
    r.plate_picture = stripes, r.last_picture = strstr(golden, "flf") ? slope : NULL;
    bool good = g && whelk_gen_take(g, &r, in_work("here"), NULL, NULL, &err);
    float *here = latent_of(in_work("here.latent.safetensors"), &n, &frames);
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    if (!ok(good && here && v, "%s: a take on the processor %s", golden, err.text))
        return;
    g->wan->device = v;
    ok(!wan_text_here(g->wan) && !wan_image_here(g->wan), "%s: the device has room for encoders",
       golden);
    good = whelk_gen_take(g, &r, in_work("there"), NULL, NULL, &err);
    float *there = latent_of(in_work("there.latent.safetensors"), &m, &frames);
    double error = 0, square = 0;
    for (long i = 0; there && n == m && i < n; i++) {
        error += ((double)there[i] - here[i]) * ((double)there[i] - here[i]);
        square += (double)here[i] * here[i];
    }
    ok(good && square > 0 &&
               error<0.03 * 0.03 * square,
                     "%s: with pictures on a device as on the processor, %.1e apart %s", golden,
                     square> 0
           ? sqrt(error / square)
           : 1,
       good ? "" : err.text);
    g->wan->vram = 1;
    has_text(wan_text_here(g->wan), "no room for the text encoder", "without room that is told");
    has_text(wan_image_here(g->wan), "no room for the image encoder", "of pictures, too");
    free(here);
    free(there);
    whelk_gen_close(g);
}

int main(void)
{
    if (!work_begin())
        return 1;
    draw_pictures();
    first_picture();
    image_to_video();
    from_one_to_another("wan21-flf2v-tiny", false);
    from_one_to_another("wan21-i2v-tiny", true);
    on_a_device("wan21-i2v-tiny");
    on_a_device("wan21-flf2v-tiny");
    work_end();
    return done_testing();
}
