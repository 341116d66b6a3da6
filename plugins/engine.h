/* The engine behind the elements. Model, networks, editor and their libraries take a tenth of a
 * second to load, which a registry scan must not pay; so they live in a module of their own, opened
 * when the first element starts to work.
 *
 *     const struct engine *e = engine_open(&err);
 *     if (e)
 *         g = e->whelk_gen_open(&options, &err);
 */
#ifndef WHELK_PLUGIN_ENGINE_H
#define WHELK_PLUGIN_ENGINE_H

#include "../editor/editor.h"
#include "../generator/generator.h"
#include "../pipeline/director.h"

/* Every public call that the elements make. */
#define ENGINE_CALLS(CALL)                                                                         \
    CALL(whelk_gen_open)                                                                           \
    CALL(whelk_gen_close)                                                                          \
    CALL(whelk_gen_get_info)                                                                       \
    CALL(whelk_gen_plan)                                                                           \
    CALL(whelk_gen_digest)                                                                         \
    CALL(whelk_gen_shoot)                                                                          \
    CALL(whelk_gen_shot_free)                                                                      \
    CALL(whelk_gen_shot_seconds)                                                                   \
    CALL(whelk_gen_view_new)                                                                       \
    CALL(whelk_gen_view_free)                                                                      \
    CALL(whelk_gen_view_frames)                                                                    \
    CALL(whelk_gen_view_draw)                                                                      \
    CALL(whelk_gen_view_draw_over)                                                                 \
    CALL(whelk_score_write)                                                                        \
    CALL(whelk_text_picture)                                                                       \
    CALL(whelk_edit_piece_next)                                                                    \
    CALL(whelk_edit_piece_close)                                                                   \
    CALL(whelk_reel_open)                                                                          \
    CALL(whelk_reel_close)                                                                         \
    CALL(whelk_reel_outline)                                                                       \
    CALL(whelk_outline_free)                                                                       \
    CALL(whelk_reel_piece)                                                                         \
    CALL(whelk_reel_sound)                                                                         \
    CALL(whelk_llm_named)                                                                          \
    CALL(whelk_plan)                                                                               \
    CALL(whelk_shoot)                                                                              \
    CALL(whelk_one_shot_ask)                                                                       \
    CALL(whelk_one_shot_free)

#define ENGINE_MEMBER(name) __typeof__(name) *name;

struct engine {
    ENGINE_CALLS(ENGINE_MEMBER)
};

/* Opens the module once in the life of the process; from any thread. NULL and *err when it is not
 * there or does not load. */
const struct engine *engine_open(whelk_error *err);

/* The one symbol of the module. */
#define ENGINE_SYMBOL "whelk_engine_1"
typedef const struct engine *engine_entry(void);

#endif
