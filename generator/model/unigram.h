/* SentencePiece's unigram tokenizer, from the model file that comes with a text encoder: the text
 * is normalised by the map in the file and cut into the pieces whose scores have the greatest sum.
 *
 *     struct unigram *u = unigram_open("google/umt5-xxl/spiece.model", &err);
 *     int ids[512], n = unigram_encode(u, "a red fox", ids, 511);      // at most 511
 *     ids[n++] = unigram_end(u);
 *     unigram_close(u);
 *
 * Nothing of the file is believed: a damaged or hostile one is refused. Read only once open. BPE
 * and other kinds of model are refused by name.
 *
 * Source: google/sentencepiece 0.1.97 (Apache-2.0): normalizer.cc, unigram_model.cc and
 * sentencepiece_model.proto; darts-clone's array of double-array units. */
#ifndef WHELK_UNIGRAM_H
#define WHELK_UNIGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include "../../pipeline/base/error.h"

enum { UNIGRAM_TEXT_MAX = 1 << 16 }; /* bytes of text that are read; what is beyond is not */

struct unigram;

struct unigram *unigram_open(const char *path, whelk_error *err);
/* The same from memory, which is copied; name: of the file, for errors. */
struct unigram *unigram_read(const void *data, size_t size, const char *name, whelk_error *err);
void unigram_close(struct unigram *u); /* NULL is fine */

int unigram_count(const struct unigram *u); /* of pieces; ids are below it */
int unigram_end(const struct unigram *u);   /* the id that ends a text, or -1 */

/* Writes at most `room` ids and returns their number; -1 = no memory. Bytes that are no UTF-8
 * become U+FFFD. */
int unigram_encode(const struct unigram *u, const char *text, int *ids, int room);

/* Internal, unigram_normal.c: the file's map of characters. */
struct unigram_map {
    const unsigned char *trie; /* units of four bytes; NULL = none, text stays as it is */
    size_t units;
    const char *texts; /* replacements, each ended by NUL */
    size_t size;
    bool prefix, squeeze, escape; /* a space first; spaces made one; spaces become U+2581 */
    /* user-defined symbols stay as they are: the length of the one that begins here, or 0 */
    size_t (*symbol)(const struct unigram *u, const char *text, size_t size);
    const struct unigram *unigram;
};
bool unigram_map_init(struct unigram_map *m, const unsigned char *blob, size_t size);
/* The normalised text, caller's; NULL = no memory. */
char *unigram_normalise(const struct unigram_map *m, const char *text, size_t size,
                        size_t *out_size);
/* Bytes of the character that begins here, at most size; *whole = false where it is no UTF-8 (then
 * 1). */
size_t unigram_character(const char *text, size_t size, bool *whole);

#endif
