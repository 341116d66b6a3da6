/* The editor's public calls: check, score, timeline, render, verify, rename. Whatever fails, the
 * earlier film stays. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "captions.h"
#include "watch.h"

static double since(gint64 us)
{
    return (double)(g_get_monotonic_time() - us) / 1e6;
}

void edit_tell(const whelk_listener *listen, const char *kind, const char *shot, const char *fmt,
               ...)
{
    if (!listen || !listen->note)
        return;
    va_list ap;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    listen->note(listen->ctx,
                 &(whelk_note){.stage = "cut", .kind = kind, .shot = shot, .text = text});
    g_free(text);
}

static bool check_levels(const whelk_edit *edit, whelk_error *err)
{
    if (edit->loudness_lufs != 0 && !(edit->loudness_lufs >= -40 && edit->loudness_lufs <= -5))
        return whelk_fail(err, WHELK_EUSAGE, "a loudness of %g LUFS cannot be made; -40 to -5 can",
                          edit->loudness_lufs);
    if (edit->true_peak_dbtp != 0 && !(edit->true_peak_dbtp >= -20 && edit->true_peak_dbtp < 0))
        return whelk_fail(err, WHELK_EUSAGE, "a true peak of %g dBTP cannot be kept; -20 to 0 can",
                          edit->true_peak_dbtp);
    return true;
}

static bool make_captions(struct edit_plan *plan, const whelk_listener *listen, whelk_error *err)
{
    if (!plan->edit->captions)
        return true;
    captions_make(plan, listen);
    if (plan->edit->burn_captions)
        captions_burn(plan);
    return plan->caption_count == 0 || captions_save(plan, err);
}

static GESTimeline *make_timeline(struct edit_plan *plan, const whelk_listener *listen,
                                  whelk_error *err)
{
    if (!edit_conform(plan, listen, err) || !edit_title_draw(plan, listen, err))
        return NULL;
    GESTimeline *timeline = edit_timeline_new(plan, err);
    if (!timeline)
        return NULL;
    edit_conform_sweep(plan);
    char *xges = edit_plan_file(plan, "timeline.xges"),
         *otio = edit_plan_file(plan, "timeline.otio"), *edl = edit_plan_file(plan, "timeline.edl");
    if (!edit_timeline_save(timeline, xges, err) || !edit_otio_save(plan, otio, err) ||
        !edit_edl_save(plan, edl, err))
        g_clear_pointer(&timeline, gst_object_unref);
    g_free(xges);
    g_free(otio);
    g_free(edl);
    return timeline;
}

static bool check_reel(const struct edit_plan *plan, whelk_error *err)
{
    if (!g_file_test(plan->reel, G_FILE_TEST_IS_DIR))
        return whelk_fail(err, WHELK_EUSAGE, "%s: there is no such reel", plan->reel);
    if (g_access(plan->reel, W_OK) != 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot be written to: %s", plan->reel,
                          g_strerror(errno));
    return true;
}

static bool put_film(const struct edit_plan *plan, GESTimeline *timeline,
                     const whelk_listener *listen, whelk_edit_figures *f, whelk_error *err)
{
    const char *name = whelk_edit_film_name(plan->edit->profile);
    char *film = edit_plan_file(plan, name), *part = g_strconcat(film, ".part", NULL),
         *rendered = g_strconcat(film, ".render.part", NULL);
    gint64 began = g_get_monotonic_time();
    struct edit_watch *watch = edit_watch_new(plan);
    bool good = edit_render(timeline, plan, rendered, watch, listen, err) &&
                edit_watch_judge(watch, err) &&
                edit_remux(plan, rendered, part, edit_profile_format(plan->profile), err);
    g_unlink(rendered);
    f->render_s = since(began);
    good = good && edit_tags_append(plan, part, err) && edit_verify(plan, part, f, err) &&
           edit_watch_film(watch, part, listen, err);
    edit_watch_free(watch);
    if (good && g_rename(part, film) != 0)
        good =
            whelk_fail(err, WHELK_EFAIL, "%s: cannot be put in place: %s", film, g_strerror(errno));
    if (!good)
        g_unlink(part);
    g_free(film);
    g_free(part);
    g_free(rendered);
    return good;
}

static void tell_review(const whelk_listener *listen, const struct edit_plan *plan,
                        const whelk_edit_figures *f)
{
    if (plan->sound_count == 0)
        edit_tell(listen, "review", NULL, "the film has %d frames, %.2f s, and no sound", f->frames,
                  f->seconds);
    else
        edit_tell(listen, "review", NULL,
                  "the film has %d frames, %.2f s, %.1f LUFS, true peak %.1f dBTP", f->frames,
                  f->seconds, f->loudness_lufs, f->true_peak_dbtp);
    double most = plan->edit->true_peak_dbtp != 0 ? plan->edit->true_peak_dbtp : -1;
    if (f->true_peak_dbtp > most)
        edit_tell(listen, "warn", NULL,
                  "Coding raised the true peak to %.2f dBTP, over the %.1f asked for.",
                  f->true_peak_dbtp, most);
}

static bool cut(const whelk_edit *edit, const char *reel, const whelk_listener *listen,
                whelk_edit_figures *figures, bool render, whelk_error *err)
{
    gint64 began = g_get_monotonic_time();
    struct edit_plan plan;
    if (!check_levels(edit, err) || !edit_start(err) ||
        !edit_plan_init(&plan, edit, reel, listen, err))
        return false;
    whelk_edit_figures f = {0};
    GESTimeline *timeline = NULL;
    gint64 score_began = g_get_monotonic_time();
    bool good = check_reel(&plan, err) && (!render || edit_profile_choose(&plan, listen, err)) &&
                edit_soundtrack(&plan, listen, &f.tempo_bpm, err) &&
                make_captions(&plan, listen, err);
    f.score_s = since(score_began);
    if (good)
        timeline = make_timeline(&plan, listen, err);
    good = timeline != NULL;
    if (good && render)
        good = put_film(&plan, timeline, listen, &f, err);
    if (timeline)
        gst_object_unref(timeline);
    f.wall_s = since(began);
    if (good && render)
        tell_review(listen, &plan, &f);
    edit_plan_release(&plan);
    if (good && figures)
        *figures = f;
    return good;
}

bool whelk_edit_film(const whelk_edit *edit, const char *reel, const whelk_listener *listen,
                     whelk_edit_figures *figures, whelk_error *err)
{
    return cut(edit, reel, listen, figures, true, err);
}

bool whelk_edit_timeline(const whelk_edit *edit, const char *reel, whelk_error *err)
{
    return cut(edit, reel, NULL, NULL, false, err);
}
