/* The score: from the film's cuts to sound. meter.c lays bars on the cuts, moods.c knows what a
 * mood is made of, compose.c writes the notes, midi.c files them, synth.c plays them. */
#ifndef WHELK_SCORE_H
#define WHELK_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "editor.h"
#include "sound.h"

#define SCORE_PPQ 480           /* ticks a beat */

/* Times between two cuts that music falls on: a whole number of beats at one tempo. */
struct score_section {
    double start_s, seconds, bpm;
    int beats;
    long tick;                  /* of its first beat */
};

struct score_bar {
    long tick;
    int beats, section;
};

struct score_meter {
    struct score_section *sections;
    struct score_bar *bars;
    int section_count, bar_count;
    int cuts_met, cuts;         /* cuts that a bar line falls on, of all */
    long ticks;
    double seconds;
};

/* tempo_low..tempo_high: where the tempo may lie, beats a minute; a section may leave it by 6 %
 * more. */
bool score_meter_init(struct score_meter *meter, double seconds, const double *cut_s, int cut_count,
                      double tempo_low, double tempo_high);
void score_meter_release(struct score_meter *meter);
double score_meter_seconds(const struct score_meter *meter, long tick);

enum score_role { ROLE_LEAD, ROLE_DOUBLE, ROLE_COMP, ROLE_PAD, ROLE_BASS, ROLE_ACCENT, ROLE_DRUMS, SCORE_ROLES };

struct score_part {
    /* General MIDI program from 0; controllers 7, 10, 91 */
    unsigned char program, volume, pan, reverb;
};

enum score_comp { COMP_ARPEGGIO, COMP_OFFBEAT, COMP_STRUM, COMP_OSTINATO, COMP_BROKEN };
enum score_bass { BASS_LONG, BASS_HALVES, BASS_DRIVE, BASS_BOUNCE };
enum score_beat { BEAT_NONE, BEAT_LIGHT, BEAT_TAIKO, BEAT_CLAP, BEAT_BELLS };

struct score_mood {
    const char *name;
    double tempo_low, tempo, tempo_high;
    const char *scale;          /* "major", "minor", "dorian" */
    signed char tonics[4];      /* keys 0..11 to choose from */
    const char *progressions[4];        /* four bars each, roman numerals */
    const char *cadence;        /* the bar before the last */
    struct score_part parts[SCORE_ROLES];
    signed char rhythms[4][8];  /* a bar of melody in eighths, negative = rest, ends with 0 */
    enum score_comp comp;
    enum score_bass bass;
    enum score_beat beat;
    unsigned char lead_key, lead_velocity, comp_velocity;
};

/* NULL or "" = calm; NULL for one there is not */
const struct score_mood *score_mood_find(const char *name);
const struct score_mood *score_mood_at(int index);               /* NULL past the last */

/* instruments.c. Gives the parts the instruments that were named ("piano, strings, double bass"):
 * melody, accompaniment, pad and double in this order, a bass to the bass. Names there are not
 * are passed over. True where drums are asked for. */
bool score_orchestrate(struct score_part parts[SCORE_ROLES], const char *instruments);
/* The names there are not, in quotation marks and with commas; caller's, NULL = none. */
char *score_unknown_instruments(const char *instruments);

struct score_note {
    long tick, ticks;
    unsigned char role, key, velocity;
};

struct score_piece {
    struct score_meter meter;
    const struct score_mood *mood;
    struct score_part parts[SCORE_ROLES];
    enum score_beat beat;       /* the mood's, or a light one where drums were asked for */
    struct score_note *notes;   /* by tick */
    size_t note_count, note_room;
    int tonic;                  /* 0..11 */
    bool failed;                /* out of memory */
};

/* compose.c: deterministic in everything it is given. */
bool score_compose(struct score_piece *piece, const whelk_score *score, whelk_error *err);
void score_piece_release(struct score_piece *piece);
int score_channel(int role);    /* MIDI channel of a part, 0..15 */

/* midi.c: a Standard MIDI File, format 1; data is the caller's to free. */
bool score_midi(const struct score_piece *piece, unsigned char **data, size_t *size);

/* synth.c: the piece as sound, exactly as long as its meter. Sets the volumes of instruments that
 * the mood did not choose. */
bool score_play(struct score_piece *piece, struct sound *out, const struct sound_room *room,
                whelk_error *err);

/* score.c. The score of a cut as notes in `midi_path` (NULL = none) and as sound, ready to be
 * mixed. */
struct score_told {
    double tempo_bpm;
    int cuts_met, cuts;         /* cuts that a bar line falls on, of all */
};
bool score_make(const whelk_score *score, const char *midi_path, struct sound *out,
                const struct sound_room *room, struct score_told *told, whelk_error *err);

#endif
