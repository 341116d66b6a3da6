/* Which shot makes the picture of a place. Shots of one place and hour hold one picture; it comes
 * from the shot that needs most of it: a dive needs a springboard under the diver's feet, and only
 * the shot of the dive draws one where the feet are. So the takes that others hold are made first,
 * and last of all those that go on from the shot before. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "stage.h"

static bool same(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Two shots show the same place when the storyboard says so and neither the hour, the weather
 * nor the style has changed. */
static bool same_place(const whelk_shot *a, const whelk_shot *b)
{
    static const char *const names[] = {"place", "time", "weather", "style"};
    if (!a->place || !same(a->place, b->place))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!same(whelk_shot_slot(a, names[i]), whelk_shot_slot(b, names[i])))
            return false;
    return true;
}

/* In how many places the card lets the shot's subject do what it does: the fewer, the more the
 * action needs of the place. INT_MAX where the card does not tell. */
static int freedom(const cJSON *card, const whelk_shot *shot)
{
    const char *subject = whelk_shot_slot(shot, "subject"),
               *action = whelk_shot_slot(shot, "action");
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(card, "possible"))
    {
        const char *name = json_text(row, "subject");
        if (!subject || !action || !same(name, subject))
            continue;
        int places = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(row, "actions"), action));
        return places ? places : INT_MAX;
    }
    return INT_MAX;
}

/* Does it go on from the shot before? Then it holds what that one has. */
bool shot_goes_on(const whelk_shot *shot)
{
    return shot->first_frame && strcmp(shot->first_frame, "previous") == 0;
}

/* Of shots that need a place equally, the one planned first, whatever the order is now: neither
 * moving shots nor putting new ones between (whose ids are no tens) may change who has it. */
static bool planned_before(const whelk_shot *a, const whelk_shot *b)
{
    int ia = atoi(a->id), ib = atoi(b->id);
    bool added_a = ia % 10 != 0, added_b = ib % 10 != 0;
    return added_a != added_b ? added_b : ia < ib;
}

/* A picture of the user's goes before everything. */
static int need_of(const cJSON *card, const whelk_shot *shot)
{
    return shot->first_frame ? 0 : freedom(card, shot);
}

static bool same_slots(const whelk_shot *a, const whelk_shot *b)
{
    bool alike = a->slot_count == b->slot_count;
    for (int i = 0; alike && i < a->slot_count; i++)
        alike = same(a->slots[i].value, whelk_shot_slot(b, a->slots[i].name));
    return alike;
}

/* Halves of a split shot ask for the very same take: the second one makes its picture as the first
 * does. */
static bool twins(const whelk_shot *a, const whelk_shot *b)
{
    return a->seed == b->seed && a->seconds == b->seconds && same(a->prompt, b->prompt) &&
           same(a->first_frame, b->first_frame) && same(a->last_frame, b->last_frame) &&
           same_slots(a, b);
}

/* The shots of a place known by its first one; best[first]: the neediest of them. */
struct groups {
    int *first, *best, *need;
};

static void group_shots(struct groups *g, const struct run *run, const whelk_film *film)
{
    for (int i = 0; i < film->shot_count; i++) {
        int k = 0;
        while (k < i && !(g->first[k] == k && !shot_goes_on(&film->shots[k]) &&
                          same_place(&film->shots[i], &film->shots[k])))
            k++;
        g->first[i] = k;
        g->need[i] = need_of(run->card, &film->shots[i]);
        int best = k == i ? i : g->best[k];
        if (k == i ||
            (!shot_goes_on(&film->shots[i]) &&
             (g->need[i] < g->need[best] || (g->need[i] == g->need[best] &&
                                             planned_before(&film->shots[i], &film->shots[best])))))
            best = i;
        g->best[k] = best;
    }
}

bool plates_init(struct plates *p, const struct run *run, const whelk_film *film, whelk_error *err)
{
    int count = film->shot_count, placed = 0;
    int *room = calloc(3 * (size_t)count + 1, sizeof *room);
    *p = (struct plates){.from = calloc((size_t)count + 1, sizeof *p->from),
                         .order = calloc((size_t)count + 1, sizeof *p->order)};
    if (!room || !p->from || !p->order) {
        free(room);
        plates_release(p);
        return whelk_fail(err, WHELK_EFAIL, "no memory for a film of %d shots", count);
    }
    struct groups g = {room, room + count, room + 2 * count};
    group_shots(&g, run, film);
    for (int i = 0; i < count; i++) {
        int best = g.best[g.first[i]];
        bool maker = best == i || twins(&film->shots[i], &film->shots[best]);
        p->from[i] = i > 0 && shot_goes_on(&film->shots[i]) ? i - 1 : maker ? -1 : best;
    }
    for (int i = 0; i < count; i++)
        if (p->from[i] < 0)
            p->order[placed++] = i;
    for (int i = 0; i < count; i++)
        if (p->from[i] >= 0 && !shot_goes_on(&film->shots[i]))
            p->order[placed++] = i;
    for (int i = 0; i < count; i++)
        if (p->from[i] >= 0 && shot_goes_on(&film->shots[i]))
            p->order[placed++] = i;
    free(room);
    return true;
}

void plates_release(struct plates *p)
{
    free(p->from);
    free(p->order);
    *p = (struct plates){0};
}
