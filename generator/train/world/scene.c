/* What a scene may be: the slots and their names, which subject does what and where, and the random
 * choice of a sensible scene from a seed. Random numbers are a pure function of (seed, purpose, n),
 * so nothing here has state. */
#include "scene.h"

#define BIT(x) (1u << (x))
#define OPEN (BIT(BEACH) | BIT(MEADOW) | BIT(DESERT) | BIT(SNOW) | BIT(MOUNTAINS) | BIT(FARM))
#define LAND (OPEN | BIT(FOREST) | BIT(CITY) | BIT(RIVER))
#define HOME (LAND | BIT(POOL) | BIT(ROOM))

static const char *const slot_names[SLOT_COUNT] = {
    "subject", "action", "place",   "time",     "colour",  "direction", "size", "camera", "weather",
    "style",   "mark",   "company", "subject2", "colour2", "mark2",     "pace", "part",
};

static const char *const subject_names[] = {
    "cat",  "dog",    "horse",   "child",  "bird", "fish",   "butterfly", "ball",  "car",
    "boat", "rocket", "balloon", "rabbit", "duck", "turtle", "elephant",  "plane",
};
static const char *const action_names[] = {
    "walk", "run",    "jump",  "dive", "sit",    "fly",
    "swim", "bounce", "drive", "sail", "launch", "float",
};
static const char *const place_names[] = {
    "pool", "beach",     "meadow",     "forest", "city",  "desert",
    "snow", "mountains", "underwater", "farm",   "river", "room",
};
static const char *const time_names[] = {"day", "dusk", "night", "dawn"};
static const char *const colour_names[] = {"orange", "red",   "yellow", "green",
                                           "blue",   "white", "black",  "purple"};
static const char *const direction_names[] = {"left", "right"};
static const char *const size_names[] = {"wide", "medium", "close"};
static const char *const camera_names[] = {"static",   "pan-left", "pan-right", "push-in",
                                           "pull-out", "follow",   "tilt-up",   "tilt-down"};
static const char *const weather_names[] = {"clear", "cloudy", "rain", "snowfall"};
static const char *const style_names[] = {"picture-book", "watercolour", "cut-out", "poster"};
static const char *const mark_names[] = {"plain", "stripes", "spots", "patch", "scarf"};
static const char *const company_names[] = {"alone", "chase", "follow", "pass", "together"};

static const char *const pace_names[] = {"steady", "slow", "fast"};
static const char *const part_names[] = {"first", "next"};

static const struct {
    const char *const *names;
    int count;
} slots[SLOT_COUNT] = {
    {subject_names, SUBJECT_COUNT}, {action_names, ACTION_COUNT},
    {place_names, PLACE_COUNT},     {time_names, TIME_COUNT},
    {colour_names, COLOUR_COUNT},   {direction_names, DIRECTION_COUNT},
    {size_names, SIZE_COUNT},       {camera_names, CAMERA_COUNT},
    {weather_names, WEATHER_COUNT}, {style_names, STYLE_COUNT},
    {mark_names, MARK_COUNT},       {company_names, COMPANY_COUNT},
    {subject_names, SUBJECT_COUNT}, {colour_names, COLOUR_COUNT},
    {mark_names, MARK_COUNT},       {pace_names, PACE_COUNT},
    {part_names, PART_COUNT},
};

/* What a subject does: where, and how often compared with its other actions. */
struct deed {
    enum subject subject;
    enum action action;
    int weight;
    unsigned places;
};

static const struct deed deeds[] = {
    {CAT, WALK, 18, HOME},
    {CAT, RUN, 18, HOME},
    {CAT, JUMP, 16, HOME},
    {CAT, SIT, 16, HOME},
    {CAT, DIVE, 32, BIT(POOL)},
    {DOG, WALK, 20, HOME},
    {DOG, RUN, 22, HOME},
    {DOG, JUMP, 16, HOME},
    {DOG, SIT, 16, HOME},
    {DOG, DIVE, 26, BIT(POOL)},
    {HORSE, WALK, 30, LAND},
    {HORSE, RUN, 42, LAND},
    {HORSE, JUMP, 28, LAND},
    {CHILD, WALK, 25, HOME},
    {CHILD, RUN, 25, HOME},
    {CHILD, JUMP, 22, HOME},
    {CHILD, DIVE, 28, BIT(POOL)},
    {BIRD, FLY, 70, HOME},
    {BIRD, SIT, 30, HOME},
    {FISH, SWIM, 100, BIT(UNDERWATER)},
    {BUTTERFLY, FLY, 100,
     BIT(BEACH) | BIT(MEADOW) | BIT(FOREST) | BIT(CITY) | BIT(MOUNTAINS) | BIT(POOL) | BIT(FARM) |
         BIT(RIVER) | BIT(ROOM)},
    {BALL, BOUNCE, 100, HOME},
    {CAR, DRIVE, 100,
     BIT(CITY) | BIT(DESERT) | BIT(MEADOW) | BIT(SNOW) | BIT(MOUNTAINS) | BIT(FARM)},
    {BOAT, SAIL, 100, BIT(BEACH) | BIT(MOUNTAINS) | BIT(RIVER)},
    {ROCKET, LAUNCH, 100, OPEN | BIT(CITY)},
    {BALLOON, FLOAT, 100, LAND},
    {RABBIT, RUN, 30, HOME},
    {RABBIT, JUMP, 30, HOME},
    {RABBIT, SIT, 22, HOME},
    {RABBIT, DIVE, 18, BIT(POOL)},
    {DUCK, SWIM, 50, BIT(POOL) | BIT(MOUNTAINS) | BIT(RIVER)},
    {DUCK, WALK, 30,
     BIT(MEADOW) | BIT(FARM) | BIT(RIVER) | BIT(POOL) | BIT(CITY) | BIT(BEACH) | BIT(SNOW)},
    {DUCK, SIT, 20, BIT(MEADOW) | BIT(FARM) | BIT(RIVER) | BIT(POOL) | BIT(BEACH)},
    {TURTLE, SWIM, 65, BIT(UNDERWATER)},
    {TURTLE, WALK, 35, BIT(BEACH) | BIT(RIVER) | BIT(MEADOW) | BIT(DESERT) | BIT(POOL)},
    {ELEPHANT, WALK, 48, LAND},
    {ELEPHANT, RUN, 28, LAND},
    {ELEPHANT, DIVE, 24, BIT(POOL)},
    {PLANE, FLY, 100, LAND},
};
#define DEEDS (sizeof deeds / sizeof deeds[0])

static const int subject_weights[SUBJECT_COUNT] = {17, 13, 8, 12, 8, 7, 6, 5, 7,
                                                   6,  6,  5, 8,  6, 6, 7, 6};
static const int time_weights[TIME_COUNT] = {40, 22, 20, 18};
static const int size_weights[SIZE_COUNT] = {45, 34, 21};
static const int weather_weights[WEATHER_COUNT] = {58, 16, 14, 12};
static const int style_weights[STYLE_COUNT] = {40, 20, 20, 20};
static const int pace_weights[PACE_COUNT] = {52, 26, 22};
static const int mark_weights[MARK_COUNT] = {36, 16, 16, 16, 16};

/* Which cameras suit: standing still, travelling, and travelling in a close shot. */
static const int camera_still[CAMERA_COUNT] = {34, 10, 10, 17, 13, 4, 6, 6};
static const int camera_travel[CAMERA_COUNT] = {27, 10, 10, 11, 11, 21, 5, 5};
static const int camera_close[CAMERA_COUNT] = {16, 4, 4, 8, 8, 54, 3, 3};

/* Pairs of values that never meet in training, so that one can ask whether a model puts together
 * what it has learned apart. Each value is often seen with others. */
static const struct held_pair {
    enum slot a;
    int va;
    enum slot b;
    int vb;
} held_out[] = {
    {SLOT_SUBJECT, CAT, SLOT_PLACE, DESERT},     {SLOT_SUBJECT, DOG, SLOT_PLACE, FARM},
    {SLOT_SUBJECT, HORSE, SLOT_PLACE, BEACH},    {SLOT_SUBJECT, RABBIT, SLOT_ACTION, DIVE},
    {SLOT_SUBJECT, CHILD, SLOT_WEATHER, RAIN},   {SLOT_SUBJECT, CAR, SLOT_COLOUR, PURPLE},
    {SLOT_SUBJECT, BIRD, SLOT_CAMERA, TILT_UP},  {SLOT_SUBJECT, ELEPHANT, SLOT_COLOUR, YELLOW},
    {SLOT_PLACE, FOREST, SLOT_TIME, DAWN},       {SLOT_PLACE, CITY, SLOT_STYLE, WATERCOLOUR},
    {SLOT_ACTION, DIVE, SLOT_STYLE, POSTER},     {SLOT_SUBJECT, DOG, SLOT_MARK, STRIPES},
    {SLOT_WEATHER, SNOWFALL, SLOT_PLACE, RIVER},
};
#define HELD_PAIRS (sizeof held_out / sizeof held_out[0])

enum purpose {
    FOR_SUBJECT = 1,
    FOR_ACTION,
    FOR_PLACE,
    FOR_TIME,
    FOR_COLOUR,
    FOR_DIRECTION,
    FOR_SIZE,
    FOR_CAMERA,
    FOR_WEATHER,
    FOR_STYLE,
    FOR_MARK,
    FOR_ATTEMPT,
    FOR_PAIR,
    FOR_COMPANY,
    FOR_SECOND,
    FOR_PACE,
    FOR_PART,
};

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

/* Things wear no scarf, and rain does not reach under water. */
static bool wears_scarf(int subject)
{
    return subject != BALL && subject != CAR && subject != BOAT && subject != ROCKET &&
           subject != BALLOON && subject != PLANE && subject != BUTTERFLY;
}

/* --- two who meet ----------------------------------------------------------------------------- */

/* What a second actor does beside the first: the same if it can, else what is its own. */
static int second_action(int company, int subject, int action, int place)
{
    static const int own[][2] = {{BALL, BOUNCE}, {BUTTERFLY, FLY}};
    for (size_t i = 0; i < DEEDS; i++)
        if ((int)deeds[i].subject == subject && (int)deeds[i].action == action &&
            deeds[i].places & BIT(place))
            return action;
    for (size_t i = 0; i < DEEDS && company == CHASES; i++)
        for (size_t k = 0; k < 2; k++)
            if ((int)deeds[i].subject == subject && own[k][0] == subject &&
                (int)deeds[i].action == own[k][1] && deeds[i].places & BIT(place))
                return own[k][1];
    return -1;
}

static void sample_company(int slot[SLOT_COUNT], uint64_t seed)
{
    static const int ways[ACTION_COUNT][COMPANY_COUNT] = {
        [WALK] = {0, 0, 40, 25, 35}, [RUN] = {0, 65, 0, 15, 20}, [SIT] = {0, 0, 0, 0, 100},
        [SWIM] = {0, 0, 45, 25, 30}, [FLY] = {0, 0, 50, 50, 0},  [DRIVE] = {0, 0, 50, 50, 0},
    };
    const int *way = ways[slot[SLOT_ACTION]];
    int candidates[SUBJECT_COUNT], any = 0, total = 0;
    slot[SLOT_COMPANY] = ALONE;
    slot[SLOT_SUBJECT2] = SUBJECT_COUNT;
    slot[SLOT_COLOUR2] = COLOUR_COUNT;
    slot[SLOT_MARK2] = MARK_COUNT;
    for (int i = 0; i < COMPANY_COUNT; i++)
        total += way[i];
    if (!total || rng_unit(seed, FOR_PAIR, 0) > .30f)
        return;
    int company = pick(seed, FOR_COMPANY, way, COMPANY_COUNT);
    for (int i = 0; i < SUBJECT_COUNT; i++) {
        candidates[i] = second_action(company, i, slot[SLOT_ACTION], slot[SLOT_PLACE]) >= 0
                            ? subject_weights[i]
                            : 0;
        any += candidates[i];
    }
    if (!any)
        return;
    int second = pick(seed, FOR_SECOND, candidates, SUBJECT_COUNT);
    int colour = (int)(rng_at(seed, FOR_SECOND, 1) % COLOUR_COUNT),
        mark = (int)(rng_at(seed, FOR_SECOND, 2) % (MARK_COUNT + 2));
    mark = mark >= MARK_COUNT || (mark == SCARF && !wears_scarf(second)) ? PLAIN : mark;
    if (second == slot[SLOT_SUBJECT] &&
        colour == slot[SLOT_COLOUR]) /* two of a kind are told apart */
        colour =
            (colour + 1 + (int)(rng_at(seed, FOR_SECOND, 3) % (COLOUR_COUNT - 1))) % COLOUR_COUNT;
    slot[SLOT_COMPANY] = company;
    slot[SLOT_SUBJECT2] = second;
    slot[SLOT_COLOUR2] = colour;
    slot[SLOT_MARK2] = mark;
    slot[SLOT_SIZE] =
        slot[SLOT_SIZE] == CLOSE ? MEDIUM : slot[SLOT_SIZE]; /* there must be room for both */
}

bool scene_companion(const struct scene *s, struct scene *second)
{
    const int *slot = s->slot;
    int company = slot[SLOT_COMPANY], subject = slot[SLOT_SUBJECT2];
    if (company <= ALONE || company >= COMPANY_COUNT || subject >= SUBJECT_COUNT)
        return false;
    int action = second_action(company, subject, slot[SLOT_ACTION], slot[SLOT_PLACE]);
    bool meets = company == PASSES || (company == TOGETHER && slot[SLOT_ACTION] == SIT);
    *second = *s;
    second->seed = (uint64_t)rng_at(s->seed, FOR_SECOND, 4) << 32 | rng_at(s->seed, FOR_SECOND, 5);
    second->slot[SLOT_SUBJECT] = subject;
    second->slot[SLOT_ACTION] = action < 0 ? slot[SLOT_ACTION] : action;
    second->slot[SLOT_COLOUR] =
        slot[SLOT_COLOUR2] < COLOUR_COUNT ? slot[SLOT_COLOUR2] : slot[SLOT_COLOUR];
    second->slot[SLOT_MARK] = slot[SLOT_MARK2] < MARK_COUNT ? slot[SLOT_MARK2] : PLAIN;
    second->slot[SLOT_DIRECTION] = meets ? 1 - slot[SLOT_DIRECTION] : slot[SLOT_DIRECTION];
    second->slot[SLOT_COMPANY] = ALONE;
    return true;
}

/* --- how a shot goes on ----------------------------------------------------------------------- */

#define GOES_ON .30f /* of the scenes that can */

enum sequel scene_sequel(const int slot[SLOT_COUNT])
{
    static const enum sequel sequels[ACTION_COUNT + 1] = {
        [WALK] = TURNS_BACK,  [RUN] = TURNS_BACK,  [JUMP] = TURNS_BACK, [DIVE] = STAYS,
        [SIT] = STAYS,        [FLY] = TURNS_BACK,  [SWIM] = TURNS_BACK, [BOUNCE] = TURNS_BACK,
        [DRIVE] = TURNS_BACK, [SAIL] = TURNS_BACK, [LAUNCH] = ENDS,     [FLOAT] = TURNS_BACK,
    };
    bool pair = slot[SLOT_COMPANY] > ALONE && slot[SLOT_COMPANY] < COMPANY_COUNT;
    return pair ? ENDS : sequels[slot[SLOT_ACTION]];
}

/* Leaps, dives and what floats have a pace of their own. */
static bool has_pace(int action)
{
    return action == WALK || action == RUN || action == FLY || action == SWIM || action == DRIVE ||
           action == SAIL;
}

static void sample_slots(int slot[SLOT_COUNT], uint64_t seed)
{
    int subject = pick(seed, FOR_SUBJECT, subject_weights, SUBJECT_COUNT);
    const struct deed *deed = pick_deed(seed, subject);
    slot[SLOT_SUBJECT] = subject;
    slot[SLOT_ACTION] = deed->action;
    slot[SLOT_PLACE] = pick_place(seed, deed->places);
    slot[SLOT_TIME] = pick(seed, FOR_TIME, time_weights, TIME_COUNT);
    slot[SLOT_COLOUR] = (int)(rng_at(seed, FOR_COLOUR, 0) % COLOUR_COUNT);
    slot[SLOT_DIRECTION] = (int)(rng_at(seed, FOR_DIRECTION, 0) % DIRECTION_COUNT);
    slot[SLOT_SIZE] = pick(seed, FOR_SIZE, size_weights, SIZE_COUNT);
    slot[SLOT_CAMERA] = pick_camera(seed, deed->action, slot[SLOT_SIZE]);
    slot[SLOT_WEATHER] = slot[SLOT_PLACE] == UNDERWATER
                             ? CLEAR
                             : pick(seed, FOR_WEATHER, weather_weights, WEATHER_COUNT);
    slot[SLOT_STYLE] = pick(seed, FOR_STYLE, style_weights, STYLE_COUNT);
    slot[SLOT_MARK] = pick(seed, FOR_MARK, mark_weights, MARK_COUNT);
    if (slot[SLOT_MARK] == SCARF && !wears_scarf(subject))
        slot[SLOT_MARK] = PLAIN;
    slot[SLOT_PACE] =
        has_pace(deed->action) ? pick(seed, FOR_PACE, pace_weights, PACE_COUNT) : STEADY;
    sample_company(slot, seed);
    slot[SLOT_PART] =
        scene_sequel(slot) != ENDS && rng_unit(seed, FOR_PART, 0) < GOES_ON ? NEXT : FIRST;
}

bool scene_held_pair(size_t i, enum slot pair[2], int values[2])
{
    if (i >= HELD_PAIRS)
        return false;
    pair[0] = held_out[i].a;
    values[0] = held_out[i].va;
    pair[1] = held_out[i].b;
    values[1] = held_out[i].vb;
    return true;
}

bool scene_held_out(const int slot[SLOT_COUNT])
{
    for (size_t i = 0; i < HELD_PAIRS; i++)
        if (slot[held_out[i].a] == held_out[i].va && slot[held_out[i].b] == held_out[i].vb)
            return true;
    return false;
}

/* Draws until the scene is of the wanted kind. */
static void sample_until(struct scene *s, uint64_t seed, bool held)
{
    uint64_t at = seed;
    s->seed = seed;
    for (uint32_t n = 0; n == 0 || scene_held_out(s->slot) != held; n++) {
        sample_slots(s->slot, at);
        at =
            (uint64_t)rng_at(seed, FOR_ATTEMPT, 2 * n) << 32 | rng_at(seed, FOR_ATTEMPT, 2 * n + 1);
    }
}

void scene_sample(struct scene *s, uint64_t seed)
{
    sample_until(s, seed, false);
}

void scene_sample_held(struct scene *s, uint64_t seed)
{
    sample_until(s, seed, true);
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
