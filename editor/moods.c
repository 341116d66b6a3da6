/* What each mood is made of: tempo, scale, harmony, instruments and figures. A new mood is one more entry of this table. */
#include "score.h"

#include <string.h>

/* Parts in the order of enum score_role: lead, double, comp, pad, bass, accent, drums; {program, volume, pan, reverb}. */
static const struct score_mood moods[] = {
    {
        .name = "calm", .tempo_low = 68, .tempo = 74, .tempo_high = 82, .scale = "major", .tonics = {0, 2, 5, 7},
        .progressions = {"Iadd9 vi7 IVmaj7 Vsus4", "Imaj7 iii7 IVmaj7 ii7", "Iadd9 IVmaj7 vi7 V", "IVmaj7 Iadd9 ii7 V"},
        .cadence = "IVadd9",
        .parts = {{73, 72, 70, 80}, {10, 56, 84, 80}, {0, 124, 54, 70}, {48, 80, 64, 90}, {32, 90, 64, 40},
                  {46, 79, 88, 90}, {0, 40, 64, 60}},
        .rhythms = {{6, 2}, {3, 1, 4}, {4, 2, 2}, {2, 2, 4}},
        .comp = COMP_ARPEGGIO, .bass = BASS_LONG, .beat = BEAT_NONE, .lead_key = 74, .lead_velocity = 74, .comp_velocity = 56,
    }, {
        .name = "playful", .tempo_low = 104, .tempo = 118, .tempo_high = 136, .scale = "major", .tonics = {0, 5, 7, 10},
        .progressions = {"I vi ii V7", "I IV I V7", "I I6 IV V", "I V7 vi IV"},
        .cadence = "V7",
        .parts = {{71, 83, 58, 46}, {9, 79, 86, 60}, {45, 91, 76, 50}, {48, 54, 64, 60}, {70, 103, 48, 36},
                  {12, 72, 90, 60}, {0, 101, 64, 40}},
        .rhythms = {{2, 1, 1, 2, 2}, {1, 1, 2, 1, 1, -2}, {3, 1, 2, -2}, {1, 1, 1, 1, 2, -2}},
        .comp = COMP_OFFBEAT, .bass = BASS_BOUNCE, .beat = BEAT_LIGHT, .lead_key = 72, .lead_velocity = 84, .comp_velocity = 70,
    }, {
        .name = "epic", .tempo_low = 84, .tempo = 92, .tempo_high = 104, .scale = "minor", .tonics = {2, 0, 4, 9},
        .progressions = {"i bVI bIII bVII", "i bVII bVI V", "i iv bVI V", "i bVI iv V"},
        .cadence = "V",
        .parts = {{60, 85, 60, 76}, {61, 50, 76, 76}, {48, 104, 50, 66}, {52, 106, 64, 96}, {43, 110, 64, 54},
                  {47, 91, 64, 80}, {0, 98, 64, 76}},
        .rhythms = {{4, 4}, {3, 1, 4}, {6, 1, 1}, {2, 2, 4}},
        .comp = COMP_OSTINATO, .bass = BASS_DRIVE, .beat = BEAT_TAIKO, .lead_key = 65, .lead_velocity = 96, .comp_velocity = 74,
    }, {
        .name = "tender", .tempo_low = 58, .tempo = 65, .tempo_high = 72, .scale = "major", .tonics = {5, 0, 10, 7},
        .progressions = {"I V6 vi IV", "I iii7 IV Iadd9", "vi7 IV I V", "Iadd9 ii7 IV V"},
        .cadence = "V7",
        .parts = {{40, 72, 58, 84}, {68, 46, 76, 84}, {0, 114, 60, 66}, {49, 62, 64, 96}, {42, 76, 72, 60},
                  {46, 68, 86, 90}, {0, 30, 64, 60}},
        .rhythms = {{3, 1, 4}, {4, 3, 1}, {2, 2, 4}, {6, 2}},
        .comp = COMP_BROKEN, .bass = BASS_LONG, .beat = BEAT_NONE, .lead_key = 73, .lead_velocity = 72, .comp_velocity = 58,
    }, {
        .name = "mysterious", .tempo_low = 72, .tempo = 80, .tempo_high = 92, .scale = "dorian", .tonics = {2, 9, 4, 7},
        .progressions = {"i IV i bVII", "i7 bIII IV i", "i bVI i v", "i ii i bVII"},
        .cadence = "bVII",
        .parts = {{71, 70, 56, 86}, {11, 112, 80, 90}, {8, 104, 84, 90}, {44, 74, 60, 92}, {32, 69, 64, 60},
                  {46, 67, 40, 96}, {0, 51, 64, 90}},
        .rhythms = {{3, 3, 2}, {-2, 2, 4}, {6, -2}, {3, 1, 4}},
        .comp = COMP_BROKEN, .bass = BASS_HALVES, .beat = BEAT_BELLS, .lead_key = 67, .lead_velocity = 72, .comp_velocity = 60,
    }, {
        .name = "joyful", .tempo_low = 110, .tempo = 122, .tempo_high = 138, .scale = "major", .tonics = {7, 2, 9, 0},
        .progressions = {"I V vi IV", "I IV vi V", "IV I V vi", "I vi IV V"},
        .cadence = "V7",
        .parts = {{73, 78, 60, 56}, {9, 78, 84, 60}, {25, 111, 44, 46}, {48, 83, 70, 70}, {33, 89, 64, 30},
                  {46, 89, 86, 76}, {0, 76, 64, 40}},
        .rhythms = {{2, 1, 1, 2, 2}, {3, 1, 2, 2}, {1, 1, 2, 4}, {2, 2, 3, 1}},
        .comp = COMP_STRUM, .bass = BASS_BOUNCE, .beat = BEAT_CLAP, .lead_key = 76, .lead_velocity = 86, .comp_velocity = 66,
    },
};

const struct score_mood *score_mood_at(int index)
{
    return index >= 0 && (size_t)index < sizeof moods / sizeof moods[0] ? &moods[index] : NULL;
}

const struct score_mood *score_mood_find(const char *name)
{
    if (!name || !*name)
        return &moods[0];
    for (size_t i = 0; i < sizeof moods / sizeof moods[0]; i++) {
        if (strcmp(moods[i].name, name) == 0)
            return &moods[i];
    }
    return NULL;
}
