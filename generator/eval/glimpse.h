/* What the judge sees of a shot: a few poses of the finished film, small, and the same poses again
 * cut out around the actor. Pictures are drawn by the compositor that draws films, so that the
 * decoders' smears and the matte's edges are in them. */
#ifndef WHELK_GLIMPSE_H
#define WHELK_GLIMPSE_H

#include "../compose.h"

enum {
    GLIMPSE_POSES = 6,   /* 2, 7, 12 .. 27 of 32 */
    GLIMPSE_WIDTH = 128, /* of a frame */
    GLIMPSE_HEIGHT = 72,
    GLIMPSE_CROP = 48 /* edge of a crop */
};

struct glimpse {
    uint8_t frame[GLIMPSE_POSES][GLIMPSE_HEIGHT][GLIMPSE_WIDTH][3];
    uint8_t crop[GLIMPSE_POSES][GLIMPSE_CROP][GLIMPSE_CROP][3];
};

/* Draws the layers and looks at them; false and *err for shots of fewer poses than that, and when
 * memory runs out. */
bool glimpse_take(const struct compose_layers *layers, struct glimpse *out, whelk_error *err);

#endif
