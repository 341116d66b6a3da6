/* Mending a decoded matte: its rim and its specks. Dividing colour by a small alpha multiplies the
 * decoder's errors, which shows as a dark or pale seam around the actor; so the rim takes its
 * colour from the solid pixels beside it. */
#ifndef WHELK_COMPOSE_MATTE_H
#define WHELK_COMPOSE_MATTE_H

/* One picture, planes r, g, b, a of edge x edge, premultiplied: in and out must not overlap. Alpha
 * is copied as it is. */
void matte_clean(const float *in, int edge, float *out);

/* Makes specks transparent: pieces of a matte that touch nothing else and are under a thirtieth of
 * the largest piece. rgba: as matte_clean wrote it; scratch: 2 * edge * edge ints. */
void matte_despeckle(float *rgba, int edge, int *scratch);

#endif
