/* The word lists behind lexicon.h. Lists are strings of words with spaces, so that they can be read
 * and added to as text; nothing here is an answer by itself, only a way into the card's own values.
 */
#include "lexicon.h"

#include <stdio.h>
#include <string.h>

/* Whether `word` is one of the space-separated words. */
static bool in_list(const char *word, const char *list)
{
    size_t n = strlen(word);
    for (const char *p = list; n && (p = strstr(p, word)) != NULL; p++)
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* --- Forms ------------------------------------------------------------------------------------ */

static const struct {
    const char *form, *base;
} irregular[] = {
    {"ran", "run"},     {"swam", "swim"},      {"swum", "swim"},     {"flew", "fly"},
    {"flown", "fly"},   {"dove", "dive"},      {"sat", "sit"},       {"leapt", "leap"},
    {"drove", "drive"}, {"driven", "drive"},   {"rose", "rise"},     {"risen", "rise"},
    {"went", "go"},     {"gone", "go"},        {"sprang", "spring"}, {"sprung", "spring"},
    {"fell", "fall"},   {"fallen", "fall"},    {"slept", "sleep"},   {"stood", "stand"},
    {"lay", "lie"},     {"lying", "lie"},      {"ate", "eat"},       {"drank", "drink"},
    {"sang", "sing"},   {"caught", "catch"},   {"fled", "flee"},     {"woke", "wake"},
    {"rode", "ride"},   {"ridden", "ride"},    {"slid", "slide"},    {"came", "come"},
    {"left", "leave"},  {"sped", "speed"},     {"crept", "crawl"},   {"thought", "think"},
    {"took", "take"},   {"lit", "ignite"},     {"sank", "fall"},     {"children", "child"},
    {"mice", "mouse"},  {"geese", "goose"},    {"wolves", "wolf"},   {"men", "man"},
    {"women", "woman"}, {"leaves", "leaf"},    {"ponies", "pony"},   {"oxen", "ox"},
    {"calves", "cow"},  {"kittens", "kitten"}, {"puppies", "puppy"}, {"spaceships", "spaceship"},
    {"buses", "bus"},
};

static void add_stem(char out[STEMS][WORD_MAX], int *count, const char *word, size_t keep,
                     const char *end)
{
    if (*count < STEMS && keep >= 2)
        snprintf(out[(*count)++], WORD_MAX, "%.*s%s", (int)keep, word, end);
}

static bool ends(const char *word, size_t n, const char *end)
{
    size_t m = strlen(end);
    return n > m && strcmp(word + n - m, end) == 0;
}

/* "running" -> "runn": also "run". */
static void add_undoubled(char out[STEMS][WORD_MAX], int *count, const char *word, size_t keep)
{
    if (keep > 2 && word[keep - 1] == word[keep - 2])
        add_stem(out, count, word, keep - 1, "");
}

int lexicon_stems(const char *word, char out[STEMS][WORD_MAX])
{
    int count = 0;
    size_t n = strlen(word);
    for (int i = 0; i < COUNT(irregular); i++)
        if (strcmp(irregular[i].form, word) == 0)
            add_stem(out, &count, irregular[i].base, strlen(irregular[i].base), "");
    if (n < 4)
        return count;
    if (ends(word, n, "ies"))
        add_stem(out, &count, word, n - 3, "y");
    if (ends(word, n, "es"))
        add_stem(out, &count, word, n - 2, "");
    if (ends(word, n, "s") && !ends(word, n, "ss"))
        add_stem(out, &count, word, n - 1, "");
    size_t strip = ends(word, n, "ing") ? 3 : ends(word, n, "ed") ? 2 : 0;
    if (strip) {
        add_stem(out, &count, word, n - strip, "");
        add_stem(out, &count, word, n - strip, "e");
        add_undoubled(out, &count, word, n - strip);
    }
    if (ends(word, n, "ied"))
        add_stem(out, &count, word, n - 3, "y");
    return count;
}

/* --- Words by kind ---------------------------------------------------------------------------- */

bool lexicon_is_article(const char *word)
{
    return in_list(word, "a an the this that these those his her its my our your their one two "
                         "three four five some any "
                         "every each another no many several few first last");
}

bool lexicon_is_adjective(const char *word)
{
    return in_list(
        word,
        "little big small old young tiny huge fluffy happy sad fast slow brave lonely curious lost "
        "wild cute "
        "funny fat lazy hungry beautiful great large giant long short quick quiet shy proud clever "
        "silly "
        "tired sleepy angry gentle majestic baby new poor single lone elegant striped shiny bright "
        "pretty magic magical mighty friendly playful sports racing toy hot mysterious scared");
}

bool lexicon_is_empty(const char *word)
{
    static const char list[] =
        "a an the this that these those his her its my our your their one some any every each "
        "another i you he she it we they "
        "him them me us who whom which what whose is are was were be been being am do does did has "
        "have had having will would "
        "can could shall should may might must and or but so nor yet if then than as at by for "
        "from in into of off on onto out "
        "over through to toward towards under up upon with without within along across around past "
        "near behind before "
        "after above below between against among beside beneath inside outside down back away "
        "again also just very too "
        "quite really there here where when while until till once because about like not no only "
        "even still "
        "meanwhile suddenly finally later soon now first next eventually immediately slowly "
        "quickly happily "
        "make makes making made turn turns turned move moves moved become becomes film movie video "
        "clip scene shot story short show shows showing create please want "
        "let see seen called titled named get gets start starts begin begins try tries end ends "
        "keep keeps camera "
        "something someone everything all both other same own such more most much many few several "
        "two three four five "
        "t s re ve ll d m onto towards without never nor dont doesnt didnt isnt arent wasnt wont "
        "cant ever never always style cinematic animation "
        "animated music musical score soundtrack song sound melody mood atmosphere cartoon "
        "picture image view long time side left right end middle top bottom edge way place thing "
        "things";
    return in_list(word, list);
}

bool lexicon_negates(const char *word)
{
    return in_list(word, "without no not never nor dont doesnt didnt isnt arent wasnt wont cant");
}

bool lexicon_is_preposition(const char *word)
{
    return in_list(word,
                   "on onto in into at by near under over above behind beside past from to toward "
                   "towards around before between across through along off against");
}

/* Those of WordNet's words that texts use, one letter (two in long words) from what the card or its
 * synonyms hold, with the same first letter. */
bool lexicon_is_english(const char *word)
{
    return in_list(
        word,
        "able ample automotive avenge bald bale balk bawl beat beech belch bench bill bind bland "
        "blank "
        "bleach blend blind bloat block blonde blood blur boast body bolt bond bony bout breach "
        "camp "
        "cant card care cart case cast cease chat chill cite clot coat cold cost cult dank dare "
        "darn "
        "derive desk dessert dice dime dine dish disk divest divine done dope dose draft dune dunk "
        "dusky dust fiend fist flag flat flats flatter flaw flea fleet flex flinch fling flip flop "
        "flout "
        "fluster foam focal foil fool foul fowl free gallon gird glass glove grasp grave greed "
        "greek "
        "greet groove grope gross guide harry hoarse homer hoop hope horde jumpy kind launcher "
        "lead leading "
        "leak lean leaving life limb limp line live male mane mark marsh mary match mate math maze "
        "mere "
        "mire month mouth myth noun pack pact page pane parch pare peace peak peaky peony phony "
        "poll "
        "poppy porch posture pulp pump puny rack racket racy rage raise rake rare rate reek reel "
        "rend rent "
        "reset retrieve rice rinse ripe risk rite roam roar role ruin rust said sallow sane scar "
        "seam seat "
        "seated seed seep send setting shallow share shoe shove showy sift site skim slim slit "
        "smiling "
        "snail snore soak soap soil solar sour spend spit stab stark steel steep steer stem stop "
        "store "
        "stow stray string suit sway swig swiss torn undertaker volley waist wart whine winner "
        "wonder "
        "wool word words");
}

const char *lexicon_mood(const char *word)
{
    static const struct {
        const char *mood, *words;
    } rows[] = {
        {"playful", "playful funny comic comedy silly cheeky whimsical cute naughty mischievous "
                    "goofy slapstick"},
        {"joyful", "joyful happy happily cheerful merry joy festive celebration party upbeat "
                   "bright fun laughing"},
        {"calm", "calm peaceful quiet gentle serene relaxing slow meditative still lazy tranquil "
                 "cosy sleepy"},
        {"epic", "epic heroic grand dramatic majestic mighty thrilling action glorious powerful "
                 "adventure brave"},
        {"tender", "tender romantic sad lonely love loving melancholic nostalgic bittersweet "
                   "touching lost wistful"},
        {"mysterious", "mysterious scary spooky dark horror strange eerie haunted secret mystery "
                       "thriller tense creepy"},
    };
    for (int i = 0; i < COUNT(rows); i++)
        if (in_list(word, rows[i].words))
            return rows[i].mood;
    return NULL;
}

int lexicon_tempo(const char *word)
{
    if (in_list(word, "fast quick quickly frantic hectic rapid speedy hurried energetic racing "
                      "thrilling wildly"))
        return 1;
    return in_list(word, "slow slowly gently calmly lazily leisurely softly quietly sleepy") ? -1
                                                                                             : 0;
}

/* --- Stand-ins -------------------------------------------------------------------------------- */

const struct lexicon_row lexicon_nearest[] = {
    {CARD_SUBJECT, "cat",
     "kangaroo_rat frog toad hedgehog mole beaver meerkat chipmunk lemur koala skunk"},
    {CARD_SUBJECT, "dog",
     "pet animal beast creature crocodile alligator hippo rhino monster puppy_dog husky"},
    {CARD_SUBJECT, "horse", "dinosaur trex yak bison knight cowboy gazelle foals rider"},
    {CARD_SUBJECT, "child",
     "teacher doctor soldier pirate farmer baby family friend friends couple clown alien ghost "
     "vampire "
     "zombie ninja detective scientist chef sailor hiker tourist superhero elf gnome dwarf giant "
     "snowman scarecrow santa guy dude somebody girlfriend boyfriend brother sister grandma "
     "grandpa"},
    {CARD_SUBJECT, "bird",
     "pelican flamingo peacock ostrich puffin cuckoo woodpecker sparrowhawk angel phoenix turkey"},
    {CARD_SUBJECT, "fish",
     "crab lobster starfish snake worm tadpole trout orca stingray shrimp diver_bell"},
    {CARD_SUBJECT, "butterfly", "ant spider cricket grasshopper mosquito snowflake petal feather"},
    {CARD_SUBJECT, "ball",
     "egg coin globe wheel balloon_ball stone rock orange_fruit melon lemon_fruit"},
    {CARD_SUBJECT, "car",
     "vehicle ambulance fire_engine police_car tank sledge sleigh skateboard limousine"},
    {CARD_SUBJECT, "boat", "barge gondola steamer lifeboat warship speedboat catamaran schooner"},
    {CARD_SUBJECT, "rocket", "probe comet meteor shooting_star asteroid space_station"},
    {CARD_SUBJECT, "balloon", "sun star planet_earth sky_lantern"},
    {CARD_ACTION, "walk", "follow follows approach return cross visit meet find"},
    {CARD_ACTION, "run", "compete train fight attack spin steal sneak"},
    {CARD_ACTION, "jump", "climb_over bounce_about kick dance_wildly throw"},
    {CARD_ACTION, "sit",
     "land alight stop settle relax meditate write paint cook hide guard nap sunbathe freeze "
     "shiver talk cry laugh study"},
    {CARD_ACTION, "dive", "sink dip bathe snorkel"},
    {CARD_ACTION, "fly", "migrate sail_through_the_air parachute levitate"},
    {CARD_ACTION, "drive", "overtake drift_race reverse crash"},
    {CARD_ACTION, "launch", "orbit_earth shoot_up"},
    {CARD_ACTION, "float", "ascend descend hang"},
    {CARD_PLACE, "pool", "olympics olympic_pool bathtub jacuzzi"},
    {CARD_PLACE, "beach", "water waves tide palm_trees palms tropics marina stream shoreline"},
    {CARD_PLACE, "meadow",
     "flower hill orchard clearing campsite golf_course football_pitch barn stable race_track "
     "racetrack"},
    {CARD_PLACE, "forest", "tree bushes undergrowth autumn_leaves"},
    {CARD_PLACE, "city",
     "building buildings skyscraper skyscrapers house_front traffic motorway highway museum "
     "library hospital "
     "new_york puddle restaurant cafe window bedroom living_room bathroom garage factory subway "
     "church tokyo "
     "paris london berlin york shanghai beijing stairs floor alley"},
    {CARD_PLACE, "desert",
     "on_the_moon outback badlands oasis cactus cacti egypt moon_surface launchpad launch_pad "
     "cosmodrome"},
    {CARD_PLACE, "snow",
     "blizzard iceberg frozen_lake snowstorm alaska antarctic siberia ski_jump"},
    {CARD_PLACE, "mountains", "cliff summit everest ridge clouds horizon galaxy universe orbit"},
    {CARD_PLACE, "underwater", "abyss shipwreck trench depths"},
    {CARD_WEATHER, "rain", "rainstorm raindrops puddles soaked"},
    {CARD_WEATHER, "snowfall", "flakes snow_shower"},
    {CARD_WEATHER, "cloudy", "murky gloomy"},
    {CARD_TIME, "dawn", "sunrise_light"},
    {CARD_TIME, "dusk", "sunrise_light late dim"},
    {CARD_TIME, "night", "nightfall moonlit darkness nocturnal"},
    {CARD_TIME, "day", "sun today blue_sky"},
};
const int lexicon_nearest_count = COUNT(lexicon_nearest);
