/* whelkshotsrc: the generator's own pixels at the size, rate and format asked for; seeks,
 * flushes, live; and for every bad input a posted error that names the cause. */
#include "plugin_test.h"

#include "../../generator/generator.h"
#include "../../pipeline/director.h"

#define SRC "whelkshotsrc name=s steps=2 seed=7 prompt=\"a cat dives into a pool\""

static GstHarness *harness(const char *more, const char *caps)
{
    char *text = g_strdup_printf(SRC " %s", more);
    GstHarness *h = gst_harness_new_parse(text);
    g_free(text);
    if (caps)
        gst_harness_set_sink_caps_str(h, caps);
    return h;
}

static void same_pixels_as_the_generator(void)
{
    whelk_error err = {0};
    whelk_generator *g = whelk_gen_open(NULL, &err);
    whelk_gen_info info;
    whelk_gen_get_info(g, &info);
    whelk_one_shot *said =
        whelk_one_shot_ask("a cat dives into a pool", info.card_json, 7, NULL, &err);
    whelk_gen_slot slots[WHELK_ONE_SHOT_SLOTS];
    for (int i = 0; i < said->slot_count; i++)
        slots[i] = (whelk_gen_slot){said->slots[i].name, said->slots[i].value};
    whelk_gen_request r = {.slots = slots,
                           .slot_count = said->slot_count,
                           .caption = said->caption,
                           .seed = 7,
                           .steps = 2};
    whelk_gen_shot *shot = whelk_gen_shoot(g, &r, NULL, NULL, NULL, &err);
    whelk_gen_look look = {.width = 128, .height = 72, .fps = 12, .format = WHELK_GEN_RGBA};
    whelk_gen_view *view = whelk_gen_view_new(shot, &look, &err);
    uint8_t *mine = malloc(128 * 72 * 4);
    whelk_gen_picture picture = {{mine}, {128 * 4}};

    GstHarness *h = harness("", "video/x-raw,format=RGBA,width=128,height=72,framerate=12/1");
    gst_harness_play(h);
    int frames = 0, same = 0;
    bool stamps = true, meta = true;
    GstBuffer *b;
    while (frames < whelk_gen_view_frames(view) && (b = gst_harness_pull(h))) {
        GstMapInfo map;
        guint64 seed = 0;
        GstCustomMeta *m = gst_buffer_get_custom_meta(b, "GstWhelkShotMeta");
        whelk_gen_view_draw(view, frames, &picture);
        gst_buffer_map(b, &map, GST_MAP_READ);
        same += map.size == 128 * 72 * 4 && memcmp(map.data, mine, map.size) == 0;
        gst_buffer_unmap(b, &map);
        stamps = stamps &&
                 GST_BUFFER_PTS(b) == gst_util_uint64_scale((guint64)frames, GST_SECOND, 12) &&
                 GST_BUFFER_OFFSET(b) == (guint64)frames && GST_BUFFER_DURATION_IS_VALID(b);
        meta = meta && m &&
               gst_structure_get_uint64(gst_custom_meta_get_structure(m), "seed", &seed) &&
               seed == 7 &&
               g_strcmp0(gst_structure_get_string(gst_custom_meta_get_structure(m), "shot"),
                         "0010") == 0;
        gst_buffer_unref(b);
        frames++;
    }
    ok(frames > 10 && same == frames, "%d of %d frames are the generator's, byte for byte", same,
       frames);
    ok(stamps, "timestamps begin at 0 and count frames");
    ok(meta, "every buffer tells its shot and seed");
    gst_harness_teardown(h);
    free(mine);
    whelk_gen_view_free(view), whelk_gen_shot_free(shot), whelk_one_shot_free(said),
        whelk_gen_close(g);
}

static void caps_are_fixated(void)
{
    static const struct {
        const char *asked;
        int width, height, n, d;
        GstVideoFormat format;
    } cases[] = {
        {"video/x-raw", 1280, 720, 24, 1, GST_VIDEO_FORMAT_I420},
        {"video/x-raw,width=640", 640, 360, 24, 1, GST_VIDEO_FORMAT_I420},
        {"video/x-raw,height=[16,90],format={NV12}", 160, 90, 24, 1, GST_VIDEO_FORMAT_NV12},
        {"video/x-raw,framerate=[30/1,60/1],width=128,height=128,format=AYUV", 128, 128, 30, 1,
         GST_VIDEO_FORMAT_AYUV},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GstHarness *h = harness("num-frames=1", cases[i].asked);
        gst_harness_play(h);
        GstBuffer *b = gst_harness_pull(h);
        GstCaps *caps = gst_pad_get_current_caps(h->sinkpad);
        GstVideoInfo info;
        bool read = caps && gst_video_info_from_caps(&info, caps);
        ok(read && info.width == cases[i].width && info.height == cases[i].height &&
               info.fps_n == cases[i].n && info.fps_d == cases[i].d &&
               GST_VIDEO_INFO_FORMAT(&info) == cases[i].format,
           "%s becomes %dx%d at %d/%d", cases[i].asked, read ? info.width : 0,
           read ? info.height : 0, read ? info.fps_n : 0, read ? info.fps_d : 0);
        ok(read && info.colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709 &&
               info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235,
           "with colours as they are");
        ok(b && gst_buffer_get_size(b) == info.size, "and a buffer of that size");
        gst_clear_caps(&caps);
        if (b)
            gst_buffer_unref(b);
        gst_harness_teardown(h);
    }
}

/* The posted error of a pipeline that must fail. */
static void refused(const char *what, const char *says, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    GstElement *p = pipeline("%s ! fakesink", text);
    char *fault = p ? play(p) : g_strdup("no pipeline");
    ok(fault != NULL, "%s: %.300s", what, fault ? fault : "was not refused");
    has_text(fault, says, "and the cause is named");
    if (p)
        end_pipeline(p);
    g_free(fault);
    g_free(text);
}

static char *damaged_model(void)
{
    char *dir = in_dir("model"),
         *command = g_strdup_printf("cp -r %s %s && truncate -s 5000 %s/whelk-tiny.safetensors",
                                    TINY, dir, dir);
    if (system(command) != 0)
        printf("# no damaged model could be made\n");
    g_free(command);
    return dir;
}

/* A model of family wan, which draws whole frames. */
static char *frames_model(void)
{
    char *dir = in_dir("wan"),
         *command = g_strdup_printf(
             "g=$PWD/tests/golden/wan; mkdir %s && cd %s && ln -s $g/wan21-t2v-tiny dit && "
             "ln -s $g/umt5-tiny/models_t5_umt5-tiny-enc.safetensors t5.safetensors && "
             "ln -s $g/tokenizer-tiny/nfkc.model spiece.model && "
             "ln -s $g/wan21-vae-tiny/Wan2.1_VAE.safetensors vae.safetensors && "
             "echo '{\"version\": 1, \"family\": \"wan\", \"name\": \"wan-tiny\", \"dit\": "
             "\"dit\", \"text_encoder\": \"t5.safetensors\", \"tokenizer\": \"spiece.model\", "
             "\"vae\": \"vae.safetensors\"}' >model.json",
             dir, dir);
    if (system(command) != 0)
        printf("# no model of whole frames could be made\n");
    g_free(command);
    return dir;
}

static void bad_input(void)
{
    char *frames = frames_model();
    refused("a model of whole frames", "wan-tiny draws whole frames",
            "whelkshotsrc model=%s prompt=cat", frames);
    g_free(frames);
    char *huge = g_strnfill(100000, 'a'), *model = damaged_model(), *picture = in_dir("no.png");
    refused("no prompt", "prompt is empty", "whelkshotsrc");
    refused("a prompt of 100 kB", "bytes", "whelkshotsrc prompt=%s", huge);
    refused("a model that is not there", "/no/such", "whelkshotsrc model=/no/such prompt=cat");
    refused("a damaged model", "safetensors", "whelkshotsrc model=%s prompt=cat", model);
    refused("a picture that is not there", "no.png", SRC " first-frame=%s", picture);
    refused("a backend that is not there", "abacus", SRC " backend=abacus");
    refused("more frames than a shot has", "num-frames", SRC " num-frames=1000000");
    refused("a cache nobody can write", "cache-dir", SRC " cache-dir=/proc/none");
    g_free(huge), g_free(model), g_free(picture);
    static const char *const caps[] = {"width=1,height=1", "width=16384,height=16384",
                                       "framerate=0/1", "format=GRAY8"};
    for (size_t i = 0; i < G_N_ELEMENTS(caps); i++) {
        GstElement *p = pipeline(SRC " ! capsfilter name=f ! fakesink");
        GstElement *f = gst_bin_get_by_name(GST_BIN(p), "f");
        char *text = g_strdup_printf("video/x-raw,%s", caps[i]);
        GstCaps *c = gst_caps_from_string(text);
        g_object_set(f, "caps", c, NULL);
        char *fault = play(p);
        ok(fault && strstr(fault, "16x16 to 4096x4096"), "%s: %.200s", text,
           fault ? fault : "was taken");
        gst_caps_unref(c);
        gst_object_unref(f);
        end_pipeline(p);
        g_free(fault), g_free(text);
    }
}

/* Sums of the frames from a seek to the end, in the order in which they come. */
static GPtrArray *sums_after_seek(double rate, GstClockTime from, GstClockTime to)
{
    GstElement *p =
        pipeline(SRC " ! video/x-raw,format=I420,width=64,height=36,framerate=10/1 ! "
                     "fakesink name=k signal-handoffs=false sync=false enable-last-sample=true");
    GPtrArray *sums = g_ptr_array_new_with_free_func(g_free);
    GstElement *k = gst_bin_get_by_name(GST_BIN(p), "k");
    GstPad *pad = gst_element_get_static_pad(k, "sink");
    preroll(p);
    gulong probe = 0;
    GstPadProbeReturn take(GstPad * in, GstPadProbeInfo * info, gpointer data)
    {
        (void)in;
        g_ptr_array_add(data, checksum(GST_PAD_PROBE_INFO_BUFFER(info)));
        return GST_PAD_PROBE_OK;
    }
    probe = gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, take, sums, NULL);
    if (!gst_element_seek(p, rate, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                          GST_SEEK_TYPE_SET, (gint64)from,
                          GST_CLOCK_TIME_IS_VALID(to) ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE,
                          (gint64)to))
        g_ptr_array_add(sums, g_strdup("the seek was refused"));
    char *fault = play(p);
    if (fault)
        printf("# %s\n", fault);
    g_free(fault);
    gst_pad_remove_probe(pad, probe);
    gst_object_unref(pad), gst_object_unref(k);
    end_pipeline(p);
    return sums;
}

static void seeking(void)
{
    GPtrArray *all = sums_after_seek(1, 0, GST_CLOCK_TIME_NONE);
    GPtrArray *late = sums_after_seek(1, GST_SECOND, GST_CLOCK_TIME_NONE);
    GPtrArray *back = sums_after_seek(-1, 0, GST_CLOCK_TIME_NONE);
    GPtrArray *part = sums_after_seek(-1, 500 * GST_MSECOND, GST_SECOND);
    GPtrArray *past = sums_after_seek(1, 3600 * GST_SECOND, GST_CLOCK_TIME_NONE);
    ok(all->len > 20, "the whole shot has %u frames", all->len);
    bool same = late->len == all->len - 10;
    for (guint i = 0; same && i < late->len; i++)
        same = g_str_equal(late->pdata[i], all->pdata[i + 10]);
    ok(same, "from 1 s on they are the same, less the first ten");
    same = back->len == all->len;
    for (guint i = 0; same && i < back->len; i++)
        same = g_str_equal(back->pdata[i], all->pdata[all->len - 1 - i]);
    ok(same, "backwards they are the same, last first (%u)", back->len);
    same = part->len == 5;
    for (guint i = 0; same && i < 5; i++)
        same = g_str_equal(part->pdata[i], all->pdata[9 - i]);
    ok(same, "a part backwards begins before its end (%u)", part->len);
    is_int(past->len, 0, "past the end there is the end");
    seek_past_the_end(pipeline(SRC " ! video/x-raw,width=64,height=36 ! fakesink name=k"), "shot");
    g_ptr_array_unref(all), g_ptr_array_unref(late), g_ptr_array_unref(back);
    g_ptr_array_unref(part), g_ptr_array_unref(past);
}

static void queries(void)
{
    gint64 length = 0, position = -1, frames = 0;
    GstElement *p =
        pipeline(SRC " num-frames=12 ! video/x-raw,width=64,height=36,framerate=24/1 ! fakesink");
    preroll(p);
    ok(gst_element_query_duration(p, GST_FORMAT_TIME, &length) && length == GST_SECOND / 2,
       "the duration is known once the shot is (%" G_GINT64_FORMAT ")", length);
    GstElement *s = gst_bin_get_by_name(GST_BIN(p), "s");
    ok(gst_element_query_duration(s, GST_FORMAT_DEFAULT, &frames) && frames == 12, "in frames too");
    ok(gst_element_query_position(p, GST_FORMAT_TIME, &position) && position == 0,
       "and the position");
    gboolean time = FALSE, bytes = TRUE;
    GstQuery *q = gst_query_new_seeking(GST_FORMAT_TIME);
    gst_element_query(s, q);
    gst_query_parse_seeking(q, NULL, &time, NULL, NULL);
    gst_query_unref(q);
    q = gst_query_new_seeking(GST_FORMAT_BYTES);
    if (gst_element_query(s, q))
        gst_query_parse_seeking(q, NULL, &bytes, NULL, NULL);
    else
        bytes = FALSE;
    gst_query_unref(q);
    ok(time && !bytes, "it seeks by time, not by bytes");
    gst_object_unref(s);
    end_pipeline(p);
    GstHarness *h = harness("is-live=true", "video/x-raw,width=64,height=36,framerate=25/1");
    gst_harness_use_systemclock(h);
    gst_harness_play(h);
    GstBuffer *b = gst_harness_pull(h);
    ok(gst_harness_query_latency(h) == GST_SECOND / 25, "live, it reports a frame of latency");
    ok(b && GST_BUFFER_PTS_IS_VALID(b), "and stamps running time");
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

static void caps_change(void)
{
    GstHarness *h =
        harness("loop=true", "video/x-raw,format=I420,width=64,height=36,framerate=10/1");
    gst_harness_play(h);
    for (int i = 0; i < 5; i++)
        gst_buffer_unref(gst_harness_pull(h));
    gst_harness_set_sink_caps_str(h, "video/x-raw,format=RGB,width=96,height=54,framerate=20/1");
    gst_harness_push_upstream_event(h, gst_event_new_reconfigure());
    GstBuffer *b = NULL;
    for (int i = 0; i < 2000; i++) { /* what was on its way still has the old size */
        gst_clear_buffer(&b);
        b = gst_harness_pull(h);
        if (!b || gst_buffer_get_size(b) == GST_ROUND_UP_4(96 * 3) * 54)
            break;
    }
    ok(b && gst_buffer_get_size(b) == GST_ROUND_UP_4(96 * 3) * 54,
       "size and format can change on the way");
    ok(b && GST_BUFFER_PTS(b) >= 400 * GST_MSECOND, "and time goes on (%" G_GUINT64_FORMAT " ms)",
       b ? GST_BUFFER_PTS(b) / GST_MSECOND : 0);
    gst_clear_buffer(&b);
    gst_harness_teardown(h);
}

static void progress_and_tags(void)
{
    GstElement *p = pipeline(SRC " ! video/x-raw,width=64,height=36 ! fakesink");
    gst_element_set_state(p, GST_STATE_PAUSED);
    int progress = 0, steps = 0, last = -1;
    bool rising = true, sigma = true;
    char *title = NULL, *description = NULL, *encoder = NULL, *label = NULL;
    for (bool on = true; on;) {
        GstMessage *m =
            next_message(p, GST_MESSAGE_PROGRESS | GST_MESSAGE_ELEMENT | GST_MESSAGE_TAG |
                                GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR);
        if (!m)
            break;
        const GstStructure *s = gst_message_get_structure(m);
        int step = 0, tokens = 0;
        double level = 0;
        GstTagList *tags = NULL;
        switch (GST_MESSAGE_TYPE(m)) {
        case GST_MESSAGE_PROGRESS:
            progress++;
            break;
        case GST_MESSAGE_ELEMENT:
            steps++;
            gst_structure_get(s, "step", G_TYPE_INT, &step, "tokens", G_TYPE_INT, &tokens, "sigma",
                              G_TYPE_DOUBLE, &level, NULL);
            rising =
                rising && gst_structure_has_name(s, "whelk-progress") && step > last && tokens > 0;
            sigma = sigma && (step == 0 ? level == 1 : level < 1);
            last = step;
            break;
        case GST_MESSAGE_TAG:
            gst_message_parse_tag(m, &tags);
            gst_tag_list_get_string(tags, GST_TAG_TITLE, &title);
            gst_tag_list_get_string(tags, GST_TAG_DESCRIPTION, &description);
            gst_tag_list_get_string(tags, GST_TAG_ENCODER, &encoder);
            gst_tag_list_get_string(tags, GST_TAG_EXTENDED_COMMENT, &label);
            gst_tag_list_unref(tags);
            break;
        default:
            on = false;
        }
        gst_message_unref(m);
    }
    ok(progress == 3 && steps == 3 && rising && sigma && last == 2,
       "two steps are told as they come, with noise level and tokens");
    is_str(description, "a cat dives into a pool", "the stream is tagged with the prompt");
    ok(title && *title, "and a title (%s)", title);
    has_text(encoder, "whelk-mini", "and the model");
    has_text(label, "AIGC={\"Label\":\"1\"", "and the label that a machine made it");
    g_free(title), g_free(description), g_free(encoder), g_free(label);
    end_pipeline(p);
}

static void layers_and_loop(void)
{
    GstHarness *h =
        harness("layer=actor", "video/x-raw,format={I420,RGBA},width=64,height=36,framerate=10/1");
    gst_harness_play(h);
    GstBuffer *b = gst_harness_pull(h);
    ok(b && gst_buffer_get_size(b) == 64 * 36 * 4, "the actor alone comes with alpha");
    gst_clear_buffer(&b);
    gst_harness_teardown(h);
    h = harness("loop=true num-frames=3",
                "video/x-raw,format=I420,width=64,height=36,framerate=10/1");
    gst_harness_play(h);
    bool going = true;
    guint64 seeds[9];
    for (int i = 0; i < 9 && (b = gst_harness_pull(h)); i++) {
        GstCustomMeta *m = gst_buffer_get_custom_meta(b, "GstWhelkShotMeta");
        gst_structure_get_uint64(gst_custom_meta_get_structure(m), "seed", &seeds[i]);
        going = going && GST_BUFFER_PTS(b) == (GstClockTime)i * 100 * GST_MSECOND;
        gst_buffer_unref(b);
    }
    ok(going, "looping, time goes on from round to round");
    ok(seeds[2] == 7 && seeds[3] == 8 && seeds[6] == 9, "each round from a new seed");
    gst_harness_teardown(h);
    char *dir = in_dir("cache");
    for (int i = 0; i < 2; i++) {
        char *more = g_strdup_printf("cache-dir=%s num-frames=1", dir);
        h = harness(more, "video/x-raw,format=I420,width=64,height=36");
        g_free(more);
        GstBus *bus = gst_bus_new();
        gst_element_set_bus(h->element, bus);
        gst_harness_play(h);
        b = gst_harness_pull(h);
        GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_PROGRESS);
        ok(b && (m != NULL) == (i == 0),
           i ? "from the cache it is there without a step" : "a shot is kept in the cache");
        if (m)
            gst_message_unref(m);
        gst_clear_buffer(&b);
        gst_element_set_bus(h->element, NULL);
        gst_bus_set_flushing(bus, TRUE);
        gst_object_unref(bus);
        gst_harness_teardown(h);
    }
    g_free(dir);
}

/* --- Longer than a clip -------------------------------------------------------------------------
 */

/* The tiny model, whose clips have 16 poses, with words and actions that go on. */
static char *model_that_goes_on(void)
{
    char *dir = in_dir("goes-on"), command[800];
    snprintf(command, sizeof command,
             "mkdir '%s' && cp " TINY "/whelk-tiny.safetensors '%s' && "
             "perl -0pe 'BEGIN { local $/; open F, \"<\", \"tests/golden/card.json\"; $c = <F>; "
             "$c =~ s/^\\s*\\{/{\"goes_on\": {\"walk\": \"back\"},/ } "
             "s/\"card\":\\s*\\{\\}/\"card\": $c/' " TINY "/model.json >'%s/model.json'",
             dir, dir, dir);
    ok(system(command) == 0, "a tiny model is given words, and actions that go on");
    return dir;
}

/* Frames and the last timestamp that reach the sink. */
static gint64 frames_of(const char *model, const char *more, int rate, char **fault)
{
    GstElement *p = pipeline("whelkshotsrc name=s model=%s steps=1 %s ! "
                             "video/x-raw,width=32,height=16,framerate=%d/1 ! fakesink sync=false",
                             model, more, rate);
    gint64 frames = -1;
    GstElement *s = gst_bin_get_by_name(GST_BIN(p), "s");
    *fault = play(p);
    if (!*fault)
        gst_element_query_duration(s, GST_FORMAT_DEFAULT, &frames);
    gst_object_unref(s);
    end_pipeline(p);
    return frames;
}

/* Looping from seed 7, the seed of the round that frame n is of. */
static int seed_of_frame(const char *model, const char *prompt, const char *length, int n)
{
    char *text = g_strdup_printf("whelkshotsrc model=%s steps=1 seed=7 loop=true %s %s", model,
                                 length, prompt);
    GstHarness *h = gst_harness_new_parse(text);
    g_free(text);
    gst_harness_set_sink_caps_str(h, "video/x-raw,format=I420,width=32,height=16,framerate=12/1");
    gst_harness_play(h);
    guint64 seed = 0;
    GstBuffer *b = gst_harness_pull(h);
    for (int i = 0; i < n; i++) {
        gst_clear_buffer(&b);
        b = gst_harness_pull(h);
    }
    GstCustomMeta *m = b ? gst_buffer_get_custom_meta(b, "GstWhelkShotMeta") : NULL;
    if (m)
        gst_structure_get_uint64(gst_custom_meta_get_structure(m), "seed", &seed);
    gst_clear_buffer(&b);
    gst_harness_teardown(h);
    return (int)seed;
}

struct asked {
    GstElement *shot;
    int times, made, wrong; /* made: shots that were begun */
};

/* On the thread that makes the shot, so while it is made. */
static GstBusSyncReply ask_length(GstBus *bus, GstMessage *m, gpointer data)
{
    struct asked *a = data;
    GstProgressType type;
    gint64 frames = -1;
    (void)bus;
    if (GST_MESSAGE_TYPE(m) != GST_MESSAGE_PROGRESS)
        return GST_BUS_PASS;
    gst_message_parse_progress(m, &type, NULL, NULL);
    a->times++;
    a->made += type == GST_PROGRESS_TYPE_START;
    if (gst_element_query_duration(a->shot, GST_FORMAT_DEFAULT, &frames) && frames != 36)
        a->wrong++;
    return GST_BUS_PASS;
}

static void length_while_made(const char *model, const char *prompt)
{
    GstElement *p = pipeline("whelkshotsrc name=s model=%s steps=1 %s num-frames=36 ! "
                             "video/x-raw,width=32,height=16,framerate=12/1 ! fakesink sync=false",
                             model, prompt);
    struct asked a = {.shot = gst_bin_get_by_name(GST_BIN(p), "s")};
    GstBus *bus = gst_element_get_bus(p);
    gst_bus_set_sync_handler(bus, ask_length, &a, NULL);
    char *fault = play(p);
    ok(!fault && a.made == 2 && a.times > 2,
       "a shot of more frames than a clip has is made anew (%d) %s", a.made, fault ? fault : "");
    is_int(a.wrong, 0, "and has no length but that meanwhile");
    g_free(fault);
    gst_object_unref(bus), gst_object_unref(a.shot);
    end_pipeline(p);
}

static void longer_than_a_clip(void)
{
    static const char walk[] = "prompt=\"a cat walks on the beach\"",
                      launch[] = "prompt=\"a rocket launches on the beach\"";
    static const struct {
        const char *prompt, *length;
        int rate, frames;
        const char *fault;
    } rows[] = {
        {walk, "", 12, 16, NULL},
        {walk, "duration=1000000000", 12, 12, NULL},
        {walk, "duration=3000000000", 12, 36, NULL},
        {walk, "num-frames=72", 24, 72, NULL},
        {walk, "num-frames=36", 12, 36, NULL},
        {walk, "num-frames=240", 60, 240, NULL},
        {launch, "num-frames=60", 60, 60, NULL}, /* a second; 2.5 of them at the usual rate */
        {launch, "num-frames=80", 60, 80, NULL},
        {launch, "num-frames=81", 60, 0, "launch is over after 1.333 s"},
        {walk, "duration=6000000000", 12, 0, "at most 64 at this rate (5.33 s)"},
        {launch, "duration=3000000000", 12, 0, "launch is over after 1.333 s"},
        {launch, "num-frames=20", 12, 0, "launch is over after 1.333 s"},
    };
    char *model = model_that_goes_on(), *fault;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *more = g_strdup_printf("%s %s", rows[i].prompt, rows[i].length);
        gint64 frames = frames_of(model, more, rows[i].rate, &fault);
        if (rows[i].fault)
            has_text(fault, rows[i].fault, "%s is refused", rows[i].length);
        else
            is_int((int)frames, rows[i].frames, "\"%s\" at %d a second has so many frames %s",
                   rows[i].length, rows[i].rate, fault ? fault : "");
        g_free(fault);
        g_free(more);
    }
    length_while_made(model, walk);
    is_int(seed_of_frame(model, launch, "duration=3000000000", 19), 8,
           "looping, a clip does where no more can be made");
    is_int(seed_of_frame(model, launch, "num-frames=36", 19), 8, "so it does for frames");
    is_int(seed_of_frame(model, walk, "num-frames=36", 35), 7,
           "where more can be made, each round has all its frames");
    is_int(seed_of_frame(model, walk, "num-frames=36", 36), 8, "and the next its own seed");
    g_free(model);
}

int main(int argc, char **argv)
{
    plugin_begin(&argc, &argv, (const char *const[]){"coreelements", NULL});
    same_pixels_as_the_generator();
    caps_are_fixated();
    bad_input();
    seeking();
    queries();
    caps_change();
    progress_and_tags();
    layers_and_loop();
    longer_than_a_clip();
    return plugin_end();
}
