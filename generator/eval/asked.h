/* Which scenes of the world a model can be asked for, and how: by the scene's slots and caption, as
 * the planner asks. */
#ifndef WHELK_EVAL_ASKED_H
#define WHELK_EVAL_ASKED_H

#include "../generator.h"
#include "scene.h"

struct asked; /* a model's card held against the world's */

/* NULL and *err on failure. The card is borrowed. */
struct asked *asked_new(const struct world_card *card, const char *card_json, whelk_error *err);
void asked_free(struct asked *a); /* NULL is fine */

/* Arguments that keep the renderer to what this model has slots for, e.g. "--slot weather=clear".
 */
const char *asked_only(const struct asked *a);
/* The model has this slot of the world's, and this value of it. */
bool asked_value(const struct asked *a, int slot, int value);
/* The model knows every value of this scene; what it has no slot for is at its plainest. */
bool asked_can(const struct asked *a, const struct scene *s);
/* The model's card names pairs that its training never saw. */
bool asked_has_held_out(const struct asked *a);

/* The request; points into the scene, the card and `slots` (SCENE_SLOTS of them). */
void asked_request(const struct asked *a, const struct scene *s, uint64_t seed,
                   whelk_gen_slot *slots, whelk_gen_request *out);

#endif
