/* Sound inside the editor: interleaved stereo floats, 48000 a second, kept in files without a name
 * so that a film of ten minutes costs no memory and a crash leaves nothing behind. Several of them,
 * each at its place and with its volume over time, are a mix; a mix is brought to level as a whole
 * and then written part by part, so that whoever adds the parts up again (GES, another editor)
 * has the film's sound at its level. */
#ifndef WHELK_SOUND_H
#define WHELK_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../pipeline/base/error.h"
#include "../pipeline/base/note.h"

#define SOUND_RATE 48000
#define SOUND_BLOCK 4096        /* frames that are handled at a time */

struct sound {
    FILE *file;                 /* NULL = empty */
    long frames;
};

/* Where sound is made: long of it takes its time, so each block of it may be the last. */
struct sound_room {
    const char *near;           /* the path of a file in whose folder there is room */
    const whelk_listener *listen;       /* asked between blocks; NULL = nobody is */
};

/* plan.c. Between two pieces of work: false and WHELK_EINTERRUPTED when the caller wants no more. */
bool edit_goes_on(const whelk_listener *listen, whelk_error *err);

/* sound.c. `near` as in struct sound_room. */
bool sound_new(struct sound *s, const char *near, whelk_error *err);
void sound_release(struct sound *s);
/* Appends; a full disk is told by sound_end. */
void sound_put(struct sound *s, const float *samples, long frames);
bool sound_end(struct sound *s, whelk_error *err);
/* Reads; what lies before the beginning or past the end is silence. */
void sound_get(const struct sound *s, long at, float *samples, long frames);
/* Is any of up to SOUND_BLOCK frames from `at` on above `floor`? */
bool sound_is_loud(const struct sound *s, long at, long frames, float floor);
/* A block at frame `at` of a sound that is `frames` long rises from and falls to silence. */
void sound_fade(float *samples, long at, long count, long frames, double in_s, double out_s);

/* What of a sound file is read. */
struct sound_range {
    double from_s;              /* of the file */
    double seconds;             /* as it is heard, at most; 0 = to the file's end */
    double speed;               /* it is played at; its pitch stays; 0 = 1 */
};
/* music.c: any sound file. The result is as long as what is there. */
bool sound_read(const char *path, struct sound_range range, struct sound *out, const struct sound_room *room, whelk_error *err);

/* Volume over time: straight lines between the keys, held before the first and after the last. */
struct sound_key {
    double at_s, gain;
};
/* `next`: 0 at first, then kept between calls with growing times. No keys: 1. */
double sound_key_gain(const struct sound_key *keys, int count, double at_s, int *next);

/* mix.c, after EBU R 128 and ITU-R BS.1770 by libebur128. A silent sound measures -HUGE_VAL. */
struct sound_level {
    double lufs, dbtp;
};
bool sound_measure(const struct sound *s, struct sound_level *level, const whelk_listener *listen,
                   whelk_error *err);

struct mix_part {
    struct sound sound;
    long at;                    /* sample of the mix that it begins with */
    double gain;                /* brings it to its own level before it is mixed */
    const struct sound_key *keys;       /* on its own time; not written into its file: the player
                                         * of the part applies them */
    int key_count;
    const char *path;           /* of its file */
};

struct mix {
    const struct mix_part *parts;
    int count;
    long frames;
    const whelk_listener *listen;       /* as in struct sound_room */
};

/* Finds the gain and the limiting that bring the mix to `lufs` and hold it under `dbtp`, and
 * writes every part with them, 24 bit, beside and renamed. A silent mix stays silent. */
bool mix_write(const struct mix *mix, double lufs, double dbtp, struct sound_level *got, whelk_error *err);
/* The mix as it sounds before it is brought to level. */
void mix_block(const struct mix *mix, long at, float *samples, long frames);

/* wav.c: 24 bit PCM, written beside and renamed. */
struct wav {
    FILE *file;
    const char *path;
    char *part;
};
bool wav_new(struct wav *w, const char *path, long frames, whelk_error *err);
void wav_put(struct wav *w, const float *samples, long frames);
/* Puts the file in place; false leaves the earlier one as it was. Releases w. */
bool wav_end(struct wav *w, bool good, whelk_error *err);

#endif
