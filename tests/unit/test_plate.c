/* Which shot makes the picture of a place, by the card of the shipped model: the one whose action
 * needs most of it, a user's picture before all, and never across hours or places. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "../../pipeline/base/file.h"
#include "../../pipeline/stage.h"
#include "../tap.h"

static whelk_error err;

static void add(whelk_film *f, const char *subject, const char *action, const char *place,
                const char *time)
{
    whelk_shot *s = whelk_film_add_shot(f, f->shot_count, &err);
    whelk_shot_set_slot(s, "subject", subject);
    whelk_shot_set_slot(s, "action", action);
    whelk_shot_set_slot(s, "place", place);
    whelk_shot_set_slot(s, "time", time);
    whelk_set_text(&s->place, place);
}

static void check(const struct run *run, const whelk_film *f, const int *from, const int *order,
                  const char *what)
{
    struct plates p;
    int wrong = !plates_init(&p, run, f, &err);
    for (int i = 0; !wrong && i < f->shot_count; i++)
        wrong += p.from[i] != from[i] || p.order[i] != order[i];
    ok(!wrong, "%s", what);
    plates_release(&p);
}

int main(void)
{
    char *text = NULL;
    struct run run = {0};
    if (!file_read("tests/golden/card.json", 1 << 20, &text, NULL, &err))
        return 1;
    run.card = cJSON_Parse(text);
    whelk_film *f = whelk_film_new();
    add(f, "cat", "walk", "pool", "day");
    add(f, "cat", "run", "pool", "day");
    add(f, "cat", "dive", "pool", "day");
    add(f, "cat", "sit", "pool", "day");
    check(&run, f, (int[]){2, 2, -1, 2}, (int[]){2, 0, 1, 3},
          "the dive makes the pool's picture, and is made first");

    add(f, "cat", "walk", "pool", "night");
    add(f, "child", "run", "pool", "night");
    add(f, "dog", "dive", "pool", "day");
    check(&run, f, (int[]){2, 2, -1, 2, -1, 4, 2}, (int[]){2, 4, 0, 1, 3, 5, 6},
          "another hour is another picture; of two that need as much the earlier makes it");

    whelk_set_text(&f->shots[3].first_frame, "pool.png");
    whelk_set_text(&f->shots[5].first_frame, "previous");
    check(&run, f, (int[]){3, 3, 3, -1, -1, 4, 3}, (int[]){3, 4, 0, 1, 2, 6, 5},
          "a picture of the user's goes before the dive; what goes on from a shot is made last");

    whelk_set_text(&f->shots[3].first_frame, NULL);
    whelk_set_text(&f->shots[5].first_frame, NULL);
    whelk_set_text(&f->shots[4].id, "0065");
    check(&run, f, (int[]){2, 2, -1, 2, 5, -1, 2}, (int[]){2, 5, 0, 1, 3, 4, 6},
          "of equals a planned shot goes before one put between");
    whelk_set_text(&f->shots[6].id, "0005");
    check(&run, f, (int[]){2, 2, -1, 2, 5, -1, 2}, (int[]){2, 5, 0, 1, 3, 4, 6},
          "even where that one stands first");
    whelk_shot_set_slot(&f->shots[6], "subject", "cat");
    check(&run, f, (int[]){2, 2, -1, 2, 5, -1, -1}, (int[]){2, 5, 6, 0, 1, 3, 4},
          "the half of a split shot makes the picture as the other half does");

    for (int i = 0; i < f->shot_count; i++)
        whelk_set_text(&f->shots[i].place, NULL);
    check(&run, f, (int[]){-1, -1, -1, -1, -1, -1, -1}, (int[]){0, 1, 2, 3, 4, 5, 6},
          "shots without a place hold none");
    whelk_film_free(f);
    cJSON_Delete(run.card);
    free(text);
    return done_testing();
}
