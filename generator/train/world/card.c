/* The capability card: what the model can be asked for, in the words a planner meets. Synonyms mean
 * the same value; "nearest" names what stands in best for something the world does not hold. */
#include "scene.h"

#include <stdio.h>
#include <string.h>

struct wording {
    const char *value, *words; /* words: space-separated, '_' stands for a space inside one */
};

static const struct wording subject_synonyms[] = {
    {"cat", "kitten kitty tomcat pussycat house_cat feline"},
    {"dog", "puppy hound doggy pup terrier labrador retriever spaniel poodle beagle canine"},
    {"horse", "pony stallion mare foal steed colt"},
    {"child", "kid girl boy toddler youngster children"},
    {"bird", "songbird sparrow robin swallow finch pigeon dove"},
    {"fish", "goldfish tropical_fish clownfish carp"},
    {"butterfly", "moth butterflies"},
    {"ball", "beach_ball rubber_ball football soccer_ball"},
    {"car", "automobile auto motorcar sedan taxi cab"},
    {"boat", "sailboat sailing_boat yacht dinghy"},
    {"rocket", "spaceship spacecraft space_rocket rocket_ship shuttle"},
    {"balloon", "hot-air_balloon hot_air_balloon aerostat"},
    {"rabbit", "bunny hare bunny_rabbit rabbits"},
    {"duck", "duckling drake mallard ducks"},
    {"turtle", "tortoise sea_turtle terrapin turtles"},
    {"elephant", "elephants jumbo"},
    {"plane", "airplane aeroplane aircraft propeller_plane biplane"},
};

static const struct wording subject_nearest[] = {
    {"cat", "lion tiger leopard cheetah panther lynx puma jaguar squirrel mouse rat hamster otter "
            "raccoon ferret weasel"},
    {"dog", "wolf fox coyote bear sheep lamb goat pig piglet hyena jackal badger panda boar"},
    {"horse", "zebra donkey mule unicorn camel deer reindeer stag moose elk giraffe cow bull ox "
              "buffalo antelope "
              "llama"},
    {"child", "man woman person human people lady gentleman father mother grandmother grandfather "
              "diver athlete runner "
              "dancer swimmer robot monkey ape chimp astronaut hero princess prince king queen "
              "wizard actor student "
              "doll teddy"},
    {"bird", "eagle hawk falcon owl seagull gull crow raven parrot stork "
             "hummingbird bat dragon kite"},
    {"fish", "whale dolphin shark seal octopus squid jellyfish seahorse ray submarine mermaid "
             "salmon tuna eel"},
    {"butterfly",
     "bee bumblebee dragonfly ladybird ladybug insect fly beetle fairy wasp firefly leaf"},
    {"ball", "apple basketball tennis_ball orb sphere marble pumpkin"},
    {"car", "truck lorry bus van train tram bicycle bike motorcycle motorbike scooter tractor "
            "wagon jeep carriage"},
    {"boat", "ship ferry canoe kayak raft galleon cruise_ship tanker vessel surfboard"},
    {"rocket", "missile ufo firework satellite"},
    {"rabbit", "kangaroo wallaby guinea_pig chinchilla"},
    {"duck", "swan goose gosling penguin chicken hen rooster pelican"},
    {"turtle", "crab snail crocodile alligator"},
    {"elephant", "mammoth rhino rhinoceros hippo hippopotamus dinosaur"},
    {"plane", "jet helicopter drone glider airliner jumbo_jet"},
    {"balloon", "airship zeppelin blimp parachute cloud bubble lantern moon"},
};

static const struct wording action_synonyms[] = {
    {"walk",
     "walks walking stroll strolls strolling wander wanders trot trots amble march step pace"},
    {"run", "runs running race races dash dashes sprint sprints gallop gallops chase chases hurry "
            "rush flee"},
    {"jump", "jumps jumping leap leaps leaping hop hops bound bounds spring springs"},
    {"dive", "dives diving plunge plunges springboard diving_board high_dive"},
    {"sit", "sits sitting rest rests wait waits stay perch perches"},
    {"fly", "flies flying flutter flutters glide glides flap soar soars"},
    {"swim", "swims swimming"},
    {"bounce", "bounces bouncing roll rolls"},
    {"drive", "drives driving speed speeds cruise cruises"},
    {"sail", "sails sailing"},
    {"launch", "launches launching take_off takes_off blast_off blasts_off lift_off lifts_off"},
    {"float", "floats floating drift drifts hover hovers rise rises"},
};

static const struct wording action_nearest[] = {
    {"walk",
     "go goes come comes crawl climb explore search dance stand_up arrive leave travel carry hunt"},
    {"run", "play plays escape pursue hunt_down ride charge skate ski slide"},
    {"jump", "celebrate skip tumble play_ball catch pounce bounce_up"},
    {"dive", "fall falls splash cannonball drop drops somersault"},
    {"sit", "sleep sleeps stand stands look looks watch watches think dream eat eats drink read "
            "lie lies stare listen "
            "sing smile pose wake"},
    {"fly", "buzz circle swoop dart"},
    {"swim", "paddle float_along dart_about"},
    {"drive", "park brake travel_by_car"},
    {"sail", "row anchor cross_the_sea"},
    {"launch", "explode fire ignite"},
};

static const struct wording place_synonyms[] = {
    {"pool", "swimming_pool lido poolside springboard diving_board baths"},
    {"beach", "seaside shore coast sand sea seashore bay"},
    {"meadow", "field grass grassland pasture flowers prairie"},
    {"forest", "woods wood trees woodland grove"},
    {"city", "town street downtown road avenue"},
    {"desert", "dunes sahara"},
    {"snow", "winter ice snowy arctic"},
    {"mountains", "mountain hills peaks alps valley cliffs"},
    {"underwater", "under_water ocean coral_reef reef deep_sea seabed"},
    {"farm", "farmyard barn farmland barnyard"},
    {"river", "riverbank river_bank stream brook creek bridge"},
    {"room", "living_room indoors house home bedroom lounge parlour"},
};

static const struct wording place_nearest[] = {
    {"pool", "fountain bath hotel water_park spa"},
    {"beach", "island harbour harbor port lagoon pier lighthouse sea_wall"},
    {"meadow", "garden park lawn playground backyard stadium steppe"},
    {"forest", "jungle rainforest swamp park_at_night cave"},
    {"city", "village_square market roof rooftop school station airport castle square"},
    {"desert",
     "canyon savanna savannah mars wasteland beach_without_sea planet steppe_land pyramid"},
    {"snow", "north_pole antarctica glacier tundra ski_slope christmas"},
    {"mountains", "volcano canyon_rim sky heaven space outer_space highlands waterfall"},
    {"underwater", "aquarium atlantis sea_floor"},
    {"farm", "countryside village ranch field_of_wheat stable yard vineyard orchard"},
    {"river", "lake pond canal lakeside waterside wetland"},
    {"room", "kitchen office shop bar nursery hall library studio bathroom"},
};

static const struct wording time_synonyms[] = {
    {"day", "daytime noon midday sunny sunshine afternoon daylight"},
    {"dusk", "sunset evening twilight golden_hour sundown"},
    {"night", "midnight moonlight stars dark starry nighttime"},
    {"dawn", "sunrise daybreak early_morning first_light morning_mist"},
};
static const struct wording time_nearest[] = {
    {"day", "summer spring bright lunch"},
    {"dusk", "autumn dinner"},
    {"night", "bedtime moon new_year eclipse halloween"},
    {"dawn", "morning breakfast cockcrow"},
};

static const struct wording colour_synonyms[] = {
    {"orange", "ginger tangerine amber"}, {"red", "scarlet crimson ruby"},
    {"yellow", "golden lemon blond"},     {"green", "emerald lime"},
    {"blue", "azure navy sky-blue"},      {"white", "snow-white ivory"},
    {"black", "dark charcoal jet-black"}, {"purple", "violet lilac lavender"},
};
static const struct wording colour_nearest[] = {
    {"orange", "brown tan copper peach calico rusty bronze"},
    {"red", "pink magenta maroon rose coral"},
    {"yellow", "gold cream sandy beige"},
    {"green", "olive teal mint"},
    {"blue", "turquoise indigo cyan"},
    {"white", "silver pale grey-white"},
    {"black", "grey gray"},
    {"purple", "plum mauve"},
};

static const struct wording direction_synonyms[] = {
    {"left", "to_the_left leftwards from_right_to_left"},
    {"right", "to_the_right rightwards from_left_to_right"},
};
static const struct wording size_synonyms[] = {
    {"wide", "wide_shot long_shot establishing_shot panorama"},
    {"medium", "medium_shot mid_shot"},
    {"close", "close-up close_up closeup close_shot"},
};
static const struct wording camera_synonyms[] = {
    {"static", "still fixed locked_off"},
    {"pan-left", "pan_left pans_left"},
    {"pan-right", "pan_right pans_right"},
    {"push-in", "push_in zoom_in dolly_in closer"},
    {"pull-out", "pull_out zoom_out dolly_out"},
    {"follow", "follows tracking tracking_shot following"},
    {"tilt-up", "tilt_up tilts_up crane_up rises_up boom_up"},
    {"tilt-down", "tilt_down tilts_down crane_down boom_down"},
};
static const struct wording weather_synonyms[] = {
    {"clear", "clear_sky fine_weather cloudless sunny_weather"},
    {"cloudy", "clouds overcast mist misty fog foggy grey_sky hazy"},
    {"rain", "rainy raining rains downpour drizzle pouring shower wet"},
    {"snowfall", "snowing snows falling_snow snow_falls snow_falling snowflakes flurry"},
};
static const struct wording weather_nearest[] = {
    {"clear", "heat rainbow"},
    {"cloudy", "windy wind breeze smog"},
    {"rain", "storm stormy thunderstorm thunder lightning hail monsoon"},
    {"snowfall", "blizzard snowstorm sleet"},
};
static const struct wording style_synonyms[] = {
    {"picture-book", "picture_book storybook childrens_book illustration illustrated"},
    {"watercolour", "watercolor watercolour_painting aquarelle painted"},
    {"cut-out", "cut_out paper_cut_out cutout papercut papercraft paper_cut"},
    {"poster", "screen_print screenprint vintage_poster poster_art"},
};
static const struct wording style_nearest[] = {
    {"picture-book", "cartoon animated animation disney ghibli 3d crayon"},
    {"watercolour", "oil_painting impressionist pastel_drawing ink_wash gouache sketch pencil"},
    {"cut-out", "collage origami stop_motion felt clay claymation"},
    {"poster", "art_deco pop_art noir linocut woodcut bauhaus comic manga anime neon"},
};
static const struct wording mark_synonyms[] = {
    {"plain", "unmarked"},
    {"stripes", "striped stripy tabby"},
    {"spots", "spotted dotted speckled polka_dot polka-dot dappled"},
    {"patch", "patched patchy patches"},
    {"scarf", "scarves shawl"},
};
static const struct wording mark_nearest[] = {
    {"stripes", "checked tartan"},
    {"spots", "freckled leopard_print"},
    {"patch", "piebald pied calico_coat two-tone"},
    {"scarf", "bow ribbon bow_tie collar necklace cape"},
};
static const struct wording pace_synonyms[] = {
    {"slow", "slowly gently lazily leisurely unhurried unhurriedly calmly slow-motion slow_motion"},
    {"fast", "quickly quick swiftly swift speedily rapidly full_speed top_speed hurriedly hurry"},
};
static const struct wording camera_nearest[] = {
    {"static", "tripod low_angle high_angle"},
    {"follow", "handheld steadicam drone_shot crane orbit"},
    {"push-in", "crash_zoom"},
    {"pull-out", "reveal aerial"},
    {"tilt-up", "look_up"},
    {"tilt-down", "look_down"},
};

#define TABLE(t) t, sizeof(t) / sizeof((t)[0])

static const struct {
    const struct wording *synonyms;
    size_t synonym_count;
    const struct wording *nearest;
    size_t nearest_count;
} wordings[SLOT_COUNT] = {
    [SLOT_SUBJECT] = {TABLE(subject_synonyms), TABLE(subject_nearest)},
    [SLOT_ACTION] = {TABLE(action_synonyms), TABLE(action_nearest)},
    [SLOT_PLACE] = {TABLE(place_synonyms), TABLE(place_nearest)},
    [SLOT_TIME] = {TABLE(time_synonyms), TABLE(time_nearest)},
    [SLOT_COLOUR] = {TABLE(colour_synonyms), TABLE(colour_nearest)},
    [SLOT_DIRECTION] = {TABLE(direction_synonyms), NULL, 0},
    [SLOT_SIZE] = {TABLE(size_synonyms), NULL, 0},
    [SLOT_CAMERA] = {TABLE(camera_synonyms), TABLE(camera_nearest)},
    [SLOT_WEATHER] = {TABLE(weather_synonyms), TABLE(weather_nearest)},
    [SLOT_STYLE] = {TABLE(style_synonyms), TABLE(style_nearest)},
    [SLOT_MARK] = {TABLE(mark_synonyms), TABLE(mark_nearest)},
    [SLOT_PACE] = {TABLE(pace_synonyms), NULL, 0},
};

static void put_word(FILE *f, const char *word, size_t length)
{
    fputc('"', f);
    for (size_t i = 0; i < length; i++)
        fputc(word[i] == '_' ? ' ' : word[i], f);
    fputc('"', f);
}

/* {"cat":["kitten", ...], ...} */
static void put_synonyms(FILE *f, const struct wording *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(f, "%s\"%s\":[", i ? "," : "", rows[i].value);
        for (const char *p = rows[i].words; *p; p += strspn(p, " ")) {
            size_t length = strcspn(p, " ");
            if (p != rows[i].words)
                fputc(',', f);
            put_word(f, p, length);
            p += length;
        }
        fputc(']', f);
    }
}

/* {"lion":"cat", ...} */
static void put_nearest(FILE *f, const struct wording *rows, size_t count)
{
    bool first = true;
    for (size_t i = 0; i < count; i++)
        for (const char *p = rows[i].words; *p; p += strspn(p, " ")) {
            size_t length = strcspn(p, " ");
            if (!first)
                fputc(',', f);
            put_word(f, p, length);
            fprintf(f, ":\"%s\"", rows[i].value);
            first = false;
            p += length;
        }
}

static void put_slots(FILE *f)
{
    fputs("\"slots\":[", f);
    for (int s = 0; s < SLOT_COUNT; s++) {
        fprintf(f, "%s\n{\"name\":\"%s\",\"values\":[", s ? "," : "", slot_name((enum slot)s));
        for (int v = 0; v < slot_count((enum slot)s); v++)
            fprintf(f, "%s\"%s\"", v ? "," : "", slot_value((enum slot)s, v));
        fputs("],\"synonyms\":{", f);
        put_synonyms(f, wordings[s].synonyms, wordings[s].synonym_count);
        fputs("},\"nearest\":{", f);
        put_nearest(f, wordings[s].nearest, wordings[s].nearest_count);
        fputs("}}", f);
    }
    fputs("],\n", f);
}

static void unset_slots(int slot[SLOT_COUNT])
{
    for (int s = 0; s < SLOT_COUNT; s++)
        slot[s] = slot_count((enum slot)s);
}

static void put_actions(FILE *f, int subject)
{
    int slot[SLOT_COUNT];
    unset_slots(slot);
    slot[SLOT_SUBJECT] = subject;
    bool first = true;
    for (int action = 0; action < ACTION_COUNT; action++) {
        slot[SLOT_ACTION] = action;
        slot[SLOT_PLACE] = PLACE_COUNT;
        if (!scene_possible(slot))
            continue;
        fprintf(f, "%s\"%s\":[", first ? "" : ",", slot_value(SLOT_ACTION, action));
        first = true;
        for (int place = 0; place < PLACE_COUNT; place++) {
            slot[SLOT_PLACE] = place;
            if (!scene_possible(slot))
                continue;
            fprintf(f, "%s\"%s\"", first ? "" : ",", slot_value(SLOT_PLACE, place));
            first = false;
        }
        fputc(']', f);
        first = false;
    }
}

static void put_held_out(FILE *f)
{
    enum slot slots[2];
    int values[2];
    fputs("\"held_out\":[", f);
    for (size_t i = 0; scene_held_pair(i, slots, values); i++)
        fprintf(f, "%s\n{\"%s\":\"%s\",\"%s\":\"%s\"}", i ? "," : "", slot_name(slots[0]),
                slot_value(slots[0], values[0]), slot_name(slots[1]),
                slot_value(slots[1], values[1]));
    fputs("],\n", f);
}

/* {"walk":"back", ...}: the actions that a longer shot can go on with, and how */
static void put_sequels(FILE *f)
{
    bool first = true;
    fputs("\"goes_on\":{", f);
    for (int action = 0; action < ACTION_COUNT; action++) {
        int slot[SLOT_COUNT] = {[SLOT_ACTION] = action};
        enum sequel sequel = scene_sequel(slot);
        if (sequel == ENDS)
            continue;
        fprintf(f, "%s\"%s\":\"%s\"", first ? "" : ",", slot_value(SLOT_ACTION, action),
                sequel == TURNS_BACK ? "back" : "stays");
        first = false;
    }
    fputs("},\n", f);
}

void scene_card_json(void *file)
{
    char words[512][16];
    FILE *f = file;
    fputs("{\"version\":1,\n", f);
    put_slots(f);
    fputs("\"possible\":[", f);
    for (int s = 0; s < SUBJECT_COUNT; s++) {
        fprintf(f, "%s\n{\"subject\":\"%s\",\"actions\":{", s ? "," : "",
                slot_value(SLOT_SUBJECT, s));
        put_actions(f, s);
        fputs("}}", f);
    }
    fputs("],\n", f);
    put_held_out(f);
    put_sequels(f);
    fprintf(f, "\"seconds\":{\"clip\":%.3f},\n\"vocabulary\":[",
            (double)(POSES / POSES_PER_SECOND));
    size_t count = scene_vocabulary(words, 512);
    for (size_t i = 0; i < count; i++)
        fprintf(f, "%s\"%s\"", i ? "," : "", words[i]);
    fputs("],\n\"cannot\":[\"more than three actors\",\"crowds\",\"speech\",\"text\",\"faces in close-up\","
          "\"hands holding things\",\"actors fighting\","
          "\"a scene that changes place within a shot\",\"photographic realism\"]}\n",
          f);
}
