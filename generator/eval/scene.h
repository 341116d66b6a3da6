/* Scenes of the training world, read from the stream of its renderer (train/world/README.md): what
 * was asked for, and the real layers. The renderer is a program of its own, run beside this one. */
#ifndef WHELK_EVAL_SCENE_H
#define WHELK_EVAL_SCENE_H

#include <stdio.h>

#include "../compose.h"

enum { SCENE_SLOTS = 32, SCENE_VALUES = 24, SCENE_CAPTION = 512 };

struct scene {
    char caption[SCENE_CAPTION];
    int slot[SCENE_SLOTS]; /* an index into the slot's values each; the count or more = unset */
    struct compose_layers layers; /* point into the arrays below */
    float *plate, *actor, *effect, *vectors;
};

/* The world's slots and their values, as its card names them. */
struct world_slot {
    char name[24];
    int count;
    char value[SCENE_VALUES][24];
};
struct world_card {
    int count;
    struct world_slot slot[SCENE_SLOTS];
};
bool world_card_read(const char *worldgen, struct world_card *out, whelk_error *err);

struct scenes; /* an open stream */

struct scenes_options {
    const char *worldgen; /* the program */
    uint64_t seed;
    int count;
    bool held_out;    /* only scenes with a pair that training never saw */
    const char *only; /* further arguments, e.g. "--slot action=dive"; NULL = none */
};

/* Starts the renderer; layers come at twice the size that the model's tokens suggest. NULL and *err
 * when it cannot be run. */
struct scenes *scenes_open(const struct scenes_options *o, whelk_error *err);
void scenes_close(struct scenes *s); /* NULL is fine */

/* The next scene into *out, whose arrays are made once and used again. False with err->code 0 at
 * the end, with a sentence where the stream is damaged. */
bool scenes_next(struct scenes *s, struct scene *out, whelk_error *err);
void scene_release(struct scene *s);

/* --- Scenes spoiled on purpose, so that the judge learns to say "none" (spoil.c) -------------- */

enum spoil { SPOIL_NOT, SPOIL_ERASE, SPOIL_SMEAR, SPOIL_SHUFFLE, SPOIL_KINDS };
/* Erases the actor and its effect; smears them into a blot; or shuffles the cells of its pictures.
 * The path stays as it was. */
void scene_spoil(struct scene *s, enum spoil how, uint64_t seed);

#endif
