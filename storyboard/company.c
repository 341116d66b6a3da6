/* Who is with whom in a shot: for models whose card has a slot "company", which draw two actors
 * or three together. On other cards nobody is with anybody, and the actors of a step take turns. */
#include <string.h>

#include "plan.h"

static const char *const chases[] = {"chase",   "chases", "chased",  "chasing",  "hunt", "hunts",
                                     "hunting", "pursue", "pursues", "pursuing", NULL},
                         *const follows[] = {"follow", "follows", "followed", "following", NULL},
                         *const meets[] = {"meet", "meets",  "met",     "meeting",
                                           "pass", "passes", "passing", NULL};
/* What two can do together: side by side, one after the other, sitting. A leap or a dive is one
 * actor's. */
static const char *const abreast[] = {"walk", "run", "swim", NULL},
                         *const rows[] = {"fly", "drive", NULL}, *const still[] = {"sit", NULL};

static bool is(const struct card *card, int action, const char *const *names)
{
    return story_text_in(card_name(card, CARD_ACTION, action), names);
}

bool story_says_company(const char *said)
{
    return story_text_in(said, chases) || story_text_in(said, follows) ||
           story_text_in(said, meets);
}

bool story_goes_so(const struct card *card, int action, const char *said)
{
    bool goes = is(card, action, abreast) || is(card, action, rows);
    return goes && (story_text_in(said, follows) || story_text_in(said, meets) ||
                    (story_text_in(said, chases) && !is(card, action, abreast)));
}

/* By the word of the line, as far as what is done in this shot goes with it. */
static const char *company_name(const struct card *card, const char *said, int action)
{
    static const char *const fast[] = {"run", NULL};
    if (is(card, action, still))
        return "together";
    if (!is(card, action, abreast) && !is(card, action, rows))
        return "alone";
    if (story_text_in(said, meets))
        return "pass";
    if (story_text_in(said, chases) || story_text_in(said, follows))
        return is(card, action, fast) ? "chase" : "follow";
    return is(card, action, rows) ? "follow" : "together";
}

/* Whether the second can be in the picture: it does the same, or bounces or flies and is chased. */
static bool can_join(const struct card *card, int subject, int company, const struct planned *s)
{
    static const char *const own[] = {"bounce", "fly"};
    bool joins = card_possible(card, subject, s->action, s->place);
    for (int i = 0; i < 2 && company == card_value(card, CARD_COMPANY, "chase"); i++) {
        int action = card_value(card, CARD_ACTION, own[i]);
        joins = joins || (action >= 0 && card_possible(card, subject, action, s->place));
    }
    return joins;
}

int story_company(const struct story *story, const struct planned *s)
{
    const struct card *card = story->card;
    const struct beat *beat = &story->beats[s->beat];
    int alone = card_value(card, CARD_COMPANY, "alone");
    if (alone < 0 || beat->companion < 0 || s->actor != beat->actor)
        return alone;
    int company = card_value(card, CARD_COMPANY, company_name(card, beat->action_said, s->action));
    if (beat->company >= 0 && company != alone)
        company = beat->company;
    return company >= 0 && can_join(card, story->actors[beat->companion].subject, company, s)
               ? company
               : alone;
}

int story_third(const struct story *story, const struct planned *s)
{
    int third = story->beats[s->beat].third;
    return third >= 0 && !story_alone(story, s) &&
                   can_join(story->card, story->actors[third].subject, story_company(story, s), s)
               ? third
               : -1;
}

bool story_alone(const struct story *story, const struct planned *s)
{
    return story_company(story, s) == card_value(story->card, CARD_COMPANY, "alone");
}

/* --- Who can be there ------------------------------------------------------------------------- */

static void tell_absent(const struct story *story, const struct beat *beat, int actor,
                        const struct teller *teller)
{
    story_tell(teller, "choice", NULL, teller->line,
               "The %s is left out: the model cannot show it %s.",
               card_name(story->card, CARD_SUBJECT, story->actors[actor].subject),
               say_where("", card_name(story->card, CARD_PLACE, beat->place)));
}

/* The companion does the same if it can, else what it usually does there; where it cannot be there,
 * it is left out. */
static void settle_companion(struct story *story, struct beat *beat, const struct teller *teller)
{
    const struct card *card = story->card;
    if (beat->companion < 0)
        return;
    int subject = story->actors[beat->companion].subject;
    beat->companion_action = card_possible(card, subject, beat->action, beat->place)
                                 ? beat->action
                                 : story_nearest_action(card, subject, beat->action, beat->place);
    if (beat->companion_action >= 0)
        return;
    tell_absent(story, beat, beat->companion, teller);
    beat->companion = beat->third;
    beat->third = -1;
    settle_companion(story, beat, teller);
}

/* A third is there where all meet; of two of whom one alone can join the actor it is that one. */
static void settle_third(struct story *story, int n, const struct teller *teller)
{
    struct beat *beat = &story->beats[n];
    const struct planned event = {
        .beat = n, .actor = beat->actor, .action = beat->action, .place = beat->place};
    int third = beat->third;
    if (third < 0)
        return;
    if (story_alone(story, &event) &&
        card_possible(story->card, story->actors[third].subject, beat->action, beat->place)) {
        beat->third = beat->companion;
        beat->companion = third;
    }
    if (story_third(story, &event) >= 0)
        return;
    story_tell(teller, "choice", NULL, teller->line,
               "The %s is left out: the model does not show it with those who %s.",
               card_name(story->card, CARD_SUBJECT, story->actors[beat->third].subject),
               card_name(story->card, CARD_ACTION, beat->action));
    beat->third = -1;
}

void story_settle_company(struct story *story, int n, const struct teller *teller)
{
    settle_companion(story, &story->beats[n], teller);
    settle_third(story, n, teller);
}
