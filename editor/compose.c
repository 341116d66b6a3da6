/* Writes the notes: harmony bar by bar towards a cadence, a melody from two motifs that return, an
 * accompaniment in the mood's figure, a small mark on each cut, and a last bar on the tonic that
 * rings out. */
#include "score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harmony.h"

#define EIGHTH (SCORE_PPQ / 2)
#define MOTIF_NOTES 8

struct motif {
    const signed char *rhythm; /* eighths, negative = rest, 0 = end */
    const signed char *shape;  /* steps above the bar's anchor */
};

struct writer {
    struct score_piece *piece;
    struct dice dice;
    struct chord *chords;   /* one a bar */
    struct motif motifs[2]; /* the statement and its answer */
    int lead_key;           /* last one sounded */
};

static const signed char shapes[][MOTIF_NOTES] = {
    {0, 1, 2, 1, 0, -1, 0, 1}, {0, 2, 1, 0, 1, 2, 4, 2},   {0, -1, 0, 1, 2, 4, 2, 0},
    {0, 2, 4, 2, 1, 0, 1, 0},  {0, 1, -1, 0, 2, 1, 0, -1}, {2, 1, 0, 1, 2, 2, 0, 1},
    {4, 2, 1, 0, 1, 2, 1, 0},  {0, 0, 1, 2, 1, 0, -1, -2},
};

/* How far the melody's anchor lies from home in the bars of a phrase: it climbs, then comes back.
 */
static const signed char arc[4] = {0, 1, 3, 1};

int score_channel(int role)
{
    return role == ROLE_DRUMS ? 9 : role;
}

/* ---- notes ---- */

static void put(struct writer *w, int role, long tick, long ticks, int key, int velocity)
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

static bool is_last(const struct writer *w, int bar)
{
    return bar == bar_count(w) - 1;
}

/* The piece swells from its first bar to the last but one. 0.88 .. 1.04 */
static int shade(const struct writer *w, int bar, int velocity)
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

/* ---- melody ---- */

static int scale_key(const int notes[7], int tonic, int degree)
{
    int octave = (int)floor(degree / 7.0);
    return tonic + 12 * octave + notes[degree - 7 * octave];
}

/* The chord tone nearest to a degree of the scale, as a degree. */
static int chord_degree(const struct chord *c, const int notes[7], int degree)
{
    for (int d = 0; d < 7; d++) {
        int up = degree + d, down = degree - d;
        if (chord_has(c, notes[((up % 7) + 7) % 7]))
            return up;
        if (chord_has(c, notes[((down % 7) + 7) % 7]))
            return down;
    }
    return degree;
}

/* The degree that lies nearest to a key. */
static int degree_of(const int notes[7], int tonic, int key)
{
    int best = 0;
    for (int d = 0; d < 77; d++) {
        if (abs(scale_key(notes, tonic, d) - key) < abs(scale_key(notes, tonic, best) - key))
            best = d;
    }
    return best;
}

static void sing(struct writer *w, int bar, long tick, int eighths, int key, int velocity)
{
    put(w, ROLE_LEAD, tick, (long)eighths * EIGHTH, key, shade(w, bar, velocity));
    /* the double joins in the second half, an octave away */
    if (bar * 2 >= bar_count(w) && !is_last(w, bar))
        put(w, ROLE_DOUBLE, tick, (long)eighths * EIGHTH,
            w->piece->beat == BEAT_TAIKO ? key - 12 : key + 12, shade(w, bar, velocity - 14));
    w->lead_key = key;
}

/* The melody rises over the piece to its highest at two thirds, as far as a third above home, and
 * comes down again. */
static int lift(const struct writer *w, int bar)
{
    double far = bar_count(w) > 1 ? (double)bar / (bar_count(w) - 1) : 0;
    double up = far < 0.66 ? far / 0.66 : (1 - far) / 0.34;
    return bar_count(w) >= 6 ? (int)lround(3.4 * up - 1.2) : 0;
}

struct tone {
    int at, length, degree, step; /* step: of the motif's shape, from the tone before */
    bool strong;
};

/* The rhythm of a motif in a bar; returns how many tones. */
static int set_tones(struct tone *tones, const struct motif *motif, int room)
{
    int at = 0, count = 0;
    for (int i = 0; i < MOTIF_NOTES && motif->rhythm[i] && at < room; i++) {
        int length = abs(motif->rhythm[i]);
        if (at + length > room || !motif->rhythm[i + 1])
            length = room - at;
        if (motif->rhythm[i] > 0) {
            int step = count > 0 ? motif->shape[count] - motif->shape[count - 1] : motif->shape[0];
            tones[count++] = (struct tone){
                .at = at, .length = length, .step = step, .strong = at % 4 == 0 || length >= 3};
        }
        at += length;
    }
    return count;
}

/* The chord tone a bar begins with: near where the phrase wants to be, and near where the melody
 * is. */
static int first_degree(const struct chord *c, const int notes[7], int want, int now)
{
    int best = 0;
    for (int d = -3, least = 1 << 20; d <= 3; d++) {
        int degree = chord_degree(c, notes, want + d);
        int cost = 2 * abs(degree - want) + 3 * abs(degree - now) + (degree == now ? 2 : 0);
        if (cost < least) {
            least = cost;
            best = degree;
        }
    }
    return best;
}

/* Strong tones are of the chord and follow the motif's shape; weak ones lead from one to the next
 * by step, or leave a tone and come back to it. */
static void set_degrees(struct tone *t, int count, const struct chord *c, const int notes[7],
                        int want, int now)
{
    int last = first_degree(c, notes, want, now);
    t[0].degree = last;
    for (int i = 1; i < count; i++) {
        if (!t[i].strong)
            continue;
        int by = 0;
        for (int k = i; k > 0 && (k == i || !t[k].strong); k--)
            by += t[k].step;
        t[i].degree = last = chord_degree(c, notes, last + (by > 4 ? 4 : by < -4 ? -4 : by));
    }
    for (int i = 1; i < count; i++) {
        if (t[i].strong)
            continue;
        int next = i + 1;
        while (next < count && !t[next].strong)
            next++;
        int from = t[i - 1].degree, way = next < count ? t[next].degree - from : t[i].step;
        if (next < count && abs(way) >= 2)
            t[i].degree = from + (int)lround((double)way / (next - i + 1));
        else if (way == 0)
            t[i].degree = from + (t[i].step < 0 ? -1 : 1);
        else
            t[i].degree = next < count ? from : from + (way < 0 ? -1 : 1);
    }
}

static void sing_motif(struct writer *w, int bar, const struct motif *motif, bool towards_end)
{
    const struct score_bar *b = bar_at(w, bar);
    const struct score_mood *m = w->piece->mood;
    int notes[7], tonic = w->piece->tonic;
    chord_scale(&w->chords[bar], m->scale, notes);
    int home = degree_of(notes, tonic, m->lead_key);
    struct tone tones[MOTIF_NOTES];
    int count = set_tones(tones, motif, b->beats * 2);
    if (count == 0)
        return;
    set_degrees(tones, count, &w->chords[bar], notes, home + arc[bar % 4] + lift(w, bar),
                degree_of(notes, tonic, w->lead_key));
    /* the bar before the end leads down to the tonic by step */
    if (towards_end && tones[count - 1].at + tones[count - 1].length >= b->beats * 2)
        tones[count - 1].degree = (home + 3) / 7 * 7 + 1;
    for (int i = 0; i < count; i++) {
        int accent = tones[i].at == 0 ? 8 : tones[i].at % 2 ? -7 : 0;
        sing(w, bar, b->tick + (long)tones[i].at * EIGHTH, tones[i].length,
             scale_key(notes, tonic, tones[i].degree), m->lead_velocity + accent);
    }
}

/* How long bowed and blown notes of the last bar sound: they let go so that the room rings to the
 * last frame. */
static long held_ticks(const struct score_bar *last)
{
    return (long)last->beats * SCORE_PPQ * 2 / 3;
}

/* The bars of a phrase: statement, statement moved, answer, rest; the first bar of a longer piece
 * is left to the accompaniment. */
static void write_melody(struct writer *w)
{
    int bars = bar_count(w), from = bars >= 5 ? 1 : 0;
    for (int i = from; i < bars - 1; i++) {
        int in_phrase = (i - from) % 4;
        bool towards_end = i == bars - 2;
        if (in_phrase == 3 && !towards_end) {
            struct motif held = {.rhythm = (const signed char[]){6, -2, 0},
                                 .shape = w->motifs[0].shape};
            sing_motif(w, i, &held, false);
        } else {
            sing_motif(w, i, &w->motifs[in_phrase == 2], towards_end);
        }
    }
    /* the last note: the tonic nearest to where the melody has come to */
    int key = w->piece->tonic;
    while (key < w->lead_key - 6)
        key += 12;
    const struct score_bar *last = bar_at(w, bars - 1);
    put(w, ROLE_LEAD, last->tick, held_ticks(last), key,
        shade(w, bars - 1, w->piece->mood->lead_velocity));
}

/* ---- accompaniment ---- */

/* A note of the accompaniment; it does not ring on into the next bar's chord. */
static void put_comp(struct writer *w, int bar, long tick, long ticks, int key, int velocity)
{
    const struct score_bar *b = bar_at(w, bar);
    long end = b->tick + (long)b->beats * SCORE_PPQ;
    put(w, ROLE_COMP, tick, tick + ticks < end ? ticks : end - tick, key, velocity);
}

static void comp_arpeggio(struct writer *w, int bar, const int *keys, int n)
{
    static const int order[8] = {0, 2, 4, 5, 6, 5, 4, 2};
    const struct score_bar *b = bar_at(w, bar);
    int v = w->piece->mood->comp_velocity;
    for (int e = 0; e < b->beats * 2; e++) {
        int step = order[e % 8] * n / 3, octave = step / n;
        put_comp(w, bar, b->tick + (long)e * EIGHTH, EIGHTH * 3, keys[step % n] - 12 + 12 * octave,
                 shade(w, bar, e % 4 == 0 ? v + 6 : v - 4));
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
                 shade(w, bar, e % 4 == 0 ? v + 6 : v - 5));
}

static void comp_offbeat(struct writer *w, int bar, const int *keys, int n)
{
    const struct score_bar *b = bar_at(w, bar);
    int v = w->piece->mood->comp_velocity;
    for (int beat = 0; beat < b->beats; beat++) {
        for (int k = 0; k < n && k < 3; k++)
            put_comp(w, bar, b->tick + (long)beat * SCORE_PPQ + EIGHTH, EIGHTH / 2, keys[k],
                     shade(w, bar, v - 4 * k));
        if (beat % 4 == 3)
            put_comp(w, bar, b->tick + (long)beat * SCORE_PPQ, EIGHTH / 2, keys[n - 1],
                     shade(w, bar, v - 8));
    }
}

static void strum(struct writer *w, int bar, long tick, long ticks, const int *keys, int n,
                  bool down, int velocity)
{
    for (int k = 0; k < n; k++)
        put_comp(w, bar, tick + 9L * (down ? k : n - 1 - k), ticks, keys[k],
                 shade(w, bar, velocity));
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
                 shade(w, bar,
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
        put(w, ROLE_PAD, b->tick, (long)b->beats * SCORE_PPQ, keys[k], shade(w, bar, 58));
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
        put(w, ROLE_BASS, b->tick, (long)beats * SCORE_PPQ, root, shade(w, bar, 70));
        break;
    case BASS_HALVES:
        for (int i = 0; i < beats; i += 2)
            put(w, ROLE_BASS, b->tick + (long)i * SCORE_PPQ, SCORE_PPQ * 3 / 2,
                i % 4 ? root + 7 : root, shade(w, bar, 72));
        break;
    case BASS_DRIVE:
        for (int i = 0; i < beats; i++)
            put(w, ROLE_BASS, b->tick + (long)i * SCORE_PPQ, i ? SCORE_PPQ / 2 : SCORE_PPQ, root,
                shade(w, bar, i ? 78 : 94));
        break;
    case BASS_BOUNCE:
        for (int i = 0; i < beats; i += 2)
            put(w, ROLE_BASS, b->tick + (long)i * SCORE_PPQ, SCORE_PPQ * 2 / 3,
                i % 4 ? root + 7 - (root > 38 ? 12 : 0) : root, shade(w, bar, i ? 72 : 82));
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
    put(w, ROLE_DRUMS, bar_at(w, bar)->tick + (long)eighth * EIGHTH, EIGHTH, key,
        shade(w, bar, velocity));
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
        put(w, ROLE_ACCENT, b->tick, SCORE_PPQ * 2, bass_key(w, bar) + 12, 100);
        hit(w, bar, 0, CRASH, 72);
        return;
    }
    enum { RUN = 5 };
    for (int i = 0; i < RUN; i++) {
        long tick = b->tick - (long)(RUN - i) * EIGHTH / 3;
        put(w, ROLE_ACCENT, tick, EIGHTH, keys[i % n] - 12 + 12 * (i / n), 44 + 5 * i);
    }
    put(w, ROLE_ACCENT, b->tick, SCORE_PPQ * 2, keys[n - 1] + 12, 78);
    if (w->piece->beat == BEAT_LIGHT || w->piece->beat == BEAT_BELLS)
        hit(w, bar, 0, TRIANGLE, 64);
}

static void write_end(struct writer *w)
{
    int bar = bar_count(w) - 1;
    const struct score_bar *b = bar_at(w, bar);
    const struct score_mood *m = w->piece->mood;
    long all = (long)b->beats * SCORE_PPQ;
    long held = held_ticks(b);
    int keys[4], n = chord_voice(&w->chords[bar], w->piece->tonic, 54, keys);
    for (int k = 0; k < n; k++)
        put(w, ROLE_PAD, b->tick, held, keys[k], shade(w, bar, 62));
    long plucked = m->comp == COMP_OSTINATO ? held : all;
    strum(w, bar, b->tick, plucked, keys, n, true, m->comp_velocity + 8);
    put(w, ROLE_COMP, b->tick, plucked, keys[0] - 12, shade(w, bar, m->comp_velocity + 4));
    put(w, ROLE_BASS, b->tick, m->bass == BASS_BOUNCE ? SCORE_PPQ : held, bass_key(w, bar),
        shade(w, bar, 86));
    write_mark(w, bar);
    if (w->piece->beat == BEAT_TAIKO)
        hit(w, bar, 0, LOW_TOM, 112);
    if (w->piece->beat == BEAT_CLAP)
        hit(w, bar, 0, CRASH, 60);
}

static void write_all(struct writer *w)
{
    write_harmony(w);
    write_melody(w);
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

static void pick_motifs(struct writer *w)
{
    const struct score_mood *m = w->piece->mood;
    unsigned count = sizeof shapes / sizeof shapes[0];
    unsigned a = dice_roll(&w->dice, 4), sa = dice_roll(&w->dice, count);
    w->motifs[0] = (struct motif){.rhythm = m->rhythms[a], .shape = shapes[sa]};
    w->motifs[1] =
        (struct motif){.rhythm = m->rhythms[(a + 1 + dice_roll(&w->dice, 3)) % 4],
                       .shape = shapes[(sa + 1 + dice_roll(&w->dice, count - 1)) % count]};
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
        pick_motifs(&w);
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
