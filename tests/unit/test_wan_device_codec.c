/* The decoder of Wan's codecs on a device: the same frames in whatever order the device's queues
 * come to their work, in no more memory than was told, against the processor's. The device is the
 * processor's, and with BACKEND=cuda the GPU too. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/cuda/host.h"
#include "generator/cuda/wan_device_codec.h"
#include "generator/rng.h"
#include "tests/unit/gpu.h"

static whelk_error err;

enum { CELLS = 4 * 6, PICTURE = 8 * 4 * 8 * 6 * 3 };

struct film {
    float pixels[9 * PICTURE];
    int frames, most; /* most: after so many it is enough; 0 = never */
};

static bool take_frame(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct film *f = ctx;
    long n = (long)rows * columns * channels;
    if (f->frames < 9 && n == PICTURE)
        memcpy(f->pixels + (long)f->frames * PICTURE, data, PICTURE * sizeof *data);
    f->frames++;
    return f->frames != f->most;
}

/* The first numbers of a larger frame. */
static bool take_rows(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct film *f = ctx;
    long n = (long)rows * columns * channels, most = 9L * PICTURE;
    memcpy(f->pixels, data, (size_t)(n < most ? n : most) * sizeof *data);
    memcpy(f->pixels + most / 2, data + n - most / 2, (size_t)(most / 2) * sizeof *data);
    f->frames++;
    return true;
}

/* Three frames of latent; bad: a number of it is none. */
static bool decode(struct device *v, const struct wan_vae *vae, long long bytes, bool bad,
                   struct film *film)
{
    static float z[16 * 3 * CELLS];
    struct wan_device_options o = {.type = DEVICE_BF16, .bytes = bytes};
    struct wan_device_codec *c = wan_device_codec_new(v, vae, 4, 6, &o, &err);
    bool good = c != NULL;
    rng_normal(5, 5, z, sizeof z / sizeof *z);
    z[40] = bad ? NAN : z[40];
    film->frames = 0;
    for (int t = 0; good && t < 3; t++) {
        struct wan_picture p = {z + (long)t * CELLS, 3 * CELLS, 1};
        good = wan_device_codec_push(c, &p, take_frame, film, &err);
    }
    wan_device_codec_free(c);
    return good;
}

static void decodes_in_every_order(const struct wan_vae *vae)
{
    static struct film want, got;
    for (int order = 0; order < HOST_ORDERS; order++) {
        struct device *v = host_device_new((enum host_order)order, 0, &err);
        long long bytes = wan_device_codec_bytes(v, vae, 4, 6, DEVICE_BF16);
        struct film *f = order ? &got : &want;
        ok(decode(v, vae, bytes, false, f) && f->frames == 9 && host_device_most(v) <= bytes,
           "order %d: nine frames, in no more than the %lld bytes told", order, bytes);
        ok(memcmp(f->pixels, want.pixels, sizeof want.pixels) == 0, "the same to the last bit");
        v->close(v);
    }
}

static void decoding_fails(const struct wan_vae *vae)
{
    static struct film film;
    struct device *v = host_device_new(HOST_LATE_COMPUTE, 0, &err);
    long long bytes = wan_device_codec_bytes(v, vae, 4, 6, DEVICE_BF16);
    int found = 0, tries = 0;
    ok(!decode(v, vae, bytes - 1, false, &film), "a byte less is refused: %s", err.text);
    decode(v, vae, 0, false, &film);
    for (long at = 1, runs = host_device_runs(v); at <= runs; at += 61, tries++) {
        host_device_fail_at(v, host_device_runs(v) + at);
        err = (whelk_error){0};
        found += !decode(v, vae, 0, false, &film) && strstr(err.text, "was to fail");
    }
    host_device_fail_at(v, 0);
    is_int(found, tries, "operations made to fail, one after another, are told");
    ok(!decode(v, vae, 0, true, &film), "a number that is none: %s", err.text);
    film.most = 3;
    ok(!decode(v, vae, 0, false, &film) && err.code == WHELK_EINTERRUPTED && film.frames == 3,
       "and it stops when told: %s", err.text);
    v->close(v);
}

/* Of 1,080 cells those behind the first 1,024 are looked at by themselves. */
static void decodes_more_than_a_piece(const struct wan_vae *vae)
{
    enum { H = 36, W = 30 };
    static struct film want, got;
    static float z[16 * H * W];
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    struct wan_device_options o = {.type = DEVICE_F32};
    struct wan_device_codec *on = wan_device_codec_new(v, vae, H, W, &o, &err);
    struct wan_codec *c = wan_codec_new(vae, WAN_DECODE, H, W, 2, &err);
    struct wan_picture p = {z, H * W, 1};
    double most = 0;
    rng_normal(5, 6, z, 16 * H * W);
    bool good = on && c && wan_codec_push(c, &p, take_rows, &want, &err) &&
                wan_device_codec_push(on, &p, take_rows, &got, &err);
    for (int i = 0; i < 9 * PICTURE; i++)
        most = fmax(most, fabs((double)want.pixels[i] - got.pixels[i]));
    ok(good && want.frames == 1 && got.frames == 1 && most < 2e-5,
       "a frame of more cells than are looked at at once: as on the processor, %.1e apart %s", most,
       good ? "" : err.text);
    wan_device_codec_free(on);
    wan_codec_free(c);
    v->close(v);
}

int main(void)
{
    struct wan_vae *vae =
        wan_vae_open("tests/golden/wan/wan21-vae-tiny/Wan2.1_VAE.safetensors", false, &err);
    if (ok(vae != NULL, "a codec %s", err.text)) {
        decodes_in_every_order(vae);
        decodes_more_than_a_piece(vae);
        decoding_fails(vae);
    }
    wan_vae_close(vae);
    return done_testing();
}
