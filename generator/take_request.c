/* A request made definite: defaults filled in, words looked up, held layers and pictures read, and
 * the digest that names all of it. Two requests that mean the same get the same digest, however
 * they were written. */
#include "take.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "company.h"
#include "parts.h"
#include "picture.h"

/* --- Words ------------------------------------------------------------------------------------ */

static int smallest(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edits that turn one word into the other; words longer than 31 letters are compared by their
 * first 31. */
static int distance(const char *a, const char *b)
{
    int na = (int)strnlen(a, 31), nb = (int)strnlen(b, 31), row[32];
    for (int j = 0; j <= nb; j++)
        row[j] = j;
    for (int i = 1; i <= na; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int up = row[j];
            row[j] = smallest(up + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = up;
        }
    }
    return row[nb];
}

static const char *nearest_slot(const struct model *m, const char *name)
{
    const char *best = "";
    for (int i = 0; i < m->asked_count; i++)
        if (i != m->goes_on.slot &&
            (!best[0] || distance(name, m->slots[i].name) < distance(name, best)))
            best = m->slots[i].name;
    return best;
}

static const char *nearest_value(const struct model_slot *s, const char *value)
{
    const char *best = s->count ? s->values[0] : "";
    for (int i = 1; i < s->count; i++)
        if (distance(value, s->values[i]) < distance(value, best))
            best = s->values[i];
    return best;
}

static bool take_slots(struct take_request *t, const struct model *m, const whelk_gen_request *r,
                       whelk_error *err)
{
    for (int i = 0; i < m->asked_count; i++)
        t->slots[i] = m->slots[i].otherwise;
    for (int i = 0; i < r->slot_count; i++) {
        const whelk_gen_slot *s = &r->slots[i];
        if (!s->name || !s->value)
            return whelk_fail(err, WHELK_EUSAGE, "slot %d has no %s", i + 1,
                              s->name ? "value" : "name");
        int slot = model_find_slot(m, s->name);
        if (slot < 0 || slot == m->goes_on.slot) /* that one is set part by part */
            return whelk_fail(err, WHELK_EUSAGE,
                              "the model %s has no slot \"%.60s\"; the nearest is \"%s\"", m->name,
                              s->name, nearest_slot(m, s->name));
        int value = model_find_value(&m->slots[slot], s->value);
        if (value < 0)
            return whelk_fail(err, WHELK_EUSAGE,
                              "the model %s knows no %s \"%.60s\"; the nearest word is \"%s\"",
                              m->name, s->name, s->value, nearest_value(&m->slots[slot], s->value));
        t->slots[slot] = value;
    }
    return true;
}

/* --- Numbers ---------------------------------------------------------------------------------- */

static bool in_range(double v, double low, double high, const char *what, const char *cure,
                     whelk_error *err)
{
    if (v >= low && v <= high)
        return true;
    return whelk_fail(err, WHELK_EUSAGE, "%s %g is out of range (%g to %g)%s", what, v, low, high,
                      cure);
}

static bool take_numbers(struct take_request *t, const whelk_generator *g,
                         const whelk_gen_request *r, whelk_error *err)
{
    const struct model *m = g->model;
    double length = m->poses / m->poses_per_second, longest = model_longest(m);
    t->width = r->width ? r->width : 1280;
    t->height = r->height ? r->height : 720;
    t->fps = r->fps != 0 ? r->fps : 24;
    t->seconds = r->seconds != 0 ? r->seconds : length;
    t->steps = r->steps ? r->steps : m->steps;
    t->guidance = r->guidance != 0 ? r->guidance : m->guidance;
    t->budget = r->budget != 0 ? r->budget : 1;
    t->seed = r->seed;
    t->caption = r->caption && r->caption[0] ? r->caption : NULL;
    t->negative = r->negative && r->negative[0] ? r->negative : NULL;
    if (!in_range(t->width, 16, 4096, "width", "", err) ||
        !in_range(t->height, 16, 4096, "height", "", err) ||
        !in_range(t->fps, 1, 120, "frame rate", "", err) ||
        !in_range(t->seconds, 0, longest + MODEL_ROUNDED_S, "length in seconds",
                  "; split the shot in two", err) ||
        !in_range(t->steps, 1, SAMPLE_STEPS_MAX, "number of steps", "", err) ||
        !in_range(t->guidance, 0, 20, "guidance", "", err) ||
        !in_range(t->budget, 0, 1, "budget", "; 1 is exact", err))
        return false;
    if (t->width % 2 || t->height % 2)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a clip's width and height must be even, and %dx%d is not; take %dx%d",
                          t->width, t->height, t->width & ~1, t->height & ~1);
    t->frames = (int)lround(t->seconds * t->fps);
    t->frames = t->frames < 1 ? 1 : t->frames;
    return company_of_request(t, g, err) && parts_of_request(t, g, err);
}

/* --- Held layers and pictures ----------------------------------------------------------------- */

static const char *seen_before(const struct seen_layers *seen, int layer, const char *path)
{
    for (int i = 0; i < SEEN_MAX; i++)
        if (seen->of[i].path && seen->of[i].layer == layer && strcmp(seen->of[i].path, path) == 0)
            return seen->of[i].digest;
    return NULL;
}

static void see(struct seen_layers *seen, int layer, const char *path, const char *digest)
{
    int i = seen->next;
    free(seen->of[i].path);
    seen->of[i].path = strdup(path);
    seen->of[i].layer = layer;
    snprintf(seen->of[i].digest, DIGEST_TEXT, "%s", digest);
    seen->next = (i + 1) % SEEN_MAX;
}

static bool hold(struct take_request *t, const whelk_generator *g, int layer, const char *path,
                 whelk_error *err)
{
    const struct model_layer *l = &g->model->layers[layer];
    const char *seen = g->seen ? seen_before(g->seen, layer, path) : NULL;
    if (seen) {
        snprintf(t->held_digest[layer], DIGEST_TEXT, "%s", seen);
        return true;
    }
    t->held[layer] = take_latent_read(path, g, layer, err);
    if (!t->held[layer])
        return false;
    if (!digest_memory(t->held[layer], (size_t)(l->cells * l->dim) * sizeof(float),
                       t->held_digest[layer]))
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    if (g->seen)
        see(g->seen, layer, path, t->held_digest[layer]);
    return true;
}

/* Reads a frame of a picture or video to the plate's full size, then encodes it. */
static bool take_picture(struct take_request *t, const whelk_generator *g, const char *path,
                         whelk_error *err)
{
    const struct model_layer *l = &g->model->layers[g->plate];
    struct codec_size s = codec_size_of(l);
    if (g->seen)
        return digest_file(path, t->picture_digest, err);
    float *base = malloc(codec_base_floats(l) * sizeof *base);
    t->plate = picture_read(path, t->plate_frame, s.full_columns, s.full_rows, err);
    t->held[g->plate] = malloc((size_t)(l->cells * l->dim) * sizeof(float));
    bool good =
        t->plate && ((base && t->held[g->plate]) ||
                     whelk_fail(err, WHELK_EFAIL, "%s: there is no memory for a plate", path));
    if (good) {
        codec_shrink(t->plate, base, 3, s.rows, s.columns, l->upscale);
        good = codec_encode(g->codec, g->plate, base, t->held[g->plate], err) &&
               digest_file(path, t->picture_digest, err);
    }
    free(base);
    return good;
}

static bool take_held(struct take_request *t, const whelk_generator *g, const whelk_gen_request *r,
                      whelk_error *err)
{
    t->plate_from = r->plate_from;
    t->actor_from = r->actor_from;
    t->plate_picture = r->plate_picture;
    t->plate_frame = r->plate_frame;
    if (r->plate_from && r->plate_picture)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a plate can be held from an earlier take or be a picture, not both");
    if (r->last_picture)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the model %s cannot end on a picture: it draws a place once and moves "
                          "the camera over it; Wan 2.1 FLF2V and Wan 2.2 I2V-A14B can",
                          g->model->name);
    if (r->plate_from && !hold(t, g, g->plate, r->plate_from, err))
        return false;
    if (r->plate_picture && !take_picture(t, g, r->plate_picture, err))
        return false;
    return !r->actor_from || hold(t, g, g->actor, r->actor_from, err);
}

bool take_request_init(struct take_request *t, const whelk_generator *g, const whelk_gen_request *r,
                       whelk_error *err)
{
    memset(t, 0, sizeof *t);
    if (take_slots(t, g->model, r, err) && take_numbers(t, g, r, err) && take_held(t, g, r, err))
        return true;
    take_request_release(t);
    return false;
}

void take_request_release(struct take_request *t)
{
    for (int i = 0; i < MODEL_LAYERS_MAX; i++)
        free(t->held[i]);
    free(t->plate);
    memset(t, 0, sizeof *t);
}

/* --- The digest ------------------------------------------------------------------------------- */

static void number_field(struct digest *d, const char *name, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    digest_field(d, name, text);
}

bool take_request_digest(const struct take_request *t, const whelk_generator *g,
                         char out[DIGEST_TEXT], whelk_error *err)
{
    const struct model *m = g->model;
    char seed[24];
    struct digest *d = digest_new();
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
    digest_field(d, "whelk take", "1");
    digest_field(d, "model", m->digest);
    for (int i = 0; i < m->asked_count; i++)
        digest_field(d, m->slots[i].name,
                     t->slots[i] < m->slots[i].count ? m->slots[i].values[t->slots[i]] : NULL);
    digest_field(d, "caption", t->caption);
    if (t->negative)
        digest_field(d, "negative", t->negative);
    digest_field(d, "seed", seed);
    number_field(d, "width", t->width);
    number_field(d, "height", t->height);
    number_field(d, "frames", t->frames);
    number_field(d, "fps", t->fps);
    number_field(d, "steps", t->steps);
    number_field(d, "guidance", t->guidance);
    number_field(d, "budget", t->budget);
    if (t->parts > 1)
        number_field(d, "parts", t->parts);
    digest_field(d, "picture", t->picture_digest[0] ? t->picture_digest : NULL);
    if (t->plate_frame)
        number_field(d, "frame", t->plate_frame);
    for (int i = 0; i < m->layer_count; i++)
        if (t->held_digest[i][0])
            digest_field(d, m->layers[i].name, t->held_digest[i]);
    return digest_end(d, out) || whelk_fail(err, WHELK_EFAIL, "out of memory");
}
