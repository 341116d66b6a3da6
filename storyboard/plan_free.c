/* The plan for a model that takes any prompt: its card says so ("free") instead of listing words.
 * Each sentence of the prompt is a shot and its own prompt, word for word; a sentence that is given
 * more time than the model makes at once becomes several shots. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "story.h"

enum { SENTENCES_MAX = 64 };

/* A sentence within the prompt. */
struct sentence {
    const char *text;
    size_t size;
};

bool plan_is_free(const char *card_json)
{
    cJSON *card = card_json ? cJSON_Parse(card_json) : NULL;
    bool is = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(card, "free"));
    cJSON_Delete(card);
    return is;
}

static double clip_seconds(const char *card_json)
{
    cJSON *card = cJSON_Parse(card_json);
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(card, "seconds"),
                *clip = cJSON_GetObjectItemCaseSensitive(seconds, "clip");
    double s = cJSON_IsNumber(clip) ? clip->valuedouble : 0;
    cJSON_Delete(card);
    return s >= whelk_limits.shot_min_s && s <= 3600 ? s : whelk_limits.shot_min_s;
}

/* Bytes of the sentence end that stands here, 0 = none. A full stop ends one only before a space,
 * so that "1.5" stays whole. */
static size_t end_at(const char *s)
{
    static const char *const wide[] = {"\xe3\x80\x82", "\xef\xbc\x81", "\xef\xbc\x9f"};
    for (int i = 0; i < 3; i++)
        if (strncmp(s, wide[i], 3) == 0)
            return 3;
    return *s == '\n' || (strchr(".!?", *s) && strchr(" \t\r\n", s[1])) ? 1 : 0;
}

/* Returns their number; what is beyond the last that has room stays with it. */
static int split(const char *prompt, struct sentence out[SENTENCES_MAX])
{
    int count = 0;
    while (*prompt) {
        prompt += strspn(prompt, " \t\r\n.!?");
        const char *end = prompt;
        while (*end && (count == SENTENCES_MAX - 1 || !end_at(end)))
            end++;
        size_t size = (size_t)(end - prompt), tail = *end ? end_at(end) : 0;
        while (size && strchr(" \t\r\n", prompt[size - 1]))
            size--;
        if (size)
            out[count++] = (struct sentence){prompt, size};
        prompt = end + tail;
    }
    return count;
}

/* The prompt's beginning, cut between words. */
static char *title_of(const char *prompt)
{
    size_t most = 48, n = strcspn(prompt, ".!?\n");
    if (n > most) {
        n = most;
        while (n > 12 && prompt[n] != ' ')
            n--;
        while (n && ((unsigned char)prompt[n] & 0xc0) == 0x80)
            n--;
    }
    return strndup(prompt, n);
}

static bool own(char **field, char *text)
{
    free(*field);
    *field = text;
    return text != NULL;
}

static bool set_film(whelk_film *film, const whelk_plan_request *r, const struct wish *w)
{
    char ratio[24];
    film->width = w->width, film->height = w->height, film->fps = w->fps;
    film->score.tempo_bpm = 74;
    story_ratio(w->width, w->height, ratio, sizeof ratio);
    return own(&film->title, title_of(r->prompt)) && whelk_set_text(&film->logline, r->prompt) &&
           whelk_set_text(&film->treatment, r->prompt) &&
           whelk_set_text(&film->prompt, r->prompt) && whelk_set_text(&film->language, "und") &&
           whelk_set_text(&film->ratio, ratio) && whelk_set_text(&film->planner, "offline") &&
           whelk_set_text(&film->score.mood, "calm") && whelk_set_text(&film->style.mood, "calm");
}

static bool add_shots(whelk_film *film, const struct sentence *s, int number, int parts,
                      double seconds, uint64_t seed, whelk_error *err)
{
    for (int i = 0; i < parts; i++) {
        whelk_shot *shot = whelk_film_add_shot(film, film->shot_count, err);
        if (!shot)
            return false;
        shot->seconds = seconds;
        shot->seed = story_mix(seed + (uint64_t)film->shot_count) >> 32;
        bool good =
            own(&shot->prompt, strndup(s->text, s->size)) &&
            own(&shot->why, parts == 1 ? story_format("Sentence %d of the prompt.", number)
                                       : story_format("Sentence %d of the prompt, part %d of %d: "
                                                      "the model makes no longer take.",
                                                      number, i + 1, parts));
        if (!good)
            return whelk_fail(err, WHELK_EFAIL, "out of memory while planning");
    }
    return true;
}

whelk_film *plan_free(const whelk_plan_request *r, const struct wish *w,
                      const whelk_listener *listen, whelk_error *err)
{
    struct sentence list[SENTENCES_MAX];
    struct teller t = {.listen = listen};
    double clip = clip_seconds(r->card_json);
    int count = split(r->prompt, list);
    double each = w->seconds > 0 && count ? w->seconds / count : clip;
    int parts = (int)ceil(each / clip - 1e-9);
    double seconds = floor(each / (parts > 1 ? parts : 1) * 1000) / 1000;
    uint64_t seed = r->seed ? r->seed : story_hash(r->prompt, strlen(r->prompt), 0);
    whelk_film *film = whelk_film_new();
    bool good = film && count && set_film(film, r, w);
    if (!good)
        whelk_fail(err, count ? WHELK_EFAIL : WHELK_EUSAGE,
                   count ? "out of memory while planning" : "the prompt says nothing to film");
    if (good && seconds < whelk_limits.shot_min_s)
        good = whelk_fail(err, WHELK_EUSAGE,
                          "%d sentences in %g s leave %g s a shot; %g s is the least", count,
                          w->seconds, seconds, whelk_limits.shot_min_s);
    if (good && w->shots > 0 && w->shots != count)
        story_tell(&t, "warn", NULL, 0,
                   "%d shot%s asked for, but this model's film has one for each sentence.",
                   w->shots, w->shots == 1 ? " is" : "s are");
    t.planner =
        story_tell(&t, "choice", NULL, 0,
                   "The model takes any prompt, so each of the %d sentence%s is a shot, word for "
                   "word; no language model was used.",
                   count, count == 1 ? "" : "s");
    for (int i = 0; good && i < count; i++)
        good = add_shots(film, &list[i], i + 1, parts > 1 ? parts : 1, seconds, seed, err);
    if (good) {
        film->seconds = round(whelk_film_cut_seconds(film) * 1000) / 1000;
        good = whelk_film_check(film, err);
    }
    if (good)
        return film;
    whelk_film_free(film);
    return NULL;
}
