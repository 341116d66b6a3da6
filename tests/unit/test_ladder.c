/* A shot until it is good: of several takes the best is used; one that cannot be good goes up the
 * ladder, is marked as failed, and is in the film all the same, which says so; previews are no
 * takes. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../generator/generator.h"
#include "../../pipeline/base/file.h"
#include "../../pipeline/reel.h"
#include "../../pipeline/shoot.h"
#include "../tap.h"

static char root[] = "/tmp/whelk-ladder-XXXXXX";
static char path[128];
static whelk_error err;
static const whelk_run_options quick = {.model_dir = "generator/weights", .steps = 4};

static void set_shot(whelk_shot *s, const char *action, const char *size)
{
    const char *const slots[][2] = {{"subject", "cat"}, {"action", action}, {"place", "pool"},
                                    {"time", "day"},    {"size", size},     {"colour", "orange"}};
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        whelk_shot_set_slot(s, slots[i][0], slots[i][1]);
    s->seconds = 1.5;
    s->speed = 1;
    s->seed = 5;
    whelk_set_text(&s->prompt, "a cat by the pool");
    whelk_set_text(&s->place, "pool");
    whelk_set_text(&s->transition, "cut");
    whelk_set_text(&s->why, "The line says so.");
    s->characters = calloc(1, sizeof *s->characters);
    s->character_count = 1;
    whelk_set_text(&s->characters[0], "cat");
}

static void save_film(whelk_reel *reel)
{
    whelk_film *f = whelk_film_new();
    whelk_set_text(&f->title, "Pool");
    whelk_set_text(&f->prompt, "a cat");
    f->width = 128;
    f->height = 72;
    f->fps = 24;
    f->score.off = true;
    f->places = calloc(1, sizeof *f->places);
    f->characters = calloc(1, sizeof *f->characters);
    f->place_count = f->character_count = 1;
    whelk_set_text(&f->places[0].id, "pool");
    whelk_set_text(&f->places[0].description, "a pool by day");
    whelk_set_text(&f->characters[0].id, "cat");
    whelk_set_text(&f->characters[0].description, "an orange cat");
    set_shot(whelk_film_add_shot(f, 0, &err), "walk", "wide");
    set_shot(whelk_film_add_shot(f, 1, &err), "dive", "wide");
    f->seconds = whelk_film_cut_seconds(f);
    ok(reel_set_prompt(reel, "a cat", &err) && reel_save_film(reel, f, "planned", &err),
       "a storyboard");
    whelk_film_free(f);
}

static whelk_film *film_of(whelk_reel *reel)
{
    whelk_film *f = reel_load_film(reel, &err);
    if (!f)
        printf("# %s\n", err.text);
    return f;
}

static int count_of(const whelk_reel *reel, const char *kind, const char *shot)
{
    int count = 0;
    for (int i = 0; i < journal_count(reel->journal); i++) {
        const struct journal_entry *e = journal_at(reel->journal, i);
        count += strcmp(e->kind, kind) == 0 && e->shot && strcmp(e->shot, shot) == 0;
    }
    return count;
}

static double noted(const struct journal_entry *e, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(e->object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

/* The score that the journal has for a take of shot 0020. */
static double score_of(const whelk_reel *reel, const char *take)
{
    for (int i = journal_count(reel->journal) - 1; i >= 0; i--) {
        const struct journal_entry *e = journal_at(reel->journal, i);
        const char *is = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(e->object, "take"));
        if (strcmp(e->kind, "review") == 0 && strcmp(e->shot, "0020") == 0 && strcmp(is, take) == 0)
            return noted(e, "score");
    }
    return -1;
}

/* Only 0020 is asked for: it holds nothing, so nothing but its takes is made. */
static void picks_the_best(whelk_reel *reel)
{
    static const char *const ids[] = {"0020", NULL};
    whelk_run_options o = quick;
    o.takes = 3;
    o.shots = ids;
    o.seed = 11;
    ok(whelk_shoot(reel, &o, NULL, &err), "three takes of one shot: %s", err.text);
    is_int(count_of(reel, "review", "0020"), 3, "each is reviewed");
    is_int(count_of(reel, "artifact", "0010"), 0, "no other shot is made");
    whelk_film *f = film_of(reel);
    double best = score_of(reel, f->shots[1].take);
    ok(best > 0 && best >= score_of(reel, "t01") && best >= score_of(reel, "t02") &&
           best >= score_of(reel, "t03"),
       "the one with the best score is used (%s: %.3f of %.3f, %.3f, %.3f)", f->shots[1].take, best,
       score_of(reel, "t01"), score_of(reel, "t02"), score_of(reel, "t03"));
    const struct journal_entry *e = journal_last(reel->journal, "shoot", "choice", "0020", NULL);
    ok(e && strstr(e->text, "Of 3 takes") && strstr(e->text, f->shots[1].take), "with its reason");
    enum shot_state states[2];
    struct run run;
    run_init(&run, reel, &quick, NULL);
    ok(shot_states(&run, f, states, &err) && states[1] == SHOT_CLEAN && states[0] == SHOT_MISSING,
       "its seed is in the storyboard: it stands");
    run_release(&run);
    whelk_film_free(f);
    ok(whelk_shoot(reel, &quick, NULL, &err), "the rest is made");
    is_int(count_of(reel, "review", "0020"), 3, "the shot that stands is not");
}

static void previews(whelk_reel *reel)
{
    char *storyboard = reel_file(reel, "storyboard.json"), *before = NULL, *after = NULL;
    whelk_run_options o = quick;
    o.preview = true;
    file_read(storyboard, 1 << 20, &before, NULL, &err);
    ok(!whelk_cut(reel, &o, NULL, &err) && strstr(err.text, "--preview"),
       "previews that are not there are not cut, and the cure is told");
    ok(whelk_shoot(reel, &o, NULL, &err), "previews are made: %s", err.text);
    file_read(storyboard, 1 << 20, &after, NULL, &err);
    ok(reel_has(reel, "clips/0010-preview.mkv") && reel_has(reel, "clips/0020-preview.mkv"),
       "under names of their own");
    is_str(after, before, "the storyboard does not know of them");
    whelk_clip_info info;
    char *clip = reel_file(reel, "clips/0020-preview.mkv");
    whelk_clip *c = whelk_clip_open(clip, &info, &err);
    ok(c && info.fps == 12 && info.frames == 18, "at twelve frames a second");
    whelk_clip_close(c);
    ok(whelk_cut(reel, &o, NULL, &err) && reel_has(reel, "preview/film.mp4") &&
           !reel_has(reel, "film.mp4"),
       "cut when asked, and not into the film: %s", err.text);
    free(clip);
    free(storyboard);
    free(before);
    free(after);
}

/* Where the place is a black picture of the user's no take can be good. */
static void fails(whelk_reel *reel)
{
    static uint8_t black[224 * 96 * 3];
    char *picture = reel_file(reel, "black.png");
    whelk_film *f = film_of(reel);
    ok(whelk_picture_write(picture, black, 224, 96, &err), "a black picture");
    whelk_set_text(&f->shots[1].first_frame, "black.png");
    whelk_set_text(&f->shots[1].prompt, "a cat");
    f->shots[0].locked = true;
    reel_save_film(reel, f, "planned", &err);
    whelk_film_free(f);
    int before = count_of(reel, "review", "0020");
    err = (whelk_error){0};
    ok(whelk_run(reel, &quick, NULL, &err), "the run goes through: %s", err.text);
    is_int(count_of(reel, "review", "0020") - before, 3, "after three takes");
    const struct journal_entry *e = journal_last(reel->journal, "shoot", "warn", "0020", NULL);
    ok(e && strstr(e->text, "failed"), "the shot is said to have failed");
    bool anchored = false;
    for (int i = 0; i < journal_count(reel->journal); i++)
        anchored = anchored || strstr(journal_at(reel->journal, i)->text, "repeats who and where");
    ok(anchored, "the last of them with a prompt that repeats who and where");
    f = film_of(reel);
    const char *fault = shot_failure(reel, &f->shots[1]);
    ok(fault != NULL, "it is marked: %s", fault ? fault : "");
    ok(shot_failure(reel, &f->shots[0]) == NULL, "the other is not");
    enum shot_state states[2];
    struct run run;
    run_init(&run, reel, &quick, NULL);
    ok(shot_states(&run, f, states, &err) && states[1] == SHOT_FAILED, "failed is a state of it");
    run_release(&run);
    ok(reel_has(reel, "film.mp4"), "the film is cut all the same");
    e = journal_last(reel->journal, "cut", "warn", "0020", NULL);
    ok(e && strstr(e->text, "though it has failed"), "with the warning");
    e = journal_at(reel->journal, journal_count(reel->journal) - 1);
    ok(strstr(e->text, "Failed: 0020") != NULL, "and at the end: %s", e->text);
    f->shots[1].locked = true;
    ok(shot_failure(reel, &f->shots[1]) == NULL, "one that is locked was accepted");
    whelk_film_free(f);
    free(picture);

    before = count_of(reel, "review", "0020");
    ok(whelk_run(reel, &quick, NULL, &err) && count_of(reel, "review", "0020") == before,
       "the next run does not try again by itself");
}

static char asked[700];

static bool say_yes(void *ctx, enum whelk_question what, const char *text)
{
    if (what == WHELK_ASK_FAILED)
        snprintf(asked, sizeof asked, "%s", text);
    ++*(int *)ctx;
    return true;
}

/* The same black picture with somebody to ask. */
static void is_accepted(whelk_reel *reel)
{
    int times = 0;
    whelk_film *f = film_of(reel);
    f->shots[1].locked = false;
    whelk_set_text(&f->shots[1].prompt, "an orange cat; a pool by day: a cat");
    f->shots[1].seed = 77;
    reel_save_film(reel, f, "planned", &err);
    whelk_film_free(f);
    whelk_run_options o = quick;
    o.ask = say_yes;
    o.ask_ctx = &times;
    ok(whelk_shoot(reel, &o, NULL, &err), "takes that fail, with a person there: %s", err.text);
    ok(times == 1 && strstr(asked, "0020") && strstr(asked, "Is it to be accepted?"),
       "who is asked once: %s", asked);
    f = film_of(reel);
    ok(f->shots[1].locked && !shot_failure(reel, &f->shots[1]), "a yes locks the shot to its take");
    const struct journal_entry *e = journal_last(reel->journal, "shoot", "choice", "0020", NULL);
    ok(e && strstr(e->text, "accepted by the person"), "and the log says whose choice it is");
    whelk_film_free(f);
}

/* Asks to stop as soon as a shot is tried shorter. */
static long hear_shorter(void *ctx, const whelk_note *note)
{
    *(bool *)ctx = *(bool *)ctx || strstr(note->text, "is tried shorter") != NULL;
    return 0;
}

static bool goes_on(void *ctx, const char *stage, const char *shot, const char *what, double done,
                    double total, double left_s)
{
    (void)stage, (void)shot, (void)what, (void)done, (void)total, (void)left_s;
    return !*(bool *)ctx;
}

/* A longer shot on the black picture, which is no dive: the last rung makes it shorter. */
static void is_stopped_shorter(whelk_reel *reel)
{
    bool tried = false;
    whelk_listener listen = {.ctx = &tried, .note = hear_shorter, .progress = goes_on};
    whelk_film *f = film_of(reel);
    f->shots[1].locked = false;
    whelk_shot_set_slot(&f->shots[1], "action", "walk");
    f->shots[1].seconds = 2.5;
    f->seconds = whelk_film_cut_seconds(f);
    reel_save_film(reel, f, "planned", &err);
    whelk_film_free(f);
    err = (whelk_error){0};
    ok(!whelk_shoot(reel, &quick, &listen, &err) && err.code == WHELK_EINTERRUPTED && tried,
       "a stop while a shot is tried shorter: %s", err.text);
    err = (whelk_error){0};
    f = film_of(reel);
    is_int(f->shot_count, 2, "leaves no new shot");
    is_near(f->shots[1].seconds, 2.5, 1e-9, "and the length that it had");
    enum shot_state states[8];
    struct run run;
    run_init(&run, reel, &quick, NULL);
    ok(shot_states(&run, f, states, &err) && states[1] == SHOT_FAILED,
       "with the best of its takes, none of which is good");
    run_release(&run);
    whelk_film_free(f);
}

static void shortens(void)
{
    whelk_shot shot = {.seconds = 2.5};
    struct look look = {.frames = 60, .fps = 24, .good_until_s = 1.5};
    double good = 0;
    ok(ladder_shorten(&shot, &look, &good), "a take that breaks off is good until then");
    is_near(good, 1.5, 1e-9, "and shown that far");
    shot.trim_in_s = 0.4;
    ok(ladder_shorten(&shot, &look, &good) && fabs(good - 1.1) < 1e-9,
       "a trim at its start counts");
    shot.trim_in_s = 0;
    look.good_until_s = 0.9;
    ok(!ladder_shorten(&shot, &look, &good), "less than a second is no shot");
    look.good_until_s = 1.2;
    ok(!ladder_shorten(&shot, &look, &good), "nor is less than half of it");
    look.good_until_s = 2.5;
    ok(!ladder_shorten(&shot, &look, &good), "what is wrong all along is not mended by it");
    look.good_until_s = 1.5;
    whelk_shot_set_slot(&shot, "action", "dive");
    ok(!ladder_shorten(&shot, &look, &good), "a dive that ends in the air is none");
    whelk_shot_set_slot(&shot, "action", NULL);
    shot.locked = true;
    ok(!ladder_shorten(&shot, &look, &good), "a locked shot is left alone");
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    snprintf(path, sizeof path, "%s/pool.reel", root);
    whelk_reel *reel = whelk_reel_open(path, WHELK_REEL_CREATE, &err);
    if (!reel)
        return 1;
    save_film(reel);
    picks_the_best(reel);
    previews(reel);
    fails(reel);
    is_accepted(reel);
    is_stopped_shorter(reel);
    whelk_reel_close(reel);
    shortens();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 ? done_testing() : 1;
}
