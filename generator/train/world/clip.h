/* A clip of the training world rendered into its layers, as worldgen streams them and the sheet
 * composes them.
 *
 *     struct clip clip;
 *     clip_init(&clip, 4, 2);
 *     clip_render(&clip, clip_seed(1, 0));
 *     clip_write(&clip, stdout);
 *     clip_release(&clip);
 */
#ifndef WORLD_CLIP_H
#define WORLD_CLIP_H

#include <stdio.h>
#include "scene.h"

#define CLIP_MAGIC 0x314b4c57u
enum { PLATE_W = 224, PLATE_H = 96, ACTOR_N = 64, EFFECT_N = 32 }; /* base sizes in pixels */

struct clip {
    int plate_scale, crop_scale;
    struct scene scene;
    struct stage stage;
    uint8_t *plate;          /* RGB, PLATE_H*ps rows of PLATE_W*ps */
    uint8_t *actor, *effect; /* RGBA premultiplied, POSES squares of ACTOR_N*cs and EFFECT_N*cs */
    float camera[3 * POSES], actor_path[4 * POSES], effect_path[4 * POSES]; /* coordinate-major */
    uint8_t *scratch;
    struct canvas *plate_canvas, *actor_canvas, *effect_canvas;
};

uint64_t clip_seed(uint64_t stream_seed, uint64_t index);
/* Scales 1, 2 or 4; out of memory ends the program. */
void clip_init(struct clip *clip, int plate_scale, int crop_scale);
void clip_release(struct clip *clip);
void clip_render(struct clip *clip, uint64_t seed); /* of scene_sample() */
void clip_render_scene(struct clip *clip, const struct scene *scene);
bool clip_write(const struct clip *clip, FILE *out); /* one record; false: out has an error */

/* One finished frame, RGB: the plate through the camera's window, contact shadow, actor, effect. */
void clip_compose(const struct clip *clip, int pose, int width, int height, uint8_t *rgb,
                  size_t row_bytes);

#endif
