/* Opening a generator: finding the model, choosing the device, packing the weights; and what it
 * tells of itself. The work is in take.c, reading in clip_read.c. */
#define _GNU_SOURCE /* sched_getaffinity, dladdr */
#include "generator.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pipeline/base/file.h"
#include "cuda/device.h"
#include "take.h"
#include "wan.h"

#ifndef WHELK_DATADIR
#define WHELK_DATADIR "/usr/local/share/whelk"
#endif

enum { PATH_ROOM = 4096, THREADS_MAX = 64 };

static const char module_mark; /* lies in the module this code came with */

/* --- Finding the model ------------------------------------------------------------------------ */

static bool is_model(const char *dir)
{
    char path[PATH_ROOM + sizeof "/model.json"];
    snprintf(path, sizeof path, "%s/model.json", dir);
    return file_exists(path) || wan_spec_is(dir);
}

/* From a file's place upwards: build/whelk and build/tests/x find generator/weights, bin/whelk its
 * share/. */
static bool near_file(const char *file, char out[PATH_ROOM])
{
    static const char *const places[] = {"generator/weights", "share/whelk/models/whelk-mini"};
    char dir[PATH_ROOM - 64];
    if (snprintf(dir, sizeof dir, "%s", file) >= (int)sizeof dir)
        return false;
    for (int up = 0; up < 4; up++) {
        char *slash = strrchr(dir, '/');
        if (!slash)
            return false;
        *slash = '\0';
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            snprintf(out, PATH_ROOM, "%s/%s", dir, places[i]);
            if (is_model(out))
                return true;
        }
    }
    return false;
}

/* Beside the program, or the module this code was loaded with into somebody else's program. */
static bool near_program(char out[PATH_ROOM])
{
    char exe[PATH_ROOM];
    Dl_info module;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n > 0) {
        exe[n] = '\0';
        if (near_file(exe, out))
            return true;
    }
    if (!dladdr(&module_mark, &module) || !module.dli_fname)
        return false;
    char *path = realpath(module.dli_fname, NULL);
    bool found = path && near_file(path, out);
    free(path);
    return found;
}

static bool find_model(const char *asked, char out[PATH_ROOM], whelk_error *err)
{
    const char *env = getenv("WHELK_MODEL");
    if (!asked && env && env[0])
        asked = env;
    if (asked) {
        if (strlen(asked) >= PATH_ROOM)
            return whelk_fail(err, WHELK_EUSAGE, "the model's path is too long");
        strcpy(out, asked);
        return is_model(out) ||
               whelk_fail(
                   err, WHELK_EFAIL,
                   "%s: is no model's folder (it has no model.json, nor the files of a Wan model)",
                   out);
    }
    if (near_program(out))
        return true;
    snprintf(out, PATH_ROOM, "%s/models/whelk-mini", WHELK_DATADIR);
    if (is_model(out))
        return true;
    snprintf(out, PATH_ROOM, "generator/weights");
    return is_model(out) ||
           whelk_fail(
               err, WHELK_EFAIL,
               "the model whelk-mini is not here: neither %s/models/whelk-mini nor "
               "generator/weights beside the program; name its folder with --model or WHELK_MODEL",
               WHELK_DATADIR);
}

/* --- Opening ---------------------------------------------------------------------------------- */

static const char *asked_or(const char *asked, const char *variable)
{
    const char *env = getenv(variable);
    return asked ? asked : env && env[0] ? env : NULL;
}

static bool choose_backend(const char *asked, bool *cuda, whelk_error *err)
{
    asked = asked_or(asked, "WHELK_BACKEND");
    *cuda = asked && strcmp(asked, "cuda") == 0;
    return !asked || *cuda || strcmp(asked, "auto") == 0 || strcmp(asked, "cpu") == 0 ||
           whelk_fail(err, WHELK_EUSAGE,
                      "there is no backend \"%.40s\"; there are auto, cpu and cuda", asked);
}

/* "6G", "6500M"; 0 = no bound. */
static bool choose_vram(const char *asked, long long *out, whelk_error *err)
{
    char *unit;
    asked = asked_or(asked, "WHELK_VRAM");
    *out = 0;
    if (!asked)
        return true;
    long n = asked[0] >= '0' && asked[0] <= '9' ? strtol(asked, &unit, 10) : 0;
    int shift = n < 1 || n > 1 << 20     ? 0
                : strcmp(unit, "G") == 0 ? 30
                : strcmp(unit, "M") == 0 ? 20
                                         : 0;
    *out = (long long)n << shift;
    return shift ||
           whelk_fail(err, WHELK_EUSAGE,
                      "\"%.40s\" is no amount of a GPU's memory: write it like 6G or 6500M", asked);
}

/* In f32: the layered model is so small that a GPU would gain nothing by less. */
static bool layered_use_cuda(whelk_generator *g, long long vram, whelk_error *err)
{
    return (g->device = device_open_cuda(err)) &&
           sampler_use_device(g->sampler, g->device, DEVICE_F32, vram, err);
}

static bool use_cuda(whelk_generator *g, const whelk_gen_options *o, long long vram,
                     whelk_error *err)
{
    whelk_error why = {0};
    return o->no_takes ||
           (g->wan ? wan_use_cuda(g->wan, vram, &why) : layered_use_cuda(g, vram, &why)) ||
           whelk_fail(err, WHELK_EFAIL,
                      "the cuda backend cannot be used: %.800s; --backend cpu works", why.text);
}

bool whelk_gen_has_cuda(char name[256], whelk_error *err)
{
    struct device *d = device_open_cuda(err);
    if (!d)
        return false;
    snprintf(name, 256, "%s", d->name);
    d->close(d);
    return true;
}

static bool choose_threads(int asked, int *out, whelk_error *err)
{
    if (asked < 0 || asked > THREADS_MAX)
        return whelk_fail(err, WHELK_EUSAGE,
                          "%d threads are out of range (1 to %d, 0 = as many as there are cores)",
                          asked, THREADS_MAX);
    cpu_set_t cores;
    int there = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    *out = asked ? asked : there < THREADS_MAX ? there : THREADS_MAX;
    return true;
}

/* A layer of this name and kind; a sprite's pictures must be squares of RGBA, one a pose. */
static bool find_layer(const struct model *m, const char *name, int raw, int channels, int *out,
                       whelk_error *err)
{
    *out = model_find_layer(m, name);
    const struct model_layer *l = *out >= 0 ? &m->layers[*out] : NULL;
    bool good = l && (raw ? !l->grid && l->raw == raw : l->grid && l->channels == channels);
    if (good && channels == 4)
        good = l->y == l->x && l->t * l->frames == m->poses;
    if (good && channels == 3)
        good = l->t == 1 && l->frames == 1;
    return good || whelk_fail(err, WHELK_EFAIL,
                              "%s: the model %s has no layer \"%s\" of the right shape; it is of "
                              "another family or "
                              "version",
                              m->dir, m->name, name);
}

static bool find_layers(whelk_generator *g, whelk_error *err)
{
    const struct model *m = g->model;
    int poses = m->poses;
    if (poses < 2 || poses > 256 || m->poses_per_second <= 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: a clip of %d poses cannot be composed", m->dir,
                          poses);
    g->effect = g->effect_path = -1;
    return find_layer(m, "plate", 0, 3, &g->plate, err) &&
           find_layer(m, "actor", 0, 4, &g->actor, err) &&
           find_layer(m, "camera", 3 * poses, 0, &g->camera, err) &&
           find_layer(m, "actor_path", 4 * poses, 0, &g->actor_path, err) &&
           (model_find_layer(m, "effect") < 0 ||
            (find_layer(m, "effect", 0, 4, &g->effect, err) &&
             find_layer(m, "effect_path", 4 * poses, 0, &g->effect_path, err)));
}

static bool open_layered(whelk_generator *g, const char *dir, whelk_error *err)
{
    return (g->model = model_open(dir, err)) && find_layers(g, err) &&
           (g->codec = codec_open(g->model, err)) &&
           (g->sampler = sampler_new(g->model, g->threads, err));
}

static bool open_to_look(whelk_generator *g, const char *dir, whelk_error *err)
{
    g->seen = calloc(1, sizeof *g->seen);
    if (!g->seen)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    return (g->model = model_look(dir, err)) && find_layers(g, err);
}

bool take_may_be_made(const whelk_generator *g, whelk_error *err)
{
    return g->wan || g->sampler ||
           whelk_fail(err, WHELK_EUSAGE, "the model was opened without its weights (no_takes)");
}

whelk_generator *whelk_gen_open(const whelk_gen_options *options, whelk_error *err)
{
    static const whelk_gen_options defaults;
    char dir[PATH_ROOM];
    options = options ? options : &defaults;
    whelk_generator *g = calloc(1, sizeof *g);
    if (!g) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    bool cuda;
    long long vram;
    bool good = choose_backend(options->backend, &cuda, err) &&
                choose_vram(options->vram, &vram, err) &&
                choose_threads(options->threads, &g->threads, err) &&
                find_model(options->model_dir, dir, err);
    if (good && wan_spec_is(dir))
        good = (g->wan = wan_open(dir, g->threads, err));
    else
        good = good && (options->no_takes ? open_to_look(g, dir, err) : open_layered(g, dir, err));
    good = good && (!cuda || use_cuda(g, options, vram, err));
    if (!good) {
        whelk_gen_close(g);
        return NULL;
    }
    return g;
}

void whelk_gen_close(whelk_generator *g)
{
    if (!g)
        return;
    sampler_free(g->sampler);
    if (g->device)
        g->device->close(g->device);
    codec_close(g->codec);
    model_close(g->model);
    wan_close(g->wan);
    for (int i = 0; g->seen && i < SEEN_MAX; i++)
        free(g->seen->of[i].path);
    free(g->seen);
    free(g);
}

void whelk_gen_get_info(const whelk_generator *g, whelk_gen_info *out)
{
    const struct model *m = g->model;
    if (g->wan) {
        wan_get_info(g->wan, out);
        return;
    }
    *out = (whelk_gen_info){.name = m->name,
                            .digest = m->digest,
                            .backend = g->device ? "cuda" : "cpu",
                            .device = g->device ? g->device->name : NULL,
                            .card_json = m->card_json,
                            .seconds = m->poses / m->poses_per_second,
                            .longest_s = model_longest(m),
                            .layered = true,
                            .parameters = m->parameters,
                            .default_steps = m->steps,
                            .threads = g->threads};
}

/* whelk-mini's weights were compared with their digest when it was opened. */
bool whelk_gen_verify(const whelk_generator *g, whelk_error *err)
{
    return !g->wan || wan_verify(g->wan, err);
}

static bool wan_digest(const struct wan *w, const whelk_gen_request *r, char out[65],
                       whelk_error *err)
{
    struct wan_request q;
    if (!wan_request_init(&q, w, r, err))
        return false;
    bool good = wan_request_digest(&q, w, out, err);
    wan_request_release(&q);
    return good;
}

bool whelk_gen_digest(const whelk_generator *g, const whelk_gen_request *r, char out[65],
                      whelk_error *err)
{
    struct take_request t;
    if (g->wan)
        return wan_digest(g->wan, r, out, err);
    if (!take_request_init(&t, g, r, err))
        return false;
    bool good = take_request_digest(&t, g, out, err);
    take_request_release(&t);
    return good;
}
