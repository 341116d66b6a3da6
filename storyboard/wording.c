/* The planner's sentences: what the model is told of a shot, in the words of its captions, and what
 * people are told of the film and of the reason for each shot. Nothing is decided here; every
 * sentence states what grammar.c chose. */
#include "plan.h"
#include "quotes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 20000

static const struct verb {
    const char *action, *third, *ing, *noun;
} verbs[] = {
    {"walk", "walks", "walking", "walk"},
    {"run", "runs", "running", "run"},
    {"jump", "jumps", "jumping", "leap"},
    {"dive", "dives", "diving", "dive"},
    {"sit", "sits", "sitting", "rest"},
    {"fly", "flies", "flying", "flight"},
    {"swim", "swims", "swimming", "swim"},
    {"bounce", "bounces", "bouncing", "bouncing"},
    {"drive", "drives", "driving", "drive"},
    {"sail", "sails", "sailing", "voyage"},
    {"launch", "takes off", "taking off", "liftoff"},
    {"float", "floats", "floating", "drift"},
};

static const struct where {
    const char *place, *on, *over;
} wheres[] = {
    {"pool", "by the pool", "over the pool"},
    {"beach", "on the beach", "over the beach"},
    {"meadow", "in the meadow", "over the meadow"},
    {"forest", "in the forest", "through the forest"},
    {"city", "in the city", "over the city"},
    {"desert", "in the desert", "over the desert"},
    {"snow", "in the snow", "over the snow"},
    {"mountains", "in the mountains", "over the mountains"},
    {"underwater", "under water", "under water"},
    {"farm", "on the farm", "over the farm"},
    {"river", "by the river", "over the river"},
    {"room", "in the room", "in the room"},
};

static const struct verb *verb_of(const char *action)
{
    for (int i = 0; i < COUNT(verbs); i++)
        if (strcmp(verbs[i].action, action) == 0)
            return &verbs[i];
    return NULL;
}

const char *say_verb(const char *action, char out[WORD_MAX])
{
    const struct verb *v = verb_of(action);
    snprintf(out, WORD_MAX, "%.40s%s", v ? v->third : action, v ? "" : "s");
    return out;
}

const char *say_doing(const char *action, char out[WORD_MAX])
{
    const struct verb *v = verb_of(action);
    size_t n = strlen(action);
    bool mute_e = !v && n > 1 && action[n - 1] == 'e';
    snprintf(out, WORD_MAX, "%.*s%s", v ? 40 : (int)(mute_e ? n - 1 : n), v ? v->ing : action,
             v ? "" : "ing");
    return out;
}

const char *say_noun(const char *action)
{
    const struct verb *v = verb_of(action);
    return v ? v->noun : action;
}

const char *say_where(const char *action, const char *place)
{
    bool air = strcmp(action, "fly") == 0 || strcmp(action, "float") == 0;
    if (strcmp(action, "dive") == 0 && strcmp(place, "pool") == 0)
        return "into the pool";
    bool swims = strcmp(action, "swim") == 0 && strcmp(place, "underwater") != 0;
    if (swims && strcmp(place, "pool") == 0)
        return "in the pool";
    if (strcmp(action, "sail") == 0 || swims)
        return strcmp(place, "mountains") == 0 ? "on a lake"
               : strcmp(place, "river") == 0   ? "on the river"
                                               : "on the sea";
    for (int i = 0; i < COUNT(wheres); i++)
        if (strcmp(wheres[i].place, place) == 0)
            return air ? wheres[i].over : wheres[i].on;
    return "";
}

const char *say_when(const char *time)
{
    return strcmp(time, "dusk") == 0    ? "at dusk"
           : strcmp(time, "night") == 0 ? "at night"
           : strcmp(time, "day") == 0   ? "by day"
           : strcmp(time, "dawn") == 0  ? "at dawn"
                                        : "";
}

const char *say_palette(const char *time)
{
    return strcmp(time, "dusk") == 0    ? "the warm light after sunset, long shadows"
           : strcmp(time, "night") == 0 ? "deep blues and a few warm lights"
           : strcmp(time, "dawn") == 0  ? "pale rose and blue before the sun is up"
                                        : "clear daylight, clean colours";
}

static const char *article(const char *noun)
{
    return *noun && strchr("aeiou", *noun) ? "an" : "a";
}

static const char *look_up(const char *const (*rows)[2], int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i][0], name) == 0)
            return rows[i][1];
    return "";
}

const char *say_weather(const char *weather)
{
    static const char *const rows[][2] = {
        {"cloudy", "under a cloudy sky"}, {"rain", "in the rain"}, {"snowfall", "in falling snow"}};
    return look_up(rows, COUNT(rows), weather);
}

const char *say_style(const char *style)
{
    static const char *const rows[][2] = {{"picture-book", "picture book"},
                                          {"watercolour", "watercolour painting"},
                                          {"cut-out", "paper cut out"},
                                          {"poster", "poster style"}};
    return look_up(rows, COUNT(rows), style);
}

const char *say_mark(const char *mark)
{
    static const char *const rows[][2] = {{"stripes", "striped"},
                                          {"spots", "spotted"},
                                          {"patch", "patched"},
                                          {"scarf", "+with a scarf"}};
    return look_up(rows, COUNT(rows), mark);
}

void say_actor(const struct story *story, const struct actor *actor, bool definite, bool colour,
               char *out, size_t size)
{
    const char *subject = card_name(story->card, CARD_SUBJECT, actor->subject);
    const char *hue = colour ? card_name(story->card, CARD_COLOUR, actor->colour) : "";
    const char *mark = colour ? say_mark(card_name(story->card, CARD_MARK, actor->mark)) : "";
    bool shirt = *hue && strcmp(subject, "child") == 0, behind = *mark == '+';
    char dress[64]; /* "spotted red", of the noun or of the shirt */
    snprintf(dress, sizeof dress, "%s%s%s", behind ? "" : mark, *mark && !behind && *hue ? " " : "",
             hue);
    const char *first = *dress && !shirt ? dress : subject;
    snprintf(out, size, "%s %s%s%s", definite ? "the" : article(first), first,
             first == dress ? " " : "", first == dress ? subject : "");
    size_t n = strlen(out);
    if (shirt)
        snprintf(out + n, size - n, " in %s %s shirt", article(dress), dress);
    n = strlen(out);
    if (behind)
        snprintf(out + n, size - n, "%s %s", shirt ? " and" : "", mark + 1);
}

static void capitalise(char *text)
{
    text[0] = (char)toupper((unsigned char)text[0]);
}

/* --- The names of one shot -------------------------------------------------------------------- */

const char *say_pace(const char *pace)
{
    static const char *const rows[][2] = {{"slow", "slowly"}, {"fast", "fast"}};
    return look_up(rows, COUNT(rows), pace);
}

/* "chases"; of those who do the same side by side "walks with". */
static const char *say_company(const char *company, const char *verb)
{
    static const char *const rows[][2] = {
        {"chase", "chases"}, {"follow", "follows"}, {"pass", "meets"}};
    static const char *const with[][2] = {{"sits", "sits with"},
                                          {"walks", "walks with"},
                                          {"runs", "runs with"},
                                          {"swims", "swims with"}};
    const char *own = look_up(rows, COUNT(rows), company),
               *beside = look_up(with, COUNT(with), verb);
    return *own ? own : *beside ? beside : verb;
}

/* Who is met: "a white duck"; of one like somebody named before "another white duck", "a third". */
static void say_guest(const struct story *story, int actor, int guest, int before, char *out,
                      size_t size)
{
    const struct actor *a = &story->actors[guest], *like[2] = {&story->actors[actor], NULL};
    char who[120];
    int alike = 0;
    like[1] = before >= 0 ? &story->actors[before] : NULL;
    for (int i = 0; i < 2; i++)
        alike += like[i] && like[i]->subject == a->subject && like[i]->colour == a->colour;
    say_actor(story, a, false, true, who, sizeof who);
    const char *bare = strchr(who, ' '); /* without its article */
    if (alike == 0 || !bare)
        snprintf(out, size, "%s", who);
    else if (alike == 1)
        snprintf(out, size, "another%s", bare);
    else
        snprintf(out, size, "a third");
}

/* What this shot's actor does; with the others, where they are shown: "chases a black cat". */
static void say_deed(const struct story *story, const struct planned *shot, char *out, size_t size)
{
    char verb[WORD_MAX], other[128], last[128];
    int company = story_company(story, shot), second = story->beats[shot->beat].companion,
        third = story_third(story, shot);
    say_verb(card_name(story->card, CARD_ACTION, shot->action), verb);
    if (story_alone(story, shot)) {
        snprintf(out, size, "%s", verb);
        return;
    }
    say_guest(story, shot->actor, second, -1, other, sizeof other);
    if (third >= 0)
        say_guest(story, shot->actor, third, second, last, sizeof last);
    snprintf(out, size, "%s %s%s%s",
             say_company(card_name(story->card, CARD_COMPANY, company), verb), other,
             third < 0 ? "" : " and ", third < 0 ? "" : last);
}

/* Of two dogs one is not "the dog". */
static bool has_namesake(const struct story *story, const struct actor *a)
{
    for (int i = 0; i < story->actor_count; i++)
        if (story->actors[i].subject == a->subject && story->actors[i].colour != a->colour)
            return true;
    return false;
}

void say_names(const struct story *story, const struct planned *shot, struct names *n)
{
    const struct card *card = story->card;
    const struct actor *actor = &story->actors[shot->actor];
    n->action = card_name(card, CARD_ACTION, shot->action);
    n->place = card_name(card, CARD_PLACE, shot->place);
    n->time = card_name(card, CARD_TIME, shot->time);
    n->size = card_name(card, CARD_SIZE, shot->size);
    n->camera = card_name(card, CARD_CAMERA, shot->camera);
    n->direction = card_name(card, CARD_DIRECTION, story->direction);
    n->where = say_where(n->action, n->place);
    say_actor(story, actor, true, true, n->who, sizeof n->who);
    say_actor(story, actor, true, has_namesake(story, actor), n->bare, sizeof n->bare);
    say_deed(story, shot, n->third, sizeof n->third);
    say_doing(n->action, n->ing);
}

const char *say_camera(const char *camera)
{
    static const char *const rows[][2] = {
        {"static", "static camera"},
        {"pan-left", "the camera pans left"},
        {"pan-right", "the camera pans right"},
        {"push-in", "the camera pushes in"},
        {"pull-out", "the camera pulls out"},
        {"follow", "the camera follows"},
        {"tilt-up", "the camera tilts up"},
        {"tilt-down", "the camera tilts down"},
    };
    return look_up(rows, COUNT(rows), camera);
}

char *say_caption(const struct story *story, const struct planned *shot)
{
    struct names n;
    char who[120];
    say_names(story, shot, &n);
    say_actor(story, &story->actors[shot->actor], false, true, who, sizeof who);
    capitalise(who);
    struct bytes b;
    bytes_init(&b, TEXT_MAX);
    const char *pace = say_pace(card_name(story->card, CARD_PACE, grammar_pace(story, shot)));
    bytes_format(&b, "%s %s%s%s%s%s", who, n.third, *pace ? " " : "", pace, *n.where ? " " : "",
                 n.where);
    if (*say_when(n.time))
        bytes_format(&b, " %s", say_when(n.time));
    const char *weather = say_weather(
                   card_name(story->card, CARD_WEATHER, story_weather(story, shot->beat))),
               *style = say_style(card_name(story->card, CARD_STYLE, story->style));
    if (*weather)
        bytes_format(&b, " %s", weather);
    if (*n.direction && strcmp(n.action, "sit") != 0 && strcmp(n.action, "launch") != 0)
        bytes_format(&b, " to the %s", n.direction);
    if (*n.size)
        bytes_format(&b, ", %s shot", n.size);
    if (*say_camera(n.camera))
        bytes_format(&b, ", %s", say_camera(n.camera));
    if (*style)
        bytes_format(&b, ", %s", style);
    bytes_text(&b, ".");
    return bytes_take(&b);
}

/* --- The film's own words --------------------------------------------------------------------- */

static char *title_case(const char *text)
{
    static const char small[] =
        " a an and at by for from in into of on or over the through to under with ";
    char *out = story_text_copy(text, strlen(text));
    for (char *p = out; p && *p;) {
        size_t n = strcspn(p, " ");
        char word[WORD_MAX];
        snprintf(word, sizeof word, " %.*s ", (int)(n < 40 ? n : 40), p);
        if (p == out || !strstr(small, word))
            *p = (char)toupper((unsigned char)*p);
        p += n;
        p += *p == ' ';
    }
    return out;
}

static const struct beat *main_beat(const struct story *story)
{
    int first = 0;
    while (story->beats[first].added)
        first++; /* what was added is always before something that was not */
    const struct beat *best = &story->beats[first];
    for (int i = first + 1; i < story->beat_count; i++) {
        const char *action = card_name(story->card, CARD_ACTION, story->beats[i].action);
        if (strcmp(action, "dive") == 0 || strcmp(action, "launch") == 0)
            best = &story->beats[i];
    }
    return best;
}

/* The one who shares the film with the main actor, or -1. */
static int second_actor(const struct story *story)
{
    int first = main_beat(story)->actor;
    for (int i = 0; i < story->beat_count; i++) {
        if (story->beats[i].companion >= 0 && story->beats[i].companion != first)
            return story->beats[i].companion;
        if (story->beats[i].actor != first)
            return story->beats[i].actor;
    }
    return -1;
}

static void say_many(const char *subject, char *out, size_t size)
{
    size_t n = strlen(subject);
    if (strcmp(subject, "fish") == 0)
        snprintf(out, size, "%s", subject);
    else if (strcmp(subject, "child") == 0)
        snprintf(out, size, "children");
    else if (n > 1 && subject[n - 1] == 'y' && !strchr("aeiou", subject[n - 2]))
        snprintf(out, size, "%.*sies", (int)n - 1, subject);
    else
        snprintf(out, size, "%ss", subject);
}

/* The film of several: by their kinds, by their colours where they are of one kind, else by their
 * number. */
static char *title_of_many(const struct story *story, const struct beat *beat, int second)
{
    const struct card *card = story->card;
    const struct actor *a = &story->actors[beat->actor], *b = &story->actors[second],
                       *c = beat->third >= 0 ? &story->actors[beat->third] : NULL;
    const char *kind = card_name(card, CARD_SUBJECT, a->subject),
               *other = card_name(card, CARD_SUBJECT, b->subject),
               *colour = card_name(card, CARD_COLOUR, a->colour);
    bool twins = a->subject == b->subject, alike = twins && a->colour == b->colour && *colour;
    char many[48];
    say_many(kind, many, sizeof many);
    if (c && twins && c->subject == a->subject)
        return alike && c->colour == a->colour ? story_format("three %s %s", colour, many)
                                               : story_format("three %s", many);
    if (c && !twins && c->subject != a->subject && c->subject != b->subject)
        return story_format("the %s, the %s and the %s", kind, other,
                            card_name(card, CARD_SUBJECT, c->subject));
    if (c && b->subject == c->subject) {
        say_many(other, many, sizeof many);
        return story_format("the %s and the %s", kind, many);
    }
    if (c)
        return story_format("the %s and the %s", many,
                            twins ? card_name(card, CARD_SUBJECT, c->subject) : other);
    if (alike)
        return story_format("two %s %s", colour, many);
    return twins ? story_format("the %s and the %s %s", colour,
                                card_name(card, CARD_COLOUR, b->colour), kind)
                 : story_format("the %s and the %s", kind, other);
}

static char *made_title(const struct story *story)
{
    const struct beat *beat = main_beat(story);
    const char *action = card_name(story->card, CARD_ACTION, beat->action),
               *place = card_name(story->card, CARD_PLACE, beat->place);
    const char *subject = card_name(story->card, CARD_SUBJECT, story->actors[beat->actor].subject);
    const char *where = say_where(action, place);
    int second = second_actor(story);
    if (second >= 0)
        return title_of_many(story, beat, second);
    if (strcmp(action, "dive") == 0)
        return story_format("the %s and the %s", subject, place);
    if (strcmp(action, "launch") == 0)
        return story_format("liftoff");
    if (strcmp(action, "sail") == 0)
        return story_format("under sail");
    if (strcmp(action, "swim") == 0)
        return strcmp(place, "underwater") == 0 ? story_format("below the waves")
                                                : story_format("a swim %s", where);
    if (strcmp(action, "walk") == 0 || strcmp(action, "run") == 0 || strcmp(action, "drive") == 0 ||
        strcmp(action, "jump") == 0)
        return story_format("a %s %s", say_noun(action), where);
    bool through = strncmp(where, "through ", 8) == 0; /* "the bird in the forest" */
    return story_format("the %s %s%s", subject, through ? "in " : "", through ? where + 8 : where);
}

/* The title given in the prompt, else one that is made. */
char *say_title(const struct story *story, const char *prompt)
{
    struct quotes given;
    quotes_find(&given, prompt);
    if (given.title)
        return story_text_copy(given.title, given.title_size);
    const char *time = card_name(story->card, CARD_TIME, main_beat(story)->time);
    char *made = made_title(story), *whole = NULL, *out = NULL;
    bool tell_time =
        made && (strcmp(time, "dusk") == 0 || strcmp(time, "night") == 0) && strlen(made) < 28;
    if (made)
        whole = story_format("%s%s%s", made, tell_time ? " " : "", tell_time ? say_when(time) : "");
    if (whole)
        out = title_case(whole);
    free(made);
    free(whole);
    return out;
}

/* Whether what this step is about shows both its actors. */
static bool in_one_picture(const struct story *story, int beat)
{
    const struct beat *b = &story->beats[beat];
    struct planned event = {
        .beat = beat, .actor = b->actor, .action = b->action, .place = b->place};
    return !story_alone(story, &event);
}

char *say_logline(const struct story *story)
{
    struct bytes b;
    const char *last = "";
    bytes_init(&b, TEXT_MAX);
    for (int i = 0; i < story->beat_count && i < 5; i++) {
        const struct beat *beat = &story->beats[i], *before = i ? beat - 1 : NULL;
        const char *action = card_name(story->card, CARD_ACTION, beat->action);
        char who[120], other[128], verb[WORD_MAX];
        say_actor(story, &story->actors[beat->actor], i > 0, i == 0 || before->actor != beat->actor,
                  who, sizeof who);
        if (i == 0)
            capitalise(who);
        bool same = before && before->actor == beat->actor;
        bytes_format(&b, "%s%s%s%s", i ? ", then " : "", same ? "" : who, same ? "" : " ",
                     say_verb(action, verb));
        const char *where = say_where(action, card_name(story->card, CARD_PLACE, beat->place));
        if (strcmp(where, last) != 0)
            bytes_format(&b, " %s", where);
        last = where;
        const char *time = card_name(story->card, CARD_TIME, beat->time);
        if (before ? before->time != beat->time : strcmp(time, "day") != 0)
            bytes_format(&b, " %s", say_when(time));
        if (beat->companion >= 0 && (!before || before->companion != beat->companion)) {
            say_guest(story, beat->actor, beat->companion, -1, other, sizeof other);
            bytes_format(&b, in_one_picture(story, i) ? ", with %s" : ", in turns with %s", other);
            if (beat->third >= 0) {
                say_guest(story, beat->actor, beat->third, beat->companion, other, sizeof other);
                bytes_format(&b, " and %s", other);
            }
        }
    }
    bytes_text(&b, story->beat_count > 5 ? ", and so on." : ".");
    return bytes_take(&b);
}

char *say_treatment(const struct story *story, const struct shot_list *list, double seconds)
{
    struct bytes b;
    bytes_init(&b, TEXT_MAX);
    static const char *const parts[] = {"It begins with", "Then comes", "At its heart is",
                                        "At the end there is"};
    int part = -1, told = 0;
    for (int i = 0; i < list->count; i++) {
        const struct planned *s = &list->shots[i];
        struct names n;
        say_names(story, s, &n);
        bool heart = s->role == EVENT && !story->beats[s->beat].added && !told++;
        int here = i == 0 ? 0 : heart ? 2 : s->role == AFTERMATH || s->role == ENDING ? 3 : 1;
        bytes_text(&b, here != part ? (part < 0 ? "" : "\n\n") : " ");
        if (here != part)
            bytes_format(&b, "%s a %s shot: %s %s %s%s%s.", parts[here], n.size, n.who, n.third,
                         n.where, i == 0 || s->new_scene ? " " : "",
                         i == 0 || s->new_scene ? say_when(n.time) : "");
        else
            bytes_format(&b, "%c%s shot: %s %s %s.", toupper((unsigned char)n.size[0]), n.size + 1,
                         n.bare, n.third, n.where);
        part = here;
    }
    bytes_format(&b, "\n\n%d shot%s, %.4g seconds; %s.", list->count, list->count == 1 ? "" : "s",
                 seconds, say_palette(card_name(story->card, CARD_TIME, list->shots[0].time)));
    return bytes_take(&b);
}

char *say_character(const struct story *story, const struct actor *actor)
{
    char who[120];
    say_actor(story, actor, false, true, who, sizeof who);
    return story_text_copy(who, strlen(who));
}

char *say_place(const struct story *story, int place, int time)
{
    const char *name = card_name(story->card, CARD_PLACE, place),
               *when = say_when(card_name(story->card, CARD_TIME, time));
    bool bare = strcmp(name, "underwater") == 0 || strcmp(name, "mountains") == 0 ||
                strcmp(name, "snow") == 0;
    return story_format("%s%s%s%s%s%s", bare ? "" : article(name), bare ? "" : " ",
                        strcmp(name, "underwater") == 0 ? "under water" : name,
                        strcmp(name, "pool") == 0 ? " with a springboard" : "", *when ? " " : "",
                        when);
}

char *say_state(const struct story *story, const struct planned *shot, bool at_end)
{
    struct names n;
    say_names(story, shot, &n);
    if (strcmp(n.action, "sit") == 0)
        return story_format("%s sits still, facing %s", n.who, *n.direction ? n.direction : "on");
    if (strcmp(n.action, "dive") == 0)
        return story_format(at_end ? "%s is in the water" : "%s stands on the springboard", n.who);
    if (strcmp(n.action, "launch") == 0)
        return story_format(at_end ? "%s is in the air" : "%s stands on the ground", n.who);
    if (at_end && shot->turns)
        return story_format("%s is %s back and forth", n.who, n.ing);
    return story_format("%s is %s%s%s", n.who, n.ing, *n.direction ? ", heading " : "",
                        n.direction);
}
