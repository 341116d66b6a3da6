/* A score as files: composed or the user's own music, brought to level, written beside and renamed.
 */
#include "score.h"

#include <stdlib.h>

#include "../pipeline/base/file.h"
#include "edit.h"

#define HEADROOM_DB 0.7 /* AAC puts peaks a little higher than they were */
#define MUSIC_FADE_S 1.5

static bool finish(struct sound *s, const char *wav_path, double lufs, double dbtp,
                   whelk_error *err)
{
    if (!sound_to_level(s, lufs, dbtp - HEADROOM_DB, NULL))
        return whelk_fail(err, WHELK_EFAIL, "out of memory for the score's loudness");
    return sound_write(s, wav_path, err);
}

static bool write_midi(const struct score_piece *piece, const char *path, whelk_error *err)
{
    unsigned char *data = NULL;
    size_t size = 0;
    if (!score_midi(piece, &data, &size))
        return whelk_fail(err, WHELK_EFAIL, "out of memory for %s", path);
    bool good = file_write(path, data, size, err);
    free(data);
    return good;
}

bool score_make(const whelk_score *score, const char *midi_path, const char *wav_path, double lufs,
                double dbtp, double *tempo_used_bpm, whelk_error *err)
{
    struct score_piece piece;
    struct sound sound = {0};
    if (!score_compose(&piece, score, err))
        return false;
    bool good = score_play(&piece, &sound, err);
    if (good) {
        /* the last chord has died away by the last frame; what reverberation is left goes in a
         * short fade */
        sound_fade(&sound, 0.005, score->seconds > 3 ? 0.9 : 0.1);
        good = (!midi_path || write_midi(&piece, midi_path, err)) &&
               finish(&sound, wav_path, lufs, dbtp, err);
    }
    if (good && tempo_used_bpm)
        *tempo_used_bpm = 60.0 * (double)piece.meter.ticks / SCORE_PPQ / piece.meter.seconds;
    sound_release(&sound);
    score_piece_release(&piece);
    return good;
}

bool score_from_file(const char *music_path, double seconds, const char *wav_path, double lufs,
                     double dbtp, whelk_error *err)
{
    struct sound sound;
    if (!sound_read(music_path, seconds, &sound, err))
        return false;
    sound_fade(&sound, 0.01, seconds > 4 ? MUSIC_FADE_S : seconds / 4);
    bool good = finish(&sound, wav_path, lufs, dbtp, err);
    sound_release(&sound);
    return good;
}

bool whelk_score_write(const whelk_score *score, const char *midi_path, const char *wav_path,
                       double *tempo_used_bpm, whelk_error *err)
{
    return score_make(score, midi_path, wav_path, -14, -1, tempo_used_bpm, err);
}
