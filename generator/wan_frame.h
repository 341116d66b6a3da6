/* A model's frame, red, green and blue of -1..1, drawn at a clip's size as planes: cut to the
 * clip's shape, resampled by cubics, coded as bt709 limited.
 *
 *     struct wan_painter *p = wan_painter_new(832, 480, 1280, 720, &err);
 *     wan_painter_draw(p, rgb, clip_encoder_canvas(encoder));           // rgb [480][832][3]
 *     wan_painter_free(p); */
#ifndef WHELK_WAN_FRAME_H
#define WHELK_WAN_FRAME_H

#include "../pipeline/base/error.h"
#include "clip.h"

struct wan_painter;

struct wan_painter *wan_painter_new(int from_width, int from_height, int width, int height,
                                    whelk_error *err);
void wan_painter_free(struct wan_painter *p); /* NULL is fine */
void wan_painter_draw(struct wan_painter *p, const float *rgb, struct clip_planes out);

#endif
