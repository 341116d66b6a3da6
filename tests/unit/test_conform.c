/* Clips of any size, rate, shape and speed in one film: every frame there, in its place, and what
 * lies beside the picture black. A wipe at its middle, a letterbox, a title on black. */
#include "../tap.h"

#include "editor_fixture.h"

#include "../../editor/edit.h"

#define WIDTH 128
#define HEIGHT 72

/* FFV1 of any size and rate; frames are coded apart, so a large one of one colour is small. */
static bool make(const char *reel, const char *name, const char *pattern, const char *format,
                 int frames)
{
    char *text = g_strdup_printf("videotestsrc pattern=%s num-buffers=%d ! "
                                 "video/x-raw,format=I420,%s ! avenc_ffv1 ! matroskamux ! "
                                 "filesink location=%s/%s",
                                 pattern, frames, format, reel, name);
    bool good = run_pipeline(text);
    g_free(text);
    return good;
}

struct seen {
    unsigned char *luma;
    long frames;
};

/* Cuts and decodes; luma NULL on failure. */
static struct seen cut(const char *reel, const whelk_edit *edit, const char *what)
{
    whelk_edit e = *edit;
    whelk_error err = {0};
    struct seen s = {0};
    e.width = WIDTH;
    e.height = HEIGHT;
    e.score_off = true;
    char *film = g_build_filename(reel, "film.mp4", NULL);
    if (ok(whelk_edit_film(&e, reel, NULL, NULL, &err), "%s %s", what, err.text))
        s.luma = film_gray(film, WIDTH, HEIGHT, &s.frames);
    g_free(film);
    return s;
}

static int at(struct seen s, long frame, int x, int y)
{
    return s.luma && frame < s.frames ? s.luma[(frame * HEIGHT + y) * WIDTH + x] : -1;
}

static bool near(int got, int want)
{
    return got >= 0 && abs(got - want) <= 6;
}

static void test_sizes(const char *reel)
{
    whelk_edit_clip clips[] = {
        {.path = "huge.mkv", .transition = "crossfade", .transition_s = 2 / 24.0},
        {.path = "film.mkv", .seconds = 0.5},
        {.path = "tiny.mkv", .seconds = 0.25}};
    struct seen s = cut(reel, &(whelk_edit){.clips = clips, .clip_count = 3},
                        "4096x2160 beside 128x72 beside 64x36");
    is_int(s.frames, 6 - 2 + 12 + 6, "has every frame");
    ok(near(at(s, 0, 64, 36), 255) && near(at(s, 5, 64, 36), 255), "white into white stays white");
    ok(near(at(s, 20, 64, 36), 255) && near(at(s, 20, 1, 1), 255), "the small one fills the frame");
    g_free(s.luma);
}

static void test_rates(const char *reel)
{
    whelk_edit_clip clips[] = {{.path = "ntsc.mkv", .seconds = 1},
                               {.path = "sixty.mkv", .seconds = 1},
                               {.path = "film.mkv", .seconds = 0.5}};
    struct seen s = cut(reel, &(whelk_edit){.clips = clips, .clip_count = 3},
                        "23.976 beside 60 beside 24 a second");
    is_int(s.frames, 24 + 24 + 12, "has every frame");
    int black = 0;
    for (long i = 0; i < s.frames; i++)
        black += at(s, i, 64, 36) < 250;
    is_int(black, 0, "none of them black");
    g_free(s.luma);
    s = cut(reel, &(whelk_edit){.clips = clips, .clip_count = 3, .fps = 60000 / 1001.0},
            "the same at 59.94");
    is_int(s.frames, 60 + 60 + 30, "has every frame");
    g_free(s.luma);
}

static void test_shapes(const char *reel)
{
    whelk_edit_clip clip = {.path = "square.mkv"};
    struct seen s = cut(reel, &(whelk_edit){.clips = &clip, .clip_count = 1}, "a square clip");
    ok(near(at(s, 3, 10, 36), 0) && near(at(s, 3, 118, 36), 0) && near(at(s, 3, 64, 2), 255),
       "gets bars at its sides");
    g_free(s.luma);
    s = cut(reel, &(whelk_edit){.clips = &clip, .clip_count = 1, .fit = "fill"},
            "a square clip that is to fill");
    ok(near(at(s, 3, 1, 1), 255) && near(at(s, 3, 126, 70), 255), "does");
    g_free(s.luma);
    clip.path = "film.mkv";
    s = cut(reel, &(whelk_edit){.clips = &clip, .clip_count = 1, .letterbox = "2.39:1"},
            "a letterbox");
    ok(near(at(s, 3, 64, 7), 0) && near(at(s, 3, 64, 10), 255) && near(at(s, 3, 64, 60), 255) &&
           near(at(s, 3, 64, 64), 0),
       "is black above and below a picture of 128x54");
    g_free(s.luma);
    whelk_edit_clip pair[] = {{.path = "film.mkv", .transition = "dip-white", .transition_s = 0.5},
                              clip};
    s = cut(
        reel,
        &(whelk_edit){.clips = pair, .clip_count = 2, .letterbox = "1:1", .grade = {.warmth = 1}},
        "a letterbox at the sides, a dip to white, a tint");
    ok(near(at(s, 14, 2, 36), 0) && near(at(s, 14, 125, 36), 0) && at(s, 14, 64, 36) > 200 &&
           near(at(s, 2, 2, 2), 0),
       "its bars stay black (%d %d)", at(s, 14, 2, 36), at(s, 2, 2, 2));
    ok(near(at(s, 2, 64, 36), 255) && near(at(s, 14, 64, 36), 255) && near(at(s, 24, 64, 36), 255),
       "white is as light as it was, tinted or not (%d %d %d)", at(s, 2, 64, 36),
       at(s, 14, 64, 36), at(s, 24, 64, 36));
    g_free(s.luma);
    pair[0].transition = "dip-black";
    s = cut(reel, &(whelk_edit){.clips = pair, .clip_count = 2, .grade = {.warmth = -1}},
            "a dip to black, a cold tint");
    ok(near(at(s, 15, 64, 36), 0), "what it dips to is black (%d)", at(s, 15, 64, 36));
    g_free(s.luma);
    whelk_error err = {0};
    whelk_edit bad = {.clips = &clip, .clip_count = 1, .letterbox = "wide"};
    ok(!whelk_edit_film(&bad, reel, NULL, NULL, &err) && err.code == WHELK_EUSAGE, "refused: %s",
       err.text);
    bad = (whelk_edit){.clips = &clip, .clip_count = 1, .fit = "squeeze"};
    ok(!whelk_edit_film(&bad, reel, NULL, NULL, &err) && err.code == WHELK_EUSAGE, "refused: %s",
       err.text);
}

/* blink.mkv alternates: black, white, black ... */
static void test_speed(const char *reel)
{
    whelk_edit_clip clip = {.path = "blink.mkv", .speed = 0.5};
    struct seen s =
        cut(reel, &(whelk_edit){.clips = &clip, .clip_count = 1}, "a clip at half its speed");
    is_int(s.frames, 40, "lasts twice as long");
    int wrong = 0;
    for (long i = 0; i < s.frames; i++)
        wrong += !near(at(s, i, 64, 36), i / 2 % 2 ? 255 : 0);
    is_int(wrong, 0, "each picture stands for two frames");
    g_free(s.luma);
    clip =
        (whelk_edit_clip){.path = "blink.mkv", .speed = 2, .in_s = 3 / 24.0, .seconds = 6 / 24.0};
    s = cut(reel, &(whelk_edit){.clips = &clip, .clip_count = 1},
            "a clip at twice its speed from its fourth picture on");
    wrong = 0;
    for (long i = 0; i < s.frames; i++)
        wrong += !near(at(s, i, 64, 36), at(s, 0, 64, 36));
    ok(s.frames == 6 && wrong == 0, "shows every second picture");
    g_free(s.luma);
}

static void test_wipe(const char *reel)
{
    whelk_edit_clip clips[] = {
        {.path = "black.mkv", .speed = 0.8, .transition = "bar-wipe-lr", .transition_s = 8 / 24.0},
        {.path = "film.mkv", .speed = 0.8}};
    struct seen s = cut(reel, &(whelk_edit){.clips = clips, .clip_count = 2},
                        "a wipe between two slowed clips");
    is_int(s.frames, 25 + 25 - 8, "has every frame");
    long middle = 25 - 4;
    ok(near(at(s, middle, 20, 36), 255) && near(at(s, middle, 108, 36), 0),
       "at its middle the new picture has come half way (%d | %d)", at(s, middle, 20, 36),
       at(s, middle, 108, 36));
    ok(near(at(s, 16, 64, 36), 0) && near(at(s, 25, 64, 36), 255),
       "before it the old one stands alone, after it the new one");
    g_free(s.luma);
}

static void test_wipe_ways(const char *reel)
{
    static const struct {
        const char *name;
        int x, y; /* where the new picture is half way, while the opposite point shows the old */
    } ways[] = {
        {"wipe-left", 108, 36}, {"wipe-right", 20, 36}, {"wipe-up", 64, 62}, {"wipe-down", 64, 10}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        whelk_edit_clip clips[] = {
            {.path = "black.mkv", .transition = ways[i].name, .transition_s = 8 / 24.0},
            {.path = "film.mkv"}};
        struct seen s = cut(reel, &(whelk_edit){.clips = clips, .clip_count = 2}, ways[i].name);
        long middle = s.frames / 2;
        int new = at(s, middle, ways[i].x, ways[i].y);
        int old = at(s, middle, WIDTH - ways[i].x, HEIGHT - ways[i].y);
        ok(near(new, 255) && near(old, 0), "its edge runs that way (%d | %d)", new, old);
        g_free(s.luma);
    }
}

static void test_ends(const char *reel)
{
    whelk_edit_clip clip = {.path = "film.mkv", .seconds = 1 / 24.0};
    struct seen s =
        cut(reel, &(whelk_edit){.clips = &clip, .clip_count = 1}, "a film of one frame");
    is_int(s.frames, 1, "has one frame");
    ok(near(at(s, 0, 64, 36), 255), "that is the clip's");
    g_free(s.luma);
    clip.seconds = 0.5;
    whelk_edit_title title = {.text = "<b>END</b>", .kind = "end", .at_s = 0.5, .seconds = 1};
    s = cut(reel,
            &(whelk_edit){.clips = &clip, .clip_count = 1, .titles = &title, .title_count = 1},
            "a title after the last clip");
    is_int(s.frames, 36, "makes the film longer");
    int brightest = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        brightest = MAX(brightest, at(s, 24, i % WIDTH, i / WIDTH));
    ok(brightest > 120 && near(at(s, 24, 2, 2), 0) && near(at(s, 24, 64, 66), 0),
       "and lies on black (%d at its brightest)", brightest);
    g_free(s.luma);
}

int main(void)
{
    whelk_error err = {0};
    if (!edit_start(&err)) {
        skip_all(err.text);
        return 0;
    }
    char *reel = scratch_new();
    if (ok(make(reel, "huge.mkv", "white", "width=4096,height=2160,framerate=24/1", 6) &&
               make(reel, "film.mkv", "white", "width=128,height=72,framerate=24/1", 20) &&
               make(reel, "black.mkv", "black", "width=128,height=72,framerate=24/1", 20) &&
               make(reel, "tiny.mkv", "white", "width=64,height=36,framerate=24/1", 20) &&
               make(reel, "ntsc.mkv", "white", "width=128,height=72,framerate=24000/1001", 30) &&
               make(reel, "sixty.mkv", "white", "width=128,height=72,framerate=60/1", 70) &&
               make(reel, "square.mkv", "white", "width=96,height=96,framerate=24/1", 8) &&
               make(reel, "blink.mkv", "blink", "width=128,height=72,framerate=24/1", 20),
           "clips are made")) {
        test_sizes(reel);
        test_rates(reel);
        test_shapes(reel);
        test_speed(reel);
        test_wipe(reel);
        test_wipe_ways(reel);
        test_ends(reel);
    }
    scratch_remove(reel);
    g_free(reel);
    return done_testing();
}
