/* Shots longer than a clip: whether a join shows, and whether the later parts still show what was
 * asked for. The world's clips of part `next`, which begin with a group of the part before, are
 * measured by the same code. */
#ifndef WHELK_EVAL_LONGER_H
#define WHELK_EVAL_LONGER_H

#include <stdio.h>

#include "../model/goes_on.h"
#include "sight.h"

/* Steps from pose to pose, summed: of the actor's picture, of its way, of the camera's. */
struct steps {
    double picture, way, camera;
    int count;
};

struct longer {
    struct sights real; /* further clips of the world */
    struct sights part[MODEL_PARTS_MAX];
    struct steps real_join, real_else, made_join, made_else;
};

/* A clip of the world that goes on. */
bool longer_add_real(struct longer *l, const struct judge *j, const struct scene *s,
                     int plate_cells, whelk_error *err);
/* A shot of `clip` poses and further parts, each of which repeats one group of `group` poses. */
bool longer_add(struct longer *l, const struct judge *j, const int *slot,
                const struct compose_layers *shot, int clip, int group, int plate_cells,
                whelk_error *err);
void longer_free(struct longer *l);

/* Markdown; nothing where no long shot was made. */
void longer_write(const struct longer *l, const struct judge *j, FILE *out);

#endif
