/* The catalogue of published models: what each is called, where on the hub it lies, its licence,
 * its files with their sizes and digests.
 *
 *     struct catalogue c;
 *     if (!catalogue_open(&c, &err)) ...
 *     const struct catalogue_model *m = catalogue_find(&c, "wan2.1-t2v-1.3b");   // NULL = none
 *     catalogue_release(&c);
 *
 * It is catalogue.json, read from $WHELK_CATALOGUE, else beside the program (in the source tree or
 * in share/whelk). Every name in it that becomes a path or an address is checked on reading. */
#ifndef WHELK_CATALOGUE_H
#define WHELK_CATALOGUE_H

#include <stdbool.h>

#include "base/error.h"

struct catalogue_file {
    const char *path;   /* in the repository, with slashes */
    long long size;     /* bytes; -1 = not known here, the hub says it */
    const char *sha256; /* 64 small hex digits; NULL = not known here */
};

struct catalogue_model {
    const char *name, *about, *licence;
    const char *repository; /* "owner/name" */
    const char *revision;   /* a commit, or a name such as "main" */
    struct catalogue_file *files;
    int count;
};

struct catalogue {
    struct cJSON *json; /* owned; all text above is borrowed from it */
    struct catalogue_model *models;
    int count;
};

bool catalogue_open(struct catalogue *c, whelk_error *err);
void catalogue_release(struct catalogue *c);
const struct catalogue_model *catalogue_find(const struct catalogue *c, const char *name);
/* The same, where there has to be one: else told, with the nearest name. */
const struct catalogue_model *catalogue_need(const struct catalogue *c, const char *name,
                                             whelk_error *err);
long long catalogue_bytes(const struct catalogue_model *m); /* of the files whose size is known */

#endif
