/* From mentions to beats: who does what where and when, one step of the story after the other. A
 * new verb after "and", "then" or a full stop opens a new beat; what a beat does not say it takes
 * from its neighbours. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexicon.h"

enum link { LINK_NONE, LINK_AND, LINK_THEN };

struct gathering {
    struct story *story;
    struct reading_of *reading;
    const struct teller *teller;
    struct beat *beat;            /* the one being filled */
    const struct mention *colour; /* not yet given to a noun */
    int mark;                     /* likewise; -1 = none */
    int met[3], met_count; /* whom the noun met last named: one, or the actors of "two cats" */
};

static const struct beat empty_beat = {.actor = -1,
                                       .companion = -1,
                                       .third = -1,
                                       .action = -1,
                                       .place = -1,
                                       .time = -1,
                                       .companion_action = -1,
                                       .size = -1,
                                       .camera = -1,
                                       .weather = -1,
                                       .pace = -1,
                                       .company = -1};

/* What parts the words between the last mention and this one. */
static enum link link_before(const struct gathering *g, const struct mention *m,
                             const struct mention *last)
{
    enum link link = LINK_NONE;
    for (int i = last ? last->first + last->count : 0; i <= m->first; i++) {
        const struct word *w = &g->reading->words[i];
        bool then =
            i < m->first &&
            words_is(
                w, "then while until meanwhile finally later suddenly afterwards next eventually");
        if (then || (i > 0 && w->before == BREAK_SENTENCE))
            return LINK_THEN;
        if (w->before == BREAK_COMMA || (i < m->first && words_is(w, "and but or plus")))
            link = LINK_AND;
    }
    return link;
}

static bool word_before_is(const struct gathering *g, const struct mention *m, const char *list)
{
    int i = m->first - 1;
    while (i >= 0 && (lexicon_is_article(g->reading->words[i].text) ||
                      lexicon_is_adjective(g->reading->words[i].text)))
        i--;
    return i >= 0 && g->reading->words[i + 1].before == BREAK_NONE &&
           words_is(&g->reading->words[i], list);
}

static struct beat *open_beat(struct gathering *g, struct beat with)
{
    struct story *story = g->story;
    if (story->beat_count == BEATS_MAX) {
        story->beats_dropped++;
        story->beats[BEATS_MAX - 1] = with;
        return g->beat = &story->beats[BEATS_MAX - 1];
    }
    story->beats[story->beat_count] = with;
    return g->beat = &story->beats[story->beat_count++];
}

static void leave_out(const struct gathering *g, struct mention *m, const char *reason)
{
    m->left_out = true;
    story_tell(g->teller, "choice", NULL, g->teller->line, "\"%s\" is left out: %s.", m->said,
               reason);
}

/* --- Actors ----------------------------------------------------------------------------------- */

/* The colour said just before the noun, with nothing but adjectives between. */
static int take_colour(struct gathering *g, const struct mention *m)
{
    const struct mention *c = g->colour;
    if (!c)
        return -1;
    for (int i = c->first + c->count; i <= m->first; i++)
        if (g->reading->words[i].before != BREAK_NONE || m->first - i > 2)
            return -1;
    g->colour = NULL;
    return c->value;
}

static int add_actor(struct story *story, int subject, int colour, int mark)
{
    if (story->actor_count == ACTORS_MAX)
        return -1;
    story->actors[story->actor_count] = (struct actor){
        .subject = subject, .colour = colour, .mark = mark, .colour_said = colour >= 0};
    return story->actor_count++;
}

/* The actor meant: one met before unless colour or mark tells them apart. -1 = too many. */
static int find_actor(struct story *story, int subject, int colour, int mark)
{
    for (int i = 0; i < story->actor_count; i++) {
        struct actor *a = &story->actors[i];
        if (a->subject != subject || (colour >= 0 && a->colour_said && a->colour != colour) ||
            (mark >= 0 && a->mark >= 0 && a->mark != mark))
            continue;
        if (mark >= 0)
            a->mark = mark;
        if (colour >= 0) {
            a->colour = colour;
            a->colour_said = true;
        }
        return i;
    }
    return add_actor(story, subject, colour, mark);
}

static void meet_companion(struct gathering *g, struct mention *m, int actor)
{
    struct beat *beat = g->beat;
    if (actor == beat->actor || actor == beat->companion || actor == beat->third)
        return;
    bool alike = beat->actor >= 0 && g->story->actors[beat->actor].subject == m->value;
    if (word_before_is(g, m, "of") && !alike) /* nor is it "a pair of ducks" */
        leave_out(g, m, "it only belongs to another");
    else if (beat->companion < 0)
        beat->companion = actor;
    else if (card_most_actors(g->story->card) > 2 && beat->third < 0)
        beat->third = actor;
    else
        leave_out(g, m,
                  card_most_actors(g->story->card) > 2
                      ? "the model shows three actors a shot at most"
                  : card_most_actors(g->story->card) > 1
                      ? "the model shows two actors a shot at most"
                      : "the model shows one actor a shot, and two already take turns");
}

/* Another of that subject: one that was there before, else a new one. -1 = too many. */
static int find_twin(const struct gathering *g, int subject, int colour, int mark)
{
    const struct beat *b = g->beat;
    for (int i = 0; i < g->story->actor_count; i++) {
        struct actor *a = &g->story->actors[i];
        bool other = a->subject == subject && i != b->actor && i != b->companion && i != b->third;
        if (!other || (colour >= 0 && a->colour_said && a->colour != colour))
            continue;
        a->colour = colour >= 0 ? colour : a->colour;
        a->colour_said = a->colour_said || colour >= 0;
        return i;
    }
    return add_actor(g->story, subject, colour, mark);
}

static void meet_twin(struct gathering *g, struct mention *m, int colour, int mark)
{
    int twin = find_twin(g, m->value, colour, mark);
    if (twin < 0)
        return;
    meet_companion(g, m, twin);
    if (g->met_count < COUNT(g->met))
        g->met[g->met_count++] = twin;
}

static bool beat_has(const struct gathering *g, int subject)
{
    const int in[] = {g->beat->actor, g->beat->companion, g->beat->third};
    for (int i = 0; i < COUNT(in); i++)
        if (in[i] >= 0 && g->story->actors[in[i]].subject == subject)
            return true;
    return false;
}

/* "another red car", "another and a third": so many that are not those of that name who are there;
 * where one of them is in the step already, "a red car" is another, too. */
static int count_others(const struct gathering *g, const struct mention *m, bool object)
{
    struct word *w = g->reading->words;
    int i = m->first - 1, more = 1;
    while (i >= 0 && w[i + 1].before == BREAK_NONE &&
           (lexicon_is_adjective(w[i].text) || (g->colour && g->colour->first == i)))
        i--;
    const struct actor *with =
        g->beat->companion >= 0 ? &g->story->actors[g->beat->companion] : NULL;
    bool one = object || g->beat->action < 0 || (with && with->subject == m->value);
    if (card_most_actors(g->story->card) < 2 || !beat_has(g, m->value) || i < 0 ||
        w[i + 1].before != BREAK_NONE || !words_is(&w[i], one ? "another a an" : "another"))
        return 0;
    for (i = m->first + m->count; i + 2 < g->reading->word_count && i < m->first + 7; i++)
        if (words_is(&w[i], "and") && words_is(&w[i + 1], "a") && words_is(&w[i + 2], "third")) {
            w[i + 2].used = true;
            more = 2;
        }
    return more;
}

enum { UNCOUNTED = 100 }; /* "many" */

/* "two cats", "3 black cats": articles and adjectives before the noun are passed over to find the
 * number. */
static int number_before(const struct gathering *g, const struct mention *m)
{
    static const char *const numbers[] = {"two",   "three", "four", "five", "six",
                                          "seven", "eight", "nine", "ten"};
    for (int i = m->first - 1; i >= 0 && g->reading->words[i + 1].before == BREAK_NONE; i--) {
        struct word *w = &g->reading->words[i];
        for (int k = 0; k < COUNT(numbers); k++)
            if (words_is(w, numbers[k]))
                return k + 2;
        if (words_is(w, "both"))
            return 2;
        if (i > 0 && words_is(w, "of") && words_is(w - 1, "pair couple")) {
            w[-1].used = true;
            return 2;
        }
        if (words_is(w, "many several some few dozens hundreds"))
            return UNCOUNTED;
        if (w->text[0] && strspn(w->text, "0123456789") == strlen(w->text)) {
            w->used = true; /* told with the noun */
            return strlen(w->text) > 2 ? UNCOUNTED : atoi(w->text);
        }
        bool counter = w->text[0] == '\0'; /* a measure word of Chinese */
        if (!counter && !lexicon_is_adjective(w->text) && !(g->colour && g->colour->first == i))
            return 1;
    }
    return 1;
}

/* Fewer, as many as there is room for, stand for all of them. */
static void tell_fewer(const struct gathering *g, const struct mention *m, int number, int room)
{
    static const char *const words[] = {"one stands", "two stand", "three stand"};
    int most = card_most_actors(g->story->card);
    if (most == 1 && number > 1)
        story_tell(g->teller, "choice", NULL, g->teller->line,
                   "The model shows one actor a shot; one %s stands for all of them.",
                   card_name(g->story->card, CARD_SUBJECT, m->value));
    else if (room > 0 && number > room)
        story_tell(g->teller, "choice", NULL, g->teller->line,
                   "The model shows %s actors a shot at most; %s for all the %s.",
                   most == 2 ? "two" : "three", words[room - 1], m->said);
}

/* "on a rock", "past a dog", and what follows the verb of somebody met before: not the one who
 * acts. */
static bool is_object(const struct gathering *g, const struct mention *m, enum link link)
{
    bool after_verb = g->beat->action >= 0 && g->story->actor_count > 0;
    int i = m->first;
    while (i > 0 && g->reading->words[i].before == BREAK_NONE &&
           (lexicon_is_article(g->reading->words[i - 1].text) ||
            lexicon_is_adjective(g->reading->words[i - 1].text)))
        i--;
    bool placed = i > 0 && g->reading->words[i].before == BREAK_NONE &&
                  lexicon_is_preposition(g->reading->words[i - 1].text);
    return (link == LINK_NONE && (g->beat->actor >= 0 || after_verb)) ||
           (placed && g->story->actor_count > 0);
}

/* "with a horse and a dog": one more of those who are met, since nothing is said of it alone. */
static bool is_listed(const struct gathering *g, const struct mention *m)
{
    const struct mention *first = g->reading->mentions, *end = first + g->reading->mention_count,
                         *before = m - 1;
    while (before >= first && (before->slot == CARD_COLOUR || before->slot == CARD_MARK))
        before--;
    return g->beat->companion >= 0 && before >= first && before->slot == CARD_SUBJECT &&
           (m + 1 == end || m[1].slot != CARD_ACTION);
}

static void meet_subject(struct gathering *g, struct mention *m, enum link link)
{
    struct story *story = g->story;
    bool object = is_object(g, m, link);
    g->met_count = 0;
    if (object && m->how == NEAREST) {
        take_colour(g, m);
        leave_out(g, m, "it is not the one who acts, and the model has nothing quite like it");
        return;
    }
    int number = number_before(g, m), others = count_others(g, m, object),
        most = card_most_actors(story->card), mark = g->mark, colour = take_colour(g, m);
    g->mark = -1;
    if (object && number > 1 && !others && beat_has(g, m->value)) { /* "a cat chases two cats" */
        others = number < most ? number : most - 1;
        tell_fewer(g, m, number, others);
    }
    for (int i = 0; i < others; i++)
        meet_twin(g, m, colour, mark);
    if (others)
        return;
    int actor = find_actor(story, m->value, colour, mark);
    if (actor < 0) {
        leave_out(g, m, "there are too many actors already");
        return;
    }
    g->met[g->met_count++] = actor;
    /* "it dives and the cat watches": the dive is somebody's already */
    bool taken = g->beat->actor >= 0 || (g->beat->action >= 0 && g->story->beat_count > 1);
    if (!taken && !object)
        g->beat->actor = actor;
    else if (!object && link == LINK_AND && g->beat->action >= 0 && actor != g->beat->actor &&
             !is_listed(g, m))
        open_beat(g, empty_beat)->actor = actor;
    else
        meet_companion(g, m, actor);
    int room = g->beat->actor == actor       ? most
               : g->beat->companion == actor ? most - 1
                                             : g->beat->third == actor;
    tell_fewer(g, m, number, room);
    const struct actor *first = &story->actors[actor]; /* alike but for what was not said of both */
    for (int i = 1; i < number && i < room; i++)
        meet_twin(g, m, first->colour_said ? first->colour : -1, first->mark);
}

/* --- The rest of a beat ----------------------------------------------------------------------- */

static void meet_action(struct gathering *g, struct mention *m, enum link link)
{
    struct beat *beat = g->beat;
    bool exact = m->how != NEAREST;
    size_t size = strlen(m->said);
    if (!exact && link == LINK_AND && size > 3 && strcmp(m->said + size - 3, "ing") == 0 &&
        !word_before_is(g, m, "and starts begins"))
        link = LINK_NONE; /* ", hunting mice": meanwhile, not next */
    bool new_beat = beat->action >= 0 && beat->action != m->value &&
                    (link != LINK_NONE || (exact && beat->action_exact));
    if (new_beat) {
        beat = open_beat(g, empty_beat);
    } else if (beat->action >= 0 && (beat->action_exact || !exact)) {
        m->left_out = true; /* "goes swimming" is swimming, "jumps to catch" is jumping */
        return;
    }
    beat->action = m->value;
    beat->action_exact = exact;
    snprintf(beat->action_said, sizeof beat->action_said, "%.40s", m->said);
}

/* "jumps into the pool": who leaps into water dives, where the model can show that. */
static void leap_into(const struct gathering *g, const struct mention *m)
{
    const struct card *card = g->story->card;
    struct beat *beat = g->beat;
    int dive = card_value(card, CARD_ACTION, "dive");
    if (dive >= 0 && strcmp(card_name(card, CARD_ACTION, beat->action), "jump") == 0 &&
        word_before_is(g, m, "into in") &&
        card_possible(card, beat->actor >= 0 ? g->story->actors[beat->actor].subject : -1, dive,
                      m->value))
        beat->action = dive;
}

static void meet_place(struct gathering *g, struct mention *m, enum link link)
{
    struct beat *beat = g->beat;
    leap_into(g, m);
    bool from = word_before_is(g, m, "from off leaves");
    if (beat->place < 0 || (beat->place == m->value && !beat->place_exact)) {
        beat->place = m->value;
        beat->place_exact = m->how != NEAREST;
        beat->place_left = from;
        return;
    }
    if (beat->place == m->value) {
        m->left_out = true; /* "the waves" at the beach: there anyway */
        return;
    }
    bool onward =
        link != LINK_NONE || word_before_is(g, m, "to into onto across through towards toward");
    const char *action = card_name(g->story->card, CARD_ACTION, beat->action);
    if (beat->place_left && onward && !grammar_travels(action)) {
        beat->place = m->value; /* "dives from a cliff into the sea": where it ends */
        beat->place_exact = m->how != NEAREST;
        beat->place_left = false;
    } else if (onward && beat->action >= 0) {
        struct beat next = *beat;
        next.place = m->value;
        next.place_exact = m->how != NEAREST;
        next.place_left = false;
        open_beat(g, next);
    } else {
        char reason[120];
        snprintf(reason, sizeof reason, "a shot has one place, and that is the %s",
                 card_name(g->story->card, CARD_PLACE, beat->place));
        leave_out(g, m, reason);
    }
}

/* "a spotted brown dog": of the noun that comes; "a dog with spots": of whoever is there. */
static void meet_mark(struct gathering *g, const struct mention *m)
{
    const struct mention *next = m + 1, *end = g->reading->mentions + g->reading->mention_count;
    int gap = next < end ? next->first - (m->first + m->count) : 9;
    bool before = gap <= 1 && (next->slot == CARD_SUBJECT || next->slot == CARD_COLOUR) &&
                  g->reading->words[next->first].before == BREAK_NONE;
    if (before)
        g->mark = m->value;
    else if (g->beat->actor >= 0)
        g->story->actors[g->beat->actor].mark = m->value;
}

static void meet_time(struct gathering *g, const struct mention *m)
{
    struct beat *beat = g->beat;
    if (beat->time >= 0 && beat->time != m->value) {
        struct beat next = *beat;
        next.after_then = true;
        beat = open_beat(g, next);
    }
    beat->time = m->value;
}

/* "in a green shirt": the colour of a child is that of its clothes. */
static bool colours_clothes(const struct gathering *g, const struct mention *m,
                            const struct actor *a)
{
    int next = m->first + m->count;
    bool clothes =
        next < g->reading->word_count &&
        words_is(&g->reading->words[next], "shirt dress coat jacket jumper sweater hoodie "
                                           "tshirt swimsuit costume clothes suit raincoat "
                                           "vest pyjamas pajamas hat cap shirts dresses coats "
                                           "jackets jumpers sweaters hoodies suits hats caps");
    const char *subject = a ? card_name(g->story->card, CARD_SUBJECT, a->subject) : "";
    if (!clothes || strcmp(subject, "child") != 0)
        return false;
    g->reading->words[next].used = true;
    return true;
}

/* "un gato negro": in French and Spanish the colour comes after its noun; "a horse, white as snow".
 */
static bool follows_noun(const struct gathering *g, const struct mention *m)
{
    const struct reading_of *r = g->reading;
    const struct word *w = &r->words[m->first];
    const struct mention *before = m > r->mentions ? m - 1 : NULL;
    int next = m->first + m->count;
    bool apposed = w->before == BREAK_COMMA && next < r->word_count &&
                   (r->words[next].before == BREAK_COMMA || words_is(&r->words[next], "as like"));
    return before && before->slot == CARD_SUBJECT && before->first + before->count == m->first &&
           (apposed || (words_colour_follows(w) && w->before == BREAK_NONE));
}

static void meet_colour(struct gathering *g, const struct mention *m)
{
    struct actor *last = g->met_count ? &g->story->actors[g->met[0]] : NULL;
    bool tells =
        m->first > 0 && words_is(&g->reading->words[m->first - 1], "is are was were looks");
    g->colour = m;
    if (!last || !(tells || follows_noun(g, m) || colours_clothes(g, m, last)))
        return;
    for (int i = 0; i < g->met_count; i++) { /* of two cats both */
        struct actor *actor = &g->story->actors[g->met[i]];
        if (actor->colour_said)
            continue;
        actor->colour = m->value;
        actor->colour_said = true;
        g->colour = NULL;
    }
}

/* "a detective cat", "a snowy forest": the first of two that stand together tells of the second. */
static bool describes_next(const struct gathering *g, const struct mention *m)
{
    const struct mention *next = m + 1;
    if (next >= g->reading->mentions + g->reading->mention_count || next->slot != m->slot ||
        next->first != m->first + m->count || g->reading->words[next->first].before != BREAK_NONE)
        return false;
    return m->slot == CARD_SUBJECT ? m->how == NEAREST && next->how == AS_SAID
                                   : m->slot == CARD_PLACE && strcmp(m->said, "snowy") == 0;
}

/* "white as snow", "runs like a horse": nothing that is there. */
static bool is_comparison(const struct gathering *g, const struct mention *m)
{
    return (m->slot == CARD_PLACE || m->slot == CARD_SUBJECT) &&
           word_before_is(g, m, "as like than") && g->story->actor_count > 0;
}

/* "while it rains": the same step, not another. */
static bool is_meanwhile(const struct gathering *g, const struct mention *m)
{
    bool meanwhile = false;
    for (int i = m->first - 1; i >= 0 && i >= m->first - 3; i--)
        meanwhile = meanwhile || words_is(&g->reading->words[i], "while");
    return m->slot == CARD_WEATHER && meanwhile;
}

static void meet(struct gathering *g, struct mention *m, enum link link)
{
    if (describes_next(g, m)) {
        leave_out(g, m, "it only describes what comes after it");
        return;
    }
    if (is_comparison(g, m)) {
        leave_out(g, m, "it is only compared with");
        return;
    }
    bool begun = g->beat->action >= 0 || g->beat->actor >= 0;
    if (link == LINK_THEN && begun && !is_meanwhile(g, m)) {
        open_beat(g, empty_beat);
        g->beat->after_then = true;
    }
    switch (m->slot) {
    case CARD_SUBJECT:
        meet_subject(g, m, link);
        break;
    case CARD_ACTION:
        meet_action(g, m, link);
        break;
    case CARD_PLACE:
        meet_place(g, m, link);
        break;
    case CARD_TIME:
        meet_time(g, m);
        break;
    case CARD_COLOUR:
        meet_colour(g, m);
        break;
    case CARD_DIRECTION:
        g->story->direction = g->story->direction < 0 ? m->value : g->story->direction;
        break;
    case CARD_SIZE:
        g->beat->size = m->value;
        break;
    case CARD_CAMERA:
        g->beat->camera = m->value;
        break;
    case CARD_WEATHER:
        g->beat->weather = m->value;
        break;
    case CARD_STYLE:
        g->story->style = m->value;
        break;
    case CARD_MARK:
        meet_mark(g, m);
        break;
    case CARD_PACE:
        g->beat->pace = m->value;
        break;
    default:
        break;
    }
}

/* --- Filling in from the neighbours ----------------------------------------------------------- */

static void fill(int *value, int from)
{
    if (*value < 0)
        *value = from;
}

/* A beat without a verb gives what it knows to the next one, unless that is about somebody else. */
static bool merges_into(const struct beat *a, const struct beat *b)
{
    bool same_time = a->time < 0 || b->time < 0 || a->time == b->time;
    bool same_place = a->place < 0 || b->place < 0 || a->place == b->place;
    return a->action < 0 && same_time && same_place &&
           (a->actor < 0 || b->actor < 0 || a->actor == b->actor);
}

static void fill_company(struct beat *b, const struct beat *from)
{
    if (b->companion >= 0)
        return;
    b->companion = from->companion;
    b->third = from->third;
}

static void merge_silent_beats(struct story *story)
{
    int kept = 0;
    for (int i = 0; i < story->beat_count; i++) {
        struct beat *b = &story->beats[i];
        if (i + 1 < story->beat_count && merges_into(b, b + 1)) {
            if (b[1].actor < 0)
                fill_company(&b[1], b);
            fill(&b[1].actor, b->actor);
            if (b[1].place < 0) {
                b[1].place = b->place;
                b[1].place_exact = b->place_exact;
            }
            fill(&b[1].time, b->time);
            fill(&b[1].weather, b->weather);
            fill(&b[1].pace, b->pace);
            fill(&b[1].size, b->size);
            fill(&b[1].camera, b->camera);
            b[1].after_then = b->after_then;
        } else {
            story->beats[kept++] = *b;
        }
    }
    story->beat_count = kept;
}

/* What comes first without being said is as what is said next; what is not said later, as before.
 */
static void inherit(struct story *story)
{
    struct beat *b = story->beats;
    for (int i = story->beat_count - 2; i >= 0; i--) {
        bool leading_time = true, leading_place = true, leading_actor = true,
             leading_weather = true;
        for (int k = 0; k < i; k++) {
            leading_time = leading_time && b[k].time < 0;
            leading_weather = leading_weather && b[k].weather < 0;
            leading_place = leading_place && b[k].place < 0;
            leading_actor = leading_actor && b[k].actor < 0;
        }
        if (leading_time && !b[i + 1].after_then)
            fill(&b[i].time, b[i + 1].time);
        if (leading_weather && !b[i + 1].after_then)
            fill(&b[i].weather, b[i + 1].weather);
        if (leading_place && b[i].place < 0) {
            b[i].place = b[i + 1].place;
            b[i].place_exact = b[i + 1].place_exact;
        }
        if (leading_actor)
            fill(&b[i].actor, b[i + 1].actor);
    }
    for (int i = 1; i < story->beat_count; i++) {
        if (b[i].actor < 0) {
            b[i].actor = b[i - 1].actor;
            fill_company(&b[i], &b[i - 1]);
        }
        if (b[i].companion == b[i].actor)
            b[i].companion = b[i].third = -1;
        fill(&b[i].time, b[i - 1].time);
        fill(&b[i].weather, b[i - 1].weather);
        if (b[i].place < 0) {
            b[i].place = b[i - 1].place;
            b[i].place_exact = false; /* carried on, so it may give way */
        }
    }
}

static void mark_left_colour(struct gathering *g)
{
    for (int i = 0; g->colour && i < g->colour->count; i++)
        g->reading->words[g->colour->first + i].used = false;
}

void story_read(struct story *story, struct reading_of *reading, const struct teller *teller)
{
    struct gathering g = {.story = story, .reading = reading, .teller = teller, .mark = -1};
    const struct mention *last = NULL;
    story->direction = story->style = -1;
    open_beat(&g, empty_beat);
    for (int i = 0; i < reading->mention_count; i++) {
        struct mention *m = &reading->mentions[i];
        m->left_out = m->negated;
        if (m->negated) {
            story->kept_out[m->slot] |= UINT64_C(1) << m->value;
            continue;
        }
        if (g.colour && m->slot == CARD_COLOUR)
            mark_left_colour(&g);
        meet(&g, m, link_before(&g, m, last));
        last = m;
    }
    mark_left_colour(&g);
    merge_silent_beats(story);
    inherit(story);
}

/* --- What is not said ------------------------------------------------------------------------- */

static int said_or(const struct card *card, enum card_slot slot, int value, const char *plainest)
{
    return value >= 0 && value < card->slot[slot].count ? value : card_value(card, slot, plainest);
}

int story_weather(const struct story *story, int beat)
{
    return said_or(story->card, CARD_WEATHER, story->beats[beat].weather, "clear");
}

int story_style(const struct story *story)
{
    int first = story->card->slot[CARD_STYLE].count ? 0 : -1;
    return story->style >= 0 ? story->style : first;
}

int story_mark(const struct story *story, int actor)
{
    return said_or(story->card, CARD_MARK, story->actors[actor].mark, "plain");
}
