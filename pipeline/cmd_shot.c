/* whelk shot: one shot seen and changed, each change an operation with its reason in the log. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli.h"
#include "reading.h"

/* What the shipped model knows; others may know more. */
static const char *const cameras[] = {"static",    "push-in", "pull-out", "pan-left",
                                      "pan-right", "follow",  NULL};

/* clang-format off */
#define ROWS_WHAT \
    {0, "seconds", OPT_TEXT, "N", CLI_AT(edit.seconds), \
     .help = "how much is made of it; more than a clip where what is done goes on"}, \
    {0, "seed", OPT_TEXT, "N", CLI_AT(edit.seed), .help = "another number, another take"}, \
    {0, "camera", OPT_TEXT, "NAME", CLI_AT(edit.camera), .choices = cameras, \
     .help = "static, push-in, pull-out, pan-left, pan-right, follow"}, \
    {0, "slot", OPT_TEXT, "NAME=VALUE", CLI_AT(edit.slot), \
     .help = "what the model is told: time=night, size=close; NAME= takes it away"}, \
    {0, "first-frame", OPT_TEXT, "FILE", CLI_AT(edit.first_frame), \
     .help = "a picture it is to begin with, copied into the reel"}, \
    {0, "from-previous", OPT_FLAG, NULL, CLI_AT(edit.from_previous), \
     .help = "go on from the shot before: its place, and its actor where it does the same"}, \
    {0, "last-frame", OPT_TEXT, "FILE", CLI_AT(edit.last_frame), \
     .help = "a picture it is to end on, where the model can"}, \
    {0, "narration", OPT_TEXT, "TEXT", CLI_AT(edit.narration), .help = "what is said over it"}, \
    {0, "transition", OPT_TEXT, "KIND", CLI_AT(edit.transition), \
     .help = "to the next shot: cut, crossfade, dip-black, ..."}, \
    {0, "transition-seconds", OPT_TEXT, "N", CLI_AT(edit.transition_s), .help = "how long it takes"}
/* clang-format on */

static const struct opt_row set_rows[] = {
    {0, "prompt", OPT_TEXT, "TEXT", CLI_AT(edit.prompt), .help = "what it shows"},
    ROWS_WHAT,
    {0, "no-first-frame", OPT_FLAG, NULL, CLI_AT(edit.no_first_frame),
     .help = "begin with nothing given"},
    {0, "no-last-frame", OPT_FLAG, NULL, CLI_AT(edit.no_last_frame), .help = "end as it may"},
    {0, "sound", OPT_TEXT, "FILE", CLI_AT(edit.sound),
     .help = "a sound heard with it, copied into the reel"},
    {0, "no-sound", OPT_FLAG, NULL, CLI_AT(edit.no_sound), .help = "takes it away again"},
    {0, "speed", OPT_TEXT, "N", CLI_AT(edit.speed), .help = "2 = twice as fast"},
    {0, "trim-in", OPT_TEXT, "N", CLI_AT(edit.trim_in), .help = "seconds cut off at the start"},
    {0, "trim-out", OPT_TEXT, "N", CLI_AT(edit.trim_out), .help = "seconds cut off at the end"},
    CLI_ROWS_CHANGE,
    {0},
};
static const struct opt_row add_rows[] = {
    {0, "after", OPT_TEXT, "SHOT", CLI_AT(edit.after),
     .help = "the shot it follows, or start; else it is the last"},
    {0, "before", OPT_TEXT, "SHOT", CLI_AT(edit.before), .help = "the shot it precedes"},
    ROWS_WHAT,
    CLI_ROWS_CHANGE,
    {0},
};
static const struct opt_row move_rows[] = {
    {0, "after", OPT_TEXT, "SHOT", CLI_AT(edit.after),
     .help = "the shot it is to follow, or start, or end"},
    {0, "before", OPT_TEXT, "SHOT", CLI_AT(edit.before), .help = "the shot it is to precede"},
    CLI_ROWS_CHANGE,
    {0},
};
static const struct opt_row split_rows[] = {
    {0, "at", OPT_TEXT, "S", CLI_AT(edit.at), .help = "seconds into the shot"},
    CLI_ROWS_CHANGE,
    {0},
};
static const struct opt_row plain_rows[] = {CLI_ROWS_CHANGE, {0}};
static const struct opt_row show_rows[] = {
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of another model, or the name of a pulled one"},
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "as it stands in storyboard.json"},
    {0},
};

/* --- Showing --------------------------------------------------------------------------------- */

static void line(const char *name, const char *text)
{
    if (!text || !*text)
        return;
    printf("%-11s", name);
    show_text(stdout, text, 11, show_width(stdout));
}

static void print_cut(const whelk_shot *s)
{
    printf("%-11s%.4g of %.4g s", "on screen",
           (s->seconds - s->trim_in_s - s->trim_out_s) / s->speed, s->seconds);
    if (s->trim_in_s > 0 || s->trim_out_s > 0)
        printf(", trimmed by %.4g and %.4g s", s->trim_in_s, s->trim_out_s);
    if (s->speed != 1)
        printf(", %.4g times as fast", s->speed);
    printf("\n%-11s%s", "then", s->transition);
    if (s->transition_s > 0)
        printf(" for %.4g s", s->transition_s);
    putchar('\n');
}

static void print_shot(const whelk_shot *s, const char *state)
{
    char text[600] = "";
    line("shot", s->id);
    line("prompt", s->prompt);
    for (int i = 0; i < s->slot_count && strlen(text) < 500; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s %s", i ? ", " : "",
                 s->slots[i].name, s->slots[i].value);
    line("slots", text);
    line("camera", s->camera);
    line("place", s->place);
    print_cut(s);
    line("begins", s->first_frame);
    line("ends", s->last_frame);
    line("said", s->voice_text);
    line("sound", s->effect_sound);
    printf("%-11s%llu\n", "seed", (unsigned long long)s->seed);
    snprintf(text, sizeof text, "%s, %s%s", s->take ? s->take : "none", state,
             s->locked && strcmp(state, "locked") != 0 ? ", locked" : "");
    line("take", text);
    line("why", s->why);
}

static void print_json(whelk_film *film, const char *id)
{
    char *text = whelk_film_json(film, NULL);
    cJSON *tree = text ? cJSON_Parse(text) : NULL, *shot;
    free(text);
    cJSON_ArrayForEach(shot, cJSON_GetObjectItemCaseSensitive(tree, "shots"))
    {
        const char *name = json_text(shot, "id");
        if (!name || strcmp(name, id) != 0)
            continue;
        char seed[24]; /* cJSON has but 53 bits of it */
        snprintf(seed, sizeof seed, "%llu", (unsigned long long)whelk_film_shot(film, id)->seed);
        cJSON_ReplaceItemInObjectCaseSensitive(shot, "seed", cJSON_CreateRaw(seed));
        char *json = cJSON_PrintUnformatted(shot);
        puts(json ? json : "{}");
        cJSON_free(json);
    }
    cJSON_Delete(tree);
}

static bool show_one(const struct reading *r, const char *id, bool json, whelk_error *err)
{
    const whelk_shot *shot = reading_shot(r, id, err);
    if (!shot)
        return false;
    if (json)
        print_json(r->film, id);
    else
        print_shot(shot, reading_state(r, (int)(shot - r->film->shots)));
    return true;
}

static int run_show(struct call *call)
{
    whelk_error err = {0};
    struct reading reading;
    bool json = call->v.json;
    call->show.mode = SHOW_PLAIN;
    if (!cli_need_words(call, 2, 1000, &err) || !reading_open(&reading, call, &err))
        return cli_fail(call, &err);
    bool done = true;
    for (int i = 1; done && i < call->opts.word_count; i++) {
        if (i > 1 && !json)
            putchar('\n');
        done = show_one(&reading, call->opts.words[i], json, &err);
    }
    reading_close(&reading);
    return done ? WHELK_OK : cli_fail(call, &err);
}

/* --- Changing -------------------------------------------------------------------------------- */

static bool set_slot(struct changes *c, const char *shot, const char *given, whelk_error *err)
{
    const char *equals = given ? strchr(given, '=') : NULL;
    char field[64];
    if (!given)
        return true;
    if (!equals || equals == given || equals - given > 40)
        return whelk_fail(err, WHELK_EUSAGE, "--slot is \"%.60s\"; write it like time=night",
                          given);
    snprintf(field, sizeof field, "slots.%.*s", (int)(equals - given), given);
    changes_set(c, shot, field, equals[1] ? equals + 1 : NULL);
    return true;
}

static bool set_first_frame(struct changes *c, const char *shot, const struct cli_edit *e,
                            whelk_error *err)
{
    if ((e->first_frame != NULL) + e->from_previous + e->no_first_frame > 1)
        return whelk_fail(err, WHELK_EUSAGE,
                          "--first-frame, --from-previous and --no-first-frame exclude each other");
    char *path = e->first_frame ? cli_whole_path(e->first_frame, err) : NULL;
    if (e->first_frame && !path)
        return false;
    if (path || e->from_previous || e->no_first_frame)
        changes_set(c, shot, "first_frame", e->from_previous ? "previous" : path);
    free(path);
    return true;
}

/* A file of the user's, or none any more: --NAME FILE, --no-NAME. */
static bool set_file(struct changes *c, const char *shot, const char *field, const char *name,
                     const char *given, bool none, whelk_error *err)
{
    if (given && none)
        return whelk_fail(err, WHELK_EUSAGE, "--%s and --no-%s exclude each other", name, name);
    char *path = given ? cli_whole_path(given, err) : NULL;
    if (given && !path)
        return false;
    if (path || none)
        changes_set(c, shot, field, path);
    free(path);
    return true;
}

/* What is set of a shot. A transition that plays both shots needs a length; half a second is
 * usual. */
static bool set_fields(struct changes *c, const char *shot, const struct cli_edit *e,
                       whelk_error *err)
{
    changes_given(c, shot, "prompt", e->prompt);
    if (e->prompt) /* the planner's reason spoke of other words */
        changes_set(c, shot, "why", e->why ? e->why : "Its words were changed by hand.");
    changes_given(c, shot, "seconds", e->seconds);
    changes_given(c, shot, "seed", e->seed);
    changes_given(c, shot, "camera", e->camera);
    changes_given(c, shot, "speed", e->speed);
    changes_given(c, shot, "trim.in_s", e->trim_in);
    changes_given(c, shot, "trim.out_s", e->trim_out);
    changes_given(c, shot, "voice.text", e->narration);
    if (e->narration)
        changes_set(c, shot, "voice.kind", "narration");
    cli_set_transition(c, shot, e->transition, e->transition_s);
    return set_slot(c, shot, e->slot, err) && set_first_frame(c, shot, e, err) &&
           set_file(c, shot, "last_frame", "last-frame", e->last_frame, e->no_last_frame, err) &&
           set_file(c, shot, "effect_sound", "sound", e->sound, e->no_sound, err);
}

static int change(struct call *call, struct changes *c, bool good, whelk_error *err)
{
    if (good)
        return cli_change(call, c, 0, err);
    whelk_ops_free(c->ops, c->count);
    return cli_fail(call, err);
}

static int run_set(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    bool good = cli_need_words(call, 2, 1000, &err);
    for (int i = 1; good && i < call->opts.word_count; i++)
        good = set_fields(&c, call->opts.words[i], &call->v.edit, &err);
    return change(call, &c, good, &err);
}

/* Where --after and --before put a shot; *after is NULL for the end. Its id is what it follows. */
static bool find_place(struct call *call, const char *moved, char after[8], bool *end,
                       whelk_error *err)
{
    const struct cli_edit *e = &call->v.edit;
    if (e->after && e->before)
        return whelk_fail(err, WHELK_EUSAGE, "--after and --before exclude each other");
    *end = !e->before && (!e->after || strcmp(e->after, "end") == 0);
    snprintf(after, 8, "%s", e->after ? e->after : "start");
    if (!e->before)
        return true;
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, err);
    whelk_film *film = reel ? reel_load_film(reel, err) : NULL;
    const whelk_shot *shot = film ? whelk_film_shot(film, e->before) : NULL;
    if (film && !shot)
        whelk_fail(err, WHELK_EUSAGE, "%s: there is no shot %s", reel->path, e->before);
    int at = shot ? (int)(shot - film->shots) - 1 : -1;
    if (at >= 0 && moved && strcmp(film->shots[at].id, moved) == 0)
        at--; /* it stands there already */
    if (at >= 0)
        snprintf(after, 8, "%s", film->shots[at].id);
    whelk_film_free(film);
    whelk_reel_close(reel);
    return shot != NULL;
}

/* A new shot is added and then set, by the id that it will get. */
static int run_add(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    char after[8], id[8];
    bool end, good = cli_need_words(call, 2, 2, &err) && find_place(call, NULL, after, &end, &err);
    whelk_op *op = good ? changes_add(&c, "add", NULL) : NULL;
    if (op)
        c.failed = !whelk_set_text(&op->value, call->opts.words[1]) ||
                   !whelk_set_text(&op->after, end ? NULL : after);
    good = good && reading_new_id(call, end ? NULL : after, id, &err) &&
           set_fields(&c, id, &call->v.edit, &err);
    if (good && call->v.edit.why)
        changes_set(&c, id, "why", call->v.edit.why);
    return change(call, &c, good, &err);
}

static int run_move(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    char after[8];
    bool end, good = cli_need_words(call, 2, 2, &err);
    if (good && !call->v.edit.after && !call->v.edit.before)
        good = whelk_fail(&err, WHELK_EUSAGE,
                          "move needs --after SHOT or --before SHOT; start and end are places too");
    const char *id = good ? call->opts.words[1] : NULL;
    good = good && find_place(call, id, after, &end, &err);
    if (good && !end && strcmp(after, id) == 0)
        good = whelk_fail(&err, WHELK_EUSAGE, "shot %s cannot be put after itself", id);
    whelk_op *op = good ? changes_add(&c, "move", id) : NULL;
    if (op)
        c.failed = !whelk_set_text(&op->after, end ? NULL : after);
    return change(call, &c, good, &err);
}

static int run_split(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    char *rest = NULL;
    bool good = cli_need_words(call, 2, 2, &err);
    double at = good && call->v.edit.at ? strtod(call->v.edit.at, &rest) : 0;
    if (good && (!rest || rest == call->v.edit.at || *rest))
        good = whelk_fail(&err, WHELK_EUSAGE, "split needs --at and the seconds into the shot");
    whelk_op *op = good ? changes_add(&c, "split", call->opts.words[1]) : NULL;
    if (op)
        op->at_s = at;
    return change(call, &c, good, &err);
}

/* One operation of a kind for each id; a field is set where one is named. */
static int each(struct call *call, const char *kind, const char *field, const char *value)
{
    whelk_error err = {0};
    struct changes c = {0};
    bool good = cli_need_words(call, 2, 1000, &err);
    for (int i = 1; good && i < call->opts.word_count; i++) {
        if (field)
            changes_set(&c, call->opts.words[i], field, value);
        else
            changes_add(&c, kind, call->opts.words[i]);
    }
    return change(call, &c, good, &err);
}

static int run_remove(struct call *call)
{
    return each(call, "remove", NULL, NULL);
}

static int run_merge(struct call *call)
{
    return each(call, "merge", NULL, NULL);
}

static int run_lock(struct call *call)
{
    return each(call, "set", "locked", "true");
}

static int run_unlock(struct call *call)
{
    return each(call, "set", "locked", "false");
}

CLI_VERB(show, show_rows, "REEL show SHOT...", "all about a shot");
CLI_VERB(set, set_rows, "REEL set SHOT...",
         "change what it shows, how long, how it is seen and cut");
CLI_VERB(add, add_rows, "REEL add PROMPT",
         "a new shot, like its neighbour in all that is not said");
CLI_VERB(remove, plain_rows, "REEL remove SHOT...", "take shots out; their takes stay");
CLI_VERB(move, move_rows, "REEL move SHOT", "put a shot elsewhere");
CLI_VERB(split, split_rows, "REEL split SHOT", "two shots of one; both show the take there is");
CLI_VERB(merge, plain_rows, "REEL merge SHOT", "a shot with the one after it");
CLI_VERB(lock, plain_rows, "REEL lock SHOT...", "keep the take in use whatever changes");
CLI_VERB(unlock, plain_rows, "REEL unlock SHOT...", "let the take follow the words again");

static const struct command *const verbs[] = {
    &verb_show,  &verb_set,   &verb_add,  &verb_remove, &verb_move,
    &verb_split, &verb_merge, &verb_lock, &verb_unlock, NULL,
};

const struct command cmd_shot = {
    .name = "shot",
    .summary = "see or change one shot",
    .words = "REEL show|set|add|remove|move|split|merge|lock|unlock SHOT...",
    .examples =
        "  whelk shot cat.reel set 0020 --prompt \"the cat runs at dusk\" -m \"more haste\"\n"
        "  whelk shot cat.reel add \"the cat sleeps\" --after 0040 --camera push-in\n"
        "  whelk shot cat.reel split 0030 --at 1.2\n",
    .verbs = verbs,
    .verb_at = 1,
};
