/* WAV files of 24 bit PCM, written block by block beside and renamed. */
#include "sound.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pipeline/base/bytes.h"

#define HEADER 44
#define FRAME_BYTES 6

static void put_little(unsigned char *to, unsigned long n, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(n >> (8 * i));
}

static void put_header(unsigned char *h, unsigned long bytes)
{
    memcpy(h, "RIFF....WAVEfmt ", 16);
    put_little(h + 4, bytes + HEADER - 8, 4);
    put_little(h + 16, 16, 4);
    put_little(h + 20, 1, 2); /* PCM */
    put_little(h + 22, 2, 2);
    put_little(h + 24, SOUND_RATE, 4);
    put_little(h + 28, SOUND_RATE * FRAME_BYTES, 4);
    put_little(h + 32, FRAME_BYTES, 2);
    put_little(h + 34, 24, 2);
    memcpy(h + 36, "data", 4);
    put_little(h + 40, bytes, 4);
}

bool wav_new(struct wav *w, const char *path, long frames, whelk_error *err)
{
    *w = (struct wav){.path = path};
    if (frames > 0x7FFFFFFF / FRAME_BYTES)
        return whelk_fail(err, WHELK_EUSAGE, "%s: %ld samples are more than a WAV file holds", path,
                          frames);
    struct bytes part;
    bytes_init(&part, 1 << 16);
    bytes_format(&part, "%s.part", path);
    w->part = bytes_take(&part);
    w->file = w->part ? fopen(w->part, "wb") : NULL;
    if (!w->file) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s", path, strerror(errno));
        free(w->part);
        return false;
    }
    unsigned char header[HEADER];
    put_header(header, (unsigned long)frames * FRAME_BYTES);
    fwrite(header, 1, sizeof header, w->file); /* wav_end looks at ferror */
    return true;
}

void wav_put(struct wav *w, const float *samples, long frames)
{
    unsigned char data[SOUND_BLOCK * FRAME_BYTES];
    for (long at = 0; at < frames; at += SOUND_BLOCK) {
        long n = frames - at < SOUND_BLOCK ? frames - at : SOUND_BLOCK;
        for (long i = 0; i < 2 * n; i++) {
            double x = samples[2 * at + i];
            x = x < -1 ? -1 : x > 1 ? 1 : x;
            put_little(data + 3 * i, (unsigned long)lround(x * 8388607), 3);
        }
        fwrite(data, FRAME_BYTES, (size_t)n, w->file);
    }
}

bool wav_end(struct wav *w, bool good, whelk_error *err)
{
    errno = 0;
    bool written = fflush(w->file) == 0 && !ferror(w->file) && fsync(fileno(w->file)) == 0;
    written = fclose(w->file) == 0 && written;
    if (good && !(written && rename(w->part, w->path) == 0))
        good = whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s", w->path,
                          errno && errno != ENOSPC ? strerror(errno)
                                                   : "the disk is full; make room and cut again");
    if (!good)
        unlink(w->part);
    free(w->part);
    return good;
}
