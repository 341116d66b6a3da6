/* The sounds of a plan on the timeline: one layer for the score, one for the voices, two each for
 * effects and for the clips' own sound, whose neighbours may overlap. Volumes move by keys, so any
 * editor that opens the timeline can change them. */
#include "edit.h"

#include <gst/controller/controller.h>

#define LANES 2
#define KINDS (SOUND_CLIP + 1)

static bool set_volume(GESClip *clip, const struct edit_sound *s, whelk_error *err)
{
    if (s->key_count == 0)
        return true;
    GESTrackElement *of = ges_clip_find_track_element(clip, NULL, GES_TYPE_AUDIO_SOURCE);
    GstControlSource *source = gst_interpolation_control_source_new();
    g_object_set(source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
    /* Before the first key GStreamer has no value, and its volume element takes whatever it used
     * last: that of a later moment, where it had read ahead. So there is a key from the start. */
    gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(source), 0, s->keys[0].gain);
    for (int i = 0; i < s->key_count; i++)
        gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(source),
                                           (GstClockTime)(s->keys[i].at_s * GST_SECOND),
                                           s->keys[i].gain);
    bool good = false;
    if (of) {
        ges_track_element_set_auto_clamp_control_sources(of, FALSE);
        good = ges_track_element_set_control_source(of, source, "volume", "direct-absolute");
        g_object_unref(of);
    }
    gst_object_unref(source);
    return good || whelk_fail(err, WHELK_EFAIL, "the timeline takes no volume for %s", s->path);
}

static bool add(GESLayer *layer, const struct edit_plan *plan, const struct edit_sound *s,
                whelk_error *err)
{
    char *uri = g_filename_to_uri(s->path, NULL, NULL);
    GESClip *clip = edit_timeline_load(plan, uri, s->path, err);
    g_free(uri);
    if (!clip)
        return false;
    ges_clip_set_supported_formats(clip, GES_TRACK_TYPE_AUDIO);
    edit_timeline_place(plan, clip, s->start, s->frames);
    if (!ges_layer_add_clip(layer, clip))
        return whelk_fail(err, WHELK_EFAIL, "the timeline does not take the sound %s", s->path);
    return set_volume(clip, s, err);
}

static bool add_silence(GESTimeline *timeline, const struct edit_plan *plan, whelk_error *err)
{
    GESClip *clip = GES_CLIP(ges_test_clip_new());
    ges_test_clip_set_mute(GES_TEST_CLIP(clip), TRUE);
    ges_clip_set_supported_formats(clip, GES_TRACK_TYPE_AUDIO);
    edit_timeline_place(plan, clip, 0, plan->frames);
    return ges_layer_add_clip(ges_timeline_append_layer(timeline), clip) ||
           whelk_fail(err, WHELK_EFAIL, "the timeline takes no silence");
}

bool edit_timeline_sounds(GESTimeline *timeline, const struct edit_plan *plan, whelk_error *err)
{
    GESLayer *layers[KINDS][LANES] = {{NULL}};
    bool throughout = false; /* something lasts as long as the film */
    for (int i = 0; i < plan->sound_count; i++) {
        const struct edit_sound *s = &plan->sounds[i];
        GESLayer **layer = &layers[s->kind][s->lane];
        if (!*layer)
            *layer = ges_timeline_append_layer(timeline);
        if (!add(*layer, plan, s, err))
            return false;
        throughout = throughout || s->kind == SOUND_SCORE;
    }
    return throughout || add_silence(timeline, plan, err);
}
