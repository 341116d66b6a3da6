/* Golden vectors of the transformer: its stages under the reference's names, and its answer. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/cpu/matmul.h"
#include "generator/model/wan_dit.h"

struct context {
    struct golden *g;
    const char *kase;
};

/* The patch embedding is kept channel first by the reference, token first by us; and times one row
 * a token, where ours are one row a time. */
static float *as_kept(const char *name, const float *data, long rows, long width)
{
    float *out =
        strcmp(name, "patch_embedding") == 0 ? malloc((size_t)(rows * width) * sizeof *out) : NULL;
    for (long r = 0; out && r < rows; r++)
        for (long c = 0; c < width; c++)
            out[c * rows + r] = data[r * width + c];
    return out;
}

static void stage(void *ctx, const char *name, const float *data, long rows, long width)
{
    struct context *c = ctx;
    char full[160];
    snprintf(full, sizeof full, "%s.mid.%s", c->kase, name);
    const struct st_tensor *t = safetensors_find(c->g->st, full);
    if (!t || (strncmp(name, "time_", 5) == 0 && t->count != rows * width))
        return;
    float *turned = as_kept(name, data, rows, width);
    golden_check(c->g, c->kase, full + strlen(c->kase) + 1, turned ? turned : data, rows * width);
    free(turned);
}

static float *input(struct golden *g, const char *kase, const char *name, long *count)
{
    char full[96];
    snprintf(full, sizeof full, "%s.in.%s", kase, name);
    return golden_floats(g, full, count);
}

static int dimension(const cJSON *kase, int i)
{
    const cJSON *n = cJSON_GetArrayItem(cJSON_GetObjectItem(kase, "latent"), i);
    return n ? n->valueint : 0;
}

static void one(struct golden *g, const struct wan_dit *d, const cJSON *kase)
{
    whelk_error err = {0};
    long n = 0, text = 0, times = 0, unused;
    struct wan_dit_info info;
    wan_dit_get_info(d, &info);
    int frames = dimension(kase, 1), rows = dimension(kase, 2), columns = dimension(kase, 3);
    float *x = input(g, kase->string, "x", &n), *context = input(g, kase->string, "context", &text),
          *t = input(g, kase->string, "t", &times), *y = input(g, kase->string, "y", &unused),
          *image = input(g, kase->string, "clip_fea", &unused),
          *out = calloc((size_t)n + 1, sizeof *out);
    struct wan_work *w = g->device ? NULL : wan_work_new(d, frames, rows, columns, 2, &err);
    struct wan_device *v =
        g->device ? wan_device_new(g->device, d, frames, rows, columns, &g->on_device, &err) : NULL;
    struct context ctx = {g, kase->string};
    bool good =
        x && context && t && out && (w || v) && n == (long)info.out * frames * rows * columns;
    if (good) {
        struct wan_pass p = {.x = x,
                             .y = y,
                             .text = context,
                             .text_rows = (int)(text / info.text_dim),
                             .image = image,
                             .time = t[times - 1],
                             .out = out,
                             .trace = stage,
                             .ctx = &ctx};
        while (times > 1 && p.held < frames && t[p.held * (times / frames)] == 0)
            p.held++;
        good = v ? wan_device_pass(v, d, &p, &err) : wan_dit_pass(d, w, &p, &err);
        if (good)
            golden_check(g, kase->string, "out", out, n);
    }
    if (!good)
        golden_say(g, kase->string, "pass", false, err.text[0] ? err.text : "lacks its inputs");
    wan_work_free(w);
    wan_device_free(v);
    free(x);
    free(context);
    free(t);
    free(y);
    free(image);
    free(out);
}

void golden_dit(struct golden *g)
{
    whelk_error err = {0};
    const cJSON *kase;
    struct wan_dit *d = wan_dit_open(g->folder, g->cpu_bf16, &err);
    if (!d)
        golden_say(g, "-", "open", false, err.text);
    for (kase = d ? cJSON_GetObjectItem(g->cases, "cases")->child : NULL; kase; kase = kase->next)
        one(g, d, kase);
    wan_dit_close(d);
}
