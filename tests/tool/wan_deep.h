/* A transformer of the Wan family deeper than the golden ones: their two blocks over and over. */
#ifndef WHELK_TESTS_WAN_DEEP_H
#define WHELK_TESTS_WAN_DEEP_H

#include <stdbool.h>
#include "pipeline/base/error.h"

struct wan_deep {
    int blocks;
    int idle_from, idle_to; /* blocks [from, to) add nothing to what goes through them */
    int text;   /* numbers of a row of text, its own columns over and over; 0 = as they are */
    bool blind; /* without what reads the image encoder's rows, as Wan 2.2's I2V experts are */
};

/* Writes FOLDER/model.safetensors and config.json from the golden folder `from`. */
bool wan_deep_write(const char *from, const char *folder, const struct wan_deep *how,
                    whelk_error *err);

#endif
