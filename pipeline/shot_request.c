/* A shot of the storyboard in the generator's words. What makes shots of one place look like one
 * place: one of them makes the plate (plate.c says which), the others are given it clean. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "stage.h"

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
        const char *known = json_text(slot, "name");
        if (known && strcmp(known, name) == 0)
            return true;
    }
    return !cJSON_IsArray(slots);
}

static void take_slots(struct shot_request *r, const struct run *run, const whelk_shot *shot)
{
    int room = (int)(sizeof r->slots / sizeof r->slots[0]), count = 0;
    for (int i = 0; i < shot->slot_count; i++) {
        const whelk_slot_text *s = &shot->slots[i];
        if (!s->name || !s->value)
            continue;
        if (count < room && card_knows(run->card, s->name))
            r->slots[count++] = (whelk_gen_slot){s->name, s->value};
        else if (!r->passed_over)
            r->passed_over = s;
    }
    r->gen.slots = r->slots;
    r->gen.slot_count = count;
}

/* A preview is a quarter as wide as usual, at the rate the model draws at, with half of the usual
 * steps and at most eight: a tenth of the work. */
#define PREVIEW_SIDE 320
#define PREVIEW_FPS 12
#define PREVIEW_STEPS 8

static int even(double v)
{
    return v < 16 ? 16 : (int)(v / 2 + 0.5) * 2;
}

static void make_small(whelk_gen_request *r, int default_steps)
{
    int side = r->width > r->height ? r->width : r->height,
        steps = r->steps ? r->steps : default_steps;
    double scale = side > PREVIEW_SIDE ? (double)PREVIEW_SIDE / side : 1;
    r->width = even(r->width * scale);
    r->height = even(r->height * scale);
    r->fps = r->fps < PREVIEW_FPS ? r->fps : PREVIEW_FPS;
    steps = (steps + 1) / 2;
    r->steps = steps < PREVIEW_STEPS ? steps : PREVIEW_STEPS;
}

/* A shot that goes on from the one before has its actor too, if that does the same there: a layer
 * holds both the looks and what is done. */
static bool same_actor(const whelk_shot *a, const whelk_shot *b)
{
    static const char *const names[] = {"subject",   "colour", "mark",    "action",
                                        "direction", "style",  "company", "subject2",
                                        "colour2",   "mark2",  "pace"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *in_a = whelk_shot_slot(a, names[i]), *in_b = whelk_shot_slot(b, names[i]);
        if (!in_a != !in_b || (in_a && strcmp(in_a, in_b) != 0))
            return false;
    }
    return true;
}

/* Of a model of whole frames: it begins with the frame on which the cut leaves the shot before. */
static bool take_after(struct shot_request *r, const struct run *run, const whelk_shot *source,
                       const char *take, whelk_error *err)
{
    struct take_facts facts;
    if (!take_facts_read(run->reel, source->id, take, &facts, err))
        return false;
    int last = facts.frames - 1 - (int)lround(source->trim_out_s * facts.fps);
    take_facts_release(&facts);
    r->after = source;
    r->gen.plate_picture = r->plate_path = take_clip_path(run->reel, source->id, take);
    r->gen.plate_frame = last > 0 ? last : 0;
    return r->plate_path || whelk_fail(err, WHELK_EFAIL, "no memory");
}

/* The plate, and going on from the shot before the actor, too, of `source`. */
static bool take_held(struct shot_request *r, const struct run *run, const whelk_shot *shot,
                      const whelk_shot *source, const char *take, whelk_error *err)
{
    char *base = take_base(run->reel, source->id, take);
    r->plate_path = base ? text_format("%s.latent.safetensors", base) : NULL;
    free(base);
    if (!r->plate_path)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    r->gen.plate_from = r->plate_path;
    r->plate_shot = source;
    if (shot_goes_on(shot) && same_actor(shot, source))
        r->gen.actor_from = r->plate_path;
    return true;
}

/* What it begins with: a picture of the user's, or what another shot was made with. */
static bool take_plate(struct shot_request *r, struct run *run, const whelk_shot *shot,
                       const whelk_shot *source, whelk_error *err)
{
    if (shot->first_frame && !shot_goes_on(shot)) {
        r->plate_path = reel_file(run->reel, shot->first_frame);
        r->gen.plate_picture = r->plate_path;
        return r->plate_path || whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    const char *take = source ? source->take : NULL;
    if (run->options.preview && source && !(take && take_exists(run->reel, source->id, take)))
        take = take_exists(run->reel, source->id, PREVIEW) ? PREVIEW : NULL;
    if (!take)
        return true;
    if (run->info.layered)
        return take_held(r, run, shot, source, take, err);
    return !shot_goes_on(shot) || take_after(r, run, source, take, err);
}

static bool take_last(struct shot_request *r, const struct run *run, const whelk_shot *shot,
                      whelk_error *err)
{
    if (!shot->last_frame)
        return true;
    r->last_path = reel_file(run->reel, shot->last_frame);
    r->gen.last_picture = r->last_path;
    return r->last_path || whelk_fail(err, WHELK_EFAIL, "no memory");
}

bool shot_request_init(struct shot_request *r, struct run *run, const whelk_film *film, int index,
                       int plate_from, whelk_error *err)
{
    const whelk_shot *shot = &film->shots[index];
    const whelk_shot *source = plate_from >= 0 ? &film->shots[plate_from] : NULL;
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
    if (run->options.preview)
        make_small(&r->gen, run->info.default_steps);
    take_slots(r, run, shot);
    if (take_plate(r, run, shot, source, err) && take_last(r, run, shot, err) &&
        whelk_gen_digest(run->generator, &r->gen, r->digest, err))
        return true;
    whelk_error_prefix(err, "shot %s", shot->id);
    shot_request_release(r);
    return false;
}

void shot_request_release(struct shot_request *r)
{
    free(r->plate_path);
    free(r->last_path);
    r->plate_path = r->last_path = NULL;
}
