/* Writing a take's clip: FFV1 in Matroska, yuv420p, every frame a key frame with a CRC on each
 * slice, tagged bt709 limited.
 *
 *     struct clip_writer *w = clip_writer_open("clips/0010-t01.mkv", &format, &err);
 *     struct clip_encoder *e = clip_encoder_open(&format, &err);          // one a worker thread
 *     for (int i = 0; i < n; i++) {
 *         draw(clip_encoder_canvas(e));
 *         if (!clip_encoder_code(e, &err) || !clip_writer_add(w, e, &err)) ...
 *     }
 *     clip_encoder_close(e);
 *     clip_writer_finish(w, &err);                // renamed to its name; or
 * clip_writer_abandon(w): removed
 *
 * Frames stand alone, so several encoders may code several frames at once; only their order in
 * clip_writer_add matters, and the file's bytes do not depend on how many there were. A writer is
 * used by one thread at a time, and so is an encoder. */
#ifndef WHELK_CLIP_H
#define WHELK_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../pipeline/base/error.h"

struct clip_format {
    int width, height; /* even, 16..4096 */
    double fps;        /* 1..120 */
};

/* Planes Y, Cb, Cr of one frame, 8 bit, limited range; chroma is half as wide and high, sited left.
 * Rows are 64-byte aligned. */
struct clip_planes {
    uint8_t *data[3];
    int stride[3];
};

struct clip_writer;
struct clip_encoder;

struct clip_writer *clip_writer_open(const char *path, const struct clip_format *format,
                                     whelk_error *err);
bool clip_writer_finish(struct clip_writer *w,
                        whelk_error *err);       /* frees w; on failure the part is removed */
void clip_writer_abandon(struct clip_writer *w); /* frees w and removes the part; NULL is fine */

struct clip_encoder *clip_encoder_open(const struct clip_format *format, whelk_error *err);
struct clip_planes clip_encoder_canvas(
    struct clip_encoder *e); /* to draw the next frame into, until clip_encoder_code */
bool clip_encoder_code(struct clip_encoder *e, whelk_error *err);
void clip_encoder_close(struct clip_encoder *e); /* NULL is fine */

/* Appends the frame coded last in e. */
bool clip_writer_add(struct clip_writer *w, struct clip_encoder *e, whelk_error *err);

/* Bytes that a clip is not expected to exceed; for asking about disk space before work begins. */
long long clip_size_estimate(const struct clip_format *format, int frames);

/* What libav* says about one of its error numbers, in `out`; shared with clip_read.c. */
const char *clip_av_error(int code, char out[64]);
/* Keeps libav* from writing on stderr, unless the host program has chosen its own log level. */
void clip_av_quiet(void);

#endif
