/* What would be done, without doing it: the request that would open the talk with a language model,
 * byte for byte, or, where none would be asked first, the shots that would get a take and about how
 * long that and the cut would last. Nothing is written, nobody is asked. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

/* Telling what would be sent costs nothing. */
static bool open_chat(struct run *run, whelk_error *err)
{
    run->agreed = true;
    return run_open_generator(run, err) && run_open_chat(run, err);
}

/* What the planner would be asked: of a reel that is not there yet only what is given now. The
 * generator is open. */
static whelk_plan_request request_of(struct run *run, const whelk_film *old)
{
    const whelk_run_options *o = &run->options;
    if (run->reel)
        return plan_request_of(run, old);
    return (whelk_plan_request){.prompt = o->prompt,
                                .card_json = run->info.card_json,
                                .seconds = o->seconds,
                                .shots = o->shot_count,
                                .width = o->width,
                                .height = o->height,
                                .fps = o->fps,
                                .seed = o->seed};
}

static char *planning_request(struct run *run, whelk_error *err)
{
    whelk_tool tools[AGENT_TOOLS];
    if (!open_chat(run, err))
        return NULL;
    whelk_plan_request request = request_of(run, NULL);
    request.script = run->options.script;
    request.chat = run->chat;
    request.tools = tools;
    request.tool_count = agent_tools(run, tools);
    return whelk_plan_llm_request(&request, err);
}

static char *directing_request(struct run *run, const whelk_film *film, whelk_error *err)
{
    whelk_tool tools[AGENT_TOOLS];
    if (!open_chat(run, err))
        return NULL;
    whelk_direct_request request = {.film = film,
                                    .card_json = run->info.card_json,
                                    .chat = run->chat,
                                    .tools = tools,
                                    .tool_count = agent_tools(run, tools)};
    return whelk_direct_llm_request(&request, err);
}

/* --- Work ------------------------------------------------------------------------------------- */

static void add_number(cJSON *o, const char *name, double value)
{
    cJSON_AddNumberToObject(o, name, (double)(long)(value * 1000 + 0.5) / 1000);
}

/* What would be made of a film, as JSON. `cut`: and cut. */
static char *work_of(struct run *run, const whelk_film *film, bool cut, whelk_error *err)
{
    bool *made = calloc((size_t)film->shot_count + 1, sizeof *made);
    cJSON *o = cJSON_CreateObject();
    char *text = NULL;
    bool known = made && (run->reel || run_open_generator(run, err));
    if (known && run->reel)
        known = shots_ahead(run, film, made, err);
    cJSON_AddNumberToObject(o, "version", 1);
    cJSON_AddStringToObject(o, "planner", film->planner ? film->planner : "");
    cJSON *shots = cJSON_AddArrayToObject(o, "shots");
    double seconds = 0;
    int takes = 0;
    for (int i = 0; known && i < film->shot_count; i++) {
        const whelk_shot *s = &film->shots[i];
        bool make = made[i] || !run->reel;
        cJSON *shot = cJSON_CreateObject();
        cJSON_AddStringToObject(shot, "id", s->id);
        add_number(shot, "seconds", s->seconds);
        cJSON_AddStringToObject(shot, "prompt", s->prompt);
        cJSON_AddBoolToObject(shot, "made", make);
        cJSON_AddItemToArray(shots, shot);
        int each = run->options.takes > 1 ? run->options.takes : 1;
        seconds += make ? s->seconds * each : 0;
        takes += make ? each : 0;
    }
    double film_s = whelk_film_cut_seconds(film);
    add_number(o, "film_s", film_s);
    cJSON_AddNumberToObject(o, "takes", takes);
    add_number(o, "takes_s",
               run_takes_pace(run, seconds, film->width, film->height, film->fps, NULL));
    if (cut)
        add_number(o, "cut_s", run_cut_pace(run) * film_s);
    if (run->options.llm && run->options.llm->sees)
        cJSON_AddNumberToObject(o, "looks", takes);
    text = known ? cJSON_PrintUnformatted(o) : NULL;
    if (!text && !(err && err->code))
        whelk_fail(err, WHELK_EFAIL, "no memory");
    free(made);
    cJSON_Delete(o);
    return text;
}

/* The film as the offline planner would plan it now. */
static whelk_film *plan_offline(struct run *run, const whelk_film *old, whelk_error *err)
{
    if (!run_open_generator(run, err))
        return NULL;
    whelk_plan_request request = request_of(run, old);
    return whelk_plan_offline(&request, NULL, err);
}

/* --- The three questions ---------------------------------------------------------------------- */

static void init(struct run *run, whelk_reel *reel, const whelk_run_options *options)
{
    *run = (struct run){.options = *options, .reel = reel, .stage = "plan"};
    if (reel) {
        run_init(run, reel, options, NULL);
        reel->only_looks = true;
    }
    run->only_looks = true;
}

char *whelk_plan_dry_run(whelk_reel *reel, const whelk_run_options *options, whelk_error *err)
{
    struct run run;
    init(&run, reel, options);
    char *text = NULL;
    if (options->llm)
        text = planning_request(&run, err);
    else
        whelk_fail(err, WHELK_EUSAGE,
                   "no language model is set, so nothing would be sent: the offline planner plans");
    run_release(&run);
    return text;
}

/* The film with the frame that is asked for now. */
static char *rest_of(struct run *run, whelk_film *film, whelk_error *err)
{
    const whelk_run_options *o = &run->options;
    film->width = o->width > 0 ? o->width : film->width;
    film->height = o->height > 0 ? o->height : film->height;
    film->fps = o->fps > 0 ? o->fps : film->fps;
    return direct_is_wanted(run, film) ? directing_request(run, film, err)
                                       : work_of(run, film, true, err);
}

char *whelk_run_dry_run(whelk_reel *reel, const whelk_run_options *options, whelk_error *err)
{
    struct run run;
    init(&run, reel, options);
    bool there = reel && reel_has(reel, "storyboard.json");
    whelk_film *film = there ? reel_load_film(reel, err) : NULL;
    bool fine = film || !there, anew = fine && (!film || plan_is_another(&run, film));
    char *text = NULL;
    if (anew && options->llm) {
        text = planning_request(&run, err);
    } else if (fine) {
        whelk_film *now = anew ? plan_offline(&run, film, err) : film;
        text = now ? rest_of(&run, now, err) : NULL;
        if (now != film)
            whelk_film_free(now);
    }
    whelk_film_free(film);
    run_release(&run);
    return text;
}

char *whelk_shoot_dry_run(whelk_reel *reel, const whelk_run_options *options, whelk_error *err)
{
    struct run run;
    init(&run, reel, options);
    whelk_film *film = reel_load_film(reel, err);
    char *text = film ? work_of(&run, film, false, err) : NULL;
    whelk_film_free(film);
    run_release(&run);
    return text;
}
