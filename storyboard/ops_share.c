/* Two shots in the time of one: the first shows what it did, only shorter; the second goes on from
 * there in another size, with words, a seed and a take of its own. For a shot that is too long to
 * be made well in one take. */
#include "ops.h"

#include <math.h>
#include <string.h>

#include "plan.h"

int change_value(const struct card *card, const whelk_shot *shot, int slot)
{
    return card_value(card, (enum card_slot)slot,
                      whelk_shot_slot(shot, card_slot_name((enum card_slot)slot)));
}

void change_read_step(const struct card *card, const whelk_shot *shot, struct story *story,
                      struct planned *step)
{
    bool two = change_value(card, shot, CARD_SUBJECT2) >= 0,
         three = two && change_value(card, shot, CARD_SUBJECT3) >= 0;
    *story = (struct story){.card = card,
                            .seed = shot->seed,
                            .actor_count = 1 + two + three,
                            .beat_count = 1,
                            .direction = change_value(card, shot, CARD_DIRECTION),
                            .style = change_value(card, shot, CARD_STYLE)};
    story->actors[0] = (struct actor){.subject = change_value(card, shot, CARD_SUBJECT),
                                      .colour = change_value(card, shot, CARD_COLOUR),
                                      .mark = change_value(card, shot, CARD_MARK)};
    story->actors[1] = (struct actor){.subject = change_value(card, shot, CARD_SUBJECT2),
                                      .colour = change_value(card, shot, CARD_COLOUR2),
                                      .mark = change_value(card, shot, CARD_MARK2)};
    story->actors[2] = (struct actor){.subject = change_value(card, shot, CARD_SUBJECT3),
                                      .colour = change_value(card, shot, CARD_COLOUR3),
                                      .mark = change_value(card, shot, CARD_MARK3)};
    *step = (struct planned){.role = AFTERMATH,
                             .action = change_value(card, shot, CARD_ACTION),
                             .place = change_value(card, shot, CARD_PLACE),
                             .time = change_value(card, shot, CARD_TIME),
                             .size = change_value(card, shot, CARD_SIZE)};
    story->beats[0] = (struct beat){.companion = two ? 1 : -1,
                                    .third = three ? 2 : -1,
                                    .action = step->action,
                                    .place = step->place,
                                    .time = step->time,
                                    .weather = change_value(card, shot, CARD_WEATHER),
                                    .pace = change_value(card, shot, CARD_PACE),
                                    .company = change_value(card, shot, CARD_COMPANY),
                                    .companion_action = -1,
                                    .camera = -1};
}

/* The second shot in the words of the card. */
static bool say_step(const struct change *c, const struct card *card, whelk_shot *second)
{
    struct story story;
    struct planned first, step;
    const whelk_shot *last = &c->film->shots[c->film->shot_count - 1];
    change_read_step(card, second, &story, &first);
    if (story.actors[0].subject < 0 || first.action < 0)
        return whelk_fail(c->err, WHELK_EUSAGE,
                          "shot %s does not say who does what, so nothing can go on from it",
                          c->op->shot);
    grammar_go_on(&story, &first, second < last ? change_value(card, second + 1, CARD_SIZE) : -1,
                  &step);
    const char *camera = card_name(card, CARD_CAMERA, step.camera);
    return (plan_give(&second->prompt, say_caption(&story, &step)) &&
            whelk_set_text(&second->camera, *camera ? camera : second->camera) &&
            plan_give(&second->continuity_out, say_state(&story, &step, true)) &&
            plan_set_slots(&story, &step, second)) ||
           change_no_memory(c);
}

static bool say_words(const struct change *c, whelk_shot *second)
{
    struct card card;
    if (!c->card_json || plan_is_free(c->card_json))
        return plan_give(&second->prompt, story_format("A moment later, from another distance: %s",
                                                       second->prompt)) ||
               change_no_memory(c);
    if (!card_init(&card, c->card_json, c->err))
        return false;
    bool fine = say_step(c, &card, second);
    card_release(&card);
    return fine;
}

static bool fill(const struct change *c, const whelk_shot *first, whelk_shot *second, double length)
{
    bool fine = story_shot_fill(second, first) && whelk_set_text(&second->voice_text, NULL) &&
                whelk_set_text(&second->effect_sound, NULL) &&
                whelk_set_text(&second->first_frame, NULL) &&
                whelk_set_text(&second->continuity_in, first->continuity_out) &&
                plan_give(&second->why, story_format("Goes on where shot %s ends: the two share "
                                                     "its %.3g s, so that each take is shorter.",
                                                     first->id, length));
    second->trim_in_s = second->trim_out_s = 0;
    second->seconds = (length - c->op->at_s) * first->speed;
    second->seed = story_mix(first->seed + story_hash(second->id, strlen(second->id), 0)) >> 32;
    return (fine || change_no_memory(c)) && say_words(c, second);
}

bool change_share(const struct change *c, whelk_shot *first)
{
    double length = story_shot_length(first), at = c->op->at_s, least = whelk_limits.shot_min_s;
    if (!(at >= least && at <= length - least))
        return whelk_fail(
            c->err, WHELK_EUSAGE,
            "shot %s is %.3g s long; two can share it from %.3g to %.3g s, not at %.3g", first->id,
            length, least, length - least, at);
    if (whelk_shot_once(first))
        return whelk_fail(c->err, WHELK_EUSAGE,
                          "shot %s shows a %s, which happens once and needs all its time: two "
                          "shots cannot share it",
                          first->id, say_noun(whelk_shot_slot(first, "action")));
    int index = (int)(first - c->film->shots);
    whelk_shot *second = whelk_film_add_shot(c->film, index + 1, c->err);
    if (!second || !fill(c, &c->film->shots[index], second, length))
        return false;
    first = &c->film->shots[index];
    first->seconds = first->trim_in_s + at * first->speed;
    first->trim_out_s = first->transition_s = 0;
    whelk_set_text(&first->last_frame, NULL); /* the second has it now */
    change_tell(c, "choice", second->id, "%s", second->why);
    return whelk_set_text(&first->transition, "cut") || change_no_memory(c);
}
