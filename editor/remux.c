/* What GES's muxers cannot write: tags, chapters, a track of captions, and where the sound really
 * begins. The coded pictures and sounds are copied as they are. An AAC encoder puts 1024 samples
 * before the first one; an edit list tells players to leave them out, and without it a film's sound
 * comes 21 ms late. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <math.h>
#include <string.h>

#include "captions.h"
#include "speech.h"

#define AAC_LEAD 1024

struct remux {
    const struct edit_plan *plan;
    AVFormatContext *in, *out;
    AVPacket *packet;
    int text;  /* stream of the captions; -1 = none */
    int next;  /* caption that was not written yet */
    bool lead; /* the sound still has the encoder's lead */
};

/* How captions are coded in each container. */
static const struct {
    const char *format;
    enum AVCodecID codec;
} text_codecs[] = {
    {"mp4", AV_CODEC_ID_MOV_TEXT},
    {"mov", AV_CODEC_ID_MOV_TEXT},
    {"matroska", AV_CODEC_ID_SUBRIP},
    {"webm", AV_CODEC_ID_WEBVTT},
};

/* 3GPP TS 26.245, the sample description of timed text without its box: white, centred at the
 * bottom, one font. */
static const unsigned char text_style[] = {
    0, 0,   0,   0,   1,   0xFF, 0,   0,   0,    0,    0,    0,
    0, 0,   0,   0,   0,   0,                                      /* flags, place, ground, box */
    0, 0,   0,   0,   0,   1,    0,   18,  0xFF, 0xFF, 0xFF, 0xFF, /* font 1, size 18, white */
    0, 0,   0,   18,  'f', 't',  'a', 'b', 0,    1,    0,    1,
    5, 'S', 'e', 'r', 'i', 'f'};

static bool fail(whelk_error *err, const char *path, int code)
{
    char why[AV_ERROR_MAX_STRING_SIZE];
    if (code == AVERROR_EXIT)
        return whelk_fail(err, WHELK_EINTERRUPTED,
                          "the cut was stopped while the film was finished");
    av_strerror(code, why, sizeof why);
    return whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s", path, why);
}

/* Of the first text that is heard; ISO 639-2. Matroska takes a stream that says nothing for
 * English. */
static const char *spoken_language(const struct edit_plan *p)
{
    for (int i = 0; i < p->speech_count; i++) {
        const struct edit_speech *sp = &p->speeches[i];
        if (sp->heard)
            return speech_code3(speech_language(sp->text, p->edit->language));
    }
    return "und";
}

static bool copy_streams(struct remux *r)
{
    for (unsigned i = 0; i < r->in->nb_streams; i++) {
        const AVStream *from = r->in->streams[i];
        AVStream *to = avformat_new_stream(r->out, NULL);
        if (!to || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0)
            return false;
        to->codecpar->codec_tag = 0; /* the container's own */
        to->time_base = from->time_base;
        to->avg_frame_rate = from->avg_frame_rate;
        to->sample_aspect_ratio = from->sample_aspect_ratio;
        to->disposition = from->disposition;
        bool heard = from->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        av_dict_set(&to->metadata, "language", heard ? spoken_language(r->plan) : "und", 0);
    }
    return true;
}

static void put_tag(void *ctx, const char *key, const char *value)
{
    struct remux *r = ctx;
    av_dict_set(&r->out->metadata, key, value, 0);
}

/* One a shot, named after it. */
static bool add_chapters(struct remux *r)
{
    const struct edit_plan *p = r->plan;
    if (!edit_profile_has_chapters(p->profile))
        return true;
    r->out->chapters = av_calloc((size_t)p->slot_count, sizeof(AVChapter *));
    for (int i = 0; r->out->chapters && i < p->slot_count; i++) {
        const struct edit_slot *s = &p->slots[i];
        AVChapter *c = av_mallocz(sizeof *c);
        if (!c)
            return false;
        c->id = i + 1;
        c->time_base = (AVRational){1, GST_SECOND};
        c->start = (int64_t)edit_plan_time(p, s->start);
        c->end = (int64_t)edit_plan_time(p, i + 1 < p->slot_count ? s[1].start : p->frames);
        av_dict_set(&c->metadata, "title", s->clip->shot ? s->clip->shot : s->clip->path, 0);
        r->out->chapters[r->out->nb_chapters++] = c;
    }
    return r->out->chapters != NULL;
}

static bool add_text_stream(struct remux *r, const char *format)
{
    r->text = -1;
    if (r->plan->caption_count == 0)
        return true;
    AVStream *s = avformat_new_stream(r->out, NULL);
    if (!s)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(text_codecs); i++) {
        if (strcmp(text_codecs[i].format, format) == 0)
            s->codecpar->codec_id = text_codecs[i].codec;
    }
    s->codecpar->codec_type = AVMEDIA_TYPE_SUBTITLE;
    s->time_base = (AVRational){1, 1000};
    s->disposition = AV_DISPOSITION_DEFAULT;
    const struct edit_speech *sp = &r->plan->speeches[0];
    const char *language = speech_language(sp->text, r->plan->edit->language);
    av_dict_set(&s->metadata, "language", speech_code3(language), 0);
    if (s->codecpar->codec_id == AV_CODEC_ID_MOV_TEXT) {
        s->codecpar->width = r->plan->width;
        s->codecpar->height = r->plan->height / 5;
        s->codecpar->extradata = av_mallocz(sizeof text_style + AV_INPUT_BUFFER_PADDING_SIZE);
        if (!s->codecpar->extradata)
            return false;
        memcpy(s->codecpar->extradata, text_style, sizeof text_style);
        s->codecpar->extradata_size = sizeof text_style;
    }
    r->text = s->index;
    return true;
}

/* A caption as a packet of this codec has it: timed text begins with its length. */
static int packet_of(AVPacket *packet, enum AVCodecID codec, const char *text)
{
    struct bytes b;
    bytes_init(&b, 4096);
    if (codec == AV_CODEC_ID_MOV_TEXT) {
        size_t n = strlen(text);
        bytes_append(&b, (char[]){(char)(n >> 8), (char)n}, 2);
        bytes_text(&b, text);
    } else {
        captions_add_text(&b, text, codec == AV_CODEC_ID_WEBVTT);
    }
    int got = b.failed ? AVERROR(ENOMEM) : av_new_packet(packet, (int)b.size);
    if (got >= 0)
        memcpy(packet->data, b.data, b.size);
    bytes_release(&b);
    return got;
}

/* Writes the captions that begin before `until_s`. */
static int write_captions(struct remux *r, double until_s)
{
    for (; r->text >= 0 && r->next < r->plan->caption_count; r->next++) {
        const struct edit_caption *c = &r->plan->captions[r->next];
        if (c->from_s > until_s)
            return 0;
        const AVStream *s = r->out->streams[r->text];
        int got = packet_of(r->packet, s->codecpar->codec_id, c->text);
        if (got < 0)
            return got;
        AVRational ms = {1, 1000};
        r->packet->stream_index = r->text;
        r->packet->pts = r->packet->dts = av_rescale_q(lround(c->from_s * 1000), ms, s->time_base);
        r->packet->duration = av_rescale_q(lround((c->to_s - c->from_s) * 1000), ms, s->time_base);
        r->packet->flags = AV_PKT_FLAG_KEY;
        got = av_interleaved_write_frame(r->out, r->packet);
        if (got < 0)
            return got;
    }
    return 0;
}

/* What an encoder puts before the sound: AAC's is to be told by an edit list. Opus' is told in the
 * file; FFmpeg 5.1 takes it off the times it reads and does not put it back when it writes, but would
 * have everything else begin later by it. */
static int64_t lead_of(const struct remux *r, const AVStream *from)
{
    const AVCodecParameters *codec = from->codecpar;
    if (r->lead && codec->codec_id == AV_CODEC_ID_AAC)
        return av_rescale_q(AAC_LEAD, (AVRational){1, codec->sample_rate}, from->time_base);
    bool early = from->start_time != AV_NOPTS_VALUE && from->start_time < 0;
    return codec->codec_id == AV_CODEC_ID_OPUS && early ? from->start_time : 0;
}

static int write_packet(struct remux *r)
{
    AVPacket *p = r->packet;
    const AVStream *from = r->in->streams[p->stream_index], *to = r->out->streams[p->stream_index];
    int64_t lead = lead_of(r, from);
    p->pts -= lead;
    p->dts -= lead;
    double now_s = (double)p->dts * av_q2d(from->time_base);
    AVPacket *kept = av_packet_alloc();
    if (!kept)
        return AVERROR(ENOMEM);
    av_packet_move_ref(kept, p);
    int got = write_captions(r, now_s);
    av_packet_rescale_ts(kept, from->time_base, to->time_base);
    kept->pos = -1;
    if (got >= 0)
        got = av_interleaved_write_frame(r->out, kept);
    av_packet_free(&kept);
    return got;
}

static int copy_all(struct remux *r)
{
    int got;
    while ((got = av_read_frame(r->in, r->packet)) >= 0) {
        if (!edit_goes_on(r->plan->listen, NULL))
            return AVERROR_EXIT;
        got = write_packet(r);
        if (got < 0)
            return got;
    }
    if (got == AVERROR_EOF)
        got = write_captions(r, HUGE_VAL);
    int end = got >= 0 ? av_write_trailer(r->out) : got;
    return end >= 0 && r->out->pb->error < 0 ? r->out->pb->error : end;
}

/* An encoder's lead that the file does not tell of: no edit list moved the first packet. */
static bool has_lead(const AVFormatContext *in, const char *format)
{
    for (unsigned i = 0; i < in->nb_streams; i++) {
        const AVStream *s = in->streams[i];
        if (s->codecpar->codec_id == AV_CODEC_ID_AAC && s->codecpar->initial_padding == 0)
            return strcmp(format, "mp4") == 0 &&
                   (s->start_time == 0 || s->start_time == AV_NOPTS_VALUE);
    }
    return false;
}

bool edit_remux(const struct edit_plan *plan, const char *from, const char *to, const char *format,
                whelk_error *err)
{
    struct remux r = {.plan = plan, .packet = av_packet_alloc()};
    AVDictionary *options = NULL;
    int got = avformat_open_input(&r.in, from, NULL, NULL);
    if (got >= 0)
        got = avformat_find_stream_info(r.in, NULL);
    bool good = got >= 0 ||
                whelk_fail(err, WHELK_EFAIL, "%s: the film just made cannot be read again", from);
    if (good && (got = avformat_alloc_output_context2(&r.out, NULL, format, to)) < 0)
        good = fail(err, to, got);
    if (good &&
        (!r.packet || !copy_streams(&r) || !add_text_stream(&r, format) || !add_chapters(&r)))
        good = whelk_fail(err, WHELK_EFAIL, "%s: out of memory", to);
    if (good)
        edit_tags_each(plan, put_tag, &r);
    r.lead = good && has_lead(r.in, format);
    if (strcmp(format, "mp4") == 0 || strcmp(format, "mov") == 0)
        av_dict_set(&options, "movflags", "+faststart+write_colr", 0);
    if (good && ((got = avio_open(&r.out->pb, to, AVIO_FLAG_WRITE)) < 0 ||
                 (got = avformat_write_header(r.out, &options)) < 0 || (got = copy_all(&r)) < 0))
        good = fail(err, to, got);
    av_dict_free(&options);
    if (r.out && r.out->pb && (got = avio_closep(&r.out->pb)) < 0 && good)
        good = fail(err, to, got);
    avformat_free_context(r.out);
    avformat_close_input(&r.in);
    av_packet_free(&r.packet);
    return good;
}
