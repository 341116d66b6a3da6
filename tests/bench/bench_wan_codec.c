/* Decoding with a codec of Wan 2.1's shape and made-up weights: seconds a frame of latent, and
 * memory. On the processor five pictures of 104x64; on a GPU (--cuda) the 21 of a clip of
 * 832x480x81, which come out as 81 pictures, and of one of 1280x720x81 within 6 GB; --host is the
 * GPU's run in small on this processor. The weights are the tiny ones of the golden vectors, every
 * width twelve times as wide: a file of 0.5 GB under build/bench, removed at the end. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "generator/cuda/host.h"
#include "generator/cuda/wan_device_codec.h"
#include "generator/model/safetensors.h"
#include "generator/rng.h"

#define TINY "tests/golden/wan/wan21-vae-tiny/Wan2.1_VAE.safetensors"
#define FILE_NAME "build/bench/wan-codec-made-up.safetensors"

enum { WIDER = 12, Z = 16 };

static whelk_error err;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Which of a tensor's first two dimensions are of the latent or of colours, and stay. */
static void widen(const char *name, long long dim[2])
{
    bool ends = strncmp(name, "conv1", 5) == 0 || strncmp(name, "conv2", 5) == 0,
         leaves = strstr(name, "coder.head.2") != NULL, comes = strstr(name, "coder.conv1") != NULL;
    if (!ends && !leaves)
        dim[0] *= WIDER;
    if (!ends && !comes && dim[1] > 1)
        dim[1] *= WIDER;
}

static bool write_file(void)
{
    struct safetensors *st = safetensors_open(TINY, &err);
    int count = st ? safetensors_count(st) : 0;
    struct st_out *out = calloc((size_t)count + 1, sizeof *out);
    bool good = st && out;
    for (int i = 0; good && i < count; i++) {
        const struct st_tensor *t = safetensors_at(st, i);
        long n = 1, in = 1;
        out[i] = (struct st_out){.name = t->name, .rank = t->rank};
        memcpy(out[i].dim, t->dim, sizeof t->dim);
        widen(t->name, out[i].dim);
        for (int k = 0; k < t->rank; k++)
            n *= (long)out[i].dim[k], in *= k ? (long)out[i].dim[k] : 1;
        float *x = malloc((size_t)n * sizeof *x + 64);
        good = x != NULL;
        if (good)
            rng_normal(9, (uint32_t)i, x, n);
        for (long k = 0; good && k < n; k++)
            x[k] = in > 1 ? x[k] / sqrtf((float)in) : strstr(t->name, "gamma") ? 1 : 0;
        out[i].data = x;
    }
    good = good && safetensors_write(FILE_NAME, out, count, NULL, &err);
    for (int i = 0; out && i < count; i++)
        free((void *)out[i].data);
    free(out);
    safetensors_close(st);
    return good;
}

struct seen {
    double sum;
    int frames;
};

static bool take(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct seen *s = ctx;
    for (long i = 0; i < (long)rows * columns * channels; i++)
        s->sum += fabs((double)data[i]) / ((double)rows * columns * channels);
    s->frames++;
    return true;
}

/* bytes: most of the device's memory; 0 = what is there. */
static bool decode(const struct wan_vae *vae, struct device *v, long long bytes, int latents,
                   int rows, int columns)
{
    struct seen seen = {0};
    struct wan_device_options o = {.type = DEVICE_BF16, .bytes = bytes};
    long plane = (long)rows * columns;
    float *z = malloc((size_t)(Z * latents * plane) * sizeof *z);
    struct wan_device_codec *on = v ? wan_device_codec_new(v, vae, rows, columns, &o, &err) : NULL;
    struct wan_codec *c = v ? NULL : wan_codec_new(vae, WAN_DECODE, rows, columns, 2, &err);
    bool good = z && (on || c);
    if (z)
        rng_normal(3, 3, z, Z * latents * plane);
    struct wan_device_film film = {.first = {z, latents * plane, 1},
                                   .stride = plane,
                                   .frames = latents,
                                   .emit = take,
                                   .ctx = &seen};
    double start = now();
    if (on)
        good = wan_device_codec_run(on, &film, &err);
    for (int t = 0; c && good && t < latents; t++) {
        struct wan_picture p = {z + t * plane, latents * plane, 1};
        good = wan_codec_push(c, &p, take, &seen, &err);
    }
    double seconds = now() - start;
    int slices = on ? wan_device_codec_in_slices(on) : 1;
    if (good)
        printf("%d pictures of %dx%d in %.3f s, in %d slices, %lld MB %s, mean |x| %.6g\n",
               seen.frames, 8 * columns, 8 * rows, seconds, slices,
               (v ? wan_device_codec_bytes(v, vae, rows, columns, DEVICE_BF16, slices)
                  : wan_codec_bytes(vae, WAN_DECODE, rows, columns, 2)) >>
                   20,
               v ? "of the device" : "of scratch", seen.sum / seen.frames);
    wan_device_codec_free(on);
    wan_codec_free(c);
    free(z);
    return good;
}

/* What slices save, by the plan: nothing is computed. */
static void plan(const struct wan_vae *vae, const struct device *v, int rows, int columns)
{
    printf("%dx%d in 1, 2, 4, 8, 16 slices:", 8 * columns, 8 * rows);
    for (int n = 1; n <= 16; n *= 2)
        printf(" %lld", wan_device_codec_bytes(v, vae, rows, columns, DEVICE_BF16, n) >> 20);
    printf(" MB of the device\n");
}

int main(int argc, char **argv)
{
    const char *option = argc > 1 ? argv[1] : "";
    bool cuda = strcmp(option, "--cuda") == 0, host = strcmp(option, "--host") == 0;
    struct device *v = cuda   ? device_open_cuda(&err)
                       : host ? host_device_new(HOST_AT_ONCE, 0, &err)
                              : NULL;
    if (cuda && !v)
        return printf("skipped: %s\n", err.text), 0;
    bool good = write_file();
    struct wan_vae *vae = good ? wan_vae_open(FILE_NAME, false, &err) : NULL;
    good = vae && (cuda   ? decode(vae, v, 0, 21, 60, 104) && decode(vae, v, 6LL << 30, 21, 90, 160)
                   : host ? decode(vae, v, 0, 2, 2, 4)
                          : decode(vae, NULL, 0, 2, 8, 13));
    if (vae && v)
        plan(vae, v, 60, 104), plan(vae, v, 90, 160);
    if (v)
        printf("%s: %s\n", v->name, v->note(v));
    if (!good)
        fprintf(stderr, "bench_wan_codec: %s\n", err.text);
    wan_vae_close(vae);
    if (v)
        v->close(v);
    unlink(FILE_NAME);
    return good ? 0 : 1;
}
