/* What the editor's tests share: a scratch folder, small FFV1 clips made through GStreamer, and the
 * decoded luma of a film. */
#ifndef WHELK_TESTS_EDITOR_FIXTURE_H
#define WHELK_TESTS_EDITOR_FIXTURE_H

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* What GStreamer, its plugins and fontconfig keep to the end would drown a leak of ours. */
const char *__asan_default_options(void) __attribute__((visibility("default")));
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

#define CLIP_WIDTH 320
#define CLIP_HEIGHT 180
#define CLIP_FPS 24

/* A new folder under the system's scratch place; removed by scratch_remove. */
static inline char *scratch_new(void)
{
    return g_dir_make_tmp("whelk-edit-XXXXXX", NULL);
}

static inline void scratch_remove(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        char *inner = g_build_filename(path, name, NULL);
        scratch_remove(inner);
        g_free(inner);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

static inline bool run_pipeline(const char *text)
{
    GError *error = NULL;
    GstElement *pipe = gst_parse_launch(text, &error);
    if (!pipe) {
        printf("# %s\n", error->message);
        g_error_free(error);
        return false;
    }
    gst_element_set_state(pipe, GST_STATE_PLAYING);
    GstBus *bus = gst_element_get_bus(pipe);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, 120 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    bool good = m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS;
    if (m)
        gst_message_unref(m);
    gst_object_unref(bus);
    gst_element_set_state(pipe, GST_STATE_NULL);
    gst_object_unref(pipe);
    return good;
}

/* A clip of `frames` frames; pattern as videotestsrc names it ("white", "smpte", "ball"). */
static inline char *clip_new(const char *folder, const char *name, const char *pattern, int frames)
{
    char *path = g_build_filename(folder, name, NULL);
    char *text = g_strdup_printf(
        "videotestsrc pattern=%s num-buffers=%d ! video/x-raw,format=I420,width=%d,height=%d,"
        "framerate=%d/1,colorimetry=bt709 ! avenc_ffv1 ! matroskamux ! filesink location=%s",
        pattern, frames, CLIP_WIDTH, CLIP_HEIGHT, CLIP_FPS, path);
    bool good = run_pipeline(text);
    g_free(text);
    if (!good)
        g_clear_pointer(&path, g_free);
    return path;
}

/* Mean luma of every decoded frame, 16..235 spread to 0..255; returns how many frames there were,
 * at most `room`. */
static inline int film_luma(const char *path, double *luma, int room)
{
    char *raw = g_strconcat(path, ".y", NULL);
    char *text =
        g_strdup_printf("filesrc location=%s ! qtdemux ! h264parse ! avdec_h264 ! videoconvert ! "
                        "video/x-raw,format=GRAY8 ! filesink location=%s",
                        path, raw);
    int count = 0;
    if (run_pipeline(text)) {
        FILE *f = fopen(raw, "rb");
        static unsigned char frame[CLIP_WIDTH * CLIP_HEIGHT];
        while (f && count < room && fread(frame, 1, sizeof frame, f) == sizeof frame) {
            double sum = 0;
            for (size_t i = 0; i < sizeof frame; i++)
                sum += frame[i];
            luma[count++] = sum / sizeof frame;
        }
        if (f)
            fclose(f);
    }
    g_remove(raw);
    g_free(text);
    g_free(raw);
    return count;
}

/* Every decoded frame's luma, one after another, 16..235 spread to 0..255; *count: how many. NULL where it does not decode;
 * g_free. */
static inline unsigned char *film_gray(const char *path, int width, int height, long *count)
{
    char *raw = g_strconcat(path, ".gray", NULL), *data = NULL;
    char *text = g_strdup_printf(
        "filesrc location=%s ! decodebin ! video/x-raw ! videoconvert ! video/x-raw,format=GRAY8,width=%d,height=%d ! "
        "videoconvert ! video/x-raw,format=RGB ! filesink location=%s",
        path, width, height, raw);
    gsize size = 0;
    if (run_pipeline(text))
        g_file_get_contents(raw, &data, &size, NULL);
    *count = (long)(size / ((gsize)width * (gsize)height * 3));
    for (gsize i = 0; i < size / 3; i++)
        data[i] = data[3 * i];
    g_remove(raw);
    g_free(text);
    g_free(raw);
    return (unsigned char *)data;
}

/* The digest of a film's pictures and sound as decoded; NULL where it does not decode; g_free. */
static inline char *film_digest(const char *path)
{
    char *raw = g_strconcat(path, ".i420", NULL), *pcm = g_strconcat(path, ".pcm", NULL);
    char *text = g_strdup_printf(
        "filesrc location=%s ! decodebin name=d d. ! queue ! videoconvert ! video/x-raw,format=I420 ! "
        "filesink location=%s d. ! queue ! audioconvert ! audio/x-raw,format=F32LE ! filesink location=%s",
        path, raw, pcm);
    char *out = NULL;
    if (run_pipeline(text)) {
        const char *const files[] = {raw, pcm};
        GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
        for (int i = 0; i < 2; i++) {
            gsize size = 0;
            char *data = NULL;
            g_file_get_contents(files[i], &data, &size, NULL);
            g_checksum_update(sum, (const guchar *)&size, sizeof size);
            g_checksum_update(sum, (const guchar *)data, (gssize)size);
            g_free(data);
        }
        out = g_strdup(g_checksum_get_string(sum));
        g_checksum_free(sum);
    }
    g_remove(raw);
    g_remove(pcm);
    g_free(text);
    g_free(raw);
    g_free(pcm);
    return out;
}

static inline char *read_all(const char *path, gsize *size)
{
    char *data = NULL;
    return g_file_get_contents(path, &data, size, NULL) ? data : NULL;
}

#endif
