/* What the offline planner tells while it works: how it read the line, what it put in place of
 * what, what it planned. Nothing is decided here. */
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexicon.h"

static long tell_text(const struct teller *t, const whelk_note *note)
{
    return t->listen && t->listen->note ? t->listen->note(t->listen->ctx, note) : 0;
}

long story_tell(const struct teller *teller, const char *kind, const char *shot, long why,
                const char *fmt, ...)
{
    char text[4000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return tell_text(teller, &(whelk_note){.stage = "plan",
                                           .kind = kind,
                                           .shot = shot ? shot : teller->shot,
                                           .why = why,
                                           .text = text});
}

/* --- Telling what was read -------------------------------------------------------------------- */

long plan_tell_planner(const struct teller *t)
{
    return story_tell(t, "thought", NULL, 0,
                      "No language model was used: this film was planned by fixed rules over what "
                      "the video model "
                      "has learned. To plan with a language model, set WHELK_LLM_URL (any "
                      "OpenAI-compatible server), WHELK_LLM_MODEL and, "
                      "where the server asks for one, WHELK_LLM_KEY.");
}

long plan_tell_line(const struct teller *t, const struct reading_of *r, const struct card *card,
                    const char *prompt)
{
    struct bytes b;
    bytes_init(&b, 3000);
    for (int i = 0; i < r->mention_count && b.size < 600; i++) {
        const struct mention *m = &r->mentions[i];
        int k = 0; /* once is enough */
        while (k < i && !(r->mentions[k].slot == m->slot && r->mentions[k].value == m->value))
            k++;
        if (k == i)
            bytes_format(&b, "%s%s \"%s\"", i ? ", " : "", card_slot_name(m->slot),
                         card_name(card, m->slot, m->value));
    }
    char *known = bytes_take(&b);
    bool long_line = strlen(prompt) > 200 || strchr(prompt, '\n') != NULL;
    long n =
        r->mention_count
            ? story_tell(t, "thought", NULL, t->planner,
                         "The line%s%s%s holds what the model knows: %s.", long_line ? "" : " \"",
                         long_line ? "" : prompt, long_line ? "" : "\"", known ? known : "")
            : story_tell(
                  t, "thought", NULL, t->planner,
                  "Nothing in the line is known to the model; the film is made of what it does "
                  "know, drawn by a seed that comes from the line.");
    free(known);
    return n;
}

/* "follows": what those who are shown together do, whatever the model calls it. */
static bool is_shown_together(const struct story *story, const struct mention *m)
{
    for (int i = 0; i < story->beat_count; i++) {
        const struct beat *b = &story->beats[i];
        const struct planned event = {
            .beat = i, .actor = b->actor, .action = b->action, .place = b->place};
        if (b->companion >= 0 && strcmp(b->action_said, m->said) == 0 &&
            !story_alone(story, &event))
            return m->slot == CARD_ACTION && story_says_company(m->said);
    }
    return false;
}

void plan_tell_replacements(const struct teller *t, const struct reading_of *r,
                            const struct story *story)
{
    const struct card *card = story->card;
    for (int i = 0; i < r->mention_count; i++) {
        const struct mention *m = &r->mentions[i];
        const char *value = card_name(card, m->slot, m->value);
        bool told = m->left_out || m->how == AS_SAID || is_shown_together(story, m);
        for (int k = 0; k < i && !told; k++)
            told = strcmp(r->mentions[k].said, m->said) == 0 && r->mentions[k].slot == m->slot;
        if (told)
            continue;
        if (m->how == MISSPELT)
            story_tell(t, "choice", NULL, t->line, "\"%s\" was read as \"%s\".", m->said, value);
        else
            story_tell(t, "choice", NULL, t->line,
                       "The model does not know \"%s\" (%s); it is replaced by \"%s\", the nearest "
                       "it has learned.",
                       m->said, card_slot_name(m->slot), value);
    }
}

static bool said_before(const struct reading_of *r, int i)
{
    for (int k = 0; k < i; k++)
        if (!r->words[k].used && strcmp(r->words[k].said, r->words[i].said) == 0)
            return true;
    return false;
}

/* What the line says is not to be seen. */
void plan_tell_negated(const struct teller *t, struct reading_of *r)
{
    struct bytes b;
    int count = 0;
    bytes_init(&b, 1000);
    for (int i = 0; i < r->word_count; i++) {
        struct word *w = &r->words[i];
        if (!w->negated || !*w->said || lexicon_is_empty(w->text))
            continue;
        bytes_format(&b, "%s\"%s\"", count++ ? ", " : "", w->said);
        w->used = true;
    }
    char *words = bytes_take(&b);
    if (count && words)
        story_tell(t, "choice", NULL, t->line, "Without %s, as the line says.", words);
    free(words);
}

void plan_tell_left_words(const struct teller *t, const struct reading_of *r)
{
    struct bytes b;
    int left = 0, more = 0;
    bytes_init(&b, 3000);
    for (int i = 0; i < r->word_count; i++) {
        if (r->words[i].used || said_before(r, i))
            continue;
        if (left < 30)
            bytes_format(&b, "%s%s", left ? ", " : "", r->words[i].said);
        more += left >= 30;
        left++;
    }
    if (more)
        bytes_format(&b, " and %d more", more);
    char *words = bytes_take(&b);
    if (left && words)
        story_tell(t, "choice", NULL, t->line,
                   "The model has no picture for %s; the film does without.", words);
    free(words);
}

static bool is_form_of(const char *word, const char *of)
{
    char stems[STEMS][WORD_MAX];
    int count = lexicon_stems(word, stems);
    bool is = strcmp(word, of) == 0;
    for (int i = 0; i < count; i++)
        is = is || strcmp(stems[i], of) == 0;
    return is;
}

/* What the card says the model cannot do, where the line asks for it by that very word. */
void plan_tell_cannot(const struct teller *t, const struct reading_of *r, const struct card *card)
{
    if (r->spoken)
        story_tell(t, "warn", NULL, t->line,
                   "The line has somebody speak, or something written; the model can show neither "
                   "speech nor lettering, so what is in quotation marks is left out.");
    for (const cJSON *c = card->cannot ? card->cannot->child : NULL; c; c = c->next)
        for (int i = 0; cJSON_IsString(c) && i < r->word_count; i++)
            if (!r->words[i].negated && is_form_of(r->words[i].text, c->valuestring) &&
                !said_before(r, i)) {
                story_tell(t, "warn", NULL, t->line,
                           "The line asks for %s, which the model cannot show.", c->valuestring);
                break;
            }
}

long plan_tell_story(const struct teller *t, const struct story *story, const char *logline)
{
    if (story->beats_dropped)
        story_tell(t, "warn", NULL, t->line, "The line has more than %d steps; %d were left out.",
                   BEATS_MAX, story->beats_dropped);
    return story_tell(t, "thought", NULL, t->line,
                      "So the story, in %d step%s the model can show, is: %s", story->beat_count,
                      story->beat_count == 1 ? "" : "s", logline);
}

void plan_tell_pace(const struct teller *t, const struct story *story)
{
    const struct card *card = story->card;
    for (int i = 0; i < story->beat_count; i++) {
        const char *pace = card_name(card, CARD_PACE, story->beats[i].pace),
                   *action = card_name(card, CARD_ACTION, story->beats[i].action);
        if (*say_pace(pace) && !grammar_has_pace(action))
            story_tell(t, "choice", NULL, t->line,
                       "The model knows no %s %s: that has a pace of its own.", pace,
                       say_noun(action));
    }
}

/* --- Telling what was planned ----------------------------------------------------------------- */

long plan_tell_arc(const struct teller *t, const struct story *story, const struct shot_list *list,
                   const struct wish *w)
{
    struct bytes b;
    bytes_init(&b, 3000);
    for (int i = 0; i < list->count && b.size < 1500; i++)
        bytes_format(&b, "%s%s", i ? ", " : "",
                     card_name(story->card, CARD_SIZE, list->shots[i].size));
    char *sizes = bytes_take(&b);
    double clip = story->card->clip_seconds;
    int longer = 0;
    for (int i = 0; i < list->count; i++)
        longer += list->shots[i].frames / w->fps > clip;
    long n = story_tell(
        t, "choice", NULL, t->reading,
        "Told in %d shot%s%s: %s. %s%.4g s%s; "
        "nothing is slowed down or frozen to fill.",
        list->count, list->count == 1 ? "" : "s",
        w->shots > 0     ? ", as asked"
        : w->seconds > 0 ? " for the length asked for"
                         : "",
        sizes ? sizes : "",
        longer ? "So few for that length go on beyond the " : "The model makes ", clip,
        longer ? " of one clip, where what is done can" : " a take, so no shot is longer");
    free(sizes);
    return n;
}

void plan_tell_keeping(const struct teller *t, const struct story *story,
                       const struct shot_list *list, const whelk_film *film, bool direction_said)
{
    const char *direction = card_name(story->card, CARD_DIRECTION, story->direction);
    bool turns = false;
    for (int i = 0; i < list->count; i++)
        turns = turns || list->shots[i].turns;
    if (*direction)
        story_tell(t, "choice", NULL, t->arc,
                   "Everything %s to the %s in every shot, %s, so that no cut %s.",
                   turns ? "sets out" : "moves", direction,
                   direction_said ? "as the line says" : "the way a line is read",
                   turns ? "begins another way than the one before" : "turns it round");
    if (film->place_count == 1)
        story_tell(t, "choice", NULL, t->arc,
                   "The film stays in one place (%s): its shots are windows on one picture of it.",
                   film->places[0].description);
    else
        story_tell(t, "choice", NULL, t->arc,
                   "The film has %d settings, each with a picture of its own; a crossfade leads "
                   "from one to the "
                   "next, straight cuts join the shots within one.",
                   film->place_count);
}

void plan_tell_shots(const struct teller *t, const whelk_film *film)
{
    for (int i = 0; i < film->shot_count; i++) {
        const whelk_shot *shot = &film->shots[i];
        char data[200];
        const char *size = whelk_shot_slot(shot, "size");
        snprintf(data, sizeof data,
                 "{\"seconds\":%g,\"size\":\"%.40s\",\"camera\":\"%.40s\",\"seed\":%llu}",
                 shot->seconds, size ? size : "", shot->camera ? shot->camera : "",
                 (unsigned long long)shot->seed);
        tell_text(t, &(whelk_note){.stage = "plan",
                                   .kind = "choice",
                                   .shot = shot->id,
                                   .why = t->arc,
                                   .text = shot->why,
                                   .data_json = data});
    }
}

void plan_tell_length(const struct teller *t, const whelk_film *film, const struct wish *w)
{
    if (w->seconds > 0 && fabs(film->seconds - w->seconds) > 0.5)
        story_tell(
            t, "warn", NULL, t->arc,
            "%.4g s were asked for; the model makes no more of what is done in %s %d shot%s, "
            "so the film is %.4g s.",
            w->seconds, film->shot_count == 1 ? "this" : "these", film->shot_count,
            film->shot_count == 1 ? "" : "s", film->seconds);
}
