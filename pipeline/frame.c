/* One picture of a clip as text, for pages and for language models that take pictures. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "stage.h"

#define JPEG_QUALITY 82

static char *base64(const uint8_t *data, size_t size)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    if (f) {
        text_base64(f, data, size);
        fclose(f);
    }
    return text;
}

char *frame_jpeg(whelk_clip *clip, int frame, int width, int height, whelk_error *err)
{
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3), *jpeg = NULL;
    size_t size = 0;
    char *text = NULL;
    if (!rgb)
        whelk_fail(err, WHELK_EFAIL, "no memory for a picture");
    else if (whelk_clip_scale(clip, width, height, err) && whelk_clip_seek(clip, frame, err) &&
             whelk_clip_read(clip, rgb, err) &&
             whelk_picture_jpeg(rgb, width, height, JPEG_QUALITY, &jpeg, &size, err))
        text = base64(jpeg, size);
    free(jpeg);
    free(rgb);
    return text;
}
