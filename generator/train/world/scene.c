/* What a scene may be: the slots and their names, which subject does what and where, and the random choice of a
 * sensible scene from a seed. Random numbers are a pure function of (seed, purpose, n), so nothing here has state. */
#include "scene.h"

#define BIT(x) (1u << (x))
#define OPEN (BIT(BEACH) | BIT(MEADOW) | BIT(DESERT) | BIT(SNOW) | BIT(MOUNTAINS))
#define LAND (OPEN | BIT(FOREST) | BIT(CITY))

static const char *const slot_names[SLOT_COUNT] = {
    "subject", "action", "place", "time", "colour", "direction", "size", "camera",
};

static const char *const subject_names[] = {
    "cat", "dog", "horse", "child", "bird", "fish", "butterfly", "ball", "car", "boat", "rocket", "balloon",
};
static const char *const action_names[] = {
    "walk", "run", "jump", "dive", "sit", "fly", "swim", "bounce", "drive", "sail", "launch", "float",
};
static const char *const place_names[] = {
    "pool", "beach", "meadow", "forest", "city", "desert", "snow", "mountains", "underwater",
};
static const char *const time_names[] = {"day", "dusk", "night"};
static const char *const colour_names[] = {"orange", "red", "yellow", "green", "blue", "white",
                                           "black"};
static const char *const direction_names[] = {"left", "right"};
static const char *const size_names[] = {"wide", "medium", "close"};
static const char *const camera_names[] = {"static", "pan-left", "pan-right", "push-in", "pull-out",
                                           "follow"};

static const struct {
    const char *const *names;
    int count;
} slots[SLOT_COUNT] = {
    {subject_names, SUBJECT_COUNT}, {action_names, ACTION_COUNT}, {place_names, PLACE_COUNT},
    {time_names, TIME_COUNT}, {colour_names, COLOUR_COUNT}, {direction_names, DIRECTION_COUNT},
    {size_names, SIZE_COUNT}, {camera_names, CAMERA_COUNT},
};

/* What a subject does: where, and how often compared with its other actions. */
struct deed {
    enum subject subject;
    enum action action;
    int weight;
    unsigned places;
};

static const struct deed deeds[] = {
    {CAT, WALK, 18, LAND | BIT(POOL)},
    {CAT, RUN, 18, LAND | BIT(POOL)},
    {CAT, JUMP, 16, LAND | BIT(POOL)},
    {CAT, SIT, 16, LAND | BIT(POOL)},
    {CAT, DIVE, 32, BIT(POOL)},
    {DOG, WALK, 20, LAND | BIT(POOL)},
    {DOG, RUN, 22, LAND | BIT(POOL)},
    {DOG, JUMP, 16, LAND | BIT(POOL)},
    {DOG, SIT, 16, LAND | BIT(POOL)},
    {DOG, DIVE, 26, BIT(POOL)},
    {HORSE, WALK, 30, LAND},
    {HORSE, RUN, 42, LAND},
    {HORSE, JUMP, 28, LAND},
    {CHILD, WALK, 25, LAND | BIT(POOL)},
    {CHILD, RUN, 25, LAND | BIT(POOL)},
    {CHILD, JUMP, 22, LAND | BIT(POOL)},
    {CHILD, DIVE, 28, BIT(POOL)},
    {BIRD, FLY, 70, LAND | BIT(POOL)},
    {BIRD, SIT, 30, LAND | BIT(POOL)},
    {FISH, SWIM, 100, BIT(UNDERWATER)},
    {BUTTERFLY, FLY, 100, BIT(BEACH) | BIT(MEADOW) | BIT(FOREST) | BIT(CITY) | BIT(MOUNTAINS) | BIT(POOL)},
    {BALL, BOUNCE, 100, LAND | BIT(POOL)},
    {CAR, DRIVE, 100, BIT(CITY) | BIT(DESERT) | BIT(MEADOW) | BIT(SNOW) | BIT(MOUNTAINS)},
    {BOAT, SAIL, 100, BIT(BEACH) | BIT(MOUNTAINS)},
    {ROCKET, LAUNCH, 100, OPEN | BIT(CITY)},
    {BALLOON, FLOAT, 100, LAND},
};
#define DEEDS (sizeof deeds / sizeof deeds[0])

static const int subject_weights[SUBJECT_COUNT] = {19, 13, 8, 12, 8, 8, 7, 6, 7, 6, 6, 6};
static const int time_weights[TIME_COUNT] = {45, 30, 25};
static const int size_weights[SIZE_COUNT] = {45, 34, 21};

/* Which cameras suit: standing still, travelling, and travelling in a close shot. */
static const int camera_still[CAMERA_COUNT] = {40, 10, 10, 20, 15, 5};
static const int camera_travel[CAMERA_COUNT] = {32, 10, 10, 12, 12, 24};
static const int camera_close[CAMERA_COUNT] = {18, 4, 4, 8, 8, 58};

enum purpose { FOR_SUBJECT = 1, FOR_ACTION, FOR_PLACE, FOR_TIME, FOR_COLOUR, FOR_DIRECTION,
              FOR_SIZE, FOR_CAMERA };

/* Two rounds of the splitmix64 finaliser over the counters. */
uint32_t rng_at(uint64_t seed, uint32_t purpose, uint32_t n)
{
    uint64_t z = seed + 0x9e3779b97f4a7c15u * (((uint64_t)purpose << 32 | n) + 1);
    for (int round = 0; round < 2; round++) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
    }
    return (uint32_t)(z >> 32);
}

float rng_unit(uint64_t seed, uint32_t purpose, uint32_t n)
{
    return (float)(rng_at(seed, purpose, n) >> 8) * (1.0f / 16777216.0f);
}

float rng_range(uint64_t seed, uint32_t purpose, uint32_t n, float from, float to)
{
    return from + (to - from) * rng_unit(seed, purpose, n);
}

const char *slot_name(enum slot s)
{
    return slot_names[s];
}

const char *slot_value(enum slot s, int value)
{
    return value >= 0 && value < slots[s].count ? slots[s].names[value] : "unset";
}

int slot_count(enum slot s)
{
    return slots[s].count;
}

static int pick(uint64_t seed, uint32_t purpose, const int *weights, int count)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        total += weights[i];
    int left = (int)(rng_at(seed, purpose, 0) % (uint32_t)total);
    int i = 0;
    while (left >= weights[i])
        left -= weights[i++];
    return i;
}

static const struct deed *pick_deed(uint64_t seed, int subject)
{
    int weights[DEEDS];
    for (size_t i = 0; i < DEEDS; i++)
        weights[i] = (int)deeds[i].subject == subject ? deeds[i].weight : 0;
    return &deeds[pick(seed, FOR_ACTION, weights, (int)DEEDS)];
}

static int pick_place(uint64_t seed, unsigned places)
{
    int weights[PLACE_COUNT];
    for (int i = 0; i < PLACE_COUNT; i++)
        weights[i] = places & BIT(i) ? 1 : 0;
    return pick(seed, FOR_PLACE, weights, PLACE_COUNT);
}

static int pick_camera(uint64_t seed, int action, int size)
{
    if (action == SIT)
        return pick(seed, FOR_CAMERA, camera_still, CAMERA_COUNT);
    return pick(seed, FOR_CAMERA, size == CLOSE ? camera_close : camera_travel, CAMERA_COUNT);
}

void scene_sample(struct scene *s, uint64_t seed)
{
    s->seed = seed;
    int subject = pick(seed, FOR_SUBJECT, subject_weights, SUBJECT_COUNT);
    const struct deed *deed = pick_deed(seed, subject);
    s->slot[SLOT_SUBJECT] = subject;
    s->slot[SLOT_ACTION] = deed->action;
    s->slot[SLOT_PLACE] = pick_place(seed, deed->places);
    s->slot[SLOT_TIME] = pick(seed, FOR_TIME, time_weights, TIME_COUNT);
    s->slot[SLOT_COLOUR] = (int)(rng_at(seed, FOR_COLOUR, 0) % COLOUR_COUNT);
    s->slot[SLOT_DIRECTION] = (int)(rng_at(seed, FOR_DIRECTION, 0) % DIRECTION_COUNT);
    s->slot[SLOT_SIZE] = pick(seed, FOR_SIZE, size_weights, SIZE_COUNT);
    s->slot[SLOT_CAMERA] = pick_camera(seed, deed->action, s->slot[SLOT_SIZE]);
}

/* An unset slot (index = count) agrees with anything. */
bool scene_possible(const int slot[SLOT_COUNT])
{
    for (size_t i = 0; i < DEEDS; i++) {
        const struct deed *d = &deeds[i];
        if (slot[SLOT_SUBJECT] != SUBJECT_COUNT && slot[SLOT_SUBJECT] != (int)d->subject)
            continue;
        if (slot[SLOT_ACTION] != ACTION_COUNT && slot[SLOT_ACTION] != (int)d->action)
            continue;
        if (slot[SLOT_PLACE] == PLACE_COUNT || (d->places & BIT(slot[SLOT_PLACE])))
            return true;
    }
    return false;
}
