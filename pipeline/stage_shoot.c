/* Stage two: a take for every shot, those first whose place others hold. A take whose request has the same digest
 * stands; any other is made, looked at, and made again from another seed when it shows nothing.
 * After each one the storyboard is saved, so that an end at any moment costs at most the take under
 * way. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "stage.h"

#define TRIES 3 /* takes of one shot in one run, the first included */

static bool wanted_anew(const struct run *run, const char *id)
{
    for (const char *const *s = run->options.shots; s && *s; s++)
        if (strcmp(*s, id) == 0)
            return true;
    return false;
}

static bool check_wanted(const struct run *run, whelk_film *film, whelk_error *err)
{
    for (const char *const *s = run->options.shots; s && *s; s++)
        if (!whelk_film_shot(film, *s))
            return whelk_fail(err, WHELK_EUSAGE, "%s: there is no shot %s; it has %s to %s",
                              run->reel->path, *s, film->shots[0].id,
                              film->shots[film->shot_count - 1].id);
    return true;
}

/* Another seed for another take of the same shot: a step of splitmix64. */
static uint64_t next_seed(uint64_t seed)
{
    uint64_t x = seed + UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    x ^= x >> 31;
    return x & UINT64_C(0x1FFFFFFFFFFFFF) ? x & UINT64_C(0x1FFFFFFFFFFFFF)
                                          : 1; /* JSON-safe, never 0 */
}

/* --- Telling --------------------------------------------------------------------------------- */

/* Once a run: what the takes are made with. */
static void tell_model(struct run *run)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "model", run->info.name);
    cJSON_AddStringToObject(data, "weights", run->info.digest);
    const char *shot = run->shot;
    run->shot = NULL;
    run_tell(run, (struct tell){.kind = "work", .why = run_storyboard_event(run), .data = data},
             "The takes are made by the model %s (%.1f million parameters) on %s, %d threads.",
             run->info.name, (double)run->info.parameters / 1e6, run->info.backend,
             run->info.threads);
    run->shot = shot;
}

static long tell_plate(struct run *run, const struct shot_request *r, const whelk_shot *shot,
                       long why)
{
    if (!r->plate_shot)
        return why;
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "plate_from", r->plate_shot->id);
    long n = run_tell(
        run, (struct tell){.kind = "choice", .shot = shot->id, .why = why, .data = data},
        "The place is the one of shot %s: its picture (take %s) is held, so that both look "
        "alike; were that take replaced, this one would be made anew.",
        r->plate_shot->id, r->plate_shot->take);
    return n ? n : why;
}

static long tell_work(struct run *run, const whelk_gen_figures *f, long why)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "seconds", f->wall_s);
    cJSON_AddNumberToObject(data, "steps", f->steps);
    cJSON_AddNumberToObject(data, "frames", f->frames);
    cJSON_AddNumberToObject(data, "tokens", (double)f->tokens);
    cJSON_AddNumberToObject(data, "tokens_exact", (double)f->tokens_exact);
    cJSON_AddNumberToObject(data, "flops", f->flops);
    cJSON_AddNumberToObject(data, "denoise_s", f->denoise_s);
    cJSON_AddNumberToObject(data, "decode_s", f->decode_s);
    cJSON_AddNumberToObject(data, "compose_s", f->compose_s);
    cJSON_AddNumberToObject(data, "write_s", f->write_s);
    double share = f->tokens_exact > 0 ? 100.0 * (double)f->tokens / (double)f->tokens_exact : 100;
    struct tell how = {.kind = "work", .why = why, .data = data};
    double frames_s = f->decode_s + f->compose_s + f->write_s;
    long n = f->steps ? run_tell(run, how,
                                 "%d steps in %.1f s with %.0f %% of the tokens of exact mode; %d "
                                 "frames decoded, composed and written in %.1f s.",
                                 f->steps, f->denoise_s, share, f->frames, frames_s)
                      : run_tell(run, how,
                                 "The latent was there already: %d frames decoded, composed and "
                                 "written in %.1f s.",
                                 f->frames, frames_s);
    return n ? n : why;
}

static long tell_take(struct run *run, const whelk_shot *shot, const char *take, const char *digest,
                      long why)
{
    char file[80], text[120];
    snprintf(file, sizeof file, "clips/%.40s-%.8s.mkv", shot->id, take);
    snprintf(text, sizeof text, "Take %.8s of shot %.40s.", take, shot->id);
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "request", digest);
    return run_artifact(run, (struct tell){.shot = shot->id, .why = why, .data = data}, file, text);
}

static void tell_review(struct run *run, const struct review *v, long why)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "frames", v->frames);
    cJSON_AddNumberToObject(data, "looked_at", v->looked_at);
    cJSON_AddNumberToObject(data, "brightness", (double)(int)(v->brightness * 100) / 100);
    cJSON_AddNumberToObject(data, "contrast", (double)(int)(v->contrast * 100) / 100);
    cJSON_AddNumberToObject(data, "motion", (double)(int)(v->motion * 1000) / 1000);
    cJSON_AddBoolToObject(data, "good", v->fault == NULL);
    run_tell(run, (struct tell){.kind = "review", .why = why, .data = data},
             "Its bytes are as written; of %d frames the first %d were looked at: brightness %.0f, "
             "contrast %.0f, change from frame to frame %.2f: %s.",
             v->frames, v->looked_at, v->brightness, v->contrast, v->motion,
             v->fault ? v->fault : "neither black nor empty nor frozen");
}

/* What the storyboard asks for and cannot be had is said, never silently dropped. */
static void tell_passed_over(struct run *run, const struct shot_request *r, const whelk_shot *shot)
{
    if (r->passed_over)
        run_tell(run, (struct tell){.kind = "warn"},
                 "The model %s has no slot \"%s\"; \"%s\" is left out of shot %s.", run->info.name,
                 r->passed_over->name, r->passed_over->value, shot->id);
    if (shot->first_frame && strcmp(shot->first_frame, "previous") == 0)
        run_tell(run, (struct tell){.kind = "warn"},
                 "Beginning with the last picture of the shot before is not yet possible; shot %s "
                 "begins anew.",
                 shot->id);
}

/* --- Making ---------------------------------------------------------------------------------- */

static bool use_take(struct run *run, whelk_film *film, whelk_shot *shot, const char *take,
                     whelk_error *err)
{
    if (shot->take && strcmp(shot->take, take) == 0)
        return true;
    if (!whelk_set_text(&shot->take, take))
        return whelk_fail(err, WHELK_EFAIL, "no memory for a take's name");
    return run_save_film(run, film, false, err);
}

/* Makes one take and looks at it. *good: nothing is wrong with it. */
static bool make_take(struct run *run, whelk_film *film, int index, const struct shot_request *r,
                      bool *good, whelk_error *err)
{
    whelk_shot *shot = &film->shots[index];
    char take[8];
    take_name(run->reel, shot->id, r->digest, take);
    char *base = take_base(run->reel, shot->id, take);
    if (!base)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    if (!run->shots_made)
        tell_model(run);
    run->cause = tell_plate(run, r, shot, run_shot_cause(run, shot->id));
    tell_passed_over(run, r, shot);
    run->shot_began_s = journal_clock(run->reel->journal);
    whelk_gen_figures figures = {0};
    struct review review = {0};
    bool done = whelk_gen_take(run->generator, &r->gen, base, &run->inner, &figures, err);
    if (!done)
        whelk_error_prefix(err, "shot %s", shot->id);
    if (done) {
        run->cause = tell_work(run, &figures, run->cause);
        run->cause = tell_take(run, shot, take, r->digest, run->cause);
        char *clip = realloc(base, strlen(base) + sizeof ".mkv");
        base = clip ? clip : base;
        if (clip)
            strcat(clip, ".mkv");
        done = clip ? review_take(clip, &figures, &review, err)
                    : whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    if (done) {
        tell_review(run, &review, run->cause);
        *good = !review.fault;
        done = use_take(run, film, shot, take, err);
        run->shots_s += journal_clock(run->reel->journal) - run->shot_began_s;
        run->shots_made++;
    }
    free(base);
    return done;
}

/* The shot's seed is moved on, so that the next take is another one, and the film file says which.
 */
static bool move_seed(struct run *run, whelk_film *film, whelk_shot *shot, const char *why,
                      whelk_error *err)
{
    shot->seed = next_seed(shot->seed);
    run_tell(run, (struct tell){.kind = "choice", .shot = shot->id},
             "Another take, from seed %llu: %s.", (unsigned long long)shot->seed, why);
    return run_save_film(run, film, false, err);
}

static bool shoot_until_good(struct run *run, whelk_film *film, int index, int plate_from,
                             whelk_error *err)
{
    whelk_shot *shot = &film->shots[index];
    for (int tries = 1;; tries++) {
        struct shot_request r;
        bool good = true;
        if (!shot_request_init(&r, run, film, index, plate_from, err))
            return false;
        bool done = make_take(run, film, index, &r, &good, err);
        shot_request_release(&r);
        if (!done || good)
            return done;
        if (shot->locked || tries == TRIES) {
            run_tell(run, (struct tell){.kind = "warn", .shot = shot->id},
                     "Shot %s is not good after %d takes; "
                     "the last one is used. Another prompt or seed for it may help.",
                     shot->id, tries);
            return true;
        }
        if (!move_seed(run, film, shot, "the last one showed nothing", err))
            return false;
    }
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
    bool have = take_find(run->reel, shot->id, shot->take, r.digest, take);
    bool done = !have || use_take(run, film, shot, take, err);
    shot_request_release(&r);
    *standing = have ? STANDS : TO_SHOOT;
    if (!have && shot->locked && shot->take && take_exists(run->reel, shot->id, shot->take))
        *standing = KEPT_LOCKED;
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

static bool shoot_one(struct run *run, whelk_film *film, int index, const struct plates *plates,
                      int *made, whelk_error *err)
{
    whelk_shot *shot = &film->shots[index];
    int plate_from = plates->from[index];
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
    if (anew && standing == STANDS)
        done = move_seed(run, film, shot, "it was asked for", err);
    if (done && (anew || (standing == TO_SHOOT &&
                          (!run->options.shots || is_held_by_wanted(run, film, plates, index))))) {
        done = shoot_until_good(run, film, index, plate_from, err);
        *made += done;
    }
    run->shot = NULL;
    return done;
}

/* How many takes are ahead, as far as can be told before any is made: a shot whose plate will
 * change counts. */
static int count_ahead(struct run *run, const whelk_film *film)
{
    enum shot_state *states = calloc((size_t)film->shot_count + 1, sizeof *states);
    int ahead = 0;
    if (states && shot_states(run, film, states, NULL))
        for (int i = 0; i < film->shot_count; i++)
            ahead +=
                run->options.shots ? wanted_anew(run, film->shots[i].id) : states[i] != SHOT_CLEAN;
    free(states);
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
        if (from >= 0 && states[from] != SHOT_CLEAN)
            have = false; /* held from a take that is itself to be made anew */
        bool some = shot->take && take_exists(run->reel, shot->id, shot->take);
        states[i] = have ? SHOT_CLEAN : some ? SHOT_STALE : SHOT_MISSING;
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

static bool shoot_all(struct run *run, whelk_film *film, const struct plates *plates,
                      whelk_error *err)
{
    int made = 0;
    run->shots_left = count_ahead(run, film);
    run->film_s = whelk_film_cut_seconds(film);
    for (int n = 0; n < film->shot_count; n++) {
        int before = made, i = plates->order[n];
        if (run->shots_left > 0)
            run->shots_left--;
        if (!shoot_one(run, film, i, plates, &made, err))
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
                make_clips_folder(run, err) && plates_init(&plates, run, film, err) &&
                shoot_all(run, film, &plates, err);
    plates_release(&plates);
    whelk_film_free(film);
    return done;
}
