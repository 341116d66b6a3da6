/* Where a scene plays: the stage that each place offers its actors, the light of each time of day,
 * and the choice of painter. The stage's lines are the very ones that the painters of places_*.c
 * draw. */
#include "look.h"

#include <string.h>

/* Multiplier and addend of red, green, blue. */
static void apply(float mul[3], float add[3], const float by[6])
{
    for (int k = 0; k < 3; k++) {
        add[k] = add[k] * by[k] + by[3 + k];
        mul[k] *= by[k];
    }
}

void scene_light(const struct scene *s, float mul[3], float add[3])
{
    static const float hour[TIME_COUNT][6] = {
        [DAY] = {1.00f, 1.00f, 1.00f, 0.000f, 0.000f, 0.000f},
        [DUSK] = {0.98f, 0.80f, 0.76f, 0.020f, 0.000f, 0.035f},
        [NIGHT] = {0.62f, 0.66f, 0.84f, 0.030f, 0.045f, 0.085f},
        [DAWN] = {0.92f, 0.88f, 0.90f, 0.065f, 0.035f, 0.060f},
    };
    static const float sky[WEATHER_COUNT][6] = {
        [CLEAR] = {1, 1, 1, 0, 0, 0},
        [CLOUDY] = {0.92f, 0.93f, 0.95f, 0.015f, 0.015f, 0.02f},
        [RAIN] = {0.82f, 0.86f, 0.92f, 0.01f, 0.02f, 0.035f},
        [SNOWFALL] = {0.92f, 0.94f, 0.97f, 0.035f, 0.04f, 0.05f},
    };
    static const float lamplight[6] = {1.05f, 0.98f, 0.84f, 0.04f, 0.02f, 0};
    for (int k = 0; k < 3; k++) {
        mul[k] = 1;
        add[k] = 0;
    }
    if (s->slot[SLOT_PLACE] ==
        ROOM) { /* the weather stays outside, and in the dark a lamp is lit */
        if (s->slot[SLOT_TIME] == NIGHT)
            apply(mul, add, (const float[6]){0.80f, 0.76f, 0.74f, 0.02f, 0.01f, 0.01f});
        else
            apply(mul, add, hour[s->slot[SLOT_TIME]]);
        if (s->slot[SLOT_TIME] != DAY)
            apply(mul, add, lamplight);
        return;
    }
    apply(mul, add, hour[s->slot[SLOT_TIME]]);
    apply(mul, add, sky[s->slot[SLOT_WEATHER]]);
}

/* A place has this many layouts, drawn from the scene's seed. A model of a few million numbers
 * paints a few layouts crisply and a continuum of them smeared; raise it together with the model.
 */
enum { LAYOUTS = 8 };

static struct scene laid_out(const struct scene *s)
{
    struct scene fixed = *s;
    fixed.seed = 1 + rng_at(s->seed, 1999, 0) % LAYOUTS;
    return fixed;
}

/* Water that reaches beyond both edges of the plate. */
static void open_water(struct stage *st, float y)
{
    st->water_x0 = -1;
    st->water_x1 = PLATE_WIDTH + 1;
    st->water_y = y;
}

/* The pool is drawn for a board that points right and mirrored for one that points left. */
static void pool_stage(const struct scene *scene, struct stage *st)
{
    struct scene fixed = laid_out(scene), *s = &fixed;
    bool left = s->slot[SLOT_DIRECTION] == TO_LEFT;
    float edge = rng_range(s->seed, 1200, 0, 0.56f, 0.70f), tip = edge + 0.20f;
    st->ground_y = st->road_y = 0.865f;
    st->water_y = 0.765f;
    st->water_x0 = left ? -1 : edge;
    st->water_x1 = left ? PLATE_WIDTH - edge : PLATE_WIDTH + 1;
    st->board_dir = left ? -1 : 1;
    st->board_x = left ? PLATE_WIDTH - tip : tip;
    st->board_y = rng_range(s->seed, 1200, 1, 0.43f, 0.49f);
}

/* The sea fills the plate, but boats keep to what lies clear of the palms and of the parasol. */
static void beach_stage(const struct scene *scene, struct stage *st)
{
    struct scene fixed = laid_out(scene);
    bool palms_left = rng_unit(fixed.seed, 1504, 0) >= 0.5f;
    float palms = 0.64f, parasol = 0.60f;
    st->ground_y = st->road_y = 0.85f;
    st->water_y = 0.625f;
    st->water_x0 = palms_left ? palms : parasol;
    st->water_x1 = PLATE_WIDTH - (palms_left ? parasol : palms);
}

void place_stage(const struct scene *s, struct stage *out)
{
    *out = (struct stage){.ground_y = 0.83f,
                          .road_y = 0.83f,
                          .water_x0 = 9,
                          .water_x1 = -9,
                          .water_y = 9,
                          .sky_y = 0.42f};
    switch ((enum place)s->slot[SLOT_PLACE]) {
    case POOL:
        pool_stage(s, out);
        break;
    case BEACH:
        beach_stage(s, out);
        break;
    case MOUNTAINS:
        out->ground_y = out->road_y = 0.85f;
        open_water(out, 0.665f);
        break;
    case CITY:
        out->ground_y = 0.80f;
        out->road_y = 0.905f;
        break;
    case DESERT:
        out->ground_y = out->road_y = 0.82f;
        break;
    case FARM:
        out->ground_y = out->road_y = 0.84f;
        break;
    case RIVER:
        out->ground_y = out->road_y = 0.875f;
        open_water(out, 0.70f);
        break;
    case ROOM:
        out->ground_y = out->road_y = 0.86f;
        out->sky_y = 0.46f;
        break;
    case UNDERWATER:
        out->ground_y = out->road_y = 0.86f;
        open_water(out, 0.0f); /* the surface is the plate's upper edge */
        break;
    default:
        break;
    }
}

void place_draw(const struct scene *s, struct canvas *c)
{
    static void (*const painter[PLACE_COUNT])(const struct look *, const struct stage *) = {
        [POOL] = draw_pool,     [BEACH] = draw_beach,         [MEADOW] = draw_meadow,
        [FOREST] = draw_forest, [CITY] = draw_city,           [DESERT] = draw_desert,
        [SNOW] = draw_snow,     [MOUNTAINS] = draw_mountains, [UNDERWATER] = draw_underwater,
        [FARM] = draw_farm,     [RIVER] = draw_river,         [ROOM] = draw_room,
    };
    struct look k;
    struct stage st;
    struct scene fixed = laid_out(s);
    bool outdoors = s->slot[SLOT_PLACE] != ROOM && s->slot[SLOT_PLACE] != UNDERWATER;
    place_stage(s, &st);
    scene_technique(s, c);
    look_init(&k, &fixed, c);
    painter[s->slot[SLOT_PLACE]](&k, &st);
    if (outdoors)
        draw_puddles(&k, &st);
}
