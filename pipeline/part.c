/* A part of a film as a film of its own: `whelk cut --only 0020-0040`. */
#define _DEFAULT_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

/* "0020-0040", or one id. */
static bool read_range(const whelk_film *film, const char *text, int *first, int *last,
                       whelk_error *err)
{
    const char *dash = strchr(text, '-');
    int size = dash ? (int)(dash - text) : (int)strlen(text);
    *first = *last = -1;
    for (int i = 0; i < film->shot_count; i++) {
        const char *id = film->shots[i].id;
        if ((int)strlen(id) == size && strncmp(id, text, (size_t)size) == 0)
            *first = i;
        if (strcmp(id, dash ? dash + 1 : text) == 0)
            *last = i;
    }
    if (*first < 0 || *last < 0)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the part \"%.40s\" names a shot there is not; write it like %s-%s", text,
                          film->shots[0].id, film->shots[film->shot_count - 1].id);
    return *first <= *last ||
           whelk_fail(err, WHELK_EUSAGE, "the part \"%.40s\" ends before it begins", text);
}

/* Titles that begin in the part stay, as long as it lasts. */
static void keep_titles(whelk_film *film, double from_s, double to_s)
{
    int kept = 0;
    for (int i = 0; i < film->title_count; i++) {
        whelk_title *title = &film->titles[i];
        if (title->at_s < from_s - 1e-6 || title->at_s > to_s - 0.1) {
            free(title->text);
            free(title->kind);
            continue;
        }
        title->at_s = fmax(0, title->at_s - from_s);
        title->seconds = fmin(title->seconds, to_s - from_s - title->at_s);
        film->titles[kept++] = *title;
    }
    film->title_count = kept;
}

bool film_part(whelk_film *film, const char *range, whelk_error *err)
{
    int first, last;
    if (!read_range(film, range, &first, &last, err))
        return false;
    keep_titles(film, whelk_film_shot_start(film, first), whelk_film_shot_start(film, last + 1));
    bool done = true;
    while (done && film->shot_count > last + 1)
        done = whelk_film_remove_shot(film, film->shots[film->shot_count - 1].id, err);
    for (int i = 0; done && i < first; i++)
        done = whelk_film_remove_shot(film, film->shots[0].id, err);
    film->seconds = whelk_film_cut_seconds(film);
    return done;
}
