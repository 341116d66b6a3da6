/* A shot of the storyboard in the generator's words. What makes shots of one place look like one
 * place is decided here: the first shot of a place and time makes the plate, every later one is
 * given it clean. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "stage.h"

static bool same(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Two shots show the same place when the storyboard says so and neither the hour nor the weather
 * has changed. */
static bool same_place(const whelk_shot *a, const whelk_shot *b)
{
    static const char *const names[] = {"place", "time", "weather"};
    if (!a->place || !same(a->place, b->place))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!same(whelk_shot_slot(a, names[i]), whelk_shot_slot(b, names[i])))
            return false;
    return true;
}

static const whelk_shot *first_of_place(const whelk_film *film, int index)
{
    for (int i = 0; i < index; i++)
        if (same_place(&film->shots[i], &film->shots[index]))
            return &film->shots[i];
    return NULL;
}

/* Does the capability card list this slot? A card that lists none lets every slot pass to the
 * generator. */
static bool card_knows(const cJSON *card, const char *name)
{
    const cJSON *slots = cJSON_GetObjectItemCaseSensitive(card, "slots");
    if (cJSON_IsObject(slots))
        return cJSON_GetObjectItemCaseSensitive(slots, name) != NULL;
    const cJSON *slot;
    cJSON_ArrayForEach(slot, slots)
    {
        const char *known = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(slot, "name"));
        if (known && strcmp(known, name) == 0)
            return true;
    }
    return !cJSON_IsArray(slots);
}

static void take_slots(struct shot_request *r, const struct run *run, const whelk_shot *shot)
{
    cJSON *card = run->info.card_json ? cJSON_Parse(run->info.card_json) : NULL;
    int room = (int)(sizeof r->slots / sizeof r->slots[0]), count = 0;
    for (int i = 0; i < shot->slot_count; i++) {
        const whelk_slot_text *s = &shot->slots[i];
        if (!s->name || !s->value)
            continue;
        if (count < room && card_knows(card, s->name))
            r->slots[count++] = (whelk_gen_slot){s->name, s->value};
        else if (!r->passed_over)
            r->passed_over = s;
    }
    cJSON_Delete(card);
    r->gen.slots = r->slots;
    r->gen.slot_count = count;
}

/* The plate: a picture of the user's, or the one an earlier shot of the place was made with. */
static bool take_plate(struct shot_request *r, struct run *run, const whelk_film *film, int index,
                       whelk_error *err)
{
    const whelk_shot *shot = &film->shots[index];
    if (shot->first_frame && strcmp(shot->first_frame, "previous") != 0) {
        r->plate_path = reel_file(run->reel, shot->first_frame);
        r->gen.plate_picture = r->plate_path;
        return r->plate_path || whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    const whelk_shot *first = first_of_place(film, index);
    if (!first || !first->take)
        return true;
    char *base = take_base(run->reel, first->id, first->take);
    size_t size = base ? strlen(base) : 0;
    r->plate_path = base ? realloc(base, size + sizeof ".latent.safetensors") : NULL;
    if (!r->plate_path) {
        free(base);
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    strcpy(r->plate_path + size, ".latent.safetensors");
    r->gen.plate_from = r->plate_path;
    r->plate_shot = first;
    return true;
}

bool shot_request_init(struct shot_request *r, struct run *run, const whelk_film *film, int index,
                       whelk_error *err)
{
    const whelk_shot *shot = &film->shots[index];
    *r = (struct shot_request){0};
    r->gen = (whelk_gen_request){
        .caption = shot->prompt,
        .seed = shot->seed,
        .width = film->width,
        .height = film->height,
        .fps = film->fps,
        .seconds = shot->seconds,
        .steps = run->options.steps,
        .guidance = run->options.guidance,
        .budget = run->options.budget,
    };
    take_slots(r, run, shot);
    if (take_plate(r, run, film, index, err) &&
        whelk_gen_digest(run->generator, &r->gen, r->digest, err))
        return true;
    whelk_error_prefix(err, "shot %s", shot->id);
    shot_request_release(r);
    return false;
}

void shot_request_release(struct shot_request *r)
{
    free(r->plate_path);
    r->plate_path = NULL;
}
