/* Phrases about the film as a whole: its music, its name, its grade. */
#include "plain.h"

#include <stdio.h>
#include <string.h>

#include "lexicon.h"

static double within(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* "sadder", "happier", "calmer": the mood of the word without its ending. */
static const char *mood_at(const struct plain *p, int i)
{
    const char *text = p->reading.words[i].text;
    char stem[WORD_MAX];
    size_t n = strlen(text);
    const char *mood = lexicon_mood(text);
    if (mood || n < 5 || strcmp(text + n - 2, "er") != 0)
        return mood;
    snprintf(stem, sizeof stem, "%.*s", (int)n - 2, text);
    if (stem[n - 3] == 'i')
        stem[n - 3] = 'y';
    else if (stem[n - 3] == stem[n - 4])
        stem[n - 3] = '\0';
    return lexicon_mood(stem);
}

bool plain_music(struct plain *p, struct clause *c)
{
    static const char names[] = "music score soundtrack song melody";
    if (!plain_has(p, c->from, c->to, names))
        return false;
    for (int i = c->from; i < c->to; i++)
        p->got[i] = p->got[i] || words_is(&p->reading.words[i], names);
    double bpm = p->film->score.tempo_bpm > 0 ? p->film->score.tempo_bpm : 90;
    const char *mood = NULL;
    for (int i = c->from; i < c->to && !mood; i++) {
        mood = mood_at(p, i);
        p->got[i] = p->got[i] || mood;
    }
    if (plain_word(p, c->from, c->to, "no without remove mute off silent drop stop") >= 0) {
        plain_set(p, NULL, "score.off", "true");
    } else if (plain_word(p, c->from, c->to, "faster quicker livelier") >= 0) {
        plain_set(p, NULL, "score.tempo_bpm", "%.0f", within(bpm * 1.15, 40, 200));
    } else if (plain_word(p, c->from, c->to, "slower") >= 0) {
        plain_set(p, NULL, "score.tempo_bpm", "%.0f", within(bpm * 0.85, 40, 200));
    } else if (mood || plain_word(p, c->from, c->to, "with on back") >= 0) {
        if (p->film->score.off)
            plain_set(p, NULL, "score.off", "false");
        if (mood)
            plain_set(p, NULL, "score.mood", "%s", mood);
    } else {
        return false;
    }
    return true;
}

/* The name is in quotation marks, so the reading has it. The opening title follows it. */
bool plain_title(struct plain *p, struct clause *c)
{
    if (!p->reading.title[0] ||
        plain_word(p, c->from, c->to, "call called title titled rename renamed name named") < 0)
        return false;
    plain_word(p, c->from, c->to, "title");
    plain_word(p, c->from, c->to, "film movie it");
    double at_s = 0, seconds = 0;
    bool opens = false;
    for (int i = 0; i < p->film->title_count; i++) {
        const whelk_title *t = &p->film->titles[i];
        if (t->kind && strcmp(t->kind, "opening") == 0 && t->text && p->film->title &&
            strcmp(t->text, p->film->title) == 0) {
            opens = true;
            at_s = t->at_s;
            seconds = t->seconds;
        }
    }
    char old[200];
    snprintf(old, sizeof old, "%s", p->film->title ? p->film->title : "");
    plain_set(p, NULL, "title", "%s", p->reading.title);
    if (opens && plain_do(p, (whelk_op){.kind = (char *)"untitle", .value = old}))
        plain_do(p, (whelk_op){.kind = (char *)"title",
                               .field = (char *)"opening",
                               .value = p->reading.title,
                               .at_s = at_s,
                               .seconds = seconds});
    return true;
}

/* The grade is the film's: a clause that names shots means something else by "darker". */
bool plain_grade(struct plain *p, struct clause *c)
{
    static const struct {
        const char *words, *field;
        size_t at;
        double by;
    } rows[] = {
#define AT(name) offsetof(whelk_film, grade.name)
        {"brighter lighter", "grade.exposure", AT(exposure), 0.3},
        {"darker", "grade.exposure", AT(exposure), -0.3},
        {"warmer", "grade.warmth", AT(warmth), 0.2},
        {"colder cooler", "grade.warmth", AT(warmth), -0.2},
        {"colourful colorful vivid saturated", "grade.saturation", AT(saturation), 0.2},
        {"paler muted", "grade.saturation", AT(saturation), -0.2},
        {"contrast", "grade.contrast", AT(contrast), 0.2},
#undef AT
    };
    bool any = false, less = plain_has(p, c->from, c->to, "less");
    if (c->named && !c->all)
        return false;
    if (plain_has(p, c->from, c->to, "black") && plain_has(p, c->from, c->to, "white") &&
        !plain_mention(p, c, CARD_SUBJECT)) {
        plain_word(p, c->from, c->to, "black");
        plain_word(p, c->from, c->to, "white");
        plain_set(p, NULL, "grade.saturation", "-1");
        return true;
    }
    for (int i = 0; i < COUNT(rows); i++) {
        if (plain_word(p, c->from, c->to, rows[i].words) < 0)
            continue;
        double now = *(const double *)((const char *)p->film + rows[i].at);
        plain_set(p, NULL, rows[i].field, "%.2g",
                  within(now + (less ? -rows[i].by : rows[i].by), -1, 1));
        any = true;
    }
    if (any)
        plain_word(p, c->from, c->to, "less more");
    return any;
}
