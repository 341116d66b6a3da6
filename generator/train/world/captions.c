/* Captions: one short line that says what a scene shows, in words that vary with the seed. Each
 * clause comes from a list of wordings; some are left out, the trailing ones change places. The
 * vocabulary is gathered from the same lists, so that no caption holds a word outside it. */
#include "scene.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Wordings of one value, separated by '|'; the first is the commonest. */
static const char *const subject_words[SUBJECT_COUNT] = {
    [CAT] = "cat|kitten|kitty|pussycat|house cat|little cat",
    [DOG] = "dog|puppy|hound|doggy|little dog",
    [HORSE] = "horse|pony|stallion|mare",
    [CHILD] = "child|kid|girl|boy|young child",
    [BIRD] = "bird|songbird|little bird|sparrow",
    [FISH] = "fish|little fish|tropical fish|goldfish",
    [BUTTERFLY] = "butterfly|big butterfly|moth",
    [BALL] = "ball|beach ball|rubber ball|toy ball",
    [CAR] = "car|automobile|little car|small car",
    [BOAT] = "boat|sailing boat|sailboat|yacht",
    [ROCKET] = "rocket|spaceship|space rocket|rocket ship",
    [BALLOON] = "balloon|hot air balloon|air balloon",
    [RABBIT] = "rabbit|bunny|hare|little rabbit|bunny rabbit",
    [DUCK] = "duck|duckling|drake|little duck",
    [TURTLE] = "turtle|tortoise|sea turtle|little turtle",
    [ELEPHANT] = "elephant|baby elephant|big elephant|little elephant",
    [PLANE] = "plane|airplane|aeroplane|propeller plane|little plane",
};

/* Verbs in two forms, "jumps/jumping". */
static const char *const action_words[ACTION_COUNT] = {
    [WALK] = "walks/walking|strolls/strolling|wanders/wandering|trots along/trotting along",
    [RUN] = "runs/running|races/racing|dashes/dashing|sprints/sprinting|gallops/galloping",
    [JUMP] = "jumps/jumping|leaps/leaping|hops/hopping|bounds/bounding|springs/springing",
    [DIVE] = "dives/diving|dives from a springboard/diving from a springboard|"
             "jumps from a diving board/jumping from a diving board|"
             "leaps off the springboard/leaping off the springboard|dives off a board/diving off a "
             "board|"
             "plunges/plunging",
    [SIT] = "sits/sitting|rests/resting|sits still/sitting still|waits/waiting",
    [FLY] = "flies/flying|flutters/fluttering|glides/gliding|flaps/flapping",
    [SWIM] = "swims/swimming|glides/gliding|drifts/drifting|swims along/swimming along",
    [BOUNCE] = "bounces/bouncing|hops/hopping|bounces along/bouncing along|rolls and "
               "bounces/rolling and bouncing",
    [DRIVE] =
        "drives/driving|rolls/rolling|speeds/speeding|cruises/cruising|drives along/driving along",
    [SAIL] = "sails/sailing|sails along/sailing along|cruises/cruising|glides/gliding",
    [LAUNCH] =
        "launches/launching|takes off/taking off|blasts off/blasting off|lifts off/lifting off|"
        "flies up/flying up",
    [FLOAT] = "floats/floating|drifts/drifting|rises/rising|hovers/hovering",
};

/* Where, for those on the ground ... */
static const char *const on_place[PLACE_COUNT] = {
    [POOL] =
        "by a pool|by the swimming pool|beside the pool|at the pool|at the lido|at the poolside",
    [BEACH] = "on the beach|on a sandy beach|at the seaside|along the shore|by the sea|on the sand",
    [MEADOW] = "in a meadow|in a green field|on the grass|through the meadow|among the flowers",
    [FOREST] = "in the forest|in the woods|through a forest|among the trees|in a wood",
    [CITY] = "in the city|in the street|on a city street|in town|downtown",
    [DESERT] = "in the desert|among the dunes|across the desert|in the dry desert",
    [SNOW] = "in the snow|across the snow|in a snowy land|in winter|on the ice",
    [MOUNTAINS] = "in the mountains|in the hills|below the peaks|in the alps|on a mountain meadow",
    [UNDERWATER] = "under water|underwater|in the sea|in the ocean|in a coral reef|below the waves",
    [FARM] = "on a farm|on the farm|in the farmyard|by the barn|in front of a red barn",
    [RIVER] = "by the river|on the river bank|beside a river|along the river|near the bridge",
    [ROOM] = "in a room|in the living room|at home|indoors|in the house|on the rug",
};

/* ... and for those in the air. */
static const char *const over_place[PLACE_COUNT] = {
    [POOL] = "over a pool|over the swimming pool|above the pool|at the lido",
    [BEACH] = "over the beach|above the sea|over the shore|at the seaside",
    [MEADOW] = "over a meadow|above the flowers|over the grass|across a green field",
    [FOREST] = "through the forest|over the woods|among the trees|above the forest",
    [CITY] = "over the city|above the street|over the town|above the roofs",
    [DESERT] = "over the desert|above the dunes|across the desert",
    [SNOW] = "over the snow|above a snowy land|in the winter sky",
    [MOUNTAINS] = "over the mountains|above the hills|over the peaks|above the alps",
    [UNDERWATER] = "under water|underwater",
    [FARM] = "over a farm|above the fields|over the barn|across the farm",
    [RIVER] = "over the river|above the river|over the bridge|across the river",
    [ROOM] = "in a room|through the living room|at home|indoors|above the rug",
};

static const char into_pool[] =
    "into a pool|into the pool|into a swimming pool|into the water|into the blue pool";
static const char at_sea[] =
    "on the sea|off the beach|along the shore|on the water|by the beach|across the bay";

static const char on_river[] =
    "on a river|down the river|on the river|on the water|along the river|towards the bridge";
static const char in_pool[] = "in a pool|in the swimming pool|in the pool|on the water";
static const char on_lake[] =
    "on a lake|on the mountain lake|across the lake|on the water|on a lake below the peaks";

static const char *const time_words[TIME_COUNT] = {
    [DAY] = "by day|in the daytime|on a sunny day|in bright sunshine|at noon|under a blue sky",
    [DUSK] = "at dusk|at sunset|in the evening|at twilight|in the golden light|as the sun sets",
    [NIGHT] = "at night|by night|under the stars|in the moonlight|at midnight|in the dark",
    [DAWN] =
        "at dawn|at sunrise|at daybreak|in the early morning|in the morning mist|as the sun rises",
};

/* Where neither sun nor stars are seen. */
static const char *const dull_time_words[TIME_COUNT] = {
    [DAY] = "by day|in the daytime|at noon|in the afternoon",
    [DUSK] = "at dusk|in the evening|at twilight|at nightfall",
    [NIGHT] = "at night|by night|at midnight|in the dark",
    [DAWN] = "at dawn|at daybreak|in the early morning",
};

static const char *const colour_words[COLOUR_COUNT] = {
    [ORANGE] = "orange|ginger", [RED] = "red|scarlet",      [YELLOW] = "yellow|golden",
    [GREEN] = "green|emerald",  [BLUE] = "blue|azure",      [WHITE] = "white|snow white",
    [BLACK] = "black|dark",     [PURPLE] = "purple|violet",
};

static const char *const direction_words[DIRECTION_COUNT] = {
    [TO_LEFT] = "to the left|towards the left|from right to left|leftwards",
    [TO_RIGHT] = "to the right|towards the right|from left to right|rightwards",
};

static const char *const size_words[SIZE_COUNT] = {
    [WIDE] = "wide shot|wide view|long shot|seen from afar",
    [MEDIUM] = "medium shot|mid shot|medium view",
    [CLOSE] = "close up|close shot|closeup|seen from near",
};

static const char *const camera_words[CAMERA_COUNT] = {
    [STATIC] = "static camera|still camera|fixed camera|the camera does not move",
    [PAN_LEFT] = "pan left|the camera pans left|panning to the left|camera pans to the left",
    [PAN_RIGHT] = "pan right|the camera pans right|panning to the right|camera pans to the right",
    [PUSH_IN] = "push in|the camera pushes in|zoom in|slow zoom in|the camera moves closer",
    [PULL_OUT] = "pull out|the camera pulls out|zoom out|slow zoom out|the camera moves back",
    [FOLLOW] =
        "the camera follows|tracking shot|follow shot|the camera tracks along|following camera",
    [TILT_UP] = "tilt up|the camera tilts up|camera rises|the camera rises|tilting up",
    [TILT_DOWN] = "tilt down|the camera tilts down|camera sinks|the camera comes down|tilting down",
};

static const char *const weather_words[WEATHER_COUNT] = {
    [CLEAR] = "in clear weather|in fine weather|under a clear sky",
    [CLOUDY] = "under a cloudy sky|on a cloudy day|in the mist|under grey clouds|in the fog|in "
               "misty weather",
    [RAIN] =
        "in the rain|in heavy rain|on a rainy day|in pouring rain|while it rains|in a downpour",
    [SNOWFALL] = "in falling snow|while it snows|in a snowfall|as snow falls|in a flurry of "
                 "snow|as snowflakes fall",
};

/* Seen from a room. */
static const char *const weather_outside[WEATHER_COUNT] = {
    [CLEAR] = "in fine weather",
    [CLOUDY] = "on a cloudy day|under grey clouds outside|with mist outside",
    [RAIN] = "on a rainy day|while it rains outside|with rain outside the window",
    [SNOWFALL] = "while it snows outside|as snow falls outside|with snow outside the window",
};

static const char *const style_words[STYLE_COUNT] = {
    [PICTURE_BOOK] =
        "picture book|picture book style|storybook illustration|childrens book illustration",
    [WATERCOLOUR] =
        "watercolour|watercolour painting|painted in watercolour|watercolor|watercolour wash",
    [CUT_OUT] = "paper cut out|cut out paper|paper cutout style|made of cut paper|papercraft",
    [POSTER] = "poster|poster style|vintage poster|flat poster art|screen print",
};

/* Before the noun or, from '+' on, after it. */
static const char *const mark_words[MARK_COUNT] = {
    [PLAIN] = "plain",
    [STRIPES] = "striped|+with stripes|stripy",
    [SPOTS] = "spotted|+with spots|dotted|+with dots",
    [PATCH] = "patched|+with a patch|+with a big patch",
    [SCARF] = "+with a scarf|+in a scarf|+wearing a scarf",
};

static const char *const pace_words[PACE_COUNT] = {
    [STEADY] = "steadily|at an easy pace",
    [SLOW] = "slowly|at a slow pace|gently|lazily|without haste|very slowly",
    [FAST] = "fast|quickly|at full speed|in a hurry|swiftly|very fast",
};

/* Of the one with the second, by what they do; the last of a row for whatever is not named. */
static const struct {
    enum company company;
    int action; /* -1: any */
    const char *words;
} company_words[] = {
    {CHASES, -1, "chases/chasing|runs after/running after|hunts/hunting|races after/racing after"},
    {FOLLOWS, WALK, "follows/following|walks behind/walking behind|trots after/trotting after"},
    {FOLLOWS, -1, "follows/following|comes after/coming after|trails/trailing"},
    {PASSES, -1, "meets/meeting|passes/passing|goes past/going past|comes across/coming across"},
    {TOGETHER, SIT,
     "sits with/sitting with|sits beside/sitting beside|sits next to/sitting next to|rests "
     "with/resting with"},
    {TOGETHER, WALK,
     "walks with/walking with|walks beside/walking beside|strolls with/strolling with"},
    {TOGETHER, RUN, "runs with/running with|runs beside/running beside|races with/racing with"},
    {TOGETHER, -1, "swims with/swimming with|swims beside/swimming beside"},
};

static const char small_words[] = "a an the in and wearing shirt";

enum purpose {
    SAY_SUBJECT = 100,
    SAY_ACTION,
    SAY_FORM,
    SAY_PLACE,
    SAY_TIME,
    SAY_COLOUR,
    SAY_DIRECTION,
    SAY_SIZE,
    SAY_CAMERA,
    SAY_KEEP,
    SAY_ORDER,
    SAY_ARTICLE,
    SAY_SHIRT,
    SAY_WEATHER,
    SAY_STYLE,
    SAY_MARK,
    SAY_COMPANY,
    SAY_PACE,
};

/* --- building a line -------------------------------------------------------------------------- */

struct line {
    char *text;
    size_t size, length;
};

static void add(struct line *line, const char *words, size_t length)
{
    if (!length)
        return;
    if (line->length && line->length + 1 < line->size)
        line->text[line->length++] = ' ';
    for (size_t i = 0; i < length && line->length + 1 < line->size; i++)
        line->text[line->length++] = words[i];
    line->text[line->length] = 0;
}

static void say(struct line *line, const char *words)
{
    add(line, words, strlen(words));
}

/* One of the wordings in a list; the first twice as often as the rest. */
static const char *choose(uint64_t seed, uint32_t purpose, const char *list, size_t *length)
{
    uint32_t count = 1;
    for (const char *p = list; *p; p++)
        count += *p == '|';
    uint32_t n = rng_at(seed, purpose, 0) % (count + 1);
    n = n == count ? 0 : n;
    while (n--)
        list = strchr(list, '|') + 1;
    *length = strcspn(list, "|");
    return list;
}

static void say_one(struct line *line, const struct scene *s, uint32_t purpose, const char *list)
{
    size_t length;
    const char *words = choose(s->seed, purpose, list, &length);
    add(line, words, length);
}

static bool keep(const struct scene *s, uint32_t n, float chance)
{
    return rng_unit(s->seed, SAY_KEEP, n) < chance;
}

static void say_subject(struct line *line, const struct scene *s)
{
    size_t noun_length, colour_length = 0;
    const char *noun =
        choose(s->seed, SAY_SUBJECT, subject_words[s->slot[SLOT_SUBJECT]], &noun_length);
    const char *colour =
        choose(s->seed, SAY_COLOUR, colour_words[s->slot[SLOT_COLOUR]], &colour_length);
    size_t mark_length;
    const char *mark = choose(s->seed, SAY_MARK, mark_words[s->slot[SLOT_MARK]], &mark_length);
    bool child = s->slot[SLOT_SUBJECT] == CHILD, coloured = keep(s, 0, .72f);
    bool told = keep(s, 6, s->slot[SLOT_MARK] == PLAIN ? .08f : .80f),
         before = told && *mark != '+' && !child, after = told && *mark == '+';
    const char *first = before ? mark : coloured && !child ? colour : noun;
    if (rng_at(s->seed, SAY_ARTICLE, 0) % 5 == 0)
        say(line, "the");
    else
        say(line, strchr("aeiou", *first) ? "an" : "a");
    if (before)
        add(line, mark, mark_length);
    if (coloured && !child)
        add(line, colour, colour_length);
    add(line, noun, noun_length);
    if (coloured && child) {
        bool patterned = told && *mark != '+';
        const char *next = patterned ? mark : colour;
        say(line, rng_at(s->seed, SAY_SHIRT, 0) % 2 ? "in" : "wearing");
        say(line, strchr("aeiou", *next) ? "an" : "a");
        if (patterned)
            add(line, mark, mark_length);
        add(line, colour, colour_length);
        say(line, "shirt");
    }
    if (after) {
        if (coloured && child)
            say(line, "and");
        add(line, mark + 1, mark_length - 1);
    }
}

static void say_verb(struct line *line, const struct scene *s, uint32_t purpose, const char *list)
{
    size_t length;
    const char *verb = choose(s->seed, purpose, list, &length);
    size_t slash = strcspn(verb, "/");
    if (rng_at(s->seed, SAY_FORM, 0) % 3 == 0)
        add(line, verb + slash + 1, length - slash - 1);
    else
        add(line, verb, slash);
}

/* What it does, or with whom. */
static void say_action(struct line *line, const struct scene *s)
{
    int action = s->slot[SLOT_ACTION];
    struct scene second;
    if (!scene_companion(s, &second)) {
        say_verb(line, s, SAY_ACTION, action_words[action]);
        return;
    }
    size_t row = 0;
    while ((int)company_words[row].company != s->slot[SLOT_COMPANY] ||
           (company_words[row].action >= 0 && company_words[row].action != action))
        row++;
    say_verb(line, s, SAY_COMPANY, company_words[row].words);
    say_subject(line, &second);
}

static void say_place(struct line *line, const struct scene *s)
{
    int action = s->slot[SLOT_ACTION], place = s->slot[SLOT_PLACE];
    const char *list = on_place[place];
    if (action == DIVE)
        list = into_pool;
    else if (action == SAIL || (action == SWIM && place != UNDERWATER))
        list = place == MOUNTAINS ? on_lake
               : place == RIVER   ? on_river
               : place == POOL    ? in_pool
                                  : at_sea;
    else if (action == FLY || action == FLOAT)
        list = over_place[place];
    size_t length;
    const char *words = choose(s->seed, SAY_PLACE, list, &length);
    bool onward = !strncmp(words, "through", 7) || !strncmp(words, "across", 6) ||
                  !strncmp(words, "along", 5);
    if (action == SIT && onward) /* nobody sits through a meadow */
        add(line, list, strcspn(list, "|"));
    else
        add(line, words, length);
}

static void say_extra(struct line *line, const struct scene *s, int which)
{
    if (which == 0 && keep(s, 1, .80f))
        say_one(
            line, s, SAY_TIME,
            (s->slot[SLOT_WEATHER] == CLEAR ? time_words : dull_time_words)[s->slot[SLOT_TIME]]);
    if (which == 1 && keep(s, 2, .35f) && s->slot[SLOT_ACTION] != SIT &&
        s->slot[SLOT_ACTION] != LAUNCH)
        say_one(line, s, SAY_DIRECTION, direction_words[s->slot[SLOT_DIRECTION]]);
    if (which == 2 && keep(s, 3, .50f))
        say_one(line, s, SAY_SIZE, size_words[s->slot[SLOT_SIZE]]);
    if (which == 3 && keep(s, 4, s->slot[SLOT_CAMERA] == STATIC ? .3f : .65f))
        say_one(line, s, SAY_CAMERA, camera_words[s->slot[SLOT_CAMERA]]);
    int place = s->slot[SLOT_PLACE];
    if (which == 4 && place != UNDERWATER &&
        keep(s, 7, s->slot[SLOT_WEATHER] == CLEAR ? .08f : .85f))
        say_one(line, s, SAY_WEATHER,
                (place == ROOM ? weather_outside : weather_words)[s->slot[SLOT_WEATHER]]);
    if (which == 5 && keep(s, 8, s->slot[SLOT_STYLE] == PICTURE_BOOK ? .15f : .75f))
        say_one(line, s, SAY_STYLE, style_words[s->slot[SLOT_STYLE]]);
}

/* size may be small: the line is then cut at a byte, never overrun. */
void scene_caption(const struct scene *s, char *out, size_t size)
{
    static const int orders[6][6] = {{4, 0, 1, 2, 3, 5}, {1, 0, 4, 2, 3, 5}, {0, 4, 1, 3, 2, 5},
                                     {1, 4, 0, 5, 3, 2}, {0, 4, 1, 5, 2, 3}, {4, 0, 3, 1, 2, 5}};
    const int *order = orders[rng_at(s->seed, SAY_ORDER, 0) % 6];
    uint32_t start = rng_at(s->seed, SAY_ORDER, 1) % 8;
    int first = start < 2 ? 2 : start == 2 ? 5 : -1; /* the size or the style may come first */
    struct line line = {out, size, 0};
    if (!size)
        return;
    out[0] = 0;
    if (first >= 0)
        say_extra(&line, s, first);
    say_subject(&line, s);
    say_action(&line, s);
    if (keep(s, 9, s->slot[SLOT_PACE] == STEADY ? .02f : .85f))
        say_one(&line, s, SAY_PACE, pace_words[s->slot[SLOT_PACE]]);
    if (s->slot[SLOT_ACTION] == DIVE || keep(s, 5, .88f))
        say_place(&line, s);
    for (int i = 0; i < 6; i++)
        if (order[i] != first)
            say_extra(&line, s, order[i]);
}

/* --- vocabulary ------------------------------------------------------------------------------- */

struct word_list {
    char (*words)[16];
    size_t max, count;
};

static void insert_word(struct word_list *list, const char *word, size_t length)
{
    char text[16] = {0};
    memcpy(text, word, length < 15 ? length : 15);
    size_t at = 0;
    while (at < list->count && strcmp(list->words[at], text) < 0)
        at++;
    if ((at < list->count && !strcmp(list->words[at], text)) || list->count == list->max)
        return;
    memmove(list->words[at + 1], list->words[at], (list->count - at) * sizeof list->words[0]);
    memcpy(list->words[at], text, sizeof text);
    list->count++;
}

static void gather(struct word_list *list, const char *text)
{
    while (*text) {
        size_t length = 0;
        while (islower((unsigned char)text[length]) || isdigit((unsigned char)text[length]))
            length++;
        if (length)
            insert_word(list, text, length);
        text += length ? length : 1;
    }
}

size_t scene_vocabulary(char (*words)[16], size_t max)
{
    static const struct {
        const char *const *lists;
        int count;
    } tables[] = {
        {subject_words, SUBJECT_COUNT},
        {action_words, ACTION_COUNT},
        {on_place, PLACE_COUNT},
        {over_place, PLACE_COUNT},
        {time_words, TIME_COUNT},
        {colour_words, COLOUR_COUNT},
        {direction_words, DIRECTION_COUNT},
        {size_words, SIZE_COUNT},
        {camera_words, CAMERA_COUNT},
        {weather_words, WEATHER_COUNT},
        {weather_outside, WEATHER_COUNT},
        {dull_time_words, TIME_COUNT},
        {style_words, STYLE_COUNT},
        {mark_words, MARK_COUNT},
        {pace_words, PACE_COUNT},
    };
    struct word_list list = {words, max, 0};
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (int i = 0; i < tables[t].count; i++)
            gather(&list, tables[t].lists[i]);
    for (size_t i = 0; i < sizeof company_words / sizeof company_words[0]; i++)
        gather(&list, company_words[i].words);
    gather(&list, into_pool);
    gather(&list, at_sea);
    gather(&list, on_lake);
    gather(&list, on_river);
    gather(&list, in_pool);
    gather(&list, small_words);
    return list.count;
}
