/* Why each shot is there, in sentences for people: what it is for, what its camera does, why the
 * film cuts to it there. Every sentence states what grammar.c chose. */
#include "plan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 20000

static void why_camera(struct bytes *b, const struct names *n)
{
    bool pans = strcmp(n->camera, "pan-left") == 0 || strcmp(n->camera, "pan-right") == 0;
    if (strcmp(n->camera, "static") == 0)
        bytes_format(b, " The camera stands still, so that %s is the only thing that moves.",
                     n->bare);
    else if (strcmp(n->camera, "follow") == 0)
        bytes_format(b, " The camera follows, so that the eye stays with %s.", n->bare);
    else if (pans && strcmp(n->camera + 4, n->direction) == 0)
        bytes_format(b, " The camera pans to the %s, the way %s is heading.", n->direction,
                     n->bare);
    else if (strcmp(n->camera, "push-in") == 0)
        bytes_format(b, " The camera moves in and leads the eye to %s.", n->bare);
    else if (strcmp(n->camera, "pull-out") == 0)
        bytes_text(b, " The camera draws back and gives the place its room again.");
}

/* The three wordings say the same; they take turns so that a film's reasons can be read one after
 * the other. */
static void why_cut(struct bytes *b, const struct story *story, const struct shot_list *list,
                    int index)
{
    const struct planned *s = &list->shots[index], *before = s - 1;
    const struct card *card = story->card;
    const char *size = card_name(card, CARD_SIZE, s->size),
               *old = card_name(card, CARD_SIZE, before->size);
    if (s->place != before->place)
        bytes_format(
            b, " A crossfade leads over, because the film leaves the place \"%s\" for \"%s\".",
            card_name(card, CARD_PLACE, before->place), card_name(card, CARD_PLACE, s->place));
    else if (s->time != before->time)
        bytes_format(b, " A crossfade leads over, because it is %s now.",
                     card_name(card, CARD_TIME, s->time));
    else if (s->size != before->size && index % 3 == 1)
        bytes_format(b, " A straight cut from %s to %s: the same place, plainly another view.", old,
                     size);
    else if (s->size != before->size && index % 3 == 2)
        bytes_format(
            b, " Cut straight from %s to %s, since neither the place nor the hour has changed.",
            old, size);
    else if (s->size != before->size)
        bytes_format(b, " The cut is from %s to %s, a step large enough to be meant.", old, size);
}

static void why_establish(struct bytes *b, const struct story *story, const struct names *n,
                          const struct planned *s)
{
    char *place = say_place(story, s->place, s->time);
    if (s->nth == 0)
        bytes_format(b,
                     "Opens on a %s view, because the place has to be known before anything "
                     "happens in it: %s. ",
                     n->size, place ? place : n->place);
    else
        bytes_format(b, "A new setting, so a %s view comes first again: %s. ", n->size,
                     place ? place : n->place);
    free(place);
    if (strcmp(n->action, "launch") == 0)
        bytes_format(b, "%c%s stands in it and begins to rise.", toupper((unsigned char)n->who[0]),
                     n->who + 1);
    else if (!story_alone(story, s))
        bytes_format(b, "%s are there from the start: %s %s.",
                     story_third(story, s) < 0 ? "Both" : "All", n->who, n->third);
    else
        bytes_format(b,
                     "%c%s is there from the start, %s, so that nobody has to look for it later.",
                     toupper((unsigned char)n->who[0]), n->who + 1, n->ing);
}

/* What comes before the event. Some actors only ever do the one thing; then it is the view that
 * builds up. */
static void why_approach(struct bytes *b, const struct names *n, const struct planned *s,
                         const char *goal, bool same)
{
    switch (s->nth % 3) {
    case 0:
        bytes_format(b, "Goes %s: the place is known by now, and it is time to know %s. ",
                     strcmp(n->size, "close") == 0 ? "close" : "nearer", n->who);
        bytes_format(b,
                     same ? "It is %s already; the %s is told in full in the shot to come."
                          : "Its %s leads to the %s.",
                     n->ing, goal);
        break;
    case 1:
        bytes_format(
            b, "Stays with %s, %s, for another moment: the way to the %s is half of the pleasure.",
            n->bare, n->ing, same ? "main shot" : goal);
        break;
    default:
        bytes_format(b,
                     "One more look at %s on the way, a %s one, so that the step towards the %s is "
                     "not skipped.",
                     n->bare, n->size, same ? "main shot" : goal);
    }
}

static void why_detail(struct bytes *b, const struct names *n, const struct planned *s,
                       const char *goal, bool same)
{
    switch (s->nth % 3) {
    case 0:
        bytes_format(b, "A %s frame of %s, %s, and little else: a breath held before the %s.",
                     n->size, n->who, n->ing, same ? "main shot" : goal);
        break;
    case 1:
        bytes_format(b, "Holds on to %s once more, %s, since what is waited for counts for more.",
                     n->bare, n->ing);
        break;
    default:
        bytes_format(b,
                     "A short %s frame between two longer ones keeps the rhythm and shows %s %s.",
                     n->size, n->bare, n->ing);
    }
}

static bool is_longest(const struct shot_list *list, int index)
{
    for (int i = 0; i < list->count; i++)
        if (i != index && list->shots[i].frames >= list->shots[index].frames)
            return false;
    return true;
}

static void why_event(struct bytes *b, const struct story *story, const struct names *n,
                      const struct shot_list *list, int index, double fps)
{
    const struct planned *s = &list->shots[index];
    double seconds = s->frames / fps;
    int step = 0, steps = 0;
    for (int i = 0; i < story->beat_count; i++) {
        steps += !story->beats[i].added;
        step += !story->beats[i].added && i <= s->beat;
    }
    if (story->beats[s->beat].added)
        bytes_format(b,
                     "The length asked for leaves room here, so %s %s %s; the line does not say "
                     "so, but leads past it.",
                     n->who, n->third, n->where);
    else if (steps > 1)
        bytes_format(b, "Step %d of %d in the line: %s %s %s.", step, steps, n->who, n->third,
                     n->where);
    else
        bytes_format(b, "%s: %s %s %s.",
                     story->drawn || !story->beats[s->beat].action_said[0]
                         ? "This is what the film is made of, since the line leaves it open"
                         : "This is what the line asks for",
                     n->who, n->third, n->where);
    if (is_longest(list, index))
        bytes_format(b, " It is the longest shot, %.4g s, and nothing cuts into the %s.", seconds,
                     say_noun(n->action));
    else
        bytes_format(b, " It gets %.4g s without a cut.", seconds);
    if (strcmp(n->size, "wide") == 0)
        bytes_text(b, " Wide, so that the whole way of it fits into the frame.");
    else if (strcmp(n->size, "medium") == 0)
        bytes_text(b, " Medium: near enough to see how it moves, far enough to see where it goes.");
    else
        bytes_text(b, " Close, because here it is the one who matters and not the place.");
}

static void why_aftermath(struct bytes *b, const struct names *n, const struct planned *s,
                          const char *goal, bool same, bool last)
{
    const char *end = last ? ", and this is the picture the film leaves behind" : "";
    if (same && s->nth % 2 == 0)
        bytes_format(b, "The %s goes on for one more view, a %s one, so that the film %s%s.", goal,
                     n->size,
                     strcmp(n->action, "sit") == 0 ? "can end quietly"
                                                   : "ends in movement and not with a stop",
                     end);
    else if (s->nth % 2 == 0)
        bytes_format(b, "After the %s, %s %s: what has happened needs a moment to sink in%s.", goal,
                     n->bare, n->third, end);
    else
        bytes_format(b,
                     "Stays for what comes after the %s, with %s %s in a %s frame; leaving at once "
                     "would feel like a door "
                     "shut too early.",
                     goal, n->bare, n->ing, n->size);
}

/* Shots around an event that can only be shown as a whole show it from elsewhere. */
static void why_again(struct bytes *b, const struct names *n, bool before)
{
    bytes_format(b,
                 before ? "The %s is shown from here as well, %s: such a moment is told from "
                          "several sides, each a take of its own."
                        : "Looks at the %s once more, %s this time, to let it end slowly.",
                 say_noun(n->action), n->size);
}

static void why_role(struct bytes *b, const struct story *story, const struct names *n,
                     const struct shot_list *list, int index, double fps)
{
    const struct planned *s = &list->shots[index];
    const struct beat *beat = &story->beats[s->beat];
    const char *main = card_name(story->card, CARD_ACTION, beat->action), *goal = say_noun(main);
    bool again =
        s->action == beat->action && (strcmp(main, "launch") == 0 || strcmp(main, "dive") == 0);
    bool guest = s->actor == beat->companion && s->role != ESTABLISH;
    bool same = s->action == beat->action;
    if (guest)
        bytes_format(b,
                     card_most_actors(story->card) > 1
                         ? "Now %s, %s: alone in the picture, so that it is known as well."
                         : "Now %s, %s: the model shows one actor a shot, so the two take turns.",
                     n->who, n->ing);
    else if (again && (s->role == APPROACH || s->role == DETAIL || s->role == AFTERMATH))
        why_again(b, n, s->role != AFTERMATH);
    else if (s->role == ESTABLISH)
        why_establish(b, story, n, s);
    else if (s->role == APPROACH)
        why_approach(b, n, s, goal, same);
    else if (s->role == DETAIL)
        why_detail(b, n, s, goal, same);
    else if (s->role == EVENT)
        why_event(b, story, n, list, index, fps);
    else if (s->role == AFTERMATH)
        why_aftermath(b, n, s, goal, same, index + 1 == list->count);
    else
        bytes_format(b,
                     "Steps back for the end: %s %s, small again in the place where the film began "
                     "to know it.",
                     n->bare, n->third);
}

/* A shot longer than a clip is made in parts, and whoever crosses the picture comes back in the
 * next. */
static void why_long(struct bytes *b, const struct story *story, const struct names *n,
                     const struct planned *s, double fps)
{
    double clip = story->card->clip_seconds, seconds = s->frames / fps;
    const char *how = card_goes_on(story->card, s->action);
    if (seconds <= clip || !how)
        return;
    bytes_format(
        b, " It goes on beyond the %.3g s of one clip of the model, in the same take: ", clip);
    bytes_format(
        b, strcmp(how, "back") == 0 ? "%s turns round and comes back." : "%s goes on as it is.",
        n->bare);
}

char *say_why(const struct story *story, const struct shot_list *list, int index, double fps)
{
    struct names n;
    struct bytes b;
    say_names(story, &list->shots[index], &n);
    bytes_init(&b, TEXT_MAX);
    why_role(&b, story, &n, list, index, fps);
    if (list->shots[index].skip > 0)
        bytes_format(
            &b,
            " It begins with the %s under way, so that the film does not jump back to the start.",
            say_noun(n.action));
    why_long(&b, story, &n, &list->shots[index], fps);
    why_camera(&b, &n);
    if (index > 0)
        why_cut(&b, story, list, index);
    return bytes_take(&b);
}
