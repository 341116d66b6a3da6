/* Shots in which two or three meet (model/FORMAT.md, 11). Each of them is made alone, the guests in
 * the place and before the camera of the first; then they are put into one picture: side by side,
 * one after the other, or passing.
 *
 *     company_of_request(t, g, &err);                    // sets t->guests: 0 = alone
 *     company_slots(g->model, t->slots, k, slots);       // of the k-th in the picture alone, 0 =
 * the actor company_meet(g, t, body, 1 + t->guests, camera);   // moves paths that are decoded */
#ifndef WHELK_COMPANY_H
#define WHELK_COMPANY_H

#include "take.h"

/* Checks what the request says of who meets whom. WHELK_EUSAGE where it makes no sense. */
bool company_of_request(struct take_request *t, const whelk_generator *g, whelk_error *err);

/* What is asked of the sampler for the k-th in the picture. out: [slot_count] */
void company_slots(const struct model *m, const int *slots, int k, int *out);

/* Whether what falls from the sky is in the effect layer: one is enough then. */
bool company_shares_effect(const struct model *m, const int *slots);

/* One of those in the picture, as decoded. Paths are [4][poses], moved in place. */
struct company_body {
    const float *pictures; /* [poses][4][edge][edge] */
    int edge;
    float *path, *effect_path; /* effect_path may be NULL */
};

/* Puts them where they meet, and takes the camera, [3][poses], so far back that all are seen. The
 * first is the actor. */
void company_meet(const struct model *m, const struct take_request *t, struct company_body *body,
                  int count, float *camera);

#endif
