/* JSON out of what a language model wrote around it and did to it: code fences and prose dropped,
 * trailing and missing commas, comments, raw line breaks in texts and words of other languages put
 * right, a cut-off tail closed. Only what is mechanical: no value is invented.
 *
 *     struct mending m;
 *     char *json = mend_json(reply, &m);      // strict JSON of the largest object, or NULL
 *     if (json && m.count) log("mended: %s", m.told);
 *     free(json);
 */
#ifndef WHELK_MEND_H
#define WHELK_MEND_H

#include <stdbool.h>

struct mending {
    int count;      /* kinds of things put right */
    char told[300]; /* "prose around it, a trailing comma"; "" = nothing */
    bool cut;       /* the end was missing */
};

/* Caller's to free; NULL: no object in it, or no memory. What it returns is JSON as RFC 8259 has it
 * and mends to itself; it may still be refused for duplicate names. */
char *mend_json(const char *text, struct mending *mending);

#endif
