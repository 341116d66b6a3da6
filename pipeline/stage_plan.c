/* Stage one: a storyboard from the prompt. One that is there is kept, hand-made changes included,
 * unless the film asked for is another one; then it is planned anew and the old one stays in
 * history/. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "history.h"
#include "stage.h"

static double asked_number(struct run *run, const char *name)
{
    const cJSON *asked = cJSON_GetObjectItemCaseSensitive(reel_state(run->reel, "plan"), "asked");
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(asked, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static uint64_t asked_seed(struct run *run)
{
    const cJSON *asked = cJSON_GetObjectItemCaseSensitive(reel_state(run->reel, "plan"), "asked");
    const char *text = json_text(asked, "seed");
    return text ? strtoull(text, NULL, 10) : 0;
}

const char *plan_is_another(struct run *run, const whelk_film *film)
{
    const whelk_run_options *o = &run->options;
    double asked_s = asked_number(run, "seconds");
    if (o->seconds > 0 && fabs(o->seconds - (asked_s > 0 ? asked_s : film->seconds)) > 0.01)
        return "another length is asked for";
    int asked_shots = (int)asked_number(run, "shots");
    if (o->shot_count && o->shot_count != (asked_shots ? asked_shots : film->shot_count))
        return "another number of shots is asked for";
    if (o->seed && o->seed != asked_seed(run))
        return "another seed is asked for";
    return NULL;
}

static void remember_request(struct run *run, const whelk_plan_request *request)
{
    cJSON *state = reel_state(run->reel, "plan");
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, request->seed);
    cJSON_DeleteItemFromObjectCaseSensitive(state, "asked");
    cJSON *asked = cJSON_AddObjectToObject(state, "asked");
    cJSON_AddNumberToObject(asked, "seconds", request->seconds);
    if (request->shots)
        cJSON_AddNumberToObject(asked, "shots", request->shots);
    cJSON_AddStringToObject(asked, "seed", seed);
}

/* A planner need not say a word about each shot; the log must. */
static void tell_shots(struct run *run, const whelk_film *film, long since)
{
    for (int i = 0; i < film->shot_count; i++) {
        const whelk_shot *shot = &film->shots[i];
        const struct journal_entry *e =
            journal_last(run->reel->journal, "plan", "choice", shot->id, NULL);
        if ((!e || e->n < since) && shot->why)
            run_tell(run, (struct tell){.kind = "choice", .shot = shot->id}, "%s", shot->why);
    }
}

static void tell_storyboard(struct run *run, const whelk_film *film, long why, const char *text)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "shots", film->shot_count);
    cJSON_AddNumberToObject(data, "seconds", whelk_film_cut_seconds(film));
    run_artifact(run, (struct tell){.why = why, .data = data}, "storyboard.json", text);
}

whelk_plan_request plan_request_of(struct run *run, const whelk_film *old)
{
    const whelk_run_options *o = &run->options;
    return (whelk_plan_request){
        .prompt = run->reel->prompt,
        .card_json = run->info.card_json,
        .seconds = o->seconds > 0 ? o->seconds : asked_number(run, "seconds"),
        .shots = o->shot_count ? o->shot_count : (int)asked_number(run, "shots"),
        .width = o->width || !old ? o->width : old->width,
        .height = o->height || !old ? o->height : old->height,
        .fps = o->fps > 0 || !old ? o->fps : old->fps,
        .seed = o->seed ? o->seed : asked_seed(run),
    };
}

/* A script given now becomes the reel's, so that the film can be planned anew without it; else the
 * one it has. *text stays NULL where there is none; caller's. */
static bool script_of(struct run *run, char **text, whelk_error *err)
{
    char *path = reel_file(run->reel, "script.txt");
    const char *given = run->options.script;
    bool done = path || whelk_fail(err, WHELK_EFAIL, "no memory");
    if (done && given)
        done = file_write(path, given, strlen(given), err);
    if (done && file_exists(path))
        done = file_read(path, whelk_limits.script_bytes, text, NULL, err);
    free(path);
    return done;
}

/* A language model plans; should it fail, the offline planner does where that was allowed. */
static whelk_film *plan_by_model(struct run *run, whelk_plan_request *request, whelk_error *err)
{
    whelk_tool tools[AGENT_TOOLS];
    whelk_error own = {0};
    whelk_film *film = NULL;
    char *replies = reel_file(run->reel, "replies"), *script = NULL;
    request->mends = run->options.mends;
    request->tools = tools;
    request->tool_count = agent_tools(run, tools);
    request->replies_dir = replies;
    if (script_of(run, &script, &own) && run_open_chat(run, &own)) {
        request->script = script;
        request->chat = run->chat;
        film = whelk_plan_llm(request, &run->inner, &own);
    }
    request->replies_dir = request->script = NULL;
    free(replies);
    free(script);
    if (film)
        return film;
    if (!run->options.fallback_offline || own.code == WHELK_EINTERRUPTED) {
        if (err)
            *err = own;
        return NULL;
    }
    run_tell(run, (struct tell){.kind = "warn"},
             "The language model did not give a plan: %s. The offline planner plans instead, as "
             "--fallback allows.",
             own.text);
    return whelk_plan_offline(request, &run->inner, err);
}

static whelk_film *ask_planner(struct run *run, const whelk_film *old, whelk_error *err)
{
    if (!run->reel->prompt) {
        whelk_fail(err, WHELK_EUSAGE, "%s: has no prompt yet; give one", run->reel->path);
        return NULL;
    }
    if (run->options.script && !run->options.llm) {
        whelk_fail(err, WHELK_EUSAGE,
                   "a script is planned by a language model only; set --llm-url (whelk plan -h)");
        return NULL;
    }
    if (!run_open_generator(run, err))
        return NULL;
    whelk_plan_request request = plan_request_of(run, old);
    whelk_film *film = run->options.llm ? plan_by_model(run, &request, err)
                                        : whelk_plan_offline(&request, &run->inner, err);
    if (film)
        remember_request(run, &request);
    return film;
}

static bool plan_anew(struct run *run, const whelk_film *old, whelk_error *err)
{
    long since = run->last_note = run->cause;
    double began = journal_clock(run->reel->journal);
    whelk_film *film = ask_planner(run, old, err);
    if (!film)
        return false;
    tell_shots(run, film, since);
    bool done = run_save_film(run, film, "planned", err);
    if (done) {
        char text[200];
        snprintf(text, sizeof text, "A storyboard of %d shots, %.1f seconds, planned in %.2f s.",
                 film->shot_count, whelk_film_cut_seconds(film),
                 journal_clock(run->reel->journal) - began);
        tell_storyboard(run, film, run->last_note, text);
        snprintf(run->outcome, sizeof run->outcome, "The plan is there: %d shots, %.1f seconds.",
                 film->shot_count, whelk_film_cut_seconds(film));
    }
    whelk_film_free(film);
    return done;
}

/* "16:9" and the other names of shapes, else the size in its lowest terms. */
static bool set_ratio(whelk_film *film)
{
    static const struct {
        const char *name;
        double ratio;
    } shapes[] = {
        {"16:9", 16.0 / 9}, {"9:16", 9.0 / 16}, {"1:1", 1}, {"4:3", 4.0 / 3}, {"2.39:1", 2.39}};
    double ratio = (double)film->width / film->height;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (fabs(ratio / shapes[i].ratio - 1) < 0.01)
            return whelk_set_text(&film->ratio, shapes[i].name);
    int a = film->width, b = film->height;
    while (b) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    char name[32];
    snprintf(name, sizeof name, "%d:%d", film->width / a, film->height / a);
    return whelk_set_text(&film->ratio, name);
}

/* Size and rate change the takes, not the story. *changed: were they others? */
static bool apply_frame(struct run *run, whelk_film *film, bool *changed, whelk_error *err)
{
    const whelk_run_options *o = &run->options;
    bool size = o->width > 0 && (o->width != film->width || o->height != film->height);
    bool rate = o->fps > 0 && fabs(o->fps - film->fps) > 1e-6;
    *changed = size || rate;
    if (!*changed)
        return true;
    if (size) {
        film->width = o->width;
        film->height = o->height;
        if (!set_ratio(film))
            return whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    if (rate)
        film->fps = o->fps;
    run_tell(run, (struct tell){.kind = "choice", .why = run_storyboard_event(run)},
             "The film is now %dx%d at %g frames a second, as asked; its shots stay as planned.",
             film->width, film->height, film->fps);
    return true;
}

/* Is the file another than the one we last wrote? */
static bool changed_by_hand(struct run *run)
{
    const char *known = json_text(reel_state(run->reel, "plan"), "storyboard");
    char *path = reel_file(run->reel, "storyboard.json"), digest[DIGEST_TEXT];
    bool changed =
        path && digest_file(path, digest, NULL) && (!known || strcmp(known, digest) != 0);
    free(path);
    return changed;
}

static bool keep_plan(struct run *run, whelk_film *film, whelk_error *err)
{
    bool by_hand = changed_by_hand(run), framed;
    if (!apply_frame(run, film, &framed, err))
        return false;
    if (by_hand && !history_settle(run->reel, err))
        return false;
    if ((by_hand || framed) &&
        !run_save_film(run, film, framed ? "another size or rate" : "changed by hand", err))
        return false;
    if (by_hand || framed)
        tell_storyboard(run, film, framed ? run->last_note : run_storyboard_event(run),
                        by_hand ? "The storyboard was changed by hand; it is taken as it is."
                                : "The storyboard with the new frame.");
    snprintf(run->outcome, sizeof run->outcome, "The plan stands: %d shots, %.1f seconds.",
             film->shot_count, whelk_film_cut_seconds(film));
    return true;
}

bool stage_plan(struct run *run, whelk_error *err)
{
    run->stage = "plan";
    if (!run_goes_on(run, err))
        return false;
    if (!reel_has(run->reel, "storyboard.json"))
        return plan_anew(run, NULL, err);
    whelk_film *film = reel_load_film(run->reel, err);
    if (!film)
        return false;
    const char *why = plan_is_another(run, film);
    bool done;
    if (why) {
        long n = run_tell(run, (struct tell){.kind = "choice"},
                          "The film is planned anew: %s. The earlier "
                          "storyboard stays in history/.",
                          why);
        run->cause = n ? n : run->cause;
        done = history_settle(run->reel, err) && plan_anew(run, film, err);
    } else {
        done = keep_plan(run, film, err);
    }
    whelk_film_free(film);
    return done;
}
