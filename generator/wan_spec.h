/* What files make a Wan model and how it is run: from model.json, or from the folder layouts in
 * which the models are published (the original one, and that of the diffusers library).
 *
 *     struct wan_spec s;
 *     if (wan_spec_read(&s, "Wan2.1-T2V-1.3B", &err)) ...
 *     wan_spec_release(&s); */
#ifndef WHELK_WAN_SPEC_H
#define WHELK_WAN_SPEC_H

#include <stdbool.h>
#include "../pipeline/base/error.h"
#include "model/flow.h"
#include "ncr_wan.h"

struct wan_spec {
    char *name, *licence;   /* licence: "" where nothing tells it */
    char *dit, *low;        /* paths; low: the expert for little noise, or NULL */
    char *text, *tokenizer; /* tokenizer: NULL where the text encoder's file carries it */
    char *vae;
    char *image;     /* the image encoder, or NULL */
    char *negative;  /* NULL = the published one for all Wan models */
    double boundary; /* of the experts, 0..1; 0 = by the transformer's kind */
    enum flow_solver solver;
    unsigned switches; /* of ncr_wan.h: what a budget may leave out */
    int steps; /* from here on 0 = by the transformer's kind */
    double shift, guidance, guidance_low;
    int width, height, frames;
    double fps;
};

/* True when the folder looks like a Wan model; no file is opened but model.json. */
bool wan_spec_is(const char *dir);
bool wan_spec_read(struct wan_spec *s, const char *dir, whelk_error *err);
void wan_spec_release(struct wan_spec *s);

#endif
