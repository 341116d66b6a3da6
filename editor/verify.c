/* Looks at the finished film as a stranger would: counts its pictures, reads its lengths, decodes
 * its sound and measures it. A render that ended without an error has proved nothing yet. */
#include "edit.h"

#include <math.h>

#include "sound.h"

#define LOUDNESS_LU 3.0 /* coding moves the loudness by less: of white noise AAC takes 1.5 */
#define HEARD 1e-3      /* root mean square of a block that is not silence */
#define FAINT 0.05      /* share of it that a silent one has at most */
#define SILENT_S 0.25   /* shorter silences are let pass: a coder's lead, a dropped packet */

static bool check_level(const struct edit_plan *plan, const struct sound_level *got,
                        whelk_error *err)
{
    const struct sound_level *want = &plan->level;
    if (plan->sound_count == 0 || !isfinite(want->lufs))
        return true;
    if (!isfinite(got->lufs))
        return whelk_fail(err, WHELK_EFAIL,
                          "the film just made is silent, though sound was cut; cut again");
    return fabs(got->lufs - want->lufs) <= LOUDNESS_LU ||
           whelk_fail(err, WHELK_EFAIL,
                      "the film just made is at %.1f LUFS, its sound was mixed at %.1f; cut again",
                      got->lufs, want->lufs);
}

static double power(const float *samples, long frames)
{
    double sum = 0;
    for (long i = 0; i < 2 * frames; i++)
        sum += samples[i] * samples[i];
    return sqrt(sum / (2 * (double)frames));
}

/* Is the film silent for a while where its parts together are not? */
static bool check_silence(const struct edit_plan *plan, const struct sound *film, whelk_error *err)
{
    struct mix_part *parts = edit_parts_read(plan, err);
    if (!parts)
        return false;
    struct mix mix = {.parts = parts, .count = plan->sound_count};
    float *block = g_new(float, 2 * SOUND_BLOCK);
    long all = lround(edit_plan_seconds(plan, plan->frames) * SOUND_RATE), run = 0;
    bool good = true;
    for (long at = 0; good && at + SOUND_BLOCK <= all; at += SOUND_BLOCK) {
        mix_block(&mix, at, block, SOUND_BLOCK);
        double want = power(block, SOUND_BLOCK);
        sound_get(film, at, block, SOUND_BLOCK);
        run = want > HEARD && power(block, SOUND_BLOCK) < FAINT * want ? run + SOUND_BLOCK : 0;
        if (run > SILENT_S * SOUND_RATE)
            good = whelk_fail(
                err, WHELK_EFAIL,
                "the film just made is silent from %.2f s on, where sound was cut; cut again",
                (double)(at + SOUND_BLOCK - run) / SOUND_RATE);
        good = good && edit_goes_on(plan->listen, err);
    }
    g_free(block);
    edit_parts_free(plan, parts);
    return good;
}

bool edit_verify(const struct edit_plan *plan, const char *path, whelk_edit_figures *figures,
                 whelk_error *err)
{
    struct edit_media media;
    if (!edit_check_media(path, &media, plan->listen, err)) {
        whelk_error_prefix(err, "the film just made");
        return false;
    }
    double want = edit_plan_seconds(plan, plan->frames), frame = edit_plan_seconds(plan, 1);
    if (media.frames != plan->frames)
        return whelk_fail(err, WHELK_EFAIL, "the film just made has %ld frames where %ld were cut",
                          media.frames, plan->frames);
    int width, height;
    edit_profile_size(plan, &width, &height);
    if (media.width != width || media.height != height)
        return whelk_fail(err, WHELK_EFAIL, "the film just made is %dx%d where %dx%d was asked for",
                          media.width, media.height, width, height);
    if (fabs(media.seconds - want) > frame)
        return whelk_fail(err, WHELK_EFAIL, "the film just made lasts %.3f s where %.3f s were cut",
                          media.seconds, want);
    struct sound sound;
    if (!sound_read(path, (struct sound_range){.seconds = want}, &sound,
                    &(struct sound_room){path, plan->listen}, err)) {
        whelk_error_prefix(err, "the film just made");
        return false;
    }
    struct sound_level level;
    bool good = sound_measure(&sound, &level, plan->listen, err) &&
                check_level(plan, &level, err) && check_silence(plan, &sound, err);
    sound_release(&sound);
    if (!good)
        return false;
    figures->seconds = media.seconds;
    figures->frames = (int)media.frames;
    figures->loudness_lufs = level.lufs;
    figures->true_peak_dbtp = level.dbtp;
    return true;
}
