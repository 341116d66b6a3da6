/* Takes of Wan models end to end, with the small models of the golden vectors: random weights, so
 * the pictures are noise, but every part runs as with real ones. */
#include "wan_model.h"

#include <dirent.h>

#include "generator/cuda/host.h"
#include "generator/cuda/wan_device_codec.h"
#include "generator/model/safetensors.h"
#include "generator/picture.h"
#include "generator/take.h"
#include "generator/wan.h"
#include "generator/wan_frame.h"
#include "generator/wan_preview.h"

/* --- A take ----------------------------------------------------------------------------------- */

static void takes(const char *folder)
{
    whelk_error err = {0};
    whelk_gen_figures one = {0}, two = {0}, again = {0};
    char digest[65] = "", other[65] = "";
    whelk_generator *g = open_model(folder, 2);
    if (!g)
        return;
    whelk_gen_info info;
    whelk_gen_get_info(g, &info);
    is_str(info.name, "tiny", "its name is model.json's");
    is_near(info.seconds, 17 / 16.0, 1e-9, "its longest clip follows from frames and rate");
    ok(whelk_gen_take(g, &request, in_work("a"), NULL, &one, &err), "a take is made %s", err.text);
    is_int(one.frames, 12, "of half a second at 24 a second");
    ok(one.tokens == 3 * 2 * 3 * 2 * 4 && one.flops > 0, "its tokens are counted: %lld",
       one.tokens);
    read_clip(in_work("a.mkv"), &request, 12);
    whelk_clip_info ci;
    ok(whelk_clip_verify(in_work("a.mkv"), &ci, &err), "every slice's CRC holds %s", err.text);
    ok(whelk_gen_digest(g, &request, digest, &err) && whelk_gen_have(in_work("a"), digest),
       "and it is found by its digest");
    unlink(in_work("a.json"));
    ok(whelk_gen_take(g, &request, in_work("a"), NULL, &again, &err) && again.steps == 0,
       "a take whose latent is there is only decoded %s", err.text);
    is_str(again.clip_sha256, one.clip_sha256, "to the same bytes");
    whelk_gen_close(g);

    g = open_model(folder, 1);
    ok(g && whelk_gen_take(g, &request, in_work("b"), NULL, &two, &err),
       "one thread makes it too %s", err.text);
    is_str(two.clip_sha256, one.clip_sha256, "to the same bytes");
    whelk_gen_request more = request;
    more.seed = 8;
    ok(g && whelk_gen_take(g, &more, in_work("b"), NULL, &two, &err) &&
           strcmp(two.clip_sha256, one.clip_sha256) != 0,
       "another seed makes another clip");
    more = request, more.caption = "a  red fox runs across\nthe snow ";
    ok(g && whelk_gen_digest(g, &more, other, &err) && strcmp(other, digest) == 0,
       "white space changes no digest");
    more.guidance = 1;
    ok(g && whelk_gen_take(g, &more, in_work("b"), NULL, &two, &err) &&
           2 * two.tokens == one.tokens,
       "without guidance a step is one pass");
    whelk_gen_close(g);
}

/* --- The cache of texts ----------------------------------------------------------------------- */

static int files_in(const char *folder, char last[512])
{
    int n = 0;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.') {
            snprintf(last, 512, "%s/%s", folder, entry->d_name);
            n++;
        }
    if (dir)
        closedir(dir);
    return n;
}

static void texts_are_kept(const char *folder)
{
    whelk_error err = {0};
    whelk_gen_figures one = {0}, two = {0};
    char last[512] = "", cache[256];
    snprintf(cache, sizeof cache, "%s", in_work("cache/whelk/text"));
    int before = files_in(cache, last);
    whelk_generator *g = open_model(folder, 2);
    whelk_gen_request r = request;
    r.caption = "a sentence of its own", r.seed = 11;
    ok(g && whelk_gen_take(g, &r, in_work("k"), NULL, &one, &err), "a take with a new text %s",
       err.text);
    is_int(files_in(cache, last), before + 1,
           "what the encoder said of it is kept; the negative's was");
    bool emptied = file_write(last, "", 0, NULL);
    unlink(in_work("k.latent.safetensors"));
    ok(emptied && g && whelk_gen_take(g, &r, in_work("k"), NULL, &two, &err),
       "a damaged file of the cache does no harm %s", err.text);
    unlink(in_work("k.latent.safetensors"));
    ok(g && whelk_gen_take(g, &r, in_work("k"), NULL, &two, &err), "and it is used again %s",
       err.text);
    is_str(two.clip_sha256, one.clip_sha256, "for the same take");
    whelk_gen_close(g);
}

/* --- On a device ------------------------------------------------------------------------------ */

static char told[4096];

static long hear(void *ctx, const whelk_note *n)
{
    size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s\n", n->text);
    (void)ctx;
    return 0;
}

/* The mean difference of two clips' pixels, of 255. */
static double clips_apart(const char *one, const char *two)
{
    whelk_error err = {0};
    whelk_clip_info info = {0};
    long n = 3L * request.width * request.height, count = 0;
    uint8_t *a = malloc((size_t)n), *b = malloc((size_t)n);
    whelk_clip *x = whelk_clip_open(one, &info, &err), *y = whelk_clip_open(two, &info, &err);
    double sum = 0;
    while (a && b && x && y && whelk_clip_read(x, a, &err) && whelk_clip_read(y, b, &err))
        for (long i = 0; i < n; i++, count++)
            sum += abs(a[i] - b[i]);
    whelk_clip_close(x);
    whelk_clip_close(y);
    free(a);
    free(b);
    return count ? sum / (double)count : 255;
}

/* A byte too little for whole frames: slices, which show no seam. Then nothing fits, and the latent
 * is there already: the processor makes the frames. */
static void decodes_with_less(whelk_generator *g, const whelk_listener *listen)
{
    whelk_error err = {0};
    struct wan_request q;
    if (!ok(wan_request_init(&q, g->wan, &request, &err), "a request %s", err.text))
        return;
    g->wan->vram =
        wan_device_codec_bytes(g->wan->device, g->wan->vae, q.rows, q.columns, DEVICE_BF16, 1) - 1;
    told[0] = '\0';
    ok(whelk_gen_take(g, &request, in_work("beside"), listen, NULL, &err), "a byte too little %s",
       err.text);
    has_text(told, "frames are decoded in 2 slices", "is told");
    is_near(clips_apart(in_work("device.mkv"), in_work("beside.mkv")), 0, 0,
            "and the pictures are the same to the last bit");
    g->wan->vram = 1;
    told[0] = '\0';
    ok(unlink(in_work("beside.mkv")) == 0 && unlink(in_work("beside.json")) == 0 &&
           whelk_gen_take(g, &request, in_work("beside"), listen, NULL, &err),
       "nothing fits and the latent is there %s", err.text);
    has_text(told, "not even in slices: the processor does", "is told");
    ok(clips_apart(in_work("cpu.mkv"), in_work("beside.mkv")) < 1.5, "and the frames are made");
    wan_request_release(&q);
}

/* The device is the processor's own, which tests have in a GPU's place. */
static void on_a_device(const char *folder)
{
    whelk_error err = {0};
    long n = 0, m = 0, frames;
    double error = 0, square = 0;
    whelk_gen_info info;
    whelk_listener listen = {.note = hear};
    whelk_generator *cpu = open_model(folder, 2), *g = open_model(folder, 2);
    bool good = cpu && whelk_gen_take(cpu, &request, in_work("cpu"), NULL, NULL, &err);
    g->wan->device = host_device_new(HOST_LATE_COPIES, 0, &err);
    told[0] = '\0';
    good = good && whelk_gen_take(g, &request, in_work("device"), &listen, NULL, &err);
    ok(good, "a take is made on a device %s", err.text);
    float *a = latent_of(in_work("cpu.latent.safetensors"), &n, &frames),
          *b = latent_of(in_work("device.latent.safetensors"), &m, &frames);
    for (long i = 0; a && b && n == m && i < n; i++) {
        error += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        square += (double)a[i] * a[i];
    }
    ok(square > 0 && error > 0 && sqrt(error / square) < 3e-2,
       "its latent is the processor's but for operands in bf16: %.1e apart", sqrt(error / square));
    has_text(told, "on host: ", "the log tells the device");
    has_text(told, "2 of 2 blocks stay", "and what stays there");
    ok(!strstr(told, "no room to decode"), "frames were decoded there");
    read_clip(in_work("device.mkv"), &request, 12);
    double pixels = clips_apart(in_work("cpu.mkv"), in_work("device.mkv"));
    ok(pixels < 1.5, "the pictures are the processor's: %.2f of 255 apart", pixels);
    whelk_gen_get_info(g, &info);
    is_str(info.backend, "cuda", "the backend in use is told");
    host_device_fail_at(g->wan->device, host_device_runs(g->wan->device) + 1);
    told[0] = '\0';
    ok(!whelk_gen_take(g, &request, in_work("slow"), &listen, NULL, &err) &&
           !strstr(told, "GFLOP/s"),
       "a device that cannot be measured ends the take: %s", err.text);
    has_text(err.text, "was to fail", "with the reason");
    host_device_fail_at(g->wan->device, 0);
    decodes_with_less(g, &listen);
    g->wan->vram = 1 << 20;
    ok(!whelk_gen_take(g, &request, in_work("small"), NULL, NULL, &err), "too little memory: %s",
       err.text);
    has_text(err.text, "--vram", "with the cure");
    free(a);
    free(b);
    whelk_gen_close(cpu);
    whelk_gen_close(g);
    g = whelk_gen_open(&(whelk_gen_options){.model_dir = folder, .backend = "cuda"}, &err);
    ok(g || strstr(err.text, "--backend cpu works"),
       "asked for by name it works or says why not: %s", g ? "works" : err.text);
    whelk_gen_close(g);
    g = whelk_gen_open(
        &(whelk_gen_options){.model_dir = folder, .backend = "cuda", .no_takes = true}, &err);
    ok(g != NULL, "a card is read without it");
    whelk_gen_close(g);
}

/* --- Pixels ----------------------------------------------------------------------------------- */

/* A ramp across in red, down in green, over blue at a half: bt709 limited, by its definition. */
static void painting(void)
{
    enum { W = 40, H = 24, TO_W = 80, TO_H = 48 };
    whelk_error err = {0};
    static float rgb[H * W * 3];
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            float *p = rgb + (y * W + x) * 3;
            p[0] = 2 * ((float)x + 0.5f) / W - 1, p[1] = 2 * ((float)y + 0.5f) / H - 1, p[2] = 0;
        }
    struct clip_format format = {TO_W, TO_H, 24};
    struct wan_painter *painter = wan_painter_new(W, H, TO_W, TO_H, &err);
    struct clip_encoder *e = clip_encoder_open(&format, &err);
    if (!ok(painter && e, "a painter is made %s", err.text))
        return;
    struct clip_planes out = clip_encoder_canvas(e);
    wan_painter_draw(painter, rgb, out);
    double worst[3] = {0};
    for (int y = 4; y < TO_H - 4; y++)
        for (int x = 4; x < TO_W - 4; x++) {
            double r = (x + 0.5) / TO_W, g = (y + 0.5) / TO_H, b = 0.5;
            double luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            worst[0] = fmax(worst[0], fabs(out.data[0][y * out.stride[0] + x] - (16 + 219 * luma)));
            if (x % 2 || y % 2)
                continue;
            /* chroma is sited left: across at x, down between two rows */
            g = (y + 1.0) / TO_H, luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            double cb = 128 + 224 * (b - luma) / 1.8556, cr = 128 + 224 * (r - luma) / 1.5748;
            worst[1] = fmax(worst[1], fabs(out.data[1][y / 2 * out.stride[1] + x / 2] - cb));
            worst[2] = fmax(worst[2], fabs(out.data[2][y / 2 * out.stride[2] + x / 2] - cr));
        }
    ok(worst[0] < 0.7 && worst[1] < 1 && worst[2] < 1,
       "a frame is drawn twice as large in its colours: %.2f %.2f %.2f", worst[0], worst[1],
       worst[2]);
    clip_encoder_close(e);
    wan_painter_free(painter);
}

static void picture_comes_in(void)
{
    whelk_error err = {0};
    static uint8_t rgb[32 * 64 * 3];
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 64; x++) {
            uint8_t *p = rgb + (y * 64 + x) * 3;
            p[0] = (uint8_t)(4 * x), p[1] = (uint8_t)(8 * y), p[2] = 90;
        }
    float *in = whelk_picture_write(in_work("in.png"), rgb, 64, 32, &err)
                    ? picture_read(in_work("in.png"), 0, 32, 32, &err)
                    : NULL;
    double worst = 0;
    for (int y = 0; in && y < 32; y++)
        for (int x = 0; x < 32; x++) { /* the middle of the wide picture */
            worst = fmax(worst, fabs(in[y * 32 + x] - (4 * (x + 16) / 127.5 - 1)));
            worst = fmax(worst, fabs(in[1024 + y * 32 + x] - (8 * y / 127.5 - 1)));
            worst = fmax(worst, fabs(in[2048 + y * 32 + x] - (90 / 127.5 - 1)));
        }
    ok(in && worst < 1e-4, "a picture comes in cut to shape: %.1e %s", worst, err.text);
    free(in);
}

/* --- Sketches --------------------------------------------------------------------------------- */

enum { SEEN_PLACES = 12, SEEN_SCALE_MAX = 16, SEEN_MOST = SEEN_PLACES * SEEN_SCALE_MAX };

struct encoded {
    float data[SEEN_PLACES * SEEN_PLACES * 64];
    int channels;
};

static bool keep_encoded(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct encoded *e = ctx;
    e->channels = channels;
    for (long i = 0; i < (long)rows * columns * channels; i++)
        e->data[i % channels * rows * columns + i / channels] = data[i];
    return true;
}

/* A picture that the fit never saw, encoded and told from its latent: the share of its variance
 * that is missed. The codec's weights are random, and even of the picture that was fitted its
 * latents tell only a half (2.1) and two thirds (2.2) in a straight way; what there is of colours
 * is found. */
static void colours_are_found(const char *file, const char *name, double most)
{
    whelk_error err = {0};
    static float picture[3 * SEEN_MOST * SEEN_MOST], fit[WAN_PREVIEW_FIT];
    static struct encoded e;
    static uint8_t rgb[3 * SEEN_PLACES * SEEN_PLACES];
    struct wan_vae *v = wan_vae_open(file, false, &err);
    int scale = v ? wan_vae_scale(v) : 8, size = SEEN_PLACES * scale;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                picture[(c * size + y) * size + x] =
                    (float)(0.8 * sin(0.9 * c + (2.0 + c) * x / size - (3.0 - c) * y / size));
    struct wan_codec *codec = v ? wan_codec_new(v, WAN_ENCODE, size, size, 2, &err) : NULL;
    struct wan_picture p = {picture, (long)size * size, 1};
    bool good = codec && wan_codec_push(codec, &p, keep_encoded, &e, &err) &&
                wan_preview_fit(v, 2, fit, &err);
    if (!ok(good, "%s: a fit %s", name, err.text))
        return;
    int n = SEEN_PLACES * SEEN_PLACES;
    wan_preview_draw(fit, e.channels, e.data, n, n, rgb);
    double missed = 0, all = 0;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < n; i++) {
            double want = 0, mean = 127.5;
            for (int k = 0; k < scale * scale; k++)
                want += picture[(c * size + i / SEEN_PLACES * scale + k / scale) * size +
                                i % SEEN_PLACES * scale + k % scale] /
                        (scale * scale);
            want = 127.5 * (want + 1);
            missed += (rgb[3 * i + c] - want) * (rgb[3 * i + c] - want);
            all += (want - mean) * (want - mean);
        }
    ok(missed < most * all, "%s: of a picture's colours %.3f of the variance is missed", name,
       missed / all);
    wan_codec_free(codec);
    wan_vae_close(v);
}

struct sketches {
    int count, width, height;
    bool drawn;
};

static void see_sketch(void *ctx, const char *shot, const uint8_t *rgb, int width, int height)
{
    struct sketches *s = ctx;
    s->count++, s->width = width, s->height = height;
    for (int i = 3; i < 3 * width * height; i++)
        s->drawn = s->drawn || rgb[i] != rgb[0];
    (void)shot;
}

static void sketches_are_drawn(const char *folder)
{
    whelk_error err = {0};
    struct sketches seen = {0};
    whelk_gen_figures with = {0}, without = {0};
    whelk_listener listen = {.picture = see_sketch, .ctx = &seen};
    whelk_generator *g = open_model(folder, 2);
    whelk_gen_request r = request;
    r.steps = 12, r.seed = 21;
    ok(g && whelk_gen_take(g, &r, in_work("s"), &listen, &with, &err) && seen.count == 5,
       "of 12 steps every second but the last is told as a sketch (%d) %s", seen.count, err.text);
    ok(seen.drawn && seen.width == 3 * 8 && seen.height == 4,
       "three latent frames side by side: %dx%d", seen.width, seen.height);
    unlink(in_work("s.json"));
    unlink(in_work("s.latent.safetensors"));
    ok(g && whelk_gen_take(g, &r, in_work("s"), NULL, &without, &err), "nobody looks %s", err.text);
    is_str(with.clip_sha256, without.clip_sha256, "and the take is the same, byte for byte");
    whelk_gen_close(g);
}

/* --- Refusals --------------------------------------------------------------------------------- */

static bool stop_soon(void *ctx, const char *stage, const char *shot, const char *what, double done,
                      double total, double left_s)
{
    (void)stage, (void)shot, (void)what, (void)total, (void)left_s;
    double *last = ctx;
    *last = done;
    return done < 1.3;
}

static void requests(const char *folder)
{
    whelk_generator *g = open_model(folder, 2);
    whelk_gen_request r = request;
    r.plate_picture = "x.png";
    refuses(g, r, WHELK_EUSAGE, "cannot begin with a picture");
    r = request, r.seconds = 3;
    refuses(g, r, WHELK_EUSAGE, "split the shot in two");
    r = request, r.budget = 1.5;
    refuses(g, r, WHELK_EUSAGE, "budget 1.5 is out of range (0 to 1)");
    r = request, r.width = 97;
    refuses(g, r, WHELK_EUSAGE, "must be even");
    r = request, r.plate_from = "a.latent.safetensors";
    refuses(g, r, WHELK_EUSAGE, "draws whole frames");
    whelk_error err = {0};
    double last = 0;
    whelk_listener listen = {.progress = stop_soon, .ctx = &last};
    r = request, r.seed = 99;
    bool made = g && whelk_gen_take(g, &r, in_work("c"), &listen, NULL, &err);
    ok(!made && err.code == WHELK_EINTERRUPTED && last < 2,
       "a take is cancelled between two blocks (at %.2f)", last);
    ok(!file_exists(in_work("c.mkv")) && !file_exists(in_work("c.latent.safetensors")),
       "and leaves nothing");
    ok(g && !whelk_gen_shoot(g, &request, NULL, NULL, NULL, &err) && strstr(err.text, "no layers"),
       "layers are not promised");
    whelk_gen_close(g);
}

static void foreign_parts(const char *folder)
{
#define WITH(dit) "{\"family\": \"wan\", \"dit\": \"" dit "\", " PARTS "}"
    unopenable(folder, WITH("../dit"), "in the model's folder");
    unopenable(folder, WITH("/etc"), "in the model's folder");
    unopenable(folder, WITH("none"), "none");
    unopenable(folder, WITH("vae.safetensors"), "no transformer of the Wan family");
    unopenable(folder,
               "{\"family\": \"wan\", \"dit\": \"dit\", \"sampler\": {\"steps\": 9999}, " PARTS "}",
               "a number from 1 to 200");
    unopenable(
        folder,
        "{\"family\": \"wan\", \"dit\": \"dit\", \"sampler\": {\"solver\": \"magic\"}, " PARTS "}",
        "no solver");
    unopenable(folder, "{\"family\": \"wan\", \"dit\": \"dit\", \"ncr\": [\"magic\"], " PARTS "}",
               "must list some of reuse, gate, near, pair and coarse");
    link_to(folder, "other", "wan22-ti2v-tiny");
    unopenable(folder, WITH("other"), "belong to different models");
    link_to(folder, "i2v", "wan21-i2v-tiny");
    unopenable(folder, WITH("i2v"), "belong to different models");
}

/* The layout of the original repositories, and a pickle where a safetensors file should be. */
static void published_layout(void)
{
    whelk_error err = {0};
    const char *folder = in_work("Wan2.1-T2V-tiny");
    char tokenizer[300];
    snprintf(tokenizer, sizeof tokenizer, "%s/google/umt5-xxl", folder);
    file_make_dirs(tokenizer, NULL);
    link_to(folder, "config.json", "wan21-t2v-tiny/config.json");
    link_to(folder, "diffusion_pytorch_model.safetensors",
            "wan21-t2v-tiny/diffusion_pytorch_model.safetensors");
    link_to(folder, "models_t5_umt5-tiny-enc.safetensors",
            "umt5-tiny/models_t5_umt5-tiny-enc.safetensors");
    link_to(folder, "Wan2.1_VAE.safetensors", "wan21-vae-tiny/Wan2.1_VAE.safetensors");
    link_to(tokenizer, "spiece.model", "tokenizer-tiny/nfkc.model");
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = folder}, &err);
    whelk_gen_info info = {0};
    if (ok(g != NULL, "a folder as published opens %s", err.text))
        whelk_gen_get_info(g, &info);
    is_str(info.name ? info.name : "", "Wan2.1-T2V-tiny", "under its own name");
    is_near(info.seconds, 81 / 16.0, 1e-9, "with the published length");
    whelk_gen_close(g);
    char from[300], to[300];
    snprintf(from, sizeof from, "%s/Wan2.1_VAE.safetensors", folder);
    snprintf(to, sizeof to, "%s/Wan2.1_VAE.pth", folder);
    rename(from, to);
    g = whelk_gen_open(&(whelk_gen_options){.model_dir = folder}, &err);
    ok(!g && strstr(err.text, "whelk model convert"),
       "a pickle is not opened, the cure is told: %s", err.text);
}

/* The layout of the diffusers library; that its names are read is held by test_weights.c. */
static void diffusers_layout(void)
{
    whelk_error err = {0};
    const char *folder = in_work("Wan-Diffusers");
    char inner[300];
    static const char *const parts[] = {"transformer", "text_encoder", "tokenizer", "vae"};
    for (int i = 0; i < 4; i++) {
        snprintf(inner, sizeof inner, "%s/%s", folder, parts[i]);
        file_make_dirs(inner, NULL);
    }
    link_to(folder, "model_index.json", "sampler/cases.json");
    link_to(folder, "transformer/config.json", "wan21-t2v-tiny/config.json");
    link_to(folder, "transformer/diffusion_pytorch_model.safetensors",
            "wan21-t2v-tiny/diffusion_pytorch_model.safetensors");
    link_to(folder, "text_encoder/model.safetensors",
            "umt5-tiny/models_t5_umt5-tiny-enc.safetensors");
    link_to(folder, "tokenizer/spiece.model", "tokenizer-tiny/nfkc.model");
    link_to(folder, "vae/diffusion_pytorch_model.safetensors",
            "wan21-vae-tiny/Wan2.1_VAE.safetensors");
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = folder}, &err);
    ok(g && whelk_gen_verify(g, &err), "a folder as diffusers lays it out opens and is whole %s",
       err.text);
    whelk_gen_close(g);
}

int main(void)
{
    if (!work_begin())
        return 1;
    char t2v[128];
    snprintf(t2v, sizeof t2v, "%s",
             make_model("t2v", "wan21-t2v-tiny", "wan21-vae-tiny/Wan2.1_VAE.safetensors"));
    takes(t2v);
    texts_are_kept(t2v);
    painting();
    picture_comes_in();
    colours_are_found(GOLDEN "wan21-vae-tiny/Wan2.1_VAE.safetensors", "the codec of 2.1", 0.7);
    colours_are_found(GOLDEN "wan22-vae-tiny/Wan2.2_VAE.safetensors", "the codec of 2.2", 0.4);
    sketches_are_drawn(t2v);
    on_a_device(t2v);
    requests(t2v);
    foreign_parts(t2v);
    published_layout();
    diffusers_layout();
    work_end();
    return done_testing();
}
