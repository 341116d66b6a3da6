/* A long script cut into pieces that can be read one after the other. */
#ifndef WHELK_SCRIPT_H
#define WHELK_SCRIPT_H

#include <stddef.h>

#define SCRIPT_PIECE_BYTES 12000

/* Bytes of the next piece of a text: up to `most`, ended where the text itself pauses: before a
 * scene heading, else at a blank line, a line's end, a sentence, a word, at worst between two
 * characters. 0 at the end. */
size_t script_piece(const char *text, size_t most);

#endif
