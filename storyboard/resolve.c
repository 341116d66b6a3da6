/* Makes a story possible: each beat gets a subject, an action and a place that the model can show
 * together, as near to what was said as there is. Every change is told. Names of values below are
 * preferences only; what the card lacks is skipped, and values the tables do not know are used as
 * the card lists them. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct preference {
    const char *value, *order; /* space-separated, best first */
};

/* What stands in best for an action that a subject cannot do. */
static const struct preference near_actions[] = {
    {"walk", "run fly swim drive sail float bounce sit launch"},
    {"run", "walk jump drive fly swim bounce sail float launch"},
    {"jump", "run bounce fly walk launch swim"},
    {"dive", "jump swim run fly bounce walk"},
    {"sit", "walk float fly swim sail bounce drive"},
    {"fly", "jump float run launch drive walk swim sail"},
    {"swim", "dive sail run walk fly float"},
    {"bounce", "jump run drive fly walk"},
    {"drive", "run sail walk fly bounce float"},
    {"sail", "swim float drive run walk fly"},
    {"launch", "fly float jump run drive bounce"},
    {"float", "fly sail swim walk run bounce"},
};

/* What stands in best for a place where something cannot be; only places that share something with
 * it. */
static const struct preference near_places[] = {
    {"pool", "beach underwater river"},
    {"beach", "pool underwater river desert mountains"},
    {"meadow", "farm forest mountains beach"},
    {"forest", "meadow mountains"},
    {"city", "meadow beach desert"},
    {"desert", "beach mountains meadow"},
    {"snow", "mountains"},
    {"mountains", "snow meadow desert"},
    {"underwater", "pool beach"},
    {"farm", "meadow city forest"},
    {"river", "mountains beach pool meadow"},
    {"room", "city"},
};

/* Where each is at home, when nothing was said. */
static const struct preference homes[] = {
    {"cat", "meadow city forest beach"}, {"dog", "beach meadow forest"},
    {"horse", "meadow beach desert"},    {"child", "beach meadow snow"},
    {"bird", "mountains forest beach"},  {"fish", "underwater"},
    {"butterfly", "meadow forest"},      {"ball", "beach meadow city"},
    {"car", "city desert mountains"},    {"boat", "beach"},
    {"rocket", "desert beach"},          {"balloon", "mountains meadow"},
    {"rabbit", "meadow forest snow"},    {"duck", "river farm pool"},
    {"turtle", "underwater beach"},      {"elephant", "desert meadow river"},
    {"plane", "mountains meadow beach"},
};

/* Colours that suit each and stand out; the place decides among them. */
static const struct preference natural_colours[] = {
    {"cat", "orange black white"},
    {"dog", "orange white black"},
    {"horse", "black white orange"},
    {"child", "red yellow blue"},
    {"bird", "blue red yellow"},
    {"fish", "orange yellow red"},
    {"butterfly", "orange yellow blue"},
    {"ball", "red yellow blue"},
    {"car", "red blue yellow"},
    {"boat", "white red yellow"},
    {"rocket", "white red"},
    {"balloon", "red yellow orange"},
    {"rabbit", "white orange black"},
    {"duck", "yellow white orange"},
    {"turtle", "green blue orange"},
    {"elephant", "blue purple white"},
    {"plane", "red yellow blue"},
};

/* Colours that are lost against a place. */
static const struct preference dull_colours[] = {
    {"pool", "blue"},          {"beach", "yellow"},     {"meadow", "green"},
    {"forest", "green black"}, {"city", "black"},       {"desert", "yellow orange"},
    {"snow", "white"},         {"mountains", "green"},  {"underwater", "blue"},
    {"farm", "green"},         {"river", "blue green"}, {"room", "orange"},
};

#define ORDER_OF(table, value) order_of(table, COUNT(table), value)

static const char *order_of(const struct preference *table, int count, const char *value)
{
    for (int i = 0; i < count; i++)
        if (strcmp(table[i].value, value) == 0)
            return table[i].order;
    return "";
}

/* The n-th value of an order that the card has, or -1 past its end. */
static int nth_in_order(const struct card *card, enum card_slot slot, const char *order, int n)
{
    for (const char *p = order; *p; p += strspn(p, " ")) {
        char name[WORD_MAX];
        size_t size = strcspn(p, " ");
        snprintf(name, sizeof name, "%.*s", (int)size, p);
        p += size;
        int value = card_value(card, slot, name);
        if (value >= 0 && n-- == 0)
            return value;
    }
    return -1;
}

static bool order_holds(const struct card *card, enum card_slot slot, const char *order, int value)
{
    for (int n = 0, v; (v = nth_in_order(card, slot, order, n)) >= 0; n++)
        if (v == value)
            return true;
    return false;
}

bool story_keeps_out(const struct story *story, enum card_slot slot, int value)
{
    return value >= 0 && (story->kept_out[slot] >> value & 1);
}

uint64_t story_draw(const struct story *story, const char *purpose, int n)
{
    return story_mix(story_hash(purpose, strlen(purpose), story->seed) + (uint64_t)n);
}

/* One of the values that pass, drawn by the seed; -1 = none. */
static int draw_possible(const struct story *story, enum card_slot slot, int subject, int action,
                         int place, int n)
{
    int fits[CARD_VALUES], count = 0;
    for (int v = 0; v < story->card->slot[slot].count; v++)
        if (!story_keeps_out(story, slot, v) &&
            card_possible(story->card, slot == CARD_SUBJECT ? v : subject,
                          slot == CARD_ACTION ? v : action, slot == CARD_PLACE ? v : place))
            fits[count++] = v;
    return count ? fits[story_draw(story, card_slot_name(slot), n) % (uint64_t)count] : -1;
}

/* --- Choosing what was not said --------------------------------------------------------------- */

static int usual_action(const struct story *story, int subject, int place, int n)
{
    int dive = card_value(story->card, CARD_ACTION, "dive");
    if (dive >= 0 && place >= 0 && !story_keeps_out(story, CARD_ACTION, dive) &&
        card_possible(story->card, subject, dive, place))
        return dive; /* a pool with a springboard asks for it */
    int fits[CARD_VALUES], count = 0, run = card_value(story->card, CARD_ACTION, "run");
    for (int a = 0; a < story->card->slot[CARD_ACTION].count; a++) {
        bool asked_for = grammar_single(card_name(story->card, CARD_ACTION, a)) ||
                         (story->quiet && a == run); /* somebody has to ask for a leap */
        if (card_possible(story->card, subject, a, place) && !asked_for &&
            !story_keeps_out(story, CARD_ACTION, a))
            fits[count++] = a;
    }
    return count ? fits[story_draw(story, "action", n) % (uint64_t)count]
                 : draw_possible(story, CARD_ACTION, subject, -1, place, n);
}

static int usual_place(const struct story *story, int subject, int action, int n)
{
    const char *order = ORDER_OF(homes, card_name(story->card, CARD_SUBJECT, subject));
    int fits[CARD_VALUES], count = 0;
    for (int k = 0, p; (p = nth_in_order(story->card, CARD_PLACE, order, k)) >= 0; k++)
        if (card_possible(story->card, subject, action, p) &&
            !story_keeps_out(story, CARD_PLACE, p))
            fits[count++] = p;
    if (count)
        return fits[story_draw(story, "home", n) % (uint64_t)count];
    return draw_possible(story, CARD_PLACE, subject, action, -1, n);
}

int story_nearest_action(const struct card *card, int subject, int action, int place)
{
    const char *order = ORDER_OF(near_actions, card_name(card, CARD_ACTION, action));
    for (int k = 0, a; (a = nth_in_order(card, CARD_ACTION, order, k)) >= 0; k++)
        if (card_possible(card, subject, a, place))
            return a;
    for (int a = 0; a < card->slot[CARD_ACTION].count; a++)
        if (card_possible(card, subject, a, place))
            return a;
    return -1;
}

static int nearest_place(const struct card *card, int subject, int action, int place)
{
    const char *order = ORDER_OF(near_places, card_name(card, CARD_PLACE, place));
    for (int k = 0, p; (p = nth_in_order(card, CARD_PLACE, order, k)) >= 0; k++)
        if (card_possible(card, subject, action, p))
            return p;
    return -1;
}

/* --- Making a beat possible ------------------------------------------------------------------- */

static const char *name_of(const struct story *story, enum card_slot slot, int value)
{
    return card_name(story->card, slot, value);
}

static void change_action(const struct story *story, struct beat *beat, int action,
                          const struct teller *teller)
{
    const char *was =
        beat->action_said[0] ? beat->action_said : name_of(story, CARD_ACTION, beat->action);
    bool here = card_possible(story->card, story->actors[beat->actor].subject, beat->action, -1);
    story_tell(
        teller, "choice", NULL, teller->line,
        "\"%s\" is nothing the model's %s can do%s%s; it will %s instead, the nearest it can show.",
        was, name_of(story, CARD_SUBJECT, story->actors[beat->actor].subject), here ? " " : "",
        here ? say_where("", name_of(story, CARD_PLACE, beat->place)) : "",
        name_of(story, CARD_ACTION, action));
    beat->action = action;
}

static void change_place(const struct story *story, struct beat *beat, int place,
                         const struct teller *teller)
{
    const char *was = name_of(story, CARD_PLACE, beat->place),
               *is = name_of(story, CARD_PLACE, place);
    story_tell(
        teller, "choice", NULL, teller->line,
        "The model has no %s that can %s %s; the film goes to the place \"%s\" instead of \"%s\".",
        name_of(story, CARD_SUBJECT, story->actors[beat->actor].subject),
        name_of(story, CARD_ACTION, beat->action), say_where("", was), is, was);
    beat->place = place;
}

/* Action and place are both known, but do not go together. */
static void settle_conflict(struct story *story, struct beat *beat, int n,
                            const struct teller *teller)
{
    const struct card *card = story->card;
    int subject = story->actors[beat->actor].subject;
    if (!card_possible(card, subject, beat->action, -1)) {
        int action = story_nearest_action(card, subject, beat->action, beat->place);
        change_action(story, beat,
                      action >= 0 ? action : story_nearest_action(card, subject, beat->action, -1),
                      teller);
        if (card_possible(card, subject, beat->action, beat->place))
            return;
    }
    int place = nearest_place(card, subject, beat->action, beat->place);
    int action = story_nearest_action(card, subject, beat->action, beat->place);
    bool place_gives_way = place >= 0 || !beat->place_exact || action < 0;
    if (place_gives_way)
        change_place(story, beat, place >= 0 ? place : usual_place(story, subject, beat->action, n),
                     teller);
    else
        change_action(story, beat, action, teller);
}

static void settle_beat(struct story *story, int n, const struct teller *teller)
{
    struct beat *beat = &story->beats[n];
    const struct card *card = story->card;
    int subject = story->actors[beat->actor].subject;
    if (beat->action >= 0 && beat->place >= 0) {
        if (!card_possible(card, subject, beat->action, beat->place))
            settle_conflict(story, beat, n, teller);
    } else if (beat->action >= 0) {
        if (!card_possible(card, subject, beat->action, -1))
            change_action(story, beat, story_nearest_action(card, subject, beat->action, -1),
                          teller);
        beat->place = usual_place(story, subject, beat->action, n);
    } else {
        if (beat->place >= 0 && !card_possible(card, subject, -1, beat->place)) {
            int place = nearest_place(card, subject, -1, beat->place);
            beat->action = draw_possible(story, CARD_ACTION, subject, -1, -1, n);
            change_place(story, beat, place >= 0 ? place : usual_place(story, subject, -1, n),
                         teller);
        }
        beat->action = usual_action(story, subject, beat->place, n);
        if (beat->place < 0)
            beat->place = usual_place(story, subject, beat->action, n);
    }
}

static bool can(const struct story *story, int actor, int action)
{
    return card_possible(story->card, story->actors[actor].subject, action, -1);
}

/* Ways of travelling of which one stands for another: a boat that is "driven" sails. */
static bool can_likewise(const struct story *story, int actor, int action)
{
    static const char *const kinds[][5] = {{"drive", "sail", NULL},
                                           {"fly", "launch", "float", NULL}};
    bool does = can(story, actor, action);
    for (int k = 0; k < COUNT(kinds); k++)
        for (int i = 0; story_text_in(name_of(story, CARD_ACTION, action), kinds[k]) && kinds[k][i];
             i++) {
            int other = card_value(story->card, CARD_ACTION, kinds[k][i]);
            does = does || (other >= 0 && can(story, actor, other));
        }
    return does;
}

/* "a child sails a boat", "a cat rides in a balloon": what moves is what it is in or on. */
static void settle_rider(struct story *story, struct beat *beat, const struct teller *teller)
{
    static const char *const rides[] = {"ride", "rides", "riding", "rode", "reitet", NULL};
    bool riding = story_text_in(beat->action_said, rides);
    int rider = beat->actor;
    if (beat->companion < 0 || beat->action < 0 || (can(story, rider, beat->action) && !riding) ||
        (!can_likewise(story, beat->companion, beat->action) && !riding))
        return;
    beat->actor = beat->companion;
    beat->companion = rider;
    story_tell(
        teller, "choice", NULL, teller->line,
        "What moves is the %s: it acts, and the %s is seen in turns with it, since the model "
        "puts nobody into or onto anything.",
        name_of(story, CARD_SUBJECT, story->actors[beat->actor].subject),
        name_of(story, CARD_SUBJECT, story->actors[rider].subject));
}

void story_settle(struct story *story, int beat, const struct teller *teller)
{
    settle_beat(story, beat, teller);
    story_settle_company(story, beat, teller);
    if (story->beats[beat].time < 0)
        story->beats[beat].time = story->default_time;
}

/* --- The whole story -------------------------------------------------------------------------- */

/* Nobody was named: the seed picks among those that can do what was said where it was said. */
static void cast_somebody(struct story *story, const struct teller *teller)
{
    struct beat *first = &story->beats[0];
    int subject = draw_possible(story, CARD_SUBJECT, -1, first->action, first->place, 0);
    if (subject < 0)
        subject = draw_possible(story, CARD_SUBJECT, -1, first->action, -1, 0);
    story->actors[0] = (struct actor){.subject = subject, .colour = -1, .mark = -1};
    story->actor_count = 1;
    story->drawn = true;
    story_tell(
        teller, "choice", NULL, teller->line,
        "The line names nobody that the model knows; a %s plays the part (drawn by the seed).",
        name_of(story, CARD_SUBJECT, subject));
    for (int i = 0; i < story->beat_count; i++)
        if (story->beats[i].actor < 0)
            story->beats[i].actor = 0;
}

static bool used_by_another(const struct story *story, int actor, int colour)
{
    for (int i = 0; i < story->actor_count; i++)
        if (i != actor && story->actors[i].colour == colour)
            return true;
    return false;
}

static int place_of_actor(const struct story *story, int actor)
{
    for (int i = 0; i < story->beat_count; i++)
        if (story->beats[i].actor == actor || story->beats[i].companion == actor ||
            story->beats[i].third == actor)
            return story->beats[i].place;
    return -1;
}

void story_choose_colour(struct story *story, int n, const struct teller *teller)
{
    const struct card *card = story->card;
    struct actor *actor = &story->actors[n];
    const char *subject = card_name(card, CARD_SUBJECT, actor->subject);
    const char *place = card_name(card, CARD_PLACE, place_of_actor(story, n));
    const char *dull = ORDER_OF(dull_colours, place), *order = ORDER_OF(natural_colours, subject);
    if (actor->colour >= 0 || card->slot[CARD_COLOUR].count == 0)
        return;
    for (int k = 0, c; (c = nth_in_order(card, CARD_COLOUR, order, k)) >= 0 && actor->colour < 0;
         k++)
        if (!order_holds(card, CARD_COLOUR, dull, c) && !used_by_another(story, n, c))
            actor->colour = c;
    int count = card->slot[CARD_COLOUR].count, drawn = 0;
    if (actor->colour < 0)
        drawn = (int)(story_draw(story, "colour", n) % (uint64_t)count);
    for (int k = 0; k < count && actor->colour < 0; k++)
        if (k == count - 1 || !used_by_another(story, n, (drawn + k) % count))
            actor->colour = (drawn + k) % count;
    story_tell(teller, "choice", NULL, teller->line,
               "No colour was said for the %s; it %s %s in every shot, which stands out %s.",
               subject, strcmp(subject, "child") == 0 ? "wears" : "is",
               card_name(card, CARD_COLOUR, actor->colour), say_where("", place));
}

static void name_actors(struct story *story)
{
    for (int i = 0; i < story->actor_count; i++) {
        struct actor *a = &story->actors[i];
        int twins = 0, alike = 1;
        for (int k = 0; k < story->actor_count; k++) {
            twins += story->actors[k].subject == a->subject;
            alike += k < i && story->actors[k].subject == a->subject &&
                     story->actors[k].colour == a->colour;
        }
        const char *colour = card_name(story->card, CARD_COLOUR, a->colour);
        int n = snprintf(a->id, sizeof a->id, "%.20s%s%.20s", twins > 1 ? colour : "",
                         twins > 1 && *colour ? "-" : "", name_of(story, CARD_SUBJECT, a->subject));
        if (alike > 1)
            snprintf(a->id + n, sizeof a->id - (size_t)n, "-%d", alike);
    }
}

static bool same_step(const struct beat *a, const struct beat *b)
{
    return a->actor == b->actor && a->action == b->action && a->place == b->place &&
           a->time == b->time && (a->companion == b->companion || b->companion < 0) &&
           (a->third == b->third || b->third < 0);
}

/* A rocket that has taken off does not do so again, wherever it was said to go. */
static bool has_happened(const struct story *story, const struct beat *a, const struct beat *b)
{
    const char *action = name_of(story, CARD_ACTION, b->action);
    return a->actor == b->actor && a->action == b->action && grammar_single(action) &&
           !grammar_has_lead(action);
}

static void drop_repeats(struct story *story)
{
    int kept = 1;
    for (int i = 1; i < story->beat_count; i++) {
        const struct beat *last = &story->beats[kept - 1], *next = &story->beats[i];
        if (!same_step(last, next) && !has_happened(story, last, next))
            story->beats[kept++] = *next;
    }
    story->beat_count = kept;
}

/* "runs through the forest and jumps over a brook": where the model lacks what is jumped over or
 * into, the leap is no reason to leave. */
static void stay_for_leap(struct story *story, int n, const struct teller *teller)
{
    struct beat *beat = &story->beats[n];
    const struct beat *before = beat - 1;
    if (beat->place < 0 || beat->place == before->place || beat->place_exact || beat->action < 0 ||
        strcmp(name_of(story, CARD_ACTION, beat->action), "jump") != 0 ||
        !card_possible(story->card, story->actors[beat->actor].subject, beat->action,
                       before->place))
        return;
    beat->place = before->place;
    story_tell(teller, "choice", NULL, teller->line,
               "The leap stays %s: what is leapt over is nothing the model has.",
               say_where("", name_of(story, CARD_PLACE, before->place)));
}

/* How much of the story can take place there; a companion counts half. */
static int steps_possible(const struct story *story, int place)
{
    int count = 0;
    for (int i = 0; i < story->beat_count; i++) {
        const struct beat *b = &story->beats[i];
        count += 2 * card_possible(story->card, story->actors[b->actor].subject, b->action, place);
        count += b->companion >= 0 &&
                 card_possible(story->card, story->actors[b->companion].subject, -1, place);
    }
    return count;
}

/* The line names no place at all: one is chosen in which as much of the story as can be takes
 * place. */
static void choose_place(struct story *story)
{
    int fits[CARD_VALUES], count = 0, most = 0;
    const char *order =
        ORDER_OF(homes, name_of(story, CARD_SUBJECT, story->actors[story->beats[0].actor].subject));
    for (int p = 0; p < story->card->slot[CARD_PLACE].count; p++)
        most = steps_possible(story, p) > most ? steps_possible(story, p) : most;
    for (int k = 0, p; (p = nth_in_order(story->card, CARD_PLACE, order, k)) >= 0; k++)
        if (steps_possible(story, p) == most && !story_keeps_out(story, CARD_PLACE, p))
            fits[count++] = p;
    for (int p = 0; p < story->card->slot[CARD_PLACE].count && count == 0; p++)
        if (steps_possible(story, p) == most)
            fits[count++] = p;
    for (int i = 0; i < story->beat_count && count; i++) {
        story->beats[i].place = fits[story_draw(story, "home", 0) % (uint64_t)count];
        story->beats[i].place_exact = false;
        story->beats[i].place_free = true;
    }
}

void story_resolve(struct story *story, const struct teller *teller)
{
    if (story->actor_count == 0 || story->beats[0].actor < 0)
        cast_somebody(story, teller);
    bool placed = false;
    for (int i = 0; i < story->beat_count; i++)
        placed = placed || story->beats[i].place >= 0;
    if (!placed)
        choose_place(story);
    for (int i = 0; i < story->beat_count; i++) {
        struct beat *beat = &story->beats[i];
        if (i > 0 && beat->place < 0)
            beat->place = story->beats[i - 1].place;
        if (i > 0)
            stay_for_leap(story, i, teller);
        settle_rider(story, beat, teller);
        story_settle(story, i, teller);
    }
    drop_repeats(story);
    for (int i = 0; i < story->actor_count; i++)
        story_choose_colour(story, i, teller);
    name_actors(story);
}

/* --- Stretching ------------------------------------------------------------------------------- */

#define SHOTS_A_STEP 4

static bool does_already(const struct story *story, int action)
{
    for (int i = 0; i < story->beat_count; i++)
        if (story->beats[i].action == action)
            return true;
    return false;
}

static bool was_there(const struct story *story, int place)
{
    for (int i = 0; i < story->beat_count; i++)
        if (story->beats[i].place == place)
            return true;
    return false;
}

/* Puts a step of the same actor before the last one. */
static void add_step(struct story *story, int action, int place)
{
    int last = story->beat_count++;
    story->beats[last] = story->beats[last - 1];
    struct beat *step = &story->beats[last - 1];
    step->action = action;
    step->place = place;
    step->companion = step->size = step->camera = -1;
    step->added = true;
    step->action_said[0] = '\0';
}

void story_stretch(struct story *story, int shots, const struct teller *teller)
{
    static const char quiet_to_lively[] = "sit walk run jump fly";
    const struct card *card = story->card;
    const struct beat main = story->beats[story->beat_count - 1];
    int subject = story->actors[main.actor].subject, before = story->beat_count;
    struct bytes b;
    bytes_init(&b, 800);
    for (int k = 0, action; (action = nth_in_order(card, CARD_ACTION, quiet_to_lively, k)) >= 0;
         k++) {
        if (shots <= SHOTS_A_STEP * story->beat_count || story->beat_count >= BEATS_MAX ||
            does_already(story, action) || !card_possible(card, subject, action, main.place))
            continue;
        add_step(story, action, main.place);
        bytes_format(&b, "%s%s", b.size ? ", " : "", card_name(card, CARD_ACTION, action));
    }
    for (int p = 0; p < card->slot[CARD_PLACE].count && main.place_free; p++) {
        if (shots <= (SHOTS_A_STEP + 1) * story->beat_count || story->beat_count >= BEATS_MAX ||
            was_there(story, p) || !card_possible(card, subject, main.action, p))
            continue;
        add_step(story, main.action, p);
        bytes_format(
            &b, "%s%s %s", b.size ? ", " : "", card_name(card, CARD_ACTION, main.action),
            say_where(card_name(card, CARD_ACTION, main.action), card_name(card, CARD_PLACE, p)));
    }
    char *added = bytes_take(&b);
    if (added && story->beat_count > before)
        story_tell(teller, "choice", NULL, teller->reading,
                   "The length asked for has room for more than the line says; what the same actor "
                   "can do besides is added on the way to it: %s.",
                   added);
    free(added);
}
