/* A line as one shot, for whoever wants a clip and no film: the planner is asked for a film with
 * room for a single shot, and that shot is handed on in the generator's words. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>

#include "../storyboard/storyboard.h"
#include "director.h"

#define ROOM_S 0.5 /* a film so short has one shot; the generator gives it its full length */

static bool take_words(whelk_one_shot *one, const whelk_film *film, const whelk_shot *shot)
{
    if (!whelk_set_text(&one->caption, shot->prompt) || !whelk_set_text(&one->title, film->title))
        return false;
    for (int i = 0; i < shot->slot_count && one->slot_count < WHELK_ONE_SHOT_SLOTS; i++) {
        const whelk_slot_text *s = &shot->slots[i];
        int k = one->slot_count++;
        if (!whelk_set_text(&one->slots[k].name, s->name) ||
            !whelk_set_text(&one->slots[k].value, s->value))
            return false;
    }
    return true;
}

whelk_one_shot *whelk_one_shot_ask(const char *prompt, const char *card_json, uint64_t seed,
                                   const whelk_listener *listen, whelk_error *err)
{
    whelk_plan_request ask = {
        .prompt = prompt, .card_json = card_json, .seconds = ROOM_S, .seed = seed};
    whelk_film *film = whelk_plan_offline(&ask, listen, err);
    if (!film)
        return NULL;
    whelk_one_shot *one = calloc(1, sizeof *one);
    if (!one || !take_words(one, film, &film->shots[0])) {
        whelk_fail(err, WHELK_EFAIL, "no memory for a shot's words");
        whelk_one_shot_free(one);
        one = NULL;
    }
    if (one)
        one->seed = seed ? seed : film->shots[0].seed;
    whelk_film_free(film);
    return one;
}

void whelk_one_shot_free(whelk_one_shot *one)
{
    if (!one)
        return;
    free(one->caption);
    free(one->title);
    for (int i = 0; i < one->slot_count; i++) {
        free(one->slots[i].name);
        free(one->slots[i].value);
    }
    free(one);
}
