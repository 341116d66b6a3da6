/* Writes the notes: harmony bar by bar towards a cadence, the melody over it (melody.c), an
 * accompaniment in the mood's figure, a small mark on each cut, and a last bar on the tonic that
 * rings out. */
#include "compose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int score_channel(int role)
{
    return role == ROLE_DRUMS ? 9 : role;
}

/* ---- notes ---- */

void compose_put(struct writer *w, int role, long tick, long ticks, int key, int velocity)
{
    struct score_piece *p = w->piece;
    if (p->failed || key < 12 || key > 119 || ticks <= 0 || tick >= p->meter.ticks)
        return;
    if (p->note_count == p->note_room) {
        size_t room = p->note_room ? p->note_room * 2 : 512;
        struct score_note *more = realloc(p->notes, room * sizeof *more);
        if (!more) {
            p->failed = true;
            return;
        }
        p->notes = more;
        p->note_room = room;
    }
    /* a hand is never quite on the beat nor equally strong */
    long late =
        role == ROLE_DRUMS || role == ROLE_BASS ? dice_roll(&w->dice, 5) : dice_roll(&w->dice, 9);
    int v = velocity + (int)dice_roll(&w->dice, 9) - 4;
    long end = tick + ticks < p->meter.ticks ? tick + ticks : p->meter.ticks;
    p->notes[p->note_count++] = (struct score_note){.tick = tick + late,
                                                    .ticks = end - tick > 20 ? end - tick - 10 : 10,
                                                    .role = (unsigned char)role,
                                                    .key = (unsigned char)key,
                                                    .velocity = (unsigned char)(v < 1     ? 1
                                                                                : v > 127 ? 127
                                                                                          : v)};
}

static int by_tick(const void *a, const void *b)
{
    const struct score_note *x = a, *y = b;
    if (x->tick != y->tick)
        return x->tick < y->tick ? -1 : 1;
    if (x->role != y->role)
        return x->role - y->role;
    return x->key != y->key ? x->key - y->key : x->velocity - y->velocity;
}

static const struct score_bar *bar_at(const struct writer *w, int bar)
{
    return &w->piece->meter.bars[bar];
}

static int bar_count(const struct writer *w)
{
    return w->piece->meter.bar_count;
}

int compose_shade(const struct writer *w, int bar, int velocity)
{
    double far = bar_count(w) > 1 ? (double)bar / (bar_count(w) - 1) : 1;
    return (int)(velocity * (0.88 + 0.16 * far));
}

/* ---- harmony ---- */

/* The n-th word of a progression. */
static struct chord word_chord(const char *words, int n)
{
    while (n-- > 0) {
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
    return chord_parse(words, strcspn(words, " "));
}

/* Four-bar progressions in turn, each phrase on the first or another one; then the cadence and the
 * tonic. */
static void write_harmony(struct writer *w)
{
    const struct score_mood *m = w->piece->mood;
    int bars = bar_count(w), first = (int)dice_roll(&w->dice, 4),
        other = (int)dice_roll(&w->dice, 4);
    for (int i = 0; i < bars; i++) {
        const char *words = m->progressions[(i / 4) % 2 ? other : first];
        w->chords[i] = word_chord(words, i % 4);
    }
    if (bars >= 2)
        w->chords[bars - 2] = word_chord(m->cadence, 0);
    w->chords[0] = bars == 2 ? w->chords[0] : word_chord(m->progressions[first], 0);
    w->chords[bars - 1] = chord_parse(strcmp(m->scale, "major") == 0 ? "Iadd9" : "i",
                                      strcmp(m->scale, "major") == 0 ? 5 : 1);
}

long compose_held_ticks(const struct score_bar *last)
{
    return (long)last->beats * SCORE_PPQ * 2 / 3;
}

/* ---- accompaniment ---- */

/* A note of the accompaniment; it does not ring on into the next bar's chord. */
static void put_comp(struct writer *w, int bar, long tick, long ticks, int key, int velocity)
{
    const struct score_bar *b = bar_at(w, bar);
    long end = b->tick + (long)b->beats * SCORE_PPQ;
    compose_put(w, ROLE_COMP, tick, tick + ticks < end ? ticks : end - tick, key, velocity);
}

static void comp_arpeggio(struct writer *w, int bar, const int *keys, int n)
{
    static const int order[8] = {0, 2, 4, 5, 6, 5, 4, 2};
    const struct score_bar *b = bar_at(w, bar);
    int v = w->piece->mood->comp_velocity;
    for (int e = 0; e < b->beats * 2; e++) {
        int step = order[e % 8] * n / 3, octave = step / n;
        put_comp(w, bar, b->tick + (long)e * EIGHTH, EIGHTH * 3, keys[step % n] - 12 + 12 * octave,
                 compose_shade(w, bar, e % 4 == 0 ? v + 6 : v - 4));
    }
}

static void comp_broken(struct writer *w, int bar, const int *keys, int n)
{
    static const int order[4] = {0, 2, 1, 2};
    const struct score_bar *b = bar_at(w, bar);
    int v = w->piece->mood->comp_velocity;
    for (int e = 0; e < b->beats * 2; e++)
        put_comp(w, bar, b->tick + (long)e * EIGHTH, EIGHTH * 2,
                 keys[order[e % 4] % n] + (e % 8 == 7 ? 12 : 0),
                 compose_shade(w, bar, e % 4 == 0 ? v + 6 : v - 5));
}

static void comp_offbeat(struct writer *w, int bar, const int *keys, int n)
{
    const struct score_bar *b = bar_at(w, bar);
    int v = w->piece->mood->comp_velocity;
    for (int beat = 0; beat < b->beats; beat++) {
        for (int k = 0; k < n && k < 3; k++)
            put_comp(w, bar, b->tick + (long)beat * SCORE_PPQ + EIGHTH, EIGHTH / 2, keys[k],
                     compose_shade(w, bar, v - 4 * k));
        if (beat % 4 == 3)
            put_comp(w, bar, b->tick + (long)beat * SCORE_PPQ, EIGHTH / 2, keys[n - 1],
                     compose_shade(w, bar, v - 8));
    }
}

static void strum(struct writer *w, int bar, long tick, long ticks, const int *keys, int n,
                  bool down, int velocity)
{
    for (int k = 0; k < n; k++)
        put_comp(w, bar, tick + 9L * (down ? k : n - 1 - k), ticks, keys[k],
                 compose_shade(w, bar, velocity));
}

static void comp_strum(struct writer *w, int bar, const int *keys, int n)
{
    static const signed char stroke[8] = {2, 0, 1, -1, 0, -1, 1, -1}; /* 2, 1 down, -1 up, 0 none */
    const struct score_bar *b = bar_at(w, bar);
    int v = w->piece->mood->comp_velocity;
    for (int e = 0; e < b->beats * 2; e++) {
        int s = stroke[e % 8];
        if (s)
            strum(w, bar, b->tick + (long)e * EIGHTH, EIGHTH * 2, keys, n, s > 0,
                  s == 2  ? v + 8
                  : s > 0 ? v
                          : v - 12);
    }
}

static void comp_ostinato(struct writer *w, int bar, const int *keys, int n)
{
    static const int order[8] = {0, 0, 2, 0, 1, 0, 2, 1};
    const struct score_bar *b = bar_at(w, bar);
    int v = w->piece->mood->comp_velocity;
    for (int e = 0; e < b->beats * 2; e++)
        put_comp(w, bar, b->tick + (long)e * EIGHTH, EIGHTH * 4 / 5, keys[order[e % 8] % n],
                 compose_shade(w, bar,
                               e % 8 == 0 ? v + 14
                               : e % 2    ? v - 8
                                          : v));
}

static void write_comp(struct writer *w, int bar)
{
    int keys[4], low = w->piece->mood->comp == COMP_OSTINATO ? 50 : 55;
    int n = chord_voice(&w->chords[bar], w->piece->tonic, low, keys);
    switch (w->piece->mood->comp) {
    case COMP_ARPEGGIO:
        comp_arpeggio(w, bar, keys, n);
        break;
    case COMP_OFFBEAT:
        comp_offbeat(w, bar, keys, n);
        break;
    case COMP_STRUM:
        comp_strum(w, bar, keys, n);
        break;
    case COMP_OSTINATO:
        comp_ostinato(w, bar, keys, n);
        break;
    case COMP_BROKEN:
        comp_broken(w, bar, keys, n);
        break;
    }
}

static void write_pad(struct writer *w, int bar)
{
    const struct score_bar *b = bar_at(w, bar);
    int keys[4], n = chord_voice(&w->chords[bar], w->piece->tonic, 54, keys);
    for (int k = 0; k < n; k++)
        compose_put(w, ROLE_PAD, b->tick, (long)b->beats * SCORE_PPQ, keys[k],
                    compose_shade(w, bar, 58));
}

static int bass_key(const struct writer *w, int bar)
{
    int key = (w->piece->tonic + w->chords[bar].bass) % 12 + 36;
    return key > 44 ? key - 12 : key;
}

static void write_bass(struct writer *w, int bar)
{
    const struct score_bar *b = bar_at(w, bar);
    int root = bass_key(w, bar), beats = b->beats;
    switch (w->piece->mood->bass) {
    case BASS_LONG:
        compose_put(w, ROLE_BASS, b->tick, (long)beats * SCORE_PPQ, root,
                    compose_shade(w, bar, 70));
        break;
    case BASS_HALVES:
        for (int i = 0; i < beats; i += 2)
            compose_put(w, ROLE_BASS, b->tick + (long)i * SCORE_PPQ, SCORE_PPQ * 3 / 2,
                        i % 4 ? root + 7 : root, compose_shade(w, bar, 72));
        break;
    case BASS_DRIVE:
        for (int i = 0; i < beats; i++)
            compose_put(w, ROLE_BASS, b->tick + (long)i * SCORE_PPQ, i ? SCORE_PPQ / 2 : SCORE_PPQ,
                        root, compose_shade(w, bar, i ? 78 : 94));
        break;
    case BASS_BOUNCE:
        for (int i = 0; i < beats; i += 2)
            compose_put(w, ROLE_BASS, b->tick + (long)i * SCORE_PPQ, SCORE_PPQ * 2 / 3,
                        i % 4 ? root + 7 - (root > 38 ? 12 : 0) : root,
                        compose_shade(w, bar, i ? 72 : 82));
        break;
    }
}

/* Keys of the General MIDI drum set. */
enum {
    KICK = 36,
    STICK = 37,
    CLAP = 39,
    LOW_TOM = 41,
    HAT = 42,
    MID_TOM = 47,
    CRASH = 49,
    TAMBOURINE = 54,
    SHAKER = 70,
    HIGH_BLOCK = 76,
    LOW_BLOCK = 77,
    TRIANGLE = 81,
    BELL_TREE = 84
};

static void hit(struct writer *w, int bar, int eighth, int key, int velocity)
{
    compose_put(w, ROLE_DRUMS, bar_at(w, bar)->tick + (long)eighth * EIGHTH, EIGHTH, key,
                compose_shade(w, bar, velocity));
}

static void write_beat(struct writer *w, int bar)
{
    int eighths = bar_at(w, bar)->beats * 2;
    for (int e = 0; e < eighths; e++) {
        switch (w->piece->beat) {
        case BEAT_NONE:
            break;
        case BEAT_LIGHT:
            hit(w, bar, e, SHAKER, e % 2 ? 40 : 56);
            if (e % 8 == 4 || e % 8 == 7)
                hit(w, bar, e, e % 8 == 4 ? HIGH_BLOCK : LOW_BLOCK, 58);
            break;
        case BEAT_TAIKO:
            if (e % 8 == 0 || e % 8 == 3 || e % 8 == 6)
                hit(w, bar, e, LOW_TOM, e % 8 ? 80 : 104);
            if (eighths - e <= 2)
                hit(w, bar, e, MID_TOM, 84);
            break;
        case BEAT_CLAP:
            hit(w, bar, e, TAMBOURINE, e % 2 ? 40 : 54);
            if (e % 4 == 0)
                hit(w, bar, e, KICK, 72);
            if (e % 4 == 2)
                hit(w, bar, e, CLAP, 64);
            break;
        case BEAT_BELLS:
            if (e == 0)
                hit(w, bar, e, TRIANGLE, 50);
            break;
        }
    }
}

/* ---- cuts and the end ---- */

/* A run up the chord into the cut, arriving on it. */
static void write_mark(struct writer *w, int bar)
{
    const struct score_bar *b = bar_at(w, bar);
    int keys[4], n = chord_voice(&w->chords[bar], w->piece->tonic, 67, keys);
    if (w->piece->beat == BEAT_TAIKO) {
        compose_put(w, ROLE_ACCENT, b->tick, SCORE_PPQ * 2, bass_key(w, bar) + 12, 100);
        hit(w, bar, 0, CRASH, 72);
        return;
    }
    enum { RUN = 5 };
    for (int i = 0; i < RUN; i++) {
        long tick = b->tick - (long)(RUN - i) * EIGHTH / 3;
        compose_put(w, ROLE_ACCENT, tick, EIGHTH, keys[i % n] - 12 + 12 * (i / n), 44 + 5 * i);
    }
    compose_put(w, ROLE_ACCENT, b->tick, SCORE_PPQ * 2, keys[n - 1] + 12, 78);
    if (w->piece->beat == BEAT_LIGHT || w->piece->beat == BEAT_BELLS)
        hit(w, bar, 0, TRIANGLE, 64);
}

static void write_end(struct writer *w)
{
    int bar = bar_count(w) - 1;
    const struct score_bar *b = bar_at(w, bar);
    const struct score_mood *m = w->piece->mood;
    long all = (long)b->beats * SCORE_PPQ;
    long held = compose_held_ticks(b);
    int keys[4], n = chord_voice(&w->chords[bar], w->piece->tonic, 54, keys);
    for (int k = 0; k < n; k++)
        compose_put(w, ROLE_PAD, b->tick, held, keys[k], compose_shade(w, bar, 62));
    long plucked = m->comp == COMP_OSTINATO ? held : all;
    strum(w, bar, b->tick, plucked, keys, n, true, m->comp_velocity + 8);
    compose_put(w, ROLE_COMP, b->tick, plucked, keys[0] - 12,
                compose_shade(w, bar, m->comp_velocity + 4));
    compose_put(w, ROLE_BASS, b->tick, m->bass == BASS_BOUNCE ? SCORE_PPQ : held, bass_key(w, bar),
                compose_shade(w, bar, 86));
    write_mark(w, bar);
    if (w->piece->beat == BEAT_TAIKO)
        hit(w, bar, 0, LOW_TOM, 112);
    if (w->piece->beat == BEAT_CLAP)
        hit(w, bar, 0, CRASH, 60);
}

static void write_all(struct writer *w)
{
    write_harmony(w);
    melody_write(w);
    int bars = bar_count(w);
    for (int i = 0; i < bars - 1; i++) {
        bool marked = i > 0 && bar_at(w, i)->section != bar_at(w, i - 1)->section;
        write_comp(w, i);
        if (w->piece->mood->comp != COMP_OFFBEAT || i * 2 >= bars)
            write_pad(w, i);
        write_bass(w, i);
        if (i > 0 || bars < 4)
            write_beat(w, i);
        if (marked)
            write_mark(w, i);
    }
    write_end(w);
}

bool score_compose(struct score_piece *piece, const whelk_score *score, whelk_error *err)
{
    *piece = (struct score_piece){.mood = score_mood_find(score->mood)};
    if (!piece->mood)
        return whelk_fail(
            err, WHELK_EUSAGE,
            "there is no score mood \"%s\"; calm, playful, epic, tender, mysterious and "
            "joyful are there",
            score->mood);
    if (!(score->seconds > 0 && score->seconds <= 7200))
        return whelk_fail(err, WHELK_EUSAGE, "a score of %g s cannot be made", score->seconds);
    double tempo = score->tempo_bpm;
    if (tempo != 0 && !(tempo >= 30 && tempo <= 240))
        return whelk_fail(err, WHELK_EUSAGE,
                          "a tempo of %g cannot be played; 30 to 240 beats a minute can", tempo);
    if (!score_meter_init(&piece->meter, score->seconds, score->cut_s,
                          score->cut_s ? score->cut_count : 0,
                          tempo != 0 ? tempo : piece->mood->tempo_low,
                          tempo != 0 ? tempo : piece->mood->tempo_high))
        return whelk_fail(err, WHELK_EFAIL, "out of memory for the score");
    struct writer w = {
        .piece = piece, .dice = {score->seed ^ 0x5c0e}, .lead_key = piece->mood->lead_key};
    w.chords = calloc((size_t)piece->meter.bar_count, sizeof *w.chords);
    if (w.chords) {
        memcpy(piece->parts, piece->mood->parts, sizeof piece->parts);
        bool drums = score_orchestrate(piece->parts, score->instruments);
        piece->beat = drums && piece->mood->beat == BEAT_NONE ? BEAT_LIGHT : piece->mood->beat;
        piece->tonic = piece->mood->tonics[dice_roll(&w.dice, 4)];
        melody_pick_motifs(&w);
        write_all(&w);
        free(w.chords);
    }
    if (!w.chords || piece->failed) {
        score_piece_release(piece);
        return whelk_fail(err, WHELK_EFAIL, "out of memory for the score");
    }
    qsort(piece->notes, piece->note_count, sizeof *piece->notes, by_tick);
    return true;
}

void score_piece_release(struct score_piece *piece)
{
    score_meter_release(&piece->meter);
    free(piece->notes);
    *piece = (struct score_piece){0};
}
