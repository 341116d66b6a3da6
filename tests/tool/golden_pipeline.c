/* Golden vectors of whole pipelines: ids through the encoder, guided steps with the given noise
 * (and, for TI2V, the given first picture), and the codec. The parts lie in folders beside this
 * one. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/cuda/wan_device_codec.h"
#include "generator/model/umt5.h"
#include "generator/model/wan_sample.h"
#include "generator/model/wan_vae.h"
#include "pipeline/base/file.h"

enum { THREADS = 2 };

struct frames {
    float *data; /* [frames][rows][columns][channels] */
    int count, rows, columns, channels;
};

static char *part(const struct golden *g, const char *name)
{
    const char *folder =
        cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(g->cases, "parts"), name));
    char up[512];
    snprintf(up, sizeof up, "%s/..", g->folder);
    return folder ? file_join(up, folder) : NULL;
}

static double number(const struct golden *g, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(g->cases, name));
}

static float *encode(struct golden *g, const struct umt5 *t, const char *which, int *rows)
{
    char name[64];
    whelk_error err = {0};
    int ids[UMT5_TOKENS_MAX];
    snprintf(name, sizeof name, "in.%s", which);
    *rows = golden_ids(g, name, ids, UMT5_TOKENS_MAX);
    float *out = umt5_encode(t, ids, *rows, THREADS, &err);
    snprintf(name, sizeof name, "%s.context", which);
    if (out)
        golden_check(g, "mid", name, out, (long)*rows * umt5_width(t));
    return out;
}

static bool take(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct frames *f = ctx;
    size_t frame = (size_t)rows * (size_t)columns * (size_t)channels;
    f->rows = rows, f->columns = columns, f->channels = channels;
    f->data = realloc(f->data, ((size_t)f->count + 1) * frame * sizeof *data);
    if (!f->data)
        return false;
    memcpy(f->data + frame * (size_t)f->count++, data, frame * sizeof *data);
    return true;
}

/* [channels][frames][rows][columns]; caller's. */
static float *channels_first(const struct frames *f, long *count)
{
    long plane = (long)f->rows * f->columns;
    *count = plane * f->count * f->channels;
    float *out = malloc((size_t)*count * sizeof *out + 1);
    for (long i = 0; out && i < *count; i++)
        out[i % f->channels * plane * f->count + i / f->channels] = f->data[i];
    return out;
}

/* The given first picture's latent, or NULL. */
static float *first_latent(struct golden *g, const struct wan_vae *v, int rows, int columns,
                           whelk_error *err)
{
    struct frames f = {0};
    long n = 0, count = 0;
    int height = rows * wan_vae_scale(v), width = columns * wan_vae_scale(v);
    float *image = golden_floats(g, "in.image", &n), *out = NULL;
    struct wan_codec *c = image ? wan_codec_new(v, WAN_ENCODE, height, width, THREADS, err) : NULL;
    struct wan_picture p = {image, (long)height * width, 1};
    if (c && n == 3L * height * width && wan_codec_push(c, &p, take, &f, err))
        out = channels_first(&f, &count);
    if (out)
        golden_check(g, "mid", "image_latent", out, count);
    wan_codec_free(c);
    free(f.data);
    free(image);
    return out;
}

static void stage(void *ctx, const char *name, int step, const float *data, long count)
{
    struct golden *g = ctx;
    char full[40];
    snprintf(full, sizeof full, "mid.%s.%d", name, step);
    if (safetensors_find(g->st, full)) /* a copy of the folder may hold fewer stages */
        golden_check(g, "mid", full + 4, data, count);
}

static bool decode(struct golden *g, const struct wan_vae *v, const float *x, const int *latent,
                   whelk_error *err)
{
    struct frames f = {0};
    long plane = (long)latent[2] * latent[3], count = 0;
    struct wan_codec *c =
        g->device ? NULL : wan_codec_new(v, WAN_DECODE, latent[2], latent[3], THREADS, err);
    struct wan_device_codec *d =
        g->device ? wan_device_codec_new(g->device, v, latent[2], latent[3], &g->on_device, err)
                  : NULL;
    bool good = c || d;
    for (int t = 0; good && t < latent[1]; t++) {
        struct wan_picture p = {x + t * plane, latent[1] * plane, 1};
        good =
            d ? wan_device_codec_push(d, &p, take, &f, err) : wan_codec_push(c, &p, take, &f, err);
    }
    float *video = good ? channels_first(&f, &count) : NULL;
    if (video)
        golden_check(g, "out", "video_unclamped", video, count);
    free(video);
    free(f.data);
    wan_codec_free(c);
    wan_device_codec_free(d);
    return good;
}

static bool run(struct golden *g, const struct umt5 *t, const struct wan_dit *d,
                const struct wan_vae *v, whelk_error *err)
{
    int latent[4];
    long n = 0;
    for (int i = 0; i < 4; i++)
        latent[i] = cJSON_GetArrayItem(cJSON_GetObjectItem(g->cases, "latent"), i)->valueint;
    struct wan_sample s = {.dit = d,
                           .frames = latent[1],
                           .rows = latent[2],
                           .columns = latent[3],
                           .steps = (int)number(g, "steps"),
                           .shift = number(g, "shift"),
                           .guidance = number(g, "guide_scale"),
                           .threads = THREADS,
                           .device = g->device,
                           .on_device = g->on_device,
                           .trace = stage,
                           .ctx = g};
    float *text = encode(g, t, "prompt", &s.text_rows),
          *negative = encode(g, t, "negative", &s.negative_rows),
          *first = first_latent(g, v, latent[2], latent[3], err),
          *x = golden_floats(g, "in.noise", &n);
    s.text = text, s.negative = negative, s.first = first;
    bool good = text && negative && x && n == (long)latent[0] * latent[1] * latent[2] * latent[3] &&
                wan_sample_run(&s, x, NULL, err) && decode(g, v, x, latent, err);
    free(text);
    free(negative);
    free(first);
    free(x);
    return good;
}

void golden_pipeline(struct golden *g)
{
    whelk_error err = {0};
    char *text = part(g, "t5"), *dit = part(g, "dit"), *vae = part(g, "vae");
    char *text_file = text ? golden_umt5_file(text) : NULL,
         *vae_file = vae ? golden_vae_file(vae) : NULL;
    g->most = 1e-4, g->rms = 2e-5;
    struct umt5 *t = text_file ? umt5_open(text_file, g->cpu_bf16, &err) : NULL;
    struct wan_dit *d = t && dit ? wan_dit_open(dit, g->cpu_bf16, &err) : NULL;
    struct wan_vae *v = d && vae_file ? wan_vae_open(vae_file, g->cpu_bf16, &err) : NULL;
    if (!v || !run(g, t, d, v, &err))
        golden_say(g, "-", "run", false, err.text[0] ? err.text : "a part is not there");
    umt5_close(t);
    wan_dit_close(d);
    wan_vae_close(v);
    char *all[] = {text, dit, vae, text_file, vae_file};
    for (int i = 0; i < 5; i++)
        free(all[i]);
}
