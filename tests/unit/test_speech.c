/* Narration and captions: who speaks which language, when each word is said, how far the score is
 * lowered under it, what becomes of a text that is too long, and captions as a player reads them.
 */
#define _GNU_SOURCE
#include "../tap.h"

#include "editor_fixture.h"

#include "../../editor/captions.h"
#include "../../editor/speech.h"
#include "../../pipeline/base/text.h"

#define FRAMES 96 /* of each of two clips: 4 s */

static char *reel;

struct heard {
    char warns[4000], choices[4000];
};

static long hear_note(void *ctx, const whelk_note *note)
{
    struct heard *h = ctx;
    char *to = strcmp(note->kind, "warn") == 0     ? h->warns
               : strcmp(note->kind, "choice") == 0 ? h->choices
                                                   : NULL;
    if (to)
        snprintf(to + strlen(to), 4000 - strlen(to), "%s\n", note->text);
    return 1;
}

static char *in_reel(const char *name)
{
    return g_build_filename(reel, name, NULL);
}

static void test_languages(void)
{
    static const struct {
        const char *text, *told, *language;
    } texts[] = {
        {"A cat dives into the pool.", NULL, "en"},
        {"Die Katze springt in das Becken, und das Wasser spritzt.", NULL, "de"},
        {"Die Katze springt in das Becken, und das Wasser spritzt.", "en", "de"},
        {"Le chat saute dans la piscine, et l'eau est claire.", NULL, "fr"},
        {"一只猫跳进了游泳池。", NULL, "zh"},
        {"猫がプールに飛び込む。", "zh", "ja"},
        {"Кошка прыгает в бассейн.", NULL, "ru"},
        {"Кішка стрибає в басейн.", "uk", "uk"},
        {"Miau!", "German", "de"},
        {"Miau!", "zh-CN", "en"},
        {"!", NULL, "en"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        is_str(speech_language(texts[i].text, texts[i].told), texts[i].language, "%s (%s) is %s",
               texts[i].text, texts[i].told ? texts[i].told : "not told", texts[i].language);
    is_str(speech_voice("zh"), "cmn-latn-pinyin", "Chinese is read from its pinyin");
    is_str(speech_code3("de"), "deu", "and containers have their own codes");
}

static void test_words(void)
{
    struct speech_words w;
    const char *text = "«Well», she said — twice.";
    speech_words_init(&w, text);
    is_int(w.count, 4, "four words, punctuation with the word before it");
    ok(w.count == 4 && strncmp(text + w.words[2].from, "said — ", 6) == 0, "a dash is no word");
    speech_words_release(&w);
    speech_words_init(&w, "一只猫, two");
    is_int(w.count, 4, "characters are words where there are no spaces");
    speech_words_release(&w);
    speech_words_init(&w, " ... ");
    is_int(w.count, 0, "dots alone are none");
    speech_words_release(&w);
}

/* A film of two white clips with texts. */
static bool film(const char *first, const char *second, whelk_edit edit, struct heard *h,
                 whelk_error *err)
{
    whelk_edit_clip clips[2] = {{.path = "a.mkv", .shot = "0010", .voice_text = first},
                                {.path = "a.mkv", .shot = "0020", .voice_text = second}};
    edit.clips = clips;
    edit.clip_count = 2;
    edit.width = CLIP_WIDTH;
    edit.height = CLIP_HEIGHT;
    edit.score_off = !edit.score_file;
    *h = (struct heard){0};
    *err = (whelk_error){0};
    whelk_listener listen = {.note = hear_note, .ctx = h};
    whelk_edit_figures f;
    bool good = whelk_edit_film(&edit, reel, &listen, &f, err);
    if (!good)
        printf("# %s\n", err->text);
    return good;
}

/* Words behind commas begin where the plain reading is loud again. */
static void test_word_times(void)
{
    struct heard h;
    whelk_error err;
    whelk_edit edit = {.voice_speed = 1.1};
    if (!ok(film("Red, yellow, green, blue, and a gray cat.", NULL, edit, &h, &err),
            "a text is spoken"))
        return;
    char *json = in_reel("voice/0010.json"), *wav = in_reel("voice/0010.wav");
    char *record = read_all(json, NULL);
    struct sound s;
    ok(record && strstr(record, "\"measured\":\ttrue"), "its words are measured");
    double worst = 0, at = 0;
    int found = 0, onsets = 0;
    double times[8] = {0}, quiet = 0;
    const char *const words[] = {"Red,", "yellow,", "green,", "blue,", "and"};
    for (int i = 0; record && i < 5; i++) {
        char *key = g_strdup_printf("\"%s\"", words[i]), *p = strstr(record, key);
        p = p ? strstr(p, "at_s\":") : NULL;
        if (p)
            times[found++] = g_ascii_strtod(p + 6, NULL);
        g_free(key);
    }
    ok(sound_read(wav, (struct sound_range){0}, &s, &(struct sound_room){.near = wav}, NULL),
       "the recording is read");
    for (long i = 0; i < s.frames && onsets < 5; i++) {
        float pair[2];
        sound_get(&s, i, pair, 1);
        at = (double)i / SOUND_RATE;
        if (fabsf(pair[0]) < 0.004f)
            continue;
        if (onsets == 0 || at - quiet > 0.1)
            worst = fmax(worst, fabs(times[onsets++] - at));
        quiet = at;
    }
    is_int(found, 5, "every word has its time");
    ok(onsets == 5 && worst < 0.05, "and is said then (%.0f ms off at most)", worst * 1000);
    sound_release(&s);
    g_free(record);
    g_free(json);
    g_free(wav);
}

/* The level of one frequency in a sound (Goertzel). */
static double tone_level(const struct sound *s, double from_s, double to_s, double hz)
{
    double w = 2 * acos(-1) * hz / SOUND_RATE, a = 0, b = 0;
    long n = 0;
    for (long i = lround(from_s * SOUND_RATE); i < lround(to_s * SOUND_RATE); i++, n++) {
        float pair[2];
        sound_get(s, i, pair, 1);
        double now = pair[0] + 2 * cos(w) * a - b;
        b = a;
        a = now;
    }
    return sqrt(fmax(a * a + b * b - 2 * cos(w) * a * b, 0)) / (double)n;
}

static void test_duck(void)
{
    char *text = g_strdup_printf("audiotestsrc freq=5000 volume=0.3 num-buffers=900 ! "
                                 "audio/x-raw,rate=48000 ! wavenc ! filesink location=%s/tone.wav",
                                 reel);
    ok(run_pipeline(text), "a tone for music");
    g_free(text);
    struct heard h;
    whelk_error err;
    whelk_edit edit = {.score_file = "tone.wav"};
    if (!ok(film(NULL, "Now somebody speaks over it.", edit, &h, &err), "a voice over music"))
        return;
    char *path = in_reel("film.mp4");
    struct sound s;
    ok(sound_read(path, (struct sound_range){0}, &s, &(struct sound_room){.near = path}, &err),
       "the film's sound is read");
    double before = tone_level(&s, 1, 3, 5000), under = tone_level(&s, 4.6, 5.4, 5000);
    is_near(20 * log10(under / before), -14, 1.5, "the music lies 14 dB lower under the voice");
    ok(tone_level(&s, 4.6, 5.4, 150) + tone_level(&s, 4.6, 5.4, 120) +
               tone_level(&s, 4.6, 5.4, 220) >
           3 * tone_level(&s, 1, 3, 150),
       "and the voice is there");
    sound_release(&s);
    g_free(path);
    char *timeline = in_reel("timeline.xges"), *xml = NULL;
    ok(g_file_get_contents(timeline, &xml, NULL, NULL) &&
           g_regex_match_simple("property='volume'[^>]*values =' 0:1 ", xml, 0, 0),
       "its volume has a value from the first moment on");
    g_free(xml);
    g_free(timeline);
}

static void check_lines(char *text, int number)
{
    int lines = 0, widest = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
        widest = MAX(widest, text_width(line));
    ok(lines >= 1 && lines <= 2 && widest <= 42, "caption %d: %d lines, %d columns at most", number,
       lines, widest);
}

static void test_captions(const char *said)
{
    struct heard h;
    whelk_error err;
    whelk_edit edit = {.captions = true};
    if (!ok(film(said, NULL, edit, &h, &err), "a film with captions"))
        return;
    char *path = in_reel("film.srt"), *srt = read_all(path, NULL);
    char **blocks = g_strsplit(srt, "\n\n", -1);
    GString *all = g_string_new(NULL);
    double last = 0;
    int i = 0;
    for (; blocks[i] && *blocks[i]; i++) {
        int n, h1, m1, s1, k1, h2, m2, s2, k2, used = 0;
        bool good = sscanf(blocks[i], "%d\n%d:%d:%d,%d --> %d:%d:%d,%d\n%n", &n, &h1, &m1, &s1, &k1,
                           &h2, &m2, &s2, &k2, &used) == 9;
        double from = m1 * 60 + s1 + k1 / 1e3, to = m2 * 60 + s2 + k2 / 1e3;
        ok(good && n == i + 1 && from >= last && to - from > 0.8 && to - from <= 7.001,
           "caption %d stands from %.2f to %.2f s", i + 1, from, to);
        last = to;
        g_string_append_printf(all, "%s ", blocks[i] + used);
        check_lines(blocks[i] + used, i + 1);
    }
    g_strdelimit(all->str, "\n", ' ');
    ok(strncmp(all->str, said, strlen(said)) == 0 || !g_ascii_isalpha(*said),
       "together they are the text");
    char *command = g_strdup_printf(
        "ffmpeg -loglevel error -i %s/film.mp4 -map 0:s -f srt - 2>/dev/null", reel);
    FILE *p = popen(command, "r");
    char track[4000] = "";
    size_t size = p ? fread(track, 1, sizeof track - 1, p) : 0;
    ok(p && pclose(p) == 0 && size > 0, "the film has a track of text");
    char **inside = g_strsplit(track, "\n\n", -1);
    is_int(g_strv_length(inside), g_strv_length(blocks), "with as many captions");
    has_text(track, "00:00:0", "and times");
    g_strfreev(inside);
    g_free(command);
    g_string_free(all, TRUE);
    g_strfreev(blocks);
    g_free(srt);
    g_free(path);
    path = in_reel("film.vtt");
    srt = read_all(path, NULL);
    ok(srt && strncmp(srt, "WEBVTT\n\n", 8) == 0, "film.vtt is there too");
    g_free(srt);
    g_free(path);
}

/* A sentence too long for one caption is parted in its middle. */
static void test_halves(void)
{
    struct heard h;
    whelk_error err;
    whelk_edit edit = {.captions = true};
    if (!ok(film("Once upon a time there was a cat who walked along the river every evening.",
                 "And "
                 "then it was gone for good and nobody who lived there ever saw or heard of it "
                 "again.",
                 edit, &h, &err),
            "a long sentence"))
        return;
    char *path = in_reel("film.srt"), *srt = read_all(path, NULL);
    char **blocks = g_strsplit(srt, "\n\n", -1);
    if (ok(g_strv_length(blocks) == 4, "three captions")) {
        int upper = (int)strlen(blocks[1]), lower = (int)strlen(blocks[2]);
        ok(abs(upper - lower) < 14, "of which the last two are alike (%d, %d letters)", upper,
           lower);
    }
    g_strfreev(blocks);
    g_free(srt);
    g_free(path);
}

/* The same track in another container. */
static void test_matroska(void)
{
    struct heard h;
    whelk_error err;
    ok(film("Words for Matroska.", NULL, (whelk_edit){0}, &h, &err), "a film");
    whelk_edit_clip clip = {.path = "a.mkv"};
    whelk_edit edit = {.clips = &clip, .clip_count = 1, .captions = true};
    struct edit_plan plan;
    char *from = in_reel("film.mp4"), *to = in_reel("film.mkv");
    if (ok(edit_plan_init(&plan, &edit, reel, NULL, &err), "a plan")) {
        plan.speeches = g_new0(struct edit_speech, 1);
        plan.speech_count = 1;
        plan.speeches[0].text = "Words";
        speech_words_init(&plan.speeches[0].words, "Words");
        speech_words_estimate(&plan.speeches[0].words, "Words", NULL, 1.5);
        captions_make(&plan, NULL);
        ok(edit_remux(&plan, from, to, "matroska", &err), "copied into Matroska %s", err.text);
        char *command = g_strdup_printf("ffmpeg -loglevel error -i %s -map 0:s:0 -f srt -", to);
        FILE *p = popen(command, "r");
        char track[400] = "";
        size_t size = p ? fread(track, 1, sizeof track - 1, p) : 0;
        ok(p && pclose(p) == 0 && size > 0, "has the captions");
        has_text(track, "1\n00:00:00,0", "from the beginning on"); /* the file begins 21 ms later */
        has_text(track, "\nWords\n", "as they are");
        ok(!edit_remux(&plan, from, "/nowhere/film.mkv", "matroska", &err),
           "a place that cannot be written to is refused: %s", err.text);
        g_free(command);
        edit_plan_release(&plan);
    }
    g_free(from);
    g_free(to);
}

static void test_burnt(void)
{
    struct heard h;
    whelk_error err;
    static double plain[200], burnt[200];
    char *path = in_reel("film.mp4");
    whelk_edit edit = {.captions = true};
    ok(film("Nothing is written here.", NULL, edit, &h, &err), "captions beside the film");
    int n = film_luma(path, plain, 200);
    edit.burn_captions = true;
    ok(film("Nothing is written here.", NULL, edit, &h, &err), "and in the picture");
    is_int(film_luma(path, burnt, 200), n, "are as many frames");
    ok(burnt[30] < plain[30] - 0.4, "the picture has them only when asked (%.1f, %.1f)", plain[30],
       burnt[30]);
    ok(fabs(burnt[90] - plain[90]) < 0.2, "and only while they stand");
    g_free(path);
}

static void test_too_long(void)
{
    static const char eleven[] =
        "This text is far too long for a shot of four seconds, and it takes, as anybody who reads "
        "it aloud will hear, about eleven seconds from its beginning to its end.";
    static const char six[] = "This text is somewhat too long for a shot that lasts but four "
                              "seconds, so that it runs on and on.";
    struct heard h;
    whelk_error err;
    ok(film(six, NULL, (whelk_edit){0}, &h, &err), "a text too long for its shot");
    has_text(h.choices, "faster", "is read faster, and told so");
    ok(film(eleven + 80, eleven, (whelk_edit){0}, &h, &err) == false, "one too long for the film");
    is_int(err.code, WHELK_EFAIL, "is refused");
    has_text(err.text, "0020", "with its shot");
    has_text(err.text, "\"seconds\" in storyboard.json", "and the cure");
    char *film_path = in_reel("film.mp4");
    ok(g_file_test(film_path, G_FILE_TEST_EXISTS), "the earlier film stays");
    g_free(film_path);
    ok(film("This text runs on for longer than its own four seconds are, into the shot behind it, "
            "which is silent.",
            NULL, (whelk_edit){.voice_speed = 0.8}, &h, &err),
       "one that goes on over the next shot");
    has_text(h.warns, "over the next shot", "is told");
    ok(!film("One \xff", NULL, (whelk_edit){0}, &h, &err), "a text that is none");
    has_text(err.text, "UTF-8", "is refused: %s", err.text);
    ok(film("One.", "Two.", (whelk_edit){.voice = "xx-nobody"}, &h, &err) == false,
       "a voice there is not");
    has_text(err.text, "xx-nobody", "is refused by name");
}

/* The user's recording is used, with or without espeak-ng, and never written over. */
static void test_recording(void)
{
    struct heard h;
    whelk_error err;
    char *wav = in_reel("voice/0010.wav"), *path = g_strdup(g_getenv("PATH")), *digest, *before;
    ok(film("First words.", NULL, (whelk_edit){0}, &h, &err), "a text is spoken");
    gsize size = 0, size2 = 0;
    before = read_all(wav, &size);
    ok(film("Other words, and more.", NULL, (whelk_edit){0}, &h, &err), "then another");
    digest = read_all(wav, &size2);
    ok(size2 > size, "and the recording is made anew");
    g_free(digest);
    g_file_set_contents(wav, before, (gssize)size, NULL);
    g_setenv("PATH", reel, TRUE);
    ok(film("Other words, and more.", NULL, (whelk_edit){.captions = true}, &h, &err),
       "a recording of one's own needs no espeak-ng");
    digest = read_all(wav, &size2);
    ok(digest && size2 == size && memcmp(digest, before, size) == 0, "and stays as it is");
    g_file_set_contents(wav, before, (gssize)size / 2, NULL);
    ok(!film("Other words.", NULL, (whelk_edit){0}, &h, &err), "one that is cut off");
    has_text(err.text, "is cut off", "is refused: %s", err.text);
    g_unlink(wav);
    ok(!film("Other words.", NULL, (whelk_edit){0}, &h, &err), "without either");
    has_text(err.text, "install the package espeak-ng", "the cure is told: %s", err.text);
    ok(film("Other words.", NULL, (whelk_edit){.voice_off = true, .captions = true}, &h, &err),
       "nobody has to speak for captions");
    g_setenv("PATH", path, TRUE);
    g_free(digest);
    g_free(before);
    g_free(path);
    g_free(wav);
}

int main(void)
{
    whelk_error err = {0};
    test_languages();
    test_words();
    if (!edit_start(&err)) {
        printf("# %s\n", err.text);
        return done_testing();
    }
    reel = scratch_new();
    char *a = clip_new(reel, "a.mkv", "white", FRAMES);
    if (ok(a != NULL, "a clip is made")) {
        test_word_times();
        test_duck();
        test_captions("When the sun had gone down, a cat came to the edge of the pool. It looked "
                      "at the water, and jumped.");
        test_captions("太阳下山以后，一只猫来到了水池边。它看了看水，跳了下去。");
        test_halves();
        test_matroska();
        test_burnt();
        test_too_long();
        test_recording();
    }
    g_free(a);
    scratch_remove(reel);
    g_free(reel);
    return done_testing();
}
