/* Stage three: the takes in use, cut, titled and scored into the film. Skipped while the clips,
 * every setting of the cut and the film itself are as they were; on a reel that was moved only the
 * timeline is written anew, for GES loads no relative paths. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "stage.h"

/* A file of the reel by its whole path: the editor takes others as lying where the cut is made. */
static char *whole_path(const whelk_reel *reel, const char *name)
{
    char *root = realpath(reel->path, NULL), *path = root ? file_join(root, name) : NULL;
    free(root);
    return path;
}

void cut_release(struct cut *c)
{
    for (int i = 0; c->paths && c->effects && c->remakes && i < c->edit.clip_count; i++) {
        free(c->paths[i]);
        free(c->effects[i]);
        free(c->remakes[i]);
    }
    free(c->paths);
    free(c->effects);
    free(c->remakes);
    free(c->clips);
    free(c->titles);
    free(c->score_file);
}

/* --- The film in the editor's words ---------------------------------------------------------- */

static bool take_clip(struct cut *c, const whelk_reel *reel, const whelk_film *film, int i,
                      bool unmade, whelk_error *err)
{
    const whelk_shot *shot = &film->shots[i];
    const char *take = c->preview ? PREVIEW : shot->take;
    char name[80];
    if (!take && !unmade)
        return whelk_fail(err, WHELK_EFAIL, "%s: shot %s has no take yet; whelk shoot %s makes it",
                          reel->path, shot->id, reel->path);
    snprintf(name, sizeof name, "../clips/%.40s-%.8s.mkv", shot->id, take ? take : "unmade");
    if (!unmade && !reel_has(reel, name + 3))
        return whelk_fail(err, WHELK_EFAIL, "%s: shot %s: %s is missing; whelk shoot %s%s makes it",
                          reel->path, shot->id, name + 3, reel->path,
                          c->preview ? " --preview" : "");
    c->paths[i] = strdup(c->aside ? name : name + 3); /* that is one folder further in */
    c->remakes[i] = cut_remake(c, reel, shot);
    if (!c->paths[i] || !c->remakes[i])
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    if (shot->effect_sound && !(c->effects[i] = whole_path(reel, shot->effect_sound)))
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    double speed = shot->speed > 0 ? shot->speed : 1;
    c->clips[i] = (whelk_edit_clip){
        .path = c->paths[i],
        .shot = shot->id,
        .why = shot->why,
        .in_s = shot->trim_in_s,
        .seconds = (shot->seconds - shot->trim_in_s - shot->trim_out_s) / speed,
        .speed = speed,
        .transition = shot->transition,
        .transition_s = shot->transition_s,
        .effect_sound = c->effects[i],
        .voice_text = shot->voice_text,
        .voice_name = shot->voice_name,
        .remake = c->remakes[i],
    };
    return true;
}

/* Nobody shall take it for the film: it says what it is all the time, and is small. */
static void mark_preview(struct cut *c, const whelk_film *film)
{
    double scale = fmin(1, 320.0 / fmax(film->width, film->height));
    c->edit.width = (int)fmax(16, round(film->width * scale / 2) * 2);
    c->edit.height = (int)fmax(16, round(film->height * scale / 2) * 2);
    c->edit.fps = fmin(film->fps, 12);
    c->titles[c->edit.title_count++] =
        (whelk_edit_title){"PREVIEW", "lower-third", 0, whelk_film_cut_seconds(film)};
}

static uint64_t seed_of(const char *prompt)
{
    char text[DIGEST_TEXT] = "", head[16] = "";
    if (!digest_memory(prompt, strlen(prompt), text))
        return 1;
    memcpy(head, text, 13); /* 52 bits: exact in JSON, should it ever stand there */
    return strtoull(head, NULL, 16) | 1;
}

/* What the caller asks of the cut, written into the storyboard, which is where it stays. */
static bool take_options(struct run *run, whelk_film *film, whelk_error *err)
{
    const whelk_run_options *o = &run->options;
    if (!o->captions && !o->burn_captions && !o->no_score && !o->voice && !(o->voice_speed > 0) &&
        !o->music && !(o->loudness_lufs < 0))
        return true;
    char *music = o->music ? realpath(o->music, NULL) : NULL;
    if (o->music && !music)
        return whelk_fail(err, WHELK_EUSAGE, "%s: there is no such music file", o->music);
    bool off = o->voice && strcmp(o->voice, "off") == 0,
         own = o->voice && strcmp(o->voice, "auto") == 0, done = true;
    film->captions = film->captions || o->captions || o->burn_captions;
    film->burn_captions = film->burn_captions || o->burn_captions;
    film->score.off = o->no_score || (film->score.off && !music);
    if (music)
        done = whelk_set_text(&film->score.file, music);
    if (o->voice) {
        film->voice.off = off;
        done = done && (off || whelk_set_text(&film->voice.name, own ? NULL : o->voice));
    }
    if (o->loudness_lufs < 0)
        film->loudness_lufs = o->loudness_lufs;
    if (o->voice_speed > 0)
        film->voice.speed = o->voice_speed;
    free(music);
    if (!done)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    return run_save_film(run, film, "settings of the cut", err);
}

bool cut_init(struct cut *c, const whelk_reel *reel, const whelk_film *film, bool unmade,
              whelk_error *err)
{
    *c = (struct cut){.preview = c->preview, .aside = c->aside};
    c->clips = calloc((size_t)film->shot_count + 1, sizeof *c->clips);
    c->paths = calloc((size_t)film->shot_count + 1, sizeof *c->paths);
    c->effects = calloc((size_t)film->shot_count + 1, sizeof *c->effects);
    c->remakes = calloc((size_t)film->shot_count + 1, sizeof *c->remakes);
    c->titles = calloc((size_t)film->title_count + 2, sizeof *c->titles);
    if (!c->clips || !c->paths || !c->effects || !c->remakes || !c->titles)
        return whelk_fail(err, WHELK_EFAIL, "no memory for the cut");
    c->edit = (whelk_edit){
        .clips = c->clips,
        .clip_count = film->shot_count,
        .titles = c->titles,
        .title_count = film->title_count,
        .title = film->title,
        .width = film->width,
        .height = film->height,
        .fps = film->fps,
        .score_off = film->score.off,
        .score_mood = film->score.mood,
        .score_tempo_bpm = film->score.tempo_bpm,
        .score_instruments = film->score.instruments,
        .loudness_lufs = film->loudness_lufs,
        .voice_off = film->voice.off,
        .voice = film->voice.name,
        .voice_speed = film->voice.speed,
        .language = film->language,
        .captions = film->captions || film->burn_captions,
        .burn_captions = film->burn_captions,
        .seed = seed_of(film->prompt  ? film->prompt
                        : film->title ? film->title
                                      : ""),
    };
    c->edit.grade.exposure = film->grade.exposure;
    c->edit.grade.contrast = film->grade.contrast;
    c->edit.grade.saturation = film->grade.saturation;
    c->edit.grade.warmth = film->grade.warmth;
    for (int i = 0; i < film->title_count; i++) {
        const whelk_title *t = &film->titles[i];
        c->titles[i] = (whelk_edit_title){t->text, t->kind, t->at_s, t->seconds};
    }
    if (c->preview)
        mark_preview(c, film);
    if (film->score.file) {
        c->score_file = whole_path(reel, film->score.file);
        if (!c->score_file)
            return whelk_fail(err, WHELK_EFAIL, "no memory");
        c->edit.score_file = c->score_file;
        c->edit.score_tempo_bpm = 0; /* that of a composed score; a file has its own */
    }
    for (int i = 0; i < film->shot_count; i++)
        if (!take_clip(c, reel, film, i, unmade, err))
            return false;
    return true;
}

/* The notice that a machine made the film, in the film's language where we have it. */
static const char *label_words(const char *language)
{
    static const struct {
        const char *language, *words;
    } rows[] = {
        {"zh", "AI生成"},          {"Chinese", "AI生成"},
        {"ja", "AI生成"},          {"Japanese", "AI生成"},
        {"ko", "AI 생성"},         {"Korean", "AI 생성"},
        {"de", "KI-generiert"},    {"German", "KI-generiert"},
        {"fr", "Généré par IA"},   {"French", "Généré par IA"},
        {"es", "Generado con IA"}, {"Spanish", "Generado con IA"},
    };
    for (size_t i = 0; language && i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(language, rows[i].language, strlen(rows[i].language)) == 0)
            return rows[i].words;
    return "AI-generated";
}

/* What is asked of the cut, beside what the storyboard says. */
static void set_finish(struct cut *c, const struct run *run, const whelk_film *film)
{
    const whelk_run_options *o = &run->options;
    c->edit.prompt = film->prompt ? film->prompt : run->reel->prompt;
    c->edit.profile = c->preview ? NULL : o->profile;
    c->edit.fit = o->fit;
    c->edit.letterbox = o->letterbox;
    c->edit.label = o->label ? label_words(film->language) : NULL;
    c->edit.id = c->digest;
}

/* --- Its digest ------------------------------------------------------------------------------ */

static void add_number(struct digest *d, const char *name, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    digest_field(d, name, text);
}

static bool add_file(struct digest *d, const char *name, const char *path, whelk_error *err)
{
    char digest[DIGEST_TEXT];
    if (!digest_file(path, digest, err))
        return false;
    digest_field(d, name, digest);
    return true;
}

/* The user may have put another one in its place. */
static bool add_recording(struct digest *d, const whelk_reel *reel, const char *shot,
                          whelk_error *err)
{
    char name[80];
    snprintf(name, sizeof name, "voice/%.40s.wav", shot);
    char *path = reel_file(reel, name);
    bool added = path && (!file_exists(path) || add_file(d, "recording", path, err));
    free(path);
    return added;
}

static bool add_clips(struct digest *d, const struct cut *c, struct run *run, whelk_error *err)
{
    const whelk_reel *reel = run->reel;
    for (int i = 0; i < c->edit.clip_count; i++) {
        char digest[DIGEST_TEXT];
        if (!run_goes_on(run, err) || !cut_check_clip(c, run, i, digest, err))
            return false;
        const whelk_edit_clip *clip = &c->clips[i];
        digest_field(d, "clip", digest);
        digest_field(d, "path", clip->path); /* the timeline names it */
        add_number(d, "in", clip->in_s);
        add_number(d, "seconds", clip->seconds);
        add_number(d, "speed", clip->speed);
        digest_field(d, "transition", clip->transition);
        add_number(d, "transition_s", clip->transition_s);
        if (clip->effect_sound && !add_file(d, "effect", clip->effect_sound, err)) {
            whelk_error_prefix(err, "shot %s: the sound of effect_sound in storyboard.json",
                               clip->shot);
            return false;
        }
        digest_field(d, "says", clip->voice_text);
        digest_field(d, "voice", clip->voice_name);
        if (clip->voice_text && !add_recording(d, reel, clip->shot, err))
            return false;
    }
    return true;
}

static void add_settings(struct digest *d, const whelk_edit *e)
{
    for (int i = 0; i < e->title_count; i++) {
        digest_field(d, "title", e->titles[i].text);
        digest_field(d, "kind", e->titles[i].kind);
        add_number(d, "at", e->titles[i].at_s);
        add_number(d, "for", e->titles[i].seconds);
    }
    digest_field(d, "name", e->title);
    digest_field(d, "prompt", e->prompt);
    digest_field(d, "profile", e->profile);
    digest_field(d, "fit", e->fit);
    digest_field(d, "letterbox", e->letterbox);
    digest_field(d, "label", e->label);
    add_number(d, "width", e->width);
    add_number(d, "height", e->height);
    add_number(d, "fps", e->fps);
    add_number(d, "exposure", e->grade.exposure);
    add_number(d, "contrast", e->grade.contrast);
    add_number(d, "saturation", e->grade.saturation);
    add_number(d, "warmth", e->grade.warmth);
    add_number(d, "score_off", e->score_off);
    digest_field(d, "mood", e->score_mood);
    add_number(d, "tempo", e->score_tempo_bpm);
    digest_field(d, "instruments", e->score_instruments);
    add_number(d, "loudness", e->loudness_lufs);
    add_number(d, "captions", e->captions + e->burn_captions);
    add_number(d, "voice off", e->voice_off);
    digest_field(d, "voice", e->voice);
    add_number(d, "voice speed", e->voice_speed);
    digest_field(d, "language", e->language);
    add_number(d, "seed", (double)e->seed);
}

static bool digest_cut(struct cut *c, struct run *run, whelk_error *err)
{
    struct digest *d = digest_new();
    add_settings(d, &c->edit);
    bool added =
        add_clips(d, c, run, err) && (!c->score_file || add_file(d, "score", c->score_file, err));
    bool made = digest_end(d, c->digest);
    if (added && !made)
        whelk_fail(err, WHELK_EFAIL, "no memory for a digest");
    return added && made;
}

/* --- What is there --------------------------------------------------------------------------- */

/* Each profile's film stands for itself; film.mp4's place is the settings' own. */
static cJSON *state_of(struct run *run)
{
    char name[40] = "cut";
    const char *profile = run->options.profile;
    if (profile && strcmp(profile, "mp4") != 0)
        snprintf(name, sizeof name, "cut-%.20s", profile);
    return reel_state(run->reel, name);
}

static bool state_is(struct run *run, const char *name, const char *value)
{
    const char *have = json_text(state_of(run), name);
    return have && value && strcmp(have, value) == 0;
}

static void set_state(struct run *run, const char *name, cJSON *value)
{
    cJSON *state = state_of(run);
    cJSON_DeleteItemFromObjectCaseSensitive(state, name);
    cJSON_AddItemToObject(state, name, value);
}

/* The digest of what the timeline files tell beyond the film: where the reel lies (a moved reel is
 * told without writing its path into it), the names of the shots and why they are there. */
static bool digest_place(const whelk_reel *reel, const struct cut *c, char out[DIGEST_TEXT])
{
    struct digest *d = digest_new();
    char *path = realpath(reel->path, NULL);
    digest_field(d, "reel", path);
    for (int i = 0; i < c->edit.clip_count; i++) {
        digest_field(d, "shot", c->clips[i].shot);
        digest_field(d, "why", c->clips[i].why);
    }
    free(path);
    return digest_end(d, out);
}

static bool film_stands(struct run *run, const struct cut *c)
{
    char film[DIGEST_TEXT];
    return state_is(run, "digest", c->digest) && file_exists(run->reel->film_path) &&
           digest_file(run->reel->film_path, film, NULL) && state_is(run, "film", film);
}

static const char *const caption_files[] = {"film.srt", "film.vtt"};

/* Captions of an earlier cut would be shown beside a film that has none; those of other people
 * stay.
 */
static void drop_captions(struct run *run)
{
    for (size_t i = 0; i < sizeof caption_files / sizeof caption_files[0]; i++) {
        char *path = reel_file(run->reel, caption_files[i]), digest[DIGEST_TEXT];
        if (path && file_exists(path) && digest_file(path, digest, NULL) &&
            state_is(run, caption_files[i], digest))
            unlink(path);
        free(path);
    }
}

static void remember_captions(struct run *run)
{
    for (size_t i = 0; i < sizeof caption_files / sizeof caption_files[0]; i++) {
        char *path = reel_file(run->reel, caption_files[i]), digest[DIGEST_TEXT];
        if (path && digest_file(path, digest, NULL))
            set_state(run, caption_files[i], cJSON_CreateString(digest));
        free(path);
    }
}

static void remember(struct run *run, const struct cut *c, const whelk_edit_figures *f)
{
    char film[DIGEST_TEXT] = "", place[DIGEST_TEXT] = "";
    digest_file(run->reel->film_path, film, NULL);
    digest_place(run->reel, c, place);
    set_state(run, "digest", cJSON_CreateString(c->digest));
    set_state(run, "film", cJSON_CreateString(film));
    set_state(run, "place", cJSON_CreateString(place));
    set_state(run, "seconds", cJSON_CreateNumber(f->seconds));
    if (f->seconds > 0)
        set_state(run, "pace", cJSON_CreateNumber(f->wall_s / f->seconds));
}

/* --- Cutting --------------------------------------------------------------------------------- */

/* The editor may have told of a file itself. */
static void tell_file(struct run *run, long since, const char *file, const char *text, cJSON *data)
{
    const struct journal_entry *e = journal_last(run->reel->journal, NULL, "artifact", NULL, file);
    if (reel_has(run->reel, file) && (!e || e->n < since))
        run_artifact(run, (struct tell){.why = since, .data = data}, file, text);
    else
        cJSON_Delete(data);
}

/* The numbers of the takes' events: a film has many causes, `why` can name but one. */
static cJSON *takes_of(const struct run *run, const struct cut *c)
{
    cJSON *data = cJSON_CreateObject(), *from = cJSON_AddArrayToObject(data, "from");
    for (int i = 0; i < c->edit.clip_count; i++) {
        const struct journal_entry *e =
            journal_last(run->reel->journal, NULL, "artifact", NULL, c->clips[i].path);
        if (e)
            cJSON_AddItemToArray(from, cJSON_CreateNumber((double)e->n));
    }
    return data;
}

static cJSON *figures_of(const whelk_edit_figures *f)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "seconds", f->seconds);
    cJSON_AddNumberToObject(data, "frames", f->frames);
    cJSON_AddNumberToObject(data, "loudness_lufs", f->loudness_lufs);
    cJSON_AddNumberToObject(data, "true_peak_dbtp", f->true_peak_dbtp);
    cJSON_AddNumberToObject(data, "tempo_bpm", f->tempo_bpm);
    cJSON_AddNumberToObject(data, "score_s", f->score_s);
    cJSON_AddNumberToObject(data, "render_s", f->render_s);
    return data;
}

static bool cut_film(struct run *run, struct cut *c, whelk_error *err)
{
    whelk_edit_figures f = {0};
    run->cause = run_tell(run, (struct tell){.kind = "work", .data = takes_of(run, c)},
                          "Cutting %d takes into a film.", c->edit.clip_count);
    long since = run->cause;
    if (!whelk_edit_film(&c->edit, run->reel->path, &run->inner, &f, err))
        return false;
    if (!digest_cut(c, run, err)) /* anew: the voices were spoken by the cut */
        return false;
    remember(run, c, &f);
    tell_file(run, since, "score/score.mid", "The score as notes.", NULL);
    for (int i = 0; i < c->edit.clip_count; i++) {
        char name[80];
        snprintf(name, sizeof name, "voice/%.40s.wav", c->clips[i].shot);
        if (c->clips[i].voice_text && !c->edit.voice_off)
            tell_file(run, since, name, "What is said over the shot.", NULL);
    }
    if (c->edit.captions) {
        remember_captions(run);
        tell_file(run, since, "film.srt", "The captions, for players.", NULL);
        tell_file(run, since, "film.vtt", "The captions, for the web.", NULL);
    } else {
        drop_captions(run);
    }
    tell_file(run, since, "timeline.xges", "The timeline, for any editor that reads GES.", NULL);
    tell_file(run, since, "timeline.otio", "The same as OpenTimelineIO.", NULL);
    tell_file(run, since, "timeline.edl", "The same as an edit decision list.", NULL);
    char text[240];
    snprintf(text, sizeof text, "The film: %.1f seconds, %d frames, cut in %.1f s.", f.seconds,
             f.frames, f.wall_s);
    tell_file(run, since, run->reel->film, text, figures_of(&f));
    snprintf(run->outcome, sizeof run->outcome, "The film is finished: %s, %.1f seconds.",
             run->reel->film, f.seconds);
    return reel_save_state(run->reel, err);
}

static bool keep_film(struct run *run, const struct cut *c, whelk_error *err)
{
    char place[DIGEST_TEXT] = "";
    run_tell(run, (struct tell){.kind = "work"}, "The film stands; nothing is cut.");
    snprintf(run->outcome, sizeof run->outcome, "The film stands as it was: %s.", run->reel->film);
    if (digest_place(run->reel, c, place) && state_is(run, "place", place))
        return true;
    if (!whelk_edit_timeline(&c->edit, run->reel->path, err))
        return false;
    run_artifact(run, (struct tell){0}, "timeline.xges",
                 "The timeline, anew: the reel was moved, or words about its shots changed.");
    run_artifact(run, (struct tell){0}, "timeline.otio", "The same as OpenTimelineIO.");
    run_artifact(run, (struct tell){0}, "timeline.edl", "The same as an edit decision list.");
    set_state(run, "place", cJSON_CreateString(place));
    return reel_save_state(run->reel, err);
}

/* A preview or a part: the film and all that belongs to it stay as they are. */
static bool cut_aside(struct run *run, const struct cut *c, whelk_error *err)
{
    char *folder = reel_file(run->reel, c->aside), text[200], file[40];
    whelk_edit_figures f = {0};
    bool done = folder ? file_make_dirs(folder, err) : whelk_fail(err, WHELK_EFAIL, "no memory");
    done = done && cut_check_clips(c, run, err) &&
           whelk_edit_film(&c->edit, folder, &run->inner, &f, err);
    free(folder);
    if (!done)
        return false;
    snprintf(file, sizeof file, "%s/%s", c->aside, whelk_edit_film_name(c->edit.profile));
    snprintf(text, sizeof text, "A %s of the film: %.1f seconds at %dx%d; the film is as it was.",
             c->aside, f.seconds, c->edit.width, c->edit.height);
    run_artifact(run, (struct tell){.data = figures_of(&f)}, file, text);
    snprintf(run->outcome, sizeof run->outcome, "The %s is finished: %s.", c->aside, file);
    return true;
}

/* A film with shots that failed is cut all the same, and says so at its end. */
static void tell_failed(struct run *run, const whelk_film *film)
{
    char ids[120] = "";
    for (int i = 0; i < film->shot_count; i++) {
        const char *fault = shot_failure(run->reel, &film->shots[i]);
        if (!fault)
            continue;
        run_tell(run, (struct tell){.kind = "warn", .shot = film->shots[i].id},
                 "Shot %s is in the film though it has failed: %s.", film->shots[i].id, fault);
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%.40s", *ids ? ", " : "",
                 film->shots[i].id);
    }
    size_t used = strlen(run->outcome);
    if (*ids)
        snprintf(run->outcome + used, sizeof run->outcome - used, " Failed: %s.", ids);
}

bool cut_story_digest(const whelk_reel *reel, char out[DIGEST_TEXT])
{
    whelk_film *film = reel_load_film(reel, NULL);
    for (int i = 0; film && i < film->shot_count; i++)
        film->shots[i].locked = false;
    char *text = film ? whelk_film_json(film, NULL) : NULL;
    bool done = text && digest_memory(text, strlen(text), out);
    free(text);
    whelk_film_free(film);
    return done;
}

/* For whelk status: a film cut from another storyboard than there is now is out of date. */
static void remember_storyboard(struct run *run)
{
    char digest[DIGEST_TEXT];
    if (cut_story_digest(run->reel, digest))
        set_state(run, "story", cJSON_CreateString(digest));
}

bool stage_cut(struct run *run, whelk_error *err)
{
    run->stage = "cut";
    run->cause = run_storyboard_event(run);
    run_release(run); /* the generator's memory is not needed any more */
    whelk_film *film = reel_load_film(run->reel, err);
    bool preview = run->options.preview;
    const char *only = run->options.only;
    struct cut cut = {.preview = preview, .aside = preview ? "preview" : only ? "part" : NULL};
    bool done = film && run_goes_on(run, err) && take_options(run, film, err) &&
                (!only || film_part(film, only, err)) &&
                cut_init(&cut, run->reel, film, false, err);
    if (done) {
        set_finish(&cut, run, film);
        run->film_s = whelk_film_cut_seconds(film);
    }
    if (done && cut.aside)
        done = cut_aside(run, &cut, err);
    else if (done && (done = digest_cut(&cut, run, err)))
        done = film_stands(run, &cut) ? keep_film(run, &cut, err) : cut_film(run, &cut, err);
    if (done && !cut.aside) {
        remember_storyboard(run);
        tell_failed(run, film);
    }
    cut_release(&cut);
    whelk_film_free(film);
    return done;
}
