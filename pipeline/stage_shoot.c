/* Stage two: a take for every shot, those first whose place others hold. A take whose request has
 * the same digest stands; any other is made (ladder.c) or, with --preview, sketched (preview.c).
 * After each one the storyboard is saved, so that an end at any moment costs at most the take under
 * way. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "shoot.h"

static bool wanted_anew(const struct run *run, const char *id)
{
    for (const char *const *s = run->options.shots; s && *s; s++)
        if (strcmp(*s, id) == 0)
            return true;
    return false;
}

static bool check_wanted(const struct run *run, const whelk_film *film, whelk_error *err)
{
    for (const char *const *s = run->options.shots; s && *s; s++)
        if (!whelk_film_shot((whelk_film *)(uintptr_t)film, *s)) /* only looked for */
            return whelk_fail(err, WHELK_EUSAGE, "%s: there is no shot %s; it has %s to %s",
                              run->reel->path, *s, film->shots[0].id,
                              film->shots[film->shot_count - 1].id);
    return true;
}

enum standing { STANDS, KEPT_LOCKED, TO_SHOOT };

/* Does the shot need a take? One that stands under another name is put in use. */
static bool look_up(struct run *run, whelk_film *film, int index, int plate_from,
                    enum standing *standing, whelk_error *err)
{
    whelk_shot *shot = &film->shots[index];
    struct shot_request r;
    if (!shot_request_init(&r, run, film, index, plate_from, err))
        return false;
    char take[8];
    bool kept = shot->locked && shot->take && take_exists(run->reel, shot->id, shot->take);
    bool have = take_find(run->reel, shot->id, shot->take, r.digest, take);
    if (kept && have && strcmp(take, shot->take) != 0)
        have = false; /* another take would answer, but this one was chosen */
    bool done = !have || ladder_use(run, film, shot, take, err);
    shot_request_release(&r);
    *standing = have ? STANDS : kept ? KEPT_LOCKED : TO_SHOOT;
    return done;
}

/* A shot that was asked for by name cannot be made before the picture it holds. */
static bool is_held_by_wanted(const struct run *run, const whelk_film *film,
                              const struct plates *plates, int index)
{
    for (int i = 0; run->options.shots && i < film->shot_count; i++)
        if (plates->from[i] == index && wanted_anew(run, film->shots[i].id))
            return true;
    return false;
}

/* The shot's seed becomes the one asked for, else the next, and the film file says which. */
static bool reseed(struct run *run, whelk_film *film, whelk_shot *shot, whelk_error *err)
{
    uint64_t asked = run->options.seed;
    shot->seed = asked ? asked : ladder_next_seed(shot->seed);
    run_tell(run, (struct tell){.kind = "choice"}, "Another take, from seed %llu: %s.",
             (unsigned long long)shot->seed, asked ? "as was asked" : "a new take was asked for");
    return run_save_film(run, film, NULL, err);
}

static bool shoot_one(struct run *run, whelk_film *film, int index, const struct plates *plates,
                      int *made, whelk_error *err)
{
    whelk_shot *shot = &film->shots[index];
    int plate_from = plates->from[index], takes = run->shots_made;
    uint64_t seed = shot->seed;
    enum standing standing;
    run->shot = shot->id;
    run->cause = run_shot_cause(run, shot->id);
    bool done = run_goes_on(run, err) && look_up(run, film, index, plate_from, &standing, err);
    if (done && standing == KEPT_LOCKED)
        run_tell(run, (struct tell){.kind = "choice"},
                 "Shot %s has changed since take %s, but is locked: the "
                 "take is kept.",
                 shot->id, shot->take);
    bool anew = done && wanted_anew(run, shot->id);
    if (anew && (standing == STANDS || run->options.seed))
        done = reseed(run, film, shot, err);
    if (done && (anew || (standing == TO_SHOOT &&
                          (!run->options.shots || is_held_by_wanted(run, film, plates, index))))) {
        done = ladder_shoot(run, film, index, plate_from, err);
        *made += done;
    }
    if (!done && run->shots_made == takes && shot->seed != seed) { /* what stood stands again */
        shot->seed = seed;
        run_save_film(run, film, NULL, NULL);
    }
    run->shot = NULL;
    return done;
}

/* A shot whose plate will change counts. */
bool shots_ahead(struct run *run, const whelk_film *film, bool *made, whelk_error *err)
{
    enum shot_state *states = calloc((size_t)film->shot_count + 1, sizeof *states);
    struct plates plates = {0};
    bool done = states ? check_wanted(run, film, err) && shot_states(run, film, states, err) &&
                             plates_init(&plates, run, film, err)
                       : whelk_fail(err, WHELK_EFAIL, "no memory");
    for (int i = 0; done && i < film->shot_count; i++) {
        const whelk_shot *s = &film->shots[i];
        bool kept = s->locked && states[i] == SHOT_STALE;
        made[i] = wanted_anew(run, s->id) ||
                  (!kept && (states[i] == SHOT_STALE || states[i] == SHOT_MISSING) &&
                   (!run->options.shots || is_held_by_wanted(run, film, &plates, i)));
    }
    plates_release(&plates);
    free(states);
    return done;
}

static int count_ahead(struct run *run, const whelk_film *film)
{
    bool *made = calloc((size_t)film->shot_count + 1, sizeof *made);
    int ahead = 0;
    if (made && shots_ahead(run, film, made, NULL))
        for (int i = 0; i < film->shot_count; i++)
            ahead += made[i];
    free(made);
    return ahead;
}

bool shot_states(struct run *run, const whelk_film *film, enum shot_state *states, whelk_error *err)
{
    struct plates plates;
    if (!run_open_generator(run, err) || !plates_init(&plates, run, film, err))
        return false;
    for (int n = 0; n < film->shot_count; n++) {
        int i = plates.order[n], from = plates.from[i];
        const whelk_shot *shot = &film->shots[i];
        struct shot_request r;
        char take[8];
        bool known = shot_request_init(&r, run, film, i, from, NULL);
        bool have = known && take_find(run->reel, shot->id, shot->take, r.digest, take);
        bool some = shot->take && take_exists(run->reel, shot->id, shot->take);
        if (from >= 0 && states[from] != SHOT_CLEAN && states[from] != SHOT_FAILED &&
            !film->shots[from].locked)
            have = false; /* held from a take that is itself to be made anew */
        if (have && some && shot->locked && strcmp(take, shot->take) != 0)
            have = false; /* it keeps the one it has */
        states[i] = have ? SHOT_CLEAN : some ? SHOT_STALE : SHOT_MISSING;
        if (have && shot_failure(run->reel, shot))
            states[i] = SHOT_FAILED;
        if (known)
            shot_request_release(&r);
    }
    plates_release(&plates);
    return true;
}

static bool make_clips_folder(struct run *run, whelk_error *err)
{
    char *clips = reel_file(run->reel, "clips");
    bool done = clips ? file_make_dirs(clips, err) : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(clips);
    return done;
}

/* The ladder may put a new shot, whose take it makes, behind the one at `index`: *n is where that
 * one is in the order from then on. */
static bool follow_film(struct run *run, const whelk_film *film, struct plates *plates, int index,
                        int *n, whelk_error *err)
{
    plates_release(plates);
    if (!plates_init(plates, run, film, err))
        return false;
    for (*n = 0; plates->order[*n] != index;)
        ++*n;
    return true;
}

static bool shoot_all(struct run *run, whelk_film *film, struct plates *plates, whelk_error *err)
{
    int made = 0;
    run->shots_left = count_ahead(run, film);
    run->film_s = whelk_film_cut_seconds(film);
    for (int n = 0; n < film->shot_count; n++) {
        int before = made, count = film->shot_count, i = plates->order[n];
        if (run->shots_left > 0)
            run->shots_left--;
        if (!shoot_one(run, film, i, plates, &made, err))
            return false;
        if (film->shot_count != count && !follow_film(run, film, plates, i, &n, err))
            return false;
        if (made == before) /* this one stood: it was not among those counted */
            run->shots_left++;
    }
    run->cause = run_storyboard_event(run);
    if (!made && !run->options.shots)
        run_tell(run, (struct tell){.kind = "work"}, "All %d takes stand; nothing is shot.",
                 film->shot_count);
    snprintf(run->outcome, sizeof run->outcome, "%d of %d shots have a new take.", made,
             film->shot_count);
    return true;
}

bool stage_shoot(struct run *run, whelk_error *err)
{
    run->stage = "shoot";
    struct plates plates = {0};
    whelk_film *film = reel_load_film(run->reel, err);
    bool done = film && check_wanted(run, film, err) && run_open_generator(run, err) &&
                make_clips_folder(run, err) && plates_init(&plates, run, film, err);
    if (done)
        done = run->options.preview ? preview_shoot(run, film, &plates, err)
                                    : shoot_all(run, film, &plates, err);
    plates_release(&plates);
    whelk_film_free(film);
    return done;
}
