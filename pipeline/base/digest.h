/* SHA-256, by libcrypto: of memory, of files, and of a running list of labelled fields (the
 * digest of a request). */
#ifndef WHELK_DIGEST_H
#define WHELK_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

#define DIGEST_TEXT 65          /* 64 hex digits and a NUL */

struct digest;                  /* NULL from digest_new = no memory; every call takes NULL and
                                 * passes it on */
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *data, size_t size);
/* One field: name and value are both length-prefixed, so that no two lists of fields read alike.
 * NULL value = absent. */
void digest_field(struct digest *d, const char *name, const char *value);
/* frees d; false = no memory */
bool digest_end(struct digest *d, char out[DIGEST_TEXT]);

bool digest_file(const char *path, char out[DIGEST_TEXT], whelk_error *err);
/* What git calls a file of up to 64 MiB: SHA-1 in 40 hex digits. */
bool digest_git(const char *path, char out[DIGEST_TEXT], whelk_error *err);
bool digest_memory(const void *data, size_t size, char out[DIGEST_TEXT]);

#endif
