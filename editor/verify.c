/* Looks at the finished film as a stranger would: counts its pictures, reads its lengths, decodes
 * its sound and measures it. A render that ended without an error has proved nothing yet. */
#include "edit.h"

#include <math.h>

#include "sound.h"

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
    if (!sound_read(path, 0, want, &sound, &(struct sound_room){path, plan->listen}, err)) {
        whelk_error_prefix(err, "the film just made");
        return false;
    }
    struct sound_level level;
    bool good = sound_measure(&sound, &level, plan->listen, err);
    sound_release(&sound);
    if (!good)
        return false;
    if (isinf(level.lufs) && !plan->edit->score_off && !plan->edit->score_file)
        return whelk_fail(err, WHELK_EFAIL,
                          "the film just made is silent, though it has a score; cut again");
    figures->seconds = media.seconds;
    figures->frames = (int)media.frames;
    figures->loudness_lufs = level.lufs;
    figures->true_peak_dbtp = level.dbtp;
    return true;
}
