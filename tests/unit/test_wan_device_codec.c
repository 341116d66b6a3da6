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
        long long bytes = wan_device_codec_bytes(v, vae, 4, 6, DEVICE_BF16, 1);
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
    long long bytes = wan_device_codec_bytes(v, vae, 4, 6, DEVICE_BF16, 1);
    int found = 0, tries = 0;
    ok(!decode(v, vae, bytes - 1, false, &film) && err.code == WHELK_EUSAGE,
       "a byte less makes slices, which are not decoded a frame at a time: %s", err.text);
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

/* --- Slices ----------------------------------------------------------------------------------- */

/* Frames of any size, one after another. */
struct reel {
    float *data;
    long used, room;
    int frames, most;     /* most: after so many it is enough; 0 = never */
    double done, stop_at; /* of what was told; 0 = never */
    bool back;            /* it was told less than before */
};

static bool take_whole(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct reel *r = ctx;
    long n = (long)rows * columns * channels;
    if (r->used + n > r->room) {
        r->room = 2 * (r->used + n);
        r->data = realloc(r->data, (size_t)r->room * sizeof *data);
        if (!r->data)
            abort();
    }
    memcpy(r->data + r->used, data, (size_t)n * sizeof *data);
    r->used += n;
    return ++r->frames != r->most;
}

static bool hear(void *ctx, double done)
{
    struct reel *r = ctx;
    r->back = r->back || done < r->done;
    r->done = done;
    return r->stop_at == 0 || done < r->stop_at;
}

enum { HIGH = 32, WIDE = 2, LATENTS = 2, FRAMES = 5 };

/* A clip of a high and narrow latent, in as many slices as `bytes` make necessary; 0 = failed. */
static int run(struct device *v, const struct wan_vae *vae, enum device_type type, long long bytes,
               struct reel *reel)
{
    static float z[48 * LATENTS * HIGH * WIDE];
    long plane = HIGH * WIDE;
    rng_normal(5, 7, z, sizeof z / sizeof *z);
    struct wan_device_options o = {.type = type, .bytes = bytes};
    struct wan_device_codec *c = wan_device_codec_new(v, vae, HIGH, WIDE, &o, &err);
    struct wan_device_film film = {.first = {z, LATENTS * plane, 1},
                                   .stride = plane,
                                   .frames = LATENTS,
                                   .emit = take_whole,
                                   .asked = hear,
                                   .ctx = reel};
    int slices = c ? wan_device_codec_in_slices(c) : 0;
    if (c && !wan_device_codec_run(c, &film, &err))
        slices = 0;
    wan_device_codec_free(c);
    return slices;
}

static double farthest(const struct reel *a, const struct reel *b)
{
    double most = a->used == b->used ? 0 : INFINITY;
    for (long i = 0; i < a->used && most < INFINITY; i++)
        most = fmax(most, fabs((double)a->data[i] - b->data[i]));
    return most;
}

/* On the host device every sum is the whole's own, so that no seam can be; a GPU's library may sum
 * slices in another order. */
static void slices_are_the_whole(struct device *v, const struct wan_vae *vae, const char *name,
                                 double most)
{
    static const int counts[2][2] = {{3, HIGH}, {2, 7}}; /* in f32, in bf16 */
    for (int type = DEVICE_F32; type <= DEVICE_BF16; type++) {
        enum device_type t = (enum device_type)type;
        struct reel whole = {0};
        long long before = wan_device_codec_bytes(v, vae, HIGH, WIDE, t, 1);
        ok(run(v, vae, t, before, &whole) == 1 && whole.frames == FRAMES, "%s, %s: whole frames",
           v->name, name);
        for (int i = 0; i < 2; i++) {
            struct reel parts = {0};
            long long bytes = wan_device_codec_bytes(v, vae, HIGH, WIDE, t, counts[type][i]);
            int slices = run(v, vae, t, bytes, &parts);
            double far = farthest(&whole, &parts);
            ok(slices > 1 && slices <= counts[type][i] && parts.frames == FRAMES && far <= most &&
                   !parts.back && parts.done > 0.7,
               "%s, %s in %s: in %d slices by %lld of %lld bytes, %.1e from the whole %s", v->name,
               name, t == DEVICE_BF16 ? "bf16" : "f32", slices, bytes, before, far,
               slices ? "" : err.text);
            free(parts.data);
        }
        free(whole.data);
    }
}

static void slices_in_every_order(const struct wan_vae *vae)
{
    struct reel first = {0};
    for (int order = 0; order < HOST_ORDERS; order++) {
        struct device *v = host_device_new((enum host_order)order, 0, &err);
        struct reel one = {0};
        long long bytes = wan_device_codec_bytes(v, vae, HIGH, WIDE, DEVICE_BF16, 5);
        int slices = run(v, vae, DEVICE_BF16, bytes, order ? &one : &first);
        ok(slices > 1 && host_device_most(v) <= bytes && (!order || farthest(&one, &first) == 0),
           "order %d: the same in %d slices, in %lld of %lld bytes", order, slices,
           host_device_most(v), bytes);
        free(one.data);
        v->close(v);
    }
    free(first.data);
}

static void slices_fail(const struct wan_vae *vae)
{
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    long long bytes = wan_device_codec_bytes(v, vae, HIGH, WIDE, DEVICE_BF16, 4),
              least = wan_device_codec_bytes(v, vae, HIGH, WIDE, DEVICE_BF16, HIGH);
    struct reel r = {.stop_at = 0.3};
    ok(!run(v, vae, DEVICE_BF16, bytes, &r) && err.code == WHELK_EINTERRUPTED && r.frames == 0,
       "cancelled in the second of four slices: %s", err.text);
    r.stop_at = 0, r.done = 0, r.most = 4;
    ok(!run(v, vae, DEVICE_BF16, bytes, &r) && err.code == WHELK_EINTERRUPTED && r.frames == 4,
       "and where the caller has enough: %s", err.text);
    r.most = 0;
    long runs = host_device_runs(v);
    host_device_fail_at(v, runs + 300);
    ok(!run(v, vae, DEVICE_BF16, bytes, &r) && strstr(err.text, "was to fail"),
       "an operation that fails is told");
    host_device_fail_at(v, 0);
    ok(wan_device_codec_slices(v, vae, HIGH, WIDE, DEVICE_BF16, 1000) == 0 &&
           !run(v, vae, DEVICE_BF16, 1000, &r) && strstr(err.text, "even in 32 slices"),
       "too little for any number of slices is refused: %s", err.text);
    ok(wan_device_codec_film_bytes(vae, 90, 160, 21, 4) == 81LL * 3 * 720 * 1280 * 4 &&
           wan_device_codec_film_bytes(vae, 90, 160, 21, 1) == 0,
       "what frames that wait take of the host is told");
    ok(least < bytes, "%lld bytes are the least", least);
    free(r.data);
    v->close(v);
}

int main(void)
{
    const char *backend = getenv("BACKEND");
    struct wan_vae *vae = wan_vae_open("tests/golden/wan/wan21-vae-tiny/Wan2.1_VAE.safetensors",
                                       false, &err),
                   *later = wan_vae_open("tests/golden/wan/wan22-vae-tiny/Wan2.2_VAE.safetensors",
                                         false, &err);
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    if (ok(vae && later && v, "codecs %s", err.text)) {
        decodes_in_every_order(vae);
        decodes_more_than_a_piece(vae);
        decoding_fails(vae);
        slices_are_the_whole(v, vae, "Wan 2.1", 0);
        slices_are_the_whole(v, later, "Wan 2.2", 0);
        slices_in_every_order(later);
        slices_fail(vae);
        v->close(v);
        if (backend && strcmp(backend, "cuda") == 0 && (v = open_gpu(&err))) {
            slices_are_the_whole(v, vae, "Wan 2.1", 2e-2);
            slices_are_the_whole(v, later, "Wan 2.2", 2e-2);
            printf("# %s: %s\n", v->name, v->note(v));
            v->close(v);
        }
    }
    wan_vae_close(vae);
    wan_vae_close(later);
    return done_testing();
}
