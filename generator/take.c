/* One take from request to files: room is checked, the layers are denoised, the latent file is
 * written, pictures are decoded, and frames are composed and coded, each frame whole by one thread,
 * and written in order. */
#include "shot.h"

#include <omp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pipeline/base/file.h"
#include "clip.h"
#include "wan.h"
#include "presence.h"

/* What is made on the way. */
struct shooting {
    const whelk_generator *g;
    const struct take_request *request;
    const whelk_listener *listen;
    whelk_gen_shot *shot;
    struct compose *compose;
    struct clip_writer *writer;
    int workers;
    struct worker {
        struct compose_scratch *scratch;
        struct clip_encoder *encoder;
        double compose_s, code_s;
        whelk_error err;
    } * worker;
};

static bool interrupted(whelk_error *err)
{
    return whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
}

enum { CODER_BYTES = 160 }; /* a pixel: what libavcodec's FFV1 encoder holds, measured */

/* As many as there are threads and frames, but no more than find room in about 640 MB. */
static int workers_for(const whelk_generator *g, const struct take_request *t)
{
    long long one = (long long)t->width * t->height * CODER_BYTES, room = (640LL << 20) / one;
    int n = g->threads < t->frames ? g->threads : t->frames;
    return room < 1 ? 1 : room < n ? (int)room : n;
}

static struct compose_options options_of(const struct take_request *t)
{
    return (struct compose_options){
        .width = t->width, .height = t->height, .frames = t->frames, .fps = t->fps};
}

/* --- Room ------------------------------------------------------------------------------------- */

static bool check_room(const struct shooting *s, const char *record, whelk_error *err)
{
    const struct take_request *t = s->request;
    struct clip_format format = {t->width, t->height, t->fps};
    struct compose_layers layers = shot_sizes(s->g, t);
    struct compose_options options = options_of(t);
    long long disk = file_space(record), clip = clip_size_estimate(&format, t->frames) + (1 << 20);
    if (disk >= 0 && disk < clip)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: the disk is nearly full: this take may need %lld bytes and %lld are "
                          "free; free some "
                          "space and run again",
                          record, clip, disk);
    return shot_check_memory(s->g, t,
                             compose_bytes(&layers, &options, s->workers) +
                                 (long long)s->workers * t->width * t->height * CODER_BYTES,
                             err);
}

/* --- Frames ----------------------------------------------------------------------------------- */

static bool start_workers(struct shooting *s, const struct clip_format *format, whelk_error *err)
{
    s->worker = calloc((size_t)s->workers, sizeof *s->worker);
    if (!s->worker)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    for (int i = 0; i < s->workers; i++) {
        s->worker[i].scratch = compose_scratch_new(s->compose, err);
        s->worker[i].encoder = s->worker[i].scratch ? clip_encoder_open(format, err) : NULL;
        if (!s->worker[i].encoder)
            return false;
    }
    return true;
}

static bool make_frame(struct shooting *s, struct worker *w, int i)
{
    double start = shot_clock();
    compose_draw(s->compose, w->scratch, i, 0, s->request->height, clip_encoder_canvas(w->encoder));
    double drawn = shot_clock();
    bool good = clip_encoder_code(w->encoder, &w->err);
    w->compose_s += drawn - start;
    w->code_s += shot_clock() - drawn;
    return good;
}

static bool go_on(const struct shooting *s, int done, double start)
{
    int total = s->request->frames;
    /* The first frames wait for their encoders to be made. */
    double left = done >= 4 ? (shot_clock() - start) / done * (total - done) : -1;
    return !s->listen || !s->listen->progress ||
           s->listen->progress(s->listen->ctx, "shoot", NULL, "frame", done, total, left);
}

/* Draws, codes and writes all frames. Frame i is worker i mod workers' from start to end; they are
 * written in turn. */
static bool make_frames(struct shooting *s, whelk_error *err)
{
    atomic_bool failed = false, cancelled = false;
    double start = shot_clock();
#pragma omp parallel num_threads(s->workers)
    {
        int me = omp_get_thread_num();
        struct worker *w = &s->worker[me];
#pragma omp for ordered schedule(static, 1)
        for (int i = 0; i < s->request->frames; i++) {
            if (me == 0 && !failed && !cancelled && !go_on(s, i, start))
                cancelled = true;
            if (!failed && !cancelled && !make_frame(s, w, i))
                failed = true;
#pragma omp ordered
            if (!failed && !cancelled && !clip_writer_add(s->writer, w->encoder, &w->err))
                failed = true;
        }
    }
    for (int i = 0; failed && i < s->workers; i++)
        if (s->worker[i].err.code && err)
            *err = s->worker[i].err;
    if (cancelled || (!failed && !go_on(s, s->request->frames, start)))
        return interrupted(err);
    return !failed;
}

static void shooting_release(struct shooting *s)
{
    for (int i = 0; s->worker && i < s->workers; i++) {
        compose_scratch_free(s->worker[i].scratch);
        clip_encoder_close(s->worker[i].encoder);
    }
    free(s->worker);
    compose_free(s->compose);
    clip_writer_abandon(s->writer);
    whelk_gen_shot_free(s->shot);
}

static bool finish_clip(struct shooting *s, const char *path, whelk_gen_figures *f,
                        whelk_error *err)
{
    double start = shot_clock();
    struct clip_writer *w = s->writer;
    s->writer = NULL;
    if (!clip_writer_finish(w, err) || !digest_file(path, f->clip_sha256, err))
        return false;
    for (int i = 0; i < s->workers; i++) {
        f->compose_s += s->worker[i].compose_s / s->workers;
        f->write_s += s->worker[i].code_s / s->workers;
    }
    f->write_s += shot_clock() - start;
    return true;
}

/* Latents to the clip. */
static bool make_clip(struct shooting *s, const struct parts *z, const char *path,
                      whelk_gen_figures *f, whelk_error *err)
{
    const struct take_request *t = s->request;
    struct clip_format format = {t->width, t->height, t->fps};
    s->shot = shot_new(s->g, t, z, f, err);
    if (!s->shot)
        return false;
    struct compose_options options = options_of(t);
    double start = shot_clock();
    s->compose = compose_new(&s->shot->layers, &options, err);
    f->compose_s = shot_clock() - start;
    if (!s->compose || !start_workers(s, &format, err))
        return false;
    f->actor = presence_of(&s->shot->layers, s->compose, &options, 0);
    f->guest_count = s->request->guests;
    for (int k = 0; k < f->guest_count; k++)
        f->guests[k] = presence_of(&s->shot->layers, s->compose, &options, 1 + k);
    s->writer = clip_writer_open(path, &format, err);
    return s->writer && make_frames(s, err) && finish_clip(s, path, f, err);
}

/* --- The take --------------------------------------------------------------------------------- */

static bool shoot(const whelk_generator *g, const struct take_request *t,
                  const struct take_paths *p, const char *digest, const whelk_listener *listen,
                  whelk_gen_figures *f, whelk_error *err)
{
    struct shooting s = {.g = g, .request = t, .listen = listen, .workers = workers_for(g, t)};
    struct shot_keep keep = {p->latent, p->record, digest};
    struct parts z = {0};
    double start = shot_clock();
    struct sample_figures *figures = calloc((size_t)take_runs(t), sizeof *figures);
    bool good = figures || whelk_fail(err, WHELK_EFAIL, "out of memory");
    good = good && take_check_folder(p, err) && check_room(&s, p->record, err) &&
           parts_init(&z, g->model, t, err) &&
           shot_denoise(g, t, &keep, &z, listen, f, figures, err) &&
           make_clip(&s, &z, p->clip, f, err);
    f->frames = t->frames;
    f->wall_s = shot_clock() - start;
    good = good && take_record_write(p, g, t, digest, f, figures, err);
    shooting_release(&s);
    parts_release(&z);
    free(figures);
    return good;
}

bool whelk_gen_take(whelk_generator *g, const whelk_gen_request *r, const char *base_path,
                    const whelk_listener *listen, whelk_gen_figures *figures, whelk_error *err)
{
    struct take_request t;
    struct take_paths p;
    char digest[DIGEST_TEXT];
    whelk_gen_figures f = {0};
    if (g->wan)
        return wan_take(g->wan, r, base_path, listen, figures, err);
    if (!take_may_be_made(g, err) || !take_request_init(&t, g, r, err))
        return false;
    bool good = take_request_digest(&t, g, digest, err) && take_paths_init(&p, base_path, err);
    if (good) {
        good = shoot(g, &t, &p, digest, listen, &f, err);
        take_paths_release(&p);
    }
    take_request_release(&t);
    if (good && figures)
        *figures = f;
    return good;
}
