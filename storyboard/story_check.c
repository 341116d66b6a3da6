/* Every limit of a storyboard in one table, and the check that a film keeps them. Faults are told
 * by the path of the field as it stands in storyboard.json, with what is there and what is
 * allowed. */
#include "story.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const whelk_story_limits whelk_limits = {
    .prompt_bytes = 8000,
    .file_bytes = 4 << 20,
    .text_bytes = 20000,
    .shots = 600,
    .wanted_shots = 100,
    .characters = 24,
    .places = 24,
    .titles = 40,
    .slots = 24,
    .shot_min_s = 0.2,
    .shot_max_s = 15,
    .film_max_s = 900,
    .size_min = 16,
    .size_max = 4096,
    .fps_min = 1,
    .fps_max = 120,
    .script_bytes = 200000,
    .plan_shots = 64,
    .plan_cast = 3,
    .plan_shot_min_s = 1,
    .plan_off = 0.1,
};

const char *const story_moods[] = {"playful",    "calm",   "epic", "tender",
                                   "mysterious", "joyful", NULL};
const char *const story_title_kinds[] = {"opening", "lower-third", "end", NULL};
const char *const story_voice_kinds[] = {"narration", "dialogue", NULL};

/* A wipe is called after the way its edge runs; the last ones are of the SMPTE list, by the names
 * GStreamer gives them. The list is that of editor.h. */
const char *const story_transitions[] = {
    "cut",        "crossfade",  "dip-black",    "dip-white",   "wipe-left",   "wipe-right",
    "wipe-up",    "wipe-down",  "bar-wipe-lr",  "bar-wipe-tb", "box-wipe-tl", "box-wipe-br",
    "barndoor-v", "barndoor-h", "diagonal-tl",  "diagonal-tr", "iris-rect",   "clock-cw12",
    "clock-cw6",  "fan-ct",     "windshield-v", NULL,
};

/* Where a check stands: the path of the object looked at, and where its complaint goes. */
struct place_in {
    char path[64]; /* "", "shots[2].", "score." */
    whelk_error *err;
};

static bool refuse(const struct place_in *in, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(const struct place_in *in, const char *field, const char *fmt, ...)
{
    char what[700];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return whelk_fail(in->err, WHELK_EFAIL, "%s%s %s", in->path, field, what);
}

static struct place_in inside(const struct place_in *in, const char *fmt, int index)
{
    struct place_in deeper = *in;
    size_t n = strlen(deeper.path);
    snprintf(deeper.path + n, sizeof deeper.path - n, fmt, index);
    return deeper;
}

/* --- Values ----------------------------------------------------------------------------------- */

static bool check_number(const struct place_in *in, const char *field, double value, double least,
                         double most)
{
    if (!isfinite(value))
        return refuse(in, field, "is not a number");
    if (value < least)
        return refuse(in, field, "is %g, at least %g is needed", value, least);
    if (value > most)
        return refuse(in, field, "is %g, at most %g is allowed", value, most);
    return true;
}

static bool check_text(const struct place_in *in, const char *field, const char *text, size_t limit)
{
    char what[80];
    if (!text)
        return true;
    size_t size = strlen(text);
    if (size > limit)
        return refuse(in, field, "has %zu bytes, at most %zu are allowed", size, limit);
    if (story_text_fault(text, size, true, what, sizeof what))
        return refuse(in, field, "%s", what);
    return true;
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

static bool need_text(const struct place_in *in, const char *field, const char *text, size_t limit)
{
    if (is_blank(text))
        return refuse(in, field, "%s; write it in", text ? "is empty" : "is missing");
    return check_text(in, field, text, limit);
}

static bool check_name(const struct place_in *in, const char *field, const char *text)
{
    if (is_blank(text))
        return refuse(in, field, "%s; write it in", text ? "is empty" : "is missing");
    if (!story_is_name(text))
        return refuse(in, field,
                      "is \"%.60s\"; small letters a-z, digits and hyphens are allowed, 40 at most",
                      text);
    return true;
}

static bool check_choice(const struct place_in *in, const char *field, const char *text,
                         const char *const *words)
{
    if (!text || story_text_in(text, words))
        return true;
    const char *near = text_nearest(text, words);
    char *all = story_text_choices(words);
    if (near)
        refuse(in, field, "is \"%.60s\"; did you mean \"%s\"? There are %s", text, near,
               all ? all : "others");
    else
        refuse(in, field, "is \"%.60s\"; it may be %s", text, all ? all : "another");
    free(all);
    return false;
}

static bool check_count(const struct place_in *in, const char *field, int count, int most)
{
    if (count < 0 || count > most)
        return refuse(in, field, "has %d entries, at most %d are allowed", count, most);
    return true;
}

/* --- Parts of the film ------------------------------------------------------------------------ */

static bool check_ratio(const struct place_in *in, const whelk_film *film)
{
    double across = 0, down = 0;
    char end = 0;
    if (!film->ratio)
        return true;
    if (strlen(film->ratio) > 16 || sscanf(film->ratio, "%lf:%lf%c", &across, &down, &end) != 2 ||
        !(across > 0) || !(down > 0) || !isfinite(across / down))
        return refuse(in, "ratio", "is \"%.20s\"; write it like 16:9, 9:16, 1:1 or 2.39:1",
                      film->ratio);
    double is = (double)film->width / film->height;
    if (fabs(is / (across / down) - 1) > 0.03)
        return refuse(in, "ratio",
                      "is %s, but width and height are %dx%d, which is %.2f:1; change one of them",
                      film->ratio, film->width, film->height, is);
    return true;
}

static bool check_size(const struct place_in *in, const char *field, int size)
{
    if (!check_number(in, field, size, whelk_limits.size_min, whelk_limits.size_max))
        return false;
    return size % 2 == 0 || refuse(in, field, "is %d; it must be even", size);
}

static bool check_frame(const struct place_in *in, const whelk_film *film)
{
    return check_size(in, "width", film->width) && check_size(in, "height", film->height) &&
           check_ratio(in, film) &&
           check_number(in, "fps", film->fps, whelk_limits.fps_min, whelk_limits.fps_max) &&
           check_number(in, "seconds", film->seconds, 0, whelk_limits.film_max_s);
}

static bool check_words(const struct place_in *in, const whelk_film *film)
{
    size_t most = whelk_limits.text_bytes;
    return check_text(in, "title", film->title, 300) &&
           check_text(in, "logline", film->logline, most) &&
           check_text(in, "treatment", film->treatment, most) &&
           check_text(in, "prompt", film->prompt, whelk_limits.prompt_bytes) &&
           check_text(in, "language", film->language, 40) &&
           check_text(in, "planner", film->planner, 200) &&
           check_text(in, "style.palette", film->style.palette, most) &&
           check_text(in, "style.lens", film->style.lens, most) &&
           check_text(in, "style.mood", film->style.mood, most);
}

static bool check_grade_and_score(const struct place_in *in, const whelk_film *film)
{
    double bpm = film->score.tempo_bpm;
    return check_number(in, "grade.exposure", film->grade.exposure, -4, 4) &&
           check_number(in, "grade.contrast", film->grade.contrast, -1, 1) &&
           check_number(in, "grade.saturation", film->grade.saturation, -1, 1) &&
           check_number(in, "grade.warmth", film->grade.warmth, -1, 1) &&
           check_choice(in, "score.mood", film->score.mood, story_moods) &&
           (bpm == 0 || check_number(in, "score.tempo_bpm", bpm, 30, 240)) &&
           check_text(in, "score.instruments", film->score.instruments, 1000) &&
           check_text(in, "score.file", film->score.file, 4000);
}

static bool check_voice_and_level(const struct place_in *in, const whelk_film *film)
{
    double speed = film->voice.speed, lufs = film->loudness_lufs;
    return (lufs == 0 || check_number(in, "loudness_lufs", lufs, -40, -5)) &&
           check_text(in, "voice.voice", film->voice.name, 200) &&
           (speed == 0 || check_number(in, "voice.speed", speed, 0.5, 2));
}

static bool check_titles(const struct place_in *in, const whelk_film *film)
{
    if (!check_count(in, "titles", film->title_count, whelk_limits.titles))
        return false;
    for (int i = 0; i < film->title_count; i++) {
        const whelk_title *title = &film->titles[i];
        struct place_in at = inside(in, "titles[%d].", i);
        if (!need_text(&at, "text", title->text, 1000) ||
            !check_choice(&at, "kind", title->kind, story_title_kinds) ||
            !check_number(&at, "at_s", title->at_s, 0, whelk_limits.film_max_s) ||
            !check_number(&at, "seconds", title->seconds, 0.1, 60))
            return false;
    }
    return true;
}

static const whelk_named *find_named(const whelk_named *list, int count, const char *id)
{
    for (int i = 0; i < count; i++)
        if (list[i].id && strcmp(list[i].id, id) == 0)
            return &list[i];
    return NULL;
}

static bool check_named(const struct place_in *in, const char *field, const whelk_named *list,
                        int count)
{
    for (int i = 0; i < count; i++) {
        struct place_in at = *in;
        snprintf(at.path, sizeof at.path, "%s[%d].", field, i);
        if (!check_name(&at, "id", list[i].id) ||
            !check_text(&at, "description", list[i].description, whelk_limits.text_bytes))
            return false;
        if (find_named(list, i, list[i].id))
            return refuse(&at, "id", "is \"%s\", which an earlier one of %s has already",
                          list[i].id, field);
    }
    return true;
}

/* --- Shots ------------------------------------------------------------------------------------ */

static bool is_shot_id(const char *id)
{
    return strlen(id) == 4 && strspn(id, "0123456789") == 4 && strcmp(id, "0000") != 0;
}

static bool check_id(const struct place_in *at, const whelk_film *film, int index)
{
    const char *id = film->shots[index].id;
    if (!id)
        return refuse(at, "id", "is missing; shots are named 0010, 0020, ...");
    if (!is_shot_id(id))
        return refuse(at, "id", "is \"%.40s\"; four digits such as 0010 are needed", id);
    for (int i = 0; i < index; i++)
        if (strcmp(film->shots[i].id, id) == 0)
            return refuse(at, "id", "is \"%s\", which shots[%d] has already", id, i);
    return true;
}

static bool check_slots(const struct place_in *at, const whelk_shot *shot)
{
    if (!check_count(at, "slots", shot->slot_count, whelk_limits.slots))
        return false;
    for (int i = 0; i < shot->slot_count; i++) {
        char field[80];
        snprintf(field, sizeof field, "slots.%.50s", shot->slots[i].name);
        if (!story_is_name(shot->slots[i].name))
            return refuse(at, field, "has a name that is not made of a-z, 0-9 and hyphens");
        if (!need_text(at, field, shot->slots[i].value, 200))
            return false;
        for (int j = 0; j < i; j++)
            if (strcmp(shot->slots[j].name, shot->slots[i].name) == 0)
                return refuse(at, field, "stands twice");
    }
    return true;
}

static bool check_cast(const struct place_in *at, const whelk_film *film, const whelk_shot *shot)
{
    if (!check_count(at, "characters", shot->character_count, whelk_limits.characters))
        return false;
    for (int i = 0; i < shot->character_count; i++) {
        const char *id = shot->characters[i];
        char field[40];
        snprintf(field, sizeof field, "characters[%d]", i);
        if (!check_name(at, field, id))
            return false;
        if (!find_named(film->characters, film->character_count, id))
            return refuse(at, field, "is \"%s\", but the film's characters hold no such id", id);
    }
    if (!shot->place)
        return true;
    if (!check_name(at, "place", shot->place))
        return false;
    if (!find_named(film->places, film->place_count, shot->place))
        return refuse(at, "place", "is \"%s\", but the film's places hold no such id", shot->place);
    return true;
}

static bool check_times(const struct place_in *at, const whelk_shot *shot)
{
    const whelk_story_limits *most = &whelk_limits;
    if (!check_number(at, "seconds", shot->seconds, most->shot_min_s, most->shot_max_s) ||
        !check_number(at, "trim.in_s", shot->trim_in_s, 0, most->shot_max_s) ||
        !check_number(at, "trim.out_s", shot->trim_out_s, 0, most->shot_max_s) ||
        !check_number(at, "speed", shot->speed, 0.1, 10))
        return false;
    double left = shot->seconds - shot->trim_in_s - shot->trim_out_s;
    if (left < most->shot_min_s - 1e-9)
        return refuse(at, "trim", "leaves %.3g s of %.3g, at least %g is needed",
                      left > 0 ? left : 0, shot->seconds, most->shot_min_s);
    return true;
}

/* The overlaps at both ends of a shot must fit into it, and none may cover more than half of the
 * next. */
static bool check_transition(const struct place_in *at, const whelk_film *film, int index)
{
    const whelk_shot *shot = &film->shots[index];
    if (!check_choice(at, "transition.kind", shot->transition, story_transitions) ||
        !check_number(at, "transition.seconds", shot->transition_s, 0, 10))
        return false;
    if (!story_overlaps(shot->transition) || index + 1 == film->shot_count)
        return true;
    const whelk_shot *before = index > 0 ? shot - 1 : NULL;
    double in = before && story_overlaps(before->transition) ? before->transition_s : 0;
    double here = story_shot_length(shot), next = story_shot_length(shot + 1);
    if (in + shot->transition_s > here + 1e-9)
        return refuse(at, "transition.seconds",
                      "is %.3g%s, but the shot is on screen for only %.3g s", shot->transition_s,
                      in > 0 ? " besides the overlap with the shot before" : "", here);
    if (shot->transition_s > next / 2 + 1e-9)
        return refuse(at, "transition.seconds", "is %.3g, more than half of the next shot's %.3g s",
                      shot->transition_s, next);
    return true;
}

static bool is_take(const char *take)
{
    size_t n = strlen(take);
    return n >= 3 && n <= 6 && take[0] == 't' && strspn(take + 1, "0123456789") == n - 1;
}

static bool check_rest(const struct place_in *at, const whelk_shot *shot, int index)
{
    size_t most = whelk_limits.text_bytes;
    if (!need_text(at, "prompt", shot->prompt, whelk_limits.prompt_bytes) ||
        !check_text(at, "why", shot->why, most) ||
        (shot->camera && !check_name(at, "camera", shot->camera)) ||
        !check_text(at, "continuity.in", shot->continuity_in, most) ||
        !check_text(at, "continuity.out", shot->continuity_out, most) ||
        !check_text(at, "first_frame", shot->first_frame, 4000) ||
        !check_text(at, "last_frame", shot->last_frame, 4000) ||
        !check_text(at, "voice.text", shot->voice_text, most) ||
        !check_choice(at, "voice.kind", shot->voice_kind, story_voice_kinds) ||
        !check_text(at, "voice.voice", shot->voice_name, 200) ||
        !check_text(at, "effect_sound", shot->effect_sound, 4000))
        return false;
    if (shot->take && !is_take(shot->take))
        return refuse(at, "take", "is \"%.40s\"; takes are named t01, t02, ...", shot->take);
    if (index == 0 && shot->first_frame && strcmp(shot->first_frame, "previous") == 0)
        return refuse(at, "first_frame", "is \"previous\", but no shot comes before the first");
    return true;
}

static bool check_shots(const struct place_in *in, const whelk_film *film)
{
    if (film->shot_count < 1)
        return refuse(in, "shots", "is empty; a film needs at least one shot");
    if (!check_count(in, "shots", film->shot_count, whelk_limits.shots))
        return false;
    for (int i = 0; i < film->shot_count; i++) {
        const whelk_shot *shot = &film->shots[i];
        struct place_in at = inside(in, "shots[%d].", i);
        if (!check_id(&at, film, i) || !check_times(&at, shot) || !check_slots(&at, shot) ||
            !check_cast(&at, film, shot) || !check_rest(&at, shot, i))
            return false;
    }
    for (int i = 0; i < film->shot_count; i++) {
        struct place_in at = inside(in, "shots[%d].", i);
        if (!check_transition(&at, film, i))
            return false;
    }
    double total = whelk_film_cut_seconds(film);
    if (total > whelk_limits.film_max_s)
        return refuse(in, "shots", "make a film of %.0f s, at most %g are allowed", total,
                      whelk_limits.film_max_s);
    return true;
}

bool whelk_film_check(const whelk_film *film, whelk_error *err)
{
    struct place_in in = {.err = err};
    return check_words(&in, film) && check_frame(&in, film) && check_grade_and_score(&in, film) &&
           check_voice_and_level(&in, film) && check_titles(&in, film) &&
           check_count(&in, "characters", film->character_count, whelk_limits.characters) &&
           check_count(&in, "places", film->place_count, whelk_limits.places) &&
           check_named(&in, "characters", film->characters, film->character_count) &&
           check_named(&in, "places", film->places, film->place_count) && check_shots(&in, film);
}
