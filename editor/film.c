/* The editor's public calls: check, score, timeline, render, verify, rename. Whatever fails, the
 * earlier film stays. */
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"
#include "edit.h"
#include "score.h"

static double since(gint64 us)
{
    return (double)(g_get_monotonic_time() - us) / 1e6;
}

static long note(const whelk_listener *listen, const char *kind, const char *text)
{
    if (!listen || !listen->note)
        return 0;
    return listen->note(listen->ctx, &(whelk_note){.stage = "cut", .kind = kind, .text = text});
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

static void warn_of_instruments(const whelk_listener *listen, const char *instruments)
{
    char *unknown = score_unknown_instruments(instruments);
    if (!unknown)
        return;
    char *text = g_strdup_printf("The score knows no %s; the mood's own instrument plays in its "
                                 "place. Names are those of General MIDI, such as piano, flute, "
                                 "string ensemble 1.",
                                 unknown);
    note(listen, "warn", text);
    g_free(text);
    free(unknown);
}

/* The film's sound as REEL/score/score.wav; *path stays NULL where there is none. */
static bool make_score(const struct edit_plan *plan, const whelk_listener *listen,
                       double *tempo_bpm, char **path, whelk_error *err)
{
    const whelk_edit *e = plan->edit;
    if (e->score_off)
        return true;
    double lufs = e->loudness_lufs != 0 ? e->loudness_lufs : -14,
           dbtp = e->true_peak_dbtp != 0 ? e->true_peak_dbtp : -1;
    double seconds = edit_plan_seconds(plan, plan->frames);
    char *folder = edit_plan_file(plan, "score"), *wav = edit_plan_file(plan, "score/score.wav");
    bool good = file_make_dirs(folder, err);
    if (good && e->score_file) {
        char *music = g_canonicalize_filename(e->score_file, plan->reel);
        good = score_from_file(music, seconds, wav, lufs, dbtp, err);
        g_free(music);
    } else if (good) {
        int count = 0;
        double *cuts = edit_plan_cuts(plan, &count);
        warn_of_instruments(listen, e->score_instruments);
        char *midi = edit_plan_file(plan, "score/score.mid");
        whelk_score score = {.mood = e->score_mood,
                             .tempo_bpm = e->score_tempo_bpm,
                             .instruments = e->score_instruments,
                             .seconds = seconds,
                             .cut_s = cuts,
                             .cut_count = count,
                             .seed = e->seed};
        good = score_make(&score, midi, wav, lufs, dbtp, tempo_bpm, err);
        if (good) {
            char *text = g_strdup_printf(
                "composed a %s score of %.1f s at %.1f beats a minute, its bars laid on the cuts",
                e->score_mood ? e->score_mood : "calm", seconds, *tempo_bpm);
            note(listen, "choice", text);
            g_free(text);
        }
        g_free(midi);
        g_free(cuts);
    }
    g_free(folder);
    if (good)
        *path = wav;
    else
        g_free(wav);
    return good;
}

static GESTimeline *make_timeline(struct edit_plan *plan, const char *score, whelk_error *err)
{
    if (!edit_title_draw(plan, err))
        return NULL;
    GESTimeline *timeline = edit_timeline_new(plan, score, err);
    if (!timeline)
        return NULL;
    char *xges = edit_plan_file(plan, "timeline.xges"),
         *otio = edit_plan_file(plan, "timeline.otio"), *edl = edit_plan_file(plan, "timeline.edl");
    if (!edit_timeline_save(timeline, xges, err) || !edit_otio_save(plan, score, otio, err) ||
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
    char *film = edit_plan_file(plan, "film.mp4"), *part = edit_plan_file(plan, "film.mp4.part");
    gint64 began = g_get_monotonic_time();
    bool good = edit_render(timeline, plan, part, listen, err);
    f->render_s = since(began);
    good = good && edit_verify(plan, part, f, err);
    if (good && g_rename(part, film) != 0)
        good =
            whelk_fail(err, WHELK_EFAIL, "%s: cannot be put in place: %s", film, g_strerror(errno));
    if (!good)
        g_unlink(part);
    g_free(film);
    g_free(part);
    return good;
}

static void tell_review(const whelk_listener *listen, const whelk_edit *edit,
                        const whelk_edit_figures *f)
{
    char *text =
        edit->score_off
            ? g_strdup_printf("the film has %d frames, %.2f s, and no score", f->frames, f->seconds)
            : g_strdup_printf("the film has %d frames, %.2f s, %.1f LUFS, true peak %.1f dBTP",
                              f->frames, f->seconds, f->loudness_lufs, f->true_peak_dbtp);
    note(listen, "review", text);
    g_free(text);
}

static bool cut(const whelk_edit *edit, const char *reel, const whelk_listener *listen,
                whelk_edit_figures *figures, bool render, whelk_error *err)
{
    gint64 began = g_get_monotonic_time();
    struct edit_plan plan;
    if (!check_levels(edit, err) || !edit_start(err) || !edit_plan_init(&plan, edit, reel, err))
        return false;
    whelk_edit_figures f = {0};
    char *score = NULL;
    GESTimeline *timeline = NULL;
    gint64 score_began = g_get_monotonic_time();
    bool good = check_reel(&plan, err) && make_score(&plan, listen, &f.tempo_bpm, &score, err);
    f.score_s = since(score_began);
    if (good)
        timeline = make_timeline(&plan, score, err);
    good = timeline != NULL;
    if (good && render)
        good = put_film(&plan, timeline, listen, &f, err);
    if (timeline)
        gst_object_unref(timeline);
    g_free(score);
    edit_plan_release(&plan);
    f.wall_s = since(began);
    if (good && render)
        tell_review(listen, edit, &f);
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
