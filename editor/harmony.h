/* Harmony as the composer sees it: scales, chords from roman numerals, and voicings that move little. */
#ifndef WHELK_HARMONY_H
#define WHELK_HARMONY_H

#include <stddef.h>
#include <stdint.h>

struct chord {
    int root;                   /* semitones above the tonic, 0..11 */
    int tones[4];               /* semitones above the root, ascending; tones[0] = 0 */
    int count;                  /* 3 or 4 */
    int bass;                   /* semitones above the tonic: the root, or the third of "V6" */
};

/* "I", "vi7", "bVII", "V6", "IVmaj7", "Iadd9", "Vsus4": upper case is major. What cannot be read becomes the tonic. */
struct chord chord_parse(const char *text, size_t size);

/* The seven notes above the tonic that go with a chord: the scale, bent to the chord's own tones. */
void chord_scale(const struct chord *c, const char *scale, int notes[7]);
int chord_has(const struct chord *c, int semitone);          /* above the tonic, any octave */

/* The chord's tones within an octave from `low` up, ascending; returns how many. */
int chord_voice(const struct chord *c, int tonic, int low, int keys[4]);

/* Counter-based random numbers: the same seed gives the same piece everywhere. */
struct dice { uint64_t state; };
uint32_t dice_roll(struct dice *d, uint32_t sides);          /* 0 .. sides-1 */

#endif
