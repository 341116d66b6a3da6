/* Golden vectors of the codecs: every case decoded or encoded frame by frame, stages of each chunk
 * (one latent frame, or its one or four pictures) under the reference's names. */
#include "golden.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/cuda/wan_device_codec.h"
#include "generator/model/wan_vae.h"
#include "pipeline/base/file.h"

enum { STAGES_MAX = 128 };

/* The frames of a stage so far, as they came: [frames][rows][columns][channels]. */
struct stage {
    char name[64];
    float *data;
    int frames, rows, columns, channels;
};

struct context {
    struct golden *g;
    const char *kase;
    struct stage stage[STAGES_MAX], out;
    int count, chunk;
};

static void append(struct stage *s, const float *data, int rows, int columns, int channels)
{
    size_t frame = (size_t)rows * (size_t)columns * (size_t)channels;
    s->rows = rows, s->columns = columns, s->channels = channels;
    s->data = realloc(s->data, frame * ((size_t)s->frames + 1) * sizeof *data);
    if (s->data)
        memcpy(s->data + frame * (size_t)s->frames++, data, frame * sizeof *data);
}

static void note(void *ctx, const char *name, const float *data, int rows, int columns,
                 int channels)
{
    struct context *c = ctx;
    int i = 0;
    while (i < c->count && strcmp(c->stage[i].name, name) != 0)
        i++;
    if (i == STAGES_MAX)
        return;
    if (i == c->count)
        snprintf(c->stage[c->count++].name, sizeof c->stage[i].name, "%s", name);
    append(&c->stage[i], data, rows, columns, channels);
}

static bool take(void *ctx, const float *data, int rows, int columns, int channels)
{
    append(&((struct context *)ctx)->out, data, rows, columns, channels);
    return true;
}

/* Channels first, as the reference keeps them. */
static void compare(struct context *c, struct stage *s, const char *stage)
{
    char full[160];
    long plane = (long)s->rows * s->columns, n = plane * s->frames * s->channels;
    float *turned = malloc((size_t)n * sizeof *turned + 1);
    snprintf(full, sizeof full, "%s.%s", c->kase, stage);
    if (turned && s->data && (safetensors_find(c->g->st, full) || strcmp(stage, "out") == 0)) {
        for (long i = 0; i < n; i++) {
            long k = i % s->channels, p = i / s->channels;
            turned[k * plane * s->frames + p] = s->data[i];
        }
        golden_check(c->g, c->kase, stage, turned, n);
    }
    free(turned);
}

/* Stages of a chunk are told at its end; those outside both halves are kept whole by the reference.
 */
static void end_chunk(struct context *c)
{
    for (int i = 0; i < c->count; i++) {
        struct stage *s = &c->stage[i];
        char name[96];
        if (!strchr(s->name, '.'))
            continue;
        snprintf(name, sizeof name, "mid.c%d.%s", c->chunk, s->name);
        compare(c, s, name);
        s->frames = 0;
    }
    c->chunk++;
}

static void end_case(struct context *c)
{
    for (int i = 0; i < c->count; i++) {
        char name[96];
        snprintf(name, sizeof name, "mid.%s", c->stage[i].name);
        if (!strchr(c->stage[i].name, '.'))
            compare(c, &c->stage[i], name);
        free(c->stage[i].data);
    }
    compare(c, &c->out, "out");
    free(c->out.data);
}

static int dimension(const cJSON *kase, int i)
{
    const cJSON *n = cJSON_GetArrayItem(cJSON_GetObjectItem(kase, "in"), i);
    return n ? n->valueint : 0;
}

static void one(struct golden *g, const struct wan_vae *v, const cJSON *kase)
{
    char name[96];
    whelk_error err = {0};
    long n = 0;
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(kase, "what"));
    bool decode = what && strcmp(what, "decode") == 0;
    snprintf(name, sizeof name, "%s.in", kase->string);
    if (!safetensors_find(g->st, name) || (g->device && !decode))
        return; /* a device decodes only; and a copy of the folder may hold fewer cases */
    float *in = golden_floats(g, name, &n);
    int frames = dimension(kase, 1), rows = dimension(kase, 2), columns = dimension(kase, 3);
    long plane = (long)rows * columns;
    bool on = g->device != NULL;
    struct wan_device_codec *d =
        on ? wan_device_codec_new(g->device, v, rows, columns, &g->on_device, &err) : NULL;
    struct wan_codec *c =
        on ? NULL : wan_codec_new(v, decode ? WAN_DECODE : WAN_ENCODE, rows, columns, 2, &err);
    struct context *ctx = calloc(1, sizeof *ctx);
    bool good = in && (c || d) && ctx && n == dimension(kase, 0) * frames * plane;
    if (good) {
        *ctx = (struct context){.g = g, .kase = kase->string};
        if (on)
            wan_device_codec_trace(d, note, ctx);
        else
            wan_codec_trace(c, note, ctx);
        for (int t = 0; good && t < frames; t++) {
            struct wan_picture p = {in + t * plane, frames * plane, 1};
            good = on ? wan_device_codec_push(d, &p, take, ctx, &err)
                      : wan_codec_push(c, &p, take, ctx, &err);
            if (good && (decode || t % 4 == 0))
                end_chunk(ctx);
        }
        end_case(ctx);
    }
    if (!good)
        golden_say(g, kase->string, "codec", false, err.text[0] ? err.text : "lacks its input");
    wan_codec_free(c);
    wan_device_codec_free(d);
    free(ctx);
    free(in);
}

char *golden_vae_file(const char *folder)
{
    char *found = NULL;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && !found && (entry = readdir(dir)))
        if (strstr(entry->d_name, "_VAE.safetensors"))
            found = file_join(folder, entry->d_name);
    if (dir)
        closedir(dir);
    return found;
}

void golden_vae(struct golden *g)
{
    whelk_error err = {0};
    char *path = golden_vae_file(g->folder);
    const cJSON *cases = cJSON_GetObjectItem(g->cases, "cases");
    struct wan_vae *v = wan_vae_open(path ? path : g->folder, g->cpu_bf16, &err);
    if (!v)
        golden_say(g, "-", "open", false, err.text);
    for (const cJSON *c = v && cases ? cases->child : NULL; c; c = c->next)
        one(g, v, c);
    wan_vae_close(v);
    free(path);
}
