/* The parts of a shot that goes on (model/FORMAT.md, 10): what each is asked for, what it begins
 * with, and how their paths become one. A shot of one clip is one part.
 *
 *     struct parts z;                                     // room for the latents of every part
 *     parts_init(&z, model, t, &err);
 *     struct part_start start = {0};                      // scratch for what a part begins with
 *     part_start_init(&start, model, &err);
 *     for (; z.made < z.count; z.made++) {
 *         part_request(&start, g, t, &z, z.made, &request);    // valid until the next call
 *         sampler_run(g->sampler, &request, &z.z[z.made], ...);
 *     }
 *     parts_path(g, &z, z.count, g->camera, path);        // [3][poses of all parts] */
#ifndef WHELK_PARTS_H
#define WHELK_PARTS_H

#include "model/goes_on.h"
#include "take.h"

/* The latents of a shot: the actor's part by part, then those of each guest (company.h) likewise;
 * the first `made` of all are there. */
struct parts {
    struct latents z[MODEL_PARTS_MAX * COMPOSE_CAST_MAX];
    int count, guests, made; /* count: parts of each */
    enum model_turn turn;    /* what is done in further parts */
};

/* The parts of one alone, 0 the actor; borrows them. */
struct parts parts_of(const struct parts *p, int who);

bool parts_init(struct parts *p, const struct model *m, const struct take_request *t,
                whelk_error *err); /* zeros */
void parts_release(struct parts *p);

/* Checks that the shot of t may have as many parts as its seconds need, and sets t->parts. */
bool parts_of_request(struct take_request *t, const whelk_generator *g, whelk_error *err);

struct part_start {
    int slots[MODEL_SLOTS_MAX];
    float *poses[MODEL_LAYERS_MAX]; /* of paths, [coordinates][group] */
    float *path;                    /* scratch: of all parts, and of one more */
};
bool part_start_init(struct part_start *s, const struct model *m, whelk_error *err);
void part_start_release(struct part_start *s);

/* What is asked of the sampler for what comes after the first k, which are made. It borrows of all
 * three. */
void part_request(struct part_start *s, const whelk_generator *g, const struct take_request *t,
                  const struct parts *z, int k, struct sample_request *out);

/* A path through the first `count` parts, out: [coordinates][model_poses(count)], made: scratch of
 * the layer's raw numbers. */
void parts_path(const whelk_generator *g, const struct parts *z, int count, int layer, float *out,
                float *made);

/* Groups of all parts of a layer of pictures, each but the first without the one it began with; and
 * their latents one after another, out: [groups * y * x * dim]. */
int parts_groups(const struct model_layer *l, int count);
void parts_join(const struct model *m, const struct parts *z, int layer, float *out);

#endif
