/* What a render shows. One that went right: every picture is its take's own, wherever its source
 * starts. One that went wrong without an error: a clip that stays black, one that stands still, a
 * file that shows something else or ends early; none of them is called a film. */
#include "../tap.h"

#include "editor_fixture.h"

#include "../../editor/watch.h"

#define FRAMES 36

struct made {
    struct edit_plan plan;
    struct edit_watch *watch;
    char *path;
    bool rendered;
};

static whelk_edit_clip clips[2] = {{.path = "a.mkv", .shot = "0010"},
                                   {.path = "b.mkv", .shot = "0020"}};
static const whelk_edit edit = {
    .clips = clips, .clip_count = 2, .width = CLIP_WIDTH, .height = CLIP_HEIGHT, .score_off = true};

static bool spoil_alpha(GESClip *clip)
{
    ges_timeline_element_set_child_properties(GES_TIMELINE_ELEMENT(clip), "alpha", 0.0, NULL);
    return true;
}

static bool spoil_motion(GESClip *clip)
{
    GESEffect *held = ges_effect_new("videorate max-rate=2 ! videorate");
    return ges_container_add(GES_CONTAINER(clip), GES_TIMELINE_ELEMENT(held));
}

/* Renders the two clips, the second one spoiled. */
static void make(struct made *m, const char *reel, bool (*spoil)(GESClip *clip))
{
    *m = (struct made){.path = g_build_filename(reel, "film.part", NULL)};
    whelk_error err = {0};
    if (!edit_plan_init(&m->plan, &edit, reel, NULL, &err) ||
        !edit_profile_choose(&m->plan, NULL, &err) || !edit_conform(&m->plan, NULL, &err)) {
        printf("# %s\n", err.text);
        return;
    }
    m->watch = edit_watch_new(&m->plan);
    GESTimeline *timeline = edit_timeline_new(&m->plan, &err);
    bool good = timeline != NULL;
    GList *layers = timeline ? ges_timeline_get_layers(timeline) : NULL;
    for (GList *l = layers; l; l = l->next) {
        GList *on = ges_layer_get_clips(l->data);
        for (GList *c = on; c && spoil; c = c->next)
            if (GES_IS_URI_CLIP(c->data) && ges_timeline_element_get_start(c->data) > 0)
                good = spoil(c->data) && good;
        g_list_free_full(on, gst_object_unref);
    }
    g_list_free_full(layers, gst_object_unref);
    m->rendered = good && edit_render(timeline, &m->plan, m->path, m->watch, NULL, &err);
    if (timeline)
        gst_object_unref(timeline);
    if (!m->rendered)
        printf("# %s\n", err.text);
}

static void drop(struct made *m)
{
    edit_watch_free(m->watch);
    edit_plan_release(&m->plan);
    g_free(m->path);
}

static void test_good(const char *reel)
{
    whelk_error err = {0};
    struct made m;
    make(&m, reel, NULL);
    if (ok(m.rendered, "two clips are rendered")) {
        ok(edit_watch_judge(m.watch, &err), "nothing is found wrong with them %s", err.text);
        ok(edit_watch_film(m.watch, m.path, NULL, &err), "nor with the file %s", err.text);
        char *other =
            g_strdup_printf("videotestsrc pattern=black num-buffers=%d ! "
                            "video/x-raw,format=I420,width=%d,height=%d,framerate=24/1 ! x264enc ! "
                            "mp4mux ! filesink location=%s/black.mp4",
                            2 * FRAMES, CLIP_WIDTH, CLIP_HEIGHT, reel);
        char *black = g_build_filename(reel, "black.mp4", NULL);
        ok(run_pipeline(other) && !edit_watch_film(m.watch, black, NULL, &err),
           "a file of black frames is refused");
        has_text(err.text, "does not show", "%s", err.text);
        g_free(other);
        other = g_strdup_printf("filesrc location=%s ! qtdemux ! h264parse ! identity eos-after=%d "
                                "! mp4mux ! filesink location=%s",
                                m.path, 2 * FRAMES - 5, black);
        ok(run_pipeline(other) && !edit_watch_film(m.watch, black, NULL, &err),
           "a file without its last frames is refused");
        has_text(err.text, "can be decoded", "%s", err.text);
        g_free(other);
        g_free(black);
    }
    drop(&m);
}

static void test_spoiled(const char *reel, bool (*spoil)(GESClip *), const char *word)
{
    whelk_error err = {0};
    struct made m;
    make(&m, reel, spoil);
    if (ok(m.rendered, "a render whose second clip %s ends without an error", word)) {
        ok(!edit_watch_judge(m.watch, &err), "but is no film");
        has_text(err.text, word, "%s", err.text);
        has_text(err.text, "shot 0020", "the shot is named");
    }
    drop(&m);
}

/* Pictures of the film, from `at` on, that are not those of the take from `in` on; -1 = neither can
 * be read. */
static long unlike_take(const char *film, long at, const char *take, long in, long n)
{
    long all = 0, held = 0, wrong = 0;
    gsize size = CLIP_WIDTH * CLIP_HEIGHT;
    unsigned char *f = film_gray(film, CLIP_WIDTH, CLIP_HEIGHT, &all),
                  *t = film_gray(take, CLIP_WIDTH, CLIP_HEIGHT, &held);
    if (!f || !t || at + n > all || in + n > held)
        n = -1;
    for (long i = 0; i < n; i++)
        wrong += memcmp(f + (gsize)(at + i) * size, t + (gsize)(in + i) * size, size) != 0;
    g_free(f);
    g_free(t);
    return n < 0 ? -1 : wrong;
}

/* A source starts anew where a crossfade begins and where it ends, at its take's beginning or
 * within; its first picture is another one then. Written without loss, so that each picture can be
 * told. */
static void test_starts(const char *reel)
{
    whelk_edit_clip trimmed[3] = {{.path = "b.mkv",
                                   .in_s = 5 / 24.0,
                                   .seconds = 1,
                                   .transition = "crossfade",
                                   .transition_s = 0.25},
                                  {.path = "b.mkv", .seconds = 1},
                                  {.path = "b.mkv", .in_s = 0.5, .seconds = 1}};
    whelk_edit master = edit;
    master.profile = "mkv";
    master.clips = trimmed;
    master.clip_count = 3;
    whelk_error err = {0};
    char *film = g_build_filename(reel, "film.mkv", NULL),
         *take = g_build_filename(reel, "b.mkv", NULL);
    if (ok(whelk_edit_film(&master, reel, NULL, NULL, &err), "a master is cut %s", err.text)) {
        is_int(unlike_take(film, 0, take, 5, 18), 0, "a trimmed clip shows its own pictures");
        is_int(unlike_take(film, 24, take, 6, 18), 0, "so does one that goes on after a crossfade");
        is_int(unlike_take(film, 42, take, 12, 24), 0, "and one behind a hard cut");
    }
    /* a plane of white brings caps of its own, on which FFV1's encoder lost its time */
    trimmed[0].transition = "dip-white";
    ok(whelk_edit_film(&master, reel, NULL, NULL, &err), "and with a dip to white %s", err.text);
    g_free(film);
    g_free(take);
}

int main(void)
{
    whelk_error err = {0};
    if (!edit_start(&err)) {
        skip_all(err.text);
        return 0;
    }
    char *reel = scratch_new();
    char *made[] = {clip_new(reel, "a.mkv", "smpte", FRAMES),
                    clip_new(reel, "b.mkv", "ball", FRAMES)};
    if (ok(made[0] && made[1], "clips are made")) {
        test_good(reel);
        test_starts(reel);
        test_spoiled(reel, spoil_alpha, "is black");
        test_spoiled(reel, spoil_motion, "stands still");
    }
    g_free(made[0]);
    g_free(made[1]);
    scratch_remove(reel);
    g_free(reel);
    return done_testing();
}
