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

/* Of the shots that were asked for a value of this attribute, those in which the judge names it. */
struct share {
    int right, asked;
};
double share_percent(struct share s);
/* value < 0: of all values. */
struct share sights_named(const struct sights *s, const struct judge *j, int attribute, int value);
/* Index of the attribute of that name, or -1. */
int sights_attribute(const struct judge *j, const char *name);
/* Frechet distance of the judge's features of two crowds; negative when memory runs out. */
double sights_distance(const struct sights *a, const struct sights *b, const struct judge *j);

#endif
