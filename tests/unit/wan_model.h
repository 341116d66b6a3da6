/* Model folders of Wan made of golden parts, and what tests ask of them: what the tests of takes
 * share. Random weights, so the pictures are noise. */
#ifndef WHELK_TESTS_WAN_MODEL_H
#define WHELK_TESTS_WAN_MODEL_H

#include <stdlib.h>
#include <unistd.h>

#include "generator/generator.h"
#include "generator/model/safetensors.h"
#include "pipeline/base/file.h"
#include "tests/tap.h"

#define GOLDEN "tests/golden/wan/"

static char work[64];

static inline const char *in_work(const char *name)
{
    static char paths[4][256];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", work, name);
    return path;
}

static inline void link_to(const char *folder, const char *name, const char *target)
{
    char from[512], cwd[256], at[256];
    if (!getcwd(cwd, sizeof cwd))
        return;
    snprintf(from, sizeof from, "%s/" GOLDEN "%s", cwd, target);
    snprintf(at, sizeof at, "%s/%s", folder, name);
    unlink(at);
    if (symlink(from, at) != 0)
        printf("# cannot link %s\n", at);
}

static inline void write_json(const char *folder, const char *json)
{
    char path[256];
    snprintf(path, sizeof path, "%s/model.json", folder);
    file_write(path, json, strlen(json), NULL);
}

#define PARTS                                                                                      \
    "\"text_encoder\": \"t5.safetensors\", \"tokenizer\": \"spiece.model\", \"vae\": "             \
    "\"vae.safetensors\""
#define MODEL                                                                                      \
    "{\"version\": 1, \"family\": \"wan\", \"name\": \"tiny\", \"dit\": \"dit\", " PARTS           \
    ", \"frames\": 17, \"fps\": 16, \"width\": 64, \"height\": 32, \"sampler\": {\"steps\": 3}}"

/* A model folder of golden parts. */
static inline const char *make_model(const char *name, const char *dit, const char *vae)
{
    const char *folder = in_work(name);
    file_make_dirs(folder, NULL);
    link_to(folder, "dit", dit);
    link_to(folder, "vae.safetensors", vae);
    link_to(folder, "t5.safetensors", "umt5-tiny/models_t5_umt5-tiny-enc.safetensors");
    link_to(folder, "spiece.model", "tokenizer-tiny/nfkc.model");
    write_json(folder, MODEL);
    return folder;
}

static inline whelk_generator *open_model(const char *folder, int threads)
{
    whelk_error err = {0};
    whelk_generator *g = whelk_gen_open(
        &(whelk_gen_options){.model_dir = folder, .backend = "cpu", .threads = threads}, &err);
    ok(g != NULL, "the model opens %s", err.text);
    return g;
}

static const whelk_gen_request request = {.caption = "a red fox runs across the snow",
                                          .seed = 7,
                                          .width = 96,
                                          .height = 48,
                                          .fps = 24,
                                          .seconds = 0.5};

static inline void read_clip(const char *path, const whelk_gen_request *r, int frames)
{
    whelk_error err = {0};
    whelk_clip_info info = {0};
    uint8_t *rgb = malloc((size_t)r->width * (size_t)r->height * 3), low = 255, high = 0;
    whelk_clip *clip = whelk_clip_open(path, &info, &err);
    int count = 0;
    while (clip && rgb && whelk_clip_read(clip, rgb, &err))
        for (int i = (count++, 0); i < r->width * r->height * 3; i++) {
            low = rgb[i] < low ? rgb[i] : low;
            high = rgb[i] > high ? rgb[i] : high;
        }
    ok(clip && info.width == r->width && info.height == r->height && info.fps == r->fps,
       "the clip has the size and rate asked for %s", err.text);
    is_int(count, frames, "and every frame");
    ok(high - low > 40, "there is a picture in it: %d to %d", low, high);
    whelk_clip_close(clip);
    free(rgb);
}

static inline void refuses(whelk_generator *g, whelk_gen_request r, int code, const char *says)
{
    whelk_error err = {0};
    bool made = g && whelk_gen_take(g, &r, in_work("x"), NULL, NULL, &err);
    ok(!made && err.code == code, "refused: %s", says);
    has_text(err.text, says, "and told so");
}

static inline void unopenable(const char *folder, const char *json, const char *says)
{
    whelk_error err = {0};
    write_json(folder, json);
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = folder}, &err);
    ok(!g, "not opened: %s", says);
    has_text(err.text, says, "and told so");
    whelk_gen_close(g);
}

/* The latent of a take, [channels][frames][rows][columns]; caller's. */
static inline float *latent_of(const char *path, long *count, long *frames)
{
    struct safetensors *st = safetensors_open(path, NULL);
    const struct st_tensor *t = st ? safetensors_find(st, "latent") : NULL;
    float *out = t && t->rank == 4 ? malloc((size_t)t->count * sizeof *out) : NULL;
    if (out) {
        st_floats(t, out);
        *count = (long)t->count;
        *frames = (long)t->dim[1];
    }
    safetensors_close(st);
    return out;
}

/* A folder of the test's own; texts that encoders read are kept in it, too. */
static inline bool work_begin(void)
{
    snprintf(work, sizeof work, "/tmp/whelk-wan.XXXXXX");
    return mkdtemp(work) && setenv("XDG_CACHE_HOME", in_work("cache"), 1) == 0;
}

static inline void work_end(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", work);
    if (system(command) != 0)
        printf("# %s is left behind\n", work);
}

#endif
