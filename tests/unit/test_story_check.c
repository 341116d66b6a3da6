/* A storyboard edited into nonsense: each fault is refused with the path of the field, what is
 * there and what is allowed. */
#include "../../storyboard/schema.h"
#include "../tap.h"
#include "../../pipeline/base/file.h"
#include "../../storyboard/storyboard.h"
#include "story_sample.h"

#include <cjson/cJSON.h>

struct edit {
    const char *from, *to, *says;
};

static void refused(const struct edit *e)
{
    whelk_error err = {0};
    char *json = story_sample_edit(e->from, e->to);
    whelk_film *film = whelk_film_parse(json, "storyboard.json", &err);
    static const char name[] = "storyboard.json:";
    const char *says = err.text + sizeof name - 1;
    int line = 0, column = 0, used = 0;
    if (sscanf(says, "%d:%d:%n", &line, &column, &used) == 2)
        says += used;
    if (!ok(!film && err.code == WHELK_EFAIL && strncmp(err.text, name, sizeof name - 1) == 0 &&
                *says == ' ' && strncmp(says + 1, e->says, strlen(e->says)) == 0,
            "%s", e->says))
        printf("#   got: %s\n", film ? "a film" : err.text);
    whelk_film_free(film);
    free(json);
}

/* What stands at the line and column that a fault of an edited sample tells. */
static void placed(const char *from, const char *to, const char *there)
{
    whelk_error err = {0};
    char *json = story_sample_edit(from, to);
    whelk_film_free(whelk_film_parse(json, "cat.reel/storyboard.json", &err));
    int line = 0, column = 0;
    sscanf(err.text, "cat.reel/storyboard.json:%d:%d:", &line, &column);
    const char *at = json;
    for (int i = 1; i < line && at; i++)
        at = strchr(at, '\n') + 1;
    if (!ok(line > 0 && column > 0 && strncmp(at + column - 1, there, strlen(there)) == 0,
            "%d:%d is where %s stands", line, column, there))
        printf("#   %s\n", err.text);
    free(json);
}

static void test_places(void)
{
    placed("1280", "1281", "1281");
    placed("\"exposure\": 0.5", "\"exposure\": -400", "-400");
    placed("\"opening\"", "\"openning\"", "\"openning\"");
    placed("{\"exposure\": 0.5}", "[1]", "[1]");
    placed("\"id\": \"cat\", \"description\"", "\"description\"", "{\"description\"");
    placed("[{\"id\": \"pool\"", "[{\"id\": \"pool\"}, {\"id\": \"pool\"", "\"pool\"");
}

static const struct edit edits[] = {
    {"\"version\": 1,", "", "version is missing"},
    {"\"version\": 1,", "\"version\": 7,",
     "version is 7; this Whelk reads version 1, a newer one is needed"},
    {"\"The Pool\", \"prompt\"", "12, \"prompt\"",
     "title is a number, a text in quotation marks is needed"},
    {"1280", "1281", "width is 1281; it must be even"},
    {"1280", "0", "width is 0, at least 16 is needed"},
    {"1280", "-4", "width is -4, at least 16 is needed"},
    {"1280", "99999", "width is 99999, at most 4096 is allowed"},
    {"1280", "1280.5", "width is 1280.5, a whole number is needed"},
    {"1280", "\"wide\"", "width is a text (\"wide\"), a number is needed"},
    {"1280", "640", "ratio is 16:9, but width and height are 640x720"},
    {"16:9", "wide", "ratio is \"wide\"; write it like 16:9"},
    {"16:9", "16:0", "ratio is \"16:0\"; write it like"},
    {"\"fps\": 24", "\"fps\": 0", "fps is 0, at least 1 is needed"},
    {"\"fps\": 24", "\"fps\": 1e300", "fps is 1e+300, at most 120 is allowed"},
    {"\"fps\": 24", "\"fps\": true", "fps is true or false, a number is needed"},
    {"\"exposure\": 0.5", "\"exposure\": -400", "grade.exposure is -400, at least -4 is needed"},
    {"{\"exposure\": 0.5}", "[1]", "grade is a list [...], an object {...} is needed"},
    {"\"playful\"", "\"plaful\"", "score.mood is \"plaful\"; did you mean \"playful\"?"},
    {"\"playful\"", "\"heavy metal\"", "score.mood is \"heavy metal\"; it may be playful, calm"},
    {"\"tempo_bpm\": 120", "\"tempo_bpm\": 9000",
     "score.tempo_bpm is 9000, at most 240 is allowed"},
    {"\"opening\"", "\"openning\"", "titles[0].kind is \"openning\"; did you mean \"opening\"?"},
    {"\"at_s\": 0.4", "\"at_s\": -1", "titles[0].at_s is -1, at least 0 is needed"},
    {"\"text\": \"The Pool\"", "\"text\": \" \"", "titles[0].text is empty"},
    {"[{\"text\"", "[3, {\"text\"", "titles[0] is a number, an object {...} is needed"},
    {"\"id\": \"cat\"", "\"id\": \"The Cat\"", "characters[0].id is \"The Cat\"; small letters"},
    {"\"id\": \"cat\", \"description\"", "\"description\"", "characters[0].id is missing"},
    {"[{\"id\": \"pool\"", "[{\"id\": \"pool\"}, {\"id\": \"pool\"",
     "places[1].id is \"pool\", which an earlier one of places has already"},
    {"\"id\": \"0020\"", "\"id\": \"0010\"", "shots[1].id is \"0010\", which shots[0] has already"},
    {"\"id\": \"0020\"", "\"id\": \"twenty\"",
     "shots[1].id is \"twenty\"; four digits such as 0010 are needed"},
    {"\"id\": \"0020\"", "\"id\": 20",
     "shots[1].id is a number, a text in quotation marks is needed"},
    {"\"id\": \"0020\", ", "", "shots[1].id is missing"},
    {"\"seconds\": 2.5, \"prompt\": \"the cat", "\"seconds\": 99, \"prompt\": \"the cat",
     "shots[1].seconds is 99, at most 15 is allowed"},
    {"\"seconds\": 2.5, \"prompt\": \"the cat", "\"seconds\": 0, \"prompt\": \"the cat",
     "shots[1].seconds is 0, at least 0.2 is needed"},
    {"\"seconds\": 2.5, \"prompt\": \"the cat", "\"seconds\": \"four\", \"prompt\": \"the cat",
     "shots[1].seconds is a text (\"four\"), a number is needed"},
    {"\"seconds\": 2.5, \"prompt\": \"the cat", "\"prompt\": \"the cat",
     "shots[1].seconds is missing"},
    {"\"the cat dives\"", "\"\"", "shots[1].prompt is empty"},
    {"\"prompt\": \"the cat dives\",", "", "shots[1].prompt is missing"},
    {"\"speed\": 2", "\"speed\": 0", "shots[1].speed is 0, at least 0.1 is needed"},
    {"\"speed\": 2", "\"speed\": -1", "shots[1].speed is -1, at least 0.1 is needed"},
    {"\"in_s\": 0.25", "\"in_s\": 2.4", "shots[0].trim leaves 0.1 s of 2.5"},
    {"\"in_s\": 0.25", "\"in_s\": 5", "shots[0].trim leaves 0 s of 2.5"},
    {"\"crossfade\"", "\"crosfade\"",
     "shots[0].transition.kind is \"crosfade\"; did you mean \"crossfade\"?"},
    {"\"seconds\": 0.5}", "\"seconds\": 9}",
     "shots[0].transition.seconds is 9, but the shot is on screen for only 2.25 s"},
    {"\"seconds\": 0.5}", "\"seconds\": 1}",
     "shots[0].transition.seconds is 1, more than half of the next shot's 1.25 s"},
    {"[\"cat\"], \"place\"", "[\"dog\"], \"place\"",
     "shots[0].characters[0] is \"dog\", but the film's characters hold no such id"},
    {"[\"cat\"], \"place\"", "\"cat\", \"place\"",
     "shots[0].characters is a text (\"cat\"), a list [...] of ids is needed"},
    {"\"place\": \"pool\"", "\"place\": \"sea\"",
     "shots[0].place is \"sea\", but the film's places hold no such id"},
    {"\"take\": \"t01\"", "\"take\": \"../../x\"",
     "shots[0].take is \"../../x\"; takes are named t01"},
    {"18446744073709551615", "18446744073709551616", "shots[0].seed must be a whole number"},
    {"18446744073709551615", "-1", "shots[0].seed must be a whole number"},
    {"18446744073709551615", "1.5", "shots[0].seed must be a whole number"},
    {"{\"subject\": \"cat\"}", "{\"subject\": 3}", "shots[0].slots.subject is a number"},
    {"{\"subject\": \"cat\"}", "{\"subject\": \"\"}", "shots[0].slots.subject is empty"},
    {"{\"subject\": \"cat\"}", "{\"sub ject\": \"cat\"}", "shots[0].slots.sub ject has a name"},
    {"{\"subject\": \"cat\"}", "[\"cat\"]",
     "shots[0].slots is a list [...], an object {...} is needed"},
    {"\"mark\": \"red\"", "\"first_frame\": \"previous\"",
     "shots[0].first_frame is \"previous\", but no shot comes before"},
    {"\"mark\": \"red\"", "\"camera\": \"Push In!\"",
     "shots[0].camera is \"Push In!\"; small letters"},
    {"\"mark\": \"red\"", "\"locked\": \"yes\"",
     "shots[0].locked is a text (\"yes\"), true or false is needed"},
    {"\"narration\"", "\"song\"",
     "shots[1].voice.kind is \"song\"; it may be narration or dialogue"},
    {"Splash!", "Spl\\u0007ash!", "shots[1].voice.text holds a control character (U+0007"},
    {"a cat by a pool", "a cat\\u009f", "shots[0].prompt holds a control character (U+009F"},
};

static void long_ones(void)
{
    whelk_error err = {0};
    whelk_film *film = whelk_film_parse(story_sample, "storyboard.json", &err);
    char *text = malloc(30001);
    memset(text, 'x', 30000);
    text[30000] = 0;
    whelk_set_text(&film->shots[0].prompt, text);
    ok(!whelk_film_check(film, &err), "a prompt that is too long is refused");
    is_str(err.text, "shots[0].prompt has 30000 bytes, at most 8000 are allowed", "and told");
    whelk_set_text(&film->shots[0].prompt, "fine");
    whelk_set_text(&film->treatment, text);
    ok(!whelk_film_check(film, &err), "a treatment that is too long is refused");
    whelk_set_text(&film->treatment, NULL);
    film->shots[1].seconds = NAN;
    ok(!whelk_film_check(film, &err), "a length that is not a number is refused");
    is_str(err.text, "shots[1].seconds is not a number", "and told");
    film->shots[1].seconds = 2;
    film->grade.warmth = INFINITY;
    ok(!whelk_film_check(film, &err), "an infinite warmth is refused");
    film->grade.warmth = 0;
    ok(whelk_film_check(film, &err), "mended, the film is sound");
    while (film->shot_count < whelk_limits.shots) {
        whelk_shot *shot = whelk_film_add_shot(film, film->shot_count, &err);
        shot->seconds = 15;
        whelk_set_text(&shot->prompt, "more");
    }
    ok(!whelk_film_check(film, &err), "a film that is too long is refused: %s", err.text);
    free(text);
    whelk_film_free(film);
}

/* The schema is written by hand; its numbers must be those of the table. */
static double schema_number(const cJSON *schema, const char *path)
{
    char name[64];
    for (const char *p = path; *p; p += strspn(p, "/")) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p, "/"), p);
        schema = cJSON_GetObjectItemCaseSensitive(schema, name);
        p += strcspn(p, "/");
    }
    return cJSON_IsNumber(schema) ? schema->valuedouble : -1;
}

static void schema_agrees(void)
{
    const struct {
        const char *path;
        double limit;
    } rows[] = {
        {"properties/prompt/maxLength", (double)whelk_limits.prompt_bytes},
        {"properties/treatment/maxLength", (double)whelk_limits.text_bytes},
        {"properties/shots/maxItems", whelk_limits.shots},
        {"properties/characters/maxItems", whelk_limits.characters},
        {"properties/places/maxItems", whelk_limits.places},
        {"properties/titles/maxItems", whelk_limits.titles},
        {"properties/width/minimum", whelk_limits.size_min},
        {"properties/height/maximum", whelk_limits.size_max},
        {"properties/fps/minimum", whelk_limits.fps_min},
        {"properties/fps/maximum", whelk_limits.fps_max},
        {"properties/seconds/maximum", whelk_limits.film_max_s},
        {"$defs/shot/properties/seconds/minimum", whelk_limits.shot_min_s},
        {"$defs/shot/properties/seconds/maximum", whelk_limits.shot_max_s},
        {"$defs/shot/properties/slots/maxProperties", whelk_limits.slots},
    };
    whelk_error err = {0};
    char *text = NULL;
    ok(file_read("storyboard/storyboard.schema.json", 1 << 20, &text, NULL, &err),
       "the schema is there: %s", err.text);
    cJSON *schema = text ? cJSON_Parse(text) : NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        is_near(schema_number(schema, rows[i].path), rows[i].limit, 1e-9, "schema: %s",
                rows[i].path);
    cJSON_Delete(schema);
    free(text);
}

/* What is written keeps to it, every field of the plan of a line. */
static void written_fits(void)
{
    whelk_error err = {0};
    char *card = NULL, *form = NULL;
    ok(file_read("tests/golden/card.json", 1 << 20, &card, NULL, &err) &&
           file_read("storyboard/storyboard.schema.json", 1 << 20, &form, NULL, &err),
       "card and schema: %s", err.text);
    whelk_plan_request ask = {
        .prompt = "A black cat \"Milo\" and an orange dog run to the pool at night, then the cat "
                  "dives. It says \"here I go\"",
        .card_json = card};
    whelk_film *film = whelk_plan_offline(&ask, NULL, &err);
    char *json = film ? whelk_film_json(film, &err) : NULL;
    cJSON *schema = cJSON_Parse(form), *value = cJSON_Parse(json);
    struct complaints c;
    complaints_init(&c);
    ok(schema && value && schema_check(schema, value, &c), "a planned film keeps to the schema: %s",
       complaints_text(&c));
    cJSON_ReplaceItemInObjectCaseSensitive(
        cJSON_GetArrayItem(cJSON_GetObjectItem(value, "shots"), 0), "seconds",
        cJSON_CreateNumber(99));
    ok(value && !schema_check(schema, value, &c), "one with a shot of 99 seconds does not: %s",
       complaints_text(&c));
    complaints_release(&c);
    cJSON_Delete(schema);
    cJSON_Delete(value);
    whelk_film_free(film);
    free(json);
    free(card);
    free(form);
}

int main(void)
{
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        refused(&edits[i]);
    test_places();
    long_ones();
    schema_agrees();
    written_fits();
    return done_testing();
}
