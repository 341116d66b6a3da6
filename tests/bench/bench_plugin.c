/* The plugin against GStreamer's own elements, in processor time of the same run: what a cached
 * shot costs beside videotestsrc ! videoconvert of the same size, what an actor costs over passing
 * video alone, how long registration takes, whether a film keeps up with the clock, and how long
 * state changes take. */
#include <gst/gst.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static char cache[] = "/tmp/whelk-bench-XXXXXX"; /* keeps latents between runs */

static double processor_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double wall_s(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

static bool wait_for(GstElement *p, GstMessageType types)
{
    GstBus *bus = gst_element_get_bus(p);
    GstMessage *m = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, types | GST_MESSAGE_ERROR);
    bool good = GST_MESSAGE_TYPE(m) != GST_MESSAGE_ERROR;
    if (!good) {
        GError *error = NULL;
        gst_message_parse_error(m, &error, NULL);
        fprintf(stderr, "%s\n", error->message);
        g_error_free(error);
    }
    gst_message_unref(m);
    gst_object_unref(bus);
    return good;
}

/* Processor time from the first frame on, which is drawn before. */
static double play_once(const char *text, bool *good)
{
    GstElement *p = gst_parse_launch(text, NULL);
    gst_element_set_state(p, GST_STATE_PAUSED);
    *good = wait_for(p, GST_MESSAGE_ASYNC_DONE);
    double began = processor_s();
    gst_element_set_state(p, GST_STATE_PLAYING);
    *good = *good && wait_for(p, GST_MESSAGE_EOS);
    double took = processor_s() - began;
    gst_element_set_state(p, GST_STATE_NULL);
    gst_object_unref(p);
    return took;
}

enum { ROUNDS = 5, RIVALS_MAX = 3 };

/* Milliseconds of processor time a frame, the best of some rounds, in each of which all take their
 * turn: what else the machine does meanwhile meets them alike. */
static bool costs(char *const *text, int count, int frames, double *best)
{
    bool good = true;
    for (int i = 0; i < count; i++)
        best[i] = 1e9;
    for (int round = 0; good && round < ROUNDS; round++)
        for (int i = 0; good && i < count; i++) {
            double took = play_once(text[i], &good) / frames * 1e3;
            best[i] = took < best[i] ? took : best[i];
        }
    return good;
}

/* videotestsrc ! videoconvert where the latter has work to do, and where it has none. */
static void bench_shot(const char *format, const char *prompt)
{
    enum { FRAMES = 320 };
    const char *from = strcmp(format, "AYUV") == 0 ? "RGBA" : "AYUV";
    char *text[RIVALS_MAX] = {
        g_strdup_printf(
            "whelkshotsrc cache-dir=%s prompt=\"%s\" num-frames=%d ! video/x-raw,format=%s,"
            "width=1280,height=720,framerate=240/1 ! fakesink sync=false",
            cache, prompt, FRAMES, format),
        g_strdup_printf(
            "videotestsrc num-buffers=%d ! video/x-raw,format=%s,width=1280,height=720,framerate="
            "240/1 ! videoconvert ! video/x-raw,format=%s ! fakesink sync=false",
            FRAMES, from, format),
        g_strdup_printf("videotestsrc num-buffers=%d ! video/x-raw,format=%s,width=1280,"
                        "height=720,framerate=240/1 ! videoconvert ! fakesink sync=false",
                        FRAMES, format),
    };
    double ms[RIVALS_MAX];
    if (costs(text, RIVALS_MAX, FRAMES, ms))
        printf(
            "  %-5s %-28s %6.2f ms   %6.2f of one that converts (from %s), %.2f of one that does "
            "not\n",
            format, prompt, ms[0], ms[0] / ms[1], from, ms[0] / ms[2]);
    for (int i = 0; i < RIVALS_MAX; i++)
        g_free(text[i]);
}

static void bench_actor(void)
{
    const char *with = "videotestsrc num-buffers=480 pattern=black ! video/x-raw,format=I420,width="
                       "1280,height=720,framerate=180/1 ! %s ! fakesink sync=false";
    char *element = g_strdup_printf("whelkactor cache-dir=%s prompt=\"a dog runs\"", cache);
    char *text[] = {g_strdup_printf(with, element), g_strdup_printf(with, "identity")};
    double ms[2];
    if (costs(text, 2, 480, ms))
        printf("  an actor over 1280x720 I420: %.2f ms a frame\n", ms[0] - ms[1]);
    g_free(text[0]), g_free(text[1]), g_free(element);
}

/* From the line to the first frame, and to the last when nothing waits for the clock. Processor
 * time tells, on a busy machine too, what two idle cores would do. */
static void bench_film(void)
{
    GstElement *p = gst_parse_launch(
        "whelkfilmsrc name=f prompt=\"a cat dives into a pool\" f.video ! queue ! fakesink "
        "sync=false f.audio ! queue ! fakesink sync=false",
        NULL);
    double began = wall_s(), used = processor_s();
    gint64 length = 0;
    gst_element_set_state(p, GST_STATE_PAUSED);
    bool good = wait_for(p, GST_MESSAGE_ASYNC_DONE);
    double first = wall_s() - began, first_used = processor_s() - used;
    gst_element_query_duration(p, GST_FORMAT_TIME, &length);
    gst_element_set_state(p, GST_STATE_PLAYING);
    good = good && wait_for(p, GST_MESSAGE_EOS);
    double all = wall_s() - began, seconds = (double)length / GST_SECOND;
    used = processor_s() - used;
    if (good) {
        printf("a film of %.1f s at 1280x720, whelkfilmsrc\n", seconds);
        printf("  the first picture after %.1f s (%.1f s of processor time)\n", first, first_used);
        printf("  %.2f s of film a second of wall; from the first picture on %.2f\n", seconds / all,
               seconds / (all - first));
        printf("  %.2f s of processor time a second of film: two idle cores have 2, so that they "
               "make %.2f s of film a second at most\n",
               used / seconds, 2 * seconds / used);
    }
    gst_element_set_state(p, GST_STATE_NULL);
    gst_object_unref(p);
}

/* The longest that a state change took, up to PLAYING and, in the midst of making, down again. */
static void bench_states(const char *text)
{
    enum { TIMES = 10 };
    double up = 0, down = 0;
    for (int i = 0; i < TIMES; i++) {
        GstElement *p = gst_parse_launch(text, NULL);
        double began = wall_s();
        gst_element_set_state(p, GST_STATE_PLAYING);
        double middle = wall_s();
        g_usleep((gulong)i * 50000);
        double before = wall_s();
        gst_element_set_state(p, GST_STATE_NULL);
        double end = wall_s();
        up = MAX(up, middle - began);
        down = MAX(down, end - before);
        gst_object_unref(p);
    }
    printf("  %-14.*s to PLAYING %5.1f ms, to NULL %5.1f ms\n", (int)strcspn(text, " "), text,
           up * 1e3, down * 1e3);
}

static void bench_all_states(void)
{
    printf("the longest state changes of ten rounds, broken off after 0 to 450 ms\n");
    bench_states("whelkshotsrc prompt=\"a cat sits\" ! fakesink");
    bench_states("whelkactor name=a prompt=\"a cat sits\" ! fakesink videotestsrc ! a.");
    bench_states("whelkfilmsrc name=f prompt=\"a cat sits\" f.video ! fakesink f.audio ! fakesink");
    bench_states("whelkscoresrc length=60 ! fakesink");
    bench_states("whelkslate name=s ! fakesink videotestsrc ! s.");
}

int main(int argc, char **argv)
{
    if (!mkdtemp(cache))
        return 1;
    char *registry = g_build_filename(cache, "registry.bin", NULL),
         *command = g_strconcat("rm -rf ", cache, NULL);
    g_setenv("GST_REGISTRY", registry, TRUE);
    gst_init(&argc, &argv);
    double began = wall_s();
    GstPlugin *plugin = gst_plugin_load_file("build/plugins/libgstwhelk.so", NULL);
    printf("  the plugin registers in %.1f ms\n", (wall_s() - began) * 1e3);
    if (!plugin)
        return 1;
    printf(
        "a shot in memory, 1280x720, processor time a frame beside videotestsrc ! videoconvert\n");
    static const char *const formats[] = {"I420", "NV12", "RGBA", "AYUV", "RGB"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        bench_shot(formats[i], "a cat sits on the beach");
        bench_shot(formats[i], "a dog runs in the meadow");
    }
    bench_actor();
    bench_film();
    bench_all_states();
    gst_object_unref(plugin);
    g_free(registry);
    int failed = system(command);
    g_free(command);
    return failed;
}
