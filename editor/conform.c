/* Clips that are not what the film is made of (another size, rate or speed) are made over once into
 * REEL/conform/, FFV1 at the film's size and rate, with a second of handle on either side of what
 * is used. The timeline then holds nothing but clips of one kind: it converts nothing, every frame
 * falls where the plan says, and a wipe or a title works on all of them alike. A file is named
 * after the digest of what it was made from, so it is made again only when that changes. */
#include "edit.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <math.h>
#include <string.h>

#include "../pipeline/base/digest.h"
#include "../pipeline/base/file.h"

#define HANDLE_S 1.0 /* kept before and after what the film uses, for trimming in an editor */
#define STALL_S 20   /* nothing moves for so long: given up */

struct job {
    const struct edit_plan *plan;
    const struct edit_slot *slot;
    bool fill;
    long head, count;  /* film frames before the slot's first one; in all */
    double begin_s;    /* in the source, of the first one */
    char *name, *path; /* inside the reel; absolute */
};

static bool fits(const struct edit_plan *p, const struct edit_slot *s)
{
    double rate = (double)p->fps_n / p->fps_d;
    return s->media.width == p->width && s->media.height == p->height && s->speed == 1 &&
           (s->media.fps == 0 || fabs(s->media.fps / rate - 1) < 1e-4);
}

/* Filling cuts off what the shapes differ by; unless told, that is done up to a tenth. */
static bool fills(const struct edit_plan *p, const struct edit_media *m)
{
    if (p->edit->fit)
        return strcmp(p->edit->fit, "fill") == 0;
    double x = (double)p->width / m->width, y = (double)p->height / m->height;
    return MAX(x, y) / MIN(x, y) <= 1.1;
}

static void set_range(struct job *j)
{
    const struct edit_slot *s = j->slot;
    double rate = (double)j->plan->fps_n / j->plan->fps_d;
    long before = (long)floor(s->in_s / s->speed * rate), handle = lround(HANDLE_S * rate);
    long there = (long)floor((s->media.seconds - s->in_s) / s->speed * rate + 0.5);
    j->head = MIN(before, handle);
    j->begin_s = s->in_s - (double)j->head * s->speed / rate;
    j->count = j->head + MAX(s->frames, MIN(there, s->frames + handle));
}

static bool set_name(struct job *j, whelk_error *err)
{
    const struct edit_plan *p = j->plan;
    char file[DIGEST_TEXT], sum[DIGEST_TEXT], how[200];
    if (!digest_file(j->slot->path, file, err))
        return false;
    g_snprintf(how, sizeof how, "%dx%d %d/%d fill %d speed %.9g from %.9g for %ld", p->width,
               p->height, p->fps_n, p->fps_d, j->fill, j->slot->speed, j->begin_s, j->count);
    struct digest *d = digest_new();
    digest_field(d, "file", file);
    digest_field(d, "how", how);
    if (!digest_end(d, sum))
        return whelk_fail(err, WHELK_EFAIL, "out of memory for a digest");
    j->name = g_strdup_printf("conform/%.12s.mkv", sum);
    j->path = edit_plan_file(p, j->name);
    return true;
}

/* ---- reading ---- */

/* The source's pictures at the film's size, in the source's own time. */
static GstElement *reader_new(const struct job *j, GstElement **sink, whelk_error *err)
{
    const struct edit_plan *p = j->plan;
    char *crop = j->fill
                     ? g_strdup_printf("aspectratiocrop aspect-ratio=%d/%d ! ", p->width, p->height)
                     : g_strdup("");
    char *text = g_strdup_printf(
        "filesrc name=src ! decodebin ! video/x-raw ! videoflip video-direction=auto ! "
        "%svideoscale method=lanczos add-borders=%s ! videoconvert ! "
        "video/x-raw,format=I420,width=%d,"
        "height=%d,pixel-aspect-ratio=1/1,colorimetry=bt709 ! appsink name=out sync=false "
        "max-buffers=2",
        crop, j->fill ? "false" : "true", p->width, p->height);
    GError *error = NULL;
    GstElement *pipe = gst_parse_launch(text, &error);
    if (pipe) {
        GstElement *src = gst_bin_get_by_name(GST_BIN(pipe), "src");
        g_object_set(src, "location", j->slot->path, NULL);
        *sink = gst_bin_get_by_name(GST_BIN(pipe), "out");
        gst_object_unref(src);
    } else {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be made over: %s", j->slot->name, error->message);
        g_error_free(error);
    }
    g_free(crop);
    g_free(text);
    return pipe;
}

static GstElement *writer_new(const struct job *j, const char *path, GstElement **source,
                              whelk_error *err)
{
    const struct edit_plan *p = j->plan;
    char *text = g_strdup_printf(
        "appsrc name=in format=time block=true max-bytes=20000000 "
        "caps=video/x-raw,format=I420,width=%d,"
        "height=%d,framerate=%d/%d,pixel-aspect-ratio=1/"
        "1,interlace-mode=progressive,colorimetry=bt709 ! "
        "avenc_ffv1 coder=rice context=0 gop-size=1 slices=4 slicecrc=1 ! matroskamux ! "
        "filesink name=out",
        p->width, p->height, p->fps_n, p->fps_d);
    GError *error = NULL;
    GstElement *pipe = gst_parse_launch(text, &error);
    if (pipe) {
        GstElement *out = gst_bin_get_by_name(GST_BIN(pipe), "out");
        g_object_set(out, "location", path, NULL);
        *source = gst_bin_get_by_name(GST_BIN(pipe), "in");
        gst_object_unref(out);
    } else {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be made over: %s", j->slot->name, error->message);
        g_error_free(error);
    }
    g_free(text);
    return pipe;
}

/* An error that the pipeline has told, in words; false where there is none. */
static bool told_error(GstElement *pipe, const struct job *j, whelk_error *err)
{
    GstBus *bus = gst_element_get_bus(pipe);
    GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    gst_object_unref(bus);
    if (m)
        edit_fail_with(m, j->slot->name, "cannot be made over", err);
    bool told = m != NULL;
    g_clear_pointer(&m, gst_message_unref);
    return told;
}

/* ---- retiming ---- */

struct feed {
    const struct job *job;
    GstElement *reader, *writer, *sink, *source;
    GstSample *now, *next; /* the picture on show, and the one after it; NULL = none left */
    GstClockTime first;    /* time of the source's first picture */
    const whelk_listener *listen;
};

/* The next picture; NULL at the end, or with *err set. */
static GstSample *pull(struct feed *f, whelk_error *err)
{
    GstAppSink *sink = GST_APP_SINK(f->sink);
    for (int i = 0; i < 10 * STALL_S; i++) {
        if (!edit_goes_on(f->listen, err))
            return NULL;
        GstSample *sample = gst_app_sink_try_pull_sample(sink, GST_SECOND / 10);
        if (sample || gst_app_sink_is_eos(sink) || told_error(f->reader, f->job, err))
            return sample;
    }
    whelk_fail(err, WHELK_EFAIL, "%s: cannot be made over: no picture comes", f->job->slot->name);
    return NULL;
}

static double time_of(const struct feed *f, GstSample *sample)
{
    GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
    return pts == GST_CLOCK_TIME_NONE || pts < f->first ? 0 : (double)(pts - f->first) / GST_SECOND;
}

/* Puts the source's picture that is on show at `at_s` into `now`. */
static bool advance(struct feed *f, double at_s, whelk_error *err)
{
    whelk_error fault = {0};
    while (!f->now || (f->next && time_of(f, f->next) <= at_s)) {
        if (f->now)
            gst_sample_unref(f->now);
        f->now = f->next ? f->next : pull(f, &fault);
        if (!f->now)
            return fault.code ? whelk_fail(err, fault.code, "%s", fault.text)
                              : whelk_fail(err, WHELK_EFAIL, "%s: no picture can be decoded",
                                           f->job->slot->name);
        if (f->first == GST_CLOCK_TIME_NONE)
            f->first = GST_BUFFER_PTS(gst_sample_get_buffer(f->now));
        f->next = pull(f, &fault);
        if (fault.code)
            return whelk_fail(err, fault.code, "%s", fault.text);
    }
    return true;
}

static bool push(struct feed *f, long n, whelk_error *err)
{
    const struct edit_plan *p = f->job->plan;
    GstBuffer *b = gst_buffer_new();
    gst_buffer_copy_into(b, gst_sample_get_buffer(f->now),
                         GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_META, 0, (gsize)-1);
    GST_BUFFER_PTS(b) = edit_plan_time(p, n);
    GST_BUFFER_DURATION(b) = edit_plan_time(p, n + 1) - edit_plan_time(p, n);
    if (gst_app_src_push_buffer(GST_APP_SRC(f->source), b) == GST_FLOW_OK)
        return true;
    whelk_fail(err, WHELK_EFAIL, "%s: cannot be made over", f->job->slot->name);
    told_error(f->writer, f->job, err);
    return false;
}

static bool tell(const struct feed *f, long frame)
{
    const whelk_listener *l = f->listen;
    return !l || !l->progress ||
           l->progress(l->ctx, "cut", f->job->slot->clip->shot, "frame", (double)frame,
                       (double)f->job->count, -1);
}

static bool end_feed(struct feed *f, whelk_error *err)
{
    gst_app_src_end_of_stream(GST_APP_SRC(f->source));
    GstBus *bus = gst_element_get_bus(f->writer);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, STALL_S * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_object_unref(bus);
    bool good = m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS;
    if (!m)
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be made over: its end does not come",
                   f->job->slot->name);
    else if (!good)
        edit_fail_with(m, f->job->slot->name, "cannot be made over", err);
    g_clear_pointer(&m, gst_message_unref);
    return good;
}

static bool run_feed(struct feed *f, whelk_error *err)
{
    const struct job *j = f->job;
    double step_s = j->slot->speed * j->plan->fps_d / j->plan->fps_n,
           there_s = j->slot->media.fps > 0 ? 1 / j->slot->media.fps : step_s;
    /* half a picture past the frame's start, and what Matroska rounds its times by */
    double begin_s = j->begin_s + 0.5 * MIN(step_s, there_s) + 0.0006;
    gst_element_set_state(f->writer, GST_STATE_PLAYING);
    gst_element_set_state(f->reader, GST_STATE_PLAYING);
    for (long n = 0; n < j->count; n++) {
        double at_s = begin_s + (double)n * step_s;
        if (!tell(f, n))
            return whelk_fail(err, WHELK_EINTERRUPTED, "the cut was stopped while %s was made over",
                              j->slot->name);
        if (!advance(f, at_s, err) || !push(f, n, err))
            return false;
    }
    return end_feed(f, err);
}

static void close_pipe(GstElement *pipe, GstElement *end)
{
    if (pipe)
        gst_element_set_state(pipe, GST_STATE_NULL);
    if (end)
        gst_object_unref(end);
    if (pipe)
        gst_object_unref(pipe);
}

static bool make_over(const struct job *j, const whelk_listener *listen, whelk_error *err)
{
    char *part = g_strconcat(j->path, ".part", NULL);
    struct feed f = {.job = j, .first = GST_CLOCK_TIME_NONE, .listen = listen};
    f.reader = reader_new(j, &f.sink, err);
    f.writer = f.reader ? writer_new(j, part, &f.source, err) : NULL;
    bool good = f.writer && run_feed(&f, err);
    g_clear_pointer(&f.now, gst_sample_unref);
    g_clear_pointer(&f.next, gst_sample_unref);
    close_pipe(f.reader, f.sink);
    close_pipe(f.writer, f.source);
    if (good && g_rename(part, j->path) != 0)
        good = whelk_fail(err, WHELK_EFAIL, "%s: cannot be put in place: %s", j->path,
                          g_strerror(errno));
    if (!good)
        g_unlink(part);
    g_free(part);
    return good;
}

/* ---- all of them ---- */

static void note(const struct job *j, const whelk_listener *listen)
{
    const struct edit_slot *s = j->slot;
    if (!listen || !listen->note)
        return;
    char *text =
        g_strdup_printf("%s is %dx%d at %.3f frames a second%s; it is made over to %dx%d at %.3f%s",
                        s->name, s->media.width, s->media.height, s->media.fps,
                        s->speed != 1 ? " and plays at another speed" : "", j->plan->width,
                        j->plan->height, (double)j->plan->fps_n / j->plan->fps_d,
                        j->fill ? "" : ", with bars where its shape differs");
    listen->note(
        listen->ctx,
        &(whelk_note){.stage = "cut", .kind = "choice", .shot = s->clip->shot, .text = text});
    g_free(text);
}

static bool conform(struct edit_plan *plan, struct edit_slot *s, const whelk_listener *listen,
                    whelk_error *err)
{
    struct job j = {.plan = plan, .slot = s, .fill = fills(plan, &s->media)};
    set_range(&j);
    bool good = set_name(&j, err);
    if (good && !file_exists(j.path)) {
        note(&j, listen);
        good = make_over(&j, listen, err);
    }
    if (good) {
        s->played = g_steal_pointer(&j.path);
        s->played_in_s = edit_plan_seconds(plan, j.head);
    }
    g_free(j.name);
    g_free(j.path);
    return good;
}

void edit_conform_sweep(const struct edit_plan *plan)
{
    char *folder = edit_plan_file(plan, "conform");
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(folder, name, NULL);
        bool used = false;
        for (int i = 0; i < plan->slot_count && !used; i++)
            used = strcmp(plan->slots[i].played, path) == 0;
        if (!used)
            g_unlink(path);
        g_free(path);
    }
    if (dir)
        g_dir_close(dir);
    g_rmdir(folder); /* stays where something is in it */
    g_free(folder);
}

bool edit_conform(struct edit_plan *plan, const whelk_listener *listen, whelk_error *err)
{
    char *folder = edit_plan_file(plan, "conform");
    bool good = true;
    for (int i = 0; good && i < plan->slot_count; i++) {
        struct edit_slot *s = &plan->slots[i];
        if (fits(plan, s))
            s->played = g_strdup(s->path), s->played_in_s = s->in_s;
        else
            good = edit_goes_on(listen, err) && file_make_dirs(folder, err) &&
                   conform(plan, s, listen, err);
    }
    g_free(folder);
    return good;
}
