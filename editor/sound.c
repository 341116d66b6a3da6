/* Sound on the disk, in a file that has no name any more. */
#include "sound.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pipeline/base/bytes.h"

bool sound_new(struct sound *s, const char *near, whelk_error *err)
{
    *s = (struct sound){0};
    const char *slash = strrchr(near, '/');
    struct bytes name;
    bytes_init(&name, 1 << 16);
    bytes_format(&name, "%.*ssound-XXXXXX", slash ? (int)(slash - near + 1) : 0, near);
    char *path = bytes_take(&name);
    int fd = path ? mkstemp(path) : -1;
    if (fd >= 0) {
        unlink(path);
        s->file = fdopen(fd, "w+b");
        if (!s->file)
            close(fd);
    }
    if (!s->file)
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s", path ? path : near,
                   strerror(errno));
    free(path);
    return s->file != NULL;
}

void sound_release(struct sound *s)
{
    if (s->file)
        fclose(s->file);
    *s = (struct sound){0};
}

void sound_put(struct sound *s, const float *samples, long frames)
{
    fwrite(samples, 2 * sizeof *samples, (size_t)frames, s->file); /* sound_end looks at ferror */
    s->frames += frames;
}

bool sound_end(struct sound *s, whelk_error *err)
{
    if (fflush(s->file) == 0 && !ferror(s->file))
        return true;
    int why = errno;
    sound_release(s);
    return whelk_fail(err, WHELK_EFAIL, "the film's sound cannot be kept: %s",
                      why && why != ENOSPC ? strerror(why)
                                           : "the disk is full; make room and cut again");
}

void sound_get(const struct sound *s, long at, float *samples, long frames)
{
    memset(samples, 0, (size_t)frames * 2 * sizeof *samples);
    long skip = at < 0 ? -at : 0, there = s->frames - at - skip;
    if (skip >= frames || there <= 0)
        return;
    long n = there < frames - skip ? there : frames - skip;
    if (fseek(s->file, (at + skip) * 2 * (long)sizeof *samples, SEEK_SET) == 0 &&
        fread(samples + 2 * skip, 2 * sizeof *samples, (size_t)n, s->file) != (size_t)n)
        clearerr(s->file); /* what cannot be read stays silent; our own file, just written */
}

bool sound_is_loud(const struct sound *s, long at, long frames, float floor)
{
    float block[2 * SOUND_BLOCK];
    sound_get(s, at, block, frames);
    for (long i = 0; i < 2 * frames; i++) {
        if (fabsf(block[i]) > floor)
            return true;
    }
    return false;
}

void sound_fade(float *samples, long at, long count, long frames, double in_s, double out_s)
{
    long in = lround(in_s * SOUND_RATE), out = lround(out_s * SOUND_RATE);
    for (long k = 0; k < count; k++) {
        long i = at + k;
        double g = i < in ? (double)i / (double)in : 1;
        if (frames - i <= out)
            g *= 0.5 - 0.5 * cos(acos(-1) * (double)(frames - i - 1) / (double)out);
        samples[2 * k] = (float)(samples[2 * k] * g);
        samples[2 * k + 1] = (float)(samples[2 * k + 1] * g);
    }
}

double sound_key_gain(const struct sound_key *keys, int count, double at_s, int *next)
{
    while (*next < count && keys[*next].at_s <= at_s)
        ++*next;
    if (*next == 0)
        return count ? keys[0].gain : 1;
    const struct sound_key *a = &keys[*next - 1], *b = a + 1;
    if (*next == count)
        return a->gain;
    return a->gain + (b->gain - a->gain) * (at_s - a->at_s) / (b->at_s - a->at_s);
}
