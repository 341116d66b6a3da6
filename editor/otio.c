/* The plan as OpenTimelineIO JSON, written directly: pictures, titles and sound as tracks, media by
 * paths relative to the reel, a marker on every clip with its shot and why it is there. Schema
 * names and fields: opentimelineio.readthedocs.io, "Serialized Data". In OTIO neighbours lie end to
 * end and a transition reaches over the cut into what is trimmed off on either side, so an overlap
 * of n frames becomes a cut at its middle. Ranges are frames of the film; a clip of another speed
 * has a LinearTimeWarp, which takes its source from the same start and leaves its length alone. */
#include "edit.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "../pipeline/base/file.h"

static cJSON *object(const char *schema, const char *name)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "OTIO_SCHEMA", schema);
    cJSON_AddStringToObject(o, "name", name ? name : "");
    cJSON_AddObjectToObject(o, "metadata");
    return o;
}

/* Our own words, where others keep theirs: metadata.whelk */
static void note(cJSON *o, const char *name, const char *value)
{
    cJSON *metadata = cJSON_GetObjectItemCaseSensitive(o, "metadata");
    cJSON *ours = cJSON_GetObjectItemCaseSensitive(metadata, "whelk");
    if (!ours)
        ours = cJSON_AddObjectToObject(metadata, "whelk");
    if (value && *value)
        cJSON_AddStringToObject(ours, name, value);
}

static cJSON *item(const char *schema, const char *name)
{
    cJSON *o = object(schema, name);
    cJSON_AddArrayToObject(o, "effects");
    cJSON_AddArrayToObject(o, "markers");
    cJSON_AddTrueToObject(o, "enabled");
    return o;
}

static cJSON *moment(double frames, double rate)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "OTIO_SCHEMA", "RationalTime.1");
    cJSON_AddNumberToObject(o, "rate", rate);
    cJSON_AddNumberToObject(o, "value", frames);
    return o;
}

static cJSON *range(double start, double frames, double rate)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "OTIO_SCHEMA", "TimeRange.1");
    cJSON_AddItemToObject(o, "start_time", moment(start, rate));
    cJSON_AddItemToObject(o, "duration", moment(frames, rate));
    return o;
}

static double rate_of(const struct edit_plan *p)
{
    return (double)p->fps_n / p->fps_d;
}

/* A file as a reference; `frames` of `rate` are there, 0 = not told. */
static cJSON *reference(const struct edit_plan *p, const char *path, double frames, double rate)
{
    cJSON *o = object("ExternalReference.1", NULL);
    const char *inner = edit_plan_inside(p, path);
    char *url =
        inner ? g_uri_escape_string(inner, "/", FALSE) : g_filename_to_uri(path, NULL, NULL);
    cJSON_AddStringToObject(o, "target_url", url ? url : "");
    cJSON_AddItemToObject(o, "available_range",
                          frames > 0 ? range(0, frames, rate) : cJSON_CreateNull());
    cJSON_AddNullToObject(o, "available_image_bounds");
    g_free(url);
    return o;
}

/* Takes `media` over. `start` and `frames` in frames of the film. */
static cJSON *clip(const struct edit_plan *p, const char *name, cJSON *media, double start,
                   long frames)
{
    cJSON *o = item("Clip.2", name);
    cJSON_AddItemToObject(o, "source_range", range(start, (double)frames, rate_of(p)));
    cJSON *all = cJSON_AddObjectToObject(o, "media_references");
    cJSON_AddItemToObject(all, "DEFAULT_MEDIA", media);
    cJSON_AddStringToObject(o, "active_media_reference_key", "DEFAULT_MEDIA");
    return o;
}

static cJSON *gap(const struct edit_plan *p, long frames)
{
    cJSON *o = item("Gap.1", NULL);
    cJSON_AddItemToObject(o, "source_range", range(0, (double)frames, rate_of(p)));
    return o;
}

static cJSON *track(cJSON *stack, const char *name, const char *kind)
{
    cJSON *o = item("Track.1", name);
    cJSON_AddStringToObject(o, "kind", kind);
    cJSON_AddNullToObject(o, "source_range");
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(stack, "children"), o);
    return cJSON_AddArrayToObject(o, "children");
}

/* ---- pictures ---- */

static void add_marker(cJSON *to, const struct edit_plan *p, const struct edit_slot *s,
                       double start)
{
    cJSON *o = object("Marker.2", s->clip->shot);
    cJSON_AddStringToObject(o, "color", "GREEN");
    cJSON_AddStringToObject(o, "comment", s->clip->why ? s->clip->why : "");
    cJSON_AddItemToObject(o, "marked_range", range(start, 1, rate_of(p)));
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(to, "markers"), o);
}

static void add_speed(cJSON *to, double speed)
{
    cJSON *o = object("LinearTimeWarp.1", NULL);
    cJSON_AddStringToObject(o, "effect_name", "LinearTimeWarp");
    cJSON_AddNumberToObject(o, "time_scalar", speed);
    cJSON_AddTrueToObject(o, "enabled");
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(to, "effects"), o);
}

/* Frames of an overlap that lie before the cut; the others lie behind it. */
static long before_cut(const struct edit_slot *s)
{
    return s->overlap / 2;
}

static cJSON *transition(const struct edit_plan *p, const struct edit_slot *s)
{
    bool plain = s->join == JOIN_CROSSFADE;
    cJSON *o = object("Transition.1", s->clip->transition);
    cJSON_AddStringToObject(o, "transition_type", plain ? "SMPTE_Dissolve" : "Custom_Transition");
    cJSON_AddItemToObject(o, "in_offset", moment((double)before_cut(s), rate_of(p)));
    cJSON_AddItemToObject(o, "out_offset",
                          moment((double)(s->overlap - before_cut(s)), rate_of(p)));
    note(o, "transition", s->clip->transition);
    return o;
}

static void add_pictures(cJSON *stack, const struct edit_plan *p)
{
    cJSON *children = track(stack, "Pictures", "Video");
    for (int i = 0; i < p->slot_count; i++) {
        const struct edit_slot *s = &p->slots[i];
        long head = i > 0 ? before_cut(s - 1) : 0, tail = s->overlap - before_cut(s);
        double start = s->in_s * rate_of(p) + (double)head * s->speed;
        cJSON *media = reference(p, s->path, (double)s->media.frames, s->media.fps);
        cJSON *o = clip(p, s->clip->shot, media, start, s->frames - head - tail);
        note(o, "shot", s->clip->shot);
        note(o, "why", s->clip->why);
        add_marker(o, p, s, start);
        if (s->speed != 1)
            add_speed(o, s->speed);
        cJSON_AddItemToArray(children, o);
        if (s->overlap > 0)
            cJSON_AddItemToArray(children, transition(p, s));
    }
}

/* ---- titles and sound ---- */

/* Titles in time; one that begins before the last has ended goes on a track of its own. */
static void add_titles(cJSON *stack, const struct edit_plan *p)
{
    bool *done = g_new0(bool, p->card_count + 1);
    for (int left = p->card_count; left > 0;) {
        cJSON *children = track(stack, "Titles", "Video");
        long at = 0;
        for (;;) {
            int next = -1;
            for (int i = 0; i < p->card_count; i++)
                if (!done[i] && p->cards[i].start >= at &&
                    (next < 0 || p->cards[i].start < p->cards[next].start))
                    next = i;
            if (next < 0)
                break;
            const struct edit_card *c = &p->cards[next];
            if (c->start > at)
                cJSON_AddItemToArray(children, gap(p, c->start - at));
            cJSON *o = clip(p, c->title->kind, reference(p, c->path, 0, 0), 0, c->frames);
            note(o, "text", c->title->text);
            note(o, "kind", c->title->kind);
            cJSON_AddItemToArray(children, o);
            at = c->start + c->frames;
            done[next] = true;
            left--;
        }
    }
    g_free(done);
}

/* Sounds of one kind and lane follow one another on a track of their own. */
static void add_sounds(cJSON *stack, const struct edit_plan *p)
{
    static const char *const names[] = {"Score", "Voice", "Effects", "Sound of the clips"};
    for (int way = 0; way < 2 * (SOUND_CLIP + 1); way++) {
        cJSON *children = NULL;
        long at = 0;
        for (int i = 0; i < p->sound_count; i++) {
            const struct edit_sound *s = &p->sounds[i];
            if ((int)s->kind * 2 + s->lane != way)
                continue;
            if (!children)
                children = track(stack, names[s->kind], "Audio");
            if (s->start > at)
                cJSON_AddItemToArray(children, gap(p, s->start - at));
            cJSON *media = reference(p, s->path, (double)s->frames, rate_of(p));
            const char *shot = s->slot >= 0 ? p->slots[s->slot].clip->shot : "score";
            cJSON_AddItemToArray(children, clip(p, shot, media, 0, s->frames));
            at = s->start + s->frames;
        }
    }
}

static cJSON *timeline(const struct edit_plan *p)
{
    cJSON *o = object("Timeline.1", p->edit->title);
    cJSON *size = cJSON_AddObjectToObject(cJSON_GetObjectItemCaseSensitive(o, "metadata"), "whelk");
    cJSON_AddNumberToObject(size, "width", p->width);
    cJSON_AddNumberToObject(size, "height", p->height);
    cJSON_AddNullToObject(o, "global_start_time");
    cJSON *stack = item("Stack.1", "tracks");
    cJSON_AddNullToObject(stack, "source_range");
    cJSON_AddArrayToObject(stack, "children");
    cJSON_AddItemToObject(o, "tracks", stack);
    add_pictures(stack, p);
    add_titles(stack, p);
    add_sounds(stack, p);
    return o;
}

bool edit_otio_save(const struct edit_plan *plan, const char *path, whelk_error *err)
{
    cJSON *o = timeline(plan);
    char *text = cJSON_Print(o);
    bool good = text ? file_write(path, text, strlen(text), err)
                     : whelk_fail(err, WHELK_EFAIL, "%s: out of memory for writing it", path);
    cJSON_free(text);
    cJSON_Delete(o);
    return good;
}
