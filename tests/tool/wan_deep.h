/* A transformer of the Wan family deeper than the golden ones: their two blocks over and over. */
#ifndef WHELK_TESTS_WAN_DEEP_H
#define WHELK_TESTS_WAN_DEEP_H

#include <stdbool.h>
#include "pipeline/base/error.h"

/* Writes FOLDER/model.safetensors and config.json from the golden folder `from`. Blocks in
 * [idle_from, idle_to) add nothing to what goes through them. */
bool wan_deep_write(const char *from, const char *folder, int blocks, int idle_from, int idle_to,
                    whelk_error *err);

#endif
