/* The composer: bars on the cuts, an end on the tonic, the same bytes every time, every mood
 * playable. No soundfont needed. */
#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../editor/editor.h"
#include "../../editor/score.h"
#include "../../pipeline/base/file.h"

static const double cuts[] = {2.5, 5.2, 7.9};

static whelk_score ask(const char *mood, uint64_t seed)
{
    return (whelk_score){
        .mood = mood, .seconds = 10.6, .cut_s = cuts, .cut_count = 3, .seed = seed};
}

static bool bar_begins_at(const struct score_meter *m, double seconds)
{
    for (int i = 0; i < m->bar_count; i++) {
        if (fabs(score_meter_seconds(m, m->bars[i].tick) - seconds) < 0.001)
            return true;
    }
    return false;
}

static void test_bars_on_cuts(const char *mood)
{
    struct score_piece p;
    whelk_score s = ask(mood, 1);
    if (!ok(score_compose(&p, &s, NULL), "%s is composed", mood))
        return;
    int met = 0;
    for (int i = 0; i < 3; i++)
        met += bar_begins_at(&p.meter, cuts[i]);
    is_int(met, p.meter.cuts_met, "%s: as many bar lines on cuts as it says", mood);
    ok(met >= 2, "%s: bar lines on %d of 3 cuts", mood, met);
    bool within = true;
    for (int i = 0; i < p.meter.section_count; i++)
        within = within && p.meter.sections[i].bpm > p.mood->tempo_low * 0.94 &&
                 p.meter.sections[i].bpm < p.mood->tempo_high * 1.06;
    ok(within, "%s: no section leaves the mood's tempo by more than 6 %%", mood);
    is_near(score_meter_seconds(&p.meter, p.meter.ticks), 10.6, 1e-6,
            "%s: the last beat ends with the film", mood);
    score_piece_release(&p);
}

/* Two parts 5 % longer and two 5 % shorter than five beats: no cut is passed by for a rounder bar. */
static void test_hard_cuts(void)
{
    static const double hard[] = {2.625, 5.25, 7.625};
    struct score_piece p;
    whelk_score s = {.mood = "playful",
                     .tempo_bpm = 120,
                     .seconds = 10,
                     .cut_s = hard,
                     .cut_count = 3,
                     .seed = 1};
    if (!ok(score_compose(&p, &s, NULL), "a score for cuts beside the beat is composed"))
        return;
    for (int i = 0; i < 3; i++)
        ok(bar_begins_at(&p.meter, hard[i]), "a bar begins on the cut at %g s", hard[i]);
    score_piece_release(&p);
}

static void test_end(const char *mood)
{
    struct score_piece p;
    whelk_score s = ask(mood, 2);
    if (!score_compose(&p, &s, NULL))
        return;
    long last_bar = p.meter.bars[p.meter.bar_count - 1].tick;
    int lead = -1, bass = -1;
    bool inside = true;
    for (size_t i = 0; i < p.note_count; i++) {
        const struct score_note *n = &p.notes[i];
        inside = inside && n->tick >= 0 && n->tick + n->ticks <= p.meter.ticks + 20;
        if (n->tick >= last_bar && n->role == ROLE_LEAD)
            lead = n->key % 12;
        if (n->tick >= last_bar && n->role == ROLE_BASS)
            bass = n->key % 12;
    }
    is_int(lead, p.tonic, "%s: the melody ends on the tonic", mood);
    is_int(bass, p.tonic, "%s: so does the bass", mood);
    ok(inside, "%s: no note sounds past the end", mood);
    double ring = p.meter.seconds - score_meter_seconds(&p.meter, last_bar);
    ok(ring > 1.2, "%s: the last chord rings for %.1f s", mood, ring);
    score_piece_release(&p);
}

static bool midi_of(const char *mood, uint64_t seed, unsigned char **data, size_t *size)
{
    struct score_piece p;
    whelk_score s = ask(mood, seed);
    if (!score_compose(&p, &s, NULL))
        return false;
    bool good = score_midi(&p, data, size);
    score_piece_release(&p);
    return good;
}

static void test_deterministic(void)
{
    unsigned char *a = NULL, *b = NULL, *c = NULL;
    size_t na = 0, nb = 0, nc = 0;
    ok(midi_of("playful", 7, &a, &na) && midi_of("playful", 7, &b, &nb) &&
           midi_of("playful", 8, &c, &nc),
       "three scores");
    ok(na == nb && memcmp(a, b, na) == 0, "the same seed gives the same bytes");
    ok(na != nc || memcmp(a, c, na) != 0, "another seed gives another piece");
    ok(na > 22 && memcmp(a, "MThd\0\0\0\6\0\1", 10) == 0 && memcmp(a + 14, "MTrk", 4) == 0,
       "a Standard MIDI File, format 1");
    size_t tracks = 0, at = 14;
    while (at + 8 <= na) {
        tracks++;
        at += 8 + ((size_t)a[at + 4] << 24 | (size_t)a[at + 5] << 16 | (size_t)a[at + 6] << 8 |
                   a[at + 7]);
    }
    is_int(at, na, "the tracks fill the file exactly");
    is_int(tracks, a[10] << 8 | a[11], "and are as many as the header says");
    free(a);
    free(b);
    free(c);
}

static void test_odd_requests(void)
{
    whelk_error err = {0};
    struct score_piece p;
    whelk_score s = ask("gloomy", 1);
    ok(!score_compose(&p, &s, &err), "a mood there is not is refused");
    is_int(err.code, WHELK_EUSAGE, "as a usage error");
    has_text(err.text, "mysterious", "naming the moods there are");
    s = (whelk_score){.seconds = 0.8};
    ok(score_compose(&p, &s, NULL), "a film of 0.8 s has a score");
    is_near(score_meter_seconds(&p.meter, p.meter.ticks), 0.8, 1e-6, "of 0.8 s");
    score_piece_release(&p);
    s = (whelk_score){.mood = "epic", .seconds = 600};
    ok(score_compose(&p, &s, NULL), "a film of ten minutes has a score");
    ok(p.note_count > 2000, "of %zu notes", p.note_count);
    score_piece_release(&p);
    s = ask("calm", 1);
    s.instruments = "music box, strings; kazoo";
    ok(score_compose(&p, &s, NULL), "named instruments");
    is_int(p.parts[ROLE_LEAD].program, 10, "the first plays the melody");
    is_int(p.parts[ROLE_COMP].program, 48, "the second accompanies");
    score_piece_release(&p);
}

static void plays(const char *instruments, int role, int program, const char *what)
{
    struct score_piece p;
    whelk_score s = ask("calm", 1);
    s.instruments = instruments;
    if (ok(score_compose(&p, &s, NULL), "\"%s\"", instruments))
        is_int(p.parts[role].program, program, "%s", what);
    score_piece_release(&p);
}

static void test_instruments(void)
{
    plays("Acoustic Guitar (nylon)", ROLE_LEAD, 24, "a name of General MIDI with brackets");
    plays("string ensemble 2; FX 3 (crystal)", ROLE_COMP, 98, "one with a number");
    plays("three solo Violins", ROLE_LEAD, 40, "an everyday plural behind other words");
    plays("flute, double bass, piano", ROLE_BASS, 43, "a bass goes to the bass");
    plays("flute, double bass, piano", ROLE_COMP, 0, "and takes nobody's place");
    plays("kazoo, oboe", ROLE_LEAD, 68, "an unknown one is passed over");
    char *unknown = score_unknown_instruments("kazoo, oboe / vuvuzela");
    is_str(unknown, "\"kazoo\", \"vuvuzela\"", "unknown ones are told");
    free(unknown);
    ok(!score_unknown_instruments("oboe, Drums") && !score_unknown_instruments(NULL),
       "and only those");
    struct score_piece p;
    whelk_score s = ask("calm", 1);
    int hits[2] = {0};
    for (int i = 0; i < 2; i++) {
        s.instruments = i ? "piano, percussion" : "piano";
        if (!score_compose(&p, &s, NULL))
            continue;
        for (size_t k = 0; k < p.note_count; k++)
            hits[i] += p.notes[k].role == ROLE_DRUMS;
        score_piece_release(&p);
    }
    ok(hits[0] == 0 && hits[1] >= 8, "drums asked for are heard in a calm piece (%d)", hits[1]);
}

/* What was written is read back: every bar and every note where the composer put it. */
static void test_read_back(void)
{
    char path[] = "/tmp/whelk-score-XXXXXX";
    close(mkstemp(path));
    struct score_piece p;
    whelk_score s = ask("joyful", 5);
    unsigned char *data = NULL;
    size_t size = 0;
    whelk_error err = {0};
    whelk_score_sheet sheet = {0};
    if (!ok(score_compose(&p, &s, NULL) && score_midi(&p, &data, &size) &&
                file_write(path, data, size, &err) && whelk_score_read(path, &sheet, &err),
            "a score is written and read (%s)", err.text))
        return;
    is_int(sheet.bar_count, p.meter.bar_count, "all its bars");
    double worst = 0;
    for (int i = 0; i < sheet.bar_count && i < p.meter.bar_count; i++)
        worst = fmax(worst,
                     fabs(sheet.bar_s[i] - score_meter_seconds(&p.meter, p.meter.bars[i].tick)));
    ok(worst < 0.001, "where they were put (%.6f s off at most)", worst);
    is_int(sheet.note_count, (long)p.note_count, "all its notes");
    int found = 0;
    for (size_t i = 0; i < p.note_count; i++) {
        double at_s = score_meter_seconds(&p.meter, p.notes[i].tick);
        for (int k = 0; k < sheet.note_count; k++)
            if (sheet.notes[k].key == p.notes[i].key && fabs(sheet.notes[k].at_s - at_s) < 0.001 &&
                sheet.notes[k].seconds > 0) {
                found++;
                break;
            }
    }
    is_int(found, (long)p.note_count, "each at its time");
    is_near(sheet.seconds, 10.6, 0.01, "to the end");
    whelk_score_sheet_release(&sheet);

    /* Cut off or damaged anywhere it gives what there is, or says what is wrong. */
    for (size_t cut = 0; cut < size; cut += 7) {
        file_write(path, data, cut, NULL);
        if (whelk_score_read(path, &sheet, &err))
            whelk_score_sheet_release(&sheet);
    }
    for (size_t at = 0; at < size; at += 3) {
        data[at] ^= 0xA5;
        file_write(path, data, size, NULL);
        if (whelk_score_read(path, &sheet, &err))
            whelk_score_sheet_release(&sheet);
        data[at] ^= 0xA5;
    }
    file_write(path, "RIFF", 4, NULL);
    ok(!whelk_score_read(path, &sheet, &err), "what is no MIDI file is refused");
    has_text(err.text, path, "by name");
    unlink(path);
    free(data);
    score_piece_release(&p);
}

/* What is counted of a melody over many pieces of one mood. */
struct habits {
    double steps, leaps, far, strong, clashes, range, notes_s, key;
};

/* Does another part sound a semitone beside the melody's note just then? */
static bool clashes(const struct score_piece *p, const struct score_note *n)
{
    for (size_t i = 0; i < p->note_count; i++) {
        const struct score_note *o = &p->notes[i];
        int apart = abs(o->key - n->key) % 12;
        bool sounds = o->tick <= n->tick + 20 && o->tick + o->ticks > n->tick + 60;
        if (sounds && o->role != ROLE_DRUMS && o->role != ROLE_LEAD && o->role != ROLE_DOUBLE &&
            (apart == 1 || apart == 11))
            return true;
    }
    return false;
}

static bool is_strong(const struct score_meter *m, long tick)
{
    for (int i = 0; i < m->bar_count; i++) {
        if (labs(tick - m->bars[i].tick) < 15)
            return true;
    }
    return false;
}

static void count_piece(const struct score_piece *p, struct habits *h)
{
    int low = 127, high = 0, last = -1, notes = 0;
    for (size_t i = 0; i < p->note_count; i++) {
        const struct score_note *n = &p->notes[i];
        if (n->role != ROLE_LEAD)
            continue;
        int by = last < 0 ? 0 : abs(n->key - last);
        h->steps += by == 1 || by == 2;
        h->leaps += by > 2;
        h->far += by > 12;
        if (is_strong(&p->meter, n->tick)) {
            h->strong++;
            h->clashes += clashes(p, n);
        }
        h->key += n->key;
        low = n->key < low ? n->key : low;
        high = n->key > high ? n->key : high;
        last = n->key;
        notes++;
    }
    h->range += high - low;
    h->notes_s += notes / p->meter.seconds;
}

enum { SEEDS = 20 };

static struct habits habits_of(const char *mood)
{
    struct habits h = {0};
    double notes = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct score_piece p;
        whelk_score s = ask(mood, seed * 7919);
        s.seconds = 20;
        if (!score_compose(&p, &s, NULL))
            continue;
        count_piece(&p, &h);
        for (size_t i = 0; i < p.note_count; i++)
            notes += p.notes[i].role == ROLE_LEAD;
        score_piece_release(&p);
    }
    h.key /= notes;
    h.steps /= notes;
    h.leaps /= notes;
    h.far /= notes;
    h.clashes /= h.strong;
    h.range /= SEEDS;
    h.notes_s /= SEEDS;
    return h;
}

/* As in tunes that people sing: mostly steps, few leaps, hardly any beyond an octave; on the first
 * beat of a bar in harmony with what is played, but for the sevenths of calm chords. */
static void test_melody(const char *mood)
{
    struct habits h = habits_of(mood);
    ok(h.steps > 0.5 && h.leaps < 0.33,
       "%s: the melody steps more than it leaps (%.0f %%, %.0f %%)", mood, h.steps * 100,
       h.leaps * 100);
    ok(h.far < 0.02, "%s: it hardly ever leaps beyond an octave (%.1f %%)", mood, h.far * 100);
    ok(h.range > 6 && h.range < 19, "%s: it can be sung (%.0f semitones wide)", mood, h.range);
    ok(h.clashes < 0.12, "%s: first beats are in harmony (%.0f %% are not)", mood, h.clashes * 100);
}

/* Any two moods differ in at least three of: tempo, mode, notes a second, height, instrument,
 * figure of the accompaniment, drums. */
static void test_variety(void)
{
    int least = 99;
    for (int i = 0; score_mood_at(i); i++) {
        for (int k = 0; k < i; k++) {
            const struct score_mood *a = score_mood_at(i), *b = score_mood_at(k);
            struct habits x = habits_of(a->name), y = habits_of(b->name);
            int differs = (fabs(a->tempo / b->tempo - 1) > 0.08) +
                          (strcmp(a->scale, b->scale) != 0) +
                          (fabs(log(x.notes_s / y.notes_s)) > 0.25) + (fabs(x.key - y.key) > 2.5) +
                          (a->parts[ROLE_LEAD].program != b->parts[ROLE_LEAD].program) +
                          (a->comp != b->comp) + (a->beat != b->beat);
            if (differs < least)
                least = differs;
            if (differs < 3)
                printf("# %s and %s differ in %d\n", a->name, b->name, differs);
        }
    }
    ok(least >= 3, "any two moods differ in three ways or more (%d at least)", least);
}

int main(void)
{
    for (int i = 0; score_mood_at(i); i++) {
        test_bars_on_cuts(score_mood_at(i)->name);
        test_end(score_mood_at(i)->name);
        test_melody(score_mood_at(i)->name);
    }
    test_hard_cuts();
    test_deterministic();
    test_odd_requests();
    test_instruments();
    test_read_back();
    test_variety();
    return done_testing();
}
