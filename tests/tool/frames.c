/* Looks at a film or clip for the shell tests: one line a frame with the mean and the spread of its
 * brightness and how much it differs from the frame before, so that black, flat or frozen pictures
 * are found by number. `frames FILE N out.png` writes frame N as a picture instead. */
#include <stdio.h>
#include <stdlib.h>
#include <math.h>

#include "generator/generator.h"

struct look {
    double mean, spread, change;
};

static struct look look_at(const uint8_t *rgb, const uint8_t *before, size_t count)
{
    double sum = 0, squares = 0, change = 0;
    for (size_t i = 0; i < count; i++) {
        double v = rgb[i];
        sum += v;
        squares += v * v;
        if (before)
            change += fabs(v - before[i]);
    }
    double mean = sum / (double)count;
    double variance = squares / (double)count - mean * mean;
    return (struct look){mean, sqrt(variance > 0 ? variance : 0), change / (double)count};
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: frames FILE [N out.png]\n");
        return 2;
    }
    whelk_error err = {0};
    whelk_clip_info info;
    whelk_clip *clip = whelk_clip_open(argv[1], &info, &err);
    if (!clip) {
        fprintf(stderr, "frames: %s\n", err.text);
        return 1;
    }
    size_t count = (size_t)info.width * (size_t)info.height * 3;
    uint8_t *rgb = malloc(count), *before = malloc(count);
    int wanted = argc == 4 ? atoi(argv[2]) : -1, n = 0;
    bool written = false;
    for (; rgb && before && whelk_clip_read(clip, rgb, &err); n++) {
        struct look l = look_at(rgb, n ? before : NULL, count);
        if (wanted < 0)
            printf("%d mean %.2f spread %.2f change %.3f\n", n, l.mean, l.spread, l.change);
        else if (n == wanted)
            written = whelk_picture_write(argv[3], rgb, info.width, info.height, &err);
        uint8_t *swap = before;
        before = rgb;
        rgb = swap;
    }
    if (wanted < 0)
        printf("size %dx%d fps %.3f frames %d\n", info.width, info.height, info.fps, n);
    if (err.code)
        fprintf(stderr, "frames: %s\n", err.text);
    else if (wanted >= 0 && !written)
        fprintf(stderr, "frames: there are only %d frames\n", n);
    whelk_clip_close(clip);
    free(rgb);
    free(before);
    return err.code || (wanted >= 0 && !written);
}
