/* Clips and pictures: what is written comes back to the bit, and damage anywhere in a clip is
 * found. */
#include "../tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../generator/clip.h"
#include "../../generator/generator.h"
#include "../../pipeline/base/file.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

static char dir[] = "/tmp/whelk-clip-XXXXXX";
static char name_buf[4][256];

static const char *in_dir(int slot, const char *name)
{
    snprintf(name_buf[slot], sizeof name_buf[slot], "%s/%s", dir, name);
    return name_buf[slot];
}

/* A picture that differs in every frame, with flat parts and noise. */
static uint8_t pixel(int plane, int x, int y, int frame)
{
    uint32_t h = (uint32_t)x * 73856093u ^ (uint32_t)y * 19349663u ^ (uint32_t)frame * 83492791u ^
                 (uint32_t)plane;
    h = (h ^ (h >> 13)) * 0x5bd1e995u;
    return (x / 16 + y / 16 + frame) % 3 ? (uint8_t)(40 + plane * 30 + frame)
                                         : (uint8_t)(16 + (h >> 8) % 220);
}

static void paint(struct clip_planes p, int width, int height, int frame)
{
    for (int k = 0; k < 3; k++)
        for (int y = 0; y < (k ? height / 2 : height); y++)
            for (int x = 0; x < (k ? width / 2 : width); x++)
                p.data[k][y * p.stride[k] + x] = pixel(k, x, y, frame);
}

static bool write_clip(const char *path, const struct clip_format *f, int frames, int encoders,
                       whelk_error *err)
{
    struct clip_encoder *e[2] = {clip_encoder_open(f, err), clip_encoder_open(f, err)};
    struct clip_writer *w = clip_writer_open(path, f, err);
    bool good = w && e[0] && e[1];
    for (int i = 0; good && i < frames; i++) {
        struct clip_encoder *one = e[encoders == 2 ? i % 2 : 0];
        paint(clip_encoder_canvas(one), f->width, f->height, i);
        good = clip_encoder_code(one, err) && clip_writer_add(w, one, err);
    }
    clip_encoder_close(e[0]);
    clip_encoder_close(e[1]);
    if (!good) {
        clip_writer_abandon(w);
        return false;
    }
    return clip_writer_finish(w, err);
}

/* Decodes with libavcodec and compares every sample; returns the number of frames, -1 where one
 * differs. */
static int compare_clip(const char *path, int width, int height)
{
    AVFormatContext *in = NULL;
    if (avformat_open_input(&in, path, NULL, NULL) < 0 || avformat_find_stream_info(in, NULL) < 0)
        return -1;
    AVCodecParameters *par = in->streams[0]->codecpar;
    AVCodecContext *c = avcodec_alloc_context3(avcodec_find_decoder(par->codec_id));
    avcodec_parameters_to_context(c, par);
    avcodec_open2(c, c->codec, NULL);
    AVPacket *p = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    int n = 0;
    is_int(par->color_range, AVCOL_RANGE_MPEG, "%dx%d: tagged limited range", width, height);
    is_int(par->color_space, AVCOL_SPC_BT709, "%dx%d: tagged bt709 matrix", width, height);
    is_int(par->color_primaries, AVCOL_PRI_BT709, "%dx%d: tagged bt709 primaries", width, height);
    is_int(par->color_trc, AVCOL_TRC_BT709, "%dx%d: tagged bt709 transfer", width, height);
    while (n >= 0 && av_read_frame(in, p) >= 0) {
        if (!(p->flags & AV_PKT_FLAG_KEY) || avcodec_send_packet(c, p) < 0 ||
            avcodec_receive_frame(c, f) < 0)
            n = -1;
        for (int k = 0; n >= 0 && k < 3; k++)
            for (int y = 0; n >= 0 && y < (k ? height / 2 : height); y++)
                for (int x = 0; n >= 0 && x < (k ? width / 2 : width); x++)
                    if (f->data[k][y * f->linesize[k] + x] != pixel(k, x, y, n))
                        n = -2;
        n = n < 0 ? -1 : n + 1;
        av_packet_unref(p);
    }
    av_packet_free(&p);
    av_frame_free(&f);
    avcodec_free_context(&c);
    avformat_close_input(&in);
    return n;
}

static void round_trips(void)
{
    static const struct clip_format formats[] = {
        {320, 180, 24}, {16, 16, 12}, {98, 64, 30000 / 1001.0}, {64, 258, 25}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        whelk_error err = {0};
        const struct clip_format *f = &formats[i];
        const char *path = in_dir(0, "round.mkv");
        ok(write_clip(path, f, 9, 1, &err), "%dx%d is written (%s)", f->width, f->height, err.text);
        is_int(compare_clip(path, f->width, f->height), 9, "%dx%d comes back to the bit", f->width,
               f->height);
        whelk_clip_info info = {0};
        ok(whelk_clip_verify(path, &info, &err), "%dx%d verifies (%s)", f->width, f->height,
           err.text);
        ok(info.width == f->width && info.height == f->height, "%dx%d: size is told", f->width,
           f->height);
        is_int(info.frames, 9, "%dx%d: frames are counted", f->width, f->height);
        is_near(info.fps, f->fps, 1e-3, "%dx%d: rate is told", f->width, f->height);
    }
}

static void same_bytes_with_two_encoders(void)
{
    whelk_error err = {0};
    struct clip_format f = {320, 180, 24};
    char *a = NULL, *b = NULL;
    size_t na = 0, nb = 0;
    ok(write_clip(in_dir(0, "one.mkv"), &f, 8, 1, &err) &&
           write_clip(in_dir(1, "two.mkv"), &f, 8, 2, &err),
       "one and two encoders write");
    bool read = file_read(in_dir(0, "one.mkv"), 1 << 26, &a, &na, &err) &&
                file_read(in_dir(1, "two.mkv"), 1 << 26, &b, &nb, &err);
    ok(read && na == nb && memcmp(a, b, na) == 0, "their files are the same bytes");
    free(a);
    free(b);
}

static void damage_is_found(void)
{
    whelk_error err = {0};
    struct clip_format f = {192, 128, 24};
    char *data = NULL;
    size_t size = 0;
    if (!write_clip(in_dir(0, "good.mkv"), &f, 8, 1, &err) ||
        !file_read(in_dir(0, "good.mkv"), 1 << 26, &data, &size, &err)) {
        ok(false, "a clip to damage (%s)", err.text);
        return;
    }
    int missed = 0, tried = 0;
    for (size_t at = size / 8; at < size - 512; at += size / 61 + 1, tried++) {
        data[at] ^= 0x10;
        file_write(in_dir(1, "bad.mkv"), data, size, &err);
        data[at] ^= 0x10;
        missed += whelk_clip_verify(in_dir(1, "bad.mkv"), NULL, &err);
    }
    ok(tried > 40 && missed == 0, "one flipped bit in a frame is found: %d of %d places missed",
       missed, tried);
    file_write(in_dir(1, "short.mkv"), data, size * 2 / 3, &err);
    err = (whelk_error){0};
    ok(!whelk_clip_verify(in_dir(1, "short.mkv"), NULL, &err), "a cut-off clip is found");
    has_text(err.text, "short.mkv", "the clip is named");
    ok(!strstr(err.text, ";"), "and no cure: %s", err.text);
    free(data);
}

static void refusals(void)
{
    whelk_error err = {0};
    struct clip_format f = {64, 64, 24};
    ok(!write_clip(in_dir(0, "absent/x.mkv"), &f, 1, 1, &err),
       "a folder that is not there is refused");
    has_text(err.text, "absent/x.mkv", "by name");
    ok(!whelk_clip_open(in_dir(0, "nothing.mkv"), NULL, &err),
       "a file that is not there is refused");
    file_write(in_dir(0, "text.mkv"), "hello", 5, NULL);
    ok(!whelk_clip_open(in_dir(0, "text.mkv"), NULL, &err), "a text is no clip");
    has_text(err.text, "text.mkv", "by name");
    file_write(in_dir(0, "list.m3u8"), "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", 42, NULL);
    ok(!whelk_clip_open(in_dir(0, "list.m3u8"), NULL, &err), "a playlist reaches no network");
    struct clip_writer *w = clip_writer_open(in_dir(0, "left.mkv"), &f, &err);
    ok(w && file_exists(in_dir(1, "left.mkv.part")), "a clip grows in its part");
    clip_writer_abandon(w);
    ok(!file_exists(in_dir(1, "left.mkv.part")) && !file_exists(in_dir(0, "left.mkv")),
       "abandoned, it leaves nothing");
}

/* A file that may grow to 64 KiB only stands for a full disk. */
static void full_disk(void)
{
    whelk_error err = {0};
    struct clip_format f = {640, 360, 24};
    struct rlimit old, little = {65536, 65536};
    getrlimit(RLIMIT_FSIZE, &old);
    little.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &little);
    bool written = write_clip(in_dir(0, "full.mkv"), &f, 12, 1, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    ok(!written, "a disk that fills is told: %s", err.text);
    has_text(err.text, "full.mkv", "by the clip's name");
    ok(!file_exists(in_dir(1, "full.mkv.part")) && !file_exists(in_dir(0, "full.mkv")),
       "and nothing is left");
}

static void pictures(void)
{
    whelk_error err = {0};
    enum { W = 37, H = 23 };
    static uint8_t rgb[W * H * 3], back[W * H * 3];
    for (int i = 0; i < W * H * 3; i++)
        rgb[i] = pixel(i % 3, i / 3 % W, i / 3 / W, 5);
    ok(whelk_picture_write(in_dir(0, "p.png"), rgb, W, H, &err), "a PNG is written (%s)", err.text);
    whelk_clip_info info = {0};
    whelk_clip *c = whelk_clip_open(in_dir(0, "p.png"), &info, &err);
    ok(c && info.width == W && info.height == H && info.frames == 1,
       "a picture reads as a clip of one frame");
    ok(c && whelk_clip_read(c, back, &err) && memcmp(rgb, back, sizeof rgb) == 0,
       "its pixels come back");
    ok(c && !whelk_clip_read(c, back, &err) && err.code == 0, "then it ends without an error");
    whelk_clip_close(c);
}

/* A picture of broad colours survives JPEG; a coarser quality is smaller. */
static void jpegs(void)
{
    whelk_error err = {0};
    enum { W = 160, H = 90 };
    static uint8_t rgb[W * H * 3], back[W * H * 3];
    for (int i = 0; i < W * H * 3; i++)
        rgb[i] = (uint8_t)(i % 3 == 0 ? i / 3 % W : i % 3 == 1 ? 2 * (i / 3 / W) : 90);
    uint8_t *fine = NULL, *coarse = NULL;
    size_t nf = 0, nc = 0;
    ok(whelk_picture_jpeg(rgb, W, H, 95, &fine, &nf, &err) &&
           whelk_picture_jpeg(rgb, W, H, 30, &coarse, &nc, &err),
       "JPEGs are coded (%s)", err.text);
    ok(nc < nf && nf < sizeof rgb / 8, "the coarse one is smaller (%zu, %zu)", nc, nf);
    file_write(in_dir(0, "p.jpg"), fine, nf, &err);
    whelk_clip *c = whelk_clip_open(in_dir(0, "p.jpg"), NULL, &err);
    int worst = 255;
    if (c && whelk_clip_read(c, back, &err)) {
        worst = 0;
        for (int i = 0; i < W * H * 3; i++)
            worst = abs(rgb[i] - back[i]) > worst ? abs(rgb[i] - back[i]) : worst;
    }
    ok(worst <= 8, "the fine one shows the same (%d off at most)", worst);
    whelk_clip_close(c);
    whelk_picture_write(in_dir(0, "ramp.png"), rgb, W, H, &err);
    c = whelk_clip_open(in_dir(0, "ramp.png"), NULL, &err);
    ok(c && whelk_clip_scale(c, W / 10, H / 10, &err) && whelk_clip_read(c, back, &err),
       "a picture is read smaller");
    worst = 0;
    for (int i = 0; i < W / 10 * (H / 10); i++)
        worst = abs(back[i * 3] - (i % (W / 10) * 10 + 4)) > worst
                    ? abs(back[i * 3] - (i % (W / 10) * 10 + 4))
                    : worst;
    ok(worst <= 2, "each pixel the mean of those it stands for (%d off at most)", worst);
    whelk_clip_close(c);
    ok(!whelk_picture_jpeg(rgb, 0, H, 80, &coarse, &nc, &err), "a picture of no width is refused");
    free(fine);
    free(coarse);
}

/* Any frame, in any order, is the one that reading from the start gives; also behind a film's
 * groups. */
static void seeking(void)
{
    whelk_error err = {0};
    enum { W = 64, H = 48, N = 11 };
    static uint8_t all[N][W * H * 3], one[W * H * 3];
    struct clip_format f = {W, H, 30000 / 1001.0};
    write_clip(in_dir(0, "seek.mkv"), &f, N, 1, &err);
    whelk_clip *c = whelk_clip_open(in_dir(0, "seek.mkv"), NULL, &err);
    for (int i = 0; c && i < N; i++)
        whelk_clip_read(c, all[i], &err);
    static const int order[] = {7, 0, 10, 3, 3, 9, 1, 8};
    for (size_t i = 0; c && i < sizeof order / sizeof order[0]; i++) {
        bool got = whelk_clip_seek(c, order[i], &err) && whelk_clip_read(c, one, &err);
        ok(got && memcmp(one, all[order[i]], sizeof one) == 0, "frame %d is found", order[i]);
    }
    ok(c && whelk_clip_read(c, one, &err) && memcmp(one, all[9], sizeof one) == 0,
       "and the next one follows");
    whelk_clip_close(c);
}

/* A grey frame of ours read as RGB: bt709 limited 126 is (126 - 16) * 255 / 219 = 128. */
static void colours(void)
{
    whelk_error err = {0};
    struct clip_format f = {64, 64, 24};
    static uint8_t rgb[64 * 64 * 3];
    struct clip_encoder *e = clip_encoder_open(&f, &err);
    struct clip_writer *w = clip_writer_open(in_dir(0, "grey.mkv"), &f, &err);
    struct clip_planes p = clip_encoder_canvas(e);
    for (int k = 0; k < 3; k++) /* 100 % red in bt709: 63, 102, 240 */
        for (int y = 0; y < (k ? 32 : 64); y++)
            memset(p.data[k] + y * p.stride[k], k == 0 ? 63 : k == 1 ? 102 : 240, k ? 32 : 64);
    ok(clip_encoder_code(e, &err) && clip_writer_add(w, e, &err), "a red frame is coded");
    clip_encoder_close(e);
    ok(clip_writer_finish(w, &err), "and written");
    whelk_clip *c = whelk_clip_open(in_dir(0, "grey.mkv"), NULL, &err);
    ok(c && whelk_clip_read(c, rgb, &err), "and read");
    whelk_clip_close(c);
    uint8_t *m = rgb + (32 * 64 + 32) * 3;
    ok(m[0] >= 253 && m[1] <= 2 && m[2] <= 2, "its red is red: %d %d %d", m[0], m[1], m[2]);
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    round_trips();
    same_bytes_with_two_encoders();
    damage_is_found();
    refusals();
    full_disk();
    pictures();
    jpegs();
    seeking();
    colours();
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) ? 1 : done_testing();
}
