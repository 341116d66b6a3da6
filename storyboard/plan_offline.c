/* The offline planner: reads the line, makes it possible, tells it in shots and writes the film,
 * noting each decision with the event that led to it. Rules only: the same request on the same card
 * gives the same film, byte for byte. */
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexicon.h"

#define END_CARD_S 1.5
#define END_CARD_FROM_S 15 /* films shorter than this end on their last picture */

/* --- The request ------------------------------------------------------------------------------ */

bool plan_check_prompt(const char *prompt, whelk_error *err)
{
    char what[80];
    if (!prompt || prompt[strspn(prompt, " \t\r\n")] == '\0')
        return whelk_fail(err, WHELK_EUSAGE,
                          "the prompt is empty; say in a line what the film should show");
    size_t size = strlen(prompt);
    if (size > whelk_limits.prompt_bytes)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the prompt has %zu bytes, at most %zu are allowed; say it shorter", size,
                          whelk_limits.prompt_bytes);
    if (story_text_fault(prompt, size, true, what, sizeof what))
        return whelk_fail(err, WHELK_EUSAGE, "the prompt %s; write it as plain UTF-8 text", what);
    return true;
}

bool plan_check_wish(const whelk_plan_request *r, struct wish *w, whelk_error *err)
{
    const whelk_story_limits *l = &whelk_limits;
    *w = (struct wish){r->width, r->height, r->fps == 0 ? 24 : r->fps, r->seconds, r->shots};
    if (w->width == 0 && w->height == 0) {
        w->width = 1280;
        w->height = 720;
    }
    if (w->width < l->size_min || w->width > l->size_max || w->height < l->size_min ||
        w->height > l->size_max || w->width % 2 || w->height % 2)
        return whelk_fail(
            err, WHELK_EUSAGE,
            "a film of %dx%d cannot be planned; both sides must be even and from %d to %d",
            w->width, w->height, l->size_min, l->size_max);
    if (!(w->fps >= l->fps_min && w->fps <= l->fps_max))
        return whelk_fail(err, WHELK_EUSAGE,
                          "%g frames a second cannot be planned; %g to %g are allowed", w->fps,
                          l->fps_min, l->fps_max);
    if (w->seconds != 0 && !(w->seconds >= l->shot_min_s && w->seconds <= l->film_max_s))
        return whelk_fail(err, WHELK_EUSAGE,
                          "a film of %g s cannot be planned; %g to %g s are allowed", w->seconds,
                          l->shot_min_s, l->film_max_s);
    if (w->shots < 0 || w->shots > l->wanted_shots)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a film of %d shots cannot be planned; 1 to %d are allowed", w->shots,
                          l->wanted_shots);
    return plan_check_room(w, err);
}

/* A shot has whole frames, and an end card is no part of any. */
bool plan_check_room(const struct wish *w, whelk_error *err)
{
    double least = ceil(whelk_limits.shot_min_s * w->fps - 1e-9) / w->fps,
           room = w->seconds - (w->seconds >= END_CARD_FROM_S ? END_CARD_S : 0);
    if (w->shots == 0 || w->seconds == 0 || room >= w->shots * least - 1e-9)
        return true;
    int most = (int)floor(room / least + 1e-9);
    return whelk_fail(err, WHELK_EUSAGE,
                      "%d shots in %g s leave %.3g s a shot; %.3g s is the least, so ask for %d "
                      "shot%s at most, or for more seconds",
                      w->shots, w->seconds, room / w->shots, least, most, most == 1 ? "" : "s");
}

/* --- Mood ------------------------------------------------------------------------------------- */

/* A word that tells the pace tells the mood only where no other does: "slow, sad" is sad. */
static const char *mood_in_words(struct reading_of *r)
{
    const char *found = NULL, *of_pace = NULL;
    for (int i = 0; i < r->word_count; i++) {
        const char *mood = r->words[i].negated ? NULL : lexicon_mood(r->words[i].text);
        int pace = lexicon_tempo(r->words[i].text);
        if (pace)
            of_pace = of_pace ? of_pace : mood;
        else
            found = found ? found : mood;
        if (mood || pace)
            r->words[i].used = true;
    }
    return found ? found : of_pace;
}

static const char *mood_of_story(const struct story *story)
{
    static const struct {
        const char *action, *mood;
    } rows[] = {
        {"launch", "epic"}, {"dive", "playful"}, {"bounce", "playful"}, {"jump", "playful"},
        {"run", "joyful"},  {"drive", "joyful"}, {"fly", "tender"},     {"float", "calm"},
        {"sail", "calm"},   {"swim", "calm"},    {"sit", "calm"},       {"walk", "calm"},
    };
    for (int i = 0; i < COUNT(rows); i++)
        for (int b = 0; b < story->beat_count; b++)
            if (strcmp(card_name(story->card, CARD_ACTION, story->beats[b].action),
                       rows[i].action) == 0) {
                bool night =
                    strcmp(card_name(story->card, CARD_TIME, story->beats[b].time), "night") == 0;
                return night && strcmp(rows[i].mood, "calm") == 0 ? "mysterious" : rows[i].mood;
            }
    return "calm";
}

static int pace_in_words(const struct reading_of *r)
{
    int pace = 0;
    for (int i = 0; i < r->word_count && !pace; i++)
        pace = lexicon_tempo(r->words[i].text);
    return pace;
}

/* The time of day where the line names none. */
static int default_time(const struct card *card, const char *mood)
{
    const char *time = !mood                             ? "day"
                       : strcmp(mood, "mysterious") == 0 ? "night"
                       : strcmp(mood, "tender") == 0     ? "dusk"
                                                         : "day";
    int value = card_value(card, CARD_TIME, time);
    return value >= 0 ? value : card->slot[CARD_TIME].count ? 0 : -1;
}

/* --- The film --------------------------------------------------------------------------------- */

void story_ratio(int width, int height, char *out, size_t size)
{
    static const struct {
        const char *name;
        double ratio;
    } rows[] = {
        {"16:9", 16.0 / 9}, {"9:16", 9.0 / 16}, {"1:1", 1},       {"4:3", 4.0 / 3},
        {"3:4", 0.75},      {"2.39:1", 2.39},   {"1.85:1", 1.85}, {"4:5", 0.8},
        {"21:9", 21.0 / 9}, {"3:2", 1.5},       {"2:3", 2.0 / 3}, {"2:1", 2},
    };
    for (int i = 0; i < COUNT(rows); i++) {
        if (fabs((double)width / height / rows[i].ratio - 1) < 0.01) {
            snprintf(out, size, "%s", rows[i].name);
            return;
        }
    }
    snprintf(out, size, "%.3g:1", (double)width / height);
}

/* Takes a text just made; false when there was no memory for it. */
bool plan_give(char **where, char *made)
{
    if (!made)
        return false;
    free(*where);
    *where = made;
    return true;
}

static void place_id(const struct story *story, const struct shot_list *list,
                     const struct planned *s, char *out, size_t size)
{
    bool times_differ = false;
    for (int i = 0; i < list->count; i++)
        times_differ =
            times_differ || (list->shots[i].place == s->place && list->shots[i].time != s->time);
    snprintf(out, size, "%.20s%s%.18s", card_name(story->card, CARD_PLACE, s->place),
             times_differ ? "-" : "",
             times_differ ? card_name(story->card, CARD_TIME, s->time) : "");
}

bool plan_add_named(whelk_named **list, int *count, const char *id, char *description)
{
    for (int i = 0; i < *count; i++) {
        if (strcmp((*list)[i].id, id) == 0) {
            free(description);
            return true;
        }
    }
    whelk_named *named = description ? story_grow(list, count, sizeof *named) : NULL;
    if (!named) {
        free(description);
        return false;
    }
    named->description = description;
    return whelk_set_text(&named->id, id);
}

bool plan_set_slots(const struct story *story, const struct planned *s, whelk_shot *shot)
{
    const struct card *card = story->card;
    int company = story_company(story, s), second = story->beats[s->beat].companion;
    int third = story_third(story, s);
    bool alone = story_alone(story, s);
    const int values[CARD_SLOTS] = {
        story->actors[s->actor].subject,
        s->action,
        s->place,
        s->time,
        story->actors[s->actor].colour,
        story->direction,
        s->size,
        s->camera,
        story_weather(story, s->beat),
        story_style(story),
        story_mark(story, s->actor),
        grammar_pace(story, s),
        company,
        alone ? -1 : story->actors[second].subject,
        alone ? -1 : story->actors[second].colour,
        alone ? -1 : story_mark(story, second),
        third < 0 ? -1 : story->actors[third].subject,
        third < 0 ? -1 : story->actors[third].colour,
        third < 0 ? -1 : story_mark(story, third),
    };
    for (int k = 0; k < CARD_SLOTS; k++)
        if (values[k] >= 0 && values[k] < card->slot[k].count &&
            !whelk_shot_set_slot(shot, card_slot_name((enum card_slot)k),
                                 card_name(card, (enum card_slot)k, values[k])))
            return false;
    return true;
}

static bool set_cut(whelk_shot *shot, const struct shot_list *list, int index, double fps)
{
    bool fades =
        index + 1 < list->count && list->shots[index + 1].new_scene && list->overlap_frames > 0;
    const struct planned *s = &list->shots[index];
    shot->seconds = round((s->frames + s->skip) / fps * 1e4) / 1e4;
    shot->trim_in_s = round(s->skip / fps * 1e4) / 1e4;
    shot->transition_s = fades ? round(list->overlap_frames / fps * 1e4) / 1e4 : 0;
    return whelk_set_text(&shot->transition, fades ? "crossfade" : "cut");
}

static bool cast_actor(const struct story *story, int index, whelk_film *film, whelk_shot *shot)
{
    const struct actor *actor = &story->actors[index];
    char **id = story_grow(&shot->characters, &shot->character_count, sizeof *id);
    return id && whelk_set_text(id, actor->id) &&
           plan_add_named(&film->characters, &film->character_count, actor->id,
                          say_character(story, actor));
}

static bool cast_shot(const struct story *story, const struct shot_list *list,
                      const struct planned *s, whelk_film *film, whelk_shot *shot)
{
    char place[48];
    int third = story_third(story, s);
    place_id(story, list, s, place, sizeof place);
    return cast_actor(story, s->actor, film, shot) &&
           (story_alone(story, s) ||
            cast_actor(story, story->beats[s->beat].companion, film, shot)) &&
           (third < 0 || cast_actor(story, third, film, shot)) &&
           whelk_set_text(&shot->place, place) &&
           plan_add_named(&film->places, &film->place_count, place,
                          say_place(story, s->place, s->time));
}

static bool add_shot(const struct story *story, const struct shot_list *list, int index,
                     whelk_film *film, whelk_error *err)
{
    const struct planned *s = &list->shots[index];
    whelk_shot *shot = whelk_film_add_shot(film, index, err);
    if (!shot)
        return false;
    shot->seed = story_draw(story, "shot", index) >> 32;
    return (plan_give(&shot->prompt, say_caption(story, s)) &&
            plan_give(&shot->why, say_why(story, list, index, film->fps)) &&
            plan_give(&shot->continuity_in, say_state(story, s, false)) &&
            plan_give(&shot->continuity_out, say_state(story, s, true)) &&
            whelk_set_text(&shot->camera, s->camera >= 0
                                              ? card_name(story->card, CARD_CAMERA, s->camera)
                                              : NULL) &&
            plan_set_slots(story, s, shot) && cast_shot(story, list, s, film, shot) &&
            set_cut(shot, list, index, film->fps)) ||
           whelk_fail(err, WHELK_EFAIL, "out of memory while planning");
}

/* In a long film a sentence can come twice; then the shot's place in the film is told as well. */
static bool part_whys(whelk_film *film)
{
    for (int i = 1; i < film->shot_count; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(film->shots[i].why, film->shots[k].why) == 0) {
                if (!plan_give(&film->shots[i].why,
                               story_format("%s (Shot %d of %d; it varies shot %s.)",
                                            film->shots[i].why, i + 1, film->shot_count,
                                            film->shots[k].id)))
                    return false;
                break;
            }
    return true;
}

static bool add_title(whelk_film *film, const char *text, const char *kind, double at_s,
                      double seconds)
{
    whelk_title *title = story_grow(&film->titles, &film->title_count, sizeof *title);
    if (!title)
        return false;
    title->at_s = round(at_s * 1000) / 1000;
    title->seconds = round(seconds * 1000) / 1000;
    return whelk_set_text(&title->text, text) && whelk_set_text(&title->kind, kind);
}

/* The title stands on the first shot where that is long enough for reading it; a longer film says
 * that it ends. */
bool plan_add_titles(whelk_film *film)
{
    double cut = whelk_film_cut_seconds(film), room = film->shots[0].seconds - 0.5;
    double seconds = room >= 1.4 ? fmin(room, 2) : fmin(cut - 0.5, 1.8);
    if (seconds > 0.6 && !add_title(film, film->title, "opening", 0.4, seconds))
        return false;
    return cut + END_CARD_S < END_CARD_FROM_S || add_title(film, "The End", "end", cut, END_CARD_S);
}

static bool set_film_words(whelk_film *film, const struct story *story,
                           const struct shot_list *list, const whelk_plan_request *r,
                           const struct reading_of *reading)
{
    char ratio[24];
    story_ratio(film->width, film->height, ratio, sizeof ratio);
    const char *time = card_name(story->card, CARD_TIME, list->shots[0].time);
    return plan_give(&film->title, say_title(story, r->prompt)) &&
           plan_give(&film->logline, say_logline(story)) &&
           whelk_set_text(&film->prompt, r->prompt) &&
           whelk_set_text(&film->language, reading->language) &&
           whelk_set_text(&film->ratio, ratio) && whelk_set_text(&film->planner, "offline") &&
           whelk_set_text(&film->style.palette, say_palette(time)) &&
           whelk_set_text(&film->style.lens,
                          "frames of three sizes over one wide picture of each place");
}

/* Of the card at the end. */
static double tail_seconds(const struct shot_list *list)
{
    bool card = grammar_frames(list) / list->fps + END_CARD_S >= END_CARD_FROM_S;
    return card ? END_CARD_S : 0;
}

/* Why that tempo. */
static void tell_score(const struct teller *t, const char *mood, bool said,
                       const struct tempo_fitted *f, double own, int cuts)
{
    char bars[240] = "";
    int n = 0;
    if (cuts > 0)
        n = snprintf(bars, sizeof bars, "; a bar can begin on %d of %d cut%s then", f->met, cuts,
                     cuts == 1 ? "" : "s");
    if (cuts > 0 && f->bpm != own)
        n += snprintf(bars + n, sizeof bars - (size_t)n, ", where %g beats would give %d", own,
                      f->usual);
    if (f->moved)
        snprintf(bars + n, sizeof bars - (size_t)n,
                 " (%d shot%s a little longer or shorter for it)", f->moved,
                 f->moved == 1 ? " is" : "s are");
    story_tell(t, "choice", NULL, t->reading, "The score is %s, at %g beats a minute, %s%s.", mood,
               f->bpm,
               said ? "because the line asks for that mood"
                    : "which suits what happens and the time of day",
               bars);
}

static bool set_film_mood(whelk_film *film, const struct story *story, struct shot_list *list,
                          const struct reading_of *reading, const char *said, bool keep_length,
                          const struct teller *t)
{
    const char *mood = said ? said : mood_of_story(story);
    struct tempo tempo = tempo_of_mood(mood, pace_in_words(reading));
    struct tempo_fitted fitted = {.bpm = tempo.own};
    if (film->score.off)
        story_tell(t, "choice", NULL, t->reading, "There is no score, as the line says.");
    else if (tempo_fit(list, tempo, keep_length, tail_seconds(list), &fitted))
        tell_score(t, mood, said != NULL, &fitted, tempo.own, list->count - 1);
    else
        return false;
    film->score.tempo_bpm = fitted.bpm;
    return whelk_set_text(&film->score.mood, mood) && whelk_set_text(&film->style.mood, mood);
}

/* --- All of it -------------------------------------------------------------------------------- */

static bool write_film(whelk_film *film, const struct story *story, const struct shot_list *list,
                       whelk_error *err)
{
    for (int i = 0; i < list->count; i++)
        if (!add_shot(story, list, i, film, err))
            return false;
    if (!part_whys(film) || !plan_add_titles(film))
        return whelk_fail(err, WHELK_EFAIL, "out of memory while planning");
    film->seconds = round(whelk_film_cut_seconds(film) * 1000) / 1000;
    return plan_give(&film->treatment, say_treatment(story, list, film->seconds)) ||
           whelk_fail(err, WHELK_EFAIL, "out of memory while planning");
}

/* What the line wishes for the film, where the request leaves it open. */
static void take_wishes(const whelk_plan_request *r, struct reading_of *reading, struct wish *w,
                        whelk_film *film, const struct teller *t)
{
    const whelk_story_limits *l = &whelk_limits;
    struct wishes said;
    story_wishes(reading, &said);
    film->score.off = said.silent;
    bool length = r->seconds == 0 && said.seconds > 0, number = r->shots == 0 && said.shots > 0;
    if (length && (said.seconds < l->shot_min_s || said.seconds > l->film_max_s)) {
        story_tell(t, "warn", NULL, t->line,
                   "%g s were asked for; a film of %g to %g s can be planned, so its length is the "
                   "planner's choice.",
                   said.seconds, l->shot_min_s, l->film_max_s);
    } else if (length) {
        w->seconds = said.seconds;
        story_tell(t, "choice", NULL, t->line, "The line asks for a film of %g s.", w->seconds);
    }
    if (number && said.shots > l->wanted_shots) {
        story_tell(t, "warn", NULL, t->line,
                   "%d shots were asked for; 1 to %d can be planned, so their number is the "
                   "planner's choice.",
                   said.shots, l->wanted_shots);
    } else if (number) {
        w->shots = said.shots;
        story_tell(t, "choice", NULL, t->line, "The line asks for %d shot%s.", w->shots,
                   w->shots == 1 ? "" : "s");
    }
    if (r->width == 0 && r->height == 0 && said.width) {
        film->width = said.width;
        film->height = said.height;
        story_tell(t, "choice", NULL, t->line, "The line asks for its shape: %d by %d.", said.width,
                   said.height);
    }
}

static bool plan(const whelk_plan_request *r, struct wish *w, const struct card *card,
                 struct reading_of *reading, struct shot_list *list, struct teller *t,
                 whelk_film *film, whelk_error *err)
{
    const char *mood = mood_in_words(reading);
    struct story story = {.card = card,
                          .seed = r->seed ? story_mix(r->seed)
                                          : story_hash(r->prompt, strlen(r->prompt), 0),
                          .default_time = default_time(card, mood)};
    t->line = plan_tell_line(t, reading, card, r->prompt);
    take_wishes(r, reading, w, film, t);
    if (!plan_check_room(w, err))
        return false;
    story_read(&story, reading, t);
    plan_tell_replacements(t, reading, &story);
    plan_tell_negated(t, reading);
    plan_tell_left_words(t, reading);
    plan_tell_cannot(t, reading, card);
    bool direction_said = story.direction >= 0;
    story.quiet = mood && (strcmp(mood, "calm") == 0 || strcmp(mood, "tender") == 0);
    story_resolve(&story, t);
    if (!direction_said)
        story.direction = card_value(card, CARD_DIRECTION, "right");
    char *logline = say_logline(&story);
    t->reading = plan_tell_story(t, &story, logline ? logline : "");
    free(logline);
    struct wish told = *w; /* less the card at its end */
    told.seconds -= w->seconds >= END_CARD_FROM_S ? END_CARD_S : 0;
    if (!grammar_plan(&story, &told, list, t, err))
        return false;
    plan_tell_pace(t, &story);
    t->arc = plan_tell_arc(t, &story, list, w);
    if (!set_film_words(film, &story, list, r, reading) ||
        !set_film_mood(film, &story, list, reading, mood, w->seconds > 0, t))
        return whelk_fail(err, WHELK_EFAIL, "out of memory while planning");
    if (!write_film(film, &story, list, err))
        return false;
    story_tell(t, "choice", NULL, t->reading, "The film is called \"%s\".", film->title);
    plan_tell_keeping(t, &story, list, film, direction_said);
    plan_tell_shots(t, film);
    plan_tell_length(t, film, w);
    return true;
}

whelk_film *whelk_plan_offline(const whelk_plan_request *request, const whelk_listener *listen,
                               whelk_error *err)
{
    struct card card;
    struct reading_of reading;
    struct shot_list list = {0};
    struct wish wish;
    struct teller teller = {.listen = listen};
    if (!plan_check_prompt(request->prompt, err) || !plan_check_wish(request, &wish, err))
        return NULL;
    if (plan_is_free(request->card_json))
        return plan_free(request, &wish, listen, err);
    if (!card_init(&card, request->card_json, err))
        return NULL;
    if (!words_read(&reading, request->prompt, &card, err)) {
        card_release(&card);
        return NULL;
    }
    teller.planner = plan_tell_planner(&teller);
    whelk_film *film = whelk_film_new();
    bool fine = film != NULL || whelk_fail(err, WHELK_EFAIL, "out of memory while planning");
    if (fine) {
        film->width = wish.width;
        film->height = wish.height;
        film->fps = wish.fps;
        fine = plan(request, &wish, &card, &reading, &list, &teller, film, err) &&
               whelk_film_check(film, err);
    }
    free(list.shots);
    words_release(&reading);
    card_release(&card);
    if (fine)
        return film;
    whelk_film_free(film);
    return NULL;
}
