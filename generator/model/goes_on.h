/* Shots longer than a clip (FORMAT.md 10): how a model's model.json says that it can make them, how
 * long they may be, and with what each layer of a further part begins.
 *
 *     int parts = model_parts(m, 6);          // 3: 32 + 28 + 28 poses at 12 a second
 *     int poses = model_poses(m, parts);      // 88
 *     if (model_turn_of(m, "launch") == MODEL_ENDS) ...   // one clip is all of it */
#ifndef WHELK_GOES_ON_H
#define WHELK_GOES_ON_H

#include <cjson/cJSON.h>
#include "model.h"

enum { MODEL_PARTS_MAX = 5 };
#define MODEL_LONGEST_S 10.0
/* A card tells seconds to a thousandth: whoever asks for as many means the clip, or the longest
 * shot. */
#define MODEL_ROUNDED_S 1e-3
/* A path's ground line of as much or more is none, however large it is. */
#define MODEL_NO_GROUND 2.0f

/* Reads "goes_on" of model.json, after slots and layers; where it is, the card is told how long a
 * shot may be ("seconds": {"longest"}). */
bool model_read_goes_on(struct model *m, cJSON *json, whelk_error *err);

/* Poses of a shot of so many parts; the fewest parts that last so long, and no more than the model
 * can make: 1 where shots do not go on, else MODEL_PARTS_MAX. */
int model_poses(const struct model *m, int parts);
int model_parts(const struct model *m, double seconds);
/* The longest shot: a clip, where shots do not go on. */
double model_longest(const struct model *m);

/* What an action does in further parts, as the card tells: nothing, it is over with one clip; goes
 * on where it is; or turns round and comes back. */
enum model_turn { MODEL_ENDS, MODEL_STAYS, MODEL_BACK };
enum model_turn model_turn_of(const struct model *m, const char *action);

/* Numbers that a layer of a further part begins with: of a grid that has groups, its first group's
 * latents [y * x * dim]; of a path its first group of poses, [raw / poses][group]; 0 = none. */
int model_start_numbers(const struct model *m, const struct model_layer *l);

#endif
