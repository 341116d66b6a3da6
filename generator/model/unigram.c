/* The model file, which is a protocol buffer, and the search for the best pieces. Pieces are found
 * in a sorted list whose range narrows with each byte. */
#define _GNU_SOURCE /* qsort_r */
#include "unigram.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/file.h"

enum { FILE_MAX = 64 << 20, PIECES_MAX = 1 << 21, BYTES = 256 };
enum { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };
#define UNKNOWN_PENALTY 10.0f

struct piece {
    const char *text; /* in the file, without an end */
    int size;
    float score;
    int type;
};

struct unigram {
    char *file;
    struct piece *pieces;
    int count;
    int *sorted, sorted_count; /* ids of pieces that text can be cut into */
    int unknown, end, byte[BYTES];
    bool byte_fallback, has_symbols;
    float least, most; /* scores of normal pieces */
    int kind;
    struct unigram_map map;
};

/* --- Protocol buffers --- */

struct wire {
    const unsigned char *at, *end;
    bool bad;
};

static uint64_t varint(struct wire *w)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (w->at == w->end)
            break;
        unsigned char c = *w->at++;
        v |= (uint64_t)(c & 127) << shift;
        if (c < 128)
            return v;
    }
    w->bad = true;
    return 0;
}

/* One field: its number, and its value as a whole number, as bytes, or both. 0 at the end. */
static int field(struct wire *w, uint64_t *value, struct wire *inside)
{
    if (w->at == w->end || w->bad)
        return 0;
    uint64_t key = varint(w), size = 0;
    *inside = (struct wire){w->at, w->at, false};
    *value = 0;
    switch (key & 7) {
    case 0:
        *value = varint(w);
        break;
    case 1:
        size = 8;
        break;
    case 2:
        size = varint(w);
        break;
    case 5:
        size = 4;
        break;
    default:
        w->bad = true;
    }
    if (w->bad || size > (uint64_t)(w->end - w->at) || key >> 3 > 1 << 29) {
        w->bad = true;
        return 0;
    }
    *inside = (struct wire){w->at, w->at + size, false};
    w->at += size;
    return (int)(key >> 3);
}

static bool read_piece(struct unigram *u, struct wire w)
{
    struct piece *p = &u->pieces[u->count];
    struct wire inside;
    uint64_t value;
    *p = (struct piece){.type = NORMAL};
    for (int f; (f = field(&w, &value, &inside));)
        if (f == 1) {
            p->text = (const char *)inside.at;
            p->size = (int)(inside.end - inside.at);
        } else if (f == 2 && inside.end - inside.at == 4) {
            memcpy(&p->score, inside.at, 4);
        } else if (f == 3) {
            p->type = (int)(value & 255);
        }
    u->count++;
    return !w.bad && isfinite(p->score) && p->type >= NORMAL && p->type <= BYTE;
}

static bool read_trainer(struct unigram *u, struct wire w)
{
    struct wire inside;
    uint64_t value;
    for (int f; (f = field(&w, &value, &inside));)
        if (f == 3)
            u->kind = (int)(value & 255);
        else if (f == 35)
            u->byte_fallback = value != 0;
        else if (f == 40)
            u->unknown = (int)(value & 0x7fffffff);
        else if (f == 42)
            u->end = (int)(int64_t)value;
    return !w.bad;
}

static bool read_normaliser(struct unigram *u, struct wire w)
{
    struct wire inside;
    uint64_t value;
    bool good = true;
    for (int f; (f = field(&w, &value, &inside));)
        if (f == 2)
            good = unigram_map_init(&u->map, inside.at, (size_t)(inside.end - inside.at)) && good;
        else if (f == 3)
            u->map.prefix = value != 0;
        else if (f == 4)
            u->map.squeeze = value != 0;
        else if (f == 5)
            u->map.escape = value != 0;
    return !w.bad && good;
}

/* Room for every piece is counted first. */
static int count_pieces(struct wire w)
{
    struct wire inside;
    uint64_t value;
    int count = 0;
    for (int f; (f = field(&w, &value, &inside)) && count <= PIECES_MAX;)
        count += f == 1;
    return w.bad ? -1 : count;
}

static bool read_model(struct unigram *u, size_t size, const char *name, whelk_error *err)
{
    struct wire w = {(unsigned char *)u->file, (unsigned char *)u->file + size, false}, inside;
    uint64_t value;
    int room = count_pieces(w);
    if (room < 1 || room > PIECES_MAX)
        return whelk_fail(err, WHELK_EFAIL, "%s: is no SentencePiece model", name);
    u->pieces = calloc((size_t)room, sizeof *u->pieces);
    u->sorted = calloc((size_t)room, sizeof *u->sorted);
    if (!u->pieces || !u->sorted)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory for %d pieces", name, room);
    for (int f; (f = field(&w, &value, &inside));) {
        bool good = f == 1   ? read_piece(u, inside)
                    : f == 2 ? read_trainer(u, inside)
                    : f == 3 ? read_normaliser(u, inside)
                             : true;
        if (!good)
            return whelk_fail(err, WHELK_EFAIL, "%s: is damaged (%s %d)", name,
                              f == 1 ? "piece" : "section", f == 1 ? u->count - 1 : f);
    }
    if (u->kind != 1)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: is a SentencePiece model of kind %d; only unigram "
                          "models (1) are read",
                          name, u->kind);
    return true;
}

/* --- Pieces in order --- */

static int compare(const struct piece *a, const struct piece *b)
{
    int n = a->size < b->size ? a->size : b->size, c = n ? memcmp(a->text, b->text, (size_t)n) : 0;
    return c ? c : a->size - b->size;
}

static int by_text(const void *a, const void *b, void *ctx)
{
    const struct unigram *u = ctx;
    return compare(&u->pieces[*(const int *)a], &u->pieces[*(const int *)b]);
}

static bool note_byte(struct unigram *u, int id)
{
    const struct piece *p = &u->pieces[id];
    unsigned value;
    char text[8] = "";
    if (p->size != 6)
        return false;
    memcpy(text, p->text, 6);
    if (sscanf(text, "<0x%2X>", &value) != 1 || value >= BYTES)
        return false;
    u->byte[value] = id;
    return true;
}

static bool order_pieces(struct unigram *u, const char *name, whelk_error *err)
{
    u->least = FLT_MAX, u->most = -FLT_MAX;
    for (int i = 0; i < BYTES; i++)
        u->byte[i] = -1;
    for (int i = 0; i < u->count; i++) {
        const struct piece *p = &u->pieces[i];
        if (p->type == NORMAL || p->type == USER_DEFINED || p->type == UNUSED) {
            if (p->size == 0)
                return whelk_fail(err, WHELK_EFAIL, "%s: piece %d is empty", name, i);
            u->sorted[u->sorted_count++] = i;
        }
        if (p->type == NORMAL) {
            u->least = fminf(u->least, p->score);
            u->most = fmaxf(u->most, p->score);
        }
        u->has_symbols = u->has_symbols || p->type == USER_DEFINED;
        if (p->type == BYTE && !note_byte(u, i))
            return whelk_fail(err, WHELK_EFAIL, "%s: piece %d is no byte's name", name, i);
    }
    if (u->least == FLT_MAX)
        u->least = u->most = 0;
    qsort_r(u->sorted, (size_t)u->sorted_count, sizeof *u->sorted, by_text, u);
    for (int i = 1; i < u->sorted_count; i++)
        if (compare(&u->pieces[u->sorted[i - 1]], &u->pieces[u->sorted[i]]) == 0)
            return whelk_fail(err, WHELK_EFAIL, "%s: pieces %d and %d are the same", name,
                              u->sorted[i - 1], u->sorted[i]);
    for (int i = 0; u->byte_fallback && i < BYTES; i++)
        if (u->byte[i] < 0)
            return whelk_fail(err, WHELK_EFAIL, "%s: has no piece for byte %d", name, i);
    return (u->unknown >= 0 && u->unknown < u->count && u->end < u->count) ||
           whelk_fail(err, WHELK_EFAIL, "%s: its special pieces are not among its %d", name,
                      u->count);
}

/* A range of the sorted list whose pieces begin with the same bytes. */
struct range {
    int from, to, depth;
};

/* The first piece in the range whose byte at its depth is at least c. */
static int bound(const struct unigram *u, struct range r, int c)
{
    while (r.from < r.to) {
        int middle = r.from + (r.to - r.from) / 2;
        const struct piece *p = &u->pieces[u->sorted[middle]];
        int is = p->size > r.depth ? (unsigned char)p->text[r.depth] : -1;
        if (is < c)
            r.from = middle + 1;
        else
            r.to = middle;
    }
    return r.from;
}

/* Narrows by one byte; *id is the piece that ends here, or -1. False = no piece goes on so. */
static bool narrow(const struct unigram *u, struct range *r, unsigned char c, int *id)
{
    int from = bound(u, *r, c), to = bound(u, *r, c + 1);
    *r = (struct range){from, to, r->depth + 1};
    *id = from < to && u->pieces[u->sorted[from]].size == r->depth ? u->sorted[from] : -1;
    return from < to;
}

static size_t symbol_at(const struct unigram *u, const char *text, size_t size)
{
    struct range r = {0, u->sorted_count, 0};
    size_t found = 0;
    int id;
    for (size_t i = 0; i < size && narrow(u, &r, (unsigned char)text[i], &id); i++)
        if (id >= 0 && u->pieces[id].type == USER_DEFINED)
            found = i + 1;
    return found;
}

/* --- Opening --- */

struct unigram *unigram_read(const void *data, size_t size, const char *name, whelk_error *err)
{
    struct unigram *u = calloc(1, sizeof *u);
    if (u)
        u->file = malloc(size + 1);
    if (!u || !u->file) {
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", name);
        free(u);
        return NULL;
    }
    memcpy(u->file, data, size);
    u->kind = 1, u->end = 2; /* what the format means where it says nothing */
    u->map.prefix = u->map.squeeze = u->map.escape = true;
    if (!read_model(u, size, name, err) || !order_pieces(u, name, err)) {
        unigram_close(u);
        return NULL;
    }
    u->map.unigram = u;
    u->map.symbol = u->has_symbols ? symbol_at : NULL;
    return u;
}

struct unigram *unigram_open(const char *path, whelk_error *err)
{
    char *data = NULL;
    size_t size;
    if (!file_read(path, FILE_MAX, &data, &size, err))
        return NULL;
    struct unigram *u = unigram_read(data, size, path, err);
    free(data);
    return u;
}

void unigram_close(struct unigram *u)
{
    if (!u)
        return;
    free(u->pieces);
    free(u->sorted);
    free(u->file);
    free(u);
}

int unigram_count(const struct unigram *u)
{
    return u->count;
}

int unigram_end(const struct unigram *u)
{
    return u->end;
}

/* --- The best pieces --- */

/* The best way to reach a place: over piece `id`, which began at `from`. */
struct best {
    int id;
    int from; /* -1 = not reached */
    float score;
};

static void offer(struct best *to, int id, size_t from, float score)
{
    if (to->from < 0 || score > to->score)
        *to = (struct best){id, (int)from, score};
}

static void search(const struct unigram *u, const char *text, size_t size, struct best *best)
{
    bool whole;
    for (size_t i = 0; i <= size; i++)
        best[i] = (struct best){-1, -1, 0};
    for (size_t at = 0; at < size;) {
        size_t character = unigram_character(text + at, size - at, &whole);
        struct range r = {0, u->sorted_count, 0};
        float so_far = best[at].score;
        bool alone = false;
        int id;
        for (size_t end = at; end < size && narrow(u, &r, (unsigned char)text[end], &id);) {
            end++;
            if (id < 0 || u->pieces[id].type == UNUSED)
                continue;
            float own = u->pieces[id].type == USER_DEFINED
                            ? (float)((double)((float)(end - at) * u->most) - 0.1)
                            : u->pieces[id].score;
            offer(&best[end], id, at, own + so_far);
            alone = alone || end - at == character;
        }
        if (!alone)
            offer(&best[at + character], u->unknown, at, u->least - UNKNOWN_PENALTY + so_far);
        at += character;
    }
}

/* Writes the pieces in order of text; unknown characters in a row are one, or their bytes. ends:
 * room for a number a byte of text. */
static int collect(const struct unigram *u, const char *text, size_t size, const struct best *best,
                   int *ends, int *ids, int room)
{
    int pieces = 0, count = 0;
    bool after_unknown = false;
    for (int at = (int)size; at > 0; at = best[at].from)
        ends[pieces++] = at;
    while (pieces--) {
        const struct best *b = &best[ends[pieces]];
        bool unknown = b->id == u->unknown;
        if (unknown && u->byte_fallback)
            for (int i = b->from; i < ends[pieces] && count < room; i++)
                ids[count++] = u->byte[(unsigned char)text[i]];
        else if (!(unknown && after_unknown) && count < room)
            ids[count++] = b->id;
        after_unknown = unknown;
    }
    return count;
}

int unigram_encode(const struct unigram *u, const char *text, int *ids, int room)
{
    size_t size = 0;
    char *normal = unigram_normalise(&u->map, text, strnlen(text, UNIGRAM_TEXT_MAX), &size);
    struct best *best = normal ? malloc((size + 1) * sizeof *best) : NULL;
    int *ends = normal ? malloc((size + 1) * sizeof *ends) : NULL, count = -1;
    if (best && ends) {
        search(u, normal, size, best);
        count = collect(u, normal, size, best, ends, ids, room);
    }
    free(normal);
    free(best);
    free(ends);
    return count;
}
