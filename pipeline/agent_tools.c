/* What a language model may have done for it while it plans and directs: the table that storyboard/
 * calls, filled here because only pipeline/ knows every part. Each tool answers in JSON or in a
 * sentence; what it changes goes through the same doors as a person's commands. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "change.h"
#include "stage.h"

/* Seconds that a second of a 1280x720 shot takes to make, until this reel has told its own. */
#define TAKE_PACE 1.5
#define PACE_PIXELS (1280.0 * 720.0)

/* An object as text; takes it over. */
static char *print(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

static const char *const no_arguments = "{\"type\":\"object\",\"properties\":{}}";
#define SHOT_PROPERTY "\"shot\":{\"type\":\"string\",\"description\":\"its id, such as 0020\"}"

/* --- Looking ---------------------------------------------------------------------------------- */

static char *list_capabilities(void *ctx, const char *arguments, long why, whelk_error *err)
{
    struct run *run = ctx;
    (void)arguments, (void)why;
    if (!run_open_generator(run, err))
        return NULL;
    return text_format("%s", run->info.card_json ? run->info.card_json : "{}");
}

/* Seconds of work a frame, as the takes of this reel have shown; 0 = there are none. */
static double frame_pace(const struct run *run)
{
    double work = 0, shown = 0;
    for (int i = 0; run->reel && i < journal_count(run->reel->journal); i++) {
        const struct journal_entry *e = journal_at(run->reel->journal, i);
        double frames = json_number(e->object, "frames");
        if (strcmp(e->kind, "work") == 0 && e->shot && frames > 0) {
            work += json_number(e->object, "seconds");
            shown += frames;
        }
    }
    return shown > 0 ? work / shown : 0;
}

double run_takes_pace(const struct run *run, double seconds, int width, int height, double fps,
                      bool *known)
{
    double a_frame = frame_pace(run);
    if (known)
        *known = a_frame > 0;
    return a_frame > 0 ? a_frame * fps * seconds
                       : TAKE_PACE * seconds * width * height / PACE_PIXELS;
}

static char *estimate(void *ctx, const char *arguments, long why, whelk_error *err)
{
    struct run *run = ctx;
    (void)why, (void)err;
    cJSON *asked = cJSON_Parse(arguments), *o = cJSON_CreateObject();
    double seconds = json_number(asked, "seconds");
    bool known;
    int width = run->options.width ? run->options.width : 1280;
    int height = run->options.height ? run->options.height : 720;
    double fps = run->options.fps > 0 ? run->options.fps : 24;
    double work = run_takes_pace(run, seconds, width, height, fps, &known);
    cJSON_AddNumberToObject(o, "film_s", seconds);
    cJSON_AddNumberToObject(o, "render_s", (double)(long)(work * 10 + 0.5) / 10);
    cJSON_AddNumberToObject(o, "price_usd", 0);
    cJSON_AddStringToObject(o, "basis",
                            known ? "the takes of this reel" : "a usual machine with two cores");
    cJSON_Delete(asked);
    return print(o);
}

static char *check_storyboard(void *ctx, const char *arguments, long why, whelk_error *err)
{
    struct run *run = ctx;
    (void)arguments, (void)why;
    whelk_film *film = reel_load_film(run->reel, err);
    enum shot_state *states = film ? calloc((size_t)film->shot_count + 1, sizeof *states) : NULL;
    char *text = NULL;
    if (states && shot_states(run, film, states, err)) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "seconds", whelk_film_cut_seconds(film));
        cJSON *without = cJSON_AddArrayToObject(o, "shots_without_a_good_take");
        for (int i = 0; i < film->shot_count; i++)
            if (states[i] != SHOT_CLEAN)
                cJSON_AddItemToArray(without, cJSON_CreateString(film->shots[i].id));
        text = print(o);
    }
    free(states);
    whelk_film_free(film);
    return text;
}

/* The last review of the shot, in words and figures. */
static char *last_review(struct run *run, const char *shot)
{
    const struct journal_entry *e = journal_last(run->reel->journal, NULL, "review", shot, NULL);
    return e ? cJSON_PrintUnformatted(e->object) : NULL;
}

static char *call_review(void *ctx, const char *arguments, long why, whelk_error *err)
{
    cJSON *asked = cJSON_Parse(arguments);
    char *text = last_review(ctx, json_text(asked, "shot"));
    (void)why;
    if (!text)
        whelk_fail(err, WHELK_EUSAGE, "shot %s has no take to review; render it",
                   json_text(asked, "shot"));
    cJSON_Delete(asked);
    return text;
}

/* --- Making ----------------------------------------------------------------------------------- */

/* Shoots one shot anew as the stage of shooting does, with this event as the cause. */
static bool shoot(struct run *run, const char *shot, whelk_error *err)
{
    const char *const shots[] = {shot, NULL}, *const *before = run->options.shots;
    const char *stage = run->stage;
    long cause = run->cause;
    run->options.shots = shots;
    bool done = stage_shoot(run, err);
    run->options.shots = before;
    run->stage = stage;
    run->cause = cause;
    run->shot = NULL;
    return done;
}

static char *tell_take(struct run *run, const char *shot, whelk_error *err)
{
    whelk_film *film = reel_load_film(run->reel, err);
    const whelk_shot *s = film ? whelk_film_shot(film, shot) : NULL;
    char *review = last_review(run, shot), *text = NULL;
    if (s) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "shot", shot);
        cJSON_AddNumberToObject(o, "seconds", s->seconds);
        cJSON_AddStringToObject(o, "take", s->take ? s->take : "none");
        cJSON *all = cJSON_AddArrayToObject(o, "shots_of_the_film"); /* one may have been shared */
        for (int i = 0; i < film->shot_count; i++)
            cJSON_AddItemToArray(all, cJSON_CreateString(film->shots[i].id));
        if (review)
            cJSON_AddRawToObject(o, "review", review);
        text = print(o);
    }
    free(review);
    whelk_film_free(film);
    return text;
}

/* The state of one shot; -1 = there is none such. */
static int state_of(struct run *run, const char *shot, whelk_error *err)
{
    whelk_film *film = reel_load_film(run->reel, err);
    enum shot_state *states = film ? calloc((size_t)film->shot_count + 1, sizeof *states) : NULL;
    int state = -1;
    if (states && shot_states(run, film, states, err))
        for (int i = 0; i < film->shot_count; i++)
            if (strcmp(film->shots[i].id, shot) == 0)
                state = (int)states[i];
    if (film && state < 0)
        whelk_fail(err, WHELK_EUSAGE, "there is no shot %.20s; there are %s to %s", shot,
                   film->shots[0].id, film->shots[film->shot_count - 1].id);
    free(states);
    whelk_film_free(film);
    return state;
}

static char *render_shot(void *ctx, const char *arguments, long why, whelk_error *err)
{
    struct run *run = ctx;
    cJSON *asked = cJSON_Parse(arguments);
    const char *shot = json_text(asked, "shot");
    (void)why;
    int state = state_of(run, shot, err);
    bool done = state == SHOT_CLEAN || (state >= 0 && shoot(run, shot, err));
    char *text = done ? tell_take(run, shot, err) : NULL;
    cJSON_Delete(asked);
    return text;
}

/* --- Changing --------------------------------------------------------------------------------- */

/* Does the operations as the commands do (change.c), with the call as their cause. */
static bool change(struct run *run, const whelk_op *ops, int count, long why, whelk_error *err)
{
    const struct change asked = {.ops = ops, .op_count = count, .why = why};
    const char *stage = run->stage;
    long cause = run->cause;
    run->change = &asked;
    bool done = stage_change(run, err);
    run->change = NULL;
    run->stage = stage;
    run->cause = cause;
    return done;
}

static whelk_op set(const char *shot, const char *field, const char *value)
{
    return (whelk_op){.kind = (char *)"set",
                      .shot = (char *)shot,
                      .field = (char *)field,
                      .value = (char *)value};
}

static char *reshoot(void *ctx, const char *arguments, long why, whelk_error *err)
{
    struct run *run = ctx;
    cJSON *asked = cJSON_Parse(arguments);
    const char *shot = json_text(asked, "shot"), *prompt = json_text(asked, "prompt");
    whelk_op op = set(shot, "prompt", prompt);
    bool done = (!prompt || change(run, &op, 1, why, err)) && shoot(run, shot, err);
    char *text = done ? tell_take(run, shot, err) : NULL;
    cJSON_Delete(asked);
    return text;
}

static char *set_transition(void *ctx, const char *arguments, long why, whelk_error *err)
{
    cJSON *asked = cJSON_Parse(arguments);
    char seconds[32];
    const char *kind = json_text(asked, "kind"), *shot = json_text(asked, "shot");
    snprintf(seconds, sizeof seconds, "%g",
             strcmp(kind, "cut") ? json_number(asked, "seconds") : 0);
    const whelk_op ops[] = {set(shot, "transition.kind", kind),
                            set(shot, "transition.seconds", seconds)};
    char *text = change(ctx, ops, 2, why, err) ? text_format("set: %s, %s s", kind, seconds) : NULL;
    cJSON_Delete(asked);
    return text;
}

static char *set_score(void *ctx, const char *arguments, long why, whelk_error *err)
{
    static const char *const fields[] = {"mood", "instruments"};
    cJSON *asked = cJSON_Parse(arguments);
    whelk_op ops[3];
    char tempo[32];
    int count = 0;
    for (int i = 0; i < 2; i++)
        if (json_text(asked, fields[i]))
            ops[count++] =
                set(NULL, i ? "score.instruments" : "score.mood", json_text(asked, fields[i]));
    snprintf(tempo, sizeof tempo, "%g", json_number(asked, "tempo_bpm"));
    if (json_number(asked, "tempo_bpm") > 0)
        ops[count++] = set(NULL, "score.tempo_bpm", tempo);
    char *text = change(ctx, ops, count, why, err) ? text_format("set") : NULL;
    cJSON_Delete(asked);
    return text;
}

/* --- The end ---------------------------------------------------------------------------------- */

static char *finish(void *ctx, const char *arguments, long why, whelk_error *err)
{
    struct run *run = ctx;
    cJSON *asked = cJSON_Parse(arguments);
    (void)err;
    run_tell(run, (struct tell){.kind = "choice", .why = why}, "The director is content: %s",
             json_text(asked, "why"));
    cJSON_Delete(asked);
    return text_format("The film is cut now.");
}

int agent_tools(struct run *run, whelk_tool *out)
{
    const whelk_tool tools[] = {
        {.name = "list_capabilities",
         .about = "The video model's capability card, whole.",
         .parameters_json = no_arguments,
         .call = list_capabilities},
        {.name = "estimate",
         .planning = true,
         .call = estimate,
         .about = "How long so many seconds of shots take to render, and the price.",
         .parameters_json = "{\"type\":\"object\",\"required\":[\"seconds\"],\"properties\":{"
                            "\"seconds\":{\"type\":\"number\",\"minimum\":0},"
                            "\"shots\":{\"type\":\"integer\"}}}"},
        {.name = "check_storyboard",
         .call = check_storyboard,
         .parameters_json = no_arguments,
         .about = "The film's length as it stands, and which shots have no good take."},
        {.name = "render_shot",
         .call = render_shot,
         .about =
             "Renders a shot that has no take yet, and says what its review found. One that cannot "
             "be made well may come back shorter, with a new shot that goes on from it.",
         .parameters_json =
             "{\"type\":\"object\",\"required\":[\"shot\"],\"properties\":{" SHOT_PROPERTY "}}"},
        {.name = "review_take",
         .call = call_review,
         .about = "What was measured on the shot's newest take, and what is wrong with it.",
         .parameters_json =
             "{\"type\":\"object\",\"required\":[\"shot\"],\"properties\":{" SHOT_PROPERTY "}}"},
        {.name = "reshoot",
         .call = reshoot,
         .about =
             "Another take of a shot: from another seed, or with another prompt. Earlier takes "
             "are kept.",
         .parameters_json = "{\"type\":\"object\",\"required\":[\"shot\",\"reason\"],"
                            "\"properties\":{" SHOT_PROPERTY ",\"reason\":{\"type\":\"string\"},"
                            "\"prompt\":{\"type\":[\"string\",\"null\"]}}}"},
        {.name = "set_transition",
         .call = set_transition,
         .about = "How a shot leads over to the next.",
         .parameters_json = "{\"type\":\"object\",\"required\":[\"shot\",\"kind\",\"seconds\"],"
                            "\"properties\":{" SHOT_PROPERTY ",\"kind\":{\"type\":\"string\","
                            "\"enum\":[\"cut\",\"crossfade\",\"dip-black\",\"dip-white\"]},"
                            "\"seconds\":{\"type\":\"number\",\"minimum\":0,\"maximum\":2}}}"},
        {.name = "set_score",
         .call = set_score,
         .about = "The music's mood, tempo, instruments.",
         .parameters_json = "{\"type\":\"object\",\"properties\":{\"mood\":{\"type\":\"string\","
                            "\"enum\":[\"playful\",\"calm\",\"epic\",\"tender\",\"mysterious\","
                            "\"joyful\"]},\"tempo_bpm\":{\"type\":[\"number\",\"null\"],"
                            "\"minimum\":30,\"maximum\":240},\"instruments\":{\"type\":"
                            "[\"string\",\"null\"]}}}"},
        {.name = "finish",
         .call = finish,
         .ends = true,
         .about = "The film is good, or no better to be had: it is cut now.",
         .parameters_json = "{\"type\":\"object\",\"required\":[\"why\"],\"properties\":{\"why\":{"
                            "\"type\":\"string\",\"minLength\":1}}}"},
    };
    int count = (int)(sizeof tools / sizeof tools[0]);
    for (int i = 0; i < count; i++) {
        out[i] = tools[i];
        out[i].ctx = run;
    }
    return count;
}
