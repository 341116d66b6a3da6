/* Normalisation: the longest entry of the map that begins at a place is replaced by its text; what
 * is in no entry stays. Spaces at the ends go and runs become one, a space is put in front, and
 * spaces are written as U+2581. The map is a double array of 32-bit units, walked byte by byte. */
#include "unigram.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/bytes.h"

#define SPACE "\xe2\x96\x81"
#define UNREADABLE "\xef\xbf\xbd"

bool unigram_map_init(struct unigram_map *m, const unsigned char *blob, size_t size)
{
    uint32_t trie;
    if (size == 0)
        return true;
    if (size < 8)
        return false;
    memcpy(&trie, blob, 4);
    if (trie % 4 || trie < 4 || trie > size - 5 || blob[size - 1] != 0)
        return false;
    m->trie = blob + 4;
    m->units = trie / 4;
    m->texts = (const char *)blob + 4 + trie;
    m->size = size - 4 - trie;
    return true;
}

static uint32_t unit_at(const struct unigram_map *m, uint32_t i)
{
    uint32_t unit;
    memcpy(&unit, m->trie + 4UL * i, 4);
    return unit;
}

static uint32_t offset_of(uint32_t unit)
{
    return unit >> 10 << ((unit & 1u << 9) >> 6);
}

/* The longest entry that text begins with: its bytes, 0 = none, and where its replacement lies. */
static size_t longest(const struct unigram_map *m, const char *text, size_t size, const char **with)
{
    size_t found = 0;
    if (!m->trie)
        return 0;
    uint32_t at = offset_of(unit_at(m, 0));
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        at ^= c;
        if (at >= m->units)
            break;
        uint32_t unit = unit_at(m, at);
        if ((unit & 0x800000ffu) != c)
            break;
        at ^= offset_of(unit);
        if (!(unit >> 8 & 1))
            continue;
        if (at >= m->units)
            break;
        uint32_t value = unit_at(m, at) & 0x7fffffffu;
        if (value < m->size) {
            found = i + 1;
            *with = m->texts + value;
        }
    }
    return found;
}

size_t unigram_character(const char *text, size_t size, bool *whole)
{
    unsigned char c = (unsigned char)text[0];
    size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
    *whole = n && n <= size;
    uint32_t code = n ? c & (0xff >> n) : 0;
    for (size_t i = 1; *whole && i < n; i++) {
        *whole = ((unsigned char)text[i] & 0xc0) == 0x80;
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (*whole && n > 1)
        *whole = code >= least[n] && code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    return *whole ? n : 1;
}

/* What the place `text` becomes; returns the bytes it takes from it. */
static size_t replace(const struct unigram_map *m, const char *text, size_t size, const char **with,
                      size_t *length)
{
    bool whole;
    size_t symbol = m->symbol ? m->symbol(m->unigram, text, size) : 0;
    size_t n = symbol ? symbol : longest(m, text, size, with);
    if (n && !symbol) {
        *length = strlen(*with);
        return n;
    }
    n = symbol ? symbol : unigram_character(text, size, &whole);
    *with = symbol || whole ? text : UNREADABLE;
    *length = symbol || whole ? n : strlen(UNREADABLE);
    return n;
}

static void put(const struct unigram_map *m, struct bytes *b, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == ' ' && m->escape)
            bytes_text(b, SPACE);
        else
            bytes_append(b, text + i, 1);
}

static void cut_spaces(const struct unigram_map *m, struct bytes *b)
{
    const char *space = m->escape ? SPACE : " ";
    size_t n = strlen(space);
    while (b->size >= n && memcmp(b->data + b->size - n, space, n) == 0)
        b->size -= n;
}

char *unigram_normalise(const struct unigram_map *m, const char *text, size_t size,
                        size_t *out_size)
{
    struct bytes b;
    const char *with;
    size_t length, took;
    bytes_init(&b, (size_t)1 << 26);
    while (m->squeeze && size) {
        took = replace(m, text, size, &with, &length);
        if (length != 1 || *with != ' ')
            break;
        text += took, size -= took;
    }
    bool after_space = m->squeeze;
    if (size && m->prefix)
        put(m, &b, " ", 1);
    while (size && !b.failed) {
        took = replace(m, text, size, &with, &length);
        while (after_space && length && *with == ' ')
            with++, length--;
        if (length) {
            put(m, &b, with, length);
            after_space = with[length - 1] == ' ';
        }
        after_space = after_space && m->squeeze;
        text += took, size -= took;
    }
    if (m->squeeze && b.data)
        cut_spaces(m, &b);
    *out_size = b.size;
    return bytes_take(&b);
}
