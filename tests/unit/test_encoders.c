/* The encoders of Wan on a device (golden vectors hold what they compute): the same rows in
 * whatever order the device's queues come to their work, in no more memory than was told, and what
 * goes wrong told. The device is the processor's, and with BACKEND=cuda the GPU too. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/cuda/encoders.h"
#include "generator/cuda/host.h"
#include "generator/rng.h"
#include "tests/unit/gpu.h"

enum { TOKENS = 33, HEIGHT = 40, WIDTH = 56 };

static whelk_error err;
static int ids[TOKENS];
static float picture[3 * HEIGHT * WIDTH];

struct encoder {
    const char *name;
    const struct umt5 *text; /* one of both */
    const struct clip *image;
    long numbers;
};

static float *encode(struct device *v, const struct encoder *e, enum device_type type)
{
    struct encode_options o = {.type = type, .threads = 2};
    return e->text ? umt5_device_encode(v, e->text, ids, TOKENS, &o, &err)
                   : clip_device_encode(v, e->image, picture, HEIGHT, WIDTH, &o, &err);
}

static long long told(const struct device *v, const struct encoder *e, enum device_type type)
{
    return e->text ? umt5_device_bytes(v, e->text, TOKENS, type)
                   : clip_device_bytes(v, e->image, type);
}

static double apart(const float *got, const float *want, long n)
{
    double error = 0, square = 0;
    for (long i = 0; got && want && i < n; i++) {
        error += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        square += (double)want[i] * want[i];
    }
    return square > 0 ? sqrt(error / square) : 1;
}

static void agrees(struct device *v, const struct encoder *e)
{
    float *want = e->text ? umt5_encode(e->text, ids, TOKENS, 2, &err)
                          : clip_encode(e->image, picture, HEIGHT, WIDTH, 2, &err);
    for (int type = DEVICE_F32; type <= DEVICE_BF16; type++) {
        float *got = encode(v, e, (enum device_type)type);
        double far = apart(got, want, e->numbers);
        ok(far < (type == DEVICE_BF16 ? 1.5e-2 : 5e-6),
           "%s, %s in %s: as on the processor, %.1e apart %s", v->name, e->name,
           type == DEVICE_BF16 ? "bf16" : "f32", far, got ? "" : err.text);
        free(got);
    }
    free(want);
}

static void in_every_order(const struct encoder *e)
{
    float *first = NULL;
    for (int order = 0; order < HOST_ORDERS; order++) {
        struct device *v = host_device_new((enum host_order)order, 0, &err);
        long long bytes = told(v, e, DEVICE_BF16);
        float *rows = encode(v, e, DEVICE_BF16);
        first = first ? first : rows;
        ok(rows && host_device_most(v) <= bytes &&
               memcmp(rows, first, (size_t)e->numbers * sizeof *rows) == 0,
           "%s, order %d: the same rows, in %lld of the %lld bytes told", e->name, order,
           host_device_most(v), bytes);
        if (rows != first)
            free(rows);
        v->close(v);
    }
    free(first);
}

static void fails(const struct encoder *e)
{
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    int found = 0, tries = 0;
    float *want = encode(v, e, DEVICE_BF16);
    long runs = host_device_runs(v);
    for (long at = 1; at <= runs; at += 5, tries++) {
        host_device_fail_at(v, host_device_runs(v) + at);
        err = (whelk_error){0};
        float *rows = encode(v, e, DEVICE_BF16);
        found += !rows && strstr(err.text, "was to fail");
        free(rows);
    }
    host_device_fail_at(v, 0);
    is_int(found, tries, "%s: operations made to fail are told", e->name);
    float *rows = encode(v, e, DEVICE_BF16);
    ok(rows && want && memcmp(rows, want, (size_t)e->numbers * sizeof *rows) == 0,
       "%s: and after them it goes on", e->name);
    free(rows);
    free(want);
    long long half = told(v, e, DEVICE_BF16) / 2;
    v->close(v);
    v = host_device_new(HOST_AT_ONCE, half, &err);
    rows = encode(v, e, DEVICE_BF16);
    ok(!rows, "%s: too little memory: %s", e->name, err.text);
    v->close(v);
}

int main(void)
{
    const char *backend = getenv("BACKEND");
    struct umt5 *t =
        umt5_open("tests/golden/wan/umt5-tiny/models_t5_umt5-tiny-enc.safetensors", false, &err);
    struct clip *c =
        clip_open("tests/golden/wan/clip-tiny/models_clip_tiny.safetensors", false, &err);
    if (!ok(t && c, "the encoders open %s", err.text))
        return done_testing();
    for (int i = 0; i < TOKENS; i++)
        ids[i] = (7 * i + 3) % umt5_vocabulary(t);
    rng_normal(3, 3, picture, 3 * HEIGHT * WIDTH);
    const struct encoder all[] = {{"UMT5", t, NULL, (long)TOKENS * umt5_width(t)},
                                  {"CLIP", NULL, c, (long)clip_tokens(c) * clip_width(c)}};
    for (int i = 0; i < 2; i++) {
        struct device *v = host_device_new(HOST_ALL_LATE, 0, &err);
        agrees(v, &all[i]);
        v->close(v);
        in_every_order(&all[i]);
        fails(&all[i]);
    }
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    struct encode_options o = {.threads = 2};
    ids[4] = umt5_vocabulary(t);
    ok(!umt5_device_encode(v, t, ids, TOKENS, &o, &err), "a token it does not have: %s", err.text);
    ids[4] = 1;
    v->close(v);
    if (backend && strcmp(backend, "cuda") == 0 && (v = open_gpu(&err))) {
        for (int i = 0; i < 2; i++)
            agrees(v, &all[i]);
        printf("# %s: %s\n", v->name, v->note(v));
        v->close(v);
    }
    umt5_close(t);
    clip_close(c);
    return done_testing();
}
