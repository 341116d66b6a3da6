/* The conductor: makes a run, takes it through the stages, and sees to what they share: notes into
 * the journal, the honest time left for the whole film, the generator, and the end of the run in
 * the log. */
#define _DEFAULT_SOURCE
#include "director.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "change.h"
#include "clean.h"
#include "stage.h"

/* Seconds a cut takes for each second of film, until this reel has told its own figure. */
#define CUT_PACE 0.8
/* Seconds a pixel of a frame takes on two cores, drawn, coded and looked at, and the part of it
 * that is the look: a guess until the first take of a run has told its own. */
#define FRAME_PACE 6e-8
#define LOOK_SHARE 0.25
/* Tokens for a film of four shots: the eight requests of tests/plays/film-good.play hold 21
 * thousand by their bytes; answers with their reasoning are a guess. */
#define FILM_READ 21000.0
#define FILM_WRITTEN 6000.0

/* --- Notes ----------------------------------------------------------------------------------- */

static long take_note(void *ctx, const whelk_note *note)
{
    struct run *run = ctx;
    whelk_note full = *note;
    if (!full.stage)
        full.stage = run->stage;
    if (!full.shot)
        full.shot = run->shot;
    if (!full.why)
        full.why = run->cause;
    long n = journal_write(run->reel->journal, &full);
    if (n && (strcmp(full.kind, "thought") == 0 || strcmp(full.kind, "choice") == 0))
        run->last_note = n;
    if (n && run->listen && run->listen->note)
        run->listen->note(run->listen->ctx, &full);
    return n;
}

long run_tell(struct run *run, struct tell how, const char *fmt, ...)
{
    struct bytes b;
    bytes_init(&b, 1 << 20);
    char small[1024];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int size = vsnprintf(small, sizeof small, fmt, ap);
    char *large = size >= (int)sizeof small ? malloc((size_t)size + 1) : NULL;
    if (large)
        vsnprintf(large, (size_t)size + 1, fmt, again);
    va_end(again);
    va_end(ap);
    char *data = how.data ? cJSON_PrintUnformatted(how.data) : NULL;
    long n = take_note(run, &(whelk_note){.kind = how.kind,
                                          .shot = how.shot,
                                          .why = how.why,
                                          .text = large ? large : small,
                                          .data_json = data});
    cJSON_free(data);
    cJSON_Delete(how.data);
    free(large);
    return n;
}

long run_artifact(struct run *run, struct tell how, const char *file, const char *text)
{
    char *path = reel_file(run->reel, file), digest[DIGEST_TEXT] = "";
    if (!how.data)
        how.data = cJSON_CreateObject();
    cJSON_AddStringToObject(how.data, "file", file);
    if (path && digest_file(path, digest, NULL))
        cJSON_AddStringToObject(how.data, "digest", digest);
    free(path);
    how.kind = "artifact";
    return run_tell(run, how, "%s", text);
}

long run_storyboard_event(const struct run *run)
{
    const struct journal_entry *e =
        journal_last(run->reel->journal, "plan", "artifact", NULL, "storyboard.json");
    if (!e)
        e = journal_last(run->reel->journal, NULL, "prompt", NULL, NULL);
    return e ? e->n : 0;
}

long run_shot_cause(const struct run *run, const char *shot)
{
    const struct journal *j = run->reel->journal;
    const struct journal_entry *e = journal_last(j, "plan", "choice", shot, NULL);
    const struct journal_entry *called = journal_last(j, "direct", "choice", shot, NULL);
    if (called && (!e || called->n > e->n))
        e = called;
    if (!e)
        e = journal_last(j, "plan", NULL, shot, NULL);
    return e ? e->n : run_storyboard_event(run);
}

/* --- Progress -------------------------------------------------------------------------------- */

double run_cut_pace(struct run *run)
{
    const cJSON *cut = run->reel ? reel_state(run->reel, "cut") : NULL,
                *pace = cJSON_GetObjectItemCaseSensitive(cut, "pace");
    return cJSON_IsNumber(pace) && pace->valuedouble > 0 ? pace->valuedouble : CUT_PACE;
}

/* Seconds until the take under way is made and looked at: what takes of this run took, or, for the
 * first, its own steps and what frames usually take. < 0 while nothing is known. */
static double shot_left(const struct run *run, const char *what, double left_s)
{
    double spent = journal_clock(run->reel->journal) - run->shot_began_s;
    if (run->shots_made)
        return fmax(left_s, run->shots_s / run->shots_made - spent);
    bool steps = strcmp(what, "step") == 0;
    return left_s < 0 && steps ? -1 : fmax(left_s, 0) + (steps ? 1 : LOOK_SHARE) * run->frames_s;
}

/* The same for the cut, from the frames behind the first second: what comes before is composing and
 * starting, and says nothing of the rest; nor do the frames of one shot that is made over first. */
static double cut_left(struct run *run, const char *shot, double done, double total, double left_s)
{
    double now_s = journal_clock(run->reel->journal);
    if (done <= 0 || shot)
        return run_cut_pace(run) * run->film_s;
    if (run->cut_from_s <= 0) {
        run->cut_from = done;
        run->cut_from_s = now_s;
    }
    if (done < run->cut_from + total / 20)
        return left_s;
    return (now_s - run->cut_from_s) / (done - run->cut_from) * (total - done);
}

/* Seconds until the film is there. */
static double film_left(struct run *run, const char *shot, const char *what, double done,
                        double total, double left_s)
{
    if (strcmp(run->stage, "cut") == 0)
        return cut_left(run, shot, done, total, left_s);
    double here = shot_left(run, what, left_s);
    if (here < 0)
        return -1;
    double each = run->shots_made ? run->shots_s / run->shots_made
                                  : journal_clock(run->reel->journal) - run->shot_began_s + here;
    return here + each * run->shots_left + (run->cut_follows ? run_cut_pace(run) * run->film_s : 0);
}

void run_begin_take(struct run *run, const whelk_gen_request *r)
{
    run->shot_began_s = journal_clock(run->reel->journal);
    run->frames_s = FRAME_PACE * r->width * r->height * r->fps * r->seconds;
}

static bool pass_progress(void *ctx, const char *stage, const char *shot, const char *what,
                          double done, double total, double left_s)
{
    struct run *run = ctx;
    if (!run->listen || !run->listen->progress)
        return true;
    bool (*tell)(void *, const char *, const char *, const char *, double, double, double) =
        run->listen->progress;
    bool on = tell(run->listen->ctx, stage ? stage : run->stage, shot ? shot : run->shot, what,
                   done, total, left_s);
    bool work =
        strcmp(what, "stage") != 0 && strcmp(what, "wait") != 0 && strcmp(what, "answer") != 0;
    if (!work) { /* it says nothing of the film's time */
        run->cancelled = run->cancelled || !on;
        return on;
    }
    double spent = journal_clock(run->reel->journal) - run->began_s,
           left = film_left(run, shot, what, done, total, left_s);
    on = on &&
         tell(run->listen->ctx, run->stage, NULL, "film", spent, left < 0 ? 0 : spent + left, left);
    run->cancelled = run->cancelled || !on;
    return on;
}

static void pass_live(void *ctx, const char *stage, const char *text, size_t size)
{
    struct run *run = ctx;
    if (run->listen && run->listen->live)
        run->listen->live(run->listen->ctx, stage ? stage : run->stage, text, size);
}

static void pass_picture(void *ctx, const char *shot, const uint8_t *rgb, int width, int height)
{
    struct run *run = ctx;
    run->listen->picture(run->listen->ctx, shot ? shot : run->shot, rgb, width, height);
}

bool run_goes_on(struct run *run, whelk_error *err)
{
    bool on = !run->cancelled;
    if (on && run->listen && run->listen->progress)
        on = run->listen->progress(run->listen->ctx, run->stage, run->shot, "stage", 0, 0, -1);
    run->cancelled = !on;
    if (!on)
        return whelk_fail(err, WHELK_EINTERRUPTED, "stopped on request");
    return journal_check(run->reel->journal, err);
}

/* --- The run --------------------------------------------------------------------------------- */

/* Engine settings that the caller leaves out are those the reel was last shot with; those given are
 * remembered. */
static double keep_number(cJSON *state, const char *name, double given)
{
    if (given > 0) {
        cJSON_DeleteItemFromObjectCaseSensitive(state, name);
        cJSON_AddNumberToObject(state, name, given);
        return given;
    }
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(state, name);
    return cJSON_IsNumber(item) && item->valuedouble > 0 ? item->valuedouble : 0;
}

static const char *keep_text(cJSON *state, const char *name, const char *given, const char *none)
{
    if (given) {
        cJSON_DeleteItemFromObjectCaseSensitive(state, name);
        if (strcmp(given, none) != 0)
            cJSON_AddStringToObject(state, name, given);
    }
    return json_text(state, name);
}

static void keep_cut(struct run *run)
{
    cJSON *state = reel_state(run->reel, "cut");
    whelk_run_options *o = &run->options;
    o->fit = keep_text(state, "fit", o->fit, "auto");
    o->letterbox = keep_text(state, "letterbox", o->letterbox, "none");
    const char *label = o->no_label ? "off" : o->label ? "on" : NULL;
    o->label = keep_text(state, "label", label, "off") != NULL;
}

void run_init(struct run *run, whelk_reel *reel, const whelk_run_options *options,
              const whelk_listener *listen)
{
    static const whelk_run_options none;
    *run = (struct run){.reel = reel, .options = options ? *options : none, .listen = listen};
    run->inner = (whelk_listener){
        .note = take_note, .progress = pass_progress, .live = pass_live, .ctx = run};
    if (listen && listen->picture) /* where nobody looks nothing is drawn */
        run->inner.picture = pass_picture;
    run->stage = "plan";
    run->began_s = journal_clock(reel->journal);
    cJSON *state = reel_state(reel, "shoot");
    run->options.steps = (int)keep_number(state, "steps", run->options.steps);
    run->options.guidance = keep_number(state, "guidance", run->options.guidance);
    run->options.budget = keep_number(state, "budget", run->options.budget);
    keep_cut(run);
    if (!run->options.model_dir)
        run->options.model_dir = json_text(state, "model");
}

void run_release(struct run *run)
{
    whelk_chat_close(run->chat);
    run->chat = NULL;
    whelk_gen_close(run->generator);
    run->generator = NULL;
    cJSON_Delete(run->card);
    run->card = NULL;
}

static const char *known_model(struct run *run)
{
    if (!run->reel)
        return NULL;
    return json_text(reel_state(run->reel, "shoot"), "model");
}

/* A model that was named and is good stays the reel's, as the other settings of the engine do. */
static void remember_model(struct run *run)
{
    if (!run->reel || !run->options.model_dir || run->options.model_dir == known_model(run))
        return;
    cJSON *state = reel_state(run->reel, "shoot");
    char *path = realpath(run->options.model_dir, NULL);
    cJSON_DeleteItemFromObjectCaseSensitive(state, "model");
    if (path)
        cJSON_AddStringToObject(state, "model", path);
    free(path);
}

bool run_open_generator(struct run *run, whelk_error *err)
{
    if (run->generator)
        return true;
    run->generator = whelk_gen_open(&(whelk_gen_options){.model_dir = run->options.model_dir,
                                                         .backend = run->options.backend,
                                                         .vram = run->options.vram,
                                                         .threads = run->options.threads,
                                                         .no_takes = run->only_looks},
                                    err);
    if (!run->generator) {
        if (run->options.model_dir && run->options.model_dir == known_model(run))
            whelk_error_prefix(err, "the model this reel was made with (--model names another)");
        return false;
    }
    remember_model(run);
    whelk_gen_get_info(run->generator, &run->info);
    cJSON_Delete(run->card);
    run->card = run->info.card_json ? cJSON_Parse(run->info.card_json) : NULL;
    return true;
}

double whelk_llm_film_price(const whelk_llm *llm)
{
    return (FILM_READ * llm->price_in + FILM_WRITTEN * llm->price_out) / 1e6;
}

/* The price is told before the first question that costs. */
static bool agree_to_pay(struct run *run, whelk_error *err)
{
    const whelk_llm *l = run->options.llm;
    double film = whelk_llm_film_price(l);
    char text[400];
    if (film <= 0 || !run->options.ask || run->agreed)
        return true;
    int n =
        snprintf(text, sizeof text,
                 "The language model at %.200s costs money: a film of four shots about $%.2g by "
                 "the prices given",
                 l->url, film);
    if (l->max_cost > 0)
        snprintf(text + n, sizeof text - (size_t)n, ", and never more than $%g in one run",
                 l->max_cost);
    run->agreed = run->options.ask(run->options.ask_ctx, WHELK_ASK_PRICE, text);
    return run->agreed || whelk_fail(err, WHELK_EUSAGE,
                                     "%s; nobody agreed to that (--yes does, or a bound by "
                                     "--max-cost)",
                                     text);
}

bool run_open_chat(struct run *run, whelk_error *err)
{
    if (!run->chat && agree_to_pay(run, err))
        run->chat = whelk_chat_open(run->options.llm, err);
    return run->chat != NULL;
}

bool run_save_film(struct run *run, const whelk_film *film, const char *keep, whelk_error *err)
{
    char *path = reel_file(run->reel, "storyboard.json"), digest[DIGEST_TEXT];
    bool done =
        path && reel_save_film(run->reel, film, keep, err) && digest_file(path, digest, err);
    free(path);
    if (!done)
        return false;
    cJSON *state = reel_state(run->reel, "plan");
    cJSON_DeleteItemFromObjectCaseSensitive(state, "storyboard");
    cJSON_AddStringToObject(state, "storyboard", digest);
    return reel_save_state(run->reel, err);
}

static cJSON *date_of_now(void)
{
    char date[32];
    text_now(date);
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "date", date);
    return data;
}

/* Every event goes back to the prompt; a later run hangs on it too. */
static bool begin(struct run *run, whelk_error *err)
{
    whelk_reel *reel = run->reel;
    if (reel->mode == WHELK_REEL_READ)
        return whelk_fail(err, WHELK_EUSAGE, "%s: was opened for reading only", reel->path);
    const char *film = whelk_edit_film_name(run->options.profile);
    if (!film)
        return whelk_fail(err, WHELK_EUSAGE, "there is no profile \"%s\"", run->options.profile);
    if (!reel_set_film(reel, film, err))
        return false;
    if (run->options.prompt && !reel_set_prompt(reel, run->options.prompt, err))
        return false;
    const struct journal_entry *prompt = journal_last(reel->journal, NULL, "prompt", NULL, NULL);
    if (!prompt)
        run->cause = run_tell(run, (struct tell){.kind = "prompt", .data = date_of_now()}, "%s",
                              reel->prompt ? reel->prompt : "No prompt: the storyboard was given.");
    else
        run->cause = prompt->n;
    if (prompt && journal_count(reel->journal) == reel->lines_before)
        run_tell(run, (struct tell){.kind = "work", .data = date_of_now()},
                 "The reel is taken up again.");
    if (reel->dead_holder)
        run_tell(run, (struct tell){.kind = "warn"},
                 "Process %ld ended without closing the reel; what it "
                 "had finished is used.",
                 reel->dead_holder);
    reel->dead_holder = 0;
    return journal_check(reel->journal, err);
}

/* The last lines of a run: what went wrong, and that it is over. */
static void end(struct run *run, bool done, const whelk_error *err)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "code", done ? 0 : err->code);
    double spent = journal_clock(run->reel->journal) - run->began_s;
    cJSON_AddNumberToObject(data, "seconds", (double)(long)(spent * 1000 + 0.5) / 1000);
    bool stopped = !done && err->code == WHELK_EINTERRUPTED;
    run->shot = NULL;
    if (!done && !stopped)
        run->cause = run_tell(run, (struct tell){.kind = "error"}, "%s", err->text);
    if (done && reel_has(run->reel, run->reel->film))
        cJSON_AddStringToObject(data, "film", run->reel->film);
    run_tell(run, (struct tell){.kind = "end", .data = data}, "%s",
             done      ? run->outcome
             : stopped ? "Stopped on request; what is finished is kept."
                       : "The run failed.");
}

typedef bool stage_fn(struct run *run, whelk_error *err);

/* One call from outside: the stages in order until one fails. */
static bool conduct_change(whelk_reel *reel, const whelk_run_options *options,
                           const struct change *change, const whelk_listener *listen,
                           stage_fn *const *stages, whelk_error *err)
{
    whelk_error own = {0};
    struct run run;
    run_init(&run, reel, options, listen);
    run.change = change;
    for (stage_fn *const *s = stages; *s; s++)
        run.cut_follows = run.cut_follows || *s == stage_cut;
    bool begun = begin(&run, &own), done = begun;
    for (; done && *stages; stages++)
        done = (*stages)(&run, &own);
    run_release(&run);
    if (done)
        done = reel_save_state(reel, &own);
    if (begun)
        end(&run, done, &own);
    if (done)
        done = journal_check(reel->journal, &own);
    if (!done && err)
        *err = own;
    return done;
}

/* A person is to look before it goes on. */
static bool pause_here(struct run *run, whelk_error *err)
{
    (void)err;
    bool plan = run->options.pause_at == WHELK_PAUSE_PLAN;
    run_tell(run, (struct tell){.kind = "choice", .why = run_storyboard_event(run)},
             "Paused at the %s, as asked: a person looks before it goes on.",
             plan ? "plan" : "takes");
    snprintf(run->outcome, sizeof run->outcome, "Paused at the %s, for you to look.",
             plan ? "plan" : "takes");
    return true;
}

static bool conduct(whelk_reel *reel, const whelk_run_options *options,
                    const whelk_listener *listen, stage_fn *const *stages, whelk_error *err)
{
    return conduct_change(reel, options, NULL, listen, stages, err);
}

bool whelk_plan(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
                whelk_error *err)
{
    return conduct(reel, options, listen, (stage_fn *const[]){stage_plan, NULL}, err);
}

bool whelk_shoot(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
                 whelk_error *err)
{
    return conduct(reel, options, listen, (stage_fn *const[]){stage_shoot, NULL}, err);
}

bool whelk_cut(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
               whelk_error *err)
{
    return conduct(reel, options, listen, (stage_fn *const[]){stage_cut, NULL}, err);
}

bool whelk_run(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
               whelk_error *err)
{
    enum whelk_pause pause = options ? options->pause_at : WHELK_PAUSE_NONE;
    if (pause == WHELK_PAUSE_PLAN)
        return conduct(reel, options, listen, (stage_fn *const[]){stage_plan, pause_here, NULL},
                       err);
    if (pause == WHELK_PAUSE_TAKES)
        return conduct(reel, options, listen,
                       (stage_fn *const[]){stage_plan, stage_direct, stage_shoot, pause_here, NULL},
                       err);
    return conduct(reel, options, listen,
                   (stage_fn *const[]){stage_plan, stage_direct, stage_shoot, stage_cut, NULL},
                   err);
}

bool reel_change(whelk_reel *reel, const whelk_run_options *options, const struct change *change,
                 const whelk_listener *listen, whelk_error *err)
{
    return conduct_change(reel, options, change, listen, (stage_fn *const[]){stage_change, NULL},
                          err);
}

bool reel_ask_change(whelk_reel *reel, const whelk_run_options *options, struct asked *asked,
                     const whelk_listener *listen, whelk_error *err)
{
    const struct change change = {.asked = asked};
    return conduct_change(reel, options, &change, listen, (stage_fn *const[]){stage_ask, NULL},
                          err);
}

bool reel_clean(whelk_reel *reel, const struct waste *w, const char *reason,
                const whelk_listener *listen, whelk_error *err)
{
    const struct change change = {.waste = w, .reason = reason};
    waste_make_room(w, reel);
    return conduct_change(reel, NULL, &change, listen, (stage_fn *const[]){stage_clean, NULL}, err);
}
