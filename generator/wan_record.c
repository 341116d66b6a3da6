/* The record of a Wan take, BASE.json: the same fields as take_file.c writes, with what such a
 * model has instead of slots and layers. Written last: where it is, the take is whole. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "model/wan_sample.h"
#include "take.h"
#include "wan.h"

static void add_request(cJSON *root, const struct wan *w, const struct wan_request *q)
{
    char seed[24];
    cJSON *r = cJSON_AddObjectToObject(root, "request");
    cJSON_AddStringToObject(r, "prompt", q->prompt);
    if (q->guidance != 1 || q->guidance_low != 1)
        cJSON_AddStringToObject(r, "negative", q->negative);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)q->seed);
    cJSON_AddRawToObject(r, "seed", seed);
    cJSON_AddNumberToObject(r, "steps", q->steps);
    cJSON_AddNumberToObject(r, "shift", w->spec.shift);
    cJSON_AddNumberToObject(r, "guidance", q->guidance);
    if (w->low)
        cJSON_AddNumberToObject(r, "guidance_low", q->guidance_low);
    cJSON_AddNumberToObject(r, "budget", q->budget);
    cJSON_AddNumberToObject(r, "made_width", wan_made_width(w, q));
    cJSON_AddNumberToObject(r, "made_height", wan_made_height(w, q));
    cJSON_AddNumberToObject(r, "made_frames", q->made);
    cJSON_AddNumberToObject(r, "made_fps", w->spec.fps);
    if (q->picture)
        cJSON_AddStringToObject(r, "picture", q->picture);
    if (q->picture_frame)
        cJSON_AddNumberToObject(r, "picture_frame", q->picture_frame);
    if (q->last)
        cJSON_AddStringToObject(r, "last_picture", q->last);
}

/* What was left out of each step, where anything was. */
static void add_step(cJSON *steps, const struct wan_step *s)
{
    cJSON *one = cJSON_CreateObject();
    cJSON_AddNumberToObject(one, "t", s->sigma);
    cJSON_AddNumberToObject(one, "tokens", (double)(long long)(s->tokens + 0.5));
    cJSON_AddNumberToObject(one, "looks", s->looks);
    cJSON_AddNumberToObject(one, "passes", s->passes);
    const struct {
        const char *name;
        bool is;
    } marks[] = {
        {"reused", s->passes == 0}, {"gated", s->gated}, {"near", s->near}, {"coarse", s->coarse}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].is)
            cJSON_AddTrueToObject(one, marks[i].name);
    if (s->pairs)
        cJSON_AddNumberToObject(one, "pairs", s->pairs);
    cJSON_AddNumberToObject(one, "flops", s->flops);
    cJSON_AddNumberToObject(one, "ms", s->seconds * 1000);
    cJSON_AddItemToArray(steps, one);
}

static void add_figures(cJSON *root, const whelk_gen_figures *f, const struct wan_step *steps)
{
    cJSON *o = cJSON_AddObjectToObject(root, "figures");
    cJSON_AddNumberToObject(o, "reused", f->reused);
    cJSON_AddNumberToObject(o, "gated", f->gated);
    cJSON_AddNumberToObject(o, "near", f->near);
    cJSON_AddNumberToObject(o, "paired", f->paired);
    cJSON_AddNumberToObject(o, "coarse", f->coarse);
    cJSON_AddNumberToObject(o, "passes", f->passes);
    cJSON_AddNumberToObject(o, "passes_exact", f->passes_exact);
    cJSON_AddNumberToObject(o, "looks", f->looks);
    cJSON_AddNumberToObject(o, "looks_exact", f->looks_exact);
    cJSON_AddNumberToObject(o, "tokens", (double)f->tokens);
    cJSON_AddNumberToObject(o, "tokens_exact", (double)f->tokens_exact);
    cJSON_AddNumberToObject(o, "flops", f->flops);
    cJSON_AddNumberToObject(o, "flops_exact", f->flops_exact);
    cJSON_AddNumberToObject(o, "denoise_s", f->denoise_s);
    cJSON_AddNumberToObject(o, "decode_s", f->decode_s);
    cJSON_AddNumberToObject(o, "write_s", f->write_s);
    cJSON_AddNumberToObject(o, "wall_s", f->wall_s);
    cJSON_AddNumberToObject(o, "scratch_bytes", (double)f->scratch_bytes);
    cJSON *each = cJSON_AddArrayToObject(o, "steps");
    for (int i = 0; i < f->steps; i++)
        add_step(each, &steps[i]);
}

bool wan_record_write(const struct take_paths *p, const struct wan *w, const struct wan_request *q,
                      const char *digest, const whelk_gen_figures *f, const struct wan_step *steps,
                      whelk_error *err)
{
    cJSON *root = take_record_new(digest, w->spec.name, w->digest);
    struct take_shape shape = {q->width, q->height, q->frames, q->fps};
    take_record_made_on(root, w->device ? w->device->name : NULL, w->threads);
    add_request(root, w, q);
    bool good = take_record_files(root, p, &shape, f->clip_sha256, err);
    add_figures(root, f, steps);
    return take_record_end(root, p, good, err);
}
