/* Loudness: a synthetic sound is brought to level, loud peaks are held, silence stays silent. */
#include "../tap.h"

#include <stdlib.h>

#include "../../editor/score.h"

static struct sound tone(double seconds, double amplitude)
{
    struct sound s = {.frames = lround(seconds * SCORE_RATE)};
    s.samples = calloc((size_t)s.frames * 2, sizeof *s.samples);
    for (long i = 0; s.samples && i < s.frames; i++) {
        double t = (double)i / SCORE_RATE, x = amplitude * sin(2 * acos(-1) * 440 * t) * (0.6 + 0.4 * sin(6 * t));
        s.samples[2 * i] = s.samples[2 * i + 1] = (float)x;
    }
    return s;
}

static void test_level(double amplitude)
{
    struct sound s = tone(4, amplitude);
    struct sound_level got;
    ok(sound_to_level(&s, -14, -1, &got), "a tone of amplitude %g", amplitude);
    is_near(got.lufs, -14, 0.1, "comes to -14 LUFS");
    ok(got.dbtp <= -1, "and stays under -1 dBTP (%.2f)", got.dbtp);
    sound_release(&s);
}

static void test_peaks(void)
{
    struct sound s = tone(6, 0.02);
    for (long i = SCORE_RATE; i < s.frames; i += SCORE_RATE / 2) {      /* knocks 26 dB above the rest */
        for (long k = 0; k < 40 && i + k < s.frames; k++)
            s.samples[2 * (i + k)] = (k / 4) % 2 ? 0.4f : -0.4f;
    }
    struct sound_level got;
    ok(sound_to_level(&s, -14, -1, &got), "quiet with loud knocks");
    ok(got.dbtp <= -1, "the limiter holds the knocks (%.2f dBTP)", got.dbtp);
    is_near(got.lufs, -14, 0.5, "and the loudness is met");
    sound_release(&s);
}

static void test_silence(void)
{
    struct sound s = tone(1, 0);
    struct sound_level got;
    ok(sound_to_level(&s, -14, -1, &got), "silence passes");
    bool silent = true;
    for (long i = 0; i < s.frames * 2; i++)
        silent = silent && s.samples[i] == 0;
    ok(silent, "and stays silent");
    sound_release(&s);
}

int main(void)
{
    test_level(0.01);
    test_level(0.9);
    test_peaks();
    test_silence();
    return done_testing();
}
