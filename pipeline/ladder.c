/* One shot until it is good. The rungs: the take as asked (or as many as asked, the best of them);
 * another seed; a prompt that repeats who and where; a shorter shot, which is the good beginning of
 * the best take, or a new take of half the length whose other half a neighbour or a new shot gets.
 * A dive is never made shorter: it would end in the air. Where that is not enough the best take is
 * used and a person is asked whether it will do; without a yes the shot is marked as failed, so
 * that nobody takes silence for success. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "shoot.h"

#define TAKES_MAX 16       /* of one shot in one run; --takes allows no more */
#define SHORTEST_S 1.0     /* a shot cut to its good beginning is still this long, */
#define SHORTEST_SHARE 0.5 /* and this share of what it was */
#define WORTH_SHARE 0.25   /* of a shot, to be taken from it before another take is worth it */

struct ladder {
    struct run *run;
    whelk_film *film;
    whelk_shot *shot;
    int index, plate_from;
    struct attempt at[TAKES_MAX];
    int count;
    char *prompt, *anchored; /* as it stood, and repeating who and where; NULL = it does already */
    struct look reference;   /* of the take whose place is held */
    bool held;
};

/* A step of splitmix64, JSON-safe. */
uint64_t ladder_next_seed(uint64_t seed)
{
    uint64_t x = seed + UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    x ^= x >> 31;
    return x & UINT64_C(0x1FFFFFFFFFFFFF) ? x & UINT64_C(0x1FFFFFFFFFFFFF) : 1;
}

bool ladder_use(struct run *run, whelk_film *film, whelk_shot *shot, const char *take,
                whelk_error *err)
{
    if (shot->take && strcmp(shot->take, take) == 0)
        return true;
    if (!whelk_set_text(&shot->take, take))
        return whelk_fail(err, WHELK_EFAIL, "no memory for a take's name");
    return run_save_film(run, film, NULL, err);
}

/* --- Failed shots ----------------------------------------------------------------------------- */

/* {"0020": {"take": "t03", "fault": "..."}} in reel.json. */
static cJSON *failures(whelk_reel *reel, bool make)
{
    cJSON *state = reel_state(reel, "shoot"),
          *all = cJSON_GetObjectItemCaseSensitive(state, "failed");
    return all || !make ? all : cJSON_AddObjectToObject(state, "failed");
}

const char *shot_failure(whelk_reel *reel, const whelk_shot *shot)
{
    const cJSON *one = cJSON_GetObjectItemCaseSensitive(failures(reel, false), shot->id);
    const char *take = json_text(one, "take");
    bool is = take && shot->take && !shot->locked && strcmp(take, shot->take) == 0;
    return is ? json_text(one, "fault") : NULL;
}

static void mark(struct ladder *l, const char *fault)
{
    cJSON *all = failures(l->run->reel, fault != NULL);
    cJSON_DeleteItemFromObjectCaseSensitive(all, l->shot->id);
    cJSON *one = fault ? cJSON_AddObjectToObject(all, l->shot->id) : NULL;
    if (!one)
        return;
    cJSON_AddStringToObject(one, "take", l->shot->take);
    cJSON_AddStringToObject(one, "fault", fault);
}

/* --- One take --------------------------------------------------------------------------------- */

/* What the held place looks like: the first picture of the take it comes from. */
static void look_at_reference(struct ladder *l, const struct shot_request *r)
{
    char *path = NULL;
    if (r->plate_shot)
        path = take_clip_path(l->run->reel, r->plate_shot->id, r->plate_shot->take);
    else if (r->gen.plate_picture && !r->after)
        path = strdup(r->gen.plate_picture);
    l->held = path && look_at_clip(path, 1, NULL, &l->reference, NULL);
    free(path);
}

static bool bytes_are(const char *path, const char *sha256, whelk_error *err)
{
    char digest[DIGEST_TEXT];
    return digest_file(path, digest, err) &&
           (strcmp(digest, sha256) == 0 ||
            whelk_fail(err, WHELK_EFAIL,
                       "%s: is not what was written a moment ago; the disk may be failing", path));
}

static bool look_at_take(struct ladder *l, struct attempt *a, const whelk_gen_figures *f,
                         whelk_error *err)
{
    char *clip = take_clip_path(l->run->reel, l->shot->id, a->take);
    bool done = clip ? bytes_are(clip, f->clip_sha256, err) &&
                           look_at_clip(clip, 0, &l->run->inner, &a->look, err)
                     : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(clip);
    if (!done)
        return false;
    struct review_asked asked = {.frames = (int)lround(l->shot->seconds * l->film->fps),
                                 .model = l->run->info.name,
                                 .shot = l->shot,
                                 .actor = &a->actor,
                                 .guests = a->guests,
                                 .guest_count = a->guest_count,
                                 .reference = l->held ? &l->reference : NULL};
    review_take(&a->look, &asked, &a->review);
    return true;
}

static bool generate(struct ladder *l, const struct shot_request *r, struct attempt *a,
                     whelk_error *err)
{
    struct run *run = l->run;
    whelk_gen_figures figures = {0};
    char *base = take_base(run->reel, l->shot->id, a->take);
    bool done = base ? whelk_gen_take(run->generator, &r->gen, base, &run->inner, &figures, err)
                     : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(base);
    if (!done)
        return whelk_error_prefix(err, "shot %s", l->shot->id), false;
    a->actor = figures.actor;
    memcpy(a->guests, figures.guests, sizeof a->guests);
    a->guest_count = figures.guest_count;
    run->cause = tell_work(run, &figures, run->cause);
    run->cause = tell_take(run, l->shot, a->take, r->digest, run->cause);
    return look_at_take(l, a, &figures, err) && eyes_look(run, l->shot, a, err);
}

/* Makes one take of the shot as it stands and looks at it. */
static bool make_take(struct ladder *l, bool anchored, whelk_error *err)
{
    struct run *run = l->run;
    struct shot_request r;
    struct attempt *a = &l->at[l->count];
    if (!shot_request_init(&r, run, l->film, l->index, l->plate_from, err))
        return false;
    *a = (struct attempt){.seed = l->shot->seed, .anchored = anchored};
    take_name(run->reel, l->shot->id, r.digest, a->take);
    if (!run->shots_made && !l->count)
        tell_model(run);
    long before = run->cause;
    run->cause = tell_plate(run, &r, l->shot, l->count ? before : run_shot_cause(run, l->shot->id));
    if (!l->count) {
        tell_passed_over(run, &r, l->shot);
        look_at_reference(l, &r);
    }
    run_begin_take(run, &r.gen);
    bool done = generate(l, &r, a, err);
    shot_request_release(&r);
    if (!done)
        return false;
    l->count++;
    tell_review(run, a, run->cause);
    run->shots_s += journal_clock(run->reel->journal) - run->shot_began_s;
    run->shots_made++;
    return ladder_use(run, l->film, l->shot, a->take, err);
}

/* --- The rungs -------------------------------------------------------------------------------- */

static bool is_good(const struct attempt *a)
{
    return a->review.fault_count == 0;
}

static const struct attempt *best_of(const struct ladder *l)
{
    const struct attempt *best = &l->at[0];
    for (int i = 1; i < l->count; i++) {
        const struct attempt *a = &l->at[i];
        bool better = a->review.score > best->review.score;
        if (is_good(a) != is_good(best) ? is_good(a) : better)
            best = a;
    }
    return best;
}

/* The shot's seed is moved on, and the film file says so before the take is made. */
static bool try_again(struct ladder *l, bool anchored, const char *why, whelk_error *err)
{
    whelk_shot *shot = l->shot;
    shot->seed = ladder_next_seed(shot->seed);
    run_tell(l->run, (struct tell){.kind = "choice"}, "Another take, from seed %llu%s: %s.",
             (unsigned long long)shot->seed,
             anchored ? ", with a prompt that repeats who and where" : "", why);
    if (anchored && !whelk_set_text(&shot->prompt, l->anchored))
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    return run_save_film(l->run, l->film, NULL, err) && run_goes_on(l->run, err) &&
           make_take(l, anchored, err);
}

/* "the orange cat; a pool with a springboard by day: An orange cat dives ...": what the characters
 * and the place are called, before what happens. NULL where nothing is to be added. */
static char *anchor(const whelk_film *film, const whelk_shot *shot)
{
    char who[600] = "";
    for (int i = 0; i < shot->character_count; i++)
        for (int k = 0; k < film->character_count; k++)
            if (strcmp(film->characters[k].id, shot->characters[i]) == 0)
                snprintf(who + strlen(who), sizeof who - strlen(who), "%s%s", *who ? "; " : "",
                         film->characters[k].description);
    for (int k = 0; shot->place && k < film->place_count; k++)
        if (strcmp(film->places[k].id, shot->place) == 0)
            snprintf(who + strlen(who), sizeof who - strlen(who), "%s%s", *who ? "; " : "",
                     film->places[k].description);
    size_t size = strlen(who) + strlen(shot->prompt) + 3;
    bool said = !*who || strncmp(shot->prompt, who, strlen(who)) == 0;
    char *text = said || size > whelk_limits.text_bytes ? NULL : malloc(size);
    if (text)
        snprintf(text, size, "%s: %s", who, shot->prompt);
    return text;
}

/* As many takes as were asked for, then two more with what might help, until one is good. */
static bool climb(struct ladder *l, whelk_error *err)
{
    int wanted = l->run->options.takes > 1 ? l->run->options.takes : 1;
    char why[600];
    bool done = make_take(l, false, err);
    for (int i = 1; done && i < wanted; i++) {
        snprintf(why, sizeof why, "%d of the %d that were asked for", i + 1, wanted);
        done = try_again(l, false, why, err);
    }
    for (int rung = 0; done && rung < 2 && !is_good(best_of(l)) && !l->shot->locked; rung++) {
        bool anchored = rung == 1 && l->anchored;
        review_faults(&best_of(l)->review, why, sizeof why);
        done = try_again(l, anchored, why, err);
    }
    return done;
}

/* The best take is put into use with its seed and its prompt. */
static bool settle(struct ladder *l, const struct attempt *best, whelk_error *err)
{
    whelk_shot *shot = l->shot;
    if (l->count > 1) {
        const struct attempt *other = best == &l->at[0] ? &l->at[1] : &l->at[0];
        for (int i = 0; i < l->count; i++)
            if (&l->at[i] != best && l->at[i].review.score > other->review.score)
                other = &l->at[i];
        run_tell(l->run, (struct tell){.kind = "choice"},
                 "Of %d takes %s is used: its score is %.2f, that of the next, %s, %.2f; %s.",
                 l->count, best->take, best->review.score, other->take, other->review.score,
                 review_difference(&best->review, &other->review));
    }
    shot->seed = best->seed;
    if (!whelk_set_text(&shot->prompt, best->anchored ? l->anchored : l->prompt) ||
        !whelk_set_text(&shot->take, best->take))
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    return true;
}

static double shown_s(const whelk_shot *shot)
{
    return shot->seconds - shot->trim_in_s - shot->trim_out_s;
}

bool ladder_shorten(const whelk_shot *shot, const struct look *look, double *good_s)
{
    double shown = shown_s(shot),
           good = floor(look->good_until_s * look->fps + 1e-6) / look->fps - shot->trim_in_s;
    if (shot->locked || whelk_shot_once(shot) || good > shown - 1e-6 || good < SHORTEST_S ||
        good < SHORTEST_SHARE * shown ||
        good < (shot->transition_s + whelk_limits.shot_min_s) * shot->speed)
        return false;
    *good_s = good;
    return true;
}

/* Changes the storyboard behind the shot, which keeps its place in it. */
static bool change_film(struct ladder *l, const whelk_op *op)
{
    bool done = whelk_film_apply(l->film, op, l->run->info.card_json, &l->run->inner, NULL);
    l->shot = &l->film->shots[l->index];
    l->run->shot = l->shot->id;
    return done;
}

static bool set_seconds(struct ladder *l, const char *shot, double seconds)
{
    char value[32];
    snprintf(value, sizeof value, "%.9g", seconds);
    return change_film(l, &(whelk_op){.kind = (char *)"set",
                                      .shot = (char *)shot,
                                      .field = (char *)"seconds",
                                      .value = value});
}

/* Seconds on screen that the shot is not to have go to a neighbour that is still to be made and has
 * room; `to`: its id, "" = none has. */
static bool lend(struct ladder *l, double rest_s, char to[16])
{
    const int near[] = {l->index + 1, l->index - 1};
    for (int i = 0; i < 2; i++) {
        const whelk_shot *s =
            near[i] >= 0 && near[i] < l->film->shot_count ? &l->film->shots[near[i]] : NULL;
        if (!s || s->take || s->locked || s->trim_in_s > 0 || s->trim_out_s > 0)
            continue;
        double more = s->seconds + rest_s * s->speed, clip = l->run->info.seconds;
        if (s->seconds <= clip && more > clip + 1e-3) /* nobody asked for one that goes on */
            continue;
        snprintf(to, 16, "%s", s->id);
        if (set_seconds(l, to, more))
            return true;
    }
    to[0] = '\0';
    return false;
}

/* May the film lose so much? As much as a plan may miss the length that was asked for. */
static bool may_lose(const struct ladder *l, double rest_s)
{
    return whelk_film_cut_seconds(l->film) - rest_s >=
           l->run->film_s * (1 - whelk_limits.plan_off) - 1e-6;
}

/* A take that is good until something breaks off is shown only that far. */
static bool shorten(struct ladder *l, const struct attempt *best)
{
    double good;
    char to[16] = "";
    if (!ladder_shorten(l->shot, &best->look, &good))
        return false;
    double rest = (shown_s(l->shot) - good) / l->shot->speed; /* on screen */
    if (!lend(l, rest, to) && !may_lose(l, rest))
        return false;
    whelk_shot *shot = l->shot;
    run_tell(l->run, (struct tell){.kind = "choice"},
             "Shot %s is shortened to the first %.2f s of take %s, which are good; after them: %s. "
             "%s%s.",
             shot->id, good, best->take, best->review.faults[0],
             *to ? "What is left of its time goes to shot " : "The film is so much shorter", to);
    shot->trim_out_s = shot->seconds - shot->trim_in_s - good;
    l->film->seconds = whelk_film_cut_seconds(l->film);
    return true;
}

/* A person may take the best there is; it is then the person's choice. */
static bool accepted(struct ladder *l, const struct attempt *best, const char *faults)
{
    const whelk_run_options *o = &l->run->options;
    char text[700];
    char *clip = take_clip_path(l->run->reel, l->shot->id, best->take);
    snprintf(
        text, sizeof text,
        "None of %d takes of shot %s is good. The best is %.300s: %.300s. Is it to be accepted?",
        l->count, l->shot->id, clip ? clip : best->take, faults);
    free(clip);
    if (!o->ask || !o->ask(o->ask_ctx, WHELK_ASK_FAILED, text))
        return false;
    l->shot->locked = true;
    run_tell(l->run, (struct tell){.kind = "choice"},
             "Take %s of shot %s is accepted by the person who was asked, and locked, though: %s.",
             best->take, l->shot->id, faults);
    return true;
}

/* The last rung: somebody is asked, or the shot is marked. */
static void fail(struct ladder *l, const struct attempt *best)
{
    char faults[500];
    review_faults(&best->review, faults, sizeof faults);
    if (accepted(l, best, faults))
        return;
    mark(l, faults);
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "failed", faults);
    run_tell(l->run, (struct tell){.kind = "warn", .data = data},
             "Shot %s has failed: none of %d takes is good; the best, %s, is used: %s. Another "
             "prompt may help; to accept it, lock the shot.",
             l->shot->id, l->count, best->take, faults);
}

/* --- The shot anew, shorter ------------------------------------------------------------------- */

static bool shoot(struct ladder *l, bool rest, bool *good, whelk_error *err);

/* Half the shot, in whole frames, and where its other half goes: to a neighbour, to a
 * new shot (*second), or, where the film may lose it, nowhere. False: there is no such plan; what
 * was changed is the caller's to put back. */
static bool plan_shorter(struct ladder *l, bool *second)
{
    const whelk_shot *shot = l->shot;
    double frames = floor(shot->seconds / 2 * l->film->fps + 1e-6),
           half = fmax(SHORTEST_S, round(frames / l->film->fps * 1e4) / 1e4),
           rest = shot->seconds - half;
    char id[16], to[16], why[200];
    snprintf(id, sizeof id, "%s", shot->id);
    *second = false;
    if (shot->locked || whelk_shot_once(shot) || shot->trim_in_s > 0 || shot->trim_out_s > 0 ||
        shot->speed != 1 || rest < WORTH_SHARE * shot->seconds ||
        half < shot->transition_s + whelk_limits.shot_min_s)
        return false;
    double was = shot->seconds;
    if (lend(l, rest, to)) {
        snprintf(why, sizeof why, "shot %s, still to be made, has the other %.3g s", to, rest);
    } else if (rest >= SHORTEST_S &&
               change_film(l, &(whelk_op){.kind = (char *)"share", .shot = id, .at_s = half})) {
        *second = true;
        snprintf(why, sizeof why, "shot %s, which is new, goes on from it for %.3g s",
                 l->shot[1].id, rest);
    } else if (may_lose(l, rest)) {
        snprintf(why, sizeof why, "the film is %.3g s shorter", rest);
    } else {
        return false;
    }
    if (!*second && !set_seconds(l, id, half))
        return false;
    run_tell(l->run, (struct tell){.kind = "choice"},
             "Shot %s is tried shorter, since no take of %.3g s was good: %.3g s; %s.", id, was,
             half, why);
    return true;
}

/* The new shot, made as any other. */
static bool shoot_second(struct ladder *l, bool *good, whelk_error *err)
{
    struct plates plates;
    struct run *run = l->run;
    struct ladder *second = calloc(1, sizeof *second);
    if (!second || !plates_init(&plates, run, l->film, err)) {
        free(second);
        return second ? false : whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    long cause = run->cause;
    *second = (struct ladder){.run = run,
                              .film = l->film,
                              .index = l->index + 1,
                              .plate_from = plates.from[l->index + 1]};
    second->shot = &l->film->shots[second->index];
    run->shot = second->shot->id;
    run->cause = run_shot_cause(run, run->shot);
    bool done = shoot(second, true, good, err);
    run->shot = l->shot->id;
    run->cause = cause;
    plates_release(&plates);
    free(second);
    return done;
}

/* As it was before the try; the takes that were made stay. */
static void put_back(struct ladder *l, whelk_film *before)
{
    whelk_film tried = *l->film;
    *l->film = *before;
    *before = tried;
    l->shot = &l->film->shots[l->index];
    l->run->shot = l->shot->id;
}

/* The try was made: it is of no use. */
static bool plan_back(struct ladder *l, whelk_film *before, whelk_error *err)
{
    put_back(l, before);
    run_tell(l->run, (struct tell){.kind = "choice"},
             "Shot %s is as long as it was: shorter it is not good either.", l->shot->id);
    return run_save_film(l->run, l->film, NULL, err);
}

/* The try was stopped or failed: the shot is what it was before, and no take of it is good. */
static void give_up(struct ladder *l, whelk_film *before, const struct attempt *best)
{
    char faults[500];
    put_back(l, before);
    review_faults(&best->review, faults, sizeof faults);
    mark(l, faults);
    run_tell(l->run, (struct tell){.kind = "choice"},
             "Shot %s is as long as it was: the shorter one was not finished.", l->shot->id);
    run_save_film(l->run, l->film, NULL, NULL);
}

static bool make_shorter(struct ladder *l, bool anchored, bool second, bool *good, whelk_error *err)
{
    int held_from = l->plate_from;
    if (second && held_from > l->index)
        l->plate_from++;
    l->shot->seed = ladder_next_seed(l->shot->seed);
    l->film->seconds = whelk_film_cut_seconds(l->film);
    bool done = run_save_film(l->run, l->film, NULL, err) && run_goes_on(l->run, err) &&
                make_take(l, anchored, err);
    *good = done && is_good(&l->at[l->count - 1]);
    if (*good && second)
        done = shoot_second(l, good, err);
    l->plate_from = held_from;
    return done;
}

static bool try_shorter(struct ladder *l, const struct attempt *best, bool *good, whelk_error *err)
{
    bool second, done = true;
    char what[80];
    whelk_film *before = whelk_film_copy(l->film);
    if (!before)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    if (!plan_shorter(l, &second)) {
        put_back(l, before);
    } else {
        snprintf(what, sizeof what, "shot %.16s made shorter", l->shot->id);
        done = make_shorter(l, best->anchored, second, good, err) &&
               (!*good || run_save_film(l->run, l->film, what, err));
        if (!done)
            give_up(l, before, best);
        else if (!*good)
            done = plan_back(l, before, err);
    }
    whelk_film_free(before);
    return done;
}

/* --- All of it -------------------------------------------------------------------------------- */

/* `rest`: it is the other half of a shot that was too long; whoever asked for it does what follows
 * where it is not *good. */
static bool shoot(struct ladder *l, bool rest, bool *good, whelk_error *err)
{
    l->prompt = strdup(l->shot->prompt);
    l->anchored = anchor(l->film, l->shot);
    bool shortened = false, begun = l->prompt || whelk_fail(err, WHELK_EFAIL, "no memory");
    bool done = begun && climb(l, err);
    const struct attempt *best = best_of(l);
    if (begun && !done && l->count && is_good(best) && settle(l, best, NULL))
        run_save_film(l->run, l->film, NULL, NULL); /* stopped: the best of those that were made */
    if (done) {
        mark(l, NULL);
        done = settle(l, best, err);
    }
    *good = done && is_good(best);
    if (done && !*good && !rest) {
        *good = shortened = shorten(l, best);
        done = *good || try_shorter(l, best, good, err);
        if (done && !*good)
            fail(l, best);
    }
    char what[80];
    snprintf(what, sizeof what, "shot %.16s shortened", l->shot->id);
    done = done && run_save_film(l->run, l->film, shortened ? what : NULL, err);
    free(l->prompt);
    free(l->anchored);
    return done;
}

bool ladder_shoot(struct run *run, whelk_film *film, int index, int plate_from, whelk_error *err)
{
    struct ladder *l = calloc(1, sizeof *l);
    bool good;
    if (!l)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    *l = (struct ladder){.run = run,
                         .film = film,
                         .shot = &film->shots[index],
                         .index = index,
                         .plate_from = plate_from};
    bool done = shoot(l, false, &good, err);
    free(l);
    return done;
}
