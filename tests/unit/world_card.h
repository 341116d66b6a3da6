/* The training world's capability card, as its renderer tells it: the widest there is. */
#ifndef WHELK_TESTS_WORLD_CARD_H
#define WHELK_TESTS_WORLD_CARD_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* *json is the caller's to free, on failure too. */
static inline bool read_world_card(char **json)
{
    size_t size = 0, room = 1 << 20;
    FILE *f = popen("build/worldgen --card", "r");
    *json = malloc(room);
    if (f && *json)
        size = fread(*json, 1, room - 1, f);
    if (*json)
        (*json)[size] = '\0';
    return f && pclose(f) == 0 && size > 0;
}

#endif
