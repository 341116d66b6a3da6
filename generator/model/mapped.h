/* A file mapped to be read, whatever its size: pages come as they are used. */
#ifndef WHELK_MAPPED_H
#define WHELK_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/error.h"

struct mapped {
    const unsigned char *data;
    size_t size;
    bool own; /* to be unmapped by mapped_close; memory of others is only looked at */
};

/* A regular file of at least `least` bytes; `kind` names what it should be ("a GGUF file"). */
bool mapped_open(struct mapped *m, const char *path, size_t least, const char *kind,
                 whelk_error *err);
void mapped_close(struct mapped *m);

#endif
