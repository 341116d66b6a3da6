/* A score as files: composed, played, brought to level, written beside and renamed. */
#include "score.h"

#include <stdlib.h>

#include "../pipeline/base/file.h"

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

bool score_make(const whelk_score *score, const char *midi_path, struct sound *out,
                const struct sound_room *room, struct score_told *told, whelk_error *err)
{
    struct score_piece piece;
    if (!score_compose(&piece, score, err))
        return false;
    bool good = score_play(&piece, out, room, err);
    if (good && midi_path && !write_midi(&piece, midi_path, err)) {
        sound_release(out);
        good = false;
    }
    if (good) {
        const struct score_meter *m = &piece.meter;
        *told = (struct score_told){.tempo_bpm = 60.0 * (double)m->ticks / SCORE_PPQ / m->seconds,
                                    .cuts_met = m->cuts_met,
                                    .cuts = m->cuts};
    }
    score_piece_release(&piece);
    return good;
}

bool whelk_score_write(const whelk_score *score, const char *midi_path, const char *wav_path,
                       double *tempo_used_bpm, whelk_error *err)
{
    struct mix_part part = {.gain = 1, .path = wav_path};
    struct sound_room room = {.near = wav_path};
    struct score_told told;
    char *unknown = score_unknown_instruments(score->instruments);
    if (unknown)
        whelk_fail(err, WHELK_EUSAGE,
                   "a score knows no instrument %s; names are those of General MIDI, such as piano, "
                   "flute, string ensemble 1",
                   unknown);
    free(unknown);
    if (unknown || !score_make(score, midi_path, &part.sound, &room, &told, err))
        return false;
    if (tempo_used_bpm)
        *tempo_used_bpm = told.tempo_bpm;
    struct mix mix = {.parts = &part, .count = 1, .frames = part.sound.frames};
    bool good = mix_write(&mix, -14, -1, NULL, err);
    sound_release(&part.sound);
    return good;
}
