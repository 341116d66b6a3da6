/* A further part has the slots of its shot with the model's word for going on; it begins with the
 * last group of the part before, clean. Who came walking turns round and comes back, so that part
 * after part the direction changes; the camera comes to rest. Where a part was made as if it began
 * elsewhere, its picture is moved to where it does begin, and what is left between the poses given
 * and made is let go. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "company.h"
#include "model/goes_on.h"

/* A difference at the join is let go within so many poses. */
#define BLEND_POSES 12.0f
#define WINDOW_RATIO (16.0 / 9.0) /* of the window that the camera's path was taught with */
enum { GROUND = 3 };              /* its place among the coordinates of a crop's path */

/* --- Room ------------------------------------------------------------------------------------- */

bool parts_init(struct parts *p, const struct model *m, const struct take_request *t,
                whelk_error *err)
{
    *p = (struct parts){.count = t->parts, .guests = t->guests, .turn = t->turn};
    for (int k = 0; k < take_runs(t); k++)
        if (!latents_init(&p->z[k], m, err)) {
            parts_release(p);
            return false;
        }
    return true;
}

void parts_release(struct parts *p)
{
    for (int k = 0; k < p->count * (1 + p->guests); k++)
        latents_release(&p->z[k]);
    *p = (struct parts){0};
}

struct parts parts_of(const struct parts *p, int who)
{
    struct parts own = {.count = p->count, .turn = p->turn};
    memcpy(own.z, p->z + who * p->count, (size_t)p->count * sizeof *own.z);
    return own;
}

bool part_start_init(struct part_start *s, const struct model *m, whelk_error *err)
{
    size_t widest = 1;
    *s = (struct part_start){0};
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        size_t coords = l->grid ? 0 : (size_t)(l->raw / m->poses) + 1;
        widest = coords > widest ? coords : widest;
        if (!l->grid && !(s->poses[i] = calloc((size_t)l->raw, sizeof(float))))
            goto out;
    }
    s->path = calloc(widest * (size_t)(model_poses(m, MODEL_PARTS_MAX) + m->poses), sizeof(float));
    if (s->path)
        return true;
out:
    part_start_release(s);
    return whelk_fail(err, WHELK_EFAIL, "out of memory");
}

void part_start_release(struct part_start *s)
{
    for (int i = 0; i < MODEL_LAYERS_MAX; i++)
        free(s->poses[i]);
    free(s->path);
    *s = (struct part_start){0};
}

/* --- What is asked for ------------------------------------------------------------------------ */

/* Guests whose own action goes on otherwise would leave the actor. */
static bool guests_go_on(const struct take_request *t, const struct model *m, whelk_error *err)
{
    int slots[MODEL_SLOTS_MAX];
    for (int k = 1; k <= t->guests; k++) {
        company_slots(m, t->slots, k, slots);
        const char *action = model_word(m, slots, "action");
        if (!action || model_turn_of(m, action) != t->turn)
            return whelk_fail(err, WHELK_EUSAGE,
                              "what the %s does (%s) does not go on like the action %s, and %.4g s "
                              "are asked for; ask for less, or for another action",
                              model_word(m, slots, "subject"), action ? action : "nothing said",
                              model_word(m, t->slots, "action"), t->seconds);
    }
    return true;
}

bool parts_of_request(struct take_request *t, const whelk_generator *g, whelk_error *err)
{
    const struct model *m = g->model;
    double clip = m->poses / m->poses_per_second;
    const char *action = model_word(m, t->slots, "action");
    t->parts = model_parts(m, t->seconds);
    if (t->parts == 1)
        return true;
    if (!action)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a shot of more than %.4g s needs an action that goes on, and none is "
                          "named; name one, or ask for less than the %.4g s",
                          clip, t->seconds);
    t->turn = model_turn_of(m, action);
    if (t->turn == MODEL_ENDS)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the action %s is over after %.4g s and does not go on, and %.4g s are "
                          "asked for; ask for less, or for another action",
                          action, clip, t->seconds);
    return guests_go_on(t, m, err);
}

/* Part after part: there, there, back, there, back, ...: the first further part is where who came
 * turns round. */
static void slots_of_part(const struct model *m, const struct take_request *t, int who, int k,
                          int *out)
{
    company_slots(m, t->slots, who, out);
    if (k == 0)
        return;
    out[m->goes_on.slot] = m->goes_on.value;
    int direction = model_find_slot(m, "direction"), camera = model_find_slot(m, "camera");
    if (direction >= 0 && m->slots[direction].count == 2 && out[direction] < 2 &&
        t->turn == MODEL_BACK && k % 2 == 0)
        out[direction] = 1 - out[direction];
    int still = camera < 0 ? -1 : model_find_value(&m->slots[camera], "static");
    const char *moves = model_word(m, out, "camera");
    if (k >= 2 && still >= 0 && !(moves && strcmp(moves, "follow") == 0))
        out[camera] = still;
}

/* A fixed mix of the shot's seed and the run (splitmix64's finish); of the first the seed itself.
 */
static uint64_t seed_of_run(uint64_t seed, int k)
{
    if (k == 0)
        return seed;
    uint64_t x = seed + (uint64_t)k * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* The last group of what is made, as layer i of the next part is given it. */
static const float *start_of(struct part_start *s, const whelk_generator *g, const struct parts *z,
                             int k, int i)
{
    const struct model *m = g->model;
    const struct model_layer *l = &m->layers[i];
    if (l->grid)
        return z->z[k - 1].z[i] + (size_t)(l->t - 1) * (size_t)model_start_numbers(m, l);
    int poses = model_poses(m, k), coords = l->raw / m->poses;
    parts_path(g, z, k, i, s->path, s->path + (size_t)coords * (size_t)poses);
    for (int c = 0; c < coords; c++)
        memcpy(s->poses[i] + c * m->group, s->path + (c + 1) * poses - m->group,
               (size_t)m->group * sizeof(float));
    return s->poses[i];
}

/* Of a guest what the actor has of it, the place and the camera before it; of a further part what
 * does not move in time, which is the same all along, and the beginning of the rest. */
static void give(struct part_start *s, const whelk_generator *g, const struct take_request *t,
                 const struct parts *z, int who, int k, struct sample_request *out)
{
    struct parts own;
    if (who == 0 && k == 0) {
        memcpy(out->held, t->held, sizeof out->held);
        return;
    }
    own = parts_of(z, who);
    for (int i = 0; i < g->model->layer_count; i++)
        if (who && i == g->camera)
            out->held[i] = z->z[k].z[i];
        else if (!model_start_numbers(g->model, &g->model->layers[i]))
            out->held[i] = z->z[0].z[i];
        else if (k > 0)
            out->start[i] = start_of(s, g, &own, k, i);
}

void part_request(struct part_start *s, const whelk_generator *g, const struct take_request *t,
                  const struct parts *z, int k, struct sample_request *out)
{
    int who = k / t->parts, part = k % t->parts;
    slots_of_part(g->model, t, who, part, s->slots);
    *out = (struct sample_request){.slots = s->slots,
                                   /* it tells of both, and each is made alone */
                                   .caption = t->guests ? NULL : t->caption,
                                   .negative = t->negative,
                                   .seed = seed_of_run(t->seed, k),
                                   .steps = t->steps,
                                   .guidance = t->guidance,
                                   .budget = t->budget};
    give(s, g, t, z, who, part, out);
}

/* --- One shot of the parts -------------------------------------------------------------------- */

static float smooth01(float x)
{
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return x * x * (3 - 2 * x);
}

/* One coordinate of a further part: v is there up to its first group, and gets the rest. Of what
 * parts the two, `kept` stays and the rest is let go; so is, by Hermite's cubic, what it is slower
 * or faster over the group. */
static void stitch(float *v, const float *made, int poses, int group, float apart, float kept)
{
    int last = group - 1;
    float slower = last ? ((v[last] - v[0]) - (made[last] - made[0])) / (float)last : 0;
    for (int j = group; j < poses; j++) {
        float u = fminf((float)(j - last) / BLEND_POSES, 1);
        v[j] = made[j] + kept + (apart - kept) * (1 - smooth01(u)) +
               slower * BLEND_POSES * u * (1 - u) * (1 - u);
    }
}

/* The middle of a window of so many plate units as it is seen: within 0..whole. */
static float seen_middle(float middle, double size, double whole)
{
    double half = fmin(size, whole) / 2;
    return (float)fmin(fmax(middle, half), whole - half);
}

/* How far the picture of a further part is from that of the part before, by their windows at the
 * join: x, y, and the logarithm of the height. */
static void window_apart(const struct model *m, const float *before, const float *made,
                         float out[3])
{
    double width = m->plate_width / m->plate_height, a = exp(before[2]), b = exp(made[2]);
    out[0] = seen_middle(before[0], a * WINDOW_RATIO, width) -
             seen_middle(made[0], b * WINDOW_RATIO, width);
    out[1] = seen_middle(before[1], a, 1) - seen_middle(made[1], b, 1);
    out[2] = before[2] - made[2];
}

/* The camera stays where it was, and moves from there as it was made to: what a further part shows
 * is moved to it as a whole. kept: of each part [x, y, ln h], 0 of the first. */
static void keep_camera(const whelk_generator *g, const struct parts *z, int count,
                        float (*kept)[3], float *made)
{
    const struct model *m = g->model;
    float last[3] = {0}, first[3];
    for (int k = 0; k < count; k++) {
        codec_decode_vector(g->codec, g->camera, z->z[k].z[g->camera], made);
        memset(kept[k], 0, sizeof kept[k]);
        for (int c = 0; c < 3; c++)
            first[c] = made[c * m->poses + m->group - 1];
        if (k > 0)
            window_apart(m, last, first, kept[k]);
        for (int c = 0; c < 3; c++)
            last[c] = made[(c + 1) * m->poses - 1] + kept[k][c];
    }
}

/* Who crosses the picture is moved across with it and so seen where it was made to be; who stays
 * where it is stays just there. */
void parts_path(const whelk_generator *g, const struct parts *z, int count, int layer, float *out,
                float *made)
{
    const struct model *m = g->model;
    int coords = m->layers[layer].raw / m->poses, all = model_poses(m, count), group = m->group;
    float kept[MODEL_PARTS_MAX][3];
    keep_camera(g, z, count, kept, made);
    for (int k = 0; k < count; k++) {
        codec_decode_vector(g->codec, layer, z->z[k].z[layer], made);
        for (int c = 0; c < coords; c++) {
            const float *from = made + c * m->poses;
            float *v = out + (long)c * all + k * (m->poses - group);
            if (k == 0) {
                memcpy(v, from, (size_t)m->poses * sizeof *v);
                continue;
            }
            float before = v[group - 1];
            bool camera = layer == g->camera,
                 none = before >= MODEL_NO_GROUND || from[group - 1] >= MODEL_NO_GROUND;
            if (!camera && c == GROUND && none)
                memcpy(v + group, from + group, (size_t)(m->poses - group) * sizeof *v);
            else
                stitch(v, from, m->poses, group, before - from[group - 1],
                       z->turn == MODEL_STAYS ? before - from[group - 1]
                       : camera || c == 0     ? kept[k][c]
                                              : 0);
        }
    }
}

int parts_groups(const struct model_layer *l, int count)
{
    return l->t + (count - 1) * (l->t - 1);
}

void parts_join(const struct model *m, const struct parts *z, int layer, float *out)
{
    const struct model_layer *l = &m->layers[layer];
    size_t group = (size_t)(l->cells / l->t) * (size_t)l->dim, all = group * (size_t)l->t;
    for (int k = 0; k < z->count; k++) {
        size_t skip = k ? group : 0;
        memcpy(out, z->z[k].z[layer] + skip, (all - skip) * sizeof *out);
        out += all - skip;
    }
}
