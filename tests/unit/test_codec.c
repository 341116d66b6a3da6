/* The codec against the reference's golden values and against its plain form; bytes do not depend
 * on threads. */
#include "../tap.h"

#include <stdlib.h>

#include "../../generator/codec.h"
#include "../../generator/cpu/conv.h"
#include "../../generator/model/safetensors.h"

static const char *const folder = "tests/golden/whelk-tiny";
static struct model *model;
static struct codec *codec;
static struct safetensors *golden;
static uint32_t seed = 3;

static float noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / 8388608.0f - 1;
}

/* A golden tensor's floats, caller's; NULL = not there. */
static float *want(const char *prefix, const char *layer, long long *n)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", prefix, layer);
    const struct st_tensor *t = safetensors_find(golden, name);
    float *out = t ? malloc((size_t)t->count * sizeof *out) : NULL;
    if (!out || !st_floats(t, out)) {
        free(out);
        return NULL;
    }
    *n = t->count;
    return out;
}

static double worst_of(const float *a, const float *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs((double)a[i] - b[i]));
    return worst;
}

/* Golden pictures are kept thin: every `every`-th row and column. */
static double worst_thin(const float *golden_values, const float *full, int pictures, int rows,
                         int columns, int every)
{
    double worst = 0;
    for (int p = 0; p < pictures; p++)
        for (int y = 0; y < rows; y += every)
            for (int x = 0; x < columns; x += every)
                worst =
                    fmax(worst, fabs((double)*golden_values++ -
                                     full[((size_t)p * (size_t)rows + (size_t)y) * (size_t)columns +
                                          (size_t)x]));
    return worst;
}

static void grid_matches_golden(int i)
{
    const struct model_layer *l = &model->layers[i];
    struct codec_size s = codec_size_of(l);
    long long n = 0;
    float *z = want("decode.z", l->name, &n), *thin = want("decode.base", l->name, &n),
          *thin_full = want("decode.full", l->name, &n);
    float *base = calloc(codec_base_floats(l), sizeof *base),
          *full = calloc(codec_full_floats(l), sizeof *full);
    ok(z && thin && thin_full &&
           codec_decode(codec, &(struct codec_job){.layer = i, .z = z, .base = base, .full = full},
                        1, 2, NULL),
       "%s decodes", l->name);
    is_near(worst_thin(thin, base, l->t * s.channels, s.rows, s.columns, 5), 0, 1e-4,
            "%s: base is the reference's", l->name);
    is_near(worst_thin(thin_full, full, l->t * s.channels, s.full_rows, s.full_columns, 11), 0,
            1e-4, "%s: full picture is the reference's", l->name);
    float *in = want("encode.input", l->name, &n), *out = want("encode.z", l->name, &n);
    float *got = calloc((size_t)n, sizeof *got);
    ok(in && out && codec_encode(codec, i, in, got, NULL), "%s encodes", l->name);
    is_near(worst_of(got, out, (size_t)n), 0, 1e-4, "%s: latents are the reference's", l->name);
    float *ref = calloc((size_t)n, sizeof *ref);
    ok(codec_ref_encode(model, i, in, ref) && worst_of(got, ref, (size_t)n) < 1e-4,
       "%s: plain encoder agrees", l->name);
    size_t one = codec_base_floats(l) / (size_t)l->t,
           one_full = codec_full_floats(l) / (size_t)l->t;
    float *b = calloc(one, sizeof *b), *f = calloc(one_full, sizeof *f);
    int t = l->t - 1;
    ok(codec_ref_decode(model, i, t, z, b, f), "%s: plain decoder runs", l->name);
    is_near(worst_of(b, base + (size_t)t * one, one), 0, 1e-4, "%s: plain base agrees everywhere",
            l->name);
    is_near(worst_of(f, full + (size_t)t * one_full, one_full), 0, 1e-4,
            "%s: plain full picture agrees everywhere", l->name);
    float *all[] = {z, thin, thin_full, base, full, in, out, got, ref, b, f};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
}

static void vector_matches_golden(int i)
{
    const struct model_layer *l = &model->layers[i];
    long long n = 0;
    float *z = want("decode.z", l->name, &n), *v = want("decode", l->name, &n),
          *got = calloc((size_t)l->raw, sizeof *got);
    codec_decode_vector(codec, i, z, got);
    is_near(worst_of(got, v, (size_t)l->raw), 0, 1e-4, "%s: the path is the reference's", l->name);
    float *in = want("encode.input", l->name, &n), *out = want("encode.z", l->name, &n);
    codec_encode_vector(codec, i, in, got);
    is_near(worst_of(got, out, (size_t)l->dim), 0, 1e-4, "%s: latents are the reference's",
            l->name);
    free(z);
    free(v);
    free(got);
    free(in);
    free(out);
}

static void threads_do_not_matter(void)
{
    float *pictures[2][MODEL_LAYERS_MAX] = {{0}};
    bool same = true, good = true;
    for (int run = 0; run < 2; run++) {
        struct codec_job jobs[MODEL_LAYERS_MAX];
        float *z[MODEL_LAYERS_MAX] = {0};
        int count = 0;
        seed = 5;
        for (int i = 0; i < model->layer_count; i++) {
            const struct model_layer *l = &model->layers[i];
            if (!l->grid)
                continue;
            z[i] = malloc((size_t)(l->cells * l->dim) * sizeof *z[i]);
            for (int k = 0; k < l->cells * l->dim; k++)
                z[i][k] = noise();
            pictures[run][i] = calloc(codec_full_floats(l), sizeof(float));
            jobs[count++] = (struct codec_job){.layer = i, .z = z[i], .full = pictures[run][i]};
        }
        good = codec_decode(codec, jobs, count, run ? 3 : 1, NULL) && good;
        for (int i = 0; i < MODEL_LAYERS_MAX; i++)
            free(z[i]);
    }
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].grid)
            same = same && memcmp(pictures[0][i], pictures[1][i],
                                  codec_full_floats(&model->layers[i]) * sizeof(float)) == 0;
    ok(good && same, "one thread and three make the same bytes of all layers");
    for (int k = 0; k < 2 * MODEL_LAYERS_MAX; k++)
        free(pictures[k / MODEL_LAYERS_MAX][k % MODEL_LAYERS_MAX]);
}

/* Random shapes against the formula. */
static void convolutions(void)
{
    static float in[40 * 40 * 40], out[40 * 40 * 64], ref[40 * 40 * 64], w[64 * 40 * 16], b[64];
    double worst = 0;
    int flags_seen = 0;
    for (int n = 0; n < 24; n++) {
        int kernel = n % 3 == 0   ? 1
                     : n % 3 == 1 ? 3
                                  : 4,
            stride = kernel == 4 ? 2 : 1, pad = kernel / 2 - (kernel == 4);
        int ic = 1 + (int)((noise() + 1) * 19), oc = 1 + (int)((noise() + 1) * 31);
        int h = 4 + 2 * (int)((noise() + 1) * 8), wide = 4 + 2 * (int)((noise() + 1) * 8),
            flags = n % 4 == 1   ? CONV_RELU
                    : n % 4 == 2 ? CONV_ADD
                                 : 0;
        for (int i = 0; i < h * wide * ic; i++)
            in[i] = noise();
        for (int i = 0; i < oc * ic * kernel * kernel; i++)
            w[i] = noise() / (float)ic;
        for (int i = 0; i < oc; i++)
            b[i] = noise();
        for (int i = 0; i < h * wide * oc; i++)
            out[i] = ref[i] = noise();
        struct conv *c =
            conv_new(&(struct conv_shape){ic, oc, kernel, stride, pad, h, wide}, w, b, flags, NULL);
        void *scratch = c ? aligned_alloc(64, conv_scratch(c) + 64) : NULL;
        if (!c || !conv_run(c, in, out, scratch))
            worst = 1e9;
        free(scratch);
        conv_free(c);
        flags_seen |= flags;
        for (int y = 0; y < h / stride; y++)
            for (int x = 0; x < wide / stride; x++)
                for (int o = 0; o < oc; o++) {
                    double sum = b[o];
                    for (int k = 0; k < kernel * kernel; k++)
                        for (int i = 0; i < ic; i++) {
                            int sy = y * stride + k / kernel - pad,
                                sx = x * stride + k % kernel - pad;
                            if (sy >= 0 && sy < h && sx >= 0 && sx < wide)
                                sum += (double)w[(o * ic + i) * kernel * kernel + k] *
                                       in[(sy * wide + sx) * ic + i];
                        }
                    int to = (y * (wide / stride) + x) * oc + o;
                    ref[to] = (float)(flags == CONV_RELU  ? fmax(sum, 0)
                                      : flags == CONV_ADD ? ref[to] + sum
                                                          : sum);
                }
        worst = fmax(worst, worst_of(out, ref, (size_t)(h / stride * (wide / stride) * oc)));
    }
    ok(worst < 2e-5 && flags_seen == 3,
       "convolutions of random shapes follow the formula (worst %g)", worst);
}

int main(void)
{
    whelk_error err = {0};
    convolutions();
    model = model_open(folder, &err);
    codec = model ? codec_open(model, &err) : NULL;
    golden = safetensors_open("tests/golden/whelk-tiny/golden.safetensors", &err);
    ok(model && codec && golden, "the tiny model opens (%s)", err.text);
    if (!model || !codec || !golden)
        return done_testing();
    for (int i = 0; i < model->layer_count; i++)
        (model->layers[i].grid ? grid_matches_golden : vector_matches_golden)(i);
    threads_do_not_matter();
    codec_close(codec);
    model_close(model);
    safetensors_close(golden);
    return done_testing();
}
