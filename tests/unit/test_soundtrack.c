/* What is heard of a film, in its decoded samples: effects at the cuts, a clip's own sound faded
 * with equal power, the user's music looped on its beat, and ffmpeg's meter of loudness. */
#include "../tap.h"

#include "editor_fixture.h"

#include "../../editor/edit.h"
#include "../../editor/score.h"
#include "../../editor/tune.h"

#define FRAMES 48

static char *reel;

static char *in_reel(const char *name)
{
    return g_build_filename(reel, name, NULL);
}

/* A WAV file, 48 kHz stereo, of what `wave` gives for each moment. */
static void write_wav(const char *name, double seconds, double (*wave)(double t))
{
    char *path = in_reel(name);
    struct wav w;
    wav_new(&w, path, lround(seconds * SOUND_RATE), NULL);
    for (long i = 0; i < lround(seconds * SOUND_RATE); i++) {
        float x = (float)wave((double)i / SOUND_RATE);
        wav_put(&w, (float[]){x, x}, 1);
    }
    wav_end(&w, true, NULL);
    g_free(path);
}

static double tone_at(double t, double hz)
{
    return 0.25 * sin(2 * acos(-1) * hz * t);
}

static double knock(double t)
{
    return tone_at(t, 880) * exp(-12 * t);
}

/* Strokes at 96 beats a minute, the first at 0.3 s. */
static double beat(double t)
{
    double since = fmod(t - 0.3 + 10 * 0.625, 0.625);
    return t < 0.3 ? 0 : tone_at(since, 330) * exp(-20 * since) + 0.02 * sin(400 * t);
}

static double late(double t)
{
    return t < 1 ? 0 : tone_at(t, 440);
}

static double rms(const struct sound *s, double from_s, double to_s)
{
    double sum = 0;
    long a = lround(from_s * SOUND_RATE), b = lround(to_s * SOUND_RATE);
    for (long i = a; i < b; i++) {
        float pair[2];
        sound_get(s, i, pair, 1);
        sum += pair[0] * pair[0];
    }
    return sqrt(sum / (double)(b - a));
}

static double db(double ratio)
{
    return 20 * log10(ratio);
}

/* When the sound first rises above a share of its peak after `from_s`. */
static double onset(const struct sound *s, double from_s, double share)
{
    float pair[2], peak = 0;
    for (long i = 0; i < s->frames; i++) {
        sound_get(s, i, pair, 1);
        peak = fabsf(pair[0]) > peak ? fabsf(pair[0]) : peak;
    }
    for (long i = lround(from_s * SOUND_RATE); i < s->frames; i++) {
        sound_get(s, i, pair, 1);
        if (fabsf(pair[0]) > peak * share)
            return (double)i / SOUND_RATE;
    }
    return -1;
}

static bool make(const whelk_edit *edit, struct sound *out, whelk_edit_figures *f)
{
    whelk_error err = {0};
    char *film = in_reel("film.mp4");
    bool good =
        ok(whelk_edit_film(edit, reel, NULL, f, &err), "a film is made") &&
        ok(sound_read(film, (struct sound_range){0}, out, &(struct sound_room){.near = film}, &err),
           "and its sound read");
    if (err.code)
        printf("# %s\n", err.text);
    g_free(film);
    return good;
}

static whelk_edit edit_of(whelk_edit_clip *clips, int count)
{
    return (whelk_edit){.clips = clips,
                        .clip_count = count,
                        .width = CLIP_WIDTH,
                        .height = CLIP_HEIGHT,
                        .score_off = true};
}

static void test_effects(void)
{
    whelk_edit_clip clips[3] = {{.path = "a.mkv", .shot = "0010"},
                                {.path = "a.mkv", .shot = "0020", .effect_sound = "knock.wav"},
                                {.path = "a.mkv", .shot = "0030", .effect_sound = "knock.wav"}};
    whelk_edit edit = edit_of(clips, 3);
    struct sound s;
    whelk_edit_figures f;
    if (!make(&edit, &s, &f))
        return;
    /* without an edit list over the encoder's lead of 1024 samples both were 21 ms late */
    is_near(onset(&s, 0.5, 0.2), 2, 0.004, "the effect of the second shot begins with its cut");
    is_near(onset(&s, 3.5, 0.2), 4, 0.004, "and that of the third");
    ok(rms(&s, 0.1, 1.9) < 1e-4, "nothing is heard where there is none");
    is_near(f.loudness_lufs, -14, 0.5, "at the film's level");
    char *path = in_reel("timeline.otio"), *otio = read_all(path, NULL);
    has_text(otio, "\"Effects\"", "other editors get a track of effects");
    has_text(otio, "\"sound/0020-effect.wav\"", "of files in the reel");
    g_free(otio);
    g_free(path);
    sound_release(&s);
}

static void test_crossfade(void)
{
    whelk_edit_clip clips[2] = {
        {.path = "low.mkv", .shot = "0010", .transition = "crossfade", .transition_s = 1},
        {.path = "high.mkv", .shot = "0020"}};
    whelk_edit edit = edit_of(clips, 2);
    struct sound s;
    whelk_edit_figures f;
    if (!make(&edit, &s, &f))
        return;
    double before = rms(&s, 0.3, 0.8), middle = rms(&s, 1.4, 1.6), after = rms(&s, 2.2, 2.7);
    is_near(db(after / before), 0, 1, "two clips' own sounds are equally loud");
    is_near(db(middle / before), 0, 0.7, "and as loud together in the middle of their crossfade");
    char *one = in_reel("sound/0010-clip.wav");
    ok(g_file_test(one, G_FILE_TEST_EXISTS), "each has a file of its own in the reel");
    g_free(one);
    sound_release(&s);
}

static int crossings(const struct sound *s, double from_s, double to_s)
{
    int n = 0;
    float was = 0, pair[2];
    for (long i = lround(from_s * SOUND_RATE); i < lround(to_s * SOUND_RATE); i++) {
        sound_get(s, i, pair, 1);
        n += was < 0 && pair[0] >= 0;
        was = pair[0];
    }
    return n;
}

/* A clip whose tone begins one second in, faster and slower, from half a second in on. */
static void test_speed(void)
{
    static const struct {
        double speed, seconds, onset_s;
    } ways[] = {{2, 0.75, 0.25}, {0.5, 2, 1}};
    for (int i = 0; i < 2; i++) {
        whelk_edit_clip clip = {.path = "late.mkv",
                                .shot = "0010",
                                .in_s = 0.5,
                                .seconds = ways[i].seconds,
                                .speed = ways[i].speed};
        whelk_edit edit = edit_of(&clip, 1);
        struct sound s;
        whelk_edit_figures f;
        if (!make(&edit, &s, &f))
            return;
        double from = ways[i].onset_s + 0.1;
        is_near(onset(&s, 0, 0.2), ways[i].onset_s, 0.03,
                "at %g times its speed its sound goes along", ways[i].speed);
        is_near(crossings(&s, from, from + 0.3), 0.3 * 440, 4, "at its own pitch");
        sound_release(&s);
    }
}

static void test_music(void)
{
    whelk_edit_clip clips[5];
    for (int i = 0; i < 5; i++)
        clips[i] = (whelk_edit_clip){.path = "a.mkv"};
    whelk_edit edit = edit_of(clips, 5);
    edit.score_off = false;
    edit.score_file = "beat.wav";
    struct sound s, music;
    char *path = in_reel("beat.wav");
    ok(sound_read(path, (struct sound_range){0}, &music, &(struct sound_room){.near = path}, NULL),
       "the music is read");
    double first = 0, bpm = tune_beat(&music, &first);
    is_near(bpm, 96, 0.3, "its beat is found");
    is_near(fmod(first, 0.625), 0.3, 0.02, "and where it falls");
    sound_release(&music);
    g_free(path);
    whelk_edit_figures f;
    if (!make(&edit, &s, &f))
        return;
    /* the file's silence before the first stroke is trimmed: strokes fall every 0.625 s through
     * the seam */
    double worst = 0, t0 = onset(&s, 0.2, 0.4);
    int strokes = 0;
    for (double t = t0; t < 8; t += 0.625, strokes++) {
        double at = onset(&s, t - 0.1, 0.3);
        worst = fmax(worst, fabs(at - t));
    }
    ok(strokes > 10 && worst < 0.02,
       "%d strokes fall on the beat through the loop (%.0f ms at worst)", strokes, worst * 1000);
    ok(rms(&s, 9.7, 9.98) < 0.3 * rms(&s, 7, 8), "the music is faded at the end");
    sound_release(&s);
}

/* Sharp strokes at 120 a minute lie exactly on the slowest tempo that is tried, 60, and beside those near 120. */
static void test_sharp_beat(void)
{
    char *path = in_reel("sharp.wav");
    struct sound s;
    sound_new(&s, path, NULL);
    for (long i = 0; i < 5 * SOUND_RATE; i++) {
        double t = fmod((double)i / SOUND_RATE + 0.3, 0.5);
        float x = (float)(0.5 * sin(2 * G_PI * 220 * t) * exp(-30 * t));
        sound_put(&s, (float[]){x, x}, 1);
    }
    sound_end(&s, NULL);
    double first = 0;
    is_near(tune_beat(&s, &first), 120, 0.3, "sharp strokes are counted at their own tempo");
    is_near(fmod(first, 0.5), 0.2, 0.02, "from where they fall");
    sound_release(&s);
    g_free(path);
}

/* A composed score has the beat it was given, noise has none. */
static void test_beat(void)
{
    char *path = in_reel("some.wav");
    static const char *const moods[] = {"playful", "epic", "mysterious"};
    for (size_t i = 0; i < G_N_ELEMENTS(moods); i++) {
        whelk_score score = {.mood = moods[i], .seconds = 16, .seed = 31};
        struct sound s;
        struct score_told told = {0};
        double first;
        if (!ok(score_make(&score, NULL, &s, &(struct sound_room){.near = path}, &told, NULL),
                "%s is played", moods[i]))
            continue;
        double octaves = log2(tune_beat(&s, &first) / told.tempo_bpm);
        ok(fabs(octaves - round(octaves)) < 0.01, "its beat is found, or twice or half of it");
        sound_release(&s);
    }
    struct sound noise;
    unsigned long dice = 1;
    double first;
    sound_new(&noise, path, NULL);
    for (long i = 0; i < 12 * SOUND_RATE; i++) {
        dice = dice * 6364136223846793005ul + 1442695040888963407ul;
        float x = (float)((double)(dice >> 40) / (1 << 24) - 0.5);
        sound_put(&noise, (float[]){x, x}, 1);
    }
    sound_end(&noise, NULL);
    ok(tune_beat(&noise, &first) == 0, "noise has no beat");
    sound_release(&noise);
    g_free(path);
}

/* ffmpeg's meter as a second opinion. */
static void test_other_meter(void)
{
    char *command = g_strdup_printf(
        "ffmpeg -hide_banner -nostats -i %s/film.mp4 -af ebur128=peak=true -f null - 2>&1", reel);
    FILE *p = popen(command, "r");
    char line[400];
    double lufs = 0, peak = 0;
    while (p && fgets(line, sizeof line, p)) {
        char *i = strstr(line, "    I:"), *k = strstr(line, "    Peak:");
        if (i)
            lufs = g_ascii_strtod(i + 6, NULL);
        if (k)
            peak = g_ascii_strtod(k + 9, NULL);
    }
    if (p)
        pclose(p);
    is_near(lufs, -14, 0.5, "ffmpeg measures -14 LUFS too");
    ok(peak <= -0.9, "and a true peak of at most -1 dBTP (%.1f)", peak);
    g_free(command);
}

/* How much louder the hundredth of a second from `at_s` is than the one before, as a logarithm. */
static double rise(const struct sound *s, double at_s)
{
    return log((rms(s, at_s, at_s + 0.01) + 1e-4) / (rms(s, at_s - 0.01, at_s) + 1e-4));
}

/* The score is heard to begin something at each cut of the film, and to have died away at its end.
 */
static void test_score_at_cuts(void)
{
    whelk_edit_clip clips[4];
    for (int i = 0; i < 4; i++)
        clips[i] = (whelk_edit_clip){.path = "a.mkv", .seconds = i % 2 ? 1.5 : 2};
    whelk_edit edit = edit_of(clips, 4);
    edit.score_off = false;
    edit.score_mood = "playful";
    edit.seed = 3;
    struct sound s;
    whelk_edit_figures f;
    if (!make(&edit, &s, &f))
        return;
    static const double cuts[] = {2, 3.5, 5.5};
    double usual = 0, at_cuts = 0;
    int n = 0;
    for (double t = 0.5; t < 6.5; t += 0.01, n++)
        usual += fabs(rise(&s, t));
    for (int i = 0; i < 3; i++) {
        double best = 0;
        for (double t = cuts[i] - 0.02; t <= cuts[i] + 0.03; t += 0.005)
            best = fmax(best, rise(&s, t));
        at_cuts += best;
        ok(best > 2 * usual / n,
           "the score begins something at the cut at %.1f s (%.2f, %.2f is usual)", cuts[i], best,
           usual / n);
    }
    ok(rms(&s, 6.95, 6.99) < 0.03 * rms(&s, 1, 5), "it has died away on the last frame");
    ok(rms(&s, 6.0, 6.3) > 0.1 * rms(&s, 1, 5), "and not before it");
    sound_release(&s);
}

/* An instrument asked for is as loud as the one it stands for, whatever the soundfont made of it.
 */
static void test_instruments(void)
{
    char *wav = in_reel("lead.wav");
    double low = 1e9, high = 0;
    const char *const names[] = {NULL, "trumpet", "music box", "violin", "acoustic guitar"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        whelk_score score = {.mood = "calm", .seconds = 12, .seed = 4, .instruments = names[i]};
        struct score_piece piece;
        struct sound s;
        if (!score_compose(&piece, &score, NULL))
            continue;
        for (size_t k = 0; k < piece.note_count; k++) /* the melody alone */
            piece.notes[k].velocity = piece.notes[k].role == ROLE_LEAD ? 80 : 1;
        if (ok(score_play(&piece, &s, &(struct sound_room){.near = wav}, NULL), "%s plays",
               names[i] ? names[i] : "a flute")) {
            double level = rms(&s, 2, 11);
            low = fmin(low, level);
            high = fmax(high, level);
            sound_release(&s);
        }
        score_piece_release(&piece);
    }
    ok(db(high / low) < 10, "they are not far apart (%.1f dB; 14 as the soundfont has them)",
       db(high / low));
    g_free(wav);
}

/* Where the sound rises most around `at_s`: the level of 20 ms over that of the 20 before. */
static double rise_near(const struct sound *s, double at_s)
{
    double found = -1, most = 0;
    for (double t = at_s - 0.15; t < at_s + 0.15; t += 0.005) {
        double rise = rms(s, t, t + 0.02) - rms(s, t - 0.02, t);
        if (rise > most) {
            most = rise;
            found = t;
        }
    }
    return found;
}

/* The strokes that mark the cuts of some moods' scores sound when they come (others' are marked by
 * the end of a harp's run; tests/unit/test_score.c looks at the notes of all). */
static void test_cuts_are_heard(const char *mood)
{
    static const double cuts[] = {2.5, 5.2, 7.9};
    char *wav = in_reel("cuts.wav");
    whelk_score score = {.mood = mood, .seconds = 10.6, .cut_s = cuts, .cut_count = 3, .seed = 1};
    struct score_piece piece;
    struct sound s;
    if (!ok(score_compose(&piece, &score, NULL), "a score for three cuts, %s", mood))
        return;
    for (size_t k = 0; k < piece.note_count; k++)
        if (piece.notes[k].role != ROLE_ACCENT)
            piece.notes[k].velocity = 1;
    int heard = 0;
    if (score_play(&piece, &s, &(struct sound_room){.near = wav}, NULL)) {
        for (size_t i = 0; i < G_N_ELEMENTS(cuts); i++)
            heard += fabs(rise_near(&s, cuts[i]) - cuts[i]) < 0.03;
        sound_release(&s);
    }
    is_int(heard, piece.meter.cuts_met, "its strokes are heard on every cut that a bar begins on");
    score_piece_release(&piece);
    g_free(wav);
}

/* A film whose sound went wrong on its way into the file is none. */
static void test_verified(void)
{
    static const struct {
        const char *filter, *words;
    } wrongs[] = {{"volume=0:enable='between(t,1,1.4)'", "is silent from"},
                  {"volume=0", "is silent, though"},
                  {"volume=-4dB", "LUFS"},
                  {"atrim=end=1.5", "is silent from"}};
    whelk_edit_clip clip = {.path = "low.mkv", .shot = "0010"};
    whelk_edit edit = edit_of(&clip, 1);
    struct sound s;
    whelk_edit_figures f;
    struct edit_plan plan;
    whelk_error err = {0};
    double tempo;
    if (!make(&edit, &s, &f))
        return;
    sound_release(&s);
    char *film = in_reel("film.mp4"), *bad = in_reel("bad.mp4");
    if (ok(edit_plan_init(&plan, &edit, reel, NULL, &err) &&
               edit_profile_choose(&plan, NULL, &err) && edit_soundtrack(&plan, NULL, &tempo, &err),
           "its plan %s", err.text)) {
        ok(edit_verify(&plan, film, &f, &err), "it is verified %s", err.text);
        for (size_t i = 0; i < G_N_ELEMENTS(wrongs); i++) {
            char *text = g_strdup_printf("ffmpeg -v error -y -i %s -c:v copy -af \"%s\" %s", film,
                                         wrongs[i].filter, bad);
            ok(system(text) == 0 && !edit_verify(&plan, bad, &f, &err), "but not with %s",
               wrongs[i].filter);
            has_text(err.text, wrongs[i].words, "%s", err.text);
            g_free(text);
        }
    }
    edit_plan_release(&plan);
    g_free(film);
    g_free(bad);
}

static void test_bad(void)
{
    whelk_edit_clip clip = {.path = "a.mkv", .shot = "0010", .effect_sound = "half.wav"};
    whelk_edit edit = edit_of(&clip, 1);
    whelk_error err = {0};
    char *from = in_reel("knock.wav"), *to = in_reel("half.wav"), *data = NULL;
    gsize size = 0;
    g_file_get_contents(from, &data, &size, NULL);
    g_file_set_contents(to, data, (gssize)size / 2, NULL);
    ok(!whelk_edit_film(&edit, reel, NULL, NULL, &err), "an effect cut off is refused");
    has_text(err.text, "half.wav: is cut off", "by name: %s", err.text);
    has_text(err.text, "0010", "with its shot");
    clip.effect_sound = NULL;
    edit.score_off = false;
    edit.score_file = "half.wav";
    ok(!whelk_edit_film(&edit, reel, NULL, NULL, &err), "so is music cut off");
    g_file_set_contents(to, "la la la\n", -1, NULL);
    ok(!whelk_edit_film(&edit, reel, NULL, NULL, &err), "and music that is none");
    has_text(err.text, "half.wav", "by name: %s", err.text);
    g_free(data);
    g_free(from);
    g_free(to);
}

/* A clip with a sound of its own, as a pipeline gives it. */
static bool clip_with_sound(const char *name, const char *sound)
{
    char *text = g_strdup_printf(
        "videotestsrc pattern=white num-buffers=%d ! video/x-raw,format=I420,width=%d,height=%d,"
        "framerate=%d/1,colorimetry=bt709 ! avenc_ffv1 ! matroskamux name=m ! filesink "
        "location=%s/%s %s ! audio/x-raw,rate=48000,channels=2 ! flacenc ! m.",
        FRAMES, CLIP_WIDTH, CLIP_HEIGHT, CLIP_FPS, reel, name, sound);
    bool good = run_pipeline(text);
    g_free(text);
    return good;
}

static bool clip_with_tone(const char *name, int hz)
{
    char *tone = g_strdup_printf(
        "audiotestsrc freq=%d volume=0.2 num-buffers=%d samplesperbuffer=1000", hz, FRAMES * 2);
    bool good = clip_with_sound(name, tone);
    g_free(tone);
    return good;
}

static bool clip_with_late_tone(const char *name)
{
    write_wav("late.wav", 2, late);
    char *sound = g_strdup_printf("filesrc location=%s/late.wav ! wavparse ! audioconvert", reel);
    bool good = clip_with_sound(name, sound);
    g_free(sound);
    return good;
}

int main(void)
{
    whelk_error err = {0};
    if (!edit_start(&err)) {
        skip_all(err.text);
        return 0;
    }
    reel = scratch_new();
    char *a = clip_new(reel, "a.mkv", "white", FRAMES);
    write_wav("knock.wav", 1.2, knock);
    write_wav("beat.wav", 6.2, beat);
    if (ok(a && clip_with_tone("low.mkv", 440) && clip_with_tone("high.mkv", 1000) &&
               clip_with_late_tone("late.mkv"),
           "clips are made")) {
        test_speed();
        test_effects();
        test_crossfade();
        test_music();
        test_other_meter();
        test_sharp_beat();
    test_beat();
        test_score_at_cuts();
        test_cuts_are_heard("playful");
        test_cuts_are_heard("epic");
        test_instruments();
        test_verified();
        test_bad();
    }
    g_free(a);
    scratch_remove(reel);
    g_free(reel);
    return done_testing();
}
