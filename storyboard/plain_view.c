/* Phrases about what shots show: who, where, when, how near. What a shot shows stays possible on
 * the card, and its prompt says what its slots say. */
#define _GNU_SOURCE /* strcasestr */
#include "plain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lexicon.h"

const char *plain_value(const struct plain *p, enum card_slot slot, int value)
{
    return card_name(p->card, slot, value);
}

static bool is_edge(const char *text, size_t at)
{
    return !isalnum((unsigned char)text[at]);
}

/* Puts `to` where `from` stands as whole words, whatever its case; false = it does not. */
bool plain_replace(char **text, const char *from, const char *to)
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
        return plain_replace(prompt, was + behind, is + behind);
    if (*was == '+') { /* "+with a scarf" */
        snprintf(phrase, sizeof phrase, "without%.40s", was + 5);
        plain_replace(prompt, was + 1, phrase);
    } else if (*was) {
        plain_replace(prompt, was, "plain");
    }
    if (behind)
        snprintf(phrase, sizeof phrase, "%.40s %.40s", subject, is + 1);
    else
        snprintf(phrase, sizeof phrase, "%.40s %.40s", *is ? is : "plain", subject);
    return plain_replace(prompt, subject, phrase);
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
        done = plain_replace(prompt, say_when(old), phrase);
        break;
    case CARD_PLACE:
        snprintf(phrase, sizeof phrase, "%s", say_where(action, value));
        done = plain_replace(prompt, say_where(action, old), phrase);
        break;
    case CARD_ACTION:
        done = plain_replace(prompt, say_verb(old, was), say_verb(value, is));
        plain_replace(prompt, say_where(old, place), say_where(value, place));
        snprintf(phrase, sizeof phrase, "%s", say_doing(value, is));
        break;
    case CARD_SIZE:
        snprintf(was, sizeof was, "%.20s shot", old);
        snprintf(phrase, sizeof phrase, "%.20s shot", value);
        done = plain_replace(prompt, was, phrase);
        break;
    case CARD_DIRECTION:
        snprintf(was, sizeof was, "to the %.20s", old);
        snprintf(phrase, sizeof phrase, "to the %.20s", value);
        done = plain_replace(prompt, was, phrase);
        break;
    case CARD_CAMERA:
        snprintf(phrase, sizeof phrase, "%s", say_camera(value));
        done = plain_replace(prompt, say_camera(old), phrase);
        break;
    case CARD_COLOUR:
        snprintf(phrase, sizeof phrase, "%.20s %.40s", value, subject ? subject : "");
        done = *old ? plain_replace(prompt, old, value)
                    : subject && plain_replace(prompt, subject, phrase);
        break;
    case CARD_WEATHER:
        snprintf(phrase, sizeof phrase, "%s",
                 *say_weather(value) ? say_weather(value) : "in clear weather");
        done = *say_weather(old) && plain_replace(prompt, say_weather(old), phrase);
        break;
    case CARD_STYLE:
        snprintf(phrase, sizeof phrase, "%s", say_style(value));
        done = *say_style(old) && plain_replace(prompt, say_style(old), phrase);
        break;
    case CARD_PACE:
        snprintf(phrase, sizeof phrase, "%s", *say_pace(value) ? say_pace(value) : "steadily");
        done = *say_pace(old) && plain_replace(prompt, say_pace(old), phrase);
        break;
    case CARD_MARK:
        done = reword_mark(prompt, say_mark(old), say_mark(value), subject ? subject : "");
        break;
    default:
        snprintf(phrase, sizeof phrase, "%s", value);
    }
    if (!done && *old)
        done = plain_replace(prompt, old, value);
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
            plain_value(p, CARD_SUBJECT, subject), plain_value(p, CARD_ACTION, action),
            say_where(plain_value(p, CARD_ACTION, action), plain_value(p, CARD_PLACE, place)));
    want->value[CARD_ACTION] = plain_value(p, CARD_ACTION, near);
    return true;
}

/* A shot's place of the storyboard is one that goes by the card's name, or none: a picture of the
 * old place must not be held. */
static void follow_place(struct plain *p, const char *id, const char *old, const char *value)
{
    const whelk_shot *shot = plain_shot_at(p, plain_index(p, id));
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
                   *is = whelk_shot_slot(plain_shot_at(p, plain_index(p, id)), name);
        if (!want->value[k] || (is && strcmp(is, want->value[k]) == 0))
            continue;
        snprintf(field, sizeof field, "slots.%.40s", name);
        plain_set(p, id, field, "%s", want->value[k]);
    }
}

/* --- One who is with the actor ---------------------------------------------------------------- */

enum { CAST = 3, LOOKS = 3 };
static const enum card_slot looks[CAST][LOOKS] = {
    {CARD_SUBJECT, CARD_COLOUR, CARD_MARK},
    {CARD_SUBJECT2, CARD_COLOUR2, CARD_MARK2},
    {CARD_SUBJECT3, CARD_COLOUR3, CARD_MARK3},
};

/* Who of those in the shot is of that subject: 0 = the actor, -1 = nobody. */
static int member_of(const whelk_shot *shot, const char *subject)
{
    for (int k = 0; k < CAST; k++) {
        const char *is = whelk_shot_slot(shot, card_slot_name(looks[k][0]));
        if (is && strcmp(is, subject) == 0)
            return k;
    }
    return -1;
}

/* "a black cat", by the slots; `want` goes before them. */
static void say_member(const struct plain *p, const whelk_shot *shot, int k,
                       const struct view *want, char *out, size_t size)
{
    int value[LOOKS];
    for (int i = 0; i < LOOKS; i++) {
        const char *is = whelk_shot_slot(shot, card_slot_name(looks[k][i])),
                   *new = want ? want->value[looks[0][i]] : NULL;
        value[i] = card_value(p->card, looks[0][i], new ? new : is ? is : "");
    }
    struct story story = {.card = p->card};
    struct actor actor = {.subject = value[0], .colour = value[1], .mark = value[2]};
    say_actor(&story, &actor, false, true, out, size);
}

/* What is wanted of the actor is wanted of a guest: its slots follow from the words. */
static void change_guest(struct plain *p, const char *id, int k, struct view *want)
{
    char was[120], is[120];
    const whelk_shot *shot = plain_shot_at(p, plain_index(p, id));
    say_member(p, shot, k, NULL, was, sizeof was);
    say_member(p, shot, k, want, is, sizeof is);
    char *prompt = story_text_copy(shot->prompt, strlen(shot->prompt));
    if (prompt && !plain_replace(&prompt, was, is)) {
        char phrase[140];
        snprintf(phrase, sizeof phrase, "with %s", is);
        append(&prompt, phrase);
    }
    if (strcmp(was, is) != 0)
        plain_set(p, id, "prompt", "%s", prompt ? prompt : "");
    free(prompt);
    for (int i = 0; i < LOOKS; i++)
        want->value[looks[0][i]] = NULL;
}

/* --- All of it -------------------------------------------------------------------------------- */

/* Has a shot show what is wanted, in words and slots; the order is that in which words depend on
 * one another. */
static void change_view(struct plain *p, const char *id, struct view want)
{
    static const enum card_slot order[] = {CARD_SUBJECT, CARD_COLOUR, CARD_ACTION,    CARD_PLACE,
                                           CARD_TIME,    CARD_SIZE,   CARD_DIRECTION, CARD_CAMERA,
                                           CARD_WEATHER, CARD_STYLE,  CARD_MARK,      CARD_PACE};
    const whelk_shot *shot = plain_shot_at(p, plain_index(p, id));
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
    const char *name = plain_value(p, CARD_SUBJECT, subject);
    for (int i = 0; i < c->count; i++) {
        const whelk_shot *shot = plain_shot_at(p, plain_index(p, c->ids[i]));
        if (subject < 0 || member_of(shot, name) >= 0)
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
    const char *now = whelk_shot_slot(plain_shot_at(p, plain_index(p, id)), "size");
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
            want->value[k] = plain_value(p, slot, m->value);
        for (int v = 0;
             !m && (slot == CARD_SIZE || slot == CARD_CAMERA) && v < p->card->slot[slot].count; v++)
            if (plain_word(p, c->from, c->to, plain_value(p, slot, v)) >= 0)
                want->value[k] = plain_value(p, slot, v);
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
    plain_all_if_none(p, c);
    int near = nearer(p, c);
    whose(p, c, &from, &to);
    int count = with_subject(p, c, from, ids);
    if (from >= 0 && count == 0)
        return !plain_refuse(p, "no shot that is meant shows a %s",
                             plain_value(p, CARD_SUBJECT, from));
    bool any = mentioned(p, c, &want);
    if (to >= 0)
        want.value[CARD_SUBJECT] = plain_value(p, CARD_SUBJECT, to);
    if (!any && to < 0 && !near)
        return false;
    for (int i = 0; i < count; i++) {
        if (near)
            want.value[CARD_SIZE] = next_size(p, ids[i], near);
        struct view its = want;
        int k = from < 0 ? 0
                         : member_of(plain_shot_at(p, plain_index(p, ids[i])),
                                     plain_value(p, CARD_SUBJECT, from));
        if (k > 0)
            change_guest(p, ids[i], k, &its);
        change_view(p, ids[i], its);
    }
    return true;
}
