/* whelk take show: the frames of a take in the terminal, side by side, with what is known of it. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>

#include "../generator/generator.h"
#include "picture.h"
#include "reading.h"

#define MOST_FRAMES 6
#define LEAST_BLOCKS 26 /* cells a frame is at least wide: half blocks show little in fewer */
#define LEAST_PIXELS 160

static const struct opt_row rows[] = {
    {0, "as", OPT_WORD, "WAY", CLI_AT(as), .choices = picture_ways,
     .help = "how pictures are drawn: auto asks the terminal; kitty, sixel, blocks or none"},
    {0},
};

/* Frames side by side, one pixel or cell between them, as one picture. */
struct strip {
    int count, frame_width, width, height, gap;
    uint8_t *rgb;
};

static bool plan_strip(struct strip *s, enum picture_way way, const whelk_clip_info *info,
                       whelk_error *err)
{
    int line = picture_line(stdout, way),
        least = way == PICTURE_BLOCKS ? LEAST_BLOCKS : LEAST_PIXELS;
    s->gap = way == PICTURE_BLOCKS ? 1 : 4;
    s->count = (line + s->gap) / (least + s->gap);
    s->count = s->count < 1 ? 1 : s->count > MOST_FRAMES ? MOST_FRAMES : s->count;
    s->count = s->count > info->frames ? info->frames : s->count;
    s->frame_width = (line + s->gap) / s->count - s->gap;
    if (s->frame_width > info->width)
        s->frame_width = info->width;
    s->frame_width = s->frame_width < 2 ? 2 : s->frame_width;
    s->height = (int)((double)s->frame_width * info->height / info->width + 0.5);
    s->height = s->height < 2 ? 2 : s->height;
    s->width = s->count * (s->frame_width + s->gap) - s->gap;
    s->rgb = calloc((size_t)s->width * (size_t)s->height, 3);
    return s->rgb || whelk_fail(err, WHELK_EFAIL, "no memory for the pictures");
}

static bool read_strip(struct strip *s, whelk_clip *clip, const whelk_clip_info *info,
                       whelk_error *err)
{
    size_t row = (size_t)s->frame_width * 3;
    uint8_t *frame = malloc(row * (size_t)s->height);
    bool done = frame ? whelk_clip_scale(clip, s->frame_width, s->height, err)
                      : whelk_fail(err, WHELK_EFAIL, "no memory for the pictures");
    for (int i = 0; done && i < s->count; i++) {
        done = whelk_clip_seek(clip, (2 * i + 1) * info->frames / (2 * s->count), err) &&
               whelk_clip_read(clip, frame, err);
        size_t left = (size_t)(i * (s->frame_width + s->gap)) * 3;
        for (int y = 0; done && y < s->height; y++)
            memcpy(s->rgb + (size_t)y * (size_t)s->width * 3 + left, frame + (size_t)y * row, row);
    }
    free(frame);
    return done;
}

static bool draw(const char *path, enum picture_way way, whelk_error *err)
{
    whelk_clip_info info;
    struct strip s = {0};
    whelk_clip *clip = whelk_clip_open(path, &info, err);
    bool done = clip && plan_strip(&s, way, &info, err) && read_strip(&s, clip, &info, err);
    if (done)
        picture_draw(stdout, way, s.rgb, s.width, s.height);
    free(s.rgb);
    whelk_clip_close(clip);
    return done;
}

static bool show_take(const struct reading *r, const whelk_shot *shot, const char *take,
                      enum picture_way way, whelk_error *err)
{
    struct take_facts f;
    if (!take_exists(r->reel, shot->id, take))
        return whelk_fail(err, WHELK_EUSAGE,
                          "shot %s has no take %s; whelk take %s list tells them", shot->id, take,
                          r->reel->path);
    if (!take_facts_read(r->reel, shot->id, take, &f, err))
        return false;
    char *path = take_clip_path(r->reel, shot->id, take);
    bool done = path && (way == PICTURE_NONE || draw(path, way, err));
    if (done) {
        printf("%s %s%s: %d frames of %dx%d, %.2f s, %d steps, made in %.1f s, seed %llu\n",
               shot->id, take, shot->take && strcmp(shot->take, take) == 0 ? ", in use" : "",
               f.frames, f.width, f.height, f.fps > 0 ? f.frames / f.fps : 0, f.steps, f.wall_s,
               (unsigned long long)f.seed);
        if (f.prompt)
            show_text(stdout, f.prompt, 0, show_width(stdout));
    }
    free(path);
    take_facts_release(&f);
    return done;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    struct reading r;
    call->show.mode = SHOW_PLAIN;
    if (!cli_need_words(call, 2, 3, &err) || !reading_open(&r, call, &err))
        return cli_fail(call, &err);
    const whelk_shot *shot = reading_shot(&r, call->opts.words[1], &err);
    const char *take = call->opts.word_count > 2 ? call->opts.words[2] : shot ? shot->take : NULL;
    bool done = shot != NULL;
    if (done && !take)
        done = whelk_fail(&err, WHELK_EUSAGE, "shot %s has no take yet; whelk shoot %s makes it",
                          shot->id, call->reel_path);
    done = done && show_take(&r, shot, take, picture_way(stdout, call->v.as), &err);
    reading_close(&r);
    return done ? WHELK_OK : cli_fail(call, &err);
}

const struct command cmd_take_show = {
    .name = "show",
    .summary = "the frames of a take in the terminal, of the one in use where none is named",
    .words = "REEL show SHOT [TAKE]",
    .rows = rows,
    .run = run,
};
