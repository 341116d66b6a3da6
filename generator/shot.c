/* A shot in memory: a request is denoised, its layers are decoded to pictures and paths, and from
 * then on any frame of it can be drawn without the generator (view.c, take.c). */
#include "shot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../pipeline/base/file.h"
#include "../pipeline/base/room.h"
#include "wan.h"

double shot_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct compose_layers shot_sizes(const whelk_generator *g)
{
    const struct model *m = g->model;
    struct codec_size plate = codec_size_of(&m->layers[g->plate]);
    struct compose_layers l = {.plate_columns = plate.full_columns,
                               .plate_rows = plate.full_rows,
                               .plate_width = m->plate_width / m->plate_height,
                               .poses = m->poses,
                               .poses_per_second = m->poses_per_second};
    l.actor.edge = codec_size_of(&m->layers[g->actor]).full_rows;
    if (g->effect >= 0)
        l.effect.edge = codec_size_of(&m->layers[g->effect]).full_rows;
    return l;
}

/* Denoising and what follows it do not need their scratch at the same time. */
static long long memory_needed(const whelk_generator *g, const struct sample_request *sample,
                               long long frames_bytes)
{
    long long pictures = codec_scratch_bytes(g->codec, g->threads) + frames_bytes,
              denoise = sampler_bytes(g->sampler, sample);
    for (int i = 0; i < g->model->layer_count; i++)
        if (g->model->layers[i].grid)
            pictures += (long long)(codec_full_floats(&g->model->layers[i]) * sizeof(float));
    return (denoise > pictures ? denoise : pictures) + (64 << 20);
}

static struct sample_request sample_of(const struct take_request *t)
{
    struct sample_request sample = {.slots = t->slots,
                                    .caption = t->caption,
                                    .negative = t->negative,
                                    .seed = t->seed,
                                    .steps = t->steps,
                                    .guidance = t->guidance,
                                    .budget = t->budget};
    for (int i = 0; i < MODEL_LAYERS_MAX; i++)
        sample.held[i] = t->held[i];
    return sample;
}

bool shot_check_memory(const whelk_generator *g, const struct take_request *t,
                       long long frames_bytes, whelk_error *err)
{
    struct sample_request sample = sample_of(t);
    long long there = room_memory(), needed = memory_needed(g, &sample, frames_bytes);
    if (there >= 0 && there < needed)
        return whelk_fail(err, WHELK_EFAIL,
                          "too little memory: this take needs %lld bytes and %lld are free; close "
                          "other programs, "
                          "or ask for a smaller size",
                          needed, there);
    return true;
}

int whelk_gen_plan(const whelk_generator *g, const whelk_gen_request *r, whelk_gen_step *out,
                   int room, whelk_error *err)
{
    struct take_request t;
    if (g->wan)
        return wan_plan(g->wan, r, out, room, err);
    struct sample_step *steps = calloc((size_t)(room > 0 ? room : 1), sizeof *steps);
    int count = 0;
    if (!steps) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return 0;
    }
    if (take_request_init(&t, g, r, err)) {
        struct sample_request sample = sample_of(&t);
        count = sampler_plan(g->sampler, &sample, steps, room, err);
        take_request_release(&t);
    }
    for (int i = 0; i < count && i < room; i++)
        out[i] = (whelk_gen_step){steps[i].t, steps[i].tokens};
    free(steps);
    return count;
}

/* --- Latents ---------------------------------------------------------------------------------- */

bool shot_denoise(const whelk_generator *g, const struct take_request *t, struct latents *z,
                  const whelk_listener *listen, whelk_gen_figures *f,
                  struct sample_figures *figures, whelk_error *err)
{
    struct sample_request sample = sample_of(t);
    double start = shot_clock();
    if (!sampler_run(g->sampler, &sample, z, listen, figures, err))
        return false;
    f->denoise_s = shot_clock() - start;
    f->steps = figures->steps;
    f->tokens = figures->tokens;
    f->tokens_exact = figures->tokens_exact;
    f->flops = figures->flops;
    f->flops_exact = figures->flops_exact;
    f->scratch_bytes = figures->scratch_bytes;
    return true;
}

/* --- Pictures --------------------------------------------------------------------------------- */

/* Room for a layer's pictures or path; a grid is queued for decoding, a path decoded at once. */
static bool decode_layer(const whelk_generator *g, int layer, const struct latents *z, float **out,
                         struct codec_job *jobs, int *count, whelk_error *err)
{
    if (layer < 0)
        return true;
    const struct model_layer *l = &g->model->layers[layer];
    *out = malloc((l->grid ? codec_full_floats(l) : (size_t)l->raw) * sizeof **out);
    if (!*out)
        return whelk_fail(err, WHELK_EFAIL, "out of memory for the pictures of %s", l->name);
    if (l->grid)
        jobs[(*count)++] = (struct codec_job){layer, z->z[layer], NULL, *out};
    else
        codec_decode_vector(g->codec, layer, z->z[layer], *out);
    return true;
}

static bool decode(whelk_gen_shot *s, const whelk_generator *g, const struct take_request *t,
                   const struct latents *z, whelk_error *err)
{
    struct codec_job jobs[MODEL_LAYERS_MAX];
    int count = 0, plate = 0;
    if (!decode_layer(g, g->plate, z, &s->plate, jobs, &count, err))
        return false;
    if (t->plate) { /* the user's own picture instead of what would be decoded */
        memcpy(s->plate, t->plate, codec_full_floats(&g->model->layers[g->plate]) * sizeof(float));
        plate = count;
    }
    return decode_layer(g, g->actor, z, &s->actor, jobs, &count, err) &&
           decode_layer(g, g->effect, z, &s->effect, jobs, &count, err) &&
           decode_layer(g, g->camera, z, &s->camera, jobs, &count, err) &&
           decode_layer(g, g->actor_path, z, &s->actor_path, jobs, &count, err) &&
           decode_layer(g, g->effect_path, z, &s->effect_path, jobs, &count, err) &&
           codec_decode(g->codec, jobs + plate, count - plate, g->threads, err);
}

whelk_gen_shot *shot_new(const whelk_generator *g, const struct take_request *t,
                         const struct latents *z, whelk_gen_figures *f, whelk_error *err)
{
    double start = shot_clock();
    whelk_gen_shot *s = calloc(1, sizeof *s);
    if (!s) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    if (!decode(s, g, t, z, err)) {
        whelk_gen_shot_free(s);
        return NULL;
    }
    s->layers = shot_sizes(g);
    s->layers.plate = s->plate;
    s->layers.camera = s->camera;
    s->layers.actor.pictures = s->actor;
    s->layers.actor.path = s->actor_path;
    s->layers.effect.pictures = s->effect;
    s->layers.effect.path = s->effect_path;
    s->seconds = t->seconds;
    f->decode_s = shot_clock() - start;
    return s;
}

void whelk_gen_shot_free(whelk_gen_shot *s)
{
    if (!s)
        return;
    free(s->plate);
    free(s->camera);
    free(s->actor);
    free(s->actor_path);
    free(s->effect);
    free(s->effect_path);
    free(s);
}

double whelk_gen_shot_seconds(const whelk_gen_shot *s)
{
    return s->seconds;
}

/* --- The public call -------------------------------------------------------------------------- */

/* The latents: from the file where they are of this very request, else made, and kept there. */
static bool find_latents(const whelk_generator *g, const struct take_request *t, const char *path,
                         struct latents *z, const whelk_listener *listen, whelk_gen_figures *f,
                         whelk_error *err)
{
    char digest[DIGEST_TEXT];
    if (path && !take_request_digest(t, g, digest, err))
        return false;
    if (path && take_latent_is(path, digest) && take_latent_read_all(path, g, z, NULL))
        return true;
    struct sample_figures *figures = calloc(1, sizeof *figures);
    bool good = figures || whelk_fail(err, WHELK_EFAIL, "out of memory");
    good = good && shot_denoise(g, t, z, listen, f, figures, err) &&
           (!path || take_latent_write(path, g, z, digest, err));
    free(figures);
    return good;
}

whelk_gen_shot *whelk_gen_shoot(whelk_generator *g, const whelk_gen_request *r,
                                const char *latent_path, const whelk_listener *listen,
                                whelk_gen_figures *figures, whelk_error *err)
{
    struct take_request t;
    struct latents z = {0};
    whelk_gen_figures f = {0};
    whelk_gen_shot *shot = NULL;
    double start = shot_clock();
    if (g->wan) {
        whelk_gen_info info;
        wan_get_info(g->wan, &info);
        whelk_fail(err, WHELK_EUSAGE,
                   "the model %s draws whole frames and has no layers to hand out; it makes takes",
                   info.name);
        return NULL;
    }
    if (!take_may_be_made(g, err) || !take_request_init(&t, g, r, err))
        return NULL;
    if (shot_check_memory(g, &t, 0, err) && latents_init(&z, g->model, err) &&
        find_latents(g, &t, latent_path, &z, listen, &f, err))
        shot = shot_new(g, &t, &z, &f, err);
    latents_release(&z);
    f.frames = t.frames;
    f.wall_s = shot_clock() - start;
    take_request_release(&t);
    if (shot && figures)
        *figures = f;
    return shot;
}
