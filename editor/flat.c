/* The film's sound as one file, before there are pictures: every part of the soundtrack that needs
 * no take, at level, added up with its volume. */
#include <math.h>

#include "edit.h"

/* The parts' own files hold them at level; what is missing is their volume over time. */
struct mix_part *edit_parts_read(const struct edit_plan *plan, whelk_error *err)
{
    struct mix_part *parts = g_new0(struct mix_part, plan->sound_count + 1);
    for (int i = 0; i < plan->sound_count; i++) {
        const struct edit_sound *s = &plan->sounds[i];
        parts[i].at = lround((double)s->start * plan->fps_d / plan->fps_n * SOUND_RATE);
        parts[i].gain = 1;
        parts[i].keys = s->keys;
        parts[i].key_count = s->key_count;
        struct sound_room room = {s->path, plan->listen};
        if (!sound_read(s->path, (struct sound_range){0}, &parts[i].sound, &room, err)) {
            edit_parts_free(plan, parts);
            return NULL;
        }
    }
    return parts;
}

void edit_parts_free(const struct edit_plan *plan, struct mix_part *parts)
{
    for (int i = 0; parts && i < plan->sound_count; i++)
        sound_release(&parts[i].sound);
    g_free(parts);
}

static bool write_mix(const struct edit_plan *plan, const struct mix_part *parts, const char *path,
                      whelk_error *err)
{
    struct mix mix = {.parts = parts,
                      .count = plan->sound_count,
                      .frames = lround(edit_plan_seconds(plan, plan->frames) * SOUND_RATE)};
    struct wav wav;
    bool good = true;
    if (!wav_new(&wav, path, mix.frames, err))
        return false;
    float *block = g_new(float, 2 * SOUND_BLOCK);
    for (long at = 0; good && at < mix.frames; at += SOUND_BLOCK) {
        long n = MIN(SOUND_BLOCK, mix.frames - at);
        good = edit_goes_on(plan->listen, err);
        mix_block(&mix, at, block, n);
        wav_put(&wav, block, n);
    }
    g_free(block);
    return wav_end(&wav, good, err);
}

bool whelk_edit_sound(const whelk_edit *edit, const char *reel, const char *wav_path,
                      const whelk_listener *listen, whelk_error *err)
{
    struct edit_plan plan;
    double tempo_bpm;
    if (!edit_start(err) || !edit_plan_lay(&plan, edit, reel, err))
        return false;
    plan.listen = listen;
    bool good = edit_soundtrack(&plan, listen, &tempo_bpm, err);
    struct mix_part *parts = good ? edit_parts_read(&plan, err) : NULL;
    good = parts && write_mix(&plan, parts, wav_path, err);
    edit_parts_free(&plan, parts);
    edit_plan_release(&plan);
    return good;
}
