/* Everything noted of one shot, and lists of such notes. */
#ifndef WHELK_SIGHT_H
#define WHELK_SIGHT_H

#include "facts.h"
#include "judge.h"
#include "scene.h"

struct sight {
    int slot[SCENE_SLOTS]; /* what was asked for */
    struct verdict verdict;
    struct facts facts;
    struct fall fall;
    uint8_t look[3][GLIMPSE_HEIGHT][GLIMPSE_WIDTH]
                [3]; /* early, middle, late: for the contact sheet */
};

struct sights {
    struct sight *of;
    int count, room;
};

/* Looks at layers and notes it. */
bool sights_add(struct sights *s, const struct judge *j, const int *slot,
                const struct compose_layers *l, int plate_cells, whelk_error *err);
void sights_free(struct sights *s);

#endif
