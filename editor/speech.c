/* Places what is spoken: a breath after its picture begins, each after the other. What is longer
 * than its shot goes on over the next one, which is told; what would be cut off by the end of the
 * film is refused. */
#include <math.h>
#include <string.h>

#include "../pipeline/base/file.h"
#include "speech.h"

#define BREATH_S 0.25     /* between the cut and the first word, where there is room */
#define APART_S 0.2       /* between one speech and the next */
#define READ_CHARS_S 15.0 /* how fast a text that nobody speaks is read */

struct place {
    struct edit_plan *plan;
    const whelk_listener *listen;
    long free_from; /* nobody speaks any more */
    whelk_error *err;
};

static long frames_of(const struct edit_plan *p, double seconds)
{
    return (long)ceil(seconds * p->fps_n / p->fps_d - 1e-6);
}

/* `end`: of the shot's own time. */
static bool tell_length(struct place *pl, const struct edit_speech *sp, long end)
{
    const struct edit_plan *p = pl->plan;
    const struct edit_slot *s = &p->slots[sp->slot];
    long stop = sp->start + frames_of(p, sp->seconds);
    double over = edit_plan_seconds(p, stop - end), now = edit_plan_seconds(p, s->frames);
    double need = ceil((now + over) * s->speed * 10) / 10; /* in the storyboard's own seconds */
    if (stop > p->frames)
        return whelk_fail(
            pl->err, WHELK_EFAIL,
            "%s: its text takes %.1f s to say, %.1f s more than the film has left; "
            "give the shot %.1f s (\"seconds\" in storyboard.json), fewer words, or a "
            "faster voice",
            s->name, sp->seconds, edit_plan_seconds(p, stop - p->frames), need);
    if (stop > end)
        edit_tell(
            pl->listen, "warn", s->clip->shot,
            "The text of %s takes %.1f s to say and goes on for %.1f s over the next shot. To "
            "keep it in its own, give the shot %.1f s (\"seconds\" in storyboard.json), fewer "
            "words, or a faster voice.",
            s->name, sp->seconds, over, need);
    return true;
}

/* Begins after a breath, earlier where it would not fit its shot otherwise. */
static bool set_start(struct place *pl, struct edit_speech *sp)
{
    struct edit_plan *p = pl->plan;
    const struct edit_slot *s = &p->slots[sp->slot];
    long before = sp->slot > 0 ? s[-1].overlap / 2 : 0;
    long begin = MAX(s->start + before, pl->free_from), end = s->start + s->frames - s->overlap / 2;
    long n = frames_of(p, sp->seconds), breath = frames_of(p, BREATH_S);
    sp->start = begin + CLAMP(end - begin - n, 0, breath);
    pl->free_from = sp->start + n + frames_of(p, APART_S);
    return tell_length(pl, sp, end);
}

static double room_of(const struct place *pl, int slot)
{
    const struct edit_slot *s = &pl->plan->slots[slot];
    long before = slot > 0 ? s[-1].overlap / 2 : 0;
    long begin = MAX(s->start + before, pl->free_from);
    return edit_plan_seconds(pl->plan, s->start + s->frames - s->overlap / 2 - begin);
}

/* Cuts the silence off both ends, and moves the words with it. */
static bool trim(struct edit_speech *sp, struct sound *sound, const char *near, whelk_error *err)
{
    long from, to;
    float block[2 * SOUND_BLOCK];
    struct sound all = *sound;
    if (!speech_bounds(&all, &from, &to))
        return whelk_fail(err, WHELK_EFAIL, "there is nothing to hear in it");
    if (!sound_new(sound, near, err)) {
        *sound = all;
        return false;
    }
    for (long at = from; at < to; at += SOUND_BLOCK) {
        long n = MIN(to - at, SOUND_BLOCK);
        sound_get(&all, at, block, n);
        sound_put(sound, block, n);
    }
    sound_release(&all);
    for (int i = 0; i < sp->words.count; i++)
        sp->words.words[i].at_s = fmax(sp->words.words[i].at_s - (double)from / SOUND_RATE, 0);
    sp->seconds = (double)(to - from) / SOUND_RATE;
    return sound_end(sound, err);
}

static bool say(struct place *pl, struct edit_speech *sp, struct sound *sound)
{
    struct edit_plan *p = pl->plan;
    const struct edit_slot *s = &p->slots[sp->slot];
    char *near = edit_plan_file(p, "voice/");
    bool good =
        file_make_dirs(near, pl->err) &&
        voice_speak(p, sp->slot, room_of(pl, sp->slot), pl->listen, sound, &sp->words, pl->err);
    if (good && !trim(sp, sound, near, pl->err)) {
        whelk_error_prefix(pl->err, "%s: its voice", s->name);
        good = false;
    }
    g_free(near);
    return good && set_start(pl, sp);
}

/* Only to be read: as long as reading takes, within its shot. */
static bool show(struct place *pl, struct edit_speech *sp)
{
    sp->seconds = MIN((double)g_utf8_strlen(sp->text, -1) / READ_CHARS_S, room_of(pl, sp->slot));
    speech_words_init(&sp->words, sp->text);
    speech_words_estimate(&sp->words, sp->text, NULL, sp->seconds);
    return set_start(pl, sp);
}

static bool has_words(const char *text)
{
    struct speech_words w;
    speech_words_init(&w, text ? text : "");
    bool some = w.count > 0;
    speech_words_release(&w);
    return some;
}

bool speech_make(struct edit_plan *plan, const whelk_listener *listen, struct sound *sounds,
                 whelk_error *err)
{
    const whelk_edit *e = plan->edit;
    struct place pl = {.plan = plan, .listen = listen, .err = err};
    plan->speeches = g_new0(struct edit_speech, plan->slot_count);
    for (int i = 0; i < plan->slot_count; i++) {
        const whelk_edit_clip *c = plan->slots[i].clip;
        if (c->voice_text && !g_utf8_validate(c->voice_text, -1, NULL))
            return whelk_fail(err, WHELK_EUSAGE, "%s: its text is not UTF-8", plan->slots[i].name);
        if (!has_words(c->voice_text) || (e->voice_off && !e->captions))
            continue;
        struct edit_speech *sp = &plan->speeches[plan->speech_count++];
        *sp = (struct edit_speech){.slot = i, .text = c->voice_text, .heard = !e->voice_off};
        if (!(sp->heard ? say(&pl, sp, &sounds[plan->speech_count - 1]) : show(&pl, sp)))
            return false;
    }
    return true;
}
