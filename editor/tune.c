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
#define MOST_S 1800     /* of a music file that is read */
#define LEAST_RISE 0.05 /* of the logarithm of a band: less is no stroke */
#define BANDS 7         /* octaves below 12.8 kHz */
#define QUIET 0.003f    /* -50 dB: before and after the music */
#define SLOW_BPM 60.0
#define FAST_BPM 180.0
#define CLEAR 1.3       /* noise has 1.1, speech 1.26, music 1.2 (soft strings) to 4 */
#define SEAM_S 0.03     /* a loop's seam on the beat */
#define SEAM_FREE_S 2.0 /* and without one */
#define FALL_S 1.5      /* the end of the film */

/* --- The beat -------------------------------------------------------------------------------- */

/* A bank of filters an octave apart: each low-pass takes what the one before let through, and what
 * it takes away is a band. */
struct bank {
    double pass[BANDS], share[BANDS];
};

static void bank_init(struct bank *b)
{
    *b = (struct bank){0};
    for (int i = 0; i < BANDS; i++)
        b->share[i] = 1 - exp(-2 * acos(-1) * 6400 / (1 << i) / SOUND_RATE);
}

static void bank_add(struct bank *b, double x, double power[BANDS])
{
    for (int i = 0; i < BANDS; i++) {
        b->pass[i] += (x - b->pass[i]) * b->share[i];
        double band = x - b->pass[i];
        power[i] += band * band;
        x = b->pass[i];
    }
}

/* Values less than what is usual around them become 0: a swell is no stroke. */
static void keep_peaks(float *e, long n)
{
    long reach = HOPS_S / 2;
    double sum = 0;
    float *raw = malloc((size_t)(n > 0 ? n : 1) * sizeof *raw);
    for (long k = 0; raw && k < n; k++)
        raw[k] = e[k];
    for (long k = -reach; raw && k < n; k++) {
        sum += k + reach < n ? raw[k + reach] : 0;
        sum -= k - reach - 1 >= 0 ? raw[k - reach - 1] : 0;
        if (k >= 0)
            e[k] = raw[k] > 1.5 * sum / (2 * reach + 1) ? raw[k] : 0;
    }
    free(raw);
}

/* Rises of loudness in each band, added up. */
static float *strokes_of(const struct sound *s, long *count)
{
    long n = s->frames / HOP;
    float *e = calloc((size_t)n + 1, sizeof *e), block[2 * HOP];
    double before[BANDS] = {0};
    struct bank bank;
    bank_init(&bank);
    for (long k = 0; e && k < n; k++) {
        double power[BANDS] = {0};
        sound_get(s, k * HOP, block, HOP);
        for (int i = 0; i < HOP; i++)
            bank_add(&bank, block[2 * i] + block[2 * i + 1], power);
        for (int i = 0; i < BANDS; i++) {
            double now = log(1e-6 + power[i] / HOP);
            if (k > 0 && now > before[i] + LEAST_RISE)
                e[k] += (float)fmin(now - before[i], 3);
            before[i] = before[i] > now ? 0.9 * before[i] + 0.1 * now : now; /* falls slowly */
        }
    }
    if (e)
        keep_peaks(e, n);
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

/* The best period close to this one. */
static double refine(const float *e, long n, double period)
{
    for (double step = period * 0.002; period > 0 && step > period * 1e-5; step /= 2) {
        double at = follows(e, n, period), less = follows(e, n, period - step),
               more = follows(e, n, period + step);
        period += more > at && more >= less ? step : less > at ? -step : 0;
    }
    return period;
}

static double tapped(const float *e, long n, double period)
{
    return follows(e, n, period) * liking(60.0 * HOPS_S / period);
}

/* The period with the best following, and how much better it is than the usual one: 1 = no better.
 * Sharp strokes may fall between two tempi that are tried while half of their tempo is hit. */
static double best_period(const float *e, long n, double *clear)
{
    double best = 0, score = 0, sum = 0;
    int tried = 0;
    for (double bpm = SLOW_BPM; bpm <= FAST_BPM; bpm *= 1.004, tried++) {
        double period = 60.0 * HOPS_S / bpm, now = follows(e, n, period);
        sum += now;
        if (now * liking(bpm) > score) {
            score = now * liking(bpm);
            best = period;
        }
    }
    best = refine(e, n, best);
    double half = refine(e, n, best / 2);
    if (half >= 60.0 * HOPS_S / FAST_BPM && tapped(e, n, half) > tapped(e, n, best))
        best = half;
    *clear = best > 0 ? follows(e, n, best) * tried / sum : 0;
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
    *from = s->frames;
    *to = 0;
    for (long at = 0; at < s->frames; at += HOP) {
        if (!sound_is_loud(s, at, HOP, QUIET))
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
              const struct sound_room *room, whelk_error *err)
{
    struct sound music;
    if (!sound_read(path, (struct sound_range){.seconds = MOST_S}, &music, room, err))
        return false;
    long want = lround(seconds * SOUND_RATE), to = 0;
    struct loop l = {0};
    bounds(&music, &l.from, &to);
    *told = (struct tune){.music_s = (double)(to - l.from) / SOUND_RATE};
    bool good = to > l.from || whelk_fail(err, WHELK_EFAIL, "%s: is silent", path);
    if (good && to - l.from < want)
        set_loop(&l, &music, to, bpm, told);
    good = good && sound_new(out, room->near, err);
    float block[2 * HOP];
    for (long at = 0; good && at < want; at += HOP) {
        long n = want - at < HOP ? want - at : HOP;
        for (long done = 0; done < n;)
            done += get_looped(&music, &l, at + done, block + 2 * done, n - done);
        sound_fade(block, at, n, want, 0.01, seconds > 4 ? FALL_S : seconds / 4);
        sound_put(out, block, n);
        good = edit_goes_on(room->listen, err);
        if (!good)
            sound_release(out);
    }
    good = good && sound_end(out, err);
    sound_release(&music);
    return good;
}
