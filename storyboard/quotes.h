/* What stands in quotation marks in a prompt: the film's title, or something said or written, which
 * no shot can show. Either way its words are not what happens. */
#ifndef WHELK_QUOTES_H
#define WHELK_QUOTES_H

#include <stdbool.h>
#include <stddef.h>

#define QUOTES_MAX 16

struct quotes {
    struct {
        const char *from, *to; /* inside the marks; into the prompt */
        bool spoken;
    } at[QUOTES_MAX];
    int count;
    const char *title; /* into the prompt, title_size bytes; NULL = none is given */
    size_t title_size;
};

void quotes_find(struct quotes *q, const char *prompt);
bool quotes_hold(const struct quotes *q, const char *at); /* does this byte lie in one? */

#endif
