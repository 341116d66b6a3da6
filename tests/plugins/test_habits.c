/* What each of the five elements holds as GStreamer's own do: fifty state cycles, two at once, a
 * thread other than main, a blocked pad, a flushing seek, caps that nobody can make, and properties
 * out of their range. What is peculiar to one is in its own test. */
#include "plugin_test.h"

static const struct kind {
    const char *name;
    const char *text;    /* a pipeline in which it is `e` and its sink `k`; it ends by itself */
    const char *endless; /* before a seek with an end, if the other has one of its own */
    const char *pad;     /* that the element pushes from */
    const char *caps;    /* for the capsfilter `c`: none that it could make */
    const char *says;    /* its error then; NULL = its neighbour's */
    const char *property, *value; /* out of range */
} kinds[] = {
    {"whelkshotsrc",
     "whelkshotsrc name=e steps=2 seed=7 prompt=cat num-frames=24 ! capsfilter "
     "name=c caps=video/x-raw,width=64,height=36,framerate=24/1 ! fakesink name=k",
     NULL, "src", "video/x-raw,width=1,height=1", "no shot can be made as", "budget", "1.5"},
    {"whelkactor",
     "videotestsrc pattern=gradient num-buffers=24 ! "
     "video/x-raw,format=NV12,width=64,height=36,framerate=24/1 ! whelkactor name=e steps=2 "
     "seed=7 prompt=cat ! capsfilter name=c ! fakesink name=k",
     "videotestsrc pattern=gradient ! video/x-raw,format=NV12,width=64,height=36,framerate=24/1 ! "
     "whelkactor name=e steps=2 seed=7 prompt=cat ! fakesink name=k",
     "src", "video/x-raw,format=GRAY8", NULL, "scale", "-1"},
    {"whelkfilmsrc",
     "whelkfilmsrc name=e steps=1 seconds=1 prompt=\"a cat runs\" e.video ! capsfilter "
     "name=c caps=video/x-raw,width=64,height=36,framerate=12/1 ! fakesink name=k "
     "e.audio ! fakesink",
     NULL, "video", "video/x-raw,format=RGB", "no film can be made as", "seconds", "-1"},
    {"whelkscoresrc", "whelkscoresrc name=e length=1 ! capsfilter name=c ! fakesink name=k", NULL,
     "src", "audio/x-raw,rate=44100", "no sound can be made as", "tempo", "301"},
    {"whelkslate",
     "videotestsrc pattern=gradient num-buffers=24 ! "
     "video/x-raw,format=I420,width=320,height=180,framerate=24/1 ! whelkslate name=e ! "
     "capsfilter name=c ! fakesink name=k",
     "videotestsrc pattern=gradient ! video/x-raw,format=I420,width=320,height=180,framerate=24/1 "
     "! whelkslate name=e ! fakesink name=k",
     "src", "audio/x-raw", NULL, "size", "0.5"},
};

/* --- What arrives ----------------------------------------------------------------------------- */

static GstPadProbeReturn keep(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    GstMapInfo map;
    (void)pad;
    if (info->type & GST_PAD_PROBE_TYPE_EVENT_FLUSH) { /* of a seek: what came before is gone */
        g_byte_array_set_size(data, 0);
        return GST_PAD_PROBE_OK;
    }
    GstBuffer *b = GST_PAD_PROBE_INFO_BUFFER(info);
    if (gst_buffer_map(b, &map, GST_MAP_READ)) {
        g_byte_array_append(data, map.data, (guint)map.size);
        gst_buffer_unmap(b, &map);
    }
    return GST_PAD_PROBE_OK;
}

/* All bytes that arrive between two times, in order; from < 0 = without a seek, to the end. */
static GByteArray *bytes_of(const char *text, gint64 from, gint64 to)
{
    GByteArray *bytes = g_byte_array_new();
    GstElement *p = pipeline("%s", text), *k = gst_bin_get_by_name(GST_BIN(p), "k");
    GstPad *pad = gst_element_get_static_pad(k, "sink");
    gulong probe = gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH, keep, bytes, NULL);
    preroll(p);
    if (from >= 0 &&
        !gst_element_seek(p, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                          GST_SEEK_TYPE_SET, from, GST_SEEK_TYPE_SET, to))
        printf("# the seek was refused\n");
    char *fault = play(p);
    if (fault)
        printf("# %s\n", fault);
    g_free(fault);
    gst_pad_remove_probe(pad, probe);
    gst_object_unref(pad), gst_object_unref(k);
    end_pipeline(p);
    return bytes;
}

/* --- The habits ------------------------------------------------------------------------------- */

static void fifty_cycles(const struct kind *e)
{
    GstElement *p = pipeline("%s", e->text);
    int good = 0;
    for (int i = 0; i < 50; i++) { /* some broken off, some played to their end */
        gst_element_set_state(p, GST_STATE_PLAYING);
        char *fault = i % 10 == 0 ? wait_for_end(p) : NULL;
        good += gst_element_set_state(p, i % 3 ? GST_STATE_NULL : GST_STATE_READY) !=
                    GST_STATE_CHANGE_FAILURE &&
                !fault;
        g_free(fault);
    }
    is_int(good, 50, "%s: fifty times from NULL to PLAYING and back", e->name);
    end_pipeline(p);
}

static void two_at_once(const struct kind *e)
{
    GstElement *a = pipeline("%s", e->text), *b = pipeline("%s", e->text);
    gst_element_set_state(a, GST_STATE_PLAYING);
    gst_element_set_state(b, GST_STATE_PLAYING);
    char *first = wait_for_end(a), *second = wait_for_end(b);
    ok(!first && !second, "%s: two at once play to the end (%s%s)", e->name, first ? first : "",
       second ? second : "");
    g_free(first), g_free(second);
    end_pipeline(a), end_pipeline(b);
}

static gpointer play_elsewhere(gpointer text)
{
    GMainContext *own = g_main_context_new();
    g_main_context_push_thread_default(own);
    GstElement *p = pipeline("%s", (const char *)text);
    char *fault = play(p);
    end_pipeline(p);
    g_main_context_pop_thread_default(own);
    g_main_context_unref(own);
    return fault;
}

static void another_thread(const struct kind *e)
{
    char *fault = g_thread_join(g_thread_new("elsewhere", play_elsewhere, (gpointer)e->text));
    ok(!fault, "%s: it plays in a thread other than main (%s)", e->name, fault ? fault : "");
    g_free(fault);
}

struct block {
    GMutex lock;
    GCond reached;
    gboolean there;
};

static GstPadProbeReturn at_the_block(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct block *b = data;
    (void)pad, (void)info;
    g_mutex_lock(&b->lock);
    b->there = TRUE;
    g_cond_signal(&b->reached);
    g_mutex_unlock(&b->lock);
    return GST_PAD_PROBE_OK;
}

/* Once its thread waits in the pad, it goes down and, let go, up to the end again. */
static void blocked_pad(const struct kind *e)
{
    struct block block = {0};
    GstElement *p = pipeline("%s", e->text), *element = gst_bin_get_by_name(GST_BIN(p), "e");
    GstPad *pad = gst_element_get_static_pad(element, e->pad);
    g_mutex_init(&block.lock), g_cond_init(&block.reached);
    gulong probe = gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                                     at_the_block, &block, NULL);
    gst_element_set_state(p, GST_STATE_PLAYING);
    g_mutex_lock(&block.lock);
    while (!block.there)
        g_cond_wait(&block.reached, &block.lock);
    g_mutex_unlock(&block.lock);
    ok(gst_element_set_state(p, GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS,
       "%s: a blocked pad stops no state change", e->name);
    gst_pad_remove_probe(pad, probe);
    char *fault = play(p);
    ok(!fault, "%s: let go, it plays to the end (%s)", e->name, fault ? fault : "");
    g_free(fault);
    g_mutex_clear(&block.lock), g_cond_clear(&block.reached);
    gst_object_unref(pad), gst_object_unref(element);
    end_pipeline(p);
}

static void flushing_seek(const struct kind *e)
{
    GByteArray *all = bytes_of(e->text, -1, -1),
               *late = bytes_of(e->endless ? e->endless : e->text, GST_SECOND / 2, GST_SECOND);
    ok(late->len > 0 && late->len < all->len &&
           memcmp(all->data + all->len - late->len, late->data, late->len) == 0,
       "%s: after a flushing seek to the middle the rest is what it was (%u of %u bytes)", e->name,
       late->len, all->len);
    is_int((int)late->len, (int)all->len / 2, "%s: and half of it", e->name);
    g_byte_array_unref(all), g_byte_array_unref(late);
}

/* Elements that are linked may still be given caps that lead nowhere, before they play and on the
 * way. */
static void impossible_caps(const struct kind *e)
{
    GstElement *p = pipeline("%s", e->text), *c = gst_bin_get_by_name(GST_BIN(p), "c");
    GstCaps *good = NULL;
    g_object_get(c, "caps", &good, NULL);
    for (int midway = 0; midway < 2; midway++) {
        if (midway)
            preroll(p);
        gst_util_set_object_arg(G_OBJECT(c), "caps", e->caps);
        char *fault = play(p);
        ok(fault != NULL, "%s: %s is refused %s: %.300s", e->name, e->caps,
           midway ? "on the way" : "at once", fault ? fault : "no");
        if (e->says)
            has_text(fault, e->says, "%s: in words", e->name);
        g_free(fault);
        gst_element_set_state(p, GST_STATE_NULL);
        g_object_set(c, "caps", good, NULL);
        fault = play(p);
        ok(!fault, "%s: and with others it plays (%s)", e->name, fault ? fault : "");
        g_free(fault);
        gst_element_set_state(p, GST_STATE_NULL);
    }
    gst_caps_unref(good);
    gst_object_unref(c);
    end_pipeline(p);
}

static void out_of_range(const struct kind *e)
{
    GstElement *element = gst_element_factory_make(e->name, NULL);
    GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), e->property);
    double wanted = g_ascii_strtod(e->value, NULL);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_DOUBLE);
    g_value_set_double(&value, wanted);
    ok(spec && g_param_value_validate(spec, &value) && g_value_get_double(&value) != wanted,
       "%s: %s=%s is out of its range", e->name, e->property, e->value);
    GError *error = NULL;
    char *text = g_strdup_printf("%s no-such-property=1", e->name);
    GstElement *p = gst_parse_launch(text, &error);
    has_text(error ? error->message : NULL, "no-such-property",
             "%s: a property that is not there is refused by name", e->name);
    g_clear_error(&error), g_free(text);
    gst_clear_object(&p);
    gst_object_unref(gst_object_ref_sink(element));
}

int main(int argc, char **argv)
{
    plugin_begin(&argc, &argv, film_plugins);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        fifty_cycles(&kinds[i]);
        two_at_once(&kinds[i]);
        another_thread(&kinds[i]);
        blocked_pad(&kinds[i]);
        flushing_seek(&kinds[i]);
        impossible_caps(&kinds[i]);
        out_of_range(&kinds[i]);
    }
    return plugin_end();
}
