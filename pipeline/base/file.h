/* Files as Whelk uses them: read whole with a ceiling, written beside and renamed so that a file
 * is whole or absent, folders made with their parents. Errors name the path and the cause. */
#ifndef WHELK_FILE_H
#define WHELK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

/* Refuses what is there and is no file: opening a pipe would wait for whoever writes into it. */
bool file_is_plain(const char *path, whelk_error *err);

/* Reads the whole file; *data ends with an uncounted NUL and is the caller's to free. A file
 * larger than `ceiling` is refused, and so is a pipe that is not under /dev, where the shell has its
 * own. `size` may be NULL. */
bool file_read(const char *path, size_t ceiling, char **data, size_t *size, whelk_error *err);

/* Writes to "<path>.part", syncs, renames. On failure the old file is as it was and the part is
 * removed. */
bool file_write(const char *path, const void *data, size_t size, whelk_error *err);

/* The same with another file's bytes; a file copied onto itself stays as it is. */
bool file_copy(const char *from, const char *to, whelk_error *err);

bool file_exists(const char *path);
bool file_make_dirs(const char *path, whelk_error *err);             /* like mkdir -p */
/* caller's; a name that is absolute wins; NULL = no memory */
char *file_join(const char *dir, const char *name);

/* Bytes free for us on the file system that holds path (or its nearest existing parent); -1 =
 * cannot tell. */
long long file_space(const char *path);

#endif
