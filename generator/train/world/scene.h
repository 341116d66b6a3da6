/* One scene of the training world: what is chosen (slots), where it stands (stage), how things
 * move (pose), and how it is drawn. Every function is pure in its arguments: the same seed draws
 * the same picture on any machine.
 *
 * Units: plate units (plate height 1, width 14/6, y down), seconds, radians. Poses are 12 a
 * second, 32 of them. */
#ifndef WORLD_SCENE_H
#define WORLD_SCENE_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include "raster.h"

#define PLATE_WIDTH (14.0f / 6.0f)
#define POSES 32
#define POSES_PER_SECOND 12.0f
#define GROUP 4 /* poses that are one token's */
#define GRAVITY                                                                                    \
    1.25f /* plate heights per second squared: a dive of half a plate                              \
           * takes 0.9 s */

enum slot {
    SLOT_SUBJECT,
    SLOT_ACTION,
    SLOT_PLACE,
    SLOT_TIME,
    SLOT_COLOUR,
    SLOT_DIRECTION,
    SLOT_SIZE,
    SLOT_CAMERA,
    SLOT_WEATHER,
    SLOT_STYLE,
    SLOT_MARK,
    SLOT_COMPANY,
    SLOT_SUBJECT2,
    SLOT_COLOUR2,
    SLOT_MARK2,
    SLOT_PACE,
    SLOT_PART,
    SLOT_COUNT
};

enum subject {
    CAT,
    DOG,
    HORSE,
    CHILD,
    BIRD,
    FISH,
    BUTTERFLY,
    BALL,
    CAR,
    BOAT,
    ROCKET,
    BALLOON,
    RABBIT,
    DUCK,
    TURTLE,
    ELEPHANT,
    PLANE,
    SUBJECT_COUNT
};
enum action {
    WALK,
    RUN,
    JUMP,
    DIVE,
    SIT,
    FLY,
    SWIM,
    BOUNCE,
    DRIVE,
    SAIL,
    LAUNCH,
    FLOAT,
    ACTION_COUNT
};
enum place {
    POOL,
    BEACH,
    MEADOW,
    FOREST,
    CITY,
    DESERT,
    SNOW,
    MOUNTAINS,
    UNDERWATER,
    FARM,
    RIVER,
    ROOM,
    PLACE_COUNT
};
enum time_of_day { DAY, DUSK, NIGHT, DAWN, TIME_COUNT };
enum colour { ORANGE, RED, YELLOW, GREEN, BLUE, WHITE, BLACK, PURPLE, COLOUR_COUNT };
enum direction { TO_LEFT, TO_RIGHT, DIRECTION_COUNT };
enum shot_size { WIDE, MEDIUM, CLOSE, SIZE_COUNT };
enum camera_move {
    STATIC,
    PAN_LEFT,
    PAN_RIGHT,
    PUSH_IN,
    PULL_OUT,
    FOLLOW,
    TILT_UP,
    TILT_DOWN,
    CAMERA_COUNT
};
enum weather { CLEAR, CLOUDY, RAIN, SNOWFALL, WEATHER_COUNT };
enum style { PICTURE_BOOK, WATERCOLOUR, CUT_OUT, POSTER, STYLE_COUNT };
/* What the actor does with a second one, whose subject, colour and mark have slots of their own
 * (unset when alone). The two share one crop: so they cost a model no further layer. */
enum company { ALONE, CHASES, FOLLOWS, PASSES, TOGETHER, COMPANY_COUNT };
/* What tells one actor from another of its kind and colour: with the colour it is the actor's whole
 * identity, and nothing else of its looks is drawn from the seed but its size. */
enum mark { PLAIN, STRIPES, SPOTS, PATCH, SCARF, MARK_COUNT };
enum pace { STEADY, SLOW, FAST, PACE_COUNT }; /* of those who cross the picture */
/* A clip shows the first part of a shot, or what comes next: it begins with the last group of the
 * first part, GOING_ON seconds later. Then whoever crossed the picture turns round and comes back,
 * and a camera that moved comes to rest. */
enum part { FIRST, NEXT, PART_COUNT };
#define GOING_ON ((POSES - GROUP) / POSES_PER_SECOND)

struct scene {
    uint64_t seed; /* everything not in slots is drawn from it by rng_at(seed,
                    * purpose, n) */
    int slot[SLOT_COUNT];
};

/* What a place offers to those who act in it; places.c fills it, motion.c uses it. */
struct stage {
    float ground_y;           /* the line feet stand on, 0.72..0.86 */
    float water_x0, water_x1; /* horizontal extent of water at the surface; x0 > x1: none */
    float water_y;            /* its surface */
    float board_x, board_y;   /* tip of the springboard's top side (pool only); the board
                               * points to +x or -x: */
    int board_dir;            /* +1 or -1, the way the diver leaves; 0: no board */
    float road_y;             /* where wheels run; ground_y where there is no road */
    float sky_y;              /* flyers keep above this line */
};

/* One moment of the actor. (x, y) is where its feet, wheels or keel are, or its centre for
 * flyers, swimmers, balls. */
struct pose {
    float x, y;
    float angle;    /* body rotation about its centre, positive = clockwise when
                     * facing right */
    float phase;    /* gait, wing or wheel phase, radians, grows with distance */
    float face;     /* 1 = the way the clip's plan faces, -1 = turned round, between: turning */
    float tuck;     /* 0 stretched .. 1 tucked (jump, dive) or squash of a ball
                     * (-1..1) */
    float effect;   /* seconds since the event that an effect shows (entry,
                     * ignition); < 0 before */
    float shadow_y; /* ground line for the contact shadow; >= 9: none */
};

/* --- scene.c ---------------------------------------------------------------------------------- */
uint32_t rng_at(uint64_t seed, uint32_t purpose, uint32_t n); /* counter-based; no state */
float rng_unit(uint64_t seed, uint32_t purpose, uint32_t n);  /* [0, 1) */
float rng_range(uint64_t seed, uint32_t purpose, uint32_t n, float from, float to);

/* a sensible scene: fish swim, boats sail; never one with a pair of values that is held out */
void scene_sample(struct scene *s, uint64_t seed);
/* the same with at least one such pair */
void scene_sample_held(struct scene *s, uint64_t seed);
bool scene_held_out(const int slot[SLOT_COUNT]);
/* What follows the first part of a shot, by action: nothing, since all is over; a way back; more of
 * the same. Two who meet do not go on. */
enum sequel { ENDS, TURNS_BACK, STAYS };
enum sequel scene_sequel(const int slot[SLOT_COUNT]);
/* The second actor as a scene of its own, in the same place; false: the first is alone. */
bool scene_companion(const struct scene *s, struct scene *second);
/* the i-th held-out pair; false beyond the last */
bool scene_held_pair(size_t i, enum slot pair[2], int values[2]);
/* subject can act so in that place */
bool scene_possible(const int slot[SLOT_COUNT]);
void scene_caption(const struct scene *s, char *out, size_t size); /* varied wording, by seed */
/* every word a caption can hold, sorted; how many */
size_t scene_vocabulary(char (*words)[16], size_t max);
const char *slot_name(enum slot s);
const char *slot_value(enum slot s, int value);
int slot_count(enum slot s);
/* FILE *: the capability card, section 9 of FORMAT.md */
void scene_card_json(void *file);

/* --- places.c --------------------------------------------------------------------------------- */
void place_stage(const struct scene *s, struct stage *out);
/* the whole plate, view set by the caller */
void place_draw(const struct scene *s, struct canvas *c);
/* for the actor's and effect's paint: the hour's light, dimmed by the weather */
void scene_light(const struct scene *s, float mul[3], float add[3]);
/* the colours and edges of the scene's style, for whatever is painted */
void scene_technique(const struct scene *s, struct canvas *c);

/* --- motion.c --------------------------------------------------------------------------------- */
/* seconds of the scene at which pose i of its clip is */
float pose_time(const struct scene *s, int i);
/* body length unit in plate units */
float actor_size(const struct scene *s);
void actor_pose(const struct scene *s, const struct stage *st, float t, struct pose *out);
/* crop centre, side */
void actor_crop(const struct scene *s, const struct stage *st, float t, float out_xy_side[3]);
/* centre, height */
void camera_window(const struct scene *s, const struct stage *st, float t, float out_cxcyh[3]);

/* --- subjects.c ------------------------------------------------------------------------------- */
/* in plate units */
void actor_draw(const struct scene *s, const struct stage *st, float t, struct canvas *c);

/* --- effects.c -------------------------------------------------------------------------------- */
/* in plate units */
void effect_draw(const struct scene *s, const struct stage *st, float t, struct canvas *c);
void effect_crop(const struct scene *s, const struct stage *st, float t, float out_xy_side[3]);

#endif
