/* whelk transition, score, grade and voice: what is decided in the cutting room and costs no take.
 * Without anything to set they say how it is. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "../editor/editor.h"
#include "reading.h"

/* --- As it is --------------------------------------------------------------------------------- */

/* Prints what is set now; nothing else is done. */
struct telling {
    void (*print)(const whelk_film *f);              /* for people */
    void (*add)(const whelk_film *f, cJSON *object); /* the same for --json */
};

static int tell_film(struct call *call, struct telling how)
{
    whelk_error err = {0};
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, &err);
    whelk_film *film = reel ? reel_load_film(reel, &err) : NULL;
    if (film && call->v.json) {
        cJSON *object = cJSON_CreateObject();
        how.add(film, object);
        cli_print_json(object);
    } else if (film) {
        how.print(film);
    }
    bool done = film != NULL;
    whelk_film_free(film);
    whelk_reel_close(reel);
    return done ? WHELK_OK : cli_fail(call, &err);
}

static void add_text(cJSON *o, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(o, name, text);
}

/* --- Transitions ----------------------------------------------------------------------------- */

/* One that plays both shots at once needs a length; half a second is usual. A cut has none. */
void cli_set_transition(struct changes *c, const char *shot, const char *kind, const char *seconds)
{
    bool cut = kind && strcmp(kind, "cut") == 0;
    changes_given(c, shot, "transition.kind", kind);
    if (seconds || kind)
        changes_set(c, shot, "transition.seconds", seconds ? seconds : cut ? "0" : "0.5");
}

static const struct opt_row transition_rows[] = {
    {0, "seconds", OPT_TEXT, "N", CLI_AT(edit.seconds), .help = "how long; else half a second"},
    CLI_ROWS_CHANGE,
    {0},
};

/* The last shot's leads nowhere. */
static void print_transitions(const whelk_film *f)
{
    const char *const *names = whelk_edit_transitions();
    char *known = NULL;
    size_t size;
    FILE *list = open_memstream(&known, &size);
    for (int i = 0; list && names[i]; i++)
        fprintf(list, "%s%s", i ? ", " : "", names[i]);
    if (list)
        fclose(list);
    for (int i = 0; i + 1 < f->shot_count; i++) {
        const whelk_shot *s = &f->shots[i];
        const char *kind = s->transition ? s->transition : "cut";
        if (s->transition_s > 0)
            printf("%-7s%s, %g s\n", s->id, kind, s->transition_s);
        else
            printf("%-7s%s\n", s->id, kind);
    }
    print_row(7, "known", "%s", known ? known : "");
    free(known);
}

static void add_transitions(const whelk_film *f, cJSON *o)
{
    cJSON *list = cJSON_AddArrayToObject(o, "transitions");
    for (int i = 0; i + 1 < f->shot_count; i++) {
        const whelk_shot *s = &f->shots[i];
        cJSON *item = cJSON_CreateObject();
        add_text(item, "shot", s->id);
        add_text(item, "kind", s->transition ? s->transition : "cut");
        cJSON_AddNumberToObject(item, "seconds", s->transition_s);
        cJSON_AddItemToArray(list, item);
    }
    cJSON *known = cJSON_AddArrayToObject(o, "known");
    for (const char *const *name = whelk_edit_transitions(); *name; name++)
        cJSON_AddItemToArray(known, cJSON_CreateString(*name));
}

static int run_transition(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    if (!cli_one_reel(call, 3, &err))
        return cli_fail(call, &err);
    if (call->opts.word_count == 1)
        return tell_film(call, (struct telling){print_transitions, add_transitions});
    if (!cli_need_words(call, 3, 3, &err))
        return cli_fail(call, &err);
    cli_set_transition(&c, call->opts.words[1], call->opts.words[2], call->v.edit.seconds);
    return cli_change(call, &c, 0, &err);
}

const struct command cmd_transition = {
    .name = "transition",
    .summary = "how a shot leads to the next",
    .words = "REEL [SHOT KIND]",
    .examples = "  whelk transition cat.reel 0020 crossfade --seconds 0.5\n"
                "  whelk transition cat.reel 0020 wipe-left\n"
                "  whelk transition cat.reel             how they are, and the names there are\n",
    .rows = transition_rows,
    .run = run_transition,
};

/* --- What is set of the film ----------------------------------------------------------------- */

static const char *const moods[] = {"playful",    "calm",   "epic", "tender",
                                    "mysterious", "joyful", NULL};

static const struct opt_row score_rows[] = {
    {0, "mood", OPT_TEXT, "MOOD", CLI_AT(edit.mood), .choices = moods,
     .help = "playful, calm, epic, tender, mysterious or joyful"},
    {0, "tempo", OPT_TEXT, "BPM", CLI_AT(edit.tempo), .help = "beats a minute"},
    {0, "instruments", OPT_TEXT, "NAMES", CLI_AT(edit.instruments),
     .help = "by their General MIDI names, with commas between"},
    {0, "file", OPT_TEXT, "FILE", CLI_AT(edit.file),
     .help = "this music instead, copied into the reel"},
    {0, "none", OPT_FLAG, NULL, CLI_AT(edit.none), .help = "no music"},
    CLI_ROWS_CHANGE,
    {0},
};

static void print_score(const whelk_film *f)
{
    if (f->score.off)
        puts("none");
    else if (f->score.file)
        print_row(13, "file", "%s", f->score.file);
    if (f->score.off || f->score.file)
        return;
    print_row(13, "mood", "%s", f->score.mood ? f->score.mood : "the film's");
    print_row(13, "tempo", "%g", f->score.tempo_bpm);
    print_row(13, "instruments", "%s",
              f->score.instruments ? f->score.instruments : "the mood's own");
}

static void add_score(const whelk_film *f, cJSON *o)
{
    cJSON_AddBoolToObject(o, "off", f->score.off);
    add_text(o, "file", f->score.file);
    add_text(o, "mood", f->score.mood);
    cJSON_AddNumberToObject(o, "tempo_bpm", f->score.tempo_bpm);
    add_text(o, "instruments", f->score.instruments);
}

/* A composed score takes the place of a file, a file that of a composed one; both are heard. */
static int run_score(struct call *call)
{
    const struct cli_edit *e = &call->v.edit;
    whelk_error err = {0};
    struct changes c = {0};
    bool composed = e->mood || e->tempo || e->instruments;
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    if (e->none + (e->file != NULL) + composed > 1) {
        whelk_fail(&err, WHELK_EUSAGE, "--none, --file and a composed score exclude each other");
        return cli_fail(call, &err);
    }
    if (!e->none && !e->file && !composed)
        return tell_film(call, (struct telling){print_score, add_score});
    changes_set(&c, NULL, "score.off", e->none ? "true" : "false");
    changes_given(&c, NULL, "score.mood", e->mood);
    changes_given(&c, NULL, "score.tempo_bpm", e->tempo);
    changes_given(&c, NULL, "score.instruments", e->instruments);
    char *path = e->file ? cli_whole_path(e->file, &err) : NULL;
    if (path || composed)
        changes_set(&c, NULL, "score.file", path);
    free(path);
    if (!err.code)
        return cli_change(call, &c, 0, &err);
    whelk_ops_free(c.ops, c.count);
    return cli_fail(call, &err);
}

const struct command cmd_score = {
    .name = "score",
    .summary = "the film's music: composed, a file, or none",
    .words = "REEL",
    .examples = "  whelk score cat.reel --mood calm --tempo 80\n"
                "  whelk score cat.reel --file waltz.flac\n",
    .rows = score_rows,
    .run = run_score,
};

static const struct opt_row grade_rows[] = {
    {0, "exposure", OPT_TEXT, "STOPS", CLI_AT(edit.exposure), .help = "-4 to 4"},
    {0, "contrast", OPT_TEXT, "N", CLI_AT(edit.contrast),
     .help = "-1 to 1, about the middle grey: less lifts black and dims white"},
    {0, "saturation", OPT_TEXT, "N", CLI_AT(edit.saturation), .help = "-1 (grey) to 1"},
    {0, "warmth", OPT_TEXT, "N", CLI_AT(edit.warmth), .help = "-1 (cold) to 1"},
    {0, "reset", OPT_FLAG, NULL, CLI_AT(edit.reset), .help = "as the takes are, before the others"},
    CLI_ROWS_CHANGE,
    {0},
};

static void print_grade(const whelk_film *f)
{
    printf("exposure     %g\ncontrast     %g\nsaturation   %g\nwarmth       %g\n",
           f->grade.exposure, f->grade.contrast, f->grade.saturation, f->grade.warmth);
}

static void add_grade(const whelk_film *f, cJSON *o)
{
    cJSON_AddNumberToObject(o, "exposure", f->grade.exposure);
    cJSON_AddNumberToObject(o, "contrast", f->grade.contrast);
    cJSON_AddNumberToObject(o, "saturation", f->grade.saturation);
    cJSON_AddNumberToObject(o, "warmth", f->grade.warmth);
}

static int run_grade(struct call *call)
{
    const struct cli_edit *e = &call->v.edit;
    const struct {
        const char *field, *value;
    } rows[] = {{"grade.exposure", e->exposure},
                {"grade.contrast", e->contrast},
                {"grade.saturation", e->saturation},
                {"grade.warmth", e->warmth}};
    whelk_error err = {0};
    struct changes c = {0};
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value || e->reset)
            changes_set(&c, NULL, rows[i].field, rows[i].value);
    if (!c.count && !c.failed)
        return tell_film(call, (struct telling){print_grade, add_grade});
    return cli_change(call, &c, 0, &err);
}

const struct command cmd_grade = {
    .name = "grade",
    .summary = "light and colour of the whole film",
    .words = "REEL",
    .examples = "  whelk grade cat.reel --warmth 0.2 --contrast 0.1\n",
    .rows = grade_rows,
    .run = run_grade,
};

static const char *const voice_kinds[] = {"narration", "dialogue", NULL};
static const char *const yes_no[] = {"yes", "no", NULL};

static const struct opt_row voice_rows[] = {
    {0, "speaker", OPT_TEXT, "NAME", CLI_AT(edit.speaker), .help = "who says it"},
    {0, "kind", OPT_TEXT, "WHAT", CLI_AT(edit.kind), .choices = voice_kinds,
     .help = "narration (else) or dialogue"},
    {0, "none", OPT_FLAG, NULL, CLI_AT(edit.none), .help = "nothing is said over the shot"},
    {0, "captions", OPT_TEXT, "YES|NO", CLI_AT(edit.captions), .choices = yes_no,
     .help = "subtitles of all that is said; no takes off those in the picture too"},
    CLI_ROWS_CHANGE,
    {0},
};

static void print_voice(const whelk_film *f)
{
    printf("captions     %s\n", f->burn_captions ? "in the picture" : f->captions ? "yes" : "no");
    for (int i = 0; i < f->shot_count; i++) {
        const whelk_shot *s = &f->shots[i];
        if (!s->voice_text)
            continue;
        print_row(6, s->id, "%s%s%s", s->voice_name ? s->voice_name : "", s->voice_name ? ": " : "",
                  s->voice_text);
    }
}

static void add_voice(const whelk_film *f, cJSON *o)
{
    cJSON_AddBoolToObject(o, "captions", f->captions || f->burn_captions);
    cJSON_AddBoolToObject(o, "burn_captions", f->burn_captions);
    cJSON *shots = cJSON_AddArrayToObject(o, "shots");
    for (int i = 0; i < f->shot_count; i++) {
        const whelk_shot *s = &f->shots[i];
        if (!s->voice_text)
            continue;
        cJSON *item = cJSON_CreateObject();
        add_text(item, "shot", s->id);
        add_text(item, "voice", s->voice_name);
        add_text(item, "text", s->voice_text);
        cJSON_AddItemToArray(shots, item);
    }
}

static void set_voice(struct changes *c, const char *shot, const char *text,
                      const struct cli_edit *e)
{
    changes_set(c, shot, "voice.text", text);
    changes_set(c, shot, "voice.kind", !text ? NULL : e->kind ? e->kind : "narration");
    if (!text || e->speaker)
        changes_set(c, shot, "voice.voice", text ? e->speaker : NULL);
}

static int run_voice(struct call *call)
{
    const struct cli_edit *e = &call->v.edit;
    whelk_error err = {0};
    struct changes c = {0};
    if (!cli_one_reel(call, 3, &err))
        return cli_fail(call, &err);
    int words = call->opts.word_count;
    const char *shot = words > 1 ? call->opts.words[1] : NULL,
               *text = words > 2 ? call->opts.words[2] : NULL;
    if (shot && !text == !e->none) {
        whelk_fail(&err, WHELK_EUSAGE, "voice needs what shot %s is to say, or --none", shot);
        return cli_fail(call, &err);
    }
    if (!shot && (e->none || e->kind || e->speaker)) {
        whelk_fail(&err, WHELK_EUSAGE, "voice needs a shot to say it: whelk voice %s SHOT TEXT",
                   call->reel_path);
        return cli_fail(call, &err);
    }
    if (shot)
        set_voice(&c, shot, text, e);
    changes_given(&c, NULL, "captions", e->captions);
    if (e->captions && strcmp(e->captions, "no") == 0)
        changes_set(&c, NULL, "burn_captions", "no");
    if (!c.count && !c.failed)
        return tell_film(call, (struct telling){print_voice, add_voice});
    return cli_change(call, &c, 0, &err);
}

const struct command cmd_voice = {
    .name = "voice",
    .summary = "what is said over a shot, and captions",
    .words = "REEL [SHOT TEXT]",
    .examples = "  whelk voice cat.reel 0020 \"And in she goes.\"\n"
                "  whelk voice cat.reel --captions yes\n",
    .rows = voice_rows,
    .run = run_voice,
};
