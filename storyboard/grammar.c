/* The film grammar: which shots a story is told in, how near each is, what the camera does and how
 * long it stays. First the place, then nearer, then the thing itself in the longest shot, then what
 * is left of it; neighbours never have the same size, so that every cut is seen to be one; and no
 * shot is longer than the model's clip, unless so few are asked for that they have to go on. */
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MOST 6   /* shots, when no length is asked for and the story has no more steps */
#define CROSSFADE_S 0.5

/* What an action needs of the shots around it. Sizes are those of its own shot; lead and rest are
 * what the same actor may do before and after, best first. */
static const struct manner {
    const char *action, *event_size, *event_camera, *lead, *rest;
    bool travels, single; /* single: a thing that happens once, not a way of moving */
} manners[] = {
    {"walk", "medium", "follow", "sit", "sit", true, false},
    {"run", "medium", "follow", "walk sit", "walk sit", true, false},
    {"jump", "wide", "static", "walk run", "walk sit run", true, true},
    {"dive", "wide", "static", "walk run", "sit walk", false, true},
    {"sit", "close", "push-in", "walk", "", false, false},
    {"fly", "wide", "follow", "sit", "sit", true, false},
    {"swim", "medium", "follow", "", "", true, false},
    {"bounce", "medium", "follow", "", "", true, false},
    {"drive", "medium", "follow", "", "", true, false},
    {"sail", "wide", "pan", "", "", true, false},
    {"launch", "wide", "static", "", "", false, true},
    {"float", "wide", "pull-out", "", "", false, false},
};
static const struct manner plain_manner = {"", "medium", "static", "", "", false, false};

static const struct manner *manner_of(const char *action)
{
    for (int i = 0; i < COUNT(manners); i++)
        if (strcmp(manners[i].action, action) == 0)
            return &manners[i];
    return &plain_manner;
}

bool grammar_single(const char *action)
{
    return manner_of(action)->single;
}

bool grammar_has_lead(const char *action)
{
    return *manner_of(action)->lead != '\0';
}

bool whelk_shot_once(const whelk_shot *shot)
{
    const char *action = whelk_shot_slot(shot, "action");
    return action && grammar_single(action);
}

bool grammar_travels(const char *action)
{
    return manner_of(action)->travels;
}

bool grammar_has_pace(const char *action)
{
    return grammar_travels(action) && !grammar_single(action) && strcmp(action, "bounce") != 0;
}

int grammar_pace(const struct story *story, const struct planned *s)
{
    const struct beat *beat = &story->beats[s->beat];
    bool said = beat->pace >= 0 && s->action == beat->action && s->actor == beat->actor &&
                grammar_has_pace(card_name(story->card, CARD_ACTION, s->action));
    return said ? beat->pace : card_value(story->card, CARD_PACE, "steady");
}

/* Share of the longest shot that each role gets. */
static const double weights[ROLES] = {
    [ESTABLISH] = 0.91, [APPROACH] = 0.76,  [DETAIL] = 0.67,
    [EVENT] = 1,        [AFTERMATH] = 0.86, [ENDING] = 0.95,
};

/* --- How many shots --------------------------------------------------------------------------- */

struct clock {
    double fps;
    int quantum, longest, shortest; /* frames; lengths are whole quanta, about 1/8 s each */
    bool go_on;                     /* shots are longer than that where what is done goes on */
};

/* The whole quanta within some seconds; of them a thousandth is for their rounding on the card,
 * unless they are whole. */
static int most_frames(const struct clock *c, double seconds)
{
    double most = fmin(seconds, whelk_limits.shot_max_s), spare = most == floor(most) ? 0 : 1e-3;
    int frames = (int)floor((most - spare) * c->fps);
    return frames >= c->quantum ? frames / c->quantum * c->quantum : frames > 0 ? frames : 1;
}

static struct clock clock_of(const struct card *card, double fps)
{
    struct clock c = {.fps = fps, .quantum = (int)fmax(1, round(fps / 8))};
    c.longest = most_frames(&c, card->clip_seconds);
    c.shortest = (int)fmin(
        c.longest, ceil(fmax(1.25 * fps, whelk_limits.shot_min_s * fps) / c.quantum) * c.quantum);
    return c;
}

static int shots_for(const struct story *story, const struct wish *wish, const struct clock *c)
{
    int beats = story->beat_count, most = PLANNED_MOST;
    double wanted_s = wish->seconds;
    if (wish->shots > 0)
        return wish->shots;
    if (wanted_s <= 0) {
        int free = beats + 3 < 4 ? 4 : beats + 3;
        int roof = beats > DEFAULT_MOST ? beats : DEFAULT_MOST;
        return free < roof ? free : roof;
    }
    double usual = 0.86 * c->longest / c->fps;
    int count = (int)round(wanted_s / usual);
    while (count * c->longest / c->fps < wanted_s - 1e-9 && count < most)
        count++;
    return count < 1 ? 1 : count > most ? most : count;
}

/* --- Which roles ------------------------------------------------------------------------------ */

struct arc {
    enum role roles[256];
    int count;
};

static void push_role(struct arc *arc, enum role role)
{
    if (arc->count < COUNT(arc->roles))
        arc->roles[arc->count++] = role;
}

/* The roles of one step told in `count` shots. A step in a new setting is established, the film's
 * last one ended. */
static void arc_of(struct arc *arc, int count, bool first, bool last)
{
    int after = !last || count < 2 ? 0 : count < 6 ? 1 : 2 + (count - 6) / 5;
    int before = count - 1 - after;
    if (first && last && count == 2) {
        before = 1;
        after = 0;
    }
    arc->count = 0;
    for (int i = 0; i < before; i++)
        push_role(arc, i == 0 && first ? ESTABLISH : (i + !first) % 2 == 1 ? APPROACH : DETAIL);
    push_role(arc, EVENT);
    for (int i = 0; i < after; i++)
        push_role(arc, i + 1 == after && after > 1 ? ENDING : AFTERMATH);
}

/* How many shots each step gets: one each, the rest to the last, the first, then the others in
 * turn. */
static void share_out(const struct story *story, int total, int *counts)
{
    int beats = story->beat_count, left = total - beats;
    for (int i = 0; i < beats; i++)
        counts[i] = 1;
    for (int turn = 0; left > 0; turn++) {
        int i = turn % beats;
        counts[turn == 0 ? beats - 1 : turn == 1 ? 0 : i]++;
        left--;
    }
}

/* --- What each shot shows --------------------------------------------------------------------- */

static int value_or_first(const struct card *card, enum card_slot slot, const char *name)
{
    int value = card_value(card, slot, name);
    return value < 0 && card->slot[slot].count ? 0 : value;
}

/* The first of a list of actions that this actor can do here; `otherwise` when there is none. */
static int side_action(const struct story *story, const struct planned *shot, const char *list,
                       int skip, int otherwise)
{
    int found = -1;
    for (const char *p = list; *p; p += strspn(p, " ")) {
        char name[WORD_MAX];
        size_t n = strcspn(p, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, p);
        p += n;
        int action = card_value(story->card, CARD_ACTION, name);
        if (action < 0 || story_keeps_out(story, CARD_ACTION, action) ||
            !card_possible(story->card, story->actors[shot->actor].subject, action, shot->place))
            continue;
        found = action;
        if (skip-- <= 0)
            return found;
    }
    return found >= 0 ? found : otherwise;
}

static void set_action(const struct story *story, struct planned *shot, const struct beat *beat)
{
    int main = shot->actor == beat->companion ? beat->companion_action : beat->action;
    const struct manner *manner = manner_of(card_name(story->card, CARD_ACTION, main));
    bool before = shot->role == ESTABLISH || shot->role == APPROACH || shot->role == DETAIL;
    shot->action = main;
    if (shot->role == ESTABLISH)
        shot->action = side_action(story, shot, manner->lead, 0, main);
    else if (before && manner->single)
        shot->action = side_action(story, shot, shot->role == DETAIL ? manner->rest : manner->lead,
                                   shot->role == DETAIL ? 0 : 1 - shot->nth % 2, main);
    else if (!before && shot->role != EVENT)
        shot->action = side_action(story, shot, manner->rest, shot->nth % 2, main);
}

static const char *wanted_size(const struct planned *shot, const char *event_size)
{
    bool wide = strcmp(event_size, "wide") == 0, medium = strcmp(event_size, "medium") == 0;
    switch (shot->role) {
    case ESTABLISH:
        return "wide";
    case APPROACH:
        return medium ? "close" : "medium";
    case DETAIL:
        return medium ? "medium" : "close";
    case EVENT:
        return event_size;
    case AFTERMATH:
        return wide ? "close" : shot->nth % 2 ? "medium" : "wide";
    default:
        return "wide";
    }
}

bool grammar_fits(const struct story *story, const struct planned *shot, int size)
{
    return strcmp(card_name(story->card, CARD_SIZE, size), "close") != 0 ||
           story_alone(story, shot);
}

/* A size for this shot that is neither of two; -1 stands for none. */
static int other_size(const struct story *story, const struct planned *shot, int a, int b)
{
    int count = story->card->slot[CARD_SIZE].count;
    for (int k = 1; k <= count; k++) /* the middle one first */
        if (k % count != a && k % count != b && grammar_fits(story, shot, k % count))
            return k % count;
    return grammar_fits(story, shot, a) || b < 0 ? a : b;
}

/* No two neighbours of a scene have the same size: the cut would look like a slip. An event and the
 * ending keep their own size, the shot before gives way. */
static void part_sizes(const struct story *story, struct shot_list *list)
{
    for (int i = 1; i < list->count; i++) {
        struct planned *s = &list->shots[i];
        if (s->size != s[-1].size || s->new_scene)
            continue;
        if ((s->role == EVENT || s->role == ENDING) && (s[-1].role != EVENT || i == 1))
            s[-1].size = other_size(story, s - 1, s->size, i > 1 ? s[-2].size : -1);
        else
            s->size = other_size(story, s, s->size, i + 1 < list->count ? s[1].size : -1);
    }
}

static const char *wanted_camera(const struct story *story, const struct planned *shot,
                                 const char *size)
{
    const char *action = card_name(story->card, CARD_ACTION, shot->action);
    const struct manner *manner = manner_of(action);
    bool close = strcmp(size, "close") == 0;
    uint64_t draw = story_draw(story, "camera", shot->nth + 16 * (int)shot->role);
    switch (shot->role) {
    case ESTABLISH:
        return manner->travels && draw % 3 == 0 ? "pan" : draw % 3 == 1 ? "push-in" : "static";
    case APPROACH:
    case DETAIL:
        return manner->travels ? (shot->nth % 3 == 2 ? "pan" : "follow")
               : shot->nth % 2 ? "static"
                               : "push-in";
    case EVENT:
        return close && manner->travels ? "follow" : manner->event_camera;
    case AFTERMATH:
        if (strcmp(size, "wide") == 0)
            return "pull-out";
        return manner->travels ? (close           ? "follow"
                                  : shot->nth % 2 ? "static"
                                                  : "pan")
               : shot->nth % 2 ? "static"
                               : "push-in";
    default:
        return "pull-out";
    }
}

static void set_camera(const struct story *story, struct planned *shot)
{
    const struct card *card = story->card;
    int asked = shot->role == EVENT ? story->beats[shot->beat].camera : -1;
    const char *name = wanted_camera(story, shot, card_name(card, CARD_SIZE, shot->size));
    if (strcmp(name, "pan") == 0)
        name = strcmp(card_name(card, CARD_DIRECTION, story->direction), "left") == 0 ? "pan-left"
                                                                                      : "pan-right";
    shot->camera = asked >= 0 ? asked : value_or_first(card, CARD_CAMERA, name);
}

void grammar_go_on(const struct story *story, const struct planned *first, int next,
                   struct planned *out)
{
    *out = *first;
    out->role = AFTERMATH;
    out->size = other_size(story, out, first->size, next);
    set_camera(story, out);
}

/* Whether the event shows both of those it is about: then only the views before it, which let the
 * two be known, show one alone. Else they take turns. */
static bool meet_in_event(const struct story *story, int n)
{
    const struct beat *beat = &story->beats[n];
    struct planned event = {.role = EVENT,
                            .beat = n,
                            .place = beat->place,
                            .time = beat->time,
                            .actor = beat->actor,
                            .action = beat->action};
    return beat->companion >= 0 && !story_alone(story, &event);
}

static void fill_beat(const struct story *story, int n, const struct arc *arc,
                      struct shot_list *list, int *nth)
{
    const struct beat *beat = &story->beats[n];
    const char *event_size =
        manner_of(card_name(story->card, CARD_ACTION, beat->action))->event_size;
    int event = 0;
    bool meet = meet_in_event(story, n);
    while (arc->roles[event] != EVENT)
        event++;
    for (int i = 0; i < arc->count; i++) {
        struct planned *s = &list->shots[list->count++];
        *s = (struct planned){.role = arc->roles[i],
                              .beat = n,
                              .nth = nth[arc->roles[i]]++,
                              .place = beat->place,
                              .time = beat->time,
                              .actor = beat->actor};
        bool known = meet && s->role != APPROACH && s->role != DETAIL;
        if (beat->companion >= 0 && !known && (i - event) % 2 != 0)
            s->actor = beat->companion;
        set_action(story, s, beat);
        bool opens = list->count == 1; /* the first picture shows the place, whatever it is of */
        s->size = s->role == EVENT && beat->size >= 0
                      ? beat->size
                      : value_or_first(story->card, CARD_SIZE,
                                       opens ? "wide" : wanted_size(s, event_size));
        if (!grammar_fits(story, s, s->size))
            s->size = other_size(story, s, s->size, -1);
        s->new_scene = list->count > 1 && (s[-1].place != s->place || s[-1].time != s->time);
    }
}

/* A liftoff cannot be seen twice: shots that show the one event of an actor that does nothing else
 * share it out. Those before it end early, those after the first begin when it is under way
 * already. */
static void share_event(const struct story *story, struct shot_list *list, const struct clock *c)
{
    static const double skips[ROLES] = {
        [APPROACH] = 0.1, [DETAIL] = 0.15, [EVENT] = 0.2, [AFTERMATH] = 0.45, [ENDING] = 0.45};
    for (int i = 0; i < list->count; i++) {
        struct planned *s = &list->shots[i];
        const struct manner *manner = manner_of(card_name(story->card, CARD_ACTION, s->action));
        bool shared =
            manner->single && !*manner->lead && i > 0 && !s->new_scene && s[-1].action == s->action;
        s->skip = shared ? (int)(skips[s->role] * c->longest / c->quantum) * c->quantum : 0;
        if (s->skip > c->longest - c->shortest)
            s->skip = 0;
    }
}

static void end_early(const struct story *story, struct shot_list *list, const struct clock *c)
{
    for (int i = 0; i + 1 < list->count; i++) {
        struct planned *s = &list->shots[i];
        bool before = s->role == ESTABLISH || s->role == APPROACH || s->role == DETAIL;
        const struct manner *manner = manner_of(card_name(story->card, CARD_ACTION, s->action));
        if (before && manner->single && !*manner->lead && s[1].action == s->action)
            s->frames = c->shortest;
    }
}

/* --- How long --------------------------------------------------------------------------------- */

/* The most frames that a shot can have on screen. */
static int most_of(const struct story *story, const struct planned *s, const struct clock *c)
{
    int most = c->longest;
    if (c->go_on)
        most = most_frames(c, card_longest(story->card, s->action));
    return most - s->skip;
}

static int quantised(const struct clock *c, double frames, int most)
{
    int n = (int)floor(frames / c->quantum + 0.5) * c->quantum;
    return n > most ? most : n < c->shortest ? c->shortest : n;
}

int grammar_frames(const struct shot_list *list)
{
    int total = 0;
    for (int i = 0; i < list->count; i++)
        total += list->shots[i].frames - (list->shots[i].new_scene ? list->overlap_frames : 0);
    return total;
}

static void set_lengths(const struct story *story, struct shot_list *list, const struct clock *c,
                        double scale)
{
    for (int i = 0; i < list->count; i++) {
        struct planned *s = &list->shots[i];
        s->frames = quantised(c, weights[s->role] * scale * c->longest, most_of(story, s, c));
    }
}

/* Finds the scale at which the film comes nearest to the wanted length, then gives or takes single
 * steps. */
static void fit_lengths(const struct story *story, struct shot_list *list, struct clock *c,
                        double wanted_s)
{
    int wanted = (int)round(wanted_s * c->fps);
    double low = 0.05, high = c->go_on ? 2 * most_frames(c, INFINITY) / (double)c->longest : 2;
    if (wanted < list->count * c->shortest)
        c->shortest = wanted / list->count > 0 ? wanted / list->count : 1;
    for (int round_no = 0; round_no < 40; round_no++) {
        double middle = (low + high) / 2;
        set_lengths(story, list, c, middle);
        if (grammar_frames(list) > wanted)
            high = middle;
        else
            low = middle;
    }
    set_lengths(story, list, c, low);
    for (int i = list->count - 1; i >= 0 && grammar_frames(list) < wanted; i--) {
        int room = most_of(story, &list->shots[i], c) - list->shots[i].frames,
            need = wanted - grammar_frames(list);
        list->shots[i].frames += room < need ? room : need;
    }
}

/* The event's shot is the longest of the film, unless all are as long as they can be. */
static void lengthen_events(struct shot_list *list, const struct clock *c)
{
    for (int i = 0; i < list->count; i++)
        if (list->shots[i].role != EVENT && list->shots[i].frames > c->longest - c->quantum)
            list->shots[i].frames = c->longest - c->quantum;
}

/* How far lengths may move without another being the longest: an event keeps its own, and so does
 * what is shared out over shots, or goes on. */
static void set_room(const struct story *story, struct shot_list *list, const struct clock *c)
{
    int event = c->longest;
    for (int i = 0; i < list->count; i++)
        if (list->shots[i].role == EVENT && list->shots[i].frames < event)
            event = list->shots[i].frames;
    for (int i = 0; i < list->count && !c->go_on; i++) {
        struct planned *s = &list->shots[i];
        const struct manner *manner = manner_of(card_name(story->card, CARD_ACTION, s->action));
        int most = most_of(story, s, c), roof = event - c->quantum;
        if (s->role == EVENT || (manner->single && !*manner->lead))
            continue;
        s->least = c->shortest > 3 * list->overlap_frames ? c->shortest : 3 * list->overlap_frames;
        s->most = most < roof ? most : roof;
    }
}

/* --- The whole film --------------------------------------------------------------------------- */

/* A short film cannot tell more steps than it has shots: the first and the last ones stay. */
static int told_beats(const struct story *story, int shots, bool asked, const struct teller *teller)
{
    int beats = story->beat_count;
    const char *why =
        asked ? "no more than that are asked for" : "the length asked for leaves no more room";
    if (shots < beats)
        story_tell(teller, "warn", NULL, teller->reading,
                   "The line has %d steps, but there %s %d shot%s, since %s; the %s are left out.",
                   beats, shots == 1 ? "is" : "are", shots, shots == 1 ? "" : "s", why,
                   shots == 1 ? "others" : "steps in between");
    return shots < beats ? shots : beats;
}

static void keep_ends(struct story *story, int kept)
{
    for (int i = 1, k = story->beat_count - kept + 1; i < kept; i++, k++)
        story->beats[i] = story->beats[k];
    story->beat_count = kept;
}

static void lay_out(const struct story *story, int total, struct shot_list *list)
{
    int counts[BEATS_MAX], nth[ROLES] = {0};
    list->count = 0;
    share_out(story, total, counts);
    for (int i = 0; i < story->beat_count; i++) {
        struct arc arc;
        const struct beat *beat = &story->beats[i];
        bool opens = i == 0 || beat->place != beat[-1].place || beat->time != beat[-1].time;
        arc_of(&arc, counts[i], opens, i + 1 == story->beat_count);
        fill_beat(story, i, &arc, list, nth);
    }
    part_sizes(story, list);
    for (int i = 0; i < list->count; i++)
        set_camera(story, &list->shots[i]);
}

/* A crossfade never takes more than a third of the shorter of its shots. */
static void fit_overlaps(struct shot_list *list, int most)
{
    list->overlap_frames = most;
    for (int i = 0; i < list->count; i++)
        if (list->overlap_frames > list->shots[i].frames / 3)
            list->overlap_frames = list->shots[i].frames / 3;
}

bool grammar_plan(struct story *story, const struct wish *wish, struct shot_list *out,
                  const struct teller *teller, whelk_error *err)
{
    double wanted_s = wish->seconds, fps = wish->fps;
    struct clock c = clock_of(story->card, fps);
    int total = shots_for(story, wish, &c);
    keep_ends(story, told_beats(story, total, wish->shots > 0, teller));
    story_stretch(story, total, teller);
    out->shots = calloc((size_t)PLANNED_MOST, sizeof *out->shots);
    if (!out->shots)
        return whelk_fail(err, WHELK_EFAIL, "out of memory while planning");
    for (;; total++) { /* crossfades eat time: another shot may be needed to reach the length */
        lay_out(story, total, out);
        share_event(story, out, &c);
        set_lengths(story, out, &c, 2);
        fit_overlaps(out, (int)round(CROSSFADE_S * fps));
        c.go_on = wish->shots > 0 && grammar_frames(out) < wanted_s * fps - 0.5;
        if (wish->shots > 0 || grammar_frames(out) >= wanted_s * fps - 0.5 || total == PLANNED_MOST)
            break;
    }
    set_lengths(story, out, &c, 1);
    if (wanted_s > 0) {
        fit_lengths(story, out, &c, wanted_s);
    } else {
        lengthen_events(out, &c);
        end_early(story, out, &c);
    }
    fit_overlaps(out, out->overlap_frames); /* no more than the lengths were fitted with */
    out->step = c.quantum;
    out->fps = fps;
    set_room(story, out, &c);
    for (int i = 0; i < out->count; i++) {
        struct planned *s = &out->shots[i];
        const char *how = card_goes_on(story->card, s->action);
        s->turns = s->frames / fps > story->card->clip_seconds && how && strcmp(how, "back") == 0;
    }
    return true;
}
