/* A shot in memory: a request is denoised, its layers are decoded to pictures and paths, and from
 * then on any frame of it can be drawn without the generator (view.c, take.c). */
#include "shot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../pipeline/base/file.h"
#include "../pipeline/base/room.h"
#include "company.h"
#include "wan.h"

double shot_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct compose_layers shot_sizes(const whelk_generator *g, const struct take_request *t)
{
    const struct model *m = g->model;
    struct codec_size plate = codec_size_of(&m->layers[g->plate]);
    struct compose_layers l = {.plate_columns = plate.full_columns,
                               .plate_rows = plate.full_rows,
                               .plate_width = m->plate_width / m->plate_height,
                               .guest_count = t->guests,
                               .poses = model_poses(m, t->parts),
                               .poses_per_second = m->poses_per_second};
    l.actor.edge = codec_size_of(&m->layers[g->actor]).full_rows;
    if (g->effect >= 0)
        l.effect.edge = codec_size_of(&m->layers[g->effect]).full_rows;
    return l;
}

/* Floats of a layer's pictures in a shot of so many parts. */
static size_t picture_floats(const struct model_layer *l, int parts)
{
    return codec_full_floats(l) / (size_t)l->t * (size_t)parts_groups(l, parts);
}

/* Denoising and what follows it do not need their scratch at the same time. */
static long long memory_needed(const whelk_generator *g, const struct sample_request *sample,
                               const struct take_request *t, long long frames_bytes)
{
    long long pictures = codec_scratch_bytes(g->codec, g->threads) + frames_bytes,
              denoise = sampler_bytes(g->sampler, sample);
    for (int i = 0; i < g->model->layer_count; i++)
        if (g->model->layers[i].grid)
            pictures += (long long)(picture_floats(&g->model->layers[i], t->parts) *
                                    (i == g->plate ? 1 : 1 + (size_t)t->guests) * sizeof(float));
    return (denoise > pictures ? denoise : pictures) + (64 << 20);
}

bool shot_check_memory(const whelk_generator *g, const struct take_request *t,
                       long long frames_bytes, whelk_error *err)
{
    struct part_start start = {0};
    struct sample_request sample;
    part_request(&start, g, t, NULL, 0, &sample);
    long long there = room_memory(), needed = memory_needed(g, &sample, t, frames_bytes);
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
    int count = 0, runs = 1;
    if (!steps) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return 0;
    }
    if (take_request_init(&t, g, r, err)) {
        struct part_start start = {0};
        struct sample_request sample;
        part_request(&start, g, &t, NULL, 0, &sample);
        count = sampler_plan(g->sampler, &sample, steps, room, err);
        runs = take_runs(&t);
        take_request_release(&t);
    }
    for (int i = 0; i < count * runs && i < room; i++)
        out[i] = (whelk_gen_step){steps[i % count].t, steps[i % count].tokens};
    free(steps);
    return count * runs;
}

/* --- Latents ---------------------------------------------------------------------------------- */

/* A listener to all parts, which is told of one. */
struct whole {
    const whelk_listener *listen;
    int part, parts, first; /* first: the one that this run began with */
    double began, started;  /* the first of them, this one */
};

/* Parts are alike: each takes what this one does or, while that is unknown, those before it did. */
static bool tell_whole(void *ctx, const char *stage, const char *shot, const char *what,
                       double done, double total, double left_s)
{
    const struct whole *w = ctx;
    double spent = shot_clock() - w->started, one = spent + left_s;
    if (left_s < 0 && w->part > w->first)
        one = fmax(spent, (w->started - w->began) / (w->part - w->first));
    bool known = left_s >= 0 || w->part > w->first;
    return w->listen->progress(w->listen->ctx, stage, shot, what, w->part * total + done,
                               w->parts * total, known ? one * (w->parts - w->part) - spent : -1);
}

static void add_part(whelk_gen_figures *f, const struct sample_figures *part)
{
    f->steps += part->steps;
    f->tokens += part->tokens;
    f->tokens_exact += part->tokens_exact;
    f->flops += part->flops;
    f->flops_exact += part->flops_exact;
    f->scratch_bytes = part->scratch_bytes;
}

static bool keep_part(const whelk_generator *g, const struct shot_keep *keep, const struct parts *z,
                      whelk_error *err)
{
    if (keep->record)
        unlink(keep->record); /* from here on a take that was here is no longer whole */
    return !keep->latent || take_latent_write(keep->latent, g, z, keep->digest, err);
}

bool shot_denoise(const whelk_generator *g, const struct take_request *t,
                  const struct shot_keep *keep, struct parts *z, const whelk_listener *listen,
                  whelk_gen_figures *f, struct sample_figures *figures, whelk_error *err)
{
    int runs = take_runs(t);
    struct whole whole = {.listen = listen, .parts = runs};
    whelk_listener each = {.progress = tell_whole, .ctx = &whole};
    struct part_start start;
    double began = shot_clock();
    if (keep->latent && take_latent_is(keep->latent, keep->digest))
        take_latent_read_parts(keep->latent, g, z);
    if (!part_start_init(&start, g->model, err))
        return false;
    bool good = true;
    whole.began = shot_clock();
    whole.first = z->made;
    while (good && z->made < runs) {
        struct sample_request sample;
        whole.part = z->made;
        whole.started = shot_clock();
        part_request(&start, g, t, z, z->made, &sample);
        good = sampler_run(g->sampler, &sample, &z->z[z->made],
                           listen && listen->progress ? &each : NULL, &figures[z->made], err);
        if (!good)
            break;
        add_part(f, &figures[z->made++]);
        good = keep_part(g, keep, z, err);
    }
    part_start_release(&start);
    if (f->steps)
        f->denoise_s = shot_clock() - began;
    return good;
}

/* --- Pictures --------------------------------------------------------------------------------- */

/* What is decoded: pictures are queued, and the latents of several parts joined for it. */
struct decoding {
    const whelk_generator *g;
    struct codec_job jobs[MODEL_LAYERS_MAX * COMPOSE_CAST_MAX];
    float *joined[MODEL_LAYERS_MAX * COMPOSE_CAST_MAX]; /* of each job; NULL = one part */
    int count;
};

static float *floats(size_t count, const struct model_layer *l, whelk_error *err)
{
    float *out = malloc(count * sizeof *out);
    if (!out)
        whelk_fail(err, WHELK_EFAIL, "out of memory for the pictures of %s", l->name);
    return out;
}

static bool decode_pictures(struct decoding *d, const struct parts *parts, int layer, float **out,
                            whelk_error *err)
{
    const struct model_layer *l = &d->g->model->layers[layer];
    int groups = parts_groups(l, parts->count);
    const float *z = parts->z[0].z[layer];
    *out = floats(picture_floats(l, parts->count), l, err);
    if (*out && groups > l->t) {
        size_t group = (size_t)(l->cells / l->t) * (size_t)l->dim;
        z = d->joined[d->count] = floats((size_t)groups * group, l, err);
        if (z)
            parts_join(d->g->model, parts, layer, d->joined[d->count]);
    }
    d->jobs[d->count++] = (struct codec_job){layer, z, NULL, *out, groups};
    return *out && z;
}

static bool decode_path(const whelk_generator *g, const struct parts *z, int layer, float **out,
                        whelk_error *err)
{
    const struct model *m = g->model;
    const struct model_layer *l = &m->layers[layer];
    size_t coords = (size_t)(l->raw / m->poses), poses = (size_t)model_poses(m, z->count);
    float *made = floats((size_t)l->raw, l, err);
    *out = made ? floats(coords * poses, l, err) : NULL;
    if (*out)
        parts_path(g, z, z->count, layer, *out, made);
    free(made);
    return *out;
}

/* A layer's pictures are queued for decoding, a path is decoded at once. */
static bool decode_layer(struct decoding *d, const struct parts *z, int layer, float **out,
                         whelk_error *err)
{
    if (layer < 0)
        return true;
    return d->g->model->layers[layer].grid ? decode_pictures(d, z, layer, out, err)
                                           : decode_path(d->g, z, layer, out, err);
}

/* Of what falls from the sky the actor's effect layer has all there is. */
static bool decode_guests(whelk_gen_shot *s, struct decoding *d, const struct take_request *t,
                          const struct parts *z, whelk_error *err)
{
    const whelk_generator *g = d->g;
    bool good = true, effect = !company_shares_effect(g->model, t->slots);
    for (int k = 0; good && k < t->guests; k++) {
        struct parts own = parts_of(z, 1 + k);
        good = decode_layer(d, &own, g->actor, &s->guest[k].actor, err) &&
               decode_layer(d, &own, g->actor_path, &s->guest[k].actor_path, err) &&
               decode_layer(d, &own, effect ? g->effect : -1, &s->guest[k].effect, err) &&
               decode_layer(d, &own, effect ? g->effect_path : -1, &s->guest[k].effect_path, err);
    }
    return good;
}

static bool decode(whelk_gen_shot *s, const whelk_generator *g, const struct take_request *t,
                   const struct parts *z, whelk_error *err)
{
    struct decoding d = {.g = g};
    int plate = 0;
    bool good = decode_layer(&d, z, g->plate, &s->plate, err);
    if (good && t->plate) { /* the user's own picture instead of what would be decoded */
        memcpy(s->plate, t->plate, codec_full_floats(&g->model->layers[g->plate]) * sizeof(float));
        plate = d.count;
    }
    good = good && decode_layer(&d, z, g->actor, &s->actor, err) &&
           decode_layer(&d, z, g->effect, &s->effect, err) &&
           decode_layer(&d, z, g->camera, &s->camera, err) &&
           decode_layer(&d, z, g->actor_path, &s->actor_path, err) &&
           decode_layer(&d, z, g->effect_path, &s->effect_path, err) &&
           decode_guests(s, &d, t, z, err) &&
           codec_decode(g->codec, d.jobs + plate, d.count - plate, g->threads, err);
    for (int i = 0; i < MODEL_LAYERS_MAX * COMPOSE_CAST_MAX; i++)
        free(d.joined[i]);
    return good;
}

/* The layers as the compositor takes them, the guests where they meet the actor. */
static void arrange(whelk_gen_shot *s, const whelk_generator *g, const struct take_request *t)
{
    struct company_body body[COMPOSE_CAST_MAX] = {
        {s->actor, s->layers.actor.edge, s->actor_path, s->effect_path}};
    s->layers.plate = s->plate;
    s->layers.camera = s->camera;
    s->layers.actor.pictures = s->actor;
    s->layers.actor.path = s->actor_path;
    s->layers.effect.pictures = s->effect;
    s->layers.effect.path = s->effect_path;
    for (int k = 0; k < t->guests; k++) {
        s->layers.guests[k] = (struct compose_guest){
            {s->guest[k].actor, s->guest[k].actor_path, s->layers.actor.edge},
            {s->guest[k].effect, s->guest[k].effect_path, s->layers.effect.edge}};
        body[1 + k] = (struct company_body){s->guest[k].actor, s->layers.actor.edge,
                                            s->guest[k].actor_path, s->guest[k].effect_path};
    }
    if (t->guests)
        company_meet(g->model, t, body, 1 + t->guests, s->camera);
}

whelk_gen_shot *shot_new(const whelk_generator *g, const struct take_request *t,
                         const struct parts *z, whelk_gen_figures *f, whelk_error *err)
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
    s->layers = shot_sizes(g, t);
    arrange(s, g, t);
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
    for (int k = 0; k < COMPOSE_GUESTS_MAX; k++) {
        free(s->guest[k].actor);
        free(s->guest[k].actor_path);
        free(s->guest[k].effect);
        free(s->guest[k].effect_path);
    }
    free(s);
}

double whelk_gen_shot_seconds(const whelk_gen_shot *s)
{
    return s->seconds;
}

/* --- The public call -------------------------------------------------------------------------- */

/* The latents: from the file where they are of this very request, else made, and kept there. */
static bool find_latents(const whelk_generator *g, const struct take_request *t, const char *path,
                         struct parts *z, const whelk_listener *listen, whelk_gen_figures *f,
                         whelk_error *err)
{
    char digest[DIGEST_TEXT];
    struct shot_keep keep = {.latent = path, .digest = digest};
    if (path && !take_request_digest(t, g, digest, err))
        return false;
    struct sample_figures *figures = calloc((size_t)take_runs(t), sizeof *figures);
    bool good = figures || whelk_fail(err, WHELK_EFAIL, "out of memory");
    good = good && shot_denoise(g, t, &keep, z, listen, f, figures, err);
    free(figures);
    return good;
}

whelk_gen_shot *whelk_gen_shoot(whelk_generator *g, const whelk_gen_request *r,
                                const char *latent_path, const whelk_listener *listen,
                                whelk_gen_figures *figures, whelk_error *err)
{
    struct take_request t;
    struct parts z = {0};
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
    if (shot_check_memory(g, &t, 0, err) && parts_init(&z, g->model, &t, err) &&
        find_latents(g, &t, latent_path, &z, listen, &f, err))
        shot = shot_new(g, &t, &z, &f, err);
    parts_release(&z);
    f.frames = t.frames;
    f.wall_s = shot_clock() - start;
    take_request_release(&t);
    if (shot && figures)
        *figures = f;
    return shot;
}
