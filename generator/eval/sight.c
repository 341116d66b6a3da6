#include "sight.h"

#include <stdlib.h>
#include <string.h>

#include "frechet.h"

bool sights_add(struct sights *s, const struct judge *j, const int *slot,
                const struct compose_layers *l, int plate_cells, whelk_error *err)
{
    if (s->count == s->room) {
        int room = s->room ? 2 * s->room : 64;
        struct sight *more = realloc(s->of, (size_t)room * sizeof *more);
        if (!more)
            return whelk_fail(err, WHELK_EFAIL, "out of memory");
        s->of = more;
        s->room = room;
    }
    struct sight *n = &s->of[s->count];
    struct glimpse *g = malloc(sizeof *g);
    bool good = (g || whelk_fail(err, WHELK_EFAIL, "out of memory")) && glimpse_take(l, g, err) &&
                judge_look(j, g, &n->verdict, err);
    if (good) {
        memcpy(n->slot, slot, sizeof n->slot);
        for (int k = 0; k < 3; k++)
            memcpy(n->look[k], g->frame[2 * k], sizeof n->look[k]);
        facts_measure(l, plate_cells, &n->facts);
        facts_fall(l, &n->fall);
        s->count++;
    }
    free(g);
    return good;
}

void sights_free(struct sights *s)
{
    free(s->of);
    *s = (struct sights){0};
}

/* --- What many sights say together --------------------------------------------------------- */

double share_percent(struct share s)
{
    return s.asked ? 100.0 * s.right / s.asked : 0;
}

struct share sights_named(const struct sights *s, const struct judge *j, int attribute, int value)
{
    const struct judge_attribute *a = judge_attribute(j, attribute);
    struct share out = {0};
    for (int i = 0; i < s->count; i++) {
        int asked = s->of[i].slot[a->slot];
        if (asked >= a->count - a->none || (value >= 0 && asked != value))
            continue;
        out.asked++;
        out.right += s->of[i].verdict.value[attribute] == asked;
    }
    return out;
}

int sights_attribute(const struct judge *j, const char *name)
{
    for (int i = 0; i < judge_attributes(j); i++)
        if (!strcmp(judge_attribute(j, i)->name, name))
            return i;
    return -1;
}

static void copy_features(const struct sights *s, int n, float *out)
{
    for (int i = 0; i < s->count; i++)
        memcpy(out + (size_t)i * n, s->of[i].verdict.feature, (size_t)n * sizeof *out);
}

double sights_distance(const struct sights *a, const struct sights *b, const struct judge *j)
{
    int n = judge_features(j);
    float *x = malloc((size_t)n * (size_t)(a->count + b->count + 1) * sizeof *x);
    if (!x)
        return -1;
    copy_features(a, n, x);
    copy_features(b, n, x + (size_t)n * a->count);
    double d = frechet_distance(x, a->count, x + (size_t)n * a->count, b->count, n);
    free(x);
    return d;
}
