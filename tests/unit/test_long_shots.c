/* Shots longer than a clip, and the pace of who crosses the picture, as the storyboard has them:
 * chosen by the planner only where it is asked to, allowed by changes, told to a language model;
 * all of it only where the model's card says so. Run from the repository root. */
#include "../tap.h"

#include <stdlib.h>

#include "../../pipeline/base/file.h"
#include "../../storyboard/plan_llm.h"

static char *plain_card, *card; /* as it was; with what goes on, and a pace */

/* --- The card --------------------------------------------------------------------------------- */

static char *with_going_on(const char *json)
{
    static const char slot[] =
        "{\"name\": \"pace\", \"values\": [\"steady\", \"slow\", \"fast\"], \"synonyms\": "
        "{\"slow\": "
        "[\"slowly\", \"gently\"], \"fast\": [\"quickly\", \"full speed\"]}, \"nearest\": {}}";
    static const char ways[] =
        "{\"walk\": \"back\", \"drive\": \"back\", \"sit\": \"stays\", \"dive\": \"stays\"}";
    cJSON *tree = cJSON_Parse(json);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(tree, "slots"), cJSON_Parse(slot));
    cJSON_AddItemToObject(tree, "goes_on", cJSON_Parse(ways));
    cJSON_AddNumberToObject(cJSON_GetObjectItemCaseSensitive(tree, "seconds"), "longest", 10);
    char *out = cJSON_PrintUnformatted(tree);
    cJSON_Delete(tree);
    return out;
}

/* --- Planning --------------------------------------------------------------------------------- */

static char told[32768];
static long hear(void *ctx, const whelk_note *note)
{
    size_t n = strlen(told);
    snprintf(told + n, sizeof told - n, "%s\n", note->text);
    return ++*(long *)ctx;
}

static whelk_film *plan(const char *prompt, const char *card_json, int shots, double seconds)
{
    long events = 0;
    whelk_error err = {0};
    whelk_listener listen = {.note = hear, .ctx = &events};
    told[0] = '\0';
    whelk_plan_request r = {
        .prompt = prompt, .card_json = card_json, .shots = shots, .seconds = seconds};
    whelk_film *film = whelk_plan_offline(&r, &listen, &err);
    ok(film != NULL, "\"%s\" is planned (%s)", prompt, err.text);
    return film;
}

static void lengths(void)
{
    static const struct {
        const char *prompt;
        int shots;
        double seconds;
        int count;
        double longest; /* of its shots */
        const char *why, *says;
    } rows[] = {
        {"a cat walks along the beach", 0, 0, 4, 2.625, "", "no shot is longer"},
        {"a cat walks along the beach", 0, 6, 3, 2.125, "", "no shot is longer"},
        {"a cat walks along the beach", 1, 0, 1, 2.625, "", "Told in 1 shot, as asked"},
        {"a cat walks along the beach", 1, 4, 1, 4, "turns round and comes back.", "go on beyond"},
        {"a cat walks along the beach", 1, 10, 1, 10, "comes back.", "go on beyond"},
        {"a cat walks along the beach, 6 seconds, in one shot", 0, 0, 1, 6, "comes back.",
         "asks for 1 shot"},
        {"a single continuous take of 5 seconds: a cat sits in the meadow", 0, 0, 1, 5,
         "goes on as it is", "asks for 1 shot"},
        {"a 7-second shot of a cat that walks on the beach", 0, 0, 1, 7, "comes back.",
         "asks for 1 shot"},
        {"a red car drives through the city, in two shots", 0, 12, 2, 6.25, "turns round",
         "asks for 2 shots"},
        {"Single shot, a cat walks on the beach", 0, 4, 1, 4, "turns round", "asks for 1 shot"},
        {"a cat walks on the beach as a single shot all along", 0, 4, 1, 4, "turns round",
         "asks for 1 shot"},
        {"a cat walks on the beach, 3s shot", 0, 0, 1, 3, "turns round", "asks for 1 shot"},
        {"a rocket launches", 1, 6, 1, 2.625, "",
         "the model makes no more of what is done in this"},
        {"a cat walks along the beach and then sits", 1, 5, 1, 5, "turns round",
         "since no more than that are asked for"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        whelk_film *film = plan(rows[i].prompt, card, rows[i].shots, rows[i].seconds);
        double longest = 0;
        const char *why = "";
        for (int n = 0; film && n < film->shot_count; n++)
            if (film->shots[n].seconds > longest) {
                longest = film->shots[n].seconds;
                why = film->shots[n].why;
            }
        is_int(film ? film->shot_count : 0, rows[i].count, "in so many shots");
        is_near(longest, rows[i].longest, 1e-6, "the longest is %g s", rows[i].longest);
        ok(*rows[i].why ? strstr(why, rows[i].why) != NULL : !strstr(why, "goes on beyond"),
           "its reason says %s: %s", *rows[i].why ? "how it goes on" : "nothing of going on", why);
        has_text(told, rows[i].says, "which the log tells");
        whelk_film_free(film);
    }
    whelk_film *film = plan("a cat walks along the beach", plain_card, 1, 6);
    is_near(film ? film->shots[0].seconds : 0, 2.625, 1e-6,
            "a model whose shots do not go on makes no more than a clip");
    has_text(told, "6 s were asked for", "and that is told");
    whelk_film_free(film);
    whelk_error err = {0};
    whelk_plan_request r = {.prompt = "a cat", .card_json = card, .shots = 101};
    ok(!whelk_plan_offline(&r, NULL, &err) && err.code == WHELK_EUSAGE, "refused: %s", err.text);
}

/* A film is as long as asked for where its shots can go on, whatever its crossfades take. */
static void crossfades_are_made_up_for(void)
{
    whelk_film *film =
        plan("a cat walks on the beach, then in the forest, then in the city", card, 3, 7.5);
    is_near(film ? film->seconds : 0, 7.5, 0.1, "three places in 7.5 s are 7.5 s");
    ok(!strstr(told, "were asked for"), "and nothing else is told");
    whelk_film_free(film);

    whelk_error err = {0};
    cJSON *tree = cJSON_Parse(card);
    cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(tree, "seconds"),
                                           "clip", cJSON_CreateNumber(1.333));
    char *brief_clips = cJSON_PrintUnformatted(tree);
    whelk_plan_request r = {.prompt = "a cat walks on the beach, then a cat walks in the forest, "
                                      "then a cat walks in the city",
                            .card_json = brief_clips,
                            .shots = 3,
                            .seconds = 3.75,
                            .fps = 12};
    film = whelk_plan_offline(&r, NULL, &err);
    is_near(film ? film->seconds : 0, 3.75, 1e-3, "a crossfade does not grow with its shots");
    whelk_film_free(film);
    free(brief_clips);
    cJSON_Delete(tree);
}

static void no_room(void)
{
    static const struct {
        const char *prompt;
        int shots;
        double seconds;
        const char *says;
    } rows[] = {
        {"a cat walks", 40, 5, "40 shots in 5 s leave 0.125 s a shot; 0.208 s is the least"},
        {"a cat walks", 6, 1, "ask for 4 shots at most"},
        {"a cat walks", 90, 19, "90 shots in 19 s"},
        {"a cat walks, in ten shots", 0, 1, "10 shots in 1 s"},
        {"a cat walks, a film of 2 seconds", 30, 0, "30 shots in 2 s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        whelk_error err = {0};
        whelk_plan_request r = {.prompt = rows[i].prompt,
                                .card_json = card,
                                .shots = rows[i].shots,
                                .seconds = rows[i].seconds};
        whelk_film *film = whelk_plan_offline(&r, NULL, &err);
        ok(!film && err.code == WHELK_EUSAGE, "refused: %s", err.text);
        has_text(err.text, rows[i].says, "with both numbers");
        whelk_film_free(film);
    }
    whelk_film_free(plan("a cat walks", card, 4, 1));
    whelk_film_free(plan("a cat walks", card, 100, 23));
}

static void too_much_is_told(void)
{
    whelk_film_free(plan("a cat walks along the beach, in 500 shots", card, 0, 0));
    has_text(told, "500 shots were asked for; 1 to 100", "no such number can be planned");
    whelk_film_free(plan("a cat walks along the beach, 9000 seconds", card, 0, 0));
    has_text(told, "9000 s were asked for; a film of", "nor such a length");
    whelk_film_free(plan("a cat walks along the beach and then sits", card, 1, 5));
    has_text(told, "asked for; the others are left out", "of one shot nothing is in between");
}

static void not_a_number_of_shots(void)
{
    static const char *const prompts[] = {"one wide shot of a beach, then a cat walks",
                                          "a cat walks, two close shots of its paws",
                                          "a long shot of a cat on the beach",
                                          "a cat walks along the beach, in the second shot it runs",
                                          "Second shot: a dog runs along the beach",
                                          "a cat walks, then a second take of a dog",
                                          "a 3-second shot of a cat that walks on the beach, then "
                                          "a 2-second shot of a dog that runs",
                                          "a single shot rings out and a cat runs in the meadow"};
    for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++) {
        whelk_film *film = plan(prompts[i], card, 0, 0);
        ok(film && film->shot_count >= 4 && !strstr(told, "The line asks for"),
           "it asks for no number of them");
        whelk_film_free(film);
    }
}

/* --- Pace ------------------------------------------------------------------------------------- */

static const char *pace_of(const whelk_film *film, const char *action)
{
    for (int i = 0; film && i < film->shot_count; i++)
        if (strcmp(whelk_shot_slot(&film->shots[i], "action"), action) == 0) {
            const char *pace = whelk_shot_slot(&film->shots[i], "pace");
            return pace ? pace : "none";
        }
    return "no such shot";
}

static void paces(void)
{
    static const struct {
        const char *prompt, *action, *pace;
    } rows[] = {
        {"a cat walks along the beach", "walk", "steady"},
        {"a cat walks slowly along the beach", "walk", "slow"},
        {"a slow cat walks along the beach", "walk", "slow"},
        {"a cat walks gently along the beach", "walk", "slow"},
        {"a car drives fast through the city", "drive", "fast"},
        {"a car quickly drives through the city", "drive", "fast"},
        {"a car drives through the city at full speed", "drive", "fast"},
        {"a cat walks along the beach with slow music", "walk", "steady"},
        {"a cat walks along the beach, the camera slowly pans left", "walk", "steady"},
        {"a cat walks along the beach, fast cuts", "walk", "steady"},
        {"a cat walks slowly along the beach and then runs", "run", "steady"},
        {"eine Katze läuft langsam am Strand", "walk", "slow"},
        {"ein rotes Auto fährt schnell durch die Stadt", "drive", "fast"},
        {"un chat marche lentement sur la plage", "walk", "slow"},
        {"un gato camina despacio por la playa", "walk", "slow"},
        {"кошка медленно идёт по пляжу", "walk", "slow"},
        {"一只猫在沙滩上慢慢地走", "walk", "slow"},
        {"汽车在街上全速行驶", "drive", "fast"},
        {"猫が浜辺をゆっくり歩く", "walk", "slow"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        whelk_film *film = plan(rows[i].prompt, card, 0, 0);
        is_str(pace_of(film, rows[i].action), rows[i].pace, "its pace");
        whelk_film_free(film);
    }
    whelk_film *film = plan("a cat walks slowly along the beach", card, 0, 0);
    bool said = false;
    for (int i = 0; film && i < film->shot_count; i++)
        said = said || strstr(film->shots[i].prompt, "walks slowly on the beach");
    ok(said, "the caption has it, too");
    is_str(pace_of(film, "sit"), "steady", "who sits has none");
    whelk_film_free(film);
    film = plan("a cat slowly dives into the pool", card, 0, 0);
    is_str(pace_of(film, "dive"), "steady", "nor has a dive");
    has_text(told, "no slow dive", "which is told");
    whelk_film_free(film);
    film = plan("a cat walks slowly along the beach", plain_card, 0, 0);
    is_str(pace_of(film, "walk"), "none", "a card without paces gets none");
    whelk_film_free(film);
}

/* --- Changes ---------------------------------------------------------------------------------- */

static bool set(whelk_film *film, const char *id, const char *field, const char *value,
                whelk_error *err)
{
    whelk_op op = {
        .kind = (char *)"set", .shot = (char *)id, .field = (char *)field, .value = (char *)value};
    *err = (whelk_error){0};
    return whelk_film_apply(film, &op, card, NULL, err);
}

static void changes(void)
{
    whelk_error err;
    whelk_film *film = plan("a cat walks along the beach", card, 1, 0);
    if (!film)
        return;
    ok(set(film, "0010", "seconds", "6", &err), "a shot of a walk may last 6 s (%s)", err.text);
    is_near(film->seconds, 6, 1e-6, "and so does the film");
    ok(!set(film, "0010", "seconds", "10.5", &err) && strstr(err.text, "10 s at most"),
       "not 10.5: %s", err.text);
    ok(!set(film, "0010", "prompt", "a rocket launches on the beach", &err) &&
           strstr(err.text, "launch is over after 2.667 s"),
       "it cannot become a liftoff: %s", err.text);
    ok(set(film, "0010", "prompt", "a cat sits on the beach", &err), "but somebody who sits (%s)",
       err.text);

    whelk_film_free(film);
    film = plan("a rocket launches", card, 1, 0);
    ok(film && !set(film, "0010", "seconds", "3", &err) && strstr(err.text, "does not go on"),
       "a liftoff may not: %s", err.text);
    whelk_film_free(film);

    whelk_op *ops = NULL;
    int count = 0;
    film = plan("a cat walks along the beach", card, 1, 0);
    ok(film &&
           whelk_plain_ops(film, "make the first shot 6 seconds long", card, &ops, &count, &err) &&
           count == 1 && strcmp(ops[0].value, "6") == 0,
       "in plain words, too");
    whelk_ops_free(ops, count);
    whelk_film_free(film);
}

static void two_go_on(void)
{
    cJSON *tree = cJSON_Parse(card);
    whelk_film *film = plan("a cat walks along the beach", card, 1, 0);
    whelk_shot *shot = film ? &film->shots[0] : NULL;
    if (shot) {
        is_near(story_longest(tree, shot), 10, 1e-9, "alone it may last 10 s");
        whelk_shot_set_slot(shot, "company", "chase");
        is_near(story_longest(tree, shot), 10, 1e-9, "and two as long");
    }
    whelk_film_free(film);
    cJSON_Delete(tree);
}

/* --- A language model ------------------------------------------------------------------------- */

static void brief(void)
{
    struct abilities a;
    whelk_error err = {0};
    if (!ok(abilities_init(&a, card, &err), "the card is read (%s)", err.text))
        return;
    char *text = brief_abilities(&a);
    has_text(text, "may go on to 10 seconds", "a language model is told how long a shot may be");
    has_text(text, "- walk, drive: whoever crosses", "and which actions come back");
    free(text);
    cJSON *schema = brief_schema(&a);
    char *json = schema ? cJSON_PrintUnformatted(schema) : NULL;
    has_text(json, "\"maximum\":10", "it may write so many seconds");
    free(json);
    cJSON_Delete(schema);
    struct wish wish = {.width = 640, .height = 360, .fps = 24, .seconds = 6, .shots = 1};
    whelk_plan_request r = {.prompt = "a cat", .card_json = card};
    text = brief_wish(&r, &wish, &a);
    has_text(text, "to be in 1 shot.", "and how many are asked for");
    free(text);
    wish.seconds = 120;
    wish.shots = 100;
    text = brief_wish(&r, &wish, &a);
    has_text(text, "to be in 100 shots.", "however many that are");
    free(text);
    abilities_release(&a);
}

static void self_check(const char *action, int shots, const char *says)
{
    struct abilities a;
    struct complaints hard, soft;
    whelk_error err = {0};
    struct wish wish = {.width = 640, .height = 360, .fps = 24, .seconds = 6, .shots = shots};
    char *json = story_format(
        "{\"characters\": [{\"id\": \"cat\", \"description\": \"a cat\"}], \"places\": [{\"id\": "
        "\"beach\", \"description\": \"a beach\"}], \"shots\": [{\"id\": \"0010\", \"seconds\": 6, "
        "\"prompt\": \"x\", \"why\": \"y\", \"camera\": \"static\", \"place\": \"beach\", "
        "\"characters\": [\"cat\"], \"slots\": {\"subject\": \"rocket\", \"action\": \"%s\", "
        "\"place\": \"beach\"}}]}",
        action);
    cJSON *tree = json ? cJSON_Parse(json) : NULL;
    if (!ok(tree && abilities_init(&a, card, &err), "a plan of one shot, %s", action))
        return;
    complaints_init(&hard);
    complaints_init(&soft);
    plan_check(tree, &a, &wish, &hard, &soft);
    has_text(complaints_text(&hard), says, "its fault: \"%s\"", says);
    ok((*says != '\0') == (hard.count > 0), "and no other");
    complaints_release(&hard);
    complaints_release(&soft);
    abilities_release(&a);
    cJSON_Delete(tree);
    free(json);
}

int main(void)
{
    whelk_error err = {0};
    if (!ok(file_read("tests/golden/card.json", 1 << 20, &plain_card, NULL, &err), "a card (%s)",
            err.text))
        return done_testing();
    card = with_going_on(plain_card);
    lengths();
    crossfades_are_made_up_for();
    no_room();
    too_much_is_told();
    not_a_number_of_shots();
    paces();
    changes();
    two_go_on();
    brief();
    self_check("walk", 1, "");
    self_check("walk", 0, "");
    self_check("launch", 1, "launch is over after 2.667 s and does not go on");
    self_check("walk", 2, "there are 1 shots; 2 are asked for");
    free(card);
    free(plain_card);
    return done_testing();
}
