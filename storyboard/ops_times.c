/* What follows from any operation in time: transitions that no longer fit between their shots are
 * shortened, lower thirds stay with their shot and end cards with the end of the film, and a shot
 * is not made longer than the model makes it. */
#include "ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_TRANSITION_S 0.1

/* --- Lengths ---------------------------------------------------------------------------------- */

/* The film as it was is only read. */
static const whelk_shot *shot_before(const struct change *c, const char *id)
{
    return whelk_film_shot((whelk_film *)(uintptr_t)c->was, id);
}

/* One that was too long before, of another model's, may stay so; not one that is so by this change.
 */
static bool check_length(const struct change *c, const cJSON *card, whelk_shot *shot)
{
    const whelk_shot *was = shot_before(c, shot->id);
    double most = story_longest(card, shot);
    char why[160];
    if (shot->seconds <= most + 1e-6 ||
        (was && was->seconds >= shot->seconds && story_longest(card, was) <= most))
        return true;
    if (strcmp(c->op->kind, "merge") == 0) {
        shot->seconds = floor(most * 1000) / 1000;
        change_tell(c, "choice", shot->id,
                    "The model makes %.4g s at most, so shot %s is no longer than that.", most,
                    shot->id);
        return true;
    }
    story_why_over(card, whelk_shot_slot(shot, "action"), why, sizeof why);
    return whelk_fail(c->err, WHELK_EUSAGE, "shot %s would be %.4g s; %s: let two shots share it",
                      shot->id, shot->seconds, why);
}

static bool check_lengths(const struct change *c)
{
    cJSON *card = c->card_json ? cJSON_Parse(c->card_json) : NULL;
    bool good = true;
    for (int i = 0; good && i < c->film->shot_count; i++)
        good = check_length(c, card, &c->film->shots[i]);
    cJSON_Delete(card);
    return good;
}

/* --- Transitions ------------------------------------------------------------------------------ */

/* One that was asked for by this operation is not shortened but refused by the check. */
static bool asked_for(const struct change *c, const whelk_shot *shot)
{
    const whelk_op *op = c->op;
    return op->shot && op->field && strcmp(op->shot, shot->id) == 0 &&
           strncmp(op->field, "transition", 10) == 0;
}

static bool fit_transitions(const struct change *c)
{
    double in = 0;
    for (int i = 0; i + 1 < c->film->shot_count; i++) {
        whelk_shot *shot = &c->film->shots[i];
        double room = fmin(story_shot_length(shot) - in, story_shot_length(shot + 1) / 2);
        if (story_overlaps(shot->transition) && shot->transition_s > room + 1e-9 &&
            !asked_for(c, shot)) {
            bool cut = room < SHORTEST_TRANSITION_S;
            shot->transition_s = cut ? 0 : floor(room * 1000) / 1000;
            if (cut && !whelk_set_text(&shot->transition, "cut"))
                return change_no_memory(c);
            change_tell(
                c, "choice", shot->id,
                cut ? "Shot %s leads to the next with a cut: there is no room for more."
                    : "The transition after shot %s is shortened to what there is room for.",
                shot->id);
        }
        in = story_overlaps(shot->transition) ? shot->transition_s : 0;
    }
    return true;
}

/* --- Titles ----------------------------------------------------------------------------------- */

static int shot_at(const whelk_film *film, double at_s)
{
    int found = 0;
    for (int i = 1; i < film->shot_count; i++)
        if (whelk_film_shot_start(film, i) <= at_s + 1e-6)
            found = i;
    return found;
}

/* What a title lies over is told by the film as it was. A shot that is gone leaves its title where
 * it stands, or at the end. */
static void move_title(const struct change *c, whelk_title *title)
{
    const whelk_film *was = c->was;
    double end_was = whelk_film_shot_start(was, was->shot_count),
           end = whelk_film_shot_start(c->film, c->film->shot_count);
    if (title->at_s > end_was - 1e-6) {
        title->at_s += end - end_was;
        return;
    }
    bool opening = title->kind && strcmp(title->kind, "opening") == 0;
    int index = shot_at(was, title->at_s);
    const whelk_shot *now = whelk_film_shot(c->film, was->shots[index].id);
    if (now && !opening)
        title->at_s += whelk_film_shot_start(c->film, (int)(now - c->film->shots)) -
                       whelk_film_shot_start(was, index);
    if (title->at_s > end - 0.1)
        title->at_s = fmax(0, end - 0.1);
}

static void move_titles(const struct change *c)
{
    bool titled =
        c->op->kind && strcmp(c->op->kind, "title") == 0; /* the last is as it was asked */
    for (int i = 0; i < c->film->title_count - titled; i++) {
        whelk_title *title = &c->film->titles[i];
        move_title(c, title);
        title->at_s = round(fmax(0, title->at_s) * 1000) / 1000;
    }
}

bool change_times(const struct change *c)
{
    if (c->film->shot_count < 1 || !check_lengths(c) || !fit_transitions(c))
        return c->film->shot_count < 1;
    move_titles(c);
    return true;
}
