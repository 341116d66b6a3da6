/* Plan, shoot and cut over a reel with the tiny model of tests/golden: what is made, what is not
 * made again, what a change makes stale, and that every artifact leads back to the prompt. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../generator/generator.h"
#include "../../pipeline/base/digest.h"
#include "../../pipeline/base/file.h"
#include "../../pipeline/reel.h"
#include "../tap.h"

static char root[] = "/tmp/whelk-director-XXXXXX";
static char path[128];
static whelk_error err;
static int cancel_at; /* cancel the run at this progress call; 0 = never */
static int asked;

static bool count_progress(void *ctx, const char *stage, const char *shot, const char *what,
                           double done, double total, double left_s)
{
    (void)ctx, (void)stage, (void)shot, (void)what, (void)done, (void)total, (void)left_s;
    return ++asked != cancel_at;
}

static const whelk_run_options options = {.model_dir = "tests/golden/whelk-tiny", .steps = 2};
static const whelk_listener listener = {.progress = count_progress};

static void set_slots(whelk_shot *s, const char *size)
{
    whelk_shot_set_slot(s, "subject", "cat");
    whelk_shot_set_slot(s, "action", "run");
    whelk_shot_set_slot(s, "place", "beach");
    whelk_shot_set_slot(s, "time", "day");
    whelk_shot_set_slot(s, "size", size);
}

/* Three shots of half a second: two on the beach by day, the third there by night. */
static whelk_film *make_film(void)
{
    whelk_film *f = whelk_film_new();
    whelk_set_text(&f->title, "Beach");
    whelk_set_text(&f->prompt, "a cat runs");
    f->width = 64;
    f->height = 36;
    f->fps = 24;
    f->score.off = true;
    f->places = calloc(1, sizeof *f->places);
    f->place_count = 1;
    whelk_set_text(&f->places[0].id, "beach");
    whelk_set_text(&f->places[0].description, "a beach");
    for (int i = 0; i < 3; i++) {
        whelk_shot *s = whelk_film_add_shot(f, i, &err);
        s->seconds = 0.5;
        s->speed = 1;
        s->seed = 7 + (uint64_t)i;
        whelk_set_text(&s->prompt, "a cat runs on the beach");
        whelk_set_text(&s->place, "beach");
        whelk_set_text(&s->transition, "cut");
        whelk_set_text(&s->why, "The line says so.");
        set_slots(s, i ? "medium" : "wide");
    }
    whelk_shot_set_slot(&f->shots[2], "time", "night");
    f->seconds = whelk_film_cut_seconds(f);
    return f;
}

static whelk_reel *open_reel(void)
{
    err = (whelk_error){0};
    whelk_reel *reel = whelk_reel_open(path, WHELK_REEL_CREATE, &err);
    if (!reel)
        printf("# %s\n", err.text);
    return reel;
}

static bool shoot(void)
{
    whelk_reel *reel = open_reel();
    bool done = reel && whelk_shoot(reel, &options, &listener, &err);
    whelk_reel_close(reel);
    return done;
}

static char *sum(const char *name)
{
    char *file = file_join(path, name), digest[DIGEST_TEXT] = "missing";
    digest_file(file, digest, NULL);
    free(file);
    return strdup(digest);
}

static void same_sum(const char *name, const char *before, bool want, const char *what)
{
    char *now = sum(name);
    ok((strcmp(now, before) == 0) == want, "%s", what);
    free(now);
}

static bool has(const char *name)
{
    char *file = file_join(path, name);
    bool there = file_exists(file);
    free(file);
    return there;
}

static void makes_takes(void)
{
    whelk_film *film = make_film();
    whelk_reel *reel = open_reel();
    ok(reel_set_prompt(reel, "a cat runs", &err) && reel_save_film(reel, film, "planned", &err),
       "a storyboard");
    cancel_at = asked = 0;
    ok(whelk_shoot(reel, &options, &listener, &err), "its shots are made: %s", err.text);
    ok(asked > 6, "with progress");
    const struct journal_entry *e = journal_last(reel->journal, "shoot", "choice", "0020", NULL);
    ok(e && strstr(e->text, "shot 0010"), "the second shot holds the first one's place");
    ok(!journal_last(reel->journal, "shoot", "choice", "0030", NULL),
       "by night it is another place");
    ok(journal_last(reel->journal, "shoot", "review", "0030", NULL) != NULL, "takes are reviewed");
    whelk_reel_close(reel);
    whelk_film_free(film);
    ok(has("clips/0010-t01.mkv") && has("clips/0020-t01.mkv") && has("clips/0030-t01.mkv"),
       "three takes");
    whelk_clip_info info;
    char *clip = file_join(path, "clips/0030-t01.mkv");
    ok(whelk_clip_verify(clip, &info, &err) && info.frames == 12 && info.width == 64,
       "of the size and length asked for");
    free(clip);
}

/* From every artifact the chain of reasons reaches the prompt. */
static void leads_back(const struct journal *j)
{
    int artifacts = 0, lost = 0;
    for (int i = 0; i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i), *chain[100];
        if (strcmp(e->kind, "artifact") != 0)
            continue;
        int count = journal_chain(j, e->n, chain, 100);
        artifacts++;
        lost += strcmp(chain[count - 1]->kind, "prompt") != 0;
    }
    ok(artifacts >= 3 && lost == 0, "%d artifacts, all lead back to the prompt", artifacts);
}

static void resumes(void)
{
    char *first = sum("clips/0010-t01.mkv"), *second = sum("clips/0020-t01.mkv");
    ok(shoot(), "again");
    ok(!has("clips/0010-t02.mkv") && !has("clips/0020-t02.mkv"), "nothing is made anew");

    char *clip = file_join(path, "clips/0020-t01.mkv");
    unlink(clip);
    ok(shoot(), "after a clip was lost");
    same_sum("clips/0020-t01.mkv", second, true, "it is there again, byte for byte");
    free(clip);

    whelk_reel *reel = open_reel();
    leads_back(reel->journal);
    whelk_film *film = reel_load_film(reel, &err);
    film->shots[2].seed = 99;
    reel_save_film(reel, film, "planned", &err);
    whelk_reel_close(reel);
    whelk_film_free(film);
    ok(shoot() && has("clips/0030-t02.mkv"), "a changed shot gets a new take");
    ok(!has("clips/0010-t02.mkv") && !has("clips/0020-t02.mkv"), "the others keep theirs");
    same_sum("clips/0010-t01.mkv", first, true, "untouched");
    free(first);
    free(second);
}

static void ripples(void)
{
    whelk_reel *reel = open_reel();
    whelk_film *film = reel_load_film(reel, &err);
    is_str(film->shots[2].take, "t02", "the storyboard names the take in use");
    film->shots[0].seed = 1234;
    film->shots[2].seed = 1234;
    film->shots[2].locked = true;
    reel_save_film(reel, film, "planned", &err);
    whelk_film_free(film);
    ok(whelk_shoot(reel, &options, NULL, &err), "the first shot has changed");
    film = reel_load_film(reel, &err);
    is_str(film->shots[0].take, "t02", "it is made anew");
    is_str(film->shots[1].take, "t02", "and so is the one that holds its place");
    is_str(film->shots[2].take, "t02", "a locked one keeps its take");

    film->shots[0].seed = 7;
    reel_save_film(reel, film, "planned", &err);
    whelk_film_free(film);
    ok(whelk_shoot(reel, &options, NULL, &err), "the change is taken back");
    film = reel_load_film(reel, &err);
    is_str(film->shots[0].take, "t01", "the old take is used again");
    is_str(film->shots[1].take, "t01", "for both");
    ok(!has("clips/0010-t03.mkv"), "and nothing is made");
    whelk_film_free(film);

    const char *ids[] = {"0020", NULL}, *none[] = {"0021", NULL};
    whelk_run_options more = options;
    more.shots = ids;
    ok(whelk_shoot(reel, &more, NULL, &err) && has("clips/0020-t03.mkv"),
       "another take on request");
    more.shots = none;
    ok(!whelk_shoot(reel, &more, NULL, &err) && err.code == WHELK_EUSAGE, "of a shot there is");
    whelk_reel_close(reel);
}

static void stops(void)
{
    whelk_reel *reel = open_reel();
    whelk_film *film = reel_load_film(reel, &err);
    for (int i = 0; i < 3; i++) {
        film->shots[i].locked = false;
        film->shots[i].seed += 500;
    }
    reel_save_film(reel, film, "planned", &err);
    whelk_film_free(film);
    whelk_reel_close(reel);
    asked = 0;
    cancel_at = 4;
    ok(!shoot() && err.code == WHELK_EINTERRUPTED, "a run that is cancelled ends as interrupted");
    cancel_at = 0;
    reel = whelk_reel_open(path, WHELK_REEL_READ, &err);
    is_str(journal_at(reel->journal, journal_count(reel->journal) - 1)->kind, "end",
           "the log says that it ended");
    whelk_reel_close(reel);
    ok(shoot(), "the next goes on");
}

static void cuts(void)
{
    whelk_reel *reel = open_reel();
    struct stat before, after;
    bool done = whelk_cut(reel, &options, &listener, &err);
    ok(done, "the takes are cut: %s", done ? "" : err.text);
    ok(stat(whelk_reel_film_path(reel), &before) == 0 && before.st_size > 0, "there is a film");
    leads_back(reel->journal);
    ok(whelk_cut(reel, &options, &listener, &err), "again");
    ok(stat(whelk_reel_film_path(reel), &after) == 0 && after.st_ino == before.st_ino,
       "the film stands");
    whelk_reel_close(reel);
    char *clip = file_join(path, "clips/0020-t04.mkv");
    unlink(clip);
    reel = open_reel();
    err = (whelk_error){0};
    ok(!whelk_cut(reel, &options, &listener, &err), "a missing clip is refused");
    has_text(err.text, "0020", "by its shot");
    ok(file_exists(whelk_reel_film_path(reel)), "the film that is there stays");
    whelk_reel_close(reel);
    free(clip);
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    snprintf(path, sizeof path, "%s/beach.reel", root);
    makes_takes();
    resumes();
    ripples();
    stops();
    cuts();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 ? done_testing() : 1;
}
