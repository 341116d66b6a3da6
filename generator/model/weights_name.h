/* Names of tensors in the files of other programs, turned into the original checkpoint's. */
#ifndef WHELK_WEIGHTS_NAME_H
#define WHELK_WEIGHTS_NAME_H

#include <stdbool.h>
#include "weights.h"

enum { WEIGHTS_NAME_ROOM = 256 };

/* false when the name does not fit. Names that are already original stay as they are. */
bool weights_name(enum names names, const char *from, char out[WEIGHTS_NAME_ROOM]);

#endif
