/* The four techniques in which a scene may be painted. What follows from a shape (colours,
 * gradients, the shadow that cut paper casts) is the canvas's; what follows from the finished
 * picture is done here, on its pixels. */
#ifndef WORLD_STYLE_H
#define WORLD_STYLE_H

#include "scene.h"

/* RGBA premultiplied, rows of width * 4. */
void style_plate(const struct scene *s, uint8_t *rgba, int width, int height);
/* One pose of a crop of n x n pixels; scratch: n * n bytes. */
void style_actor(const struct scene *s, uint8_t *rgba, int n, uint8_t *scratch);

#endif
