/* The module that carries the engine: one table, one symbol. */
#include "engine.h"

#define ENTRY(name) .name = name,

static const struct engine calls = {ENGINE_CALLS(ENTRY)};

__attribute__((visibility("default"))) const struct engine *whelk_engine_1(void);

const struct engine *whelk_engine_1(void)
{
    return &calls;
}
