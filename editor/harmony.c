/* Scales, chords and voicings; see harmony.h. Pure arithmetic on semitones. */
#include "harmony.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const struct {
    const char *name;
    int notes[7];
} scales[] = {
    {"major", {0, 2, 4, 5, 7, 9, 11}},
    {"minor", {0, 2, 3, 5, 7, 8, 10}},
    {"dorian", {0, 2, 3, 5, 7, 9, 10}},
};

/* Longest first, so that "vii" is not read as "v". Degrees are those of the major scale; "b"
 * lowers. */
static const struct {
    const char *numeral;
    int root;
} numerals[] = {
    {"vii", 11}, {"iii", 4}, {"vi", 9}, {"iv", 5}, {"ii", 2}, {"v", 7}, {"i", 0},
};

static bool starts_with(const char *text, size_t size, const char *with)
{
    size_t n = strlen(with);
    if (size < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (tolower((unsigned char)text[i]) != with[i])
            return false;
    }
    return true;
}

static void set_suffix(struct chord *c, const char *text, size_t size, bool major)
{
    c->count = 3;
    c->tones[1] = major ? 4 : 3;
    c->tones[2] = 7;
    if (starts_with(text, size, "sus4"))
        c->tones[1] = 5;
    else if (starts_with(text, size, "maj7"))
        c->tones[c->count++] = 11;
    else if (starts_with(text, size, "add9"))
        c->tones[c->count++] = 14;
    else if (starts_with(text, size, "7"))
        c->tones[c->count++] = 10;
    else if (starts_with(text, size, "6"))
        c->bass = (c->root + c->tones[1]) % 12;
}

struct chord chord_parse(const char *text, size_t size)
{
    struct chord c = {0};
    bool flat = size > 1 && text[0] == 'b';
    if (flat) {
        text++;
        size--;
    }
    bool major = size > 0 && isupper((unsigned char)text[0]);
    for (size_t i = 0; i < sizeof numerals / sizeof numerals[0]; i++) {
        if (!starts_with(text, size, numerals[i].numeral))
            continue;
        size_t n = strlen(numerals[i].numeral);
        c.root = (numerals[i].root + (flat ? 11 : 0)) % 12;
        c.bass = c.root;
        set_suffix(&c, text + n, size - n, major);
        return c;
    }
    set_suffix(&c, "", 0, true);
    return c;
}

int chord_has(const struct chord *c, int semitone)
{
    for (int i = 0; i < c->count; i++) {
        if (((c->root + c->tones[i] - semitone) % 12 + 12) % 12 == 0)
            return 1;
    }
    return 0;
}

void chord_scale(const struct chord *c, const char *scale, int notes[7])
{
    memcpy(notes, scales[0].notes, sizeof scales[0].notes);
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        if (strcmp(scales[i].name, scale) == 0)
            memcpy(notes, scales[i].notes, sizeof scales[i].notes);
    }
    for (int i = 0; i < c->count; i++) {
        int tone = (c->root + c->tones[i]) % 12, nearest = 0;
        for (int k = 1; k < 7; k++) {
            int now = notes[k] - tone, best = notes[nearest] - tone;
            if (now * now < best * best)
                nearest = k;
        }
        notes[nearest] = tone;
    }
}

int chord_voice(const struct chord *c, int tonic, int low, int keys[4])
{
    for (int i = 0; i < c->count; i++) {
        int pitch = tonic + c->root + c->tones[i];
        int key = low + ((pitch - low) % 12 + 12) % 12, k = i;
        for (; k > 0 && keys[k - 1] > key; k--)
            keys[k] = keys[k - 1];
        keys[k] = key;
    }
    return c->count;
}

/* SplitMix64 (Steele, Lea, Flood, 2014). */
uint32_t dice_roll(struct dice *d, uint32_t sides)
{
    uint64_t z = d->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (uint32_t)((z >> 32) * sides >> 32);
}
