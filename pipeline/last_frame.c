/* The frame on which a shot ends, for a model of whole frames whose next shot goes on from it: kept
 * beside the take as clips/ID-tNN.fN.png, N the milliseconds that the cut trims off the
 * end. */
#define _DEFAULT_SOURCE
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "stage.h"

/* Is it there, and made since the clip was? */
static bool holds(const char *picture, const char *clip)
{
    struct stat p, c;
    return stat(picture, &p) == 0 && stat(clip, &c) == 0 &&
           (p.st_mtim.tv_sec > c.st_mtim.tv_sec ||
            (p.st_mtim.tv_sec == c.st_mtim.tv_sec && p.st_mtim.tv_nsec >= c.st_mtim.tv_nsec));
}

static bool extract(const char *clip_path, double trim_s, const char *to, whelk_error *err)
{
    whelk_clip_info info;
    whelk_clip *clip = whelk_clip_open(clip_path, &info, err);
    int back = clip ? (int)lround(trim_s * info.fps) : 0,
        frame = clip && info.frames > back ? info.frames - 1 - back : 0;
    uint8_t *rgb = clip ? malloc((size_t)info.width * (size_t)info.height * 3) : NULL;
    bool done = clip &&
                (rgb || whelk_fail(err, WHELK_EFAIL, "%s: no memory for a frame", clip_path)) &&
                whelk_clip_seek(clip, frame, err) && whelk_clip_read(clip, rgb, err) &&
                whelk_picture_write(to, rgb, info.width, info.height, err);
    free(rgb);
    whelk_clip_close(clip);
    return done;
}

char *last_frame(const whelk_reel *reel, const whelk_shot *shot, const char *take, whelk_error *err)
{
    char *base = take_base(reel, shot->id, take), *clip = take_clip_path(reel, shot->id, take),
         *picture = base ? text_format("%s.f%ld.png", base, lround(1000 * shot->trim_out_s)) : NULL;
    bool done = clip && picture
                    ? holds(picture, clip) || extract(clip, shot->trim_out_s, picture, err)
                    : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(base);
    free(clip);
    if (!done) {
        free(picture);
        return NULL;
    }
    return picture;
}
