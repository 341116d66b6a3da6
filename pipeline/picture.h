/* A picture in a terminal: as kitty's graphics, as sixels, or as half blocks in two colours a cell.
 */
#ifndef WHELK_PICTURE_H
#define WHELK_PICTURE_H

#include <stdint.h>
#include <stdio.h>

enum picture_way { PICTURE_NONE, PICTURE_BLOCKS, PICTURE_SIXEL, PICTURE_KITTY };

extern const char *const picture_ways[]; /* "auto", "none", "blocks", "sixel", "kitty", NULL */

/* What the terminal on `out` can: it is asked, which takes as long as its answer, at most 0.3 s.
 * `asked` is one of picture_ways or NULL; "auto" is PICTURE_NONE where there is no terminal. */
enum picture_way picture_way(FILE *out, const char *asked);

/* Pixels that fill a line of the terminal, and how wide one is at least worth showing. */
int picture_line(FILE *out, enum picture_way way);

/* Rows of width * 3 bytes RGB; ends with a newline. */
void picture_draw(FILE *out, enum picture_way way, const uint8_t *rgb, int width, int height);

#endif
