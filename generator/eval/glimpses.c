/* Writes what the judge is trained on: for scene after scene its slots, how it was spoiled, and the
 * pictures. Little endian, one record a scene: i32 slots[SCENE_SLOTS], i32 spoil, then the
 * glimpse's bytes (glimpse.h). A third of the scenes are spoiled, by turns in every way. */
#include <stdio.h>
#include <stdlib.h>

#include "eval.h"
#include "glimpse.h"
#include "scene.h"

bool eval_glimpses(const struct eval_options *o, FILE *out, whelk_error *err)
{
    struct scenes_options options = {.worldgen = o->worldgen, .seed = o->seed, .count = o->count};
    struct scenes *scenes = scenes_open(&options, err);
    struct scene *scene = calloc(1, sizeof *scene);
    struct glimpse *g = malloc(sizeof *g);
    bool good = scenes && ((scene && g) || whelk_fail(err, WHELK_EFAIL, "out of memory"));
    for (int i = 0; good && scenes_next(scenes, scene, err); i++) {
        int32_t spoil = i % 3 == 2 ? 1 + i / 3 % (SPOIL_KINDS - 1) : SPOIL_NOT;
        scene_spoil(scene, (enum spoil)spoil, o->seed + (uint64_t)i);
        good = glimpse_take(&scene->layers, g, err);
        if (good &&
            (fwrite(scene->slot, sizeof scene->slot, 1, out) != 1 ||
             fwrite(&spoil, sizeof spoil, 1, out) != 1 || fwrite(g, sizeof *g, 1, out) != 1))
            good = whelk_fail(err, WHELK_EFAIL, "glimpses cannot be written: is the reader gone?");
    }
    good = good && !(err && err->code);
    scenes_close(scenes);
    if (scene)
        scene_release(scene);
    free(scene);
    free(g);
    return good;
}
