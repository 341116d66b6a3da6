/* Reading pictures: one channel at a time through both axes. */
#include "picture.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "generator.h"

static int round_up(int n)
{
    return (n + 7) / 8 * 8 + 8;
}

bool picture_axes(struct resample_axis *across, struct resample_axis *down, int from_width,
                  int from_height, int width, int height)
{
    double step = fmin((double)from_width / width, (double)from_height / height);
    if (!resample_axis_room(across, width, from_width) ||
        !resample_axis_room(down, height, from_height))
        return false;
    resample_axis_set(across, from_width, (from_width - step * width) / 2, step, width, 0);
    resample_axis_set(down, from_height, (from_height - step * height) / 2, step, height, 0);
    return true;
}

static bool cover(const uint8_t *rgb, const whelk_clip_info *from, int width, int height,
                  float *out)
{
    struct resample_axis across = {0}, down = {0};
    int stride = round_up(width);
    float *line = calloc((size_t)from->width + 64, sizeof *line),
          *wide = calloc((size_t)from->height * (size_t)stride + 64, sizeof *wide),
          *made = calloc((size_t)stride + 64, sizeof *made);
    bool good = line && wide && made &&
                picture_axes(&across, &down, from->width, from->height, width, height);
    const float **taps = good ? calloc((size_t)down.taps, sizeof *taps) : NULL;
    good = good && taps;
    for (int c = 0; good && c < 3; c++) {
        for (int y = 0; y < from->height; y++) {
            for (int x = 0; x < from->width; x++)
                line[x] =
                    (float)rgb[((size_t)y * (size_t)from->width + (size_t)x) * 3 + (size_t)c] /
                        127.5f -
                    1;
            resample_row(&across, line, wide + (size_t)y * (size_t)stride);
        }
        for (int y = 0; y < height; y++, out += width) {
            for (int k = 0; k < down.taps; k++)
                taps[k] = wide + (size_t)(down.first[y] + k) * (size_t)stride;
            resample_column(&down, y, taps, made, width);
            for (int x = 0; x < width; x++)
                out[x] = fminf(fmaxf(made[x], -1), 1);
        }
    }
    resample_axis_release(&across);
    resample_axis_release(&down);
    free(line);
    free(wide);
    free(made);
    free(taps);
    return good;
}

float *picture_read(const char *path, int frame, int width, int height, whelk_error *err)
{
    whelk_clip_info info;
    whelk_clip *clip = whelk_clip_open(path, &info, err);
    if (!clip)
        return NULL;
    uint8_t *rgb = malloc((size_t)info.width * (size_t)info.height * 3);
    float *out = malloc(3 * (size_t)width * (size_t)height * sizeof *out);
    bool good = (rgb && out) || whelk_fail(err, WHELK_EFAIL, "%s: no memory for a picture of %dx%d",
                                           path, info.width, info.height);
    good = good && (frame == 0 || whelk_clip_seek(clip, frame, err)) &&
           (whelk_clip_read(clip, rgb, err) || (err && err->code) ||
            whelk_fail(err, WHELK_EFAIL, "%s: has no frame %d", path, frame));
    if (good && !cover(rgb, &info, width, height, out))
        good = whelk_fail(err, WHELK_EFAIL, "%s: no memory for a picture of %dx%d", path,
                          info.width, info.height);
    whelk_clip_close(clip);
    free(rgb);
    if (!good) {
        free(out);
        return NULL;
    }
    return out;
}
