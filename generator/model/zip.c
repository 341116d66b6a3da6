/* Reading a zip from its end: the record that tells where the directory lies, the directory, and
 * for each entry the local header before its data. */
#include "zip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    END = 22,
    END64 = 56,
    LOCATOR = 20,
    DIRECTORY = 46,
    LOCAL = 30,
    COMMENT_MAX = 65535,
    ENTRIES_MAX = 1 << 20
};

struct zip {
    const unsigned char *data;
    size_t size;
};

static uint64_t little(const unsigned char *p, int bytes)
{
    uint64_t v = 0;
    while (bytes-- > 0)
        v = v << 8 | p[bytes];
    return v;
}

static bool within(const struct zip *z, uint64_t at, uint64_t size)
{
    return at <= z->size && size <= z->size - at;
}

/* Where the directory lies, how large it is and how many entries it has. */
static bool find_directory(const struct zip *z, uint64_t *at, uint64_t *size, uint64_t *entries)
{
    uint64_t lowest = z->size > END + COMMENT_MAX ? z->size - END - COMMENT_MAX : 0;
    for (uint64_t i = z->size < END ? 0 : z->size - END + 1; i-- > lowest;) {
        const unsigned char *p = z->data + i;
        if (!within(z, i, END) || memcmp(p, "PK\5\6", 4) != 0)
            continue;
        *entries = little(p + 10, 2), *size = little(p + 12, 4), *at = little(p + 16, 4);
        const unsigned char *l = i >= LOCATOR ? p - LOCATOR : NULL;
        if (l && memcmp(l, "PK\6\7", 4) == 0) {
            uint64_t wide = little(l + 8, 8);
            if (!within(z, wide, END64) || memcmp(z->data + wide, "PK\6\6", 4) != 0)
                return false;
            *entries = little(z->data + wide + 32, 8), *size = little(z->data + wide + 40, 8);
            *at = little(z->data + wide + 48, 8);
        }
        return within(z, *at, *size);
    }
    return false;
}

/* Replaces what stands as 32 bits of ones by its 64 bits in the extra field, in the format's order.
 */
static bool widen(const unsigned char *extra, uint64_t size, uint64_t *plain, uint64_t *packed,
                  uint64_t *at)
{
    uint64_t *want[] = {plain, packed, at};
    for (uint64_t i = 0; i + 4 <= size;) {
        uint64_t id = little(extra + i, 2), length = little(extra + i + 2, 2), from = i + 4;
        if (length > size - from)
            return false;
        for (int k = 0; id == 1 && k < 3; k++)
            if (*want[k] == UINT32_MAX) {
                if (from + 8 > i + 4 + length)
                    return false;
                *want[k] = little(extra + from, 8);
                from += 8;
            }
        i += 4 + length;
    }
    return true;
}

static bool read_entry(const struct zip *z, const unsigned char *p, uint64_t room,
                       struct zip_entry *e, uint64_t *used)
{
    if (room < DIRECTORY || memcmp(p, "PK\1\2", 4) != 0)
        return false;
    uint64_t flags = little(p + 8, 2), method = little(p + 10, 2), packed = little(p + 20, 4),
             plain = little(p + 24, 4), name = little(p + 28, 2), extra = little(p + 30, 2),
             comment = little(p + 32, 2), at = little(p + 42, 4);
    *used = DIRECTORY + name + extra + comment;
    if (*used > room || flags & 1 || method != 0 ||
        !widen(p + DIRECTORY + name, extra, &plain, &packed, &at) || plain != packed ||
        !within(z, at, LOCAL) || memcmp(z->data + at, "PK\3\4", 4) != 0)
        return false;
    uint64_t before = LOCAL + little(z->data + at + 26, 2) + little(z->data + at + 28, 2);
    if (!within(z, at, before) || !within(z, at + before, plain))
        return false;
    *e = (struct zip_entry){(const char *)p + DIRECTORY, name, z->data + at + before, plain};
    return true;
}

bool zip_list(const unsigned char *data, size_t size, const char *path, struct zip_entry **out,
              int *count, whelk_error *err)
{
    struct zip z = {data, size};
    uint64_t at = 0, length = 0, entries = 0, used = 0;
    if (!find_directory(&z, &at, &length, &entries))
        return whelk_fail(err, WHELK_EFAIL, "%s: is no zip file, or is cut off", path);
    if (entries > ENTRIES_MAX || entries > length / DIRECTORY)
        return whelk_fail(err, WHELK_EFAIL, "%s: claims %llu entries", path,
                          (unsigned long long)entries);
    struct zip_entry *list = calloc(entries + 1, sizeof *list);
    if (!list)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory", path);
    for (uint64_t i = 0; i < entries; i++, at += used, length -= used)
        if (!read_entry(&z, data + at, length, &list[i], &used)) {
            free(list);
            return whelk_fail(err, WHELK_EFAIL,
                              "%s: entry %llu is damaged, compressed or encrypted", path,
                              (unsigned long long)i + 1);
        }
    *out = list;
    *count = (int)entries;
    return true;
}
