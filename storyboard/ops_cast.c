/* Who is in a shot that was changed, where the model draws several: the words say who, company.c
 * whether they can be seen together, and the shot's characters are those that its slots name. */
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

enum { CAST = 3, LOOKS = 3 };
static const enum card_slot looks[CAST][LOOKS] = {
    {CARD_SUBJECT, CARD_COLOUR, CARD_MARK},
    {CARD_SUBJECT2, CARD_COLOUR2, CARD_MARK2},
    {CARD_SUBJECT3, CARD_COLOUR3, CARD_MARK3},
};

static struct actor look_of(const struct card *card, const whelk_shot *shot, int k)
{
    return (struct actor){.subject = change_value(card, shot, looks[k][0]),
                          .colour = change_value(card, shot, looks[k][1]),
                          .mark = change_value(card, shot, looks[k][2])};
}

static bool same_look(const struct actor *a, const struct actor *b)
{
    return a->subject == b->subject && a->colour == b->colour && a->mark == b->mark;
}

/* -1 takes the slot away. */
static bool write_slot(const struct change *c, whelk_shot *shot, const struct card *card,
                       enum card_slot slot, int value)
{
    return whelk_shot_set_slot(shot, card_slot_name(slot),
                               value < 0 ? NULL : card_name(card, slot, value)) ||
           change_no_memory(c);
}

static bool write_guest(const struct change *c, whelk_shot *shot, const struct card *card, int k,
                        const struct actor *a)
{
    int plain = card_value(card, CARD_MARK, "plain");
    return card->slot[looks[k][0]].count == 0 ||
           (write_slot(c, shot, card, looks[k][0], a ? a->subject : -1) &&
            write_slot(c, shot, card, looks[k][1], a ? a->colour : -1) &&
            write_slot(c, shot, card, looks[k][2],
                       !a            ? -1
                       : a->mark < 0 ? plain
                                     : a->mark));
}

/* How many are to be seen in it, by its slots. */
static int cast_count(const struct card *card, const whelk_shot *shot)
{
    const char *company = whelk_shot_slot(shot, card_slot_name(CARD_COMPANY));
    int count = 1;
    while (company && strcmp(company, "alone") != 0 && count < CAST &&
           change_value(card, shot, looks[count][0]) >= 0)
        count++;
    return count;
}

/* --- Who the words name ----------------------------------------------------------------------- */

/* The one who acts, and those who are with it, as the planner reads a line. 0 = nobody is named. */
static int read_cast(const struct change *c, const whelk_shot *shot, const struct card *card,
                     struct reading_of *reading, struct actor who[CAST])
{
    const struct teller teller = {.listen = c->listen, .shot = shot->id};
    struct story story = {.card = card, .seed = shot->seed};
    story_read(&story, reading, &teller);
    int lead = story.beats[0].actor, count = 0, with[CAST] = {lead, -1, -1};
    for (int i = 0; i < story.beat_count; i++)
        if (story.beats[i].actor == lead && story.beats[i].companion >= 0) {
            with[1] = story.beats[i].companion;
            with[2] = story.beats[i].third;
        }
    while (count < CAST && with[count] >= 0) {
        who[count] = story.actors[with[count]];
        count++;
    }
    return count;
}

/* A look that this one has in the film, and nobody in the shot has yet; false = none. */
static bool take_known_look(const struct card *card, const whelk_shot *shot,
                            const struct actor *who, int k, struct actor *out)
{
    for (int j = 0; j < cast_count(card, shot); j++) {
        struct actor known = look_of(card, shot, j);
        bool used = known.subject != out->subject || known.colour < 0 ||
                    (out->colour >= 0 && known.colour != out->colour) ||
                    (out->mark >= 0 && known.mark != out->mark);
        for (int i = 0; i < k; i++)
            used = used || (who[i].subject == known.subject && who[i].colour == known.colour);
        if (used)
            continue;
        *out = known;
        return true;
    }
    return false;
}

/* What the words do not say of a guest is as before in this shot, else as in another, else chosen.
 */
static void complete_guest(const struct change *c, const whelk_shot *shot, const struct card *card,
                           struct actor who[CAST], int count, int k)
{
    bool known = take_known_look(card, shot, who, k, &who[k]);
    for (int i = 0; !known && i < c->film->shot_count; i++)
        known = take_known_look(card, &c->film->shots[i], who, k, &who[k]);
    struct story story = {.card = card, .seed = shot->seed, .actor_count = count, .beat_count = 1};
    const struct teller silent = {0};
    memcpy(story.actors, who, (size_t)count * sizeof *who);
    story.beats[0] = (struct beat){.place = change_value(card, shot, CARD_PLACE)};
    story.beats[0].companion = k;
    story_choose_colour(&story, k, &silent);
    who[k].colour = story.actors[k].colour;
}

static const char *said_as(const struct reading_of *r, const struct card *card, int subject)
{
    for (int i = 0; i < r->mention_count; i++)
        if (r->mentions[i].slot == CARD_SUBJECT && r->mentions[i].value == subject)
            return r->mentions[i].said;
    return card_name(card, CARD_SUBJECT, subject);
}

bool change_read_cast(const struct change *c, whelk_shot *shot, const struct card *card,
                      struct reading_of *reading)
{
    struct actor who[CAST];
    int count = read_cast(c, shot, card, reading, who);
    bool fine = true;
    if (count == 0)
        return true;
    for (int i = 0; fine && i < 2; i++) { /* what is not said of the one who acts stays */
        int value = i ? who[0].mark : who[0].colour_said ? who[0].colour : -1;
        fine = value < 0 || write_slot(c, shot, card, looks[0][1 + i], value);
    }
    who[0] = look_of(card, shot, 0);
    for (int k = 1; k < count; k++)
        complete_guest(c, shot, card, who, count, k);
    for (int k = 1; fine && k < CAST; k++)
        fine = (k >= count || change_slot(c, shot, card_slot_name(looks[k][0]),
                                          card_name(card, CARD_SUBJECT, who[k].subject),
                                          said_as(reading, card, who[k].subject))) &&
               write_guest(c, shot, card, k, k < count ? &who[k] : NULL);
    return fine;
}

/* --- Who can be there ------------------------------------------------------------------------- */

static bool leave_alone(const struct change *c, whelk_shot *shot, const struct card *card)
{
    return write_guest(c, shot, card, 1, NULL) && write_guest(c, shot, card, 2, NULL) &&
           write_slot(c, shot, card, CARD_COMPANY, card_value(card, CARD_COMPANY, "alone"));
}

/* A value that is not on the card is the generator's to refuse. */
static bool is_unknown(const struct card *card, const whelk_shot *shot, enum card_slot slot)
{
    return whelk_shot_slot(shot, card_slot_name(slot)) && change_value(card, shot, slot) < 0;
}

static bool keep_size(const struct change *c, whelk_shot *shot, const struct story *story,
                      const struct planned *step)
{
    const struct card *card = story->card;
    int medium = card_value(card, CARD_SIZE, "medium");
    if (step->size < 0 || medium < 0 || grammar_fits(story, step, step->size))
        return true;
    change_tell(c, "choice", shot->id, "It is a medium shot: a %s one has no room for several.",
                card_name(card, CARD_SIZE, step->size));
    return write_slot(c, shot, card, CARD_SIZE, medium);
}

static bool write_company(const struct change *c, whelk_shot *shot, const struct story *story,
                          const struct planned *step)
{
    const struct card *card = story->card;
    const struct beat *beat = &story->beats[0];
    int company = story_company(story, step), third = story_third(story, step);
    char verb[WORD_MAX];
    if (beat->companion >= 0 && !story_alone(story, step))
        return write_guest(c, shot, card, 1, &story->actors[beat->companion]) &&
               write_guest(c, shot, card, 2, third < 0 ? NULL : &story->actors[third]) &&
               write_slot(c, shot, card, CARD_COMPANY, company) && keep_size(c, shot, story, step);
    if (beat->companion >= 0)
        change_tell(c, "choice", shot->id,
                    "The %s is alone in it: the model shows nobody with a %s that %s %s.",
                    card_name(card, CARD_SUBJECT, story->actors[0].subject),
                    card_name(card, CARD_SUBJECT, story->actors[0].subject),
                    say_verb(card_name(card, CARD_ACTION, step->action), verb),
                    say_where(card_name(card, CARD_ACTION, step->action),
                              card_name(card, CARD_PLACE, step->place)));
    return leave_alone(c, shot, card);
}

/* The second has been taken away: the third is the second. */
static bool move_up(const struct change *c, whelk_shot *shot, const struct card *card)
{
    struct actor third = look_of(card, shot, 2);
    return third.subject < 0 ||
           (write_guest(c, shot, card, 1, &third) && write_guest(c, shot, card, 2, NULL));
}

/* A guest that a slot names has a look as well. */
static bool complete_slots(const struct change *c, whelk_shot *shot, const struct card *card, int k)
{
    struct actor who[CAST];
    for (int i = 0; i <= k; i++)
        who[i] = look_of(card, shot, i);
    if (who[k].subject < 0 || who[k].colour >= 0)
        return true;
    complete_guest(c, shot, card, who, k + 1, k);
    return write_guest(c, shot, card, k, &who[k]);
}

bool change_settle_company(const struct change *c, whelk_shot *shot, const struct card *card,
                           const struct company_change *what)
{
    struct story story;
    struct planned step;
    const struct teller teller = {.listen = c->listen, .shot = shot->id};
    int alone = card_value(card, CARD_COMPANY, "alone");
    if (card_most_actors(card) < 2 || is_unknown(card, shot, CARD_COMPANY) ||
        is_unknown(card, shot, CARD_SUBJECT2) || is_unknown(card, shot, CARD_SUBJECT3))
        return true;
    if (what->guests && change_value(card, shot, CARD_SUBJECT2) < 0 && !move_up(c, shot, card))
        return false;
    for (int k = 1; what->guests && k < CAST; k++)
        if (!complete_slots(c, shot, card, k))
            return false;
    change_read_step(card, shot, &story, &step);
    if (story.actors[0].subject < 0 || step.action < 0 || step.place < 0)
        return true;
    struct beat *beat = &story.beats[0];
    if (beat->companion < 0 || what->alone)
        return !(what->guests || what->alone) || leave_alone(c, shot, card);
    if (*what->verb || (what->guests && beat->company == alone))
        beat->company = -1;
    snprintf(beat->action_said, sizeof beat->action_said, "%.40s", what->verb);
    if (story_alone(&story, &step) && beat->third >= 0) { /* the third, if that one can */
        beat->companion = 2;
        beat->third = 1;
    }
    if (!story_alone(&story, &step))
        story_settle_company(&story, 0, &teller);
    return write_company(c, shot, &story, &step);
}

/* --- Characters ------------------------------------------------------------------------------- */

static bool is_in(const whelk_shot *shot, const char *id)
{
    for (int i = 0; i < shot->character_count; i++)
        if (shot->characters[i] && strcmp(shot->characters[i], id) == 0)
            return true;
    return false;
}

/* The character of another shot that looks so, and is not in this one yet; NULL = none. */
static const char *known_character(const struct change *c, const whelk_shot *shot,
                                   const struct card *card, const struct actor *look)
{
    for (int i = 0; i < c->film->shot_count; i++) {
        const whelk_shot *other = &c->film->shots[i];
        int count = other == shot ? 0 : cast_count(card, other);
        for (int j = 0; j < count && j < other->character_count; j++) {
            struct actor its = look_of(card, other, j);
            if (same_look(&its, look) && other->characters[j] && !is_in(shot, other->characters[j]))
                return other->characters[j];
        }
    }
    return NULL;
}

bool change_follow_cast(const struct change *c, whelk_shot *shot, const struct card *card)
{
    struct story story = {.card = card};
    int count = cast_count(card, shot);
    bool fine = true;
    if (look_of(card, shot, 0).subject < 0)
        return true;
    for (int i = 0; i < shot->character_count; i++)
        free(shot->characters[i]);
    shot->character_count = 0;
    for (int k = 0; fine && k < count; k++) {
        struct actor a = look_of(card, shot, k);
        const char *known = known_character(c, shot, card, &a);
        char *id = NULL;
        fine = known
                   ? whelk_set_text(&id, known) || change_no_memory(c)
                   : change_add_named(c, &c->film->characters, &c->film->character_count,
                                      card_name(card, CARD_SUBJECT, a.subject),
                                      a.colour < 0 ? NULL : card_name(card, CARD_COLOUR, a.colour),
                                      say_character(&story, &a), &id);
        char **room =
            fine ? story_grow(&shot->characters, &shot->character_count, sizeof *room) : NULL;
        fine = fine && (room || change_no_memory(c));
        if (room)
            *room = id;
        else
            free(id);
    }
    return fine;
}
