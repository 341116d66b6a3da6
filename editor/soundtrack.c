/* What sounds when, and how loud: the score or the user's music under everything, narration, a
 * sound for each shot, and what a clip brings itself. Every sound becomes a file of its own in the
 * reel, brought to the film's level together with the others, and lies on the timeline as a clip
 * whose volume is moved by keys. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"
#include "edit.h"
#include "score.h"
#include "speech.h"
#include "tune.h"

#define HEADROOM_DB 0.7  /* AAC puts peaks a little higher than they were */
#define BEHIND_DB 6      /* effects and a clip's own sound lie so far under the film's level */
#define BOOST_DB 20      /* and are raised by no more than this */
#define DUCK_DB 14       /* the score falls by under a voice */
#define DUCK_FALL_S 0.35 /* before the first word */
#define DUCK_RISE_S 0.8  /* after the last */
#define DUCK_HOLD_S 1.5  /* a shorter silence between two speeches stays low */
#define CLICK_S 0.005    /* the shortest fade: none would click */
#define CURVE 8          /* straight pieces of an equal-power fade */

struct track {
    struct edit_plan *plan;
    const whelk_listener *listen;
    double lufs, dbtp;
    struct mix_part *parts; /* one a sound of the plan */
    whelk_error *err;
};

static long to_sample(const struct edit_plan *p, long frame)
{
    return lround((double)frame * p->fps_d / p->fps_n * SOUND_RATE);
}

/* Takes the sound over, together with its place. */
static struct edit_sound *add_sound(struct track *t, struct edit_sound sound, struct sound samples,
                                    double gain)
{
    struct edit_plan *p = t->plan;
    /* whole frames: GES takes no clip that is longer than its file. What is past the end of the
     * samples is silence */
    samples.frames = to_sample(p, sound.start + sound.frames) - to_sample(p, sound.start);
    p->sounds = g_renew(struct edit_sound, p->sounds, p->sound_count + 1);
    t->parts = g_renew(struct mix_part, t->parts, p->sound_count + 1);
    p->sounds[p->sound_count] = sound;
    t->parts[p->sound_count] =
        (struct mix_part){.sound = samples, .at = to_sample(p, sound.start), .gain = gain};
    return &p->sounds[p->sound_count++];
}

/* The gain that brings a sound to `lufs`. What is shorter than the meter's 0.4 s goes by its peak.
 */
static bool gain_to(const struct track *t, const struct sound *s, double lufs, double most_db,
                    double *gain)
{
    struct sound_level level;
    if (!sound_measure(s, &level, t->listen, t->err))
        return false;
    double db = isfinite(level.lufs) ? lufs - level.lufs : lufs + 8 - level.dbtp;
    *gain = isfinite(level.dbtp) ? pow(10, MIN(db, most_db) / 20) : 1;
    return true;
}

/* --- Volume ---------------------------------------------------------------------------------- */

static void add_key(struct edit_sound *s, double at_s, double gain)
{
    s->keys = g_renew(struct sound_key, s->keys, s->key_count + 1);
    s->keys[s->key_count++] = (struct sound_key){at_s, gain};
}

/* Equal power: two sounds that are not alike keep their loudness together, since sin^2 + cos^2 = 1.
 */
static void add_rise(struct edit_sound *s, double from_s, double seconds, bool rising)
{
    double quarter = acos(-1) / 2;
    for (int i = 0; i <= CURVE; i++) {
        double x = (double)i / CURVE;
        add_key(s, from_s + seconds * x, rising ? sin(quarter * x) : cos(quarter * x));
    }
}

/* In and out over the overlaps with the neighbours; a straight cut only without a click. */
static void fade_with_neighbours(const struct edit_plan *p, struct edit_sound *s)
{
    const struct edit_slot *slot = &p->slots[s->slot];
    double all = edit_plan_seconds(p, s->frames);
    double in = s->slot > 0 ? edit_plan_seconds(p, slot[-1].overlap) : 0;
    double out = edit_plan_seconds(p, slot->overlap);
    add_rise(s, 0, MAX(in, CLICK_S), true);
    add_rise(s, all - MAX(out, CLICK_S), MAX(out, CLICK_S), false);
}

/* --- The sounds ------------------------------------------------------------------------------ */

static char *sound_path(const struct edit_plan *p, int slot, const char *kind)
{
    const char *shot = p->slots[slot].clip->shot;
    char *name = shot ? g_strdup_printf("sound/%s-%s.wav", shot, kind)
                      : g_strdup_printf("sound/clip%d-%s.wav", slot + 1, kind);
    char *path = edit_plan_file(p, name);
    g_free(name);
    return path;
}

/* A file's sound over the time of one clip, from where the range says and as fast. */
static bool add_for_slot(struct track *t, int slot, enum edit_sound_kind kind, const char *file,
                         struct sound_range range)
{
    const struct edit_slot *s = &t->plan->slots[slot];
    struct sound samples;
    struct edit_sound sound = {
        .kind = kind,
        .slot = slot,
        .start = s->start,
        .frames = s->frames,
        .lane = slot % 2,
        .path = sound_path(t->plan, slot, kind == SOUND_EFFECT ? "effect" : "clip")};
    struct sound_room room = {sound.path, t->listen};
    range.seconds = edit_plan_seconds(t->plan, s->frames);
    if (!sound_read(file, range, &samples, &room, t->err)) {
        whelk_error_prefix(t->err, "%s", s->name);
        g_free(sound.path);
        return false;
    }
    double gain = 1;
    bool good = gain_to(t, &samples, t->lufs - BEHIND_DB, BOOST_DB, &gain);
    fade_with_neighbours(t->plan, add_sound(t, sound, samples, gain));
    return good;
}

static bool add_own_sounds(struct track *t)
{
    for (int i = 0; i < t->plan->slot_count; i++) {
        const struct edit_slot *s = &t->plan->slots[i];
        struct sound_range range = {.from_s = s->in_s, .speed = s->speed};
        if (s->media.sound && !add_for_slot(t, i, SOUND_CLIP, s->path, range))
            return false;
    }
    return true;
}

static bool add_effects(struct track *t)
{
    for (int i = 0; i < t->plan->slot_count; i++) {
        const char *file = t->plan->slots[i].clip->effect_sound;
        if (!file || !*file)
            continue;
        char *path = g_canonicalize_filename(file, t->plan->reel);
        bool good = add_for_slot(t, i, SOUND_EFFECT, path, (struct sound_range){0});
        g_free(path);
        if (!good)
            return false;
    }
    return true;
}

static bool add_voices(struct track *t)
{
    struct edit_plan *p = t->plan;
    struct sound *samples = g_new0(struct sound, p->slot_count);
    bool good = speech_make(p, t->listen, samples, t->err);
    for (int i = 0; i < p->speech_count; i++) {
        const struct edit_speech *sp = &p->speeches[i];
        if (!good || !sp->heard) {
            sound_release(&samples[i]);
            continue;
        }
        struct edit_sound sound = {.kind = SOUND_VOICE,
                                   .slot = sp->slot,
                                   .start = sp->start,
                                   .frames = (long)ceil(sp->seconds * p->fps_n / p->fps_d),
                                   .path = sound_path(p, sp->slot, "voice")};
        sound.frames = MIN(sound.frames, p->frames - sp->start);
        double gain = 1;
        good = gain_to(t, &samples[i], t->lufs, HUGE_VAL, &gain);
        add_sound(t, sound, samples[i], gain);
    }
    g_free(samples);
    return good;
}

/* The score lies low while somebody speaks. */
static void duck(const struct edit_plan *p, struct edit_sound *score)
{
    double low = pow(10, -DUCK_DB / 20.0);
    for (int i = 0; i < p->speech_count; i++) {
        const struct edit_speech *sp = &p->speeches[i];
        if (!sp->heard)
            continue;
        double from = edit_plan_seconds(p, sp->start), to = from + sp->seconds;
        double last = score->key_count ? score->keys[score->key_count - 1].at_s - DUCK_RISE_S : -1;
        if (score->key_count && from - last < DUCK_HOLD_S) {
            score->key_count -= 2; /* stays low since the speech before */
        } else {
            add_key(score, MAX(from - DUCK_FALL_S, 0), from > DUCK_FALL_S ? 1 : low);
            add_key(score, MAX(from, 1e-3), low);
        }
        add_key(score, to, low);
        add_key(score, to + DUCK_RISE_S, 1);
    }
}

static void warn_of_instruments(const struct track *t, const char *instruments)
{
    char *unknown = score_unknown_instruments(instruments);
    if (unknown)
        edit_tell(t->listen, "warn", NULL,
                  "The score knows no %s; the mood's own instrument plays in its place. Names are "
                  "those of General MIDI, such as piano, flute, string ensemble 1.",
                  unknown);
    free(unknown);
}

static bool compose(struct track *t, const char *wav, struct sound *out, double *tempo_bpm)
{
    const struct edit_plan *p = t->plan;
    const whelk_edit *e = p->edit;
    int count = 0;
    double *cuts = edit_plan_cuts(p, &count);
    char *midi = edit_plan_file(p, "score/score.mid");
    whelk_score score = {.mood = e->score_mood,
                         .tempo_bpm = e->score_tempo_bpm,
                         .instruments = e->score_instruments,
                         .seconds = edit_plan_seconds(p, p->frames),
                         .cut_s = cuts,
                         .cut_count = count,
                         .seed = e->seed};
    warn_of_instruments(t, e->score_instruments);
    struct sound_room room = {wav, t->listen};
    struct score_told told = {0};
    bool good = score_make(&score, midi, out, &room, &told, t->err);
    *tempo_bpm = told.tempo_bpm;
    if (good)
        edit_tell(t->listen, "choice", NULL,
                  "composed a %s score of %.1f s at %.1f beats a minute; bars begin on %d of %d "
                  "cuts%s",
                  e->score_mood ? e->score_mood : "calm", score.seconds, told.tempo_bpm,
                  told.cuts_met, told.cuts,
                  told.cuts_met < told.cuts ? ", the tempo would have to move too far for more"
                                            : "");
    g_free(midi);
    g_free(cuts);
    return good;
}

static bool lay_music(struct track *t, const char *wav, struct sound *out)
{
    const struct edit_plan *p = t->plan;
    const char *file = p->edit->score_file;
    char *path = g_canonicalize_filename(file, p->reel);
    double seconds = edit_plan_seconds(p, p->frames);
    struct tune tune;
    struct sound_room room = {wav, t->listen};
    bool good = tune_lay(path, seconds, p->edit->score_tempo_bpm, out, &tune, &room, t->err);
    g_free(path);
    if (good && tune.bars > 0)
        edit_tell(t->listen, "choice", NULL,
                  "%s has %.1f s of music for a film of %.1f s: it is looped every %d bars, %.2f s "
                  "at %.1f beats a minute%s.",
                  file, tune.music_s, seconds, tune.bars, tune.loop_s, tune.bpm,
                  p->edit->score_tempo_bpm > 0 ? " as given" : " as measured");
    else if (good && tune.loop_s > 0)
        edit_tell(t->listen, "warn", NULL,
                  "%s has %.1f s of music for a film of %.1f s, and no bar to loop on was found in "
                  "it: its end fades into its beginning.",
                  file, tune.music_s, seconds);
    return good;
}

static bool add_score(struct track *t, double *tempo_bpm)
{
    const struct edit_plan *p = t->plan;
    if (p->edit->score_off)
        return true;
    struct edit_sound sound = {.kind = SOUND_SCORE,
                               .slot = -1,
                               .frames = p->frames,
                               .path = edit_plan_file(p, "score/score.wav")};
    struct sound samples = {0};
    bool good;
    if (p->edit->score_file) {
        good = lay_music(t, sound.path, &samples);
    } else {
        good = compose(t, sound.path, &samples, tempo_bpm);
    }
    if (!good) {
        g_free(sound.path);
        return false;
    }
    double gain = 1;
    good = gain_to(t, &samples, t->lufs, HUGE_VAL, &gain);
    duck(p, add_sound(t, sound, samples, gain));
    return good;
}

/* --- All of it ------------------------------------------------------------------------------- */

static bool write_files(struct track *t)
{
    struct edit_plan *p = t->plan;
    for (int i = 0; i < p->sound_count; i++) {
        t->parts[i].keys = p->sounds[i].keys;
        t->parts[i].key_count = p->sounds[i].key_count;
        t->parts[i].path = p->sounds[i].path;
    }
    struct mix mix = {.parts = t->parts,
                      .count = p->sound_count,
                      .frames = to_sample(p, p->frames),
                      .listen = t->listen};
    return p->sound_count == 0 ||
           mix_write(&mix, t->lufs, t->dbtp - HEADROOM_DB, &p->level, t->err);
}

static bool make_folders(const struct edit_plan *p, whelk_error *err)
{
    char *score = edit_plan_file(p, "score"), *sound = edit_plan_file(p, "sound");
    bool good = file_make_dirs(score, err) && file_make_dirs(sound, err);
    g_free(score);
    g_free(sound);
    return good;
}

bool edit_soundtrack(struct edit_plan *plan, const whelk_listener *listen, double *tempo_bpm,
                     whelk_error *err)
{
    const whelk_edit *e = plan->edit;
    struct track t = {.plan = plan, .listen = listen, .err = err};
    t.lufs = e->loudness_lufs != 0 ? e->loudness_lufs : -14;
    t.dbtp = e->true_peak_dbtp != 0 ? e->true_peak_dbtp : -1;
    bool good = make_folders(plan, err) && add_voices(&t) && add_score(&t, tempo_bpm) &&
                add_effects(&t) && add_own_sounds(&t) && write_files(&t);
    for (int i = 0; i < plan->sound_count; i++)
        sound_release(&t.parts[i].sound);
    g_free(t.parts);
    return good;
}
