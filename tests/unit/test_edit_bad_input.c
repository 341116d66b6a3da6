/* What the editor refuses: each gets one sentence that names the shot or the cure, the right code,
 * and the earlier film stays as it was. */
#define _GNU_SOURCE /* pthread_setattr_default_np */
#include "../tap.h"

#include <pthread.h>

#include "editor_fixture.h"

#include "../../editor/edit.h"

#define FRAMES 30

static const char earlier[] = "the earlier film";

static void refused(const char *reel, const whelk_edit *edit, int code, const char *word,
                    const char *what)
{
    whelk_error err = {0};
    char *film = g_build_filename(reel, "film.mp4", NULL),
         *part = g_build_filename(reel, "film.mp4.part", NULL);
    ok(!whelk_edit_film(edit, reel, NULL, NULL, &err), "%s is refused", what);
    is_int(err.code, code, "%s: the code", what);
    has_text(err.text, word, "%s: %s", what, err.text);
    ok(!strchr(err.text, '\n'), "%s: one sentence", what);
    gsize size = 0;
    char *data = read_all(film, &size);
    ok(data && size == sizeof earlier - 1 && memcmp(data, earlier, size) == 0,
       "%s: the earlier film stays", what);
    ok(!g_file_test(part, G_FILE_TEST_EXISTS), "%s: no half film is left", what);
    g_free(data);
    g_free(part);
    g_free(film);
}

static void refused_clip(const char *reel, whelk_edit_clip bad, int code, const char *word,
                         const char *what)
{
    whelk_edit_clip clips[2] = {{.path = "good.mkv", .shot = "0010"}, bad};
    whelk_edit edit = {.clips = clips, .clip_count = 2, .width = CLIP_WIDTH, .height = CLIP_HEIGHT};
    refused(reel, &edit, code, word, what);
}

/* The first `share` of a file as another file, like one that was not written to its end. */
static void cut_off(const char *reel, const char *from, const char *to, double share)
{
    char *source = g_build_filename(reel, from, NULL), *target = g_build_filename(reel, to, NULL);
    gsize size = 0;
    char *data = read_all(source, &size);
    g_file_set_contents(target, data, (gssize)((double)size * share), NULL);
    g_free(data);
    g_free(source);
    g_free(target);
}

static void test_clips(const char *reel)
{
    refused_clip(reel, (whelk_edit_clip){.path = "none.mkv", .shot = "0020"}, WHELK_EFAIL, "0020",
                 "a missing clip");
    cut_off(reel, "good.mkv", "half.mkv", 0.5);
    refused_clip(reel, (whelk_edit_clip){.path = "half.mkv", .shot = "0020"}, WHELK_EFAIL, "0020",
                 "a clip cut in half");
    cut_off(reel, "good.mkv", "most.mkv", 0.9);
    refused_clip(reel, (whelk_edit_clip){.path = "most.mkv", .shot = "0020"}, WHELK_EFAIL, "0020",
                 "a clip without its last tenth");
    cut_off(reel, "good.mkv", "head.mkv", 0.01);
    refused_clip(reel, (whelk_edit_clip){.path = "head.mkv", .shot = "0020"}, WHELK_EFAIL, "0020",
                 "a clip with nothing but a head");
    cut_off(reel, "good.mkv", "empty.mkv", 0);
    refused_clip(reel, (whelk_edit_clip){.path = "empty.mkv", .shot = "0020"}, WHELK_EFAIL, "0020",
                 "an empty clip");
    cut_off(reel, "good.mp4", "cut.mp4", 0.6);
    refused_clip(reel, (whelk_edit_clip){.path = "cut.mp4", .shot = "0020"}, WHELK_EFAIL, "0020",
                 "an mp4 cut off behind its index");
    refused_clip(reel, (whelk_edit_clip){.path = "good.mkv", .shot = "0020", .seconds = 2},
                 WHELK_EFAIL, "shorter than its slot", "a clip shorter than its slot");
    refused_clip(reel,
                 (whelk_edit_clip){.path = "good.mkv", .shot = "0020", .in_s = 1, .seconds = 1},
                 WHELK_EFAIL, "shorter than its slot", "a trim past the end");
    refused_clip(reel, (whelk_edit_clip){.path = "good.mkv", .speed = 99}, WHELK_EUSAGE, "speed",
                 "a speed that makes no sense");
}

static void test_requests(const char *reel)
{
    whelk_edit_clip clip = {.path = "good.mkv", .shot = "0010"};
    whelk_edit edit = {.clips = &clip, .clip_count = 0};
    refused(reel, &edit, WHELK_EUSAGE, "no clip", "an edit without clips");
    clip.transition = "star-wipe";
    edit =
        (whelk_edit){.clips = &clip, .clip_count = 1, .width = CLIP_WIDTH, .height = CLIP_HEIGHT};
    refused(reel, &edit, WHELK_EUSAGE, "star-wipe", "a transition there is not");
    clip.transition = NULL;
    edit.width = 321;
    refused(reel, &edit, WHELK_EUSAGE, "321", "an odd width");
    edit.width = CLIP_WIDTH;
    edit.score_mood = "gloomy";
    refused(reel, &edit, WHELK_EUSAGE, "gloomy", "a mood there is not");
    edit.score_mood = NULL;
    edit.score_file = "none.ogg";
    refused(reel, &edit, WHELK_EFAIL, "none.ogg", "music that is not there");
    edit.score_file = "good.mkv";
    refused(reel, &edit, WHELK_EFAIL, "there is no sound in it", "music that is a silent film");
    edit.score_file = NULL;
    whelk_edit_title title = {.text = "\xff\xfe", .at_s = 0, .seconds = 1};
    edit.titles = &title;
    edit.title_count = 1;
    refused(reel, &edit, WHELK_EUSAGE, "UTF-8", "a title that is no text");
}

static void test_transition_names(void)
{
    const char *const *names = whelk_edit_transitions();
    int known = 0, count = 0;
    enum edit_join join;
    int wipe;
    for (; names[count]; count++)
        known += edit_join_parse(names[count], &join, &wipe);
    ok(count > 4 && known == count, "all %d transitions that are told are known", count);
}

static void test_soundfont(const char *reel)
{
    whelk_edit_clip clip = {.path = "good.mkv", .shot = "0010"};
    whelk_edit edit = {.clips = &clip, .clip_count = 1, .width = CLIP_WIDTH, .height = CLIP_HEIGHT};
    g_setenv("WHELK_SOUNDFONT", "/nowhere/none.sf2", TRUE);
    refused(reel, &edit, WHELK_EFAIL, "fluidr3mono-gm-soundfont", "no soundfont");
    char *text = g_build_filename(reel, "good.mkv", NULL);
    g_setenv("WHELK_SOUNDFONT", text, TRUE);
    refused(reel, &edit, WHELK_EFAIL, "fluidr3mono-gm-soundfont", "a soundfont that is none");
    g_unsetenv("WHELK_SOUNDFONT");
    g_free(text);
}

static void test_reels(const char *reel)
{
    char *clip_path = g_build_filename(reel, "good.mkv", NULL),
         *below = g_build_filename(reel, "good.mkv", "reel", NULL);
    whelk_edit_clip clip = {.path = clip_path};
    whelk_edit edit = {.clips = &clip, .clip_count = 1, .width = CLIP_WIDTH, .height = CLIP_HEIGHT};
    whelk_error err = {0};
    ok(!whelk_edit_film(&edit, below, NULL, NULL, &err), "a reel that is not there is refused");
    has_text(err.text, below, "by name: %s", err.text);
    /* a folder in the way of the file: not even root can write through it */
    char *way = g_build_filename(reel, "timeline.xges", NULL),
         *inner = g_build_filename(way, "x", NULL);
    g_mkdir_with_parents(inner, 0700);
    refused(reel, &edit, WHELK_EFAIL, "timeline.xges", "a timeline that cannot be written");
    g_free(inner);
    g_free(way);
    g_free(below);
    g_free(clip_path);
}

/* No address space holds a stack of so many bytes, so no thread starts. */
static void test_no_thread(const char *reel)
{
    whelk_edit_clip clip = {.path = "good.mkv", .seconds = 1};
    whelk_edit film = {.clips = &clip, .clip_count = 1, .width = 320, .height = 180};
    pthread_attr_t usual, huge;
    pthread_getattr_default_np(&usual);
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, (size_t)1 << 52);
    pthread_setattr_default_np(&huge);
    whelk_error err = {0};
    whelk_edit_piece *piece = whelk_edit_piece_open(&film, 0, reel, &err);
    pthread_setattr_default_np(&usual);
    ok(!piece && err.code == WHELK_EFAIL && strstr(err.text, "good.mkv: no thread can be started"),
       "a piece for which no thread starts is refused: %s", err.text);
    whelk_edit_piece_close(piece);
    piece = whelk_edit_piece_open(&film, 0, reel, &err);
    ok(piece != NULL, "and is opened once one does");
    whelk_edit_piece_close(piece);
    pthread_attr_destroy(&usual);
    pthread_attr_destroy(&huge);
}

int main(void)
{
    whelk_error err = {0};
    if (!edit_start(&err)) {
        skip_all(err.text);
        return 0;
    }
    char *reel = scratch_new(), *film = g_build_filename(reel, "film.mp4", NULL);
    char *good = clip_new(reel, "good.mkv", "smpte", FRAMES);
    char *text = g_strdup_printf(
        "videotestsrc pattern=ball num-buffers=60 ! video/x-raw,format=I420,width=320,height=180,"
        "framerate=24/1 ! x264enc speed-preset=ultrafast ! mp4mux faststart=true ! "
        "filesink location=%s/good.mp4",
        reel);
    if (ok(good && run_pipeline(text), "clips are made")) {
        g_file_set_contents(film, earlier, -1, NULL);
        test_clips(reel);
        test_requests(reel);
        test_transition_names();
        test_soundfont(reel);
        test_reels(reel);
        test_no_thread(reel);
    }
    g_free(text);
    g_free(good);
    scratch_remove(reel);
    g_free(film);
    g_free(reel);
    return done_testing();
}
