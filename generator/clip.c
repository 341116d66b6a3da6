/* Writing clips and pictures through libavcodec and libavformat. The clip grows in "<path>.part"
 * and is renamed when its last byte is on the disk. Rice coding (coder 0) with the small context
 * model is several times faster than the range coder, and 4 slices a frame let damage be told by
 * place. */
#include "clip.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>


enum { CLIP_SLICES = 4 };

struct clip_encoder {
    AVCodecContext *codec;
    AVFrame *frame;
    AVPacket *packet;
};

struct clip_writer {
    char *path, *part;
    AVFormatContext *out;
    AVRational frame_time;
    int64_t frames;
    bool header_written;
};

const char *clip_av_error(int code, char out[64])
{
    if (av_strerror(code, out, 64) < 0)
        snprintf(out, 64, "error %d", code);
    return out;
}

void clip_av_quiet(void)
{
    if (av_log_get_level() == AV_LOG_INFO)
        av_log_set_level(AV_LOG_QUIET);
}

/* 24000/1001 and its kin exactly; whole rates as such; others to five figures. */
static AVRational rate_of(double fps)
{
    if (fabs(fps - nearbyint(fps)) < 1e-6)
        return (AVRational){(int)nearbyint(fps), 1};
    double ntsc = fps * 1.001;
    if (fabs(ntsc - nearbyint(ntsc)) < 2e-4)
        return (AVRational){(int)nearbyint(ntsc) * 1000, 1001};
    return av_d2q(fps, 100000);
}

static AVRational frame_time_of(double fps)
{
    return av_inv_q(rate_of(fps));
}

/* --- One frame -------------------------------------------------------------------------------- */

static void set_clip_codec(AVCodecContext *c, const struct clip_format *format)
{
    c->width = format->width;
    c->height = format->height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = frame_time_of(format->fps);
    c->framerate = rate_of(format->fps);
    c->gop_size = 1;
    c->level = 3;
    c->slices = CLIP_SLICES;
    c->thread_count = 1;
    c->sample_aspect_ratio = (AVRational){1, 1};
    c->color_range = AVCOL_RANGE_MPEG;
    c->colorspace = AVCOL_SPC_BT709;
    c->color_primaries = AVCOL_PRI_BT709;
    c->color_trc = AVCOL_TRC_BT709;
    c->chroma_sample_location = AVCHROMA_LOC_LEFT;
    c->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
    av_opt_set_int(c->priv_data, "slicecrc", 1, 0);
    av_opt_set_int(c->priv_data, "coder", 0, 0);
    av_opt_set_int(c->priv_data, "context", 0, 0);
}

/* Opens the encoder of frames; NULL and *err on failure. */
static AVCodecContext *open_clip_codec(const struct clip_format *format, whelk_error *err)
{
    char why[64];
    const AVCodec *ffv1 = avcodec_find_encoder(AV_CODEC_ID_FFV1);
    AVCodecContext *c = ffv1 ? avcodec_alloc_context3(ffv1) : NULL;
    if (!c) {
        whelk_fail(err, WHELK_EFAIL,
                   ffv1 ? "out of memory"
                        : "this libavcodec has no FFV1 encoder; install Debian's libavcodec");
        return NULL;
    }
    set_clip_codec(c, format);
    int rc = avcodec_open2(c, ffv1, NULL);
    if (rc < 0) {
        whelk_fail(err, WHELK_EFAIL, "cannot open the FFV1 encoder for %dx%d: %s", format->width,
                   format->height, clip_av_error(rc, why));
        avcodec_free_context(&c);
    }
    return c;
}

struct clip_encoder *clip_encoder_open(const struct clip_format *format, whelk_error *err)
{
    clip_av_quiet();
    struct clip_encoder *e = calloc(1, sizeof *e);
    if (!e) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    e->codec = open_clip_codec(format, err);
    if (!e->codec)
        goto out;
    e->frame = av_frame_alloc();
    e->packet = av_packet_alloc();
    if (e->frame) {
        e->frame->width = format->width;
        e->frame->height = format->height;
        e->frame->format = AV_PIX_FMT_YUV420P;
    }
    if (!e->frame || !e->packet || av_frame_get_buffer(e->frame, 64) < 0) {
        whelk_fail(err, WHELK_EFAIL, "out of memory for a frame of %dx%d", format->width,
                   format->height);
        goto out;
    }
    return e;
out:
    clip_encoder_close(e);
    return NULL;
}

struct clip_planes clip_encoder_canvas(struct clip_encoder *e)
{
    struct clip_planes p;
    for (int i = 0; i < 3; i++) {
        p.data[i] = e->frame->data[i];
        p.stride[i] = e->frame->linesize[i];
    }
    return p;
}

bool clip_encoder_code(struct clip_encoder *e, whelk_error *err)
{
    char why[64];
    av_packet_unref(e->packet);
    e->frame->pts = 0; /* the writer numbers the frames */
    int rc = avcodec_send_frame(e->codec, e->frame);
    if (rc >= 0)
        rc = avcodec_receive_packet(e->codec, e->packet);
    if (rc >= 0) /* the encoder holds no frame back, so this copies nothing */
        rc = av_frame_make_writable(e->frame);
    if (rc < 0)
        return whelk_fail(err, WHELK_EFAIL, "cannot encode a frame: %s", clip_av_error(rc, why));
    return true;
}

void clip_encoder_close(struct clip_encoder *e)
{
    if (!e)
        return;
    avcodec_free_context(&e->codec);
    av_frame_free(&e->frame);
    av_packet_free(&e->packet);
    free(e);
}

/* --- The file --------------------------------------------------------------------------------- */

static void free_writer(struct clip_writer *w)
{
    if (w->out) {
        avio_closep(&w->out->pb);
        avformat_free_context(w->out);
    }
    free(w->path);
    free(w->part);
    free(w);
}

void clip_writer_abandon(struct clip_writer *w)
{
    if (!w)
        return;
    if (w->out && w->out->pb)
        unlink(w->part);
    free_writer(w);
}

/* "file:" in front keeps a name with a colon from being taken for a protocol. */
static bool open_part(struct clip_writer *w, whelk_error *err)
{
    char why[64];
    char *url = malloc(strlen(w->part) + 6);
    if (!url)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    sprintf(url, "file:%s", w->part);
    int rc = avio_open(&w->out->pb, url, AVIO_FLAG_WRITE);
    free(url);
    if (rc < 0)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: cannot be written: %s; check that its folder exists and is yours",
                          w->path, clip_av_error(rc, why));
    return true;
}

static bool add_stream(struct clip_writer *w, const struct clip_format *format, whelk_error *err)
{
    AVCodecContext *c = open_clip_codec(format, err);
    if (!c)
        return false;
    AVStream *s = avformat_new_stream(w->out, NULL);
    bool good = s && avcodec_parameters_from_context(s->codecpar, c) >= 0;
    if (good) {
        s->time_base = c->time_base;
        s->avg_frame_rate = s->r_frame_rate = c->framerate;
        s->sample_aspect_ratio = c->sample_aspect_ratio;
        w->frame_time = c->time_base;
    }
    avcodec_free_context(&c);
    return good || whelk_fail(err, WHELK_EFAIL, "out of memory");
}

static bool name_files(struct clip_writer *w, const char *path)
{
    w->path = strdup(path);
    w->part = malloc(strlen(path) + 6);
    if (!w->path || !w->part)
        return false;
    sprintf(w->part, "%s.part", path);
    return true;
}

struct clip_writer *clip_writer_open(const char *path, const struct clip_format *format,
                                     whelk_error *err)
{
    char why[64];
    clip_av_quiet();
    struct clip_writer *w = calloc(1, sizeof *w);
    if (!w || !name_files(w, path) ||
        avformat_alloc_output_context2(&w->out, NULL, "matroska", NULL) < 0) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        goto out;
    }
    w->out->flags |= AVFMT_FLAG_BITEXACT; /* no random identifiers, no version strings */
    if (!add_stream(w, format, err) || !open_part(w, err))
        goto out;
    int rc = avformat_write_header(w->out, NULL);
    if (rc < 0) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot write the Matroska header: %s", path,
                   clip_av_error(rc, why));
        goto out;
    }
    w->header_written = true;
    return w;
out:
    if (w)
        clip_writer_abandon(w);
    return NULL;
}

static bool write_failed(struct clip_writer *w, int rc, whelk_error *err)
{
    char why[64];
    return whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s%s", w->path,
                      clip_av_error(rc, why),
                      rc == AVERROR(ENOSPC) ? "; free some space and run again" : "");
}

bool clip_writer_add(struct clip_writer *w, struct clip_encoder *e, whelk_error *err)
{
    AVPacket *p = e->packet;
    p->stream_index = 0;
    p->pts = p->dts = w->frames;
    p->duration = 1;
    av_packet_rescale_ts(p, w->frame_time, w->out->streams[0]->time_base);
    int rc = av_write_frame(w->out, p);
    if (rc >= 0 && w->out->pb->error < 0)
        rc = w->out->pb->error;
    if (rc < 0)
        return write_failed(w, rc, err);
    w->frames++;
    return true;
}

/* The bytes are on the disk before the name is: a crash leaves the old clip or the new one. */
static bool settle(const char *part, const char *path, whelk_error *err)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (good && rename(part, path) == 0)
        return true;
    if (good)
        why = errno;
    return whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s", path, strerror(why));
}

bool clip_writer_finish(struct clip_writer *w, whelk_error *err)
{
    int rc = av_write_trailer(w->out);
    if (rc >= 0 && w->out->pb->error < 0)
        rc = w->out->pb->error;
    int closed = avio_closep(&w->out->pb);
    if (rc >= 0 && closed < 0)
        rc = closed;
    bool good = rc >= 0 ? settle(w->part, w->path, err) : write_failed(w, rc, err);
    if (!good)
        unlink(w->part);
    free_writer(w);
    return good;
}

long long clip_size_estimate(const struct clip_format *format, int frames)
{
    /* drawn pictures code to a tenth of their raw size; half leaves room for noisy ones */
    return (long long)format->width * format->height * 3 / 4 * frames + 65536;
}
