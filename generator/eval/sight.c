#include "sight.h"

#include <stdlib.h>
#include <string.h>

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
