/* A join shows where the step across it is larger than other steps from group to group. Steps: for
 * the actor's picture what differs, as a share of what is there; for a way its second difference,
 * which is what one feels as a jolt. */
#include "longer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Steps --------------------------------------------------------------------------------- */

static double jolt(const float *x, const float *y, int at)
{
    return hypot(x[at - 1] - 2.0 * x[at] + x[at + 1], y[at - 1] - 2.0 * y[at] + y[at + 1]);
}

static double picture_step(const struct compose_sprite *s, int pose)
{
    long plane = (long)s->edge * s->edge;
    const float *a = s->pictures + (pose - 1) * 4 * plane, *b = a + 4 * plane;
    double differs = 0, there = 0;
    for (long i = 0; i < plane; i++) {
        for (int c = 0; c < 3; c++)
            differs += fabs((double)a[c * plane + i] - b[c * plane + i]) / 3;
        there += 0.5 * (a[3 * plane + i] + b[3 * plane + i]);
    }
    return there > 0 ? differs / there : 0;
}

/* The step to a pose; jolts are felt on either side of it. */
static void add_step(struct steps *s, const struct compose_layers *l, int pose)
{
    const float *way = l->actor.path, *camera = l->camera;
    s->picture += picture_step(&l->actor, pose);
    for (int i = pose - 1; i <= pose; i++) {
        s->way += jolt(way, way + l->poses, i) / 2;
        s->camera += jolt(camera, camera + l->poses, i) / 2;
    }
    s->count++;
}

/* Every step from group to group: those at `first` and each `every` poses later are joins. */
static void add_steps(const struct compose_layers *l, int first, int every, int group,
                      struct steps *join, struct steps *other)
{
    for (int i = group; i + 1 < l->poses; i += group)
        add_step(i >= first && (i - first) % every == 0 ? join : other, l, i);
}

/* --- Parts --------------------------------------------------------------------------------- */

static void cut_path(const float *from, int all, int first, int poses, int coords, float *to)
{
    for (int c = 0; c < coords; c++)
        memcpy(to + c * poses, from + c * all + first, (size_t)poses * sizeof *to);
}

static void cut_sprite(const struct compose_sprite *s, int all, int first, int poses, float *path,
                       struct compose_sprite *out)
{
    *out = *s;
    if (!s->pictures)
        return;
    cut_path(s->path, all, first, poses, 4, path);
    out->path = path;
    out->pictures += (long)first * 4 * s->edge * s->edge;
}

/* Poses first..first+poses of a shot, as a shot of its own, noted. */
static bool add_part(struct sights *to, const struct judge *j, const int *slot,
                     const struct compose_layers *l, int first, int poses, int plate_cells,
                     whelk_error *err)
{
    struct compose_layers part = *l;
    float *path = malloc((3 + 4 + 4) * (size_t)poses * sizeof *path);
    if (!path)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    cut_path(l->camera, l->poses, first, poses, 3, path);
    cut_sprite(&l->actor, l->poses, first, poses, path + 3L * poses, &part.actor);
    cut_sprite(&l->effect, l->poses, first, poses, path + 7L * poses, &part.effect);
    part.camera = path;
    part.poses = poses;
    bool good = sights_add(to, j, slot, &part, plate_cells, err);
    free(path);
    return good;
}

bool longer_add_real(struct longer *l, const struct judge *j, const struct scene *s,
                     int plate_cells, whelk_error *err)
{
    enum { GROUP = 4 };
    add_steps(&s->layers, GROUP, s->layers.poses, GROUP, &l->real_join, &l->real_else);
    return sights_add(&l->real, j, s->slot, &s->layers, plate_cells, err);
}

bool longer_add(struct longer *l, const struct judge *j, const int *slot,
                const struct compose_layers *shot, int clip, int group, int plate_cells,
                whelk_error *err)
{
    int every = clip - group, parts = (shot->poses - clip) / every + 1;
    add_steps(shot, clip, every, group, &l->made_join, &l->made_else);
    for (int k = 0; k < parts && k < MODEL_PARTS_MAX; k++)
        if (!add_part(&l->part[k], j, slot, shot, k * every, clip, plate_cells, err))
            return false;
    return true;
}

void longer_free(struct longer *l)
{
    sights_free(&l->real);
    for (int k = 0; k < MODEL_PARTS_MAX; k++)
        sights_free(&l->part[k]);
}

/* --- Said ---------------------------------------------------------------------------------- */

static double ratio(double a, int an, double b, int bn)
{
    return b > 0 && an && bn ? a / an / (b / bn) : 0;
}

static void write_joins(const struct longer *l, FILE *out)
{
    const struct steps *m = &l->made_join, *n = &l->made_else, *r = &l->real_join,
                       *s = &l->real_else;
    fprintf(out,
            "| step across a join / from group to group elsewhere | world | model |\n"
            "| --- | --- | --- |\n"
            "| the actor's picture | %.2f | %.2f |\n"
            "| jolt of its way | %.2f | %.2f |\n"
            "| jolt of the camera | %.2f | %.2f |\n\n",
            ratio(r->picture, r->count, s->picture, s->count),
            ratio(m->picture, m->count, n->picture, n->count),
            ratio(r->way, r->count, s->way, s->count), ratio(m->way, m->count, n->way, n->count),
            ratio(r->camera, r->count, s->camera, s->count),
            ratio(m->camera, m->count, n->camera, n->count));
}

void longer_write(const struct longer *l, const struct judge *j, FILE *out)
{
    static const char *const names[] = {"subject_crop", "colour", "mark", "place", "action_crop"};
    if (!l->part[0].count)
        return;
    fprintf(out,
            "## Shots that go on\n\n"
            "%d shots as long as they can be. The world's clips of what comes next begin with a "
            "group of the clip before, so they have a join, too\n"
            "(who turns round right after it is jolted by that). Below it, how often the judge, "
            "which was trained on first parts, names in each part what was asked for.\n\n",
            l->part[0].count);
    write_joins(l, out);
    fprintf(out, "| attribute | world, second part |");
    for (int k = 0; k < MODEL_PARTS_MAX && l->part[k].count; k++)
        fprintf(out, " part %d |", k + 1);
    fprintf(out, "\n| --- | --- |");
    for (int k = 0; k < MODEL_PARTS_MAX && l->part[k].count; k++)
        fprintf(out, " --- |");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int at = sights_attribute(j, names[i]);
        if (at < 0)
            continue;
        fprintf(out, "\n| %s | %.1f |", names[i], share_percent(sights_named(&l->real, j, at, -1)));
        for (int k = 0; k < MODEL_PARTS_MAX && l->part[k].count; k++)
            fprintf(out, " %.1f |", share_percent(sights_named(&l->part[k], j, at, -1)));
    }
    fprintf(out, "\n\n");
}
