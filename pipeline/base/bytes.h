/* Growable bytes with a ceiling: the one way of the project to build text and buffers whose size
 * comes from outside.
 *
 *     struct bytes b;
 *     bytes_init(&b, 1 << 20);                     // never more than 1 MiB
 *     bytes_format(&b, "%s has %d shots", name, n);
 *     if (b.failed) ...                            // out of memory or over the ceiling; sticky
 *     char *text = bytes_take(&b);                 // caller's to free; b is empty again
 *
 * `data` is always followed by a NUL that is not counted. Not thread safe. */
#ifndef WHELK_BYTES_H
#define WHELK_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    char *data;                 /* NULL while empty */
    size_t size, room, ceiling;
    bool failed;
};

void bytes_init(struct bytes *b, size_t ceiling);
void bytes_release(struct bytes *b);
bool bytes_append(struct bytes *b, const void *data, size_t size);
bool bytes_text(struct bytes *b, const char *text);
bool bytes_format(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *bytes_take(struct bytes *b);                  /* NULL if failed; "" becomes an allocated
                                                     * empty string */

#endif
