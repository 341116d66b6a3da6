/* Golden vectors of CLIP's image encoder: its stages, and its rows. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/cuda/encoders.h"
#include "pipeline/base/file.h"

struct context {
    struct golden *g;
    const char *kase;
};

static void stage(void *ctx, const char *name, const float *data, long rows, long width)
{
    struct context *c = ctx;
    char full[96];
    snprintf(full, sizeof full, "%s.mid.%s", c->kase, name);
    if (safetensors_find(c->g->st, full))
        golden_check(c->g, c->kase, full + strlen(c->kase) + 1, data, rows * width);
}

static int number(const cJSON *kase, const char *key)
{
    const cJSON *n = cJSON_GetObjectItem(kase, key);
    return n ? n->valueint : 0;
}

static void one(struct golden *g, const struct clip *c, const cJSON *kase)
{
    whelk_error err = {0};
    char name[64];
    long n = 0;
    int height = number(kase, "height"), width = number(kase, "width");
    struct context ctx = {g, kase->string};
    snprintf(name, sizeof name, "%s.in.picture", kase->string);
    struct encode_options o = {g->on_device.type, 2, stage, &ctx};
    float *picture = golden_floats(g, name, &n), *out = NULL;
    if (picture && n == 3L * height * width)
        out = g->device ? clip_device_encode(g->device, c, picture, height, width, &o, &err)
                        : clip_encode_traced(c, picture, height, width, 2, stage, &ctx, &err);
    if (out)
        golden_check(g, kase->string, "out", out, (long)clip_tokens(c) * clip_width(c));
    else
        golden_say(g, kase->string, "encode", false, err.text[0] ? err.text : "lacks its inputs");
    free(picture);
    free(out);
}

void golden_clip(struct golden *g)
{
    whelk_error err = {0};
    char *path = file_join(g->folder, "models_clip_tiny.safetensors");
    struct clip *c = path ? clip_open(path, g->cpu_bf16, &err) : NULL;
    if (!c)
        golden_say(g, "-", "open", false, err.text);
    for (const cJSON *k = c ? cJSON_GetObjectItem(g->cases, "cases")->child : NULL; k; k = k->next)
        one(g, c, k);
    clip_close(c);
    free(path);
}
