/* The files of a take: their names, the latent file and the record. The record is written last:
 * where it is, the take is whole. It names its files without a folder, so that a moved reel still
 * works. */
#include "parts.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pipeline/base/file.h"
#include "../pipeline/base/json.h"
#include "model/safetensors.h"

static char *with_end(const char *base, const char *end)
{
    char *path = malloc(strlen(base) + strlen(end) + 1);
    if (path)
        sprintf(path, "%s%s", base, end);
    return path;
}

bool take_paths_init(struct take_paths *p, const char *base, whelk_error *err)
{
    p->clip = with_end(base, ".mkv");
    p->latent = with_end(base, ".latent.safetensors");
    p->record = with_end(base, ".json");
    if (p->clip && p->latent && p->record)
        return true;
    take_paths_release(p);
    return whelk_fail(err, WHELK_EFAIL, "out of memory");
}

void take_paths_release(struct take_paths *p)
{
    free(p->clip);
    free(p->latent);
    free(p->record);
    *p = (struct take_paths){0};
}

bool take_check_folder(const struct take_paths *p, whelk_error *err)
{
    char *dir = strdup(p->record), *slash = dir ? strrchr(dir, '/') : NULL;
    if (!dir)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    if (slash)
        slash[slash == dir] = '\0';
    const char *folder = slash ? dir : ".";
    bool good = access(folder, W_OK | X_OK) == 0 ||
                whelk_fail(err, WHELK_EFAIL,
                           "%s: no take can be written there: %s; make the folder, or name another",
                           folder, strerror(errno));
    free(dir);
    return good;
}

static const char *file_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* --- Latents ---------------------------------------------------------------------------------- */

enum { NAME_ROOM = 48 }; /* of a layer in a part */

/* What run k has of its own: a further part all but what does not move in time, a guest all but the
 * place and the camera before it; those are the first part's. */
static bool name_in_run(const whelk_generator *g, int layer, int run, int parts,
                        char out[NAME_ROOM])
{
    const struct model_layer *l = &g->model->layers[layer];
    int who = run / parts, part = run % parts, n = 0;
    if (who)
        n = snprintf(out, NAME_ROOM, "guest%d.", who);
    if (part)
        n += snprintf(out + n, (size_t)(NAME_ROOM - n), "part%d.", part);
    snprintf(out + n, (size_t)(NAME_ROOM - n), "%s", l->name);
    if (who && (layer == g->plate || layer == g->camera))
        return false;
    return part == 0 || model_start_numbers(g->model, l) > 0;
}

bool take_latent_write(const char *path, const whelk_generator *g, const struct parts *z,
                       const char *digest, whelk_error *err)
{
    const struct model *m = g->model;
    struct st_out out[MODEL_LAYERS_MAX * MODEL_PARTS_MAX * COMPOSE_CAST_MAX] = {0};
    char names[sizeof out / sizeof *out][NAME_ROOM];
    int n = 0;
    for (int k = 0; k < z->made; k++)
        for (int i = 0; i < m->layer_count; i++)
            if (name_in_run(g, i, k, z->count, names[n])) {
                const struct model_layer *l = &m->layers[i];
                out[n] = (struct st_out){names[n], 2, {l->cells, l->dim}, z->z[k].z[i]};
                n++;
            }
    const char *const meta[] = {"kind",    "whelk latent 1", "model", m->name, "model_digest",
                                m->digest, "request",        digest,  NULL};
    return safetensors_write(path, out, n, meta, err);
}

static bool check_model(const struct safetensors *st, const char *path, const whelk_generator *g,
                        whelk_error *err)
{
    const char *made_by = safetensors_meta(st, "model_digest"),
               *name = safetensors_meta(st, "model");
    return (made_by && strcmp(made_by, g->model->digest) == 0) ||
           whelk_fail(err, WHELK_EFAIL,
                      "%s: was made by another model (%s %.12s, this is %s %.12s); make that take "
                      "again with this one",
                      path, name ? name : "unnamed", made_by ? made_by : "without a digest",
                      g->model->name, g->model->digest);
}

/* One layer of that name into z [cells * dim]. */
static bool read_layer(const struct safetensors *st, const char *path, const struct model_layer *l,
                       const char *name, float *z, whelk_error *err)
{
    const struct st_tensor *t = safetensors_find(st, name);
    if (!t || t->rank != 2 || t->dim[0] != l->cells || t->dim[1] != l->dim)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: holds no %s of %d x %d numbers; make that take again", path, name,
                          l->cells, l->dim);
    if (!st_floats(t, z))
        return whelk_fail(err, WHELK_EFAIL, "%s: is of a type that cannot be read", path);
    for (long i = 0; i < (long)l->cells * l->dim; i++)
        if (!isfinite(z[i]))
            return whelk_fail(err, WHELK_EFAIL,
                              "%s: holds in %s what is no number; make that take again", path,
                              name);
    return true;
}

float *take_latent_read(const char *path, const whelk_generator *g, int layer, whelk_error *err)
{
    struct safetensors *st = safetensors_open(path, err);
    if (!st)
        return NULL;
    const struct model_layer *l = &g->model->layers[layer];
    float *z = malloc((size_t)(l->cells * l->dim) * sizeof *z);
    if (!z)
        whelk_fail(err, WHELK_EFAIL, "%s: there is no memory for it", path);
    bool good = z && check_model(st, path, g, err) && read_layer(st, path, l, l->name, z, err);
    safetensors_close(st);
    if (good)
        return z;
    free(z);
    return NULL;
}

bool take_latent_is(const char *path, const char *digest)
{
    struct safetensors *st = file_exists(path) ? safetensors_open(path, NULL) : NULL;
    const char *request = st ? safetensors_meta(st, "request") : NULL;
    bool is = request && strcmp(request, digest) == 0;
    safetensors_close(st);
    return is;
}

static bool read_run(const struct safetensors *st, const char *path, const whelk_generator *g,
                     int k, struct parts *z)
{
    const struct model *m = g->model;
    char name[NAME_ROOM];
    for (int i = 0; i < m->layer_count; i++) {
        size_t size = (size_t)(m->layers[i].cells * m->layers[i].dim) * sizeof(float);
        if (!name_in_run(g, i, k, z->count, name))
            memcpy(z->z[k].z[i], z->z[i == g->camera ? k % z->count : 0].z[i], size);
        else if (!read_layer(st, path, &m->layers[i], name, z->z[k].z[i], NULL))
            return false;
    }
    return true;
}

void take_latent_read_parts(const char *path, const whelk_generator *g, struct parts *z)
{
    struct safetensors *st = safetensors_open(path, NULL);
    z->made = 0;
    if (st && check_model(st, path, g, NULL))
        while (z->made < z->count * (1 + z->guests) && read_run(st, path, g, z->made, z))
            z->made++;
    safetensors_close(st);
}

/* --- The record ------------------------------------------------------------------------------- */

static void add_slots(cJSON *request, const struct model *m, const struct take_request *t)
{
    cJSON *slots = cJSON_AddObjectToObject(request, "slots");
    for (int i = 0; i < m->asked_count; i++)
        if (t->slots[i] < m->slots[i].count)
            cJSON_AddStringToObject(slots, m->slots[i].name, m->slots[i].values[t->slots[i]]);
}

/* A file in the take's own folder is named without it. */
static void add_source(cJSON *request, const char *name, const char *path, const char *record)
{
    if (!path)
        return;
    size_t folder = (size_t)(file_part(record) - record);
    bool beside = (size_t)(file_part(path) - path) == folder && strncmp(path, record, folder) == 0;
    cJSON_AddStringToObject(request, name, beside ? file_part(path) : path);
}

static void add_request(cJSON *root, const struct take_paths *p, const whelk_generator *g,
                        const struct take_request *t)
{
    char seed[24];
    cJSON *r = cJSON_AddObjectToObject(root, "request");
    add_slots(r, g->model, t);
    if (t->caption)
        cJSON_AddStringToObject(r, "caption", t->caption);
    if (t->negative)
        cJSON_AddStringToObject(r, "negative", t->negative);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
    cJSON_AddRawToObject(r, "seed", seed);
    cJSON_AddNumberToObject(r, "steps", t->steps);
    cJSON_AddNumberToObject(r, "guidance", t->guidance);
    cJSON_AddNumberToObject(r, "budget", t->budget);
    if (t->parts > 1)
        cJSON_AddNumberToObject(r, "parts", t->parts);
    if (t->guests)
        cJSON_AddNumberToObject(r, "guests", t->guests);
    add_source(r, "plate_from", t->plate_from, p->record);
    add_source(r, "actor_from", t->actor_from, p->record);
    add_source(r, "plate_picture", t->plate_picture, p->record);
}

cJSON *take_record_new(const char *digest, const char *model, const char *model_digest)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "version", 1);
    cJSON_AddStringToObject(root, "digest", digest);
    cJSON *of = cJSON_AddObjectToObject(root, "model");
    cJSON_AddStringToObject(of, "name", model);
    cJSON_AddStringToObject(of, "digest", model_digest);
    return root;
}

void take_record_made_on(cJSON *root, const char *device, int threads)
{
    cJSON *on = cJSON_AddObjectToObject(root, "made_on");
    cJSON_AddStringToObject(on, "backend", device ? "cuda" : "cpu");
    if (device)
        cJSON_AddStringToObject(on, "device", device);
    cJSON_AddNumberToObject(on, "threads", threads);
}

bool take_record_files(cJSON *root, const struct take_paths *p, const struct take_shape *shape,
                       const char *clip_sha256, whelk_error *err)
{
    char digest[DIGEST_TEXT];
    if (!digest_file(p->latent, digest, err))
        return false;
    cJSON *clip = cJSON_AddObjectToObject(root, "clip");
    cJSON_AddStringToObject(clip, "file", file_part(p->clip));
    cJSON_AddStringToObject(clip, "sha256", clip_sha256);
    cJSON_AddNumberToObject(clip, "width", shape->width);
    cJSON_AddNumberToObject(clip, "height", shape->height);
    cJSON_AddNumberToObject(clip, "fps", shape->fps);
    cJSON_AddNumberToObject(clip, "frames", shape->frames);
    cJSON *latent = cJSON_AddObjectToObject(root, "latent");
    cJSON_AddStringToObject(latent, "file", file_part(p->latent));
    cJSON_AddStringToObject(latent, "sha256", digest);
    return true;
}

bool take_record_end(cJSON *root, const struct take_paths *p, bool good, whelk_error *err)
{
    char *text = good ? cJSON_Print(root) : NULL;
    if (good && !text)
        good = whelk_fail(err, WHELK_EFAIL, "out of memory");
    good = good && file_write(p->record, text, strlen(text), err);
    cJSON_free(text);
    cJSON_Delete(root);
    return good;
}

static void add_steps(cJSON *steps, const struct sample_figures *s)
{
    for (int i = 0; i < s->steps; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddNumberToObject(one, "t", s->step[i].t);
        cJSON_AddNumberToObject(one, "tokens", s->step[i].tokens);
        cJSON_AddNumberToObject(one, "passes", s->step[i].passes);
        cJSON_AddNumberToObject(one, "flops_predicted", s->step[i].flops_predicted);
        cJSON_AddNumberToObject(one, "flops", s->step[i].flops);
        cJSON_AddNumberToObject(one, "ms", s->step[i].seconds * 1000);
        cJSON_AddItemToArray(steps, one);
    }
}

static cJSON *actor_json(const whelk_gen_actor *a)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "seen", a->seen);
    cJSON_AddNumberToObject(o, "size", a->size);
    cJSON_AddNumberToObject(o, "whole", a->whole);
    cJSON_AddNumberToObject(o, "crisp", a->crisp);
    cJSON_AddNumberToObject(o, "steady", a->steady);
    cJSON_AddNumberToObject(o, "red", a->red);
    cJSON_AddNumberToObject(o, "green", a->green);
    cJSON_AddNumberToObject(o, "blue", a->blue);
    return o;
}

static void add_figures(cJSON *root, const whelk_gen_figures *f, const struct sample_figures *s,
                        int runs)
{
    cJSON *o = cJSON_AddObjectToObject(root, "figures");
    cJSON_AddNumberToObject(o, "tokens", (double)f->tokens);
    cJSON_AddNumberToObject(o, "tokens_exact", (double)f->tokens_exact);
    cJSON_AddNumberToObject(o, "flops", f->flops);
    cJSON_AddNumberToObject(o, "flops_exact", f->flops_exact);
    cJSON_AddNumberToObject(o, "denoise_s", f->denoise_s);
    cJSON_AddNumberToObject(o, "decode_s", f->decode_s);
    cJSON_AddNumberToObject(o, "compose_s", f->compose_s);
    cJSON_AddNumberToObject(o, "write_s", f->write_s);
    cJSON_AddNumberToObject(o, "wall_s", f->wall_s);
    cJSON_AddNumberToObject(o, "scratch_bytes", (double)f->scratch_bytes);
    cJSON_AddItemToObject(o, "actor", actor_json(&f->actor));
    cJSON *guests = f->guest_count ? cJSON_AddArrayToObject(o, "guests") : NULL;
    for (int k = 0; k < f->guest_count; k++)
        cJSON_AddItemToArray(guests, actor_json(&f->guests[k]));
    cJSON *steps = cJSON_AddArrayToObject(o, "steps");
    for (int k = 0; k < runs; k++)
        add_steps(steps, &s[k]);
}

bool take_record_write(const struct take_paths *p, const whelk_generator *g,
                       const struct take_request *t, const char *digest, const whelk_gen_figures *f,
                       const struct sample_figures *steps, whelk_error *err)
{
    cJSON *root = take_record_new(digest, g->model->name, g->model->digest);
    struct take_shape shape = {t->width, t->height, t->frames, t->fps};
    take_record_made_on(root, g->device ? g->device->name : NULL, g->threads);
    add_request(root, p, g, t);
    bool good = take_record_files(root, p, &shape, f->clip_sha256, err);
    add_figures(root, f, steps, take_runs(t));
    return take_record_end(root, p, good, err);
}

static const char *text_at(const cJSON *root, const char *object, const char *name)
{
    const cJSON *o = object ? cJSON_GetObjectItemCaseSensitive(root, object) : root;
    return json_text(o, name);
}

bool whelk_gen_have(const char *base_path, const char *digest)
{
    struct take_paths p;
    char *text = NULL, found[DIGEST_TEXT];
    size_t size;
    if (!base_path || !digest || !take_paths_init(&p, base_path, NULL))
        return false;
    bool have = file_read(p.record, 1 << 20, &text, &size, NULL);
    cJSON *root = have ? cJSON_ParseWithLength(text, size) : NULL;
    const char *is = text_at(root, NULL, "digest"), *file = text_at(root, "clip", "file"),
               *sha = text_at(root, "clip", "sha256");
    have = is && file && sha && strcmp(is, digest) == 0 && strcmp(file, file_part(p.clip)) == 0 &&
           digest_file(p.clip, found, NULL) && strcmp(found, sha) == 0;
    cJSON_Delete(root);
    free(text);
    take_paths_release(&p);
    return have;
}
