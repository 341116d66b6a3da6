/* The melody: two motifs that return, led by step from chord to chord, with its highest note at two
 * thirds of the piece and its last on the tonic. */
#include <math.h>
#include <stdlib.h>

#include "compose.h"

static const signed char shapes[][MOTIF_NOTES] = {
    {0, 1, 2, 1, 0, -1, 0, 1}, {0, 2, 1, 0, 1, 2, 4, 2},   {0, -1, 0, 1, 2, 4, 2, 0},
    {0, 2, 4, 2, 1, 0, 1, 0},  {0, 1, -1, 0, 2, 1, 0, -1}, {2, 1, 0, 1, 2, 2, 0, 1},
    {4, 2, 1, 0, 1, 2, 1, 0},  {0, 0, 1, 2, 1, 0, -1, -2},
};

/* How far the melody's anchor lies from home in the bars of a phrase: it climbs, then comes back.
 */
static const signed char arc[4] = {0, 1, 3, 1};

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
    compose_put(w, ROLE_LEAD, tick, (long)eighths * EIGHTH, key, compose_shade(w, bar, velocity));
    /* the double joins in the second half, an octave away */
    if (bar * 2 >= w->piece->meter.bar_count && bar < w->piece->meter.bar_count - 1)
        compose_put(w, ROLE_DOUBLE, tick, (long)eighths * EIGHTH,
                    w->piece->beat == BEAT_TAIKO ? key - 12 : key + 12,
                    compose_shade(w, bar, velocity - 14));
    w->lead_key = key;
}

/* The melody rises over the piece to its highest at two thirds, as far as a third above home, and
 * comes down again. */
static int lift(const struct writer *w, int bar)
{
    double far = w->piece->meter.bar_count > 1 ? (double)bar / (w->piece->meter.bar_count - 1) : 0;
    double up = far < 0.66 ? far / 0.66 : (1 - far) / 0.34;
    return w->piece->meter.bar_count >= 6 ? (int)lround(3.4 * up - 1.2) : 0;
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
    const struct score_bar *b = &w->piece->meter.bars[bar];
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

/* The bars of a phrase: statement, statement moved, answer, rest; the first bar of a longer piece
 * is left to the accompaniment. */
void melody_write(struct writer *w)
{
    int bars = w->piece->meter.bar_count, from = bars >= 5 ? 1 : 0;
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
    const struct score_bar *last = &w->piece->meter.bars[bars - 1];
    compose_put(w, ROLE_LEAD, last->tick, compose_held_ticks(last), key,
                compose_shade(w, bars - 1, w->piece->mood->lead_velocity));
}

void melody_pick_motifs(struct writer *w)
{
    const struct score_mood *m = w->piece->mood;
    unsigned count = sizeof shapes / sizeof shapes[0];
    unsigned a = dice_roll(&w->dice, 4), sa = dice_roll(&w->dice, count);
    w->motifs[0] = (struct motif){.rhythm = m->rhythms[a], .shape = shapes[sa]};
    w->motifs[1] =
        (struct motif){.rhythm = m->rhythms[(a + 1 + dice_roll(&w->dice, 3)) % 4],
                       .shape = shapes[(sa + 1 + dice_roll(&w->dice, count - 1)) % count]};
}
