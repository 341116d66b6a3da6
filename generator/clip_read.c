/* Reading: any video or picture that libavformat knows, frame by frame as RGB, and the check of our
 * own clips. Only local files are opened, whatever a playlist inside them names. FFmpeg conceals a
 * damaged slice and reports success, so the check walks the slices of every FFV1 frame itself (RFC
 * 9043, 4.9) and then decodes strictly. */
#include "generator.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/crc.h>
#include <libavutil/intreadwrite.h>
#include <libswscale/swscale.h>

#include "clip.h"

enum { MAX_SIDE = 16384, MAX_PIXELS = 64 << 20 };

struct whelk_clip {
    char *path;
    AVFormatContext *in;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    struct SwsContext *sws;
    int stream, width, height;   /* the size frames are handed out at */
    int64_t wanted;              /* pts of the frame sought; earlier ones are passed over */
    int every, packets, decoded; /* one frame in `every` is read; counts since that was said */
    bool strict, drained, stand_alone; /* the last: every frame is a key frame */
};

void whelk_clip_close(whelk_clip *c)
{
    if (!c)
        return;
    avformat_close_input(&c->in);
    avcodec_free_context(&c->codec);
    av_packet_free(&c->packet);
    av_frame_free(&c->frame);
    sws_freeContext(c->sws);
    free(c->path);
    free(c);
}

/* Opens the container and finds its picture stream. */
static AVFormatContext *open_input(const char *path, int *stream, whelk_error *err)
{
    char why[64];
    AVFormatContext *in = NULL;
    AVDictionary *options = NULL;
    char *url = malloc(strlen(path) + 6);
    if (!url) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    if (access(path, R_OK) != 0) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be read: %s", path, strerror(errno));
        free(url);
        return NULL;
    }
    sprintf(url, "file:%s", path);
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    int rc = avformat_open_input(&in, url, NULL, &options);
    av_dict_free(&options);
    free(url);
    if (rc >= 0)
        rc = avformat_find_stream_info(in, NULL);
    *stream = rc >= 0 ? av_find_best_stream(in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0) : -1;
    if (*stream < 0) {
        if (rc < 0)
            whelk_fail(err, WHELK_EFAIL, "%s: is no video or picture that can be read: %s", path,
                       clip_av_error(rc, why));
        else
            whelk_fail(err, WHELK_EFAIL, "%s: holds no picture", path);
        avformat_close_input(&in);
    }
    return in;
}

/* Counts what the file holds, whatever its header says, and whether all are key frames. */
static int count_frames(const char *path, int want, bool *all_keys, whelk_error *err)
{
    int stream, n = 0;
    AVFormatContext *in = open_input(path, &stream, err);
    AVPacket *packet = av_packet_alloc();
    if (in && packet)
        while (av_read_frame(in, packet) >= 0) {
            n += packet->stream_index == want;
            if (packet->stream_index == want && !(packet->flags & AV_PKT_FLAG_KEY))
                *all_keys = false;
            av_packet_unref(packet);
        }
    av_packet_free(&packet);
    avformat_close_input(&in);
    return n;
}

static bool open_decoder(struct whelk_clip *c, whelk_error *err)
{
    char why[64];
    AVCodecParameters *par = c->in->streams[c->stream]->codecpar;
    const AVCodec *decoder = avcodec_find_decoder(par->codec_id);
    if (!decoder)
        return whelk_fail(err, WHELK_EFAIL, "%s: there is no decoder for its pictures (%s)",
                          c->path, avcodec_get_name(par->codec_id));
    c->codec = avcodec_alloc_context3(decoder);
    if (!c->codec || avcodec_parameters_to_context(c->codec, par) < 0)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    c->codec->max_pixels = MAX_PIXELS;
    c->codec->thread_count = 0;
    c->codec->thread_type = c->strict ? FF_THREAD_SLICE : FF_THREAD_SLICE | FF_THREAD_FRAME;
    c->codec->err_recognition =
        c->strict ? AV_EF_CRCCHECK | AV_EF_EXPLODE | AV_EF_BITSTREAM : AV_EF_CRCCHECK;
    int rc = avcodec_open2(c->codec, decoder, NULL);
    if (rc < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot be decoded: %s", c->path,
                          clip_av_error(rc, why));
    return true;
}

static double rate_of(const struct whelk_clip *c)
{
    AVStream *s = c->in->streams[c->stream];
    AVRational r = s->avg_frame_rate.num > 0 ? s->avg_frame_rate : s->r_frame_rate;
    return r.num > 0 && r.den > 0 ? av_q2d(r) : 25.0;
}

static struct whelk_clip *open_clip(const char *path, bool strict, whelk_error *err)
{
    clip_av_quiet();
    struct whelk_clip *c = calloc(1, sizeof *c);
    if (!c || !(c->path = strdup(path)) || !(c->packet = av_packet_alloc()) ||
        !(c->frame = av_frame_alloc())) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        goto out;
    }
    c->strict = strict;
    c->wanted = INT64_MIN;
    c->in = open_input(path, &c->stream, err);
    if (!c->in || !open_decoder(c, err))
        goto out;
    c->width = c->codec->width;
    c->height = c->codec->height;
    if (c->width < 1 || c->height < 1 || c->width > MAX_SIDE || c->height > MAX_SIDE) {
        whelk_fail(err, WHELK_EFAIL, "%s: a picture of %dx%d is out of range (at most %d a side)",
                   path, c->width, c->height, MAX_SIDE);
        goto out;
    }
    return c;
out:
    whelk_clip_close(c);
    return NULL;
}

whelk_clip *whelk_clip_open(const char *path, whelk_clip_info *info, whelk_error *err)
{
    struct whelk_clip *c = open_clip(path, false, err);
    if (!c)
        return NULL;
    c->stand_alone = true;
    int frames = count_frames(path, c->stream, &c->stand_alone, err);
    if (frames < 1) {
        whelk_fail(err, WHELK_EFAIL, "%s: holds no whole frame; it may be cut off", path);
        whelk_clip_close(c);
        return NULL;
    }
    if (info)
        *info = (whelk_clip_info){c->width, c->height, frames, rate_of(c)};
    return c;
}

void whelk_clip_every(whelk_clip *c, int n)
{
    c->every = n;
    c->packets = c->decoded = 0;
}

/* Is this packet one that need not even be decoded? */
static bool passed_over(struct whelk_clip *c)
{
    return c->every > 1 && c->stand_alone && c->packets++ % c->every != 0;
}

/* Feeds packets until a frame comes out. 1 = a frame, 0 = the end, < 0 = an AVERROR. */
static int next_frame(struct whelk_clip *c)
{
    for (;;) {
        int rc = avcodec_receive_frame(c->codec, c->frame);
        if (rc >= 0 && c->every > 1 && !c->stand_alone && c->decoded++ % c->every != 0)
            continue;
        if (rc >= 0)
            return 1;
        if (rc == AVERROR_EOF)
            return 0;
        if (rc != AVERROR(EAGAIN))
            return rc;
        do {
            av_packet_unref(c->packet);
            rc = c->drained ? AVERROR_EOF : av_read_frame(c->in, c->packet);
        } while (rc >= 0 && (c->packet->stream_index != c->stream || passed_over(c)));
        c->drained = rc < 0;
        rc = avcodec_send_packet(c->codec, c->drained ? NULL : c->packet);
        if (rc < 0 && rc != AVERROR_EOF)
            return rc;
    }
}

/* The matrix of a frame that does not name one follows its size, as players do. */
static int matrix_of(const AVFrame *f)
{
    switch (f->colorspace) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    case AVCOL_SPC_UNSPECIFIED:
        return f->height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    default:
        return SWS_CS_ITU601;
    }
}

static bool full_range(const AVFrame *f)
{
    return f->color_range == AVCOL_RANGE_JPEG || f->format == AV_PIX_FMT_YUVJ420P ||
           f->format == AV_PIX_FMT_YUVJ422P || f->format == AV_PIX_FMT_YUVJ444P;
}

bool whelk_clip_scale(whelk_clip *c, int width, int height, whelk_error *err)
{
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        return whelk_fail(err, WHELK_EUSAGE, "%s: frames of %dx%d are out of range", c->path, width,
                          height);
    c->width = width;
    c->height = height;
    return true;
}

bool whelk_clip_seek(whelk_clip *c, int frame, whelk_error *err)
{
    AVStream *s = c->in->streams[c->stream];
    int64_t first = s->start_time == AV_NOPTS_VALUE ? 0 : s->start_time;
    double tick_s = av_q2d(s->time_base), frame_s = 1 / rate_of(c);
    avcodec_flush_buffers(c->codec);
    c->drained = false;
    /* Times in the file are rounded: up to half a frame early is still this frame. */
    c->wanted = first + (int64_t)floor((frame - 0.5) * frame_s / tick_s);
    int64_t at = first + (int64_t)floor((frame + 0.5) * frame_s / tick_s);
    if (av_seek_frame(c->in, c->stream, at, AVSEEK_FLAG_BACKWARD) < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: frame %d cannot be found", c->path, frame);
    return true;
}

bool whelk_clip_read(whelk_clip *c, uint8_t *rgb, whelk_error *err)
{
    char why[64];
    if (err)
        err->code = 0;
    int rc;
    do
        rc = next_frame(c);
    while (rc > 0 && c->wanted > c->frame->best_effort_timestamp);
    if (rc == 0)
        return false;
    if (rc < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: a frame cannot be decoded: %s", c->path,
                          clip_av_error(rc, why));
    AVFrame *f = c->frame;
    int filter = c->width < f->width ? SWS_AREA : SWS_BICUBIC; /* bicubic skips what it shrinks */
    c->sws = sws_getCachedContext(
        c->sws, f->width, f->height, f->format, c->width, c->height, AV_PIX_FMT_RGB24,
        filter | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, NULL, NULL, NULL);
    if (!c->sws)
        return whelk_fail(err, WHELK_EFAIL, "%s: its kind of pixels cannot be turned into RGB",
                          c->path);
    /* The second table counts where RGB is scaled, by way of YUV: there and back by the same one.
     */
    const int *matrix = sws_getCoefficients(matrix_of(f));
    sws_setColorspaceDetails(c->sws, matrix, full_range(f), matrix, full_range(f), 0, 1 << 16,
                             1 << 16);
    uint8_t *dst[4] = {rgb}; /* libswscale reads all four */
    int stride[4] = {c->width * 3};
    sws_scale(c->sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, dst, stride);
    return true;
}

/* --- The check of our own clips --------------------------------------------------------------- */

/* Each slice of a frame ends with its size (3 bytes), a status byte and a CRC over all of it.
 * Returns the number of the damaged slice counted from the end, 0 when all are whole. */
static int damaged_slice(const uint8_t *data, int size)
{
    const AVCRC *table = av_crc_get_table(AV_CRC_32_IEEE);
    int left = size;
    for (int n = 1; left > 0; n++) {
        if (left < 8)
            return n;
        int slice = (int)AV_RB24(data + left - 8) + 8;
        if (slice > left || av_crc(table, 0, data + left - slice, (size_t)slice) != 0)
            return n;
        left -= slice;
    }
    return size > 0 ? 0 : 1;
}

static bool check_packet(struct whelk_clip *c, int index, whelk_error *err)
{
    if (damaged_slice(c->packet->data, c->packet->size))
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: frame %d is damaged (a slice's CRC does not match); make the take "
                          "again",
                          c->path, index);
    AVRational base = c->in->streams[c->stream]->time_base;
    double due = index / rate_of(c), is = (double)c->packet->pts * av_q2d(base);
    if (fabs(is - due) > 0.002 + 1e-5 * due)
        return whelk_fail(err, WHELK_EFAIL, "%s: frame %d is missing or out of order", c->path,
                          index);
    return true;
}

/* Reads and checks every packet, and decodes it; counts the frames. */
static bool check_frames(struct whelk_clip *c, int *frames, whelk_error *err)
{
    char why[64];
    for (*frames = 0; av_read_frame(c->in, c->packet) >= 0; av_packet_unref(c->packet)) {
        if (c->packet->stream_index != c->stream)
            continue;
        if (!check_packet(c, *frames, err))
            return false;
        int rc = avcodec_send_packet(c->codec, c->packet);
        if (rc >= 0)
            rc = avcodec_receive_frame(c->codec, c->frame);
        if (rc < 0 || c->frame->decode_error_flags || (c->frame->flags & AV_FRAME_FLAG_CORRUPT))
            return whelk_fail(err, WHELK_EFAIL, "%s: frame %d cannot be decoded: %s", c->path,
                              *frames, rc < 0 ? clip_av_error(rc, why) : "damaged");
        ++*frames;
    }
    return true;
}

bool whelk_clip_verify(const char *path, whelk_clip_info *info, whelk_error *err)
{
    struct whelk_clip *c = open_clip(path, true, err);
    if (!c)
        return false;
    bool good = false;
    int frames;
    if (c->codec->codec_id != AV_CODEC_ID_FFV1) {
        whelk_fail(err, WHELK_EFAIL, "%s: is no clip of Whelk's (FFV1), but %s", path,
                   avcodec_get_name(c->codec->codec_id));
        goto out;
    }
    if (!check_frames(c, &frames, err))
        goto out;
    double told = c->in->duration > 0 ? (double)c->in->duration / AV_TIME_BASE * rate_of(c) : 0;
    if (frames < 1 || fabs(told - frames) > 0.6) {
        whelk_fail(err, WHELK_EFAIL, "%s: is cut off: %d frames of %.0f are there", path, frames,
                   told);
        goto out;
    }
    if (info)
        *info = (whelk_clip_info){c->width, c->height, frames, rate_of(c)};
    good = true;
out:
    whelk_clip_close(c);
    return good;
}
