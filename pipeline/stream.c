/* The film while it is made, for whoever plays it meanwhile: its outline from the storyboard, the
 * pictures of one shot as soon as its take stands, and its sound, which needs no take. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>

#include "stage.h"

/* The cut as planned: shots that have no take yet are named as if they had. */
struct planned {
    whelk_film *film;
    struct cut cut;
};

static void planned_release(struct planned *p)
{
    cut_release(&p->cut);
    whelk_film_free(p->film);
}

static bool planned_init(struct planned *p, const whelk_reel *reel, whelk_error *err)
{
    *p = (struct planned){.film = reel_load_film(reel, err)};
    if (p->film && cut_init(&p->cut, reel, p->film, true, err))
        return true;
    planned_release(p);
    return false;
}

static bool take_shots(whelk_outline *o, const whelk_film *film, const long *starts)
{
    o->shots = calloc((size_t)film->shot_count + 1, sizeof *o->shots);
    if (!o->shots)
        return false;
    o->shot_count = film->shot_count;
    for (int i = 0; i < film->shot_count; i++) {
        whelk_outline_shot *s = &o->shots[i];
        strncpy(s->id, film->shots[i].id, sizeof s->id - 1);
        if (film->shots[i].take)
            strncpy(s->take, film->shots[i].take, sizeof s->take - 1);
        s->seed = film->shots[i].seed;
        s->start = starts[i];
    }
    return true;
}

static whelk_outline *outline_of(const struct planned *p, const whelk_reel *reel, whelk_error *err)
{
    long *starts = calloc((size_t)p->film->shot_count + 1, sizeof *starts);
    whelk_outline *o = calloc(1, sizeof *o);
    bool good = starts && o;
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "no memory for an outline");
    good = good && whelk_edit_layout(&p->cut.edit, reel->path, starts, &o->fps_n, &o->fps_d, err);
    if (good) {
        o->width = p->film->width ? p->film->width : 1280;
        o->height = p->film->height ? p->film->height : 720;
        o->frames = starts[p->film->shot_count];
        good = take_shots(o, p->film, starts) && whelk_set_text(&o->title, p->film->title) &&
               whelk_set_text(&o->prompt, reel->prompt);
        if (!good)
            whelk_fail(err, WHELK_EFAIL, "no memory for an outline");
    }
    free(starts);
    if (good)
        return o;
    whelk_outline_free(o);
    return NULL;
}

whelk_outline *whelk_reel_outline(const whelk_reel *reel, whelk_error *err)
{
    struct planned p;
    if (!planned_init(&p, reel, err))
        return NULL;
    whelk_outline *o = outline_of(&p, reel, err);
    planned_release(&p);
    return o;
}

void whelk_outline_free(whelk_outline *o)
{
    if (!o)
        return;
    free(o->title);
    free(o->prompt);
    free(o->shots);
    free(o);
}

whelk_edit_piece *whelk_reel_piece(const whelk_reel *reel, int shot, whelk_error *err)
{
    struct planned p;
    if (!planned_init(&p, reel, err))
        return NULL;
    whelk_edit_piece *piece = NULL;
    if (shot < 0 || shot >= p.film->shot_count)
        whelk_fail(err, WHELK_EUSAGE, "%s: there is no shot number %d", reel->path, shot + 1);
    else
        piece = whelk_edit_piece_open(&p.cut.edit, shot, reel->path, err);
    planned_release(&p);
    return piece;
}

bool whelk_reel_sound(const whelk_reel *reel, const char *wav_path, const whelk_listener *listen,
                      whelk_error *err)
{
    struct planned p;
    if (!planned_init(&p, reel, err))
        return false;
    bool good = whelk_edit_sound(&p.cut.edit, reel->path, wav_path, listen, err);
    planned_release(&p);
    return good;
}
