/* The cut as other editors get it: timeline.xges loaded again renders to the same pictures and
 * samples, timeline.otio has every field that OpenTimelineIO's schemas ask for and the lengths of
 * the film, timeline.edl its events. */
#include "../tap.h"

#include "editor_fixture.h"

#include <cjson/cJSON.h>

#include "../../editor/edit.h"

#define FRAMES 40
#define TRIM 4
#define TOTAL (5 * FRAMES - TRIM - 12 - 8 - 10 - 6)

static whelk_edit_clip clips[5] = {
    {.path = "clips/a.mkv",
     .shot = "0010",
     .why = "It opens\nthe film.",
     .transition = "crossfade",
     .transition_s = 12 / 24.0},
    {.path = "clips/b.mkv",
     .shot = "0020",
     .in_s = 0.5,
     .seconds = FRAMES / 24.0,
     .speed = 0.5,
     .transition = "bar-wipe-lr",
     .transition_s = 8 / 24.0},
    {.path = "clips/c.mkv", .shot = "0030", .transition = "dip-black", .transition_s = 10 / 24.0},
    {.path = "clips/a.mkv", .shot = "0040", .transition = "dip-white", .transition_s = 6 / 24.0},
    {.path = "clips/b.mkv", .shot = "0050", .in_s = TRIM / 24.0, .why = "It \"closes\" the film: 水"},
};
static whelk_edit_title titles[2] = {
    {.text = "One", .kind = "opening", .at_s = 0.5, .seconds = 2},
    {.text = "Two", .kind = "lower-third", .at_s = 1.5, .seconds = 1},
};
static const whelk_edit edit = {.clips = clips,
                                .clip_count = 5,
                                .titles = titles,
                                .title_count = 2,
                                .title = "Other\nEditors",
                                .width = CLIP_WIDTH,
                                .height = CLIP_HEIGHT,
                                .grade = {.contrast = 0.1, .warmth = 0.3}};

/* ---- OpenTimelineIO ---- */

/* Fields of each schema, as its documentation ("Serialized Data") lists them: n null allowed. */
static const struct {
    const char *schema, *fields;
} schemas[] = {
    {"Timeline.1", "name:s metadata:o global_start_time:n tracks:o"},
    {"Stack.1", "name:s metadata:o source_range:n effects:a markers:a enabled:b children:a"},
    {"Track.1", "name:s metadata:o source_range:n effects:a markers:a enabled:b children:a kind:s"},
    {"Clip.2", "name:s metadata:o source_range:o effects:a markers:a enabled:b media_references:o "
               "active_media_reference_key:s"},
    {"Gap.1", "name:s metadata:o source_range:o effects:a markers:a enabled:b"},
    {"Transition.1", "name:s metadata:o transition_type:s in_offset:o out_offset:o"},
    {"ExternalReference.1",
     "name:s metadata:o available_range:n available_image_bounds:n target_url:s"},
    {"Marker.2", "name:s metadata:o color:s comment:s marked_range:o"},
    {"LinearTimeWarp.1", "name:s metadata:o effect_name:s time_scalar:d"},
    {"TimeRange.1", "start_time:o duration:o"},
    {"RationalTime.1", "rate:d value:d"},
};

static bool fits(const cJSON *item, char type)
{
    return type == 's'   ? cJSON_IsString(item)
           : type == 'o' ? cJSON_IsObject(item)
           : type == 'a' ? cJSON_IsArray(item)
           : type == 'b' ? cJSON_IsBool(item)
           : type == 'd' ? cJSON_IsNumber(item)
                         : cJSON_IsNull(item) || cJSON_IsObject(item);
}

/* How many objects break their schema; each is told. */
static int faults(const cJSON *node)
{
    int bad = 0;
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "OTIO_SCHEMA"));
    const char *fields = NULL;
    for (size_t i = 0; name && i < G_N_ELEMENTS(schemas); i++)
        if (strcmp(schemas[i].schema, name) == 0)
            fields = schemas[i].fields;
    if (name && !fields && ++bad)
        printf("# %s is no schema we know\n", name);
    char **list = g_strsplit(fields ? fields : "", " ", -1);
    for (char **f = list; *f && **f; f++) {
        char *colon = strchr(*f, ':');
        *colon = '\0';
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(node, *f);
        if ((!item || !fits(item, colon[1])) && ++bad)
            printf("# %s has no proper %s\n", name, *f);
    }
    g_strfreev(list);
    for (const cJSON *c = node->child; c; c = c->next)
        bad += faults(c);
    return bad;
}

static const cJSON *get(const cJSON *node, const char *path)
{
    char **steps = g_strsplit(path, ".", -1);
    for (char **s = steps; *s && node; s++)
        node = g_ascii_isdigit(**s) ? cJSON_GetArrayItem(node, atoi(*s))
                                    : cJSON_GetObjectItemCaseSensitive(node, *s);
    g_strfreev(steps);
    return node;
}

static double number(const cJSON *node, const char *path)
{
    const cJSON *item = get(node, path);
    return cJSON_IsNumber(item) ? item->valuedouble : -1e9;
}

static const char *word(const cJSON *node, const char *path)
{
    return cJSON_GetStringValue(get(node, path));
}

/* Sum of what lies end to end on a track. */
static double track_frames(const cJSON *track)
{
    double sum = 0;
    const cJSON *child;
    cJSON_ArrayForEach(child, get(track, "children"))
    {
        if (get(child, "source_range"))
            sum += number(child, "source_range.duration.value");
    }
    return sum;
}

static void test_otio(const char *reel)
{
    char *path = g_build_filename(reel, "timeline.otio", NULL);
    gsize size = 0;
    char *text = read_all(path, &size);
    cJSON *o = cJSON_Parse(text ? text : "");
    is_str(word(o, "OTIO_SCHEMA"), "Timeline.1", "the .otio is a timeline");
    is_int(o ? faults(o) : -1, 0, "each object has the fields of its schema");
    const cJSON *tracks = get(o, "tracks.children"), *pictures = get(tracks, "0");
    is_int(cJSON_GetArraySize(tracks), 4, "pictures, two tracks of titles that overlap, the score");
    is_near(track_frames(pictures), TOTAL, 0, "the pictures last as long as the film");
    is_str(word(tracks, "3.kind"), "Audio", "the score is a track of sound");
    is_near(track_frames(get(tracks, "3")), TOTAL, 0, "as long");
    is_str(word(pictures, "children.0.media_references.DEFAULT_MEDIA.target_url"), "clips/a.mkv",
           "media are named from the reel on");
    is_near(number(pictures,
                   "children.0.media_references.DEFAULT_MEDIA.available_range.duration.value"),
            FRAMES, 0, "and how much of them is there");
    is_near(number(pictures, "children.0.source_range.duration.value"), FRAMES - 6, 0,
            "a clip ends where its crossfade is half done");
    is_str(word(pictures, "children.1.transition_type"), "SMPTE_Dissolve", "the crossfade is one");
    is_near(number(pictures, "children.1.in_offset.value") +
                number(pictures, "children.1.out_offset.value"),
            12, 0, "of its length");
    is_near(number(pictures, "children.2.source_range.start_time.value"), 0.5 * 24 + 6 * 0.5, 1e-9,
            "the next begins after its trim and half a crossfade at its own speed");
    is_near(number(pictures, "children.2.effects.0.time_scalar"), 0.5, 0, "its speed is told");
    is_str(word(pictures, "children.3.metadata.whelk.transition"), "bar-wipe-lr",
           "a wipe keeps its name");
    is_str(word(pictures, "children.0.markers.0.name"), "0010", "a marker names the shot");
    is_str(word(pictures, "children.8.markers.0.comment"), clips[4].why, "and why it is there");
    is_str(word(tracks, "2.children.1.metadata.whelk.text"), "Two", "a title keeps its text");
    cJSON_Delete(o);
    g_free(text);
    g_free(path);
}

/* ---- edit decision list ---- */

static void test_edl(const char *reel)
{
    static const char want[] =
        "TITLE: Other Editors\n"
        "FCM: NON-DROP FRAME\n"
        "\n"
        "001  A        V     C        00:00:00:00 00:00:01:04 01:00:00:00 01:00:01:04\n"
        "* FROM CLIP NAME: a.mkv\n"
        "* SOURCE FILE: clips/a.mkv\n"
        "* LOC: 01:00:00:00 GREEN   0010 It opens the film.\n"
        "002  A        V     C        00:00:01:04 00:00:01:04 01:00:01:04 01:00:01:04\n"
        "002  B        V     D    012 00:00:00:12 00:00:01:04 01:00:01:04 01:00:02:12\n"
        "M2   B              012.0        00:00:00:12\n"
        "* FROM CLIP NAME: a.mkv\n"
        "* SOURCE FILE: clips/a.mkv\n"
        "* TO CLIP NAME: b.mkv\n"
        "* SOURCE FILE: clips/b.mkv\n"
        "* LOC: 01:00:01:04 GREEN   0020\n"
        "003  B        V     C        00:00:01:04 00:00:01:04 01:00:02:12 01:00:02:12\n"
        "003  C        V     W001 008 00:00:00:00 00:00:01:06 01:00:02:12 01:00:03:18\n";
    char *path = g_build_filename(reel, "timeline.edl", NULL);
    gsize size = 0;
    char *text = read_all(path, &size);
    if (!ok(text && strncmp(text, want, strlen(want)) == 0,
            "cuts, a dissolve, a speed and a wipe stand in the .edl"))
        printf("# %s\n", text ? text : "it is not there");
    has_text(text,
             "004  C        V     C        00:00:01:06 00:00:01:06 01:00:03:18 01:00:03:18\n"
             "004  BL       V     D    005 00:00:00:00 00:00:00:05 01:00:03:18 01:00:03:23\n",
             "a dip goes to black");
    has_text(text, "005  A        V     D    005 00:00:00:05 00:00:01:10 01:00:03:23 01:00:05:04\n",
             "and out of it");
    has_text(text, "THROUGH WHITE", "what cannot be told stands in a comment");
    g_free(text);
    g_free(path);
}

/* ---- GES ---- */

static void loaded(GESProject *project, GESTimeline *timeline, gpointer loop)
{
    (void)project;
    (void)timeline;
    g_main_loop_quit(loop);
}

static gboolean give_up(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static GESTimeline *load(const char *reel)
{
    char *path = g_build_filename(reel, "timeline.xges", NULL),
         *uri = g_filename_to_uri(path, NULL, NULL);
    GESProject *project = ges_project_new(uri);
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    guint watch = g_timeout_add_seconds(120, give_up, loop);
    g_signal_connect(project, "loaded", G_CALLBACK(loaded), loop);
    GESTimeline *timeline = GES_TIMELINE(ges_asset_extract(GES_ASSET(project), NULL));
    if (timeline)
        gst_object_ref_sink(timeline);
    if (timeline)
        g_main_loop_run(loop);
    g_source_remove(watch);
    g_main_loop_unref(loop);
    gst_object_unref(project);
    g_free(uri);
    g_free(path);
    return timeline;
}

static void test_reload(const char *reel)
{
    char *film = g_build_filename(reel, "film.mp4", NULL),
         *again = g_build_filename(reel, "again.mp4", NULL),
         *rendered = g_build_filename(reel, "again.render", NULL);
    struct edit_plan plan;
    whelk_error err = {0};
    GESTimeline *timeline = load(reel);
    if (ok(timeline && edit_plan_init(&plan, &edit, reel, NULL, &err), "timeline.xges loads")) {
        is_int(ges_timeline_get_duration(timeline), edit_plan_time(&plan, TOTAL),
               "and lasts as long as the film");
        ok(edit_profile_choose(&plan, NULL, &err) &&
               edit_render(timeline, &plan, rendered, NULL, NULL, &err) &&
               edit_remux(&plan, rendered, again, "mp4", &err),
           "it renders %s", err.text);
        char *first = film_digest(film), *second = film_digest(again);
        is_str(second, first, "to the same pictures and samples");
        g_free(first);
        g_free(second);
        edit_plan_release(&plan);
    }
    if (timeline)
        gst_object_unref(timeline);
    g_free(film);
    g_free(again);
    g_free(rendered);
}

int main(void)
{
    whelk_error err = {0};
    if (!edit_start(&err)) {
        skip_all(err.text);
        return 0;
    }
    char *reel = scratch_new(), *folder = g_build_filename(reel, "clips", NULL);
    g_mkdir(folder, 0700);
    char *made[] = {clip_new(folder, "a.mkv", "smpte", FRAMES),
                    clip_new(folder, "b.mkv", "ball", FRAMES),
                    clip_new(folder, "c.mkv", "pinwheel", FRAMES)};
    if (ok(made[0] && made[1] && made[2], "clips are made") &&
        ok(whelk_edit_film(&edit, reel, NULL, NULL, &err), "the cut is made %s", err.text)) {
        test_otio(reel);
        test_edl(reel);
        test_reload(reel);
    }
    for (int i = 0; i < 3; i++)
        g_free(made[i]);
    scratch_remove(reel);
    g_free(folder);
    g_free(reel);
    return done_testing();
}
