/* One RGB picture as PNG or JPEG, by libavcodec's encoders: PNG for files, JPEG for pages that
 * carry their pictures inside. */
#include "generator.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

#include "../pipeline/base/file.h"
#include "clip.h"

/* What a picture is coded as. */
struct coding {
    enum AVCodecID id;
    const char *name;
    enum AVPixelFormat pixels;
    int quality; /* 1..100, of JPEG */
};

/* libavcodec counts a JPEG's coarseness from 1 to 31, the finest first. */
static int coarseness(int quality)
{
    return FF_QP2LAMBDA * (1 + (100 - quality) * 30 / 99);
}

static bool fill(AVFrame *frame, const uint8_t *rgb)
{
    if (av_frame_get_buffer(frame, 0) < 0)
        return false;
    int stride = frame->width * 3;
    if (frame->format == AV_PIX_FMT_RGB24) {
        av_image_copy_plane(frame->data[0], frame->linesize[0], rgb, stride, stride, frame->height);
        return true;
    }
    struct SwsContext *sws = sws_getContext(
        frame->width, frame->height, AV_PIX_FMT_RGB24, frame->width, frame->height, frame->format,
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, NULL, NULL, NULL);
    if (!sws)
        return false;
    const uint8_t *from[4] = {rgb}; /* libswscale reads all four */
    int strides[4] = {stride};
    sws_scale(sws, from, strides, 0, frame->height, frame->data, frame->linesize);
    sws_freeContext(sws);
    return true;
}

static bool code(AVCodecContext *c, const uint8_t *rgb, AVFrame *frame, AVPacket *packet)
{
    frame->width = c->width;
    frame->height = c->height;
    frame->format = c->pix_fmt;
    frame->quality = c->global_quality;
    return fill(frame, rgb) && avcodec_send_frame(c, frame) >= 0 &&
           avcodec_receive_packet(c, packet) >= 0;
}

/* The caller frees *packet whatever comes of it. `what` begins the sentence of a failure. */
static bool code_picture(const struct coding *how, const uint8_t *rgb, int width, int height,
                         const char *what, AVPacket **packet, whelk_error *err)
{
    *packet = NULL;
    if (width < 1 || height < 1 || width > 16384 || height > 16384)
        return whelk_fail(err, WHELK_EUSAGE, "%s: a picture of %dx%d is out of range", what, width,
                          height);
    clip_av_quiet();
    const AVCodec *encoder = avcodec_find_encoder(how->id);
    if (!encoder)
        return whelk_fail(err, WHELK_EFAIL,
                          "this libavcodec has no %s encoder; install Debian's libavcodec",
                          how->name);
    AVCodecContext *c = avcodec_alloc_context3(encoder);
    AVFrame *frame = av_frame_alloc();
    *packet = av_packet_alloc();
    bool good = c && frame && *packet;
    if (!good) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        goto out;
    }
    c->width = width;
    c->height = height;
    c->pix_fmt = how->pixels;
    c->color_range = AVCOL_RANGE_JPEG;
    c->time_base = (AVRational){1, 1};
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_QSCALE;
    c->global_quality = coarseness(how->quality);
    good = avcodec_open2(c, encoder, NULL) >= 0 && code(c, rgb, frame, *packet);
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "%s: cannot encode a picture of %dx%d", what, width, height);
out:
    avcodec_free_context(&c);
    av_frame_free(&frame);
    return good;
}

bool whelk_picture_write(const char *path, const uint8_t *rgb, int width, int height,
                         whelk_error *err)
{
    static const struct coding png = {AV_CODEC_ID_PNG, "PNG", AV_PIX_FMT_RGB24, 100};
    AVPacket *packet;
    bool good = code_picture(&png, rgb, width, height, path, &packet, err) &&
                file_write(path, packet->data, (size_t)packet->size, err);
    av_packet_free(&packet);
    return good;
}

bool whelk_picture_jpeg(const uint8_t *rgb, int width, int height, int quality, uint8_t **data,
                        size_t *size, whelk_error *err)
{
    struct coding jpeg = {AV_CODEC_ID_MJPEG, "JPEG", AV_PIX_FMT_YUVJ420P,
                          quality < 1     ? 1
                          : quality > 100 ? 100
                                          : quality};
    AVPacket *packet;
    bool good = code_picture(&jpeg, rgb, width, height, "JPEG", &packet, err);
    uint8_t *copy = good ? malloc((size_t)packet->size) : NULL;
    if (copy) {
        memcpy(copy, packet->data, (size_t)packet->size);
        *data = copy;
        *size = (size_t)packet->size;
    } else if (good) {
        good = whelk_fail(err, WHELK_EFAIL, "out of memory");
    }
    av_packet_free(&packet);
    return good;
}
