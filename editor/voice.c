/* A voice for one clip: the user's recording in REEL/voice/ID.wav, or the same file spoken by
 * espeak-ng, which runs as a program of its own. REEL/voice/ID.json beside it remembers what was
 * asked for and when each word is said; a WAV file without it, or changed since, is the user's and
 * is never written over. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "../pipeline/base/digest.h"
#include "../pipeline/base/file.h"
#include "../pipeline/base/json.h"
#include "speech.h"

#define SPEED_WPM 165 /* espeak-ng's words a minute at speed 1 */
#define HURRY 1.25    /* as much faster as a text may be read to fit its shot */
#define SPEAK_S 60    /* espeak-ng reads an hour of text in this time */
#define GAP                                                                                        \
    30 /* between the words of the second reading, in espeak-ng's 10 ms at                         \
        * its 175 words a minute */
#define JSON_BYTES (8 << 20)

struct voice {
    const struct edit_plan *plan;
    const whelk_listener *listen;
    const whelk_edit_clip *clip;
    const char *name; /* of the shot, for messages */
    char *language;   /* as espeak-ng calls the voice */
    char *wav, *json; /* absolute */
    double room_s;
    int wpm;
    whelk_error *err;
};

/* --- espeak-ng ------------------------------------------------------------------------------- */

/* Runs to its end, or is killed after SPEAK_S or when nobody wants it any more. The exit status,
 * or -1. */
static int run(char **argv, const whelk_listener *listen)
{
    GPid pid;
    GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                        G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
    if (!g_spawn_async(NULL, argv, NULL, flags, NULL, NULL, &pid, NULL))
        return -1;
    gint64 until = g_get_monotonic_time() + SPEAK_S * G_USEC_PER_SEC;
    int status = 0;
    pid_t got;
    while ((got = waitpid(pid, &status, WNOHANG)) == 0 && g_get_monotonic_time() < until &&
           edit_goes_on(listen, NULL))
        g_usleep(2000);
    if (got == 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    g_spawn_close_pid(pid);
    return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One reading of the text into `to`. */
static bool speak(const struct voice *v, int wpm, int gap, const char *to)
{
    char *text = g_strconcat(v->wav, ".txt.part", NULL);
    char *speed = g_strdup_printf("%d", wpm), *pause = g_strdup_printf("%d", gap);
    char *argv[] = {"espeak-ng", "-b",  "1",  "-v",       v->language, "-s", speed,
                    "-g",        pause, "-w", (char *)to, "-f",        text, NULL};
    bool good = file_write(text, v->clip->voice_text, strlen(v->clip->voice_text), v->err);
    if (good && run(argv, v->listen) != 0)
        good =
            edit_goes_on(v->listen, v->err) &&
            whelk_fail(v->err, WHELK_EFAIL,
                       "%s: espeak-ng does not speak its text with the voice \"%s\"; \"espeak-ng "
                       "--voices\" lists those there are",
                       v->name, v->language);
    g_unlink(text);
    g_free(pause);
    g_free(speed);
    g_free(text);
    return good;
}

static bool find_program(const struct voice *v)
{
    char *program = g_find_program_in_path("espeak-ng");
    bool there = program != NULL;
    g_free(program);
    return there || whelk_fail(v->err, WHELK_EFAIL,
                               "%s: there is no espeak-ng to speak its text; install the package "
                               "espeak-ng, put a recording at %s, or turn the voice off",
                               v->name, v->wav);
}

/* The first sound to the last of a reading. */
static double length_of(const struct sound *s)
{
    long from, to;
    return speech_bounds(s, &from, &to) ? (double)(to - from) / SOUND_RATE : 0;
}

/* Reads at the speed asked for, and once more faster where that is too long for the shot. */
static bool speak_to_fit(struct voice *v, const char *to, struct sound *out)
{
    struct sound_room room = {v->wav, v->listen};
    if (!speak(v, v->wpm, 0, to) || !sound_read(to, (struct sound_range){0}, out, &room, v->err))
        return false;
    double seconds = length_of(out);
    if (seconds <= v->room_s || v->room_s <= 0)
        return true;
    double faster = fmin(seconds / v->room_s * 1.03, HURRY);
    edit_tell(v->listen, "choice", v->clip->shot,
              "The text of %s takes %.1f s to read and has %.1f s: it is read %.0f %% faster.",
              v->name, seconds, v->room_s, (faster - 1) * 100);
    v->wpm = (int)lround(v->wpm * faster);
    sound_release(out);
    return speak(v, v->wpm, 0, to) && sound_read(to, (struct sound_range){0}, out, &room, v->err);
}

static void time_words(const struct voice *v, const struct sound *plain, struct speech_words *words)
{
    char *to = g_strconcat(v->wav, ".apart.part", NULL);
    struct sound apart = {0};
    struct sound_room room = {v->wav, v->listen};
    whelk_error unheard = {0}; /* the times are estimated then */
    struct voice quiet = *v;
    quiet.err = &unheard;
    speech_words_init(words, v->clip->voice_text);
    if (!speak(&quiet, v->wpm, GAP, to) ||
        !sound_read(to, (struct sound_range){0}, &apart, &room, &unheard) ||
        !speech_words_measure(words, v->clip->voice_text, plain, &apart,
                              0.008 * GAP * 175 / v->wpm))
        speech_words_estimate(words, v->clip->voice_text, plain, 0);
    sound_release(&apart);
    g_unlink(to);
    g_free(to);
}

/* --- What is remembered ---------------------------------------------------------------------- */

static bool request_of(const struct voice *v, char out[DIGEST_TEXT])
{
    struct digest *d = digest_new();
    char *numbers = g_strdup_printf("%d %.3f", v->wpm, v->room_s);
    digest_field(d, "text", v->clip->voice_text);
    digest_field(d, "voice", v->language);
    digest_field(d, "speed and room", numbers);
    g_free(numbers);
    return digest_end(d, out);
}

static cJSON *words_json(const struct speech_words *words, const char *text)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < words->count; i++) {
        const struct speech_word *w = &words->words[i];
        cJSON *o = cJSON_CreateObject();
        char *word = g_strndup(text + w->from, w->size);
        cJSON_AddStringToObject(o, "word", word);
        cJSON_AddNumberToObject(o, "at_s", round(w->at_s * 1000) / 1000);
        cJSON_AddNumberToObject(o, "seconds", round(w->seconds * 1000) / 1000);
        cJSON_AddItemToArray(list, o);
        g_free(word);
    }
    return list;
}

static bool remember(const struct voice *v, const char *request, const struct speech_words *words)
{
    char sound[DIGEST_TEXT];
    if (!digest_file(v->wav, sound, v->err))
        return false;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "version", 1);
    cJSON_AddStringToObject(o, "request", request);
    cJSON_AddStringToObject(o, "sound", sound);
    cJSON_AddStringToObject(o, "voice", v->language);
    cJSON_AddNumberToObject(o, "words_a_minute", v->wpm);
    cJSON_AddBoolToObject(o, "measured", words->measured);
    cJSON_AddItemToObject(o, "words", words_json(words, v->clip->voice_text));
    char *text = cJSON_Print(o);
    bool good = text ? file_write(v->json, text, strlen(text), v->err)
                     : whelk_fail(v->err, WHELK_EFAIL, "%s: out of memory", v->json);
    cJSON_free(text);
    cJSON_Delete(o);
    return good;
}

static bool says(const cJSON *o, const char *field, const char *what)
{
    const char *have = json_text(o, field);
    return have && strcmp(have, what) == 0;
}

static bool recall_words(const cJSON *o, const char *text, struct speech_words *words)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(o, "words"), *item;
    speech_words_init(words, text);
    bool good = cJSON_GetArraySize(list) == words->count;
    int i = 0;
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *at = cJSON_GetObjectItemCaseSensitive(item, "at_s"),
                    *seconds = cJSON_GetObjectItemCaseSensitive(item, "seconds");
        if (!good || !cJSON_IsNumber(at) || !cJSON_IsNumber(seconds))
            return false;
        words->words[i].at_s = at->valuedouble;
        words->words[i++].seconds = seconds->valuedouble;
    }
    words->measured = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "measured"));
    return good;
}

enum found { NONE, OURS, OURS_OTHER, THEIRS };

/* What lies at REEL/voice/ID.wav. Where it is what is asked for, its words too. */
static enum found look(const struct voice *v, const char *request, struct speech_words *words)
{
    char sound[DIGEST_TEXT], *text = NULL;
    if (!file_exists(v->wav) || !digest_file(v->wav, sound, NULL))
        return NONE;
    if (!file_exists(v->json) || !file_read(v->json, JSON_BYTES, &text, NULL, NULL))
        return THEIRS;
    cJSON *o = cJSON_Parse(text);
    enum found found = !says(o, "sound", sound) ? THEIRS : OURS_OTHER;
    if (found == OURS_OTHER && says(o, "request", request)) {
        if (recall_words(o, v->clip->voice_text, words))
            found = OURS;
        else
            speech_words_release(words);
    }
    cJSON_Delete(o);
    free(text);
    return found;
}

/* --- All of it ------------------------------------------------------------------------------- */

static bool make(struct voice *v, const char *request, struct sound *out,
                 struct speech_words *words)
{
    char *part = g_strconcat(v->wav, ".part", NULL);
    bool good = find_program(v) && speak_to_fit(v, part, out);
    if (good) {
        time_words(v, out, words);
        good =
            g_rename(part, v->wav) == 0 ||
            whelk_fail(v->err, WHELK_EFAIL, "%s: cannot be written: %s", v->wav, g_strerror(errno));
        good = good && remember(v, request, words);
    }
    if (!good)
        g_unlink(part);
    g_free(part);
    return good;
}

/* Does espeak-ng have a voice of this name? */
static bool is_voice(const char *name)
{
    char *argv[] = {"espeak-ng", "-q", "-v", (char *)name, "", NULL};
    return run(argv, NULL) == 0;
}

/* A storyboard may name a speaker in place of a voice ("the old fisherman"): each gets a variant of
 * the language's voice, always the same one. */
static char *speaker_voice(const char *own, const char *speaker)
{
    static const char *const variants[] = {"f2", "m3", "f4", "m1", "f3", "m7", "f1", "m5"};
    unsigned sum = 0;
    for (const char *p = speaker; *p; p++)
        sum = sum * 31 + (unsigned char)*p;
    return g_strconcat(own, "+", variants[sum % G_N_ELEMENTS(variants)], NULL);
}

static char *voice_name(const struct edit_plan *plan, const whelk_edit_clip *c)
{
    const char *speaker = c->voice_name && *c->voice_name ? c->voice_name : NULL;
    const char *asked = speaker ? speaker : plan->edit->voice;
    const char *own = speech_voice(speech_language(c->voice_text, plan->edit->language));
    if (speaker && *speaker != '+' && !is_voice(speaker))
        return speaker_voice(own, speaker);
    if (!asked || !*asked)
        return g_strdup(own);
    return *asked == '+' ? g_strconcat(own, asked, NULL) : g_strdup(asked);
}

bool voice_speak(const struct edit_plan *plan, int slot, double room_s,
                 const whelk_listener *listen, struct sound *out, struct speech_words *words,
                 whelk_error *err)
{
    const whelk_edit_clip *c = plan->slots[slot].clip;
    char *base =
        c->shot ? g_strconcat("voice/", c->shot, NULL) : g_strdup_printf("voice/clip%d", slot + 1);
    struct voice v = {.plan = plan,
                      .listen = listen,
                      .clip = c,
                      .name = plan->slots[slot].name,
                      .language = voice_name(plan, c),
                      .room_s = room_s,
                      .err = err};
    char *file = edit_plan_file(plan, base);
    v.wav = g_strconcat(file, ".wav", NULL);
    v.json = g_strconcat(file, ".json", NULL);
    double speed = plan->edit->voice_speed > 0 ? plan->edit->voice_speed : 1;
    v.wpm = (int)lround(SPEED_WPM * speed);
    char request[DIGEST_TEXT] = "";
    *words = (struct speech_words){0};
    *out = (struct sound){0};
    bool good = request_of(&v, request);
    enum found found = good ? look(&v, request, words) : NONE;
    if (found == NONE || found == OURS_OTHER)
        good = good && make(&v, request, out, words);
    else if (!sound_read(v.wav, (struct sound_range){0}, out, &(struct sound_room){v.wav, listen},
                         err)) {
        whelk_error_prefix(err, "%s: its voice", v.name);
        good = false;
    }
    if (good && found == THEIRS) {
        speech_words_init(words, c->voice_text);
        speech_words_estimate(words, c->voice_text, out, 0);
    }
    if (!good) {
        sound_release(out);
        speech_words_release(words);
    }
    g_free(v.language);
    g_free(v.wav);
    g_free(v.json);
    g_free(file);
    g_free(base);
    return good;
}
