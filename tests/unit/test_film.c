/* A film of three small clips: no dip in a crossfade, every frame there, tagged, index in front, at
 * level, and a timeline that another program can load. */
#define _GNU_SOURCE /* memmem */
#include "../tap.h"

#include "editor_fixture.h"

#include "../../editor/edit.h"

#define FRAMES 40
#define OVERLAP 12

struct heard {
    int calls, reviews, boxes; /* boxes: warnings of letters that no font has */
    double last;
    bool stop;
};

static bool hear(void *ctx, const char *stage, const char *shot, const char *what, double done,
                 double total, double left_s)
{
    (void)shot;
    (void)left_s;
    struct heard *h = ctx;
    if (strcmp(what, "stage") == 0) /* only asks whether to go on */
        return true;
    h->calls++;
    h->last = done / total;
    return !h->stop && strcmp(stage, "cut") == 0 && strcmp(what, "frame") == 0;
}

static long hear_note(void *ctx, const whelk_note *note)
{
    struct heard *h = ctx;
    h->reviews += strcmp(note->kind, "review") == 0;
    h->boxes += strcmp(note->kind, "warn") == 0 && strstr(note->text, "No font");
    return h->reviews;
}

static void check_luma(const char *film)
{
    static double luma[200];
    int n = film_luma(film, luma, 200);
    is_int(n, 3 * FRAMES - OVERLAP, "every frame can be decoded");
    double low = 255;
    for (int i = 0; i < 2 * FRAMES - OVERLAP && i < n; i++)
        low = luma[i] < low ? luma[i] : low;
    ok(low >= 250, "white into white stays white through the crossfade (%.1f at the lowest)", low);
    ok(n > 2 * FRAMES && luma[2 * FRAMES - OVERLAP] < 150, "the third clip begins on its frame");
}

static void check_file(const char *film)
{
    gsize size = 0;
    char *data = read_all(film, &size);
    const char *moov = data ? memmem(data, size, "moov", 4) : NULL,
               *mdat = data ? memmem(data, size, "mdat", 4) : NULL;
    ok(moov && mdat && moov < mdat, "the index lies before the pictures");
    const char *colr = data ? memmem(data, size, "colrnclx", 8) : NULL;
    ok(colr && memcmp(colr + 8, "\0\1\0\1\0\1", 6) == 0,
       "tagged bt709: primaries, transfer, matrix");
    ok(data && memmem(data, size, "Three Tests", 11), "the film's title is in the file");
    g_free(data);
}

static void loaded(GESProject *project, GESTimeline *timeline, gpointer loop)
{
    (void)project;
    (void)timeline;
    g_main_loop_quit(loop);
}

static void check_timeline(const char *reel)
{
    char *path = g_build_filename(reel, "timeline.xges", NULL),
         *uri = g_filename_to_uri(path, NULL, NULL);
    GESProject *project = ges_project_new(uri);
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    g_signal_connect(project, "loaded", G_CALLBACK(loaded), loop);
    GESTimeline *timeline = GES_TIMELINE(ges_asset_extract(GES_ASSET(project), NULL));
    if (ok(timeline != NULL, "timeline.xges loads")) {
        g_main_loop_run(loop);
        is_near((double)ges_timeline_get_duration(timeline) / GST_SECOND,
                (3 * FRAMES - OVERLAP) / 24.0, 1e-4, "and lasts as long as the film");
        gst_object_unref(timeline);
    }
    g_main_loop_unref(loop);
    gst_object_unref(project);
    g_free(uri);
    g_free(path);
}

static void test_film(const char *reel)
{
    whelk_edit_clip clips[3] = {{.path = "a.mkv",
                                 .shot = "0010",
                                 .transition = "crossfade",
                                 .transition_s = OVERLAP / 24.0},
                                {.path = "b.mkv", .shot = "0020"},
                                {.path = "c.mkv", .shot = "0030", .seconds = FRAMES / 24.0}};
    whelk_edit edit = {.clips = clips,
                       .clip_count = 3,
                       .title = "Three Tests",
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .score_mood = "playful"};
    struct heard h = {0};
    whelk_listener listen = {.note = hear_note, .progress = hear, .ctx = &h};
    whelk_edit_figures f = {0};
    whelk_error err = {0};
    if (!ok(whelk_edit_film(&edit, reel, &listen, &f, &err), "three clips become a film")) {
        printf("# %s\n", err.text);
        return;
    }
    is_int(f.frames, 3 * FRAMES - OVERLAP, "with exactly the frames that were cut");
    is_near(f.seconds, (3 * FRAMES - OVERLAP) / 24.0, 0.02, "as long as its frames");
    is_near(f.loudness_lufs, -14, 0.5, "at -14 LUFS as decoded");
    ok(f.true_peak_dbtp <= -1, "under -1 dBTP as decoded (%.2f)", f.true_peak_dbtp);
    ok(h.calls > 0 && h.last == 1, "progress came to its end");
    is_int(h.reviews, 1, "the review was told");
    char *film = g_build_filename(reel, "film.mp4", NULL),
         *midi = g_build_filename(reel, "score/score.mid", NULL);
    ok(g_file_test(midi, G_FILE_TEST_EXISTS), "score.mid lies beside");
    check_luma(film);
    check_file(film);
    check_timeline(reel);
    g_free(midi);
    g_free(film);
}

/* Frames of the fades of a title, and of a dip to black, seen in the pixels. */
static void test_title_and_dip(const char *reel)
{
    whelk_edit_clip clips[2] = {
        {.path = "dark.mkv", .transition = "dip-black", .transition_s = 0.5}, {.path = "a.mkv"}};
    whelk_edit_title title = {.text = "Ünder 水", .kind = "opening", .at_s = 0.25, .seconds = 1};
    whelk_edit edit = {.clips = clips,
                       .clip_count = 2,
                       .titles = &title,
                       .title_count = 1,
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .score_off = true};
    whelk_edit_figures f = {0};
    whelk_error err = {0};
    if (!ok(whelk_edit_film(&edit, reel, NULL, &f, &err), "a silent film with a title")) {
        printf("# %s\n", err.text);
        return;
    }
    static double luma[100];
    char *film = g_build_filename(reel, "film.mp4", NULL);
    int n = film_luma(film, luma, 100);
    is_int(n, 2 * FRAMES - OVERLAP, "of the frames that were cut");
    ok(luma[2] < 1, "nothing of the title before its time");
    ok(luma[7] < luma[10] && luma[10] < luma[15] && luma[15] > 0.5, "it rises (%.2f %.2f %.2f)",
       luma[7], luma[10], luma[15]);
    ok(luma[27] < luma[22] && luma[32] < 0.1, "falls, and is gone after its time");
    ok(luma[33] < 0.1 && luma[34] < 0.1 && luma[35] > 20 && luma[35] < luma[38] && luma[38] < 240 &&
           luma[42] > 250,
       "the second clip rises out of black (%.0f %.0f %.0f)", luma[33], luma[35], luma[38]);
    g_free(film);
}

/* Letters that no font has are warned of; those of a language that is provided for are not. */
static void test_letters(const char *reel)
{
    static const struct {
        const char *text;
        int boxes;
    } titles[] = {{"A private \U0010FFFD letter", 1},
                  {"Übermut, Прыжок, 水中的猫, 水の猫, 물속", 0}};
    for (int i = 0; i < 2; i++) {
        whelk_edit_clip clip = {.path = "dark.mkv"};
        whelk_edit_title title = {.text = titles[i].text, .kind = "opening", .seconds = 1};
        whelk_edit edit = {.clips = &clip,
                           .clip_count = 1,
                           .titles = &title,
                           .title_count = 1,
                           .width = CLIP_WIDTH,
                           .height = CLIP_HEIGHT,
                           .score_off = true};
        struct heard h = {0};
        whelk_listener listen = {.note = hear_note, .ctx = &h};
        whelk_error err = {0};
        ok(whelk_edit_film(&edit, reel, &listen, NULL, &err), "a film titled %s %s", title.text,
           err.text);
        is_int(h.boxes, titles[i].boxes, "warnings of its letters");
    }
}

/* Cuts a film and reads it: of every frame its luma; returns how many there are. */
static int cut_luma(const whelk_edit *edit, const char *reel, double *luma, int room)
{
    whelk_error err = {0};
    char *film = g_build_filename(reel, "film.mp4", NULL);
    int n = whelk_edit_film(edit, reel, NULL, NULL, &err) ? film_luma(film, luma, room) : 0;
    g_free(film);
    return n;
}

/* A clip that is black and white by turns shows which of its frames each frame of the film has. The
 * crossfade begins at frame 22, whose time is rounded up in the clip's file. */
static void test_every_frame(const char *reel)
{
    enum { LENGTH = 28, FADE = 6 };
    whelk_edit_clip clips[2] = {{.path = "blink.mkv",
                                 .seconds = LENGTH / 24.0,
                                 .transition = "crossfade",
                                 .transition_s = FADE / 24.0},
                                {.path = "dark.mkv"}};
    whelk_edit edit = {.clips = clips,
                       .clip_count = 2,
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .score_off = true};
    static double luma[200];
    int n = cut_luma(&edit, reel, luma, 200);
    int wrong = 0;
    for (int i = 0; i < LENGTH && i < n; i++)
        wrong += (luma[i] > 18) != (luma[i % 2] > 18);
    ok(n > LENGTH && (luma[0] > 18) != (luma[1] > 18) && wrong == 0,
       "every frame is the next one of its clip, in a crossfade too (%d are not)", wrong);
}

/* A title keeps the film's time, wherever in its file the clip below it begins. */
static void test_title_on_trimmed(const char *reel)
{
    enum { FROM = 6, LENGTH = 12, TRIM = 10 };
    whelk_edit_clip clip = {.path = "dark.mkv", .in_s = TRIM / 24.0};
    whelk_edit_title title = {
        .text = "When?", .kind = "opening", .at_s = FROM / 24.0, .seconds = LENGTH / 24.0};
    whelk_edit edit = {.clips = &clip,
                       .clip_count = 1,
                       .titles = &title,
                       .title_count = 1,
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .score_off = true};
    static double luma[200];
    int n = cut_luma(&edit, reel, luma, 200);
    int wrong = 0;
    for (int i = 0; i < n; i++)
        wrong += (luma[i] > 0.05) != (i >= FROM && i < FROM + LENGTH);
    is_int(n, FRAMES - TRIM, "a trimmed clip with a title");
    is_int(wrong, 0, "has it from its first frame to its last, and nowhere else");
}

/* Of every frame of a film the red difference in the middle, 128 = none; returns how many. */
static int film_red(const char *path, int *red, int room)
{
    enum { LUMA = CLIP_WIDTH * CLIP_HEIGHT, SIZE = LUMA * 3 / 2 };
    char *raw = g_strconcat(path, ".i420", NULL), *data = NULL;
    char *text = g_strdup_printf("filesrc location=%s ! qtdemux ! h264parse ! avdec_h264 ! "
                                 "video/x-raw,format=I420 ! filesink location=%s",
                                 path, raw);
    gsize size = 0;
    int count = 0;
    if (run_pipeline(text) && g_file_get_contents(raw, &data, &size, NULL))
        for (; count < room && (gsize)(count + 1) * SIZE <= size; count++)
            red[count] = (guint8)data[(gsize)count * SIZE + LUMA * 5 / 4 +
                                      CLIP_WIDTH / 2 * CLIP_HEIGHT / 4 + CLIP_WIDTH / 4];
    g_free(data);
    g_remove(raw);
    g_free(text);
    g_free(raw);
    return count;
}

/* A warm film is as dark and as light as it would be, and what it dips to has no colour. */
static void test_tint(const char *reel)
{
    whelk_edit_clip clips[2] = {
        {.path = "dark.mkv", .transition = "dip-white", .transition_s = OVERLAP / 24.0},
        {.path = "a.mkv"}};
    whelk_edit edit = {.clips = clips,
                       .clip_count = 2,
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .grade.warmth = 1,
                       .score_off = true};
    whelk_error err = {0};
    static double luma[200];
    static int red[200];
    char *film = g_build_filename(reel, "film.mp4", NULL);
    bool made = whelk_edit_film(&edit, reel, NULL, NULL, &err);
    int n = made ? film_luma(film, luma, 200) : 0, same = made ? film_red(film, red, 200) : 0;
    is_int(n, 2 * FRAMES - OVERLAP, "a warm film");
    if (ok(n == same && n > 0, "is decoded")) {
        int dip = FRAMES - OVERLAP + OVERLAP / 2;
        ok(luma[2] < 2 && luma[n - 3] > 252, "black and white are as they were (%.1f, %.1f)",
           luma[2], luma[n - 3]);
        ok(red[n - 3] > 133, "it is warm (%d)", red[n - 3]);
        ok(luma[dip] > 252 && abs(red[dip] - 128) < 3, "what it dips to is white (%.1f, %d)",
           luma[dip], red[dip]);
    }
    g_free(film);
}

/* A title keeps its white where the picture below it is made darker. */
static void test_title_on_graded(const char *reel)
{
    whelk_edit_clip clip = {.path = "dark.mkv"};
    whelk_edit_title title = {.text = "White", .kind = "opening", .seconds = 1};
    whelk_edit edit = {.clips = &clip,
                       .clip_count = 1,
                       .titles = &title,
                       .title_count = 1,
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .grade.exposure = -2,
                       .score_off = true};
    whelk_error err = {0};
    char *film = g_build_filename(reel, "film.mp4", NULL);
    long n = 0;
    unsigned char most = 0, *gray = whelk_edit_film(&edit, reel, NULL, NULL, &err)
                                        ? film_gray(film, CLIP_WIDTH, CLIP_HEIGHT, &n)
                                        : NULL;
    for (long i = 0; n > 12 && i < CLIP_WIDTH * CLIP_HEIGHT; i++)
        most = MAX(most, gray[12 * CLIP_WIDTH * CLIP_HEIGHT + i]);
    ok(most > 235, "a title over a darkened film is white (%d)", most);
    g_free(gray);
    g_free(film);
}

/* Cut to a file of this profile; its size in bytes, 0 = it was not made. */
static gsize size_of(const char *reel, const char *clip_path, const char *profile)
{
    whelk_edit_clip clip = {.path = clip_path};
    whelk_edit edit = {.clips = &clip,
                       .clip_count = 1,
                       .profile = profile,
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .score_off = true};
    whelk_error err = {0};
    GStatBuf st = {0};
    char *film = g_build_filename(reel, whelk_edit_film_name(profile), NULL);
    bool made = whelk_edit_film(&edit, reel, NULL, NULL, &err) && g_stat(film, &st) == 0;
    g_free(film);
    return made ? (gsize)st.st_size : 0;
}

/* Also where the film is no larger than a preview may be, so that nothing is made smaller. */
static void test_preview_is_small(const char *reel)
{
    const char *const clips[] = {"snow.mkv", "c.mkv", "smpte.mkv", "dark.mkv"};
    g_free(clip_new(reel, "snow.mkv", "snow", FRAMES));
    g_free(clip_new(reel, "smpte.mkv", "smpte", FRAMES));
    for (size_t i = 0; i < G_N_ELEMENTS(clips); i++) {
        gsize film = size_of(reel, clips[i], "mp4"), small = size_of(reel, clips[i], "preview");
        ok(small > 0 && small <= film, "the preview of %s has %zu bytes, the film %zu", clips[i],
           small, film);
    }
}

/* Some other thread, with a main context of its own. */
static gpointer in_a_thread(gpointer reel)
{
    GMainContext *own = g_main_context_new();
    g_main_context_push_thread_default(own);
    test_title_and_dip(reel);
    g_main_context_pop_thread_default(own);
    g_main_context_unref(own);
    return NULL;
}

static void test_cancel(const char *reel)
{
    whelk_edit_clip clip = {.path = "c.mkv"};
    whelk_edit edit = {.clips = &clip,
                       .clip_count = 1,
                       .width = CLIP_WIDTH,
                       .height = CLIP_HEIGHT,
                       .score_off = true};
    struct heard h = {.stop = true};
    whelk_listener listen = {.progress = hear, .ctx = &h};
    whelk_error err = {0};
    char *film = g_build_filename(reel, "film.mp4", NULL),
         *part = g_build_filename(reel, "film.mp4.part", NULL);
    gsize before = 0, after = 0;
    g_free(read_all(film, &before));
    ok(!whelk_edit_film(&edit, reel, &listen, NULL, &err), "a cut that is stopped");
    is_int(err.code, WHELK_EINTERRUPTED, "says that it was interrupted");
    g_free(read_all(film, &after));
    ok(before > 0 && before == after, "leaves the earlier film");
    ok(!g_file_test(part, G_FILE_TEST_EXISTS), "and no half one");
    g_free(part);
    g_free(film);
}

struct asked {
    long times, stop_at; /* 0 = never */
};

static bool ask(void *ctx, const char *stage, const char *shot, const char *what, double done,
                double total, double left_s)
{
    (void)stage, (void)shot, (void)what, (void)done, (void)total, (void)left_s;
    struct asked *a = ctx;
    a->times++;
    return a->stop_at == 0 || a->times < a->stop_at;
}

static bool is_left(const char *reel)
{
    GDir *dir = g_dir_open(reel, 0, NULL);
    bool left = false;
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        left = left || g_str_has_suffix(name, ".part");
    if (dir)
        g_dir_close(dir);
    return left;
}

/* Whatever a cut is at (reading takes, playing the score, measuring, speaking, rendering, looking
 * at what came of it), it asks all along, and stops where it is told to. */
static void test_stop_anywhere(const char *reel)
{
    whelk_edit_clip clips[] = {{.path = "a.mkv", .shot = "0010", .voice_text = "One."},
                               {.path = "b.mkv", .shot = "0020"}};
    whelk_edit edit = {.clips = clips, .clip_count = 2, .width = CLIP_WIDTH, .height = CLIP_HEIGHT};
    struct asked a = {0};
    whelk_listener listen = {.progress = ask, .ctx = &a};
    whelk_error err = {0};
    whelk_edit_figures f = {0};
    if (!ok(whelk_edit_film(&edit, reel, &listen, &f, &err), "it is cut %s", err.text))
        return;
    long all = a.times, blocks = (long)(f.seconds * SOUND_RATE / SOUND_BLOCK);
    ok(all > 3 * blocks + 2 * f.frames / 3,
       "it asks for each block it plays, measures and writes, and each picture it looks at: %ld",
       all);
    /* While it renders it asks by the clock: a run quicker than the first may end before it asks
     * so often. */
    int stopped = 0, early = 0, left = 0;
    enum { TIMES = 12 };
    for (int i = 0; i < TIMES; i++) {
        a = (struct asked){.stop_at = 1 + all * i / TIMES};
        err = (whelk_error){0};
        bool made = whelk_edit_film(&edit, reel, &listen, NULL, &err);
        early += made && a.times < a.stop_at;
        stopped += !made && err.code == WHELK_EINTERRUPTED && a.times <= a.stop_at + 4;
        left += is_left(reel);
    }
    ok(early <= 3, "%d of %d runs end before they are told to stop", early, TIMES);
    is_int(stopped + early, TIMES,
           "and stops wherever it is told to, after no more than a few questions");
    is_int(left, 0, "leaving no part of a file");
}

int main(void)
{
    whelk_error err = {0};
    if (!edit_start(&err)) {
        skip_all(err.text);
        return 0;
    }
    char *reel = scratch_new();
    char *made[] = {
        clip_new(reel, "a.mkv", "white", FRAMES), clip_new(reel, "b.mkv", "white", FRAMES),
        clip_new(reel, "c.mkv", "ball", FRAMES), clip_new(reel, "dark.mkv", "black", FRAMES),
        clip_new(reel, "blink.mkv", "blink", FRAMES)};
    if (ok(made[0] && made[1] && made[2] && made[3] && made[4], "clips are made")) {
        test_film(reel);
        g_thread_join(g_thread_new("cutter", in_a_thread, reel));
        test_every_frame(reel);
        test_title_on_trimmed(reel);
        test_title_on_graded(reel);
        test_tint(reel);
        test_preview_is_small(reel);
        test_letters(reel);
        test_cancel(reel);
        test_stop_anywhere(reel);
    }
    for (int i = 0; i < 5; i++)
        g_free(made[i]);
    scratch_remove(reel);
    g_free(reel);
    return done_testing();
}
