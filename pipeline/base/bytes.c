/* Growable bytes with a ceiling. Room doubles; the ceiling bounds `size`, one more byte is kept for
 * the NUL. A failed append leaves what is there as it was and sets `failed`, which only
 * bytes_release and bytes_take clear. */
#include "bytes.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_init(struct bytes *b, size_t ceiling)
{
    *b = (struct bytes){.ceiling = ceiling < SIZE_MAX ? ceiling : SIZE_MAX - 1};
}

void bytes_release(struct bytes *b)
{
    free(b->data);
    bytes_init(b, b->ceiling);
}

/* Makes room for `more` bytes and the NUL. */
static bool make_room(struct bytes *b, size_t more)
{
    if (b->failed || more > b->ceiling - b->size) {
        b->failed = true;
        return false;
    }
    size_t need = b->size + more + 1;
    if (need <= b->room)
        return true;
    size_t room = b->room > SIZE_MAX / 2 ? need : b->room * 2;
    if (room < need)
        room = need;
    if (room < 64)
        room = 64;
    if (room - 1 > b->ceiling)
        room = b->ceiling + 1;
    char *data = realloc(b->data, room);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->room = room;
    return true;
}

bool bytes_append(struct bytes *b, const void *data, size_t size)
{
    if (!make_room(b, size))
        return false;
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
    b->data[b->size] = '\0';
    return true;
}

bool bytes_text(struct bytes *b, const char *text)
{
    return bytes_append(b, text, strlen(text));
}

bool bytes_format(struct bytes *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int size = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    bool made = size >= 0 && make_room(b, (size_t)size);
    if (made) {
        vsnprintf(b->data + b->size, (size_t)size + 1, fmt, again);
        b->size += (size_t)size;
    } else {
        b->failed = true;
    }
    va_end(again);
    return made;
}

char *bytes_take(struct bytes *b)
{
    char *data = NULL;
    if (!b->failed && make_room(b, 0)) {
        b->data[b->size] = '\0';
        data = b->data;
        b->data = NULL;
    }
    bytes_release(b);
    return data;
}
