/* Loudness after EBU R 128 and ITU-R BS.1770 by libebur128: measure, change the gain, hold the true
 * peak with a limiter that looks ahead, measure again. */
#include "score.h"

#include <ebur128.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOOK (SCORE_RATE / 200) /* the limiter looks 5 ms ahead and falls in that time */
#define RISE_S 0.12             /* and rises again in about this */
#define ROUNDS 4 /* gain and limiting in turn: limiting takes away a little loudness */

bool sound_measure(const struct sound *s, struct sound_level *level)
{
    ebur128_state *st = ebur128_init(2, SCORE_RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
    if (!st)
        return false;
    double left = 0, right = 0;
    bool good = ebur128_add_frames_float(st, s->samples, (size_t)s->frames) == EBUR128_SUCCESS &&
                ebur128_loudness_global(st, &level->lufs) == EBUR128_SUCCESS &&
                ebur128_true_peak(st, 0, &left) == EBUR128_SUCCESS &&
                ebur128_true_peak(st, 1, &right) == EBUR128_SUCCESS;
    double peak = left > right ? left : right;
    level->dbtp = peak > 0 ? 20 * log10(peak) : -HUGE_VAL;
    ebur128_destroy(&st);
    return good;
}

static double peak_at(const float *p)
{
    double l = fabs(p[0]), r = fabs(p[1]);
    return l > r ? l : r;
}

/* The gain each sample may have so that it stays under `ceiling`, held over the look-ahead and
 * smoothed: falls as a straight line before a peak, rises as an exponential after it. */
static void limit(struct sound *s, double gain, double ceiling, double *need)
{
    for (long i = 0; i < s->frames; i++) {
        double p = peak_at(s->samples + 2 * i) * gain;
        need[i] = p > ceiling ? ceiling / p : 1;
    }
    for (long i = s->frames - 2; i >= 0; i--) { /* falls: slope into every minimum */
        double before = need[i + 1] + 1.0 / LOOK;
        if (need[i] > before)
            need[i] = before;
    }
    double now = 1, rise = 1 - exp(-1 / (RISE_S * SCORE_RATE));
    for (long i = 0; i < s->frames; i++) {
        now += (1 - now) * rise;
        if (now > need[i])
            now = need[i];
        s->samples[2 * i] = (float)(s->samples[2 * i] * gain * now);
        s->samples[2 * i + 1] = (float)(s->samples[2 * i + 1] * gain * now);
    }
}

bool sound_to_level(struct sound *s, double lufs, double dbtp, struct sound_level *got)
{
    struct sound_level level;
    double *need = malloc((size_t)(s->frames + 1) * sizeof *need);
    bool good = need && sound_measure(s, &level);
    double margin =
        0; /* true peaks lie between samples: keep the samples lower by what was found */
    for (int i = 0; good && i < ROUNDS && isfinite(level.lufs); i++) {
        double ceiling = pow(10, (dbtp - margin) / 20);
        limit(s, pow(10, (lufs - level.lufs) / 20), ceiling, need);
        good = sound_measure(s, &level);
        if (good && level.dbtp > dbtp)
            margin += level.dbtp - dbtp + 0.02;
        else if (good && fabs(level.lufs - lufs) < 0.05)
            break;
    }
    free(need);
    if (good && got)
        *got = level;
    return good;
}

void sound_fade(struct sound *s, double in_s, double out_s)
{
    long in = lround(in_s * SCORE_RATE), out = lround(out_s * SCORE_RATE);
    for (long i = 0; i < s->frames; i++) {
        double g = 1;
        if (i < in)
            g = (double)i / (double)in;
        if (s->frames - i <= out)
            g *= 0.5 - 0.5 * cos(acos(-1) * (double)(s->frames - i - 1) / (double)out);
        s->samples[2 * i] = (float)(s->samples[2 * i] * g);
        s->samples[2 * i + 1] = (float)(s->samples[2 * i + 1] * g);
    }
}
