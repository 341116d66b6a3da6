/* A film out of a plan that has passed its checks. The plan's words become slots through the same
 * reader as the offline planner's, so that the video model gets only words it knows; what a
 * character looks like is settled where it first appears and stays. Every change is told. */
#include "plan_llm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL for an empty text: what is not said is absent in the file. */
static const char *some_text(const cJSON *object, const char *name)
{
    const char *text = plan_text(object, name);
    return *text ? text : NULL;
}

/* --- Words to values -------------------------------------------------------------------------- */

/* Fills what is -1 with the first mention of each slot in the text. */
static bool read_text(const struct card *card, const char *text, int values[CARD_SLOTS],
                      whelk_error *err)
{
    struct reading_of reading;
    if (!words_read(&reading, text, card, err))
        return false;
    for (int i = 0; i < reading.mention_count; i++) {
        const struct mention *m = &reading.mentions[i];
        if (values[m->slot] < 0)
            values[m->slot] = m->value;
    }
    words_release(&reading);
    return true;
}

bool plan_read_shot(const struct card *card, const cJSON *shot, int values[CARD_SLOTS],
                    whelk_error *err)
{
    const cJSON *slots = json_get(shot, "slots");
    for (int s = 0; s < CARD_SLOTS; s++)
        values[s] =
            card_value(card, (enum card_slot)s,
                       cJSON_GetStringValue(json_get(slots, card_slot_name((enum card_slot)s))));
    if (!read_text(card, plan_text(shot, "prompt"), values, err))
        return false;
    values[CARD_CAMERA] = plan_camera(card, plan_text(shot, "camera"));
    return true;
}

int plan_camera(const struct card *card, const char *move)
{
    static const struct {
        const char *move, *nearest[4]; /* best first */
    } moves[] = {
        {"static", {"static"}},
        {"push-in", {"push-in", "zoom-in", "static"}},
        {"pull-out", {"pull-out", "zoom-out", "static"}},
        {"pan-left", {"pan-left", "truck-left", "static"}},
        {"pan-right", {"pan-right", "truck-right", "static"}},
        {"truck-left", {"truck-left", "pan-left", "static"}},
        {"truck-right", {"truck-right", "pan-right", "static"}},
        {"pedestal-up", {"pedestal-up", "tilt-up", "static"}},
        {"pedestal-down", {"pedestal-down", "tilt-down", "static"}},
        {"tilt-up", {"tilt-up", "pedestal-up", "static"}},
        {"tilt-down", {"tilt-down", "pedestal-down", "static"}},
        {"zoom-in", {"zoom-in", "push-in", "static"}},
        {"zoom-out", {"zoom-out", "pull-out", "static"}},
        {"tracking", {"tracking", "follow", "static"}},
        {"shake", {"shake", "static"}},
    };
    for (int i = 0; i < COUNT(moves); i++)
        for (int k = 0; strcmp(moves[i].move, move) == 0 && k < 4 && moves[i].nearest[k]; k++) {
            int value = card_value(card, CARD_CAMERA, moves[i].nearest[k]);
            if (value >= 0)
                return value;
        }
    return -1;
}

/* --- The making ------------------------------------------------------------------------------- */

struct look { /* of a character: settled once */
    int subject, colour, mark;
};

struct maker {
    const cJSON *plan;
    const struct abilities *a;
    const struct wish *w;
    struct teller teller;
    whelk_film *film;
    struct look looks[32];
    int last; /* whoever was in the shot before; -1 = nobody yet */
    uint64_t seed;
    whelk_error *err;
};

static bool no_memory(const struct maker *m)
{
    return whelk_fail(m->err, WHELK_EFAIL, "out of memory while planning");
}

static int character_at(const struct maker *m, const char *id)
{
    for (int i = 0; i < m->film->character_count; i++)
        if (strcmp(m->film->characters[i].id, id) == 0)
            return i;
    return -1;
}

enum { CAST = 3 }; /* in a shot */

/* Who is in the shot, the one who acts first: as many as the model draws; -1 = nobody. */
static void read_cast(struct maker *m, const cJSON *shot, const whelk_shot *out, int cast[CAST])
{
    const cJSON *names = json_get(shot, "characters");
    int count = cJSON_GetArraySize(names), most = card_most_actors(&m->a->card);
    cast[0] = cast[1] = cast[2] = -1;
    for (int i = 0; i < count && i < most; i++)
        cast[i] = character_at(m, cJSON_GetArrayItem(names, i)->valuestring);
    for (int i = most; i < count && cast[0] >= 0; i++)
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "The model shows %s a shot: it is %s; %s is left out of the picture.",
                   most == 3   ? "three actors"
                   : most == 2 ? "two actors"
                               : "one actor",
                   m->film->characters[cast[0]].id, cJSON_GetArrayItem(names, i)->valuestring);
}

/* A character keeps its look: what the first shot with it says, else its description. */
static bool keep_look(struct maker *m, int lead, int values[CARD_SLOTS], const whelk_shot *out)
{
    const struct card *card = &m->a->card;
    struct look *look = &m->looks[lead];
    if (look->subject < 0) {
        int described[CARD_SLOTS];
        memset(described, 0xFF, sizeof described);
        if (!read_text(card, m->film->characters[lead].description, described, m->err))
            return false;
        look->subject = values[CARD_SUBJECT] >= 0 ? values[CARD_SUBJECT] : described[CARD_SUBJECT];
        look->mark = described[CARD_MARK] >= 0 ? described[CARD_MARK] : values[CARD_MARK];
        look->colour = described[CARD_COLOUR] >= 0 ? described[CARD_COLOUR] : values[CARD_COLOUR];
    }
    if (look->subject >= 0 && values[CARD_SUBJECT] >= 0 && values[CARD_SUBJECT] != look->subject)
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "%s stays a %s, as in the shots before, and is no %s here.",
                   m->film->characters[lead].id, card_name(card, CARD_SUBJECT, look->subject),
                   card_name(card, CARD_SUBJECT, values[CARD_SUBJECT]));
    values[CARD_SUBJECT] = look->subject >= 0 ? look->subject : values[CARD_SUBJECT];
    values[CARD_MARK] = look->mark;
    values[CARD_COLOUR] = look->colour >= 0 ? look->colour : values[CARD_COLOUR];
    return true;
}

/* The second or third, unless the plan's slots say who that is. */
static bool add_guest(struct maker *m, int guest, enum card_slot subject, int values[CARD_SLOTS],
                      const whelk_shot *out)
{
    int own[CARD_SLOTS];
    memset(own, 0xFF, sizeof own);
    if (guest < 0 || values[subject] >= 0)
        return true;
    if (!keep_look(m, guest, own, out))
        return false;
    if (own[CARD_SUBJECT] < 0)
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "%s is left out of the picture: the model knows nothing like it.",
                   m->film->characters[guest].id);
    values[subject] = own[CARD_SUBJECT];
    values[subject + 1] = own[CARD_COLOUR];
    values[subject + 2] = own[CARD_MARK];
    return true;
}

/* Where nobody is known of the second, the third is the second. */
static void close_ranks(int cast[CAST], int values[CARD_SLOTS])
{
    if (values[CARD_SUBJECT2] >= 0 || values[CARD_SUBJECT3] < 0)
        return;
    for (int i = 0; i < 3; i++) {
        values[CARD_SUBJECT2 + i] = values[CARD_SUBJECT3 + i];
        values[CARD_SUBJECT3 + i] = -1;
    }
    cast[1] = cast[2];
    cast[2] = -1;
}

/* Nobody the model knows is in the shot: whoever was there before, else the first who can. */
static int somebody(const struct maker *m, const int values[CARD_SLOTS])
{
    const struct card *card = &m->a->card;
    if (m->last >= 0 && card_possible(card, m->last, -1, values[CARD_PLACE]))
        return m->last;
    for (int s = 0; s < card->slot[CARD_SUBJECT].count; s++)
        if (card_possible(card, s, values[CARD_ACTION], values[CARD_PLACE]))
            return s;
    return 0;
}

static bool read_place(struct maker *m, const whelk_shot *out, int values[CARD_SLOTS])
{
    for (int i = 0; i < m->film->place_count; i++)
        if (out->place && strcmp(m->film->places[i].id, out->place) == 0) {
            int described[CARD_SLOTS];
            memset(described, 0xFF, sizeof described);
            if (!read_text(&m->a->card, m->film->places[i].description, described, m->err))
                return false;
            if (values[CARD_PLACE] < 0)
                values[CARD_PLACE] = described[CARD_PLACE];
            if (values[CARD_TIME] < 0)
                values[CARD_TIME] = described[CARD_TIME];
            if (values[CARD_WEATHER] < 0)
                values[CARD_WEATHER] = described[CARD_WEATHER];
        }
    return true;
}

static void tell_camera(struct maker *m, const whelk_shot *out, int camera)
{
    const char *is = card_name(&m->a->card, CARD_CAMERA, camera);
    if (out->camera && camera >= 0 && strcmp(out->camera, is) != 0)
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "The camera move \"%s\" is not among those the model knows; it is \"%s\" "
                   "instead, the nearest it has.",
                   out->camera, is);
}

/* The shot as one step of a story, made possible as the offline planner does it. */
static bool show(struct maker *m, const int cast[CAST], const int values[CARD_SLOTS],
                 whelk_shot *out)
{
    const struct card *card = &m->a->card;
    int day = card_value(card, CARD_TIME, "day"), right = card_value(card, CARD_DIRECTION, "right");
    struct story story = {.card = card, .seed = m->seed, .actor_count = 1, .beat_count = 1};
    struct beat *beat = &story.beats[0];
    story.default_time = day >= 0 ? day : card->slot[CARD_TIME].count ? 0 : -1;
    story.direction = values[CARD_DIRECTION] >= 0 ? values[CARD_DIRECTION] : right;
    story.actors[0] = (struct actor){
        .subject = values[CARD_SUBJECT], .colour = values[CARD_COLOUR], .mark = values[CARD_MARK]};
    if (values[CARD_SUBJECT2] >= 0)
        story.actors[story.actor_count++] = (struct actor){.subject = values[CARD_SUBJECT2],
                                                           .colour = values[CARD_COLOUR2],
                                                           .mark = values[CARD_MARK2]};
    bool three = values[CARD_SUBJECT2] >= 0 && values[CARD_SUBJECT3] >= 0;
    if (three)
        story.actors[story.actor_count++] = (struct actor){.subject = values[CARD_SUBJECT3],
                                                           .colour = values[CARD_COLOUR3],
                                                           .mark = values[CARD_MARK3]};
    story.style = values[CARD_STYLE];
    *beat = (struct beat){.action = values[CARD_ACTION],
                          .place = values[CARD_PLACE],
                          .time = values[CARD_TIME],
                          .size = values[CARD_SIZE],
                          .camera = values[CARD_CAMERA],
                          .weather = values[CARD_WEATHER],
                          .pace = values[CARD_PACE],
                          .companion = values[CARD_SUBJECT2] >= 0 ? 1 : -1,
                          .third = three ? 2 : -1,
                          .company = values[CARD_COMPANY],
                          .companion_action = -1,
                          .action_exact = true,
                          .place_exact = true};
    m->teller.shot = out->id;
    story_settle(&story, 0, &m->teller);
    for (int i = 0; i < story.actor_count; i++)
        story_choose_colour(&story, i, &m->teller);
    m->teller.shot = NULL;
    for (int i = 0; i < story.actor_count; i++)
        if (cast[i] >= 0)
            m->looks[cast[i]].colour = story.actors[i].colour;
    int medium = card_value(card, CARD_SIZE, "medium");
    struct planned p = {.action = beat->action,
                        .place = beat->place,
                        .time = beat->time,
                        .size = beat->size >= 0 ? beat->size : medium,
                        .camera = beat->camera};
    if (!grammar_fits(&story, &p, p.size))
        p.size = medium;
    m->last = values[CARD_SUBJECT];
    if (beat->companion >= 0 && story_alone(&story, &p))
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "The %s is alone in the picture: the model shows nobody with one that is to %s.",
                   card_name(card, CARD_SUBJECT, story.actors[0].subject),
                   card_name(card, CARD_ACTION, p.action));
    return (plan_give(&out->prompt, say_caption(&story, &p)) && plan_set_slots(&story, &p, out)) ||
           no_memory(m);
}

static bool make_slots(struct maker *m, const cJSON *shot, whelk_shot *out)
{
    int values[CARD_SLOTS], cast[CAST];
    read_cast(m, shot, out, cast);
    if (!plan_read_shot(&m->a->card, shot, values, m->err) || !read_place(m, out, values) ||
        (cast[0] >= 0 && !keep_look(m, cast[0], values, out)) ||
        !add_guest(m, cast[1], CARD_SUBJECT2, values, out) ||
        !add_guest(m, cast[2], CARD_SUBJECT3, values, out))
        return false;
    close_ranks(cast, values);
    if (values[CARD_SUBJECT] < 0) {
        values[CARD_SUBJECT] = somebody(m, values);
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "Nobody in this shot is known to the model, and it shows no place without an "
                   "actor; a %s is in it.",
                   card_name(&m->a->card, CARD_SUBJECT, values[CARD_SUBJECT]));
        if (cast[0] >= 0)
            m->looks[cast[0]].subject = values[CARD_SUBJECT];
    }
    tell_camera(m, out, values[CARD_CAMERA]);
    if (!show(m, cast, values, out))
        return false;
    double most = story_longest(m->a->card.tree, out); /* of what became of the action */
    if (out->seconds > most + 1e-6) {
        char why[160];
        story_why_over(m->a->card.tree, whelk_shot_slot(out, "action"), why, sizeof why);
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "%.4g s were planned for this shot, but %s.", out->seconds, why);
        out->seconds = floor(most * 1000) / 1000;
    }
    return true;
}

/* For a model that reads free text: the prompt, then the fixed descriptions word for word. */
static bool make_prompt(struct maker *m, const cJSON *shot, whelk_shot *out)
{
    struct bytes b;
    bytes_init(&b, whelk_limits.prompt_bytes);
    bytes_text(&b, plan_text(shot, "prompt"));
    for (int i = 0; i < out->character_count; i++) {
        const whelk_named *who = &m->film->characters[character_at(m, out->characters[i])];
        bytes_format(&b, " %s: %s.", who->id, who->description);
    }
    for (int i = 0; i < m->film->place_count; i++)
        if (strcmp(m->film->places[i].id, out->place) == 0)
            bytes_format(&b, " Place: %s.", m->film->places[i].description);
    bytes_format(&b, " Camera: %s.", plan_text(shot, "camera"));
    const char *palette = m->film->style.palette, *lens = m->film->style.lens;
    if (palette || lens)
        bytes_format(&b, " Style: %s%s%s.", palette ? palette : "", palette && lens ? "; " : "",
                     lens ? lens : "");
    return plan_give(&out->prompt, bytes_take(&b)) ||
           whelk_fail(m->err, WHELK_EFAIL,
                      "the prompt of shot %s with its descriptions is longer "
                      "than %zu bytes",
                      out->id, whelk_limits.prompt_bytes);
}

/* --- One shot --------------------------------------------------------------------------------- */

/* A spoken line is kept. Sounds of effects come from files only, so one in words is a wish that is
 * told. */
static bool set_sound(struct maker *m, const cJSON *sound, whelk_shot *out)
{
    const char *text = some_text(sound, "text"), *effects = some_text(sound, "effects");
    const char *kind = some_text(sound, "voice") ? some_text(sound, "voice") : "narration";
    if (effects)
        story_tell(&m->teller, "choice", out->id, m->teller.line,
                   "The sound \"%s\" is wished for, but none is made; a file of it can be set as "
                   "the shot's effect_sound.",
                   effects);
    return whelk_set_text(&out->voice_text, text) &&
           whelk_set_text(&out->voice_kind, text ? kind : NULL);
}

static bool set_words(struct maker *m, const cJSON *shot, whelk_shot *out)
{
    const cJSON *continuity = json_get(shot, "continuity"),
                *transition = json_get(shot, "transition"), *one;
    const char *kind = shot->next ? plan_text(transition, "kind") : "cut";
    bool fine = whelk_set_text(&out->id, plan_text(shot, "id")) &&
                whelk_set_text(&out->why, plan_text(shot, "why")) &&
                whelk_set_text(&out->camera, plan_text(shot, "camera")) &&
                whelk_set_text(&out->place, plan_text(shot, "place")) &&
                whelk_set_text(&out->continuity_in, some_text(continuity, "in")) &&
                whelk_set_text(&out->continuity_out, some_text(continuity, "out")) &&
                whelk_set_text(&out->transition, kind) &&
                set_sound(m, json_get(shot, "sound"), out);
    cJSON_ArrayForEach(one, json_get(shot, "characters"))
    {
        char **id = fine ? story_grow(&out->characters, &out->character_count, sizeof *id) : NULL;
        fine = id && whelk_set_text(id, one->valuestring);
    }
    out->seconds = round(json_number(shot, "seconds") * 1e4) / 1e4;
    out->transition_s = strcmp(kind, "cut") == 0 ? 0 : json_number(transition, "seconds");
    return fine || no_memory(m);
}

/* Its reason comes last: it is the event that everything made for the shot hangs on. */
static void tell_shot(struct maker *m, const cJSON *shot, const whelk_shot *out)
{
    cJSON *data = cJSON_CreateObject();
    const whelk_listener *l = m->teller.listen;
    cJSON_AddNumberToObject(data, "seconds", out->seconds);
    cJSON_AddStringToObject(data, "camera", out->camera);
    cJSON_AddStringToObject(data, "asked", plan_text(shot, "prompt"));
    cJSON_AddStringToObject(data, "prompt", out->prompt);
    char *json = cJSON_PrintUnformatted(data);
    if (l && l->note)
        l->note(l->ctx, &(whelk_note){.stage = "plan",
                                      .kind = "choice",
                                      .shot = out->id,
                                      .why = m->teller.line,
                                      .text = out->why,
                                      .data_json = json});
    cJSON_free(json);
    cJSON_Delete(data);
}

static bool make_shot(struct maker *m, const cJSON *shot, int index)
{
    whelk_shot *out = whelk_film_add_shot(m->film, index, m->err);
    if (!out || !set_words(m, shot, out))
        return false;
    out->seed = story_mix(m->seed + (uint64_t)index) >> 32;
    if (!(m->a->slotted ? make_slots(m, shot, out) : make_prompt(m, shot, out)))
        return false;
    tell_shot(m, shot, out);
    return true;
}

/* --- The film --------------------------------------------------------------------------------- */

static bool make_named(struct maker *m, const char *name, whelk_named **list, int *count)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json_get(m->plan, name))
    {
        const char *text = plan_text(item, "description");
        if (!plan_add_named(list, count, plan_text(item, "id"),
                            story_text_copy(text, strlen(text))))
            return no_memory(m);
    }
    return true;
}

static bool make_words(struct maker *m, const whelk_plan_request *r, const char *planner)
{
    whelk_film *f = m->film;
    const cJSON *style = json_get(m->plan, "style"), *score = json_get(m->plan, "score");
    char ratio[24];
    story_ratio(m->w->width, m->w->height, ratio, sizeof ratio);
    f->width = m->w->width;
    f->height = m->w->height;
    f->fps = m->w->fps;
    f->captions = cJSON_IsTrue(json_get(m->plan, "captions"));
    f->score.tempo_bpm = json_number(score, "tempo_bpm");
    return (whelk_set_text(&f->title, plan_text(m->plan, "title")) &&
            whelk_set_text(&f->logline, plan_text(m->plan, "logline")) &&
            whelk_set_text(&f->treatment, plan_text(m->plan, "treatment")) &&
            whelk_set_text(&f->prompt, r->prompt) && whelk_set_text(&f->ratio, ratio) &&
            whelk_set_text(&f->planner, planner) &&
            whelk_set_text(&f->style.palette, some_text(style, "palette")) &&
            whelk_set_text(&f->style.lens, some_text(style, "lens")) &&
            whelk_set_text(&f->style.mood, some_text(style, "mood")) &&
            whelk_set_text(&f->score.mood, some_text(score, "mood")) &&
            whelk_set_text(&f->score.instruments, some_text(score, "instruments"))) ||
           no_memory(m);
}

static bool make_language(struct maker *m, const char *prompt)
{
    struct reading_of reading;
    if (!m->a->slotted)
        return true;
    if (!words_read(&reading, prompt, &m->a->card, m->err))
        return false;
    bool fine = whelk_set_text(&m->film->language, reading.language) || no_memory(m);
    words_release(&reading);
    return fine;
}

static bool make(struct maker *m, const whelk_plan_request *r, const char *planner)
{
    whelk_film *f = m->film;
    if (!f)
        return no_memory(m);
    if (!make_words(m, r, planner) || !make_language(m, r->prompt) ||
        !make_named(m, "characters", &f->characters, &f->character_count) ||
        !make_named(m, "places", &f->places, &f->place_count))
        return false;
    for (int i = 0; i < COUNT(m->looks); i++)
        m->looks[i] = (struct look){-1, -1, -1};
    const cJSON *shot;
    int index = 0;
    cJSON_ArrayForEach(shot,
                       json_get(m->plan, "shots")) if (!make_shot(m, shot, index++)) return false;
    if (!plan_add_titles(f))
        return no_memory(m);
    f->seconds = round(whelk_film_cut_seconds(f) * 1000) / 1000;
    return whelk_film_check(f, m->err);
}

whelk_film *plan_film(const cJSON *plan, const struct abilities *a, const whelk_plan_request *r,
                      const struct wish *w, const whelk_listener *listen, long why,
                      const char *planner, whelk_error *err)
{
    struct maker m = {.plan = plan, .a = a, .w = w, .last = -1, .err = err};
    m.film = whelk_film_new();
    m.teller = (struct teller){.listen = listen, .planner = why, .line = why, .reading = why};
    m.seed = r->seed ? story_mix(r->seed) : story_hash(r->prompt, strlen(r->prompt), 0);
    if (make(&m, r, planner))
        return m.film;
    whelk_film_free(m.film);
    return NULL;
}
