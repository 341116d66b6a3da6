/* The offline planner: the headline prompt as a golden storyboard, many prompts of every kind held
 * against the card, and what is told of each decision. WHELK_UPDATE_GOLDEN=1 writes the golden file
 * anew. Run from the repository root. */
#include "../tap.h"
#include "../../pipeline/base/file.h"
#include "../../storyboard/card.h"
#include "../../storyboard/storyboard.h"
#include "world_card.h"

#include <stdlib.h>

#define CARD "tests/golden/card.json"
#define GOLDEN "tests/golden/storyboard-cat-dives.json"
#define HEADLINE "A cat dives from a springboard into a pool"

static char *card_json;
static struct card card;

/* Every note of one plan, and whether each names an earlier one as its cause. */
struct heard {
    long count, orphans;
    char *all;
    char first[600];
    size_t size;
};

static long hear(void *ctx, const whelk_note *note)
{
    struct heard *h = ctx;
    size_t n = strlen(note->text);
    char *larger = realloc(h->all, h->size + n + 2);
    if (!larger)
        return 0;
    h->all = larger;
    memcpy(h->all + h->size, note->text, n);
    h->size += n;
    strcpy(h->all + h->size++, "\n");
    if (h->count == 0)
        snprintf(h->first, sizeof h->first, "%s", note->text);
    h->count++;
    bool caused = h->count == 1 ? note->why == 0 : note->why > 0 && note->why < h->count;
    h->orphans += !caused || !note->text[0] || !note->kind;
    return h->count;
}

static whelk_film *plan(const char *prompt, double seconds, struct heard *h, whelk_error *err)
{
    whelk_listener listen = {.note = hear, .ctx = h};
    whelk_plan_request r = {.prompt = prompt, .card_json = card_json, .seconds = seconds};
    return whelk_plan_offline(&r, h ? &listen : NULL, err);
}

static int value_of(const whelk_shot *shot, enum card_slot slot)
{
    return card_value(&card, slot, whelk_shot_slot(shot, card_slot_name(slot)));
}

/* All that must hold of any film this planner makes; the first thing that does not, or NULL. */
static const char *unsound(const whelk_film *film)
{
    whelk_error err = {0};
    if (!whelk_film_check(film, &err))
        return "breaks a limit";
    for (int i = 0; i < film->shot_count; i++) {
        const whelk_shot *s = &film->shots[i];
        for (int k = 0; k < CARD_SLOTS; k++)
            if (card.slot[k].count && k < CARD_SUBJECT2 && value_of(s, (enum card_slot)k) < 0)
                return "a slot is empty or not on the card";
        if (!card_possible(&card, value_of(s, CARD_SUBJECT), value_of(s, CARD_ACTION),
                           value_of(s, CARD_PLACE)))
            return "a shot is not possible";
        if (s->seconds > card.clip_seconds || s->speed != 1)
            return "a shot is longer than a clip";
        if (!s->why || strlen(s->why) < 40)
            return "a shot has no reason";
        for (int k = 0; k < i; k++)
            if (strcmp(s->why, film->shots[k].why) == 0)
                return "two shots have the same reason";
        if (strcmp(whelk_shot_slot(s, "direction"),
                   whelk_shot_slot(&film->shots[0], "direction")) != 0)
            return "the screen direction turns round";
        bool scene = i > 0 && strcmp(s->place, s[-1].place) != 0;
        if (i > 0 && !scene && value_of(s, CARD_SIZE) == value_of(s - 1, CARD_SIZE))
            return "two neighbours have the same size";
        if (i > 0 && scene != (strcmp(s[-1].transition, "crossfade") == 0))
            return "a crossfade without a change of scene, or the other way";
        char words[400];
        snprintf(words, sizeof words, "%s", s->prompt);
        for (char *w = strtok(words, " ,."); w; w = strtok(NULL, " ,.")) {
            for (char *p = w; *p; p++)
                *p = (char)(*p | 0x20);
            if (!card_knows_word(&card, w))
                return "a caption holds a word the model does not know";
        }
    }
    return film->title && *film->title && film->logline && film->treatment
               ? NULL
               : "the film has no words of its own";
}

static void headline(void)
{
    whelk_error err = {0};
    struct heard h = {0};
    whelk_film *film = plan(HEADLINE, 0, &h, &err);
    if (!ok(film != NULL, "the headline prompt is planned"))
        return;
    is_str(film->title, "The Cat and the Pool", "its title is made of the two");
    is_int(film->shot_count, 4, "it has four shots");
    is_str(whelk_shot_slot(&film->shots[0], "size"), "wide", "the first is wide");
    is_str(whelk_shot_slot(&film->shots[2], "action"), "dive", "the third is the dive");
    is_str(whelk_shot_slot(&film->shots[2], "size"), "wide", "seen wide");
    int longest = 0, dives = 0;
    for (int i = 0; i < film->shot_count; i++) {
        longest = film->shots[i].seconds > film->shots[longest].seconds ? i : longest;
        dives += strcmp(whelk_shot_slot(&film->shots[i], "action"), "dive") == 0;
    }
    is_int(longest, 2, "the dive is the longest shot");
    is_int(dives, 1, "and is shown once");
    is_int(film->place_count, 1, "the film stays in one place");
    is_str(film->shots[0].place, "pool", "by the pool");
    is_str(film->score.mood, "playful", "the score is playful");
    is_str(film->titles[0].kind, "opening", "there is an opening title");
    has_text(h.first, "No language model was used",
             "the first note says that no language model was used");
    has_text(h.first, "WHELK_LLM_URL", "and how to set one up");
    is_int(h.orphans, 0, "every note names an earlier one as its cause");
    char *json = whelk_film_json(film, &err);
    if (getenv("WHELK_UPDATE_GOLDEN"))
        ok(file_write(GOLDEN, json, strlen(json), &err), "the golden storyboard is written anew");
    char *golden = NULL;
    ok(file_read(GOLDEN, 1 << 20, &golden, NULL, &err), "the golden storyboard is there: %s",
       err.text);
    ok(golden && strcmp(json, golden) == 0, "the storyboard is byte for byte the golden one");
    free(golden);
    free(json);
    free(h.all);
    whelk_film_free(film);
}

static const char *const prompts[] = {
    "A cat dives from a springboard into a pool",
    "a dog runs along the beach",
    "A red car drives through the city at night",
    "rocket launch in the desert",
    "A hot air balloon drifts over the mountains at dusk",
    "a bird flies over the sea",
    "a blue ball bounces on the meadow",
    "fish",
    "A sailboat on the sea at sunset",
    "a yellow butterfly in the garden",
    "a horse gallops across the prairie",
    "a child walks in the snow",
    "An old lion sleeps under a tree",
    "the sad robot",
    "a dragon flies over a castle",
    "Two cats fight on a roof",
    "A cat and a dog run on the beach",
    "a black cat and a white cat in the forest",
    "A dog runs. It jumps. Then it sits.",
    "day turns to night in the city",
    "a car drives from the city to the desert, then to the mountains",
    "The stock market crashes",
    "love",
    "42",
    "?!",
    "a horse dives into a pool",
    "a fish walks on the beach",
    "a cat flies over the city",
    "a boat drives through the forest",
    "the rocket swims",
    "a ball sits",
    "butterfly in the snow",
    "Katze",
    "Ein Hund springt ins Schwimmbecken",
    "Un gato salta en la playa",
    "Le chien court sur la plage",
    "一只猫从跳板跳进游泳池",
    "犬が走る",
    "кот ныряет в бассейн",
    "A cat \"called\" $5 $(shell ls) `x` \\ 'quote'",
    "a film called \"The Big Splash\" about a cat",
    "close-up of a cat, camera pushes in",
    "a cat walks to the left",
    "camera follows a horse",
    "peaceful boat ride",
    "scary forest at midnight",
    "a kittne dvies into the pol",
    "CAT!!!",
    "a\ncat\tin\r\na pool",
    "spaceship lifts off from the moon",
    "a girl in a green shirt runs in the meadow",
    "the cat is black and sits in the snow",
    "an orange",
    "a dove",
    "the dark",
    "a bird sits on a boat",
    "a kite",
    "A cat walks, runs, jumps, sits, walks, runs, dives and sits",
    "first a dog, then a cat, then a bird, then a horse, then a child, then a ball, then a car, "
    "then a boat",
    "snow in the desert at noon, until night falls",
    "a whale jumps out of the ocean at dawn",
    "penguins on the ice",
};

static void many_prompts(void)
{
    enum { COUNT_PROMPTS = sizeof prompts / sizeof prompts[0] };
    for (int i = 0; i < COUNT_PROMPTS; i++) {
        whelk_error err = {0};
        struct heard h = {0};
        whelk_film *film = plan(prompts[i], 0, &h, &err), *again = plan(prompts[i], 0, NULL, &err);
        const char *fault = film ? unsound(film) : err.text;
        ok(fault == NULL, "sound: %.60s%s%s", prompts[i], fault ? ": " : "", fault ? fault : "");
        ok(film && film->shot_count >= 3 && (film->shot_count <= 6 || i >= COUNT_PROMPTS - 5),
           "%d shots", film ? film->shot_count : 0);
        is_int(h.orphans, 0, "every note has its cause");
        char *one = film ? whelk_film_json(film, &err) : NULL,
             *two = again ? whelk_film_json(again, &err) : NULL;
        ok(one && two && strcmp(one, two) == 0, "twice the same");
        whelk_film *back = one ? whelk_film_parse(one, "plan", &err) : NULL;
        ok(back != NULL, "read back from its file");
        free(one);
        free(two);
        free(h.all);
        whelk_film_free(film);
        whelk_film_free(again);
        whelk_film_free(back);
    }
}

/* Prompts and a piece of what must be told or planned. */
static void told(void)
{
    static const struct {
        const char *prompt, *says;
    } cases[] = {
        {"An old lion sleeps",
         "The model does not know \"lion\" (subject); it is replaced by \"cat\""},
        {"a cat in a fez", "The model has no picture for fez"},
        {"a horse dives into a pool",
         "\"dives\" is nothing the model's horse can do; it will jump instead"},
        {"a cat flies", "\"flies\" is nothing the model's cat can do; it will jump instead"},
        {"a fish swims in the forest",
         "the film goes to the place \"underwater\" instead of \"forest\""},
        {"a kittne", "\"kittne\" was read as \"cat\""},
        {"xyzzy", "Nothing in the line is known to the model"},
        {"xyzzy", "The line names nobody that the model knows"},
        {"a cat in the rain", "The line asks for rain, which the model cannot show"},
        {"a lion chases a zebra", "\"zebra\" is left out"},
        {"a cat", "No colour was said for the cat"},
        {"a scary cat", "The score is mysterious"},
        {"Two black cats run", "one cat stands for all of them"},
        {"a calm cat walks", "a bar can begin on 3 of 3 cuts then (2 shots are a"},
        {HEADLINE, "where 116 beats would give 1 (1 shot is a little longer or shorter for it)"},
        {"a cat walks to the left", "Everything moves to the left in every shot, as the line says"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        whelk_error err = {0};
        struct heard h = {0};
        whelk_film *film = plan(cases[i].prompt, 0, &h, &err);
        ok(h.all && strstr(h.all, cases[i].says), "%s: %s", cases[i].prompt, cases[i].says);
        if (!h.all || !strstr(h.all, cases[i].says))
            printf("# %s\n", h.all);
        whelk_film_free(film);
        free(h.all);
    }
}

static void story_is_kept(void)
{
    whelk_error err = {0};
    whelk_film *film = plan("A black dog runs on the beach, then jumps at night.", 0, NULL, &err);
    int runs = -1, jumps = -1;
    for (int i = 0; film && i < film->shot_count; i++) {
        const char *action = whelk_shot_slot(&film->shots[i], "action");
        runs = strcmp(action, "run") == 0 && runs < 0 ? i : runs;
        jumps = strcmp(action, "jump") == 0 ? i : jumps;
    }
    ok(runs >= 0 && jumps > runs, "two steps of a line come in their order");
    is_str(whelk_shot_slot(&film->shots[0], "time"), "day", "\"then ... at night\" begins by day");
    is_str(whelk_shot_slot(&film->shots[film->shot_count - 1], "time"), "night",
           "and ends at night");
    is_int(film->place_count, 2, "the beach by day and at night are two pictures");
    for (int i = 0; i < film->shot_count; i++)
        is_str(whelk_shot_slot(&film->shots[i], "colour"), "black", "the dog is black in shot %d",
               i + 1);
    whelk_film_free(film);

    film = plan("A cat and a dog run on the beach", 0, NULL, &err);
    is_int(film->character_count, 2, "two actors are two characters");
    is_str(whelk_shot_slot(&film->shots[0], "subject"), "cat", "the first one begins");
    is_str(whelk_shot_slot(&film->shots[1], "subject"), "dog",
           "the other follows in the next shot");
    whelk_film_free(film);

    film = plan("a black cat and a white cat sit in the snow", 0, NULL, &err);
    is_str(film->characters[0].id, "black-cat", "two cats are told apart by colour");
    whelk_film_free(film);

    film = plan("a girl in a green shirt runs", 0, NULL, &err);
    is_str(whelk_shot_slot(&film->shots[0], "colour"), "green", "a child's colour is its shirt's");
    whelk_film_free(film);

    film = plan("a film called \"The Big Splash\" about a cat", 0, NULL, &err);
    is_str(film->title, "The Big Splash", "a title given in the line is kept");
    whelk_film_free(film);
}

static void lengths(void)
{
    static const double wanted[] = {1, 2.5, 5, 8, 12, 20, 30, 45, 60, 120, 200};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        whelk_error err = {0};
        whelk_film *film = plan("A dog runs on the beach and jumps", wanted[i], NULL, &err);
        const char *fault = film ? unsound(film) : err.text;
        ok(fault == NULL, "%g s is planned soundly%s%s", wanted[i], fault ? ": " : "",
           fault ? fault : "");
        is_near(film ? film->seconds : 0, wanted[i], 0.1, "and is as long as asked for");
        whelk_film_free(film);
    }
    struct heard h = {0};
    whelk_error err = {0};
    whelk_film *film = plan("a boat", 900, &h, &err);
    ok(film && film->shot_count == 100, "900 s is planned with as many shots as a planner makes");
    has_text(h.all, "900 s were asked for", "and the shortfall is told");
    whelk_film_free(film);
    free(h.all);
}

/* The film's parts from cut to cut, a crossfade cut at its middle, that are whole beats within 6 %. */
static int parts_in_beats(const whelk_film *film)
{
    int met = 0;
    double cut_s = whelk_film_cut_seconds(film), from = 0, at = 0, end = cut_s;
    for (int i = 0; i < film->title_count; i++)
        end = fmax(end, film->titles[i].at_s + film->titles[i].seconds);
    for (int i = 0; i < film->shot_count; i++) {
        const whelk_shot *s = &film->shots[i];
        at += s->seconds - s->trim_in_s - s->transition_s;
        double to = i + 1 < film->shot_count ? at + s->transition_s / 2 : end;
        double beats = round((to - from) * film->score.tempo_bpm / 60);
        met += beats >= 2 && fabs(60 * beats / (to - from) / film->score.tempo_bpm - 1) < 0.06;
        from = to;
    }
    return met;
}

/* Over many prompts, with lengths of the planner's own and with one that was asked for. */
static void music(double seconds)
{
    int parts = 0, met = 0, out = 0;
    for (size_t i = 0; i < sizeof prompts / sizeof prompts[0]; i++) {
        whelk_error err = {0};
        whelk_film *film = plan(prompts[i], seconds, NULL, &err);
        if (!film)
            continue;
        parts += film->shot_count;
        met += parts_in_beats(film);
        out += film->score.tempo_bpm < 58 * 0.85 || film->score.tempo_bpm > 138 * 1.15;
        whelk_film_free(film);
    }
    ok(met >= parts * 0.9, "of %d parts between cuts %d are whole beats at the tempo planned", parts,
       met);
    is_int(out, 0, "which stays where its mood sounds like itself");
}

static void requests(void)
{
    whelk_error err = {0};
    char *large = malloc(100001);
    memset(large, 'a', 100000);
    large[100000] = 0;
    const char *const bad[] = {NULL,
                               "",
                               "  \n ",
                               large,
                               "a cat \xff",
                               "a cat \xc3",
                               "a \x01 cat",
                               "a \x1b[31m cat",
                               "a \xed\xa0\x80 cat"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        whelk_film *film = plan(bad[i], 0, NULL, &err);
        ok(!film && err.code == WHELK_EUSAGE, "bad prompt %zu: %s", i + 1, err.text);
    }
    memset(large, ' ', 100000);
    for (int i = 0; i < 7998; i += 2)
        memcpy(large + i, "q ", 2);
    large[7999] = 0;
    whelk_film *film = plan(large, 0, NULL, &err);
    ok(film && !unsound(film), "a prompt of 4000 unknown words is planned");
    whelk_film_free(film);
    for (int i = 0; i + 9 < 7999; i += 9)
        memcpy(large + i, "cat runs ", 9);
    film = plan(large, 0, NULL, &err);
    ok(film && !unsound(film), "a prompt of 800 steps is planned");
    whelk_film_free(film);
    free(large);

    whelk_plan_request odd[] = {
        {.prompt = "cat", .width = 1281, .height = 720},
        {.prompt = "cat", .width = 1280},
        {.prompt = "cat", .fps = 1000},
        {.prompt = "cat", .fps = NAN},
        {.prompt = "cat", .seconds = -1},
        {.prompt = "cat", .seconds = NAN},
        {.prompt = "cat", .seconds = 1e9},
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        odd[i].card_json = card_json;
        ok(!whelk_plan_offline(&odd[i], NULL, &err) && err.code == WHELK_EUSAGE,
           "odd request %zu: %s", i + 1, err.text);
    }
    static const struct {
        int width, height;
        double fps;
        const char *ratio;
    } frames[] = {{720, 1280, 30, "9:16"},  {640, 640, 25, "1:1"}, {1280, 536, 23.976, "2.39:1"},
                  {322, 100, 60, "3.22:1"}, {64, 36, 1, "16:9"},   {1280, 720, 120, "16:9"},
                  {640, 360, 12, "16:9"}};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        whelk_plan_request r = {.prompt = HEADLINE,
                                .card_json = card_json,
                                .width = frames[i].width,
                                .height = frames[i].height,
                                .fps = frames[i].fps};
        film = whelk_plan_offline(&r, NULL, &err);
        ok(film && !unsound(film), "%dx%d at %g is planned", r.width, r.height, r.fps);
        is_str(film ? film->ratio : "", frames[i].ratio, "with the ratio %s", frames[i].ratio);
        whelk_film_free(film);
    }
}

static void seeds(void)
{
    whelk_error err = {0};
    whelk_plan_request r = {.prompt = "xyzzy", .card_json = card_json, .seed = 1};
    int differ = 0;
    for (uint64_t seed = 1; seed < 6; seed++) {
        whelk_film *a = whelk_plan_offline(&r, NULL, &err);
        r.seed = seed + 1;
        whelk_film *b = whelk_plan_offline(&r, NULL, &err);
        differ += a->shots[0].seed != b->shots[0].seed;
        whelk_film_free(a);
        whelk_film_free(b);
    }
    is_int(differ, 5, "another seed makes other takes");
}

/* The training world's own card, which has slots that the shipped model's has not. */
/* Weather, style, marks and what is new in the old slots; in five languages. */
static void wider_card(void)
{
    static const struct {
        const char *prompt;
        enum card_slot slot;
        const char *value;
    } rows[] = {
        {"a dog runs in the rain", CARD_WEATHER, "rain"},
        {"a dog runs on the beach", CARD_WEATHER, "clear"},
        {"it snows and a cat sits in the city", CARD_WEATHER, "snowfall"},
        {"a car drives through the fog", CARD_WEATHER, "cloudy"},
        {"a dog runs on the beach, watercolour", CARD_STYLE, "watercolour"},
        {"a cat sits, in the style of a poster", CARD_STYLE, "poster"},
        {"a poster hangs on the wall and a child runs", CARD_STYLE, "picture-book"},
        {"a spotted brown dog runs", CARD_MARK, "spots"},
        {"a cat with a scarf jumps", CARD_MARK, "scarf"},
        {"a cat jumps", CARD_MARK, "plain"},
        {"an airplane flies over the hills at sunrise", CARD_SUBJECT, "plane"},
        {"an airplane flies over the hills at sunrise", CARD_TIME, "dawn"},
        {"a duckling swims on the lake", CARD_PLACE, "river"},
        {"a watercolour of a duck on the river", CARD_STYLE, "watercolour"},
        {"a cat walks past a poster of a horse", CARD_STYLE, "picture-book"},
        {"a plane flies over the hills while snow falls", CARD_WEATHER, "snowfall"},
        {"eine gestreifte Katze läuft im Regen", CARD_MARK, "stripes"},
        {"eine gestreifte Katze läuft im Regen", CARD_WEATHER, "rain"},
        {"un lapin saute dans la chambre", CARD_PLACE, "room"},
        {"una tortuga camina bajo la lluvia", CARD_SUBJECT, "turtle"},
        {"下雪时一只戴围巾的兔子在农场跳", CARD_WEATHER, "snowfall"},
        {"下雪时一只戴围巾的兔子在农场跳", CARD_PLACE, "farm"},
    };
    char *json = NULL, *old_json = card_json;
    struct card old = card;
    whelk_error err = {0};
    if (!read_world_card(&json) || !card_init(&card, json, &err)) {
        ok(false, "the training world tells its card (build/worldgen --card) %s", err.text);
        free(json);
        card = old;
        return;
    }
    card_json = json;
    for (int i = 0; i < COUNT(rows); i++) {
        whelk_film *film = plan(rows[i].prompt, 0, NULL, &err);
        const char *name = card_slot_name(rows[i].slot), *why = film ? unsound(film) : err.text;
        is_str(film ? whelk_shot_slot(&film->shots[0], name) : NULL, rows[i].value, "%s: %s is %s",
               rows[i].prompt, name, rows[i].value);
        ok(!why, "and the film is sound%s%s", why ? ": " : "", why ? why : "");
        whelk_film_free(film);
    }
    static const char *const pairs[][4] = {
        {"a dog chases a black cat through the meadow", "chase", "cat", "black"},
        {"a white horse follows an elephant along the river", "follow", "elephant", ""},
        {"a cat and a rabbit sit in the room", "together", "rabbit", ""},
        {"a child meets a white dog in the city", "pass", "dog", "white"},
        {"two cats chase each other in the meadow", "chase", "cat", ""},
        {"three horses run together across the desert", "together", "horse", ""},
        {"a dog dives into the pool and a cat watches", "", "", ""},
    };
    for (int i = 0; i < COUNT(pairs); i++) {
        whelk_film *film = plan(pairs[i][0], 0, NULL, &err);
        const char *why = film ? unsound(film) : err.text;
        int met = 0, odd = 0;
        for (int k = 0; film && k < film->shot_count; k++) {
            const whelk_shot *s = &film->shots[k];
            bool alone = strcmp(whelk_shot_slot(s, "company"), "alone") == 0;
            const char *second = whelk_shot_slot(s, "subject2"),
                       *colour = whelk_shot_slot(s, "colour2");
            odd += alone
                       ? second != NULL
                       : !second || strcmp(second, pairs[i][2]) != 0 || !strstr(s->prompt, second);
            odd += !alone && strcmp(whelk_shot_slot(s, "size"), "close") == 0;
            met += !alone && strcmp(whelk_shot_slot(s, "company"), pairs[i][1]) == 0 &&
                   (!*pairs[i][3] || strcmp(colour, pairs[i][3]) == 0);
        }
        ok(!why && odd == 0 && (met > 0) == (*pairs[i][1] != '\0'), "%s: %d shots show both%s%s",
           pairs[i][0], met, why ? ": " : "", why ? why : "");
        whelk_film_free(film);
    }
    whelk_film *film = plan("a spotted cat and a striped cat sit in the room", 0, NULL, &err);
    const char *first = film ? whelk_shot_slot(&film->shots[0], "mark") : NULL;
    bool another = false;
    for (int i = 1; first && i < film->shot_count; i++)
        another = another || strcmp(whelk_shot_slot(&film->shots[i], "mark"), first) != 0;
    ok(another, "two cats of different marks are two cats");
    whelk_film_free(film);
    film = plan("Two cats run on the beach. Then two cats sleep.", 0, NULL, &err);
    is_int(film ? film->character_count : 0, 2, "two cats named again are the same two");
    whelk_film_free(film);
    card_release(&card);
    free(json);
    card = old;
    card_json = old_json;
}

static void bad_cards(void)
{
    static const char *const bad[] = {
        NULL,
        "",
        "{}",
        "[]",
        "{\"slots\": 3}",
        "{\"slots\": []}",
        "{\"slots\": [{\"name\": \"subject\"}]}",
        "{\"slots\": [{\"name\": \"subject\", \"values\": [\"cat\"]}, {\"name\": \"action\", "
        "\"values\": [\"sit\"]},"
        " {\"name\": \"place\", \"values\": [\"pool\"]}], \"possible\": [{\"subject\": \"cow\"}]}",
        "{\"slots\": [{\"name\": \"subject\", \"values\": [\"cat\"]}, {\"name\": \"action\", "
        "\"values\": [\"sit\"]},"
        " {\"name\": \"place\", \"values\": [\"pool\"]}], \"possible\": [{\"subject\": \"cat\", "
        "\"actions\": {\"sit\": [\"pool\"]}}]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        whelk_error err = {0};
        whelk_film *film = whelk_plan_offline(
            &(whelk_plan_request){.prompt = "cat", .card_json = bad[i]}, NULL, &err);
        ok(!film && err.text[0], "bad card %zu: %s", i + 1, err.text);
    }
    whelk_error err = {0};
    const char *tiny = "{\"slots\": [{\"name\": \"subject\", \"values\": [\"cow\"]}, {\"name\": "
                       "\"action\", \"values\": [\"graze\"]},"
                       " {\"name\": \"place\", \"values\": [\"farm\"]}], \"possible\": "
                       "[{\"subject\": \"cow\", \"actions\": {\"graze\":"
                       " [\"farm\"]}}], \"seconds\": {\"clip\": 4}}";
    whelk_film *film = whelk_plan_offline(
        &(whelk_plan_request){.prompt = "a cat dives", .card_json = tiny}, NULL, &err);
    ok(film != NULL, "a card of one cow that grazes is planned with: %s",
       film ? film->shots[0].prompt : err.text);
    whelk_film_free(film);
}

int main(void)
{
    whelk_error err = {0};
    if (!file_read(CARD, 1 << 20, &card_json, NULL, &err) || !card_init(&card, card_json, &err)) {
        ok(false, "%s: %s", CARD, err.text);
        return done_testing();
    }
    headline();
    many_prompts();
    told();
    story_is_kept();
    lengths();
    music(0);
    music(20);
    requests();
    seeds();
    bad_cards();
    wider_card();
    card_release(&card);
    free(card_json);
    return done_testing();
}
