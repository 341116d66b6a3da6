/* One take of a Wan model, from request to files: what it needs is told, the prompt is encoded,
 * noise is turned into a latent, the latent is written, and frames are coded as the codec hands
 * them out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pipeline/base/file.h"
#include "../pipeline/base/room.h"
#include "cuda/encoders.h"
#include "cuda/wan_device_codec.h"
#include "model/safetensors.h"
#include "model/wan_sample.h"
#include "rng.h"
#include "shot.h"
#include "wan.h"
#include "wan_frame.h"
#include "wan_preview.h"

enum { CODER_BYTES = 160 }; /* a pixel: what libavcodec's FFV1 encoder holds */
enum { SKETCHES = 10, STRIP = 3 };

struct shooting {
    struct wan *w;
    const struct wan_request *q;
    const struct take_paths *paths;
    const char *digest;
    const whelk_listener *listen;
    whelk_gen_figures f;
    struct wan_step *steps; /* [q->steps], what each was */
    float *x;               /* [channels][latents][rows][columns] */
    long count, plane;
    double start, share; /* when the stage under way began, and how much of it was done then */
    struct wan_painter *painter;
    struct clip_encoder *encoder;
    struct clip_writer *writer;
    float fit[WAN_PREVIEW_FIT];
    uint8_t *sketch;   /* STRIP latent frames side by side; NULL = nobody looks */
    int came, written; /* frames of the model, of the clip */
    int slices;        /* in which a device decodes */
    whelk_error err;   /* of writing, from within the codec */
};

static bool out_of_memory(whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL, "out of memory");
}

static bool go_on(const struct shooting *s, const char *what, double done, double total)
{
    double left = done > 0 ? (shot_clock() - s->start) / done * (total - done) : -1;
    return !s->listen || !s->listen->progress ||
           s->listen->progress(s->listen->ctx, "shoot", NULL, what, done, total, left);
}

/* --- What is needed, before work -------------------------------------------------------------- */

static struct wan_device_options device_options(const struct wan *w)
{
    return (struct wan_device_options){
        .type = DEVICE_BF16, .bytes = w->vram, .threads = w->threads};
}

static struct wan_sample sample_of(const struct wan *w, const struct wan_request *q)
{
    return (struct wan_sample){.dit = w->dit,
                               .low = w->low,
                               .boundary = 1000 * w->spec.boundary,
                               .frames = q->latents,
                               .rows = q->rows,
                               .columns = q->columns,
                               .solver = w->spec.solver,
                               .steps = q->steps,
                               .shift = w->spec.shift,
                               .guidance = q->guidance,
                               .guidance_low = q->guidance_low,
                               .budget = q->budget,
                               .holds = q->picture && w->info.in == w->info.out,
                               .switches = w->spec.switches,
                               .seed = q->seed,
                               .device = w->device,
                               .on_device = device_options(w),
                               .threads = w->threads};
}

/* In which the device decodes. */
static int slices_of(const struct wan *w, int rows, int columns)
{
    return wan_device_codec_slices(w->device, w->vae, rows, columns, DEVICE_BF16,
                                   device_granted(w->device, w->vram));
}

/* Why the processor decodes, "" where there is no device; NULL = the device does. */
static const char *decodes_here(const struct wan *w, int rows, int columns)
{
    if (!w->device)
        return "";
    if (wan_device_codec_bytes(w->device, w->vae, rows, columns, DEVICE_BF16, 1) < 0)
        return "the device cannot decode this model's frames: the processor does";
    return !slices_of(w, rows, columns)
               ? "the device has no room to decode frames of this size, not even in slices: the "
                 "processor does"
               : NULL;
}

/* The stages do not need their memory at the same time. */
static long long bytes_needed(const struct shooting *s, int rows, int columns)
{
    const struct wan *w = s->w;
    struct wan_sample sample = sample_of(w, s->q);
    sample.rows = rows, sample.columns = columns;
    int scale = w->unit / 2;
    long long latent = (long long)w->info.in * s->q->latents * rows * columns * 8,
              text = wan_text_bytes(w), steps = wan_sample_bytes(&sample),
              decode = (decodes_here(w, rows, columns)
                            ? wan_codec_bytes(w->vae, WAN_DECODE, rows, columns, w->threads)
                            : wan_device_codec_film_bytes(w->vae, rows, columns, s->q->latents,
                                                          slices_of(w, rows, columns))) +
                       (long long)s->q->width * s->q->height * CODER_BYTES,
              encode = s->q->picture ? wan_codec_bytes(w->vae, WAN_ENCODE, rows * scale,
                                                       columns * scale, w->threads)
                                     : 0,
              see = !w->image ? 0
                    : w->device && !wan_image_here(w)
                        ? clip_device_host_bytes(w->image, DEVICE_BF16)
                        : clip_bytes(w->image, w->threads);
    encode = see > encode ? see : encode;
    long long most = text > steps ? text : steps, sketch = wan_preview_bytes(w->vae, w->threads);
    most = s->listen && s->listen->picture && sketch > most ? sketch : most;
    most = decode > most ? decode : most;
    return (encode > most ? encode : most) + latent + (64 << 20);
}

/* The greatest size of the same shape that there is memory for, in pixels; false = none. */
static bool size_that_fits(const struct shooting *s, long long there, int *width, int *height)
{
    for (double f = 0.95; f > 0.05; f -= 0.05) {
        int rows = (int)(s->q->rows * f) / 2 * 2, columns = (int)(s->q->columns * f) / 2 * 2;
        if (rows >= 2 && columns >= 2 && bytes_needed(s, rows, columns) <= there) {
            *width = columns * (s->w->unit / 2), *height = rows * (s->w->unit / 2);
            return true;
        }
    }
    return false;
}

static bool check_memory(const struct shooting *s, long long *needed, long long *there,
                         whelk_error *err)
{
    int width, height;
    *there = room_memory();
    *needed = bytes_needed(s, s->q->rows, s->q->columns);
    if (*there < 0 || *needed <= *there)
        return true;
    if (size_that_fits(s, *there, &width, &height))
        return whelk_fail(
            err, WHELK_EFAIL,
            "too little memory: this take needs %lld bytes and %lld are free; close other "
            "programs, or ask for %dx%d, which fits",
            *needed, *there, width, height);
    return whelk_fail(err, WHELK_EFAIL,
                      "too little memory: this take needs %lld bytes and %lld are free; "
                      "close other programs, or ask for a shorter shot",
                      *needed, *there);
}

static bool check_room(struct shooting *s, whelk_error *err)
{
    const struct wan_request *q = s->q;
    struct clip_format format = {q->width, q->height, q->fps};
    long long disk = file_space(s->paths->record),
              clip = clip_size_estimate(&format, q->frames) + 4LL * s->count + (1 << 20);
    if (disk >= 0 && disk < clip)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: the disk is nearly full: this take may need %lld bytes and "
                          "%lld are free; free some space and run again",
                          s->paths->record, clip, disk);
    return true;
}

static void say_kind(const struct shooting *s, const char *kind, const char *text)
{
    if (s->listen && s->listen->note && text[0])
        s->listen->note(s->listen->ctx,
                        &(whelk_note){.stage = "shoot", .kind = kind, .text = text});
}

static void say(const struct shooting *s, const char *text)
{
    say_kind(s, "work", text);
}

static bool plan_total(const struct shooting *s, struct ncr_wan_total *total, whelk_error *err)
{
    struct wan_sample sample = sample_of(s->w, s->q);
    struct ncr_wan_step *plan = malloc((size_t)s->q->steps * sizeof *plan);
    bool good = plan ? wan_sample_plan(&sample, plan, total, err) : out_of_memory(err);
    free(plan);
    return good;
}

/* Whether the device has room, told before work; and how it is used. */
static bool check_device(const struct shooting *s, whelk_error *err)
{
    const struct wan *w = s->w;
    const struct wan_request *q = s->q;
    struct wan_device_options o = device_options(w);
    struct wan_device_plan p;
    struct ncr_wan_total total;
    char text[512];
    if (!w->device)
        return true;
    if (!plan_total(s, &total, err))
        return false;
    o.pairs = total.paired > 0, o.near = total.near > 0;
    if (!wan_device_plan(w->dit, q->latents, q->rows, q->columns, &o, w->device->own_bytes,
                         device_granted(w->device, w->vram), &p, err))
        return false;
    snprintf(text, sizeof text, "on %s: %lld MB of its memory; %d of %d blocks stay there%s",
             w->device->name, (p.total >> 20) + 1, p.resident, w->info.blocks,
             p.slots ? ", the others are sent anew in every pass" : "");
    say(s, text);
    if (wan_text_here(w))
        say(s, wan_text_here(w));
    if (q->picture && wan_image_here(w))
        say(s, wan_image_here(w));
    return true;
}

/* What the budget leaves out, and what that comes to. */
static void tell_budget(const struct shooting *s, const struct ncr_wan_total *t)
{
    char text[512];
    double share = t->flops / t->flops_exact, budget = s->q->budget;
    if (budget >= 1)
        return;
    snprintf(text, sizeof text,
             "budget %g: of %d steps %d are answered from the one before, %d go without the pass "
             "for the negative prompt, %d attend to near frames only, %d join tokens in the middle "
             "blocks, %d are made on half the size: %.0f %% of exact mode's work",
             budget, s->q->steps, t->reused, t->gated, t->near, t->paired, t->coarse, 100 * share);
    say_kind(s, "choice", text);
    snprintf(text, sizeof text,
             "budget %g cannot be kept: with everything left out that this model allows it takes "
             "%.2f of exact mode's work; fewer steps (--steps) take less",
             budget, share);
    if (share > budget * (1 + 1e-9))
        say_kind(s, "warn", text);
}

/* Work is told with its price: memory, and time by a measurement of a fraction of a second. What
 * fails on a device would fail in the work; on the processor the time is left out. */
static bool tell_price(struct shooting *s, long long needed, long long there, whelk_error *err)
{
    const struct wan_request *q = s->q;
    struct ncr_wan_total total;
    int tokens = q->latents * (q->rows / 2) * (q->columns / 2);
    char text[512], time[96] = "";
    if (!plan_total(s, &total, err))
        return false;
    s->f.flops_exact = total.flops_exact;
    s->f.tokens_exact = (long long)total.tokens_exact;
    s->f.passes_exact = total.passes_exact;
    s->f.looks_exact = total.looks_exact;
    if (!s->listen || !s->listen->note)
        return true;
    double speed = s->w->device ? wan_device_speed(s->w->device, s->w->dit, err)
                                : wan_dit_speed(s->w->dit, s->w->threads);
    if (s->w->device && speed <= 0)
        return false;
    if (speed > 0)
        snprintf(time, sizeof time, ", about %.0f s at the %.0f GFLOP/s just measured",
                 total.flops / speed, speed / 1e9);
    snprintf(text, sizeof text,
             "%s makes %d frames of %dx%d: %d steps over %d tokens, %.3g TFLOP%s; %lld MB of "
             "memory beside the weights (%lld MB free)",
             s->w->spec.name, q->made, wan_made_width(s->w, q), wan_made_height(s->w, q), q->steps,
             tokens, total.flops / 1e12, time, needed >> 20, there >> 20);
    say(s, text);
    tell_budget(s, &total);
    return true;
}

/* --- Denoising -------------------------------------------------------------------------------- */

static bool step_done(void *ctx, double done)
{
    struct shooting *s = ctx;
    return go_on(s, "step", done, s->q->steps);
}

/* The first, the middle and the last latent frame, or as many as there are. */
static void draw_sketch(void *ctx, const float *clean, int rows, int columns)
{
    const struct shooting *s = ctx;
    int latents = s->q->latents, channels = s->w->info.out,
        frames = latents < STRIP ? latents : STRIP;
    long plane = (long)rows * columns, wide = 3L * frames * columns;
    for (int f = 0; f < frames; f++) {
        long t = frames > 1 ? (long)f * (latents - 1) / (frames - 1) : 0;
        for (int y = 0; y < rows; y++)
            wan_preview_draw(s->fit, channels, clean + t * plane + (long)y * columns,
                             latents * plane, columns, s->sketch + y * wide + 3L * f * columns);
    }
    s->listen->picture(s->listen->ctx, NULL, s->sketch, frames * columns, rows);
}

/* Whoever wants to see it early does; a codec that cannot tell colours keeps nobody from a take. */
static void ready_sketch(struct shooting *s, struct wan_sample *r)
{
    if (!s->listen || !s->listen->picture || s->w->info.out > WAN_PREVIEW_CHANNELS ||
        !wan_preview_fit(s->w->vae, s->w->threads, s->fit, NULL))
        return;
    s->sketch = malloc((size_t)(3 * STRIP * s->plane));
    r->look = draw_sketch;
    r->look_every = s->sketch ? (s->q->steps + SKETCHES - 1) / SKETCHES : 0;
}

static bool sample(struct shooting *s, whelk_error *err)
{
    const struct wan *w = s->w;
    struct wan_sample r = sample_of(w, s->q);
    float *text = wan_text_rows(w, s->q->prompt, &r.text_rows, err),
          *negative = text ? wan_text_rows(w, s->q->negative, &r.negative_rows, err) : NULL;
    struct wan_pictures given = {0};
    struct wan_sample_figures f = {.step = s->steps};
    bool good = negative && wan_pictures_read(w, s->q, &given, err);
    r.text = text, r.negative = negative;
    r.first = given.first, r.y = given.y, r.image = given.image;
    r.progress = step_done, r.ctx = s;
    if (good) {
        ready_sketch(s, &r);
        rng_normal(s->q->seed, 0, s->x, s->count);
        s->start = shot_clock();
        good = go_on(s, "step", 0, s->q->steps)
                   ? wan_sample_run(&r, s->x, &f, err)
                   : whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
    }
    s->f.tokens = (long long)(f.tokens + 0.5);
    s->f.flops = f.flops;
    s->f.reused = f.reused, s->f.gated = f.gated, s->f.near = f.near;
    s->f.paired = f.paired, s->f.coarse = f.coarse;
    s->f.passes = f.passes, s->f.looks = f.looks;
    free(text);
    free(negative);
    wan_pictures_release(&given);
    return good;
}

static bool write_latent(const struct shooting *s, whelk_error *err)
{
    const struct wan_request *q = s->q;
    struct st_out out = {"latent", 4, {s->w->info.out, q->latents, q->rows, q->columns}, s->x};
    const char *const meta[] = {"kind",          "whelk latent 1", "model",
                                s->w->spec.name, "model_digest",   s->w->digest,
                                "request",       s->digest,        NULL};
    return safetensors_write(s->paths->latent, &out, 1, meta, err);
}

/* The latent of this very request, where an earlier try got so far and no further. */
static bool found_latent(struct shooting *s)
{
    struct safetensors *st = take_latent_is(s->paths->latent, s->digest)
                                 ? safetensors_open(s->paths->latent, NULL)
                                 : NULL;
    const struct st_tensor *t = st ? safetensors_find(st, "latent") : NULL;
    bool found = t && t->count == s->count && st_floats(t, s->x);
    safetensors_close(st);
    return found;
}

static bool denoise(struct shooting *s, whelk_error *err)
{
    long long needed, there;
    double start = shot_clock();
    if (!check_memory(s, &needed, &there, err))
        return false;
    if (found_latent(s))
        return true;
    if (!check_device(s, err) || !tell_price(s, needed, there, err) || !sample(s, err))
        return false;
    if (s->w->device)
        say(s, s->w->device->note(s->w->device));
    s->f.denoise_s = shot_clock() - start;
    s->f.scratch_bytes = needed;
    s->f.steps = s->q->steps;
    unlink(s->paths->record); /* from here on a take that was here is no longer whole */
    return write_latent(s, err);
}

/* --- Frames ----------------------------------------------------------------------------------- */

/* The model's frame that is nearest in time to frame i of the clip. A clip that ends on a picture
 * has all the model's frames, a little faster or slower: the last is the picture. */
static int source_of(const struct shooting *s, int i)
{
    if (s->q->last)
        return s->q->frames > 1 ? (int)lround((double)i * (s->q->made - 1) / (s->q->frames - 1))
                                : s->q->made - 1;
    int k = (int)floor(i / s->q->fps * s->w->spec.fps + 0.5);
    return k < s->q->made ? k : s->q->made - 1;
}

/* Frames come out with their last slice, when most of the work is done. */
static double frames_done(const struct shooting *s)
{
    int slices = s->slices > 1 ? s->slices : 1;
    return ((slices - 1.0) * s->q->frames + s->written) / slices;
}

static bool between_slices(void *ctx, double done)
{
    struct shooting *s = ctx;
    return s->slices < 2 || done * s->slices >= s->slices - 1 ||
           go_on(s, "frame", done * s->q->frames, s->q->frames);
}

/* A frame of the model as many times as the clip shows it; once drawn and coded, it is only
 * written. */
static bool take_frame(void *ctx, const float *rgb, int rows, int columns, int channels)
{
    struct shooting *s = ctx;
    bool drawn = false, good = true;
    double start = shot_clock();
    for (; good && s->written < s->q->frames && source_of(s, s->written) == s->came; s->written++) {
        if (!drawn)
            wan_painter_draw(s->painter, rgb, clip_encoder_canvas(s->encoder));
        good = go_on(s, "frame", frames_done(s), s->q->frames) ||
               whelk_fail(&s->err, WHELK_EINTERRUPTED, "interrupted");
        good = good && (drawn || clip_encoder_code(s->encoder, &s->err)) &&
               clip_writer_add(s->writer, s->encoder, &s->err);
        drawn = true;
    }
    s->came++;
    s->f.write_s += shot_clock() - start;
    (void)rows, (void)columns, (void)channels;
    return good;
}

static void tell_slices(struct shooting *s, int slices)
{
    char text[96];
    s->slices = slices;
    snprintf(text, sizeof text, "frames are decoded in %d slices, for the device's memory", slices);
    if (slices > 1)
        say(s, text);
}

static bool decode(struct shooting *s, whelk_error *err)
{
    const struct wan_request *q = s->q;
    const struct wan *w = s->w;
    const char *here = decodes_here(w, q->rows, q->columns);
    struct wan_device_options o = device_options(w);
    struct wan_device_codec *d =
        here ? NULL : wan_device_codec_new(w->device, w->vae, q->rows, q->columns, &o, err);
    struct wan_codec *c =
        here ? wan_codec_new(w->vae, WAN_DECODE, q->rows, q->columns, w->threads, err) : NULL;
    bool good = c || d;
    if (here)
        say(s, here);
    if (d)
        tell_slices(s, wan_device_codec_in_slices(d));
    s->start = shot_clock();
    struct wan_device_film film = {.first = {s->x, q->latents * s->plane, 1},
                                   .stride = s->plane,
                                   .frames = q->latents,
                                   .emit = take_frame,
                                   .asked = between_slices,
                                   .ctx = s};
    if (d)
        good = wan_device_codec_run(d, &film, err);
    for (int t = 0; c && good && t < q->latents; t++) {
        struct wan_picture p = {s->x + t * s->plane, q->latents * s->plane, 1};
        good = wan_codec_push(c, &p, take_frame, s, err);
    }
    if (!good && s->err.code && err)
        *err = s->err;
    wan_codec_free(c);
    wan_device_codec_free(d);
    s->f.decode_s = shot_clock() - s->start - s->f.write_s;
    return good && (go_on(s, "frame", q->frames, q->frames) ||
                    whelk_fail(err, WHELK_EINTERRUPTED, "interrupted"));
}

static bool make_clip(struct shooting *s, whelk_error *err)
{
    const struct wan_request *q = s->q;
    struct clip_format format = {q->width, q->height, q->fps};
    s->painter = wan_painter_new(wan_made_width(s->w, q), wan_made_height(s->w, q), q->width,
                                 q->height, err);
    s->encoder = s->painter ? clip_encoder_open(&format, err) : NULL;
    s->writer = s->encoder ? clip_writer_open(s->paths->clip, &format, err) : NULL;
    if (!s->writer || !decode(s, err))
        return false;
    struct clip_writer *writer = s->writer;
    s->writer = NULL;
    return clip_writer_finish(writer, err) && digest_file(s->paths->clip, s->f.clip_sha256, err);
}

/* --- The take --------------------------------------------------------------------------------- */

static bool shoot(struct shooting *s, whelk_error *err)
{
    const struct wan_request *q = s->q;
    double start = shot_clock();
    s->plane = (long)q->rows * q->columns;
    s->count = s->w->info.out * q->latents * s->plane;
    s->x = malloc((size_t)s->count * sizeof *s->x);
    s->steps = calloc((size_t)q->steps, sizeof *s->steps);
    bool good = ((s->x && s->steps) || out_of_memory(err)) && take_check_folder(s->paths, err) &&
                check_room(s, err) && denoise(s, err) && make_clip(s, err);
    s->f.frames = q->frames;
    s->f.wall_s = shot_clock() - start;
    good = good && wan_record_write(s->paths, s->w, q, s->digest, &s->f, s->steps, err);
    clip_writer_abandon(s->writer);
    clip_encoder_close(s->encoder);
    wan_painter_free(s->painter);
    free(s->sketch);
    free(s->steps);
    free(s->x);
    return good;
}

bool wan_take(struct wan *w, const whelk_gen_request *r, const char *base_path,
              const whelk_listener *listen, whelk_gen_figures *figures, whelk_error *err)
{
    struct wan_request q;
    struct take_paths paths;
    char digest[DIGEST_TEXT];
    if (!wan_request_init(&q, w, r, err))
        return false;
    bool good = wan_request_digest(&q, w, digest, err) && take_paths_init(&paths, base_path, err);
    if (good) {
        struct shooting s = {.w = w, .q = &q, .paths = &paths, .digest = digest, .listen = listen};
        good = shoot(&s, err);
        if (good && figures)
            *figures = s.f;
        take_paths_release(&paths);
    }
    wan_request_release(&q);
    return good;
}

int wan_plan(const struct wan *w, const whelk_gen_request *r, whelk_gen_step *out, int room,
             whelk_error *err)
{
    struct wan_request q;
    struct ncr_wan_total total;
    struct flow f;
    if (!wan_request_init(&q, w, r, err))
        return 0;
    struct wan_sample sample = sample_of(w, &q);
    struct ncr_wan_step *plan = malloc((size_t)q.steps * sizeof *plan);
    int count = (plan || out_of_memory(err)) && wan_sample_plan(&sample, plan, &total, err) &&
                        flow_init(&f, w->spec.solver, q.steps, w->spec.shift, 1, err)
                    ? q.steps
                    : 0;
    for (int i = 0; i < count && i < room; i++)
        out[i] = (whelk_gen_step){f.sigma[i], (int)plan[i].tokens};
    if (count)
        flow_release(&f);
    free(plan);
    wan_request_release(&q);
    return count;
}
