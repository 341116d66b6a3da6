/* The user's own music under a film: as long as the film, looped on a bar where it is too short. */
#ifndef WHELK_TUNE_H
#define WHELK_TUNE_H

#include "sound.h"

struct tune {
    double music_s;             /* what the file holds between its silences */
    double loop_s;              /* one round of the loop; 0 = not looped */
    double bpm;                 /* 0 = no beat was found */
    int bars;                   /* of a round, four beats each; 0 = looped without a beat */
};

/* bpm: what the user says of the music; 0 = to be measured. */
bool tune_lay(const char *path, double seconds, double bpm, struct sound *out, struct tune *told,
              const struct sound_room *room, whelk_error *err);
/* The beat of a sound: beats a minute, and where its first beat falls. 0 = none that is clear. */
double tune_beat(const struct sound *s, double *first_s);

#endif
