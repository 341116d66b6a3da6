/* Loudness: a synthetic sound is brought to level, loud peaks are held, silence stays silent. */
#include "../tap.h"

#include <glib.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../editor/sound.h"

static char *wav_path;

static struct sound tone(double seconds, double amplitude, bool knocks)
{
    struct sound s;
    sound_new(&s, wav_path, NULL);
    for (long i = 0; i < lround(seconds * SOUND_RATE); i++) {
        double t = (double)i / SOUND_RATE;
        float x = (float)(amplitude * sin(2 * acos(-1) * 440 * t) * (0.6 + 0.4 * sin(6 * t)));
        long in_knock = i % (SOUND_RATE / 2);
        if (knocks && i >= SOUND_RATE && in_knock < 40) /* 26 dB above the rest */
            x = (in_knock / 4) % 2 ? 0.4f : -0.4f;
        sound_put(&s, (float[]){x, x}, 1);
    }
    return s;
}

/* Writes the sound at level and reads the file again. */
static struct sound_level level_of(struct sound s, double lufs, double dbtp, const char *what)
{
    struct mix_part part = {.sound = s, .gain = 1, .path = wav_path};
    struct mix mix = {.parts = &part, .count = 1, .frames = s.frames};
    struct sound_level told = {0}, level = {0};
    ok(mix_write(&mix, lufs, dbtp, &told, NULL), "%s is written", what);
    gsize size = 0;
    char *data = NULL;
    g_file_get_contents(wav_path, &data, &size, NULL);
    ok(data && (long)size == 44 + 6 * s.frames, "%s: the file has every sample", what);
    struct sound again;
    sound_new(&again, wav_path, NULL);
    for (long i = 0; data && i < s.frames; i++) {
        float pair[2];
        for (int side = 0; side < 2; side++) {
            const unsigned char *b = (const unsigned char *)data + 44 + 6 * i + 3 * side;
            int v = (int)((unsigned)b[0] << 8 | (unsigned)b[1] << 16 | (unsigned)b[2] << 24) >> 8;
            pair[side] = (float)v / 8388607;
        }
        sound_put(&again, pair, 1);
    }
    sound_end(&again, NULL);
    sound_measure(&again, &level, NULL, NULL);
    if (isfinite(told.lufs)) {
        is_near(level.lufs, told.lufs, 0.02, "%s: its loudness is what was told", what);
        is_near(level.dbtp, told.dbtp, 0.05, "%s: and its true peak", what);
    }
    g_free(data);
    sound_release(&again);
    sound_release(&s);
    return level;
}

static void test_level(double amplitude)
{
    char what[40];
    snprintf(what, sizeof what, "a tone of amplitude %g", amplitude);
    struct sound_level got = level_of(tone(4, amplitude, false), -14, -1, what);
    is_near(got.lufs, -14, 0.1, "%s comes to -14 LUFS", what);
    ok(got.dbtp <= -1, "%s stays under -1 dBTP (%.2f)", what, got.dbtp);
}

static void test_peaks(void)
{
    struct sound_level got = level_of(tone(6, 0.02, true), -14, -1, "quiet with loud knocks");
    ok(got.dbtp <= -1, "the limiter holds the knocks (%.2f dBTP)", got.dbtp);
    is_near(got.lufs, -14, 0.5, "and the loudness is met");
    got = level_of(tone(6, 0.0005, true), -14, -1, "a boost of 52 dB");
    ok(got.dbtp <= -0.95, "the limiter holds that too (%.2f dBTP)", got.dbtp);
}

static void test_silence(void)
{
    struct sound_level got = level_of(tone(1, 0, false), -14, -1, "silence");
    ok(got.dbtp == -HUGE_VAL, "stays silent");
}

/* Two parts with keys add up to the level, as a player would add them. */
static void test_parts(void)
{
    static const struct sound_key keys[] = {{0, 1}, {2, 1}, {2.5, 0.1}, {4, 0.1}};
    char *other = g_strconcat(wav_path, ".2", NULL);
    struct mix_part parts[2] = {
        {.sound = tone(5, 0.1, false), .gain = 1, .path = wav_path, .keys = keys, .key_count = 4},
        {.sound = tone(2, 0.3, true), .gain = 0.5, .path = other, .at = SOUND_RATE * 3 + 7}};
    struct mix mix = {.parts = parts, .count = 2, .frames = 5 * SOUND_RATE};
    struct sound_level told;
    ok(mix_write(&mix, -16, -2, &told, NULL), "two parts are written");
    is_near(told.lufs, -16, 0.1, "together they come to -16 LUFS");
    ok(told.dbtp <= -2, "and stay under -2 dBTP (%.2f)", told.dbtp);
    int next = 0;
    is_near(sound_key_gain(keys, 4, 1, &next), 1, 1e-9, "keys hold");
    is_near(sound_key_gain(keys, 4, 2.25, &next), 0.55, 1e-9, "and go in straight lines");
    is_near(sound_key_gain(keys, 4, 9, &next), 0.1, 1e-9, "and hold after the last");
    unlink(other);
    g_free(other);
    for (int i = 0; i < 2; i++)
        sound_release(&parts[i].sound);
}

int main(void)
{
    char *folder = g_dir_make_tmp("whelk-sound-XXXXXX", NULL);
    wav_path = g_build_filename(folder, "out.wav", NULL);
    test_level(0.01);
    test_level(0.9);
    test_peaks();
    test_silence();
    test_parts();
    unlink(wav_path);
    ok(rmdir(folder) == 0, "nothing else is left in the folder");
    g_free(wav_path);
    g_free(folder);
    return done_testing();
}
