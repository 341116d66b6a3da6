/* What can be measured of a shot's layers without knowing what was asked for. Real and generated
 * layers are measured by the same code; only the two beside each other say anything. */
#ifndef WHELK_EVAL_FACTS_H
#define WHELK_EVAL_FACTS_H

#include "../compose.h"

struct facts {
    double seam;         /* plate: slope across borders of cells / slope elsewhere; 1 = no seam */
    double camera_shake; /* rms second difference of the window's centre, thousandths of a plate */
    double path_shake;   /* of the actor's centre, the same */
    double change;       /* how much of the actor's picture changes from pose to pose, 0..1 */
    double travel;       /* length of the actor's way, plate units */
    double red, green, blue; /* the actor's mean colour, 0..1 */
    double cover;            /* mean opacity of the actor's crop */
    int discs;               /* suns and moons of the plate */
};

struct fall {
    bool found;          /* it rises and falls */
    double acceleration; /* plate heights a second squared, of the best parabola */
    double residual;     /* rms distance from it / height covered */
    double r2;
};

/* cells_across: cells of the plate side by side. */
void facts_measure(const struct compose_layers *l, int cells_across, struct facts *out);
/* Suns and moons (discs.c); none in a plate of fewer than 96 rows, negative when memory runs out.
 */
int facts_discs(const struct compose_layers *l);
/* The flight of a diver: from half a second, when the feet leave the board in the training world,
 * to the pose of fastest fall. */
void facts_fall(const struct compose_layers *l, struct fall *out);

#endif
