/* WAV files of 24 bit PCM, written beside and renamed. */
#include "score.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"

#define HEADER 44

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
    put_little(h + 24, SCORE_RATE, 4);
    put_little(h + 28, SCORE_RATE * 6, 4);
    put_little(h + 32, 6, 2);
    put_little(h + 34, 24, 2);
    memcpy(h + 36, "data", 4);
    put_little(h + 40, bytes, 4);
}

static unsigned char *encode(const struct sound *s, size_t *size)
{
    size_t bytes = (size_t)s->frames * 6;
    unsigned char *data = malloc(HEADER + bytes);
    if (!data)
        return NULL;
    put_header(data, (unsigned long)bytes);
    for (long i = 0; i < s->frames * 2; i++) {
        double x = s->samples[i];
        x = x < -1 ? -1 : x > 1 ? 1 : x;
        put_little(data + HEADER + 3 * i, (unsigned long)lround(x * 8388607), 3);
    }
    *size = HEADER + bytes;
    return data;
}

bool sound_write(const struct sound *s, const char *path, whelk_error *err)
{
    if (s->frames > 0x7FFFFFFF / 6)
        return whelk_fail(err, WHELK_EUSAGE, "%s: %ld samples are more than a WAV file holds", path,
                          s->frames);
    size_t size = 0;
    unsigned char *data = encode(s, &size);
    if (!data)
        return whelk_fail(err, WHELK_EFAIL, "out of memory for %s", path);
    bool good = file_write(path, data, size, err);
    free(data);
    return good;
}
