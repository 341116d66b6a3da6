/* Looking at a take before it is used: whether its bytes are those that were written, and whether
 * the pictures are black, empty or frozen. "Success" that shows nothing is the fault such tools are
 * most blamed for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "stage.h"

/* Of 255. A night scene's mean is above 20; a decoder that made nothing gives 0 or one even grey.
 */
#define BLACK_MEAN 6.0
#define EMPTY_SPREAD 2.0
#define FROZEN_CHANGE 0.005
#define LOOKED_AT 24 /* frames */
#define GRID 4       /* every fourth pixel each way is looked at */

struct look {
    unsigned char *luma, *before;
    size_t count;
    int frames;
    double mean, spread, change; /* sums over frames */
    double brightest, most_spread, most_change;
};

static void shrink(unsigned char *luma, const uint8_t *rgb, int width, int height)
{
    for (int y = 0; y < height; y += GRID)
        for (int x = 0; x < width; x += GRID) {
            const uint8_t *p = rgb + 3 * ((size_t)y * (size_t)width + (size_t)x);
            *luma++ = (unsigned char)((p[0] * 54 + p[1] * 183 + p[2] * 19) >> 8);
        }
}

static void look_at(struct look *l)
{
    double sum = 0, squares = 0, change = 0;
    for (size_t i = 0; i < l->count; i++) {
        double v = l->luma[i];
        sum += v;
        squares += v * v;
        change += abs(l->luma[i] - l->before[i]);
    }
    double n = (double)l->count, mean = sum / n;
    double spread = sqrt(fmax(0, squares / n - mean * mean));
    change = l->frames ? change / n : 0;
    l->mean += mean;
    l->spread += spread;
    l->change += change;
    l->brightest = fmax(l->brightest, mean);
    l->most_spread = fmax(l->most_spread, spread);
    l->most_change = fmax(l->most_change, change);
    l->frames++;
    unsigned char *swap = l->before;
    l->before = l->luma;
    l->luma = swap;
}

static const char *fault_of(const struct look *l)
{
    if (l->brightest < BLACK_MEAN)
        return "its pictures are black";
    if (l->most_spread < EMPTY_SPREAD)
        return "its pictures are empty";
    if (l->frames > 1 && l->most_change < FROZEN_CHANGE)
        return "its picture stands still";
    return NULL;
}

static bool look_through(whelk_clip *clip, const whelk_clip_info *info, struct look *l,
                         whelk_error *err)
{
    size_t across = (size_t)(info->width + GRID - 1) / GRID,
           down = (size_t)(info->height + GRID - 1) / GRID;
    uint8_t *rgb = malloc((size_t)info->width * (size_t)info->height * 3);
    l->count = across * down;
    l->luma = malloc(l->count);
    l->before = calloc(l->count, 1);
    whelk_error fault = {0};
    bool done = rgb && l->luma && l->before;
    while (done && l->frames < LOOKED_AT && whelk_clip_read(clip, rgb, &fault)) {
        shrink(l->luma, rgb, info->width, info->height);
        look_at(l);
    }
    if (!done)
        whelk_fail(&fault, WHELK_EFAIL, "no memory to review a take");
    free(rgb);
    free(l->luma);
    free(l->before);
    if (fault.code && err)
        *err = fault;
    return !fault.code;
}

/* Only the first frames are decoded: the whole clip costs as much as half of making it, and its
 * bytes are known to be those that were encoded. */
bool review_take(const char *clip_path, const whelk_gen_figures *made, struct review *out,
                 whelk_error *err)
{
    struct look l = {0};
    whelk_clip_info info;
    char digest[DIGEST_TEXT];
    if (!digest_file(clip_path, digest, err))
        return false;
    if (strcmp(digest, made->clip_sha256) != 0)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: is not what was written a moment ago; the disk may be failing",
                          clip_path);
    whelk_clip *clip = whelk_clip_open(clip_path, &info, err);
    bool done = clip && look_through(clip, &info, &l, err);
    whelk_clip_close(clip);
    if (!done)
        return false;
    double n = l.frames ? l.frames : 1;
    *out = (struct review){.frames = info.frames,
                           .looked_at = l.frames,
                           .brightness = l.mean / n,
                           .contrast = l.spread / n,
                           .motion = l.change / (n > 1 ? n - 1 : 1),
                           .fault = fault_of(&l)};
    if (info.frames != made->frames || l.frames == 0)
        out->fault = "pictures are missing";
    return true;
}
