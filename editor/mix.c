/* Several sounds as one: added up block by block, measured, brought to level by a gain and a
 * limiter that looks ahead, and written part by part. The limiter's gain is kept for steps of a
 * third of a millisecond, so ten minutes of it are seven megabytes. */
#include "sound.h"

#include <ebur128.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP 16                        /* frames; divides SOUND_BLOCK */
#define LOOK (SOUND_RATE / 200 / STEP) /* steps: it falls within 5 ms before a peak */
#define RISE_S 0.12                    /* and rises again in about this */
#define ROUNDS 6 /* gain and limiting in turn: limiting takes away a little loudness */

struct master {
    const struct mix *mix;
    long steps;
    float *peaks; /* of the mix at gain 1, one a step */
    float *nodes; /* the limiter's gain at the bounds of the steps: steps + 1 */
    double gain;
};

/* --- Adding up ------------------------------------------------------------------------------- */

static void add_part(const struct mix_part *p, long at, float *sum, long frames)
{
    float own[2 * SOUND_BLOCK];
    if (at + frames <= p->at || at >= p->at + p->sound.frames)
        return;
    sound_get(&p->sound, at - p->at, own, frames);
    double rate = SOUND_RATE;
    int next = 0;
    for (long i = 0; i < frames; i++) {
        double g =
            p->gain * sound_key_gain(p->keys, p->key_count, (double)(at - p->at + i) / rate, &next);
        sum[2 * i] += (float)(own[2 * i] * g);
        sum[2 * i + 1] += (float)(own[2 * i + 1] * g);
    }
}

void mix_block(const struct mix *mix, long at, float *samples, long frames)
{
    memset(samples, 0, (size_t)frames * 2 * sizeof *samples);
    for (int i = 0; i < mix->count; i++)
        add_part(&mix->parts[i], at, samples, frames);
}

/* The gain of the master at frame `at` of the mix. */
static double gain_at(const struct master *m, long at)
{
    long k = at / STEP;
    double t = (double)(at % STEP) / STEP;
    return m->gain * (m->nodes[k] + (m->nodes[k + 1] - m->nodes[k]) * t);
}

static void apply(const struct master *m, long at, float *samples, long frames)
{
    for (long i = 0; i < frames; i++) {
        double g = gain_at(m, at + i);
        samples[2 * i] = (float)(samples[2 * i] * g);
        samples[2 * i + 1] = (float)(samples[2 * i + 1] * g);
    }
}

/* --- Measuring -------------------------------------------------------------------------------- */

static bool read_level(ebur128_state *st, struct sound_level *level)
{
    double left = 0, right = 0;
    bool good = ebur128_loudness_global(st, &level->lufs) == EBUR128_SUCCESS &&
                ebur128_true_peak(st, 0, &left) == EBUR128_SUCCESS &&
                ebur128_true_peak(st, 1, &right) == EBUR128_SUCCESS;
    double peak = left > right ? left : right;
    level->dbtp = peak > 0 ? 20 * log10(peak) : -HUGE_VAL;
    return good;
}

static void note_peaks(struct master *m, long at, const float *samples, long frames)
{
    for (long i = 0; i < frames; i++) {
        double l = fabs(samples[2 * i]), r = fabs(samples[2 * i + 1]), p = l > r ? l : r;
        float *peak = &m->peaks[(at + i) / STEP];
        if (p > *peak)
            *peak = (float)p;
    }
}

static bool no_memory(whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL, "out of memory for the sound's loudness");
}

/* The level of the mix through the master; the first time its peaks are noted too. */
static bool measure(struct master *m, bool first, struct sound_level *level, whelk_error *err)
{
    ebur128_state *st = ebur128_init(2, SOUND_RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
    if (!st)
        return no_memory(err);
    float block[2 * SOUND_BLOCK];
    bool good = true;
    for (long at = 0; good && at < m->mix->frames; at += SOUND_BLOCK) {
        long n = m->mix->frames - at < SOUND_BLOCK ? m->mix->frames - at : SOUND_BLOCK;
        mix_block(m->mix, at, block, n);
        if (first)
            note_peaks(m, at, block, n);
        else
            apply(m, at, block, n);
        if (ebur128_add_frames_float(st, block, (size_t)n) != EBUR128_SUCCESS)
            good = no_memory(err);
        good = good && edit_goes_on(m->mix->listen, err);
    }
    if (good && !read_level(st, level))
        good = no_memory(err);
    ebur128_destroy(&st);
    return good;
}

bool sound_measure(const struct sound *s, struct sound_level *level, const whelk_listener *listen,
                   whelk_error *err)
{
    struct mix_part part = {.sound = *s, .gain = 1};
    struct mix mix = {.parts = &part, .count = 1, .frames = s->frames, .listen = listen};
    struct master m = {.mix = &mix, .gain = 1};
    m.steps = s->frames / STEP + 1;
    m.peaks = calloc((size_t)m.steps, sizeof *m.peaks);
    bool good = m.peaks ? measure(&m, true, level, err) : no_memory(err);
    free(m.peaks);
    return good;
}

/* --- The limiter ------------------------------------------------------------------------------ */

/* The gain each step may have so that it stays under `ceiling`: falls as a straight line before a
 * peak, rises as an exponential after it. Between two nodes it is a straight line, and a node is no
 * higher than the steps on both its sides allow. */
static void limit(struct master *m, double ceiling)
{
    float *need = m->nodes;
    for (long k = 0; k < m->steps; k++) {
        double p = m->peaks[k] * m->gain;
        need[k] = p > ceiling ? (float)(ceiling / p) : 1;
    }
    for (long k = m->steps - 2; k >= 0; k--) {
        float before = need[k + 1] + 1.0f / LOOK;
        if (need[k] > before)
            need[k] = before;
    }
    double now = 1, rise = 1 - exp(-STEP / (RISE_S * SOUND_RATE));
    for (long k = 0; k < m->steps; k++) {
        now += (1 - now) * rise;
        if (now > need[k])
            now = need[k];
        need[k] = (float)now;
    }
    need[m->steps] = need[m->steps - 1];
    for (long k = m->steps - 1; k > 0; k--) {
        if (need[k] > need[k - 1])
            need[k] = need[k - 1];
    }
}

static bool find_level(struct master *m, double lufs, double dbtp, struct sound_level *level,
                       whelk_error *err)
{
    if (!measure(m, true, level, err))
        return false;
    double margin =
        0; /* true peaks lie between samples: keep the samples lower by what was found */
    for (int i = 0; i < ROUNDS && isfinite(level->lufs); i++) {
        m->gain *= pow(10, (lufs - level->lufs) / 20);
        limit(m, pow(10, (dbtp - margin) / 20));
        if (!measure(m, false, level, err))
            return false;
        if (level->dbtp > dbtp)
            margin += level->dbtp - dbtp + 0.02;
        else if (fabs(level->lufs - lufs) < 0.05)
            break;
    }
    return true;
}

/* --- Writing ---------------------------------------------------------------------------------- */

static bool write_part(const struct master *m, const struct mix_part *p, whelk_error *err)
{
    struct wav w;
    bool good = true;
    if (!wav_new(&w, p->path, p->sound.frames, err))
        return false;
    float block[2 * SOUND_BLOCK];
    for (long at = 0; good && at < p->sound.frames; at += SOUND_BLOCK) {
        long n = p->sound.frames - at < SOUND_BLOCK ? p->sound.frames - at : SOUND_BLOCK;
        sound_get(&p->sound, at, block, n);
        for (long i = 0; i < 2 * n; i++)
            block[i] = (float)(block[i] * p->gain);
        apply(m, p->at + at, block, n);
        wav_put(&w, block, n);
        good = edit_goes_on(m->mix->listen, err);
    }
    return wav_end(&w, good, err);
}

bool mix_write(const struct mix *mix, double lufs, double dbtp, struct sound_level *got,
               whelk_error *err)
{
    struct master m = {.mix = mix, .gain = 1};
    long frames = mix->frames;
    for (int i = 0; i < mix->count; i++) { /* a part may reach past the end of the mix */
        long end = mix->parts[i].at + mix->parts[i].sound.frames;
        frames = end > frames ? end : frames;
    }
    m.steps = frames / STEP + 1;
    m.peaks = calloc((size_t)m.steps, sizeof *m.peaks);
    m.nodes = calloc((size_t)m.steps + 1, sizeof *m.nodes);
    for (long k = 0; m.nodes && k <= m.steps; k++)
        m.nodes[k] = 1;
    struct sound_level level;
    bool good = m.peaks && m.nodes ? find_level(&m, lufs, dbtp, &level, err) : no_memory(err);
    for (int i = 0; good && i < mix->count; i++)
        good = write_part(&m, &mix->parts[i], err);
    free(m.peaks);
    free(m.nodes);
    if (good && got)
        *got = level;
    return good;
}
