/* Pictures of the user's: a frame of any picture or video, cut to a shape and resampled.
 *
 *     float *p = picture_read("first.png", 0, 832, 480, &err);    // [3][480][832] of -1..1
 *
 * The memory is the caller's. */
#ifndef WHELK_PICTURE_H
#define WHELK_PICTURE_H

#include "../pipeline/base/error.h"
#include "resample.h"

float *picture_read(const char *path, int frame, int width, int height, whelk_error *err);

/* Tables for a source of from_width x from_height that covers width x height, cut alike on both
 * sides; both axes empty before. False = no memory; they are the caller's to release in any case.
 */
bool picture_axes(struct resample_axis *across, struct resample_axis *down, int from_width,
                  int from_height, int width, int height);

#endif
