/* Plays a piece through FluidSynth into memory, note by note at its place in time. One thread and
 * no clock: the same piece and soundfont give the same samples. */
#include "score.h"

#include <fluidsynth.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stroke {
    long frame;
    unsigned char on, channel, key, velocity;
};

/* The soundfonts looked for, best first. WHELK_SOUNDFONT names another one. */
static const char *const soundfonts[] = {
    "/usr/share/sounds/sf3/FluidR3Mono_GM.sf3",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
    "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
};

static const char *find_soundfont(whelk_error *err)
{
    const char *named = getenv("WHELK_SOUNDFONT");
    if (named && *named) {
        if (access(named, R_OK) == 0)
            return named;
        whelk_fail(
            err, WHELK_EFAIL,
            "the soundfont %s of WHELK_SOUNDFONT cannot be read; name another one, or unset it and "
            "install the package fluidr3mono-gm-soundfont",
            named);
        return NULL;
    }
    for (size_t i = 0; i < sizeof soundfonts / sizeof soundfonts[0]; i++) {
        if (access(soundfonts[i], R_OK) == 0)
            return soundfonts[i];
    }
    whelk_fail(err, WHELK_EFAIL,
               "there is no soundfont to play the score with; install the package "
               "fluidr3mono-gm-soundfont, "
               "name one in WHELK_SOUNDFONT, or turn the score off");
    return NULL;
}

static void hush(int level, const char *message, void *data)
{
    (void)level;
    (void)message;
    (void)data;
}

static fluid_settings_t *settings_new(void)
{
    for (int level = FLUID_PANIC; level < LAST_LOG_LEVEL; level++)
        fluid_set_log_function(level, hush, NULL);
    fluid_settings_t *s = new_fluid_settings();
    if (!s)
        return NULL;
    fluid_settings_setnum(s, "synth.sample-rate", SOUND_RATE);
    fluid_settings_setnum(s, "synth.gain", 0.4);
    fluid_settings_setint(s, "synth.cpu-cores", 1);
    fluid_settings_setint(s, "synth.polyphony", 128);
    fluid_settings_setint(s, "synth.chorus.active", 0);
    fluid_settings_setint(s, "synth.reverb.active", 1);
    fluid_settings_setnum(s, "synth.reverb.room-size", 0.62);
    fluid_settings_setnum(s, "synth.reverb.damp", 0.35);
    fluid_settings_setnum(s, "synth.reverb.width", 0.9);
    fluid_settings_setnum(s, "synth.reverb.level", 0.55);
    fluid_settings_setint(s, "synth.dynamic-sample-loading", 1);
    return s;
}

/* How strong half a second of one note is. */
static double strength(fluid_synth_t *synth, int program, int key)
{
    static const int probe_frames = SOUND_RATE / 2;
    float block[2 * SOUND_BLOCK];
    double sum = 0;
    fluid_synth_system_reset(synth);
    fluid_synth_program_change(synth, 0, program);
    fluid_synth_cc(synth, 0, 91, 0);
    fluid_synth_noteon(synth, 0, key, 80);
    for (int at = 0; at < probe_frames; at += SOUND_BLOCK) {
        fluid_synth_write_float(synth, SOUND_BLOCK, block, 0, 2, block, 1, 2);
        for (int i = 0; i < 2 * SOUND_BLOCK; i++)
            sum += block[i] * block[i];
    }
    fluid_synth_system_reset(synth);
    return sum;
}

/* The volumes of a mood are made for its own instruments: one that was asked for in the place of
 * another is made as strong as that. General MIDI volume v lets 40 log10(v / 127) dB through. */
static void even_out(fluid_synth_t *synth, struct score_piece *p)
{
    static const int keys[SCORE_ROLES] = {
        [ROLE_LEAD] = 74, [ROLE_DOUBLE] = 79, [ROLE_COMP] = 60, [ROLE_PAD] = 60, [ROLE_BASS] = 40};
    for (int role = 0; role < SCORE_ROLES; role++) {
        const struct score_part *own = &p->mood->parts[role];
        struct score_part *part = &p->parts[role];
        if (part->program == own->program || keys[role] == 0)
            continue;
        double want = strength(synth, own->program, keys[role]),
               is = strength(synth, part->program, keys[role]);
        if (!(want > 0) || !(is > 0))
            continue;
        double volume = own->volume * pow(want / is, 10.0 / 40);
        part->volume = (unsigned char)(volume > 127 ? 127 : volume < 20 ? 20 : lround(volume));
    }
}

/* The first use of an instrument reads its samples, a tenth of a second each. */
static bool set_parts(fluid_synth_t *synth, const struct score_piece *p,
                      const whelk_listener *listen, whelk_error *err)
{
    for (int role = 0; role < SCORE_ROLES; role++) {
        if (!edit_goes_on(listen, err))
            return false;
        const struct score_part *part = &p->parts[role];
        int channel = score_channel(role);
        fluid_synth_program_change(synth, channel, part->program);
        fluid_synth_cc(synth, channel, 7, part->volume);
        fluid_synth_cc(synth, channel, 10, part->pan);
        fluid_synth_cc(synth, channel, 91, part->reverb);
    }
    return true;
}

static int by_frame(const void *a, const void *b)
{
    const struct stroke *x = a, *y = b;
    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    if (x->on != y->on)
        return x->on - y->on;
    return x->channel != y->channel ? x->channel - y->channel : x->key - y->key;
}

static struct stroke *strokes_new(const struct score_piece *p, size_t *count)
{
    struct stroke *s = calloc(p->note_count * 2 + 1, sizeof *s);
    if (!s)
        return NULL;
    for (size_t i = 0; i < p->note_count; i++) {
        const struct score_note *n = &p->notes[i];
        unsigned char channel = (unsigned char)score_channel(n->role);
        long on = lround(score_meter_seconds(&p->meter, n->tick) * SOUND_RATE);
        long off = lround(score_meter_seconds(&p->meter, n->tick + n->ticks) * SOUND_RATE);
        s[2 * i] = (struct stroke){on, 1, channel, n->key, n->velocity};
        s[2 * i + 1] = (struct stroke){off, 0, channel, n->key, 0};
    }
    *count = p->note_count * 2;
    qsort(s, *count, sizeof *s, by_frame);
    return s;
}

/* The last chord has died away by the last frame; what reverberation is left goes in a short fade.
 */
static void put_block(struct sound *out, float *block, long n, long frames)
{
    double fall_s = frames > 3 * SOUND_RATE ? 0.9 : 0.1;
    sound_fade(block, out->frames, n, frames, 0.005, fall_s);
    sound_put(out, block, n);
}

static bool play(fluid_synth_t *synth, const struct stroke *strokes, size_t count,
                 struct sound *out, long frames, const whelk_listener *listen, whelk_error *err)
{
    float block[2 * SOUND_BLOCK];
    for (size_t i = 0; i <= count; i++) {
        long to = i < count && strokes[i].frame < frames ? strokes[i].frame : frames;
        while (out->frames < to) {
            if (!edit_goes_on(listen, err))
                return false;
            long n = to - out->frames < SOUND_BLOCK ? to - out->frames : SOUND_BLOCK;
            fluid_synth_write_float(synth, (int)n, block, 0, 2, block, 1, 2);
            put_block(out, block, n, frames);
        }
        if (i == count)
            break;
        if (strokes[i].on)
            fluid_synth_noteon(synth, strokes[i].channel, strokes[i].key, strokes[i].velocity);
        else
            fluid_synth_noteoff(synth, strokes[i].channel, strokes[i].key);
    }
    return true;
}

bool score_play(struct score_piece *piece, struct sound *out, const struct sound_room *room,
                whelk_error *err)
{
    const char *font = find_soundfont(err);
    if (!font)
        return false;
    size_t count = 0;
    struct stroke *strokes = strokes_new(piece, &count);
    fluid_settings_t *settings = settings_new();
    fluid_synth_t *synth = settings ? new_fluid_synth(settings) : NULL;
    struct sound s = {0};
    bool good = false;
    if (!strokes || !synth) {
        whelk_fail(err, WHELK_EFAIL, "out of memory for the score's sound");
    } else if (fluid_synth_sfload(synth, font, 1) == FLUID_FAILED) {
        whelk_fail(
            err, WHELK_EFAIL,
            "%s is no soundfont that can be played; install the package fluidr3mono-gm-soundfont",
            font);
    } else if (sound_new(&s, room->near, err)) {
        even_out(synth, piece);
        good = set_parts(synth, piece, room->listen, err) &&
               play(synth, strokes, count, &s, lround(piece->meter.seconds * SOUND_RATE),
                    room->listen, err);
        if (!good)
            sound_release(&s);
        good = good && sound_end(&s, err);
        *out = s;
    }
    free(strokes);
    delete_fluid_synth(synth);
    delete_fluid_settings(settings);
    return good;
}
