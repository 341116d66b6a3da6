/* Phrases about shots: their order, takes, joins, pace, length, and what they show. A phrase about
 * no shot in particular is about every shot it can be about. */
#define _GNU_SOURCE /* strcasestr */
#include "plain.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lexicon.h"

static whelk_shot *shot_at(const struct plain *p, int i)
{
    return &p->film->shots[i < 0 ? p->film->shot_count + i : i];
}

/* A phrase that needs shots and has none is about all of them. */
static void all_if_none(const struct plain *p, struct clause *c)
{
    for (int i = 0; c->count == 0 && i < p->film->shot_count; i++)
        snprintf(c->ids[i], 8, "%.7s", p->film->shots[i].id);
    if (c->count == 0)
        c->count = p->film->shot_count;
}

static int index_of(const struct plain *p, const char *id)
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
        int goal = goals ? index_of(p, to[0]) : 0;
        if (words_is(w, "before"))
            move_after(p, what[i], goal > 0 ? shot_at(p, goal - 1)->id : "start");
        else
            move_after(p, what[i], start ? "start" : end ? shot_at(p, -1)->id : to[0]);
    }
}

static void swap_shots(struct plain *p, const struct clause *c)
{
    int a = index_of(p, c->ids[0]), b = index_of(p, c->ids[1]);
    char before_a[8];
    snprintf(before_a, sizeof before_a, "%.7s", a > 0 ? shot_at(p, a - 1)->id : "start");
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
        const whelk_shot *shot = shot_at(p, index_of(p, c->ids[0]));
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
                (unsigned long long)(story_mix(shot_at(p, index_of(p, c->ids[i]))->seed) >> 12));
        else
            plain_set(p, c->ids[i], "locked", lock ? "true" : "false");
    return true;
}

/* --- What a shot shows ------------------------------------------------------------------------ */

static const char *value_of(const struct plain *p, enum card_slot slot, int value)
{
    return card_name(p->card, slot, value);
}

static bool is_edge(const char *text, size_t at)
{
    return !isalnum((unsigned char)text[at]);
}

/* Puts `to` where `from` stands as whole words, whatever its case; false = it does not. */
static bool replace(char **text, const char *from, const char *to)
{
    size_t n = strlen(from);
    for (char *at = *text; n && (at = strcasestr(at, from)) != NULL; at++) {
        if ((at > *text && !is_edge(at, (size_t)-1)) || !is_edge(at, n))
            continue;
        int head = (int)(at - *text);
        bool an = head >= 3 && strncasecmp(at - 3, "an ", 3) == 0 &&
                  (head == 3 || is_edge(at, (size_t)-4)),
             a = head >= 2 && strncasecmp(at - 2, "a ", 2) == 0 &&
                 (head == 2 || is_edge(at, (size_t)-3));
        bool vowel = strchr("aeiouAEIOU", *to) != NULL;
        if ((an && !vowel) || (a && vowel)) /* "an orange dog" becomes "a black dog" */
            head -= an ? 2 : 1;
        char *made = story_format("%.*s%s%s%s", head, *text,
                                  an && !vowel ? " "
                                  : a && vowel ? "n "
                                               : "",
                                  to, at + n);
        if (!made)
            return false;
        if (at == *text)
            made[0] = (char)toupper((unsigned char)made[0]);
        free(*text);
        *text = made;
        return true;
    }
    return false;
}

static void append(char **text, const char *what)
{
    size_t n = strlen(*text);
    bool stop = n > 0 && (*text)[n - 1] == '.';
    char *made = story_format("%.*s, %s.", (int)(n - stop), *text, what);
    if (made) {
        free(*text);
        *text = made;
    }
}

/* What a shot shows, by slot; NULL = nothing said. */
struct view {
    const char *value[CARD_SLOTS];
};

/* One mark takes the other's place in the prompt; "" = none. A mark stands before the noun, or with
 * a
 * '+' behind it. */
static bool reword_mark(char **prompt, const char *was, const char *is, const char *subject)
{
    char phrase[120];
    bool behind = *is == '+';
    if (*was && *is && (*was == '+') == behind)
        return replace(prompt, was + behind, is + behind);
    if (*was == '+') { /* "+with a scarf" */
        snprintf(phrase, sizeof phrase, "without%.40s", was + 5);
        replace(prompt, was + 1, phrase);
    } else if (*was) {
        replace(prompt, was, "plain");
    }
    if (behind)
        snprintf(phrase, sizeof phrase, "%.40s %.40s", subject, is + 1);
    else
        snprintf(phrase, sizeof phrase, "%.40s %.40s", *is ? is : "plain", subject);
    return replace(prompt, subject, phrase);
}

/* The words of the prompt follow a slot: what the planner would have written for it, else the value
 * itself, else it is said at the end. `now` is what the prompt says so far. */
static void reword(char **prompt, const struct view *now, enum card_slot slot, const char *value)
{
    const char *old = now->value[slot] ? now->value[slot] : "", *action = now->value[CARD_ACTION],
               *place = now->value[CARD_PLACE], *subject = now->value[CARD_SUBJECT];
    char was[WORD_MAX], is[WORD_MAX], phrase[120] = "";
    action = action ? action : "";
    place = place ? place : "";
    bool done = false;
    switch (slot) {
    case CARD_TIME:
        snprintf(phrase, sizeof phrase, "%s", say_when(value));
        done = replace(prompt, say_when(old), phrase);
        break;
    case CARD_PLACE:
        snprintf(phrase, sizeof phrase, "%s", say_where(action, value));
        done = replace(prompt, say_where(action, old), phrase);
        break;
    case CARD_ACTION:
        done = replace(prompt, say_verb(old, was), say_verb(value, is));
        replace(prompt, say_where(old, place), say_where(value, place));
        snprintf(phrase, sizeof phrase, "%s", say_doing(value, is));
        break;
    case CARD_SIZE:
        snprintf(was, sizeof was, "%.20s shot", old);
        snprintf(phrase, sizeof phrase, "%.20s shot", value);
        done = replace(prompt, was, phrase);
        break;
    case CARD_DIRECTION:
        snprintf(was, sizeof was, "to the %.20s", old);
        snprintf(phrase, sizeof phrase, "to the %.20s", value);
        done = replace(prompt, was, phrase);
        break;
    case CARD_CAMERA:
        snprintf(phrase, sizeof phrase, "%s", say_camera(value));
        done = replace(prompt, say_camera(old), phrase);
        break;
    case CARD_COLOUR:
        snprintf(phrase, sizeof phrase, "%.20s %.40s", value, subject ? subject : "");
        done = *old ? replace(prompt, old, value) : subject && replace(prompt, subject, phrase);
        break;
    case CARD_WEATHER:
        snprintf(phrase, sizeof phrase, "%s",
                 *say_weather(value) ? say_weather(value) : "in clear weather");
        done = *say_weather(old) && replace(prompt, say_weather(old), phrase);
        break;
    case CARD_STYLE:
        snprintf(phrase, sizeof phrase, "%s", say_style(value));
        done = *say_style(old) && replace(prompt, say_style(old), phrase);
        break;
    case CARD_MARK:
        done = reword_mark(prompt, say_mark(old), say_mark(value), subject ? subject : "");
        break;
    default:
        snprintf(phrase, sizeof phrase, "%s", value);
    }
    if (!done && *old)
        done = replace(prompt, old, value);
    if (!done)
        append(prompt, phrase);
}

static struct view view_of(const whelk_shot *shot)
{
    struct view v;
    for (int k = 0; k < CARD_SLOTS; k++)
        v.value[k] = whelk_shot_slot(shot, card_slot_name((enum card_slot)k));
    return v;
}

/* Another subject does what it can that is nearest to what was done; anything else that the model
 * cannot show is refused. */
static bool settle(struct plain *p, const char *id, const struct view *now, struct view *want)
{
    int value[3];
    for (int k = CARD_SUBJECT; k <= CARD_PLACE; k++) {
        const char *is = want->value[k] ? want->value[k] : now->value[k];
        value[k] = card_value(p->card, (enum card_slot)k, is ? is : "");
    }
    int subject = value[CARD_SUBJECT], action = value[CARD_ACTION], place = value[CARD_PLACE];
    if (card_possible(p->card, subject, action, place))
        return true;
    int near = want->value[CARD_SUBJECT] && !want->value[CARD_ACTION]
                   ? story_nearest_action(p->card, subject, action, place)
                   : -1;
    if (near < 0)
        return plain_refuse(
            p, "shot %s: the model has no %s that can %s %s", id,
            value_of(p, CARD_SUBJECT, subject), value_of(p, CARD_ACTION, action),
            say_where(value_of(p, CARD_ACTION, action), value_of(p, CARD_PLACE, place)));
    want->value[CARD_ACTION] = value_of(p, CARD_ACTION, near);
    return true;
}

/* A shot's place of the storyboard is one that goes by the card's name, or none: a picture of the
 * old place must not be held. */
static void follow_place(struct plain *p, const char *id, const char *old, const char *value)
{
    const whelk_shot *shot = shot_at(p, index_of(p, id));
    bool known = false;
    if (!shot->place || strcmp(shot->place, old) != 0 || strcmp(old, value) == 0)
        return; /* the operation on the prompt has seen to it */
    for (int i = 0; i < p->film->place_count; i++)
        known = known || strcmp(p->film->places[i].id, value) == 0;
    plain_do(p, (whelk_op){.kind = (char *)"set",
                           .shot = (char *)(uintptr_t)id,
                           .field = (char *)"place",
                           .value = known ? (char *)(uintptr_t)value : NULL});
}

/* Slots that the words alone have not brought along. */
static void set_slots(struct plain *p, const char *id, const struct view *want)
{
    for (int k = 0; k < CARD_SLOTS && !p->failed; k++) {
        char field[48];
        const char *name = card_slot_name((enum card_slot)k),
                   *is = whelk_shot_slot(shot_at(p, index_of(p, id)), name);
        if (!want->value[k] || (is && strcmp(is, want->value[k]) == 0))
            continue;
        snprintf(field, sizeof field, "slots.%.40s", name);
        plain_set(p, id, field, "%s", want->value[k]);
    }
}

/* Has a shot show what is wanted, in words and slots; the order is that in which words depend on
 * one another. */
static void change_view(struct plain *p, const char *id, struct view want)
{
    static const enum card_slot order[] = {CARD_SUBJECT, CARD_COLOUR, CARD_ACTION,    CARD_PLACE,
                                           CARD_TIME,    CARD_SIZE,   CARD_DIRECTION, CARD_CAMERA,
                                           CARD_WEATHER, CARD_STYLE,  CARD_MARK};
    const whelk_shot *shot = shot_at(p, index_of(p, id));
    struct view now = view_of(shot);
    bool any = false, camera = false;
    char old_place[64] = "";
    if (p->failed || !settle(p, id, &now, &want))
        return;
    snprintf(old_place, sizeof old_place, "%s", shot->place ? shot->place : "");
    char *prompt = story_text_copy(shot->prompt, strlen(shot->prompt));
    for (int n = 0; n < COUNT(order) && prompt; n++) {
        const char *value = want.value[order[n]];
        if (!value || (now.value[order[n]] && strcmp(now.value[order[n]], value) == 0))
            continue;
        reword(&prompt, &now, order[n], value);
        now.value[order[n]] = value;
        camera = camera || order[n] == CARD_CAMERA;
        any = true;
    }
    if (any)
        plain_set(p, id, "prompt", "%s", prompt ? prompt : "");
    free(prompt);
    if (any && camera)
        plain_set(p, id, "camera", "%s", want.value[CARD_CAMERA]);
    if (any && want.value[CARD_PLACE] && !p->failed)
        follow_place(p, id, old_place, want.value[CARD_PLACE]);
    if (any)
        set_slots(p, id, &want);
}

/* Of the clause's shots those that show this subject; all of them where it is -1. */
static int with_subject(const struct plain *p, const struct clause *c, int subject, char ids[][8])
{
    int count = 0;
    const char *name = value_of(p, CARD_SUBJECT, subject);
    for (int i = 0; i < c->count; i++) {
        const char *is = whelk_shot_slot(shot_at(p, index_of(p, c->ids[i])), "subject");
        if (subject < 0 || (is && strcmp(is, name) == 0))
            snprintf(ids[count++], 8, "%.7s", c->ids[i]);
    }
    return count;
}

/* "a dog instead of the cat", "replace the cat by a dog", "shot 2 shows a dog": *from -1 = whoever
 * is there. A subject that is there already tells which shots are meant. */
static void whose(struct plain *p, const struct clause *c, int *from, int *to)
{
    const struct mention *a = plain_mention(p, c, CARD_SUBJECT),
                         *b = plain_mention(p, c, CARD_SUBJECT);
    char ids[PLAIN_SHOTS][8];
    *from = *to = -1;
    if (!a || plain_word(p, c->from, c->to, "camera") >= 0) /* whom it follows is in the shot */
        return;
    bool instead = plain_word(p, c->from, c->to, "instead rather") >= 0;
    plain_word(p, c->from, c->to, "replace exchange");
    if (b) {
        *from = instead ? b->value : a->value;
        *to = instead ? a->value : b->value;
    } else if (with_subject(p, c, a->value, ids) > 0) {
        *from = a->value;
    } else {
        *to = a->value;
        plain_word(p, c->from, c->to, "show shows about with be");
    }
}

/* "closer": the next size, from shot to shot another. */
static int nearer(struct plain *p, const struct clause *c)
{
    return plain_word(p, c->from, c->to, "nearer closer tighter") >= 0          ? 1
           : plain_word(p, c->from, c->to, "wider further farther looser") >= 0 ? -1
                                                                                : 0;
}

static const char *next_size(const struct plain *p, const char *id, int by)
{
    static const char *const sizes[] = {"wide", "medium", "close"};
    const char *now = whelk_shot_slot(shot_at(p, index_of(p, id)), "size");
    for (int k = 0; now && k < 3; k++)
        if (strcmp(now, sizes[k]) == 0 && k + by >= 0 && k + by < 3)
            return sizes[k + by];
    return NULL; /* there is none: it stays */
}

/* What is mentioned in the clause. Sizes and cameras also by a word alone, where the card wants
 * "shot" or "camera" beside it; "make the black cat orange": the first colour tells which. */
static bool mentioned(struct plain *p, const struct clause *c, struct view *want)
{
    bool any = false;
    for (int k = CARD_ACTION; k < CARD_SLOTS; k++) {
        enum card_slot slot = (enum card_slot)k;
        const struct mention *m = plain_mention(p, c, slot),
                             *then = slot == CARD_COLOUR ? plain_mention(p, c, slot) : NULL;
        m = then ? then : m;
        if (m)
            want->value[k] = value_of(p, slot, m->value);
        for (int v = 0;
             !m && (slot == CARD_SIZE || slot == CARD_CAMERA) && v < p->card->slot[slot].count; v++)
            if (plain_word(p, c->from, c->to, value_of(p, slot, v)) >= 0)
                want->value[k] = value_of(p, slot, v);
        any = any || want->value[k];
    }
    return any;
}

static bool names_subject(const struct plain *p, const struct clause *c)
{
    for (int i = 0; i < p->reading.mention_count; i++) {
        const struct mention *m = &p->reading.mentions[i];
        if (m->slot == CARD_SUBJECT && m->first >= c->from && m->first < c->to && !p->got[m->first])
            return true;
    }
    return false;
}

bool plain_slots(struct plain *p, struct clause *c)
{
    char ids[PLAIN_SHOTS][8];
    struct view want = {{NULL}};
    int from, to;
    if (!c->named && names_subject(p, c) && !plain_has(p, c->from, c->to, "camera"))
        c->count = 0; /* "and make the dog black" is about the dog, wherever it is */
    all_if_none(p, c);
    int near = nearer(p, c);
    whose(p, c, &from, &to);
    int count = with_subject(p, c, from, ids);
    if (from >= 0 && count == 0)
        return !plain_refuse(p, "no shot that is meant shows a %s",
                             value_of(p, CARD_SUBJECT, from));
    bool any = mentioned(p, c, &want);
    if (to >= 0)
        want.value[CARD_SUBJECT] = value_of(p, CARD_SUBJECT, to);
    if (!any && to < 0 && !near)
        return false;
    for (int i = 0; i < count; i++) {
        if (near)
            want.value[CARD_SIZE] = next_size(p, ids[i], near);
        change_view(p, ids[i], want);
    }
    return true;
}

/* --- Beginning and end ------------------------------------------------------------------------ */

/* A shot like its neighbour, of another subject; action -1: what it can do there, sitting first. */
static void add_like(struct plain *p, int near_index, int subject, int action, const char *after)
{
    const whelk_shot *near = shot_at(p, near_index);
    const char *old = whelk_shot_slot(near, "subject"), *deed = whelk_shot_slot(near, "action"),
               *place = whelk_shot_slot(near, "place"), *name = value_of(p, CARD_SUBJECT, subject);
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
    const char *verb = value_of(p, CARD_ACTION, action);
    if (prompt && old)
        replace(&prompt, old, name);
    if (prompt && deed) {
        replace(&prompt, say_verb(deed, was), say_verb(verb, is));
        replace(&prompt, say_where(deed, place ? place : ""), say_where(verb, place ? place : ""));
    }
    snprintf(goal, sizeof goal, "%.7s", after ? after : "");
    plain_do(p, (whelk_op){.kind = (char *)"add", .value = prompt, .after = after ? goal : NULL});
    free(prompt);
}

/* A shot that shows the subject is moved there; where there is none, one is made after its
 * neighbour. */
static void lead_with(struct plain *p, int subject, bool end)
{
    const char *name = value_of(p, CARD_SUBJECT, subject);
    int found = -1, there = end ? p->film->shot_count - 1 : 0;
    for (int i = 0; i < p->film->shot_count; i++) {
        const char *is = whelk_shot_slot(shot_at(p, i), "subject");
        if (is && strcmp(is, name) == 0 && (end || found < 0))
            found = i;
    }
    if (found < 0) {
        add_like(p, there, subject, -1, end ? NULL : "start");
    } else if (found != there) {
        char id[8];
        snprintf(id, sizeof id, "%.7s", shot_at(p, found)->id);
        move_after(p, id, end ? shot_at(p, -1)->id : "start");
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
    int near = c->named ? index_of(p, c->ids[c->count - 1]) : first ? 0 : p->film->shot_count - 1;
    bool start = first || (before && near == 0);
    add_like(p, near, subject->value, action ? action->value : -1,
             start    ? "start"
             : before ? shot_at(p, near - 1)->id
                      : shot_at(p, near)->id);
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
            move_after(p, c->ids[i], end ? shot_at(p, -1)->id : "start");
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
    all_if_none(p, c);
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
    all_if_none(p, c);
    for (int i = 0; i < c->count; i++) {
        double now = shot_at(p, index_of(p, c->ids[i]))->speed;
        plain_set(p, c->ids[i], "speed", "%.3g", (now > 0 ? now : 1) * by);
    }
    return true;
}

/* Seconds on screen: what is made follows the speed, and is no more than the model's clip. */
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
    all_if_none(p, c);
    for (int i = 0; i < c->count && !p->failed; i++) {
        const whelk_shot *shot = shot_at(p, index_of(p, c->ids[i]));
        double now = story_shot_length(shot), speed = shot->speed > 0 ? shot->speed : 1;
        double change = longer ? number : -number;
        double want = half            ? now * (longer ? 1.5 : 0.5)
                      : number == 0   ? now * (longer ? 1.25 : 0.75)
                      : by || shorter ? now + change
                                      : number;
        double made = want * speed + shot->trim_in_s + shot->trim_out_s,
               most = floor(p->card->clip_seconds * 100) / 100;
        if (longer && number == 0 && made > most && shot->seconds < most - 0.05)
            made = most; /* as long as can be */
        if (made > p->card->clip_seconds + 1e-6)
            plain_refuse(p,
                         "shot %s cannot be %.3g s long: the model makes %.3g s a take; make it "
                         "slower, or add a shot",
                         shot->id, want, p->card->clip_seconds);
        else
            plain_set(p, c->ids[i], "seconds", "%.4g", made);
    }
    return true;
}
