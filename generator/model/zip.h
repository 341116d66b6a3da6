/* The entries of a zip file, as far as PyTorch's checkpoints use them: stored, not compressed, not
 * encrypted, with 64-bit sizes where they are needed. */
#ifndef WHELK_ZIP_H
#define WHELK_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/error.h"

struct zip_entry {
    const char *name; /* in the file, without an end */
    size_t name_size;
    const unsigned char *data;
    size_t size;
};

/* The list is the caller's to free. False and *err for a damaged file or another kind of entry. */
bool zip_list(const unsigned char *data, size_t size, const char *path, struct zip_entry **out,
              int *count, whelk_error *err);

#endif
