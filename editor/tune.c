/* Lays the user's music under the film. Its beat is found as people tap it: strokes are sudden
 * rises of loudness, and the beat is the period at which strokes follow strokes (Scheirer, "Tempo
 * and beat analysis of acoustic musical signals", 1998, in its simplest form). A loop of whole bars
 * keeps the count wherever it begins. */
#include "tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define HOP 240 /* frames a value of the envelope: 5 ms */
#define HOPS_S (SOUND_RATE / HOP)
#define MOST_S 1800  /* of a music file that is read */
#define QUIET 0.003f /* -50 dB: before and after the music */
#define SLOW_BPM 60.0
#define FAST_BPM 180.0
#define CLEAR 0.2       /* share of the strokes that the beat has to explain */
#define SEAM_S 0.03     /* a loop's seam on the beat */
#define SEAM_FREE_S 2.0 /* and without one */
#define FALL_S 1.5      /* the end of the film */

/* --- The beat -------------------------------------------------------------------------------- */

/* Rises of loudness in the whole sound and in its upper half, above their mean. */
static float *strokes_of(const struct sound *s, long *count)
{
    long n = s->frames / HOP;
    float *e = calloc((size_t)n + 1, sizeof *e), block[2 * HOP];
    double before[2] = {0}, sum = 0;
    float last = 0;
    for (long k = 0; e && k < n; k++) {
        sound_get(s, k * HOP, block, HOP);
        double power[2] = {1e-7, 1e-7};
        for (int i = 0; i < HOP; i++) {
            float x = block[2 * i] + block[2 * i + 1];
            power[0] += x * x;
            power[1] += (x - last) * (x - last);
            last = x;
        }
        for (int band = 0; band < 2; band++) {
            double now = log(power[band] / HOP + 1e-6);
            if (k > 0 && now > before[band])
                e[k] += (float)(now - before[band]);
            before[band] = now;
        }
        sum += e[k];
    }
    for (long k = 0; e && k < n; k++) {
        double above = e[k] - 2 * sum / (double)n;
        e[k] = above > 0 ? (float)(above > 3 ? 3 : above) : 0;
    }
    *count = n;
    return e;
}

/* How well strokes follow strokes after `period` values, over up to eight beats. */
static double follows(const float *e, long n, double period)
{
    double sum = 0, all = 1e-9;
    for (int beat = 1; beat <= 8; beat++) {
        double far = period * beat;
        long whole = (long)far;
        double part = far - (double)whole;
        if (whole + 2 >= n)
            break;
        for (long k = 0; k + whole + 1 < n; k++) {
            if (e[k] <= 0)
                continue;
            sum += e[k] * (e[k + whole] * (1 - part) + e[k + whole + 1] * part);
            all += e[k] * e[k];
        }
    }
    return sum / all;
}

/* Of equally good tempi the one near 110 is tapped. */
static double liking(double bpm)
{
    double octaves = log2(bpm / 110);
    return exp(-0.5 * octaves * octaves);
}

static double best_period(const float *e, long n, double *clear)
{
    double best = 0, score = 0;
    for (double bpm = SLOW_BPM; bpm <= FAST_BPM; bpm *= 1.004) {
        double period = 60.0 * HOPS_S / bpm, now = follows(e, n, period) * liking(bpm);
        if (now > score) {
            score = now;
            best = period;
        }
    }
    for (double step = best * 0.002; best > 0 && step > best * 1e-5; step /= 2) {
        double at = follows(e, n, best), less = follows(e, n, best - step),
               more = follows(e, n, best + step);
        best += more > at && more >= less ? step : less > at ? -step : 0;
    }
    *clear = best > 0 ? follows(e, n, best) : 0;
    return best;
}

static double first_beat(const float *e, long n, double period)
{
    double best = 0, score = -1;
    for (double phase = 0; phase < period; phase++) {
        double sum = 0;
        for (double at = phase; at < (double)n - 1; at += period)
            sum += e[(long)(at + 0.5)];
        if (sum > score) {
            score = sum;
            best = phase;
        }
    }
    return best;
}

double tune_beat(const struct sound *s, double *first_s)
{
    long n = 0;
    float *e = strokes_of(s, &n);
    double clear = 0, period = e && n > 4 * HOPS_S ? best_period(e, n, &clear) : 0;
    if (clear < CLEAR)
        period = 0;
    *first_s = period > 0 ? first_beat(e, n, period) / HOPS_S : 0;
    free(e);
    return period > 0 ? 60.0 * HOPS_S / period : 0;
}

/* --- Laying it ------------------------------------------------------------------------------- */

/* The first and the last moment that is not quiet. */
static void bounds(const struct sound *s, long *from, long *to)
{
    float block[2 * HOP];
    *from = s->frames;
    *to = 0;
    for (long at = 0; at < s->frames; at += HOP) {
        sound_get(s, at, block, HOP);
        bool loud = false;
        for (int i = 0; i < 2 * HOP && !loud; i++)
            loud = fabsf(block[i]) > QUIET;
        if (!loud)
            continue;
        *from = at < *from ? at : *from;
        *to = at + HOP < s->frames ? at + HOP : s->frames;
    }
}

struct loop {
    long from;  /* of the source: where the film begins */
    long back;  /* where a round begins */
    long round; /* its length; 0 = none */
    long seam;  /* frames of the crossfade before a round begins again */
};

static void set_loop(struct loop *l, const struct sound *s, long to, double bpm, struct tune *told)
{
    double first_s = 0, found = tune_beat(s, &first_s);
    if (bpm <= 0)
        bpm = found;
    double beat = bpm > 0 ? 60.0 / bpm * SOUND_RATE : 0;
    l->seam = (long)((beat > 0 ? SEAM_S : SEAM_FREE_S) * SOUND_RATE);
    l->back = l->from;
    if (beat > 0) {
        l->back = lround(first_s * SOUND_RATE);
        while (l->back < l->from + l->seam)
            l->back += lround(beat);
        told->bars = (int)((double)(to - l->back) / (4 * beat));
        l->round = lround(told->bars * 4 * beat);
        told->bpm = bpm;
    }
    if (told->bars < 1) { /* no bar fits: the whole of it, one end laid over the other */
        if (l->seam > (to - l->from) / 4)
            l->seam = (to - l->from) / 4;
        l->back = l->from + l->seam;
        l->round = to - l->back;
        told->bars = 0;
    }
    told->loop_s = (double)l->round / SOUND_RATE;
}

/* What is heard from frame `at` of the film on, up to where the loop turns; returns how many
 * frames. Before a round begins anew, what comes before its beginning is faded in over its end,
 * with equal power. */
static long get_looped(const struct sound *s, const struct loop *l, long at, float *out, long n)
{
    long source = l->from + at, end = l->back + l->round;
    if (l->round > 0 && source >= end)
        source = l->back + (source - l->back) % l->round;
    long left = end - source;
    bool turning = l->round > 0 && left <= l->seam;
    if (l->round > 0)
        n = MIN(n, turning ? left : left - l->seam);
    sound_get(s, source, out, n);
    float before[2 * HOP];
    if (turning)
        sound_get(s, l->back - left, before, n);
    for (long i = 0; turning && i < n; i++) {
        double x = (double)(left - i) / (double)l->seam * acos(-1) / 2;
        for (int side = 0; side < 2; side++)
            out[2 * i + side] = (float)(out[2 * i + side] * sin(x) + before[2 * i + side] * cos(x));
    }
    return n;
}

bool tune_lay(const char *path, double seconds, double bpm, struct sound *out, struct tune *told,
              const char *near, whelk_error *err)
{
    struct sound music;
    if (!sound_read(path, 0, MOST_S, &music, near, err))
        return false;
    long want = lround(seconds * SOUND_RATE), to = 0;
    struct loop l = {0};
    bounds(&music, &l.from, &to);
    *told = (struct tune){.music_s = (double)(to - l.from) / SOUND_RATE};
    bool good = to > l.from || whelk_fail(err, WHELK_EFAIL, "%s: is silent", path);
    if (good && to - l.from < want)
        set_loop(&l, &music, to, bpm, told);
    good = good && sound_new(out, near, err);
    float block[2 * HOP];
    for (long at = 0; good && at < want; at += HOP) {
        long n = want - at < HOP ? want - at : HOP;
        for (long done = 0; done < n;)
            done += get_looped(&music, &l, at + done, block + 2 * done, n - done);
        sound_fade(block, at, n, want, 0.01, seconds > 4 ? FALL_S : seconds / 4);
        sound_put(out, block, n);
    }
    good = good && sound_end(out, err);
    sound_release(&music);
    return good;
}
