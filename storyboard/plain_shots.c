/* Phrases about shots: their order, takes, ends, joins, pace and length. A phrase about no shot in
 * particular is about every shot it can be about. */
#include "plain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexicon.h"

whelk_shot *plain_shot_at(const struct plain *p, int i)
{
    return &p->film->shots[i < 0 ? p->film->shot_count + i : i];
}

/* A phrase that needs shots and has none is about all of them. */
void plain_all_if_none(const struct plain *p, struct clause *c)
{
    for (int i = 0; c->count == 0 && i < p->film->shot_count; i++)
        snprintf(c->ids[i], 8, "%.7s", p->film->shots[i].id);
    if (c->count == 0)
        c->count = p->film->shot_count;
}

int plain_index(const struct plain *p, const char *id)
{
    for (int i = 0; i < p->film->shot_count; i++)
        if (strcmp(p->film->shots[i].id, id) == 0)
            return i;
    return -1;
}

/* --- Order ------------------------------------------------------------------------------------ */

static void move_after(struct plain *p, const char *id, const char *after)
{
    char text[8];
    snprintf(text, sizeof text, "%.7s", after);
    plain_do(p, (whelk_op){.kind = (char *)"move", .shot = (char *)(uintptr_t)id, .after = text});
}

/* "to the end", "to the beginning", "before shot 1", "after shot 3": `at` is that word. */
static void move_shots(struct plain *p, const struct clause *c, int at)
{
    char to[PLAIN_SHOTS][8], what[PLAIN_SHOTS][8];
    bool all;
    int count = plain_shots(p, c->from, at, what, &all);
    const struct word *w = &p->reading.words[at];
    bool end = words_is(w, "end last"), start = words_is(w, "start beginning front first");
    int goals = end || start ? 0 : plain_shots(p, at, c->to, to, &all);
    if (!count || (!end && !start && !goals)) {
        plain_refuse(p, "which shot is to be moved where? As in: move shot 3 before shot 1");
        return;
    }
    for (int i = 0; i < count; i++) {
        int goal = goals ? plain_index(p, to[0]) : 0;
        if (words_is(w, "before"))
            move_after(p, what[i], goal > 0 ? plain_shot_at(p, goal - 1)->id : "start");
        else
            move_after(p, what[i], start ? "start" : end ? plain_shot_at(p, -1)->id : to[0]);
    }
}

static void swap_shots(struct plain *p, const struct clause *c)
{
    int a = plain_index(p, c->ids[0]), b = plain_index(p, c->ids[1]);
    char before_a[8];
    snprintf(before_a, sizeof before_a, "%.7s", a > 0 ? plain_shot_at(p, a - 1)->id : "start");
    move_after(p, c->ids[0], c->ids[1]);
    if (b > a + 1 || a == 0 || strcmp(before_a, c->ids[1]) != 0)
        move_after(p, c->ids[1], before_a);
}

static void each(struct plain *p, const struct clause *c, const char *kind, double at_s)
{
    for (int i = 0; i < c->count; i++)
        plain_do(p, (whelk_op){.kind = (char *)(uintptr_t)kind,
                               .shot = (char *)(uintptr_t)c->ids[i],
                               .at_s = at_s});
}

bool plain_order(struct plain *p, struct clause *c)
{
    int to = c->to;
    if (plain_word(p, c->from, to, "move put") >= 0) {
        int at = plain_word(p, c->from, to, "before after");
        at = at >= 0 ? at : plain_word(p, c->from, to, "end start beginning front first last");
        if (at >= 0)
            move_shots(p, c, at);
        else
            plain_refuse(p, "it is not understood where to; as in: move shot 3 before shot 1");
        return true;
    }
    if (c->count < 1 || !c->named)
        return false;
    if (plain_word(p, c->from, to, "remove delete drop discard without") >= 0) {
        each(p, c, "remove", 0);
    } else if (c->count == 2 && plain_word(p, c->from, to, "swap exchange switch") >= 0) {
        swap_shots(p, c);
    } else if (plain_word(p, c->from, to, "split divide") >= 0) {
        bool half = plain_word(p, c->from, to, "half two middle") >= 0;
        double at = plain_number(p, c->from, to);
        half = half || at <= 0;
        plain_word(p, c->from, to, "second seconds s");
        const whelk_shot *shot = plain_shot_at(p, plain_index(p, c->ids[0]));
        each(p, c, "split", half ? story_shot_length(shot) / 2 : at);
    } else if (plain_word(p, c->from, to, "merge join combine") >= 0) {
        for (int i = 1; i < c->count; i++) /* always the first: it takes the next one in */
            plain_do(p, (whelk_op){.kind = (char *)"merge", .shot = c->ids[0]});
        if (c->count == 1)
            plain_do(p, (whelk_op){.kind = (char *)"merge", .shot = c->ids[0]});
    } else {
        return false;
    }
    return true;
}

bool plain_takes(struct plain *p, struct clause *c)
{
    bool lock = plain_word(p, c->from, c->to, "lock keep") >= 0;
    bool unlock = !lock && plain_word(p, c->from, c->to, "unlock free") >= 0;
    bool another =
        !lock && !unlock &&
        plain_word(p, c->from, c->to, "reshoot retake redo again another different") >= 0;
    if ((!lock && !unlock && !another) || c->count == 0)
        return false;
    plain_word(p, c->from, c->to, "shoot try");
    plain_word(p, c->from, c->to, "take");
    for (int i = 0; i < c->count; i++)
        if (another)
            plain_set(
                p, c->ids[i], "seed", "%llu",
                (unsigned long long)(story_mix(plain_shot_at(p, plain_index(p, c->ids[i]))->seed) >>
                                     12));
        else
            plain_set(p, c->ids[i], "locked", lock ? "true" : "false");
    return true;
}

/* --- Beginning and end ------------------------------------------------------------------------ */

/* A shot like its neighbour, of another subject; action -1: what it can do there, sitting first. */
static void add_like(struct plain *p, int near_index, int subject, int action, const char *after)
{
    const whelk_shot *near = plain_shot_at(p, near_index);
    const char *old = whelk_shot_slot(near, "subject"), *deed = whelk_shot_slot(near, "action"),
               *place = whelk_shot_slot(near, "place"),
               *name = plain_value(p, CARD_SUBJECT, subject);
    int where = card_value(p->card, CARD_PLACE, place ? place : "");
    if (!card_possible(p->card, subject, action, where) || action < 0)
        action = story_nearest_action(
            p->card, subject, action < 0 ? card_value(p->card, CARD_ACTION, "sit") : action, where);
    if (action < 0) {
        plain_refuse(p, "the model has no %s %s", name, say_where("", place ? place : ""));
        return;
    }
    char was[WORD_MAX], is[WORD_MAX], goal[8];
    char *prompt = story_text_copy(near->prompt, strlen(near->prompt));
    const char *verb = plain_value(p, CARD_ACTION, action);
    if (prompt && old)
        plain_replace(&prompt, old, name);
    if (prompt && deed) {
        plain_replace(&prompt, say_verb(deed, was), say_verb(verb, is));
        plain_replace(&prompt, say_where(deed, place ? place : ""),
                      say_where(verb, place ? place : ""));
    }
    snprintf(goal, sizeof goal, "%.7s", after ? after : "");
    plain_do(p, (whelk_op){.kind = (char *)"add", .value = prompt, .after = after ? goal : NULL});
    free(prompt);
}

/* A shot that shows the subject is moved there; where there is none, one is made after its
 * neighbour. */
static void lead_with(struct plain *p, int subject, bool end)
{
    const char *name = plain_value(p, CARD_SUBJECT, subject);
    int found = -1, there = end ? p->film->shot_count - 1 : 0;
    for (int i = 0; i < p->film->shot_count; i++) {
        const char *is = whelk_shot_slot(plain_shot_at(p, i), "subject");
        if (is && strcmp(is, name) == 0 && (end || found < 0))
            found = i;
    }
    if (found < 0) {
        add_like(p, there, subject, -1, end ? NULL : "start");
    } else if (found != there) {
        char id[8];
        snprintf(id, sizeof id, "%.7s", plain_shot_at(p, found)->id);
        move_after(p, id, end ? plain_shot_at(p, -1)->id : "start");
    }
}

/* "add a shot of a horse after shot 2". */
bool plain_add(struct plain *p, struct clause *c)
{
    const struct mention *subject, *action;
    if (plain_word(p, c->from, c->to, "add insert") < 0 ||
        !(subject = plain_mention(p, c, CARD_SUBJECT)))
        return false;
    action = plain_mention(p, c, CARD_ACTION);
    bool before = plain_word(p, c->from, c->to, "before") >= 0,
         first = plain_word(p, c->from, c->to, "start beginning first") >= 0;
    plain_word(p, c->from, c->to, "after end");
    int near = c->named ? plain_index(p, c->ids[c->count - 1])
               : first  ? 0
                        : p->film->shot_count - 1;
    bool start = first || (before && near == 0);
    add_like(p, near, subject->value, action ? action->value : -1,
             start    ? "start"
             : before ? plain_shot_at(p, near - 1)->id
                      : plain_shot_at(p, near)->id);
    return true;
}

bool plain_ends(struct plain *p, struct clause *c)
{
    bool end = plain_has(p, c->from, c->to, "end ends ending finish finishes close closes") &&
               plain_has(p, c->from, c->to, "on with");
    bool start = !end && plain_has(p, c->from, c->to, "start starts begin begins open opens") &&
                 plain_has(p, c->from, c->to, "on with");
    if (!end && !start)
        return false;
    const struct mention *m = plain_mention(p, c, CARD_SUBJECT);
    plain_word(p, c->from, c->to,
               "end ends ending finish finishes close closes start starts begin begins open opens");
    if (m)
        lead_with(p, m->value, end);
    else if (c->named)
        for (int i = 0; i < c->count; i++)
            move_after(p, c->ids[i], end ? plain_shot_at(p, -1)->id : "start");
    else
        return false;
    return true;
}

/* --- Joins, pace, length ---------------------------------------------------------------------- */

bool plain_transition(struct plain *p, struct clause *c)
{
    const char *kind = NULL;
    if (plain_word(p, c->from, c->to, "crossfade crossfades dissolve dissolves fade fades blend") >=
        0)
        kind = plain_word(p, c->from, c->to, "black") >= 0   ? "dip-black"
               : plain_word(p, c->from, c->to, "white") >= 0 ? "dip-white"
                                                             : "crossfade";
    else if (plain_word(p, c->from, c->to, "hard straight plain") >= 0 &&
             plain_has(p, c->from, c->to, "cut cuts"))
        kind = "cut";
    if (!kind)
        return false;
    double seconds = plain_number(p, c->from, c->to);
    plain_word(p, c->from, c->to, "second seconds");
    plain_word(p, c->from, c->to, "cut cuts between");
    plain_all_if_none(p, c);
    bool between = c->named && c->count > 1 && !c->all;
    for (int i = 0; i < c->count - (between || !c->named || c->all); i++) {
        plain_set(p, c->ids[i], "transition.kind", "%s", kind);
        if (strcmp(kind, "cut") != 0)
            plain_set(p, c->ids[i], "transition.seconds", "%g", seconds > 0 ? seconds : 0.5);
        else
            plain_set(p, c->ids[i], "transition.seconds", "0");
    }
    return true;
}

bool plain_pace(struct plain *p, struct clause *c)
{
    static const char down[] = "slower slow slowly", up[] = "faster fast quicker speed";
    double by = plain_word(p, c->from, c->to, down) >= 0 ? 0.75
                : plain_word(p, c->from, c->to, up) >= 0 ? 1.0 / 0.75
                                                         : 0;
    if (by == 0)
        return false;
    bool twice = plain_word(p, c->from, c->to, "twice double") >= 0,
         half = plain_word(p, c->from, c->to, "half") >= 0;
    plain_word(p, c->from, c->to, up); /* "half speed", "speed up" */
    plain_word(p, c->from, c->to, "up down motion much");
    by = half ? 0.5 : twice ? (by < 1 ? 0.5 : 2) : by;
    plain_all_if_none(p, c);
    for (int i = 0; i < c->count; i++) {
        double now = plain_shot_at(p, plain_index(p, c->ids[i]))->speed;
        plain_set(p, c->ids[i], "speed", "%.3g", (now > 0 ? now : 1) * by);
    }
    return true;
}

/* Seconds on screen: what is made follows the speed, and is no more than the model makes of it. */
bool plain_length(struct plain *p, struct clause *c)
{
    bool longer = plain_word(p, c->from, c->to, "longer lengthen extend long") >= 0,
         shorter = plain_word(p, c->from, c->to, "shorter shorten short") >= 0;
    bool unit = plain_has(p, c->from, c->to, "second seconds sec secs s");
    double number = unit || longer || shorter ? plain_number(p, c->from, c->to) : 0;
    if (!longer && !shorter && !(unit && number > 0))
        return false;
    plain_word(p, c->from, c->to, "second seconds sec secs s");
    bool by = plain_word(p, c->from, c->to, "by") >= 0, half = number == 0.5 && !unit;
    plain_all_if_none(p, c);
    for (int i = 0; i < c->count && !p->failed; i++) {
        const whelk_shot *shot = plain_shot_at(p, plain_index(p, c->ids[i]));
        double now = story_shot_length(shot), speed = shot->speed > 0 ? shot->speed : 1;
        double change = longer ? number : -number;
        double want = half            ? now * (longer ? 1.5 : 0.5)
                      : number == 0   ? now * (longer ? 1.25 : 0.75)
                      : by || shorter ? now + change
                                      : number;
        double made = want * speed + shot->trim_in_s + shot->trim_out_s,
               can = story_longest(p->card->tree, shot), most = floor(can * 100) / 100;
        if (longer && number == 0 && made > most && shot->seconds < most - 0.05)
            made = most; /* as long as can be */
        char why[160];
        story_why_over(p->card->tree, whelk_shot_slot(shot, "action"), why, sizeof why);
        if (made > can + 1e-6)
            plain_refuse(p, "shot %s cannot be %.3g s long: %s; make it slower, or add a shot",
                         shot->id, want, why);
        else
            plain_set(p, c->ids[i], "seconds", "%.4g", made);
    }
    return true;
}
